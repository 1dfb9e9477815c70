package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// How frames pass a macvlan: drivers/net/macvlan.c.

// StartXmit is macvlan_start_xmit.
func (m *Macvlan) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.MacvlanStartXmit, b).Out()
	n := b.Len()
	frame(d.NS, b, tx)
	rc := m.queueXmit(d.NS, b)
	if rc == core.NetXmitSuccess || rc == core.NetXmitCN {
		sent(d, n)
	} else {
		d.Stats.TxDropped++
	}
	return core.TxOK
}

// queueXmit is macvlan_queue_xmit: in bridge mode those beside it are reached
// directly; everything else leaves by the lower device.
func (m *Macvlan) queueXmit(ns *core.Netns, b *core.SKB) int {
	p := m.Port
	lower := p.Dev
	if m.Mode == MacvlanBridge && b.Len() >= wire.EthernetLen && b.MayPull(wire.EthernetLen) {
		b.ResetMAC()
		dst := b.Eth().Dst()
		if dst.IsMulticast() {
			p.broadcast(ns, b, m, MacvlanBridge, true)
		} else if to := p.lookup(dst); to != nil && to.Mode == MacvlanBridge {
			ns.Why(step.WhyMacvlanNext, uint64(dst), uint64(to.Dev.Index), uint64(lower.Index))
			if forwardSkb(ns, lower, b) {
				b.SetNS(lower.NS)
				frame(lower.NS, b, rx) // its taps see it come in
				lower.NS.NetifRx(b)
			}
			return core.NetXmitSuccess
		}
	}
	ns.Why(step.WhyMacvlanOut, uint64(lower.Index))
	b.Dev = lower
	b.SetNS(lower.NS)
	return lower.NS.DevQueueXmit(b)
}

// hears reports whether a macvlan takes frames to a group (its mc_filter).
func (m *Macvlan) hears(dst wire.MAC) bool {
	d := m.Dev
	if dst == d.Broadcast || d.Flags&(core.IFFPromisc|core.IFFAllMulti) != 0 || d.Promiscuity > 0 || d.AllMulti > 0 {
		return true
	}
	for _, g := range d.Groups {
		if g == dst {
			return true
		}
	}
	return false
}

// broadcast is macvlan_broadcast: each macvlan of these modes that listens to
// the group gets a clone, but not the sender. direct: from beside, its link
// header at the data pointer.
func (p *MacvlanPort) broadcast(ns *core.Netns, b *core.SKB, src *Macvlan, modes MacvlanMode, direct bool) {
	defer ns.In(step.MacvlanBroadcast, b).Out()
	dst := b.Eth().Dst()
	n := 0
	for _, m := range append([]*Macvlan(nil), p.hash...) {
		switch {
		case m == src:
			continue
		case m.Mode&modes == 0:
			ns.Tried(step.TryMacvlanMode, uint64(m.Dev.Index))
			continue
		case !m.hears(dst):
			ns.Tried(step.TryMacvlanGroup, uint64(m.Dev.Index), uint64(dst))
			continue
		}
		n++
		size := b.Len() + wire.EthernetLen
		m.countRx(size, m.broadcastOne(ns, b.Clone(), dst, direct), true)
	}
	ns.Why(step.WhyMacvlanCopies, uint64(dst), uint64(n))
}

// broadcastOne is macvlan_broadcast_one with netif_rx: one clone's way. It
// reports whether it was received.
func (m *Macvlan) broadcastOne(ns *core.Netns, b *core.SKB, dst wire.MAC, direct bool) bool {
	d := m.Dev
	if direct {
		if !forwardSkb(ns, d, b) {
			return false
		}
	} else {
		b.Dev = d
		b.PktType = core.PacketMulticast
		if dst == d.Broadcast {
			b.PktType = core.PacketBroadcast
		}
	}
	b.SetNS(d.NS)
	frame(d.NS, b, rx)
	return d.NS.NetifRx(b)
}

// countRx is macvlan_count_rx.
func (m *Macvlan) countRx(n int, ok, multicast bool) {
	s := &m.Dev.Stats
	if !ok {
		s.RxErrors++
		return
	}
	received(m.Dev, n)
	if multicast {
		s.Multicast++
	}
}

// multicastRx is macvlan_multicast_rx: a frame to a group has come in by the
// lower device.
func (p *MacvlanPort) multicastRx(ns *core.Netns, src *Macvlan, b *core.SKB) {
	modes := MacvlanVEPA // bridge ports saw it on its way out
	switch {
	case src == nil: // from outside
		modes = MacvlanPrivate | MacvlanVEPA | MacvlanPassthru | MacvlanBridge
	case src.Mode == MacvlanVEPA:
		modes = MacvlanVEPA | MacvlanBridge
	}
	p.broadcast(ns, b, src, modes, false)
}

