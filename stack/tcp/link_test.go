package tcp

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A link joins two hosts of the model, each way with a rate, a queue, a delay,
// and what a bad link does: it loses, doubles, delays out of order, and marks.
type link struct {
	c     *sim.Clock
	rnd   *sim.Rand
	hosts [2]*linkHost
	free  []*linkTask

	delay  sim.Time // one way
	jitter sim.Time // added at random: packets overtake one another
	rate   int64    // bytes a second, 0: no limit
	queue  int      // packets that may wait for a rate, 0: no limit
	mark   int      // packets from which on waiting ones are marked CE, 0: never
	loss   uint32   // of a million; of data segments only if dataOnly
	dup    uint32   // of a million
	reord  uint32   // of a million: such a packet takes 1 to 4 delays more
	data   bool     // loss hits segments with data only
	mtu    int      // larger packets vanish, 0: none does
	lost   int
	sent   int

	// tap takes what the first host sends, in place of the link.
	tap func(p wire.TCP, tos uint8)
}

// linkHost is one of them. Its network layer is the link.
type linkHost struct {
	*fakeNet
	l     *link `fork:"zero"`
	other int
	addr  wire.Addr
	m     *core.Machine
	ns    *core.Netns
	tcp   *TCP
	ends  sim.Time // when the last packet will have left
	wait  int      // packets that wait for the rate
	opt   wire.TCPOptions
}

// A linkTask is a segment on its way.
type linkTask struct {
	to   *linkHost
	from *linkHost
	p    []byte
	tos  uint8
	t    sim.Timer
	left bool // it has left the queue
}

// Run delivers it; or, when it leaves the queue, lets it travel.
func (w *linkTask) Run() {
	l := w.to.l
	if !w.left {
		w.left = true
		w.from.wait--
		l.c.Mod(&w.t, l.c.Now()+l.travel(), w)
		return
	}
	w.to.receive(w)
	l.free = append(l.free, w)
}

// travel is the time that a packet takes now.
func (l *link) travel() sim.Time {
	d := l.delay
	if l.jitter > 0 {
		d += sim.Time(l.rnd.Below(uint32(l.jitter/sim.Microsecond)+1)) * sim.Microsecond
	}
	if l.reord > 0 && l.rnd.Below(1000000) < l.reord {
		d += l.delay * sim.Time(1+l.rnd.Below(4))
	}
	return d
}

// newLink makes two hosts with a link between them. Their clocks are one.
func newLink(t testing.TB, seed uint64) *link {
	l := &link{c: &sim.Clock{}, rnd: sim.NewRand(seed), delay: 5 * sim.Millisecond}
	l.c.Reset(sim.Second)
	for i := range l.hosts {
		h := &linkHost{l: l, other: 1 - i, addr: [2]wire.Addr{here, there}[i]}
		h.m = &core.Machine{Clock: l.c, Rand: sim.NewRand(seed + uint64(i)), IDs: &core.IDs{}}
		h.ns = core.NewNetns(h.m, "h")
		h.ns.Sysctl.TCPRmem[2] = 33554432
		h.ns.Sysctl.TCPNoMetricsSave = 1
		h.fakeNet = &fakeNet{pmt: 1500}
		h.dev.MTU = 1500
		h.dst.Dev = &h.dev
		h.tcp = &TCP{NS: h.ns, Hash: inet.NewHashinfo(), v4: h}
		h.ns.AddProto(6, &protocol{t: h.tcp})
		l.hosts[i] = h
	}
	return l
}

func (h *linkHost) route(sk *Sock) (*core.Dst, core.Errno) {
	if sk.Saddr.IP4() == 0 {
		sk.Saddr = h.addr
	}
	return &h.dst, 0
}

func (h *linkHost) queueXmit(sk *Sock, b *core.SKB) core.Errno {
	h.emit(b, sk.TOS)
	return 0
}

func (h *linkHost) sendSynack(l *Sock, r *Request, d *core.Dst, b *core.SKB) core.Errno {
	h.emit(b, l.TOS)
	return 0
}

func (h *linkHost) addrs(b *core.SKB) (s, d wire.Addr, tos uint8) {
	ip := b.IP4()
	return ip.Src().Addr(), ip.Dst().Addr(), ip.TOS()
}

func (h *linkHost) reply(t *TCP, in *core.SKB, s, d wire.Addr, seg []byte, tos uint8, mark uint32, oif int, _ bool) {
	h.send(append([]byte(nil), seg...), tos)
}

