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
	// IDs are its handle and its parent's class.
	IDs() (handle, parent uint32)
	// SetHandle gives it its number at the root of a device: major<<16.
	SetHandle(handle uint32)
	// Reset is qdisc_reset: drop all that waits and forget the past.
	Reset(ns *core.Netns)
	// Peek is the packet that Dequeue would give; it stays (Qdisc_ops.peek).
	Peek(ns *core.Netns) *core.SKB
	// Listed reports that tc lists it; ID grows with each one that is made.
	Listed() bool
	ID() uint32
	base() *qdisc
}

// Stats are the counters that `tc -s qdisc` shows (struct gnet_stats_basic and
// gnet_stats_queue). Packets and Bytes are those that were sent; Backlog is
// bytes, Len packets that wait.
type Stats struct {
	Bytes, Packets, Drops, Overlimits, Requeues uint64
	Backlog, Len                                int
}

// A qdisc is what struct Qdisc has for every discipline: statistics, its place in the
// tree, and what net/core needs.
type qdisc struct {
	core.QdiscRun
	id             uint32
	handle, parent uint32
	up             Discipline // the discipline that it hangs below, if that counts it
	invisible      bool       // tc does not list it (TCQ_F_INVISIBLE)
	qlen, backlog  int
	drops          uint64
	overlimits     uint64
	requeues       uint64
	bytes, packets uint64
	peeked         *core.SKB // taken out to be looked at, still a part of the queue (gso_skb)
}

// rootParent is TC_H_ROOT.
const rootParent = 0xffffffff

// newQdisc is qdisc_alloc.
func newQdisc(d *core.Device) qdisc {
	return qdisc{id: d.NS.Machine.IDs.Object(), QdiscRun: core.QdiscRun{Dev: d, OneQueue: d.NumTxQueues <= 1}}
}

func (q *qdisc) base() *qdisc { return q }

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

// Requeued: see core.Qdisc.
func (q *qdisc) Requeued(b *core.SKB, back bool) {
	if back {
		q.unqueued(b)
		return
	}
	q.requeues++
	q.queued(b)
}

// Kind, TraceID, TracePkt, Observe: see trace.Subject.
func (q *qdisc) Kind() step.Kind            { return step.KindQdisc }
func (q *qdisc) TraceID() uint32            { return q.id }
func (q *qdisc) TracePkt() (pkt, id uint32) { return 0, 0 }
func (q *qdisc) Observe(o *trace.Obs) {
	o[step.QdiscLen], o[step.QdiscBacklog], o[step.QdiscDrops] = uint64(q.qlen), uint64(q.backlog), q.drops
}

// Bypassed counts a packet that passes an empty queue by.
func (q *qdisc) Bypassed(b *core.SKB) { q.sent(b) }

// drop is qdisc_drop_reason: the packet goes, and is counted.
func (q *qdisc) drop(b *core.SKB, why core.DropReason) int {
	q.drops++
	q.Dev.Refuse(b, why)
	return core.NetXmitDrop
}

// clear is what qdisc_reset does for every discipline.
func (q *qdisc) clear(ns *core.Netns) {
	if q.peeked != nil {
		ns.Drop(q.peeked, step.DropQueuePurge, step.QdiscReset)
		q.peeked = nil
	}
	q.Forget()
	q.qlen, q.backlog = 0, 0
}

// peekDequeued is qdisc_peek_dequeued.
func peekDequeued(ns *core.Netns, q Discipline) *core.SKB {
	b := q.base()
	if b.peeked == nil {
		if b.peeked = q.Dequeue(ns); b.peeked != nil {
			b.queued(b.peeked)
		}
	}
	return b.peeked
}

// dequeuePeeked is qdisc_dequeue_peeked: the packet that was looked at, else the next.
func dequeuePeeked(ns *core.Netns, q Discipline) *core.SKB {
	b := q.base()
	if s := b.peeked; s != nil {
		b.peeked = nil
		b.unqueued(s)
		return s
	}
	return q.Dequeue(ns)
}

// Listed reports that tc lists the discipline (TCQ_F_INVISIBLE is not set); ID is its
// number in order of creation.
func (q *qdisc) Listed() bool { return !q.invisible }
func (q *qdisc) ID() uint32   { return q.id }

