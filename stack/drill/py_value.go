package drill

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// A pyValue is nil (None), bool, *big.Int, float64, string or pySeq.
type pyValue any

// A pySeq is a tuple or a list.
type pySeq struct {
	list  []pyValue
	tuple bool
}

// pyStrOf is str(v).
func pyStrOf(v pyValue) string {
	if s, ok := v.(string); ok {
		return s
	}
	return pyRepr(v)
}

// pyRepr is repr(v).
func pyRepr(v pyValue) string {
	switch x := v.(type) {
	case nil:
		return "None"
	case bool:
		if x {
			return "True"
		}
		return "False"
	case *big.Int:
		return x.String()
	case float64:
		return pyFloat(x)
	case string:
		return "'" + strings.ReplaceAll(x, "'", "\\'") + "'"
	case pySeq:
		var l []string
		for _, e := range x.list {
			l = append(l, pyRepr(e))
		}
		switch s := strings.Join(l, ", "); {
		case !x.tuple:
			return "[" + s + "]"
		case len(l) == 1:
			return "(" + s + ",)"
		default:
			return "(" + s + ")"
		}
	}
	return "?"
}

func pyFloat(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1e16 {
		return strconv.FormatFloat(f, 'f', 1, 64)
	}
	s := strconv.FormatFloat(f, 'g', -1, 64)
	return s
}

// pyTrue is bool(v).
func pyTrue(v pyValue) bool {
	switch x := v.(type) {
	case bool:
		return x
	case *big.Int:
		return x.Sign() != 0
	case float64:
		return x != 0
	case string:
		return x != ""
	case pySeq:
		return len(x.list) > 0
	}
	return false
}

// pyInt is an integer's value; a bool is one.
func pyInt(v pyValue) (*big.Int, bool) {
	switch x := v.(type) {
	case *big.Int:
		return x, true
	case bool:
		if x {
			return big.NewInt(1), true
		}
		return new(big.Int), true
	}
	return nil, false
}

// pyFloatOf is a number's value as a float.
func pyFloatOf(v pyValue) (float64, bool) {
	if f, ok := v.(float64); ok {
		return f, true
	}
	if n, ok := pyInt(v); ok {
		f, _ := new(big.Float).SetInt(n).Float64()
		return f, true
	}
	return 0, false
}

// pyCompare is the order of two values; ok is false when they have none.
func pyCompare(a, b pyValue) (c int, ok bool) {
	x, ok1 := pyInt(a)
	y, ok2 := pyInt(b)
	if ok1 && ok2 {
		return x.Cmp(y), true
	}
	f, ok1 := pyFloatOf(a)
	g, ok2 := pyFloatOf(b)
	if ok1 && ok2 {
		switch {
		case f < g:
			return -1, true
		case f > g:
			return 1, true
		}
		return 0, true
	}
	s, ok1 := a.(string)
	t, ok2 := b.(string)
	if ok1 && ok2 {
		return strings.Compare(s, t), true
	}
	p, ok1 := a.(pySeq)
	q, ok2 := b.(pySeq)
	if !ok1 || !ok2 || p.tuple != q.tuple {
		return 0, false
	}
	for i := range min(len(p.list), len(q.list)) {
		if c, ok := pyCompare(p.list[i], q.list[i]); !ok || c != 0 {
			return c, ok
		}
	}
	return len(p.list) - len(q.list), true
}

// pyEqual is a == b.
func pyEqual(a, b pyValue) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	c, ok := pyCompare(a, b)
	return ok && c == 0
}

func pyTypeName(v pyValue) string {
	switch x := v.(type) {
	case nil:
		return "NoneType"
	case bool:
		return "bool"
	case *big.Int:
		return "int"
	case float64:
		return "float"
	case string:
		return "str"
	case pySeq:
		if x.tuple {
			return "tuple"
		}
		return "list"
	}
	return "object"
}

// pyFormat is format % values.
func pyFormat(f string, v pyValue) (string, error) {
	args := []pyValue{v}
	if s, ok := v.(pySeq); ok && s.tuple {
		args = s.list
	}
	var b strings.Builder
	for i := 0; i < len(f); i++ {
		if f[i] != '%' {
			b.WriteByte(f[i])
			continue
		}
		j := i + 1
		for j < len(f) && strings.IndexByte("#0- +.123456789", f[j]) >= 0 {
			j++
		}
		if j == len(f) {
			return "", fmt.Errorf("ValueError: incomplete format")
		}
		spec := f[i+1 : j]
		if len(spec) > 8 {
			return "", notModelled{"python: the format %" + spec}
		}
		i = j
		if f[j] == '%' {
			b.WriteByte('%')
			continue
		}
		if len(args) == 0 {
			return "", fmt.Errorf("TypeError: not enough arguments for format string")
		}
		s, err := pyVerb(spec, f[j], args[0])
		if err != nil {
			return "", err
		}
		args = args[1:]
		b.WriteString(s)
	}
	if len(args) > 0 {
		return "", fmt.Errorf("TypeError: not all arguments converted during string formatting")
	}
	return b.String(), nil
}

// pyVerb is one conversion.
func pyVerb(spec string, verb byte, v pyValue) (string, error) {
	switch verb {
	case 's':
		return fmt.Sprintf("%"+spec+"s", pyStrOf(v)), nil
	case 'r':
		return fmt.Sprintf("%"+spec+"s", pyRepr(v)), nil
	case 'd', 'i', 'u', 'x', 'X', 'o':
		n, ok := pyInt(v)
		if f, is := v.(float64); is && strings.IndexByte("diu", verb) >= 0 {
			n, _ = big.NewFloat(f).Int(nil)
			ok = true
		}
		if !ok {
			return "", fmt.Errorf("TypeError: %%%c format: a real number is required, not %s", verb, pyTypeName(v))
		}
		if verb == 'i' || verb == 'u' {
			verb = 'd'
		}
		return fmt.Sprintf("%"+spec+string(verb), n), nil
	case 'f', 'F', 'e', 'E', 'g', 'G':
		f, ok := pyFloatOf(v)
		if !ok {
			return "", fmt.Errorf("TypeError: must be real number, not %s", pyTypeName(v))
		}
		return fmt.Sprintf("%"+spec+string(verb), f), nil
	}
	return "", fmt.Errorf("ValueError: unsupported format character '%c'", verb)
}
