package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Request is struct tcp_request_sock: a half-open connection. It stands in
// the table of connections (state NEW_SYN_RECV) until the handshake's last
// ACK makes a socket of it.
type Request struct {
	ID   uint32
	l    *Sock
	af   afOps
	node inet.Node

	rcvIsn, sntIsn, rcvNxt            uint32
	mss                               int
	tsRecent, tsOff                   uint32
	rcvWnd                            uint32
	windowClamp                       int
	sndWscale, rcvWscale              uint8
	wscaleOK, tstampOK, sackOK, acked bool
	numRetrans, numTimeout            int
	sntSynack                         int64 // µs
	lastOowAck                        sim.Time
	oowSeen                           bool
	timeout                           sim.Time
	tos                               uint8
	mark                              uint32
	iif                               int
	timer                             sim.Timer
	task                              reqTask

	expected *Expected
}

type reqTask struct{ r *Request }

// Run is reqsk_timer_handler.
func (t *reqTask) Run() { t.r.timerHandler() }

// Kind, TraceID, TracePkt: see trace.Subject.
func (r *Request) Kind() step.Kind            { return step.KindReq }
func (r *Request) TraceID() uint32            { return r.ID }
func (r *Request) TracePkt() (pkt, id uint32) { return 0, 0 }

// Observe lists what a learner sees of a half-open connection.
func (r *Request) Observe(o *trace.Obs) {
	o[step.ReqDaddr], o[step.ReqDaddr+1] = r.node.Key.Faddr.Hi, r.node.Key.Faddr.Lo
	o[step.ReqDport], o[step.ReqISN] = uint64(r.node.Key.Fport), uint64(r.sntIsn)
	o[step.ReqRetrans], o[step.ReqTimeout] = uint64(r.numRetrans), uint64(r.numTimeout)
}

// hashAdd is inet_csk_reqsk_queue_hash_add.
func (r *Request) hashAdd() bool {
	defer r.l.NS.In(step.ReqskQueueHashAdd, r).Out()
	ns := r.l.NS
	r.timeout = timeoutInit
	r.task.r = r
	if !r.l.T.Hash.Insert(&r.node) {
		return false
	}
	if !r.l.T.Follow {
		ns.Clock.Mod(&r.timer, sim.WheelExpiry(r.l.now(), r.l.tick()+r.timeout), &r.task)
	}
	r.l.setRare().reqs++
	r.l.setRare().reqsYoung++
	return true
}

// drop is inet_csk_reqsk_queue_drop: the half-open connection is over.
func (r *Request) drop() {
	defer r.l.NS.In(step.ReqskQueueDrop, r).Out()
	if !r.l.T.Hash.Remove(&r.node) {
		return
	}
	ns := r.l.NS
	ns.Clock.Stop(&r.timer)
	r.l.setRare().reqs--
	if r.numTimeout == 0 {
		r.l.setRare().reqsYoung--
	}
	if ns.Trace != nil {
		ns.Trace.Forget(r.ID)
	}
}

// timerHandler is reqsk_timer_handler: the SYN-ACK is not acknowledged.
func (r *Request) timerHandler() {
	defer r.l.NS.In(step.ReqskTimerHandler, r).Out()
	l, ns := r.l, r.l.NS
	if l.State != core.TCPListen {
		r.drop()
		return
	}
	limit := int(l.rare().synRetries)
	if limit == 0 {
		limit = l.sysctl().TCPSynackRetries
	}
	// With many waiting, the old ones get fewer tries.
	if l.rare().reqs<<1 > int(max(8, l.MaxAckBacklog)) {
		for young := l.rare().reqsYoung << 1; limit > 2 && l.rare().reqs >= young; young <<= 1 {
			limit--
		}
	}
	if r.numTimeout >= limit {
		ns.Why(step.WhyReqGiveUp, uint64(r.numTimeout))
		r.drop()
		return
	}
	ns.Inc(step.TcpExtTCPTimeouts)
	if l.rtxSynack(r) == 0 {
		r.numRetrans++
	}
	if r.numTimeout == 0 {
		l.setRare().reqsYoung--
	}
	r.numTimeout++
	ns.Clock.Mod(&r.timer, sim.WheelExpiry(l.now(), l.tick()+min(r.timeout<<uint(r.numTimeout), rtoMax)), &r.task)
}

