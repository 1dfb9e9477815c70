package iptables

// The names of the matches.

// Name is "addrtype".
func (*AddrType) Name() string { return "addrtype" }

// Name is "ah".
func (*AH) Name() string { return "ah" }

// Name is "comment".
func (*Comment) Name() string { return "comment" }

// Name is "connbytes".
func (*ConnBytes) Name() string { return "connbytes" }

// Name is "connlabel".
func (*ConnLabel) Name() string { return "connlabel" }

// Name is "connlimit".
func (*ConnLimit) Name() string { return "connlimit" }

// Name is "connmark".
func (*ConnMark) Name() string { return "connmark" }

// Name is "conntrack".
func (*Conntrack) Name() string { return "conntrack" }

// Name is "state".
func (*State) Name() string { return "state" }

// Name is "cpu".
func (*CPU) Name() string { return "cpu" }

// Name is "dccp".
func (*DCCP) Name() string { return "dccp" }

// Name is "devgroup".
func (*DevGroup) Name() string { return "devgroup" }

// Name is "dscp".
func (*DSCP) Name() string { return "dscp" }

// Name is "tos".
func (*TOS) Name() string { return "tos" }

// Name is "ecn".
func (*ECN) Name() string { return "ecn" }

// Name is "esp".
func (*ESP) Name() string { return "esp" }

// Name is "eui64".
func (*EUI64) Name() string { return "eui64" }

// Name is "frag".
func (*Frag) Name() string { return "frag" }

// Name is "hashlimit".
func (*HashLimit) Name() string { return "hashlimit" }

// Name is "helper".
func (*Helper) Name() string { return "helper" }

// Name is "hl".
func (*HL) Name() string { return "hl" }

// Name is "ttl".
func (*TTL) Name() string { return "ttl" }

// Name is "icmp".
func (*ICMP) Name() string { return "icmp" }

// Name is "icmp6".
func (*ICMP6) Name() string { return "icmp6" }

// Name is "iprange".
func (*IPRange) Name() string { return "iprange" }

// Name is "ipv6header".
func (*IPv6Header) Name() string { return "ipv6header" }

// Name is "length".
func (*Length) Name() string { return "length" }

// Name is "limit".
func (*Limit) Name() string { return "limit" }

// Name is "mac".
func (*MAC) Name() string { return "mac" }

// Name is "mark".
func (*Mark) Name() string { return "mark" }

// Name is "mh".
func (*MH) Name() string { return "mh" }

// Name is "multiport".
func (*Multiport) Name() string { return "multiport" }

// Name is "owner".
func (*Owner) Name() string { return "owner" }

// Name is "physdev".
func (*PhysDev) Name() string { return "physdev" }

// Name is "pkttype".
func (*PktType) Name() string { return "pkttype" }

// Name is "quota".
func (*Quota) Name() string { return "quota" }

// Name is "realm".
func (*Realm) Name() string { return "realm" }

// Name is "recent".
func (*Recent) Name() string { return "recent" }

// Name is "rpfilter".
func (*RpFilter) Name() string { return "rpfilter" }

// Name is "rt".
func (*RT) Name() string { return "rt" }

// Name is "sctp".
func (*SCTP) Name() string { return "sctp" }

// Name is "set".
func (*SetMatch) Name() string { return "set" }

// Name is "socket".
func (*Socket) Name() string { return "socket" }

// Name is "statistic".
func (*Statistic) Name() string { return "statistic" }

// Name is "string".
func (*String) Name() string { return "string" }

// Name is "tcp".
func (*TCP) Name() string { return "tcp" }

// Name is "tcpmss".
func (*TCPMSS) Name() string { return "tcpmss" }

// Name is "time".
func (*Time) Name() string { return "time" }

// Name is "u32".
func (*U32) Name() string { return "u32" }

// Name is "hbh" or "dst".
func (m *Opts) Name() string {
	if m.Dst {
		return "dst"
	}
	return "hbh"
}

// Name is "udp" or "udplite".
func (m *UDP) Name() string {
	if m.Lite {
		return "udplite"
	}
	return "udp"
}

// The names of the targets.

// Name is "SNAT" or "DNAT".
func (t *NATTarget) Name() string {
	if t.Dst {
		return "DNAT"
	}
	return "SNAT"
}

// Name is "CHECKSUM".
func (*Checksum) Name() string { return "CHECKSUM" }

// Name is "CLASSIFY".
func (*Classify) Name() string { return "CLASSIFY" }

// Name is "CONNMARK".
func (*SetConnMark) Name() string { return "CONNMARK" }

// Name is "CT".
func (*CT) Name() string { return "CT" }

// Name is "NOTRACK".
func (*NoTrack) Name() string { return "NOTRACK" }

// Name is "MASQUERADE".
func (*Masquerade) Name() string { return "MASQUERADE" }

// Name is "REDIRECT".
func (*Redirect) Name() string { return "REDIRECT" }

// Name is "NETMAP".
func (*Netmap) Name() string { return "NETMAP" }

// Name is "DSCP".
func (*SetDSCP) Name() string { return "DSCP" }

// Name is "TOS".
func (*SetTOS) Name() string { return "TOS" }

// Name is "ECN".
func (*SetECN) Name() string { return "ECN" }

// Name is "TTL".
func (*SetTTL) Name() string { return "TTL" }

// Name is "HL".
func (*SetHL) Name() string { return "HL" }

// Name is "LOG".
func (*Log) Name() string { return "LOG" }

// Name is "NFLOG".
func (*NFLog) Name() string { return "NFLOG" }

// Name is "MARK".
func (*SetMark) Name() string { return "MARK" }

// Name is "REJECT".
func (*Reject) Name() string { return "REJECT" }

// Name is "SET".
func (*SetTarget) Name() string { return "SET" }

// Name is "SYNPROXY".
func (*SynproxyTarget) Name() string { return "SYNPROXY" }

// Name is "TCPMSS".
func (*SetTCPMSS) Name() string { return "TCPMSS" }

// Name is "TCPOPTSTRIP".
func (*TCPOptStrip) Name() string { return "TCPOPTSTRIP" }

// Name is "TEE".
func (*TEE) Name() string { return "TEE" }

// Name is "TPROXY".
func (*TProxy) Name() string { return "TPROXY" }

// Name is "TRACE".
func (*Trace) Name() string { return "TRACE" }
