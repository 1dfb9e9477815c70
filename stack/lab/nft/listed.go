package nft

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// A known is a match that says which protocol follows, and may be left out of a
// listing when a later match says so, too.
type known struct {
	s *stmt
	l *expr
}

// listed is what nft shows of a rule: matches that later ones imply are left
// out (payload_dependency_kill).
func listed(f core.Family, in []*stmt) []*stmt {
	var stmts []*stmt
	for _, s := range in {
		if len(s.parts) > 0 && s.parts[0].e.p == pTH { // not taken apart again
			first, v, n := s.parts[0], val{}, 0
			for _, p := range s.parts {
				v = v.shl(uint(p.e.bits)).or(p.r.v)
				n += p.e.bits
			}
			c := *first
			c.e = &expr{k: ePayload, raw: true, p: pUnknown, base: transport, off: first.e.off, bits: n, t: tInteger, ord: bigOrder}
			c.r = &expr{k: eValue, t: tInteger, bits: n, v: v}
			stmts = append(stmts, &c)
		} else if len(s.parts) > 0 {
			p := s.parts[0].e.p // what was compared at once is taken apart by one protocol
			for _, x := range s.parts {
				stmts = append(stmts, x.by(p))
			}
		} else {
			stmts = append(stmts, s)
		}
	}
	stmts = ranges(stmts)
	var deps [4]*known // by base: link, network, transport, inner
	dead := map[*stmt]bool{}
	kill := func(b int) {
		if deps[b] != nil {
			dead[deps[b].s] = true
			deps[b] = nil
		}
	}
	both := f == core.NFInet || f == core.NFBridge || f == core.NFNetdev
	icmpType := 0
	var visit func(e *expr)
	mayKill := func(d *known, e *expr) bool {
		if both && d.l.k == ePayload {
			if d.l.base == network && (d.l.p == pIP || d.l.p == pIP6) && e.base == transport {
				return false
			}
			if d.l.base == e.base {
				if e.f != nil && e.f.name == e.p.key {
					return false
				}
				if e.base == link {
					if d.l.p == pVlan {
						return false
					}
					if d.l.p == pEther && d.s.r.k == eValue {
						return d.s.r.v.lo == 0x8100
					}
				}
			}
		}
		if e.base != transport || d.l.k != ePayload || d.l.base != transport {
			return true
		}
		if d.l.p == pICMP || d.l.p == pICMP6 {
			if e.p != d.l.p {
				return false
			}
			switch e.f.name {
			case "gateway", "mtu", "parameter-problem", "max-delay":
				return icmpType >= 0
			}
			return false
		}
		return true
	}
	visit = func(e *expr) {
		if e == nil {
			return
		}
		switch e.k {
		case ePayload:
			if e.raw {
				return
			}
			b := int(e.base)
			if d := deps[b]; d != nil && mayKill(d, e) {
				kill(b)
			}
		case eExthdr:
			switch e.ext.kind {
			case nftables.ExtTCP, nftables.ExtSCTP: // they need no other match
			default:
				kill(1)
			}
		case eCT:
			switch e.ct.key {
			case nftables.CTSrcIP, nftables.CTDstIP, nftables.CTSrcIP6, nftables.CTDstIP6:
				if d := deps[1]; d != nil && d.l.k == eCT {
					kill(1)
				}
			}
		case eMap, eBinop:
			visit(e.l)
		case eConcat:
			for _, x := range e.list {
				visit(x)
			}
		case eHash:
			visit(e.l)
		}
	}
	for _, s := range stmts {
		switch s.k {
		case sMatch:
			visit(s.e)
			if s.op != "" && s.op != "==" || s.r.k != eValue {
				continue
			}
			l := s.e
			switch l.k {
			case eMeta:
				b := -1
				switch l.meta.key {
				case nftables.MetaIIFType, nftables.MetaOIFType:
					deps[0] = &known{s, l}
					continue
				case nftables.MetaNFProto, nftables.MetaProtocol:
					b = 1
				case nftables.MetaL4Proto:
					b = 2
				}
				if b < 0 {
					continue
				}
				if b == 2 && deps[1] != nil && metaMayKill(f, deps[1], s) {
					kill(1)
				}
				deps[b] = &known{s, l}
			case eCT:
				if l.ct.key == nftables.CTL3Proto {
					deps[1] = &known{s, l}
				}
			case ePayload:
				if l.raw || l.f == nil || l.f.name != l.p.key {
					if l.p == pICMP || l.p == pICMP6 {
						continue
					}
					continue
				}
				deps[min(int(l.base)+1, 3)] = &known{s, l}
				if l.p == pEther && s.r.v.lo == 0x8100 {
					deps[0] = &known{s, l}
					deps[1] = nil
				}
				if l.p == pICMP || l.p == pICMP6 {
					icmpType = int(s.r.v.lo)
					deps[3] = nil
					deps[2] = &known{s, l}
				}
			}
			continue
		case sPayloadSet:
			visit(s.e)
			visit(s.r)
		case sMetaSet, sCTSet, sExtSet:
			visit(s.e)
			visit(s.r)
		case sVmap:
			visit(s.e)
			continue
		case sSetOp, sMapOp, sMeter:
			visit(s.key)
			visit(s.data)
		case sObjRef:
			visit(s.e)
		case sTProxy:
			visit(s.addr)
			visit(s.port)
			s.over = both
		case sNAT:
			visit(s.addr)
			if both {
				s.over = true
			}
		case sReject:
			if s.reject == nftables.RejectReset {
				if !both {
					kill(2)
				}
			}
			if both && s.reject != nftables.RejectICMPX {
				kill(1)
			}
		}
		deps = [4]*known{}
	}
	var out []*stmt
	for _, s := range stmts {
		if !dead[s] {
			out = append(out, named(f, s)...)
		}
	}
	return out
}

