package ipv6

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func hexBytes(s string) ([]byte, error) { return hex.DecodeString(s) }

// router makes a router between fd00:1::/64 (eth0) and fd00:2::/64 (eth1),
// with known neighbours.
func router(t testing.TB) (r *host, in *core.Device, n0, n1 *nic) {
	r = newHost(t, &sim.Clock{}, "r", 3)
	r.ns.Sysctl.Conf6All.Forwarding = 1
	d0, n0 := r.dev("eth0", 21, 0x020000000021)
	d1, n1 := r.dev("eth1", 22, 0x020000000022)
	for _, a := range []struct {
		d *core.Device
		a string
	}{{d0, "fd00:1::1"}, {d0, "fe80::1"}, {d1, "fd00:2::1"}, {d1, "fe80::1"}} {
		r.addr(a.d, a.a, 64, AddrOpts{NoDAD: true})
	}
	for _, n := range []struct {
		d *core.Device
		a string
	}{{d0, "fd00:1::10"}, {d1, "fd00:2::10"}, {d0, "fe80::10"}, {d0, "fd00:1::99"}} {
		r.ip.neigh.Update(r.ip.neigh.Create(ip6(n.a), n.d), mac2, core.NUDPermanent, core.NeighUpdateAdmin)
	}
	r.run(5 * sim.Second)
	n0.sent, n1.sent = nil, nil
	return r, d0, n0, n1
}

// A router: what goes on, and what it says about the rest (recording g04).
func TestForward(t *testing.T) {
	body := func(n int) []byte { return make([]byte, n) }
	for _, c := range []struct {
		name     string
		src, dst string
		hops     uint8
		n        int
		why      core.DropReason
		at       step.Step
		icmp     uint16
		rest     uint32
		mib      step.MIB
	}{
		{name: "on", src: "fd00:1::10", dst: "fd00:2::10", hops: 64, n: 20, mib: step.Ip6OutForwDatagrams},
		{name: "hop limit", src: "fd00:1::10", dst: "fd00:2::10", hops: 1, n: 20, why: step.DropIPInhdr, at: step.IP6Forward, icmp: 0x300, mib: step.Ip6InHdrErrors},
		{name: "no route", src: "fd00:1::10", dst: "2001:db8::1", hops: 64, n: 20, why: step.DropIPInnoroutes, at: step.IP6PktDiscard, icmp: 0x100, mib: step.Ip6InNoRoutes},
		{name: "too big", src: "fd00:1::10", dst: "fd00:2::10", hops: 64, n: 1361, why: step.DropPktTooBig, at: step.IP6Forward, icmp: 0x200, rest: 1400, mib: step.Ip6InTooBigErrors},
		{name: "from link-local", src: "fe80::10", dst: "fd00:2::10", hops: 64, n: 20, why: step.DropIPInaddrerrors, at: step.IP6Forward, icmp: 0x102, mib: step.Ip6InAddrErrors},
		{name: "from ::", src: "::", dst: "fd00:2::10", hops: 64, n: 20, why: step.DropIPInaddrerrors, at: step.IP6Forward, mib: step.Ip6InAddrErrors},
		{name: "prohibited", src: "fd00:1::10", dst: "fd00:3::1", hops: 64, n: 20, why: step.DropIPInnoroutes, at: step.IP6PktProhibit, icmp: 0x101},
		{name: "blackhole", src: "fd00:1::10", dst: "fd00:4::1", hops: 64, n: 20, why: step.DropNotSpecified, at: step.IP6DstDiscard},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, in, n0, n1 := router(t)
			r.t = t
			r.ns.DevByName("eth1").MTU = 1400
			r.ip.AddRoute(Route6{Dst: ip6("fd00:3::"), Plen: 64, Type: RTNProhibit})
			r.ip.AddRoute(Route6{Dst: ip6("fd00:4::"), Plen: 64, Type: RTNBlackhole})
			p := packet(in.Addr, mac2, c.src, c.dst, 17, c.hops, body(c.n))
			inject(in, p)
			r.run(sim.Second / 10)
			if c.why == 0 {
				if len(n1.sent) != 1 || n1.sent[0][21] != c.hops-1 || !bytes.Equal(n1.sent[0][54:], p[54:]) {
					t.Errorf("forwarded %x", n1.sent)
				}
			} else {
				r.wantDrop(c.why, c.at)
			}
			if c.mib != 0 {
				r.wantMIB(c.mib, 1)
			}
			if c.icmp == 0 && len(n0.sent) != 0 || c.icmp != 0 && len(n0.sent) != 1 {
				t.Fatalf("%d frames back", len(n0.sent))
			}
			if c.icmp != 0 {
				f := n0.sent[0]
				m := wire.ICMPv6(f[54:])
				q := min(len(p)-14, 1280-48)
				if got := uint16(m.Type())<<8 | uint16(m.Code()); got != c.icmp || m.Rest() != c.rest || !bytes.Equal(m.Data(), p[14:14+q]) {
					t.Errorf("ICMPv6 %#x value %d, %d bytes quoted", got, m.Rest(), len(m.Data()))
				}
				if s := wire.IPv6(f[14:]).Src(); c.src != "fe80::10" && s != ip6("fd00:1::1") {
					t.Errorf("source %v", s)
				}
			}
			r.conserved(0)
		})
	}
}

