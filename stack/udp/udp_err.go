package udp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An icmpErr is struct icmp_err: what an ICMP destination unreachable means to
// a program, and whether it lasts.
type icmpErr struct {
	errno core.Errno
	fatal bool
}

// errConvert is icmp_err_convert, by the code of an ICMP destination
// unreachable (RFC 792, RFC 1122 §3.2.2.1).
var errConvert = [...]icmpErr{
	{step.ENETUNREACH, false},  // 0 network
	{step.EHOSTUNREACH, false}, // 1 host
	{step.ENOPROTOOPT, true},   // 2 protocol
	{step.ECONNREFUSED, true},  // 3 port
	{step.EMSGSIZE, false},     // 4 fragmentation needed
	{step.EOPNOTSUPP, false},   // 5 source route failed
	{step.ENETUNREACH, true},   // 6 network unknown
	{step.EHOSTDOWN, true},     // 7 host unknown
	{step.ENONET, true},        // 8 host isolated
	{step.ENETUNREACH, true},   // 9 network prohibited
	{step.EHOSTUNREACH, true},  // 10 host prohibited
	{step.ENETUNREACH, false},  // 11 network, for this TOS
	{step.EHOSTUNREACH, false}, // 12 host, for this TOS
	{step.EHOSTUNREACH, true},  // 13 filtered
	{step.EHOSTUNREACH, true},  // 14 precedence violation
	{step.EHOSTUNREACH, true},  // 15 precedence cutoff
}

// convert is the switch of __udp4_lib_err: the errno and whether it is hard.
// pmtudisc is the socket's. Zero: nobody is told.
func convert(typ, code uint8, pmtudisc uint8) (core.Errno, bool) {
	switch wire.ICMPType(typ) {
	case wire.ICMPSourceQuench, wire.ICMPRedirect:
		return 0, false
	case wire.ICMPParamProblem:
		return step.EPROTO, true
	case wire.ICMPDestUnreach:
		if code == 4 {
			if pmtudisc == core.PMTUDiscDont {
				return 0, false
			}
			return step.EMSGSIZE, true
		}
		if int(code) < len(errConvert) {
			return errConvert[code].errno, errConvert[code].fatal
		}
	}
	return step.EHOSTUNREACH, false
}

// Err is udp_err: an ICMP error about a datagram of ours came. The data
// pointer stands at the quoted IP header, b.Transport at the ICMP header.
func (u *UDP) Err(ns *core.Netns, b *core.SKB, info uint32) bool {
	defer ns.In(step.UdpErr, b).Out()
	q := wire.IPv4(b.Data())
	if !q.Valid() || len(q) < q.IHL()+wire.UDPLen || b.Transport < 0 || len(b.L4()) < wire.ICMPLen {
		return false
	}
	return u.lib4Err(ns, b, info)
}

// lib4Err is __udp4_lib_err. RFC 1122 §4.1.3.3: errors must be passed up; the
// program hears of one as the failure of its next call. Unconnected sockets
// hear of none unless they set IP_RECVERR.
func (u *UDP) lib4Err(ns *core.Netns, b *core.SKB, info uint32) bool {
	defer ns.In(step.Udp4LibErr, b).Out()
	q, icmp := wire.IPv4(b.Data()), wire.ICMP(b.L4())
	uh := wire.UDP(q[q.IHL():])
	f := flow{q.Dst().Addr(), q.Src().Addr(), uh.DstPort(), uh.SrcPort(), ifindex(b)}
	sk := u.lib4Lookup(b, &f)
	if sk == nil {
		ns.Why(step.WhyUDPErrNoSocket, uint64(f.dport), f.saddr.Hi, f.saddr.Lo, uint64(f.sport))
		ns.Inc(step.IcmpInErrors)
		return false
	}
	typ, code := uint8(icmp.Type()), icmp.Code()
	switch {
	case typ == uint8(wire.ICMPDestUnreach) && code == 4:
		ns.Why(step.WhyUDPErrPMTU, uint64(info))
		u.ip4().UpdatePMTUSock(&sk.Sock, q, int(info))
	case typ == uint8(wire.ICMPRedirect):
		u.ip4().RedirectSock(b, &sk.Sock)
		return true
	}
	e, hard := convert(typ, code, sk.PMTUDisc)
	if e == 0 {
		ns.Why(step.WhyUDPErrIgnored, uint64(typ)<<8|uint64(code))
		return true
	}
	sk.report(b, e, hard, core.ExtErr{Errno: e, Origin: core.ErrOriginICMP, Typ: typ, Code: code, Info: info, Port: f.sport}, q.IHL()+wire.UDPLen)
	return true
}

// report is the end of both families' lib_err: queue the error if the program
// asked for it, and set it for the next call.
func (sk *Sock) report(b *core.SKB, e core.Errno, hard bool, ext core.ExtErr, payload int) {
	ns, tc := sk.NS, uint64(ext.Typ)<<8|uint64(ext.Code)
	if !sk.RecvErr {
		if !hard || sk.State != core.TCPEstablished {
			ns.Why(step.WhyUDPErrSoft, tc, uint64(e))
			return
		}
		ns.Why(step.WhyUDPErrSet, tc, uint64(e))
	} else {
		ns.Why(step.WhyUDPErrQueued, tc, uint64(e))
		sk.ICMPError(ns, b, ext, payload)
	}
	sk.Sock.Err = e
	sk.ErrorReport(ns)
}
