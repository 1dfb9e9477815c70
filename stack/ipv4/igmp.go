package ipv4

// Multicast groups of a device (RFC 1112, RFC 2236, RFC 3376): net/ipv4/igmp.c.
// Not modelled: source filters (a group is joined for all sources).

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Groups that IGMP itself uses.
const (
	allHosts   wire.IP4 = 0xe0000001 // 224.0.0.1
	allRouters wire.IP4 = 0xe0000002
	igmpv3MCR  wire.IP4 = 0xe0000016 // 224.0.0.22
)

// Times in jiffies: how long an unsolicited report waits at most, and what is
// assumed of a querier until one is heard.
const (
	unsolicitedV2    = 10 * sim.HZ
	unsolicitedV3    = 1 * sim.HZ
	queryInterval    = 125 * sim.HZ
	responseInterval = 10 * sim.HZ
)

// mcState is the multicast part of struct in_device.
type mcState struct {
	groups       []*group
	left         []*group // mc_tomb: groups whose leaving is still to be told
	qrv          int
	qi, qri      uint32
	v1End, v2End uint32 // mr_v1_seen, mr_v2_seen: jiffies until which an old querier counts
	ifcCount     int
	maxDelay     uint32
	ifcTimer     *sim.Timer // changes
	gqTimer      *sim.Timer // answers to general queries
	up           bool
}

// A group is struct ip_mc_list.
type group struct {
	in        *InDevice
	addr      wire.IP4
	users     int
	crcount   int // reports of the change still to be sent
	unsolicit int
	reporter  bool // we sent the last report
	running   bool
	timer     *sim.Timer
}

type (
	igmpIfcTask   struct{ in *InDevice }
	igmpGqTask    struct{ in *InDevice }
	igmpGroupTask struct{ g *group }
)

// Run is igmp_ifc_timer_expire.
func (t *igmpIfcTask) Run() {
	t.in.ip.ns.BHDisable()
	t.in.ip.ifcExpire(t.in)
	t.in.ip.ns.BHEnable()
}

// Run is igmp_gq_timer_expire.
func (t *igmpGqTask) Run() {
	t.in.ip.ns.BHDisable()
	t.in.ip.gqExpire(t.in)
	t.in.ip.ns.BHEnable()
}

// Run is igmp_timer_expire.
func (t *igmpGroupTask) Run() {
	t.g.in.ip.ns.BHDisable()
	t.g.in.ip.groupExpire(t.g)
	t.g.in.ip.ns.BHEnable()
}

// igmpProto is igmp_protocol.
type igmpProto struct{ ip *IPv4 }

// Rcv is igmp_rcv.
func (p igmpProto) Rcv(_ *core.Netns, b *core.SKB) int { p.ip.igmpRcv(b); return 0 }

// Err does nothing: IGMP has no error handler.
func (igmpProto) Err(*core.Netns, *core.SKB, uint32) bool { return false }

func (in *InDevice) group(a wire.IP4) *group {
	for _, g := range in.mc.groups {
		if g.addr == a {
			return g
		}
	}
	return nil
}

// MemberOf is ip_check_mc_rcu: is the group joined on the device?
func (ip *IPv4) MemberOf(dev *core.Device, a, _ wire.IP4, _ uint8) bool {
	in := InDev(dev)
	return in != nil && in.group(a) != nil
}

// checkMC is the same for a packet that came in.
func (ip *IPv4) checkMC(b *core.SKB, in *InDevice, daddr, _ wire.IP4, _ uint8) bool {
	defer ip.ns.In(step.IPCheckMcRcu, b).Out()
	return in.group(daddr) != nil
}

// Groups lists the groups that a device has joined (ip maddress): the newest first, as
// mc_list has them.
func (ip *IPv4) Groups(dev *core.Device) []wire.IP4 {
	in := InDev(dev)
	if in == nil {
		return nil
	}
	var l []wire.IP4
	for _, g := range slices.Backward(in.mc.groups) {
		l = append(l, g.addr)
	}
	return l
}

// A GroupState is a line of /proc/net/igmp.
type GroupState struct {
	Addr     wire.IP4
	Users    int
	Running  bool     // a report is due
	Left     sim.Time // until then
	Reporter bool     // we sent the last report
}

// GroupStates are the groups of a device, in the order of Groups, and the version of
// IGMP that its querier speaks.
func (ip *IPv4) GroupStates(dev *core.Device) (l []GroupState, version int) {
	in := InDev(dev)
	if in == nil {
		return nil, 3
	}
	version = 3
	if in.v2Seen() {
		version = 2
	}
	if in.v1Seen() {
		version = 1
	}
	for _, g := range slices.Backward(in.mc.groups) {
		s := GroupState{Addr: g.addr, Users: g.users, Running: g.running, Reporter: g.reporter}
		if g.running {
			s.Left = g.timer.At - ip.ns.Clock.Now()
		}
		l = append(l, s)
	}
	return l, version
}

