package nft

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// rule reads the statements of a rule and its comment.
func (p *parser) rule() *ruleSpec {
	r := &ruleSpec{at: p.peek().at}
	for !p.end() {
		if p.is("comment") && p.peekN(1).kind == tokString || p.is("comment") && p.peekN(1).kind == tokWord {
			r.at = r.at.to(p.last)
			p.next()
			r.comment = p.str()
			return r
		}
		r.stmts = append(r.stmts, p.stmt())
	}
	if len(r.stmts) == 0 {
		p.unexpected("")
	}
	r.at = r.at.to(p.last)
	return r
}

// verdictWord reads a verdict, nil if there is none.
func (p *parser) verdictWord() *expr {
	t := p.peek()
	if t.kind != tokWord {
		return nil
	}
	e := &expr{k: eVerdict, at: t.at, t: tVerdict}
	switch t.s {
	case "accept":
		e.verdict = nftables.AcceptCode
	case "drop":
		e.verdict = nftables.DropCode
	case "continue":
		e.verdict = nftables.Continue
	case "return":
		e.verdict = nftables.Return
	case "jump", "goto":
		p.next()
		e.verdict = nftables.Jump
		if t.s == "goto" {
			e.verdict = nftables.Goto
		}
		n := p.peek()
		if n.kind == tokPunct && n.s == "$" {
			v := p.variable()
			e.chain, e.chainAt = v.word, v.at
		} else {
			e.chain, e.chainAt = p.identifier()
		}
		e.at = e.at.to(p.last)
		return e
	default:
		return nil
	}
	p.next()
	return e
}

// stmt reads one statement.
func (p *parser) stmt() *stmt {
	t := p.peek()
	s := p.stmtAt(t)
	if s.short {
		s.at = t.at
	} else {
		s.at = t.at.to(p.last)
	}
	return s
}

func (p *parser) stmtAt(t *token) *stmt {
	if v := p.verdictWord(); v != nil {
		return &stmt{k: sVerdict, e: v}
	}
	if t.kind == tokWord {
		switch t.s {
		case "counter":
			if p.peekN(1).s == "name" {
				p.next()
				p.next()
				return p.objRef(nftables.ObjCounter, "counter")
			}
			return p.stateful()
		case "limit":
			if p.peekN(1).s == "name" {
				p.next()
				p.next()
				return p.objRef(nftables.ObjLimit, "limit")
			}
			return p.stateful()
		case "quota":
			if p.peekN(1).s == "name" {
				p.next()
				p.next()
				return p.objRef(nftables.ObjQuota, "quota")
			}
			return p.stateful()
		case "last":
			return p.stateful()
		case "log":
			return p.log()
		case "reject":
			return p.reject()
		case "snat", "dnat":
			return p.nat()
		case "masquerade", "redirect":
			return p.masq()
		case "notrack":
			p.next()
			return &stmt{k: sNotrack}
		case "queue":
			return p.queueStmt()
		case "dup", "fwd":
			return p.dupFwd()
		case "meta":
			if n := p.peekN(2); n.kind == tokWord && n.s == "set" {
				return p.metaSet()
			}
		case "mark", "priority", "nftrace", "pkttype":
			if p.peekN(1).s == "set" && p.peekN(1).kind == tokWord {
				return p.metaSet()
			}
		case "ct":
			return p.ctStmt()
		case "add", "update", "delete":
			if n := p.peekN(1); n.s == "@" || n.kind == tokWord {
				return p.setStmt()
			}
		case "set":
			return p.setStmtOld()
		case "flow":
			return p.flow()
		case "tproxy":
			return p.tproxy()
		case "synproxy":
			return p.synproxy()
		case "meter":
			return p.meter()
		case "xt", "tunnel", "osf":
			panic(syntaxError{errAt(t.at, "not modelled: "+t.s)})
		case "reset":
			return p.reset()
		}
	}
	return p.match()
}

// match reads a comparison, a verdict map, or a header that is set.
func (p *parser) match() *stmt {
	l := p.concat(p.left())
	if p.is("set") && p.peek().kind == tokWord && l.k != eSocket {
		p.next()
		r := p.setValue()
		switch l.k {
		case ePayload:
			return &stmt{k: sPayloadSet, e: l, r: r}
		case eExthdr:
			return &stmt{k: sExtSet, e: l, r: r}
		}
		p.unexpected("")
	}
	if p.accept("vmap") {
		r := p.mapTarget()
		return &stmt{k: sVmap, e: &expr{k: eMap, at: l.at.to(p.last), l: l, r: r}}
	}
	if p.is("map") {
		p.next()
		m := &expr{k: eMap, l: l, r: p.mapTarget()}
		m.at = l.at.to(p.last)
		l = m
		if p.end() {
			p.unexpected("")
		}
	}
	s := &stmt{k: sMatch, e: l}
	t := p.peek()
	if l.k == eSocket && t.kind == tokWord && t.s == "set" {
		p.unexpected("")
	}
	if t.kind == tokPunct {
		switch t.s {
		case "==", "!=", "<", ">", "<=", ">=":
			s.op = t.s
			p.next()
		case "!":
			s.op = "!"
			p.next()
		}
	}
	s.r = p.rhsList()
	if s.op == "!" {
		// "ct state ! new": the bit is not set
		if p.is(",") {
			p.unexpected("")
		}
	}
	if p.is("/") { // tcp flags syn / syn,ack
		p.next()
		m := p.rhsList()
		s.e = &expr{k: eBinop, at: l.at.to(p.last), op: "/", l: l, r: m}
	}
	return s
}

