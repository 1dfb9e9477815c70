package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: nft_compat.c. iptables-nft writes what nftables has no
// expression for as a match or target of iptables.

// compat is a Match or Target: it is told where it stands before it is held.
type compat interface{ standIn(c *Chain) }

// A place is what the extension is told when it is checked.
type place struct {
	family core.Family
	table  string
	hooks  uint
}

func (l *place) standIn(c *Chain) {
	l.family, l.table, l.hooks = c.Table.Family, c.Table.Name, 0
	if c.Base != nil {
		l.hooks = 1 << c.Base.Hook
	}
}

func (l *place) param(t *Table, proto uint8, inv bool) *iptables.CheckParam {
	return &iptables.CheckParam{NS: t.s.ns, Family: l.family, Table: l.table, HookMask: l.hooks, Proto: proto, InvProto: inv, Compat: true}
}

// validate is nft_match_validate, nft_target_validate: may it stand in chains that
// the base chain c leads to?
func (l *place) validate(c *Chain, name string) core.Errno {
	switch c.Table.Family {
	case core.NFIPv4, core.NFIPv6, core.NFInet, core.NFBridge, core.NFARP:
	default:
		return eopnotsupp
	}
	if e := c.validHooks(1<<core.PreRouting | 1<<core.LocalIn | 1<<core.Forward | 1<<core.LocalOut | 1<<core.PostRouting); e != 0 {
		return e
	}
	hooks, table := iptables.Where(name)
	if hooks != 0 && hooks>>c.Base.Hook&1 == 0 {
		return einval
	}
	if table == iptables.TableNAT && c.Base.Type != TypeNAT {
		return einval
	}
	return 0
}

// Match is nft_match: a match of iptables. Proto and InvProto are the rule's -p
// (NFTA_RULE_COMPAT).
type Match struct {
	X        iptables.MatchEntry
	Proto    uint8
	InvProto bool
	Refusal  string // what the kernel's log said when it was refused

	place
	say refused `fork:"zero"`
}

// A refused is why a Match said no to the packet at hand.
type refused struct {
	try  step.Try
	n    int
	args [4]uint64
}

// Target is nft_target: a target of iptables. Text is as iptables.Rule.Text.
type Target struct {
	X        iptables.Target
	Text     string
	Proto    uint8
	InvProto bool
	Refusal  string

	place
}

// borrow is nft_compat_set_par.
func (p *Pkt) borrow() *iptables.Param {
	return iptables.Borrow(p.ns, p.st, p.b, p.pf, p.thoff, int(p.fragoff))
}

// Eval is nft_match_eval.
func (e *Match) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftMatchEval, p.b).Out()
	x := p.borrow()
	ok := e.X.Match.Match(x)
	switch {
	case x.Gone():
		r.Code = StolenCode
	case x.HotDrop:
		r.Code = DropCode
	case !ok:
		r.Code = Break
		if p.ns.Listening() {
			t, args := x.Refused()
			e.say.try, e.say.n = t, copy(e.say.args[:], args)
		}
	}
	x.Leave()
}

// Eval is nft_target_eval_xt.
func (e *Target) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftTargetEvalXt, p.b).Out()
	x := p.borrow()
	v := e.X.Target(x)
	if x.HotDrop {
		v = iptables.Drop
	}
	switch v {
	case iptables.Accept:
		r.Code = AcceptCode
	case iptables.Drop:
		r.Code = DropCode
	case iptables.Stolen:
		r.Code = StolenCode
	case iptables.Queue:
		r.Code = QueueCode
	case iptables.Return:
		r.Code = Return
	}
	x.Leave()
}

// hold is nft_match_init.
func (e *Match) hold(t *Table) core.Errno {
	c := e.param(t, e.Proto, e.InvProto)
	if err := iptables.CheckMatch(e.X.Match, c); err != 0 {
		e.Refusal = c.Err
		return err
	}
	iptables.Reset(e.X.Match, c)
	return 0
}

// release is nft_match_destroy.
func (e *Match) release(t *Table) { iptables.Release(e.X.Match, e.param(t, e.Proto, e.InvProto)) }

// Validate is nft_match_validate.
func (e *Match) Validate(c *Chain) core.Errno { return e.validate(c, e.X.Match.Name()) }

// hold is nft_target_init.
func (e *Target) hold(t *Table) core.Errno {
	c := e.param(t, e.Proto, e.InvProto)
	if err := iptables.CheckTarget(e.X, c); err != 0 {
		e.Refusal = c.Err
		return err
	}
	iptables.Reset(e.X, c)
	return 0
}

// release is nft_target_destroy.
func (e *Target) release(t *Table) { iptables.Release(e.X, e.param(t, e.Proto, e.InvProto)) }

// Validate is nft_target_validate.
func (e *Target) Validate(c *Chain) core.Errno { return e.validate(c, e.X.Name()) }
