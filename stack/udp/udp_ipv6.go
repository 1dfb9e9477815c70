package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Rcv is udpv6_rcv.
func (h *udp6) Rcv(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.Udpv6Rcv, b).Out()
	h.u.lib6Rcv(ns, b)
	return 0
}

// lib6Rcv is __udp6_lib_rcv. RFC 8200 §8.1: over IPv6 the checksum is no
// option, because the IPv6 header has none of its own.
func (u *UDP) lib6Rcv(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.Udp6LibRcv, b).Out()
	if !b.MayPull(wire.UDPLen) || b.Network < 0 {
		ns.Why(step.WhyUDPNoRoom, uint64(b.Len()))
		u.discard(b, step.DropNotSpecified, step.Udp6LibRcv)
		return
	}
	b.ResetTransport()
	uh, ip := wire.UDP(b.Data()), b.IP6()
	f := flow{ip.Src(), ip.Dst(), uh.SrcPort(), uh.DstPort(), inIIF(b)}
	ulen := uh.Len()
	if ulen == 0 { // a jumbogram (RFC 2675 §4)
		ulen = b.Len()
	}
	if ulen > b.Len() || ulen < wire.UDPLen {
		ns.Why(step.WhyUDPShort, uint64(ulen), uint64(b.Len()))
		u.discard(b, step.DropPktTooSmall, step.Udp6LibRcv)
		return
	}
	if ulen < b.Len() {
		trim(b, ulen)
	}
	if !u.csumInit(b, uh.Checksum(), wire.PseudoHeader6(ip.Src(), ip.Dst(), wire.ProtoUDP, b.Len())) {
		u.csumError(b, step.Udp6LibRcv)
		return
	}
	if sk := steal(b); sk != nil {
		sk.RxDst = b.Dst
		u.unicastRcv6(sk, b)
		return
	}
	if f.daddr.IsMulticast() {
		u.mcastDeliver6(b, &f)
		return
	}
	if sk := u.lib6Lookup(b, &f); sk != nil {
		u.unicastRcv6(sk, b)
		return
	}
	if uh.Checksum() == 0 || !csumComplete(b) {
		ns.Why(step.WhyUDPZeroCsum6)
		u.inc(b, step.UdpInCsumErrors)
		u.discard(b, step.DropNoSocket, step.Udp6LibRcv)
		return
	}
	ns.Inc(step.Udp6NoPorts)
	ns.Why(step.WhyUDPNoSocket, f.daddr.Hi, f.daddr.Lo, uint64(f.dport))
	ns.IPv6.ICMPSend(ns, b, 1, 4, 0)
	ns.Drop(b, step.DropNoSocket, step.Udp6LibRcv)
}

// unicastRcv6 is udp6_unicast_rcv_skb, after the check for a missing checksum.
func (u *UDP) unicastRcv6(sk *Sock, b *core.SKB) {
	defer u.ns.In(step.Udp6UnicastRcvSkb, b).Out()
	if wire.UDP(b.L4()).Checksum() == 0 && !sk.NoCheck6Rx {
		u.ns.Why(step.WhyUDPZeroCsum6)
		u.inc(b, step.UdpInCsumErrors)
		u.discard(b, step.DropUDPCSUM, step.Udp6LibRcv)
		return
	}
	u.queueRcv6(sk, b)
}

// queueRcvOne6 is udpv6_queue_rcv_one_skb.
func (u *UDP) queueRcvOne6(sk *Sock, b *core.SKB) {
	defer u.ns.In(step.Udpv6QueueRcvOneSkb, b).Out()
	pullHeader(b)
	b.Dst = nil
	u.enqueueOrDrop(sk, b, step.Udpv6QueueRcvOneSkb)
}

// mcastDeliver6 is __udp6_lib_mcast_deliver.
func (u *UDP) mcastDeliver6(b *core.SKB, f *flow) {
	defer u.ns.In(step.Udp6LibMcastDeliver, b).Out()
	ns := u.ns
	if n := u.toEach(b, f, true, true); n > 0 {
		ns.Why(step.WhyUDPMcast, uint64(n))
		return
	}
	ns.Why(step.WhyUDPMcastNone)
	ns.Inc(step.Udp6IgnoredMulti)
	ns.Drop(b, step.DropNotSpecified, step.Udp6LibRcv)
}

