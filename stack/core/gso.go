package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/core/gso.c, skb_segment (net/core/skbuff.c),
// inet_gso_segment, tcp_gso_segment, __udp_gso_segment.
//
// UDP's own is in gso_udp.go, tunnels' in gso_tunnel.go. Left out: IPv6 extension headers.

// A gsoPlan says where the headers of a packet lie that is to be cut: offsets
// from the data pointer.
type gsoPlan struct {
	net, l4, payload int
	v6, udp          bool
	outer, outerL4   int  // of a tunnel: IP and UDP header of the datagram around it
	tunnel, sum      bool // sum: with a checksum
}

// plan checks the headers of a GSO packet; false if they make no sense.
func (b *SKB) plan() (p gsoPlan, ok bool) {
	p.net = b.Network - b.data
	if p.tunnel = b.GSOType&(GSOTunnel|GSOTunnelSum) != 0; p.tunnel {
		if !b.Encap || b.Network < b.data || b.Transport < b.Network || int(b.Inner[0]) < b.Transport+wire.UDPLen || int(b.Inner[0]) >= b.tail {
			return p, false
		}
		p.sum, p.outer, p.outerL4, p.net = b.GSOType&GSOTunnelSum != 0, p.net, b.Transport-b.data, int(b.Inner[0])-b.data
	}
	if b.Network < 0 || p.net < 0 || p.net >= b.HeadLen() {
		return p, false
	}
	var proto wire.Proto
	switch h := b.Data()[p.net:]; h[0] >> 4 {
	case 4:
		ip := wire.IPv4(h)
		if !ip.Valid() {
			return p, false
		}
		proto, p.l4 = ip.Proto(), p.net+ip.IHL()
	case 6:
		ip := wire.IPv6(h)
		if !ip.Valid() {
			return p, false
		}
		proto, p.l4, p.v6 = ip.NextHeader(), p.net+wire.IPv6Len, true
	default:
		return p, false
	}
	switch proto {
	case wire.ProtoTCP:
		if !b.MayPull(p.l4 + wire.TCPMinLen) {
			return p, false
		}
		off := wire.TCP(b.Data()[p.l4:]).DataOff()
		if off < wire.TCPMinLen || !b.MayPull(p.l4+off) {
			return p, false
		}
		p.payload = p.l4 + off
	case wire.ProtoUDP:
		p.payload, p.udp = p.l4+wire.UDPLen, true
	default:
		return p, false
	}
	return p, p.payload <= b.HeadLen() && p.payload < b.Len() && b.GSOSize > 0
}

// gsoSegment is __skb_gso_segment: cut a packet that stands for many into real
// ones and append them to l. The packet itself stays; false means that it
// cannot be cut.
func (ns *Netns) gsoSegment(d *Device, b *SKB, l *SKBList) bool {
	defer ns.In(step.SkbGsoSegment, b).Out()
	p, ok := b.plan()
	if !ok {
		ns.Why(step.WhyGSOBad)
		return false
	}
	if p.tunnel {
		ns.Why(step.WhyGSOTunnel)
	}
	if b.GSOType&GSOFragList != 0 {
		ns.segmentList(d, b, &p, l)
	} else {
		ns.cut(d, b, &p, l)
	}
	ns.Why(step.WhyGSOSplit, devIndex(d), uint64(l.Len()), uint64(b.GSOSize))
	return true
}

// Segment cuts a GSO packet as the card's own segmentation (TSO) does, with
// all checksums, and appends the frames to l. It reports false when the headers
// make no sense.
func (ns *Netns) Segment(b *SKB, l *SKBList) bool {
	p, ok := b.plan()
	if !ok {
		return false
	}
	n := 0
	for off := p.payload; off < b.Len(); off += b.GSOSize {
		l.PushBack(ns.segment(nil, b, &p, off, n))
		n++
	}
	return true
}

