package tcp

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Loss recovery at the sender: RFC 5681, RFC 8985 (RACK), RFC 6937 (PRR), RFC
// 5682 (F-RTO), as tcp_input.c does it. The states are Open, Disorder, CWR,
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

// retransStampCleanup is tcp_retrans_stamp_cleanup.
func (sk *Sock) retransStampCleanup() {
	if !sk.anyRetransDone() {
		sk.retransStamp = 0
	}
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
	sk.setCwnd(sk.packetsInFlight() + 1)
	sk.sndCwndCnt = 0
	sk.sndCwndStamp = sk.jiffies()
	// Many duplicate ACKs and a timeout all the same: so much reordering there
	// is not.
	if r := sk.sysctl().TCPReordering; sk.caState <= CADisorder && int(sk.sackedOut) >= r {
		sk.reordering = int32(min(int(sk.reordering), r))
	}
	ns.Why(step.WhyLoss, uint64(sk.packetsOut), uint64(sk.sndSsthresh))
	sk.setCAState(CALoss)
	sk.highSeq = sk.sndNxt
	sk.tlpHighSeq = 0
	sk.ecnQueueCwrFlag()
	sk.frto = sk.sysctl().TCPFrto != 0 && (newRecovery || sk.retransmits > 0) && sk.mtupLook().probeSize == 0
	if sk.frto {
		ns.Why(step.WhyFrtoOn)
	}
}

// timeoutMarkLost is tcp_timeout_mark_lost.
func (sk *Sock) timeoutMarkLost() {
	defer sk.NS.In(step.TcpTimeoutMarkLost, &sk.Sock).Out()
	ns := sk.NS
	head := sk.rtx.Front()
	reneg := head != nil && head.CB.Sacked&cbSacked != 0
	if reneg {
		ns.Inc(step.TcpExtTCPSACKReneging)
		ns.Why(step.WhyReneging)
		sk.sackedOut = 0
		sk.isSackReneg = true
	} else if sk.isReno() {
		sk.resetRenoSack()
	}
	late := 0
	for b := head; b != nil; b = b.Next() {
		if reneg {
			b.CB.Sacked &^= cbSacked
		} else if b != head && sk.rackTimeout(b, 0) > 0 {
			late += b.CB.TSO // sent so lately that it may still be under way
			continue
		}
		sk.markLost(b)
	}
	ns.Why(step.WhyTimeoutMarked, uint64(sk.lostOut), uint64(late))
	sk.retransHint = nil
}

// initUndo is tcp_init_undo: from here on, count what is sent again, to be able
// to tell whether it was needed.
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

// enterRecovery is tcp_enter_recovery.
func (sk *Sock) enterRecovery(ece bool) {
	defer sk.NS.In(step.TcpEnterRecovery, &sk.Sock).Out()
	ns := sk.NS
	sk.retransStampCleanup()
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
	sk.waitReneging()
	*flag &^= flagSetXmitTimer
	return true
}

// waitReneging is its reaction.
func (sk *Sock) waitReneging() {
	defer sk.NS.In(step.TcpCheckSackReneging, &sk.Sock).Out()
	d := max(toJiffies(sim.Time(sk.srttUs>>4)*sim.Microsecond), toJiffies(10*sim.Millisecond))
	sk.NS.Why(step.WhyRenegingWait, uint64(d))
	sk.resetTimer(timeRetrans, d)
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
	prior := sk.retransOut
	if sk.rackMarkLost() {
		*flag &^= flagSetXmitTimer
	}
	if prior > sk.retransOut {
		*flag |= flagLostRetrans
	}
}

// timeToRecover is tcp_time_to_recover.
func (sk *Sock) timeToRecover() bool { return sk.lostOut != 0 }

