package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_fq_codel.c.
//
// A flow's number comes from the hash of the packet, which has a secret in the kernel.

// An FqCodelConfig is the options of fq_codel. Quantum and MemoryLimit are bytes.
type FqCodelConfig struct {
	CodelConfig
	Flows, Quantum, MemoryLimit, DropBatch int
}

// FqCodelDefaults are those of a device (fq_codel_init).
func FqCodelDefaults(d *core.Device) FqCodelConfig {
	c := FqCodelConfig{CodelDefaults(), 1024, max(256, min(mtu(d), 1<<20)), 32 << 20, 64}
	c.Limit, c.ECN = 10*1024, true
	return c
}

// FqCodelStats are what `tc -s` shows of fq_codel.
type FqCodelStats struct {
	MaxPacket                       int
	DropOverlimit, NewFlowCount     uint64
	ECNMark, CEMark, DropOvermemory uint64
	MemoryUsed                      int
	NewFlows, OldFlows              int
}

// Where a flow is.
const (
	fqcIdle = iota // it had nothing to send
	fqcNew
	fqcOld
)

// An fqCodelFlow is struct fq_codel_flow.
type fqCodelFlow struct {
	index   int
	of      *FqCodel
	q       timeline // in order of arrival, with its times
	backlog int
	deficit int
	state   uint8
	v       codelVars
}

// A FqCodel is fq_codel: each flow has a queue of its own under codel's law, they send
// in turns, and a flow that has just begun to send goes first.
type FqCodel struct {
	qdisc
	block          Block
	conf           FqCodelConfig
	p              codelParams
	s              codelStats
	flows          []*fqCodelFlow // nil: never used
	newFlows, old  []*fqCodelFlow
	memory         int
	dropOverlimit  uint64
	dropOvermemory uint64
	newFlowCount   uint64
}

// NewFqCodel makes an fq_codel (fq_codel_init).
func NewFqCodel(d *core.Device, c FqCodelConfig) *FqCodel {
	q := &FqCodel{qdisc: newQdisc(d), flows: make([]*fqCodelFlow, c.Flows)}
	q.p.mtu = min(mtu(d), 1<<20)
	q.Change(c)
	return q
}

// Change is fq_codel_change; the number of flows stays.
func (q *FqCodel) Change(c FqCodelConfig) {
	c.Flows = len(q.flows)
	q.conf = c
	q.p.set(c.CodelConfig)
	q.shrink(q, func() bool { return q.qlen > c.Limit || q.memory > c.MemoryLimit })
}

// Config is the options that it has.
func (q *FqCodel) Config() FqCodelConfig {
	c := q.conf
	q.p.shown(&c.CodelConfig)
	return c
}

// FqCodelStats: see there.
func (q *FqCodel) FqCodelStats() FqCodelStats {
	return FqCodelStats{q.s.maxpacket, q.dropOverlimit, q.newFlowCount, q.s.ecnMark, q.s.ceMark, q.dropOvermemory, q.memory, len(q.newFlows), len(q.old)}
}

// EachFlow calls f for each flow that is not idle, with what codel knows of it
// (fq_codel_walk, fq_codel_dump_class_stats).
func (q *FqCodel) EachFlow(f func(class uint32, s Stats, c CodelStats)) {
	now := codelAt(q.Dev.NS.Clock.Now())
	for i, l := range q.flows {
		if l == nil || l.state == fqcIdle {
			continue
		}
		c := l.v.stats(now)
		c.Deficit = l.deficit
		f(q.handle|uint32(i+1), Stats{Backlog: l.backlog, Len: l.q.len()}, c)
	}
}

// EachClass: flows are classes to look at.
func (q *FqCodel) EachClass(f func(ClassInfo)) {
	q.EachFlow(func(id uint32, s Stats, _ CodelStats) { f(ClassInfo{ID: id, Parent: q.handle, Stats: s}) })
}

