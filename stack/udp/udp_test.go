package udp

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// fakeIP stands in for IPv4 and IPv6: it counts the ICMP errors that UDP asks for.
type fakeIP struct{ sent [][2]uint8 }

func (f *fakeIP) ICMPSend(ns *core.Netns, b *core.SKB, typ, code uint8, info uint32) {
	f.sent = append(f.sent, [2]uint8{typ, code})
}
func (f *fakeIP) LinkFailure(ns *core.Netns, b *core.SKB)   {}
func (f *fakeIP) AddrType(ns *core.Netns, a wire.IP4) uint8 { return 2 }

func newNS() (*core.Netns, *UDP, *fakeIP) {
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(1), IDs: &core.IDs{}}
	ns := core.NewNetns(m, "h")
	f := &fakeIP{}
	ns.IPv4, ns.IPv6 = f, f
	return ns, New(ns), f
}

const (
	us   = wire.IP4(0x0a000102) // 10.0.1.2
	them = wire.IP4(0x0a000101) // 10.0.1.1
)

var (
	us6   = wire.Addr{Hi: 0xfd00_0001_0000_0000, Lo: 2}
	them6 = wire.Addr{Hi: 0xfd00_0001_0000_0000, Lo: 1}
)

// datagram makes a received IPv4 datagram with the data pointer at its UDP header.
func datagram(ns *core.Netns, saddr, daddr wire.IP4, sport, dport uint16, payload []byte) *core.SKB {
	n := wire.UDPLen + len(payload)
	b := ns.AllocSKB(64, wire.IPv4MinLen+n, 0)
	p := b.Put(wire.IPv4MinLen + n)
	clear(p)
	ip := wire.IPv4(p)
	ip.SetVersionIHL(wire.IPv4MinLen)
	ip.SetTotalLen(len(p))
	ip.SetTTL(64)
	ip.SetProto(wire.ProtoUDP)
	ip.SetSrc(saddr)
	ip.SetDst(daddr)
	ip.ComputeChecksum()
	uh := wire.UDP(p[wire.IPv4MinLen:])
	uh.SetSrcPort(sport)
	uh.SetDstPort(dport)
	uh.SetLen(n)
	copy(uh[wire.UDPLen:], payload)
	uh.ComputeChecksum(wire.PseudoHeader4(saddr, daddr, wire.ProtoUDP, n))
	b.ResetNetwork()
	b.Pull(wire.IPv4MinLen)
	b.ResetTransport()
	b.Protocol = uint16(wire.EtherTypeIPv4)
	b.IIF = 7
	return b
}

func datagram6(ns *core.Netns, saddr, daddr wire.Addr, sport, dport uint16, payload []byte) *core.SKB {
	n := wire.UDPLen + len(payload)
	b := ns.AllocSKB(64, wire.IPv6Len+n, 0)
	p := b.Put(wire.IPv6Len + n)
	clear(p)
	ip := wire.IPv6(p)
	ip.SetVersion(0, 0)
	ip.SetPayloadLen(n)
	ip.SetNextHeader(wire.ProtoUDP)
	ip.SetSrc(saddr)
	ip.SetDst(daddr)
	uh := wire.UDP(p[wire.IPv6Len:])
	uh.SetSrcPort(sport)
	uh.SetDstPort(dport)
	uh.SetLen(n)
	copy(uh[wire.UDPLen:], payload)
	uh.ComputeChecksum(wire.PseudoHeader6(saddr, daddr, wire.ProtoUDP, n))
	b.ResetNetwork()
	b.Pull(wire.IPv6Len)
	b.ResetTransport()
	b.Protocol = uint16(wire.EtherTypeIPv6)
	b.IIF = 7
	return b
}

// open binds a socket without asking IPv4 for the address.
func open(t testing.TB, ns *core.Netns, family uint16, addr wire.Addr, port uint16, set func(*Sock)) *Sock {
	t.Helper()
	sk := NewSock(ns, family)
	if set != nil {
		set(sk)
	}
	if e := sk.bind(addr, port, false); e != 0 {
		t.Fatalf("bind %v port %d: %v", addr, port, e)
	}
	return sk
}

func connectTo(sk *Sock, saddr, daddr wire.Addr, dport uint16) {
	sk.connected(saddr, daddr, dport, nil)
}

