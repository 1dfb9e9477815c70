package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// ipv4Specific is ipv4_specific and tcp_request_sock_ipv4_ops.
type ipv4Specific struct{ ip *ipv4.IPv4 }

func (ipv4Specific) etherType() uint16 { return etherIPv4 }
func (ipv4Specific) hdrLen() int       { return wire.IPv4MinLen }
func (ipv4Specific) gsoType() uint32   { return core.GSOTCPv4 }
func (ipv4Specific) pseudo(s, d wire.Addr, n int) uint32 {
	return wire.PseudoHeader4(s.IP4(), d.IP4(), wire.ProtoTCP, n)
}
func (a ipv4Specific) mtu(d *core.Dst) int    { return a.ip.MTU(d) }
func (a ipv4Specific) advMSS(d *core.Dst) int { return a.ip.AdvMSS(d) }
func (a ipv4Specific) dstOK(d *core.Dst) bool { return a.ip.DstCheck(d) }

func (ipv4Specific) addrs(b *core.SKB) (s, d wire.Addr, tos uint8) {
	h := b.IP4()
	return h.Src().Addr(), h.Dst().Addr(), h.TOS()
}

// flow4 is struct flowi4 of a connection.
func flow4(sk *Sock) ipv4.Flow4 {
	return ipv4.Flow4{Saddr: sk.Saddr.IP4(), Daddr: sk.Daddr.IP4(), OIF: int(sk.BoundDev), Mark: sk.Mark, TOS: sk.TOS,
		Proto: uint8(wire.ProtoTCP), Sport: sk.inetSport(), Dport: sk.Dport, Flags: anySrc(sk.Transparent)}
}

// anySrc is inet_sk_flowi_flags: who is transparent (IP_TRANSPARENT) speaks by
// addresses that are not this host's. IPv6 does not ask whose a source is.
func anySrc(transparent bool) uint8 {
	if transparent {
		return ipv4.FlowAnySrc
	}
	return 0
}

func (a ipv4Specific) route(sk *Sock) (*core.Dst, core.Errno) {
	fl := flow4(sk)
	if sk.Saddr.IP4() == 0 {
		// ip_route_connect: the first lookup is only for the source address.
		if _, e := a.ip.RouteOutput(&fl); e != 0 {
			return nil, e
		}
		sk.Saddr = fl.Saddr.Addr()
		fl.OIF = int(sk.BoundDev)
	}
	return a.ip.RouteOutput(&fl)
}

func (a ipv4Specific) routeReq(l *Sock, r *Request) *core.Dst {
	defer l.NS.In(step.InetCskRouteReq, r).Out()
	ns := l.NS
	k := &r.node.Key
	fl := ipv4.Flow4{Saddr: k.Laddr.IP4(), Daddr: k.Faddr.IP4(), OIF: r.iif, Mark: r.mark, TOS: l.TOS, Proto: uint8(wire.ProtoTCP), Sport: k.Lport, Dport: k.Fport,
		Flags: anySrc(l.Transparent)}
	d, e := a.ip.RouteOutput(&fl)
	if e != 0 {
		ns.Inc(step.IpOutNoRoutes)
		return nil
	}
	return d
}

func (a ipv4Specific) queueXmit(sk *Sock, b *core.SKB) core.Errno {
	return a.ip.QueueXmit(&sk.Sock, b, sk.TOS)
}

func (a ipv4Specific) sendSynack(l *Sock, r *Request, d *core.Dst, b *core.SKB) core.Errno {
	ttl := uint8(0)
	if l.TTL > 0 {
		ttl = uint8(l.TTL)
	}
	return a.ip.BuildAndSend(&l.Sock, b, d, r.node.Key.Laddr.IP4(), r.node.Key.Faddr.IP4(), r.tos, ttl)
}

func (a ipv4Specific) reply(t *TCP, in *core.SKB, s, d wire.Addr, seg []byte, tos uint8, mark uint32, oif int, transparent bool) {
	a.ip.SendUnicastReply(in, s.IP4(), d.IP4(), seg, uint8(wire.ProtoTCP), tos, mark, oif, anySrc(transparent))
}

func (a ipv4Specific) sendCaptured(sk *core.Sock, d *core.Dst, b *core.SKB) core.Errno {
	b.Dst = d
	return a.ip.QueueXmit(sk, b, sk.TOS)
}

