package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_fq.c.
//
// Left out: the mark of ECN above ce_threshold on packets without an IP header.

// fqBands is FQ_BANDS, and the weights are what each may send in a round.
const fqBands = 3

// Never is a time that does not come: as a threshold, no packet is marked.
const Never = sim.Time(1<<63 - 1)

// What stands for ~0UL.
const (
	fqNever  = Never
	fqNoRate = ^uint64(0)
)

// fqGCAge is how long an empty flow is kept, at least.
const fqGCAge = 3 * sim.Second

// An FqConfig is the options of fq. Limit and FlowLimit are packets, the quanta
// bytes, the rates bytes a second.
type FqConfig struct {
	Limit, FlowLimit        int
	Quantum, InitialQuantum int
	Pacing                  bool
	MaxRate, LowRate        uint64
	BucketsLog              uint
	OrphanMask              uint32
	RefillDelay             sim.Time
	CEThreshold             sim.Time // ~0: no marks
	TimerSlack              sim.Time
	Horizon                 sim.Time
	HorizonDrop             bool
	Weights                 [fqBands]int
	Priomap                 [16]uint8
}

// FqDefaults are those of a device (fq_init).
func FqDefaults(d *core.Device) FqConfig {
	return FqConfig{Limit: 10000, FlowLimit: 100, Quantum: 2 * mtu(d), InitialQuantum: 10 * mtu(d), Pacing: true,
		MaxRate: fqNoRate, LowRate: 550000 / 8, BucketsLog: 10, OrphanMask: 1023, RefillDelay: 40 * sim.Millisecond, CEThreshold: fqNever,
		TimerSlack: 10 * sim.Microsecond, Horizon: 10 * sim.Second, HorizonDrop: true, Weights: [fqBands]int{589824, 196608, 65536}, Priomap: prio2band}
}

// FqStats are what `tc -s` shows of fq (struct tc_fq_qd_stats).
type FqStats struct {
	Flows, Inactive, Throttled                              int
	NextDelayed                                             sim.Time // until the first throttled flow may go on; 0: none waits
	GC, Fastpath, ThrottledTimes, CEMark                    uint64
	FlowLimit, TooLong, HorizonDrops, HorizonCaps, BandDrop uint64
	UnthrottleLatency                                       sim.Time
}

// Where a flow is.
const (
	fqDetached  = iota // on no list: it had nothing to send
	fqListed           // on the list of new or old flows
	fqThrottled        // waits for its time
)

// An fqFlow is struct fq_flow: the packets of one socket, or of one hash.
type fqFlow struct {
	key    uint64
	q      timeline
	credit int
	band   int
	state  uint8
	next   sim.Time // time_next_packet
	age    sim.Time // when it was detached
}

// A band is struct fq_perband_flows.
type fqBand struct {
	newFlows, oldFlows []*fqFlow
	credit             int
	packets            int
	drops              uint64
}

// An Fq is fq: each flow has a queue of its own, they send in turns, and a flow's
// packets leave at the times that TCP has given them, or at its socket's rate.
type Fq struct {
	qdisc
	conf     FqConfig
	internal timeline // of packets that need no flow (the fast path)
	flows    [][]*fqFlow
	bands    [fqBands]fqBand
	band     int
	delayed  []*fqFlow // throttled flows, in order of time
	nextAt   sim.Time  // time_next_delayed_flow
	stat     FqStats
	dog      watchdog
}

// NewFq makes an fq (fq_init).
func NewFq(d *core.Device, c FqConfig) *Fq {
	q := &Fq{qdisc: newQdisc(d), nextAt: fqNever}
	q.Change(c)
	return q
}

// Change is fq_change. Packets above the new limit are dropped.
func (q *Fq) Change(c FqConfig) {
	if q.flows == nil || c.BucketsLog != q.conf.BucketsLog {
		old := q.flows
		q.flows = make([][]*fqFlow, 1<<c.BucketsLog)
		for _, l := range old {
			for _, f := range l {
				i := (f.key ^ f.key>>10) & uint64(len(q.flows)-1)
				q.flows[i] = append(q.flows[i], f)
			}
		}
	}
	q.conf = c
	q.shrink(q, func() bool { return q.qlen > c.Limit })
}

// Config is the options that it has.
func (q *Fq) Config() FqConfig { return q.conf }

// FqStats: see there.
func (q *Fq) FqStats() FqStats {
	s := q.stat
	if q.nextAt != fqNever {
		s.NextDelayed = q.nextAt - q.Dev.NS.Clock.Now()
	}
	for i := range q.bands {
		s.BandDrop += q.bands[i].drops
	}
	return s
}

// Name is "fq".
func (q *Fq) Name() string { return fqName }

