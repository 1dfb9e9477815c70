package ipv4

// Policy routing: net/ipv4/fib_rules.c over net/core/fib_rules.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// defaultRules are the three that every namespace begins with.
func defaultRules() []*Rule {
	return []*Rule{{Priority: 0, Action: RuleToTable, Table: TableLocal}, {Priority: 32766, Action: RuleToTable, Table: TableMain},
		{Priority: 32767, Action: RuleToTable, Table: TableDefault}}
}

// rulesLookup is __fib_lookup: ask the tables in the order of the rules.
func (ip *IPv4) rulesLookup(fl *Flow4, res *fibResult, flags int) core.Errno {
	defer ip.ns.In(step.FibRulesLookup, inetSubject(ip.ns)).Out()
	ns := ip.ns
	skipTo := -1
	for i, r := range ip.rules {
		if skipTo >= 0 && r.Priority < uint32(skipTo) {
			continue
		}
		if !ip.ruleMatch(r, fl) {
			continue
		}
		skipTo = -1
		err := step.EAGAIN
		switch r.Action {
		case RuleGoto:
			skipTo = int(r.Goto)
			if !ip.hasRuleFrom(i+1, r.Goto) {
				skipTo = -1
			}
			continue
		case RuleNop:
			continue
		case RuleToTable:
			if tb := ip.table(r.Table); tb != nil {
				err = ip.tableLookup(tb, fl, res, flags)
			}
			if err == 0 && r.Suppress > 0 && res.plen <= r.Suppress-1 {
				ns.Tried(step.TryRouteSuppress, uint64(res.prefix), uint64(res.plen), uint64(r.Suppress-1), uint64(r.Priority))
				err = step.EAGAIN
			}
		case RuleUnreachable:
			err = step.ENETUNREACH
		case RuleProhibit:
			err = step.EACCES
		default:
			err = step.EINVAL
		}
		if err != step.EAGAIN {
			ns.Why(step.WhyRule, uint64(r.Priority), uint64(r.Action), uint64(r.Table), uint64(err))
			return err
		}
	}
	return step.ENETUNREACH
}

func (ip *IPv4) hasRuleFrom(i int, prio uint32) bool {
	for _, r := range ip.rules[i:] {
		if r.Priority == prio {
			return true
		}
	}
	return false
}

// ruleMatch is fib_rule_match and fib4_rule_match.
func (ip *IPv4) ruleMatch(r *Rule, fl *Flow4) bool {
	t, want, got := ip.ruleMiss(r, fl)
	if (t == 0) != r.Invert {
		return true
	}
	if t == 0 {
		t = step.TryRuleNot
	}
	ip.ns.Tried(t, uint64(r.Priority), want, got)
	return false
}

// ruleMiss returns the first operand that does not match, or 0.
func (ip *IPv4) ruleMiss(r *Rule, fl *Flow4) (t step.Try, want, got uint64) {
	switch {
	case len(r.IIF) > 0 && ip.devIndex(r.IIF) != fl.IIF:
		return step.TryRuleIIF, uint64(max(ip.devIndex(r.IIF), 0)), uint64(fl.IIF)
	case len(r.OIF) > 0 && ip.devIndex(r.OIF) != fl.OIF:
		return step.TryRuleOIF, uint64(max(ip.devIndex(r.OIF), 0)), uint64(fl.OIF)
	case (r.Mark != 0 || r.Mask != 0) && (r.Mark^fl.Mark)&r.mask() != 0:
		return step.TryRuleMark, uint64(r.Mark), uint64(fl.Mark)
	case (r.Src ^ fl.Saddr).Mask(r.SrcLen) != 0:
		return step.TryRuleFrom, uint64(r.Src), uint64(fl.Saddr)
	case (r.Dst ^ fl.Daddr).Mask(r.DstLen) != 0:
		return step.TryRuleTo, uint64(r.Dst), uint64(fl.Daddr)
	case r.TOS != 0 && !tosMatch(r.TOS, fl.TOS):
		return step.TryRuleTOS, uint64(r.TOS), uint64(fl.TOS)
	case r.Proto != 0 && r.Proto != fl.Proto:
		return step.TryRuleProto, uint64(r.Proto), uint64(fl.Proto)
	case r.Sport[0] != 0 && (fl.Sport < r.Sport[0] || fl.Sport > r.Sport[1]):
		return step.TryRuleSport, uint64(r.Sport[0]), uint64(fl.Sport)
	case r.Dport[0] != 0 && (fl.Dport < r.Dport[0] || fl.Dport > r.Dport[1]):
		return step.TryRuleDport, uint64(r.Dport[0]), uint64(fl.Dport)
	}
	return 0, 0, 0
}

