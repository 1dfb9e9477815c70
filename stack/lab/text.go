package lab

import (
	"fmt"
	"math"
	"path"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/packetwalk/packetwalk/stack/sim"
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
			st = 1
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
			if end {
				return used, true, false
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

// test is test(1) and [.
func test(p *Proc, a []string) int {
	if a[0] == "[" {
		if a[len(a)-1] != "]" {
			p.errf("%s: [: missing ]\n", p.shellName())
			return 2
		}
		a = a[:len(a)-1]
	}
	t := &tester{p: p, a: a[1:], cmd: a[0]}
	if len(t.a) == 0 {
		return 1
	}
	v := t.or()
	if t.bad == "" && len(t.a) > 0 {
		t.bad = fmt.Sprintf("%s: unexpected operator", t.a[0])
	}
	if t.bad != "" {
		p.errf("%s: %s: %s\n", p.shellName(), t.cmd, t.bad)
		return 2
	}
	return b2i(!v)
}

type tester struct {
	p   *Proc
	a   []string
	cmd string
	bad string
	n   int
}

func (t *tester) or() bool {
	v := t.and()
	for t.bad == "" && len(t.a) > 0 && t.a[0] == "-o" {
		t.a = t.a[1:]
		w := t.and()
		v = v || w
	}
	return v
}

func (t *tester) and() bool {
	v := t.not()
	for t.bad == "" && len(t.a) > 0 && t.a[0] == "-a" {
		t.a = t.a[1:]
		w := t.not()
		v = v && w
	}
	return v
}

func (t *tester) not() bool {
	if t.n++; t.n > 1000 {
		t.bad = "too many arguments"
		return false
	}
	if len(t.a) > 1 && t.a[0] == "!" && !(len(t.a) >= 3 && binaryOp(t.a[1])) {
		t.a = t.a[1:]
		return !t.not()
	}
	return t.primary()
}

func binaryOp(s string) bool {
	switch s {
	case "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef":
		return true
	}
	return false
}

func (t *tester) primary() bool {
	a := t.a
	if len(a) == 0 {
		t.bad = "argument expected"
		return false
	}
	if len(a) >= 3 && binaryOp(a[1]) {
		t.a = a[3:]
		return t.binary(a[0], a[1], a[2])
	}
	if a[0] == "(" && len(a) > 2 {
		t.a = a[1:]
		v := t.or()
		if len(t.a) == 0 || t.a[0] != ")" {
			t.bad = "closing paren expected"
			return false
		}
		t.a = t.a[1:]
		return v
	}
	if len(a) >= 2 && len(a[0]) == 2 && a[0][0] == '-' && strings.IndexByte("bcdefghknprsStuwxzLGO", a[0][1]) >= 0 {
		t.a = a[2:]
		return t.unary(a[0][1], a[1])
	}
	t.a = a[1:]
	return a[0] != ""
}

func (t *tester) number(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil && t.bad == "" {
		t.bad = "Illegal number: " + s
	}
	return n
}

func (t *tester) binary(l, op, r string) bool {
	switch op {
	case "=", "==":
		if op == "==" {
			t.bad = "" // dash knows = only
			t.bad = fmt.Sprintf("%s: unexpected operator", l)
			return false
		}
		return l == r
	case "!=":
		return l != r
	case "<":
		return l < r
	case ">":
		return l > r
	case "-nt", "-ot", "-ef":
		return op == "-ef" && t.p.abs(l) == t.p.abs(r)
	}
	x, y := t.number(l), t.number(r)
	switch op {
	case "-eq":
		return x == y
	case "-ne":
		return x != y
	case "-lt":
		return x < y
	case "-le":
		return x <= y
	case "-gt":
		return x > y
	}
	return x >= y
}

func (t *tester) unary(op byte, s string) bool {
	switch op {
	case 'z':
		return s == ""
	case 'n':
		return s != ""
	case 't':
		return false
	}
	st, e := t.p.stat(s)
	if e != "" {
		return false
	}
	switch op {
	case 'd':
		return st.dir
	case 'f':
		return !st.dir && !st.dev
	case 's':
		return st.size > 0
	case 'x':
		return st.dir || st.exec
	case 'e', 'r', 'w', 'O', 'G':
		return true
	case 'c':
		return st.dev
	case 'L', 'h':
		return strings.HasPrefix(t.p.abs(s), "/sys/class/net/") && strings.Count(t.p.abs(s), "/") == 4
	}
	return false
}

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

func headTail(p *Proc, a []string) int {
	n, bytes, fromStart, quiet, name := 10, false, false, false, a[0]
	args := a[1:]
	if len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && args[0][1] >= '0' && args[0][1] <= '9' {
		args = append([]string{"-n", args[0][1:]}, args[1:]...)
	}
	neg, wrong := false, ""
	rest, bad := flags(args, "n:c:qvfF", func(c byte, v string) {
		switch c {
		case 'q':
			quiet = true
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

func wc(p *Proc, a []string) int {
	var show [4]bool // lines, words, chars, bytes
	rest, bad := flags(a[1:], "lwcm", func(c byte, _ string) { show[strings.IndexByte("lwmc", c)] = true })
	if bad != "" {
		return p.badOption(bad)
	}
	if show == [4]bool{} {
		show = [4]bool{true, true, false, true}
	}
	type row struct {
		n    [4]int
		name string
	}
	var rows []row
	var total row
	st := p.operands(rest, func(name, s string) {
		r := row{[4]int{strings.Count(s, "\n"), len(strings.Fields(s)), utf8.RuneCountInString(s), len(s)}, name}
		for i := range total.n {
			total.n[i] += r.n[i]
		}
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
	for i := range total.n {
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

func tr(p *Proc, a []string) int {
	var del, squeeze, comp bool
	rest, bad := flags(a[1:], "dscCt", func(c byte, _ string) {
		switch c {
		case 'd':
			del = true
		case 's':
			squeeze = true
		case 'c', 'C':
			comp = true
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	if len(rest) == 0 || !del && !squeeze && len(rest) < 2 {
		if len(rest) == 0 {
			p.errf("tr: missing operand\nTry 'tr --help' for more information.\n")
		} else {
			p.errf("tr: missing operand after ‘%s’\nTwo strings must be given when translating.\nTry 'tr --help' for more information.\n", rest[0])
		}
		return 1
	}
	set1 := trSet(rest[0])
	var in [256]bool
	for _, c := range set1 {
		in[c] = true
	}
	if comp {
		set1 = nil
		for c := range in {
			if in[c] = !in[c]; in[c] {
				set1 = append(set1, byte(c))
			}
		}
	}
	var to [256]byte
	for c := range to {
		to[c] = byte(c)
	}
	sq := in
	if len(rest) > 1 {
		set2 := trSet(rest[1])
		if !del && len(set2) > 0 {
			for i, c := range set1 {
				to[c] = set2[min(i, len(set2)-1)]
			}
		}
		sq = [256]bool{}
		for _, c := range set2 {
			sq[c] = true
		}
	}
	for {
		b, eof := p.read(0, 1<<15)
		if eof {
			return 0
		}
		out := make([]byte, 0, len(b))
		last := -1
		for _, c := range b {
			if del && in[c] {
				continue
			}
			if !del {
				c = to[c]
			}
			if squeeze && sq[c] && last == int(c) {
				continue
			}
			last = int(c)
			out = append(out, c)
		}
		p.write(1, out)
	}
}

func trSet(s string) (set []byte) {
	s, _ = unescape(s, false)
	for i := 0; i < len(s); i++ {
		if strings.HasPrefix(s[i:], "[:") {
			if e := strings.Index(s[i:], ":]"); e > 0 {
				for c := 0; c < 256; c++ {
					if class(s[i+2:i+e], byte(c)) {
						set = append(set, byte(c))
					}
				}
				i += e + 1
				continue
			}
		}
		if i+2 < len(s) && s[i+1] == '-' && s[i] <= s[i+2] {
			for c := int(s[i]); c <= int(s[i+2]); c++ {
				set = append(set, byte(c))
			}
			i += 2
			continue
		}
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		set = append(set, s[i])
	}
	return set
}

func cut(p *Proc, a []string) int {
	delim, spec, mode, only := "\t", "", byte(0), false
	outd := ""
	var args []string
	for _, s := range a[1:] {
		if v, ok := strings.CutPrefix(s, "--output-delimiter="); ok {
			outd = v
			continue
		}
		args = append(args, s)
	}
	rest, bad := flags(args, "d:f:c:b:sn", func(c byte, v string) {
		switch c {
		case 'd':
			delim = v
		case 's':
			only = true
		case 'n':
		default:
			mode, spec = c, v
		}
	})
	switch {
	case bad != "":
		return p.badOption(bad)
	case mode == 0:
		p.errf("cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.\n")
		return 1
	case len(delim) != 1:
		p.errf("cut: the delimiter must be a single character\nTry 'cut --help' for more information.\n")
		return 1
	}
	type span struct{ lo, hi int }
	var spans []span
	for _, s := range strings.Split(spec, ",") {
		lo, hi, r := strings.Cut(s, "-")
		x, e1 := strconv.Atoi(lo)
		y, e2 := strconv.Atoi(hi)
		switch {
		case !r:
			y = x
		case lo == "" && e2 == nil:
			x, e1 = 1, nil
		case hi == "" && e1 == nil:
			y = math.MaxInt
		}
		if e1 != nil || x < 1 || y < x {
			p.errf("cut: invalid field value ‘%s’\nTry 'cut --help' for more information.\n", s)
			return 1
		}
		spans = append(spans, span{x, y})
	}
	in := func(n int) bool {
		for _, s := range spans {
			if n >= s.lo && n <= s.hi {
				return true
			}
		}
		return false
	}
	if outd == "" {
		outd = delim
	}
	return p.operands(rest, func(_, s string) {
		var b strings.Builder
		for _, l := range lines(s) {
			if mode != 'f' {
				for i := 0; i < len(l); i++ {
					if in(i + 1) {
						b.WriteByte(l[i])
					}
				}
				b.WriteByte('\n')
				continue
			}
			f := strings.Split(l, delim)
			if len(f) == 1 {
				if !only {
					b.WriteString(l + "\n")
				}
				continue
			}
			var keep []string
			for i, x := range f {
				if in(i + 1) {
					keep = append(keep, x)
				}
			}
			b.WriteString(strings.Join(keep, outd) + "\n")
		}
		p.out(b.String())
	})
}

func sortTool(p *Proc, a []string) int {
	var rev, num, uniq, fold, hum, vers bool
	sep, out := "", ""
	var keys []string
	rest, bad := flags(a[1:], "rnufhbVsk:t:o:", func(c byte, v string) {
		switch c {
		case 'r':
			rev = true
		case 'n':
			num = true
		case 'u':
			uniq = true
		case 'f':
			fold = true
		case 'h':
			hum = true
		case 'V':
			vers = true
		case 'k':
			keys = append(keys, v)
		case 't':
			sep = v
		case 'o':
			out = v
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	var all []string
	st := p.operands(rest, func(_, s string) { all = append(all, lines(s)...) })
	cmp := func(x, y string, n, r bool) int {
		c := 0
		switch {
		case n || hum:
			vx, vy := leading(x), leading(y)
			c = b2i(vx > vy) - b2i(vx < vy)
		case vers:
			c = versionCmp(x, y)
		case fold:
			c = strings.Compare(strings.ToUpper(x), strings.ToUpper(y))
		default:
			c = strings.Compare(x, y)
		}
		if r {
			c = -c
		}
		return c
	}
	compare := func(x, y string) int {
		for _, k := range keys {
			n, r := num, rev
			if strings.Contains(k, "n") {
				n = true
			}
			if strings.Contains(k, "r") {
				r = true
			}
			if c := cmp(sortKey(x, k, sep), sortKey(y, k, sep), n, r); c != 0 {
				return c
			}
		}
		if len(keys) == 0 {
			if c := cmp(x, y, num, rev); c != 0 {
				return c
			}
		}
		if uniq {
			return 0
		}
		c := strings.Compare(x, y)
		if rev {
			c = -c
		}
		return c
	}
	sort.SliceStable(all, func(i, j int) bool { return compare(all[i], all[j]) < 0 })
	var b strings.Builder
	for i, l := range all {
		if uniq && i > 0 && compare(all[i-1], l) == 0 {
			continue
		}
		b.WriteString(l + "\n")
	}
	if out != "" {
		d, e := p.open(out, 'w')
		if e != "" {
			p.errf("sort: open failed: %s: %s\n", out, e)
			return 2
		}
		p.set(9, d)
		p.write(9, []byte(b.String()))
		p.close(9)
		return st
	}
	p.out(b.String())
	return st * 2
}

func leading(s string) float64 {
	s = strings.TrimLeft(s, " \t")
	i := 0
	for i < len(s) && (s[i] >= '0' && s[i] <= '9' || s[i] == '.' || i == 0 && s[i] == '-') {
		i++
	}
	v, _ := strconv.ParseFloat(s[:i], 64)
	if i < len(s) {
		if k := strings.IndexByte("KMGT", s[i]); k >= 0 {
			v *= math.Pow(1024, float64(k+1))
		}
	}
	return v
}

func versionCmp(x, y string) int {
	for x != "" && y != "" {
		i, j := 0, 0
		for i < len(x) && x[i] >= '0' && x[i] <= '9' {
			i++
		}
		for j < len(y) && y[j] >= '0' && y[j] <= '9' {
			j++
		}
		if i > 0 && j > 0 {
			m, _ := strconv.ParseUint(x[:i], 10, 64)
			n, _ := strconv.ParseUint(y[:j], 10, 64)
			if m != n {
				return b2i(m > n) - b2i(m < n)
			}
			x, y = x[i:], y[j:]
			continue
		}
		if x[0] != y[0] {
			return b2i(x[0] > y[0]) - b2i(x[0] < y[0])
		}
		x, y = x[1:], y[1:]
	}
	return b2i(len(x) > len(y)) - b2i(len(x) < len(y))
}

// sortKey is the part of a line that -k names: F[.C][,F].
func sortKey(l, k, sep string) string {
	k = strings.TrimRight(k, "nrbfVh")
	from, to, has := strings.Cut(k, ",")
	fs, _, _ := strings.Cut(strings.TrimRight(from, "nrbfVh"), ".")
	f, _ := strconv.Atoi(fs)
	t := math.MaxInt
	if has {
		ts, _, _ := strings.Cut(strings.TrimRight(to, "nrbfVh"), ".")
		t, _ = strconv.Atoi(ts)
	}
	var parts []string
	if sep != "" {
		parts = strings.Split(l, sep)
	} else {
		parts = strings.Fields(l)
		sep = " "
	}
	if f < 1 || f > len(parts) {
		return ""
	}
	return strings.Join(parts[f-1:max(f, min(t, len(parts)))], sep)
}

func uniqTool(p *Proc, a []string) int {
	var count, dup, single, fold bool
	rest, bad := flags(a[1:], "cduif:s:w:", func(c byte, _ string) {
		switch c {
		case 'c':
			count = true
		case 'd':
			dup = true
		case 'u':
			single = true
		case 'i':
			fold = true
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	if len(rest) > 1 {
		rest = rest[:1]
	}
	return p.operands(rest, func(_, s string) {
		l := lines(s)
		for i := 0; i < len(l); {
			j := i + 1
			for j < len(l) && (l[j] == l[i] || fold && strings.EqualFold(l[j], l[i])) {
				j++
			}
			if n := j - i; !(dup && n == 1 || single && n > 1) {
				if count {
					p.outf("%7d ", n)
				}
				p.outf("%s\n", l[i])
			}
			i = j
		}
	})
}

func seq(p *Proc, a []string) int {
	sep, width, format := "\n", false, ""
	args := a[1:]
	for len(args) > 0 && len(args[0]) > 1 && args[0][0] == '-' && (args[0][1] < '0' || args[0][1] > '9') && args[0][1] != '.' {
		switch {
		case strings.HasPrefix(args[0], "-s") && len(args[0]) > 2:
			sep = args[0][2:]
		case args[0] == "-s" && len(args) > 1:
			sep, args = args[1], args[1:]
		case args[0] == "-f" && len(args) > 1:
			format, args = args[1], args[1:]
		case args[0] == "-w":
			width = true
		default:
			return p.badOption(args[0])
		}
		args = args[1:]
	}
	v := [3]float64{1, 1, 0}
	prec := 0
	var n []float64
	for _, s := range args {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(f) {
			p.errf("seq: invalid floating point argument: ‘%s’\nTry 'seq --help' for more information.\n", s)
			return 1
		}
		if _, d, ok := strings.Cut(s, "."); ok {
			prec = max(prec, len(d))
		}
		n = append(n, f)
	}
	switch len(n) {
	case 1:
		v[2] = n[0]
	case 2:
		v[0], v[2] = n[0], n[1]
	case 3:
		v[0], v[1], v[2] = n[0], n[1], n[2]
	case 0:
		p.errf("seq: missing operand\nTry 'seq --help' for more information.\n")
		return 1
	default:
		p.errf("seq: extra operand ‘%s’\nTry 'seq --help' for more information.\n", args[3])
		return 1
	}
	if v[1] == 0 {
		p.errf("seq: invalid Zero increment value: ‘%s’\nTry 'seq --help' for more information.\n", args[1])
		return 1
	}
	text := func(x float64) string { return strconv.FormatFloat(x, 'f', prec, 64) }
	w := 0
	if width {
		w = max(len(text(v[0])), len(text(v[2])))
	}
	var b strings.Builder
	for i := 0; ; i++ {
		x := v[0] + float64(i)*v[1]
		if v[1] > 0 && x > v[2]+1e-9 || v[1] < 0 && x < v[2]-1e-9 {
			break
		}
		if i > 0 {
			b.WriteString(sep)
		}
		if format != "" {
			fmt.Fprintf(&b, format, x)
		} else {
			fmt.Fprintf(&b, "%0*s", w, text(x))
		}
		if b.Len() > 1<<16 {
			p.out(b.String())
			b.Reset()
			p.step()
		}
		if i == 0 && math.IsInf(v[2], 0) {
			prec = 0
		}
	}
	if b.Len() > 0 {
		p.out(b.String() + "\n")
	}
	return 0
}

func tee(p *Proc, a []string) int {
	mode, st := byte('w'), 0
	rest, bad := flags(a[1:], "ai", func(c byte, _ string) {
		if c == 'a' {
			mode = 'a'
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	fds := []int{1}
	for i, f := range rest {
		d, e := p.open(f, mode)
		if e != "" {
			p.errf("tee: %s: %s\n", f, e)
			st = 1
			continue
		}
		p.set(100+i, d)
		fds = append(fds, 100+i)
	}
	for {
		b, eof := p.read(0, 1<<15)
		if eof {
			break
		}
		for _, fd := range fds {
			if e := p.write(fd, b); e != "" {
				p.errf("tee: %s: %s\n", p.fds[fd].path, e)
				st = 1
			}
		}
	}
	for _, fd := range fds[1:] {
		p.close(fd)
	}
	return st
}

func xargs(p *Proc, a []string) int {
	n, repl, noEmpty := 0, "", false
	i := 1
	for ; i < len(a) && len(a[i]) > 1 && a[i][0] == '-'; i++ {
		switch {
		case a[i] == "-r" || a[i] == "--no-run-if-empty":
			noEmpty = true
		case a[i] == "-n" && i+1 < len(a):
			i++
			n, _ = strconv.Atoi(a[i])
		case strings.HasPrefix(a[i], "-n"):
			n, _ = strconv.Atoi(a[i][2:])
		case a[i] == "-I" && i+1 < len(a):
			i++
			repl = a[i]
		case strings.HasPrefix(a[i], "-I"):
			repl = a[i][2:]
		case a[i] == "-0", a[i] == "-t":
		default:
			return p.badOption(a[i])
		}
	}
	cmd := a[i:]
	if len(cmd) == 0 {
		cmd = []string{"echo"}
	}
	text := string(p.readAll(0))
	st := 0
	run := func(words []string) {
		if rc := p.runWords(words); rc != 0 {
			st = 123
			if rc == 127 {
				p.errf("xargs: %s: No such file or directory\n", words[0])
				st = 127
			}
		}
	}
	if repl != "" {
		for _, l := range lines(text) {
			if l = strings.TrimLeft(l, " \t"); l == "" {
				continue
			}
			var w []string
			for _, c := range cmd {
				w = append(w, strings.ReplaceAll(c, repl, l))
			}
			run(w)
		}
		return st
	}
	items := strings.Fields(text)
	if len(items) == 0 && noEmpty {
		return 0
	}
	if n <= 0 {
		n = max(1, len(items))
	}
	for first := true; first || len(items) > 0; first = false {
		k := min(n, len(items))
		run(append(append([]string(nil), cmd...), items[:k]...))
		items = items[k:]
	}
	return st
}

// runWords runs a program by its words, from another program; 127: not found.
func (p *Proc) runWords(w []string) int {
	name := path.Base(w[0])
	if p.lab.tools[name] == nil {
		return 127
	}
	p.step()
	return p.tool(append([]string{name}, w[1:]...), nil)
}

// seconds reads a duration as sleep(1) does: a number with s, m, h or d.
func seconds(s string) (sim.Time, bool) {
	unit := 1.0
	if s != "" {
		switch s[len(s)-1] {
		case 's':
			s = s[:len(s)-1]
		case 'm':
			unit, s = 60, s[:len(s)-1]
		case 'h':
			unit, s = 3600, s[:len(s)-1]
		case 'd':
			unit, s = 86400, s[:len(s)-1]
		}
	}
	v, err := strconv.ParseFloat(s, 64)
	if s == "infinity" || s == "inf" {
		return sim.Time(math.MaxInt64 / 4), true
	}
	if err != nil || v < 0 || math.IsNaN(v) {
		return 0, false
	}
	return sim.Time(min(v*unit*1e9, math.MaxInt64/4)), true
}

func sleepTool(p *Proc, a []string) int {
	if len(a) < 2 {
		p.errf("sleep: missing operand\nTry 'sleep --help' for more information.\n")
		return 1
	}
	var d sim.Time
	for _, s := range a[1:] {
		x, ok := seconds(s)
		if !ok {
			p.errf("sleep: invalid time interval ‘%s’\nTry 'sleep --help' for more information.\n", s)
			return 1
		}
		d += x
	}
	p.sleep(d)
	return 0
}

func timeoutTool(p *Proc, a []string) int {
	sig, i := 15, 1
	var kill sim.Time
	keep := false
	for ; i < len(a) && len(a[i]) > 1 && a[i][0] == '-'; i++ {
		switch {
		case a[i] == "-s" && i+1 < len(a):
			i++
			sig = sigNumber(a[i])
		case strings.HasPrefix(a[i], "--signal="):
			sig = sigNumber(a[i][9:])
		case a[i] == "-k" && i+1 < len(a):
			i++
			kill, _ = seconds(a[i])
		case a[i] == "--preserve-status":
			keep = true
		case a[i] == "--foreground", a[i] == "-v":
		default:
			p.badOption(a[i])
			return 125
		}
	}
	if len(a) < i+2 {
		p.errf("timeout: missing operand\nTry 'timeout --help' for more information.\n")
		return 125
	}
	d, ok := seconds(a[i])
	if !ok || sig < 0 {
		p.errf("timeout: invalid time interval ‘%s’\nTry 'timeout --help' for more information.\n", a[i])
		return 125
	}
	w := a[i+1:]
	if p.lab.tools[path.Base(w[0])] == nil {
		p.errf("timeout: failed to run command ‘%s’: No such file or directory\n", w[0])
		return 127
	}
	c := p.fork(w[0], func(q *Proc) int { return q.runWords(w) })
	end := p.lab.now() + d
	if d == 0 {
		return p.wait(c)
	}
	p.until(end, func() bool { return c.exited })
	if c.exited {
		return p.wait(c)
	}
	c.signal(sig)
	if kill > 0 {
		p.until(p.lab.now()+kill, func() bool { return c.exited })
		if !c.exited {
			c.signal(9)
			p.wait(c)
			return 137
		}
	}
	st := p.wait(c)
	if keep {
		return st
	}
	if sig == 9 {
		return 137
	}
	return 124
}

func watchTool(p *Proc, a []string) int {
	every := 2 * sim.Second
	i := 1
	for ; i < len(a) && len(a[i]) > 1 && a[i][0] == '-'; i++ {
		switch {
		case a[i] == "-n" && i+1 < len(a):
			i++
			every, _ = seconds(a[i])
		case strings.HasPrefix(a[i], "-n"):
			every, _ = seconds(a[i][2:])
		case strings.Trim(a[i], "-tdegc") == "":
		default:
			return p.badOption(a[i])
		}
	}
	if i >= len(a) {
		p.errf("Usage:\n watch [options] command\n")
		return 1
	}
	for {
		p.outf("Every %.1fs: %s\n\n", float64(every)/1e9, strings.Join(a[i:], " "))
		p.runWords(append([]string{"sh", "-c"}, strings.Join(a[i:], " ")))
		p.sleep(max(every, 100*sim.Millisecond))
	}
}
