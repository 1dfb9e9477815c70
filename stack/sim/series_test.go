package sim

import (
	"runtime"
	"testing"
)

// Objects come and go while the collector runs: their memory is used again, for
// the same type and for others.
func TestSeriesCollector(t *testing.T) {
	var s Series[crowd]
	w := many(300)
	rand := NewRand(3)
	var hold []any
	for i := range 200 {
		for range 40 {
			j := int(rand.Below(300))
			switch rand.Below(4) {
			case 0:
				o := &outer{c: w.c, inner: inner{a: i, b: j}}
				o.up = w.l[rand.Below(300)]
				w.c.Stop(&w.l[j].inner.t)
				w.l[j] = o
			case 1:
				w.l[j].a += i
			case 2:
				w.l[j].up = w.l[rand.Below(300)]
			case 3:
				hold = append(hold, make([]byte, 16*rand.Below(40)), &inner{a: -1})
			}
		}
		if len(hold) > 500 {
			hold = nil
		}
		if i%7 == 0 {
			runtime.GC()
		}
		if s.Len() > 20 {
			s.Begin()
		}
		im := s.Take(w)
		c, n := Fork(w)
		if n != im.Objects() {
			t.Fatalf("round %d: %d objects forked, %d in the image", i, n, im.Objects())
		}
		check(t, "image", c, Restore[crowd](im))
	}
	runtime.KeepAlive(hold)
}

// A list that was thinned out, twice, is every fourth image.
func TestThin(t *testing.T) {
	var s Series[zoo]
	var list []*Image
	var copies []*zoo
	z := newZoo()
	for i := range 41 {
		if s.Len() > 6 {
			s.Begin()
		}
		list = append(list, s.Take(z))
		c, _ := Fork(z)
		copies = append(copies, c)
		z.change(i)
	}
	s.Begin()
	z = nil
	list = Thin(Thin(list, 5), 5)
	runtime.GC()
	debris()
	for i, im := range list {
		if (im.Base() == nil) != (i%5 == 0) {
			t.Errorf("image %d in full: %v", i, im.Base() == nil)
		}
		check(t, "image", copies[4*i], Restore[zoo](im))
	}
}

func BenchmarkSeries(b *testing.B) {
	w := many(10000)
	var s Series[crowd]
	for i := 0; b.Loop(); i++ {
		w.l[i%10000].a++
		if s.Len() > 8 {
			s.Begin()
		}
		s.Take(w)
	}
}
