package nft

import (
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

// A set may have a million elements, nearly all of them plain: a value, or a value
// and what it maps to. As nodes of a tree they would fill gigabytes. They stay the
// tokens that they are, in a bulk, until each is put in.

// bulkMin is from how many plain elements on they are kept as a bulk.
const bulkMin = 256

// A bulk is a row of plain elements, each with its comma behind it.
type bulk struct {
	toks []token
	n    int
	maps bool // key : data, of all; else key, of all
	says bool // data is a verdict, of all
}

// A plain is one element of a bulk.
type plain struct{ key, data *token }

// plainAt reads the plain element at a place, and where the next one begins; ok
// is false if it is something else.
func plainAt(toks []token, i int) (e plain, next int, ok bool) {
	skip := func() {
		for i < len(toks) && toks[i].kind == tokNewline {
			i++
		}
	}
	take := func(s string) bool {
		if i < len(toks) && toks[i].kind == tokPunct && toks[i].s == s {
			i++
			return true
		}
		return false
	}
	value := func() *token {
		if i < len(toks) && (toks[i].kind == tokAddr || toks[i].kind == tokNum) {
			i++
			return &toks[i-1]
		}
		return nil
	}
	skip()
	if e.key = value(); e.key == nil {
		return e, 0, false
	}
	if take(":") {
		skip()
		if e.data = value(); e.data == nil {
			if i >= len(toks) || toks[i].kind != tokWord || plainVerdicts[toks[i].s] == 0 {
				return e, 0, false
			}
			e.data = &toks[i]
			i++
		}
	}
	skip()
	ok = take(",")
	return e, i, ok
}

// plainVerdicts are those without a chain; the number is that of nft's plus one.
var plainVerdicts = map[string]int{"accept": 1 + int(nftables.AcceptCode), "drop": 1 + int(nftables.DropCode), "continue": 1 + int(nftables.Continue), "return": 1 + int(nftables.Return)}

// bulk takes the plain elements that follow, nil if they are few. The last element
// before the brace is none of them.
func (p *parser) bulk() *expr {
	b := &bulk{}
	i := p.i
	for {
		e, next, ok := plainAt(p.toks, i)
		if !ok {
			break
		}
		maps := e.data != nil
		says := maps && e.data.kind == tokWord
		if b.n > 0 && (maps != b.maps || says != b.says) {
			break
		}
		b.maps, b.says = maps, says
		b.n, i = b.n+1, next
	}
	if b.n < bulkMin || p.env != nil && p.env.noBulk {
		return nil
	}
	b.toks = p.toks[p.i:i:i]
	at := b.toks[0].at
	p.i, p.last = i, p.toks[i-1].at
	return &expr{k: eBulk, at: at, bulk: b}
}

// nodes are a bulk's elements as the parser would have made them.
func (b *bulk) nodes() []*expr {
	l := make([]*expr, 0, b.n)
	q := &parser{toks: append(b.toks[:len(b.toks):len(b.toks)], token{kind: tokEOF})}
	for range b.n {
		q.opt()
		l = append(l, q.element())
		q.opt()
		q.accept(",")
	}
	return l
}

// expand is a list of elements without bulks.
func expand(list []*expr) []*expr {
	for i, e := range list {
		if e.k != eBulk {
			continue
		}
		out := append([]*expr(nil), list[:i]...)
		for _, e := range list[i:] {
			if e.k == eBulk {
				out = append(out, e.bulk.nodes()...)
			} else {
				out = append(out, e)
			}
		}
		return out
	}
	return list
}

// hasBulk reports whether bulks of a list can go into a set as they are.
func hasBulk(s *nftables.Set, list []*expr) bool {
	if s.Interval || len(s.Parts) > 0 || s.ObjMap || s.Timeout != 0 || len(s.Exprs) > 0 {
		return false
	}
	any := false
	for _, e := range list {
		if e.k != eBulk {
			continue
		}
		if any = true; e.bulk.maps != s.Map || e.bulk.says != s.Verdicts {
			return false
		}
	}
	return any
}

// bulkInto puts elements with bulks among them into a set. As nft does, it looks at
// the values of all of them before the kernel is asked about any.
func (r *runner) bulkInto(c *cmd, s *nftables.Set, elems []*expr, excl bool) {
	l := &lowerer{env: r.env, b: r.b, t: s.Table, text: newOutput(r.env)}
	fails := func() bool {
		if l.err != nil {
			r.fail(l.err)
		}
		return l.err != nil
	}
	parts := make([][]*expr, len(elems))
	for i, e := range elems {
		if e.k == eBulk {
			continue
		}
		x, f := r.evalElements(c, s, []*expr{e})
		if f != nil {
			l.err = f
			break
		}
		parts[i] = x.list
	}
	if fails() {
		return
	}
	ev := &evaluator{env: r.env, table: s.Table, fam: s.Table.Family, cmd: c}
	ev.start()
	for i, e := range elems {
		switch {
		case e.k == eBulk:
			l.bulk(ev, s, e.bulk, excl)
		case l.errno == 0:
			l.elements(s, parts[i], false, excl, c.elAt)
		}
		if fails() {
			return
		}
	}
	if l.errno != 0 {
		r.errno(l.errAt, l.errno)
	}
}

// bulk puts the elements of a bulk in. What is wrong with a value is in l.err; when
// the kernel has refused one, l.errno says so, and of the others only the values are
// looked at.
func (l *lowerer) bulk(ev *evaluator, s *nftables.Set, b *bulk, excl bool) {
	info := infoOf(s)
	l.b.Grow(b.n)
	s.Reserve(b.n)
	elems := make([]nftables.Elem, b.n)
	bytes := make([]byte, 0, b.n*(2*s.KeyLen+s.DataLen))
	put := func(v val, n int) []byte {
		at := len(bytes)
		bytes = bytes[:at+n]
		v.put(bytes[at:])
		return bytes[at : at+n : at+n]
	}
	var key, data expr
	for i, k := 0, 0; k < b.n; k++ {
		e, next, _ := plainAt(b.toks, i)
		i = next
		key = expr{k: eSymbol, at: e.key.at, word: e.key.s}
		v, f := ev.scalar(&key, info.key, info.keyBits)
		if f != nil {
			l.err = f
			return
		}
		el := &elems[k]
		switch {
		case b.says:
			el.Verdict.Code = nftables.VerdictCode(plainVerdicts[e.data.s] - 1)
		case b.maps:
			data = expr{k: eSymbol, at: e.data.at, word: e.data.s}
			d, f := ev.scalar(&data, info.data, info.dataBits)
			if f != nil {
				l.err = f
				return
			}
			if l.errno == 0 && s.DataLen > (nbytes(info.dataBits)+3)/4*4 {
				l.errno, l.errAt = 22, e.key.at
			}
			el.Data = put(d, s.DataLen)
		}
		if l.errno != 0 {
			continue
		}
		el.Key, el.To = put(v, s.KeyLen), put(v, s.KeyLen)
		if errno := l.b.AddElem(s, el, excl); errno != 0 {
			l.errno, l.errAt = errno, e.key.at
		}
	}
}
