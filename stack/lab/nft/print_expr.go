package nft

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
)

func (o *output) value(e *expr) string {
	if e.t == nil {
		return e.v.String()
	}
	if e.t.base == tBitmask {
		if e.t == tCTLabel {
			return o.label(e.v)
		}
		if o.inSet { // the key of an element: an expression
			return o.bits(e.t, e.v)
		}
		return o.flags(e.t, e.v, e)
	}
	return e.t.text(o, e.v, e.bits)
}

func (o *output) payload(e *expr) string {
	if e.raw {
		return fmt.Sprintf("@%s,%d,%d", [...]string{"ll", "nh", "th", "ih"}[e.base], e.off, e.bits)
	}
	if e.p == pICMP6 && e.f.name == "parameter-problem" {
		return "icmpv6 parameter-problem"
	}
	return e.p.name + " " + e.f.name
}

func (o *output) exthdr(e *expr) string {
	switch e.ext.kind {
	case nftables.ExtSCTP:
		s := "sctp chunk " + e.ext.name
		if e.present {
			return s
		}
		return s + " " + e.f.name
	case nftables.ExtTCP:
		if e.raw {
			return "tcp option " + e.f.name
		}
		s := "tcp option " + e.ext.name
		if e.level > 0 {
			s += strconv.Itoa(e.level - 1)
			if e.level == 1 {
				s = "tcp option " + e.ext.name
			}
		}
		if e.present {
			return s
		}
		return s + " " + e.f.name
	case nftables.ExtIPv4:
		s := "ip option " + e.ext.name
		if e.present {
			return s
		}
		return s + " " + e.f.name
	}
	if e.present {
		return "exthdr " + e.ext.name
	}
	return e.ext.name + " " + e.f.name
}

func fibText(e *expr) string {
	var l []string
	for i, n := range [...]string{"saddr", "daddr", "mark", "iif", "oif"} {
		if e.fibFlags>>i&1 != 0 {
			l = append(l, n)
		}
	}
	return "fib " + strings.Join(l, " . ") + " " + [...]string{"oif", "oifname", "type"}[e.fibResult]
}

func (o *output) elemExpr(e *expr) string {
	if e.k != eElem {
		return o.expr(e)
	}
	s := o.expr(e.l)
	if e.elem != nil {
		for _, x := range e.elem.stmts {
			s += " " + o.stateful(x, nil)
		}
		if e.elem.comment != "" {
			s += ` comment "` + e.elem.comment + `"`
		}
	}
	return s
}

// anonSet prints { … } of a rule: from the engine's set, in nft's order.
func (o *output) anonSet(e *expr) string {
	var p []string
	was := o.inSet
	o.inSet = true
	for _, x := range o.anonElems(e) {
		p = append(p, o.expr(x))
	}
	o.inSet = was
	return "{ " + strings.Join(p, ", ") + " }"
}

// joined is what became of an anonymous set's intervals when they were merged.
func (o *output) joined(e *expr, l []*expr) []*expr {
	if e.set.isMap {
		return l
	}
	n := nbytes(e.bits)
	s := &nftables.Set{Interval: true, KeyLen: n}
	var in []interval
	for _, x := range l {
		from, to := keyOf(s, x.l)
		in = append(in, interval{from, to, x, x})
	}
	out, f := merge(s, in, true)
	if f != nil {
		return l
	}
	var r []*expr
	for _, i := range out {
		x := *i.e
		if i.from != nil {
			x.l = intervalExpr(e.t, e.bits, e.ord, i.from, i.to)
		}
		r = append(r, &x)
	}
	return r
}

// prefixes shows the ranges in an element's concatenation as prefixes where they can be.
func prefixes(e *expr) *expr {
	if e == nil || e.k != eElem && e.k != eMapping && e.k != eConcat {
		return e
	}
	c := *e
	if e.k != eConcat {
		c.l = prefixes(e.l)
		return &c
	}
	c.list = slices.Clone(e.list)
	for i, p := range c.list {
		if n := nbytes(p.bits); p.k == eRange && p.t.prefixed() {
			c.list[i] = intervalExpr(p.t, p.bits, p.ord, p.l.v.bytes(n), p.r.v.bytes(n))
		}
	}
	return &c
}

// intervalExpr is how nft shows an interval: a value, a prefix of an address, a
// range.
func intervalExpr(t *dtype, bits int, ord order, from, to []byte) *expr {
	a := &expr{k: eValue, t: t, bits: bits, ord: ord, v: valOf(from)}
	if slices.Equal(from, to) {
		return a
	}
	b := &expr{k: eValue, t: t, bits: bits, ord: ord, v: valOf(to)}
	d := a.v.xor(b.v)
	k := d.bitLen()
	if d == mask(k) && a.v.and(d).zero() {
		if t.is(tString) {
			return &expr{k: ePrefix, t: t, bits: bits, ord: ord, l: a, v: num(uint64(128 - k))}
		}
		if t.prefixed() {
			return &expr{k: ePrefix, t: t, bits: bits, ord: ord, l: a, v: num(uint64(bits - k))}
		}
	}
	return &expr{k: eRange, t: t, bits: bits, ord: ord, l: a, r: b}
}

