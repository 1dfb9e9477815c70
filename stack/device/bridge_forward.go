package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Out of the ports: net/bridge/br_forward.c, and what this host sends by the
// bridge: br_device.c.

// bridgeKind is enum br_pkt_type.
type bridgeKind uint8

const (
	bridgeUnicast bridgeKind = iota
	bridgeMulticast
	bridgeBroadcast
)

// StartXmit is br_dev_xmit: this host sends by the bridge. It goes to the port
// behind which the destination is, or to all.
func (br *Bridge) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	defer d.NS.In(step.BrDevXmit, b).Out()
	ns := d.NS
	if !b.MayPull(wire.EthernetLen) {
		ns.Why(step.WhyFrameShort, uint64(b.Len()))
		ns.Drop(b, step.DropPktTooSmall, step.BrDevXmit)
		return core.TxOK
	}
	b.CB.BrIsolated, b.CB.BrPromisc, b.CB.BrVlan = false, false, false
	frame(ns, b, tx) // dev_queue_xmit_nit saw it before
	if brnfDevXmit(ns, b) {
		return core.TxOK
	}
	sent(d, b.Len())
	b.CB.BrDev = d
	b.ResetMAC()
	b.Pull(wire.EthernetLen)
	vid, ok := br.allowedIngress(ns, nil, b)
	if !ok {
		return core.TxOK
	}
	dst := b.Eth().Dst()
	switch e := br.fdb.find(dst, vid); {
	case dst == wire.Broadcast:
		ns.Why(step.WhyBrBroadcast)
		br.flood(ns, b, bridgeBroadcast, false, true)
	case dst.IsMulticast():
		snoop, ok := br.multicastRcv(ns, nil, b, vid, step.BrDevXmit)
		if !ok {
			break
		}
		if br.known(ns, &snoop) {
			ns.Why(step.WhyBrMembers, uint64(dst))
			br.multicastFlood(ns, &snoop, b, false, true, step.BrDevXmit)
			break
		}
		ns.Why(step.WhyBrGroup, uint64(dst))
		br.flood(ns, b, bridgeMulticast, false, true)
	case e != nil:
		dev := 0
		if e.Port != nil {
			dev = e.Port.Dev.Index
		}
		ns.Why(step.WhyBrKnown, uint64(dst), uint64(dev))
		br.forward(ns, e.Port, b, false, true, step.BrDevXmit)
	default:
		ns.Why(step.WhyBrUnknown, uint64(dst))
		br.flood(ns, b, bridgeUnicast, false, true)
	}
	return core.TxOK
}

// shouldDeliver is should_deliver: not back to where the frame came from, only
// to ports that forward, and not between isolated ones.
func (p *BridgePort) shouldDeliver(ns *core.Netns, b *core.SKB) bool {
	dev := uint64(p.Dev.Index)
	switch {
	case p.Flags&BridgeHairpin == 0 && b.Dev == p.Dev:
		ns.Tried(step.TryBrPortSame, dev)
	case p.State != BridgeForwarding:
		ns.Tried(step.TryBrPortState, dev, uint64(p.State))
	case !p.vlans.allowedEgress(b):
		ns.Tried(step.TryBrPortVlan, dev, uint64(b.VlanTCI&vlanMax))
	case b.CB.BrIsolated && p.Flags&BridgeIsolated != 0:
		ns.Tried(step.TryBrPortIsolated, dev)
	default:
		return true
	}
	return false
}

// forward is br_forward: to one port. keep says that the packet goes up
// afterwards, so that the port gets a clone; own, that this host sends it. at is
// the function that the kernel reports for a drop.
func (br *Bridge) forward(ns *core.Netns, p *BridgePort, b *core.SKB, keep, own bool, at step.Step) {
	defer ns.In(step.BrForward, b).Out()
	if p != nil && p.shouldDeliver(ns, b) {
		if keep {
			b = b.Clone()
		}
		p.xmit(ns, b, own)
		return
	}
	if !keep {
		ns.Why(step.WhyBrNoPort)
		ns.Drop(b, step.DropNotSpecified, at)
	}
}