// conserved checks the law that no packet is lost: what was allocated is freed
// or lies in a queue.
func conserved(t testing.TB, ns *core.Netns, u *UDP) {
	t.Helper()
	queued := uint64(0)
	u.Socks(func(sk *Sock) { queued += uint64(sk.RcvQueue.Len() + sk.Rare().ErrQueue.Len()) })
	if m := ns.Machine; m.Allocated-m.Freed != queued {
		t.Errorf("%d buffers allocated, %d freed, %d queued", m.Allocated, m.Freed, queued)
	}
}

func TestLookup(t *testing.T) {
	any4, this := wire.Addr{}, us.Addr()
	type s struct {
		name   string
		family uint16
		addr   wire.Addr
		peer   uint16 // connected to them and this port, 0: not
		dev    int
		v6only bool
	}
	any := s{name: "any", family: core.AFInet}
	exact := s{name: "exact", family: core.AFInet, addr: this}
	conn := s{name: "connected", family: core.AFInet, addr: this, peer: 40000}
	other := s{name: "other peer", family: core.AFInet, addr: this, peer: 40001}
	dev := s{name: "dev", family: core.AFInet, dev: 7}
	wrongDev := s{name: "wrong dev", family: core.AFInet, dev: 8}
	both := s{name: "both families", family: core.AFInet6}
	only := s{name: "only 6", family: core.AFInet6, v6only: true}
	tests := []struct {
		name  string
		socks []s // in order of bind; the newest is first in its slot
		want  string
	}{
		{"nobody", nil, ""},
		{"any address", []s{any}, "any"},
		{"the exact address goes before any", []s{exact, any}, "exact"},
		{"the order of bind does not matter", []s{any, exact}, "exact"},
		{"connected scores above bound", []s{conn, exact, any}, "connected"},
		{"a bound one newer than the connected", []s{conn, exact}, "connected"},
		{"connected to somebody else does not hear", []s{other}, ""},
		{"so the bound one does", []s{other, exact}, "exact"},
		{"an exact address hides a device match behind any", []s{dev, exact}, "exact"},
		{"a device is worth four", []s{any, dev}, "dev"},
		{"and rules out", []s{wrongDev}, ""},
		{"an IPv4 socket goes before one of both families", []s{both, any}, "any"},
		{"one of both families hears IPv4", []s{both}, "both families"},
		{"unless it is IPv6 only", []s{only}, ""},
		{"of equals the newest wins", []s{{name: "old", family: core.AFInet}, {name: "new", family: core.AFInet}}, "new"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ns, u, _ := newNS()
			names := map[*Sock]string{}
			for _, x := range tt.socks {
				sk := open(t, ns, x.family, x.addr, 9000, func(sk *Sock) { sk.Reuse, sk.BoundDev, sk.V6Only = true, int32(x.dev), x.v6only })
				if x.peer != 0 {
					connectTo(sk, this, them.Addr(), x.peer)
				}
				names[sk] = x.name
			}
			b := datagram(ns, them, us, 40000, 9000, nil)
			got := u.lib4Lookup(b, &flow{them.Addr(), us.Addr(), 40000, 9000, 7})
			if names[got] != tt.want {
				t.Errorf("got %q, want %q", names[got], tt.want)
			}
			_ = any4
		})
	}
}

// TestScore checks the numbers of compute_score themselves.
func TestScore(t *testing.T) {
	ns, u, _ := newNS()
	f := &flow{them.Addr(), us.Addr(), 40000, 9000, 7}
	f6 := &flow{them6, us6, 40000, 9000, 7}
	plain := open(t, ns, core.AFInet, us.Addr(), 9000, nil)
	if got := u.score4(plain, f, us.Addr()); got != 2 {
		t.Errorf("bound: %d, want 2", got)
	}
	connectTo(plain, us.Addr(), them.Addr(), 40000)
	if got := u.score4(plain, f, us.Addr()); got != 10 {
		t.Errorf("connected: %d, want 10", got)
	}
	plain.BoundDev = 7
	if got := u.score4(plain, f, us.Addr()); got != 14 {
		t.Errorf("connected, on the device: %d, want 14", got)
	}
	plain.BoundDev = 9
	if got := u.score4(plain, f, us.Addr()); got != -1 {
		t.Errorf("on another device: %d, want -1", got)
	}
	six := open(t, ns, core.AFInet6, us6, 9000, nil)
	if got := u.score6(six, f6, us6); got != 0 {
		t.Errorf("IPv6 bound: %d, want 0", got)
	}
	connectTo(six, us6, them6, 40000)
	if got := u.score6(six, f6, us6); got != 2 {
		t.Errorf("IPv6 connected: %d, want 2", got)
	}
}

