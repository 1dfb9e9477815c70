package core

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// NewNeighTable makes arp_tbl or nd_tbl of a namespace, with the kernel's
// default parameters (net.ipv4.neigh.default.*).
//
// Left out: parameters of single devices, and the collection of old entries that runs
// by itself (gc_thresh1, gc_interval).
func NewNeighTable(ns *Netns, family uint16, ops NeighOps) *NeighTable {
	t := &NeighTable{Family: family, NS: ns, Ops: ops, table: map[neighKey]*Neighbour{},
		BaseReachable: 30 * sim.Second, Retrans: sim.Second, DelayProbe: 5 * sim.Second, GCStale: 60 * sim.Second,
		McastProbes: 3, UcastProbes: 3, QueueBytes: 212992, GCThresh2: 512, GCThresh3: 1024, lastFlush: -gcPause}
	if family == AFInet {
		t.Locktime = sim.Second
	}
	t.reachable = t.randReachTime()
	return t
}

// randReachTime is neigh_rand_reach_time: between half and one and a half of
// the base time (RFC 4861 §6.3.2).
func (t *NeighTable) randReachTime() sim.Time {
	base := uint32(t.BaseReachable / sim.Jiffy)
	if base == 0 {
		return 0
	}
	half := sim.Time(base >> 1)
	if r := t.NS.Machine.Rand; r != nil {
		return (sim.Time(r.Below(base)) + half) * sim.Jiffy
	}
	return sim.Time(base) * sim.Jiffy
}

// SetBaseReachable sets base_reachable_time, and draws the time anew at once
// (neigh_proc_base_reachable_time).
func (t *NeighTable) SetBaseReachable(d sim.Time) {
	t.BaseReachable = d
	t.reachable = t.randReachTime()
}

// neighFrame is SKB_TRUESIZE(ETH_FRAME_LEN): what unres_qlen counts as a packet.
const neighFrame = 1514 + sizeofSKB + sizeofShinfo

// SetQueueLen sets unres_qlen, in packets of a full Ethernet frame.
func (t *NeighTable) SetQueueLen(n int) { t.QueueBytes = n * neighFrame }

// QueueLen is unres_qlen.
func (t *NeighTable) QueueLen() int { return t.QueueBytes / neighFrame }

// ReachableTime is how long an answer holds in this table.
func (t *NeighTable) ReachableTime() sim.Time { return t.reachable }

// SetReachableTime fixes it, for worlds that repeat a recorded one.
func (t *NeighTable) SetReachableTime(d sim.Time) { t.reachable = d }

// jiffies is the time of the last tick: neighbours count in ticks.
func (t *NeighTable) jiffies() sim.Time {
	now := t.NS.Clock.Now()
	return now - now%sim.Jiffy
}

// find looks into the hash table, without a trace.
func (t *NeighTable) find(key wire.Addr, d *Device) *Neighbour {
	return t.table[neighKey{key, d.Index}]
}

// Lookup is neigh_lookup: nil if unknown.
func (t *NeighTable) Lookup(key wire.Addr, d *Device) *Neighbour { return t.find(key, d) }

// Create is __neigh_create: finds or makes the entry and runs the constructor. nil: the
// table is full.
func (t *NeighTable) Create(key wire.Addr, d *Device) *Neighbour {
	if n := t.find(key, d); n != nil {
		return n
	}
	if !t.roomFor() {
		return nil
	}
	return t.create(key, d)
}

// CreatePermanent is Create for an entry that counts against no limit.
func (t *NeighTable) CreatePermanent(key wire.Addr, d *Device) *Neighbour {
	if n := t.find(key, d); n != nil {
		return n
	}
	return t.create(key, d)
}

// create is the beginning of ___neigh_create: neigh_alloc.
func (t *NeighTable) create(key wire.Addr, d *Device) *Neighbour {
	n := &Neighbour{ID: t.NS.Machine.IDs.Object(), Table: t, Key: key, Dev: d}
	n.task.n = n
	t.add(n)
	return n
}

// add is the rest of ___neigh_create: the family's constructor, and the table.
func (t *NeighTable) add(n *Neighbour) {
	defer t.NS.In(step.NeighCreateStep, n).Out()
	ns, key, d := t.NS, n.Key, n.Dev
	n.Used = t.jiffies()
	n.Updated = n.Used
	ns.TP(step.NeighCreate, n, uint64(t.Family), uint64(d.Index), uint64(len(t.list)), 1, key.Hi, key.Lo)
	ns.Why(step.WhyNeighCreate, key.Hi, key.Lo, uint64(d.Index))
	t.Ops.Constructor(n)
	n.Confirmed = t.jiffies() - 2*t.BaseReachable
	t.table[neighKey{n.Key, d.Index}] = n // the constructor may have changed it
	t.list = append(t.list, n)
}

// Each calls f for every entry in order of creation.
func (t *NeighTable) Each(f func(*Neighbour)) {
	for _, n := range t.list {
		f(n)
	}
}

// Delete is neigh_remove_one: the administrator removes an entry. Packets that
// wait for it are purged.
func (t *NeighTable) Delete(n *Neighbour) {
	delete(t.table, neighKey{n.Key, n.Dev.Index})
	for i := range t.list {
		if t.list[i] == n {
			t.list = append(t.list[:i], t.list[i+1:]...)
			break
		}
	}
	n.Dead = true
	n.delTimer()
	n.tp(step.NeighCleanupAndRelease, 0)
	n.destroy()
	n.State = NUDNone
}

// destroy is neigh_destroy.
func (n *Neighbour) destroy() {
	defer n.Table.NS.In(step.NeighDestroy, n).Out()
	n.purge(step.NeighDestroy)
}

// Remove is neigh_delete: the administrator takes an entry away.
func (t *NeighTable) Remove(n *Neighbour) {
	t.Update(n, n.Addr, NUDFailed, NeighUpdateOverride|NeighUpdateAdmin)
	t.Delete(n)
}

// Down is neigh_ifdown: a device goes, and with it all its entries, those that
// the administrator made among them.
func (t *NeighTable) Down(d *Device) {
	for i := 0; i < len(t.list); {
		if n := t.list[i]; n.Dev == d {
			t.Delete(n)
			continue
		}
		i++
	}
}

// CarrierDown is neigh_carrier_down: a device that is up has lost its carrier, and all
// but the permanent entries of it go (arp_evict_nocarrier).
func (t *NeighTable) CarrierDown(d *Device) {
	for i := 0; i < len(t.list); {
		if n := t.list[i]; n.Dev == d && n.State&NUDPermanent == 0 {
			t.Delete(n)
			continue
		}
		i++
	}
}

// EventNS is neigh_event_ns: somebody asked us, with the packet b; learn it as
// STALE.
func (t *NeighTable) EventNS(b *SKB, addr wire.MAC, key wire.Addr, d *Device) *Neighbour {
	defer t.NS.In(step.NeighEventNS, b).Out()
	n := t.Create(key, d)
	if n != nil {
		t.Update(n, addr, NUDStale, NeighUpdateOverride)
	}
	return n
}

// tp fires one of the tracepoints that show a neighbour.
func (n *Neighbour) tp(tp step.TP, err int) {
	ns := n.Table.NS
	if ns.Trace != nil {
		ns.TP(tp, n, uint64(n.Table.Family), uint64(n.Dev.Index), uint64(n.Addr), uint64(n.State), n.Key.Hi, n.Key.Lo, uint64(int64(err)))
	}
}
