package nft

import (
	"fmt"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// An evaluator gives a rule types, and adds the matches that others need.
type evaluator struct {
	env   *Env
	table *nftables.Table
	fam   core.Family
	cmd   *cmd

	proto [3]*proto   // link, network, transport: what is known of the packet
	all   [3][]*proto // all that it may be
	at    [3]loc      // where it became known
	out   []*stmt
	icmp  int // the type that is known, 0: none
}

func (v *evaluator) fail(l loc, f string, a ...any) *failure { return errAt(l, fmt.Sprintf(f, a...)) }

// start sets what the family says of every packet.
func (v *evaluator) start() {
	v.proto, v.all = [3]*proto{}, [3][]*proto{}
	v.out, v.icmp = nil, 0
	switch v.fam {
	case core.NFIPv4:
		v.proto[1] = pIP
	case core.NFIPv6:
		v.proto[1] = pIP6
	case core.NFARP:
		v.proto[1] = pARP
	case core.NFInet:
		v.proto[0] = pInet
	case core.NFBridge:
		v.proto[0] = pEther
	case core.NFNetdev:
		v.proto[0] = pNetdev
	}
}

// rule evaluates all statements. It returns them with what was added.
func (v *evaluator) rule(r *ruleSpec) ([]*stmt, *failure) {
	v.start()
	for i, s := range r.stmts {
		if err := v.stmt(s); err != nil {
			return nil, err
		}
		v.out = append(v.out, s)
		if terminal(s) && i < len(r.stmts)-1 {
			return nil, v.fail(r.stmts[i+1].at, "Statement after terminal statement has no effect")
		}
	}
	return v.out, nil
}

// terminal tells whether nothing can follow.
func terminal(s *stmt) bool {
	switch s.k {
	case sVerdict:
		return s.e.verdict != nftables.Continue
	case sReject, sNAT, sQueue:
		return true
	case sFwd:
		return true
	}
	return false
}

func (v *evaluator) stmt(s *stmt) *failure {
	switch s.k {
	case sMatch:
		return v.match(s)
	case sVmap:
		return v.mapExpr(s.e, tVerdict, 0, noOrder)
	case sVerdict:
		return nil
	case sMetaSet:
		return v.setTo(s, "meta")
	case sCTSet:
		if s.e.ct.t == tInvalid {
			return v.fail(s.at, "ct key not supported in set statement")
		}
		return v.setTo(s, "ct")
	case sPayloadSet:
		if err := v.expr(s.e); err != nil {
			return err
		}
		return v.setTo(s, "payload")
	case sExtSet:
		if err := v.expr(s.e); err != nil {
			return err
		}
		return v.setTo(s, "exthdr")
	case sReject:
		return v.reject(s)
	case sNAT:
		return v.nat(s)
	case sSetOp, sMapOp:
		return v.setOp(s)
	case sObjRef:
		return v.objRef(s)
	case sDup, sFwd:
		return v.dup(s)
	case sLog:
		if s.hasPref && s.prefix == "" {
			return nil
		}
	}
	return nil
}

// expr gives a left side its type, and adds what it depends on.
func (v *evaluator) expr(e *expr) *failure {
	switch e.k {
	case ePayload:
		return v.payload(e)
	case eExthdr:
		return v.exthdr(e)
	case eCT:
		return v.ct(e)
	case eRT:
		return v.rt(e)
	case eMeta:
		if e.meta.key == nftables.MetaNFProto && v.fam != core.NFInet {
			return v.fail(e.at, "meta nfproto is only useful in the inet family")
		}
		return nil
	case eConcat:
		var l []*dtype
		n := 0
		for _, x := range e.list {
			if err := v.expr(x); err != nil {
				return err
			}
			if x.k == eSymbol || x.k == eValue {
				return v.fail(x.at, "Concatenation with constant is not possible")
			}
			if x.t == tInteger && x.bits == 0 {
				return v.fail(x.at, "cannot use variable length type in concatenation")
			}
			l = append(l, x.t)
			n += (x.bits + 31) / 32 * 32
		}
		e.t, e.bits, e.ord = concatType(l), n, bigOrder
		if n > 512 {
			return v.fail(e.at, "Concatenation of size %d exceeds maximum size of 512", n)
		}
		return nil
	case eBinop:
		return v.binop(e)
	case eHash:
		if e.l != nil {
			return v.expr(e.l)
		}
		return nil
	case eMap:
		return v.mapExpr(e, nil, 0, noOrder)
	case eFib:
		return v.fib(e)
	case eNumgen, eSocket:
		return nil
	case eSymbol, eValue:
		return nil
	}
	return nil
}

func (v *evaluator) fib(e *expr) *failure {
	if e.fibFlags&(nftables.FibSaddr|nftables.FibDaddr) == 0 {
		return v.fail(e.at, "fib expression must specify saddr or daddr")
	}
	if e.fibFlags&(nftables.FibSaddr|nftables.FibDaddr) == nftables.FibSaddr|nftables.FibDaddr {
		return v.fail(e.at, "cannot use saddr and daddr at the same time")
	}
	return nil
}

func (v *evaluator) binop(e *expr) *failure {
	if err := v.expr(e.l); err != nil {
		return err
	}
	if e.l.k == eSymbol && e.l.t == nil {
		return v.fail(e.l.at, "Left hand side of binary operation needs a type")
	}
	e.t, e.bits, e.ord = e.l.t, e.l.bits, e.l.ord
	if e.op == "/" {
		return nil
	}
	if e.op == "<<" || e.op == ">>" {
		r, err := v.value(e.r, tInteger, e.bits, e.ord)
		if err != nil {
			return err
		}
		e.r = r
		return nil
	}
	switch e.r.k {
	case ePayload, eMeta, eCT:
		return v.fail(e.r.at, "Right hand side of binary operation (%s) must be constant", e.op)
	}
	r, err := v.value(e.r, e.l.t, e.l.bits, e.l.ord)
	if err != nil {
		return err
	}
	if r.k != eValue {
		return v.fail(r.at, "Right hand side of binary operation (%s) must be constant", e.op)
	}
	e.r = r
	return nil
}

// dep adds a match that a later one needs.
func (v *evaluator) dep(l *expr, n uint64) {
	r := &expr{k: eValue, t: l.t, bits: l.bits, ord: l.ord, v: num(n), at: l.at}
	v.out = append(v.out, &stmt{k: sMatch, e: l, r: r, op: "==", at: l.at, obj: "dep"})
}

func metaOf(name string) *expr {
	m := findMeta(name)
	return &expr{k: eMeta, meta: m, t: m.t, bits: m.bits, ord: m.order, depGen: true}
}

func fieldOf(p *proto, name string) *expr {
	f := p.field(name)
	return &expr{k: ePayload, p: p, f: f, base: p.base, off: f.off, t: f.t, bits: f.bits, ord: f.order, depGen: true}
}

func (v *evaluator) conflict(e *expr, a *proto) *failure {
	return v.fail(e.at, "conflicting protocols specified: %s vs. %s", a.name, e.p.name)
}

// payload adds the protocol matches that a field of a header needs
// (expr_evaluate_payload).
func (v *evaluator) payload(e *expr) *failure {
	if e.raw {
		return nil
	}
	b := int(e.base)
	if e.p == pTH {
		return v.th(e)
	}
	d := v.proto[b]
	if d == nil {
		if err := v.gen(e, b); err != nil {
			return err
		}
		d = v.proto[b]
	}
	if len(v.all[b]) > 1 {
		for _, p := range v.all[b] {
			if p != e.p {
				return v.conflict(e, p)
			}
		}
	}
	if b == 0 && e.p == pVlan {
		return v.vlan(e)
	}
	if d == e.p {
		return v.icmpDep(e)
	}
	if b == 0 {
		switch {
		case d == pInet || d == pNetdev: // a link header behind inet: the device must have one
			if e.p == pEther {
				m := metaOf("iiftype")
				m.at = e.at
				v.dep(m, 1)
				v.proto[0] = pEther
				return nil
			}
		case d == pVlan && e.p == pEther:
			return nil
		}
	}
	if b == 0 || v.proto[min(b+1, 2)] != nil || b == 2 {
		return v.conflict(e, d)
	}
	return v.conflict(e, d)
}

func (v *evaluator) vlan(e *expr) *failure {
	d := v.proto[0]
	switch d {
	case pVlan:
		e.off = e.f.off + 112
		return nil
	case pEther, pNetdev, pInet:
		m := fieldOf(pEther, "type")
		m.at = e.at
		if d != pEther {
			x := metaOf("iiftype")
			x.at = e.at
			v.dep(x, 1)
		}
		v.dep(m, 0x8100)
		v.proto[0] = pVlan
		e.off = e.f.off + 112
		return nil
	}
	return v.conflict(e, d)
}

// th needs any transport protocol that has ports there; nft adds nothing.
func (v *evaluator) th(e *expr) *failure {
	if p := v.proto[2]; p != nil && len(v.all[2]) == 1 { // it is listed as what lies there
		for i := range p.fields {
			if f := &p.fields[i]; f.off == e.f.off && f.bits == e.f.bits {
				e.p, e.f = p, f
				e.t = f.t
				return nil
			}
		}
		e.over = p
	}
	return nil
}

var baseNames = [...]string{"link layer", "network layer", "transport layer"}

// gen adds the match that says which protocol it is (payload_gen_dependency).
func (v *evaluator) gen(e *expr, b int) *failure {
	if b == 0 {
		if v.fam == core.NFIPv4 || v.fam == core.NFIPv6 {
			if e.p != pEther && e.p != pVlan {
				return v.fail(e.at, "protocol specification is invalid for this family")
			}
			m := metaOf("iiftype")
			m.at = e.at
			v.dep(m, 1)
			v.proto[0] = pEther
			return nil
		}
		if v.fam == core.NFARP {
			m := metaOf("iiftype")
			m.at = e.at
			v.dep(m, 1)
			v.proto[0] = pEther
			return nil
		}
		return v.fail(e.at, "payload base is invalid for this family")
	}
	low := v.proto[b-1]
	if low == nil && b == 2 && (e.p == pICMP || e.p == pICMP6 || e.p == pIGMP) {
		// these say which family it is, too
		x := fieldOf(pIP, "saddr")
		if e.p == pICMP6 {
			x = fieldOf(pIP6, "saddr")
		}
		x.at = e.at
		if v.fam == core.NFBridge && v.proto[0] == pEther {
			m := fieldOf(pEther, "type")
			n, _ := pEther.numOf(x.p)
			m.at = e.at
			v.dep(m, n)
			v.proto[1] = x.p
		} else if err := v.gen(x, 1); err != nil {
			return err
		}
		low = pService
	}
	if low == nil && b == 2 {
		switch v.fam {
		case core.NFInet, core.NFBridge, core.NFNetdev:
			low = pService
		}
	}
	if low == nil {
		return v.fail(e.at, "ambiguous payload specification: no %s protocol specified", baseNames[b-1])
	}
	if v.fam == core.NFBridge && low == pEther && (e.p == pIP || e.p == pIP6) {
		low = pNetdev
	}
	n, ok := low.numOf(e.p)
	if !ok {
		return v.conflict(e, low)
	}
	var m *expr
	switch low {
	case pInet:
		m = metaOf("nfproto")
	case pNetdev:
		m = metaOf("protocol")
	case pEther, pVlan:
		m = fieldOf(low, "type")
		if low == pVlan {
			m.off += 112
		}
	default:
		m = metaOf("l4proto")
	}
	if low == pARP {
		return v.conflict(e, low)
	}
	m.at = e.at
	v.dep(m, n)
	v.proto[b] = e.p
	v.all[b] = append(v.all[b], e.p)
	v.at[b] = e.at
	return v.icmpFamily(e)
}

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
		if v.proto[2] == nil {
			x := fieldOf(pTCP, "sport")
			x.at = e.at
			return v.gen(x, 2)
		}
		if v.proto[2] != pTCP {
			return v.fail(e.at, "Cannot use TCP options with %s", v.proto[2].name)
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
		e.t, e.bits, e.ord = e.ct.t, e.ct.bits, e.ct.order
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
		now := v.proto[1]
		if now == want {
			return nil
		}
		if now != nil {
			return v.fail(e.at, "conflicting protocols specified: %s vs. %s", now.name, want.name)
		}
		if v.fam == core.NFIPv4 || v.fam == core.NFIPv6 {
			return nil
		}
		k := findCT("l3proto")
		n := uint64(2)
		if want == pIP6 {
			n = 10
		}
		v.dep(&expr{k: eCT, ct: k, dir: e.dir, t: k.t, bits: k.bits, ord: k.order, at: e.at}, n)
		v.proto[1] = want
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
	r, err := v.value(s.r, t, n, l.ord)
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
			return v.fail(l.at, "negation can only be used with singleton bitmask values")
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
		v.learn(l, r)
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
func (v *evaluator) learn(l, r *expr) {
	if r.k == eSet {
		for _, x := range r.list {
			if x.k == eElem && x.l.k == eValue {
				v.learn(l, x.l)
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
			v.proto[b], v.at[b] = p, l.at
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
		case nftables.MetaProtocol:
			if p := pNetdev.byNum(n); p != pVlan {
				set(1, p)
			}
		}
	case eCT:
		if l.ct.key == nftables.CTL3Proto {
			set(1, pInet.byNum(n))
		} else if l.ct.key == nftables.CTProto {
			set(2, pService.byNum(n))
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

// value gives the right side the type of the left.
func (v *evaluator) value(e *expr, t *dtype, bits int, ord order) (*expr, *failure) {
	if t == nil {
		return nil, v.fail(e.at, "Can't parse symbolic invalid expressions")
	}
	switch e.k {
	case eSymbol:
		return v.symbol(e, t, bits, ord)
	case eValue:
		return e, nil
	case eAny:
		return nil, v.fail(e.at, "All-wildcard strings are not supported")
	case eRange:
		if t.is(tString) {
			return nil, v.fail(e.l.at, "Range expression is undefined for %s types", t.desc)
		}
		l, err := v.value(e.l, t, bits, ord)
		if err != nil {
			return nil, err
		}
		r, err := v.value(e.r, t, bits, ord)
		if err != nil {
			return nil, err
		}
		if l.k != eValue || r.k != eValue {
			return nil, v.fail(e.at, "Range is not constant")
		}
		if t == tHour {
			if l.v.cmp(r.v) > 0 {
				return nil, v.fail(e.at, "Range has zero or negative size")
			}
		} else if l.v.cmp(r.v) > 0 {
			return nil, v.fail(e.at, "Range has zero or negative size")
		}
		return &expr{k: eRange, at: e.at, l: l, r: r, t: t, bits: bits, ord: ord}, nil
	case ePrefix:
		b, err := v.value(e.l, t, bits, ord)
		if err != nil {
			return nil, err
		}
		if b.k != eValue {
			return nil, v.fail(e.at, "Prefix expression is undefined for non-constant expressions")
		}
		if t.is(tString) {
			return nil, v.fail(e.at, "Prefix expression is undefined for %s types", t.desc)
		}
		n := int(e.v.lo)
		if n > bits {
			return nil, v.fail(e.at, "Prefix length %d is invalid for type of %d bits width", n, bits)
		}
		b.v = b.v.and(mask(n).shl(uint(bits - n)))
		return &expr{k: ePrefix, at: e.at, l: b, v: num(uint64(n)), t: t, bits: bits, ord: ord}, nil
	case eList:
		var acc val
		for _, x := range e.list {
			r, err := v.value(x, t, bits, ord)
			if err != nil {
				return nil, err
			}
			if r.k != eValue {
				return nil, v.fail(r.at, "List member must be a constant value")
			}
			if t.base != tBitmask {
				return nil, v.fail(r.at, "Basetype of type %s is not bitmask", t.desc)
			}
			acc = acc.or(r.v)
		}
		return &expr{k: eValue, at: e.at, t: t, bits: bits, ord: ord, v: acc}, nil
	case eBinop:
		l, err := v.value(e.l, t, bits, ord)
		if err != nil {
			return nil, err
		}
		rt := t
		if e.op == "<<" || e.op == ">>" {
			rt = tInteger
		}
		r, err := v.value(e.r, rt, bits, ord)
		if err != nil {
			return nil, err
		}
		if l.k != eValue || r.k != eValue {
			return nil, v.fail(e.at, "Binary operation (%s) is undefined for %s types", e.op, t.desc)
		}
		x := &expr{k: eValue, at: e.at, t: t, bits: bits, ord: ord}
		switch e.op {
		case "|":
			x.v = l.v.or(r.v)
		case "&":
			x.v = l.v.and(r.v)
		case "^":
			x.v = l.v.xor(r.v)
		case "<<":
			x.v = l.v.shl(uint(r.v.lo)).and(mask(bits))
		case ">>":
			x.v = l.v.shr(uint(r.v.lo))
		}
		return x, nil
	case eConcat:
		if len(t.many) == 0 {
			return nil, v.fail(e.at, "datatype mismatch, expected %s, expression has type concatenation", t.desc)
		}
		if len(e.list) != len(t.many) {
			if len(e.list) > len(t.many) {
				return nil, v.fail(e.list[len(t.many)].at, "unexpected concat component, expecting %s", typeName(t))
			}
			return nil, v.fail(e.at, "datatype mismatch, expected %s, expression has type %s", "concatenation of ("+manyNames(t)+")", "concatenation with other length")
		}
		c := &expr{k: eConcat, at: e.at, t: t, bits: bits, ord: bigOrder}
		for i, x := range e.list {
			r, err := v.value(x, t.many[i], partBits(t.many[i], nil), t.many[i].order)
			if err != nil {
				return nil, err
			}
			c.list = append(c.list, r)
		}
		return c, nil
	case eSet:
		return v.set(e, t, bits, ord, nil)
	case eSetRef:
		s, err := v.findSet(e)
		if err != nil {
			return nil, err
		}
		e.ref = s
		info := infoOf(s)
		if !sameType(info.key, t) {
			return nil, v.fail(e.at, "datatype mismatch, expected %s, expression has type %s", descOf(t), descOf(info.key))
		}
		return e, nil
	case eNot:
		return nil, v.fail(e.at, "syntax error, unexpected !")
	}
	return nil, v.fail(e.at, "Right hand side of relational expression (==) must be constant")
}

func manyNames(t *dtype) string {
	var l []string
	for _, p := range t.many {
		l = append(l, p.desc)
	}
	return strings.Join(l, ", ")
}

func descOf(t *dtype) string {
	if len(t.many) > 0 {
		return "concatenation of (" + manyNames(t) + ")"
	}
	return t.desc
}

// sameType is datatype_equal.
func sameType(a, b *dtype) bool {
	if len(a.many) != len(b.many) {
		return false
	}
	if len(a.many) == 0 {
		return a == b || a.name == b.name
	}
	for i := range a.many {
		if !sameType(a.many[i], b.many[i]) {
			return false
		}
	}
	return true
}

func partBits(t *dtype, e *expr) int {
	if e != nil {
		return e.bits
	}
	if t.bits == 0 {
		return 32
	}
	return t.bits
}

func (v *evaluator) symbol(e *expr, t *dtype, bits int, ord order) (*expr, *failure) {
	if len(t.many) > 0 {
		return nil, v.fail(e.at, "datatype mismatch, expected %s, expression has type %s", descOf(t), "integer")
	}
	if t == tVerdict || t == tInvalid {
		return nil, v.fail(e.at, "Can't parse symbolic %s expressions", t.desc)
	}
	x := &expr{k: eValue, at: e.at, t: t, bits: bits, ord: ord}
	if t.is(tString) && e.wild {
		w := strings.TrimSuffix(e.word, "*")
		if w == "" {
			return nil, v.fail(e.at, "All-wildcard strings are not supported")
		}
		if strings.HasSuffix(w, "\\") {
			w = w[:len(w)-1] + "*"
		} else {
			b := make([]byte, 16)
			copy(b, w)
			x.v = valOf(b)
			return &expr{k: ePrefix, at: e.at, l: x, v: num(uint64(8 * len(w))), t: t, bits: bits, ord: ord}, nil
		}
	}
	if t.is(tString) && e.word == "" {
		return nil, v.fail(e.at, "Empty string is not allowed")
	}
	n, _, msg := t.parse(v.env, e.word)
	if msg != "" {
		return nil, v.fail(e.at, "%s", msg)
	}
	if !t.is(tString) && n.cmp(mask(bits)) > 0 {
		return nil, v.fail(e.at, "Value %s exceeds valid range 0-%s", n, mask(bits))
	}
	x.v = n
	return x, nil
}

// findSet is a set by name.
func (v *evaluator) findSet(e *expr) (*nftables.Set, *failure) {
	if v.table == nil {
		return nil, v.fail(e.at, "No such file or directory")
	}
	s := v.table.Set(e.word)
	if s == nil {
		return nil, v.fail(e.at, "No such file or directory")
	}
	return s, nil
}

// set evaluates { … }. With data types it is a map.
func (v *evaluator) set(e *expr, t *dtype, bits int, ord order, data *dataType) (*expr, *failure) {
	spec := &setSpec{anon: true, key: t, keyBits: bits, isMap: data != nil, at: e.at}
	x := &expr{k: eSet, at: e.at, t: t, bits: bits, ord: ord, set: spec}
	if data != nil {
		spec.data, spec.dataBits = data.t, data.bits
	}
	if err := v.elements(x, spec, e.list, t, bits, ord, data); err != nil {
		return nil, err
	}
	if data == nil && len(x.list) == 1 {
		if i := x.list[0]; i.elem == nil && (i.l.k == eValue || i.l.k == eRange || i.l.k == ePrefix) {
			return i.l, nil
		}
	}
	return x, nil
}

// A dataType is what a map gives.
type dataType struct {
	t    *dtype
	bits int
	ord  order
}

// elements evaluates the elements of a set, also sets within.
func (v *evaluator) elements(x *expr, spec *setSpec, list []*expr, t *dtype, bits int, ord order, data *dataType) *failure {
	for _, i := range list {
		m := i
		if i.k == eMapping {
			if data == nil {
				return v.fail(m.at, "mapping outside of map context")
			}
			m = i.l
		} else if data != nil {
			return v.fail(i.at, "Element is no mapping: a map needs key : data")
		}
		if m.k == eElem && m.l.k == eSet {
			var l []*expr
			for _, j := range m.l.list {
				if i.k == eMapping {
					l = append(l, &expr{k: eMapping, at: i.at, l: j, r: clone(i.r)})
				} else {
					l = append(l, j)
				}
			}
			if err := v.elements(x, spec, l, t, bits, ord, data); err != nil {
				return err
			}
			continue
		}
		if m.k != eElem {
			m = &expr{k: eElem, at: m.at, l: m}
		}
		if m.l.k == eSetRef {
			return v.fail(m.l.at, "Set reference cannot be part of another set")
		}
		key := m.l
		if key.k != eAny {
			k, err := v.value(key, t, bits, ord)
			if err != nil {
				return err
			}
			key = k
		}
		switch key.k {
		case eRange:
			spec.interval = true
		case ePrefix:
			spec.interval = true
		case eConcat:
			for _, p := range key.list {
				if p.k == eRange || p.k == ePrefix {
					spec.interval = true
				}
			}
		}
		el := &expr{k: eElem, at: m.at, l: key, elem: m.elem, t: t, bits: bits, ord: ord}
		if data == nil {
			x.list = append(x.list, el)
			continue
		}
		d := &expr{k: eMapping, at: i.at, l: el, t: t}
		if data.t == tVerdict {
			if i.r.k != eVerdict {
				return v.fail(i.r.at, "Could not parse netfilter verdict")
			}
			d.r = i.r
		} else {
			if i.r.k == eVerdict {
				return v.fail(i.r.at, "datatype mismatch: expected %s, expression has type %s", data.t.desc, "netfilter verdict")
			}
			r, err := v.value(i.r, data.t, data.bits, data.ord)
			if err != nil {
				return err
			}
			d.r = r
		}
		x.list = append(x.list, d)
	}
	return nil
}

// mapExpr evaluates "key map { … }" or "key vmap { … }".
func (v *evaluator) mapExpr(e *expr, t *dtype, bits int, ord order) *failure {
	if err := v.expr(e.l); err != nil {
		return err
	}
	if e.l.k == eSymbol {
		return v.fail(e.l.at, "Map expression must not be constant")
	}
	k := e.l
	switch e.r.k {
	case eSetRef:
		s, err := v.findSet(e.r)
		if err != nil {
			return err
		}
		e.r.ref = s
		info := infoOf(s)
		if !s.Map {
			return v.fail(e.r.at, "Set expression is not a map")
		}
		if !sameType(info.key, k.t) {
			return v.fail(e.at, "datatype mismatch, map expects %s, mapping expression has type %s", descOf(info.key), descOf(k.t))
		}
		e.t, e.bits, e.ord = info.data, info.dataBits, bigOrder
		if t == tVerdict && !s.Verdicts || t != nil && t != tVerdict && s.Verdicts {
			return v.fail(e.r.at, "datatype mismatch, expected %s, expression has type %s", t.desc, descOf(info.data))
		}
		if info.data != nil {
			e.ord = info.data.order
		}
	case eSet:
		if t == nil {
			return v.fail(e.at, "Map expression needs a type: only in statements")
		}
		s, err := v.set(e.r, k.t, k.bits, k.ord, &dataType{t, bits, ord})
		if err != nil {
			return err
		}
		if len(s.list) == 0 {
			return v.fail(e.r.at, "Set is empty")
		}
		e.r = s
		e.t, e.bits, e.ord = t, bits, ord
	}
	return nil
}

// setTo evaluates the right side of a set statement.
func (v *evaluator) setTo(s *stmt, what string) *failure {
	r, err := v.source(s.r, s.e.t, s.e.bits, s.e.ord, what)
	if err != nil {
		return err
	}
	s.r = r
	return nil
}

// source evaluates what a statement takes: a constant, something of the packet,
// a map.
func (v *evaluator) source(e *expr, t *dtype, bits int, ord order, what string) (*expr, *failure) {
	switch e.k {
	case eMap:
		return e, v.mapExpr(e, t, bits, ord)
	case ePayload, eMeta, eCT, eHash, eNumgen, eFib, eRT, eSocket, eExthdr:
		if err := v.expr(e); err != nil {
			return nil, err
		}
		if !sameBase(e.t, t) {
			return nil, v.fail(e.at, "datatype mismatch: expected %s, expression has type %s", t.desc, e.t.desc)
		}
		return e, nil
	case eConcat:
		if err := v.expr(e); err != nil {
			return nil, err
		}
		return nil, v.fail(e.at, "datatype mismatch: expected %s, expression has type %s", t.desc, descOf(e.t))
	case eBinop:
		if !constant(e) {
			l, err := v.source(e.l, t, bits, ord, what)
			if err != nil {
				return nil, err
			}
			rt := t
			if e.op == "<<" || e.op == ">>" {
				rt = tInteger
			}
			if !constant(e.r) {
				return nil, v.fail(e.r.at, "Right hand side of binary operation (%s) must be constant", e.op)
			}
			r, err := v.value(e.r, rt, bits, ord)
			if err != nil {
				return nil, err
			}
			return &expr{k: eBinop, at: e.at, op: e.op, l: l, r: r, t: t, bits: bits, ord: ord}, nil
		}
	}
	r, err := v.value(e, t, bits, ord)
	if err != nil {
		return nil, err
	}
	if r.k != eValue {
		return nil, v.fail(e.at, "%s expression must be constant or singleton", what)
	}
	return r, nil
}

func sameBase(a, b *dtype) bool {
	if sameType(a, b) {
		return true
	}
	x, y := a, b
	for x.base != nil {
		x = x.base
	}
	for y.base != nil {
		y = y.base
	}
	return x == y && x == tInteger && len(a.many) == 0
}

func constant(e *expr) bool {
	switch e.k {
	case eSymbol, eValue:
		return true
	case eBinop:
		return constant(e.l) && constant(e.r)
	}
	return false
}

func (v *evaluator) reject(s *stmt) *failure {
	if v.fam == core.NFARP {
		return v.fail(s.wordAt, "cannot use reject with arp")
	}
	both := v.fam == core.NFInet || v.fam == core.NFBridge || v.fam == core.NFNetdev
	switch {
	case s.reject == nftables.RejectReset:
		if v.proto[2] == nil {
			x := fieldOf(pTCP, "sport")
			x.at = s.at
			if err := v.gen(x, 2); err != nil {
				return err
			}
		} else if v.proto[2] != pTCP {
			return v.fail(s.at, "you cannot use tcp reset with this protocol")
		}
		return nil
	case s.code == nil:
		fam := v.fam
		if both {
			switch v.proto[1] {
			case nil:
				s.reject, s.rate = nftables.RejectICMPX, 1
				s.icmpFamily = "icmpx"
				s.given = true
				return nil
			case pIP:
				fam = core.NFIPv4
			case pIP6:
				fam = core.NFIPv6
			default:
				return v.fail(s.at, "cannot infer ICMP reject variant to use: explicit value required.\n")
			}
		}
		s.icmpFamily, s.rate = "icmp", 3
		if fam == core.NFIPv6 {
			s.icmpFamily, s.rate = "icmpv6", 4
		}
		s.given = !both
		return nil
	}
	t := tICMPCode
	switch s.icmpFamily {
	case "icmpv6":
		t = tICMP6Code
	case "icmpx":
		t = tICMPXCode
	}
	c, err := v.value(s.code, t, 8, bigOrder)
	if err != nil {
		return err
	}
	s.rate = c.v.lo
	if s.icmpFamily == "icmpx" {
		if !both {
			return errAt(s.code.at, "abstracted ICMP unreachable not supported", s.wordAt)
		}
		s.given = s.rate == 1
		return nil
	}
	want := pIP
	if s.icmpFamily == "icmpv6" {
		want = pIP6
	}
	if !both {
		if v.proto[1] != want {
			return errAt(s.code.at, "conflicting protocols specified: ip vs ip6", s.wordAt)
		}
		s.given = s.rate == 3 && want == pIP || s.rate == 4 && want == pIP6
		return nil
	}
	if v.proto[1] == nil {
		x := fieldOf(want, "saddr")
		x.at = s.at
		return v.gen(x, 1)
	}
	if v.proto[1] != want {
		return errAt(s.code.at, "conflicting protocols specified: ip vs ip6", v.at[1])
	}
	return nil
}

// nat evaluates snat, dnat, masquerade and redirect.
func (v *evaluator) nat(s *stmt) *failure {
	both := v.fam == core.NFInet
	if v.fam != core.NFIPv4 && v.fam != core.NFIPv6 && !both {
		return v.fail(s.at, "NAT is only supported for IPv4/IPv6")
	}
	fam := v.fam
	if both {
		switch {
		case s.natTyped:
			fam = s.natFam
		case v.proto[1] == pIP:
			fam = core.NFIPv4
		case v.proto[1] == pIP6:
			fam = core.NFIPv6
		case s.addr != nil:
			// guess by what the address looks like
			fam = guessFamily(s.addr)
			if fam == core.NFInet {
				return v.fail(s.at, "specify `%s ip' or '%s ip6' in inet table to disambiguate", s.name+" ", s.name+" ")
			}
			if v.proto[1] == nil {
				return v.fail(s.at, "specify `%s ip' or '%s ip6' in inet table to disambiguate", s.name, s.name)
			}
		}
		if s.addr != nil && v.proto[1] == nil {
			want := pIP
			if fam == core.NFIPv6 {
				want = pIP6
			}
			x := fieldOf(want, "saddr")
			x.at = s.at
			if err := v.gen(x, 1); err != nil {
				return err
			}
		}
	}
	s.natFam = fam
	t, n := tIP, 32
	if fam == core.NFIPv6 {
		t, n = tIP6, 128
	}
	if s.addr != nil {
		a, err := v.natValue(s.addr, t, n)
		if err != nil {
			return err
		}
		s.addr = a
	}
	if s.port != nil {
		if v.proto[2] == nil && v.proto[2] != pTH {
			if !v.knowsL4() {
				return v.fail(s.port.at, "transport protocol mapping is only valid after transport protocol match")
			}
		}
		a, err := v.natValue(s.port, tService, 16)
		if err != nil {
			return err
		}
		s.port = a
	}
	return nil
}

// knowsL4 tells whether a match of the transport protocol, perhaps of several,
// stands before.
func (v *evaluator) knowsL4() bool {
	for _, s := range v.out {
		if s.k == sMatch && s.e != nil {
			if s.e.k == eMeta && s.e.meta.key == nftables.MetaL4Proto {
				return true
			}
			if s.e.k == ePayload && s.e.f != nil && (s.e.p == pIP && s.e.f.name == "protocol" || s.e.p == pIP6 && s.e.f.name == "nexthdr") {
				return true
			}
		}
	}
	return false
}

func guessFamily(e *expr) core.Family {
	switch e.k {
	case eRange, ePrefix:
		return guessFamily(e.l)
	case eSymbol:
		if strings.Contains(e.word, ":") {
			return core.NFIPv6
		}
		return core.NFIPv4
	}
	return core.NFInet
}

func (v *evaluator) natValue(e *expr, t *dtype, n int) (*expr, *failure) {
	switch e.k {
	case eMap:
		return e, v.mapExpr(e, t, n, bigOrder)
	case ePayload, eNumgen, eHash, eMeta, eCT, eConcat:
		if err := v.expr(e); err != nil {
			return nil, err
		}
		return e, nil
	}
	return v.value(e, t, n, bigOrder)
}

func (v *evaluator) setOp(s *stmt) *failure {
	set, err := v.findSet(s.e)
	if err != nil {
		return err
	}
	s.e.ref = set
	if err := v.expr(s.key); err != nil {
		return err
	}
	if s.key.k == eSymbol {
		return v.fail(s.key.at, "Key expression must not be constant")
	}
	info := infoOf(set)
	if !sameType(info.key, s.key.t) {
		return v.fail(s.key.at, "datatype mismatch, expected %s, expression has type %s", descOf(info.key), descOf(s.key.t))
	}
	if s.k == sMapOp {
		if !set.Map {
			return v.fail(s.e.at, "set %s is not a map", s.e.word)
		}
		d, err := v.source(s.data, info.data, info.dataBits, info.data.order, "map")
		if err != nil {
			return err
		}
		s.data = d
	}
	return nil
}

func (v *evaluator) objRef(s *stmt) *failure {
	if s.e.k == eMap {
		if err := v.expr(s.e.l); err != nil {
			return err
		}
		k := s.e.l
		if s.e.r.k == eSet {
			x, err := v.set(s.e.r, k.t, k.bits, k.ord, &dataType{tString, 128, hostOrder})
			if err != nil {
				return err
			}
			x.set.objMap = s.objKind
			s.e.r = x
			return nil
		}
		set, err := v.findSet(s.e.r)
		if err != nil {
			return err
		}
		s.e.r.ref = set
		if !set.ObjMap {
			return v.fail(s.e.r.at, "Expression is not a map with objects")
		}
		if info := infoOf(set); !sameType(info.key, k.t) {
			return v.fail(k.at, "datatype mismatch, map expects %s, mapping expression has type %s", descOf(info.key), descOf(k.t))
		}
	}
	return nil
}

func (v *evaluator) dup(s *stmt) *failure {
	if v.fam == core.NFNetdev {
		a, err := v.natValue(s.addr, tIfindex, 32)
		if err != nil {
			return err
		}
		s.addr = a
		return nil
	}
	return v.fail(s.at, "not modelled: dup")
}
