package nat

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nf_nat_masquerade.c, nf_nat_redirect.c, xt_NETMAP.c.

// Masquerade is nf_nat_masquerade_ipv4 (ipv6): SNAT to the address of the device
// that the packet leaves by. Of the range only ports and flags count. Hook
// POST_ROUTING.
func Masquerade(ns *core.Netns, st *core.HookState, b *core.SKB, r *Range) core.Verdict {
	c, _ := conntrack.Get(b)
	if c == nil || st.Out == nil {
		return core.Accept
	}
	if st.Family == core.NFIPv6 {
		return masquerade6(ns, st, b, r, c)
	}
	return masquerade4(ns, st, b, r, c)
}

func masquerade4(ns *core.Netns, st *core.HookState, b *core.SKB, r *Range, c *conntrack.Conn) core.Verdict {
	defer ns.In(step.NfNatMasqueradeIPv4, b).Out()
	if c.Tuple(conntrack.Original).Src.IP4() == 0 {
		return core.Accept
	}
	nh := b.IP4().Dst()
	if b.Dst != nil && !b.Dst.Gateway.IsZero() && b.Dst.Gateway.Is4() {
		nh = b.Dst.Gateway.IP4()
	}
	addr := wire.IP4(0)
	if ip, ok := ns.IPv4.(router4); ok {
		addr = ip.SelectAddr(st.Out, nh, 0)
	}
	if addr == 0 {
		ns.Why(step.WhyNatNoAddr, uint64(st.Out.Index))
		return core.Drop
	}
	h, a := nh.Addr(), addr.Addr()
	ns.Why(step.WhyNatMasq, uint64(st.Out.Index), h.Hi, h.Lo, a.Hi, a.Lo)
	c.MasqIndex = st.Out.Index
	return Setup(c, r.at(a), Src)
}

func masquerade6(ns *core.Netns, st *core.HookState, b *core.SKB, r *Range, c *conntrack.Conn) core.Verdict {
	defer ns.In(step.NfNatMasqueradeIPv6, b).Out()
	h, a, found := b.IP6().Dst(), wire.Addr{}, false
	if ip, ok := ns.IPv6.(router6); ok {
		a, found = ip.GetSaddr(st.Out, h)
	}
	if !found {
		ns.Why(step.WhyNatNoAddr, uint64(st.Out.Index))
		return core.Drop
	}
	ns.Why(step.WhyNatMasq, uint64(st.Out.Index), h.Hi, h.Lo, a.Hi, a.Lo)
	c.MasqIndex = st.Out.Index
	return Setup(c, r.at(a), Src)
}

// at is the range with one address.
func (r *Range) at(a wire.Addr) *Range {
	return &Range{Flags: r.Flags | MapIPs, MinAddr: a, MaxAddr: a, MinProto: r.MinProto, MaxProto: r.MaxProto}
}

// Redirect is nf_nat_redirect_ipv4 (ipv6): DNAT to this host: in PRE_ROUTING to
// the first address of the device that the packet came in by, in LOCAL_OUT to
// the loopback address.
func Redirect(ns *core.Netns, st *core.HookState, b *core.SKB, r *Range) core.Verdict {
	c, _ := conntrack.Get(b)
	if c == nil {
		return core.Accept
	}
	if st.Family == core.NFIPv6 {
		return redirect6(ns, st, b, r, c)
	}
	return redirect4(ns, st, b, r, c)
}

func redirect4(ns *core.Netns, st *core.HookState, b *core.SKB, r *Range, c *conntrack.Conn) core.Verdict {
	defer ns.In(step.NfNatRedirectIPv4, b).Out()
	addr := wire.IP4(127<<24 | 1)
	if st.Hook != core.LocalOut {
		addr = 0
		if ip, ok := ns.IPv4.(router4); ok && b.Dev != nil {
			addr = ip.FirstAddr(b.Dev)
		}
		if addr == 0 {
			ns.Why(step.WhyNatNoAddr, devIndex(b.Dev))
			return core.Drop
		}
	}
	a := addr.Addr()
	ns.Why(step.WhyNatRedirect, a.Hi, a.Lo)
	return Setup(c, r.at(a), Dst)
}

func redirect6(ns *core.Netns, st *core.HookState, b *core.SKB, r *Range, c *conntrack.Conn) core.Verdict {
	defer ns.In(step.NfNatRedirectIPv6, b).Out()
	a := wire.Addr{Lo: 1}
	if st.Hook != core.LocalOut {
		found := false
		if ip, ok := ns.IPv6.(router6); ok && b.Dev != nil {
			a, found = ip.FirstAddr(b.Dev, b.IP6().Dst())
		}
		if !found {
			ns.Why(step.WhyNatNoAddr, devIndex(b.Dev))
			return core.Drop
		}
	}
	ns.Why(step.WhyNatRedirect, a.Hi, a.Lo)
	return Setup(c, r.at(a), Dst)
}

func devIndex(d *core.Device) uint64 {
	if d == nil {
		return 0
	}
	return uint64(d.Index)
}

// Netmap is netmap_tg: the network part of the address becomes that of the
// range, whose two ends are the first and the last address of a network; the
// host part stays.
func Netmap(st *core.HookState, b *core.SKB, r *Range) core.Verdict {
	c, _ := conntrack.Get(b)
	if c == nil {
		return core.Accept
	}
	m := ManipOf(st.Hook)
	var old wire.Addr
	if st.Family == core.NFIPv6 {
		h := b.IP6()
		if old = h.Src(); m == Dst {
			old = h.Dst()
		}
	} else {
		h := b.IP4()
		if old = h.Src().Addr(); m == Dst {
			old = h.Dst().Addr()
		}
	}
	host := wire.Addr{Hi: r.MinAddr.Hi ^ r.MaxAddr.Hi, Lo: r.MinAddr.Lo ^ r.MaxAddr.Lo}
	a := wire.Addr{Hi: old.Hi&host.Hi | r.MinAddr.Hi&^host.Hi, Lo: old.Lo&host.Lo | r.MinAddr.Lo&^host.Lo}
	return Setup(c, r.at(a), m)
}

// DeviceDown is masq_device_event: connections that are masqueraded behind the
// device are forgotten.
func (n *NAT) DeviceDown(ifindex int) {
	n.cleanup(ifindex, func(*conntrack.Conn) bool { return true })
}

// AddrGone is masq_inet_event: the same for one address of the device.
func (n *NAT) AddrGone(ifindex int, a wire.Addr) {
	n.cleanup(ifindex, func(c *conntrack.Conn) bool { return c.Tuple(conntrack.Reply).Dst == a })
}

func (n *NAT) cleanup(ifindex int, f func(*conntrack.Conn) bool) {
	defer n.ns.In(step.NatMasqCleanup, whole{n.ns}).Out()
	gone := 0
	n.ct.Iterate(func(c *conntrack.Conn) bool {
		if c.MasqIndex != ifindex || !f(c) {
			return false
		}
		gone++
		return true
	})
	n.ns.Why(step.WhyNatCleanup, uint64(gone), uint64(ifindex))
}
