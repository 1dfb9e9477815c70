package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// icmpErrno is icmp_err_convert: what a destination unreachable means to a
// program, by its code (RFC 1122 §4.2.3.9).
var icmpErrno = [16]core.Errno{step.ENETUNREACH, step.EHOSTUNREACH, step.ENOPROTOOPT, step.ECONNREFUSED, step.EMSGSIZE, step.EOPNOTSUPP,
	step.ENETUNREACH, step.EHOSTDOWN, step.ENONET, step.ENETUNREACH, step.EHOSTUNREACH, step.ENETUNREACH, step.EHOSTUNREACH,
	step.EHOSTUNREACH, step.EHOSTUNREACH, step.EHOSTUNREACH}

// err4 is tcp_v4_err: an ICMP error about a segment of ours. The data pointer
// stands at the quoted IP header, b.Transport at the ICMP header.
func (t *TCP) err4(af afOps, b *core.SKB, info uint32) bool {
	defer t.NS.In(af.stepErr(), b).Out()
	ns := t.NS
	if !b.MayPull(wire.IPv4MinLen) || b.Transport < 0 {
		return false
	}
	q := wire.IPv4(b.Data())
	n := q.IHL()
	if n < wire.IPv4MinLen || !b.MayPull(n+8) || len(b.From(b.Transport)) < 2 {
		return false
	}
	q = wire.IPv4(b.Data())
	m := b.From(b.Transport)
	typ, code := m[0], m[1]
	unreach := typ == 3 && (code == 0 || code == 1)
	sk, seq := t.errSock(b, q.Src().Addr(), q.Dst().Addr(), q[n:], typ == 12 || typ == 11 || unreach)
	if sk == nil {
		return seq != 0
	}
	ns.Why(step.WhyErrSock, sk.Daddr.Hi, sk.Daddr.Lo, uint64(sk.Dport))
	frag := typ == 3 && code == 4
	if sk.OwnedByUser && !frag {
		ns.Inc(step.TcpExtLockDroppedIcmps)
	}
	if !t.errSequence(sk, seq) {
		return true
	}
	e := step.EPROTO
	switch typ {
	case 5: // redirect
		if !sk.OwnedByUser {
			if a, ok := af.(ipv4Specific); ok {
				a.ip.Redirect(b, 0, uint8(wire.ProtoTCP))
				sk.DstCache = nil
			}
		}
		return true
	case 4: // source quench means nothing any more (RFC 6633)
		return true
	case 12:
	case 3:
		if code > 15 {
			return true
		}
		if frag {
			t.errMTU(sk, int(info))
			return true
		}
		e = icmpErrno[code]
		if unreach && sk.fastopenRsk() == nil {
			sk.rtoRevert(seq)
		}
	case 11:
		e = step.EHOSTUNREACH
	default:
		return true
	}
	t.errReport(sk, e, b, core.ExtErr{Errno: e, Origin: core.ErrOriginICMP, Typ: typ, Code: code, Info: info, Port: wire.TCP(q[n:]).DstPort()}, n)
	return true
}

// errSock finds the socket that an ICMP error is about. It returns nil when
// there is nothing more to do; then a seq of 0 means that nobody was found.
// fatal says that a half-open connection is forgotten for such an error.
func (t *TCP) errSock(b *core.SKB, s, d wire.Addr, th []byte, fatal bool) (*Sock, uint32) {
	ns := t.NS
	h := wire.TCP(th)
	k := inet.Tuple{Laddr: s, Faddr: d, Lport: h.SrcPort(), Fport: h.DstPort()}
	iif := 0
	if b.Dev != nil {
		iif = b.Dev.Index
	}
	seq := h.Seq()
	switch o := t.Hash.Lookup(&k, iif).(type) {
	case *Sock:
		return o, seq
	case *Request:
		o.err(seq, fatal)
		return nil, 1
	case *TimeWait:
		return nil, 1
	}
	if k.Laddr.Is4() {
		ns.Inc(step.IcmpInErrors)
	} else {
		ns.Inc(step.Icmp6InErrors)
	}
	ns.Why(step.WhyErrNoSocket, uint64(k.Lport), uint64(k.Fport))
	return nil, 0
}

// err is tcp_req_err: the SYN-ACK did not arrive. There is no program to tell.
func (r *Request) err(seq uint32, fatal bool) {
	defer r.l.NS.In(step.TcpReqErr, r).Out()
	ns := r.l.NS
	switch {
	case seq != r.sntIsn:
		ns.Inc(step.TcpExtOutOfWindowIcmps)
		ns.Why(step.WhyReqErrSeq, uint64(seq), uint64(r.sntIsn))
	case fatal:
		ns.Why(step.WhyReqErrGone)
		r.drop()
		r.l.listenDrop()
	default:
		ns.Why(step.WhyReqErrKept)
	}
}

