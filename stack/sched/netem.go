package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_netem.c.
//
// What the kernel takes from its entropy (the first numbers of correlated sources, where
// a bit is flipped, the length of a slot) comes from the machine's seed here.

// A NetemChance is a probability, in 2^-32, and how much the one number depends on
// the one before it.
type NetemChance struct{ P, Cor uint32 }

// How netem decides which packets are lost.
const (
	NetemLossRandom = iota // by NetemConfig.Loss
	NetemLossState         // a Markov chain of four states: P13, P31, P32, P14, P23
	NetemLossGE            // Gilbert and Elliott: p, r, h, 1-k
)

// Which options were given: those that were not stay as they are when netem is
// changed. Limit, delay, loss, duplicate and gap are always given.
const (
	NetemHasCor = 1 << iota
	NetemHasReorder
	NetemHasCorrupt
	NetemHasRate
	NetemHasECN
	NetemHasSlot
	NetemHasSeed
)

// A NetemDist is a distribution: values in units of 1/8192 of the jitter.
type NetemDist struct {
	Name  string
	Table []int16 `fork:"share"`
}

// A NetemSlot is struct tc_netem_slot: packets leave in groups. The delay to the next
// group lies between two bounds, or follows a distribution.
type NetemSlot struct {
	Min, Max      sim.Time
	Delay, Jitter sim.Time
	Dist          *NetemDist
	Packets       int // of a group at most; 0: any number
	Bytes         int
}

// A NetemConfig is the options of netem. Limit is packets, Rate bytes a second; a
// packet counts Overhead bytes more, and whole cells if CellSize is not 0.
type NetemConfig struct {
	Has                               uint32
	Limit                             int
	Delay, Jitter                     sim.Time
	DelayCor                          uint32
	Dist                              *NetemDist // nil: uniform
	Loss, Duplicate, Reorder, Corrupt NetemChance
	LossModel                         uint8
	Model                             [5]uint32 // its probabilities
	Gap                               uint32
	ECN                               bool
	Rate                              uint64
	Overhead, CellSize, CellOverhead  int
	Slot                              NetemSlot
	Seed                              uint64
}

// A Netem is netem: it makes a good link a bad one. Packets wait for their delay in
// order of the times at which they may go.
type Netem struct {
	qdisc
	conf     NetemConfig
	t        timeline   // tfifo
	front    timeline   // reordered packets, which go at once
	inner    Discipline // that takes packets over when their delay is over; nil: none
	counter  uint32
	rand     prng
	last     [5]uint32 // the last number of each correlated source
	state    uint8     // of the model of losses
	slotNext sim.Time  // when the next group may go; 0: there are no slots
	slotPkts int       // that this one may still have
	slotLeft int       // bytes
	dog      watchdog
}

// Sources of correlated numbers.
const (
	corDelay = iota
	corLoss
	corDup
	corReorder
	corCorrupt
)

// States of the chain of four, and of Gilbert's model.
const (
	txInGap = 1 + iota
	txInBurst
	lostInGap
	lostInBurst

	goodState = 1
	badState  = 2
)

// NewNetem makes a netem (netem_init).
func NewNetem(d *core.Device, c NetemConfig) *Netem {
	q := &Netem{qdisc: newQdisc(d)}
	q.conf.Seed = d.NS.Machine.Rand.Uint64()
	q.rand.seed(q.conf.Seed)
	c.Has |= NetemHasCor | NetemHasCorrupt | NetemHasRate | NetemHasECN
	if c.Gap == 0 || c.Reorder.P != 0 {
		c.Has |= NetemHasReorder
	}
	q.Change(c)
	return q
}

// Change is netem_change.
func (q *Netem) Change(c NetemConfig) {
	old := q.conf
	r := q.Dev.NS.Machine.Rand
	if c.Dist == nil {
		c.Dist = old.Dist
	}
	q.counter = 0
	if c.LossModel != NetemLossRandom {
		q.state = txInGap // and goodState
	}
	if c.Has&NetemHasCor == 0 {
		c.DelayCor, c.Loss.Cor, c.Duplicate.Cor = old.DelayCor, old.Loss.Cor, old.Duplicate.Cor
	} else {
		q.last[corDelay], q.last[corLoss], q.last[corDup] = r.Uint32(), r.Uint32(), r.Uint32()
	}
	if c.Has&NetemHasReorder == 0 {
		if c.Reorder = old.Reorder; c.Gap != 0 {
			c.Reorder.P = 1<<32 - 1
		}
	} else {
		q.last[corReorder] = r.Uint32()
	}
	if c.Has&NetemHasCorrupt == 0 {
		c.Corrupt = old.Corrupt
	} else {
		q.last[corCorrupt] = r.Uint32()
	}
	if c.Has&NetemHasRate == 0 {
		c.Rate, c.Overhead, c.CellSize, c.CellOverhead = old.Rate, old.Overhead, old.CellSize, old.CellOverhead
	}
	if c.Has&NetemHasECN == 0 {
		c.ECN = old.ECN
	}
	if c.Has&NetemHasSeed == 0 {
		c.Seed = old.Seed
	} else {
		q.rand.seed(c.Seed)
	}
	if c.Has&NetemHasSlot == 0 {
		c.Slot = old.Slot
	}
	c.Jitter = min(c.Jitter, 1<<31-1)
	c.Has |= old.Has
	if q.conf = c; c.Has&NetemHasSlot != 0 {
		q.newSlots()
	}
}

// newSlots is get_slot.
func (q *Netem) newSlots() {
	s := &q.conf.Slot
	s.Jitter = min(s.Jitter, 1<<31-1)
	q.slotNext = 0
	if s.Min|s.Max|s.Jitter != 0 {
		q.slotNext = max(q.Dev.NS.Clock.Now(), 1)
	}
	q.fillSlot()
}

