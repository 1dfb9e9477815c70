package lab

import (
	"math"
	"strconv"
	"strings"
)

func tr(p *Proc, a []string) int {
	var del, squeeze, comp, cutTo bool
	rest, bad := flags(a[1:], "dscCt", func(c byte, _ string) {
		switch c {
		case 'd':
			del = true
		case 's':
			squeeze = true
		case 'c', 'C':
			comp = true
		case 't':
			cutTo = true
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
	most := 2
	if del && !squeeze {
		most = 1
	}
	if len(rest) > most {
		p.errf("tr: extra operand ‘%s’\n", rest[most])
		if most == 1 && len(rest) == 2 {
			p.errf("Only one string may be given when deleting without squeezing repeats.\n")
		}
		p.errf("Try 'tr --help' for more information.\n")
		return 1
	}
	for _, s := range rest {
		if bad := trBad(s); bad != "" {
			p.errf("tr: %s\n", bad)
			return 1
		}
	}
	if !del && len(rest) == 2 && rest[1] == "" && !cutTo {
		p.errf("tr: when not truncating set1, string2 must be non-empty\n")
		return 1
	}
	set1 := trSet(rest[0])
	if cutTo && !del && len(rest) == 2 {
		set1 = set1[:min(len(set1), len(trSet(rest[1])))]
	}
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
	outd, hasDelim, lists, invert := "", false, 0, false
	var args []string
	for _, s := range a[1:] {
		if v, ok := strings.CutPrefix(s, "--output-delimiter="); ok {
			outd = v
			continue
		}
		if s == "--complement" {
			invert = true
			continue
		}
		args = append(args, s)
	}
	rest, bad := flags(args, "d:f:c:b:sn", func(c byte, v string) {
		switch c {
		case 'd':
			delim, hasDelim = v, true
			if v == "" {
				delim = "\x00"
			}
		case 's':
			only = true
		case 'n':
		default:
			mode, spec = c, v
			lists++
		}
	})
	switch {
	case bad != "":
		return p.badOption(bad)
	case mode == 0:
		p.errf("cut: you must specify a list of bytes, characters, or fields\nTry 'cut --help' for more information.\n")
		return 1
	case lists > 1:
		p.errf("cut: only one list may be specified\nTry 'cut --help' for more information.\n")
		return 1
	case mode != 'f' && hasDelim:
		p.errf("cut: an input delimiter may be specified only when operating on fields\nTry 'cut --help' for more information.\n")
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
		if r && lo != "" && hi != "" && e1 == nil && e2 == nil && x > 0 && y < x {
			p.errf("cut: invalid decreasing range\nTry 'cut --help' for more information.\n")
			return 1
		}
		if s == "-" {
			p.errf("cut: invalid range with no endpoint: -\nTry 'cut --help' for more information.\n")
			return 1
		}
		if e1 != nil || x < 1 || y < x {
			if strings.Trim(s, "0") == "" && s != "" {
				p.errf("cut: fields are numbered from 1\nTry 'cut --help' for more information.\n")
				return 1
			}
			p.errf("cut: invalid field value ‘%s’\nTry 'cut --help' for more information.\n", s)
			return 1
		}
		spans = append(spans, span{x, y})
	}
	in := func(n int) bool {
		for _, s := range spans {
			if n >= s.lo && n <= s.hi {
				return !invert
			}
		}
		return invert
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

// trBad says what is wrong with a set of tr: a range that goes down, or a class
// that there is not.
func trBad(s string) string {
	for i := 0; i+2 < len(s); i++ {
		switch {
		case s[i] == '\\':
			i++
		case strings.HasPrefix(s[i:], "[:"):
			name, _, ok := strings.Cut(s[i+2:], ":]")
			if !ok {
				continue
			}
			switch name {
			case "alpha", "digit", "alnum", "upper", "lower", "space", "blank", "punct", "print", "graph", "cntrl", "xdigit":
			default:
				return "invalid character class ‘" + name + "’"
			}
			i += len(name) + 3
		case s[i+1] == '-' && s[i+2] != '\\' && s[i] > s[i+2]:
			return "range-endpoints of '" + s[i:i+3] + "' are in reverse collating sequence order"
		}
	}
	return ""
}
