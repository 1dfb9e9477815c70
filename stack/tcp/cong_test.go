package tcp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A congRun is one host of the model and a hand-made other side, in virtual
// time. What the host sends is kept with its time and its ECN bits. The numbers
// expected below are those of Linux 6.18.44, where packetdrill ran the same.
type congRun struct {
	t    *testing.T
	l    *link
	h    *linkHost
	b    *bench // for its notation
	sk   *Sock
	zero sim.Time
	got  []string
}

func newCong(t *testing.T, set func(s *core.Sysctl)) *congRun {
	c := &congRun{t: t, l: newLink(t, 1), b: &bench{t: t}}
	c.h = c.l.hosts[0]
	s := &c.h.ns.Sysctl
	s.TCPSlowStartAfterIdle, s.TCPWmem = 0, [3]int{4096, 262144, 4194304}
	set(s)
	c.zero = c.l.c.Now()
	c.l.tap = func(p wire.TCP, tos uint8) {
		if c.b.iss == 0 {
			c.b.iss = p.Seq()
			return
		}
		c.got = append(c.got, fmt.Sprintf("%d %v %d+%d %d", (c.l.c.Now()-c.zero)/sim.Microsecond, p.Flags(), p.Seq()-c.b.iss, len(p.Payload()), tos&3))
	}
	return c
}

// at runs to a time in µs.
func (c *congRun) at(us int) { c.l.c.RunUntil(c.zero + sim.Time(us)*sim.Microsecond) }

// rx is a segment from the other side, with ECN bits.
func (c *congRun) rx(s tseg, tos uint8, extra wire.TCPFlags) {
	p := wire.TCP(c.b.bytes(s))
	p.SetFlags(p.Flags() | extra)
	c.h.receive(&linkTask{from: c.l.hosts[1], to: c.h, p: p, tos: tos})
}

func (c *congRun) ack(us, n int) {
	c.at(us)
	c.rx(tseg{flags: "A", seq: 1, ack: n, win: 1000}, 0, 0)
}

// serve is the passive handshake at 0.1 s, with a round trip of 0.1 s.
func (c *congRun) serve(mss int, extra wire.TCPFlags) {
	lis := c.h.tcp.newSock(core.AFInet)
	lis.Bind(wire.Addr{}, 80)
	lis.Listen(1)
	c.at(100000)
	c.rx(tseg{flags: "S", mss: mss, sackOK: true, ws: 8}, 0, extra)
	c.ack(200000, 1)
	if c.sk = lis.Accept(); c.sk == nil {
		c.t.Fatal("no connection")
	}
}

func (c *congRun) send(n int) {
	c.t.Helper()
	if k, e := c.sk.Send(make([]byte, n), 0); k != n || e != 0 {
		c.t.Fatalf("send %d %v, want %d", k, e, n)
	}
}

// want compares what was sent since the last call. Segments of one packet are
// written one by one.
func (c *congRun) want(list ...string) {
	c.t.Helper()
	if g, w := strings.Join(c.got, "\n"), strings.Join(list, "\n"); g != w {
		c.t.Errorf("sent:\n%s\nwant:\n%s", g, w)
	}
	c.got = nil
}

// packets joins the segments that left at one time: times in µs and bytes.
func (c *congRun) packets() (s string) {
	var at string
	n := 0
	flush := func() {
		if n > 0 {
			s += fmt.Sprintf(" %s:%d", at, n)
		}
	}
	for _, g := range c.got {
		var us, seq, k, tos int
		var fl string
		fmt.Sscanf(g, "%d %s %d+%d %d", &us, &fl, &seq, &k, &tos)
		if t := fmt.Sprint(us); t != at {
			flush()
			at, n = t, 0
		}
		n += k
	}
	flush()
	c.got = nil
	return strings.TrimSpace(s)
}

func (c *congRun) wantPackets(want string) {
	c.t.Helper()
	if got := c.packets(); got != want {
		c.t.Errorf("packets\n%s\nwant\n%s", got, want)
	}
}

