package nft

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// jsonExpr is how an expression reads in JSON (expr_print_json).
func (o *output) jsonExpr(e *expr) any {
	switch e.k {
	case eSymbol:
		return e.word
	case eValue:
		return o.jsonValue(e)
	case ePayload:
		return o.jsonPayload(e)
	case eMeta:
		return jpair("meta", jpair("key", e.meta.name))
	case eCT:
		return jsonCT(e, true)
	case eExthdr:
		return jsonExthdr(e)
	case eFib:
		return jsonFib(e)
	case eSocket:
		return jpair("socket", jpair("key", e.sock))
	case eRT:
		return jsonRT(e)
	case eNumgen:
		mode := "inc"
		if e.random {
			mode = "random"
		}
		return jpair("numgen", jobject{{"mode", mode}, {"mod", e.mod}, {"offset", e.offset}})
	case eHash:
		return o.jsonHash(e)
	case eConcat:
		return jpair("concat", o.jsonList(e.list))
	case eRange:
		return o.jsonRange(e)
	case ePrefix:
		return o.jsonPrefix(e)
	case eSetRef:
		return "@" + e.word
	case eSet:
		was := o.inSet
		o.inSet = true
		l := o.jsonList(o.anonElems(e))
		o.inSet = was
		return jpair("set", l)
	case eMap:
		kind := "map"
		if e.r.k == eSetRef && e.r.ref != nil && e.r.ref.Verdicts {
			kind = "vmap"
		} else if e.r.k == eSet && e.r.set != nil && e.r.set.data == tVerdict {
			kind = "vmap"
		}
		return jpair(kind, jobject{{"key", o.jsonExpr(e.l)}, {"data", o.jsonExpr(e.r)}})
	case eBinop:
		return jpair(e.op, []any{o.jsonExpr(e.l), o.jsonMask(e)})
	case eVerdict:
		return jsonVerdict(e.verdict, e.chain)
	case eAny:
		return "*"
	case eElem:
		return o.jsonElem(e)
	case eMapping:
		return []any{o.jsonElem(e.l), o.jsonExpr(e.r)}
	case eList:
		return o.jsonList(e.list)
	}
	return "?"
}

func (o *output) jsonList(l []*expr) []any {
	a := []any{}
	for _, x := range l {
		a = append(a, o.jsonExpr(x))
	}
	return a
}

// jsonMask is the right side of an operation: flags are joined by "|".
func (o *output) jsonMask(e *expr) any {
	if e.r.k == eValue && e.t != nil && e.t.base == tBitmask {
		return o.jsonBits(e.t, e.r)
	}
	return o.jsonExpr(e.r)
}

// jsonBits are flags as an expression: {"|": [{"|": ["fin", "syn"]}, "rst"]}.
func (o *output) jsonBits(t *dtype, e *expr) any {
	l := o.jsonFlags(t, e.v)
	if len(l) == 0 {
		return o.jsonValue(e)
	}
	v := l[0]
	for _, x := range l[1:] {
		v = jpair("|", []any{v, x})
	}
	return v
}

// jsonFlags are the flags of a mask, one by one.
func (o *output) jsonFlags(t *dtype, v val) []any {
	var l []any
	for i := 0; i < v.bitLen(); i++ {
		if v.shr(uint(i)).lo&1 == 0 {
			continue
		}
		bit := num(1).shl(uint(i))
		l = append(l, o.jsonScalar(t, bit, t.bits))
	}
	return l
}

func (o *output) jsonValue(e *expr) any {
	if e.t == nil {
		return jsonInteger(e.v)
	}
	if e.t.base == tBitmask {
		l := o.jsonFlags(e.t, e.v)
		switch len(l) {
		case 0:
		case 1:
			return l[0]
		default:
			if o.inSet {
				return o.jsonBits(e.t, e)
			}
			return l
		}
	}
	return o.jsonScalar(e.t, e.v, e.bits)
}

// jsonScalar is a constant (datatype_json).
func (o *output) jsonScalar(t *dtype, v val, bits int) any {
	switch {
	case t == tProto:
		if !o.numProto {
			if s := nameOf(protocols, v.lo); s != "" && v.lo < 256 {
				return s
			}
		}
		return jsonInteger(v)
	case t == tService:
		if o.services {
			if s := nameOf(services, v.lo); s != "" {
				return s
			}
		}
		return jsonInteger(v)
	case t == tBoolean:
		return v.lo != 0
	case t == tTime:
		return v.lo / 1000
	case t == tUID, t == tGID:
		return jsonInteger(v)
	case t == tCTLabel:
		return int64(max(0, v.lowest().bitLen()-1))
	case t == tIP, t == tIP6, t.is(tLLAddr), t == tIfindex, t.is(tString), t == tHour, t == tDate, t == tClassid, t == tRealm:
		return unquote(t.text(o, v, bits))
	}
	for d := t; d != nil; d = d.base {
		if len(d.syms) > 0 && v.hi == 0 {
			if s := nameOf(d.syms, v.lo); s != "" && !d.plain {
				if o.numeric {
					return jsonInteger(v)
				}
				return s
			}
		}
	}
	return jsonInteger(v)
}

func unquote(s string) string {
	if len(s) > 1 && s[0] == '"' {
		return s[1 : len(s)-1]
	}
	return s
}

// jsonInteger is a number, as text where it needs more than 64 bits.
func jsonInteger(v val) any {
	if v.hi == 0 {
		return int64(v.lo)
	}
	return "0x" + v.hex()
}

func (o *output) jsonPayload(e *expr) any {
	if e.raw {
		return jpair("payload", jobject{{"base", [...]string{"ll", "nh", "th", "ih"}[e.base]}, {"offset", e.off}, {"len", e.bits}})
	}
	return jpair("payload", jobject{{"protocol", e.p.name}, {"field", e.f.name}})
}

