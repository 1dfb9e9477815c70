package inet

// Rules of policy routing, for both families: net/core/fib_rules.c.

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Rule actions (FR_ACT_*).
const (
	RuleToTable = 1 + iota
	RuleGoto
	RuleNop
	_
	_
	RuleBlackhole
	RuleUnreachable
	RuleProhibit
)

// A Rule is struct fib_rule with what fib4_rule and fib6_rule add: what
// `ip rule add` says. Zero values are not compared with anything.
type Rule struct {
	Priority       uint32
	PrioritySet    bool      // 0 was asked for; else 0 takes the place in front of table main's rule
	Src, Dst       wire.Addr // with IPv4, as IPv4-mapped
	SrcLen, DstLen int       // of the family's own address
	Invert         bool      // not
	TOS            uint8
	Mark, Mask     uint32
	MaskSet        bool // the mask was said; else a Mark means all bits
	IIF, OIF       string
	UID            [2]uint32 // from, to
	UIDSet         bool
	Proto          uint8
	Sport, Dport   [2]uint16 // from, to; 0: not compared
	SportSet       bool      // it was said, right or wrong
	DportSet       bool
	L3mdev         bool  // the table of the packet's VRF: there are none, so that it never matches
	Action         uint8 // 0 is RuleToTable
	Table          uint32
	Goto           uint32
	GotoSet        bool
	Suppress       int   // suppress_prefixlength + 1; 0: none
	SuppressGroup  int   // suppress_ifgroup + 1; 0: none
	Protocol       uint8 // who made the rule (RTPROT_*)
}

// A RuleFlow is what rules look at (struct flowi).
type RuleFlow struct {
	Six          bool
	Src, Dst     wire.Addr
	IIF, OIF     int
	Mark, UID    uint32
	TOS          uint8
	Proto        uint8
	Sport, Dport uint16
}

// Match is fib_rule_match with fib4_rule_match or fib6_rule_match. What rules a
// rule out is told.
func (r *Rule) Match(ns *core.Netns, fl *RuleFlow) bool {
	t, args, n := r.miss(ns, fl)
	if (t == 0) != r.Invert {
		return true
	}
	if t == 0 {
		t, n = step.TryRuleNot, 0
	}
	if ns.Listening() {
		ns.Tried(t, append([]uint64{uint64(r.Priority)}, args[:n]...)...)
	}
	return false
}

// TOSMatch is fib_dscp_masked_match: with IPv4, the upper three bits of the DSCP
// do not count.
func TOSMatch(route, pkt uint8) bool { return route == pkt&0x1c }

// miss returns the first operand that does not match, or 0, and its values.
func (r *Rule) miss(ns *core.Netns, fl *RuleFlow) (t step.Try, v [4]uint64, n int) {
	two := func(t step.Try, want, got uint64) (step.Try, [4]uint64, int) { return t, [4]uint64{want, got}, 2 }
	switch {
	case r.IIF != "" && devIndex(ns, r.IIF) != fl.IIF:
		return two(step.TryRuleIIF, uint64(max(devIndex(ns, r.IIF), 0)), uint64(fl.IIF))
	case r.OIF != "" && devIndex(ns, r.OIF) != fl.OIF:
		return two(step.TryRuleOIF, uint64(max(devIndex(ns, r.OIF), 0)), uint64(fl.OIF))
	case (r.Mark^fl.Mark)&r.Mask != 0:
		return two(step.TryRuleMark, uint64(r.Mark), uint64(fl.Mark))
	case r.L3mdev:
		return step.TryRuleL3mdev, v, 0
	case r.UIDSet && (fl.UID < r.UID[0] || fl.UID > r.UID[1]):
		return step.TryRuleUID, [4]uint64{uint64(r.UID[0]), uint64(r.UID[1]), uint64(fl.UID)}, 3
	case !samePrefix(fl.Six, r.Src, fl.Src, r.SrcLen):
		return step.TryRuleFrom, [4]uint64{r.Src.Hi, r.Src.Lo, fl.Src.Hi, fl.Src.Lo}, 4
	case !samePrefix(fl.Six, r.Dst, fl.Dst, r.DstLen):
		return step.TryRuleTo, [4]uint64{r.Dst.Hi, r.Dst.Lo, fl.Dst.Hi, fl.Dst.Lo}, 4
	case r.TOS != 0 && !(fl.Six && r.TOS == fl.TOS&0xfc || !fl.Six && TOSMatch(r.TOS, fl.TOS)):
		return two(step.TryRuleTOS, uint64(r.TOS), uint64(fl.TOS))
	case r.Proto != 0 && r.Proto != fl.Proto:
		return two(step.TryRuleProto, uint64(r.Proto), uint64(fl.Proto))
	case r.Sport[0] != 0 && (fl.Sport < r.Sport[0] || fl.Sport > r.Sport[1]):
		return two(step.TryRuleSport, uint64(r.Sport[0]), uint64(fl.Sport))
	case r.Dport[0] != 0 && (fl.Dport < r.Dport[0] || fl.Dport > r.Dport[1]):
		return two(step.TryRuleDport, uint64(r.Dport[0]), uint64(fl.Dport))
	}
	return 0, v, 0
}

func samePrefix(six bool, want, got wire.Addr, n int) bool {
	switch {
	case n == 0:
		return true
	case six:
		return want.Mask(n) == got.Mask(n)
	}
	return (want.IP4() ^ got.IP4()).Mask(n) == 0
}

func devIndex(ns *core.Netns, name string) int {
	if d := ns.DevByName(name); d != nil {
		return d.Index
	}
	return -1
}

// A RuleList is struct fib_rules_ops: the rules of one family, by priority.
type RuleList struct {
	Rules  []*Rule
	Custom bool // there have been others than the first ones
	Ports  bool // a rule looks at the protocol or at ports
}

// A RuleAction looks into a table for a rule. It returns EAGAIN when the next
// rule is to be asked.
type RuleAction interface {
	RuleAction(r *Rule) core.Errno
}

// Lookup is fib_rules_lookup: ask what the rules say, in order of priority, until
// one gives an answer.
func (l *RuleList) Lookup(ns *core.Netns, fl *RuleFlow, do RuleAction) core.Errno {
	skipTo := int64(-1)
	for i, r := range l.Rules {
		if skipTo >= 0 && int64(r.Priority) < skipTo || !r.Match(ns, fl) {
			continue
		}
		skipTo = -1
		err := step.EAGAIN
		switch r.Action {
		case RuleGoto:
			if l.has(i+1, r.Goto) {
				skipTo = int64(r.Goto)
			}
			continue
		case RuleNop:
			continue
		default:
			err = do.RuleAction(r)
		}
		if err != step.EAGAIN {
			ns.Why(step.WhyRule, uint64(r.Priority), uint64(r.Action), uint64(r.Table), uint64(err))
			return err
		}
	}
	return step.ENETUNREACH
}

func (l *RuleList) has(i int, prio uint32) bool {
	for _, r := range l.Rules[i:] {
		if r.Priority == prio {
			return true
		}
	}
	return false
}
