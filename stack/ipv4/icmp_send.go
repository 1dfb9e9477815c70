package ipv4

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/netfilter/conntrack"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func jiffiesOf(ms int) uint32 { return inet.JiffiesOf(ms) }

// dummySource is INADDR_DUMMY, 192.0.0.8 (RFC 7600): the source of an error
// when this host has no address at all.
const dummySource wire.IP4 = 0xc0000008

// An icmpMsg is struct icmp_bxm: a message to send. Behind its header come
// extra bytes of buf, then n bytes of the packet that is answered, from off.
type icmpMsg struct {
	typ    wire.ICMPType
	code   uint8
	rest   uint32
	off, n int
	extra  int
	buf    [12]byte
}

// icmpReply is icmp_reply: an answer goes back from the address that was asked,
// with the TOS of the question.
func (ip *IPv4) icmpReply(b *core.SKB, m *icmpMsg) {
	defer ip.ns.In(step.IcmpReply, b).Out()
	ns := ip.ns
	o := optionsOf(b)
	opt, ok := ip.optionsEcho(b, &o)
	if !ok {
		return
	}
	allow, apply := ip.limits(uint8(m.typ), m.code)
	if !allow || ip.icmpLocked() {
		return
	}
	h := b.IP4()
	ctl := ip.ctl(uint8(wire.ProtoICMP), h.TOS())
	ck := cork{ttl: -1, tos: -1, addr: h.Src(), parent: b.Pkt}
	fl := Flow4{Daddr: h.Src(), Saddr: ip.specDst(b), TOS: h.TOS() & 0xfc, Proto: uint8(wire.ProtoICMP)}
	if opt.optlen > 0 {
		ck.opt = &opt
		if opt.srr != 0 {
			fl.Daddr = opt.faddr
		}
	}
	d, err := ip.RouteOutput(&fl)
	if err != 0 {
		ns.Why(step.WhyReplyNoRoute, uint64(fl.Daddr), uint64(err))
		return
	}
	if ip.xrlimAllow(d, fl.Daddr, apply) {
		ns.Why(step.WhyIcmpReply, uint64(m.typ)<<8, uint64(fl.Saddr), uint64(fl.Daddr))
		ip.icmpPush(ctl, b, m, &fl, d, &ck)
	}
}

// icmpPush is icmp_push_reply: header, data, checksum, and away.
func (ip *IPv4) icmpPush(ctl *core.Sock, b *core.SKB, m *icmpMsg, fl *Flow4, d *core.Dst, ck *cork) {
	defer ip.ns.In(step.IcmpPushReply, b).Out()
	ns := ip.ns
	h := append(ip.scratch[:0], byte(m.typ), m.code, 0, 0, byte(m.rest>>24), byte(m.rest>>16), byte(m.rest>>8), byte(m.rest))
	h = append(h, m.buf[:m.extra]...)
	hlen := len(h)
	h = append(h, make([]byte, m.n)...)
	b.CopyBits(m.off, h[hlen:])
	ip.scratch = h[:0]
	wire.ICMP(h).ComputeChecksum()
	if h[2]&h[3] == 0xff { // csum_partial_copy_nocheck counts from ~0: zeros sum to it
		h[2], h[3] = 0, 0
	}
	r, err := ip.appendData(ctl, fl, d, ck, 0, h, nil)
	if err != 0 {
		ns.Inc(step.IcmpOutErrors)
		return
	}
	if icmpIsError(uint8(m.typ)) {
		conntrack.Attach(r, b) // icmp_glue_bits: it belongs to the connection that it is about
	}
	r.IPSummed = core.ChecksumNone
	ip.makeSKB(ctl, fl, d, ck, r)
	ip.icmpBusy = true
	ip.PushPendingFrames(r)
	ip.icmpBusy = false
}

// icmpLocked is icmp_xmit_lock, which fails while another message is on its way
// through the host: a rule's answer to what the host itself answers.
func (ip *IPv4) icmpLocked() bool {
	if ip.icmpBusy {
		ip.ns.Why(step.WhyIcmpNested)
	}
	return ip.icmpBusy
}

