package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read RFC 6298 and net/ipv4/tcp_timer.c. Timers live on the timer wheel: they
// fire at the next tick or later (sim.WheelExpiry).

// They lie within one another, so that a socket keeps one pointer for all.
type (
	writeTask  struct{ sk *Sock }
	delackTask struct{ in writeTask }
	keepTask   struct{ in delackTask }
	tsqTask    struct{ in keepTask }
	compTask   struct{ in tsqTask }
	sockTasks  struct{ comp compTask }
)

func (t *sockTasks) tsq() *tsqTask       { return &t.comp.in }
func (t *sockTasks) keep() *keepTask     { return &t.comp.in.in }
func (t *sockTasks) delack() *delackTask { return &t.comp.in.in.in }
func (t *sockTasks) write() *writeTask   { return &t.comp.in.in.in.in }

// inSoftirq runs a timer's function as a softirq does: what arrives meanwhile,
// over a device without a queue, waits until it has ended.
func inSoftirq(sk *Sock, f func(*Sock)) {
	ns := sk.NS
	ns.BHDisable()
	f(sk)
	ns.BHEnable()
}

// Run is tcp_write_timer.
func (t *writeTask) Run() { inSoftirq(t.sk, (*Sock).writeTimerExpired) }

// Run is tcp_delack_timer.
func (t *delackTask) Run() { inSoftirq(t.in.sk, (*Sock).delackTimerExpired) }

// Run is tcp_compressed_ack_kick.
func (t *compTask) Run() { inSoftirq(t.in.in.in.in.sk, (*Sock).compressedAckKick) }

// Run is tcp_keepalive_timer.
func (t *keepTask) Run() { inSoftirq(t.in.in.sk, (*Sock).keepaliveTimer) }

// Run is tcp_tsq_workfn: the device has given memory back.
func (t *tsqTask) Run() { inSoftirq(t.in.in.in.sk, (*Sock).tsqHandler) }

// modTimer is sk_reset_timer: arm a timer for a tick.
func (sk *Sock) modTimer(t *sim.Timer, at sim.Time, task sim.Task) {
	fire := sim.WheelExpiry(sk.now(), at)
	if t.Pending() && t.At == fire {
		return
	}
	sk.NS.Clock.Mod(t, fire, task)
}

// resetTimer is tcp_reset_xmit_timer: the write timer, d from now, waits for what.
func (sk *Sock) resetTimer(what uint8, d sim.Time) {
	d = min(d, rtoMax)
	sk.pending = what
	sk.timeout = sk.tick() + toJiffies(d)
	sk.modTimer(&sk.writeTimer, sk.timeout, sk.tasks.write())
}

// clearTimer is inet_csk_clear_xmit_timer(ICSK_TIME_RETRANS): the timer runs
// on, and finds nothing due.
func (sk *Sock) clearTimer() { sk.pending, sk.timeout = 0, 0 }

// rareTimer makes a timer that most sockets never arm when one first does.
func rareTimer(t **sim.Timer) *sim.Timer {
	if *t == nil {
		*t = new(sim.Timer)
	}
	return *t
}

// stopTimers is tcp_clear_xmit_timers.
func (sk *Sock) stopTimers() {
	c := sk.NS.Clock
	sk.pending, sk.ack.pending = 0, 0
	c.Stop(&sk.writeTimer)
	c.Stop(&sk.delackTimer)
	c.Stop(sk.keepTimer)
	c.Stop(sk.tsqTimer)
	c.Stop(sk.compTimer)
}

func (sk *Sock) writeTimerExpired() {
	defer sk.NS.In(step.TcpWriteTimer, &sk.Sock).Out()
	if sk.pending == 0 {
		return
	}
	if sk.OwnedByUser {
		sk.deferred |= deferWrite
		return
	}
	sk.writeTimerHandler()
}

