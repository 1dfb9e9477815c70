package lessons

import (
	"strconv"
	"strings"
)

// An Op is what an Expr does.
type Op uint8

// The Ops: first those of two Exprs or one, then the comparisons.
const (
	Or Op = iota
	And
	Not
	Equal
	Unequal
	Less
	LessEqual
	More
	MoreEqual
)

var opWords = [...]string{"or", "and", "not", "==", "!=", "<", "<=", ">", ">="}

// An Expr is a condition on the values at a place.
type Expr struct {
	Op    Op
	L, R  *Expr  // of Or and And; Not has L
	Was   bool   // of a comparison: the value before the step
	Field string // of a comparison
	Want  string // what it is compared with
	Col   int    // of its first word, from 1
}

// A Val is a value at a place: how it reads, and its number if it has one.
type Val struct {
	Text  string
	Num   uint64
	IsNum bool
}

// A Place knows the values at a place of a walk. ok is false where there is no
// such value.
type Place interface {
	Value(field string, was bool) (v Val, ok bool)
}

// Holds reports whether the condition holds at a place. A comparison with a
// value that is not there does not.
func (e *Expr) Holds(p Place) bool {
	switch e.Op {
	case Or:
		return e.L.Holds(p) || e.R.Holds(p)
	case And:
		return e.L.Holds(p) && e.R.Holds(p)
	case Not:
		return !e.L.Holds(p)
	}
	v, ok := p.Value(e.Field, e.Was)
	return ok && e.compare(v)
}

// Missing is the first field that has no value at a place, or "".
func (e *Expr) Missing(p Place) string {
	switch e.Op {
	case Or, And:
		if m := e.L.Missing(p); m != "" {
			return m
		}
		return e.R.Missing(p)
	case Not:
		return e.L.Missing(p)
	}
	if _, ok := p.Value(e.Field, e.Was); !ok {
		return e.Field
	}
	return ""
}

// compare compares numbers if both sides are, else words: with the whole text,
// or one of the words of it ("1 request" is request).
func (e *Expr) compare(v Val) bool {
	want, err := strconv.ParseUint(e.Want, 0, 64)
	if err == nil && v.IsNum {
		switch e.Op {
		case Equal:
			return v.Num == want
		case Unequal:
			return v.Num != want
		case Less:
			return v.Num < want
		case LessEqual:
			return v.Num <= want
		case More:
			return v.Num > want
		}
		return v.Num >= want
	}
	same := v.Text == e.Want
	for _, w := range strings.Fields(v.Text) {
		same = same || w == e.Want
	}
	return e.Op == Equal && same || e.Op == Unequal && !same
}

// String writes the condition so that ParseExpr reads the same again.
func (e *Expr) String() string {
	switch e.Op {
	case Or, And:
		return e.L.inner(e.Op) + " " + opWords[e.Op] + " " + e.R.inner(e.Op)
	case Not:
		return "not " + e.L.inner(Not)
	}
	s := e.Field + " " + opWords[e.Op] + " " + quoteWord(e.Want)
	if e.Was {
		s = "was " + s
	}
	return s
}

func (e *Expr) inner(of Op) string {
	if e.Op < of || e.Op == of && of != Not {
		return "(" + e.String() + ")"
	}
	return e.String()
}

func quoteWord(s string) string {
	for i := 0; i < len(s); i++ {
		if !wordByte(s[i]) {
			return `"` + s + `"`
		}
	}
	switch s {
	case "", "or", "and", "not", "was":
		return `"` + s + `"`
	}
	return s
}

// Limits of an Expr.
const (
	maxExpr  = 500 // bytes
	maxDepth = 30  // brackets and nots within each other
)

// ParseExpr reads a condition: comparisons (== != < <= > >=) of a field with a
// number, a word or "words", joined by and, or, not and brackets; "and" binds
// closer than "or". "was" before a field is its value before the step. The Col
// of a Fault counts from the beginning of text.
func ParseExpr(text string) (*Expr, *Fault) {
	p := &exprParser{text: text}
	if len(text) > maxExpr {
		return nil, p.fault(1, "this condition is too long", "write at most "+strconv.Itoa(maxExpr)+" characters")
	}
	p.next()
	e := p.or()
	if p.err == nil && p.tok != "" {
		p.err = p.fault(p.col, "nothing can stand here: "+p.tok, "join conditions with and, or")
	}
	if p.err != nil {
		return nil, p.err
	}
	return e, nil
}

