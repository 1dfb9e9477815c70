package device

import (
	"bytes"
	"encoding/hex"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A world is one machine with one namespace.
func world(cpus int) *core.Netns {
	m := &core.Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(1), IDs: &core.IDs{}}
	ns := core.NewNetns(m, "h")
	for range cpus {
		core.NewSoftnet(m)
	}
	return ns
}

// A sink is a protocol handler that keeps what it gets as bytes.
type sink struct {
	got  []string
	segs []int
	pkt  []uint32
	keep bool
	n    int
}

func (s *sink) Rcv(ns *core.Netns, b *core.SKB) {
	s.n++
	if s.keep {
		p := make([]byte, b.Len())
		b.CopyBits(0, p)
		s.got = append(s.got, string(p))
		s.segs = append(s.segs, b.GSOSegs)
		s.pkt = append(s.pkt, b.Pkt)
	}
	ns.Free(b)
}

// A tape keeps the frames that leave.
type tape struct {
	at     []sim.Time
	frames [][]byte
	clock  *sim.Clock
}

func (t *tape) Carry(d *core.Device, f []byte, pkt uint32) {
	t.at = append(t.at, t.clock.Now())
	t.frames = append(t.frames, bytes.Clone(f))
}

const (
	macHost = wire.MAC(0x020000000001)
	macPeer = wire.MAC(0x020000000002)
	ipHost  = wire.IP4(0x0a000001)
	ipPeer  = wire.IP4(0x0a000002)
)

// seg builds an Ethernet frame with a TCP segment towards the host.
func seg(id uint16, seq uint32, flags wire.TCPFlags, payload []byte) []byte {
	f := make([]byte, 14+20+20+12+len(payload))
	wire.Ethernet(f).Put(macHost, macPeer, wire.EtherTypeIPv4)
	ip := wire.IPv4(f[14:])
	ip.SetVersionIHL(20)
	ip.SetTotalLen(len(f) - 14)
	ip.SetID(id)
	ip.SetDF(true)
	ip.SetTTL(64)
	ip.SetProto(wire.ProtoTCP)
	ip.SetSrc(ipPeer)
	ip.SetDst(ipHost)
	ip.ComputeChecksum()
	th := wire.TCP(f[34:])
	th.SetSrcPort(1234)
	th.SetDstPort(80)
	th.SetSeq(seq)
	th.SetAck(7)
	th.SetDataOff(32)
	th.SetFlags(flags)
	th.SetWindow(1000)
	copy(f[54:], []byte{1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2})
	copy(f[66:], payload)
	th.ComputeChecksum(wire.PseudoHeader4(ipPeer, ipHost, wire.ProtoTCP, len(th)))
	return f
}

func nic(ns *core.Netns, cfg Config) *NIC {
	n := NewNIC(ns, "eth0", 2, cfg)
	n.Dev.Addr = macHost
	n.Dev.Flags |= core.IFFUp
	return n
}

func payload(n int, seed byte) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i)*7 + seed
	}
	return p
}

// The vectors of the Microsoft RSS specification, "Verifying the RSS hash
// calculation".
func TestToeplitz(t *testing.T) {
	tests := []struct {
		in         string // source, destination, ports
		ip, tcp    uint32
		addressLen int
	}{
		{"420995bb" + "a18e6450" + "0aea" + "06e6", 0x323e8fc2, 0x51ccc178, 8},
		{"c75c6f02" + "41458c53" + "3796" + "1283", 0xd718262a, 0xc626b0ea, 8},
		{"1813c65f" + "0c16cfb8" + "3262" + "9488", 0xd2d0a5de, 0x5c2b394a, 8},
		{"261bcd1e" + "d18ea306" + "bc64" + "08a9", 0x82989176, 0xafc7327f, 8},
		{"9927a3bf" + "cabc7f02" + "acdb" + "0517", 0x5d1809c5, 0x10e828a2, 8},
		{"3ffe2501" + "02001fff" + "00000000" + "00000007" + "3ffe2501" + "02000003" + "00000000" + "00000001" + "0aea" + "06e6", 0x2cc18cd5, 0x40207d3d, 32},
		{"3ffe0501" + "00080000" + "026097ff" + "fe40efab" + "ff020000" + "00000000" + "00000000" + "00000001" + "3796" + "1283", 0x0f0c461c, 0xdde51bbf, 32},
		{"3ffe1900" + "45450003" + "0200f8ff" + "fe2167cf" + "fe800000" + "00000000" + "0200f8ff" + "fe2167cf" + "acdb" + "9488", 0x4b61e985, 0x02d1feef, 32},
	}
	for _, tt := range tests {
		in, err := hex.DecodeString(tt.in)
		if err != nil {
			t.Fatal(err)
		}
		if got := Toeplitz(in[:tt.addressLen]); got != tt.ip {
			t.Errorf("%s addresses: %08x, want %08x", tt.in, got, tt.ip)
		}
		if got := Toeplitz(in); got != tt.tcp {
			t.Errorf("%s with ports: %08x, want %08x", tt.in, got, tt.tcp)
		}
	}
}

