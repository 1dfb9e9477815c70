package drill

import (
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
)

// A pyMachine runs blocks of Python one after the other: they share names.
type pyMachine struct {
	vars  map[string]pyValue
	out   io.Writer
	steps int
}

// pySteps is how much a script's Python may do: more is an endless loop.
const pySteps = 1 << 20

// pyAssert is an assertion that does not hold.
type pyAssert struct {
	line    int
	text    string // the expression
	message string
	has     bool
	values  string // of the names in it
}

func (e *pyAssert) Error() string {
	s := "assert " + e.text + ": AssertionError"
	if e.has {
		s += ": " + e.message
	}
	if e.values != "" {
		s += " (" + e.values + ")"
	}
	return s
}

// run runs a block.
func (m *pyMachine) run(src string) (err error) {
	list, err := pyParse(src)
	if err != nil {
		return err
	}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if !ok {
				panic(r)
			}
			if _, ok := e.(interface{ RuntimeError() }); ok {
				panic(r)
			}
			err = e
		}
	}()
	m.block(list)
	return nil
}

func (m *pyMachine) block(list []*pyNode) {
	for _, n := range list {
		m.exec(n)
	}
}

func pyFail(n *pyNode, format string, a ...any) {
	panic(&pyError{n.line, fmt.Sprintf(format, a...)})
}

// exec runs a statement.
func (m *pyMachine) exec(n *pyNode) {
	if m.steps++; m.steps > pySteps {
		pyFail(n, "stopped after %d steps of Python", pySteps)
	}
	switch n.op {
	case "assert":
		m.assert(n)
	case "pass":
	case "block":
		m.block(n.kids)
	case "if":
		if pyTrue(m.eval(n.kids[0])) {
			m.exec(n.kids[1])
		} else if len(n.kids) > 2 {
			m.exec(n.kids[2])
		}
	case "while":
		for pyTrue(m.eval(n.kids[0])) {
			m.exec(n.kids[1])
		}
	case "for":
		s, ok := m.eval(n.kids[1]).(pySeq)
		if !ok {
			pyFail(n, "TypeError: object is not iterable")
		}
		for _, v := range s.list {
			m.vars[n.kids[0].text] = v
			m.exec(n.kids[2])
		}
	case "=":
		m.assign(n.kids[0], m.eval(n.kids[1]))
	default:
		m.eval(n)
	}
}

func (m *pyMachine) assign(to *pyNode, v pyValue) {
	if to.op == "name" {
		m.vars[to.text] = v
		return
	}
	s, ok := v.(pySeq)
	if !ok || len(s.list) != len(to.kids) {
		pyFail(to, "ValueError: cannot unpack")
	}
	for i, k := range to.kids {
		if k.op != "name" {
			pyFail(to, "SyntaxError: cannot assign to %s", k.op)
		}
		m.vars[k.text] = s.list[i]
	}
}

// assert checks, and tells the values of the names that stand in it.
func (m *pyMachine) assert(n *pyNode) {
	if pyTrue(m.eval(n.kids[0])) {
		return
	}
	e := &pyAssert{line: n.line, text: n.text}
	if len(n.kids) > 1 {
		e.has, e.message = true, pyStrOf(m.eval(n.kids[1]))
	}
	var list []string
	m.names(n.kids[0], func(name string, v pyValue) { list = append(list, name+" is "+pyRepr(v)) })
	e.values = strings.Join(list, ", ")
	panic(e)
}

func (m *pyMachine) names(n *pyNode, f func(string, pyValue)) {
	if v, ok := m.vars[n.text]; n.op == "name" && ok {
		f(n.text, v)
	}
	for _, k := range n.kids {
		m.names(k, f)
	}
}

