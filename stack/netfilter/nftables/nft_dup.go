package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nft_dup_ipv4.c, nft_dup_ipv6.c, nft_fwd_netdev.c.

// Dup is nft_dup_ipv4 and nft_dup_ipv6: a copy goes to another host by its route,
// the packet goes on.
type Dup struct {
	Addr uint8 // register: of whom
	Dev  uint8 // register + 1: the ifindex of the device; 0: any
	Six  bool
}

// Eval is nft_dup_ipv4_eval, nft_dup_ipv6_eval.
func (e *Dup) Eval(r *Regs, p *Pkt) {
	oif := 0
	if e.Dev > 0 {
		oif = int(r.get32(e.Dev - 1))
	}
	if e.Six {
		e.six(r, p, oif)
	} else {
		e.four(r, p, oif)
	}
}

func (e *Dup) four(r *Regs, p *Pkt, oif int) {
	defer p.ns.In(step.NftDupIPv4Eval, p.b).Out()
	iptables.Dup4(p.ns, p.st, p.b, wire.IP4(r.get32(e.Addr)), oif)
}

func (e *Dup) six(r *Regs, p *Pkt, oif int) {
	defer p.ns.In(step.NftDupIPv6Eval, p.b).Out()
	iptables.Dup6(p.ns, p.st, p.b, wire.AddrFrom16(r.at(e.Addr, 16)), oif)
}

// FwdNeigh is nft_fwd_neigh: out of another device, to one of its neighbours, with
// one hop less (netdev).
type FwdNeigh struct {
	Dev, Addr uint8 // registers
	Six       bool
}

// Eval is nft_fwd_neigh_eval.
func (e *FwdNeigh) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftFwdNeighEval, p.b).Out()
	t, key, b := p.ns.Neigh4, wire.IP4(r.get32(e.Addr)).Addr(), p.b
	want, min := wire.EtherTypeIPv4, wire.IPv4MinLen
	if e.Six {
		t, key = p.ns.Neigh6, wire.AddrFrom16(r.at(e.Addr, 16))
		want, min = wire.EtherTypeIPv6, wire.IPv6Len
	}
	if b.Protocol != uint16(want) {
		r.Code = Break
		return
	}
	off := b.NetworkOffset()
	if p.writable(off, min) == nil {
		r.Code = DropCode
		return
	}
	ttl := func() uint8 { return b.IP4().TTL() }
	if e.Six {
		ttl = func() uint8 { return b.IP6().HopLimit() }
	}
	if ttl() <= 1 {
		r.Code = DropCode
		return
	}
	if e.Six {
		b.IP6().SetHopLimit(ttl() - 1)
	} else {
		b.IP4().DecreaseTTL()
	}
	dev := p.ns.DevByIndex(int(r.get32(e.Dev)))
	if dev == nil {
		return
	}
	if p.st.Hook == core.NetdevEgress {
		b.Pull(off) // to the network header: the neighbour makes its own in front of it
	}
	p.ns.Why(step.WhyNftFwd, uint64(dev.Index))
	b.Dev = dev
	p.ns.NeighXmit(t, dev, key, b)
	r.Code = StolenCode
}

// Validate is nft_fwd_validate.
func (e *FwdNeigh) Validate(c *Chain) core.Errno { return (&Fwd{}).Validate(c) }
