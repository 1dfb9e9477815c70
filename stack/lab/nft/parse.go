package nft

import (
	"strconv"
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
		if t.kind == tokWord || t.kind != tokString {
			p.unexpected("string or last")
		}
		p.unexpected("string or last")
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
		panic(syntaxError{errAt(t.at, "not modelled: include")})
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
	p.cmds = append(p.cmds, c)
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
		p.want("{")
		p.setDecl(c.set)
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
	case p.is("flowtable"):
		panic(syntaxError{errAt(t.at, "not modelled: flowtable")})
	case c.op == "add" && t.kind == tokWord && (!keywords[t.s] || families[t.s] != 0 || t.s == "ip"):
		p.rulePlace(c)
		c.rule = p.rule()
	default:
		p.unexpected("")
	}
}

// rulePlace reads where a rule goes.
func (p *parser) rulePlace(c *cmd) {
	c.obj = "rule"
	p.chainSpec(&c.p)
	for {
		switch {
		case p.is("position"):
			p.next()
			c.p.posAt = p.peek().at
			c.p.pos = p.num()
			continue
		case p.is("handle"):
			p.next()
			c.p.handAt = p.peek().at
			c.p.handle, c.p.hasHand = p.num(), true
			continue
		case p.is("index"):
			p.next()
			c.p.posAt = p.peek().at
			c.p.index = p.num() + 1
			continue
		}
		return
	}
}

func (p *parser) delete(c *cmd) {
	switch {
	case p.accept("table"):
		c.obj = "table"
		p.handleOr(&c.p, func() { c.p.table, c.p.tableAt = p.identifier() })
	case p.accept("chain"):
		c.obj = "chain"
		p.family(&c.p)
		c.p.table, c.p.tableAt = p.identifier()
		p.handleOrName(&c.p, func() { c.p.chain, c.p.chainAt = p.identifier() })
		if p.accept("{") {
			p.chainBlock(c)
			p.want("}")
		}
	case p.accept("rule"):
		c.obj = "rule"
		p.chainSpec(&c.p)
		if !p.is("handle") {
			p.unexpected("handle")
		}
		p.next()
		c.p.handAt = p.peek().at
		c.p.handle, c.p.hasHand = p.num(), true
	case p.is("set"), p.is("map"):
		p.next()
		c.obj = "set"
		p.family(&c.p)
		c.p.table, c.p.tableAt = p.identifier()
		p.handleOrName(&c.p, func() { c.p.name, c.p.nameAt = p.identifier() })
	case p.accept("element"):
		c.obj = "element"
		p.nameSpec(&c.p)
		c.elAt = p.peek().at
		c.elems = p.setBlock()
	case p.is("counter"), p.is("quota"), p.is("limit"), p.is("ct"):
		w := p.next().s
		if w == "ct" {
			w = "ct " + p.next().s
		}
		c.obj = "object"
		c.objs = &objSpec{kind: kindOf(w), word: w}
		p.family(&c.p)
		c.p.table, c.p.tableAt = p.identifier()
		p.handleOrName(&c.p, func() { c.p.name, c.p.nameAt = p.identifier() })
	default:
		p.unexpected("")
	}
}

func kindOf(w string) nftables.ObjKind {
	switch w {
	case "ct helper":
		return nftables.ObjCTHelper
	case "ct timeout":
		return nftables.ObjCTTimeout
	case "ct expectation":
		return nftables.ObjCTExpect
	}
	return objKinds[w]
}

func (p *parser) handleOr(h *place, f func()) {
	p.family(h)
	p.handleOrName(h, f)
}

func (p *parser) handleOrName(h *place, f func()) {
	if p.accept("handle") {
		h.handAt = p.peek().at
		h.handle, h.hasHand = p.num(), true
		return
	}
	f()
}

