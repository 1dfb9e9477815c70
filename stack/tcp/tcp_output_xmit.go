package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// The second half of net/ipv4/tcp_output.c: what may be sent now, and in
// packets of what size.

// cwndTest is tcp_cwnd_test: how many segments congestion control lets go now.
// Never more than half of the window at once.
func (sk *Sock) cwndTest() int {
	f := sk.packetsInFlight()
	if f >= int(sk.sndCwnd) {
		return 0
	}
	return min(max(int(sk.sndCwnd)>>1, 1), int(sk.sndCwnd)-f)
}

// sndWndTest is tcp_snd_wnd_test: does at least the first segment fit the
// peer's window?
func (sk *Sock) sndWndTest(b *core.SKB, mss int) bool {
	end := b.CB.EndSeq
	if b.Len() > mss {
		end = b.CB.Seq + uint32(mss)
	}
	return !after(end, sk.wndEnd())
}

// nagleTest is tcp_nagle_test (RFC 896, RFC 9293 §3.7.4): a small segment
// waits while another small one is unacknowledged.
func (sk *Sock) nagleTest(b *core.SKB, mss int, nonagle uint8) bool {
	if nonagle&naglePush != 0 || sk.urgentMode() || b.CB.TCPFlags&fFin != 0 {
		return true
	}
	return !sk.nagleCheck(b.Len() < mss, nonagle)
}

// nagleCheck is tcp_nagle_check: true holds a partial segment back.
func (sk *Sock) nagleCheck(partial bool, nonagle uint8) bool {
	return partial && (nonagle&nagleCork != 0 || nonagle == 0 && sk.packetsOut > 0 && sk.minshallCheck())
}

// minshallCheck is tcp_minshall_check: is a small segment still on its way?
func (sk *Sock) minshallCheck() bool {
	return after(sk.sndSml, sk.sndUna) && !after(sk.sndSml, sk.sndNxt)
}

// splitPoint is tcp_mss_split_point: how much of the packet may go now.
func (sk *Sock) splitPoint(b *core.SKB, mss, maxSegs int, nonagle uint8) int {
	window := int(int32(sk.wndEnd() - b.CB.Seq))
	limit := mss * maxSegs
	if limit <= window && b != sk.write.Back() {
		return limit
	}
	needed := min(b.Len(), window)
	if limit <= needed {
		return limit
	}
	partial := needed % mss
	if sk.nagleCheck(partial != 0, nonagle) {
		return needed - partial
	}
	return needed
}

// tsoShouldDefer is tcp_tso_should_defer: wait a little for more window, when
// the next ACK will open it soon anyway.
func (sk *Sock) tsoShouldDefer(b *core.SKB, maxSegs int, cwndLimited, rwndLimited *bool) bool {
	if sk.caState >= CARecovery || sk.clockCache-sk.wstamp > sim.Millisecond {
		return false
	}
	f := sk.packetsInFlight()
	sendWin := int(int32(sk.wndEnd() - b.CB.Seq))
	congWin := (int(sk.sndCwnd) - f) * int(sk.mssCache)
	limit := min(sendWin, congWin)
	if limit >= maxSegs*int(sk.mssCache) {
		return false
	}
	if b != sk.write.Back() && limit >= b.Len() {
		return false
	}
	if div := sk.sysctl().TCPTSOWinDivisor; div > 0 {
		chunk := min(int(sk.sndWnd), int(sk.sndCwnd)*int(sk.mssCache)) / div
		if limit >= chunk {
			return false
		}
	} else if limit > 3*int(sk.mssCache) {
		return false
	}
	head := sk.rtx.Front()
	if head == nil {
		return false
	}
	// How far away is the ACK that will open the window? Not worth waiting
	// for when it is more than half a round trip, or a millisecond.
	srtt := sim.Time(sk.srttUs) * (sim.Microsecond / 8)
	if head.Tstamp+srtt-sk.clockCache > min(srtt>>1, sim.Millisecond) {
		return false
	}
	if congWin < sendWin {
		if congWin <= b.Len() {
			*cwndLimited = true
			sk.NS.Why(step.WhyTSODefer, uint64(max(limit, 0)))
			return true
		}
	} else if sendWin <= b.Len() {
		*rwndLimited = true
		sk.NS.Why(step.WhyTSODefer, uint64(max(limit, 0)))
		return true
	}
	if b.CB.TCPFlags&fFin != 0 || b.CB.EOR {
		return false
	}
	sk.NS.Why(step.WhyTSODefer, uint64(max(limit, 0)))
	return true
}

// smallQueueCheck is tcp_small_queue_check: true holds the packet back because
// much of this socket waits below already. For retransmissions factor is 1:
// twice as much may wait.
func (sk *Sock) smallQueueCheck(b *core.SKB, factor uint) bool {
	limit := max(uint64(2*b.Truesize), sk.pacingRate>>sk.pacingShift())
	if sk.pacingStatus == pacingNone {
		limit = min(limit, uint64(sk.sysctl().TCPLimitOutputBytes))
	}
	limit <<= factor
	if uint64(sk.WmemAlloc) <= limit {
		return false
	}
	if sk.rtx.Len() <= 1 {
		return false
	}
	sk.throttled = true
	sk.NS.Why(step.WhySmallQueue, uint64(sk.WmemAlloc-1), limit)
	return true
}

// canCollapse is tcp_skb_can_collapse: may the payload of next be put behind
// that of b?
func canCollapse(b, next *core.SKB) bool {
	return next != nil && !b.CB.EOR && b.Uarg() == nil && next.Uarg() == nil // skb_shift moves no program's memory
}