func (a ipv4Specific) updatePMTU(sk *Sock, mtu int) {
	fl := flow4(sk)
	fl.Sport, fl.Dport = 0, 0 // build_sk_flow_key
	if d := sk.DstCache; d != nil && a.ip.DstCheck(d) {
		fl.IIF = 1 // LOOPBACK_IFINDEX
		a.ip.UpdatePMTUDst(d, &fl, mtu)
		return
	}
	a.ip.UpdatePMTU(&fl, mtu)
}

func (ipv4Specific) stepRcv() step.Step         { return step.TcpV4Rcv }
func (ipv4Specific) stepDoRcv() step.Step       { return step.TcpV4DoRcv }
func (ipv4Specific) stepSendReset() step.Step   { return step.TcpV4SendReset }
func (ipv4Specific) stepSendAck() step.Step     { return step.TcpV4SendAck }
func (ipv4Specific) stepSendSynack() step.Step  { return step.TcpV4SendSynack }
func (ipv4Specific) stepSynRecvSock() step.Step { return step.TcpV4SynRecvSock }
func (ipv4Specific) stepMtuReduced() step.Step  { return step.TcpV4MtuReduced }
func (ipv4Specific) stepErr() step.Step         { return step.TcpV4Err }

// New makes TCP in a namespace and registers protocol 6 with IPv4 and IPv6.
// Call it after ipv4.New and ipv6.New.
func New(ns *core.Netns) *TCP {
	t := &TCP{NS: ns, Hash: inet.NewHashinfo()}
	if ip, ok := ns.IPv4.(*ipv4.IPv4); ok {
		t.v4 = ipv4Specific{ip}
	}
	t.v6 = v6Ops(ns)
	h := &protocol{t: t}
	ns.AddProto(uint8(wire.ProtoTCP), h)
	ns.AddProto6(uint8(wire.ProtoTCP), &protocol{t: t, v6: true})
	return t
}

// Of returns TCP of a namespace, or nil.
func Of(ns *core.Netns) *TCP {
	if h, ok := ns.Proto(uint8(wire.ProtoTCP)).(*protocol); ok {
		return h.t
	}
	return nil
}

// protocol is tcp_protocol or tcpv6_protocol (struct net_protocol).
type protocol struct {
	t  *TCP
	v6 bool
}

func (p *protocol) af() afOps {
	if p.v6 {
		return p.t.v6
	}
	return p.t.v4
}

// Rcv is tcp_v4_rcv or tcp_v6_rcv.
func (p *protocol) Rcv(ns *core.Netns, b *core.SKB) int { p.t.rcv(p.af(), b); return 0 }

// Err is tcp_v4_err or tcp_v6_err.
func (p *protocol) Err(ns *core.Netns, b *core.SKB, info uint32) bool {
	if p.v6 {
		return p.t.err6(p.t.v6, b, info)
	}
	return p.t.err4(p.t.v4, b, info)
}

// EarlyDemux finds the connection, and with it the route, before routing.
func (p *protocol) EarlyDemux(ns *core.Netns, b *core.SKB) {
	if b.Protocol == etherIPv6 {
		p.earlyDemux6(ns, b)
	} else {
		p.earlyDemux4(ns, b)
	}
}

// earlyDemux4 is tcp_v4_early_demux.
func (p *protocol) earlyDemux4(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.TcpV4EarlyDemux, b).Out()
	p.demux(ns, b)
}

// earlyDemux6 is tcp_v6_early_demux.
func (p *protocol) earlyDemux6(ns *core.Netns, b *core.SKB) {
	defer ns.In(step.TcpV6EarlyDemux, b).Out()
	p.demux(ns, b)
}

// demux looks for an established connection: it knows the route, so that none
// needs to be looked up.
func (p *protocol) demux(ns *core.Netns, b *core.SKB) {
	if b.PktType != core.PacketHost || !b.MayPull(b.TransportOffset()+wire.TCPMinLen) {
		return
	}
	h := wire.TCP(b.L4())
	if h.DataOff() < wire.TCPMinLen {
		return
	}
	s, d, _ := p.af().addrs(b)
	k := inet.Tuple{Laddr: d, Faddr: s, Lport: h.DstPort(), Fport: h.SrcPort()}
	iif := 0
	if b.Dev != nil {
		iif = b.Dev.Index
	}
	sk, ok := p.t.Hash.Lookup(&k, iif).(*Sock)
	if !ok {
		ns.Why(step.WhyEarlyNone)
		return
	}
	ns.Why(step.WhyEarlyFound, uint64(sk.State))
	b.SK = &sk.Sock
	if r := sk.RxDst; r != nil && !r.Obsolete && (r.IIF == 0 || r.IIF == iif) {
		b.Dst = r
	}
}
