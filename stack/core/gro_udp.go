package core

import (
	"encoding/binary"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/ipv4/udp_offload.c (udp4_gro_receive, udp_gro_receive,
// udp_gro_receive_segment, udp_gro_complete_segment), skb_gro_receive_list
// (net/core/gro.c).
//
// Left out: what lies in a tunnel over UDP (vxlan_gro_receive).

const groUDPMax = 64 // UDP_GRO_CNT_MAX: datagrams in one packet

// A GROSocket is the UDP of a namespace: is there a socket for the datagram (b's data
// pointer at the IP header, its transport header set), does it take merged ones
// (UDP_GRO), and is it a tunnel's?
type GROSocket interface {
	GROSocket(ns *Netns, b *SKB) (found, gro, tunnel bool)
}

// udpGroReceive is udp4_gro_receive and udp6_gro_receive: off is the length of the IP
// header, v6 its family.
func (ns *Netns) udpGroReceive(s step.Step, l *SKBList, b *SKB, off int, v6 bool) *SKB {
	defer ns.In(s, b).Out()
	if ns.Machine.UDPEncap == 0 && b.Dev.Features&(FeatureUDPGRO|FeatureGROList) == 0 {
		// The kernel sums it first; who would care?
		ns.Why(step.WhyGROUDP)
		b.CB.Flush = true
		return nil
	}
	uh := wire.UDP(b.Data()[min(off, b.HeadLen()):])
	if len(uh) < wire.UDPLen {
		b.CB.Flush = true
		ns.Why(step.WhyGROHeader)
		return nil
	}
	if !b.CB.Flush && uh.Checksum() != 0 && !b.groChecksumOK(off, b.groPseudo(wire.ProtoUDP, off, v6)) {
		b.CB.Flush = true
		ns.Why(step.WhyGROUDPSum)
		return nil
	}
	return ns.udpGro(l, b, uh, off, v6)
}

// groPseudo is inet_gro_compute_pseudo and ip6_gro_compute_pseudo.
func (b *SKB) groPseudo(p wire.Proto, off int, v6 bool) uint32 {
	if v6 {
		ip := wire.IPv6(b.Data())
		return wire.PseudoHeader6(ip.Src(), ip.Dst(), p, b.Len()-off)
	}
	ip := wire.IPv4(b.Data())
	return wire.PseudoHeader4(ip.Src(), ip.Dst(), p, b.Len()-off)
}

// udpGro is udp_gro_receive: who wants merged datagrams? A socket that has said so, or
// the administrator, for what is forwarded.
func (ns *Netns) udpGro(l *SKBList, b *SKB, uh wire.UDP, off int, v6 bool) *SKB {
	defer ns.In(step.UdpGroReceive, b).Out()
	var found, gro, tunnel bool
	if ns.Machine.UDPEncap > 0 { // udp_encap_needed_key
		h := ns.protos[wire.ProtoUDP]
		if v6 {
			h = ns.proto6[wire.ProtoUDP]
		}
		if g, ok := h.(GROSocket); ok {
			found, gro, tunnel = g.GROSocket(ns, b)
		}
	}
	f := b.Dev.Features
	b.CB.FList = !tunnel && f&FeatureGROList != 0 && !(found && gro)
	switch {
	case tunnel:
		ns.Why(step.WhyGROTunnel)
	case b.CB.FList:
		ns.Why(step.WhyGROList, uint64(b.Dev.Index))
		return ns.udpGroSegment(l, b, uh, off)
	case found && gro:
		ns.Why(step.WhyGROSocket)
		return ns.udpGroSegment(l, b, uh, off)
	case !found && f&FeatureUDPGRO != 0:
		ns.Why(step.WhyGROForward, uint64(b.Dev.Index))
		return ns.udpGroSegment(l, b, uh, off)
	case found:
		ns.Why(step.WhyGROSocketNo)
	default:
		ns.Why(step.WhyGROUDP)
	}
	b.CB.Flush = true
	return nil
}

// udpGroSegment is udp_gro_receive_segment: datagrams of one flow and one length are
// merged; a shorter one ends it. A held packet that must go up now is returned.
func (ns *Netns) udpGroSegment(l *SKBList, b *SKB, uh wire.UDP, off int) *SKB {
	ulen := uh.Len()
	if uh.Checksum() == 0 || ulen <= wire.UDPLen || ulen != b.Len()-off {
		b.CB.Flush = true
		ns.Why(step.WhyGROUDPOdd, uint64(uh.Checksum()), uint64(ulen), uint64(b.Len()-off))
		return nil
	}
	b.CB.DataOff = off + wire.UDPLen
	for p := l.Front(); p != nil; p = p.next {
		if !p.CB.SameFlow {
			continue
		}
		held := wire.UDP(p.L4())
		if binary.BigEndian.Uint32(held) != binary.BigEndian.Uint32(uh) {
			p.CB.SameFlow = false
			continue
		}
		if b.CB.FList != p.CB.FList {
			b.CB.Flush = true
			return p
		}
		return ns.udpGroJoin(p, b, ulen, held.Len())
	}
	return nil
}

// udpGroJoin merges b into p of its flow, if it can; it returns p if that goes up now.
func (ns *Netns) udpGroJoin(p, b *SKB, ulen, first int) *SKB {
	why := step.GRODiff(0)
	switch {
	case ulen > first:
		why = step.GROSize
	case groNetworkDiffers(p, b):
		why = step.GROIP
	case b.CB.FList && b.IPSummed != p.IPSummed:
		b.CB.Flush = true
		return nil
	case b.CB.Flush:
		why = step.GROLength
	case b.CB.FList:
		if ns.groMergeList(p, b) && ulen == first && p.CB.GROCount < groUDPMax {
			return nil
		}
		return p
	case ns.groMerge(p, b):
		if ulen == first && p.CB.GROCount < groUDPMax {
			return nil
		}
		return p
	}
	if ns.Listening() {
		ns.Tried(step.TryGRO, uint64(p.ID), uint64(why))
	}
	return p
}

// groMergeList is skb_gro_receive_list: b hangs behind p as it is, so that it can be
// taken off again unchanged.
func (ns *Netns) groMergeList(p, b *SKB) bool {
	defer ns.In(step.SkbGroReceiveList, b).Out()
	if p.Len()+b.Len() >= groMaxSize {
		return false
	}
	b.Pull(b.CB.DataOff)
	b.Orphan()
	p.AppendFragList(b)
	b.CB.SameFlow, b.CB.GROInto = true, p.ID
	b.Parent = p.Pkt
	p.CB.GROCount++
	ns.Why(step.WhyGROListed, uint64(p.ID), uint64(p.CB.GROCount))
	return true
}

// groFinishUDP is udp4_gro_complete, udp6_gro_complete and what they call.
func (b *SKB) groFinishUDP(v6 bool) {
	off := b.Transport - b.data
	b.Unshare()
	if v6 {
		wire.IPv6(b.Data()).SetPayloadLen(b.Len() - wire.IPv6Len)
	} else {
		ip := wire.IPv4(b.Data())
		ip.SetTotalLen(b.Len())
		ip.ComputeChecksum()
	}
	uh := wire.UDP(b.L4())
	uh.SetLen(b.Len() - off)
	b.GSOType, b.GSOSegs = GSOUDPL4, b.CB.GROCount
	if b.CB.FList {
		b.GSOType |= GSOFragList
		if b.IPSummed == ChecksumNone {
			b.IPSummed = ChecksumUnnecessary
		}
		return
	}
	uh.SetChecksum(^wire.Fold(b.groPseudo(wire.ProtoUDP, off, v6)))
	b.IPSummed, b.CsumStart, b.CsumOff = ChecksumPartial, b.Transport, 6
}