// growSKB is tcp_grow_skb: a packet that could be larger takes up to n bytes
// from the next in the queue.
func (sk *Sock) growSKB(b *core.SKB, n int) {
	next := b.Next()
	if n <= 0 || !canCollapse(b, next) {
		return
	}
	n = min(n, next.Len())
	if n == 0 {
		return
	}
	b.Unshare()
	next.CopyBits(0, b.Put(n))
	next.Pull(n)
	b.CB.EndSeq += uint32(n)
	next.CB.Seq += uint32(n)
	b.Truesize += n
	next.Truesize -= n
	if next.Len() == 0 {
		b.CB.EndSeq = next.CB.EndSeq
		sk.eatOne(b, next)
	}
}

// eatOne is tcp_eat_one_skb: all of next's payload is in b now.
func (sk *Sock) eatOne(b, next *core.SKB) {
	b.CB.TCPFlags |= next.CB.TCPFlags
	b.CB.EOR = next.CB.EOR
	b.TakeTxTstamp(next)
	sk.write.Remove(next)
	sk.freeSKB(next)
}

// writeXmit is tcp_write_xmit: send what congestion control, the peer's window
// and Nagle allow. push 1 sends one packet, 2 a loss probe. It reports whether
// data waits with nothing in flight, so that a probe timer is needed.
func (sk *Sock) writeXmit(mss int, nonagle uint8, push int) bool {
	defer sk.NS.In(step.TcpWriteXmit, &sk.Sock).Out()
	ns := sk.NS
	sk.mstampRefresh()
	sent := 0
	var cwndLimited, rwndLimited bool
	if push == 0 {
		switch sk.mtuProbe() {
		case mtupWait:
			return false
		case mtupSent:
			sent = 1
		}
	}
	maxSegs := sk.tsoSegs(mss)
	for b := sk.write.Front(); b != nil; b = sk.write.Front() {
		if sk.pacingCheck() {
			break
		}
		quota := sk.cwndTest()
		if quota == 0 {
			if push != 2 {
				ns.Why(step.WhyCwndFull, uint64(sk.packetsInFlight()), uint64(sk.sndCwnd))
				break
			}
			quota = 1
		}
		quota = min(quota, maxSegs)
		sk.growSKB(b, quota*mss-b.Len())
		tso := setTSOSegs(b, mss)
		if !sk.sndWndTest(b, mss) {
			rwndLimited = true
			ns.Why(step.WhyRwndFull, uint64(b.CB.Seq+uint32(min(b.Len(), mss))-sk.wndEnd()))
			break
		}
		if tso == 1 {
			na := uint8(naglePush)
			if b == sk.write.Back() {
				na = nonagle
			}
			if !sk.nagleTest(b, mss, na) {
				ns.Why(step.WhyNagle, uint64(b.Len()), uint64(mss))
				break
			}
		} else if push == 0 && sk.tsoShouldDefer(b, maxSegs, &cwndLimited, &rwndLimited) {
			break
		}
		limit := mss
		if tso > 1 {
			limit = sk.splitPoint(b, mss, quota, nonagle)
		}
		if b.Len() > limit {
			if limit <= 0 {
				break
			}
			sk.fragment(&sk.write, b, limit, mss)
		}
		if sk.smallQueueCheck(b, 0) || b.CB.EndSeq == b.CB.Seq {
			break
		}
		setTSOSegs(b, mss)
		if e := sk.transmitClone(b); e != 0 {
			break
		}
		sk.eventNewDataSent(b)
		if b.Len() < b.CB.TSO*mss {
			sk.sndSml = b.CB.EndSeq // tcp_minshall_update
		}
		sent += b.CB.TSO
		if push != 0 {
			break
		}
	}
	if sent > 0 && ns.Listening() && !ns.Trace.Explained() {
		ns.Why(step.WhyXmitDone, uint64(sent), uint64(sk.packetsInFlight()), uint64(sk.sndCwnd))
	}
	if rwndLimited {
		sk.chronoStart(chronoRwnd)
	} else {
		sk.chronoStop(chronoRwnd)
	}
	cwndLimited = cwndLimited || sk.packetsInFlight() >= int(sk.sndCwnd)
	if sent > 0 || cwndLimited {
		sk.cwndValidate(cwndLimited)
	}
	if sent > 0 {
		if sk.inCwndReduction() {
			sk.prrOut += int32(sent)
		}
		if push != 2 {
			sk.scheduleLossProbe(false)
		}
		return false
	}
	return sk.packetsOut == 0 && sk.write.Front() != nil
}

// pushPending is __tcp_push_pending_frames.
func (sk *Sock) pushPending(mss int, nonagle uint8) {
	defer sk.NS.In(step.TcpPushPendingFrames, &sk.Sock).Out()
	if sk.State == core.TCPClose {
		return
	}
	if sk.writeXmit(mss, nonagle, 0) {
		sk.checkProbeTimer()
	}
}

// pushFrames is tcp_push_pending_frames.
func (sk *Sock) pushFrames() {
	if sk.write.Front() != nil {
		sk.pushPending(sk.currentMSS(), sk.nonagle)
	}
}

// pushOne is tcp_push_one.
func (sk *Sock) pushOne(mss int) { sk.writeXmit(mss, naglePush, 1) }

// checkProbeTimer is tcp_check_probe_timer: data waits and nothing is in
// flight, so nothing else would ever wake this side (RFC 9293 §3.8.6.1).
func (sk *Sock) checkProbeTimer() {
	if sk.packetsOut == 0 && sk.pending == 0 {
		sk.resetTimer(timeProbe0, sk.probe0Base())
	}
}

// probe0Base is tcp_probe0_base.
func (sk *Sock) probe0Base() sim.Time { return max(sk.rto, rtoBase) }

func (sk *Sock) sysctlRtoMin() sim.Time { return sim.Time(sk.sysctl().TCPRtoMinUs) * sim.Microsecond }
