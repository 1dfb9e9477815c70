package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/core/dev.c (get_rps_cpu, napi_schedule_rps,
// net_rps_send_ipi, rps_trigger_softirq, flush_backlog), net/core/net-sysfs.c.
//
// Receive packet steering: another CPU than the one that took the packet from the
// card goes on with it. Left out: RFS (the CPU of the program that reads), threads for
// backlogs (net.core.backlog_threaded).

// PossibleCPUs is how many CPUs a machine has (num_possible_cpus): as many as the
// recorded one. All but the first sleep until something is given to them.
const PossibleCPUs = 2

// CPUs is how many CPUs the machine has.
func (m *Machine) CPUs() int { return max(PossibleCPUs, len(m.CPU)) }

// cpu is per_cpu(softnet_data, i): a CPU that has not worked before begins to.
func (m *Machine) cpu(i int) *Softnet {
	for len(m.CPU) <= i {
		NewSoftnet(m)
	}
	return m.CPU[i]
}

// An rxQueue is struct netdev_rx_queue: what is set for a receive queue.
type rxQueue struct {
	rps []int // rps_map: CPUs, in order; none: no steering
}

// A CPUMask is struct cpumask: bit i stands for CPU i.
type CPUMask uint64

// Has reports whether CPU i is in the mask.
func (m CPUMask) Has(i int) bool { return m>>i&1 != 0 }

// NumRxQueues is how many receive queues the device has (num_rx_queues).
func (d *Device) NumRxQueues() int { return max(1, d.NumRx) }

// RxQueues is how many of them it uses (real_num_rx_queues).
func (d *Device) RxQueues() int {
	if d.RealRx > 0 {
		return d.RealRx
	}
	return d.NumRxQueues()
}

// RPS is a receive queue's rps_cpus.
func (d *Device) RPS(queue int) (mask CPUMask) {
	if queue < len(d.rxq) {
		for _, c := range d.rxq[queue].rps {
			mask |= 1 << c
		}
	}
	return mask
}

// SetRPS is netdev_rx_queue_set_rps_mask: the CPUs that go on with what comes in by a
// receive queue. All of them are CPUs of the machine.
func (d *Device) SetRPS(queue int, mask CPUMask) {
	for len(d.rxq) <= queue {
		d.rxq = append(d.rxq, rxQueue{})
	}
	q := &d.rxq[queue]
	q.rps = nil
	for c := range d.NS.Machine.CPUs() {
		if mask.Has(c) {
			q.rps = append(q.rps, c)
			d.NS.Machine.cpu(c)
		}
	}
	d.forgetRxQueues(len(d.rxq))
}

// forgetRxQueues drops what is set for queues from n on, and the whole list when
// nothing is set at all (rps_needed).
func (d *Device) forgetRxQueues(n int) {
	n = min(n, len(d.rxq))
	for n > 0 && d.rxq[n-1].rps == nil {
		n--
	}
	if d.rxq = d.rxq[:n]; n == 0 {
		d.rxq = nil
	}
}

// SetRxQueues is netif_set_real_num_rx_queues.
func (d *Device) SetRxQueues(n int) {
	old := d.RxQueues()
	d.RealRx = n
	if d.rxq != nil {
		d.forgetRxQueues(n)
	}
	d.defaultRPS(old)
}

// defaultRPS is rx_queue_default_mask for queues from n on (net.core.rps_default_mask).
func (d *Device) defaultRPS(n int) {
	if m := d.NS.Sysctl.RPSDefault; m != 0 {
		for q := n; q < d.RxQueues(); q++ {
			d.SetRPS(q, m)
		}
	}
}

// ReciprocalScale is reciprocal_scale: a number below n out of a hash.
func ReciprocalScale(hash uint32, n int) int { return int(uint64(hash) * uint64(n) >> 32) }

// getRPSCPU is get_rps_cpu: which CPU shall go on with the packet? Nil: this one. The
// device has rps_cpus set for some queue.
func (ns *Netns) getRPSCPU(b *SKB) *Softnet {
	defer ns.In(step.GetRPSCPU, b).Out()
	d, q := b.Dev, int(b.QueueMapping)
	if q >= d.RxQueues() {
		ns.Why(step.WhyRPSQueue, uint64(q), uint64(d.Index), uint64(d.RxQueues()))
		return nil
	}
	if q >= len(d.rxq) || d.rxq[q].rps == nil {
		ns.Why(step.WhyRPSNone, uint64(d.Index), uint64(q))
		return nil
	}
	b.ResetNetwork()
	cpus, hash := d.rxq[q].rps, FlowHash(b)
	i := ReciprocalScale(hash, len(cpus))
	ns.Why(step.WhyRPS, uint64(hash), uint64(d.Index), uint64(q), uint64(len(cpus)), uint64(i), uint64(cpus[i]))
	return ns.Machine.cpu(cpus[i])
}

// steer is the part of netif_receive_skb_list_internal for receive packet steering: what
// other CPUs (or the backlog of this one) go on with leaves the list.
func (ns *Netns) steer(l *SKBList) {
	var stay SKBList
	for b := l.PopFront(); b != nil; b = l.PopFront() {
		if s := ns.getRPSCPU(b); s != nil {
			ns.enqueueToBacklog(b, s)
		} else {
			stay.PushBack(b)
		}
	}
	*l = stay
}

// napiScheduleRPS is napi_schedule_rps: the backlog of s was empty and shall be polled.
// Another CPU is told when this one has done its round.
func (s *Softnet) napiScheduleRPS(ns *Netns) {
	me := ns.Machine.ThisCPU()
	if s == me {
		s.backlog.schedule(ns)
		return
	}
	me.rpsIPI = append(me.rpsIPI, s)
	if !me.polling {
		me.raise(ns, NetRxSoftirq)
	}
}

// sendIPI is net_rps_send_ipi: interrupt the CPUs that packets were given to.
func (s *Softnet) sendIPI() {
	defer s.ns().In(step.NetRPSSendIPI, s).Out()
	c := s.machine.Clock
	for _, r := range s.rpsIPI {
		s.ns().Why(step.WhyRPSIPI, uint64(r.CPU))
		c.Mod(&r.ipi, c.Now()+CostIPI, &r.ipiTask)
	}
	s.rpsIPI = s.rpsIPI[:0]
}

// An ipiTask is call_single_data: what a CPU does when another one interrupts it.
type ipiTask struct{ s *Softnet }

// Run is the interrupt.
func (t *ipiTask) Run() {
	s := t.s
	old := s.machine.enter(s)
	s.bh++
	s.ns().Spend(CostIRQ)
	s.rpsTriggerSoftirq()
	s.irqExit(old)
}

// rpsTriggerSoftirq is rps_trigger_softirq.
func (s *Softnet) rpsTriggerSoftirq() {
	defer s.ns().In(step.RPSTriggerSoftirq, s).Out()
	s.ReceivedRPS++
	s.ns().Why(step.WhyRPSTrigger, uint64(s.CPU), uint64(s.inputQueue.Len()))
	s.backlog.schedule(s.ns())
}

// flushBacklog is flush_backlog on every CPU: a device goes, and what came in by it and
// still waits goes with it.
func (ns *Netns) flushBacklog(d *Device) {
	for _, s := range ns.Machine.CPU {
		for _, l := range [...]*SKBList{&s.inputQueue, &s.processQueue} {
			if l.Len() > 0 {
				ns.purgeOf(l, d)
			}
		}
	}
}

// purgeOf drops a device's packets out of a list.
func (ns *Netns) purgeOf(l *SKBList, d *Device) {
	defer ns.In(step.FlushBacklog, d.NS.Machine.ThisCPU()).Out()
	var stay SKBList
	for b := l.PopFront(); b != nil; b = l.PopFront() {
		if b.Dev == d {
			ns.Why(step.WhyFlushBacklog, uint64(d.Index))
			ns.Drop(b, step.DropDevReady, step.FlushBacklog)
		} else {
			stay.PushBack(b)
		}
	}
	*l = stay
}

// QueueLens tells the two halves of the backlog (softnet_stat's last columns).
func (s *Softnet) QueueLens() (input, process int) { return s.inputQueue.Len(), s.processQueue.Len() }

var _ sim.Task = (*ipiTask)(nil)
