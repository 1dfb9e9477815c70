package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// bands is how many queues pfifo_fast has (PFIFO_FAST_BANDS).
const bands = 3

// prio2band maps a packet's priority to a band (sch_generic.c): 0 goes first.
var prio2band = [16]uint8{1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}

// A PfifoFast is pfifo_fast: three queues, emptied in order of priority, each
// of which holds the device's TxQueueLen packets.
type PfifoFast struct {
	qdisc
	limit int
	band  [bands]core.SKBList
}

// NewPfifoFast makes the queue of a device (pfifo_fast_init).
func NewPfifoFast(d *core.Device) *PfifoFast {
	return &PfifoFast{qdisc: newQdisc(d), limit: d.TxQueueLen}
}

// Name is "pfifo_fast".
func (q *PfifoFast) Name() string { return pfifoFastName }

// CanBypass says that an empty queue may be passed by (TCQ_F_CAN_BYPASS).
func (q *PfifoFast) CanBypass() bool { return true }

// Enqueue is pfifo_fast_enqueue.
func (q *PfifoFast) Enqueue(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.PfifoFastEnqueue, b).Out()
	band := prio2band[b.Priority&15]
	if q.band[band].Len() >= q.limit {
		ns.Why(step.WhyBandFull, uint64(band), uint64(q.limit))
		return q.drop(b, step.DropQdiscDrop)
	}
	ns.Why(step.WhyBand, uint64(b.Priority), uint64(band), uint64(q.qlen))
	q.add(&q.band[band], b)
	return core.NetXmitSuccess
}

// Dequeue is pfifo_fast_dequeue: the first packet of the first band that has
// one.
func (q *PfifoFast) Dequeue(ns *core.Netns) *core.SKB {
	defer ns.In(step.PfifoFastDequeue, q).Out()
	for i := range q.band {
		if b := q.take(&q.band[i]); b != nil {
			ns.Why(step.WhyBandFirst, uint64(i), uint64(q.qlen))
			q.sent(b)
			return b
		}
	}
	return nil
}

// Peek is pfifo_fast_peek.
func (q *PfifoFast) Peek(ns *core.Netns) *core.SKB {
	for i := range q.band {
		if b := q.band[i].Front(); b != nil {
			return b
		}
	}
	return nil
}

// Reset is pfifo_fast_reset.
func (q *PfifoFast) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	for i := range q.band {
		for b := q.band[i].PopFront(); b != nil; b = q.band[i].PopFront() {
			ns.Drop(b, step.DropNotSpecified, step.PfifoFastReset)
		}
	}
	q.clear(ns)
}

// What a Fifo counts, and whom it drops.
const (
	countPackets = iota // pfifo
	countBytes          // bfifo
	dropHead            // pfifo_head_drop
)

// A Fifo is pfifo, bfifo or pfifo_head_drop: one queue with a limit in packets or
// in bytes.
type Fifo struct {
	qdisc
	limit int
	kind  uint8
	q     core.SKBList
}

// NewPfifo makes a pfifo (`tc qdisc add dev … root pfifo limit N`): at most
// limit packets; below 0 stands for the device's TxQueueLen.
func NewPfifo(d *core.Device, limit int) *Fifo {
	if limit < 0 {
		limit = max(1, d.TxQueueLen)
	}
	return &Fifo{qdisc: newQdisc(d), limit: limit}
}

// NewPfifoHeadDrop makes a pfifo_head_drop, which drops its oldest packet for a new
// one.
func NewPfifoHeadDrop(d *core.Device, limit int) *Fifo {
	q := NewPfifo(d, limit)
	q.kind = dropHead
	return q
}

// NewBfifo makes a bfifo: at most limit bytes; below 0 stands for TxQueueLen packets
// of the device's MTU.
func NewBfifo(d *core.Device, limit int) *Fifo {
	if limit < 0 {
		limit = max(1, d.TxQueueLen) * mtu(d)
	}
	return &Fifo{qdisc: newQdisc(d), limit: limit, kind: countBytes}
}

// Limit is how many packets, or bytes, may wait; SetLimit is fifo_init for one that
// exists.
func (q *Fifo) Limit() int         { return q.limit }
func (q *Fifo) SetLimit(limit int) { q.limit = limit }

// Name is "pfifo", "bfifo" or "pfifo_head_drop".
func (q *Fifo) Name() string { return fifoNames[q.kind] }

// CanBypass says that sch_fifo may be passed by while it is empty, if it has room
// for a packet.
func (q *Fifo) CanBypass() bool {
	if q.kind == countBytes {
		return q.limit >= mtu(q.Dev)
	}
	return q.limit >= 1
}

// Enqueue is pfifo_enqueue, bfifo_enqueue or pfifo_tail_enqueue.
func (q *Fifo) Enqueue(ns *core.Netns, b *core.SKB) int {
	switch q.kind {
	case countBytes:
		return q.enqueueBytes(ns, b)
	case dropHead:
		return q.enqueueTail(ns, b)
	}
	return q.enqueuePackets(ns, b)
}

func (q *Fifo) enqueuePackets(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.PfifoEnqueue, b).Out()
	if q.qlen < q.limit {
		q.add(&q.q, b)
		return core.NetXmitSuccess
	}
	ns.Why(step.WhyFifoFull, uint64(q.qlen), uint64(q.limit))
	return q.drop(b, step.DropQdiscDrop)
}

func (q *Fifo) enqueueBytes(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.BfifoEnqueue, b).Out()
	if q.backlog+pktLen(b) <= q.limit {
		q.add(&q.q, b)
		return core.NetXmitSuccess
	}
	ns.Why(step.WhyBfifoFull, uint64(q.backlog), uint64(pktLen(b)), uint64(q.limit))
	return q.drop(b, step.DropQdiscDrop)
}

// enqueueTail is pfifo_tail_enqueue: the oldest packet goes when the queue is full.
func (q *Fifo) enqueueTail(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.PfifoTailEnqueue, b).Out()
	if q.limit == 0 {
		ns.Why(step.WhyFifoFull, uint64(q.qlen), uint64(q.limit))
		return q.drop(b, step.DropQdiscDrop)
	}
	if q.qlen < q.limit {
		q.add(&q.q, b)
		return core.NetXmitSuccess
	}
	before := q.backlog
	ns.Why(step.WhyHeadDrop, uint64(q.qlen), uint64(q.limit))
	q.drop(q.take(&q.q), step.DropQdiscDrop)
	q.add(&q.q, b)
	q.treeReduce(0, before-q.backlog)
	return core.NetXmitCN
}

// Dequeue is qdisc_dequeue_head.
func (q *Fifo) Dequeue(ns *core.Netns) *core.SKB {
	b := q.take(&q.q)
	if b != nil {
		q.sent(b)
	}
	return b
}

// Peek is qdisc_peek_head.
func (q *Fifo) Peek(ns *core.Netns) *core.SKB { return q.q.Front() }

// Reset is qdisc_reset_queue.
func (q *Fifo) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	purge(ns, &q.q)
	q.clear(ns)
}
