package nat

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A hookFn is one of NAT's own functions at a hook.
type hookFn struct {
	n  *NAT
	f  core.Family
	at step.Step
}

// HookStep names the function.
func (h *hookFn) HookStep() step.Step { return h.at }

// Run is called for each packet at the hook.
func (h *hookFn) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	switch h.at {
	case step.NfNatIpv4PreRouting:
		return h.n.preRouting4(st, b)
	case step.NfNatIpv4Out:
		return h.n.out4(st, b)
	case step.NfNatIpv4LocalFn:
		return h.n.localFn4(st, b)
	case step.NfNatIpv4LocalIn:
		return h.n.localIn4(st, b)
	case step.NfNatIpv6In:
		return h.n.preRouting6(st, b)
	case step.NfNatIpv6Out:
		return h.n.out6(st, b)
	case step.NfNatIpv6LocalFn:
		return h.n.localFn6(st, b)
	}
	return h.n.localIn6(st, b)
}

// ops are nf_nat_ipv4_ops and nf_nat_ipv6_ops.
var ops = [2][4]struct {
	at   step.Step
	hook core.HookNum
	prio int
}{
	core.NFIPv4: {
		{step.NfNatIpv4PreRouting, core.PreRouting, core.PriNatDst},
		{step.NfNatIpv4Out, core.PostRouting, core.PriNatSrc},
		{step.NfNatIpv4LocalFn, core.LocalOut, core.PriNatDst},
		{step.NfNatIpv4LocalIn, core.LocalIn, core.PriNatSrc},
	},
	core.NFIPv6: {
		{step.NfNatIpv6In, core.PreRouting, core.PriNatDst},
		{step.NfNatIpv6Out, core.PostRouting, core.PriNatSrc},
		{step.NfNatIpv6LocalFn, core.LocalOut, core.PriNatDst},
		{step.NfNatIpv6LocalIn, core.LocalIn, core.PriNatSrc},
	},
}

func (n *NAT) register(f core.Family) {
	for _, o := range ops[f] {
		n.ns.AddHook(f, o.hook, o.prio, &hookFn{n, f, o.at})
	}
}

func (n *NAT) unregister(f core.Family) {
	for _, o := range ops[f] {
		for _, i := range n.ns.Hooks(f, o.hook) {
			if h, ok := i.Hook.(*hookFn); ok && h.at == o.at {
				n.ns.DelHook(f, o.hook, h)
			}
		}
	}
}

// fn is nf_nat_ipv4_fn and nf_nat_ipv6_fn: errors about a connection are
// translated, all else goes to inetFn.
func (n *NAT) fn(st *core.HookState, b *core.SKB) core.Verdict {
	c, info := conntrack.Get(b)
	if c == nil {
		n.ns.Why(step.WhyNatNoConn)
		return core.Accept
	}
	if info == conntrack.Related || info == conntrack.RelatedReply {
		off, icmp := 0, false
		if st.Family == core.NFIPv4 {
			h := b.IP4()
			off, icmp = b.NetworkOffset()+h.IHL(), h.Proto() == wire.ProtoICMP
		} else {
			h := b.IP6()
			p, at, _, ok := wire.SkipExtensions(h[wire.IPv6Len:], h.NextHeader())
			off, icmp = b.NetworkOffset()+wire.IPv6Len+at, ok && p == wire.ProtoICMPv6
		}
		if icmp {
			ok := false
			if st.Family == core.NFIPv4 {
				ok = n.icmpReply4(b, c, info, st.Hook, off)
			} else {
				ok = n.icmpReply6(b, c, info, st.Hook, off)
			}
			if !ok {
				return core.Drop
			}
			return core.Accept
		}
	}
	return n.inetFn(st, b)
}

// inetFn is nf_nat_inet_fn: the first packet of a connection asks the rules;
// then it is rewritten as all that follow.
func (n *NAT) inetFn(st *core.HookState, b *core.SKB) core.Verdict {
	defer n.ns.In(step.NfNatInetFn, b).Out()
	ns := n.ns
	m := ManipOf(st.Hook)
	c, info := conntrack.Get(b)
	switch info {
	case conntrack.New, conntrack.Related, conntrack.RelatedReply:
		if Initialized(c, m) {
			if n.oifChanged(st, c, info) {
				return n.oifDrop(st, b, c, info)
			}
			break
		}
		ns.Why(step.WhyNatAsk, uint64(c.ID))
		for _, ch := range n.chains[st.Family][st.Hook] {
			if v := ch.h.Run(ns, st, b); v.Kind() != core.Accept {
				return v
			}
			if Initialized(c, m) {
				return n.Packet(c, info, st.Hook, b)
			}
		}
		if v := n.NullBinding(c, st.Hook); v != core.Accept {
			return v
		}
		return n.Packet(c, info, st.Hook, b)
	default:
		if n.oifChanged(st, c, info) {
			return n.oifDrop(st, b, c, info)
		}
	}
	ns.Why(step.WhyNatKnown, uint64(c.ID), uint64(c.Status&(conntrack.NATMask|conntrack.NATDoneMask)))
	return n.Packet(c, info, st.Hook, b)
}

// oifChanged is nf_nat_oif_changed: masqueraded packets that leave by another
// device now would carry the wrong address.
func (n *NAT) oifChanged(st *core.HookState, c *conntrack.Conn, info conntrack.Info) bool {
	return c.MasqIndex != 0 && st.Hook == core.PostRouting && info.Dir() == conntrack.Original && st.Out != nil && c.MasqIndex != st.Out.Index
}

