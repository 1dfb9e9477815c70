package nft

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// A parser reads commands out of tokens. It stops at the first syntax error of
// a statement and goes on with the next one, as nft does.
type parser struct {
	env  *Env
	toks []token
	i    int
	vars map[string]*expr
	errs []*failure
	cmds []*cmd
	fam  core.Family // of the table that is being read
	last loc

	begin int // where the command began
}

type syntaxError struct{ f *failure }

func (p *parser) peek() *token { return &p.toks[p.i] }

func (p *parser) peekN(n int) *token {
	return &p.toks[min(p.i+n, len(p.toks)-1)]
}

func (p *parser) next() *token {
	t := &p.toks[p.i]
	if p.i < len(p.toks)-1 {
		p.i++
	}
	p.last = t.at
	return t
}

// unexpected stops with nft's (bison's) message.
func (p *parser) unexpected(want string) {
	t := p.peek()
	msg := "syntax error, unexpected " + tokenName(t)
	if want != "" {
		msg += ", expecting " + want
	}
	panic(syntaxError{errAt(t.at, msg)})
}

// tokenName is what bison calls a token.
func tokenName(t *token) string {
	switch t.kind {
	case tokEOF:
		return "end of file"
	case tokNewline:
		return "newline"
	case tokString:
		return "quoted string"
	case tokNum:
		return "number"
	case tokAst:
		return "string with a trailing asterisk"
	case tokAddr, tokTime:
		return "string"
	case tokWord:
		if keywords[t.s] {
			return t.s
		}
		return "string"
	}
	switch t.s {
	case ";":
		return "semicolon"
	case ",":
		return "comma"
	case ":":
		return "colon"
	case ".":
		return "."
	case "{", "}", "(", ")", "[", "]", "$", "|":
		return "'" + t.s + "'"
	case "@":
		return "@"
	}
	return t.s
}

func (p *parser) is(s string) bool {
	t := p.peek()
	return (t.kind == tokWord || t.kind == tokPunct) && t.s == s
}

func (p *parser) accept(s string) bool {
	if p.is(s) {
		p.next()
		return true
	}
	return false
}

func (p *parser) want(s string) *token {
	if !p.is(s) {
		p.unexpected(wantName(s))
	}
	return p.next()
}

func wantName(s string) string {
	if len(s) == 1 && strings.ContainsAny(s, "{}()[]") {
		return "'" + s + "'"
	}
	if s == ":" {
		return "colon"
	}
	if s == "," {
		return "comma"
	}
	return s
}

// end reports that a statement ends here.
func (p *parser) end() bool {
	t := p.peek()
	return t.kind == tokNewline || t.kind == tokEOF || t.kind == tokPunct && (t.s == ";" || t.s == "}")
}

func (p *parser) skipNewlines() {
	for {
		t := p.peek()
		if t.kind == tokNewline || t.kind == tokPunct && t.s == ";" {
			p.next()
			continue
		}
		return
	}
}

// opt skips newlines, where the grammar allows them.
func (p *parser) opt() {
	for p.peek().kind == tokNewline {
		p.next()
	}
}

// identifier reads a name: no keyword.
func (p *parser) identifier() (string, loc) {
	t := p.peek()
	if t.kind != tokWord || keywords[t.s] {
		p.unexpected("string")
	}
	p.next()
	return t.s, t.at
}

// str reads a word or a quoted string.
func (p *parser) str() string {
	t := p.peek()
	if t.kind != tokWord && t.kind != tokString && t.kind != tokAst {
		p.unexpected("string or quoted string or string with a trailing asterisk")
	}
	p.next()
	return t.s
}

func (p *parser) quotedString() string {
	t := p.peek()
	if t.kind != tokString {
		p.unexpected("quoted string")
	}
	p.next()
	return t.s
}

func (p *parser) num() uint64 {
	t := p.peek()
	if t.kind != tokNum {
		p.unexpected("number")
	}
	p.next()
	v, _ := parseNum(t.s)
	return v.lo
}

