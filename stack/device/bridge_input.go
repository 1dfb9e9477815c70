package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// What a port receives: net/bridge/br_input.c.

// HandleFrame is br_handle_frame, the port's rx_handler: frames for the link
// itself stay here, the others are the bridge's if the port's state allows it.
// It returns false when the port's own protocols shall have the packet.
func (p *BridgePort) HandleFrame(ns *core.Netns, b *core.SKB) bool {
	defer ns.In(step.BrHandleFrame, b).Out()
	if b.PktType == core.PacketLoopback {
		return false
	}
	eth := b.Eth()
	dst, src := eth.Dst(), eth.Src()
	if src == 0 || src.IsMulticast() {
		ns.Why(step.WhyBrSource, uint64(src))
		ns.Drop(b, step.DropMACInvalidSource, step.BrHandleFrame)
		return true
	}
	b.CB.BrDev, b.CB.BrIsolated, b.CB.BrPromisc, b.CB.BrVlan = nil, false, false, false
	if uint64(dst)>>4 == 0x0180c200000 {
		switch p.linkLocal(ns, b, dst) {
		case linkLocalPass:
			return false
		case linkLocalGone:
			return true
		}
	}
	if p.State != BridgeForwarding && p.State != BridgeLearning {
		ns.Why(step.WhyBrState, uint64(p.Dev.Index), uint64(p.State))
		ns.Drop(b, step.DropBridgeIngressSTPState, step.BrHandleFrame)
		return true
	}
	if dst == p.Br.Dev.Addr {
		b.PktType = core.PacketHost
	}
	if ns.HookBridgePre(b.Dev, b, step.BrHandleFrame) {
		handleFrameFinish(ns, b)
	}
	return true
}

// What linkLocal says.
const (
	linkLocalForward = iota
	linkLocalPass
	linkLocalGone
)

// linkLocal is the part of br_handle_frame about 01:80:c2:00:00:0X (IEEE 802.1D
// table 7-10).
func (p *BridgePort) linkLocal(ns *core.Netns, b *core.SKB, dst wire.MAC) int {
	n := uint(dst & 15)
	mask := p.GroupFwdMask
	switch n {
	case 0:
		if !p.Br.tree.STP || mask&1 != 0 {
			return linkLocalForward // without the spanning tree protocol: so that others find loops
		}
		ns.Why(step.WhyBrBPDU, uint64(dst))
		p.localFinish(ns, b)
		return linkLocalPass
	case 1:
		ns.Why(step.WhyBrPause, uint64(dst))
		ns.Drop(b, step.DropMACIeeeMACControl, step.BrHandleFrame)
		return linkLocalGone
	default:
		mask |= p.Br.GroupFwdMask
	}
	if mask>>n&1 != 0 {
		return linkLocalForward
	}
	ns.Why(step.WhyBrLinkLocal, uint64(dst))
	if n != 14 {
		if !ns.Hook(core.NFBridge, core.LocalIn, b.Dev, nil, nil, b) {
			return linkLocalGone
		}
	}
	p.localFinish(ns, b)
	return linkLocalPass
}

// localFinish is __br_handle_local_finish.
func (p *BridgePort) localFinish(ns *core.Netns, b *core.SKB) {
	if p.Flags&BridgeLearn != 0 && (p.State == BridgeLearning || p.State == BridgeForwarding) && !p.Br.NoLLLearn {
		if vid, ok := p.shouldLearn(b); ok {
			p.Br.fdb.update(ns, p, b, b.Eth().Src(), vid)
		}
	}
}

