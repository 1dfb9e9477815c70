package drill

import (
	"math"
	"math/big"
	"strings"
)

// arith is a binary operator.
func (m *pyMachine) arith(n *pyNode, a, b pyValue) pyValue {
	if f, ok := a.(string); ok {
		return m.strings(n, f, b)
	}
	if p, ok := a.(pySeq); ok && n.op == "+" {
		if q, ok := b.(pySeq); ok && p.tuple == q.tuple {
			return pySeq{append(append([]pyValue{}, p.list...), q.list...), p.tuple}
		}
	}
	x, ok1 := pyInt(a)
	y, ok2 := pyInt(b)
	if ok1 && ok2 && (n.op != "/") && !(n.op == "**" && y.Sign() < 0) {
		return pyIntOp(n, x, y)
	}
	f, ok1 := pyFloatOf(a)
	g, ok2 := pyFloatOf(b)
	if !ok1 || !ok2 || strings.Contains("& | ^ << >>", n.op) {
		pyFail(n, "TypeError: unsupported operand type(s) for %s: '%s' and '%s'", n.op, pyTypeName(a), pyTypeName(b))
	}
	if g == 0 && strings.Contains("/ // %", n.op) {
		pyFail(n, "ZeroDivisionError: division by zero")
	}
	switch n.op {
	case "+":
		return f + g
	case "-":
		return f - g
	case "*":
		return f * g
	case "/":
		return f / g
	case "//":
		return math.Floor(f / g)
	case "%":
		return f - g*math.Floor(f/g)
	}
	return math.Pow(f, g)
}

// strings are operators on a string.
func (m *pyMachine) strings(n *pyNode, s string, b pyValue) pyValue {
	switch t, ok := b.(string); {
	case n.op == "%":
		r, err := pyFormat(s, b)
		if nm, is := err.(notModelled); is {
			panic(nm)
		}
		if err != nil {
			pyFail(n, "%s", err)
		}
		return r
	case n.op == "+" && ok:
		return s + t
	}
	pyFail(n, "TypeError: unsupported operand type(s) for %s: 'str' and '%s'", n.op, pyTypeName(b))
	return nil
}

// pyIntOp is an operator on integers.
func pyIntOp(n *pyNode, x, y *big.Int) pyValue {
	z := new(big.Int)
	switch n.op {
	case "+":
		return z.Add(x, y)
	case "-":
		return z.Sub(x, y)
	case "*":
		return z.Mul(x, y)
	case "&":
		return z.And(x, y)
	case "|":
		return z.Or(x, y)
	case "^":
		return z.Xor(x, y)
	case "<<", ">>", "**":
		if !y.IsInt64() || y.Sign() < 0 || y.Int64() > 4096 || x.BitLen() > 4096 {
			pyFail(n, "OverflowError: %s of such numbers", n.op)
		}
		switch n.op {
		case "<<":
			return z.Lsh(x, uint(y.Int64()))
		case ">>":
			return z.Rsh(x, uint(y.Int64()))
		}
		if x.BitLen()*int(y.Int64()) > 1<<16 {
			pyFail(n, "OverflowError: %s of such numbers", n.op)
		}
		return z.Exp(x, y, nil)
	}
	if y.Sign() == 0 {
		pyFail(n, "ZeroDivisionError: division by zero")
	}
	// Python rounds down.
	q, r := z.QuoRem(x, y, new(big.Int))
	if r.Sign() != 0 && r.Sign() != y.Sign() {
		q.Sub(q, big.NewInt(1))
		r.Add(r, y)
	}
	if n.op == "//" {
		return q
	}
	return r
}