// checkReq is tcp_check_req: a segment for a half-open connection. It returns
// the new socket, the listener (the segment is its business), or nil and
// whether the request was reset.
func (l *Sock) checkReq(b *core.SKB, r *Request) (*Sock, core.DropReason) {
	defer l.NS.In(step.TcpCheckReq, b).Out()
	ns := l.NS
	h := wire.TCP(b.Data())
	flg := h.Flags() & (wire.TCPRst | wire.TCPSyn | wire.TCPAck)
	o := &l.T.opt
	wire.ParseTCPOptions(h.Options(), o)
	paws := false
	if o.HasTS && r.tstampOK {
		ecr := o.TSEcr
		if ecr != 0 {
			ecr -= r.tsOff
		}
		paws = pawsReject(r.tsRecent, o.TSVal, ns.Clock.Now()/sim.Second-(timeoutInit<<uint(r.numTimeout)/sim.Second), ns.Clock.Now()/sim.Second, flg.Has(wire.TCPRst))
	}
	cb := &b.CB
	// A retransmitted SYN: answer it again (RFC 9293 §3.10.7.4).
	if cb.Seq == r.rcvIsn && flg == wire.TCPSyn && !paws {
		if !oowRateLimited(ns, b, &r.lastOowAck, &r.oowSeen, step.TcpExtTCPACKSkippedSynRecv) && l.rtxSynack(r) == 0 {
			ns.Why(step.WhySynAgain)
			if r.timer.Pending() {
				ns.Clock.Mod(&r.timer, sim.WheelExpiry(l.now(), l.tick()+min(r.timeout<<uint(r.numTimeout), rtoMax)), &r.task)
			}
		}
		return nil, step.NotDropped
	}
	if flg.Has(wire.TCPAck) && cb.AckSeq != r.sntIsn+1 {
		ns.Why(step.WhyReqBadAck, uint64(cb.AckSeq), uint64(r.sntIsn+1))
		return l, step.NotDropped
	}
	wnd := r.rcvWnd
	if paws || !inWindow(cb.Seq, cb.EndSeq, r.rcvNxt, r.rcvNxt+wnd) {
		if !flg.Has(wire.TCPRst) && !oowRateLimited(ns, b, &r.lastOowAck, &r.oowSeen, step.TcpExtTCPACKSkippedSynRecv) {
			l.reqSendAck(b, r)
		}
		if paws {
			ns.Inc(step.TcpExtPAWSEstab)
		}
		return nil, step.NotDropped
	}
	if o.HasTS && r.tstampOK && !after(cb.Seq, r.rcvNxt) {
		r.tsRecent = o.TSVal
	}
	if cb.Seq == r.rcvIsn {
		flg &^= wire.TCPSyn
	}
	if flg&(wire.TCPRst|wire.TCPSyn) != 0 {
		ns.Inc(step.TcpAttemptFails)
		return l.embryonicReset(b, r, flg.Has(wire.TCPRst))
	}
	if !flg.Has(wire.TCPAck) {
		return nil, step.NotDropped
	}
	if r.numTimeout < l.rare().deferAccept && cb.EndSeq == r.rcvIsn+1 {
		r.acked = true
		ns.Inc(step.TcpExtTCPDeferAcceptDrop)
		return nil, step.NotDropped
	}
	ns.Why(step.WhyReqDone)
	child := l.synRecvSock(b, r)
	if child == nil {
		if l.sysctl().TCPAbortOnOverflow == 0 {
			r.acked = true
			return nil, step.NotDropped
		}
		return l.embryonicReset(b, r, false)
	}
	// inet_csk_complete_hashdance
	ns.In(step.CompleteHashdance, r).Out()
	r.drop()
	l.setRare().acceptQueue = append(l.rare().acceptQueue, child)
	child.parent = l
	return child, step.NotDropped
}

// embryonicReset ends a half-open connection; the peer is told unless it said so itself.
func (l *Sock) embryonicReset(b *core.SKB, r *Request, rst bool) (*Sock, core.DropReason) {
	if !rst {
		l.T.sendReset(r.af, l, b, resetInvalidSyn)
	}
	r.drop()
	l.NS.Inc(step.TcpExtEmbryonicRsts)
	return nil, step.NotDropped // tcp_check_req gives no reason
}

// reqSendAck is tcp_v4_reqsk_send_ack.
func (l *Sock) reqSendAck(b *core.SKB, r *Request) {
	l.mstampRefresh()
	l.T.sendAckFor(r.af, b, r.sntIsn+1, r.rcvNxt, r.rcvWnd>>r.rcvWscale, r.tstampOK, uint32(l.mstamp/1000)+r.tsOff, r.tsRecent, int(l.BoundDev), r.tos)
}

