package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Loss recovery at the sender: RFC 5681, RFC 6675, RFC 6937 (PRR), RFC 5682
// (F-RTO), as tcp_input.c does it. The states are Open, Disorder, CWR,
// Recovery and Loss.

// setCAState is tcp_set_ca_state.
func (sk *Sock) setCAState(s uint8) {
	ns := sk.NS
	ns.TP(step.TcpCongStateSet, &sk.Sock, uint64(sk.ID), uint64(sk.Family), uint64(sk.Sport), uint64(sk.Dport),
		sk.Saddr.Hi, sk.Saddr.Lo, sk.Daddr.Hi, sk.Daddr.Lo, uint64(s))
	if sk.ca != nil {
		sk.ca.setState(sk, s)
	}
	sk.caState = s
}

// anyRetransDone is tcp_any_retrans_done.
func (sk *Sock) anyRetransDone() bool {
	if sk.retransOut > 0 {
		return true
	}
	b := sk.rtx.Front()
	return b != nil && b.CB.Sacked&cbEverRetrans != 0
}

// enterLoss is tcp_enter_loss: after a timeout everything in flight counts as
// lost, and one segment may be sent.
func (sk *Sock) enterLoss() {
	defer sk.NS.In(step.TcpEnterLoss, &sk.Sock).Out()
	ns := sk.NS
	newRecovery := sk.caState < CARecovery
	sk.timeoutMarkLost()
	if sk.caState <= CADisorder || !after(sk.highSeq, sk.sndUna) || sk.caState == CALoss && sk.retransmits == 0 {
		sk.priorSsthresh = int32(sk.currentSsthresh())
		sk.priorCwnd = sk.sndCwnd
		sk.sndSsthresh = int32(sk.ca.ssthresh(sk))
		sk.ca.cwndEvent(sk, caEventLoss)
		sk.initUndo()
	}
	sk.sndCwnd = int32(sk.packetsInFlight() + 1)
	sk.sndCwndCnt = 0
	sk.sndCwndStamp = sk.jiffies()
	if r := sk.sysctl().TCPReordering; sk.caState <= CADisorder && int(sk.sackedOut) >= r {
		sk.reordering = int32(min(int(sk.reordering), r))
	}
	ns.Why(step.WhyLoss, uint64(sk.packetsOut), uint64(sk.sndSsthresh))
	sk.setCAState(CALoss)
	sk.highSeq = sk.sndNxt
	sk.tlpHighSeq = 0
	sk.frto = sk.sysctl().TCPFrto != 0 && (newRecovery || sk.retransmits > 0)
}

// timeoutMarkLost is tcp_timeout_mark_lost.
func (sk *Sock) timeoutMarkLost() {
	head := sk.rtx.Front()
	if head != nil && head.CB.Sacked&cbSacked != 0 {
		// The peer took its SACK back (reneging): forget all marks.
		sk.NS.Inc(step.TcpExtTCPSACKReneging)
		sk.sackedOut = 0
		sk.isSackReneg = true
		for b := head; b != nil; b = b.Next() {
			b.CB.Sacked &^= cbSacked
		}
	} else if sk.isReno() {
		sk.resetRenoSack()
	}
	for b := head; b != nil; b = b.Next() {
		// RACK spares those sent so lately that they may still be under way.
		if !sk.isReno() && !sk.isSackReneg && b != head && sk.rack.rttUs > sk.mstamp-skbStamp(b) {
			continue
		}
		sk.markLost(b)
	}
}

// initUndo is tcp_init_undo.
func (sk *Sock) initUndo() {
	sk.undoMarker = sk.sndUna
	sk.undoRetrans = sk.retransOut
	if sk.tlpHighSeq != 0 && sk.tlpRetrans {
		sk.undoRetrans++
	}
	if sk.undoRetrans == 0 {
		sk.undoRetrans = -1
	}
}

// packetDelayed is tcp_packet_delayed: the ACK's timestamp says that it
// answers the first copy (Eifel detection, RFC 3522).
func (sk *Sock) packetDelayed() bool {
	if sk.retransStamp != 0 && sk.rx.sawTstamp && sk.rx.rcvTsecr != 0 {
		return before(sk.rx.rcvTsecr-sk.tsoffset, sk.retransStamp)
	}
	return sk.retransStamp == 0 && sk.State != core.TCPSynSent
}