// A packet that leaves where it came in: forwarded, with a redirect.
func TestRedirect(t *testing.T) {
	r, in, n0, _ := router(t)
	p := packet(in.Addr, mac2, "fd00:1::10", "fd00:1::99", 17, 64, make([]byte, 20))
	inject(in, p)
	r.run(sim.Second / 10)
	if len(n0.sent) != 2 || n0.sent[0][54] != 137 {
		t.Fatalf("sent %x", n0.sent)
	}
	m := wire.NDRedirect(n0.sent[0][54:])
	if m.Target() != ip6("fd00:1::99") || m.Dst() != ip6("fd00:1::99") || wire.IPv6(n0.sent[0][14:]).Src() != ip6("fe80::1") {
		t.Errorf("redirect to %v for %v", m.Target(), m.Dst())
	}
	r.conserved(0)

	// A host believes it.
	h1, _, n1, _ := link(t)
	n1.peer = nil
	d := h1.ns.DevByName("eth0")
	h1.ip.AddRoute(Route6{Gateway: ip6("fe80::9"), Dev: d})
	q := packet(mac2, mac1, "fd00:1::1", "2001:db8::1", 17, 64, make([]byte, 20))[14:]
	o := append([]byte{4, byte((len(q) + 8) / 8), 0, 0, 0, 0, 0, 0}, q...)
	for len(o)%8 != 0 {
		o = append(o, 0)
	}
	o[1] = byte(len(o) / 8)
	var data [32]byte
	tgt, dst := ip6("fe80::8"), ip6("2001:db8::1")
	tgt.Put16(data[:])
	dst.Put16(data[16:])
	h1.ns.AddProto6(17, &redirected{})
	inject(d, packet(mac1, mac2, "fe80::9", "fd00:1::1", 58, 255, icmp("fe80::9", "fd00:1::1", wire.ICMPv6Redirect, 0, 0, append(data[:], o...)...)))
	h1.run(sim.Second / 10)
	fl := Flow6{Daddr: dst}
	if g, _ := h1.ip.RouteOutput(&fl); g == nil || g.Gateway != tgt {
		t.Errorf("route %+v", g)
	}
	fl = Flow6{Daddr: ip6("2001:db8::2")}
	if g, _ := h1.ip.RouteOutput(&fl); g.Gateway != ip6("fe80::9") {
		t.Errorf("another destination by %v", g.Gateway)
	}
}

// redirected is a fake UDP whose err_handler believes redirects.
type redirected struct{ sink }

func (*redirected) Err(ns *core.Netns, b *core.SKB, info uint32) bool {
	q := wire.IPv6(b.Data())
	Of(ns).Redirect(b, &Flow6{Daddr: q.Dst(), Saddr: q.Src(), OIF: b.Dev.Index})
	return true
}

