package stack

import (
	"bytes"
	"slices"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A router passes packets on. While a capture is followed, such a packet waits
// in ip_forward_finish until the capture shows it on its way out; then it goes
// down from there as that frame. Its bytes are the model's own: what the router did
// to them (TTL, checksum, addresses) is compared with what the capture shows.

// samePassed reports whether a packet that waits to be passed on is the one that
// was captured on its way out. The addresses may have been translated.
func samePassed(b *core.SKB, s *sentFrame) bool {
	mine, theirs := b.From(b.Network), s.eth[s.netOff():]
	if s.p.l3 == 0 || wire.EtherType(b.Protocol) != s.p.ethertype {
		return false
	}
	var l4, n int
	if s.p.ethertype == wire.EtherTypeIPv6 {
		if len(mine) < wire.IPv6Len || len(theirs) < wire.IPv6Len || !bytes.Equal(mine[:7], theirs[:7]) ||
			!bytes.Equal(mine[8:24], theirs[8:24]) && !bytes.Equal(mine[24:40], theirs[24:40]) {
			return false
		}
		l4 = wire.IPv6Len
	} else {
		if len(mine) < wire.IPv4MinLen || len(theirs) < wire.IPv4MinLen || !bytes.Equal(mine[:8], theirs[:8]) || mine[9] != theirs[9] ||
			!bytes.Equal(mine[12:16], theirs[12:16]) && !bytes.Equal(mine[16:20], theirs[16:20]) {
			return false
		}
		l4 = wire.IPv4(mine).IHL()
	}
	// What translation leaves alone: sequence numbers of TCP, the type of ICMP.
	at := l4
	switch s.p.proto {
	case wire.ProtoTCP:
		at, n = l4+4, 10
	case wire.ProtoICMP, wire.ProtoICMPv6:
		n = 2
	case wire.ProtoUDP:
		at, n = l4+4, 2
	}
	return at+n > len(mine) || at+n > len(theirs) || bytes.Equal(mine[at:at+n], theirs[at:at+n])
}

// catchUp lets the time pass that the simulated machine was slower than the
// captured one: nothing goes on before it has come so far.
func (g *gate) catchUp(at sim.Time) {
	if d := at - g.r.World.Clock.Now(); d > 0 {
		g.r.World.Clock.Spend(d)
	}
}

// pieceOf reports whether a captured fragment may be one of those into which a
// packet of the model has to be cut.
func pieceOf(s *sentFrame, b *core.SKB) bool {
	mine, theirs := b.From(b.Network), s.eth[s.netOff():]
	return s.p.ethertype == wire.EtherTypeIPv4 && wire.EtherType(b.Protocol) == s.p.ethertype && len(mine) >= wire.IPv4MinLen && len(theirs) >= wire.IPv4MinLen &&
		b.Len() > b.Dst.Dev.MTU && bytes.Equal(mine[4:6], theirs[4:6]) && mine[9] == theirs[9] && bytes.Equal(mine[12:20], theirs[12:20])
}

// pass lets a packet go on from ip_forward_finish as the captured frame.
func (g *gate) pass(ns *core.Netns, b *core.SKB, s *sentFrame) {
	if t := g.r.World.Trace; t != nil {
		t.Pass(b, uint32(s.n), b.Pkt, step.IPForwardFinish, step.WhyPassedAs)
	}
	b.Pkt = uint32(s.n)
	s.done = true
	if !s.p.dmac.IsMulticast() {
		g.knows(nextHop(b), s)
	}
	if !s.cut && superframe(s.nic, &s.p, len(s.eth)) == 0 {
		if len(g.passed) >= 64 {
			g.passed = g.passed[1:]
		}
		g.passed = append(g.passed, sentFrame{n: s.n, eth: bytes.Clone(s.eth)})
	}
	g.down(ns, b)
}

// nextHop is the neighbour that a routed packet goes to.
func nextHop(b *core.SKB) wire.Addr {
	if !b.Dst.Gateway.IsZero() {
		return b.Dst.Gateway
	}
	q := heldKey(b)
	return q.dst
}

// resolve lets a packet that waits in ip_forward_finish go on, with its own
// number, if the capture shows that the host asks for its next hop: it is what
// the host asks for, and waits for the answer where Linux lets it wait.
func (g *gate) resolve(ns *core.Netns, s *sentFrame) bool {
	hop := s.p.dst
	switch {
	case s.p.arp && s.p.arpOp == 1:
	case s.p.proto == wire.ProtoICMPv6 && s.p.ndTarget != (wire.Addr{}):
		hop = s.p.ndTarget
	default:
		return false
	}
	for i, h := range g.held {
		if h.passed && h.b.Dst.Dev == g.dev(s) && nextHop(h.b) == hop {
			g.held = append(g.held[:i], g.held[i+1:]...)
			g.down(ns, h.b)
			return s.done
		}
	}
	return false
}

// forwarded reports whether the frame is one that the model has passed on
// already.
func (g *gate) forwarded(s *sentFrame) bool {
	if s.p.l3 == 0 || g.r.profile.Local(s.p.src) || !g.r.profile.Router {
		return false
	}
	for i := range g.recent {
		if g.recent[i].nic == s.nic && bytes.Equal(g.recent[i].eth, s.eth) {
			g.passedOn(s, &g.recent[i])
			g.recent = append(g.recent[:i], g.recent[i+1:]...)
			return true
		}
	}
	return false
}

// passedOn says that a captured frame is a packet of the model on its way out:
// from here on it is the frame, if it is still in the card.
func (g *gate) passedOn(s, was *sentFrame) {
	ns := g.r.Host.NS
	if b := was.b; b != nil && !b.Freed() && b.ID == was.id && b.Pkt == uint32(was.n) {
		g.catchUp(was.at)
		if t := g.r.World.Trace; t != nil {
			t.Pass(b, uint32(s.n), b.Pkt, step.DevHardStartXmit, step.WhyPassedAs)
		}
		b.Pkt = uint32(s.n)
		g.owns(b.Pkt)
		return
	}
	b := ns.AllocSKB(0, len(s.eth), uint32(s.n))
	copy(b.Put(len(s.eth)), s.eth)
	b.Dev = s.nic
	ns.Note(b, step.WhyPassedOn, uint64(was.n))
	ns.Sent(b, true, 0)
}

// owns notes that a captured frame was sent from here.
func (g *gate) owns(n uint32) {
	if len(g.own) >= 64 {
		g.own = append(g.own[:0], g.own[1:]...)
	}
	g.own = append(g.own, n)
}

// left is told of every frame that leaves by a captured card.
func (g *gate) left(d *core.Device, b *core.SKB, frame []byte, pkt uint32) {
	if !g.r.profile.Router || g.discard {
		return
	}
	for i := range g.passed {
		if g.passed[i].n == int(pkt) {
			g.compare(g.passed[i].eth, frame, pkt)
			g.passed = append(g.passed[:i], g.passed[i+1:]...)
			return
		}
	}
	if slices.Contains(g.own, pkt) {
		return
	}
	if len(g.recent) >= 64 {
		g.recent = g.recent[1:]
	}
	w := sentFrame{n: int(pkt), eth: bytes.Clone(frame), nic: d, b: b, at: g.r.World.Clock.Now()}
	if b != nil {
		w.id = b.ID
	}
	g.recent = append(g.recent, w)
}

// compare tells where what the model passed on differs from the captured frame.
func (g *gate) compare(captured, model []byte, pkt uint32) {
	for i := range min(len(captured), len(model)) {
		if captured[i] != model[i] {
			g.r.Host.NS.Note(told(pkt), step.WhyDiffers, uint64(i), uint64(captured[i]), uint64(model[i]))
			return
		}
	}
}
