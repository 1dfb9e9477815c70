package iptables_test

import (
	"encoding/binary"
	"math/rand"
	"net/netip"
	"strings"

	"github.com/packetwalk/packetwalk/stack/oracle/gen"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A meeting makes tables and packets that meet.
type meeting struct {
	*gen.Ipt
	six bool
}

func newMeeting(r *rand.Rand, six, nft bool) *meeting {
	return &meeting{gen.NewIpt(r, six, nft), six}
}

func (g *meeting) pick(l ...string) string { return l[g.Intn(len(l))] }

// The hosts on both sides, the router's own addresses, and the ports: those that
// gen.Ipt makes rules about.
var (
	near4    = []string{"10.0.0.2", "10.0.0.3", "10.0.0.4"}
	far4     = []string{"10.9.0.7", "10.9.0.8"}
	near6    = []string{"2001:db8::2", "2001:db8::3", "2001:db8::4"}
	far6     = []string{"2001:db8:9::7", "2001:db8:9::8"}
	own4     = []string{"10.0.0.1", "10.9.0.1"}
	own6     = []string{"2001:db8::1", "2001:db8:9::1"}
	genPorts = []int{22, 53, 80, 443, 1024, 8080, 40000}
)

// A pkt is a frame that comes in by eth0 or eth1.
type pkt struct {
	side int
	b    []byte
}

// packets makes frames: of hosts on both sides, to each other and to the router,
// again, and answers.
func (g *meeting) packets(n int) (l []pkt) {
	for i := 0; i < n; i++ {
		if i > 0 && g.Intn(4) == 0 {
			l = append(l, l[g.Intn(len(l))])
			continue
		}
		if i > 0 && g.Intn(3) == 0 {
			if a, ok := answer(l[g.Intn(len(l))], g); ok {
				l = append(l, a)
				continue
			}
		}
		l = append(l, g.packet())
	}
	return l
}

// answer turns a packet around.
func answer(p pkt, g *meeting) (pkt, bool) {
	f := append([]byte(nil), p.b...)
	if f[12] == 8 {
		h := wire.IPv4(f[14:])
		if h.IsFragment() || h.IHL() != 20 || len(h) < 40 || h.Dst()&0xff == 1 {
			return p, false
		}
		s, d := h.Src(), h.Dst()
		h.SetSrc(d)
		h.SetDst(s)
		h.ComputeChecksum()
		turn(f[34:], byte(h.Proto()), wire.PseudoHeader4(d, s, h.Proto(), len(f)-34))
	} else {
		h := wire.IPv6(f[14:])
		if nh := h.NextHeader(); nh != 6 && nh != 17 && nh != 58 || len(h) < 60 || h.Dst().Lo&0xffff == 1 {
			return p, false
		}
		s, d := h.Src(), h.Dst()
		h.SetSrc(d)
		h.SetDst(s)
		turn(f[54:], byte(h.NextHeader()), wire.PseudoHeader6(d, s, h.NextHeader(), len(f)-54))
	}
	return frame(1-p.side, f), true
}

func turn(t []byte, proto byte, sum uint32) {
	switch proto {
	case 6, 17:
		t[0], t[1], t[2], t[3] = t[2], t[3], t[0], t[1]
		if proto == 6 && t[13] == 2 {
			t[13] = 0x12
			copy(t[8:12], t[4:8])
			t[11]++
		}
	case 1:
		if t[0] == 8 {
			t[0] = 0
		}
		sum = 0
	case 58:
		if t[0] == 128 {
			t[0] = 129
		}
	}
	at := map[byte]int{6: 16, 17: 6, 1: 2, 58: 2}[proto]
	t[at], t[at+1] = 0, 0
	sumInto(t, proto, sum)
}

func sumInto(l4 []byte, proto byte, sum uint32) {
	at, ok := map[byte]int{6: 16, 17: 6, 1: 2, 58: 2}[proto]
	if !ok || len(l4) < at+2 {
		return
	}
	c := wire.Fold(wire.Checksum(l4, sum))
	if c == 0 && proto == 17 {
		c = 0xffff
	}
	binary.BigEndian.PutUint16(l4[at:], c)
}

// frame gives a packet the link addresses of its side.
func frame(side int, f []byte) pkt {
	copy(f, []byte{2, 0, 0, 0, 0, byte(1 + side), 2, 0, 0, 0, 0, byte(0x11 + side)})
	return pkt{side, f}
}

func (g *meeting) transport() (proto byte, l4 []byte) {
	data := []byte(strings.Repeat("GET abc ", 8))[:g.Intn(60)]
	put := func(o int) {
		binary.BigEndian.PutUint16(l4[o:], uint16(genPorts[g.Intn(len(genPorts))]))
	}
	switch g.Intn(9) {
	case 0, 1, 2, 3:
		proto = 6
		var opts []byte
		if g.Intn(2) == 0 {
			opts = []byte{2, 4, 5, 0xb4, 1, 3, 3, 7, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1}
		}
		l4 = append(make([]byte, 20), opts...)
		put(0)
		put(2)
		binary.BigEndian.PutUint32(l4[4:], uint32(g.Intn(1000)))
		l4[12], l4[13] = byte(len(l4)/4)<<4, []byte{2, 2, 2, 2, 0xc2, 0x10, 0x12, 0x11, 4, 0x14, 0x18, 0, 0x29}[g.Intn(13)]
		binary.BigEndian.PutUint16(l4[14:], 1000)
		if l4[13]&2 != 0 {
			data = nil
		}
	case 4, 5, 6:
		proto = 17
		l4 = make([]byte, 8)
		put(0)
		put(2)
		binary.BigEndian.PutUint16(l4[4:], uint16(8+len(data)))
	case 7:
		proto = 1
		l4 = []byte{8, 0, 0, 0, 0, 7, 0, byte(g.Intn(9))}
		if g.six {
			proto = 58
			l4[0] = 128
		}
	default:
		proto = 47
		l4 = []byte{0, 0, 8, 0}
	}
	return proto, append(l4, data...)
}

func (g *meeting) packet() pkt {
	side := 0
	if g.Intn(4) == 0 {
		side = 1
	}
	proto, l4 := g.transport()
	if g.six {
		return g.packet6(side, proto, l4)
	}
	src, dst := g.pick(near4...), g.pick(append(far4, own4[0])...)
	if side == 1 {
		src, dst = g.pick(far4...), g.pick(append(near4, own4[1])...)
	}
	f := make([]byte, 34, 200)
	f[12], f[13] = 8, 0
	h := wire.IPv4(f[14:])
	h.SetVersionIHL(20)
	h.SetTOS([]byte{0, 0, 0x10, 0x20, 0xb8}[g.Intn(5)])
	h.SetID(uint16(g.Intn(65536)))
	h.SetTTL(byte(2 + g.Intn(100)))
	if g.Intn(2) == 0 {
		h.SetTTL(64)
	}
	h.SetProto(wire.Proto(proto))
	a, b := netip.MustParseAddr(src).As4(), netip.MustParseAddr(dst).As4()
	copy(h[12:], a[:])
	copy(h[16:], b[:])
	sum := uint32(0)
	if proto != 1 {
		sum = wire.PseudoHeader4(h.Src(), h.Dst(), wire.Proto(proto), len(l4))
	}
	sumInto(l4, proto, sum)
	if g.Intn(12) == 0 && len(l4) > 3 {
		l4 = l4[:g.Intn(len(l4))] // broken
	}
	h.SetTotalLen(20 + len(l4))
	h.ComputeChecksum()
	return frame(side, append(f, l4...))
}

func (g *meeting) packet6(side int, proto byte, l4 []byte) pkt {
	src, dst := g.pick(near6...), g.pick(append(far6, own6[0])...)
	if side == 1 {
		src, dst = g.pick(far6...), g.pick(append(near6, own6[1])...)
	}
	h := make(wire.IPv6, 40)
	h.SetVersion([]byte{0, 0, 0x10, 0x20, 0xb8}[g.Intn(5)], 0)
	h.SetHopLimit(byte(2 + g.Intn(100)))
	if g.Intn(2) == 0 {
		h.SetHopLimit(64)
	}
	a, b := netip.MustParseAddr(src).As16(), netip.MustParseAddr(dst).As16()
	copy(h[8:], a[:])
	copy(h[24:], b[:])
	sumInto(l4, proto, wire.PseudoHeader6(h.Src(), h.Dst(), wire.Proto(proto), len(l4)))
	next := proto
	if g.Intn(12) == 0 && len(l4) > 3 {
		l4 = l4[:g.Intn(len(l4))]
	}
	switch g.Intn(8) {
	case 0:
		l4, next = append([]byte{next, 0, 1, 4, 0, 0, 0, 0}, l4...), 60
	case 1:
		l4, next = append([]byte{next, 0, 1, 4, 0, 0, 0, 0}, l4...), 0
	}
	h.SetNextHeader(wire.Proto(next))
	h.SetPayloadLen(len(l4))
	f := make([]byte, 14, 300)
	f[12], f[13] = 0x86, 0xdd
	return frame(side, append(append(f, h...), l4...))
}
