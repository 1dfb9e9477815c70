package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Multicast snooping: net/bridge/br_multicast.c. While no querier is known, as
// is so by default, groups are flooded whoever has joined them.

// bridgeQuery is what is known of queriers, for IPv4 or IPv6.
type bridgeQuery struct {
	other   sim.Time  // until when another querier counts (other_query.timer)
	delay   sim.Time  // from when members have had time to answer (delay_timer)
	querier wire.Addr // the lowest that was heard
	router  sim.Time  // until when this host counts as a multicast router
}

func family(g wire.Addr) int {
	if g.Is4() {
		return 0
	}
	return 1
}

func (br *Bridge) subject() inet.Subject { return inet.Subject{NS: br.ns()} }

// A snooped is what snooping found out about a frame to a group.
type snooped struct {
	m       *BridgeMDB // who has joined, nil: nobody is known
	routers bool       // without members it goes to routers only (mrouters_only)
	family  int        // 0: IPv4, 1: IPv6, -1: neither
}

// multicastRcv is br_multicast_rcv: look for IGMP and MLD in a frame to a
// group. p is nil for what this host sends. It returns false when the packet is gone;
// at is the function that the kernel reports for a drop.
func (br *Bridge) multicastRcv(ns *core.Netns, p *BridgePort, b *core.SKB, vid uint16, at step.Step) (s snooped, ok bool) {
	defer ns.In(step.BrMulticastRcv, b).Out()
	s.family = -1
	if !br.McastSnoop {
		return s, true
	}
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv4:
		s.family = 0
		ok = br.snoopIGMP(ns, p, b, vid, &s)
	case wire.EtherTypeIPv6:
		s.family = 1
		ok = br.snoopMLD(ns, p, b, vid, &s)
	default:
		ok = true
	}
	if !ok {
		ns.Why(step.WhyBrSnoopBad)
		ns.Drop(b, step.DropNotSpecified, at)
	}
	return s, ok
}

// known is br_multicast_querier_exists, with what br_handle_frame_finish asks before: does
// the group go only where it is wanted?
func (br *Bridge) known(ns *core.Netns, s *snooped) bool {
	if s.family < 0 || s.m == nil && !s.routers {
		return false
	}
	q, now := &br.query[s.family], ns.Clock.Now()
	return now >= q.delay && (br.Mcast.Querier || q.other > now)
}

// igmpOf is ip_mc_check_igmp: the IGMP message of a packet, if it holds one.
func igmpOf(b *core.SKB) (msg []byte, bad bool) {
	if !b.MayPull(wire.IPv4MinLen) {
		return nil, true
	}
	h := wire.IPv4(b.Data())
	if h.Version() != 4 || h.IHL() < wire.IPv4MinLen || !b.MayPull(h.IHL()) {
		return nil, true
	}
	h = wire.IPv4(b.Data())
	n := h.TotalLen()
	if !h.ChecksumOK() || b.Len() < n || n < h.IHL() {
		return nil, true
	}
	if h.Proto() != wire.ProtoIGMP {
		return nil, false
	}
	if n-h.IHL() < 8 || !b.MayPull(n) {
		return nil, true
	}
	msg = b.Data()[h.IHL():n]
	if wire.Fold(wire.Checksum(msg, 0)) != 0 {
		return nil, true
	}
	return msg, false
}

func ip4At(p []byte) wire.Addr {
	return wire.IP4(uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3])).Addr()
}

func (br *Bridge) snoopIGMP(ns *core.Netns, p *BridgePort, b *core.SKB, vid uint16, s *snooped) bool {
	msg, bad := igmpOf(b)
	if bad {
		return false
	}
	h := wire.IPv4(b.Data())
	if msg == nil {
		g := h.Dst().Addr()
		s.routers = !localGroup(g)
		s.m = br.findMDB(g, vid)
		return true
	}
	switch msg[0] {
	case 0x11:
		br.igmpQuery(ns, p, h.Src().Addr(), msg, vid)
	case 0x12, 0x16:
		s.routers = true
		br.join(ns, p, ip4At(msg[4:]), vid)
	case 0x17:
		br.leave(ns, p, ip4At(msg[4:]), vid)
	case 0x22:
		return br.records(ns, p, msg, vid, 8, func(r []byte) (wire.Addr, int) { return ip4At(r[4:]), 4 })
	}
	return true
}

// records is br_ip4_multicast_igmp3_report and br_ip6_multicast_mld2_report: the records
// of a report, each of a head of n bytes with the group at its end, and sources. It
// reports false when the message ends too early.
func (br *Bridge) records(ns *core.Netns, p *BridgePort, msg []byte, vid uint16, n int, group func([]byte) (wire.Addr, int)) bool {
	count := int(msg[6])<<8 | int(msg[7])
	r := msg[8:]
	for ; count > 0; count-- {
		if len(r) < n {
			return false
		}
		g, size := group(r)
		typ, nsrc := r[0], int(r[2])<<8|int(r[3])
		if len(r) < n+nsrc*size {
			return false
		}
		r = r[min(len(r), n+nsrc*size+int(r[1])*4):]
		switch {
		case typ < 1 || typ > 6:
		case nsrc == 0 && (typ == 3 || typ == 1): // CHANGE_TO_INCLUDE, IS_INCLUDE: nothing
			br.leave(ns, p, g, vid)
		default:
			br.join(ns, p, g, vid)
		}
	}
	return true
}

