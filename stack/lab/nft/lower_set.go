package nft

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

func stringOf(e *expr) string {
	if e.k == eSymbol {
		return e.word
	}
	b := e.v.bytes(16)
	n := 0
	for n < 16 && b[n] != 0 {
		n++
	}
	return string(b[:n])
}

// stateful makes a counter, limit, quota …
func (l *lowerer) stateful(s *stmt) nftables.Expr {
	switch s.k {
	case sCounter:
		return &nftables.Counter{Packets: s.packets, Bytes: s.bytes}
	case sLimit:
		x := &nftables.Limit{Rate: s.rate, Unit: s.unit, Burst: uint32(s.burst), Bytes: s.isBytes, Over: s.over}
		if err := x.Init(l.env.NS.Clock.Now()); err != 0 {
			l.errno, l.errAt = err, s.at
		}
		return x
	case sQuota:
		return &nftables.Quota{Bytes: s.bytes, Consumed: s.used, Over: s.over}
	case sLast:
		return &nftables.Last{}
	case sConnLimit:
		return &nftables.ConnLimit{Count: uint32(s.rate), Over: s.over}
	}
	return nil
}

// rule makes all statements of a rule.
func (l *lowerer) rule(stmts []*stmt) {
	for _, s := range stmts {
		s.idx = len(l.out)
		if e, at := missing(l.t.Family, s); e != 0 {
			l.errno, l.errAt = e, at
			return
		}
		l.stmt(s)
		if l.err != nil || l.errno != 0 {
			if l.errno != 0 && l.errAt.src == nil {
				l.errAt = s.at
			}
			return
		}
	}
}

// missing tells what the kernel does not have for a family (its modules, on the
// recorded machine): the errno, and where nft marks it.
func missing(f core.Family, s *stmt) (core.Errno, loc) {
	const eproto = 71
	ip := f == core.NFIPv4 || f == core.NFIPv6 || f == core.NFInet
	if s.k == sMatch || s.k == sVmap {
		if x := findKind(s.e, eMeta); x != nil {
			switch x.meta.key { // bridges' own keys, in any family
			case nftables.MetaBriIIFName, nftables.MetaBriOIFName, nftables.MetaBriIIFPVID, nftables.MetaBriIIFVProto, nftables.MetaNFTrace:
				return step.EOPNOTSUPP, x.at
			}
		}
	}
	if ip {
		return 0, loc{}
	}
	switch s.k {
	case sConnLimit:
		return eproto, s.at
	case sCTSet:
		return eproto, s.at
	case sReject:
		if f == core.NFBridge {
			return step.ENOENT, s.wordAt
		}
	case sMatch, sVmap, sMetaSet, sPayloadSet, sSetOp:
		for _, e := range []*expr{s.e, s.r, s.key} {
			if x := findKind(e, eCT); x != nil {
				return eproto, x.at
			}
			if x := findKind(e, eFib); x != nil && f != core.NFNetdev {
				return step.ENOENT, x.at
			}
			if x := findKind(e, eSocket); x != nil {
				return step.EOPNOTSUPP, x.at
			}
		}
	}
	return 0, loc{}
}

// findKind finds a part of an expression of a kind.
func findKind(e *expr, k ekind) *expr {
	if e == nil || e.k == k {
		return e
	}
	if x := findKind(e.l, k); x != nil {
		return x
	}
	for _, i := range e.list {
		if x := findKind(i, k); x != nil {
			return x
		}
	}
	return nil
}

