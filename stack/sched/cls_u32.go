package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/sched/cls_u32.c (u32_classify), include/uapi/linux/pkt_cls.h.
//
// Left out: counters of every key (CLS_U32_PERF, which the recorded kernel does not
// have either).

// Flags of a U32Sel (TC_U32_*).
const (
	U32Terminal  = 1
	U32Offset    = 2
	U32VarOffset = 4
	U32Eat       = 8
)

// A U32Key is struct tc_u32_key: four bytes of the packet under a mask. Values are
// in network order, the first byte highest.
type U32Key struct {
	Val, Mask uint32
	Off       int32 // from the network header
	OffMask   int32 // -1: from where the tables before have come to (nexthdr+)
}

// A U32Sel is struct tc_u32_sel: what a filter compares, and how its table goes on.
type U32Sel struct {
	Flags    uint8
	OffShift uint8
	OffMask  uint16
	Off      uint16
	OffOff   int16
	HOff     int16
	HMask    uint32
	Keys     []U32Key
}

// A U32Node is struct tc_u_knode: one filter.
type U32Node struct {
	Handle   uint32
	Sel      U32Sel
	ClassID  uint32
	Link     *U32Table // where a match leads; nil: nowhere
	Ifindex  int       // only what came in by that device; 0: all
	Mark     uint32
	MarkMask uint32
	Success  uint32 // packets with that mark
	SkipHW   bool
	exts
	up *U32Table
}

// A U32Table is struct tc_u_hnode: a hash table of filters.
type U32Table struct {
	Handle  uint32
	Prio    uint32
	Divisor uint32 // buckets, less one
	root    bool
	refs    int
	buckets [][]*U32Node
}

// FilterHandle is the number of the filter or table.
func (n *U32Node) FilterHandle() uint32  { return n.Handle }
func (t *U32Table) FilterHandle() uint32 { return t.Handle }

// A u32Common is struct tc_u_common: what all u32 filters of a discipline share.
type u32Common struct {
	q     Discipline
	list  []*U32Table // the newest first
	refs  int
	next  uint32 // where the search for a table's number begins
	nodes int
}

// A u32 is the filters of one priority.
type u32 struct {
	root   *U32Table
	common *u32Common
}

// u32MaxDepth is TC_U32_MAXDEPTH.
const u32MaxDepth = 8

// u32Budget is how many filters a packet meets at most. The kernel has no such limit;
// tables that lead to each other could keep it busy for ever.
const u32Budget = 1 << 20

// A u32Walk is where a packet stands in the tables.
type u32Walk struct {
	node *U32Node
	off  int
	off2 int
}

// word is skb_header_pointer_careful: n bytes at an offset from the data pointer.
func word(b *core.SKB, off, n int) (v uint32, ok bool) {
	if off < 0 && -off > b.Headroom() {
		return 0, false
	}
	var buf [4]byte
	p := buf[:n]
	switch {
	case off+n <= b.HeadLen():
		p = b.From(b.Offset() + off)[:n]
	case off < 0 || b.CopyBits(off, p) < n:
		return 0, false
	}
	for _, c := range p {
		v = v<<8 | uint32(c)
	}
	return v, true
}

// classify is u32_classify.
func (u *u32) classify(w *walk, b *core.SKB) Verdict {
	defer w.ns.In(step.U32Classify, b).Out()
	var stack [u32MaxDepth]u32Walk
	depth := 0
	at := u32Walk{off: b.NetworkOffset()}
	list, left := u.root.buckets[0], u32Budget
	for {
		n, i := (*U32Node)(nil), 0
		for ; i < len(list); i++ {
			if left--; left == 0 {
				w.ns.Why(step.WhyU32Deep, u32MaxDepth)
				return TCActUnspec
			}
			ok, short := list[i].match(w, b, at)
			if short {
				return TCActUnspec
			}
			if !ok {
				continue
			}
			if n = list[i]; n.Link != nil {
				break
			}
			if v, done := n.terminal(w, b); done {
				return v
			}
			n = nil
		}
		if n != nil { // a link: go down
			if depth >= u32MaxDepth {
				w.ns.Why(step.WhyU32Deep, u32MaxDepth)
				return TCActUnspec
			}
			stack[depth] = u32Walk{node: n, off: at.off}
			depth++
			var ok bool
			if list, at, ok = n.down(w, b, at); !ok {
				return TCActUnspec
			}
			if list != nil || at.off < b.Len() {
				continue
			}
		}
		// The end of a list: back up, and behind the filter that led down.
		for list = nil; list == nil; {
			if depth == 0 {
				return TCActUnspec
			}
			depth--
			n, at.off = stack[depth].node, stack[depth].off
			if v, done := n.terminal(w, b); done {
				return v
			}
			list = n.behind()
		}
	}
}

