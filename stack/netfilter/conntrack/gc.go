package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

const (
	hz    = sim.HZ
	jiffy = sim.Jiffy
)

func int64Jiffies(n uint32) sim.Time { return sim.Time(int32(n)) * jiffy }

// gcState is struct conntrack_gc_work. The kernel has one for all namespaces,
// which runs from boot; here each namespace has its own, which starts with its
// first connection.
type gcState struct {
	earlyDrop bool
}

// Bounds of the time between two runs, in jiffies (GC_SCAN_INTERVAL_*).
const (
	gcMax   = 60 * hz
	gcMin   = 1 * hz
	gcClamp = 300 * hz
	gcCount = 100 // GC_SCAN_INITIAL_COUNT
)

// gcTask is the timer's side of gcWorker.
type gcTask struct{ t *Table }

// Run is called when the timer is due.
func (g gcTask) Run() { g.t.gcWorker() }

// armGC starts the garbage collector if it rests.
func (t *Table) armGC() {
	if !t.gcTimer.Pending() {
		t.ns.Clock.Mod(&t.gcTimer, t.ns.Clock.Now()+gcMax*jiffy, gcTask{t})
	}
}

// gcWorker is gc_worker: throw away what is over. The next run comes after the
// mean time that the others have, between 1 and 60 seconds: until it comes, what
// is over stays, and nobody is told that it ended, unless somebody looks.
func (t *Table) gcWorker() {
	defer t.ns.In(step.GcWorker, whole{t.ns}).Out()
	next, n := int64(gcMax), int64(gcCount)
	limit95 := 0
	if t.gc.earlyDrop {
		limit95 = t.ns.Sysctl.CT.Max / 100 * 95
	}
	gone, looked := 0, 0
	now := t.jiffies()
	for c := t.oldest; c != nil; {
		following := c.allNxt
		looked++
		if c.expired() {
			t.gcExpired(c)
			gone++
			c = following
			continue
		}
		// Both of its places in the table are looked at.
		left := min(max(int64(int32(c.timeout-now)), gcMin), gcClamp)
		for range 2 {
			n++
			next += (left - next) / n
		}
		if c.ext != nil && c.ext.help != nil {
			t.expectGC(c)
		}
		if limit95 != 0 && t.count >= limit95 && c.canEarlyDrop() {
			t.Delete(c)
			gone++
		}
		c = following
	}
	t.ns.Why(step.WhyCTGC, uint64(looked), uint64(gone))
	t.gc.earlyDrop = false
	if t.oldest != nil {
		next = min(max(next, gcMin), gcMax)
		t.ns.Clock.Mod(&t.gcTimer, t.ns.Clock.Now()+sim.Time(next)*jiffy, gcTask{t})
	}
}

// canEarlyDrop is gc_worker_can_early_drop.
func (c *Conn) canEarlyDrop() bool {
	if c.Status&Assured == 0 || c.Proto() == 6 && c.TCP.State.closing() {
		return true
	}
	s := c.SCTP()
	return s >= SCTPShutdownSent && s <= SCTPShutdownAckSent
}

// earlyDrop is early_drop: the table is full; throw away one connection that
// has not been answered properly yet, out of the eight buckets where the new one
// would lie.
func (t *Table) earlyDrop(hash uint32) bool {
	defer t.ns.In(step.EarlyDrop, whole{t.ns}).Out()
	size := uint64(max(1, t.ns.Sysctl.CT.Buckets))
	first := uint64(hash) * size >> 32
	for i := uint64(0); i < 8; i++ {
		k := (first + i) % size
		// The hashes that fall into the kernel's bucket k lie in these of ours.
		lo, hi := (k<<32+size-1)/size, ((k+1)<<32-1)/size
		drops := 0
		for j := lo >> t.shift; j <= hi>>t.shift && j < uint64(len(t.buckets)); j++ {
			var next *tupleHash
			for h := t.buckets[j]; h != nil; h = next {
				next = h.next
				c := h.ct
				if uint64(h.hash)*size>>32 != k || c.Status&(Assured|Dying) != 0 || !c.IsConfirmed() {
					continue
				}
				if next != nil && next.ct == c {
					next = next.next
				}
				if c.expired() {
					t.gcExpired(c)
					continue
				}
				t.ns.Why(step.WhyCTEarlyDrop, uint64(c.ID))
				t.Delete(c)
				drops++
			}
		}
		if drops > 0 {
			t.Stat.EarlyDrop += uint64(drops)
			return true
		}
	}
	t.ns.Why(step.WhyCTNoEarlyDrop)
	return false
}

// Iterate deletes every connection for which f says so
// (nf_ct_iterate_cleanup_net).
func (t *Table) Iterate(f func(c *Conn) bool) {
	for c := t.oldest; c != nil; {
		n := c.allNxt
		if f(c) {
			t.Delete(c)
		}
		c = n
	}
}

var _ core.NFCT = (*Conn)(nil)