// errSequence: an error that quotes a number which is not in flight is forged
// or old (RFC 5927 §4).
func (t *TCP) errSequence(sk *Sock, seq uint32) bool {
	if sk.State == core.TCPClose {
		return false
	}
	una := sk.sndUna
	if r := sk.fastopenRsk(); r != nil {
		una = r.sntIsn
	}
	if sk.State != core.TCPListen && !between(seq, una, sk.sndNxt) {
		t.NS.Inc(step.TcpExtOutOfWindowIcmps)
		t.NS.Why(step.WhyErrWindow, uint64(seq), uint64(una), uint64(sk.sndNxt))
		return false
	}
	return true
}

// rtoRevert is tcp_ld_RTO_revert (RFC 6069): the network says that it could not
// reach the host, so the timeout was not about congestion, and need not have
// doubled.
func (sk *Sock) rtoRevert(seq uint32) {
	defer sk.NS.In(step.TcpLdRTORevert, &sk.Sock).Out()
	b := sk.rtx.Front()
	if sk.OwnedByUser || seq != sk.sndUna || sk.retransmits == 0 || sk.backoff == 0 || b == nil {
		sk.NS.Why(step.WhyRtoKeeps)
		return
	}
	sk.backoff--
	sk.rto = timeoutInit
	if sk.srttUs != 0 {
		sk.rto = sk.rtoFromRTT()
	}
	sk.rto = min(sk.rto<<sk.backoff, sk.rtoMaxNow())
	sk.NS.Why(step.WhyRtoRevert, uint64(sk.rto))
	sk.mstampRefresh()
	if left := sk.rto - toJiffies(sim.Time(sk.mstamp-skbStamp(b))*sim.Microsecond); left > 0 {
		sk.resetTimer(timeRetrans, left)
		return
	}
	sk.retransmitTimer()
}

// errMTU is the part for "fragmentation needed" and "packet too big".
func (t *TCP) errMTU(sk *Sock, mtu int) {
	if sk.State == core.TCPListen {
		return
	}
	sk.setRare().mtuInfo = mtu
	if sk.OwnedByUser {
		sk.deferred |= deferMTU
		return
	}
	sk.mtuReducedNow(mtu)
}

// mtuReducedNow is tcp_v4_mtu_reduced (RFC 1191): the segments in flight are
// too large for the path; send them again in smaller ones.
func (sk *Sock) mtuReducedNow(mtu int) {
	defer sk.NS.In(sk.af.stepMtuReduced(), &sk.Sock).Out()
	if sk.stateIn(1<<core.TCPListen | 1<<core.TCPClose) {
		return
	}
	ns := sk.NS
	if sk.af.etherType() == etherIPv6 && sk.mtuToMSS(mtu) >= int(sk.mssCache) {
		ns.Why(step.WhyMtuSame, uint64(mtu))
		return
	}
	sk.af.updatePMTU(sk, mtu)
	d, e := sk.af.route(sk)
	if e != 0 {
		return
	}
	sk.DstCache = d
	mtu = sk.af.mtu(d)
	if sk.af.etherType() == etherIPv4 && int(sk.rare().mtuInfo) < mtu && sk.PMTUDisc != core.PMTUDiscDont {
		sk.ErrSoft = step.EMSGSIZE
	}
	if int(sk.pmtuCookie) > mtu {
		ns.Why(step.WhyMtuReduced, uint64(mtu), uint64(sk.pmtuCookie))
	} else {
		ns.Why(step.WhyMtuSame, uint64(mtu))
	}
	if sk.PMTUDisc != core.PMTUDiscDont && int(sk.pmtuCookie) > mtu {
		sk.syncMSS(mtu)
		sk.simpleRetransmit()
	}
}

// errReport tells the program: at once while it connects, later as a hint
// (RFC 1122 §4.2.3.9: a soft error does not end a connection).
// A Fast Open connection that a program holds already is like one that stands.
// A connecting socket's error queue gets the whole of it, asked for or not; at
// is where the quoted TCP header begins.
func (t *TCP) errReport(sk *Sock, e core.Errno, b *core.SKB, ext core.ExtErr, at int) {
	ns := t.NS
	r := sk.fastopenRsk()
	if (sk.State == core.TCPSynSent || sk.State == core.TCPSynRecv) && (r == nil || r.child != nil) {
		sk.ICMPError(ns, b, ext, at)
		if !sk.OwnedByUser {
			ns.Why(step.WhyErrHard, uint64(e))
			sk.doneWithError(e)
			return
		}
		sk.ErrSoft = e
		return
	}
	if !sk.OwnedByUser && sk.RecvErr {
		sk.Err = e
		sk.ErrorReport(ns)
		return
	}
	ns.Why(step.WhyErrSoft, uint64(e))
	sk.ErrSoft = e
}
