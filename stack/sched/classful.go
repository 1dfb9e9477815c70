package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// What disciplines with classes have in common.

// taken reports that a verdict ends the packet, and what the sender is told: a
// stolen packet is no loss.
func taken(v Verdict) (gone bool, rc int) {
	switch v {
	case TCActStolen, TCActQueued, TCActTrap:
		return true, core.NetXmitSuccess | core.NetXmitStolen
	case TCActShot:
		return true, core.NetXmitSuccess | core.NetXmitBypass
	}
	return false, 0
}

// Reason is why a packet that a filter stopped is freed.
func (r Result) Reason() core.DropReason {
	if r.Drop != step.NotDropped {
		return r.Drop
	}
	return step.DropQdiscDrop
}

// gone frees a packet that no class takes.
func (q *qdisc) gone(b *core.SKB, rc int, why core.DropReason) int {
	if rc&core.NetXmitBypass != 0 {
		q.drops++
	}
	q.Dev.Refuse(b, why)
	return rc
}

// A classHash is struct Qdisc_class_hash: it says in which order classes are listed.
type classHash[T any] struct {
	bucket [][]classEntry[T]
	n      int
}

type classEntry[T any] struct {
	id uint32
	c  *T
}

func (h *classHash[T]) at(id uint32) *[]classEntry[T] {
	if h.bucket == nil {
		h.bucket = make([][]classEntry[T], 4)
	}
	id ^= id >> 8
	id ^= id >> 4
	return &h.bucket[id&uint32(len(h.bucket)-1)]
}

// find is qdisc_class_find.
func (h *classHash[T]) find(id uint32) *T {
	for _, e := range *h.at(id) {
		if e.id == id {
			return e.c
		}
	}
	return nil
}

// insert is qdisc_class_hash_insert, and qdisc_class_hash_grow.
func (h *classHash[T]) insert(id uint32, c *T) {
	l := h.at(id)
	*l = append([]classEntry[T]{{id, c}}, *l...)
	if h.n++; h.n*4 <= len(h.bucket)*3 {
		return
	}
	old := h.bucket
	h.bucket = make([][]classEntry[T], 2*len(old))
	for _, l := range old {
		for _, e := range l {
			to := h.at(e.id)
			*to = append([]classEntry[T]{e}, *to...)
		}
	}
}

// remove is qdisc_class_hash_remove.
func (h *classHash[T]) remove(id uint32) {
	l := h.at(id)
	for i, e := range *l {
		if e.id == id {
			copy((*l)[i:], (*l)[i+1:])
			(*l)[len(*l)-1] = classEntry[T]{}
			*l = (*l)[:len(*l)-1]
			h.n--
			return
		}
	}
}

// each calls f for every class in the order of the table.
func (h *classHash[T]) each(f func(*T)) {
	for _, l := range h.bucket {
		for _, e := range l {
			f(e.c)
		}
	}
}
