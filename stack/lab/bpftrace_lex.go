package lab

import (
	"fmt"
	"strconv"
	"strings"
)

// A bpfTok is one word of a bpftrace program.
type bpfTok struct {
	kind     byte // 'i' name, 'n' number, 's' string, 'p' sign, 'v' $x, 'm' @x, 0 end
	text     string
	num      int64
	at, end  int
	spaceful bool // a space stands in front
}

// A bpfError is a mistake in a program.
type bpfError struct {
	at, end int
	msg     string
}

// bpfLex takes a program apart.
func bpfLex(s string) ([]bpfTok, *bpfError) {
	var l []bpfTok
	i, space := 0, false
	add := func(k byte, n int, text string, num int64) {
		l = append(l, bpfTok{k, text, num, i, i + n, space})
		i += n
		space = false
	}
	word := func(i int) int {
		n := 0
		for i+n < len(s) && (s[i+n] == '_' || s[i+n] >= '0' && s[i+n] <= '9' || s[i+n] >= 'a' && s[i+n] <= 'z' || s[i+n] >= 'A' && s[i+n] <= 'Z') {
			n++
		}
		return n
	}
	for i < len(s) {
		c := s[i]
		switch {
		case c == ' ' || c == '\t' || c == '\n' || c == '\r':
			space = true
			i++
		case c == '/' && i+1 < len(s) && s[i+1] == '/':
			for i < len(s) && s[i] != '\n' {
				i++
			}
		case c == '/' && i+1 < len(s) && s[i+1] == '*':
			n := strings.Index(s[i:], "*/")
			if n < 0 {
				return l, &bpfError{i, len(s), "syntax error, unexpected end of file, expecting } or end of comment"}
			}
			i += n + 2
		case c == '"':
			text, n, ok := bpfString(s[i:])
			if !ok {
				return l, &bpfError{i, len(s), "syntax error, unterminated string"}
			}
			add('s', n, text, 0)
		case c == '$' || c == '@':
			n := word(i + 1)
			k := byte('v')
			if c == '@' {
				k = 'm'
			}
			add(k, n+1, s[i:i+n+1], 0)
		case c >= '0' && c <= '9':
			n := word(i)
			t := strings.ReplaceAll(s[i:i+n], "_", "")
			mul := int64(1)
			for suf, m := range map[string]int64{"ns": 1, "us": 1000, "ms": 1e6} {
				if x, ok := strings.CutSuffix(t, suf); ok && !strings.HasPrefix(t, "0x") {
					t, mul = x, m
				}
			}
			v, err := strconv.ParseUint(strings.TrimRight(strings.TrimRight(t, "lL"), "uU"), 0, 64)
			if f, e := strconv.ParseFloat(t, 64); err != nil && e == nil && !strings.HasPrefix(t, "0x") && f < 1e18 {
				v, err = uint64(f), nil // 1e6
			}
			if err != nil {
				return l, &bpfError{i, i + n, "syntax error, unexpected integer"}
			}
			add('n', n, s[i:i+n], int64(v)*mul)
		case word(i) > 0:
			n := word(i)
			add('i', n, s[i:i+n], 0)
		default:
			n := 1
			for _, op := range []string{"<<=", ">>=", "&&", "||", "==", "!=", "<=", ">=", "<<", ">>", "++", "--", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "->"} {
				if strings.HasPrefix(s[i:], op) {
					n = len(op)
					break
				}
			}
			if !strings.ContainsRune("{}()[];,:?.+-*/%<>=!&|^~", rune(c)) {
				return l, &bpfError{i, i + 1, fmt.Sprintf("syntax error, invalid character '%c'", c)}
			}
			add('p', n, s[i:i+n], 0)
		}
	}
	l = append(l, bpfTok{at: len(s), end: len(s)})
	return l, nil
}

// bpfString reads a string with its escapes.
func bpfString(s string) (text string, n int, ok bool) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), i + 1, true
		case s[i] == '\\' && i+1 < len(s):
			i++
			switch s[i] {
			case 'n':
				b.WriteByte('\n')
			case 't':
				b.WriteByte('\t')
			case 'r':
				b.WriteByte('\r')
			default:
				b.WriteByte(s[i])
			}
		default:
			b.WriteByte(s[i])
		}
	}
	return "", 0, false
}
