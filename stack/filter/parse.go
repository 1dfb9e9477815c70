package filter

import (
	"strconv"
	"strings"
)

// maxNest bounds parentheses, brackets and nots in one another, and maxTokens
// the length of a filter.
const (
	maxNest   = 100
	maxTokens = 4000
)

// Parse reads a filter. The error is an *Error.
func Parse(s string) (*Node, error) {
	toks, err := lex(s)
	if err != nil {
		return nil, err
	}
	if len(toks) > maxTokens {
		return nil, &Error{1, "the filter is too long"}
	}
	p := &parser{toks: toks}
	if p.at().kind == tokEnd {
		return &Node{Op: OpAll}, nil
	}
	n, err := p.expr()
	if err != nil {
		return nil, err
	}
	if t := p.at(); t.kind != tokEnd {
		return nil, p.expected("\"and\", \"or\" or the end")
	}
	return n, nil
}

// quals are the qualifiers a bare address or number takes over from the
// primitive before it: "port 80 or 443".
type quals struct {
	ok    bool
	proto string
	dir   Dir
	kind  string // "", host, net, port, portrange, proto
}

type parser struct {
	toks []token
	i    int
	nest int
	last quals
}

func (p *parser) at() token                       { return p.toks[p.i] }
func (p *parser) peek() token                     { return p.toks[min(p.i+1, len(p.toks)-1)] }
func (p *parser) next()                           { p.i = min(p.i+1, len(p.toks)-1) }
func (p *parser) fail(t token, msg string) *Error { return &Error{t.pos + 1, msg} }

func (p *parser) expected(what string) *Error {
	t := p.at()
	got := "the end"
	if t.kind != tokEnd {
		got = strconv.QuoteToASCII(t.s)
	}
	return &Error{t.pos + 1, "expected " + what + ", found " + got}
}

func (p *parser) isPunct(s string) bool { return p.at().kind == tokPunct && p.at().s == s }

// isKey reports whether the token is one of the keywords.
func (p *parser) isKey(words ...string) bool {
	t := p.at()
	if t.kind != tokWord || t.esc {
		return false
	}
	for _, w := range words {
		if t.s == w {
			return true
		}
	}
	return false
}

func (p *parser) deeper() *Error {
	if p.nest++; p.nest > maxNest {
		return p.fail(p.at(), "nested too deeply")
	}
	return nil
}

// expr reads terms joined with "and" and "or", which bind equally strongly and
// to the left.
func (p *parser) expr() (*Node, *Error) {
	x, err := p.term()
	if err != nil {
		return nil, err
	}
	for {
		var op Op
		switch {
		case p.isKey("and") || p.isPunct("&&"):
			op = OpAnd
		case p.isKey("or") || p.isPunct("||"):
			op = OpOr
		default:
			return x, nil
		}
		pos := p.at().pos
		p.next()
		y, err := p.term()
		if err != nil {
			return nil, err
		}
		x = &Node{Op: op, X: x, Y: y, pos: pos}
	}
}

func (p *parser) term() (*Node, *Error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.nest-- }()
	t := p.at()
	if p.isKey("not") || p.isPunct("!") {
		p.next()
		x, err := p.term()
		if err != nil {
			return nil, err
		}
		return &Node{Op: OpNot, X: x, pos: t.pos}, nil
	}
	if p.startsArith() {
		mark := p.i
		n, err := p.relation()
		if err == nil {
			p.last = quals{}
			return n, nil
		}
		if p.sureArith(mark) {
			return nil, err
		}
		p.i = mark
	}
	if p.isPunct("(") {
		return p.group()
	}
	return p.prim()
}

// group reads an expression in parentheses.
func (p *parser) group() (*Node, *Error) {
	p.next()
	n, err := p.expr()
	if err != nil {
		return nil, err
	}
	if !p.isPunct(")") {
		return nil, p.expected("\")\"")
	}
	p.next()
	return n, nil
}

// startsArith reports whether a comparison of numbers may start here.
func (p *parser) startsArith() bool {
	t := p.at()
	switch t.kind {
	case tokNum:
		return true
	case tokPunct:
		return t.s == "(" || t.s == "-"
	case tokWord:
		if t.esc {
			return false
		}
		if _, ok := constant(t.s); ok || t.s == "len" {
			return true
		}
		return p.peek().kind == tokPunct && p.peek().s == "["
	}
	return false
}

