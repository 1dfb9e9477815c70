package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_tbf.c, net/sched/sch_generic.c
// (psched_ratecfg_precompute).
//
// Left out: ATM cells, offload.

// A Rate is struct psched_ratecfg: bytes a second, what is added to each packet,
// and what a packet counts at least.
type Rate struct {
	Bytes         uint64
	Overhead, MPU int
	mult          uint64
	shift         uint
}

// precompute is psched_ratecfg_precompute: find the multiplier and the shift that
// stand for a division.
func (r *Rate) precompute() {
	r.mult, r.shift = 1, 0
	if r.Bytes == 0 {
		return
	}
	for f := uint64(sim.Second); ; f <<= 1 {
		if r.mult = f / r.Bytes; r.mult&(1<<31) != 0 || f&(1<<63) != 0 {
			return
		}
		r.shift++
	}
}

// Time is psched_l2t_ns: how long n bytes take.
func (r *Rate) Time(n int) sim.Time {
	n = max(n+r.Overhead, r.MPU)
	return sim.Time(uint64(n) * r.mult >> r.shift)
}

// A TbfConfig is the options of tbf. Burst is the bucket and MTU that of the peak
// rate, both in bytes; Limit is the bytes that may wait.
type TbfConfig struct {
	Rate, Peak Rate
	Burst, MTU int
	Limit      int
}

// A Tbf is tbf: packets leave as long as the bucket has tokens for them, and wait
// in a bfifo else. A second, small bucket can bound the speed of a burst.
type Tbf struct {
	qdisc
	conf            TbfConfig
	maxSize         int
	buffer, peakBuf sim.Time // depths of the buckets, as time
	tokens, ptokens sim.Time
	checked         sim.Time   // t_c
	inner           Discipline // of its one class: a bfifo, unless something else is grafted
	dog             watchdog
}

// NewTbf makes a tbf (tbf_init); EINVAL: the peak rate is not above the rate, or
// nothing fits into the bucket.
func NewTbf(d *core.Device, c TbfConfig) (*Tbf, core.Errno) {
	q := &Tbf{qdisc: newQdisc(d)}
	q.setInner(NewBfifo(d, c.Limit))
	q.inner.base().invisible = true
	if err := q.Change(c); err != 0 {
		return nil, err
	}
	return q, 0
}

// Change is tbf_change: the buckets are full again.
func (q *Tbf) Change(c TbfConfig) core.Errno {
	c.Rate.precompute()
	size := c.Burst
	if c.Peak.Bytes != 0 {
		c.Peak.precompute()
		if c.Peak.Bytes <= c.Rate.Bytes {
			return step.EINVAL
		}
		size = min(size, c.MTU)
	}
	if size <= 0 {
		return step.EINVAL
	}
	q.conf, q.maxSize = c, size
	q.buffer, q.peakBuf = c.Rate.Time(c.Burst), 0
	if c.Peak.Bytes != 0 {
		q.peakBuf = c.Peak.Time(c.MTU)
	}
	q.tokens, q.ptokens, q.checked = q.buffer, q.peakBuf, q.Dev.NS.Clock.Now()
	if f, ok := q.inner.(*Fifo); ok { // fifo_set_limit
		f.SetLimit(c.Limit)
	}
	return 0
}

// Config is the options that it has.
func (q *Tbf) Config() TbfConfig { return q.conf }

// Buffers are the depths of the two buckets as the kernel keeps them: as time.
func (q *Tbf) Buffers() (buffer, peak sim.Time) { return q.buffer, q.peakBuf }

// Name is "tbf".
func (q *Tbf) Name() string { return tbfName }

// setInner hangs a discipline below the one class.
func (q *Tbf) setInner(in Discipline) {
	q.inner = in
	hang(in, q, q.handle|1)
}

// SetHandle: see Discipline.
func (q *Tbf) SetHandle(handle uint32) {
	q.qdisc.SetHandle(handle)
	q.inner.base().parent = handle | 1
}

// EachClass is tbf_walk: one class, 1.
func (q *Tbf) EachClass(f func(ClassInfo)) {
	f(ClassInfo{ID: q.handle | 1, Parent: q.handle, Leaf: q.inner, NoStats: true})
}