// ICMPSend is icmp_send: tell the sender of b what was wrong with it. info is
// the second word of the message: MTU, gateway, pointer.
func (ip *IPv4) ICMPSend(_ *core.Netns, b *core.SKB, typ, code uint8, info uint32) {
	o := optionsOf(b)
	ip.icmpSend(b, typ, code, info, &o)
}

// icmpSend is __icmp_send. No error is ever sent about an error, a fragment
// that is not the first, or a packet that was for many (RFC 1122 §3.2.2).
func (ip *IPv4) icmpSend(b *core.SKB, typ, code uint8, info uint32, o *options) {
	defer ip.ns.In(step.IcmpSendStep, b).Out()
	ns := ip.ns
	if !ip.maySend(b, typ) {
		return
	}
	apply := false
	if b.Dev == nil || b.Dev.Flags&core.IFFLoopback == 0 {
		var allow bool
		if allow, apply = ip.limits(typ, code); !allow {
			return
		}
	}
	if ip.icmpLocked() {
		return
	}
	h := b.IP4()
	in := b.Dst
	saddr := h.Dst()
	if in.Flags&core.RTCFLocal == 0 {
		saddr = 0
		if rtOf(in).input && ns.Sysctl.ICMPErrorsUseInbound != 0 {
			if dev := ns.DevByIndex(InIIF(b)); dev != nil {
				saddr = ip.SelectAddr(dev, h.Src(), ScopeLink)
			}
		}
	}
	tos := h.TOS()&0x1e | 0xc0
	if !wire.ICMPType(typ).IsError() {
		tos = h.TOS()
	}
	opt, ok := ip.optionsEcho(b, o)
	if !ok {
		return
	}
	fl := Flow4{Daddr: h.Src(), Saddr: saddr, TOS: tos & 0xfc, Proto: uint8(wire.ProtoICMP), Dport: uint16(typ)<<8 | uint16(code)}
	if opt.srr != 0 {
		fl.Daddr = opt.faddr
	}
	d, err := ip.icmpRouteLookup(&fl, b, tos)
	if err != 0 {
		ns.Why(step.WhyReplyNoRoute, uint64(fl.Daddr), uint64(err))
		return
	}
	if !ip.xrlimAllow(d, fl.Daddr, apply) {
		return
	}
	room := min(ip.MTU(d), 576) - wire.IPv4MinLen - opt.optlen - wire.ICMPLen
	if room <= wire.IPv4MinLen {
		return
	}
	off := b.Network - b.Offset()
	m := icmpMsg{typ: wire.ICMPType(typ), code: code, rest: info, off: off, n: min(b.Len()-off, room)}
	if fl.Saddr == 0 {
		fl.Saddr = dummySource
	}
	ns.Why(step.WhyIcmpSent, uint64(typ)<<8|uint64(code), uint64(fl.Daddr), uint64(fl.Saddr), uint64(m.n))
	ip.icmpSendTP(b, typ, code)
	ctl := ip.ctl(uint8(wire.ProtoICMP), tos)
	ck := cork{ttl: -1, tos: -1, addr: h.Src(), parent: b.Pkt}
	if opt.optlen > 0 {
		ck.opt = &opt
	}
	if off < 0 {
		// The data pointer stands behind the IP header: look back.
		b.Push(-off)
		m.off = 0
		m.n = min(b.Len(), room)
		ip.icmpPush(ctl, b, &m, &fl, d, &ck)
		b.Pull(-off)
		return
	}
	ip.icmpPush(ctl, b, &m, &fl, d, &ck)
}

