package core

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// inetGroReceive is inet_gro_receive: GRO looks at the IPv4 header. It returns a
// held packet that must go up now.
func (ns *Netns) inetGroReceive(l *SKBList, b *SKB) *SKB {
	defer ns.In(step.InetGroReceive, b).Out()
	cb := &b.CB
	p := b.Data()
	if len(p) < wire.IPv4MinLen || p[0] != 0x45 {
		cb.Flush = true
		ns.Why(step.WhyGROHeader)
		return nil
	}
	ip := wire.IPv4(p)
	if ip.Proto() != wire.ProtoTCP && ip.Proto() != wire.ProtoUDP || ip.IsFragment() || !ip.ChecksumOK() {
		cb.Flush = true
		if ns.Listening() {
			if ip.Proto() != wire.ProtoTCP && ip.Proto() != wire.ProtoUDP {
				ns.Why(step.WhyGROProto, uint64(ip.Proto()))
			} else {
				ns.Why(step.WhyGROHeader)
			}
		}
		return nil
	}
	cb.Flush = ip.TotalLen() != b.Len() || ip.RF()
	for q := l.Front(); q != nil; q = q.next {
		if !q.CB.SameFlow {
			continue
		}
		old := wire.IPv4(q.Data())
		q.CB.SameFlow = q.Protocol == b.Protocol && old.Proto() == ip.Proto() && old.Src() == ip.Src() && old.Dst() == ip.Dst()
	}
	b.Transport = b.data + wire.IPv4MinLen
	if ip.Proto() == wire.ProtoUDP {
		return ns.udpGroReceive(step.Udp4GroReceive, l, b, wire.IPv4MinLen, false)
	}
	return ns.tcp4GroReceive(l, b)
}

// ipv6GroReceive is ipv6_gro_receive.
func (ns *Netns) ipv6GroReceive(l *SKBList, b *SKB) *SKB {
	defer ns.In(step.Ipv6GroReceive, b).Out()
	cb := &b.CB
	ip := wire.IPv6(b.Data())
	if !ip.Valid() || ip.NextHeader() != wire.ProtoTCP && ip.NextHeader() != wire.ProtoUDP {
		cb.Flush = true
		if ns.Listening() && ip.Valid() {
			ns.Why(step.WhyGROProto, uint64(ip.NextHeader()))
		}
		return nil
	}
	cb.Flush = ip.PayloadLen() != b.Len()-wire.IPv6Len
	for q := l.Front(); q != nil; q = q.next {
		if !q.CB.SameFlow {
			continue
		}
		old := wire.IPv6(q.Data())
		q.CB.SameFlow = q.Protocol == b.Protocol && old.NextHeader() == ip.NextHeader() && old.FlowLabel() == ip.FlowLabel() &&
			old.Src() == ip.Src() && old.Dst() == ip.Dst()
	}
	b.Transport = b.data + wire.IPv6Len
	if ip.NextHeader() == wire.ProtoUDP {
		return ns.udpGroReceive(step.Udp6GroReceive, l, b, wire.IPv6Len, true)
	}
	return ns.tcp6GroReceive(l, b)
}

// tcp4GroReceive is tcp4_gro_receive: GRO looks at the TCP header, if the
// checksum is right.
func (ns *Netns) tcp4GroReceive(l *SKBList, b *SKB) *SKB {
	defer ns.In(step.Tcp4GroReceive, b).Out()
	ip := wire.IPv4(b.Data())
	n := b.Len() - wire.IPv4MinLen
	if !b.CB.Flush && !b.groChecksumOK(wire.IPv4MinLen, wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoTCP, n)) {
		b.CB.Flush = true
		return nil
	}
	return ns.tcpGroReceive(l, b, wire.IPv4MinLen)
}

// tcp6GroReceive is tcp6_gro_receive.
func (ns *Netns) tcp6GroReceive(l *SKBList, b *SKB) *SKB {
	defer ns.In(step.Tcp6GroReceive, b).Out()
	ip := wire.IPv6(b.Data())
	n := b.Len() - wire.IPv6Len
	if !b.CB.Flush && !b.groChecksumOK(wire.IPv6Len, wire.PseudoHeader6(ip.Src(), ip.Dst(), wire.ProtoTCP, n)) {
		b.CB.Flush = true
		return nil
	}
	return ns.tcpGroReceive(l, b, wire.IPv6Len)
}