// synRecvSock is tcp_v4_syn_recv_sock (and v6): make the socket of a finished
// handshake.
func (l *Sock) synRecvSock(b *core.SKB, r *Request) *Sock {
	defer l.NS.In(r.af.stepSynRecvSock(), b).Out()
	ns := l.NS
	if l.acceptqFull() {
		ns.Why(step.WhyAcceptQFull, uint64(l.AckBacklog), uint64(l.MaxAckBacklog))
		ns.Inc(step.TcpExtListenOverflows)
		ns.Inc(step.TcpExtListenDrops)
		return nil
	}
	var d *core.Dst
	if r.af.etherType() == etherIPv6 { // tcp_v6_syn_recv_sock looks the route up first
		if d = r.af.routeReq(l, r); d == nil {
			ns.Inc(step.TcpExtListenDrops)
			return nil
		}
	}
	sk := l.openreqChild(b, r)
	if d == nil {
		d = r.af.routeReq(l, r)
	}
	if d == nil {
		ns.Inc(step.TcpExtListenDrops)
		sk.free()
		return nil
	}
	sk.DstCache = d
	sk.setIPID()
	sk.caOpenreqChild()
	sk.syncMSS(sk.af.mtu(d))
	sk.advmss = int32(sk.mssUser(sk.af.advMSS(d)))
	sk.initRcvMSS()
	sk.node.Key = r.node.Key
	sk.node.Owner = sk
	// The socket takes the request's place in the table.
	sk.T.Hash.Replace(&r.node, &sk.node)
	r.node = inet.Node{Key: r.node.Key, Owner: r}
	ns.Clock.Stop(&r.timer)
	l.setRare().reqs--
	if r.numTimeout == 0 {
		l.setRare().reqsYoung--
	}
	sk.bindBucket, sk.bound = l.bindBucket, true
	sk.T.Hash.Bind(&sk.Sock, sk.bindBucket)
	return sk
}

// acceptqFull is sk_acceptq_is_full: the comparison is "more than".
func (l *Sock) acceptqFull() bool { return l.AckBacklog > l.MaxAckBacklog }

// openreqChild is tcp_create_openreq_child: a socket that starts where the
// handshake ended.
func (l *Sock) openreqChild(b *core.SKB, r *Request) *Sock {
	defer l.NS.In(step.TcpCreateOpenreqChild, b).Out()
	ns := l.NS
	sk := l.cloneLock(r)
	seq := r.rcvIsn + 1
	sk.rcvWup, sk.copiedSeq, sk.rcvNxt = seq, seq, seq
	seq = r.sntIsn + 1
	sk.sndSml, sk.sndUna, sk.sndNxt, sk.sndUp = seq, seq, seq, seq
	sk.sndWl1 = r.rcvIsn
	sk.initXmitTimers()
	sk.ack.lrcvtime = sk.jiffies()
	sk.lsndtime = sk.jiffies()
	sk.totalRetrans = int32(r.numRetrans)
	sk.initXfer0()
	sk.writeSeq = seq
	sk.pushedSeq = seq
	sk.rx.sawTstamp = false
	sk.rx.tstampOK = r.tstampOK
	sk.rx.sackOK = r.sackOK
	sk.windowClamp = int32(r.windowClamp)
	sk.rcvSsthresh = int32(r.rcvWnd)
	sk.rcvWnd = r.rcvWnd
	sk.rx.wscaleOK = r.wscaleOK
	if r.wscaleOK {
		sk.rx.sndWscale, sk.rx.rcvWscale = r.sndWscale, r.rcvWscale
	} else {
		sk.windowClamp = min(sk.windowClamp, 65535)
	}
	sk.sndWnd = uint32(wire.TCP(b.Data()).Window()) << sk.rx.sndWscale
	sk.maxWindow = sk.sndWnd
	sk.headerLen = wire.TCPMinLen
	if r.tstampOK {
		sk.rx.tsRecent = r.tsRecent
		sk.rx.tsRecentStamp = int64(sk.now()/sim.Second) + 1
		sk.headerLen += 12
	}
	if r.numTimeout > 0 {
		sk.undoMarker = r.sntIsn
		sk.retransStamp = 0
	}
	sk.tsoffset = r.tsOff
	if n := b.Len() - wire.TCP(b.Data()).DataOff(); n >= int(minRcvMSS+sk.headerLen-20) {
		sk.ack.lastSeg = int32(n - int(sk.headerLen-20))
	}
	sk.rx.mssClamp = uint16(r.mss)
	sk.synAckRtt = r.sntSynack
	sk.isn = r.sntIsn
	ns.Inc(step.TcpPassiveOpens)
	return sk
}