// emit cuts a packet into the segments that the wire would see.
func (h *linkHost) emit(b *core.SKB, tos uint8) {
	n := b.Len()
	w := h.l.task(n)
	b.CopyBits(0, w.p)
	gso, ecn := b.GSOSize, b.GSOType&core.GSOTCPECN != 0
	b.NS().Free(b)
	if gso == 0 {
		h.put(w, tos)
		return
	}
	p := wire.TCP(w.p)
	off := p.DataOff()
	data, seq, fl := p[off:], p.Seq(), p.Flags()
	for first := true; len(data) > 0; first = false {
		k := min(gso, len(data))
		q := h.l.task(off + k)
		copy(q.p, p[:off])
		copy(q.p[off:], data[:k])
		s := wire.TCP(q.p)
		s.SetSeq(seq)
		g := fl
		if k < len(data) {
			g &^= wire.TCPFin | wire.TCPPsh
		}
		if !first && ecn {
			g &^= wire.TCPCwr
		}
		s.SetFlags(g)
		h.put(q, tos)
		data, seq = data[k:], seq+uint32(k)
	}
	h.l.free = append(h.l.free, w)
}

func (l *link) task(n int) *linkTask {
	if k := len(l.free); k > 0 {
		w := l.free[k-1]
		l.free = l.free[:k-1]
		if cap(w.p) >= n {
			w.p, w.left = w.p[:n], false
			return w
		}
	}
	return &linkTask{p: make([]byte, n, max(n, 1600))}
}

func (h *linkHost) send(p []byte, tos uint8) {
	w := h.l.task(len(p))
	copy(w.p, p)
	h.put(w, tos)
}

// put gives one segment to the link.
func (h *linkHost) put(w *linkTask, tos uint8) {
	l := h.l
	if l.tap != nil {
		l.tap(w.p, tos)
		l.free = append(l.free, w)
		return
	}
	l.sent++
	w.from, w.to, w.tos = h, l.hosts[h.other], tos
	hit := !l.data || len(w.p) > wire.TCP(w.p).DataOff()
	switch {
	case l.mtu > 0 && len(w.p)+20 > l.mtu, hit && l.loss > 0 && l.rnd.Below(1000000) < l.loss, l.queue > 0 && h.wait >= l.queue:
		l.lost++
		l.free = append(l.free, w)
		return
	}
	if l.mark > 0 && h.wait >= l.mark && tos&inetECNMask != inetNotECT {
		w.tos |= inetCE
	}
	if l.dup > 0 && l.rnd.Below(1000000) < l.dup {
		d := l.task(len(w.p))
		copy(d.p, w.p)
		d.from, d.to, d.tos = w.from, w.to, w.tos
		h.leave(d)
	}
	h.leave(w)
}

// leave lets it wait for its turn at the link's rate.
func (h *linkHost) leave(w *linkTask) {
	l := h.l
	if l.rate == 0 {
		w.left = true
		l.c.Mod(&w.t, l.c.Now()+l.travel(), w)
		return
	}
	h.ends = max(h.ends, l.c.Now()) + sim.Time(int64(len(w.p)+34)*int64(sim.Second)/l.rate)
	h.wait++
	l.c.Mod(&w.t, h.ends, w)
}

func (h *linkHost) receive(w *linkTask) {
	k := h.ns.AllocSKB(core.Headroom, len(w.p)+20, 0)
	ip := wire.IPv4(k.Put(20))
	clear(ip)
	ip.SetVersionIHL(20)
	ip.SetProto(wire.ProtoTCP)
	ip.SetTOS(w.tos)
	ip.SetTotalLen(20 + len(w.p))
	ip.SetSrc(w.from.addr.IP4())
	ip.SetDst(h.addr.IP4())
	k.Network = k.Offset()
	copy(k.Put(len(w.p)), w.p)
	k.Pull(20)
	k.Transport = k.Offset()
	k.Protocol = etherIPv4
	k.IPSummed = core.ChecksumUnnecessary
	k.Dst = &h.dst
	h.tcp.rcv(h, k)
}

// connect opens a connection from the first host to the second, where lis
// listens.
func (l *link) connect(t testing.TB) (ca, lis *Sock) {
	lis = l.hosts[1].tcp.newSock(core.AFInet)
	if e := lis.Bind(wire.Addr{}, 80); e != 0 {
		t.Fatal(e)
	}
	lis.Listen(4)
	ca = l.hosts[0].tcp.newSock(core.AFInet)
	if e := ca.Connect(there, 80); e != step.EINPROGRESS {
		t.Fatal(e)
	}
	return ca, lis
}
