package tcp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A bench is one TCP over a network layer that keeps what is sent.
type bench struct {
	t       testing.TB
	m       *core.Machine
	ns      *core.Netns
	tcp     *TCP
	net     *fakeNet
	lis     *Sock
	sk      *Sock
	iss     uint32 // our first number, once seen
	sent    [][]byte
	lastKey inet.Tuple
}

type fakeNet struct {
	b   *bench `fork:"zero"`
	dst core.Dst
	dev core.Device
	pmt int
	out func(p []byte) `fork:"zero"`
}

var here, there = wire.IP4(0x0a000102).Addr(), wire.IP4(0x0a00014d).Addr()

func (f *fakeNet) etherType() uint16 { return etherIPv4 }
func (f *fakeNet) hdrLen() int       { return 20 }
func (f *fakeNet) gsoType() uint32   { return core.GSOTCPv4 }
func (f *fakeNet) pseudo(s, d wire.Addr, n int) uint32 {
	return wire.PseudoHeader4(s.IP4(), d.IP4(), wire.ProtoTCP, n)
}
func (f *fakeNet) mtu(*core.Dst) int    { return f.pmt }
func (f *fakeNet) advMSS(*core.Dst) int { return f.dev.MTU - 40 }
func (f *fakeNet) dstOK(*core.Dst) bool { return true }
func (f *fakeNet) route(sk *Sock) (*core.Dst, core.Errno) {
	if sk.Saddr.IP4() == 0 {
		sk.Saddr = here
	}
	return &f.dst, 0
}
func (f *fakeNet) routeReq(*Sock, *Request) *core.Dst { return &f.dst }
func (f *fakeNet) queueXmit(sk *Sock, b *core.SKB) core.Errno {
	f.emit(b)
	return 0
}
func (f *fakeNet) sendSynack(l *Sock, r *Request, d *core.Dst, b *core.SKB) core.Errno {
	f.emit(b)
	return 0
}
func (f *fakeNet) sendCaptured(sk *core.Sock, d *core.Dst, b *core.SKB) core.Errno {
	b.Pull(20)
	f.emit(b)
	return 0
}
func (f *fakeNet) reply(t *TCP, in *core.SKB, s, d wire.Addr, seg []byte, tos uint8, mark uint32, oif int, _ bool) {
	f.out(append([]byte(nil), seg...))
}
func (f *fakeNet) updatePMTU(sk *Sock, mtu int) { f.pmt = mtu }
func (f *fakeNet) addrs(b *core.SKB) (s, d wire.Addr, tos uint8) {
	h := b.IP4()
	return h.Src().Addr(), h.Dst().Addr(), 0
}
func (f *fakeNet) stepRcv() step.Step         { return step.TcpV4Rcv }
func (f *fakeNet) stepDoRcv() step.Step       { return step.TcpV4DoRcv }
func (f *fakeNet) stepSendReset() step.Step   { return step.TcpV4SendReset }
func (f *fakeNet) stepSendAck() step.Step     { return step.TcpV4SendAck }
func (f *fakeNet) stepSendSynack() step.Step  { return step.TcpV4SendSynack }
func (f *fakeNet) stepSynRecvSock() step.Step { return step.TcpV4SynRecvSock }
func (f *fakeNet) stepMtuReduced() step.Step  { return step.TcpV4MtuReduced }
func (f *fakeNet) stepErr() step.Step         { return step.TcpV4Err }

// emit cuts a packet into the segments that the wire would see.
func (f *fakeNet) emit(b *core.SKB) {
	p := make([]byte, b.Len())
	b.CopyBits(0, p)
	gso := b.GSOSize
	b.NS().Free(b)
	h := wire.TCP(p)
	n := h.DataOff()
	if gso == 0 {
		f.out(p)
		return
	}
	data, seq, fl := p[n:], h.Seq(), h.Flags()
	for len(data) > 0 {
		k := min(gso, len(data))
		q := wire.TCP(append(append([]byte(nil), p[:n]...), data[:k]...))
		q.SetSeq(seq)
		g := fl
		if k < len(data) {
			g &^= wire.TCPFin | wire.TCPPsh
		}
		q.SetFlags(g)
		f.out(q)
		data, seq = data[k:], seq+uint32(k)
	}
}

