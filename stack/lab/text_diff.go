package lab

import (
	"fmt"
	"strings"
)

func init() { extra["diff"] = diff }

// A hunk is one change of diff: lines from…to of each file, counted from 0.
type hunk struct{ a0, a1, b0, b1 int }

// hunks finds a shortest change from x to y, by Myers' algorithm, and slides each
// part down as far as it goes, as diffutils do.
func hunks(x, y []string) []hunk {
	head := 0
	for head < len(x) && head < len(y) && x[head] == y[head] {
		head++
	}
	tail := 0
	for tail < len(x)-head && tail < len(y)-head && x[len(x)-1-tail] == y[len(y)-1-tail] {
		tail++
	}
	gone, come := make([]bool, len(x)+1), make([]bool, len(y)+1)
	myers(x[head:len(x)-tail], y[head:len(y)-tail], gone[head:], come[head:])
	slide(x, gone, come)
	slide(y, come, gone)
	var l []hunk
	for i, j := 0, 0; i < len(x) || j < len(y); {
		h := hunk{i, i, j, j}
		for h.a1 < len(x) && gone[h.a1] {
			h.a1++
		}
		for h.b1 < len(y) && come[h.b1] {
			h.b1++
		}
		if h.a0 != h.a1 || h.b0 != h.b1 {
			l = append(l, h)
		}
		i, j = h.a1+1, h.b1+1
	}
	return l
}

// myers marks the lines that are only in one.
func myers(x, y []string, gone, come []bool) {
	n, m := len(x), len(y)
	off := n + m + 1
	v := make([]int, 2*off+1)
	var trace [][]int
	for d := 0; d <= n+m; d++ {
		trace = append(trace, append([]int(nil), v[off-d-1:off+d+2]...))
		done := false
		for k := -d; k <= d; k += 2 {
			i := v[off+k-1] + 1
			if k == -d || k != d && v[off+k-1] < v[off+k+1] {
				i = v[off+k+1]
			}
			for i < n && i-k < m && i-k >= 0 && x[i] == y[i-k] {
				i++
			}
			v[off+k] = i
			done = done || i >= n && i-k >= m
		}
		if done {
			break
		}
	}
	i, j := n, m
	for d := len(trace) - 1; d > 0; d-- {
		k := i - j
		t := trace[d]
		down := k == -d || k != d && t[k-1+d+1] < t[k+1+d+1]
		pi := t[k-1+d+1]
		pk := k - 1
		if down {
			pi, pk = t[k+1+d+1], k+1
		}
		pj := pi - pk
		if down {
			come[pj] = true
		} else {
			gone[pi] = true
		}
		i, j = pi, pj
	}
}

// slide moves each run of marked lines down while it stays the same change.
func slide(x []string, mark, other []bool) {
	j := 0
	for i := 0; i < len(x); {
		for j < len(other)-1 && other[j] {
			j++
		}
		if !mark[i] {
			i, j = i+1, j+1
			continue
		}
		start := i
		for i < len(x) && mark[i] {
			i++
		}
		for i < len(x) && !mark[i] && x[start] == x[i] && !(j < len(other) && other[j]) {
			mark[start], mark[i] = false, true
			start, i, j = start+1, i+1, j+1
			for i < len(x) && mark[i] {
				i++
			}
		}
	}
}

