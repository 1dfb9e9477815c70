package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What br_netfilter does with a packet that IP's hooks let pass.

// preRoutingFinish is br_nf_pre_routing_finish: after DNAT the frame needs
// another link address: that of the new destination if it is behind the same
// bridge, else the bridge's own, so that the packet is routed.
func preRoutingFinish(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.BrNfPreRoutingFinish, b).Out()
	nb, dev := b.NFBridge, b.Dev
	nb.FragMax = b.CB.FragMax
	showOtherhost(b)
	nb.InPrerouting = false
	h := b.IP4()
	if h.Dst().Addr() == nb.Daddr {
		ns.Why(step.WhyBrNfSame)
		finishSame(ns, b)
		return
	}
	ip := ipv4.Of(ns)
	to := h.Dst().Addr()
	if why := ip.RouteInput(b, h.Dst(), h.Src(), h.TOS(), dev); why != 0 {
		// Packets that are only bridged need no forwarding.
		if why != step.DropIPInaddrerrors || ip.Conf(dev).Forwarding != 0 {
			ns.Why(step.WhyBrNfDNATDead, to.Hi, to.Lo)
			ns.Drop(b, why, step.BrNfPreRoutingFinish)
			return
		}
		d, err := ip.RouteOutput(&ipv4.Flow4{Daddr: h.Dst(), TOS: h.TOS() & 0xfc})
		if err != 0 || d.Dev != dev {
			ns.Why(step.WhyBrNfDNATDead, to.Hi, to.Lo)
			ns.Drop(b, why, step.BrNfPreRoutingFinish)
			return
		}
		b.Dst = d
	}
	finishChanged(ns, b, to, dev)
}

// preRoutingFinish6 is br_nf_pre_routing_finish_ipv6.
func preRoutingFinish6(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.BrNfPreRoutingFinishIPv6, b).Out()
	nb, dev := b.NFBridge, b.Dev
	nb.FragMax = b.CB.FragMax
	showOtherhost(b)
	nb.InPrerouting = false
	to := b.IP6().Dst()
	if to == nb.Daddr {
		ns.Why(step.WhyBrNfSame)
		finishSame(ns, b)
		return
	}
	b.Dst = nil
	if ipv6.Of(ns).RouteInput(b); b.Dst.Err != 0 {
		ns.Why(step.WhyBrNfDNATDead, to.Hi, to.Lo)
		ns.Drop(b, step.DropNotSpecified, step.BrNfPreRoutingFinishIPv6)
		return
	}
	finishChanged(ns, b, to, dev)
}

// finishSame goes on with the bridging; the packet has the bridge's fake route.
func finishSame(ns *core.Netns, b *core.SKB) {
	nb := b.NFBridge
	if p := PortOf(nb.PhysIn); p != nil && wire.EtherType(b.Protocol) == wire.EtherTypeIPv4 {
		b.Dst = p.Br.fake
	}
	b.Dev = nb.PhysIn
	hookThresh(ns, core.PreRouting, brnfPreRouting{}, b.Dev, nil, b, handleFrameFinish)
}

// finishChanged goes on with a packet that has another destination now.
func finishChanged(ns *core.Netns, b *core.SKB, to wire.Addr, dev *core.Device) {
	b.Dev = b.NFBridge.PhysIn
	if b.Dst.Dev == dev {
		ns.Why(step.WhyBrNfDNATBridge, to.Hi, to.Lo, uint64(dev.Index))
		hookThresh(ns, core.PreRouting, brnfPreRouting{}, b.Dev, nil, b, finishBridge)
		return
	}
	ns.Why(step.WhyBrNfDNATRoute, to.Hi, to.Lo, uint64(dev.Index))
	b.Unshare()
	b.Eth().SetDst(dev.Addr)
	b.PktType = core.PacketHost
	hookThresh(ns, core.PreRouting, brnfPreRouting{}, b.Dev, nil, b, handleFrameFinish)
}