// igmpQuery is br_ip4_multicast_query.
func (br *Bridge) igmpQuery(ns *core.Netns, p *BridgePort, src wire.Addr, msg []byte, vid uint16) {
	g, delay := ip4At(msg[4:]), sim.Time(msg[1])*sim.Second/10
	switch {
	case len(msg) == 8 && delay == 0:
		g, delay = wire.IP4(0).Addr(), 10*sim.Second
	case len(msg) > 8 && len(msg) < 12, len(msg) >= 12 && (msg[10] != 0 || msg[11] != 0):
		return
	case len(msg) >= 12:
		delay = max(sim.Time(wire.IGMP(msg).MaxResp())*sim.Second/10, sim.Jiffy)
	}
	br.queryReceived(ns, p, src, g, g == wire.IP4(0).Addr(), delay, vid)
}

// queryReceived is br_ip4_multicast_query_received and the rest of the two query
// functions: somebody asks who is a member.
func (br *Bridge) queryReceived(ns *core.Netns, p *BridgePort, src, g wire.Addr, general bool, delay sim.Time, vid uint16) {
	f, now := family(g), ns.Clock.Now()
	q := &br.query[f]
	if general {
		own := br.Mcast.Querier && br.own[f].timer.Pending()
		if (own || q.other > now) && !q.querier.IsZero() && q.querier != wire.IP4(0).Addr() && lessAddr(q.querier, src) { // br_multicast_select_querier
			return
		}
		q.querier = src
		if q.other <= now {
			q.delay = now + delay
		}
		q.other = now + br.Mcast.OtherQuerier
		switch {
		case p == nil && br.McastRouter == 1:
			q.router = now + br.Mcast.OtherQuerier
		case p != nil && p.McastRouter != 0 && p.McastRouter != 2:
			p.router[f] = now + br.Mcast.OtherQuerier // br_multicast_mark_router
		}
		ns.Why(step.WhyBrQuerier, uint64(br.Mcast.OtherQuerier))
		return
	}
	if m := br.findMDB(g, vid); m != nil {
		at := now + delay*sim.Time(br.Mcast.LastMemberCount)
		if m.Host != nil {
			m.Host.shorten(at)
		}
		for _, x := range m.Ports {
			x.shorten(at)
		}
	}
}

func lessAddr(a, b wire.Addr) bool { return a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo }

func (br *Bridge) snoopMLD(ns *core.Netns, p *BridgePort, b *core.SKB, vid uint16, s *snooped) bool {
	const head = wire.IPv6Len
	if !b.MayPull(head) || wire.IPv6(b.Data()).Version() != 6 {
		return false
	}
	h := wire.IPv6(b.Data())
	g := h.Dst()
	msg := mldOf(b)
	if msg == nil {
		s.routers = !localGroup(g)
		s.m = br.findMDB(g, vid)
		return true
	}
	addr := func(p []byte) wire.Addr { return wire.AddrFrom16(p) }
	switch msg[0] {
	case 130:
		if len(msg) < 24 || h.Src().Hi>>54 != 0xfe80>>6 {
			return false
		}
		delay := max(sim.Time(int(msg[4])<<8|int(msg[5]))*sim.Millisecond, sim.Jiffy)
		br.queryReceived(ns, p, h.Src(), addr(msg[8:]), addr(msg[8:]).IsZero(), delay, vid)
	case 131:
		s.routers = true
		if len(msg) >= 24 {
			br.join(ns, p, addr(msg[8:]), vid)
		}
	case 132:
		if len(msg) >= 24 {
			br.leave(ns, p, addr(msg[8:]), vid)
		}
	case 143:
		return br.records(ns, p, msg, vid, 20, func(r []byte) (wire.Addr, int) { return addr(r[4:]), 16 })
	}
	return true
}

// mldOf is ipv6_mc_check_mld: the MLD message of a packet, nil if it holds none.
func mldOf(b *core.SKB) []byte {
	const head = wire.IPv6Len
	if wire.IPv6(b.Data()).NextHeader() != 0 || !b.MayPull(head+8) {
		return nil // MLD has a hop-by-hop header with router alert
	}
	ext := b.Data()[head:]
	n := head + 8*(int(ext[1])+1)
	if ext[0] != uint8(wire.ProtoICMPv6) || !b.MayPull(n+8) {
		return nil
	}
	total := min(head+wire.IPv6(b.Data()).PayloadLen(), b.Len())
	if total < n+8 || !b.MayPull(total) {
		return nil
	}
	switch msg := b.Data()[n:total]; msg[0] {
	case 130, 131, 132, 143:
		return msg
	}
	return nil
}

// multicastFlood is br_multicast_flood: to the ports with members, and to those with
// routers.
func (br *Bridge) multicastFlood(ns *core.Netns, s *snooped, b *core.SKB, keep, own bool, at step.Step) {
	defer ns.In(step.BrMulticastFlood, b).Out()
	var prev *BridgePort
	now := ns.Clock.Now()
	for _, p := range br.Ports {
		member := false
		if s.m != nil {
			for _, x := range s.m.Ports {
				member = member || x.Port == p
			}
		}
		if member || p.isRouter(s.family, now) {
			prev = br.maybeDeliver(ns, prev, p, b, own)
		} else {
			ns.Tried(step.TryBrPortNoMember, uint64(p.Dev.Index))
		}
	}
	if prev == nil {
		if !keep {
			ns.Why(step.WhyBrNoPort)
			ns.Drop(b, step.DropNoTxTarget, at)
		}
		return
	}
	if keep {
		b = b.Clone()
	}
	prev.xmit(ns, b, own)
}
