//go:build unix

package walk_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/bench"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// madeFrames is how many frames the capture has that is measured; with -short
// it is a small one.
func madeFrames() int {
	if testing.Short() {
		return 50_000
	}
	return 1_000_000
}

// made writes a capture of a busy server, one connection for 100 frames.
func made(b *testing.B) *pcaps.Reader {
	b.Helper()
	frames := madeFrames()
	f, err := os.Create(filepath.Join(b.TempDir(), "made.pcap"))
	check(b, err)
	_, err = bench.Generate(f, frames, frames/100, 1)
	check(b, err)
	check(b, f.Close())
	r, err := pcaps.Open(f.Name())
	check(b, err)
	b.Cleanup(func() { r.Close() })
	return r
}

// computed is the time that the process has computed: other programs on the
// machine do not change it.
func computed() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func heap() float64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// times reports percentiles of computing time.
func times(b *testing.B, d []time.Duration) {
	slices.Sort(d)
	for _, p := range []struct {
		name string
		at   int
	}{{"best-ms", 0}, {"p50-ms", 50}, {"p99-ms", 99}} {
		b.ReportMetric(d[(len(d)-1)*p.at/100].Seconds()*1000, p.name)
	}
}

// indexed indexes a whole capture.
func indexed(b *testing.B, src walk.Source) *walk.Walk {
	k, err := walk.Open(src, stack.Options{})
	check(b, err)
	for done := false; !done; {
		done, err = k.Advance(1 << 14)
		check(b, err)
	}
	return k
}

// BenchmarkIndex measures how fast a capture is indexed, and what the index
// and the checkpoints weigh.
func BenchmarkIndex(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	src := made(b)
	before := heap()
	start := computed()
	frames := 0
	var k *walk.Walk
	for b.Loop() {
		k = nil
		k = indexed(b, src)
		frames += k.Indexed()
	}
	b.ReportMetric(float64(frames)/(computed()-start).Seconds(), "frames/s")
	b.ReportMetric(heap()-before, "MiB")
	n, _ := k.Checkpoints()
	b.ReportMetric(float64(n), "checkpoints")
}

// BenchmarkSeek measures seeks to random frames.
func BenchmarkSeek(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	k := indexed(b, made(b))
	var d []time.Duration
	rand := sim.NewRand(1)
	for b.Loop() {
		i := int(rand.Below(uint32(k.Indexed())))
		start := computed()
		_, err := k.Chunk(i)
		check(b, err)
		d = append(d, computed()-start)
	}
	times(b, d)
}

// BenchmarkImage measures what a copy of a world with many sockets costs.
func BenchmarkImage(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	src := made(b)
	p, err := walk.Diagnose(src, stack.Options{})
	check(b, err)
	r, err := stack.NewReplay(stack.Options{}, p)
	check(b, err)
	frames := madeFrames()
	on := func(n int) {
		for range n {
			f, err := src.Next()
			check(b, err)
			r.Inject(&f)
		}
	}
	on(frames * 6 / 10)
	var s sim.Series[stack.Replay]
	full := s.Take(r)
	on(frames / 100)
	im := s.Take(r)
	run := func(what string, f func()) {
		b.Run(what, func(b *testing.B) {
			var d []time.Duration
			for b.Loop() {
				start := computed()
				f()
				d = append(d, computed()-start)
			}
			times(b, d)
		})
	}
	run("fork", func() { r.Fork() })
	run("take", func() { sim.Take(r) })
	run("take-difference", func() { s.Take(r) })
	s.Begin()
	run("restore", func() { sim.Restore[stack.Replay](full) })
	run("restore-difference", func() { sim.Restore[stack.Replay](im) })
	b.Logf("%d sockets, %d objects; in full %d KiB, difference %d KiB", r.Host.TCP.Hash.Len(), im.Objects(), full.Size()>>10, im.Size()>>10)
}

// BenchmarkSilent measures a run of the whole capture that nobody listens to.
func BenchmarkSilent(b *testing.B) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	src := made(b)
	start := computed()
	frames := 0
	for b.Loop() {
		p, err := walk.Diagnose(src, stack.Options{})
		check(b, err)
		r, err := stack.NewReplay(stack.Options{}, p)
		check(b, err)
		for range madeFrames() {
			f, err := src.Next()
			if err != nil {
				b.Fatal(err)
			}
			r.Inject(&f)
			frames++
		}
	}
	b.ReportMetric(float64(frames)/(computed()-start).Seconds(), "frames/s")
}
