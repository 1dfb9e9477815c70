package lab

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// operands opens every file operand in turn, or standard input, and calls f
// with its text. It returns 1 if one could not be read.
func (p *Proc) operands(files []string, f func(name, text string)) int {
	st := 0
	if len(files) == 0 {
		files = []string{"-"}
	}
	for _, n := range files {
		if n == "-" {
			f("-", string(p.readAll(0)))
			continue
		}
		b, e := p.readFile(n)
		if s, _ := p.stat(n); e == "" && s.dir {
			e = isDir
		}
		if e != "" && (p.name == "head" || p.name == "tail") && e != isDir {
			p.errf("%s: cannot open '%s' for reading: %s\n", p.name, n, e)
			st = 1
			continue
		}
		if e != "" && p.name == "tac" && e != isDir {
			p.errf("tac: failed to open '%s' for reading: %s\n", n, e)
			st = 1
			continue
		}
		if e != "" {
			p.errf("%s: %s: %s\n", p.name, n, e)
			st = 1
			continue
		}
		f(n, string(b))
	}
	return st
}

// lines cuts a text into lines; whole: the last one ended with a newline.
func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

// badOption says what coreutils say.
func (p *Proc) badOption(o string) int {
	if strings.HasPrefix(o, "--") {
		p.errf("%s: unrecognized option '%s'\nTry '%s --help' for more information.\n", p.name, o, p.name)
	} else if len(o) == 3 && o[2] == ':' {
		p.errf("%s: option requires an argument -- '%s'\nTry '%s --help' for more information.\n", p.name, o[1:2], p.name)
	} else {
		p.errf("%s: invalid option -- '%s'\nTry '%s --help' for more information.\n", p.name, strings.TrimPrefix(o, "-")[:1], p.name)
	}
	return 1
}

// flags reads the options of a tool: each letter of known, with a colon if it
// takes a value. It calls f for each; bad is the option that is not known.
func flags(a []string, known string, f func(c byte, v string)) (rest []string, bad string) {
	for i := 0; i < len(a); i++ {
		s := a[i]
		if s == "--" {
			return append(rest, a[i+1:]...), ""
		}
		if len(s) < 2 || s[0] != '-' {
			rest = append(rest, s)
			continue
		}
		if s[1] == '-' {
			return rest, s
		}
		for k := 1; k < len(s); k++ {
			j := strings.IndexByte(known, s[k])
			if j < 0 || s[k] == ':' {
				return rest, "-" + s[k:k+1]
			}
			if j+1 < len(known) && known[j+1] == ':' {
				v := s[k+1:]
				if v == "" {
					if i++; i >= len(a) {
						return rest, "-" + s[k:k+1] + ":"
					}
					v = a[i]
				}
				f(s[k], v)
				break
			}
			f(s[k], "")
		}
	}
	return rest, ""
}

func cat(p *Proc, a []string) int {
	var num, full, ends, tabs, odd, squeeze bool
	rest, bad := flags(a[1:], "nuvAETebst", func(c byte, _ string) {
		num = num || c == 'n'
		full = full || c == 'b'
		ends = ends || c == 'A' || c == 'E' || c == 'e'
		tabs = tabs || c == 'A' || c == 'T' || c == 't'
		odd = odd || c == 'A' || c == 'v' || c == 'e' || c == 't'
		squeeze = squeeze || c == 's'
	})
	if bad != "" {
		return p.badOption(bad)
	}
	plain := !num && !full && !ends && !tabs && !odd && !squeeze
	if plain && (len(rest) == 0 || len(rest) == 1 && rest[0] == "-") {
		p.passOn()
		return 0
	}
	n, empty := 0, 0
	return p.operands(rest, func(_, s string) {
		if plain {
			p.out(s)
			return
		}
		for _, l := range strings.SplitAfter(s, "\n") {
			l, nl := strings.CutSuffix(l, "\n")
			if l == "" && !nl {
				continue
			}
			if empty++; l != "" {
				empty = 0
			}
			if squeeze && empty > 1 {
				continue
			}
			if full && l != "" || num && !full {
				n++
				p.outf("%6d\t", n)
			}
			p.out(catShown(l, tabs, odd))
			if nl && ends {
				p.out("$")
			}
			if nl {
				p.out("\n")
			}
		}
	})
}

