package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/sch_ingress.c, net/core/dev.c (tc_run),
// include/uapi/linux/pkt_sched.h (TC_H_INGRESS, TC_H_CLSACT).
//
// Left out: shared blocks (ingress_block, egress_block).

// The numbers by which filters name the two sides, and the discipline's own.
const (
	ingressHandle    = 0xffff0000
	ingressParent    = 0xfffffff1 // TC_H_INGRESS, TC_H_CLSACT
	minIngress       = 0xfff2
	minEgress        = 0xfff3
	TCActConsumed    = TCActTrap + 1 // TC_ACT_CONSUMED: the packet has gone another way
	ClassIngress     = ingressHandle | minIngress
	ClassEgress      = ingressHandle | minEgress
	ClassWholeDevice = ingressHandle
)

// An Ingress is the discipline ingress or clsact: it queues nothing, filters hang on
// it.
type Ingress struct {
	qdisc
	clsact bool
	side   [2]ingressSide
}

// An ingressSide is one place of the device (struct mini_Qdisc).
type ingressSide struct {
	q     *Ingress
	block Block
}

// NewIngress makes the discipline and puts it in its place (ingress_init,
// clsact_init).
func NewIngress(d *core.Device, clsact bool) *Ingress {
	q := &Ingress{qdisc: newQdisc(d), clsact: clsact}
	q.handle, q.parent = ingressHandle, ingressParent
	q.side[core.TcIngress].q, q.side[core.TcEgress].q = q, q
	d.Ingress = q
	d.Tcx[core.TcIngress] = &q.side[core.TcIngress]
	if clsact {
		d.Tcx[core.TcEgress] = &q.side[core.TcEgress]
	}
	return q
}

// Destroy takes it away with all filters (ingress_destroy, clsact_destroy).
func (q *Ingress) Destroy() {
	q.side[0].block.Drop()
	q.side[1].block.Drop()
	q.Dev.Ingress, q.Dev.Tcx = nil, [2]core.TcEntry{}
}

// Name is what tc calls it.
func (q *Ingress) Name() string {
	if q.clsact {
		return clsactName
	}
	return ingressName
}

// Enqueue and Dequeue: nothing is queued here.
func (q *Ingress) Enqueue(ns *core.Netns, b *core.SKB) int { return q.drop(b, step.DropQdiscDrop) }

// Dequeue: see Enqueue.
func (q *Ingress) Dequeue(ns *core.Netns) *core.SKB { return nil }

// Peek: see Enqueue.
func (q *Ingress) Peek(ns *core.Netns) *core.SKB { return nil }

// Reset: see Discipline.
func (q *Ingress) Reset(ns *core.Netns) {}

// SetHandle: its number is always ffff:.
func (q *Ingress) SetHandle(handle uint32) {}

// Block is ingress_tcf_block, clsact_tcf_block. ingress has one place for all
// numbers.
func (q *Ingress) Block(classid uint32) *Block {
	switch {
	case !q.clsact || minorOf(classid) == minIngress:
		return &q.side[core.TcIngress].block
	case minorOf(classid) == minEgress:
		return &q.side[core.TcEgress].block
	}
	return nil
}

// BindFilter and UnbindFilter: there are no classes that could go.
func (q *Ingress) BindFilter(classid uint32) bool { return true }

// UnbindFilter: see BindFilter.
func (q *Ingress) UnbindFilter(classid uint32) {}

// TcRun is tc_run.
func (s *ingressSide) TcRun(ns *core.Netns, b *core.SKB, why core.DropReason) (core.TcEnd, core.DropReason) {
	defer ns.In(step.TcRun, b).Out()
	if s.block.Empty() {
		ns.Why(step.WhyTcNone)
		return core.TcGoOn, why
	}
	n := b.Len()
	if !b.AtIngress {
		n = pktLen(b)
	}
	ns.Why(step.WhyTcBytes, uint64(n))
	s.q.bytes += uint64(n)
	s.q.packets += uint64(max(1, segments(b)))
	v, r := s.block.Classify(ns, b)
	switch v {
	case TCActShot:
		s.q.drops++
		if r.Drop != step.NotDropped {
			why = r.Drop
		}
		return core.TcShot, why
	case TCActStolen, TCActQueued, TCActTrap:
		return core.TcStolen, why
	case TCActConsumed:
		return core.TcConsumed, why
	}
	return core.TcGoOn, why
}
