package nftables

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
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
	bad    []*Table // with a rule that may not stand where it stands
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

// Validate is nft_table_validate, as the kernel asks after each message about a
// table's rules or elements once it knows that a rule may not stand where it stands.
// 0 if none is known of this table.
func (b *Batch) Validate(t *Table) core.Errno {
	if !slices.Contains(b.bad, t) {
		return 0
	}
	return b.s.validateAll(t)
}

// Invalid is nf_tables_validate at the end: does a rule still stand at a wrong place?
// Then the kernel does the batch once more, to find out which (NFNL_BATCH_REPLAY).
func (b *Batch) Invalid() bool {
	return slices.ContainsFunc(b.bad, func(t *Table) bool { return b.s.validateAll(t) != 0 })
}

// Abort is nf_tables_abort: all is as it was at Begin. Handles stay used up, twice
// if the kernel did the batch once more.
func (b *Batch) Abort(replayed bool) {
	b.takeBack()
	if !replayed {
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

const enfile core.Errno = 23
