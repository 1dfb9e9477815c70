package ipv6

import (
	"bytes"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
	"pgregory.net/rapid"
)

// A sink is a fake UDP that keeps what it gets.
type sink struct{ got [][]byte }

func (s *sink) Rcv(ns *core.Netns, b *core.SKB) int {
	p := make([]byte, b.Len())
	b.CopyBits(0, p)
	s.got = append(s.got, p)
	ns.Consume(b, step.IP6ProtocolDeliver)
	return 0
}
func (s *sink) Err(ns *core.Netns, b *core.SKB, info uint32) bool { return true }

// The checks of the fixed header.
func TestHeaderChecks(t *testing.T) {
	echo := icmp("fd00:1::2", "fd00:1::1", wire.ICMPv6Echo, 0, 1)
	good := func() []byte {
		return packet(mac1, mac2, "fd00:1::2", "fd00:1::1", wire.ProtoICMPv6, 64, echo)
	}
	for _, c := range []struct {
		name string
		do   func(p []byte) []byte
		why  core.DropReason
		at   step.Step
		mib  step.MIB
	}{
		{"other host", func(p []byte) []byte { p[5] = 9; return p }, step.DropOtherhost, step.IP6RcvCore, 0},
		{"version", func(p []byte) []byte { p[14] = 0x50; return p }, step.DropUnhandledProto, step.IP6RcvCore, step.Ip6InHdrErrors},
		{"short", func(p []byte) []byte { return p[:14+39] }, step.DropIPInhdr, step.IP6RcvCore, step.Ip6InHdrErrors},
		{"truncated", func(p []byte) []byte { return p[:len(p)-1] }, step.DropPktTooSmall, step.IP6RcvCore, step.Ip6InTruncatedPkts},
		{"from ::1", func(p []byte) []byte { wire.IPv6(p[14:]).SetSrc(ip6("::1")); return p }, step.DropIPInhdr, step.IP6RcvCore, step.Ip6InHdrErrors},
		{"to ::1", func(p []byte) []byte { wire.IPv6(p[14:]).SetDst(ip6("::1")); return p }, step.DropIPInhdr, step.IP6RcvCore, step.Ip6InHdrErrors},
		{"from a group", func(p []byte) []byte { wire.IPv6(p[14:]).SetSrc(ip6("ff02::1")); return p }, step.DropIPInhdr, step.IP6RcvCore, step.Ip6InHdrErrors},
		{"scope 0", func(p []byte) []byte { wire.IPv6(p[14:]).SetDst(ip6("ff00::1")); return p }, step.DropIPInhdr, step.IP6RcvCore, step.Ip6InHdrErrors},
		{"scope 1", func(p []byte) []byte { wire.IPv6(p[14:]).SetDst(ip6("ff01::1")); return p }, step.DropIPInhdr, step.IP6RcvCore, step.Ip6InHdrErrors},
		{"group nobody joined", func(p []byte) []byte { wire.IPv6(p[14:]).SetDst(ip6("ff02::99")); return p }, step.DropNotSpecified, step.IP6McInput, 0},
		{"checksum", func(p []byte) []byte { p[56] ^= 1; return p }, step.DropICMPCSUM, step.ICMPv6Rcv, step.Icmp6InCsumErrors},
		{"protocol", func(p []byte) []byte { p[20] = 200; return p }, step.DropIPNoproto, step.IP6InputFinish, step.Ip6InUnknownProtos},
		{"no next header", func(p []byte) []byte { p[20] = 59; return p }, step.DropNotSpecified, step.IP6DstDiscard, 0},
		{"not a router", func(p []byte) []byte { wire.IPv6(p[14:]).SetDst(ip6("fd00:1::9")); return p }, step.DropIPInaddrerrors, step.IP6Forward, step.Ip6InAddrErrors},
		{"no route", func(p []byte) []byte { wire.IPv6(p[14:]).SetDst(ip6("2001:db8::1")); return p }, step.DropIPInnoroutes, step.IP6PktDiscard, step.Ip6InNoRoutes},
	} {
		t.Run(c.name, func(t *testing.T) {
			h1, _, n1, _ := link(t)
			h1.t, n1.peer = t, nil
			inject(h1.ns.DevByName("eth0"), c.do(good()))
			h1.run(sim.Second / 100)
			h1.wantDrop(c.why, c.at)
			if c.mib != 0 {
				h1.wantMIB(c.mib, 1)
			}
		})
	}
}

