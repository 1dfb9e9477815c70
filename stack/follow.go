package stack

import (
	"bytes"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A gate stands where packets of this host leave its IP layer while a capture
// is followed. What the model's stack wants to send waits there until the
// capture shows it; then it goes down with the capture's bytes. What the
// capture never shows is let go, and the reader is told.
type gate struct {
	r       *Replay
	discard bool // the host is being set up: nothing leaves
	held    []heldPacket
	pending *sentFrame  `fork:"zero"` // the captured frame that is being caused
	recent  []sentFrame // passed on for others, and not in the capture so far
	passed  []sentFrame // the capture shows them: what the model makes of them is compared
	own     []uint32    // captured frames that were sent from here, the last ones
	now     sentFrame   `fork:"zero"`
}

type heldPacket struct {
	b   *core.SKB
	at  sim.Time
	key uint64 // of what must be the same for it to be a captured frame
	// passed says that it came from another host: it waits in ip_forward_finish.
	passed bool
}

// key is the same for packets that may be the same: protocol, addresses, ports.
func (p *packet) key() uint64 {
	h := uint64(p.proto)<<32 ^ uint64(p.sport)<<16 ^ uint64(p.dport) ^ uint64(p.arpOp)<<48
	return (h^p.dst.Hi^p.dst.Lo)*0x9e3779b97f4a7c15 ^ p.dst.Lo
}

// A sentFrame is a frame that the captured host sent.
type sentFrame struct {
	n    int
	eth  []byte
	p    packet
	cut  bool
	done bool
	nic  *core.Device // the card's
	// A packet of the model in the card's hands, its number among buffers, and
	// when the card got it.
	b  *core.SKB
	id uint32
	at sim.Time
}

// holdTime is how long a packet waits for the capture to show it.
const holdTime = sim.Second

// maxHeld is how many may wait.
const maxHeld = 256

// Hold is asked for each packet that the model's stack sends by itself.
func (g *gate) Hold(ns *core.Netns, b *core.SKB) bool {
	if g.discard {
		ns.Free(b)
		return true
	}
	if b.Captured || g.r.Mode != Follow || b.Dev != nil && b.Dev == ns.Loopback || b.Dst != nil && b.Dst.Dev == ns.Loopback {
		return false
	}
	passed := b.IIF != 0 && b.SK == nil
	if passed && !g.r.shown(b.Dst.Dev) {
		return false
	}
	if s := g.pending; s != nil && !s.done && !passed && same(ns, b, s) {
		s.done = true
		g.adopt(ns, b, s)
		return false
	}
	if len(g.held) >= maxHeld {
		g.letGo(ns, 0)
	}
	q := heldKey(b)
	g.held = append(g.held, heldPacket{b, ns.Clock.Now(), q.key(), passed})
	return true
}

// heldKey dissects a packet of the model.
func heldKey(b *core.SKB) (q packet) {
	d := b.From(b.Network)
	if b.Protocol != uint16(wire.EtherTypeARP) {
		q.read(d, pcaps.LinkType(wire.LinkRaw))
	} else if h := wire.ARP(d); h.Valid() {
		q.arpOp, q.dst = uint16(h.Op()), h.TPA().Addr()
	}
	return q
}

// adopt gives a packet of the model the number and the bytes of the captured
// frame that it is.
func (g *gate) adopt(ns *core.Netns, b *core.SKB, s *sentFrame) {
	if t := g.r.World.Trace; t != nil {
		t.Adopt(b, uint32(s.n), b.Pkt, step.WhyAdopted)
	}
	b.Pkt = uint32(s.n)
	link := b.Network - b.Offset()
	raw := s.eth[s.netOff()-link:]
	if n := ipLen(raw[link:]); n > 0 && n+link < len(raw) {
		raw = raw[:n+link]
	}
	b.Unshare()
	b.Trim(0)
	copy(b.Put(len(raw)), raw)
	b.Captured, b.Truncated = true, s.cut
	b.IPSummed = core.ChecksumUnnecessary
}

// netOff is where the network header begins.
func (s *sentFrame) netOff() int {
	if s.p.l3 != 0 {
		return s.p.l3
	}
	return wire.EthernetLen
}

// same reports whether a packet of the model is the one that was captured: the
// same protocol between the same addresses, about the same thing.
func same(ns *core.Netns, b *core.SKB, s *sentFrame) bool {
	d := b.From(b.Network)
	if b.Protocol == uint16(wire.EtherTypeARP) {
		h := wire.ARP(d)
		return s.p.arp && h.Valid() && uint16(h.Op()) == s.p.arpOp && h.TPA().Addr() == s.p.dst
	}
	q, ok := dissect(d, pcaps.LinkType(wire.LinkRaw))
	if !ok || s.p.arp || q.proto != s.p.proto || q.dst != s.p.dst || q.src != s.p.src || q.sport != s.p.sport || q.dport != s.p.dport {
		return false
	}
	if q.fragment || s.p.fragment {
		return len(d) >= 6 && bytes.Equal(d[6:8], s.eth[s.p.l3+6:s.p.l3+8])
	}
	switch q.proto {
	case wire.ProtoICMP, wire.ProtoICMPv6:
		if q.l4 == 0 || s.p.l4 == 0 || q.l4+8 > len(d) || s.p.l4+8 > len(s.eth) {
			return false
		}
		mine, theirs := d[q.l4:], s.eth[s.p.l4:]
		if mine[0] != theirs[0] || mine[1] != theirs[1] {
			return false
		}
		if q.proto == wire.ProtoICMPv6 && mine[0] >= 133 && mine[0] <= 137 {
			return len(mine) >= 24 && len(theirs) >= 24 && bytes.Equal(mine[8:24], theirs[8:24])
		}
		return bytes.Equal(mine[4:8], theirs[4:8]) && len(mine)-len(theirs) < 64
	}
	return true
}

// sent walks a frame that the captured host sent: it is caused, as far as the
// model knows how, and goes down with its own bytes.
func (g *gate) sent(f *pcaps.Frame, p *packet, eth []byte) {
	r, ns := g.r, g.r.Host.NS
	s := &g.now
	*s = sentFrame{n: f.N, eth: eth, cut: f.Cut(), p: *p, nic: r.nic(f.Iface).Dev}
	if wire.LinkKind(f.Link) != wire.LinkEthernet {
		s.p.read(eth, pcaps.LinkType(wire.LinkEthernet))
	}
	if !s.p.ok {
		r.notModelled(f, true)
		return
	}
	if g.forwarded(s) {
		return
	}
	g.owns(uint32(f.N))
	g.neighbour(s)
	if g.release(ns, s) {
		return
	}
	g.pending = s
	if !g.resolve(ns, s) {
		g.cause(ns, s)
	}
	g.pending = nil
	if !s.done {
		g.direct(ns, s)
	}
}

// release looks for the packet among those that wait, and lets it go.
func (g *gate) release(ns *core.Netns, s *sentFrame) bool {
	key := s.p.key()
	for i, h := range g.held {
		switch {
		case h.passed && h.b.Dst.Dev == g.dev(s) && samePassed(h.b, s):
			g.held = append(g.held[:i], g.held[i+1:]...)
			g.catchUp(h.at)
			g.pass(ns, h.b, s)
			return true
		case h.passed && s.p.fragment && h.b.Dst.Dev == g.dev(s) && pieceOf(s, h.b):
			g.held = append(g.held[:i], g.held[i+1:]...)
			g.down(ns, h.b)
			return g.forwarded(s)
		case !h.passed && h.key == key && same(ns, h.b, s):
			g.held = append(g.held[:i], g.held[i+1:]...)
			g.adopt(ns, h.b, s)
			s.done = true
			g.down(ns, h.b)
			return true
		}
	}
	return false
}

// down sends a packet of this host on from the gate.
func (g *gate) down(ns *core.Netns, b *core.SKB) {
	ns.BHDisable()
	defer ns.BHEnable()
	passed := b.IIF != 0 && b.SK == nil
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeIPv6:
		if passed {
			g.r.Host.IPv6.ForwardFinish(b, true)
			return
		}
	case wire.EtherTypeIPv4:
		if passed {
			g.r.Host.IPv4.ForwardFinish(b, true)
			return
		}
	}
	switch wire.EtherType(b.Protocol) {
	case wire.EtherTypeARP:
		g.r.Host.IPv4.ARPXmit(b)
	case wire.EtherTypeIPv6:
		g.r.Host.IPv6.LocalOut(b.SK, b)
	default:
		g.r.Host.IPv4.LocalOut(b.SK, b)
	}
}

