package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/bridge/br_input.c (nf_hook_bridge_pre),
// net/bridge/br_netfilter_hooks.c (br_nf_hook_thresh).

// A BridgeInfo is struct nf_bridge_info: what br_netfilter keeps of a bridged
// packet while IP's hooks look at it. Clones share it.
type BridgeInfo struct {
	Daddr         wire.Addr // the destination when it came in
	PhysIn        *Device   // the port that it came in by
	PhysOut       *Device   // the port that it leaves by, nil before that is known
	FragMax       int       // the largest fragment of a packet that was put together
	Otherhost     bool      // it was for another host's link address
	InPrerouting  bool      // the PRE_ROUTING hooks are running
	SabotageDone  bool      // they have been skipped once
	BridgedDNAT   bool      // br_dev_xmit must go on with the bridging
	NeighbourHead [8]byte   // the end of the link header that neigh->output overwrites
}

// XmitBridged is the end of nf_send_reset and nf_send_reset6 for what came in by a
// port of a bridge: the answer goes straight out by that port, from whom the packet
// was for by its link addresses. No hook of IP sees it.
func (ns *Netns) XmitBridged(b, old *SKB) {
	b.Dev = old.NFBridge.PhysIn
	to := old.Eth()
	b.Dev.HardHeader(b, to.Src(), to.Dst(), wire.EtherType(b.Protocol))
	ns.DevQueueXmit(b)
}

// HookBridgePre is nf_hook_bridge_pre: the bridge's PRE_ROUTING hooks, run by
// br_handle_frame itself. True lets the frame go on; false means that it is
// gone.
func (ns *Netns) HookBridgePre(d *Device, b *SKB, at step.Step) bool {
	l := ns.hooks[NFBridge][PreRouting]
	if len(l) == 0 {
		return true
	}
	st := ns.pushHook()
	defer ns.popHook()
	st.Family, st.Hook, st.In = NFBridge, PreRouting, d
	for i := range l {
		switch l[i].h.Run(ns, st, b).Kind() {
		case Accept:
		case Drop:
			ns.Why(step.WhyHookDrop, st.code())
			ns.Drop(b, step.DropNotSpecified, at)
			return false
		case Queue:
			ns.NotModelled(b, step.WhyHookQueue, at, st.code())
			return false
		default:
			return false
		}
	}
	return true
}

// HookAfter is br_nf_hook_thresh's search: the hooks behind h at a place of the
// bridge family, which has taken the packet on its way through them. True lets
// the packet go on.
func (ns *Netns) HookAfter(n HookNum, h Hook, in, out *Device, b *SKB) bool {
	l := ns.hooks[NFBridge][n]
	for i := range l {
		if l[i].h != h {
			continue
		}
		if l = l[i+1:]; len(l) == 0 {
			return true
		}
		st := ns.pushHook()
		st.Family, st.Hook, st.In, st.Out = NFBridge, n, in, out
		r := ns.hookSlow(l, st, b)
		ns.popHook()
		return r < 0
	}
	return true
}

// NetifReceiveSkb is netif_receive_skb: a packet whose device was changed on
// its way in (a bridge's port, for one) comes in by the new one. b.Dev is set,
// the network header at the data pointer.
func (ns *Netns) NetifReceiveSkb(b *SKB) {
	defer ns.In(step.NetifReceiveSkbStep, b).Out()
	if ns.Trace != nil {
		ns.TP(step.NetifReceiveSkbEntry, b, uint64(b.Dev.Index), uint64(b.QueueMapping), uint64(b.ID), uint64(b.Protocol), uint64(b.IPSummed),
			uint64(b.Hash), uint64(b.Len()), uint64(b.Truesize))
	}
	if b.Dev.rxq != nil {
		if s := ns.getRPSCPU(b); s != nil {
			ns.enqueueToBacklog(b, s)
			return
		}
	}
	ns.receiveOneCore(b)
}
