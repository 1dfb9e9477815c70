package nft

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// icmpFamily: icmp means IPv4, icmpv6 IPv6.
func (v *evaluator) icmpFamily(e *expr) *failure { return nil }

// icmpDep adds the type that some fields of icmp need.
func (v *evaluator) icmpDep(e *expr) *failure {
	if e.p != pICMP && e.p != pICMP6 {
		return nil
	}
	var types []uint64
	switch e.p.name + " " + e.f.name {
	case "icmp id", "icmp sequence":
		types = []uint64{0, 8}
	case "icmp gateway":
		types = []uint64{5}
	case "icmp mtu":
		types = []uint64{3}
	case "icmpv6 parameter-problem":
		types = []uint64{4}
	case "icmpv6 mtu":
		types = []uint64{2}
	case "icmpv6 id", "icmpv6 sequence":
		types = []uint64{128, 129}
	case "icmpv6 max-delay":
		types = []uint64{130}
	default:
		return nil
	}
	need := types[len(types)-1] // the request
	if e.p == pICMP6 {
		need = types[0]
	}
	if v.icmp != 0 {
		for _, t := range types {
			if int(t) == v.icmp {
				return nil
			}
		}
		return v.fail(e.at, "incompatible icmp match: rule has %d, need %d", v.icmp, need)
	}
	v.icmp = int(need)
	m := fieldOf(e.p, "type")
	m.at = e.at
	if len(types) == 1 {
		v.dep(m, types[0])
		return nil
	}
	set := &expr{k: eSet, at: e.at, t: m.t, bits: m.bits, ord: m.ord, set: &setSpec{anon: true, key: m.t, keyBits: m.bits}}
	for _, t := range types {
		set.list = append(set.list, &expr{k: eElem, at: e.at, l: &expr{k: eValue, t: m.t, bits: m.bits, ord: m.ord, v: num(t)}})
	}
	s := &stmt{k: sMatch, e: m, r: set, at: e.at, obj: "dep"}
	v.out = append(v.out, s)
	return nil
}

// exthdr adds what an option needs, before all other statements.
func (v *evaluator) exthdr(e *expr) *failure {
	n := len(v.out)
	err := v.option(e)
	if k := len(v.out) - n; k > 0 {
		deps := slices.Clone(v.out[n:])
		v.out = append(deps, v.out[:n]...)
	}
	return err
}

func (v *evaluator) option(e *expr) *failure {
	switch e.ext.kind {
	case nftables.ExtTCP:
		if e.f != nil && e.f.off+e.f.bits > 320 {
			return v.fail(e.at, "offset and size %d exceeds max tcp headerlen (320)", e.f.off+e.f.bits)
		}
	case nftables.ExtIPv6, nftables.ExtIPv4:
		want := pIP6
		if e.ext.kind == nftables.ExtIPv4 {
			want = pIP
		}
		if v.proto[1] == nil {
			x := fieldOf(want, "saddr")
			x.at = e.at
			return v.gen(x, 1)
		}
		if v.proto[1] != want {
			if want == pIP6 {
				return v.fail(e.at, "cannot use exthdr with %s", v.proto[1].name)
			}
			return v.fail(e.at, "cannot use exthdr with %s", v.proto[1].name)
		}
	}
	return nil
}

func (v *evaluator) ct(e *expr) *failure {
	switch e.ct.key {
	case nftables.CTSrc, nftables.CTDst:
		d := "saddr"
		if e.ct.key == nftables.CTDst {
			d = "daddr"
		}
		switch v.proto[1] {
		case pIP:
			e.ct = findCT("ip " + d)
		case pIP6:
			e.ct = findCT("ip6 " + d)
		default:
			return v.fail(e.at, "cannot determine ip protocol version, use \"ip %[1]s\" or \"ip6 %[1]s\" instead", d)
		}
		e.t, e.bits, e.ord, e.word = e.ct.t, e.ct.bits, e.ct.order, d
	case nftables.CTProtoSrc, nftables.CTProtoDst:
		e.t = tInvalid
		switch v.proto[2] {
		case pTCP, pUDP, pLite, pDCCP, pSCTP:
			e.t = tService
		}
	case nftables.CTSrcIP, nftables.CTDstIP, nftables.CTSrcIP6, nftables.CTDstIP6:
		want := pIP
		if e.t == tIP6 {
			want = pIP6
		}
		if now := v.proto[1]; now != nil && now != want {
			return v.fail(e.at, "conflicting protocols specified: %s vs. %s", now.name, want.name)
		}
	}
	return nil
}

