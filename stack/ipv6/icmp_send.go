package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An icmpBucket is net->ipv4.icmp_global_credit: ICMP messages that the host
// may send in all (icmp_msgs_per_sec, icmp_msgs_burst).
type icmpBucket struct {
	credit int
	stamp  uint32 // jiffies
}

// globalAllow is icmpv6_global_allow: packet-too-big and information are never
// limited (icmpv6_ratemask 0-1,3-127).
func (ip *IPv6) globalAllow(typ uint8) (ok, limited bool) {
	if typ >= 128 || typ == uint8(wire.ICMPv6PacketTooBig) {
		return true, false
	}
	s, k := &ip.ns.Sysctl, &ip.icmp
	if k.credit > 0 {
		return true, true
	}
	now := ip.ns.Clock.Now().Jiffies()
	if delta := min(now-k.stamp, sim.HZ); k.stamp == 0 || delta >= sim.HZ/50 {
		if k.stamp == 0 {
			delta = sim.HZ
		}
		if n := s.ICMPMsgsPerSec * int(delta) / sim.HZ; n > 0 {
			k.stamp = max(now, 1)
			k.credit = min(k.credit+n, s.ICMPMsgsBurst)
			return true, true
		}
	}
	ip.ns.Inc(step.IcmpOutRateLimitGlobal)
	return false, false
}

// xrlimAllow is icmpv6_xrlim_allow: a token bucket for each destination, wider
// for wide prefixes.
func (ip *IPv6) xrlimAllow(fl *Flow6, limited bool) bool {
	defer ip.ns.In(step.ICMPv6XrlimAllow, ip.subject(fl)).Out()
	if !limited {
		return true
	}
	ns := ip.ns
	d := ip.routeOutputFlags(fl, 0)
	ok := false
	switch {
	case d.Err != 0:
		ns.Inc(step.Ip6OutNoRoutes)
	case d.Dev.Flags&core.IFFLoopback != 0:
		ok = true
	default:
		tmo := uint32(ns.Sysctl.IPv6ICMPRatelimit * sim.HZ / 1000)
		if u := upper(d); u.plen < 128 {
			tmo >>= uint((128 - u.plen) >> 5)
		}
		ok = ip.peers.Get(ns.Clock.Now(), fl.Daddr).Allow(ns.Clock.Now(), tmo)
	}
	if !ok {
		ns.Inc(step.Icmp6OutRateLimitHost)
		ns.Why(step.WhyICMP6RateLimit, fl.Daddr.Hi, fl.Daddr.Lo, uint64(ns.Sysctl.IPv6ICMPRatelimit))
		return false
	}
	ip.icmp.credit -= int(ns.Machine.Rand.Below(3)) // icmp_global_consume
	return true
}

// ICMPSend is icmpv6_send: an error about b, which it leaves to the caller.
// info is the MTU or the offset of the byte that is wrong.
func (ip *IPv6) ICMPSend(ns *core.Netns, b *core.SKB, typ, code uint8, info uint32) {
	ip.icmpSend(b, typ, code, info)
}

// icmpSend is icmp6_send: an error message about b to b's source, if RFC 4443
// §2.4(e) allows.
func (ip *IPv6) icmpSend(b *core.SKB, typ, code uint8, info uint32) {
	defer ip.ns.In(step.ICMP6Send, b).Out()
	ns := ip.ns
	if b.Network < 0 || b.Dev == nil || len(b.From(b.Network)) < wire.IPv6Len {
		return
	}
	h := b.IP6()
	src, dst := h.Src(), h.Dst()
	saddr := wire.Addr{}
	if ip.ChkAddr(dst, b.Dev) {
		saddr = dst
	}
	if dst.IsMulticast() || b.PktType != core.PacketHost {
		if wire.ICMPv6Type(typ) != wire.ICMPv6PacketTooBig && !ip.mayAnswerGroup(b, typ, code, info) {
			ns.Why(step.WhyICMP6NotToGroup, uint64(b.PktType), dst.Hi, dst.Lo)
			return
		}
		saddr = wire.Addr{}
	}
	st := addrType(src)
	iif := 0
	if st&addrLinkLocal != 0 || st&addrMulticast != 0 && mcScope(src) <= scopeLink {
		iif = ip.icmpIIF(b)
	}
	if st == addrAny || st&addrMulticast != 0 {
		ns.Why(step.WhyICMP6BadSource, src.Hi, src.Lo)
		return
	}
	if ineligible(b) {
		ns.Why(step.WhyICMP6NotAboutError)
		return
	}
	limited := false
	if b.Dev.Flags&core.IFFLoopback == 0 {
		var ok bool
		if ok, limited = ip.globalAllow(typ); !ok {
			ns.Why(step.WhyICMP6GlobalLimit, uint64(ns.Sysctl.ICMPMsgsPerSec))
			return
		}
	}
	if ip.icmpBusy { // icmpv6_xmit_lock: a rule's answer to what the host itself answers
		ns.Why(step.WhyICMP6Nested)
		return
	}
	fl := Flow6{Daddr: src, Proto: uint8(wire.ProtoICMPv6)}
	if ns.Trace != nil {
		fl.On = b
	}
	if fl.Saddr = saddr; saddr.IsZero() {
		ip.icmpSaddr(b, &fl)
	}
	fl.OIF, fl.Dport = iif, uint16(typ)<<8|uint16(code)
	if !ip.xrlimAllow(&fl, limited) {
		return
	}
	d := ip.icmpRoute(b, &fl)
	if d == nil {
		return
	}
	ns.Why(step.WhyICMP6Send, uint64(typ)<<8|uint64(code), src.Hi, src.Lo, uint64(info))
	ip.icmpXmit(b, &fl, d, typ, code, info)
}

