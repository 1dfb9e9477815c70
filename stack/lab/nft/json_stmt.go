package nft

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// jsonStmt is how a statement reads in JSON (stmt_print_json); r is where its live
// state is, nil if nowhere.
func (o *output) jsonStmt(s *stmt, r *nftables.Rule) any {
	var live nftables.Expr
	if r != nil && s.idx < len(r.Exprs) {
		live = r.Exprs[s.idx]
	}
	switch s.k {
	case sMatch:
		return o.jsonMatch(s)
	case sVerdict:
		return jsonVerdict(s.e.verdict, s.e.chain)
	case sVmap:
		return o.jsonExpr(s.e)
	case sCounter, sLimit, sQuota, sLast, sConnLimit:
		return o.jsonStateful(s, live)
	case sLog:
		return jsonLog(s)
	case sReject:
		return o.jsonReject(s)
	case sNAT:
		return o.jsonNat(s)
	case sTProxy:
		return o.jsonTProxy(s)
	case sSynproxy:
		var j jobject
		jsonSynproxy(&j, s.syn)
		return jpair("synproxy", jsonOrNull(j))
	case sFlow:
		return jpair("flow", jobject{{"op", "add"}, {"flowtable", "@" + s.obj}})
	case sNotrack:
		return jpair("notrack", nil)
	case sMetaSet, sPayloadSet, sExtSet:
		return jpair("mangle", jobject{{"key", o.jsonExpr(s.e)}, {"value", o.jsonExpr(s.r)}})
	case sCTSet:
		return jpair("mangle", jobject{{"key", jsonCT(s.e, true)}, {"value", o.jsonExpr(s.r)}})
	case sSetOp, sMapOp:
		return o.jsonSetOp(s)
	case sObjRef:
		name := s.name
		if s.e.k == eMap {
			return jpair(name, o.jsonExpr(s.e))
		}
		return jpair(name, s.obj)
	case sDup:
		j := jpair("addr", o.jsonExpr(s.addr))
		if s.port != nil {
			j.set("dev", o.jsonExpr(s.port))
		}
		return jpair("dup", j)
	case sFwd:
		if s.port != nil {
			return jpair("fwd", jobject{{"dev", o.jsonExpr(s.port)}, {"family", familyName(s.natFam)}, {"addr", o.jsonExpr(s.addr)}})
		}
		return jpair("fwd", jpair("dev", o.jsonExpr(s.addr)))
	case sExtReset:
		if s.e.ext.fields == nil {
			return jpair("reset", jpair("tcp option", jobject{{"base", int64(s.e.ext.typ)}, {"offset", 0}, {"len", 0}}))
		}
		return jpair("reset", jsonExthdr(s.e))
	case sMeter:
		return o.jsonMeter(s)
	}
	return "?"
}

// jsonMatch is a comparison (relational_expr_json, flagcmp_expr_json).
func (o *output) jsonMatch(s *stmt) any {
	op := s.op
	left, right := o.jsonExpr(s.e), any(nil)
	t := s.e.t
	if w := o.jsonPrefixMatch(s); w != nil {
		return w
	}
	switch {
	case s.e.k == ePayload && s.e.raw && s.r.k == eValue:
		left, right = o.jsonRaw(s)
		if op == "" {
			op = "=="
		}
	case t != nil && t.base == tBitmask && s.r.k == eValue:
		if s.e.k == eBinop && s.e.op == "&" && s.e.r.k == eValue && (op == "" || op == "==" || op == "!=") {
			return o.jsonFlagMatch(s)
		}
		switch op {
		case "":
			op = "in"
			right = o.jsonValue(s.r)
		case "!":
			right = o.jsonValue(s.r)
		default:
			if s.e.k == eBinop {
				right = o.jsonBits(t, s.r)
			} else { // several flags have no name together
				right = o.jsonScalar(t, s.r.v, s.r.bits)
			}
		}
	default:
		right = o.jsonExpr(s.r)
	}
	if op == "" {
		op = "=="
	}
	return jpair("match", jobject{{"op", op}, {"left", left}, {"right", right}})
}

