package lab

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// echo is dash's: -n is known, backslash escapes are carried out.
func echo(p *Proc, a []string) int {
	a = a[1:]
	nl := "\n"
	if len(a) > 0 && a[0] == "-n" {
		nl, a = "", a[1:]
	}
	s, stop := unescape(strings.Join(a, " "), true)
	if stop {
		nl = ""
	}
	if e := p.write(1, []byte(s+nl)); e != "" {
		p.errf("%s: echo: echo: I/O error\n", p.shellName())
		return 1
	}
	return 0
}

// echoTool is echo(1) of coreutils: what stands in /bin.
func echoTool(p *Proc, a []string) int {
	nl, esc := "\n", false
	a = a[1:]
	for len(a) > 0 && len(a[0]) > 1 && a[0][0] == '-' && strings.Trim(a[0][1:], "neE") == "" {
		for _, c := range a[0][1:] {
			switch c {
			case 'n':
				nl = ""
			case 'e', 'E':
				esc = c == 'e'
			}
		}
		a = a[1:]
	}
	s := strings.Join(a, " ")
	if esc {
		var stop bool
		if s, stop = unescape(hexEscapes(s), true); stop {
			nl = ""
		}
	}
	if e := p.write(1, []byte(s+nl)); e != "" {
		p.errf("echo: write error: %s\n", e)
		return 1
	}
	return 0
}

