package sim

import (
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"unsafe"
)

// An Image is a world at rest, in little memory: what differs from another
// image of the same world, its base, or from nothing. It does not change.
//
// Memory is kept as words with the addresses that it has in the living world.
// They only name regions: the living world may go on, and may be collected. A
// region is compared with the base's region of the same address and type;
// when the address was used again for something else, the difference is
// larger, and that is all.
type Image struct {
	base *Image
	data []byte
	keep []unsafe.Pointer // shared memory that the words lead to, and no base keeps
	root uintptr
	t    reflect.Type
	n    int
	size int // words of all regions
}

// A flat is a world as words: its regions in order of address.
type flat struct {
	regions []flatRegion
	words   []uint32
	plans   []*plan // by number
}

type flatRegion struct {
	at   uintptr
	p    *plan
	n    int
	off  int   // first word; -1: they are the living memory itself
	size int   // words
	i    int32 // its number in the table that found it
}

// row is a region's words.
func (f *flat) row(r *flatRegion) []uint32 {
	if r.off < 0 {
		return unsafe.Slice((*uint32)(pointer(r.at)), r.size)
	}
	return f.words[r.off : r.off+r.size : r.off+r.size]
}

// add appends a region, its words undefined.
func (f *flat) add(at uintptr, p *plan, n int) *flatRegion {
	words := p.words(n)
	f.regions = append(f.regions, flatRegion{at: at, p: p, n: n, off: len(f.words), size: words})
	f.words = slices.Grow(f.words, words)[:len(f.words)+words]
	return &f.regions[len(f.regions)-1]
}

// words is how many words n elements take, or a map's n entries.
func (p *plan) words(n int) int {
	if p.entry != nil {
		p = p.entry
	}
	return pairs(p.size * uintptr(n))
}

// size is how many words all regions take.
func (f *flat) size() (n int) {
	for i := range f.regions {
		n += f.regions[i].size
	}
	return n
}

func (f *flat) reset() { f.regions, f.words = f.regions[:0], f.words[:0] }

// flats keeps memory for worlds that are worked on.
var flats sync.Pool

func newFlat() *flat {
	if f, ok := flats.Get().(*flat); ok {
		return f
	}
	return &flat{}
}

// Trim gives back memory that is kept for the next copy of a world.
func Trim() {
	for flats.Get() != nil {
	}
	for tables.Get() != nil {
	}
}

// Size is how many bytes of memory the image holds, without its base.
func (m *Image) Size() int {
	return int(unsafe.Sizeof(*m)) + cap(m.data) + cap(m.keep)*int(word)
}

// Base is the image that this one is the difference to, nil if there is none.
func (m *Image) Base() *Image { return m.base }

// Objects is how many objects the world has.
func (m *Image) Objects() int { return m.n }

// decode returns the image's words, in memory that has room for so many.
func (m *Image) decode(room int) *flat {
	f, base := newFlat(), (*flat)(nil)
	f.reset()
	f.plans = plans()
	f.regions = slices.Grow(f.regions, m.n)
	if m.base != nil {
		base = m.base.decode(room)
		defer flats.Put(base)
	} else {
		f.words = slices.Grow(f.words, room+room/8) // some will be let go of on the way
	}
	decode(f, base, m.data)
	return f
}

// Take makes an image of the world rooted at p, as [Fork] would copy it.
func Take[T any](p *T) *Image {
	var s Series[T]
	defer s.Release()
	return s.Take(p)
}

// wipe empties what is not to be kept.
func (p *plan) wipe(at unsafe.Pointer, n int) {
	for k := range n {
		if k > 0 {
			at = unsafe.Add(at, p.size)
		}
		for i := range p.ops {
			if o := &p.ops[i]; o.kind == opZero {
				clear(unsafe.Slice((*byte)(unsafe.Add(at, o.off)), o.size))
			}
		}
	}
}