// Frames of one flow that arrive while the queue is polled are merged; order
// and bytes stay.
func TestGROMerges(t *testing.T) {
	ns := world(1)
	s := &sink{keep: true}
	ns.AddPacketType(0x0800, s)
	n := nic(ns, Config{Queues: 1})
	var want []byte
	for i := range 5 {
		p := payload(1000, byte(i))
		if i == 4 {
			p = p[:300]
		}
		flags := wire.TCPAck
		if i == 4 {
			flags |= wire.TCPPsh
		}
		want = append(want, p...)
		n.DMA(seg(uint16(i), uint32(i*1000), flags, p), RxInfo{Pkt: uint32(i + 1)})
	}
	ns.Clock.RunUntil(sim.Second)
	if len(s.got) != 1 || s.segs[0] != 5 || s.pkt[0] != 1 {
		t.Fatalf("%d packets went up, segments %v, numbers %v; want one of 5 with number 1", len(s.got), s.segs, s.pkt)
	}
	ip := wire.IPv4(s.got[0])
	if ip.TotalLen() != 52+4300 || !ip.ChecksumOK() || string(ip[52:]) != string(want) {
		t.Errorf("merged packet: length %d, want %d; checksum %v; payload equal %v", ip.TotalLen(), 52+4300, ip.ChecksumOK(), string(ip[52:]) == string(want))
	}
	if f := wire.TCP(ip[20:]).Flags(); f != wire.TCPAck|wire.TCPPsh {
		t.Errorf("flags %v, want P.", f)
	}
	if m := ns.Machine; m.Allocated != m.Freed {
		t.Errorf("%d allocated, %d freed", m.Allocated, m.Freed)
	}
}

func TestGRODiffers(t *testing.T) {
	base := func() []byte { return seg(1, 1000, wire.TCPAck, payload(1000, 1)) }
	sum := func(f []byte) []byte {
		th := wire.TCP(f[34:])
		wire.IPv4(f[14:]).ComputeChecksum()
		th.ComputeChecksum(wire.PseudoHeader4(ipPeer, ipHost, wire.ProtoTCP, len(th)))
		return f
	}
	tests := []struct {
		name string
		f    func() []byte
		want int // packets that go up
	}{
		{"next", base, 1},
		{"gap", func() []byte { return seg(1, 1001, wire.TCPAck, payload(1000, 1)) }, 2},
		{"larger", func() []byte { return seg(1, 1000, wire.TCPAck, payload(1001, 1)) }, 2},
		{"smaller", func() []byte { return seg(1, 1000, wire.TCPAck, payload(10, 1)) }, 1},
		{"no payload", func() []byte { return seg(1, 1000, wire.TCPAck, nil) }, 2},
		{"identification", func() []byte { return seg(5, 1000, wire.TCPAck, payload(1000, 1)) }, 2},
		{"acknowledgement", func() []byte { f := base(); wire.TCP(f[34:]).SetAck(8); return sum(f) }, 2},
		{"window", func() []byte { f := base(); wire.TCP(f[34:]).SetWindow(8); return sum(f) }, 2},
		{"options", func() []byte { f := base(); f[60]++; return sum(f) }, 2},
		{"ttl", func() []byte { f := base(); wire.IPv4(f[14:]).SetTTL(63); return sum(f) }, 2},
		{"tos", func() []byte { f := base(); wire.IPv4(f[14:]).SetTOS(2); return sum(f) }, 2},
		{"fin", func() []byte { f := base(); wire.TCP(f[34:]).SetFlags(wire.TCPAck | wire.TCPFin); return sum(f) }, 1},
		{"urgent", func() []byte { f := base(); wire.TCP(f[34:]).SetFlags(wire.TCPAck | wire.TCPUrg); return sum(f) }, 2},
		{"cwr", func() []byte { f := base(); wire.TCP(f[34:]).SetFlags(wire.TCPAck | wire.TCPCwr); return sum(f) }, 2},
		{"bad checksum", func() []byte { f := base(); f[70]++; return f }, 2},
		{"padding", func() []byte { return append(base(), 0) }, 2},
	}
	for _, tt := range tests {
		ns := world(1)
		s := &sink{keep: true}
		ns.AddPacketType(0x0800, s)
		n := nic(ns, Config{Queues: 1})
		n.DMA(seg(0, 0, wire.TCPAck, payload(1000, 0)), RxInfo{})
		n.DMA(tt.f(), RxInfo{})
		ns.Clock.RunUntil(sim.Second)
		if s.n != tt.want {
			t.Errorf("%s: %d packets went up, want %d", tt.name, s.n, tt.want)
		}
		if m := ns.Machine; m.Allocated != m.Freed {
			t.Errorf("%s: %d allocated, %d freed", tt.name, m.Allocated, m.Freed)
		}
	}
}

