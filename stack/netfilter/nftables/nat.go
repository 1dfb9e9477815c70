package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nft_nat.c, nft_masq.c, nft_redir.c, nft_chain_nat.c,
// nft_chain_route.c.

// A natChain is a base chain of type nat: NAT asks it for the first packet of a
// connection.
type natChain struct{ c *Chain }

// BaseChain is the chain itself, for listings.
func (n natChain) BaseChain() *Chain { return n.c }

// HookStep names the function.
func (natChain) HookStep() step.Step { return step.NftNatDoChain }

// Run is nft_nat_do_chain.
func (n natChain) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NftNatDoChain, b).Out()
	x := n.c.enter(ns, st, b, st.Family)
	p := &x.p
	if st.Family == core.NFIPv6 {
		p.ipv6()
	} else {
		p.ipv4()
	}
	return n.c.run(x)
}

// A routeChain is a base chain of type route.
type routeChain struct{ c *Chain }

// BaseChain is the chain itself, for listings.
func (r routeChain) BaseChain() *Chain { return r.c }

// HookStep names the function.
func (r routeChain) HookStep() step.Step { return step.NfRouteTableHook4 }

// Run is nf_route_table_inet: if the rules changed what a route depends on, the
// packet is routed again.
func (r routeChain) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	if st.Family == core.NFIPv6 {
		return r.run6(ns, st, b)
	}
	return r.run4(ns, st, b)
}

func (r routeChain) run4(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NfRouteTableHook4, b).Out()
	x := r.c.enter(ns, st, b, core.NFIPv4)
	p := &x.p
	p.ipv4()
	h := b.IP4()
	mark, src, dst, tos := b.Mark, h.Src(), h.Dst(), h.TOS()
	v := r.c.run(x)
	if v.Kind() != core.Accept {
		return v
	}
	if h = b.IP4(); h.Src() != src || h.Dst() != dst || b.Mark != mark || h.TOS() != tos {
		if e := ipv4.Of(ns).RouteMeHarder(st.SK, b, ipv4.RTNUnspec); e != 0 {
			return core.Drop.With(e)
		}
	}
	return v
}

func (r routeChain) run6(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.NfRouteTableHook6, b).Out()
	x := r.c.enter(ns, st, b, core.NFIPv6)
	p := &x.p
	p.ipv6()
	h := b.IP6()
	mark, src, dst, hop, flow := b.Mark, h.Src(), h.Dst(), h.HopLimit(), be32(h)
	v := r.c.run(x)
	if v.Kind() != core.Accept {
		return v
	}
	if h = b.IP6(); h.Src() != src || h.Dst() != dst || b.Mark != mark || h.HopLimit() != hop || be32(h) != flow {
		if e := ipv6.Of(ns).RouteMeHarder(st.SK, b); e != 0 {
			return core.Drop.With(e)
		}
	}
	return v
}

// NAT is nft_nat: snat and dnat. Registers are given plus 1, 0 for none.
type NAT struct {
	Dst                bool        // dnat
	Family             core.Family // of the address
	AddrMin, AddrMax   uint8
	ProtoMin, ProtoMax uint8
	Flags              uint32 // nat.ProtoRandom and such
}

// Eval is nft_nat_eval.
func (e *NAT) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftNatEval, p.b).Out()
	c, _ := conntrack.Get(p.b)
	rg := nat.Range{Flags: e.Flags}
	if e.AddrMin != 0 {
		rg.MinAddr = e.addr(r, e.AddrMin)
		rg.MaxAddr = e.addr(r, e.AddrMax)
		rg.Flags |= nat.MapIPs
		if e.Flags&nat.NetmapFlag != 0 {
			e.netmap(p, &rg)
		}
	}
	if e.ProtoMin != 0 {
		rg.MinProto = be16(r.at(e.ProtoMin-1, 2))
		rg.MaxProto = be16(r.at(e.ProtoMax-1, 2))
		rg.Flags |= nat.ProtoSpecified
	}
	m := nat.Src
	if e.Dst {
		m = nat.Dst
	}
	if c == nil {
		r.Code = AcceptCode
		return
	}
	if p.ns.Listening() {
		p.ns.Why(step.WhyNftNat, rg.MinAddr.Hi, rg.MinAddr.Lo, uint64(rg.MinProto), uint64(rg.MaxProto))
	}
	r.setVerdict(nat.Setup(c, &rg, m))
}

