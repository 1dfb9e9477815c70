package sim

import (
	"fmt"
	"reflect"
	"sync"
	"unsafe"
)

// An opKind says what a place in memory holds that is not just copied.
type opKind uint8

const (
	opPointer opKind = iota // leads to one object
	opSlice                 // leads to elements
	opIface                 // an interface: a type word, and a pointer to what is in it
	opMap
	opNil   // a func or a chan: must be nil
	opShare // a pointer that is kept as it is: a string's, or that of a shared thing
	opZero  // left empty
)

// An op is one such place of a type.
type op struct {
	kind opKind
	off  uintptr
	size uintptr      // bytes that it takes
	elem *plan        // what a pointer or a slice leads to; a map
	slot int          // its number among all that lead to memory
	t    reflect.Type // of the place itself
}

// A run is memory between such places.
type run struct{ off, size uintptr }

// A plan says how to copy values of one type.
type plan struct {
	id      int
	t       reflect.Type
	size    uintptr
	ops     []op      // all, in order of place
	leads   []op      // those that lead to more memory
	spots   []uintptr // where the words are that say where leads lead
	holds   []op      // those that may lead to shared memory
	runs    []run
	zero    bool // some ops are opZero
	bytes   bool // a byte: what packets are made of
	pointer bool // nothing but a pointer
	depth   int  // how many types lie within one another at its first byte
	slice   reflect.Type
	entry   *plan // of what is in a map: struct{ K; V }
}

// registry holds the plans that have been made. A plan does not change once
// it is made.
var registry struct {
	sync.Mutex
	byType map[reflect.Type]*plan
	maps   map[reflect.Type]*plan // of what is in a map; byType has the word that leads to it
	list   []*plan
	slots  int
}

// planOf returns the plan of a type.
func planOf(t reflect.Type) *plan {
	registry.Lock()
	defer registry.Unlock()
	return compile(t)
}

// plans lists all plans by number.
func plans() []*plan {
	registry.Lock()
	defer registry.Unlock()
	return registry.list
}

const word = unsafe.Sizeof(uintptr(0))

func compile(t reflect.Type) *plan {
	if p := registry.byType[t]; p != nil {
		return p
	}
	if registry.byType == nil {
		registry.byType, registry.maps = map[reflect.Type]*plan{}, map[reflect.Type]*plan{}
	}
	p := &plan{id: len(registry.list), t: t, size: t.Size(), slice: reflect.SliceOf(t), depth: depth(t), bytes: t.Kind() == reflect.Uint8}
	registry.byType[t] = p
	registry.list = append(registry.list, p)
	if t.Kind() == reflect.Map {
		inside := &plan{id: len(registry.list), t: t, size: 1}
		registry.list = append(registry.list, inside)
		inside.entry = compile(reflect.StructOf([]reflect.StructField{{Name: "K", Type: t.Key()}, {Name: "V", Type: t.Elem()}}))
		registry.maps[t] = inside
	}
	p.add(t, 0, false)
	at := uintptr(0)
	for i := range p.ops {
		o := &p.ops[i]
		if o.off > at {
			p.runs = append(p.runs, run{at, o.off - at})
		}
		at = o.off + o.size
		p.zero = p.zero || o.kind == opZero
		if o.kind < opShare {
			o.slot = registry.slots
			registry.slots++
			p.leads = append(p.leads, *o)
			p.spot(o)
		}
		if o.kind == opShare || o.kind == opIface {
			p.holds = append(p.holds, *o)
		}
	}
	if p.size > at {
		p.runs = append(p.runs, run{at, p.size - at})
	}
	p.pointer = p.size == word && len(p.leads) == 1 && p.leads[0].kind == opPointer
	return p
}

// spot notes the words that say where o leads: not a slice's capacity.
func (p *plan) spot(o *op) {
	for off := o.off; off < o.off+min(o.size, 2*word); off += word {
		p.spots = append(p.spots, off)
	}
}

