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
}

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
	root  unsafe.Pointer // what collect began with; kept here so that it is no stack's, which moves
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

// A lead is where a place leads, and the type if that is an interface's.
type lead struct{ to, typ uintptr }

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
	t.maps = t.maps[:0]
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
	pg := t.page(at>>pageBits, false)
	if pg == 0 {
		return nil
	}
	for i := t.pages[pg-1][at>>granBits&(grans-1)]; i != 0; {
		n := &t.nodes[i]
		if r := &t.regions[n.region]; at-r.at < r.size && !r.dead {
			return r
		}
		i = n.next
	}
	return nil
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

// found notes memory of n elements at an address. What lies in memory that is
// known is no news; what is known and lies in it is forgotten; slices of the
// same memory that overlap become one.
func (t *table) found(q unsafe.Pointer, p *plan, n int) {
	at, size := uintptr(q), p.size*uintptr(n)
	if at-t.lo < t.hi-t.lo && at+size <= t.hi {
		return
	}
	if r := t.find(at); r != nil && at+size <= r.at+r.size && (r.at != at || r.size != size || r.p == p || r.p.depth >= p.depth) {
		return
	}
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
				r.dead = true
			}
		}
	}
	t.regions = append(t.regions, region{at: at, size: size, p: p, n: n})
	i := int32(len(t.regions) - 1)
	t.enter(i)
	if len(p.leads) > 0 {
		t.todo = append(t.todo, i)
	}
}

// foundMap notes a map. Its entries are copied out: the map itself cannot be
// looked into.
func (t *table) foundMap(o *op, at unsafe.Pointer) {
	q := *(*unsafe.Pointer)(at)
	if t.find(uintptr(q)) != nil {
		return
	}
	m := reflect.NewAt(o.t, at).Elem()
	e := reflect.MakeSlice(o.elem.entry.slice, m.Len(), m.Len())
	it := m.MapRange()
	for i := 0; it.Next(); i++ {
		x := e.Index(i)
		x.Field(0).SetIterKey(it)
		x.Field(1).SetIterValue(it)
	}
	t.regions = append(t.regions, region{at: uintptr(q), size: 1, p: o.elem, n: m.Len(), in: e.UnsafePointer()})
	i := int32(len(t.regions) - 1)
	t.enter(i)
	if len(o.elem.entry.leads) > 0 && m.Len() > 0 {
		t.todo = append(t.todo, i)
	}
}

// collect finds all memory that an object leads to, and copies it to f as
// words. What leads on is copied first and looked into then: reading memory in
// one go is much faster than picking pointers out of it. With live, memory that
// can be used as words where it is is only read.
func (t *table) collect(q unsafe.Pointer, p *plan, f *flat, live bool) {
	t.root = q
	f.reset()
	t.found(q, p, 1)
	for len(t.todo) > 0 {
		i := t.todo[len(t.todo)-1]
		t.todo = t.todo[:len(t.todo)-1]
		r := &t.regions[i]
		if r.dead {
			continue
		}
		at, p, n := t.take(r, f, live), r.p, r.n // r moves when more are found
		if p.entry != nil {
			t.lo, t.hi, p = 0, 0, p.entry
		} else {
			t.lo, t.hi = r.at, r.at+r.size
		}
		t.visit(at, p, n)
	}
	t.lo, t.hi = 0, 0
	for i := range t.regions {
		if r := &t.regions[i]; !r.dead && r.off == 0 {
			t.take(r, f, live)
		}
	}
	f.plans = plans()
}

// take copies a region's memory to words, and returns where they are.
func (t *table) take(r *region, f *flat, live bool) unsafe.Pointer {
	// The world is alive and does not move: its address is a pointer.
	src, p := pointer(r.at), r.p
	if p.entry != nil {
		src, p = r.in, p.entry
	}
	size := p.size * uintptr(r.n)
	words := pairs(size)
	r.off = len(f.words) + 1
	if size == 0 {
		return nil
	}
	if live && p == r.p && size%8 == 0 && !p.zero {
		r.off = -1
		return src
	}
	f.words = slices.Grow(f.words, words)[:len(f.words)+words]
	row := f.words[r.off-1:]
	row[words-1], row[words-2] = 0, 0
	dst := unsafe.Pointer(&row[0])
	copy(unsafe.Slice((*byte)(dst), size), unsafe.Slice((*byte)(src), size))
	if p.zero {
		p.wipe(dst, r.n)
	}
	return dst
}

