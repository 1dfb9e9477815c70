package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_htb.c.
//
// Where the kernel has red-black trees, there are sorted lists here; their order is
// the same.
//
// Left out: offload, rate estimators, hysteresis (off by default), ATM cells.

// The bounds of the tree (TC_HTB_MAXDEPTH, TC_HTB_NUMPRIO).
const (
	htbDepth = 8
	htbPrios = 8
)

// An HtbConfig is the options of htb: the class of packets that no filter knows, the
// divisor that makes a quantum of a rate, and how many packets may wait that belong to
// no class.
type HtbConfig struct {
	Default     uint32
	Rate2Q      int
	DirectLimit int // below 0: the device's TxQueueLen
}

// An HtbClassConfig is the options of a class. The buffers are the depths of the
// buckets as time; a quantum of 0 stands for the rate by Rate2Q.
type HtbClassConfig struct {
	Rate, Ceil      Rate
	Buffer, CBuffer sim.Time
	Quantum         int
	Prio            int
}

// What a class may do now (enum htb_cmode).
const (
	htbCantSend  = iota // it is over its ceil
	htbMayBorrow        // it is over its rate: a parent must lend
	htbCanSend
)

// An htbFeed is struct htb_prio: the classes of one priority that want to send, in
// order of their numbers, and the one whose turn it is.
type htbFeed struct {
	list []*htbClass
	ptr  *htbClass
	last uint32 // the number that ptr had, if that class has left
}

// An htbClass is struct htb_class.
type htbClass struct {
	id          uint32
	conf        HtbClassConfig
	quantum     int
	level       int // 0: a leaf
	children    int
	parent      *htbClass
	block       Block
	filters     int // that lead here
	leaf        Discipline
	deficit     [htbDepth]int
	feed        [htbPrios]htbFeed // of an inner class
	tokens      sim.Time
	ctokens     sim.Time
	checked     sim.Time // t_c
	activity    uint32   // priorities in which it is active
	mode        uint8
	waiting     bool     // in the queue of events
	wake        sim.Time // pq_key
	bytes       uint64
	packets     uint64
	drops       uint64
	overlimits  uint64
	lends, owes uint64 // packets that left at its own cost, and at its parent's
}

// An htbLevel is struct htb_level: classes of one level that can send by themselves,
// and those that will.
type htbLevel struct {
	wait []*htbClass // in order of their times
	row  [htbPrios]htbFeed
	mask uint32   // rows that are not empty
	near sim.Time // near_ev_cache
}

// An Htb is htb, the hierarchical token bucket: classes have a rate that is theirs, and
// may borrow up to their ceil from what their parents do not use.
type Htb struct {
	qdisc
	conf       HtbConfig
	block      Block
	classes    classHash[htbClass]
	direct     core.SKBList // packets that no class shapes
	directPkts uint64
	level      [htbDepth]htbLevel
	now        sim.Time
	dog        watchdog
}

// NewHtb makes an htb with that handle (htb_init).
func NewHtb(d *core.Device, handle uint32, c HtbConfig) *Htb {
	if c.DirectLimit < 0 {
		c.DirectLimit = d.TxQueueLen
	}
	c.Rate2Q = max(c.Rate2Q, 1)
	q := &Htb{qdisc: newQdisc(d), conf: c}
	q.handle = handle
	return q
}

// Config is the options that it has; Direct is how many packets no class shaped.
func (q *Htb) Config() HtbConfig { return q.conf }
func (q *Htb) Direct() uint64    { return q.directPkts }

// Name is "htb".
func (q *Htb) Name() string { return htbName }

// classify is htb_classify. nil: the packet goes, and rc is what is said then; direct:
// no class shapes it.
func (q *Htb) classify(ns *core.Netns, b *core.SKB) (cl *htbClass, direct bool, rc int, why core.DropReason) {
	if b.Priority == q.handle {
		ns.Why(step.WhyHtbDirect, uint64(q.handle))
		return nil, true, 0, 0
	}
	block := &q.block
	if cl = q.classes.find(b.Priority); cl != nil {
		if cl.level == 0 {
			ns.Why(step.WhyHtbPriority, uint64(cl.id))
			return cl, false, 0, 0
		}
		block = &cl.block
	}
	for hops := 0; ; {
		v, r := block.Classify(ns, b)
		if gone, rc := taken(v); gone {
			return nil, false, rc, r.Reason()
		}
		if v == TCActUnspec {
			break
		}
		if r.ClassID == q.handle {
			ns.Why(step.WhyHtbDirect, uint64(q.handle))
			return nil, true, 0, 0
		}
		if cl = q.classes.find(r.ClassID); cl == nil {
			break
		}
		if cl.level == 0 {
			ns.Why(step.WhyHtbFilter, uint64(cl.id))
			return cl, false, 0, 0
		}
		if hops++; hops > htbDepth {
			return nil, false, core.NetXmitSuccess | core.NetXmitBypass, step.DropQdiscDrop
		}
		block = &cl.block
	}
	cl = q.classes.find(q.handle&0xffff0000 | q.conf.Default&0xffff)
	if cl == nil || cl.level != 0 {
		ns.Why(step.WhyHtbNoDefault, uint64(q.conf.Default))
		return nil, true, 0, 0
	}
	ns.Why(step.WhyHtbDefault, uint64(cl.id))
	return cl, false, 0, 0
}

