package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
)

// Read before editing: net/netfilter/x_tables.c, iptable_filter.c and its sisters.

// A Tables is struct xt_pernet and what extensions keep of a namespace.
type Tables struct {
	ns    *core.Netns
	List  []*Table // in order of creation
	Gen   uint32   // how often tables were made or replaced
	pass  uint64
	sets  []*IPSet
	hash  []*HashTable
	lists []*RecentTable

	params []*Param `fork:"zero"` // lent to packets that pass tables
	nparam int      `fork:"zero"`

	teeActive bool // nf_skb_duplicated: a copy is on its way
	syn       *synproxyNet
}

// Of is the tables of a namespace; it makes the (empty) list of them.
func Of(ns *core.Netns) *Tables {
	x, _ := ns.XTables.(*Tables)
	if x == nil {
		x = &Tables{ns: ns}
		ns.XTables = x
	}
	return x
}

// Seen is Of without making anything: nil if no table was ever used.
func Seen(ns *core.Netns) *Tables { x, _ := ns.XTables.(*Tables); return x }

// NS is the namespace.
func (x *Tables) NS() *core.Netns { return x.ns }

// A Table is struct xt_table with its present struct xt_table_info.
type Table struct {
	Family core.Family // NFIPv4, NFIPv6
	Name   string
	Chains []*Chain // the built-in ones first, in order of their hooks

	x      *Tables
	hook   *tableHook
	byHook [core.NumHooks]*Chain // its built-in chains
}

// A place is one hook of a kind of table.
type place struct {
	hook core.HookNum
	prio int
}

// kind is what a table's name stands for (struct xt_table packet_filter …).
type kind struct {
	name   string
	nat    bool
	places []place
}

var kinds = [...]kind{
	{TableFilter, false, []place{{core.LocalIn, core.PriFilter}, {core.Forward, core.PriFilter}, {core.LocalOut, core.PriFilter}}},
	{TableMangle, false, []place{{core.PreRouting, core.PriMangle}, {core.LocalIn, core.PriMangle}, {core.Forward, core.PriMangle}, {core.LocalOut, core.PriMangle}, {core.PostRouting, core.PriMangle}}},
	{TableNAT, true, []place{{core.PreRouting, core.PriNatDst}, {core.LocalIn, core.PriNatSrc}, {core.LocalOut, core.PriNatDst}, {core.PostRouting, core.PriNatSrc}}},
	{TableRaw, false, []place{{core.PreRouting, core.PriRaw}, {core.LocalOut, core.PriRaw}}},
	{TableSecurity, false, []place{{core.LocalIn, core.PriSecurity}, {core.Forward, core.PriSecurity}, {core.LocalOut, core.PriSecurity}}},
}

func kindOf(name string) *kind {
	for i := range kinds {
		if kinds[i].name == name {
			return &kinds[i]
		}
	}
	return nil
}

// Names are the tables that exist, in alphabetic order.
func Names() []string {
	return []string{TableFilter, TableMangle, TableNAT, TableRaw, TableSecurity}
}

// Find is xt_find_table: nil if the table was not used yet.
func (x *Tables) Find(f core.Family, name string) *Table {
	for _, t := range x.List {
		if t.Family == f && t.Name == name {
			return t
		}
	}
	return nil
}

// Table is xt_find_table_lock: the table, made and registered at its hooks when it
// is used first (iptable_filter_table_init …): empty, its policies are ACCEPT.
// ENOENT: there is no such table.
func (x *Tables) Table(f core.Family, name string) (*Table, core.Errno) {
	if t := x.Find(f, name); t != nil {
		return t, 0
	}
	k := kindOf(name)
	if k == nil || f != core.NFIPv4 && f != core.NFIPv6 {
		return nil, enoent
	}
	t := &Table{Family: f, Name: name, x: x}
	for _, p := range k.places {
		t.Chains = append(t.Chains, &Chain{Name: hookNames[p.hook], Builtin: true, Hook: p.hook, Policy: Accept, table: t})
	}
	t.index()
	x.List = append(x.List, t)
	x.Gen++
	t.register(k)
	return t, 0
}

// register is ipt_register_table's nf_register_net_hooks, of nat
// ipt_nat_register_lookups.
func (t *Table) register(k *kind) {
	t.hook = &tableHook{t}
	for _, p := range k.places {
		if k.nat {
			nat.AddChain(t.x.ns, t.Family, p.hook, p.prio, t.hook)
		} else {
			t.x.ns.AddHook(t.Family, p.hook, p.prio, t.hook)
		}
	}
}

// Get is IPT_SO_GET_ENTRIES: the chains as they are now, to be changed and given
// to Replace. The chains are copies; the rules are the table's own: put another
// Rule in the place of one that shall change. Counters may be changed.
func (t *Table) Get() *Replace {
	r := &Replace{Chains: make([]*Chain, len(t.Chains))}
	for i, c := range t.Chains {
		n := *c
		n.Rules = append([]*Rule(nil), c.Rules...)
		n.table = nil
		r.Chains[i] = &n
	}
	return r
}

// Chain is the chain of a name, nil if there is none.
func (t *Table) Chain(name string) *Chain {
	for _, c := range t.Chains {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// builtin is the chain of a hook, nil if the table has none there.
func (t *Table) builtin(h core.HookNum) *Chain { return t.byHook[h] }