// wanted counts the macvlans that have joined a group (netdev_hw_addr.synced).
func (p *MacvlanPort) wanted(dst wire.MAC) int {
	n := 0
	for _, m := range p.hash {
		for _, g := range m.Dev.Groups {
			if g == dst {
				n++
				break
			}
		}
	}
	return n
}

// HandleFrame is macvlan_handle_frame, the lower device's rx_handler: a frame
// to a macvlan's address becomes that device's. It returns false when the
// packet goes on, with the device that it is for now.
func (p *MacvlanPort) HandleFrame(ns *core.Netns, b *core.SKB) bool {
	defer ns.In(step.MacvlanHandleFrame, b).Out()
	if b.PktType == core.PacketLoopback || b.MAC < 0 {
		return false
	}
	eth := b.Eth()
	dst := eth.Dst()
	if dst.IsMulticast() {
		return p.handleGroup(ns, b, dst, p.lookup(eth.Src()))
	}
	m := p.lookup(dst)
	if p.Passthru {
		m = p.Vlans[0]
	}
	switch {
	case m == nil:
		ns.Why(step.WhyMacvlanNone, uint64(dst), uint64(p.Dev.Index))
		return false
	case !m.Dev.Up():
		ns.Why(step.WhyMacvlanDown, uint64(m.Dev.Index))
		ns.Drop(b, step.DropNotSpecified, step.MacvlanHandleFrame)
		return true
	}
	ns.Why(step.WhyMacvlanFor, uint64(dst), uint64(m.Dev.Index))
	b.Dev, b.PktType = m.Dev, core.PacketHost
	b.SetNS(m.Dev.NS)
	frame(m.Dev.NS, b, rx)
	m.countRx(b.Len()+wire.EthernetLen, true, false)
	return false
}

// handleGroup is the first half of macvlan_handle_frame: broadcasts, and groups
// that several want, wait in a queue and are copied later; groups of one are
// copied now. The lower device receives the frame in any case.
func (p *MacvlanPort) handleGroup(ns *core.Netns, b *core.SKB, dst wire.MAC, src *Macvlan) bool {
	if wire.EtherType(b.Protocol) == wire.EtherTypeIPv4 && b.MayPull(wire.IPv4MinLen) {
		if h := wire.IPv4(b.Data()); h.IsFragment() {
			ns.NotModelled(b, step.WhyMacvlanDefrag, step.MacvlanHandleFrame)
			return true
		}
	}
	if src != nil && src.Mode != MacvlanVEPA && src.Mode != MacvlanBridge {
		ns.Why(step.WhyMacvlanBack, uint64(src.Dev.Index))
		src.countRx(0, src.broadcastOne(ns, b, dst, false), false)
		return true
	}
	const cutoff = 1 // bc_cutoff
	lower := p.Dev
	all := lower.Flags&(core.IFFPromisc|core.IFFAllMulti) != 0 || lower.Promiscuity > 0 || lower.AllMulti > 0
	switch n := p.wanted(dst); {
	case len(p.hash) == 0: // no filter has been set up: macvlan_set_mac_lists needs a device that is up
		return false
	case all, dst == lower.Broadcast, n > cutoff:
		p.enqueue(ns, src, b)
	case n > 0:
		p.multicastRx(ns, src, b)
	}
	return false
}

// enqueue is macvlan_broadcast_enqueue: a clone waits for the kernel's worker.
func (p *MacvlanPort) enqueue(ns *core.Netns, src *Macvlan, b *core.SKB) {
	limit := p.QueueLen()
	c := b.Clone()
	if p.queue.Len() < limit {
		ns.Why(step.WhyMacvlanQueued, uint64(p.queue.Len()), uint64(limit))
		p.queue.PushBack(c)
		p.sources = append(p.sources, src)
	} else {
		ns.Why(step.WhyMacvlanFull, uint64(limit))
		p.Dev.Stats.RxDropped++
		ns.Drop(c, step.DropNotSpecified, step.MacvlanHandleFrame)
	}
	if !p.timer.Pending() {
		ns.Clock.Mod(&p.timer, ns.Clock.Now(), p)
	}
}

// Run is the worker's function, macvlan_process_broadcast.
func (p *MacvlanPort) Run() {
	ns := p.Dev.NS
	if ns == nil {
		return
	}
	list, sources := p.queue, p.sources
	p.queue, p.sources = core.SKBList{}, nil
	for i := 0; ; i++ {
		b := list.PopFront()
		if b == nil {
			return
		}
		ns.BHDisable()
		p.processBroadcast(ns, sources[i], b)
		ns.BHEnable()
	}
}

// processBroadcast is macvlan_process_broadcast for one packet.
func (p *MacvlanPort) processBroadcast(ns *core.Netns, src *Macvlan, b *core.SKB) {
	defer ns.In(step.MacvlanProcessBroadcast, b).Out()
	p.multicastRx(ns, src, b)
	ns.Consume(b, step.MacvlanProcessBroadcast)
}
