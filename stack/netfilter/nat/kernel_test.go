package nat

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// TestRangeKernel holds the choice of an address out of a range to what Linux
// 6.18 chose. A line is the client, the server, the port, which names the rule,
// and the address that the packet got.
func TestRangeKernel(t *testing.T) {
	w := newWorld(t, trace.Silent)
	to := func(a, b wire.IP4, flags uint32) func(*core.Netns, *core.HookState, *core.SKB, *conntrack.Conn) core.Verdict {
		return func(_ *core.Netns, st *core.HookState, _ *core.SKB, c *conntrack.Conn) core.Verdict {
			return Setup(c, &Range{Flags: MapIPs | flags, MinAddr: a.Addr(), MaxAddr: b.Addr()}, ManipOf(st.Hook))
		}
	}
	w.rule(core.PostRouting, &rule{dport: 1000, fn: to(ip(10, 0, 2, 100), ip(10, 0, 2, 120), 0)})
	w.rule(core.PostRouting, &rule{dport: 1001, fn: to(ip(10, 0, 2, 100), ip(10, 0, 2, 120), Persistent)})
	w.rule(core.PreRouting, &rule{dport: 1002, fn: to(ip(10, 0, 2, 10), ip(10, 0, 2, 19), 0)})
	w.rule(core.PostRouting, &rule{dport: 1003, fn: to(ip(10, 0, 2, 7), ip(10, 0, 9, 200), 0)})
	w.rule(core.PreRouting, &rule{dport: 1004, fn: to(ip(10, 0, 2, 10), ip(10, 0, 2, 19), Persistent)})
	for h := byte(10); h < 20; h++ {
		n := w.ns.Neigh4.Create(ip(10, 0, 2, h).Addr(), w.eth[1])
		w.ns.Neigh4.Update(n, 0x020000000100, core.NUDPermanent, core.NeighUpdateOverride|core.NeighUpdateAdmin)
	}
	f, err := os.Open("testdata/range-6.18.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for s := bufio.NewScanner(f); s.Scan(); n++ {
		var a, b, want string
		var port uint16
		if _, err := fmt.Sscan(s.Text(), &a, &b, &port, &want); err != nil {
			t.Fatal(err)
		}
		src, dst := wire.FromNetip(netip.MustParseAddr(a)).IP4(), wire.FromNetip(netip.MustParseAddr(b)).IP4()
		w.sent = nil
		w.rx(0, udp(src, dst, uint16(2000+n/5), port))
		if len(w.sent) != 1 {
			t.Fatalf("%s: %d packets left", s.Text(), len(w.sent))
		}
		h := wire.IPv4(w.sent[0].p)
		got := h.Src()
		if port == 1002 || port == 1004 {
			got = h.Dst()
		}
		if got.String() != want {
			t.Errorf("%s: the model chose %v", s.Text(), got)
		}
	}
	if n < 100 {
		t.Errorf("%d lines", n)
	}
}

// TestBytesKernel forwards packets, answers and errors, right and wrong ones,
// through many kinds of NAT, and compares every byte that leaves with what left
// a router of Linux 6.18 with the same rules. A line of testdata/bytes-6.18.gz
// is where a packet came in, the packet, and what left by each side.
func TestBytesKernel(t *testing.T) {
	name := "testdata/bytes-6.18.gz"
	if s := os.Getenv("NAT_BYTES"); s != "" {
		name = s
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, trace.Silent)
	for h := byte(10); h < 20; h++ {
		for i := range w.eth {
			n := w.ns.Neigh4.Create(ip(10, 0, byte(i+1), h).Addr(), w.eth[i])
			w.ns.Neigh4.Update(n, 0x020000000100, core.NUDPermanent, core.NeighUpdateOverride|core.NeighUpdateAdmin)
		}
	}
	w.ok(w.ip.DelRoute(ipv4.Route{Scope: -1, NH: []ipv4.Nexthop{{Gw: ip(10, 0, 2, 254)}}}))
	w.ns.AddHook(core.NFIPv4, core.LocalIn, 0, &drop{})
	w.rule(core.PreRouting, &rule{fn: func(_ *core.Netns, st *core.HookState, b *core.SKB, c *conntrack.Conn) core.Verdict {
		k, d := c.Tuple(conntrack.Original), b.IP4().Dst()
		to := func(a wire.IP4, port uint16) core.Verdict { return dnat(a, port)(w.ns, st, b, c) }
		switch {
		case k.Proto == 17 && k.Dport >= 1000 && k.Dport < 1100:
			return to(ip(10, 0, 2, 11), 0)
		case k.Proto == 6 && k.Dport == 8080:
			return to(ip(10, 0, 2, 10), 80)
		case k.Proto == 17 && k.Dport >= 2000 && k.Dport <= 2100:
			return to(ip(10, 0, 2, 12), 53)
		case d>>8 == ip(192, 168, 7, 0)>>8:
			return Netmap(st, b, &Range{MinAddr: ip(10, 0, 2, 0).Addr(), MaxAddr: ip(10, 0, 2, 255).Addr()})
		}
		return core.Accept
	}})
	w.rule(core.PostRouting, &rule{fn: func(ns *core.Netns, st *core.HookState, b *core.SKB, c *conntrack.Conn) core.Verdict {
		switch s := b.IP4().Src(); {
		case s == ip(10, 0, 1, 15):
			return dnat(ip(10, 0, 2, 50), 0)(ns, st, b, c)
		case s >= ip(10, 0, 1, 10) && s <= ip(10, 0, 1, 13):
			return Masquerade(ns, st, b, &Range{})
		case s == ip(10, 0, 1, 16) && b.IP4().Proto() == wire.ProtoUDP && be16(b.IP4().Payload()) >= 100:
			return dnat(ip(10, 0, 2, 51), 7777)(ns, st, b, c)
		}
		return core.Accept
	}})
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 1<<20)
	n, bad := 0, 0
	for ; lines.Scan() && bad < 8; n++ {
		var l []any
		if err := json.Unmarshal(lines.Bytes(), &l); err != nil {
			t.Fatal(err)
		}
		p, err := hex.DecodeString(l[1].(string))
		if err != nil {
			t.Fatal(err)
		}
		w.sent = nil
		w.rx(int(l[0].(float64)), p)
		var got [2][]any
		for _, f := range w.sent {
			if f.p[0]>>4 == 4 { // no ARP
				got[f.dev-11] = append(got[f.dev-11], hex.EncodeToString(f.p))
			}
		}
		for i := range got {
			// The router's own ICMP errors have a random IP identification.
			want := slices.DeleteFunc(l[2+i].([]any), own)
			if got := slices.DeleteFunc(got[i], own); !slices.Equal(got, want) {
				bad++
				t.Errorf("line %d, %s: by eth%d left\n%v\nwant\n%v", n+1, l[1], i, got, want)
			}
		}
	}
	t.Logf("%d packets", n)
	if n == 0 {
		t.Error("no packets")
	}
	w.run(10 * sim.Second)
	w.conserved()
}

