package nft

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

func (p *parser) rhsListNoSet() *expr {
	e := p.binary(p.rhsPrimary, 0)
	if p.is(",") {
		l := &expr{k: eList, at: e.at, list: []*expr{e}}
		for p.accept(",") {
			l.list = append(l.list, p.binary(p.rhsPrimary, 0))
		}
		return l
	}
	return e
}

// startsExpr are keywords with which an expression begins.
var startsExpr = map[string]bool{"meta": true, "ct": true, "numgen": true, "jhash": true, "symhash": true, "fib": true, "rt": true, "socket": true, "mark": true, "th": true, "iif": true, "oif": true, "iifname": true, "oifname": true}

func (p *parser) symbol() *expr {
	t := p.next()
	e := &expr{k: eSymbol, at: t.at, word: t.s}
	switch t.kind {
	case tokString:
		e.quoted = true
	case tokNum:
		e.isNum = true
		v, ok := parseNum(t.s)
		if !ok {
			e.isNum = false
		}
		e.v = v
	case tokAst:
		e.wild = true
	}
	if t.kind == tokString && strings.HasSuffix(t.s, "*") {
		e.wild = true
	}
	return e
}

// variable reads $NAME.
func (p *parser) variable() *expr {
	d := p.next()
	t := p.peek()
	if t.kind != tokWord {
		p.unexpected("string")
	}
	p.next()
	v := p.vars[t.s]
	if v == nil {
		panic(syntaxError{errAt(t.at, "unknown identifier '"+t.s+"'")})
	}
	c := clone(v)
	c.at = d.at.to(t.at)
	return c
}

// clone copies an expression.
func clone(e *expr) *expr {
	if e == nil {
		return nil
	}
	c := *e
	c.l, c.r = clone(e.l), clone(e.r)
	c.list = nil
	for _, x := range e.list {
		c.list = append(c.list, clone(x))
	}
	return &c
}

// primary reads one thing that has a value.
func (p *parser) primary() *expr {
	t := p.peek()
	e := p.primaryAt(t)
	e.at = t.at.to(p.last)
	return e
}

func (p *parser) primaryAt(t *token) *expr {
	switch t.kind {
	case tokNum, tokAddr, tokString, tokTime:
		return p.symbol()
	case tokPunct:
		switch t.s {
		case "(":
			p.next()
			e := p.concat(p.left())
			p.want(")")
			return e
		case "@":
			return p.rawPayload()
		case "$":
			return p.variable()
		}
		p.unexpected("")
	case tokWord:
	default:
		p.unexpected("")
	}
	switch t.s {
	case "meta":
		p.next()
		return p.metaKey(false)
	case "ct":
		p.next()
		return p.ctExpr()
	case "numgen":
		return p.numgen()
	case "jhash", "symhash":
		return p.hash()
	case "fib":
		return p.fib()
	case "socket":
		return p.socketExpr()
	case "rt":
		return p.rtExpr()
	case "tcp":
		if p.peekN(1).s == "option" {
			return p.tcpOption()
		}
	case "ip":
		if p.peekN(1).s == "option" {
			return p.ipOption()
		}
	case "sctp":
		if p.peekN(1).s == "chunk" {
			return p.sctpChunk()
		}
	case "srh":
		p.next()
		return p.srh()
	case "rt0", "rt2":
		p.next()
		return p.rtAddr(t.s)
	case "exthdr":
		p.next()
		x := findExt(exthdrs, p.next().s)
		if x == nil {
			p.i--
			p.unexpected("")
		}
		return &expr{k: eExthdr, ext: x, present: true, t: tBoolean, bits: 1}
	case "ipsec", "osf":
		panic(syntaxError{errAt(t.at, "not modelled: "+t.s)})
	}
	if pr := protosByName[t.s]; pr != nil {
		p.next()
		return p.header(pr)
	}
	if x := findExt(exthdrs, t.s); x != nil {
		p.next()
		w := p.next()
		f := x.field(w.s)
		if f == nil {
			p.i--
			p.unexpected("")
		}
		return &expr{k: eExthdr, ext: x, f: f, t: f.t, bits: f.bits, ord: f.order}
	}
	if m := findMeta(t.s); m != nil && (m.bare || t.s == "mark" || t.s == "iiftype" || t.s == "oiftype" || t.s == "skuid" || t.s == "skgid" || t.s == "nftrace" || t.s == "rtclassid" || t.s == "pkttype" || t.s == "cpu" || t.s == "cgroup" || t.s == "ibrname" || t.s == "obrname" || t.s == "time" || t.s == "day" || t.s == "hour") {
		return p.metaKey(true)
	}
	if keywords[t.s] && t.s != "ecn" { // that is one behind ip and ip6 only
		p.unexpected("")
	}
	return p.symbol()
}

// header reads a field of a header.
func (p *parser) header(pr *proto) *expr {
	t := p.peek()
	if t.kind != tokWord && t.kind != tokNum {
		p.unexpected("")
	}
	name := t.s
	if pr == pARP && (name == "saddr" || name == "daddr") {
		p.next()
		name += " " + p.peek().s
	}
	if pr == pICMP6 && name == "parameter-problem" { // so it is only printed
		p.unexpected("")
	}
	if pr == pICMP6 && name == "param-problem" {
		name = "parameter-problem"
	}
	f := pr.field(name)
	if f == nil {
		p.unexpected("")
	}
	p.next()
	return &expr{k: ePayload, p: pr, f: f, base: pr.base, off: f.off, t: f.t, bits: f.bits, ord: f.order}
}

