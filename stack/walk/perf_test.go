//go:build unix

package walk_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/bench"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/walk"
)

func number(name string, def int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil {
		return n
	}
	return def
}

// made writes a capture of a busy server.
func made(t *testing.T, frames, flows int) *pcaps.Reader {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "made.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := bench.Generate(f, frames, flows, 1); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := pcaps.Open(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// TestPerf measures with PERF=1: how fast a capture of FRAMES frames in FLOWS
// flows is indexed, what the index weighs, and how long seeks take.
func TestPerf(t *testing.T) {
	if os.Getenv("PERF") == "" {
		t.Skip("PERF is not set")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	src := made(t, number("FRAMES", 1_000_000), number("FLOWS", 10_000))
	before := heap()
	start := computed()
	k, err := walk.Open(src, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for done := false; !done; {
		if done, err = k.Advance(1 << 14); err != nil {
			t.Fatal(err)
		}
	}
	took := computed() - start
	n, every := k.Checkpoints()
	t.Logf("%d frames indexed, %.0f/s; %d checkpoints each %d frames; %.1f MiB", k.Indexed(), float64(k.Indexed())/took.Seconds(), n, every, heap()-before)
	var d []time.Duration
	rand := sim.NewRand(1)
	for range number("SEEKS", 100) {
		i := int(rand.Below(uint32(k.Indexed())))
		start := computed()
		if _, err := k.Chunk(i); err != nil {
			t.Fatal(err)
		}
		d = append(d, computed()-start)
	}
	slices.Sort(d)
	t.Logf("seek p50 %v, p90 %v, p99 %v, max %v", d[len(d)/2], d[len(d)*9/10], d[len(d)*99/100], d[len(d)-1])
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

// TestPerfFork measures with PERF=1 what a copy of a world costs when about
// SOCKETS sockets are open.
func TestPerfFork(t *testing.T) {
	if os.Getenv("PERF") == "" {
		t.Skip("PERF is not set")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	n := number("SOCKETS", 10_000)
	src := made(t, 60*n, 24*n/10)
	p, err := walk.Diagnose(src, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := stack.NewReplay(stack.Options{}, p)
	if err != nil {
		t.Fatal(err)
	}
	for range 40 * n {
		f, err := src.Next()
		if err != nil {
			t.Fatal(err)
		}
		r.Inject(&f)
	}
	best := func(what string, f func()) {
		var d []time.Duration
		runtime.GC()
		for range 10 {
			start := computed()
			f()
			d = append(d, computed()-start)
		}
		slices.Sort(d)
		t.Logf("%-20s best %v, median %v", what, d[0], d[len(d)/2])
	}
	objects := 0
	best("Fork", func() { _, objects = r.Fork() })
	base := sim.Take(r, nil)
	best("Take in full", func() { sim.Take(r, nil) })
	best("Take, same", func() { sim.Take(r, base) })
	for range 2 * n {
		f, err := src.Next()
		if err != nil {
			t.Fatal(err)
		}
		r.Inject(&f)
	}
	var im *sim.Image
	best("Take, difference", func() { im = sim.Take(r, base) })
	best("Restore full", func() { sim.Restore[stack.Replay](base) })
	best("Restore, cached base", func() { sim.Restore[stack.Replay](im) })
	best("Restore, difference", func() { base.Release(); sim.Restore[stack.Replay](im); base.Release() })
	t.Logf("in full %d KiB, difference %d KiB", base.Size()>>10, im.Size()>>10)
	t.Logf("%d sockets, %d objects", r.Host.TCP.Hash.Len(), objects)
}
