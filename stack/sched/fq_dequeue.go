package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// checkThrottled is fq_check_throttled: flows whose time has come go on.
func (q *Fq) checkThrottled(now sim.Time) {
	if q.nextAt > now {
		return
	}
	sample := now - q.nextAt
	q.stat.UnthrottleLatency += sample>>3 - q.stat.UnthrottleLatency>>3
	q.nextAt = fqNever
	n := 0
	for _, f := range q.delayed {
		if f.next > now {
			q.nextAt = f.next
			break
		}
		f.state = fqListed
		q.stat.Throttled--
		q.bands[f.band].oldFlows = append(q.bands[f.band].oldFlows, f)
		n++
	}
	rest := copy(q.delayed, q.delayed[n:])
	clear(q.delayed[rest:])
	q.delayed = q.delayed[:rest]
}

// throttle is fq_flow_set_throttled.
func (q *Fq) throttle(f *fqFlow) {
	q.delayed = append(q.delayed, f)
	for i := len(q.delayed) - 1; i > 0 && q.delayed[i-1].next > f.next; i-- {
		q.delayed[i], q.delayed[i-1] = q.delayed[i-1], q.delayed[i]
	}
	f.state = fqThrottled
	q.stat.Throttled++
	q.stat.ThrottledTimes++
	q.nextAt = min(q.nextAt, f.next)
}

// selectHead is fq_pband_head_select: the list of flows that is served now.
func (p *fqBand) selectHead() *[]*fqFlow {
	switch {
	case p.credit <= 0:
		return nil
	case len(p.newFlows) > 0:
		return &p.newFlows
	case len(p.oldFlows) > 0:
		return &p.oldFlows
	}
	return nil
}

// popFlow takes the first flow off a list.
func popFlow(l *[]*fqFlow) *fqFlow {
	f := (*l)[0]
	n := copy(*l, (*l)[1:])
	(*l)[n] = nil
	*l = (*l)[:n]
	return f
}

// Dequeue is fq_dequeue: the next packet of the flow whose turn it is. If all wait
// for their times, the watchdog is set for the first.
func (q *Fq) Dequeue(ns *core.Netns) *core.SKB {
	defer ns.In(step.FqDequeue, q).Out()
	if q.qlen == 0 {
		return nil
	}
	if b := q.internal.pop(); b != nil {
		q.unqueued(b)
		q.sent(b)
		return b
	}
	now := ns.Clock.Now()
	q.checkThrottled(now)
	for {
		head := q.nextHead()
		if head == nil {
			if q.nextAt != fqNever {
				ns.Why(step.WhyFqWait, uint64(q.stat.Throttled), uint64(q.nextAt-now))
				q.dog.at(q, q.nextAt, q.conf.TimerSlack)
			}
			return nil
		}
		if b := q.serve(ns, head, now); b != nil {
			q.sent(b)
			return b
		}
	}
}

// nextHead finds a band that has credit and flows, and gives the others theirs.
func (q *Fq) nextHead() *[]*fqFlow {
	for retry := 0; ; {
		if head := q.bands[q.band].selectHead(); head != nil {
			return head
		}
		for {
			if retry++; retry > fqBands {
				return nil
			}
			q.band = (q.band + 1) % fqBands
			p, quantum := &q.bands[q.band], q.conf.Weights[q.band]
			p.credit = min(p.credit+quantum, quantum)
			if p.credit > 0 {
				break
			}
			retry = 0
		}
	}
}

// serve lets the first flow of a list send; nil means that the flow has to wait,
// or has nothing.
func (q *Fq) serve(ns *core.Netns, head *[]*fqFlow, now sim.Time) *core.SKB {
	pb := &q.bands[q.band]
	f := (*head)[0]
	if f.credit <= 0 {
		f.credit += q.conf.Quantum
		popFlow(head)
		q.bands[f.band].oldFlows = append(q.bands[f.band].oldFlows, f)
		return nil
	}
	it := f.q.first()
	if it.b == nil {
		popFlow(head)
		if head == &pb.newFlows {
			q.bands[f.band].oldFlows = append(q.bands[f.band].oldFlows, f)
		} else {
			f.state, f.age = fqDetached, now
		}
		return nil
	}
	if at := max(it.at, f.next); now < at {
		popFlow(head)
		f.next = at
		q.throttle(f)
		return nil
	}
	b := f.q.pop()
	if q.conf.CEThreshold != fqNever && now-max(it.at, f.next) > q.conf.CEThreshold && setCE(b) {
		q.stat.CEMark++
	}
	if f.q.len() == 0 {
		q.stat.Inactive++
	}
	q.bands[q.conf.Priomap[b.Priority&15]].packets--
	q.unqueued(b)
	n := pktLen(b)
	f.credit -= n
	pb.credit -= n
	if q.conf.Pacing {
		q.pace(ns, f, b, n, now)
	}
	return b
}

// pace decides when the flow's next packet may go. A packet with a time of its own
// (TCP's) needs nothing but the limit for all flows.
func (q *Fq) pace(ns *core.Netns, f *fqFlow, b *core.SKB, n int, now sim.Time) {
	rate := q.conf.MaxRate
	if b.Tstamp == 0 {
		if p := pacer(b.SK); p != nil {
			rate = min(p.PacingRate(), rate)
		}
		if rate <= q.conf.LowRate {
			f.credit = 0
		} else if n = max(n, q.conf.Quantum); f.credit > 0 {
			return
		}
	}
	if rate == fqNoRate {
		return
	}
	d := sim.Time(n) * sim.Second
	if rate != 0 {
		d = sim.Time(uint64(n) * uint64(sim.Second) / rate)
	}
	if d > sim.Second {
		d = sim.Second
		q.stat.TooLong++
	}
	if f.next != 0 {
		d -= min(d/2, now-f.next)
	}
	f.next = now + d
	ns.Why(step.WhyFqPace, uint64(n), rate, uint64(d))
}