// Leaf: a flow cannot be found by its number.
func (q *FqCodel) Leaf(uint32) (Discipline, bool) { return nil, false }

// Graft: nothing can hang below a flow.
func (q *FqCodel) Graft(uint32, Discipline) (Discipline, core.Errno) { return nil, step.EOPNOTSUPP }

// Block, BindFilter, UnbindFilter: see FilterHolder.
func (q *FqCodel) Block(classid uint32) *Block {
	if classid&0xffff != 0 {
		return nil
	}
	return &q.block
}
func (q *FqCodel) BindFilter(uint32) bool { return false }
func (q *FqCodel) UnbindFilter(uint32)    {}

// Name is "fq_codel".
func (q *FqCodel) Name() string { return fqCodelName }

// CanBypass says that an empty queue may be passed by.
func (q *FqCodel) CanBypass() bool { return q.conf.Limit >= 1 }

// classify is fq_codel_classify: the number of the flow, from 1; 0: the packet goes.
func (q *FqCodel) classify(ns *core.Netns, b *core.SKB) (flow, rc int, why core.DropReason) {
	n := int(b.Priority & 0xffff)
	if b.Priority&0xffff0000 == q.handle && n > 0 && n <= len(q.flows) {
		return n, 0, 0
	}
	if q.block.Filters == nil {
		return int(uint64(core.FlowHash(b))*uint64(len(q.flows))>>32) + 1, 0, 0
	}
	v, r := q.block.Classify(ns, b)
	if gone, rc := taken(v); gone {
		return 0, rc, r.Reason()
	}
	if n = int(r.ClassID & 0xffff); v != TCActUnspec && n <= len(q.flows) {
		return n, core.NetXmitSuccess | core.NetXmitBypass, step.DropQdiscDrop
	}
	return 0, core.NetXmitSuccess | core.NetXmitBypass, step.DropQdiscDrop
}

// Enqueue is fq_codel_enqueue.
func (q *FqCodel) Enqueue(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.FqCodelEnqueue, b).Out()
	n, rc, why := q.classify(ns, b)
	if n == 0 {
		return q.gone(b, rc, why)
	}
	f := q.flows[n-1]
	if f == nil {
		f = &fqCodelFlow{index: n - 1, of: q}
		q.flows[n-1] = f
	}
	size := pktLen(b)
	f.q.insert(b, ns.Clock.Now())
	f.backlog += size
	q.queued(b)
	if f.state == fqcIdle {
		f.state, f.deficit = fqcNew, q.conf.Quantum
		q.newFlows = append(q.newFlows, f)
		q.newFlowCount++
	}
	q.memory += b.Truesize
	ns.Why(step.WhyFqCodelFlow, uint64(n), uint64(f.backlog), uint64(q.qlen))
	overMemory := q.memory > q.conf.MemoryLimit
	if q.qlen <= q.conf.Limit && !overMemory {
		return core.NetXmitSuccess
	}
	return q.overflow(ns, f, size, overMemory)
}

// overflow is the end of fq_codel_enqueue when too many wait: the fattest flow pays.
func (q *FqCodel) overflow(ns *core.Netns, f *fqCodelFlow, size int, overMemory bool) int {
	if overMemory {
		ns.Why(step.WhyFqCodelMemory, uint64(q.memory), uint64(q.conf.MemoryLimit))
	} else {
		ns.Why(step.WhyFqCodelFull, uint64(q.qlen), uint64(q.conf.Limit))
	}
	backlog, qlen := q.backlog, q.qlen
	fat := q.dropFat(ns)
	backlog -= q.backlog
	qlen -= q.qlen
	q.dropOverlimit += uint64(qlen)
	if overMemory {
		q.dropOvermemory += uint64(qlen)
	}
	if fat == f {
		q.treeReduce(qlen-1, backlog-size)
		return core.NetXmitCN
	}
	q.treeReduce(qlen, backlog)
	return core.NetXmitSuccess
}

