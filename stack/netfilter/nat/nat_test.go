package nat

import (
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

const (
	fSyn = wire.TCPSyn
	fAck = wire.TCPAck
)

// expect checks what left.
func (w *world) expect(got, want string) {
	w.t.Helper()
	if got != want {
		w.t.Errorf("left: %s\nwant: %s", got, want)
	}
}

func TestDNAT(t *testing.T) {
	w := newWorld(t, trace.Record)
	r := w.rule(core.PreRouting, &rule{proto: wire.ProtoTCP, dport: 8080, fn: dnat(server, 80)})
	w.expect(w.fwd(0, tcp(client, inside, 4000, 8080, fSyn, 100, 0, "")), "eth1 10.0.1.10:4000 > 10.0.2.10:80 100/0")
	w.expect(w.fwd(1, tcp(server, client, 80, 4000, fSyn|fAck, 500, 101, "")), "eth0 10.0.1.1:8080 > 10.0.1.10:4000 500/101")
	golden(t, "dnat", w.walked())
	w.expect(w.fwd(0, tcp(client, inside, 4000, 8080, fAck, 101, 501, "GET")), `eth1 10.0.1.10:4000 > 10.0.2.10:80 101/501 "GET"`)
	if r.n != 1 {
		t.Errorf("the rules saw %d packets, want the first one only", r.n)
	}
	w.conserved()
}

func TestMasquerade(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.PostRouting, &rule{src: client, fn: masquerade})
	w.expect(w.fwd(0, udp(client, server, 4000, 53)), "eth1 10.0.2.1:4000 > 10.0.2.10:53")
	w.expect(w.fwd(1, udp(server, outside, 53, 4000)), "eth0 10.0.2.10:53 > 10.0.1.10:4000")
	golden(t, "masquerade", w.walked())

	// The error that a router behind sends about the first packet.
	about := udp(outside, server, 4000, 53)
	w.expect(w.fwd(1, icmp(ip(10, 0, 2, 254), outside, 11, 0, 0, about[:28])),
		"eth0 10.0.2.254 > 10.0.1.10 icmp 11/0 [10.0.1.10:4000 > 10.0.2.10:53]")
	golden(t, "icmp", w.walked())

	// The address is gone: so is the connection.
	w.ok(w.ip.DelAddr(w.eth[1], outside, 24))
	if n := conntrack.Of(w.ns).Count(); n != 0 {
		t.Errorf("%d connections after the address went", n)
	}
	if n := Of(w.ns).mapped; n != 0 {
		t.Errorf("%d sources are still mapped", n)
	}
	w.conserved()
}

// TestMasqueradeDevice: what leaves by another device than before is dropped,
// and its connection forgotten; a device that goes down forgets all.
func TestMasqueradeDevice(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.PostRouting, &rule{src: client, fn: masquerade})
	w.fwd(0, udp(client, server, 4000, 53))
	w.fwd(1, udp(server, outside, 53, 4000))
	c, _ := conntrack.Of(w.ns).Find(&conntrack.Tuple{Src: client.Addr(), Dst: server.Addr(), Sport: 4000, Dport: 53, Proto: 17}, conntrack.Zone{})
	c.MasqIndex = 99
	w.expect(w.fwd(0, udp(client, server, 4000, 53)), "")
	if n := conntrack.Of(w.ns).Count(); n != 0 {
		t.Errorf("%d connections", n)
	}
	w.fwd(0, udp(client, server, 4000, 53))
	w.ip.DevDown(w.eth[1])
	if n := conntrack.Of(w.ns).Count(); n != 0 {
		t.Errorf("%d connections after the device went down", n)
	}
	w.conserved()
}

func TestInvalid(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.PostRouting, &rule{src: client, fn: masquerade})
	w.fwd(0, tcp(client, server, 4000, 80, fSyn, 100, 0, ""))
	w.fwd(1, tcp(server, outside, 80, 4000, fSyn|fAck, 500, 101, ""))
	w.fwd(0, tcp(client, server, 4000, 80, fAck, 101, 501, ""))
	w.walked()
	w.expect(w.fwd(0, tcp(client, server, 4000, 80, fAck, 101+1e6, 501, "x")), `eth1 10.0.1.10:4000 > 10.0.2.10:80 1000101/501 "x"`)
	golden(t, "invalid", w.walked())
	w.conserved()
}

