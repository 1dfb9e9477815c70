package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// connRequest is tcp_conn_request: a SYN for a listening socket. It makes a
// half-open connection and answers with a SYN-ACK; with a SYN cookie nothing is
// remembered, with Fast Open there may be a socket at once. isn is not 0 when a
// TIME_WAIT socket made way for the SYN.
func (l *Sock) connRequest(b *core.SKB, isn uint32) {
	defer l.NS.In(step.TcpConnRequest, b).Out()
	ns := l.NS
	t := l.T
	if d := b.Dst; d != nil && d.Flags&(core.RTCFBroadcast|core.RTCFMulticast) != 0 {
		l.listenDrop() // tcp_v4_conn_request: a SYN that everybody got
		return
	}
	cookie := false
	if isn == 0 && (ns.Sysctl.TCPSyncookies == 2 || l.rare().reqs > int(l.MaxAckBacklog)) {
		if cookie = l.floodAction(); !cookie {
			l.listenDrop()
			return
		}
	}
	if l.acceptqFull() {
		ns.Why(step.WhyAcceptQFull, uint64(l.AckBacklog), uint64(l.MaxAckBacklog))
		ns.Inc(step.TcpExtListenOverflows)
		l.listenDrop()
		return
	}
	r, foc := l.openreqInit(b, cookie)
	d := r.af.routeReq(l, r)
	if d == nil {
		l.listenDrop()
		return
	}
	if r.tstampOK {
		r.tsOff = t.tsOffset(r.node.Key)
	}
	if !cookie && isn == 0 {
		if !l.synBacklogRoom(r) {
			l.listenDrop()
			return
		}
		isn = t.initSeq(r.node.Key)
	}
	_, _, tos := r.af.addrs(b)
	r.ecnOK = l.ecnCreateRequest(header(b), tos)
	if cookie {
		isn = l.cookieInit(r, b.CB.Seq)
		if !r.tstampOK {
			r.ecnOK = false
		}
	}
	r.sntIsn = isn
	l.openreqWindow(r, d, l.mssUser(r.af.advMSS(d))-12*int(b2i(r.tstampOK)))
	if cookie {
		l.sendSynackReq(r, d, &noCookie)
		return
	}
	l.recordSyn(b, r)
	if sk := l.tryFastopen(b, r, &foc); sk != nil {
		sk.sendSynackReq(r, d, &foc)
		if l.queueAdd(sk) {
			l.DataReady(ns)
		}
		return
	}
	if !r.hashAdd() {
		return
	}
	ns.Why(step.WhySyn, uint64(l.AckBacklog), uint64(l.MaxAckBacklog), uint64(r.sntIsn))
	l.sendSynackReq(r, d, &foc)
}

// openreqInit is tcp_openreq_init: what the SYN says. With a SYN cookie only a
// timestamp makes it possible to remember more than the segment size.
func (l *Sock) openreqInit(b *core.SKB, cookie bool) (*Request, foCookie) {
	ns, t, sy := l.NS, l.T, &l.NS.Sysctl
	af, laddr, faddr, tos := t.familyOf(b)
	h := wire.TCP(b.Data())
	o := &t.opt
	wire.ParseTCPOptions(h.Options(), o)
	r := &Request{ID: ns.Machine.IDs.Object(), l: l, af: af, rcvIsn: b.CB.Seq, rcvNxt: b.CB.Seq + 1, tos: l.TOS, mark: l.Mark, mss: mssDefault, cookie: cookie, transparent: l.Transparent}
	r.node = inet.Node{Key: inet.Tuple{Laddr: laddr, Faddr: faddr, Lport: h.DstPort(), Fport: h.SrcPort()}, Owner: r}
	if af.etherType() == etherIPv6 {
		r.mss = minMTU6 - wire.TCPMinLen - wire.IPv6Len
	}
	if sy.TCPReflectTOS != 0 {
		r.tos = tos&^3 | l.TOS&3
	}
	if sy.TCPFwmarkAccept != 0 && r.mark == 0 {
		r.mark = b.Mark
	}
	r.iif = int(l.BoundDev)
	if r.iif == 0 && b.Dev != nil && !faddr.Is4() && faddr.Hi>>54 == 0xfe80>>6 {
		r.iif = b.Dev.Index // a link-local address means something on one link only
	}
	if o.MPTCP {
		ns.Note(b, step.WhyOptionNotModelled)
	}
	foc := cookieOf(o)
	r.tstampOK = o.HasTS && sy.TCPTimestamps != 0
	if cookie {
		foc = noCookie
		if !r.tstampOK {
			// tcp_clear_options: what the segment size is stays unknown, too.
			*o = wire.TCPOptions{MSS: o.MSS}
		}
	}
	if o.MSS != 0 {
		r.mss = l.mssUser(int(o.MSS))
	}
	if r.tstampOK {
		r.tsRecent = o.TSVal
	}
	r.sackOK = o.SACKPerm && sy.TCPSack != 0
	if r.wscaleOK = o.HasWScale && sy.TCPWindowScaling != 0; r.wscaleOK {
		r.sndWscale = o.WScale
	}
	return r, foc
}

// minMTU6 is IPV6_MIN_MTU, bytes.
const minMTU6 = 1280

// synBacklogRoom is the clause of tcp_conn_request about tcp_max_syn_backlog:
// without SYN cookies the last quarter is for hosts that are known to be alive.
func (l *Sock) synBacklogRoom(r *Request) bool {
	sy := l.sysctl()
	if sy.TCPSyncookies != 0 || sy.TCPMaxSynBacklog-l.rare().reqs >= sy.TCPMaxSynBacklog>>2 {
		return true
	}
	for i := range l.T.metrics { // tcp_peer_is_proven
		if m := &l.T.metrics[i]; m.daddr == r.node.Key.Faddr && m.saddr == r.node.Key.Laddr && m.rtt != 0 {
			return true
		}
	}
	l.NS.Why(step.WhySynBacklogQuarter, uint64(l.rare().reqs), uint64(sy.TCPMaxSynBacklog))
	return false
}

// openreqWindow is tcp_openreq_init_rwin, and that part of cookie_v4_check: the
// window that the SYN-ACK offers.
func (l *Sock) openreqWindow(r *Request, d *core.Dst, mss int) {
	r.windowClamp = int(l.windowClamp)
	if r.windowClamp == 0 {
		r.windowClamp = d.Window
	}
	full := l.fullSpace()
	if l.RcvBufLocked && (r.windowClamp > full || r.windowClamp == 0) {
		r.windowClamp = full
	}
	r.rcvWnd, r.rcvWscale = initialWindow(l.sysctl(), full, mss, &r.windowClamp, r.wscaleOK, d.InitRwnd)
}

// recordSyn is tcp_reqsk_record_syn (TCP_SAVE_SYN): the headers of the SYN are
// kept for the program; with 2 the link header too.
func (l *Sock) recordSyn(b *core.SKB, r *Request) {
	from := b.Network
	switch l.rare().saveSyn {
	case 0:
		return
	case 2:
		if b.MAC >= 0 {
			from = b.MAC
		}
	}
	p := b.From(from)
	r.savedSyn = append([]byte(nil), p[:min(len(p), b.Transport-from+header(b).DataOff())]...)
}

// listenDrop is tcp_listendrop.
func (l *Sock) listenDrop() {
	l.Drops++
	l.NS.Inc(step.TcpExtListenDrops)
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