// isMcastSock6 is __udp_v6_is_mcast_sock.
func (u *UDP) isMcastSock6(sk *Sock, f *flow) bool {
	if sk.Num == f.dport && sk.Family != core.AFInet6 {
		u.ns.Tried(step.TryUDPFamily, uint64(sk.ID))
		return false
	}
	return u.isMcastSock(sk, f, true)
}

// lib6Lookup is __udp6_lib_lookup.
func (u *UDP) lib6Lookup(b *core.SKB, f *flow) *Sock {
	defer u.ns.In(step.Udp6LibLookup, b).Out()
	ns := u.ns
	if sk := u.lookup2v6(b, f, f.daddr); sk != nil {
		return sk
	}
	ns.Why(step.WhyUDPWildcard, f.daddr.Hi, f.daddr.Lo, uint64(f.dport))
	if sk := u.lookup2v6(b, f, zero); sk != nil {
		return sk
	}
	// udp6_lib_lookup1: all sockets of the port.
	for _, sk := range u.hash[portSlot(f.dport)] {
		if u.score6(sk, f, f.daddr) > 0 {
			return sk
		}
	}
	ns.Why(step.WhyUDPNoSocket, f.daddr.Hi, f.daddr.Lo, uint64(f.dport))
	return nil
}

// lookup2v6 is udp6_lib_lookup2.
func (u *UDP) lookup2v6(b *core.SKB, f *flow, daddr wire.Addr) *Sock {
	defer u.ns.In(step.Udp6LibLookup2, b).Out()
	return u.best(f, daddr, true, -1)
}

// score6 is compute_score of IPv6: one point for each of the peer's port, the
// peer's address and a device that the socket insists on and that fit.
func (u *UDP) score6(sk *Sock, f *flow, daddr wire.Addr) int {
	if sk.Num != f.dport {
		return -1
	}
	if sk.Family != core.AFInet6 {
		u.ns.Tried(step.TryUDPFamily, uint64(sk.ID))
		return -1
	}
	if sk.RcvSaddr != daddr {
		if daddr != zero {
			u.wrongAddr(sk, f)
		}
		return -1
	}
	score := 0
	if sk.Dport != 0 {
		if !u.peerPort(sk, f) {
			return -1
		}
		score++
	}
	if sk.Daddr != zero {
		if !u.peerAddr(sk, f) {
			return -1
		}
		score++
	}
	if !u.boundDev(sk, f) {
		return -1
	}
	if sk.BoundDev != 0 {
		score++
	}
	return score
}

// EarlyDemux is udp_v6_early_demux.
func (h *udp6) EarlyDemux(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.UdpV6EarlyDemux, b).Out()
	if b.Transport < 0 || b.Dev == nil || b.PktType != core.PacketHost || !b.MayPull(b.TransportOffset()+wire.UDPLen) {
		return
	}
	uh, ip := wire.UDP(b.L4()), b.IP6()
	f := flow{ip.Src(), ip.Dst(), uh.SrcPort(), uh.DstPort(), b.Dev.Index}
	sk := h.u.demux(&f)
	if sk == nil {
		ns.Why(step.WhyUDPNoEarly)
		return
	}
	ns.Why(step.WhyUDPEarly, uint64(sk.ID))
	b.SK = &sk.Sock
	if d := sk.RxDst; d != nil && h.u.ip6().DstCheck(d) {
		b.Dst = d
	}
}

// errConvert6 is tab_unreach, by the code of an ICMPv6 destination unreachable
// (RFC 4443 §3.1).
var errConvert6 = [...]icmpErr{
	{step.ENETUNREACH, false},  // 0 no route
	{step.EACCES, true},        // 1 prohibited
	{step.EHOSTUNREACH, false}, // 2 beyond scope
	{step.EHOSTUNREACH, false}, // 3 address
	{step.ECONNREFUSED, true},  // 4 port
	{step.EACCES, true},        // 5 source address failed policy
	{step.EACCES, true},        // 6 reject route
}

