package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// makeSynack is tcp_make_synack: the SYN-ACK of a half-open connection. c is
// the Fast Open cookie that goes with it.
func (l *Sock) makeSynack(r *Request, d *core.Dst, c *foCookie) *core.SKB {
	defer l.NS.In(step.TcpMakeSynack, r).Out()
	ns := l.NS
	b := ns.AllocSKB(maxHeader, 0, 0)
	b.Protocol, b.IPSummed = r.af.etherType(), core.ChecksumPartial
	b.CB.TSO = 1
	l.synackOwner(r, b)
	l.mstampRefresh()
	mss := l.mssUser(r.af.advMSS(d))
	stamp := uint32(l.mstamp / 1000)
	if r.cookie && r.tstampOK {
		stamp = r.cookieTimestamp(stamp)
	} else if r.sntSynack == 0 {
		r.sntSynack = l.mstamp
	}
	var o outOptions
	n := synackOptions(r, mss, stamp, &o, c)
	b.Tstamp = l.now()
	h := wire.TCP(b.Push(wire.TCPMinLen + n))
	b.ResetTransport()
	h.SetSrcPort(r.node.Key.Lport)
	h.SetDstPort(r.node.Key.Fport)
	h.SetSeq(r.sntIsn)
	h.SetAck(r.rcvNxt)
	h[12] = 0
	h.SetDataOff(wire.TCPMinLen + n)
	h.SetFlags(wire.TCPSyn | wire.TCPAck)
	if r.ecnOK { // tcp_ecn_make_synack
		h.SetFlags(wire.TCPSyn | wire.TCPAck | wire.TCPEce)
	}
	h.SetWindow(uint16(min(r.rcvWnd, 65535)))
	h.SetUrg(0)
	o.write(h[wire.TCPMinLen : wire.TCPMinLen+n])
	b.Mark = r.mark
	b.CsumStart, b.CsumOff = b.Transport, 16
	h.SetChecksum(^wire.Fold(r.af.pseudo(r.node.Key.Laddr, r.node.Key.Faddr, b.Len())))
	ns.Inc(step.TcpOutSegs)
	return b
}

// synackOwner is the clause of tcp_make_synack about skb->sk: a SYN-ACK belongs to
// its request socket, with a SYN cookie to none, with Fast Open to the connection.
// The request sockets of a listener are one here: all that rules and queues ask is
// that it is half open, whose it is, and whether it is transparent.
func (l *Sock) synackOwner(r *Request, b *core.SKB) {
	switch {
	case r.cookie:
	case l.State != core.TCPListen:
		b.SetOwnerW(&l.Sock)
	default:
		m := l.setRare()
		if m.reqSock == nil {
			m.reqSock = &core.Sock{NS: l.NS, Prot: l.Prot, Family: l.Family, Type: l.Type, Protocol: l.Protocol, State: core.TCPNewSynRecv}
		}
		m.reqSock.Transparent = r.transparent
		b.SetOwnerW(m.reqSock)
	}
}

// sendSynackReq is tcp_v4_send_synack (and v6).
func (l *Sock) sendSynackReq(r *Request, d *core.Dst, c *foCookie) core.Errno {
	defer l.NS.In(r.af.stepSendSynack(), r).Out()
	ns := l.NS
	if d == nil {
		if d = r.af.routeReq(l, r); d == nil {
			return step.ENETUNREACH
		}
	}
	if l.T.Follow {
		ns.Why(step.WhyFollowSynack)
		r.expect(ns)
		return 0
	}
	b := l.makeSynack(r, d, c)
	return r.af.sendSynack(l, r, d, b)
}

// rtxSynack is tcp_rtx_synack: the SYN-ACK again.
func (l *Sock) rtxSynack(r *Request) core.Errno {
	defer l.NS.In(step.TcpRtxSynack, r).Out()
	ns := l.NS
	if e := l.sendSynackReq(r, nil, &noCookie); e != 0 {
		return e
	}
	ns.Inc(step.TcpRetransSegs)
	ns.Inc(step.TcpExtTCPSynRetrans)
	if r.tfo {
		l.totalRetrans++
	}
	k := &r.node.Key
	ns.TP(step.TcpRetransmitSynack, r, uint64(l.ID), uint64(l.Family), uint64(k.Lport), uint64(k.Fport), k.Laddr.Hi, k.Laddr.Lo, k.Faddr.Hi, k.Faddr.Lo)
	r.numRetrans++
	return 0
}
