package lab

import (
	"fmt"
	"regexp"
	"strings"
)

// sed is sed(1) with GNU's -E, -r, -i and -s: the commands of POSIX but l, and
// y, in a small interpreter over Go's regexp.
func sed(p *Proc, a []string) int {
	s := &sedProg{p: p, labels: map[string]int{}}
	var scripts []string
	inPlace := false
	var args []string
	for _, x := range a[1:] {
		if strings.HasPrefix(x, "-i") {
			inPlace = true
			continue
		}
		if x == "--quiet" || x == "--silent" {
			x = "-n"
		}
		args = append(args, x)
	}
	rest, bad := flags(args, "nErusze:f:", func(c byte, v string) {
		switch c {
		case 'n':
			s.quiet = true
		case 'E', 'r':
			s.ext = true
		case 'e':
			scripts = append(scripts, v)
		case 'f':
			b, e := p.readFile(v)
			if e != "" {
				s.err = fmt.Errorf("couldn't open file %s: %s", v, e)
			}
			scripts = append(scripts, strings.TrimSuffix(string(b), "\n"))
		}
	})
	if bad != "" {
		p.errf("sed: invalid option -- '%s'\nUsage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n", strings.TrimLeft(bad, "-"))
		return 1
	}
	if scripts == nil {
		if len(rest) == 0 {
			p.errf("Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...\n")
			return 1
		}
		scripts, rest = rest[:1], rest[1:]
	}
	if s.err == nil {
		s.parse(strings.Join(scripts, "\n"))
	}
	if s.err != nil {
		p.errf("sed: -e expression #1, char %d: %s\n", s.at, s.err)
		return 1
	}
	if inPlace {
		st := 0
		for _, f := range rest {
			b, e := p.readFile(f)
			if e != "" {
				p.errf("sed: can't read %s: %s\n", f, e)
				st = 2
				continue
			}
			s.run(string(b))
			d, e := p.open(f, 'w')
			if e != "" {
				p.errf("sed: couldn't open file %s: %s\n", f, e)
				return 4
			}
			p.set(201, d)
			p.write(201, []byte(s.out.String()))
			p.close(201)
			s.reset()
		}
		return st
	}
	st := 0
	var all strings.Builder
	if len(rest) == 0 {
		all.Write(p.readAll(0))
	}
	for _, f := range rest {
		if f == "-" {
			all.Write(p.readAll(0))
			continue
		}
		b, e := p.readFile(f)
		if e != "" {
			p.errf("sed: can't read %s: %s\n", f, e)
			st = 2
			continue
		}
		all.Write(b)
	}
	s.run(all.String())
	p.out(s.out.String())
	if s.status != 0 {
		return s.status
	}
	return st
}

type sedAddr struct {
	line, step int
	last       bool
	re         *regexp.Regexp
	plus       int // addr1,+N
}

type sedCmd struct {
	a1, a2  *sedAddr
	neg     bool
	c       byte
	text    string
	re      *regexp.Regexp
	repl    string
	nth     int
	global  bool
	print   bool
	file    string
	from    []rune
	to      []rune
	jump    int // { to its }, b and t to their label
	active  bool
	endLine int
}

type sedProg struct {
	p      *Proc
	quiet  bool
	ext    bool
	cmds   []sedCmd
	labels map[string]int
	err    error
	src    string
	at     int
	last   *regexp.Regexp

	out    strings.Builder
	status int
	hold   string
}

func (s *sedProg) reset() {
	s.out.Reset()
	s.hold = ""
	for i := range s.cmds {
		s.cmds[i].active = false
	}
}

// sedState is one run over a text.
type sedState struct {
	lines []string
	n     int // number of the line in the pattern space
	space string
	extra string // to print behind the line
}

func (s *sedProg) at1(a *sedAddr, st *sedState) bool {
	switch {
	case a.re != nil:
		return a.re.MatchString(st.space)
	case a.last:
		return st.n == len(st.lines)
	case a.step > 0:
		return st.n >= a.line && (st.n-a.line)%a.step == 0
	case a.line == 0 && a.plus == 0 && a.re == nil:
		return s.last != nil && s.last.MatchString(st.space)
	}
	return st.n == a.line
}

func (s *sedProg) selects(c *sedCmd, st *sedState) bool {
	ok := true
	switch {
	case c.a1 == nil:
	case c.a2 == nil:
		ok = s.at1(c.a1, st)
	case c.active:
		switch {
		case c.a2.plus > 0 || c.a2.line > 0 && c.a2.re == nil:
			if st.n >= c.endLine {
				c.active = false
			}
			ok = st.n <= c.endLine
		case s.at1(c.a2, st):
			c.active = false
		}
	default:
		if ok = s.at1(c.a1, st); ok {
			c.active = true
			switch {
			case c.a2.plus > 0:
				c.endLine = st.n + c.a2.plus
			case c.a2.re == nil && !c.a2.last:
				c.endLine = c.a2.line
			}
			if c.a2.re == nil && !c.a2.last && c.endLine <= st.n {
				c.active = false
			}
		}
	}
	return ok != c.neg
}

func (s *sedProg) run(text string) {
	st := &sedState{lines: lines(text)}
	for st.n < len(st.lines) {
		st.space = st.lines[st.n]
		st.n++
		if s.cycle(st) {
			break
		}
	}
	if !strings.HasSuffix(text, "\n") && text != "" {
		o := strings.TrimSuffix(s.out.String(), "\n")
		s.out.Reset()
		s.out.WriteString(o)
	}
}

// sedWork is how many bytes the s commands of one cycle may look at, if the
// limits do not say.
const sedWork = 64 << 20

func (l *Lab) sedWork() int {
	if l.Limits.Sed > 0 {
		return l.Limits.Sed
	}
	return sedWork
}

