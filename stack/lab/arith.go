package lab

import (
	"strconv"
	"strings"
)

// An arithState works out one $((…)) as dash does (arith_yacc.c): from the text
// that the expansions have left, in 64-bit integers.
type arithState struct {
	sh    *shell
	text  string // the whole expression, for messages
	rest  string
	tok   string // the last token: an operator, "num", "var", "" at the end, "bad"
	num   int64
	name  string
	depth int
	bad   bool
}

// arith is arith of dash; false after an error, which ends the shell.
func (sh *shell) arith(text string) (int64, bool) {
	a := &arithState{sh: sh, text: text, rest: text}
	a.next()
	v := a.assignment(false)
	if !a.bad && a.tok != "" {
		a.fail("expecting EOF")
	}
	return v, !a.bad
}

// fail is yyerror.
func (a *arithState) fail(what string) int64 {
	if !a.bad {
		a.bad = true
		a.sh.complain("arithmetic expression: %s: \"%s\"", what, a.text)
		a.sh.status, a.sh.exiting = 2, true
	}
	a.tok, a.rest = "", ""
	return 0
}

// arithOps are the operators, the longer ones first.
var arithOps = [...]string{"<<=", ">>=", "<=", ">=", "<<", ">>", "==", "!=", "&&", "||", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=",
	"<", ">", "=", "!", "&", "|", "+", "-", "*", "/", "%", "^", "~", "(", ")", "?", ":"}

// next is yylex.
func (a *arithState) next() {
	if a.bad {
		return
	}
	s := strings.TrimLeft(a.rest, " \t\n")
	if s == "" {
		a.tok, a.rest = "", ""
		return
	}
	switch c := s[0]; {
	case c >= '0' && c <= '9':
		n, l, _ := strtoimax(s)
		a.tok, a.num, a.rest = "num", n, s[l:]
		return
	case c == '_' || c|32 >= 'a' && c|32 <= 'z':
		i := 1
		for i < len(s) && (s[i] == '_' || s[i]|32 >= 'a' && s[i]|32 <= 'z' || s[i] >= '0' && s[i] <= '9') {
			i++
		}
		a.tok, a.name, a.rest = "var", s[:i], s[i:]
		return
	}
	for _, op := range arithOps {
		if strings.HasPrefix(s, op) {
			a.tok, a.rest = op, s[len(op):]
			return
		}
	}
	a.tok, a.rest = "bad", s
}

// strtoimax is strtoimax(s, &end, 0): the number, how long it is, and whether it
// did not fit.
func strtoimax(s string) (n int64, length int, over bool) {
	i := 0
	for i < len(s) && strings.IndexByte(" \t\n\v\f\r", s[i]) >= 0 {
		i++
	}
	neg := false
	if i < len(s) && (s[i] == '-' || s[i] == '+') {
		neg = s[i] == '-'
		i++
	}
	base := 10
	isHex := func(c byte) bool { return c >= '0' && c <= '9' || c|32 >= 'a' && c|32 <= 'f' }
	if i < len(s) && s[i] == '0' {
		base = 8
		if i+2 < len(s) && s[i+1]|32 == 'x' && isHex(s[i+2]) {
			base, i = 16, i+2
		}
	}
	j := i
	for j < len(s) && (base == 16 && isHex(s[j]) || base < 16 && s[j] >= '0' && s[j] < '0'+byte(base)) {
		j++
	}
	if j == i {
		return 0, 0, false
	}
	digits := s[i:j]
	if neg {
		digits = "-" + digits
	}
	n, err := strconv.ParseInt(digits, base, 64)
	return n, j, err != nil
}

// variable is lookupvarint.
func (a *arithState) variable(name string, noeval bool) int64 {
	if noeval || a.bad {
		return 0
	}
	v, _ := a.sh.special(name)
	n, l, over := strtoimax(v)
	if over || strings.TrimSpace(v[l:]) != "" {
		a.bad = true
		a.sh.complain("Illegal number: %s", v)
		a.sh.status, a.sh.exiting = 2, true
		a.tok, a.rest = "", ""
		return 0
	}
	return n
}

func (a *arithState) enter() bool {
	if a.depth++; a.depth > 1000 {
		a.fail("too deep")
		return false
	}
	return true
}