// floods says whether frames of a kind that nobody asked for leave by the port.
func (p *BridgePort) floods(ns *core.Netns, b *core.SKB, kind bridgeKind) bool {
	dev := uint64(p.Dev.Index)
	switch {
	case kind == bridgeUnicast && p.Flags&BridgeFlood == 0:
		ns.Tried(step.TryBrPortNoFlood, dev)
	case kind == bridgeMulticast && p.Flags&BridgeMcastFlood == 0 && b.Dev != p.Br.Dev:
		ns.Tried(step.TryBrPortNoMcast, dev)
	case kind == bridgeBroadcast && p.Flags&BridgeBcastFlood == 0 && b.Dev != p.Br.Dev:
		ns.Tried(step.TryBrPortNoBcast, dev)
	default:
		return true
	}
	return false
}

// flood is br_flood: to every port that may have it. All but the last get
// clones.
func (br *Bridge) flood(ns *core.Netns, b *core.SKB, kind bridgeKind, keep, own bool) {
	defer ns.In(step.BrFlood, b).Out()
	var prev *BridgePort
	for _, p := range br.Ports {
		if p.floods(ns, b, kind) {
			prev = br.maybeDeliver(ns, prev, p, b, own)
		}
	}
	if prev == nil {
		if !keep {
			ns.Why(step.WhyBrNoPort)
			ns.Drop(b, step.DropNoTxTarget, step.BrFlood)
		}
		return
	}
	if keep {
		b = b.Clone()
	}
	prev.xmit(ns, b, own)
}

// maybeDeliver is maybe_deliver: if p may have the frame, the port before it is
// not the last, and gets a clone.
func (br *Bridge) maybeDeliver(ns *core.Netns, prev, p *BridgePort, b *core.SKB, own bool) *BridgePort {
	defer ns.In(step.BrMaybeDeliver, b).Out()
	if !p.shouldDeliver(ns, b) {
		return prev
	}
	if prev != nil {
		prev.xmit(ns, b.Clone(), own)
	}
	return p
}

// xmit is __br_forward: the bridge's FORWARD hooks, or OUTPUT for what this host
// sends, then POST_ROUTING.
func (p *BridgePort) xmit(ns *core.Netns, b *core.SKB, own bool) {
	defer ns.In(step.BrForwardPort, b).Out()
	in, hook := b.Dev, core.Forward
	if !p.Br.handleVlan(ns, p, b) {
		return
	}
	b.Dev = p.Dev
	if own {
		in, hook = nil, core.LocalOut
	} else if b.IPSummed == core.ChecksumComplete {
		b.IPSummed = core.ChecksumNone // skb_forward_csum
	}
	if ns.Hook(core.NFBridge, hook, in, p.Dev, nil, b) {
		forwardFinish(ns, b)
	}
}

// forwardFinish is br_forward_finish.
func forwardFinish(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.BrForwardFinish, b).Out()
	b.Tstamp = 0
	if ns.Hook(core.NFBridge, core.PostRouting, nil, b.Dev, nil, b) {
		devQueuePushXmit(ns, b)
	}
}

// devQueuePushXmit is br_dev_queue_push_xmit: put the link header back in front
// and queue the frame at the port, if it fits (is_skb_forwardable).
func devQueuePushXmit(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.BrDevQueuePushXmit, b).Out()
	b.Push(wire.EthernetLen)
	d := b.Dev
	limit := d.MTU + d.HardLen + wire.VLANTagLen
	switch {
	case !d.Up():
		ns.Why(step.WhyBrPortDown, uint64(d.Index))
	case b.Len() > limit && b.GSOSize == 0:
		ns.Why(step.WhyBrTooBig, uint64(b.Len()), uint64(d.Index), uint64(d.MTU), uint64(limit))
	default:
		dropFake(b)
		ns.Why(step.WhyBrPush, uint64(b.Len()), uint64(d.Index))
		ns.DevQueueXmit(b)
		return
	}
	ns.Drop(b, step.DropNotSpecified, step.BrDevQueuePushXmit)
}
