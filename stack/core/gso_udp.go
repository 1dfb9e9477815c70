package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/ipv4/udp_offload.c (__udp_gso_segment,
// __udp_gso_segment_list), skb_segment_list (net/core/skbuff.c), udp_rcv_segment
// (include/net/udp.h).

// RcvSegment is udp_rcv_segment: a packet that stands for several datagrams is cut for a
// socket that takes single ones. b's data pointer is at the UDP header, and so is that
// of the pieces in l; their checksums count as right, as that of the whole did. It
// reports false if b cannot be cut. b stays.
func (ns *Netns) RcvSegment(b *SKB, l *SKBList) bool {
	b.Push(b.data - b.Network)
	var pieces SKBList
	ok := ns.segmentRcv(b, &pieces)
	if ok {
		for s := pieces.PopFront(); s != nil; s = pieces.PopFront() {
			s.Pull(s.TransportOffset())
			s.CsumValid = true
			s.Tstamp = b.Tstamp
			l.PushBack(s)
		}
	}
	b.Pull(b.TransportOffset())
	return ok
}

// segmentRcv is __skb_gso_segment on the way in: no device is asked for checksums.
func (ns *Netns) segmentRcv(b *SKB, l *SKBList) bool {
	defer ns.In(step.SkbGsoSegment, b).Out()
	p, ok := b.plan()
	if !ok {
		ns.Why(step.WhyGSOBad)
		return false
	}
	if b.GSOType&GSOFragList != 0 {
		ns.segmentList(nil, b, &p, l)
	} else {
		ns.cut(rcvDevice, b, &p, l)
	}
	ns.Why(step.WhyGSORcv, uint64(l.Len()), uint64(b.GSOSize))
	return true
}

// rcvDevice stands for a device that sums: pieces on their way in are not summed again.
var rcvDevice = &Device{Features: FeatureTxCsum}

// cut makes all segments of a packet.
func (ns *Netns) cut(d *Device, b *SKB, p *gsoPlan, l *SKBList) {
	n := 0
	for off := p.payload; off < b.Len(); off += b.GSOSize {
		ns.Spend(CostSegment)
		l.PushBack(ns.segment(d, b, p, off, n))
		n++
	}
}

// segmentList is skb_segment_list with __udp_gso_segment_list: what GRO hung behind the
// first datagram is taken off again; each piece has its own headers still, but for the
// link header, and for addresses and ports that were translated meanwhile.
func (ns *Netns) segmentList(d *Device, b *SKB, p *gsoPlan, l *SKBList) {
	pieces := b.TakeFragList()
	ns.Spend(CostSegment)
	first := ns.segment(d, b, p, p.payload, 0)
	if b.IPSummed == ChecksumUnnecessary || b.IPSummed == ChecksumNone {
		copy(first.L4()[6:8], b.Data()[p.l4+6:]) // it is right as it came
		first.IPSummed = b.IPSummed
	}
	l.PushBack(first)
	for _, s := range pieces {
		ns.Spend(CostSegment)
		if s.Shared() { // a tap has the whole packet
			c := s.Clone()
			ns.Consume(s, step.SkbGsoSegment)
			s = c
			s.Unshare()
		}
		s.Push(s.CB.DataOff)
		s.Network, s.Transport = s.data, s.data+p.l4-p.net
		head := s.Push(p.net)
		copy(head[:p.net], b.Data()[:p.net])
		s.MAC, s.MACLen = s.data, b.MACLen
		if p.net == 0 {
			s.MAC = -1
		}
		s.Dev, s.IIF, s.Dst, s.PktType, s.Mark, s.Priority, s.QueueMapping = b.Dev, b.IIF, b.Dst, b.PktType, b.Mark, b.Priority, b.QueueMapping
		s.VlanPresent, s.VlanAD, s.VlanTCI, s.Protocol = b.VlanPresent, b.VlanAD, b.VlanTCI, b.Protocol
		s.CopyCT(b)
		s.GSOSize, s.GSOSegs, s.GSOType = 0, 0, 0
		s.listCsum(first, p.v6)
		l.PushBack(s)
	}
}

// listCsum is __udpv4_gso_segment_list_csum and __udpv6_gso_segment_list_csum: a piece
// takes over the addresses and ports of the first, and its checksum is set right.
func (s *SKB) listCsum(first *SKB, v6 bool) {
	to, from := s.L4(), first.L4()
	if v6 {
		a, b := s.IP6(), first.IP6()
		if a.Src() == b.Src() && a.Dst() == b.Dst() && string(to[:4]) == string(from[:4]) {
			return
		}
		copy(a[8:40], b[8:40])
	} else {
		a, b := s.IP4(), first.IP4()
		if a.Src() == b.Src() && a.Dst() == b.Dst() && string(to[:4]) == string(from[:4]) {
			return
		}
		copy(a[12:20], b[12:20])
		a.ComputeChecksum()
	}
	copy(to[:4], from[:4])
	uh := wire.UDP(to)
	if uh.Checksum() == 0 {
		return
	}
	uh.SetChecksum(0)
	n := s.Len() - s.TransportOffset()
	sum := uint32(0)
	if v6 {
		sum = wire.PseudoHeader6(s.IP6().Src(), s.IP6().Dst(), wire.ProtoUDP, n)
	} else {
		sum = wire.PseudoHeader4(s.IP4().Src(), s.IP4().Dst(), wire.ProtoUDP, n)
	}
	if s.IPSummed == ChecksumPartial {
		uh.SetChecksum(^wire.Fold(sum))
		return
	}
	c := wire.Fold(s.Checksum(s.TransportOffset(), n, sum))
	if c == 0 {
		c = 0xffff
	}
	uh.SetChecksum(c)
}

// CutUp ends a packet whose segments go on. Of a list the first one is the packet itself
// in the kernel, and nothing is freed.
func (ns *Netns) CutUp(b *SKB, at step.Step) {
	if b.GSOType&GSOFragList != 0 {
		ns.Free(b)
		return
	}
	ns.Consume(b, at)
}
