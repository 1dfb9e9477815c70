package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

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
			sk.ack.ato = sk.ack.ato>>1/sim.Jiffy*sim.Jiffy + atoMin/2
		} else if m < sk.ack.ato {
			sk.ack.ato = min(sk.ack.ato>>1/sim.Jiffy*sim.Jiffy+m, sk.rto)
		} else if m > sk.rto {
			// A long pause: the sender restarts slow start.
			sk.incrQuickack(maxQuickAcks)
		}
	}
	sk.ack.lrcvtime = now
	if b.Len() >= 128 {
		sk.growWindow(b)
	}
}

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

// measureRcvMSS is tcp_measure_rcv_mss: guess the peer's segment size, and
// from memory against payload how much window the buffer is good for.
func (sk *Sock) measureRcvMSS(b *core.SKB) {
	lastSeg := int(sk.ack.lastSeg)
	sk.ack.lastSeg = 0
	n := b.GSOSize
	if n == 0 {
		n = b.Len()
	}
	if n >= int(sk.ack.rcvMss) {
		if n != int(sk.ack.rcvMss) && b.Truesize > 0 {
			r := max(b.Len()<<rmemToWinScale/b.Truesize, 1)
			old := int(sk.scalingRatio)
			sk.scalingRatio = int32(min(r, 255))
			if old != int(sk.scalingRatio) {
				sk.setWindowClamp(sk.winFromSpace(int(sk.RcvBuf)))
				sk.rcvq.space = min(sk.rcvq.space, sk.windowClamp)
			}
		}
		sk.ack.rcvMss = int32(min(n, int(sk.advmss)))
		if b.Len() > int(sk.ack.rcvMss) && b.CB.TCPFlags&fPsh != 0 {
			sk.ack.pending |= ackPushed
		}
		return
	}
	// A small segment: its full size with the header, when pushed.
	n += int(sk.headerLen)
	if n >= mssDefault+20 || n >= minMSS+20 && b.CB.TCPFlags&(fAck|fPsh|fFin|fSyn|fRst|fUrg) == fAck {
		n -= int(sk.headerLen)
		sk.ack.lastSeg = int32(n)
		if n == lastSeg {
			sk.ack.rcvMss = int32(n)
			return
		}
	}
	if sk.ack.pending&ackPushed != 0 {
		sk.ack.pending |= ackPushed2
	}
	sk.ack.pending |= ackPushed
}

// minRcvBuf is SOCK_MIN_RCVBUF, in bytes.
const minRcvBuf = 2304

// setWindowClamp is tcp_set_window_clamp: no window will be larger than n
// bytes. What has been offered already stays offered.
func (sk *Sock) setWindowClamp(n int) {
	old := int(sk.windowClamp)
	sk.windowClamp = int32(max(n, minRcvBuf/2))
	if int(sk.windowClamp) < old {
		sk.rcvSsthresh = min(sk.rcvSsthresh, sk.windowClamp)
	} else {
		sk.rcvSsthresh = int32(max(int(sk.rcvSsthresh), min(int(sk.rcvWnd), int(sk.windowClamp))))
	}
}

// growWindow is tcp_grow_window: rcv_ssthresh follows as long as segments are
// worth their memory.
func (sk *Sock) growWindow(b *core.SKB) {
	room := min(int(sk.windowClamp), sk.space()) - int(sk.rcvSsthresh)
	if room <= 0 {
		return
	}
	incr := 0
	if sk.winFromSpace(b.Truesize) <= b.Len() {
		incr = 2 * int(sk.advmss)
	} else {
		t := sk.winFromSpace(b.Truesize) >> 1
		for w := sk.winFromSpace(sk.sysctl().TCPRmem[2]) >> 1; int(sk.rcvSsthresh) <= w; w >>= 1 {
			if t <= b.Len() {
				incr = 2 * int(sk.ack.rcvMss)
				break
			}
			t >>= 1
		}
	}
	if incr > 0 {
		sk.rcvSsthresh += int32(min(room, max(incr, 2*b.Len())))
		sk.ack.quick |= 1
	}
}

