package drill

import (
	"fmt"
	"strconv"
	"strings"
)

// A tokKind is what a token is.
type tokKind uint8

const (
	tokEOF tokKind = iota
	tokInt
	tokHex
	tokFloat
	tokWord // a word; keywords are words too
	tokString
	tokBack // `command`
	tokCode // %{ python }%
	tokOption
	tokEllipsis
	tokAddr4
	tokAddr6
	tokChar // any other character
)

// A token is one word of a script, and where it stands.
type token struct {
	kind      tokKind
	text      string // without quotes
	n         int64
	f         float64
	line, col int
	end       int // line of its last character
	// bound says that the word was the name of a definition: it is no keyword.
	bound bool
}

// String is how an error names the token.
func (t token) String() string {
	switch t.kind {
	case tokEOF:
		return "the end of the script"
	case tokString:
		return strconv.Quote(t.text)
	case tokBack:
		return "`" + t.text + "`"
	case tokCode:
		return "%{ }%"
	case tokOption:
		return "--" + t.text
	}
	return "'" + t.text + "'"
}

// A SyntaxError is a script that cannot be read.
type SyntaxError struct {
	File      string
	Line, Col int // from 1
	What      string
}

// Error is file, line, column and what is wrong.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.What)
}

// A lexer cuts a script into tokens (lexer.l). Of several patterns the longest
// match wins.
type lexer struct {
	file      string
	src       string
	at        int
	line, col int
	defs      Defines
}

func (l *lexer) fail(line, col int, format string, a ...any) *SyntaxError {
	return &SyntaxError{l.file, line, col, fmt.Sprintf(format, a...)}
}

// skip moves on by n bytes.
func (l *lexer) skip(n int) {
	for _, c := range []byte(l.src[l.at : l.at+n]) {
		if c == '\n' {
			l.line, l.col = l.line+1, 1
		} else {
			l.col++
		}
	}
	l.at += n
}

func isWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isHex(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F' }

// span is how many bytes from i on satisfy f.
func span(s string, i int, f func(byte) bool) int {
	n := 0
	for i+n < len(s) && f(s[i+n]) {
		n++
	}
	return n
}

// blank passes over white space and comments.
func (l *lexer) blank() *SyntaxError {
	for l.at < len(l.src) {
		rest := l.src[l.at:]
		switch {
		case rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\n':
			l.skip(1)
		case strings.HasPrefix(rest, "//"):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest) - 1
			}
			l.skip(n + 1)
		case strings.HasPrefix(rest, "/*"):
			n := commentEnd(rest)
			if n < 0 {
				return l.fail(l.line, l.col, "expected */ at the end of the comment, found the end of the script")
			}
			l.skip(n)
		default:
			return nil
		}
	}
	return nil
}

// commentEnd is the length of the C comment at the beginning of s, -1 if it has
// no end. As in lexer.l a star takes the character behind it along, so that
// "**/" ends none.
func commentEnd(s string) int {
	for i := 2; i < len(s); i++ {
		if s[i] != '*' {
			continue
		}
		if i+1 < len(s) && s[i+1] == '/' {
			return i + 2
		}
		i++
	}
	return -1
}

// next is the next token.
func (l *lexer) next() (token, *SyntaxError) {
	if err := l.blank(); err != nil {
		return token{}, err
	}
	t := token{line: l.line, col: l.col}
	if l.at >= len(l.src) {
		t.end = l.line
		return t, nil
	}
	n, err := l.scan(&t)
	if err != nil {
		return t, err
	}
	l.skip(n)
	t.end = l.line
	if t.kind == tokWord {
		return l.define(t)
	}
	return t, nil
}

// scan recognises the token that begins here, and returns its length.
func (l *lexer) scan(t *token) (int, *SyntaxError) {
	s := l.src[l.at:]
	switch c := s[0]; {
	case c == '"' || c == '`':
		return l.quoted(t, s)
	case strings.HasPrefix(s, "%{"):
		n := strings.Index(s, "}%")
		if n < 0 {
			return 0, l.fail(t.line, t.col, "expected }%% at the end of the code, found the end of the script")
		}
		t.kind, t.text = tokCode, strings.Trim(s[2:n], " \t")
		return n + 2, nil
	case strings.HasPrefix(s, "..."):
		t.kind, t.text = tokEllipsis, "..."
		return 3, nil
	case strings.HasPrefix(s, "--") && span(s, 2, isWord) > 0:
		n := 2 + span(s, 2, isWord)
		t.kind, t.text = tokOption, s[2:n]
		return n, nil
	}
	if n := scanAddr6(s); n > max(span(s, 0, isWord), scanNumber(s)) {
		t.kind, t.text = tokAddr6, s[:n]
		return n, nil
	}
	if n := scanAddr4(s); n > 0 {
		t.kind, t.text = tokAddr4, s[:n]
		return n, nil
	}
	return l.number(t, s)
}

