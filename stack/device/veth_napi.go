package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
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
	return p.Features&core.FeatureGRO != 0 &&
		(v.Dev.Features&core.FeatureTSO == 0 || b.SK != nil && b.SK.Protocol != uint8(wire.ProtoTCP) && p.Features&(core.FeatureUDPGRO|core.FeatureGROList) != 0)
}

// xdpRx is veth_xdp_rx, of receive queue q. It reports false when the ring is full and
// the packet gone.
func (v *Veth) xdpRx(ns *core.Netns, b *core.SKB, q int) bool {
	for len(v.rq) <= q {
		v.rq = append(v.rq, nil)
	}
	r := v.rq[q]
	if r == nil {
		r = &vethRQ{v: v}
		r.napi.AddNAPI(v.Dev, ns.Machine.ThisCPU(), r)
		v.rq[q] = r
	}
	if r.list.Len() >= vethRing {
		v.Dev.Stats.RxDropped++
		ns.Drop(b, step.DropNotSpecified, step.VethXmit)
		return false
	}
	r.list.PushBack(b)
	r.napi.Schedule(ns)
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
		if p := q.v.Peer; p != nil {
			sent(p.Dev, b.Len())
		}
		q.napi.GROReceive(ns, b)
		work++
	}
	ns.Why(step.WhyVethPoll, uint64(work), uint64(q.v.Dev.Index))
	if work < budget {
		q.napi.Complete(ns, work)
	}
	return work
}
