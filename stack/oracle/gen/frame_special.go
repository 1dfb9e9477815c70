package gen

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
)

// bridged gives a frame the link address of the host at the other port, of the
// bridge itself, or of nobody: the packet's bytes decide, so that it is the same
// wherever it is sent.
func bridged(side int, f []byte) {
	if len(f) < 34 || f[0]&1 != 0 {
		return
	}
	kind := f[19] & 7 // of IPv4 the identification's low bits
	if f[12] == 0x86 {
		kind = f[17] & 7 // the flow label's
	}
	switch {
	case f[12] == 8 && f[13] == 6: // ARP, as it is
	case kind == 0:
		copy(f, []byte{2, 0, 0, 0, 0, 1})
	case kind == 1:
		copy(f, []byte{2, 0, 0, 0, 0, 0x77}) // unknown: all ports
	case !own(f):
		copy(f, []byte{2, 0, 0, 0, 0, byte(0x12 - side)})
	default:
		copy(f, []byte{2, 0, 0, 0, 0, 1})
	}
	copy(f[6:], []byte{2, 0, 0, 0, 0, byte(0x11 + side)})
}

// own reports whether a packet is for the router.
func own(f []byte) bool {
	if f[12] == 8 && f[13] == 0 {
		return f[33] == 1
	}
	return f[12] == 0x86 && len(f) >= 54 && f[53] == 1 && f[52] == 0
}

// options4 are options of an IPv4 header: a record of the route, a router alert,
// a time stamp, some that do nothing.
func (g *Flows) options4() []byte {
	switch g.Intn(5) {
	case 0:
		return []byte{7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0} // record route, two places
	case 1:
		return []byte{148, 4, 0, 0}
	case 2:
		return []byte{7, 7, byte(4 + 4*g.Intn(2)), 0, 0, 0, 0, 0}
	case 3:
		return []byte{1, 1, 1, 0}
	}
	return []byte{1, 148, 4, 0, 0, 1, 1, 0}
}

// extensions are IPv6 extension headers in front of next.
func (g *Flows) extensions(next byte) (ext []byte, first byte) {
	pad := []byte{0, 0, 1, 4, 0, 0, 0, 0}
	one := func(kind byte, body []byte) {
		h := bytes.Clone(body)
		h[0] = next
		ext, next = append(h, ext...), kind
	}
	switch g.Intn(9) {
	case 0, 1:
		one(60, pad)
	case 2:
		one(0, pad)
	case 3:
		one(60, pad)
		one(0, []byte{0, 0, 5, 2, 0, 0, 1, 0}) // a router alert
	case 4: // a routing header whose end is reached
		one(43, append([]byte{0, 2, []byte{0, 2}[g.Intn(2)], 0, 0, 0, 0, 0}, bytes.Repeat([]byte{0x20}, 16)...))
	case 5: // a fragment that is all of it
		one(44, []byte{0, 0, 0, 0, 0, 0, 0, byte(1 + g.Intn(200))})
	case 6:
		one(60, append([]byte{0, 1}, []byte{1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}...))
	case 7:
		one(43, append([]byte{0, 2, 0, byte(g.Intn(2)), 0, 0, 0, 0}, bytes.Repeat([]byte{0x20}, 16)...))
	case 8:
		one(51, append([]byte{0, 4, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1}, make([]byte, 12)...))
	}
	return ext, next
}

