package ipv6

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func mustAddr(s string) netip.Addr { return netip.MustParseAddr(s) }

// g01 is what the kernel sent in recording g01_ping6_nd.
var g01 = [...]string{
	"3333ff00000202000000001186dd6000000000203afffd000001000000000000000000000001ff0200000000000000000001ff00000287007d8500000000fd0000010000000000000000000000020101020000000011",
	"02000000001102000000002186dd6000000000203afffd000001000000000000000000000002fd00000100000000000000000000000188001c7860000000fd0000010000000000000000000000020201020000000021",
	"02000000002102000000001186dd60051d5400403a40fd000001000000000000000000000001fd0000010000000000000000000000028000aca8213d0001561a016b00000000983f090000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
	"02000000001102000000002186dd600c799c00403a40fd000001000000000000000000000002fd0000010000000000000000000000018100aba8213d0001561a016b00000000983f090000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
}

// captured gives each host the flow label that the recorded one used.
type captured uint32

func (l captured) FlowLabel(*core.Netns, *core.Sock, *core.SKB, *Flow6) (uint32, bool) {
	return uint32(l), true
}

// An echo with neighbour discovery is byte for byte what the kernel sent.
func TestEchoAsRecorded(t *testing.T) {
	h1, h2, n1, n2 := link(t)
	h1.ip.SetLabeler(captured(0x51d54))
	h2.ip.SetLabeler(captured(0xc799c))
	before := h2.ns.MIB
	if e := h1.send("fd00:1::2", unhex(t, g01[2])[54:]); e != 0 {
		t.Fatal(e)
	}
	h1.run(sim.Second / 10)
	got := [][]byte{n1.sent[0], n2.sent[0], n1.sent[1], n2.sent[1]}
	for i, w := range g01 {
		if !bytes.Equal(got[i], unhex(t, w)) {
			t.Errorf("frame %d:\n got %x\nwant %s", i, got[i], w)
		}
	}
	n := h1.ip.neigh.Lookup(ip6("fd00:1::2"), h1.ns.DevByName("eth0"))
	if n == nil || n.State != core.NUDReachable || n.Addr != mac2 {
		t.Errorf("h1's entry: %+v", n)
	}
	if n := h2.ip.neigh.Lookup(ip6("fd00:1::1"), h2.ns.DevByName("eth0")); n == nil || n.State != core.NUDDelay {
		t.Errorf("h2's entry: %+v", n)
	}
	h1.wantDrop(step.DropNoSocket, step.ICMPv6Rcv) // no ping socket in this test
	for _, w := range []struct {
		m step.MIB
		n uint64
	}{{step.Ip6InReceives, 2}, {step.Ip6InDelivers, 2}, {step.Ip6OutRequests, 2}, {step.Ip6InMcastPkts, 1}, {step.Icmp6InMsgs, 2},
		{step.Icmp6OutMsgs, 2}, {step.Icmp6InEchos, 1}, {step.Icmp6OutEchoReplies, 1}, {step.Icmp6InNeighborSolicits, 1},
		{step.Icmp6OutNeighborAdvertisements, 1}, {step.Icmp6InType0 + 135, 1}, {step.Icmp6OutType0 + 136, 1}, {step.Ip6OutTransmits, 2}} {
		if d := h2.ns.MIB[w.m] - before[w.m]; d != w.n {
			t.Errorf("h2: %v grew by %d, want %d", w.m, d, w.n)
		}
	}
	h1.conserved(0)
	h2.conserved(0)
}

// A neighbour that does not answer: three solicitations, then ICMPv6 1/3 to
// this host itself.
func TestNeighbourFails(t *testing.T) {
	h1, _, n1, _ := link(t)
	n1.peer = nil
	h1.send("fd00:1::99", icmp("::", "::", wire.ICMPv6Echo, 0, 1))
	h1.run(4 * sim.Second)
	if len(n1.sent) != 3 {
		t.Errorf("%d solicitations, want 3", len(n1.sent))
	}
	h1.wantDrop(step.DropNotSpecified, step.NeighInvalidate)
	h1.wantMIB(step.Icmp6OutDestUnreachs, 1)
	h1.wantMIB(step.Icmp6InDestUnreachs, 1)
	h1.conserved(0)
}