// Enqueue is fq_enqueue.
func (q *Fq) Enqueue(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.FqEnqueue, b).Out()
	band := int(q.conf.Priomap[b.Priority&15])
	pb := &q.bands[band]
	if pb.packets >= q.conf.Limit {
		pb.drops++
		ns.Why(step.WhyFqBandFull, uint64(band), uint64(q.conf.Limit))
		return q.drop(b, step.DropFqBandLimit)
	}
	now := ns.Clock.Now()
	at := now
	if b.Tstamp != 0 {
		if b.Tstamp > now+q.conf.Horizon {
			ns.Why(step.WhyFqHorizon, uint64(b.Tstamp-now), uint64(q.conf.Horizon))
			if q.conf.HorizonDrop {
				q.stat.HorizonDrops++
				return q.drop(b, step.DropFqHorizonLimit)
			}
			q.stat.HorizonCaps++
			b.Tstamp = now + q.conf.Horizon
		}
		at = b.Tstamp
	}
	f := q.classify(ns, b, at, now)
	if f == nil {
		q.internal.insert(b, at)
		q.queued(b)
		return core.NetXmitSuccess
	}
	if f.q.len() >= q.conf.FlowLimit {
		q.stat.FlowLimit++
		ns.Why(step.WhyFqFlowFull, uint64(f.q.len()), uint64(q.conf.FlowLimit))
		return q.drop(b, step.DropFqFlowLimit)
	}
	if f.state == fqDetached {
		pb := &q.bands[f.band]
		pb.newFlows = append(pb.newFlows, f)
		f.state = fqListed
		if now > f.age+q.conf.RefillDelay {
			f.credit = max(f.credit, q.conf.Quantum)
		}
	}
	f.band = band
	pb.packets++
	if f.q.len() == 0 {
		q.stat.Inactive--
	}
	f.q.insert(b, at)
	q.queued(b)
	ns.Why(step.WhyFqFlow, uint64(f.q.len()), uint64(max(at-now, 0)))
	return core.NetXmitSuccess
}

// classify is fq_classify: the flow of the packet; nil is the fast path.
func (q *Fq) classify(ns *core.Netns, b *core.SKB, at, now sim.Time) *fqFlow {
	sk := b.SK
	var key uint64
	switch {
	case sk == nil || sk.State == core.TCPListen || sk.State == core.TCPNewSynRecv:
		key = uint64(core.FlowHash(b)&q.conf.OrphanMask)<<1 | 1
		b.Orphan()
		sk = nil
	case sk.State == core.TCPClose:
		key = uint64(core.FlowHash(b)&q.conf.OrphanMask)<<1 | 1
		sk = nil
	default:
		key = uint64(sk.ID) << 1
	}
	p := pacer(sk)
	if q.fastpath(b, at, now) {
		q.stat.Fastpath++
		if p != nil && q.conf.Pacing {
			p.PacedByFQ()
		}
		ns.Why(step.WhyFqFast, uint64(q.qlen))
		return nil
	}
	slot := &q.flows[(key^key>>10)&uint64(len(q.flows)-1)]
	q.gc(slot, key, now)
	for _, f := range *slot {
		if f.key == key {
			return f
		}
	}
	f := &fqFlow{key: key, age: now, credit: q.conf.InitialQuantum}
	if p != nil && q.conf.Pacing {
		p.PacedByFQ()
	}
	*slot = append(*slot, f)
	q.stat.Flows++
	q.stat.Inactive++
	return f
}

// pacer is the socket if its packets can be paced.
func pacer(sk *core.Sock) core.Pacer {
	if sk == nil {
		return nil
	}
	p, _ := sk.Prot.(core.Pacer)
	return p
}

// fastpath is fq_fastpath_check: may the packet go without a flow?
func (q *Fq) fastpath(b *core.SKB, at, now sim.Time) bool {
	if at > now {
		return false
	}
	if q.qlen != 0 && (q.stat.Flows != q.stat.Inactive+q.stat.Throttled || q.internal.len() >= 8 || q.nextAt <= now) {
		return false
	}
	return q.conf.MaxRate == fqNoRate
}

// gc is fq_gc: forget flows that have been empty for long.
func (q *Fq) gc(slot *[]*fqFlow, key uint64, now sim.Time) {
	keep := (*slot)[:0]
	for _, f := range *slot {
		if f.key != key && f.state == fqDetached && f.q.len() == 0 && now > f.age+fqGCAge {
			q.stat.Flows--
			q.stat.Inactive--
			q.stat.GC++
			continue
		}
		keep = append(keep, f)
	}
	clear((*slot)[len(keep):])
	*slot = keep
}

// Peek is qdisc_peek_dequeued.
func (q *Fq) Peek(ns *core.Netns) *core.SKB { return peekDequeued(ns, q) }

// Reset is fq_reset.
func (q *Fq) Reset(ns *core.Netns) {
	defer ns.In(step.QdiscReset, q).Out()
	q.internal.purge(ns)
	for i, l := range q.flows {
		for _, f := range l {
			f.q.purge(ns)
		}
		q.flows[i] = nil
	}
	for i := range q.bands {
		q.bands[i].newFlows, q.bands[i].oldFlows, q.bands[i].packets = nil, nil, 0
	}
	q.delayed, q.nextAt = nil, fqNever
	q.stat.Flows, q.stat.Inactive, q.stat.Throttled = 0, 0, 0
	q.clear(ns)
	q.dog.cancel()
}