func (r *Rule) mask() uint32 {
	if r.Mask == 0 {
		return ^uint32(0)
	}
	return r.Mask
}

func (ip *IPv4) devIndex(name string) int {
	if d := ip.ns.DevByName(name); d != nil {
		return d.Index
	}
	return -1
}

// AddRule is fib_nl_newrule: `ip rule add`. A rule without priority goes in
// front of table main's, below those that are there.
func (ip *IPv4) AddRule(r Rule) core.Errno {
	defer ip.ns.In(step.FibRuleAdd, inetSubject(ip.ns)).Out()
	if r.Action == 0 {
		r.Action = RuleToTable
	}
	if r.Action == RuleToTable && r.Table == TableUnspec {
		r.Table = TableMain
	}
	if r.Action == RuleGoto && r.Goto <= r.Priority && r.Priority != 0 || r.SrcLen > 32 || r.DstLen > 32 {
		return step.EINVAL
	}
	if r.Sport[1] == 0 {
		r.Sport[1] = r.Sport[0]
	}
	if r.Dport[1] == 0 {
		r.Dport[1] = r.Dport[0]
	}
	if r.Priority == 0 && len(ip.rules) > 1 {
		r.Priority = ip.rules[1].Priority - 1 // fib_default_rule_pref
	}
	for _, o := range ip.rules {
		if *o == r {
			return step.EEXIST
		}
	}
	ip.unmerge()
	ip.customRules = true
	i := 0
	for i < len(ip.rules) && ip.rules[i].Priority <= r.Priority {
		i++
	}
	ip.rules = append(ip.rules, nil)
	copy(ip.rules[i+1:], ip.rules[i:])
	ip.rules[i] = &r
	ip.rulesChanged()
	return 0
}

// DelRule is fib_nl_delrule: it takes out the first rule that fits; ENOENT if
// there is none. Priority 0 is not compared unless everything else is zero too.
func (ip *IPv4) DelRule(r Rule) core.Errno {
	if r.Action == 0 {
		r.Action = RuleToTable
	}
	for i, o := range ip.rules {
		c := *o
		if r.Priority == 0 {
			c.Priority = 0
		}
		if r.Table == 0 {
			c.Table = 0
		}
		if r.Sport[1] == 0 && r.Sport[0] == c.Sport[0] {
			c.Sport[1] = 0
		}
		if r.Dport[1] == 0 && r.Dport[0] == c.Dport[0] {
			c.Dport[1] = 0
		}
		onlyPrio := r.Priority != 0 && r == Rule{Priority: r.Priority, Action: RuleToTable} && o.Priority == r.Priority
		if !onlyPrio && c != r {
			continue
		}
		ip.unmerge()
		ip.customRules = true
		ip.rules = append(ip.rules[:i], ip.rules[i+1:]...)
		ip.rulesChanged()
		return 0
	}
	return step.ENOENT
}

func (ip *IPv4) rulesChanged() {
	ip.rulesNeedPorts = false
	for _, r := range ip.rules {
		if r.Proto != 0 || r.Sport[0] != 0 || r.Dport[0] != 0 {
			ip.rulesNeedPorts = true
		}
	}
	ip.rtCacheFlush()
}

// Rules lists the rules in order of priority, as `ip rule show`.
func (ip *IPv4) Rules() []Rule {
	l := make([]Rule, len(ip.rules))
	for i, r := range ip.rules {
		l[i] = *r
	}
	return l
}
