package socket_test

import (
	"bytes"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/udp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

var lo = wire.IP4(0x7f000001).Addr()

// world is a machine with a loopback device, and the programs that run on it.
type world struct {
	NS    *core.Netns
	Progs []*socket.Program
}

func newWorld(t testing.TB) *world {
	t.Helper()
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(1), IDs: &core.IDs{}}
	ns := core.NewNetns(m, "h")
	core.NewSoftnet(m)
	ip := ipv4.New(ns)
	ip6 := ipv6.New(ns)
	tcp.New(ns)
	udp.New(ns)
	raw.New(ns)
	d := device.NewLoopback(ns)
	d.Flags |= core.IFFUp
	ip.DevUp(d)
	ip6.DevUp(d)
	return &world{NS: ns}
}

func (w *world) start(name string, app socket.App, at sim.Time) *socket.Program {
	p := socket.NewProgram(w.NS, name, app)
	w.Progs = append(w.Progs, p)
	p.Start(at)
	return p
}

func (w *world) run(until sim.Time) { w.NS.Clock.RunUntil(until) }

// idle is a program that does nothing by itself.
type idle struct{}

func (idle) Run(*socket.Program) {}

func TestUDPEcho(t *testing.T) {
	w := newWorld(t)
	srv := &socket.EchoServer{Family: core.AFInet, Port: 7}
	w.start("echo", srv, 0)
	cli := &socket.Script{Keep: true, Steps: []socket.Step{
		{Call: socket.Call{Op: socket.OpSocket, Fam: core.AFInet, Kind: core.SockDgram}},
		{Call: socket.Call{Op: socket.OpConnect, Addr: lo, Port: 7}},
		{Call: socket.Call{Op: socket.OpSend, Data: []byte("hello")}},
		{Call: socket.Call{Op: socket.OpRecv}},
		{At: sim.Second, Call: socket.Call{Op: socket.OpClose}},
	}}
	w.start("client", cli, sim.Millisecond)
	w.run(sim.Second / 2)
	if string(cli.Read) != "hello" || srv.Err != 0 || cli.Done() {
		t.Errorf("read %q, server %v, results %v", cli.Read, srv.Err, cli.Results)
	}
	w.run(2 * sim.Second)
	if !cli.Done() || w.NS.MIB[step.UdpInDatagrams] != 2 || w.NS.MIB[step.UdpOutDatagrams] != 2 {
		t.Errorf("done %v, UdpInDatagrams %d, UdpOutDatagrams %d", cli.Done(), w.NS.MIB[step.UdpInDatagrams], w.NS.MIB[step.UdpOutDatagrams])
	}
	if m := w.NS.Machine; m.Allocated != m.Freed {
		t.Errorf("%d buffers allocated, %d freed", m.Allocated, m.Freed)
	}
}

// TestUDPClosed is [b02]: the first datagram goes, its ICMP error makes the
// next call of a connected socket fail, and that counts in IpOutDiscards.
func TestUDPClosed(t *testing.T) {
	w := newWorld(t)
	p := socket.NewProgram(w.NS, "p", idle{})
	fd, _ := p.Socket(core.AFInet, core.SockDgram, 0)
	if e := p.Connect(fd, lo, 9000); e != 0 {
		t.Fatal(e)
	}
	if n, e := p.Send(fd, []byte("x"), 0); n != 1 || e != 0 {
		t.Fatal(n, e)
	}
	w.run(sim.Millisecond)
	if got := p.Poll(fd); got&socket.PollErr == 0 {
		t.Errorf("poll %#x", got)
	}
	if _, e := p.Send(fd, []byte("x"), 0); e != step.ECONNREFUSED {
		t.Errorf("the second send: %v", e)
	}
	if w.NS.MIB[step.IpOutDiscards] != 1 || w.NS.MIB[step.UdpNoPorts] != 1 || w.NS.MIB[step.UdpOutDatagrams] != 1 {
		t.Errorf("IpOutDiscards %d UdpNoPorts %d UdpOutDatagrams %d", w.NS.MIB[step.IpOutDiscards], w.NS.MIB[step.UdpNoPorts], w.NS.MIB[step.UdpOutDatagrams])
	}
	// An unconnected one hears nothing.
	fd2, _ := p.Socket(core.AFInet, core.SockDgram, 0)
	p.SendTo(fd2, []byte("x"), lo, 9000, 0)
	w.run(2 * sim.Millisecond)
	if v, _ := p.GetSockOpt(fd2, socket.SOError); v != 0 {
		t.Errorf("SO_ERROR %d", v)
	}
	p.Exit()
	if m := w.NS.Machine; m.Allocated != m.Freed {
		t.Errorf("%d buffers allocated, %d freed", m.Allocated, m.Freed)
	}
}

