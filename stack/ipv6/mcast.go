package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 3810 (MLDv2) before editing; the kernel file is net/ipv6/mcast.c.
// Left out: source filters, and MLDv1 routers, which are refused aloud.

// A group is struct ifmcaddr6: a multicast address that a device listens to.
type group struct {
	addr    wire.Addr
	users   int
	changes int // mca_crcount: change records still to be sent
	loaded  bool
	i       *Inet6Dev
	timer   sim.Timer // the answer to a query about this group
	fn      groupTask
}

// quiet is MAF_NOREPORT: nobody needs to be told of these groups.
func (g *group) quiet() bool { return g.addr == allNodes || mcScope(g.addr) < scopeLink }

// A mldDev is what inet6_dev keeps for multicast listener discovery.
type mldDev struct {
	i      *Inet6Dev
	groups []*group   // mc_list: the newest first
	gone   []*group   // mc_tomb: left, and not yet told
	ifc    sim.Timer  // reports of changes
	dad    sim.Timer  // reports once there is a link-local address
	gq     sim.Timer  // the answer to a general query
	fns    [3]mldTask // for ifc, dad and gq
	ifcN   int
	dadN   int
	qrv    int // robustness: how often each report is sent
}

// A mldTask is one of the device's delayed works.
type mldTask struct {
	m    *mldDev
	kind uint8
}

const mldIfc, mldDAD, mldGQ = 0, 1, 2

// Run is mld_ifc_work, mld_dad_work or mld_gq_work.
func (t *mldTask) Run() {
	m := t.m
	ns := m.i.ip.ns
	ns.BHDisable()
	defer ns.BHEnable()
	switch t.kind {
	case mldIfc:
		m.sendChanges()
		if m.ifcN--; m.ifcN > 0 {
			m.start(mldIfc, m.unsolicited())
		}
	case mldDAD:
		m.sendInitial()
		if m.dadN--; m.dadN > 0 {
			m.start(mldDAD, m.unsolicited())
		}
	default:
		m.sendReport(nil)
	}
}

// A groupTask is mca_work.
type groupTask struct{ g *group }

// Run is mld_mca_work: answer a query about one group.
func (t *groupTask) Run() {
	ns := t.g.i.ip.ns
	ns.BHDisable()
	t.g.i.mld.sendReport(t.g)
	ns.BHEnable()
}

func (m *mldDev) init(i *Inet6Dev) {
	m.i, m.qrv = i, 2 // MLD_QRV_DEFAULT
	for k := range m.fns {
		m.fns[k] = mldTask{m, uint8(k)}
	}
}

// start is mld_ifc_start_work and its like: after a random part of the delay
// (jiffies), so that not all hosts of a link speak at once.
func (m *mldDev) start(kind uint8, delay uint32) {
	ns := m.i.ip.ns
	now := ns.Clock.Now()
	tv := sim.Time(ns.Machine.Rand.Below(max(delay, 1))+2) * sim.Jiffy
	t := [...]*sim.Timer{&m.ifc, &m.dad, &m.gq}[kind]
	ns.Clock.Mod(t, sim.WheelExpiry(now, now+tv), &m.fns[kind])
}

// unsolicited is unsolicited_report_interval, in jiffies: how soon a report
// comes again.
func (m *mldDev) unsolicited() uint32 {
	return uint32(max(1, sim.Time(m.i.conf.MLDv2Interval)*sim.Millisecond/sim.Jiffy))
}

// event is mld_ifc_event: the groups of the device have changed.
func (m *mldDev) event() {
	m.ifcN = m.qrv
	m.start(mldIfc, 1)
}

// up is ipv6_mc_up: tell of all groups.
func (m *mldDev) up() {
	for _, g := range m.groups {
		m.added(g)
	}
}

// down is ipv6_mc_down.
func (m *mldDev) down() {
	c := m.i.ip.ns.Clock
	c.Stop(&m.ifc)
	c.Stop(&m.dad)
	c.Stop(&m.gq)
	m.ifcN, m.dadN = 0, 0
	for _, g := range m.groups {
		c.Stop(&g.timer)
	}
}

