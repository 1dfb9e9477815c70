package lab

import (
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// arith works out $((…)): 64-bit integers, as dash does.
func (sh *shell) arith(x syntax.ArithmExpr) (int64, bool) {
	if x == nil {
		return 0, true
	}
	return sh.arithDepth(x, 0)
}

func (sh *shell) badArith(what string) (int64, bool) {
	if what != "division by zero" && what != "too deep" {
		what, _, _ = strings.Cut(what, ":")
	}
	sh.complain("arithmetic expression: %s: \"%s\"", what, sh.expr)
	sh.status, sh.exiting = 2, true
	return 0, false
}

func (sh *shell) arithDepth(x syntax.ArithmExpr, depth int) (int64, bool) {
	if depth > 200 {
		return sh.badArith("too deep")
	}
	switch e := x.(type) {
	case *syntax.ParenArithm:
		return sh.arithDepth(e.X, depth+1)
	case *syntax.Word:
		return sh.arithWord(e, depth)
	case *syntax.UnaryArithm:
		if e.Op == syntax.Inc || e.Op == syntax.Dec {
			return sh.badArith("expecting primary") // dash has neither ++ nor --
		}
		v, ok := sh.arithDepth(e.X, depth+1)
		if !ok {
			return 0, false
		}
		switch e.Op {
		case syntax.Not:
			return int64(b2i(v == 0)), true
		case syntax.BitNegation:
			return ^v, true
		case syntax.Plus:
			return v, true
		case syntax.Minus:
			return -v, true
		}
	case *syntax.BinaryArithm:
		return sh.arithBinary(e, depth)
	}
	return sh.badArith("expecting primary")
}

func (sh *shell) arithBinary(e *syntax.BinaryArithm, depth int) (int64, bool) {
	switch e.Op {
	case syntax.Pow:
		return sh.badArith("expecting primary")
	case syntax.Comma:
		return sh.badArith("expecting EOF")
	case syntax.TernQuest:
		c, ok := sh.arithDepth(e.X, depth+1)
		y, is := e.Y.(*syntax.BinaryArithm)
		if !ok || !is {
			return 0, false
		}
		if c != 0 {
			return sh.arithDepth(y.X, depth+1)
		}
		return sh.arithDepth(y.Y, depth+1)
	case syntax.AndArit, syntax.OrArit:
		l, ok := sh.arithDepth(e.X, depth+1)
		if !ok {
			return 0, false
		}
		if (l != 0) == (e.Op == syntax.OrArit) {
			return int64(b2i(l != 0)), true
		}
		r, ok := sh.arithDepth(e.Y, depth+1)
		return int64(b2i(r != 0)), ok
	}
	op := e.Op
	assign := true
	switch op {
	case syntax.Assgn:
	case syntax.AddAssgn:
		op = syntax.Add
	case syntax.SubAssgn:
		op = syntax.Sub
	case syntax.MulAssgn:
		op = syntax.Mul
	case syntax.QuoAssgn:
		op = syntax.Quo
	case syntax.RemAssgn:
		op = syntax.Rem
	case syntax.AndAssgn:
		op = syntax.And
	case syntax.OrAssgn:
		op = syntax.Or
	case syntax.XorAssgn:
		op = syntax.Xor
	case syntax.ShlAssgn:
		op = syntax.Shl
	case syntax.ShrAssgn:
		op = syntax.Shr
	default:
		assign = false
	}
	var l int64
	ok := true
	if e.Op != syntax.Assgn {
		if l, ok = sh.arithDepth(e.X, depth+1); !ok {
			return 0, false
		}
	}
	r, ok := sh.arithDepth(e.Y, depth+1)
	if !ok {
		return 0, false
	}
	v := r
	switch op {
	case syntax.Assgn:
	case syntax.Add:
		v = l + r
	case syntax.Sub:
		v = l - r
	case syntax.Mul:
		v = l * r
	case syntax.Quo, syntax.Rem:
		if r == 0 {
			return sh.badArith("division by zero")
		}
		if r == -1 {
			v = -l
			if op == syntax.Rem {
				v = 0
			}
		} else if v = l / r; op == syntax.Rem {
			v = l % r
		}
	case syntax.And:
		v = l & r
	case syntax.Or:
		v = l | r
	case syntax.Xor:
		v = l ^ r
	case syntax.Shl:
		v = l << (uint(r) & 63)
	case syntax.Shr:
		v = l >> (uint(r) & 63)
	case syntax.Eql:
		v = int64(b2i(l == r))
	case syntax.Neq:
		v = int64(b2i(l != r))
	case syntax.Gtr:
		v = int64(b2i(l > r))
	case syntax.Lss:
		v = int64(b2i(l < r))
	case syntax.Geq:
		v = int64(b2i(l >= r))
	case syntax.Leq:
		v = int64(b2i(l <= r))
	default:
		return sh.badArith("expecting EOF")
	}
	if assign {
		w, is := e.X.(*syntax.Word)
		if !is || !sh.setVar(w.Lit(), strconv.FormatInt(v, 10)) {
			return 0, false
		}
	}
	return v, true
}

// arithWord is a number, a variable, or an expansion that gives an expression.
func (sh *shell) arithWord(w *syntax.Word, depth int) (int64, bool) {
	s := strings.TrimSpace(sh.joined(w))
	if sh.exiting {
		return 0, false
	}
	return sh.arithText(s, w.Lit() != "", depth)
}

func (sh *shell) arithText(s string, literal bool, depth int) (int64, bool) {
	if depth > 100 {
		return sh.badArith("too deep")
	}
	if s == "" {
		if literal {
			return 0, true
		}
		return 0, true
	}
	if n, err := strconv.ParseInt(s, 0, 64); err == nil && !strings.ContainsAny(s, "_bo") {
		return n, true
	}
	if syntax.ValidName(s) {
		v, set := sh.special(s)
		if !set && sh.nounset {
			sh.unset(s)
			return 0, false
		}
		if syntax.ValidName(v) {
			sh.complain("Illegal number: %s", v)
			sh.status, sh.exiting = 2, true
			return 0, false
		}
		return sh.arithText(strings.TrimSpace(v), false, depth+1)
	}
	if literal {
		if s[0] >= '0' && s[0] <= '9' { // a number that goes on as something else
			return sh.badArith("expecting EOF")
		}
		return sh.badArith("expecting primary: \"" + s + "\"")
	}
	x, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Arithmetic(strings.NewReader(s))
	if err != nil {
		return sh.badArith("expecting EOF: \"" + s + "\"")
	}
	if ww, ok := x.(*syntax.Word); ok && ww.Lit() == s {
		return sh.badArith("expecting primary: \"" + s + "\"")
	}
	return sh.arithDepth(x, depth+1)
}
