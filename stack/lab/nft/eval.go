package nft

import (
	"fmt"

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
	now   *stmt  // that is evaluated
	icmp  int    // the type that is known, 0: none
	most  uint64 // that a number may be, 0: what its bits allow
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
			return nil, errAt(r.stmts[i+1].at, "Statement after terminal statement has no effect", s.at)
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
	v.now = s
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
	case sTProxy:
		return v.tproxy(s)
	case sSetOp, sMapOp:
		return v.setOp(s)
	case sObjRef:
		return v.objRef(s)
	case sDup, sFwd:
		return v.dup(s)
	case sExtReset:
		return v.expr(s.e)
	case sMeter:
		return v.meter(s)
	case sLog:
		return v.log(s)
	}
	return nil
}

// log is stmt_evaluate_log.
func (v *evaluator) log(s *stmt) *failure {
	if s.group >= 0 || s.snaplen != 0 || s.qthresh != 0 {
		switch {
		case s.level >= 0:
			return v.fail(s.at, "level and group are mutually exclusive")
		case s.logFlags != 0:
			return v.fail(s.at, "flags and group are mutually exclusive")
		}
	}
	if s.level == len(logLevels)-1 && (s.hasPref || s.logFlags != 0) {
		return v.fail(s.at, "log level audit doesn't support any further options")
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