// pairs is how many words memory takes: always an even number.
func pairs(size uintptr) int { return int((size + 7) / 8 * 2) }

// pointer is an address of living memory as a pointer.
func pointer(at uintptr) unsafe.Pointer { return *(*unsafe.Pointer)(unsafe.Pointer(&at)) }

// visit follows what n values lead to.
func (t *table) visit(at unsafe.Pointer, p *plan, n int) {
	for k := range n {
		if k > 0 { // never a pointer behind the end
			at = unsafe.Add(at, p.size)
		}
		for i := range p.leads {
			o := &p.leads[i]
			f := unsafe.Add(at, o.off)
			switch o.kind {
			case opPointer:
				if q := *(*unsafe.Pointer)(f); q != nil && t.news(o, lead{to: uintptr(q)}) {
					t.found(q, o.elem, 1)
				}
			case opSlice:
				if h := (*header)(f); h.len > 0 {
					t.found(h.data, o.elem, h.len)
				}
			case opIface:
				h := (*iface)(f)
				if h.typ == 0 || h.data == nil || !t.news(o, lead{uintptr(h.data), h.typ}) {
					continue
				}
				in := t.inside(o, f)
				switch {
				case in.direct:
					t.visit(unsafe.Pointer(&h.data), in.p, 1)
				case len(in.p.leads) > 0:
					t.found(h.data, in.p, 1)
				}
			case opMap:
				if *(*unsafe.Pointer)(f) != nil {
					t.foundMap(o, f)
				}
			case opNil:
				if *(*unsafe.Pointer)(f) != nil {
					panic(fmt.Sprintf("sim: cannot copy a %v", o.t))
				}
			}
		}
	}
}

// news reports whether a place leads elsewhere than the last one of its kind:
// many objects lead to the same few.
func (t *table) news(o *op, to lead) bool {
	if o.slot >= len(t.memo) {
		t.memo = append(t.memo, make([]lead, o.slot+1-len(t.memo))...)
	}
	m := &t.memo[o.slot]
	if *m == to {
		return false
	}
	*m = to
	return true
}

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

// slabBytes is about how much memory is asked for at once for objects of one
// type.
const slabBytes = 1 << 16

// allocate gives each region memory for its copy.
func (t *table) allocate() {
	most := 0
	for i := range t.regions {
		most = max(most, t.regions[i].p.id)
	}
	type slab struct {
		want, left int
		at         unsafe.Pointer
	}
	slabs := make([]slab, most+1)
	for i := range t.regions {
		if r := &t.regions[i]; !r.dead && r.n == 1 && r.p.entry == nil {
			slabs[r.p.id].want++
		}
	}
	for i := range t.regions {
		r := &t.regions[i]
		switch {
		case r.dead:
		case r.p.entry != nil:
			r.dst = reflect.MakeMapWithSize(r.p.t, r.n).UnsafePointer()
		case r.n == 1:
			s := &slabs[r.p.id]
			if s.left == 0 {
				s.left = min(s.want, max(1, int(slabBytes/r.p.size)))
				s.want -= s.left
				s.at = reflect.MakeSlice(r.p.slice, s.left, s.left).UnsafePointer()
			}
			r.dst = s.at
			s.left--
			if s.left > 0 { // never a pointer behind the end
				s.at = unsafe.Add(s.at, r.p.size)
			}
		default:
			r.dst = reflect.MakeSlice(r.p.slice, r.n, r.n).UnsafePointer()
		}
	}
}

// moved is where the copy of what lies at an address is: often in the same
// object, or where another object of the same kind leads too.
func (t *table) moved(at uintptr) unsafe.Pointer {
	if off := at - t.lo; off < t.hi-t.lo {
		return unsafe.Add(t.self, off)
	}
	m := &t.moves[at>>4%uintptr(len(t.moves))]
	if m.at == at {
		return m.dst
	}
	r := t.find(at)
	if r == nil {
		panic("sim: a pointer leads to memory that was not found")
	}
	m.at, m.dst = at, unsafe.Add(r.dst, at-r.at)
	return m.dst
}