// mayAnswerGroup is the exception of RFC 4443 §2.4(e.3): an unknown option of
// the kind that wants an answer in any case.
func (ip *IPv6) mayAnswerGroup(b *core.SKB, typ, code uint8, ptr uint32) bool {
	if wire.ICMPv6Type(typ) != wire.ICMPv6ParamProblem || code != wire.ICMPv6UnknownOption {
		return false
	}
	p := b.From(b.Network)
	return int(ptr) >= len(p) || p[ptr]&0xc0 == 0x80
}

// icmpIIF is icmp6_iif: for what this host sent to itself, the device that has
// the address.
func (ip *IPv6) icmpIIF(b *core.SKB) int {
	if b.Dev.Flags&core.IFFLoopback != 0 && b.Dst != nil {
		if u := upper(b.Dst); u != nil && u.idev != nil {
			return u.idev.dev.Index
		}
	}
	return b.Dev.Index
}

// ineligible is is_ineligible: no errors about errors.
func ineligible(b *core.SKB) bool {
	p := b.From(b.Network)
	next := wire.IPv6(p).NextHeader()
	off := 0
	if next.IsExtension() {
		var ok bool
		var frag uint16
		if next, off, frag, ok = wire.SkipExtensions(p[wire.IPv6Len:], next); !ok {
			return false
		}
		if next == wire.ProtoICMPv6 && frag != 0 && wire.IPv6Len+off >= len(p) {
			return false
		}
	}
	if next != wire.ProtoICMPv6 {
		return false
	}
	at := wire.IPv6Len + off
	return at >= len(p) || wire.ICMPv6Type(p[at]).IsError()
}

// icmpSaddr chooses the source of an error when the packet was not to an
// address of this host (icmpv6_rt_has_prefsrc and what follows).
func (ip *IPv6) icmpSaddr(b *core.SKB, fl *Flow6) {
	d := ip.routeOutputFlags(fl, 0)
	if d.Err == 0 && !d.PrefSrc.IsZero() {
		return
	}
	if dev := ip.ns.DevByIndex(b.CB.IIF); dev != nil {
		fl.Saddr, _ = ip.GetSaddr(dev, fl.Daddr)
	}
}

// icmpRoute is icmpv6_route_lookup. The second lookup is IPsec's, for the flow
// of the packet in error turned round; its result is not used.
func (ip *IPv6) icmpRoute(b *core.SKB, fl *Flow6) *core.Dst {
	defer ip.ns.In(step.ICMPv6RouteLookup, b).Out()
	d, e := ip.RouteOutput(fl)
	if e != 0 {
		return nil
	}
	h := b.IP6()
	t := h[wire.IPv6Len:]
	p, off, _, _ := wire.SkipExtensions(t, h.NextHeader())
	rev := Flow6{Saddr: h.Dst(), Daddr: h.Src(), OIF: b.IIF, Mark: b.Mark, Proto: uint8(p), On: fl.On}
	if (p == wire.ProtoTCP || p == wire.ProtoUDP) && len(t) >= off+4 {
		t = t[off:]
		rev.Dport, rev.Sport = uint16(t[0])<<8|uint16(t[1]), uint16(t[2])<<8|uint16(t[3])
	}
	ip.RouteOutput(&rev)
	return d
}