// TestSendErrors is [b11] and what else a send can fail with.
func TestSendErrors(t *testing.T) {
	w := newWorld(t)
	p := socket.NewProgram(w.NS, "p", idle{})
	dgram, _ := p.Socket(core.AFInet, core.SockDgram, 0)
	far := wire.IP4(0x0a4d0001).Addr()
	if _, e := p.SendTo(dgram, nil, far, 9, 0); e != step.ENETUNREACH {
		t.Errorf("no route: %v", e)
	}
	if w.NS.MIB[step.IpOutNoRoutes] != 1 {
		t.Errorf("IpOutNoRoutes %d", w.NS.MIB[step.IpOutNoRoutes])
	}
	if _, e := p.Send(dgram, nil, 0); e != step.EDESTADDRREQ {
		t.Errorf("no destination: %v", e)
	}
	if _, e := p.SendTo(dgram, nil, lo, 0, core.MsgOOB); e != step.EOPNOTSUPP {
		t.Errorf("urgent: %v", e)
	}
	if _, e := p.SendTo(dgram, nil, lo, 0, 0); e != step.EINVAL {
		t.Errorf("port 0: %v", e)
	}
	for _, n := range []int{65508, 70000} {
		if _, e := p.SendTo(dgram, make([]byte, n), lo, 9, 0); e != step.EMSGSIZE {
			t.Errorf("%d bytes: %v", n, e)
		}
	}
	if _, e := p.Send(99, nil, 0); e != step.EBADF {
		t.Errorf("fd 99: %v", e)
	}
	if e := p.Bind(dgram, far, 1); e != step.EINVAL && e != step.EADDRNOTAVAIL {
		t.Errorf("bind: %v", e)
	}
	other, _ := p.Socket(core.AFInet, core.SockDgram, 0)
	if e := p.Bind(other, far, 5000); e != step.EADDRNOTAVAIL {
		t.Errorf("bind to a stranger's address: %v", e)
	}
	p.Root = false
	if e := p.Bind(other, lo, 80); e != step.EACCES {
		t.Errorf("port 80 without privilege: %v", e)
	}
	if _, e := p.Socket(core.AFInet, core.SockRaw, 1); e != step.EPERM {
		t.Errorf("raw socket without privilege: %v", e)
	}
	if _, e := p.Socket(core.AFInet, core.SockDgram, 1); e != step.EACCES {
		t.Errorf("ping socket outside ping_group_range: %v", e)
	}
	if _, e := p.Socket(77, core.SockDgram, 0); e != step.EAFNOSUPPORT {
		t.Errorf("family 77: %v", e)
	}
}

// TestRcvBufOption: the kernel doubles the value, and has a least one.
func TestRcvBufOption(t *testing.T) {
	w := newWorld(t)
	p := socket.NewProgram(w.NS, "p", idle{})
	fd, _ := p.Socket(core.AFInet, core.SockDgram, 0)
	for _, tt := range [][2]int{{1, 2304}, {1152, 2304}, {1153, 2306}, {100000, 200000}, {99999999, 2 * 4194304}} {
		p.SetSockOpt(fd, socket.SORcvBuf, tt[0])
		if v, _ := p.GetSockOpt(fd, socket.SORcvBuf); v != tt[1] {
			t.Errorf("SO_RCVBUF %d: %d, want %d", tt[0], v, tt[1])
		}
	}
}

