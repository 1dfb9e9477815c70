package nft

import (
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
)

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
	if t == tDay && bits == 8 {
		v.most = 6
		defer func() { v.most = 0 }()
	}
	n, f := v.scalar(e, t, bits)
	if f != nil {
		return nil, f
	}
	x.v = n
	return x, nil
}

// scalar is the number that a word stands for in a type of that many bits.
func (v *evaluator) scalar(e *expr, t *dtype, bits int) (val, *failure) {
	n, _, msg := t.parse(v.env, e.word)
	if msg != "" {
		return val{}, v.fail(e.at, "%s", msg)
	}
	if v.most > 0 && n.cmp(num(v.most)) > 0 {
		return val{}, v.fail(e.at, "Value %s exceeds valid range 0-%d", n, v.most)
	}
	if !t.is(tString) && n.cmp(mask(bits)) > 0 {
		return val{}, v.fail(e.at, "Value %s exceeds valid range 0-%s", n, mask(bits))
	}
	return n, nil
}

// findSet is a set by name.
func (v *evaluator) findSet(e *expr) (*nftables.Set, *failure) {
	if v.table == nil {
		return nil, noSet(e)
	}
	s := v.table.Set(e.word)
	if s == nil {
		return nil, noSet(e)
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
	list = expand(list)
	x.list = slices.Grow(x.list, len(list))
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
		el := m // its node serves again: there may be a million
		el.l, el.t, el.bits, el.ord = key, t, bits, ord
		if data == nil {
			x.list = append(x.list, el)
			continue
		}
		d := i
		d.l, d.t = el, t
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

// noSet says that the set that e names is not there.
func noSet(e *expr) *failure {
	f := errAt(e.at, enoentText)
	f.noSet = &e.word
	return f
}
