package nftables

import (
	"bytes"
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
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

// A hashSet is nft_rhash and its sisters: open addressing, at most half full.
type hashSet struct {
	slots []slot
	n     int
	mask  uint32
}

// A slot has the key itself, if it is no longer than 8 bytes, else its hash.
type slot struct {
	k uint64
	e *Elem
}

func mix(h uint64) uint32 {
	h *= 0x9e3779b97f4a7c15
	h ^= h >> 32
	h *= 0xd6e8feb86659fd93
	return uint32(h >> 32)
}

// keyOf is what a slot has of a key.
func keyOf(key []byte) uint64 {
	switch len(key) {
	case 2:
		return uint64(be16(key))
	case 4:
		return uint64(be32(key))
	}
	if len(key) <= 8 {
		return number(key)
	}
	h := uint64(len(key))
	for len(key) >= 4 {
		h = (h ^ uint64(be32(key))) * 0xd6e8feb86659fd93
		h ^= h >> 32
		key = key[4:]
	}
	for _, c := range key {
		h = (h ^ uint64(c)) * 0xd6e8feb86659fd93
		h ^= h >> 32
	}
	return h
}

func (h *hashSet) place(key []byte) (uint32, bool) {
	k := keyOf(key)
	for i := mix(k) & h.mask; ; i = (i + 1) & h.mask {
		s := &h.slots[i]
		if s.e == nil {
			return i, false
		}
		if s.k == k && (len(key) <= 8 || bytes.Equal(s.e.Key, key)) {
			return i, true
		}
	}
}

func (h *hashSet) find(key []byte) *Elem {
	if h.n == 0 {
		return nil
	}
	i, _ := h.place(key)
	return h.slots[i].e
}

// Reserve makes room for n more elements, which saves the hash table from growing
// many times.
func (s *Set) Reserve(n int) {
	if !s.Interval {
		s.hash.grow(n)
	}
}

func (h *hashSet) grow(n int) {
	size := max(8, len(h.slots))
	for 2*(h.n+n) > size {
		size *= 2
	}
	if size == len(h.slots) {
		return
	}
	old := h.slots
	h.slots = make([]slot, size)
	h.mask = uint32(size - 1)
	for _, o := range old {
		if o.e != nil {
			h.put(o)
		}
	}
}

func (h *hashSet) add(e *Elem) {
	if 2*(h.n+1) > len(h.slots) {
		h.grow(1)
	}
	h.put(slot{keyOf(e.Key), e})
	h.n++
}

func (h *hashSet) put(s slot) {
	i := mix(s.k) & h.mask
	for h.slots[i].e != nil {
		i = (i + 1) & h.mask
	}
	h.slots[i] = s
}

func (h *hashSet) remove(key []byte) {
	if h.n == 0 {
		return
	}
	i, ok := h.place(key)
	if !ok {
		return
	}
	h.n--
	for j := i; ; { // close the gap
		h.slots[i] = slot{}
		for {
			j = (j + 1) & h.mask
			if h.slots[j].e == nil {
				return
			}
			k := mix(h.slots[j].k) & h.mask
			if (i <= j && (i < k && k <= j)) || (i > j && (i < k || k <= j)) {
				continue
			}
			break
		}
		h.slots[i], i = h.slots[j], j
	}
}

func (h *hashSet) list() []*Elem {
	l := make([]*Elem, 0, h.n)
	for i := range h.slots {
		if e := h.slots[i].e; e != nil {
			l = append(l, e)
		}
	}
	return l
}

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

// Lookup is nft_lookup: go on if the set has the value; of a map, put its data
// into a register, or do its verdict.
type Lookup struct {
	Set    *Set
	Src    uint8
	Dst    uint8
	Data   bool // of a map
	Invert bool
	Say    *Saying `fork:"share"`
	Len    uint8   // of the first part, for the reader
}

func (e *Lookup) saying() (*Saying, uint8, int) { return e.Say, e.Src, int(e.Len) }

// Eval is nft_lookup_eval.
func (e *Lookup) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftLookupEval, p.b).Out()
	s := e.Set
	el := s.Lookup(r.at(e.Src, s.KeyLen))
	if p.ns.Listening() {
		e.why(p, el != nil)
	}
	if (el != nil) == e.Invert {
		r.Code = Break
		return
	}
	if el == nil {
		return
	}
	if e.Data {
		if s.Verdicts {
			r.Verdict = el.Verdict
		} else {
			copy(r.padded(e.Dst, len(el.Data)), el.Data)
		}
	}
	el.update(r, p)
}