func (v *evaluator) rt(e *expr) *failure {
	const msg = `cannot determine ip protocol version, use "ip nexthop" or "ip6 nexthop" instead`
	if e.rtName == "nexthop" {
		switch v.proto[1] {
		case pIP:
			e.rtName, e.rt, e.t, e.bits = "ip nexthop", nftables.RTNextHop4, tIP, 32
		case pIP6:
			e.rtName, e.rt, e.t, e.bits = "ip6 nexthop", nftables.RTNextHop6, tIP6, 128
		default:
			return v.fail(e.at, "%s", msg)
		}
	}
	if e.rt == nftables.RTNextHop4 && v.fam == core.NFIPv6 {
		return v.fail(e.at, "ip nexthop will not match")
	}
	if e.rt == nftables.RTNextHop6 && v.fam == core.NFIPv4 {
		return v.fail(e.at, "ip6 nexthop will not match")
	}
	return nil
}

// match evaluates a comparison.
func (v *evaluator) match(s *stmt) *failure {
	if s.e.k == eBinop && s.e.op == "/" { // flags value / mask: s.e.l left, s.e.r value, s.r … swapped below
		return v.flagMatch(s)
	}
	if s.e.k == eSymbol && s.r.k == eSymbol {
		return v.fail(s.e.at, "No symbol type information")
	}
	if s.e.k == eSymbol {
		return v.fail(s.e.at, "Relational expression (%s) has constant value", opName(s.op))
	}
	if err := v.expr(s.e); err != nil {
		return err
	}
	l := s.e
	t, n := l.t, l.bits
	switch s.r.k {
	case eMeta, ePayload, eCT, eNumgen, eHash, eFib, eRT, eSocket:
		return v.fail(s.r.at, "Right hand side of relational expression (%s) must be constant", opName(s.op))
	}
	if l.k == eFib && l.fibResult == nftables.FibOIF && s.r.k == eSymbol && (s.r.word == "exists" || s.r.word == "missing") {
		t, n = tBoolean, 8
		l.present = true
		l.fibFlags |= nftables.FibPresent
	}
	if s.r.k == eSetRef && t != nil {
		set, err := v.findSet(s.r)
		if err != nil {
			return err
		}
		if info := infoOf(set); !sameType(info.key, t) {
			return errAt(s.r.at, "datatype mismatch, expected "+descOf(t)+", expression has type "+descOf(info.key), l.at)
		}
	}
	if l.k == eBinop && (l.op == "<<" || l.op == ">>") && t != tInteger && s.r.k == eSymbol {
		return errAt(s.r.at, "datatype mismatch, expected "+t.desc+", expression has type integer", l.at)
	}
	if t != nil && t != tBoolean && s.r.k == eSymbol && !s.r.quoted && (s.r.word == "exists" || s.r.word == "missing") {
		return errAt(s.r.at, "datatype mismatch, expected "+descOf(t)+", expression has type boolean type", l.at)
	}
	if l.k == eNumgen || l.k == eHash {
		v.most = l.mod + l.offset - 1
	}
	r, err := v.value(s.r, t, n, l.ord)
	v.most = 0
	if err != nil {
		return err
	}
	s.r = r
	if l.k == eBinop && l.op == "^" && r.k == eValue && (s.op == "" || s.op == "==" || s.op == "!=") {
		r.v = r.v.xor(l.r.v) // binop_transfer
		s.e = l.l
		l = s.e
	}
	switch s.op {
	case "<", ">", "<=", ">=":
		if l.k == eConcat {
			return v.fail(l.at, "Relational expression (%s) is undefined for concat expressions", s.op)
		}
		if r.k != eValue {
			return v.fail(r.at, "Relational expression (%s) is undefined for %s expressions", s.op, kindName(r))
		}
	case "!":
		if l.k == eBinop {
			return v.fail(l.at, "cannot combine negation with binary expression")
		}
		if r.k != eValue || t.base != tBitmask {
			return errAt(l.at, "negation can only be used with singleton bitmask values", r.at)
		}
	default:
		if r.k == eConcat {
			return v.fail(l.at, "Use concatenations with sets and maps, not singleton values")
		}
		if r.k == eSet && len(r.list) == 0 {
			return v.fail(r.at, "Set is empty")
		}
	}
	if s.op == "" || s.op == "==" {
		v.learn(l, r, l.at.to(r.at))
	}
	return nil
}