// all reads the whole input.
func (p *parser) all() {
	for {
		p.skipNewlines()
		if p.peek().kind == tokEOF {
			return
		}
		if !p.one() {
			return
		}
	}
}

// one reads one command; false ends the reading.
func (p *parser) one() (more bool) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(syntaxError)
			if !ok {
				panic(r)
			}
			p.errs = append(p.errs, e.f)
			more = p.recover()
		}
	}()
	p.begin = p.i
	p.command()
	if t := p.peek(); t.kind != tokNewline && t.kind != tokEOF && !(t.kind == tokPunct && t.s == ";") {
		p.unexpected("end of file or newline or semicolon")
	}
	return true
}

// recover skips to the end of the line with the error, or of the block.
func (p *parser) recover() bool {
	if len(p.errs) >= 10 {
		return false
	}
	depth := 0
	for i := p.begin; i < p.i; i++ {
		if t := &p.toks[i]; t.kind == tokPunct {
			switch t.s {
			case "{":
				depth++
			case "}":
				depth--
			}
		}
	}
	for depth > 0 {
		t := p.peek()
		if t.kind == tokEOF {
			return false
		}
		if t.kind == tokPunct && t.s == "{" {
			depth++
		} else if t.kind == tokPunct && t.s == "}" {
			depth--
		}
		p.next()
	}
	for {
		t := p.peek()
		if t.kind == tokEOF {
			return false
		}
		p.next()
		if t.kind == tokNewline || t.kind == tokPunct && t.s == ";" {
			return true
		}
	}
}

var families = map[string]core.Family{"ip": core.NFIPv4, "ip6": core.NFIPv6, "inet": core.NFInet, "arp": core.NFARP, "bridge": core.NFBridge, "netdev": core.NFNetdev}

func familyName(f core.Family) string {
	for n, v := range families {
		if v == f {
			return n
		}
	}
	return ""
}

// family reads an optional family.
func (p *parser) family(h *place) {
	t := p.peek()
	h.family = core.NFIPv4
	if t.kind == tokWord {
		if f, ok := families[t.s]; ok {
			h.family, h.hasFam, h.famAt = f, true, t.at
			p.next()
		}
	}
	p.fam = h.family
}

func (p *parser) tableSpec(h *place) {
	p.family(h)
	h.table, h.tableAt = p.identifier()
}

func (p *parser) chainSpec(h *place) {
	p.tableSpec(h)
	h.chain, h.chainAt = p.identifier()
}

func (p *parser) nameSpec(h *place) {
	p.tableSpec(h)
	h.name, h.nameAt = p.identifier()
}

var objKinds = map[string]nftables.ObjKind{"counter": nftables.ObjCounter, "quota": nftables.ObjQuota, "limit": nftables.ObjLimit, "secmark": nftables.ObjSecmark, "synproxy": nftables.ObjSynproxy}

// command reads one line of nft.
func (p *parser) command() {
	t := p.peek()
	if t.kind != tokWord {
		p.unexpected("")
	}
	c := &cmd{op: "add", at: t.at}
	switch t.s {
	case "define", "redefine":
		p.define()
		return
	case "undefine":
		p.next()
		n, at := p.identifier()
		if p.vars[n] == nil {
			panic(syntaxError{errAt(at, "undefined symbol '"+n+"'")})
		}
		delete(p.vars, n)
		return
	case "include":
		panic(syntaxError{errAt(t.at, "syntax error, unexpected include")})
	case "add", "create", "insert", "replace", "delete", "get", "list", "reset", "flush", "rename", "describe", "import", "export", "monitor":
		c.op = t.s
		p.next()
	case "table", "chain", "rule", "set", "map", "element", "counter", "quota", "limit", "ct", "flowtable", "secmark", "synproxy":
	default:
		if families[t.s] != 0 || t.s == "ip" {
			// a rule without "add rule"
		} else if keywords[t.s] {
			p.unexpected("")
		}
	}
	switch c.op {
	case "list", "reset":
		p.list(c)
	case "flush":
		p.flush(c)
	case "delete":
		p.delete(c)
	case "rename":
		p.want("chain")
		c.obj = "chain"
		p.chainSpec(&c.p)
		c.p.rename, c.p.nameAt = p.identifier()
	case "monitor", "import", "export", "get":
		p.other(c)
	case "describe":
		c.obj = "describe"
		c.what = p.primary()
	default:
		p.add(c)
	}
	c.at = c.at.to(p.last)
	if c.rule != nil || c.obj == "element" || c.obj == "flowtable" && c.op != "delete" && c.op != "list" {
		c.at = p.ahead(c.at)
	}
	p.cmds = append(p.cmds, c)
}

