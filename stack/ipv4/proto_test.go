package ipv4

import (
	"bytes"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// The bytes of an echo reply, section 15 of the reference: TOS copied, TTL 64,
// no DF, an id, and the data as it came.
func TestEchoReply(t *testing.T) {
	w := newWorld(t)
	w.rx(w.eth0, packet(ip4(10, 0, 1, 10), ip4(10, 0, 1, 1), wire.ProtoICMP, 33, echo(56), func(h wire.IPv4) { h.SetTOS(0x5c) }), 0)
	if len(w.wire.frames) != 1 {
		t.Fatalf("%d frames", len(w.wire.frames))
	}
	f := w.wire.frames[0].data
	h := wire.IPv4(f[14:])
	if wire.Ethernet(f).Dst() != peerMAC || h.TOS() != 0x5c || h.TTL() != 64 || h.DF() || h.ID() == 0 || !h.ChecksumOK() || h.TotalLen() != 84 {
		t.Errorf("header %x", f[:34])
	}
	m := wire.ICMP(h.Payload())
	// Zeros only: Linux 6.18 leaves 0 as their checksum (seen on the real kernel).
	if m.Type() != 0 || m[2]|m[3] != 0 || !bytes.Equal(m.Data(), make([]byte, 56)) {
		t.Errorf("message %x", []byte(m))
	}
	if w.ns.MIB[step.IcmpOutEchoReps] != 1 || w.ns.MIB[step.IcmpInEchos] != 1 || w.ns.MIB[step.IpInDelivers] != 1 {
		t.Error("counters")
	}
}

// An error has TOS (tos & 0x1e) | 0xc0 and quotes at most 576 bytes in all.
func TestErrorBytes(t *testing.T) {
	w := newWorld(t)
	router(w)
	w.rx(w.eth0, packet(ip4(10, 0, 1, 10), ip4(10, 0, 2, 10), 17, 1, make([]byte, 1000), func(h wire.IPv4) { h.SetTOS(0x5c) }), 0)
	if len(w.wire.frames) != 1 {
		t.Fatalf("%d frames", len(w.wire.frames))
	}
	h := wire.IPv4(w.wire.frames[0].data[14:])
	if h.TOS() != 0xdc || h.TotalLen() != 576 || h.DF() || h.Src() != ip4(10, 0, 1, 1) {
		t.Errorf("header %x", []byte(h[:20]))
	}
	if q := wire.IPv4(wire.ICMP(h.Payload()).Data()); q.TTL() != 1 || q.TotalLen() != 1020 {
		t.Errorf("quoted %x", []byte(q[:20]))
	}
	// The lookups that the recorded kernel made for c02.
	if got := w.lookups(); len(got) != 6 || got[0] != 254 || got[1] != 254 || got[2] != 255 || got[3] != 255 || got[4] != 254 || got[5] != 254 {
		t.Errorf("tables asked: %v", got)
	}
}

func (w *world) rxARP(d *core.Device, r wire.ARPRepr, typ core.PktType) {
	b := w.ns.AllocSKB(core.Headroom, 60, 0)
	f := wire.Ethernet(b.Put(60))
	clear(f)
	f.Put(wire.Broadcast, r.SHA, wire.EtherTypeARP)
	r.Emit(wire.ARP(f[14:]))
	b.ResetMAC()
	b.Pull(14)
	b.ResetNetwork()
	b.Protocol, b.PktType, b.Dev, b.IIF = uint16(wire.EtherTypeARP), typ, d, d.Index
	w.ns.BHDisable()
	arpPacket{w.ip}.Rcv(w.ns, b)
	w.ns.BHEnable()
}

// Who is answered, and who is remembered (a08, a09).
func TestARP(t *testing.T) {
	const mac wire.MAC = 0x020000000033
	us, asker := ip4(10, 0, 1, 1), ip4(10, 0, 1, 33)
	req := wire.ARPRepr{Op: wire.ARPRequest, SHA: mac, SPA: asker, TPA: us}
	change := func(f func(*wire.ARPRepr)) wire.ARPRepr { r := req; f(&r); return r }
	tests := []struct {
		name    string
		setup   func(*world)
		r       wire.ARPRepr
		typ     core.PktType
		answer  bool
		learned bool
	}{
		{"request", nil, req, core.PacketBroadcast, true, true},
		{"for another host", nil, req, core.PacketOtherHost, false, false},
		{"another address", nil, change(func(r *wire.ARPRepr) { r.TPA = ip4(10, 0, 1, 77) }), core.PacketBroadcast, false, false},
		{"another device's address", nil, change(func(r *wire.ARPRepr) { r.TPA = ip4(10, 0, 2, 1) }), core.PacketBroadcast, true, true},
		{"arp_ignore", func(w *world) { w.ip.Conf(w.eth0).ARPIgnore = 1 }, change(func(r *wire.ARPRepr) { r.TPA = ip4(10, 0, 2, 1) }), core.PacketBroadcast, false, false},
		{"probe", nil, change(func(r *wire.ARPRepr) { r.SPA = 0 }), core.PacketBroadcast, true, false},
		{"gratuitous", nil, change(func(r *wire.ARPRepr) { r.TPA = asker }), core.PacketBroadcast, false, false},
		{"gratuitous, arp_accept", func(w *world) { w.ip.Conf(w.eth0).ARPAccept = 1 }, change(func(r *wire.ARPRepr) { r.TPA = asker }), core.PacketBroadcast, false, true},
		{"unasked reply", nil, change(func(r *wire.ARPRepr) { r.Op = wire.ARPReply }), core.PacketHost, false, false},
		{"proxy", func(w *world) { router(w); w.ip.Conf(w.eth0).ProxyARP = 1; *w.ip.ProxyDelay() = 0 }, change(func(r *wire.ARPRepr) { r.TPA = ip4(10, 0, 2, 10) }), core.PacketBroadcast, true, true},
		{"proxy asked directly", func(w *world) { router(w); w.ip.Conf(w.eth0).ProxyARP = 1 }, change(func(r *wire.ARPRepr) { r.TPA = ip4(10, 0, 2, 10) }), core.PacketHost, true, true},
		{"proxy entry", func(w *world) { router(w); w.ip.AddProxy(Proxy{Addr: ip4(10, 0, 2, 10)}); *w.ip.ProxyDelay() = 0 }, change(func(r *wire.ARPRepr) { r.TPA = ip4(10, 0, 2, 10) }), core.PacketBroadcast, true, true},
		{"proxy entry of another device", func(w *world) { router(w); w.ip.AddProxy(Proxy{ip4(10, 0, 2, 10), w.eth1}); *w.ip.ProxyDelay() = 0 }, change(func(r *wire.ARPRepr) { r.TPA = ip4(10, 0, 2, 10) }), core.PacketBroadcast, false, false},
		{"proxy, same medium", func(w *world) {
			router(w)
			c := w.ip.Conf(w.eth0)
			c.ProxyARP, c.MediumID = 1, -1
			*w.ip.ProxyDelay() = 0
		}, change(func(r *wire.ARPRepr) { r.TPA = ip4(10, 0, 2, 10) }), core.PacketBroadcast, false, false},
		{"drop_gratuitous_arp", func(w *world) { c := w.ip.Conf(w.eth0); c.ARPAccept, c.DropGratuitousARP = 1, 1 }, change(func(r *wire.ARPRepr) { r.TPA = asker }), core.PacketBroadcast, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			if tt.setup != nil {
				tt.setup(w)
			}
			held := int(w.m.Allocated) - int(w.m.Freed)
			w.rxARP(w.eth0, tt.r, tt.typ)
			if got := len(w.wire.frames) == 1; got != tt.answer {
				t.Fatalf("answered: %v", got)
			}
			if tt.answer {
				a, _ := wire.ARP(w.wire.frames[0].data[14:]).Parse()
				if want := (wire.ARPRepr{Op: wire.ARPReply, SHA: ourMAC, SPA: tt.r.TPA, THA: mac, TPA: tt.r.SPA}); a != want {
					t.Errorf("answer %+v, want %+v", a, want)
				}
			}
			if n := w.ns.Neigh4.Lookup(asker.Addr(), w.eth0); (n != nil) != tt.learned {
				t.Errorf("learned: %v", n != nil)
			}
			if e := w.ns.Trace.Ends[len(w.ns.Trace.Ends)-1]; (e.Outcome.String() == "consumed") == strings.HasPrefix(tt.name, "drop") {
				t.Errorf("ended %v", w.ends())
			}
			w.conserved(held)
		})
	}
}

