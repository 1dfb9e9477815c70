package tcp

import (
	"github.com/packetwalk/packetwalk/stack/step"
)

// initCwndReduction is tcp_init_cwnd_reduction.
func (sk *Sock) initCwndReduction() {
	sk.highSeq = sk.sndNxt
	sk.tlpHighSeq = 0
	sk.sndCwndCnt = 0
	sk.priorCwnd = sk.sndCwnd
	sk.prrDelivered, sk.prrOut = 0, 0
	sk.sndSsthresh = int32(sk.ca.ssthresh(sk))
	sk.ecnQueueCwrFlag()
	sk.NS.Why(step.WhyReductionBegins, uint64(sk.sndCwnd), uint64(sk.sndSsthresh))
}

// cwndReduction is tcp_cwnd_reduction: proportional rate reduction (RFC 6937).
// While more is in flight than the new threshold, send in proportion to what
// arrives, so that the window has shrunk after a round trip; below it, as much
// as arrives, and one more when the repair goes well.
func (sk *Sock) cwndReduction(acked, lost, flag int) {
	defer sk.NS.In(step.TcpCwndReduction, &sk.Sock).Out()
	ns := sk.NS
	if acked <= 0 || sk.priorCwnd == 0 {
		ns.Why(step.WhyPrrNothing, uint64(sk.sndCwnd))
		return
	}
	n, why := 0, step.WhyPrrDown
	delta := int(sk.sndSsthresh) - sk.packetsInFlight()
	sk.prrDelivered += int32(acked)
	if delta < 0 {
		n = (int(sk.sndSsthresh)*int(sk.prrDelivered)+int(sk.priorCwnd)-1)/int(sk.priorCwnd) - int(sk.prrOut)
	} else {
		why = step.WhyPrrUp
		n = max(int(sk.prrDelivered-sk.prrOut), acked)
		if flag&flagSndUnaAdvanced != 0 && lost == 0 {
			n++
		}
		n = min(delta, n)
	}
	// At the beginning one segment goes in any case: the fast retransmit.
	least := 0
	if sk.prrOut == 0 {
		least = 1
	}
	n = max(n, least)
	sk.setCwnd(sk.packetsInFlight() + n)
	ns.Why(why, uint64(sk.prrDelivered), uint64(sk.prrOut), uint64(sk.priorCwnd), uint64(sk.sndSsthresh), uint64(n))
}

// endCwndReduction is tcp_end_cwnd_reduction.
func (sk *Sock) endCwndReduction() {
	if sk.caHasControl() {
		return
	}
	if sk.sndSsthresh < infiniteSsthresh && (sk.caState == CACWR || sk.undoMarker != 0) {
		sk.NS.Why(step.WhyReductionEnds, uint64(sk.sndCwnd), uint64(sk.sndSsthresh))
		sk.setCwnd(int(sk.sndSsthresh))
		sk.sndCwndStamp = sk.jiffies()
	}
	sk.ca.cwndEvent(sk, caEventCompleteCWR)
}

// enterCWR is tcp_enter_cwr: less, without a loss (the device refused, or ECN).
func (sk *Sock) enterCWR() {
	defer sk.NS.In(step.TcpEnterCwr, &sk.Sock).Out()
	sk.priorSsthresh = 0
	if sk.caState >= CACWR {
		sk.NS.Why(step.WhyCwrAlready)
		return
	}
	sk.undoMarker = 0
	sk.initCwndReduction()
	sk.setCAState(CACWR)
	sk.NS.Why(step.WhyCwr, uint64(sk.sndCwnd), uint64(sk.sndSsthresh))
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
	sk.retransStampCleanup()
	if flag&flagECE != 0 {
		sk.enterCWR()
	}
	if sk.caState != CACWR {
		sk.tryKeepOpen()
	}
}
