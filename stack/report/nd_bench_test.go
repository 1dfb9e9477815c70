package report_test

import (
	"bytes"
	"io"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/bench"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// BenchmarkNDJSON prints the whole trace of a made capture; the peer is
// stack's BenchmarkReplayRecord, which only records.
func BenchmarkNDJSON(b *testing.B) {
	const frames = 30000
	var buf bytes.Buffer
	if _, err := bench.Generate(&buf, frames, 300, 1); err != nil {
		b.Fatal(err)
	}
	src, err := pcaps.New(bytes.NewReader(buf.Bytes()), "made")
	if err != nil {
		b.Fatal(err)
	}
	p, err := walk.Diagnose(src, stack.Options{})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		r, err := stack.NewReplay(stack.Options{}, p)
		if err != nil {
			b.Fatal(err)
		}
		tr := &trace.Tracer{Mode: trace.Record}
		r.SetTracer(tr)
		sink, totals := &report.NDJSON{W: io.Discard, Names: r}, report.NewTotals(r)
		src.Rewind()
		for {
			f, err := src.Next()
			if err != nil {
				break
			}
			r.Inject(&f)
			totals.Take(&tr.Log)
			if err := sink.Take(&tr.Log); err != nil {
				b.Fatal(err)
			}
			tr.Log.Reset()
			tr.Ends = tr.Ends[:0]
		}
	}
	b.ReportMetric(float64(frames*b.N)/b.Elapsed().Seconds(), "frames/s")
}