// writeTimerHandler is tcp_write_timer_handler.
func (sk *Sock) writeTimerHandler() {
	defer sk.NS.In(step.TcpWriteTimerHandler, &sk.Sock).Out()
	ns := sk.NS
	if sk.stateIn(1<<core.TCPClose|1<<core.TCPListen) || sk.pending == 0 {
		return
	}
	if sk.timeout > sk.now() {
		ns.Why(step.WhyTimerEarly, uint64(sk.timeout))
		sk.modTimer(&sk.writeTimer, sk.timeout, sk.tasks.write())
		return
	}
	sk.mstampRefresh()
	if sk.T.Follow {
		ns.Why(step.WhyFollowTimer)
		sk.expect(ExpectTimer, uint16(sk.pending), sk.sndUna, sk.rcvNxt, 0)
		sk.pending = 0
		return
	}
	switch sk.pending {
	case timeReo:
		sk.rackReoTimeout()
	case timeLossProbe:
		sk.sendLossProbe()
	case timeRetrans:
		sk.pending = 0
		sk.retransmitTimer()
	case timeProbe0:
		sk.pending = 0
		sk.probeTimer()
	}
}

// delackTimerExpired is tcp_delack_timer.
func (sk *Sock) delackTimerExpired() {
	defer sk.NS.In(step.TcpDelackTimer, &sk.Sock).Out()
	ns := sk.NS
	if sk.ack.pending&ackTimer == 0 && sk.compressedAck == 0 {
		return
	}
	if sk.OwnedByUser {
		ns.Inc(step.TcpExtDelayedACKLocked)
		sk.deferred |= deferDelack
		return
	}
	sk.delackTimerHandler()
}

// delackTimerHandler is tcp_delack_timer_handler: no data came to carry the
// ACK. It goes alone, and in pingpong mode that mode ends.
func (sk *Sock) delackTimerHandler() {
	defer sk.NS.In(step.TcpDelackTimerHandler, &sk.Sock).Out()
	ns := sk.NS
	if sk.stateIn(1<<core.TCPClose | 1<<core.TCPListen) {
		return
	}
	if sk.compressedAck > 0 {
		sk.mstampRefresh()
		sk.sackCompressSendAck()
		return
	}
	if sk.ack.pending&ackTimer == 0 {
		return
	}
	if sk.ack.timeout > sk.now() {
		sk.modTimer(&sk.delackTimer, sk.ack.timeout, sk.tasks.delack())
		return
	}
	sk.ack.pending &^= ackTimer
	if !sk.ackScheduled() {
		return
	}
	if !sk.pingpongMode() {
		sk.ack.ato = min(sk.ack.ato<<1, sk.rto)
	} else {
		sk.exitPingpong()
		sk.ack.ato = atoMin
	}
	sk.mstampRefresh()
	sk.sendAck()
	ns.Inc(step.TcpExtDelayedACKs)
}

// writeErr is tcp_write_err: the connection is given up.
func (sk *Sock) writeErr() {
	sk.Err = sk.ErrSoft
	if sk.Err == 0 {
		sk.Err = step.ETIMEDOUT
	}
	sk.NS.Why(step.WhyTimedOut, uint64(sk.retransmits), uint64(sk.Err))
	sk.ErrorReport(sk.NS)
	sk.purgeWrite()
	sk.done()
	sk.NS.Inc(step.TcpExtTCPAbortOnTimeout)
}

// writeTimeout is tcp_write_timeout: have there been too many? tcp_retries2
// counts in time: that many timeouts, each twice as long as the one before,
// from the smallest RTO (RFC 1122 §4.2.3.5).
func (sk *Sock) writeTimeout() bool {
	defer sk.NS.In(step.TcpWriteTimeout, &sk.Sock).Out()
	sy := sk.sysctl()
	if sk.stateIn(1<<core.TCPSynSent | 1<<core.TCPSynRecv) {
		n := int(sk.rare().synRetries)
		if n == 0 {
			n = sy.TCPSynRetries
		}
		limit := n
		if sk.State == core.TCPSynSent {
			limit += sy.TCPSynLinear
		}
		if int(sk.retransmits) >= limit {
			sk.writeErr()
			return true
		}
		return false
	}
	if sk.retransmitsTimedOut(sy.TCPRetries1, 0) {
		sk.negativeAdvice()
	}
	until := sy.TCPRetries2
	if sk.Dead {
		alive := sk.rto < rtoMax
		until = sk.orphanRetries(alive)
		if !alive && sk.outOfResources(alive || !sk.retransmitsTimedOut(until, 0)) {
			return true
		}
	}
	if sk.retransmitsTimedOut(until, sk.rare().userTimeout) {
		sk.writeErr()
		return true
	}
	return false
}

// negativeAdvice is dst_negative_advice: the route may be bad; ask again.
func (sk *Sock) negativeAdvice() { sk.DstCache = nil }

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

