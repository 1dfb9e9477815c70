package inet

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Flags of a FragQueue (INET_FRAG_*).
const (
	FragComplete = 1 << iota // out of the table: nothing is taken any more
	FragFirstIn              // the fragment with offset 0 is here
	FragLastIn               // the one without "more fragments" is here
	FragDrop                 // its time ran out: what is left is a loss
)

// A FragInsert is what FragQueue.Insert says (IPFRAG_*).
type FragInsert uint8

// What became of a fragment.
const (
	FragOK      FragInsert = iota
	FragDup                // wholly inside what is here
	FragOverlap            // partly: an attack or a broken sender (RFC 5722 §4)
)

// A FragKey says which fragments belong together (struct frag_v4_compare_key,
// frag_v6_compare_key).
type FragKey struct {
	Src, Dst wire.Addr
	ID       uint32
	User     uint32 // who asks: local delivery, conntrack …
	Proto    uint8
}

// FragOps is the family's part (struct inet_frags).
type FragOps interface {
	// Expire is frag_expire: the timer of q fired.
	Expire(ns *core.Netns, q *FragQueue)
}

// A Fqdir is struct fqdir: the incomplete packets of one family in one
// namespace.
type Fqdir struct {
	Ops    FragOps
	Mem    int // bytes of buffers and queues, against ipfrag_high_thresh
	queues map[FragKey]*FragQueue
	list   []*FragQueue // in order of creation
}

// qsize is sizeof(struct ipq): what an empty queue counts.
const qsize = 200

// A FragQueue is struct inet_frag_queue with what the families add: one packet
// whose pieces are coming in.
type FragQueue struct {
	ID    uint32
	Key   FragKey
	Flags uint8
	Len   int // bytes of the whole payload, as far as known
	Meat  int // bytes that are here

	MaxSize   int // largest fragment with its header
	MaxDFSize int // largest one with DF
	ECN       uint8
	IIF       int
	RID       uint32
	Peer      *Peer
	NHOff     int // IPv6: where the header before the fragment header names it

	dir   *Fqdir
	ns    *core.Netns
	runs  []fragRun
	timer *sim.Timer
}

// A fragRun is a row of fragments without a gap, in the order of arrival.
type fragRun struct {
	off, end int
	skbs     core.SKBList
}

// Kind, TraceID, TracePkt: see trace.Subject.
func (q *FragQueue) Kind() step.Kind            { return step.KindFrag }
func (q *FragQueue) TraceID() uint32            { return q.ID }
func (q *FragQueue) TracePkt() (pkt, id uint32) { return 0, 0 }

type fragTimer struct{ q *FragQueue }

// Run is what the timer calls: frag_expire.
func (t *fragTimer) Run() {
	ns := t.q.ns
	ns.BHDisable()
	t.q.dir.Ops.Expire(ns, t.q)
	ns.BHEnable()
}

// Find is inet_frag_find: the queue of a key, made if there is none; nil when
// the memory limit (bytes) is reached. timeout is how long the rest may take.
func (d *Fqdir) Find(ns *core.Netns, key FragKey, high int, timeout sim.Time) (q *FragQueue, made bool) {
	defer ns.In(step.InetFragFind, Subject{ns}).Out()
	if high == 0 || d.Mem > high {
		ns.Why(step.WhyFragMemory, uint64(d.Mem), uint64(high))
		return nil, false
	}
	if q = d.queues[key]; q != nil {
		ns.Why(step.WhyFragQueueFound, uint64(q.Meat), uint64(key.ID))
		return q, false
	}
	if d.queues == nil {
		d.queues = map[FragKey]*FragQueue{}
	}
	q = &FragQueue{ID: ns.Machine.IDs.Object(), Key: key, dir: d, ns: ns, timer: &sim.Timer{}}
	d.queues[key] = q
	d.list = append(d.list, q)
	d.Mem += qsize
	ns.Clock.Mod(q.timer, sim.WheelExpiry(ns.Clock.Now(), ns.Clock.Now()+timeout), &fragTimer{q})
	ns.Why(step.WhyFragQueueNew, uint64(key.ID), uint64(timeout))
	return q, true
}

// Len is how many incomplete packets there are; Each calls f for each, oldest
// first.
func (d *Fqdir) Len() int { return len(d.list) }

// Each calls f for each incomplete packet, oldest first.
func (d *Fqdir) Each(f func(*FragQueue)) {
	for _, q := range d.list {
		f(q)
	}
}

// Restart arms the timer again: ip_frag_reinit.
func (q *FragQueue) Restart(timeout sim.Time) {
	c := q.ns.Clock
	c.Mod(q.timer, sim.WheelExpiry(c.Now(), c.Now()+timeout), &fragTimer{q})
}

// Kill is inet_frag_kill: the queue leaves the table; its fragments stay until
// Destroy.
func (q *FragQueue) Kill() {
	q.ns.Clock.Stop(q.timer)
	if q.Flags&FragComplete != 0 {
		return
	}
	q.Flags |= FragComplete
	d := q.dir
	delete(d.queues, q.Key)
	for i := range d.list {
		if d.list[i] == q {
			d.list = append(d.list[:i], d.list[i+1:]...)
			break
		}
	}
}

