package stack_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// leastShare is how many of 100 frames of the captured host the model must send
// too.
const leastShare = 95

// notYet lists the bundled captures that do not come to leastShare, and why.
var notYet = map[string]string{}

// react replays a bundled capture in react mode up to its end, as the host that
// the options describe.
func react(t testing.TB, e pcaps.Entry, o stack.Options, listen *trace.Tracer) *stack.Replay {
	t.Helper()
	src, err := e.Open()
	check(t, err)
	defer src.Close()
	p, err := walk.Diagnose(src, o)
	check(t, err)
	r, err := stack.NewReplay(o, p)
	check(t, err)
	if listen != nil {
		r.SetTracer(listen)
	}
	frames(t, src, func(f *pcaps.Frame) { r.Inject(f) })
	r.Finish()
	return r
}

func frames(t testing.TB, src *pcaps.Reader, f func(*pcaps.Frame)) {
	t.Helper()
	src.Rewind()
	for {
		x, err := src.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		check(t, err)
		f(&x)
	}
}

// In react mode the model, given only what came to the captured host, sends
// what that host sent.
func TestReact(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "%-16s %6s %6s %6s %6s\n", "capture", "frames", "agree", "share", "more")
	for _, e := range pcaps.Bundled() {
		r := react(t, e, setup(t, e, stack.React), nil)
		n, agree, ok := r.Agreement()
		if !ok || n == 0 {
			t.Errorf("%s: nothing was compared", e.Name)
			continue
		}
		share := float64(agree) * 100 / float64(n)
		fmt.Fprintf(&table, "%-16s %6d %6d %5.1f%% %6d\n", e.Name, n, agree, share, extra(r))
		switch why := notYet[e.Name]; {
		case share < leastShare && why == "":
			t.Errorf("%s: %d of %d frames agree, %.1f %%", e.Name, agree, n, share)
			for i, d := range first(r) {
				t.Logf("  %d: frame %d, byte %d\n    captured %s\n    model    %s", i, d.Frame, d.At,
					wire.Summary(d.Captured, wire.LinkEthernet, d.CapturedLen), wire.Summary(d.Model, wire.LinkEthernet, d.ModelLen))
			}
		case share >= leastShare && why != "":
			t.Errorf("%s: %.1f %% of the frames agree: take it off the list of those that do not", e.Name, share)
		}
	}
	t.Log("\n" + table.String())
}

// extra is how many frames the model sent for which there is none in the
// capture.
func extra(r *stack.Replay) (n int) {
	l, _ := r.Differences()
	for i := range l {
		if l[i].Frame == 0 {
			n++
		}
	}
	return n
}

func first(r *stack.Replay) []stack.Difference {
	l, _ := r.Differences()
	return l[:min(len(l), 10)]
}

// alter replays a bundled capture in react mode of which one frame that the
// host sent says something else than when the programs' script was read from it.
func alter(t *testing.T, e pcaps.Entry, n, at int, l *trace.Tracer) *stack.Replay {
	t.Helper()
	src, o := bundled(t, e, stack.React)
	p, err := walk.Diagnose(src, o)
	check(t, err)
	r, err := stack.NewReplay(o, p)
	check(t, err)
	r.SetTracer(l)
	frames(t, src, func(f *pcaps.Frame) {
		if f.N == n {
			f.Data = bytes.Clone(f.Data)
			f.Data[at] ^= 1
		}
		r.Inject(f)
	})
	r.Finish()
	return r
}

// Each frame that differs is told in the trace, with the place.
func TestReactNotes(t *testing.T) {
	for name, n := range map[string]int{"offload": 8, "http": 10} {
		e, _ := pcaps.Lookup(name)
		l := &trace.Tracer{Mode: trace.Record}
		r := alter(t, e, n, 100, l)
		diffs, more := r.Differences()
		n, agree, _ := r.Agreement()
		if more != 0 || len(diffs) < n-agree || len(diffs) == 0 {
			t.Fatalf("%d differences and %d more for %d of %d frames", len(diffs), more, n-agree, n)
		}
		notes, bytes := 0, 0
		for i := range l.Log.Events {
			ev := &l.Log.Events[i]
			if ev.Kind != trace.Note {
				continue
			}
			switch ev.Why {
			case step.WhyDiffers:
				d := diffs[notes]
				if a := l.Log.WhyArgs(ev); d.At != 100 || a[0] != uint64(d.At) || ev.Pkt != d.Frame || d.Captured[d.At] == d.Model[d.At] {
					t.Errorf("%s: note %v of packet %d for %+v", name, a, ev.Pkt, d)
				}
				bytes++
				notes++
			case step.WhyOnlyCapture, step.WhyOnlyModel:
				notes++
			}
		}
		if notes != len(diffs) || bytes == 0 {
			t.Errorf("%s: %d notes, %d of them with a place, for %d differences", name, notes, bytes, len(diffs))
		}
	}
}

// Without a description of the host, what the capture suggests must do.
func TestReactInferred(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		if notYet[e.Name] != "" || e.Name == "multicast" {
			continue
		}
		o := stack.Options{Mode: stack.React, Local: setup(t, e, stack.React).Local}
		n, agree, _ := react(t, e, o, nil).Agreement()
		if agree*100 < n*leastShare {
			t.Errorf("%s: %d of %d frames agree", e.Name, agree, n)
		}
	}
}

// A copy of a replay goes on as the replay itself does.
func TestReactFork(t *testing.T) {
	for _, name := range []string{"loss", "offload", "ipv6"} {
		e, _ := pcaps.Lookup(name)
		src, o := bundled(t, e, stack.React)
		p, err := walk.Diagnose(src, o)
		check(t, err)
		r, err := stack.NewReplay(o, p)
		check(t, err)
		var copied *stack.Replay
		i := 0
		frames(t, src, func(f *pcaps.Frame) {
			if i++; i == 8 {
				copied, _ = r.Fork()
			}
			r.Inject(f)
			if copied != nil {
				copied.Inject(f)
			}
		})
		r.Finish()
		copied.Finish()
		n1, a1, _ := r.Agreement()
		n2, a2, _ := copied.Agreement()
		if n1 != n2 || a1 != a2 || n1 == 0 {
			t.Errorf("%s: %d of %d in the replay, %d of %d in its copy", name, a1, n1, a2, n2)
		}
	}
}
