package lab

import (
	"fmt"
	"strconv"
	"strings"
)

func init() { extra["xxd"] = xxd }

// xxd is xxd(1): a dump in hexadecimal, and back.
func xxd(p *Proc, a []string) int {
	plain, back, upper, bits, include := false, false, false, false, false
	cols, group, limit, skip := -1, -1, -1, 0
	wrong := false
	rest, bad := flags(a[1:], "prubic:g:l:s:oaeE", func(c byte, v string) {
		n, ok := dumpNumber(v)
		switch c {
		case 'p':
			plain = true
		case 'r':
			back = true
		case 'u':
			upper = true
		case 'b':
			bits = true
		case 'i':
			include = true
		case 'c':
			cols, wrong = n, wrong || !ok
		case 'g':
			group, wrong = n, wrong || !ok
		case 'l':
			limit, wrong = n, wrong || !ok
		case 's':
			skip, wrong = n, wrong || !ok
		default:
			bits, wrong = true, true
		}
	})
	if wrong || bad != "" || include || len(rest) > 1 {
		p.errf("not modelled: xxd %s\n", strings.Join(a[1:], " "))
		return 1
	}
	data := ""
	if st := p.operands(rest, func(_, text string) { data = text }); st != 0 {
		return 2
	}
	if back {
		p.write(1, xxdBack(data, plain))
		return 0
	}
	data = data[min(skip, len(data)):]
	if limit >= 0 {
		data = data[:min(limit, len(data))]
	}
	digits := "%02x"
	if upper {
		digits = "%02X"
	}
	var b strings.Builder
	if plain {
		if cols < 0 {
			cols = 30
		}
		for i := range len(data) {
			fmt.Fprintf(&b, digits, data[i])
			if cols > 0 && (i+1)%cols == 0 && i+1 < len(data) {
				b.WriteByte('\n')
			}
		}
		if data != "" {
			b.WriteByte('\n')
		}
		p.out(b.String())
		return 0
	}
	each := 2
	if bits {
		digits, each = "%08b", 8
	}
	if group < 0 {
		group = 2
		if bits {
			group = 1
		}
	}
	if cols <= 0 {
		cols = 16
		if bits {
			cols = 6
		}
	}
	if group == 0 {
		group = cols
	}
	wide := cols*each + (cols+group-1)/group
	for i := 0; i < len(data); i += cols {
		line := data[i:min(len(data), i+cols)]
		n := b.Len()
		at := "%08x: "
		fmt.Fprintf(&b, at, skip+i)
		n = b.Len()
		for k := range len(line) {
			fmt.Fprintf(&b, digits, line[k])
			if (k+1)%group == 0 {
				b.WriteByte(' ')
			}
		}
		b.WriteString(strings.Repeat(" ", max(0, wide+1-(b.Len()-n))) + printable(line) + "\n")
	}
	p.out(b.String())
	return 0
}

// xxdBack reads a dump: hexadecimal digits, or lines that xxd printed.
func xxdBack(text string, plain bool) (out []byte) {
	hex := func(s string) {
		half, has := byte(0), false
		for i := range len(s) {
			v, err := strconv.ParseUint(s[i:i+1], 16, 8)
			if err != nil {
				if has || !plain && s[i] == ' ' && i+1 < len(s) && s[i+1] == ' ' {
					return
				}
				continue
			}
			if has {
				out = append(out, half<<4|byte(v))
			}
			half, has = byte(v), !has
		}
	}
	for _, l := range lines(text) {
		if plain {
			hex(l)
			continue
		}
		at, rest, ok := strings.Cut(l, ":")
		n, err := strconv.ParseUint(strings.TrimSpace(at), 16, 24)
		if !ok || err != nil {
			continue
		}
		for len(out) < int(n) {
			out = append(out, 0)
		}
		out = out[:n]
		hex(strings.TrimPrefix(rest, " "))
	}
	return out
}
