package drill

import "strings"

// A pyNode is a statement or an expression.
type pyNode struct {
	op   string // "num", "str", "name", "call", "+", "assert", …
	text string
	kids []*pyNode
	line int
}

// A pyParser reads statements and expressions.
type pyParser struct {
	toks  []pyTok
	at    int
	depth int
}

// maxDepth is how deep expressions may be nested.
const maxDepth = 200

// pyParse is the statements of a block.
func pyParse(src string) (list []*pyNode, err error) {
	toks, err := pyLex(src)
	if err != nil {
		return nil, err
	}
	p := &pyParser{toks: toks}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if !ok {
				panic(r)
			}
			if _, ok := e.(interface{ RuntimeError() }); ok {
				panic(r)
			}
			list, err = nil, e
		}
	}()
	for p.tok().kind != pyEnd {
		if p.tok().kind == pyIndent {
			panic(&pyError{p.tok().line, "IndentationError: unexpected indent"})
		}
		list = append(list, p.statement()...)
	}
	return list, nil
}

func (p *pyParser) tok() pyTok { return p.toks[p.at] }

func (p *pyParser) take() pyTok {
	t := p.toks[p.at]
	if t.kind != pyEnd {
		p.at++
	}
	return t
}

func (p *pyParser) is(s string) bool {
	t := p.tok()
	return (t.kind == pyOp || t.kind == pyName) && t.text == s
}

func (p *pyParser) maybe(s string) bool {
	if p.is(s) {
		p.at++
		return true
	}
	return false
}

func (p *pyParser) need(s string) {
	if !p.maybe(s) {
		p.syntax("expected '" + s + "'")
	}
}

func (p *pyParser) syntax(what string) { panic(&pyError{p.tok().line, "SyntaxError: " + what}) }

// pyStrange are words that begin what the model has not.
var pyStrange = words("import from def class with try raise return lambda yield async await del global nonlocal match break continue except finally")

// statement is one line of simple statements, or one with a block.
func (p *pyParser) statement() []*pyNode {
	t := p.tok()
	if t.kind == pyName && pyStrange[t.text] {
		panic(notModelled{"python: " + t.text})
	}
	switch {
	case p.is("if"):
		return []*pyNode{p.ifStatement()}
	case p.is("while"):
		p.take()
		n := &pyNode{op: "while", line: t.line, kids: []*pyNode{p.expr()}}
		n.kids = append(n.kids, p.block())
		return []*pyNode{n}
	case p.is("for"):
		p.take()
		n := &pyNode{op: "for", line: t.line, kids: []*pyNode{p.target(), nil}}
		p.need("in")
		n.kids[1] = p.tuple()
		n.kids = append(n.kids, p.block())
		return []*pyNode{n}
	}
	var list []*pyNode
	for {
		list = append(list, p.simple())
		if !p.maybe(";") || p.tok().kind == pyNewline || p.tok().kind == pyEnd {
			break
		}
	}
	switch p.tok().kind {
	case pyNewline:
		p.take()
	case pyEnd:
	default:
		p.syntax("invalid syntax")
	}
	return list
}

// target is what for counts with.
func (p *pyParser) target() *pyNode {
	t := p.take()
	if t.kind != pyName {
		p.syntax("invalid syntax")
	}
	return &pyNode{op: "name", text: t.text, line: t.line}
}

// ifStatement is if, elif, else.
func (p *pyParser) ifStatement() *pyNode {
	t := p.take()
	n := &pyNode{op: "if", line: t.line, kids: []*pyNode{p.expr()}}
	n.kids = append(n.kids, p.block())
	switch {
	case p.is("elif"):
		n.kids = append(n.kids, &pyNode{op: "block", line: t.line, kids: []*pyNode{p.ifStatement()}})
	case p.maybe("else"):
		n.kids = append(n.kids, p.block())
	}
	return n
}

// block is ": statements" on one line, or an indented block.
func (p *pyParser) block() *pyNode {
	p.need(":")
	b := &pyNode{op: "block", line: p.tok().line}
	if p.tok().kind != pyNewline {
		b.kids = p.statement()
		return b
	}
	p.take()
	if p.tok().kind != pyIndent {
		panic(&pyError{p.tok().line, "IndentationError: expected an indented block"})
	}
	p.take()
	for p.tok().kind != pyDedent && p.tok().kind != pyEnd {
		b.kids = append(b.kids, p.statement()...)
	}
	if p.tok().kind == pyDedent {
		p.take()
	}
	return b
}

// simple is assert, pass, an assignment or an expression.
func (p *pyParser) simple() *pyNode {
	t := p.tok()
	switch {
	case p.maybe("assert"):
		n := &pyNode{op: "assert", line: t.line, kids: []*pyNode{p.expr()}, text: ""}
		n.text = p.text(p.at - 1)
		if p.maybe(",") {
			n.kids = append(n.kids, p.expr())
		}
		return n
	case p.maybe("pass"):
		return &pyNode{op: "pass", line: t.line}
	}
	n := p.tuple()
	for p.is("=") {
		p.take()
		r := p.tuple()
		if n.op != "name" && n.op != "tuple" {
			p.syntax("cannot assign to " + n.op)
		}
		if p.is("=") {
			panic(notModelled{"python: an assignment to several names"})
		}
		return &pyNode{op: "=", line: t.line, kids: []*pyNode{n, r}}
	}
	if o := p.tok(); o.kind == pyOp && len(o.text) > 1 && strings.HasSuffix(o.text, "=") && !strings.Contains("== != <= >= :=", o.text) {
		p.take()
		if n.op != "name" {
			p.syntax("'" + n.op + "' is an illegal expression for augmented assignment")
		}
		return &pyNode{op: "=", line: t.line, kids: []*pyNode{n, {op: strings.TrimSuffix(o.text, "="), line: t.line, kids: []*pyNode{n, p.tuple()}}}}
	}
	return n
}

// text is the tokens of the expression that ends at a token, back to the
// beginning of the statement: for messages.
func (p *pyParser) text(end int) string {
	begin := end
	for begin > 0 && p.toks[begin-1].kind != pyNewline && !(p.toks[begin-1].kind == pyName && p.toks[begin-1].text == "assert") {
		begin--
	}
	var list []string
	for _, t := range p.toks[begin : end+1] {
		if t.kind == pyStr {
			list = append(list, "'"+t.text+"'")
		} else {
			list = append(list, t.text)
		}
	}
	s := strings.Join(list, " ")
	return strings.NewReplacer("( ", "(", " )", ")", " ,", ",", " (", "(").Replace(s)
}

// tuple is an expression, or several with commas.
func (p *pyParser) tuple() *pyNode {
	x := p.expr()
	if !p.is(",") {
		return x
	}
	t := &pyNode{op: "tuple", line: x.line, kids: []*pyNode{x}}
	for p.maybe(",") {
		if k := p.tok().kind; k == pyNewline || k == pyEnd || p.is("=") || p.is(")") {
			break
		}
		t.kids = append(t.kids, p.expr())
	}
	return t
}
