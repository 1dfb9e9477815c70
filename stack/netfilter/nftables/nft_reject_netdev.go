package nftables

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: nft_reject_netdev.c, and nf_reject_skb_v4_… and
// nf_reject_skb_v6_… of nf_reject_ipv4.c and nf_reject_ipv6.c.

// netdev is nft_reject_netdev_eval: at a device nothing is routed yet, so the answer
// goes back to the link address that the frame came from.
func (e *Reject) netdev(r *Regs, p *Pkt) {
	defer p.ns.In(step.NftRejectNetdevEval, p.b).Out()
	r.Code = DropCode
	eth := p.b.From(p.b.MAC)
	if p.b.MAC < 0 || len(eth) < wire.EthernetLen || eth[0]&1 != 0 {
		p.ns.Why(step.WhyNftRejectNone)
		return
	}
	var n *core.SKB
	switch uint16(eth[12])<<8 | uint16(eth[13]) {
	case uint16(wire.EtherTypeIPv4):
		n = e.answer4(p)
	case uint16(wire.EtherTypeIPv6):
		n = e.answer6(p)
	}
	if n == nil {
		p.ns.Why(step.WhyNftRejectNone)
		return
	}
	n.Dev, n.Parent = p.st.In, p.b.Pkt
	var h [wire.EthernetLen]byte
	copy(h[:], eth[6:12])
	copy(h[6:], eth[:6])
	h[12], h[13] = byte(p.b.Protocol>>8), byte(p.b.Protocol)
	copy(n.Push(wire.EthernetLen), h[:])
	n.ResetMAC()
	p.ns.DevQueueXmit(n)
}

// answer4 is nf_reject_skb_v4_tcp_reset, nf_reject_skb_v4_unreach: nil if nothing may
// be answered.
func (e *Reject) answer4(p *Pkt) *core.SKB {
	b := p.b
	h := b.IP4()
	if len(h) < wire.IPv4MinLen || h.Version() != 4 || h.IHL() < wire.IPv4MinLen || b.Len() < int(h.TotalLen()) || int(h.TotalLen()) < h.IHL() || h.FragOffset() != 0 {
		return nil
	}
	var (
		n     *core.SKB
		proto = wire.ProtoICMP
	)
	if e.Kind == RejectReset {
		proto = wire.ProtoTCP
		th := rejectedTCP(b, core.NFIPv4, h.IHL(), h.Proto())
		if th == nil {
			return nil
		}
		n = p.ns.AllocSKB(core.Headroom, wire.TCPMinLen, 0)
		inet.RejectTCP(n.Put(wire.TCPMinLen), th, b.Len()-h.IHL())
	} else {
		n = e.unreach4(p, h)
		if n == nil {
			return nil
		}
	}
	n.ResetTransport()
	ip := wire.IPv4(n.Push(wire.IPv4MinLen))
	n.ResetNetwork()
	clear(ip[:wire.IPv4MinLen])
	ip.SetVersionIHL(wire.IPv4MinLen)
	ip.SetDF(true)
	ip.SetProto(proto)
	ip.SetSrc(h.Dst())
	ip.SetDst(h.Src())
	ip.SetTTL(uint8(p.ns.Sysctl.IPDefaultTTL))
	ip.SetTotalLen(n.Len())
	ip.ComputeChecksum()
	n.Protocol = uint16(wire.EtherTypeIPv4)
	if proto == wire.ProtoTCP {
		setSum(n.L4()[:wire.TCPMinLen], 16, wire.PseudoHeader4(ip.Src(), ip.Dst(), proto, wire.TCPMinLen))
		p.ns.Why(step.WhyNftRejectReset)
	}
	return n
}

// unreach4 is the ICMP error without its IP header: as much of the packet as 576
// bytes leave room for.
func (e *Reject) unreach4(p *Pkt, h wire.IPv4) *core.SKB {
	b := p.b
	var t [1]byte
	if h.Proto() == wire.ProtoICMP {
		if h.IHL() >= b.Len() {
			return nil
		}
		if b.CopyBits(h.IHL(), t[:]); t[0] == 3 {
			return nil
		}
	}
	old := make([]byte, min(536, b.Len()))
	b.CopyBits(0, old)
	b.Trim(int(h.TotalLen()))
	if inet.RejectVerifies(b, h.IHL(), h.Proto()) && !conntrack.ChecksumOK(b, core.NFIPv4, h.IHL(), h.Proto()) {
		return nil
	}
	code := e.Code
	if e.Kind == RejectICMPX {
		code = icmpxTo4[code]
	}
	n := p.ns.AllocSKB(core.Headroom, 8+len(old), 0)
	m := n.Put(8 + len(old))
	clear(m[:8])
	m[0], m[1] = 3, code
	copy(m[8:], old)
	setSum(m, 2, 0)
	p.ns.Why(step.WhyNftRejectUnreach, 3, uint64(code))
	return n
}