// forwarder sends what comes in out again by another device.
type forwarder struct{ out *core.Device }

func (f *forwarder) Rcv(ns *core.Netns, b *core.SKB) {
	b.Dev = f.out
	b.Transport = b.Network + 20
	f.out.HardHeader(b, macPeer, f.out.Addr, wire.EtherType(b.Protocol))
	ns.DevQueueXmit(b)
}

// What GRO has merged, segmentation cuts into the same frames again: by the
// card (TSO), and in software.
func TestGSOUndoesGRO(t *testing.T) {
	for _, off := range []uint32{0, core.FeatureTSO, core.FeatureTSO | core.FeatureTxCsum, core.FeatureTSO | core.FeatureTxCsum | core.FeatureSG} {
		ns := world(1)
		tp := &tape{clock: ns.Clock}
		in := nic(ns, Config{Queues: 1})
		out := NewNIC(ns, "eth1", 3, Config{Queues: 2, Wire: tp, Off: off})
		out.Dev.Addr = macHost
		out.Dev.Flags |= core.IFFUp
		ns.AddPacketType(0x0800, &forwarder{out.Dev})
		var want [][]byte
		r := sim.NewRand(uint64(off) + 3)
		seq, id := uint32(100), uint16(0)
		for i := range 60 {
			size := 1000
			flags := wire.TCPAck
			if r.Below(9) == 0 {
				size, flags = int(r.Below(1000)), flags|wire.TCPPsh
			}
			f := seg(id, seq, flags, payload(size, byte(i)))
			seq += uint32(size)
			id++
			in.DMA(f, RxInfo{Pkt: uint32(i + 1)})
			w := bytes.Clone(f)
			wire.Ethernet(w).Put(macPeer, macHost, wire.EtherTypeIPv4)
			want = append(want, w)
		}
		ns.Clock.RunUntil(sim.Second)
		if len(tp.frames) != len(want) {
			t.Fatalf("without %x: %d frames went in, %d came out", off, len(want), len(tp.frames))
		}
		for i := range want {
			got := tp.frames[i]
			if len(want[i]) < 60 {
				got = got[:len(want[i])]
			}
			if !bytes.Equal(got, want[i]) {
				t.Fatalf("without %x: frame %d\n got %x\nwant %x", off, i, got[:66], want[i][:66])
			}
		}
		if m := ns.Machine; m.Allocated != m.Freed {
			t.Errorf("without %x: %d allocated, %d freed", off, m.Allocated, m.Freed)
		}
	}
}

