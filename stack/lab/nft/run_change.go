package nft

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/step"
)

func (r *runner) addSetElements(c *cmd) {
	s := c.set.eng
	if s == nil {
		return
	}
	r.elementsInto(c, s, c.set.elems, false)
	at := c.elAt
	if at.src == nil {
		at = c.set.at
	}
	r.invalid(s.Table, at)
}

func (r *runner) addElements(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.noTable(c)
		return
	}
	s := t.Set(c.p.name)
	if s == nil {
		r.missingSet(&c.p, c.p.name, absent{at: c.p.nameAt})
		return
	}
	r.elementsInto(c, s, c.elems, c.op == "create")
	r.invalid(t, c.at)
}

func (r *runner) elementsInto(c *cmd, s *nftables.Set, elems []*expr, excl bool) {
	if s == nil {
		return
	}
	if hasBulk(s, elems) {
		r.bulkInto(c, s, elems, excl)
		return
	}
	x, f := r.evalElements(c, s, elems)
	if f != nil {
		r.fail(f)
		return
	}
	l := &lowerer{env: r.env, b: r.b, t: s.Table, text: newOutput(r.env)}
	l.elements(s, x.list, false, excl, c.elAt)
	if l.err != nil {
		r.fail(l.err)
	} else if l.errno != 0 {
		r.errno(l.errAt, l.errno)
	}
}

func (r *runner) evalElements(c *cmd, s *nftables.Set, elems []*expr) (*expr, *failure) {
	info := infoOf(s)
	ev := &evaluator{env: r.env, table: s.Table, fam: s.Table.Family, cmd: c}
	ev.start()
	var data *dataType
	switch {
	case s.ObjMap:
		data = &dataType{tString, 128, hostOrder}
	case s.Verdicts:
		data = &dataType{tVerdict, 0, noOrder}
	case s.Map:
		data = &dataType{info.data, info.dataBits, info.data.order}
	}
	x := &expr{k: eSet, t: info.key}
	spec := &setSpec{}
	elems = expand(elems)
	if c.op == "delete" || c.op == "get" {
		for i, e := range elems {
			if e.k == eMapping {
				elems[i] = e.l
			}
		}
		data = nil
	}
	if f := ev.elements(x, spec, elems, info.key, info.keyBits, info.key.order, data); f != nil {
		return nil, f
	}
	if spec.interval && !s.Interval {
		for _, e := range x.list {
			if k := keyExpr(e); k.k == eRange || k.k == ePrefix {
				return nil, errAt(e.at, "You must add 'flags interval' to your set declaration if you want to add "+map[ekind]string{eRange: "range", ePrefix: "prefix"}[k.k]+" elements")
			}
		}
		return nil, errAt(elems[0].at, "You must add 'flags interval' to your set declaration if you want to add concat elements")
	}
	return x, nil
}

func (r *runner) addObject(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.fail(errAt(c.p.tableAt, "Could not process rule: No such file or directory"))
		return
	}
	s := c.objs
	x := &nftables.Object{Kind: s.kind, Name: c.p.name, Comment: s.comment, Text: s}
	l := &lowerer{env: r.env, b: r.b, t: t, text: newOutput(r.env)}
	switch s.kind {
	case nftables.ObjCTHelper:
		id, ok := helpers[s.helper]
		if !ok {
			r.errno(c.p.nameAt, step.ENOENT)
			return
		}
		x.Helper, x.HelpL4 = id, uint8(s.l4)
		if !s.hasL3 {
			s.l3 = t.Family
		}
	case nftables.ObjCTTimeout:
		if !s.hasL3 {
			s.l3 = t.Family
		}
		to := &conntrack.Timeouts{Proto: uint8(s.l4), L3: s.l3}
		for i, n := range timeoutNames[s.l4] {
			v, ok := s.policy[n]
			if !ok {
				v = timeoutDefaults[s.l4][i]
			}
			k := i
			if s.l4 == 6 {
				k = i + 1
			}
			to.Secs[k%len(to.Secs)] = int(v)
		}
		x.Timeout = to
	case nftables.ObjCTExpect:
		r.fail(errAt(c.at, "not modelled: ct expectation"))
		return
	case nftables.ObjSynproxy:
		switch t.Family {
		case core.NFARP, core.NFNetdev, core.NFBridge:
			at := c.at
			at.end++
			r.errno(at, eproto)
			return
		}
		x.Expr = &nftables.Synproxy{Info: *s.st.syn}
	default:
		x.Expr = l.stateful(s.st)
		if l.errno != 0 {
			r.errno(c.p.nameAt, l.errno)
			return
		}
	}
	r.errno(c.p.nameAt, r.b.AddObj(t, x, c.op == "create"))
}

func (r *runner) rename(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.noTable(c)
		return
	}
	ch := t.Chain(c.p.chain)
	if ch == nil {
		r.missingChain(&c.p, absent{at: c.p.chainAt})
		return
	}
	r.errno(c.p.chainAt, r.b.RenameChain(ch, c.p.rename))
}