// dropFat is fq_codel_drop: half of what the fattest flow has goes, up to a batch.
func (q *FqCodel) dropFat(ns *core.Netns) *fqCodelFlow {
	defer ns.In(step.FqCodelDrop, q).Out()
	var fat *fqCodelFlow
	for _, f := range q.flows {
		if f != nil && (fat == nil || f.backlog > fat.backlog) {
			fat = f
		}
	}
	most := fat.backlog
	n, bytes := 0, 0
	for n == 0 || n < q.conf.DropBatch && bytes < most>>1 {
		b := fat.q.pop()
		if b == nil {
			break
		}
		n++
		bytes += pktLen(b)
		q.memory -= b.Truesize
		q.unqueued(b)
		q.drop(b, step.DropQdiscOverlimit)
	}
	fat.v.count += uint32(n)
	fat.backlog -= bytes
	ns.Why(step.WhyFqCodelFat, uint64(fat.index+1), uint64(most), uint64(n))
	return fat
}

// next, waiting, lose: see codelQueue.
func (f *fqCodelFlow) next() item {
	it := f.q.first()
	if it.b != nil {
		f.q.pop()
		f.backlog -= pktLen(it.b)
		f.of.memory -= it.b.Truesize
		f.of.unqueued(it.b)
	}
	return it
}

func (f *fqCodelFlow) waiting() int { return f.of.backlog }

func (f *fqCodelFlow) lose(ns *core.Netns, b *core.SKB) {
	f.of.drops++
	ns.Drop(b, step.DropQdiscCongested, step.FqCodelDequeue)
}

// Dequeue is fq_codel_dequeue.
func (q *FqCodel) Dequeue(ns *core.Netns) *core.SKB {
	defer ns.In(step.FqCodelDequeue, q).Out()
	b := q.dequeue(ns)
	if q.s.drops > 0 { // fq_codel_dequeue_drop
		q.treeReduce(q.s.drops, q.s.dropLen)
		q.s.drops, q.s.dropLen = 0, 0
	}
	return b
}

func (q *FqCodel) dequeue(ns *core.Netns) *core.SKB {
	for {
		head := &q.newFlows
		if len(*head) == 0 {
			if head = &q.old; len(*head) == 0 {
				return nil
			}
		}
		f := (*head)[0]
		if f.deficit <= 0 {
			f.deficit += q.conf.Quantum
			q.toOld(head, f)
			continue
		}
		ns.Why(step.WhyFqCodelTurn, uint64(f.index+1), uint64(f.deficit))
		r := codelRun{ns: ns, q: f, p: &q.p, v: &f.v, s: &q.s}
		b := r.dequeue()
		if b == nil {
			// A pass through the old flows, so that new ones do not starve them.
			if head == &q.newFlows && len(q.old) > 0 {
				q.toOld(head, f)
			} else {
				takeFlow(head)
				f.state = fqcIdle
			}
			continue
		}
		q.sent(b)
		f.deficit -= pktLen(b)
		return b
	}
}

// toOld moves the first flow of a list to the end of the old ones.
func (q *FqCodel) toOld(head *[]*fqCodelFlow, f *fqCodelFlow) {
	takeFlow(head)
	f.state = fqcOld
	q.old = append(q.old, f)
}

// takeFlow takes the first flow off a list.
func takeFlow(l *[]*fqCodelFlow) {
	n := copy(*l, (*l)[1:])
	(*l)[n] = nil
	*l = (*l)[:n]
}

// Peek is fq_codel_peek.
func (q *FqCodel) Peek(ns *core.Netns) *core.SKB { return peekDequeued(ns, q) }

// Reset is fq_codel_reset.
func (q *FqCodel) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	for _, f := range q.flows {
		if f != nil {
			f.q.purge(ns)
			f.backlog, f.state, f.v = 0, fqcIdle, codelVars{}
		}
	}
	q.newFlows, q.old, q.memory = nil, nil, 0
	q.clear(ns)
}
