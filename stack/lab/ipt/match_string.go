package ipt

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/iptables"
)

func parseString(c *call, d *iptables.String) {
	switch c.o.id {
	case 0:
		d.From = uint32(c.u)
	case 1:
		d.To = uint32(c.u)
	case 2:
		d.Algo = cutTo(c.arg, 15)
	case 3:
		d.IgnoreCase = true
	case 4:
		if len(c.arg) > 128 {
			c.bad("STRING too long \"%s\"", c.arg)
		}
		d.Pattern = []byte(c.arg)
		d.Inv = d.Inv || c.invert
	case 5:
		d.Pattern = c.hexString(c.arg)
		d.Inv = d.Inv || c.invert
	}
}

// hexString reads text with |61 62| in it.
func (c *call) hexString(s string) (out []byte) {
	if s == "" {
		c.bad("STRING must contain at least one char")
	}
	at := func(i int) byte {
		if i < len(s) {
			return s[i]
		}
		return 0
	}
	hex, literal := false, false
	for i := 0; i < len(s); {
		if len(out) >= 128 {
			c.bad("STRING too long \"%s\"", s)
		}
		switch {
		case s[i] == '\\' && !hex:
			literal = true
		case s[i] == '\\':
			c.bad("Cannot include literals in hex data")
		case s[i] == '|':
			hex = !hex
			if hex {
				for at(i+1) == ' ' {
					i++
				}
			}
			if i+1 >= len(s) {
				return out
			}
			i++
		}
		switch {
		case literal:
			if i+1 >= len(s) {
				c.bad("Bad literal placement at end of string")
			}
			out = append(out, s[i+1])
			i += 2
			literal = false
		case hex:
			if i+1 >= len(s) {
				c.bad("Odd number of hex digits")
			}
			if i+2 >= len(s) {
				c.bad("Invalid hex block")
			}
			for _, b := range []byte{s[i], s[i+1]} {
				if digit(b) > 15 {
					c.bad("Invalid hex char '%c'", b)
				}
			}
			out = append(out, byte(digit(s[i])<<4|digit(s[i+1])))
			i += 2
			if at(i) == ' ' {
				i++
			}
		default:
			out = append(out, s[i])
			i++
		}
	}
	return out
}

// binary tells whether a pattern is shown in hexadecimal.
func binary(b []byte) bool {
	for _, c := range b {
		if c < 32 || c > 126 {
			return true
		}
	}
	return len(b) > 0 && b[len(b)-1] == '\\'
}

func (w *view) pattern(d *iptables.String) {
	if binary(d.Pattern) {
		w.f(" \"|%x|\"", d.Pattern)
		return
	}
	w.f(" \"")
	for _, c := range d.Pattern {
		w.is(c == '"' || c == '\\', "\\")
		w.WriteByte(c)
	}
	w.f("\"")
}
