package drill

import (
	"strings"
)

// expr is a if c else b, and all below.
func (p *pyParser) expr() *pyNode {
	if p.depth++; p.depth > maxDepth {
		p.syntax("too many nested parentheses")
	}
	defer func() { p.depth-- }()
	x := p.or()
	if p.is("if") {
		l := p.take().line
		c := p.or()
		p.need("else")
		return &pyNode{op: "?", line: l, kids: []*pyNode{c, x, p.expr()}}
	}
	return x
}

func (p *pyParser) or() *pyNode {
	x := p.and()
	for p.is("or") {
		l := p.take().line
		x = &pyNode{op: "or", line: l, kids: []*pyNode{x, p.and()}}
	}
	return x
}

func (p *pyParser) and() *pyNode {
	x := p.not()
	for p.is("and") {
		l := p.take().line
		x = &pyNode{op: "and", line: l, kids: []*pyNode{x, p.not()}}
	}
	return x
}

func (p *pyParser) not() *pyNode {
	if p.is("not") {
		l := p.take().line
		if p.depth++; p.depth > maxDepth {
			p.syntax("too many nested parentheses")
		}
		defer func() { p.depth-- }()
		return &pyNode{op: "not", line: l, kids: []*pyNode{p.not()}}
	}
	return p.comparison()
}

// comparison is a < b <= c: kids are operands, text the operators with spaces.
func (p *pyParser) comparison() *pyNode {
	x := p.binary(0)
	n := &pyNode{op: "compare", line: x.line, kids: []*pyNode{x}}
	var ops []string
	for {
		o := ""
		switch {
		case p.is("=="), p.is("!="), p.is("<"), p.is("<="), p.is(">"), p.is(">="), p.is("in"), p.is("is"):
			o = p.take().text
			if o == "is" && p.maybe("not") {
				o = "isnot"
			}
		case p.is("not"):
			p.take()
			p.need("in")
			o = "notin"
		}
		if o == "" {
			break
		}
		ops = append(ops, o)
		n.kids = append(n.kids, p.binary(0))
	}
	if len(ops) == 0 {
		return x
	}
	n.text = strings.Join(ops, " ")
	return n
}

// pyLevels are the binary operators, loosest first.
var pyLevels = [...][]string{{"|"}, {"^"}, {"&"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "//", "%"}}

func (p *pyParser) binary(level int) *pyNode {
	if level == len(pyLevels) {
		return p.unary()
	}
	x := p.binary(level + 1)
	for {
		o := ""
		for _, s := range pyLevels[level] {
			if t := p.tok(); t.kind == pyOp && t.text == s {
				o = s
			}
		}
		if o == "" {
			return x
		}
		l := p.take().line
		x = &pyNode{op: o, line: l, kids: []*pyNode{x, p.binary(level + 1)}}
	}
}

func (p *pyParser) unary() *pyNode {
	if t := p.tok(); t.kind == pyOp && (t.text == "-" || t.text == "+" || t.text == "~") {
		p.take()
		if p.depth++; p.depth > maxDepth {
			p.syntax("too many nested parentheses")
		}
		defer func() { p.depth-- }()
		return &pyNode{op: "unary" + t.text, line: t.line, kids: []*pyNode{p.unary()}}
	}
	x := p.postfix()
	if p.is("**") {
		l := p.take().line
		return &pyNode{op: "**", line: l, kids: []*pyNode{x, p.unary()}}
	}
	return x
}

// postfix is calls and subscripts.
func (p *pyParser) postfix() *pyNode {
	x := p.atom()
	for {
		switch {
		case p.is("("):
			x = p.callOf(x)
		case p.is("["):
			l := p.take().line
			x = &pyNode{op: "index", line: l, kids: []*pyNode{x, p.expr()}}
			p.need("]")
		case p.is("."):
			p.take()
			panic(notModelled{"python: attributes (." + p.tok().text + ")"})
		default:
			return x
		}
	}
}

func (p *pyParser) callOf(f *pyNode) *pyNode {
	l := p.take().line
	if f.op != "name" {
		p.syntax("'" + f.op + "' object is not callable")
	}
	n := &pyNode{op: "call", text: f.text, line: l}
	for !p.is(")") {
		n.kids = append(n.kids, p.expr())
		if p.is("=") || p.is("for") {
			panic(notModelled{"python: what stands in the parentheses of " + f.text})
		}
		if !p.maybe(",") {
			break
		}
	}
	p.need(")")
	return n
}

// atom is a name, a number, strings, a tuple or a list.
func (p *pyParser) atom() *pyNode {
	t := p.tok()
	switch {
	case t.kind == pyNum:
		p.take()
		return &pyNode{op: "num", text: t.text, line: t.line}
	case t.kind == pyStr:
		n := &pyNode{op: "str", line: t.line}
		for p.tok().kind == pyStr {
			n.text += p.take().text
		}
		return n
	case t.kind == pyName && !pyReserved[t.text]:
		p.take()
		if k := p.tok(); k.kind == pyStr {
			panic(notModelled{"python: strings with a prefix (" + t.text + "'…')"})
		}
		return &pyNode{op: "name", text: t.text, line: t.line}
	case p.is("("):
		p.take()
		if p.maybe(")") {
			return &pyNode{op: "tuple", line: t.line}
		}
		x := p.tuple()
		p.need(")")
		return &pyNode{op: "paren", line: t.line, kids: []*pyNode{x}}
	case p.is("["):
		p.take()
		n := &pyNode{op: "list", line: t.line}
		for !p.is("]") {
			n.kids = append(n.kids, p.expr())
			if !p.maybe(",") {
				break
			}
		}
		p.need("]")
		return n
	case p.is("{"), p.is("lambda"):
		panic(notModelled{"python: " + t.text})
	}
	p.syntax("invalid syntax")
	return nil
}

var pyReserved = words("and or not if else elif in is for while assert pass")
