package tcp

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// All eleven states of RFC 9293 §3.3.2, each entered and left by the segment
// or call that figure 5 names.
func TestElevenStates(t *testing.T) {
	// CLOSE, LISTEN, (SYN_RECV,) ESTABLISHED, CLOSE_WAIT, LAST_ACK, CLOSE.
	b := newBench(t)
	b.sk = b.tcp.newSock(core.AFInet)
	b.state(core.TCPClose)
	b.established()
	if b.lis.State != core.TCPListen {
		t.Error("the listener does not listen")
	}
	b.state(core.TCPEstablished)
	b.rx(tseg{flags: "FA", seq: 1, ack: 1})
	b.state(core.TCPCloseWait)
	b.sk.Close()
	b.state(core.TCPLastAck)
	b.rx(tseg{flags: "A", seq: 2, ack: 2})
	b.state(core.TCPClose)

	// SYN_SENT, SYN_RECV by a simultaneous open (figure 8), ESTABLISHED,
	// FIN_WAIT1, FIN_WAIT2, TIME_WAIT.
	b = newBench(t)
	b.sk = b.tcp.newSock(core.AFInet)
	b.sk.Bind(here, 80)
	b.sk.Connect(there, 4000)
	b.state(core.TCPSynSent)
	b.sent = nil
	b.rx(tseg{flags: "S", mss: 1000})
	b.state(core.TCPSynRecv)
	b.tx("S. 0:0 ack 1 win 64240")
	b.rx(tseg{flags: "A", seq: 1, ack: 1})
	b.state(core.TCPEstablished)
	b.sk.Shutdown(core.SendShutdown)
	b.state(core.TCPFinWait1)
	// tcp_rcv_synsent_state_process keeps the window scale of our SYN although the
	// other one had none (seen on 6.18).
	b.tx("F. 1:0 ack 1 win 63")
	b.rx(tseg{flags: "A", seq: 1, ack: 2})
	b.state(core.TCPFinWait2)
	// Half closed: data still comes.
	b.rx(tseg{flags: "PA", seq: 1, ack: 2, n: 3})
	b.recv(3)
	b.sent = nil
	b.rx(tseg{flags: "FA", seq: 4, ack: 2})
	b.tx(". 2:0 ack 5 win 63")
	if b.tcp.TWCount != 1 {
		t.Error("no TIME_WAIT")
	}

	// FIN_WAIT1, CLOSING, TIME_WAIT (figure 13): TestSimultaneousClose.
}

// c15: a path that takes 1400 bytes only: the MSS shrinks and what is in
// flight goes again in two, at once (RFC 1191 §6.5).
func TestPathMTU(t *testing.T) {
	b := newBench(t).listen()
	b.rx(tseg{flags: "S", mss: 1460, sackOK: true})
	b.rx(tseg{flags: "A", seq: 1, ack: 1})
	b.sk = b.lis.Accept()
	b.sent = nil
	b.send(1460)
	b.tx("P. 1:1460 ack 1 win 64240")
	b.net.pmt = 1400
	b.tcp.errMTU(b.sk, 1400)
	b.tx(". 1:1360 ack 1 win 64240", "P. 1361:100 ack 1 win 64240")
	b.mib(step.TcpRetransSegs, 2)
	b.rx(tseg{flags: "A", seq: 1, ack: 1461})
	if b.sk.caState != CAOpen || b.sk.packetsOut != 0 {
		t.Error(b.sk.caState, int(b.sk.packetsOut))
	}
}

// A fork of a connection in the middle does what the original does.
func TestFork(t *testing.T) {
	b := newBench(t).established()
	b.sk.Send(make([]byte, 3000), 0)
	b.rx(tseg{flags: "PA", seq: 100, ack: 1, n: 10})
	b.sent = nil
	type world struct {
		Net *fakeNet
		TCP *TCP
		SK  *Sock
	}
	w := &world{b.net, b.tcp, b.sk}
	f, _ := sim.Fork(w)
	run := func(w *world) (out [][]byte) {
		w.Net.out = func(p []byte) { out = append(out, p) }
		c := w.TCP.NS.Clock
		c.RunUntil(c.Now() + 5*sim.Second)
		w.SK.Close()
		c.RunUntil(c.Now() + 100*sim.Second)
		return out
	}
	x, y := run(f), run(w)
	if len(x) == 0 || len(x) != len(y) {
		t.Fatalf("%d and %d segments", len(x), len(y))
	}
	for i := range x {
		if b.show(x[i]) != b.show(y[i]) {
			t.Errorf("segment %d: %s and %s", i, b.show(x[i]), b.show(y[i]))
		}
	}
}