func (e *Lookup) why(p *Pkt, found bool) {
	w := make([]uint64, 4, 5)
	pack(w, e.Set.Name)
	w = append(w, uint64(e.Set.Len()))
	if found {
		p.ns.Why(step.WhyNftFound, w...)
	} else {
		p.ns.Why(step.WhyNftNotFound, w...)
	}
}

// update is nft_set_elem_update_expr: the element's own counter and such.
func (e *Elem) update(r *Regs, p *Pkt) {
	if e.More == nil {
		return
	}
	for _, x := range e.More.Exprs {
		x.Eval(r, p)
		if r.Code == Break {
			return
		}
	}
}

func (e *Lookup) hold(t *Table) core.Errno { e.Set.use++; return 0 }
func (e *Lookup) release(t *Table)         { e.Set.use-- }

// A DynOp is what a Dynset does.
type DynOp uint8

// The operations (enum nft_dynset_ops).
const (
	DynAdd DynOp = iota
	DynUpdate
	DynDelete
)

// Dynset is nft_dynset: put a value of the packet into a set.
type Dynset struct {
	Set     *Set
	Op      DynOp
	Key     uint8 // register
	Data    uint8 // register of a map's data
	Timeout sim.Time
	Exprs   []Expr // every new element gets a copy
	Invert  bool
}

// Eval is nft_dynset_eval.
func (e *Dynset) Eval(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftDynsetEval, p.b).Out()
	s := e.Set
	key := r.at(e.Key, s.KeyLen)
	now := p.ns.Clock.Now()
	el := s.hash.find(key)
	if el != nil && el.expired(now) {
		if e.Op != DynDelete {
			s.hash.remove(el.Key)
		}
		el = nil
	}
	if e.Op == DynDelete {
		if el != nil {
			s.hash.remove(el.Key)
			e.why(p, step.WhyNftSetDeleted)
		}
		return
	}
	if el == nil {
		if s.Size != 0 && s.hash.n >= s.Size {
			s.gc()
		}
		if s.Size != 0 && s.hash.n >= s.Size {
			e.why(p, step.WhyNftSetFull)
			if !e.Invert {
				r.Code = Break
			}
			return
		}
		el = e.elem(r, now)
		s.hash.add(el)
		e.why(p, step.WhyNftSetAdded)
	} else {
		if e.Op == DynUpdate && el.More != nil && el.More.Expires != 0 {
			el.More.Expires = now + e.timeout()
		}
		e.why(p, step.WhyNftSetUpdated)
	}
	el.update(r, p)
	if e.Invert {
		r.Code = Break
	}
}

func (e *Dynset) timeout() sim.Time {
	if e.Timeout != 0 {
		return e.Timeout
	}
	return e.Set.Timeout
}

// elem is nft_dynset_new.
func (e *Dynset) elem(r *Regs, now sim.Time) *Elem {
	s := e.Set
	el := &Elem{Key: bytes.Clone(r.at(e.Key, s.KeyLen))}
	el.To = el.Key
	if s.Map {
		el.Data = bytes.Clone(r.padded(e.Data, s.DataLen))
	}
	if t := e.timeout(); t != 0 {
		m := el.more()
		m.Expires = now + t
		if e.Timeout != 0 {
			m.Timeout, m.HasTimeout = e.Timeout, true
		}
	}
	x := e.Exprs
	if len(x) == 0 {
		x = s.Exprs
	}
	if len(x) > 0 {
		el.more().Exprs = cloneExprs(x, now)
	}
	return el
}

// why may follow a change, so it says what is true afterwards.
func (e *Dynset) why(p *Pkt, w step.Why) {
	if !p.ns.Listening() {
		return
	}
	a := make([]uint64, 4, 5)
	pack(a, e.Set.Name)
	p.ns.Why(w, append(a, uint64(e.Set.Len()))...)
}

// hold is the end of nft_dynset_init: a set that packets fill has a limit.
func (e *Dynset) hold(t *Table) core.Errno {
	e.Set.use++
	if e.Set.Size == 0 {
		e.Set.Size = 0xffff
	}
	return 0
}

func (e *Dynset) release(t *Table) { e.Set.use-- }
