package ipv6

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 4443 before editing; the kernel file is net/ipv6/icmp.c. Left out:
// node information queries, extended echo (RFC 8335).

// icmpv6 is icmpv6_protocol.
type icmpv6 struct{}

// icmpInMIB and icmpOutMIB name the counter of a message type, 0 if it has none.
func icmpInMIB(t uint8) step.MIB  { return icmpMIB(t, inMIB) }
func icmpOutMIB(t uint8) step.MIB { return icmpMIB(t, outMIB) }

func icmpMIB(t uint8, dir int) step.MIB {
	switch {
	case t >= 1 && t <= 4:
		return errMIB[dir] + step.MIB(t-1)
	case t >= 128 && t <= 137:
		return infoMIB[dir] + step.MIB(t-128)
	case t == 143:
		return infoMIB[dir] + 10
	}
	return 0
}

const inMIB, outMIB = 0, 1

var errMIB = [2]step.MIB{step.Icmp6InDestUnreachs, step.Icmp6OutDestUnreachs}
var infoMIB = [2]step.MIB{step.Icmp6InEchos, step.Icmp6OutEchos}

// Rcv is icmpv6_rcv. Whatever the message did, the packet ends here: consumed
// when it was of use, dropped when not.
func (*icmpv6) Rcv(ns *core.Netns, b *core.SKB) int {
	defer ns.In(step.ICMPv6Rcv, b).Out()
	ip := Of(ns)
	ns.Inc(step.Icmp6InMsgs)
	h := b.IP6()
	if b.IPSummed != core.ChecksumUnnecessary && !b.Truncated {
		n := b.Len()
		if wire.Fold(b.Checksum(0, n, wire.PseudoHeader6(h.Src(), h.Dst(), wire.ProtoICMPv6, n))) != 0 {
			ns.Inc(step.Icmp6InCsumErrors)
			ns.Inc(step.Icmp6InErrors)
			ns.Why(step.WhyICMP6Csum)
			ns.Drop(b, step.DropICMPCSUM, step.ICMPv6Rcv)
			return 0
		}
		b.IPSummed = core.ChecksumUnnecessary
	}
	if !b.MayPull(wire.ICMPv6Len) {
		ns.Inc(step.Icmp6InErrors)
		ns.Why(step.WhyICMP6Short, uint64(b.Len()))
		ns.Drop(b, step.DropNotSpecified, step.ICMPv6Rcv)
		return 0
	}
	m := wire.ICMPv6(b.Data())
	typ := uint8(m.Type())
	b.Pull(wire.ICMPv6Len)
	ns.Inc(step.Icmp6InType0 + step.MIB(typ))
	if c := icmpInMIB(typ); c != 0 {
		ns.Inc(c)
	}
	why, taken := ip.icmpHandle(b, m)
	switch {
	case taken:
	case why == step.DropConsumed:
		ns.Why(step.WhyICMP6Done, uint64(typ)<<8|uint64(m.Code()))
		ns.Consume(b, step.ICMPv6Rcv)
	default:
		ns.Drop(b, why, step.ICMPv6Rcv)
	}
	return 0
}

// icmpHandle is icmpv6_rcv's switch: what the message says. The data pointer is
// behind the 8 bytes of header. It returns the reason to free the packet with
// (DropConsumed: it was of use), or that somebody has taken it.
func (ip *IPv6) icmpHandle(b *core.SKB, m wire.ICMPv6) (why core.DropReason, taken bool) {
	ns := ip.ns
	typ := m.Type()
	switch typ {
	case wire.ICMPv6Echo:
		if ns.Sysctl.IPv6ICMPEchoIgnoreAll != 0 {
			ns.Why(step.WhyICMP6EchoIgnored)
			return step.DropNotSpecified, false
		}
		return ip.echoReply(b, m), false
	case wire.ICMPv6EchoReply, wire.ICMPv6ExtEchoReply:
		if ip.ping == nil {
			ns.Why(step.WhyICMP6NoPing)
			return step.DropNoSocket, false
		}
		ip.ping.Rcv(ns, b)
		return 0, true
	case wire.ICMPv6PacketTooBig:
		if !b.MayPull(wire.IPv6Len) {
			ns.Inc(step.Icmp6InErrors)
			ns.Why(step.WhyICMP6Short, uint64(b.Len()))
			return step.DropNotSpecified, false
		}
		return ip.notify(b, uint8(typ), m.Code(), m.Rest()), false
	case wire.ICMPv6DestUnreach, wire.ICMPv6TimeExceeded, wire.ICMPv6ParamProblem:
		return ip.notify(b, uint8(typ), m.Code(), m.Rest()), false
	case wire.ICMPv6RouterSolicit, wire.ICMPv6RouterAdvert, wire.ICMPv6NeighSolicit, wire.ICMPv6NeighAdvert, wire.ICMPv6Redirect:
		return ip.ndiscRcv(b), false
	case wire.ICMPv6MLDQuery:
		ip.mldQuery(b)
		return 0, true
	case wire.ICMPv6MLDReport:
		ip.mldReport(b)
		return 0, true
	}
	if !typ.IsError() {
		// Informational and not for this kernel: status quo is "not specified".
		ns.Why(step.WhyICMP6Ignored, uint64(typ)<<8|uint64(m.Code()))
		return step.DropNotSpecified, false
	}
	return ip.notify(b, uint8(typ), m.Code(), m.Rest()), false
}

