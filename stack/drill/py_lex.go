package drill

import (
	"fmt"
	"strings"
)

// The Python that scripts use: expressions, assert, assignments, if, while, for
// and a few functions. What else Python has is told as not modelled.

// pyKind is what a token of Python is.
type pyKind uint8

const (
	pyEnd pyKind = iota
	pyName
	pyNum
	pyStr
	pyOp
	pyNewline
	pyIndent
	pyDedent
)

type pyTok struct {
	kind pyKind
	text string
	line int
}

// pyError is an error of Python itself: SyntaxError, NameError and so on.
type pyError struct {
	line int // of the block, from 1
	what string
}

func (e *pyError) Error() string { return e.what }

// pyOps are the operators, longest first.
var pyOps = []string{"**=", "//=", "<<=", ">>=", "...", "==", "!=", "<=", ">=", "//", "**", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", ":=", "->",
	"+", "-", "*", "/", "%", "&", "|", "^", "~", "<", ">", "(", ")", "[", "]", "{", "}", ",", ":", ".", ";", "=", "@"}

// A pyLexer cuts Python into tokens, with those for indentation.
type pyLexer struct {
	src    string
	at     int
	line   int
	depth  int   // of brackets
	levels []int // of indentation
	out    []pyTok
}

// pyLex is the tokens of a block.
func pyLex(src string) (list []pyTok, err error) {
	l := &pyLexer{src: strings.ReplaceAll(src, "\r", ""), line: 1, levels: []int{0}}
	for l.at < len(l.src) {
		if err := l.logical(); err != nil {
			return nil, err
		}
	}
	l.newline()
	for len(l.levels) > 1 {
		l.levels = l.levels[1:]
		l.add(pyDedent, "")
	}
	l.add(pyEnd, "")
	return l.out, nil
}

func (l *pyLexer) add(k pyKind, s string) { l.out = append(l.out, pyTok{k, s, l.line}) }

func (l *pyLexer) newline() {
	if n := len(l.out); n > 0 && l.out[n-1].kind != pyNewline && l.out[n-1].kind != pyIndent && l.out[n-1].kind != pyDedent {
		l.add(pyNewline, "")
	}
}

// logical reads one logical line: its indentation, then its tokens.
func (l *pyLexer) logical() error {
	col := 0
	for ; l.at < len(l.src) && (l.src[l.at] == ' ' || l.src[l.at] == '\t'); l.at++ {
		if col++; l.src[l.at] == '\t' {
			col = (col + 7) / 8 * 8
		}
	}
	if l.blankLine() {
		return nil
	}
	switch cur := l.levels[len(l.levels)-1]; {
	case col > cur:
		l.levels = append(l.levels, col)
		l.add(pyIndent, "")
	case col < cur:
		for col < l.levels[len(l.levels)-1] {
			l.levels = l.levels[:len(l.levels)-1]
			l.add(pyDedent, "")
		}
		if col != l.levels[len(l.levels)-1] {
			return &pyError{l.line, "IndentationError: unindent does not match any outer indentation level"}
		}
	}
	for l.at < len(l.src) {
		end, err := l.token()
		if err != nil {
			return err
		}
		if end {
			break
		}
	}
	l.newline()
	return nil
}

// blankLine passes over a line that has nothing but a comment.
func (l *pyLexer) blankLine() bool {
	rest := l.src[l.at:]
	if rest == "" || rest[0] != '\n' && rest[0] != '#' {
		return false
	}
	n := strings.IndexByte(rest, '\n')
	if n < 0 {
		l.at = len(l.src)
		return true
	}
	l.at += n + 1
	l.line++
	return true
}

// token reads one token, and reports whether the line ends.
func (l *pyLexer) token() (end bool, err error) {
	s := l.src[l.at:]
	switch c := s[0]; {
	case c == '\n':
		l.at++
		if l.depth > 0 {
			l.line++
			return false, nil
		}
		l.newline()
		l.line++
		return true, nil
	case c == ' ' || c == '\t':
		l.at++
	case c == '#':
		n := strings.IndexByte(s, '\n')
		if n < 0 {
			n = len(s)
		}
		l.at += n
	case strings.HasPrefix(s, "\\\n"):
		l.at += 2
		l.line++
	case isDigit(c) || c == '.' && len(s) > 1 && isDigit(s[1]):
		n := pyNumberLen(s)
		l.add(pyNum, s[:n])
		l.at += n
	case isWord(c):
		n := span(s, 0, isWord)
		l.add(pyName, s[:n])
		l.at += n
	case c == '"' || c == '\'':
		return false, l.str(s, c)
	default:
		return false, l.op(s)
	}
	return false, nil
}

func pyNumberLen(s string) int {
	if len(s) > 1 && s[0] == '0' && strings.ContainsRune("xXoObB", rune(s[1])) {
		return 2 + span(s, 2, isWord)
	}
	n := 0
	for n < len(s) {
		c := s[n]
		if isDigit(c) || c == '.' || c == '_' || c == 'e' || c == 'E' || (c == '+' || c == '-') && (s[n-1] == 'e' || s[n-1] == 'E') {
			n++
			continue
		}
		break
	}
	return n
}

// str reads a string of one line.
func (l *pyLexer) str(s string, q byte) error {
	if strings.HasPrefix(s, strings.Repeat(string(q), 3)) {
		return notModelled{"python strings over several lines"}
	}
	var b strings.Builder
	for i := 1; i < len(s) && s[i] != '\n'; i++ {
		switch {
		case s[i] == q:
			l.add(pyStr, b.String())
			l.at += i + 1
			return nil
		case s[i] == '\\' && i+1 < len(s):
			i++
			if j := strings.IndexByte(`n\t'"`, s[i]); j >= 0 {
				b.WriteByte("\n\\\t'\""[j])
			} else {
				b.WriteByte('\\')
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return &pyError{l.line, "SyntaxError: unterminated string literal"}
}

func (l *pyLexer) op(s string) error {
	for _, o := range pyOps {
		if !strings.HasPrefix(s, o) {
			continue
		}
		switch o {
		case "(", "[", "{":
			l.depth++
		case ")", "]", "}":
			l.depth = max(l.depth-1, 0)
		}
		l.add(pyOp, o)
		l.at += len(o)
		return nil
	}
	return &pyError{l.line, fmt.Sprintf("SyntaxError: invalid character %q", s[0])}
}
