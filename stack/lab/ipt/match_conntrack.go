package ipt

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// cutTo is a text as it fits into n bytes.
func cutTo(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

var conntrackOpts = []opt{{name: "ctstate", id: 0, typ: tString, flags: inv}, {name: "ctproto", id: 1, typ: tProto, flags: inv},
	{name: "ctorigsrc", id: 2, typ: tHostMask, flags: inv}, {name: "ctorigdst", id: 3, typ: tHostMask, flags: inv},
	{name: "ctreplsrc", id: 4, typ: tHostMask, flags: inv}, {name: "ctrepldst", id: 5, typ: tHostMask, flags: inv},
	{name: "ctstatus", id: 10, typ: tString, flags: inv}, {name: "ctexpire", id: 11, typ: tU32s, flags: inv},
	{name: "ctorigsrcport", id: 6, typ: tPorts, flags: inv}, {name: "ctorigdstport", id: 7, typ: tPorts, flags: inv},
	{name: "ctreplsrcport", id: 8, typ: tPorts, flags: inv}, {name: "ctrepldstport", id: 9, typ: tPorts, flags: inv},
	{name: "ctdir", id: 12, typ: tString}}

// A flagName is a word for a bit.
type flagName struct {
	name string
	bit  uint16
}

// ctStates are in the order in which they are looked for.
var ctStates = []flagName{{"INVALID", iptables.CTStateInvalid}, {"NEW", iptables.CTStateNew}, {"ESTABLISHED", iptables.CTStateEstablished},
	{"RELATED", iptables.CTStateRelated}, {"UNTRACKED", iptables.CTStateUntracked}, {"SNAT", iptables.CTStateSNAT}, {"DNAT", iptables.CTStateDNAT}}

// ctShown is the order in which they are shown.
var ctShown = []flagName{ctStates[0], ctStates[1], ctStates[3], ctStates[2], ctStates[4], ctStates[5], ctStates[6]}

var ctStatuses = []flagName{{"NONE", 0}, {"EXPECTED", iptables.CTStatusExpected}, {"SEEN_REPLY", iptables.CTStatusSeenReply},
	{"ASSURED", iptables.CTStatusAssured}, {"CONFIRMED", iptables.CTStatusConfirmed}}

// states reads a list of words, which may be shortened.
func (c *call) states(names []flagName, what string) (v uint16) {
	for rest := c.arg; ; {
		s, after, more := strings.Cut(rest, ",")
		ok := false
		if s != "" {
			for _, n := range names {
				if hasPrefixFold(n.name, s) {
					v |= n.bit
					ok = true
					break
				}
			}
		}
		if !ok {
			if what == "state" && rest == "" {
				c.bad("\"--state\" requires a list of states with no spaces, e.g. ESTABLISHED,RELATED")
			}
			c.bad("Bad %s \"%s\"", what, rest)
		}
		if !more {
			return v
		}
		rest = after
	}
}

func bitNames(v uint16, names []flagName, lower bool) string {
	var l []string
	for _, n := range names {
		if n.bit != 0 && v&n.bit != 0 {
			s := n.name
			if lower {
				s = strings.ReplaceAll(strings.ToLower(s), "_", "-")
			}
			l = append(l, s)
		}
	}
	return strings.Join(l, ",")
}

func parseConntrack(c *call, d *iptables.Conntrack) {
	am := iptables.AddrMask{Addr: c.host.wire(c.p.fam), Mask: c.hmask.wireMask(c.p.fam)}
	pr := iptables.PortRange{Min: uint16(c.r[0]), Max: uint16(c.r[1])}
	var bit uint16
	switch c.o.id {
	case 0:
		bit = iptables.CTState
		d.State |= c.states(ctStates, "ctstate")
	case 1:
		bit = iptables.CTProto
		d.Proto = uint8(c.u)
	case 2:
		bit, d.OrigSrc = iptables.CTOrigSrc, am
	case 3:
		bit, d.OrigDst = iptables.CTOrigDst, am
	case 4:
		bit, d.ReplSrc = iptables.CTReplSrc, am
	case 5:
		bit, d.ReplDst = iptables.CTReplDst, am
	case 6:
		bit, d.OrigSrcPort = iptables.CTOrigSrcPort, pr
	case 7:
		bit, d.OrigDstPort = iptables.CTOrigDstPort, pr
	case 8:
		bit, d.ReplSrcPort = iptables.CTReplSrcPort, pr
	case 9:
		bit, d.ReplDstPort = iptables.CTReplDstPort, pr
	case 10:
		bit = iptables.CTStatus
		d.Status |= c.states(ctStatuses, "ctstatus")
	case 11:
		bit = iptables.CTExpires
		d.Expires = iptables.U32Range{Min: uint32(c.r[0]), Max: uint32(c.r[0])}
		if c.n >= 2 {
			d.Expires.Max = uint32(c.r[1])
		}
	case 12:
		bit = iptables.CTDirection
		switch strings.ToUpper(c.arg) {
		case "ORIGINAL":
			d.Invert &^= bit
		case "REPLY":
			d.Invert |= bit
		default:
			c.badValue("--ctdir")
		}
	}
	d.Flags |= bit
	if c.invert {
		d.Invert |= bit
	}
}

func checkConntrack(c *call, _ *iptables.Conntrack) {
	if *c.seen == 0 {
		c.bad("conntrack: At least one option is required")
	}
}

// conntrack is conntrack_dump.
func (w *view) conntrack(d *iptables.Conntrack, prefix string, numeric bool) {
	has := func(bit uint16) bool {
		if d.Flags&bit == 0 {
			return false
		}
		w.not(bit != iptables.CTDirection && d.Invert&bit != 0)
		return true
	}
	if has(iptables.CTState) {
		word := "ctstate"
		if d.Flags&iptables.CTStateAlias != 0 {
			word = "state"
		}
		w.f(" %s%s", prefix, word)
		if s := bitNames(d.State, ctShown, false); s != "" {
			w.f(" %s", s)
		}
	}
	if has(iptables.CTProto) {
		w.f(" %sctproto %d", prefix, d.Proto)
	}
	addr := func(bit uint16, name string, a iptables.AddrMask) {
		if !has(bit) {
			return
		}
		w.f(" %s%s", prefix, name)
		ip := fromWire(a.Addr, w.fam)
		switch {
		case numeric:
			w.f(" %s%s", ip.text(w.fam), w.mask(a.Mask))
		case ip.zero():
			w.f(" anywhere")
		default:
			w.f(" %s%s", w.p.anyName(w.fam, ip), w.mask(a.Mask))
		}
	}
	addr(iptables.CTOrigSrc, "ctorigsrc", d.OrigSrc)
	addr(iptables.CTOrigDst, "ctorigdst", d.OrigDst)
	addr(iptables.CTReplSrc, "ctreplsrc", d.ReplSrc)
	addr(iptables.CTReplDst, "ctrepldst", d.ReplDst)
	port := func(bit uint16, name string, r iptables.PortRange) {
		if !has(bit) {
			return
		}
		if r.Max == 0 || r.Min == r.Max {
			w.f(" %s%s %d", prefix, name, r.Min)
		} else {
			w.f(" %s%s %d:%d", prefix, name, r.Min, r.Max)
		}
	}
	port(iptables.CTOrigSrcPort, "ctorigsrcport", d.OrigSrcPort)
	port(iptables.CTOrigDstPort, "ctorigdstport", d.OrigDstPort)
	port(iptables.CTReplSrcPort, "ctreplsrcport", d.ReplSrcPort)
	port(iptables.CTReplDstPort, "ctrepldstport", d.ReplDstPort)
	if has(iptables.CTStatus) {
		s := bitNames(d.Status, ctStatuses, false)
		if d.Status == 0 {
			s = "NONE"
		}
		w.f(" %sctstatus %s", prefix, s)
	}
	if has(iptables.CTExpires) {
		if d.Expires.Min == d.Expires.Max {
			w.f(" %sctexpire %d", prefix, d.Expires.Min)
		} else {
			w.f(" %sctexpire %d:%d", prefix, d.Expires.Min, d.Expires.Max)
		}
	}
	if has(iptables.CTDirection) {
		dir := "ORIGINAL"
		if d.Invert&iptables.CTDirection != 0 {
			dir = "REPLY"
		}
		w.f(" %sctdir %s", prefix, dir)
	}
}

func xlateConntrack(w *view, d *iptables.Conntrack) bool {
	dir := "original"
	if d.Invert&iptables.CTDirection != 0 {
		dir = "reply"
	}
	sp := ""
	add := func(format string, a ...any) {
		w.add(sp+format, a...)
		sp = " "
	}
	not := func(bit uint16) string { return ne(d.Invert&bit != 0) }
	bang := func(bit uint16) {
		if d.Invert&bit != 0 {
			w.add("! ")
		}
	}
	if d.Flags&iptables.CTDirection != 0 {
		add("ct direction %s", dir)
	}
	if d.Flags&iptables.CTProto != 0 {
		add("ct %s protocol %s%d", dir, not(iptables.CTProto), d.Proto)
	}
	if d.Flags&iptables.CTState != 0 {
		if d.State&(iptables.CTStateSNAT|iptables.CTStateDNAT) != 0 {
			op, nat := "", "dnat"
			if d.Invert&iptables.CTStatus != 0 {
				op = "!="
			}
			if d.State&iptables.CTStateSNAT != 0 {
				nat = "snat"
			}
			add("ct status %s%s", op, nat)
		} else {
			add("ct state ")
			bang(iptables.CTState)
			w.add("%s", bitNames(d.State, ctShown[:5], true))
		}
	}
	if d.Flags&iptables.CTStatus != 0 {
		add("ct status ")
		bang(iptables.CTStatus)
		w.add("%s", bitNames(d.Status, ctStatuses, true))
	}
	num := func(bit uint16, name string, lo, hi uint32) {
		if d.Flags&bit == 0 {
			return
		}
		add("%s %s", name, not(bit))
		if lo == hi {
			w.add("%d", lo)
		} else {
			w.add("%d-%d", lo, hi)
		}
	}
	num(iptables.CTExpires, "ct expiration", d.Expires.Min, d.Expires.Max)
	addr := func(bit uint16, name string, a iptables.AddrMask) {
		if d.Flags&bit != 0 {
			add("%s %s", name, not(bit))
			w.add("%s%s", w.addr(a.Addr), w.mask(a.Mask))
		}
	}
	addr(iptables.CTOrigSrc, "ct original saddr", d.OrigSrc)
	addr(iptables.CTOrigDst, "ct original daddr", d.OrigDst)
	addr(iptables.CTReplSrc, "ct reply saddr", d.ReplSrc)
	addr(iptables.CTReplDst, "ct reply daddr", d.ReplDst)
	num(iptables.CTOrigSrcPort, "ct original proto-src", uint32(d.OrigSrcPort.Min), uint32(d.OrigSrcPort.Max))
	num(iptables.CTOrigDstPort, "ct original proto-dst", uint32(d.OrigDstPort.Min), uint32(d.OrigDstPort.Max))
	num(iptables.CTReplSrcPort, "ct reply proto-src", uint32(d.ReplSrcPort.Min), uint32(d.ReplSrcPort.Max))
	num(iptables.CTReplDstPort, "ct reply proto-dst", uint32(d.ReplDstPort.Min), uint32(d.ReplDstPort.Max))
	return true
}