// sortElems puts elements in nft's order: by the number that the key is to the
// machine.
func sortElems(l []*expr) {
	keys := make([]*expr, len(l))
	for i := range l {
		keys[i] = keyExpr(l[i])
	}
	cmp := keyOrder(keys)
	slices.SortStableFunc(l, func(a, b *expr) int { return cmp(keyExpr(a), keyExpr(b)) })
}

// keyOrder is the order of these keys: names among which are some like eth* lie in an
// interval set, by their letters; alone they lie as the machine has them.
func keyOrder(keys []*expr) func(a, b *expr) int {
	for _, k := range keys {
		if k.t != nil && k.t.is(tString) && (k.wild || k.k == ePrefix || k.k == eRange) {
			return func(a, b *expr) int { return leftmost(a).v.cmp(leftmost(b).v) }
		}
	}
	return cmpKeys
}

func leftmost(e *expr) *expr {
	for e.k == eRange || e.k == ePrefix {
		e = e.l
	}
	return e
}

func sameConcat(a, b *expr) bool {
	for i := range a.list {
		x, y := a.list[i], b.list[i]
		if x.k != y.k || x.k != eValue || x.v != y.v {
			return false
		}
	}
	return true
}

func keyExpr(e *expr) *expr {
	for e.k == eMapping || e.k == eElem {
		e = e.l
	}
	return e
}

func cmpKeys(a, b *expr) int {
	if a.k == eAny || b.k == eAny {
		switch {
		case a.k == b.k:
			return 0
		case a.k == eAny:
			return 1
		}
		return -1
	}
	if a.k == eConcat && b.k == eConcat {
		x, y := concatBytes(a), concatBytes(b)
		slices.Reverse(x)
		slices.Reverse(y)
		return slices.Compare(x, y)
	}
	if a.t != nil && a.t.is(tBitmask) && a.k == eValue && b.k == eValue { // by the first flag
		return a.v.lowest().cmp(b.v.lowest())
	}
	return sortVal(a).cmp(sortVal(b))
}

func sortVal(e *expr) val {
	for e.k == eRange || e.k == ePrefix {
		e = e.l
	}
	if e.t != nil && e.t.is(tString) {
		return e.v.reversed(16)
	}
	return e.v
}

// concatBytes are the bytes of a concatenation as they lie in memory.
func concatBytes(e *expr) []byte {
	var l []byte
	for _, p := range e.list {
		for p.k == eRange || p.k == ePrefix {
			p = p.l
		}
		b := p.v.bytes(nbytes(p.bits))
		if p.t != nil && p.t.is(tString) {
			b = p.v.bytes(16)
		} else if p.ord == hostOrder {
			slices.Reverse(b)
		}
		l = append(l, b...)
	}
	return l
}

func rate(n uint64) (uint64, string) {
	if n == 0 {
		return 0, "bytes"
	}
	i := 0
	for ; i < 2 && n%1024 == 0; i++ {
		n /= 1024
	}
	return n, [...]string{"bytes", "kbytes", "mbytes"}[i]
}

func unitName(n uint64) string {
	switch n {
	case 1:
		return "second"
	case 60:
		return "minute"
	case 3600:
		return "hour"
	case 86400:
		return "day"
	}
	return "week"
}

// stateful is a counter and such with its live state, or as it was written.
func (o *output) stateful(s *stmt, live nftables.Expr) string {
	switch s.k {
	case sCounter:
		if !o.state {
			return "counter"
		}
		p, b := s.packets, s.bytes
		if c, ok := live.(*nftables.Counter); ok {
			p, b = c.Packets, c.Bytes
		}
		return fmt.Sprintf("counter packets %d bytes %d", p, b)
	case sLimit:
		return "limit " + limitText(s)
	case sQuota:
		used := s.used
		if q, ok := live.(*nftables.Quota); ok {
			used = q.Consumed
		}
		return "quota " + o.quota(s, used)
	case sLast:
		l, ok := live.(*nftables.Last)
		if !o.state {
			return "last"
		}
		if !ok || !l.Set {
			return "last used never"
		}
		return "last used " + timeText(uint64((o.env.NS.Clock.Now()-l.At)/sim.Millisecond))
	case sConnLimit:
		if s.over {
			return fmt.Sprintf("ct count over %d", s.rate)
		}
		return fmt.Sprintf("ct count %d", s.rate)
	}
	return "?"
}

func limitText(s *stmt) string {
	over := ""
	if s.over {
		over = "over "
	}
	if !s.isBytes {
		t := fmt.Sprintf("rate %s%d/%s", over, s.rate, unitName(s.unit))
		if s.burst != 0 && s.burst != 5 {
			t += fmt.Sprintf(" burst %d packets", s.burst)
		}
		return t
	}
	n, u := rate(s.rate)
	t := fmt.Sprintf("rate %s%d %s/%s", over, n, u, unitName(s.unit))
	if s.burst != 0 {
		n, u = rate(s.burst)
		t += fmt.Sprintf(" burst %d %s", n, u)
	}
	return t
}

func (o *output) quota(s *stmt, used uint64) string {
	n, u := rate(s.bytes)
	t := ""
	if s.over {
		t = "over "
	}
	t += fmt.Sprintf("%d %s", n, u)
	if used = min(used, s.bytes); o.state && used != 0 { // nft_quota_do_dump
		n, u = rate(used)
		t += fmt.Sprintf(" used %d %s", n, u)
	}
	return t
}