func nd(typ wire.ICMPv6Type, saddr, daddr, target string, flags uint32, opts ...byte) []byte {
	a := ip6(target)
	var d [16]byte
	a.Put16(d[:])
	return icmp(saddr, daddr, typ, 0, flags, append(d[:], opts...)...)
}

// Every check of a neighbour discovery message, RFC 4861 §7.1.
func TestNDChecks(t *testing.T) {
	sll := []byte{1, 1, 2, 0, 0, 0, 0, 0x21}
	const h1a, h2a, group = "fd00:1::1", "fd00:1::2", "ff02::1:ff00:1"
	frame := func(saddr, daddr string, hops uint8, m []byte) []byte {
		dst := mac1
		if ip6(daddr).IsMulticast() {
			dst = ip6(daddr).Multicast()
		}
		return packet(dst, mac2, saddr, daddr, wire.ProtoICMPv6, hops, m)
	}
	code := nd(wire.ICMPv6NeighSolicit, h2a, group, h1a, 0, sll...)
	wire.ICMPv6(code).SetCode(1)
	wire.ICMPv6(code).ComputeChecksum(ip6(h2a), ip6(group))
	for _, c := range []struct {
		name  string
		frame []byte
		why   core.DropReason
	}{
		{"hop limit", frame(h2a, group, 254, nd(wire.ICMPv6NeighSolicit, h2a, group, h1a, 0, sll...)), step.DropIPV6NdiscHopLimit},
		{"code", frame(h2a, group, 255, code), step.DropIPV6NdiscBadCode},
		{"short", frame(h2a, group, 255, icmp(h2a, group, wire.ICMPv6NeighSolicit, 0, 0, 1, 2)), step.DropPktTooSmall},
		{"target is a group", frame(h2a, group, 255, nd(wire.ICMPv6NeighSolicit, h2a, group, "ff02::1", 0)), step.DropNotSpecified},
		{"option of length 0", frame(h2a, group, 255, nd(wire.ICMPv6NeighSolicit, h2a, group, h1a, 0, 1, 0, 0, 0, 0, 0, 0, 0)), step.DropIPV6NdiscBadOptions},
		{"option of 16 bytes", frame(h2a, group, 255, nd(wire.ICMPv6NeighSolicit, h2a, group, h1a, 0, append([]byte{1, 2}, make([]byte, 14)...)...)), step.DropNotSpecified},
		{"not ours", frame(h2a, group, 255, nd(wire.ICMPv6NeighSolicit, h2a, group, "fd00:1::3", 0, sll...)), step.DropIPV6NdiscNsOtherhost},
		{"DAD with option", frame("::", group, 255, nd(wire.ICMPv6NeighSolicit, "::", group, h1a, 0, sll...)), step.DropNotSpecified},
		{"DAD to unicast", frame("::", h1a, 255, nd(wire.ICMPv6NeighSolicit, "::", h1a, h1a, 0)), step.DropNotSpecified},
		{"DAD for our address", frame("::", group, 255, nd(wire.ICMPv6NeighSolicit, "::", group, h1a, 0)), step.DropNotSpecified},
		{"solicited NA to a group", frame(h2a, "ff02::1", 255, nd(wire.ICMPv6NeighAdvert, h2a, "ff02::1", h2a, wire.NAFlagSolicited)), step.DropNotSpecified},
		{"NA nobody asked for", frame(h2a, h1a, 255, nd(wire.ICMPv6NeighAdvert, h2a, h1a, h2a, wire.NAFlagSolicited)), step.DropNotSpecified},
		{"NA for our address", frame(h2a, h1a, 255, nd(wire.ICMPv6NeighAdvert, h2a, h1a, h1a, 0)), step.DropNotSpecified},
		{"RS to a host", frame("fe80::2", "ff02::1", 255, icmp("fe80::2", "ff02::1", wire.ICMPv6RouterSolicit, 0, 0)), step.DropNotSpecified},
		{"RA not link-local", frame(h2a, "ff02::1", 255, icmp(h2a, "ff02::1", wire.ICMPv6RouterAdvert, 0, 0, make([]byte, 8)...)), step.DropNotSpecified},
		{"RA short", frame("fe80::2", "ff02::1", 255, icmp("fe80::2", "ff02::1", wire.ICMPv6RouterAdvert, 0, 0)), step.DropPktTooSmall},
		{"redirect not link-local", frame(h2a, h1a, 255, icmp(h2a, h1a, wire.ICMPv6Redirect, 0, 0, make([]byte, 32)...)), step.DropNotSpecified},
	} {
		t.Run(c.name, func(t *testing.T) {
			h1, _, n1, _ := link(t)
			h1.t, n1.peer = t, nil
			inject(h1.ns.DevByName("eth0"), c.frame)
			h1.run(sim.Second / 100)
			h1.wantDrop(c.why, step.ICMPv6Rcv)
			if want := c.name == "DAD for our address"; want != (len(n1.sent) == 1) {
				t.Errorf("%d frames sent", len(n1.sent))
			}
			h1.conserved(0)
		})
	}
}

