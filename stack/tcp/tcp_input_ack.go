package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Flags of what an ACK did (FLAG_*).
const (
	flagData           = 0x01
	flagWinUpdate      = 0x02
	flagDataAcked      = 0x04
	flagRetransAcked   = 0x08
	flagSynAcked       = 0x10
	flagDataSacked     = 0x20
	flagECE            = 0x40
	flagLostRetrans    = 0x80
	flagSlowpath       = 0x100
	flagOrigSackAcked  = 0x200
	flagSndUnaAdvanced = 0x400
	flagDsackingAck    = 0x800
	flagSetXmitTimer   = 0x1000
	flagSackReneging   = 0x2000
	flagUpdateTSRecent = 0x4000
	flagNoChallenge    = 0x8000
	flagMaybeDelayed   = 0x10000
	flagDsackTLP       = 0x20000
	flagTSProgress     = 0x40000

	flagAcked   = flagDataAcked | flagSynAcked
	flagNotDup  = flagData | flagWinUpdate | flagAcked
	flagCAAlert = flagDataSacked | flagECE | flagDsackingAck
	flagForward = flagAcked | flagDataSacked
)

// What to send when an ACK is worked off (REXMIT_*).
const (
	rexmitNone = iota
	rexmitLost // what is marked lost
	rexmitNew  // new data, as F-RTO does
)

// ack is tcp_ack: the segment acknowledges something (RFC 9293 §3.10.7.4,
// fifth). It returns above 0 when the ACK was acceptable, 0 when it was old,
// and a negated drop reason when the segment must go.
func (sk *Sock) ackRcv(b *core.SKB, flag int) int {
	defer sk.NS.In(step.TcpAck, &sk.Sock).Out()
	ns := sk.NS
	cb := &b.CB
	priorUna, ackSeq, ack := sk.sndUna, cb.Seq, cb.AckSeq
	priorPackets := sk.packetsOut
	rs := sk.T.sample()
	defer sk.T.sampled()
	sack := sackState{rate: rs}
	if before(ack, priorUna) {
		if before(ack, priorUna-uint32(min(uint64(sk.maxWindow), sk.bytesAcked))) {
			if flag&flagNoChallenge == 0 {
				sk.sendChallengeAck()
			}
			ns.Why(step.WhyAckTooOld, uint64(ack), uint64(priorUna))
			return -int(step.DropTCPTooOldACK)
		}
		return sk.oldAck(b, &sack, priorUna, flag)
	}
	if after(ack, sk.sndNxt) {
		if flag&flagNoChallenge == 0 {
			sk.sendChallengeAck()
		}
		ns.Why(step.WhyAckUnsent, uint64(ack), uint64(sk.sndNxt))
		return -int(step.DropTCPACKUnsentData)
	}
	if after(ack, priorUna) {
		flag |= flagSndUnaAdvanced
		sk.retransmits = 0
	}
	delivered, lost := sk.delivered, sk.lost
	isSackReneg := sk.isSackReneg
	priorFack := sk.sndUna
	if !sk.isReno() {
		priorFack = sk.highestSackSeq()
	}
	rs.priorInFlight = sk.packetsInFlight()
	if flag&flagUpdateTSRecent != 0 {
		flag |= sk.replaceTSRecent(cb.Seq)
	}
	flag = sk.ackMove(b, flag, ack, ackSeq, priorUna, &sack)
	sk.ErrSoft = 0
	sk.probesOut = 0
	sk.rcvTstamp = sk.jiffies()
	if priorPackets == 0 {
		sk.ackNothingOut(b, flag, priorUna, delivered, &sack)
		return 1
	}
	flag |= sk.cleanRtxQueue(b, priorFack, priorUna, &sack, flag&flagECE != 0)
	sk.rackUpdateReoWnd(rs)
	flag = sk.ackMarks(b, flag, delivered, &sack)
	sk.inAckEvent(flag)
	if sk.tlpHighSeq != 0 {
		sk.processTLPAck(ack, flag)
	}
	rexmit := rexmitNone
	if sk.ackIsDubious(flag) {
		dups := 0
		if flag&(flagSndUnaAdvanced|flagNotDup|flagDsackingAck) == 0 {
			// A duplicate ACK by RFC 5681 §2, or several that became one.
			dups = 1
			if flag&flagData == 0 {
				dups = max(1, b.GSOSegs)
			}
		}
		sk.fastretransAlert(priorUna, dups, &flag, &rexmit)
	}
	if flag&flagSetXmitTimer != 0 {
		sk.setXmitTimer()
	}
	sk.confirmNeigh(flag)
	n := sk.newlyDelivered(delivered, flag, sack.marked)
	rs.isAckDelayed = flag&flagMaybeDelayed != 0
	sk.rateGen(n, int(sk.lost-lost), isSackReneg, rs)
	sk.congControl(ack, n, flag, rs)
	sk.xmitRecovery(rexmit)
	sk.whyAck(ack, priorUna, flag)
	return 1
}

