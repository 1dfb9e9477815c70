package iptables

import "github.com/packetwalk/packetwalk/stack/core"

// The names of the tables.
const (
	TableFilter   = "filter"
	TableMangle   = "mangle"
	TableNAT      = "nat"
	TableRaw      = "raw"
	TableSecurity = "security"
)

// hookNames are iptables' names of the hooks: those of the built-in chains.
var hookNames = [core.NumHooks]string{"PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"}

var verdictNames = [...]string{"DROP", "ACCEPT", "STOLEN", "QUEUE", "RETURN", "CONTINUE"}

// String is iptables' word: ACCEPT.
func (v Verdict) String() string {
	if int(v) < len(verdictNames) {
		return verdictNames[v]
	}
	return "?"
}

// Name is the verdict.
func (t *Standard) Name() string { return t.Verdict.String() }

// Name is the chain.
func (t *Jump) Name() string { return t.Chain }

// Name is the extension that is not modelled.
func (m *NotModelledMatch) Name() string { return m.What }

// Name is the extension that is not modelled.
func (t *NotModelledTarget) Name() string { return t.What }

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

// Words of options.
const (
	space    = " "
	dashM    = "-m "
	dashJ    = "-j "
	optNot   = "! "
	optSrc   = "-s "
	optDst   = "-d "
	optIn    = "-i "
	optOut   = "-o "
	optProto = "-p "
	optFrag  = "-f"
)

// appendProto writes a protocol's name as iptables has it.
func appendProto(b []byte, p uint8) []byte {
	switch p {
	case 1:
		return append(b, "icmp"...)
	case 6:
		return append(b, "tcp"...)
	case 17:
		return append(b, "udp"...)
	case 58:
		return append(b, "ipv6-icmp"...)
	}
	return appendUint(b, uint64(p))
}

// known are the extensions that may not stand everywhere.
var known = [...]limits{
	{name: "tcp", proto: 6}, {name: "udp", proto: 17}, {name: "udplite", proto: 136},
	{name: "icmp", family: onlyFour, proto: 1}, {name: "icmp6", family: onlySix, proto: 58},
	{name: "ah", proto: 51}, {name: "esp", proto: 50}, {name: "sctp", proto: 132}, {name: "dccp", proto: 33}, {name: "tcpmss", proto: 6},
	{name: "mh", family: onlySix, proto: 135}, {name: "ttl", family: onlyFour}, {name: "hl", family: onlySix},
	{name: "frag", family: onlySix}, {name: "hbh", family: onlySix}, {name: "dst", family: onlySix}, {name: "rt", family: onlySix},
	{name: "ipv6header", family: onlySix}, {name: "eui64", family: onlySix, hooks: preRouting | localIn | forward},
	{name: "mac", hooks: preRouting | localIn | forward}, {name: "owner", hooks: localOut | postRouting},
	{name: "socket", hooks: preRouting | localIn}, {name: "rpfilter", hooks: preRouting},
	{name: "realm", family: onlyFour, hooks: postRouting | forward | localOut | localIn},

	{name: "REJECT", table: TableFilter, hooks: localIn | forward | localOut},
	{name: "SNAT", table: TableNAT, hooks: postRouting | localIn}, {name: "DNAT", table: TableNAT, hooks: preRouting | localOut},
	{name: "MASQUERADE", table: TableNAT, hooks: postRouting}, {name: "REDIRECT", table: TableNAT, hooks: preRouting | localOut},
	{name: "NETMAP", table: TableNAT, hooks: preRouting | postRouting | localOut | localIn},
	{name: "TPROXY", table: TableMangle, hooks: preRouting}, {name: "CLASSIFY", hooks: localOut | forward | postRouting},
	{name: "TCPMSS", proto: 6}, {name: "TCPOPTSTRIP", table: TableMangle, proto: 6},
	{name: "DSCP", table: TableMangle}, {name: "TOS", table: TableMangle}, {name: "TTL", family: onlyFour, table: TableMangle},
	{name: "HL", family: onlySix, table: TableMangle}, {name: "ECN", family: onlyFour, table: TableMangle},
	{name: "CHECKSUM", table: TableMangle}, {name: "CT", table: TableRaw}, {name: "NOTRACK", table: TableRaw}, {name: "TRACE", table: TableRaw},
}