// cycle carries the commands out on one line; true: quit.
func (s *sedProg) cycle(st *sedState) (quit bool) {
	done := false // the line was deleted
	flag := false
	steps, work := 0, 0
	for i := 0; i < len(s.cmds); i++ {
		if steps++; steps&63 == 0 {
			s.p.step()
		}
		if s.cmds[i].c == 's' {
			work += len(st.space)
		}
		if work > s.p.lab.sedWork() || len(s.hold)+len(st.space) > s.p.lab.Limits.Memory/4 {
			s.p.lab.halt(s.p, "after a sed program that did not end")
			s.p.check()
		}
		c := &s.cmds[i]
		if !s.selects(c, st) {
			if c.c == '{' {
				i = c.jump
			}
			continue
		}
		switch c.c {
		case 's':
			if s.replace(c, st) {
				flag = true
			}
		case 'y':
			st.space = strings.Map(func(r rune) rune {
				for k, f := range c.from {
					if f == r {
						return c.to[k]
					}
				}
				return r
			}, st.space)
		case 'p':
			s.out.WriteString(st.space + "\n")
		case 'P':
			l, _, _ := strings.Cut(st.space, "\n")
			s.out.WriteString(l + "\n")
		case 'd':
			done = true
		case 'D':
			if _, r, ok := strings.Cut(st.space, "\n"); ok {
				st.space = r
				i = -1
				continue
			}
			done = true
		case 'a':
			st.extra += c.text
		case 'i':
			s.out.WriteString(c.text)
		case 'c':
			if c.a2 == nil || !c.active || c.neg {
				s.out.WriteString(c.text)
			}
			done = true
		case 'g':
			st.space = s.hold
		case 'G':
			st.space += "\n" + s.hold
		case 'h':
			s.hold = st.space
		case 'H':
			s.hold += "\n" + st.space
		case 'x':
			st.space, s.hold = s.hold, st.space
		case '=':
			fmt.Fprintf(&s.out, "%d\n", st.n)
		case 'n', 'N':
			if st.n >= len(st.lines) {
				if !s.quiet {
					s.out.WriteString(st.space + "\n")
				}
				s.out.WriteString(st.extra)
				st.extra = ""
				return true
			}
			if c.c == 'n' {
				if !s.quiet {
					s.out.WriteString(st.space + "\n")
				}
				s.out.WriteString(st.extra)
				st.extra = ""
				st.space = st.lines[st.n]
			} else {
				st.space += "\n" + st.lines[st.n]
			}
			st.n++
		case 'b':
			i = c.jump - 1
		case 't', 'T':
			if flag == (c.c == 't') {
				i = c.jump - 1
			}
			flag = false
		case 'r':
			if b, e := s.p.readFile(c.file); e == "" {
				st.extra += string(b)
			}
		case 'w':
			s.writeFile(c.file, st.space+"\n")
		case 'q', 'Q':
			s.status = c.nth
			quit = true
			done = c.c == 'Q'
		}
		if s.out.Len() > s.p.lab.Limits.Memory {
			s.p.grow(s.out.Len())
		}
		if done || quit {
			break
		}
	}
	if !done && !s.quiet {
		s.out.WriteString(st.space + "\n")
	}
	s.out.WriteString(st.extra)
	st.extra = ""
	return quit
}

func (s *sedProg) writeFile(name, text string) {
	if d, e := s.p.open(name, 'a'); e == "" {
		s.p.set(202, d)
		s.p.write(202, []byte(text))
		s.p.close(202)
	}
}

func (s *sedProg) replace(c *sedCmd, st *sedState) bool {
	re := c.re
	if re == nil {
		re = s.last
	}
	if re == nil {
		return false
	}
	s.last = re
	all := re.FindAllStringSubmatchIndex(st.space, -1)
	if len(all) < c.nth {
		return false
	}
	var b strings.Builder
	from := 0
	for k, m := range all {
		if k+1 < c.nth || !c.global && k+1 > c.nth {
			continue
		}
		b.WriteString(st.space[from:m[0]])
		s.expand(&b, c.repl, st.space, m)
		from = m[1]
	}
	b.WriteString(st.space[from:])
	st.space = b.String()
	if c.print {
		s.out.WriteString(st.space + "\n")
	}
	if c.file != "" {
		s.writeFile(c.file, st.space+"\n")
	}
	return true
}

// expand writes a replacement: & and \1 to \9, \n, and GNU's \U \L \u \l \E.
func (s *sedProg) expand(b *strings.Builder, repl, src string, m []int) {
	mode, once := byte(0), byte(0)
	put := func(t string) {
		switch mode {
		case 'U':
			t = strings.ToUpper(t)
		case 'L':
			t = strings.ToLower(t)
		}
		if once != 0 && t != "" {
			if once == 'u' {
				t = strings.ToUpper(t[:1]) + t[1:]
			} else {
				t = strings.ToLower(t[:1]) + t[1:]
			}
			once = 0
		}
		b.WriteString(t)
	}
	group := func(n int) {
		if 2*n+1 < len(m) && m[2*n] >= 0 {
			put(src[m[2*n]:m[2*n+1]])
		}
	}
	for i := 0; i < len(repl); i++ {
		switch c := repl[i]; {
		case c == '&':
			group(0)
		case c == '\\' && i+1 < len(repl):
			i++
			switch d := repl[i]; {
			case d >= '0' && d <= '9':
				group(int(d - '0'))
			case d == 'n':
				put("\n")
			case d == 't':
				put("\t")
			case d == 'U' || d == 'L':
				mode = d
			case d == 'E':
				mode = 0
			case d == 'u' || d == 'l':
				once = d
			default:
				put(string(d))
			}
		default:
			put(repl[i : i+1])
		}
	}
}
