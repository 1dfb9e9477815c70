package lab

import (
	"sort"
	"strings"
)

// match is fnmatch(3) without flags: * ? [...] and \.
func match(pat, s string) bool {
	star, mark := -1, 0
	i, j := 0, 0
	for j < len(s) {
		if i < len(pat) {
			switch c := pat[i]; c {
			case '*':
				star, mark = i, j
				i++
				continue
			case '?':
				i++
				j++ // dash reads bytes, whatever the locale
				continue
			case '[':
				if n, ok := bracket(pat[i:], s[j]); n > 0 {
					if ok {
						i += n
						j++
						continue
					}
					break
				}
				if s[j] == '[' {
					i++
					j++
					continue
				}
			case '\\':
				if i+1 < len(pat) && pat[i+1] == s[j] {
					i += 2
					j++
					continue
				}
			default:
				if c == s[j] {
					i++
					j++
					continue
				}
			}
		}
		if star < 0 {
			return false
		}
		mark++
		i, j = star+1, mark
	}
	for i < len(pat) && pat[i] == '*' {
		i++
	}
	return i == len(pat)
}

func runeLen(s string) int {
	for i := range s {
		if i > 0 {
			return i
		}
	}
	return len(s)
}

// bracket matches c with the bracket expression that p begins with, and
// returns its length, 0 if it is none.
func bracket(p string, c byte) (n int, ok bool) {
	i := 1
	not := false
	if i < len(p) && (p[i] == '!' || p[i] == '^') {
		not = true
		i++
	}
	hit := false
	for first := true; i < len(p) && (p[i] != ']' || first); first = false {
		if strings.HasPrefix(p[i:], "[:") {
			if e := strings.Index(p[i:], ":]"); e > 0 {
				hit = hit || class(p[i+2:i+e], c)
				i += e + 2
				continue
			}
		}
		lo := p[i]
		if lo == '\\' && i+1 < len(p) {
			i++
			lo = p[i]
		}
		hi := lo
		if i+2 < len(p) && p[i+1] == '-' && p[i+2] != ']' {
			i += 2
			if hi = p[i]; hi == '\\' && i+1 < len(p) {
				i++
				hi = p[i]
			}
		}
		hit = hit || lo <= c && c <= hi
		i++
	}
	if i >= len(p) {
		return 0, false
	}
	return i + 1, hit != not
}

func class(name string, c byte) bool {
	digit, lower, upper := c >= '0' && c <= '9', c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z'
	switch name {
	case "digit":
		return digit
	case "alpha":
		return lower || upper
	case "alnum":
		return digit || lower || upper
	case "lower":
		return lower
	case "upper":
		return upper
	case "space":
		return c == ' ' || c >= '\t' && c <= '\r'
	case "blank":
		return c == ' ' || c == '\t'
	case "xdigit":
		return digit || c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F'
	case "punct":
		return c > ' ' && c < 127 && !digit && !lower && !upper
	case "print":
		return c >= ' ' && c < 127
	}
	return false
}

// glob lists the files that a pattern fits, sorted.
func (p *Proc) glob(pat string) []string {
	abs := strings.HasPrefix(pat, "/")
	found := []string{""}
	if abs {
		found[0] = "/"
	}
	parts := strings.Split(strings.Trim(pat, "/"), "/")
	for _, part := range parts {
		if part == "" {
			continue
		}
		var next []string
		for _, base := range found {
			if !strings.ContainsAny(part, "*?[") {
				name := join(base, strings.ReplaceAll(part, `\`, ""))
				if _, e := p.stat(name); e == "" {
					next = append(next, name)
				}
				continue
			}
			dir := base
			if dir == "" {
				dir = "."
			}
			list, e := p.readDir(dir)
			if e != "" {
				continue
			}
			for _, k := range list {
				if (k[0] != '.' || part[0] == '.') && match(part, k) {
					next = append(next, join(base, k))
				}
			}
			p.grow(0)
		}
		if len(next) > 1<<16 {
			next = next[:1<<16]
		}
		found = next
	}
	sort.Strings(found)
	return found
}

func join(base, name string) string {
	if base == "" || strings.HasSuffix(base, "/") {
		return base + name
	}
	return base + "/" + name
}