// A joined group is reported twice, with the bytes of section 15, and its
// packets come in; a general query is answered.
func TestIGMP(t *testing.T) {
	w := newWorld(t)
	g := ip4(239, 1, 1, 1)
	w.ok(w.ip.JoinGroup(w.eth0, g, nil))
	w.run(10 * sim.Second)
	if n := len(w.wire.frames); n != 2 {
		t.Fatalf("%d reports, want 2", n)
	}
	f := w.wire.frames[0].data
	h := wire.IPv4(f[14:])
	if wire.Ethernet(f).Dst() != igmpv3MCR.Multicast() || h.TTL() != 1 || h.TOS() != 0xc0 || !h.DF() || h.ID() != 0 || h.IHL() != 24 || h[20] != wire.IPOptRouterAlert {
		t.Errorf("header %x", f[:38])
	}
	r, _, ok := wire.NextIGMPRecord(h.Payload()[8:])
	if !ok || r.Type() != wire.IGMPv3ChangeToExclude || r.Group() != g {
		t.Errorf("record %x", []byte(r))
	}
	w.ns.AddProto(17, &udpSink{})
	w.rx(w.eth0, packet(ip4(10, 0, 1, 10), g, 17, 1, make([]byte, 8)), core.PacketMulticast)
	if w.ns.MIB[step.IpExtInMcastPkts] != 1 || w.ns.MIB[step.IpInDelivers] != 1 {
		t.Error("the group's packet did not come in")
	}
	q := make([]byte, 12)
	m := wire.IGMP(q)
	m.SetType(wire.IGMPQuery)
	m.SetCode(10)
	m.ComputeChecksum()
	w.wire.frames = nil
	w.rx(w.eth0, packet(ip4(10, 0, 1, 10), allHosts, wire.ProtoIGMP, 1, q), core.PacketMulticast)
	w.run(3 * sim.Second)
	if len(w.wire.frames) != 1 {
		t.Errorf("%d answers to a query", len(w.wire.frames))
	}
	w.ok(w.ip.LeaveGroup(w.eth0, g, nil))
	w.run(10 * sim.Second)
	if len(w.wire.frames) != 3 {
		t.Errorf("%d frames after leaving", len(w.wire.frames))
	}
}

