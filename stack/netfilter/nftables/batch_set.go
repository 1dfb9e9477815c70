package nftables

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
)

func (t *Table) dropSet(s *Set) {
	t.Sets = slices.DeleteFunc(slices.Clone(t.Sets), func(o *Set) bool { return o == s })
	delete(t.setByID, s.Name)
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
	if e.Verdict.Chain != nil && s.use > 0 && !slices.Contains(b.bad, s.Table) && b.s.validateAll(s.Table) != 0 {
		b.bad = append(b.bad, s.Table)
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
