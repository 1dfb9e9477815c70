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
func (ipv4Specific) gsoType() uint16   { return core.GSOTCPv4 }
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
		Proto: uint8(wire.ProtoTCP), Sport: sk.inetSport(), Dport: sk.Dport}
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
	fl := ipv4.Flow4{Saddr: k.Laddr.IP4(), Daddr: k.Faddr.IP4(), OIF: r.iif, Mark: r.mark, TOS: l.TOS, Proto: uint8(wire.ProtoTCP), Sport: k.Lport, Dport: k.Fport}
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

func (a ipv4Specific) reply(t *TCP, in *core.SKB, s, d wire.Addr, seg []byte, tos uint8, mark uint32, oif int) {
	a.ip.SendUnicastReply(in, s.IP4(), d.IP4(), seg, uint8(wire.ProtoTCP), tos, mark, oif)
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

// rcv is tcp_v4_rcv (and tcp_v6_rcv): a segment comes in. The data pointer
// stands at the TCP header.
func (t *TCP) rcv(af afOps, b *core.SKB) {
	ns := t.NS
	at := af.stepRcv()
	defer ns.In(at, b).Out()
	if b.PktType != core.PacketHost {
		ns.Why(step.WhyNotForHost)
		ns.Drop(b, step.DropNotSpecified, at)
		return
	}
	ns.Inc(step.TcpInSegs)
	if !b.MayPull(wire.TCPMinLen) {
		ns.Drop(b, step.DropNotSpecified, at) // (no counter: seen on 6.18)
		return
	}
	h := wire.TCP(b.Data())
	if h.DataOff() < wire.TCPMinLen {
		ns.Why(step.WhyDoff, uint64(h.DataOff()), uint64(b.Len()))
		t.badPacket(b, step.DropPktTooSmall, at)
		return
	}
	if !b.MayPull(h.DataOff()) {
		ns.Why(step.WhyDoff, uint64(h.DataOff()), uint64(b.Len()))
		ns.Drop(b, step.DropNotSpecified, at)
		return
	}
	h = wire.TCP(b.Data())
	s, d, tos := af.addrs(b)
	// A short segment is checked at once, a long one when it is copied or
	// a socket is found (CHECKSUM_BREAK).
	if b.Len() <= 76 && !t.checksumOK(af, b, s, d) {
		t.csumError(af, b, at)
		return
	}
	b.Transport = b.Offset()
	fillCB(b, h)
	iif := 0
	if b.Dev != nil {
		iif = b.Dev.Index
	}
	k := inet.Tuple{Laddr: d, Faddr: s, Lport: h.DstPort(), Fport: h.SrcPort()}
	var owner any
	if sk := asSock(b.SK); sk != nil {
		b.SK = nil
		owner = sk
	} else {
		owner = t.lookup(&k, iif)
	}
	if ns.Listening() {
		t.whyOwner(owner, &k)
	}
	switch o := owner.(type) {
	case *Sock:
		t.rcvSock(af, o, b, at)
	case *Request:
		t.rcvReq(af, o, b, s, d, at)
	case *TimeWait:
		t.rcvTimeWait(af, o, b, &k, iif, at)
	default:
		if t.Follow {
			if sk := t.followAdoptSKB(b); sk != nil {
				t.rcvSock(af, sk, b, at)
				return
			}
		}
		t.noSocket(af, b, s, d, tos, at)
	}
}

// whyOwner says whose the segment is.
func (t *TCP) whyOwner(owner any, k *inet.Tuple) {
	f := k.Faddr
	switch o := owner.(type) {
	case *Sock:
		if o.State == core.TCPListen {
			t.NS.Why(step.WhyListener, f.Hi, f.Lo, uint64(k.Fport), uint64(k.Lport))
			return
		}
		t.NS.Why(step.WhyConn, f.Hi, f.Lo, uint64(k.Fport), uint64(o.State))
	case *Request:
		t.NS.Why(step.WhyHalfOpen, f.Hi, f.Lo, uint64(k.Fport))
	case *TimeWait:
		t.NS.Why(step.WhyLate, f.Hi, f.Lo, uint64(k.Fport))
	}
}

// fillCB is tcp_v4_fill_cb: the numbers of the segment, in the packet's
// control block.
func fillCB(b *core.SKB, h wire.TCP) {
	f := h.Flags()
	b.CB = core.CB{Seq: h.Seq(), AckSeq: h.Ack(), TCPFlags: uint16(f)}
	n := b.Len() - h.DataOff()
	if f.Has(wire.TCPSyn) {
		n++
	}
	if f.Has(wire.TCPFin) {
		n++
	}
	b.CB.EndSeq = b.CB.Seq + uint32(n)
}

// lookup is __inet_lookup: a connection first, then who listens.
func (t *TCP) lookup(k *inet.Tuple, iif int) any {
	ns := t.NS
	if o := t.Hash.Lookup(k, iif); o != nil {
		return o
	}
	best := -1
	var sk *core.Sock
	for _, l := range t.Hash.Listeners(k.Lport) {
		s := inet.Score(l, k.Laddr, iif)
		if s > best {
			best, sk = s, l
		} else if ns.Listening() {
			ns.Tried(step.TryListener, l.RcvSaddr.Hi, l.RcvSaddr.Lo, uint64(l.Sport), uint64(l.BoundDev), k.Laddr.Hi, k.Laddr.Lo)
		}
	}
	if sk == nil {
		return nil
	}
	return asSock(sk)
}

// rcvSock gives the segment to a full socket.
func (t *TCP) rcvSock(af afOps, sk *Sock, b *core.SKB, at step.Step) {
	if why := t.inboundHash(b); why != step.NotDropped {
		sk.Drops++
		t.NS.Drop(b, why, at)
		return
	}
	if sk.State != core.TCPListen {
		sk.segsIn(b)
	}
	if sk.State == core.TCPListen || !sk.OwnedByUser {
		sk.doRcv(b)
		return
	}
	sk.addBacklog(af, b, at)
}

// rcvReq is its part for a half-open connection.
func (t *TCP) rcvReq(af afOps, r *Request, b *core.SKB, s, d wire.Addr, at step.Step) {
	ns := t.NS
	l := r.l
	if why := t.inboundHash(b); why != step.NotDropped {
		l.Drops++
		ns.Drop(b, why, at)
		return
	}
	if !t.checksumOK(af, b, s, d) {
		t.csumError(af, b, at)
		return
	}
	if l.State != core.TCPListen {
		r.drop()
		owner := t.lookup(&r.node.Key, 0)
		if sk, ok := owner.(*Sock); ok {
			t.rcvSock(af, sk, b, at)
			return
		}
		t.noSocket(af, b, s, d, 0, at)
		return
	}
	nsk, reason := l.checkReq(b, r, false)
	switch {
	case nsk == nil:
		if reason == step.NotDropped {
			reason = step.DropNotSpecified
		}
		ns.Drop(b, reason, at)
	case nsk == l:
		l.doRcv(b)
	default:
		if why := nsk.childProcess(b); why != 0 {
			t.sendReset(af, nsk, b, rstReason(why))
			ns.Drop(b, why, at)
		}
	}
}

// rcvTimeWait is do_time_wait.
func (t *TCP) rcvTimeWait(af afOps, w *TimeWait, b *core.SKB, k *inet.Tuple, iif int, at step.Step) {
	ns := t.NS
	s, d, _ := af.addrs(b)
	if !t.checksumOK(af, b, s, d) {
		t.csumError(af, b, at)
		return
	}
	what, isn, why := w.process(b)
	switch what {
	case twSYN:
		// The listener takes the SYN, if there is one.
		if l, ok := t.listener(k, iif).(*Sock); ok {
			w.kill()
			l.rcvSynTW(b, isn)
			return
		}
		w.sendAck(b)
	case twACK:
		w.sendAck(b)
	case twRST:
		t.sendReset(af, nil, b, resetTimewaitSocket)
		w.kill()
	}
	ns.Drop(b, why, at)
}

// rcvSynTW is a SYN that ended a TIME_WAIT, at the listener.
func (l *Sock) rcvSynTW(b *core.SKB, isn uint32) {
	defer l.NS.In(step.TcpRcvStateProcess, b).Out()
	ns := l.NS
	if headerFlags(b).Has(wire.TCPFin) {
		ns.Why(step.WhySynFin)
		ns.Drop(b, step.DropTCPFlags, step.TcpRcvStateProcess)
		return
	}
	l.connRequest(b, isn)
	ns.Consume(b, step.TcpRcvStateProcess)
}

func headerFlags(b *core.SKB) wire.TCPFlags { return header(b).Flags() }

// noSocket: nobody has this connection and nobody listens (RFC 9293 §3.10.7.1).
func (t *TCP) noSocket(af afOps, b *core.SKB, s, d wire.Addr, tos uint8, at step.Step) {
	ns := t.NS
	if !t.checksumOK(af, b, s, d) {
		t.csumError(af, b, at)
		return
	}
	ns.Why(step.WhyNoSocket, uint64(wire.TCP(b.Data()).DstPort()))
	t.sendReset(af, nil, b, rstReason(step.DropNoSocket))
	ns.Drop(b, step.DropNoSocket, at)
}

func (t *TCP) badPacket(b *core.SKB, why core.DropReason, at step.Step) {
	t.NS.Inc(step.TcpInErrs)
	t.NS.Drop(b, why, at)
}

func (t *TCP) csumError(af afOps, b *core.SKB, at step.Step) {
	ns := t.NS
	s, d, _ := af.addrs(b)
	ns.TP(step.TcpBadCsum, b, uint64(b.ID), s.Hi, s.Lo, d.Hi, d.Lo)
	ns.Inc(step.TcpInCsumErrors)
	ns.Why(step.WhyCsum)
	t.badPacket(b, step.DropTCPCSUM, at)
}

// checksumOK is tcp_checksum_complete: is the sum over pseudo header and
// segment right? It is not asked again of what somebody has checked.
func (t *TCP) checksumOK(af afOps, b *core.SKB, s, d wire.Addr) bool {
	if b.IPSummed == core.ChecksumUnnecessary || b.IPSummed == core.ChecksumPartial || b.CsumValid || b.Truncated {
		return true
	}
	n := b.Len()
	if wire.Fold(b.Checksum(0, n, af.pseudo(s, d, n))) != 0 {
		return false
	}
	b.IPSummed = core.ChecksumUnnecessary
	return true
}

// doRcv is tcp_v4_do_rcv (and tcp_v6_do_rcv).
func (sk *Sock) doRcv(b *core.SKB) {
	ns := sk.NS
	at := sk.af.stepDoRcv()
	defer ns.In(at, b).Out()
	if b.IPSummed != core.ChecksumUnnecessary {
		af := sk.T.v4
		if b.Protocol == etherIPv6 {
			af = sk.T.v6
		}
		s, d, _ := af.addrs(b)
		if !sk.T.checksumOK(af, b, s, d) {
			if sk.State == core.TCPEstablished {
				at = step.TcpRcvEstablished
			}
			sk.T.csumError(af, b, at)
			return
		}
	}
	ns.Why(step.WhyDoRcv, uint64(sk.State), uint64(b2i(sk.State == core.TCPEstablished)))
	if sk.State == core.TCPEstablished {
		sk.rcvEstablished(b)
		return
	}
	af := sk.af
	if b.Protocol == etherIPv4 {
		af = sk.T.v4
	}
	to := sk
	var why core.DropReason
	if sk.State == core.TCPListen {
		if to = sk.cookieSock(b); to == nil {
			return
		}
	}
	if to != sk {
		why = to.childProcess(b)
	} else {
		why = sk.rcvStateProcess(b)
	}
	if why != 0 {
		sk.T.sendReset(af, to, b, rstReason(why))
		ns.Drop(b, why, at)
	}
}

// Reasons of tcp:tcp_send_reset beyond the drop reasons (enum sk_rst_reason).
const (
	resetTimewaitSocket uint64 = 9 + iota
	resetInvalidSyn
	resetAbortOnClose
	resetAbortOnLinger
	resetAbortOnMemory
	resetState
	resetKeepaliveTimeout
	resetDisconnectWithData
)

// rstReason is sk_rst_convert_drop_reason: the number in enum sk_rst_reason.
func rstReason(r core.DropReason) uint64 {
	switch r {
	case step.DropNoSocket:
		return 1
	case step.DropTCPInvalidACKSequence:
		return 2
	case step.DropTCPRfc7323PAWS:
		return 3
	case step.DropTCPTooOldACK:
		return 4
	case step.DropTCPACKUnsentData:
		return 5
	case step.DropTCPFlags:
		return 6
	case step.DropTCPOldACK:
		return 7
	case step.DropTCPAbortOnData:
		return 8
	}
	return 0 // SK_RST_REASON_NOT_SPECIFIED
}

// sendReset is tcp_v4_send_reset (and v6): answer b with a RST. With an ACK in
// it the RST takes its number, else it acknowledges all of it (RFC 9293
// §3.10.7.1). reason is one of enum sk_rst_reason.
func (t *TCP) sendReset(af afOps, sk *Sock, b *core.SKB, reason uint64) {
	defer t.NS.In(af.stepSendReset(), b).Out()
	ns := t.NS
	h := header(b)
	f := h.Flags()
	if f.Has(wire.TCPRst) {
		ns.Why(step.WhyResetNever)
		return // never a RST for a RST
	}
	s, d, tos := af.addrs(b)
	if md5, ok := parseAuth(h.Options()); !ok || md5 && sk == nil {
		return // nobody could check the RST
	}
	if sk == nil && b.Dst != nil && b.Dst.Type != 0 && b.Dst.Type != rtnLocal {
		return
	}
	var seg [wire.TCPMinLen]byte
	r := wire.TCP(seg[:])
	r.SetSrcPort(h.DstPort())
	r.SetDstPort(h.SrcPort())
	r.SetDataOff(wire.TCPMinLen)
	if f.Has(wire.TCPAck) {
		r.SetSeq(h.Ack())
		r.SetFlags(wire.TCPRst)
	} else {
		n := uint32(b2i(f.Has(wire.TCPSyn)) + b2i(f.Has(wire.TCPFin)))
		n += uint32(b.Offset() + b.Len() - b.Transport - h.DataOff())
		r.SetAck(h.Seq() + n)
		r.SetFlags(wire.TCPRst | wire.TCPAck)
	}
	ns.Why(step.WhyResetSent)
	oif, mark, id, state := 0, uint32(0), uint64(0), uint64(0)
	if sk != nil {
		oif, mark, id, state = int(sk.BoundDev), sk.Mark, uint64(sk.ID), uint64(sk.State)
	}
	ns.TP(step.TcpSendReset, b, uint64(b.ID), id, state, reason, d.Hi, d.Lo, uint64(h.DstPort()), s.Hi, s.Lo, uint64(h.SrcPort()))
	if t.Follow && ns.Follow == nil {
		t.expect(ExpectReset, uint16(r.Flags()), r.Seq(), r.Ack())
		return
	}
	ns.Inc(step.TcpOutSegs)
	ns.Inc(step.TcpOutRsts)
	r.ComputeChecksum(af.pseudo(d, s, len(seg)))
	af.reply(t, b, d, s, seg[:], tos&^3, mark, oif)
}

const rtnLocal = 2

// sendAckFor is tcp_v4_send_ack (and v6): an ACK for who has no full socket.
func (t *TCP) sendAckFor(af afOps, b *core.SKB, seq, ack, win uint32, ts bool, tsval, tsecr uint32, oif int, tos uint8) {
	defer t.NS.In(af.stepSendAck(), b).Out()
	ns := t.NS
	if t.Follow && ns.Follow == nil {
		t.expect(ExpectAck, fAck, seq, ack)
		return
	}
	var seg [wire.TCPMinLen + 12]byte
	n := wire.TCPMinLen
	h := header(b)
	if ts {
		wire.PutNOPs(seg[n:], 2)
		wire.PutTS(seg[n+2:], tsval, tsecr)
		n += 12
	}
	r := wire.TCP(seg[:n])
	r.SetSrcPort(h.DstPort())
	r.SetDstPort(h.SrcPort())
	r.SetDataOff(n)
	r.SetSeq(seq)
	r.SetAck(ack)
	r.SetFlags(wire.TCPAck)
	r.SetWindow(uint16(win))
	s, d, _ := af.addrs(b)
	r.ComputeChecksum(af.pseudo(d, s, n))
	ns.Inc(step.TcpOutSegs)
	af.reply(t, b, d, s, seg[:n], tos, 0, oif)
}