// convert6 is icmpv6_err_convert.
func convert6(typ, code uint8) (core.Errno, bool) {
	switch typ {
	case 1:
		if int(code) < len(errConvert6) {
			return errConvert6[code].errno, errConvert6[code].fatal
		}
		return step.EPROTO, true
	case 2:
		return step.EMSGSIZE, false
	case 3:
		return step.EHOSTUNREACH, false
	case 4:
		return step.EPROTO, true
	}
	return step.EPROTO, false
}

// Err is udpv6_err. The data pointer stands at the quoted IPv6 header,
// b.Transport at the ICMPv6 header.
func (h *udp6) Err(ns *core.Netns, b *core.SKB, info uint32) bool {
	defer ns.In(step.Udpv6Err, b).Out()
	q := wire.IPv6(b.Data())
	if !q.Valid() || b.Transport < 0 || len(b.L4()) < wire.ICMPLen {
		return false
	}
	off, ok := quotedUDP(q)
	if !ok {
		return false
	}
	return h.u.lib6Err(ns, b, off, info)
}

// dstUpdate6 is ip6_datagram_dst_update: a connected socket learns its route
// anew.
func (u *UDP) dstUpdate6(sk *Sock) {
	fl := ipv6.Flow6{Saddr: sk.Saddr, Daddr: sk.Daddr, OIF: int(sk.BoundDev), Mark: sk.Mark, Proto: protoUDP, Sport: sk.Sport, Dport: sk.Dport}
	sk.DstCache = nil
	if d, e := u.ip6().RouteOutput(&fl); e == 0 {
		sk.DstCache = d
	}
}

// lib6Err is __udp6_lib_err; off is where the quoted UDP header is.
func (u *UDP) lib6Err(ns *core.Netns, b *core.SKB, off int, info uint32) bool {
	defer ns.In(step.Udp6LibErr, b).Out()
	q, h := wire.IPv6(b.Data()), b.L4()
	uh := wire.UDP(q[off:])
	typ, code := h[0], h[1]
	f := flow{q.Dst(), q.Src(), uh.DstPort(), uh.SrcPort(), ifindex(b)}
	sk := u.lib6Lookup(b, &f)
	if sk == nil {
		ns.Why(step.WhyUDPErrNoSocket, uint64(f.dport), f.saddr.Hi, f.saddr.Lo, uint64(f.sport))
		ns.Inc(step.Icmp6InErrors)
		return false
	}
	e, hard := convert6(typ, code)
	fl := ipv6.Flow6{Saddr: q.Src(), Daddr: q.Dst(), OIF: f.dif, Proto: protoUDP}
	switch typ {
	case 137:
		u.ip6().Redirect(b, &fl)
		return true
	case 2:
		if sk.PMTUDisc >= core.PMTUDiscInterface { // ip6_sk_accept_pmtu
			return true
		}
		u.ip6().UpdatePMTU(&ipv6.Flow6{Saddr: fl.Saddr, Daddr: fl.Daddr}, int(info)) // ip6_sk_update_pmtu: only the addresses
		if sk.DstCache != nil && !u.ip6().DstCheck(sk.DstCache) {
			u.dstUpdate6(sk)
		}
		hard = sk.PMTUDisc != core.PMTUDiscDont
	}
	sk.report(b, e, hard, core.ExtErr{Errno: e, Origin: core.ErrOriginICMP6, Typ: typ, Code: code, Info: info, Port: f.sport}, off+wire.UDPLen)
	return true
}

// quotedUDP finds the UDP header of an IPv6 packet, behind its extension
// headers; false if there is none that is whole (ipv6_skip_exthdr).
func quotedUDP(q wire.IPv6) (int, bool) {
	p, off, frag, ok := wire.SkipExtensions(q[wire.IPv6Len:], q.NextHeader())
	off += wire.IPv6Len
	return off, ok && p == wire.ProtoUDP && frag&^7 == 0 && off+wire.UDPLen <= len(q)
}
