package trace

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// thing is a subject with two fields.
type thing struct {
	kind step.Kind
	id   uint32
	pkt  uint32
	a, b uint64
}

func (x *thing) Kind() step.Kind            { return x.kind }
func (x *thing) TraceID() uint32            { return x.id }
func (x *thing) TracePkt() (uint32, uint32) { return x.pkt, x.id }
func (x *thing) Observe(o *Obs)             { o[0], o[1] = x.a, x.b }

func sets(l *Log, e int) (list []Change) {
	l.Set(&l.Events[e], func(c *Change) { list = append(list, *c) })
	return list
}

// A change is credited to the call that made it: before a callee is entered,
// in the callee, or after it has returned.
func TestCredit(t *testing.T) {
	tr := &Tracer{Mode: Record, Clock: &sim.Clock{}}
	x := &thing{step.KindSKB, 1, 7, 10, 20}
	func() {
		defer tr.In(step.NetRxAction, x).Out()
		x.a = 11 // before the callee: the caller's
		func() {
			defer tr.In(step.NapiPollStep, x).Out()
			x.b = 21
		}()
		x.a = 12 // after it: the caller's
	}()
	l := &tr.Log
	if n := len(l.Events); n != 2 || l.Events[0].Depth != 0 || l.Events[1].Depth != 1 || l.Events[1].Pkt != 7 {
		t.Fatalf("events: %+v", l.Events)
	}
	outer, inner := sets(l, 0), sets(l, 1)
	if len(outer) != 2 || outer[0].Old != 10 || outer[0].New != 11 || outer[1].Old != 11 || outer[1].New != 12 {
		t.Errorf("the caller's changes: %+v", outer)
	}
	if len(inner) != 1 || inner[0].Old != 20 || inner[0].New != 21 {
		t.Errorf("the callee's changes: %+v", inner)
	}
}

// A socket's changes inside a packet's call are seen, and so are the packet's
// inside a socket's call.
func TestTwoSubjects(t *testing.T) {
	tr := &Tracer{Mode: Record, Clock: &sim.Clock{}}
	p, s := &thing{step.KindSKB, 1, 7, 1, 1}, &thing{step.KindSock, 2, 0, 5, 5}
	func() {
		defer tr.In(step.NetRxAction, p).Out()
		func() {
			defer tr.In(step.NapiPollStep, s).Out()
			s.a, p.a = 6, 2
		}()
	}()
	got := sets(&tr.Log, 1)
	if len(got) != 2 {
		t.Fatalf("the inner call's changes: %+v", got)
	}
	if e := tr.Log.Events[1]; e.Pkt != 7 || e.Subject != 2 {
		t.Errorf("the socket's call is about packet %d and subject %d, want 7 and 2", e.Pkt, e.Subject)
	}
}

// Counting and recording come to the same hash, whatever is observed.
func TestHash(t *testing.T) {
	run := func(m Mode) uint64 {
		tr := &Tracer{Mode: m, Clock: &sim.Clock{}}
		x := &thing{step.KindSKB, 1, 7, 1, 1}
		sp := tr.In(step.NetRxAction, x)
		tr.Point(step.KfreeSkb, x, 1, 2, 3, 4)
		tr.Why(step.WhyHeld)
		tr.End(x, Dropped, step.DropNoSocket, step.NetRxAction, 0)
		sp.Out()
		return tr.Hash
	}
	if c, r := run(Count), run(Record); c != r {
		t.Errorf("counting: %x, recording: %x", c, r)
	}
	if run(Silent) != 0 {
		t.Error("a silent tracer counts")
	}
}

// The made packet's parent is the packet that is being worked on; adopting
// passes it on.
func TestLineage(t *testing.T) {
	tr := &Tracer{Mode: Record, Clock: &sim.Clock{}}
	in, made := &thing{step.KindSKB, 1, 7, 0, 0}, &thing{step.KindSKB, 2, 1 << 30, 0, 0}
	tr.Root(7)
	sp := tr.In(step.NetRxAction, in)
	tr.Begin(made.pkt)
	tr.Adopt(made, 8, made.pkt, 0)
	made.pkt = 8
	inner := tr.In(step.NapiPollStep, made)
	inner.Out()
	sp.Out()
	e := tr.Log.Events
	if e[1].Kind != End || e[1].Parent != 7 || e[2].Pkt != 8 || e[2].Parent != 7 {
		t.Errorf("events: %+v", e)
	}
}

func TestOutranks(t *testing.T) {
	if !Outranks(Delivered, Dropped) || Outranks(Consumed, Dropped) || !Outranks(NotModelled, Delivered) || Outranks(Dropped, Dropped) {
		t.Error("a copy that a program got says more than the original's drop; not-modelled says most")
	}
}
