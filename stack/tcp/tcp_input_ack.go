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
	flagDsackTLP       = 0x20000

	flagAcked   = flagDataAcked | flagSynAcked
	flagNotDup  = flagData | flagWinUpdate | flagAcked
	flagCAAlert = flagDataSacked | flagECE | flagDsackingAck
	flagForward = flagAcked | flagDataSacked
)

// sackState is struct tcp_sacktag_state.
type sackState struct {
	firstSack, lastSack int64 // µs, when the segments were sent
	reord               uint32
	flag                int
}

// rateSample is the part of struct rate_sample that loss recovery and CUBIC use.
type rateSample struct {
	rttUs         int64
	ackedSacked   int
	losses        int
	priorInFlight int
	lastEndSeq    uint32
}

// ack is tcp_ack: the segment acknowledges something (RFC 9293 §3.10.7.4,
// fifth). It returns above 0 when the ACK was acceptable, 0 when it was old,
// and a negated drop reason when the segment must go.
func (sk *Sock) ackRcv(b *core.SKB, flag int) int {
	defer sk.NS.In(step.TcpAck, &sk.Sock).Out()
	ns := sk.NS
	cb := &b.CB
	priorUna, ackSeq, ack := sk.sndUna, cb.Seq, cb.AckSeq
	priorPackets := int(sk.packetsOut)
	priorFlight := sk.packetsInFlight()
	delivered, lost := int(sk.delivered), int(sk.lost)
	sack := sackState{}
	rs := rateSample{rttUs: -1, priorInFlight: priorFlight}
	rexmit := 0
	if before(ack, priorUna) {
		maxWin := min(uint64(sk.maxWindow), sk.bytesAcked)
		if before(ack, priorUna-uint32(maxWin)) {
			if flag&flagNoChallenge == 0 {
				sk.sendChallengeAck()
			}
			ns.Why(step.WhyAckTooOld, uint64(ack), uint64(priorUna))
			return -int(step.DropTCPTooOldACK)
		}
		return sk.oldAck(b, &sack, &rs, priorUna, delivered, lost, flag)
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
	priorFack := sk.sndUna
	if sk.highestSack != nil && !sk.isReno() {
		priorFack = sk.highestSackSeq()
	}
	if flag&flagUpdateTSRecent != 0 {
		sk.replaceTSRecent(cb.Seq)
	}
	if flag&(flagSlowpath|flagSndUnaAdvanced) == flagSndUnaAdvanced {
		// The window is constant, pure forward advance.
		sk.updateWL(ackSeq)
		sk.sndUnaUpdate(ack)
		flag |= flagWinUpdate
		ns.Inc(step.TcpExtTCPHPAcks)
	} else {
		if ackSeq != cb.EndSeq {
			flag |= flagData
		} else {
			ns.Inc(step.TcpExtTCPPureAcks)
		}
		flag |= sk.ackUpdateWindow(b, ack, ackSeq)
		if cb.Sacked != 0 {
			flag |= sk.sacktagWriteQueue(b, priorUna, &sack)
		}
	}
	sk.ErrSoft = 0
	sk.probesOut = 0
	sk.rcvTstamp = sk.jiffies()
	if priorPackets == 0 {
		// Nothing was in flight: a probe's answer, or an old ACK.
		ns.Why(step.WhyAckIdle, uint64(sk.sndWnd))
		sk.ackProbe()
		sk.xmitRecovery(rexmit)
		return 1
	}
	flag |= sk.cleanRtxQueue(b, priorFack, priorUna, &sack, &rs, flag&flagECE != 0)
	sk.rackUpdateReoWnd(&rs)
	if sk.tlpHighSeq != 0 {
		sk.processTLPAck(ack, flag)
	}
	if sk.ackIsDubious(flag) {
		if flag&(flagSndUnaAdvanced|flagNotDup|flagDsackingAck) == 0 {
			// A duplicate ACK by RFC 5681 §2.
			n := max(1, b.GSOSegs)
			sk.fastretransAlert(priorUna, n, &flag, &rexmit, &rs)
		} else {
			sk.fastretransAlert(priorUna, 0, &flag, &rexmit, &rs)
		}
	}
	if flag&flagSetXmitTimer != 0 {
		sk.setXmitTimer()
	}
	sk.confirmNeigh(flag)
	rs.ackedSacked, rs.losses = sk.newlyDelivered(delivered), int(sk.lost)-lost
	sk.congControl(ack, rs.ackedSacked, flag, &rs)
	sk.xmitRecovery(rexmit)
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
	return 1
}

// newlyDelivered is tcp_newly_delivered: how many packets the other side is now
// known to have, that it was not known to have before.
func (sk *Sock) newlyDelivered(before int) int {
	n := int(sk.delivered) - before
	if n > 0 {
		sk.NS.Add(step.TcpExtTCPDelivered, uint64(n))
	}
	return n
}

// oldAck is tcp_ack's part for an ACK below snd_una: its SACK blocks may still
// tell something.
func (sk *Sock) oldAck(b *core.SKB, sack *sackState, rs *rateSample, priorUna uint32, delivered, lost, flag int) int {
	rexmit := 0
	if b.CB.Sacked != 0 {
		flag |= sk.sacktagWriteQueue(b, priorUna, sack)
		sk.fastretransAlert(priorUna, 0, &flag, &rexmit, rs)
		rs.ackedSacked = sk.newlyDelivered(delivered)
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
	sk.rcvNxt = seq
}

func (sk *Sock) updateWL(seq uint32) { sk.sndWl1 = seq }

// ackUpdateWindow is tcp_ack_update_window (RFC 9293 §3.10.7.4: SND.WL1 and
// SND.WL2 keep an old segment from changing the window).
func (sk *Sock) ackUpdateWindow(b *core.SKB, ack, ackSeq uint32) int {
	flag := 0
	h := wire.TCP(b.From(b.Transport))
	w := uint32(h.Window())
	if !h.Flags().Has(wire.TCPSyn) {
		w <<= sk.rx.sndWscale
	}
	if after(ack, sk.sndUna) || after(ackSeq, sk.sndWl1) || ackSeq == sk.sndWl1 && (w > sk.sndWnd || w == 0) {
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
}

// fastPathCheck is tcp_fast_path_check: may the fast path be used?
func (sk *Sock) fastPathCheck() {
	if sk.ooo.Len() == 0 && sk.rcvWnd != 0 && sk.RmemAlloc < sk.RcvBuf {
		sk.fastPathOn(sk.sndWnd >> sk.rx.sndWscale)
	}
}

// ackIsDubious is tcp_ack_is_dubious.
func (sk *Sock) ackIsDubious(flag int) bool {
	return flag&flagNotDup == 0 || flag&flagCAAlert != 0 || sk.caState != CAOpen
}

// xmitRecovery is tcp_xmit_recovery: 1 sends what is lost, 2 new data (F-RTO).
func (sk *Sock) xmitRecovery(rexmit int) {
	if rexmit == 0 || sk.State == core.TCPSynSent {
		return
	}
	if rexmit == 2 {
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
		if sk.pending == timeProbe0 {
			sk.clearTimer()
		}
		return
	}
	sk.resetTimer(timeProbe0, sk.probe0When(rtoMax))
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
	if sk.packetsOut == 0 {
		sk.NS.Why(step.WhyRtoOff)
		sk.clearTimer()
		return
	}
	rto := sk.rto
	// The timer counts from when the oldest segment was sent.
	if sk.pending == timeReo || sk.pending == timeLossProbe {
		rto = max(sk.rtoDelta(), 1)
	}
	sk.NS.Why(step.WhyRtoSet, uint64(rto))
	sk.resetTimer(timeRetrans, rto)
}

// cleanRtxQueue is tcp_clean_rtx_queue: take what is acknowledged off the
// retransmission queue, and measure the round trip.
func (sk *Sock) cleanRtxQueue(ackb *core.SKB, priorFack, priorUna uint32, sack *sackState, rs *rateSample, ece bool) int {
	defer sk.NS.In(step.TcpCleanRtxQueue, &sk.Sock).Out()
	var firstAck, lastAck int64
	reord := sk.sndNxt
	pktsAcked, flag := 0, 0
	fully := true
	for b := sk.rtx.Front(); b != nil; b = sk.rtx.Front() {
		cb := &b.CB
		start := cb.Seq
		sacked := cb.Sacked
		n := cb.TSO
		if after(cb.EndSeq, sk.sndUna) {
			if n == 1 || !after(sk.sndUna, cb.Seq) {
				break
			}
			if n = sk.tsoAcked(b); n == 0 {
				break
			}
			fully = false
		}
		if sacked&cbRetrans != 0 {
			sk.retransOut -= int32(n)
			flag |= flagRetransAcked
		} else if sacked&cbSacked == 0 {
			lastAck = skbStamp(b)
			if firstAck == 0 {
				firstAck = lastAck
			}
			if before(start, reord) {
				reord = start
			}
			if !after(cb.EndSeq, sk.highSeq) {
				flag |= flagOrigSackAcked
			}
		}
		if sacked&cbSacked != 0 {
			sk.sackedOut -= int32(n)
		} else if !sk.isReno() {
			sk.delivered += int32(n)
			sk.rackAdvance(sacked, cb.EndSeq, skbStamp(b))
		}
		if sacked&cbLost != 0 {
			sk.lostOut -= int32(n)
		}
		sk.packetsOut -= int32(n)
		pktsAcked += n
		rs.lastEndSeq = cb.EndSeq
		if cb.TCPFlags&fSyn == 0 {
			flag |= flagDataAcked
		} else {
			flag |= flagSynAcked
			sk.retransStamp = 0
		}
		if !fully {
			break
		}
		if b == sk.retransHint {
			sk.retransHint = nil
		}
		if b == sk.lostHint {
			sk.lostHint = nil
		}
		if b == sk.highestSack {
			sk.highestSack = b.Next()
		}
		sk.rtx.Remove(b)
		sk.freeSKB(b)
	}
	if pktsAcked > 0 {
		sk.NS.Why(step.WhyClean, uint64(pktsAcked), uint64(sk.packetsOut))
	} else {
		sk.NS.Why(step.WhyCleanNone, uint64(sk.packetsOut))
	}
	if sk.rtx.Front() == nil {
		sk.highestSack = nil
	}
	if sk.urgMode && between(sk.sndUp, priorUna, sk.sndUna) {
		sk.sndUp = sk.sndUna
	}
	if b := sk.rtx.Front(); b != nil && b.CB.Sacked&cbSacked != 0 {
		flag |= flagSackReneging
	}
	caRtt, seqRtt, sackRtt := int64(-1), int64(-1), int64(-1)
	if firstAck != 0 && flag&flagRetransAcked == 0 {
		seqRtt = sk.mstamp - firstAck
		caRtt = sk.mstamp - lastAck
	}
	if sack.firstSack != 0 {
		sackRtt = sk.mstamp - sack.firstSack
		caRtt = sk.mstamp - sack.lastSack
	}
	updated := sk.ackUpdateRTT(flag, seqRtt, sackRtt, &caRtt)
	rs.rttUs = caRtt
	if flag&flagAcked != 0 {
		flag |= flagSetXmitTimer
		if sk.isReno() {
			sk.removeRenoSacks(pktsAcked, ece)
			if flag&flagRetransAcked != 0 {
				flag &^= flagOrigSackAcked
			}
		} else if before(reord, priorFack) {
			sk.checkSackReordering(reord, false)
		}
	} else if fully && updated && sackRtt >= 0 && sk.rtx.Front() != nil && sackRtt > sk.mstamp-skbStamp(sk.rtx.Front()) {
		// A SACK of something sent later than the head: the timer starts anew.
		flag |= flagSetXmitTimer
	}
	if sk.ca != nil {
		sk.ca.pktsAcked(sk, pktsAcked, caRtt)
	}
	return flag
}

// tsoAcked is tcp_tso_acked: the front of a packet of several segments is
// acknowledged.
func (sk *Sock) tsoAcked(b *core.SKB) int {
	n := b.CB.TSO
	if !sk.trimHead(b, int(sk.sndUna-b.CB.Seq)) {
		return 0
	}
	return n - b.CB.TSO
}

// ackUpdateRTT is tcp_ack_update_rtt (RFC 6298 §3: never from a segment that
// was sent twice, unless timestamps tell which one was answered).
func (sk *Sock) ackUpdateRTT(flag int, seqRtt, sackRtt int64, caRtt *int64) bool {
	if seqRtt < 0 {
		seqRtt = sackRtt
	}
	if seqRtt < 0 && sk.rx.sawTstamp && sk.rx.rcvTsecr != 0 && flag&flagAcked != 0 {
		if d := int32(sk.tsNow() - sk.rx.rcvTsecr); d >= 0 {
			seqRtt = int64(max(d, 1)) * 1000
			*caRtt = seqRtt
		}
	}
	if seqRtt < 0 {
		return false
	}
	if seqRtt == 0 {
		seqRtt = 1 // a µs clock that has not moved
	}
	v := uint32(seqRtt)
	if *caRtt >= 0 {
		v = uint32(max(*caRtt, 1))
	}
	sk.minRtt.min(300*sim.HZ, sk.jiffies(), v)
	sk.rttEstimator(seqRtt)
	sk.setRTO()
	sk.backoff = 0
	return true
}

// rttEstimator is tcp_rtt_estimator: Jacobson's smoothing, with the variance
// kept over a whole flight (RFC 6298 §2; srtt is times 8, mdev times 4).
func (sk *Sock) rttEstimator(rtt int64) {
	defer sk.NS.In(step.TcpRttEstimator, &sk.Sock).Out()
	m := rtt
	srtt := int64(sk.srttUs)
	if srtt != 0 {
		m -= srtt >> 3
		srtt += m
		if m < 0 {
			m = -m
			m -= int64(sk.mdevUs >> 2)
			if m > 0 {
				m >>= 3
			}
		} else {
			m -= int64(sk.mdevUs >> 2)
		}
		sk.mdevUs = uint32(int64(sk.mdevUs) + m)
		if sk.mdevUs > sk.mdevMaxUs {
			sk.mdevMaxUs = sk.mdevUs
			if sk.mdevMaxUs > sk.rttvarUs {
				sk.rttvarUs = sk.mdevMaxUs
			}
		}
		if after(sk.sndUna, sk.rttSeq) {
			if sk.mdevMaxUs < sk.rttvarUs {
				sk.rttvarUs -= (sk.rttvarUs - sk.mdevMaxUs) >> 2
			}
			sk.rttSeq = sk.sndNxt
			sk.mdevMaxUs = sk.rtoMinUs()
		}
	} else {
		srtt = m << 3
		sk.mdevUs = uint32(m << 1)
		sk.rttvarUs = max(sk.mdevUs, sk.rtoMinUs())
		sk.mdevMaxUs = sk.rttvarUs
		sk.rttSeq = sk.sndNxt
	}
	sk.srttUs = uint32(max(1, srtt))
	sk.NS.Why(step.WhyRtt, uint64(rtt)*1000, uint64(sk.srttUs>>3)*1000, uint64(sk.rttvarUs)*1000)
}

// rtoMinUs is tcp_rto_min_us.
func (sk *Sock) rtoMinUs() uint32 { return uint32(sk.rtoMinNow() / sim.Microsecond) }

func (sk *Sock) rtoMinNow() sim.Time {
	m := sk.sysctlRtoMin()
	if d := sk.DstCache; d != nil && d.RtoMin != 0 {
		m = d.RtoMin
	}
	return m
}

// rtoFromRTT is __tcp_set_rto: srtt plus four times the deviation.
func (sk *Sock) rtoFromRTT() sim.Time {
	return toJiffies(sim.Time(sk.srttUs>>3+sk.rttvarUs) * sim.Microsecond)
}

// setRTO is tcp_set_rto.
func (sk *Sock) setRTO() { sk.rto = min(sk.rtoFromRTT(), rtoMax) }

// processTLPAck is tcp_process_tlp_ack (RFC 8985 §7.4): did the probe repair a
// loss, or was it a needless copy?
func (sk *Sock) processTLPAck(ack uint32, flag int) {
	if before(ack, sk.tlpHighSeq) {
		return
	}
	switch {
	case !sk.tlpRetrans:
		sk.tlpHighSeq = 0
	case flag&flagDsackTLP != 0:
		sk.tlpHighSeq = 0
	case after(ack, sk.tlpHighSeq):
		sk.initCwndReduction()
		sk.setCAState(CACWR)
		sk.endCwndReduction()
		sk.tryKeepOpen()
		sk.NS.Inc(step.TcpExtTCPLossProbeRecovery)
	case flag&(flagSndUnaAdvanced|flagNotDup|flagDataSacked) == 0:
		sk.tlpHighSeq = 0
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

// storeTSRecent and replaceTSRecent are tcp_store_ts_recent and
// tcp_replace_ts_recent (RFC 7323 §4.3: only a segment at the left edge of the
// window updates the timestamp that is echoed).
func (sk *Sock) replaceTSRecent(seq uint32) {
	if sk.rx.sawTstamp && !after(seq, sk.rcvWup) && sk.pawsCheck(pawsWindow) {
		sk.rx.tsRecent = sk.rx.rcvTsval
		sk.rx.tsRecentStamp = int64(sk.now()/sim.Second) + 1
	}
}

// pawsCheck is tcp_paws_check: true if the timestamp is not older.
func (sk *Sock) pawsCheck(win int32) bool {
	if int32(sk.rx.tsRecent-sk.rx.rcvTsval) <= win {
		return true
	}
	if sk.rx.tsRecentStamp != 0 && int64(sk.now()/sim.Second) >= sk.rx.tsRecentStamp+pawsWrap {
		return true
	}
	return sk.rx.tsRecent == 0
}

// sendChallengeAck is tcp_send_challenge_ack (RFC 5961 §3-5): do not believe
// the segment, ask its sender whether it meant it.
func (sk *Sock) sendChallengeAck() {
	defer sk.NS.In(step.TcpSendChallengeAck, &sk.Sock).Out()
	ns := sk.NS
	if ackRateLimited(ns, &sk.lastOowAck, &sk.oowSeen, step.TcpExtTCPACKSkippedChallenge) {
		return
	}
	ns.Inc(step.TcpExtTCPChallengeACK)
	sk.sendAck()
}