func (p *parser) flush(c *cmd) {
	switch {
	case p.accept("table"):
		c.obj = "table"
		p.tableSpec(&c.p)
	case p.accept("chain"):
		c.obj = "chain"
		p.chainSpec(&c.p)
	case p.is("set"), p.is("map"), p.is("meter"):
		p.next()
		c.obj = "set"
		p.nameSpec(&c.p)
	case p.accept("ruleset"):
		c.obj = "ruleset"
		p.optFamily(c)
	default:
		p.unexpected("")
	}
}

func (p *parser) optFamily(c *cmd) {
	if t := p.peek(); t.kind == tokWord {
		if f, ok := families[t.s]; ok {
			c.p.family, c.p.hasFam = f, true
			p.next()
		}
	}
}

func (p *parser) list(c *cmd) {
	t := p.next()
	c.obj = t.s
	switch t.s {
	case "table":
		p.tableSpec(&c.p)
	case "tables", "chains", "sets", "maps", "meters", "ruleset", "flowtables", "limits", "counters", "quotas", "hooks", "secmarks", "synproxys":
		p.optFamily(c)
		switch t.s {
		case "counters", "quotas", "limits":
			if p.accept("table") {
				p.tableSpec(&c.p)
				c.p.hasFam = true
			}
		}
	case "chain":
		p.chainSpec(&c.p)
	case "set", "map", "meter":
		c.obj = "set"
		p.nameSpec(&c.p)
	case "counter", "quota", "limit":
		p.nameSpec(&c.p)
		c.objs = &objSpec{kind: objKinds[t.s], word: t.s}
		c.obj = "object"
	case "ct":
		w := p.next()
		c.obj = "object"
		switch w.s {
		case "helper", "timeout", "expectation":
			p.nameSpec(&c.p)
			c.objs = &objSpec{kind: kindOf("ct " + w.s), word: "ct " + w.s}
		case "helpers", "timeouts", "expectations":
			c.obj = "objects"
			c.objs = &objSpec{kind: kindOf("ct " + strings.TrimSuffix(w.s, "s")), word: "ct " + strings.TrimSuffix(w.s, "s")}
			if p.accept("table") {
				p.tableSpec(&c.p)
				c.p.hasFam = true
			} else {
				p.optFamily(c)
			}
		default:
			p.i--
			p.unexpected("")
		}
	default:
		p.i--
		p.unexpected("")
	}
}

// tableBlock reads what stands between the braces of a table.
func (p *parser) tableBlock(c *cmd) {
	for {
		p.skipNewlines()
		if p.peek().kind == tokEOF {
			p.unexpected("")
		}
		if p.is("}") {
			return
		}
		p.item(func() { p.tableItem(c) })
	}
}

// item reads one thing of a block; after an error the next line goes on.
func (p *parser) item(f func()) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(syntaxError)
			if !ok || len(p.errs) >= 9 || p.peek().kind == tokEOF {
				panic(r)
			}
			p.errs = append(p.errs, e.f)
			for {
				t := p.peek()
				if t.kind == tokEOF {
					return
				}
				p.next()
				if t.kind == tokNewline || t.kind == tokPunct && t.s == ";" {
					return
				}
			}
		}
	}()
	f()
}

