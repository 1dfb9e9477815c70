package conntrack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A Table is struct nf_conntrack_net with the namespace's part of the hash
// table: all connections of one namespace.
type Table struct {
	ns      *core.Netns
	buckets []*tupleHash
	shift   uint8 // 32 minus the logarithm of len(buckets)
	tuples  int   // in the table
	oldest  *Conn // all confirmed ones
	newest  *Conn
	count   int // cnet->count: unconfirmed ones too
	seed    uint64
	Stat    Stat

	users4, users6, usersBridge int
	defrag4, defrag6            int
	labelsUsed                  int
	listeners                   []Listener

	expects []*Expect // in order of creation
	helpers []*helperDef

	gcTimer sim.Timer
	gc      gcState

	nat  NATOps
	free []*Conn `fork:"zero"`
}

// Stat is struct ip_conntrack_stat: a line of /proc/net/stat/nf_conntrack.
type Stat struct {
	Found, Invalid, Insert, InsertFailed, ClashResolve, Drop, EarlyDrop, Error uint64
	ExpectNew, ExpectCreate, ExpectDelete, SearchRestart, ChainTooLong         uint64
}

// NATOps is what conntrack asks of NAT (struct nf_nat_hook).
type NATOps interface {
	// RemoveBySource is remove_nat_bysrc: the connection is freed.
	RemoveBySource(c *Conn)
}

// New makes the table of a namespace (nf_conntrack_init_net), or returns the
// one that it has.
func NewTable(ns *core.Netns) *Table {
	if t := Of(ns); t != nil {
		return t
	}
	t := &Table{ns: ns, seed: ns.Machine.Rand.Uint64()}
	t.resize(6)
	t.helpers = []*helperDef{{step: step.NfCTFtpHelp, proto: 6, port: 21, max: 1, timeout: 300}}
	ns.Conntrack = t
	return t
}

// Of is the table of a namespace, nil if nothing ever needed one.
func Of(ns *core.Netns) *Table { t, _ := ns.Conntrack.(*Table); return t }

// SetNAT registers NAT (nf_nat_hook).
func (t *Table) SetNAT(n NATOps) { t.nat = n }

// Count is net.netfilter.nf_conntrack_count.
func (t *Table) Count() int { return t.count }

// UseLabels says that a rule uses labels (nf_connlabels_get); on false that it
// does no more.
func (t *Table) UseLabels(on bool) {
	if on {
		t.labelsUsed++
	} else if t.labelsUsed > 0 {
		t.labelsUsed--
	}
}

func (t *Table) jiffies() uint32 { return t.ns.Clock.Now().Jiffies() }

// resize makes 1<<bits buckets and puts everything where it belongs. The bucket
// of a hash is its upper bits, as reciprocal_scale has it.
func (t *Table) resize(bits uint8) {
	old := t.buckets
	t.buckets, t.shift = make([]*tupleHash, 1<<bits), 32-bits
	for i := len(old) - 1; i >= 0; i-- {
		var rev *tupleHash // keep the order within a bucket
		for h := old[i]; h != nil; {
			n := h.next
			h.next, rev = rev, h
			h = n
		}
		for h := rev; h != nil; {
			n := h.next
			p := &t.buckets[h.hash>>t.shift]
			h.next, *p = *p, h
			h = n
		}
	}
}

// link is __nf_conntrack_hash_insert of one tuple.
func (t *Table) link(h *tupleHash) {
	if t.tuples++; t.tuples > len(t.buckets) && t.shift > 32-18 {
		t.resize(32 - t.shift + 2)
	}
	p := &t.buckets[h.hash>>t.shift]
	h.next, *p = *p, h
}

func (t *Table) unlink(h *tupleHash) {
	for p := &t.buckets[h.hash>>t.shift]; *p != nil; p = &(*p).next {
		if *p == h {
			*p, h.next = h.next, nil
			t.tuples--
			return
		}
	}
}

// find is ____nf_conntrack_find: who has this tuple in this zone? What is over
// and lies on the way is thrown away.
func (t *Table) find(k *Tuple, z Zone, hash uint32) *tupleHash {
	var next *tupleHash
	now := t.jiffies()
	for h := t.buckets[hash>>t.shift]; h != nil; h = next {
		next = h.next
		c := h.ct
		if int32(c.timeout-now) <= 0 {
			t.gcExpired(c)
			if next != nil && next.ct == c { // its other half lay behind it
				next = t.buckets[hash>>t.shift]
			}
			continue
		}
		if h.hash == hash && h.Tuple == *k && c.zone.in(h.dir) == z.in(h.dir) && c.Status&Confirmed != 0 {
			return h
		}
	}
	return nil
}

// Find is nf_conntrack_find_get without the reference: the connection of a
// tuple and the direction that it is, nil if there is none.
func (t *Table) Find(k *Tuple, z Zone) (*Conn, Dir) {
	a, b := z.in(Original), z.in(Reply)
	h := t.find(k, z, k.hash(t.seed, a))
	if h == nil && a != b {
		h = t.find(k, z, k.hash(t.seed, b))
	}
	if h == nil {
		return nil, 0
	}
	return h.ct, h.dir
}

