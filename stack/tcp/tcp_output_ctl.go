package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// sendAck is tcp_send_ack: an ACK of what has arrived, now.
func (sk *Sock) sendAck() { sk.sendAckSeq(sk.rcvNxt, 0) }

// sendAckReflect is tcp_send_ack_reflect_ect: with AccECN the ACK tells how
// the other side's SYN arrived.
func (sk *Sock) sendAckReflect() {
	if sk.acc == nil {
		sk.sendAck()
		return
	}
	sk.sendAckSeq(sk.rcvNxt, accReflector(sk.acc.synEctRcv))
}

// sendAckSeq is __tcp_send_ack.
func (sk *Sock) sendAckSeq(rcvNxt uint32, flags uint16) {
	defer sk.NS.In(step.TcpSendAck, &sk.Sock).Out()
	if sk.State == core.TCPClose {
		return
	}
	ns := sk.NS
	if sk.T.Follow {
		ns.Why(step.WhyFollowAck)
		sk.expect(ExpectAck, fAck, sk.acceptableSeq(), rcvNxt, 0)
		return
	}
	b := ns.AllocSKB(maxHeader, 0, 0)
	b.Protocol = sk.af.etherType()
	initNondata(b, sk.acceptableSeq(), fAck|flags)
	sk.transmit(b, false, rcvNxt)
}

// acceptableSeq is tcp_acceptable_seq: snd_nxt, unless the peer shrank its
// window below it.
func (sk *Sock) acceptableSeq() uint32 {
	if !before(sk.wndEnd(), sk.sndNxt) || sk.rx.wscaleOK && int32(sk.sndNxt-sk.wndEnd()) < 1<<sk.rx.rcvWscale {
		return sk.sndNxt
	}
	return sk.wndEnd()
}

// sendDelayedAck is tcp_send_delayed_ack (RFC 1122 §4.2.3.2, RFC 5681 §4.2):
// the ACK may wait for data to ride on, at most ato.
func (sk *Sock) sendDelayedAck() {
	defer sk.NS.In(step.TcpSendDelayedAck, &sk.Sock).Out()
	ns := sk.NS
	ato := sk.ack.ato
	if ato > delackMin {
		maxAto := sim.Second / 2
		if sk.pingpongMode() || sk.ack.pending&ackPushed != 0 {
			maxAto = delackMax
		}
		if sk.srttUs != 0 {
			rtt := max(toJiffies(sim.Time(sk.srttUs>>3)*sim.Microsecond), delackMin)
			maxAto = min(maxAto, rtt)
		}
		ato = min(ato, maxAto)
	}
	ato = min(ato, sk.delackMaxNow())
	at := sk.tick() + ato
	if sk.ack.pending&ackTimer != 0 {
		// Close to the end already: send it now.
		if sk.ack.timeout <= sk.tick()+ato>>2 {
			ns.Why(step.WhyAckSoon)
			sk.sendAck()
			return
		}
		at = min(at, sk.ack.timeout)
	}
	sk.ack.pending |= ackSched | ackTimer
	sk.ack.timeout = at
	ns.Why(step.WhyDelack, uint64(ato))
	sk.modTimer(&sk.delackTimer, at, sk.tasks.delack())
}

// tick is the time of the last tick: what jiffies count.
func (sk *Sock) tick() sim.Time { return sk.NS.Clock.Now() / sim.Jiffy * sim.Jiffy }

// sendFin is tcp_send_fin: the FIN rides on the last unsent packet, or is one.
func (sk *Sock) sendFin() {
	defer sk.NS.In(step.TcpSendFin, &sk.Sock).Out()
	if sk.T.Follow {
		return // the capture will show it
	}
	if b := sk.write.Back(); b != nil {
		b.CB.TCPFlags |= fFin
		b.CB.EndSeq++
		sk.writeSeq++
	} else {
		b := sk.allocSKB(0)
		initNondata(b, sk.writeSeq, fAck|fFin)
		sk.queueSKB(b)
	}
	sk.pushPending(sk.currentMSS(), nagleOff)
}

