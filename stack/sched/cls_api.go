package sched

import "github.com/packetwalk/packetwalk/stack/core"

// Read before editing: include/uapi/linux/pkt_cls.h, net/sched/cls_api.c
// (tcf_classify, tcf_bind_filter), include/net/sch_generic.h (Qdisc_class_ops).
//
// What lies between the disciplines and the filters. A discipline with classes asks
// the filters of a Block; the filters are cls_*.go, their actions act_*.go.

// A Verdict is what filters and their actions say of a packet (TC_ACT_*).
type Verdict int32

// The verdicts. Unspec: no filter matched.
const (
	TCActUnspec Verdict = iota - 1
	TCActOK
	TCActReclassify
	TCActShot
	TCActPipe
	TCActStolen
	TCActQueued
	TCActRepeat
	TCActRedirect
	TCActTrap
)

// A Result is struct tcf_result: the class that the matching filter names, 0 if it
// names none, and why the packet goes if the verdict is TCActShot.
type Result struct {
	ClassID uint32
	Drop    core.DropReason
}

// A Classifier is a list of filters (tcf_classify). The packet stays the caller's
// whatever the verdict: after TCActStolen, TCActQueued and TCActTrap too, it is the
// caller who frees it, and who tells nobody of a loss (an action that needs the packet
// takes a clone).
type Classifier interface {
	Classify(ns *core.Netns, b *core.SKB) (Verdict, Result)
}

// A Block is struct tcf_block as a discipline or a class holds it: the place where
// filters hang. Shared blocks are left out.
type Block struct {
	Filters Classifier // nil: none
}

// Classify is tcf_classify for a block that may be empty.
func (k *Block) Classify(ns *core.Netns, b *core.SKB) (Verdict, Result) {
	if k == nil || k.Filters == nil {
		return TCActUnspec, Result{}
	}
	return k.Filters.Classify(ns, b)
}

// A FilterHolder is a discipline on which filters can hang (Qdisc_class_ops:
// tcf_block, bind_tcf, unbind_tcf).
type FilterHolder interface {
	Discipline
	// Block is the place of the filters of a class; classid 0, or the discipline's
	// own handle, is the discipline itself. nil: the class does not exist, or takes
	// no filters.
	Block(classid uint32) *Block
	// BindFilter notes that a filter leads to the class, which may not be deleted
	// then; it reports whether the class exists (a classid of one that does not is
	// looked up again for each packet).
	BindFilter(classid uint32) bool
	UnbindFilter(classid uint32)
}

// Lookup is qdisc_lookup: the discipline of a device with that handle (major<<16),
// the root's tree and the ingress side; nil if there is none.
func Lookup(d *core.Device, handle uint32) Discipline {
	if q, ok := d.Qdisc.(Discipline); ok {
		if f := lookup(q, handle); f != nil {
			return f
		}
	}
	if q, ok := d.Ingress.(Discipline); ok {
		if h, _ := q.IDs(); h == handle {
			return q
		}
	}
	return nil
}

// lookup searches a discipline and those that hang below it.
func lookup(q Discipline, handle uint32) (found Discipline) {
	if h, _ := q.IDs(); h == handle {
		return q
	}
	if c, ok := q.(Classful); ok {
		c.EachClass(func(i ClassInfo) {
			if found == nil && i.Leaf != nil {
				found = lookup(i.Leaf, handle)
			}
		})
	}
	return found
}

// A Classful is a discipline with classes (Qdisc_class_ops).
type Classful interface {
	Discipline
	// EachClass calls f for every class, in the order in which tc lists them.
	EachClass(f func(ClassInfo))
	// Leaf is the discipline below a class, nil if there is none; ok reports that the
	// class exists (find, leaf).
	Leaf(classid uint32) (leaf Discipline, ok bool)
	// Graft hangs a discipline below a class and gives the old one back (graft);
	// ENOENT: there is no such class. A nil q puts the default in its place, or noop.
	Graft(classid uint32, q Discipline) (old Discipline, err core.Errno)
}

// A ClassInfo is what tc asks of a class: its numbers, and what hangs below it.
type ClassInfo struct {
	ID, Parent uint32
	Leaf       Discipline // nil: none
	Stats      Stats
	NoStats    bool // it keeps none
}
