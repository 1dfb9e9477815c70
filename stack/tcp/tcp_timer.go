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
	paceTask   struct{ in compTask }
	sockTasks  struct{ paced paceTask }
)

func (t *sockTasks) pace() *paceTask     { return &t.paced }
func (t *sockTasks) comp() *compTask     { return &t.paced.in }
func (t *sockTasks) tsq() *tsqTask       { return &t.paced.in.in }
func (t *sockTasks) keep() *keepTask     { return &t.paced.in.in.in }
func (t *sockTasks) delack() *delackTask { return &t.paced.in.in.in.in }
func (t *sockTasks) write() *writeTask   { return &t.paced.in.in.in.in.in }

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

// Run is tcp_pace_kick.
func (t *paceTask) Run() { inSoftirq(t.in.in.in.in.in.sk, (*Sock).paceKick) }

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

// resetTimer is inet_csk_reset_xmit_timer: the write timer, d from now, waits for
// what.
func (sk *Sock) resetTimer(what uint8, d sim.Time) {
	d = min(d, sk.rtoMaxNow())
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
	c.Stop(sk.pacingTimer)
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