// ackMove is tcp_ack's part that moves the edges of the window and looks at the
// SACK blocks.
func (sk *Sock) ackMove(b *core.SKB, flag int, ack, ackSeq, priorUna uint32, sack *sackState) int {
	ns := sk.NS
	if flag&(flagSlowpath|flagSndUnaAdvanced) == flagSndUnaAdvanced {
		// The window is constant, pure forward advance.
		sk.updateWL(ackSeq)
		sk.sndUnaUpdate(ack)
		flag |= flagWinUpdate
		ns.Inc(step.TcpExtTCPHPAcks)
	} else {
		if ackSeq != b.CB.EndSeq {
			flag |= flagData
		} else {
			ns.Inc(step.TcpExtTCPPureAcks)
		}
		flag |= sk.ackUpdateWindow(b, ack, ackSeq)
		if b.CB.Sacked != 0 {
			flag |= sk.sacktagWriteQueue(b, priorUna, sack)
		}
		if sk.ecnRcvEcho(wire.TCPFlags(b.CB.TCPFlags)) {
			flag |= flagECE
			ns.Why(step.WhyEcnEcho)
		}
		if sack.delivered > 0 {
			sk.countDelivered(sack.delivered, flag&flagECE != 0)
		}
	}
	sk.ecnAcceptCwr(b, wire.TCPFlags(b.CB.TCPFlags))
	return flag
}

// ackNothingOut is tcp_ack's end for an ACK that finds nothing in flight: the
// answer to a probe, or a late report of a duplicate.
func (sk *Sock) ackNothingOut(b *core.SKB, flag int, priorUna uint32, delivered int32, sack *sackState) {
	ns := sk.NS
	flag = sk.ackMarks(b, flag, delivered, sack)
	sk.inAckEvent(flag)
	if flag&flagDsackingAck != 0 {
		rexmit := rexmitNone
		sk.fastretransAlert(priorUna, 0, &flag, &rexmit)
		sk.newlyDelivered(delivered, flag, sack.marked)
		ns.Why(step.WhyAckIdleDsack)
	} else {
		ns.Why(step.WhyAckIdle, uint64(sk.sndWnd))
	}
	sk.ackProbe()
	if sk.tlpHighSeq != 0 {
		sk.processTLPAck(b.CB.AckSeq, flag)
	}
}

// whyAck says what the ACK was.
func (sk *Sock) whyAck(ack, priorUna uint32, flag int) {
	ns := sk.NS
	switch {
	case flag&flagSynAcked != 0:
		ns.Why(step.WhyAckSyn)
	case ack == priorUna:
		ns.Why(step.WhyAckDup, uint64(sk.packetsOut), uint64(sk.sndWnd))
	case sk.Sock.Shutdown&core.SendShutdown != 0 && ack == sk.writeSeq && sk.State != core.TCPEstablished && sk.State != core.TCPCloseWait:
		ns.Why(step.WhyAckFin)
	default:
		ns.Why(step.WhyAck, uint64(ack-priorUna), uint64(ack), uint64(sk.packetsOut))
	}
}

// ackMarks looks what an ACK tells of marks, if both sides do AccECN.
func (sk *Sock) ackMarks(b *core.SKB, flag int, delivered int32, sack *sackState) int {
	if sk.acc == nil {
		return flag
	}
	sack.marked = sk.accProcess(wire.TCPFlags(b.CB.TCPFlags), int(sk.delivered-delivered), uint32(sack.bytes), flag)
	if sack.marked > 0 {
		flag |= flagECE
	}
	return flag
}