// fastretransAlert is tcp_fastretrans_alert: something is odd about this ACK.
// Which state are we in, and what does it mean there? dups is how many
// duplicate ACKs it counts for.
func (sk *Sock) fastretransAlert(priorUna uint32, dups int, flagp, rexmit *int) {
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
	if sk.checkSackReneging(flagp) || sk.leaveState() {
		return
	}
	switch sk.caState {
	case CARecovery:
		if sk.inRecovery(priorUna, dups, flag, flagp, ece) {
			*rexmit = rexmitLost
		}
		return
	case CALoss:
		sk.processLoss(flag, dups, rexmit)
		if sk.caState != CALoss {
			sk.updateRTOTime()
		}
		sk.identifyLoss(flagp)
		if sk.caState != CAOpen && *flagp&flagLostRetrans == 0 {
			return
		}
	}
	if sk.isReno() {
		if flag&flagSndUnaAdvanced != 0 {
			sk.resetRenoSack()
		}
		sk.addRenoSack(dups, ece)
	}
	if sk.caState <= CADisorder {
		sk.tryUndoDsack()
	}
	sk.identifyLoss(flagp)
	if !sk.timeToRecover() {
		sk.tryToOpen(flag)
		return
	}
	if sk.mtupProbeLost() {
		return
	}
	sk.enterRecovery(ece)
	*rexmit = rexmitLost
}

// leaveState is its part D: everything that was in flight when the state began
// is acknowledged. It reports whether the state holds on all the same.
func (sk *Sock) leaveState() bool {
	if sk.caState == CAOpen {
		sk.retransStamp = 0
		return false
	}
	if before(sk.sndUna, sk.highSeq) {
		return false
	}
	switch sk.caState {
	case CACWR:
		// Held until something above high_seq is acknowledged, for the CWR bit.
		if sk.sndUna != sk.highSeq {
			sk.endCwndReduction()
			sk.setCAState(CAOpen)
		}
	case CARecovery:
		if sk.isReno() {
			sk.resetRenoSack()
		}
		if sk.tryUndoRecovery() {
			return true
		}
		sk.endCwndReduction()
	}
	return false
}

// inRecovery is its part for state Recovery. It reports whether what is lost may
// be sent again.
func (sk *Sock) inRecovery(priorUna uint32, dups, flag int, flagp *int, ece bool) bool {
	if flag&flagSndUnaAdvanced == 0 {
		if sk.isReno() {
			sk.addRenoSack(dups, ece)
		}
	} else if sk.tryUndoPartial(priorUna) {
		return false
	}
	if sk.tryUndoDsack() {
		sk.tryToOpen(flag)
	}
	sk.identifyLoss(flagp)
	if sk.caState != CARecovery {
		if !sk.timeToRecover() {
			return false
		}
		sk.enterRecovery(ece)
	}
	return true
}

// processLoss is tcp_process_loss: an ACK after a timeout. F-RTO (RFC 5682)
// sends new data to find out whether the timeout was spurious.
func (sk *Sock) processLoss(flag, dups int, rexmit *int) {
	defer sk.NS.In(step.TcpProcessLoss, &sk.Sock).Out()
	ns := sk.NS
	recovered := !before(sk.sndUna, sk.highSeq)
	if (flag&flagSndUnaAdvanced != 0 || sk.fastopenRsk() != nil) && sk.tryUndoLoss(false) {
		return
	}
	if sk.frto {
		if flag&flagOrigSackAcked != 0 && sk.tryUndoLoss(true) {
			return
		}
		if after(sk.sndNxt, sk.highSeq) {
			if flag&flagDataSacked != 0 || dups > 0 {
				ns.Why(step.WhyFrtoReal)
				sk.frto = false
			}
		} else if flag&flagSndUnaAdvanced != 0 && !recovered {
			sk.highSeq = sk.sndNxt
			if sk.write.Front() != nil && after(sk.wndEnd(), sk.sndNxt) {
				ns.Why(step.WhyFrtoNew)
				*rexmit = rexmitNew
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
			sk.addRenoSack(dups, flag&flagECE != 0)
		} else if flag&flagSndUnaAdvanced != 0 {
			sk.resetRenoSack()
		}
	}
	ns.Why(step.WhyLossPartial, uint64(sk.highSeq-sk.sndUna))
	*rexmit = rexmitLost
}
