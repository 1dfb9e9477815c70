package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_netem.c.
//
// Left out: distributions other than the uniform one, the Markov models of loss,
// slots, cells, an inner discipline.

// A NetemChance is a probability, in 2^-32, and how much the one number depends on
// the one before it.
type NetemChance struct{ P, Cor uint32 }

// A NetemConfig is the options of netem. Limit is packets, Rate bytes a second.
type NetemConfig struct {
	Limit                             int
	Delay, Jitter                     sim.Time
	DelayCor                          uint32
	Loss, Duplicate, Reorder, Corrupt NetemChance
	Gap                               uint32
	ECN                               bool
	Rate                              uint64
}

// A Netem is netem: it makes a good link a bad one. Packets wait for their delay in
// order of the times at which they may go.
type Netem struct {
	qdisc
	conf    NetemConfig
	t       timeline // tfifo
	front   timeline // reordered packets, which go at once
	counter uint32
	last    [5]uint32 // the last number of each correlated source
	copying bool      // a duplicate is being queued (tc_depth)
	dog     watchdog
}

// Sources of correlated numbers.
const (
	corDelay = iota
	corLoss
	corDup
	corReorder
	corCorrupt
)

// NewNetem makes a netem (netem_init).
func NewNetem(d *core.Device, c NetemConfig) *Netem {
	q := &Netem{qdisc: newQdisc(d)}
	q.Change(c)
	return q
}

// Change is netem_change.
func (q *Netem) Change(c NetemConfig) {
	q.conf, q.counter = c, 0
	for i := range q.last {
		q.last[i] = q.dev.NS.Machine.Rand.Uint32()
	}
}

// Config is the options that it has.
func (q *Netem) Config() NetemConfig { return q.conf }

// Name is "netem".
func (q *Netem) Name() string { return netemName }

// random is get_crandom.
func (q *Netem) random(source int, cor uint32) uint32 {
	v := q.dev.NS.Machine.Rand.Uint32()
	if cor == 0 {
		return v
	}
	rho := uint64(cor) + 1
	v = uint32((uint64(v)*(1<<32-rho) + uint64(q.last[source])*rho) >> 32)
	q.last[source] = v
	return v
}

// hit throws the dice.
func (q *Netem) hit(source int, c NetemChance) bool {
	return c.P != 0 && c.P >= q.random(source, c.Cor)
}

// Enqueue is netem_enqueue: throw the dice for the packet and, if it lives, say
// when it may leave.
func (q *Netem) Enqueue(ns *core.Netns, b *core.SKB) core.DropReason {
	defer ns.In(step.NetemEnqueue, b).Out()
	c := &q.conf
	count := 1
	if !q.copying && q.hit(corDup, c.Duplicate) {
		count++
	}
	if q.hit(corLoss, c.Loss) {
		if c.ECN && setCE(b) {
			q.drops++
		} else {
			count--
		}
	}
	if count == 0 {
		q.drops++
		ns.Why(step.WhyNetemLoss, uint64(c.Loss.P))
		q.dev.Refuse(b, step.DropQdiscDrop)
		return step.NotDropped
	}
	if c.Delay != 0 || c.Jitter != 0 || c.Rate != 0 {
		b.Orphan()
	}
	var dup *core.SKB
	if count > 1 {
		ns.Why(step.WhyNetemDup, uint64(c.Duplicate.P))
		dup = b.Clone()
	}
	if q.hit(corCorrupt, c.Corrupt) && !q.corrupt(ns, b) {
		q.drops++
		q.discard(dup)
		return step.DropQdiscDrop
	}
	if q.qlen >= c.Limit {
		q.drops++
		ns.Why(step.WhyFifoFull, uint64(q.qlen), uint64(c.Limit))
		q.discard(dup)
		return step.DropQdiscDrop
	}
	if dup != nil {
		q.copying = true
		if r := q.Enqueue(ns, dup); r != step.NotDropped {
			q.dev.Refuse(dup, r)
		}
		q.copying = false
	}
	q.place(ns, b)
	return step.NotDropped
}

// discard drops a copy that was not needed; nil is none.
func (q *Netem) discard(dup *core.SKB) {
	if dup != nil {
		q.dev.Refuse(dup, step.DropQdiscDrop)
	}
}

// corrupt flips one bit of the packet. A packet of many is not cut first: the bit
// lies in its headers or first bytes.
func (q *Netem) corrupt(ns *core.Netns, b *core.SKB) bool {
	b.Unshare()
	if b.IPSummed == core.ChecksumPartial && !ns.ChecksumHelp(b) {
		return false
	}
	if n := b.HeadLen(); n > 0 {
		r := ns.Machine.Rand
		at, bit := r.Below(uint32(n)), r.Below(8)
		b.Data()[at] ^= 1 << bit
		ns.Why(step.WhyNetemCorrupt, uint64(at), uint64(bit))
	}
	return true
}

// place puts the packet where its time is, or in front of all: every gap-th packet
// overtakes with the probability of reordering.
func (q *Netem) place(ns *core.Netns, b *core.SKB) {
	c := &q.conf
	now := ns.Clock.Now()
	q.queued(b)
	if c.Gap != 0 && q.counter >= c.Gap-1 && c.Reorder.P >= q.random(corReorder, c.Reorder.Cor) {
		ns.Why(step.WhyNetemReorder, uint64(q.qlen-1))
		q.counter = 0
		q.requeues++
		q.front.insert(b, -sim.Time(q.requeues)) // the last one goes first
		return
	}
	d := c.Delay
	if c.Jitter != 0 {
		d += sim.Time(uint64(q.random(corDelay, c.DelayCor))%(2*uint64(c.Jitter))) - c.Jitter
	}
	at := now
	if c.Rate != 0 {
		if l := q.t.last(); l.b != nil {
			d = max(0, d-(l.at-now))
			at = l.at
		}
		d += sim.Time(uint64(pktLen(b)) * uint64(sim.Second) / c.Rate)
	}
	at += d
	ns.Why(step.WhyNetemDelay, uint64(max(at-now, 0)))
	q.counter++
	q.t.insert(b, at)
}

// Dequeue is netem_dequeue: the first packet, if its time has come.
func (q *Netem) Dequeue(ns *core.Netns) *core.SKB {
	defer ns.In(step.NetemDequeue, q).Out()
	b := q.front.pop()
	if b == nil {
		it, now := q.t.first(), ns.Clock.Now()
		if it.b == nil {
			return nil
		}
		if it.at > now {
			ns.Why(step.WhyNetemWait, uint64(q.t.len()), uint64(it.at-now))
			q.dog.at(&q.qdisc, it.at, 0)
			return nil
		}
		b = q.t.pop()
	}
	q.unqueued(b)
	q.sent(b)
	return b
}

// Reset is netem_reset.
func (q *Netem) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	q.t.purge(ns)
	q.front.purge(ns)
	q.qlen, q.backlog = 0, 0
	q.dog.cancel()
}