func TestPing(t *testing.T) {
	for _, a := range []wire.Addr{lo, {Lo: 1}} {
		w := newWorld(t)
		g := &socket.Ping{Addr: a}
		for i := range 3 {
			g.Requests = append(g.Requests, socket.Echo{At: sim.Time(i) * sim.Second, ID: 77, Seq: uint16(i + 1), Data: make([]byte, 56)})
		}
		p := w.start("ping", g, 0)
		w.run(5 * sim.Second)
		if g.Sent != 3 || g.Got != 3 || g.LastErr != 0 {
			t.Errorf("%v: sent %d, got %d, %v", a, g.Sent, g.Got, g.LastErr)
		}
		p.Exit()
		if m := w.NS.Machine; m.Allocated != m.Freed {
			t.Errorf("%v: %d buffers allocated, %d freed", a, m.Allocated, m.Freed)
		}
	}
}

// client connects, sends data, and reads it back until the end.
func client(family uint16, addr wire.Addr, data []byte) *socket.Script {
	return &socket.Script{Keep: true, Steps: []socket.Step{
		{Call: socket.Call{Op: socket.OpSocket, Fam: family, Kind: core.SockStream}},
		{Call: socket.Call{Op: socket.OpConnect, Addr: addr, Port: 7}},
		{Call: socket.Call{Op: socket.OpSend, Data: data}},
		{Fill: len(data), Call: socket.Call{Op: socket.OpRecv}},
		{Call: socket.Call{Op: socket.OpShutdown, N: socket.ShutWr}},
		{Call: socket.Call{Op: socket.OpRecv}},
		{Call: socket.Call{Op: socket.OpClose}},
	}}
}

func TestTCPEcho(t *testing.T) {
	for _, n := range []int{1, 5000, 300000} {
		w := newWorld(t)
		w.start("echo", &socket.EchoServer{Family: core.AFInet, TCP: true, Port: 7}, 0)
		data := bytes.Repeat([]byte("packetwalk"), n/10+1)[:n]
		c := client(core.AFInet, lo, data)
		w.start("client", c, sim.Millisecond)
		w.run(20 * sim.Second)
		if !c.Done() || !bytes.Equal(c.Read, data) {
			t.Errorf("%d bytes: done %v, read %d, results %v, doing %+v", n, c.Done(), len(c.Read), c.Results, c.Doing())
		}
		for i, e := range c.Results {
			if e != 0 {
				t.Errorf("%d bytes: call %d: %v", n, i, e)
			}
		}
	}
}

// TestConnectRefused: nobody listens.
func TestConnectRefused(t *testing.T) {
	w := newWorld(t)
	c := client(core.AFInet, lo, []byte("x"))
	w.start("client", c, 0)
	w.run(sim.Second)
	if len(c.Results) < 2 || c.Results[1] != step.ECONNREFUSED {
		t.Errorf("results %v", c.Results)
	}
}

// TestFork: a world with programs asleep in system calls is copied, and both
// copies come to the same end.
func TestFork(t *testing.T) {
	w := newWorld(t)
	data := bytes.Repeat([]byte("x"), 10000)
	w.start("echo", &socket.EchoServer{Family: core.AFInet, TCP: true, Port: 7}, 2*sim.Millisecond)
	w.start("late", &socket.EchoServer{Family: core.AFInet, Port: 9}, sim.Second)
	c := client(core.AFInet, lo, data)
	c.Steps[3].At = sim.Second
	w.start("client", c, 3*sim.Millisecond)
	w.run(sim.Second / 2)
	w2, _ := sim.Fork(w)
	for _, x := range []*world{w, w2} {
		x.run(5 * sim.Second)
		s := x.Progs[2].App.(*socket.Script)
		if !s.Done() || !bytes.Equal(s.Read, data) {
			t.Errorf("done %v, read %d bytes, results %v", s.Done(), len(s.Read), s.Results)
		}
	}
	if w.NS.MIB != w2.NS.MIB {
		t.Error("the copies' counters differ")
	}
}

