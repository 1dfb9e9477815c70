package drill

// scanAddr6 is the length of an IPv6 address at the beginning of s, as lexer.l
// has it: a sequence range like 1:1001 is none.
func scanAddr6(s string) int {
	segs, i, double := 0, 0, -1 // groups so far; where "::" stood
	best := 0
	for i < len(s) {
		if n := span(s, i, isHex); n > 0 {
			if n > 4 {
				break
			}
			if e := embedded4(s, i, segs, double); e > 0 {
				return e
			}
			segs++
			i += n
			if double >= 0 && segs <= 7 || double < 0 && segs == 8 {
				best = i
			}
			if segs == 8 || double >= 0 && segs == 7 {
				break
			}
		}
		switch {
		case i+1 < len(s) && s[i] == ':' && s[i+1] == ':' && double < 0 && segs <= 7:
			double = segs
			i += 2
			best = i
		case i < len(s) && s[i] == ':' && segs > 0 && i+1 < len(s) && isHex(s[i+1]):
			i++
			continue
		default:
			return best
		}
	}
	return best
}

// embedded4 is the end of an IPv4 address that stands at i behind "::", 0 if
// there is none (patterns v10 to v12).
func embedded4(s string, i, segs, double int) int {
	if double < 0 {
		return 0
	}
	if n := scanAddr4(s[i:]); n > 0 && segs <= 4 {
		return i + n
	}
	return 0
}