func (sk *Sock) mayUndo() bool {
	return sk.undoMarker != 0 && (sk.undoRetrans == 0 || sk.packetDelayed())
}

// undoCwndReduction is tcp_undo_cwnd_reduction.
func (sk *Sock) undoCwndReduction(unmark bool) {
	if unmark {
		for b := sk.rtx.Front(); b != nil; b = b.Next() {
			b.CB.Sacked &^= cbLost
		}
		sk.lostOut = 0
	}
	if sk.priorSsthresh != 0 {
		sk.sndCwnd = int32(sk.ca.undoCwnd(sk))
		if sk.priorSsthresh > sk.sndSsthresh {
			sk.sndSsthresh = sk.priorSsthresh
		}
	}
	sk.sndCwndStamp = sk.jiffies()
	sk.undoMarker = 0
	sk.rack.advanced = true
}

// nonSackPreventingReopen is tcp_is_non_sack_preventing_reopen (RFC 6582 §4).
func (sk *Sock) nonSackPreventingReopen() bool {
	if sk.sndUna == sk.highSeq && sk.isReno() {
		if !sk.anyRetransDone() {
			sk.retransStamp = 0
		}
		return true
	}
	return false
}

// tryUndoRecovery is tcp_try_undo_recovery: all that was in flight when
// recovery began is acknowledged.
func (sk *Sock) tryUndoRecovery() bool {
	defer sk.NS.In(step.TcpTryUndoRecovery, &sk.Sock).Out()
	ns := sk.NS
	ns.Why(step.WhyRecovered)
	if sk.mayUndo() {
		sk.undoCwndReduction(false)
		if sk.caState == CALoss {
			ns.Inc(step.TcpExtTCPLossUndo)
		} else {
			ns.Inc(step.TcpExtTCPFullUndo)
		}
		ns.Why(step.WhyUndone, uint64(sk.sndCwnd))
	} else if sk.rack.reoPersist > 0 {
		sk.rack.reoPersist--
	}
	if sk.nonSackPreventingReopen() {
		return true
	}
	sk.setCAState(CAOpen)
	sk.isSackReneg = false
	return false
}

// tryUndoDsack is tcp_try_undo_dsack.
func (sk *Sock) tryUndoDsack() bool {
	if sk.undoMarker == 0 || sk.undoRetrans != 0 {
		return false
	}
	sk.rack.reoPersist = min(16, sk.rack.reoPersist+1)
	sk.undoCwndReduction(false)
	sk.NS.Inc(step.TcpExtTCPDSACKUndo)
	return true
}

// tryUndoLoss is tcp_try_undo_loss: the timeout was spurious.
func (sk *Sock) tryUndoLoss(frto bool) bool {
	if !frto && !sk.mayUndo() {
		return false
	}
	sk.undoCwndReduction(true)
	sk.NS.Inc(step.TcpExtTCPLossUndo)
	if frto {
		sk.NS.Inc(step.TcpExtTCPSpuriousRTOs)
	}
	sk.retransmits = 0
	if sk.nonSackPreventingReopen() {
		return true
	}
	if frto || !sk.isReno() {
		sk.setCAState(CAOpen)
		sk.isSackReneg = false
	}
	return true
}

// tryUndoPartial is tcp_try_undo_partial.
func (sk *Sock) tryUndoPartial(priorUna uint32) bool {
	if sk.undoMarker == 0 || !sk.packetDelayed() {
		return false
	}
	sk.checkSackReordering(priorUna, true)
	if sk.retransOut > 0 {
		return true
	}
	if !sk.anyRetransDone() {
		sk.retransStamp = 0
	}
	sk.undoCwndReduction(true)
	sk.NS.Inc(step.TcpExtTCPPartialUndo)
	sk.tryKeepOpen()
	return false
}

// initCwndReduction is tcp_init_cwnd_reduction.
func (sk *Sock) initCwndReduction() {
	sk.highSeq = sk.sndNxt
	sk.tlpHighSeq = 0
	sk.sndCwndCnt = 0
	sk.priorCwnd = sk.sndCwnd
	sk.prrDelivered, sk.prrOut = 0, 0
	sk.sndSsthresh = int32(sk.ca.ssthresh(sk))
}

