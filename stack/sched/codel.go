package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_codel.c.

// CodelDefaults are those of codel (codel_params_init, DEFAULT_CODEL_LIMIT).
func CodelDefaults() CodelConfig {
	return CodelConfig{Limit: 1000, Target: 5000, Interval: 100000, CEThreshold: ^uint32(0)}
}

// CodelStats are what `tc -s` shows of codel, or of a flow of fq_codel. Times are µs.
type CodelStats struct {
	Count, LastCount uint32
	LDelay           uint32
	Dropping         bool
	DropNext         int32
	MaxPacket        int
	ECNMark, CEMark  uint64
	DropOverlimit    uint64
	Deficit          int // of a flow
}

// A Codel is codel: one queue whose packets are dropped when they wait too long, not
// when they are too many.
type Codel struct {
	qdisc
	conf          CodelConfig
	p             codelParams
	v             codelVars
	s             codelStats
	q             timeline // in order of arrival, with its times
	dropOverlimit uint64
}

// NewCodel makes a codel (codel_init).
func NewCodel(d *core.Device, c CodelConfig) *Codel {
	q := &Codel{qdisc: newQdisc(d)}
	q.p.mtu = min(mtu(d), 1<<20)
	q.Change(c)
	return q
}

// Change is codel_change.
func (q *Codel) Change(c CodelConfig) {
	q.conf = c
	q.p.set(c)
	q.shrink(q, func() bool { return q.qlen > c.Limit })
}

// Config is the options that it has.
func (q *Codel) Config() CodelConfig {
	c := q.conf
	q.p.shown(&c)
	return c
}

// CodelStats: see there.
func (q *Codel) CodelStats() CodelStats {
	c := q.v.stats(codelAt(q.Dev.NS.Clock.Now()))
	c.MaxPacket, c.ECNMark, c.CEMark, c.DropOverlimit = q.s.maxpacket, q.s.ecnMark, q.s.ceMark, q.dropOverlimit
	return c
}

func (v *codelVars) stats(now codelTime) CodelStats {
	c := CodelStats{Count: v.count, LastCount: v.last, LDelay: v.ldelay.micros(), Dropping: v.dropping}
	if v.dropping {
		if d := int32(v.dropNext - now); d >= 0 {
			c.DropNext = int32(codelTime(d).micros())
		} else {
			c.DropNext = -int32(codelTime(-d).micros())
		}
	}
	return c
}

// Name is "codel".
func (q *Codel) Name() string { return codelName }

// CanBypass says that an empty queue may be passed by.
func (q *Codel) CanBypass() bool { return q.conf.Limit >= 1 }

// Enqueue is codel_qdisc_enqueue.
func (q *Codel) Enqueue(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.CodelEnqueue, b).Out()
	if q.qlen >= q.conf.Limit {
		q.dropOverlimit++
		ns.Why(step.WhyFifoFull, uint64(q.qlen), uint64(q.conf.Limit))
		return q.drop(b, step.DropQdiscOverlimit)
	}
	q.q.insert(b, ns.Clock.Now())
	q.queued(b)
	return core.NetXmitSuccess
}

// Dequeue is codel_qdisc_dequeue.
func (q *Codel) Dequeue(ns *core.Netns) *core.SKB {
	defer ns.In(step.CodelDequeue, q).Out()
	r := codelRun{ns: ns, q: q, p: &q.p, v: &q.v, s: &q.s}
	b := r.dequeue()
	if b != nil {
		q.sent(b)
	}
	if q.s.drops > 0 { // codel_dequeue_drop
		q.treeReduce(q.s.drops, q.s.dropLen)
		q.s.drops, q.s.dropLen = 0, 0
	}
	return b
}

// next, waiting, lose: see codelQueue.
func (q *Codel) next() item {
	it := q.q.first()
	if it.b != nil {
		q.q.pop()
		q.unqueued(it.b)
	}
	return it
}

func (q *Codel) waiting() int { return q.backlog }

func (q *Codel) lose(ns *core.Netns, b *core.SKB) {
	q.drops++
	ns.Drop(b, step.DropQdiscCongested, step.CodelDequeue)
}

// Peek is codel_peek.
func (q *Codel) Peek(ns *core.Netns) *core.SKB { return peekDequeued(ns, q) }

// Reset is codel_reset.
func (q *Codel) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	q.q.purge(ns)
	q.clear(ns)
	q.v = codelVars{}
}