func kindName(e *expr) string {
	switch e.k {
	case eRange:
		return "range"
	case ePrefix:
		return "prefix"
	case eSet:
		return "set"
	case eSetRef:
		return "set reference"
	case eList:
		return "list"
	case eConcat:
		return "concat"
	}
	return "value"
}

func opName(op string) string {
	if op == "" {
		return "=="
	}
	return op
}

// flagMatch is "tcp flags value / mask".
func (v *evaluator) flagMatch(s *stmt) *failure {
	l, m := s.e.l, s.e.r
	if err := v.expr(l); err != nil {
		return err
	}
	if l.t == nil || l.t.base != tBitmask {
		return v.fail(s.e.at, "Basetype of type is not bitmask")
	}
	val, err := v.value(s.r, l.t, l.bits, l.ord)
	if err != nil {
		return err
	}
	mask, err := v.value(m, l.t, l.bits, l.ord)
	if err != nil {
		return err
	}
	s.e = &expr{k: eBinop, at: s.e.at, op: "&", l: l, r: mask, t: l.t, bits: l.bits, ord: l.ord}
	s.r = val
	if s.op == "" {
		s.op = "=="
	}
	return nil
}

// learn keeps what an equality says of the packet (relational_expr_pctx_update).
// at is the whole comparison.
func (v *evaluator) learn(l, r *expr, at loc) {
	if r.k == eSet {
		for _, x := range r.list {
			if x.k == eElem && x.l.k == eValue {
				v.learn(l, x.l, at)
			}
		}
		return
	}
	if r.k != eValue {
		return
	}
	n := r.v.lo
	set := func(b int, p *proto) {
		if p != nil {
			v.proto[b], v.at[b] = p, at
			if !slices.Contains(v.all[b], p) {
				v.all[b] = append(v.all[b], p)
			}
		}
	}
	switch l.k {
	case eMeta:
		switch l.meta.key {
		case nftables.MetaIIFType, nftables.MetaOIFType:
			if n == 1 {
				if v.proto[0] == nil || v.proto[0] == pInet || v.proto[0] == pNetdev {
					v.proto[0] = pEther
				}
			}
		case nftables.MetaNFProto:
			set(1, pInet.byNum(n))
		case nftables.MetaL4Proto:
			set(2, pService.byNum(n))
		case nftables.MetaProtocol: // meta_expr_pctx_update: elsewhere it says nothing
			if p := pNetdev.byNum(n); v.fam == core.NFNetdev || v.fam == core.NFBridge {
				set(1, p)
			}
		}
	case eCT:
		// ct_expr_pctx_update: only where what carries it is known
		if p := v.proto[0]; l.ct.key == nftables.CTL3Proto && p != nil {
			set(1, p.byNum(n))
		} else if p := v.proto[1]; l.ct.key == nftables.CTProto && p != nil {
			set(2, p.byNum(n))
		}
	case ePayload:
		if l.f == nil || l.raw {
			return
		}
		if l.f.name == l.p.key {
			up := l.p.byNum(n)
			switch l.p {
			case pEther, pVlan:
				if up == pVlan {
					v.proto[0] = pVlan
				} else {
					set(1, up)
				}
			case pIP, pIP6:
				set(2, up)
			case pICMP, pICMP6:
				v.icmp = int(n)
			}
		}
	}
}