func TestReuseport(t *testing.T) {
	ns, u, _ := newNS()
	var socks []*Sock
	for range 4 {
		socks = append(socks, open(t, ns, core.AFInet, wire.Addr{}, 9000, func(sk *Sock) { sk.ReusePort = true }))
	}
	hits := map[*Sock]int{}
	for p := range 4000 {
		f := &flow{them.Addr(), us.Addr(), uint16(p + 1), 9000, 7}
		b := datagram(ns, them, us, f.sport, 9000, nil)
		sk := u.lib4Lookup(b, f)
		if again := u.lib4Lookup(b, f); again != sk {
			t.Fatal("the same flow went to two sockets")
		}
		hits[sk]++
		ns.Free(b)
	}
	for _, sk := range socks {
		if hits[sk] < 700 || hits[sk] > 1300 {
			t.Errorf("a socket got %d of 4000 flows", hits[sk])
		}
	}
	if e := NewSock(ns, core.AFInet).bind(wire.Addr{}, 9000, false); e != step.EADDRINUSE {
		t.Errorf("a stranger took the port: %v", e)
	}
}

// TestErrno checks every code against reference.md 1.2, measured in [b12].
func TestErrno(t *testing.T) {
	type row struct {
		typ, code uint8
		errno     core.Errno
		connected bool // a plain connected socket hears of it
	}
	rows := []row{
		{3, 0, step.ENETUNREACH, false}, {3, 11, step.ENETUNREACH, false},
		{3, 1, step.EHOSTUNREACH, false}, {3, 12, step.EHOSTUNREACH, false}, {11, 0, step.EHOSTUNREACH, false}, {11, 1, step.EHOSTUNREACH, false},
		{3, 2, step.ENOPROTOOPT, true}, {3, 3, step.ECONNREFUSED, true},
		{3, 5, step.EOPNOTSUPP, false}, {3, 6, step.ENETUNREACH, true}, {3, 9, step.ENETUNREACH, true},
		{3, 7, step.EHOSTDOWN, true}, {3, 8, step.ENONET, true},
		{3, 10, step.EHOSTUNREACH, true}, {3, 13, step.EHOSTUNREACH, true}, {3, 14, step.EHOSTUNREACH, true}, {3, 15, step.EHOSTUNREACH, true},
		{12, 0, step.EPROTO, true}, {12, 2, step.EPROTO, true},
		{4, 0, 0, false},
	}
	for _, r := range rows {
		for _, recverr := range []bool{false, true} {
			for _, connected := range []bool{false, true} {
				ns, u, _ := newNS()
				sk := open(t, ns, core.AFInet, us.Addr(), 40000, func(sk *Sock) { sk.RecvErr = recverr })
				if connected {
					connectTo(sk, us.Addr(), them.Addr(), 9000)
				}
				b := icmpError(ns, r.typ, r.code)
				if !u.lib4Err(ns, b, 0) {
					t.Fatalf("%d/%d: no socket found", r.typ, r.code)
				}
				ns.Free(b)
				want := core.Errno(0)
				if recverr || connected && r.connected {
					want = r.errno
				}
				if sk.Err != want {
					t.Errorf("%d/%d recverr %v connected %v: sk_err %v, want %v", r.typ, r.code, recverr, connected, sk.Err, want)
				}
				if queued := sk.Rare().ErrQueue.Len() == 1; queued != (recverr && r.errno != 0) {
					t.Errorf("%d/%d recverr %v: queued %v", r.typ, r.code, recverr, queued)
				}
				if recverr && r.errno != 0 {
					m, e := sk.Recv(make([]byte, 100), core.MsgErrQueue)
					if e != 0 || m.Err.Errno != r.errno || m.Err.Typ != r.typ || m.Port != 9000 || m.N != 4 || sk.Err != 0 {
						t.Errorf("%d/%d: read %+v %v, sk_err %v", r.typ, r.code, m, e, sk.Err)
					}
				}
				conserved(t, ns, u)
			}
		}
	}
}

// icmpError is an ICMP error about a datagram from us:40000 to them:9000 with
// four bytes of data, as the error handler gets it.
func icmpError(ns *core.Netns, typ, code uint8) *core.SKB {
	in := datagram(ns, us, them, 40000, 9000, []byte("data"))
	q := in.From(in.Network)
	b := ns.AllocSKB(64, 128, 0)
	p := b.Put(wire.IPv4MinLen + wire.ICMPLen + len(q))
	clear(p)
	ip := wire.IPv4(p)
	ip.SetVersionIHL(wire.IPv4MinLen)
	ip.SetTotalLen(len(p))
	ip.SetProto(wire.ProtoICMP)
	ip.SetSrc(them)
	ip.SetDst(us)
	p[20], p[21] = typ, code
	copy(p[28:], q)
	b.ResetNetwork()
	b.Protocol = uint16(wire.EtherTypeIPv4)
	b.Pull(20)
	b.ResetTransport()
	b.Pull(8)
	ns.Free(in)
	return b
}

