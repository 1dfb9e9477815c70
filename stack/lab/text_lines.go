package lab

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func init() {
	for n, t := range map[string]tool{"tac": tac, "rev": rev, "paste": paste, "nl": nl, "cmp": cmpTool, "comm": comm} {
		extra[n] = t
	}
}

// tac prints the lines of each file, the last first.
func tac(p *Proc, a []string) int {
	rest, bad := flags(a[1:], "", func(byte, string) {})
	if bad != "" {
		if strings.Contains("-b-r-s", bad) {
			p.errf("not modelled: tac %s\n", bad)
			return 1
		}
		return p.badOption(bad)
	}
	return p.operands(rest, func(_, text string) {
		l := strings.SplitAfter(text, "\n")
		slices.Reverse(l)
		p.out(strings.Join(l, ""))
	})
}

// rev turns each line around.
func rev(p *Proc, a []string) int {
	rest, bad := flags(a[1:], "", func(byte, string) {})
	if bad != "" {
		p.errf("not modelled: rev %s\n", bad)
		return 1
	}
	return p.operands(rest, func(_, text string) {
		for _, l := range strings.SplitAfter(text, "\n") {
			body, nl := strings.CutSuffix(l, "\n")
			r := []rune(body)
			slices.Reverse(r)
			p.out(string(r))
			if nl {
				p.out("\n")
			}
		}
	})
}