// eval is the value of an expression.
func (m *pyMachine) eval(n *pyNode) pyValue {
	if m.steps++; m.steps > pySteps {
		pyFail(n, "stopped after %d steps of Python", pySteps)
	}
	switch n.op {
	case "num":
		return pyNumber(n)
	case "str":
		return n.text
	case "name":
		return m.name(n)
	case "paren":
		return m.eval(n.kids[0])
	case "tuple", "list":
		s := pySeq{tuple: n.op == "tuple"}
		for _, k := range n.kids {
			s.list = append(s.list, m.eval(k))
		}
		return s
	case "?":
		if pyTrue(m.eval(n.kids[0])) {
			return m.eval(n.kids[1])
		}
		return m.eval(n.kids[2])
	case "and", "or":
		v := m.eval(n.kids[0])
		if pyTrue(v) == (n.op == "and") {
			return m.eval(n.kids[1])
		}
		return v
	case "not":
		return !pyTrue(m.eval(n.kids[0]))
	case "compare":
		return m.compare(n)
	case "call":
		return m.call(n)
	case "index":
		return m.index(n)
	case "unary-", "unary+", "unary~":
		return m.unary(n)
	}
	return m.arith(n, m.eval(n.kids[0]), m.eval(n.kids[1]))
}

func pyNumber(n *pyNode) pyValue {
	s := strings.ReplaceAll(n.text, "_", "")
	if v, ok := new(big.Int).SetString(s, 0); ok && (len(s) == 1 || s[0] != '0' || !isDigit(s[1])) {
		return v
	}
	if strings.Trim(s, "0") == "" {
		return new(big.Int)
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || strings.IndexAny(s, ".eE") < 0 {
		pyFail(n, "SyntaxError: invalid number %s", n.text)
	}
	return f
}

func (m *pyMachine) name(n *pyNode) pyValue {
	switch n.text {
	case "True":
		return true
	case "False":
		return false
	case "None":
		return nil
	}
	v, ok := m.vars[n.text]
	if !ok {
		pyFail(n, "NameError: name '%s' is not defined", n.text)
	}
	return v
}

// compare is a chain of comparisons.
func (m *pyMachine) compare(n *pyNode) pyValue {
	l := m.eval(n.kids[0])
	for i, o := range strings.Fields(n.text) {
		r := m.eval(n.kids[i+1])
		ok := false
		switch o {
		case "==":
			ok = pyEqual(l, r)
		case "!=":
			ok = !pyEqual(l, r)
		case "is":
			ok = pyTypeName(l) == pyTypeName(r) && pyEqual(l, r)
		case "isnot":
			ok = pyTypeName(l) != pyTypeName(r) || !pyEqual(l, r)
		case "in", "notin":
			ok = m.in(n, l, r) == (o == "in")
		default:
			c, order := pyCompare(l, r)
			if !order {
				pyFail(n, "TypeError: '%s' not supported between instances of '%s' and '%s'", o, pyTypeName(l), pyTypeName(r))
			}
			ok = o == "<" && c < 0 || o == "<=" && c <= 0 || o == ">" && c > 0 || o == ">=" && c >= 0
		}
		if !ok {
			return false
		}
		l = r
	}
	return true
}

func (m *pyMachine) in(n *pyNode, v, set pyValue) bool {
	switch s := set.(type) {
	case pySeq:
		for _, e := range s.list {
			if pyEqual(e, v) {
				return true
			}
		}
		return false
	case string:
		if t, ok := v.(string); ok {
			return strings.Contains(s, t)
		}
	}
	pyFail(n, "TypeError: argument of type '%s' is not iterable", pyTypeName(set))
	return false
}

func (m *pyMachine) index(n *pyNode) pyValue {
	s, ok := m.eval(n.kids[0]).(pySeq)
	i, ok2 := pyInt(m.eval(n.kids[1]))
	if !ok || !ok2 || !i.IsInt64() {
		pyFail(n, "TypeError: object is not subscriptable")
	}
	k := i.Int64()
	if k < 0 {
		k += int64(len(s.list))
	}
	if k < 0 || k >= int64(len(s.list)) {
		pyFail(n, "IndexError: index out of range")
	}
	return s.list[k]
}

func (m *pyMachine) unary(n *pyNode) pyValue {
	v := m.eval(n.kids[0])
	if f, ok := v.(float64); ok && n.op != "unary~" {
		if n.op == "unary-" {
			return -f
		}
		return f
	}
	i, ok := pyInt(v)
	if !ok {
		pyFail(n, "TypeError: bad operand type for unary %s: '%s'", n.op[5:], pyTypeName(v))
	}
	switch n.op {
	case "unary-":
		return new(big.Int).Neg(i)
	case "unary~":
		return new(big.Int).Not(i)
	}
	return i
}