// outOfResources is tcp_out_of_resources: too many orphans cost this one.
func (sk *Sock) outOfResources(doReset bool) bool {
	if sk.T.Orphans <= sk.sysctl().TCPMaxOrphans {
		return false
	}
	if doReset {
		sk.sendActiveReset(resetAbortOnMemory)
	}
	sk.done()
	sk.NS.Inc(step.TcpExtTCPAbortOnMemory)
	return true
}

// retransmitsTimedOut is retransmits_timed_out.
func (sk *Sock) retransmitsTimedOut(boundary int, timeout sim.Time) bool {
	if sk.retransmits == 0 {
		return false
	}
	if timeout == 0 {
		base := sk.rtoMinNow()
		if sk.stateIn(1<<core.TCPSynSent | 1<<core.TCPSynRecv) {
			base = timeoutInit
		}
		timeout = modelTimeout(boundary, base)
	}
	elapsed := sim.Time(uint32(sk.mstamp/1000)-sk.retransStamp) * sim.Millisecond
	return elapsed >= timeout-timeout%sim.Millisecond
}

// modelTimeout is tcp_model_timeout: how long that many doubling timeouts take.
func modelTimeout(boundary int, base sim.Time) sim.Time {
	thresh := 0
	for b := base << 1; b <= rtoMax; b <<= 1 {
		thresh++
	}
	if boundary <= thresh {
		return (2<<uint(boundary) - 1) * base
	}
	return (2<<uint(thresh)-1)*base + sim.Time(boundary-thresh)*rtoMax
}

