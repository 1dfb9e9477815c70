package lessons

import (
	"strconv"
	"strings"
)

// allowed are the runes beyond ASCII that every terminal is believed to show
// (view.Clean lets the same through).
const allowed = "µ×→…"

// clean finds the first character that may not stand in a lesson; col counts
// bytes, from 1.
func clean(s string) (col int, r rune, ok bool) {
	for i, r := range s {
		if (r < ' ' || r >= 0x7f) && !strings.ContainsRune(allowed, r) {
			return i + 1, r, false
		}
	}
	return 0, 0, true
}

// inline reads the styles of a piece of text.
type inline struct {
	p    *parser
	line int
	list []Span
}

// spans reads the emphasis, code, links and values of a text that begins at a
// line.
func (p *parser) spans(line int, text string) []Span {
	in := &inline{p: p, line: line}
	in.read(text, Plain)
	return in.list
}

func (in *inline) add(st Style, text, to string) {
	if text == "" {
		return
	}
	if n := len(in.list); n > 0 && st == in.list[n-1].Style && (st == Plain || st == Emph || st == Strong) {
		in.list[n-1].Text += text
		return
	}
	in.list = append(in.list, Span{st, text, to, in.line})
}

func (in *inline) read(s string, st Style) {
	for s != "" {
		i := strings.IndexAny(s, "`*[{}\\<!")
		if i < 0 {
			in.add(st, s, "")
			return
		}
		in.add(st, s[:i], "")
		s = s[i:]
		n := in.special(s, st)
		if n == 0 { // it stands for itself
			in.add(st, s[:1], "")
			n = 1
		}
		s = s[n:]
	}
}

// special reads what begins with a special character; it returns how much of s
// that was, 0 if the character stands for itself.
func (in *inline) special(s string, st Style) int {
	switch {
	case s[0] == '\\' && len(s) > 1 && strings.IndexByte("`*[]{}\\<!-", s[1]) >= 0:
		in.add(st, s[1:2], "")
		return 2
	case strings.HasPrefix(s, "{{"), strings.HasPrefix(s, "}}"):
		in.add(st, s[:1], "")
		return 2
	case s[0] == '`':
		return in.between(s, "`", in.code)
	case strings.HasPrefix(s, "**") && st == Plain:
		return in.between(s, "**", func(t string) { in.read(t, Strong) })
	case s[0] == '*' && st == Plain && len(s) > 1 && s[1] != ' ' && s[1] != '*':
		return in.between(s, "*", func(t string) { in.read(t, Emph) })
	case s[0] == '{':
		return in.value(s)
	case s[0] == '[':
		return in.link(s)
	case s[0] == '}':
		in.p.fault(in.line, 0, "this } closes nothing", "write }} for a brace")
	case strings.HasPrefix(s, "!["):
		in.p.fault(in.line, 0, "a lesson shows no pictures", "use show and look: the walk is the picture")
	case s[0] == '<' && len(s) > 1 && (s[1] == '/' || s[1] == '!' || s[1] >= 'a' && s[1] <= 'z' && strings.IndexByte(s, '>') > 0):
		in.p.fault(in.line, 0, "a lesson holds no HTML", `write Markdown, or \< for the sign`)
	}
	return 0
}

func (in *inline) between(s, mark string, f func(string)) int {
	i := strings.Index(s[len(mark):], mark)
	if i <= 0 {
		in.p.fault(in.line, 0, "this "+mark+" has no end", `write a second one, or \ before it`)
		return 0
	}
	f(s[len(mark) : len(mark)+i])
	return i + 2*len(mark)
}

// code reads what is between backquotes: a value is filled in there too.
func (in *inline) code(s string) {
	for s != "" {
		i := strings.IndexByte(s, '{')
		if i < 0 || !strings.Contains(s[i:], "}") || strings.HasPrefix(s[i:], "{{") {
			in.add(Code, strings.NewReplacer("{{", "{", "}}", "}").Replace(s), "")
			return
		}
		in.add(Code, s[:i], "")
		s = s[i+in.value(s[i:]):]
	}
}

func (in *inline) link(s string) int {
	i := strings.Index(s, "](")
	if i < 0 {
		return 0
	}
	j := strings.IndexByte(s[i:], ')')
	text := s[1:i]
	if j < 0 || i == 1 || strings.ContainsAny(text, "[]") {
		return 0
	}
	to := s[i+2 : i+j]
	in.add(Link, strings.Trim(text, "`"), to)
	return i + j + 1
}

func (in *inline) value(s string) int {
	i := strings.IndexByte(s, '}')
	if i < 0 {
		in.p.fault(in.line, 0, "this { has no end", "write }, or {{ for a brace")
		return 0
	}
	name := strings.TrimSpace(s[1:i])
	word, rest, _ := strings.Cut(name, " ")
	switch {
	case in.p.full():
	case word == "key" && rest != "", word == "lost" && rest != "":
	case word == "was" && known(rest), known(name):
	case word == "was":
		in.p.fault(in.line, 0, "no value is called "+strconv.QuoteToASCII(rest), nearField(rest))
	default:
		in.p.fault(in.line, 0, "no value is called "+strconv.QuoteToASCII(name), nearField(name))
	}
	in.add(Value, name, "")
	return i + 1
}
