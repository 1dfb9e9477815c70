package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// The retransmission timeout, and when to give up (RFC 6298 §5, RFC 1122
// §4.2.3.5). Read net/ipv4/tcp_timer.c before changing this file.

// rtoBase is TCP_RTO_MIN, what tcp_retries1 and tcp_retries2 are counted with.
const rtoBase = sim.Second / 5

// thinLinearRetries is TCP_THIN_LINEAR_RETRIES.
const thinLinearRetries = 6

// clampRtoToUserTimeout is tcp_clamp_rto_to_user_timeout: the timer also ends
// when the program's patience does (TCP_USER_TIMEOUT).
func (sk *Sock) clampRtoToUserTimeout() sim.Time {
	u := sk.rare().userTimeout
	if u == 0 {
		return sk.rto
	}
	left := u - sk.sinceRetrans(sk.retransStamp)
	if left <= 0 {
		return sim.Jiffy
	}
	d := min(sk.rto, toJiffies(left))
	sk.NS.Why(step.WhyUserTimeoutRtx, uint64(u), uint64(d))
	return d
}

// clampProbe0ToUserTimeout is tcp_clamp_probe0_to_user_timeout.
func (sk *Sock) clampProbe0ToUserTimeout(d sim.Time) sim.Time {
	u := sk.rare().userTimeout
	if u == 0 || sk.probesTstamp == 0 {
		return d
	}
	left := toJiffies(u) - max(0, sk.tick()-sk.probesTstamp)
	return min(max(left, 2*sim.Jiffy), d)
}

// sinceRetrans is how long ago a time stamp of the connection's clock is, which
// counts milliseconds.
func (sk *Sock) sinceRetrans(stamp uint32) sim.Time {
	return sim.Time(int32(uint32(sk.mstamp/1000)-stamp)) * sim.Millisecond
}

// writeErr is tcp_write_err: the connection is given up.
func (sk *Sock) writeErr() {
	e := sk.ErrSoft
	if e == 0 {
		e = step.ETIMEDOUT
	}
	sk.NS.Why(step.WhyTimedOut, uint64(sk.retransmits), uint64(e))
	sk.doneWithError(e)
	sk.NS.Inc(step.TcpExtTCPAbortOnTimeout)
}

// writeTimeout is tcp_write_timeout: have there been too many? tcp_retries2
// counts in time: that many timeouts, each twice as long as the one before,
// from the smallest RTO (RFC 1122 §4.2.3.5).
func (sk *Sock) writeTimeout() bool {
	defer sk.NS.In(step.TcpWriteTimeout, &sk.Sock).Out()
	sy := sk.sysctl()
	expired, until := false, 0
	if sk.stateIn(1<<core.TCPSynSent | 1<<core.TCPSynRecv) {
		if sk.retransmits > 0 {
			sk.negativeAdvice()
		}
		if until = int(sk.rare().synRetries); until == 0 {
			until = sy.TCPSynRetries
		}
		limit := until
		if sk.State == core.TCPSynSent {
			limit += sy.TCPSynLinear
		}
		expired = int(sk.retransmits) >= limit
	} else {
		if sk.retransmitsTimedOut(sy.TCPRetries1, 0) {
			sk.mtuProbing()
			sk.negativeAdvice()
		}
		until = sy.TCPRetries2
		if sk.Dead {
			alive := sk.rto < sk.rtoMaxNow()
			until = sk.orphanRetries(alive)
			if sk.outOfResources(alive || !sk.retransmitsTimedOut(until, 0)) {
				return true
			}
		}
	}
	expired = expired || sk.retransmitsTimedOut(until, sk.rare().userTimeout)
	sk.fastopenDetectBlackhole(expired)
	if expired {
		sk.writeErr()
		return true
	}
	sk.st.timeoutRehash++
	sk.NS.Inc(step.TcpExtTcpTimeoutRehash) // sk_rethink_txhash: another hash may find another way (net.core.txrehash)
	return false
}

// negativeAdvice is __dst_negative_advice: the route may be bad. With IPv4 it is
// asked for again only when something was learnt about it (ipv4_negative_advice:
// a redirect, a path MTU), with IPv6 unless it was learnt and still holds
// (ip6_negative_advice).
func (sk *Sock) negativeAdvice() {
	d := sk.DstCache
	if d == nil {
		return
	}
	again := d.Obsolete || d.Flags&core.RTCFRedirected != 0 || d.Expires != 0
	if !sk.Daddr.Is4() {
		again = d.Flags&core.DstException == 0 || d.Expires != 0 && sk.now() > d.Expires
	}
	if again {
		sk.DstCache = nil
	}
}

