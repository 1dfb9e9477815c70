package nftables

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
)

// Read before editing: nf_tables_api.c.

// A Batch is one transaction of nf_tables: what it does is done at once, since
// no packet comes in between; Abort takes it all back.
type Batch struct {
	s    *Tables
	undo []undo

	handle uint64   // the counter of handles of tables as it was, see Unsent
	hgens  []uint64 // and those of the tables
	How    How      // in what way the changes that follow are asked for
	By     Process  // who asks for them
	again  bool     // a rule may not stand where it stands
}

// An undo is a change to take back.
type undo struct {
	kind  undoKind
	table *Table
	chain *Chain
	rule  *Rule
	set   *Set
	elem  *Elem
	obj   *Object
	flow  *Flowtable
	devs  []string
	syn   Synproxy
	at    int
	base  Base
	name  string
	flag  bool
	how   How
}

type undoKind uint8

const (
	undoAddTable undoKind = iota
	undoDelTable
	undoDormant
	undoAddChain
	undoDelChain
	undoBase
	undoSameChain // an existing chain was declared once more
	undoSameSet
	undoDevices
	undoRename
	undoAddRule
	undoDelRule
	undoAddSet
	undoDelSet
	undoAddElem
	undoDelElem
	undoAddObj
	undoDelObj
	undoAddFlow
	undoDelFlow
	undoFlowDevices
	undoUpdateObj
)

// Begin starts a transaction.
func (s *Tables) Begin() *Batch {
	b := &Batch{s: s, handle: s.handle}
	for _, t := range s.List {
		b.hgens = append(b.hgens, t.hgen)
	}
	return b
}

// Commit is nf_tables_commit.
func (b *Batch) Commit() {
	if len(b.undo) == 0 {
		return
	}
	b.s.Gen++
	b.doneFlow()
	if len(b.s.watch) > 0 {
		l := b.Changes()
		for _, w := range b.s.watch {
			w.NftChanged(b.s.ns, l, b.By)
		}
	}
	b.undo = nil
}

// Unsent is Abort of what the kernel never heard of: no handle was used up either.
func (b *Batch) Unsent() {
	b.takeBack()
	b.s.handle = b.handle
	for i, t := range b.s.List {
		t.hgen = b.hgens[i]
	}
}

// Abort is nf_tables_abort: all is as it was at Begin. Handles stay used up: twice
// where rules were found at a wrong place at the end, because the kernel then does
// the batch once more to find out which (NFNL_BATCH_REPLAY).
func (b *Batch) Abort() {
	b.takeBack()
	if !b.again {
		return
	}
	b.s.handle += b.s.handle - b.handle
	for i, t := range b.s.List {
		t.hgen += t.hgen - b.hgens[i]
	}
}

func (b *Batch) takeBack() {
	for i := len(b.undo) - 1; i >= 0; i-- {
		b.back(&b.undo[i])
	}
	b.undo = nil
}

// Grow makes room for n changes: it saves copying while many elements are added.
func (b *Batch) Grow(n int) { b.undo = slices.Grow(b.undo, n) }

func (b *Batch) log(u undo) {
	u.how = b.How
	b.undo = append(b.undo, u)
}

