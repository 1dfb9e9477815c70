package nft

import (
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

func (p *parser) reject() *stmt {
	s := &stmt{k: sReject, reject: nftables.RejectICMP, wordAt: p.next().at, short: true}
	if !p.accept("with") {
		return s
	}
	t := p.next()
	switch t.s {
	case "tcp":
		p.want("reset")
		s.reject = nftables.RejectReset
		return s
	case "icmp", "icmpv6", "icmpx":
		s.icmpFamily = t.s
		if t.s == "icmpx" {
			s.reject = nftables.RejectICMPX
		}
		p.accept("type")
		p.accept("code")
		n := p.peek()
		if n.kind != tokWord && n.kind != tokNum {
			p.unexpected("")
		}
		s.code = p.symbol()
		return s
	}
	p.i--
	p.unexpected("")
	return nil
}

// nat reads snat and dnat.
func (p *parser) nat() *stmt {
	s := &stmt{k: sNAT, name: p.next().s, short: true}
	if p.is("ip") || p.is("ip6") {
		if f := p.peek().s; f == "ip" {
			s.natFam, s.natTyped = core.NFIPv4, true
		} else {
			s.natFam, s.natTyped = core.NFIPv6, true
		}
		p.next()
	}
	if p.is("prefix") {
		p.next()
		s.natPrefix = true
		s.natFlags = append(s.natFlags, "prefix")
	}
	if p.is("addr") && p.peekN(1).s == "." {
		p.next()
		p.next()
		p.want("port")
	}
	if !p.is("to") && !p.is(":") {
		if p.end() || keywords[p.peek().s] {
			if !p.accept("interval") {
				p.unexpected("")
			}
		}
	}
	p.accept("to")
	if p.is(":") {
		p.next()
		s.port = p.natValue()
	} else {
		s.addr = p.natValue()
		if p.is("-") && p.peekN(1).s == "[" {
			p.next()
			p.next()
			r := p.natValue()
			p.want("]")
			s.addr = &expr{k: eRange, at: s.addr.at.to(p.last), l: s.addr, r: r}
		}
		if p.accept(":") {
			s.port = p.natValue()
		}
	}
	p.natFlagsOf(s)
	return s
}

// natValue reads an address or a port: a value, a range, a prefix, a map.
func (p *parser) natValue() *expr {
	var e *expr
	t := p.peek()
	if t.kind == tokWord && !keywords[t.s] || t.kind == tokNum || t.kind == tokAddr || t.kind == tokString || p.is("$") {
		e = p.symbolOrVar()
	} else if p.is("[") {
		p.next()
		e = p.symbolOrVar()
		p.want("]")
	} else {
		e = p.concat(p.left())
	}
	switch {
	case p.is("-"):
		p.next()
		br := p.accept("[")
		r := p.symbolOrVar()
		if br {
			p.want("]")
		}
		e = &expr{k: eRange, at: e.at.to(p.last), l: e, r: r}
	case p.is("/") && p.peekN(1).kind == tokNum:
		p.next()
		e = &expr{k: ePrefix, at: e.at, l: e, v: num(p.num())}
		e.at = e.at.to(p.last)
	case p.is("map"):
		p.next()
		e = &expr{k: eMap, at: e.at, l: e, r: p.mapTarget()}
		e.at = e.at.to(p.last)
	}
	return e
}

func (p *parser) symbolOrVar() *expr {
	if p.is("$") {
		return p.variable()
	}
	t := p.peek()
	if t.kind == tokPunct || t.kind == tokNewline || t.kind == tokEOF {
		p.unexpected("")
	}
	return p.symbol()
}

func (p *parser) natFlagsOf(s *stmt) {
	for {
		t := p.peek()
		switch t.s {
		case "random", "fully-random", "persistent":
			if t.kind != tokWord {
				return
			}
			p.next()
			s.natFlags = append(s.natFlags, t.s)
			if !p.accept(",") {
				return
			}
		default:
			return
		}
	}
}

// masq reads masquerade and redirect.
func (p *parser) masq() *stmt {
	s := &stmt{k: sNAT, name: p.next().s, short: true}
	if p.accept("to") {
		if !p.accept(":") && s.name == "masquerade" {
			p.unexpected("colon")
		}
		s.port = p.natValue()
	}
	p.natFlagsOf(s)
	return s
}

func (p *parser) queueStmt() *stmt {
	s := &stmt{k: sQueue, at: p.next().at}
	var flags, to []string
	flagWords := func() {
		for p.is("bypass") || p.is("fanout") {
			flags = append(flags, p.next().s)
			p.accept(",")
		}
	}
	for !p.end() && !p.is("comment") {
		switch {
		case p.accept("flags"), p.is("bypass"), p.is("fanout"):
			flagWords()
		case p.accept("num"), p.accept("to"):
		default:
			to = append(to, p.next().s)
		}
	}
	slices.Sort(flags) // bypass is the lower bit
	if len(flags) > 0 {
		s.queue = "flags " + strings.Join(flags, ",") + " "
	}
	if len(to) == 0 {
		to = []string{"0"}
	}
	t := strings.Join(to, " ")
	s.queue += "to " + strings.ReplaceAll(t, " - ", "-")
	return s
}

func (p *parser) dupFwd() *stmt {
	t := p.next()
	s := &stmt{k: sDup}
	if t.s == "fwd" {
		s.k = sFwd
		if p.is("ip") || p.is("ip6") {
			s.natFam, s.natTyped = families[p.next().s], true
		}
	}
	p.want("to")
	s.addr = p.natValue()
	if s.natTyped && !p.is("device") {
		p.unexpected("device")
	}
	if (s.natTyped || s.k == sDup) && p.accept("device") {
		s.port = p.natValue()
	}
	return s
}

func (p *parser) metaSet() *stmt {
	p.accept("meta")
	e := p.metaKey(false)
	p.want("set")
	return &stmt{k: sMetaSet, e: e, r: p.setValue()}
}

// setValue reads what a key is set to.
func (p *parser) setValue() *expr {
	t := p.peek()
	if t.kind == tokWord && keywords[t.s] && !startsExpr[t.s] && !rhsWords[t.s] || t.kind == tokWord && (t.s == "ip" || t.s == "ip6" || t.s == "tcp" || t.s == "udp" || t.s == "ether" || t.s == "th") && p.peekN(1).kind == tokWord && protosByName[t.s] != nil && protosByName[t.s].field(p.peekN(1).s) != nil {
		l := p.concat(p.left())
		return p.maybeMap(l)
	}
	if t.kind == tokPunct && t.s == "@" {
		return p.maybeMap(p.left())
	}
	e := p.binary(p.setPrimary, 0)
	if p.is(",") {
		l := &expr{k: eList, at: e.at, list: []*expr{e}}
		for p.accept(",") {
			l.list = append(l.list, p.rhsPrimary())
			l.at = l.at.to(p.last)
		}
		return l
	}
	if p.is(".") {
		e = p.concat(e)
	}
	return p.maybeMap(e)
}

func (p *parser) setPrimary() *expr {
	t := p.peek()
	if t.kind == tokWord && (startsExpr[t.s] || protosByName[t.s] != nil && p.peekN(1).kind == tokWord && protosByName[t.s].field(p.peekN(1).s) != nil) {
		return p.primary()
	}
	return p.rhsPrimary()
}

func (p *parser) maybeMap(l *expr) *expr {
	if p.accept("map") {
		m := &expr{k: eMap, at: l.at, l: l, r: p.mapTarget()}
		m.at = m.at.to(p.last)
		return m
	}
	return l
}

// ctStmt reads "ct mark set", "ct helper set", "ct count" or a comparison.
func (p *parser) ctStmt() *stmt {
	if p.peekN(1).s == "count" {
		return p.stateful()
	}
	if n := p.peekN(2); n.s == "set" && n.kind == tokWord {
		p.next()
		k := p.peek().s
		switch k {
		case "helper", "timeout", "expectation":
			p.next()
			p.next()
			s := p.objRef(kindOf("ct "+k), "ct "+k)
			return s
		}
		e := p.ctExpr()
		p.want("set")
		return &stmt{k: sCTSet, e: e, r: p.setValue()}
	}
	if n := p.peekN(3); n.s == "set" && n.kind == tokWord && (p.peekN(1).s == "original" || p.peekN(1).s == "reply") {
		p.next()
		e := p.ctExpr()
		p.want("set")
		return &stmt{k: sCTSet, e: e, r: p.setValue()}
	}
	return p.match()
}

// setStmt reads "add @s { ip saddr timeout 5s counter }".
func (p *parser) setStmt() *stmt {
	s := &stmt{k: sSetOp, setOp: p.next().s}
	if !p.is("@") {
		p.unexpected("")
	}
	s.e = p.setRef()
	p.want("{")
	p.setStmtBody(s)
	p.want("}")
	return s
}

func (p *parser) setStmtBody(s *stmt) {
	s.key = p.concat(p.left())
	s.elem = &elemInfo{}
	for {
		switch {
		case p.is("timeout"):
			p.next()
			s.elem.timeout, s.elem.hasTimeout = p.time(), true
			continue
		case p.is("comment"):
			p.next()
			s.elem.comment = p.str()
			continue
		case p.is("counter"), p.is("limit"), p.is("quota"), p.is("last"), p.is("ct") && p.peekN(1).s == "count":
			s.stmts = append(s.stmts, p.stateful())
			continue
		}
		break
	}
	if p.accept(":") {
		s.k = sMapOp
		s.data = p.rhsOrLeft()
	}
}

func (p *parser) rhsOrLeft() *expr {
	t := p.peek()
	if t.kind == tokWord && protosByName[t.s] != nil {
		return p.concat(p.left())
	}
	return p.rhs()
}

// setStmtOld reads "set add ip saddr @s".
func (p *parser) setStmtOld() *stmt {
	p.next()
	op := p.next().s
	if op != "add" && op != "update" && op != "delete" {
		p.i--
		p.unexpected("add or update or delete")
	}
	s := &stmt{k: sSetOp, setOp: op, elem: &elemInfo{}}
	s.key = p.concat(p.left())
	if p.accept("timeout") {
		s.elem.timeout, s.elem.hasTimeout = p.time(), true
	}
	if !p.is("@") {
		p.unexpected("@")
	}
	s.e = p.setRef()
	return s
}
