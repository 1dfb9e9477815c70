package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/sched/act_skbedit.c.

// What a Skbedit writes (SKBEDIT_F_*).
const (
	SkbeditPriority = 1 << iota
	SkbeditQueue
	SkbeditMark
	SkbeditType
	SkbeditMask
	SkbeditDS
)

// A Skbedit is struct tcf_skbedit: it writes what goes with the packet, not its bytes.
type Skbedit struct {
	ActBase
	SkbeditParams
}

// SkbeditParams are its options; Flags tells which are set.
type SkbeditParams struct {
	Flags      uint8
	Priority   uint32
	Mark, Mask uint32
	Queue      uint16
	Type       core.PktType
}

func (p *SkbeditParams) check(n *tcNet, s *ActSpec, old Action) Refusal {
	if p.Flags == 0 {
		return refuse(step.EINVAL, sayNothing)
	}
	return Refusal{}
}

func (p *SkbeditParams) make(n *tcNet, s *ActSpec, old Action) Action {
	a, ok := old.(*Skbedit)
	if !ok {
		a = &Skbedit{}
	}
	a.SkbeditParams = *p
	if p.Flags&SkbeditMask == 0 {
		a.Mask = ^uint32(0)
	}
	return a
}

// act is tcf_skbedit_act.
func (a *Skbedit) act(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.TcfSkbeditAct, b).Out()
	a.used(w)
	if a.Flags&SkbeditPriority != 0 {
		b.Priority = a.Priority
		w.whyPriority(b.Priority)
	}
	if a.Flags&SkbeditDS != 0 && !a.inherit(w, b) {
		a.Drops++
		return TCActShot
	}
	if a.Flags&SkbeditQueue != 0 && int(a.Queue) < b.Dev.NumTxQueues {
		b.QueueMapping = a.Queue
		w.ns.Why(step.WhySkbeditQueue, uint64(a.Queue))
	}
	if a.Flags&SkbeditMark != 0 {
		b.Mark = b.Mark&^a.Mask | a.Mark&a.Mask
		w.ns.Why(step.WhySkbeditMark, uint64(b.Mark))
	}
	if a.Flags&SkbeditType != 0 {
		b.PktType = a.Type
		w.ns.Why(step.WhySkbeditType, uint64(a.Type))
	}
	return a.Control
}

// inherit makes the DS field the priority; false: the packet is too short.
func (a *Skbedit) inherit(w *walk, b *core.SKB) bool {
	n := b.NetworkOffset()
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		if !b.MayPull(n + wire.IPv4MinLen) {
			return false
		}
		b.Priority = uint32(b.Data()[n+1]) >> 2
	case wire.EtherTypeIPv6:
		if !b.MayPull(n + wire.IPv6Len) {
			return false
		}
		p := b.Data()[n:]
		b.Priority = uint32(p[0]&15)<<2 | uint32(p[1]>>6)
	default:
		return true
	}
	w.whyPriority(b.Priority)
	return true
}

func (w *walk) whyPriority(v uint32) {
	if !w.ns.Listening() {
		return
	}
	var a [2]uint64
	pack(a[:], appendClass(nil, v))
	w.ns.Why(step.WhySkbeditPrio, a[:]...)
}
