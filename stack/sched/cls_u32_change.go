package sched

import "github.com/packetwalk/packetwalk/stack/step"

// Read before editing: net/sched/cls_u32.c (u32_init, u32_change, u32_delete,
// u32_walk).

// U32Params are what a u32 filter is told (TCA_U32_*).
type U32Params struct {
	Divisor            uint32 // above 0: make a table
	Table              uint32 // TCA_U32_HASH: into which table and bucket; 0: the root
	Link               uint32
	LinkGiven          bool
	ClassID            uint32
	ClassGiven         bool
	Sel                *U32Sel
	Mark, MarkMask     uint32
	InDev              int // ifindex, -1: no such device
	InDevGiven, SkipHW bool
}

func (*U32Params) filterKind() FilterKind { return FilterU32 }
func (p *U32Params) skipsHW() bool        { return p.SkipHW }

// Parts of a u32 handle: table, bucket, node (TC_U32_HTID …).
func u32Table(h uint32) uint32  { return h & 0xfff00000 }
func u32NodeID(h uint32) uint32 { return h & 0xfff }
func u32Key(h uint32) uint32    { return h & 0xfffff }

const u32Root = 0xfff00000 // TC_U32_ROOT

// newU32 is u32_init.
func newU32(tp *Proto) {
	f := tp.chain.filters
	var c *u32Common
	for _, o := range f.net.u32s {
		if o.q == Discipline(f.holder) {
			c = o
		}
	}
	root := &U32Table{Handle: 0x80000000, Prio: tp.Prio, root: true, refs: 1, buckets: make([][]*U32Node, 1)}
	if c == nil {
		c = &u32Common{q: f.holder, next: 1}
		f.net.u32s = append(f.net.u32s, c)
	} else {
		root.Handle = c.newTable()
	}
	c.refs++
	c.list = append([]*U32Table{root}, c.list...)
	tp.cls = &u32{root: root, common: c}
}

// newTable is gen_new_htid: the next number for a table, 0 if there is none.
func (c *u32Common) newTable() uint32 {
	for i := uint32(0); i < 0x7ff; i++ {
		id := (c.next-1+i)%0x7ff + 1
		if c.table((id|0x800)<<20) == nil {
			c.next = id + 1
			return (id | 0x800) << 20
		}
	}
	return 0
}

// table finds a table.
func (c *u32Common) table(handle uint32) *U32Table {
	for _, t := range c.list {
		if t.Handle == handle {
			return t
		}
	}
	return nil
}

// get is u32_get.
func (u *u32) get(handle uint32) Filter {
	t := u.root
	if u32Table(handle) != u32Root {
		t = u.common.table(u32Table(handle))
	}
	if t == nil {
		return nil
	}
	if u32Key(handle) == 0 {
		return t
	}
	for _, n := range t.bucketOf(handle) {
		if n.Handle == handle {
			return n
		}
	}
	return nil
}

// change is u32_change.
func (u *u32) change(r *FilterReq, tp *Proto, old Filter) (Filter, Refusal) {
	p, ok := r.Opts.(*U32Params)
	if !ok || p == nil {
		if r.Handle != 0 {
			return nil, refuse(step.EINVAL, sayU32Options)
		}
		return nil, Refusal{}
	}
	switch o := old.(type) {
	case *U32Table:
		return nil, refuse(step.EINVAL, sayU32KeyZero)
	case *U32Node:
		return u.replace(r, tp, p, o)
	}
	if p.Divisor != 0 {
		return u.addTable(r, tp, p)
	}
	return u.add(r, tp, p)
}

