package ipt

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

// u32Max is XT_U32_MAXSIZE.
const u32Max = 10

func parseU32(c *call, d *iptables.U32) {
	s, pos := c.arg, 0
	rest := func() string { return s[pos:] }
	at := func() byte {
		if pos < len(s) {
			return s[pos]
		}
		return 0
	}
	skip := func() {
		for isSpace(at()) {
			pos++
		}
	}
	num := func() uint32 {
		v, after, ok := number(rest(), 0, 1<<32-1)
		if !ok {
			c.bad("u32: at char %d: not a number or out of range", pos)
		}
		pos = len(s) - len(after)
		return uint32(v)
	}
	d.Inv, d.Tests = c.invert, nil
	var t iptables.U32Test
	values := false
	for {
		skip()
		if pos >= len(s) {
			if !values {
				c.bad("u32: abrupt end of input after location specifier")
			}
			if len(t.Values) == 0 {
				c.bad("u32: test ended with no value specified")
			}
			d.Tests = append(d.Tests, t)
			if len(d.Tests) > u32Max {
				c.bad("u32: at char %d: too many \"&&\"s", pos)
			}
			return
		}
		switch {
		case !values && at() == '=':
			if len(t.Location) == 0 {
				c.bad("u32: at char %d: location spec missing", pos)
			}
			pos++
			values = true
		case !values:
			op := iptables.U32And
			if len(t.Location) != 0 {
				op = c.u32Op(at, &pos)
			}
			t.Location = append(t.Location, iptables.U32Op{Number: num(), Op: op})
			if len(t.Location) > u32Max {
				c.bad("u32: at char %d: too many operators", pos)
			}
		case at() == '&':
			if pos++; at() != '&' {
				c.bad("u32: at char %d: a second '&' was expected", pos)
			}
			if len(t.Values) == 0 {
				c.bad("u32: at char %d: value spec missing", pos)
			}
			d.Tests = append(d.Tests, t)
			t = iptables.U32Test{}
			if len(d.Tests) > u32Max {
				c.bad("u32: at char %d: too many \"&&\"s", pos)
			}
			pos++
			values = false
		default:
			if len(t.Values) > 0 {
				if at() != ',' {
					c.bad("u32: at char %d: expected \",\" or \"&&\"", pos)
				}
				pos++
			}
			v := iptables.U32Range{Min: num()}
			v.Max = v.Min
			skip()
			if at() == ':' {
				pos++
				v.Max = num()
			}
			t.Values = append(t.Values, v)
			if len(t.Values) > u32Max {
				c.bad("u32: at char %d: too many \",\"s", pos)
			}
		}
	}
}

// u32Op reads an operator between two numbers of a location.
func (c *call) u32Op(at func() byte, pos *int) (op iptables.U32OpKind) {
	switch b := at(); b {
	case '&':
		op = iptables.U32And
	case '<', '>':
		op = iptables.U32Left
		if b == '>' {
			op = iptables.U32Right
		}
		if *pos++; at() != b {
			c.bad("u32: at char %d: a second '%c' was expected", *pos, b)
		}
	case '@':
		op = iptables.U32At
	default:
		c.bad("u32: at char %d: operator expected", *pos)
	}
	*pos++
	return op
}

func (w *view) u32(d *iptables.U32) {
	w.f(" \"")
	for i, t := range d.Tests {
		w.is(i > 0, "&&")
		for k, o := range t.Location {
			if k > 0 {
				w.f("%s", [...]string{"&", "<<", ">>", "@"}[o.Op])
			}
			w.f("0x%x", o.Number)
		}
		w.f("=")
		for k, v := range t.Values {
			w.is(k > 0, ",")
			w.f("0x%x", v.Min)
			if v.Min != v.Max {
				w.f(":0x%x", v.Max)
			}
		}
	}
	w.f("\"")
}

// u32Range is the value of an option of two numbers.
func (c *call) u32Range() iptables.U32Range {
	r := iptables.U32Range{Min: uint32(c.r[0]), Max: uint32(c.r[1])}
	if c.n == 1 {
		r.Max = r.Min
	}
	return r
}

// spis writes " spi:5" or " spis:5:7".
func (w *view) spis(name string, r iptables.U32Range, not bool) {
	if r.Min == 0 && r.Max == 1<<32-1 && !not {
		return
	}
	w.f("%s", name)
	w.is(r.Min != r.Max, "s")
	w.f(":")
	w.is(not, "!")
	w.span(uint64(r.Min), uint64(r.Max), ":")
}

func (w *view) saveRange(name string, r iptables.U32Range, not bool) {
	if r.Min == 0 && r.Max == 1<<32-1 {
		return
	}
	w.not(not)
	w.f(" --%s ", name)
	w.span(uint64(r.Min), uint64(r.Max), ":")
}
