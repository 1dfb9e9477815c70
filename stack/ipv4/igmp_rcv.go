package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// igmpRcv is igmp_rcv.
func (ip *IPv4) igmpRcv(b *core.SKB) {
	defer ip.ns.In(step.IgmpRcv, b).Out()
	ns := ip.ns
	in := ip.inDev(b.Dev)
	used := false
	if in != nil && b.MayPull(wire.IGMPLen) && ip.icmpChecksumOK(b) {
		m := wire.IGMP(b.Data())
		switch m.Type() {
		case wire.IGMPQuery:
			used = ip.heardQuery(in, b)
		case wire.IGMPv1Report, wire.IGMPv2Report:
			if b.PktType == core.PacketMulticast || b.PktType == core.PacketBroadcast {
				used = ip.heardReport(in, m.Group())
			}
		}
	}
	if used {
		ns.Consume(b, step.IgmpRcv)
		return
	}
	ns.Why(step.WhyIgmpIgnored)
	ns.Drop(b, step.DropNotSpecified, step.IgmpRcv)
}

// heardReport is igmp_heard_report: somebody else has reported the group, so we
// need not (RFC 2236 §3).
func (ip *IPv4) heardReport(in *InDevice, a wire.IP4) bool {
	if a == allHosts {
		return false
	}
	if g := in.group(a); g != nil && g.running {
		ip.ns.Clock.Stop(g.timer)
		g.running, g.reporter, g.unsolicit = false, false, 0
	}
	return true
}

// heardQuery is igmp_heard_query: a router asks who is in which group. It
// reports false for a query that makes no sense.
func (ip *IPv4) heardQuery(in *InDevice, b *core.SKB) bool {
	defer ip.ns.In(step.IgmpHeardQuery, b).Out()
	ns := ip.ns
	q := wire.IGMP(b.Data())
	n := b.Len()
	m := &in.mc
	if m.ifcTimer == nil {
		return true // the device is not up
	}
	a, delay := q.Group(), uint32(0)
	now := ns.Clock.Now().Jiffies()
	old := now + uint32(ip.qrv(in))*m.qi + m.qri
	switch {
	case n == wire.IGMPLen:
		if q.Code() == 0 {
			delay, a, m.v1End = responseInterval, 0, old
			ns.Why(step.WhyIgmpOldQuerier, 1)
		} else {
			delay, m.v2End = uint32(q.Code())*(sim.HZ/10), old
			ns.Why(step.WhyIgmpOldQuerier, 2)
		}
		m.ifcCount, m.left = 0, nil
		ns.Clock.Stop(m.ifcTimer)
	case n < wire.IGMPv3QueryLen:
		return false
	case in.v1Seen():
		delay, a = responseInterval, 0
	case in.v2Seen():
		delay = max(1, uint32(q.MaxResp())*(sim.HZ/10))
	default:
		if !b.MayPull(wire.IGMPv3QueryLen) {
			return false
		}
		q = wire.IGMP(b.Data())
		if !b.MayPull(wire.IGMPv3QueryLen + 4*q.NumSources()) {
			return false
		}
		q = wire.IGMP(b.Data())
		delay = max(1, uint32(q.MaxResp())*(sim.HZ/10))
		m.maxDelay = delay
		m.qrv = int(q[8] & 7)
		if m.qi = qqic(q[9]) * sim.HZ; m.qi == 0 {
			m.qi = queryInterval
		}
		if m.qri >= m.qi {
			m.qri = (m.qi/sim.HZ - 1) * sim.HZ
		}
		if a == 0 {
			if q.NumSources() != 0 {
				return false
			}
			ns.Why(step.WhyIgmpGeneralQuery, uint64(delay)*uint64(sim.Jiffy))
			if !m.gqTimer.Pending() {
				ip.arm(m.gqTimer, delay, &igmpGqTask{in})
			}
			return true
		}
	}
	for _, g := range m.groups {
		if a != 0 && g.addr != a || g.addr == allHosts {
			continue
		}
		ip.modTimer(g, delay)
	}
	return true
}

// modTimer is igmp_mod_timer: an answer that is due earlier stays.
func (ip *IPv4) modTimer(g *group, delay uint32) {
	if g.running && g.timer.Pending() && g.timer.At <= ip.ns.Clock.Now()+sim.Time(delay)*sim.Jiffy {
		return
	}
	g.unsolicit = 0
	ip.startTimer(g, delay)
}

// qqic is IGMPV3_QQIC: seconds, floating point from 128 (RFC 3376 §4.1.7).
func qqic(v uint8) uint32 {
	if v < 128 {
		return uint32(v)
	}
	return uint32(v&0xf|0x10) << (v>>4&7 + 3)
}
