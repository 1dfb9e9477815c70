package core

import "github.com/packetwalk/packetwalk/stack/step"

// Read before editing: net/core/dev.c (sch_handle_ingress, sch_handle_egress),
// net/sched/act_mirred.c (the nest of redirections), kernel/softirq.c (tasklets).
//
// Left out: programs of BPF in the same place (tcx).

// A TcEntry is what stands at a device's ingress or egress (struct tcx_entry): the
// filters of the disciplines ingress and clsact.
type TcEntry interface {
	// TcRun is tc_run. The packet is freed by the caller after TcShot and
	// TcStolen, and gone after TcConsumed.
	TcRun(ns *Netns, b *SKB, why DropReason) (TcEnd, DropReason)
}

// A TcEnd is what becomes of a packet at a device's ingress or egress.
type TcEnd uint8

// What the filters may say.
const (
	TcGoOn     TcEnd = iota // the packet goes on
	TcShot                  // drop it
	TcStolen                // it ends here, and that is no loss
	TcConsumed              // it has gone another way
)

// The places of a device where filters hang.
const (
	TcIngress = 0
	TcEgress  = 1
)

// schHandleIngress is sch_handle_ingress: ask the filters about a packet that came
// in; false says that it is gone.
func (ns *Netns) schHandleIngress(b *SKB) bool {
	defer ns.In(step.SchHandleIngress, b).Out()
	b.AtIngress = true
	end, why := b.Dev.Tcx[TcIngress].TcRun(ns, b, step.DropTCIngress)
	switch end {
	case TcShot:
		ns.Drop(b, why, step.SchHandleIngress)
	case TcStolen:
		ns.Consume(b, step.SchHandleIngress)
	}
	return end == TcGoOn
}

// schHandleEgress is sch_handle_egress: the same for a packet that is to leave.
// What it returns if the packet is gone is what the sender is told (NET_XMIT_*).
func (ns *Netns) schHandleEgress(d *Device, b *SKB) (rc int, goesOn bool) {
	defer ns.In(step.SchHandleEgress, b).Out()
	end, why := d.Tcx[TcEgress].TcRun(ns, b, step.DropTCEgress)
	switch end {
	case TcGoOn:
		return NetXmitSuccess, true
	case TcShot:
		ns.Drop(b, why, step.SchHandleEgress)
		return NetXmitDrop, false
	case TcStolen:
		ns.Consume(b, step.DevQueueXmit) // the compiler puts one function into the other
	}
	return NetXmitSuccess, false
}

// ingress is what stands between the taps and the VLAN devices: the filters of tc,
// then netfilter's hooks. It reports false when the packet is gone.
func (ns *Netns) ingress(b *SKB) bool {
	d := b.Dev
	if d.Tcx[TcIngress] != nil {
		b.SkipEgressHook = true // what is sent from here on does not meet netfilter's egress
		if !ns.schHandleIngress(b) {
			return false
		}
		b.SkipEgressHook = false
	}
	return len(d.nf[NetdevIngress]) == 0 || ns.devHook(d, NetdevIngress, b) < 0
}

// egress is the same on the way out: netfilter first, then tc.
func (ns *Netns) egress(d *Device, b *SKB) (rc int, goesOn bool) {
	if len(d.nf[NetdevEgress]) > 0 && !b.SkipEgressHook {
		if r := ns.devHook(d, NetdevEgress, b); r >= 0 {
			if r == 0 { // a rule has taken it
				return NetXmitSuccess, false
			}
			return NetXmitDrop, false
		}
	}
	if d.Tcx[TcEgress] == nil {
		return NetXmitSuccess, true
	}
	b.SkipEgressHook = true
	if rc, goesOn = ns.schHandleEgress(d, b); goesOn {
		b.SkipEgressHook = false
	}
	return rc, goesOn
}

// SkipTcClassify is skb_skip_tc_classify: shall no filter see the packet (it comes
// back from an ifb device)? That holds once.
func (b *SKB) SkipTcClassify() bool {
	skip := b.TcSkip
	b.TcSkip = false
	return skip
}

// mirredNest is how deep redirections may be in each other (MIRRED_NEST_LIMIT).
const mirredNest = 4

// A XmitNest is struct netdev_xmit: the devices to which this CPU is redirecting a
// packet, one within the other.
type XmitNest struct {
	n    int
	devs [mirredNest]*Device
}

// Full reports that no further redirection may begin.
func (x *XmitNest) Full() bool { return x.n >= mirredNest }

// Has reports whether a packet is being redirected to d already: a loop.
func (x *XmitNest) Has(d *Device) bool {
	for _, o := range x.devs[:x.n] {
		if o == d {
			return true
		}
	}
	return false
}

// Push and Pop begin and end a redirection.
func (x *XmitNest) Push(d *Device) {
	x.devs[x.n] = d
	x.n++
}

// Pop ends the innermost one.
func (x *XmitNest) Pop() {
	x.n--
	x.devs[x.n] = nil
}

// A Tasklet is struct tasklet_struct: work that is done in a softirq of its own.
type Tasklet interface{ RunTasklet() }

// TaskletSchedule is tasklet_schedule. The caller sees to it that a tasklet is
// there once.
func (s *Softnet) TaskletSchedule(ns *Netns, t Tasklet) {
	s.tasklets = append(s.tasklets, t)
	s.raise(ns, TaskletSoftirq)
}

// taskletAction is tasklet_action.
func (s *Softnet) taskletAction() {
	defer s.ns().In(step.TaskletAction, s).Out()
	for n := len(s.tasklets); n > 0; n-- {
		t := s.tasklets[0]
		copy(s.tasklets, s.tasklets[1:])
		s.tasklets[len(s.tasklets)-1] = nil
		s.tasklets = s.tasklets[:len(s.tasklets)-1]
		t.RunTasklet()
	}
}

// taskletSoftirq runs tasklet_action as a softirq.
func (s *Softnet) taskletSoftirq() {
	ns := s.ns()
	ns.TP(step.SoftirqEntry, nil, TaskletSoftirq)
	s.taskletAction()
	ns.TP(step.SoftirqExit, nil, TaskletSoftirq)
}
