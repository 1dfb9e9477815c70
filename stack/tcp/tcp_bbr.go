package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// BBR v1 (net/ipv4/tcp_bbr.c): instead of filling queues until something is
// lost, it measures what the path delivers and its shortest round trip, sends
// at that rate, and keeps about one product of the two in flight.

const (
	bwScale = 24 // bandwidths are packets a microsecond, times 2^24
	bwUnit  = 1 << bwScale

	bbrScale = 8 // gains are in 1/256
	bbrUnit  = 1 << bbrScale

	bbrBwRtts        = bbrCycleLen + 2
	bbrCycleLen      = 8
	bbrMinRttWin     = 10 * sim.HZ
	bbrProbeRttMs    = 200
	bbrMinTSORate    = 1200000
	bbrPacingMargin  = 1
	bbrHighGain      = bbrUnit*2885/1000 + 1
	bbrDrainGain     = bbrUnit * 1000 / 2885
	bbrCwndGain      = bbrUnit * 2
	bbrCycleRand     = 7
	bbrCwndMinTarget = 4
	bbrFullBwThresh  = bbrUnit * 5 / 4
	bbrFullBwCnt     = 3

	bbrLtMinRtts   = 4
	bbrLtLoss      = 50
	bbrLtBwRatio   = bbrUnit / 8
	bbrLtBwDiff    = 4000 / 8
	bbrLtBwMaxRtts = 48

	bbrExtraAckedGain    = bbrUnit
	bbrExtraAckedWinRtts = 5
	bbrAckEpochReset     = 1 << 20
	bbrExtraAckedMaxUs   = 100 * 1000
)

// What BBR does (enum bbr_mode).
const (
	bbrStartup  = iota // double the rate each round trip until the pipe is full
	bbrDrain           // let the queue of the startup run empty
	bbrProbeBW         // cruise, and now and then try for more
	bbrProbeRTT        // next to nothing in flight, to see the true round trip
)

// bbrGain is bbr_pacing_gain, at place i of the cycle.
func bbrGain(i uint8) uint32 {
	switch i {
	case 0:
		return bbrUnit * 5 / 4
	case 1:
		return bbrUnit * 3 / 4
	}
	return bbrUnit
}

// bbrState is struct bbr.
type bbrState struct {
	minRttUs, minRttStamp uint32
	probeRttDoneStamp     uint32
	bw                    minmax
	rttCnt                uint32
	nextRttDelivered      uint32
	cycleMstamp           int64
	mode, prevCAState     uint8
	packetConservation    bool
	roundStart            bool
	idleRestart           bool
	probeRttRoundDone     bool
	ltIsSampling, ltUseBw bool
	ltRttCnt              uint8
	ltBw                  uint32
	ltLastDelivered       uint32
	ltLastStamp           uint32 // ms
	ltLastLost            uint32
	pacingGain, cwndGain  uint32
	fullBwReached         bool
	fullBwCnt, cycleIdx   uint8
	hasSeenRtt            bool
	priorCwnd             uint32
	fullBw                uint32
	ackEpochMstamp        int64
	extraAcked            [2]uint16
	ackEpochAcked         uint32
	extraAckedWinRtts     uint8
	extraAckedWinIdx      uint8
}

// bbr is tcp_bbr_cong_ops.
type bbr struct{ caDefaults }

func (bbr) id() congID        { return congBBR }
func (bbr) flags() uint8      { return caControl }
func (bbr) sndbufExpand() int { return 3 }

// bbrPriv is inet_csk_ca.
func (sk *Sock) bbrPriv() *bbrState { return &sk.priv().bbr }

// init is bbr_init.
func (bbr) init(sk *Sock) {
	defer sk.NS.In(step.BbrInit, &sk.Sock).Out()
	sk.setPriv()
	b := sk.bbrPriv()
	*b = bbrState{}
	sk.sndSsthresh = infiniteSsthresh
	b.nextRttDelivered = uint32(sk.delivered)
	b.prevCAState = CAOpen
	b.minRttUs, b.minRttStamp = sk.minRtt.get(), sk.jiffies()
	b.bw.reset(0, 0)
	sk.bbrInitPacingRate()
	sk.bbrResetLt()
	b.mode = bbrStartup
	b.ackEpochMstamp = sk.mstamp
	if sk.pacingStatus == pacingNone {
		sk.pacingStatus = pacingNeeded
	}
	if sk.NS.Listening() {
		sk.NS.Why(step.WhyBbrBegin, uint64(sk.sndCwnd), uint64(max(sk.srttUs>>3, 1))*1000, sk.pacingRate)
	}
}