// JoinGroup is ip_mc_join_group: a program (sk, or nil for the administrator)
// wants a group's packets from a device. The caller keeps sk.Groups. EINVAL for
// an address that is no group, ENOBUFS above igmp_max_memberships.
func (ip *IPv4) JoinGroup(dev *core.Device, a wire.IP4, sk *core.Sock) core.Errno {
	defer ip.ns.In(step.IPMcJoinGroup, subject(ip.ns)).Out()
	ns := ip.ns
	if !a.IsMulticast() {
		return step.EINVAL
	}
	in := ip.inDev(dev)
	if in == nil {
		return step.ENODEV
	}
	if sk != nil && len(sk.Rare().Groups) >= ns.Sysctl.IGMPMaxMemberships {
		return step.ENOBUFS
	}
	ip.incGroup(in, a)
	return 0
}

// LeaveGroup is ip_mc_leave_group; EADDRNOTAVAIL if the group is not joined.
func (ip *IPv4) LeaveGroup(dev *core.Device, a wire.IP4, _ *core.Sock) core.Errno {
	defer ip.ns.In(step.IPMcLeaveGroup, subject(ip.ns)).Out()
	in := InDev(dev)
	if in == nil {
		return step.ENODEV
	}
	if in.group(a) == nil {
		return step.EADDRNOTAVAIL
	}
	ip.decGroup(in, a)
	return 0
}

// incGroup is ip_mc_inc_group.
func (ip *IPv4) incGroup(in *InDevice, a wire.IP4) {
	if g := in.group(a); g != nil {
		g.users++
		return
	}
	g := &group{in: in, addr: a, users: 1, timer: &sim.Timer{}}
	in.mc.groups = append(in.mc.groups, g)
	for i, t := range in.mc.left { // igmpv3_del_delrec
		if t.addr == a {
			in.mc.left = append(in.mc.left[:i], in.mc.left[i+1:]...)
			break
		}
	}
	if in.mc.up {
		ip.groupAdded(g)
	} else {
		ip.filterAdd(in.Dev, a)
	}
}

// decGroup is ip_mc_dec_group.
func (ip *IPv4) decGroup(in *InDevice, a wire.IP4) {
	for i, g := range in.mc.groups {
		if g.addr != a {
			continue
		}
		if g.users--; g.users > 0 {
			return
		}
		in.mc.groups = append(in.mc.groups[:i], in.mc.groups[i+1:]...)
		if in.mc.up {
			ip.groupDropped(g)
		} else {
			ip.filterDel(in.Dev, a)
		}
		return
	}
}

// mcUp is ip_mc_up: every device is in the group of all hosts (RFC 1112 §4).
func (ip *IPv4) mcUp(in *InDevice) {
	if in.mc.up {
		return
	}
	m := &in.mc
	if m.ifcTimer == nil {
		m.ifcTimer, m.gqTimer = &sim.Timer{}, &sim.Timer{}
		m.qi, m.qri = queryInterval, responseInterval
	}
	m.up = true
	ip.incGroup(in, allHosts)
	for _, g := range m.groups {
		if g.addr != allHosts {
			ip.groupAdded(g)
		}
	}
}

// mcDown is ip_mc_down.
func (ip *IPv4) mcDown(in *InDevice) {
	m := &in.mc
	if !m.up {
		return
	}
	for _, g := range m.groups {
		ip.groupDropped(g)
	}
	m.ifcCount, m.left = 0, nil
	ip.ns.Clock.Stop(m.ifcTimer)
	ip.ns.Clock.Stop(m.gqTimer)
	ip.decGroup(in, allHosts)
	m.up = false
}

func (in *InDevice) v1Seen() bool { return in.oldQuerier(in.mc.v1End, 1) }
func (in *InDevice) v2Seen() bool { return in.oldQuerier(in.mc.v2End, 2) }

// oldQuerier is IGMP_V1_SEEN, IGMP_V2_SEEN.
func (in *InDevice) oldQuerier(end uint32, version int) bool {
	if f := max(in.all().ForceIGMPVersion, in.Conf.ForceIGMPVersion); f != 0 {
		return f == version
	}
	return end != 0 && int32(in.ip.ns.Clock.Now().Jiffies()-end) < 0
}

// groupAdded is igmp_group_added: let the group's frames in, and tell routers.
func (ip *IPv4) groupAdded(g *group) {
	defer ip.ns.In(step.IgmpGroupAdded, subject(ip.ns)).Out()
	ns := ip.ns
	in := g.in
	ip.filterAdd(in.Dev, g.addr)
	if g.addr == allHosts || in.Dev.Flags&core.IFFMulticast == 0 {
		return
	}
	g.unsolicit = ns.Sysctl.IGMPQrv
	if in.v1Seen() || in.v2Seen() {
		ip.startTimer(g, 1)
		return
	}
	g.crcount = ip.qrv(in)
	ns.Why(step.WhyIgmpJoin, uint64(g.addr), uint64(in.Dev.Index), uint64(g.crcount))
	ip.ifcEvent(in)
}

