package sim

import "testing"

type inner struct {
	a, b int
	t    Timer
	up   *outer
}

type outer struct {
	inner // a pointer to it has the address of the outer one
	list  []inner
	at    *inner // into list
	emb   *inner // the embedded one
	half  []inner
	c     *Clock
	any   any
	keep  map[int]*inner
}

func (o *outer) Run() {}

// Pointers into the middle of objects lead to the same place of the copy.
func TestForkInterior(t *testing.T) {
	o := &outer{list: make([]inner, 5), c: &Clock{}, keep: map[int]*inner{}}
	o.at, o.emb, o.half = &o.list[2], &o.inner, o.list[1:3]
	o.up = o
	o.any = &o.list[3]
	o.keep[7] = &o.list[4]
	o.c.Mod(&o.list[3].t, 100, o)
	o.c.Mod(&o.inner.t, 50, o)
	c, n := Fork(o)
	if n > 8 {
		t.Errorf("%d objects copied", n)
	}
	if c == o || c.at != &c.list[2] || c.emb != &c.inner || &c.half[1] != &c.list[2] || c.up != c ||
		c.any.(*inner) != &c.list[3] || c.keep[7] != &c.list[4] || &c.list[0] == &o.list[0] {
		t.Error("the copy's pointers lead elsewhere")
	}
	if !c.list[3].t.Pending() || !c.c.Stop(&c.list[3].t) || c.c.Len() != 1 || o.c.Len() != 2 {
		t.Error("the copy's timers are not the clock's")
	}
	c.c.RunUntil(60)
	if c.inner.t.Pending() || !o.inner.t.Pending() {
		t.Error("timers are shared")
	}
}

func BenchmarkFork(b *testing.B) {
	type world struct {
		c *Clock
		l []*outer
	}
	w := &world{c: &Clock{}}
	for i := range 10000 {
		o := &outer{c: w.c, keep: nil}
		o.up = o
		w.c.Mod(&o.inner.t, Time(i), o)
		w.l = append(w.l, o)
	}
	for b.Loop() {
		Fork(w)
	}
}