func (l *lowerer) stmt(s *stmt) {
	switch s.k {
	case sMatch:
		l.match(s)
	case sFlow:
		l.flowOffload(s)
	case sVerdict:
		v := &nftables.Decide{Verdict: nftables.Verdict{Code: s.e.verdict}}
		if s.e.chain != "" {
			c := l.t.Chain(s.e.chain)
			if c == nil {
				l.errno, l.errAt = step.ENOENT, s.e.chainAt
				return
			}
			if c.Base != nil {
				l.errno, l.errAt = step.EOPNOTSUPP, s.e.chainAt
				return
			}
			v.Chain = c
		}
		l.add(v)
	case sVmap:
		l.load(s.e.l, 0)
		set := l.setFor(s.e.r, s.e.l)
		if set == nil {
			return
		}
		l.add(&nftables.Lookup{Set: set, Data: true, Say: l.say(s.e.l, s.e.r), Len: uint8(sayLen(s.e.l))})
	case sCounter, sLimit, sQuota, sLast, sConnLimit:
		l.add(l.stateful(s))
	case sLog:
		l.add(&nftables.Log{Prefix: s.prefix, Group: s.group >= 0})
	case sReject:
		l.add(&nftables.Reject{Kind: s.reject, Code: uint8(s.rate)})
	case sNotrack:
		l.add(&nftables.Notrack{})
	case sMetaSet:
		l.load(s.r, 0)
		switch s.e.meta.key {
		case nftables.MetaMark, nftables.MetaPriority, nftables.MetaPktType, nftables.MetaNFTrace:
			l.add(&nftables.MetaSet{Key: s.e.meta.key})
		default:
			l.errno, l.errAt = step.EOPNOTSUPP, s.at
		}
	case sCTSet:
		l.load(s.r, 0)
		dir := nftables.CTBoth
		if s.e.dir > 0 {
			dir = nftables.CTDir(s.e.dir - 1)
		}
		switch s.e.ct.key {
		case nftables.CTMark, nftables.CTLabel, nftables.CTZone, nftables.CTEvent:
			l.add(&nftables.CTSet{Key: s.e.ct.key, Dir: dir})
		default:
			l.errno, l.errAt = step.EOPNOTSUPP, s.at
		}
	case sPayloadSet:
		l.payloadSet(s)
	case sExtSet:
		if s.e.ext.kind != nftables.ExtTCP || s.e.f == nil {
			l.errno, l.errAt = step.EOPNOTSUPP, s.at
			return
		}
		l.load(s.r, 0)
		l.add(&nftables.ExthdrSet{Type: s.e.ext.typ, Off: uint8(s.e.f.off / 8), Len: uint8(nbytes(s.e.bits))})
	case sNAT:
		l.nat(s)
	case sTProxy:
		l.tproxy(s)
	case sSynproxy:
		l.synproxy(s)
	case sSetOp, sMapOp:
		l.setOp(s)
	case sObjRef:
		l.objRef(s)
	case sQueue:
		l.add(&nftables.Decide{Verdict: nftables.Verdict{Code: nftables.QueueCode}})
	case sDup, sFwd:
		l.dup(s)
	case sExtReset:
		l.add(&nftables.ExthdrStrip{Type: s.e.ext.typ})
	case sMeter:
		l.meter(s)
	default:
		l.err = errAt(s.at, "not modelled: this statement")
	}
}

// dup makes dup and fwd: to a device, or to a host by its route.
func (l *lowerer) dup(s *stmt) {
	l.load(s.addr, 0)
	if l.t.Family == core.NFNetdev && s.port == nil {
		l.add(&nftables.Fwd{Dup: s.k == sDup})
		return
	}
	six := l.t.Family == core.NFIPv6 || s.natFam == core.NFIPv6
	if s.port != nil {
		l.load(s.port, 4)
	}
	if s.k == sFwd {
		l.add(&nftables.FwdNeigh{Dev: 4, Six: six})
		return
	}
	x := &nftables.Dup{Six: six}
	if s.port != nil {
		x.Dev = 5
	}
	l.add(x)
}

// meter makes the set that a meter fills, and what fills it.
func (l *lowerer) meter(s *stmt) {
	set := &nftables.Set{Anon: true, Dynamic: true, KeyLen: width(s.key), Name: s.name, Size: int(s.rate), HasTimeout: s.elem.hasTimeout}
	if s.key.k == eConcat {
		for _, p := range s.key.list {
			set.Parts = append(set.Parts, width(p))
		}
	}
	set.Text = &setInfo{key: s.key.t, keyBits: s.key.bits, size: s.rate}
	made, errno := l.b.AddSet(l.t, set, true)
	if errno != 0 {
		l.errno, l.errAt = errno, s.at
		return
	}
	l.load(s.key, 0)
	x := &nftables.Dynset{Set: made, Timeout: sim.Time(s.elem.timeout) * sim.Millisecond, Exprs: []nftables.Expr{l.stateful(s.stmts[0])}}
	l.add(x)
}

