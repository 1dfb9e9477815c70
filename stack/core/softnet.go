package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// Softirq vectors that the network uses (include/linux/interrupt.h).
const (
	NetTxSoftirq   = 2
	NetRxSoftirq   = 3
	TaskletSoftirq = 6
)

// When a CPU stops doing softirqs in one go (kernel/softirq.c).
const (
	maxSoftirqJiffies = 1 // 2 ms, rounded up to ticks
	maxSoftirqRestart = 10
)

// A Softnet is struct softnet_data: one CPU's share of the network's work, and
// the part of kernel/softirq.c that runs it.
//
// Left out: RFS, threaded NAPI, busy polling and netpoll.
type Softnet struct {
	CPU     int
	id      uint32
	machine *Machine

	pollList     []*NAPI // napi_struct.poll_list
	list, repoll []*NAPI // of the running net_rx_action
	outputQueue  []Qdisc
	tasklets     []Tasklet
	Xmit         XmitNest
	backlog      NAPI
	inputQueue   SKBList // input_pkt_queue
	processQueue SKBList

	Processed, TimeSqueeze, Dropped, ReceivedRPS uint64 // /proc/net/softnet_stat

	rpsIPI  []*Softnet // CPUs that wait to be told of packets (rps_ipi_list)
	ipi     sim.Timer  // another CPU interrupts this one (csd)
	ipiTask ipiTask

	pending   uint32   // raised softirqs, a bit each
	bh        int      // how often bottom halves are disabled (preempt_count)
	busyUntil sim.Time // the CPU works on what it has begun until then
	timer     sim.Timer
	task      softirqTask
	thread    bool // ksoftirqd has been woken

	polling bool // in_net_rx_action
	run     softirqRun
	work    int // frames taken in the current poll
	held    int // packets that GRO holds on this CPU
}

// A softirqRun is the state of a softirq that is under way. It may pause
// between two polls, so that what happens outside the CPU meanwhile (frames
// that arrive) is seen in order of time.
type softirqRun struct {
	active, inRx bool
	start        sim.Time
	restart      int
	vecs         uint32
	budget       int
	limit        uint32 // in jiffies
}

type softirqTask struct{ s *Softnet }

// Run goes on with the softirq: as ksoftirqd, or where it paused.
func (t *softirqTask) Run() { t.s.wake() }

// NewSoftnet adds a CPU to a machine.
func NewSoftnet(m *Machine) *Softnet {
	s := &Softnet{CPU: len(m.CPU), machine: m, id: m.IDs.Object()}
	s.task.s, s.ipiTask.s = s, s
	s.backlog.init(s, m.IDs.Object(), backlogPoll{s})
	m.CPU = append(m.CPU, s)
	return s
}

// ThisCPU is the CPU that runs (this_cpu_ptr(&softnet_data)).
func (m *Machine) ThisCPU() *Softnet {
	if len(m.CPU) == 0 {
		NewSoftnet(m)
	}
	return m.CPU[m.current]
}

func (s *Softnet) ns() *Netns { return s.machine.NS[0] }

// Kind, TraceID, TracePkt: see trace.Subject.
func (s *Softnet) Kind() step.Kind            { return step.KindNAPI }
func (s *Softnet) TraceID() uint32            { return s.id }
func (s *Softnet) TracePkt() (pkt, id uint32) { return 0, 0 }

// BHDisable is local_bh_disable: softirqs of this CPU wait until BHEnable.
// Timer handlers and other softirq work of the model stand between the two.
func (ns *Netns) BHDisable() { ns.Machine.ThisCPU().bh++ }

// BHEnable is local_bh_enable: the last one runs the softirqs that were raised
// meanwhile, here and now, before it returns.
func (ns *Netns) BHEnable() {
	s := ns.Machine.ThisCPU()
	s.bh--
	if s.bh == 0 && s.pending != 0 && !s.run.active {
		s.doSoftirq()
	}
}

