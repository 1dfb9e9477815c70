package conntrack

import (
	"net/netip"
	"testing"

	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func ip6(s string) wire.Addr { return wire.FromNetip(netip.MustParseAddr(s)) }

var client6, server6 = ip6("fd00:1::10"), ip6("fd00:2::10")

func packet6(src, dst wire.Addr, hops uint8, p wire.Proto, payload []byte) []byte {
	b := make([]byte, 40+len(payload))
	h := wire.IPv6(b)
	h.SetVersion(0, 0)
	b[0] = 0x60
	h.SetPayloadLen(len(payload))
	h.SetNextHeader(p)
	h.SetHopLimit(hops)
	h.SetSrc(src)
	h.SetDst(dst)
	copy(b[40:], payload)
	return b
}

func icmp6(src, dst wire.Addr, typ, code uint8, rest uint32, data []byte) []byte {
	p := make([]byte, 8+len(data))
	h := wire.ICMPv6(p)
	h.SetType(wire.ICMPv6Type(typ))
	h.SetCode(code)
	h.SetRest(rest)
	copy(p[8:], data)
	h.ComputeChecksum(src, dst)
	return packet6(src, dst, 255, wire.ProtoICMPv6, p)
}

func udp6(src, dst wire.Addr, sp, dp uint16) []byte {
	p := make([]byte, 12)
	h := wire.UDP(p)
	h.SetSrcPort(sp)
	h.SetDstPort(dp)
	h.SetLen(len(p))
	h.ComputeChecksum(wire.PseudoHeader6(src, dst, wire.ProtoUDP, len(p)))
	return packet6(src, dst, 64, wire.ProtoUDP, p)
}

// TestIPv6: neighbour discovery is not tracked; errors belong to what they are
// about.
func TestIPv6(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.want(icmp6(client6, server6, 128, 0, 7<<16, nil), "NEW")
	w.want(icmp6(server6, client6, 129, 0, 7<<16, nil), "ESTABLISHED reply")
	w.want(icmp6(server6, client6, 129, 0, 8<<16, nil), "INVALID")
	for _, typ := range []uint8{130, 131, 132, 133, 134, 135, 136, 143, 151, 152} {
		w.want(icmp6(client6, server6, typ, 0, 0, nil), "UNTRACKED")
	}
	u := udp6(client6, server6, 1, 2)
	w.want(u, "NEW")
	w.want(icmp6(ip6("fd00:2::1"), client6, 3, 0, 0, u), "RELATED reply")
	w.want(icmp6(ip6("fd00:2::1"), ip6("fd00:1::11"), 3, 0, 0, u), "INVALID")
	w.want(icmp6(ip6("fd00:2::1"), client6, 3, 0, 0, u[:41]), "INVALID")
	red := append(make([]byte, 32), 4, 10, 0, 0, 0, 0, 0, 0)
	red = append(red, u...)
	w.want(icmp6(ip6("fe80::1"), client6, 137, 0, 0, red), "RELATED reply")
	w.want(icmp6(ip6("fd00:2::1"), client6, 137, 0, 0, red), "INVALID")
	// Extension headers are walked over; a later fragment has no ports.
	dst := append([]byte{17, 0, 1, 4, 0, 0, 0, 0}, u[40:]...)
	w.want(packet6(client6, server6, 64, 60, dst), "NEW")
	frag := append([]byte{17, 0, 0, 8, 0, 0, 0, 1}, u[40:]...)
	w.want(packet6(client6, server6, 64, 44, frag), "INVALID")
	w.want(packet6(client6, server6, 64, 59, nil), "INVALID")
	w.conserved()
}
