package core

import "github.com/packetwalk/packetwalk/stack/step"

// Read before editing: net/core/dev.c (netdev_core_pick_tx, __dev_xmit_skb),
// net/sched/sch_generic.c (dequeue_skb, sch_direct_xmit, __qdisc_run),
// include/linux/netdevice.h (struct netdev_queue).
//
// Left out: byte queue limits (dql): a driver's ring alone says how much it takes, as
// if qdisc_avail_bulklimit were 0.

// weightTx is net.core.dev_weight on the sending side: packets that one
// qdisc_run sends.
const weightTx = 64

// bulkSlow is how many further packets are taken at once from a discipline that
// feeds several transmit queues (try_bulk_dequeue_skb_slow).
const bulkSlow = 8

// Flags in what Enqueue returns, besides NET_XMIT_*: a filter has taken the packet;
// the packet is gone although the sender is told that all is well.
const (
	NetXmitStolen = 0x10000 // __NET_XMIT_STOLEN
	NetXmitBypass = 0x20000 // __NET_XMIT_BYPASS
)

// A Qdisc is struct Qdisc: a queue between the stack and a device.
type Qdisc interface {
	// Enqueue takes the packet in any case and returns NET_XMIT_*, with flags. One
	// that it drops goes onto the device's list (Device.Refuse).
	Enqueue(ns *Netns, b *SKB) int
	Dequeue(ns *Netns) *SKB // nil: nothing may be sent now
	Len() int
	Name() string // "pfifo_fast"
	// Run is what net/core keeps with a queue.
	Run() *QdiscRun
	// Requeued counts a packet that the driver did not take and that is a part of
	// the queue again; back: it leaves it for good.
	Requeued(b *SKB, back bool)
}

// A QdiscRun is that part of struct Qdisc which net/core uses when it runs the queue.
type QdiscRun struct {
	Dev       *Device
	OneQueue  bool    // it feeds one transmit queue (TCQ_F_ONETXQUEUE)
	TxQueue   int     // which
	again     SKBList // taken from the queue, refused by the driver (gso_skb)
	other     SKBList // taken from the queue, for another transmit queue (skb_bad_txq)
	scheduled bool    // waits for the transmit softirq (__QDISC_STATE_SCHED)
}

// Run: see Qdisc.
func (r *QdiscRun) Run() *QdiscRun { return r }

// Forget drops what net/core holds of the queue (qdisc_reset).
func (r *QdiscRun) Forget() {
	for _, l := range [...]*SKBList{&r.again, &r.other} {
		for b := l.PopFront(); b != nil; b = l.PopFront() {
			r.Dev.NS.Drop(b, step.DropQueuePurge, step.QdiscReset)
		}
	}
}

// A QdiscID is what a Qdisc tells of its place in the tree, if it has one.
type QdiscID interface {
	IDs() (handle, parent uint32)
}

// A Bypasser is a Qdisc that may be passed by while it is empty
// (TCQ_F_CAN_BYPASS).
type Bypasser interface {
	CanBypass() bool
	Bypassed(b *SKB) // count the packet that passes it by (qdisc_bstats_update)
}

// A MultiQueue is a root that gives each transmit queue a discipline of its own (mq).
type MultiQueue interface {
	Queue(i int) Qdisc
	SetReal(n int) // the device uses so many queues now (mq_change_real_num_tx)
}

// A txQueue is struct netdev_queue.
type txQueue struct {
	stopped bool // the driver's ring is full (__QUEUE_STATE_DRV_XOFF)
}

// queueOf is skb_get_tx_queue: the transmit queue that the packet names.
func (d *Device) queueOf(b *SKB) int {
	if n := d.TxQueues(); n > 1 {
		return int(b.QueueMapping) % n
	}
	return 0
}

// TxQueues is how many transmit queues the device uses (real_num_tx_queues).
func (d *Device) TxQueues() int {
	if d.RealTx > 0 {
		return d.RealTx
	}
	return d.NumTxQueues
}

// qdisc is the discipline of a transmit queue; nil is noqueue.
func (d *Device) qdisc(txq int) Qdisc {
	if m, ok := d.Qdisc.(MultiQueue); ok {
		return m.Queue(txq)
	}
	return d.Qdisc
}