// jsonPrefixMatch is "& mask == value" of an address that is a prefix; nil if it is
// none.
func (o *output) jsonPrefixMatch(s *stmt) any {
	t := s.e.t
	if s.e.k != eBinop || s.e.op != "&" || s.e.r.k != eValue || s.r.k != eValue || !t.prefixed() || s.op != "" && s.op != "==" && s.op != "!=" {
		return nil
	}
	m := mask(s.e.bits).xor(s.e.r.v)
	n := m.bitLen()
	if m != mask(n) {
		return nil
	}
	op := s.op
	if op == "" {
		op = "=="
	}
	return jpair("match", jobject{{"op", op}, {"left", o.jsonExpr(s.e.l)}, {"right", jpair("prefix", jobject{{"addr", o.jsonExpr(s.r)}, {"len", s.e.bits - n}})}})
}

// jsonFlagMatch is a comparison of masked flags.
func (o *output) jsonFlagMatch(s *stmt) any {
	l, t := o.jsonExpr(s.e.l), s.e.t
	flat := func(v val) any {
		f := o.jsonFlags(t, v)
		if len(f) == 1 {
			return f[0]
		}
		if len(f) == 0 {
			return int64(0)
		}
		return f
	}
	switch {
	case s.r.v.zero() && s.op == "!=":
		return jpair("match", jobject{{"op", "in"}, {"left", l}, {"right", flat(s.e.r.v)}})
	case s.r.v.zero():
		return jpair("match", jobject{{"op", "!"}, {"left", l}, {"right", flat(s.e.r.v)}})
	}
	op := s.op
	if op == "" {
		op = "=="
	}
	if s.r.v == s.e.r.v && nameOf(t.syms, s.r.v.lo) != "" {
		return jpair("match", jobject{{"op", op}, {"left", jpair("&", []any{l, o.jsonBits(t, s.e.r)})}, {"right", o.jsonBits(t, s.r)}})
	}
	return jpair("match", jobject{{"op", op}, {"left", jpair("&", []any{l, flat(s.e.r.v)})}, {"right", flat(s.r.v)}})
}

// jsonRaw is a comparison of raw bytes: what is no whole byte is masked.
func (o *output) jsonRaw(s *stmt) (left, right any) {
	e := s.e
	if e.off%8 == 0 && e.bits%8 == 0 {
		return o.jsonExpr(e), jsonInteger(s.r.v)
	}
	first, last := e.off/8*8, (e.off+e.bits+7)/8*8
	sh := uint(last - e.off - e.bits)
	x := *e
	x.off, x.bits = first, last-first
	return jpair("&", []any{o.jsonExpr(&x), jsonInteger(mask(e.bits).shl(sh))}), jsonInteger(s.r.v.shl(sh))
}

// jsonStateful is a counter and such with its live state, or as it was written.
func (o *output) jsonStateful(s *stmt, live nftables.Expr) jobject {
	switch s.k {
	case sCounter:
		if !o.state {
			return jpair("counter", nil)
		}
		p, b := s.packets, s.bytes
		if c, ok := live.(*nftables.Counter); ok {
			p, b = c.Packets, c.Bytes
		}
		return jpair("counter", jobject{{"packets", p}, {"bytes", b}})
	case sLimit:
		return jpair("limit", jsonLimit(s))
	case sQuota:
		used := s.used
		if q, ok := live.(*nftables.Quota); ok {
			used = q.Consumed
		}
		return jpair("quota", o.jsonQuota(s, used))
	case sConnLimit:
		r := jpair("val", s.rate)
		if s.over {
			r.set("inv", true)
		}
		return jpair("ct count", r)
	}
	return jpair("last", nil)
}

func jsonLimit(s *stmt) jobject {
	r, b := s.rate, s.burst
	ru, bu := "", ""
	if s.isBytes {
		r, ru = rate(r)
		b, bu = rate(b)
	}
	j := jobject{{"rate", r}, {"burst", b}, {"per", unitName(s.unit)}}
	if s.over {
		j.set("inv", true)
	}
	if s.isBytes {
		j.set("rate_unit", ru)
		j.set("burst_unit", bu)
	}
	return j
}

func (o *output) jsonQuota(s *stmt, used uint64) jobject {
	n, u := rate(s.bytes)
	j := jobject{{"val", n}, {"val_unit", u}}
	if s.over {
		j.set("inv", true)
	}
	if used = min(used, s.bytes); o.state && used != 0 {
		n, u = rate(used)
		j.set("used", n)
		j.set("used_unit", u)
	}
	return j
}

