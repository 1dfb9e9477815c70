package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: include/net/codel.h, include/net/codel_impl.h, RFC 8289.

// A codelTime is codel_time_t: units of 1024 ns, which wrap.
type codelTime uint32

const codelShift = 10

func codelAt(t sim.Time) codelTime { return codelTime(uint64(t) >> codelShift) }

// codelMicros makes one of µs, as the options of codel and fq_codel come.
func codelMicros(us uint32) codelTime { return codelTime(uint64(us) * 1000 >> codelShift) }

// micros is codel_time_to_us.
func (t codelTime) micros() uint32 { return uint32(uint64(t) << codelShift / 1000) }

// dur is the span in ns.
func (t codelTime) dur() uint64 { return uint64(t) << codelShift }

// after is codel_time_after.
func (t codelTime) after(o codelTime) bool { return int32(t-o) > 0 }

// codelNever is CODEL_DISABLED_THRESHOLD.
const codelNever = codelTime(1<<31 - 1)

// A CodelConfig is the options that codel and fq_codel have in common. Times are µs.
// Limit is packets.
type CodelConfig struct {
	Limit            int
	Target, Interval uint32
	CEThreshold      uint32 // ^0: none
	Selector, Mask   uint8  // of the DS field, which packets ce_threshold is for
	ECN              bool
}

// codelParams is struct codel_params.
type codelParams struct {
	target, interval, ce codelTime
	mtu                  int
	selector, mask       uint8
	ecn                  bool
}

// set takes options over.
func (p *codelParams) set(c CodelConfig) {
	p.target, p.interval, p.ce = codelMicros(c.Target), codelMicros(c.Interval), codelNever
	if c.CEThreshold != ^uint32(0) {
		p.ce = codelMicros(c.CEThreshold)
	}
	p.selector, p.mask, p.ecn = c.Selector, c.Mask, c.ECN
}

// shown are the options as they are told: rounded to the clock of codel.
func (p *codelParams) shown(c *CodelConfig) {
	c.Target, c.Interval = p.target.micros(), p.interval.micros()
	if p.ce != codelNever {
		c.CEThreshold = p.ce.micros()
	}
}

// codelVars is struct codel_vars: what codel knows of one queue.
type codelVars struct {
	count, last uint32 // drops since it began to drop; and the same when it last began
	dropping    bool
	invSqrt     uint16    // 1/sqrt(count), as a part of 2^16
	firstAbove  codelTime // when the wait will have been above the target for an interval
	dropNext    codelTime
	ldelay      codelTime // how long the last packet waited
}

// codelStats is struct codel_stats.
type codelStats struct {
	maxpacket       int
	ecnMark, ceMark uint64
	drops, dropLen  int // in the dequeue that runs
}

// A codelQueue is one queue under codel's law.
type codelQueue interface {
	next() item                       // takes the oldest packet out, with the time at which it came
	waiting() int                     // bytes left in the whole discipline
	lose(ns *core.Netns, b *core.SKB) // the packet is dropped
}

// newton is codel_Newton_step: one step towards 1/sqrt(count).
func (v *codelVars) newton() {
	inv := uint32(v.invSqrt) << 16
	inv2 := uint32(uint64(inv) * uint64(inv) >> 32)
	val := (3<<32 - uint64(v.count)*uint64(inv2)) >> 2
	val = val * uint64(inv) >> (32 - 2 + 1)
	v.invSqrt = uint16(val >> 16)
}

// law is codel_control_law: the next drop is interval/sqrt(count) after t.
func (v *codelVars) law(t, interval codelTime) codelTime {
	return t + codelTime(uint64(interval)*uint64(uint32(v.invSqrt)<<16)>>32)
}

// A codelRun is one call of codel_dequeue.
type codelRun struct {
	ns    *core.Netns
	q     codelQueue
	p     *codelParams
	v     *codelVars
	s     *codelStats
	now   codelTime
	above bool // the packet waited longer than the target, and others do
}