// added is igmp6_group_added: open the card's filter and tell the routers.
func (m *mldDev) added(g *group) {
	if mcScope(g.addr) < scopeLink {
		return
	}
	d := m.i.dev
	if !g.loaded {
		g.loaded = true
		d.Groups = append(d.Groups, g.addr.Multicast())
	}
	if !d.Up() || g.quiet() || d.Flags&core.IFFLoopback != 0 {
		return
	}
	g.changes = m.qrv
	m.event()
}

// join is __ipv6_dev_mc_inc.
func (i *Inet6Dev) join(a wire.Addr) {
	m := &i.mld
	for _, g := range m.groups {
		if g.addr == a {
			g.users++
			return
		}
	}
	g := &group{addr: a, users: 1, i: i}
	g.fn.g = g
	m.groups = append([]*group{g}, m.groups...)
	for k, o := range m.gone {
		if o.addr == a {
			m.gone = append(m.gone[:k:k], m.gone[k+1:]...)
			break
		}
	}
	m.added(g)
}

// leave is __ipv6_dev_mc_dec.
func (i *Inet6Dev) leave(a wire.Addr) {
	m := &i.mld
	for k, g := range m.groups {
		if g.addr != a {
			continue
		}
		if g.users--; g.users > 0 {
			return
		}
		m.groups = append(m.groups[:k:k], m.groups[k+1:]...)
		i.ip.ns.Clock.Stop(&g.timer)
		for j, mac := range i.dev.Groups {
			if mac == a.Multicast() && g.loaded {
				i.dev.Groups = append(i.dev.Groups[:j:j], i.dev.Groups[j+1:]...)
				break
			}
		}
		if i.dev.Up() && !g.quiet() {
			g.changes = m.qrv
			m.gone = append(m.gone, g)
			m.event()
		}
		return
	}
}

// ChkMcastAddr is ipv6_chk_mcast_addr: whether the device has joined the
// group. src would matter to source filters.
func (ip *IPv6) ChkMcastAddr(dev *core.Device, a, src wire.Addr) bool {
	i := idevOf(dev)
	if i == nil {
		return false
	}
	for _, g := range i.mld.groups {
		if g.addr == a {
			return true
		}
	}
	return false
}

// Groups lists the groups of a device, newest first (ip -6 maddress).
func (ip *IPv6) Groups(dev *core.Device) []wire.Addr {
	var l []wire.Addr
	if i := idevOf(dev); i != nil {
		for _, g := range i.mld.groups {
			l = append(l, g.addr)
		}
	}
	return l
}

// JoinGroup is ipv6_sock_mc_join; sk may be nil for the host itself. A nil
// device asks the routes. EINVAL: no group; EADDRINUSE: joined already;
// ENODEV: no device.
func (ip *IPv6) JoinGroup(dev *core.Device, a wire.Addr, sk *core.Sock) core.Errno {
	if !a.IsMulticast() {
		return step.EINVAL
	}
	if dev == nil {
		if d := ip.routeOutputFlags(&Flow6{Daddr: a}, 0); d.Err == 0 {
			dev = d.Dev
		}
	}
	if dev == nil {
		return step.ENODEV
	}
	i := ip.getIdev(dev)
	if i == nil {
		return step.ENODEV
	}
	if sk != nil {
		for _, m := range sk.Rare().Groups {
			if m.Group == a && m.Dev == dev.Index {
				return step.EADDRINUSE
			}
		}
		sk.SetRare().Groups = append(sk.Rare().Groups, core.Membership{Group: a, Dev: dev.Index})
	}
	i.join(a)
	return 0
}

// LeaveGroup is ipv6_sock_mc_drop. EADDRNOTAVAIL: the socket has not joined.
func (ip *IPv6) LeaveGroup(dev *core.Device, a wire.Addr, sk *core.Sock) core.Errno {
	if !a.IsMulticast() {
		return step.EINVAL
	}
	if sk != nil {
		found := false
		for k, m := range sk.Rare().Groups {
			if m.Group == a && (dev == nil || m.Dev == dev.Index) {
				dev = ip.ns.DevByIndex(m.Dev)
				sk.SetRare().Groups = append(sk.Rare().Groups[:k:k], sk.Rare().Groups[k+1:]...)
				found = true
				break
			}
		}
		if !found {
			return step.EADDRNOTAVAIL
		}
	}
	if dev == nil || idevOf(dev) == nil {
		return step.ENODEV
	}
	idevOf(dev).leave(a)
	return 0
}