// What the kernel's log says when an extension is refused.
const (
	errECNNonTCP     = "xt_ecn: cannot match TCP bits for non-tcp packets"
	errECNTarget     = "ipt_ECN: cannot use operation on non-tcp rule"
	errPhysdev       = "xt_physdev: --physdev-out and --physdev-is-out only supported in the FORWARD and POSTROUTING chains with bridged traffic"
	errLimitOverflow = "xt_limit: Overflow, try lower"
	errTimeOfDay     = "xt_time: invalid argument - start or stop time greater than 23:59:59"
	errHashRate      = "xt_hashlimit: invalid rate"
	errHashInterval  = "xt_hashlimit: invalid interval"
	errHashOverflow  = "xt_hashlimit: overflow, try lower"
	errRecentHits    = "xt_recent: hitcount is larger than allowed maximum (65535)"
	errTypeBoth      = "xt_addrtype: both incoming and outgoing interface limitation cannot be selected"
	errTypeOut       = "xt_addrtype: output interface limitation not valid in PREROUTING and INPUT"
	errTypeIn        = "xt_addrtype: input interface limitation not valid in POSTROUTING and OUTPUT"
	errTypeBlackhole = "xt_addrtype: ipv6 BLACKHOLE matching not supported"
	errTypeProhibit  = "xt_addrtype: ipv6 PROHIBIT (THROW, NAT ..) matching not supported"
	errTypeBroadcast = "xt_addrtype: ipv6 does not support BROADCAST matching"
	errRpFilter      = "ipt_rpfilter: only valid in 'raw' or 'mangle' table"
	errRTAddrs       = "ip6t_rt: address list match requested but addrnr is 0"
	errCTProto       = "xt_CT: You must specify a L4 protocol and not use inversions on it"
	errCTHelper      = "xt_CT: No such helper"
	errCTTimeout     = "xt_CT: No such timeout policy"
	errRejectEcho    = "ipt_REJECT: ECHOREPLY no longer supported."
	errRejectTCP     = "ipt_REJECT: TCP_RESET invalid for non-tcp"
	errMSSHook       = "xt_TCPMSS: path-MTU clamping only supported in FORWARD, OUTPUT and POSTROUTING hooks"
	errMSSSyn        = "xt_TCPMSS: Only works on TCP SYN packets"
	errTProxy        = "xt_TPROXY: Can be used only with -p tcp or -p udp"
	errSetName       = "xt_set: Cannot find set identified by id to match"
)

// Algorithms of the match string.
const (
	algoBM  = "bm"
	algoKMP = "kmp"
)

// blame begins a sentence of the kernel's log about an extension.
func (c *CheckParam) blame(l *limits, target bool) string {
	s := "ip_tables: "
	if c.Family == core.NFIPv6 {
		s = "ip6_tables: "
	}
	if target {
		return s + l.name + " target: "
	}
	return s + l.name + " match: "
}

func (c *CheckParam) badTable(l *limits, target bool) string {
	return c.blame(l, target) + "only valid in " + l.table + " table, not " + c.Table
}

func (c *CheckParam) badHooks(l *limits, target bool) string {
	word := "valid"
	if target {
		word = "usable"
	}
	return c.blame(l, target) + "used from hooks " + hookList(c.HookMask) + ", but only " + word + " from " + hookList(l.hooks)
}

func (c *CheckParam) badProto(l *limits, target bool) string {
	return c.blame(l, target) + "only valid for protocol " + string(appendUint(nil, uint64(l.proto)))
}

// hookList is textify_hooks.
func hookList(m uint) string {
	s := ""
	for h, n := range hookNames {
		if m>>h&1 == 0 {
			continue
		}
		if s != "" {
			s += "/"
		}
		s += n
	}
	return s
}

func appendUint(b []byte, v uint64) []byte {
	if v >= 10 {
		b = appendUint(b, v/10)
	}
	return append(b, byte('0'+v%10))
}

const hexDigits = "0123456789abcdef"

func appendHex(b []byte, v uint64, digits int) []byte {
	if v >= 16 || digits > 1 {
		b = appendHex(b, v>>4, digits-1)
	}
	return append(b, hexDigits[v&15])
}
