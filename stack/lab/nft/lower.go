package nft

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A setInfo is what nft keeps of a set for listings: the types.
type setInfo struct {
	key, data         *dtype
	keyBits, dataBits int
	typeof, dataOf    *expr
	parts             []*expr // of a concatenation with typeof
	stmts             []*stmt
	size              uint64
	gc                uint64
}

func infoOf(s *nftables.Set) *setInfo {
	i, _ := s.Text.(*setInfo)
	if i == nil {
		return &setInfo{key: tInvalid, data: tInvalid}
	}
	return i
}

// A ruleText is a rule's statements as they are listed.
type ruleText struct {
	stmts []*stmt
	full  []*stmt // with what a listing leaves out
}

// A lowerer makes the engine's expressions of a rule.
type lowerer struct {
	env   *Env
	b     *nftables.Batch
	t     *nftables.Table
	out   []nftables.Expr
	nsets int
	sets  []loc // where those stand that a rule brings along
	err   *failure
	errno core.Errno
	errAt loc
	text  output
}

var socketKeys = map[string]nftables.SocketKey{"transparent": nftables.SocketTransparent, "mark": nftables.SocketMark, "wildcard": nftables.SocketWildcard}

func nbytes(bits int) int { return (bits + 7) / 8 }

func (l *lowerer) add(e nftables.Expr) { l.out = append(l.out, e) }

// width is how many bytes the value of an expression takes in its register.
func width(e *expr) int {
	if e.k == eConcat {
		n := 0
		for _, x := range e.list {
			n += (width(x) + 3) &^ 3
		}
		return n
	}
	if e.k == eFib && e.present {
		return 1
	}
	return nbytes(e.bits)
}

// load puts the value of an expression into a register.
func (l *lowerer) load(e *expr, reg uint8) {
	switch e.k {
	case ePayload:
		l.piece(e.off, e.bits, reg, func(off, n int) nftables.Expr {
			return &nftables.Payload{Base: e.base, Off: uint8(off), Len: uint8(n), Dst: reg}
		})
	case eExthdr:
		if e.present {
			l.add(&nftables.Exthdr{Kind: e.ext.kind, Type: e.ext.typ, Len: 1, Present: true, Dst: reg})
			return
		}
		off := e.f.off
		if e.level > 0 {
			off += 64 * (e.level - 1)
		}
		l.piece(off, e.bits, reg, func(off, n int) nftables.Expr {
			return &nftables.Exthdr{Kind: e.ext.kind, Type: e.ext.typ, Off: uint8(off), Len: uint8(n), Dst: reg}
		})
	case eMeta:
		l.add(&nftables.Meta{Key: e.meta.key, Dst: reg})
	case eCT:
		dir := nftables.CTBoth
		if e.dir > 0 {
			dir = nftables.CTDir(e.dir - 1)
		}
		l.add(&nftables.CT{Key: e.ct.key, Dir: dir, Len: uint8(nbytes(e.bits)), Dst: reg})
	case eFib:
		l.add(&nftables.Fib{Result: e.fibResult, Flags: e.fibFlags, Dst: reg})
	case eRT:
		l.add(&nftables.RT{Key: e.rt, Dst: reg})
	case eSocket:
		x := &nftables.Socket{Key: socketKeys[e.sock], Dst: reg}
		if err := x.Init(l.t.Family); err != 0 {
			l.errno, l.errAt = err, e.at
		}
		l.add(x)
	case eNumgen:
		x := &nftables.Numgen{Dst: reg, Mod: uint32(e.mod), Offset: uint32(e.offset), Random: e.random}
		if err := x.Init(); err != 0 {
			l.errno, l.errAt = err, e.at
		}
		l.add(x)
	case eHash:
		x := &nftables.Hash{Sym: e.sym, Dst: reg, Mod: uint32(e.mod), Seed: uint32(e.seed), Offset: uint32(e.offset)}
		if !e.sym {
			l.load(e.l, reg)
			x.Src, x.Len = reg, uint8(width(e.l))
		}
		if err := x.Init(); err != 0 {
			l.errno, l.errAt = err, e.at
		}
		l.add(x)
	case eConcat:
		for _, p := range e.list {
			l.load(p, reg)
			reg += uint8((width(p) + 3) / 4)
		}
	case eBinop:
		l.load(e.l, reg)
		n := nbytes(e.bits)
		switch e.op {
		case "<<", ">>":
			l.add(&nftables.Shift{Src: reg, Dst: reg, Len: uint8(n), Right: e.op == ">>", Bits: uint8(e.r.v.lo)})
		default:
			m, x := mask(128).bytes(n), make([]byte, n)
			v := e.r.v.bytes(n)
			switch e.op {
			case "&":
				m = v
			case "^":
				x = v
			case "|":
				for i := range v {
					m[i], x[i] = ^v[i], v[i]
				}
			}
			l.add(&nftables.Bitwise{Src: reg, Dst: reg, Mask: m, Xor: x})
		}
	case eMap:
		l.load(e.l, reg)
		s := l.setFor(e.r, e.l)
		if s == nil {
			return
		}
		l.add(&nftables.Lookup{Set: s, Src: reg, Dst: reg, Data: true, Say: l.say(e.l, e.r), Len: uint8(sayLen(e.l))})
	case eValue:
		l.add(&nftables.Immediate{Dst: reg, Data: e.v.bytes(nbytes(e.bits))})
	}
}