// checksums says where a protocol's checksum stands.
var checksums = map[*proto]uint8{pIP: 10, pTCP: 16, pUDP: 6, pICMP: 2, pICMP6: 2, pIGMP: 2}

func (l *lowerer) payloadSet(s *stmt) {
	e := s.e
	x := &nftables.PayloadSet{Base: e.base, Src: 0}
	if off, ok := checksums[e.p]; ok {
		x.Csum, x.CsumOff = nftables.CsumInet, off
	} else if e.p == pSCTP {
		x.Csum, x.CsumOff = nftables.CsumSCTP, 8
	}
	if e.f != nil && (e.p == pIP && (e.f.name == "saddr" || e.f.name == "daddr" || e.f.name == "protocol" || e.f.name == "length") || e.p == pIP6 && (e.f.name == "saddr" || e.f.name == "daddr" || e.f.name == "nexthdr" || e.f.name == "length")) {
		x.Pseudo = true
	}
	if e.base == inner { // whatever lies there is part of the transport's checksum
		x.Pseudo = true
	}
	first, last := e.off/8, (e.off+e.bits+7)/8
	if x.Pseudo || x.Csum != nftables.CsumNone {
		first, last = first&^1, (last+1)&^1
	}
	n := last - first
	x.Off, x.Len = uint8(first), uint8(n)
	if first*8 == e.off && n*8 == e.bits {
		l.load(s.r, 0)
		l.add(x)
		return
	}
	if s.r.k != eValue {
		l.err = errAt(s.at, "not modelled: a value of the packet in a part of a byte pair")
		return
	}
	right := uint(last*8 - e.off - e.bits)
	m := mask(e.bits).shl(right)
	l.add(&nftables.Payload{Base: e.base, Off: x.Off, Len: x.Len, Dst: 0})
	l.add(&nftables.Bitwise{Src: 0, Dst: 0, Mask: mask(n * 8).xor(m).bytes(n), Xor: s.r.v.shl(right).bytes(n)})
	l.add(x)
}

var natFlagBits = map[string]uint32{"random": nat.ProtoRandom, "fully-random": nat.ProtoRandomFully, "persistent": nat.Persistent}

func (l *lowerer) nat(s *stmt) {
	var flags uint32
	for _, f := range s.natFlags {
		flags |= natFlagBits[f]
	}
	var a1, a2, p1, p2 uint8
	reg := uint8(0)
	put := func(e *expr) (lo, hi uint8) {
		n := uint8((width(e) + 3) / 4)
		switch e.k {
		case eRange:
			n = uint8((nbytes(e.bits) + 3) / 4)
			l.load(e.l, reg)
			l.load(e.r, reg+n)
			lo, hi = reg+1, reg+n+1
			reg += 2 * n
		case ePrefix:
			n = uint8((nbytes(e.bits) + 3) / 4)
			l.load(e.l, reg)
			top := *e.l
			top.v = top.v.or(mask(e.bits - int(e.v.lo)))
			l.load(&top, reg+n)
			lo, hi = reg+1, reg+n+1
			reg += 2 * n
		default:
			l.load(e, reg)
			lo, hi = reg+1, reg+1
			reg += max(n, 1)
		}
		return lo, hi
	}
	if s.addr != nil {
		a1, a2 = put(s.addr)
		if s.addr.k == eMap && s.addr.t != nil && len(s.addr.t.many) == 2 { // address . port
			p1 = a1 + 1
			if s.natFam == core.NFIPv6 {
				p1 = a1 + 4
			}
			p2 = p1
		}
		if s.addr.k == eMap && s.addr.r.set != nil && s.addr.r.set.wide {
			a2 = a1 + 1
			if s.natFam == core.NFIPv6 {
				a2 = a1 + 4
			}
		}
		if s.natPrefix {
			flags |= nat.NetmapFlag
		}
	}
	if s.port != nil {
		p1, p2 = put(s.port)
	}
	switch s.name {
	case "masquerade":
		l.add(&nftables.Masq{ProtoMin: p1, ProtoMax: p2, Flags: flags})
	case "redirect":
		l.add(&nftables.Redir{ProtoMin: p1, ProtoMax: p2, Flags: flags})
	default:
		l.add(&nftables.NAT{Dst: s.name == "dnat", Family: s.natFam, AddrMin: a1, AddrMax: a2, ProtoMin: p1, ProtoMax: p2, Flags: flags})
	}
}

