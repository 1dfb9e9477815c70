package lab

import (
	"fmt"
	"strconv"
	"strings"
)

func init() { extra["od"] = od }

// An odForm is one -t of od: how bytes are shown.
type odForm struct {
	kind byte // a c d o u x
	size int
	text bool // z: the printable characters behind
}

// width is how many characters one unit takes, its blank too.
func (f odForm) width() int {
	switch f.kind {
	case 'a', 'c':
		return 4
	case 'x':
		return 2*f.size + 1
	case 'o':
		return [...]int{1: 3, 2: 6, 4: 11, 8: 22}[f.size] + 1
	case 'u':
		return [...]int{1: 3, 2: 5, 4: 10, 8: 20}[f.size] + 1
	}
	return [...]int{1: 4, 2: 6, 4: 11, 8: 20}[f.size] + 1
}

var odNames = strings.Fields("nul soh stx etx eot enq ack bel bs ht nl vt ff cr so si dle dc1 dc2 dc3 dc4 nak syn etb can em sub esc fs gs rs us sp")

// unit is one unit as text; b has as many bytes as the unit is wide.
func (f odForm) unit(b []byte) string {
	var v uint64
	for i := len(b) - 1; i >= 0; i-- {
		v = v<<8 | uint64(b[i])
	}
	switch f.kind {
	case 'a':
		switch c := b[0] & 0x7f; {
		case int(c) < len(odNames):
			return odNames[c]
		case c == 0x7f:
			return "del"
		default:
			return string(rune(c))
		}
	case 'c':
		if i := strings.IndexByte("\x00\a\b\t\n\v\f\r", b[0]); i >= 0 {
			return [...]string{`\0`, `\a`, `\b`, `\t`, `\n`, `\v`, `\f`, `\r`}[i]
		}
		if b[0] >= ' ' && b[0] < 0x7f {
			return string(rune(b[0]))
		}
		return fmt.Sprintf("%03o", b[0])
	case 'x':
		return fmt.Sprintf("%0*x", 2*f.size, v)
	case 'o':
		return fmt.Sprintf("%0*o", f.width()-1, v)
	case 'u':
		return strconv.FormatUint(v, 10)
	}
	shift := 64 - 8*f.size
	return strconv.FormatInt(int64(v<<shift)>>shift, 10)
}

// odForms reads the argument of -t.
func odForms(s string) (l []odForm, ok bool) {
	for s != "" {
		f := odForm{kind: s[0], size: 4}
		if s = s[1:]; strings.IndexByte("acdoux", f.kind) < 0 {
			return nil, false
		}
		if f.kind == 'a' || f.kind == 'c' {
			f.size = 1
		} else if s != "" {
			n := len(s) - len(strings.TrimLeft(s, "0123456789"))
			switch i := strings.IndexByte("CSIL", s[0]); {
			case n > 0:
				f.size, _ = strconv.Atoi(s[:n])
				s = s[n:]
			case i >= 0:
				f.size, s = 1<<i, s[1:]
			}
			if f.size != 1 && f.size != 2 && f.size != 4 && f.size != 8 {
				return nil, false
			}
		}
		if strings.HasPrefix(s, "z") {
			f.text, s = true, s[1:]
		}
		l = append(l, f)
	}
	return l, len(l) > 0
}

// dumpNumber reads a number of od: 0x and 0 in front, b, k and m behind.
func dumpNumber(s string) (int, bool) {
	mul := 1
	if n := len(s) - 1; n > 0 && !strings.HasPrefix(s, "0x") {
		if i := strings.IndexByte("bkKmM", s[n]); i >= 0 {
			mul, s = [...]int{512, 1024, 1024, 1 << 20, 1 << 20}[i], s[:n]
		}
	}
	v, err := strconv.ParseUint(s, 0, 31)
	return int(v) * mul, err == nil && v < 1<<31/uint64(mul)
}