// Packet too big: the next packets are cut by the sender (RFC 8201), and the
// other host puts them together again.
func TestPathMTUAndFragments(t *testing.T) {
	h1, h2, n1, _ := link(t)
	s := &sink{}
	h2.ns.AddProto6(58, &echoSink{s})
	msg := icmp("::", "::", wire.ICMPv6Echo, 0, 1, make([]byte, 3000)...)
	for i := 8; i < len(msg); i++ {
		msg[i] = byte(i)
	}
	d := h1.ns.DevByName("eth0")
	h1.ip.neigh.Update(h1.ip.neigh.Create(ip6("fd00:1::2"), d), mac2, core.NUDPermanent, core.NeighUpdateAdmin)
	check := func(mtu, frames int) {
		t.Helper()
		n1.sent, s.got = nil, nil
		if e := h1.send("fd00:1::2", msg); e != 0 {
			t.Fatal(e)
		}
		h1.run(sim.Second / 10)
		if len(n1.sent) != frames {
			t.Errorf("%d frames, want %d", len(n1.sent), frames)
		}
		for _, f := range n1.sent {
			if len(f)-14 > mtu || f[20] != 44 {
				t.Errorf("frame of %d bytes, next header %d", len(f)-14, f[20])
			}
		}
		if len(s.got) != 1 || !bytes.Equal(s.got[0], msg) {
			t.Errorf("%d packets arrived", len(s.got))
		}
	}
	check(1500, 3)
	// What a router would say about the first fragment.
	fl := Flow6{Daddr: ip6("fd00:1::2")}
	h1.ip.UpdatePMTU(&fl, 1280)
	check(1280, 3)
	h1.ip.UpdatePMTU(&fl, 1000) // below 1280: ignored
	check(1280, 3)
	fl = Flow6{Daddr: ip6("fd00:1::3")}
	if dst, _ := h1.ip.RouteOutput(&fl); h1.ip.MTU(dst) != 1500 {
		t.Error("another destination is affected")
	}
	h1.run(601 * sim.Second)
	fl = Flow6{Daddr: ip6("fd00:1::2")}
	if dst, _ := h1.ip.RouteOutput(&fl); h1.ip.MTU(dst) != 1500 {
		t.Error("never forgotten")
	}
	h1.wantMIB(step.Ip6FragCreates, 9)
	h1.wantMIB(step.Ip6FragOKs, 3)
	h2.wantMIB(step.Ip6ReasmOKs, 3)
	h1.conserved(0)
	h2.conserved(0)
}

// echoSink counts the packets only, in ICMPv6's place.
type echoSink struct{ *sink }

// The lookups of one route are those that the kernel makes: 255, then 254.
func TestLookupOrder(t *testing.T) {
	h1, _, _, _ := link(t)
	h1.tr.Log.Reset()
	fl := Flow6{Daddr: ip6("fd00:1::2"), Proto: 17}
	if _, e := h1.ip.RouteOutput(&fl); e != 0 || fl.Saddr != ip6("fd00:1::1") {
		t.Fatal(e, fl.Saddr)
	}
	var got [][]uint64
	for i := range h1.tr.Log.Events {
		if e := &h1.tr.Log.Events[i]; e.Kind == trace.Point && step.TP(e.Code) == step.Fib6TableLookup {
			a := h1.tr.Log.Args(e)
			got = append(got, []uint64{a[0], a[1], a[3], a[13], a[14]}) // table, err, iif, type, device
		}
	}
	err := -113
	want := [][]uint64{{255, uint64(err), 1, 7, 1}, {254, 0, 1, 1, 11}}
	if len(got) != 2 {
		t.Fatalf("%d lookups", len(got))
	}
	for i := range want {
		for k := range want[i] {
			if got[i][k] != want[i][k] {
				t.Errorf("lookup %d: %d, want %d", i, got[i], want[i])
				break
			}
		}
	}
}

