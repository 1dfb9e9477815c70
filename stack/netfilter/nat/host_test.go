package nat_test

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/netfilter/nat"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/udp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A lan is three namespaces of one machine in a row: client 10.0.1.10, router
// 10.0.1.1 and 10.0.2.1, server 10.0.2.10.
type lan struct {
	t       *testing.T
	w       *stack.World
	c, r, s *stack.Host
}

func addr(a, b, c, d byte) wire.IP4 {
	return wire.IP4(a)<<24 | wire.IP4(b)<<16 | wire.IP4(c)<<8 | wire.IP4(d)
}

func newLan(t *testing.T) *lan {
	w := stack.NewWorld(3)
	l := &lan{t: t, w: w, r: w.AddHost("r")}
	l.c, l.s = l.r.AddNetns(w, "c"), l.r.AddNetns(w, "s")
	w.SetTracer(&trace.Tracer{Mode: trace.Count})
	l.r.NS.Sysctl.IPForward = 1
	l.r.NS.Sysctl.ConfAll.Forwarding, l.r.NS.Sysctl.ConfDefault.Forwarding = 1, 1
	for i, h := range []*stack.Host{l.c, l.s} {
		h.Up(h.NS.Loopback)
		a, b := device.NewVethPair(h.NS, "eth0", l.r.NS, []string{"eth0", "eth1"}[i])
		a.Dev.Addr, b.Dev.Addr = wire.MAC(0x020000000010+i), wire.MAC(0x020000000001+i)
		h.Up(a.Dev)
		l.r.Up(b.Dev)
		l.ok(h.IPv4.AddAddr(a.Dev, addr(10, 0, byte(i+1), 10), 24, ipv4.AddrOpts{}))
		l.ok(l.r.IPv4.AddAddr(b.Dev, addr(10, 0, byte(i+1), 1), 24, ipv4.AddrOpts{}))
		l.ok(h.IPv4.AddRoute(ipv4.Route{Scope: -1, NH: []ipv4.Nexthop{{Gw: addr(10, 0, byte(i+1), 1)}}}))
	}
	w.Run(5 * sim.Second)
	return l
}

func (l *lan) ok(e core.Errno) {
	l.t.Helper()
	if e != 0 {
		l.t.Fatalf("unexpected %v", e)
	}
}

func (l *lan) run(d sim.Time) { l.w.Run(l.w.Clock.Now() + d) }

// An action is a chain that calls a function for the first packet of each
// connection.
type action struct {
	fn func(ns *core.Netns, st *core.HookState, b *core.SKB, c *conntrack.Conn) core.Verdict
}

func (a *action) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	c, _ := conntrack.Get(b)
	return a.fn(ns, st, b, c)
}