// pickTx is netdev_core_pick_tx: choose the transmit queue, and with it the
// discipline. A card whose only discipline feeds all of its queues (SelectsTx) sends by
// the first, unless xps_cpus says otherwise.
func (ns *Netns) pickTx(d *Device, b *SKB) Qdisc {
	m, multi := d.Qdisc.(MultiQueue)
	switch n := d.TxQueues(); {
	case n > 1 && (multi || !d.SelectsTx || d.xps != nil):
		ns.pickTxQueue(d, b)
	case n == 1:
		b.QueueMapping = 0
	}
	if multi {
		return m.Queue(d.queueOf(b))
	}
	return d.Qdisc
}

// devXmitSkb is __dev_xmit_skb: an empty queue is passed by, else the packet is
// queued and the queue is run.
func (ns *Netns) devXmitSkb(q Qdisc, b *SKB) int {
	d := b.Dev
	if p, ok := q.(Bypasser); ok && p.CanBypass() && q.Len() == 0 {
		ns.Why(step.WhyQdiscBypass, uint64(d.Index))
		p.Bypassed(b)
		var l SKBList
		l.PushBack(b)
		if ns.schDirectXmit(q, &l, true) && q.Len() > 0 {
			ns.qdiscRun(q)
		}
		return NetXmitSuccess
	}
	rc := q.Enqueue(ns, b)
	if rc == NetXmitSuccess {
		ns.Why(step.WhyQdiscQueued, uint64(d.Index), uint64(q.Len()))
		handle, parent := qdiscIDs(q)
		if ns.Trace != nil && !b.Freed() {
			ns.TP(step.QdiscEnqueue, b, uint64(b.ID), uint64(d.Index), uint64(handle), uint64(parent))
		}
	}
	ns.qdiscRun(q)
	if rc == NetXmitDrop {
		ns.Why(step.WhyQdiscDrop, uint64(d.Index), uint64(q.Len()), uint64(d.TxQueueLen))
	}
	d.freeRefused()
	return rc & (NetXmitStolen - 1)
}

// A refusal is a packet on the to_free list, and why it is there.
type refusal struct {
	b   *SKB
	why DropReason
}

// Refuse puts a packet on the list of those that are freed when the queue has
// run (to_free).
func (d *Device) Refuse(b *SKB, why DropReason) {
	d.toFree = append(d.toFree, refusal{b, why})
}

// freeRefused frees that list (kfree_skb_list_reason in __dev_xmit_skb).
func (d *Device) freeRefused() {
	for i, r := range d.toFree {
		d.toFree[i] = refusal{}
		d.NS.Drop(r.b, r.why, step.DevQueueXmit)
	}
	d.toFree = d.toFree[:0]
}

// NetifSchedule is __netif_schedule: the transmit softirq shall run the queue, whose
// discipline had waited for a time.
func NetifSchedule(q Qdisc) { q.Run().Dev.NS.Machine.ThisCPU().netifSchedule(q) }

// GSOSegment is skb_gso_segment for a discipline that needs single packets; b
// stays. It reports false when b cannot be cut.
func (ns *Netns) GSOSegment(d *Device, b *SKB, l *SKBList) bool { return ns.gsoSegment(d, b, l) }

func qdiscIDs(q Qdisc) (handle, parent uint32) {
	if p, ok := q.(QdiscID); ok {
		return p.IDs()
	}
	return 0, 0
}

// qdiscRun is __qdisc_run: send from the queue until it is empty, the device is
// full, or the quota is used up.
func (ns *Netns) qdiscRun(q Qdisc) {
	for quota := weightTx; ; {
		var l SKBList
		validate, ok := ns.dequeueSkb(q, &l)
		if !ok {
			return
		}
		n := l.Len()
		if n == 0 || !ns.schDirectXmit(q, &l, validate) { // qdisc_restart
			return
		}
		if quota -= n; quota <= 0 {
			NetifSchedule(q)
			return
		}
	}
}

