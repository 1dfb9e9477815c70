package view

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// allowed are the runes beyond ASCII that our own sentences use. All are one
// cell wide.
const allowed = "µ×→…"

// Clean returns s with everything that could steer a terminal written out:
// only printable ASCII and a few runes of our own sentences stay as they are.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + hex2(s[i]))
		case cleanRune(r):
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80:
			b.WriteString(`\x` + hex2(byte(r)))
		default:
			b.WriteString(`\u{` + strconv.FormatInt(int64(r), 16) + "}")
		}
		i += n
	}
	return b.String()
}

func isClean(s string) bool {
	for _, r := range s {
		if !cleanRune(r) {
			return false
		}
	}
	return true
}

func cleanRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= ' ' && r < 0x7f
	}
	return r != utf8.RuneError && strings.ContainsRune(allowed, r)
}

const hexDigits = "0123456789abcdef"

func hex2(c byte) string { return string([]byte{hexDigits[c>>4], hexDigits[c&15]}) }
