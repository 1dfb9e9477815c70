package device

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// dgram is a frame with a UDP datagram from a port of the peer's.
func dgram(port uint16) []byte {
	f := make([]byte, 14+20+8+4)
	wire.Ethernet(f).Put(macHost, macPeer, wire.EtherTypeIPv4)
	ip := wire.IPv4(f[14:])
	ip.SetVersionIHL(20)
	ip.SetTotalLen(len(f) - 14)
	ip.SetTTL(64)
	ip.SetProto(wire.ProtoUDP)
	ip.SetSrc(ipPeer)
	ip.SetDst(ipHost)
	ip.ComputeChecksum()
	uh := wire.UDP(f[34:])
	uh.SetSrcPort(port)
	uh.SetDstPort(53)
	uh.SetLen(12)
	return f
}

// perQueue sends n datagrams of different ports and tells how many came by each queue.
func perQueue(ns *core.Netns, n *NIC, count int) (got []uint64) {
	before := make([]uint64, n.Queues())
	for i := range before {
		before[i], _, _, _, _ = n.Queue(i)
	}
	for p := range count {
		n.DMA(dgram(uint16(1000+p)), RxInfo{})
		ns.Clock.RunUntil(ns.Clock.Now() + sim.Millisecond)
	}
	for i := range before {
		rx, _, _, _, _ := n.Queue(i)
		got = append(got, rx-before[i])
	}
	return got
}

// The indirection table decides about the queue; ports of UDP count only when the card
// was told so.
func TestIndirection(t *testing.T) {
	ns := world(1)
	n := nic(ns, Config{})
	n.Dev.NS.AddPacketType(0x0800, &sink{})
	used := func(got []uint64) (k int) {
		for _, x := range got {
			if x > 0 {
				k++
			}
		}
		return k
	}
	if got := perQueue(ns, n, 40); used(got) != 1 {
		t.Errorf("datagrams of one pair of addresses came by %v: the ports are not hashed", got)
	}
	n.SetHashUDP(false, true)
	if got := perQueue(ns, n, 200); used(got) != 4 {
		t.Errorf("with ports they came by %v", got)
	}
	var table [RetaSize]uint8
	for i := range table {
		table[i] = 2
	}
	if !n.SetIndirection(&table, true) {
		t.Fatal("a table of queue 2 was refused")
	}
	if got := perQueue(ns, n, 40); got[2] != 40 {
		t.Errorf("with a table of queue 2 they came by %v", got)
	}
	table[127] = 4
	if n.SetIndirection(&table, true) {
		t.Error("a table with queue 4 of 4 was taken")
	}
}

// Another number of queues makes the table anew, and what is set for queues that go is
// forgotten.
func TestSetQueues(t *testing.T) {
	ns := world(1)
	n := nic(ns, Config{})
	n.Dev.NS.AddPacketType(0x0800, &sink{})
	n.SetHashUDP(false, true)
	n.Dev.SetRPS(3, 2)
	n.Dev.SetXPS(3, 1)
	if !n.SetQueues(2) {
		t.Fatal("refused")
	}
	if n.Dev.RxQueues() != 2 || n.Dev.TxQueues() != 2 || n.Dev.NumRxQueues() != 4 {
		t.Errorf("%d rx, %d tx, of %d", n.Dev.RxQueues(), n.Dev.TxQueues(), n.Dev.NumRxQueues())
	}
	table, _ := n.Indirection()
	if table[0] != 0 || table[63] != 0 || table[64] != 1 || table[127] != 1 {
		t.Errorf("table %v", table)
	}
	if got := perQueue(ns, n, 100); len(got) != 2 || got[0] == 0 || got[1] == 0 || got[0]+got[1] != 100 {
		t.Errorf("%v", got)
	}
	if !n.SetQueues(4) || n.Dev.RPS(3) != 0 || n.Dev.XPS(3) != 0 {
		t.Errorf("queue 3 has rps_cpus %x, xps_cpus %x", n.Dev.RPS(3), n.Dev.XPS(3))
	}
}

