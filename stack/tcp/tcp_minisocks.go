package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// checkReq is tcp_check_req: a segment for a half-open connection. sk is its
// listener, or with fastopen the connection itself. It returns the new socket,
// or sk when the segment is its business, or nil and why the segment goes.
func (sk *Sock) checkReq(b *core.SKB, r *Request, fastopen bool) (*Sock, core.DropReason) {
	defer sk.NS.In(step.TcpCheckReq, b).Out()
	ns := sk.NS
	h := header(b)
	flg := h.Flags() & (wire.TCPRst | wire.TCPSyn | wire.TCPAck)
	o := &sk.T.opt
	wire.ParseTCPOptions(h.Options(), o)
	sawTS := o.HasTS && ns.Sysctl.TCPTimestamps != 0
	ts := o.TSVal // (o is used again before the end)
	paws, tsecr := false, false
	if sawTS {
		stamp := (ns.Clock.Now() - r.reqTimeout()) / sim.Second
		paws = r.tstampOK && pawsReject(r.tsRecent, o.TSVal, stamp, ns.Clock.Now()/sim.Second, flg.Has(wire.TCPRst))
		tsecr = o.TSEcr != 0 && r.tstampOK && !fastopen && !between(o.TSEcr, r.tsvalFirst, r.tsvalLast)
	}
	cb := &b.CB
	if cb.Seq == r.rcvIsn && flg == wire.TCPSyn && !paws {
		sk.synAgain(b, r, fastopen)
		return nil, step.NotDropped
	}
	if flg.Has(wire.TCPAck) && !flg.Has(wire.TCPRst) && !fastopen && cb.AckSeq != r.sntIsn+1 {
		ns.Why(step.WhyReqBadAck, uint64(cb.AckSeq), uint64(r.sntIsn+1))
		return sk, step.NotDropped
	}
	if paws || tsecr || !inWindow(cb.Seq, cb.EndSeq, r.rcvNxt, r.rcvNxt+r.rcvWnd) {
		return nil, sk.reqOutOfWindow(b, r, o, paws, tsecr)
	}
	if cb.Seq == r.rcvIsn {
		flg &^= wire.TCPSyn // it lies before the window
	}
	if flg.Has(wire.TCPRst) && cb.Seq != r.rcvNxt {
		ns.Why(step.WhyReqRstChallenge, uint64(cb.Seq), uint64(r.rcvNxt))
		sk.reqChallengeAck(b, r)
		return nil, step.NotDropped
	}
	if flg&(wire.TCPRst|wire.TCPSyn) != 0 {
		ns.Inc(step.TcpAttemptFails)
		return nil, sk.embryonicReset(b, r, flg.Has(wire.TCPRst), fastopen)
	}
	if !flg.Has(wire.TCPAck) {
		return nil, step.NotDropped
	}
	if fastopen {
		return sk, step.NotDropped
	}
	if d := sk.rare().deferAccept; r.numTimeout < d && cb.EndSeq == r.rcvIsn+1 {
		r.acked = true
		ns.Inc(step.TcpExtTCPDeferAcceptDrop)
		ns.Why(step.WhyDeferAccept, uint64(r.numTimeout), uint64(d))
		return nil, step.NotDropped
	}
	c, why := sk.reqDone(b, r)
	if c != nil && sawTS && r.tstampOK && !after(cb.Seq, r.rcvNxt) {
		c.rx.tsRecent = ts
	}
	return c, why
}

// synAgain is its part for a SYN that was sent again: so is the answer (RFC
// 9293 §3.10.7.4). Data that came with it is thrown away.
func (sk *Sock) synAgain(b *core.SKB, r *Request, fastopen bool) {
	ns := sk.NS
	if oowRateLimited(ns, b, &r.lastOowAck, &r.oowSeen, step.TcpExtTCPACKSkippedSynRecv) {
		ns.Why(step.WhyReqSynRate)
		return
	}
	if sk.rtxSynack(r) != 0 {
		return
	}
	ns.Why(step.WhySynAgain)
	if fastopen {
		r.expires = sk.now() + r.reqTimeout()
	} else if r.timer.Pending() {
		r.arm()
	}
}