func (p *parser) tableItem(c *cmd) {
	{
		t := p.peek()
		h := c.p
		sub := &cmd{op: "add", at: t.at, p: h}
		if c.op == "create" {
			sub.op = "create"
		}
		switch {
		case p.accept("flags"):
			for {
				w := p.next()
				if w.s != "dormant" {
					panic(syntaxError{errAt(w.at, "unknown table option "+w.s)})
				}
				c.table.dormant, c.table.hasFlags = true, true
				if !p.accept(",") {
					break
				}
			}
			p.stmtEnd()
			return
		case p.accept("comment"):
			c.table.comment = p.str()
			p.stmtEnd()
			return
		case p.accept("chain"):
			sub.obj = "chain"
			sub.p.chain, sub.p.chainAt = p.identifier()
			p.want("{")
			p.chainBlock(sub)
			p.want("}")
		case p.is("set"), p.is("map"):
			isMap := p.next().s == "map"
			sub.obj = "set"
			sub.p.name, sub.p.nameAt = p.identifier()
			sub.set = &setSpec{name: sub.p.name, at: sub.p.nameAt, isMap: isMap}
			p.want("{")
			p.setDecl(sub.set)
			p.want("}")
		case p.is("counter"), p.is("quota"), p.is("limit"), p.is("secmark"), p.is("synproxy"):
			sub.obj = "object"
			kind := objKinds[p.next().s]
			sub.p.name, sub.p.nameAt = p.identifier()
			sub.objs = p.object(kind)
		case p.accept("ct"):
			w := p.next()
			sub.obj = "object"
			switch w.s {
			case "helper", "timeout", "expectation":
			default:
				p.i--
				p.unexpected("")
			}
			sub.p.name, sub.p.nameAt = p.identifier()
			sub.objs = p.ctObject(w.s)
		case p.is("flowtable"):
			panic(syntaxError{errAt(t.at, "not modelled: flowtable")})
		case p.is("define"), p.is("redefine"):
			p.define()
			return
		case p.is("include"):
			panic(syntaxError{errAt(t.at, "not modelled: include")})
		default:
			p.unexpected("")
		}
		sub.at = sub.at.to(p.last)
		c.sub = append(c.sub, sub)
		p.blockEnd()
	}
}

func (p *parser) blockEnd() {
	t := p.peek()
	if t.kind == tokNewline || p.is("}") || p.is(";") || t.kind == tokEOF {
		return
	}
	p.unexpected("newline or semicolon")
}

func (p *parser) stmtEnd() {
	t := p.peek()
	if t.kind == tokNewline || p.is(";") {
		p.next()
		return
	}
	p.unexpected("newline or semicolon")
}

// chainBlock reads what stands between the braces of a chain: its type, its
// policy and its rules.
func (p *parser) chainBlock(c *cmd) {
	s := &chainSpec{}
	c.chain = s
	for {
		p.skipNewlines()
		if p.peek().kind == tokEOF {
			p.unexpected("")
		}
		if p.is("}") {
			return
		}
		p.item(func() { p.chainItem(c, s) })
	}
}

func (p *parser) chainItem(c *cmd, s *chainSpec) {
	{
		t := p.peek()
		switch {
		case p.accept("type"):
			p.hook(s)
			p.stmtEnd()
		case p.is("policy") && p.peekN(1).kind == tokWord:
			p.next()
			s.polAt = p.peek().at
			switch w := p.next().s; w {
			case "accept", "drop":
				s.policy = w
			default:
				p.i--
				p.unexpected("'$' or accept or drop")
			}
			p.stmtEnd()
		case p.accept("flags"):
			s.flags = append(s.flags, p.next().s)
			p.stmtEnd()
		case p.accept("devices"):
			p.want("=")
			p.devices(s)
			p.stmtEnd()
		case p.is("comment") && p.peekN(1).kind == tokString && (p.peekN(2).kind == tokNewline || p.peekN(2).s == ";"):
			p.next()
			s.comment = p.str()
			p.stmtEnd()
		case p.is("define"):
			p.define()
		default:
			r := &cmd{op: "add", obj: "rule", at: t.at, p: c.p}
			r.rule = p.rule()
			r.at = r.at.to(p.last)
			c.sub = append(c.sub, r)
			if !p.is("}") {
				p.stmtEnd()
			}
		}
	}
}

