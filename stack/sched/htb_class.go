package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// An HtbClass is what tc shows of a class of htb.
type HtbClass struct {
	ID, Parent uint32 // a parent of all ones is the discipline itself
	Config     HtbClassConfig
	Level      int
	Leaf       Discipline // nil: an inner class
	Stats      Stats
	Lends      uint64 // packets at its own cost
	Borrows    uint64
	Tokens     sim.Time
	CTokens    sim.Time
}

// A HtbRefusal is why htb_change_class or htb_delete says no.
type HtbRefusal uint8

// The answers.
const (
	HtbOK      HtbRefusal = iota
	HtbInvalid            // EINVAL without a word
	HtbTooDeep            // "htb: tree is too deep"
	HtbInUse              // "HTB class in use"
	HtbNoClass            // ENOENT
)

// A HtbNote is what the kernel says of a quantum that it does not like, though the
// class is made.
type HtbNote int8

// It is too small, or too big: consider r2q.
const (
	HtbQuantumSmall HtbNote = -1
	HtbQuantumBig   HtbNote = 1
)

// HasClass is htb_search.
func (q *Htb) HasClass(id uint32) bool { return q.classes.find(id) != nil }

// AddClass is htb_change_class for a new class. A parent that was a leaf becomes an
// inner class, and what waited in it is dropped.
func (q *Htb) AddClass(id, parent uint32, c HtbClassConfig) (HtbRefusal, HtbNote) {
	var p *htbClass
	if parent != rootParent {
		p = q.classes.find(parent)
	}
	switch {
	case c.Rate.Bytes == 0 || c.Ceil.Bytes == 0, id == 0, (id^q.handle)&0xffff0000 != 0, q.classes.find(id) != nil:
		return HtbInvalid, 0
	case p != nil && p.parent != nil && p.parent.level < 2:
		return HtbTooDeep, 0
	}
	cl := &htbClass{id: id, parent: p, leaf: leafPfifo(q.Dev), tokens: c.Buffer, ctokens: c.CBuffer, checked: q.Dev.NS.Clock.Now(), mode: htbCanSend}
	if p != nil && p.level == 0 {
		q.leafToInner(p)
	}
	hang(cl.leaf, q, id)
	if p != nil {
		p.children++
	}
	note := q.configure(cl, c)
	q.classes.insert(id, cl)
	return HtbOK, note
}

// leafToInner turns a leaf into an inner class.
func (q *Htb) leafToInner(p *htbClass) {
	q.purged(p.leaf)
	q.deactivate(p)
	if p.mode != htbCanSend {
		q.removeFromWait(p)
		p.mode = htbCanSend
	}
	p.level = htbDepth - 1
	if p.parent != nil {
		p.level = p.parent.level - 1
	}
	p.leaf, p.feed = nil, [htbPrios]htbFeed{}
}

// ChangeClass is htb_change_class for one that exists.
func (q *Htb) ChangeClass(id uint32, c HtbClassConfig) (HtbRefusal, HtbNote) {
	cl := q.classes.find(id)
	if cl == nil || c.Rate.Bytes == 0 || c.Ceil.Bytes == 0 {
		return HtbInvalid, 0
	}
	return HtbOK, q.configure(cl, c)
}

// configure takes the options over.
func (q *Htb) configure(cl *htbClass, c HtbClassConfig) (note HtbNote) {
	c.Rate.precompute()
	c.Ceil.precompute()
	prio := cl.conf.Prio
	cl.conf = c
	if cl.level > 0 {
		cl.conf.Prio = prio
		return 0
	}
	cl.quantum = int(min(c.Rate.Bytes/uint64(q.conf.Rate2Q), 1<<31-1))
	switch {
	case c.Quantum != 0:
		cl.quantum = c.Quantum
	case cl.quantum < 1000:
		cl.quantum, note = 1000, HtbQuantumSmall
	case cl.quantum > 200000:
		cl.quantum, note = 200000, HtbQuantumBig
	}
	cl.conf.Prio = min(c.Prio, htbPrios-1)
	return note
}