func TestErrno6(t *testing.T) {
	for _, r := range []struct {
		typ, code uint8
		errno     core.Errno
		fatal     bool
	}{{1, 0, step.ENETUNREACH, false}, {1, 1, step.EACCES, true}, {1, 3, step.EHOSTUNREACH, false}, {1, 4, step.ECONNREFUSED, true},
		{1, 6, step.EACCES, true}, {1, 7, step.EPROTO, true}, {2, 0, step.EMSGSIZE, false}, {3, 0, step.EHOSTUNREACH, false}, {4, 1, step.EPROTO, true}} {
		if e, f := convert6(r.typ, r.code); e != r.errno || f != r.fatal {
			t.Errorf("%d/%d: %v %v, want %v %v", r.typ, r.code, e, f, r.errno, r.fatal)
		}
	}
}

// TestRcvbuf is [b03]: with SO_RCVBUF 2304 the first 500-byte datagram, which
// takes 1280 bytes of memory, fits, and no other until it is read.
func TestRcvbuf(t *testing.T) {
	ns, u, _ := newNS()
	sk := open(t, ns, core.AFInet, us.Addr(), 9000, func(sk *Sock) { sk.RcvBuf = 2304 })
	in := func() {
		b := datagram(ns, them, us, 40000, 9000, make([]byte, 500))
		b.Truesize = 1280
		u.Rcv(ns, b)
	}
	in()
	in()
	in()
	if sk.RcvQueue.Len() != 1 || sk.Drops != 2 || sk.RmemAlloc != 1280 {
		t.Fatalf("queue %d, drops %d, rmem %d", sk.RcvQueue.Len(), int(sk.Drops), int(sk.RmemAlloc))
	}
	if ns.MIB[step.UdpRcvbufErrors] != 2 || ns.MIB[step.UdpInErrors] != 2 || ns.MIB[step.UdpInDatagrams] != 0 {
		t.Errorf("UdpRcvbufErrors %d UdpInErrors %d UdpInDatagrams %d", ns.MIB[step.UdpRcvbufErrors], ns.MIB[step.UdpInErrors], ns.MIB[step.UdpInDatagrams])
	}
	if m, e := sk.Recv(make([]byte, 600), core.MsgDontWait); e != 0 || m.N != 500 || m.Port != 40000 || m.Addr != them.Addr() {
		t.Errorf("recv: %+v %v", m, e)
	}
	if ns.MIB[step.UdpInDatagrams] != 1 || sk.RmemAlloc != 0 {
		t.Errorf("after recv: UdpInDatagrams %d, rmem %d", ns.MIB[step.UdpInDatagrams], int(sk.RmemAlloc))
	}
	in()
	if sk.RcvQueue.Len() != 1 {
		t.Error("the queue was empty, and the datagram was refused")
	}
	// Into an empty queue one always goes, however small the buffer.
	tiny := open(t, ns, core.AFInet, us.Addr(), 9001, func(sk *Sock) { sk.RcvBuf = 100 })
	u.Rcv(ns, datagram(ns, them, us, 1, 9001, nil))
	if tiny.RcvQueue.Len() != 1 {
		t.Error("one packet must fit")
	}
	conserved(t, ns, u)
	sk.Close()
	tiny.Close()
	if ns.Machine.Mem.UDP != 0 || sk.RmemAlloc != 0 || sk.ForwardAlloc != 0 {
		t.Errorf("after close: %d pages, rmem %d, forward %d", ns.Machine.Mem.UDP, int(sk.RmemAlloc), int(sk.ForwardAlloc))
	}
	conserved(t, ns, u)
}

