package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Events of a congestion control (enum tcp_ca_event).
const (
	caEventTxStart     = iota // first transmit when no packets in flight
	caEventCwndRestart        // congestion window restart
	caEventCompleteCWR        // end of congestion recovery
	caEventLoss               // loss timeout
	caEventEcnNoCE            // ECT set, but not CE marked
	caEventEcnIsCE            // received CE marked IP packet
)

// Flags of in_ack_event (CA_ACK_*).
const (
	caAckSlowpath  = 1
	caAckWinUpdate = 2
	caAckECE       = 4
)

// congOps is struct tcp_congestion_ops. An implementation has no state of its
// own: what it keeps is in the Sock. caDefaults gives what the kernel's table
// may leave out.
type congOps interface {
	name() string
	id() congID
	flags() uint8
	init(sk *Sock)
	ssthresh(sk *Sock) int
	congAvoid(sk *Sock, ack uint32, acked int)
	setState(sk *Sock, state uint8)
	cwndEvent(sk *Sock, ev int)
	inAckEvent(sk *Sock, flags int)
	undoCwnd(sk *Sock) int
	pktsAcked(sk *Sock, n int, rttUs int64)
	// minTSOSegs is min_tso_segs; 0: tcp_min_tso_segs.
	minTSOSegs(sk *Sock) int
	// congControl is cong_control, if the flag caControl is set: it decides
	// everything that an ACK does to the window and the pacing rate.
	congControl(sk *Sock, ack uint32, flag int, rs *rateSample)
	// sndbufExpand is the factor of tcp_sndbuf_expand.
	sndbufExpand() int
	ccInfo(sk *Sock) CCInfo
}

// Flags of a congestion control (TCP_CONG_*); caControl says that it has
// cong_control.
const (
	caNeedsECN = 2
	caControl  = 4
)

// caDefaults is what a table leaves out.
type caDefaults struct{}

func (caDefaults) flags() uint8                                { return 0 }
func (caDefaults) init(*Sock)                                  {}
func (caDefaults) setState(*Sock, uint8)                       {}
func (caDefaults) cwndEvent(*Sock, int)                        {}
func (caDefaults) inAckEvent(*Sock, int)                       {}
func (caDefaults) pktsAcked(*Sock, int, int64)                 {}
func (caDefaults) minTSOSegs(*Sock) int                        { return 0 }
func (caDefaults) congAvoid(*Sock, uint32, int)                {}
func (caDefaults) congControl(*Sock, uint32, int, *rateSample) {}
func (caDefaults) sndbufExpand() int                           { return 2 }
func (caDefaults) ccInfo(*Sock) CCInfo                         { return CCInfo{} }

// caNeedsECN is tcp_ca_needs_ecn.
func (sk *Sock) caNeedsECN() bool { return sk.ca.flags()&caNeedsECN != 0 }

// caHasControl reports whether the table has cong_control.
func (sk *Sock) caHasControl() bool { return sk.ca.flags()&caControl != 0 }

// setCwnd is tcp_snd_cwnd_set.
func (sk *Sock) setCwnd(n int) { sk.sndCwnd = int32(n) }

// initCwndOf is tcp_init_cwnd: the route's, or ten segments (RFC 6928).
func (sk *Sock) initCwndOf() int {
	if d := sk.DstCache; d != nil && d.InitCwnd != 0 {
		return d.InitCwnd
	}
	return initCwnd
}

// slowStart is tcp_slow_start (RFC 5681 §3.1): cwnd grows by what is
// acknowledged. It returns what is left over above ssthresh.
func (sk *Sock) slowStart(acked int) int {
	c := min(int(sk.sndCwnd)+acked, int(sk.sndSsthresh))
	acked -= c - int(sk.sndCwnd)
	sk.NS.Why(step.WhySlowStart, uint64(sk.sndCwnd), uint64(c))
	sk.setCwnd(min(c, int(sk.sndCwndClamp)))
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
	if sk.sysctl().TCPSlowStartAfterIdle != 0 && sim.Time(int32(sk.jiffies()-sk.sndCwndStamp))*sim.Jiffy >= sk.rto && !sk.caHasControl() {
		sk.cwndApplicationLimited()
	}
	// The program has nothing more in the queue and waits for room in a send
	// buffer that is too small.
	if sk.write.Front() == nil && sk.NoSpace && sk.stateIn(stConnected) {
		sk.chronoStart(chronoSndbuf)
	}
}

// cwndApplicationLimited is tcp_cwnd_application_limited.
func (sk *Sock) cwndApplicationLimited() {
	defer sk.NS.In(step.TcpCwndApplicationLimited, &sk.Sock).Out()
	if sk.caState == CAOpen && !sk.NoSpace {
		win := max(int(sk.sndCwndUsed), sk.initCwndOf())
		if old := int(sk.sndCwnd); win < old {
			sk.sndSsthresh = int32(sk.currentSsthresh())
			sk.setCwnd((old + win) >> 1)
			sk.NS.Why(step.WhyCwndAppLimited, uint64(old), uint64(win), uint64(sk.sndCwnd), uint64(sk.sndSsthresh))
		}
		sk.sndCwndUsed = 0
	}
	sk.sndCwndStamp = sk.jiffies()
}