// cause makes the model do what a program or the kernel did for this frame to
// be sent.
func (g *gate) cause(ns *core.Netns, s *sentFrame) {
	h := g.r.Host
	p := &s.p
	switch {
	case p.arp && p.arpOp == 1:
		g.solicit(ns.Neigh4, g.dev(s), p.dst)
	case p.proto == wire.ProtoICMPv6 && p.ndTarget != (wire.Addr{}) && !p.src.IsZero():
		g.solicit(ns.Neigh6, g.dev(s), p.ndTarget)
	case p.l3 == 0 || p.fragment || !g.r.profile.Local(p.src):
	case p.proto == wire.ProtoTCP && p.tcp != nil:
		s.done = h.TCP.FollowSent(ns, g.skb(ns, s))
	case p.proto == wire.ProtoUDP && p.l4 != 0:
		s.done = h.UDP.FollowSent(g.skb(ns, s))
	case (p.proto == wire.ProtoICMP || p.proto == wire.ProtoICMPv6) && p.asks && p.l4 != 0:
		s.done = h.Raw.FollowSent(g.skb(ns, s))
	}
}

// solicit makes the neighbour table ask, if it does not know.
func (g *gate) solicit(t *core.NeighTable, dev *core.Device, a wire.Addr) {
	if t == nil {
		return
	}
	n := t.Create(a, dev)
	if n == nil || n.State&core.NUDConnected != 0 {
		return
	}
	n.EventSend(nil)
}