// diff is diff(1): the normal form, and -u.
func diff(p *Proc, a []string) int {
	brief, same, unified, context := false, false, false, 3
	args := append([]string(nil), a[1:]...)
	for i, s := range args {
		switch s {
		case "--brief":
			args[i] = "-q"
		case "--unified":
			args[i] = "-u"
		}
	}
	odd := ""
	rest, bad := flags(args, "qsuU:wbiBNarycE", func(c byte, v string) {
		switch c {
		case 'q':
			brief = true
		case 's':
			same = true
		case 'u':
			unified = true
		case 'U':
			unified = true
			fmt.Sscan(v, &context)
		case 'a', 'N':
		default:
			odd = string(rune(c))
		}
	})
	switch {
	case odd != "":
		p.errf("not modelled: diff -%s\n", odd)
		return 2
	case bad != "" && (strings.HasPrefix(bad, "--") || strings.Contains("-b-C-d-D-e-F-H-I-l-L-n-p-S-t-T-W-x-X-Z", bad[:min(2, len(bad))])):
		p.errf("not modelled: diff %s\n", bad)
		return 2
	case bad != "":
		p.errf("diff: invalid option -- '%s'\ndiff: Try 'diff --help' for more information.\n", strings.TrimLeft(bad, "-")[:1])
		return 2
	case len(rest) < 2:
		p.errf("diff: missing operand after '%s'\ndiff: Try 'diff --help' for more information.\n", append([]string{"diff"}, a[1:]...)[len(a)-1])
		return 2
	case len(rest) > 2:
		p.errf("diff: extra operand '%s'\ndiff: Try 'diff --help' for more information.\n", rest[2])
		return 2
	}
	t, st := p.twoFiles(rest, 2)
	switch {
	case st != 0:
		return st
	case t[0] == t[1]:
		if same {
			p.outf("Files %s and %s are identical\n", rest[0], rest[1])
		}
		return 0
	case brief:
		p.outf("Files %s and %s differ\n", rest[0], rest[1])
		return 1
	case strings.IndexByte(t[0]+t[1], 0) >= 0:
		p.outf("Binary files %s and %s differ\n", rest[0], rest[1])
		return 1
	}
	x, y := diffLines(t[0]), diffLines(t[1])
	if len(x)+len(y) > 20000 {
		p.errf("not modelled: diff of more than 20000 lines\n")
		return 2
	}
	l := hunks(x, y)
	if unified {
		stamp := p.lab.date().Format("2006-01-02 15:04:05.000000000 -0700")
		p.outf("--- %s\t%s\n+++ %s\t%s\n", rest[0], stamp, rest[1], stamp)
		p.unified(x, y, l, context)
		return 1
	}
	for _, h := range l {
		p.normal(x, y, h)
	}
	return 1
}

// diffLines keeps the newline of each line: the last may have none.
func diffLines(s string) []string {
	l := strings.SplitAfter(s, "\n")
	if l[len(l)-1] == "" {
		l = l[:len(l)-1]
	}
	return l
}

func (p *Proc) diffLine(mark, l string) {
	p.out(mark + strings.TrimSuffix(l, "\n") + "\n")
	if !strings.HasSuffix(l, "\n") {
		p.out("\\ No newline at end of file\n")
	}
}

func (p *Proc) normal(x, y []string, h hunk) {
	span := func(from, to int) string {
		switch to - from {
		case 0:
			return fmt.Sprint(from)
		case 1:
			return fmt.Sprint(to)
		}
		return fmt.Sprintf("%d,%d", from+1, to)
	}
	op := "c"
	switch {
	case h.a0 == h.a1:
		op = "a"
	case h.b0 == h.b1:
		op = "d"
	}
	p.out(span(h.a0, h.a1) + op + span(h.b0, h.b1) + "\n")
	for _, l := range x[h.a0:h.a1] {
		p.diffLine("< ", l)
	}
	if op == "c" {
		p.out("---\n")
	}
	for _, l := range y[h.b0:h.b1] {
		p.diffLine("> ", l)
	}
}

func (p *Proc) unified(x, y []string, l []hunk, context int) {
	span := func(from, to int) string {
		switch to - from {
		case 0:
			return fmt.Sprintf("%d,0", from)
		case 1:
			return fmt.Sprint(to)
		}
		return fmt.Sprintf("%d,%d", from+1, to-from)
	}
	for i := 0; i < len(l); {
		k := i + 1
		for k < len(l) && l[k].a0-l[k-1].a1 <= 2*context {
			k++
		}
		before := min(context, l[i].a0)
		after := min(context, len(x)-l[k-1].a1)
		p.outf("@@ -%s +%s @@\n", span(l[i].a0-before, l[k-1].a1+after), span(l[i].b0-before, l[k-1].b1+after))
		at := l[i].a0 - before
		for _, h := range l[i:k] {
			for ; at < h.a0; at++ {
				p.diffLine(" ", x[at])
			}
			for ; at < h.a1; at++ {
				p.diffLine("-", x[at])
			}
			for _, s := range y[h.b0:h.b1] {
				p.diffLine("+", s)
			}
		}
		for ; at < l[k-1].a1+after; at++ {
			p.diffLine(" ", x[at])
		}
		i = k
	}
}