// hookThresh is br_nf_hook_thresh: the bridge's hooks behind h, and then ok.
func hookThresh(ns *core.Netns, n core.HookNum, h core.Hook, in, out *core.Device, b *core.SKB, ok func(*core.Netns, *core.SKB)) {
	defer ns.In(step.BrNfHookThresh, b).Out()
	if ns.HookAfter(n, h, in, out, b) {
		ok(ns, b)
	}
}

// finishBridge is br_nf_pre_routing_finish_bridge: who has the new destination?
// If the neighbour is known the frame gets its address at once; else the
// neighbour's own output does it, and br_dev_xmit goes on with the bridging.
func finishBridge(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.BrNfPreRoutingFinishBridge, b).Out()
	nb := b.NFBridge
	dev := parent(b.Dev)
	if dev == nil {
		ns.Drop(b, step.DropNotSpecified, step.BrNfPreRoutingFinishBridge)
		return
	}
	b.Dev = dev
	table, key := ns.Neigh4, wire.Addr{}
	if wire.EtherType(b.Protocol) == wire.EtherTypeIPv6 {
		table, key = ns.Neigh6, b.IP6().Dst()
	} else {
		key = b.IP4().Dst().Addr()
	}
	if !b.Dst.Gateway.IsZero() {
		key = b.Dst.Gateway
	}
	n := table.Lookup(key, dev)
	if n == nil {
		n = table.Create(key, dev)
	}
	if n == nil {
		ns.Drop(b, step.DropNotSpecified, step.BrNfPreRoutingFinishBridge)
		return
	}
	b.Unshare()
	if n.State&core.NUDConnected != 0 && n.Cached() {
		b.Eth().SetDst(n.Addr)
		b.Dev = nb.PhysIn
		handleFrameFinish(ns, b)
		return
	}
	copy(nb.NeighbourHead[:], b.From(b.MAC)[6:14])
	nb.BridgedDNAT = true
	n.Output(ns, b)
}

// brnfDevXmit is br_nf_dev_xmit: does br_dev_xmit have a packet that is bridged
// in truth? Then the neighbour has written the link header; the sender's address
// is put back (br_nf_pre_routing_finish_bridge_slow).
func brnfDevXmit(ns *core.Netns, b *core.SKB) bool {
	nb := b.NFBridge
	if nb == nil || !nb.BridgedDNAT {
		return false
	}
	b.Unshare()
	copy(b.Data()[6:14], nb.NeighbourHead[:])
	b.ResetMAC()
	b.Pull(wire.EthernetLen)
	nb.BridgedDNAT = false
	b.Dev = nb.PhysIn
	nb.PhysOut = nil
	handleFrameFinish(ns, b)
	return true
}

// Run is br_nf_forward: the bridge hands a packet from port to port.
func (brnfForward) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.BrNfForward, b).Out()
	if b.VlanPresent {
		return core.Accept
	}
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		return forwardIP(ns, st, b, core.NFIPv4)
	case wire.EtherTypeIPv6:
		return forwardIP(ns, st, b, core.NFIPv6)
	case wire.EtherTypeARP:
		return forwardARP(ns, st, b)
	}
	return core.Accept
}

// forwardIP is br_nf_forward_ip.
func forwardIP(ns *core.Netns, st *core.HookState, b *core.SKB, f core.Family) core.Verdict {
	if b.NFBridge == nil {
		ns.Why(step.WhyBrNfNoInfo)
		return core.Accept
	}
	nb := new(core.BridgeInfo) // nf_bridge_unshare: a flooded packet leaves by several ports
	*nb = *b.NFBridge
	b.NFBridge = nb
	up := parent(st.Out)
	if up == nil {
		return refuse(ns, b, step.DropDevReady, step.BrNfForward)
	}
	hideOtherhost(b)
	ok := false
	if f == core.NFIPv4 {
		ok = validate4(ns, b)
	} else {
		ok = validate6(ns, b)
	}
	if !ok {
		return refuse(ns, b, step.DropIPInhdr, step.BrNfForward)
	}
	b.CB.FragMax = nb.FragMax
	nb.PhysOut = b.Dev
	in := st.In
	if ns.Hook(f, core.Forward, parent(in), up, nil, b) {
		nb.FragMax = b.CB.FragMax
		showOtherhost(b)
		brnfForwardFinish(ns, b, nb.PhysIn)
	}
	return core.Stolen
}

