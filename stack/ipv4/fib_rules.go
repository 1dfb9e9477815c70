package ipv4

// Policy routing: net/ipv4/fib_rules.c. What both families share is in
// inet/fib_rules.go.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A Rule is what `ip rule add` says.
type Rule = inet.Rule

// Rule actions (FR_ACT_*).
const (
	RuleToTable     = inet.RuleToTable
	RuleGoto        = inet.RuleGoto
	RuleNop         = inet.RuleNop
	RuleBlackhole   = inet.RuleBlackhole
	RuleUnreachable = inet.RuleUnreachable
	RuleProhibit    = inet.RuleProhibit
)

// defaultRules are the three that every namespace begins with.
func defaultRules() []*Rule {
	return []*Rule{{Priority: 0, Action: RuleToTable, Table: TableLocal, Protocol: ProtKernel}, {Priority: 32766, Action: RuleToTable, Table: TableMain, Protocol: ProtKernel},
		{Priority: 32767, Action: RuleToTable, Table: TableDefault, Protocol: ProtKernel}}
}

// A ruleLookup is what a lookup by rules carries (struct fib_lookup_arg). It is
// kept, so that a lookup allocates none.
type ruleLookup struct {
	ip    *IPv4
	flow  inet.RuleFlow
	fl    Flow4
	res   fibResult
	flags int
}

// rulesLookup is __fib_lookup: ask the tables in the order of the rules.
func (ip *IPv4) rulesLookup(fl *Flow4, res *fibResult, flags int) core.Errno {
	defer ip.ns.In(step.FibRulesLookup, inetSubject(ip.ns)).Out()
	if ip.byRule == nil {
		ip.byRule = &ruleLookup{}
	}
	l := ip.byRule
	l.ip, l.fl, l.flags = ip, *fl, flags
	l.flow = inet.RuleFlow{Src: fl.Saddr.Addr(), Dst: fl.Daddr.Addr(), IIF: fl.IIF, OIF: fl.OIF, Mark: fl.Mark, UID: fl.UID, TOS: fl.TOS, Proto: fl.Proto, Sport: fl.Sport, Dport: fl.Dport}
	err := ip.rules.Lookup(ip.ns, &l.flow, l)
	*res = l.res
	l.res = fibResult{}
	return err
}

// RuleAction is fib4_rule_action and fib4_rule_suppress.
func (l *ruleLookup) RuleAction(r *Rule) core.Errno {
	ip, ns, res := l.ip, l.ip.ns, &l.res
	switch r.Action {
	case RuleToTable:
	case RuleUnreachable:
		return step.ENETUNREACH
	case RuleProhibit:
		return step.EACCES
	default:
		return step.EINVAL
	}
	tb := ip.table(r.Table)
	if tb == nil {
		return step.EAGAIN
	}
	err := ip.tableLookup(tb, &l.fl, res, l.flags)
	if err != 0 {
		return err
	}
	if r.Suppress > 0 && res.plen <= r.Suppress-1 {
		ns.Tried(step.TryRouteSuppress, uint64(res.prefix), uint64(res.plen), uint64(r.Suppress-1), uint64(r.Priority))
		return step.EAGAIN
	}
	if r.SuppressGroup > 0 && res.nh != nil && res.nh.dev != nil && res.nh.dev.Group == r.SuppressGroup-1 {
		ns.Tried(step.TryRouteSuppressGroup, uint64(res.prefix), uint64(res.plen), uint64(res.nh.dev.Index), uint64(r.Priority))
		return step.EAGAIN
	}
	return 0
}

// NewRule is fib_nl_newrule: `ip rule add`. A rule without priority goes in
// front of table main's, below those that are there. ack gets the kernel's words
// about a rule that is refused.
func (ip *IPv4) NewRule(r *Rule, ack *inet.Extack) core.Errno {
	defer ip.ns.In(step.FibRuleAdd, inetSubject(ip.ns)).Out()
	n := *r
	if n.Action == 0 {
		n.Action = RuleToTable
	}
	if n.Action == RuleToTable && n.Table == TableUnspec && !n.L3mdev {
		n.Table = ip.emptyTable()
	}
	if err := ip.rules.Add(n, 32, false, ack); err != 0 {
		return err
	}
	ip.unmerge()
	ip.rulesChanged()
	return 0
}

// emptyTable is fib_empty_table: the first number that no table has.
func (ip *IPv4) emptyTable() uint32 {
	id := uint32(1)
	for ip.table(id) != nil {
		id++
	}
	ip.newTable(id)
	return id
}

// RemoveRule is fib_nl_delrule: it takes out the first rule that fits; ENOENT if
// there is none.
func (ip *IPv4) RemoveRule(r *Rule, ack *inet.Extack) core.Errno {
	if err := ip.rules.Del(*r, 32, ack); err != 0 {
		return err
	}
	ip.unmerge()
	ip.rulesChanged()
	return 0
}

// AddRule is NewRule without the words.
func (ip *IPv4) AddRule(r Rule) core.Errno {
	var ack inet.Extack
	if r.Action <= RuleToTable && r.Table == TableUnspec && !r.L3mdev {
		r.Table = TableMain
	}
	r.Said()
	return ip.NewRule(&r, &ack)
}

// DelRule is RemoveRule without the words.
func (ip *IPv4) DelRule(r Rule) core.Errno {
	var ack inet.Extack
	r.Said()
	return ip.RemoveRule(&r, &ack)
}

func (ip *IPv4) rulesChanged() {
	ip.customRules, ip.rulesNeedPorts = ip.rules.Custom, ip.rules.Ports
	ip.rtCacheFlush()
}

// Rules lists the rules in order of priority, as `ip rule show`.
func (ip *IPv4) Rules() []Rule { return ip.rules.List() }