// ssthresh is bbr_ssthresh: a loss begins; keep the window for later.
func (bbr) ssthresh(sk *Sock) int {
	sk.bbrSaveCwnd()
	return int(sk.sndSsthresh)
}

// undoCwnd is bbr_undo_cwnd.
func (bbr) undoCwnd(sk *Sock) int {
	b := sk.bbrPriv()
	b.fullBw, b.fullBwCnt = 0, 0
	sk.bbrResetLt()
	return int(sk.sndCwnd)
}

// setState is bbr_set_state: after a timeout the search for the full pipe
// begins anew.
func (bbr) setState(sk *Sock, s uint8) {
	if s != CALoss || sk.caPriv == nil {
		return
	}
	b := sk.bbrPriv()
	b.prevCAState = CALoss
	b.fullBw = 0
	b.roundStart = true
	sk.bbrLtSampling(&rateSample{losses: 1})
}

// cwndEvent is bbr_cwnd_event: sending begins again after a pause in which the
// program had nothing to send.
func (bbr) cwndEvent(sk *Sock, ev int) {
	if ev != caEventTxStart || sk.appLimited == 0 || sk.caPriv == nil {
		return
	}
	b := sk.bbrPriv()
	b.idleRestart = true
	b.ackEpochMstamp, b.ackEpochAcked = sk.mstamp, 0
	switch b.mode {
	case bbrProbeBW:
		sk.bbrSetPacingRate(sk.bbrBw(), bbrUnit)
	case bbrProbeRTT:
		sk.bbrCheckProbeRttDone()
	}
}

// minTSOSegs is bbr_min_tso_segs.
func (bbr) minTSOSegs(sk *Sock) int {
	if sk.pacingRate < bbrMinTSORate>>3 {
		return 1
	}
	return 2
}

// ccInfo is bbr_get_info.
func (bbr) ccInfo(sk *Sock) CCInfo {
	b := sk.bbrPriv()
	bw := uint64(sk.bbrBw()) * uint64(sk.mssCache) * 1000000 >> bwScale
	return CCInfo{Kind: CCBBR, BBRBw: bw, BBRMinRTT: b.minRttUs, BBRPacingGain: b.pacingGain, BBRCwndGn: b.cwndGain}
}

// congControl is bbr_main.
func (bbr) congControl(sk *Sock, _ uint32, _ int, rs *rateSample) {
	defer sk.NS.In(step.BbrMain, &sk.Sock).Out()
	b := sk.bbrPriv()
	mode := b.mode
	// bbr_update_model
	sk.bbrUpdateBw(rs)
	sk.bbrUpdateAckAggregation(rs)
	sk.bbrUpdateCyclePhase(rs)
	sk.bbrCheckFullBw(rs)
	sk.bbrCheckDrain()
	sk.bbrUpdateMinRtt(rs)
	sk.bbrUpdateGains()
	if mode != b.mode {
		sk.NS.Why(step.WhyBbrMode, uint64(b.mode))
	}
	bw := sk.bbrBw()
	sk.bbrSetPacingRate(bw, b.pacingGain)
	sk.bbrSetCwnd(rs, rs.ackedSacked, bw, b.cwndGain)
	sk.NS.Why(step.WhyBbrRate, sk.pacingRate, uint64(b.pacingGain))
}

// bbrBw is bbr_bw: the estimated bandwidth, packets a microsecond times 2^24.
func (sk *Sock) bbrBw() uint32 {
	b := sk.bbrPriv()
	if b.ltUseBw {
		return b.ltBw
	}
	return b.bw.get()
}

// bbrRate is bbr_rate_bytes_per_sec.
func (sk *Sock) bbrRate(rate uint64, gain uint32) uint64 {
	rate *= uint64(sk.mssCache)
	rate *= uint64(gain)
	rate >>= bbrScale
	rate *= 1000000 / 100 * (100 - bbrPacingMargin)
	return rate >> bwScale
}

// bbrPacingRate is bbr_bw_to_pacing_rate.
func (sk *Sock) bbrPacingRate(bw uint64, gain uint32) uint64 {
	return min(sk.bbrRate(bw, gain), sk.maxPacingRate())
}