func (b *Batch) back(u *undo) {
	s := b.s
	switch u.kind {
	case undoAddTable:
		s.List = slices.DeleteFunc(s.List, func(t *Table) bool { return t == u.table })
	case undoDelTable:
		s.List = slices.Insert(s.List, u.at, u.table)
	case undoDormant:
		u.table.setDormant(u.flag)
	case undoAddChain:
		u.chain.unhook()
		u.table.dropChain(u.chain)
	case undoDelChain:
		u.table.Chains = slices.Insert(u.table.Chains, u.at, u.chain)
		u.table.index = nil
		u.chain.hookUp()
	case undoBase:
		u.chain.Base.Drop = u.base.Drop
	case undoDevices:
		if u.chain.Base.Devices = u.base.Devices; u.chain.hooked {
			u.chain.findDevices(s.ns)
		}
	case undoRename:
		u.chain.Name = u.name
		u.chain.Table.index = nil
	case undoAddRule:
		c := u.chain
		c.Rules = slices.DeleteFunc(slices.Clone(c.Rules), func(r *Rule) bool { return r == u.rule })
		u.rule.release()
	case undoDelRule:
		u.chain.Rules = slices.Insert(slices.Clone(u.chain.Rules), u.at, u.rule)
		u.rule.hold()
	case undoAddSet:
		u.table.dropSet(u.set)
	case undoDelSet:
		u.table.Sets = slices.Insert(u.table.Sets, u.at, u.set)
		u.table.setByID[u.set.Name] = u.set
	case undoAddElem:
		u.set.remove(u.elem)
		u.elem.release()
	case undoDelElem:
		u.set.insert(u.elem)
		u.elem.hold()
	case undoUpdateObj:
		*u.obj.Expr.(*Synproxy) = u.syn
	case undoAddFlow, undoDelFlow, undoFlowDevices:
		u.backFlow()
	case undoAddObj:
		u.obj.releaseExpr()
		u.table.dropObj(u.obj)
	case undoDelObj:
		u.obj.holdExpr()
		u.table.Objects = slices.Insert(u.table.Objects, u.at, u.obj)
		u.table.byObj[objKey{u.obj.Kind, u.obj.Name}] = u.obj
	}
}

// AddTable is nf_tables_newtable. excl makes an existing one EEXIST (`create`);
// else it is returned.
func (b *Batch) AddTable(f core.Family, name string, dormant, setFlags, excl bool) (*Table, core.Errno) {
	if t := b.s.Find(f, name); t != nil {
		if excl {
			return nil, eexist
		}
		if setFlags && t.Dormant != dormant {
			b.log(undo{kind: undoDormant, table: t, flag: t.Dormant})
			t.setDormant(dormant)
		}
		return t, 0
	}
	b.s.handle++
	t := &Table{Family: f, Name: name, Handle: b.s.handle, Dormant: dormant, s: b.s, byObj: map[objKey]*Object{}, setByID: map[string]*Set{}}
	b.s.List = append(b.s.List, t)
	b.log(undo{kind: undoAddTable, table: t})
	return t, 0
}

// DelTable is nf_tables_deltable: with all that is in it.
func (b *Batch) DelTable(t *Table) core.Errno {
	for _, c := range t.Chains {
		b.FlushChain(c)
	}
	for len(t.Sets) > 0 {
		s := t.Sets[0]
		if !s.Anon || t.Set(s.Name) == s {
			b.FlushSet(s)
		}
		b.removeSet(s)
	}
	for len(t.Flowtables) > 0 {
		b.removeFlowtable(t.Flowtables[0])
	}
	for len(t.Objects) > 0 {
		b.removeObj(t.Objects[0])
	}
	for len(t.Chains) > 0 {
		b.removeChain(t.Chains[0])
	}
	i := slices.Index(b.s.List, t)
	b.s.List = slices.Delete(slices.Clone(b.s.List), i, i+1)
	b.log(undo{kind: undoDelTable, table: t, at: i})
	return 0
}