// shouldDrop is codel_should_drop.
func (r *codelRun) shouldDrop(it item) bool {
	v := r.v
	r.above = false
	if it.b == nil {
		v.firstAbove = 0
		return false
	}
	n := pktLen(it.b)
	v.ldelay = r.now - codelAt(it.at)
	r.s.maxpacket = max(r.s.maxpacket, n)
	if r.p.target.after(v.ldelay) {
		r.ns.Why(step.WhyCodelFine, v.ldelay.dur(), r.p.target.dur())
		v.firstAbove = 0
		return false
	}
	if left := r.q.waiting(); left <= r.p.mtu {
		r.ns.Why(step.WhyCodelShort, v.ldelay.dur(), uint64(left), uint64(r.p.mtu))
		v.firstAbove = 0
		return false
	}
	r.above = true
	if v.firstAbove == 0 {
		v.firstAbove = r.now + r.p.interval
		return false
	}
	return r.now.after(v.firstAbove)
}

// mark marks the packet if its sender understands ECN, and we may.
func (r *codelRun) mark(b *core.SKB) bool {
	if !r.p.ecn || !setCE(b) {
		return false
	}
	r.s.ecnMark++
	r.ns.Why(step.WhyCodelMark, r.v.ldelay.dur())
	return true
}

// lose drops the packet and takes the next one.
func (r *codelRun) lose(b *core.SKB) item {
	r.s.dropLen += pktLen(b)
	r.s.drops++
	r.q.lose(r.ns, b)
	return r.q.next()
}

// dequeue is codel_dequeue: the oldest packet, unless packets have waited too long for
// a whole interval; then it is dropped, and more of them, faster and faster, until that
// helps.
func (r *codelRun) dequeue() *core.SKB {
	v := r.v
	it := r.q.next()
	if it.b == nil {
		v.firstAbove, v.dropping = 0, false
		return nil
	}
	r.now = codelAt(r.ns.Clock.Now())
	drop := r.shouldDrop(it)
	switch {
	case v.dropping && !drop:
		v.dropping = false
	case v.dropping:
		it = r.dropOn(it)
	case drop:
		it = r.dropFirst(it)
	case r.above:
		r.ns.Why(step.WhyCodelAbove, v.ldelay.dur(), r.p.target.dur(), (v.firstAbove - r.now).dur())
	}
	if it.b != nil && v.ldelay.after(r.p.ce) && r.selected(it.b) && setCE(it.b) {
		r.ns.Why(step.WhyCodelCE, v.ldelay.dur(), r.p.ce.dur())
		r.s.ceMark++
	}
	return it.b
}

// dropOn goes on dropping.
func (r *codelRun) dropOn(it item) item {
	v := r.v
	if v.dropNext.after(r.now) {
		r.ns.Why(step.WhyCodelWait, v.ldelay.dur(), r.p.target.dur(), (v.dropNext - r.now).dur())
		return it
	}
	for v.dropping && !v.dropNext.after(r.now) {
		v.count++
		v.newton()
		if r.mark(it.b) {
			v.dropNext = v.law(v.dropNext, r.p.interval)
			break
		}
		r.ns.Why(step.WhyCodelNext, v.ldelay.dur(), uint64(v.count))
		if it = r.lose(it.b); !r.shouldDrop(it) {
			v.dropping = false
		} else {
			v.dropNext = v.law(v.dropNext, r.p.interval)
		}
	}
	return it
}

// dropFirst begins to drop. If the last time was not long ago, it goes on at about the
// pace that helped then.
func (r *codelRun) dropFirst(it item) item {
	v := r.v
	b, waited := it.b, v.ldelay
	marked := r.mark(b)
	delta := v.count - v.last
	if delta > 1 && (16 * r.p.interval).after(r.now-v.dropNext) {
		v.count = delta
		v.newton()
	} else {
		v.count, v.invSqrt = 1, 1<<16-1
	}
	v.last = v.count
	v.dropNext = v.law(r.now, r.p.interval)
	v.dropping = true
	if !marked {
		r.ns.Why(step.WhyCodelFirst, waited.dur(), r.p.interval.dur(), (v.dropNext - r.now).dur())
		it = r.lose(b)
		r.shouldDrop(it)
	}
	return it
}

// selected reports that ce_threshold is meant for the packet.
func (r *codelRun) selected(b *core.SKB) bool {
	if r.p.mask == 0 {
		return true
	}
	ds, ok := dsField(b)
	return ok && ds&r.p.mask == r.p.selector
}