// disable_ipv6 drops on both ways.
func TestDisabled(t *testing.T) {
	h1, _, _, _ := link(t)
	d := h1.ns.DevByName("eth0")
	h1.ip.Conf(d).DisableIPv6 = 1
	inject(d, packet(mac1, mac2, "fd00:1::2", "fd00:1::1", wire.ProtoICMPv6, 64, icmp("fd00:1::2", "fd00:1::1", wire.ICMPv6Echo, 0, 1)))
	h1.run(sim.Second / 100)
	h1.wantDrop(step.DropIpv6disabled, step.IP6RcvCore)
	h1.send("fd00:1::2", icmp("::", "::", wire.ICMPv6Echo, 0, 1))
	h1.wantDrop(step.DropIpv6disabled, step.IP6Output)
	h1.conserved(0)
}

// Extension headers, RFC 8200 §4: what goes through, what is dropped, and what
// the sender is told (type<<8 | code, pointer).
func TestExtensionHeaders(t *testing.T) {
	udp := []byte{1, 2, 3, 4, 0, 9, 0, 0, 'x'}
	for _, c := range []struct {
		name string
		next wire.Proto
		ext  []byte
		why  core.DropReason
		at   step.Step
		icmp uint16 // 0: none
		ptr  uint32
	}{
		{name: "pad1 and padn", next: 0, ext: []byte{17, 0, 0, 1, 3, 0, 0, 0}},
		{name: "router alert", next: 0, ext: []byte{17, 0, 5, 2, 0, 0, 1, 0}},
		{name: "destination options", next: 60, ext: []byte{17, 0, 1, 4, 0, 0, 0, 0}},
		{name: "skip unknown", next: 60, ext: []byte{17, 0, 0x1e, 4, 1, 2, 3, 4}},
		{name: "drop unknown", next: 60, ext: []byte{17, 0, 0x5e, 4, 1, 2, 3, 4}, why: step.DropUnhandledProto, at: step.IP6TlvoptUnknown},
		{name: "tell unknown", next: 60, ext: []byte{17, 0, 0x9e, 4, 1, 2, 3, 4}, why: step.DropUnhandledProto, at: step.IP6TlvoptUnknown, icmp: 0x402, ptr: 42},
		{name: "tell unknown hop-by-hop", next: 0, ext: []byte{17, 0, 0xde, 4, 1, 2, 3, 4}, why: step.DropUnhandledProto, at: step.IP6TlvoptUnknown, icmp: 0x402, ptr: 42},
		{name: "padding not zero", next: 0, ext: []byte{17, 0, 1, 4, 0, 0, 9, 0}, why: step.DropIPInhdr, at: step.IP6ParseTLV},
		{name: "option too long", next: 0, ext: []byte{17, 0, 0x1e, 9, 0, 0, 0, 0}, why: step.DropIPInhdr, at: step.IP6ParseTLV},
		{name: "router alert of 4 bytes", next: 0, ext: []byte{17, 0, 5, 4, 0, 0, 0, 0}, why: step.DropIPInhdr, at: step.IPv6HopRA},
		{name: "jumbo with length", next: 0, ext: []byte{17, 0, 0xc2, 4, 0, 2, 0, 0}, why: step.DropIPInhdr, at: step.IPv6HopJumbo, icmp: 0x400, ptr: 42},
		{name: "hop-by-hop not first", next: 60, ext: []byte{0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0}, why: step.DropIPNoproto, at: step.IP6InputFinish, icmp: 0x401, ptr: 40},
		{name: "header cut", next: 60, ext: []byte{17, 9, 1, 4, 0, 0, 0, 0}, why: step.DropNotSpecified, at: step.IPv6DestoptRcv},
		{name: "routing header done", next: 43, ext: []byte{17, 0, 0, 0, 0, 0, 0, 0}},
		{name: "routing header type 0", next: 43, ext: append([]byte{17, 2, 0, 1}, make([]byte, 20)...), why: step.DropNotSpecified, at: step.IPv6RthdrRcv, icmp: 0x400, ptr: 42},
		{name: "segment routing", next: 43, ext: append([]byte{17, 2, 4, 1}, make([]byte, 20)...), why: step.DropNotSpecified, at: step.IPv6RthdrRcv},
		{name: "atomic fragment", next: 44, ext: []byte{17, 0, 0, 0, 0, 0, 0, 1}},
		{name: "fragment not of 8", next: 44, ext: []byte{17, 0, 0, 1, 0, 0, 0, 1}, why: step.DropNotSpecified, at: step.IPv6FragRcv, icmp: 0x400, ptr: 4},
		{name: "first fragment without header", next: 44, ext: []byte{6, 0, 0, 1, 0, 0, 0, 1}, why: step.DropNotSpecified, at: step.IPv6FragRcv, icmp: 0x403},
		{name: "beyond 65535", next: 44, ext: []byte{17, 0, 0xff, 0xf8, 0, 0, 0, 1}, why: step.DropNotSpecified, at: step.IPv6FragRcv, icmp: 0x400, ptr: 42},
	} {
		t.Run(c.name, func(t *testing.T) {
			h1, _, n1, _ := link(t)
			h1.t, n1.peer = t, nil
			s := &sink{}
			h1.ns.AddProto6(17, s)
			d := h1.ns.DevByName("eth0")
			h1.ip.neigh.Update(h1.ip.neigh.Create(ip6("fd00:1::2"), d), mac2, core.NUDPermanent, core.NeighUpdateAdmin)
			inject(d, packet(mac1, mac2, "fd00:1::2", "fd00:1::1", c.next, 64, append(append([]byte{}, c.ext...), udp...)))
			h1.run(sim.Second / 100)
			if c.why == 0 {
				if len(s.got) != 1 || !bytes.Equal(s.got[0], udp) {
					t.Errorf("delivered %x", s.got)
				}
			} else {
				h1.wantDrop(c.why, c.at)
			}
			switch {
			case c.icmp == 0 && len(n1.sent) != 0:
				t.Errorf("sent %x", n1.sent)
			case c.icmp != 0 && len(n1.sent) != 1:
				t.Errorf("%d frames sent", len(n1.sent))
			case c.icmp != 0:
				m := wire.ICMPv6(n1.sent[0][54:])
				if got := uint16(m.Type())<<8 | uint16(m.Code()); got != c.icmp || m.Pointer() != c.ptr {
					t.Errorf("ICMPv6 %#x pointer %d, want %#x pointer %d", got, m.Pointer(), c.icmp, c.ptr)
				}
			}
			h1.conserved(0)
		})
	}
}