// AddChain is nf_tables_newchain. An existing chain gets the new policy; excl
// makes it EEXIST, another hook or type EEXIST, too.
func (b *Batch) AddChain(t *Table, name string, base *Base, policySet, excl bool) (*Chain, core.Errno) {
	if c := t.Chain(name); c != nil {
		if excl {
			return nil, eexist
		}
		if base != nil {
			if c.Base == nil {
				return nil, eexist
			}
			if t.Family == core.NFNetdev || c.Base.Ingress && base.Ingress {
				if e := b.addDevices(c, base); e != 0 {
					return nil, e
				}
			}
			if c.Base.Type != base.Type || c.Base.Hook != base.Hook || c.Base.Priority != base.Priority || c.Base.Ingress != base.Ingress || c.Base.Egress != base.Egress {
				return nil, eexist
			}
		}
		if policySet {
			if c.Base == nil {
				return nil, eopnotsupp
			}
			drop := base != nil && base.Drop
			b.log(undo{kind: undoBase, chain: c, base: *c.Base})
			c.Base.Drop = drop
		} else {
			b.log(undo{kind: undoSameChain, chain: c})
		}
		return c, 0
	}
	if len(name) == 0 || len(name) > 127 {
		return nil, einval
	}
	c := &Chain{Table: t, Name: name, Base: base}
	if base != nil {
		if twice(base.Devices) {
			return nil, eexist
		}
		if e := c.checkBase(); e != 0 {
			return nil, e
		}
	}
	c.Handle = t.newHandle()
	t.Chains = append(t.Chains, c)
	if t.index != nil {
		t.index[name] = c
	}
	b.log(undo{kind: undoAddChain, table: t, chain: c})
	if e := c.hookUp(); e != 0 {
		return nil, e
	}
	return c, 0
}

// SetPolicy gives a base chain a policy (`chain … { policy drop; }` on an
// existing chain): EOPNOTSUPP for a regular one.
func (b *Batch) SetPolicy(c *Chain, drop bool) core.Errno {
	if c.Base == nil {
		return eopnotsupp
	}
	b.log(undo{kind: undoBase, chain: c, base: *c.Base})
	c.Base.Drop = drop
	return 0
}

// checkBase is nft_chain_parse_hook: which types exist, and where.
func (c *Chain) checkBase() core.Errno {
	f, base := c.Table.Family, c.Base
	if f == core.NFNetdev {
		if base.Type != TypeFilter {
			return eopnotsupp
		}
		return 0
	}
	if base.Ingress {
		if f != core.NFInet || base.Type != TypeFilter {
			return eopnotsupp
		}
		return 0
	}
	switch base.Type {
	case TypeNAT:
		if f != core.NFIPv4 && f != core.NFIPv6 && f != core.NFInet {
			return enoent
		}
		if base.Hook == core.Forward {
			return eopnotsupp
		}
		if base.Priority <= core.PriConntrack {
			return eopnotsupp
		}
	case TypeRoute:
		if f != core.NFIPv4 && f != core.NFIPv6 && f != core.NFInet {
			return enoent
		}
		if base.Hook != core.LocalOut {
			return eopnotsupp
		}
	}
	return 0
}

// hookUp is nf_tables_register_hook.
func (c *Chain) hookUp() core.Errno {
	base := c.Base
	if base == nil || c.hooked || c.Table.Dormant {
		return 0
	}
	ns, f := c.Table.s.ns, c.Table.Family
	switch {
	case f == core.NFNetdev || base.Ingress:
		c.findDevices(ns)
	case base.Type == TypeNAT:
		nat.AddChain(ns, f, base.Hook, base.Priority, natChain{c})
	case base.Type == TypeRoute:
		ns.AddHook(f, base.Hook, base.Priority, routeChain{c})
	default:
		ns.AddHook(f, base.Hook, base.Priority, c)
	}
	c.hooked = true
	return 0
}

// unhook is nf_tables_unregister_hook.
func (c *Chain) unhook() {
	if !c.hooked {
		return
	}
	c.hooked = false
	ns, f, base := c.Table.s.ns, c.Table.Family, c.Base
	switch {
	case f == core.NFNetdev || base.Ingress:
		c.leaveDevices(nil)
	case base.Type == TypeNAT:
		nat.DelChain(ns, f, base.Hook, natChain{c})
	case base.Type == TypeRoute:
		ns.DelHook(f, base.Hook, routeChain{c})
	default:
		ns.DelHook(f, base.Hook, c)
	}
}

func (t *Table) setDormant(on bool) {
	t.Dormant = on
	for _, c := range t.Chains {
		if on {
			c.unhook()
		} else {
			c.hookUp()
		}
	}
}

func (t *Table) dropChain(c *Chain) {
	t.Chains = slices.DeleteFunc(slices.Clone(t.Chains), func(o *Chain) bool { return o == c })
	t.index = nil
}

