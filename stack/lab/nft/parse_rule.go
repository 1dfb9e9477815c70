package nft

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// rule reads the statements of a rule and its comment.
func (p *parser) rule() *ruleSpec {
	r := &ruleSpec{at: p.peek().at}
	for !p.end() {
		if p.is("comment") && p.peekN(1).kind == tokString || p.is("comment") && p.peekN(1).kind == tokWord {
			p.next()
			r.comment = p.str()
			break
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
			e.chain = v.word
		} else {
			e.chain, _ = p.identifier()
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
	s.at = t.at.to(p.last)
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
		case "tproxy", "synproxy", "xt", "meter", "flow", "tunnel", "osf":
			panic(syntaxError{errAt(t.at, "not modelled: "+t.s)})
		case "reset":
			panic(syntaxError{errAt(t.at, "not modelled: reset")})
		}
	}
	return p.match()
}

// match reads a comparison, a verdict map, or a header that is set.
func (p *parser) match() *stmt {
	l := p.concat(p.left())
	if p.is("set") && p.peek().kind == tokWord {
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
			return p.symbol()
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
			panic(syntaxError{errAt(t.at, "not modelled: sctp chunk")})
		}
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
	if m := findMeta(t.s); m != nil && (m.bare || t.s == "mark" || t.s == "iiftype" || t.s == "oiftype" || t.s == "skuid" || t.s == "skgid" || t.s == "nftrace" || t.s == "rtclassid" || t.s == "pkttype" || t.s == "cpu" || t.s == "cgroup" || t.s == "ibrname" || t.s == "obrname") {
		return p.metaKey(true)
	}
	if keywords[t.s] {
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
	if pr == pICMP6 && name == "param-problem" {
		name = "parameter-problem"
	}
	if pr == pICMP6 && name == "parameter-problem" {
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
	t := p.next()
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
		e.t, e.bits = tInteger, 8
	case "mark":
		e.t, e.bits = tMark, 32
	case "cgroupv2":
		panic(syntaxError{errAt(t.at, "not modelled: socket cgroupv2")})
	default:
		p.i--
		p.unexpected("")
	}
	return e
}

func (p *parser) rtExpr() *expr {
	p.next()
	t := p.next()
	name := t.s
	if name == "ip" || name == "ip6" {
		n := p.next()
		if n.s != "nexthop" {
			p.i--
			p.unexpected("")
		}
		e := &expr{k: eRT, rtName: name + " nexthop", rt: nftables.RTNextHop4, t: tIP, bits: 32, ord: bigOrder}
		if name == "ip6" {
			e.rt, e.t, e.bits = nftables.RTNextHop6, tIP6, 128
		}
		return e
	}
	switch name {
	case "classid":
		return &expr{k: eRT, rtName: name, rt: nftables.RTClassID, t: tRealm, bits: 32, ord: hostOrder}
	case "nexthop":
		return &expr{k: eRT, rtName: name, rt: nftables.RTNextHop4, t: tInvalid, ord: bigOrder}
	case "mtu":
		return &expr{k: eRT, rtName: name, rt: nftables.RTTCPMSS, t: tInteger, bits: 16, ord: hostOrder}
	case "ipsec":
		return &expr{k: eRT, rtName: name, rt: nftables.RTIPsec, t: tBoolean, bits: 8, ord: hostOrder}
	}
	if x := findExt(exthdrs, "rt"); x.field(name) != nil {
		f := x.field(name)
		return &expr{k: eExthdr, ext: x, f: f, t: f.t, bits: f.bits, ord: f.order}
	}
	p.i--
	p.unexpected("")
	return nil
}

var optAliases = map[string]string{"mss": "maxseg", "noop": "nop", "sack-permitted": "sack-perm"}

func (p *parser) tcpOption() *expr {
	p.next()
	p.next()
	t := p.next()
	name := t.s
	if a := optAliases[name]; a != "" {
		name = a
	}
	e := &expr{k: eExthdr, ord: bigOrder}
	which := -1
	if len(name) == 5 && strings.HasPrefix(name, "sack") && name[4] >= '0' && name[4] <= '3' {
		which, name = int(name[4]-'0'), "sack"
	}
	e.ext = findExt(tcpOptions, name)
	if t.kind == tokNum {
		v, _ := parseNum(t.s)
		e.ext = nil
		for _, x := range tcpOptions {
			if uint64(x.typ) == v.lo {
				e.ext = x
			}
		}
		if e.ext == nil {
			e.ext = &exthdr{t.s, nftables.ExtTCP, uint8(v.lo), nil}
		}
	}
	if e.ext == nil {
		p.i--
		p.unexpected("")
	}
	e.level = which + 1
	if p.is("@") || p.is(",") {
		panic(syntaxError{errAt(t.at, "not modelled: raw TCP option")})
	}
	if n := p.peek(); n.kind == tokWord {
		if f := e.ext.field(n.s); f != nil {
			p.next()
			e.f, e.t, e.bits = f, f.t, f.bits
			return e
		}
	}
	e.present, e.t, e.bits = true, tBoolean, 1
	return e
}

func (p *parser) ipOption() *expr {
	p.next()
	p.next()
	t := p.next()
	e := &expr{k: eExthdr, ord: bigOrder, ext: findExt(ipOptions, t.s)}
	if e.ext == nil {
		p.i--
		p.unexpected("")
	}
	if n := p.peek(); n.kind == tokWord {
		if f := e.ext.field(n.s); f != nil {
			p.next()
			e.f, e.t, e.bits = f, f.t, f.bits
			return e
		}
	}
	e.present, e.t, e.bits = true, tBoolean, 1
	return e
}

func (p *parser) objRef(k nftables.ObjKind, word string) *stmt {
	s := &stmt{k: sObjRef, objKind: k, name: word}
	t := p.peek()
	switch {
	case t.kind == tokString || t.kind == tokWord && !keywords[t.s] && p.peekN(1).s != "map":
		e := &expr{k: eSymbol, at: t.at, word: t.s, quoted: true}
		p.next()
		s.e = e
		s.obj = t.s
	default:
		l := p.concat(p.left())
		if !p.accept("map") {
			p.unexpected("")
		}
		s.e = &expr{k: eMap, at: l.at.to(p.last), l: l, r: p.mapTarget()}
	}
	return s
}

// stateful reads counter, limit, quota, last and ct count.
func (p *parser) stateful() *stmt {
	t := p.next()
	s := &stmt{at: t.at}
	switch t.s {
	case "counter":
		s.k = sCounter
		if p.is("packets") {
			p.counterArgs(s)
		}
	case "limit":
		s.k = sLimit
		p.limitArgs(s)
	case "quota":
		s.k = sQuota
		p.quotaArgs(s)
	case "last":
		s.k = sLast
		if !p.accept("used") {
			p.unexpected("")
		}
		if !p.accept("never") {
			p.time()
		}
	case "ct":
		p.want("count")
		s.k = sConnLimit
		s.over = p.accept("over")
		s.rate = p.num()
	}
	s.at = s.at.to(p.last)
	return s
}

func (p *parser) counterArgs(s *stmt) {
	p.want("packets")
	s.packets = p.num()
	p.want("bytes")
	s.bytes = p.num()
	s.given = true
}

var timeUnits = map[string]uint64{"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}

var byteUnits = map[string]uint64{"bytes": 1, "kbytes": 1024, "mbytes": 1024 * 1024}

func (p *parser) limitArgs(s *stmt) {
	p.want("rate")
	if p.accept("over") {
		s.over = true
	} else {
		p.accept("until")
	}
	s.rate = p.num()
	t := p.peek()
	if p.accept("/") {
		u := p.next()
		s.unit = timeUnits[u.s]
		if s.unit == 0 {
			p.i--
			p.unexpected("")
		}
		if p.accept("burst") {
			s.burst = p.num()
			s.burstSet = true
			if !p.accept("packets") {
				p.unexpected("packets")
			}
			if s.burst == 0 {
				panic(syntaxError{errAt(p.last, "packet limit burst must be > 0")})
			}
		} else {
			s.burst = 5
		}
		return
	}
	// "10 mbytes/second" is a number and one word
	w := p.next().s
	unit, per, ok := strings.Cut(w, "/")
	if !ok && p.accept("/") {
		per, ok = p.next().s, true
	}
	s.isBytes = true
	k := byteUnits[unit]
	s.unit = timeUnits[per]
	if !ok || k == 0 || s.unit == 0 {
		panic(syntaxError{errAt(t.at, "Wrong rate format")})
	}
	s.rate *= k
	if p.accept("burst") {
		s.burst = p.num()
		s.burstSet = true
		u := p.next()
		k := byteUnits[u.s]
		if k == 0 {
			p.i--
			p.unexpected("bytes or string")
		}
		s.burst *= k
	} else {
		s.burst = 0
	}
}

func (p *parser) quotaArgs(s *stmt) {
	if p.accept("over") {
		s.over = true
	} else {
		p.accept("until")
	}
	s.bytes = p.num()
	s.bytes *= p.byteUnit()
	if p.accept("used") {
		s.used = p.num()
		s.used *= p.byteUnit()
	}
}

func (p *parser) byteUnit() uint64 {
	t := p.peek()
	k := byteUnits[t.s]
	if k == 0 || t.kind != tokWord {
		p.unexpected("bytes or string")
	}
	p.next()
	return k
}

var logLevels = []string{"emerg", "alert", "crit", "err", "warn", "notice", "info", "debug", "audit"}

func (p *parser) log() *stmt {
	p.next()
	s := &stmt{k: sLog, level: -1, group: -1}
	for {
		switch {
		case p.accept("prefix"):
			t := p.peek()
			s.prefix, s.hasPref = p.str(), true
			if len(s.prefix) > 127 {
				panic(syntaxError{errAt(t.at, "log prefix is too long")})
			}
		case p.accept("group"):
			s.group = int(p.num())
		case p.accept("snaplen"):
			s.snaplen = p.num()
		case p.accept("queue-threshold"):
			s.qthresh = p.num()
		case p.accept("level"):
			t := p.next()
			s.level = -1
			for i, n := range logLevels {
				if t.s == n || n == "warn" && t.s == "warning" && false {
					s.level = i
				}
			}
			if s.level < 0 {
				panic(syntaxError{errAt(t.at, "invalid log level")})
			}
		case p.accept("flags"):
			p.logFlags(s)
		default:
			return s
		}
	}
}

// Flags of a log statement.
const (
	logTCPSeq = 1 << iota
	logTCPOpt
	logIPOpt
	logUID
	_
	logMAC
	logAll = 0x2f
)

func (p *parser) logFlags(s *stmt) {
	t := p.next()
	switch t.s {
	case "tcp":
		for {
			switch n := p.next(); n.s {
			case "sequence":
				s.logFlags |= logTCPSeq
			case "options":
				s.logFlags |= logTCPOpt
			default:
				p.i--
				p.unexpected("")
			}
			if !p.accept(",") {
				break
			}
		}
	case "ip":
		p.want("options")
		s.logFlags |= logIPOpt
	case "skuid":
		s.logFlags |= logUID
	case "ether":
		s.logFlags |= logMAC
	case "all":
		s.logFlags |= logAll
	default:
		p.i--
		p.unexpected("")
	}
}

func (p *parser) reject() *stmt {
	s := &stmt{k: sReject, reject: nftables.RejectICMP, wordAt: p.next().at}
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
	s := &stmt{k: sNAT, name: p.next().s}
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
		panic(syntaxError{errAt(p.peek().at, "not modelled: nat of a concatenation")})
	}
	if !p.is("to") && !p.is(":") {
		if p.end() || keywords[p.peek().s] {
			if p.is("interval") {
				panic(syntaxError{errAt(p.peek().at, "not modelled: interval")})
			}
			p.unexpected("")
		}
	}
	p.accept("to")
	if p.is(":") {
		p.next()
		s.port = p.natValue()
	} else if p.is("[") {
		p.next()
		s.addr = p.natValue()
		p.want("]")
		if p.accept(":") {
			s.port = p.natValue()
		}
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
	s := &stmt{k: sNAT, name: p.next().s}
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
	at := p.next().at
	s := &stmt{k: sQueue, at: at}
	var parts []string
	for !p.end() && !p.is("comment") {
		parts = append(parts, p.next().s)
	}
	s.queue = strings.Join(parts, " ")
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
	if p.accept("device") {
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

var _ = strconv.Itoa