// Duplicate address detection, RFC 4862 §5.4: one probe, a second of waiting.
func TestDAD(t *testing.T) {
	h1, h2, n1, n2 := link(t)
	d := h1.ns.DevByName("eth0")
	h1.addr(d, "fd00:1::7", 64, AddrOpts{})
	if h1.ip.ChkAddr(ip6("fd00:1::7"), d) {
		t.Error("usable before DAD")
	}
	h1.run(3 * sim.Second)
	probes := 0
	for _, f := range n1.sent {
		if m := f[54:]; f[20] == 58 && m[0] == 135 {
			probes++
			if !wire.IPv6(f[14:]).Src().IsZero() || len(m) != 32 || m[24] != wire.NDOptNonce {
				t.Errorf("probe %x", f)
			}
		}
	}
	if probes != 1 || !h1.ip.ChkAddr(ip6("fd00:1::7"), d) {
		t.Errorf("%d probes, usable %v", probes, h1.ip.ChkAddr(ip6("fd00:1::7"), d))
	}
	// The other host wants the same address: it is defended.
	n2.sent = nil
	d2 := h2.ns.DevByName("eth0")
	h2.addr(d2, "fd00:1::7", 64, AddrOpts{})
	h2.run(3 * sim.Second)
	if a := h2.ip.getAddr(ip6("fd00:1::7"), d2); a.Flags&AddrDADFailed == 0 || h2.ip.ChkAddr(a.Addr, d2) {
		t.Errorf("flags %x after a collision", a.Flags)
	}
	h1.conserved(0)
	h2.conserved(0)
}

// A router advertisement gives a route, an address and a default router.
func TestRouterAdvertisement(t *testing.T) {
	h1, _, n1, _ := link(t)
	n1.peer = nil
	d := h1.ns.DevByName("eth0")
	o := make([]byte, 12+32+8+8)
	o[0], o[1] = 0, 0
	wire.PutPrefixOption(o[8:], ip6("2001:db8:5::"), 64, 0xc0, 3600, 1800)
	wire.PutLinkAddrOption(o[40:], wire.NDOptSourceLinkAddr, mac2)
	wire.PutMTUOption(o[48:], 1400)
	m := icmp("fe80::2", "ff02::1", wire.ICMPv6RouterAdvert, 0, 32<<24|600, o[:56]...)
	inject(d, packet(0x333300000001, mac2, "fe80::2", "ff02::1", wire.ProtoICMPv6, 255, m))
	h1.run(3 * sim.Second)
	a := wire.Addr{Hi: ip6("2001:db8:5::").Hi, Lo: eui64(mac1)}
	if !h1.ip.ChkAddr(a, d) {
		t.Errorf("no address %v", a)
	}
	fl := Flow6{Daddr: ip6("2001:db8:ffff::1")}
	dst, e := h1.ip.RouteOutput(&fl)
	if e != 0 || dst.Gateway != ip6("fe80::2") || fl.Saddr != a {
		t.Fatalf("route %+v, errno %v, source %v", dst, e, fl.Saddr)
	}
	if h1.ip.HopLimit(dst) != 32 || h1.ip.MTU(dst) != 1400 {
		t.Errorf("hop limit %d, MTU %d", h1.ip.HopLimit(dst), h1.ip.MTU(dst))
	}
	h1.run(601 * sim.Second)
	if _, e := h1.ip.RouteOutput(&fl); e == 0 {
		t.Error("the default route outlives its router")
	}
	h1.conserved(0)
}