// Fragments in any order, with duplicates, make the packet again.
func TestFragmentsAnyOrder(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		h1, _, n1, _ := link(t)
		n1.peer = nil
		s := &sink{}
		h1.ns.AddProto6(17, s)
		d := h1.ns.DevByName("eth0")
		whole := make([]byte, 8+rapid.IntRange(0, 4000).Draw(r, "len"))
		for i := range whole {
			whole[i] = byte(i * 7)
		}
		type piece struct{ off, end int }
		var ps []piece
		for at := 0; at < len(whole); {
			end := min(at+8*rapid.IntRange(1, 120).Draw(r, "size"), len(whole))
			ps = append(ps, piece{at, end})
			at = end
		}
		ps = rapid.Permutation(ps).Draw(r, "order")
		for k, p := range ps {
			f := make([]byte, 8, 8+p.end-p.off)
			wire.Fragment(f).Put(17, p.off, p.end < len(whole), 77)
			f = packet(mac1, mac2, "fd00:1::2", "fd00:1::1", 44, 64, append(f, whole[p.off:p.end]...))
			inject(d, f)
			h1.run(sim.Millisecond)
			if k < len(ps)-1 && rapid.Bool().Draw(r, "again") {
				inject(d, f)
				h1.run(sim.Millisecond)
			}
		}
		if len(s.got) != 1 || !bytes.Equal(s.got[0], whole) {
			r.Fatalf("%d packets came out", len(s.got))
		}
		h1.run(70 * sim.Second)
		h1.conserved(0)
		if h1.ip.frags.Len() != 0 || h1.ip.frags.Mem != 0 {
			r.Fatalf("%d queues, %d bytes left", h1.ip.frags.Len(), h1.ip.frags.Mem)
		}
	})
}