// More frames at once than the ring has descriptors: the card loses the rest.
func TestRingFull(t *testing.T) {
	ns := world(1)
	s := &sink{}
	ns.AddPacketType(0x0800, s)
	n := nic(ns, Config{Queues: 1, RxRing: 64})
	tr := &trace.Tracer{Mode: trace.Record, Clock: ns.Clock}
	ns.Trace = tr
	lost := 0
	for i := range 100 {
		if !n.DMA(seg(uint16(i*3), 0, wire.TCPAck, payload(10, 0)), RxInfo{Pkt: uint32(i + 1)}) {
			lost++
		}
	}
	ns.Clock.RunUntil(sim.Second)
	if lost != 37 || s.n != 63 || n.Dev.Stats.RxMissed != 37 {
		t.Errorf("lost %d, delivered %d, rx_missed %d; want 37, 63, 37", lost, s.n, n.Dev.Stats.RxMissed)
	}
	ends := 0
	for i := range tr.Log.Events {
		e := &tr.Log.Events[i]
		if e.Kind == trace.End && e.Why == step.WhyRingFull {
			ends++
			if e.Pkt != 64+uint32(ends)-1 || trace.Outcome(e.Code) != trace.Dropped {
				t.Errorf("end %d: packet %d, outcome %d", ends, e.Pkt, e.Code)
			}
		}
	}
	if ends != 37 {
		t.Errorf("%d ends tell of the full ring, want 37", ends)
	}
}

// A CPU that gets frames faster than it can work on them loses some at the
// ring; ksoftirqd takes over.
func TestOverload(t *testing.T) {
	ns := world(1)
	s := &sink{}
	ns.AddPacketType(0x0800, s)
	n := nic(ns, Config{Queues: 1})
	src := &feeder{n: n, gap: 200, left: 20000, f: seg(1, 1, wire.TCPAck, payload(4, 0))}
	ns.Clock.Mod(&src.timer, 0, src)
	tr := &trace.Tracer{Mode: trace.Record, Clock: ns.Clock}
	ns.Trace = tr
	ns.Clock.RunUntil(10 * sim.Second)
	if s.n+int(n.RxNoBuffer) != 20000 || n.RxNoBuffer < 10000 || s.n < 4000 {
		t.Errorf("delivered %d, lost %d; want 20000 in all, and a quarter delivered", s.n, n.RxNoBuffer)
	}
	threads := 0
	for i := range tr.Log.Events {
		if e := &tr.Log.Events[i]; e.Kind == trace.Call && step.Step(e.Code) == step.RunKsoftirqd {
			threads++
		}
	}
	if threads == 0 {
		t.Error("ksoftirqd never ran")
	}
}

// Work on many queues at once is more than the budget of one softirq.
func TestSqueeze(t *testing.T) {
	ns := world(1)
	s := &sink{}
	ns.AddPacketType(0x0800, s)
	for i := range 6 {
		n := NewNIC(ns, "eth", 0, Config{Queues: 1})
		n.Dev.Addr = macHost
		n.Dev.Flags |= core.IFFUp
		for range 100 {
			n.DMA(seg(uint16(i), 1, wire.TCPAck, nil), RxInfo{})
		}
	}
	ns.Clock.RunUntil(sim.Second)
	if c := ns.Machine.CPU[0]; s.n != 600 || c.TimeSqueeze == 0 || c.Processed != 600 {
		t.Errorf("delivered %d, processed %d, squeezed %d; want 600, 600, some", s.n, c.Processed, c.TimeSqueeze)
	}
}

type feeder struct {
	n     *NIC
	gap   sim.Time
	left  int
	f     []byte
	timer sim.Timer
}

func (s *feeder) Run() {
	s.n.DMA(s.f, RxInfo{})
	if s.left--; s.left > 0 {
		c := s.n.Dev.NS.Clock
		c.Mod(&s.timer, s.timer.At+s.gap, s)
	}
}