// newlyDelivered is tcp_newly_delivered: how many packets the other side is now
// known to have, that it was not known to have before.
func (sk *Sock) newlyDelivered(before int32, flag, marked int) int {
	n := int(sk.delivered - before)
	if n > 0 {
		sk.NS.Add(step.TcpExtTCPDelivered, uint64(n))
		if flag&flagECE != 0 {
			if sk.acc == nil {
				marked = n
			}
			sk.NS.Add(step.TcpExtTCPDeliveredCE, uint64(marked))
		}
	}
	return n
}

// oldAck is tcp_ack's part for an ACK below snd_una: its SACK blocks may still
// tell something.
func (sk *Sock) oldAck(b *core.SKB, sack *sackState, priorUna uint32, flag int) int {
	if b.CB.Sacked != 0 {
		rexmit := rexmitNone
		delivered := sk.delivered
		flag |= sk.sacktagWriteQueue(b, priorUna, sack)
		sk.fastretransAlert(priorUna, 0, &flag, &rexmit)
		sk.newlyDelivered(delivered, flag, 0)
		sk.xmitRecovery(rexmit)
	}
	sk.NS.Why(step.WhyAckOld, uint64(b.CB.AckSeq), uint64(sk.sndUna))
	return 0
}

// sndUnaUpdate is tcp_snd_una_update.
func (sk *Sock) sndUnaUpdate(ack uint32) {
	sk.bytesAcked += uint64(ack - sk.sndUna)
	sk.sndUna = ack
}

// rcvNxtUpdate is tcp_rcv_nxt_update.
func (sk *Sock) rcvNxtUpdate(seq uint32) {
	sk.st.bytesReceived += uint64(seq - sk.rcvNxt)
	sk.rcvNxt = seq
}

func (sk *Sock) updateWL(seq uint32) { sk.sndWl1 = seq }

// mayUpdateWindow is tcp_may_update_window (RFC 9293 §3.10.7.4: SND.WL1 and
// SND.WL2 keep an old segment from changing the window).
func (sk *Sock) mayUpdateWindow(ack, ackSeq, w uint32) bool {
	return after(ack, sk.sndUna) || after(ackSeq, sk.sndWl1) || ackSeq == sk.sndWl1 && (w > sk.sndWnd || w == 0)
}

// ackUpdateWindow is tcp_ack_update_window.
func (sk *Sock) ackUpdateWindow(b *core.SKB, ack, ackSeq uint32) int {
	flag := 0
	h := header(b)
	w := uint32(h.Window())
	if !h.Flags().Has(wire.TCPSyn) {
		w <<= sk.rx.sndWscale
	}
	if sk.mayUpdateWindow(ack, ackSeq, w) {
		flag |= flagWinUpdate
		sk.updateWL(ackSeq)
		if sk.sndWnd != w {
			sk.sndWnd = w
			sk.predFlags = 0
			sk.fastPathCheck()
			if sk.write.Front() != nil {
				sk.slowStartAfterIdleCheck()
			}
			if w > sk.maxWindow {
				sk.maxWindow = w
				sk.syncMSS(int(sk.pmtuCookie))
			}
		}
	}
	sk.sndUnaUpdate(ack)
	return flag
}

// fastPathOn is __tcp_fast_path_on: what the next ordinary segment's header
// will look like (RFC 1323's header prediction).
func (sk *Sock) fastPathOn(wnd uint32) {
	if sk.State == core.TCPClose {
		return
	}
	sk.predFlags = uint32(sk.headerLen)<<26 | uint32(fAck)<<16 | wnd&0xffff
	if sk.acc != nil {
		sk.predFlags |= (sk.deliveredCE + accCepInit) & accAceMask << 22
	}
}

// fastPathCheck is tcp_fast_path_check: may the fast path be used?
func (sk *Sock) fastPathCheck() {
	if sk.ooo.Len() == 0 && sk.rcvWnd != 0 && sk.RmemAlloc < sk.RcvBuf && sk.urgData == 0 {
		sk.fastPathOn(sk.sndWnd >> sk.rx.sndWscale)
	}
}