// An error of a router asks the tables as in recording g04, moment 23.
func TestErrorLookups(t *testing.T) {
	r, in, _, _ := router(t)
	r.tr.Log.Reset()
	inject(in, packet(in.Addr, mac2, "fd00:1::10", "fd00:2::10", 17, 1, make([]byte, 20)))
	r.run(sim.Second / 10)
	type look struct {
		table, oif, iif uint64
		src, dst        string
	}
	want := []look{{255, 0, 21, "fd00:1::10", "fd00:2::10"}, {254, 0, 21, "fd00:1::10", "fd00:2::10"},
		{255, 0, 1, "::", "fd00:1::10"}, {254, 0, 1, "::", "fd00:1::10"},
		{255, 0, 1, "fd00:1::1", "fd00:1::10"}, {254, 0, 1, "fd00:1::1", "fd00:1::10"},
		{255, 0, 1, "fd00:1::1", "fd00:1::10"}, {254, 0, 1, "fd00:1::1", "fd00:1::10"},
		{255, 21, 1, "fd00:2::10", "fd00:1::10"}, {254, 21, 1, "fd00:2::10", "fd00:1::10"}}
	var got []look
	for i := range r.tr.Log.Events {
		if e := &r.tr.Log.Events[i]; e.Kind == trace.Point && step.TP(e.Code) == step.Fib6TableLookup {
			a := r.tr.Log.Args(e)
			got = append(got, look{a[0], a[2], a[3], wire.Addr{Hi: a[6], Lo: a[7]}.String(), wire.Addr{Hi: a[8], Lo: a[9]}.String()})
		}
	}
	if len(got) != len(want) {
		t.Fatalf("lookups %v", got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("lookup %d: %v, want %v", i, got[i], want[i])
		}
	}
}

// RFC 6724 §10.1, as far as a host with these addresses goes.
func TestSourceAddress(t *testing.T) {
	for _, c := range []struct {
		name string
		dst  string
		want string
		addr []string
		opts []AddrOpts
	}{
		{"appropriate scope", "2001:db8:1::1", "2001:db8:3::1", []string{"2001:db8:3::1", "fe80::5"}, nil},
		{"appropriate scope, site", "ff05::1", "2001:db8:3::1", []string{"2001:db8:3::1", "fe80::5"}, nil},
		{"same address", "2001:db8:1::1", "2001:db8:1::1", []string{"2001:db8:1::1", "2001:db8:2::1"}, []AddrOpts{{Deprecated: true}, {}}},
		{"link-local destination", "fe80::1", "fe80::2", []string{"fe80::2", "2001:db8:1::1"}, []AddrOpts{{Deprecated: true}, {}}},
		{"longest prefix", "2001:db8:1::1", "2001:db8:1::2", []string{"2001:db8:1::2", "2001:db8:3::2"}, nil},
		{"matching label", "2002:c633:6401::1", "2002:c633:6401::d5e3:7953:13eb:22e8", []string{"2002:c633:6401::d5e3:7953:13eb:22e8", "2001:db8:1::2"}, []AddrOpts{{Temporary: true}, {}}},
		{"unique local", "fd00:9::1", "fd00:1::1", []string{"2001:db8:1::2", "fd00:1::1"}, nil},
		{"preferred", "2001:db8:1::1", "2001:db8:3::2", []string{"2001:db8:1::2", "2001:db8:3::2"}, []AddrOpts{{Deprecated: true}, {}}},
		{"public", "2001:db8:1::9", "2001:db8:1::2", []string{"2001:db8:1::2", "2001:db8:1::d5e3:0:0:1"}, []AddrOpts{{}, {Temporary: true}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t, &sim.Clock{}, "h", 1)
			d, _ := h.dev("eth0", 2, mac1)
			for i, a := range c.addr {
				o := AddrOpts{}
				if c.opts != nil {
					o = c.opts[i]
				}
				o.NoDAD = true
				h.addr(d, a, 64, o)
			}
			h.tr.Log.Reset()
			got, ok := h.ip.GetSaddr(d, ip6(c.dst))
			if !ok || got != ip6(c.want) {
				t.Errorf("source %v, want %s", got, c.want)
			}
			tried := 0
			for i := range h.tr.Log.Events {
				if h.tr.Log.Events[i].Kind == trace.Tried {
					tried++
				}
			}
			h.sentences()
			if tried == 0 {
				t.Error("the loser is not told")
			}
		})
	}
}