// Receive packet steering hands the flows to both CPUs; every flow stays on one.
func TestRPSSpreads(t *testing.T) {
	ns := world(1)
	n := nic(ns, Config{Queues: 1})
	seen := &cpuSink{by: map[uint16]map[int]int{}}
	ns.AddPacketType(0x0800, seen)
	n.Dev.SetRPS(0, 3)
	for round := range 3 {
		for p := range 64 {
			n.DMA(dgram(uint16(2000+p)), RxInfo{})
		}
		ns.Clock.RunUntil(ns.Clock.Now() + sim.Time(round+1)*10*sim.Millisecond)
	}
	var flows [2]int
	for port, by := range seen.by {
		if len(by) != 1 {
			t.Errorf("the flow of port %d was on %d CPUs", port, len(by))
		}
		for c, k := range by {
			flows[c]++
			if k != 3 {
				t.Errorf("%d packets of port %d", k, port)
			}
		}
	}
	if flows[0]+flows[1] != 64 || flows[0] < 16 || flows[1] < 16 {
		t.Errorf("flows of each CPU: %v", flows)
	}
	if m := ns.Machine; len(m.CPU) != 2 || m.CPU[0].ReceivedRPS != 0 || m.CPU[1].ReceivedRPS == 0 {
		t.Errorf("%d CPUs", len(m.CPU))
	}
	if a, f := ns.Machine.Allocated, ns.Machine.Freed; a != f {
		t.Errorf("%d buffers made, %d freed", a, f)
	}
}

// A cpuSink notes on which CPU the datagrams of each port come up.
type cpuSink struct{ by map[uint16]map[int]int }

func (s *cpuSink) Rcv(ns *core.Netns, b *core.SKB) {
	port := wire.UDP(b.Data()[20:]).SrcPort()
	if s.by[port] == nil {
		s.by[port] = map[int]int{}
	}
	s.by[port][ns.Machine.ThisCPU().CPU]++
	ns.Free(b)
}

// A device that goes takes what waits in other CPUs' backlogs along.
func TestBacklogOfGoneDevice(t *testing.T) {
	ns := world(1)
	n := nic(ns, Config{Queues: 1})
	k := &sink{}
	ns.AddPacketType(0x0800, k)
	n.Dev.SetRPS(0, 2)
	n.DMA(dgram(1), RxInfo{})
	for at, ok := ns.Clock.Next(); ok && ns.Machine.Allocated > 0; at, ok = ns.Clock.Next() {
		if in, _ := second(ns).QueueLens(); in > 0 {
			break
		}
		ns.Clock.RunUntil(at)
	}
	if in, _ := second(ns).QueueLens(); in != 1 {
		t.Fatalf("%d packets wait for the second CPU", in)
	}
	n.Dev.Flags &^= core.IFFUp
	ns.Unlist(n.Dev)
	n.Dev.NS = nil
	ns.Clock.RunUntil(ns.Clock.Now() + sim.Second)
	if k.n != 0 || ns.Machine.Allocated != ns.Machine.Freed {
		t.Errorf("%d came up, %d made, %d freed", k.n, ns.Machine.Allocated, ns.Machine.Freed)
	}
}

func second(ns *core.Netns) *core.Softnet {
	if len(ns.Machine.CPU) < 2 {
		return &core.Softnet{}
	}
	return ns.Machine.CPU[1]
}

// A machine that steers can be copied at any moment: between the CPUs, packets and
// interrupts are under way.
func TestForkRPS(t *testing.T) {
	ns := world(2)
	w := &forkWorld{m: ns.Machine, s: &sink{}}
	ns.AddPacketType(0x0800, w.s)
	w.n = nic(ns, Config{Queues: 2})
	w.n.Dev.SetRPS(0, 3)
	w.n.Dev.SetRPS(1, 1)
	w.src = &feeder{n: w.n, gap: 900, left: 300, f: seg(1, 1, wire.TCPAck, payload(4, 0))}
	ns.Clock.Mod(&w.src.timer, 0, w.src)
	for k := range 40 {
		ns.Clock.RunUntil(sim.Time(k) * 3 * sim.Microsecond)
		c, _ := sim.Fork(w)
		c.m.Clock.RunUntil(sim.Second)
		if c.m.Allocated != c.m.Freed || c.s.n+int(c.n.RxNoBuffer) != 300 {
			t.Fatalf("copy %d: %d allocated, %d freed; %d delivered, %d lost", k, c.m.Allocated, c.m.Freed, c.s.n, c.n.RxNoBuffer)
		}
	}
	ns.Clock.RunUntil(sim.Second)
	if w.s.n+int(w.n.RxNoBuffer) != 300 {
		t.Errorf("%d delivered", w.s.n)
	}
}
