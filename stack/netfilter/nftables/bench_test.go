package nftables_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/lab/nft"
	"github.com/packetwalk/packetwalk/stack/netfilter/nftables"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func newNS(t testing.TB) *core.Netns {
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(7), IDs: &core.IDs{}}
	m.Clock.Reset(100 * sim.Second)
	ns := core.NewNetns(m, "h")
	core.NewSoftnet(m)
	ns.Loopback = ns.NewDevice("lo", 1, nil)
	ns.NewDevice("eth0", 2, nil)
	return ns
}

func load(t testing.TB, ns *core.Netns, script string) {
	t.Helper()
	if _, e, st := nft.Run(ns, []string{"-f", "-"}, script); st != 0 {
		if len(e) > 500 {
			e = e[:500]
		}
		t.Fatal(e)
	}
}

// udp makes an IPv4 datagram at the LOCAL_IN hook.
func udp(ns *core.Netns, src, dst wire.IP4, sport, dport uint16) *core.SKB {
	p := make([]byte, 36)
	h := wire.IPv4(p)
	h.SetVersionIHL(20)
	h.SetTotalLen(36)
	h.SetTTL(64)
	h.SetProto(wire.ProtoUDP)
	h.SetSrc(src)
	h.SetDst(dst)
	h.ComputeChecksum()
	p[20], p[21], p[22], p[23] = byte(sport>>8), byte(sport), byte(dport>>8), byte(dport)
	p[25] = 16
	b := ns.AllocSKB(core.Headroom, len(p), 0)
	copy(b.Put(len(p)), p)
	b.ResetNetwork()
	b.Protocol = uint16(wire.EtherTypeIPv4)
	b.Dev = ns.DevByName("eth0")
	return b
}

// million is a map with 1,000,000 addresses, or intervals.
func million(interval bool) string {
	var s strings.Builder
	s.WriteString("table ip t {\n map m {\n type ipv4_addr : verdict\n")
	if interval {
		s.WriteString(" flags interval\n")
	}
	s.WriteString(" elements = { ")
	for i := 0; i < 1000000; i++ {
		if i > 0 {
			s.WriteString(", ")
		}
		a := 0x0b000000 + uint32(i)*8
		if interval {
			fmt.Fprintf(&s, "%s-%s : accept", wire.IP4(a), wire.IP4(a+3))
		} else {
			fmt.Fprintf(&s, "%s : accept", wire.IP4(a))
		}
	}
	s.WriteString(" }\n }\n chain c {\n type filter hook input priority 0; policy accept;\n ip saddr vmap @m\n }\n}\n")
	return s.String()
}

func benchInput(b *testing.B, script string) {
	ns := newNS(b)
	load(b, ns, script)
	p := udp(ns, 0x0b000000, 0x0a000001, 1000, 53)
	dev := ns.DevByName("eth0")
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i++ {
		h := p.IP4()
		h.SetSrc(wire.IP4(0x0b000000 + uint32(i*7919)%8000000))
		if !ns.Hook(core.NFIPv4, core.LocalIn, dev, nil, nil, p) {
			b.Fatal("dropped")
		}
	}
}

func BenchmarkEmptyChain(b *testing.B) {
	benchInput(b, "table ip t {\n chain c {\n type filter hook input priority 0; policy accept;\n }\n}\n")
}

func BenchmarkMillionMap(b *testing.B) { benchInput(b, million(false)) }

func BenchmarkMillionIntervals(b *testing.B) { benchInput(b, million(true)) }

func BenchmarkThousandRules(b *testing.B) {
	var s strings.Builder
	s.WriteString("table ip t {\n chain c {\n type filter hook input priority 0; policy accept;\n")
	for i := 0; i < 1000; i++ {
		fmt.Fprintf(&s, "ip saddr 172.16.%d.%d udp dport %d drop\n", i/250, i%250, 1+i)
	}
	s.WriteString("}\n}\n")
	benchInput(b, s.String())
}

// TestMillion keeps the promise that big sets work, and find what is in them.
func TestMillion(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	ns := newNS(t)
	load(t, ns, million(false))
	s := nftables.Of(ns).List[0].Set("m")
	if s.Len() != 1000000 {
		t.Fatalf("%d elements", s.Len())
	}
	for _, i := range []uint32{0, 1, 12345, 999999} {
		a := 0x0b000000 + i*8
		k := []byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a)}
		if s.Lookup(k) == nil {
			t.Errorf("%d is missing", i)
		}
		k[3]++
		if s.Lookup(k) != nil {
			t.Errorf("%d+1 is there", i)
		}
	}
}