// cloneLock is inet_csk_clone_lock: a copy of the listener with the
// connection's addresses.
func (l *Sock) cloneLock(r *Request) *Sock {
	defer l.NS.In(step.InetCskCloneLock, &l.Sock).Out()
	ns := l.NS
	sk := l.T.newSock(l.Family)
	k := &r.node.Key
	sk.af = r.af
	sk.RcvBuf, sk.SndBuf = l.RcvBuf, l.SndBuf
	sk.RcvBufLocked, sk.SndBufLocked = l.RcvBufLocked, l.SndBufLocked
	sk.Reuse, sk.ReusePort, sk.KeepOpen = l.Reuse, l.ReusePort, l.KeepOpen
	sk.Linger, sk.noDelay, sk.nonagle = l.Linger, l.noDelay, l.nonagle
	sk.TOS, sk.TTL, sk.PMTUDisc, sk.Priority, sk.Mark = l.TOS, l.TTL, l.PMTUDisc, l.Priority, l.Mark
	sk.BoundDev, sk.V6Only, sk.Transparent, sk.FreeBind = l.BoundDev, l.V6Only, l.Transparent, l.FreeBind
	sk.ca, sk.rx.userMss, sk.FlowLabel = l.ca, l.rx.userMss, l.FlowLabel
	sk.windowClamp = 0
	sk.inheritRare(l)
	sk.Saddr, sk.Daddr, sk.RcvSaddr = k.Laddr, k.Faddr, k.Laddr
	sk.Sport, sk.Dport = k.Lport, k.Fport
	sk.State = core.TCPListen
	sk.SetState(ns, core.TCPSynRecv)
	return sk
}

// childProcess is tcp_child_process: the ACK that finished the handshake is
// the new socket's first segment.
func (sk *Sock) childProcess(b *core.SKB) core.DropReason {
	defer sk.NS.In(step.TcpChildProcess, &sk.Sock).Out()
	ns := sk.NS
	parent := sk.parent
	if b.Dst != nil && sk.RxDst == nil {
		sk.rxDstSet(b)
	}
	r := sk.rcvStateProcess(b)
	if sk.State != core.TCPSynRecv && parent != nil {
		if sk.T.Follow {
			parent.followAccept()
			return r
		}
		parent.AckBacklog++
		parent.DataReady(ns)
	}
	return r
}

// pawsReject is tcp_paws_reject (RFC 7323 §5.3): an older timestamp than the
// last one means an old duplicate. stamp and now are in seconds.
func pawsReject(recent, tsval uint32, stamp, now sim.Time, rst bool) bool {
	if int32(recent-tsval) <= pawsWindow {
		return false
	}
	if stamp != 0 && now >= stamp+pawsWrap {
		return false
	}
	if rst && now >= stamp+pawsMSL {
		return false
	}
	return true
}

// inWindow is tcp_in_window (RFC 9293 §3.10.7.4).
func inWindow(seq, end, sWin, eWin uint32) bool {
	if seq == sWin {
		return true
	}
	if after(end, sWin) && before(seq, eWin) {
		return true
	}
	return seq == eWin && seq == end
}

// oowRateLimited is tcp_oow_rate_limited: out-of-window segments are answered
// once in tcp_invalid_ratelimit, so that two stacks cannot ACK each other for
// ever. Data and SYNs are always answered.
func oowRateLimited(ns *core.Netns, b *core.SKB, last *sim.Time, seen *bool, mib step.MIB) bool {
	if b.CB.Seq != b.CB.EndSeq && b.CB.TCPFlags&fSyn == 0 {
		return false
	}
	return ackRateLimited(ns, last, seen, mib)
}

// ackRateLimited is __tcp_oow_rate_limited.
func ackRateLimited(ns *core.Netns, last *sim.Time, seen *bool, mib step.MIB) bool {
	now := ns.Clock.Now() / sim.Jiffy
	if *seen {
		e := now - *last
		if e >= 0 && e*sim.Jiffy < sim.Time(ns.Sysctl.TCPInvalidRatelimit)*sim.Millisecond {
			ns.Inc(mib)
			return true
		}
	}
	*last, *seen = now, true
	return false
}
