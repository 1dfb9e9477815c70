package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A VxlanFDB is struct vxlan_fdb: behind which hosts a link address is. The
// address zero stands for all that is not known, and for groups.
type VxlanFDB struct {
	Addr             wire.MAC
	Permanent, NoARP bool // NoARP: static
	Updated, Used    sim.Time
	Remotes          []VxlanRemote
	v                *Vxlan
	byUser           bool
}

// A VxlanRemote is struct vxlan_rdst. Zeros stand for what the device says.
type VxlanRemote struct {
	IP   wire.IP4
	Port uint16
	VNI  uint32
	Link int
}

// vxlanAgeInterval is FDB_AGE_INTERVAL: how often old entries are looked for.
const vxlanAgeInterval = 10 * sim.Second

// enospc is ENOSPC.
const enospc core.Errno = 28

// FDB lists the entries, newest first.
func (v *Vxlan) FDB() []*VxlanFDB { return v.fdb }

func (v *Vxlan) lookup(a wire.MAC) *VxlanFDB {
	for _, f := range v.fdb {
		if f.Addr == a {
			return f
		}
	}
	return nil
}

func (v *Vxlan) remove(f *VxlanFDB) {
	for i, x := range v.fdb {
		if x == f {
			v.fdb = append(v.fdb[:i:i], v.fdb[i+1:]...)
			return
		}
	}
}

// full reports that no more may be learned (cfg.addrmax).
func (v *Vxlan) full() bool { return v.Conf.MaxAddr != 0 && len(v.fdb) >= int(v.Conf.MaxAddr) }

// FDBAdd is vxlan_fdb_update for the administrator: excl refuses an entry that
// is there (EEXIST), replace puts r in the place of the others, neither appends.
func (v *Vxlan) FDBAdd(a wire.MAC, r VxlanRemote, permanent, noARP, excl, replace bool) core.Errno {
	now := v.Dev.NS.Clock.Now()
	f := v.lookup(a)
	group := a == 0 || a.IsMulticast()
	switch {
	case f == nil:
		if v.full() {
			return enospc
		}
		if replace && group {
			return step.EOPNOTSUPP
		}
		f = &VxlanFDB{Addr: a, v: v, Used: now, Updated: now, Permanent: permanent, NoARP: noARP, Remotes: []VxlanRemote{r}, byUser: true}
		v.fdb = append([]*VxlanFDB{f}, v.fdb...)
		return 0
	case excl:
		return step.EEXIST
	case replace && group, !replace && !group:
		return step.EOPNOTSUPP
	}
	f.Permanent, f.NoARP, f.Updated, f.byUser = permanent, noARP, now, true
	if replace {
		f.Remotes = []VxlanRemote{r}
		return 0
	}
	for _, x := range f.Remotes {
		if x == r {
			return 0
		}
	}
	f.Remotes = append(f.Remotes, r)
	return 0
}

// FDBDel is __vxlan_fdb_delete: one remote of an entry, or, with r.IP 0, all of
// it. ENOENT if it is not there.
func (v *Vxlan) FDBDel(a wire.MAC, r VxlanRemote) core.Errno {
	f := v.lookup(a)
	if f == nil {
		return step.ENOENT
	}
	if r.IP != 0 {
		at := -1
		for i, x := range f.Remotes {
			if x == r {
				at = i
			}
		}
		if at < 0 {
			return step.ENOENT
		}
		if len(f.Remotes) > 1 {
			f.Remotes = append(f.Remotes[:at:at], f.Remotes[at+1:]...)
			return 0
		}
	}
	v.remove(f)
	return 0
}

// snoop is vxlan_snoop: the inner sender is behind the outer one.
func (v *Vxlan) snoop(ns *core.Netns, b *core.SKB, from wire.IP4) core.DropReason {
	defer ns.In(step.VxlanSnoop, b).Out()
	src := b.Eth().Src()
	now := ns.Clock.Now()
	if src == 0 || src.IsMulticast() {
		ns.Why(step.WhyVxlanSource, uint64(src))
		return step.DropMACInvalidSource
	}
	f := v.lookup(src)
	switch {
	case f == nil && v.full():
		ns.Why(step.WhyVxlanFDBFull, uint64(v.Conf.MaxAddr))
	case f == nil:
		ns.Why(step.WhyVxlanLearn, uint64(src), uint64(from))
		f = &VxlanFDB{Addr: src, v: v, Used: now, Updated: now, Remotes: []VxlanRemote{{IP: from}}}
		v.fdb = append([]*VxlanFDB{f}, v.fdb...)
	case f.Remotes[0].IP == from && f.Remotes[0].Link == 0:
		ns.Why(step.WhyVxlanKnown, uint64(src), uint64(from))
		f.Updated = now
	case f.Permanent || f.NoARP:
		ns.Why(step.WhyVxlanStatic, uint64(src), uint64(f.Remotes[0].IP), uint64(from))
		return step.DropVxlanEntryExists
	default:
		ns.Why(step.WhyVxlanMoved, uint64(src), uint64(f.Remotes[0].IP), uint64(from))
		f.Remotes[0].IP, f.Updated = from, now
	}
	return step.NotDropped
}

func (v *Vxlan) schedule() {
	c := v.Dev.NS.Clock
	c.Mod(&v.age, c.Now()+vxlanAgeInterval, v)
}

// Run is the timer's function.
func (v *Vxlan) Run() {
	if ns := v.Dev.NS; ns != nil && v.Dev.Up() {
		v.cleanup(ns)
	}
}

// cleanup is vxlan_cleanup: forget who was silent for too long.
func (v *Vxlan) cleanup(ns *core.Netns) {
	defer ns.In(step.VxlanCleanup, inet.Subject{NS: ns}).Out()
	now := ns.Clock.Now()
	for i := 0; i < len(v.fdb); i++ {
		f := v.fdb[i]
		if f.Permanent || f.NoARP || max(f.Used, f.Updated)+v.Conf.Age > now {
			continue
		}
		ns.Why(step.WhyVxlanAged, uint64(f.Addr), uint64(v.Conf.Age))
		v.remove(f)
		i--
	}
	v.schedule()
}
