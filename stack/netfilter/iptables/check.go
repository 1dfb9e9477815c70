package iptables

import "github.com/packetwalk/packetwalk/stack/core"

// Read before editing: x_tables.c (xt_check_match, xt_check_target).

// A limits says where an extension may stand (struct xt_match, xt_target): zero
// values allow everything.
type limits struct {
	name   string
	family core.Family // onlyFour, onlySix
	table  string
	hooks  uint
	proto  uint8
}

// Families of a limits.
const (
	anyFamily core.Family = iota
	onlyFour
	onlySix
)

// Sets of hooks.
const (
	preRouting  = 1 << core.PreRouting
	localIn     = 1 << core.LocalIn
	forward     = 1 << core.Forward
	localOut    = 1 << core.LocalOut
	postRouting = 1 << core.PostRouting
)

func limitsOf(name string) *limits {
	for i := range known {
		if known[i].name == name {
			return &known[i]
		}
	}
	return nil
}

// CheckMatch is xt_check_match: may the match stand there? If so it holds what it
// needs until Release. c.Err is what the kernel's log says of a refusal.
func CheckMatch(m Match, c *CheckParam) core.Errno { return c.check(m, m.Name(), false) }

// CheckTarget is xt_check_target.
func CheckTarget(t Target, c *CheckParam) core.Errno {
	switch t.(type) {
	case *Standard, *Jump:
		return 0
	}
	return c.check(t, t.Name(), true)
}

func (c *CheckParam) check(x any, name string, target bool) core.Errno {
	if l := limitsOf(name); l != nil {
		switch {
		case l.family == onlyFour && c.Family == core.NFIPv6 || l.family == onlySix && c.Family == core.NFIPv4:
			return enoent
		case l.table != "" && l.table != c.Table:
			c.Err = c.badTable(l, target)
			return einval
		case l.hooks != 0 && c.HookMask&^l.hooks != 0:
			c.Err = c.badHooks(l, target)
			return einval
		case l.proto != 0 && (l.proto != c.Proto || c.InvProto) && !(name == "ah" && c.Family == core.NFIPv6):
			c.Err = c.badProto(l, target)
			return einval
		}
	}
	if k, ok := x.(Checker); ok {
		return k.Check(c)
	}
	return 0
}

// Reset begins anew what an extension remembers (the rest of xt_match.checkentry).
func Reset(x any, c *CheckParam) {
	if r, ok := x.(Resetter); ok {
		r.Reset(c)
	}
}

// Release is xt_match.destroy, xt_target.destroy: of a Match or Target that CheckMatch
// or CheckTarget accepted.
func Release(x any, c *CheckParam) { destroy(x, c) }

// Where says where an extension may stand: the hooks (0 for anywhere) and the table
// (empty for any). nftables asks when chains that lead to it change.
func Where(name string) (hooks uint, table string) {
	if l := limitsOf(name); l != nil {
		return l.hooks, l.table
	}
	return 0, ""
}
