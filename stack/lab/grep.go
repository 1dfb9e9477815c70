package lab

import (
	"regexp"
	"strconv"
	"strings"
)

// grep is grep(1), GNU's messages and statuses.
func grep(p *Proc, a []string) int {
	var ext, fixed, fold, inv, count, names, noNames, withNames, num, only, quiet, word, line, silent, rec bool
	var pats []string
	maxN, after, before := -1, 0, 0
	if a[0] == "egrep" {
		ext = true
	}
	if a[0] == "fgrep" {
		fixed = true
	}
	var args []string
	for _, s := range a[1:] {
		switch {
		case s == "--color" || strings.HasPrefix(s, "--color=") || s == "--line-buffered":
		case s == "--count":
			args = append(args, "-c")
		case s == "--ignore-case":
			args = append(args, "-i")
		case s == "--invert-match":
			args = append(args, "-v")
		case s == "--quiet":
			args = append(args, "-q")
		default:
			args = append(args, s)
		}
	}
	rest, bad := flags(args, "EFGPivclLnoqwxshHre:f:m:A:B:C:", func(c byte, v string) {
		switch c {
		case 'E', 'P':
			ext = true
		case 'F':
			fixed = true
		case 'i':
			fold = true
		case 'v':
			inv = true
		case 'c':
			count = true
		case 'l':
			names = true
		case 'L':
			noNames = true
		case 'n':
			num = true
		case 'o':
			only = true
		case 'q':
			quiet = true
		case 'w':
			word = true
		case 'x':
			line = true
		case 's':
			silent = true
		case 'h':
			withNames = false
		case 'H':
			withNames = true
		case 'r':
			rec = true
		case 'e':
			pats = append(pats, strings.Split(v, "\n")...)
		case 'f':
			b, _ := p.readFile(v)
			pats = append(pats, lines(string(b))...)
		case 'm':
			maxN, _ = strconv.Atoi(v)
		case 'A', 'B', 'C':
			n, _ := strconv.Atoi(v)
			if c != 'B' {
				after = n
			}
			if c != 'A' {
				before = n
			}
		}
	})
	if bad != "" {
		p.errf("grep: invalid option -- '%s'\nUsage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n", strings.TrimLeft(bad, "-"))
		return 2
	}
	if pats == nil {
		if len(rest) == 0 {
			p.errf("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n")
			return 2
		}
		pats, rest = strings.Split(rest[0], "\n"), rest[1:]
	}
	var res []*regexp.Regexp
	for _, s := range pats {
		if fixed {
			s, ext = regexp.QuoteMeta(s), true
		}
		var re *regexp.Regexp
		var err error
		if fixed {
			flag := "(?m)"
			if fold {
				flag = "(?mi)"
			}
			re, err = regexp.Compile(flag + s)
		} else {
			re, err = posix(s, ext, fold)
		}
		if err != nil {
			p.errf("grep: %s\n", err)
			return 2
		}
		res = append(res, re)
	}
	find := func(l string, from int) (lo, hi int) {
		lo = -1
		for _, re := range res {
			at := from
			for at <= len(l) {
				m := re.FindStringIndex(l[at:])
				if m == nil || at > 0 && strings.HasPrefix(re.String(), "(?m)(?:^") {
					break
				}
				m[0] += at
				m[1] += at
				if line && (m[0] != 0 || m[1] != len(l)) {
					break
				}
				if word && (m[0] > 0 && wordByte(l[m[0]-1]) || m[1] < len(l) && wordByte(l[m[1]])) {
					at = m[0] + 1
					continue
				}
				if lo < 0 || m[0] < lo || m[0] == lo && m[1] > hi {
					lo, hi = m[0], m[1]
				}
				break
			}
		}
		return lo, hi
	}
	if rec {
		rest = p.walk(rest)
		withNames = true
	}
	hit, stop := false, false
	prefix := func(name string, n int, sep string) string {
		s := ""
		if len(rest) > 1 && !containsFlag(args, 'h') || withNames {
			if name == "-" {
				name = "(standard input)"
			}
			s = name + sep
		}
		if num {
			s += strconv.Itoa(n) + sep
		}
		return s
	}
	one := func(name, text string) {
		if stop {
			return
		}
		n, last := 0, 0
		all := lines(text)
		for i, l := range all {
			lo, hi := find(l, 0)
			if (lo >= 0) == inv {
				continue
			}
			n++
			if maxN >= 0 && n > maxN {
				n--
				break
			}
			hit = true
			if quiet {
				stop = true
				return
			}
			if count || names || noNames {
				continue
			}
			if only {
				for !inv && lo >= 0 {
					if hi > lo {
						p.out(prefix(name, i+1, ":") + l[lo:hi] + "\n")
					}
					lo, hi = find(l, max(hi, lo+1))
				}
				continue
			}
			from := max(last, i-before)
			if (after > 0 || before > 0) && last > 0 && from > last {
				p.out("--\n")
			}
			for k := from; k < i; k++ {
				p.out(prefix(name, k+1, "-") + all[k] + "\n")
			}
			p.out(prefix(name, i+1, ":") + l + "\n")
			last = i + 1
			for k := i + 1; k < len(all) && k <= i+after; k++ {
				if lo, _ := find(all[k], 0); (lo >= 0) != inv {
					break
				}
				p.out(prefix(name, k+1, "-") + all[k] + "\n")
				last = k + 1
			}
		}
		num = num && !count
		switch {
		case names && n > 0, noNames && n == 0:
			p.out(name + "\n")
		case count && !names && !noNames:
			p.outf("%s%d\n", prefix(name, 0, ":"), n)
		}
	}
	// Standard input is worked off as it comes.
	if len(rest) == 0 && !count && !names && after == 0 && before == 0 && !num && maxN < 0 {
		p.eachLine(func(l string) bool { one("-", l+"\n"); return !stop })
		return b2i(!hit)
	}
	old := p.fds[2]
	if silent {
		if d, _ := p.open("/dev/null", 'w'); d != nil {
			delete(p.fds, 2)
			p.set(2, d)
		}
	}
	st := p.operands(rest, one)
	if silent {
		p.close(2)
		if old != nil {
			p.fds[2] = old
		}
	}
	if st != 0 && !(quiet && hit) {
		return 2
	}
	return b2i(!hit)
}

func containsFlag(args []string, c byte) bool {
	for _, s := range args {
		if len(s) > 1 && s[0] == '-' && s[1] != '-' && strings.IndexByte(s, c) > 0 {
			return true
		}
	}
	return false
}

func wordByte(c byte) bool { return c == '_' || class("alnum", c) }

// eachLine reads standard input line by line as it comes.
func (p *Proc) eachLine(f func(string) bool) {
	var rest []byte
	for {
		b, eof := p.read(0, 1<<15)
		if eof {
			break
		}
		rest = append(rest, b...)
		for {
			i := strings.IndexByte(string(rest), '\n')
			if i < 0 {
				break
			}
			l := string(rest[:i])
			rest = rest[i+1:]
			if !f(l) {
				return
			}
		}
		if len(rest) > p.lab.Limits.Memory {
			p.grow(len(rest))
		}
	}
	if len(rest) > 0 {
		f(string(rest))
	}
}

// walk lists the files below directories.
func (p *Proc) walk(list []string) (files []string) {
	for _, n := range list {
		s, e := p.stat(n)
		if e != "" || !s.dir {
			files = append(files, n)
			continue
		}
		kids, _ := p.readDir(n)
		var sub []string
		for _, k := range kids {
			sub = append(sub, join(n, k))
		}
		p.step()
		files = append(files, p.walk(sub)...)
	}
	return files
}
