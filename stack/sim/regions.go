package sim

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"unsafe"
)

// A region is one stretch of memory of a world: an object, a slice's elements,
// or a map.
type region struct {
	at   uintptr
	size uintptr // bytes; 1 of a map
	p    *plan
	n    int // elements; entries of a map
	dead bool
	in   unsafe.Pointer // of a map: its entries, as a slice's memory
	off  int            // where its words are, from 1; 0: not copied yet
	dst  unsafe.Pointer // where its copy is

	// What a Series remembers of a region from image to image:
	met  uint32 // the last image that it was found for
	kids span   // of the table's kids: the regions that it leads to
	was  int    // where its words of the image before are, from 1; 0: it is new
	diff span   // of the table's diffs: how they differ from now's
	into int32  // of a dead one: the region that took its place
}

// A span is a part of a list.
type span struct{ from, to int32 }

// A table finds regions by address. Addresses fall into pages, pages into
// granules; each granule lists the regions that lie in it.
type table struct {
	regions []region
	slots   []slot
	used    int
	pages   [][grans]int32 // the first node of each granule
	nodes   []node         // from 1
	key     uintptr        // the page that was looked up last
	last    int32
	ifaces  map[uintptr]inside
	recent  [64]struct {
		typ uintptr
		in  inside
	}
	memo  []lead         // by slot: where the place led last
	kids  []int32        // see region.kids
	diffs []byte         // see region.diff
	round uint32         // the image that is made: see region.met
	root  unsafe.Pointer // what collect began with; kept here so that it is no stack's, which moves
	probe iface          // an interface of a type, with nothing in it
	maps  []copiedMap
	todo  []int32 // regions to look into
	order []int32
	out   []byte
	diff  []byte
	lo    uintptr // the region that is looked into, or copied
	hi    uintptr
	self  unsafe.Pointer // where its copy is
	moves [64]struct {   // where copies are that were asked for last
		at  uintptr
		dst unsafe.Pointer
	}
}

// A lead is where a place leads, the type if that is an interface's, and the
// region that is there.
type lead struct {
	to, typ uintptr
	region  int32
}

type slot struct {
	key  uintptr
	page int32 // from 1; 0 is free
}

type node struct{ region, next int32 }

const (
	granBits = 10
	pageBits = 16
	grans    = 1 << (pageBits - granBits)
)

// tables keeps the memory of tables for the next one.
var tables sync.Pool

func newTable() *table {
	if t, ok := tables.Get().(*table); ok {
		return t
	}
	return &table{slots: make([]slot, 256), ifaces: map[uintptr]inside{}}
}

// free gives a table's memory back.
func (t *table) free() {
	t.reset()
	tables.Put(t)
}

// reset empties a table, and keeps its memory.
func (t *table) reset() {
	clear(t.regions)
	clear(t.memo)
	clear(t.maps)
	t.maps, t.kids = t.maps[:0], t.kids[:0]
	clear(t.slots)
	clear(t.pages)
	clear(t.moves[:])
	t.regions, t.pages, t.nodes, t.todo = t.regions[:0], t.pages[:0], t.nodes[:0], t.todo[:0]
	t.used, t.key, t.last, t.lo, t.hi, t.root, t.self = 0, 0, 0, 0, 0, nil, nil
}

// page returns the page of a key, from 1; 0 if there is none. It may be made.
func (t *table) page(key uintptr, add bool) int32 {
	if t.last != 0 && t.key == key {
		return t.last
	}
	mask := uintptr(len(t.slots) - 1)
	i := key * 0x9e3779b1 >> 7 & mask
	for t.slots[i].page != 0 {
		if t.slots[i].key == key {
			t.key, t.last = key, t.slots[i].page
			return t.last
		}
		i = (i + 1) & mask
	}
	if !add {
		return 0
	}
	t.pages = append(t.pages, [grans]int32{})
	t.slots[i] = slot{key, int32(len(t.pages))}
	t.key, t.last = key, t.slots[i].page
	t.used++
	if 2*t.used > len(t.slots) {
		t.grow()
	}
	return t.last
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	mask := uintptr(len(t.slots) - 1)
	for _, s := range old {
		if s.page == 0 {
			continue
		}
		i := s.key * 0x9e3779b1 >> 7 & mask
		for t.slots[i].page != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
	}
}

// find returns the region that holds an address, nil if none does.
func (t *table) find(at uintptr) *region {
	if i := t.index(at); i >= 0 {
		return &t.regions[i]
	}
	return nil
}

// index is the number of the region that holds an address, -1 if none does.
func (t *table) index(at uintptr) int32 {
	pg := t.page(at>>pageBits, false)
	if pg == 0 {
		return -1
	}
	for i := t.pages[pg-1][at>>granBits&(grans-1)]; i != 0; {
		n := &t.nodes[i]
		if r := &t.regions[n.region]; at-r.at < r.size && !r.dead {
			return n.region
		}
		i = n.next
	}
	return -1
}

// enter notes region i in its granules.
func (t *table) enter(i int32) {
	if len(t.nodes) == 0 {
		t.nodes = append(t.nodes, node{})
	}
	r := &t.regions[i]
	for g := r.at >> granBits; g <= (r.at+r.size-1)>>granBits; g++ {
		pg := t.page(g>>(pageBits-granBits), true)
		first := &t.pages[pg-1][g&(grans-1)]
		t.nodes = append(t.nodes, node{i, *first})
		*first = int32(len(t.nodes) - 1)
	}
}

