package lab

import (
	"strings"
)

// A bpfProbe is one block: its attach points, its filter, its statements.
type bpfProbe struct {
	points []bpfPoint
	filter *bpfNode
	body   []*bpfNode
}

// A bpfPoint is where a block is attached: "kprobe:tcp_connect".
type bpfPoint struct {
	text    string
	at, end int
}

// A bpfNode is a statement or an expression. op is "num", "str", "var", "map",
// "name", "field", "call", "if", "unroll", "while", "=", a binary or unary
// operator, "?:", "post++" …
type bpfNode struct {
	op      string
	text    string
	num     int64
	kids    []*bpfNode
	then    []*bpfNode
	other   []*bpfNode
	at, end int
}

type bpfParser struct {
	src   string
	l     []bpfTok
	i     int
	depth int
	nodes int
}

// bpfParse reads a program.
func bpfParse(src string) (ps []bpfProbe, bad *bpfError) {
	l, bad := bpfLex(src)
	if bad != nil {
		return nil, bad
	}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(*bpfError)
			if !ok {
				panic(r)
			}
			bad = e
		}
	}()
	p := &bpfParser{src: src, l: l}
	for p.tok().kind != 0 {
		ps = append(ps, p.probe())
	}
	if len(ps) == 0 {
		p.fail("unexpected end of file")
	}
	return ps, nil
}

func (p *bpfParser) tok() *bpfTok { return &p.l[min(p.i, len(p.l)-1)] }
func (p *bpfParser) next() bpfTok { t := *p.tok(); p.i++; return t }
func (p *bpfParser) is(s string) bool {
	return p.tok().kind == 'p' && p.tok().text == s
}

func (p *bpfParser) fail(msg string) {
	t := p.tok()
	if t.kind == 0 && p.i > 0 && p.i <= len(p.l) { // at the end: the last word
		t = &p.l[min(p.i, len(p.l)-1)-b2i(len(p.l) > 1)]
	}
	panic(&bpfError{t.at, max(t.end, t.at), "syntax error, " + msg})
}

func (p *bpfParser) unexpected(want string) {
	t := p.tok()
	what := t.text
	switch t.kind {
	case 0:
		what = "end of file"
	case 'i':
		what = "identifier"
	case 'n':
		what = "integer"
	case 's':
		what = "string"
	case 'v':
		what = "variable"
	case 'm':
		what = "map"
	}
	if want != "" {
		want = ", expecting " + want
	}
	p.fail("unexpected " + what + want)
}

func (p *bpfParser) want(s string) bpfTok {
	if !p.is(s) {
		p.unexpected(s)
	}
	return p.next()
}

// enter counts how deep and how much it is.
func (p *bpfParser) enter() {
	if p.depth++; p.depth > 200 {
		p.fail("nested too deeply")
	}
	if p.nodes++; p.nodes > 100000 {
		p.fail("the program is too long")
	}
}

func (p *bpfParser) probe() (b bpfProbe) {
	for {
		first := p.tok()
		var text strings.Builder
		end := first.end
		for p.tok().kind != 0 && !p.is("{") && !p.is(",") && !(p.is("/") && p.tok().at > first.at) {
			t := p.next()
			text.WriteString(t.text)
			end = t.end
		}
		if text.Len() == 0 {
			p.unexpected("")
		}
		b.points = append(b.points, bpfPoint{text.String(), first.at, end})
		if !p.is(",") {
			break
		}
		p.next()
	}
	if p.is("/") {
		p.next()
		b.filter = p.expr()
		p.want("/")
	}
	if !p.is("{") {
		p.unexpected("{")
	}
	b.body = p.block()
	return b
}

func (p *bpfParser) block() (l []*bpfNode) {
	p.enter()
	defer func() { p.depth-- }()
	p.want("{")
	for !p.is("}") {
		if p.tok().kind == 0 {
			p.unexpected("}")
		}
		if p.is(";") {
			p.next()
			continue
		}
		l = append(l, p.stmt())
	}
	p.next()
	return l
}

func (p *bpfParser) stmt() *bpfNode {
	t := p.tok()
	if t.kind == 'i' {
		switch t.text {
		case "if", "while":
			n := &bpfNode{op: t.text, at: t.at}
			p.next()
			p.want("(")
			n.kids = []*bpfNode{p.expr()}
			p.want(")")
			n.then = p.block()
			if t.text == "if" && p.tok().kind == 'i' && p.tok().text == "else" {
				p.next()
				if p.tok().kind == 'i' && p.tok().text == "if" {
					n.other = []*bpfNode{p.stmt()}
				} else {
					n.other = p.block()
				}
			}
			return n
		case "unroll":
			n := &bpfNode{op: "unroll", at: t.at}
			p.next()
			p.want("(")
			n.kids = []*bpfNode{p.expr()}
			p.want(")")
			n.then = p.block()
			return n
		case "return", "break", "continue":
			n := &bpfNode{op: t.text, at: t.at, end: t.end}
			p.next()
			p.end()
			return n
		}
	}
	n := p.expr()
	if p.tok().kind == 'p' {
		switch op := p.tok().text; op {
		case "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=":
			if n.op != "var" && n.op != "map" {
				p.unexpected("")
			}
			p.next()
			r := p.expr()
			if op != "=" {
				r = &bpfNode{op: strings.TrimSuffix(op, "="), kids: []*bpfNode{n, r}, at: n.at, end: r.end}
			}
			n = &bpfNode{op: "=", kids: []*bpfNode{n, r}, at: n.at, end: r.end}
		}
	}
	p.end()
	return n
}