// Taken is nf_conntrack_tuple_taken: has a connection other than c this tuple
// already, so that NAT cannot give it away?
func (t *Table) Taken(k *Tuple, c *Conn) bool {
	defer t.ns.In(step.NfConntrackTupleTaken, c).Out()
	hash := k.hash(t.seed, c.zone.in(Reply))
	var next *tupleHash
	for h := t.buckets[hash>>t.shift]; h != nil; h = next {
		next = h.next
		o := h.ct
		switch {
		case o == c:
		case o.expired():
			t.gcExpired(o)
			if next != nil && next.ct == o {
				next = t.buckets[hash>>t.shift]
			}
		case h.hash == hash && h.Tuple == *k && o.zone.in(h.dir) == c.zone.in(h.dir) && o.IsConfirmed():
			if c.tuples[Original].Tuple == o.tuples[Original].Tuple && o.zone.in(Original) == c.zone.in(Original) {
				continue // the same flow: clash resolution deals with it
			}
			t.Stat.Found++
			t.ns.Why(step.WhyCTTaken, uint64(o.ID))
			return true
		}
	}
	t.ns.Why(step.WhyCTFree)
	return false
}

// alloc is __nf_conntrack_alloc: an unconfirmed connection with one
// reference, nil if the table is full.
func (t *Table) alloc(b *core.SKB, z Zone, orig, repl *Tuple, hash uint32) *Conn {
	defer t.ns.In(step.NfConntrackAlloc, t.subject(b)).Out()
	ns := t.ns
	t.count++
	if limit := ns.Sysctl.CT.Max; limit != 0 && t.count > limit {
		if !t.earlyDrop(hash) {
			t.gc.earlyDrop = true
			t.count--
			ns.Why(step.WhyCTFull, uint64(limit))
			ns.Note(t.subject(b), step.WhyCTFullLog)
			return nil
		}
		ns.Why(step.WhyCTMadeRoom, uint64(limit))
	}
	var c *Conn
	if n := len(t.free); n > 0 {
		c, t.free = t.free[n-1], t.free[:n-1]
	} else {
		c = new(Conn)
	}
	c.ID, c.t, c.zone, c.use = ns.Machine.IDs.Object(), t, z, 1
	c.tuples[Original] = tupleHash{Tuple: *orig, ct: c, dir: Original, hash: hash}
	c.tuples[Reply] = tupleHash{Tuple: *repl, ct: c, dir: Reply}
	c.acct = ns.Sysctl.CT.Acct != 0
	c.ecache = ns.Sysctl.CT.Events == 1 || ns.Sysctl.CT.Events == 2 && len(t.listeners) > 0
	if ns.Sysctl.CT.Timestamp != 0 {
		c.extra().timed = true
	}
	if t.labelsUsed > 0 {
		c.extra().hasLabels = true
	}
	return c
}

// destroy is nf_ct_destroy and nf_conntrack_free.
func (t *Table) destroy(c *Conn) {
	defer t.ns.In(step.NfCTDestroy, whole{t.ns}).Out()
	t.removeExpects(c)
	if m := c.Master; m != nil {
		c.Master = nil
		m.Put()
	}
	if c.Status&SrcNATDone != 0 && t.nat != nil {
		t.nat.RemoveBySource(c)
	}
	if t.ns.Trace != nil {
		t.ns.Trace.Forget(c.ID)
	}
	t.count--
	*c = Conn{}
	if len(t.free) < 4096 {
		t.free = append(t.free, c)
	}
}

// insert is the second half of __nf_conntrack_confirm: into the table with it.
func (t *Table) insert(c *Conn) {
	c.timeout += t.jiffies()
	t.prepare(c)
	t.link(&c.tuples[Original])
	t.link(&c.tuples[Reply])
	t.enlist(c)
	c.Status |= Confirmed
	t.armGC()
}

// prepare is __nf_conntrack_insert_prepare: the table refers to it, too.
func (t *Table) prepare(c *Conn) {
	c.use++
	if c.ext != nil && c.ext.timed {
		c.ext.start = t.ns.Clock.Now()
	}
}

func (t *Table) enlist(c *Conn) {
	c.prevAll, c.allNxt = t.newest, nil
	if t.newest != nil {
		t.newest.allNxt = c
	} else {
		t.oldest = c
	}
	t.newest = c
}

func (t *Table) delist(c *Conn) {
	if c.prevAll != nil {
		c.prevAll.allNxt = c.allNxt
	} else {
		t.oldest = c.allNxt
	}
	if c.allNxt != nil {
		c.allNxt.prevAll = c.prevAll
	} else {
		t.newest = c.prevAll
	}
	c.prevAll, c.allNxt = nil, nil
}

// Delete is nf_ct_delete: out of the table, and listeners are told. It reports
// false if it was on its way out already.
func (t *Table) Delete(c *Conn) bool {
	if c.Status&Dying != 0 {
		return false
	}
	c.Status |= Dying
	if c.ext != nil && c.ext.timed {
		c.ext.stop = t.ns.Clock.Now() // less what it is late
		if d := int32(c.timeout - t.jiffies()); d < 0 {
			c.ext.stop += sim.Time(d) * sim.Jiffy
		}
	}
	t.tell(c, EventDestroy)
	if c.IsConfirmed() {
		t.unlink(&c.tuples[Original])
		t.unlink(&c.tuples[Reply])
		t.delist(c)
		t.removeExpects(c)
		c.Put()
	}
	return true
}

// gcExpired is nf_ct_gc_expired.
func (t *Table) gcExpired(c *Conn) {
	if c.Status&(Confirmed|Dying) == Confirmed {
		t.Delete(c)
	}
}

// Each calls f for every connection that `conntrack -L` lists, oldest first,
// until f returns false; f may delete the one that it gets. Those that are over
// go instead (ctnetlink_dump_table).
func (t *Table) Each(f func(c *Conn) bool) {
	for c := t.oldest; c != nil; {
		n := c.allNxt
		if c.expired() {
			t.gcExpired(c)
		} else if c.Status&NATClash == 0 && !f(c) {
			return
		}
		c = n
	}
}

// Flush is `conntrack -F`: delete all.
func (t *Table) Flush() { t.Each(func(c *Conn) bool { t.Delete(c); return true }) }