// raise is __raise_softirq_irqoff; outside of interrupts it wakes ksoftirqd.
func (s *Softnet) raise(ns *Netns, vec uint) {
	ns.TP(step.SoftirqRaise, nil, uint64(vec))
	s.pending |= 1 << vec
	if s.bh == 0 && !s.run.active {
		s.wakeKsoftirqd()
	}
}

// inSoftirq reports whether this CPU has softirq work that it will go on with,
// and when: no program runs on it before.
func (s *Softnet) inSoftirq() (at sim.Time, ok bool) {
	return s.timer.At, s.timer.Pending() && (s.run.active || s.pending != 0)
}

func (s *Softnet) wakeKsoftirqd() {
	if s.timer.Pending() {
		return
	}
	s.thread = true
	c := s.machine.Clock
	c.Mod(&s.timer, max(c.Now(), s.busyUntil), &s.task)
}

// wake runs what the timer stood for.
func (s *Softnet) wake() {
	c := s.machine.Clock
	if c.Now() < s.busyUntil {
		c.Mod(&s.timer, s.busyUntil, &s.task)
		return
	}
	m := s.machine
	old := m.enter(s)
	switch {
	case s.run.active:
		s.softirqs()
	case s.thread:
		s.thread = false
		if s.pending != 0 {
			s.ksoftirqd()
		}
	case s.pending != 0 && s.bh == 0:
		s.doSoftirq()
	}
	m.leave(old)
}

// ksoftirqd is run_ksoftirqd: the thread that does softirqs when they come too
// thick.
func (s *Softnet) ksoftirqd() {
	defer s.ns().In(step.RunKsoftirqd, s).Out()
	s.ns().Why(step.WhyKsoftirqd)
	s.doSoftirq()
}

// enter makes s the running CPU and returns the one before.
func (m *Machine) enter(s *Softnet) int {
	old := m.current
	m.current = s.CPU
	if t := s.ns().Trace; t != nil {
		t.CPU = uint8(s.CPU)
	}
	return old
}

func (m *Machine) leave(old int) {
	m.current = old
	if len(m.NS) > 0 && m.NS[0].Trace != nil {
		m.NS[0].Trace.CPU = uint8(old)
	}
}

// IRQEnter is irq_enter: a device interrupts this CPU. IRQExit ends it.
func (s *Softnet) IRQEnter(ns *Netns, irq, ifindex int) (old int) {
	old = s.machine.enter(s)
	s.bh++
	ns.TP(step.IrqHandlerEntry, nil, uint64(irq), uint64(ifindex))
	ns.Spend(CostIRQ)
	return old
}

// IRQExit is irq_exit: softirqs that the handler raised run now, or when the
// CPU has done what it was interrupted in.
func (s *Softnet) IRQExit(ns *Netns, irq, old int) {
	ns.TP(step.IrqHandlerExit, nil, uint64(irq), 1)
	s.irqExit(old)
}

// An HRTimer is what a timer of high resolution calls.
type HRTimer interface{ Expire() }

// HRTimerInterrupt is hrtimer_interrupt: t runs in the timer's own interrupt, and
// the softirqs that it raises as that ends.
func (m *Machine) HRTimerInterrupt(t HRTimer) {
	s := m.ThisCPU()
	old := m.enter(s)
	s.bh++
	t.Expire()
	s.irqExit(old)
}

func (s *Softnet) irqExit(old int) {
	s.bh--
	if s.bh == 0 && s.pending != 0 && !s.run.active {
		c := s.machine.Clock
		if c.Now() < s.busyUntil {
			s.busyUntil += CostIRQ
			if !s.timer.Pending() {
				c.Mod(&s.timer, s.busyUntil, &s.task)
			}
		} else {
			s.doSoftirq()
		}
	}
	s.machine.leave(old)
}