// BBR: the first ten segments at once, then at 2.89 times the window in a round
// trip, with TCP's own timer.
func TestBBRStartup(t *testing.T) {
	c := newCong(t, func(s *core.Sysctl) { s.TCPCongestionControl = "bbr" })
	c.serve(1000, 0)
	c.send(50000)
	for i, us := range []int{300000, 301000, 302000, 303000, 304000} {
		c.ack(us, 2001+2000*i)
	}
	c.at(403999)
	c.wantPackets("200000:10000 300000:2000 303500:2000 310501:2000 317503:2000 324504:2000 331505:2000 338507:2000 345508:2000 352509:2000 359510:2000")
	c.ack(404000, 14001)
	c.ack(424000, 20001)
	c.ack(444000, 30001)
	c.ack(494000, 40001)
	c.ack(594000, 50001)
	if got := c.sk.sndCwnd; got != 50 {
		t.Errorf("cwnd %d, want 50", got)
	}
	if cc := c.sk.CCInfo(); cc.Kind != CCBBR || cc.BBRPacingGain != bbrHighGain || cc.BBRMinRTT < 65000 || cc.BBRMinRTT > 66000 {
		t.Errorf("%+v", cc)
	}
}

// SO_MAX_PACING_RATE of 100,000 bytes a second: two segments in 20 ms, after
// the first ten.
func TestMaxPacingRate(t *testing.T) {
	c := newCong(t, func(*core.Sysctl) {})
	c.serve(1000, 0)
	c.sk.SetMaxPacingRate(100000)
	c.send(40000)
	c.ack(300000, 10001)
	c.ack(400000, 20001)
	c.at(500000)
	c.wantPackets("200000:10000 300000:2000 310000:2000 330000:2000 350000:2000 370000:2000 390000:2000 410000:2000 430000:2000 450000:2000 470000:2000 490000:2000")
}

// tcp_mtu_probing=2: segments of 1024 less options at first, and a probe half
// way up as soon as there is data enough; its ACK makes all segments larger.
func TestMtuProbe(t *testing.T) {
	c := newCong(t, func(s *core.Sysctl) { s.TCPMtuProbing = 2 })
	c.serve(1460, 0)
	c.send(80000)
	c.got = nil
	c.ack(300000, 5121)
	if len(c.got) == 0 || !strings.Contains(c.got[0], "+1242 ") {
		t.Errorf("the first segment is %q, want a probe of 1242 bytes", c.got[0])
	}
	c.ack(310000, 10241)
	c.got = nil
	c.ack(410000, 20481)
	if len(c.got) == 0 || !strings.Contains(c.got[0], "+1351 ") {
		t.Errorf("the first segment is %q, want a probe of 1351 bytes", c.got[0])
	}
	if m := c.sk.mssCache; m != 1242 {
		t.Errorf("mss %d, want 1242", m)
	}
	if n := c.h.ns.MIB[step.TcpExtTCPMTUPSuccess]; n != 1 {
		t.Errorf("MTUPSuccess %d", n)
	}
}

// A probe that is lost, with what follows not: it goes again in pieces, and the
// window does not shrink.
func TestMtuProbeLost(t *testing.T) {
	c := newCong(t, func(s *core.Sysctl) { s.TCPMtuProbing = 2 })
	c.serve(1460, 0)
	c.send(80000)
	c.ack(300000, 5121)
	c.ack(310000, 10241)
	cwnd := c.sk.sndCwnd
	start := int(c.sk.mtup.probeStart - c.b.iss)
	end := int(c.sk.mtup.probeEnd - c.b.iss)
	c.at(400000)
	c.rx(tseg{flags: "A", seq: 1, ack: start, win: 1000}, 0, 0)
	c.got = nil
	c.at(401000)
	c.rx(tseg{flags: "A", seq: 1, ack: start, win: 1000, sack: []int{end, end + 8000}}, 0, 0)
	c.at(450000)
	if c.sk.caState == CARecovery || c.sk.sndCwnd < cwnd {
		t.Errorf("state %d, cwnd %d after %d: a lost probe is no congestion", c.sk.caState, c.sk.sndCwnd, cwnd)
	}
	if n := c.h.ns.MIB[step.TcpExtTCPMTUPFail]; n != 1 {
		t.Errorf("MTUPFail %d", n)
	}
}

