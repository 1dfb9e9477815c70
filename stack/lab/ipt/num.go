package ipt

import (
	"math"
	"strings"
)

func isSpace(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// strtoul is the C library's strtoumax with base 0 or 10: rest begins after the
// number; any tells whether there was a digit; over that it was too large.
func strtoul(s string, base uint64) (v uint64, rest string, any, over bool) {
	i := 0
	for i < len(s) && isSpace(s[i]) {
		i++
	}
	neg := false
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		neg = s[i] == '-'
		i++
	}
	if base == 0 {
		base = 10
		if i < len(s) && s[i] == '0' {
			base = 8
			if i+2 < len(s) && (s[i+1] == 'x' || s[i+1] == 'X') && digit(s[i+2]) < 16 {
				base = 16
				i += 2
			}
		}
	}
	for ; i < len(s); i++ {
		d := digit(s[i])
		if d >= base {
			break
		}
		any = true
		if v > (math.MaxUint64-d)/base {
			over = true
			v = math.MaxUint64
			continue
		}
		v = v*base + d
	}
	if !any {
		return 0, s, false, false
	}
	if over {
		return math.MaxUint64, s[i:], true, true
	}
	if neg {
		v = -v
	}
	return v, s[i:], true, false
}

func digit(c byte) uint64 {
	switch {
	case c >= '0' && c <= '9':
		return uint64(c - '0')
	case c >= 'a' && c <= 'z':
		return uint64(c-'a') + 10
	case c >= 'A' && c <= 'Z':
		return uint64(c-'A') + 10
	}
	return 99
}

// number is xtables_strtoul: no minus sign, within min and max (0: no limit). What
// follows the number is returned.
func number(s string, min, max uint64) (v uint64, rest string, ok bool) {
	if strings.HasPrefix(strings.TrimLeft(s, " \t\n\v\f\r"), "-") {
		return 0, s, false
	}
	v, rest, any, over := strtoul(s, 0)
	if !any {
		return 0, s, false
	}
	return v, rest, !over && min <= v && (max == 0 || v <= max)
}

// whole is xtables_strtoul with nothing behind the number.
func whole(s string, min, max uint64) (uint64, bool) {
	v, rest, ok := number(s, min, max)
	return v, ok && rest == ""
}

// atoi is the C library's: digits at the beginning, else 0.
func atoi(s string) int64 {
	v, _, _, _ := strtoul(s, 10)
	return int64(v)
}

// hasPrefixFold is strncasecmp(full, s, len(s)) == 0: s is a beginning of full.
func hasPrefixFold(full, s string) bool {
	return len(s) <= len(full) && strings.EqualFold(full[:len(s)], s)
}
