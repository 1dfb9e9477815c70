package raw

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

const (
	us   = wire.IP4(0x0a000101)
	them = wire.IP4(0x0a000102)
)

func newNS() (*core.Netns, *Raw) {
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(1), IDs: &core.IDs{}}
	ns := core.NewNetns(m, "h")
	ns.Trace = &trace.Tracer{Mode: trace.Count, Clock: ns.Clock}
	return ns, New(ns)
}

// echoReply makes a received echo reply with the data pointer at its ICMP header.
func echoReply(ns *core.Netns, id, seq uint16) *core.SKB {
	n := wire.IPv4MinLen + wire.ICMPLen + 4
	b := ns.AllocSKB(64, n, 0)
	p := b.Put(n)
	clear(p)
	ip := wire.IPv4(p)
	ip.SetVersionIHL(wire.IPv4MinLen)
	ip.SetTotalLen(n)
	ip.SetProto(wire.ProtoICMP)
	ip.SetSrc(them)
	ip.SetDst(us)
	ip.ComputeChecksum()
	h := wire.ICMP(p[wire.IPv4MinLen:])
	h.SetType(wire.ICMPEchoReply)
	h.SetID(id)
	h.SetSeq(seq)
	h.ComputeChecksum()
	b.ResetNetwork()
	b.Pull(wire.IPv4MinLen)
	b.ResetTransport()
	b.Protocol = uint16(wire.EtherTypeIPv4)
	b.IIF = 7
	return b
}

func conserved(t testing.TB, ns *core.Netns, r *Raw) {
	t.Helper()
	queued := uint64(0)
	for _, sk := range r.socks {
		queued += uint64(sk.RcvQueue.Len() + sk.Rare().ErrQueue.Len())
	}
	for _, sk := range r.pings {
		queued += uint64(sk.RcvQueue.Len() + sk.Rare().ErrQueue.Len())
	}
	if m := ns.Machine; m.Allocated-m.Freed != queued {
		t.Errorf("%d buffers allocated, %d freed, %d queued", m.Allocated, m.Freed, queued)
	}
}

// TestPingOfRawSocket is [a01]: the raw socket has its copy, IP header and all,
// and the reply itself ends at ping_rcv with NO_SOCKET.
func TestPingOfRawSocket(t *testing.T) {
	ns, r := newNS()
	sk := NewSock(ns, core.AFInet, uint8(wire.ProtoICMP))
	b := echoReply(ns, 77, 1)
	if !r.v4.LocalDeliver(ns, b, uint8(wire.ProtoICMP)) {
		t.Error("the raw socket was not found")
	}
	b.Pull(wire.ICMPLen) // as icmp_rcv does
	r.p4.Rcv(ns, b)
	ends := ns.Trace.Ends
	if len(ends) != 1 || ends[0].Reason != step.DropNoSocket || ends[0].Fn != step.PingRcv {
		t.Errorf("ends: %+v", ends)
	}
	buf := make([]byte, 100)
	m, e := sk.Recv(buf, 0)
	if e != 0 || m.N != 32 || m.Addr != them.Addr() || buf[0] != 0x45 {
		t.Errorf("read %+v %v, first byte %#x", m, e, buf[0])
	}
	if sk.RmemAlloc != 0 {
		t.Errorf("rmem %d after the read", int(sk.RmemAlloc))
	}
	if _, e := sk.Recv(buf, core.MsgDontWait); e != step.EAGAIN {
		t.Errorf("a second packet? %v", e)
	}
	conserved(t, ns, r)
}

