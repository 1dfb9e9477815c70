package drill

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
)

// evaluate puts numbers in the place of symbols, and joins strings (evaluate).
func evaluate(x *Expr) (*Expr, error) {
	switch x.Kind {
	case ExHex:
		return &Expr{Kind: ExInt, N: x.N}, nil
	case ExWord:
		n, err := symbol(x.S)
		return &Expr{Kind: ExInt, N: n}, err
	case ExString, ExStringDots:
		s, err := unescape(x.S)
		return &Expr{Kind: ExString, S: s}, err
	case ExInetAddr:
		n := int64(0xffffffff) // INADDR_NONE
		if a, err := netip.ParseAddr(x.S); err == nil && a.Is4() {
			b := a.As4()
			n = int64(binary.LittleEndian.Uint32(b[:]))
		}
		return &Expr{Kind: ExInt, N: n}, nil
	case ExOr, ExConcat:
		return binary2(x)
	}
	if len(x.Sub) == 0 {
		return x, nil
	}
	y := *x
	y.Sub = make([]*Expr, len(x.Sub))
	for i, s := range x.Sub {
		var err error
		if y.Sub[i], err = evaluate(s); err != nil {
			return nil, err
		}
	}
	return &y, nil
}

// binary2 is evaluate_binary_expression for | and strings side by side.
func binary2(x *Expr) (*Expr, error) {
	l, err := evaluate(x.Sub[0])
	if err != nil {
		return nil, err
	}
	r, err := evaluate(x.Sub[1])
	switch {
	case err != nil:
		return nil, err
	case x.Kind == ExConcat && l.Kind == ExString && r.Kind == ExString:
		return &Expr{Kind: ExString, S: l.S + r.S}, nil
	case x.Kind == ExConcat:
		return nil, errors.New("bad input types for concatenation")
	case l.Kind != ExInt:
		return nil, errors.New("left hand side of | not an integer")
	case r.Kind != ExInt:
		return nil, errors.New("right hand side of | not an integer")
	}
	return &Expr{Kind: ExInt, N: l.N | r.N}, nil
}

// unescape is unescape_cstring_expression. There a backslash and a quote behind
// a backslash come out as a form feed.
func unescape(s string) (string, error) {
	var b []byte
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		i++
		if i == len(s) {
			return "", errors.New("unsupported escape code: ''")
		}
		switch s[i] {
		case '\\', '"', 'f':
			b = append(b, '\f')
		case 'n':
			b = append(b, '\n')
		case 'r':
			b = append(b, '\r')
		case 't':
			b = append(b, '\t')
		case 'v':
			b = append(b, '\v')
		case 'x':
			n, err := strconv.ParseUint(s[i+1:min(i+3, len(s))], 16, 8)
			if err != nil || i+3 > len(s) {
				return "", fmt.Errorf("invalid hex escape (\\xhh): '\\x%s'", s[i+1:])
			}
			b = append(b, byte(n))
			i += 2
		default:
			return "", fmt.Errorf("unsupported escape code: '%c'", s[i])
		}
	}
	return string(b), nil
}

// want is check_type.
func (x *Expr) want(k ExprKind) error {
	if x.Kind == k || k == ExList && x.Kind == ExStruct {
		return nil
	}
	return fmt.Errorf("Bad type; actual: %s expected: %s", x.Kind, k)
}

// int32 is get_s32: a number that fits into 32 bits, with sign or without.
func (x *Expr) int32() (int, error) {
	if err := x.want(ExInt); err != nil {
		return 0, err
	}
	if x.N > 1<<32-1 || x.N < -1<<31 {
		return 0, fmt.Errorf("Value out of range for 32-bit integer: %d", x.N)
	}
	return int(int32(x.N)), nil
}

// arguments are those of a system call, read one after the other; the first
// that is wrong is remembered.
type arguments struct {
	list []*Expr
	err  error
}

func (a *arguments) fail(err error) {
	if a.err == nil {
		a.err = err
	}
}

// count is check_arg_count.
func (a *arguments) count(n int) {
	if len(a.list) != n {
		a.fail(fmt.Errorf("Expected %d args but got %d", n, len(a.list)))
	}
}

// at is get_arg.
func (a *arguments) at(i int) *Expr {
	if i >= len(a.list) {
		a.fail(errors.New("Argument list too short"))
		return &Expr{Kind: ExEllipsis}
	}
	return a.list[i]
}

// int is s32_arg.
func (a *arguments) int(i int) int {
	n, err := a.at(i).int32()
	if err != nil {
		a.fail(err)
	}
	return n
}

// ellipsis is ellipsis_arg.
func (a *arguments) ellipsis(i int) {
	if err := a.at(i).want(ExEllipsis); err != nil {
		a.fail(err)
	}
}

// bracketed is bracketed_arg: the one element of a list.
func (a *arguments) bracketed(i int) *Expr {
	x := a.at(i)
	if err := x.want(ExList); err != nil {
		a.fail(err)
		return &Expr{Kind: ExInt}
	}
	if len(x.Sub) != 1 {
		a.fail(errors.New("Expected [<element>] but got multiple elements"))
		return &Expr{Kind: ExInt}
	}
	return x.Sub[0]
}

// bracketedInt is s32_bracketed_arg.
func (a *arguments) bracketedInt(i int) int {
	n, err := a.bracketed(i).int32()
	if err != nil {
		a.fail(err)
	}
	return n
}

// buffer is buffer_arg: "..." is a buffer, 0 is NULL.
func (a *arguments) buffer(i int) (null bool) {
	switch x := a.at(i); {
	case x.Kind == ExEllipsis:
	case x.Kind == ExInt && x.N == 0:
		return true
	default:
		a.fail(errors.New("Expected ... or NULL for buffer"))
	}
	return false
}