// reqOutOfWindow is its part for a segment that answers nothing of ours: the
// other side learns where we are.
func (sk *Sock) reqOutOfWindow(b *core.SKB, r *Request, o *wire.TCPOptions, paws, tsecr bool) core.DropReason {
	ns := sk.NS
	cb := &b.CB
	if cb.TCPFlags&fRst == 0 && !oowRateLimited(ns, b, &r.lastOowAck, &r.oowSeen, step.TcpExtTCPACKSkippedSynRecv) {
		sk.reqSendAck(b, r)
	}
	switch {
	case paws:
		ns.Why(step.WhyReqPaws, uint64(o.TSVal), uint64(r.tsRecent))
		ns.Inc(step.TcpExtPAWSEstab)
		return step.DropTCPRfc7323PAWS
	case tsecr:
		ns.Why(step.WhyReqTsecr, uint64(o.TSEcr), uint64(r.tsvalFirst), uint64(r.tsvalLast))
		ns.Inc(step.TcpExtTSEcrRejected)
		return step.DropTCPRfc7323Tsecr
	}
	ns.Why(step.WhyReqOow, uint64(cb.Seq), uint64(r.rcvNxt), uint64(r.rcvNxt+r.rcvWnd))
	return step.DropTCPOverwindow
}

// reqDone is its part for the ACK that completes the handshake: a socket is made.
func (l *Sock) reqDone(b *core.SKB, r *Request) (*Sock, core.DropReason) {
	ns := l.NS
	ns.Why(step.WhyReqDone)
	child := l.synRecvSock(b, r, r, nil, true)
	if child == nil {
		abort := l.sysctl().TCPAbortOnOverflow
		ns.Why(step.WhyAbortOverflow, uint64(abort))
		if abort == 0 {
			r.acked = true
		} else {
			l.embryonicReset(b, r, false, false)
		}
		return nil, step.DropTCPListenOverflow
	}
	// inet_csk_complete_hashdance
	ns.In(step.CompleteHashdance, r).Out()
	if !l.queueAdd(child) {
		return nil, step.NotDropped
	}
	return child, step.NotDropped
}

// reqChallengeAck is tcp_reqsk_send_challenge_ack.
func (sk *Sock) reqChallengeAck(b *core.SKB, r *Request) {
	ns := sk.NS
	if ackRateLimited(ns, &r.lastOowAck, &r.oowSeen, step.TcpExtTCPACKSkippedChallenge) || !sk.T.challengeAllowed() {
		return
	}
	ns.Inc(step.TcpExtTCPChallengeACK)
	sk.reqSendAck(b, r)
}

// embryonicReset ends a half-open connection; the other side is told unless it
// said so itself. A Fast Open connection is not ended by a SYN.
func (sk *Sock) embryonicReset(b *core.SKB, r *Request, rst, fastopen bool) core.DropReason {
	sk.NS.Why(step.WhyReqReset)
	if !rst {
		sk.T.sendReset(r.af, sk, nil, b, resetInvalidSyn)
	} else if fastopen {
		sk.reqskRemove(true)
		sk.reset()
	}
	if !fastopen && r.drop() {
		sk.NS.Inc(step.TcpExtEmbryonicRsts)
	}
	return step.NotDropped
}

// reqSendAck is tcp_v4_reqsk_send_ack. A Fast Open connection may have sent data
// already.
func (sk *Sock) reqSendAck(b *core.SKB, r *Request) {
	sk.mstampRefresh()
	seq := r.sntIsn + 1
	if r.tfo {
		seq = sk.sndNxt
	}
	_, _, tos := r.af.addrs(b)
	sk.T.sendAckFor(r.af, b, seq, r.rcvNxt, r.rcvWnd>>r.rcvWscale, r.tstampOK, uint32(sk.mstamp/1000)+r.tsOff, r.tsRecent, int(sk.BoundDev), tos&^3, r.transparent)
}

