package core

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
)

// A piece is copied while there is room behind the first, else its page is taken
// over if it lies in one, else it hangs on the frag_list, and all after it.
func TestJoiner(t *testing.T) {
	type piece struct {
		n           int
		page, clone bool
		joined      bool
		truesize    int
	}
	for name, c := range map[string]struct {
		first  int
		page   bool
		pieces []piece
	}{
		"copied":       {100, false, []piece{{n: 16, joined: true}, {n: 16, joined: true, clone: true}}},
		"a full frame": {1500, false, []piece{{n: 1480, truesize: 2304}, {n: 8, truesize: 2304}}},
		"pages":        {1500, true, []piece{{n: 1480, page: true, joined: true, truesize: 2304 - 256}, {n: 80, page: true, joined: true, truesize: 2304 - 256}, {n: 80, page: true, clone: true, truesize: 2304}}},
	} {
		m := &Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(1), IDs: &IDs{}}
		ns := NewNetns(m, "h")
		b := ns.AllocSKB(Headroom, c.first, 0)
		b.Put(c.first)
		b.Truesize, b.HeadFrag = AllocTruesize(c.first+31), c.page
		if c.page {
			b.Truesize = 2304
		}
		j := NewJoiner(b)
		for i, p := range c.pieces {
			f := ns.AllocSKB(Headroom, p.n, 0)
			f.Put(p.n)
			f.Truesize, f.HeadFrag = 2304, p.page
			j.Append(f, p.clone)
			if f.Joined != p.joined || f.Truesize != p.truesize {
				t.Errorf("%s: piece %d: joined %v, truesize %d, want %v, %d", name, i, f.Joined, f.Truesize, p.joined, p.truesize)
			}
		}
		n := c.first
		for _, p := range c.pieces {
			n += p.n
		}
		if b.Len() != n {
			t.Errorf("%s: %d bytes, want %d", name, b.Len(), n)
		}
		ns.Free(b)
		if m.Allocated != m.Freed {
			t.Errorf("%s: %d buffers made, %d freed", name, m.Allocated, m.Freed)
		}
	}
}