// orphanRetries is tcp_orphan_retries.
func (sk *Sock) orphanRetries(alive bool) int {
	n := sk.sysctl().TCPOrphanRetries
	if sk.ErrSoft != 0 && !alive {
		n = 0
	}
	if n == 0 && alive {
		n = 8
	}
	return n
}

// outOfResources is tcp_out_of_resources with tcp_check_oom: too many orphans
// cost this one, the sooner the longer it has been silent.
func (sk *Sock) outOfResources(doReset bool) bool {
	shift, idle := uint(0), sim.Time(int32(sk.jiffies()-sk.lsndtime))*sim.Jiffy
	if idle > 2*sk.rtoMaxNow() || !doReset {
		shift++
	}
	if sk.ErrSoft != 0 {
		shift++
	}
	limit := sk.sysctl().TCPMaxOrphans
	if sk.T.Orphans<<shift <= limit {
		return false
	}
	sk.NS.Why(step.WhyOrphanGone, uint64(sk.T.Orphans), uint64(limit))
	if idle <= timewaitLen || sk.sndWnd == 0 && sk.packetsOut == 0 {
		doReset = true
	}
	if doReset {
		sk.sendActiveReset(resetAbortOnMemory)
	}
	sk.done()
	sk.NS.Inc(step.TcpExtTCPAbortOnMemory)
	return true
}

// retransmitsTimedOut is retransmits_timed_out: has it taken as long as boundary
// timeouts, or as timeout if that is not 0?
func (sk *Sock) retransmitsTimedOut(boundary int, timeout sim.Time) bool {
	if sk.retransmits == 0 {
		return false
	}
	if timeout == 0 {
		base := rtoBase
		if sk.stateIn(1<<core.TCPSynSent | 1<<core.TCPSynRecv) {
			base = timeoutInit
		}
		timeout = modelTimeout(boundary, base, sk.rtoMaxNow())
	}
	return sk.sinceRetrans(sk.retransStamp) >= timeout-timeout%sim.Millisecond
}

// modelTimeout is tcp_model_timeout: how long that many doubling timeouts take,
// none longer than limit.
func modelTimeout(boundary int, base, limit sim.Time) sim.Time {
	thresh := 0
	for b := base << 1; b <= limit; b <<= 1 {
		thresh++
	}
	if boundary <= thresh {
		return (2<<uint(boundary) - 1) * base
	}
	return (2<<uint(thresh)-1)*base + sim.Time(boundary-thresh)*limit
}

// rtxProbe0TimedOut is tcp_rtx_probe0_timed_out: the other side took its window
// back; for how long may it answer and not open it?
func (sk *Sock) rtxProbe0TimedOut(since sim.Time) bool {
	timeout := 2 * sk.rtoMaxNow()
	if u := sk.rare().userTimeout; u != 0 {
		if since > u {
			return true
		}
		timeout = min(timeout, toJiffies(u))
	}
	if sim.Time(int32(sk.timeout.Jiffies()-sk.rcvTstamp))*sim.Jiffy <= timeout {
		return false
	}
	return toJiffies(since) > timeout
}

