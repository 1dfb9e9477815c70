package inet

// How rules come and go: fib_newrule and fib_delrule of net/core/fib_rules.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// check is fib_nl2rule: what is wrong with a rule whatever others there are. It fills
// in what was said in short.
func (r *Rule) check(addrBits int, ack *Extack) core.Errno {
	refuse := func(why Extack) core.Errno { *ack = why; return step.EINVAL }
	if r.SrcLen > addrBits {
		return refuse(AckRuleSrc)
	}
	if r.DstLen > addrBits {
		return refuse(AckRuleDst)
	}
	if r.Mark != 0 && !r.MaskSet {
		r.Mask = ^uint32(0)
	}
	switch {
	case r.Action == RuleGoto && !r.GotoSet:
		return refuse(AckRuleTarget)
	case r.Action != RuleGoto && r.GotoSet:
		return refuse(AckRuleNoGoto)
	case r.L3mdev && r.Table != 0:
		return refuse(AckRuleL3mdev)
	case r.UIDSet && (r.UID[0] > r.UID[1] || r.UID[1] == ^uint32(0)):
		return refuse(AckRuleUID)
	case r.SportSet && !validPorts(r.Sport):
		return refuse(AckRuleSport)
	case r.DportSet && !validPorts(r.Dport):
		return refuse(AckRuleDport)
	}
	return 0
}

// Said marks as said what is not zero, and completes port ranges.
func (r *Rule) Said() {
	r.PrioritySet = r.PrioritySet || r.Priority != 0
	r.MaskSet = r.MaskSet || r.Mask != 0
	r.GotoSet = r.Action == RuleGoto
	for _, p := range [...]*[2]uint16{&r.Sport, &r.Dport} {
		if p[1] == 0 {
			p[1] = p[0]
		}
	}
	r.SportSet, r.DportSet = r.Sport[0] != 0, r.Dport[0] != 0
}

// validPorts is fib_rule_port_range_valid.
func validPorts(p [2]uint16) bool { return p[0] != 0 && p[1] < 0xffff && p[0] <= p[1] }

// place is fib_nl2rule_rtnl: a rule without a priority goes in front of the second,
// and goto leads forward only.
func (l *RuleList) place(r *Rule, ack *Extack) core.Errno {
	if !r.PrioritySet {
		r.Priority = 0
		if len(l.Rules) > 1 && l.Rules[1].Priority != 0 {
			r.Priority = l.Rules[1].Priority - 1 // fib_default_rule_pref
		}
	}
	if r.GotoSet && r.Goto <= r.Priority {
		*ack = AckRuleGoto
		return step.EINVAL
	}
	return 0
}

// Add is fib_newrule. EEXIST: there is the same rule; a rule's addresses count for
// that only if the new one has some, and "not" does not count.
// noTable: it names no table where it must.
func (l *RuleList) Add(r Rule, addrBits int, noTable bool, ack *Extack) core.Errno {
	if e := r.check(addrBits, ack); e != 0 {
		return e
	}
	if e := l.place(&r, ack); e != 0 {
		return e
	}
	for _, o := range l.Rules {
		if r.same(o) {
			return step.EEXIST
		}
	}
	if r.TOS&3 != 0 {
		*ack = AckRuleTOS
		return step.EINVAL
	}
	if addrBits == 32 && r.TOS&^0x1e != 0 {
		*ack = AckRuleTOSHigh // IPv4 does not look at the upper bits
		return step.EINVAL
	}
	if noTable {
		*ack = AckRuleTable
		return step.EINVAL
	}
	r.PrioritySet, r.MaskSet, r.GotoSet, r.SportSet, r.DportSet = false, false, false, false, false
	l.Custom = true
	i := 0
	for i < len(l.Rules) && l.Rules[i].Priority <= r.Priority {
		i++
	}
	l.Rules = append(l.Rules, nil)
	copy(l.Rules[i+1:], l.Rules[i:])
	l.Rules[i] = &r
	l.changed()
	return 0
}

// same is rule_exists.
func (r *Rule) same(o *Rule) bool {
	return r.Action == o.Action && r.Table == o.Table && r.Priority == o.Priority && r.IIF == o.IIF && r.OIF == o.OIF && r.Mark == o.Mark && r.Mask == o.Mask &&
		r.SuppressGroup == o.SuppressGroup && r.Suppress == o.Suppress && r.L3mdev == o.L3mdev && r.UIDSet == o.UIDSet && r.UID == o.UID && r.Proto == o.Proto &&
		r.Protocol == o.Protocol && r.Sport == o.Sport && r.Dport == o.Dport && r.compare(o)
}

// compare is fib4_rule_compare and fib6_rule_compare.
func (r *Rule) compare(o *Rule) bool {
	return (r.SrcLen == 0 || r.SrcLen == o.SrcLen && r.Src == o.Src) && (r.DstLen == 0 || r.DstLen == o.DstLen && r.Dst == o.Dst) && (r.TOS == 0 || r.TOS == o.TOS)
}

// Del is fib_delrule: it takes out the first rule that has all that r says;
// ENOENT if there is none.
func (l *RuleList) Del(r Rule, addrBits int, ack *Extack) core.Errno {
	if e := r.check(addrBits, ack); e != 0 {
		return e
	}
	asked := r.PrioritySet
	if e := l.place(&r, ack); e != 0 {
		return e
	}
	for i, o := range l.Rules {
		if asked && r.Priority != o.Priority || !r.fits(o) {
			continue
		}
		l.Custom = l.Custom || addrBits == 32 // fib6_rule_delete does not count it
		l.Rules = append(l.Rules[:i:i], l.Rules[i+1:]...)
		l.changed()
		return 0
	}
	return step.ENOENT
}

// fits is rule_find: what r does not say is not compared.
func (r *Rule) fits(o *Rule) bool {
	switch {
	case r.Action != 0 && r.Action != o.Action, r.Table != 0 && r.Table != o.Table,
		r.IIF != "" && r.IIF != o.IIF, r.OIF != "" && r.OIF != o.OIF, r.Mark != 0 && r.Mark != o.Mark, r.Mask != 0 && r.Mask != o.Mask,
		r.SuppressGroup != 0 && r.SuppressGroup != o.SuppressGroup, r.Suppress != 0 && r.Suppress != o.Suppress, r.L3mdev && !o.L3mdev,
		r.UIDSet && (!o.UIDSet || r.UID != o.UID), r.Proto != 0 && r.Proto != o.Proto, r.Protocol != 0 && r.Protocol != o.Protocol,
		r.Sport[0] != 0 && r.Sport != o.Sport, r.Dport[0] != 0 && r.Dport != o.Dport:
		return false
	}
	return r.compare(o)
}

func (l *RuleList) changed() {
	l.Ports = false
	for _, r := range l.Rules {
		l.Ports = l.Ports || r.Proto != 0 || r.Sport[0] != 0 || r.Dport[0] != 0
	}
}

// List copies the rules, in order of priority.
func (l *RuleList) List() []Rule {
	out := make([]Rule, len(l.Rules))
	for i, r := range l.Rules {
		out[i] = *r
	}
	return out
}
