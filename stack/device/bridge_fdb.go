package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The forwarding database: net/bridge/br_fdb.c. Which address is behind which
// port.

// A BridgeFDBEntry is struct net_bridge_fdb_entry.
type BridgeFDBEntry struct {
	Addr    wire.MAC
	VID     uint16      // its VLAN, 0 while VLANs do not matter
	Port    *BridgePort // nil: the bridge's own
	Local   bool        // an address of this host (BR_FDB_LOCAL)
	Static  bool        // it does not age (BR_FDB_STATIC)
	ByUser  bool        // BR_FDB_ADDED_BY_USER
	Sticky  bool        // it stays behind its port (BR_FDB_STICKY)
	ExtLern bool        // learned by a program (BR_FDB_ADDED_BY_EXT_LEARN)
	Updated sim.Time    // when it was learned or heard last
	Used    sim.Time    // when a frame was sent there last
}

// bridgeFDB is the database of one bridge.
type bridgeFDB struct {
	br      *Bridge
	entries map[fdbKey]*BridgeFDBEntry
	list    []*BridgeFDBEntry // the newest last
	learned uint32            // how many were learned by themselves
	gc      sim.Timer
}

// fdbKey is struct net_bridge_fdb_key.
type fdbKey struct {
	addr wire.MAC
	vid  uint16
}

func (f *bridgeFDB) init(br *Bridge) {
	f.br, f.entries = br, map[fdbKey]*BridgeFDBEntry{}
}

func (f *bridgeFDB) find(a wire.MAC, vid uint16) *BridgeFDBEntry { return f.entries[fdbKey{a, vid}] }

// FDB lists the entries, the newest first (br_fdb_dump).
func (br *Bridge) FDB() []*BridgeFDBEntry {
	l := make([]*BridgeFDBEntry, 0, len(br.fdb.list))
	for i := len(br.fdb.list) - 1; i >= 0; i-- {
		l = append(l, br.fdb.list[i])
	}
	return l
}

// FDBFind is br_fdb_find_rcu.
func (br *Bridge) FDBFind(a wire.MAC, vid uint16) *BridgeFDBEntry { return br.fdb.find(a, vid) }

// GCIn is when old entries are looked for next, from now on; 0: none waits.
func (br *Bridge) GCIn() sim.Time {
	if !br.fdb.gc.Pending() {
		return 0
	}
	return br.fdb.gc.At - br.ns().Clock.Now()
}

// create is fdb_create.
func (f *bridgeFDB) create(a wire.MAC, p *BridgePort, vid uint16) *BridgeFDBEntry {
	now := f.br.ns().Clock.Now()
	e := &BridgeFDBEntry{Addr: a, VID: vid, Port: p, Updated: now, Used: now}
	f.entries[fdbKey{a, vid}] = e
	f.list = append(f.list, e)
	return e
}

// dynamic reports whether the entry was learned (BR_FDB_DYNAMIC_LEARNED).
func (e *BridgeFDBEntry) dynamic() bool { return !e.Local && !e.ByUser && !e.ExtLern }

// sweep removes what gone names.
func (f *bridgeFDB) sweep(gone func(*BridgeFDBEntry) bool) (n int) {
	keep := f.list[:0]
	for _, e := range f.list {
		if !gone(e) {
			keep = append(keep, e)
			continue
		}
		n++
		f.forget(e)
	}
	clear(f.list[len(keep):])
	f.list = keep
	return n
}

func (f *bridgeFDB) forget(e *BridgeFDBEntry) {
	delete(f.entries, fdbKey{e.Addr, e.VID})
	if e.dynamic() {
		f.learned--
	}
}

func (f *bridgeFDB) delete(x *BridgeFDBEntry) {
	f.sweep(func(e *BridgeFDBEntry) bool { return e == x })
}

// update is br_fdb_update: the address is behind the port that it was heard by.
func (f *bridgeFDB) update(ns *core.Netns, p *BridgePort, b *core.SKB, a wire.MAC, vid uint16) {
	defer ns.In(step.BrFdbUpdateStep, b).Out()
	br := f.br
	if br.AgeingTime == 0 {
		return
	}
	e := f.find(a, vid)
	changed := false
	switch {
	case e == nil:
		if br.FdbMax != 0 && f.learned >= br.FdbMax {
			ns.Why(step.WhyBrTableFull, uint64(br.FdbMax), uint64(a))
			return
		}
		f.create(a, p, vid)
		f.learned++
		changed = true
		ns.Why(step.WhyBrLearned, uint64(a), uint64(p.Dev.Index))
		f.arm(ns.Clock.Now() + br.AgeingTime)
	case e.Local:
		ns.Why(step.WhyBrLocalSource, uint64(a), uint64(p.Dev.Index))
		return
	default:
		e.Updated = ns.Clock.Now()
		if e.Port != p && !e.Sticky {
			old := 0
			if e.Port != nil {
				old = e.Port.Dev.Index
			}
			ns.Why(step.WhyBrMoved, uint64(a), uint64(old), uint64(p.Dev.Index))
			e.Port, e.ExtLern, changed = p, false, true
		} else {
			ns.Why(step.WhyBrSeen, uint64(a), uint64(p.Dev.Index))
		}
	}
	if changed {
		ns.TP(step.BrFdbUpdate, b, uint64(br.Dev.Index), uint64(p.Dev.Index), uint64(a), uint64(vid), 0)
	}
}

