package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Output is neigh_output: a connected neighbour whose link header is cached is
// the fast way; else its output function decides. Network header at the data
// pointer.
func (n *Neighbour) Output(ns *Netns, b *SKB) int {
	if n.State&NUDConnected != 0 && n.hh {
		return n.hhOutput(ns, b)
	}
	return n.slowOutput(ns, b)
}

// Cached reports that its link header is cached (neigh->hh.hh_len).
func (n *Neighbour) Cached() bool { return n.hh }

// NeighXmit is neigh_xmit: send the packet to a neighbour of the device, without a
// route having been asked for it now.
func (ns *Netns) NeighXmit(t *NeighTable, d *Device, key wire.Addr, b *SKB) int {
	defer ns.In(step.NeighXmit, b).Out()
	n := t.Lookup(key, d)
	if n == nil {
		n = t.Create(key, d)
	}
	if n == nil {
		ns.Drop(b, step.DropNeighCreatefail, step.NeighXmit)
		return -int(step.ENOBUFS)
	}
	return n.slowOutput(ns, b)
}

// slowOutput is neigh->output.
func (n *Neighbour) slowOutput(ns *Netns, b *SKB) int {
	if n.Dev.HardLen == 0 {
		return n.directOutput(ns, b)
	}
	return n.resolveOutput(ns, b)
}

// hhOutput is neigh_hh_output: copy the cached link header in front and send.
func (n *Neighbour) hhOutput(ns *Netns, b *SKB) int {
	defer ns.In(step.NeighHhOutput, b).Out()
	if n.Addr != 0 {
		ns.Why(step.WhyNeighHH, uint64(n.Addr), uint64(n.State))
	} else {
		ns.Why(step.WhyNeighNoLink, 0, uint64(n.State))
	}
	n.header(b)
	return ns.DevQueueXmit(b)
}

// directOutput is neigh_direct_output: the device has no link addresses.
func (n *Neighbour) directOutput(ns *Netns, b *SKB) int {
	defer ns.In(step.NeighDirectOutput, b).Out()
	b.Dev = n.Dev
	return ns.DevQueueXmit(b)
}

// resolveOutput is neigh_resolve_output: send if the link address is known,
// else queue and ask. Ethernet devices, whose headers are cached, use it for
// all states (arp_hh_ops).
func (n *Neighbour) resolveOutput(ns *Netns, b *SKB) int {
	defer ns.In(step.NeighResolveOutput, b).Out()
	if n.EventSend(b) {
		return 0
	}
	if n.Addr != 0 {
		ns.Why(step.WhyNeighValid, uint64(n.State), uint64(n.Addr))
	} else {
		ns.Why(step.WhyNeighNoLink, 0, uint64(n.State))
	}
	n.hh = true // neigh_hh_init
	if b.Network > b.data {
		b.Pull(b.Network - b.data)
	}
	n.header(b)
	return ns.DevQueueXmit(b)
}

// header is dev_hard_header for Ethernet (eth_header). The cached header holds
// the same bytes, so that it is not kept apart.
func (n *Neighbour) header(b *SKB) {
	b.Dev = n.Dev
	b.Unshare()
	wire.Ethernet(b.Push(wire.EthernetLen)).Put(n.Addr, n.Dev.Addr, wire.EtherType(b.Protocol))
}

// HardHeader is dev_hard_header: write the link header in front, where the
// device has one (eth_header).
func (d *Device) HardHeader(b *SKB, dst, src wire.MAC, typ wire.EtherType) {
	if d.HardLen == 0 {
		return
	}
	b.Unshare()
	wire.Ethernet(b.Push(wire.EthernetLen)).Put(dst, src, typ)
}