// doSoftirq is handle_softirqs.
func (s *Softnet) doSoftirq() {
	s.run = softirqRun{active: true, start: s.machine.Clock.Now(), restart: maxSoftirqRestart}
	s.softirqs()
}

// softirqs is the loop of handle_softirqs: run what is pending, again while
// more comes, until a tick or ten rounds are over; then ksoftirqd goes on.
func (s *Softnet) softirqs() {
	c := s.machine.Clock
	s.bh++
	for {
		r := &s.run
		if r.vecs == 0 && !r.inRx {
			r.vecs, s.pending = s.pending, 0
		}
		if r.vecs&(1<<NetTxSoftirq) != 0 {
			r.vecs &^= 1 << NetTxSoftirq
			s.txSoftirq()
		}
		if r.inRx || r.vecs&(1<<NetRxSoftirq) != 0 {
			r.vecs &^= 1 << NetRxSoftirq
			if !s.rxSoftirq() {
				break // it pauses
			}
		}
		if r.vecs&(1<<TaskletSoftirq) != 0 {
			r.vecs &^= 1 << TaskletSoftirq
			s.taskletSoftirq()
		}
		if s.pending == 0 {
			r.active = false
			break
		}
		if r.restart--; r.restart <= 0 || c.Now().Jiffies()-r.start.Jiffies() >= maxSoftirqJiffies {
			r.active, s.thread = false, true
			s.busyUntil = c.Now() + CostKsoftirqd
			c.Mod(&s.timer, s.busyUntil, &s.task)
			s.bh--
			return
		}
		if at, ok := c.Next(); ok && at <= c.Now() {
			break // other things come first
		}
	}
	s.bh--
	s.busyUntil = c.Now()
	if s.run.active {
		c.Mod(&s.timer, s.busyUntil, &s.task)
	}
}

func (s *Softnet) txSoftirq() {
	ns := s.ns()
	ns.TP(step.SoftirqEntry, nil, NetTxSoftirq)
	s.netTxAction()
	ns.TP(step.SoftirqExit, nil, NetTxSoftirq)
}

// rxSoftirq runs net_rx_action and reports whether it is done.
func (s *Softnet) rxSoftirq() bool {
	ns := s.ns()
	if !s.run.inRx {
		ns.TP(step.SoftirqEntry, nil, NetRxSoftirq)
		ns.Spend(CostSoftirq)
		s.run.budget = ns.Sysctl.NetdevBudget
		s.run.limit = s.machine.Clock.Now().Jiffies() + uint32(max(1, sim.Time(ns.Sysctl.NetdevBudgetUsecs)*sim.Microsecond/sim.Jiffy))
	}
	if !s.netRxAction() {
		s.run.inRx = true
		return false
	}
	s.run.inRx = false
	ns.TP(step.SoftirqExit, nil, NetRxSoftirq)
	return true
}

// netTxAction is net_tx_action: run the queues whose device may send again.
// Sent packets are freed by the drivers' polls, so that there is no
// completion queue.
func (s *Softnet) netTxAction() {
	defer s.ns().In(step.NetTxAction, s).Out()
	for n := len(s.outputQueue); n > 0; n-- {
		q := s.outputQueue[0]
		copy(s.outputQueue, s.outputQueue[1:])
		s.outputQueue = s.outputQueue[:len(s.outputQueue)-1]
		r := q.Run()
		r.scheduled = false
		if r.Dev.NS != nil { // else it is deactivated (__QDISC_STATE_DEACTIVATED)
			r.Dev.NS.qdiscRun(q)
		}
	}
}

// netifSchedule is __netif_schedule: the transmit softirq shall run the queue.
func (s *Softnet) netifSchedule(q Qdisc) {
	r := q.Run()
	if r.scheduled {
		return
	}
	r.scheduled = true
	s.outputQueue = append(s.outputQueue, q)
	s.raise(r.Dev.NS, NetTxSoftirq)
}

var _ trace.Subject = (*Softnet)(nil)
