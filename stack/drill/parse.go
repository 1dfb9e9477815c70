package drill

import "strings"

// A parser reads tokens, two ahead (parser.y).
type parser struct {
	lex           lexer
	tok           [3]token
	ahead         int
	last          token // taken last
	script        *Script
	preset, given Defines
}

// failure unwinds the parser.
type failure struct{ err *SyntaxError }

// Parse reads a script. Behind its options, words that are defined are replaced:
// by the definitions of the command line, else the script's own, else the preset
// ones.
func Parse(file, text string, preset, given Defines) (s *Script, err error) {
	p := &parser{lex: lexer{file: file, src: text, line: 1, col: 1}, script: &Script{File: file}, preset: preset, given: given}
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(failure)
			if !ok {
				panic(r)
			}
			s, err = nil, f.err
		}
	}()
	p.parse()
	return p.script, nil
}

// peek is the i-th token that has not been taken.
func (p *parser) peek(i int) token {
	for p.ahead <= i {
		t, err := p.lex.next()
		if err != nil {
			panic(failure{err})
		}
		p.tok[p.ahead] = t
		p.ahead++
	}
	return p.tok[i]
}

// take takes the next token.
func (p *parser) take() token {
	t := p.peek(0)
	p.tok[0], p.tok[1] = p.tok[1], p.tok[2]
	p.ahead--
	p.last = t
	return t
}

// wrong ends parsing: what was expected is not there.
func (p *parser) wrong(expected string) {
	t := p.peek(0)
	panic(failure{p.lex.fail(t.line, t.col, "expected %s, found %s", expected, t)})
}

// bad ends parsing: a token makes no sense.
func (p *parser) bad(t token, format string, a ...any) {
	panic(failure{p.lex.fail(t.line, t.col, format, a...)})
}

// is reports whether the next token is a character.
func (p *parser) is(c string) bool { return p.isAt(0, c) }

func (p *parser) isAt(i int, c string) bool {
	t := p.peek(i)
	return t.kind == tokChar && t.text == c
}

// key reports whether the next token is a keyword.
func (p *parser) key(w string) bool { return p.keyAt(0, w) }

func (p *parser) keyAt(i int, w string) bool {
	t := p.peek(i)
	return t.kind == tokWord && !t.bound && t.text == w
}

// plain reports whether the next token is a word that is no keyword.
func (p *parser) plain() bool {
	t := p.peek(0)
	return t.kind == tokWord && (t.bound || !keywords[t.text])
}

// char takes a character that must be there.
func (p *parser) char(c string) token {
	if !p.is(c) {
		p.wrong("'" + c + "'")
	}
	return p.take()
}

// maybe takes a character if it is there.
func (p *parser) maybe(c string) bool {
	if p.is(c) {
		p.take()
		return true
	}
	return false
}

// keyword takes a keyword that must be there.
func (p *parser) keyword(w string) {
	if !p.key(w) {
		p.wrong("'" + w + "'")
	}
	p.take()
}

// integer takes a decimal number.
func (p *parser) integer(what string) token {
	if p.peek(0).kind != tokInt {
		p.wrong(what)
	}
	return p.take()
}

// within takes a decimal number from 0 to limit.
func (p *parser) within(what string, limit int64) int64 {
	t := p.integer(what)
	if t.n < 0 || t.n > limit {
		p.bad(t, "%s is out of range: %s, it can be 0 to %d", what, t.text, limit)
	}
	return t.n
}

// anyInt takes a decimal or hexadecimal number.
func (p *parser) anyInt(what string) token {
	if k := p.peek(0).kind; k != tokInt && k != tokHex {
		p.wrong(what)
	}
	return p.take()
}

// word takes a word that is no keyword.
func (p *parser) word(what string) token {
	if !p.plain() {
		p.wrong(what)
	}
	return p.take()
}

// parse reads options, a command, events, a command.
func (p *parser) parse() {
	s := p.script
	var own Defines
	for p.peek(0).kind == tokOption {
		o := p.option()
		s.Options = append(s.Options, o)
		if name, v, ok := strings.Cut(o.Value, "="); o.Name == "define" && ok {
			own = append(own, Define{name, v})
		}
	}
	p.lex.defs = append(append(append(Defines{}, p.preset...), own...), p.given...)
	if p.peek(0).kind == tokBack {
		s.Init = p.command()
	}
	for {
		switch t := p.peek(0); {
		case t.kind == tokEOF && len(s.Events) > 0:
			return
		case t.kind == tokBack && len(s.Events) > 0:
			s.Cleanup = p.command()
			if p.peek(0).kind != tokEOF {
				p.wrong("the end of the script behind the last command")
			}
			return
		}
		s.Events = append(s.Events, p.event())
	}
}

