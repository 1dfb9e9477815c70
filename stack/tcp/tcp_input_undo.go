package tcp

import "github.com/packetwalk/packetwalk/stack/step"

// Undo: segments were sent again, and it shows that they were only late. What
// was taken from the window is given back (Eifel, RFC 3522; D-SACK, RFC 3708).

// mayUndo is tcp_may_undo.
func (sk *Sock) mayUndo() bool {
	return sk.undoMarker != 0 && (sk.undoRetrans == 0 || sk.packetDelayed())
}

// whyUndo says what shows that a repair was not needed.
func (sk *Sock) whyUndo() {
	ns := sk.NS
	switch {
	case !ns.Listening():
	case sk.undoRetrans == 0:
		ns.Why(step.WhyUndoDsacked)
	case sk.retransStamp == 0:
		ns.Why(step.WhyUndoNothingSent)
	default:
		ns.Why(step.WhyUndoEifel, uint64(sk.rx.rcvTsecr), uint64(sk.retransStamp+sk.tsoffset))
	}
}

// undoCwndReduction is tcp_undo_cwnd_reduction.
func (sk *Sock) undoCwndReduction(unmark bool) {
	if unmark {
		for b := sk.rtx.Front(); b != nil; b = b.Next() {
			b.CB.Sacked &^= cbLost
		}
		sk.lostOut = 0
		sk.retransHint = nil
	}
	if sk.priorSsthresh != 0 {
		old := sk.sndCwnd
		sk.setCwnd(sk.ca.undoCwnd(sk))
		if sk.priorSsthresh > sk.sndSsthresh {
			sk.sndSsthresh = sk.priorSsthresh
			sk.ecnWithdrawCwr()
		}
		sk.NS.Why(step.WhyUndoCwnd, uint64(old), uint64(sk.sndCwnd), uint64(sk.sndSsthresh))
	}
	sk.sndCwndStamp = sk.jiffies()
	sk.undoMarker = 0
	sk.rack.advanced = true
}

// nonSackPreventingReopen is tcp_is_non_sack_preventing_reopen (RFC 6582 §4):
// without SACK the state holds until something above high_seq is acknowledged.
func (sk *Sock) nonSackPreventingReopen() bool {
	if sk.sndUna == sk.highSeq && sk.isReno() {
		sk.retransStampCleanup()
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
		sk.whyUndo()
		sk.undoCwndReduction(false)
		if sk.caState == CALoss {
			ns.Inc(step.TcpExtTCPLossUndo)
		} else {
			ns.Inc(step.TcpExtTCPFullUndo)
		}
		ns.Why(step.WhyUndone, uint64(sk.sndCwnd))
	} else if sk.rack.reoPersist != 0 {
		sk.rack.reoPersist--
	}
	if sk.nonSackPreventingReopen() {
		return true
	}
	sk.setCAState(CAOpen)
	sk.isSackReneg = false
	return false
}

// tryUndoDsack is tcp_try_undo_dsack: D-SACKs told that every copy was needless.
func (sk *Sock) tryUndoDsack() bool {
	if sk.undoMarker == 0 || sk.undoRetrans != 0 {
		return false
	}
	sk.undoDsack()
	return true
}

// undoDsack does it.
func (sk *Sock) undoDsack() {
	defer sk.NS.In(step.TcpTryUndoDsack, &sk.Sock).Out()
	sk.NS.Why(step.WhyUndoDsacked)
	sk.rack.reoPersist = min(rackRecoveryThresh, sk.rack.reoPersist+1)
	sk.undoCwndReduction(false)
	sk.NS.Inc(step.TcpExtTCPDSACKUndo)
}

// tryUndoLoss is tcp_try_undo_loss: the timeout was spurious.
func (sk *Sock) tryUndoLoss(frto bool) bool {
	defer sk.NS.In(step.TcpTryUndoLoss, &sk.Sock).Out()
	ns := sk.NS
	if !frto && !sk.mayUndo() {
		ns.Why(step.WhyUndoNot)
		return false
	}
	if frto {
		ns.Why(step.WhyFrtoSpurious)
	} else {
		sk.whyUndo()
	}
	sk.undoCwndReduction(true)
	ns.Inc(step.TcpExtTCPLossUndo)
	if frto {
		ns.Inc(step.TcpExtTCPSpuriousRTOs)
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

// tryUndoPartial is tcp_try_undo_partial: an ACK for a part of what was in
// flight, and it is for the original. It reports whether to wait.
func (sk *Sock) tryUndoPartial(priorUna uint32) bool {
	return sk.undoMarker != 0 && sk.packetDelayed() && sk.undoPartial(priorUna)
}

// undoPartial does it.
func (sk *Sock) undoPartial(priorUna uint32) bool {
	defer sk.NS.In(step.TcpTryUndoPartial, &sk.Sock).Out()
	sk.checkSackReordering(priorUna, true)
	if sk.retransOut > 0 {
		sk.NS.Why(step.WhyUndoWait, uint64(sk.retransOut))
		return true
	}
	sk.retransStampCleanup()
	sk.whyUndo()
	sk.undoCwndReduction(true)
	sk.NS.Inc(step.TcpExtTCPPartialUndo)
	sk.tryKeepOpen()
	return false
}