type fixedISN uint32

func (f fixedISN) ISN(inet.Tuple) (uint32, bool)      { return uint32(f), true }
func (f fixedISN) TSOffset(inet.Tuple) (uint32, bool) { return 0, true }

func newBench(t testing.TB) *bench { return newBenchOn(t, sim.Second) }

func newBenchOn(t testing.TB, at sim.Time) *bench {
	b := &bench{t: t}
	c := &sim.Clock{}
	c.Reset(at)
	return b.init(c)
}

func (b *bench) init(c *sim.Clock) *bench {
	b.m = &core.Machine{Clock: c, Rand: sim.NewRand(1), IDs: &core.IDs{}}
	b.ns = core.NewNetns(b.m, "h")
	b.ns.Sysctl.TCPRmem[2] = 33554432 // the recorded machine's
	b.net = &fakeNet{b: b, pmt: 1500}
	b.net.dev.MTU = 1500
	b.net.dst.Dev = &b.net.dev
	b.net.out = func(p []byte) { b.sent = append(b.sent, p) }
	b.tcp = &TCP{NS: b.ns, Hash: inet.NewHashinfo(), v4: b.net, ISNs: fixedISN(1000), TSOffsets: fixedISN(0)}
	b.ns.AddProto(6, &protocol{t: b.tcp})
	b.iss = 1000
	return b
}

// A tseg is a segment of the other side. Numbers are relative, as in
// packetdrill: its SYN has 0, ours too.
type tseg struct {
	flags    string
	seq, ack int
	n        int
	win      int
	mss      int
	ws       int // window scale + 1
	sackOK   bool
	ts       [2]uint32
	sack     []int
	port     int // ours; 0: 80
	data     []byte
}

const irs = 100000 // the other side's first number

func flagsOf(s string) (f wire.TCPFlags) {
	for i, c := range "FSRPA" {
		if strings.ContainsRune(s, c) {
			f |= 1 << i
		}
	}
	return f
}

// bytes is the segment's TCP header and data.
func (b *bench) bytes(s tseg) []byte {
	var o [60]byte
	i := 0
	if s.mss > 0 {
		i += wire.PutMSS(o[i:], uint16(s.mss))
	}
	if s.sackOK {
		i += wire.PutNOPs(o[i:], 2)
		i += wire.PutSACKPerm(o[i:])
	}
	if s.ts[0] != 0 {
		i += wire.PutNOPs(o[i:], 2)
		i += wire.PutTS(o[i:], s.ts[0], s.ts[1])
	}
	if s.ws > 0 {
		i += wire.PutNOPs(o[i:], 1)
		i += wire.PutWScale(o[i:], uint8(s.ws-1))
	}
	if len(s.sack) > 0 {
		var bl []wire.SACKBlock
		for k := 0; k < len(s.sack); k += 2 {
			bl = append(bl, wire.SACKBlock{Start: b.iss + uint32(s.sack[k]), End: b.iss + uint32(s.sack[k+1])})
		}
		i += wire.PutNOPs(o[i:], 2)
		i += wire.PutSACK(o[i:], bl)
	}
	d := s.data
	if d == nil {
		d = make([]byte, s.n)
		for k := range d {
			d[k] = byte(s.seq + k)
		}
	}
	p := make([]byte, 20+i+len(d))
	h := wire.TCP(p)
	h.SetSrcPort(4000)
	h.SetDstPort(80)
	if s.port != 0 {
		h.SetDstPort(uint16(s.port))
	}
	f := flagsOf(s.flags)
	h.SetSeq(irs + uint32(s.seq))
	if f.Has(wire.TCPAck) {
		h.SetAck(b.iss + uint32(s.ack))
	}
	h.SetDataOff(20 + i)
	h.SetFlags(f)
	if s.win == 0 {
		s.win = 65535
	}
	h.SetWindow(uint16(max(s.win, 0)))
	copy(p[20:], o[:i])
	copy(p[20+i:], d)
	return p
}