// jsonOneOrMore is an array, or what is in it if that is one.
func jsonOneOrMore(o *jobject, key string, l []any) {
	switch len(l) {
	case 0:
	case 1:
		o.set(key, l[0])
	default:
		o.set(key, l)
	}
}

func jsonOrNull(o jobject) any {
	if len(o) == 0 {
		return nil
	}
	return o
}

func jsonLog(s *stmt) any {
	var j jobject
	if s.hasPref {
		j.set("prefix", s.prefix)
	}
	if s.group >= 0 {
		j.set("group", s.group)
	}
	if s.snaplen != 0 {
		j.set("snaplen", s.snaplen)
	}
	if s.qthresh != 0 {
		j.set("queue-threshold", s.qthresh)
	}
	if s.level >= 0 && s.level != 4 {
		j.set("level", logLevels[s.level])
	}
	var l []any
	if s.logFlags&logAll == logAll {
		l = append(l, "all")
	} else {
		for _, f := range [...]struct {
			bit  uint
			name string
		}{{logTCPSeq, "tcp sequence"}, {logTCPOpt, "tcp options"}, {logIPOpt, "ip options"}, {logUID, "skuid"}, {logMAC, "ether"}} {
			if s.logFlags&f.bit != 0 {
				l = append(l, f.name)
			}
		}
	}
	jsonOneOrMore(&j, "flags", l)
	return jpair("log", jsonOrNull(j))
}

func (o *output) jsonReject(s *stmt) any {
	if s.reject == nftables.RejectReset {
		return jpair("reject", jpair("type", "tcp reset"))
	}
	t, name := tICMPCode, s.icmpFamily
	switch s.icmpFamily {
	case "icmpv6":
		t = tICMP6Code
	case "icmpx":
		t = tICMPXCode
	case "":
		name = "icmp"
	}
	return jpair("reject", jobject{{"type", name}, {"expr", o.jsonScalar(t, num(s.rate), 8)}})
}

func (o *output) jsonNat(s *stmt) any {
	var j jobject
	if f := familyName(s.natFam); s.addr != nil && f != "" && o.natFamily(s) {
		j.set("family", f)
	}
	if s.addr != nil {
		e := s.addr
		if n := nbytes(e.bits); e.k == eRange {
			e = intervalExpr(e.t, e.bits, e.ord, e.l.v.bytes(n), e.r.v.bytes(n))
		}
		j.set("addr", o.jsonExpr(e))
	}
	if s.port != nil {
		j.set("port", o.jsonExpr(s.port))
	}
	var l []any
	for _, f := range [...]string{"random", "fully-random", "persistent", "netmap"} {
		if slices.Contains(s.natFlags, f) || f == "netmap" && s.natPrefix {
			l = append(l, f)
		}
	}
	jsonOneOrMore(&j, "flags", l)
	if s.natPrefix {
		j.set("type_flags", "prefix")
	}
	return jpair(s.name, jsonOrNull(j))
}

func (o *output) jsonSetOp(s *stmt) any {
	elem := o.jsonExpr(s.key)
	if s.elem != nil && s.elem.hasTimeout {
		elem = jpair("elem", jobject{{"val", elem}, {"timeout", s.elem.timeout / 1000}})
	}
	if s.data != nil { // nft 1.0.6 has no words for it, and says so
		o.errs.WriteString("warning: stmt ops map have no json callback\n")
		was := o.state
		o.state = false
		defer func() { o.state = was }()
		return o.stmt(s, nil)
	}
	r := jobject{{"op", s.setOp}, {"elem", elem}, {"set", "@" + s.e.word}}
	if len(s.shown()) > 0 {
		r.set("stmt", o.jsonStateless(s.shown()))
	}
	return jpair("set", r)
}

// jsonMeter is meter_stmt_json.
func (o *output) jsonMeter(s *stmt) any {
	key := o.jsonExpr(s.key)
	if s.elem.hasTimeout {
		key = jpair("elem", jobject{{"val", key}, {"timeout", s.elem.timeout / 1000}})
	}
	return jpair("meter", jobject{{"key", key}, {"stmt", o.jsonStateless(s.stmts)[0]}, {"size", s.rate}, {"name", s.name}})
}

// jsonStateless are statements without their state (set_stmt_list_json).
func (o *output) jsonStateless(l []*stmt) []any {
	was := o.state
	o.state = false
	a := []any{}
	for _, x := range l {
		a = append(a, o.jsonStateful(x, nil))
	}
	o.state = was
	return a
}
