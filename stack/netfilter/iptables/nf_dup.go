package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: xt_TEE.c, nf_dup_ipv4.c, nf_dup_ipv6.c, xt_TPROXY.c,
// nf_tproxy_ipv4.c, nf_tproxy_ipv6.c.

// Check is tee_tg_check.
func (t *TEE) Check(*CheckParam) core.Errno {
	if t.Gateway.IsZero() || t.Gateway == wire.IP4(0).Addr() {
		return einval
	}
	return 0
}

// Target is tee_tg4, tee_tg6: a copy goes to another host, the packet goes on.
func (t *TEE) Target(p *Param) Verdict {
	if p.Family == core.NFIPv6 {
		t.six(p)
	} else {
		t.four(p)
	}
	return Continue
}

func (t *TEE) four(p *Param) {
	defer p.NS.In(step.TeeTg4, p.SKB).Out()
	p.dup4(t.Gateway.IP4(), t.oif(p.NS))
}

func (t *TEE) six(p *Param) {
	defer p.NS.In(step.TeeTg6, p.SKB).Out()
	p.dup6(t.Gateway, t.oif(p.NS))
}

// oif is the device of --oif, 0 for any; it need not be there.
func (t *TEE) oif(ns *core.Netns) int {
	if t.OIF == "" {
		return 0
	}
	if d := ns.DevByName(t.OIF); d != nil {
		return d.Index
	}
	return 0
}

// copied is the copy of a packet, untracked, nil if this one is such a copy.
func (p *Param) copied() *core.SKB {
	if Of(p.NS).teeActive {
		return nil
	}
	c := p.SKB.Copy()
	c.ResetCT()
	conntrack.Untrack(c)
	return c
}

// Dup4 has a copy of an IPv4 packet go to another host by its route (nf_dup_ipv4);
// oif 0 is any device.
func Dup4(ns *core.Netns, st *core.HookState, b *core.SKB, gw wire.IP4, oif int) {
	(&Param{NS: ns, State: st, SKB: b, Family: core.NFIPv4}).dup4(gw, oif)
}

// Dup6 is the same of IPv6 (nf_dup_ipv6).
func Dup6(ns *core.Netns, st *core.HookState, b *core.SKB, gw wire.Addr, oif int) {
	(&Param{NS: ns, State: st, SKB: b, Family: core.NFIPv6}).dup6(gw, oif)
}

// dup4 is nf_dup_ipv4.
func (p *Param) dup4(gw wire.IP4, oif int) {
	defer p.NS.In(step.NfDupIPv4, p.SKB).Out()
	ns := p.NS
	c := p.copied()
	if c == nil {
		return
	}
	h := c.IP4()
	h.SetDF(true)
	if k := p.State.Hook; k == core.PreRouting || k == core.LocalIn {
		h.SetTTL(h.TTL() - 1)
	}
	ip := ipv4.Of(ns)
	fl := ipv4.Flow4{Daddr: gw, OIF: oif, TOS: h.TOS() & 0xfc, Flags: ipv4.FlowKnownNH}
	d, e := ip.RouteOutput(&fl)
	if e != 0 {
		ns.Drop(c, step.DropNotSpecified, step.NfDupIPv4)
		return
	}
	a := gw.Addr()
	ns.Why(step.WhyXtTee, a.Hi, a.Lo, uint64(d.Dev.Index))
	c.Dst, c.Dev, c.Protocol = d, d.Dev, uint16(wire.EtherTypeIPv4)
	x := Of(ns)
	x.teeActive = true
	ip.LocalOut(c.SK, c)
	x.teeActive = false
}

// dup6 is nf_dup_ipv6.
func (p *Param) dup6(gw wire.Addr, oif int) {
	defer p.NS.In(step.NfDupIPv6, p.SKB).Out()
	ns := p.NS
	c := p.copied()
	if c == nil {
		return
	}
	h := c.IP6()
	if k := p.State.Hook; k == core.PreRouting || k == core.LocalIn {
		h.SetHopLimit(h.HopLimit() - 1)
	}
	ip := ipv6.Of(ns)
	fl := ipv6.Flow6{Daddr: gw, OIF: oif, FlowLabel: h.FlowLabel(), Flags: ipv6.FlowKnownNH}
	d, e := ip.RouteOutput(&fl)
	if e != 0 {
		ns.Drop(c, step.DropNotSpecified, step.NfDupIPv6)
		return
	}
	ns.Why(step.WhyXtTee, gw.Hi, gw.Lo, uint64(d.Dev.Index))
	c.Dst, c.Dev, c.Protocol = d, d.Dev, uint16(wire.EtherTypeIPv6)
	x := Of(ns)
	x.teeActive = true
	ip.LocalOut(c.SK, c)
	x.teeActive = false
}

