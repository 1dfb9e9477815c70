package nat

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Packet is nf_nat_packet: rewrite the packet as its connection says, if
// something changes in its direction at this hook.
func (n *NAT) Packet(c *conntrack.Conn, info conntrack.Info, h core.HookNum, b *core.SKB) core.Verdict {
	defer n.ns.In(step.NfNatPacket, b).Out()
	m := ManipOf(h)
	if c.Status&statusBit(m, info.Dir()) == 0 {
		n.ns.Why(step.WhyNatNotHere)
		return core.Accept
	}
	return n.manip(b, c, m, info.Dir())
}

// statusBit says which rewrite of the connection changes what m names in
// direction d: answers are changed the other way round.
func statusBit(m Manip, d conntrack.Dir) conntrack.Status {
	if (m == Src) == (d == conntrack.Original) {
		return conntrack.SrcNAT
	}
	return conntrack.DstNAT
}

// manip is nf_nat_manip_pkt: the packet shall look as if it were the answer to
// what the other direction's packets look like.
func (n *NAT) manip(b *core.SKB, c *conntrack.Conn, m Manip, d conntrack.Dir) core.Verdict {
	defer n.ns.In(step.NfNatManipPkt, b).Out()
	k, _ := c.Tuple(1 - d).Invert()
	var was conntrack.Tuple
	if n.ns.Listening() {
		was = *c.Tuple(d)
		if m == Src { // the other end may be changed already
			was.Dst, was.Dport = k.Dst, k.Dport
		}
	}
	if !manipIP(b, b.NetworkOffset(), &k, m) {
		return core.Drop
	}
	if n.ns.Listening() {
		n.whyWrote(&was, &k, m)
	}
	return core.Accept
}

// whyWrote tells what became of the packet: only the side that m names changes
// here.
func (n *NAT) whyWrote(was, k *conntrack.Tuple, m Manip) {
	now := *was
	if m == Src {
		now.Src, now.Sport = k.Src, k.Sport
	} else {
		now.Dst, now.Dport = k.Dst, k.Dport
	}
	n.ns.Why(step.WhyNatWrote, was.Src.Hi, was.Src.Lo, uint64(was.Sport), was.Dst.Hi, was.Dst.Lo, uint64(was.Dport),
		now.Src.Hi, now.Src.Lo, uint64(now.Sport), now.Dst.Hi, now.Dst.Lo, uint64(now.Dport))
}

// manipIP is nf_nat_ipv4_manip_pkt and nf_nat_ipv6_manip_pkt: write the address
// of the tuple into the IP header at off, and the port behind it. It reports
// false if the headers are not there.
func manipIP(b *core.SKB, off int, k *conntrack.Tuple, m Manip) bool {
	if k.L3 == core.NFIPv6 {
		return manipIP6(b, off, k, m)
	}
	if !writable(b, off+wire.IPv4MinLen) {
		return false
	}
	h := wire.IPv4(b.Data()[off:])
	old, now := h.Src(), k.Src.IP4()
	if m == Dst {
		old, now = h.Dst(), k.Dst.IP4()
	}
	if !manipL4(b, off+h.IHL(), k, m, old.Addr(), now.Addr()) {
		return false
	}
	h = wire.IPv4(b.Data()[off:])
	h.SetChecksum(wire.Update32(h.Checksum(), uint32(old), uint32(now)))
	if m == Src {
		h.SetSrc(now)
	} else {
		h.SetDst(now)
	}
	return true
}

func manipIP6(b *core.SKB, off int, k *conntrack.Tuple, m Manip) bool {
	if !writable(b, off+wire.IPv6Len) {
		return false
	}
	h := wire.IPv6(b.Data()[off:])
	old, now := h.Src(), k.Src
	if m == Dst {
		old, now = h.Dst(), k.Dst
	}
	_, at, frag, ok := wire.SkipExtensions(h[wire.IPv6Len:], h.NextHeader())
	if ok && frag&^7 == 0 && !manipL4(b, off+wire.IPv6Len+at, k, m, old, now) {
		return false
	}
	h = wire.IPv6(b.Data()[off:])
	if m == Src {
		h.SetSrc(now)
	} else {
		h.SetDst(now)
	}
	return true
}

// writable is skb_ensure_writable: n bytes are in one piece and this buffer's
// own.
func writable(b *core.SKB, n int) bool {
	if !b.MayPull(n) {
		return false
	}
	b.Unshare()
	return true
}