// synRecvSock is tcp_v4_syn_recv_sock (and v6): make the socket of a handshake.
// It takes the place of unhash in the table; nil for a SYN with data and a SYN
// cookie, which have none. d is its route, nil if that is yet to be looked up.
func (l *Sock) synRecvSock(b *core.SKB, r, unhash *Request, d *core.Dst, own bool) *Sock {
	defer l.NS.In(r.af.stepSynRecvSock(), b).Out()
	ns := l.NS
	if l.acceptqFull() {
		ns.Why(step.WhyAcceptQFull, uint64(l.AckBacklog), uint64(l.MaxAckBacklog))
		ns.Inc(step.TcpExtListenOverflows)
		l.listenDrop()
		return nil
	}
	if d == nil && r.af.etherType() == etherIPv6 { // tcp_v6_syn_recv_sock looks the route up first
		if d = r.af.routeReq(l, r); d == nil {
			l.listenDrop()
			return nil
		}
	}
	sk := l.openreqChild(b, r)
	if d == nil {
		d = r.af.routeReq(l, r)
	}
	if d == nil {
		l.listenDrop()
		sk.free()
		return nil
	}
	if b.Dst != nil {
		sk.rxDstSet(b)
	}
	sk.DstCache = d
	sk.setIPID()
	sk.caOpenreqChild()
	sk.syncMSS(sk.af.mtu(d))
	sk.advmss = int32(l.mssUser(sk.af.advMSS(d)))
	sk.initRcvMSS()
	sk.node.Key, sk.node.Owner = r.node.Key, sk
	if unhash != nil {
		l.T.Hash.Replace(&unhash.node, &sk.node)
		unhash.node = inet.Node{Key: r.node.Key, Owner: r}
		ns.Clock.Stop(&r.timer)
		r.removed()
	} else if !l.T.Hash.Insert(&sk.node) {
		sk.free()
		return nil
	}
	sk.bindBucket, sk.bound = l.bindBucket, true
	l.T.Hash.Bind(&sk.Sock, sk.bindBucket)
	if r.savedSyn != nil {
		sk.setRare().savedSyn, r.savedSyn = r.savedSyn, nil
	}
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
	sk.st.segsIn = 1
	seq = r.sntIsn + 1
	sk.sndSml, sk.sndUna, sk.sndNxt, sk.sndUp = seq, seq, seq, seq
	sk.sndWl1 = r.rcvIsn
	sk.initXmitTimers()
	sk.ack.lrcvtime = sk.jiffies()
	sk.lsndtime = sk.jiffies()
	sk.totalRetrans = int32(r.numRetrans)
	sk.initXfer0()
	sk.writeSeq, sk.pushedSeq = seq, seq
	if sk.KeepOpen {
		sk.resetKeepalive(sk.keepIdleTime())
	}
	sk.rx.sawTstamp = false
	sk.rx.tstampOK, sk.rx.sackOK, sk.rx.wscaleOK = r.tstampOK, r.sackOK, r.wscaleOK
	sk.windowClamp = int32(r.windowClamp)
	sk.rcvSsthresh, sk.rcvWnd = int32(r.rcvWnd), r.rcvWnd
	if r.wscaleOK {
		sk.rx.sndWscale, sk.rx.rcvWscale = r.sndWscale, r.rcvWscale
	} else {
		sk.windowClamp = min(sk.windowClamp, 65535)
	}
	h := header(b)
	sk.sndWnd = uint32(h.Window()) << sk.rx.sndWscale
	sk.maxWindow = sk.sndWnd
	sk.headerLen = wire.TCPMinLen
	if r.tstampOK {
		sk.rx.tsRecent = r.tsRecent
		sk.rx.tsRecentStamp = int64(sk.now()/sim.Second) + 1
		sk.headerLen += 12
	}
	if r.numTimeout > 0 {
		sk.undoMarker = r.sntIsn
		sk.retransStamp = uint32(r.sntSynack / 1000)
		sk.synackRTOs(r)
	}
	sk.tsoffset = r.tsOff
	if n := b.Len(); n >= mssDefault+int(sk.headerLen) {
		sk.ack.lastSeg = int32(n - int(sk.headerLen))
	}
	sk.rx.mssClamp = uint16(r.mss)
	sk.synAckRtt = r.sntSynack
	sk.isn = r.sntIsn
	if r.ecnOK { // tcp_ecn_openreq_child
		sk.ecnFlags = ecnRFC3168
	}
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
	sk.RecvErr = l.RecvErr
	sk.TOS, sk.TTL, sk.PMTUDisc, sk.Mark = l.TOS, l.TTL, l.PMTUDisc, r.mark
	if l.sysctl().TCPReflectTOS != 0 {
		sk.TOS = r.tos &^ 3
	}
	sk.BoundDev, sk.V6Only, sk.Transparent, sk.FreeBind = int32(r.iif), l.V6Only, l.Transparent, l.FreeBind
	sk.ca, sk.rx.userMss, sk.FlowLabel = l.ca, l.rx.userMss, l.FlowLabel
	sk.caSetsockopt, sk.pacingStatus = l.caSetsockopt, l.pacingStatus
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
	sk.segsIn(b)
	r := sk.rcvStateProcess(b)
	if sk.State != core.TCPSynRecv && parent != nil {
		if sk.T.Follow {
			parent.followAccept()
			return r
		}
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