// ranges shows ">= a" followed by "<= b" as the range a-b, and "< a" followed by
// "> b" as "!= a-b". nft 1.0.6 asks only whether both compare the same kind of
// thing (range_expr_is_prev...), so that two fields of headers become one, too, if
// no match of the protocol stands between them.
func ranges(l []*stmt) []*stmt {
	var out []*stmt
	for _, s := range l {
		in := func(a, b string) bool {
			n := len(out)
			return n > 0 && s.k == sMatch && s.op == b && out[n-1].k == sMatch && out[n-1].op == a && s.e.k == out[n-1].e.k
		}
		if inside := in(">=", "<="); inside || in("<", ">") {
			n := len(out)
			c := *s
			c.op = "!="
			if inside {
				c.op = ""
			}
			from := *out[n-1].r
			from.t = s.r.t
			c.r = &expr{k: eRange, t: s.e.t, bits: s.e.bits, ord: s.e.ord, l: &from, r: s.r}
			out[n-1] = &c
			continue
		}
		out = append(out, s)
	}
	return out
}

// by is a match of a port that anyone may have (th dport) as one of what a protocol
// has there.
func (s *stmt) by(p *proto) *stmt {
	if s.e.p != pTH || p == pTH || p == nil || s.e.f == nil {
		return s
	}
	i := slices.IndexFunc(p.fields, func(f field) bool { return f.off == s.e.f.off && f.bits == s.e.f.bits })
	if i < 0 {
		return s
	}
	c, e, r := *s, *s.e, *s.r
	e.p, e.f, e.t, r.t = p, &p.fields[i], p.fields[i].t, p.fields[i].t
	c.e, c.r = &e, &r
	return &c
}

// named gives raw pieces of headers the names that they have
// (payload_expr_expand): one match may become several.
func named(f core.Family, s *stmt) []*stmt {
	if s.k == sPayloadSet && s.e.raw && s.r.k == eValue {
		return []*stmt{namedSet(f, s)}
	}
	if (s.k == sMetaSet || s.k == sCTSet) && s.r.k == eBinop && (s.r.op == "|" || s.r.op == "^") && s.r.r.k == eValue && s.r.r.v.zero() {
		c := *s
		c.r = s.r.l // it changes nothing, and is not listed
		return []*stmt{&c}
	}
	if s.k != sMatch || s.e.k != ePayload || !s.e.raw && s.e.over == nil {
		return []*stmt{s}
	}
	if s.r.k == eSet && s.e.base == transport && s.e.bits == 16 && (s.e.off == 0 || s.e.off == 16) {
		x := &pTH.fields[s.e.off/16]
		c := *s
		c.e = &expr{k: ePayload, p: pTH, f: x, base: transport, off: x.off, t: x.t, bits: 16, ord: bigOrder}
		return []*stmt{&c}
	}
	if s.r.k != eValue || s.op != "" && s.op != "==" && s.op != "!=" {
		return []*stmt{s}
	}
	var p *proto
	switch {
	case s.e.over != nil:
		p = s.e.over
	case s.e.base == network && f == core.NFIPv4:
		p = pIP
	case s.e.base == network && f == core.NFIPv6:
		p = pIP6
	case s.e.base == link && f == core.NFBridge:
		p = pEther
	case s.e.base == transport:
		p = pTH
	default:
		return []*stmt{s}
	}
	var out []*stmt
	off, left := s.e.off, s.e.bits
	for left > 0 {
		hit := false
		for i := range p.fields {
			x := &p.fields[i]
			if x.off == off && (x.bits == left || x.bits < left && p != pTH) {
				v := s.r.v.shr(uint(left - x.bits)).and(mask(x.bits))
				c := *s
				c.e = &expr{k: ePayload, p: p, f: x, base: p.base, off: off, t: x.t, bits: x.bits, ord: x.order}
				c.r = &expr{k: eValue, t: x.t, bits: x.bits, ord: x.order, v: v}
				out = append(out, &c)
				off, left, hit = off+x.bits, left-x.bits, true
				break
			}
		}
		if !hit {
			return []*stmt{s}
		}
	}
	return out
}

