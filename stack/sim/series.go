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
	if s.s.table != nil {
		s.s.table.free()
		flats.Put(s.s.was)
		flats.Put(s.s.now)
	}
	s.s = series{}
}

type series struct {
	last  *Image // that was made; nil: the next one is in full
	n     int    // how many since the one in full
	table *table
	was   *flat // the world as it was then
	now   *flat
	next  []flatRegion
	hold  []unsafe.Pointer // all regions of was
}

func (s *series) begin() {
	s.last, s.n = nil, 0
	if s.table != nil && len(s.table.regions) > 2*len(s.was.regions) {
		s.table.reset() // most are dead
		s.was.reset()
		clear(s.hold)
	}
}

func (s *series) take(q unsafe.Pointer, typ reflect.Type) *Image {
	m := &Image{base: s.last, root: uintptr(q), t: typ}
	if s.table == nil {
		s.table, s.was, s.now = newTable(), newFlat(), newFlat()
		s.was.reset()
	}
	t, k := s.table, keeps{t: s.table}
	base, noted := s.was, &k
	if m.base == nil {
		base, noted = &flat{}, nil
	}
	t.follow(q, planOf(typ), s.now, s.was, noted, true)
	t.list(s.now)
	m.n, m.size = len(s.now.regions), s.now.size()
	t.out = t.encode(t.out[:0], s.now, base, &k, true)
	m.data = bytes.Clone(t.out)
	m.keep = k.list(m.base)
	s.remember()
	s.last = m
	s.n++
	return m
}

// remember makes was what now is. Follow has done so with what both have.
func (s *series) remember() {
	clear(s.hold)
	s.next, s.hold = s.next[:0], s.hold[:0]
	for i := range s.now.regions {
		r := s.now.regions[i]
		in := &s.table.regions[r.i]
		if !in.compared() {
			in.was = len(s.was.words) + 1
			s.was.words = append(s.was.words, s.now.row(&r)...)
		}
		r.off = in.was - 1
		s.next = append(s.next, r)
		s.hold = append(s.hold, pointer(r.at))
	}
	s.was.regions, s.next = s.next, s.was.regions
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
		c.data = t.encode(nil, now, base, &k, false)
		c.data = bytes.Clone(c.data)
		c.keep = k.list(c.base)
		out = append(out, c)
		flats.Put(was)
		was = now
	}
	flats.Put(was)
	return out
}
