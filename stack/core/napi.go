package core

import "github.com/packetwalk/packetwalk/stack/step"

// A Poller is napi_struct.poll: a driver takes up to budget frames and returns
// how many it took. When it took fewer it has called Complete.
type Poller interface{ Poll(budget int) int }

// A NAPI is struct napi_struct: one receive queue of a device, polled in the
// softirq while its interrupt is off.
type NAPI struct {
	ID        uint32 // napi_id
	Dev       *Device
	Weight    int
	poll      Poller
	cpu       *Softnet
	scheduled bool // NAPI_STATE_SCHED
	gro       gro
}

func (n *NAPI) init(s *Softnet, id uint32, p Poller) {
	n.cpu, n.ID, n.poll, n.Weight = s, id, p, 64
}

// AddNAPI is netif_napi_add: a queue of d that CPU s polls.
func (n *NAPI) AddNAPI(d *Device, s *Softnet, p Poller) {
	n.init(s, d.NS.Machine.IDs.Object(), p)
	n.Dev = d
}

// CPU is the one that polls.
func (n *NAPI) CPU() *Softnet { return n.cpu }

// Scheduled reports whether the queue waits to be polled, or is being polled.
func (n *NAPI) Scheduled() bool { return n.scheduled }

// Schedule is napi_schedule: ask for the softirq, once.
func (n *NAPI) Schedule(ns *Netns) {
	if n.scheduled {
		return
	}
	n.scheduled = true
	n.schedule(ns)
}

// schedule is ____napi_schedule.
func (n *NAPI) schedule(ns *Netns) {
	defer ns.In(step.NapiSchedule, n.cpu).Out()
	s := n.cpu
	if n.Dev != nil {
		ns.Why(step.WhyNapiSchedule)
	} else {
		ns.Why(step.WhyNapiBacklog)
	}
	s.pollList = append(s.pollList, n)
	if !s.polling {
		s.raise(ns, NetRxSoftirq)
	}
}

// Complete is napi_complete_done: the queue is empty; let held packets go, and
// allow the next Schedule.
func (n *NAPI) Complete(ns *Netns, work int) {
	if n.gro.held > 0 {
		n.groFlush(ns)
	}
	n.groNormalList(ns)
	n.scheduled = false
	if work == 0 {
		ns.Why(step.WhyNapiNone)
	} else {
		ns.Why(step.WhyNapiDone, uint64(work), uint64(n.Weight))
	}
}

// netRxAction is net_rx_action: poll every queue that has work, in turn, until
// the budget or two jiffies are used up. It reports false when it pauses, and
// goes on at the same place when it is called again.
func (s *Softnet) netRxAction() bool {
	defer s.ns().In(step.NetRxAction, s).Out()
	ns := s.ns()
	c := s.machine.Clock
	if !s.run.inRx {
		s.list, s.pollList = append(s.list[:0], s.pollList...), s.pollList[:0]
		s.repoll = s.repoll[:0]
	}
	ns.Why(step.WhyRxAction, uint64(len(s.list)), uint64(s.run.budget))
	s.polling = true
	for {
		if len(s.list) == 0 {
			if len(s.repoll) > 0 || len(s.pollList) == 0 {
				break
			}
			s.list, s.pollList = append(s.list, s.pollList...), s.pollList[:0]
		}
		n := s.list[0]
		copy(s.list, s.list[1:])
		s.list = s.list[:len(s.list)-1]
		s.run.budget -= s.napiPoll(n)
		if s.run.budget <= 0 || int32(c.Now().Jiffies()-s.run.limit) >= 0 {
			s.TimeSqueeze++
			ns.Why(step.WhySqueeze, uint64(max(0, ns.Sysctl.NetdevBudget-s.run.budget)), uint64(ns.Sysctl.NetdevBudget), uint64(c.Now()-s.run.start))
			break
		}
		if len(s.list) > 0 {
			if at, ok := c.Next(); ok && at <= c.Now() {
				ns.Why(step.WhySoftirqPause, uint64(s.run.budget))
				return false
			}
		}
	}
	// What was not polled comes first next time, then what has more.
	s.list = append(s.list, s.pollList...)
	s.list = append(s.list, s.repoll...)
	s.pollList, s.list = s.list, s.pollList[:0]
	s.repoll = s.repoll[:0]
	if len(s.pollList) > 0 {
		s.raise(ns, NetRxSoftirq)
	} else {
		s.polling = false
	}
	if len(s.rpsIPI) > 0 { // net_rps_action_and_irq_enable
		s.sendIPI()
	}
	return true
}

