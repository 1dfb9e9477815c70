package raw

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// LocalDeliver is raw6_local_deliver: see raw4.
func (h *raw6) LocalDeliver(ns *core.Netns, b *core.SKB, proto uint8) bool {
	defer ns.In(step.Raw6LocalDeliver, b).Out()
	if len(h.r.socks) == 0 || b.Network < 0 {
		ns.Why(step.WhyRawNone, uint64(proto))
		return false
	}
	ip := b.IP6()
	src, dst, dif := ip.Src(), ip.Dst(), inIIF(b)
	delivered := false
	for _, sk := range h.r.socks {
		if sk.Family != core.AFInet6 || !sk.match(proto, src, dst, dif) || sk.full() {
			continue
		}
		delivered = true
		if proto == uint8(wire.ProtoICMPv6) && sk.filtered6(b) || !sk.McAllow(dst, dst.IsMulticast(), dif) {
			continue
		}
		ns.Why(step.WhyRawClone, uint64(sk.ID), uint64(proto))
		sk.rcv6(b.Clone())
	}
	if !delivered {
		ns.Why(step.WhyRawNone, uint64(proto))
	}
	return delivered
}

// filtered6 is icmpv6_filter.
func (sk *Sock) filtered6(b *core.SKB) bool {
	p := b.Data()
	if len(p) == 0 {
		return true
	}
	if sk.Filter6[p[0]>>5]>>(p[0]&31)&1 != 0 {
		sk.NS.Why(step.WhyRawFiltered, uint64(sk.ID), uint64(p[0]))
		return true
	}
	return false
}

// rcv6 is rawv6_rcv: the program gets no IPv6 header. The checksum of ICMPv6
// is verified first; a wrong one is dropped.
func (sk *Sock) rcv6(b *core.SKB) {
	defer sk.NS.In(step.Rawv6Rcv, b).Out()
	ns := sk.NS
	ip := b.IP6()
	ok := b.CsumValid || b.Truncated || b.IPSummed == core.ChecksumUnnecessary || b.IPSummed == core.ChecksumPartial
	if sk.Protocol == uint8(wire.ProtoICMPv6) && !ok &&
		wire.Fold(b.Checksum(0, b.Len(), wire.PseudoHeader6(ip.Src(), ip.Dst(), wire.ProtoICMPv6, b.Len()))) != 0 {
		sk.Drops++
		ns.Drop(b, step.DropSKBCSUM, step.Rawv6Rcv)
		return
	}
	b.IIF = inIIF(b)
	b.Dst = nil
	if r := queueRcv(&sk.Sock, b); r != step.NotDropped {
		ns.Drop(b, r, step.Rawv6Rcv)
	}
}

// sendmsg6 is rawv6_sendmsg; the checksum of ICMPv6 is filled in
// (rawv6_push_pending_frames).
func (sk *Sock) sendmsg6(data []byte, addr wire.Addr, flags int) (int, core.Errno) {
	defer sk.NS.In(step.Rawv6Sendmsg, sk).Out()
	daddr, e := sk.dest(data, addr, flags)
	if e != 0 {
		return sk.fail(e)
	}
	if e = sendData6(&sk.Sock, daddr, data, ipv6.Cookie{HopLimit: sk.V6.HopLimit, TClass: sk.V6.TClass}); e != 0 {
		return sk.fail(e)
	}
	return len(data), 0
}

// sendData6 routes and sends one packet of a raw or ping socket.
func sendData6(sk *core.Sock, daddr wire.Addr, data []byte, ck ipv6.Cookie) core.Errno {
	ip := ipv6.Of(sk.NS)
	fl := ipv6.Flow6{Daddr: daddr, OIF: int(sk.BoundDev), Mark: sk.Mark, FlowLabel: sk.FlowLabel, Proto: sk.Protocol}
	if !sk.Saddr.Is4() {
		fl.Saddr = sk.Saddr
	}
	if daddr.IsMulticast() && fl.OIF == 0 {
		fl.OIF = sk.Rare().McIndex
	}
	icmp := sk.Protocol == uint8(wire.ProtoICMPv6)
	if icmp && len(data) >= 2 {
		fl.Dport = uint16(data[0])<<8 | uint16(data[1])
	}
	dst, e := ip.RouteOutput(&fl)
	if e != 0 {
		return e
	}
	transhdrlen := 0
	if sk.Type == core.SockDgram { // ping_v6_sendmsg gives the ICMPv6 header apart
		transhdrlen = wire.ICMPLen
	}
	if e = allocSend(sk, transhdrlen, step.Ip6OutDiscards); e != 0 {
		return e
	}
	b, e := ip.MakeSKB(sk, &fl, dst, &ck, 0, data)
	if e != 0 {
		return e
	}
	if icmp {
		fillICMPv6(b, fl.Saddr, fl.Daddr)
	}
	if e = ip.SendSKB(b); e == step.ENOBUFS && !sk.RecvErr {
		e = 0
	}
	return e
}

// fillICMPv6 writes the checksum, over pieces for fragmentation too.
func fillICMPv6(b *core.SKB, src, dst wire.Addr) {
	h := b.L4()
	if len(h) < 4 {
		return
	}
	h[2], h[3] = 0, 0
	off := b.TransportOffset()
	n := b.Len() - off
	c := wire.Fold(b.Checksum(off, n, wire.PseudoHeader6(src, dst, wire.ProtoICMPv6, n)))
	h[2], h[3] = byte(c>>8), byte(c)
}

// ICMPError is raw6_icmp_error with rawv6_err.
func (h *raw6) ICMPError(ns *core.Netns, b *core.SKB, proto, typ, code uint8, innerOffset int, info uint32) {
	defer ns.In(step.Raw6IcmpError, b).Out()
	q := wire.IPv6(b.Data())
	if len(h.r.socks) == 0 || !q.Valid() {
		return
	}
	for _, sk := range h.r.socks {
		if sk.Family != core.AFInet6 || !sk.match(proto, q.Dst(), q.Src(), ifindex(b)) {
			continue
		}
		e, hard := convert6(typ, code)
		if typ == uint8(wire.ICMPv6PacketTooBig) { // ip6_sk_update_pmtu
			ipv6.Of(ns).UpdatePMTU(&ipv6.Flow6{Daddr: q.Dst(), Saddr: q.Src(), OIF: int(sk.BoundDev), FlowLabel: q.FlowLabel(), Mark: sk.Mark, On: b}, int(info))
			hard = sk.PMTUDisc == core.PMTUDiscDo
		}
		off := innerOffset
		if sk.HdrIncl {
			off = 0
		}
		report(&sk.Sock, b, e, hard, core.ExtErr{Errno: e, Origin: core.ErrOriginICMP6, Typ: typ, Code: code, Info: info}, off)
	}
}
