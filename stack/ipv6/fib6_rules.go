package ipv6

// Policy routing: net/ipv6/fib6_rules.c. What both families share is in
// inet/fib_rules.go.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// defaultRules are the two that every namespace begins with.
func defaultRules() []*inet.Rule {
	return []*inet.Rule{{Priority: 0, Action: inet.RuleToTable, Table: TableLocal, Protocol: ProtKernel}, {Priority: 32766, Action: inet.RuleToTable, Table: TableMain, Protocol: ProtKernel}}
}

// A ruleLookup is what a lookup by rules carries (struct fib_lookup_arg). It is
// kept, so that a lookup allocates none.
type ruleLookup struct {
	ip          *IPv6
	flow        inet.RuleFlow
	fl          Flow6
	oif, strict int
	dst         *core.Dst // the answer
}

// ruleLookup is fib6_rule_lookup: without rules of the user local, then main;
// else as the rules say.
func (ip *IPv6) ruleLookup(fl *Flow6, oif, strict int) *core.Dst {
	defer ip.ns.In(step.Fib6RuleLookup, ip.subject(fl)).Out()
	if !ip.rules.Custom {
		d := ip.polRoute(&ip.local, oif, fl, strict)
		if d != ip.nullDst() && d.Err != step.EAGAIN {
			return d
		}
		if d = ip.polRoute(&ip.main, oif, fl, strict); d.Err != step.EAGAIN {
			return d
		}
		return ip.nullDst()
	}
	if ip.byRule == nil {
		ip.byRule = &ruleLookup{}
	}
	l := ip.byRule
	l.ip, l.fl, l.oif, l.strict = ip, *fl, oif, strict
	l.flow = inet.RuleFlow{Six: true, Src: fl.Saddr, Dst: fl.Daddr, IIF: fl.IIF, OIF: fl.OIF, Mark: fl.Mark, UID: fl.UID, TOS: fl.TOS, Proto: fl.Proto, Sport: fl.Sport, Dport: fl.Dport}
	ip.rules.Lookup(ip.ns, &l.flow, l)
	d := l.dst
	if l.dst, l.fl.On = nil, nil; d == nil {
		return ip.nullDst()
	}
	return d
}

// RuleAction is fib6_rule_action and fib6_rule_suppress.
func (l *ruleLookup) RuleAction(r *inet.Rule) core.Errno {
	ip, ns := l.ip, l.ip.ns
	switch r.Action {
	case inet.RuleToTable:
	case inet.RuleUnreachable:
		l.dst = ip.nullDst()
		return step.ENETUNREACH
	case inet.RuleProhibit:
		l.dst = ip.specialDst(RTNProhibit, step.EACCES)
		return step.EACCES
	default:
		l.dst = ip.specialDst(RTNBlackhole, step.EINVAL)
		return step.EINVAL
	}
	t := ip.table(r.Table, false)
	if t == nil {
		return step.EAGAIN
	}
	d := ip.polRoute(t, l.oif, &l.fl, l.strict)
	if d == ip.nullDst() || d.Err == step.EAGAIN {
		return step.EAGAIN
	}
	u := upper(d)
	if r.Suppress > 0 && u.plen <= r.Suppress-1 {
		ns.Tried(step.TryRoute6Suppress, u.dst.Hi, u.dst.Lo, uint64(u.plen), uint64(r.Suppress-1), uint64(r.Priority))
		return step.EAGAIN
	}
	if r.SuppressGroup > 0 && d.Dev != nil && d.Dev.Group == r.SuppressGroup-1 {
		ns.Tried(step.TryRoute6SuppressGroup, u.dst.Hi, u.dst.Lo, uint64(u.plen), uint64(d.Dev.Index), uint64(r.Priority))
		return step.EAGAIN
	}
	l.dst = d
	return d.Err
}

// specialDst is ip6_prohibit_entry or ip6_blk_hole_entry: what a rule itself
// says.
func (ip *IPv6) specialDst(typ uint8, err core.Errno) *core.Dst {
	r := &Route6{Type: typ, Metric: ^uint32(0)}
	d := ip.makeDst(r)
	d.Err, d.Dev = err, ip.ns.Loopback
	return d
}

// dissect is fib6_rules_early_flow_dissect: rules that look at the protocol and
// ports need them before routing.
func (ip *IPv6) dissect(b *core.SKB, fl *Flow6) {
	h := b.IP6()
	p, off, _, ok := wire.SkipExtensions(h[wire.IPv6Len:], h.NextHeader())
	fl.Sport, fl.Dport = 0, 0
	if !ok {
		return
	}
	fl.Proto = uint8(p)
	switch p {
	case wire.ProtoTCP, wire.ProtoUDP, wire.ProtoSCTP, wire.ProtoDCCP, wire.ProtoUDPLite:
		if l4 := h[wire.IPv6Len+off:]; len(l4) >= 4 {
			fl.Sport, fl.Dport = uint16(l4[0])<<8|uint16(l4[1]), uint16(l4[2])<<8|uint16(l4[3])
		}
	}
}

// NewRule is fib_nl_newrule: `ip -6 rule add`. ack gets the kernel's words about a
// rule that is refused.
func (ip *IPv6) NewRule(r *inet.Rule, ack *inet.Extack) core.Errno {
	n := *r
	if n.Action == 0 {
		n.Action = inet.RuleToTable
	}
	none := n.Action == inet.RuleToTable && n.Table == 0 && !n.L3mdev
	if err := ip.rules.Add(n, 128, none, ack); err != 0 {
		return err
	}
	if n.Action == inet.RuleToTable && n.Table != 0 {
		ip.table(n.Table, true)
	}
	ip.gen++
	return 0
}

// RemoveRule is fib_nl_delrule: it takes out the first rule that fits; ENOENT if
// there is none.
func (ip *IPv6) RemoveRule(r *inet.Rule, ack *inet.Extack) core.Errno {
	err := ip.rules.Del(*r, 128, ack)
	ip.gen++
	return err
}

// AddRule is NewRule without the words.
func (ip *IPv6) AddRule(r inet.Rule) core.Errno {
	var ack inet.Extack
	if r.Action <= inet.RuleToTable && r.Table == 0 && !r.L3mdev {
		r.Table = TableMain
	}
	r.Said()
	return ip.NewRule(&r, &ack)
}

// DelRule is RemoveRule without the words.
func (ip *IPv6) DelRule(r inet.Rule) core.Errno {
	var ack inet.Extack
	r.Said()
	return ip.RemoveRule(&r, &ack)
}

// Rules lists the rules in order of priority, as `ip -6 rule show`.
func (ip *IPv6) Rules() []inet.Rule { return ip.rules.List() }

// HasRules reports that rules were added or taken out.
func (ip *IPv6) HasRules() bool { return ip.rules.Custom }