// piece loads bits of a header: the bytes that hold them, then shifted and
// masked.
func (l *lowerer) piece(off, bits int, reg uint8, f func(off, n int) nftables.Expr) {
	first, last := off/8, (off+bits+7)/8
	n := last - first
	l.add(f(first, n))
	right := last*8 - off - bits
	if right == 0 && off%8 == 0 {
		return
	}
	out := nbytes(bits)
	if right > 0 || out < n {
		l.add(&nftables.Shift{Src: reg, Dst: reg, Len: uint8(n), Right: true, Bits: uint8(right), Out: uint8(out)})
	}
	l.add(&nftables.Bitwise{Src: reg, Dst: reg, Mask: mask(bits).bytes(out), Xor: make([]byte, out)})
}

func sayLen(e *expr) int {
	if e.k == eConcat {
		return min(16, width(e.list[0]))
	}
	return min(16, width(e))
}

// say is what a reader is told when a comparison fails.
func (l *lowerer) say(a, b *expr) *nftables.Saying {
	s := &nftables.Saying{Field: l.text.expr(a), As: step.TryNftDec}
	if b != nil {
		s.Want = l.text.expr(b)
	}
	t := a.t
	switch {
	case a.k == eConcat:
		s.As = step.TryNftText
		for _, e := range a.list {
			s.Parts = append(s.Parts, part(e))
		}
	case t == nil:
	case t.syms != nil && !t.is(tBitmask) && t != tProto && t != tEthType && t != tMark && !t.plain:
		s.As, s.Parts = step.TryNftText, []nftables.Part{part(a)}
	case t == tIP || t == tIP6:
		s.As = step.TryNftIP
	case t == tEther:
		s.As = step.TryNftMac
	case t == tIfindex:
		s.As = step.TryNftDev
	case t == tProto:
		s.As = step.TryNftProto
	case t == tCTState:
		s.As = step.TryNftState
	case t == tCTStatus:
		s.As = step.TryNftStatus
	case t == tTCPFlag:
		s.As = step.TryNftTCP
	case t.is(tString):
		s.As = step.TryNftName
	case t == tMark || t.is(tBitmask) || t == tEthType:
		s.As = step.TryNftHex
	}
	return s
}

// part is how a value of a concatenation reads, or one of a type with names.
func part(e *expr) nftables.Part {
	p, t := nftables.Part{Len: uint8(width(e))}, e.t
	switch {
	case t == nil:
	case t == tIP || t == tIP6:
		p.As = step.IP
	case t == tEther:
		p.As = step.Mac
	case t == tProto:
		p.As = step.Proto
	case t == tCTState:
		p.As = step.Set
	case t == tCTStatus:
		p.As = step.CTStatusFmt
	case t == tTCPFlag:
		p.As = step.TCPBits
	case t.is(tString):
		p.Text = true
	case t == tMark || t.is(tBitmask) || t == tEthType:
		p.As = step.Hex
	case !t.plain:
		for _, v := range t.syms {
			p.Names = append(p.Names, nftables.Name{Value: v.v, Text: v.name})
		}
	}
	return p
}

var cmpOps = map[string]nftables.CmpOp{"": nftables.EQ, "==": nftables.EQ, "!=": nftables.NEQ, "<": nftables.LT, "<=": nftables.LTE, ">": nftables.GT, ">=": nftables.GTE}