// arm makes the cleanup run at a time, or earlier if it was to.
func (f *bridgeFDB) arm(at sim.Time) {
	if f.gc.Pending() && f.gc.At <= at {
		return
	}
	f.br.ns().Clock.Mod(&f.gc, at, f)
}

// Run is the timer's function.
func (f *bridgeFDB) Run() {
	if ns := f.br.ns(); ns != nil {
		f.cleanup(ns)
	}
}

// cleanup is br_fdb_cleanup: forget what has been silent for the ageing time.
func (f *bridgeFDB) cleanup(ns *core.Netns) {
	defer ns.In(step.BrFdbCleanup, inet.Subject{NS: ns}).Out()
	br, now := f.br, ns.Clock.Now()
	hold, next := br.holdTime(), sim.Time(0)
	n := f.sweep(func(e *BridgeFDBEntry) bool {
		if e.Local || e.Static || e.ExtLern {
			return false
		}
		end := e.Updated + hold
		if end <= now {
			return true
		}
		if next == 0 || end < next {
			next = end
		}
		return false
	})
	if n > 0 {
		ns.Why(step.WhyBrExpired, uint64(n), uint64(hold))
	}
	if next != 0 {
		f.arm(max(next, now+10*sim.Millisecond))
	}
}

// SetAgeing is br_set_ageing_time.
func (br *Bridge) SetAgeing(d sim.Time) {
	br.AgeingTime, br.tree.userAge = d, d
	if br.fdb.learned > 0 {
		br.fdb.arm(br.ns().Clock.Now())
	}
}

// addLocal is fdb_add_local: frames for that address are for this host. p is
// nil for the bridge itself.
func (f *bridgeFDB) addLocal(p *BridgePort, a wire.MAC, vid uint16) {
	if a == 0 || a.IsMulticast() {
		return
	}
	if e := f.find(a, vid); e != nil {
		if e.Local {
			return // two ports with one address
		}
		f.delete(e)
	}
	e := f.create(a, p, vid)
	e.Local, e.Static = true, true
}

// addLocals is addLocal for all VLANs of a port, or of the bridge.
func (f *bridgeFDB) addLocals(p *BridgePort, a wire.MAC) {
	f.addLocal(p, a, 0)
	if g := f.br.Vlans(p); g != nil {
		for _, v := range g.List {
			f.addLocal(p, a, v.VID)
		}
	}
}

// deleteVlan forgets what is known in a VLAN behind a port that is in it no more
// (br_fdb_find_delete_local, br_fdb_delete_by_port).
func (f *bridgeFDB) deleteVlan(p *BridgePort, vid uint16) {
	d := f.br.Dev
	if p != nil {
		d = p.Dev
	}
	if e := f.find(d.Addr, vid); e != nil && e.Local && e.Port == p && !e.ByUser {
		f.deleteLocal(p, e)
	}
	if p != nil {
		f.sweep(func(e *BridgeFDBEntry) bool { return e.Port == p && e.VID == vid && !e.Static && !e.ExtLern })
	}
}

// deleteLocal is fdb_delete_local: another port with the same address, or the
// bridge itself, takes it over.
func (f *bridgeFDB) deleteLocal(p *BridgePort, e *BridgeFDBEntry) {
	for _, q := range f.br.Ports {
		if q != p && q.Dev.Addr == e.Addr && (e.VID == 0 || q.vlans.find(e.VID) != nil) {
			e.Port, e.ByUser = q, false
			return
		}
	}
	if p != nil && f.br.Dev.Addr == e.Addr && (e.VID == 0 || f.br.vlans.find(e.VID) != nil) {
		e.Port, e.ByUser = nil, false
		return
	}
	f.delete(e)
}

