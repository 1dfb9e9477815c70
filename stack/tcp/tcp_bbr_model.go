package tcp

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// The second half of net/ipv4/tcp_bbr.c: what BBR learns from each ACK.

// bbrRecoverOrRestore is bbr_set_cwnd_to_recover_or_restore. It reports true
// while a first round of loss repair sends no more than arrives.
func (sk *Sock) bbrRecoverOrRestore(rs *rateSample, acked int) (cwnd uint32, conserve bool) {
	b := sk.bbrPriv()
	prev, state := b.prevCAState, sk.caState
	cwnd = uint32(sk.sndCwnd)
	if rs.losses > 0 {
		cwnd = uint32(max(int32(cwnd)-int32(rs.losses), 1))
	}
	flight := uint32(sk.packetsInFlight() + acked)
	if state == CARecovery && prev != CARecovery {
		b.packetConservation = true
		b.nextRttDelivered = uint32(sk.delivered)
		cwnd = flight
	} else if prev >= CARecovery && state < CARecovery {
		cwnd = max(cwnd, b.priorCwnd)
		b.packetConservation = false
		sk.NS.Why(step.WhyBbrRestore, uint64(sk.sndCwnd), uint64(cwnd))
	}
	b.prevCAState = state
	if b.packetConservation {
		return max(cwnd, flight), true
	}
	return cwnd, false
}

// bbrSetCwnd is bbr_set_cwnd.
func (sk *Sock) bbrSetCwnd(rs *rateSample, acked int, bw, gain uint32) {
	defer sk.NS.In(step.BbrSetCwnd, &sk.Sock).Out()
	b := sk.bbrPriv()
	cwnd, old := uint32(sk.sndCwnd), uint64(uint32(sk.sndCwnd))
	if acked != 0 {
		c, conserve := sk.bbrRecoverOrRestore(rs, acked)
		cwnd = c
		if conserve {
			sk.NS.Why(step.WhyBbrConserve, old, uint64(cwnd))
		} else {
			target := sk.bbrQuantization(sk.bbrBdp(bw, gain) + sk.bbrAckAggregation())
			if b.fullBwReached {
				cwnd = min(cwnd+uint32(acked), target)
			} else if cwnd < target || sk.delivered < initCwnd {
				cwnd += uint32(acked)
			}
			cwnd = max(cwnd, bbrCwndMinTarget)
			sk.NS.Why(step.WhyBbrCwnd, uint64(b.mode), uint64(bw)*uint64(sk.mssCache)*1000000>>bwScale, uint64(b.minRttUs)*1000, uint64(target), old, uint64(cwnd))
		}
	}
	sk.setCwnd(int(min(cwnd, uint32(sk.sndCwndClamp))))
	if b.mode == bbrProbeRTT {
		sk.setCwnd(min(int(sk.sndCwnd), bbrCwndMinTarget))
	}
}

// bbrNextPhase is bbr_is_next_cycle_phase.
func (sk *Sock) bbrNextPhase(rs *rateSample) bool {
	b := sk.bbrPriv()
	full := usDelta(sk.deliveredMstamp, b.cycleMstamp) > b.minRttUs
	if b.pacingGain == bbrUnit {
		return full
	}
	inflight, bw := sk.bbrInNetAtEDT(uint32(rs.priorInFlight)), b.bw.get()
	if b.pacingGain > bbrUnit {
		return full && (rs.losses != 0 || inflight >= sk.bbrInflight(bw, b.pacingGain))
	}
	return full || inflight <= sk.bbrInflight(bw, bbrUnit)
}

// bbrAdvancePhase is bbr_advance_cycle_phase.
func (sk *Sock) bbrAdvancePhase() {
	b := sk.bbrPriv()
	b.cycleIdx = (b.cycleIdx + 1) & (bbrCycleLen - 1)
	b.cycleMstamp = sk.deliveredMstamp
}

// bbrUpdateCyclePhase is bbr_update_cycle_phase.
func (sk *Sock) bbrUpdateCyclePhase(rs *rateSample) {
	if sk.bbrPriv().mode == bbrProbeBW && sk.bbrNextPhase(rs) {
		sk.bbrAdvancePhase()
	}
}

// bbrResetProbeBW is bbr_reset_probe_bw_mode: the cycle begins at a random
// place, so that flows do not try for more all at once.
func (sk *Sock) bbrResetProbeBW() {
	b := sk.bbrPriv()
	b.mode = bbrProbeBW
	b.cycleIdx = uint8(bbrCycleLen - 1 - bbrRandom(sk.NS.Machine, bbrCycleRand))
	sk.bbrAdvancePhase()
}

// bbrResetMode is bbr_reset_mode.
func (sk *Sock) bbrResetMode() {
	if b := sk.bbrPriv(); !b.fullBwReached {
		b.mode = bbrStartup
	} else {
		sk.bbrResetProbeBW()
	}
}

// bbrResetLtInterval is bbr_reset_lt_bw_sampling_interval.
func (sk *Sock) bbrResetLtInterval() {
	b := sk.bbrPriv()
	b.ltLastStamp = uint32(sk.deliveredMstamp / 1000)
	b.ltLastDelivered, b.ltLastLost = uint32(sk.delivered), uint32(sk.lost)
	b.ltRttCnt = 0
}