// hook reads "type filter hook input device eth0 priority 0".
func (p *parser) hook(s *chainSpec) {
	t := p.next()
	switch t.s {
	case "filter", "nat", "route":
		s.typ, s.typAt = t.s, t.at
	default:
		if t.kind != tokWord || keywords[t.s] {
			p.i--
			p.unexpected("string")
		}
		panic(syntaxError{errAt(t.at, "unknown chain type")})
	}
	p.want("hook")
	h := p.next()
	if h.kind != tokWord || keywords[h.s] {
		p.i--
		p.unexpected("string")
	}
	s.hook, s.hookAt, s.hasHook = h.s, h.at, true
	if !validHook(p.fam, h.s) {
		panic(syntaxError{errAt(h.at, "unknown chain hook")})
	}
	if p.accept("device") {
		s.devAt = p.peek().at
		s.devs = append(s.devs, p.str())
	}
	if p.accept("devices") {
		p.want("=")
		p.devices(s)
	}
	p.want("priority")
	p.priority(s)
}

func validHook(f core.Family, h string) bool {
	switch f {
	case core.NFIPv4, core.NFIPv6, core.NFInet, core.NFBridge:
		switch h {
		case "prerouting", "input", "forward", "output", "postrouting":
			return true
		case "ingress":
			return f == core.NFInet
		}
	case core.NFARP:
		return h == "input" || h == "forward" || h == "output"
	case core.NFNetdev:
		return h == "ingress" || h == "egress"
	}
	return false
}

func (p *parser) devices(s *chainSpec) {
	s.devAt = p.peek().at
	p.want("{")
	for {
		p.opt()
		s.devs = append(s.devs, p.str())
		p.opt()
		if !p.accept(",") {
			break
		}
	}
	p.want("}")
}

// priority reads 0, -100, filter, filter + 10.
func (p *parser) priority(s *chainSpec) {
	s.prioAt = p.peek().at
	t := p.peek()
	switch {
	case p.accept("-"):
		s.prio = -int(p.num())
	case t.kind == tokNum:
		s.prio = int(p.num())
	case t.kind == tokWord || t.kind == tokString:
		p.next()
		s.prioWord = t.s
		if p.accept("+") {
			s.prio = int(p.num())
		} else if p.accept("-") {
			s.prio = -int(p.num())
		} else if t.s != "" && strings.Contains(t.s, "-") { // "filter-10" is one word
			if w, n, ok := strings.Cut(t.s, "-"); ok {
				if v, err := strconv.Atoi(n); err == nil {
					s.prioWord, s.prio = w, -v
				}
			}
		}
	default:
		p.unexpected("")
	}
	s.prioAt = s.prioAt.to(p.last)
}

// setDecl reads what stands between the braces of a set or a map.
func (p *parser) setDecl(s *setSpec) {
	for {
		p.skipNewlines()
		t := p.peek()
		if t.kind == tokEOF {
			p.unexpected("")
		}
		if p.is("}") {
			return
		}
		switch {
		case p.accept("type"):
			s.typeAt = p.peek().at
			s.key = p.typeExpr()
			s.typeAt = s.typeAt.to(p.last)
			if s.isMap {
				p.want(":")
				p.mapType(s)
			}
			p.stmtEnd()
		case p.accept("typeof"):
			s.typeAt = p.peek().at
			s.typeof = p.typeofExpr()
			s.typeAt = s.typeAt.to(p.last)
			if s.isMap {
				p.want(":")
				p.accept("interval")
				if k, ok := objKinds[p.peek().s]; ok {
					p.next()
					s.objMap = k
				} else if p.is("verdict") {
					p.next()
					s.data = tVerdict
				} else {
					s.dataOf = p.typeofExpr()
				}
			}
			p.stmtEnd()
		case p.accept("flags"):
			for {
				w := p.next()
				switch w.s {
				case "constant", "interval", "timeout", "dynamic":
					s.flags = append(s.flags, w.s)
				default:
					p.i--
					p.unexpected("constant or interval or dynamic or timeout")
				}
				if !p.accept(",") {
					break
				}
			}
			p.stmtEnd()
		case p.accept("timeout"):
			s.timeout = p.time()
			p.stmtEnd()
		case p.accept("gc-interval"):
			s.gc = p.time()
			p.stmtEnd()
		case p.accept("size"):
			s.size = p.num()
			p.stmtEnd()
		case p.accept("policy"):
			w := p.next()
			if w.s != "performance" && w.s != "memory" {
				p.i--
				p.unexpected("performance or memory")
			}
			s.policy = w.s
			p.stmtEnd()
		case p.accept("auto-merge"):
			s.autoMrg = true
			p.stmtEnd()
		case p.accept("comment"):
			s.comment = p.str()
			p.stmtEnd()
		case p.accept("elements"):
			p.want("=")
			s.hasElems = true
			s.elems = append(s.elems, p.setBlock()...)
			if !p.is("}") {
				p.stmtEnd()
			}
		case p.is("counter"), p.is("limit"), p.is("quota"), p.is("ct"), p.is("last"):
			s.stmts = append(s.stmts, p.stateful())
			if !p.is("}") && !p.is("counter") && !p.is("limit") && !p.is("quota") {
				p.stmtEnd()
			}
		default:
			p.unexpected("")
		}
	}
}