// dev is the device that the frame left by: the card, or a VLAN device on it.
func (g *gate) dev(s *sentFrame) *core.Device {
	if s.p.vlan > 0 {
		for _, d := range s.nic.Vlans {
			if int(d.VlanID) == s.p.vlan {
				return d
			}
		}
	}
	return s.nic
}

// skb is the captured packet, network header first.
func (g *gate) skb(ns *core.Netns, s *sentFrame) *core.SKB {
	l3 := s.eth[s.netOff():]
	if n := ipLen(l3); n > 0 && n < len(l3) {
		l3 = l3[:n]
	}
	b := ns.AllocSKB(core.Headroom, len(l3), uint32(s.n))
	copy(b.Put(len(l3)), l3)
	b.ResetNetwork()
	if s.p.l4 != 0 {
		b.Transport = b.Network + s.p.l4 - s.p.l3
	}
	b.Protocol = uint16(s.p.ethertype)
	b.Captured, b.Truncated = true, s.cut
	b.IPSummed = core.ChecksumUnnecessary
	b.Dev = g.dev(s)
	if gso := superframe(s.nic, &s.p, len(s.eth)); gso > 0 {
		b.GSOSize = gso
		b.GSOSegs = (s.p.payload + gso - 1) / gso
		b.GSOType = core.GSOTCPv4
		if s.p.ethertype == wire.EtherTypeIPv6 {
			b.GSOType = core.GSOTCPv6
		}
	}
	return b
}

// ipLen is the length that the IP header gives, 0 if it gives none or one that
// does not even hold the header.
func ipLen(b []byte) int {
	switch {
	case len(b) >= wire.IPv4MinLen && b[0]>>4 == 4:
		if n := wire.IPv4(b).TotalLen(); n >= wire.IPv4(b).IHL() {
			return n
		}
	case len(b) >= wire.IPv6Len && b[0]>>4 == 6:
		if n := wire.IPv6(b).PayloadLen(); n > 0 {
			return wire.IPv6Len + n
		}
	}
	return 0
}

