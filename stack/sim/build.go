package sim

import (
	"reflect"
	"unsafe"
)

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

// move copies bytes that hold no pointers. What lies between pointers is short,
// and whole words.
func move(dst, src unsafe.Pointer, n uintptr) {
	if n > 8*word || n%word != 0 {
		copy(unsafe.Slice((*byte)(dst), n), unsafe.Slice((*byte)(src), n))
		return
	}
	for at := uintptr(0); at < n; at += word {
		*(*uintptr)(unsafe.Add(dst, at)) = *(*uintptr)(unsafe.Add(src, at))
	}
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