// cwndReduction is tcp_cwnd_reduction: proportional rate reduction (RFC 6937):
// send in proportion to what is delivered, down to ssthresh.
func (sk *Sock) cwndReduction(acked, lost, flag int) {
	if acked <= 0 || sk.priorCwnd == 0 {
		return
	}
	n := 0
	delta := int(sk.sndSsthresh) - sk.packetsInFlight()
	sk.prrDelivered += int32(acked)
	if delta < 0 {
		n = (int(sk.sndSsthresh)*int(sk.prrDelivered)+int(sk.priorCwnd)-1)/int(sk.priorCwnd) - int(sk.prrOut)
	} else {
		n = max(int(sk.prrDelivered-sk.prrOut), acked)
		if flag&flagSndUnaAdvanced != 0 && lost == 0 {
			n++
		}
		n = min(delta, n)
	}
	if sk.prrOut == 0 {
		n = max(n, 1)
	} else {
		n = max(n, 0)
	}
	sk.sndCwnd = int32(sk.packetsInFlight() + n)
}

// endCwndReduction is tcp_end_cwnd_reduction.
func (sk *Sock) endCwndReduction() {
	if sk.sndSsthresh < infiniteSsthresh && (sk.caState == CACWR || sk.undoMarker != 0) {
		sk.sndCwnd = sk.sndSsthresh
		sk.sndCwndStamp = sk.jiffies()
	}
	sk.ca.cwndEvent(sk, caEventCompleteCWR)
}

// enterCWR is tcp_enter_cwr: less, without a loss (the device refused, or ECN).
func (sk *Sock) enterCWR() {
	sk.priorSsthresh = 0
	if sk.caState < CACWR {
		sk.undoMarker = 0
		sk.initCwndReduction()
		sk.setCAState(CACWR)
	}
}

// tryKeepOpen is tcp_try_keep_open: Disorder when something is out of order.
func (sk *Sock) tryKeepOpen() {
	s := uint8(CAOpen)
	if sk.leftOut() > 0 || sk.anyRetransDone() {
		s = CADisorder
	}
	if sk.caState != s {
		sk.setCAState(s)
		sk.highSeq = sk.sndNxt
	}
}

// tryToOpen is tcp_try_to_open.
func (sk *Sock) tryToOpen(flag int) {
	if !sk.anyRetransDone() {
		sk.retransStamp = 0
	}
	if flag&flagECE != 0 {
		sk.enterCWR()
	}
	if sk.caState != CACWR {
		sk.tryKeepOpen()
	}
}

// enterRecovery is tcp_enter_recovery.
func (sk *Sock) enterRecovery(ece bool) {
	defer sk.NS.In(step.TcpEnterRecovery, &sk.Sock).Out()
	ns := sk.NS
	if !sk.anyRetransDone() {
		sk.retransStamp = 0
	}
	if sk.isReno() {
		ns.Inc(step.TcpExtTCPRenoRecovery)
	} else {
		ns.Inc(step.TcpExtTCPSackRecovery)
	}
	sk.priorSsthresh = 0
	sk.initUndo()
	if !sk.inCwndReduction() {
		if !ece {
			sk.priorSsthresh = int32(sk.currentSsthresh())
		}
		sk.initCwndReduction()
	}
	ns.Why(step.WhyRecovery, uint64(sk.lostOut), uint64(sk.sackedOut), uint64(sk.sndSsthresh))
	sk.setCAState(CARecovery)
}

// checkSackReneging is tcp_check_sack_reneging (RFC 2018 §8).
func (sk *Sock) checkSackReneging(flag *int) bool {
	if *flag&flagSackReneging == 0 || *flag&flagSndUnaAdvanced == 0 {
		return false
	}
	d := max(sim.Time(sk.srttUs>>4)*sim.Microsecond, 10*sim.Millisecond)
	sk.resetTimer(timeRetrans, d)
	*flag &^= flagSetXmitTimer
	return true
}

