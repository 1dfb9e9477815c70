package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// connRequest is tcp_conn_request: a SYN for a listening socket. It makes a
// half-open connection and answers with a SYN-ACK. isn is not 0 when a
// TIME_WAIT socket made way for the SYN.
func (l *Sock) connRequest(b *core.SKB, isn uint32) {
	defer l.NS.In(step.TcpConnRequest, b).Out()
	ns := l.NS
	t := l.T
	af, laddr, faddr, tos := t.familyOf(b)
	if isn == 0 && (ns.Sysctl.TCPSyncookies == 2 || l.rare().reqs > int(l.MaxAckBacklog)) {
		// inet_csk_reqsk_queue_is_full: the kernel would answer with a cookie.
		if ns.Sysctl.TCPSyncookies != 0 {
			ns.Inc(step.TcpExtTCPReqQFullDoCookies)
			ns.Note(b, step.WhyCookieNotModelled, uint64(l.rare().reqs), uint64(l.MaxAckBacklog))
		} else {
			ns.Inc(step.TcpExtTCPReqQFullDrop)
		}
		l.listenDrop()
		return
	}
	if l.acceptqFull() {
		ns.Why(step.WhyAcceptQFull, uint64(l.AckBacklog), uint64(l.MaxAckBacklog))
		ns.Inc(step.TcpExtListenOverflows)
		l.listenDrop()
		return
	}
	h := wire.TCP(b.Data())
	o := &t.opt
	wire.ParseTCPOptions(h.Options(), o)
	sy := &ns.Sysctl
	r := &Request{ID: ns.Machine.IDs.Object(), l: l, af: af, rcvIsn: b.CB.Seq, rcvNxt: b.CB.Seq + 1, tos: l.TOS, mark: l.Mark, mss: mssDefault}
	r.node = inet.Node{Key: inet.Tuple{Laddr: laddr, Faddr: faddr, Lport: h.DstPort(), Fport: h.SrcPort()}, Owner: r}
	_ = tos
	if l.BoundDev != 0 {
		r.iif = int(l.BoundDev)
	}
	if o.MSS != 0 {
		r.mss = int(o.MSS)
	}
	if u := int(l.rx.userMss); u != 0 && u < r.mss {
		r.mss = u
	}
	r.sackOK = o.SACKPerm && sy.TCPSack != 0
	r.tstampOK = o.HasTS && sy.TCPTimestamps != 0
	if r.tstampOK {
		r.tsRecent = o.TSVal
	}
	r.wscaleOK = o.HasWScale && sy.TCPWindowScaling != 0
	r.sndWscale = o.WScale
	if f := h.Flags(); sy.TCPEcn != 0 && f.Has(wire.TCPEce) && f.Has(wire.TCPCwr) {
		ns.Note(b, step.WhyEcnNotModelled, uint64(sy.TCPEcn))
	}
	if o.HasCookie {
		ns.Note(b, step.WhyFastopenNotModelled)
	}
	if o.MPTCP || o.MD5 || o.AO {
		ns.Note(b, step.WhyOptionNotModelled)
	}
	d := af.routeReq(l, r)
	if d == nil {
		l.listenDrop()
		return
	}
	if r.tstampOK {
		r.tsOff = t.tsOffset(r.node.Key)
	}
	if isn == 0 {
		isn = t.initSeq(r.node.Key)
	}
	r.sntIsn = isn
	// tcp_openreq_init_rwin
	mss := l.mssUser(af.advMSS(d))
	r.windowClamp = int(l.windowClamp)
	if r.windowClamp == 0 {
		r.windowClamp = d.Window
	}
	full := l.fullSpace()
	if l.RcvBufLocked && (r.windowClamp > full || r.windowClamp == 0) {
		r.windowClamp = full
	}
	if r.tstampOK {
		mss -= 12
	}
	r.rcvWnd, r.rcvWscale = initialWindow(sy, full, mss, &r.windowClamp, r.wscaleOK, d.InitRwnd)
	if !r.hashAdd() {
		return
	}
	ns.Why(step.WhySyn, uint64(l.AckBacklog), uint64(l.MaxAckBacklog), uint64(r.sntIsn))
	l.sendSynackReq(r, d)
}

// listenDrop is tcp_listendrop.
func (l *Sock) listenDrop() {
	l.Drops++
	l.NS.Inc(step.TcpExtListenDrops)
}

// initSeq is secure_tcp_seq: an initial sequence number (RFC 6528: a clock of
// 64 ns, offset by a keyed hash; here the World's seed is the key).
func (t *TCP) initSeq(k inet.Tuple) uint32 {
	if t.ISNs != nil {
		if v, ok := t.ISNs.ISN(k); ok {
			return v
		}
	}
	return t.NS.Machine.Rand.Uint32() + uint32(t.NS.Clock.Now()>>6)
}

// tsOffset is secure_tcp_ts_off: the timestamp clock begins somewhere.
func (t *TCP) tsOffset(k inet.Tuple) uint32 {
	if t.TSOffsets != nil {
		if v, ok := t.TSOffsets.TSOffset(k); ok {
			return v
		}
	}
	return t.NS.Machine.Rand.Uint32()
}

// setIPID is get_random_u16 for inet_id.
func (sk *Sock) setIPID() {
	if s := sk.T.IPIDs; s != nil {
		if v, ok := s.IPID(sk.tuple()); ok {
			sk.IPID = v
			return
		}
	}
	sk.IPID = uint16(sk.NS.Machine.Rand.Uint32())
}