// TestChecksum is [b04] and more: where a wrong checksum is found out.
func TestChecksum(t *testing.T) {
	bad := func(b *core.SKB) { p := b.Data(); p[len(p)-1] ^= 1 }
	none := func(b *core.SKB) { wire.UDP(b.Data()).SetChecksum(0); bad(b) }
	card := func(b *core.SKB) { bad(b); b.IPSummed = core.ChecksumUnnecessary }
	cut := func(b *core.SKB) { bad(b); b.Truncated = true }
	tests := []struct {
		name   string
		n      int // payload
		port   uint16
		hurt   func(*core.SKB)
		queued int
		read   core.Errno
		csum   uint64 // UdpInCsumErrors after the read
		errs   uint64 // UdpInErrors
		icmp   int
	}{
		{"short and right", 3, 9000, nil, 1, 0, 0, 0, 0},
		{"short and wrong: dropped at once", 3, 9000, bad, 0, step.EAGAIN, 1, 1, 0},
		{"68 bytes with header are 76: at once", 68, 9000, bad, 0, step.EAGAIN, 1, 1, 0},
		{"69 are 77: dropped when it is read", 69, 9000, bad, 1, step.EAGAIN, 1, 1, 0},
		{"long and wrong", 200, 9000, bad, 1, step.EAGAIN, 1, 1, 0},
		{"long and right", 200, 9000, nil, 1, 0, 0, 0, 0},
		{"none", 200, 9000, none, 1, 0, 0, 0, 0},
		{"the card vouches", 200, 9000, card, 1, 0, 0, 0, 0},
		{"the capture is cut", 200, 9000, cut, 1, 0, 0, 0, 0},
		{"closed port, right", 200, 9001, nil, 0, step.EAGAIN, 0, 0, 1},
		{"closed port, wrong: silent", 200, 9001, bad, 0, step.EAGAIN, 1, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ns, u, f := newNS()
			sk := open(t, ns, core.AFInet, us.Addr(), 9000, nil)
			b := datagram(ns, them, us, 1000, tt.port, make([]byte, tt.n))
			if tt.hurt != nil {
				tt.hurt(b)
			}
			u.Rcv(ns, b)
			if got := sk.RcvQueue.Len(); got != tt.queued {
				t.Errorf("%d queued, want %d", got, tt.queued)
			}
			m, e := sk.Recv(make([]byte, 1000), core.MsgDontWait)
			if e != tt.read || e == 0 && m.N != tt.n {
				t.Errorf("read %d bytes, %v; want %v", m.N, e, tt.read)
			}
			if ns.MIB[step.UdpInCsumErrors] != tt.csum || ns.MIB[step.UdpInErrors] != tt.errs {
				t.Errorf("UdpInCsumErrors %d UdpInErrors %d", ns.MIB[step.UdpInCsumErrors], ns.MIB[step.UdpInErrors])
			}
			if len(f.sent) != tt.icmp || tt.icmp > 0 && f.sent[0] != [2]uint8{3, 3} {
				t.Errorf("ICMP errors %v", f.sent)
			}
			conserved(t, ns, u)
		})
	}
}

func TestLengths(t *testing.T) {
	for _, tt := range []struct {
		name string
		set  func(b *core.SKB)
		ok   bool
		why  core.DropReason
	}{
		{"as sent", func(b *core.SKB) {}, true, 0},
		{"longer than the packet", func(b *core.SKB) { wire.UDP(b.Data()).SetLen(b.Len() + 1) }, false, step.DropPktTooSmall},
		{"shorter than a header", func(b *core.SKB) { wire.UDP(b.Data()).SetLen(7) }, false, step.DropPktTooSmall},
		{"no room for a header", func(b *core.SKB) { b.Trim(7) }, false, step.DropNotSpecified},
		{"padding behind it", func(b *core.SKB) { clear(b.Put(10)) }, true, 0},
	} {
		ns, u, _ := newNS()
		ns.Trace = &trace.Tracer{Mode: trace.Count, Clock: ns.Clock}
		sk := open(t, ns, core.AFInet, us.Addr(), 9000, nil)
		b := datagram(ns, them, us, 1000, 9000, make([]byte, 20))
		tt.set(b)
		u.Rcv(ns, b)
		m, e := sk.Recv(make([]byte, 100), core.MsgDontWait)
		if (e == 0) != tt.ok || tt.ok && m.N != 20 {
			t.Errorf("%s: read %d %v", tt.name, m.N, e)
		}
		if ends := ns.Trace.Ends; len(ends) != 1 || !tt.ok && (ends[0].Reason != tt.why || ends[0].Fn != step.Udp4LibRcv) {
			t.Errorf("%s: ends %+v", tt.name, ends)
		}
		conserved(t, ns, u)
	}
}