// followed builds the captured packet that this host sent.
func (b *bench) sentSKB(s tseg) *core.SKB {
	p := wire.TCP(b.bytes(s))
	p.SetSrcPort(80)
	p.SetDstPort(4000)
	p.SetSeq(b.iss + uint32(s.seq))
	if p.Flags().Has(wire.TCPAck) {
		p.SetAck(irs + uint32(s.ack))
	}
	k := b.ns.AllocSKB(core.Headroom, len(p)+20, 0)
	h := wire.IPv4(k.Put(20))
	clear(h)
	h.SetVersionIHL(20)
	h.SetProto(wire.ProtoTCP)
	h.SetTotalLen(20 + len(p))
	h.SetSrc(here.IP4())
	h.SetDst(there.IP4())
	k.Network = k.Offset()
	copy(k.Put(len(p)), p)
	k.Transport = k.Network + 20
	k.Protocol = etherIPv4
	return k
}

// Following a capture: the socket goes through the states that the captured
// segments tell, sends nothing of its own, and remembers what it would have
// sent.
func TestFollow(t *testing.T) {
	b := newBench(t)
	b.tcp.Follow = true
	b.iss = 777000
	b.tcp.EnsureListener(wire.Addr{}, 80)
	sent := func(s tseg, want string) {
		t.Helper()
		if !b.tcp.FollowSent(b.ns, b.sentSKB(s)) {
			t.Errorf("not taken: %+v", s)
		}
		b.tx(want)
	}
	b.rx(tseg{flags: "S", mss: 1460, sackOK: true})
	b.tx()
	sent(tseg{flags: "SA", seq: 0, ack: 1, win: 64240, mss: 1460, sackOK: true}, "S. 0:0 ack 1 win 64240")
	b.rx(tseg{flags: "A", seq: 1, ack: 1})
	k := Of(b.ns).Hash
	var sk *Sock
	find := func() *Sock {
		o, _ := k.Lookup(&b.lastKey, 0).(*Sock)
		return o
	}
	b.lastKey.Laddr, b.lastKey.Faddr, b.lastKey.Lport, b.lastKey.Fport = here, there, 80, 4000
	if sk = find(); sk == nil || sk.State != core.TCPEstablished {
		t.Fatal("no connection")
	}
	b.sk = sk
	b.rx(tseg{flags: "PA", seq: 1, ack: 1, n: 10})
	b.tx()
	if w := sk.Wanted(); w.Kind != ExpectAck || w.Ack != irs+11 {
		t.Errorf("wanted %+v", w)
	}
	sent(tseg{flags: "A", seq: 1, ack: 11, win: 64230}, ". 1:0 ack 11 win 64230")
	sent(tseg{flags: "PA", seq: 1, ack: 11, n: 100, win: 64230}, "P. 1:100 ack 11 win 64230")
	if sk.packetsOut != 1 || sk.sndNxt != b.iss+101 {
		t.Error(int(sk.packetsOut), sk.sndNxt-b.iss)
	}
	sent(tseg{flags: "PA", seq: 1, ack: 11, n: 100, win: 64230}, "P. 1:100 ack 11 win 64230")
	b.mib(step.TcpRetransSegs, 1)
	b.rx(tseg{flags: "A", seq: 11, ack: 101})
	if sk.packetsOut != 0 || sk.retransOut != 0 {
		t.Error(int(sk.packetsOut), int(sk.retransOut))
	}
	sent(tseg{flags: "FA", seq: 101, ack: 11, win: 64230}, "F. 101:0 ack 11 win 64230")
	b.state(core.TCPFinWait1)
	b.rx(tseg{flags: "FA", seq: 11, ack: 102})
	if b.tcp.TWCount != 1 {
		t.Error("no TIME_WAIT")
	}
	b.run(100 * sim.Second)
	if b.m.Allocated != b.m.Freed {
		t.Errorf("%d buffers made, %d freed", b.m.Allocated, b.m.Freed)
	}

	// A connection that began before the capture is joined, from both sides.
	b = newBench(t)
	b.tcp.Follow = true
	b.rx(tseg{flags: "PA", seq: 500, ack: 600, n: 10})
	b.lastKey.Laddr, b.lastKey.Faddr, b.lastKey.Lport, b.lastKey.Fport = here, there, 80, 4000
	k = b.tcp.Hash
	if sk = find(); sk == nil || sk.State != core.TCPEstablished || sk.rcvNxt != irs+510 || sk.sndNxt != b.iss+600 {
		t.Fatal("not joined")
	}
	b = newBench(t)
	b.tcp.Follow = true
	if !b.tcp.FollowSent(b.ns, b.sentSKB(tseg{flags: "PA", seq: 50, ack: 60, n: 10})) {
		t.Fatal("not joined")
	}
	b.tx("P. 50:10 ack 60 win 65535")
}