// forwardARP is br_nf_forward_arp.
func forwardARP(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	p := PortOf(st.Out)
	if p == nil || ns.Sysctl.Brnf.CallARPTables == 0 && !p.Br.NFCall[2] {
		return core.Accept
	}
	if !b.MayPull(8) {
		return refuse(ns, b, step.DropPktTooSmall, step.BrNfForward)
	}
	if b.Data()[5] != 4 { // ar_pln: not an IPv4 address
		return core.Accept
	}
	in := st.In
	if ns.Hook(core.NFARP, core.ARPForward, in, st.Out, nil, b) {
		brnfForwardFinish(ns, b, in)
	}
	return core.Stolen
}

// brnfForwardFinish is br_nf_forward_finish.
func brnfForwardFinish(ns *core.Netns, b *core.SKB, in *core.Device) {
	defer ns.In(step.BrNfForwardFinish, b).Out()
	hookThresh(ns, core.Forward, brnfForward{}, in, b.Dev, b, forwardFinish)
}

// Run is br_nf_post_routing.
func (brnfPostRouting) Run(ns *core.Netns, _ *core.HookState, b *core.SKB) core.Verdict {
	defer ns.In(step.BrNfPostRouting, b).Out()
	if b.NFBridge == nil || b.NFBridge.PhysOut == nil {
		ns.Why(step.WhyBrNfNoInfo)
		return core.Accept
	}
	up := parent(b.Dev)
	if up == nil {
		return refuse(ns, b, step.DropDevReady, step.BrNfPostRouting)
	}
	f := core.NFIPv4
	switch t := wire.EtherType(b.Protocol); {
	case b.VlanPresent, t != wire.EtherTypeIPv4 && t != wire.EtherTypeIPv6:
		return core.Accept
	case t == wire.EtherTypeIPv6:
		f = core.NFIPv6
	}
	hideOtherhost(b)
	if ns.Hook(f, core.PostRouting, nil, up, nil, b) {
		brnfDevQueueXmit(ns, b, f)
	}
	return core.Stolen
}

// brnfDevQueueXmit is br_nf_dev_queue_xmit: what was put together for the rules
// is cut up again.
func brnfDevQueueXmit(ns *core.Netns, b *core.SKB, f core.Family) {
	defer ns.In(step.BrNfDevQueueXmit, b).Out()
	nb := b.NFBridge
	mtu := b.Dev.MTU
	showOtherhost(b)
	if nb.FragMax != 0 && nb.FragMax < mtu {
		mtu = nb.FragMax
	}
	switch {
	case b.GSOSize > 0 || b.Len() <= mtu:
		b.NFBridge = nil
		devQueuePushXmit(ns, b)
	case f == core.NFIPv6:
		ns.NotModelled(b, step.WhyBrNfFrag6, step.BrNfDevQueueXmit, uint64(b.Len()), uint64(b.Dev.Index))
	case b.Dst == nil || !validate4(ns, b):
		ns.Drop(b, step.DropNotSpecified, step.BrNfDevQueueXmit)
	default:
		ns.Why(step.WhyBrNfFragment, uint64(b.Len()), uint64(b.Dev.Index), uint64(mtu))
		b.CB.FragMax = nb.FragMax
		var out brnfPushFrag
		copy(out.head[:], b.From(b.MAC)[:wire.EthernetLen])
		ipv4.Of(ns).FragmentBridged(b, &out, step.BrNfDevQueueXmit)
	}
}

// brnfPushFrag keeps the link header of the whole (brnf_frag_data).
type brnfPushFrag struct{ head [wire.EthernetLen]byte }

// Output is br_nf_push_frag_xmit.
func (o *brnfPushFrag) Output(ns *core.Netns, b *core.SKB) core.Errno {
	defer ns.In(step.BrNfPushFragXmit, b).Out()
	b.Unshare()
	copy(b.Push(wire.EthernetLen), o.head[:])
	b.ResetMAC()
	b.Pull(wire.EthernetLen)
	b.NFBridge = nil
	devQueuePushXmit(ns, b)
	return 0
}