// own is an ICMP error that the router itself sends: its TOS is 0xc0.
func own(p any) bool { return strings.HasPrefix(p.(string), "45c0") }

// drop is an input chain with the policy drop.
type drop struct{}

func (*drop) Run(*core.Netns, *core.HookState, *core.SKB) core.Verdict { return core.Drop }

// TestPortsKernel holds the choice of ports to what Linux 6.18 chose, with six
// rules of iptables by destination port. A line is source, destination, and
// their ports; then the four as the packet left, or -.
func TestPortsKernel(t *testing.T) {
	w := newWorld(t, trace.Silent)
	for h := byte(10); h < 20; h++ {
		n := w.ns.Neigh4.Create(ip(10, 0, 2, h).Addr(), w.eth[1])
		w.ns.Neigh4.Update(n, 0x020000000100, core.NUDPermanent, core.NeighUpdateOverride|core.NeighUpdateAdmin)
	}
	to := func(c *conntrack.Conn, m Manip, r Range) core.Verdict {
		r.Flags |= MapIPs
		if r.MinProto != 0 {
			r.Flags |= ProtoSpecified
		}
		return Setup(c, &r, m)
	}
	a := func(n byte) wire.Addr { return ip(10, 0, 2, n).Addr() }
	w.rule(core.PreRouting, &rule{fn: func(_ *core.Netns, _ *core.HookState, _ *core.SKB, c *conntrack.Conn) core.Verdict {
		switch c.Tuple(conntrack.Original).Dport / 1000 {
		case 2:
			return to(c, Dst, Range{Flags: ProtoOffset, MinAddr: a(12), MaxAddr: a(12), MinProto: 3000, MaxProto: 3100, BaseProto: 2000})
		case 4:
			return to(c, Dst, Range{MinAddr: a(12), MaxAddr: a(12), MinProto: 5000, MaxProto: 5009})
		case 6:
			return to(c, Dst, Range{MinAddr: a(10), MaxAddr: a(13)})
		}
		return core.Accept
	}})
	w.rule(core.PostRouting, &rule{fn: func(_ *core.Netns, _ *core.HookState, _ *core.SKB, c *conntrack.Conn) core.Verdict {
		switch c.Tuple(conntrack.Original).Dport / 100 {
		case 90:
			return to(c, Src, Range{MinAddr: a(60), MaxAddr: a(60), MinProto: 7000, MaxProto: 7100})
		case 91:
			return to(c, Src, Range{MinAddr: a(60), MaxAddr: a(70)})
		case 92:
			return to(c, Src, Range{MinAddr: a(60), MaxAddr: a(60), MinProto: 7050, MaxProto: 7050})
		}
		return core.Accept
	}})
	f, err := os.ReadFile("testdata/ports-6.18.txt")
	if err != nil {
		t.Fatal(err)
	}
	random := 0
	for i, l := range strings.Split(strings.TrimSpace(string(f)), "\n") {
		var x [4]string
		var sp, dp, wsp, wdp uint16
		n, _ := fmt.Sscan(l, &x[0], &x[1], &sp, &dp, &x[2], &wsp, &x[3], &wdp)
		addr := func(s string) wire.IP4 { return wire.FromNetip(netip.MustParseAddr(s)).IP4() }
		w.sent = nil
		w.rx(0, udp(addr(x[0]), addr(x[1]), sp, dp))
		got, want := "-", "-"
		if n == 8 {
			want = fmt.Sprintf("%s:%d > %s:%d", x[2], wsp, x[3], wdp)
		}
		for _, s := range w.sent {
			if s.p[0]>>4 != 4 {
				continue // ARP
			}
			h := wire.IPv4(s.p)
			p := be16(s.p[20:])
			got = fmt.Sprintf("%v:%d > %v:%d", h.Src(), p, h.Dst(), be16(s.p[22:]))
			if p != wsp && wsp != sp && p >= 7000 && p <= 7100 && wsp >= 7000 && wsp <= 7100 {
				got = want // both took a random port of the range
				random++
			}
		}
		if got != want {
			t.Errorf("line %d, %s: the model has %s", i+1, l, got)
		}
	}
	if random > 120 {
		t.Errorf("%d ports were random", random)
	}
}