// initBufferSpace is tcp_init_buffer_space.
func (sk *Sock) initBufferSpace() {
	if !sk.SndBufLocked {
		sk.sndbufExpand()
	}
	sk.mstampRefresh()
	sk.rcvq.time, sk.rcvq.seq = sk.mstamp, sk.copiedSeq
	maxwin := sk.fullSpace()
	appWin := uint(sk.sysctl().TCPAppWin)
	if int(sk.windowClamp) >= maxwin {
		sk.windowClamp = int32(maxwin)
		if appWin != 0 && maxwin > 4*int(sk.advmss) {
			sk.windowClamp = int32(max(maxwin-maxwin>>appWin, 4*int(sk.advmss)))
		}
	}
	if appWin != 0 && int(sk.windowClamp) > 2*int(sk.advmss) && int(sk.windowClamp+sk.advmss) > maxwin {
		sk.windowClamp = int32(max(2*int(sk.advmss), maxwin-int(sk.advmss)))
	}
	sk.rcvSsthresh = min(sk.rcvSsthresh, sk.windowClamp)
	sk.sndCwndStamp = sk.jiffies()
	sk.rcvq.space = int32(min(int(sk.rcvSsthresh), int(sk.rcvWnd), initCwnd*int(sk.advmss)))
}

// sndbufExpand is tcp_sndbuf_expand.
func (sk *Sock) sndbufExpand() {
	per := max(int(sk.mssCache), int(sk.rx.mssClamp), 536) + 320 + sizeofShinfo
	n := 1
	for n < per {
		n <<= 1
	}
	per = n + 512
	nr := int(max(initCwnd, sk.sndCwnd, sk.reordering+1))
	if m := 2 * nr * per; int(sk.SndBuf) < m {
		sk.SndBuf = int32(min(m, sk.sysctl().TCPWmem[2]))
	}
}

const sizeofShinfo = 320

// initRcvMSS is tcp_initialize_rcv_mss.
func (sk *Sock) initRcvMSS() {
	h := int(min(sk.advmss, sk.mssCache))
	h = min(h, int(sk.rcvWnd/2))
	h = min(h, mssDefault)
	sk.ack.rcvMss = int32(max(h, minMSS))
}

// rcvRttMeasure is tcp_rcv_rtt_measure: without timestamps, a window's worth
// of data takes about a round trip.
func (sk *Sock) rcvRttMeasure() {
	r := &sk.rcvRtt
	if r.time != 0 {
		if before(sk.rcvNxt, r.seq) {
			return
		}
		sk.rcvRttUpdate(uint32(max(sk.mstamp-r.time, 1)), true)
	}
	r.seq = sk.rcvNxt + sk.rcvWnd
	r.time = sk.mstamp
}

// rcvRttMeasureTS is tcp_rcv_rtt_measure_ts.
func (sk *Sock) rcvRttMeasureTS(b *core.SKB) {
	if sk.rx.rcvTsecr == sk.rcvRttLastTsecr {
		return
	}
	sk.rcvRttLastTsecr = sk.rx.rcvTsecr
	if int(b.CB.EndSeq-b.CB.Seq) >= int(sk.ack.rcvMss) && sk.rx.sawTstamp && sk.rx.rcvTsecr != 0 {
		if d := int32(sk.tsNow() - sk.rx.rcvTsecr); d >= 0 {
			sk.rcvRttUpdate(uint32(max(d, 1))*1000, false)
		}
	}
}

// rcvRttUpdate is tcp_rcv_rtt_update.
func (sk *Sock) rcvRttUpdate(sample uint32, winDep bool) {
	n := sk.rcvRtt.rttUs
	m := int64(sample)
	if n != 0 {
		if !winDep {
			m -= int64(n >> 3)
			n = uint32(int64(n) + m)
		} else if m <<= 3; uint32(m) < n {
			n = uint32(m)
		}
	} else {
		n = uint32(m << 3)
	}
	sk.rcvRtt.rttUs = n
}

// rcvSpaceAdjust is tcp_rcv_space_adjust: a program that reads more in one
// round trip than the window allows gets a larger receive buffer.
func (sk *Sock) rcvSpaceAdjust() {
	defer sk.NS.In(step.TcpRcvSpaceAdjustStep, &sk.Sock).Out()
	ns := sk.NS
	ns.TP(step.TcpRcvSpaceAdjust, &sk.Sock, uint64(sk.ID), uint64(sk.Family), uint64(sk.Sport), uint64(sk.Dport),
		sk.Saddr.Hi, sk.Saddr.Lo, sk.Daddr.Hi, sk.Daddr.Lo)
	sk.mstampRefresh()
	t := sk.mstamp - sk.rcvq.time
	if sk.rcvRtt.rttUs == 0 || t < int64(sk.rcvRtt.rttUs>>3) {
		return
	}
	copied := int(sk.copiedSeq - sk.rcvq.seq)
	copied -= int(sk.rcvNxt - sk.copiedSeq)
	if copied > int(sk.rcvq.space) {
		sk.rcvbufGrow(copied)
	}
	sk.rcvq.seq, sk.rcvq.time = sk.copiedSeq, sk.mstamp
}