// manipL4 is l4proto_manip_pkt: write the port and correct the checksum, in
// which the addresses count, too.
func manipL4(b *core.SKB, off int, k *conntrack.Tuple, m Manip, old, now wire.Addr) bool {
	switch wire.Proto(k.Proto) {
	case wire.ProtoTCP:
		return manipPorts(b, off, k, m, old, now, wire.TCPMinLen, 16, false)
	case wire.ProtoUDP, 136:
		return manipPorts(b, off, k, m, old, now, wire.UDPLen, 6, k.Proto == uint8(wire.ProtoUDP))
	case 132: // SCTP: its checksum is a CRC over the whole packet
		return manipSCTP(b, off, k, m)
	case wire.ProtoICMP:
		return manipICMP(b, off, k)
	case wire.ProtoICMPv6:
		return manipICMPv6(b, off, k, old, now)
	case wire.ProtoGRE:
		return manipGRE(b, off, k, m)
	}
	return true
}

// manipGRE is gre_manip_pkt: only PPTP's GRE (version 1) has something like a port,
// the call's number. The header must be there with its key.
func manipGRE(b *core.SKB, off int, k *conntrack.Tuple, m Manip) bool {
	if !writable(b, off+8) {
		return false
	}
	if m != Dst {
		return true
	}
	p := b.Data()[off:]
	switch p[1] & 7 {
	case 0:
		return true
	case 1:
		put16(p[6:], k.Dport)
		return true
	}
	return false
}

// manipPorts is tcp_manip_pkt and udp_manip_pkt: hlen is the header's length,
// check where the checksum lies. In a quoted packet only eight bytes may be
// there; then there is no checksum to correct, unless it is UDP's.
func manipPorts(b *core.SKB, off int, k *conntrack.Tuple, m Manip, old, now wire.Addr, hlen, check int, mayBeZero bool) bool {
	if b.Len() < off+hlen && !mayBeZero {
		hlen = 8
	}
	if !writable(b, off+hlen) {
		return false
	}
	p := b.Data()[off:]
	at, port := 0, k.Sport
	if m == Dst {
		at, port = 2, k.Dport
	}
	was := be16(p[at:])
	put16(p[at:], port)
	if hlen < check+2 {
		return true
	}
	c := be16(p[check:])
	if mayBeZero && c == 0 {
		return true // UDP without a checksum
	}
	c = csumAddr(b, c, old, now)
	if b.IPSummed != core.ChecksumPartial {
		c = wire.Update16(c, was, port)
	}
	if mayBeZero && c == 0 {
		c = 0xffff
	}
	put16(p[check:], c)
	return true
}

// csumAddr corrects a checksum whose pseudo header has an address that changes
// (inet_proto_csum_replace4, _16). Of a packet that the card shall sum, the
// field holds the sum of the pseudo header alone, not inverted.
func csumAddr(b *core.SKB, c uint16, old, now wire.Addr) uint16 {
	partial := b.IPSummed == core.ChecksumPartial
	if partial {
		c = ^c
	}
	if old.Is4() {
		c = wire.Update32(c, uint32(old.IP4()), uint32(now.IP4()))
	} else {
		c = wire.UpdateAddr(c, old, now)
	}
	if partial {
		return ^c
	}
	if b.IPSummed == core.ChecksumComplete && old.Is4() {
		b.Csum = wire.Sub(wire.Add(b.Csum, uint32(old.IP4())), uint32(now.IP4()))
	}
	return c
}

// manipICMP is icmp_manip_pkt: the identifier stands for the port.
func manipICMP(b *core.SKB, off int, k *conntrack.Tuple) bool {
	if !writable(b, off+wire.ICMPLen) {
		return false
	}
	h := wire.ICMP(b.Data()[off:])
	switch h.Type() {
	case wire.ICMPEcho, wire.ICMPEchoReply, wire.ICMPTimestamp, wire.ICMPTimestampReply, 15, 16, wire.ICMPAddress, wire.ICMPAddressReply:
		h.SetChecksum(wire.Update16(h.Checksum(), h.ID(), k.Sport))
		h.SetID(k.Sport)
	}
	return true
}

