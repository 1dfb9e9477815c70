package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// bands is how many queues pfifo_fast has (PFIFO_FAST_BANDS).
const bands = 3

// prio2band maps a packet's priority to a band (sch_generic.c): 0 goes first.
var prio2band = [16]uint8{1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}

// A qdisc is what struct Qdisc has for every discipline: statistics and name.
type qdisc struct {
	id             uint32
	handle, parent uint32
	qlen, backlog  int
	drops          uint64
}

// IDs are the numbers that tc shows: handle and parent.
func (q *qdisc) IDs() (handle, parent uint32) { return q.handle, q.parent }

// Len is how many packets wait.
func (q *qdisc) Len() int { return q.qlen }

// Drops is how many packets were refused; Backlog is how many bytes wait.
func (q *qdisc) Drops() uint64 { return q.drops }
func (q *qdisc) Backlog() int  { return q.backlog }

// Kind, TraceID, TracePkt, Observe: see trace.Subject.
func (q *qdisc) Kind() step.Kind            { return step.KindQdisc }
func (q *qdisc) TraceID() uint32            { return q.id }
func (q *qdisc) TracePkt() (pkt, id uint32) { return 0, 0 }
func (q *qdisc) Observe(o *trace.Obs) {
	o[step.QdiscLen], o[step.QdiscBacklog], o[step.QdiscDrops] = uint64(q.qlen), uint64(q.backlog), q.drops
}

// add and take keep the counts right (qdisc_qstats_*).
func (q *qdisc) add(l *core.SKBList, b *core.SKB) {
	l.PushBack(b)
	q.qlen++
	q.backlog += b.Len()
}

func (q *qdisc) take(l *core.SKBList) *core.SKB {
	b := l.PopFront()
	if b != nil {
		q.qlen--
		q.backlog -= b.Len()
	}
	return b
}

// A PfifoFast is pfifo_fast: three queues, emptied in order of priority, each
// of which holds the device's TxQueueLen packets.
type PfifoFast struct {
	qdisc
	limit int
	band  [bands]core.SKBList
}

// NewPfifoFast makes the queue of a device (pfifo_fast_init).
func NewPfifoFast(d *core.Device) *PfifoFast {
	return &PfifoFast{qdisc: qdisc{id: d.NS.Machine.IDs.Object()}, limit: d.TxQueueLen}
}

// Name is "pfifo_fast".
func (q *PfifoFast) Name() string { return pfifoFastName }

// CanBypass says that an empty queue may be passed by (TCQ_F_CAN_BYPASS).
func (q *PfifoFast) CanBypass() bool { return true }

// Enqueue is pfifo_fast_enqueue.
func (q *PfifoFast) Enqueue(ns *core.Netns, b *core.SKB) core.DropReason {
	defer ns.In(step.PfifoFastEnqueue, b).Out()
	band := prio2band[b.Priority&15]
	if q.band[band].Len() >= q.limit {
		q.drops++
		ns.Why(step.WhyBandFull, uint64(band), uint64(q.limit))
		return step.DropQdiscDrop
	}
	ns.Why(step.WhyBand, uint64(b.Priority), uint64(band), uint64(q.qlen))
	q.add(&q.band[band], b)
	return step.NotDropped
}

// Dequeue is pfifo_fast_dequeue: the first packet of the first band that has
// one.
func (q *PfifoFast) Dequeue(ns *core.Netns) *core.SKB {
	defer ns.In(step.PfifoFastDequeue, q).Out()
	for i := range q.band {
		if b := q.take(&q.band[i]); b != nil {
			ns.Why(step.WhyBandFirst, uint64(i), uint64(q.qlen))
			return b
		}
	}
	return nil
}

// A Fifo is pfifo or bfifo: one queue with a limit in packets or in bytes.
type Fifo struct {
	qdisc
	limit int
	bytes bool
	q     core.SKBList
}

// NewPfifo makes a pfifo (`tc qdisc add dev … root pfifo limit N`): at most
// limit packets; below 0 stands for the device's TxQueueLen.
func NewPfifo(d *core.Device, limit int) *Fifo {
	if limit < 0 {
		limit = max(1, d.TxQueueLen)
	}
	return &Fifo{qdisc: rootQdisc(d), limit: limit}
}

// NewBfifo makes a bfifo: at most limit bytes; below 0 stands for TxQueueLen packets
// of the device's MTU.
func NewBfifo(d *core.Device, limit int) *Fifo {
	if limit < 0 {
		limit = max(1, d.TxQueueLen) * (d.MTU + d.HardLen)
	}
	return &Fifo{qdisc: rootQdisc(d), limit: limit, bytes: true}
}

// rootQdisc is one that somebody added: it has a handle, and the root as its
// parent.
func rootQdisc(d *core.Device) qdisc {
	return qdisc{id: d.NS.Machine.IDs.Object(), handle: 0x80010000, parent: 0xffffffff}
}

// Name is "pfifo" or "bfifo".
func (q *Fifo) Name() string {
	if q.bytes {
		return bfifoName
	}
	return pfifoName
}

// CanBypass says that sch_fifo may be passed by while it is empty, if it has a limit.
func (q *Fifo) CanBypass() bool { return q.limit >= 1 }

// Enqueue is pfifo_enqueue or bfifo_enqueue: the new packet is refused when
// the queue is full (tail drop).
func (q *Fifo) Enqueue(ns *core.Netns, b *core.SKB) core.DropReason {
	if q.bytes {
		return q.enqueueBytes(ns, b)
	}
	return q.enqueuePackets(ns, b)
}

func (q *Fifo) enqueuePackets(ns *core.Netns, b *core.SKB) core.DropReason {
	defer ns.In(step.PfifoEnqueue, b).Out()
	if q.qlen < q.limit {
		q.add(&q.q, b)
		return step.NotDropped
	}
	q.drops++
	ns.Why(step.WhyFifoFull, uint64(q.qlen), uint64(q.limit))
	return step.DropQdiscDrop
}

func (q *Fifo) enqueueBytes(ns *core.Netns, b *core.SKB) core.DropReason {
	defer ns.In(step.BfifoEnqueue, b).Out()
	if q.backlog+b.Len() <= q.limit {
		q.add(&q.q, b)
		return step.NotDropped
	}
	q.drops++
	ns.Why(step.WhyBfifoFull, uint64(q.backlog), uint64(b.Len()), uint64(q.limit))
	return step.DropQdiscDrop
}

// Dequeue is qdisc_dequeue_head.
func (q *Fifo) Dequeue(ns *core.Netns) *core.SKB { return q.take(&q.q) }
