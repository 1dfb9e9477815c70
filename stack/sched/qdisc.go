package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: include/net/sch_generic.h, net/sched/sch_api.c
// (qdisc_watchdog), net/core/dev.c (qdisc_pkt_len_init).

// A Discipline is what tc can ask of every queueing discipline here.
type Discipline interface {
	core.Qdisc
	// Stats are its counters.
	Stats() Stats
	// SetHandle gives it its number at the root of a device: major<<16.
	SetHandle(handle uint32)
	// Reset is qdisc_reset: drop all that waits and forget the past.
	Reset(ns *core.Netns)
}

// Stats are the counters that `tc -s qdisc` shows (struct gnet_stats_basic and
// gnet_stats_queue). Packets and Bytes are those that were sent; Backlog is
// bytes, Len packets that wait.
type Stats struct {
	Bytes, Packets, Drops, Overlimits, Requeues uint64
	Backlog, Len                                int
}

// A qdisc is what struct Qdisc has for every discipline: statistics and name.
type qdisc struct {
	id             uint32
	handle, parent uint32
	qlen, backlog  int
	drops          uint64
	overlimits     uint64
	requeues       uint64
	bytes, packets uint64
	dev            *core.Device
}

// rootParent is TC_H_ROOT.
const rootParent = 0xffffffff

// IDs are the numbers that tc shows: handle and parent.
func (q *qdisc) IDs() (handle, parent uint32) { return q.handle, q.parent }

// SetHandle: see Discipline.
func (q *qdisc) SetHandle(handle uint32) { q.handle, q.parent = handle, rootParent }

// Stats: see Discipline.
func (q *qdisc) Stats() Stats {
	return Stats{q.bytes, q.packets, q.drops, q.overlimits, q.requeues, q.backlog, q.qlen}
}

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

// Bypassed counts a packet that passes an empty queue by.
func (q *qdisc) Bypassed(b *core.SKB) { q.sent(b) }

// sent is qdisc_bstats_update.
func (q *qdisc) sent(b *core.SKB) {
	q.bytes += uint64(pktLen(b))
	q.packets += uint64(max(1, segments(b)))
}

// queued and unqueued keep the counts of what waits (qdisc_qstats_backlog_inc,
// _dec, and q.qlen).
func (q *qdisc) queued(b *core.SKB) {
	q.qlen++
	q.backlog += pktLen(b)
}

func (q *qdisc) unqueued(b *core.SKB) {
	q.qlen--
	q.backlog -= pktLen(b)
}

// add and take do both for a list.
func (q *qdisc) add(l *core.SKBList, b *core.SKB) {
	l.PushBack(b)
	q.queued(b)
}

func (q *qdisc) take(l *core.SKBList) *core.SKB {
	b := l.PopFront()
	if b != nil {
		q.unqueued(b)
	}
	return b
}

// purge drops a list whose discipline goes away.
func purge(ns *core.Netns, l *core.SKBList) {
	for b := l.PopFront(); b != nil; b = l.PopFront() {
		ns.Drop(b, step.DropNotSpecified, step.QdiscReset)
	}
}

// segments is how many packets of the wire b stands for.
func segments(b *core.SKB) int {
	if b.GSOSize == 0 {
		return 1
	}
	return b.GSOSegs
}

// pktLen is qdisc_pkt_len: the bytes that go onto the wire. A packet that will be
// cut counts the headers of all its parts.
func pktLen(b *core.SKB) int {
	n := b.Len()
	if b.GSOSize == 0 || b.GSOSegs < 2 {
		return n
	}
	return n + (b.GSOSegs-1)*headerLen(b)
}

// headerLen is the bytes before the payload of a TCP or UDP packet.
func headerLen(b *core.SKB) int {
	h := b.TransportOffset()
	if b.GSOType&(core.GSOTCPv4|core.GSOTCPv6) == 0 {
		return h + wire.UDPLen
	}
	if t := b.L4(); len(t) >= wire.TCPMinLen {
		return h + int(t[12]>>4)*4
	}
	return h + wire.TCPMinLen
}

// mtu is psched_mtu: bytes of a whole frame.
func mtu(d *core.Device) int { return d.MTU + d.HardLen }

// A watchdog is struct qdisc_watchdog: it has the queue run again at a time.
type watchdog struct {
	timer sim.Timer
	q     *qdisc
}

// at is qdisc_watchdog_schedule_range_ns: one that is set to ring between t and
// t+slack stays.
func (w *watchdog) at(q *qdisc, t, slack sim.Time) {
	w.q = q
	if w.timer.Pending() && w.timer.At >= t && w.timer.At <= t+slack {
		return
	}
	q.dev.NS.Clock.Mod(&w.timer, t+slack, w)
}

func (w *watchdog) cancel() {
	if w.q != nil {
		w.q.dev.NS.Clock.Stop(&w.timer)
	}
}

// Run is qdisc_watchdog.
func (w *watchdog) Run() {
	defer w.q.dev.NS.In(step.QdiscWatchdog, w.q).Out()
	w.q.dev.NS.Why(step.WhyWatchdog, uint64(w.q.qlen))
	w.q.dev.NetifSchedule()
}

// An item is a packet that waits, and when it may go (0: at once).
type item struct {
	b  *core.SKB
	at sim.Time
}

// A timeline is packets in order of their times; equal ones in order of arrival.
type timeline struct {
	items []item
	head  int
}

func (l *timeline) len() int { return len(l.items) - l.head }

// first is the packet that goes next; its b is nil if there is none.
func (l *timeline) first() item {
	if l.len() == 0 {
		return item{}
	}
	return l.items[l.head]
}

func (l *timeline) last() item {
	if l.len() == 0 {
		return item{}
	}
	return l.items[len(l.items)-1]
}

// insert puts a packet behind all that go no later.
func (l *timeline) insert(b *core.SKB, at sim.Time) {
	l.items = append(l.items, item{b, at})
	for i := len(l.items) - 1; i > l.head && l.items[i-1].at > at; i-- {
		l.items[i], l.items[i-1] = l.items[i-1], l.items[i]
	}
}

// pop takes the first out.
func (l *timeline) pop() *core.SKB {
	if l.len() == 0 {
		return nil
	}
	b := l.items[l.head].b
	l.items[l.head] = item{}
	l.head++
	switch {
	case l.head == len(l.items):
		l.items, l.head = l.items[:0], 0
	case l.head >= 64 && l.head*2 >= len(l.items):
		n := copy(l.items, l.items[l.head:])
		clear(l.items[n:])
		l.items, l.head = l.items[:n], 0
	}
	return b
}

func (l *timeline) purge(ns *core.Netns) {
	for b := l.pop(); b != nil; b = l.pop() {
		ns.Drop(b, step.DropNotSpecified, step.QdiscReset)
	}
}
