package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// NotModelled stands for an expression that is real but not modelled: a packet
// that comes to it ends there, loudly.
type NotModelled struct{ What string }

// Eval ends the packet.
func (e *NotModelled) Eval(r *Regs, p *Pkt) {
	w := make([]uint64, 4)
	pack(w, e.What)
	p.ns.NotModelled(p.b, step.WhyNftNotModelled, step.NftDoChain, w...)
	r.Code = StolenCode
}

// Fwd is nft_fwd_netdev: the packet goes out of another device (netdev).
type Fwd struct {
	Src uint8 // register: ifindex
	Dup bool  // nft_dup_netdev: a copy goes, the packet stays
}

// Eval is nft_fwd_netdev_eval, nft_dup_netdev_eval.
func (e *Fwd) Eval(r *Regs, p *Pkt) {
	dev := p.ns.DevByIndex(int(r.get32(e.Src)))
	if e.Dup {
		if dev != nil {
			e.dup(p, dev)
		}
		return
	}
	if dev == nil {
		r.Code = DropCode
		return
	}
	e.fwd(p, dev)
	r.Code = StolenCode
}

func (e *Fwd) fwd(p *Pkt, dev *core.Device) {
	defer p.ns.In(step.NftFwdNetdevEval, p.b).Out()
	p.ns.Why(step.WhyNftFwd, uint64(dev.Index))
	xmit(p, p.b, dev)
}

func (e *Fwd) dup(p *Pkt, dev *core.Device) {
	defer p.ns.In(step.NftDupNetdevEval, p.b).Out()
	p.ns.Why(step.WhyNftDup, uint64(dev.Index))
	xmit(p, p.b.Clone(), dev)
}

// maxNested is NF_RECURSION_LIMIT.
const maxNested = 2

// xmit is nf_do_netdev_egress: with its link header, as it came. Where one egress
// chain sends to the next without end, the packet is lost.
func xmit(p *Pkt, b *core.SKB, dev *core.Device) {
	s := Of(p.ns)
	if s.nested > maxNested {
		p.ns.Drop(b, step.DropNotSpecified, step.NftDoChain)
		return
	}
	if p.st.Hook == core.NetdevIngress && b.MAC >= 0 && b.Offset() > b.MAC {
		b.Push(b.Offset() - b.MAC)
	}
	b.Dev = dev
	s.nested++
	p.ns.DevQueueXmit(b)
	s.nested--
}

// Validate is nft_fwd_validate: netdev only.
func (e *Fwd) Validate(c *Chain) core.Errno {
	if c.Table.Family != core.NFNetdev {
		return eopnotsupp
	}
	return c.validHooks(1<<core.NetdevIngress | 1<<core.NetdevEgress)
}