func (l *lowerer) setOp(s *stmt) {
	set := s.e.ref
	if set.Interval || set.Constant {
		l.errno, l.errAt = step.EOPNOTSUPP, s.at
		return
	}
	l.load(s.key, 0)
	x := &nftables.Dynset{Set: set, Timeout: sim.Time(s.elem.timeout) * sim.Millisecond}
	switch s.setOp {
	case "update":
		x.Op = nftables.DynUpdate
	case "delete":
		x.Op = nftables.DynDelete
	}
	if s.elem.hasTimeout && !set.HasTimeout {
		l.errno, l.errAt = step.EOPNOTSUPP, s.at
		return
	}
	for _, st := range s.stmts {
		x.Exprs = append(x.Exprs, l.stateful(st))
	}
	if s.data != nil {
		x.Data = 8
		l.load(s.data, 8)
	}
	l.add(x)
}

func (l *lowerer) objRef(s *stmt) {
	if s.e.k == eMap {
		l.load(s.e.l, 0)
		set := l.setFor(s.e.r, s.e.l)
		if set == nil {
			return
		}
		l.add(&nftables.ObjRefMap{Set: set, Say: l.say(s.e.l, s.e.r), Len: uint8(sayLen(s.e.l))})
		return
	}
	o := l.t.Object(s.objKind, s.obj)
	if o == nil {
		l.errno, l.errAt = step.ENOENT, s.e.at
		return
	}
	l.add(&nftables.ObjRef{Object: o})
}

// helpers are the conntrack helpers that are modelled.
var helpers = map[string]conntrack.HelperID{"ftp": conntrack.HelperFTP}

// setFor is the engine's set of { … } or @name.
func (l *lowerer) setFor(r, key *expr) *nftables.Set {
	if r.k == eSetRef {
		return r.ref
	}
	spec := r.set
	set := &nftables.Set{Anon: true, Constant: true, Interval: spec.interval, Map: spec.isMap, KeyLen: width(key)}
	prefix := "__set"
	if spec.isMap {
		prefix = "__map"
		if spec.objMap != 0 {
			set.ObjMap, set.ObjKind, set.Map = true, spec.objMap, true
		} else if spec.data == tVerdict {
			set.Verdicts = true
		} else {
			set.DataLen = nbytes(spec.dataBits)
			if spec.wide {
				set.DataLen *= 2
			}
		}
	}
	if key.k == eConcat {
		for _, p := range key.list {
			set.Parts = append(set.Parts, width(p))
		}
	}
	for n := 0; ; n++ {
		if set.Name = fmt.Sprintf("%s%d", prefix, n); l.t.Set(set.Name) == nil {
			break
		}
	}
	info := &setInfo{key: spec.key, keyBits: spec.keyBits, data: spec.data, dataBits: spec.dataBits}
	if key.k == eConcat {
		info.parts = key.list
	}
	set.Text = info
	s, errno := l.b.AddSet(l.t, set, true)
	if errno != 0 {
		l.errno, l.errAt = errno, r.at
		return nil
	}
	l.elements(s, r.list, true, false, r.at)
	l.sets = append(l.sets, r.at)
	return s
}