// TestSink reads at a limited rate, and Responder answers.
func TestSinkAndResponder(t *testing.T) {
	w := newWorld(t)
	s := &socket.Sink{Family: core.AFInet, Port: 9, Rate: 1000}
	w.start("sink", s, 0)
	r := &socket.Responder{Family: core.AFInet, Port: 53, Delay: 5 * sim.Millisecond, Answers: [][]byte{[]byte("one"), []byte("two")}}
	w.start("dns", r, 0)
	c := &socket.Script{Keep: true, Steps: []socket.Step{
		{At: sim.Millisecond, Call: socket.Call{Op: socket.OpSocket, Fam: core.AFInet, Kind: core.SockDgram}},
		{Call: socket.Call{Op: socket.OpSend, Addr: lo, Port: 9, Data: make([]byte, 500)}},
		{Call: socket.Call{Op: socket.OpSend, Addr: lo, Port: 9, Data: make([]byte, 500)}},
		{Call: socket.Call{Op: socket.OpSend, Addr: lo, Port: 53, Data: []byte("?")}},
		{Call: socket.Call{Op: socket.OpSend, Addr: lo, Port: 53, Data: []byte("?")}},
		{Call: socket.Call{Op: socket.OpRecv}},
		{Call: socket.Call{Op: socket.OpRecv}},
	}}
	w.start("client", c, 0)
	w.run(sim.Second / 4)
	if s.Got != 500 {
		t.Errorf("after a quarter of a second %d bytes are read, at 1000 a second", s.Got)
	}
	if string(c.Read) != "onetwo" {
		t.Errorf("answers %q", c.Read)
	}
	w.run(sim.Second)
	if s.Got != 1000 || s.Packets != 2 {
		t.Errorf("%d bytes in %d packets", s.Got, s.Packets)
	}
}

// TestTrace: the call chain is the kernel's, as [b01] shows it.
func TestTrace(t *testing.T) {
	w := newWorld(t)
	p := socket.NewProgram(w.NS, "p", idle{})
	fd, _ := p.Socket(core.AFInet, core.SockDgram, 0)
	p.Bind(fd, lo, 9000)
	w.run(sim.Millisecond)
	tr := &trace.Tracer{Mode: trace.Record, Clock: w.NS.Clock}
	w.NS.Trace = tr
	p.SendTo(fd, []byte("hello"), lo, 9000, 0)
	w.run(2 * sim.Millisecond)
	p.Recv(fd, make([]byte, 10), 0)
	want := []step.Step{step.SysSendto, step.UdpSendmsg, step.UdpSendSkb, step.UdpRcv, step.Udp4LibRcv, step.UdpUnicastRcvSkb,
		step.UdpQueueRcvOneSkb, step.UdpEnqueueScheduleSkb, step.SockDefReadable, step.SysRecvfrom, step.SockRecvmsg, step.UdpRecvmsg}
	i, tps := 0, map[step.TP]int{}
	for k := range tr.Log.Events {
		e := &tr.Log.Events[k]
		switch {
		case e.Kind == trace.Call && i < len(want) && step.Step(e.Code) == want[i]:
			i++
		case e.Kind == trace.Point:
			tps[step.TP(e.Code)]++
		}
	}
	if i < len(want) {
		t.Errorf("%v is missing, or out of order", want[i])
	}
	if tps[step.SockSendLength] != 1 || tps[step.SockRecvLength] != 1 || tps[step.SkDataReady] != 1 {
		t.Errorf("tracepoints: %v", tps)
	}
}

// loseSome is a netfilter hook that drops the first packets that come in.
type loseSome struct{ n int }

func (l *loseSome) Run(ns *core.Netns, st *core.HookState, b *core.SKB) core.Verdict {
	if l.n > 0 {
		l.n--
		return core.Drop
	}
	return core.Accept
}

