package nat

import (
	"bufio"
	"compress/gzip"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"os"
	"slices"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func ip6(s string) wire.Addr { return wire.FromNetip(netip.MustParseAddr(s)) }

// rx6 lets an IPv6 packet come in.
func (w *world) rx6(i int, p []byte) {
	b := w.ns.AllocSKB(core.Headroom, 14+len(p), 0)
	f := wire.Ethernet(b.Put(14 + len(p)))
	f.Put(w.eth[i].Addr, 0x020000000100, wire.EtherTypeIPv6)
	copy(f[14:], p)
	b.ResetMAC()
	b.Pull(14)
	b.ResetNetwork()
	b.Protocol, b.PktType, b.Dev, b.IIF = uint16(wire.EtherTypeIPv6), core.PacketHost, w.eth[i], w.eth[i].Index
	w.ns.NetifRx(b)
	w.run(10 * sim.Millisecond)
}

// TestBytesKernel6 is TestBytesKernel for IPv6.
func TestBytesKernel6(t *testing.T) {
	name := "testdata/bytes6-6.18.gz"
	if s := os.Getenv("NAT_BYTES6"); s != "" {
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
	ip := ipv6.New(w.ns)
	w.ns.Sysctl.IPv6Forwarding, w.ns.Sysctl.Conf6All.Forwarding, w.ns.Sysctl.Conf6Default.Forwarding = 1, 1, 1
	ip.DevUp(w.ns.Loopback)
	for i, d := range w.eth {
		ip.DevUp(d)
		w.ok(ip.AddAddr(d, ip6([]string{"fd00:1::1", "fd00:2::1"}[i]), 64, ipv6.AddrOpts{NoDAD: true}))
		for h := range uint64(10) {
			a := ip6([]string{"fd00:1::10", "fd00:2::10"}[i])
			a.Lo += h
			n := w.ns.Neigh6.Create(a, d)
			w.ns.Neigh6.Update(n, 0x020000000100, core.NUDPermanent, core.NeighUpdateOverride|core.NeighUpdateAdmin)
		}
	}
	w.run(5 * sim.Second)
	conntrack.Enable(w.ns, core.NFIPv6)
	w.ns.AddHook(core.NFIPv6, core.LocalIn, 10, &dropBut6{})
	to := func(c *conntrack.Conn, a string, port uint16, m Manip) core.Verdict {
		r := &Range{Flags: MapIPs, MinAddr: ip6(a), MaxAddr: ip6(a), MinProto: port, MaxProto: port}
		if port != 0 {
			r.Flags |= ProtoSpecified
		}
		return Setup(c, r, m)
	}
	AddChain(w.ns, core.NFIPv6, core.PreRouting, -100, &rule{fn: func(_ *core.Netns, _ *core.HookState, _ *core.SKB, c *conntrack.Conn) core.Verdict {
		switch k := c.Tuple(conntrack.Original); {
		case k.Proto == 17 && k.Dport >= 1000 && k.Dport < 1100:
			return to(c, "fd00:2::11", 0, Dst)
		case k.Proto == 6 && k.Dport == 8080:
			return to(c, "fd00:2::10", 80, Dst)
		case k.Proto == 17 && k.Dport >= 2000 && k.Dport <= 2100:
			return to(c, "fd00:2::12", 53, Dst)
		}
		return core.Accept
	}})
	AddChain(w.ns, core.NFIPv6, core.PostRouting, 100, &rule{fn: func(ns *core.Netns, st *core.HookState, b *core.SKB, c *conntrack.Conn) core.Verdict {
		k := c.Tuple(conntrack.Original)
		switch s := b.IP6().Src(); {
		case s == ip6("fd00:1::15"):
			return to(c, "fd00:2::50", 0, Src)
		case s.Hi == ip6("fd00:1::").Hi && s.Lo >= 0x10 && s.Lo <= 0x13:
			return Masquerade(ns, st, b, &Range{})
		case s == ip6("fd00:1::16") && k.Proto == 17:
			return to(c, "fd00:2::51", 7777, Src)
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
		w.rx6(int(l[0].(float64)), p)
		var got [2][]any
		for _, f := range w.sent {
			if f.p[0]>>4 == 6 && !(f.p[6] == 58 && (f.p[40] >= 133 && f.p[40] <= 137)) {
				got[f.dev-11] = append(got[f.dev-11], hex.EncodeToString(f.p))
			}
		}
		for i := range got {
			if want := slices.DeleteFunc(l[2+i].([]any), ownRedirect6); !slices.Equal(got[i], want) {
				bad++
				t.Errorf("line %d, %s: by eth%d left\n%v\nwant\n%v", n+1, l[1], i, got[i], want)
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

// ownRedirect6 is a redirect that the router itself sends.
func ownRedirect6(p any) bool { s := p.(string); return s[12:14] == "3a" && s[80:82] == "89" }

// dropBut6 drops what comes for the router but neighbour discovery.
type dropBut6 struct{}

func (*dropBut6) Run(_ *core.Netns, _ *core.HookState, b *core.SKB) core.Verdict {
	h := b.IP6()
	if h.NextHeader() == wire.ProtoICMPv6 && len(h) > 40 && h[40] >= 130 {
		return core.Accept
	}
	return core.Drop
}