func TestRawMatch(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(*Sock)
		want bool
	}{
		{"plain", func(*Sock) {}, true},
		{"bound to us", func(s *Sock) { s.RcvSaddr = us.Addr() }, true},
		{"bound to somebody else", func(s *Sock) { s.RcvSaddr = them.Addr() }, false},
		{"connected to them", func(s *Sock) { s.Daddr = them.Addr() }, true},
		{"connected to somebody else", func(s *Sock) { s.Daddr = us.Addr() }, false},
		{"on the device", func(s *Sock) { s.BoundDev = 7 }, true},
		{"on another", func(s *Sock) { s.BoundDev = 8 }, false},
		{"another protocol", func(s *Sock) { s.Protocol = 89 }, false},
		{"IPv6", func(s *Sock) { s.Family = core.AFInet6 }, false},
	} {
		ns, r := newNS()
		sk := NewSock(ns, core.AFInet, uint8(wire.ProtoICMP))
		tt.set(sk)
		b := echoReply(ns, 1, 1)
		if got := r.v4.LocalDeliver(ns, b, uint8(wire.ProtoICMP)); got != tt.want || (sk.RcvQueue.Len() == 1) != tt.want {
			t.Errorf("%s: delivered %v, queue %d", tt.name, got, sk.RcvQueue.Len())
		}
		ns.Free(b)
		sk.Close()
		ns.Clock.RunUntil(ns.Clock.Now() + sim.Second) // RCU's grace period
		conserved(t, ns, r)
	}
}

// TestFilter: ICMP_FILTER keeps a packet out, and the socket still counts as there.
func TestFilter(t *testing.T) {
	ns, r := newNS()
	sk := NewSock(ns, core.AFInet, uint8(wire.ProtoICMP))
	sk.Filter = 1 << wire.ICMPEchoReply
	b := echoReply(ns, 1, 1)
	if !r.v4.LocalDeliver(ns, b, uint8(wire.ProtoICMP)) || sk.RcvQueue.Len() != 0 {
		t.Errorf("queue %d", sk.RcvQueue.Len())
	}
	sk.Filter = 0
	sk.RcvBuf = 1
	for range 3 {
		r.v4.LocalDeliver(ns, b, uint8(wire.ProtoICMP))
	}
	if sk.RcvQueue.Len() != 1 || sk.Drops != 2 {
		t.Errorf("full buffer: queue %d, drops %d", sk.RcvQueue.Len(), int(sk.Drops))
	}
	ns.Free(b)
	conserved(t, ns, r)
}

func TestPingSocket(t *testing.T) {
	ns, r := newNS()
	if _, e := NewPing(ns, core.AFInet, 0); e != step.EACCES {
		t.Errorf("ping_group_range 1 0 lets nobody in: %v", e)
	}
	ns.Sysctl.PingGroupMin, ns.Sysctl.PingGroupMax = 0, 100
	sk, e := NewPing(ns, core.AFInet, 0)
	if e != 0 {
		t.Fatal(e)
	}
	if e := sk.getPort(77); e != 0 {
		t.Fatal(e)
	}
	other, _ := NewPing(ns, core.AFInet, 0)
	if e := other.getPort(77); e != step.EADDRINUSE {
		t.Errorf("the identifier twice: %v", e)
	}
	for _, id := range []uint16{77, 78} {
		b := echoReply(ns, id, 5)
		b.Pull(wire.ICMPLen)
		r.p4.Rcv(ns, b)
	}
	buf := make([]byte, 100)
	if m, e := sk.Recv(buf, 0); e != 0 || m.N != 12 || wire.ICMP(buf).Seq() != 5 {
		t.Errorf("read %+v %v: an ICMP message without IP header was expected", m, e)
	}
	if ends := ns.Trace.Ends; len(ends) != 2 || ends[0].Reason != step.DropNoSocket || ends[1].Outcome != trace.Delivered {
		t.Errorf("ends %+v", ends)
	}
	conserved(t, ns, r)
}