// changeAddr is br_fdb_changeaddr: a port has another address.
func (f *bridgeFDB) changeAddr(p *BridgePort, old wire.MAC) {
	var gone []*BridgeFDBEntry
	for _, e := range f.list {
		if e.Addr == old && e.Port == p && e.Local && !e.ByUser {
			gone = append(gone, e)
		}
	}
	for _, e := range gone {
		f.deleteLocal(p, e)
	}
	f.addLocals(p, p.Dev.Addr)
}

// fdbChangeAddr is br_fdb_change_mac_address: the bridge has another address.
func (br *Bridge) fdbChangeAddr(a wire.MAC) {
	f := &br.fdb
	var gone []*BridgeFDBEntry
	for _, e := range f.list {
		if e.Addr == br.Dev.Addr && e.Local && e.Port == nil && !e.ByUser {
			gone = append(gone, e)
		}
	}
	for _, e := range gone {
		f.deleteLocal(nil, e)
	}
	f.addLocals(nil, a)
}

// deleteByPort is br_fdb_delete_by_port: what was learned behind a port, or all
// that is behind it.
func (f *bridgeFDB) deleteByPort(p *BridgePort, all bool) {
	var local []*BridgeFDBEntry
	f.sweep(func(e *BridgeFDBEntry) bool {
		switch {
		case e.Port != p, !all && (e.Static || e.ExtLern):
			return false
		case e.Local:
			local = append(local, e)
			return false
		}
		return true
	})
	for _, e := range local {
		f.deleteLocal(p, e)
	}
}

// flushAll forgets everything (br_dev_delete).
func (f *bridgeFDB) flushAll() {
	f.sweep(func(*BridgeFDBEntry) bool { return true })
	f.br.ns().Clock.Stop(&f.gc)
}

// FDBFlush is br_fdb_flush: `ip link set BR type bridge fdb_flush`; p limits it
// to a port. Only what was learned, or is to age, goes.
func (br *Bridge) FDBFlush(p *BridgePort) {
	br.fdb.sweep(func(e *BridgeFDBEntry) bool { return !e.Local && !e.Static && (p == nil || e.Port == p) })
}

// FDBAdd is fdb_add_entry: `bridge fdb add`. local and static are what the user
// says of the entry; replace lets it take another's place. EEXIST: it is there.
// EINVAL: not an address of one host, or the bridge itself without local, or vid is no
// VLAN of it.
func (br *Bridge) FDBAdd(p *BridgePort, a wire.MAC, vid uint16, local, static, sticky, extLearn, replace, create bool) core.Errno {
	if a == 0 || a.IsMulticast() {
		return step.EINVAL
	}
	if vid != 0 && br.Vlans(p).find(vid) == nil {
		return step.EINVAL
	}
	f := &br.fdb
	e := f.find(a, vid)
	switch {
	case e == nil && !create:
		return step.ENOENT
	case e != nil && !replace:
		return step.EEXIST
	case e == nil:
		e = f.create(a, p, vid)
	default:
		if e.dynamic() {
			f.learned--
		}
	}
	e.Port, e.Local, e.Static, e.Sticky, e.ByUser, e.ExtLern = p, local, local || static, sticky, !extLearn, extLearn
	now := br.ns().Clock.Now()
	e.Updated, e.Used = now, now
	if !e.Static && !e.ExtLern {
		f.arm(now + br.AgeingTime)
	}
	return 0
}

// FDBDel is fdb_delete_by_addr_and_port: `bridge fdb del`. ENOENT: it is not
// there.
func (br *Bridge) FDBDel(p *BridgePort, a wire.MAC, vid uint16) core.Errno {
	e := br.fdb.find(a, vid)
	if e == nil || e.Port != p {
		return step.ENOENT
	}
	br.fdb.delete(e)
	return 0
}

// FDBFlags are the properties by which FDBFlushBy chooses.
type FDBFlags uint8

// The flags (BR_FDB_*).
const (
	FDBLocal FDBFlags = 1 << iota
	FDBStatic
	FDBSticky
	FDBByUser
	FDBExtLearn
	FDBOffloaded // no entry here is
)

func (e *BridgeFDBEntry) flags() (f FDBFlags) {
	for i, on := range [...]bool{e.Local, e.Static, e.Sticky, e.ByUser, e.ExtLern} {
		if on {
			f |= 1 << i
		}
	}
	return f
}

// FDBFlushBy is br_fdb_flush of `bridge fdb flush`: what is behind port p (nil: any), or
// is the bridge's own, in a VLAN (0: any), and of whose flags in mask those in set are on.
func (br *Bridge) FDBFlushBy(p *BridgePort, own bool, vid uint16, set, mask FDBFlags) {
	br.fdb.sweep(func(e *BridgeFDBEntry) bool {
		return (vid == 0 || e.VID == vid) && (p == nil && !own || e.Port == p) && e.flags()&mask == set
	})
}