// found notes memory of n elements at an address, and returns its region. What
// lies in memory that is known is no news; what is known and lies in it is
// forgotten; slices of the same memory that overlap become one.
func (t *table) found(q unsafe.Pointer, p *plan, n int) int32 {
	at, size := uintptr(q), p.size*uintptr(n)
	if at-t.lo < t.hi-t.lo && at+size <= t.hi {
		return none
	}
	if i := t.index(at); i >= 0 {
		if r := &t.regions[i]; at+size <= r.at+r.size && (r.at != at || r.size != size || r.p == p || r.p.depth >= p.depth) {
			t.meet(i)
			return i
		}
	}
	next := int32(len(t.regions))
	for again := true; again; {
		again = false
		for g := at >> granBits; g <= (at+size-1)>>granBits; g++ {
			pg := t.page(g>>(pageBits-granBits), false)
			if pg == 0 {
				continue
			}
			for i := t.pages[pg-1][g&(grans-1)]; i != 0; i = t.nodes[i].next {
				r := &t.regions[t.nodes[i].region]
				if r.dead || r.at+r.size <= at || at+size <= r.at {
					continue
				}
				if r.at < at || r.at+r.size > at+size {
					if r.p != p || p.entry != nil {
						panic(fmt.Sprintf("sim: a %v and a %v overlap", r.p.t, p.t))
					}
					lo, hi := min(at, r.at), max(at+size, r.at+r.size)
					again = true
					at, size, n = lo, hi-lo, int((hi-lo)/p.size)
				}
				r.dead, r.into = true, next
			}
		}
	}
	t.regions = append(t.regions, region{at: at, size: size, p: p, n: n, met: t.round})
	t.enter(next)
	if len(p.leads) > 0 {
		t.todo = append(t.todo, next)
	}
	return next
}

// none is what found returns of memory in the region that is looked into: no
// other one.
const none = -1

// meet notes that the image that is made has region i.
func (t *table) meet(i int32) {
	if r := &t.regions[i]; r.met != t.round {
		r.met, r.off = t.round, 0
		if len(r.p.leads) > 0 || r.p.entry != nil {
			t.todo = append(t.todo, i)
		}
	}
}

// alive is the region that took the place of region i, or i itself.
func (t *table) alive(i int32) int32 {
	for t.regions[i].dead {
		i = t.regions[i].into
	}
	return i
}

// foundMap notes a map, and returns its region.
func (t *table) foundMap(o *op, at unsafe.Pointer) int32 {
	q := uintptr(*(*unsafe.Pointer)(at))
	i := t.index(q)
	if i >= 0 {
		t.meet(i)
		return i
	}
	i = int32(len(t.regions))
	t.regions = append(t.regions, region{at: q, size: 1, p: o.elem, met: t.round})
	t.enter(i)
	t.todo = append(t.todo, i)
	return i
}

// entries copies a map's entries out: the map itself cannot be looked into.
func (r *region) entries() {
	m := reflect.NewAt(r.p.t, unsafe.Pointer(&r.at)).Elem()
	e := reflect.MakeSlice(r.p.entry.slice, m.Len(), m.Len())
	it := m.MapRange()
	for i := 0; it.Next(); i++ {
		x := e.Index(i)
		x.Field(0).SetIterKey(it)
		x.Field(1).SetIterValue(it)
	}
	r.n, r.in = m.Len(), e.UnsafePointer()
}

// pairs is how many words memory takes: always an even number.
func pairs(size uintptr) int { return int((size + 7) / 8 * 2) }

// pointer is an address of living memory as a pointer.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

// inside tells what is in the interface at a place that o describes.
func (t *table) inside(o *op, at unsafe.Pointer) inside {
	typ := (*iface)(at).typ
	c := &t.recent[typ>>4&63]
	if c.typ == typ {
		return c.in
	}
	in, ok := t.ifaces[typ]
	if !ok {
		in = insideOf(o.t, at)
		t.ifaces[typ] = in
	}
	c.typ, c.in = typ, in
	return in
}

// list enters the living regions into f, in order of address: page by page,
// granule by granule.
func (t *table) list(f *flat) {
	t.order = t.order[:0]
	for i := range t.slots {
		if t.slots[i].page != 0 {
			t.order = append(t.order, int32(i))
		}
	}
	slices.SortFunc(t.order, func(a, b int32) int { return cmp.Compare(t.slots[a].key, t.slots[b].key) })
	for _, i := range t.order {
		s := &t.slots[i]
		for g, n := range t.pages[s.page-1] {
			from, gran := len(f.regions), s.key<<(pageBits-granBits)|uintptr(g)
			for ; n != 0; n = t.nodes[n].next {
				r := &t.regions[t.nodes[n].region]
				if r.dead || r.at>>granBits != gran {
					continue
				}
				off := r.off - 1
				if r.off < 0 {
					off = -1
				}
				f.regions = append(f.regions, flatRegion{r.at, r.p, r.n, off, r.p.words(r.n), t.nodes[n].region})
			}
			if new := f.regions[from:]; len(new) > 1 {
				slices.SortFunc(new, func(a, b flatRegion) int { return cmp.Compare(a.at, b.at) })
			}
		}
	}
	for i := range f.regions {
		if r := &f.regions[i]; r.p.entry != nil {
			sortRows(f.row(r), int(r.p.entry.size/4), r.n)
		}
	}
}
