package view

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// placeValues are the values at the place of a Session, worked out when they
// are asked for: it is of no use once the place has changed.
type placeValues struct {
	s  *Session
	b  *builder
	sc *Scene
}

func (s *Session) values() *placeValues { return &placeValues{s: s} }

// builder is nil where there is no step.
func (v *placeValues) builder() *builder {
	if v.b == nil && len(v.s.stops) > 0 {
		v.b = &builder{Session: v.s, sc: &Scene{}, log: v.s.chunk.Events(), n: v.s.stops[v.s.pos]}
		v.b.e = v.b.event(v.b.n)
	}
	return v.b
}

// scene is what a Scene would tell about the step and its packet.
func (v *placeValues) scene() *Scene {
	if v.sc != nil {
		return v.sc
	}
	v.sc = &Scene{}
	b := v.builder()
	f, err := v.s.k.Frame(v.s.frame)
	if b == nil || err != nil {
		return v.sc
	}
	v.sc = b.sc
	v.sc.Who, v.sc.Line = "", v.s.line(v.s.frame)
	b.packet(&f)
	b.function()
	b.details()
	b.verdict()
	return v.sc
}

// Value is a value at the place; with was the one before the step. It is part
// of lessons.Place.
func (v *placeValues) Value(name string, was bool) (lessons.Val, bool) {
	if h, ok := lessons.HeaderFields[name]; ok {
		return v.header(h)
	}
	if key, ok := lessons.FieldKey(name); ok {
		if v.builder() == nil {
			return lessons.Val{}, false
		}
		if key.Kind() == step.KindNS {
			return v.counter(key, was), true
		}
		return v.field(name, was)
	}
	return v.ofPlace(name)
}

func (v *placeValues) header(h lessons.HeaderField) (lessons.Val, bool) {
	for _, hd := range v.scene().Headers {
		if hd.Name != h.Header {
			continue
		}
		for _, f := range hd.Fields {
			if f.Name == h.Field {
				val := lessons.Val{Text: f.Value}
				word, _, _ := strings.Cut(f.Value, " ")
				n, err := strconv.ParseUint(word, 0, 64)
				val.Num, val.IsNum = n, err == nil
				return val, true
			}
		}
	}
	return lessons.Val{}, false
}

// counter is the value of a counter of the namespace.
func (v *placeValues) counter(key step.Key, was bool) lessons.Val {
	obj, n := uint32(0), uint64(0)
	for k, x := range v.b.stateAt() {
		if k.Key == key && (obj == 0 || k.Obj < obj) {
			obj, n = k.Obj, x
		}
	}
	v.b.log.Set(v.b.e, func(c *trace.Change) {
		if c.Key == key && !was {
			n = c.New
		}
	})
	return lessons.Val{Text: strconv.FormatUint(n, 10), Num: n, IsNum: true}
}

// field is a field of what the step is about.
func (v *placeValues) field(name string, was bool) (lessons.Val, bool) {
	key, ok := v.s.valueNamed(name)
	if !ok {
		return lessons.Val{}, false
	}
	st := v.b.stateAt()
	next := StateKey{Obj: key.Obj, Key: key.Key + 1}
	hi, lo := st[key], st[next]
	first := true
	v.b.log.Set(v.b.e, func(c *trace.Change) {
		switch {
		case c.Obj != key.Obj:
		case c.Key == key.Key && !was:
			hi = c.New
		case c.Key == key.Key && first:
			hi, first = c.Old, false
		case c.Key == next.Key && !was:
			lo = c.New
		}
	})
	f := key.Key.Field()
	if f.Fmt == step.IP {
		return lessons.Val{Text: Clean(f.Fmt.Format(hi, lo, v.s.names))}, true
	}
	return lessons.Val{Text: v.b.format(f.Fmt, hi), Num: hi, IsNum: true}, true
}

// ofPlace is what is known about the place itself.
func (v *placeValues) ofPlace(name string) (lessons.Val, bool) {
	num := func(n int) (lessons.Val, bool) {
		return lessons.Val{Text: strconv.Itoa(n), Num: uint64(max(0, n)), IsNum: true}, true
	}
	text := func(s string) (lessons.Val, bool) { return lessons.Val{Text: s}, s != "" }
	sc := v.scene()
	switch name {
	case "packet":
		return num(v.s.frame + 1)
	case "packets":
		return num(v.s.k.Len())
	case "length":
		return num(sc.Length)
	case "line":
		return text(sc.Line)
	case "func":
		return text(sc.Func)
	case "file":
		return text(sc.File)
	case "says":
		return text(sc.Says)
	case "outcome":
		return text(sc.Verdict.Outcome)
	case "reason":
		return text(sc.Verdict.Reason)
	case "in":
		return text(sc.Verdict.Func)
	case "clock":
		if v.builder() == nil {
			return lessons.Val{}, false
		}
		return lessons.Val{Text: report.At(int64(v.b.e.At)), Num: uint64(v.b.e.At), IsNum: true}, true
	case "tcp.flags":
		return v.flags()
	}
	return lessons.Val{}, false
}

// flags are the flags of the segment at hand.
func (v *placeValues) flags() (lessons.Val, bool) {
	bits := uint64(0)
	for i, n := range [...]string{"FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR", "AE"} {
		x, ok := v.header(lessons.HeaderField{Header: "TCP", Field: n})
		if !ok {
			return x, false
		}
		bits |= x.Num << i
	}
	return lessons.Val{Text: step.Flags.Format(0, bits, nil), Num: bits, IsNum: true}, true
}
