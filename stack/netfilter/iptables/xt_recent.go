package iptables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: xt_recent.c.

// Parameters of the module xt_recent (ip_list_tot, XT_RECENT_MAX_NSTAMPS).
const (
	recentTotal     = 100
	recentMaxStamps = 65536
)

// A RecentTable is struct recent_table: a list with a name, which rules share:
// /proc/net/xt_recent/NAME.
type RecentTable struct {
	Name string
	mask wire.Addr
	use  int
	max  uint16         // stamps of an entry, minus 1
	list []*RecentEntry // the one that was not touched for longest comes first
}

// A RecentEntry is struct recent_entry: an address, and when its packets came.
type RecentEntry struct {
	Addr   wire.Addr
	Family core.Family
	TTL    uint8
	Index  uint16   // where the next stamp goes
	Stamps []uint64 // jiffies; the oldest are overwritten
	order  uint64
}

// RecentTables are those of the namespace, in order of creation.
func (x *Tables) RecentTables() []*RecentTable { return x.lists }

// Entries are those of the list, the one that was not touched for longest first.
func (t *RecentTable) Entries() []*RecentEntry { return t.list }

// RecentTable is the list of a name, nil if no rule uses one.
func (x *Tables) RecentTable(name string) *RecentTable {
	for _, t := range x.lists {
		if t.Name == name {
			return t
		}
	}
	return nil
}

// Add is what echo +ADDR > /proc/net/xt_recent/NAME does; Remove is -ADDR, Flush is
// /.
func (t *RecentTable) Add(ns *core.Netns, f core.Family, a wire.Addr) {
	if e := t.find(f, a, 0); e != nil {
		t.update(e, jiffies(ns))
		return
	}
	t.add(f, a, 0, jiffies(ns))
}

// Remove takes an address out; it reports false if it is not there.
func (t *RecentTable) Remove(f core.Family, a wire.Addr) bool {
	e := t.find(f, a, 0)
	if e != nil {
		t.remove(e)
	}
	return e != nil
}

// Flush empties the list.
func (t *RecentTable) Flush() { t.list = nil }

// roundup is roundup_pow_of_two.
func roundup(n uint32) uint32 {
	k := uint32(1)
	for k < n {
		k *= 2
	}
	return k
}

// Check is recent_mt_check.
func (m *Recent) Check(c *CheckParam) core.Errno {
	if m.Kind == RecentSet || m.Kind == RecentRemove {
		if m.Seconds != 0 || m.HitCount != 0 || m.TTL || m.Reap {
			return einval
		}
	}
	if m.Reap && m.Seconds == 0 || m.Kind > RecentRemove || m.RName == "" {
		return einval
	}
	if m.HitCount >= recentMaxStamps {
		c.Err = errRecentHits
		return einval
	}
	mask := uint16(32 - 1)
	if m.HitCount != 0 {
		mask = uint16(roundup(m.HitCount) - 1)
	}
	x := Of(c.NS)
	t := x.RecentTable(m.RName)
	if t != nil {
		if mask > t.max {
			t.Flush()
			t.max = mask
		}
		t.use++
		m.table = t
		return 0
	}
	m.table = &RecentTable{Name: m.RName, mask: m.Mask, use: 1, max: mask}
	x.lists = append(x.lists, m.table)
	return 0
}

// Destroy is recent_mt_destroy.
func (m *Recent) Destroy(c *CheckParam) {
	t, x := m.table, Of(c.NS)
	if t == nil {
		return
	}
	if t.use--; t.use > 0 {
		return
	}
	for i := range x.lists {
		if x.lists[i] == t {
			x.lists = append(x.lists[:i:i], x.lists[i+1:]...)
			return
		}
	}
}

// find is recent_entry_lookup: ttl 0 is any.
func (t *RecentTable) find(f core.Family, a wire.Addr, ttl uint8) *RecentEntry {
	var best *RecentEntry
	for _, e := range t.list {
		if e.Addr == a && e.Family == f && (ttl == e.TTL || ttl == 0 || e.TTL == 0) && (best == nil || e.order < best.order) {
			best = e // entries of a bucket are in order of creation
		}
	}
	return best
}

func (t *RecentTable) remove(e *RecentEntry) {
	for i := range t.list {
		if t.list[i] == e {
			t.list = append(t.list[:i:i], t.list[i+1:]...)
			return
		}
	}
}

// add is recent_entry_init.
func (t *RecentTable) add(f core.Family, a wire.Addr, ttl uint8, now uint64) {
	if len(t.list) >= recentTotal {
		t.remove(t.list[0])
	}
	order := uint64(0)
	for _, e := range t.list {
		order = max(order, e.order+1)
	}
	t.list = append(t.list, &RecentEntry{Addr: a, Family: f, TTL: ttl, Index: 1, Stamps: []uint64{now}, order: order})
}

// update is recent_entry_update: one more stamp.
func (t *RecentTable) update(e *RecentEntry, now uint64) {
	e.Index &= t.max
	if int(e.Index) == len(e.Stamps) {
		e.Stamps = append(e.Stamps, now)
	} else {
		e.Stamps[e.Index] = now
	}
	e.Index++
	t.remove(e)
	t.list = append(t.list, e)
}

// reap is recent_entry_reap: the oldest entry goes, if its last stamp is older than
// a moment.
func (t *RecentTable) reap(at uint64, working *RecentEntry, update bool) {
	if len(t.list) == 0 {
		return
	}
	e := t.list[0]
	if e == working && update {
		return
	}
	if int64(e.Stamps[e.Index-1]-at) < 0 {
		t.remove(e)
	}
}

// Match is recent_mt.
func (m *Recent) Match(p *Param) bool {
	t, now := m.table, p.jiffies()
	a, dst := p.addrs()
	if m.Dest {
		a = dst
	}
	ttl := p.hops()
	if p.State.Out != nil && (p.SKB.SK == nil || p.SKB.SK.NS != p.NS) {
		ttl++ // as it was before forwarding
	}
	a = wire.Addr{Hi: a.Hi & t.mask.Hi, Lo: a.Lo & t.mask.Lo}
	want := uint8(0)
	if m.TTL {
		want = ttl
	}
	e := t.find(p.Family, a, want)
	if e == nil {
		if m.Kind != RecentSet {
			return p.is(m.Inv, step.TryXtNotSeen)
		}
		t.add(p.Family, a, ttl, now)
		return p.is(!m.Inv, step.TryXtSeen, 1)
	}
	return m.seen(p, t, e, ttl, now)
}

// seen is recent_mt for an address that is in the list.
func (m *Recent) seen(p *Param, t *RecentTable, e *RecentEntry, ttl uint8, now uint64) bool {
	ret, hits := m.Inv, uint32(0)
	switch m.Kind {
	case RecentSet:
		ret = !ret
	case RecentRemove:
		t.remove(e)
		ret = !ret
	default:
		at := now - uint64(m.Seconds)*sim.HZ
		for _, s := range e.Stamps {
			if m.Seconds != 0 && int64(s-at) < 0 {
				continue
			}
			hits++
			if m.HitCount == 0 || hits >= m.HitCount {
				ret = !ret
				break
			}
		}
		if m.Reap {
			t.reap(at, e, m.Kind == RecentUpdate && ret)
		}
	}
	if m.Kind == RecentSet || m.Kind == RecentUpdate && ret {
		t.update(e, now)
		e.TTL = ttl
	}
	return p.is(ret, step.TryXtSeen, uint64(hits))
}