type exprParser struct {
	text   string
	at     int
	tok    string // "" at the end
	quoted bool
	col    int // of tok
	depth  int
	err    *Fault
}

func (p *exprParser) fault(col int, what, do string) *Fault {
	if p.err != nil {
		return p.err
	}
	return &Fault{Col: col, What: what, Do: do}
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("_.:/+-", c) >= 0
}

// next takes the next token.
func (p *exprParser) next() {
	for p.at < len(p.text) && p.text[p.at] == ' ' {
		p.at++
	}
	p.col, p.quoted, p.tok = p.at+1, false, ""
	rest := p.text[p.at:]
	if rest == "" {
		return
	}
	n := 0
	for n < len(rest) && wordByte(rest[n]) {
		n++
	}
	switch {
	case n > 0:
	case rest[0] == '"':
		i := strings.IndexByte(rest[1:], '"')
		if i < 0 {
			p.err, p.at = p.fault(p.col, `this " has no end`, `write a second "`), len(p.text)
			return
		}
		p.tok, p.quoted = rest[1:1+i], true
		p.at += i + 2
		return
	case len(rest) > 1 && rest[1] == '=' && strings.IndexByte("=!<>", rest[0]) >= 0:
		n = 2
	case strings.IndexByte("<>()", rest[0]) >= 0:
		n = 1
	default:
		p.err, p.at = p.fault(p.col, "this character means nothing here: "+strconv.QuoteToASCII(string([]rune(rest)[:1])), "compare with == != < <= > or >="), len(p.text)
		return
	}
	p.tok = rest[:n]
	p.at += n
}

func (p *exprParser) is(word string) bool { return p.tok == word && !p.quoted }

func (p *exprParser) or() *Expr {
	e := p.and()
	for p.err == nil && p.is("or") {
		col := p.col
		p.next()
		e = &Expr{Op: Or, L: e, R: p.and(), Col: col}
	}
	return e
}

func (p *exprParser) and() *Expr {
	e := p.not()
	for p.err == nil && p.is("and") {
		col := p.col
		p.next()
		e = &Expr{Op: And, L: e, R: p.not(), Col: col}
	}
	return e
}

func (p *exprParser) not() *Expr {
	if p.depth++; p.depth > maxDepth {
		p.err = p.fault(p.col, "too many brackets within each other", "write it simpler")
	}
	defer func() { p.depth-- }()
	if p.err != nil {
		return &Expr{}
	}
	col := p.col
	switch {
	case p.is("not"):
		p.next()
		return &Expr{Op: Not, L: p.not(), Col: col}
	case p.is("("):
		p.next()
		e := p.or()
		if p.err == nil && !p.is(")") {
			p.err = p.fault(col, "this bracket has no end", "write )")
		}
		p.next()
		return e
	}
	return p.comparison()
}

func (p *exprParser) comparison() *Expr {
	e := &Expr{Col: p.col}
	if p.is("was") {
		e.Was = true
		p.next()
	}
	e.Field = p.tok
	switch {
	case p.err != nil:
		return e
	case p.tok == "" && !p.quoted:
		p.err = p.fault(p.col, "a comparison is missing", "write FIELD == VALUE")
		return e
	case p.quoted || !known(p.tok):
		p.err = p.fault(p.col, "no field is called "+strconv.QuoteToASCII(p.tok), nearField(p.tok))
		return e
	}
	p.next()
	for op := Equal; op <= MoreEqual; op++ {
		if p.is(opWords[op]) {
			e.Op = op
		}
	}
	if p.err == nil && e.Op == 0 {
		p.err = p.fault(p.col, "a comparison is missing behind "+e.Field, "write == != < <= > or >=")
		return e
	}
	p.next()
	e.Want = p.tok
	switch {
	case p.err != nil:
	case !p.quoted && (p.tok == "" || !wordByte(p.tok[0])):
		p.err = p.fault(p.col, "a value is missing", `write a number, a word, or "words"`)
	case e.Op >= Less:
		if _, err := strconv.ParseUint(p.tok, 0, 64); err != nil {
			p.err = p.fault(p.col, "this is no number: "+strconv.QuoteToASCII(p.tok), "compare words with == or !=")
		}
	}
	p.next()
	return e
}
