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
	{name: "TCPMSS", proto: 6}, {name: "SYNPROXY", proto: 6, hooks: localIn | forward}, {name: "TCPOPTSTRIP", table: TableMangle, proto: 6},
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