// paste puts the lines of files side by side.
func paste(p *Proc, a []string) int {
	serial, delims := false, "\t"
	rest, bad := flags(a[1:], "sd:", func(c byte, v string) {
		if c == 's' {
			serial = true
		} else {
			delims, _ = unescape(v, false)
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	if len(rest) == 0 {
		rest = []string{"-"}
	}
	delim := func(i int) string {
		if delims == "" {
			return ""
		}
		return delims[i%len(delims) : i%len(delims)+1]
	}
	// Several "-" take the lines of one input by turns.
	var files [][]string
	var in []string
	read := false
	st := 0
	for _, n := range rest {
		if n == "-" {
			if !read {
				in, read = lines(string(p.readAll(0))), true
			}
			files = append(files, nil)
			continue
		}
		if e := p.operands([]string{n}, func(_, text string) { files = append(files, lines(text)) }); e != 0 {
			return e
		}
	}
	if serial {
		for i, f := range files {
			if rest[i] == "-" {
				f, in = in, nil
			}
			for k, l := range f {
				if k > 0 {
					p.out(delim(k - 1))
				}
				p.out(l)
			}
			p.out("\n")
		}
		return st
	}
	for row := 0; ; row++ {
		var b strings.Builder
		any := false
		for i, f := range files {
			if i > 0 {
				b.WriteString(delim(i - 1))
			}
			switch {
			case rest[i] == "-" && len(in) > 0:
				b.WriteString(in[0])
				in, any = in[1:], true
			case rest[i] != "-" && row < len(f):
				b.WriteString(f[row])
				any = true
			}
		}
		if !any {
			return st
		}
		p.out(b.String() + "\n")
	}
}

// nl numbers lines.
func nl(p *Proc, a []string) int {
	style, width, sep, start, step, format := "t", 6, "\t", 1, 1, "rn"
	wrong := ""
	num := func(v, what string) int {
		n, err := strconv.Atoi(v)
		if err != nil {
			wrong = fmt.Sprintf("nl: invalid %s: ‘%s’\n", what, v)
		}
		return n
	}
	rest, bad := flags(a[1:], "b:w:s:v:i:n:h:f:d:l:p", func(c byte, v string) {
		switch c {
		case 'b':
			style = v
			if v != "a" && v != "t" && v != "n" {
				wrong = fmt.Sprintf("nl: invalid body numbering style: ‘%s’\nTry 'nl --help' for more information.\n", v)
				if strings.HasPrefix(v, "p") {
					wrong = "not modelled: nl -b " + v + "\n"
				}
			}
		case 'w':
			width = num(v, "line number field width")
		case 's':
			sep = v
		case 'v':
			start = num(v, "starting line number")
		case 'i':
			step = num(v, "line number increment")
		case 'n':
			format = v
			if v != "ln" && v != "rn" && v != "rz" {
				wrong = fmt.Sprintf("nl: invalid line numbering format: ‘%s’\nTry 'nl --help' for more information.\n", v)
			}
		default:
			wrong = "not modelled: nl -" + string(rune(c)) + "\n"
		}
	})
	if bad != "" {
		return p.badOption(bad)
	}
	if wrong != "" {
		p.errf("%s", wrong)
		return 1
	}
	n := start
	return p.operands(rest, func(_, text string) {
		for _, l := range lines(text) {
			if style == "n" || style == "t" && l == "" {
				p.out(strings.Repeat(" ", width+len(sep)) + l + "\n")
				continue
			}
			verb := map[string]string{"rn": "%*d", "ln": "%-*d", "rz": "%0*d"}[format]
			p.outf(verb+"%s%s\n", width, n, sep, l)
			n += step
		}
	})
}

// twoFiles reads the operands of a tool that compares. status: what it ends
// with if one cannot be read.
func (p *Proc) twoFiles(names []string, status int) (text [2]string, st int) {
	for i, n := range names[:2] {
		if n == "-" {
			text[i] = string(p.readAll(0))
			continue
		}
		b, e := p.readFile(n)
		if s, _ := p.stat(n); e == "" && s.dir {
			e = isDir
		}
		if e != "" {
			p.errf("%s: %s: %s\n", p.name, n, e)
			return text, status
		}
		text[i] = string(b)
	}
	return text, 0
}

// cmpTool is cmp(1) of diffutils: the first byte in which two files differ.
func cmpTool(p *Proc, a []string) int {
	quiet, all, show := false, false, false
	rest, bad := flags(a[1:], "slb", func(c byte, _ string) {
		quiet, all, show = quiet || c == 's', all || c == 'l', show || c == 'b'
	})
	switch {
	case bad != "":
		p.badOption(strings.Replace(bad, "cmp: ", "", 1))
		return 2
	case show || len(rest) > 2:
		p.errf("not modelled: cmp %s\n", strings.Join(a[1:], " "))
		return 2
	case len(rest) == 0:
		p.errf("cmp: missing operand after 'cmp'\ncmp: Try 'cmp --help' for more information.\n")
		return 2
	case len(rest) == 1:
		rest = append(rest, "-")
	}
	t, st := p.twoFiles(rest, 2)
	if st != 0 {
		return st
	}
	line, n := 1, min(len(t[0]), len(t[1]))
	for i := range n {
		x, y := t[0][i], t[1][i]
		if x != y {
			st = 1
			if all {
				p.outf("%*d %3o %3o\n", len(strconv.Itoa(min(n, 1<<30))), i+1, x, y)
				continue
			}
			if !quiet {
				p.outf("%s %s differ: byte %d, line %d\n", rest[0], rest[1], i+1, line)
			}
			return 1
		}
		if x == '\n' {
			line++
		}
	}
	if len(t[0]) == len(t[1]) {
		return st
	}
	if !quiet {
		short := rest[0]
		if len(t[1]) < len(t[0]) {
			short = rest[1]
		}
		switch {
		case n == 0:
			p.errf("cmp: EOF on %s which is empty\n", short)
		case all:
			p.errf("cmp: EOF on %s after byte %d\n", short, n)
		case strings.HasSuffix(t[0][:n], "\n"):
			p.errf("cmp: EOF on %s after byte %d, line %d\n", short, n, line-1)
		default:
			p.errf("cmp: EOF on %s after byte %d, in line %d\n", short, n, line)
		}
	}
	return 1
}

// comm prints what is in one, the other and both of two sorted files.
func comm(p *Proc, a []string) int {
	var hide [4]bool
	rest, bad := flags(a[1:], "123", func(c byte, _ string) { hide[c-'0'] = true })
	switch {
	case bad == "-z":
		p.errf("not modelled: comm -z\n")
		return 1
	case bad != "":
		return p.badOption(bad)
	case len(rest) == 0:
		p.errf("comm: missing operand\nTry 'comm --help' for more information.\n")
		return 1
	case len(rest) == 1:
		p.errf("comm: missing operand after ‘%s’\nTry 'comm --help' for more information.\n", rest[0])
		return 1
	case len(rest) > 2:
		p.errf("comm: extra operand ‘%s’\nTry 'comm --help' for more information.\n", rest[2])
		return 1
	}
	t, st := p.twoFiles(rest, 1)
	if st != 0 {
		return st
	}
	x, y := lines(t[0]), lines(t[1])
	tell := func(col int, l string) {
		for i := 1; i < col; i++ {
			if !hide[i] {
				p.out("\t")
			}
		}
		p.out(l + "\n")
	}
	var told [2]bool
	sorted := func(f int, l []string) {
		if len(l) > 1 && l[1] < l[0] && !told[f] {
			told[f] = true
			p.errf("comm: file %d is not in sorted order\n", f+1)
		}
	}
	for len(x) > 0 || len(y) > 0 {
		col, was := 3, [2][]string{x, y}
		switch {
		case len(x) == 0 || len(y) > 0 && y[0] < x[0]:
			col = 2
		case len(y) == 0 || x[0] < y[0]:
			col = 1
		}
		l := ""
		if col != 2 {
			l, x = x[0], x[1:]
		}
		if col != 1 {
			l, y = y[0], y[1:]
		}
		if !hide[col] {
			tell(col, l)
		}
		if col != 2 {
			sorted(0, was[0])
		}
		if col != 1 {
			sorted(1, was[1])
		}
	}
	if told[0] || told[1] {
		p.errf("comm: input is not in sorted order\n")
		return 1
	}
	return 0
}