// rawPayload reads @nh,0,8.
func (p *parser) rawPayload() *expr {
	p.next()
	t := p.next()
	e := &expr{k: ePayload, raw: true, t: tInteger, ord: bigOrder, p: pUnknown}
	switch t.s {
	case "ll":
		e.base = link
	case "nh":
		e.base = network
	case "th":
		e.base = transport
	case "ih":
		e.base = inner
	default:
		p.i--
		p.unexpected("")
	}
	p.want(",")
	e.off = int(p.num())
	p.want(",")
	e.bits = int(p.num())
	if e.bits == 0 || e.bits > 128 {
		panic(syntaxError{errAt(t.at, "raw payload length must be 1 to 128")})
	}
	return e
}

func (p *parser) metaKey(bare bool) *expr {
	t := p.peek()
	m := findMeta(t.s)
	if m == nil || t.kind != tokWord {
		if t.kind == tokWord && !keywords[t.s] {
			panic(syntaxError{errAt(t.at, "unknown meta key")})
		}
		p.unexpected("")
	}
	p.next()
	if m.name == "secpath" {
		m = findMeta("ipsec")
	}
	return &expr{k: eMeta, meta: m, bare: bare, t: m.t, bits: m.bits, ord: m.order}
}

func (p *parser) ctExpr() *expr {
	dir := int8(0)
	switch {
	case p.accept("original"):
		dir = 1
	case p.accept("reply"):
		dir = 2
	}
	t := p.next()
	name := t.s
	if (name == "ip" || name == "ip6") && dir != 0 {
		name += " " + p.next().s
	}
	k := findCT(name)
	if k == nil {
		p.i--
		p.unexpected("")
	}
	if k.dir == 2 && dir == 0 {
		p.unexpected("")
	}
	if k.dir == 0 && dir != 0 {
		p.i--
		p.unexpected("")
	}
	return &expr{k: eCT, ct: k, dir: dir, t: k.t, bits: k.bits, ord: k.order}
}

func (p *parser) numgen() *expr {
	p.next()
	e := &expr{k: eNumgen, t: tInteger, bits: 32, ord: hostOrder}
	switch t := p.next(); t.s {
	case "inc":
	case "random":
		e.random = true
	default:
		p.i--
		p.unexpected("random or inc")
	}
	p.want("mod")
	e.mod = p.num()
	if p.accept("offset") {
		e.offset = p.num()
	}
	return e
}

func (p *parser) hash() *expr {
	e := &expr{k: eHash, t: tInteger, bits: 32, ord: hostOrder, sym: p.next().s == "symhash"}
	if !e.sym {
		e.l = p.concat(p.left())
	}
	p.want("mod")
	e.mod = p.num()
	if !e.sym && p.accept("seed") {
		e.seed, e.hasSeed = p.num(), true
	}
	if p.accept("offset") {
		e.offset = p.num()
	}
	return e
}

func (p *parser) fib() *expr {
	p.next()
	e := &expr{k: eFib, ord: hostOrder}
	first := p.peek().at
	for {
		t := p.next()
		var f uint8
		switch t.s {
		case "saddr":
			f = nftables.FibSaddr
		case "daddr":
			f = nftables.FibDaddr
		case "mark":
			f = nftables.FibMark
		case "iif":
			f = nftables.FibIIF
		case "oif":
			f = nftables.FibOIFFlag
		default:
			p.i--
			p.unexpected("")
		}
		e.fibFlags |= f
		if !p.accept(".") {
			break
		}
	}
	flags := first.to(p.last)
	both := func(a, b uint8) bool { return e.fibFlags&(a|b) == a|b }
	t := p.next()
	switch {
	case t.s != "oif" && t.s != "oifname" && t.s != "type":
	case e.fibFlags&(nftables.FibSaddr|nftables.FibDaddr) == 0:
		panic(syntaxError{errAt(flags, "fib: need either saddr or daddr")})
	case both(nftables.FibSaddr, nftables.FibDaddr):
		panic(syntaxError{errAt(flags, "fib: saddr and daddr are mutually exclusive")})
	case both(nftables.FibIIF, nftables.FibOIFFlag):
		panic(syntaxError{errAt(flags, "fib: iif and oif are mutually exclusive")})
	}
	switch t.s {
	case "oif":
		e.fibResult, e.t, e.bits = nftables.FibOIF, tIfindex, 32
	case "oifname":
		e.fibResult, e.t, e.bits = nftables.FibOIFName, tIfname, 128
	case "type":
		e.fibResult, e.t, e.bits = nftables.FibType, tFibType, 32
	default:
		p.i--
		p.unexpected("")
	}
	return e
}

func (p *parser) socketExpr() *expr {
	p.next()
	t := p.next()
	e := &expr{k: eSocket, sock: t.s, ord: hostOrder}
	switch t.s {
	case "transparent", "wildcard":
		e.t, e.bits = tInteger, 1
	case "mark":
		e.t, e.bits = tMark, 32
	case "cgroupv2":
		if !p.is("level") {
			p.unexpected("level")
		}
		panic(syntaxError{errAt(t.at, "not modelled: socket cgroupv2")})
	default:
		p.i--
		p.unexpected("transparent or wildcard or cgroupv2 or mark")
	}
	return e
}