// The link has a rate: frames leave one after the other, and when the ring and
// the queue are full, packets are dropped by the queue.
func TestTransmitRate(t *testing.T) {
	ns := world(1)
	tp := &tape{clock: ns.Clock}
	n := nic(ns, Config{Queues: 1, TxRing: 64, Rate: 1e8, Wire: tp})
	n.Dev.TxQueueLen = 100
	n.Dev.Qdisc = nil
	n2 := NewNIC(ns, "eth1", 3, Config{Queues: 1, TxRing: 64, Rate: 1e8, Wire: tp})
	n2.Dev.Flags |= core.IFFUp
	for range 2000 {
		b := ns.AllocSKB(core.Headroom, 1000, 0)
		b.Put(986)
		b.Dev, b.Network, b.Protocol = n2.Dev, b.Offset(), 0x0800
		n2.Dev.HardHeader(b, macPeer, macHost, wire.EtherTypeIPv4)
		ns.DevQueueXmit(b)
	}
	ns.Clock.RunUntil(sim.Second)
	m := ns.Machine
	if m.Allocated != m.Freed {
		t.Errorf("%d allocated, %d freed", m.Allocated, m.Freed)
	}
	// What the queue refuses the device does not count (tc -s shows it, ip -s does not).
	drops := n2.Dev.Qdisc.(interface{ Drops() uint64 }).Drops()
	if len(tp.frames)+int(drops) != 2000 || drops == 0 || n2.Dev.Stats.TxDropped != 0 {
		t.Errorf("%d frames left, %d were dropped; want 2000 in all and some of both", len(tp.frames), drops)
	}
	for i := 1; i < len(tp.at); i++ {
		if d := tp.at[i] - tp.at[i-1]; d != 1024*8*10 {
			t.Fatalf("frame %d leaves %d ns after the one before, want %d", i, d, 1024*8*10)
		}
	}
}

// VLAN: tagged frames reach the device on top, others do not; what it sends is
// tagged.
func TestVlan(t *testing.T) {
	for _, off := range []uint32{0, core.FeatureVlanRx | core.FeatureVlanTx} {
		ns := world(1)
		tp := &tape{clock: ns.Clock}
		n := nic(ns, Config{Queues: 1, Off: off, Wire: tp})
		v := NewVlan(n.Dev, "eth0.5", 0, 5, false)
		v.Flags |= core.IFFUp
		got := &devSink{}
		ns.AddPacketType(0x0800, got)
		tag := func(id byte) []byte {
			f := seg(1, 1, wire.TCPAck, payload(100, 0))
			g := append(bytes.Clone(f[:12]), 0x81, 0, 0, id)
			return append(g, f[12:]...)
		}
		for i, f := range [][]byte{tag(5), tag(6), seg(1, 1, wire.TCPAck, nil)} {
			n.DMA(f, RxInfo{})
			ns.Clock.RunUntil(sim.Time(i+1) * sim.Millisecond)
		}
		want := []devGot{{v, core.PacketHost, 152}, {n.Dev, core.PacketOtherHost, 152}, {n.Dev, core.PacketHost, 52}}
		if len(got.got) != 3 || got.got[0] != want[0] || got.got[1] != want[1] || got.got[2] != want[2] {
			t.Errorf("without %x: got %v, want %v", off, got.got, want)
		}
		b := ns.AllocSKB(core.Headroom, 100, 0)
		b.Put(80)
		b.Dev, b.Network, b.Protocol = v, b.Offset(), 0x0800
		v.HardHeader(b, macPeer, macHost, wire.EtherTypeIPv4)
		ns.DevQueueXmit(b)
		ns.Clock.RunUntil(2 * sim.Second)
		if len(tp.frames) != 1 || hex.EncodeToString(tp.frames[0][12:18]) != "810000050800" {
			t.Errorf("without %x: sent %x", off, tp.frames)
		}
		if m := ns.Machine; m.Allocated != m.Freed {
			t.Errorf("without %x: %d allocated, %d freed", off, m.Allocated, m.Freed)
		}
	}
}

type devGot struct {
	d   *core.Device
	typ core.PktType
	n   int
}
type devSink struct{ got []devGot }

func (s *devSink) Rcv(ns *core.Netns, b *core.SKB) {
	s.got = append(s.got, devGot{b.Dev, b.PktType, min(b.Len(), wire.IPv4(b.Data()).TotalLen())})
	ns.Free(b)
}