// match makes a comparison.
func (l *lowerer) match(s *stmt) {
	e, r := s.e, s.r
	if len(s.parts) > 0 {
		l.merged(s)
		return
	}
	l.load(e, 0)
	n := width(e)
	op := cmpOps[s.op]
	say := l.say(e, r)
	if s.op != "" && s.op != "==" {
		say.Want = s.op + " " + say.Want
	}
	switch r.k {
	case eValue:
		v := r.v.bytes(n)
		if e.t != nil && e.t.base == tBitmask && (s.op == "" || s.op == "!") && e.k != eBinop {
			l.add(&nftables.Bitwise{Src: 0, Dst: 4, Mask: v, Xor: make([]byte, n)})
			op = nftables.NEQ
			if s.op == "!" {
				op = nftables.EQ
			}
			l.add(&nftables.Cmp{Reg: 4, Op: op, Data: make([]byte, n), Say: say})
			return
		}
		l.add(&nftables.Cmp{Reg: 0, Op: op, Data: v, Say: say})
	case ePrefix:
		if e.t.is(tString) {
			k := int(r.v.lo) / 8
			l.add(&nftables.Cmp{Reg: 0, Op: op, Data: r.l.v.bytes(16)[:k], Say: say})
			return
		}
		m := mask(int(r.v.lo)).shl(uint(r.bits - int(r.v.lo)))
		l.add(&nftables.Bitwise{Src: 0, Dst: 4, Mask: m.bytes(n), Xor: make([]byte, n)})
		l.add(&nftables.Cmp{Reg: 4, Op: op, Data: r.l.v.bytes(n), Say: say})
	case eRange:
		l.add(&nftables.Range{Reg: 0, Invert: op == nftables.NEQ, From: r.l.v.bytes(n), To: r.r.v.bytes(n), Say: say})
	case eSet, eSetRef:
		set := l.setFor(r, e)
		if set == nil {
			return
		}
		l.add(&nftables.Lookup{Set: set, Src: 0, Invert: op == nftables.NEQ, Say: say, Len: uint8(sayLen(e))})
	}
}

// merged compares several fields that lie side by side at once. (So "a != 1
// b != 2" means that not both are equal: nft does so.)
func (l *lowerer) merged(s *stmt) {
	var v []byte
	n := 0
	for _, p := range s.parts {
		v = append(v, p.r.v.bytes(nbytes(p.e.bits))...)
		n += p.e.bits / 8
	}
	first := s.parts[0].e
	l.add(&nftables.Payload{Base: first.base, Off: uint8(first.off / 8), Len: uint8(n)})
	l.add(&nftables.Cmp{Op: cmpOps[s.op], Data: v, Say: l.say(first, s.parts[0].r)})
}

// keyOf is where an element's key begins and ends, as the engine has it.
func keyOf(s *nftables.Set, k *expr) (from, to []byte) {
	switch k.k {
	case eAny:
		return nil, nil
	case eConcat:
		for i, p := range k.list {
			n := s.Parts[i]
			a, b := ends(p, n)
			for len(a)%4 != 0 {
				a, b = append(a, 0), append(b, 0)
			}
			from, to = append(from, a...), append(to, b...)
		}
		return from, to
	}
	return ends(k, s.KeyLen)
}

func ends(k *expr, n int) (from, to []byte) {
	switch k.k {
	case eRange:
		return k.l.v.bytes(n), k.r.v.bytes(n)
	case ePrefix:
		w := uint(k.bits - int(k.v.lo))
		if k.t.is(tString) {
			w = uint(128 - int(k.v.lo))
		}
		return k.l.v.bytes(n), k.l.v.or(mask(int(w))).bytes(n)
	}
	b := k.v.bytes(n)
	return b, slices.Clone(b)
}

// An interval is an element on its way into a set.
type interval struct {
	from, to []byte
	e        *expr // eElem or eMapping
	key      *expr
}

// elements puts elements into a set: merged where the set wants that.
func (l *lowerer) elements(s *nftables.Set, list []*expr, anon, excl bool, at loc) {
	l2 := make([]interval, 0, len(list))
	l.b.Grow(len(list))
	for _, e := range list {
		k := e
		if e.k == eMapping {
			k = e.l
		}
		from, to := keyOf(s, k.l)
		l2 = append(l2, interval{from, to, e, k})
	}
	if s.Interval && len(s.Parts) == 0 {
		var f *failure
		l2, f = merge(s, l2, anon || s.AutoMerg)
		if f != nil {
			l.err = f
			return
		}
	}
	for i := range l2 {
		el := l.elem(s, &l2[i])
		if el == nil {
			return
		}
		if errno := l.b.AddElem(s, el, excl); errno != 0 {
			if anon && !s.Map && errno == step.EEXIST && (len(s.Parts) == 0 || !s.Interval || twice(l2, i)) {
				continue
			}
			l.errno, l.errAt = errno, l2[i].key.l.at
			return
		}
	}
}

// twice reports whether an element was there before, exactly as it is.
func twice(l []interval, i int) bool {
	return slices.ContainsFunc(l[:i], func(x interval) bool { return slices.Equal(x.from, l[i].from) && slices.Equal(x.to, l[i].to) })
}