// handleFrameFinish is br_handle_frame_finish: learn the sender, then decide by
// the destination.
func handleFrameFinish(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.BrHandleFrameFinish, b).Out()
	p := PortOf(b.Dev)
	if p == nil {
		ns.Why(step.WhyBrDevDown)
		ns.Drop(b, step.DropNotSpecified, step.BrHandleFrameFinish)
		return
	}
	br := p.Br
	if p.State == BridgeDisabled {
		ns.Why(step.WhyBrState, uint64(p.Dev.Index), uint64(p.State))
		ns.Drop(b, step.DropBridgeIngressSTPState, step.BrHandleFrameFinish)
		return
	}
	vid, ok := br.allowedIngress(ns, p, b)
	if !ok {
		return
	}
	eth := b.Eth()
	src, dst := eth.Src(), eth.Dst()
	if p.Flags&BridgeLocked != 0 {
		if e := br.fdb.find(src, vid); e == nil || e.Port != p || e.Local {
			ns.Why(step.WhyBrLocked, uint64(p.Dev.Index), uint64(src))
			ns.Drop(b, step.DropNotSpecified, step.BrHandleFrameFinish)
			return
		}
	}
	if p.Flags&BridgeLearn != 0 {
		br.fdb.update(ns, p, b, src, vid)
	} else {
		ns.Why(step.WhyBrNoLearn, uint64(p.Dev.Index))
	}
	promisc := br.Dev.Flags&core.IFFPromisc != 0 || br.Dev.Promiscuity > 0
	up, kind, snoop := promisc, bridgeUnicast, snooped{family: -1}
	if dst.IsMulticast() {
		kind = bridgeMulticast
		if dst == wire.Broadcast {
			up, kind = true, bridgeBroadcast
		} else if snoop, ok = br.multicastRcv(ns, p, b, vid, step.BrHandleFrameFinish); !ok {
			return
		}
	}
	if p.State == BridgeLearning {
		ns.Why(step.WhyBrState, uint64(p.Dev.Index), uint64(p.State))
		ns.Drop(b, step.DropBridgeIngressSTPState, step.BrHandleFrameFinish)
		return
	}
	b.CB.BrDev, b.CB.BrIsolated = br.Dev, p.Flags&BridgeIsolated != 0
	br.decide(ns, b, dst, vid, kind, &snoop, up, promisc)
}

// decide is the second half of br_handle_frame_finish.
func (br *Bridge) decide(ns *core.Netns, b *core.SKB, dst wire.MAC, vid uint16, kind bridgeKind, snoop *snooped, up, promisc bool) {
	switch e := br.fdb.find(dst, vid); {
	case kind == bridgeMulticast && br.known(ns, snoop):
		if snoop.m != nil && snoop.m.Host != nil || br.isRouter(ns, snoop.family) {
			up = true
			br.Dev.Stats.Multicast++
		}
		ns.Why(step.WhyBrMembers, uint64(dst))
		br.multicastFlood(ns, snoop, b, up, false, step.BrHandleFrameFinish)
	case kind == bridgeMulticast:
		br.Dev.Stats.Multicast++
		up = true
		ns.Why(step.WhyBrGroup, uint64(dst))
		br.flood(ns, b, kind, up, false)
	case kind == bridgeBroadcast:
		ns.Why(step.WhyBrBroadcast)
		br.flood(ns, b, kind, up, false)
	case e == nil:
		ns.Why(step.WhyBrUnknown, uint64(dst))
		br.flood(ns, b, kind, up, false)
	case e.Local:
		ns.Why(step.WhyBrUp, uint64(dst))
		br.passFrameUp(ns, b, false)
		return
	default:
		e.Used = ns.Clock.Now()
		dev := 0
		if e.Port != nil {
			dev = e.Port.Dev.Index
		}
		ns.Why(step.WhyBrKnown, uint64(dst), uint64(dev))
		br.forward(ns, e.Port, b, up, false, step.BrHandleFrameFinish)
	}
	if up {
		if promisc {
			ns.Why(step.WhyBrUpPromisc, uint64(br.Dev.Index))
		} else {
			ns.Why(step.WhyBrUpAll)
		}
		br.passFrameUp(ns, b, promisc)
	}
}

// passFrameUp is br_pass_frame_up: the frame comes in by the bridge's own
// device, after the bridge's INPUT hooks.
func (br *Bridge) passFrameUp(ns *core.Netns, b *core.SKB, promisc bool) {
	defer ns.In(step.BrPassFrameUp, b).Out()
	received(br.Dev, b.Len())
	in := b.Dev
	if br.Dev.Flags&core.IFFPromisc == 0 && !br.vlans.allowedEgress(b) {
		ns.Why(step.WhyBrVlanNotHere, uint64(b.VlanTCI&vlanMax), uint64(br.Dev.Index))
		ns.Drop(b, step.DropNotSpecified, step.BrPassFrameUp)
		return
	}
	b.Dev = br.Dev
	b.CB.BrPromisc = promisc
	if !br.handleVlan(ns, nil, b) {
		return
	}
	if !ns.Hook(core.NFBridge, core.LocalIn, in, nil, nil, b) {
		return
	}
	frame(ns, b, rx)
	dropFake(b)
	ns.NetifReceiveSkb(b)
}