// notify is icmpv6_notify: tell the protocol and the raw sockets of the packet
// that is quoted. The data pointer stands at the quoted header; CB.NHOff tells
// the protocol how far behind it its own header lies.
func (ip *IPv6) notify(b *core.SKB, typ, code uint8, info uint32) core.DropReason {
	defer ip.ns.In(step.ICMPv6Notify, b).Out()
	ns := ip.ns
	bad := func(why core.DropReason, w step.Why) core.DropReason {
		ns.Inc(step.Icmp6InErrors)
		ns.Why(w, uint64(b.Len()))
		return why
	}
	if !b.MayPull(wire.IPv6Len) {
		return bad(step.DropPktTooSmall, step.WhyICMP6Quote)
	}
	q := wire.IPv6(b.Data())
	next, inner := q.NextHeader(), wire.IPv6Len
	if next.IsExtension() {
		b.MayPull(b.Len())
		q = wire.IPv6(b.Data())
		p, off, _, ok := wire.SkipExtensions(q[wire.IPv6Len:], next)
		if !ok {
			return bad(step.DropIPV6BadExthdr, step.WhyICMP6Quote)
		}
		next, inner = p, off+wire.IPv6Len
	}
	if !b.MayPull(inner + 8) {
		return bad(step.DropPktTooSmall, step.WhyICMP6Quote)
	}
	if next == wire.ProtoRaw {
		return bad(step.DropNotSpecified, step.WhyICMP6Quote)
	}
	if ns.Listening() {
		dst := q.Dst()
		ns.Why(step.WhyICMP6Notify, uint64(typ)<<8|uint64(code), uint64(next), dst.Hi, dst.Lo)
	}
	b.CB.NHOff = inner
	if h := ns.Proto6(uint8(next)); h != nil {
		h.Err(ns, b, info)
	}
	if ip.raw != nil {
		ip.raw.ICMPError(ns, b, uint8(next), typ, code, inner, info)
	}
	return step.DropConsumed
}

// Err is icmpv6_err: an error about an ICMPv6 message of this host.
func (*icmpv6) Err(ns *core.Netns, b *core.SKB, info uint32) bool {
	defer ns.In(step.ICMPv6Err, b).Out()
	ip := Of(ns)
	typ := wire.ICMPv6(b.L4()).Type()
	q := wire.IPv6(b.Data())
	switch typ {
	case wire.ICMPv6PacketTooBig:
		fl := Flow6{Daddr: q.Dst(), Saddr: q.Src(), OIF: b.Dev.Index, FlowLabel: q.FlowLabel(), On: b}
		ip.UpdatePMTU(&fl, int(info))
	case wire.ICMPv6Redirect:
		ip.Redirect(b, &Flow6{Daddr: q.Dst(), Saddr: q.Src(), OIF: b.Dev.Index, On: b})
	}
	if typ.IsError() && ip.ping != nil && wire.ICMPv6Type(b.Data()[b.CB.NHOff]) == wire.ICMPv6Echo {
		ip.ping.Err(ns, b, info)
	}
	return true
}

// ErrConvert is icmpv6_err_convert: the errno of an ICMPv6 error, and whether
// it ends a connection.
func ErrConvert(typ, code uint8) (e core.Errno, fatal bool) {
	switch wire.ICMPv6Type(typ) {
	case wire.ICMPv6DestUnreach:
		if code > wire.ICMPv6RejectRoute {
			return step.EPROTO, true
		}
		return unreachErr[code].e, unreachErr[code].fatal
	case wire.ICMPv6PacketTooBig:
		return step.EMSGSIZE, false
	case wire.ICMPv6ParamProblem:
		return step.EPROTO, true
	case wire.ICMPv6TimeExceeded:
		return step.EHOSTUNREACH, false
	}
	return step.EPROTO, false
}

var unreachErr = [...]struct {
	e     core.Errno
	fatal bool
}{{step.ENETUNREACH, false}, {step.EACCES, true}, {step.EHOSTUNREACH, false}, {step.EHOSTUNREACH, false},
	{step.ECONNREFUSED, true}, {step.EACCES, true}, {step.EACCES, true}}