func (t *Table) dropSet(s *Set) {
	t.Sets = slices.DeleteFunc(slices.Clone(t.Sets), func(o *Set) bool { return o == s })
	delete(t.setByID, s.Name)
}

func (t *Table) dropObj(x *Object) {
	t.Objects = slices.DeleteFunc(slices.Clone(t.Objects), func(o *Object) bool { return o == x })
	delete(t.byObj, objKey{x.Kind, x.Name})
}

// DelChain is nf_tables_delchain: with its rules; EBUSY while others jump to
// it.
func (b *Batch) DelChain(c *Chain) core.Errno {
	b.FlushChain(c)
	if c.use > 0 {
		return ebusy
	}
	b.removeChain(c)
	return 0
}

func (b *Batch) removeChain(c *Chain) {
	c.unhook()
	t := c.Table
	i := slices.Index(t.Chains, c)
	t.Chains = slices.Delete(slices.Clone(t.Chains), i, i+1)
	t.index = nil
	b.log(undo{kind: undoDelChain, table: t, chain: c, at: i})
}

// RenameChain is `rename chain`: EEXIST if the name is taken.
func (b *Batch) RenameChain(c *Chain, name string) core.Errno {
	if c.Table.Chain(name) != nil {
		return eexist
	}
	b.log(undo{kind: undoRename, chain: c, name: c.Name})
	c.Name = name
	c.Table.index = nil
	return 0
}

// FlushChain deletes all rules of a chain.
func (b *Batch) FlushChain(c *Chain) {
	l := c.Rules
	for i, r := range l {
		c.Rules = l[i:len(l):len(l)]
		b.delRule(r, 0)
	}
}

// AddRule is nf_tables_newrule: at place at of the chain's rules.
func (b *Batch) AddRule(c *Chain, at int, r *Rule) core.Errno {
	r.Chain = c
	if e := r.hold(); e != 0 {
		return e
	}
	r.Handle = c.Table.newHandle()
	return b.place(c, at, r)
}

// place puts a rule into its chain.
func (b *Batch) place(c *Chain, at int, r *Rule) core.Errno {
	if at >= len(c.Rules) {
		c.Rules = append(c.Rules, r)
	} else {
		c.Rules = slices.Insert(slices.Clone(c.Rules), at, r)
	}
	b.log(undo{kind: undoAddRule, chain: c, rule: r})
	if e := b.s.validate(c.Table, c, r); e != 0 {
		b.again = true
		return e
	}
	return 0
}

// DelRule is nf_tables_delrule.
func (b *Batch) DelRule(r *Rule) core.Errno {
	c := r.Chain
	i := len(c.Rules) - 1
	for i >= 0 && c.Rules[i] != r {
		i--
	}
	if i < 0 {
		return enoent
	}
	b.delRule(r, i)
	return 0
}

// delRule takes a rule away, which is at place i of its chain.
func (b *Batch) delRule(r *Rule, i int) {
	c := r.Chain
	switch {
	case i == len(c.Rules)-1:
		c.Rules = c.Rules[:i:i]
	case i == 0:
		c.Rules = c.Rules[1:]
	default:
		c.Rules = slices.Delete(slices.Clone(c.Rules), i, i+1)
	}
	r.release()
	b.log(undo{kind: undoDelRule, chain: c, rule: r, at: i})
	for _, e := range r.Exprs {
		if s := setOf(e); s != nil && s.Anon && s.use == 0 {
			if slices.Contains(c.Table.Sets, s) {
				b.FlushSet(s)
				b.removeSet(s)
			}
		}
	}
}

// setOf is the set that an expression uses.
func setOf(e Expr) *Set {
	switch e := e.(type) {
	case *Lookup:
		return e.Set
	case *ObjRefMap:
		return e.Set
	case *Dynset:
		return e.Set
	}
	return nil
}