func (p *parser) mapType(s *setSpec) {
	if k, ok := objKinds[p.peek().s]; ok {
		p.next()
		s.objMap = k
		return
	}
	if p.accept("interval") {
		s.dataIvl = true
	}
	s.data = p.typeExpr()
}

// typeExpr reads "ipv4_addr . inet_service".
func (p *parser) typeExpr() *dtype {
	var l []*dtype
	for {
		t := p.peek()
		if t.kind != tokWord {
			p.unexpected("string")
		}
		p.next()
		name := t.s
		d := typesByName[name]
		if d == nil || d == tInteger || d == tString || d == tBitmask {
			if d == nil {
				panic(syntaxError{errAt(t.at, "unknown datatype "+name)})
			}
		}
		l = append(l, d)
		if !p.accept(".") {
			break
		}
	}
	if len(l) == 1 {
		return l[0]
	}
	return concatType(l)
}

func concatType(l []*dtype) *dtype {
	return &dtype{id: -1, name: "concatenation", desc: "concatenation of", many: l}
}

func (p *parser) typeofExpr() *expr {
	e := p.primary()
	if p.is(".") {
		c := &expr{k: eConcat, at: e.at, list: []*expr{e}}
		for p.accept(".") {
			x := p.primary()
			c.list = append(c.list, x)
			c.at = c.at.to(x.at)
		}
		return c
	}
	return e
}

// time reads 1h30m, or seconds; the result is in milliseconds.
func (p *parser) time() uint64 {
	t := p.peek()
	if t.kind != tokTime && t.kind != tokNum && t.kind != tokWord {
		p.unexpected("string")
	}
	p.next()
	ms, ok := parseTime(t.s)
	if !ok {
		panic(syntaxError{errAt(t.at, "Cannot parse time")})
	}
	return ms
}

// setBlock reads { a, b } with its braces, or a variable.
func (p *parser) setBlock() []*expr {
	if p.is("$") {
		v := p.variable()
		if v.k == eSet {
			return v.list
		}
		return []*expr{v}
	}
	p.want("{")
	var l []*expr
	for {
		p.opt()
		if p.is("}") {
			break
		}
		l = append(l, p.element())
		p.opt()
		if !p.accept(",") {
			break
		}
	}
	p.want("}")
	return l
}

// element reads one element of a set or map.
func (p *parser) element() *expr {
	at := p.peek().at
	var k *expr
	if p.is("*") {
		k = &expr{k: eAny, at: p.next().at}
	} else {
		k = p.rhs()
	}
	e := &expr{k: eElem, at: at.to(p.last), l: k, elem: p.elemOptions()}
	if p.is(":") {
		p.next()
		p.opt()
		m := &expr{k: eMapping, at: e.at, l: e}
		if c := p.verdictWord(); c != nil {
			m.r = c
		} else if p.is("{") {
			m.r = &expr{k: eSet, list: p.setBlock()}
		} else {
			m.r = p.rhs()
		}
		m.at = m.at.to(p.last)
		if more := p.elemOptions(); more != nil {
			if e.elem == nil {
				e.elem = more
			} else {
				e.elem.comment = more.comment
			}
		}
		return m
	}
	return e
}