// namedSet gives what a statement writes to by its place the name that it has.
func namedSet(f core.Family, s *stmt) *stmt {
	p := pTH
	switch {
	case s.e.base == network && f == core.NFIPv4:
		p = pIP
	case s.e.base == network && f == core.NFIPv6:
		p = pIP6
	case s.e.base == network && f == core.NFARP:
		p = pARP
	case s.e.base == link && f == core.NFBridge:
		p = pEther
	case s.e.base != transport:
		return s
	}
	for i := range p.fields {
		if x := &p.fields[i]; x.off == s.e.off && x.bits == s.e.bits {
			c := *s
			c.e = &expr{k: ePayload, p: p, f: x, base: p.base, off: x.off, t: x.t, bits: x.bits, ord: x.order}
			c.r = &expr{k: eValue, t: x.t, bits: x.bits, ord: x.order, v: s.r.v}
			return &c
		}
	}
	return s
}

// metaMayKill is meta_may_dependency_kill: the family before the transport
// protocol is left out for ICMP only.
func metaMayKill(f core.Family, d *known, s *stmt) bool {
	fam := uint64(0)
	switch d.l.k {
	case eMeta:
		switch d.l.meta.key {
		case nftables.MetaNFProto:
			fam = d.s.r.v.lo
		case nftables.MetaProtocol:
			fam = map[uint64]uint64{0x800: 2, 0x86dd: 10}[d.s.r.v.lo]
		default:
			return true
		}
	case ePayload:
		if d.l.base != link || d.l.t != tEthType {
			return true
		}
		fam = map[uint64]uint64{0x800: 2, 0x86dd: 10}[d.s.r.v.lo]
	default:
		return true
	}
	switch f {
	case core.NFIPv4:
		return fam == 2
	case core.NFIPv6:
		return fam == 10
	case core.NFInet, core.NFBridge, core.NFNetdev:
	default:
		return true
	}
	switch s.r.v.lo {
	case 1:
		return fam != 10
	case 58:
		return fam != 2
	}
	return false
}

// reduce joins matches of fields that lie side by side, and puts them in the
// order of the header (stmt_reduce).
func reduce(stmts []*stmt) []*stmt {
	dead := map[*stmt]bool{}
	with := map[*stmt][]*stmt{}
	var run []*stmt
	flush := func() {
		if len(run) > 1 {
			join(run, dead, with)
		}
		run = nil
	}
	for _, s := range stmts {
		if s.k != sMatch {
			if len(run) > 1 { // a single one waits on: nft 1.0.6 joins it across other statements
				flush()
			}
			continue
		}
		if s.r.k == eValue && s.e.k == ePayload && (s.op == "" || s.op == "==" || s.op == "!=") {
			run = append(run, s)
		}
	}
	flush()
	if len(dead) == 0 {
		return stmts
	}
	var out []*stmt
	for _, s := range stmts {
		if dead[s] {
			continue
		}
		if l := with[s]; l != nil {
			c := *s
			c.parts = l
			out = append(out, &c)
			continue
		}
		out = append(out, s)
	}
	return out
}

// join is payload_do_merge.
func join(run []*stmt, dead map[*stmt]bool, with map[*stmt][]*stmt) {
	slices.SortStableFunc(run, func(a, b *stmt) int {
		if d := int(a.e.base) - int(b.e.base); d != 0 {
			return d
		}
		return a.e.off - b.e.off
	})
	list := []*stmt{run[0]}
	last := run[0]
	end, bits := run[0].e.off+run[0].e.bits, run[0].e.bits
	for _, s := range run[1:] {
		p := list[len(list)-1].e
		e := s.e
		same := p.base == e.base && end == e.off && sameOp(last.op, s.op) && p.off%8|e.off%8|p.bits%8|e.bits%8 == 0
		if !same || !worthJoining(bits, e.bits, e.base == link) {
			last, list = s, []*stmt{s}
			end, bits = e.off+e.bits, e.bits
			continue
		}
		list = append(list, s)
		end, bits = e.off+e.bits, bits+e.bits
		drop := s
		if e.f != nil && e.f.name == e.p.key { // keep the place of the one that names a protocol
			drop, last = last, s
			delete(with, drop)
		}
		dead[drop] = true
		with[last] = list
	}
}

// worthJoining is the rest of payload_can_merge: what the kernel compares fast
// is left alone.
func worthJoining(a, b int, link bool) bool {
	return a+b <= 128 && (a+b <= 32 || link || a > 32 || b > 32)
}

func sameOp(a, b string) bool { return (a == "!=") == (b == "!=") }