// fill copies n values. The source may be living memory, or words that only
// look like it.
func (t *table) fill(dst, src unsafe.Pointer, p *plan, n int) {
	if len(p.ops) == 0 {
		move(dst, src, p.size*uintptr(n))
		return
	}
	for i := range n {
		if i > 0 {
			dst, src = unsafe.Add(dst, p.size), unsafe.Add(src, p.size)
		}
		for j := range p.runs {
			r := &p.runs[j]
			move(unsafe.Add(dst, r.off), unsafe.Add(src, r.off), r.size)
		}
		for j := range p.ops {
			o := &p.ops[j]
			d, s := unsafe.Add(dst, o.off), unsafe.Add(src, o.off)
			switch o.kind {
			case opShare:
				if a := *(*uintptr)(s); a != 0 {
					*(*unsafe.Pointer)(d) = pointer(a)
				}
			case opPointer, opMap:
				if a := *(*uintptr)(s); a != 0 {
					*(*unsafe.Pointer)(d) = t.moved(a)
				}
			case opSlice:
				h := (*[3]uintptr)(s)
				switch {
				case h[0] == 0:
				case h[1] == 0:
					*(*header)(d) = header{data: nothing}
				default:
					*(*header)(d) = header{t.moved(h[0]), int(h[1]), int(h[1])}
				}
			case opIface:
				t.fillIface(o, d, s)
			}
		}
	}
}

// nothing is where an empty slice that is not nil leads to.
var nothing = unsafe.Pointer(&struct{}{})

func (t *table) fillIface(o *op, dst, src unsafe.Pointer) {
	h := (*[2]uintptr)(src)
	if h[0] == 0 {
		return
	}
	(*iface)(dst).typ = h[0]
	in := t.inside(o, dst)
	switch {
	case in.direct:
		t.fill(unsafe.Add(dst, word), unsafe.Add(src, word), in.p, 1)
	case len(in.p.leads) > 0:
		(*iface)(dst).data = t.moved(h[1])
	default:
		(*iface)(dst).data = pointer(h[1]) // an immutable value
	}
}

// move copies bytes that hold no pointers.
func move(dst, src unsafe.Pointer, n uintptr) {
	if n == 8 {
		*(*[8]byte)(dst) = *(*[8]byte)(src)
		return
	}
	copy(unsafe.Slice((*byte)(dst), n), unsafe.Slice((*byte)(src), n))
}

// build makes a region's copy of its words. Maps are left for later: their keys
// must be whole when they are entered.
func (t *table) build(r *region, f *flat) {
	switch {
	case r.p.entry == nil:
		t.lo, t.hi, t.self = r.at, r.at+r.p.size*uintptr(r.n), r.dst
		t.fill(r.dst, unsafe.Pointer(&f.words[r.off-1]), r.p, r.n)
	case r.n > 0:
		e := reflect.MakeSlice(r.p.entry.slice, r.n, r.n)
		if r.p.entry.size > 0 {
			t.fill(e.UnsafePointer(), unsafe.Pointer(&f.words[r.off-1]), r.p.entry, r.n)
		}
		t.maps = append(t.maps, copiedMap{r.dst, r.p.t, e})
	}
}

// A copiedMap is a map's copy, empty still, and its entries.
type copiedMap struct {
	at      unsafe.Pointer
	t       reflect.Type
	entries reflect.Value
}

// fillMaps enters the entries.
func (t *table) fillMaps() {
	for i := range t.maps {
		c := &t.maps[i]
		m := reflect.NewAt(c.t, unsafe.Pointer(&c.at)).Elem()
		for k := range c.entries.Len() {
			e := c.entries.Index(k)
			m.SetMapIndex(e.Field(0), e.Field(1))
		}
	}
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
				f.regions = append(f.regions, flatRegion{r.at, r.p, r.n, off, r.p.words(r.n)})
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
