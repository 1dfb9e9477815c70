package nft

import (
	"strings"
)

// A tokKind is what a token is.
type tokKind uint8

const (
	tokEOF tokKind = iota
	tokNewline
	tokWord   // a word: a keyword or a name
	tokString // "in quotes"
	tokAst    // eth*
	tokNum    // 42, 0x2a
	tokAddr   // an address
	tokTime   // 1h30m
	tokPunct
)

// A loc is a place in the input: columns count from 1.
type loc struct {
	src        *source
	line       int
	first, end int // columns of the first and the last letter
}

func (l loc) to(m loc) loc {
	if m.src == l.src && m.line == l.line && m.end > l.end {
		l.end = m.end
	}
	return l
}

// A source is one text that is read.
type source struct {
	name  string // "" for the command line
	lines []string
	from  *loc // of an included file: where it is named
	ended bool // the last line has its end
}

type token struct {
	kind tokKind
	s    string
	at   loc
	pre  bool // blanks stand before it
}

// keywords that cannot be names, wherever they stand.
var keywords = map[string]bool{}

func init() {
	for _, w := range strings.Fields(`eq ne le lt ge gt lshift rshift xor and or not vmap include define redefine undefine describe
 hook device devices table chain rule set element map flowtable handle ruleset socket tproxy accept drop continue jump goto return
 inet netdev add replace update create insert delete get list reset flush rename import export monitor position index comment constant
 interval dynamic auto-merge timeout gc-interval elements expires policy size flow offload meter counter log queue limit quota hour day
 reject snat dnat masquerade redirect random th bridge ether type typeof vlan arp ip ecn time icmp icmpv6 igmp ip6 priority ah esp comp
 flags udp udplite tcp dccp sctp rt rt0 rt2 srh hbh frag dst mh meta mark iif iifname iiftype oif oifname oiftype skuid skgid nftrace
 rtclassid ibriport ibrname obriport obrname pkttype cpu iifgroup oifgroup cgroup ct fib numgen jhash symhash osf synproxy dup fwd
 notrack xt ipsec secmark secmarks exthdr string hash last`) {
		if w != "string" && w != "hash" && w != "exthdr" && w != "last" && w != "secmarks" {
			keywords[w] = true
		}
	}
}