func jsonCT(e *expr, dirs bool) any {
	r := jpair("key", e.ct.name)
	if e.word != "" {
		r = jpair("key", e.word) // as it was written
	}
	if dirs && e.dir > 0 && e.ct.key != nftables.CTL3Proto && e.ct.key != nftables.CTProto {
		r.set("dir", [...]string{"original", "reply"}[e.dir-1])
	}
	return jpair("ct", r)
}

func jsonExthdr(e *expr) any {
	name := e.ext.name
	if e.ext.kind == nftables.ExtTCP && e.ext.fields == nil {
		if e.raw {
			return jpair("tcp option", jobject{{"base", int64(e.ext.typ)}, {"offset", e.f.off}, {"len", e.f.bits}})
		}
		return jpair("tcp option", jobject{{"base", int64(e.ext.typ)}, {"offset", 0}, {"len", 8}})
	}
	if e.ext.kind == nftables.ExtTCP && e.level > 1 {
		name += [...]string{"", "1", "2", "3"}[min(e.level-1, 3)]
	}
	r := jpair("name", name)
	if !e.present {
		r.set("field", e.f.name)
	}
	switch e.ext.kind {
	case nftables.ExtTCP:
		return jpair("tcp option", r)
	case nftables.ExtIPv4:
		return jpair("ip option", r)
	case nftables.ExtSCTP:
		return jpair("sctp chunk", r)
	}
	return jpair("exthdr", r)
}

func jsonFib(e *expr) any {
	var l []any
	for i, n := range [...]string{"saddr", "daddr", "mark", "iif", "oif"} {
		if e.fibFlags>>i&1 != 0 {
			l = append(l, n)
		}
	}
	return jpair("fib", jobject{{"result", [...]string{"oif", "oifname", "type"}[e.fibResult]}, {"flags", l}})
}

func jsonRT(e *expr) any {
	switch e.rtName {
	case "ip nexthop":
		return jpair("rt", jobject{{"key", "nexthop"}, {"family", "ip"}})
	case "ip6 nexthop":
		return jpair("rt", jobject{{"key", "nexthop"}, {"family", "ip6"}})
	}
	return jpair("rt", jpair("key", e.rtName))
}

func (o *output) jsonHash(e *expr) any {
	r := jpair("mod", e.mod)
	if e.hasSeed {
		r.set("seed", e.seed)
	}
	if e.offset != 0 {
		r.set("offset", e.offset)
	}
	if e.sym {
		return jpair("symhash", r)
	}
	r.set("expr", o.jsonExpr(e.l))
	return jpair("jhash", r)
}

func (o *output) jsonRange(e *expr) any {
	s, p := o.services, o.numProto
	o.services, o.numProto = false, true
	l := []any{o.jsonExpr(e.l), o.jsonExpr(e.r)}
	if e.t != nil && e.t.is(tString) { // nft 1.0.6 turns the letters around: the first is a zero
		l = []any{"", ""}
	}
	o.services, o.numProto = s, p
	return jpair("range", l)
}

func (o *output) jsonPrefix(e *expr) any {
	if e.t.is(tString) {
		b := e.l.v.bytes(16)
		return string(b[:min(16, e.v.lo/8)]) + "*"
	}
	if int(e.v.lo) == e.bits && e.bits > 0 {
		return o.jsonExpr(e.l)
	}
	return jpair("prefix", jobject{{"addr", o.jsonExpr(e.l)}, {"len", e.v.lo}})
}

func jsonVerdict(v nftables.VerdictCode, chain string) any {
	switch v {
	case nftables.Jump:
		return jpair("jump", jpair("target", chain))
	case nftables.Goto:
		return jpair("goto", jpair("target", chain))
	}
	o := output{}
	return jpair(o.verdict(v, ""), nil)
}

// jsonElem is an element of an anonymous set: {"elem": …} where it has more than a
// value.
func (o *output) jsonElem(e *expr) any {
	if e.k != eElem {
		return o.jsonExpr(e)
	}
	v := o.jsonExpr(e.l)
	i := e.elem
	if i == nil || !i.hasTimeout && !i.hasExpires && i.comment == "" && len(i.stmts) == 0 {
		return v
	}
	r := jpair("val", v)
	if i.timeout != 0 {
		r.set("timeout", i.timeout/1000)
	}
	if i.expires != 0 {
		r.set("expires", i.expires/1000)
	}
	if i.comment != "" {
		r.set("comment", i.comment)
	}
	for _, x := range i.stmts {
		r = mergeMissing(r, o.jsonStateful(x, nil))
		break // nft shows the first only
	}
	return jpair("elem", r)
}

func mergeMissing(r, more jobject) jobject {
	for _, m := range more {
		if _, ok := r.get(m.key); !ok {
			r = append(r, m)
		}
	}
	return r
}

// anonElems are the elements of { … } in nft's order.
func (o *output) anonElems(e *expr) []*expr {
	l := slices.Clone(e.list)
	if e.set != nil && e.set.interval {
		if len(e.t.many) > 0 {
			for i, x := range l {
				l[i] = prefixes(x)
			}
			return l // as they came
		}
		l = o.joined(e, l)
	}
	if e.t.is(tBitmask) {
		slices.Reverse(l) // the last one comes first among equals
	}
	sortElems(l)
	return slices.CompactFunc(l, func(a, b *expr) bool {
		x, y := keyExpr(a), keyExpr(b)
		return x.k == y.k && (x.k == eValue && x.v == y.v || x.k == eConcat && sameConcat(x, y))
	})
}
