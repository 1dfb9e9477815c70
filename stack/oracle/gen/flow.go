package gen

import (
	"bytes"
	"encoding/binary"
	"math/rand"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Packet is a frame for the router: by eth0 (0) or eth1 (1).
//
// If Of is not 0, the frame is about what came out for the packet with the number
// Of-1: an answer to it, with its addresses and ports turned around, or an ICMP
// error about it. Where nothing came out it is about the packet as it was sent.
// So the answers find their way back through whatever translation was chosen.
type Packet struct {
	Side  int
	Frame []byte
	Of    int
	Error bool // Frame ends with an ICMP header: what it is about is put behind it
	L2    bool // the router is a bridge: the frame is for a host at the other port, or for the bridge
}

// Frames are what was sent and what came out for a packet.
type Frames struct {
	Side int
	Sent []byte
	Out  [2][][]byte
}

// Make is the frame to send, and by which side, given what happened so far.
func (p Packet) Make(past []Frames) (side int, frame []byte) {
	side, frame = p.make(past)
	if p.L2 {
		bridged(side, frame)
	}
	return side, frame
}

func (p Packet) make(past []Frames) (side int, frame []byte) {
	f := bytes.Clone(p.Frame)
	if p.Of == 0 || p.Of > len(past) {
		return p.Side, f
	}
	side, about := p.Side, past[p.Of-1].Sent
	if p.Error {
		side = p.Side
	}
search:
	for _, s := range []int{1 - past[p.Of-1].Side, past[p.Of-1].Side} {
		for _, o := range past[p.Of-1].Out[s] {
			if len(o) >= 34 && len(f) >= 14 && o[12] == f[12] && o[13] == f[13] {
				side, about = s, o
				break search
			}
		}
	}
	if p.Error {
		return side, errorAbout(side, f, about)
	}
	return side, answerTo(side, f, about)
}

// Salt gives a fragment another identification, so that one that was sent before
// and still waits for the others is another datagram's.
func Salt(f []byte, salt uint16) {
	switch {
	case len(f) >= 34 && f[12] == 8 && wire.IPv4(f[14:]).IsFragment():
		h := wire.IPv4(f[14:])
		right := h.IHL() >= 20 && len(h) >= h.IHL() && h.ChecksumOK()
		h.SetID(h.ID() ^ salt)
		if right {
			h.ComputeChecksum()
		}
	case len(f) >= 62 && f[12] == 0x86 && f[20] == 44:
		f[60] ^= byte(salt >> 8)
		f[61] ^= byte(salt)
	}
}

// A flow is a conversation of two hosts, or of a host and the router.
type flow struct {
	side       int
	six        bool
	src, dst   string
	proto      byte
	sp, dp     uint16
	first      int // number of its first packet, from 1
	cseq, sseq uint32
	step       int
}

// A Flows makes packets.
type Flows struct {
	*rand.Rand
	six   []bool // families to choose from
	l     []Packet
	flows []*flow
	rest  []Packet // fragments that are to follow
}

// Packets makes n frames. six are the families, v4 false and v6 true.
func Packets(r *rand.Rand, n int, six ...bool) []Packet {
	g := &Flows{Rand: r, six: six}
	for len(g.l) < n {
		g.next()
	}
	return g.l
}

// L2Packets makes n frames for a bridge.
func L2Packets(r *rand.Rand, n int) []Packet {
	l := Packets(r, n, false, false, true)
	for i := range l {
		l[i].L2 = true
	}
	return l
}

func (g *Flows) pick(l ...string) string { return l[g.Intn(len(l))] }

func (g *Flows) add(p Packet) { g.l = append(g.l, p) }

func (g *Flows) next() {
	if len(g.rest) > 0 && g.Intn(4) > 0 {
		g.add(g.rest[0])
		g.rest = g.rest[1:]
		return
	}
	n := len(g.l)
	k := g.Intn(20)
	switch {
	case n == 0 || k < 5:
		g.open()
	case k < 13:
		g.goOn(g.flows[g.Intn(len(g.flows))])
	case k < 15:
		g.add(g.l[g.Intn(n)])
	case k < 17:
		g.icmpError()
	case k < 18:
		g.fragments()
	case k < 19:
		g.odd()
	default:
		g.special()
	}
}

// Ports are those of packets and rules.
var Ports = []int{22, 53, 80, 443, 1000, 1024, 5353, 8080, 40000}

func (g *Flows) flow() *flow {
	f := &flow{six: g.six[g.Intn(len(g.six))], cseq: uint32(g.Intn(1000)), sseq: uint32(5000 + g.Intn(1000))}
	f.sp, f.dp = uint16(Ports[g.Intn(len(Ports))]), uint16(Ports[g.Intn(len(Ports))])
	if g.Intn(4) == 0 {
		f.side = 1
	}
	switch {
	case !f.six && f.side == 0:
		f.src, f.dst = g.pick("10.0.0.2", "10.0.0.3", "10.1.0.5", "192.168.1.1"), g.pick("10.9.0.7", "10.9.0.8", "10.0.0.1", "10.9.0.1")
	case !f.six:
		f.src, f.dst = g.pick("10.9.0.7", "10.9.0.8"), g.pick("10.0.0.2", "10.0.0.3", "10.9.0.1", "10.0.0.1", "192.168.1.1")
	case f.side == 0:
		f.src, f.dst = g.pick("2001:db8::2", "2001:db8::3", "2001:db8:1::5"), g.pick("2001:db8:9::7", "2001:db8:9::8", "2001:db8::1", "2001:db8:9::1")
	default:
		f.src, f.dst = g.pick("2001:db8:9::7", "2001:db8:9::8"), g.pick("2001:db8::2", "2001:db8::3", "2001:db8:9::1", "2001:db8:1::5")
	}
	switch g.Intn(7) {
	case 0, 1, 2, 3:
		f.proto = 6
	case 4, 5:
		f.proto = 17
	default:
		f.proto = 1
		if f.six {
			f.proto = 58
		}
		f.sp = uint16(g.Intn(9))
	}
	return f
}

// open begins a conversation.
func (g *Flows) open() {
	f := g.flow()
	f.first = len(g.l) + 1
	g.flows = append(g.flows, f)
	if f.proto == 6 && g.Intn(8) == 0 {
		f.step = g.Intn(8) // without its beginning
	}
	g.goOn(f)
}

// goOn is a conversation's next packet, of either end.
func (g *Flows) goOn(f *flow) {
	server := f.step > 0 && g.Intn(2) == 0
	var l4 []byte
	switch f.proto {
	case 6:
		l4, server = g.tcp(f)
	case 17:
		l4 = g.udp(f, server)
		f.step++
	default:
		l4 = g.echo(f, server)
		f.step++
	}
	p := g.frame(f, l4, server)
	if server && f.first <= len(g.l) {
		p.Of = f.first
	}
	g.add(p)
}

// tcp is the next segment of a connection: of one that goes as it should, mostly.
func (g *Flows) tcp(f *flow) (l4 []byte, server bool) {
	var flags byte
	seq, ack := f.cseq+1, f.sseq+1
	data := 0
	k := f.step
	if g.Intn(6) > 0 {
		f.step++
	}
	switch k {
	case 0:
		flags, seq, ack = 2, f.cseq, 0
		if g.Intn(10) == 0 {
			flags = 0xc2
		}
	case 1:
		flags, seq, ack, server = 0x12, f.sseq, f.cseq+1, true
	case 2:
		flags = 0x10
	case 3:
		flags, data = 0x18, g.Intn(40)
	case 4:
		flags, seq, ack, server = 0x18, f.sseq+1, f.cseq+1, true
		data = g.Intn(60)
	case 5:
		flags = 0x11
	case 6:
		flags, seq, ack, server = 0x11, f.sseq+1, f.cseq+2, true
	case 7:
		flags, seq, ack = 0x10, f.cseq+2, f.sseq+2
	default:
		f.step = g.Intn(4)
		return g.tcp(f)
	}
	switch g.Intn(24) {
	case 0:
		flags, data = 4, 0
	case 1:
		flags, data = 0x14, 0
	case 2:
		seq += 0x10000000 // out of the window
	case 3:
		flags = byte(g.Intn(256))
	case 4:
		server = !server
	case 5:
		ack += 100000
	}
	win := uint16(1000)
	if g.Intn(6) == 0 {
		win = uint16(g.Intn(20))
	}
	var opts []byte
	if flags&2 != 0 && g.Intn(2) == 0 {
		opts = []byte{2, 4, 5, 0xb4, 1, 3, 3, byte(g.Intn(9)), 4, 2, 1, 1}
	} else if g.Intn(8) == 0 {
		opts = []byte{1, 1, 8, 10, 0, 0, 0, byte(g.Intn(9)), 0, 0, 0, 1}
	}
	l4 = make([]byte, 20, 100)
	binary.BigEndian.PutUint16(l4, f.sp)
	binary.BigEndian.PutUint16(l4[2:], f.dp)
	binary.BigEndian.PutUint32(l4[4:], seq)
	binary.BigEndian.PutUint32(l4[8:], ack)
	l4[12], l4[13] = byte(5+len(opts)/4)<<4, flags
	binary.BigEndian.PutUint16(l4[14:], win)
	l4 = append(append(l4, opts...), g.data(data)...)
	if server {
		turnPorts(l4)
	}
	return l4, server
}

func (g *Flows) data(n int) []byte { return bytes.Repeat([]byte("GET abc "), n/8+1)[:n] }

func turnPorts(l4 []byte) {
	l4[0], l4[1], l4[2], l4[3] = l4[2], l4[3], l4[0], l4[1]
}

func (g *Flows) udp(f *flow, server bool) []byte {
	n := g.Intn(60)
	l4 := make([]byte, 8, 100)
	binary.BigEndian.PutUint16(l4, f.sp)
	binary.BigEndian.PutUint16(l4[2:], f.dp)
	binary.BigEndian.PutUint16(l4[4:], uint16(8+n))
	if server {
		turnPorts(l4)
	}
	return append(l4, g.data(n)...)
}

func (g *Flows) echo(f *flow, server bool) []byte {
	l4 := []byte{8, 0, 0, 0, byte(f.sp >> 8), byte(f.sp), 0, byte(f.step)}
	switch {
	case f.six && server:
		l4[0] = 129
	case f.six:
		l4[0] = 128
	case server:
		l4[0] = 0
	}
	return append(l4, g.data(g.Intn(30))...)
}

// icmpError is an error about an earlier packet, by a host of either side.
func (g *Flows) icmpError() {
	i := g.Intn(len(g.l))
	about := g.l[i]
	if about.Error || !isIP(about.Frame) {
		return
	}
	f := g.flow()
	f.six = about.Frame[12] == 0x86
	f.proto = 1
	kind := []byte{3, byte([]int{0, 1, 3, 10, 13}[g.Intn(5)]), 0, 0, 0, 0, 0, 0}
	if g.Intn(4) == 0 {
		kind = []byte{11, 0, 0, 0, 0, 0, 0, 0}
	}
	f.src = g.pick("10.9.0.8", "10.9.0.7", "10.0.0.2", "10.0.0.3")
	if f.six {
		f.proto = 58
		kind = []byte{1, byte([]int{0, 1, 3, 4}[g.Intn(4)]), 0, 0, 0, 0, 0, 0}
		if g.Intn(4) == 0 {
			kind = []byte{3, 0, 0, 0, 0, 0, 0, 0}
		}
		f.src = g.pick("2001:db8:9::8", "2001:db8:9::7", "2001:db8::2")
	}
	f.dst, f.side = "10.0.0.1", 1-about.Side
	if f.six {
		f.dst = "2001:db8::1"
	}
	p := g.frame(f, kind, false)
	p.Of, p.Error = i+1, true
	g.add(p)
}

// fragments sends a datagram in pieces, seldom all of it.
func (g *Flows) fragments() {
	f := g.flow()
	f.proto = 17
	n := 40 + g.Intn(100)
	l4 := make([]byte, 8, 200)
	binary.BigEndian.PutUint16(l4, f.sp)
	binary.BigEndian.PutUint16(l4[2:], f.dp)
	binary.BigEndian.PutUint16(l4[4:], uint16(8+n))
	l4 = append(l4, g.data(n)...)
	whole := g.frame(f, l4, false)
	l := split(whole, 8*(1+g.Intn(8)), uint32(g.Intn(65536)))
	switch k := g.Intn(4); {
	case len(l) < 2:
	case k == 0:
		l = l[:len(l)-1]
	case k == 1:
		l[0], l[len(l)-1] = l[len(l)-1], l[0]
	}
	g.add(l[0])
	g.rest = append(g.rest, l[1:]...)
}

// odd is a packet that is broken somewhere.
func (g *Flows) odd() {
	p := g.l[g.Intn(len(g.l))]
	f := bytes.Clone(p.Frame)
	if p.Error || !isIP(f) || len(f) < 40 {
		return
	}
	p.Of = 0
	at := 14
	switch g.Intn(4) {
	case 0:
		f = f[:34+g.Intn(len(f)-34)]
		if f[12] == 8 {
			wire.IPv4(f[at:]).SetTotalLen(len(f) - at)
			wire.IPv4(f[at:]).ComputeChecksum()
		} else if len(f) > 54 {
			wire.IPv6(f[at:]).SetPayloadLen(len(f) - 54)
		} else {
			return
		}
	case 1:
		f[len(f)-1] ^= 0x55 // its checksum is wrong
	case 2:
		if f[12] == 8 {
			wire.IPv4(f[at:]).SetTTL(byte(1 + g.Intn(2)))
			wire.IPv4(f[at:]).ComputeChecksum()
		} else {
			wire.IPv6(f[at:]).SetHopLimit(byte(1 + g.Intn(2)))
		}
	case 3:
		f = append(f, 0, 0, 0) // a trailer
	}
	p.Frame = f
	g.add(p)
}