// sendActiveReset is tcp_send_active_reset: this side gives the connection up.
func (sk *Sock) sendActiveReset(reason uint64) {
	defer sk.NS.In(step.TcpSendActiveReset, &sk.Sock).Out()
	ns := sk.NS
	ns.Inc(step.TcpOutRsts)
	b := ns.AllocSKB(maxHeader, 0, 0)
	b.Protocol = sk.af.etherType()
	initNondata(b, sk.acceptableSeq(), fAck|fRst)
	sk.mstampRefresh()
	if sk.transmit(b, false, sk.rcvNxt) != 0 {
		ns.Inc(step.TcpExtTCPAbortFailed)
	}
	ns.TP(step.TcpSendReset, &sk.Sock, 0, uint64(sk.ID), uint64(sk.State), reason,
		sk.Saddr.Hi, sk.Saddr.Lo, uint64(sk.Sport), sk.Daddr.Hi, sk.Daddr.Lo, uint64(sk.Dport))
}

// sendSynack is tcp_send_synack: the SYN crossed ours (simultaneous open,
// RFC 9293 §3.5): the SYN goes again, with an ACK.
func (sk *Sock) sendSynack() core.Errno {
	b := sk.rtx.Front()
	if b == nil || b.CB.TCPFlags&fSyn == 0 {
		return step.EFAULT
	}
	b.CB.TCPFlags |= fAck
	sk.ecnSendSynack(b)
	b.CB.Sacked |= cbEverRetrans
	e := sk.transmitClone(b)
	b.CB.Sacked &^= cbEverRetrans
	return e
}

// connectInit is tcp_connect_init: what the SYN will offer.
func (sk *Sock) connectInit() {
	defer sk.NS.In(step.TcpConnectInit, &sk.Sock).Out()
	sy, d := sk.sysctl(), sk.DstCache
	sk.headerLen = wire.TCPMinLen
	if sy.TCPTimestamps != 0 {
		sk.headerLen += 12
	}
	if sk.rx.userMss != 0 {
		sk.rx.mssClamp = sk.rx.userMss
	}
	sk.maxWindow = 0
	sk.mtupInit()
	sk.syncMSS(sk.af.mtu(d))
	if sk.windowClamp == 0 {
		sk.windowClamp = int32(d.Window)
	}
	sk.advmss = int32(sk.mssUser(sk.af.advMSS(d)))
	sk.initRcvMSS()
	if sk.RcvBufLocked && (int(sk.windowClamp) > sk.fullSpace() || sk.windowClamp == 0) {
		sk.windowClamp = int32(sk.fullSpace())
	}
	mss := int(sk.advmss)
	if sk.rx.tsRecentStamp != 0 {
		mss -= int(sk.headerLen - wire.TCPMinLen)
	}
	clamp := int(sk.windowClamp)
	sk.rcvWnd, sk.rx.rcvWscale = initialWindow(sy, sk.fullSpace(), mss, &clamp, sy.TCPWindowScaling != 0, d.InitRwnd)
	sk.windowClamp = int32(clamp)
	sk.NS.Why(step.WhySynOffers, uint64(sk.advmss), uint64(sk.rcvWnd), uint64(sk.rx.rcvWscale))
	sk.rcvSsthresh = int32(sk.rcvWnd)
	sk.Err = 0
	sk.sndWnd, sk.sndWl1 = 0, 0
	sk.purgeWrite()
	sk.sndUna, sk.sndSml, sk.sndUp, sk.sndNxt = sk.writeSeq, sk.writeSeq, sk.writeSeq, sk.writeSeq
	sk.rcvNxt = 0
	sk.rcvWup, sk.copiedSeq = sk.rcvNxt, sk.rcvNxt
	sk.rto = timeoutInit
	sk.retransmits = 0
	sk.clearRetrans()
}

// mssUser is tcp_mss_clamp: TCP_MAXSEG may make it smaller.
func (sk *Sock) mssUser(m int) int {
	if u := int(sk.rx.userMss); u != 0 && u < m {
		return u
	}
	return m
}

// connect is tcp_connect: send the SYN and wait a second for an answer
// (RFC 6298 §2.1).
func (sk *Sock) connect() core.Errno {
	defer sk.NS.In(step.TcpConnect, &sk.Sock).Out()
	ns := sk.NS
	if sk.rebuildHeader() != 0 {
		return step.EHOSTUNREACH
	}
	sk.connectInit()
	b := sk.allocSKB(0)
	initNondata(b, sk.writeSeq, fSyn)
	sk.mstampRefresh()
	sk.retransStamp = max(uint32(sk.mstamp/1000), 1)
	sk.connectQueueSKB(b)
	sk.ecnSendSyn(b)
	sk.rtx.PushBack(b)
	var e core.Errno
	if sk.rare().fo.req != nil {
		e = sk.sendSynData(b)
	} else {
		e = sk.transmitClone(b)
	}
	if e == step.ECONNREFUSED {
		return e
	}
	sk.sndNxt, sk.pushedSeq = sk.writeSeq, sk.writeSeq
	if b := sk.write.Front(); b != nil { // data that did not go with the SYN
		sk.sndNxt, sk.pushedSeq = b.CB.Seq, b.CB.Seq
	}
	ns.Inc(step.TcpActiveOpens)
	sk.resetTimer(timeRetrans, sk.rto)
	return 0
}