// setVerdict takes the verdict of NAT.
func (r *Regs) setVerdict(v core.Verdict) {
	if v.Kind() == core.Accept {
		r.Code = AcceptCode
	} else {
		r.Code = DropCode
	}
}

func (e *NAT) addr(r *Regs, reg uint8) wire.Addr {
	if e.Family == core.NFIPv6 {
		return wire.AddrFrom16(r.at(reg-1, 16))
	}
	return wire.IP4(r.get32(reg - 1)).Addr()
}

// netmap is nft_nat_setup_netmap: the network part changes, the host part stays.
func (e *NAT) netmap(p *Pkt, rg *nat.Range) {
	var a wire.Addr
	if p.pf == core.NFIPv6 {
		a = p.b.IP6().Src()
		if e.Dst {
			a = p.b.IP6().Dst()
		}
	} else {
		a = p.b.IP4().Src().Addr()
		if e.Dst {
			a = p.b.IP4().Dst().Addr()
		}
	}
	hi, lo := rg.MinAddr.Hi^rg.MaxAddr.Hi, rg.MinAddr.Lo^rg.MaxAddr.Lo
	a.Hi = a.Hi&hi | rg.MinAddr.Hi&^hi
	a.Lo = a.Lo&lo | rg.MinAddr.Lo&^lo
	rg.MinAddr, rg.MaxAddr = a, a
}

// Validate is nft_nat_validate.
func (e *NAT) Validate(c *Chain) core.Errno {
	if err := c.natOnly(); err != 0 {
		return err
	}
	if e.Dst {
		return c.validHooks(1<<core.PreRouting | 1<<core.LocalOut)
	}
	return c.validHooks(1<<core.PostRouting | 1<<core.LocalIn)
}

// natOnly is nft_chain_validate_dependency: the base chain has type nat.
func (c *Chain) natOnly() core.Errno {
	if c.Base != nil && c.Base.Type != TypeNAT {
		return eopnotsupp
	}
	return 0
}

func (e *NAT) hold(t *Table) core.Errno {
	conntrack.Enable(t.s.ns, ctFamily(t.Family))
	return 0
}

func (e *NAT) release(t *Table) { conntrack.Disable(t.s.ns, ctFamily(t.Family)) }

// Masq is nft_masq. Registers are given plus 1, 0 for none.
type Masq struct {
	ProtoMin, ProtoMax uint8
	Flags              uint32
}

// ports reads the ports of masquerade and redirect.
func ports(r *Regs, flags uint32, lo, hi uint8) *nat.Range {
	rg := &nat.Range{Flags: flags}
	if lo != 0 {
		rg.MinProto, rg.MaxProto = be16(r.at(lo-1, 2)), be16(r.at(hi-1, 2))
		rg.Flags |= nat.ProtoSpecified
	}
	return rg
}

// Eval is nft_masq_eval.
func (e *Masq) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftMasqEval, p.b).Out()
	r.setVerdict(nat.Masquerade(p.ns, p.st, p.b, ports(r, e.Flags, e.ProtoMin, e.ProtoMax)))
}

// Validate is nft_masq_validate.
func (e *Masq) Validate(c *Chain) core.Errno {
	if err := c.natOnly(); err != 0 {
		return err
	}
	return c.validHooks(1 << core.PostRouting)
}

func (e *Masq) hold(t *Table) core.Errno {
	conntrack.Enable(t.s.ns, ctFamily(t.Family))
	return 0
}

func (e *Masq) release(t *Table) { conntrack.Disable(t.s.ns, ctFamily(t.Family)) }

// Redir is nft_redir. Registers are given plus 1, 0 for none.
type Redir struct {
	ProtoMin, ProtoMax uint8
	Flags              uint32
}

// Eval is nft_redir_eval.
func (e *Redir) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftRedirEval, p.b).Out()
	r.setVerdict(nat.Redirect(p.ns, p.st, p.b, ports(r, e.Flags, e.ProtoMin, e.ProtoMax)))
}

// Validate is nft_redir_validate.
func (e *Redir) Validate(c *Chain) core.Errno {
	if err := c.natOnly(); err != 0 {
		return err
	}
	return c.validHooks(1<<core.PreRouting | 1<<core.LocalOut)
}

func (e *Redir) hold(t *Table) core.Errno {
	conntrack.Enable(t.s.ns, ctFamily(t.Family))
	return 0
}

func (e *Redir) release(t *Table) { conntrack.Disable(t.s.ns, ctFamily(t.Family)) }
