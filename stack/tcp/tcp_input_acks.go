package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// When to acknowledge: at once, a little later, or several at a time (RFC 1122
// §4.2.3.2, RFC 5681 §4.2).

// eventDataRecv is tcp_event_data_recv: data came; learn its size and rhythm
// for the delayed ACK (RFC 5681 §4.2).
func (sk *Sock) eventDataRecv(b *core.SKB) {
	sk.scheduleAck()
	sk.measureRcvMSS(b)
	sk.rcvRttMeasure()
	now := sk.jiffies()
	if sk.ack.ato == 0 {
		// The first data: initial quick ACKs, sender is in slow start.
		sk.incrQuickack(maxQuickAcks)
		sk.ack.ato = atoMin
	} else {
		m := sim.Time(int32(now-sk.ack.lrcvtime)) * sim.Jiffy
		if m <= atoMin/2 {
			sk.ack.ato = halfTicks(sk.ack.ato) + atoMin/2
		} else if m < sk.ack.ato {
			sk.ack.ato = min(halfTicks(sk.ack.ato)+m, sk.rto)
		} else if m > sk.rto {
			// A long pause: the sender restarts slow start.
			sk.incrQuickack(maxQuickAcks)
		}
	}
	sk.ack.lrcvtime = now
	sk.ecnCheckCe(b)
	if b.Len() >= 128 {
		sk.growWindow(b, true)
	}
}

// halfTicks is half of a time that counts in ticks.
func halfTicks(t sim.Time) sim.Time { return t / sim.Jiffy / 2 * sim.Jiffy }

// incrQuickack is tcp_incr_quickack.
func (sk *Sock) incrQuickack(limit int) {
	n := int(sk.rcvWnd) / (2 * int(sk.ack.rcvMss))
	if n == 0 {
		n = 2
	}
	n = min(n, limit)
	if n > int(sk.ack.quick) {
		sk.ack.quick = uint8(n)
	}
}

// enterQuickack is tcp_enter_quickack_mode.
func (sk *Sock) enterQuickack(limit int) {
	sk.incrQuickack(limit)
	sk.exitPingpong()
	sk.ack.ato = atoMin
}

// inQuickack is tcp_in_quickack_mode.
func (sk *Sock) inQuickack() bool { return sk.ack.quick > 0 && !sk.pingpongMode() }

// ackSndCheck is tcp_ack_snd_check with __tcp_ack_snd_check: does what has
// arrived need an ACK now, later, or not at all?
func (sk *Sock) ackSndCheck() {
	defer sk.NS.In(step.TcpAckSndCheck, &sk.Sock).Out()
	ns := sk.NS
	if !sk.ackScheduled() {
		ns.Why(step.WhyNoAckOwed)
		return
	}
	full := sk.rcvNxt-sk.rcvWup > uint32(sk.ack.rcvMss)
	switch {
	case full && (sk.rcvNxt-sk.copiedSeq < uint32(sk.lowat()) || sk.newWindow() >= int(sk.rcvWnd)):
		ns.Why(step.WhyAckFull, uint64(sk.rcvNxt-sk.rcvWup), uint64(sk.ack.rcvMss))
		sk.ackAtOnce()
	case sk.inQuickack():
		ns.Why(step.WhyAckQuick, uint64(sk.ack.quick))
		sk.ackAtOnce()
	case sk.ack.pending&ackNow != 0:
		ns.Why(step.WhyAckNow)
		sk.ackAtOnce()
	case sk.ooo.Len() == 0:
		ns.Why(step.WhyAckLater)
		sk.sendDelayedAck()
	default:
		sk.ackOfo()
	}
}

// fastRetransThresh is TCP_FASTRETRANS_THRESH.
const fastRetransThresh = 3

// ackAtOnce sends an ACK; when the backlog is worked off, one at its end
// stands for all (tcp_backlog_ack_defer).
func (sk *Sock) ackAtOnce() {
	if sk.OwnedByUser && sk.sysctl().TCPBacklogAckDefer != 0 {
		sk.NS.Why(step.WhyAckDeferred)
		sk.deferred |= deferAck
		return
	}
	sk.sendAck()
}

// ackOfo is the part of __tcp_ack_snd_check for segments out of order. Three
// duplicate ACKs go at once, so that the other side learns of the loss (RFC
// 5681 §4.2); those after them are compressed into one, a part of the
// round-trip time later.
func (sk *Sock) ackOfo() {
	ns := sk.NS
	if sk.isReno() || int(sk.compressedAck) >= sk.sysctl().TCPCompSackNr {
		ns.Why(step.WhyAckOfo, uint64(sk.ooo.Len()))
		sk.sendAck()
		return
	}
	if sk.compressedRcvNxt != sk.rcvNxt {
		sk.compressedRcvNxt, sk.dupAcks = sk.rcvNxt, 0
	}
	if sk.dupAcks < fastRetransThresh {
		sk.dupAcks++
		ns.Why(step.WhyAckOfo, uint64(sk.ooo.Len()))
		sk.sendAck()
		return
	}
	sk.compressedAck++
	if sk.compTimer.Pending() {
		ns.Why(step.WhyAckCompressed, uint64(sk.compressedAck), uint64(max(0, sk.compTimer.At-sk.now())))
		return
	}
	rtt := sk.rcvRtt.rttUs
	if sk.srttUs > 0 && sk.srttUs < rtt {
		rtt = sk.srttUs
	}
	// 5 % of the round-trip time, which is kept in eighths of a µs. The timer
	// may be as late as its slack allows, and an idle CPU lets it be.
	d := min(sim.Time(sk.sysctl().TCPCompSackDelayNs), sim.Time(rtt)*(sim.Microsecond>>3)/20)
	d += sim.Time(sk.sysctl().TCPCompSackSlackNs)
	ns.Why(step.WhyAckCompressed, uint64(sk.compressedAck), uint64(d))
	ns.Clock.Mod(rareTimer(&sk.compTimer), sk.now()+d, sk.tasks.comp())
}

// compressedAckKick is tcp_compressed_ack_kick: one ACK for those that were
// saved.
func (sk *Sock) compressedAckKick() {
	defer sk.NS.In(step.TcpCompressedAckKick, &sk.Sock).Out()
	switch {
	case sk.OwnedByUser:
		sk.deferred |= deferDelack
	case sk.compressedAck > 0:
		sk.NS.Why(step.WhyAckKick, uint64(sk.compressedAck))
		sk.compressedAck--
		sk.mstampRefresh()
		sk.sendAck()
	}
}

// sackCompressSendAck is tcp_sack_compress_send_ack: the ACK that waits goes
// now.
func (sk *Sock) sackCompressSendAck() {
	if sk.compressedAck != 0 {
		sk.sendCompressed()
	}
}

// sendCompressed does it.
func (sk *Sock) sendCompressed() {
	defer sk.NS.In(step.TcpSackCompressSendAck, &sk.Sock).Out()
	ns := sk.NS
	ns.Why(step.WhyAckKick, uint64(sk.compressedAck))
	ns.Clock.Stop(sk.compTimer)
	ns.Add(step.TcpExtTCPAckCompressed, uint64(sk.compressedAck-1))
	sk.compressedAck = 0
	sk.sendAck()
}