func (r *runner) flush(c *cmd) {
	if c.obj == "ruleset" {
		for _, t := range append([]*nftables.Table(nil), r.tables().List...) {
			if !c.p.hasFam || t.Family == c.p.family {
				r.b.DelTable(t)
			}
		}
		return
	}
	t := r.table(&c.p)
	if t == nil {
		r.fail(errAt(c.p.tableAt, "Could not process rule: No such file or directory"))
		return
	}
	switch c.obj {
	case "table":
		for _, ch := range t.Chains {
			r.b.FlushChain(ch)
		}
	case "chain":
		ch := t.Chain(c.p.chain)
		if ch == nil {
			r.fail(errAt(c.p.chainAt, "Could not process rule: No such file or directory"))
			return
		}
		r.b.FlushChain(ch)
	case "set":
		s := t.Set(c.p.name)
		if s == nil {
			r.missingSet(&c.p, c.p.name, absent{at: c.p.nameAt})
			return
		}
		r.b.FlushSet(s)
	}
}

func (r *runner) delete(c *cmd) {
	if c.obj == "table" && c.p.hasHand {
		for _, t := range r.tables().List {
			if t.Handle == c.p.handle && t.Family == c.p.family {
				r.b.DelTable(t)
				return
			}
		}
		r.errno(c.p.handAt, step.ENOENT)
		return
	}
	t := r.table(&c.p)
	if t == nil {
		r.deleteFrom(c)
		return
	}
	switch c.obj {
	case "flowtable":
		r.delFlowtable(c, t)
	case "table":
		r.errno(c.p.tableAt, r.b.DelTable(t))
	case "chain":
		ch := t.Chain(c.p.chain)
		for _, x := range t.Chains {
			if c.p.hasHand && x.Handle == c.p.handle {
				ch = x
			}
		}
		at := c.p.chainAt
		if c.p.hasHand {
			at = c.p.handAt
		}
		if ch == nil {
			r.missingChain(&c.p, absent{at: at, kernel: true})
			return
		}
		r.errno(at, r.b.DelChain(ch))
	case "rule":
		ch := t.Chain(c.p.chain)
		if ch == nil {
			r.missingRule(&c.p, c.p.chainAt)
			return
		}
		for _, x := range ch.Rules {
			if x.Handle == c.p.handle {
				r.b.DelRule(x)
				return
			}
		}
		r.fail(errAt(c.p.handAt, "Could not process rule: No such file or directory"))
	case "set":
		s := t.Set(c.p.name)
		for _, x := range t.Sets {
			if c.p.hasHand && x.Handle == c.p.handle {
				s = x
			}
		}
		at := c.p.nameAt
		if c.p.hasHand {
			at = c.p.handAt
		}
		if s == nil {
			r.missingSet(&c.p, c.p.name, absent{at: at, kernel: true})
			return
		}
		r.errno(at, r.b.DelSet(s))
	case "object":
		x := t.Object(c.objs.kind, c.p.name)
		if x == nil {
			r.missingObject(&c.p, absent{at: c.p.nameAt, kernel: true})
			return
		}
		r.errno(c.p.nameAt, r.b.DelObj(x))
	case "element":
		s := t.Set(c.p.name)
		if s == nil {
			r.missingSet(&c.p, c.p.name, absent{at: c.p.nameAt})
			return
		}
		x, f := r.evalElements(c, s, c.elems)
		if f != nil {
			r.fail(f)
			return
		}
		for _, e := range x.list {
			from, to := keyOf(s, keyExpr(e))
			if !s.Interval {
				to = nil
			}
			if errno := r.b.DelElem(s, from, to); errno != 0 {
				if s.Interval {
					r.fail(errAt(e.at, "element does not exist"))
				} else {
					r.errno(e.at, errno)
				}
				return
			}
		}
	}
}

// deleteFrom complains that the table is not there.
func (r *runner) deleteFrom(c *cmd) {
	m := absent{at: c.p.tableAt, kernel: true}
	switch c.obj {
	case "table":
		r.missingTable(&c.p, m)
	case "chain":
		r.missingChain(&c.p, m)
	case "rule":
		r.missingRule(&c.p, c.p.tableAt)
	case "set":
		r.missingSet(&c.p, c.p.name, m)
	case "object":
		r.missingObject(&c.p, m)
	case "element":
		r.noTable(c)
	default:
		r.plain(m)
	}
}

func (r *runner) get(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.noTable(c)
		return
	}
	s := t.Set(c.p.name)
	if s == nil {
		r.missingSet(&c.p, c.p.name, absent{at: c.p.nameAt})
		return
	}
	x, f := r.evalElements(c, s, c.elems)
	if f != nil {
		r.fail(f)
		return
	}
	for _, e := range x.list {
		from, to := keyOf(s, keyExpr(e))
		el := s.Lookup(from)
		if el == nil || len(to) > 0 && s.Interval && s.Lookup(to) != el {
			r.errno(c.at, step.ENOENT)
			return
		}
		if !slices.Contains(r.o.only, el) {
			r.o.only = append(r.o.only, el)
		}
	}
	r.o.tableHead(t)
	r.o.set(s, true)
	r.o.printf("}\n")
	r.o.only = nil
}