// Leaf: the one class goes by every number (tbf_find).
func (q *Tbf) Leaf(classid uint32) (Discipline, bool) { return q.inner, true }

// Graft is tbf_graft.
func (q *Tbf) Graft(classid uint32, in Discipline) (Discipline, core.Errno) {
	old := q.inner
	if in == nil {
		in = NewBfifo(q.Dev, q.conf.Limit)
		in.base().invisible = true
	}
	q.inner = in
	hang(in, q, classid)
	q.purged(old)
	return old, 0
}

// Enqueue is tbf_enqueue: what can never fit into the bucket is dropped, all else
// goes into the inner queue.
func (q *Tbf) Enqueue(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.TbfEnqueue, b).Out()
	n := pktLen(b)
	if n > q.maxSize {
		if b.GSOSize > 0 && headerLen(b)+b.GSOSize <= q.maxSize {
			ns.Why(step.WhyTbfSegment, uint64(n), uint64(q.maxSize))
			return q.segment(ns, b)
		}
		ns.Why(step.WhyTbfTooLong, uint64(n), uint64(q.maxSize))
		return q.drop(b, step.DropQdiscDrop)
	}
	return q.enqueueIn(q.inner, ns, b)
}

// segment is tbf_segment: a packet of many is cut, so that each part leaves in its
// own time.
func (q *Tbf) segment(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.TbfSegment, b).Out()
	var l core.SKBList
	if !ns.GSOSegment(q.Dev, b, &l) {
		return q.drop(b, step.DropQdiscDrop)
	}
	before, fit, bytes := pktLen(b), 0, 0
	for s := l.PopFront(); s != nil; s = l.PopFront() {
		n := s.Len()
		if rc := q.inner.Enqueue(ns, s); rc != core.NetXmitSuccess {
			if lost(rc) {
				q.drops++
			}
			continue
		}
		fit++
		bytes += n
	}
	q.qlen += fit
	q.backlog += bytes
	if fit == 0 {
		q.Dev.Refuse(b, step.DropQdiscDrop)
		return core.NetXmitDrop
	}
	q.treeReduce(1-fit, before-bytes)
	ns.Consume(b, step.TbfSegment)
	return core.NetXmitSuccess
}

// Dequeue is tbf_dequeue: the first packet, if both buckets have enough for it;
// else the watchdog is set for the moment when they have.
func (q *Tbf) Dequeue(ns *core.Netns) *core.SKB {
	defer ns.In(step.TbfDequeue, q).Out()
	b := q.inner.Peek(ns)
	if b == nil {
		return nil
	}
	n, now := pktLen(b), ns.Clock.Now()
	toks, ptoks := min(now-q.checked, q.buffer), sim.Time(0)
	if q.conf.Peak.Bytes != 0 {
		ptoks = min(toks+q.ptokens, q.peakBuf) - q.conf.Peak.Time(n)
	}
	have := min(toks+q.tokens, q.buffer)
	need := q.conf.Rate.Time(n)
	toks = have - need
	if toks >= 0 && ptoks >= 0 {
		ns.Why(step.WhyTbfSend, uint64(n), uint64(need), uint64(have))
		if b = dequeuePeeked(ns, q.inner); b == nil {
			return nil
		}
		q.checked, q.tokens, q.ptokens = now, toks, ptoks
		q.unqueued(b)
		q.sent(b)
		return b
	}
	wait := max(-toks, -ptoks)
	ns.Why(step.WhyTbfWait, uint64(n), uint64(need), uint64(have), uint64(wait))
	q.dog.at(q, now+wait, 0)
	q.overlimits++
	return nil
}

// Peek is qdisc_peek_dequeued.
func (q *Tbf) Peek(ns *core.Netns) *core.SKB { return peekDequeued(ns, q) }

// Reset is tbf_reset.
func (q *Tbf) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	q.inner.Reset(ns)
	q.clear(ns)
	q.tokens, q.ptokens, q.checked = q.buffer, q.peakBuf, ns.Clock.Now()
	q.dog.cancel()
}