// addTable makes a hash table.
func (u *u32) addTable(r *FilterReq, tp *Proto, p *U32Params) (Filter, Refusal) {
	h := r.Handle
	switch {
	case p.Divisor&(p.Divisor-1) != 0:
		return nil, refuse(step.EINVAL, sayU32Divisor)
	case p.Divisor > 0x100:
		return nil, refuse(step.EINVAL, sayU32DivisorMax)
	case u32Key(h) != 0:
		return nil, refuse(step.EINVAL, sayU32DivisorKey)
	case h == 0:
		if h = u.common.newTable(); h == 0 {
			return nil, refuse(step.ENOMEM, sayNothing)
		}
	case u.common.table(h) != nil:
		return nil, refuse(step.ENOSPC, sayNothing)
	}
	t := &U32Table{Handle: h, Prio: tp.Prio, Divisor: p.Divisor - 1, refs: 1, buckets: make([][]*U32Node, p.Divisor)}
	u.common.list = append([]*U32Table{t}, u.common.list...)
	return t, Refusal{}
}

// add makes a filter.
func (u *u32) add(r *FilterReq, tp *Proto, p *U32Params) (Filter, Refusal) {
	t, htid := u.root, u.root.Handle
	if p.Table != 0 {
		htid = p.Table
		if u32Table(htid) == u32Root {
			htid = t.Handle
		} else if t = u.common.table(u32Table(htid)); t == nil {
			return nil, refuse(step.EINVAL, sayU32NoTable)
		}
	}
	bucket := htid >> 12 & 0xff
	if t.Divisor < bucket {
		return nil, refuse(step.EINVAL, sayU32Bucket)
	}
	htid &^= 0xfff
	h := r.Handle
	switch {
	case h != 0 && u32Table(h) != 0 && u32Table(h^htid) != 0:
		return nil, refuse(step.EINVAL, sayU32Mismatch)
	case u32NodeID(h) == 0:
		if h = t.newNode(htid); h == 0 {
			return nil, refuse(step.ENOSPC, sayU32Full)
		}
	default:
		h = htid | u32NodeID(h)
		if t.has(h) {
			return nil, refuse(step.ENOSPC, sayNothing)
		}
	}
	switch {
	case p.Sel == nil:
		return nil, refuse(step.EINVAL, sayU32NoSel)
	case p.Sel.OffShift >= 16:
		return nil, refuse(step.EINVAL, sayU32Shift)
	}
	n := &U32Node{Handle: h, Sel: *p.Sel, Mark: p.Mark, MarkMask: p.MarkMask, SkipHW: p.SkipHW, up: t}
	if bad := u.set(r, tp, p, n); bad.Err != 0 {
		return nil, bad
	}
	l := t.buckets[bucket]
	i := 0
	for i < len(l) && u32NodeID(l[i].Handle) <= u32NodeID(h) {
		i++
	}
	l = append(l, nil)
	copy(l[i+1:], l[i:])
	l[i] = n
	t.buckets[bucket] = l
	u.common.nodes++
	return n, Refusal{}
}

// replace changes a filter: its class, link and actions. What it compares stays.
func (u *u32) replace(r *FilterReq, tp *Proto, p *U32Params, o *U32Node) (Filter, Refusal) {
	if o.SkipHW != p.SkipHW {
		return nil, refuse(step.EINVAL, sayU32Flags)
	}
	n := &U32Node{}
	*n = *o
	n.exts, n.ClassID = exts{}, 0
	if n.Link != nil {
		n.Link.refs++
	}
	if bad := u.set(r, tp, p, n); bad.Err != 0 {
		if n.Link != nil {
			n.Link.refs--
		}
		return nil, bad
	}
	l := n.up.bucketOf(n.Handle)
	for i := range l {
		if l[i] == o {
			l[i] = n
		}
	}
	u.free(tp, o)
	return n, Refusal{}
}

// set is u32_set_parms and u32_bind_filter.
func (u *u32) set(r *FilterReq, tp *Proto, p *U32Params, n *U32Node) Refusal {
	e, bad := r.validate(tp)
	if bad.Err != 0 {
		return bad
	}
	if bad = u.link(p, n); bad.Err == 0 && p.InDevGiven && p.InDev < 0 {
		bad = refuse(step.EINVAL, sayNoInDev)
	}
	if bad.Err != 0 {
		e.destroy(tp.chain.filters.net)
		return bad
	}
	if p.InDevGiven {
		n.Ifindex = p.InDev
	}
	n.exts = e
	if p.ClassGiven {
		n.ClassID = p.ClassID
		tp.setClass(0, p.ClassID)
	}
	return Refusal{}
}