// direct hands a frame that nothing in the model explains to the device, as a
// packet socket would.
func (g *gate) direct(ns *core.Netns, s *sentFrame) {
	b := ns.AllocSKB(core.Headroom, len(s.eth), uint32(s.n))
	copy(b.Put(len(s.eth)), s.eth)
	b.ResetMAC()
	b.Network = b.MAC + s.netOff()
	b.Protocol = uint16(s.p.ethertype)
	b.Captured, b.Truncated = true, s.cut
	b.IPSummed = core.ChecksumUnnecessary
	b.Dev = s.nic
	b.GSOSize = superframe(s.nic, &s.p, len(s.eth))
	why := step.WhyDirect
	switch {
	case s.p.l3 != 0 && g.r.beyond != nil && !g.r.profile.Local(s.p.src) && !s.p.src.IsZero():
		why, b.IIF = step.WhyFromBeyond, g.r.beyond.Index
	case s.p.l3 != 0:
		why = step.WhyDirectIP
	}
	ns.Note(b, why, uint64(s.p.ethertype), uint64(s.p.proto))
	ns.BHDisable()
	defer ns.BHEnable()
	ns.DevQueueXmit(b)
}

// neighbour teaches the host the link address that the frame was sent to, if
// it does not know it: the captured host did.
func (g *gate) neighbour(s *sentFrame) {
	p := &s.p
	if p.l3 == 0 || p.dmac.IsMulticast() || !g.r.profile.Local(p.src) {
		return
	}
	port := g.port(s)
	hop, gw := p.dst, port.Gateway
	if !p.dst.Is4() {
		gw = port.Gateway6
	}
	if !port.onLink(hop) && !gw.IsZero() {
		hop = gw
	}
	g.knows(hop, s)
}

// port is the interface of the frame.
func (g *gate) port(s *sentFrame) *Port {
	for i, n := range g.r.more {
		if n.Dev == s.nic {
			return &g.r.profile.More[i]
		}
	}
	return &g.r.profile.Port
}

// knows teaches the host a next hop's link address: that of the frame.
func (g *gate) knows(hop wire.Addr, s *sentFrame) {
	ns, p := g.r.Host.NS, &s.p
	t := ns.Neigh4
	if !hop.Is4() {
		t = ns.Neigh6
	}
	if t == nil {
		return
	}
	dev := g.dev(s)
	n := t.Lookup(hop, dev)
	if n != nil && n.State&core.NUDValid != 0 && n.Addr == p.dmac {
		return
	}
	if n == nil {
		if n = t.Create(hop, dev); n == nil {
			return
		}
	}
	ns.Note(n, step.WhyKnewNeigh, hop.Hi, hop.Lo, uint64(p.dmac))
	t.Update(n, p.dmac, core.NUDReachable, core.NeighUpdateOverride|core.NeighUpdateAdmin)
}

// expire lets go what waited too long.
func (g *gate) expire(now sim.Time) {
	for len(g.held) > 0 && now-g.held[0].at > holdTime {
		g.letGo(g.r.Host.NS, 0)
	}
}

// letGo ends a packet that the capture does not show.
func (g *gate) letGo(ns *core.Netns, i int) {
	h := g.held[i]
	g.held = append(g.held[:i], g.held[i+1:]...)
	q, _ := dissect(h.b.From(h.b.Network), pcaps.LinkType(wire.LinkRaw))
	why := step.WhyNotInCapture
	if h.b.Protocol == uint16(wire.EtherTypeARP) {
		q, why = heldKey(h.b), step.WhyNotInCaptureARP
	}
	ns.Note(h.b, why, uint64(q.proto), q.dst.Hi, q.dst.Lo)
	ns.Free(h.b)
}