// manipICMPv6 is icmpv6_manip_pkt.
func manipICMPv6(b *core.SKB, off int, k *conntrack.Tuple, old, now wire.Addr) bool {
	if !writable(b, off+wire.ICMPv6Len) {
		return false
	}
	h := wire.ICMPv6(b.Data()[off:])
	c := csumAddr(b, h.Checksum(), old, now)
	if t := h.Type(); t == 128 || t == 129 {
		if b.IPSummed != core.ChecksumPartial {
			c = wire.Update16(c, h.ID(), k.Sport)
		}
		h.SetID(k.Sport)
	}
	h.SetChecksum(c)
	return true
}

// manipSCTP is sctp_manip_pkt.
func manipSCTP(b *core.SKB, off int, k *conntrack.Tuple, m Manip) bool {
	n := 8
	if b.Len() >= off+12 {
		n = 12
	}
	if !writable(b, off+n) {
		return false
	}
	p := b.Data()[off:]
	if m == Src {
		put16(p, k.Sport)
	} else {
		put16(p[2:], k.Dport)
	}
	if n == 12 && b.IPSummed != core.ChecksumPartial {
		c := conntrack.CRC32C(b, off)
		p[8], p[9], p[10], p[11] = byte(c), byte(c>>8), byte(c>>16), byte(c>>24)
		b.IPSummed = core.ChecksumNone
	}
	return true
}

func be16(p []byte) uint16     { return uint16(p[0])<<8 | uint16(p[1]) }
func put16(p []byte, v uint16) { p[0], p[1] = byte(v>>8), byte(v) }

// icmpReply4 is nf_nat_icmp_reply_translation: an error quotes a packet as it
// was behind the NAT. Its receiver knows the packet as it was before; so what is
// inside is changed back, then the error itself. off is the ICMP header's place.
// It reports false if the error must be dropped.
func (n *NAT) icmpReply4(b *core.SKB, c *conntrack.Conn, info conntrack.Info, h core.HookNum, off int) bool {
	defer n.ns.In(step.NfNatIcmpReplyTranslation, b).Out()
	return n.translate(b, c, info, h, off, wire.IPv4MinLen, 5, wire.ProtoICMP)
}

// icmpReply6 is nf_nat_icmpv6_reply_translation.
func (n *NAT) icmpReply6(b *core.SKB, c *conntrack.Conn, info conntrack.Info, h core.HookNum, off int) bool {
	defer n.ns.In(step.NfNatIcmpv6ReplyTranslation, b).Out()
	return n.translate(b, c, info, h, off, wire.IPv6Len, 137, wire.ProtoICMPv6)
}

// translate does it: inner is the length of the quoted IP header, redirect the
// type of a redirect.
func (n *NAT) translate(b *core.SKB, c *conntrack.Conn, info conntrack.Info, h core.HookNum, off, inner int, redirect byte, p wire.Proto) bool {
	ns := n.ns
	m, d := ManipOf(h), info.Dir()
	if !writable(b, off+wire.ICMPLen+inner) || !conntrack.ChecksumOK(b, c.L3(), off, p) {
		ns.Why(step.WhyNatIcmpBad)
		return false
	}
	if b.Data()[off] == redirect && (c.Status&conntrack.NATDoneMask != conntrack.NATDoneMask || c.Status&conntrack.NATMask != 0) {
		ns.Why(step.WhyNatIcmpBad)
		return false
	}
	if c.Status&statusBit(m, d) == 0 {
		ns.Why(step.WhyNatIcmpNotHere, uint64(c.ID))
		return true
	}
	// The quoted packet went the other way.
	back := c.Tuple(1 - d)
	if !manipIP(b, off+wire.ICMPLen, back, 1-m) {
		return false
	}
	if b.IPSummed != core.ChecksumPartial {
		q := b.Data()[off:]
		q[2], q[3] = 0, 0
		sum := uint32(0)
		if c.L3() == core.NFIPv6 {
			ip := b.IP6()
			sum = wire.PseudoHeader6(ip.Src(), ip.Dst(), p, b.Len()-off)
		}
		put16(q[2:], wire.Fold(b.Checksum(off, b.Len()-off, sum)))
	}
	k, _ := back.Invert()
	k.Proto = uint8(p)
	if !manipIP(b, b.NetworkOffset(), &k, m) {
		return false
	}
	if ns.Listening() {
		o := back
		ns.Why(step.WhyNatIcmp, uint64(c.ID), o.Src.Hi, o.Src.Lo, uint64(o.Sport), o.Dst.Hi, o.Dst.Lo, uint64(o.Dport))
	}
	return true
}