// dequeueSkb is dequeue_skb: what the driver refused before, if it can take it now,
// else the next packet, and more with it if the discipline feeds several queues. ok is
// false when the queue need not be asked.
func (ns *Netns) dequeueSkb(q Qdisc, l *SKBList) (validate, ok bool) {
	r := q.Run()
	d := r.Dev
	if b := r.again.Front(); b != nil {
		if d.QueueStopped(d.queueOf(b)) {
			return false, false
		}
		r.again.PopFront()
		q.Requeued(b, true)
		l.PushBack(b)
		ns.dequeued(q, b, 1)
		return false, true
	}
	if r.OneQueue && d.QueueStopped(r.TxQueue) {
		return true, false
	}
	b := r.other.Front()
	if b != nil {
		if d.QueueStopped(d.queueOf(b)) {
			return true, false
		}
		r.other.PopFront()
		q.Requeued(b, true)
	} else if b = q.Dequeue(ns); b == nil {
		ns.dequeued(q, nil, 0)
		return true, true
	}
	l.PushBack(b)
	if !r.OneQueue {
		ns.bulkDequeue(q, l)
	}
	ns.dequeued(q, b, l.Len())
	return true, true
}

// bulkDequeue is try_bulk_dequeue_skb_slow: packets for the same transmit queue leave
// together.
func (ns *Netns) bulkDequeue(q Qdisc, l *SKBList) {
	d := q.Run().Dev
	txq := d.queueOf(l.Front())
	for range bulkSlow {
		b := q.Dequeue(ns)
		if b == nil {
			return
		}
		if d.queueOf(b) != txq {
			q.Run().other.PushBack(b) // qdisc_enqueue_skb_bad_txq
			q.Requeued(b, false)
			return
		}
		l.PushBack(b)
	}
}

// dequeued fires the tracepoint of dequeue_skb; b may be nil.
func (ns *Netns) dequeued(q Qdisc, b *SKB, n int) {
	if ns.Trace == nil {
		return
	}
	d := q.Run().Dev
	handle, parent := qdiscIDs(q)
	if b == nil {
		ns.TP(step.QdiscDequeue, nil, 0, 0, uint64(d.Index), uint64(handle), uint64(parent))
		return
	}
	ns.TP(step.QdiscDequeue, b, uint64(n), uint64(b.ID), uint64(d.Index), uint64(handle), uint64(parent))
}

// schDirectXmit is sch_direct_xmit: send the packets that the queue gave, and
// report whether the queue may go on. What the driver refuses is kept for the
// next run (dev_requeue_skb).
func (ns *Netns) schDirectXmit(q Qdisc, l *SKBList, validate bool) bool {
	defer ns.In(step.SchDirectXmit, l.Front()).Out()
	d := q.Run().Dev
	txq := d.queueOf(l.Front())
	if validate {
		var ready SKBList
		for b := l.PopFront(); b != nil; b = l.PopFront() {
			ns.validateXmit(d, b, &ready)
		}
		if *l = ready; l.Len() == 0 {
			return true
		}
	}
	if d.QueueStopped(txq) {
		ns.Why(step.WhyTxStopped, uint64(d.Index), uint64(q.Len()))
		requeue(q, l)
		return false
	}
	ns.Why(step.WhyXmitNow, uint64(d.Index))
	if rest, _ := ns.hardStartXmit(d, l); rest != nil {
		ns.Why(step.WhyTxBusy, uint64(d.Index))
		l.PushFront(rest)
		requeue(q, l)
		return false
	}
	return true
}

// requeue is dev_requeue_skb: packets that the driver refused, to be sent, in
// order and first, when the device can again.
func requeue(q Qdisc, l *SKBList) {
	r := q.Run()
	for b := l.PopFront(); b != nil; b = l.PopFront() {
		r.again.PushBack(b)
		q.Requeued(b, false)
	}
	if !r.Dev.QueueStopped(r.Dev.queueOf(r.again.Front())) {
		NetifSchedule(q)
	}
}

// StopQueue is netif_tx_stop_queue: the driver's ring is full.
func (d *Device) StopQueue(txq int) {
	for len(d.tx) <= txq {
		d.tx = append(d.tx, txQueue{})
	}
	d.tx[txq].stopped = true
}

// QueueStopped is netif_tx_queue_stopped.
func (d *Device) QueueStopped(txq int) bool { return txq < len(d.tx) && d.tx[txq].stopped }

// WakeQueue is netif_tx_wake_queue: there is room again; the transmit softirq
// runs the queue.
func (d *Device) WakeQueue(txq int) {
	if txq < len(d.tx) {
		d.tx[txq].stopped = false
	}
	if q := d.qdisc(txq); q != nil {
		NetifSchedule(q)
	}
}
