package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nft_synproxy.c.

// Synproxy is nft_synproxy: shake hands with a client before the server hears of it.
type Synproxy struct{ Info iptables.SynproxyInfo }

// Eval is nft_synproxy_do_eval.
func (e *Synproxy) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftSynproxyEval, p.b).Out()
	if p.tprot != uint8(wire.ProtoTCP) {
		r.Code = Break
		return
	}
	x := p.borrow()
	v := x.Synproxy(&e.Info, step.NftSynproxyEval, false)
	x.Leave()
	switch v {
	case iptables.Drop:
		r.Code = DropCode
	case iptables.Stolen:
		r.Code = StolenCode
	}
}

// Validate is nft_synproxy_validate.
func (e *Synproxy) Validate(c *Chain) core.Errno {
	if err := ipOnly(c.Table.Family); err != 0 {
		return err
	}
	return c.validHooks(1<<core.LocalIn | 1<<core.Forward)
}

func (e *Synproxy) hold(t *Table) core.Errno {
	conntrack.Enable(t.s.ns, ctFamily(t.Family))
	iptables.SynproxyInit(t.s.ns, t.Family)
	return 0
}

func (e *Synproxy) release(t *Table) {
	iptables.SynproxyFini(t.s.ns, t.Family)
	conntrack.Disable(t.s.ns, ctFamily(t.Family))
}

// holdExpr is nft_synproxy_obj_init, releaseExpr nft_synproxy_obj_destroy: an object
// needs the hooks itself.
func (o *Object) holdExpr() {
	if e, ok := o.Expr.(*Synproxy); ok {
		e.hold(o.Table)
	}
}

func (o *Object) releaseExpr() {
	if e, ok := o.Expr.(*Synproxy); ok {
		e.release(o.Table)
	}
}

// updateObj is nf_tables_updobj: a synproxy that is there gets new values
// (nft_synproxy_obj_update).
func (b *Batch) updateObj(old, o *Object) {
	e, ok := old.Expr.(*Synproxy)
	n, same := o.Expr.(*Synproxy)
	if !ok || !same {
		return
	}
	b.log(undo{kind: undoUpdateObj, obj: old, syn: *e})
	e.Info = n.Info
}