// bbrResetLt is bbr_reset_lt_bw_sampling.
func (sk *Sock) bbrResetLt() {
	b := sk.bbrPriv()
	b.ltBw, b.ltUseBw, b.ltIsSampling = 0, false, false
	sk.bbrResetLtInterval()
}

// bbrLtIntervalDone is bbr_lt_bw_interval_done: are two intervals alike?
func (sk *Sock) bbrLtIntervalDone(bw uint32) {
	b := sk.bbrPriv()
	if b.ltBw != 0 {
		diff := max(bw, b.ltBw) - min(bw, b.ltBw)
		if diff*bbrUnit <= bbrLtBwRatio*b.ltBw || sk.bbrRate(uint64(diff), bbrUnit) <= bbrLtBwDiff {
			b.ltBw = (bw + b.ltBw) >> 1
			b.ltUseBw = true
			b.pacingGain = bbrUnit
			b.ltRttCnt = 0
			sk.NS.Why(step.WhyBbrPoliced, uint64(b.ltBw)*uint64(sk.mssCache)*1000000>>bwScale)
			return
		}
	}
	b.ltBw = bw
	sk.bbrResetLtInterval()
}

// bbrLtSampling is bbr_lt_bw_sampling: a token bucket on the path shows as the
// same rate with many losses, interval after interval.
func (sk *Sock) bbrLtSampling(rs *rateSample) {
	defer sk.NS.In(step.BbrLtBwSampling, &sk.Sock).Out()
	b := sk.bbrPriv()
	if b.ltUseBw {
		if b.mode == bbrProbeBW && b.roundStart {
			if b.ltRttCnt++; b.ltRttCnt >= bbrLtBwMaxRtts {
				sk.bbrResetLt()
				sk.bbrResetProbeBW()
			}
		}
		return
	}
	if !b.ltIsSampling {
		if rs.losses == 0 {
			return
		}
		sk.bbrResetLtInterval()
		b.ltIsSampling = true
	}
	if rs.isAppLimited {
		sk.bbrResetLt()
		return
	}
	if b.roundStart {
		b.ltRttCnt = (b.ltRttCnt + 1) & 0x7f
	}
	if b.ltRttCnt < bbrLtMinRtts {
		return
	}
	if b.ltRttCnt > 4*bbrLtMinRtts {
		sk.bbrResetLt()
		return
	}
	if rs.losses == 0 {
		return
	}
	lost, delivered := uint32(sk.lost)-b.ltLastLost, uint32(sk.delivered)-b.ltLastDelivered
	if delivered == 0 || lost<<bbrScale < bbrLtLoss*delivered {
		return
	}
	t := uint32(sk.deliveredMstamp/1000) - b.ltLastStamp
	if int32(t) < 1 {
		return
	}
	if t >= ^uint32(0)/1000 {
		sk.bbrResetLt()
		return
	}
	sk.bbrLtIntervalDone(uint32(uint64(delivered) * bwUnit / uint64(t*1000)))
}

// bbrUpdateBw is bbr_update_bw.
func (sk *Sock) bbrUpdateBw(rs *rateSample) {
	defer sk.NS.In(step.BbrUpdateBw, &sk.Sock).Out()
	b := sk.bbrPriv()
	b.roundStart = false
	if rs.delivered < 0 || rs.intervalUs <= 0 {
		return
	}
	if !before(rs.priorDelivered, b.nextRttDelivered) {
		b.nextRttDelivered = uint32(sk.delivered)
		b.rttCnt++
		b.roundStart = true
		b.packetConservation = false
	}
	sk.bbrLtSampling(rs)
	bw := uint64(rs.delivered) * bwUnit / uint64(rs.intervalUs)
	if rs.isAppLimited && bw < uint64(b.bw.get()) {
		sk.NS.Why(step.WhyBbrAppLimited, uint64(rs.delivered), uint64(rs.intervalUs)*1000)
		return
	}
	b.bw.max(bbrBwRtts, b.rttCnt, uint32(bw))
	sk.NS.Why(step.WhyBbrBw, uint64(rs.delivered), uint64(rs.intervalUs)*1000, uint64(b.bw.get())*uint64(sk.mssCache)*1000000>>bwScale)
}