// maxOps is how many ops a type may have: more would be an array that ought to
// be a slice.
const maxOps = 1 << 16

// add lists the places of a t at offset off. What is shared keeps its pointers.
func (p *plan) add(t reflect.Type, off uintptr, share bool) {
	if len(p.ops) > maxOps {
		panic(fmt.Sprintf("sim: a %v has too many pointers", p.t))
	}
	put := func(k opKind, size uintptr, elem *plan) {
		if share && k != opZero {
			k = opShare
		}
		if k == opShare {
			size = word
		}
		p.ops = append(p.ops, op{kind: k, off: off, size: size, elem: elem, t: t})
	}
	switch k := t.Kind(); k {
	case reflect.Pointer:
		if share || t.Elem().Size() == 0 {
			put(opShare, word, nil)
		} else {
			put(opPointer, word, compile(t.Elem()))
		}
	case reflect.Slice:
		if share || t.Elem().Size() == 0 {
			put(opShare, word, nil)
		} else {
			put(opSlice, 3*word, compile(t.Elem()))
		}
	case reflect.Interface:
		if share {
			off += word
			put(opShare, word, nil)
		} else {
			put(opIface, 2*word, nil)
		}
	case reflect.Map:
		if share {
			put(opShare, word, nil)
		} else {
			compile(t)
			put(opMap, word, registry.maps[t])
		}
	case reflect.Func, reflect.Chan:
		put(opNil, word, nil)
	case reflect.String, reflect.UnsafePointer:
		if k == reflect.UnsafePointer && !share {
			panic(fmt.Sprintf("sim: cannot copy a %v in a %v", t, p.t))
		}
		put(opShare, word, nil)
	case reflect.Array:
		if n := t.Len(); n > 0 && (!plain(t.Elem()) || tagged(t.Elem())) {
			for i := range n {
				p.add(t.Elem(), off+uintptr(i)*t.Elem().Size(), share)
			}
		}
	case reflect.Struct:
		// the standard library's types are immutable values: netip.Addr
		share = share || t.PkgPath() == "net/netip"
		for i := range t.NumField() {
			x := t.Field(i)
			switch tag := x.Tag.Get("fork"); {
			case tag == "zero":
				if x.Type.Size() > 0 {
					p.ops = append(p.ops, op{kind: opZero, off: off + x.Offset, size: x.Type.Size(), t: x.Type})
				}
			default:
				p.add(x.Type, off+x.Offset, share || tag == "share")
			}
		}
	}
}

// plain reports whether a t holds no pointer at all.
func plain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface, reflect.Func, reflect.Chan, reflect.UnsafePointer, reflect.String:
		return false
	case reflect.Array:
		return plain(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !plain(t.Field(i).Type) {
				return false
			}
		}
	}
	return true
}

// tagged reports whether a t has a field that is left empty.
func tagged(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return tagged(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if t.Field(i).Tag.Get("fork") == "zero" || tagged(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// depth is how many types lie within one another at a type's first byte.
func depth(t reflect.Type) int {
	switch {
	case t.Kind() == reflect.Struct && t.NumField() > 0:
		return 1 + depth(t.Field(0).Type)
	case t.Kind() == reflect.Array && t.Len() > 0:
		return 1 + depth(t.Elem())
	}
	return 0
}

// A header is how a slice lies in memory.
type header struct {
	data     unsafe.Pointer
	len, cap int
}

// An iface is how an interface lies in memory.
type iface struct {
	typ  uintptr
	data unsafe.Pointer
}

// An inside tells how the type in an interface is kept.
type inside struct {
	direct bool // the data word is the value itself, not a pointer to it
	p      *plan
}

// insideOf looks at the interface of type t at a place.
func insideOf(t reflect.Type, at unsafe.Pointer) inside {
	d := reflect.NewAt(t, at).Elem().Elem().Type()
	zero := reflect.New(d).Elem().Interface()
	return inside{(*iface)(unsafe.Pointer(&zero)).data == nil, planOf(d)}
}