// icmpXmit quotes as much of b as fits into 1280 bytes and sends the error.
func (ip *IPv6) icmpXmit(b *core.SKB, fl *Flow6, d *core.Dst, typ, code uint8, info uint32) {
	off := b.NetworkOffset()
	n := min(b.Len()-off, wire.IPv6MinMTU-wire.IPv6Len-wire.ICMPv6Len)
	if n < 0 {
		return
	}
	if cap(ip.scratch) < 65536 {
		ip.scratch = make([]byte, 65536)
	}
	q := ip.scratch[:n]
	if off < 0 { // the data pointer is behind the network header: the quote begins before it
		m := copy(q, b.From(b.Network))
		if m < n {
			b.CopyBits(b.HeadLen(), q[m:])
		}
	} else {
		b.CopyBits(off, q)
	}
	var hdr [wire.ICMPv6Len]byte
	m := wire.ICMPv6(hdr[:])
	m.SetType(wire.ICMPv6Type(typ))
	m.SetCode(code)
	m.SetRest(info)
	ck := NewCookie()
	ip.icmpPush(b, fl, d, &ck, hdr[:], q)
}

// icmpPush is ip6_append_data with icmpv6_push_pending_frames: build the
// message, send it.
func (ip *IPv6) icmpPush(in *core.SKB, fl *Flow6, d *core.Dst, ck *Cookie, hdr, payload []byte) bool {
	ns := ip.ns
	sk := &ip.icmpSk.Sock
	b, e := ip.appendData(sk, fl, d, ck, len(hdr), payload, in.Pkt)
	if e != 0 {
		ns.Inc(step.Icmp6OutErrors)
		return false
	}
	if hdr[0]&0x80 == 0 {
		conntrack.Attach(b, in) // icmpv6_getfrag: it belongs to the connection that it is about
	}
	ip.icmpBusy = true
	ip.icmpPushPending(sk, b, fl, d, ck, hdr, len(hdr)+len(payload))
	ip.icmpBusy = false
	return true
}

// icmpPushPending is icmpv6_push_pending_frames: sum the message of n bytes,
// send it.
func (ip *IPv6) icmpPushPending(sk *core.Sock, b *core.SKB, fl *Flow6, d *core.Dst, ck *Cookie, hdr []byte, n int) {
	defer ip.ns.In(step.ICMPv6PushPending, b).Out()
	copy(b.L4(), hdr)
	off := b.Transport - b.Offset()
	sum := wire.Fold(b.Checksum(off, n, wire.PseudoHeader6(fl.Saddr, fl.Daddr, wire.ProtoICMPv6, n)))
	wire.ICMPv6(b.L4()).SetChecksum(sum)
	ip.finishSKB(sk, fl, d, ck, b)
	ip.SendSKB(b)
}

// echoReply is icmpv6_echo_reply. m is the request's header; the data pointer
// is behind it.
func (ip *IPv6) echoReply(b *core.SKB, m wire.ICMPv6) core.DropReason {
	defer ip.ns.In(step.ICMPv6EchoReply, b).Out()
	ns := ip.ns
	h := b.IP6()
	fl := Flow6{Daddr: h.Src(), Proto: uint8(wire.ProtoICMPv6), Dport: uint16(wire.ICMPv6EchoReply) << 8, Mark: 0}
	if ns.Trace != nil {
		fl.On = b
	}
	if b.Dst != nil && b.Dst.Type == RTNLocal {
		fl.Saddr = h.Dst()
	}
	if fl.OIF = ip.icmpIIF(b); fl.Daddr.IsLoopback() {
		fl.OIF = b.Dev.Index
	}
	d, e := ip.RouteOutput(&fl)
	if e != 0 {
		return step.DropNotSpecified
	}
	if cap(ip.scratch) < 65536 {
		ip.scratch = make([]byte, 65536)
	}
	var hdr [wire.ICMPv6Len]byte
	copy(hdr[:], m[:wire.ICMPv6Len])
	r := wire.ICMPv6(hdr[:])
	r.SetType(wire.ICMPv6EchoReply)
	r.SetChecksum(0)
	p := ip.scratch[:min(b.Len(), 65536)]
	b.CopyBits(0, p)
	ck := NewCookie()
	ck.TClass = int(h.TrafficClass())
	ns.Why(step.WhyICMP6Echo, fl.Daddr.Hi, fl.Daddr.Lo, uint64(len(p)))
	if !ip.icmpPush(b, &fl, d, &ck, hdr[:], p) {
		return step.DropNotSpecified
	}
	return step.DropConsumed
}