// TestPorts is which port a source gets (nf_nat_l4proto_unique_tuple).
func TestPorts(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.PostRouting, &rule{fn: masquerade})
	other := ip(10, 0, 1, 11)
	class := func(p []byte) string {
		w.t.Helper()
		w.sent = nil
		w.rx(0, p)
		if len(w.sent) != 1 {
			return fmt.Sprint(len(w.sent), " packets")
		}
		switch port := be16(w.sent[0].p[20:]); {
		case port == be16(p[20:]):
			return "the same"
		case port < 512:
			return "below 512"
		case port >= 600 && port < 1024:
			return "600 to 1023"
		case port < 1024:
			return "wrong"
		}
		return "1024 and above"
	}
	for _, c := range []struct {
		sport uint16
		want  string
	}{{40000, "1024 and above"}, {1024, "1024 and above"}, {1023, "600 to 1023"}, {600, "600 to 1023"}, {512, "600 to 1023"}, {511, "below 512"}, {53, "below 512"}} {
		if got := class(udp(client, server, c.sport, 9)); got != "the same" {
			t.Errorf("the first from port %d gets %s", c.sport, got)
		}
		if got := class(udp(other, server, c.sport, 9)); got != c.want {
			t.Errorf("the second from port %d gets %s, want %s", c.sport, got, c.want)
		}
		// Another server: the same port is free there, and the source is mapped
		// as before.
		if got := class(udp(client, ip(10, 0, 2, 11), c.sport, 9)); got != "the same" {
			t.Errorf("from port %d to another server: %s", c.sport, got)
		}
	}
	w.conserved()
}

// TestPortRange: ports of a range, until none is left.
func TestPortRange(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.PostRouting, &rule{fn: func(_ *core.Netns, _ *core.HookState, _ *core.SKB, c *conntrack.Conn) core.Verdict {
		return Setup(c, &Range{Flags: MapIPs | ProtoSpecified, MinAddr: outside.Addr(), MaxAddr: outside.Addr(), MinProto: 5000, MaxProto: 5003}, Src)
	}})
	seen := map[uint16]bool{}
	for i := range 4 {
		w.sent = nil
		w.rx(0, udp(client, server, uint16(4000+i), 53))
		if len(w.sent) != 1 {
			t.Fatalf("packet %d did not leave", i)
		}
		seen[be16(w.sent[0].p[20:])] = true
	}
	if len(seen) != 4 || !seen[5000] || !seen[5003] {
		t.Errorf("ports %v", seen)
	}
	// The fifth clashes: UDP is not told apart, so it goes out and only its
	// answers' tuple is missing: it cannot be resolved.
	before := conntrack.Of(w.ns).Stat.Drop
	w.sent = nil
	w.rx(0, udp(client, server, 4004, 53))
	if len(w.sent) != 0 || conntrack.Of(w.ns).Stat.Drop != before+1 {
		t.Errorf("%d left, %d drops", len(w.sent), conntrack.Of(w.ns).Stat.Drop-before)
	}
	w.conserved()
}

// TestTimeWaitReuse: in its last tries NAT takes the port of a connection that is
// over (nf_nat_used_tuple_harder).
func TestTimeWaitReuse(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.PostRouting, &rule{fn: func(_ *core.Netns, _ *core.HookState, _ *core.SKB, c *conntrack.Conn) core.Verdict {
		return Setup(c, &Range{Flags: MapIPs | ProtoSpecified, MinAddr: outside.Addr(), MaxAddr: outside.Addr(), MinProto: 5000, MaxProto: 5000 + 1}, Src)
	}})
	port := func() uint16 { return be16(w.sent[0].p[20:]) }
	fin := wire.TCPFin | fAck
	for i := range 2 {
		sp := uint16(4000 + i)
		w.fwd(0, tcp(client, server, sp, 80, fSyn, 100, 0, ""))
		p := port()
		w.fwd(1, tcp(server, outside, 80, p, fSyn|fAck, 500, 101, ""))
		w.fwd(0, tcp(client, server, sp, 80, fAck, 101, 501, ""))
		w.fwd(0, tcp(client, server, sp, 80, fin, 101, 501, ""))
		w.fwd(1, tcp(server, outside, 80, p, fin, 501, 102, ""))
		w.fwd(0, tcp(client, server, sp, 80, fAck, 102, 502, ""))
	}
	if got := w.fwd(0, tcp(client, server, 4002, 80, fSyn, 50, 0, "")); got != "" {
		t.Errorf("a lower number: %s", got)
	}
	if got := w.fwd(0, tcp(client, server, 4002, 80, fSyn, 9000, 0, "")); !strings.Contains(got, "10.0.2.1:500") {
		t.Errorf("a higher number: %q", got)
	}
	w.conserved()
}