func TestIPv6Checksum(t *testing.T) {
	ns, u, f := newNS()
	sk := open(t, ns, core.AFInet6, us6, 9000, nil)
	u.v6.Rcv(ns, datagram6(ns, them6, us6, 1000, 9000, []byte("hello")))
	if m, e := sk.Recv(make([]byte, 100), core.MsgDontWait); e != 0 || m.N != 5 || m.Addr != them6 || ns.MIB[step.Udp6InDatagrams] != 1 {
		t.Errorf("read %+v %v, Udp6InDatagrams %d", m, e, ns.MIB[step.Udp6InDatagrams])
	}
	b := datagram6(ns, them6, us6, 1000, 9000, []byte("hello"))
	wire.UDP(b.Data()).SetChecksum(0)
	u.v6.Rcv(ns, b)
	if sk.RcvQueue.Len() != 0 || ns.MIB[step.Udp6InCsumErrors] != 1 {
		t.Error("a datagram without checksum was taken over IPv6 (RFC 8200 §8.1)")
	}
	u.v6.Rcv(ns, datagram6(ns, them6, us6, 1000, 9001, nil))
	if len(f.sent) != 1 || f.sent[0] != [2]uint8{1, 4} || ns.MIB[step.Udp6NoPorts] != 1 {
		t.Errorf("ICMPv6 %v, Udp6NoPorts %d", f.sent, ns.MIB[step.Udp6NoPorts])
	}
	conserved(t, ns, u)
}

// TestMulticast is [h02]: every socket that wants a broadcast gets it; with
// nobody there no ICMP error is sent.
func TestMulticast(t *testing.T) {
	ns, u, f := newNS()
	a := open(t, ns, core.AFInet, wire.Addr{}, 9000, func(sk *Sock) { sk.Reuse = true })
	b := open(t, ns, core.AFInet, wire.Addr{}, 9000, func(sk *Sock) { sk.Reuse = true })
	c := open(t, ns, core.AFInet, us.Addr(), 9000, func(sk *Sock) { sk.Reuse = true }) // bound to our address: not for it
	dst := &core.Dst{Flags: core.RTCFBroadcast}
	in := func(port uint16) {
		d := datagram(ns, them, 0x0a0001ff, 40000, port, []byte("all"))
		d.Dst = dst
		u.Rcv(ns, d)
	}
	in(9000)
	in(9001)
	if a.RcvQueue.Len() != 1 || b.RcvQueue.Len() != 1 || c.RcvQueue.Len() != 0 {
		t.Errorf("queues %d %d %d", a.RcvQueue.Len(), b.RcvQueue.Len(), c.RcvQueue.Len())
	}
	if len(f.sent) != 0 || ns.MIB[step.UdpIgnoredMulti] != 1 || ns.MIB[step.UdpNoPorts] != 0 {
		t.Errorf("ICMP %v, UdpIgnoredMulti %d", f.sent, ns.MIB[step.UdpIgnoredMulti])
	}
	for _, sk := range []*Sock{a, b} {
		if m, e := sk.Recv(make([]byte, 10), 0); e != 0 || m.N != 3 {
			t.Errorf("read %d %v", m.N, e)
		}
	}
	a.SetRare().McAll = false // it joined nothing, and wants only what it joined
	dst.Flags = core.RTCFMulticast
	d := datagram(ns, them, 0xef010101, 40000, 9000, nil)
	d.Dst = dst
	u.Rcv(ns, d)
	if a.RcvQueue.Len() != 0 || b.RcvQueue.Len() != 1 {
		t.Errorf("group: queues %d %d", a.RcvQueue.Len(), b.RcvQueue.Len())
	}
	conserved(t, ns, u)
}

type fixedPort uint16

func (p fixedPort) ChoosePort(*core.Netns, *core.Sock) uint16 { return uint16(p) }

func TestPorts(t *testing.T) {
	ns, u, _ := newNS()
	a := open(t, ns, core.AFInet, us.Addr(), 9000, nil)
	if e := NewSock(ns, core.AFInet).bind(us.Addr(), 9000, false); e != step.EADDRINUSE {
		t.Errorf("twice the same: %v", e)
	}
	if e := NewSock(ns, core.AFInet).bind(wire.Addr{}, 9000, false); e != step.EADDRINUSE {
		t.Errorf("any on top of one: %v", e)
	}
	open(t, ns, core.AFInet, them.Addr(), 9000, nil) // another address: no conflict
	if e := a.bind(us.Addr(), 9001, false); e != step.EINVAL {
		t.Errorf("bound twice: %v", e)
	}
	a.Close()
	open(t, ns, core.AFInet, us.Addr(), 9000, nil) // free again
	ns.Sysctl.PortMin, ns.Sysctl.PortMax = 50000, 50003
	for range 4 {
		sk := NewSock(ns, core.AFInet)
		if e := sk.Autobind(); e != 0 || sk.Sport < 50000 || sk.Sport > 50003 {
			t.Errorf("port %d, %v", sk.Sport, e)
		}
	}
	if e := NewSock(ns, core.AFInet).Autobind(); e != step.EAGAIN {
		t.Errorf("a fifth port of four: %v", e)
	}
	u.Ports = fixedPort(1234)
	sk := NewSock(ns, core.AFInet)
	if sk.Autobind(); sk.Sport != 1234 {
		t.Errorf("the replay's port was not taken: %d", sk.Sport)
	}
	six := NewSock(ns, core.AFInet6)
	if e := six.bind(wire.Addr{}, 1234, false); e != step.EADDRINUSE {
		t.Errorf(":: over 0.0.0.0: %v", e)
	}
	six.V6Only = true
	if e := six.bind(wire.Addr{}, 1234, false); e != 0 {
		t.Errorf(":: for IPv6 only: %v", e)
	}
}

