package device

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The bridge as a querier: mcast_querier 1 (br_multicast.c, RFC 2236 section 3).

// A bridgeOwn is struct bridge_mcast_own_query: when a port, or the bridge itself (port
// is nil), is asked next.
type bridgeOwn struct {
	br    *Bridge
	port  *BridgePort
	v6    bool
	waits bool // another one asks: until it is silent for too long (the bridge's own only)
	sent  int  // startup_sent
	timer sim.Timer
}

// SetQuerier is br_multicast_set_querier.
func (br *Bridge) SetQuerier(on bool) {
	if br.Mcast.Querier == on {
		return
	}
	br.Mcast.Querier = on
	if !on {
		return
	}
	now := br.ns().Clock.Now()
	for f := range br.own {
		if q := &br.query[f]; q.other <= now {
			q.delay = now + br.Mcast.ResponseInterval
		}
	}
	br.startQuerier()
}

// startQuerier is br_multicast_start_querier, for both families.
func (br *Bridge) startQuerier() {
	for f := range br.own {
		br.startQuerierOf(f)
	}
}

func (br *Bridge) startQuerierOf(f int) {
	if !br.Mcast.Querier || !br.Dev.Up() || !br.McastSnoop {
		return
	}
	for _, p := range br.Ports {
		if !p.stopped() {
			p.own[f].enable(br, p, f)
		}
	}
	br.own[f].enable(br, nil, f)
}

// enableQueries is __br_multicast_enable_port_ctx: what is behind the port is asked at
// once.
func (p *BridgePort) enableQueries() {
	if br := p.Br; br.Mcast.Querier && br.Dev.Up() && br.McastSnoop {
		for f := range p.own {
			p.own[f].enable(br, p, f)
		}
	}
}

// stopped is br_multicast_port_ctx_state_stopped.
func (p *BridgePort) stopped() bool { return p.State == BridgeDisabled || p.State == BridgeBlocking }

// stopQueries is that part of __br_multicast_disable_port_ctx.
func (p *BridgePort) stopQueries() {
	for f := range p.own {
		p.Br.ns().Clock.Stop(&p.own[f].timer)
	}
}

// enable is br_multicast_enable, and __br_multicast_open_query.
func (o *bridgeOwn) enable(br *Bridge, p *BridgePort, f int) {
	o.br, o.port, o.v6, o.waits, o.sent = br, p, f == 1, false, 0
	c := br.ns().Clock
	c.Mod(&o.timer, c.Now(), o)
}

// Run is br_multicast_query_expired, and br_multicast_port_query_expired of a port.
func (o *bridgeOwn) Run() {
	if br := o.br; br.Dev.NS != nil && br.Mcast.Querier && br.McastSnoop && br.Dev.Up() && (o.port == nil || !o.port.stopped()) {
		o.expired(br, br.ns())
	}
}

func (o *bridgeOwn) expired(br *Bridge, ns *core.Netns) {
	defer ns.In(step.BrMulticastQueryExpired, br.subject()).Out()
	group, f := wire.IP4(0).Addr(), 0
	if o.v6 {
		group, f = wire.Addr{}, 1
	}
	if until := br.query[f].other; until > ns.Clock.Now() { // another one asks
		if o.port == nil {
			o.waits = true
			ns.Clock.Mod(&o.timer, until, o)
		}
		return
	}
	if o.waits { // br_multicast_querier_expired
		br.startQuerierOf(f)
		return
	}
	if o.sent < br.Mcast.StartupCount {
		o.sent++
	}
	ns.BHDisable()
	br.sendQueryOf(ns, o.port, group, o.v6)
	ns.BHEnable()
	gap := br.Mcast.QueryInterval
	if o.sent < br.Mcast.StartupCount {
		gap = br.Mcast.StartupQuery
	}
	ns.Clock.Mod(&o.timer, ns.Clock.Now()+gap, o)
}

// sendQuery asks behind a port who is a member of a group.
func (br *Bridge) sendQuery(ns *core.Netns, p *BridgePort, g wire.Addr) {
	br.sendQueryOf(ns, p, g, !g.Is4())
}