// words for operators.
var opWords = map[string]string{"eq": "==", "ne": "!=", "le": "<=", "lt": "<", "ge": ">=", "gt": ">", "lshift": "<<", "rshift": ">>", "xor": "^", "and": "&", "or": "|", "not": "!"}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isHex(c byte) bool    { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// lex cuts a source into tokens.
func lex(src *source) (toks []token, err *failure) {
	cont, size := false, 0
	for _, l := range src.lines {
		size += len(l)
	}
	toks = make([]token, 0, size/5+len(src.lines)+8)
	for n, line := range src.lines {
		i := 0
		pre := false
		emit := func(k tokKind, s string, a, b int) {
			toks = append(toks, token{k, s, loc{src, n + 1, a + 1, b}, pre})
			pre = false
		}
		if cont {
			cont = false
		}
	line:
		for i < len(line) {
			c := line[i]
			switch {
			case c == ' ' || c == '\t' || c == '\r':
				i++
				pre = true
				continue
			case c == '#':
				break line
			case c == '\\' && i == len(line)-1:
				cont = true
				break line
			case c == '"':
				j := strings.IndexByte(line[i+1:], '"')
				if j < 0 {
					return toks, &failure{msg: "syntax error, unexpected junk", locs: []loc{{src, n + 1, i + 1, i + 1}}}
				}
				emit(tokString, line[i+1:i+1+j], i, i+j+2)
				i += j + 2
				continue
			}
			if k, l := address(line[i:]); l > 0 {
				w := word(line[i:])
				if l >= w && l >= number(line[i:]) {
					emit(k, line[i:i+l], i, i+l)
					i += l
					continue
				}
			}
			if l := classid(line[i:]); l > 0 {
				emit(tokTime, line[i:i+l], i, i+l)
				i += l
				continue
			}
			if isDigit(c) {
				l := number(line[i:])
				if strings.HasPrefix(line[i:], "8021ad") {
					emit(tokWord, "8021ad", i, i+6)
					i += 6
					continue
				}
				if strings.HasPrefix(line[i:], "8021q") {
					emit(tokWord, "8021q", i, i+5)
					i += 5
					continue
				}
				if t := timeString(line[i:]); t > l {
					emit(tokTime, line[i:i+t], i, i+t)
					i += t
					continue
				}
				emit(tokNum, line[i:i+l], i, i+l)
				i += l
				continue
			}
			if l := word(line[i:]); l > 0 && !(l == 1 && c == '.') {
				w := line[i : i+l]
				if i+l < len(line) && line[i+l] == '*' {
					emit(tokAst, line[i:i+l+1], i, i+l+1)
					i += l + 1
					continue
				}
				if op := opWords[w]; op != "" {
					emit(tokPunct, op, i, i+l)
				} else {
					emit(tokWord, w, i, i+l)
				}
				i += l
				continue
			}
			l := 1
			if i+1 < len(line) {
				switch line[i : i+2] {
				case "==", "!=", "<=", ">=", "<<", ">>":
					l = 2
				}
			}
			if strings.IndexByte("=!<>,.:;{}[]()^&|/-*@$+", c) < 0 {
				return toks, &failure{msg: "syntax error, unexpected junk", locs: []loc{{src, n + 1, i + 1, i + 1}}}
			}
			emit(tokPunct, line[i:i+l], i, i+l)
			i += l
		}
		if !cont {
			toks = append(toks, token{kind: tokNewline, at: loc{src, n + 1, len(line) + 1, len(line) + 1}})
		}
	}
	n := max(1, len(src.lines))
	last := 0
	if len(src.lines) > 0 {
		last = len(src.lines[n-1])
	}
	end := loc{src, n, last + 1, last + 1}
	if src.ended {
		end = loc{src, n + 1, 1, 1}
	}
	toks = append(toks, token{kind: tokEOF, at: end})
	return toks, nil
}

// word is the length of a word at the start of s.
func word(s string) int {
	if s == "" || !isLetter(s[0]) && s[0] != '_' && s[0] != '.' {
		return 0
	}
	i := 1
	for i < len(s) && (isLetter(s[i]) || isDigit(s[i]) || strings.IndexByte("/-_.", s[i]) >= 0) {
		i++
	}
	return i
}

func number(s string) int {
	i := 0
	if len(s) > 2 && s[0] == '0' && s[1]|0x20 == 'x' && isHex(s[2]) {
		i = 2
		for i < len(s) && isHex(s[i]) {
			i++
		}
		return i
	}
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// timeString is the length of 1d2h3m4s5ms at the start of s, 0 if there is none.
func timeString(s string) int {
	i, done := 0, 0
	for _, u := range [...]string{"d", "h", "m", "s", "ms"} {
		j := i
		for j < len(s) && isDigit(s[j]) {
			j++
		}
		if j == i || !strings.HasPrefix(s[j:], u) || u == "m" && strings.HasPrefix(s[j:], "ms") {
			continue
		}
		i = j + len(u)
		done = i
	}
	return done
}

// address recognises MAC, IPv4 and IPv6 addresses at the start of s.
func address(s string) (tokKind, int) {
	best := 0
	if n := mac(s); n > best {
		best = n
	}
	if n := ip4(s); n > best {
		best = n
	}
	if n := ip6(s); n > best {
		best = n
	}
	if best > 0 {
		return tokAddr, best
	}
	return tokAddr, 0
}

func mac(s string) int {
	i := 0
	for k := 0; k < 6; k++ {
		j := i
		for j < len(s) && j < i+2 && isHex(s[j]) {
			j++
		}
		if j == i {
			return 0
		}
		i = j
		if k < 5 {
			if i >= len(s) || s[i] != ':' {
				return 0
			}
			i++
		}
	}
	return i
}

func ip4(s string) int {
	i := 0
	for k := 0; k < 4; k++ {
		j := i
		for j < len(s) && j < i+3 && isDigit(s[j]) {
			j++
		}
		if j == i {
			return 0
		}
		i = j
		if k < 3 {
			if i >= len(s) || s[i] != '.' {
				return 0
			}
			i++
		}
	}
	return i
}

// ip6 is the length of the longest IPv6 address at the start of s: eight
// groups, or fewer with one "::".
func ip6(s string) int {
	best, groups, i := 0, 0, 0
	double := false
	hex4 := func(i int) int {
		j := i
		for j < len(s) && j < i+4 && isHex(s[j]) {
			j++
		}
		return j
	}
	if strings.HasPrefix(s, "::") {
		double, i, best = true, 2, 2
	}
	for {
		if double && ip4(s[min(i, len(s)):]) > 0 && (groups == 0 || groups == 1) {
			if n := i + ip4(s[i:]); n > best {
				best = n
			}
		}
		j := hex4(i)
		if j == i {
			return best
		}
		groups++
		i = j
		if double && groups <= 7 || groups == 8 && !double {
			best = i
		}
		if groups == 8 || double && groups == 7 {
			return best
		}
		if i >= len(s) || s[i] != ':' {
			return best
		}
		if i+1 < len(s) && s[i+1] == ':' {
			if double {
				return best
			}
			double = true
			i += 2
			best = i
			continue
		}
		i++
	}
}

// classid is the length of 1:2 at the start of s.
func classid(s string) int {
	i := 0
	for i < len(s) && i < 4 && isHex(s[i]) {
		i++
	}
	if i == 0 || i >= len(s) || s[i] != ':' {
		return 0
	}
	j := i + 1
	for j < len(s) && j < i+5 && isHex(s[j]) {
		j++
	}
	if j == i+1 || j < len(s) && (isLetter(s[j]) || s[j] == '_') {
		return 0
	}
	return j
}