// RFC 3168: ECE once a round trip brings the window down, CWR says so; a mark
// that arrives is echoed until CWR comes.
func TestEcn(t *testing.T) {
	c := newCong(t, func(s *core.Sysctl) { s.TCPEcn = 2 })
	lisFlags := wire.TCPEce | wire.TCPCwr
	c.serve(1000, lisFlags)
	c.send(12000)
	if c.got[0] != "200000 P. 1+1000 2" && c.got[0] != "200000 . 1+1000 2" {
		t.Errorf("the first segment is %q, want ECT(0)", c.got[0])
	}
	c.got = nil
	c.at(300000)
	c.rx(tseg{flags: "A", seq: 1, ack: 2001, win: 1000}, 0, wire.TCPEce)
	c.want("300000 .W 10001+1000 2", "300000 P. 11001+1000 2")
	if c.sk.caState != CACWR || c.sk.deliveredCE != 2 {
		t.Errorf("state %d, delivered_ce %d", c.sk.caState, c.sk.deliveredCE)
	}
	c.ack(303000, 12001)
	c.at(400000)
	c.rx(tseg{flags: "PA", seq: 1, ack: 12001, n: 1000, win: 1000}, inetCE, 0)
	c.rx(tseg{flags: "PA", seq: 1001, ack: 12001, n: 1000, win: 1000}, inetECT0, 0)
	c.rx(tseg{flags: "PA", seq: 2001, ack: 12001, n: 1000, win: 1000}, inetECT0, wire.TCPCwr)
	c.want("400000 .E 12001+0 0", "400000 .E 12001+0 0", "400000 . 12001+0 0")
}

// Which SYN-ACK of a server that was offered ECN means what: none, RFC 3168, or
// Accurate ECN, which Linux 6.18 takes without having asked for it.
func TestEcnSynack(t *testing.T) {
	for _, x := range []struct {
		extra wire.TCPFlags
		tos   uint8
		want  string
	}{
		{0, 0, "A:. 0 D:P. 0"},
		{wire.TCPEce, 0, "A:. 0 D:P. 2"},
		{wire.TCPCwr, 0, "A:W. 2 D:EaP. 2"},
		{wire.TCPCwr, inetCE, "A:Wa. 2 D:WaP. 2"},
		{wire.TCPEce | wire.TCPCwr, 0, "A:W. 2 D:EaP. 2"},
		{wire.TCPEce | wire.TCPCwr, inetCE, "A:Wa. 0 D:EaP. 0"},
		{wire.TCPAe, 0, "A:W. 2 D:EaP. 2"},
		{wire.TCPAe, inetCE, "A:Wa. 0 D:EaP. 0"},
		{wire.TCPAe | wire.TCPEce, inetCE, "A:. 0 D:P. 2"},
		{wire.TCPAe | wire.TCPCwr | wire.TCPEce, 0, "A:. 0 D:P. 0"},
	} {
		c := newCong(t, func(s *core.Sysctl) { s.TCPEcn = 1 })
		var sent []string
		c.l.tap = func(p wire.TCP, tos uint8) {
			if c.b.iss == 0 {
				c.b.iss = p.Seq()
				return
			}
			f := p.Flags()
			s := ""
			for _, n := range []struct {
				f wire.TCPFlags
				s string
			}{{wire.TCPEce, "E"}, {wire.TCPCwr, "W"}, {wire.TCPAe, "a"}, {wire.TCPPsh, "P"}, {wire.TCPAck, "."}} {
				if f.Has(n.f) {
					s += n.s
				}
			}
			sent = append(sent, fmt.Sprintf("%s %d", s, tos&3))
		}
		ca := c.h.tcp.newSock(core.AFInet)
		ca.Connect(there, 4000)
		c.at(20000)
		c.rx(tseg{flags: "SA", ack: 1, mss: 1000, sackOK: true, ws: 8, port: int(ca.Sport)}, x.tos, x.extra)
		ca.Send(make([]byte, 500), 0)
		if got := "A:" + sent[0] + " D:" + sent[1]; got != x.want {
			t.Errorf("SYN-ACK with %v, mark %d: %s, want %s", x.extra, x.tos, got, x.want)
		}
	}
}