// Enqueue is htb_enqueue: find the packet's class and put it into that one's queue.
func (q *Htb) Enqueue(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.HtbEnqueue, b).Out()
	n := pktLen(b)
	cl, direct, rc, why := q.classify(ns, b)
	switch {
	case direct:
		if q.direct.Len() >= q.conf.DirectLimit {
			ns.Why(step.WhyFifoFull, uint64(q.direct.Len()), uint64(q.conf.DirectLimit))
			return q.drop(b, step.DropQdiscDrop)
		}
		q.direct.PushBack(b)
		q.directPkts++
	case cl == nil:
		return q.gone(b, rc, why)
	default:
		if rc = cl.leaf.Enqueue(ns, b); rc != core.NetXmitSuccess {
			if lost(rc) {
				q.drops++
				cl.drops++
			}
			return rc
		}
		q.activate(cl)
	}
	q.qlen++
	q.backlog += n
	return core.NetXmitSuccess
}

// Dequeue is htb_dequeue: packets without a class first; then, level by level from the
// leaves up, the classes that may send, those of the lowest priority number first.
func (q *Htb) Dequeue(ns *core.Netns) *core.SKB {
	defer ns.In(step.HtbDequeue, q).Out()
	if b := q.direct.PopFront(); b != nil {
		ns.Why(step.WhyHtbDirectOut, uint64(q.direct.Len()))
		return q.out(b)
	}
	if q.qlen == 0 {
		return nil
	}
	q.now = ns.Clock.Now()
	next := q.now + 5*sim.Second
	for i := range q.level {
		l := &q.level[i]
		if q.now >= l.near {
			if l.near = q.events(i); l.near == 0 {
				l.near = q.now + sim.Second
			}
		}
		next = min(next, l.near)
		for prio := range htbPrios {
			if l.mask&(1<<prio) == 0 {
				continue
			}
			if b := q.dequeueTree(ns, prio, i); b != nil {
				return q.out(b)
			}
		}
	}
	q.overlimit(ns, next)
	q.dog.at(q, next, 0)
	return nil
}

// overlimit says which class everybody waits for.
func (q *Htb) overlimit(ns *core.Netns, next sim.Time) {
	if !ns.Listening() {
		return
	}
	for i := range q.level {
		if w := q.level[i].wait; len(w) > 0 && w[0].wake <= next {
			cl := w[0]
			if cl.mode == htbCantSend {
				ns.Why(step.WhyHtbWaitCeil, uint64(cl.id), uint64(-cl.ctokens), uint64(next-q.now))
			} else {
				ns.Why(step.WhyHtbWaitRate, uint64(cl.id), uint64(-cl.tokens), uint64(next-q.now))
			}
			return
		}
	}
	ns.Why(step.WhyHtbWait, uint64(next-q.now))
}

// out counts a packet that leaves.
func (q *Htb) out(b *core.SKB) *core.SKB {
	q.unqueued(b)
	q.sent(b)
	return b
}

// Stats: a class that comes to its ceil is an overlimit of the discipline.
func (q *Htb) Stats() Stats { return q.qdisc.Stats() }

// Peek is qdisc_peek_dequeued.
func (q *Htb) Peek(ns *core.Netns) *core.SKB { return peekDequeued(ns, q) }

// Reset is htb_reset.
func (q *Htb) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	q.classes.each(func(cl *htbClass) {
		if cl.level > 0 {
			cl.feed = [htbPrios]htbFeed{}
		} else {
			cl.leaf.Reset(ns)
		}
		cl.activity, cl.mode, cl.waiting = 0, htbCanSend, false
	})
	purge(ns, &q.direct)
	q.level = [htbDepth]htbLevel{}
	q.clear(ns)
	q.dog.cancel()
}
