package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The multicast database: who has joined which group (net/bridge/br_multicast.c,
// br_mdb.c). Left out: source lists (the bridge speaks IGMPv2 and MLDv1, as by default),
// unicast to members, single VLANs.

// A BridgeMcast is what is set of multicast snooping.
type BridgeMcast struct {
	Querier                                       bool // mcast_querier: the bridge asks itself
	LastMemberCount, StartupCount                 int
	LastMember, Membership, OtherQuerier          sim.Time // mcast_last_member_interval, mcast_membership_interval, mcast_querier_interval
	QueryInterval, ResponseInterval, StartupQuery sim.Time
	HashMax                                       int // most groups
}

func defaultMcast() BridgeMcast {
	return BridgeMcast{LastMemberCount: 2, StartupCount: 2, LastMember: sim.Second, Membership: 260 * sim.Second, OtherQuerier: 255 * sim.Second,
		QueryInterval: 125 * sim.Second, ResponseInterval: 10 * sim.Second, StartupQuery: 31248 * sim.Millisecond, HashMax: 4096}
}

// A BridgeMDB is a group in a VLAN (struct net_bridge_mdb_entry).
type BridgeMDB struct {
	Group wire.Addr
	VID   uint16
	Ports []*BridgeMember // the newest first
	Host  *BridgeMember   // the bridge itself is a member; nil: no
}

// A BridgeMember is a port that a member of a group is behind (struct
// net_bridge_port_group); Port is nil for the bridge itself.
type BridgeMember struct {
	Port      *BridgePort
	Permanent bool // by bridge mdb add … permanent
	timer     sim.Timer
	br        *Bridge
	m         *BridgeMDB
}

// Left is how long the member lasts unless it reports again; 0: for ever.
func (p *BridgeMember) Left() sim.Time {
	if !p.timer.Pending() {
		return 0
	}
	return p.timer.At - p.br.ns().Clock.Now()
}

// MDB lists the groups, the newest first.
func (br *Bridge) MDB() []*BridgeMDB { return br.mdb }

func (br *Bridge) findMDB(g wire.Addr, vid uint16) *BridgeMDB {
	for _, m := range br.mdb {
		if m.Group == g && m.VID == vid {
			return m
		}
	}
	return nil
}

// localGroup reports whether a group is never filtered: 224.0.0.0/24 and ff02::1.
func localGroup(g wire.Addr) bool {
	if g.Is4() {
		return uint32(g.IP4())>>8 == 0xe00000
	}
	return g == wire.Addr{Hi: 0xff02 << 48, Lo: 1}
}

// join is br_multicast_add_group: a member behind p (nil: this host) has reported.
func (br *Bridge) join(ns *core.Netns, p *BridgePort, g wire.Addr, vid uint16) {
	if localGroup(g) || !br.Dev.Up() || p != nil && p.State == BridgeDisabled {
		return
	}
	x := br.addMember(p, g, vid)
	if x == nil {
		return
	}
	dev := br.Dev.Index
	if p != nil {
		dev = p.Dev.Index
	}
	ns.Why(step.WhyBrMdbJoin, g.Hi, g.Lo, uint64(dev), uint64(br.Mcast.Membership))
	if !x.Permanent {
		ns.Clock.Mod(&x.timer, ns.Clock.Now()+br.Mcast.Membership, x)
	}
}

// addMember is br_multicast_new_group and br_multicast_new_port_group; nil: there are
// too many groups.
func (br *Bridge) addMember(p *BridgePort, g wire.Addr, vid uint16) *BridgeMember {
	m := br.findMDB(g, vid)
	if m == nil {
		if len(br.mdb) >= br.Mcast.HashMax {
			return nil
		}
		m = &BridgeMDB{Group: g, VID: vid}
		br.mdb = append([]*BridgeMDB{m}, br.mdb...)
	}
	if p == nil {
		if m.Host == nil {
			m.Host = &BridgeMember{br: br, m: m}
		}
		return m.Host
	}
	for _, x := range m.Ports {
		if x.Port == p {
			return x
		}
	}
	x := &BridgeMember{Port: p, br: br, m: m}
	m.Ports = append([]*BridgeMember{x}, m.Ports...)
	return x
}

// Run is br_multicast_port_group_expired, and br_multicast_group_expired for the
// bridge itself: the member has not reported for too long.
func (p *BridgeMember) Run() {
	if p.br.Dev.NS != nil {
		p.expired()
	}
}

func (p *BridgeMember) expired() {
	defer p.br.ns().In(step.BrMulticastExpired, p.br.subject()).Out()
	p.br.ns().Why(step.WhyBrMdbExpired, p.m.Group.Hi, p.m.Group.Lo)
	p.br.removeMember(p)
}

func (br *Bridge) removeMember(x *BridgeMember) {
	br.ns().Clock.Stop(&x.timer)
	m := x.m
	if m.Host == x {
		m.Host = nil
	}
	for i, o := range m.Ports {
		if o == x {
			m.Ports = append(m.Ports[:i:i], m.Ports[i+1:]...)
			break
		}
	}
	if m.Host != nil || len(m.Ports) > 0 {
		return
	}
	for i, o := range br.mdb {
		if o == m {
			br.mdb = append(br.mdb[:i:i], br.mdb[i+1:]...)
			break
		}
	}
}

// forgetMembers removes what is known of a port, or with nil all; permanent members of
// a port stay unless all is set.
func (br *Bridge) forgetMembers(p *BridgePort, all bool) {
	var gone []*BridgeMember
	for _, m := range br.mdb {
		for _, x := range m.Ports {
			if (p == nil || x.Port == p) && (all || !x.Permanent) {
				gone = append(gone, x)
			}
		}
		if m.Host != nil && p == nil {
			gone = append(gone, m.Host)
		}
	}
	for _, x := range gone {
		br.removeMember(x)
	}
}

// leave is br_multicast_leave_group: somebody behind p (nil: this host) needs the group
// no more. While a querier is elsewhere, its questions decide. Who asks itself asks for
// the group now, and for all groups when the time of the last member is over.
func (br *Bridge) leave(ns *core.Netns, p *BridgePort, g wire.Addr, vid uint16) {
	m := br.findMDB(g, vid)
	if m == nil {
		return
	}
	x := m.member(p)
	now := ns.Clock.Now()
	ns.Why(step.WhyBrMdbLeave, g.Hi, g.Lo)
	f := family(g)
	if p != nil && p.Flags&BridgeFastLeave != 0 {
		if x != nil && !x.Permanent {
			br.removeMember(x)
		}
		return
	}
	if br.query[f].other > now {
		return
	}
	until := now + sim.Time(br.Mcast.LastMemberCount)*br.Mcast.LastMember
	if br.Mcast.Querier {
		br.sendQuery(ns, p, g)
		o := &br.own[f]
		if p != nil {
			o = &p.own[f]
		}
		o.br, o.port, o.v6 = br, p, f == 1
		ns.Clock.Mod(&o.timer, until, o)
	}
	if x != nil {
		x.shorten(until)
	}
}

// member is what is known of a port (nil: the bridge itself), nil if nothing.
func (m *BridgeMDB) member(p *BridgePort) *BridgeMember {
	if p == nil {
		return m.Host
	}
	for _, x := range m.Ports {
		if x.Port == p {
			return x
		}
	}
	return nil
}

// shorten lets a member go at a time, unless it goes before.
func (p *BridgeMember) shorten(at sim.Time) {
	if p.timer.Pending() && p.timer.At > at {
		p.br.ns().Clock.Mod(&p.timer, at, p)
	}
}

// MDBAdd is br_mdb_add: `bridge mdb add`; p is nil for the bridge itself. EEXIST: it is
// a member.
func (br *Bridge) MDBAdd(p *BridgePort, g wire.Addr, vid uint16, permanent bool) core.Errno {
	if m := br.findMDB(g, vid); m != nil {
		for _, x := range m.Ports {
			if x.Port == p {
				return step.EEXIST
			}
		}
		if p == nil && m.Host != nil {
			return step.EEXIST
		}
	}
	x := br.addMember(p, g, vid)
	if x == nil {
		return step.ENOSPC
	}
	if x.Permanent = permanent && p != nil; !x.Permanent {
		br.ns().Clock.Mod(&x.timer, br.ns().Clock.Now()+br.Mcast.Membership, x)
	}
	return 0
}

// MDBDel is br_mdb_del. ENOENT: it was no member.
func (br *Bridge) MDBDel(p *BridgePort, g wire.Addr, vid uint16) core.Errno {
	m := br.findMDB(g, vid)
	if m == nil {
		return step.ENOENT
	}
	if p == nil && m.Host != nil {
		br.removeMember(m.Host)
		return 0
	}
	for _, x := range m.Ports {
		if x.Port == p && p != nil {
			br.removeMember(x)
			return 0
		}
	}
	return step.ENOENT
}

// RouterLeft is how long the port counts as one behind which a multicast router is: 0 if
// it does not, below 0 for ever.
func (p *BridgePort) RouterLeft() sim.Time {
	now := p.Br.ns().Clock.Now()
	switch until := max(p.router[0], p.router[1]); {
	case p.McastRouter == 2:
		return -1
	case until > now:
		return until - now
	}
	return 0
}

// isRouter reports whether groups of a family leave by the port because of a router.
func (p *BridgePort) isRouter(f int, now sim.Time) bool {
	return p.McastRouter == 2 || p.McastRouter != 0 && p.router[f] > now
}

// isRouter is br_multicast_is_router: is this host, or somebody that it asked, a
// multicast router?
func (br *Bridge) isRouter(ns *core.Netns, f int) bool {
	return br.McastRouter == 2 || br.McastRouter == 1 && br.query[f].router > ns.Clock.Now()
}
