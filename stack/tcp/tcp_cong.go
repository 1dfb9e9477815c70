package tcp

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Events of a congestion control (enum tcp_ca_event).
const (
	caEventTxStart = iota
	caEventCwndRestart
	caEventCompleteCWR
	caEventLoss
)

// congOps is struct tcp_congestion_ops. An implementation has no state of its
// own: what it keeps is in the Sock.
type congOps interface {
	init(sk *Sock)
	ssthresh(sk *Sock) int
	congAvoid(sk *Sock, ack uint32, acked int)
	setState(sk *Sock, state uint8)
	cwndEvent(sk *Sock, ev int)
	undoCwnd(sk *Sock) int
	pktsAcked(sk *Sock, n int, rttUs int64)
}

// reno is tcp_reno (RFC 5681).
type reno struct{}

func (reno) init(*Sock)                  {}
func (reno) ssthresh(sk *Sock) int       { return max(int(sk.sndCwnd)>>1, 2) }
func (reno) setState(*Sock, uint8)       {}
func (reno) cwndEvent(*Sock, int)        {}
func (reno) pktsAcked(*Sock, int, int64) {}
func (reno) undoCwnd(sk *Sock) int       { return int(max(sk.sndCwnd, sk.priorCwnd)) }

// congAvoid is tcp_reno_cong_avoid.
func (reno) congAvoid(sk *Sock, _ uint32, acked int) {
	defer sk.NS.In(step.TcpRenoCongAvoid, &sk.Sock).Out()
	if !sk.cwndLimited() {
		sk.NS.Why(step.WhyCwndUnused, uint64(sk.sndCwnd))
		return
	}
	if sk.inSlowStart() {
		if acked = sk.slowStart(acked); acked == 0 {
			return
		}
	}
	sk.congAvoidAI(int(sk.sndCwnd), acked)
}

// slowStart is tcp_slow_start (RFC 5681 §3.1): cwnd grows by what is
// acknowledged. It returns what is left over above ssthresh.
func (sk *Sock) slowStart(acked int) int {
	c := min(int(sk.sndCwnd)+acked, int(sk.sndSsthresh))
	acked -= c - int(sk.sndCwnd)
	sk.NS.Why(step.WhySlowStart, uint64(sk.sndCwnd), uint64(c))
	sk.sndCwnd = int32(min(c, int(sk.sndCwndClamp)))
	return acked
}

// congAvoidAI is tcp_cong_avoid_ai: one segment more for every w acknowledged.
func (sk *Sock) congAvoidAI(w, acked int) {
	w = max(w, 1)
	if int(sk.sndCwndCnt) >= w {
		sk.sndCwndCnt = 0
		sk.sndCwnd++
	}
	sk.sndCwndCnt += int32(acked)
	if int(sk.sndCwndCnt) >= w {
		d := int(sk.sndCwndCnt) / w
		sk.sndCwndCnt -= int32(d * w)
		sk.sndCwnd += int32(d)
	}
	sk.sndCwnd = min(sk.sndCwnd, sk.sndCwndClamp)
	sk.NS.Why(step.WhyCongAvoid, uint64(sk.sndCwnd), uint64(sk.sndCwndCnt), uint64(w))
}

// currentSsthresh is tcp_current_ssthresh.
func (sk *Sock) currentSsthresh() int {
	if sk.inCwndReduction() {
		return int(sk.sndSsthresh)
	}
	return max(int(sk.sndSsthresh), int(sk.sndCwnd)>>1+int(sk.sndCwnd)>>2)
}

// cwndLimited is tcp_is_cwnd_limited.
func (sk *Sock) cwndLimited() bool {
	if sk.isCwndLimited {
		return true
	}
	return sk.inSlowStart() && int(sk.sndCwnd) < 2*int(sk.maxPacketsOut)
}

// cwndValidate is tcp_cwnd_validate (RFC 7661 in spirit): a window that is not
// used says nothing about the network.
func (sk *Sock) cwndValidate(limited bool) {
	if !before(sk.sndUna, sk.cwndUsageSeq) || limited || !sk.isCwndLimited && sk.packetsOut > sk.maxPacketsOut {
		sk.isCwndLimited = limited
		sk.maxPacketsOut = sk.packetsOut
		sk.cwndUsageSeq = sk.sndNxt
	}
	if sk.cwndLimited() {
		sk.sndCwndUsed = 0
		sk.sndCwndStamp = sk.jiffies()
		return
	}
	sk.sndCwndUsed = max(sk.sndCwndUsed, sk.packetsOut)
	if sk.sysctl().TCPSlowStartAfterIdle != 0 && sim.Time(int32(sk.jiffies()-sk.sndCwndStamp))*sim.Jiffy >= sk.rto {
		sk.cwndApplicationLimited()
	}
}