// fillSlot says how much a group may have.
func (q *Netem) fillSlot() {
	const most = 1<<31 - 1
	if q.slotPkts = q.conf.Slot.Packets; q.slotPkts == 0 {
		q.slotPkts = most
	}
	if q.slotLeft = q.conf.Slot.Bytes; q.slotLeft == 0 {
		q.slotLeft = most
	}
}

// Config is the options that it has.
func (q *Netem) Config() NetemConfig { return q.conf }

// Name is "netem".
func (q *Netem) Name() string { return netemName }

// EachClass is netem_walk: one class, if a discipline hangs below it.
func (q *Netem) EachClass(f func(ClassInfo)) {
	if q.inner != nil {
		f(ClassInfo{ID: q.handle | 1, Parent: q.handle, Leaf: q.inner, NoStats: true})
	}
}

// Leaf: the one class goes by every number (netem_find).
func (q *Netem) Leaf(classid uint32) (Discipline, bool) { return q.inner, true }

// Graft is netem_graft.
func (q *Netem) Graft(classid uint32, in Discipline) (Discipline, core.Errno) {
	old := q.inner
	q.inner = in
	if in != nil {
		hang(in, q, classid)
	}
	if old != nil {
		q.purged(old)
	}
	return old, 0
}

// SetHandle: see Discipline.
func (q *Netem) SetHandle(handle uint32) {
	q.qdisc.SetHandle(handle)
	if q.inner != nil {
		q.inner.base().parent = handle | 1
	}
}

// Peek is qdisc_peek_dequeued.
func (q *Netem) Peek(ns *core.Netns) *core.SKB { return peekDequeued(ns, q) }

// Reset is netem_reset.
func (q *Netem) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	q.t.purge(ns)
	q.front.purge(ns)
	if q.inner != nil {
		q.inner.Reset(ns)
	}
	q.clear(ns)
	q.dog.cancel()
}

// A prng is struct rnd_state: the kernel's own generator (lib/random32.c), so that the
// same seed gives the same losses.
type prng struct{ s1, s2, s3, s4 uint32 }

// seed is prandom_seed_state.
func (r *prng) seed(seed uint64) {
	i := uint32(seed>>32) ^ uint32(seed<<10) ^ uint32(seed)
	least := func(m uint32) uint32 {
		if i < m {
			return i + m
		}
		return i
	}
	r.s1, r.s2, r.s3, r.s4 = least(2), least(8), least(16), least(128)
}

// next is prandom_u32_state.
func (r *prng) next() uint32 {
	r.s1 = r.s1&4294967294<<18 ^ (r.s1<<6^r.s1)>>13
	r.s2 = r.s2&4294967288<<2 ^ (r.s2<<2^r.s2)>>27
	r.s3 = r.s3&4294967280<<7 ^ (r.s3<<13^r.s3)>>21
	r.s4 = r.s4&4294967168<<13 ^ (r.s4<<3^r.s4)>>12
	return r.s1 ^ r.s2 ^ r.s3 ^ r.s4
}

// random is get_crandom.
func (q *Netem) random(source int, cor uint32) uint32 {
	v := q.rand.next()
	if cor == 0 {
		return v
	}
	rho := uint64(cor) + 1
	v = uint32((uint64(v)*(1<<32-rho) + uint64(q.last[source])*rho) >> 32)
	q.last[source] = v
	return v
}

// hit throws the dice.
func (q *Netem) hit(source int, c NetemChance) bool {
	return c.P != 0 && c.P >= q.random(source, c.Cor)
}

// lossEvent is loss_event: is the packet lost?
func (q *Netem) lossEvent() bool {
	switch q.conf.LossModel {
	case NetemLossState:
		return q.loss4State()
	case NetemLossGE:
		return q.lossGilbert()
	}
	return q.hit(corLoss, q.conf.Loss)
}

// loss4State is loss_4state.
func (q *Netem) loss4State() bool {
	r, m := q.rand.next(), &q.conf.Model
	p13, p31, p32, p14, p23 := m[0], m[1], m[2], m[3], m[4]
	switch q.state {
	case txInGap:
		if r < p14 {
			q.state = lostInGap
			return true
		} else if r < p13+p14 {
			q.state = lostInBurst
			return true
		}
	case txInBurst:
		if r < p23 {
			q.state = lostInBurst
			return true
		}
	case lostInBurst:
		if r < p32 {
			q.state = txInBurst
		} else if r < p31+p32 {
			q.state = txInGap
		} else {
			return true
		}
	case lostInGap:
		q.state = txInGap
	}
	return false
}

// lossGilbert is loss_gilb_ell.
func (q *Netem) lossGilbert() bool {
	m := &q.conf.Model
	if q.state == goodState {
		if q.rand.next() < m[0] {
			q.state = badState
		}
		return q.rand.next() < m[3]
	}
	if q.rand.next() < m[1] {
		q.state = goodState
	}
	return q.rand.next() > m[2]
}

// tabledist is tabledist: a time of that mean and deviation.
func (q *Netem) tabledist(mu, sigma sim.Time, source int, cor uint32, d *NetemDist) sim.Time {
	const scale = 8192 // NETEM_DIST_SCALE
	if sigma == 0 {
		return mu
	}
	r := q.random(source, cor)
	if d == nil || len(d.Table) == 0 {
		return sim.Time(r%(2*uint32(sigma))) + mu - sigma
	}
	t := sim.Time(d.Table[r%uint32(len(d.Table))])
	x := sigma % scale * t
	if x >= 0 {
		x += scale / 2
	} else {
		x -= scale / 2
	}
	return x/scale + sigma/scale*t + mu
}