// A pair joins two namespaces; what is too long for the other end is dropped
// in the sender's.
func TestVeth(t *testing.T) {
	ns := world(1)
	peer := core.NewNetns(ns.Machine, "p")
	tr := &trace.Tracer{Mode: trace.Record, Clock: ns.Clock}
	ns.Trace, peer.Trace = tr, tr
	a, b := NewVethPair(ns, "a", peer, "b")
	a.Dev.Flags |= core.IFFUp
	b.Dev.Flags |= core.IFFUp
	a.Dev.Addr, b.Dev.Addr = macPeer, macHost
	got := &devSink{}
	peer.AddPacketType(0x0800, got)
	send := func(n int) int {
		s := ns.AllocSKB(core.Headroom, n, 0)
		clear(s.Put(n))
		wire.IPv4(s.Data()).SetTotalLen(n)
		s.Dev, s.Network, s.Protocol = a.Dev, s.Offset(), 0x0800
		s.Mark = 7
		a.Dev.HardHeader(s, macHost, macPeer, wire.EtherTypeIPv4)
		return ns.DevQueueXmit(s)
	}
	for _, tt := range []struct{ n, rc int }{{100, 0}, {1504, 0}, {1505, 1}} {
		before := len(got.got)
		rc := send(tt.n)
		// The softirq has run before DevQueueXmit returned.
		if arrived := len(got.got) > before; rc != tt.rc || arrived != (tt.rc == 0) {
			t.Errorf("%d bytes: rc %d, arrived %v; want rc %d", tt.n, rc, arrived, tt.rc)
		}
	}
	if a.Dev.Stats.TxDropped != 1 || b.Dev.Stats.RxPackets != 2 {
		t.Errorf("dropped %d, received %d; want 1, 2", a.Dev.Stats.TxDropped, b.Dev.Stats.RxPackets)
	}
	last := tr.Ends[len(tr.Ends)-1]
	if last.Reason != step.DropNotSpecified || last.Fn != step.DevForwardSkb {
		t.Errorf("dropped for %v at %v", last.Reason, last.Fn)
	}
}

// The loopback device turns a packet around with its route.
func TestLoopback(t *testing.T) {
	ns := world(1)
	lo := NewLoopback(ns)
	lo.Flags |= core.IFFUp
	dst := &core.Dst{Dev: lo}
	got := &dstSink{}
	ns.AddPacketType(0x0800, got)
	b := ns.AllocSKB(core.Headroom, 100, 0)
	b.Put(50)
	b.Dev, b.Network, b.Protocol, b.Dst = lo, b.Offset(), 0x0800, dst
	lo.HardHeader(b, 0, 0, wire.EtherTypeIPv4)
	if rc := ns.DevQueueXmit(b); rc != 0 || got.dst != dst || lo.Stats.RxBytes != 50 {
		t.Errorf("rc %d, route %v, rx_bytes %d", rc, got.dst, lo.Stats.RxBytes)
	}
}

type dstSink struct{ dst *core.Dst }

func (s *dstSink) Rcv(ns *core.Netns, b *core.SKB) { s.dst = b.Dst; ns.Free(b) }

// Whatever arrives: nothing panics, and no buffer is lost.
func FuzzReceive(f *testing.F) {
	f.Add(seg(1, 1, wire.TCPAck, payload(100, 0)), uint8(0))
	f.Add(append([]byte{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 0x81, 0, 0, 5, 0x81, 0, 0, 6, 8, 0}, 0x45), uint8(1))
	f.Add([]byte{1}, uint8(3))
	f.Add([]byte{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 0x81, 0, 0}, uint8(7))
	f.Add([]byte{1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6, 0x86, 0xdd, 0x60, 0}, uint8(2))
	f.Fuzz(func(t *testing.T, in []byte, how uint8) {
		ns := world(2)
		cfg := Config{Queues: 2}
		if how&1 != 0 {
			cfg.Off = core.FeatureVlanRx
		}
		if how&2 != 0 {
			cfg.Off |= core.FeatureRxCsum
		}
		n := nic(ns, cfg)
		v := NewVlan(n.Dev, "v", 0, 5, false)
		v.Flags |= core.IFFUp
		out := NewNIC(ns, "out", 0, Config{Off: core.FeatureTSO * uint32(how>>2&1)})
		out.Dev.Flags |= core.IFFUp
		ns.AddPacketType(0x0800, &forwarder{out.Dev})
		ns.AddPacketType(0x86dd, &sink{})
		w := NewVeth(ns, "w", 0, nil)
		w.Dev.Flags |= core.IFFUp
		if len(in) > 4000 {
			in = in[:4000]
		}
		for i := range 4 {
			g := bytes.Clone(in)
			if len(g) > 40 {
				g[19] += byte(i) // identification
				if len(g) > 60 {
					wire.IPv4(g[14:]).SetChecksum(0)
					if ip := wire.IPv4(g[14:]); ip.Valid() {
						ip.ComputeChecksum()
					}
				}
			}
			n.DMA(g, RxInfo{Partial: how&8 != 0, GSOSize: int(how>>4) * 100 % 900})
			w.Receive(g, RxInfo{})
		}
		ns.Clock.RunUntil(sim.Second)
		if m := ns.Machine; m.Allocated != m.Freed {
			t.Errorf("%d allocated, %d freed", m.Allocated, m.Freed)
		}
	})
}