// number recognises numbers, words and single characters.
func (l *lexer) number(t *token, s string) (int, *SyntaxError) {
	word, num := span(s, 0, isWord), scanNumber(s)
	switch {
	case strings.HasPrefix(s, "0x") && 2+span(s, 2, isHex) == word && word > 2:
		v, err := strconv.ParseUint(s[2:word], 16, 64)
		if err != nil {
			return 0, l.fail(t.line, t.col, "%s does not fit into 64 bits", s[:word])
		}
		t.kind, t.text, t.n = tokHex, s[:word], int64(v)
		return word, nil
	case num > 0 && num >= word:
		t.text = s[:num]
		if strings.IndexByte(t.text, '.') >= 0 {
			t.kind = tokFloat
			t.f, _ = strconv.ParseFloat(t.text, 64)
			return num, nil
		}
		v, err := strconv.ParseInt(t.text, 10, 64)
		if err != nil {
			return 0, l.fail(t.line, t.col, "%s does not fit into 64 bits", t.text)
		}
		t.kind, t.n = tokInt, v
		return num, nil
	case strings.HasPrefix(s, "sequence#"):
		t.kind, t.text = tokWord, s[:9]
		return 9, nil
	case word > 0:
		t.kind, t.text = tokWord, s[:word]
		return word, nil
	}
	t.kind, t.text = tokChar, s[:1]
	return 1, nil
}

// scanNumber is the length of [-]?[0-9]*[.][0-9]+ or [-]?[0-9]+ at the
// beginning of s.
func scanNumber(s string) int {
	i := 0
	if s[0] == '-' {
		i = 1
	}
	d := span(s, i, isDigit)
	if j := i + d; j < len(s) && s[j] == '.' {
		if f := span(s, j+1, isDigit); f > 0 {
			return j + 1 + f
		}
	}
	if d == 0 {
		return 0
	}
	return i + d
}

// scanAddr4 is the length of an IPv4 address at the beginning of s.
func scanAddr4(s string) int {
	i := 0
	for k := range 4 {
		if k > 0 {
			if i >= len(s) || s[i] != '.' {
				return 0
			}
			i++
		}
		n := span(s, i, isDigit)
		if n == 0 {
			return 0
		}
		i += n
	}
	return i
}

// quoted recognises a string or a command.
func (l *lexer) quoted(t *token, s string) (int, *SyntaxError) {
	q := s[0]
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && s[i+1] != '\n':
			i++
		case s[i] == q:
			t.kind, t.text = tokString, s[1:i]
			if q == '`' {
				t.kind = tokBack
			}
			return i + 1, nil
		}
	}
	return 0, l.fail(t.line, t.col, "expected %c at the end of what begins here, found the end of the script", q)
}

// define replaces a word that a definition gives a value (word).
func (l *lexer) define(t token) (token, *SyntaxError) {
	if keywords[t.text] {
		return t, nil
	}
	v, ok := l.defs.get(t.text)
	if !ok {
		return t, nil
	}
	t.bound = true
	switch {
	case len(v) >= 2 && v[0] == '"':
		t.kind, t.text = tokString, v[1:len(v)-1]
	case len(v) >= 2 && v[0] == '`':
		t.kind, t.text = tokBack, v[1:len(v)-1]
	default:
		if n, err := strconv.ParseInt(v, 0, 64); err == nil {
			t.kind, t.text, t.n = tokInt, v, n
		} else {
			t.text = v
		}
	}
	return t, nil
}

// keywords are the words with a meaning of their own (lexer.l).
var keywords = map[string]bool{}

func init() {
	for _, w := range strings.Fields(`sa_family sin_port sin_addr msg_name msg_iov msg_flags msg_control cmsg_data cmsg_level cmsg_type
		ee_errno ee_origin ee_type ee_code ee_info ee_data scm_sec scm_nsec fd u32 u64 ptr events revents onoff linger htons ipv4 ipv6 icmp udp
		GREv0 gre raw sum off key seq none checksum sequence# present encap psp spi mpls label tc ttl inet_addr inet6_addr ack eol ecr mss mtu nop
		sack sackOK md5 TS FO FOEXP ECN e0b e1b ceb tos flowlabel flags Flags val win urg wscale ect01 ect0 ect1 noecn ce id`) {
		keywords[w] = true
	}
}