// connectQueueSKB is tcp_connect_queue_skb.
func (sk *Sock) connectQueueSKB(b *core.SKB) {
	b.CB.EndSeq += uint32(b.Len())
	sk.WmemQueued += int32(b.Truesize)
	sk.writeSeq = b.CB.EndSeq
	sk.packetsOut += int32(b.CB.TSO)
}

// xmitProbe is tcp_xmit_probe_skb: a segment with an old number and no data,
// to make the peer answer.
func (sk *Sock) xmitProbe(mib step.MIB) core.Errno {
	ns := sk.NS
	if sk.T.Follow {
		sk.expect(ExpectProbe, fAck, sk.sndUna-1, sk.rcvNxt, 0)
		return 0
	}
	b := ns.AllocSKB(maxHeader, 0, 0)
	b.Protocol = sk.af.etherType()
	initNondata(b, sk.sndUna-1, fAck)
	ns.Inc(mib)
	return sk.transmit(b, false, sk.rcvNxt)
}

// writeWakeup is tcp_write_wakeup: probe the peer, with data if the window
// takes some, else with an old number.
func (sk *Sock) writeWakeup(mib step.MIB) int {
	defer sk.NS.In(step.TcpWriteWakeup, &sk.Sock).Out()
	if sk.State == core.TCPClose {
		return -1
	}
	if b := sk.write.Front(); b != nil && before(b.CB.Seq, sk.wndEnd()) {
		mss := sk.currentMSS()
		seg := int(sk.wndEnd() - b.CB.Seq)
		if before(sk.pushedSeq, b.CB.EndSeq) {
			sk.pushedSeq = b.CB.EndSeq
		}
		if seg < int(b.CB.EndSeq-b.CB.Seq) || b.Len() > mss {
			seg = min(seg, mss)
			b.CB.TCPFlags |= fPsh
			if seg < b.Len() {
				sk.fragment(&sk.write, b, seg, mss)
			}
		} else if b.CB.TSO == 0 {
			setTSOSegs(b, mss)
		}
		b.CB.TCPFlags |= fPsh
		e := sk.transmitClone(b)
		if e == 0 {
			sk.eventNewDataSent(b)
		}
		return wakeupResult(e)
	}
	return wakeupResult(sk.xmitProbe(mib))
}

// wakeupResult is above 0 if this host's own queue is full, below for other
// errors.
func wakeupResult(e core.Errno) int {
	switch e {
	case 0:
		return 0
	case step.ENOBUFS:
		return 1
	}
	return -1
}

// sendProbe0 is tcp_send_probe0: a probe of a closed window, and when the next
// one goes (RFC 9293 §3.8.6.1: exponentially later).
func (sk *Sock) sendProbe0() {
	defer sk.NS.In(step.TcpSendProbe0, &sk.Sock).Out()
	ns := sk.NS
	e := sk.writeWakeup(step.TcpExtTCPWinProbe)
	if sk.packetsOut > 0 || sk.write.Front() == nil {
		sk.probesOut, sk.backoff, sk.probesTstamp = 0, 0, 0
		return
	}
	sk.probesOut++
	t := resourceProbe
	if e <= 0 {
		if int(sk.backoff) < sk.sysctl().TCPRetries2 {
			sk.backoff++
		}
		t = sk.probe0When(sk.rtoMaxNow())
	}
	t = sk.clampProbe0ToUserTimeout(t)
	ns.Why(step.WhyProbe0, uint64(sk.probesOut), uint64(t))
	sk.resetTimer(timeProbe0, t+sk.pacingDelay())
}

// probe0When is tcp_probe0_when.
func (sk *Sock) probe0When(limit sim.Time) sim.Time {
	b := min(uint(sk.backoff), 10)
	return min(sk.probe0Base()<<b, limit)
}

// rebuildHeader is inet_sk_rebuild_header: is the kept route still good?
func (sk *Sock) rebuildHeader() core.Errno {
	if d := sk.DstCache; d != nil && sk.af.dstOK(d) {
		return 0
	}
	d, e := sk.af.route(sk)
	if e != 0 {
		return step.EHOSTUNREACH
	}
	sk.DstCache = d
	return 0
}
