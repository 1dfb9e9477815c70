package nft

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// rulePlace reads where a rule goes.
func (p *parser) rulePlace(c *cmd) {
	c.obj = "rule"
	p.chainSpec(&c.p)
	for {
		switch {
		case p.is("position"):
			c.p.posAt = p.next().at
			c.p.pos = p.num()
			c.p.posAt = c.p.posAt.to(p.last)
			continue
		case p.is("handle"):
			p.next()
			c.p.handAt = p.peek().at
			c.p.handle, c.p.hasHand = p.num(), true
			continue
		case p.is("index"):
			c.p.posAt = p.next().at
			c.p.index = p.num() + 1
			c.p.posAt = c.p.posAt.to(p.last)
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
	case p.accept("rule"):
		c.obj = "rule"
		p.chainSpec(&c.p)
		if !p.is("handle") {
			p.unexpected("handle")
		}
		p.next()
		c.p.handAt = p.peek().at
		c.p.handle, c.p.hasHand = p.num(), true
	case p.accept("flowtable"):
		p.delFlowtable(c)
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
	case p.is("counter"), p.is("quota"), p.is("limit"), p.is("synproxy"), p.is("ct"):
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
	if t := p.peek(); t.kind != tokWord || keywords[t.s] {
		p.unexpected("handle or string")
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
	if c.op == "reset" {
		switch t.s {
		case "counter", "counters", "quota", "quotas":
		default:
			p.i--
			p.unexpected("counter or counters or quotas or quota")
		}
	}
	switch t.s {
	case "table":
		p.tableSpec(&c.p)
	case "tables", "chains", "sets", "maps", "meters", "ruleset", "flowtables", "limits", "counters", "quotas", "hooks", "secmarks", "synproxys":
		p.optFamily(c)
		switch t.s {
		case "hooks":
			if p.accept("device") {
				p.str()
			}
		case "counters", "quotas", "limits", "synproxys":
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
	case "flowtable":
		p.nameSpec(&c.p)
	case "counter", "quota", "limit", "synproxy":
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
		case p.accept("flowtable"):
			sub.obj = "flowtable"
			sub.p.name, sub.p.nameAt = p.identifier()
			sub.flow = p.flowtable()
		case p.is("define"), p.is("redefine"):
			p.define()
			return
		case p.is("include"):
			panic(syntaxError{errAt(t.at, "syntax error, unexpected include")})
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
	if t.kind == tokNewline || p.is(";") {
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
			if !p.is("offload") {
				p.unexpected("offload")
			}
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
			r.at = r.rule.at
			c.sub = append(c.sub, r)
			p.stmtEnd()
		}
	}
}

// hook reads "type filter hook input device eth0 priority 0".
func (p *parser) hook(s *chainSpec) {
	start := max(p.i-1, 0) // "type"
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
	s.hookLoc = p.toks[start].at.to(p.last)
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