// sureArith reports whether what starts at token i can be nothing but a
// comparison, so that its error is the one to tell.
func (p *parser) sureArith(i int) bool {
	t := p.toks[i]
	if t.kind == tokNum {
		return !p.last.ok
	}
	return t.kind != tokPunct || t.s != "("
}

// relation reads two numbers with a comparison between them.
func (p *parser) relation() (*Node, *Error) {
	pos := p.at().pos
	l, err := p.arith(0)
	if err != nil {
		return nil, err
	}
	rel := p.at().s
	if p.at().kind != tokPunct {
		rel = ""
	}
	switch rel {
	case "==":
		rel = "="
	case "=", "!=", "<", ">", "<=", ">=":
	default:
		return nil, p.expected("a comparison such as \"=\"")
	}
	p.next()
	r, err := p.arith(0)
	if err != nil {
		return nil, err
	}
	return &Node{Op: OpRel, Rel: rel, L: l, R: r, pos: pos}, nil
}

// levels are the operators on numbers, weakest first.
var levels = [...]string{"|", "^", "&", "<< >>", "+ -", "* / %"}

func (p *parser) arith(level int) (*Arith, *Error) {
	if level == len(levels) {
		return p.unary()
	}
	x, err := p.arith(level + 1)
	if err != nil {
		return nil, err
	}
	for p.at().kind == tokPunct && hasField(levels[level], p.at().s) {
		t := p.at()
		p.next()
		y, err := p.arith(level + 1)
		if err != nil {
			return nil, err
		}
		if y.Op == "n" {
			if y.N == 0 && (t.s == "/" || t.s == "%") {
				return nil, p.fail(t, "division by zero")
			}
			if y.N > 31 && (t.s == "<<" || t.s == ">>") {
				return nil, p.fail(t, "shift by more than 31 bits")
			}
		}
		x = &Arith{Op: t.s, X: x, Y: y, pos: t.pos}
	}
	return x, nil
}

func hasField(list, s string) bool {
	for _, f := range strings.Fields(list) {
		if f == s {
			return true
		}
	}
	return false
}

func (p *parser) unary() (*Arith, *Error) {
	if err := p.deeper(); err != nil {
		return nil, err
	}
	defer func() { p.nest-- }()
	t := p.at()
	switch {
	case t.kind == tokNum:
		p.next()
		return &Arith{Op: "n", N: t.n, pos: t.pos}, nil
	case p.isPunct("-"):
		p.next()
		x, err := p.unary()
		if err != nil {
			return nil, err
		}
		return &Arith{Op: "neg", X: x, pos: t.pos}, nil
	case p.isPunct("("):
		p.next()
		x, err := p.arith(0)
		if err != nil {
			return nil, err
		}
		if !p.isPunct(")") {
			return nil, p.expected("\")\"")
		}
		p.next()
		return x, nil
	case p.isKey("len"):
		p.next()
		return &Arith{Op: "len", pos: t.pos}, nil
	case t.kind == tokWord && !t.esc:
		if n, ok := constant(t.s); ok {
			p.next()
			return &Arith{Op: "n", N: n, pos: t.pos}, nil
		}
		return p.bytes()
	}
	return nil, p.expected("a number")
}

// bytes reads proto[index:size].
func (p *parser) bytes() (*Arith, *Error) {
	t := p.at()
	a := findAbbrev(t.s)
	if a == nil {
		return nil, p.expected("a protocol such as \"tcp\"")
	}
	p.next()
	if !p.isPunct("[") {
		return nil, p.expected("\"[\"")
	}
	p.next()
	x, err := p.arith(0)
	if err != nil {
		return nil, err
	}
	size := 1
	if p.isPunct(":") {
		p.next()
		n := p.at()
		if n.kind != tokNum || n.n != 1 && n.n != 2 && n.n != 4 {
			return nil, p.expected("a size of 1, 2 or 4")
		}
		size = int(n.n)
		p.next()
	}
	if !p.isPunct("]") {
		return nil, p.expected("\"]\"")
	}
	p.next()
	return &Arith{Op: "[", Proto: canon(a.name), Size: size, X: x, pos: t.pos}, nil
}

// canon is the one spelling of a protocol's name.
func canon(s string) string {
	if s == "link" {
		return "ether"
	}
	return s
}
