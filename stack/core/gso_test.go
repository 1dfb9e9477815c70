package core

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A big packet is cut as inet_gso_segment, ipv6_gso_segment, tcp_gso_segment
// and __udp_gso_segment cut it.
func TestSegment(t *testing.T) {
	tests := []struct {
		name    string
		v6, udp bool
		data    int
		mss     int
		want    []int
	}{
		{"tcp over IPv4", false, false, 2500, 1000, []int{1000, 1000, 500}},
		{"tcp over IPv4, even", false, false, 2000, 1000, []int{1000, 1000}},
		{"tcp over IPv6", true, false, 2500, 1000, []int{1000, 1000, 500}},
		{"udp over IPv4", false, true, 2501, 1000, []int{1000, 1000, 501}},
		{"udp over IPv6", true, true, 1001, 1000, []int{1000, 1}},
	}
	for _, tt := range tests {
		for _, linear := range []bool{true, false} {
			testSegment(t, tt.name, tt.v6, tt.udp, linear, tt.data, tt.mss, tt.want)
		}
	}
}

func testSegment(t *testing.T, name string, v6, udp, linear bool, size, mss int, want []int) {
	t.Helper()
	m := &Machine{Clock: &sim.Clock{}, Rand: sim.NewRand(1), IDs: &IDs{}}
	ns := NewNetns(m, "h")
	l3, l4, typ := 20, 20, GSOTCPv4
	if v6 {
		l3, typ = 40, GSOTCPv6
	}
	if udp {
		l4, typ = 8, GSOUDPL4
	}
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(i * 13)
	}
	b := ns.AllocSKB(Headroom, 14+l3+l4+size, 0)
	h := b.Put(14 + l3 + l4)
	clear(h)
	b.ResetMAC()
	b.Network, b.Transport = b.Offset()+14, b.Offset()+14+l3
	if v6 {
		wire.IPv6(h[14:]).SetVersion(0, 0)
		wire.IPv6(h[14:]).SetNextHeader(proto(udp))
		b.Protocol = 0x86dd
	} else {
		wire.IPv4(h[14:]).SetVersionIHL(20)
		wire.IPv4(h[14:]).SetID(65535)
		wire.IPv4(h[14:]).SetProto(proto(udp))
		b.Protocol = 0x0800
	}
	if !udp {
		th := wire.TCP(h[14+l3:])
		th.SetDataOff(20)
		th.SetSeq(0xfffffff0)
		th.SetFlags(wire.TCPAck | wire.TCPPsh | wire.TCPFin | wire.TCPCwr)
	}
	if linear {
		copy(b.Put(size), data)
	} else {
		f := ns.AllocSKB(0, size, 0)
		copy(f.Put(size), data)
		b.AddFrag(f)
		ns.Free(f)
	}
	b.GSOSize, b.GSOType, b.IPSummed = mss, uint32(typ), ChecksumPartial
	var l SKBList
	if !ns.Segment(b, &l) {
		t.Fatalf("%s: cannot be cut", name)
	}
	if l.Len() != len(want) {
		t.Fatalf("%s: %d segments, want %d", name, l.Len(), len(want))
	}
	var got []byte
	for i := range want {
		s := l.PopFront()
		p := s.Data()[14:]
		var pseudo uint32
		if v6 {
			ip := wire.IPv6(p)
			pseudo = wire.PseudoHeader6(ip.Src(), ip.Dst(), proto(udp), l4+want[i])
			if ip.PayloadLen() != l4+want[i] {
				t.Errorf("%s: segment %d: payload length %d", name, i, ip.PayloadLen())
			}
		} else {
			ip := wire.IPv4(p)
			pseudo = wire.PseudoHeader4(ip.Src(), ip.Dst(), proto(udp), l4+want[i])
			if ip.TotalLen() != l3+l4+want[i] || ip.ID() != uint16(65535+i) || !ip.ChecksumOK() {
				t.Errorf("%s: segment %d: length %d, id %d, checksum %v", name, i, ip.TotalLen(), ip.ID(), ip.ChecksumOK())
			}
		}
		if wire.Fold(wire.Checksum(p[l3:], pseudo)) != 0 {
			t.Errorf("%s: segment %d: checksum is wrong", name, i)
		}
		if udp {
			if n := wire.UDP(p[l3:]).Len(); n != 8+want[i] {
				t.Errorf("%s: datagram %d: length %d", name, i, n)
			}
		} else {
			th := wire.TCP(p[l3:])
			flags := wire.TCPAck
			if i == 0 {
				flags |= wire.TCPCwr
			}
			if i == len(want)-1 {
				flags |= wire.TCPPsh | wire.TCPFin
			}
			seq := uint32(0xfffffff0)
			seq += uint32(i * mss)
			if th.Flags() != flags || th.Seq() != seq {
				t.Errorf("%s: segment %d: flags %v, sequence number %d", name, i, th.Flags(), th.Seq())
			}
		}
		got = append(got, p[l3+l4:]...)
		ns.Free(s)
	}
	if string(got) != string(data) {
		t.Errorf("%s: the payload differs", name)
	}
	ns.Free(b)
	if m.Allocated != m.Freed {
		t.Errorf("%s: %d allocated, %d freed", name, m.Allocated, m.Freed)
	}
}

func proto(udp bool) wire.Proto {
	if udp {
		return wire.ProtoUDP
	}
	return wire.ProtoTCP
}