// sortRows puts a map's n entries, of some words each, in an order of their own.
func sortRows(row []uint32, words, n int) {
	if words == 0 || n < 2 {
		return
	}
	list := make([][]uint32, n)
	for i := range list {
		list[i] = slices.Clone(row[i*words : (i+1)*words])
	}
	slices.SortFunc(list, slices.Compare)
	for i, e := range list {
		copy(row[i*words:], e)
	}
}

// keeps collects the shared memory that words lead to.
type keeps struct {
	t   *table
	out []unsafe.Pointer
}

// region looks at n elements that differ from the base's, whose words are old if
// it has them.
func (k *keeps) region(p *plan, n int, row, old []uint32) {
	if p.entry != nil {
		p = p.entry
	}
	if len(p.holds) == 0 || len(row) == 0 {
		return
	}
	for i := range n {
		off := uintptr(i) * p.size
		var was unsafe.Pointer
		if n := int(off+p.size) / 4; n <= len(old) {
			was = unsafe.Pointer(&old[off/4])
		}
		k.value(p, unsafe.Pointer(&row[off/4]), was)
	}
}

func (k *keeps) value(p *plan, at, was unsafe.Pointer) {
	for i := range p.holds {
		o := &p.holds[i]
		f := unsafe.Add(at, o.off)
		if o.kind == opShare {
			if a := *(*uintptr)(f); was == nil || a != *(*uintptr)(unsafe.Add(was, o.off)) {
				k.put(a)
			}
			continue
		}
		h := (*[2]uintptr)(f)
		if h[1] == 0 || was != nil && *h == *(*[2]uintptr)(unsafe.Add(was, o.off)) {
			continue
		}
		k.t.probe.typ = h[0] // what h[1] leads to may be gone
		switch in := k.t.inside(o, unsafe.Pointer(&k.t.probe)); {
		case in.direct && len(in.p.holds) > 0:
			k.value(in.p, unsafe.Pointer(&h[1]), nil)
		case !in.direct && len(in.p.leads) == 0:
			k.put(h[1])
		}
	}
}

func (k *keeps) put(a uintptr) {
	if n := len(k.out); a != 0 && (n == 0 || k.out[n-1] != pointer(a)) {
		k.out = append(k.out, pointer(a))
	}
}

// list returns what was collected, without what a base keeps.
func (k *keeps) list(base *Image) []unsafe.Pointer {
	slices.SortFunc(k.out, order)
	k.out = slices.Compact(k.out)
	for ; base != nil; base = base.base {
		k.out = slices.DeleteFunc(k.out, func(q unsafe.Pointer) bool {
			_, ok := slices.BinarySearchFunc(base.keep, q, order)
			return ok
		})
	}
	return slices.Clone(k.out)
}

func order(a, b unsafe.Pointer) int {
	switch {
	case uintptr(a) < uintptr(b):
		return -1
	case uintptr(a) > uintptr(b):
		return 1
	}
	return 0
}

// Restore builds the world of an image again: as good as the copy that Fork
// would have made then. T is the type that Take was given.
func Restore[T any](m *Image) *T {
	if t := reflect.TypeFor[T](); t != m.t {
		panic(fmt.Sprintf("sim: an image of a %v is no %v", m.t, t))
	}
	p := (*T)(m.restore())
	runtime.KeepAlive(m)
	return p
}

func (m *Image) restore() unsafe.Pointer {
	f := m.decode(m.size)
	defer flats.Put(f)
	t := newTable()
	defer t.free()
	for i := range f.regions {
		r := &f.regions[i]
		size := r.p.size * uintptr(r.n)
		if r.p.entry != nil {
			size = 1
		}
		t.regions = append(t.regions, region{at: r.at, size: size, p: r.p, n: r.n, off: r.off + 1})
		t.enter(int32(i))
	}
	t.allocate()
	for i := range t.regions {
		t.build(&t.regions[i], f)
	}
	t.fillMaps()
	return t.moved(m.root)
}
