package sched

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// htbMaxWait is the longest time that a class can owe (mbuffer).
const htbMaxWait = 60 * sim.Second

// add is htb_add_to_id_tree.
func (f *htbFeed) add(cl *htbClass) {
	f.list = append(f.list, cl)
	for i := len(f.list) - 1; i > 0 && f.list[i-1].id > cl.id; i-- {
		f.list[i], f.list[i-1] = f.list[i-1], f.list[i]
	}
}

// remove takes a class out of the list.
func (f *htbFeed) remove(cl *htbClass) {
	for i, c := range f.list {
		if c == cl {
			n := copy(f.list[i:], f.list[i+1:])
			f.list[i+n] = nil
			f.list = f.list[:i+n]
			return
		}
	}
}

// next is htb_next_rb_node: the turn goes to the class behind; nil behind the last one.
func (f *htbFeed) next() {
	if f.ptr == nil {
		return
	}
	for i, c := range f.list {
		if c == f.ptr {
			f.ptr = nil
			if i+1 < len(f.list) {
				f.ptr = f.list[i+1]
			}
			return
		}
	}
	f.ptr = nil
}

// recover is htb_id_find_next_upper: the first class of at least that number.
func (f *htbFeed) recover() {
	if f.ptr == nil && f.last != 0 {
		for _, c := range f.list {
			if c.id >= f.last {
				f.ptr = c
				break
			}
		}
	}
	f.last = 0
}

// addToWait is htb_add_to_wait_tree: the class will change its mode after the delay.
func (q *Htb) addToWait(cl *htbClass, delay sim.Time) {
	cl.wake, cl.waiting = q.now+delay, true
	if delay == 0 {
		cl.wake++
	}
	l := &q.level[cl.level]
	l.near = min(l.near, cl.wake)
	l.wait = append(l.wait, cl)
	for i := len(l.wait) - 1; i > 0 && l.wait[i-1].wake > cl.wake; i-- {
		l.wait[i], l.wait[i-1] = l.wait[i-1], l.wait[i]
	}
}

func (q *Htb) removeFromWait(cl *htbClass) {
	if !cl.waiting {
		return
	}
	cl.waiting = false
	l := &q.level[cl.level]
	for i, c := range l.wait {
		if c == cl {
			n := copy(l.wait[i:], l.wait[i+1:])
			l.wait[i+n] = nil
			l.wait = l.wait[:i+n]
			return
		}
	}
}

// activatePrios is htb_activate_prios: enter the class where it, or an ancestor that
// lends to it, can be found.
func (q *Htb) activatePrios(cl *htbClass) {
	mask := cl.activity
	p := cl.parent
	for cl.mode == htbMayBorrow && p != nil && mask != 0 {
		for prio, m := 0, mask; m != 0; prio, m = prio+1, m>>1 {
			if m&1 == 0 {
				continue
			}
			if len(p.feed[prio].list) > 0 {
				mask &^= 1 << prio // the parent is entered already
			}
			p.feed[prio].add(cl)
		}
		p.activity |= mask
		cl, p = p, p.parent
	}
	if cl.mode == htbCanSend && mask != 0 {
		l := &q.level[cl.level]
		l.mask |= mask
		for prio := range htbPrios {
			if mask&(1<<prio) != 0 {
				l.row[prio].add(cl)
			}
		}
	}
}

// deactivatePrios is htb_deactivate_prios: the other way round. The class's mode is
// still the old one.
func (q *Htb) deactivatePrios(cl *htbClass) {
	mask := cl.activity
	p := cl.parent
	for cl.mode == htbMayBorrow && p != nil && mask != 0 {
		m := mask
		mask = 0
		for prio := 0; m != 0; prio, m = prio+1, m>>1 {
			if m&1 == 0 {
				continue
			}
			f := &p.feed[prio]
			if f.ptr == cl {
				f.last, f.ptr = cl.id, nil
			}
			if f.remove(cl); len(f.list) == 0 {
				mask |= 1 << prio
			}
		}
		p.activity &^= mask
		cl, p = p, p.parent
	}
	if cl.mode == htbCanSend && mask != 0 {
		q.removeFromRow(cl, mask)
	}
}

// removeFromRow is htb_remove_class_from_row.
func (q *Htb) removeFromRow(cl *htbClass, mask uint32) {
	l := &q.level[cl.level]
	for prio := range htbPrios {
		if mask&(1<<prio) == 0 {
			continue
		}
		f := &l.row[prio]
		if f.ptr == cl {
			f.next()
		}
		if f.remove(cl); len(f.list) == 0 {
			l.mask &^= 1 << prio
		}
	}
}

// modeAt is htb_class_mode: what the class may do when diff has gone by since its
// account was made up, and else how long it still has to wait.
func (cl *htbClass) modeAt(diff sim.Time) (mode uint8, wait sim.Time) {
	if t := cl.ctokens + diff; t < 0 {
		return htbCantSend, -t
	}
	if t := cl.tokens + diff; t < 0 {
		return htbMayBorrow, -t
	}
	return htbCanSend, diff
}

// changeMode is htb_change_class_mode.
func (q *Htb) changeMode(cl *htbClass, diff sim.Time) sim.Time {
	mode, wait := cl.modeAt(diff)
	if mode == cl.mode {
		return wait
	}
	if mode == htbCantSend {
		cl.overlimits++
		q.overlimits++
	}
	if cl.activity == 0 {
		cl.mode = mode
		return wait
	}
	if cl.mode != htbCantSend {
		q.deactivatePrios(cl)
	}
	if cl.mode = mode; mode != htbCantSend {
		q.activatePrios(cl)
	}
	return wait
}