// maySend says whether an error about b is allowed at all.
func (ip *IPv4) maySend(b *core.SKB, typ uint8) bool {
	ns := ip.ns
	if b.Dst == nil || b.Network < 0 {
		return false
	}
	h := b.IP4()
	if len(h) < wire.IPv4MinLen {
		return false
	}
	switch {
	case b.PktType != core.PacketHost:
		ns.Why(step.WhyIcmpNotL2, uint64(b.PktType))
		return false
	case b.Dst.Flags&(core.RTCFBroadcast|core.RTCFMulticast) != 0:
		ns.Why(step.WhyIcmpNotGroup, uint64(h.Dst()))
		return false
	case h.FragOffset() != 0:
		ns.Why(step.WhyIcmpNotFragment, uint64(h.FragOffset()))
		return false
	}
	if wire.ICMPType(typ).IsError() && h.Proto() == wire.ProtoICMP {
		if h.IHL() >= len(h) {
			return false
		}
		if t := h[h.IHL()]; t > maxICMPType || icmpIsError(t) {
			ns.Why(step.WhyIcmpNotError, uint64(t)<<8)
			return false
		}
	}
	return true
}

// icmpIsError is icmp_pointers[type].error: the four kinds of errors, and the
// types that nobody has assigned.
func icmpIsError(t uint8) bool {
	switch t {
	case 1, 2, 6, 7, 9, 10:
		return true
	}
	return wire.ICMPType(t).IsError()
}

// icmpSendTP fires icmp:icmp_send.
func (ip *IPv4) icmpSendTP(b *core.SKB, typ, code uint8) {
	if ip.ns.Trace == nil {
		return
	}
	h := b.IP4()
	var sport, dport, ulen uint64
	if p := h[min(h.IHL(), len(h)):]; h.Proto() == wire.ProtoUDP && len(p) >= wire.UDPLen {
		sport, dport, ulen = uint64(be16(p)), uint64(be16(p[2:])), uint64(be16(p[4:]))
	}
	ip.ns.TP(step.IcmpSend, b, uint64(b.ID), uint64(typ), uint64(code), uint64(h.Src()), uint64(h.Dst()), sport, dport, ulen)
}

// icmpRouteLookup is icmp_route_lookup: the route back to the sender. The
// kernel then also asks what the route of the packet itself would be, turned
// around, for IPsec: no policy is ever there, but the lookups are made.
func (ip *IPv4) icmpRouteLookup(fl *Flow4, b *core.SKB, tos uint8) (*core.Dst, core.Errno) {
	defer ip.ns.In(step.IcmpRouteLookup, b).Out()
	d, err := ip.routeOutputKey(fl, b)
	if err != 0 {
		return nil, err
	}
	if ip.addrType(nil, fl.Daddr) == RTNLocal {
		return d, 0
	}
	rev := ip.decodeReverse(b)
	if ip.addrType(nil, rev.Saddr) == RTNLocal {
		ip.routeOutputKey(&rev, nil)
		return d, 0
	}
	fl2 := rev
	fl2.Saddr, fl2.Daddr = rev.Daddr, rev.Saddr
	if hasPorts(wire.Proto(rev.Proto)) {
		fl2.Sport, fl2.Dport = rev.Dport, rev.Sport
	}
	fl2.OIF = 0
	fl2.Flags |= FlowAnySrc
	d2, err := ip.routeOutputKey(&fl2, nil)
	if err != 0 {
		return d, 0
	}
	keep, cb := b.Dst, b.CB
	ip.RouteInput(b, rev.Daddr, rev.Saddr, tos, d2.Dev)
	b.Dst, b.CB = keep, cb
	return d, 0
}

// decodeReverse is xfrm_decode_session_reverse: the packet's flow with source
// and destination exchanged.
func (ip *IPv4) decodeReverse(b *core.SKB) Flow4 {
	h := b.IP4()
	fl := Flow4{Saddr: h.Dst(), Daddr: h.Src(), TOS: h.TOS() & 0xfc, Proto: uint8(h.Proto()), Mark: b.Mark}
	if b.IIF != 0 {
		fl.OIF = b.IIF
	}
	p := h[min(h.IHL(), len(h)):]
	switch {
	case h.IsFragment():
	case hasPorts(h.Proto()) && len(p) >= 4:
		fl.Sport, fl.Dport = be16(p[2:]), be16(p)
	case h.Proto() == wire.ProtoICMP && len(p) >= 2:
		fl.Dport = uint16(p[0])<<8 | uint16(p[1])
	}
	return fl
}