func (p *parser) command() *Command {
	t := p.take()
	return &Command{Text: t.text, Line: t.line}
}

// option is --name or --name=value.
func (p *parser) option() Option {
	t := p.take()
	o := Option{Name: t.text, Line: t.line}
	if !p.maybe("=") {
		return o
	}
	o.Has = true
	switch v := p.peek(0); {
	case v.kind == tokString:
		o.Value, o.Quote = p.take().text, '"'
	case v.kind == tokInt, v.kind == tokAddr4, v.kind == tokAddr6, p.key("ipv4"), p.key("ipv6"):
		o.Value = p.take().text
	case p.plain():
		o.Value = p.take().text
		if p.isAt(0, "=") {
			p.take()
			o.Value += "=" + p.definition()
		}
	default:
		p.wrong("a value for --" + o.Name)
	}
	return o
}

// definition is the value of a symbol.
func (p *parser) definition() string {
	switch t := p.peek(0); {
	case t.kind == tokString:
		return `"` + p.take().text + `"`
	case t.kind == tokBack:
		return "`" + p.take().text + "`"
	case p.plain():
		return p.take().text
	}
	p.wrong("a word, a string or a command")
	return ""
}

// event is a time and what happens then.
func (p *parser) event() *Event {
	first := p.peek(0)
	e := &Event{Line: first.line, Col: first.col}
	e.When = p.when(e)
	p.action(e)
	e.End = p.last.end
	out := e.Packet != nil && !e.Packet.In
	switch k := e.When.Kind; {
	case k == AnyTime && !out:
		p.bad(first, "the time * can only be used with outbound packets")
	case (k == AbsoluteRange || k == RelativeRange) && !out:
		p.bad(first, "a time range can only be used with outbound packets")
	}
	return e
}

// when is an event's time (event_time).
func (p *parser) when(e *Event) When {
	first := p.peek(0)
	var w When
	switch {
	case p.is("*"):
		p.take()
		return When{Kind: AnyTime}
	case p.maybe("+"):
		e.Line = p.peek(0).line
		w = When{Kind: Relative, From: p.time()}
		if p.maybe("~") {
			p.char("+")
			w.Kind, w.To = RelativeRange, p.time()
		}
	default:
		w = When{Kind: Absolute, From: p.time()}
		if p.maybe("~") {
			w.Kind, w.To = AbsoluteRange, p.time()
		}
	}
	if (w.Kind == AbsoluteRange || w.Kind == RelativeRange) && w.To < w.From {
		p.bad(first, "the time range is backwards")
	}
	return w
}

// time is a number of seconds, in microseconds.
func (p *parser) time() int64 {
	t := p.peek(0)
	switch t.kind {
	case tokFloat:
		if t.f < 0 {
			p.bad(t, "a time cannot be negative: %s", t.text)
		}
		if t.f > 1e9 {
			p.bad(t, "a time of %s seconds is out of range", t.text)
		}
		p.take()
		return int64(t.f * 1.0e6)
	case tokInt:
		if t.n < 0 {
			p.bad(t, "a time cannot be negative: %s", t.text)
		}
		if t.n > 1e9 {
			p.bad(t, "a time of %s seconds is out of range", t.text)
		}
		p.take()
		return t.n * 1000000
	}
	p.wrong("a time: seconds, +seconds or *")
	return 0
}

// action is what an event does.
func (p *parser) action(e *Event) {
	switch t := p.peek(0); {
	case p.is("<"), p.is(">"):
		e.Packet = p.packet()
	case t.kind == tokBack:
		e.Command = p.command()
	case t.kind == tokCode:
		p.take()
		e.Code = &Code{Text: t.text, Line: t.line}
	case t.kind == tokEllipsis, p.plain():
		e.Call = p.call()
	default:
		p.wrong("a packet, a system call, a command or code")
	}
}

// call is a system call (syscall_spec).
func (p *parser) call() *Call {
	c := &Call{}
	if p.peek(0).kind == tokEllipsis {
		p.take()
		c.Blocks, c.Until = true, p.time()
	}
	c.Name = p.word("the name of a system call").text
	p.char("(")
	if !p.maybe(")") {
		c.Args = p.list(")")
	}
	p.char("=")
	c.Result = p.expr()
	if p.plain() {
		c.Errno = p.take().text
		c.Strerror = p.note()
	}
	if p.is("(") {
		c.Note = p.note()
	}
	return c
}

// note is words in parentheses.
func (p *parser) note() string {
	p.char("(")
	var list []string
	for !p.is(")") {
		if !p.plain() && !p.key("flags") && !p.key("Flags") {
			p.wrong("a word or ')'")
		}
		list = append(list, p.take().text)
	}
	if len(list) == 0 {
		p.wrong("a word")
	}
	p.take()
	return strings.Join(list, " ")
}