func (r *Rule) hold() core.Errno {
	for i, e := range r.Exprs {
		if x, ok := e.(compat); ok {
			x.standIn(r.Chain)
		}
		if u, ok := e.(user); ok {
			if err := u.hold(r.Chain.Table); err != 0 {
				for _, e := range r.Exprs[:i] {
					if u, ok := e.(user); ok {
						u.release(r.Chain.Table)
					}
				}
				return err
			}
		}
	}
	return 0
}

func (r *Rule) release() {
	for _, e := range r.Exprs {
		if u, ok := e.(user); ok {
			u.release(r.Chain.Table)
		}
	}
}

// validate is nft_table_validate after a rule was added: from every base chain
// that leads to it, are its expressions allowed, and are the jumps too deep (or in
// a circle)? Chains that no packet reaches are not looked at.
func (s *Tables) validate(t *Table, c *Chain, r *Rule) core.Errno {
	needs := false
	for _, e := range r.Exprs {
		if _, ok := e.(Validator); ok {
			needs = true
		}
		if d, ok := e.(*Decide); ok && d.Chain != nil {
			needs = true
		}
		if s := setOf(e); s != nil && s.Verdicts {
			needs = true
		}
	}
	if !needs {
		return 0
	}
	if c.Base != nil {
		s.pass++
		return c.walk(c, 0)
	}
	return s.validateAll(t)
}

// validateAll is nft_table_validate.
func (s *Tables) validateAll(t *Table) core.Errno {
	for _, o := range t.Chains {
		if o.Base != nil {
			s.pass++
			if e := o.walk(o, 0); e != 0 {
				return e
			}
		}
	}
	return 0
}

// each calls f for every chain that the rules lead to.
func (c *Chain) each(f func(*Chain) core.Errno) core.Errno {
	for _, r := range c.Rules {
		for _, e := range r.Exprs {
			if d, ok := e.(*Decide); ok && d.Chain != nil {
				if err := f(d.Chain); err != 0 {
					return err
				}
			}
			if s := setOf(e); s != nil && s.Verdicts {
				err := core.Errno(0)
				s.Each(func(el *Elem) bool {
					if el.Verdict.Chain != nil {
						err = f(el.Verdict.Chain)
					}
					return err == 0
				})
				if err != 0 {
					return err
				}
			}
		}
	}
	return 0
}

// walk is nft_chain_validate: base is where the packet came in. A chain that was looked at from as deep before is not again.
func (c *Chain) walk(base *Chain, level int) core.Errno {
	if level == jumpStack {
		return emlink
	}
	if s := c.Table.s; c.pass == s.pass && level <= c.deep {
		return 0
	} else {
		c.pass, c.deep = s.pass, level
	}
	for _, r := range c.Rules {
		for _, e := range r.Exprs {
			if v, ok := e.(Validator); ok {
				if err := v.Validate(base); err != 0 {
					return err
				}
			}
		}
	}
	return c.each(func(d *Chain) core.Errno { return d.walk(base, level+1) })
}

// AddSet is nf_tables_newset; excl makes an existing one EEXIST.
func (b *Batch) AddSet(t *Table, s *Set, excl bool) (*Set, core.Errno) {
	if o := t.Set(s.Name); o != nil {
		if excl {
			return nil, eexist
		}
		if o.KeyLen != s.KeyLen || o.Interval != s.Interval || o.Map != s.Map || o.Verdicts != s.Verdicts || o.DataLen != s.DataLen {
			return nil, eexist
		}
		b.log(undo{kind: undoSameSet, set: o})
		return o, 0
	}
	s.Table = t
	s.Handle = t.newHandle()
	t.Sets = append(t.Sets, s)
	t.setByID[s.Name] = s
	b.log(undo{kind: undoAddSet, table: t, set: s})
	return s, 0
}

// DelSet is nf_tables_delset: EBUSY while rules use it.
func (b *Batch) DelSet(s *Set) core.Errno {
	if s.use > 0 {
		return ebusy
	}
	b.FlushSet(s)
	b.removeSet(s)
	return 0
}

