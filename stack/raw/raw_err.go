package raw

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An icmpErr is struct icmp_err.
type icmpErr struct {
	errno core.Errno
	fatal bool
}

// errConvert is icmp_err_convert, by the code of a destination unreachable.
var errConvert = [...]icmpErr{
	{step.ENETUNREACH, false}, {step.EHOSTUNREACH, false}, {step.ENOPROTOOPT, true}, {step.ECONNREFUSED, true},
	{step.EMSGSIZE, false}, {step.EOPNOTSUPP, false}, {step.ENETUNREACH, true}, {step.EHOSTDOWN, true},
	{step.ENONET, true}, {step.ENETUNREACH, true}, {step.EHOSTUNREACH, true}, {step.ENETUNREACH, false},
	{step.EHOSTUNREACH, false}, {step.EHOSTUNREACH, true}, {step.EHOSTUNREACH, true}, {step.EHOSTUNREACH, true},
}

// convert is the switch of raw_err and ping_err; zero: nobody is told.
func convert(typ, code, pmtudisc uint8) (core.Errno, bool) {
	switch wire.ICMPType(typ) {
	case wire.ICMPSourceQuench, wire.ICMPRedirect:
		return 0, false
	case wire.ICMPParamProblem:
		return step.EPROTO, true
	case wire.ICMPDestUnreach:
		if code == 4 {
			return step.EMSGSIZE, pmtudisc != core.PMTUDiscDont
		}
		if int(code) < len(errConvert) {
			return errConvert[code].errno, errConvert[code].fatal
		}
	}
	return step.EHOSTUNREACH, false
}

// convert6 is icmpv6_err_convert (RFC 4443 §3).
func convert6(typ, code uint8) (core.Errno, bool) {
	switch wire.ICMPv6Type(typ) {
	case wire.ICMPv6DestUnreach:
		switch code {
		case 0:
			return step.ENETUNREACH, false
		case 1, 5, 6:
			return step.EACCES, true
		case 2, 3:
			return step.EHOSTUNREACH, false
		case 4:
			return step.ECONNREFUSED, true
		}
		return step.EPROTO, true
	case wire.ICMPv6PacketTooBig:
		return step.EMSGSIZE, false
	case wire.ICMPv6ParamProblem:
		return step.EPROTO, true
	case wire.ICMPv6TimeExceeded:
		return step.EHOSTUNREACH, false
	}
	return step.EPROTO, false
}

// ICMPError is raw_icmp_error with raw_err: an ICMP error about a packet of
// ours. The data pointer stands at the quoted IP header, b.Transport at the
// ICMP header.
func (h *raw4) ICMPError(ns *core.Netns, b *core.SKB, proto uint8, info uint32) {
	defer ns.In(step.RawIcmpError, b).Out()
	q := wire.IPv4(b.Data())
	if len(h.r.socks) == 0 || !q.Valid() || b.Transport < 0 || len(b.L4()) < wire.ICMPLen {
		return
	}
	typ, code := b.L4()[0], b.L4()[1]
	for _, sk := range h.r.socks {
		if sk.Family != core.AFInet || !sk.match(proto, q.Dst().Addr(), q.Src().Addr(), ifindex(b)) {
			continue
		}
		switch {
		case typ == uint8(wire.ICMPDestUnreach) && code == 4:
			ipv4.Of(ns).UpdatePMTUSock(&sk.Sock, q, int(info))
		case typ == uint8(wire.ICMPRedirect):
			ipv4.Of(ns).RedirectSock(b, &sk.Sock)
			continue
		}
		e, hard := convert(typ, code, sk.PMTUDisc)
		off := q.IHL()
		if sk.HdrIncl {
			off = 0
		}
		report(&sk.Sock, b, e, hard, core.ExtErr{Errno: e, Origin: core.ErrOriginICMP, Typ: typ, Code: code, Info: info}, off)
	}
}

// report is the end of raw_err and rawv6_err: who asked for errors gets the
// whole of it; a connected socket hears of lasting ones.
func report(sk *core.Sock, b *core.SKB, e core.Errno, hard bool, ext core.ExtErr, payload int) {
	ns, tc := sk.NS, uint64(ext.Typ)<<8|uint64(ext.Code)
	switch {
	case e == 0:
		ns.Why(step.WhyUDPErrIgnored, tc)
		return
	case sk.RecvErr:
		ns.Why(step.WhyUDPErrQueued, tc, uint64(e))
		sk.ICMPError(ns, b, ext, payload)
	case !hard || sk.State != core.TCPEstablished:
		ns.Why(step.WhyUDPErrSoft, tc, uint64(e))
		return
	default:
		ns.Why(step.WhyUDPErrSet, tc, uint64(e))
	}
	sk.Err = e
	sk.ErrorReport(ns)
}
