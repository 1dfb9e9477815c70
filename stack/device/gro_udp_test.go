package device

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// udpFrame is a datagram with a good checksum.
func udpFrame(id, sport uint16, n int) []byte {
	f := make([]byte, 14+20+8+n)
	wire.Ethernet(f).Put(macHost, macPeer, wire.EtherTypeIPv4)
	ip := wire.IPv4(f[14:])
	ip.SetVersionIHL(20)
	ip.SetTotalLen(len(f) - 14)
	ip.SetID(id)
	ip.SetTTL(64)
	ip.SetProto(wire.ProtoUDP)
	ip.SetSrc(ipPeer)
	ip.SetDst(ipHost)
	ip.ComputeChecksum()
	uh := wire.UDP(f[34:])
	uh.SetSrcPort(sport)
	uh.SetDstPort(53)
	uh.SetLen(8 + n)
	copy(f[42:], payload(n, byte(id)))
	uh.ComputeChecksum(wire.PseudoHeader4(ipPeer, ipHost, wire.ProtoUDP, 8+n))
	return f
}

// What of some datagrams goes up together, by payload lengths, with
// rx-udp-gro-forwarding and with rx-gro-list.
func TestGROUDP(t *testing.T) {
	for _, c := range []struct {
		what string
		n    []int // lengths, in order of arrival
		segs []int // segments of what comes up, 0: a single one
	}{
		{"one", []int{100}, []int{0}},
		{"alike", []int{100, 100, 100}, []int{3}},
		{"a shorter one ends it", []int{100, 100, 40, 100, 100}, []int{3, 2}},
		{"a longer one does not fit", []int{100, 120, 120}, []int{0, 2}},
		{"empty ones go alone", []int{0, 0, 100, 100}, []int{0, 0, 2}},
	} {
		for _, bit := range []uint32{core.FeatureUDPGRO, core.FeatureGROList} {
			ns := world(1)
			n := nic(ns, Config{Queues: 1})
			n.Dev.Features |= bit
			k := &sink{keep: true}
			ns.AddPacketType(0x0800, k)
			for i, l := range c.n {
				n.DMA(udpFrame(uint16(i), 1000, l), RxInfo{})
			}
			ns.Clock.RunUntil(sim.Second)
			if len(k.segs) != len(c.segs) {
				t.Errorf("%s: %v came up, want %v", c.what, k.segs, c.segs)
				continue
			}
			for i := range k.segs {
				if k.segs[i] != c.segs[i] {
					t.Errorf("%s: %v came up, want %v", c.what, k.segs, c.segs)
					break
				}
			}
			if a, f := ns.Machine.Allocated, ns.Machine.Freed; a != f {
				t.Errorf("%s: %d buffers made, %d freed", c.what, a, f)
			}
		}
	}
}

// Whatever comes in, cut up again it is what came in, and no buffer is lost.
func TestGROUDPRandom(t *testing.T) {
	r := sim.NewRand(7)
	for round := range 300 {
		ns := world(1)
		n := nic(ns, Config{Queues: 1})
		n.Dev.Features |= []uint32{core.FeatureUDPGRO, core.FeatureGROList, core.FeatureUDPGRO | core.FeatureGROList}[round%3]
		if round&4 != 0 {
			n.Dev.SetRPS(0, 3)
		}
		k := &splitter{}
		ns.AddPacketType(0x0800, k)
		var want [3][]int
		for i := range 30 {
			port, l := r.Uint32()%3, []int{0, 1, 60, 60, 60, 100}[r.Uint32()%6]
			f := udpFrame(uint16(i), uint16(1000+port), l)
			if r.Uint32()%16 == 0 {
				f[14+r.Uint32()%uint32(len(f)-14)] ^= 1 << (r.Uint32() % 8) // broken
				n.DMA(f, RxInfo{})
				continue
			}
			want[port] = append(want[port], l)
			n.DMA(f, RxInfo{})
		}
		ns.Clock.RunUntil(sim.Second)
		if a, f := ns.Machine.Allocated, ns.Machine.Freed; a != f {
			t.Fatalf("round %d: %d buffers made, %d freed", round, a, f)
		}
		if k.bad > 0 {
			t.Fatalf("round %d: %d packets could not be cut", round, k.bad)
		}
		for p := range want {
			// An empty one overtakes those that are held, in the kernel, too.
			var diff [101]int
			for _, l := range k.got[p] {
				if l <= 100 {
					diff[l]++
				}
			}
			for _, l := range want[p] {
				if diff[l]--; diff[l] < 0 {
					t.Fatalf("round %d, port %d: came up %v, sent %v", round, 1000+p, k.got[p], want[p])
				}
			}
		}
	}
}

// A splitter is a handler that cuts what GRO merged, and keeps lengths by flow.
type splitter struct {
	got [3][]int
	bad int
}

func (s *splitter) Rcv(ns *core.Netns, b *core.SKB) {
	if b.GSOSize == 0 {
		s.note(b)
		ns.Free(b)
		return
	}
	b.Transport = b.Network + 20
	b.Pull(20)
	var l core.SKBList
	if !ns.RcvSegment(b, &l) {
		s.bad++
	}
	for p := l.PopFront(); p != nil; p = l.PopFront() {
		p.Push(20)
		s.note(p)
		ns.Free(p)
	}
	ns.Free(b)
}

func (s *splitter) note(b *core.SKB) {
	p := make([]byte, b.Len())
	b.CopyBits(0, p)
	if len(p) < 28 {
		return
	}
	if i := int(wire.UDP(p[20:]).SrcPort()) - 1000; i >= 0 && i < 3 {
		s.got[i] = append(s.got[i], wire.UDP(p[20:]).Len()-8)
	}
}
