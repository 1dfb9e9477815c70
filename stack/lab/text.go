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
	num := false
	rest, bad := flags(a[1:], "nuvAETebst", func(c byte, _ string) { num = num || c == 'n' })
	if bad != "" {
		return p.badOption(bad)
	}
	if !num && (len(rest) == 0 || len(rest) == 1 && rest[0] == "-") {
		p.passOn()
		return 0
	}
	n := 0
	return p.operands(rest, func(_, s string) {
		if !num {
			p.out(s)
			return
		}
		for _, l := range lines(s) {
			n++
			p.outf("%6d\t%s\n", n, l)
		}
	})
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
	neg, follow, wrong := false, false, ""
	rest, bad := flags(args, "n:c:qvfF", func(c byte, v string) {
		switch c {
		case 'q':
			quiet = true
		case 'f', 'F':
			follow = true
		case 'n', 'c':
			bytes = c == 'c'
			fromStart = strings.HasPrefix(v, "+")
			neg = strings.HasPrefix(v, "-")
			m, err := strconv.Atoi(strings.TrimLeft(v, "+-"))
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
		p.errf("%s: invalid number of lines: ‘%s’\n", name, wrong)
		return 1
	}
	if follow {
		p.errf("not modelled: %s -f\n", name)
		return 1
	}
	if name == "head" && !neg && (len(rest) == 0 || len(rest) == 1 && rest[0] == "-") {
		p.headOf(n, bytes)
		return 0
	}
	first := true
	return p.operands(rest, func(file, s string) {
		if len(rest) > 1 && !quiet {
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