// od is od(1) of coreutils.
func od(p *Proc, a []string) int {
	var forms []odForm
	addr, skip, limit, width, all := byte('o'), 0, -1, 0, false
	wrong := ""
	number := func(v, what string) int {
		n, ok := dumpNumber(v)
		if !ok && wrong == "" {
			wrong = fmt.Sprintf("od: invalid -%s argument '%s'\n", what, v)
		}
		return n
	}
	// -w has a value only behind it.
	args := append([]string(nil), a[1:]...)
	for i, s := range args {
		if s == "--" {
			break
		}
		if v, ok := strings.CutPrefix(s, "-w"); ok {
			if width = 32; v != "" {
				width = number(v, "w")
			}
			args[i] = "-v"
			if !all {
				args[i] = "-W"
			}
		}
	}
	rest, bad := flags(args, "A:t:N:j:vabcdfilosxWS:", func(c byte, v string) {
		short := map[byte]string{'a': "a", 'b': "o1", 'c': "c", 'd': "u2", 'i': "dI", 'l': "dL", 'o': "o2", 's': "d2", 'x': "x2"}
		switch c {
		case 'A':
			if len(v) != 1 || strings.IndexByte("doxn", v[0]) < 0 {
				wrong = fmt.Sprintf("od: invalid output address radix '%s'; it must be one character from [doxn]\n", v)
				return
			}
			addr = v[0]
		case 't':
			l, ok := odForms(v)
			if !ok {
				wrong = fmt.Sprintf("od: invalid type string ‘%s’\n", v)
				if i := strings.IndexFunc(v, func(r rune) bool { return !strings.ContainsRune("acdfouxzCSILFDHB0123456789", r) }); i >= 0 {
					wrong = fmt.Sprintf("od: invalid character '%c' in type string ‘%s’\n", v[i], v)
				}
				if strings.IndexByte("fF", (v + " ")[0]) >= 0 {
					wrong = "not modelled: od -t " + v + "\n"
				}
			}
			forms = append(forms, l...)
		case 'N':
			limit = number(v, "N")
		case 'j':
			skip = number(v, "j")
		case 'v':
			all = true
		case 'W':
		case 'f', 'S':
			wrong = "not modelled: od -" + string(rune(c)) + "\n"
		default:
			l, _ := odForms(short[c])
			forms = append(forms, l...)
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	if wrong != "" {
		p.errf("%s", wrong)
		return 1
	}
	if forms == nil {
		forms = []odForm{{kind: 'o', size: 2}}
	}
	var in strings.Builder
	opened := false
	st := p.operands(rest, func(_, text string) {
		in.WriteString(text)
		opened = true
	})
	if !opened {
		return st
	}
	data := in.String()
	if skip > len(data) {
		p.errf("od: cannot skip past end of combined input\n")
		return 1
	}
	data = data[skip:]
	if limit >= 0 && limit < len(data) {
		data = data[:limit]
	}
	unit := 1
	for _, f := range forms {
		unit = max(unit, f.size)
	}
	if width == 0 {
		width = 16
	} else if width%unit != 0 {
		p.errf("od: warning: invalid width %d; using %d instead\n", width, unit)
		width = unit
	}
	d := odDump{forms: forms, addr: addr, width: width, unit: unit}
	p.out(d.text(data, skip, all))
	return st
}

// An odDump is how the lines look.
type odDump struct {
	forms       []odForm
	addr        byte
	width, unit int
	b           strings.Builder
}

func (d *odDump) address(n int) string {
	switch d.addr {
	case 'd':
		return fmt.Sprintf("%07d", n)
	case 'x':
		return fmt.Sprintf("%06x", n)
	case 'n':
		return ""
	}
	return fmt.Sprintf("%07o", n)
}

// text is the dump of data, whose first byte has the address from.
func (d *odDump) text(data string, from int, all bool) string {
	before, starred := "", false
	for i := 0; i < len(data); i += d.width {
		line := data[i:min(len(data), i+d.width)]
		if !all && i > 0 && line == before && len(line) == d.width {
			if !starred {
				d.b.WriteString("*\n")
			}
			starred = true
			continue
		}
		before, starred = line, false
		d.line(line, d.address(from+i))
	}
	if s := d.address(from + len(data)); s != "" {
		d.b.WriteString(s + "\n")
	}
	return d.b.String()
}

// line is one line for each form; units of the forms stand below one another.
func (d *odDump) line(line, addr string) {
	block := 0 // what the widest form needs for as many bytes as the widest unit
	for _, f := range d.forms {
		block = max(block, f.width()*(d.unit/f.size))
	}
	for n, f := range d.forms {
		if n > 0 {
			addr = strings.Repeat(" ", len(addr))
		}
		d.b.WriteString(addr)
		per := d.unit / f.size
		pad := block - f.width()*per
		for i := 0; i < d.width; i += f.size {
			k := i / f.size % per
			w := f.width() + pad*(per-k)/per - pad*(per-k-1)/per
			if i >= len(line) {
				if f.text {
					d.b.WriteString(strings.Repeat(" ", w))
				}
				continue
			}
			u := make([]byte, f.size)
			copy(u, line[i:])
			fmt.Fprintf(&d.b, "%*s", w, f.unit(u))
		}
		if f.text {
			d.b.WriteString("  >" + printable(line) + "<")
		}
		d.b.WriteByte('\n')
	}
}

// printable puts a dot for what is not printable ASCII.
func printable(s string) string {
	b := []byte(s)
	for i, c := range b {
		if c < ' ' || c > '~' {
			b[i] = '.'
		}
	}
	return string(b)
}