func (b *Batch) removeSet(s *Set) {
	t := s.Table
	i := slices.Index(t.Sets, s)
	t.Sets = slices.Delete(slices.Clone(t.Sets), i, i+1)
	delete(t.setByID, s.Name)
	b.log(undo{kind: undoDelSet, table: t, set: s, at: i})
}

func (e *Elem) hold() {
	if e.Verdict.Chain != nil {
		e.Verdict.Chain.use++
	}
	if e.More != nil && e.More.Object != nil {
		e.More.Object.use++
	}
}

func (e *Elem) release() {
	if e.Verdict.Chain != nil {
		e.Verdict.Chain.use--
	}
	if e.More != nil && e.More.Object != nil {
		e.More.Object.use--
	}
}

// AddElem is nft_add_set_elem. What is there already is EEXIST with excl, and
// with other data; else nothing happens. ENFILE: the set is full.
func (b *Batch) AddElem(s *Set, e *Elem, excl bool) core.Errno {
	if s.Size != 0 && s.Len() >= s.Size && e.Key != nil {
		s.gc()
		if s.Len() >= s.Size && s.Get(e.Key, e.To) == nil {
			return enfile
		}
	}
	if err := s.insert(e); err != 0 {
		if err != eexist {
			return err
		}
		o := s.Get(e.Key, e.To)
		if excl || o == nil {
			return eexist
		}
		if s.Map && (!slices.Equal(o.Data, e.Data) || o.Verdict != e.Verdict) {
			return eexist
		}
		return 0
	}
	e.hold()
	b.log(undo{kind: undoAddElem, set: s, elem: e})
	if e.Verdict.Chain != nil && s.use > 0 {
		return b.s.validateAll(s.Table)
	}
	return 0
}

// DelElem is nft_del_setelem: ENOENT if it is not there.
func (b *Batch) DelElem(s *Set, key, to []byte) core.Errno {
	e := s.Get(key, to)
	if e == nil || e.expired(b.s.ns.Clock.Now()) {
		return enoent
	}
	s.remove(e)
	e.release()
	b.log(undo{kind: undoDelElem, set: s, elem: e})
	return 0
}

// FlushSet deletes all elements.
func (b *Batch) FlushSet(s *Set) {
	var l []*Elem
	if s.Interval {
		l = slices.Clone(s.ranges.elems)
		if len(s.Parts) > 1 {
			l = s.ranges.came
		}
		s.ranges = rangeSet{}
	} else {
		l = s.hash.list()
		s.hash = hashSet{}
	}
	if s.catchall != nil {
		l = append(l, s.catchall)
		s.catchall = nil
	}
	for _, e := range l {
		e.release()
		b.log(undo{kind: undoDelElem, set: s, elem: e})
	}
}

// AddObj is nf_tables_newobj; excl makes an existing one EEXIST.
func (b *Batch) AddObj(t *Table, o *Object, excl bool) core.Errno {
	if t.Object(o.Kind, o.Name) != nil {
		if excl {
			return eexist
		}
		b.updateObj(t.Object(o.Kind, o.Name), o)
		return 0
	}
	o.Table = t
	o.holdExpr()
	o.Handle = t.newHandle()
	t.Objects = append(t.Objects, o)
	t.byObj[objKey{o.Kind, o.Name}] = o
	b.log(undo{kind: undoAddObj, table: t, obj: o})
	return 0
}

// DelObj is nf_tables_delobj: EBUSY while rules use it.
func (b *Batch) DelObj(o *Object) core.Errno {
	if o.use > 0 {
		return ebusy
	}
	b.removeObj(o)
	return 0
}

func (b *Batch) removeObj(o *Object) {
	t := o.Table
	i := slices.Index(t.Objects, o)
	t.Objects = slices.Delete(slices.Clone(t.Objects), i, i+1)
	delete(t.byObj, objKey{o.Kind, o.Name})
	o.releaseExpr()
	b.log(undo{kind: undoDelObj, table: t, obj: o, at: i})
}

const enfile core.Errno = 23
