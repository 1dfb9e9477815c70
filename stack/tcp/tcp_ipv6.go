package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// ipv6Specific is ipv6_specific and tcp_request_sock_ipv6_ops.
type ipv6Specific struct{ ip *ipv6.IPv6 }

// v6Ops returns IPv6's part, or nil without IPv6.
func v6Ops(ns *core.Netns) afOps {
	if ip, ok := ns.IPv6.(*ipv6.IPv6); ok && ip != nil {
		return ipv6Specific{ip}
	}
	return nil
}

func (ipv6Specific) etherType() uint16 { return etherIPv6 }
func (ipv6Specific) hdrLen() int       { return wire.IPv6Len }
func (ipv6Specific) gsoType() uint32   { return core.GSOTCPv6 }
func (ipv6Specific) pseudo(s, d wire.Addr, n int) uint32 {
	return wire.PseudoHeader6(s, d, wire.ProtoTCP, n)
}
func (a ipv6Specific) mtu(d *core.Dst) int    { return a.ip.MTU(d) }
func (a ipv6Specific) advMSS(d *core.Dst) int { return a.ip.AdvMSS(d) }
func (a ipv6Specific) dstOK(d *core.Dst) bool { return a.ip.DstCheck(d) }

func (ipv6Specific) addrs(b *core.SKB) (s, d wire.Addr, tos uint8) {
	h := b.IP6()
	return h.Src(), h.Dst(), h.TrafficClass()
}

func flow6(sk *Sock) ipv6.Flow6 {
	return ipv6.Flow6{Saddr: sk.Saddr, Daddr: sk.Daddr, OIF: int(sk.BoundDev), Mark: sk.Mark, FlowLabel: sk.FlowLabel, TOS: sk.TOS,
		Proto: uint8(wire.ProtoTCP), Sport: sk.inetSport(), Dport: sk.Dport}
}

func (a ipv6Specific) route(sk *Sock) (*core.Dst, core.Errno) {
	fl := flow6(sk)
	d, e := a.ip.RouteOutput(&fl)
	if e == 0 && sk.Saddr.IsZero() {
		sk.Saddr = fl.Saddr
	}
	return d, e
}

func (a ipv6Specific) routeReq(l *Sock, r *Request) *core.Dst {
	defer l.NS.In(step.Inet6CskRouteReq, r).Out()
	fl := r.flow6(l)
	d, e := a.ip.RouteOutput(&fl)
	if e != 0 {
		return nil
	}
	return d
}

func (r *Request) flow6(l *Sock) ipv6.Flow6 {
	k := &r.node.Key
	return ipv6.Flow6{Saddr: k.Laddr, Daddr: k.Faddr, OIF: r.iif, Mark: r.mark, TOS: l.TOS, Proto: uint8(wire.ProtoTCP), Sport: k.Lport, Dport: k.Fport}
}

func (a ipv6Specific) queueXmit(sk *Sock, b *core.SKB) core.Errno {
	return a.ip.CskXmit(&sk.Sock, b)
}

func (a ipv6Specific) sendSynack(l *Sock, r *Request, d *core.Dst, b *core.SKB) core.Errno {
	fl := r.flow6(l)
	b.Dst = d
	return a.ip.Xmit(&l.Sock, b, &fl, r.tos)
}

func (a ipv6Specific) reply(t *TCP, in *core.SKB, s, d wire.Addr, seg []byte, tos uint8, mark uint32, oif int, _ bool) {
	defer t.NS.In(step.TcpV6SendResponse, in).Out()
	a.ip.SendUnicastReply(in, s, d, seg, uint8(wire.ProtoTCP), tos, 0, mark, oif)
}

func (a ipv6Specific) sendCaptured(sk *core.Sock, d *core.Dst, b *core.SKB) core.Errno {
	b.Dst = d
	return a.ip.LocalOut(sk, b)
}

func (a ipv6Specific) updatePMTU(sk *Sock, mtu int) {
	fl := flow6(sk)
	a.ip.UpdatePMTU(&fl, mtu)
}

func (ipv6Specific) stepRcv() step.Step         { return step.TcpV6Rcv }
func (ipv6Specific) stepDoRcv() step.Step       { return step.TcpV6DoRcv }
func (ipv6Specific) stepSendReset() step.Step   { return step.TcpV6SendReset }
func (ipv6Specific) stepSendAck() step.Step     { return step.TcpV6SendAck }
func (ipv6Specific) stepSendSynack() step.Step  { return step.TcpV6SendSynack }
func (ipv6Specific) stepSynRecvSock() step.Step { return step.TcpV6SynRecvSock }
func (ipv6Specific) stepMtuReduced() step.Step  { return step.TcpV6MtuReduced }
func (ipv6Specific) stepErr() step.Step         { return step.TcpV6Err }

// err6 is tcp_v6_err. The data pointer stands at the quoted IPv6 header;
// CB.NHOff says how far behind it the TCP header begins.
func (t *TCP) err6(af afOps, b *core.SKB, info uint32) bool {
	defer t.NS.In(af.stepErr(), b).Out()
	ns := t.NS
	off := b.CB.NHOff
	if off < wire.IPv6Len || !b.MayPull(off+8) || b.Transport < 0 || len(b.From(b.Transport)) < 2 {
		return false
	}
	q := wire.IPv6(b.Data())
	m := b.From(b.Transport)
	typ, code := m[0], m[1]
	e, fatal := icmp6Convert(typ, code)
	sk, seq := t.errSock(b, q.Src(), q.Dst(), q[off:], fatal)
	if sk == nil {
		return seq != 0
	}
	if sk.OwnedByUser && typ != 2 {
		ns.Inc(step.TcpExtLockDroppedIcmps)
	}
	if !t.errSequence(sk, seq) {
		return true
	}
	switch typ {
	case 137: // redirect
		if a, ok := af.(ipv6Specific); ok && !sk.OwnedByUser {
			fl := flow6(sk)
			a.ip.Redirect(b, &fl)
			sk.DstCache = nil
		}
		return true
	case 2: // packet too big
		if info >= minMTU6 {
			t.errMTU(sk, int(info))
		}
		return true
	case 1:
		if code == 0 && sk.fastopenRsk() == nil && !sk.stateIn(1<<core.TCPSynSent|1<<core.TCPSynRecv|1<<core.TCPListen) {
			sk.rtoRevert(seq)
		}
	}
	t.errReport(sk, e, b, core.ExtErr{Errno: e, Origin: core.ErrOriginICMP6, Typ: typ, Code: code, Info: info, Port: wire.TCP(q[off:]).DstPort()}, off)
	return true
}

// icmp6Convert is icmpv6_err_convert: what an ICMPv6 error means to a program,
// and whether it will stay so.
func icmp6Convert(typ, code uint8) (e core.Errno, fatal bool) {
	switch typ {
	case 1:
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
	case 2:
		return step.EMSGSIZE, false
	case 3:
		return step.EHOSTUNREACH, false
	case 4:
		return step.EPROTO, true
	}
	return step.EPROTO, false
}