// bulk sends through a link for a time and returns the socket and what arrived.
func bulk(t *testing.T, l *link, d sim.Time) (*Sock, int) {
	ca, lis := l.connect(t)
	var cb *Sock
	data, got := make([]byte, 1<<16), 0
	for end := l.c.Now() + d; l.c.Now() < end; l.c.RunUntil(l.c.Now() + sim.Millisecond) {
		if cb == nil {
			cb = lis.Accept()
		}
		if ca.State == core.TCPEstablished {
			for n := 1; n > 0; {
				n, _ = ca.Send(data, 0)
			}
		}
		for n := 1; cb != nil && n > 0; {
			n, _ = cb.Recv(data, 0)
			got += n
		}
	}
	return ca, got
}

// DCTCP over a link that marks from 20 waiting packets on: the link stays full,
// nothing is lost, the queue stays near the mark, and the marked share is small.
func TestDCTCP(t *testing.T) {
	l := newLink(t, 3)
	l.rate, l.queue, l.mark, l.delay = 10000000, 200, 20, 2*sim.Millisecond
	for _, h := range l.hosts {
		h.ns.Sysctl.TCPCongestionControl = "dctcp"
		h.ns.Sysctl.TCPRmem[1] = 1 << 22
		h.ns.Sysctl.TCPWmem[1] = 1 << 22
	}
	sk, got := bulk(t, l, 10*sim.Second)
	cc := sk.CCInfo()
	t.Logf("%d bytes, %d lost, cwnd %d, %+v", got, l.lost, sk.sndCwnd, cc)
	if cc.Kind != CCDCTCP || cc.DCTCPEnabled != 1 || cc.DCTCPAlpha == 0 || cc.DCTCPAlpha > 700 {
		t.Errorf("%+v", cc)
	}
	if l.lost > 0 || got < 9*9300000 || sk.deliveredCE == 0 {
		t.Errorf("%d bytes in 10 s, %d lost, %d marked", got, l.lost, sk.deliveredCE)
	}
	if w := l.hosts[0].wait; w > 80 {
		t.Errorf("%d packets wait", w)
	}
}

// Without ECN at the other side DCTCP does as Reno does.
func TestDCTCPFallback(t *testing.T) {
	l := newLink(t, 3)
	l.hosts[0].ns.Sysctl.TCPCongestionControl = "dctcp"
	l.hosts[1].ns.Sysctl.TCPEcn = 0
	sk, _ := bulk(t, l, 100*sim.Millisecond)
	if sk.Congestion() != "dctcp-reno" || sk.CCInfo().DCTCPEnabled != 0 || sk.TOS&3 != 0 {
		t.Errorf("%s %+v tos %d", sk.Congestion(), sk.CCInfo(), sk.TOS)
	}
}

// Vegas keeps the link full with a few packets in its queue, where Reno fills
// the queue until it loses.
func TestVegas(t *testing.T) {
	run := func(cc string) (lost, wait, got int) {
		l := newLink(t, 3)
		l.rate, l.queue, l.delay = 2000000, 100, 10*sim.Millisecond
		for _, h := range l.hosts {
			h.ns.Sysctl.TCPCongestionControl = cc
			h.ns.Sysctl.TCPRmem[1] = 1 << 22
			h.ns.Sysctl.TCPWmem[1] = 1 << 22
		}
		_, got = bulk(t, l, 20*sim.Second)
		return l.lost, l.hosts[0].wait, got
	}
	vl, vw, vg := run("vegas")
	rl, _, _ := run("reno")
	if vl > 0 || vw > 12 || vg < 20*1800000 {
		t.Errorf("vegas: %d lost, %d wait, %d bytes", vl, vw, vg)
	}
	if rl == 0 {
		t.Error("reno lost nothing")
	}
}