func (a *arithState) assignment(noeval bool) int64 {
	defer func() { a.depth-- }()
	if !a.enter() || a.tok != "var" {
		return a.cond(noeval)
	}
	name, before, mark := a.name, a.rest, a.tok
	a.next()
	op := a.tok
	if !strings.HasSuffix(op, "=") || op == "==" || op == "!=" || op == "<=" || op == ">=" {
		a.tok, a.name, a.rest = mark, name, before
		return a.cond(noeval)
	}
	a.next()
	v := a.assignment(noeval)
	if noeval || a.bad {
		return v
	}
	if op != "=" {
		v = a.binop(op[:len(op)-1], a.variable(name, false), v)
	}
	if !a.bad && !a.sh.setVar(name, strconv.FormatInt(v, 10)) {
		a.bad = true
	}
	return v
}

func (a *arithState) cond(noeval bool) int64 {
	defer func() { a.depth-- }()
	if !a.enter() {
		return 0
	}
	c := a.or(noeval)
	if a.tok != "?" {
		return c
	}
	a.next()
	y := a.assignment(noeval || c == 0)
	if a.tok != ":" {
		return a.fail("expecting ':'")
	}
	a.next()
	n := a.cond(noeval || c != 0)
	if c != 0 {
		return y
	}
	return n
}

func (a *arithState) or(noeval bool) int64 {
	v := a.and(noeval)
	for a.tok == "||" {
		a.next()
		w := a.and(noeval || v != 0)
		v = int64(b2i(v != 0 || w != 0))
	}
	return v
}

func (a *arithState) and(noeval bool) int64 {
	v := a.binary(noeval, 0)
	for a.tok == "&&" {
		a.next()
		w := a.binary(noeval || v == 0, 0)
		v = int64(b2i(v != 0 && w != 0))
	}
	return v
}

// arithPrec is arith_prec: what binds closer is higher, 0 is no such operator.
func arithPrec(op string) int {
	switch op {
	case "*", "/", "%":
		return 8
	case "+", "-":
		return 7
	case "<<", ">>":
		return 6
	case "<", "<=", ">", ">=":
		return 5
	case "==", "!=":
		return 4
	case "&":
		return 3
	case "^":
		return 2
	case "|":
		return 1
	}
	return 0
}

func (a *arithState) binary(noeval bool, above int) int64 {
	v := a.primary(noeval)
	for {
		op := a.tok
		p := arithPrec(op)
		if p <= above {
			return v
		}
		a.next()
		w := a.binary(noeval, p)
		if !noeval && !a.bad {
			v = a.binop(op, v, w)
		}
	}
}

func (a *arithState) binop(op string, l, r int64) int64 {
	switch op {
	case "+":
		return l + r
	case "-":
		return l - r
	case "*":
		return l * r
	case "/", "%":
		switch {
		case r == 0:
			return a.fail("division by zero")
		case r == -1 && op == "/":
			return -l
		case r == -1:
			return 0
		case op == "/":
			return l / r
		}
		return l % r
	case "&":
		return l & r
	case "|":
		return l | r
	case "^":
		return l ^ r
	case "<<":
		return l << (uint(r) & 63)
	case ">>":
		return l >> (uint(r) & 63)
	case "<":
		return int64(b2i(l < r))
	case "<=":
		return int64(b2i(l <= r))
	case ">":
		return int64(b2i(l > r))
	case ">=":
		return int64(b2i(l >= r))
	case "==":
		return int64(b2i(l == r))
	}
	return int64(b2i(l != r))
}

func (a *arithState) primary(noeval bool) int64 {
	defer func() { a.depth-- }()
	if !a.enter() {
		return 0
	}
	tok := a.tok
	switch tok {
	case "(":
		a.next()
		v := a.assignment(noeval)
		if a.tok != ")" {
			return a.fail("expecting ')'")
		}
		a.next()
		return v
	case "num":
		v := a.num
		a.next()
		return v
	case "var":
		name := a.name
		a.next()
		return a.variable(name, noeval)
	case "+":
		a.next()
		return a.primary(noeval)
	case "-":
		a.next()
		return -a.primary(noeval)
	case "!":
		a.next()
		return int64(b2i(a.primary(noeval) == 0))
	case "~":
		a.next()
		return ^a.primary(noeval)
	}
	return a.fail("expecting primary")
}