// TestHairpin: a client reaches a server of its own network by the outer
// address; the source must be changed, too, or the answer would go past us.
func TestHairpin(t *testing.T) {
	w := newWorld(t, trace.Record)
	// The ICMP redirect about the first packet is lost in NAT's hook at LOCAL_OUT, as
	// on Linux: it is not decided yet what becomes of the connection's source.
	local := ip(10, 0, 1, 11)
	w.rule(core.PreRouting, &rule{dport: 8080, fn: dnat(local, 80)})
	w.rule(core.PostRouting, &rule{fn: masquerade})
	w.expect(w.fwd(0, tcp(client, outside, 4000, 8080, fSyn, 1, 0, "")), "eth0 10.0.1.1:4000 > 10.0.1.11:80 1/0")
	w.expect(w.fwd(0, tcp(local, inside, 80, 4000, fSyn|fAck, 9, 2, "")), "eth0 10.0.2.1:8080 > 10.0.1.10:4000 9/2")
	w.conserved()
}

// TestLocalOut: what this host sends is routed again after DNAT.
func TestLocalOut(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.LocalOut, &rule{fn: dnat(server, 0)})
	w.sent = nil
	w.ip.SendUnicastReply(w.probe(), inside, client, []byte{0x0f, 0xa0, 0, 53, 0, 8, 0, 0}, 17, 0, 0, 0, 0)
	w.run(sim.Second / 100)
	if len(w.sent) != 1 || w.sent[0].dev != 12 {
		t.Fatalf("%+v", w.sent)
	}
	w.expect(describe(t, w.sent[0].p), "10.0.1.1:4000 > 10.0.2.10:53")
}

func (w *world) probe() *core.SKB {
	b := w.ns.AllocSKB(core.Headroom, 28, 0)
	copy(b.Put(28), udp(client, inside, 53, 4000))
	b.ResetNetwork()
	b.Transport = b.Network + 20
	b.Protocol, b.Dev, b.IIF = uint16(wire.EtherTypeIPv4), w.eth[0], 11
	return b
}

func TestRedirectAndNetmap(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.PreRouting, &rule{dport: 80, fn: func(ns *core.Netns, st *core.HookState, b *core.SKB, _ *conntrack.Conn) core.Verdict {
		return Redirect(ns, st, b, &Range{Flags: ProtoSpecified, MinProto: 3128, MaxProto: 3128})
	}})
	w.rule(core.PreRouting, &rule{dport: 81, fn: func(_ *core.Netns, st *core.HookState, b *core.SKB, _ *conntrack.Conn) core.Verdict {
		return Netmap(st, b, &Range{MinAddr: ip(10, 0, 2, 0).Addr(), MaxAddr: ip(10, 0, 2, 255).Addr()})
	}})
	w.expect(w.fwd(0, udp(client, ip(192, 168, 7, 11), 4000, 81)), "eth1 10.0.1.10:4000 > 10.0.2.11:81")
	w.expect(w.fwd(1, udp(ip(10, 0, 2, 11), client, 81, 4000)), "eth0 192.168.7.11:81 > 10.0.1.10:4000")
	w.rx(0, tcp(client, server, 4000, 80, fSyn, 1, 0, ""))
	c, _ := conntrack.Of(w.ns).Find(&conntrack.Tuple{Src: client.Addr(), Dst: server.Addr(), Sport: 4000, Dport: 80, Proto: 6}, conntrack.Zone{})
	if c == nil {
		t.Fatal("no connection")
	}
	if r := c.Tuple(conntrack.Reply); r.Src != inside.Addr() || r.Sport != 3128 {
		t.Errorf("answers come from %v:%d", r.Src, r.Sport)
	}
	w.conserved()
}