// retransmitTimer is tcp_retransmit_timer: no ACK came in time. Everything
// that is in flight may be lost: back to one segment, and wait twice as long
// (RFC 6298 §5.4-5.6).
func (sk *Sock) retransmitTimer() {
	defer sk.NS.In(step.TcpRetransmitTimer, &sk.Sock).Out()
	ns := sk.NS
	if sk.packetsOut == 0 {
		return
	}
	b := sk.rtx.Front()
	if b == nil {
		return
	}
	sy := sk.sysctl()
	if sk.sndWnd == 0 && !sk.Dead && !sk.stateIn(1<<core.TCPSynSent|1<<core.TCPSynRecv) {
		// The peer shrank its window to nothing: probe, do not give up.
		if sim.Time(int32(sk.jiffies()-sk.rcvTstamp))*sim.Jiffy > 2*rtoMax {
			sk.writeErr()
			return
		}
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
	ns.Inc(step.TcpExtTcpTimeoutRehash) // sk_rethink_txhash: another hash may find another way (net.core.txrehash)
	if sk.retransmits == 0 {
		sk.countFailure()
	}
	sk.enterLoss()
	sk.retransmits++
	ns.Why(step.WhyRTO, uint64(sk.retransmits), uint64(sk.rto), uint64(b.Len()))
	if sk.retransmitSKB(b, 1) == step.ENOBUFS { // refused by the device's queue, not by a hook or a route
		sk.resetTimer(timeRetrans, resourceProbe)
		return
	}
	if sk.State == core.TCPSynSent && int(sk.retransmits) <= sy.TCPSynLinear {
		// The first few SYNs come at even distances (tcp_syn_linear_timeouts).
		sk.backoff = 0
		sk.resetTimer(timeRetrans, sk.rto)
		if sk.retransmitsTimedOut(sy.TCPRetries1+1, 0) {
			sk.negativeAdvice()
		}
		return
	}
	sk.backoffRTO()
	if sk.retransmitsTimedOut(sy.TCPRetries1+1, 0) {
		sk.negativeAdvice()
	}
}

// backoffRTO doubles the timeout and arms it.
func (sk *Sock) backoffRTO() {
	sk.backoff++
	if sk.State == core.TCPEstablished && sk.sysctl().TCPThinLinear != 0 && sk.packetsOut < 4 && !sk.inSlowStart() && sk.retransmits <= 6 {
		sk.backoff = 0
		sk.rto = sk.rtoFromRTT()
	} else if sk.State != core.TCPSynSent || int(sk.retransmits) > sk.sysctl().TCPSynLinear {
		sk.rto = min(sk.rto<<1, rtoMax)
	}
	sk.resetTimer(timeRetrans, sk.rto)
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
		sk.probesTstamp = sk.now()
	} else if sk.rare().userTimeout > 0 && sk.now()-sk.probesTstamp >= sk.rare().userTimeout {
		sk.writeErr()
		return
	}
	limit := sk.sysctl().TCPRetries2
	if sk.Dead {
		b := min(uint(sk.backoff), 20)
		alive := sk.rto<<b < rtoMax
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

// keepaliveTimer is tcp_keepalive_timer: also the end of an orphan's
// FIN_WAIT2 (RFC 9293 §3.8.4).
func (sk *Sock) keepaliveTimer() {
	defer sk.NS.In(step.TcpKeepaliveTimer, &sk.Sock).Out()
	ns := sk.NS
	if sk.OwnedByUser {
		sk.resetKeepalive(sim.Second / 20)
		return
	}
	if sk.State == core.TCPListen {
		return
	}
	sk.mstampRefresh()
	if sk.State == core.TCPFinWait2 && sk.Dead {
		if sk.rare().linger2 >= 0 {
			if t := sk.finTime() - timewaitLen; t > 0 {
				sk.timeWait(core.TCPFinWait2, t)
				return
			}
		}
		sk.sendActiveReset(resetState)
		sk.done()
		return
	}
	if !sk.KeepOpen || sk.stateIn(1<<core.TCPClose|1<<core.TCPSynSent) {
		return
	}
	if sk.T.Follow {
		return
	}
	idle := sk.keepIdleTime()
	if sk.packetsOut > 0 || sk.write.Front() != nil {
		sk.resetKeepalive(idle)
		return
	}
	e := sk.elapsedKeepalive()
	if e < idle {
		sk.resetKeepalive(idle - e)
		return
	}
	ns.Why(step.WhyKeepalive, uint64(e), uint64(sk.probesOut), uint64(sk.keepProbesMax()))
	if sk.rare().userTimeout != 0 && e >= sk.rare().userTimeout && sk.probesOut > 0 || sk.rare().userTimeout == 0 && int(sk.probesOut) >= sk.keepProbesMax() {
		sk.sendActiveReset(resetKeepaliveTimeout)
		sk.writeErr()
		return
	}
	next := resourceProbe
	if sk.writeWakeup(step.TcpExtTCPKeepAlive) <= 0 {
		sk.probesOut++
		next = sk.keepIntvlTime()
	}
	sk.resetKeepalive(next)
}

func (sk *Sock) keepIdleTime() sim.Time {
	if sk.rare().keepIdle != 0 {
		return sk.rare().keepIdle
	}
	return sim.Time(sk.sysctl().TCPKeepaliveTime) * sim.Second
}

func (sk *Sock) keepIntvlTime() sim.Time {
	if sk.rare().keepIntvl != 0 {
		return sk.rare().keepIntvl
	}
	return sim.Time(sk.sysctl().TCPKeepaliveIntvl) * sim.Second
}

func (sk *Sock) keepProbesMax() int {
	if sk.rare().keepProbes != 0 {
		return sk.rare().keepProbes
	}
	return sk.sysctl().TCPKeepaliveProbes
}

// elapsedKeepalive is keepalive_time_elapsed: since anything was received.
func (sk *Sock) elapsedKeepalive() sim.Time {
	now := sk.jiffies()
	return sim.Time(min(int32(now-sk.ack.lrcvtime), int32(now-sk.rcvTstamp))) * sim.Jiffy
}

// resetKeepalive is tcp_reset_keepalive_timer.
func (sk *Sock) resetKeepalive(d sim.Time) {
	sk.modTimer(rareTimer(&sk.keepTimer), sk.tick()+toJiffies(d), sk.tasks.keep())
}

// setKeepalive is tcp_set_keepalive (SO_KEEPALIVE).
func (sk *Sock) setKeepalive(on bool) {
	if sk.stateIn(1<<core.TCPClose | 1<<core.TCPListen) {
		return
	}
	if on && !sk.KeepOpen {
		sk.resetKeepalive(sk.keepIdleTime())
	} else if !on {
		sk.NS.Clock.Stop(sk.keepTimer)
	}
}

// finTime is tcp_fin_time: how long an orphan stays in FIN_WAIT2.
func (sk *Sock) finTime() sim.Time {
	t := sk.rare().linger2
	if t == 0 {
		t = sim.Time(sk.sysctl().TCPFinTimeout) * sim.Second
	}
	return max(t, sk.rto<<2-sk.rto>>1)
}
