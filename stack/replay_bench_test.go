package stack_test

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/bench"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// benchCapture is the capture that the benchmarks replay.
var benchCapture = sync.OnceValues(func() ([]byte, error) {
	var b bytes.Buffer
	_, err := bench.Generate(&b, 100_000, 1000, 1)
	return b.Bytes(), err
})

func BenchmarkReplayNone(b *testing.B) {
	benchmarkReplay(b, func() *trace.Tracer { return nil })
}

func BenchmarkReplaySilent(b *testing.B) {
	benchmarkReplay(b, func() *trace.Tracer { return new(trace.Tracer) })
}

func BenchmarkReplayCount(b *testing.B) {
	benchmarkReplay(b, func() *trace.Tracer { return &trace.Tracer{Mode: trace.Count} })
}

func BenchmarkReplayRecord(b *testing.B) {
	benchmarkReplay(b, func() *trace.Tracer { return &trace.Tracer{Mode: trace.Record} })
}

// benchmarkReplay replays the whole capture each time, with a new tracer (or
// none) that listens.
func benchmarkReplay(b *testing.B, listen func() *trace.Tracer) {
	data, err := benchCapture()
	if err != nil {
		b.Fatal(err)
	}
	r, err := pcaps.New(bytes.NewReader(data), "bench")
	if err != nil {
		b.Fatal(err)
	}
	p, err := walk.Diagnose(r, stack.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	frames := 0
	for b.Loop() {
		b.StopTimer()
		rp, err := stack.NewReplay(stack.Options{}, p)
		if err != nil {
			b.Fatal(err)
		}
		t := listen()
		rp.SetTracer(t)
		r.Rewind()
		b.StartTimer()
		frames += replayAll(b, r, rp, t)
	}
	b.ReportMetric(float64(frames)/b.Elapsed().Seconds(), "frames/s")
}

// replayAll delivers what is left of the capture, and counts it.
func replayAll(b *testing.B, r *pcaps.Reader, rp *stack.Replay, t *trace.Tracer) (frames int) {
	for {
		f, err := r.Next()
		if errors.Is(err, io.EOF) {
			return frames
		}
		if err != nil {
			b.Fatal(err)
		}
		rp.Inject(&f)
		frames++
		if t != nil {
			t.Ends = t.Ends[:0]
			t.Log.Reset()
		}
	}
}
