package lab

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

func (s *sedProg) fail(f string, a ...any) {
	if s.err == nil {
		s.err = fmt.Errorf(f, a...)
	}
}

func (s *sedProg) peek() byte {
	if s.at < len(s.src) {
		return s.src[s.at]
	}
	return 0
}

func (s *sedProg) skip(set string) {
	for s.at < len(s.src) && strings.IndexByte(set, s.src[s.at]) >= 0 {
		s.at++
	}
}

func (s *sedProg) number() int {
	i := s.at
	for s.at < len(s.src) && s.src[s.at] >= '0' && s.src[s.at] <= '9' {
		s.at++
	}
	n, _ := strconv.Atoi(s.src[i:s.at])
	return n
}

// delimited reads up to the next d that is not quoted.
func (s *sedProg) delimited(d byte, regex bool) string {
	var b strings.Builder
	in := false
	for s.at < len(s.src) {
		c := s.src[s.at]
		s.at++
		switch {
		case c == '\\' && s.at < len(s.src):
			n := s.src[s.at]
			s.at++
			if n == d && d != '&' {
				if regex && strings.IndexByte(".*[]^$+?(){}|", d) >= 0 {
					b.WriteByte('\\')
				}
				b.WriteByte(n)
			} else {
				b.WriteByte('\\')
				b.WriteByte(n)
			}
			continue
		case regex && c == '[' && !in:
			in = true
			b.WriteByte(c)
			if s.peek() == '^' {
				b.WriteByte('^')
				s.at++
			}
			if s.peek() == ']' {
				b.WriteByte(']')
				s.at++
			}
			continue
		case c == ']':
			in = false
		case c == d && !in:
			return b.String()
		}
		b.WriteByte(c)
	}
	s.fail("unterminated `s' command")
	return ""
}

func (s *sedProg) regex(text string, fold bool) *regexp.Regexp {
	if text == "" {
		return nil // the last one used
	}
	re, err := posix(text, s.ext, fold)
	if err != nil {
		s.fail("%s", err)
	}
	return re
}

func (s *sedProg) addr() *sedAddr {
	switch c := s.peek(); {
	case c >= '0' && c <= '9':
		a := &sedAddr{line: s.number()}
		if s.peek() == '~' {
			s.at++
			a.step = s.number()
		}
		return a
	case c == '$':
		s.at++
		return &sedAddr{last: true}
	case c == '/' || c == '\\':
		s.at++
		if c == '\\' {
			c = s.peek()
			s.at++
		}
		text := s.delimited(c, true)
		fold := false
		if s.peek() == 'I' {
			fold = true
			s.at++
		}
		return &sedAddr{re: s.regex(text, fold)}
	}
	return nil
}

func (s *sedProg) parse(src string) {
	s.src = src
	var open []int
	type fix struct {
		cmd   int
		label string
	}
	var fixes []fix
	for s.err == nil {
		s.skip(" \t\n;")
		if s.at >= len(s.src) {
			break
		}
		if s.peek() == '#' {
			for s.at < len(s.src) && s.peek() != '\n' {
				s.at++
			}
			continue
		}
		c := sedCmd{a1: s.addr()}
		s.skip(" \t")
		if s.peek() == ',' && c.a1 != nil {
			s.at++
			s.skip(" \t")
			if s.peek() == '+' {
				s.at++
				c.a2 = &sedAddr{plus: s.number()}
			} else if c.a2 = s.addr(); c.a2 == nil {
				s.fail("unexpected `,'")
				return
			}
		}
		s.skip(" \t")
		for s.peek() == '!' {
			c.neg = true
			s.at++
			s.skip(" \t")
		}
		c.c = s.peek()
		s.at++
		switch c.c {
		case '{':
			open = append(open, len(s.cmds))
		case '}':
			if len(open) == 0 {
				s.fail("unexpected `}'")
				return
			}
			s.cmds[open[len(open)-1]].jump = len(s.cmds)
			open = open[:len(open)-1]
		case 's':
			s.subst(&c)
		case 'y':
			d := s.peek()
			s.at++
			c.from, c.to = []rune(unslash(s.delimited(d, false))), []rune(unslash(s.delimited(d, false)))
			if len(c.from) != len(c.to) {
				s.fail("strings for `y' command are different lengths")
			}
		case 'a', 'i', 'c':
			s.skip(" \t")
			if s.peek() == '\\' {
				s.at++
				s.skip(" \t")
				if s.peek() == '\n' {
					s.at++
				}
			}
			var b strings.Builder
			for s.at < len(s.src) && s.src[s.at] != '\n' {
				if s.src[s.at] == '\\' && s.at+1 < len(s.src) {
					s.at++
				}
				b.WriteByte(s.src[s.at])
				s.at++
			}
			c.text = b.String() + "\n"
		case ':', 'b', 't', 'T', 'r', 'w':
			s.skip(" \t")
			i := s.at
			stop := "\n;}"
			if c.c == 'r' || c.c == 'w' {
				stop = "\n"
			}
			if c.c == ':' {
				stop = "\n;"
			}
			for s.at < len(s.src) && strings.IndexByte(stop, s.src[s.at]) < 0 {
				s.at++
			}
			c.text = strings.TrimSpace(s.src[i:s.at])
			if c.c == ':' {
				s.labels[c.text] = len(s.cmds)
			} else if c.c == 'r' || c.c == 'w' {
				c.file = c.text
			} else {
				fixes = append(fixes, fix{len(s.cmds), c.text})
			}
		case 'q', 'Q':
			s.skip(" \t")
			c.nth = s.number()
		case 'd', 'D', 'g', 'G', 'h', 'H', 'n', 'N', 'p', 'P', 'x', '=':
		case 0:
			s.fail("missing command")
			return
		default:
			s.fail("unknown command: `%c'", c.c)
			return
		}
		s.cmds = append(s.cmds, c)
		s.skip(" \t")
		if n := s.peek(); s.err == nil && n != 0 && n != '\n' && n != ';' && n != '}' && n != '#' && c.c != '{' && c.c != '}' {
			s.at++
			s.fail("extra characters after command")
			return
		}
	}
	if len(open) > 0 {
		s.at = 0
		s.fail("unmatched `{'")
	}
	for _, f := range fixes {
		n, ok := s.labels[f.label]
		switch {
		case f.label == "":
			n = len(s.cmds)
		case !ok:
			s.fail("can't find label for jump to `%s'", f.label)
		}
		s.cmds[f.cmd].jump = n
	}
}

func unslash(s string) string {
	s = strings.ReplaceAll(s, `\n`, "\n")
	return strings.ReplaceAll(s, `\\`, `\`)
}

func (s *sedProg) subst(c *sedCmd) {
	d := s.peek()
	s.at++
	re := s.delimited(d, true)
	c.repl = s.delimited(d, false)
	fold := false
	c.nth = 1
	for s.at < len(s.src) {
		switch f := s.src[s.at]; {
		case f == 'g':
			c.global = true
		case f == 'p':
			c.print = true
		case f == 'i' || f == 'I':
			fold = true
		case f >= '1' && f <= '9':
			c.nth = s.number()
			continue
		case f == 'w':
			s.at++
			s.skip(" \t")
			i := s.at
			for s.at < len(s.src) && s.src[s.at] != '\n' {
				s.at++
			}
			c.file = s.src[i:s.at]
			s.at--
		case f == ' ' || f == '\t' || f == '\n' || f == ';' || f == '}' || f == '#':
			c.re = s.regex(re, fold)
			return
		default:
			s.at++
			s.fail("unknown option to `s'")
			return
		}
		s.at++
	}
	c.re = s.regex(re, fold)
}