// bbrUpdateAckAggregation is bbr_update_ack_aggregation: ACKs that come in
// heaps need more in flight.
func (sk *Sock) bbrUpdateAckAggregation(rs *rateSample) {
	b := sk.bbrPriv()
	if rs.ackedSacked <= 0 || rs.delivered < 0 || rs.intervalUs <= 0 {
		return
	}
	if b.roundStart {
		b.extraAckedWinRtts = min(0x1f, b.extraAckedWinRtts+1)
		if b.extraAckedWinRtts >= bbrExtraAckedWinRtts {
			b.extraAckedWinRtts = 0
			b.extraAckedWinIdx ^= 1
			b.extraAcked[b.extraAckedWinIdx] = 0
		}
	}
	epoch := usDelta(sk.deliveredMstamp, b.ackEpochMstamp)
	expected := uint32(uint64(sk.bbrBw()) * uint64(epoch) / bwUnit)
	if b.ackEpochAcked <= expected || b.ackEpochAcked+uint32(rs.ackedSacked) >= bbrAckEpochReset {
		b.ackEpochAcked = 0
		b.ackEpochMstamp = sk.deliveredMstamp
		expected = 0
	}
	b.ackEpochAcked = min(0xfffff, b.ackEpochAcked+uint32(rs.ackedSacked))
	extra := min(b.ackEpochAcked-expected, uint32(sk.sndCwnd))
	if extra > uint32(b.extraAcked[b.extraAckedWinIdx]) {
		b.extraAcked[b.extraAckedWinIdx] = uint16(extra)
	}
}

// bbrCheckFullBw is bbr_check_full_bw_reached.
func (sk *Sock) bbrCheckFullBw(rs *rateSample) {
	b := sk.bbrPriv()
	if b.fullBwReached || !b.roundStart || rs.isAppLimited {
		return
	}
	bw := b.bw.get()
	if bw >= uint32(uint64(b.fullBw)*bbrFullBwThresh>>bbrScale) {
		b.fullBw, b.fullBwCnt = bw, 0
		return
	}
	b.fullBwCnt = (b.fullBwCnt + 1) & 3
	if b.fullBwReached = b.fullBwCnt >= bbrFullBwCnt; b.fullBwReached {
		sk.NS.Why(step.WhyBbrFull, uint64(bw)*uint64(sk.mssCache)*1000000>>bwScale)
	}
}

// bbrCheckDrain is bbr_check_drain.
func (sk *Sock) bbrCheckDrain() {
	b := sk.bbrPriv()
	if b.mode == bbrStartup && b.fullBwReached {
		b.mode = bbrDrain
		sk.sndSsthresh = int32(sk.bbrInflight(b.bw.get(), bbrUnit))
	}
	if b.mode == bbrDrain && sk.bbrInNetAtEDT(uint32(sk.packetsInFlight())) <= sk.bbrInflight(b.bw.get(), bbrUnit) {
		sk.bbrResetProbeBW()
	}
}

// bbrCheckProbeRttDone is bbr_check_probe_rtt_done.
func (sk *Sock) bbrCheckProbeRttDone() {
	defer sk.NS.In(step.BbrCheckProbeRttDone, &sk.Sock).Out()
	b := sk.bbrPriv()
	if b.probeRttDoneStamp == 0 || !after(sk.jiffies(), b.probeRttDoneStamp) {
		return
	}
	b.minRttStamp = sk.jiffies()
	sk.setCwnd(int(max(uint32(sk.sndCwnd), b.priorCwnd)))
	sk.NS.Why(step.WhyBbrProbeRttEnd, uint64(sk.sndCwnd))
	sk.bbrResetMode()
}

// bbrUpdateMinRtt is bbr_update_min_rtt.
func (sk *Sock) bbrUpdateMinRtt(rs *rateSample) {
	b := sk.bbrPriv()
	now := sk.jiffies()
	expired := after(now, b.minRttStamp+bbrMinRttWin)
	if rs.rttUs >= 0 && (rs.rttUs < int64(b.minRttUs) || expired && !rs.isAckDelayed) {
		b.minRttUs, b.minRttStamp = uint32(rs.rttUs), now
	}
	if expired && !b.idleRestart && b.mode != bbrProbeRTT {
		b.mode = bbrProbeRTT
		sk.bbrSaveCwnd()
		b.probeRttDoneStamp = 0
		sk.NS.Why(step.WhyBbrProbeRtt, uint64(b.minRttUs)*1000)
	}
	if b.mode == bbrProbeRTT {
		sk.markAppLimited()
		if b.probeRttDoneStamp == 0 && sk.packetsInFlight() <= bbrCwndMinTarget {
			b.probeRttDoneStamp = now + uint32(bbrProbeRttMs*sim.HZ/1000)
			b.probeRttRoundDone = false
			b.nextRttDelivered = uint32(sk.delivered)
		} else if b.probeRttDoneStamp != 0 {
			if b.roundStart {
				b.probeRttRoundDone = true
			}
			if b.probeRttRoundDone {
				sk.bbrCheckProbeRttDone()
			}
		}
	}
	if rs.delivered > 0 {
		b.idleRestart = false
	}
}

// bbrUpdateGains is bbr_update_gains.
func (sk *Sock) bbrUpdateGains() {
	b := sk.bbrPriv()
	switch b.mode {
	case bbrStartup:
		b.pacingGain, b.cwndGain = bbrHighGain, bbrHighGain
	case bbrDrain:
		b.pacingGain, b.cwndGain = bbrDrainGain, bbrHighGain
	case bbrProbeBW:
		b.pacingGain, b.cwndGain = bbrGain(b.cycleIdx), bbrCwndGain
		if b.ltUseBw {
			b.pacingGain = bbrUnit
		}
	case bbrProbeRTT:
		b.pacingGain, b.cwndGain = bbrUnit, bbrUnit
	}
}