// napiPoll is __napi_poll: let one queue take up to its weight.
func (s *Softnet) napiPoll(n *NAPI) int {
	defer s.ns().In(step.NapiPollStep, s).Out()
	ns := s.ns()
	if n.Dev != nil {
		ns = n.Dev.NS
	}
	ns.Spend(CostPoll)
	ns.Why(step.WhyNapiPoll, uint64(n.Weight), uint64(s.run.budget))
	s.work = 0
	work := n.poll.Poll(n.Weight)
	s.work = work
	ifindex := 0
	if n.Dev != nil {
		ifindex = n.Dev.Index
	}
	ns.TP(step.NapiPoll, nil, uint64(ifindex), uint64(work), uint64(n.Weight))
	if work < n.Weight {
		return work
	}
	if n.gro.held > 0 {
		n.groFlushOld(ns)
	}
	n.groNormalList(ns)
	s.repoll = append(s.repoll, n)
	ns.Why(step.WhyNapiMore, uint64(work), uint64(n.Weight))
	return work
}

type backlogPoll struct{ s *Softnet }

// Poll is the backlog's poll function.
func (p backlogPoll) Poll(budget int) int { return p.s.processBacklog(budget) }

// processBacklog is process_backlog: take packets from this CPU's backlog.
func (s *Softnet) processBacklog(quota int) int {
	defer s.ns().In(step.ProcessBacklog, s).Out()
	if len(s.rpsIPI) > 0 {
		s.sendIPI()
	}
	work := 0
	for {
		for b := s.processQueue.PopFront(); b != nil; b = s.processQueue.PopFront() {
			b.Dev.NS.receiveOneCore(b)
			work++
			s.work = work
			if work >= quota {
				return work
			}
		}
		if s.inputQueue.Len() == 0 {
			s.backlog.scheduled = false
			s.ns().Why(step.WhyBacklogDone, uint64(work))
			return work
		}
		s.processQueue, s.inputQueue = s.inputQueue, SKBList{}
	}
}

// NetifRx is __netif_rx: a packet that was turned around in software comes in
// through the backlog of this CPU. b.Dev is set, the network header at the data
// pointer. It reports whether the backlog took it (NET_RX_SUCCESS).
func (ns *Netns) NetifRx(b *SKB) bool {
	defer ns.In(step.NetifRxStep, b).Out()
	return ns.netifRxInternal(b)
}

// netifRxInternal is netif_rx_internal: choose the CPU whose backlog takes it.
// Without receive packet steering that is the CPU that runs.
func (ns *Netns) netifRxInternal(b *SKB) bool {
	defer ns.In(step.NetifRxInternal, b).Out()
	ns.TP(step.NetifRx, b, uint64(b.ID), uint64(b.Len()), uint64(b.Dev.Index))
	s := ns.Machine.ThisCPU()
	if b.Dev.rxq == nil {
		ns.Why(step.WhyRxCPU, uint64(s.CPU))
	} else if to := ns.getRPSCPU(b); to != nil {
		s = to
	}
	return ns.enqueueToBacklog(b, s)
}

// enqueueToBacklog is enqueue_to_backlog: s is the CPU whose backlog takes it.
func (ns *Netns) enqueueToBacklog(b *SKB, s *Softnet) bool {
	defer ns.In(step.EnqueueToBacklog, b).Out()
	ns.Spend(CostBacklog)
	if !b.Dev.Up() {
		b.Dev.Stats.RxDropped++
		ns.Why(step.WhyDevDown, uint64(b.Dev.Index))
		ns.Drop(b, step.DropDevReady, step.EnqueueToBacklog)
		return false
	}
	qlen, limit := s.inputQueue.Len(), s.ns().Sysctl.NetdevMaxBacklog
	if qlen > limit {
		s.Dropped++
		b.Dev.Stats.RxDropped++
		ns.Why(step.WhyBacklogFull, uint64(qlen), uint64(limit))
		ns.Drop(b, step.DropCPUBacklog, step.EnqueueToBacklog)
		return false
	}
	if s.CPU == ns.Machine.current {
		ns.Why(step.WhyBacklogRoom, uint64(qlen), uint64(limit))
	} else {
		ns.Why(step.WhyBacklogOther, uint64(qlen), uint64(limit), uint64(s.CPU))
	}
	if qlen == 0 && !s.backlog.scheduled {
		s.backlog.scheduled = true
		s.napiScheduleRPS(ns)
	}
	s.inputQueue.PushBack(b)
	return true
}