// match compares the filter's keys; short says that the packet ends before one.
func (n *U32Node) match(w *walk, b *core.SKB, at u32Walk) (ok, short bool) {
	if b.Mark&n.MarkMask != n.Mark {
		w.triedMark(n, b)
		return false, false
	}
	if n.MarkMask != 0 {
		n.Success++
	}
	for i := range n.Sel.Keys {
		k := &n.Sel.Keys[i]
		off := at.off + int(k.Off) + at.off2&int(k.OffMask)
		v, ok := word(b, off, 4)
		if !ok {
			w.whyShort(n, off-b.NetworkOffset())
			return false, true
		}
		if (v^k.Val)&k.Mask != 0 {
			w.triedKey(n, k, v, off-b.NetworkOffset(), b)
			return false, false
		}
	}
	return true, false
}

// terminal does what a filter says that the packet has matched; done is false if the
// next one is to be asked.
func (n *U32Node) terminal(w *walk, b *core.SKB) (v Verdict, done bool) {
	if n.Sel.Flags&U32Terminal == 0 {
		return 0, false
	}
	w.res.ClassID = n.ClassID
	if !inDev(b, n.Ifindex) {
		w.triedDev(n.Handle, b.IIF, n.Ifindex)
		return 0, false
	}
	w.matched(n.Handle, n.ClassID, len(n.Acts))
	v = n.exec(w, b)
	return v, v >= 0
}

// down is the way into the table that the filter links to: which bucket, and from
// which offset on.
func (n *U32Node) down(w *walk, b *core.SKB, at u32Walk) (list []*U32Node, next u32Walk, ok bool) {
	t, sel := n.Link, uint32(0)
	if t.Divisor != 0 {
		v, ok := word(b, at.off+int(n.Sel.HOff), 4)
		if !ok {
			w.whyShort(n, at.off+int(n.Sel.HOff)-b.NetworkOffset())
			return nil, at, false
		}
		sel = t.Divisor & (v & n.Sel.HMask >> shiftOf(n.Sel.HMask))
	}
	w.whyLink(n, t, sel)
	list = t.buckets[sel]
	if n.Sel.Flags&(U32VarOffset|U32Offset|U32Eat) == 0 {
		return list, at, true
	}
	if n.Sel.Flags&(U32VarOffset|U32Offset) != 0 {
		at.off2 = int(n.Sel.Off) + 3
		if n.Sel.Flags&U32VarOffset != 0 {
			v, ok := word(b, at.off+int(n.Sel.OffOff), 2)
			if !ok {
				w.whyShort(n, at.off+int(n.Sel.OffOff)-b.NetworkOffset())
				return nil, at, false
			}
			at.off2 += int(v&uint32(n.Sel.OffMask)) >> n.Sel.OffShift
		}
		at.off2 &^= 3
	}
	if n.Sel.Flags&U32Eat != 0 {
		at.off += at.off2
		at.off2 = 0
	}
	if at.off >= b.Len() {
		return nil, at, true
	}
	return list, at, true
}

// behind is the rest of the bucket after the filter; nil: nothing.
func (n *U32Node) behind() []*U32Node {
	l := n.up.bucketOf(n.Handle)
	for i, o := range l {
		if o == n {
			if i+1 == len(l) {
				return nil
			}
			return l[i+1:]
		}
	}
	return nil
}

// bucketOf is the list in which a filter with that number stands.
func (t *U32Table) bucketOf(handle uint32) []*U32Node {
	if i := handle >> 12 & 0xff; i <= t.Divisor {
		return t.buckets[i]
	}
	return nil
}

// shiftOf is how far the lowest set bit of a mask stands from the right (ffs).
func shiftOf(mask uint32) uint32 {
	n := uint32(0)
	for ; mask != 0 && mask&1 == 0; mask >>= 1 {
		n++
	}
	return n
}
