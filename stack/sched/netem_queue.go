package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Enqueue is netem_enqueue: throw the dice for the packet and, if it lives, say
// when it may leave.
func (q *Netem) Enqueue(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.NetemEnqueue, b).Out()
	c := &q.conf
	count := 1
	if b.TcDepth == 0 && q.hit(corDup, c.Duplicate) {
		count++
	}
	if q.lossEvent() {
		if c.LossModel == NetemLossRandom {
			ns.Why(step.WhyNetemLoss, uint64(c.Loss.P))
		} else {
			ns.Why(step.WhyNetemModel, uint64(q.state))
		}
		if c.ECN && setCE(b) {
			q.drops++
		} else {
			count--
		}
	}
	if count == 0 {
		q.drops++
		q.Dev.Refuse(b, step.DropQdiscDrop)
		return core.NetXmitSuccess | core.NetXmitBypass
	}
	if c.Delay != 0 || c.Jitter != 0 || c.Rate != 0 {
		b.Orphan()
	}
	var dup *core.SKB
	if count > 1 {
		ns.Why(step.WhyNetemDup, uint64(c.Duplicate.P))
		dup = b.Clone()
	}
	before := pktLen(b)
	var rest core.SKBList // the other parts of a packet of many that is spoilt
	if q.hit(corCorrupt, c.Corrupt) {
		if b = q.spoil(ns, b, &rest); b == nil {
			q.discard(dup)
			return core.NetXmitDrop
		}
	}
	if q.qlen >= c.Limit {
		ns.Why(step.WhyFifoFull, uint64(q.qlen), uint64(c.Limit))
		q.drop(b, step.DropQdiscDrop)
		for s := rest.PopFront(); s != nil; s = rest.PopFront() {
			q.Dev.Refuse(s, step.DropQdiscDrop)
		}
		q.discard(dup)
		return core.NetXmitDrop
	}
	if dup != nil {
		dup.TcDepth++
		root(q).Enqueue(ns, dup)
	}
	n, bytes := 1, pktLen(b)
	q.place(ns, b)
	if rest.Len() == 0 {
		return core.NetXmitSuccess
	}
	for s := rest.PopFront(); s != nil; s = rest.PopFront() {
		size := s.Len()
		if rc := q.Enqueue(ns, s); rc != core.NetXmitSuccess {
			if lost(rc) {
				q.drops++
			}
			continue
		}
		n++
		bytes += size
	}
	q.treeReduce(-(n - 1), -(bytes - before))
	return core.NetXmitSuccess
}

// discard drops a copy that was not needed; nil is none.
func (q *Netem) discard(dup *core.SKB) {
	if dup != nil {
		q.Dev.Refuse(dup, step.DropQdiscDrop)
	}
}

// spoil flips one bit of the packet. A packet of many is cut first (netem_segment), and
// the others are put into rest. nil: the packet is gone.
func (q *Netem) spoil(ns *core.Netns, b *core.SKB, rest *core.SKBList) *core.SKB {
	if b.GSOSize > 0 {
		if !ns.GSOSegment(q.Dev, b, rest) {
			q.drop(b, step.DropQdiscDrop)
			return nil
		}
		ns.Consume(b, step.NetemEnqueue)
		b = rest.PopFront()
	}
	b.Unshare()
	if b.IPSummed == core.ChecksumPartial && !ns.ChecksumHelp(b) {
		q.drop(b, step.DropQdiscDrop)
		return nil
	}
	if n := b.HeadLen(); n > 0 {
		r := ns.Machine.Rand
		at, bit := r.Below(uint32(n)), r.Below(8)
		b.Data()[at] ^= 1 << bit
		ns.Why(step.WhyNetemCorrupt, uint64(at), uint64(bit))
	}
	return b
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
	d := q.tabledist(c.Delay, c.Jitter, corDelay, c.DelayCor, c.Dist)
	at := now
	if c.Rate != 0 {
		if l := q.t.last(); l.b != nil {
			d = max(0, d-(l.at-now))
			at = l.at
		}
		d += q.packetTime(pktLen(b))
	}
	at += d
	ns.Why(step.WhyNetemDelay, uint64(max(at-now, 0)))
	q.counter++
	q.t.insert(b, at)
}

// packetTime is packet_time_ns.
func (q *Netem) packetTime(n int) sim.Time {
	c := &q.conf
	n = max(n+c.Overhead, 0)
	if c.CellSize > 0 {
		cells := (n + c.CellSize - 1) / c.CellSize
		n = max(cells*(c.CellSize+c.CellOverhead), 0)
	}
	return sim.Time(uint64(n) * uint64(sim.Second) / c.Rate)
}

// nextSlot is get_slot_next.
func (q *Netem) nextSlot(now sim.Time) {
	s := &q.conf.Slot
	d := sim.Time(0)
	if s.Dist == nil {
		d = s.Min + sim.Time(uint64(s.Max-s.Min)*uint64(q.Dev.NS.Machine.Rand.Uint32())>>32)
	} else {
		d = q.tabledist(s.Delay, s.Jitter, 0, 0, s.Dist)
	}
	q.slotNext = now + d
	q.fillSlot()
}

// Dequeue is netem_dequeue: the first packet, if its time has come and its slot is
// open. With a discipline below, that one gets it, and says what leaves.
func (q *Netem) Dequeue(ns *core.Netns) *core.SKB {
	defer ns.In(step.NetemDequeue, q).Out()
	for {
		if b := q.front.pop(); b != nil {
			return q.deliver(b)
		}
		it, now := q.t.first(), ns.Clock.Now()
		if it.b == nil {
			break
		}
		if q.slotNext != 0 && q.slotNext < it.at {
			q.nextSlot(now)
		}
		if it.at > now || q.slotNext > now {
			if b := q.fromInner(ns); b != nil {
				return b
			}
			q.wait(ns, it.at, now)
			break
		}
		b := q.t.pop()
		if q.slotNext != 0 {
			q.slotPkts--
			if q.slotLeft -= pktLen(b); q.slotPkts <= 0 || q.slotLeft <= 0 {
				q.nextSlot(now)
			}
		}
		if q.inner == nil {
			return q.deliver(b)
		}
		q.handOn(ns, b)
	}
	return q.fromInner(ns)
}

// wait sets the watchdog for the first packet, or the next slot.
func (q *Netem) wait(ns *core.Netns, at, now sim.Time) {
	if q.slotNext > at {
		ns.Why(step.WhyNetemSlot, uint64(q.t.len()), uint64(q.slotNext-now))
		at = q.slotNext
	} else {
		ns.Why(step.WhyNetemWait, uint64(q.t.len()), uint64(at-now))
	}
	q.dog.at(q, at, 0)
}

// handOn gives a packet whose delay is over to the discipline below.
func (q *Netem) handOn(ns *core.Netns, b *core.SKB) {
	n := pktLen(b)
	if rc := q.inner.Enqueue(ns, b); rc != core.NetXmitSuccess {
		if lost(rc) {
			q.drops++
		}
		q.qlen--
		q.backlog -= n
		q.treeReduce(1, n)
	}
}

func (q *Netem) fromInner(ns *core.Netns) *core.SKB {
	if q.inner == nil {
		return nil
	}
	if b := q.inner.Dequeue(ns); b != nil {
		return q.deliver(b)
	}
	return nil
}

// deliver counts a packet that leaves.
func (q *Netem) deliver(b *core.SKB) *core.SKB {
	q.unqueued(b)
	q.sent(b)
	return b
}
