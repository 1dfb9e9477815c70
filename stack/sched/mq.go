package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_mq.c.
//
// Left out: offload.

// A Mq is mq: the root of a device with several transmit queues, each of which has a
// discipline of its own. No packet ever waits in the root.
type Mq struct {
	qdisc
	queue []Discipline
}

// NewMq makes the root of a device, with a new default discipline for each of its
// queues (mq_init); EOPNOTSUPP: the device has one queue.
func NewMq(d *core.Device, handle uint32, standard func(*core.Device) Discipline) (*Mq, core.Errno) {
	if d.NumTxQueues <= 1 {
		return nil, step.EOPNOTSUPP
	}
	q := &Mq{qdisc: newQdisc(d)}
	q.handle = handle
	for i := range d.NumTxQueues {
		q.queue = append(q.queue, nil)
		if i < d.TxQueues() {
			q.set(i, standard(d))
			continue
		}
		q.set(i, NewPfifoFast(d))
		q.queue[i].base().invisible = true // a queue that is not used
	}
	return q, 0
}

// set gives a queue its discipline. The root does not count what is in it
// (TCQ_F_NOPARENT).
func (q *Mq) set(i int, in Discipline) {
	q.queue[i] = in
	b := in.base()
	b.parent, b.OneQueue, b.TxQueue = q.handle|uint32(i+1), true, i
}

// SetHandle: see Discipline.
func (q *Mq) SetHandle(handle uint32) {
	q.qdisc.SetHandle(handle)
	for i, in := range q.queue {
		in.base().parent = handle | uint32(i+1)
	}
}

// Queue: see core.MultiQueue.
func (q *Mq) Queue(i int) core.Qdisc { return q.queue[i%len(q.queue)] }

// SetReal is mq_change_real_num_tx: the disciplines of queues that are not used are not
// listed.
func (q *Mq) SetReal(n int) {
	for i, in := range q.queue {
		in.base().invisible = i >= n
	}
}

// Name is "mq".
func (q *Mq) Name() string { return mqName }

// Enqueue, Dequeue and Peek are never asked for: packets go to the queues'.
func (q *Mq) Enqueue(ns *core.Netns, b *core.SKB) int { return q.drop(b, step.DropQdiscDrop) }
func (q *Mq) Dequeue(ns *core.Netns) *core.SKB        { return nil }
func (q *Mq) Peek(ns *core.Netns) *core.SKB           { return nil }

// Stats is mq_dump: the sum of all queues.
func (q *Mq) Stats() (s Stats) {
	for _, in := range q.queue {
		o := in.Stats()
		s.Bytes += o.Bytes
		s.Packets += o.Packets
		s.Drops += o.Drops
		s.Overlimits += o.Overlimits
		s.Requeues += o.Requeues
		s.Backlog += o.Backlog
		s.Len += o.Len
	}
	return s
}

// EachClass is mq_walk: a class for each queue.
func (q *Mq) EachClass(f func(ClassInfo)) {
	for i, in := range q.queue {
		f(ClassInfo{ID: q.handle | uint32(i+1), Parent: rootParent, Leaf: in, Stats: in.Stats()})
	}
}

// Leaf: see Classful.
func (q *Mq) Leaf(classid uint32) (Discipline, bool) {
	if i := int(classid&0xffff) - 1; i >= 0 && i < len(q.queue) {
		return q.queue[i], true
	}
	return nil, false
}

// Graft is mq_graft.
func (q *Mq) Graft(classid uint32, in Discipline) (Discipline, core.Errno) {
	i := int(classid&0xffff) - 1
	if i < 0 || i >= len(q.queue) {
		return nil, step.ENOENT
	}
	if in == nil {
		in = NewNoop(q.Dev)
	}
	old := q.queue[i]
	q.set(i, in)
	old.Reset(q.Dev.NS)
	return old, 0
}

// Reset is qdisc_reset of every queue's.
func (q *Mq) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	for _, in := range q.queue {
		in.Reset(ns)
	}
	q.clear(ns)
}

// A Noop is noop_qdisc: it drops all that comes.
type Noop struct{ qdisc }

// NewNoop makes one.
func NewNoop(d *core.Device) *Noop {
	q := &Noop{newQdisc(d)}
	q.invisible = true
	return q
}

// Name is "noop".
func (q *Noop) Name() string { return noopName }

// Enqueue is noop_enqueue.
func (q *Noop) Enqueue(ns *core.Netns, b *core.SKB) int {
	q.Dev.Refuse(b, step.DropQdiscDrop)
	return core.NetXmitCN
}

// Dequeue, Peek, Reset: there is nothing.
func (q *Noop) Dequeue(ns *core.Netns) *core.SKB { return nil }
func (q *Noop) Peek(ns *core.Netns) *core.SKB    { return nil }
func (q *Noop) Reset(ns *core.Netns)             {}
