package lab

import (
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
)

func sortTool(p *Proc, a []string) int {
	var rev, num, uniq, fold, hum, vers, check, quiet bool
	sep, out := "", ""
	var keys []string
	rest, bad := flags(a[1:], "rnufhbVscCk:t:o:", func(c byte, v string) {
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
		case 'c', 'C':
			check, quiet = true, c == 'C'
		case 'k':
			keys = append(keys, v)
		case 't':
			sep = v
		case 'o':
			out = v
		}
	})
	if bad != "" {
		p.badOption(bad)
		return 2
	}
	var all []string
	for _, f := range rest { // sort reads nothing if one is not there
		if s, e := p.stat(f); f != "-" && (e != "" || s.dir) {
			if e == "" {
				p.errf("sort: read failed: %s: %s\n", f, isDir)
			} else {
				p.errf("sort: cannot read: %s: %s\n", f, e)
			}
			return 2
		}
	}
	for _, k := range keys {
		if n := strings.TrimLeft(k, "0"); n == "" || n != k && strings.IndexByte("123456789", n[0]) < 0 {
			p.errf("sort: field number is zero: invalid field specification ‘%s’\n", k)
			return 2
		}
	}
	if len(sep) > 1 && sep != "\\0" {
		p.errf("sort: multi-character tab ‘%s’\n", sep)
		return 2
	}
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
			if strings.ContainsAny(k, "nrbdfghiMRV") { // a key's own letters take the place of the options
				n, r = strings.Contains(k, "n"), strings.Contains(k, "r")
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
	if check {
		for i := 1; i < len(all); i++ {
			if c := compare(all[i-1], all[i]); c > 0 || uniq && c == 0 {
				name := "-"
				if len(rest) > 0 {
					name = rest[0]
				}
				if !quiet {
					p.errf("sort: %s:%d: disorder: %s\n", name, i+1, all[i])
				}
				return 1
			}
		}
		return st * 2
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
	fields, chars, width := 0, 0, -1
	rest, bad := flags(a[1:], "cduif:s:w:", func(c byte, v string) {
		switch c {
		case 'f':
			fields, _ = strconv.Atoi(v)
		case 's':
			chars, _ = strconv.Atoi(v)
		case 'w':
			width, _ = strconv.Atoi(v)
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
	key := func(s string) string { // what counts of a line
		for range max(0, fields) {
			s = strings.TrimLeft(s, " \t")
			s = s[len(s)-len(strings.TrimLeftFunc(s, func(r rune) bool { return r != ' ' && r != '\t' })):]
		}
		s = s[min(max(0, chars), len(s)):]
		if width >= 0 {
			s = s[:min(width, len(s))]
		}
		return s
	}
	return p.operands(rest, func(_, s string) {
		l := lines(s)
		for i := 0; i < len(l); {
			j := i + 1
			for j < len(l) && (key(l[j]) == key(l[i]) || fold && strings.EqualFold(key(l[j]), key(l[i]))) {
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
	for i, s := range args {
		f, err := strconv.ParseFloat(s, 64)
		if err != nil || math.IsNaN(f) {
			p.errf("seq: invalid floating point argument: ‘%s’\nTry 'seq --help' for more information.\n", s)
			return 1
		}
		if _, d, ok := strings.Cut(s, "."); ok && i < len(args)-1 {
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