// A packet that leaves by the device that it came in by makes a redirect, ever
// more seldom, nine at most.
func TestRedirect(t *testing.T) {
	w := newWorld(t)
	router(w)
	w.ok(w.ip.AddRoute(Route{Dst: ip4(10, 77, 0, 0), Plen: 16, NH: []Nexthop{{Gw: ip4(10, 0, 1, 10)}}, Scope: -1}))
	count := 0
	for range 400 {
		w.wire.frames = nil
		w.rx(w.eth0, packet(ip4(10, 0, 1, 10), ip4(10, 77, 0, 1), 17, 64, make([]byte, 8)), 0)
		for _, f := range w.wire.frames {
			if h := wire.IPv4(f.data[14:]); h.Proto() == wire.ProtoICMP {
				count++
				m := wire.ICMP(h.Payload())
				if m.Type() != wire.ICMPRedirect || m.Code() != 1 || m.Gateway() != ip4(10, 0, 1, 10) {
					t.Fatalf("message %x", []byte(m))
				}
			}
		}
		w.run(100 * sim.Millisecond)
	}
	if count != 9 || w.ns.MIB[step.IpForwDatagrams] != 400 {
		t.Errorf("%d redirects for %d packets, want 9 for 400", count, w.ns.MIB[step.IpForwDatagrams])
	}
}

// A world with queues, timers and routes can be copied.
func TestFork(t *testing.T) {
	w := newWorld(t)
	w.rx(w.eth0, fragment(1, 0, true, make([]byte, 64)), 0)
	c, _ := sim.Fork(w.m)
	w.run(40 * sim.Second)
	if n := c.NS[0].MIB[step.IpReasmTimeout]; n != 0 {
		t.Error("the copy shares its counters")
	}
	c.Clock.RunUntil(c.Clock.Now() + 40*sim.Second)
	if n := c.NS[0].MIB[step.IpReasmTimeout]; n != 1 {
		t.Errorf("in the copy IpReasmTimeout is %d, want 1", n)
	}
}