// activate is htb_activate: the leaf has something to send.
func (q *Htb) activate(cl *htbClass) {
	if cl.activity == 0 {
		cl.activity = 1 << cl.conf.Prio
		q.activatePrios(cl)
	}
}

// deactivate is htb_deactivate: it has nothing any more.
func (q *Htb) deactivate(cl *htbClass) {
	if cl.activity != 0 {
		q.deactivatePrios(cl)
		cl.activity = 0
	}
}

// events is htb_do_events: classes of the level whose time has come change their
// modes. It returns when the next one's comes, 0 if there is none.
func (q *Htb) events(level int) sim.Time {
	l := &q.level[level]
	for len(l.wait) > 0 {
		cl := l.wait[0]
		if cl.wake > q.now {
			return cl.wake
		}
		q.removeFromWait(cl)
		wait := q.changeMode(cl, min(q.now-cl.checked, htbMaxWait))
		if cl.mode != htbCanSend {
			q.addToWait(cl, wait)
		}
	}
	return 0
}

// lookupLeaf is htb_lookup_leaf: follow the pointers from a row, or a feed, down to
// the leaf whose turn it is.
func lookupLeaf(top *htbFeed, prio int) *htbClass {
	if len(top.list) == 0 {
		return nil
	}
	var stack [htbDepth]*htbFeed
	stack[0] = top
	sp := 0
	for range 65535 {
		f := stack[sp]
		f.recover()
		if f.ptr == nil { // at the right end: rewind, and go up
			if len(f.list) == 0 {
				return nil
			}
			f.ptr = f.list[0]
			if sp > 0 {
				sp--
				if stack[sp].ptr == nil {
					return nil
				}
				stack[sp].next()
			}
			continue
		}
		cl := f.ptr
		if cl.level == 0 {
			return cl
		}
		if sp++; sp == htbDepth {
			return nil
		}
		stack[sp] = &cl.feed[prio]
	}
	return nil
}

// turn gives the turn to the next class: in the row of leaves, or in the parent's feed
// if the leaf borrows.
func (q *Htb) turn(cl *htbClass, prio, level int) {
	if level == 0 {
		q.level[0].row[prio].next()
	} else if cl.parent != nil {
		cl.parent.feed[prio].next()
	}
}

// dequeueTree is htb_dequeue_tree: a packet of a leaf that may send at the cost of a
// class of that level.
func (q *Htb) dequeueTree(ns *core.Netns, prio, level int) *core.SKB {
	defer ns.In(step.HtbDequeueTree, q).Out()
	row := &q.level[level].row[prio]
	cl := lookupLeaf(row, prio)
	start := cl
	for cl != nil {
		if cl.leaf.Len() == 0 {
			q.deactivate(cl)
			if q.level[level].mask&(1<<prio) == 0 {
				return nil
			}
			next := lookupLeaf(row, prio)
			if cl == start {
				start = next
			}
			cl = next
			continue
		}
		if b := cl.leaf.Dequeue(ns); b != nil {
			q.charge(ns, cl, b, prio, level)
			return b
		}
		q.turn(cl, prio, level) // a leaf that waits for a time of its own
		if cl = lookupLeaf(row, prio); cl == start {
			return nil
		}
	}
	return nil
}

// charge is the end of htb_dequeue_tree: the packet leaves, and the leaf and its
// ancestors pay.
func (q *Htb) charge(ns *core.Netns, cl *htbClass, b *core.SKB, prio, level int) {
	n := pktLen(b)
	cl.count(b)
	if level == 0 {
		ns.Why(step.WhyHtbSend, uint64(n), uint64(cl.id), uint64(prio))
	} else {
		ns.Why(step.WhyHtbBorrow, uint64(n), uint64(cl.id), uint64(cl.lender(level)), uint64(prio))
	}
	if cl.deficit[level] -= n; cl.deficit[level] < 0 {
		cl.deficit[level] += cl.quantum
		q.turn(cl, prio, level)
	}
	if cl.leaf.Len() == 0 {
		q.deactivate(cl)
	}
	q.chargeClass(cl, level, b, n)
}

// lender is the ancestor of that level.
func (cl *htbClass) lender(level int) uint32 {
	for cl.level < level && cl.parent != nil {
		cl = cl.parent
	}
	return cl.id
}

// count is bstats_update.
func (cl *htbClass) count(b *core.SKB) {
	cl.bytes += uint64(pktLen(b))
	cl.packets += uint64(max(1, segments(b)))
}

// chargeClass is htb_charge_class: the ceil buckets of the leaf and all its ancestors
// pay, and the rate buckets from the lending level up.
func (q *Htb) chargeClass(cl *htbClass, level int, b *core.SKB, n int) {
	for ; cl != nil; cl = cl.parent {
		diff := min(q.now-cl.checked, htbMaxWait)
		if cl.level >= level {
			if cl.level == level {
				cl.lends++
			}
			cl.tokens = account(cl.tokens+diff, cl.conf.Buffer, cl.conf.Rate.Time(n))
		} else {
			cl.owes++
			cl.tokens += diff
		}
		cl.ctokens = account(cl.ctokens+diff, cl.conf.CBuffer, cl.conf.Ceil.Time(n))
		cl.checked = q.now
		old := cl.mode
		wait := q.changeMode(cl, 0)
		if old != cl.mode {
			if old != htbCanSend {
				q.removeFromWait(cl)
			}
			if cl.mode != htbCanSend {
				q.addToWait(cl, wait)
			}
		}
		if cl.level > 0 {
			cl.count(b)
		}
	}
}

// account is htb_accnt_tokens and htb_accnt_ctokens.
func account(tokens, buffer, cost sim.Time) sim.Time {
	return max(min(tokens, buffer)-cost, 1-htbMaxWait)
}
