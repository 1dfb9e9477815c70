package trace

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// sock is a Subject with queues.
type sock struct {
	una, nxt uint64
	q        []Piece
}

func (s *sock) Kind() step.Kind                 { return step.KindSock }
func (s *sock) TraceID() uint32                 { return 9 }
func (s *sock) TracePkt() (uint32, uint32)      { return 0, 0 }
func (s *sock) ObserveQueues(l []Piece) []Piece { return append(l, s.q...) }
func (s *sock) Observe(o *Obs) {
	o[step.TCPSndUna], o[step.TCPSndNxt] = s.una, s.nxt
}

// TestQueues: what was in a queue is told for each event: before, in and after
// the call that changed it.
func TestQueues(t *testing.T) {
	tr := &Tracer{Mode: Record, Clock: &sim.Clock{}}
	s := &sock{una: 1, nxt: 1}
	out := tr.In(step.TcpWriteXmit, s) // event 0
	in := tr.In(step.TcpEventNewDataSent, s)
	s.q, s.nxt = []Piece{{Seq: 1, End: 2, Packs: 1}}, 2
	in.Out()
	in = tr.In(step.TcpEventNewDataSent, s) // event 2
	s.q, s.nxt = append(s.q, Piece{Seq: 2, End: 3, Packs: 1}), 3
	in.Out()
	out.Out()
	ack := tr.In(step.TcpAck, s) // event 3
	s.q, s.una = s.q[1:], 2
	ack.Out()
	after := tr.In(step.TcpAck, s) // event 4
	after.Out()
	for event, want := range []struct{ n, first int }{{0, 0}, {1, 1}, {2, 1}, {1, 2}, {1, 2}} {
		got := tr.Log.Queues(9, event)
		if len(got) != want.n || want.n > 0 && int(got[0].Seq) != want.first {
			t.Errorf("event %d: %+v, want %d pieces from %d", event, got, want.n, want.first)
		}
	}
	if got := tr.Log.Queues(8, 4); got != nil {
		t.Errorf("of another object: %+v", got)
	}
	tr.Log.Reset()
	if len(tr.Log.queues)+len(tr.Log.pieces) != 0 {
		t.Error("Reset keeps queues")
	}
}

// saw counts what a Watcher is told.
type saw struct {
	n, frames int
	in        []step.Step
}

func (w *saw) Saw(_ Subject, in step.Step) { w.n++; w.in = append(w.in, in) }
func (w *saw) Frame(uint16, int, []byte)   { w.frames++ }

// TestWatch: in mode Watch a Watcher is told when a call on a socket begins and
// ends, and in which function; nothing is recorded.
func TestWatch(t *testing.T) {
	w := &saw{}
	tr := &Tracer{Mode: Watch, Clock: &sim.Clock{}, Watcher: w}
	s := &sock{}
	a := tr.In(step.TcpAck, s)
	b := tr.In(step.TcpWriteXmit, s)
	b.Out()
	tr.Frame(1, s, 1, []byte{1})
	a.Out()
	if w.n != 4 || w.frames != 1 || len(tr.Log.Events) != 0 || !tr.Idle() {
		t.Errorf("%+v, %d events", w, len(tr.Log.Events))
	}
	want := []step.Step{0, step.TcpAck, step.TcpWriteXmit, step.TcpAck}
	for i, in := range w.in {
		if in != want[i] {
			t.Errorf("look %d is in %v, want %v", i, in, want[i])
		}
	}
	tr.Watched = 8
	tr.In(step.TcpAck, s).Out()
	if w.n != 4 {
		t.Error("told of a socket that is not watched")
	}
}
