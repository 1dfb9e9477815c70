package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv4"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

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
	iif := inIIF(b)
	fillCB(b, h)
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
// control block. What IP knows of its options stays: a RST carries them back.
func fillCB(b *core.SKB, h wire.TCP) {
	f, ip := h.Flags(), &b.CB
	b.CB = core.CB{Seq: h.Seq(), AckSeq: h.Ack(), TCPFlags: uint16(f), OptLen: ip.OptLen, SRR: ip.SRR, RR: ip.RR, TSOpt: ip.TSOpt, RA: ip.RA, IPFlags: ip.IPFlags}
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
			t.sendReset(af, nsk, nil, b, rstReason(why))
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
		t.sendReset(af, nil, w, b, resetTimewaitSocket)
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
	t.sendReset(af, nil, nil, b, rstReason(step.DropNoSocket))
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
		sk.T.sendReset(af, to, nil, b, rstReason(why))
		ns.Drop(b, why, at)
	}
}

// inIIF is inet_iif and tcp_v6_iif: the device by which a segment counts as received.
// What this host sends to an address of its own comes in by the device that has the
// address, though it went through lo.
func inIIF(b *core.SKB) int {
	switch {
	case b.Protocol != uint16(wire.EtherTypeIPv6):
		return ipv4.InIIF(b)
	case b.CB.IIF != 0:
		return b.CB.IIF
	case b.Dev != nil:
		return b.Dev.Index
	}
	return b.IIF
}
