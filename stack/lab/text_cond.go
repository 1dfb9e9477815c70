package lab

import (
	"fmt"
	"strconv"
	"strings"
)

// test is test(1) and [.
func test(p *Proc, a []string) int {
	if a[0] == "[" {
		if a[len(a)-1] != "]" {
			p.errf("%s: [: missing ]\n", p.shellName())
			return 2
		}
		a = a[:len(a)-1]
	}
	t := &tester{p: p, a: a[1:], cmd: a[0]}
	if len(t.a) == 0 || len(t.a) == 2 && t.a[0] == "(" && t.a[1] == ")" {
		return 1
	}
	if len(t.a) == 2 && binaryOp(t.a[1]) && t.a[1] != "==" && t.a[0] != "!" && !(len(t.a[0]) == 2 && t.a[0][0] == '-') {
		p.errf("%s: %s: %s: argument expected\n", p.shellName(), t.cmd, t.a[1])
		return 2
	}
	v := t.or()
	if t.bad == "" && len(t.a) > 0 {
		t.bad = fmt.Sprintf("%s: unexpected operator", a[len(a)-len(t.a)-1])
	}
	if t.bad != "" {
		p.errf("%s: %s: %s\n", p.shellName(), t.cmd, t.bad)
		return 2
	}
	return b2i(!v)
}

type tester struct {
	p   *Proc
	a   []string
	cmd string
	bad string
	n   int
}

func (t *tester) or() bool {
	v := t.and()
	for t.bad == "" && len(t.a) > 0 && t.a[0] == "-o" {
		t.a = t.a[1:]
		w := t.and()
		v = v || w
	}
	return v
}

func (t *tester) and() bool {
	v := t.not()
	for t.bad == "" && len(t.a) > 0 && t.a[0] == "-a" {
		t.a = t.a[1:]
		w := t.not()
		v = v && w
	}
	return v
}

func (t *tester) not() bool {
	if t.n++; t.n > 1000 {
		t.bad = "too many arguments"
		return false
	}
	if len(t.a) > 1 && t.a[0] == "!" && !(len(t.a) >= 3 && binaryOp(t.a[1])) {
		t.a = t.a[1:]
		return !t.not()
	}
	return t.primary()
}

func binaryOp(s string) bool {
	switch s {
	case "=", "==", "!=", "<", ">", "-eq", "-ne", "-lt", "-le", "-gt", "-ge", "-nt", "-ot", "-ef":
		return true
	}
	return false
}

func (t *tester) primary() bool {
	a := t.a
	if len(a) == 0 {
		t.bad = "argument expected"
		return false
	}
	if len(a) >= 3 && binaryOp(a[1]) {
		t.a = a[3:]
		return t.binary(a[0], a[1], a[2])
	}
	if a[0] == "(" && len(a) > 2 {
		t.a = a[1:]
		v := t.or()
		if len(t.a) == 0 || t.a[0] != ")" {
			t.bad = "closing paren expected"
			return false
		}
		t.a = t.a[1:]
		return v
	}
	if len(a) >= 2 && len(a[0]) == 2 && a[0][0] == '-' && strings.IndexByte("bcdefghknprsStuwxzLGO", a[0][1]) >= 0 {
		t.a = a[2:]
		return t.unary(a[0][1], a[1])
	}
	t.a = a[1:]
	return a[0] != ""
}

func (t *tester) number(s string) int64 {
	n, err := strconv.ParseInt(strings.TrimSpace(s), 10, 64)
	if err != nil && t.bad == "" {
		t.bad = "Illegal number: " + s
	}
	return n
}

func (t *tester) binary(l, op, r string) bool {
	switch op {
	case "=", "==":
		if op == "==" {
			t.bad = "" // dash knows = only
			t.bad = fmt.Sprintf("%s: unexpected operator", l)
			return false
		}
		return l == r
	case "!=":
		return l != r
	case "<":
		return l < r
	case ">":
		return l > r
	case "-nt", "-ot", "-ef":
		return op == "-ef" && t.p.abs(l) == t.p.abs(r)
	}
	x, y := t.number(l), t.number(r)
	switch op {
	case "-eq":
		return x == y
	case "-ne":
		return x != y
	case "-lt":
		return x < y
	case "-le":
		return x <= y
	case "-gt":
		return x > y
	}
	return x >= y
}

func (t *tester) unary(op byte, s string) bool {
	switch op {
	case 'z':
		return s == ""
	case 'n':
		return s != ""
	case 't':
		return false
	}
	st, e := t.p.stat(s)
	if e != "" {
		return false
	}
	switch op {
	case 'd':
		return st.dir
	case 'f':
		return !st.dir && !st.dev
	case 's':
		return st.size > 0
	case 'x':
		return st.dir || st.exec
	case 'e', 'r', 'w', 'O', 'G':
		return true
	case 'c':
		return st.dev
	case 'L', 'h':
		return strings.HasPrefix(t.p.abs(s), "/sys/class/net/") && strings.Count(t.p.abs(s), "/") == 4
	}
	return false
}