// TestConnectSleeps: the first SYN is lost, so connect() sleeps until the
// second is answered, a second later; a program that will not sleep gets
// EINPROGRESS, then EALREADY.
func TestConnectSleeps(t *testing.T) {
	w := newWorld(t)
	w.start("echo", &socket.EchoServer{Family: core.AFInet, TCP: true, Port: 7}, 0)
	w.run(sim.Millisecond)
	w.NS.AddHook(core.NFIPv4, core.LocalIn, 0, &loseSome{2})
	p := socket.NewProgram(w.NS, "p", idle{})
	fd, _ := p.Socket(core.AFInet, core.SockStream, 0)
	if e := p.Connect(fd, lo, 7); e != step.EINPROGRESS {
		t.Errorf("connect without sleep: %v", e)
	}
	if e := p.Connect(fd, lo, 7); e != step.EALREADY {
		t.Errorf("once more: %v", e)
	}
	c := client(core.AFInet, lo, []byte("hello"))
	w.start("client", c, 2*sim.Millisecond)
	w.run(sim.Second / 2)
	if d := c.Doing(); d == nil || d.Call.Op != socket.OpConnect {
		t.Fatalf("the program does not sleep in connect: %+v %v", d, c.Results)
	}
	w.run(3 * sim.Second)
	if !c.Done() || string(c.Read) != "hello" {
		t.Errorf("done %v, read %q, results %v", c.Done(), c.Read, c.Results)
	}
	if e := p.Connect(fd, lo, 7); e != 0 {
		t.Errorf("connected: %v", e)
	}
	if e := p.Connect(fd, lo, 7); e != step.EISCONN {
		t.Errorf("connected, and asked before: %v", e)
	}
}

// TestOptions: what is set is read back, and wrong ones are refused.
func TestOptions(t *testing.T) {
	w := newWorld(t)
	p := socket.NewProgram(w.NS, "p", idle{})
	u, _ := p.Socket(core.AFInet, core.SockDgram, 0)
	c, _ := p.Socket(core.AFInet, core.SockStream, 0)
	for _, tt := range []struct {
		fd   int
		o    socket.Opt
		v    int
		want core.Errno
	}{
		{u, socket.SOBroadcast, 1, 0}, {u, socket.IPTOS, 0x10, 0}, {u, socket.IPTTL, 5, 0}, {u, socket.IPTTL, 0, step.EINVAL},
		{u, socket.IPTTL, 256, step.EINVAL}, {u, socket.IPMTUDiscover, 9, step.EINVAL}, {u, socket.IPRecvErr, 1, 0},
		{u, socket.IPHdrIncl, 1, step.ENOPROTOOPT}, {u, socket.TCPNoDelay, 1, step.ENOPROTOOPT}, {u, socket.SOBindToIfindex, -1, step.EINVAL},
		{c, socket.TCPNoDelay, 1, 0}, {c, socket.TCPKeepIdle, 0, step.EINVAL}, {c, socket.SOKeepAlive, 1, 0}, {c, socket.UDPCork, 1, step.ENOPROTOOPT},
		{99, socket.IPTOS, 0, step.EBADF},
	} {
		if e := p.SetSockOpt(tt.fd, tt.o, tt.v); e != tt.want {
			t.Errorf("option %d = %d on fd %d: %v, want %v", tt.o, tt.v, tt.fd, e, tt.want)
		}
	}
	for _, tt := range [][2]int{{int(socket.IPTOS), 0x10}, {int(socket.IPTTL), 5}, {int(socket.IPRecvErr), 1}, {int(socket.SOPriority), 6}} {
		if v, _ := p.GetSockOpt(u, socket.Opt(tt[0])); v != tt[1] {
			t.Errorf("option %d reads %d, want %d", tt[0], v, tt[1])
		}
	}
}

