package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Pacing: packets leave one after another at a rate, not in bursts. TCP does it
// with a timer of its own when a congestion control or a program wants it and
// no fq queueing discipline below does it.

// Who paces (enum sk_pacing).
const (
	pacingNone   = 0 // SK_PACING_NONE
	pacingNeeded = 1 // SK_PACING_NEEDED: TCP's own timer
	pacingFQ     = 2 // SK_PACING_FQ: the queueing discipline
)

// noRate is ~0UL: as fast as possible.
const noRate = ^uint64(0)

// pacingShift is sk_pacing_shift: a packet of many segments holds about a
// millisecond's worth (2^10 µs).
func (sk *Sock) pacingShift() uint { return 10 }

// maxPacingRate is sk_max_pacing_rate, bytes a second.
func (sk *Sock) maxPacingRate() uint64 {
	if m := sk.more; m != nil && m.pacingCapped {
		return m.maxPacing
	}
	return noRate
}

// SetMaxPacingRate is setsockopt(SO_MAX_PACING_RATE), bytes a second; ^uint64(0)
// is no limit.
func (sk *Sock) SetMaxPacingRate(rate uint64) core.Errno {
	if rate != noRate && sk.pacingStatus == pacingNone {
		sk.pacingStatus = pacingNeeded
	}
	m := sk.setRare()
	m.maxPacing, m.pacingCapped = rate, true
	sk.pacingRate = min(sk.pacingRate, rate)
	return 0
}

// MaxPacingRate is getsockopt(SO_MAX_PACING_RATE).
func (sk *Sock) MaxPacingRate() uint64 { return sk.maxPacingRate() }

// PacingRate and PacedByFQ: see core.Pacer.
func (sk *Sock) PacingRate() uint64 { return sk.pacingRate }
func (sk *Sock) PacedByFQ()         { sk.pacingStatus = pacingFQ }

// updatePacingRate is tcp_update_pacing_rate: mss * cwnd / srtt, twice that in
// slow start and a fifth more later, so that the window can grow.
func (sk *Sock) updatePacingRate() {
	r := uint64(sk.mssCache) * (1000000 / 100 << 3)
	if int(sk.sndCwnd) < int(sk.sndSsthresh)/2 {
		r *= uint64(sk.sysctl().TCPPacingSSRatio)
	} else {
		r *= uint64(sk.sysctl().TCPPacingCARatio)
	}
	r *= uint64(max(sk.sndCwnd, sk.packetsOut))
	if sk.srttUs != 0 {
		r /= uint64(sk.srttUs)
	}
	sk.pacingRate = min(r, sk.maxPacingRate())
}

// updateAfterSend is tcp_update_skb_after_send: when may the next packet leave?
// The first ten segments of a connection are not paced.
func (sk *Sock) updateAfterSend(n int, prior sim.Time) {
	r := sk.pacingRate
	if sk.pacingStatus == pacingNone || r == noRate || r == 0 || sk.dataSegsOut < 10 {
		return
	}
	d := sim.Time(uint64(n) * uint64(sim.Second) / r)
	credit := sk.wstamp - prior
	d -= min(d/2, credit)
	sk.wstamp += d
}

// pacingCheck is tcp_pacing_check: true holds the next packet back until the
// timer kicks.
func (sk *Sock) pacingCheck() bool {
	if sk.pacingStatus != pacingNeeded || sk.wstamp <= sk.clockCache {
		return false
	}
	if !sk.pacingTimer.Pending() {
		sk.NS.Clock.Mod(rareTimer(&sk.pacingTimer), sk.wstamp, sk.tasks.pace())
	}
	sk.NS.Why(step.WhyPacingWait, sk.pacingRate, uint64(sk.wstamp-sk.clockCache))
	return true
}

// pacingDelay is tcp_pacing_delay: how long the next packet must wait still.
func (sk *Sock) pacingDelay() sim.Time {
	return max(sk.wstamp-sk.clockCache, 0)
}

// paceKick is tcp_pace_kick: the pause is over.
func (sk *Sock) paceKick() {
	defer sk.NS.In(step.TcpPaceKick, &sk.Sock).Out()
	sk.NS.Why(step.WhyPacingOver)
	if !sk.destroyed {
		sk.tsqHandler()
	}
}