func (n *NAT) oifDrop(st *core.HookState, b *core.SKB, c *conntrack.Conn, info conntrack.Info) core.Verdict {
	n.ns.Why(step.WhyNatOifChanged, uint64(c.MasqIndex), uint64(st.Out.Index))
	c.KillAcct(b, info)
	return core.Drop
}

// preRouting4 is nf_nat_ipv4_pre_routing.
func (n *NAT) preRouting4(st *core.HookState, b *core.SKB) core.Verdict {
	defer n.ns.In(step.NfNatIpv4PreRouting, b).Out()
	daddr := b.IP4().Dst()
	v := n.fn(st, b)
	if v == core.Accept && b.IP4().Dst() != daddr {
		n.dropDst(b)
	}
	return v
}

// preRouting6 is nf_nat_ipv6_in.
func (n *NAT) preRouting6(st *core.HookState, b *core.SKB) core.Verdict {
	defer n.ns.In(step.NfNatIpv6In, b).Out()
	daddr := b.IP6().Dst()
	v := n.fn(st, b)
	if v == core.Accept && b.IP6().Dst() != daddr {
		n.dropDst(b)
	}
	return v
}

func (n *NAT) dropDst(b *core.SKB) {
	if b.Dst != nil {
		b.Dst = nil
		n.ns.Why(step.WhyNatDropDst)
	}
}

// out4 is nf_nat_ipv4_out.
func (n *NAT) out4(st *core.HookState, b *core.SKB) core.Verdict {
	defer n.ns.In(step.NfNatIpv4Out, b).Out()
	return n.fn(st, b)
}

// out6 is nf_nat_ipv6_out.
func (n *NAT) out6(st *core.HookState, b *core.SKB) core.Verdict {
	defer n.ns.In(step.NfNatIpv6Out, b).Out()
	return n.fn(st, b)
}

// localIn4 is nf_nat_ipv4_local_in: a socket that early demux has found by the
// old source is the wrong one.
func (n *NAT) localIn4(st *core.HookState, b *core.SKB) core.Verdict {
	defer n.ns.In(step.NfNatIpv4LocalIn, b).Out()
	saddr := b.IP4().Src().Addr()
	v := n.fn(st, b)
	if v == core.Accept && b.SK != nil {
		n.orphan(b, saddr != b.IP4().Src().Addr())
	}
	return v
}

// localIn6 is nf_nat_ipv6_local_in.
func (n *NAT) localIn6(st *core.HookState, b *core.SKB) core.Verdict {
	defer n.ns.In(step.NfNatIpv6LocalIn, b).Out()
	saddr := b.IP6().Src()
	v := n.fn(st, b)
	if v == core.Accept && b.SK != nil {
		n.orphan(b, saddr != b.IP6().Src())
	}
	return v
}

func (n *NAT) orphan(b *core.SKB, moved bool) {
	if b.SK.Transparent {
		return
	}
	c, info := conntrack.Get(b)
	if c != nil && info.Dir() == conntrack.Original && (c.Proto() == uint8(wire.ProtoTCP) || c.Proto() == uint8(wire.ProtoUDP)) {
		moved = moved || c.Tuple(conntrack.Reply).Dport != b.SK.Dport
	}
	if moved {
		n.ns.Why(step.WhyNatOrphan)
		b.Orphan()
	}
}

// A router4 is what NAT asks of package ipv4; a router6 of package ipv6.
type router4 interface {
	RouteMeHarder(sk *core.Sock, b *core.SKB, addrType uint8) core.Errno
	SelectAddr(dev *core.Device, dst wire.IP4, scope uint8) wire.IP4
	FirstAddr(dev *core.Device) wire.IP4
}

type router6 interface {
	RouteMeHarder(sk *core.Sock, b *core.SKB) core.Errno
	GetSaddr(dev *core.Device, daddr wire.Addr) (wire.Addr, bool)
	FirstAddr(dev *core.Device, like wire.Addr) (wire.Addr, bool)
}

// localFn4 is nf_nat_ipv4_local_fn: a packet of this host that goes elsewhere
// now needs another route.
func (n *NAT) localFn4(st *core.HookState, b *core.SKB) core.Verdict {
	defer n.ns.In(step.NfNatIpv4LocalFn, b).Out()
	v := n.fn(st, b)
	if v != core.Accept || !n.rerouted(b) {
		return v
	}
	if r, ok := n.ns.IPv4.(router4); ok {
		n.ns.Why(step.WhyNatReroute)
		if e := r.RouteMeHarder(st.SK, b, 0); e != 0 {
			return core.Drop.With(e)
		}
	}
	return v
}

// localFn6 is nf_nat_ipv6_local_fn.
func (n *NAT) localFn6(st *core.HookState, b *core.SKB) core.Verdict {
	defer n.ns.In(step.NfNatIpv6LocalFn, b).Out()
	v := n.fn(st, b)
	if v != core.Accept || !n.rerouted(b) {
		return v
	}
	if r, ok := n.ns.IPv6.(router6); ok {
		n.ns.Why(step.WhyNatReroute)
		if e := r.RouteMeHarder(st.SK, b); e != 0 {
			return core.Drop.With(e)
		}
	}
	return v
}

// rerouted tells whether the packet goes to another address than it was sent
// to.
func (n *NAT) rerouted(b *core.SKB) bool {
	c, info := conntrack.Get(b)
	if c == nil {
		return false
	}
	d := info.Dir()
	return c.Tuple(d).Dst != c.Tuple(1-d).Src
}
