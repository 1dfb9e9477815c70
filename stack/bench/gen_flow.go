package bench

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// A kind is what a flow is about.
type kind uint8

const (
	kindTCP kind = iota
	kindUDP
	kindICMP
	kindARP
)

// never is a time that no capture reaches.
const never = 1 << 62

// A flow is one conversation and what it does next.
type flow struct {
	at     int64 // when it acts next, ns since the capture began
	kind   kind
	number int // of all flows, from 0
	via    int // the station that its frames are from and for; 0 is the gateway
	peer   wire.IP4
	ttl    uint8  // of what arrives from the peer
	sport  uint16 // the peer's port, or the identifier of an echo
	dport  uint16 // the host's
	rtt    int64  // ns
	turns  int    // exchanges until it ends
	phase  uint8
	reply  int // bytes of the answer that is due
	id     uint16
	seq    uint16
	*conn
}

// renew makes f the next flow that has not begun.
func (g *generator) renew(f *flow) {
	i := g.begun
	g.begun++
	*f = flow{at: f.at, number: i, ttl: 64, rtt: g.between(100e3, 400e3)}
	f.turns = g.n(1, 2*g.turns-1)
	// the stations on the link come first, then their flows mix with others'
	switch c := i % 100; {
	case i < g.near:
		f.kind, f.via = kindARP, i
		f.peer, _ = station(i)
		return
	case c < 84:
		f.kind = kindTCP
	case c < 97:
		f.kind = kindUDP
		f.turns *= 3
	default:
		f.kind = kindICMP
		f.turns *= 3
	}
	var nth int // of the peer's flows
	if g.near > 1 && i%5 == 0 {
		f.via = 1 + i/5%(g.near-1)
		f.peer, _ = station(f.via)
		nth = i / 5 / (g.near - 1)
	} else {
		n := max(g.total/5, 1)
		f.peer = far + wire.IP4(1+i%n*13)
		f.ttl = uint8(64 - 4 - f.peer%13)
		f.rtt = g.between(1e6, 9e6)
		nth = i / n
	}
	// Linux connects from even ports of its range first
	f.sport = uint16(32768 + (nth+int(f.peer)*7919)%14116*2)
	switch f.kind {
	case kindTCP:
		f.dport = [...]uint16{80, 443, 80, 443, 80, 443, 80, 443, 80, 443, 80, 5001}[g.n(0, 11)]
		f.conn = &conn{}
	case kindUDP:
		f.dport = [...]uint16{53, 5353, 9000, 9000}[g.n(0, 3)]
	}
}

// act takes the flow's next step: it writes a frame and sets its next time.
func (f *flow) act(g *generator) {
	if !g.known[f.via] && f.kind != kindARP {
		g.meet(f)
	}
	if f.phase == 0 && f.seq == 0 {
		g.count(f)
	}
	switch f.kind {
	case kindTCP:
		f.tcp(g)
	case kindUDP:
		f.udp(g)
	case kindICMP:
		f.icmp(g)
	default:
		f.arp(g)
	}
}

// count enters a flow that begins in the statistics.
func (g *generator) count(f *flow) {
	s := &g.stats
	switch f.kind {
	case kindTCP:
		s.TCP++
	case kindUDP:
		s.UDP++
	case kindICMP:
		s.ICMP++
	default:
		s.ARP++
	}
	s.Flows++
	f.seq = 1
}

// meet lets a station ask for the host's link address before it first speaks.
func (g *generator) meet(f *flow) {
	g.last = max(g.last, f.at)
	g.arp(f.via, false, true, 1, 2000)
	g.arp(f.via, true, false, 2, g.between(3000, 9000))
	g.known[f.via] = true
	f.at = g.last + f.rtt/2
}

// rest lets the peer think about its next question.
func (f *flow) rest(g *generator) {
	f.at += f.rtt + g.between(g.think/4, g.think*7/4)
}

// done ends a flow: the next one begins in its place. It reports false when
// there is none, so that this one goes on.
func (f *flow) done(g *generator) bool {
	if g.begun == g.total {
		f.turns = 1 << 30
		return false
	}
	f.at += g.between(20e3, 2e6)
	g.renew(f)
	return true
}

// arp is a station that makes sure that the host is still there, as Linux does
// before it trusts an old neighbour entry again (RFC 1122 §2.3.2.1).
func (f *flow) arp(g *generator) {
	g.last = max(g.last, f.at)
	g.arp(f.via, false, !g.known[f.via], 1, 2000)
	g.arp(f.via, true, false, 2, g.between(3000, 9000))
	g.known[f.via] = true
	f.at = g.last + g.think*4 + g.between(0, g.think)
}

// udp is a question or its answer.
func (f *flow) udp(g *generator) {
	const head = wire.UDPLen
	b := g.buf[l4+head:]
	out := f.phase == 1
	var n int
	switch {
	case f.dport == 9000 && !out:
		n = g.n(64, 600)
		f.reply = n
		f.id = uint16(g.rand.Uint64())
		text(b[:n], f.id)
	case f.dport == 9000:
		n = f.reply
		text(b[:n], f.id)
	case !out:
		f.seq++
		f.id = uint16(g.rand.Uint64())
		f.reply = g.n(1, 12)
		n = g.question(b, f.id, uint32(f.number))
	default:
		n = g.answer(b, f.id, uint32(f.number), f.reply)
	}
	u := g.buf[l4:]
	src, dst := f.sport, f.dport
	if out {
		src, dst = dst, src
	}
	be := binary.BigEndian
	be.PutUint16(u[0:], src)
	be.PutUint16(u[2:], dst)
	be.PutUint16(u[4:], uint16(head+n))
	// an unconnected socket's datagrams that must not be fragmented have no
	// identification (ip_select_ident)
	g.ip(f, out, wire.ProtoUDP, 0, true, head+n)
	g.send(f, out, wire.ProtoUDP, 6, head+n)
	f.turn(g, g.between(15e3, 200e3))
}

// turn passes from question to answer to the next question.
func (f *flow) turn(g *generator, serve int64) {
	if f.phase == 0 {
		f.phase = 1
		f.at += serve
		return
	}
	f.phase = 0
	if f.turns--; f.turns > 0 || !f.done(g) {
		f.rest(g)
	}
}

// icmp is an echo request as ping sends it, or its reply.
func (f *flow) icmp(g *generator) {
	const n = 8 + 56
	b := g.buf[l4 : l4+n]
	out := f.phase == 1
	be := binary.BigEndian
	if !out {
		f.seq++
		f.reply = int(f.at)
		f.id++
	}
	at := uint64(firstFrame) + uint64(f.reply)
	b[0], b[1] = 8, 0
	if out {
		b[0] = 0
	}
	be.PutUint16(b[4:], f.sport)
	be.PutUint16(b[6:], f.seq-1)
	le := binary.LittleEndian
	le.PutUint64(b[8:], at/1e9)
	le.PutUint64(b[16:], at%1e9/1e3)
	for i := 24; i < n; i++ {
		b[i] = byte(i - 8)
	}
	id, df := f.id, true
	if out {
		g.ipid += uint16(g.n(1, 3))
		id, df = g.ipid, false
	}
	g.ip(f, out, wire.ProtoICMP, id, df, n)
	g.send(f, out, wire.ProtoICMP, 2, n)
	f.turn(g, g.between(2000, 8000))
}