// groChecksumOK is skb_gro_checksum_validate.
func (b *SKB) groChecksumOK(off int, pseudo uint32) bool {
	if b.IPSummed == ChecksumUnnecessary || b.IPSummed == ChecksumPartial {
		return true
	}
	if wire.Fold(b.Checksum(off, b.Len()-off, pseudo)) != 0 {
		return false
	}
	b.IPSummed = ChecksumUnnecessary
	return true
}

// tcpGroReceive is tcp_gro_receive: does the segment go on where a held one
// ends, with the same header? A held packet that must go up now is returned.
// off is the length of the IP header.
func (ns *Netns) tcpGroReceive(l *SKBList, b *SKB, off int) *SKB {
	data := b.Data()[min(off, b.HeadLen()):]
	if len(data) < wire.TCPMinLen || !wire.TCP(data).Valid() {
		b.CB.Flush = true
		return nil
	}
	th := wire.TCP(data)
	b.CB.DataOff = off + th.DataOff()
	n := b.Len() - b.CB.DataOff
	p := groLookup(l, th)
	mss := 1
	if p != nil {
		mss = p.GSOSize
		if why := groDiffers(p, b, th, n); why != 0 || !ns.groMerge(p, b) {
			mss = 1
			if ns.Listening() {
				ns.Tried(step.TryGRO, uint64(p.ID), uint64(why))
			}
		} else {
			old := wire.TCP(p.L4())
			old.SetFlags(old.Flags() | th.Flags()&(wire.TCPFin|wire.TCPPsh))
		}
	}
	flush := n < mss
	if b.GSOSize > 0 {
		flush = n != b.CB.GROCount*b.GSOSize
	}
	flush = flush || th.Flags()&(wire.TCPUrg|wire.TCPPsh|wire.TCPRst|wire.TCPSyn|wire.TCPFin) != 0
	b.CB.Flush = b.CB.Flush || flush
	if flush && !b.CB.SameFlow && ns.Listening() {
		switch ends := th.Flags() & (wire.TCPUrg | wire.TCPPsh | wire.TCPRst | wire.TCPSyn | wire.TCPFin); {
		case ends&^wire.TCPPsh != 0 || ends != 0 && n > 0:
			ns.Why(step.WhyGROEnds, uint64(ends))
		case n == 0:
			ns.Why(step.WhyGRONoData)
		default:
			ns.Why(step.WhyGROShort, uint64(n), uint64(mss))
		}
	}
	if p != nil && (!b.CB.SameFlow || flush) {
		return p
	}
	return nil
}

// groLookup is tcp_gro_lookup: the held packet of the flow, by ports.
func groLookup(l *SKBList, th wire.TCP) *SKB {
	for p := l.Front(); p != nil; p = p.next {
		if !p.CB.SameFlow {
			continue
		}
		if binary.BigEndian.Uint32(p.L4()) == binary.BigEndian.Uint32(th) {
			return p
		}
		p.CB.SameFlow = false
	}
	return nil
}

// groDiffers says by which field a segment of n bytes of payload cannot go on
// where p ends; 0 if it can.
func groDiffers(p, b *SKB, th wire.TCP, n int) step.GRODiff {
	old := wire.TCP(p.L4())
	const mayDiffer = uint32(wire.TCPCwr|wire.TCPFin|wire.TCPPsh) << 16
	w, w2 := binary.BigEndian.Uint32(th[12:]), binary.BigEndian.Uint32(old[12:])
	switch {
	case b.CB.Flush:
		return step.GROLength
	case th.Flags()&wire.TCPCwr != 0 || (w^w2)&^mayDiffer&0xffff0000 != 0:
		return step.GROFlags
	case (w^w2)&0xffff != 0:
		return step.GROWindow
	case th.Ack() != old.Ack():
		return step.GROAck
	case string(th.Options()) != string(old.Options()):
		return step.GROOptions
	case groNetworkDiffers(p, b):
		return step.GROIP
	case b.GSOSize > 0 && b.GSOSize != p.GSOSize, b.GSOSize == 0 && (n == 0 || n > p.GSOSize):
		return step.GROSize
	case old.Seq()+uint32(p.Len()-p.CB.DataOff) != th.Seq():
		return step.GROSeq
	}
	return 0
}

