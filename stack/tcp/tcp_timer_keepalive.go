package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Keepalive, and the end of an orphan's FIN_WAIT2.

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
	if u := sk.rare().userTimeout; u != 0 && e >= toJiffies(u) && sk.probesOut > 0 || u == 0 && int(sk.probesOut) >= sk.keepProbesMax() {
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