// rejectedTCP is nf_reject_ip_tcphdr_get and its sister: the TCP header that a RST may
// answer.
func rejectedTCP(b *core.SKB, f core.Family, off int, proto wire.Proto) wire.TCP {
	if proto != wire.ProtoTCP || off+wire.TCPMinLen > b.Len() {
		return nil
	}
	h := make(wire.TCP, wire.TCPMinLen)
	b.CopyBits(off, h)
	if h.Flags()&wire.TCPRst != 0 || !conntrack.ChecksumOK(b, f, off, wire.ProtoTCP) {
		return nil
	}
	return h
}

// setSum writes an Internet checksum at a place in a header.
func setSum(b []byte, at int, pseudo uint32) {
	b[at], b[at+1] = 0, 0
	c := wire.Fold(wire.Checksum(b, pseudo))
	b[at], b[at+1] = byte(c>>8), byte(c)
}

// answer6 is nf_reject_skb_v6_tcp_reset, nf_reject_skb_v6_unreach.
func (e *Reject) answer6(p *Pkt) *core.SKB {
	b := p.b
	h := b.IP6()
	if len(h) < wire.IPv6Len || h[0]>>4 != 6 || h.PayloadLen()+wire.IPv6Len > b.Len() {
		return nil
	}
	rest := make([]byte, b.Len()-wire.IPv6Len)
	b.CopyBits(wire.IPv6Len, rest)
	up, off, frag, ok := wire.SkipExtensions(rest, h.NextHeader())
	off += wire.IPv6Len
	var (
		n     *core.SKB
		proto = wire.ProtoICMPv6
	)
	if e.Kind == RejectReset {
		proto = wire.ProtoTCP
		if !ok {
			return nil
		}
		th := rejectedTCP(b, core.NFIPv6, off, up)
		if th == nil {
			return nil
		}
		n = p.ns.AllocSKB(core.Headroom, wire.TCPMinLen, 0)
		inet.RejectTCP(n.Put(wire.TCPMinLen), th, b.Len()-off)
	} else {
		if n = e.unreach6(p, h, up, off, frag, ok); n == nil {
			return nil
		}
	}
	n.ResetTransport()
	ip := wire.IPv6(n.Push(wire.IPv6Len))
	n.ResetNetwork()
	clear(ip[:wire.IPv6Len])
	ip.SetVersion(0, 0)
	ip.SetNextHeader(proto)
	ip.SetSrc(h.Dst())
	ip.SetDst(h.Src())
	ip.SetHopLimit(uint8(p.ns.Sysctl.Conf6All.HopLimit))
	ip.SetPayloadLen(n.Len() - wire.IPv6Len)
	n.Protocol = uint16(wire.EtherTypeIPv6)
	m, at := n.From(n.Transport), 2
	if proto == wire.ProtoTCP {
		at = 16
		p.ns.Why(step.WhyNftRejectReset)
	}
	setSum(m, at, wire.PseudoHeader6(ip.Src(), ip.Dst(), proto, len(m)))
	return n
}

// unreach6 is the ICMPv6 error without its IP header.
func (e *Reject) unreach6(p *Pkt, h wire.IPv6, up wire.Proto, off int, frag uint16, ok bool) *core.SKB {
	b := p.b
	inside := ok && off < b.Len()
	var t [1]byte
	if inside && frag == 0 && up == wire.ProtoICMPv6 {
		if b.CopyBits(off, t[:]); t[0] == 1 {
			return nil
		}
	}
	old := make([]byte, min(1220, b.Len()))
	b.CopyBits(0, old)
	if h.PayloadLen() != 0 {
		b.Trim(h.PayloadLen() + wire.IPv6Len)
	}
	if b.IPSummed != core.ChecksumUnnecessary && !b.CsumValid {
		if !inside || off >= b.Len() || frag&^7 != 0 {
			return nil
		}
		if inet.RejectVerifies(b, off, up) && !conntrack.ChecksumOK(b, core.NFIPv6, off, up) {
			return nil
		}
	}
	code := e.Code
	if e.Kind == RejectICMPX {
		code = icmpxTo6[code]
	}
	n := p.ns.AllocSKB(core.Headroom, 8+len(old), 0)
	m := n.Put(8 + len(old))
	clear(m[:8])
	m[0], m[1] = 1, code
	copy(m[8:], old)
	p.ns.Why(step.WhyNftRejectUnreach, 1, uint64(code))
	return n
}
