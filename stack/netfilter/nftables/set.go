package nftables

import (
	"bytes"
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// Read before editing: nf_tables_api.c (nft_add_set_elem), nft_set_hash.c,
// nft_set_rbtree.c, nft_set_pipapo.c.

// A Set is struct nft_set: values, or (a map) values with data. Keys are the
// bytes of a register, each part of a concatenation filled up to 4 bytes.
type Set struct {
	Table   *Table
	Name    string
	Handle  uint64
	Comment string
	Anon    bool // of one rule: NFT_SET_ANONYMOUS

	Constant   bool
	Interval   bool
	Map        bool
	Verdicts   bool    // a map to verdicts
	ObjMap     bool    // a map to objects
	ObjKind    ObjKind // of these
	Dynamic    bool    // rules may change it
	HasTimeout bool
	Timeout    sim.Time // of elements that say nothing else, 0: none
	GC         sim.Time // interval
	Size       int      // elements at most, 0: any number
	Exprs      []Expr   // every element gets a copy

	KeyLen  int   // bytes, padded
	Parts   []int // of a concatenation: bytes of each, not padded
	DataLen int
	Text    any `fork:"share"` // types and such, for listings; not the engine's

	use      int
	catchall *Elem
	hash     hashSet
	ranges   rangeSet
	Policy   uint8 // 0: performance (default), 1: memory; for listings
	PolSet   bool
	AutoMerg bool // auto-merge: userspace joins intervals
}

// Use is how many rules refer to it.
func (s *Set) Use() int { return s.use }

// An Elem is struct nft_set_ext: one element. To is the end of an interval,
// the same as Key else. What is rare is in More.
type Elem struct {
	Key, To []byte
	Data    []byte // of a map, or with DataTo an interval of a map: not modelled
	More    *ElemMore
	Verdict Verdict // of a verdict map
}

// ElemMore is what few elements have.
type ElemMore struct {
	Timeout    sim.Time // its own; 0 if the set's
	HasTimeout bool     // Timeout is its own
	Expires    sim.Time // a moment, 0: never
	Exprs      []Expr
	Comment    string
	Object     *Object
	Text       any `fork:"share"`
}

func (e *Elem) more() *ElemMore {
	if e.More == nil {
		e.More = new(ElemMore)
	}
	return e.More
}

// expired is nft_set_elem_expired.
func (e *Elem) expired(now sim.Time) bool {
	return e.More != nil && e.More.Expires != 0 && now >= e.More.Expires
}

// Len is how many elements there are.
func (s *Set) Len() int {
	n := s.hash.n + len(s.ranges.elems)
	if s.catchall != nil {
		n++
	}
	return n
}

// find is nft_set_ops.lookup: the element that has the key, nil if none.
func (s *Set) find(key []byte) *Elem {
	if s.Interval {
		return s.ranges.find(s, key)
	}
	return s.hash.find(key)
}

// Lookup is nft_set_do_lookup with nft_set_catchall_lookup: nil if the set does
// not have the key.
func (s *Set) Lookup(key []byte) *Elem {
	e := s.find(key)
	now := s.Table.s.ns.Clock.Now()
	if e == nil || e.expired(now) {
		e = s.catchall
		if e != nil && e.expired(now) {
			e = nil
		}
	}
	return e
}

// Get finds the element that was put in with exactly this key (and end), nil if
// there is none; key nil is the catchall element.
func (s *Set) Get(key, to []byte) *Elem {
	switch {
	case key == nil:
		return s.catchall
	case s.Interval:
		return s.ranges.exact(key, to)
	}
	return s.hash.find(key)
}

// Each calls f for every element in order of their keys as bytes (intervals of a
// concatenation: as they came, nft_pipapo_walk), until f returns false. Elements
// whose time is over are left out.
func (s *Set) Each(f func(e *Elem) bool) {
	now := s.Table.s.ns.Clock.Now()
	var l []*Elem
	if s.Interval {
		s.ranges.sort(s)
		l = s.ranges.elems
		if len(s.Parts) > 1 {
			l = s.ranges.came
		}
	} else {
		l = s.hash.list()
		slices.SortFunc(l, func(a, b *Elem) int { return bytes.Compare(a.Key, b.Key) })
	}
	for _, e := range l {
		if !e.expired(now) && !f(e) {
			return
		}
	}
	if e := s.catchall; e != nil && !e.expired(now) {
		f(e)
	}
}

// insert puts an element in: EEXIST if its key is there already, or overlaps.
func (s *Set) insert(e *Elem) core.Errno {
	now := s.Table.s.ns.Clock.Now()
	if e.Key == nil {
		if s.catchall != nil && !s.catchall.expired(now) {
			return eexist
		}
		s.catchall = e
		return 0
	}
	if s.Interval {
		if o := s.ranges.overlap(s, e, now); o != 0 {
			return o
		}
		s.ranges.add(s, e)
		return 0
	}
	if o := s.hash.find(e.Key); o != nil {
		if !o.expired(now) {
			return eexist
		}
		s.hash.remove(o.Key)
	}
	s.hash.add(e)
	return 0
}

func (s *Set) remove(e *Elem) {
	switch {
	case e.Key == nil:
		s.catchall = nil
	case s.Interval:
		s.ranges.remove(e)
	default:
		s.hash.remove(e.Key)
	}
}

// gc throws away what is over (nft_rhash_gc); it is called where it can be seen
// only: before the set is full.
func (s *Set) gc() {
	if !s.HasTimeout {
		return
	}
	now := s.Table.s.ns.Clock.Now()
	if s.Interval {
		s.ranges.elems = slices.DeleteFunc(s.ranges.elems, func(e *Elem) bool { return e.expired(now) })
		s.ranges.came = slices.DeleteFunc(s.ranges.came, func(e *Elem) bool { return e.expired(now) })
		s.ranges.dirty = true
		return
	}
	for _, e := range s.hash.list() {
		if e.expired(now) {
			s.hash.remove(e.Key)
		}
	}
}

// Reserve makes room for n more elements, which saves the hash table from growing
// many times.
func (s *Set) Reserve(n int) {
	if !s.Interval {
		s.hash.grow(n)
	}
}
