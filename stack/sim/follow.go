package sim

import (
	"fmt"
	"slices"
	"unsafe"
)

// collect finds all memory that an object leads to, and copies it to f as
// words; memory that can be used as words where it is is only read if live is
// set.
func (t *table) collect(q unsafe.Pointer, p *plan, f *flat, live bool) {
	t.follow(q, p, f, nil, nil, live)
}

// follow collects. was holds the words of the image before, of the regions that
// the table knows; they become those of now. With k the differences are noted, and
// k is told of them. An object whose leads are as they were leads where it led.
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