// ahead counts in what nft reads before it knows that a command is over: a
// semicolon, or the end of the line, and what is passed over before that.
func (p *parser) ahead(at loc) loc {
	t, src := p.peek(), at.src
	if t.kind == tokNewline && src != nil && at.line == len(src.lines) && !src.ended {
		return at // there is no end of the line
	}
	return at.to(t.at)
}

func (p *parser) other(c *cmd) {
	if c.op == "get" && p.accept("element") {
		c.obj = "element"
		p.nameSpec(&c.p)
		c.elAt = p.peek().at
		c.elems = p.setBlock()
		return
	}
	panic(syntaxError{errAt(c.at, "not modelled: "+c.op)})
}

// define reads "define NAME = value".
func (p *parser) define() {
	re := p.next().s == "redefine"
	name, at := p.identifier()
	p.want("=")
	var e *expr
	if p.is("{") {
		e = &expr{k: eSet, at: p.peek().at}
		e.list = p.setBlock()
	} else {
		e = p.rhs()
		for p.is(",") {
			l := &expr{k: eList, at: e.at, list: []*expr{e}}
			for p.accept(",") {
				p.opt()
				l.list = append(l.list, p.rhs())
			}
			e = l
		}
	}
	if p.vars[name] != nil && !re {
		panic(syntaxError{errAt(at, "redefinition of symbol '"+name+"'")})
	}
	p.vars[name] = e
}

func (p *parser) add(c *cmd) {
	t := p.peek()
	switch {
	case p.accept("table"):
		c.obj = "table"
		p.tableSpec(&c.p)
		c.table = &tableSpec{}
		if p.accept("{") {
			p.tableBlock(c)
			p.want("}")
		}
	case p.accept("chain"):
		c.obj = "chain"
		p.chainSpec(&c.p)
		if p.accept("{") {
			p.chainBlock(c)
			p.want("}")
		}
	case p.is("rule") || c.op == "insert" || c.op == "replace":
		p.accept("rule")
		p.rulePlace(c)
		c.rule = p.rule()
	case p.is("set"), p.is("map"):
		isMap := p.next().s == "map"
		c.obj = "set"
		p.nameSpec(&c.p)
		c.set = &setSpec{name: c.p.name, at: c.p.nameAt, isMap: isMap}
		open := p.peek().at
		p.want("{")
		p.setDecl(c.set)
		c.elAt = open.to(p.last)
		p.want("}")
	case p.accept("element"):
		c.obj = "element"
		p.nameSpec(&c.p)
		c.elAt = p.peek().at
		c.elems = p.setBlock()
	case p.is("counter"), p.is("quota"), p.is("limit"), p.is("secmark"), p.is("synproxy"):
		c.obj = "object"
		kind := objKinds[p.next().s]
		p.nameSpec(&c.p)
		c.objs = p.object(kind)
	case p.is("ct"):
		p.next()
		c.obj = "object"
		w := p.next()
		switch w.s {
		case "helper", "timeout", "expectation":
		default:
			p.i--
			p.unexpected("helper or timeout or expectation")
		}
		p.nameSpec(&c.p)
		c.objs = p.ctObject(w.s)
	case p.accept("flowtable"):
		c.obj = "flowtable"
		p.nameSpec(&c.p)
		c.flow = p.flowtable()
	case c.op == "add" && t.kind == tokWord && (!keywords[t.s] || families[t.s] != 0 || t.s == "ip"):
		p.rulePlace(c)
		c.rule = p.rule()
	default:
		p.unexpected("")
	}
}
