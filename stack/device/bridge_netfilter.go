package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// br_netfilter: IP's own hooks see bridged packets (net/bridge/
// br_netfilter_hooks.c). PRE_ROUTING runs as if the packet had come in by the
// bridge, FORWARD and POST_ROUTING as if it were routed from the bridge to the
// bridge. What is behind PRE_ROUTING is in bridge_netfilter_finish.go.
//
// Left out: what is inside VLAN tags and PPPoE (bridge-nf-filter-vlan-tagged and
// so on are 0), and cutting IPv6 packets up again.

// The hooks. Each is its own type, so that they can be told apart.
type (
	brnfPreRouting  struct{}
	brnfLocalIn     struct{}
	brnfForward     struct{}
	brnfPostRouting struct{}
	ipSabotageIn    struct{}
)

func (brnfPreRouting) HookStep() step.Step  { return step.BrNfPreRouting }
func (brnfLocalIn) HookStep() step.Step     { return step.BrNfLocalIn }
func (brnfForward) HookStep() step.Step     { return step.BrNfForward }
func (brnfPostRouting) HookStep() step.Step { return step.BrNfPostRouting }
func (ipSabotageIn) HookStep() step.Step    { return step.IPSabotageIn }

// brnfRegister is brnf_device_event: the first bridge of a namespace brings the
// hooks, and they stay.
func brnfRegister(ns *core.Netns) {
	for _, h := range ns.Hooks(core.NFBridge, core.PreRouting) {
		if h.Hook == (brnfPreRouting{}) {
			return
		}
	}
	ns.AddHook(core.NFBridge, core.PreRouting, core.PriBrBrnf, brnfPreRouting{})
	ns.AddHook(core.NFBridge, core.LocalIn, core.PriLast, brnfLocalIn{})
	ns.AddHook(core.NFBridge, core.Forward, core.PriBrBrnf, brnfForward{})
	ns.AddHook(core.NFBridge, core.PostRouting, core.PriLast, brnfPostRouting{})
	ns.AddHook(core.NFIPv4, core.PreRouting, core.PriFirst, ipSabotageIn{})
	ns.AddHook(core.NFIPv6, core.PreRouting, core.PriFirst, ipSabotageIn{})
}

func fakeRoute(d *core.Device) *core.Dst { return ipv4.FakeRoute(d) }

// dropFake is br_drop_fake_rtable.
func dropFake(b *core.SKB) {
	if b.Dst != nil && b.Dst.Flags&core.DstFake != 0 {
		b.Dst = nil
	}
}

// parent is bridge_parent: the bridge that a device is a port of.
func parent(d *core.Device) *core.Device {
	if p := PortOf(d); p != nil {
		return p.Br.Dev
	}
	return nil
}

// refuse drops a packet with a reason of its own (NF_DROP_REASON).
func refuse(ns *core.Netns, b *core.SKB, why core.DropReason, at step.Step) core.Verdict {
	ns.Drop(b, why, at)
	return core.Stolen
}

// Run is br_nf_pre_routing.
func (brnfPreRouting) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.BrNfPreRouting, b).Out()
	p := PortOf(st.In)
	if p == nil {
		return refuse(ns, b, step.DropDevReady, step.BrNfPreRouting)
	}
	c := &ns.Sysctl.Brnf
	switch t := wire.EtherType(b.Protocol); {
	case b.VlanPresent, t != wire.EtherTypeIPv4 && t != wire.EtherTypeIPv6:
		ns.Why(step.WhyBrNfNotIP, uint64(b.Protocol))
		return core.Accept
	case t == wire.EtherTypeIPv6:
		if c.CallIP6Tables == 0 && !p.Br.NFCall[1] {
			ns.Why(step.WhyBrNfOff, 6)
			return core.Accept
		}
		return preRouting6(ns, p, b)
	case c.CallIPTables == 0 && !p.Br.NFCall[0]:
		ns.Why(step.WhyBrNfOff, 1)
		return core.Accept
	}
	if !validate4(ns, b) {
		return refuse(ns, b, step.DropIPInhdr, step.BrNfPreRouting)
	}
	setupPreRouting(ns, p, b)
	h := b.IP4()
	b.NFBridge.Daddr = h.Dst().Addr()
	b.Transport = b.Network + h.IHL()
	if ns.Hook(core.NFIPv4, core.PreRouting, b.Dev, nil, nil, b) {
		preRoutingFinish(ns, b)
	}
	return core.Stolen
}

// preRouting6 is br_nf_pre_routing_ipv6.
func preRouting6(ns *core.Netns, p *BridgePort, b *core.SKB) core.Verdict {
	defer ns.In(step.BrNfPreRoutingIPv6, b).Out()
	if !validate6(ns, b) {
		return refuse(ns, b, step.DropIPInhdr, step.BrNfPreRoutingIPv6)
	}
	setupPreRouting(ns, p, b)
	b.NFBridge.Daddr = b.IP6().Dst()
	b.Transport = b.Network + wire.IPv6Len
	if ns.Hook(core.NFIPv6, core.PreRouting, b.Dev, nil, nil, b) {
		preRoutingFinish6(ns, b)
	}
	return core.Stolen
}