// Destroy is inet_frag_destroy: free what is left. After a timeout that is a
// loss, otherwise not.
func (q *FragQueue) Destroy() {
	defer q.ns.In(step.InetFragDestroy, q).Out()
	ns := q.ns
	if q.Flags&FragDrop != 0 {
		q.purge(step.DropFragReasmTimeout)
	} else {
		q.purge(step.DropConsumed)
	}
	q.dir.Mem -= qsize
	if q.Peer != nil {
		q.Peer.Refs--
	}
	if ns.Trace != nil {
		ns.Trace.Forget(q.ID)
	}
}

// Flush is inet_frag_queue_flush: free the fragments and keep the queue.
func (q *FragQueue) Flush(why core.DropReason) { q.purge(why) }

// purge is inet_frag_rbtree_purge.
func (q *FragQueue) purge(why core.DropReason) {
	defer q.ns.In(step.InetFragRbtreePurge, q).Out()
	for i := range q.runs {
		for b := q.runs[i].skbs.PopFront(); b != nil; b = q.runs[i].skbs.PopFront() {
			q.dir.Mem -= b.Truesize
			if why == step.DropConsumed {
				q.ns.Consume(b, step.InetFragRbtreePurge)
			} else {
				q.ns.Drop(b, why, step.InetFragRbtreePurge)
			}
		}
	}
	q.runs = nil
}

// Insert is inet_frag_queue_insert: put the bytes off to end of the payload,
// which are all that b's data pointer shows, where they belong. Unless it
// returns FragOK the buffer is still the caller's.
func (q *FragQueue) Insert(b *core.SKB, off, end int) FragInsert {
	defer q.ns.In(step.InetFragQueueInsert, b).Out()
	n := len(q.runs)
	if n == 0 || q.lastEnd() < end {
		if n > 0 && off < q.runs[n-1].end {
			q.ns.Why(step.WhyFragOverlap, uint64(off), uint64(end), uint64(q.runs[n-1].off), uint64(q.runs[n-1].end))
			return FragOverlap
		}
		q.take(b)
		if n > 0 && off == q.runs[n-1].end {
			q.runs[n-1].skbs.PushBack(b)
			q.runs[n-1].end = end
		} else {
			q.insertRun(n, b, off, end)
		}
		q.ns.Why(step.WhyFragAppended, uint64(off), uint64(end))
		return FragOK
	}
	i := 0
	for ; i < n; i++ {
		r := &q.runs[i]
		if end <= r.off {
			break
		}
		if off >= r.end {
			continue
		}
		q.ns.Why(step.WhyFragOverlap, uint64(off), uint64(end), uint64(r.off), uint64(r.end))
		if off >= r.off && end <= r.end {
			q.ns.Why(step.WhyFragDuplicate, uint64(off), uint64(end), uint64(r.off), uint64(r.end))
			return FragDup
		}
		return FragOverlap
	}
	q.take(b)
	q.insertRun(i, b, off, end)
	q.ns.Why(step.WhyFragGap, uint64(off), uint64(end))
	return FragOK
}

func (q *FragQueue) lastEnd() int { return q.runs[len(q.runs)-1].end }

func (q *FragQueue) take(b *core.SKB) { q.dir.Mem += b.Truesize }

func (q *FragQueue) insertRun(i int, b *core.SKB, off, end int) {
	q.runs = append(q.runs, fragRun{})
	copy(q.runs[i+1:], q.runs[i:])
	q.runs[i] = fragRun{off: off, end: end}
	q.runs[i].skbs.PushBack(b)
}

// Whole reports whether every byte is here.
func (q *FragQueue) Whole() bool {
	return q.Flags&(FragFirstIn|FragLastIn) == FragFirstIn|FragLastIn && q.Meat == q.Len
}

// PullHead is inet_frag_pull_head: take the fragment with the lowest offset
// out; nil if there is none.
func (q *FragQueue) PullHead() *core.SKB {
	if len(q.runs) == 0 {
		return nil
	}
	b := q.runs[0].skbs.PopFront()
	q.dir.Mem -= b.Truesize
	if q.runs[0].skbs.Len() == 0 {
		q.runs = q.runs[1:]
	}
	return b
}

// Reassemble is inet_frag_reasm_prepare and inet_frag_reasm_finish: skb, the
// fragment that came last, becomes the whole packet. It takes over the bytes of
// the first fragment, with its data pointer at the network header, and the
// others hang behind it. The caller has killed the queue.
func (q *FragQueue) Reassemble(skb *core.SKB) {
	defer q.ns.In(step.InetFragReasmPrepare, skb).Out()
	ns := q.ns
	head := q.runs[0].skbs.Front()
	var rest []*core.SKB
	for i := range q.runs {
		for b := q.runs[i].skbs.PopFront(); b != nil; b = q.runs[i].skbs.PopFront() {
			q.dir.Mem -= b.Truesize
			if b == head {
				continue
			}
			if b == skb {
				b = skb.Clone()
			}
			rest = append(rest, b)
		}
	}
	q.runs = nil
	if head != skb {
		skb.Morph(head)
		ns.Consume(head, step.InetFragReasmPrepare)
	}
	skb.Unshare()
	skb.Push(skb.Offset() - skb.Network)
	j := core.NewJoiner(skb)
	for _, b := range rest {
		j.Append(b, b.Pkt == skb.Pkt)
	}
	ns.Why(step.WhyFragReassembled, uint64(len(rest)+1), uint64(q.Len))
}