// TestCork: pieces written with MSG_MORE leave as one datagram; over IPv6 too.
func TestCork(t *testing.T) {
	for _, x := range []struct {
		family uint16
		addr   wire.Addr
	}{{core.AFInet, lo}, {core.AFInet6, wire.Addr{Lo: 1}}, {core.AFInet6, lo}} {
		w := newWorld(t)
		p := socket.NewProgram(w.NS, "p", idle{})
		in, _ := p.Socket(x.family, core.SockDgram, 0)
		if e := p.Bind(in, wire.Addr{}, 9000); e != 0 {
			t.Fatal(e)
		}
		out, _ := p.Socket(x.family, core.SockDgram, 0)
		p.SendTo(out, []byte("one "), x.addr, 9000, core.MsgMore)
		p.SendTo(out, []byte("two "), x.addr, 9000, core.MsgMore)
		if n, e := p.SendTo(out, []byte("three"), x.addr, 9000, 0); n != 5 || e != 0 {
			t.Error(n, e)
		}
		w.run(sim.Millisecond)
		buf := make([]byte, 100)
		c := p.RecvFrom(in, buf, 0)
		if c.Err != 0 || string(buf[:c.Ret]) != "one two three" || c.From != x.addr {
			t.Errorf("%v: read %q from %v, %v", x.addr, buf[:c.Ret], c.From, c.Err)
		}
		if _, e := p.Recv(in, buf, 0); e != step.EAGAIN {
			t.Errorf("a second datagram: %v", e)
		}
	}
}

// TestFollowSent: a captured datagram goes down with its own bytes, and the
// socket that must have sent it is there to hear the answer.
func TestFollowSent(t *testing.T) {
	w := newWorld(t)
	ns := w.NS
	p := socket.NewProgram(ns, "p", idle{})
	in, _ := p.Socket(core.AFInet, core.SockDgram, 0)
	p.Bind(in, lo, 9000)
	pkt := func(dst wire.IP4) *core.SKB {
		const n = wire.IPv4MinLen + wire.UDPLen + 4
		b := ns.AllocSKB(core.Headroom, n, 17)
		d := b.Put(n)
		clear(d)
		h := wire.IPv4(d)
		h.SetVersionIHL(wire.IPv4MinLen)
		h.SetTotalLen(n)
		h.SetTTL(63) // no model would choose it
		h.SetProto(wire.ProtoUDP)
		h.SetSrc(lo.IP4())
		h.SetDst(dst)
		h.ComputeChecksum()
		uh := wire.UDP(h[wire.IPv4MinLen:])
		uh.SetSrcPort(40000)
		uh.SetDstPort(9000)
		uh.SetLen(wire.UDPLen + 4)
		copy(uh.Payload(), "data")
		uh.ComputeChecksum(wire.PseudoHeader4(lo.IP4(), dst, wire.ProtoUDP, wire.UDPLen+4))
		b.ResetNetwork()
		b.Transport = b.Network + wire.IPv4MinLen
		b.Protocol = uint16(wire.EtherTypeIPv4)
		return b
	}
	if !udp.Of(ns).FollowSent(pkt(lo.IP4())) {
		t.Error("not sent")
	}
	w.run(sim.Millisecond)
	buf := make([]byte, 100)
	if c := p.RecvFrom(in, buf, 0); c.Err != 0 || string(buf[:c.Ret]) != "data" || c.FromPort != 40000 {
		t.Errorf("read %q from port %d, %v", buf[:c.Ret], c.FromPort, c.Err)
	}
	if ns.MIB[step.UdpOutDatagrams] != 1 {
		t.Errorf("UdpOutDatagrams %d", ns.MIB[step.UdpOutDatagrams])
	}
	if sk := udp.Of(ns).EnsureSocket(lo, 40000); sk.Sport != 40000 {
		t.Errorf("the sender's socket is not there")
	}
	if udp.Of(ns).FollowSent(pkt(0x0a4d0001)) {
		t.Error("sent without a route")
	}
	p.Exit()
	if m := ns.Machine; m.Allocated != m.Freed {
		t.Errorf("%d buffers allocated, %d freed", m.Allocated, m.Freed)
	}
}