// bbrInitPacingRate is bbr_init_pacing_rate_from_rtt: high_gain * cwnd / RTT.
func (sk *Sock) bbrInitPacingRate() {
	b := sk.bbrPriv()
	rtt := uint64(1000)
	if sk.srttUs != 0 {
		rtt = uint64(max(sk.srttUs>>3, 1))
		b.hasSeenRtt = true
	}
	sk.pacingRate = sk.bbrPacingRate(uint64(uint32(sk.sndCwnd))*bwUnit/rtt, bbrHighGain)
}

// bbrSetPacingRate is bbr_set_pacing_rate.
func (sk *Sock) bbrSetPacingRate(bw, gain uint32) {
	b := sk.bbrPriv()
	rate := sk.bbrPacingRate(uint64(bw), gain)
	if !b.hasSeenRtt && sk.srttUs != 0 {
		sk.bbrInitPacingRate()
	}
	if b.fullBwReached || rate > sk.pacingRate {
		sk.pacingRate = rate
	}
}

// bbrTSOGoal is bbr_tso_segs_goal.
func (sk *Sock) bbrTSOGoal() uint32 {
	bytes := min(sk.pacingRate>>sk.pacingShift(), uint64(gsoMaxSize))
	segs := max(uint32(bytes/uint64(max(sk.mssCache, 1))), uint32(bbr{}.minTSOSegs(sk)))
	return min(segs, 0x7f)
}

// bbrSaveCwnd is bbr_save_cwnd: the last window known to be good.
func (sk *Sock) bbrSaveCwnd() {
	b := sk.bbrPriv()
	if b.prevCAState < CARecovery && b.mode != bbrProbeRTT {
		b.priorCwnd = uint32(sk.sndCwnd)
	} else {
		b.priorCwnd = max(b.priorCwnd, uint32(sk.sndCwnd))
	}
}

// bbrBdp is bbr_bdp: the product of bandwidth and round trip, times gain.
func (sk *Sock) bbrBdp(bw, gain uint32) uint32 {
	b := sk.bbrPriv()
	if b.minRttUs == ^uint32(0) {
		return initCwnd
	}
	w := uint64(bw) * uint64(b.minRttUs)
	return uint32((w*uint64(gain)>>bbrScale + bwUnit - 1) / bwUnit)
}

// bbrQuantization is bbr_quantization_budget: room for whole packets of many
// segments at both ends.
func (sk *Sock) bbrQuantization(cwnd uint32) uint32 {
	b := sk.bbrPriv()
	cwnd += 3 * sk.bbrTSOGoal()
	cwnd = (cwnd + 1) &^ 1
	if b.mode == bbrProbeBW && b.cycleIdx == 0 {
		cwnd += 2
	}
	return cwnd
}

// bbrInflight is bbr_inflight.
func (sk *Sock) bbrInflight(bw, gain uint32) uint32 {
	return sk.bbrQuantization(sk.bbrBdp(bw, gain))
}

// bbrInNetAtEDT is bbr_packets_in_net_at_edt: how much is still in the network
// when the next packet may leave.
func (sk *Sock) bbrInNetAtEDT(now uint32) uint32 {
	b := sk.bbrPriv()
	edt := max(sk.wstamp, sk.clockCache)
	delivered := uint32(uint64(sk.bbrBw()) * uint64((edt-sk.clockCache)/sim.Microsecond) >> bwScale)
	at := now
	if b.pacingGain > bbrUnit {
		at += sk.bbrTSOGoal()
	}
	if delivered >= at {
		return 0
	}
	return at - delivered
}

// bbrAckAggregation is bbr_ack_aggregation_cwnd.
func (sk *Sock) bbrAckAggregation() uint32 {
	b := sk.bbrPriv()
	if !b.fullBwReached {
		return 0
	}
	most := uint32(uint64(sk.bbrBw()) * bbrExtraAckedMaxUs / bwUnit)
	extra := uint32(max(b.extraAcked[0], b.extraAcked[1]))
	return min(bbrExtraAckedGain*extra>>bbrScale, most)
}

// bbrRandom is get_random_u32_below.
func bbrRandom(m *core.Machine, n uint32) uint32 { return m.Rand.Below(n) }
