package core

// What keeps a table of neighbours small: net/core/neighbour.c.
//
// Left out: neigh_periodic_work, which takes old entries away every few seconds when
// there are more than gc_thresh1.

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// gcPause is how long a table is left alone after a collection, and how new an entry
// must be to stay.
const gcPause = 5 * sim.Second

// roomFor is the beginning of neigh_alloc: may there be one more entry? Above GCThresh2
// old ones are looked for, now and then; at GCThresh3 there must be some.
func (t *NeighTable) roomFor() bool {
	if len(t.list) < t.GCThresh2 && len(t.list) < t.GCThresh3 {
		return true
	}
	n := t.collectable()
	if n < t.GCThresh3 && (n < t.GCThresh2 || t.jiffies() <= t.lastFlush+gcPause) {
		return true
	}
	if t.forcedGC(n-t.GCThresh2) == 0 && n >= t.GCThresh3 {
		t.Fulls++
		t.NS.Why(step.WhyNeighOverflow, uint64(n), uint64(t.GCThresh3))
		return false
	}
	return true
}

// collectable counts the entries that may go (gc_entries): permanent ones may not.
func (t *NeighTable) collectable() (n int) {
	for _, x := range t.list {
		if x.State&NUDPermanent == 0 && !x.Learned {
			n++
		}
	}
	return n
}

// forcedGC is neigh_forced_gc: the oldest entries go that nobody waits for, if they have
// failed, need no address, or have not changed for five seconds. most is how many may
// go; one does in any case. It returns how many went.
func (t *NeighTable) forcedGC(most int) int {
	defer t.NS.In(step.NeighForcedGC, t.list[0]).Out()
	now, gone := t.jiffies(), 0
	for i := 0; i < len(t.list) && (gone == 0 || gone < most); {
		n := t.list[i]
		old := n.State == NUDFailed || n.State == NUDNoARP || n.Updated < now-gcPause
		if !old || n.Learned || n.State&(NUDPermanent|NUDInTimer) != 0 {
			i++
			continue
		}
		t.Delete(n)
		gone++
	}
	t.lastFlush = now
	t.NS.Why(step.WhyNeighCollected, uint64(gone))
	return gone
}
