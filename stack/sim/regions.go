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

// found notes memory of n elements at an address, and returns its region. What lies in memory that is
// known is no news; what is known and lies in it is forgotten; slices of the
// same memory that overlap become one.
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

// collect finds all memory that an object leads to, and copies it to f as
// words; memory that can be used as words where it is is only read if live is
// set.
func (t *table) collect(q unsafe.Pointer, p *plan, f *flat, live bool) {
	t.follow(q, p, f, nil, nil, live)
}

// follow collects. was holds the words of the image before, of the regions that
// the table knows; they become those of now, the differences are noted, and k
// is told of them, if there is one. An object whose leads are as they were leads where it led.
func (t *table) follow(q unsafe.Pointer, p *plan, f, was *flat, k *keeps, live bool) {
	t.root = q
	t.round++
	clear(t.memo)
	t.diffs = t.diffs[:0]
	f.reset()
	t.found(q, p, 1)
	for len(t.todo) > 0 {
		i := t.todo[len(t.todo)-1]
		t.todo = t.todo[:len(t.todo)-1]
		if n := len(t.todo); n > 0 && live {
			t.ahead(&t.regions[t.todo[n-1]], was)
		}
		if t.regions[i].dead {
			continue
		}
		if t.regions[i].p.entry != nil {
			t.regions[i].entries()
		}
		at := t.take(&t.regions[i], f, live)
		if k != nil && t.regions[i].compared() {
			t.compare(&t.regions[i], f, was)
		}
		if r := &t.regions[i]; len(r.p.leads) > 0 || r.p.entry != nil {
			t.lookInto(i, at, was)
		}
		if t.regions[i].compared() {
			t.update(&t.regions[i], f, was, k)
		}
	}
	t.lo, t.hi = 0, 0
	for i := range t.regions {
		r := &t.regions[i]
		if r.dead {
			continue
		}
		if r.met != t.round {
			r.dead, r.into = true, -1 // nothing leads to it any more
			continue
		}
		if r.off != 0 {
			continue
		}
		t.take(r, f, live)
		if r.compared() {
			if k != nil {
				t.compare(r, f, was)
			}
			t.update(r, f, was, k)
		}
	}
	f.plans = plans()
}

// ahead asks for the memory of the region that is looked into next.
func (t *table) ahead(r *region, was *flat) {
	if r.n == 1 && r.p.entry == nil {
		Prefetch(r.at, r.size)
		if r.was > 0 {
			Prefetch(uintptr(unsafe.Pointer(&was.words[r.was-1])), r.size)
		}
	}
}

// lookInto follows what region i leads to. Its memory, or a copy, is at at.
func (t *table) lookInto(i int32, at unsafe.Pointer, was *flat) {
	r := &t.regions[i] // it moves when more are found
	p, n := r.p, r.n
	switch {
	case p.entry != nil:
		t.lo, t.hi, p = 0, 0, p.entry
	case r.compared() && p.sameLeads(at, unsafe.Pointer(&was.words[r.was-1]), n):
		for j := r.kids.from; j < r.kids.to; j++ {
			if t.kids[j] != none {
				t.kids[j] = t.alive(t.kids[j])
				t.meet(t.kids[j])
			}
		}
		return
	default:
		t.lo, t.hi = r.at, r.at+r.size
	}
	from := int32(len(t.kids))
	switch {
	case n == 0 || len(p.leads) == 0:
	case p.pointer:
		t.visitPointers(r, at, was)
	default:
		t.visit(at, p, n)
	}
	t.regions[i].kids = span{from, int32(len(t.kids))}
}

// compared reports whether the image before has the region too.
func (r *region) compared() bool { return r.was > 0 && r.p.entry == nil }

// words are a region's words now, and those of the image before.
func (t *table) words(r *region, f, was *flat) (now, old []uint32) {
	size := r.p.words(r.n)
	old = was.words[r.was-1:][:size:size]
	if r.off < 0 {
		return unsafe.Slice((*uint32)(pointer(r.at)), size), old
	}
	return f.words[r.off-1:][:size:size], old
}