func TestDisconnect(t *testing.T) {
	ns, u, _ := newNS()
	sk := NewSock(ns, core.AFInet)
	sk.Autobind()
	port := sk.Sport
	connectTo(sk, us.Addr(), them.Addr(), 9000)
	if u.lib4Lookup(datagram(ns, them, us, 9000, port, nil), &flow{them.Addr(), us.Addr(), 9000, port, 7}) != sk {
		t.Error("connected and not found")
	}
	sk.Disconnect()
	if sk.Num != 0 || sk.State != core.TCPClose || sk.RcvSaddr != zero || sk.Sport != 0 {
		t.Errorf("after disconnect: %+v", sk.Sock.RcvSaddr)
	}
	n := 0
	u.Socks(func(*Sock) { n++ })
	if n != 0 {
		t.Error("still in the table")
	}
}

// TestTried: a reader is told why the sockets that lost did.
func TestTried(t *testing.T) {
	ns, u, _ := newNS()
	ns.Trace = &trace.Tracer{Mode: trace.Record, Clock: ns.Clock}
	open(t, ns, core.AFInet, them.Addr(), 9000, nil)
	sk := open(t, ns, core.AFInet, us.Addr(), 9000, func(sk *Sock) { sk.Reuse = true })
	connectTo(sk, us.Addr(), them.Addr(), 1)
	u.Rcv(ns, datagram(ns, them, us, 40000, 9000, nil))
	var got []step.Try
	for i := range ns.Trace.Log.Events {
		if e := &ns.Trace.Log.Events[i]; e.Kind == trace.Tried {
			got = append(got, step.Try(e.Code))
		}
	}
	want := map[step.Try]bool{step.TryUDPAddr: false, step.TryUDPPeerPort: false}
	for _, g := range got {
		want[g] = true
	}
	for w, seen := range want {
		if !seen {
			t.Errorf("no %q among %v", w.Info().Because, got)
		}
	}
}

// TestFork: a machine with datagrams in a queue is copied, and both go on alike.
func TestFork(t *testing.T) {
	ns, u, _ := newNS()
	open(t, ns, core.AFInet, us.Addr(), 9000, nil)
	for i := range 3 {
		u.Rcv(ns, datagram(ns, them, us, 40000, 9000, []byte{byte(i)}))
	}
	ns2, _ := sim.Fork(ns)
	for _, n := range []*core.Netns{ns, ns2} {
		var sk *Sock
		Of(n).Socks(func(s *Sock) { sk = s })
		for i := range 3 {
			var b [4]byte
			if m, e := sk.Recv(b[:], 0); e != 0 || m.N != 1 || b[0] != byte(i) {
				t.Errorf("read %+v %v", m, e)
			}
		}
		conserved(t, n, Of(n))
	}
}

// TestFilledChecksum: what udp_send_skb fills in is what a receiver accepts,
// and a sum of zero is sent as 0xffff (RFC 768).
func TestFilledChecksum(t *testing.T) {
	ns, _, _ := newNS()
	sk := open(t, ns, core.AFInet, us.Addr(), 9000, nil)
	ones := 0
	for i := range 1 << 16 {
		b := datagram(ns, us, them, 9000, 53, []byte{byte(i >> 8), byte(i), 7})
		n, pseudo := b.Len(), wire.PseudoHeader4(us, them, wire.ProtoUDP, b.Len())
		wire.UDP(b.L4()).SetChecksum(0)
		sk.checksum(b, n, pseudo, sk.NoCheckTx)
		c := wire.UDP(b.L4()).Checksum()
		if c == 0xffff {
			ones++
		}
		if c == 0 || wire.Fold(b.Checksum(0, n, pseudo)) != 0 {
			t.Fatalf("payload %d: checksum %#x", i, c)
		}
		ns.Free(b)
	}
	if ones == 0 {
		t.Error("no payload gave 0xffff")
	}
	b := datagram(ns, us, them, 9000, 53, []byte("x"))
	b.IPSummed = core.ChecksumPartial
	pseudo := wire.PseudoHeader4(us, them, wire.ProtoUDP, b.Len())
	sk.checksum(b, b.Len(), pseudo, sk.NoCheckTx)
	if b.CsumStart != b.Transport || b.CsumOff != 6 || wire.UDP(b.L4()).Checksum() != ^wire.Fold(pseudo) {
		t.Errorf("for the card: start %d, offset %d, %#x", b.CsumStart, b.CsumOff, wire.UDP(b.L4()).Checksum())
	}
}

