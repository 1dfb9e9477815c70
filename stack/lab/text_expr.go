package lab

import (
	"strconv"
	"strings"
)

func init() { extra["expr"] = exprTool }

// An exprState reads the words of expr(1) of coreutils.
type exprState struct {
	p    *Proc
	a    []string
	last string // the word before, for messages
	bad  string
	st   int
}

// exprTool is expr: 0 if the result is neither empty nor 0, else 1; 2 for words
// that are no expression.
func exprTool(p *Proc, a []string) int {
	if len(a) > 1 && a[1] == "--" {
		a = append(a[:1:1], a[2:]...)
	}
	if len(a) < 2 {
		p.errf("expr: missing operand\nTry 'expr --help' for more information.\n")
		return 2
	}
	e := &exprState{p: p, a: a[1:]}
	v := e.binary(0)
	if e.bad == "" && len(e.a) > 0 {
		e.bad = "syntax error: unexpected argument ‘" + e.a[0] + "’"
	}
	if e.bad != "" {
		p.errf("expr: %s\n", e.bad)
		return 2
	}
	p.outf("%s\n", v)
	return b2i(exprNull(v))
}

// exprNull reports an empty string or a zero.
func exprNull(v string) bool {
	if v == "" {
		return true
	}
	digits := strings.TrimPrefix(v, "-")
	return digits != "" && strings.Trim(digits, "0") == ""
}

var exprLevels = [...][]string{{"|"}, {"&"}, {"<", "<=", "=", "==", "!=", ">=", ">"}, {"+", "-"}, {"*", "/", "%"}, {":"}}

func (e *exprState) next() {
	e.last, e.a = e.a[0], e.a[1:]
}

func (e *exprState) binary(level int) string {
	if level == len(exprLevels) {
		return e.primary()
	}
	l := e.binary(level + 1)
	for e.bad == "" && len(e.a) > 0 {
		op := ""
		for _, o := range exprLevels[level] {
			if e.a[0] == o {
				op = o
			}
		}
		if op == "" {
			break
		}
		e.next()
		r := e.binary(level + 1)
		if e.bad == "" {
			l = e.apply(l, op, r)
		}
	}
	return l
}

func (e *exprState) apply(l, op, r string) string {
	switch op {
	case "|":
		switch {
		case !exprNull(l):
			return l
		case !exprNull(r):
			return r
		}
		return "0"
	case "&":
		if exprNull(l) || exprNull(r) {
			return "0"
		}
		return l
	case ":":
		return e.match(l, r)
	}
	x, ok1 := exprNumber(l)
	y, ok2 := exprNumber(r)
	switch op {
	case "+", "-", "*", "/", "%":
		switch {
		case !ok1 || !ok2:
			e.bad = "non-integer argument"
		case y == 0 && (op == "/" || op == "%"):
			e.bad = "division by zero"
		case op == "+":
			return strconv.FormatInt(x+y, 10)
		case op == "-":
			return strconv.FormatInt(x-y, 10)
		case op == "*":
			return strconv.FormatInt(x*y, 10)
		case y == -1 && op == "/":
			return strconv.FormatInt(-x, 10)
		case y == -1:
			return "0"
		case op == "/":
			return strconv.FormatInt(x/y, 10)
		default:
			return strconv.FormatInt(x%y, 10)
		}
		return ""
	}
	c := strings.Compare(l, r)
	if ok1 && ok2 {
		c = b2i(x > y) - b2i(x < y)
	}
	yes := map[string]bool{"<": c < 0, "<=": c <= 0, "=": c == 0, "==": c == 0, "!=": c != 0, ">=": c >= 0, ">": c > 0}[op]
	return strconv.Itoa(b2i(yes))
}

func exprNumber(s string) (int64, bool) {
	if s == "" || s[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	return n, err == nil
}

// match is STRING : REGEX, which begins at the start of the string: the first
// group, or how many characters fit.
func (e *exprState) match(s, pat string) string {
	re, err := posix("^"+strings.TrimPrefix(pat, "^"), false, false)
	if err != nil {
		e.bad = err.Error()
		return ""
	}
	m := re.FindStringSubmatchIndex(s)
	switch {
	case re.NumSubexp() > 0 && (m == nil || m[2] < 0):
		return ""
	case re.NumSubexp() > 0:
		return s[m[2]:m[3]]
	case m == nil:
		return "0"
	}
	return strconv.Itoa(len([]rune(s[:m[1]])))
}

func (e *exprState) primary() string {
	if e.bad != "" {
		return ""
	}
	if len(e.a) == 0 {
		e.bad = "syntax error: missing argument after ‘" + e.last + "’"
		return ""
	}
	word := e.a[0]
	e.next()
	switch {
	case word == "(":
		v := e.binary(0)
		switch {
		case e.bad != "":
		case len(e.a) == 0:
			e.bad = "syntax error: expecting ')' after ‘" + e.last + "’"
		case e.a[0] != ")":
			e.bad = "syntax error: expecting ')' instead of ‘" + e.a[0] + "’"
		default:
			e.next()
		}
		return v
	case word == ")":
		e.bad = "syntax error: unexpected ')'"
		return ""
	case word == "+" && len(e.a) > 0:
		v := e.a[0]
		e.next()
		return v
	case word == "length" && len(e.a) > 0:
		return strconv.Itoa(len([]rune(e.primary())))
	case word == "match" && len(e.a) > 0:
		s := e.primary()
		pat := e.primary()
		if e.bad != "" {
			return ""
		}
		return e.match(s, pat)
	case word == "index" && len(e.a) > 0:
		s := e.primary()
		set := e.primary()
		for i, c := range []rune(s) {
			if strings.ContainsRune(set, c) {
				return strconv.Itoa(i + 1)
			}
		}
		return "0"
	case word == "substr" && len(e.a) > 0:
		s := []rune(e.primary())
		from, ok1 := exprNumber(e.primary())
		n, ok2 := exprNumber(e.primary())
		if !ok1 || !ok2 || from < 1 || n < 1 || from > int64(len(s)) {
			return ""
		}
		return string(s[from-1 : min(from-1+n, int64(len(s)))])
	}
	return word
}
