package ipv4

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A world is one host with lo, eth0 (10.0.1.1/24) and eth1 (10.0.2.1/24), whose
// frames are collected instead of sent.
type world struct {
	t    testing.TB
	m    *core.Machine
	ns   *core.Netns
	ip   *IPv4
	lo   *core.Device
	eth0 *core.Device
	eth1 *core.Device
	wire *collector
}

type collector struct{ frames []frame }

type frame struct {
	dev  int
	data []byte
}

func (c *collector) StartXmit(d *core.Device, b *core.SKB) core.TxCode {
	f := make([]byte, b.Len())
	b.CopyBits(0, f)
	c.frames = append(c.frames, frame{d.Index, f})
	d.NS.Sent(b, false, step.VethXmit)
	return core.TxOK
}

const (
	ourMAC  wire.MAC = 0x020000000001
	peerMAC wire.MAC = 0x020000000002
)

func ip4(a, b, c, d byte) wire.IP4 {
	return wire.IP4(a)<<24 | wire.IP4(b)<<16 | wire.IP4(c)<<8 | wire.IP4(d)
}

func newWorld(t testing.TB) *world {
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(7), IDs: &core.IDs{}}
	m.Clock.Reset(100 * sim.Second)
	ns := core.NewNetns(m, "h")
	ns.Trace = &trace.Tracer{Mode: trace.Record, Clock: m.Clock}
	w := &world{t: t, m: m, ns: ns, wire: &collector{}}
	w.lo = ns.NewDevice("lo", 1, w.wire)
	w.lo.Flags, w.lo.MTU, w.lo.Type = core.IFFLoopback, 65536, core.LinkLoopback
	ns.Loopback = w.lo
	w.ip = New(ns)
	w.eth0, w.eth1 = ns.NewDevice("eth0", 11, w.wire), ns.NewDevice("eth1", 12, w.wire)
	for i, d := range []*core.Device{w.lo, w.eth0, w.eth1} {
		d.Flags |= core.IFFUp | core.IFFRunning
		if i > 0 {
			d.Addr = ourMAC
			w.ok(w.ip.AddAddr(d, ip4(10, 0, byte(i), 1), 24, AddrOpts{}))
			n := ns.Neigh4.Create(ip4(10, 0, byte(i), 10).Addr(), d)
			ns.Neigh4.Update(n, peerMAC, core.NUDPermanent, core.NeighUpdateOverride|core.NeighUpdateAdmin)
		}
		w.ip.DevUp(d)
	}
	w.run(5 * sim.Second)
	w.wire.frames = nil
	ns.Trace.Ends = nil
	ns.Trace.Log.Reset()
	for i := range ns.MIB {
		ns.MIB[i] = 0
	}
	return w
}

func (w *world) ok(e core.Errno) {
	w.t.Helper()
	if e != 0 {
		w.t.Fatalf("unexpected %v", e)
	}
}

func (w *world) run(d sim.Time) { w.m.Clock.RunUntil(w.m.Clock.Now() + d) }

// packet makes an IPv4 packet with a good checksum.
func packet(src, dst wire.IP4, proto wire.Proto, ttl uint8, payload []byte, change ...func(wire.IPv4)) []byte {
	p := make([]byte, 20+len(payload))
	h := wire.IPv4(p)
	h.SetVersionIHL(20)
	h.SetTotalLen(len(p))
	h.SetID(7)
	h.SetTTL(ttl)
	h.SetProto(proto)
	h.SetSrc(src)
	h.SetDst(dst)
	copy(p[20:], payload)
	for _, f := range change {
		f(h)
	}
	h.ComputeChecksum()
	return p
}

func echo(n int) []byte {
	p := make([]byte, 8+n)
	p[0] = 8
	wire.ICMP(p).ComputeChecksum()
	return p
}

// rx lets a packet come in by a device, link address as given.
func (w *world) rx(d *core.Device, p []byte, typ core.PktType) {
	b := w.ns.AllocSKB(core.Headroom, 14+len(p), 0)
	f := wire.Ethernet(b.Put(14 + len(p)))
	f.Put(ourMAC, peerMAC, wire.EtherTypeIPv4)
	copy(f[14:], p)
	b.ResetMAC()
	b.Pull(14)
	b.ResetNetwork()
	b.Protocol, b.PktType, b.Dev, b.IIF = uint16(wire.EtherTypeIPv4), typ, d, d.Index
	w.ns.BHDisable()
	ipPacket{w.ip}.Rcv(w.ns, b)
	w.ns.BHEnable()
}

// ends is how packets ended, as "outcome reason at function".
func (w *world) ends() []string {
	var l []string
	for _, e := range w.ns.Trace.Ends {
		s := e.Outcome.String()
		if e.Reason != 0 {
			s += " " + e.Reason.String()
		}
		l = append(l, s+" at "+e.Fn.String())
	}
	return l
}

// conserved checks that no buffer is lost but those held.
func (w *world) conserved(held int) {
	w.t.Helper()
	if n := int(w.m.Allocated) - int(w.m.Freed); n != held {
		w.t.Errorf("%d buffers are not accounted for", n-held)
	}
}

// udpSink takes UDP packets.
type udpSink struct {
	got [][]byte
	err []uint32
}

func (s *udpSink) Rcv(ns *core.Netns, b *core.SKB) int {
	p := make([]byte, b.Len())
	b.CopyBits(0, p)
	s.got = append(s.got, p)
	ns.Consume(b, step.IPProtocolDeliverRcu)
	return 0
}

func (s *udpSink) Err(_ *core.Netns, b *core.SKB, info uint32) bool {
	s.err = append(s.err, info)
	return true
}