func FuzzUDPRcv(f *testing.F) {
	ns, _, _ := newNS()
	for _, n := range []int{0, 3, 69, 300} {
		b := datagram(ns, them, us, 40000, 9000, make([]byte, n))
		f.Add(b.From(b.Network), false, uint8(0))
	}
	b6 := datagram6(ns, them6, us6, 40000, 9000, []byte("six"))
	f.Add(b6.From(b6.Network), true, uint8(0))
	e := icmpError(ns, 3, 3)
	f.Add(e.From(e.Network), false, uint8(64))
	f.Fuzz(func(t *testing.T, p []byte, v6 bool, how uint8) {
		hlen := wire.IPv4MinLen
		if v6 {
			hlen = wire.IPv6Len
		}
		if len(p) < hlen { // IP has looked at its own header
			return
		}
		ns, u, _ := newNS()
		four := open(t, ns, core.AFInet, wire.Addr{}, 9000, func(sk *Sock) { sk.Reuse, sk.RecvErr = true, how&1 != 0 })
		open(t, ns, core.AFInet, us.Addr(), 9000, func(sk *Sock) { sk.Reuse = true })
		six := open(t, ns, core.AFInet6, us6, 9000, nil)
		b := ns.AllocSKB(64, len(p), 0)
		copy(b.Put(len(p)), p)
		b.ResetNetwork()
		b.Pull(hlen)
		b.ResetTransport()
		b.Truncated = how&2 != 0
		b.IPSummed = how >> 2 & 3
		b.Protocol = uint16(wire.EtherTypeIPv4)
		if how&16 != 0 {
			b.Dst = &core.Dst{Flags: core.RTCFBroadcast}
		}
		switch {
		case how&64 != 0 && len(p) >= hlen+wire.ICMPLen && !v6:
			b.Pull(wire.ICMPLen)
			if typ := p[hlen]; typ != 5 && !(typ == 3 && p[hlen+1] == 4) { // those go to IPv4
				u.Err(ns, b, 1400)
			}
			ns.Free(b)
		case v6:
			b.Protocol = uint16(wire.EtherTypeIPv6)
			u.v6.Rcv(ns, b)
		default:
			u.Rcv(ns, b)
		}
		for _, sk := range []*Sock{four, six} {
			sk.Recv(make([]byte, 100), 0)
			sk.Recv(make([]byte, 100), core.MsgErrQueue)
		}
		conserved(t, ns, u)
		var all []*Sock
		u.Socks(func(sk *Sock) { all = append(all, sk) })
		for _, sk := range all {
			sk.Close()
		}
		if m := ns.Machine; m.Allocated != m.Freed || m.Mem.UDP != 0 {
			t.Errorf("after close: %d allocated, %d freed, %d pages", m.Allocated, m.Freed, m.Mem.UDP)
		}
	})
}

// BenchmarkRcvAndRead is a datagram into an open socket and out to its program.
func BenchmarkRcvAndRead(b *testing.B) {
	ns, u, _ := newNS()
	sk := open(b, ns, core.AFInet, us.Addr(), 9000, nil)
	proto := datagram(ns, them, us, 40000, 9000, make([]byte, 64))
	all := append([]byte(nil), proto.From(proto.Network)...)
	buf := make([]byte, 2000)
	b.ReportAllocs()
	for b.Loop() {
		d := ns.AllocSKB(64, len(all), 0)
		copy(d.Put(len(all)), all)
		d.ResetNetwork()
		d.Pull(wire.IPv4MinLen)
		d.ResetTransport()
		d.Protocol = uint16(wire.EtherTypeIPv4)
		u.Rcv(ns, d)
		if m, e := sk.Recv(buf, core.MsgDontWait); e != 0 || m.N != 64 {
			b.Fatal(m.N, e)
		}
	}
}