// DeleteClass is htb_delete. The parent of the last child is a leaf again.
func (q *Htb) DeleteClass(id uint32) HtbRefusal {
	cl := q.classes.find(id)
	if cl == nil {
		return HtbNoClass
	}
	if cl.children > 0 || cl.filters > 0 {
		return HtbInUse
	}
	if cl.level == 0 {
		q.purged(cl.leaf)
	}
	q.classes.remove(id)
	q.deactivate(cl)
	q.removeFromWait(cl)
	if p := cl.parent; p != nil {
		if p.children--; p.children == 0 && cl.level == 0 {
			q.innerToLeaf(p)
		}
	}
	return HtbOK
}

// innerToLeaf is htb_parent_to_leaf.
func (q *Htb) innerToLeaf(p *htbClass) {
	q.removeFromWait(p)
	p.level, p.leaf = 0, leafPfifo(q.Dev)
	hang(p.leaf, q, p.id)
	p.feed, p.deficit = [htbPrios]htbFeed{}, [htbDepth]int{}
	p.tokens, p.ctokens, p.checked, p.mode = p.conf.Buffer, p.conf.CBuffer, q.Dev.NS.Clock.Now(), htbCanSend
}

// info is htb_dump_class and htb_dump_class_stats.
func (q *Htb) info(cl *htbClass) HtbClass {
	h := HtbClass{ID: cl.id, Parent: rootParent, Config: cl.conf, Level: cl.level, Lends: cl.lends, Borrows: cl.owes, Tokens: cl.tokens, CTokens: cl.ctokens}
	h.Config.Quantum = cl.quantum
	if cl.parent != nil {
		h.Parent = cl.parent.id
	}
	h.Stats = Stats{Bytes: cl.bytes, Packets: cl.packets, Drops: cl.drops, Overlimits: cl.overlimits}
	if cl.level == 0 {
		h.Leaf = cl.leaf
		s := cl.leaf.Stats()
		h.Stats.Backlog, h.Stats.Len = s.Backlog, s.Len
	}
	return h
}

// Class is what is known of a class.
func (q *Htb) Class(id uint32) (HtbClass, bool) {
	if cl := q.classes.find(id); cl != nil {
		return q.info(cl), true
	}
	return HtbClass{}, false
}

// EachClass is htb_walk.
func (q *Htb) EachClass(f func(ClassInfo)) {
	q.classes.each(func(cl *htbClass) {
		h := q.info(cl)
		f(ClassInfo{ID: h.ID, Parent: h.Parent, Leaf: h.Leaf, Stats: h.Stats})
	})
}

// Leaf: see Classful.
func (q *Htb) Leaf(classid uint32) (Discipline, bool) {
	cl := q.classes.find(classid)
	if cl == nil {
		return nil, false
	}
	return cl.leaf, true
}

// Graft is htb_graft; EINVAL: an inner class has no queue.
func (q *Htb) Graft(classid uint32, in Discipline) (Discipline, core.Errno) {
	cl := q.classes.find(classid)
	if cl == nil {
		return nil, step.ENOENT
	}
	if cl.level > 0 {
		return nil, step.EINVAL
	}
	if in == nil {
		in = leafPfifo(q.Dev)
	}
	old := cl.leaf
	cl.leaf = in
	hang(in, q, classid)
	q.purged(old)
	return old, 0
}

// qlenNotify is htb_qlen_notify: the queue of a leaf is empty all of a sudden.
func (q *Htb) qlenNotify(classid uint32) {
	if cl := q.classes.find(classid); cl != nil {
		q.deactivate(cl)
	}
}

// Block, BindFilter, UnbindFilter: see FilterHolder.
func (q *Htb) Block(classid uint32) *Block {
	if classid&0xffff == 0 {
		return &q.block
	}
	if cl := q.classes.find(classid); cl != nil {
		return &cl.block
	}
	return nil
}

// BindFilter is htb_bind_filter.
func (q *Htb) BindFilter(classid uint32) bool {
	cl := q.classes.find(classid)
	if cl != nil {
		cl.filters++
	}
	return cl != nil
}

// UnbindFilter is htb_unbind_filter.
func (q *Htb) UnbindFilter(classid uint32) {
	if cl := q.classes.find(classid); cl != nil && cl.filters > 0 {
		cl.filters--
	}
}
