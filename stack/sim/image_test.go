package sim

import (
	"fmt"
	"net/netip"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"
)

// A likeness checks that two worlds have the same shape: equal plain values,
// the same aliasing, and no memory in common but what is shared.
type likeness struct {
	there map[place]unsafe.Pointer // of the first world's memory: where it is in the second
	back  map[place]unsafe.Pointer
	deep  int
}

type place struct {
	at unsafe.Pointer
	t  reflect.Type
}

func alike(a, b any) error {
	l := likeness{there: map[place]unsafe.Pointer{}, back: map[place]unsafe.Pointer{}}
	return l.check("world", reflect.ValueOf(a), reflect.ValueOf(b))
}

// once reports whether a place is new, and that it is always the same one in
// the other world.
func (l *likeness) once(a, b unsafe.Pointer, t reflect.Type) (bool, error) {
	x, ok := l.there[place{a, t}]
	y, ok2 := l.back[place{b, t}]
	if ok != ok2 || ok && (x != b || y != a) {
		return false, fmt.Errorf("aliasing differs")
	}
	l.there[place{a, t}], l.back[place{b, t}] = b, a
	return !ok, nil
}

func (l *likeness) check(name string, a, b reflect.Value) error {
	if l.deep++; l.deep > 5000 {
		return fmt.Errorf("too deep")
	}
	defer func() { l.deep-- }()
	if a.Kind() != b.Kind() || a.IsValid() && a.Type() != b.Type() {
		return fmt.Errorf("%s: %v and %v", name, a, b)
	}
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			if a.IsNil() != b.IsNil() {
				return fmt.Errorf("%s: one is nil", name)
			}
			return nil
		}
		if a.Type().Elem().Size() == 0 {
			return nil
		}
		if a.UnsafePointer() == b.UnsafePointer() {
			return fmt.Errorf("%s: memory in common", name)
		}
		first, err := l.once(a.UnsafePointer(), b.UnsafePointer(), a.Type())
		if err != nil || !first {
			if err != nil {
				err = fmt.Errorf("%s: %w", name, err)
			}
			return err
		}
		return l.check("*"+name, a.Elem(), b.Elem())
	case reflect.Slice:
		if a.Len() != b.Len() || a.IsNil() != b.IsNil() {
			return fmt.Errorf("%s: %v and %v", name, a, b)
		}
		if a.Len() == 0 {
			return nil
		}
		if a.UnsafePointer() == b.UnsafePointer() {
			return fmt.Errorf("%s: memory in common", name)
		}
		for i := range a.Len() {
			// an element's place, so that shared arrays are found out
			if _, err := l.once(a.Index(i).Addr().UnsafePointer(), b.Index(i).Addr().UnsafePointer(), a.Type()); err != nil {
				return fmt.Errorf("%s[%d]: %w", name, i, err)
			}
			if err := l.check(name+"[]", a.Index(i), b.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Interface:
		return l.check(name, a.Elem(), b.Elem())
	case reflect.Map:
		if a.Len() != b.Len() || a.IsNil() != b.IsNil() {
			return fmt.Errorf("%s: %d and %d entries", name, a.Len(), b.Len())
		}
		if a.IsNil() {
			return nil
		}
		if first, err := l.once(a.UnsafePointer(), b.UnsafePointer(), a.Type()); err != nil || !first {
			return err
		}
		if !plain(a.Type().Key()) {
			return nil
		}
		for it := a.MapRange(); it.Next(); {
			v := b.MapIndex(it.Key())
			if !v.IsValid() {
				return fmt.Errorf("%s: %v is missing", name, it.Key())
			}
			if err := l.check(name+"{}", it.Value(), v); err != nil {
				return err
			}
		}
	case reflect.Array:
		for i := range a.Len() {
			if err := l.check(name, a.Index(i), b.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range a.NumField() {
			f := a.Type().Field(i)
			switch f.Tag.Get("fork") {
			case "zero":
				if !b.Field(i).IsZero() {
					return fmt.Errorf("%s.%s is not empty", name, f.Name)
				}
			case "share":
				if k := f.Type.Kind(); (k == reflect.Pointer || k == reflect.Slice || k == reflect.Map) && a.Field(i).UnsafePointer() != b.Field(i).UnsafePointer() {
					return fmt.Errorf("%s.%s is not shared", name, f.Name)
				}
			default:
				if f.Type.PkgPath() == "net/netip" {
					continue
				}
				if err := l.check(name+"."+f.Name, a.Field(i), b.Field(i)); err != nil {
					return err
				}
			}
		}
	case reflect.Func, reflect.Invalid:
	default:
		if !a.Equal(b) {
			return fmt.Errorf("%s: %v and %v", name, a, b)
		}
	}
	return nil
}

type only struct{ p *inner }

type named interface{ Run() }

type zoo struct {
	c       Clock
	o       *outer
	list    []*outer
	all     []inner
	some    []inner // of all
	more    []inner // of all, overlapping some
	none    []inner
	empty   []inner
	m, same map[string]*inner
	keys    map[*inner]int
	structs map[int32]inner
	flat    map[[3]uint16]string
	no      map[int]int
	a, b, d any // a pointer, a value, a struct of one pointer
	e, f, g any // a slice, a string, a number
	n       named
	nilPtr  any // a nil pointer in an interface
	text    string
	bytes   []byte
	tail    []byte // of bytes, at an odd place
	addr    netip.Addr
	shared  *inner      `fork:"share"`
	names   []string    `fork:"share"`
	lookup  map[int]int `fork:"share"`
	what    any         `fork:"share"`
	scratch []byte      `fork:"zero"`
	now     inner       `fork:"zero"`
	dots    [3]*inner
	pairs   [2]struct {
		x uint8
		p *inner
	}
	f0   func()
	void struct{}
	unit *struct{}
	deep map[string][]map[int]*inner
	big  []uint16
	odd  [][3]byte
	next *zoo
}

func newZoo() *zoo {
	z := &zoo{all: make([]inner, 9), empty: []inner{}, text: strings.Repeat("x", 3), bytes: []byte("some bytes, not many"),
		addr: netip.MustParseAddr("fe80::1%eth0"), shared: &inner{a: 9}, names: []string{"a", "b"}, lookup: map[int]int{1: 2}, what: &inner{},
		scratch: make([]byte, 10), now: inner{a: 3}, m: map[string]*inner{}, keys: map[*inner]int{}, structs: map[int32]inner{},
		flat: map[[3]uint16]string{{1, 2, 3}: "y", {4}: "z"}, big: make([]uint16, 999), odd: [][3]byte{{1, 2, 3}, {4, 5, 6}}}
	z.o = &outer{c: &z.c}
	z.o.up = z.o
	z.list = []*outer{z.o, nil, {list: z.all[3:4]}}
	z.some, z.more = z.all[1:4], z.all[3:7]
	for i := range z.all {
		z.all[i].a, z.all[i].up = i, z.o
		z.m[fmt.Sprint(i)] = &z.all[i]
		z.keys[&z.all[i]] = i
		z.structs[int32(i)] = z.all[i]
		z.c.Mod(&z.all[i].t, Time(100-i), z.o)
	}
	z.same = z.m
	z.a, z.b, z.d, z.e, z.f, z.g = &z.all[2], inner{a: 5, up: z.o}, only{&z.all[8]}, []*inner{&z.all[0]}, "word", 70000
	z.n, z.nilPtr = z.o, (*inner)(nil)
	z.tail = z.bytes[3:8]
	z.dots[1], z.pairs[1].p, z.pairs[0].x = &z.all[5], &z.all[6], 7
	z.unit = &z.void
	z.deep = map[string][]map[int]*inner{"d": {{1: &z.all[1]}, nil, z.structsOf()}}
	for i := range z.big {
		z.big[i] = uint16(i * i)
	}
	z.next = &zoo{next: z, c: Clock{now: 5}}
	return z
}

func (z *zoo) structsOf() map[int]*inner { return map[int]*inner{7: {a: 1}, 8: &z.all[0]} }

// change lets the zoo live on.
func (z *zoo) change(i int) {
	z.all[i%9].b += i
	z.c.RunUntil(Time(90 + i))
	z.c.Mod(&z.all[i%9].t, Time(200+i), z.o)
	z.list = append(z.list, &outer{c: &z.c, at: &z.all[i%9]})
	z.m[fmt.Sprint("more", i)] = &z.all[i%9]
	z.bytes[i%20]++
	z.g = i * 1000
	z.text += "."
	z.structs[int32(i)] = inner{a: i}
	delete(z.structs, int32(i-3))
	if i%3 == 0 {
		z.list = slices.Delete(z.list, 2, 3)
		z.all = make([]inner, 9)
		z.some = z.all[i%7:]
	}
}

func check(t *testing.T, what string, a, b any) {
	t.Helper()
	if err := alike(a, b); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// A fork, and a world restored from an image, are like the world: with each
// kind of pointer, in full and as the difference to an earlier image.
func TestLikeness(t *testing.T) {
	z := newZoo()
	c, _ := Fork(z)
	check(t, "fork", z, c)
	type kept struct {
		im *Image
		z  *zoo
	}
	var all []kept
	var series Series[zoo]
	for i := range 40 {
		if series.Len() > 6 {
			series.Begin()
		}
		im := series.Take(z)
		c, n := Fork(z)
		check(t, "image of a series", c, Restore[zoo](im))
		all = append(all, kept{im, c})

		im = Take(z)
		if n != im.Objects() {
			t.Fatalf("%d objects forked, %d in the image", n, im.Objects())
		}
		check(t, "fork", z, c)
		check(t, "image", c, Restore[zoo](im))
		all = append(all, kept{im, c})
		z.change(i)
	}
	z, c = nil, nil
	series.Begin()
	runtime.GC()
	debris()
	for i, k := range all {
		check(t, fmt.Sprintf("image %d, later", i), k.z, Restore[zoo](k.im))
	}
	r := Restore[zoo](all[6].im)
	if len(r.same) != len(r.m) {
		t.Error("the maps are not one")
	}
	r.m["new"] = nil
	if _, ok := r.same["new"]; !ok {
		t.Error("the maps are not one")
	}
	r.all[0].t, r.scratch = Timer{}, append(r.scratch, 1)
}

// debris uses memory that was freed.
func debris() {
	var keep [][]byte
	for i := range 10000 {
		b := make([]byte, 16+i%500)
		for j := range b {
			b[j] = 0xff
		}
		keep = append(keep, b)
	}
	runtime.KeepAlive(keep)
}

// What has not changed costs next to nothing.
func TestImageSize(t *testing.T) {
	w := many(1000)
	var s Series[crowd]
	full, none := s.Take(w), s.Take(w)
	w.l[500].a++
	one := s.Take(w)
	t.Logf("%d objects: in full %d bytes, unchanged %d, one changed %d", full.Objects(), full.Size(), none.Size(), one.Size())
	if raw := 1000 * int(unsafe.Sizeof(outer{})); full.Size() > raw/4 {
		t.Errorf("an image takes %d bytes of %d", full.Size(), raw)
	}
	if none.Size() > 250 || one.Size() > none.Size()+32 {
		t.Errorf("no change takes %d bytes, one %d", none.Size(), one.Size())
	}
}

type crowd struct {
	c *Clock
	l []*outer
}

func many(n int) *crowd {
	w := &crowd{c: &Clock{}}
	for i := range n {
		o := &outer{c: w.c}
		o.up = o
		w.c.Mod(&o.inner.t, Time(i), o)
		w.l = append(w.l, o)
	}
	return w
}

// The collector may run at any time while worlds are copied.
func TestForkCollector(t *testing.T) {
	stop := make(chan bool)
	done := make(chan bool)
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				runtime.GC()
			}
		}
	}()
	w := many(300)
	var s Series[crowd]
	for i := range 150 {
		w.l[i].b = i
		w.l[i] = &outer{c: w.c, inner: inner{a: i}}
		c, _ := Fork(w)
		if i%20 == 0 {
			s.Begin()
		}
		im := s.Take(w)
		check(t, "round", c, Restore[crowd](im))
		w = Restore[crowd](Take(c))
	}
	close(stop)
	<-done
}

func TestForkRefuses(t *testing.T) {
	for name, f := range map[string]func(){
		"func":    func() { Fork(&struct{ f func() }{func() {}}) },
		"chan":    func() { Fork(&struct{ c chan int }{make(chan int)}) },
		"pointer": func() { Fork(&struct{ p unsafe.Pointer }{}) },
		"image":   func() { Restore[int](Take(&struct{ n int }{})) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func BenchmarkTake(b *testing.B) {
	w := many(10000)
	for b.Loop() {
		Take(w)
	}
}

func BenchmarkRestore(b *testing.B) {
	im := Take(many(10000))
	for b.Loop() {
		Restore[crowd](im)
	}
}
