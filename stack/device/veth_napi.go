package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// The receiving end of a veth with GRO: drivers/net/veth.c (veth_xdp_rx, veth_poll).

// vethRing is VETH_RING_SIZE.
const vethRing = 256

// A vethRQ is struct veth_rq: a ring that a poll of its own empties.
type vethRQ struct {
	v    *Veth
	napi core.NAPI
	list core.SKBList
}

// eligible is veth_skb_is_eligible_for_gro, with the question whether the other end has
// GRO on: what a sender with TSO hands over is large already.
func (v *Veth) eligible(b *core.SKB) bool {
	p := v.Peer.Dev
	return p.Features&core.FeatureGRO != 0 && (v.Dev.Features&core.FeatureTSO == 0 || b.SK != nil && p.Features&core.FeatureUDPGRO != 0)
}

// xdpRx is veth_xdp_rx. It reports false when the ring is full and the packet gone.
func (v *Veth) xdpRx(ns *core.Netns, b *core.SKB) bool {
	if v.rq == nil {
		v.rq = &vethRQ{v: v}
		v.rq.napi.AddNAPI(v.Dev, ns.Machine.ThisCPU(), v.rq)
	}
	if v.rq.list.Len() >= vethRing {
		v.Dev.Stats.RxDropped++
		ns.Drop(b, step.DropNotSpecified, step.VethXmit)
		return false
	}
	v.rq.list.PushBack(b)
	v.rq.napi.Schedule(ns)
	return true
}

// Poll empties the ring, if the device is still there.
func (q *vethRQ) Poll(budget int) int {
	if ns := q.v.Dev.NS; ns != nil {
		return q.poll(ns, budget)
	}
	return 0
}

// poll is veth_poll.
func (q *vethRQ) poll(ns *core.Netns, budget int) int {
	defer ns.In(step.VethPoll, q.napi.CPU()).Out()
	work := 0
	for work < budget {
		b := q.list.PopFront()
		if b == nil {
			break
		}
		received(q.v.Dev, b.Len()) // without the link header
		q.napi.GROReceive(ns, b)
		work++
	}
	ns.Why(step.WhyVethPoll, uint64(work), uint64(q.v.Dev.Index))
	if work < budget {
		q.napi.Complete(ns, work)
	}
	return work
}