// TestTCPThroughNAT: a program connects to the router's port 8080 and talks to
// the server behind it, which sees the router as the client.
func TestTCPThroughNAT(t *testing.T) {
	l := newLan(t)
	ct := conntrack.Enable(l.r.NS, core.NFIPv4)
	nat.AddChain(l.r.NS, core.NFIPv4, core.PreRouting, -100, &action{func(_ *core.Netns, _ *core.HookState, _ *core.SKB, c *conntrack.Conn) core.Verdict {
		to := addr(10, 0, 2, 10).Addr()
		return nat.Setup(c, &nat.Range{Flags: nat.MapIPs | nat.ProtoSpecified, MinAddr: to, MaxAddr: to, MinProto: 80, MaxProto: 80}, nat.Dst)
	}})
	nat.AddChain(l.r.NS, core.NFIPv4, core.PostRouting, 100, &action{func(ns *core.Netns, st *core.HookState, b *core.SKB, _ *conntrack.Conn) core.Verdict {
		return nat.Masquerade(ns, st, b, &nat.Range{})
	}})
	srv := tcp.NewSock(l.s.NS, core.AFInet)
	l.ok(srv.Bind(wire.Addr{}, 80))
	l.ok(srv.Listen(5))
	cl := tcp.NewSock(l.c.NS, core.AFInet)
	cl.Connect(addr(10, 0, 1, 1).Addr(), 8080)
	l.run(sim.Second)
	peer := srv.Accept()
	if peer == nil {
		t.Fatal("no connection")
	}
	if peer.Daddr != addr(10, 0, 2, 1).Addr() {
		t.Errorf("the server sees %v", peer.Daddr)
	}
	big := make([]byte, 60000)
	for i := range big {
		big[i] = byte(i * 31)
	}
	if n, e := cl.Send(big, 0); e != 0 || n == 0 {
		t.Fatalf("%d %v", n, e)
	}
	l.run(sim.Second)
	got, buf := 0, make([]byte, 70000)
	for {
		n, e := peer.Recv(buf, 0)
		if n <= 0 || e != 0 {
			break
		}
		for i := range n {
			if buf[i] != big[got+i] {
				t.Fatalf("byte %d is wrong", got+i)
			}
		}
		got += n
	}
	if got < 20000 {
		t.Errorf("%d bytes came", got)
	}
	c, _ := ct.Find(&conntrack.Tuple{Src: addr(10, 0, 1, 10).Addr(), Dst: addr(10, 0, 1, 1).Addr(), Sport: cl.Sport, Dport: 8080, Proto: 6}, conntrack.Zone{})
	if c == nil || c.TCP.State != conntrack.TCPEstablished || c.Status&conntrack.Assured == 0 {
		t.Fatalf("%+v", c)
	}
	cl.Close()
	peer.Close()
	l.run(sim.Second)
	if c.TCP.State != conntrack.TCPTimeWait {
		t.Errorf("state %d after both closed", c.TCP.State)
	}
	l.run(300 * sim.Second)
	if ct.Count() != 0 {
		t.Errorf("%d connections are left", ct.Count())
	}
	if held, live := len(l.w.Held()), l.w.Live(); uint64(held) != live {
		t.Errorf("%d buffers are allocated, %d can be found", live, held)
	}
}

// TestLoopback: conntrack sees a packet of the loopback device twice, and counts
// it once; a redirect in LOCAL_OUT brings packets for elsewhere here.
func TestLoopback(t *testing.T) {
	l := newLan(t)
	ct := conntrack.Enable(l.c.NS, core.NFIPv4)
	lo := addr(127, 0, 0, 1).Addr()
	srv, cl := udp.NewSock(l.c.NS, core.AFInet), udp.NewSock(l.c.NS, core.AFInet)
	l.ok(srv.Bind(lo, 53)) // so that its answers come from there
	l.ok(cl.Bind(wire.Addr{}, 5000))
	send := func(from *udp.Sock, to wire.Addr, port uint16) {
		t.Helper()
		if _, e := from.SendTo([]byte("hello"), to, port, 0); e != 0 {
			t.Fatal(e)
		}
		l.run(sim.Second / 10)
	}
	recv := func(s *udp.Sock) udp.Msg {
		t.Helper()
		m, e := s.Recv(make([]byte, 100), 0)
		if e != 0 {
			t.Fatal(e)
		}
		return m
	}
	send(cl, lo, 53)
	recv(srv)
	send(srv, lo, 5000)
	recv(cl)
	var c *conntrack.Conn
	ct.Each(func(x *conntrack.Conn) bool { c = x; return true })
	if ct.Count() != 1 || c.Counters[0].Packets != 1 || c.Counters[1].Packets != 1 {
		t.Errorf("%d connections, %+v", ct.Count(), c.Counters)
	}
	nat.AddChain(l.c.NS, core.NFIPv4, core.LocalOut, -100, &action{func(ns *core.Netns, st *core.HookState, b *core.SKB, c *conntrack.Conn) core.Verdict {
		if c.Tuple(conntrack.Original).Dport != 80 {
			return core.Accept
		}
		return nat.Redirect(ns, st, b, &nat.Range{Flags: nat.ProtoSpecified, MinProto: 53, MaxProto: 53})
	}})
	far := addr(10, 0, 2, 10).Addr()
	send(cl, far, 80)
	m := recv(srv)
	send(srv, m.Addr, m.Port)
	if m := recv(cl); m.Addr != far || m.Port != 80 {
		t.Errorf("the answer comes from %v:%d, not from where it was sent to", m.Addr, m.Port)
	}
	if held, live := len(l.w.Held()), l.w.Live(); uint64(held) != live {
		t.Errorf("%d buffers are allocated, %d can be found", live, held)
	}
}
