package nftables

import "github.com/packetwalk/packetwalk/stack/core"

// Read before editing: nf_tables_commit, and nf_tables_table_notify and its
// sisters, of nf_tables_api.c.

// A ChangeKind says what a Change is about.
type ChangeKind uint8

// The kinds of Changes.
const (
	ChangeTable ChangeKind = iota
	ChangeChain
	ChangeRule
	ChangeSet
	ChangeElem
	ChangeObj
)

// A Change is one message that the kernel multicasts when a transaction is done
// (NFT_MSG_NEWTABLE, NFT_MSG_DELRULE and so on). What it names may be changed no
// more, but is there.
type Change struct {
	Kind   ChangeKind
	Del    bool
	Excl   bool   // NLM_F_EXCL: nft create
	Insert bool   // of a rule: not at the end (no NLM_F_APPEND)
	Echo   bool   // NLM_F_ECHO: who asked for it is told
	After  uint64 // of a rule between others: the handle of the one before it

	Table *Table
	Chain *Chain
	Rule  *Rule
	Set   *Set
	Elem  *Elem
	Obj   *Object
}

// A Watcher is told what transactions change (nft monitor): the changes in order,
// and which process asked for them.
type Watcher interface {
	NftChanged(ns *core.Netns, l []Change, who Process)
}

// A Process is who changes rules.
type Process struct {
	PID  int
	Name string
}

// A How is in what way changes of a Batch are asked for (the flags of a netlink
// message).
type How struct{ Excl, Insert, Echo bool }

// AddWatcher has w told of changes, until RemoveWatcher.
func (s *Tables) AddWatcher(w Watcher) { s.watch = append(s.watch, w) }

// RemoveWatcher takes w off.
func (s *Tables) RemoveWatcher(w Watcher) {
	for i := range s.watch {
		if s.watch[i] == w {
			s.watch = append(s.watch[:i:i], s.watch[i+1:]...)
			return
		}
	}
}

// Changes are what the transaction has changed so far. Elements go without a word
// where their set goes, and anonymous sets come without one.
func (b *Batch) Changes() []Change {
	gone := map[*Set]bool{}
	for i := range b.undo {
		if u := &b.undo[i]; u.kind == undoDelSet {
			gone[u.set] = true
		}
	}
	var l []Change
	for i := range b.undo {
		u := &b.undo[i]
		c := Change{Excl: u.how.Excl, Insert: u.how.Insert, Echo: u.how.Echo, Table: u.table, Chain: u.chain, Rule: u.rule, Set: u.set, Elem: u.elem, Obj: u.obj}
		switch u.kind {
		case undoAddTable, undoDelTable, undoDormant:
			c.Kind, c.Del = ChangeTable, u.kind == undoDelTable
		case undoAddChain, undoDelChain, undoBase, undoDevices, undoRename, undoSameChain:
			c.Kind, c.Del, c.Table = ChangeChain, u.kind == undoDelChain, u.chain.Table
		case undoAddRule, undoDelRule:
			c.Kind, c.Del, c.Table = ChangeRule, u.kind == undoDelRule, u.chain.Table
			if !c.Del {
				c.After = u.rule.before()
			}
		case undoAddSet, undoDelSet, undoSameSet:
			c.Kind, c.Del, c.Table = ChangeSet, u.kind == undoDelSet, u.set.Table
			if !c.Del && u.set.Anon {
				continue
			}
		case undoAddElem, undoDelElem:
			c.Kind, c.Del, c.Table = ChangeElem, u.kind == undoDelElem, u.set.Table
			if u.set.Anon || c.Del && gone[u.set] {
				continue
			}
		case undoUpdateObj:
			c.Kind, c.Table = ChangeObj, u.obj.Table
		case undoAddFlow, undoDelFlow, undoFlowDevices:
			continue // nft 1.0.6 says nothing of flow tables
		case undoAddObj, undoDelObj:
			c.Kind, c.Del, c.Table = ChangeObj, u.kind == undoDelObj, u.obj.Table
		}
		l = append(l, c)
	}
	return l
}

// before is the handle of the rule before this one, 0 where it is the first or the
// last of its chain (nf_tables_rule_notify).
func (r *Rule) before() uint64 {
	l := r.Chain.Rules
	for i := len(l) - 2; i > 0; i-- {
		if l[i] == r {
			return l[i-1].Handle
		}
	}
	return 0
}

// Replace is nf_tables_newrule with NLM_F_REPLACE: r takes the place and the
// handle of another rule of the chain.
func (b *Batch) Replace(old, r *Rule) core.Errno {
	c := old.Chain
	at := 0
	for at < len(c.Rules) && c.Rules[at] != old {
		at++
	}
	r.Chain = c
	if e := r.hold(); e != 0 {
		return e
	}
	if e := b.DelRule(old); e != 0 {
		r.release()
		return e
	}
	r.Handle = old.Handle
	return b.place(c, at, r)
}
