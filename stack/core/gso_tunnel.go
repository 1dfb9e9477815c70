package core

import "github.com/packetwalk/packetwalk/stack/wire"

// Packets inside datagrams: skb_udp_tunnel_segment (net/ipv4/udp_offload.c) and
// iptunnel_handle_offloads (net/ipv4/ip_tunnel_core.c). Outside is IPv4.

// HandleTunnel is iptunnel_handle_offloads: what is at the data pointer goes into a
// datagram, sum says whether that has a checksum. Who cuts the packet later must know
// where its own headers are.
func (b *SKB) HandleTunnel(sum bool) {
	if !b.Encap {
		b.Encap, b.Inner = true, [2]uint16{uint16(b.Network), uint16(b.Transport)}
	}
	switch {
	case b.GSOSize > 0 && sum:
		b.GSOType |= GSOTunnelSum
	case b.GSOSize > 0:
		b.GSOType |= GSOTunnel
	case b.IPSummed != ChecksumPartial:
		b.IPSummed, b.Encap = ChecksumNone, false
	}
}

// InTunnel reports that it is in a datagram, and that it is known where its own headers
// are.
func (b *SKB) InTunnel() bool {
	return b.Encap && b.GSOType&(GSOTunnel|GSOTunnelSum) != 0 && int(b.Inner[1]) > b.Transport && int(b.Inner[1]) <= b.tail
}

// TunnelGone is iptunnel_pull_offloads: the datagram around it is gone.
func (b *SKB) TunnelGone() {
	b.Encap = false
	b.GSOType &^= GSOTunnel | GSOTunnelSum
}

// gsoOuter is __skb_udp_tunnel_segment and inet_gso_segment for the headers around
// segment n: lengths, the identification, and the checksum of the datagram, which covers
// the segment's own as it will be.
func (s *SKB) gsoOuter(p *gsoPlan, n int) {
	own := s.Transport
	s.Encap, s.Inner = true, [2]uint16{uint16(s.data + p.net), uint16(own)}
	s.Network, s.Transport = s.data+p.outer, s.data+p.outerL4
	ip, uh := s.IP4(), wire.UDP(s.L4())
	size := s.Len() - p.outerL4
	ip.SetTotalLen(s.Len() - p.outer)
	ip.SetID(ip.ID() + uint16(n))
	ip.ComputeChecksum()
	uh.SetLen(size)
	if !p.sum {
		return
	}
	uh.SetChecksum(0)
	sum := wire.PseudoHeader4(ip.Src(), ip.Dst(), wire.ProtoUDP, size)
	if s.IPSummed == ChecksumPartial {
		sum = wire.Add(sum, s.LocalSum(p.outerL4))
	} else {
		sum = s.Checksum(p.outerL4, size, sum)
	}
	c := wire.Fold(sum)
	if c == 0 {
		c = 0xffff
	}
	uh.SetChecksum(c)
}

// LocalSum is lco_csum: the checksum inside is still to be filled in, and when it is,
// everything from its start on sums to the complement of what stands there now. So only
// the bytes between from and it need to be summed.
func (b *SKB) LocalSum(from int) uint32 {
	start := b.CsumStart - b.data
	p := b.Data()
	at := start + b.CsumOff
	if start < from || at+2 > len(p) {
		return b.Checksum(from, b.Len()-from, 0)
	}
	return b.Checksum(from, start-from, uint32(^(uint16(p[at])<<8 | uint16(p[at+1]))))
}