// retransmitTimer is tcp_retransmit_timer: no ACK came in time. Everything
// that is in flight may be lost: back to one segment, and wait twice as long
// (RFC 6298 §5.4-5.6).
func (sk *Sock) retransmitTimer() {
	defer sk.NS.In(step.TcpRetransmitTimer, &sk.Sock).Out()
	ns := sk.NS
	if r := sk.fastopenRsk(); r != nil {
		sk.synackTimer(r)
		return
	}
	b := sk.rtx.Front()
	if sk.packetsOut == 0 || b == nil {
		return
	}
	if sk.sndWnd == 0 && !sk.Dead && !sk.stateIn(1<<core.TCPSynSent|1<<core.TCPSynRecv) {
		// The peer shrank its window to nothing: probe, do not give up.
		since := sk.retransStamp
		if since == 0 {
			since = uint32(skbStamp(b) / 1000)
		}
		if sk.rtxProbe0TimedOut(sk.sinceRetrans(since)) {
			sk.writeErr()
			return
		}
		ns.Why(step.WhyZeroWindowRtx)
		sk.enterLoss()
		sk.retransmitSKB(b, 1)
		sk.DstCache = nil
		sk.backoffRTO()
		return
	}
	ns.Inc(step.TcpExtTCPTimeouts)
	if sk.writeTimeout() {
		return
	}
	if sk.retransmits == 0 {
		sk.countFailure()
	}
	sk.enterLoss()
	sk.updateRTOStats()
	ns.Why(step.WhyRTO, uint64(sk.retransmits), uint64(sk.rto), uint64(b.Len()))
	if sk.retransmitSKB(sk.rtx.Front(), 1) == step.ENOBUFS { // refused by the device's queue, not by a hook or a route
		sk.resetTimer(timeRetrans, resourceProbe)
		return
	}
	sk.backoffRTO()
}

// streamIsThin is tcp_stream_is_thin.
func (sk *Sock) streamIsThin() bool { return sk.packetsOut < 4 && sk.sndSsthresh < infiniteSsthresh }

// backoffRTO is tcp_retransmit_timer's end: it doubles the timeout and arms it.
func (sk *Sock) backoffRTO() {
	ns, sy := sk.NS, sk.sysctl()
	switch {
	case sk.State == core.TCPEstablished && (sy.TCPThinLinear != 0 || sk.rare().thinLTO) && sk.streamIsThin() && sk.retransmits <= thinLinearRetries:
		sk.backoff = 0
		sk.rto = min(max(sk.rtoFromRTT(), sk.rtoMinNow()), sk.rtoMaxNow())
		ns.Why(step.WhyThinStream, uint64(sk.rto))
	case sk.State != core.TCPSynSent || int(sk.st.totalRTO) > sy.TCPSynLinear:
		sk.backoff++
		sk.rto = min(sk.rto<<1, sk.rtoMaxNow())
		ns.Why(step.WhyBackoff, uint64(sk.rto))
	default:
		ns.Why(step.WhySynLinear, uint64(sk.rto), uint64(sy.TCPSynLinear))
	}
	sk.resetTimer(timeRetrans, sk.clampRtoToUserTimeout())
	if sk.retransmitsTimedOut(sy.TCPRetries1+1, 0) {
		sk.DstCache = nil
	}
}

// countFailure says which way of recovery the timeout put an end to.
func (sk *Sock) countFailure() {
	ns := sk.NS
	switch {
	case sk.caState == CARecovery && !sk.isReno():
		ns.Inc(step.TcpExtTCPSackRecoveryFail)
	case sk.caState == CARecovery:
		ns.Inc(step.TcpExtTCPRenoRecoveryFail)
	case sk.caState == CALoss:
		ns.Inc(step.TcpExtTCPLossFailures)
	case sk.caState == CADisorder || sk.sackedOut > 0:
		if !sk.isReno() {
			ns.Inc(step.TcpExtTCPSackFailures)
		} else {
			ns.Inc(step.TcpExtTCPRenoFailures)
		}
	}
}

// probeTimer is tcp_probe_timer: the peer's window is closed and data waits.
func (sk *Sock) probeTimer() {
	defer sk.NS.In(step.TcpProbeTimer, &sk.Sock).Out()
	if sk.packetsOut > 0 || sk.write.Front() == nil {
		sk.probesOut, sk.probesTstamp = 0, 0
		return
	}
	if sk.probesTstamp == 0 {
		sk.probesTstamp = sk.tick()
	} else if u := sk.rare().userTimeout; u != 0 && sk.tick()-sk.probesTstamp >= toJiffies(u) {
		sk.writeErr()
		return
	}
	limit := sk.sysctl().TCPRetries2
	if sk.Dead {
		most := sk.rtoMaxNow()
		alive := min(sk.rto<<min(uint(sk.backoff), 20), most) < most // inet_csk_rto_backoff
		limit = sk.orphanRetries(alive)
		if !alive && int(sk.backoff) >= limit {
			sk.writeErr()
			return
		}
		if sk.outOfResources(true) {
			return
		}
	}
	if int(sk.probesOut) >= limit {
		sk.writeErr()
		return
	}
	sk.sendProbe0()
}
