package nftables

import (
	"bytes"
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// A rangeSet is nft_rbtree, and for concatenations nft_pipapo: intervals, in
// order of where the first part begins. far is the greatest end of the first
// part of all up to this one, so that a search knows when to stop.
type rangeSet struct {
	elems []*Elem
	came  []*Elem // of concatenations: in the order in which they came
	far   [][]byte
	from  []uint64 // where each begins, of keys up to 8 bytes
	dirty bool
	stale bool // from is to be made anew
}

// first is how long the first part is.
func (s *Set) first() int {
	if len(s.Parts) > 0 {
		return s.Parts[0]
	}
	return s.KeyLen
}

func (r *rangeSet) sort(s *Set) {
	if !r.dirty && !r.stale {
		return
	}
	r.dirty, r.stale = false, false
	if !slices.IsSortedFunc(r.elems, byKey) {
		slices.SortStableFunc(r.elems, byKey)
	}
	n := s.first()
	r.far, r.from = r.far[:0], r.from[:0]
	if len(s.Parts) <= 1 && s.KeyLen <= 8 {
		for _, e := range r.elems {
			r.from = append(r.from, number(e.Key))
		}
	}
	if len(s.Parts) > 1 {
		var far []byte
		for _, e := range r.elems {
			if t := e.To[:n]; far == nil || bytes.Compare(t, far) > 0 {
				far = t
			}
			r.far = append(r.far, far)
		}
	}
}

func byKey(a, b *Elem) int {
	if d := bytes.Compare(a.Key, b.Key); d != 0 {
		return d
	}
	return bytes.Compare(a.To, b.To)
}

// find is nft_rbtree_lookup, nft_pipapo_lookup.
func (r *rangeSet) find(s *Set, key []byte) *Elem {
	r.sort(s)
	n := s.first()
	lo, hi := 0, len(r.elems)
	if len(r.from) == hi {
		for k := number(key); lo < hi; {
			m := int(uint(lo+hi) >> 1)
			if r.from[m] <= k {
				lo = m + 1
			} else {
				hi = m
			}
		}
	}
	for lo < hi {
		m := int(uint(lo+hi) >> 1)
		if bytes.Compare(r.elems[m].Key[:n], key[:n]) <= 0 {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if len(s.Parts) <= 1 {
		if lo > 0 && bytes.Compare(key, r.elems[lo-1].To) <= 0 {
			return r.elems[lo-1]
		}
		return nil
	}
	for i := lo - 1; i >= 0; i-- {
		if bytes.Compare(r.far[i], key[:n]) < 0 {
			return nil
		}
		if e := r.elems[i]; s.within(e, key) {
			return e
		}
	}
	return nil
}

// within reports whether each part of the key lies in the element's.
func (s *Set) within(e *Elem, key []byte) bool {
	at := 0
	for _, n := range s.Parts {
		k := key[at : at+n]
		if bytes.Compare(k, e.Key[at:at+n]) < 0 || bytes.Compare(k, e.To[at:at+n]) > 0 {
			return false
		}
		at += (n + 3) &^ 3
	}
	return true
}

// overlap reports EEXIST if the interval meets another one. (A whole interval
// that is there already is EEXIST, too.)
func (r *rangeSet) overlap(s *Set, e *Elem, now sim.Time) core.Errno {
	if len(s.Parts) > 1 {
		if o := r.find(s, e.Key); o != nil && !o.expired(now) {
			return eexist
		}
		if o := r.find(s, e.To); o != nil && !o.expired(now) {
			return eexist
		}
		return 0
	}
	if n := len(r.elems); n > 0 && !r.dirty && bytes.Compare(r.elems[n-1].To, e.Key) < 0 {
		return 0 // in order: the usual case when many are put in
	}
	r.sort(s)
	i, _ := slices.BinarySearchFunc(r.elems, e.Key, func(a *Elem, k []byte) int { return bytes.Compare(a.To, k) })
	if i < len(r.elems) && bytes.Compare(r.elems[i].Key, e.To) <= 0 && !r.elems[i].expired(now) {
		return eexist
	}
	return 0
}

func (r *rangeSet) add(s *Set, e *Elem) {
	if n := len(r.elems); len(s.Parts) <= 1 && !r.dirty && (n == 0 || bytes.Compare(r.elems[n-1].Key, e.Key) < 0) {
		r.elems = append(r.elems, e)
		r.stale = true
		return
	}
	r.elems = append(r.elems, e)
	r.dirty = true
	if len(s.Parts) > 1 {
		r.came = append(r.came, e)
	}
}

func (r *rangeSet) exact(key, to []byte) *Elem {
	for _, e := range r.elems {
		if bytes.Equal(e.Key, key) && (to == nil || bytes.Equal(e.To, to)) {
			return e
		}
	}
	return nil
}

func (r *rangeSet) remove(e *Elem) {
	if i := slices.Index(r.came, e); i >= 0 {
		r.came = slices.Delete(r.came, i, i+1)
	}
	for i, o := range r.elems {
		if o == e {
			r.elems = append(r.elems[:i:i], r.elems[i+1:]...)
			r.dirty = true
			return
		}
	}
}