// Missing fragments: 3/1 if the first one is here; an overlap kills all.
func TestFragmentTimeoutAndOverlap(t *testing.T) {
	h1, _, n1, _ := link(t)
	n1.peer = nil
	d := h1.ns.DevByName("eth0")
	idevOf(d).conf.RouterSolicitations = 0
	h1.ip.neigh.Update(h1.ip.neigh.Create(ip6("fd00:1::2"), d), mac2, core.NUDPermanent, core.NeighUpdateAdmin)
	frag := func(off, n int, more bool, id uint32) {
		f := make([]byte, 8+n)
		wire.Fragment(f).Put(17, off, more, id)
		inject(d, packet(mac1, mac2, "fd00:1::2", "fd00:1::1", 44, 64, f))
		h1.run(sim.Millisecond)
	}
	frag(0, 64, true, 1)
	h1.run(61 * sim.Second)
	h1.wantDrop(step.DropFragReasmTimeout, step.IP6FragExpire)
	h1.wantMIB(step.Ip6ReasmTimeout, 1)
	if len(n1.sent) != 1 || n1.sent[0][54] != 3 || n1.sent[0][55] != 1 {
		t.Errorf("sent %x", n1.sent)
	}
	frag(0, 64, true, 2)
	frag(56, 64, false, 2)
	h1.wantDrop(step.DropNotSpecified, step.IPv6FragRcv)
	frag(0, 64, true, 3)
	frag(0, 64, true, 3)
	h1.wantDrop(step.DropDupFrag, step.IPv6FragRcv)
	h1.run(61 * sim.Second)
	h1.conserved(0)
}

// Whatever comes in, nothing panics, and every buffer is accounted for.
func FuzzIPv6Rcv(f *testing.F) {
	for _, s := range g01 {
		p, _ := hexBytes(s)
		f.Add(p[14:], true)
	}
	f.Add(packet(0, 0, "fd00:1::2", "fd00:1::1", 44, 64, []byte{17, 0, 0, 1, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8})[14:], false)
	f.Add(packet(0, 0, "fd00:1::2", "fd00:2::1", 0, 2, []byte{60, 0, 5, 2, 0, 0, 1, 0, 17, 0, 1, 4, 0, 0, 0, 0, 1})[14:], true)
	f.Add(packet(0, 0, "fe80::2", "ff02::1", 0, 1, append([]byte{58, 0, 5, 2, 0, 0, 1, 0}, icmp("fe80::2", "ff02::1", wire.ICMPv6MLDQuery, 0, 1000<<16, make([]byte, 20)...)...))[14:], false)
	f.Fuzz(func(t *testing.T, p []byte, router bool) {
		h1, _, n1, _ := link(t)
		n1.peer = nil
		if router {
			h1.ns.Sysctl.Conf6All.Forwarding = 1
		}
		fr := make([]byte, 14+len(p))
		dst := mac1
		if len(p) >= 40 && p[24] == 0xff {
			dst = 0x333300000000
		}
		wire.Ethernet(fr).Put(dst, mac2, wire.EtherTypeIPv6)
		copy(fr[14:], p)
		// Make checksums right, so that the fuzzer reaches what lies behind.
		if h := wire.IPv6(fr[14:]); h.Valid() && h.NextHeader() == wire.ProtoICMPv6 && len(h.Payload()) >= 8 {
			wire.ICMPv6(h.Payload()).ComputeChecksum(h.Src(), h.Dst())
		}
		inject(h1.ns.DevByName("eth0"), fr)
		h1.run(100 * sim.Second)
		h1.conserved(0)
		if len(h1.tr.Ends) == 0 {
			t.Error("a packet without an end")
		}
		for _, e := range h1.tr.Ends {
			if e.Outcome == trace.NoOutcome {
				t.Error("an end without an outcome")
			}
		}
	})
}