// identifyLoss is tcp_identify_packet_loss.
func (sk *Sock) identifyLoss(flag *int) {
	if sk.rtx.Front() == nil {
		return
	}
	if sk.isReno() {
		sk.newrenoMarkLost(*flag&flagSndUnaAdvanced != 0)
		return
	}
	prior := int(sk.retransOut)
	if sk.rackMarkLost() {
		*flag &^= flagSetXmitTimer
	}
	if prior > int(sk.retransOut) {
		*flag |= flagLostRetrans
	}
}

// timeToRecover is tcp_time_to_recover.
func (sk *Sock) timeToRecover() bool { return sk.lostOut > 0 }

// fastretransAlert is tcp_fastretrans_alert: something is odd about this ACK.
// Which state are we in, and what does it mean there?
func (sk *Sock) fastretransAlert(priorUna uint32, dups int, flagp, rexmit *int, rs *rateSample) {
	defer sk.NS.In(step.TcpFastretransAlert, &sk.Sock).Out()
	sk.NS.Why(step.WhyAlert, uint64(sk.sackedOut), uint64(sk.lostOut), uint64(sk.caState))
	flag := *flagp
	ece := flag&flagECE != 0
	if sk.packetsOut == 0 && sk.sackedOut > 0 {
		sk.sackedOut = 0
	}
	if ece {
		sk.priorSsthresh = 0
	}
	if sk.checkSackReneging(flagp) {
		return
	}
	if sk.caState == CAOpen {
		sk.retransStamp = 0
	} else if !before(sk.sndUna, sk.highSeq) {
		switch sk.caState {
		case CACWR:
			if sk.sndUna != sk.highSeq {
				sk.endCwndReduction()
				sk.setCAState(CAOpen)
			}
		case CARecovery:
			if sk.isReno() {
				sk.resetRenoSack()
			}
			if sk.tryUndoRecovery() {
				return
			}
			sk.endCwndReduction()
		}
	}
	switch sk.caState {
	case CARecovery:
		if flag&flagSndUnaAdvanced == 0 {
			if sk.isReno() {
				sk.addRenoSack(dups)
			}
		} else if sk.tryUndoPartial(priorUna) {
			return
		}
		if sk.tryUndoDsack() {
			sk.tryToOpen(flag)
		}
		sk.identifyLoss(flagp)
		if sk.caState != CARecovery {
			if !sk.timeToRecover() {
				return
			}
			sk.enterRecovery(ece)
		}
		*rexmit = 1
		return
	case CALoss:
		sk.processLoss(flag, dups, rexmit)
		sk.identifyLoss(flagp)
		if sk.caState != CAOpen && *flagp&flagLostRetrans == 0 {
			return
		}
	}
	if sk.isReno() {
		if flag&flagSndUnaAdvanced != 0 {
			sk.resetRenoSack()
		}
		sk.addRenoSack(dups)
	}
	if sk.caState <= CADisorder {
		sk.tryUndoDsack()
	}
	sk.identifyLoss(flagp)
	if !sk.timeToRecover() {
		sk.tryToOpen(flag)
		return
	}
	sk.enterRecovery(ece)
	*rexmit = 1
}

// processLoss is tcp_process_loss: an ACK after a timeout. F-RTO (RFC 5682)
// sends new data to find out whether the timeout was spurious.
func (sk *Sock) processLoss(flag, dups int, rexmit *int) {
	recovered := !before(sk.sndUna, sk.highSeq)
	if flag&flagSndUnaAdvanced != 0 && sk.tryUndoLoss(false) {
		return
	}
	if sk.frto {
		if flag&flagOrigSackAcked != 0 && sk.tryUndoLoss(true) {
			return
		}
		if after(sk.sndNxt, sk.highSeq) {
			if flag&flagDataSacked != 0 || dups > 0 {
				sk.frto = false
			}
		} else if flag&flagSndUnaAdvanced != 0 && !recovered {
			sk.highSeq = sk.sndNxt
			if sk.write.Front() != nil && after(sk.wndEnd(), sk.sndNxt) {
				*rexmit = 2
				return
			}
			sk.frto = false
		}
	}
	if recovered {
		sk.tryUndoRecovery()
		return
	}
	if sk.isReno() {
		if after(sk.sndNxt, sk.highSeq) && dups > 0 {
			sk.addRenoSack(dups)
		} else if flag&flagSndUnaAdvanced != 0 {
			sk.resetRenoSack()
		}
	}
	*rexmit = 1
}
