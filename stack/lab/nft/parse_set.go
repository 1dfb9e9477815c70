package nft

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

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
			if !p.is("counter") && !p.is("limit") && !p.is("quota") && !p.is("ct") {
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
		if b := p.bulk(); b != nil {
			l = append(l, b)
		}
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
	case nftables.ObjSynproxy:
		return p.synproxyObject()
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
			continue
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
