package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/ipv6/netfilter/nf_reject_ipv6.c.

// skipExthdr is ipv6_skip_exthdr on a packet whose IPv6 header stands at the network
// offset: what it carries, and where, from the data pointer; -1 if it cannot be
// found. frag is the fragment header's offset and flags, as on the wire.
func skipExthdr(b *core.SKB) (p wire.Proto, off int, frag uint16) {
	h := b.IP6()
	if len(h) < wire.IPv6Len {
		return 0, -1, 0
	}
	t := []byte(h[wire.IPv6Len:])
	at := b.NetworkOffset() + wire.IPv6Len
	if n := b.Len() - at; len(t) < n && h.NextHeader().IsExtension() {
		t = make([]byte, min(n, 2048))
		b.CopyBits(at, t)
	}
	p, n, frag, ok := wire.SkipExtensions(t, h.NextHeader())
	if !ok {
		return p, -1, frag
	}
	return p, at + n, frag
}

// rejectCsumOK is reject6_csum_ok.
func rejectCsumOK(b *core.SKB) bool {
	if b.IPSummed == core.ChecksumUnnecessary || b.CsumValid {
		return true
	}
	p, off, frag := skipExthdr(b)
	if off < 0 || off >= b.Len() || frag&^7 != 0 {
		return false
	}
	if !inet.RejectVerifies(b, off, p) {
		return true
	}
	return conntrack.ChecksumOK(b, core.NFIPv6, off, p)
}

// SendUnreach is nf_send_unreach6: a rule refuses the packet with ICMPv6
// destination unreachable and a code.
func (ip *IPv6) SendUnreach(b *core.SKB, code uint8) {
	defer ip.ns.In(step.NfSendUnreach6, b).Out()
	ns := ip.ns
	if !rejectCsumOK(b) {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	if b.Dev == nil { // LOCAL_OUT
		b.Dev = ns.Loopback
	}
	if b.Dst == nil {
		d, e := ip.RouteOutput(&Flow6{Daddr: b.IP6().Src()})
		if e != 0 {
			return
		}
		b.Dst = d
	}
	ns.Why(step.WhyNftRejectUnreach, 1, uint64(code))
	ip.ICMPSend(ns, b, 1, code, 0)
}

// rejectedTCP is nf_reject_ip6_tcphdr_get: the TCP header that a RST may answer,
// nil if none may, and where it stands. buf has room for it.
func rejectedTCP(b *core.SKB, buf []byte) (wire.TCP, int) {
	p, off, _ := skipExthdr(b)
	if off < 0 || p != wire.ProtoTCP || b.Len()-off < wire.TCPMinLen {
		return nil, 0
	}
	b.CopyBits(off, buf[:wire.TCPMinLen])
	h := wire.TCP(buf[:wire.TCPMinLen])
	if h.Flags()&wire.TCPRst != 0 || !conntrack.ChecksumOK(b, core.NFIPv6, off, wire.ProtoTCP) {
		return nil, 0
	}
	return h, off
}

// SendReset is nf_send_reset6: a rule refuses a segment with a RST, as if it came
// from whom the segment was for.
func (ip *IPv6) SendReset(sk *core.Sock, b *core.SKB) {
	defer ip.ns.In(step.NfSendReset6, b).Out()
	ns := ip.ns
	oh := b.IP6()
	if addrType(oh.Src())&addrUnicast == 0 || addrType(oh.Dst())&addrUnicast == 0 {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	var buf [wire.TCPMinLen]byte
	th, off := rejectedTCP(b, buf[:])
	if th == nil {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	fl := Flow6{Saddr: oh.Dst(), Daddr: oh.Src(), Proto: uint8(wire.ProtoTCP), Sport: th.DstPort(), Dport: th.SrcPort()}
	d, e := ip.RouteOutput(&fl)
	if e != 0 {
		ns.Why(step.WhyNftRejectNone)
		return
	}
	if b.Dst == nil {
		b.Dst = d
	}
	r := ns.AllocSKB(core.Headroom, wire.TCPMinLen, 0)
	r.Parent = b.Pkt
	inet.RejectTCP(r.Put(wire.TCPMinLen), th, b.Len()-off)
	r.ResetTransport()
	h := wire.IPv6(r.Push(wire.IPv6Len))
	r.ResetNetwork()
	clear(h[:wire.IPv6Len])
	h.SetVersion(0, 0)
	h.SetNextHeader(wire.ProtoTCP)
	h.SetHopLimit(uint8(ip.HopLimit(d)))
	h.SetSrc(oh.Dst())
	h.SetDst(oh.Src())
	r.Protocol, r.Dst = uint16(wire.EtherTypeIPv6), d
	sum := wire.PseudoHeader6(h.Src(), h.Dst(), wire.ProtoTCP, wire.TCPMinLen)
	t := r.L4()
	c := wire.Fold(wire.Checksum(t[:wire.TCPMinLen], sum))
	t[16], t[17] = byte(c>>8), byte(c)
	conntrack.Attach(r, b)
	conntrack.SetClosing(b)
	ns.Why(step.WhyNftRejectReset)
	if b.NFBridge != nil {
		h.SetPayloadLen(wire.TCPMinLen)
		ns.XmitBridged(r, b)
		return
	}
	ip.LocalOut(sk, r)
}