// special is a packet of a protocol that is seldom seen, or a frame that is not
// IP's at all.
func (g *Flows) special() {
	f := g.flow()
	p16 := func(v uint16) []byte { return []byte{byte(v >> 8), byte(v)} }
	ports := append(p16(f.sp), p16(f.dp)...)
	switch g.Intn(12) {
	case 0, 1: // SCTP: an INIT, data, an abort
		f.proto = 132
		l4 := append(ports, 0, 0, 0, byte(g.Intn(3)), 0, 0, 0, 0)
		switch g.Intn(4) {
		case 0:
			l4 = append(l4, 1, 0, 0, 20, 0, 0, 0, 7, 0, 0, 16, 0, 0, 5, 0, 5, 0, 0, 0, byte(g.Intn(9)))
		case 1:
			l4 = append(l4, 0, 3, 0, 20, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c', 'd')
		case 2:
			l4 = append(l4, 6, 0, 0, 4)
		case 3:
			l4 = append(l4, 3, 0, 0, 16, 0, 0, 0, 1, 0, 0, 16, 0, 0, 0, 0, 0, 7, 0, 0, 8, 0, 0, 0, 1)
		}
		crc(l4)
		g.add(g.frame(f, l4, false))
	case 2: // UDP-Lite
		f.proto = 136
		g.add(g.frame(f, append(append(ports, 0, 8, 0, 0), g.data(12)...), false))
	case 3: // UDP without a checksum
		f.proto = 17
		p := g.frame(f, g.udp(f, false), false)
		if at, proto, ok := upper(p.Frame); ok && proto == 17 && !f.six {
			copy(p.Frame[at+6:], []byte{0, 0})
		}
		g.add(p)
	case 4, 5:
		f.proto = []byte{47, 50, 51, 33, 4, 2, 108, 99}[g.Intn(8)]
		g.add(g.frame(f, []byte{0, 0, 8, 0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0}, false))
	case 6: // GRE with a key, and a packet in it
		f.proto = 47
		in := flow{src: f.src, dst: f.dst, six: f.six, proto: 17, sp: 53, dp: 53}
		q := g.frame(&in, g.udp(&in, false), false)
		g.add(g.frame(f, append([]byte{0x20, 0, q.Frame[12], q.Frame[13], 0, 0, 0, 9}, q.Frame[14:]...), false))
	case 7, 8:
		g.arp(f)
	case 9, 10: // a VLAN tag
		p := g.frame(f, g.udp(f, false), false)
		if f.proto != 17 {
			f.proto = 17
			p = g.frame(f, g.udp(f, false), false)
		}
		tag := []byte{0x81, 0, byte(g.Intn(8)) << 5, []byte{1, 5, 7}[g.Intn(3)]}
		p.Frame = append(append(bytes.Clone(p.Frame[:12]), tag...), p.Frame[12:]...)
		g.add(p)
	case 11: // to a group
		f.proto = 17
		if f.six {
			f.dst = "ff0e::5"
		} else {
			f.dst = g.pick("239.1.2.3", "255.255.255.255", "10.0.0.255")
		}
		p := g.frame(f, g.udp(f, false), false)
		copy(p.Frame, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
		if f.six {
			copy(p.Frame, []byte{0x33, 0x33, 0, 0, 0, 5})
		}
		g.add(p)
	}
}

// crc sets the checksum of an SCTP packet.
func crc(l4 []byte) {
	binary.LittleEndian.PutUint32(l4[8:], crc32.Checksum(l4, crc32.MakeTable(crc32.Castagnoli)))
}

// arp asks or answers. The router's neighbours are known for good, so that it
// learns nothing.
func (g *Flows) arp(f *flow) {
	side := g.Intn(2)
	b := make([]byte, 42)
	ethernet(side, b)
	b[12], b[13] = 8, 6
	near, far := []byte{10, 0, 0, byte(2 + g.Intn(3))}, []byte{10, 0, 0, 1}
	if side == 1 {
		near, far = []byte{10, 9, 0, byte(7 + g.Intn(2))}, []byte{10, 9, 0, 1}
	}
	if g.Intn(4) == 0 {
		far[3] = 9
	}
	copy(b[14:], []byte{0, 1, 8, 0, 6, 4, 0, byte(1 + g.Intn(2))})
	copy(b[22:], b[6:12])
	copy(b[28:], near)
	copy(b[38:], far)
	if b[21] == 1 {
		copy(b, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	} else {
		copy(b[32:], b[:6])
	}
	g.add(Packet{Side: side, Frame: b})
}
