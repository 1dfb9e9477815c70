package drill

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// call is one of the functions that are there.
func (m *pyMachine) call(n *pyNode) pyValue {
	var a []pyValue
	for _, k := range n.kids {
		a = append(a, m.eval(k))
	}
	need := func(lo, hi int) {
		if len(a) < lo || len(a) > hi {
			pyFail(n, "TypeError: %s() takes %d to %d arguments (%d given)", n.text, lo, hi, len(a))
		}
	}
	switch n.text {
	case "print":
		var l []string
		for _, v := range a {
			l = append(l, pyStrOf(v))
		}
		fmt.Fprintln(m.out, strings.Join(l, " "))
		return nil
	case "abs":
		need(1, 1)
		return pyAbs(n, a[0])
	case "min", "max":
		return pyExtreme(n, a)
	case "int":
		need(1, 1)
		return pyToInt(n, a[0])
	case "float":
		need(1, 1)
		return pyToFloat(n, a[0])
	case "str":
		need(1, 1)
		return pyStrOf(a[0])
	case "bool":
		need(1, 1)
		return pyTrue(a[0])
	case "len":
		need(1, 1)
		return pyLen(n, a[0])
	case "sum":
		need(1, 1)
		s, ok := a[0].(pySeq)
		if !ok {
			pyFail(n, "TypeError: '%s' object is not iterable", pyTypeName(a[0]))
		}
		var t pyValue = new(big.Int)
		for _, v := range s.list {
			t = m.arith(&pyNode{op: "+", line: n.line}, t, v)
		}
		return t
	case "round":
		need(1, 2)
		return pyRound(n, a)
	case "range":
		need(1, 3)
		return pyRange(n, a)
	case "all", "any":
		need(1, 1)
		s, ok := a[0].(pySeq)
		if !ok {
			pyFail(n, "TypeError: '%s' object is not iterable", pyTypeName(a[0]))
		}
		for _, v := range s.list {
			if pyTrue(v) == (n.text == "any") {
				return n.text == "any"
			}
		}
		return n.text == "all"
	}
	if _, ok := m.vars[n.text]; ok {
		pyFail(n, "TypeError: '%s' object is not callable", pyTypeName(m.vars[n.text]))
	}
	if pyBuiltin[n.text] {
		panic(notModelled{"python: " + n.text + "()"})
	}
	pyFail(n, "NameError: name '%s' is not defined", n.text)
	return nil
}

// pyBuiltin are functions of Python that the model does not have.
var pyBuiltin = words("sorted list tuple dict set map filter zip enumerate open input exec eval repr hex bin oct ord chr format isinstance type divmod pow reversed iter next getattr hash id vars dir locals globals exit quit")

func pyAbs(n *pyNode, v pyValue) pyValue {
	if f, ok := v.(float64); ok {
		return math.Abs(f)
	}
	i, ok := pyInt(v)
	if !ok {
		pyFail(n, "TypeError: bad operand type for abs(): '%s'", pyTypeName(v))
	}
	return new(big.Int).Abs(i)
}

func pyExtreme(n *pyNode, a []pyValue) pyValue {
	if s, ok := first(a).(pySeq); ok && len(a) == 1 {
		a = s.list
	}
	if len(a) == 0 {
		pyFail(n, "ValueError: %s() arg is an empty sequence", n.text)
	}
	best := a[0]
	for _, v := range a[1:] {
		c, ok := pyCompare(v, best)
		if !ok {
			pyFail(n, "TypeError: '<' not supported between instances of '%s' and '%s'", pyTypeName(v), pyTypeName(best))
		}
		if n.text == "min" && c < 0 || n.text == "max" && c > 0 {
			best = v
		}
	}
	return best
}

func first(a []pyValue) pyValue {
	if len(a) == 0 {
		return nil
	}
	return a[0]
}

func pyToInt(n *pyNode, v pyValue) pyValue {
	switch x := v.(type) {
	case float64:
		if math.IsNaN(x) || math.IsInf(x, 0) {
			pyFail(n, "OverflowError: cannot convert float to integer")
		}
		i, _ := big.NewFloat(x).Int(nil)
		return i
	case string:
		if i, ok := new(big.Int).SetString(strings.TrimSpace(x), 10); ok {
			return i
		}
		pyFail(n, "ValueError: invalid literal for int() with base 10: %s", pyRepr(x))
	}
	i, ok := pyInt(v)
	if !ok {
		pyFail(n, "TypeError: int() argument must be a string or a real number, not '%s'", pyTypeName(v))
	}
	return i
}

func pyToFloat(n *pyNode, v pyValue) pyValue {
	if s, ok := v.(string); ok {
		f, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		if err != nil {
			pyFail(n, "ValueError: could not convert string to float: %s", pyRepr(s))
		}
		return f
	}
	f, ok := pyFloatOf(v)
	if !ok {
		pyFail(n, "TypeError: float() argument must be a string or a real number, not '%s'", pyTypeName(v))
	}
	return f
}

func pyLen(n *pyNode, v pyValue) pyValue {
	switch x := v.(type) {
	case string:
		return big.NewInt(int64(len([]rune(x))))
	case pySeq:
		return big.NewInt(int64(len(x.list)))
	}
	pyFail(n, "TypeError: object of type '%s' has no len()", pyTypeName(v))
	return nil
}

func pyRound(n *pyNode, a []pyValue) pyValue {
	f, ok := a[0].(float64)
	if !ok {
		if i, ok := pyInt(a[0]); ok {
			return i
		}
		pyFail(n, "TypeError: type %s doesn't define __round__ method", pyTypeName(a[0]))
	}
	if len(a) == 1 {
		i, _ := big.NewFloat(math.RoundToEven(f)).Int(nil)
		return i
	}
	d, ok := pyInt(a[1])
	if !ok || !d.IsInt64() || d.Int64() < 0 || d.Int64() > 300 {
		pyFail(n, "TypeError: round() of that")
	}
	g, _ := strconv.ParseFloat(strconv.FormatFloat(f, 'f', int(d.Int64()), 64), 64)
	return g
}

func pyRange(n *pyNode, a []pyValue) pyValue {
	v := [3]int64{0, 0, 1}
	for i, x := range a {
		k, ok := pyInt(x)
		if !ok || !k.IsInt64() {
			pyFail(n, "TypeError: '%s' object cannot be interpreted as an integer", pyTypeName(x))
		}
		v[i] = k.Int64()
	}
	if len(a) == 1 {
		v[0], v[1] = 0, v[0]
	}
	if v[2] == 0 {
		pyFail(n, "ValueError: range() arg 3 must not be zero")
	}
	s := pySeq{}
	for i := v[0]; v[2] > 0 && i < v[1] || v[2] < 0 && i > v[1]; i += v[2] {
		if len(s.list) > 1<<16 {
			pyFail(n, "OverflowError: range() of so many numbers")
		}
		s.list = append(s.list, big.NewInt(i))
	}
	return s
}