// shrink drops while there is more than a new limit lets in (the end of fq_change,
// codel_change and others).
func (q *qdisc) shrink(d Discipline, over func() bool) {
	n, bytes := 0, 0
	for over() {
		b := d.Dequeue(q.Dev.NS)
		if b == nil {
			break
		}
		n++
		bytes += pktLen(b)
		q.Dev.NS.Drop(b, step.DropNotSpecified, step.RtnlUnlock)
	}
	q.treeReduce(n, bytes)
}

// enqueueIn puts a packet into the discipline below (the end of prio_enqueue,
// tbf_enqueue).
func (q *qdisc) enqueueIn(child core.Qdisc, ns *core.Netns, b *core.SKB) int {
	n := pktLen(b) // the packet may be gone afterwards
	if rc := child.Enqueue(ns, b); rc != core.NetXmitSuccess {
		if lost(rc) {
			q.drops++
		}
		return rc
	}
	q.qlen++
	q.backlog += n
	return core.NetXmitSuccess
}

// emptied is told to a discipline when a class has nothing left in its queue
// (Qdisc_class_ops.qlen_notify).
type emptied interface{ qlenNotify(classid uint32) }

// treeReduce is qdisc_tree_reduce_backlog: n packets of that many bytes are gone from
// a queue without having been dequeued, and those above it count them, too.
func (q *qdisc) treeReduce(n, bytes int) {
	for up := q.up; up != nil; up = q.up {
		if e, ok := up.(emptied); ok && q.qlen == 0 {
			e.qlenNotify(q.parent)
		}
		q = up.base()
		q.qlen -= n
		q.backlog -= bytes
		q.drops += uint64(max(n, 0))
	}
}

// hang puts a discipline below a class of another (qdisc_graft).
func hang(q Discipline, up Discipline, classid uint32) {
	b := q.base()
	b.parent, b.up = classid, up
}

// purged is qdisc_purge_queue for a child that goes away: what waits in it is
// dropped, and no longer counted above.
func (q *qdisc) purged(child Discipline) {
	c := child.base()
	n, bytes := c.qlen, c.backlog
	child.Reset(q.Dev.NS)
	c.treeReduce(n, bytes)
	c.up = nil
}

// lost reports that a child's answer is a loss for its parent (net_xmit_drop_count).
func lost(rc int) bool { return rc&core.NetXmitStolen == 0 }

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

// purge drops a list whose discipline goes away (rtnl_kfree_skbs).
func purge(ns *core.Netns, l *core.SKBList) {
	for b := l.PopFront(); b != nil; b = l.PopFront() {
		ns.Drop(b, step.DropNotSpecified, step.RtnlUnlock)
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
	h, own := b.TransportOffset(), b.Transport
	if b.InTunnel() {
		own = int(b.Inner[1])
		h = own - b.Offset()
	}
	if b.GSOType&(core.GSOTCPv4|core.GSOTCPv6) == 0 {
		return h + wire.UDPLen
	}
	if t := b.From(own); len(t) >= wire.TCPMinLen {
		return h + int(t[12]>>4)*4
	}
	return h + wire.TCPMinLen
}

// mtu is psched_mtu: bytes of a whole frame.
func mtu(d *core.Device) int { return d.MTU + d.HardLen }

// A watchdog is struct qdisc_watchdog: it has the queue run again at a time.
type watchdog struct {
	timer sim.Timer
	q     Discipline
}

// at is qdisc_watchdog_schedule_range_ns: one that is set to ring between t and
// t+slack stays.
func (w *watchdog) at(q Discipline, t, slack sim.Time) {
	w.q = q
	if w.timer.Pending() && w.timer.At >= t && w.timer.At <= t+slack {
		return
	}
	q.Run().Dev.NS.Clock.Mod(&w.timer, t+slack, w)
}

func (w *watchdog) cancel() {
	if w.q != nil {
		w.q.Run().Dev.NS.Clock.Stop(&w.timer)
	}
}

// Run is the timer's interrupt.
func (w *watchdog) Run() { w.q.Run().Dev.NS.Machine.HRTimerInterrupt(w) }

// Expire is qdisc_watchdog.
func (w *watchdog) Expire() {
	defer w.q.Run().Dev.NS.In(step.QdiscWatchdog, w.q.base()).Out()
	w.q.Run().Dev.NS.Why(step.WhyWatchdog, uint64(w.q.Len()))
	core.NetifSchedule(root(w.q))
}

// root is qdisc_root: the discipline at the top of the tree.
func root(q Discipline) Discipline {
	for q.base().up != nil {
		q = q.base().up
	}
	return q
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
		ns.Drop(b, step.DropNotSpecified, step.RtnlUnlock)
	}
}
