package stack_test

import (
	"bytes"
	"os"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/bench"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// TestPerf is a profile's handle, not a test.
func TestPerf(t *testing.T) {
	if os.Getenv("PERF") == "" {
		t.Skip("PERF is not set")
	}
	var buf bytes.Buffer
	n := 300000
	if _, err := bench.Generate(&buf, n, 10000, 1); err != nil {
		t.Fatal(err)
	}
	r, err := pcaps.New(bytes.NewReader(buf.Bytes()), "x")
	if err != nil {
		t.Fatal(err)
	}
	p, err := walk.Diagnose(r, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v %v %v", p.Addrs, p.Because, p.Findings)
	for _, m := range []string{"none", "silent", "count", "record"} {
		rp, err := stack.NewReplay(stack.Options{}, p)
		if err != nil {
			t.Fatal(err)
		}
		tr := &trace.Tracer{}
		switch m {
		case "silent":
			rp.SetTracer(tr)
		case "count":
			tr.Mode = trace.Count
			rp.SetTracer(tr)
		case "record":
			tr.Mode = trace.Record
			rp.SetTracer(tr)
		}
		r.Rewind()
		start := time.Now()
		k, ev := 0, 0
		for {
			f, err := r.Next()
			if err != nil {
				break
			}
			rp.Inject(&f)
			tr.Ends = tr.Ends[:0]
			ev += len(tr.Log.Events)
			tr.Log.Reset()
			k++
		}
		d := time.Since(start)
		t.Logf("%s: %d frames, %.0f/s, %v each, %d events; %d steps", m, k, float64(k)/d.Seconds(), d/time.Duration(k), ev, tr.Steps)
		m := rp.Host.NS.MIB
		_ = m
	}
}