// mapTarget reads { … } or @name behind map or vmap.
func (p *parser) mapTarget() *expr {
	if p.is("@") {
		return p.setRef()
	}
	at := p.peek().at
	e := &expr{k: eSet, at: at}
	e.list = p.setBlock()
	e.at = at.to(p.last)
	return e
}

func (p *parser) setRef() *expr {
	at := p.next().at
	t := p.peek()
	if p.is("$") {
		v := p.variable()
		return &expr{k: eSetRef, at: at.to(p.last), word: v.word}
	}
	if t.kind != tokWord {
		p.unexpected("string")
	}
	p.next()
	return &expr{k: eSetRef, at: at.to(t.at), word: t.s}
}

// concat reads ". b . c" behind a.
func (p *parser) concat(e *expr) *expr {
	if !p.is(".") {
		return e
	}
	c := &expr{k: eConcat, at: e.at, list: []*expr{e}}
	for p.accept(".") {
		x := p.left()
		c.list = append(c.list, x)
		c.at = c.at.to(p.last)
	}
	return c
}

// left reads the left side of a comparison, with operators.
func (p *parser) left() *expr { return p.binary(p.primary, 0) }

var precedence = [][]string{{"|"}, {"^"}, {"&"}, {"<<", ">>"}}

func (p *parser) binary(unit func() *expr, level int) *expr {
	if level == len(precedence) {
		return unit()
	}
	e := p.binary(unit, level+1)
	for {
		t := p.peek()
		hit := ""
		if t.kind == tokPunct {
			for _, o := range precedence[level] {
				if t.s == o {
					hit = o
				}
			}
		}
		if hit == "" {
			return e
		}
		p.next()
		r := p.binary(unit, level+1)
		e = &expr{k: eBinop, at: e.at.to(p.last), op: hit, l: e, r: r}
	}
}

// rhsList reads the right side: one value, several with commas, a set.
func (p *parser) rhsList() *expr {
	e := p.rhs()
	if !p.is(",") {
		return e
	}
	l := &expr{k: eList, at: e.at, list: []*expr{e}}
	for p.accept(",") {
		p.opt()
		x := p.rhs()
		l.list = append(l.list, x)
		l.at = l.at.to(p.last)
	}
	return l
}

// rhs reads a value, a range, a prefix, a concatenation, { … } or @name.
func (p *parser) rhs() *expr {
	switch {
	case p.is("{"):
		return p.mapTarget()
	case p.is("@") && p.peekN(2).s != ",":
		return p.setRef()
	}
	e := p.rhsRange()
	if p.is(".") {
		c := &expr{k: eConcat, at: e.at, list: []*expr{e}}
		for p.accept(".") {
			x := p.rhsRange()
			c.list = append(c.list, x)
			c.at = c.at.to(p.last)
		}
		return c
	}
	return e
}

func (p *parser) rhsRange() *expr {
	e := p.binary(p.rhsPrimary, 0)
	switch {
	case p.is("-"):
		p.next()
		r := p.binary(p.rhsPrimary, 0)
		return &expr{k: eRange, at: e.at.to(p.last), l: e, r: r}
	case p.is("/") && p.peekN(1).kind == tokNum:
		p.next()
		n := p.num()
		return &expr{k: ePrefix, at: e.at.to(p.last), l: e, v: num(n)}
	}
	return e
}

// words that are keywords and yet values on the right side.
var rhsWords = map[string]bool{}

func init() {
	for _, w := range strings.Fields("tcp udp udplite esp ah icmp igmp icmpv6 comp dccp sctp redirect arp ip ip6 vlan ecn reset update bridge ether snat dnat mark label last") {
		rhsWords[w] = true
	}
}

func (p *parser) rhsPrimary() *expr {
	t := p.peek()
	switch t.kind {
	case tokNum, tokAddr, tokTime, tokString, tokAst:
		return p.symbol()
	case tokWord:
		if !keywords[t.s] || rhsWords[t.s] {
			e := p.symbol()
			if e.word == "comp" { // a keyword that stands for its number
				e.word = "ipcomp"
			}
			return e
		}
		if startsExpr[t.s] {
			return p.primary()
		}
		p.unexpected("")
	}
	switch {
	case p.is("$"):
		return p.variable()
	case p.is("("):
		p.next()
		e := p.rhsListNoSet()
		p.want(")")
		return e
	case p.is("!"):
		at := p.next().at
		e := p.rhsPrimary()
		return &expr{k: eNot, at: at.to(p.last), l: e}
	case p.is("*"):
		return &expr{k: eAny, at: p.next().at}
	}
	p.unexpected("")
	return nil
}
