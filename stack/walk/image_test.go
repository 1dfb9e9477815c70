package walk_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// on lets a replay go on for some frames, recorded, and returns the hash of all
// that happened and how much that was.
func on(t testing.TB, c capture, r *stack.Replay, from, n int) (uint64, int) {
	t.Helper()
	tr := &trace.Tracer{Mode: trace.Record}
	r.SetTracer(tr)
	for i := from; i < from+n && i < c.src.Len(); i++ {
		f, err := c.src.Frame(i)
		check(t, err)
		r.Inject(&f)
	}
	r.Finish()
	return tr.Hash, len(tr.Log.Changes)
}

// images takes images of a capture's world at random frames, lets the world go
// on, and compares a world that is restored from each with one that was forked.
func images(t *testing.T, c capture, every int) {
	check(t, c.src.Index())
	rng := rand.New(rand.NewPCG(7, uint64(every)))
	p, err := walk.Diagnose(c.src, c.opt)
	check(t, err)
	r, err := stack.NewReplay(c.opt, p)
	check(t, err)
	type kept struct {
		at   int
		im   *sim.Image
		fork *stack.Replay
	}
	var all []kept
	var s sim.Series[stack.Replay]
	c.src.Rewind()
	for i := 0; ; i++ {
		f, err := c.src.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		check(t, err)
		if rng.IntN(every) == 0 {
			if len(all)%4 == 0 {
				s.Begin()
			}
			im := s.Take(r)
			fork, n := r.Fork()
			if n > im.Objects() {
				t.Fatalf("%s: frame %d: %d objects in the fork, %d in the image", c.name, i, n, im.Objects())
			}
			all = append(all, kept{i, im, fork})
		}
		r.Inject(&f)
	}
	r = nil
	s.Begin()
	runtime.GC()
	for _, k := range all {
		want, n := on(t, c, k.fork, k.at, 300)
		got, m := on(t, c, sim.Restore[stack.Replay](k.im), k.at, 300)
		if got != want || n != m {
			t.Errorf("%s: from frame %d the image goes another way than the fork: %d and %d changes", c.name, k.at, m, n)
		}
	}
}

func TestImages(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		for _, m := range []stack.Mode{stack.Follow, stack.React} {
			c := bundled(t, e.Name)
			c.opt.Mode = m
			images(t, c, 8)
		}
	}
	images(t, generated(t, 6000, 200), 500)
}
