package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/cls_fw.c.

// A Fw is struct fw_filter: a filter for packets with a mark.
type Fw struct {
	Mark    uint32 // and its number
	Mask    uint32
	ClassID uint32
	Ifindex int
	exts
}

// FwParams are what it is told.
type FwParams struct {
	ClassID    uint32
	ClassGiven bool
	Mask       uint32
	MaskGiven  bool
	InDev      int // ifindex, -1: no such device
	InDevGiven bool
}

func (*FwParams) filterKind() FilterKind { return FilterFw }
func (*FwParams) skipsHW() bool          { return false }

// FilterHandle is its number.
func (f *Fw) FilterHandle() uint32 { return f.Mark }

// fwBuckets is how many lists there are; a listing goes through them in order.
const fwBuckets = 256

// A fw is the filters of one priority. Without a single one, the mark itself names
// the class.
type fw struct {
	some bool
	mask uint32
	list [][]*Fw
}

func fwHash(h uint32) uint32 {
	h ^= h >> 16
	return (h ^ h>>8) % fwBuckets
}

// classify is fw_classify.
func (u *fw) classify(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.FwClassify, b).Out()
	id := b.Mark
	if !u.some {
		h, _ := w.holder.IDs()
		if id == 0 || majorOf(id) != 0 && majorOf(id^h) != 0 {
			return TCActUnspec
		}
		w.res.ClassID = id
		w.whyClass(id)
		return TCActOK
	}
	id &= u.mask
	found := false
	for _, f := range u.list[fwHash(id)] {
		if f.Mark != id {
			continue
		}
		found = true
		w.res.ClassID = f.ClassID
		if !inDev(b, f.Ifindex) {
			w.triedDev(f.Mark, b.IIF, f.Ifindex)
			continue
		}
		w.matched(f.Mark, f.ClassID, len(f.Acts))
		if v := f.exec(w, b); v >= 0 {
			return v
		}
	}
	if !found {
		w.triedMarks(u, b.Mark)
	}
	return TCActUnspec
}

// get is fw_get.
func (u *fw) get(handle uint32) Filter {
	if u.some {
		for _, f := range u.list[fwHash(handle)] {
			if f.Mark == handle {
				return f
			}
		}
	}
	return nil
}

// change is fw_change.
func (u *fw) change(r *FilterReq, tp *Proto, old Filter) (Filter, Refusal) {
	p, ok := r.Opts.(*FwParams)
	if !ok || p == nil {
		if r.Handle != 0 {
			return nil, refuse(step.EINVAL, sayNothing)
		}
		return nil, Refusal{} // the mark names the class
	}
	o, _ := old.(*Fw)
	switch {
	case o == nil && r.Handle == 0:
		return nil, refuse(step.EINVAL, sayNothing)
	case !u.some:
		u.some, u.mask, u.list = true, ^uint32(0), make([][]*Fw, fwBuckets)
		if p.MaskGiven {
			u.mask = p.Mask
		}
	}
	f := &Fw{Mark: r.Handle, Mask: u.mask}
	if o != nil {
		f.Mark, f.Ifindex = o.Mark, o.Ifindex
	}
	e, bad := r.validate(tp)
	if bad.Err != 0 {
		return nil, bad
	}
	switch {
	case p.InDevGiven && p.InDev < 0:
		bad = refuse(step.EINVAL, sayNoInDev)
	case p.MaskGiven && p.Mask != u.mask, !p.MaskGiven && u.mask != ^uint32(0):
		bad = refuse(step.EINVAL, sayNothing)
	}
	if bad.Err != 0 {
		e.destroy(tp.chain.filters.net)
		return nil, bad
	}
	if p.InDevGiven {
		f.Ifindex = p.InDev
	}
	f.exts = e
	if p.ClassGiven {
		f.ClassID = p.ClassID
		tp.setClass(0, p.ClassID)
	}
	l := &u.list[fwHash(f.Mark)]
	if o == nil {
		*l = append([]*Fw{f}, *l...)
		return f, Refusal{}
	}
	for i := range *l {
		if (*l)[i] == o {
			(*l)[i] = f
		}
	}
	u.free(tp, o)
	return f, Refusal{}
}

func (u *fw) free(tp *Proto, f *Fw) {
	tp.setClass(f.ClassID, 0)
	f.exts.destroy(tp.chain.filters.net)
}

// remove is fw_delete.
func (u *fw) remove(tp *Proto, f Filter) (last bool, r Refusal) {
	last = true
	for h := range u.list {
		for i, o := range u.list[h] {
			if Filter(o) == f {
				u.list[h] = append(u.list[h][:i:i], u.list[h][i+1:]...)
				u.free(tp, o)
				break
			}
		}
		last = last && len(u.list[h]) == 0
	}
	return last, Refusal{}
}

// destroy is fw_destroy.
func (u *fw) destroy(tp *Proto) {
	for h := range u.list {
		for _, f := range u.list[h] {
			u.free(tp, f)
		}
		u.list[h] = nil
	}
}

// each is fw_walk.
func (u *fw) each(tp *Proto, f func(Filter)) {
	for _, l := range u.list {
		for _, x := range l {
			f(x)
		}
	}
}

// whyClass tells that the packet's mark is the number of a class.
func (w *walk) whyClass(id uint32) {
	if !w.ns.Listening() {
		return
	}
	var a [2]uint64
	pack(a[:], appendClass(nil, id))
	w.ns.Why(step.WhyTcClass, a[:]...)
}

// triedMarks tells that no filter has the packet's mark.
func (w *walk) triedMarks(u *fw, mark uint32) {
	if !w.ns.Listening() {
		return
	}
	for _, l := range u.list {
		for _, f := range l {
			want := appendNum([]byte(hexMark), uint64(f.Mark), 16)
			if u.mask != ^uint32(0) {
				want = appendNum(append(want, underMask...), uint64(u.mask), 16)
			}
			w.tried(step.TryTcHex, f.Mark, []byte(markName), want, uint64(mark))
		}
	}
}
