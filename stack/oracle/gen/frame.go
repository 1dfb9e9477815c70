package gen

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"github.com/packetwalk/packetwalk/stack/wire"
)

// ethernet puts the link addresses of a side in front.
func ethernet(side int, f []byte) {
	copy(f, []byte{2, 0, 0, 0, 0, byte(1 + side), 2, 0, 0, 0, 0, byte(0x11 + side)})
}

// frame is a packet of a flow: of the one who opened it, or of the server.
func (g *Flows) frame(f *flow, l4 []byte, server bool) Packet {
	src, dst, side := f.src, f.dst, f.side
	if server {
		src, dst, side = dst, src, 1-side
	}
	if f.six {
		return g.frame6(f, l4, src, dst, side)
	}
	b := make([]byte, 34, 200)
	b[12], b[13] = 8, 0
	h := wire.IPv4(b[14:])
	h.SetVersionIHL(20)
	h.SetTOS([]byte{0, 0, 0, 0x10, 0x20, 0xb8, 2}[g.Intn(7)])
	h.SetID(uint16(g.Intn(65536)))
	h.SetDF(g.Intn(2) == 0)
	h.SetTTL(byte(3 + g.Intn(250)))
	if g.Intn(2) == 0 {
		h.SetTTL(64)
	}
	h.SetProto(wire.Proto(f.proto))
	x, y := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	copy(h[12:], x[:])
	copy(h[16:], y[:])
	if g.Intn(20) == 0 {
		o := g.options4()
		b = append(b, o...)
		wire.IPv4(b[14:]).SetVersionIHL(20 + len(o))
	}
	b = append(b, l4...)
	ethernet(side, b)
	finish(b)
	return Packet{Side: side, Frame: b}
}

func (g *Flows) frame6(f *flow, l4 []byte, src, dst string, side int) Packet {
	h := make(wire.IPv6, 40)
	label := uint32(0)
	if g.Intn(2) == 0 {
		label = uint32(g.Intn(1 << 20))
	}
	h.SetVersion([]byte{0, 0, 0x10, 0x20, 0xb8}[g.Intn(5)], label)
	h.SetHopLimit(byte(3 + g.Intn(250)))
	if g.Intn(2) == 0 {
		h.SetHopLimit(64)
	}
	x, y := netip.MustParseAddr(src).As16(), netip.MustParseAddr(dst).As16()
	copy(h[8:], x[:])
	copy(h[24:], y[:])
	next := f.proto
	var ext []byte
	if g.Intn(7) == 0 {
		ext, next = g.extensions(next)
	}
	h.SetNextHeader(wire.Proto(next))
	b := make([]byte, 14, 300)
	b[12], b[13] = 0x86, 0xdd
	b = append(append(append(b, h...), ext...), l4...)
	ethernet(side, b)
	finish(b)
	return Packet{Side: side, Frame: b}
}

// isIP reports whether a frame holds a packet of IP, without a tag before it.
func isIP(b []byte) bool {
	return len(b) >= 34 && (b[12] == 8 && b[13] == 0 || b[12] == 0x86 && b[13] == 0xdd && len(b) >= 54)
}

// upper finds the transport header of a frame: where it begins, of which protocol
// it is, and whether it is the datagram's beginning.
func upper(b []byte) (at int, proto byte, ok bool) {
	if len(b) < 34 {
		return 0, 0, false
	}
	if b[12] == 8 {
		h := wire.IPv4(b[14:])
		return 14 + h.IHL(), byte(h.Proto()), h.IHL() >= 20 && h.FragOff()&0x1fff == 0 && len(h) >= h.IHL()
	}
	if len(b) < 54 {
		return 0, 0, false
	}
	at, proto = 54, b[20]
	for len(b) >= at+8 && (proto == 0 || proto == 60 || proto == 43 || proto == 44) {
		n := 8 + int(b[at+1])*8
		if proto == 44 {
			if n = 8; binary.BigEndian.Uint16(b[at+2:])&0xfff8 != 0 {
				return 0, 0, false
			}
		}
		proto, at = b[at], at+n
	}
	return at, proto, len(b) >= at
}

// sumAt is where a protocol has its checksum.
func sumAt(proto byte) (int, bool) {
	switch proto {
	case 6:
		return 16, true
	case 17:
		return 6, true
	case 1, 58:
		return 2, true
	}
	return 0, false
}