// hexEscapes carries out \xHH, which only the echo of coreutils has.
func hexEscapes(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			n := 0
			for s[i+1] == 'x' && n < 2 && i+2+n < len(s) && strings.IndexByte("0123456789abcdefABCDEF", s[i+2+n]) >= 0 {
				n++
			}
			if v, err := strconv.ParseUint(s[min(i+2, len(s)):min(i+2, len(s))+n], 16, 8); n > 0 && err == nil {
				fmt.Fprintf(&b, "\\0%03o", v)
			} else {
				b.WriteString(s[i : i+2])
			}
			i += 1 + n
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (p *Proc) shellName() string {
	if p.sh != nil {
		return fmt.Sprintf("%s: %d", p.sh.name, p.lab.line)
	}
	return p.name
}

// unescape carries out \n and so on; zero: octal is \0nnn. stop: there was \c.
func unescape(s string, zero bool) (out string, stop bool) {
	if strings.IndexByte(s, '\\') < 0 {
		return s, false
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'a':
			b.WriteByte(7)
		case 'b':
			b.WriteByte(8)
		case 'c':
			return b.String(), true
		case 'e':
			b.WriteByte(27)
		case 'f':
			b.WriteByte(12)
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 't':
			b.WriteByte('\t')
		case 'v':
			b.WriteByte(11)
		case '\\':
			b.WriteByte('\\')
		case '0', '1', '2', '3', '4', '5', '6', '7':
			n, k := 0, 0
			if c == '0' && zero {
				i++
			} else if zero {
				b.WriteByte('\\')
				b.WriteByte(c)
				continue
			}
			for k < 3 && i < len(s) && s[i] >= '0' && s[i] <= '7' {
				n = n*8 + int(s[i]-'0')
				i++
				k++
			}
			i--
			b.WriteByte(byte(n))
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String(), false
}

// yes prints a line for ever: until nobody reads, or a limit.
func yes(p *Proc, a []string) int {
	s := "y"
	if len(a) > 1 {
		s = strings.Join(a[1:], " ")
	}
	b := []byte(strings.Repeat(s+"\n", max(1, 8192/(len(s)+1))))
	for {
		p.step()
		if p.write(1, b) != "" {
			return 1
		}
	}
}

// printf is printf(1).
func printf(p *Proc, a []string) int {
	if len(a) > 1 && a[1] == "--" {
		a = append(a[:1:1], a[2:]...)
	}
	if len(a) < 2 {
		p.errf("%s: printf: usage: printf format [arg ...]\n", p.shellName())
		return 2
	}
	format, args := a[1], a[2:]
	st := 0
	var b strings.Builder
	for {
		used, stop, bad := printfOnce(&b, format, &args, p, &st)
		if bad {
			st = 2
			break
		}
		if stop || len(args) == 0 || !used {
			break
		}
		if b.Len() > p.lab.Limits.Memory {
			p.grow(b.Len())
		}
	}
	p.out(b.String())
	return st
}

func printfOnce(b *strings.Builder, f string, args *[]string, p *Proc, st *int) (used, stop, bad bool) {
	next := func() (string, bool) {
		used = true
		if len(*args) == 0 {
			return "", false
		}
		s := (*args)[0]
		*args = (*args)[1:]
		return s, true
	}
	num := func() int64 {
		s, ok := next()
		if !ok || s == "" {
			return 0
		}
		if s[0] == '\'' || s[0] == '"' {
			r, _ := utf8.DecodeRuneInString(s[1:])
			if s[1:] == "" {
				r = 0
			}
			return int64(r)
		}
		n, err := strconv.ParseInt(strings.TrimPrefix(strings.TrimSpace(s), "+"), 0, 64)
		if err != nil {
			if u, e := strconv.ParseUint(s, 0, 64); e == nil {
				return int64(u)
			}
			i := 0
			for i < len(s) && (s[i] >= '0' && s[i] <= '9' || i == 0 && s[i] == '-') {
				i++
			}
			n, _ = strconv.ParseInt(s[:i], 10, 64)
			what := "expected numeric value"
			if i > 0 {
				what = "not completely converted"
			}
			p.errf("%s: printf: %s: %s\n", p.shellName(), s, what)
			*st = 1
		}
		return n
	}
	for i := 0; i < len(f); i++ {
		c := f[i]
		if c == '\\' {
			j := i + 2
			if i+1 < len(f) && f[i+1] >= '0' && f[i+1] <= '7' {
				j = i + 1
				for j < len(f) && j < i+4 && f[j] >= '0' && f[j] <= '7' {
					j++
				}
			}
			s, end := unescape(f[i:min(j, len(f))], false)
			b.WriteString(s)
			if end { // \c means nothing in a format
				b.WriteString(`\c`)
			}
			i = min(j, len(f)) - 1
			continue
		}
		if c != '%' {
			b.WriteByte(c)
			continue
		}
		if i+1 < len(f) && f[i+1] == '%' {
			b.WriteByte('%')
			i++
			continue
		}
		j := i + 1
		for j < len(f) && strings.IndexByte("-+ #0", f[j]) >= 0 {
			j++
		}
		spec := f[i:j]
		for _, dot := range []bool{false, true} {
			if dot {
				if j >= len(f) || f[j] != '.' {
					continue
				}
				spec += "."
				j++
			}
			if j < len(f) && f[j] == '*' {
				n := num()
				if n > 4096 || n < -4096 {
					n = 4096
				}
				spec += strconv.FormatInt(n, 10)
				j++
				continue
			}
			k := j
			for j < len(f) && f[j] >= '0' && f[j] <= '9' {
				j++
			}
			w := f[k:j]
			if len(w) > 5 {
				w = "4096"
			}
			spec += w
		}
		if j >= len(f) {
			p.errf("%s: printf: %s: invalid directive\n", p.shellName(), f[i:])
			return used, true, true
		}
		switch d := f[j]; d {
		case 's':
			s, _ := next()
			fmt.Fprintf(b, spec+"s", s)
		case 'b':
			s, _ := next()
			t, end := unescape(s, true)
			fmt.Fprintf(b, spec+"s", t)
			if end {
				return used, true, false
			}
		case 'c':
			s, _ := next()
			fmt.Fprintf(b, spec+"s", s[:min(1, len(s))])
		case 'd', 'i':
			fmt.Fprintf(b, spec+"d", num())
		case 'u':
			fmt.Fprintf(b, spec+"d", uint64(num()))
		case 'o', 'x', 'X':
			fmt.Fprintf(b, spec+string(d), uint64(num()))
		case 'e', 'E', 'f', 'F', 'g', 'G':
			s, _ := next()
			v, err := strconv.ParseFloat(s, 64)
			if err != nil && s != "" {
				p.errf("%s: printf: %s: expected numeric value\n", p.shellName(), s)
				*st = 1
			}
			fmt.Fprintf(b, spec+string(d), v)
		default:
			p.errf("%s: printf: %%%c: invalid directive\n", p.shellName(), d)
			return used, true, true
		}
		i = j
	}
	return used, false, false
}