// groupDropped is igmp_group_dropped.
func (ip *IPv4) groupDropped(g *group) {
	defer ip.ns.In(step.IgmpGroupDropped, subject(ip.ns)).Out()
	ns := ip.ns
	in := g.in
	ip.filterDel(in.Dev, g.addr)
	ns.Clock.Stop(g.timer)
	g.running = false
	reporter := g.reporter
	g.reporter = false
	switch {
	case g.addr == allHosts || in.Dev.Flags&core.IFFMulticast == 0 || in.v1Seen():
		return
	case in.v2Seen():
		if reporter {
			ip.sendReport(in, g.addr, wire.IGMPv2Leave)
		}
		return
	}
	ns.Why(step.WhyIgmpLeave, uint64(g.addr), uint64(in.Dev.Index))
	in.mc.left = append(in.mc.left, &group{in: in, addr: g.addr, crcount: ip.qrv(in)})
	ip.ifcEvent(in)
}

func (ip *IPv4) qrv(in *InDevice) int {
	if in.mc.qrv != 0 {
		return in.mc.qrv
	}
	return ip.ns.Sysctl.IGMPQrv
}

func (ip *IPv4) filterAdd(dev *core.Device, a wire.IP4) {
	m := a.Multicast()
	for _, x := range dev.Groups {
		if x == m {
			return
		}
	}
	dev.Groups = append(dev.Groups, m)
}

func (ip *IPv4) filterDel(dev *core.Device, a wire.IP4) {
	m := a.Multicast()
	for _, g := range InDev(dev).mc.groups {
		if g.addr != a && g.addr.Multicast() == m {
			return
		}
	}
	for i, x := range dev.Groups {
		if x == m {
			dev.Groups = append(dev.Groups[:i], dev.Groups[i+1:]...)
			return
		}
	}
}

// arm starts a timer after a random part of maxDelay jiffies and two.
func (ip *IPv4) arm(t *sim.Timer, maxDelay uint32, task sim.Task) {
	now := ip.ns.Clock.Now()
	j := ip.ns.Machine.Rand.Below(max(maxDelay, 1)) + 2
	ip.ns.Clock.Mod(t, sim.WheelExpiry(now, now-now%sim.Jiffy+sim.Time(j)*sim.Jiffy), task)
}

// ifcEvent is igmp_ifc_event: a change is to be reported soon.
func (ip *IPv4) ifcEvent(in *InDevice) {
	if in.v1Seen() || in.v2Seen() {
		return
	}
	in.mc.ifcCount = ip.qrv(in)
	ip.arm(in.mc.ifcTimer, 1, &igmpIfcTask{in})
}

// startTimer is igmp_start_timer.
func (ip *IPv4) startTimer(g *group, maxDelay uint32) {
	g.running = true
	ip.arm(g.timer, maxDelay, &igmpGroupTask{g})
}

// ifcExpire is igmp_ifc_timer_expire: report the changes, qrv times in all.
func (ip *IPv4) ifcExpire(in *InDevice) {
	defer ip.ns.In(step.IgmpIfcTimerExpire, subject(ip.ns)).Out()
	ip.sendChanges(in)
	if in.mc.ifcCount > 0 {
		in.mc.ifcCount--
		ip.arm(in.mc.ifcTimer, unsolicitedV3, &igmpIfcTask{in})
	}
}

// gqExpire is igmp_gq_timer_expire: answer a general query.
func (ip *IPv4) gqExpire(in *InDevice) {
	defer ip.ns.In(step.IgmpGqTimerExpire, subject(ip.ns)).Out()
	var recs []igmpRec
	for _, g := range slices.Backward(in.mc.groups) {
		if g.addr != allHosts {
			recs = append(recs, igmpRec{g.addr, wire.IGMPv3ModeIsExclude})
		}
	}
	ip.sendV3(in, recs)
}

// groupExpire is igmp_timer_expire: report one group.
func (ip *IPv4) groupExpire(g *group) {
	defer ip.ns.In(step.IgmpTimerExpire, subject(ip.ns)).Out()
	g.running = false
	if g.unsolicit > 0 {
		if g.unsolicit--; g.unsolicit > 0 {
			delay := uint32(unsolicitedV3)
			if g.in.v1Seen() || g.in.v2Seen() {
				delay = unsolicitedV2
			}
			ip.startTimer(g, delay)
		}
	}
	g.reporter = true
	switch {
	case g.in.v1Seen():
		ip.sendReport(g.in, g.addr, wire.IGMPv1Report)
	case g.in.v2Seen():
		ip.sendReport(g.in, g.addr, wire.IGMPv2Report)
	default:
		ip.sendV3(g.in, []igmpRec{{g.addr, wire.IGMPv3ModeIsExclude}})
	}
}
