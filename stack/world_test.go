package stack_test

import (
	"bytes"
	"errors"
	"io"
	"net/netip"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// modes are the ways in which every test replays.
var modes = []stack.Mode{stack.Follow, stack.React}

// setup is how a bundled capture is replayed.
func setup(t testing.TB, e pcaps.Entry, m stack.Mode) stack.Options {
	t.Helper()
	o := stack.Options{Mode: m}
	if a, err := netip.ParseAddr(e.Local); err == nil {
		o.Local = wire.FromNetip(a)
	}
	s, err := lab.Parse(e.Name+".host", e.Host())
	if err != nil {
		t.Fatal(err)
	}
	o.Setup = s.Setup
	return o
}

// bundled opens a bundled capture.
func bundled(t testing.TB, e pcaps.Entry, m stack.Mode) (*pcaps.Reader, stack.Options) {
	t.Helper()
	r, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r, setup(t, e, m)
}

// A traced is a capture that was replayed to its end, and what was printed.
type traced struct {
	replay  *stack.Replay
	profile *stack.Profile
	totals  *report.Totals
	ends    map[uint32][]trace.EndRec // by packet
	frames  []pcaps.Frame
}

// traceAll replays a capture as packetwalk trace does, into a sink (nil: none).
func traceAll(t testing.TB, src walk.Source, o stack.Options, sink func(*stack.Replay) report.Sink) *traced {
	t.Helper()
	p, err := walk.Diagnose(src, o)
	if err != nil {
		t.Fatal(err)
	}
	r, err := stack.NewReplay(o, p)
	if err != nil {
		t.Fatal(err)
	}
	x := &traced{replay: r, profile: p, totals: report.NewTotals(r), ends: map[uint32][]trace.EndRec{}}
	tr := &trace.Tracer{Mode: trace.Record}
	r.SetTracer(tr)
	var out report.Sink
	if sink != nil {
		out = sink(r)
		check(t, out.Head(&report.Head{Input: src.Name(), Mode: o.Mode.String()}))
	}
	flush := func() {
		x.totals.Take(&tr.Log)
		if out != nil {
			check(t, out.Take(&tr.Log))
		}
		tr.Log.Reset()
		for _, e := range tr.Ends {
			x.ends[e.Pkt] = append(x.ends[e.Pkt], e)
		}
		tr.Ends = tr.Ends[:0]
	}
	r.Report(p)
	src.Rewind()
	for {
		f, err := src.Next()
		if err != nil {
			var broken *pcaps.Error
			if !errors.Is(err, io.EOF) && !errors.As(err, &broken) {
				t.Fatal(err)
			}
			break
		}
		x.frames = append(x.frames, pcaps.Frame{N: f.N, At: f.At, Data: bytes.Clone(f.Data), OrigLen: f.OrigLen, Link: f.Link, Iface: f.Iface, Dir: f.Dir})
		r.Inject(&f)
		if !tr.Idle() {
			t.Fatalf("frame %d: a call is still open", f.N)
		}
		flush()
	}
	r.Finish()
	flush()
	x.totals.Finish()
	if out != nil {
		check(t, out.End(x.totals))
	}
	return x
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// text is the text trace of a bundled capture.
func text(t testing.TB, e pcaps.Entry, m stack.Mode) (string, *traced) {
	t.Helper()
	var b bytes.Buffer
	r, o := bundled(t, e, m)
	x := traceAll(t, r, o, func(r *stack.Replay) report.Sink { return &report.Text{W: &b, Names: r} })
	return b.String(), x
}

// TestSameTwice replays every bundled capture twice in one process: the same
// bytes are printed, with the same hash.
func TestSameTwice(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		for _, m := range modes {
			a, x := text(t, e, m)
			b, y := text(t, e, m)
			if a != b || x.totals.Hash != y.totals.Hash {
				t.Errorf("%s, %s mode: the second run differs at byte %d: %x, %x", e.Name, m, differ(a, b), x.totals.Hash, y.totals.Hash)
			}
		}
	}
}

func differ(a, b string) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}

// TestConservation: what was allocated has been freed, or waits in a queue that
// has a name; and each packet has come to an end, or waits.
func TestConservation(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		for _, m := range modes {
			r, o := bundled(t, e, m)
			x := traceAll(t, r, o, nil)
			conserved(t, x, e.Name+", "+m.String()+" mode")
		}
	}
}

// conserved checks the law on a replay that is over.
func conserved(t testing.TB, x *traced, name string) {
	t.Helper()
	held := x.replay.World.Held()
	if live := x.replay.World.Live(); uint64(len(held)) != live {
		t.Errorf("%s: %d buffers are allocated, %d can be found", name, live, len(held))
	}
	for _, h := range held {
		if h.Where == 0 {
			t.Errorf("%s: buffer %d of packet %d is in no queue that has a name", name, h.SKB.ID, h.SKB.Pkt)
		}
	}
	for _, f := range x.frames {
		if x.replay.Mode == stack.React && x.profile.Direction(&f) == pcaps.DirOut {
			continue // the model sends by itself
		}
		if len(x.ends[uint32(f.N)]) == 0 {
			t.Errorf("%s: frame %d has no end: %s", name, f.N, wire.Summary(f.Data, wire.LinkKind(f.Link), f.OrigLen))
		}
	}
	if n := x.totals.Unended(); len(n) > 0 {
		t.Errorf("%s: packets %v were seen, and have no end", name, n)
	}
}
