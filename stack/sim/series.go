package sim

import (
	"bytes"
	"reflect"
	"runtime"
	"unsafe"
)

// A Series makes images of one living world, again and again, each the
// difference to the one before. It remembers what it found: an object whose
// pointers have not changed leads where it led, and is only compared. So an image
// costs a fraction of one that Take makes. What was alive at the last image is
// kept from being collected until the next, so that no address can have come to
// mean something else. An array of which only parts are led to any more stays
// whole.
//
// The zero value begins with an image in full.
type Series[T any] struct{ s series }

// Take makes the next image of the world rooted at p.
func (s *Series[T]) Take(p *T) *Image {
	im := s.s.take(unsafe.Pointer(p), reflect.TypeFor[T]())
	runtime.KeepAlive(p)
	return im
}

// Len is how many images the next one leads back to.
func (s *Series[T]) Len() int { return s.s.n }

// Begin makes the next image one in full.
func (s *Series[T]) Begin() { s.s.begin() }

// Release gives back what the series remembers. The next image is one in full.
func (s *Series[T]) Release() {
	s.s.begin()
	if s.s.table != nil {
		s.s.table.free()
		flats.Put(s.s.was)
		flats.Put(s.s.now)
	}
	s.s = series{}
}

type series struct {
	last  *Image // that was made
	n     int    // how many since the one in full
	table *table
	was   *flat // the world as it was then
	now   *flat
	next  []flatRegion
	hold  []unsafe.Pointer // all regions of was
}

func (s *series) begin() {
	if s.table != nil {
		s.table.reset()
		s.was.reset()
	}
	clear(s.hold)
	s.hold, s.last, s.n = s.hold[:0], nil, 0
}

func (s *series) take(q unsafe.Pointer, typ reflect.Type) *Image {
	m := &Image{base: s.last, root: uintptr(q), t: typ}
	if s.table == nil {
		s.table, s.was, s.now = newTable(), newFlat(), newFlat()
		s.was.reset()
	}
	t := s.table
	k := keeps{t: t}
	t.follow(q, planOf(typ), s.now, s.was, &k, true)
	t.list(s.now)
	m.n, m.size = len(s.now.regions), s.now.size()
	s.next = s.next[:0]
	out := t.encode(t.out[:0], s.now, s.was, &k, &s.next)
	t.out = out[:0]
	m.data = bytes.Clone(out)
	m.keep = k.list(m.base)
	s.was.regions, s.next = s.next, s.was.regions
	clear(s.hold)
	s.hold = s.hold[:0]
	for i := range s.was.regions {
		r := &s.was.regions[i]
		t.regions[r.i].was = r.off + 1
		s.hold = append(s.hold, pointer(r.at))
	}
	s.last = m
	s.n++
	return m
}

// Thin returns every second image of a list from one world, beginning with the
// first: each is the difference to the one before, but one in so many is in full.
func Thin(list []*Image, every int) []*Image {
	var out []*Image
	t := newTable()
	defer t.free()
	was := newFlat()
	for i := 0; i < len(list); i += 2 {
		m := list[i]
		c := &Image{root: m.root, t: m.t, n: m.n, size: m.size}
		base := &flat{}
		if n := len(out); n%every > 0 {
			c.base, base = out[n-1], was
		}
		now, k := m.decode(m.size), keeps{t: t}
		c.data = t.encode(nil, now, base, &k, nil)
		c.data = bytes.Clone(c.data)
		c.keep = k.list(c.base)
		out = append(out, c)
		flats.Put(was)
		was = now
	}
	flats.Put(was)
	return out
}