// setupPreRouting is nf_bridge_alloc and setup_pre_routing: from here on the
// packet looks as if it had come in by the bridge.
func setupPreRouting(ns *core.Netns, p *BridgePort, b *core.SKB) {
	nb := &core.BridgeInfo{PhysIn: b.Dev, InPrerouting: true}
	b.NFBridge = nb
	hideOtherhost(b)
	b.Dev = p.Br.Dev
	b.Orphan()
	ns.Why(step.WhyBrNfIP, uint64(b.Dev.Index))
}

// hideOtherhost makes IP's hooks believe that the packet is for this host;
// showOtherhost undoes it.
func hideOtherhost(b *core.SKB) {
	if b.PktType == core.PacketOtherHost {
		b.PktType, b.NFBridge.Otherhost = core.PacketHost, true
	}
}

func showOtherhost(b *core.SKB) {
	if nb := b.NFBridge; nb.Otherhost {
		b.PktType, nb.Otherhost = core.PacketOtherHost, false
	}
}

// validate4 is br_validate_ipv4: what ip_rcv_core checks.
func validate4(ns *core.Netns, b *core.SKB) bool {
	ok := b.MayPull(wire.IPv4MinLen)
	if ok {
		h := wire.IPv4(b.Data())
		ok = h.Version() == 4 && h.IHL() >= wire.IPv4MinLen && b.MayPull(h.IHL())
	}
	if !ok {
		ns.Why(step.WhyBrNfInvalid)
		ns.Inc(step.IpInHdrErrors)
		return false
	}
	h := wire.IPv4(b.Data())
	n := h.TotalLen()
	if n == 0 && b.GSOSize > 0 {
		n = b.Len()
	}
	switch {
	case !h.ChecksumOK():
		ns.Inc(step.IpExtInCsumErrors)
		ns.Inc(step.IpInHdrErrors)
	case b.Len() < n:
		ns.Inc(step.IpExtInTruncatedPkts)
	case n < h.IHL():
		ns.Inc(step.IpInHdrErrors)
	default:
		trim(b, n)
		b.CB.OptLen, b.CB.FragMax, b.CB.IPFlags = 0, 0, 0
		return true
	}
	ns.Why(step.WhyBrNfInvalid)
	return false
}

// validate6 is br_validate_ipv6.
func validate6(ns *core.Netns, b *core.SKB) bool {
	if !b.MayPull(wire.IPv6Len) || wire.IPv6(b.Data()).Version() != 6 {
		ns.Why(step.WhyBrNfInvalid)
		ns.Inc(step.Ip6InHdrErrors)
		return false
	}
	h := wire.IPv6(b.Data())
	n := wire.IPv6Len + h.PayloadLen()
	if h.PayloadLen() == 0 && (b.GSOSize > 0 || h.NextHeader() == 0) {
		n = b.Len() // a jumbogram's length is in its options
	}
	if b.Len() < n {
		ns.Why(step.WhyBrNfInvalid)
		ns.Inc(step.Ip6InTruncatedPkts)
		return false
	}
	trim(b, n)
	b.CB.FragMax, b.CB.IPFlags = 0, 0
	return true
}

// trim is pskb_trim_rcsum: cut off what the link padded.
func trim(b *core.SKB, n int) {
	if b.Len() > n {
		if b.IPSummed == core.ChecksumComplete {
			b.IPSummed = core.ChecksumNone
		}
		b.Trim(n)
	}
}

// Run is br_nf_local_in: a connection whose packet goes up as one of many must
// be confirmed before it is cloned again.
func (brnfLocalIn) Run(ns *core.Netns, _ *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.BrNfLocalIn, b).Out()
	if b.CB.BrPromisc {
		b.ResetCT()
		return core.Accept
	}
	if b.NFCT == nil || b.PktType == core.PacketHost {
		return core.Accept
	}
	t, ok := ns.Conntrack.(*conntrack.Table)
	if c, _ := conntrack.Get(b); !ok || c == nil || c.IsConfirmed() {
		return core.Accept
	}
	return t.Confirm(b)
}

// Run is ip_sabotage_in: the bridge has run these hooks for the packet; it goes
// on behind them.
func (ipSabotageIn) Run(ns *core.Netns, _ *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.IPSabotageIn, b).Out()
	nb := b.NFBridge
	if nb == nil || nb.SabotageDone || nb.InPrerouting {
		return core.Accept
	}
	nb.SabotageDone = true
	ns.Why(step.WhyBrNfSabotage, uint64(nb.PhysIn.Index))
	if wire.EtherType(b.Protocol) == wire.EtherTypeIPv6 {
		ipv6.Of(ns).RcvFinish(b)
	} else {
		ipv4.Of(ns).RcvFinish(b)
	}
	return core.Stolen
}