// ackIsDubious is tcp_ack_is_dubious.
func (sk *Sock) ackIsDubious(flag int) bool {
	return flag&flagNotDup == 0 || flag&flagCAAlert != 0 || sk.caState != CAOpen
}

// xmitRecovery is tcp_xmit_recovery: congestion control has said how much may
// go; send it.
func (sk *Sock) xmitRecovery(rexmit int) {
	if rexmit == rexmitNone || sk.State == core.TCPSynSent {
		return
	}
	if rexmit == rexmitNew {
		sk.pushPending(sk.currentMSS(), nagleOff)
		if after(sk.sndNxt, sk.highSeq) {
			return
		}
		sk.frto = false
	}
	sk.xmitRetransmitQueue()
}

// ackProbe is tcp_ack_probe: the answer to a window probe.
func (sk *Sock) ackProbe() {
	b := sk.write.Front()
	if b == nil {
		return
	}
	if !after(b.CB.EndSeq, sk.wndEnd()) {
		sk.backoff, sk.probesTstamp = 0, 0
		sk.clearTimer()
		return
	}
	sk.resetTimer(timeProbe0, sk.clampProbe0ToUserTimeout(sk.probe0When(sk.rtoMaxNow()))+sk.pacingDelay())
}

// setXmitTimer is tcp_set_xmit_timer.
func (sk *Sock) setXmitTimer() {
	if !sk.scheduleLossProbe(true) {
		sk.rearmRTO()
	}
}

// rearmRTO is tcp_rearm_rto (RFC 6298 §5.2, 5.3).
func (sk *Sock) rearmRTO() {
	defer sk.NS.In(step.TcpRearmRto, &sk.Sock).Out()
	if sk.fastopenRsk() != nil {
		return // the timer is the SYN-ACK's
	}
	if sk.packetsOut == 0 {
		sk.NS.Why(step.WhyRtoOff)
		sk.clearTimer()
		return
	}
	rto := sk.rto
	// The timer counts from when the oldest segment was sent.
	if sk.pending == timeReo || sk.pending == timeLossProbe {
		rto = toJiffies(max(sk.rtoDelta(), sim.Microsecond))
	}
	sk.NS.Why(step.WhyRtoSet, uint64(rto))
	sk.resetTimer(timeRetrans, rto+sk.pacingDelay())
}

// processTLPAck is tcp_process_tlp_ack (RFC 8985 §7.4): did the probe repair a
// loss, or was it a needless copy?
func (sk *Sock) processTLPAck(ack uint32, flag int) {
	defer sk.NS.In(step.TcpProcessTlpAck, &sk.Sock).Out()
	ns := sk.NS
	if before(ack, sk.tlpHighSeq) {
		ns.Why(step.WhyTlpWaiting)
		return
	}
	switch {
	case !sk.tlpRetrans:
		ns.Why(step.WhyTlpNew)
		sk.tlpHighSeq = 0
	case flag&flagDsackTLP != 0:
		ns.Why(step.WhyTlpNeedless)
		sk.tlpHighSeq = 0
	case after(ack, sk.tlpHighSeq):
		ns.Why(step.WhyTlpRepaired)
		sk.initCwndReduction()
		sk.setCAState(CACWR)
		sk.endCwndReduction()
		sk.tryKeepOpen()
		ns.Inc(step.TcpExtTCPLossProbeRecovery)
	case flag&(flagSndUnaAdvanced|flagNotDup|flagDataSacked) == 0:
		ns.Why(step.WhyTlpNeedless)
		sk.tlpHighSeq = 0
	default:
		ns.Why(step.WhyTlpNothingNew)
	}
}

// confirmNeigh is sk_dst_confirm's effect: forward progress proves that the
// next hop is reachable.
func (sk *Sock) confirmNeigh(flag int) {
	if flag&flagForward != 0 || flag&flagNotDup == 0 {
		if d := sk.DstCache; d != nil && d.Neigh != nil {
			d.Neigh.Confirm()
		}
	}
}