// merge sorts intervals and joins those that touch; without auto it only
// complains of those that overlap.
func merge(s *nftables.Set, l []interval, auto bool) ([]interval, *failure) {
	slices.SortStableFunc(l, func(a, b interval) int {
		if d := slices.Compare(a.from, b.from); d != 0 {
			return d
		}
		return slices.Compare(b.to, a.to)
	})
	var out []interval
	for _, x := range l {
		if x.from == nil || len(out) == 0 || out[len(out)-1].from == nil {
			out = append(out, x)
			continue
		}
		p := &out[len(out)-1]
		over := slices.Compare(x.from, p.to) <= 0
		touch := over || slices.Equal(valOf(p.to).inc().bytes(len(p.to)), x.from) && !valOf(p.to).inc().zero()
		switch {
		case s.Map || s.Verdicts || s.ObjMap:
			if over {
				return nil, errAt(x.key.l.at, "conflicting intervals specified", p.key.l.at)
			}
			out = append(out, x)
		case auto && touch && plainElem(x.key) && plainElem(p.key):
			if slices.Compare(x.to, p.to) > 0 {
				p.to = x.to
			}
			p.key = &expr{k: eElem, at: p.key.at, l: &expr{k: eRange, t: p.key.t}}
		case over:
			if slices.Equal(x.from, p.from) && slices.Equal(x.to, p.to) {
				continue
			}
			return nil, errAt(x.key.l.at, "conflicting intervals specified", p.key.l.at)
		default:
			out = append(out, x)
		}
	}
	return out, nil
}

func plainElem(e *expr) bool { return e.elem == nil }

// elem makes one element of the engine.
func (l *lowerer) elem(s *nftables.Set, i *interval) *nftables.Elem {
	el := &nftables.Elem{Key: i.from, To: i.to}
	if i.e.k == eMapping {
		r := i.e.r
		switch {
		case s.ObjMap:
			o := l.t.Object(s.ObjKind, stringOf(r))
			if o == nil {
				l.errno, l.errAt = step.ENOENT, i.key.l.at
				return nil
			}
			el.More = &nftables.ElemMore{Object: o}
		case s.Verdicts:
			el.Verdict.Code = r.verdict
			if r.chain != "" {
				c := l.t.Chain(r.chain)
				if c == nil {
					l.errno, l.errAt = step.ENOENT, i.e.at
					return nil
				}
				if c.Base != nil {
					l.errno, l.errAt = step.EOPNOTSUPP, i.e.at
					return nil
				}
				el.Verdict.Chain = c
			}
		case r.k == eConcat:
			for _, p := range r.list {
				b := p.v.bytes(nbytes(p.bits))
				for len(b)%4 != 0 {
					b = append(b, 0)
				}
				el.Data = append(el.Data, b...)
			}
		case r.k == eRange:
			el.Data = append(r.l.v.bytes(s.DataLen/2), r.r.v.bytes(s.DataLen/2)...)
		case r.k == ePrefix:
			top := r.l.v.or(mask(r.bits - int(r.v.lo)))
			el.Data = append(r.l.v.bytes(s.DataLen/2), top.bytes(s.DataLen/2)...)
		case r.bits > 0 && s.DataLen > (nbytes(r.bits)+3)/4*4:
			l.errno, l.errAt = step.EINVAL, i.key.l.at
			return nil
		default:
			el.Data = r.v.bytes(s.DataLen)
		}
	}
	info := i.key.elem
	now := l.env.NS.Clock.Now()
	tmo := s.Timeout
	more := func() *nftables.ElemMore {
		if el.More == nil {
			el.More = &nftables.ElemMore{}
		}
		return el.More
	}
	if info != nil {
		if info.hasTimeout {
			if !s.HasTimeout {
				l.errno, l.errAt = step.EINVAL, i.e.at
				return nil
			}
			tmo = sim.Time(info.timeout) * sim.Millisecond
			if tmo != s.Timeout {
				more().Timeout, more().HasTimeout = tmo, true
			}
		}
		if info.comment != "" {
			more().Comment = info.comment
		}
	}
	if tmo != 0 {
		more().Expires = now + tmo
		if info != nil && info.hasExpires {
			more().Expires = now + sim.Time(info.expires)*sim.Millisecond
		}
	}
	if info != nil && len(info.stmts) > 0 {
		for _, st := range info.stmts {
			more().Exprs = append(more().Exprs, l.stateful(st))
		}
	} else if len(s.Exprs) > 0 {
		more().Exprs = l.t.Tables().CloneExprs(s.Exprs)
	}
	return el
}