// segment makes segment n, whose payload begins at off. Without a device, or
// on one that cannot sum, the checksum is filled in.
func (ns *Netns) segment(d *Device, b *SKB, p *gsoPlan, off, n int) *SKB {
	size := min(b.GSOSize, b.Len()-off)
	s := ns.AllocSKB(Headroom, p.payload+size, 0)
	s.Parent = b.Pkt
	buf := s.Put(p.payload + size)
	copy(buf, b.Data()[:p.payload])
	b.CopyBits(off, buf[p.payload:])
	s.MAC, s.Network, s.Transport = s.data, s.data+p.net, s.data+p.l4
	s.MACLen, s.Protocol, s.Dev, s.IIF = b.MACLen, b.Protocol, b.Dev, b.IIF
	s.Mark, s.Priority, s.QueueMapping, s.Dst = b.Mark, b.Priority, b.QueueMapping, b.Dst
	s.VlanPresent, s.VlanAD, s.VlanTCI, s.PktType, s.Hash = b.VlanPresent, b.VlanAD, b.VlanTCI, b.PktType, b.Hash
	s.CopyCT(b)
	if b.SK != nil && b.destructor == destructWmem {
		s.SetOwnerW(b.SK)
	}
	last := off+size >= b.Len()
	sum := s.gsoNetwork(p, n)
	if p.udp {
		s.gsoUDP(p, sum, size)
	} else {
		s.gsoTCP(p, sum, off-p.payload, n > 0, last)
		s.gsoTstamp(b, size)
	}
	s.IPSummed, s.CsumStart = ChecksumPartial, s.Transport
	if d == nil || d.Features&FeatureTxCsum == 0 || p.tunnel && d.Features&FeatureEncap == 0 {
		ns.fillChecksum(s)
	}
	if p.tunnel {
		s.gsoOuter(p, n)
	}
	return s
}

// fillChecksum is gso_make_checksum.
func (ns *Netns) fillChecksum(s *SKB) {
	l4 := s.L4()
	c := wire.Fold(wire.Checksum(l4, 0))
	if c == 0 && s.CsumOff == 6 {
		c = 0xffff
	}
	l4[s.CsumOff], l4[s.CsumOff+1] = byte(c>>8), byte(c)
	s.IPSummed = ChecksumNone
	ns.Spend(CostChecksum(len(l4)))
}

// gsoNetwork is inet_gso_segment or ipv6_gso_segment: length, and for IPv4 an
// identification that counts up. It returns the sum of the pseudo header.
func (s *SKB) gsoNetwork(p *gsoPlan, n int) uint32 {
	l4len := s.Len() - p.l4
	proto := wire.ProtoTCP
	if p.udp {
		proto = wire.ProtoUDP
	}
	if p.v6 {
		ip := s.IP6()
		ip.SetPayloadLen(l4len)
		return wire.PseudoHeader6(ip.Src(), ip.Dst(), proto, l4len)
	}
	ip := s.IP4()
	ip.SetTotalLen(s.Len() - p.net)
	ip.SetID(ip.ID() + uint16(n))
	ip.ComputeChecksum()
	return wire.PseudoHeader4(ip.Src(), ip.Dst(), proto, l4len)
}

// gsoTstamp is tcp_gso_tstamp: the mark goes to the segment that has its byte.
func (s *SKB) gsoTstamp(b *SKB, size int) {
	f, key := b.TxTstamp()
	if f&TxSWTstamp == 0 {
		return
	}
	if seq := wire.TCP(s.L4()).Seq(); int32(key-seq) >= 0 && int32(key-seq-uint32(size)) < 0 {
		s.SetTxTstamp(f, key)
	}
}

// gsoTCP is tcp_gso_segment: the sequence number moves on; FIN and PSH stay on
// the last segment only, CWR on the first.
func (s *SKB) gsoTCP(p *gsoPlan, pseudo uint32, moved int, later, last bool) {
	th := wire.TCP(s.L4())
	th.SetSeq(th.Seq() + uint32(moved))
	f := th.Flags()
	if !last {
		f &^= wire.TCPFin | wire.TCPPsh
	}
	if later && s.GSOType&GSOTCPAccECN == 0 {
		f &^= wire.TCPCwr
	}
	th.SetFlags(f)
	s.CsumOff = 16
	th.SetChecksum(^wire.Fold(pseudo))
}

// gsoUDP is __udp_gso_segment: each datagram has its own length.
func (s *SKB) gsoUDP(p *gsoPlan, pseudo uint32, size int) {
	uh := wire.UDP(s.L4())
	uh.SetLen(wire.UDPLen + size)
	s.CsumOff = 6
	uh.SetChecksum(^wire.Fold(pseudo))
}