// cwndApplicationLimited is tcp_cwnd_application_limited.
func (sk *Sock) cwndApplicationLimited() {
	if sk.caState == CAOpen {
		win := int(max(sk.sndCwndUsed, initCwnd))
		if win < int(sk.sndCwnd) {
			sk.sndSsthresh = int32(sk.currentSsthresh())
			sk.sndCwnd = int32((int(sk.sndCwnd) + win) >> 1)
		}
		sk.sndCwndUsed = 0
	}
	sk.sndCwndStamp = sk.jiffies()
}

// slowStartAfterIdleCheck is tcp_slow_start_after_idle_check.
func (sk *Sock) slowStartAfterIdleCheck() {
	if sk.sysctl().TCPSlowStartAfterIdle == 0 || sk.packetsOut > 0 {
		return
	}
	if d := sim.Time(int32(sk.jiffies()-sk.lsndtime)) * sim.Jiffy; d > sk.rto {
		sk.cwndRestart(d)
	}
}

// cwndRestart is tcp_cwnd_restart (RFC 5681 §4.1): after d without sending, the
// window is halved for each RTO that went by.
func (sk *Sock) cwndRestart(d sim.Time) {
	defer sk.NS.In(step.TcpCwndRestart, &sk.Sock).Out()
	sk.ca.cwndEvent(sk, caEventCwndRestart)
	sk.sndSsthresh = int32(sk.currentSsthresh())
	c, restart := int(sk.sndCwnd), int(min(initCwnd, sk.sndCwnd))
	for d -= sk.rto; d > 0 && c > restart; d -= sk.rto {
		c >>= 1
	}
	sk.sndCwnd = int32(max(c, restart))
	sk.NS.Why(step.WhyIdleRestart, uint64(int32(sk.jiffies()-sk.lsndtime))*uint64(sim.Jiffy), uint64(sk.sndCwnd))
	sk.sndCwndStamp, sk.sndCwndUsed = sk.jiffies(), 0
}

// congControl is tcp_cong_control: what this ACK does to the window.
func (sk *Sock) congControl(ack uint32, acked, flag int, rs *rateSample) {
	if sk.inCwndReduction() {
		sk.cwndReduction(acked, rs.losses, flag)
	} else if sk.mayRaiseCwnd(flag) {
		sk.ca.congAvoid(sk, ack, acked)
		sk.sndCwndStamp = sk.jiffies()
	}
	sk.updatePacingRate()
}

// mayRaiseCwnd is tcp_may_raise_cwnd.
func (sk *Sock) mayRaiseCwnd(flag int) bool {
	if int(sk.reordering) > sk.sysctl().TCPReordering {
		return flag&flagForward != 0
	}
	return flag&flagDataAcked != 0
}

// updatePacingRate is tcp_update_pacing_rate: mss * cwnd / srtt, times 2 in
// slow start. Without fq below it decides the size of packets only.
func (sk *Sock) updatePacingRate() {
	r := uint64(sk.mssCache) * (1000000 << 3)
	if int(sk.sndCwnd) < int(sk.sndSsthresh)/2 {
		r = r * uint64(sk.sysctl().TCPPacingSSRatio) / 100
	} else {
		r = r * uint64(sk.sysctl().TCPPacingCARatio) / 100
	}
	r *= uint64(max(sk.sndCwnd, sk.packetsOut))
	if sk.srttUs != 0 {
		r /= uint64(sk.srttUs)
	}
	sk.pacingRate = r
}

// initCongestion is tcp_init_congestion_control.
func (sk *Sock) initCongestion() {
	sk.priorSsthresh = 0
	sk.caInitialized = true
	sk.ca.init(sk)
}

// caOpenreqChild is tcp_ca_openreq_child.
func (sk *Sock) caOpenreqChild() { sk.setCAState(CAOpen) }