// compare notes how a region's words differ from those of the image before: at
// once, while it is at hand to be looked into.
func (t *table) compare(r *region, f, was *flat) {
	from := int32(len(t.diffs))
	now, old := t.words(r, f, was)
	t.diffs = differ(t.diffs, r.p, now, old)
	if nothingIn(r.p, t.diffs[from:], len(now)) {
		t.diffs = t.diffs[:from]
	}
	r.diff = span{from, int32(len(t.diffs))}
}

// update makes the words of the image before those of now.
func (t *table) update(r *region, f, was *flat, k *keeps) {
	if k != nil && r.diff.from == r.diff.to {
		return
	}
	now, old := t.words(r, f, was)
	if k != nil {
		k.region(r.p, r.n, now, old)
	}
	copy(old, now)
}

// visitPointers follows pointers. A region's kids are one each: those that have
// not changed are not looked for again.
func (t *table) visitPointers(r *region, at unsafe.Pointer, was *flat) {
	elem, n := r.p.leads[0].elem, r.n
	old, kids := []uintptr(nil), t.kids[r.kids.from:r.kids.to]
	if r.compared() && len(kids) == n {
		old = unsafe.Slice((*uintptr)(unsafe.Pointer(&was.words[r.was-1])), n)
	}
	for k, q := range unsafe.Slice((*unsafe.Pointer)(at), n) {
		kid := int32(none)
		switch {
		case q == nil:
		case old != nil && old[k] == uintptr(q) && kids[k] != none:
			kid = t.alive(kids[k])
			t.meet(kid)
		default:
			kid = t.found(q, elem, 1)
		}
		t.kids = append(t.kids, kid)
	}
}

// sameLeads reports whether n values lead where they led when they were as was.
func (p *plan) sameLeads(at, was unsafe.Pointer, n int) bool {
	for k := range n {
		if k > 0 { // never a pointer behind the end
			at, was = unsafe.Add(at, p.size), unsafe.Add(was, p.size)
		}
		differ := uintptr(0)
		for _, off := range p.spots {
			differ |= *(*uintptr)(unsafe.Add(at, off)) ^ *(*uintptr)(unsafe.Add(was, off))
		}
		if differ != 0 {
			return false
		}
	}
	return true
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
				if q := *(*unsafe.Pointer)(f); q != nil && t.news(o, uintptr(q), 0) {
					t.led(o, t.found(q, o.elem, 1))
				}
			case opSlice:
				if h := (*header)(f); h.len > 0 {
					t.kid(t.found(h.data, o.elem, h.len))
				}
			case opIface:
				h := (*iface)(f)
				if h.typ == 0 || h.data == nil || !t.news(o, uintptr(h.data), h.typ) {
					continue
				}
				in := t.inside(o, f)
				switch {
				case in.direct:
					t.memo[o.slot].to = 0 // it may lead to several regions
					t.visit(unsafe.Pointer(&h.data), in.p, 1)
				case len(in.p.leads) > 0:
					t.led(o, t.found(h.data, in.p, 1))
				default:
					t.memo[o.slot].region = none
				}
			case opMap:
				if *(*unsafe.Pointer)(f) != nil {
					t.kid(t.foundMap(o, f))
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
func (t *table) news(o *op, to, typ uintptr) bool {
	if o.slot >= len(t.memo) {
		t.memo = append(t.memo, make([]lead, o.slot+1-len(t.memo))...)
	}
	m := &t.memo[o.slot]
	if m.to == to && m.typ == typ {
		t.kid(m.region)
		return false
	}
	m.to, m.typ = to, typ
	return true
}

// led notes the region that the place led to that news was asked of last.
func (t *table) led(o *op, region int32) {
	m := &t.memo[o.slot]
	if m.region = region; region == none {
		m.to = 0 // the next one's self is another
	}
	t.kid(region)
}

// kid notes that the region that is looked into leads to another.
func (t *table) kid(region int32) {
	if region != none {
		t.kids = append(t.kids, region)
	}
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