// sendQueryOf is __br_multicast_send_query; without a port this host is asked.
func (br *Bridge) sendQueryOf(ns *core.Netns, p *BridgePort, g wire.Addr, v6 bool) {
	defer ns.In(step.BrMulticastSendQuery, br.subject()).Out()
	var f []byte
	if v6 {
		f = br.mldQuery(g)
	} else {
		f = br.igmpQueryFrame(g)
	}
	b := ns.AllocSKB(core.Headroom, len(f), 0)
	b.Dev = br.Dev
	if f == nil { // MLD speaks by link-local addresses only
		b.Protocol = uint16(wire.EtherTypeIPv6)
		b.ResetNetwork()
		ns.Why(step.WhyBrNoLinkLocal, uint64(br.Dev.Index))
		ns.Drop(b, step.DropNotSpecified, step.BrMulticastSendQuery)
		return
	}
	copy(b.Put(len(f)), f)
	b.Protocol = uint16(f[12])<<8 | uint16(f[13])
	b.ResetMAC()
	if p == nil {
		b.Pull(wire.EthernetLen)
		b.ResetNetwork()
		ns.NetifRx(b)
		return
	}
	b.Dev = p.Dev
	b.Pull(wire.EthernetLen)
	b.ResetNetwork()
	if ns.Hook(core.NFBridge, core.LocalOut, nil, p.Dev, nil, b) {
		devQueuePushXmit(ns, b)
	}
}

// igmpQueryFrame is br_ip4_multicast_alloc_query. Who is a member of one group is asked
// at 224.0.0.1 too (br_multicast_leave_group gives no other address), although RFC 2236
// section 3 wants the group's: so the one who has just left hears it.
func (br *Bridge) igmpQueryFrame(g wire.Addr) []byte {
	f := make([]byte, wire.EthernetLen+24+8)
	dst, delay := wire.IP4(0xe0000001), br.Mcast.ResponseInterval
	if g.IP4() != 0 {
		delay = br.Mcast.LastMember
	}
	e := wire.Ethernet(f)
	e.SetDst(wire.MAC(0x01005e000000 | uint64(dst)&0x7fffff))
	e.SetSrc(br.Dev.Addr)
	e.SetType(wire.EtherTypeIPv4)
	h := wire.IPv4(f[wire.EthernetLen:])
	copy(h, []byte{0x46, 0xc0, 0, 32, 0, 0, 0x40, 0, 1, byte(wire.ProtoIGMP)})
	copy(h[16:], []byte{byte(dst >> 24), byte(dst >> 16), byte(dst >> 8), byte(dst), 0x94, 4, 0, 0})
	h.ComputeChecksum()
	m := f[wire.EthernetLen+24:]
	m[0], m[1] = 0x11, byte(min(delay/(sim.Second/10), 255))
	a := g.IP4()
	copy(m[4:], []byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)})
	sum := wire.Fold(wire.Checksum(m, 0))
	m[2], m[3] = byte(sum>>8), byte(sum)
	return f
}

// mldQuery is br_ip6_multicast_alloc_query, always to ff02::1; nil: the bridge has no
// link-local address.
func (br *Bridge) mldQuery(g wire.Addr) []byte {
	ip := ipv6.Of(br.ns())
	if ip == nil {
		return nil
	}
	src, ok := ip.LinkLocal(br.Dev)
	if !ok {
		return nil
	}
	f := make([]byte, wire.EthernetLen+wire.IPv6Len+8+24)
	dst, delay := wire.Addr{Hi: 0xff02 << 48, Lo: 1}, br.Mcast.ResponseInterval
	if !g.IsZero() {
		delay = br.Mcast.LastMember
	}
	e := wire.Ethernet(f)
	e.SetDst(wire.MAC(0x333300000000 | dst.Lo&0xffffffff))
	e.SetSrc(br.Dev.Addr)
	e.SetType(wire.EtherTypeIPv6)
	h := f[wire.EthernetLen:]
	copy(h, []byte{0x60, 0, 0, 0, 0, 32, 0, 1})
	src.Put16(h[8:])
	dst.Put16(h[24:])
	copy(h[wire.IPv6Len:], []byte{byte(wire.ProtoICMPv6), 0, 5, 2, 0, 0, 1, 0})
	m := h[wire.IPv6Len+8:]
	ms := min(delay/sim.Millisecond, 0xffff)
	m[0], m[4], m[5] = 130, byte(ms>>8), byte(ms)
	g.Put16(m[8:])
	sum := wire.Fold(wire.Checksum(m, wire.PseudoHeader6(src, dst, wire.ProtoICMPv6, len(m))))
	m[2], m[3] = byte(sum>>8), byte(sum)
	return f
}
