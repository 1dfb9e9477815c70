package nft

import (
	"fmt"
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

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
		return e, v.fits(e, t, bits)
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

// fits is __stmt_evaluate_arg: a value of the packet can be taken for what is wanted.
func (v *evaluator) fits(e *expr, t *dtype, bits int) *failure {
	switch {
	case e.k == ePayload && e.t == tInteger && (!t.is(tInteger) || e.bits != bits):
		return errAt(e.at, fmt.Sprintf("datatype mismatch: expected %s, expression has type %s with length %d", t.desc, e.t.desc, e.bits), v.now.at)
	case e.t != tInteger && !sameType(e.t, t):
		return errAt(e.at, fmt.Sprintf("datatype mismatch: expected %s, expression has type %s", t.desc, e.t.desc), v.now.at)
	}
	return nil
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
	case (v.fam == core.NFBridge || v.fam == core.NFNetdev) && (s.reject == nftables.RejectReset || s.reject == nftables.RejectICMPX) && v.proto[1] != nil && v.proto[1] != pIP && v.proto[1] != pIP6:
		return v.noReject(s)
	case s.reject == nftables.RejectReset:
		if v.proto[2] == nil {
			x := fieldOf(pTCP, "sport")
			x.at = s.at
			if err := v.genFirst(x, 2); err != nil {
				return err
			}
		} else if v.proto[2] != pTCP {
			return errAt(s.wordAt, "you cannot use tcp reset with this protocol", v.at[2])
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
				return v.noReject(s)
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
		return v.genFirst(x, 1)
	}
	if v.proto[1] == pIP || v.proto[1] == pIP6 {
		if v.proto[1] != want {
			return errAt(s.code.at, "conflicting protocols specified: ip vs ip6", v.at[1])
		}
		return nil
	}
	return v.noReject(s)
}

// noReject says that what the packet is known to carry cannot be refused.
func (v *evaluator) noReject(s *stmt) *failure {
	if v.fam == core.NFInet {
		return v.fail(s.wordAt, "cannot infer ICMP reject variant to use: explicit value required.\n")
	}
	return errAt(s.wordAt, "cannot reject this network family", v.at[1])
}

// genFirst is stmt_reject_gen_dependency: what a reject needs is matched before
// all else in the rule.
func (v *evaluator) genFirst(x *expr, b int) *failure {
	n := len(v.out)
	if err := v.gen(x, b); err != nil {
		return err
	}
	v.out = append(slices.Clone(v.out[n:]), v.out[:n]...)
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
			return v.fail(s.at, "ip or ip6 must be specified with address for inet tables.")
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
				return errAt(s.port.at, "transport protocol mapping is only valid after transport protocol match", s.at)
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

func (v *evaluator) natValue(e *expr, t *dtype, n int) (*expr, *failure) {
	switch e.k {
	case eMap:
		return e, v.natMap(e, t, n)
	case ePayload, eNumgen, eHash, eMeta, eCT, eConcat:
		if err := v.expr(e); err != nil {
			return nil, err
		}
		return e, nil
	}
	return v.value(e, t, n, bigOrder)
}

// natMap is a map for addresses: to one, to one with a port, to a range of them, or
// to a network.
func (v *evaluator) natMap(e *expr, t *dtype, n int) *failure {
	if e.r.k == eSet {
		for _, i := range e.r.list {
			if i.k == eMapping && i.r.k == eConcat {
				t = concatType([]*dtype{t, tService})
				n = (n+31)/32*32 + 32
				break
			}
		}
	}
	if err := v.mapExpr(e, t, n, bigOrder); err != nil {
		return err
	}
	if e.r.k == eSet && e.r.set != nil {
		for _, i := range e.r.list {
			if i.k == eMapping && (i.r.k == eRange || i.r.k == ePrefix) {
				e.r.set.wide = true
			}
		}
	}
	return nil
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
		if info.data == nil || info.data == tVerdict { // nft 1.0.6 falls over this itself
			return v.fail(s.at, "not modelled: a rule that adds objects or verdicts to a map")
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

// dup is stmt_evaluate_dup and stmt_evaluate_fwd.
func (v *evaluator) dup(s *stmt) *failure {
	ip := v.fam == core.NFIPv4 || v.fam == core.NFIPv6
	if v.fam != core.NFNetdev && (!ip || s.k == sFwd) {
		return v.fail(s.at, "unsupported family")
	}
	if v.fam == core.NFNetdev && s.k == sDup && s.port != nil {
		return v.fail(s.at, "cannot specify device")
	}
	to := func(p **expr, t *dtype, n int) *failure {
		a, err := v.natValue(*p, t, n)
		if err == nil {
			*p = a
		}
		return err
	}
	if v.fam == core.NFNetdev && s.port == nil {
		return to(&s.addr, tIfindex, 32)
	}
	t, n := tIP, 32
	if v.fam == core.NFIPv6 || s.natFam == core.NFIPv6 {
		t, n = tIP6, 128
	}
	if s.k == sFwd && s.port != nil {
		if err := to(&s.port, tIfindex, 32); err != nil {
			return err
		}
		return to(&s.addr, t, n)
	}
	if err := to(&s.addr, t, n); err != nil || s.port == nil {
		return err
	}
	return to(&s.port, tIfindex, 32)
}

// meter is stmt_evaluate_meter.
func (v *evaluator) meter(s *stmt) *failure {
	if err := v.expr(s.key); err != nil {
		return err
	}
	if s.key.k == eSymbol || s.key.k == eValue {
		return v.fail(s.key.at, "Meter key expression can not be constant")
	}
	x := s.stmts[0]
	if err := v.stmt(x); err != nil {
		return err
	}
	switch x.k {
	case sCounter, sLimit, sQuota, sLast, sConnLimit:
		return nil
	}
	return errAt(x.at, "meter statement must be stateful", s.at)
}