// slowStartAfterIdleCheck is tcp_slow_start_after_idle_check.
func (sk *Sock) slowStartAfterIdleCheck() {
	if sk.sysctl().TCPSlowStartAfterIdle == 0 || sk.packetsOut > 0 || sk.caHasControl() {
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
	c, restart := int(sk.sndCwnd), min(sk.initCwndOf(), int(sk.sndCwnd))
	for d -= sk.rto; d > 0 && c > restart; d -= sk.rto {
		c >>= 1
	}
	sk.setCwnd(max(c, restart))
	sk.NS.Why(step.WhyIdleRestart, uint64(int32(sk.jiffies()-sk.lsndtime))*uint64(sim.Jiffy), uint64(sk.sndCwnd))
	sk.sndCwndStamp, sk.sndCwndUsed = sk.jiffies(), 0
}

// congControl is tcp_cong_control: what this ACK does to the window.
func (sk *Sock) congControl(ack uint32, acked, flag int, rs *rateSample) {
	if sk.caHasControl() {
		sk.ca.congControl(sk, ack, flag, rs)
		return
	}
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

// inAckEvent is tcp_in_ack_event.
func (sk *Sock) inAckEvent(flag int) {
	f := 0
	if flag&flagWinUpdate != 0 {
		f |= caAckWinUpdate
	}
	if flag&flagSlowpath != 0 {
		f |= caAckSlowpath
		if flag&flagECE != 0 {
			f |= caAckECE
		}
	}
	sk.ca.inAckEvent(sk, f)
}

// initCongestion is tcp_init_congestion_control.
func (sk *Sock) initCongestion() {
	defer sk.NS.In(step.TcpInitCongestionControl, &sk.Sock).Out()
	sk.priorSsthresh = 0
	sk.ca.init(sk)
	sk.ectFor(sk.ca)
	sk.caInitialized = true
	sk.NS.Why(step.WhyCongBegin, sk.ca.id().chars(), uint64(sk.sndCwnd))
}

// ectFor sets whether packets that are no data may be marked: INET_ECN_xmit for
// a congestion control that needs it, else INET_ECN_dontxmit.
func (sk *Sock) ectFor(ca congOps) {
	if ca.flags()&caNeedsECN != 0 {
		sk.ecnXmit()
	} else {
		sk.ecnDontxmit()
	}
}

// assignCongestion is tcp_assign_congestion_control: the namespace's default.
func (sk *Sock) assignCongestion() {
	ca := congByName(sk.sysctl().TCPCongestionControl)
	if ca == nil {
		ca = reno{}
	}
	sk.ca = ca
	sk.clearCongPriv()
	sk.ectFor(ca)
}

// caOpenreqChild is tcp_ca_openreq_child: the route's choice, the program's,
// or the host's default of now.
func (sk *Sock) caOpenreqChild() {
	if !sk.caSetsockopt {
		sk.assignCongestion()
	}
	sk.setCAState(CAOpen)
}

// clearCongPriv zeroes icsk_ca_priv.
func (sk *Sock) clearCongPriv() {
	sk.cubic = cubicState{}
	sk.caPriv = nil
}

// SetCongestion is setsockopt(TCP_CONGESTION): tcp_set_congestion_control with
// CAP_NET_ADMIN. ENOENT: the host has none of that name.
func (sk *Sock) SetCongestion(name string) core.Errno {
	sk.Lock()
	defer sk.Release(sk.NS)
	return sk.setCongestion(name)
}

// setCongestion is tcp_set_congestion_control.
func (sk *Sock) setCongestion(name string) core.Errno {
	defer sk.NS.In(step.TcpSetCongestionControl, &sk.Sock).Out()
	ns := sk.NS
	ca := congByName(name)
	if ca == nil {
		ns.Why(step.WhyCongUnknown)
		return step.ENOENT
	}
	loadCong(ns.Machine, ca.id())
	if ca == sk.ca {
		ns.Why(step.WhyCongSame, ca.id().chars())
		sk.caSetsockopt = true
		return 0
	}
	// tcp_reinit_congestion_control
	ns.Why(step.WhyCongChosen, ca.id().chars())
	sk.ca, sk.caSetsockopt = ca, true
	sk.clearCongPriv()
	sk.ectFor(ca)
	if sk.State != core.TCPClose && sk.State != core.TCPListen {
		sk.initCongestion()
	}
	return 0
}

// Congestion is getsockopt(TCP_CONGESTION).
func (sk *Sock) Congestion() string { return sk.ca.name() }