// One frame from the ring through GRO to the protocol.
func BenchmarkReceive(b *testing.B) {
	bench := func(b *testing.B, frames [][]byte, mode trace.Mode) {
		ns := world(1)
		if mode != trace.Silent {
			ns.Trace = &trace.Tracer{Mode: mode, Clock: ns.Clock}
		}
		s := &sink{}
		ns.AddPacketType(0x0800, s)
		n := nic(ns, Config{Queues: 1})
		b.ReportAllocs()
		b.ResetTimer()
		for i := 0; b.Loop(); i++ {
			n.DMA(frames[i%len(frames)], RxInfo{Pkt: uint32(i + 1)})
			if i%32 == 31 {
				ns.Clock.RunUntil(ns.Clock.Now() + 100*sim.Microsecond)
				if t := ns.Trace; t != nil {
					t.Ends = t.Ends[:0]
					t.Log.Reset()
				}
			}
		}
	}
	var same [][]byte
	for i := range 32 {
		same = append(same, seg(uint16(i), uint32(i*1400), wire.TCPAck, payload(1400, 0)))
	}
	b.Run("merged1400", func(b *testing.B) { bench(b, same, trace.Silent) })
	b.Run("merged1400/counted", func(b *testing.B) { bench(b, same, trace.Count) })
	b.Run("merged1400/recorded", func(b *testing.B) { bench(b, same, trace.Record) })
	b.Run("ack", func(b *testing.B) { bench(b, [][]byte{seg(1, 1, wire.TCPAck, nil)}, trace.Silent) })
	u := make([]byte, 14+20+8+18)
	wire.Ethernet(u).Put(macHost, macPeer, wire.EtherTypeIPv4)
	ip := wire.IPv4(u[14:])
	ip.SetVersionIHL(20)
	ip.SetTotalLen(46)
	ip.SetProto(wire.ProtoUDP)
	ip.SetTTL(64)
	ip.ComputeChecksum()
	b.Run("udp60", func(b *testing.B) { bench(b, [][]byte{u}, trace.Silent) })
	b.Run("udp60/counted", func(b *testing.B) { bench(b, [][]byte{u}, trace.Count) })
}

type forkWorld struct {
	m   *core.Machine
	n   *NIC
	s   *sink
	src *feeder
}

// A machine that is copied in the middle of an overload goes on as the original
// does.
func TestFork(t *testing.T) {
	ns := world(2)
	w := &forkWorld{m: ns.Machine, s: &sink{}}
	ns.AddPacketType(0x0800, w.s)
	w.n = nic(ns, Config{Queues: 2})
	w.src = &feeder{n: w.n, gap: 300, left: 3000, f: seg(1, 1, wire.TCPAck, payload(4, 0))}
	ns.Clock.Mod(&w.src.timer, 0, w.src)
	ns.Clock.RunUntil(400 * sim.Microsecond)
	c, _ := sim.Fork(w)
	var sum [2]uint64
	for i, x := range []*forkWorld{w, c} {
		tr := &trace.Tracer{Mode: trace.Count, Clock: x.m.Clock}
		x.m.NS[0].Trace = tr
		x.m.Clock.RunUntil(sim.Second)
		sum[i] = tr.Hash
		if x.m.Allocated != x.m.Freed || x.s.n+int(x.n.RxNoBuffer) != 3000 {
			t.Errorf("%d: %d allocated, %d freed; %d delivered, %d lost", i, x.m.Allocated, x.m.Freed, x.s.n, x.n.RxNoBuffer)
		}
	}
	if sum[0] != sum[1] || w.s.n != c.s.n {
		t.Errorf("the copy took another path: %x, %x; %d, %d delivered", sum[0], sum[1], w.s.n, c.s.n)
	}
}