// finish sets the lengths and checksums of a frame.
func finish(b []byte) {
	at, proto, ok := upper(b)
	var sum uint32
	if b[12] == 8 {
		h := wire.IPv4(b[14:])
		h.SetTotalLen(len(b) - 14)
		h.ComputeChecksum()
		if proto != 1 && ok {
			sum = wire.PseudoHeader4(h.Src(), h.Dst(), wire.Proto(proto), len(b)-at)
		}
	} else {
		h := wire.IPv6(b[14:])
		h.SetPayloadLen(len(b) - 54)
		if ok {
			sum = wire.PseudoHeader6(h.Src(), h.Dst(), wire.Proto(proto), len(b)-at)
		}
	}
	o, has := sumAt(proto)
	if !ok || !has || len(b) < at+o+2 {
		return
	}
	b[at+o], b[at+o+1] = 0, 0
	c := wire.Fold(wire.Checksum(b[at:], sum))
	if c == 0 && proto == 17 {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(b[at+o:], c)
}

// addresses are where a frame has its source and its destination.
func addresses(b []byte) (src, dst []byte) {
	if b[12] == 8 {
		return b[26:30], b[30:34]
	}
	return b[22:38], b[38:54]
}

// answerTo gives a frame the ends of another one, turned around.
func answerTo(side int, f, about []byte) []byte {
	if len(f) < 34 || !isIP(about) || f[12] != about[12] || f[12] == 0x86 && (len(f) < 54 || len(about) < 54) {
		return f
	}
	s, d := addresses(f)
	as, ad := addresses(about)
	copy(s, ad)
	copy(d, as)
	at, proto, ok := upper(f)
	aat, aproto, aok := upper(about)
	if ok && aok && proto == aproto && len(f) >= at+8 && len(about) >= aat+8 {
		switch proto {
		case 6, 17:
			copy(f[at:], about[aat+2:aat+4])
			copy(f[at+2:], about[aat:aat+2])
		case 1, 58:
			copy(f[at+4:at+6], about[aat+4:aat+6])
		}
	}
	ethernet(side, f)
	finish(f)
	return f
}

// errorAbout puts the beginning of a packet behind an ICMP header, and sends it to
// the packet's source.
func errorAbout(side int, f, about []byte) []byte {
	if len(f) < 42 || !isIP(about) || f[12] != about[12] || f[12] == 0x86 && (len(f) < 62 || len(about) < 54) {
		return f
	}
	_, d := addresses(f)
	as, _ := addresses(about)
	copy(d, as)
	n := min(len(about), 14+100)
	f = append(bytes.Clone(f), about[14:n]...)
	ethernet(side, f)
	finish(f)
	return f
}

// split makes fragments of size bytes each.
func split(p Packet, size int, id uint32) (l []Packet) {
	b := p.Frame
	head := 34
	if b[12] == 0x86 {
		head = 54
		if b[20] != 17 {
			return []Packet{p}
		}
	}
	rest := b[head:]
	for off := 0; off < len(rest); off += size {
		end := min(off+size, len(rest))
		more := end < len(rest)
		f := bytes.Clone(b[:head])
		if head == 34 {
			h := wire.IPv4(f[14:])
			h.SetDF(false)
			h.SetMF(more)
			h.SetFragOffset(off)
			f = append(f, rest[off:end]...)
			h = wire.IPv4(f[14:])
			h.SetTotalLen(len(f) - 14)
			h.ComputeChecksum()
		} else {
			x := make([]byte, 8)
			x[0] = f[20]
			f[20] = 44
			binary.BigEndian.PutUint16(x[2:], uint16(off))
			if more {
				x[3] |= 1
			}
			binary.BigEndian.PutUint32(x[4:], id)
			f = append(append(f, x...), rest[off:end]...)
			wire.IPv6(f[14:]).SetPayloadLen(len(f) - 54)
		}
		l = append(l, Packet{Side: p.Side, Frame: f})
	}
	return l
}

// UDP is a datagram of n bytes that comes to the router by eth0.
func UDP(src, dst wire.IP4, sport, dport uint16, n int) []byte {
	b := make([]byte, 42+n)
	b[12] = 8
	h := wire.IPv4(b[14:])
	h.SetVersionIHL(20)
	h.SetTTL(64)
	h.SetProto(wire.ProtoUDP)
	h.SetSrc(src)
	h.SetDst(dst)
	binary.BigEndian.PutUint16(b[34:], sport)
	binary.BigEndian.PutUint16(b[36:], dport)
	binary.BigEndian.PutUint16(b[38:], uint16(8+n))
	ethernet(0, b)
	finish(b)
	return b
}
