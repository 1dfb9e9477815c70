package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_prio.c.
//
// Left out: offload.

// prioBands is TCQ_PRIO_BANDS, the most bands that prio can have.
const prioBands = 16

// A PrioConfig is the options of prio: how many bands, and which of them a packet's
// priority means.
type PrioConfig struct {
	Bands   int
	Priomap [16]uint8
}

// PrioDefaults are those of tc: three bands, as pfifo_fast has them.
func PrioDefaults() PrioConfig { return PrioConfig{Bands: 3, Priomap: prio2band} }

// A Prio is prio: several queues, and the first one that has a packet sends. Below
// each band hangs a discipline, a pfifo at first.
type Prio struct {
	qdisc
	block Block
	conf  PrioConfig
	band  [prioBands]Discipline
}

// NewPrio makes a prio with that handle (prio_init).
func NewPrio(d *core.Device, handle uint32, c PrioConfig) (*Prio, core.Errno) {
	q := &Prio{qdisc: newQdisc(d)}
	q.handle = handle
	if err := q.Change(c); err != 0 {
		return nil, err
	}
	return q, 0
}

// Change is prio_tune; EINVAL: too few or too many bands, or the map names one that
// is not there.
func (q *Prio) Change(c PrioConfig) core.Errno {
	if c.Bands > prioBands || c.Bands < 2 {
		return step.EINVAL
	}
	for _, n := range c.Priomap {
		if int(n) >= c.Bands {
			return step.EINVAL
		}
	}
	for i := q.conf.Bands; i < c.Bands; i++ {
		q.setBand(i, q.standard())
	}
	for i := c.Bands; i < q.conf.Bands; i++ {
		q.purged(q.band[i])
		q.band[i] = nil
	}
	q.conf = c
	return 0
}

func (q *Prio) standard() Discipline { return leafPfifo(q.Dev) }

// leafPfifo is qdisc_create_dflt with pfifo, which tc does not list.
func leafPfifo(d *core.Device) Discipline {
	f := NewPfifo(d, -1)
	f.invisible = true
	return f
}

func (q *Prio) setBand(i int, in Discipline) {
	q.band[i] = in
	hang(in, q, q.handle|uint32(i+1))
}

// SetHandle: see Discipline.
func (q *Prio) SetHandle(handle uint32) {
	q.qdisc.SetHandle(handle)
	for i, in := range q.band[:q.conf.Bands] {
		in.base().parent = handle | uint32(i+1)
	}
}

// Config is the options that it has.
func (q *Prio) Config() PrioConfig { return q.conf }

// Name is "prio".
func (q *Prio) Name() string { return prioName }

// Block, BindFilter, UnbindFilter: see FilterHolder. A band cannot go while the
// discipline stands, so that nothing is noted.
func (q *Prio) Block(classid uint32) *Block {
	if classid&0xffff != 0 {
		return nil
	}
	return &q.block
}
func (q *Prio) BindFilter(classid uint32) bool { return q.find(classid) >= 0 }
func (q *Prio) UnbindFilter(classid uint32)    {}

// find is prio_find: the number of a class's band; below 0: there is none.
func (q *Prio) find(classid uint32) int {
	if n := int(classid & 0xffff); n >= 1 && n <= q.conf.Bands {
		return n - 1
	}
	return -1
}

// EachClass is prio_walk: a class for each band.
func (q *Prio) EachClass(f func(ClassInfo)) {
	for i, in := range q.band[:q.conf.Bands] {
		f(ClassInfo{ID: q.handle | uint32(i+1), Parent: q.handle, Leaf: in, Stats: in.Stats()})
	}
}

// Leaf: see Classful.
func (q *Prio) Leaf(classid uint32) (Discipline, bool) {
	if i := q.find(classid); i >= 0 {
		return q.band[i], true
	}
	return nil, false
}

// Graft is prio_graft.
func (q *Prio) Graft(classid uint32, in Discipline) (Discipline, core.Errno) {
	i := q.find(classid)
	if i < 0 {
		return nil, step.ENOENT
	}
	if in == nil {
		in = q.standard()
	}
	old := q.band[i]
	q.setBand(i, in)
	q.purged(old)
	return old, 0
}

// classify is prio_classify: a priority of this discipline's number names the class,
// else the filters do, else the map. -1: the packet goes; rc is what is said then.
func (q *Prio) classify(ns *core.Netns, b *core.SKB) (band, rc int, why core.DropReason) {
	n := b.Priority
	if n&0xffff0000 != q.handle {
		v, r := q.block.Classify(ns, b)
		if gone, rc := taken(v); gone {
			return -1, rc, r.Reason()
		}
		if v == TCActUnspec {
			if n&0xffff0000 != 0 {
				n = 0
			}
			i := int(q.conf.Priomap[n&15])
			ns.Why(step.WhyPrioMap, uint64(n&15), uint64(i), uint64(q.band[i].Len()))
			return i, 0, 0
		}
		n = r.ClassID
	}
	i := int(n&0xffff) - 1
	if i < 0 || i >= q.conf.Bands {
		i = int(q.conf.Priomap[0])
	}
	ns.Why(step.WhyPrioClass, uint64(n), uint64(i), uint64(q.band[i].Len()))
	return i, 0, 0
}

// Enqueue is prio_enqueue.
func (q *Prio) Enqueue(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.PrioEnqueue, b).Out()
	i, rc, why := q.classify(ns, b)
	if i < 0 {
		return q.gone(b, rc, why)
	}
	return q.enqueueIn(q.band[i], ns, b)
}

// Dequeue is prio_dequeue: the first band that has a packet.
func (q *Prio) Dequeue(ns *core.Netns) *core.SKB {
	defer ns.In(step.PrioDequeue, q).Out()
	for i, in := range q.band[:q.conf.Bands] {
		if b := dequeuePeeked(ns, in); b != nil {
			q.unqueued(b)
			q.sent(b)
			ns.Why(step.WhyBandFirst, uint64(i), uint64(q.qlen))
			return b
		}
	}
	return nil
}

// Peek is prio_peek.
func (q *Prio) Peek(ns *core.Netns) *core.SKB {
	for _, in := range q.band[:q.conf.Bands] {
		if b := in.Peek(ns); b != nil {
			return b
		}
	}
	return nil
}

// Reset is prio_reset.
func (q *Prio) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	for _, in := range q.band[:q.conf.Bands] {
		in.Reset(ns)
	}
	q.clear(ns)
}
