package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sched"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// Read before editing: drivers/net/ethernet/intel/igb/igb_main.c (igb_msix_ring,
// igb_poll, igb_clean_rx_irq, igb_xmit_frame_ring, igb_clean_tx_irq).
//
// Simplified: the card hears every frame (as with tcpdump, promiscuous);
// interrupt moderation is a fixed gap (rx-usecs), not adaptive as the real
// driver's default; a transmit queue's frames go to the wire in the order in
// which the driver handed them over, whatever the queue.

// A Config is what ethtool would set. Zero values stand for the defaults.
type Config struct {
	Queues   int      // receive and transmit queues: 4
	RxRing   int      // descriptors of a receive ring: 256
	TxRing   int      // descriptors of a transmit ring: 256
	Rate     int64    // bits per second: 1e9
	RxGap    sim.Time // rx-usecs, least time between interrupts: 3 µs
	Off      uint32   // features that are switched off (core.Feature*)
	Wire     Wire     // where frames go; nil: nowhere
	FirstIRQ int      // number of the first queue's interrupt: 24
}

// A NIC is a network card and its driver (struct igb_adapter).
type NIC struct {
	Dev  *core.Device
	Wire Wire
	// Takes says that a packet is off its sender's account as soon as the driver
	// has it (skb_orphan), as with a virtual link, not when it has left the card.
	Takes bool

	vector []*vector // pairs of queues in use
	all    []*vector // those that have been in use
	pairs  int       // that the card has
	rss    rss
	rate   int64
	gap    sim.Time

	// The transmit side of the link.
	sending  []txItem // first one is on the wire
	wireFree sim.Time // when the last bit of what is sent now has left
	timer    sim.Timer
	task     wireTask
	buf      []byte `fork:"zero"` // the bytes of the frame that leaves

	RxNoBuffer uint64 // rx_no_buffer_count: no descriptor was free
}

// igbFeatures are those of igb that packetwalk models.
const igbFeatures = core.FeatureSG | core.FeatureTxCsum | core.FeatureRxCsum | core.FeatureTSO | core.FeatureGSO | core.FeatureEncap | core.FeatureTunnel | core.FeatureTunnelSum | core.FeatureGRO |
	core.FeatureVlanRx | core.FeatureVlanTx

// A vector is struct igb_q_vector: a pair of queues with one interrupt.
type vector struct {
	nic   *NIC
	index int
	napi  core.NAPI
	rx    rxRing
	tx    txRing
	irq   int
	last  sim.Time // when it interrupted last
	fired bool     // it has
	wants sim.Time // since when it wants to
	timer sim.Timer
	task  irqTask
}

type irqTask struct{ v *vector }

// Run is the card's interrupt.
func (t *irqTask) Run() { t.v.interrupt() }

// NewNIC makes a card with its device, down, with a carrier and a pfifo_fast
// queue. index 0 takes the next free ifindex.
func NewNIC(ns *core.Netns, name string, index int, cfg Config) *NIC {
	cfg.defaults()
	n := &NIC{rate: cfg.Rate, gap: cfg.RxGap, Wire: cfg.Wire}
	n.task.n = n
	n.Dev = ns.NewDevice(name, index, n)
	n.Dev.Features = igbFeatures &^ cfg.Off
	n.Dev.NumTxQueues, n.Dev.NumRx, n.Dev.RecordsRx = cfg.Queues, cfg.Queues, true
	n.Dev.SelectsTx = true
	n.Dev.Qdisc = sched.NewPfifoFast(n.Dev)
	m := ns.Machine
	m.ThisCPU() // there is at least one
	n.pairs = cfg.Queues
	for i := range cfg.Queues {
		v := &vector{nic: n, index: i, irq: cfg.FirstIRQ + i}
		v.task.v = v
		v.rx.init(n, i, cfg.RxRing)
		v.tx.init(n, cfg.TxRing)
		v.napi.AddNAPI(n.Dev, m.CPU[i%len(m.CPU)], v)
		n.all = append(n.all, v)
	}
	n.vector = n.all
	n.setupMRQC()
	return n
}

func (c *Config) defaults() {
	set := func(p *int, v int) {
		if *p <= 0 {
			*p = v
		}
	}
	set(&c.Queues, 4)
	set(&c.RxRing, 256)
	set(&c.TxRing, 256)
	set(&c.FirstIRQ, 24)
	if c.Rate <= 0 {
		c.Rate = 1e9
	}
	if c.RxGap <= 0 {
		c.RxGap = 3 * sim.Microsecond
	}
}

// Pending is how many frames wait in the receive rings and how many are on
// their way out: they are still inside the card.
func (n *NIC) Pending() (rx, tx int) {
	for _, v := range n.vector {
		rx += v.rx.pending() + v.napi.Held()
		tx += v.tx.used
	}
	return rx, tx
}

// raise makes the card want an interrupt. While the queue is being polled its
// interrupt is off; after the last one the card waits for the gap.
func (v *vector) raise() {
	if v.napi.Scheduled() || v.timer.Pending() {
		return
	}
	c := v.nic.Dev.NS.Clock
	v.wants = c.Now()
	at := v.wants
	if v.fired {
		at = max(at, v.last+v.nic.gap)
	}
	c.Mod(&v.timer, at, &v.task)
}

// interrupt is the card's interrupt on the queue's CPU.
func (v *vector) interrupt() {
	ns := v.nic.Dev.NS
	v.last, v.fired = ns.Clock.Now(), true
	s := v.napi.CPU()
	old := s.IRQEnter(ns, v.irq, v.nic.Dev.Index)
	v.msixRing(ns)
	s.IRQExit(ns, v.irq, old)
}

// msixRing is igb_msix_ring: ask for the softirq.
func (v *vector) msixRing(ns *core.Netns) {
	defer ns.In(step.IgbMsixRing, &v.rx).Out()
	if v.last > v.wants {
		ns.Why(step.WhyIrqCoalesced, uint64(v.nic.gap))
	} else {
		ns.Why(step.WhyIrq, uint64(v.index), uint64(v.nic.Dev.Index), uint64(v.irq))
	}
	v.napi.Schedule(ns)
}

// Poll is igb_poll: empty both rings, up to the budget. When all is done the
// interrupt goes on again.
func (v *vector) Poll(budget int) int {
	defer v.nic.Dev.NS.In(step.IgbPoll, &v.rx).Out()
	ns := v.nic.Dev.NS
	complete := v.cleanTx(ns)
	work := v.cleanRx(ns, budget)
	if work >= budget || !complete {
		return budget
	}
	v.napi.Complete(ns, work)
	if v.rx.pending() > 0 || v.tx.done > 0 {
		v.raise()
	}
	return work
}

var _ trace.Subject = (*rxRing)(nil)