func (p *parser) elemOptions() *elemInfo {
	var i *elemInfo
	get := func() *elemInfo {
		if i == nil {
			i = &elemInfo{}
		}
		return i
	}
	for {
		switch {
		case p.is("timeout"):
			p.next()
			get().timeout, get().hasTimeout = p.time(), true
		case p.is("expires"):
			p.next()
			get().expires, get().hasExpires = p.time(), true
		case p.is("comment"):
			p.next()
			get().comment = p.str()
		case p.is("counter"), p.is("limit"), p.is("quota"), p.is("last"), p.is("ct") && p.peekN(1).s == "count":
			s := p.stateful()
			get().stmts = append(get().stmts, s)
		default:
			return i
		}
	}
}

// object reads the body of a counter, quota or limit.
func (p *parser) object(k nftables.ObjKind) *objSpec {
	o := &objSpec{kind: k}
	switch k {
	case nftables.ObjCounter:
		o.st = &stmt{k: sCounter}
	case nftables.ObjQuota:
		o.st = &stmt{k: sQuota}
	case nftables.ObjLimit:
		o.st = &stmt{k: sLimit, burst: 5}
	default:
		panic(syntaxError{errAt(p.last, "not modelled: this kind of object")})
	}
	if p.end() {
		if k == nftables.ObjQuota || k == nftables.ObjLimit {
			p.unexpected("")
		}
		return o
	}
	block := p.accept("{")
	for {
		if block {
			p.skipNewlines()
			if p.is("}") {
				break
			}
		}
		switch {
		case p.accept("comment"):
			o.comment = p.str()
		case k == nftables.ObjCounter && p.is("packets"):
			p.counterArgs(o.st)
		case k == nftables.ObjQuota:
			p.quotaArgs(o.st)
		case k == nftables.ObjLimit:
			p.limitArgs(o.st)
		default:
			p.unexpected("")
		}
		if !block {
			return o
		}
		if !p.is("}") {
			p.stmtEnd()
		}
	}
	p.want("}")
	return o
}

// ctObject reads the body of a ct helper or ct timeout.
func (p *parser) ctObject(w string) *objSpec {
	o := &objSpec{kind: kindOf("ct " + w), word: w, policy: map[string]uint64{}}
	p.want("{")
	for {
		p.skipNewlines()
		if p.is("}") {
			break
		}
		switch {
		case p.accept("type"):
			o.helper = p.quotedString()
			p.want("protocol")
			o.l4 = p.l4()
		case p.accept("protocol"):
			o.l4 = p.l4()
		case p.accept("l3proto"):
			t := p.next()
			f, ok := families[t.s]
			if !ok {
				p.i--
				p.unexpected("")
			}
			o.l3, o.hasL3 = f, true
		case p.accept("policy"):
			p.want("=")
			p.want("{")
			for {
				p.opt()
				if p.is("}") {
					break
				}
				n := p.str()
				p.want(":")
				o.policy[n] = p.time() / 1000
				if p.peek().kind == tokTime {
					p.next()
				}
				p.opt()
				if !p.accept(",") {
					break
				}
			}
			p.want("}")
		case p.accept("comment"):
			o.comment = p.str()
		default:
			if o.kind == nftables.ObjCTExpect {
				panic(syntaxError{errAt(p.peek().at, "not modelled: ct expectation")})
			}
			p.unexpected("")
		}
		if !p.is("}") {
			p.stmtEnd()
		}
	}
	p.want("}")
	return o
}

func (p *parser) l4() uint64 {
	t := p.next()
	switch t.s {
	case "tcp":
		return 6
	case "udp":
		return 17
	}
	p.i--
	p.unexpected("tcp or udp")
	return 0
}
