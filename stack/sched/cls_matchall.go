package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/cls_matchall.c.

// A Matchall is struct cls_mall_head: a filter that every packet matches. Hits counts
// them.
type Matchall struct {
	Handle  uint32
	ClassID uint32
	SkipHW  bool
	Hits    uint64
	exts
}

// MatchallParams are what it is told.
type MatchallParams struct {
	ClassID    uint32
	ClassGiven bool
	SkipHW     bool
}

func (*MatchallParams) filterKind() FilterKind { return FilterMatchall }
func (p *MatchallParams) skipsHW() bool        { return p.SkipHW }

// FilterHandle is its number.
func (f *Matchall) FilterHandle() uint32 { return f.Handle }

// A matchall is the one filter of its priority.
type matchall struct{ head *Matchall }

// classify is mall_classify.
func (m *matchall) classify(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.MallClassify, b).Out()
	f := m.head
	if f == nil {
		return TCActUnspec
	}
	w.res.ClassID = f.ClassID
	f.Hits++
	w.matched(f.Handle, f.ClassID, len(f.Acts))
	return f.exec(w, b)
}

// get is mall_get.
func (m *matchall) get(handle uint32) Filter {
	if m.head != nil && m.head.Handle == handle {
		return m.head
	}
	return nil
}

// change is mall_change.
func (m *matchall) change(r *FilterReq, tp *Proto, old Filter) (Filter, Refusal) {
	p, ok := r.Opts.(*MatchallParams)
	switch {
	case !ok || p == nil:
		return nil, refuse(step.EINVAL, sayNothing)
	case m.head != nil:
		return nil, refuse(step.EEXIST, sayNothing)
	}
	e, bad := r.validate(tp)
	if bad.Err != 0 {
		return nil, bad
	}
	f := &Matchall{Handle: max(1, r.Handle), SkipHW: p.SkipHW, exts: e}
	if p.ClassGiven {
		f.ClassID = p.ClassID
		tp.setClass(0, p.ClassID)
	}
	m.head = f
	return f, Refusal{}
}

// remove is mall_delete.
func (m *matchall) remove(tp *Proto, f Filter) (last bool, r Refusal) { return true, Refusal{} }

// destroy is mall_destroy.
func (m *matchall) destroy(tp *Proto) {
	if f := m.head; f != nil {
		tp.setClass(f.ClassID, 0)
		f.exts.destroy(tp.chain.filters.net)
		m.head = nil
	}
}

// each is mall_walk.
func (m *matchall) each(tp *Proto, f func(Filter)) {
	if m.head != nil {
		f(m.head)
	}
}