// link sets the table to which the filter leads.
func (u *u32) link(p *U32Params, n *U32Node) Refusal {
	if !p.LinkGiven {
		return Refusal{}
	}
	var t *U32Table
	switch {
	case u32Key(p.Link) != 0:
		return refuse(step.EINVAL, sayU32LinkTable)
	case p.Link != 0:
		if t = u.common.table(p.Link); t == nil {
			return refuse(step.EINVAL, sayU32NoLink)
		}
		if t.root {
			return refuse(step.EINVAL, sayU32LinkRoot)
		}
		t.refs++
	}
	if n.Link != nil {
		n.Link.refs--
	}
	n.Link = t
	return Refusal{}
}

func (t *U32Table) has(handle uint32) bool {
	for _, n := range t.bucketOf(handle) {
		if n.Handle == handle {
			return true
		}
	}
	return false
}

// newNode is gen_new_kid: numbers from 800 on, then those below; 0 if all are taken.
func (t *U32Table) newNode(htid uint32) uint32 {
	for i := uint32(0x800); i <= 0xfff; i++ {
		if !t.has(htid | i) {
			return htid | i
		}
	}
	for i := uint32(1); i < 0x800; i++ {
		if !t.has(htid | i) {
			return htid | i
		}
	}
	return 0
}

// free is u32_destroy_key.
func (u *u32) free(tp *Proto, n *U32Node) {
	if n.ClassID != 0 {
		tp.setClass(n.ClassID, 0)
	}
	n.exts.destroy(tp.chain.filters.net)
	if n.Link != nil {
		n.Link.refs--
	}
}

// clear is u32_clear_hnode.
func (u *u32) clear(tp *Proto, t *U32Table) {
	for i := range t.buckets {
		for _, n := range t.buckets[i] {
			u.common.nodes--
			u.free(tp, n)
		}
		t.buckets[i] = nil
	}
}

// unlist takes a table out of the list (u32_destroy_hnode).
func (u *u32) unlist(tp *Proto, t *U32Table) {
	u.clear(tp, t)
	for i, o := range u.common.list {
		if o == t {
			l := u.common.list
			u.common.list = append(l[:i:i], l[i+1:]...)
		}
	}
}

// remove is u32_delete.
func (u *u32) remove(tp *Proto, f Filter) (last bool, r Refusal) {
	switch f := f.(type) {
	case *U32Node:
		i := f.Handle >> 12 & 0xff
		for k, o := range f.up.buckets[i] {
			if o == f {
				l := f.up.buckets[i]
				f.up.buckets[i] = append(l[:k:k], l[k+1:]...)
				u.common.nodes--
				u.free(tp, f)
				break
			}
		}
	case *U32Table:
		switch {
		case f.root:
			r = refuse(step.EINVAL, sayU32Root)
		case f.refs != 1:
			r = refuse(step.EBUSY, sayU32InUse)
		default:
			u.unlist(tp, f)
		}
	}
	return u.common.refs == 1 && u.common.nodes == 0, r
}

// destroy is u32_destroy.
func (u *u32) destroy(tp *Proto) {
	c := u.common
	u.unlist(tp, u.root)
	if c.refs--; c.refs > 0 {
		return
	}
	for _, t := range c.list {
		u.clear(tp, t)
	}
	c.list = nil
	n := tp.chain.filters.net
	for i, o := range n.u32s {
		if o == c {
			n.u32s = append(n.u32s[:i:i], n.u32s[i+1:]...)
			break
		}
	}
}

// each is u32_walk: all tables of the priority, whosever they are, and their filters.
func (u *u32) each(tp *Proto, f func(Filter)) {
	for _, t := range u.common.list {
		if t.Prio != tp.Prio {
			continue
		}
		f(t)
		for _, l := range t.buckets {
			for _, n := range l {
				f(n)
			}
		}
	}
}
