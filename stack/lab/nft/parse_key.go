package nft

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

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
	if p.is("@") {
		return p.rawTCPOption()
	}
	e := p.tcpOptionType()
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

// rawTCPOption reads @KIND,OFFSET,LENGTH: bits of an option.
func (p *parser) rawTCPOption() *expr {
	p.next()
	at := p.peek().at
	kind := p.num()
	if kind > 255 {
		panic(syntaxError{errAt(at, "value too large")})
	}
	p.want(",")
	off := int(p.num())
	p.want(",")
	n := int(p.num())
	for _, x := range tcpOptions { // it is listed as what lies there
		if uint64(x.typ) == kind {
			for i := range x.fields {
				if f := &x.fields[i]; f.off == off && f.bits == n {
					return &expr{k: eExthdr, ord: bigOrder, ext: x, f: f, t: f.t, bits: f.bits}
				}
			}
		}
	}
	x := &exthdr{"", nftables.ExtTCP, uint8(kind), nil}
	f := pf(fmt.Sprintf("@%d,%d,%d", kind, off, n), tInteger, off, n)
	return &expr{k: eExthdr, ord: bigOrder, ext: x, f: &f, t: f.t, bits: n, raw: true}
}

// srh reads a field of the segment routing header.
func (p *parser) srh() *expr {
	t := p.next()
	name := t.s
	if name == "sid" {
		name += p.index()
	}
	f := srhExt.field(name)
	if f == nil {
		p.i--
		p.unexpected("flags or last-entry or tag or sid")
	}
	return &expr{k: eExthdr, ext: srhExt, f: f, t: f.t, bits: f.bits, ord: f.order}
}

// index reads [NUMBER].
func (p *parser) index() string {
	p.want("[")
	n := p.num()
	p.want("]")
	return fmt.Sprintf("[%d]", n)
}

// rtAddr reads rt0 addr[1] and rt2 addr.
func (p *parser) rtAddr(kind string) *expr {
	if !p.accept("addr") {
		p.unexpected("addr")
	}
	name := "[1]"
	if kind == "rt0" {
		name = p.index()
	}
	f := srhExt.field("sid" + name)
	if f == nil {
		p.unexpected("")
	}
	return &expr{k: eExthdr, ext: srhExt, f: f, t: f.t, bits: f.bits, ord: f.order}
}

// sctpChunk reads whether a chunk is there, or a field of one.
func (p *parser) sctpChunk() *expr {
	p.next()
	p.next()
	t := p.next()
	e := &expr{k: eExthdr, ord: bigOrder, ext: findExt(sctpChunks, t.s)}
	if e.ext == nil {
		p.i--
		p.unexpected("")
	}
	if n := p.peek(); n.s == "exists" || n.s == "missing" || n.kind != tokWord {
		e.present, e.t, e.bits = true, tBoolean, 1
		return e
	}
	n := p.next()
	f := e.ext.field(n.s)
	if f == nil {
		p.i--
		p.unexpected("")
	}
	e.f, e.t, e.bits = f, f.t, f.bits
	return e
}

// reset reads "reset tcp option NAME".
func (p *parser) reset() *stmt {
	p.next()
	p.want("tcp")
	p.want("option")
	e := p.tcpOptionType()
	e.present, e.t, e.bits = true, tBoolean, 1
	return &stmt{k: sExtReset, e: e}
}

// meter reads "meter NAME size N { KEY STATEMENT }".
func (p *parser) meter() *stmt {
	p.next()
	s := &stmt{k: sMeter}
	s.name, _ = p.identifier()
	if p.accept("size") {
		s.rate = p.num()
	}
	p.want("{")
	s.key = p.concat(p.left())
	s.elem = &elemInfo{}
	if p.accept("timeout") {
		s.elem.timeout, s.elem.hasTimeout = p.time(), true
	}
	s.stmts = []*stmt{p.stmt()}
	p.want("}")
	return s
}

// tcpOptionType reads which option.
func (p *parser) tcpOptionType() *expr {
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
		if v.cmp(num(255)) > 0 {
			panic(syntaxError{errAt(t.at, "value too large")})
		}
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
		s.k, s.short = sCounter, true
		if p.is("packets") || p.is("bytes") && p.peekN(1).kind == tokNum {
			p.counterArgs(s)
		}
	case "limit":
		s.k = sLimit
		p.limitArgs(s)
	case "quota":
		s.k = sQuota
		p.quotaArgs(s)
	case "last":
		s.k, s.short = sLast, true
		if !p.accept("used") {
			p.unexpected("")
		}
		p.time()
	case "ct":
		p.want("count")
		s.k = sConnLimit
		s.over = p.accept("over")
		s.rate = p.num()
	}
	if !s.short {
		s.at = s.at.to(p.last)
	}
	return s
}

func (p *parser) counterArgs(s *stmt) {
	if p.accept("bytes") {
		s.bytes = p.num()
		p.want("packets")
		s.packets = p.num()
	} else {
		p.want("packets")
		s.packets = p.num()
		p.want("bytes")
		s.bytes = p.num()
	}
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
	s := &stmt{k: sLog, level: -1, group: -1, short: true}
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
				if t.s == n {
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