// TestPing: the identifier stands for the port.
func TestPing(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.PostRouting, &rule{fn: masquerade})
	w.expect(w.fwd(0, icmp(client, server, 8, 0, 7<<16|1, nil)), "eth1 10.0.2.1 > 10.0.2.10 icmp 8/0 id 7")
	w.expect(w.fwd(1, icmp(server, outside, 0, 0, 7<<16|1, nil)), "eth0 10.0.2.10 > 10.0.1.10 icmp 0/0 id 7")
	w.sent = nil
	w.rx(0, icmp(ip(10, 0, 1, 11), server, 8, 0, 7<<16|1, nil))
	if len(w.sent) != 1 || be16(w.sent[0].p[24:]) == 7 {
		t.Errorf("the second client's identifier: %v", w.sent)
	}
	w.conserved()
}

// TestFTP: the data connection of an FTP session behind NAT.
func TestFTP(t *testing.T) {
	w := newWorld(t, trace.Record)
	w.rule(core.PostRouting, &rule{src: client, fn: masquerade})
	w.rule(core.PreRouting, &rule{dport: 21, fn: func(_ *core.Netns, _ *core.HookState, _ *core.SKB, c *conntrack.Conn) core.Verdict {
		if !c.SetHelper(conntrack.HelperFTP) {
			t.Error("no helper")
		}
		return core.Accept
	}})
	w.fwd(0, tcp(client, server, 4000, 21, fSyn, 100, 0, ""))
	w.fwd(1, tcp(server, outside, 21, 4000, fSyn|fAck, 500, 101, ""))
	w.fwd(0, tcp(client, server, 4000, 21, fAck, 101, 501, ""))
	w.expect(w.fwd(1, tcp(server, outside, 21, 4000, fAck, 501, 101, "220 hi\r\n")), `eth0 10.0.2.10:21 > 10.0.1.10:4000 501/101 "220 hi\r\n"`)
	w.expect(w.fwd(0, tcp(client, server, 4000, 21, fAck, 101, 509, "USER a\r\n")), `eth1 10.0.2.1:4000 > 10.0.2.10:21 101/509 "USER a\r\n"`)
	w.expect(w.fwd(0, tcp(client, server, 4000, 21, fAck, 109, 509, "PORT 10,0,1,10,20,1\r\n")), `eth1 10.0.2.1:4000 > 10.0.2.10:21 109/509 "PORT 10,0,2,1,20,1\r\n"`)
	e := conntrack.Of(w.ns).Expects()
	if len(e) != 1 {
		t.Fatalf("%d expectations", len(e))
	}
	// The server acknowledges a line that was one byte shorter.
	w.expect(w.fwd(1, tcp(server, outside, 21, 4000, fAck, 509, 109+20, "")), "eth0 10.0.2.10:21 > 10.0.1.10:4000 509/130")
	// The client's next line has its number moved.
	w.expect(w.fwd(0, tcp(client, server, 4000, 21, fAck, 130, 509, "LIST\r\n")), `eth1 10.0.2.1:4000 > 10.0.2.10:21 129/509 "LIST\r\n"`)
	// The data connection comes to the outer address, and finds the client.
	w.expect(w.fwd(1, tcp(server, outside, 20, 20<<8|1, fSyn, 7000, 0, "")), "eth0 10.0.2.10:20 > 10.0.1.10:5121 7000/0")
	if n := len(conntrack.Of(w.ns).Expects()); n != 0 {
		t.Errorf("%d expectations left", n)
	}
	w.conserved()
}

// BenchmarkForward is a packet of a masqueraded connection through all hooks.
func BenchmarkForward(b *testing.B) {
	w := newWorld(b, trace.Silent)
	w.ns.Trace = nil
	w.rule(core.PostRouting, &rule{src: client, fn: masquerade})
	w.fwd(0, udp(client, server, 4000, 53))
	w.fwd(1, udp(server, outside, 53, 4000))
	p := udp(client, server, 4000, 53)
	s := w.ns.AllocSKB(core.Headroom, len(p), 0)
	s.Put(len(p))
	s.ResetNetwork()
	s.Protocol, s.Dev, s.IIF = uint16(wire.EtherTypeIPv4), w.eth[0], 11
	b.ReportAllocs()
	for b.Loop() {
		copy(s.Data(), p)
		s.CsumValid = false
		w.ns.Hook(core.NFIPv4, core.PreRouting, w.eth[0], nil, nil, s)
		w.ns.Hook(core.NFIPv4, core.PostRouting, nil, w.eth[1], nil, s)
		s.ResetCT()
	}
}