func (p *bpfParser) end() {
	if p.is(";") {
		p.next()
	} else if !p.is("}") {
		p.unexpected("} or ;")
	}
}

var bpfPrec = []map[string]bool{{"||": true}, {"&&": true}, {"|": true}, {"^": true}, {"&": true}, {"==": true, "!=": true}, {"<": true, ">": true, "<=": true, ">=": true},
	{"<<": true, ">>": true}, {"+": true, "-": true}, {"*": true, "/": true, "%": true}}

func (p *bpfParser) expr() *bpfNode {
	p.enter()
	defer func() { p.depth-- }()
	c := p.binary(0)
	if !p.is("?") {
		return c
	}
	p.next()
	a := p.expr()
	p.want(":")
	b := p.expr()
	return &bpfNode{op: "?:", kids: []*bpfNode{c, a, b}, at: c.at, end: b.end}
}

// filterEnd reports that a "/" ends a filter: "{" stands behind it.
func (p *bpfParser) filterEnd() bool {
	return p.is("/") && p.i+1 < len(p.l) && p.l[p.i+1].kind == 'p' && p.l[p.i+1].text == "{"
}

func (p *bpfParser) binary(level int) *bpfNode {
	if level == len(bpfPrec) {
		return p.unary()
	}
	x := p.binary(level + 1)
	for p.tok().kind == 'p' && bpfPrec[level][p.tok().text] && !p.filterEnd() {
		op := p.next().text
		y := p.binary(level + 1)
		x = &bpfNode{op: op, kids: []*bpfNode{x, y}, at: x.at, end: y.end}
		p.nodes++
	}
	return x
}

func (p *bpfParser) unary() *bpfNode {
	p.enter()
	defer func() { p.depth-- }()
	t := *p.tok()
	if t.kind == 'p' {
		switch t.text {
		case "!", "~", "-", "*", "&", "++", "--":
			p.next()
			x := p.unary()
			return &bpfNode{op: "pre" + t.text, kids: []*bpfNode{x}, at: t.at, end: x.end}
		case "(":
			// a cast, or brackets
			if k := p.i + 1; k+1 < len(p.l) && p.l[k].kind == 'i' && bpfCasts[p.l[k].text] {
				j := k
				for p.l[j].kind == 'i' {
					j++
				}
				for p.l[j].kind == 'p' && p.l[j].text == "*" {
					j++
				}
				if p.l[j].kind == 'p' && p.l[j].text == ")" {
					text := p.src[p.l[k].at:p.l[j].at]
					p.i = j + 1
					x := p.unary()
					return &bpfNode{op: "cast", text: strings.TrimSpace(text), kids: []*bpfNode{x}, at: t.at, end: x.end}
				}
			}
			p.next()
			x := p.expr()
			if p.is(",") {
				n := &bpfNode{op: "tuple", kids: []*bpfNode{x}, at: t.at}
				for p.is(",") {
					p.next()
					n.kids = append(n.kids, p.expr())
				}
				n.end = p.want(")").end
				return p.postfix(n)
			}
			p.want(")")
			return p.postfix(x)
		}
	}
	return p.postfix(p.primary())
}

var bpfCasts = map[string]bool{"int": true, "uint8": true, "uint16": true, "uint32": true, "uint64": true, "int8": true, "int16": true, "int32": true, "int64": true, "struct": true, "char": true, "unsigned": true, "long": true, "short": true}

func (p *bpfParser) primary() *bpfNode {
	t := p.next()
	n := &bpfNode{text: t.text, num: t.num, at: t.at, end: t.end}
	switch t.kind {
	case 'n':
		n.op = "num"
	case 's':
		n.op = "str"
	case 'v':
		n.op = "var"
	case 'm':
		n.op = "map"
		if p.is("[") {
			p.next()
			for {
				n.kids = append(n.kids, p.expr())
				if !p.is(",") {
					break
				}
				p.next()
			}
			n.end = p.want("]").end
		}
	case 'i':
		n.op = "name"
		if p.is("(") {
			p.next()
			n.op = "call"
			for !p.is(")") {
				n.kids = append(n.kids, p.expr())
				if !p.is(",") {
					break
				}
				p.next()
			}
			if !p.is(")") {
				p.unexpected(") or \",\"")
			}
			n.end = p.next().end
		}
	default:
		p.i--
		p.unexpected("")
	}
	return n
}

func (p *bpfParser) postfix(x *bpfNode) *bpfNode {
	for p.tok().kind == 'p' {
		switch op := p.tok().text; op {
		case "->", ".":
			p.next()
			t := p.next()
			if t.kind != 'i' && t.kind != 'n' {
				p.i--
				p.unexpected("identifier")
			}
			x = &bpfNode{op: "field", text: t.text, kids: []*bpfNode{x}, at: x.at, end: t.end}
		case "++", "--":
			t := p.next()
			x = &bpfNode{op: "post" + op, kids: []*bpfNode{x}, at: x.at, end: t.end}
		case "[":
			p.next()
			k := p.expr()
			x = &bpfNode{op: "index", kids: []*bpfNode{x, k}, at: x.at, end: p.want("]").end}
		default:
			return x
		}
	}
	return x
}
