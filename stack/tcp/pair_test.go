package tcp

import (
	"bytes"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A wireTask is a segment on its way to the other side.
type wireTask struct {
	to       *bench
	src, dst wire.Addr
	p        []byte
	t        sim.Timer
}

func (w *wireTask) Run() { w.to.inFrom(w.src, w.dst, w.p) }

func (b *bench) inFrom(s, d wire.Addr, p []byte) {
	k := b.ns.AllocSKB(core.Headroom, len(p)+20, 0)
	h := wire.IPv4(k.Put(20))
	clear(h)
	h.SetVersionIHL(20)
	h.SetProto(wire.ProtoTCP)
	h.SetTotalLen(20 + len(p))
	h.SetSrc(s.IP4())
	h.SetDst(d.IP4())
	k.Network = k.Offset()
	copy(k.Put(len(p)), p)
	k.Pull(20)
	k.Transport = k.Offset()
	k.Protocol = etherIPv4
	k.IPSummed = core.ChecksumUnnecessary
	k.Dst = &b.net.dst
	b.tcp.rcv(b.net, k)
}

// pair connects two stacks by a link that loses, doubles and delays.
func pair(t testing.TB, seed uint64, loss, dup, jitter uint32) (a, b *bench) {
	c := &sim.Clock{}
	c.Reset(sim.Second)
	a, b = &bench{t: t}, &bench{t: t}
	a.init(c)
	b.init(c)
	r := sim.NewRand(seed)
	link := func(from, to *bench, s, d wire.Addr) {
		from.net.out = func(p []byte) {
			n := 1
			if r.Below(1000) < loss {
				n = 0
			} else if r.Below(1000) < dup {
				n = 2
			}
			for range n {
				w := &wireTask{to: to, src: s, dst: d, p: append([]byte(nil), p...)}
				c.Mod(&w.t, c.Now()+5*sim.Millisecond+sim.Time(r.Below(jitter+1))*sim.Microsecond, w)
			}
		}
	}
	link(a, b, here, there)
	link(b, a, there, here)
	return a, b
}

// Two model stacks over a bad link deliver the bytes exactly, in order, and
// close; nothing is left in flight, no buffer is lost (RFC 9293 §3.8: reliable,
// in order).
func TestPair(t *testing.T) {
	for seed := uint64(1); seed <= 40; seed++ {
		loss, dup, jitter := uint32(seed%4)*40, uint32(seed%3)*30, uint32(seed%5)*3000
		a, b := pair(t, seed, loss, dup, jitter)
		if seed%2 == 0 {
			a.ns.Sysctl.TCPTimestamps = 0
		}
		a.m.CallTime, b.m.CallTime = seed%2 == 1, seed%4 == 1
		if seed%7 == 0 {
			b.ns.Sysctl.TCPSack = 0
		}
		if seed%3 == 0 {
			a.ns.Sysctl.TCPCongestionControl = "reno"
		}
		runPair(t, a, b, seed, 60000+int(seed)*1000)
	}
}

func runPair(t *testing.T, a, b *bench, seed uint64, n int) {
	t.Helper()
	b.net.dev.MTU = 1500
	lis := b.tcp.newSock(core.AFInet)
	lis.Bind(wire.Addr{}, 80)
	lis.Listen(4)
	ca := a.tcp.newSock(core.AFInet)
	if e := ca.Connect(there, 80); e != step.EINPROGRESS {
		t.Fatal(e)
	}
	data := make([]byte, n)
	for i := range data {
		data[i] = byte(i * 7 >> 3)
	}
	var cb *Sock
	sentAB, closedA, closedB := 0, false, false
	var got []byte
	buf := make([]byte, 9000)
	c := a.ns.Clock
	rnd := sim.NewRand(seed)
	for i := 0; i < 60000; i++ {
		if cb == nil {
			cb = lis.Accept()
		}
		if sentAB < n && ca.State == core.TCPEstablished {
			k, _ := ca.Send(data[sentAB:min(n, sentAB+1+int(rnd.Below(20000)))], 0)
			sentAB += k
		}
		if sentAB == n && !closedA {
			ca.Close()
			closedA = true
		}
		if cb != nil && !closedB && rnd.Below(3) == 0 {
			k, e := cb.Recv(buf[:1+rnd.Below(9000)], 0)
			got = append(got, buf[:k]...)
			if k == 0 && e == 0 {
				cb.Close()
				closedB = true
			}
			if e != 0 && e != step.EAGAIN {
				t.Fatalf("seed %d: recv: %v", seed, e)
			}
		}
		if closedA && closedB && ca.State == core.TCPClose && cb.State == core.TCPClose {
			break
		}
		c.RunUntil(c.Now() + 5*sim.Millisecond)
	}
	if !bytes.Equal(got, data) {
		t.Fatalf("seed %d: %d bytes arrived of %d, or other bytes (state %d, in flight %d, unsent %d)", seed, len(got), n, ca.State, int(ca.packetsOut), ca.write.Len())
	}
	if ca.State != core.TCPClose || cb.State != core.TCPClose {
		t.Errorf("seed %d: states %d and %d after the close", seed, ca.State, cb.State)
	}
	lis.Close()
	c.RunUntil(c.Now() + 300*sim.Second)
	for _, x := range []*bench{a, b} {
		if x.m.Allocated != x.m.Freed {
			t.Errorf("seed %d: %d buffers made, %d freed", seed, x.m.Allocated, x.m.Freed)
		}
		if x.tcp.Hash.Len() != 0 || x.tcp.Orphans != 0 || x.tcp.TWCount != 0 {
			t.Errorf("seed %d: left: %d nodes, %d orphans, %d TIME_WAIT", seed, x.tcp.Hash.Len(), x.tcp.Orphans, x.tcp.TWCount)
		}
	}
}

// FuzzTCPRcv: no segment may panic the model, whatever the state, and every
// buffer is freed in the end.
func FuzzTCPRcv(f *testing.F) {
	f.Add(uint8(0), []byte{0x0f, 0xa0, 0, 80, 0, 1, 0x86, 0xa1, 0, 0, 3, 0xe9, 0x50, 0x18, 0xff, 0xff, 0, 0, 0, 0, 1, 2, 3})
	f.Add(uint8(1), []byte{0x0f, 0xa0, 0, 80, 0, 1, 0x86, 0xa1, 0, 0, 3, 0xe9, 0x80, 0x11, 0xff, 0xff, 0, 0, 0, 0, 1, 1, 5, 10, 0, 0, 3, 0xea, 0, 0, 3, 0xff})
	f.Fuzz(func(t *testing.T, state uint8, p []byte) {
		b := newBench(t)
		var sk *Sock
		switch state % 5 {
		case 0:
			b.established()
			sk = b.sk
		case 1:
			b.established()
			sk = b.sk
			sk.Send(make([]byte, 5000), 0)
		case 2:
			b.listen()
		case 3:
			sk = b.tcp.newSock(core.AFInet)
			sk.Bind(here, 80)
			sk.Connect(there, 4000)
		case 4:
			b.established()
			sk = b.sk
			sk.Close()
		}
		// The input is up to four segments.
		for i := 0; i < 4 && len(p) > 0; i++ {
			n := min(len(p), 20+int(p[0]))
			q := append([]byte(nil), p[:n]...)
			p = p[n:]
			if len(q) >= 14 {
				wire.TCP(append(q[:0:0], q...)).SrcPort()
				q[0], q[1], q[2], q[3] = 0x0f, 0xa0, 0, 80
				q[4], q[5] = 0, 1 // near our numbers
				q[8], q[9] = 0, 0
			}
			b.in(q)
			b.run(50 * sim.Millisecond)
		}
		if sk != nil && sk.State != core.TCPClose && state%5 != 4 {
			sk.Close()
		} else if sk != nil && state%5 != 4 {
			sk.Close()
		}
		if b.lis != nil {
			b.lis.Close()
		}
		b.run(4000 * sim.Second)
		if b.m.Allocated != b.m.Freed {
			t.Fatalf("%d buffers made, %d freed", b.m.Allocated, b.m.Freed)
		}
	})
}

// BenchmarkData is an in-order data segment of one of 10,000 established
// connections, and a read for every eighth.
func BenchmarkData(b *testing.B) { benchFlows(b, 10000, 100) }

// BenchmarkAck is a pure ACK that acknowledges nothing new.
func BenchmarkAck(b *testing.B) { benchFlows(b, 10000, 0) }

func benchFlows(tb *testing.B, flows, n int) {
	b := newBench(tb)
	b.tcp.ISNs = nil
	b.ns.Sysctl.TCPRmem[1] = 1 << 20
	b.listen()
	b.lis.Listen(100000)
	b.net.out = func([]byte) {}
	segs := make([][]byte, flows)
	socks := make([]*Sock, flows)
	for i := range flows {
		p := b.bytes(tseg{flags: "S", mss: 1460, sackOK: true, ws: 8})
		src := wire.IP4(0x0b000000 + uint32(i)).Addr()
		b.inFrom(src, here, p)
		o := b.tcp.Hash.Lookup(&inet.Tuple{Laddr: here, Faddr: src, Lport: 80, Fport: 4000}, 0)
		r := o.(*Request)
		b.iss = r.sntIsn
		b.inFrom(src, here, b.bytes(tseg{flags: "A", seq: 1, ack: 1, win: 1000}))
		b.inFrom(src, here, b.bytes(tseg{flags: "PA", seq: 1, ack: 1, n: 100, win: 1000}))
		socks[i] = b.lis.Accept()
		segs[i] = b.bytes(tseg{flags: "A", seq: 101, ack: 1, n: n, win: 1000})
	}
	buf := make([]byte, 4096)
	tb.ReportAllocs()
	tb.ResetTimer()
	for i := 0; i < tb.N; i++ {
		f := i % flows
		p := wire.TCP(segs[f])
		b.inFrom(socks[f].Daddr, here, p)
		p.SetSeq(p.Seq() + uint32(n))
		if n > 0 && i/flows%8 == 7 {
			socks[f].Recv(buf, 0)
		}
	}
}