// rcvbufGrow is tcp_rcvbuf_grow.
func (sk *Sock) rcvbufGrow(n int) {
	old := int(max(sk.rcvq.space, 1))
	sk.rcvq.space = int32(n)
	if sk.sysctl().TCPModerateRcvbuf == 0 || sk.RcvBufLocked {
		return
	}
	w := int64(n) << 1
	w += w * int64(n-old) / int64(old) << 1
	if l := sk.ooo.Back(); l != nil {
		w += int64(l.CB.EndSeq - sk.rcvNxt)
	}
	buf := min(sk.spaceFromWin(int(min(w, 1<<31))), sk.sysctl().TCPRmem[2])
	if buf > int(sk.RcvBuf) {
		sk.NS.Why(step.WhyRcvbufGrow, uint64(sk.RcvBuf), uint64(buf), uint64(n))
		sk.RcvBuf = int32(buf)
		sk.windowClamp = int32(sk.winFromSpace(buf))
	}
}

// clampWindow is tcp_clamp_window: the socket hit its memory bounds.
func (sk *Sock) clampWindow() {
	sk.ack.quick = 0
	if r2 := sk.sysctl().TCPRmem[2]; int(sk.RcvBuf) < r2 && !sk.RcvBufLocked {
		sk.RcvBuf = int32(max(int(sk.RcvBuf), min(int(sk.RmemAlloc), r2)))
	}
	if sk.RmemAlloc > sk.RcvBuf {
		sk.rcvSsthresh = int32(min(int(sk.windowClamp), 2*int(sk.advmss)))
	}
}

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
	ns.Clock.Mod(rareTimer(&sk.compTimer), sk.now()+d, &sk.tasks.comp)
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
		sk.sendAck()
	}
}

// sackCompressSendAck is tcp_sack_compress_send_ack: the ACK that waits goes
// now.
func (sk *Sock) sackCompressSendAck() {
	if sk.compressedAck == 0 {
		return
	}
	ns := sk.NS
	ns.Clock.Stop(sk.compTimer)
	ns.Add(step.TcpExtTCPAckCompressed, uint64(sk.compressedAck-1))
	sk.compressedAck = 0
	sk.sendAck()
}

// lowat is SO_RCVLOWAT.
func (sk *Sock) lowat() int { return 1 }

// dataSndCheck is tcp_data_snd_check: an ACK may let data go.
func (sk *Sock) dataSndCheck() {
	sk.pushFrames()
	sk.checkSpace()
}

// checkSpace is tcp_check_space: room in the send buffer again.
func (sk *Sock) checkSpace() {
	if sk.Waker == nil {
		return
	}
	if sk.caState == CAOpen && !sk.SndBufLocked && sk.packetsOut < sk.sndCwnd {
		// tcp_new_space
		if sk.sndCwnd > 0 {
			sk.sndbufExpand()
		}
	}
	if sk.WmemQueued < sk.SndBuf {
		sk.Waker.Writable(&sk.Sock)
	}
}

// tryRmemSchedule is tcp_try_rmem_schedule: is there room for the segment?
// When the buffer is full, out-of-order data may go.
func (sk *Sock) tryRmemSchedule() bool {
	if sk.T.Follow && sk.RcvQueue.Len() > 0 {
		sk.RcvBuf = max(sk.RcvBuf, sk.RmemAlloc) // the captured host has the memory for the window that it offers
	}
	if sk.RmemAlloc <= sk.RcvBuf {
		return true
	}
	sk.pruneQueue()
	return sk.RmemAlloc <= sk.RcvBuf
}

// pruneQueue is tcp_prune_queue: make room. (Collapsing buffers is not modelled.)
func (sk *Sock) pruneQueue() {
	ns := sk.NS
	ns.Inc(step.TcpExtPruneCalled)
	sk.clampWindow()
	if sk.RmemAlloc <= sk.RcvBuf {
		return
	}
	ns.Note(&sk.Sock, step.WhyCollapseNotModelled, uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
	if sk.ooo.Len() == 0 {
		ns.Inc(step.TcpExtRcvPruned)
		return
	}
	ns.Inc(step.TcpExtOfoPruned)
	for b := sk.ooo.Back(); b != nil && sk.RmemAlloc > sk.RcvBuf; b = sk.ooo.Back() {
		sk.ooo.Remove(b)
		ns.Drop(b, step.DropTCPOfoQueuePrune, step.TcpPruneOfoQueue)
	}
	if !sk.isReno() {
		sk.resetSack()
	}
}

func (sk *Sock) resetSack() { sk.rx.dsack, sk.rx.numSacks = false, 0 }

// header is the TCP header of a received segment.
func header(b *core.SKB) wire.TCP { return wire.TCP(b.From(b.Transport)) }