// groNetworkDiffers is gro_receive_network_flush: time to live, type of service
// and DF must agree; the identification must count up, or stand still with DF.
func groNetworkDiffers(p, b *SKB) bool {
	if b.Protocol == uint16(wire.EtherTypeIPv6) {
		h, old := wire.IPv6(b.Data()), wire.IPv6(p.Data())
		return h.HopLimit() != old.HopLimit() || h.TrafficClass() != old.TrafficClass()
	}
	h, old := wire.IPv4(b.Data()), wire.IPv4(p.Data())
	if h.TTL() != old.TTL() || h.TOS() != old.TOS() || h.DF() != old.DF() {
		return true
	}
	delta, count := h.ID()-old.ID(), uint16(p.CB.GROCount)
	if count == 1 && h.DF() && delta == 0 {
		p.CB.FixedID = true
	}
	if p.CB.FixedID {
		return delta != 0
	}
	return delta != count
}

// groMerge is skb_gro_receive: hang the payload of b behind p. b is gone as a
// buffer of its own.
func (ns *Netns) groMerge(p, b *SKB) bool {
	defer ns.In(step.NapiGroMerge, b).Out()
	n := b.Len() - b.CB.DataOff
	if p.Len()+n >= groMaxSize {
		return false
	}
	b.Pull(b.CB.DataOff)
	proto, _ := p.groProto()
	// What a program sent by TCP lies in pages (tcp_sendmsg_locked), and stays there
	// on its way through a veth.
	inHead := b.HeadLen() > 0 && !b.Paged && (b.HeadFrag || proto != wire.ProtoTCP)
	p.AddFrag(b)
	b.CB.SameFlow, b.CB.GROInto = true, p.ID
	b.Parent = p.Pkt
	p.CB.GROCount += b.CB.GROCount
	switch {
	case p.CB.GROFrags >= maxSKBFrags, inHead && !b.HeadFrag:
		// The fragments are all used, or its bytes cannot become one: the sk_buff
		// itself goes on the frag list.
		p.CB.GROFrags = 0
		p.Truesize += b.Truesize
	case inHead:
		p.CB.GROFrags++
		p.Truesize += b.Truesize - sizeofSKB
	default: // its pages go over, its head is free
		p.CB.GROFrags++
		p.Truesize += b.Truesize - AllocTruesize(0)
	}
	ns.Why(step.WhyGROMerged, uint64(p.ID), uint64(p.CB.GROCount))
	return true
}

// groMerged ends a buffer whose bytes another has now.
func (ns *Netns) groMerged(b *SKB) {
	ns.FreeInto(b, step.NapiGroMerge, step.WhyGROInto, uint64(b.CB.GROInto))
}

// groFinish is tcp4_gro_complete, tcp6_gro_complete and what they call: the
// header tells of the whole length, the checksum is left to be filled in, and
// the packet says how it was made up.
func (b *SKB) groFinish() {
	var th wire.TCP
	n := b.Len() - (b.Transport - b.data)
	b.Unshare()
	if b.Protocol == uint16(wire.EtherTypeIPv6) {
		ip := wire.IPv6(b.Data())
		ip.SetPayloadLen(b.Len() - wire.IPv6Len)
		b.GSOType = GSOTCPv6
		th = wire.TCP(b.L4())
		th.SetChecksum(^wire.Fold(wire.PseudoHeader6(ip.Src(), ip.Dst(), wire.ProtoTCP, n)))
	} else {
		ip := wire.IPv4(b.Data())
		ip.SetTotalLen(b.Len())
		ip.ComputeChecksum()
		b.GSOType = GSOTCPv4
		th = wire.TCP(b.L4())
		th.SetChecksum(^wire.Fold(wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoTCP, n)))
	}
	if th.Flags()&wire.TCPCwr != 0 {
		b.GSOType |= GSOTCPECN
	}
	b.IPSummed, b.CsumStart, b.CsumOff = ChecksumPartial, b.Transport, 16
	b.GSOSegs = b.CB.GROCount
}