// TestError: a raw socket hears of an ICMP error only if it asked, or is
// connected and the error lasts.
func TestError(t *testing.T) {
	for _, tt := range []struct {
		typ, code          uint8
		recverr, connected bool
		want               core.Errno
	}{
		{3, 1, false, false, 0}, {3, 1, true, false, step.EHOSTUNREACH}, {3, 1, false, true, 0},
		{3, 3, false, true, step.ECONNREFUSED}, {11, 0, true, false, step.EHOSTUNREACH}, {4, 0, true, true, 0},
	} {
		ns, r := newNS()
		sk := NewSock(ns, core.AFInet, uint8(wire.ProtoICMP))
		sk.RecvErr = tt.recverr
		if tt.connected {
			sk.State, sk.Daddr = core.TCPEstablished, us.Addr()
		}
		b := echoReply(ns, 1, 1) // stands for what we sent: from "them" to "us"
		q := append([]byte(nil), b.From(b.Network)...)
		q[20] = tt.typ // the ICMP header in front is this packet's own
		p := b.Data()
		p[0], p[1] = tt.typ, tt.code
		b.Pull(wire.ICMPLen)
		copy(b.Put(len(q)-4), q)
		b.Pull(4)
		copy(b.Data(), q[:b.Len()])
		wire.IPv4(b.Data()).SetSrc(them)
		r.v4.ICMPError(ns, b, uint8(wire.ProtoICMP), 0)
		ns.Free(b)
		if sk.Err != tt.want {
			t.Errorf("%d/%d recverr %v connected %v: %v, want %v", tt.typ, tt.code, tt.recverr, tt.connected, sk.Err, tt.want)
		}
		conserved(t, ns, r)
	}
}

func TestTap(t *testing.T) {
	ns, r := newNS()
	tap := NewPacket(ns, ethAll, 0, false)
	deaf := NewPacket(ns, uint16(wire.EtherTypeARP), 0, false)
	b := echoReply(ns, 1, 1)
	b.MAC = b.Network - wire.EthernetLen
	tap.Rcv(ns, b.Clone())
	deaf.Rcv(ns, b.Clone())
	ns.Free(b)
	buf := make([]byte, 100)
	if m, e := tap.Recv(buf, 0); e != 0 || m.N != wire.EthernetLen+32-wire.IPv4MinLen+wire.IPv4MinLen {
		t.Errorf("tap read %+v %v", m, e)
	}
	if _, e := deaf.Recv(buf, core.MsgDontWait); e != step.EAGAIN {
		t.Errorf("a tap for ARP heard IPv4: %v", e)
	}
	tap.RcvBuf = 0
	b = echoReply(ns, 1, 1)
	tap.Rcv(ns, b)
	if tap.Lost != 1 {
		t.Errorf("lost %d", tap.Lost)
	}
	tap.Close()
	conserved(t, ns, r)
}

func FuzzRaw(f *testing.F) {
	ns, _ := newNS()
	b := echoReply(ns, 77, 1)
	f.Add(b.From(b.Network), uint8(0))
	f.Fuzz(func(t *testing.T, p []byte, how uint8) {
		hlen := wire.IPv4MinLen
		if how&1 != 0 {
			hlen = wire.IPv6Len
		}
		if len(p) < hlen {
			return
		}
		ns, r := newNS()
		ns.Sysctl.PingGroupMin, ns.Sysctl.PingGroupMax = 0, 0
		for _, fam := range []uint16{core.AFInet, core.AFInet6} {
			NewSock(ns, fam, p[9]).RecvErr = true
			sk, _ := NewPing(ns, fam, 0)
			sk.RecvErr = true
			sk.getPort(77)
		}
		b := ns.AllocSKB(64, len(p), 0)
		copy(b.Put(len(p)), p)
		b.ResetNetwork()
		b.Pull(hlen)
		b.ResetTransport()
		b.Protocol = uint16(wire.EtherTypeIPv4)
		if how&1 != 0 {
			b.Protocol = uint16(wire.EtherTypeIPv6)
		}
		if how&4 != 0 && b.Len() >= wire.ICMPLen {
			b.Pull(wire.ICMPLen)
		}
		switch how >> 1 & 3 {
		case 0:
			if how&1 != 0 {
				r.v6.LocalDeliver(ns, b, p[9])
				r.p6.Rcv(ns, b)
			} else {
				r.v4.LocalDeliver(ns, b, p[9])
				r.p4.Rcv(ns, b)
			}
		default:
			if how&1 != 0 {
				r.v6.ICMPError(ns, b, p[9], p[0], p[1], 40, 0)
				r.p6.Err(ns, b, 0)
			} else {
				r.v4.ICMPError(ns, b, p[9], 0)
				r.p4.Err(ns, b, 0)
			}
			ns.Free(b)
		}
		conserved(t, ns, r)
	})
}