// catShown is a line as cat -v and -T show it.
func catShown(l string, tabs, odd bool) string {
	var b strings.Builder
	for i := 0; i < len(l); i++ {
		c := l[i]
		if c == '\t' && tabs {
			b.WriteString("^I")
			continue
		}
		if odd && c >= 128 {
			b.WriteString("M-")
			c &= 127
		}
		switch {
		case odd && c < 32 && (c != '\t' || l[i] >= 128):
			b.WriteByte('^')
			b.WriteByte(c + 64)
		case odd && c == 127:
			b.WriteString("^?")
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// passOn copies input to output as it comes: who waits for an answer gets it.
func (p *Proc) passOn() {
	for {
		b, eof := p.read(0, catBlock)
		if eof || p.write(1, b) != "" {
			return
		}
	}
}

// catBlock is how much cat reads at once.
const catBlock = 131072

func headTail(p *Proc, a []string) int {
	n, bytes, fromStart, quiet, name := 10, false, false, false, a[0]
	args := a[1:]
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && args[0][1] >= '0' && args[0][1] <= '9' {
		args = append([]string{"-n", args[0][1:]}, args[1:]...)
	}
	if name == "tail" && len(args) > 0 && len(args[0]) > 1 && args[0][0] == '+' && args[0][1] >= '0' && args[0][1] <= '9' {
		args = append([]string{"-n", args[0]}, args[1:]...) // as of old
	}
	neg, follow, wrong, loud := false, false, "", false
	rest, bad := flags(args, "n:c:qvfF", func(c byte, v string) {
		switch c {
		case 'q':
			quiet, loud = true, false
		case 'v':
			quiet, loud = false, true
		case 'f', 'F':
			follow = true
		case 'n', 'c':
			bytes = c == 'c'
			fromStart = strings.HasPrefix(v, "+")
			neg = strings.HasPrefix(v, "-")
			digits, unit := strings.TrimLeft(v, "+-"), 1
			for suffix, k := range map[string]int{"b": 512, "K": 1024, "k": 1024, "KiB": 1024, "kB": 1000, "M": 1 << 20, "MB": 1000000, "G": 1 << 30} {
				if d, is := strings.CutSuffix(digits, suffix); is && d != "" && strings.Trim(d, "0123456789") == "" {
					digits, unit = d, k
				}
			}
			m, err := strconv.Atoi(digits)
			m *= unit
			if err != nil {
				wrong = v
			}
			n = m
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	if wrong != "" {
		what := "lines"
		if bytes {
			what = "bytes"
		}
		p.errf("%s: invalid number of %s: ‘%s’\n", name, what, wrong)
		return 1
	}
	if follow {
		p.errf("not modelled: %s -f\n", name)
		return 1
	}
	if name == "head" && !neg && !loud && (len(rest) == 0 || len(rest) == 1 && rest[0] == "-") {
		p.headOf(n, bytes)
		return 0
	}
	first := true
	return p.operands(rest, func(file, s string) {
		if (len(rest) > 1 || loud) && !quiet {
			if file == "-" {
				file = "standard input"
			}
			if !first {
				p.out("\n")
			}
			p.outf("==> %s <==\n", file)
		}
		first = false
		if bytes {
			k := min(n, len(s))
			switch {
			case name == "tail" && fromStart:
				p.out(s[min(max(n-1, 0), len(s)):])
			case name == "tail":
				p.out(s[len(s)-k:])
			case neg:
				p.out(s[:max(0, len(s)-n)])
			default:
				p.out(s[:k])
			}
			return
		}
		l := strings.SplitAfter(s, "\n")
		if l[len(l)-1] == "" {
			l = l[:len(l)-1]
		}
		switch {
		case name == "tail" && fromStart:
			l = l[min(max(n-1, 0), len(l)):]
		case name == "tail":
			l = l[max(0, len(l)-n):]
		case neg:
			l = l[:max(0, len(l)-n)]
		default:
			l = l[:min(n, len(l))]
		}
		p.out(strings.Join(l, ""))
	})
}

// headOf prints the first n lines or bytes of standard input as they come, and
// reads no more than it must: who writes to a pipe without a reader is told.
func (p *Proc) headOf(n int, bytes bool) {
	for n > 0 {
		b, eof := p.read(0, headBlock)
		if eof {
			return
		}
		k := len(b)
		if bytes {
			k = min(k, n)
			n -= k
		} else {
			for i, c := range b {
				if c == '\n' {
					if n--; n == 0 {
						k = i + 1
						break
					}
				}
			}
		}
		if p.write(1, b[:k]) != "" {
			return
		}
	}
}

// headBlock is how much head reads at once (BUFSIZ).
const headBlock = 8192

func wc(p *Proc, a []string) int {
	var show [5]bool // lines, words, chars, bytes, longest line
	rest, bad := flags(a[1:], "lwcmL", func(c byte, _ string) { show[strings.IndexByte("lwmcL", c)] = true })
	if bad != "" {
		return p.badOption(bad)
	}
	if show == [5]bool{} {
		show = [5]bool{true, true, false, true}
	}
	type row struct {
		n    [5]int
		name string
	}
	var rows []row
	var total row
	st := p.operands(rest, func(name, s string) {
		r := row{[5]int{strings.Count(s, "\n"), len(strings.Fields(s)), utf8.RuneCountInString(s), len(s)}, name}
		for i := range 4 {
			total.n[i] += r.n[i]
		}
		for _, l := range lines(s) {
			r.n[4] = max(r.n[4], columns(l))
		}
		total.n[4] = max(total.n[4], r.n[4])
		rows = append(rows, r)
	})
	if len(rest) > 1 {
		total.name = "total"
		rows = append(rows, total)
	}
	cols, width := 0, 1
	for i := range show {
		cols += b2i(show[i])
	}
	for i := range 4 {
		width = max(width, len(strconv.Itoa(total.n[i])))
	}
	if cols == 1 && len(rest) < 2 {
		width = 1
	} else if len(rest) == 0 {
		width = 7
	}
	for _, r := range rows {
		first := true
		for i := range show {
			if show[i] {
				if !first {
					p.out(" ")
				}
				p.outf("%*d", width, r.n[i])
				first = false
			}
		}
		if len(rest) > 0 {
			p.outf(" %s", r.name)
		}
		p.out("\n")
	}
	return st
}

// columns is how wide a line is on a terminal, tabs up to the next eighth.
func columns(l string) (n int) {
	for _, r := range l {
		switch {
		case r == '\t':
			n += 8 - n%8
		case r >= ' ':
			n++
		}
	}
	return n
}
