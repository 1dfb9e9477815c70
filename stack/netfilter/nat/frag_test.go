package nat

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// TestFragments: a router with conntrack puts fragments together, and cuts the
// packet again to the largest size seen.
func TestFragments(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.PostRouting, &rule{fn: masquerade})
	p := make([]byte, 8+2000)
	for i := range p {
		p[i] = byte(i * 7)
	}
	h := wire.UDP(p)
	h.SetSrcPort(4000)
	h.SetDstPort(53)
	h.SetLen(len(p))
	h.SetChecksum(0)
	h.ComputeChecksum(wire.PseudoHeader4(client, server, wire.ProtoUDP, len(p)))
	cut := func(from, to int) []byte {
		q := packet(client, server, wire.ProtoUDP, p[from:to])
		ip := wire.IPv4(q)
		ip.SetID(77)
		ip.SetFragOffset(from)
		ip.SetMF(to < len(p))
		ip.ComputeChecksum()
		return q
	}
	for _, f := range [][2]int{{0, 800}, {1600, 2008}, {800, 1600}} {
		if len(w.sent) != 0 {
			t.Fatal("something left before the last fragment came")
		}
		w.rx(0, cut(f[0], f[1]))
	}
	if len(w.sent) != 3 {
		t.Fatalf("%d fragments left, want 3", len(w.sent))
	}
	whole := make([]byte, 2008)
	for i, f := range w.sent {
		ip := wire.IPv4(f.p)
		if !ip.ChecksumOK() || ip.Src() != outside || ip.ID() != 77 || i < 2 && len(f.p) != 820 {
			t.Errorf("fragment %d: %v, id %d, %d bytes", i, ip.Src(), ip.ID(), len(f.p))
		}
		copy(whole[ip.FragOffset():], ip.Payload())
	}
	if wire.Fold(wire.Checksum(whole, wire.PseudoHeader4(outside, server, wire.ProtoUDP, len(whole)))) != 0 || !bytes.Equal(whole[8:], p[8:]) {
		t.Error("the datagram is not what it was, or its checksum is wrong")
	}
	w.conserved()
}

// TestFragments6: the same for IPv6, as far as the hook.
func TestFragments6(t *testing.T) {
	w := newWorld(t, trace.Record)
	ns := w.ns
	ipv6.New(ns)
	conntrack.Enable(ns, core.NFIPv6)
	a, b := wire.FromNetip(netip.MustParseAddr("fd00::1")), wire.FromNetip(netip.MustParseAddr("fd00::2"))
	p := make([]byte, 1000)
	h := wire.UDP(p)
	h.SetSrcPort(4000)
	h.SetDstPort(53)
	h.SetLen(len(p))
	h.ComputeChecksum(wire.PseudoHeader6(a, b, wire.ProtoUDP, len(p)))
	feed := func(from, to int) (*core.SKB, bool) {
		s := ns.AllocSKB(core.Headroom, 48+to-from, 0)
		q := s.Put(48 + to - from)
		ip := wire.IPv6(q)
		ip.SetVersion(0, 0)
		q[0] = 0x60
		ip.SetPayloadLen(8 + to - from)
		ip.SetNextHeader(wire.ProtoFragment)
		ip.SetHopLimit(9)
		ip.SetSrc(a)
		ip.SetDst(b)
		wire.Fragment(q[40:]).Put(wire.ProtoUDP, from, to < len(p), 5)
		copy(q[48:], p[from:to])
		s.ResetNetwork()
		s.Protocol, s.Dev, s.IIF = uint16(wire.EtherTypeIPv6), w.eth[0], 11
		return s, ns.Hook(core.NFIPv6, core.PreRouting, w.eth[0], nil, nil, s)
	}
	if _, ok := feed(0, 400); ok {
		t.Fatal("the first fragment went on")
	}
	if _, ok := feed(800, 1000); ok {
		t.Fatal("the last fragment went on")
	}
	s, ok := feed(400, 800)
	if !ok {
		t.Fatal("the packet did not go on")
	}
	ip := s.IP6()
	got := make([]byte, s.Len())
	s.CopyBits(0, got)
	if ip.NextHeader() != wire.ProtoUDP || ip.PayloadLen() != 1000 || !bytes.Equal(got[40:], p) {
		t.Errorf("%v, %d bytes, payload right: %v", ip.NextHeader(), ip.PayloadLen(), bytes.Equal(got[40:], p))
	}
	if c, info := conntrack.Get(s); c == nil || info != conntrack.New || c.Tuple(conntrack.Original).Dport != 53 {
		t.Errorf("%v %v", c, info)
	}
	ns.Consume(s, step.NFHookSlow)
	w.conserved()
}
