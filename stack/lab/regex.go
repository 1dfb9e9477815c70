package lab

import (
	"fmt"
	"regexp"
	"strings"
)

// posix turns a POSIX regular expression (basic or extended) into Go's, and
// compiles it. Back-references in a pattern are not modelled.
func posix(re string, extended, fold bool) (*regexp.Regexp, error) {
	var b strings.Builder
	b.WriteString("(?m")
	if fold {
		b.WriteByte('i')
	}
	b.WriteString(")(?:")
	depth := 0
	start := true // where * is a character and ^ an anchor
	for i := 0; i < len(re); i++ {
		c := re[i]
		was := start
		start = false
		switch {
		case c == '\\':
			i++
			if i >= len(re) {
				return nil, fmt.Errorf("Trailing backslash")
			}
			d := re[i]
			switch {
			case !extended && d == '(':
				b.WriteByte('(')
				depth++
				start = true
			case !extended && d == ')':
				if depth--; depth < 0 {
					return nil, fmt.Errorf("Unmatched ) or \\)")
				}
				b.WriteByte(')')
			case !extended && (d == '{' || d == '}'):
				if d == '{' && was {
					return nil, fmt.Errorf("Invalid preceding regular expression")
				}
				b.WriteByte(d)
			case !extended && (d == '+' || d == '?'):
				b.WriteByte(d)
			case !extended && d == '|':
				b.WriteByte('|')
				start = true
			case d >= '1' && d <= '9':
				return nil, fmt.Errorf("not modelled: a back-reference in a pattern")
			case d == '<':
				b.WriteString(`\b`)
			case d == '>':
				b.WriteString(`\b`)
			case strings.IndexByte("wWsSbB", d) >= 0:
				b.WriteByte('\\')
				b.WriteByte(d)
			case d == 'n':
				b.WriteString(`\n`)
			case d == 't':
				b.WriteString(`\t`)
			default:
				b.WriteString(regexp.QuoteMeta(string(d)))
			}
		case c == '[':
			n, s, err := posixBracket(re[i:])
			if err != nil {
				return nil, err
			}
			b.WriteString(s)
			i += n - 1
		case c == '*':
			if was {
				if extended && b.Len() > 8 {
					continue
				}
				b.WriteString(`\*`)
			} else if !strings.HasSuffix(b.String(), "*") || strings.HasSuffix(b.String(), `\*`) {
				b.WriteByte('*')
			}
		case c == '^':
			if extended || was {
				b.WriteByte('^')
				start = true
			} else {
				b.WriteString(`\^`)
			}
		case c == '$':
			rest := re[i+1:]
			if extended || rest == "" || strings.HasPrefix(rest, `\)`) || strings.HasPrefix(rest, `\|`) {
				b.WriteByte('$')
			} else {
				b.WriteString(`\$`)
			}
		case c == '.':
			b.WriteByte('.')
		case extended && strings.IndexByte("()|", c) >= 0:
			if c == '(' {
				depth++
			}
			if c == ')' {
				if depth == 0 {
					b.WriteString(`\)`)
					continue
				}
				depth--
			}
			b.WriteByte(c)
			start = c != ')'
		case extended && (c == '+' || c == '?'):
			if was {
				b.WriteByte('\\')
			} else if s := b.String(); strings.HasSuffix(s, "*") || strings.HasSuffix(s, "+") || strings.HasSuffix(s, "?") {
				b.Reset()
				b.WriteString(s + "{0,1}")
				continue
			}
			b.WriteByte(c)
		case extended && c == '{':
			if j := strings.IndexByte(re[i:], '}'); j > 1 && strings.Trim(re[i+1:i+j], "0123456789,") == "" && !was {
				b.WriteByte('{')
				if re[i+1] == ',' {
					b.WriteByte('0')
				}
			} else {
				b.WriteString(`\{`)
			}
		case extended && c == '}':
			s := b.String()
			if j := strings.LastIndexByte(s, '{'); j > 0 && s[j-1] != '\\' && strings.Trim(s[j+1:], "0123456789,") == "" {
				b.WriteByte('}')
			} else {
				b.WriteString(`\}`)
			}
		default:
			b.WriteString(regexp.QuoteMeta(string([]byte{c})))
			if c >= 0x80 {
				s := b.String()
				b.Reset()
				b.WriteString(s[:len(s)-len(regexp.QuoteMeta(string([]byte{c})))])
				b.WriteByte(c)
			}
		}
	}
	if depth != 0 {
		if extended {
			return nil, fmt.Errorf("Unmatched ( or \\(")
		}
		return nil, fmt.Errorf("Unmatched ( or \\(")
	}
	b.WriteByte(')')
	r, err := regexp.Compile(b.String())
	if err != nil {
		return nil, fmt.Errorf("Invalid regular expression")
	}
	r.Longest()
	return r, nil
}

// posixBracket turns [...] into Go's and says how long it was.
func posixBracket(s string) (n int, out string, err error) {
	var b strings.Builder
	b.WriteByte('[')
	i := 1
	if i < len(s) && s[i] == '^' {
		b.WriteByte('^')
		i++
	}
	for first := true; ; first = false {
		if i >= len(s) {
			return 0, "", fmt.Errorf("Unmatched [, [^, [:, [., or [=")
		}
		c := s[i]
		if c == ']' && !first {
			break
		}
		if c == '[' && i+1 < len(s) && s[i+1] == ':' {
			if e := strings.Index(s[i:], ":]"); e > 0 {
				b.WriteString(s[i : i+e+2])
				i += e + 2
				continue
			}
		}
		if c == '\\' || c == '[' || c == ']' || c == '^' || c == '&' || c == '~' {
			if c == '\\' && i+1 < len(s) && (s[i+1] == 'n' || s[i+1] == 't') { // as GNU sed does
				b.WriteByte('\\')
				b.WriteByte(s[i+1])
				i += 2
				continue
			}
			b.WriteByte('\\')
		}
		b.WriteByte(c)
		i++
		if c == '-' && i < len(s) && s[i] != ']' && !first {
			continue
		}
	}
	b.WriteByte(']')
	return i + 1, b.String(), nil
}
