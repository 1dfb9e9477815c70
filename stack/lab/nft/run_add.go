package nft

import (
	"fmt"
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// markDynamic makes the sets dynamic that rules of the same input add to: those
// of a table's block, or of single commands (stmt_evaluate_set).
func markDynamic(cmds []*cmd) {
	type key struct{ table, name string }
	sets := map[key]*setSpec{}
	for _, s := range cmds {
		if s.obj == "set" && s.set != nil {
			sets[key{s.p.table, s.p.name}] = s.set
		}
	}
	mark := func(x *cmd) {
		if x.rule == nil {
			return
		}
		for _, st := range x.rule.stmts {
			if st.k != sSetOp && st.k != sMapOp {
				continue
			}
			if d := sets[key{x.p.table, st.e.word}]; d != nil && !slices.Contains(d.flags, "dynamic") {
				d.flags = append(d.flags, "dynamic")
				if d.size == 0 {
					d.size = 65535
				}
			}
		}
	}
	for _, s := range cmds {
		mark(s)
		for _, x := range s.sub {
			mark(x)
		}
	}
}

var hookNums = map[string]core.HookNum{"prerouting": core.PreRouting, "input": core.LocalIn, "forward": core.Forward, "output": core.LocalOut, "postrouting": core.PostRouting}

func (r *runner) addChain(c *cmd) {
	t := r.table(&c.p)
	if t == nil {
		r.noTable(c)
		return
	}
	var base *nftables.Base
	s := c.chain
	policySet := s != nil && s.policy != ""
	if s != nil && s.hasHook {
		base = &nftables.Base{Devices: s.devs, Drop: s.policy == "drop"}
		for _, n := range s.devs {
			if len(n) > 15 {
				at := c.at
				at.end++
				r.errno(at, 34)
				return
			}
		}
		switch s.typ {
		case "nat":
			base.Type = nftables.TypeNAT
		case "route":
			base.Type = nftables.TypeRoute
		}
		switch {
		case s.hook == "ingress":
			base.Ingress, base.Hook = true, core.NetdevIngress
			if t.Family == core.NFInet {
				base.Hook = core.InetIngress
			}
		case s.hook == "egress":
			base.Egress, base.Hook = true, core.NetdevEgress
		case t.Family == core.NFARP:
			base.Hook = map[string]core.HookNum{"input": core.ARPIn, "output": core.ARPOut, "forward": core.ARPForward}[s.hook]
		default:
			base.Hook = hookNums[s.hook]
		}
		base.Priority = s.prio
		if s.prioWord != "" {
			ok := false
			for _, p := range priosOf(t.Family) {
				if p.name == s.prioWord && compatible(p.name, t.Family, base) {
					base.Priority, ok = p.n+s.prio, true
				}
			}
			if !ok {
				r.fail(errAt(s.prioAt, fmt.Sprintf("'%s' is invalid priority in this context.", s.prioWord)))
				return
			}
		}
		if (base.Ingress || base.Egress) && len(base.Devices) == 0 {
			r.fail(errAt(s.hookLoc, "Missing `device' in this chain definition"))
			return
		}
	}
	if policySet && base == nil {
		if ch := t.Chain(c.p.chain); ch != nil {
			if ch.Base == nil {
				r.errno(c.p.chainAt, step.EOPNOTSUPP)
			} else {
				r.b.SetPolicy(ch, s.policy == "drop")
			}
			return
		}
		r.errno(c.p.chainAt, step.EINVAL)
		return
	}
	ch, e := r.b.AddChain(t, c.p.chain, base, policySet, c.op == "create")
	if e != 0 {
		at := c.p.chainAt
		if base != nil && len(base.Devices) > 0 && c.op != "create" {
			at = c.at // what is wrong with the devices
			at.end++
		}
		r.errno(at, e)
		return
	}
	c.made = ch.Handle
	if s != nil && s.comment != "" && ch.Comment == "" {
		ch.Comment = s.comment
	}
}

// noTable complains of a table that does not exist.
func (r *runner) noTable(c *cmd) {
	r.missingTable(&c.p, absent{at: c.p.tableAt})
}

func (r *runner) addRule(c *cmd) {
	t := r.table(&c.p)
	known := t
	if t == nil { // nft reads the rule before it asks the kernel
		known = &nftables.Table{Family: c.p.family, Name: c.p.table}
	}
	ev := &evaluator{env: r.env, table: known, fam: known.Family, cmd: c}
	stmts, f := ev.rule(c.rule)
	if f != nil {
		r.fail(f)
		return
	}
	if t == nil {
		r.missingRule(&c.p, c.p.tableAt)
		return
	}
	ch := t.Chain(c.p.chain)
	if ch == nil {
		r.missingRule(&c.p, c.p.chainAt)
		return
	}
	at := len(ch.Rules)
	find := func(h uint64) int {
		for i, x := range ch.Rules {
			if x.Handle == h {
				return i
			}
		}
		return -1
	}
	var replaced *nftables.Rule
	switch {
	case c.p.index > 0:
		i := int(c.p.index) - 1
		if i >= len(ch.Rules) {
			r.fail(errAt(c.p.posAt, "Could not process rule: No such file or directory"))
			return
		}
		at = i
		if c.op == "add" {
			at++
		}
	case c.op == "replace":
		i := find(c.p.handle)
		if i < 0 {
			r.fail(errAt(c.p.handAt, "Could not process rule: No such file or directory"))
			return
		}
		at, replaced = i+1, ch.Rules[i]
	case c.p.pos != 0 || c.p.hasHand:
		h, l := c.p.pos, c.p.posAt
		if c.p.hasHand {
			h, l = c.p.handle, c.p.handAt
		}
		i := find(h)
		if i < 0 {
			r.fail(errAt(l, "Could not process rule: No such file or directory"))
			return
		}
		at = i
		if c.op == "add" {
			at++
		}
	case c.op == "insert":
		at = 0
	}
	stmts = reduce(stmts)
	l := &lowerer{env: r.env, b: r.b, t: t, text: newOutput(r.env)}
	l.rule(stmts)
	if l.err != nil {
		r.fail(l.err)
		return
	}
	if l.errno != 0 {
		t.TakeHandle() // the kernel had given it a handle
		r.errno(l.errAt, l.errno)
		return
	}
	for _, at := range l.sets {
		r.invalid(t, at)
	}
	rule := &nftables.Rule{Exprs: l.out, Text: &ruleText{listed(t.Family, stmts), stmts}, Comm: c.rule.comment}
	var e core.Errno
	if replaced != nil {
		e = r.b.Replace(replaced, rule)
	} else {
		e = r.b.AddRule(ch, at, rule)
	}
	if e != 0 {
		r.errno(c.at, e)
		return
	}
	r.invalid(t, c.at)
	c.made = rule.Handle
}

func (r *runner) addSet(c *cmd, withElems bool) {
	t := r.table(&c.p)
	if t == nil {
		r.noTable(c)
		return
	}
	s := c.set
	set := &nftables.Set{Name: s.name, Map: s.isMap, Comment: s.comment, Size: int(s.size), AutoMerg: s.autoMrg}
	info := &setInfo{key: s.key, data: s.data, size: s.size, gc: s.gc, stmts: s.stmts}
	ev := &evaluator{env: r.env, table: t, fam: t.Family, cmd: c}
	ev.start()
	if s.typeof != nil {
		if f := typeofExpr(ev, s.typeof); f != nil {
			r.fail(f)
			return
		}
		info.key, info.keyBits, info.typeof = s.typeof.t, s.typeof.bits, s.typeof
	}
	if info.key == nil {
		r.fail(errAt(c.at, "set definition does not specify key"))
		return
	}
	for _, f := range s.flags {
		switch f {
		case "constant":
			set.Constant = true
		case "interval":
			set.Interval = true
		case "timeout":
			set.HasTimeout = true
		case "dynamic":
			set.Dynamic = true
		}
	}
	if s.timeout != 0 {
		set.HasTimeout = true
		set.Timeout = sim.Time(s.timeout) * sim.Millisecond
	}
	if s.policy == "memory" {
		set.Policy = 1
	}
	if len(info.key.many) > 0 {
		for i, p := range info.key.many {
			n := nbytes(p.bits)
			if s.typeof != nil && s.typeof.k == eConcat {
				n = width(s.typeof.list[i])
			}
			if n == 0 {
				r.fail(errAt(s.typeAt, "can not use variable sized data types (integer) in concat expressions"))
				return
			}
			set.Parts = append(set.Parts, n)
			set.KeyLen += (n + 3) &^ 3
		}
	} else {
		if info.keyBits == 0 {
			info.keyBits = info.key.bits
		}
		set.KeyLen = nbytes(info.keyBits)
		if set.KeyLen == 0 {
			r.fail(errAt(s.typeAt, "unqualified type "+info.key.name+" specified in set definition. Try \"typeof expression\" instead of \"type datatype\"."))
			return
		}
	}
	if s.isMap {
		switch {
		case s.objMap != 0:
			set.ObjMap, set.ObjKind = true, s.objMap
			info.data = nil
		case s.dataOf != nil:
			if f := typeofExpr(ev, s.dataOf); f != nil {
				r.fail(f)
				return
			}
			info.data, info.dataBits, info.dataOf = s.dataOf.t, s.dataOf.bits, s.dataOf
			set.DataLen = width(s.dataOf)
		case s.data == nil:
			r.fail(errAt(c.at, "map definition does not specify mapping data type"))
			return
		case s.data == tVerdict:
			set.Verdicts = true
		default:
			info.dataBits = s.data.bits
			set.DataLen = nbytes(s.data.bits)
			if len(s.data.many) > 0 {
				set.DataLen = 0
				for _, p := range s.data.many {
					set.DataLen += (nbytes(p.bits) + 3) &^ 3
				}
			}
			if set.DataLen == 0 {
				r.fail(errAt(s.typeAt, "unqualified mapping data type specified in map definition"))
				return
			}
		}
	}
	l := &lowerer{env: r.env, b: r.b, t: t, text: newOutput(r.env)}
	for _, x := range s.stmts {
		set.Exprs = append(set.Exprs, l.stateful(x))
	}
	set.Text = info
	got, e := r.b.AddSet(t, set, c.op == "create")
	if e != 0 {
		r.errno(c.p.nameAt, e)
		return
	}
	s.eng, c.made = got, got.Handle
	if withElems && len(s.elems) > 0 {
		r.addSetElements(c)
	}
}

// typeofExpr gives "typeof ip saddr" its type; nothing is depended on.
func typeofExpr(ev *evaluator, e *expr) *failure {
	switch e.k {
	case eConcat:
		var l []*dtype
		n := 0
		for _, x := range e.list {
			if f := typeofExpr(ev, x); f != nil {
				return f
			}
			l = append(l, x.t)
			n += (x.bits + 31) / 32 * 32
		}
		e.t, e.bits = concatType(l), n
		return nil
	case eSymbol:
		return errAt(e.at, "typeof needs an expression")
	case eCT, eRT:
		return ev.expr(e)
	}
	return nil
}