// Check is tproxy_tg4_check, tproxy_tg6_check.
func (t *TProxy) Check(c *CheckParam) core.Errno {
	if c.Proto != 6 && c.Proto != 17 || c.InvProto {
		c.Err = errTProxy
		return einval
	}
	conntrack.NewTable(c.NS).DefragEnable(c.Family)
	return 0
}

// Destroy is tproxy_tg4_destroy, tproxy_tg6_destroy.
func (t *TProxy) Destroy(c *CheckParam) { conntrack.NewTable(c.NS).DefragDisable(c.Family) }

// Target is tproxy_tg4, tproxy_tg6: give the packet to a local socket as it is.
func (t *TProxy) Target(p *Param) Verdict {
	if p.Family == core.NFIPv6 {
		return t.six(p)
	}
	return t.four(p)
}

func (t *TProxy) four(p *Param) Verdict {
	defer p.NS.In(step.TproxyTg4, p.SKB).Out()
	h := p.SKB.IP4()
	e := endpoints{proto: int(h.Proto()), src: h.Src().Addr(), dst: h.Dst().Addr()}
	return t.assign(p, &e, p.SKB.NetworkOffset()+h.IHL())
}

func (t *TProxy) six(p *Param) Verdict {
	defer p.NS.In(step.TproxyTg6, p.SKB).Out()
	off := 0
	proto, _, err := p.findHdr(&off, -1)
	if err != 0 || off == 0 {
		return Drop
	}
	h := p.SKB.IP6()
	return t.assign(p, &endpoints{proto: proto, src: h.Src(), dst: h.Dst()}, off)
}

// assign gives the packet to the proxy's socket, and marks it.
func (t *TProxy) assign(p *Param, e *endpoints, off int) Verdict {
	to, ok := t.give(p, e, off)
	if !ok {
		p.NS.Why(step.WhyXtNoProxy, to.dst.Hi, to.dst.Lo, uint64(to.dport))
		return Drop
	}
	p.SKB.Mark = p.SKB.Mark&^t.Mask ^ t.Mark
	p.NS.Why(step.WhyXtProxy, to.dst.Hi, to.dst.Lo, uint64(to.dport), uint64(p.SKB.Mark))
	return Accept
}

// Give is what nft_tproxy_eval_v4 and nft_tproxy_eval_v6 do: as TPROXY, but no mark
// is set. It tells where a socket was looked for; ok is false where no transparent
// one takes the packet.
func (t *TProxy) Give(p *Param, proto uint8) (addr wire.Addr, port uint16, ok bool) {
	e := endpoints{proto: int(proto)}
	off := p.ThOff
	if p.Family == core.NFIPv6 {
		h := p.SKB.IP6()
		e.src, e.dst = h.Src(), h.Dst()
	} else {
		h := p.SKB.IP4()
		e.src, e.dst = h.Src().Addr(), h.Dst().Addr()
		off = p.SKB.NetworkOffset() + h.IHL()
	}
	to, ok := t.give(p, &e, off)
	return to.dst, to.dport, ok
}

// give looks for the connection, then for a listener at the proxy's address, and
// gives the packet to it if it is transparent.
func (t *TProxy) give(p *Param, e *endpoints, off int) (to endpoints, ok bool) {
	to = *e
	u := p.header(off, 8)
	if u == nil {
		return to, false
	}
	e.sport, e.dport = be16(u), be16(u[2:])
	flags := uint8(0)
	if g := p.header(off, wire.TCPMinLen); g != nil {
		flags = g[13]
	}
	s := p.findSocket(e, core.NFSocketEstablished, p.SKB.Dev)
	to = *e
	to.dst = t.laddr(p, e.dst)
	if t.Port != 0 {
		to.dport = t.Port
	}
	if !s.Found || s.TimeWait != nil && flags&0x17 == 0x02 {
		l := p.findSocket(&to, core.NFSocketListener, p.SKB.Dev)
		if l.Found && s.TimeWait != nil {
			s.TimeWait.Deschedule() // nf_tproxy_handle_time_wait4: a new connection takes its place
		}
		if l.Found || !s.Found {
			s = l
		}
	}
	if !s.Found || !s.Transparent {
		return to, false
	}
	p.SKB.Orphan()
	p.SKB.SK = s.SK
	return to, true
}

// laddr is nf_tproxy_laddr4, nf_tproxy_laddr6.
func (t *TProxy) laddr(p *Param, daddr wire.Addr) wire.Addr {
	if !t.Addr.IsZero() && t.Addr != wire.IP4(0).Addr() {
		return t.Addr
	}
	if p.Family == core.NFIPv6 {
		for _, a := range ipv6.Of(p.NS).Addrs(p.SKB.Dev) {
			if a.Flags&(ipv6.AddrTentative|ipv6.AddrDeprecated) == 0 {
				return a.Addr
			}
		}
		return daddr
	}
	if a := ipv4.Of(p.NS).PrimaryAddr(p.SKB.Dev); a != 0 {
		return a.Addr()
	}
	return daddr
}
