package filter

import (
	"net/netip"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// An Error is a mistake in a filter text.
type Error struct {
	Col int // where, in bytes, counted from 1
	Msg string
}

func (e *Error) Error() string { return "column " + strconv.Itoa(e.Col) + ": " + e.Msg }

type tokKind uint8

const (
	tokEnd  tokKind = iota
	tokWord         // a keyword or a name
	tokNum
	tokIP4 // dotted, one to four parts
	tokIP6
	tokMAC
	tokPunct
)

type token struct {
	kind tokKind
	pos  int // byte offset
	s    string
	n    uint32
	bits int // of a tokIP4: 8 for each part
	addr wire.Addr
	mac  wire.MAC
	esc  bool // written with a backslash: a name, not a keyword
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// lex splits a filter text into tokens.
func lex(s string) ([]token, *Error) {
	var out []token
	depth := 0 // of square brackets, in which a colon stands alone
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			i++
			continue
		case isWord(c) || c == '\\' || c == ':' && depth == 0:
			t, n, err := lexWord(s, i, depth)
			if err != nil {
				return nil, err
			}
			out = append(out, t)
			i += n
			continue
		}
		p := string(c)
		if i+1 < len(s) {
			switch two := s[i : i+2]; two {
			case "&&", "||", "==", "!=", "<=", ">=", "<<", ">>":
				p = two
			}
		}
		if !strings.Contains("()[]!&|=<>+-*/%^:", string(c)) || c >= 0x80 {
			return nil, &Error{i + 1, "unexpected character " + strconv.QuoteToASCII(string(c))}
		}
		switch c {
		case '[':
			depth++
		case ']':
			depth = max(0, depth-1)
		}
		out = append(out, token{kind: tokPunct, pos: i, s: p})
		i += len(p)
	}
	return append(out, token{kind: tokEnd, pos: len(s)}), nil
}

// lexWord reads a number, an address or a word at s[i:].
func lexWord(s string, i, depth int) (token, int, *Error) {
	t := token{kind: tokWord, pos: i}
	j := i
	if s[j] == '\\' {
		t.esc = true
		j++
	}
	start := j
	for j < len(s) {
		c := s[j]
		if isWord(c) || c == '.' || c == ':' && depth == 0 ||
			c == '-' && j > start && j+1 < len(s) && isWord(s[j+1]) {
			j++
			continue
		}
		break
	}
	t.s = s[start:j]
	if t.s == "" {
		return t, 0, &Error{i + 1, "expected a name behind the backslash"}
	}
	if t.esc {
		return t, j - i, nil
	}
	return classify(t), j - i, nil
}

// classify finds out what a word is.
func classify(t token) token {
	if n, ok := number(t.s); ok {
		t.kind, t.n = tokNum, n
		return t
	}
	if m, ok := parseMAC(t.s); ok {
		t.kind, t.mac = tokMAC, m
		return t
	}
	if strings.Contains(t.s, ":") {
		if a, err := netip.ParseAddr(t.s); err == nil && a.Zone() == "" {
			t.kind, t.addr = tokIP6, wire.FromNetip(a)
		}
		return t
	}
	if a, bits, ok := parseIP4(t.s); ok {
		t.kind, t.n, t.bits = tokIP4, uint32(a), bits
		return t
	}
	t.s = strings.ToLower(t.s)
	return t
}

// number reads a decimal, hexadecimal (0x) or octal (0) number.
func number(s string) (uint32, bool) {
	if s == "" || s[0] < '0' || s[0] > '9' || strings.Contains(s, "_") {
		return 0, false
	}
	base := 10
	switch {
	case len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X"):
		s, base = s[2:], 16
	case len(s) > 1 && s[0] == '0':
		base = 8
	}
	n, err := strconv.ParseUint(s, base, 32)
	return uint32(n), err == nil
}

// parseIP4 reads a dotted address of two to four parts; the parts that are
// missing are zero, and bits says how many were there.
func parseIP4(s string) (a wire.IP4, bits int, ok bool) {
	parts := strings.Split(s, ".")
	if len(parts) < 2 || len(parts) > 4 {
		return 0, 0, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(p, 10, 8)
		if err != nil {
			return 0, 0, false
		}
		a |= wire.IP4(n) << (24 - 8*i)
	}
	return a, 8 * len(parts), true
}

// parseMAC reads xx:xx:xx:xx:xx:xx, with dashes, dots or colons, and
// xxxx.xxxx.xxxx.
func parseMAC(s string) (wire.MAC, bool) {
	for _, sep := range []string{":", "-", "."} {
		parts := strings.Split(s, sep)
		width := 2
		switch {
		case len(parts) == 3 && sep == ".":
			width = 4
		case len(parts) != 6:
			continue
		}
		var m wire.MAC
		for _, p := range parts {
			if len(p) == 0 || len(p) > width || width == 4 && len(p) != 4 {
				return 0, false
			}
			n, err := strconv.ParseUint(p, 16, 16)
			if err != nil {
				return 0, false
			}
			m = m<<(4*width) | wire.MAC(n)
		}
		return m, true
	}
	return 0, false
}