// A joined group is told to the routers twice, with a router alert.
func TestMLDReport(t *testing.T) {
	h1, _, n1, _ := link(t)
	d := h1.ns.DevByName("eth0")
	if e := h1.ip.JoinGroup(d, ip6("ff15::7"), nil); e != 0 {
		t.Fatal(e)
	}
	h1.run(3 * sim.Second)
	n := 0
	for _, f := range n1.sent {
		h := wire.IPv6(f[14:])
		if h.NextHeader() != 0 || f[62] != 143 {
			continue
		}
		n++
		m := f[62:]
		if h.HopLimit() != 1 || h.Src() != ip6("fe80::1") || h.Dst() != ip6("ff02::16") || !bytes.Equal(f[54:62], []byte{58, 0, 5, 2, 0, 0, 1, 0}) ||
			m[7] != 1 || m[8] != 4 || wire.AddrFrom16(m[12:]) != ip6("ff15::7") ||
			wire.Fold(wire.Checksum(m, wire.PseudoHeader6(h.Src(), h.Dst(), 58, len(m)))) != 0 {
			t.Errorf("report %x", f)
		}
	}
	if n != 2 {
		t.Errorf("%d reports, want 2", n)
	}
	if !h1.ip.ChkMcastAddr(d, ip6("ff15::7"), wire.Addr{}) {
		t.Error("not joined")
	}
	h1.conserved(0)
}

// The way of an established flow allocates nothing when nobody listens.
func TestNoAllocations(t *testing.T) {
	h1, _, n1, _ := link(t)
	n1.peer = nil
	h1.ns.Trace = nil
	h1.ns.AddProto6(17, quiet{})
	d := h1.ns.DevByName("eth0")
	fr := packet(mac1, mac2, "fd00:1::2", "fd00:1::1", 17, 64, make([]byte, 100))
	one := func() {
		inject(d, fr)
		h1.run(sim.Millisecond)
	}
	one()
	if n := testing.AllocsPerRun(100, one); n > 0 {
		t.Errorf("%v allocations for a packet in", n)
	}
}

type quiet struct{}

func (quiet) Rcv(ns *core.Netns, b *core.SKB) int {
	ns.Consume(b, step.IP6ProtocolDeliver)
	return 0
}
func (quiet) Err(ns *core.Netns, b *core.SKB, info uint32) bool { return true }

// A fork goes on by itself, in the same way.
func TestFork(t *testing.T) {
	h1, _, n1, _ := link(t)
	n1.peer = nil
	h1.ns.Trace = nil
	idevOf(h1.ns.DevByName("eth0")).conf.RouterSolicitations = 0
	h1.send("fd00:1::2", icmp("::", "::", wire.ICMPv6Echo, 0, 1))
	type world struct {
		M *core.Machine
		N *nic
	}
	w, _ := sim.Fork(&world{h1.ns.Machine, n1})
	if w.M.NS[0] == h1.ns || Of(w.M.NS[0]) == h1.ip || Of(w.M.NS[0]).ns != w.M.NS[0] {
		t.Fatal("not a copy")
	}
	w.M.Clock.RunUntil(h1.clock.Now() + 10*sim.Second)
	if len(n1.sent) != 1 || len(w.N.sent) != 3 {
		t.Errorf("%d and %d solicitations", len(n1.sent), len(w.N.sent))
	}
	h1.run(10 * sim.Second)
	if len(n1.sent) != 3 || h1.ns.MIB != w.M.NS[0].MIB {
		t.Error("the fork went another way")
	}
}

func BenchmarkInput(b *testing.B) {
	h1, _, n1, _ := link(b)
	n1.peer = nil
	h1.ns.Trace = nil
	h1.ns.AddProto6(17, quiet{})
	d := h1.ns.DevByName("eth0")
	fr := packet(mac1, mac2, "fd00:1::2", "fd00:1::1", 17, 64, make([]byte, 100))
	for b.Loop() {
		inject(d, fr)
		h1.run(sim.Millisecond)
	}
}