// in receives raw TCP bytes from the other side.
func (b *bench) in(p []byte) { b.inFrom(there, here, p) }

func (b *bench) rx(s tseg) { b.in(b.bytes(s)) }

// show writes a sent segment in relative numbers.
func (b *bench) show(p []byte) string {
	h := wire.TCP(p)
	ack := "-"
	if h.Flags().Has(wire.TCPAck) {
		ack = fmt.Sprint(int32(h.Ack() - irs))
	}
	seq := fmt.Sprint(int32(h.Seq() - b.iss))
	if b.tcp.Hash == nil {
		seq = "?"
	}
	s := fmt.Sprintf("%v %s:%d ack %s win %d", h.Flags(), seq, len(h.Payload()), ack, h.Window())
	var o wire.TCPOptions
	wire.ParseTCPOptions(h.Options(), &o)
	for i := range o.SACK[:o.NumSACK] {
		s += fmt.Sprintf(" sack %d-%d", int32(o.SACK[i].Start-irs), int32(o.SACK[i].End-irs))
	}
	return s
}

// tx checks what was sent since the last call.
func (b *bench) tx(want ...string) {
	b.t.Helper()
	var got []string
	for _, p := range b.sent {
		got = append(got, b.show(p))
	}
	b.sent = nil
	if g, w := strings.Join(got, "\n"), strings.Join(want, "\n"); g != w {
		b.t.Errorf("sent:\n%s\nwant:\n%s", g, w)
	}
}

func (b *bench) run(d sim.Time) { b.ns.Clock.RunUntil(b.ns.Clock.Now() + d) }

func (b *bench) listen() *bench {
	b.lis = b.tcp.newSock(core.AFInet)
	if e := b.lis.Bind(wire.Addr{}, 80); e != 0 {
		b.t.Fatal(e)
	}
	b.lis.Listen(8)
	return b
}

// established does the passive handshake of the recordings' hand-made peer:
// MSS 1000, SACK, no timestamps.
func (b *bench) established() *bench {
	b.t.Helper()
	b.listen()
	b.rx(tseg{flags: "S", mss: 1000, sackOK: true})
	b.tx("S. 0:0 ack 1 win 64240")
	b.run(400 * sim.Microsecond)
	b.rx(tseg{flags: "A", seq: 1, ack: 1})
	b.sk = b.lis.Accept()
	if b.sk == nil || b.sk.State != core.TCPEstablished {
		b.t.Fatal("no connection")
	}
	b.tx()
	b.run(20 * sim.Millisecond)
	return b
}

func (b *bench) recv(n int) {
	b.t.Helper()
	p := make([]byte, 100000)
	if k, e := b.sk.Recv(p, 0); k != n || e != 0 {
		b.t.Errorf("recv %d %v, want %d", k, e, n)
	}
}

func (b *bench) send(n int) {
	b.t.Helper()
	if k, e := b.sk.Send(make([]byte, n), 0); k != n || e != 0 {
		b.t.Errorf("send %d %v, want %d", k, e, n)
	}
}

func (b *bench) state(want uint8) {
	b.t.Helper()
	if b.sk.State != want {
		b.t.Errorf("state %s, want %s", step.TCPst.Format(0, uint64(b.sk.State), nil), step.TCPst.Format(0, uint64(want), nil))
	}
}

func (b *bench) mib(m step.MIB, want uint64) {
	b.t.Helper()
	if b.ns.MIB[m] != want {
		b.t.Errorf("%v %d, want %d", m, b.ns.MIB[m], want)
	}
}

// runTo runs to the next time that something is sent, and checks that it is
// want ms away, or later by no more than the timer wheel's granularity.
func (b *bench) runTo(want sim.Time) {
	b.t.Helper()
	start := b.ns.Clock.Now()
	for len(b.sent) == 0 {
		next, ok := b.ns.Clock.Next()
		if !ok {
			b.t.Fatal("no timer is armed")
		}
		b.ns.Clock.RunUntil(next)
	}
	got := (b.ns.Clock.Now() - start) / sim.Millisecond
	if got < want-4 || got > want+want/8+8 {
		b.t.Errorf("sent after %d ms, want %d", got, want)
	}
}