// BBR over a link with a deep queue: it is full, and the queue is not.
func TestBBRSteady(t *testing.T) {
	l := newLink(t, 5)
	l.rate, l.queue, l.delay = 2000000, 1000, 20*sim.Millisecond
	for _, h := range l.hosts {
		h.ns.Sysctl.TCPCongestionControl = "bbr"
		h.ns.Sysctl.TCPRmem[1] = 1 << 23
		h.ns.Sysctl.TCPWmem[1] = 1 << 23
	}
	sk, got := bulk(t, l, 30*sim.Second)
	cc := sk.CCInfo()
	if l.lost > 0 || got < 30*1800000 || sk.bbrPriv().mode < bbrProbeBW {
		t.Errorf("%d bytes, %d lost, mode %d, %+v", got, l.lost, sk.bbrPriv().mode, cc)
	}
	if bw := cc.BBRBw; bw < 1800000 || bw > 2200000 {
		t.Errorf("bandwidth %d, want about 1.93 million bytes a second", bw)
	}
	if cc.BBRMinRTT < 40000 || cc.BBRMinRTT > 45000 {
		t.Errorf("round trip %d µs, want 40 ms and a little", cc.BBRMinRTT)
	}
}

// TCP_CONGESTION: by name, with what the host has; DCTCP and Vegas are loaded
// when somebody asks for them.
func TestSetCongestion(t *testing.T) {
	b := newBench(t)
	sk := b.tcp.newSock(core.AFInet)
	if sk.Congestion() != "cubic" || strings.Join(AvailableCongestion(b.m), " ") != "reno bbr cubic" {
		t.Errorf("%s of %v", sk.Congestion(), AvailableCongestion(b.m))
	}
	if e := sk.SetCongestion("nope"); e != step.ENOENT {
		t.Errorf("nope: %v", e)
	}
	for _, n := range []string{"vegas", "dctcp", "bbr", "reno"} {
		if e := sk.SetCongestion(n); e != 0 || sk.Congestion() != n {
			t.Errorf("%s: %v, %s", n, e, sk.Congestion())
		}
	}
	if s := strings.Join(AvailableCongestion(b.m), " "); s != "reno bbr cubic dctcp vegas" {
		t.Errorf("available %s", s)
	}
	if s := strings.Join(AllowedCongestion(b.m), " "); s != "reno bbr cubic" {
		t.Errorf("allowed %s", s)
	}
	if SetAllowedCongestion(b.m, []string{"reno", "none"}) || !SetAllowedCongestion(b.m, []string{"reno", "vegas"}) || strings.Join(AllowedCongestion(b.m), " ") != "reno vegas" {
		t.Errorf("allowed %v", AllowedCongestion(b.m))
	}
}

// cubic_root is the kernel's: a table and one step of Newton's.
func TestCubicRoot(t *testing.T) {
	for a, want := range map[uint64]uint32{0: 0, 1: 1, 7: 2, 63: 4, 1000: 10, 1 << 20: 101, 1 << 40: 10341, cubeFactor * 100: 6452} {
		got := cubicRoot(a)
		if d := int(got) - int(want); d < -int(want)/100 || d > int(want)/100+1 {
			t.Errorf("cubicRoot(%d) %d, want about %d", a, got, want)
		}
	}
}

// The windowed minimum and maximum of lib/win_minmax.c.
func TestMinmax(t *testing.T) {
	var m minmax
	m.reset(0, 100)
	for i, x := range []struct{ t, v, min uint32 }{{1, 90, 90}, {2, 95, 90}, {5, 93, 90}, {9, 120, 90}, {12, 110, 93}, {16, 130, 110}, {40, 200, 200}} {
		if got := m.min(10, x.t, x.v); got != x.min {
			t.Errorf("step %d: min %d, want %d", i, got, x.min)
		}
	}
}
