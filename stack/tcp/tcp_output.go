package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read RFC 9293 §3.8 and net/ipv4/tcp_output.c before changing this file.
// Left out: MD5 and AO, MPTCP.

// maxHeader is the room that a segment keeps in front of its payload.
const maxHeader = core.Headroom + wire.TCPMaxLen

// allocSKB is tcp_stream_alloc_skb: a buffer for n bytes of payload.
func (sk *Sock) allocSKB(n int) *core.SKB { return sk.allocPkt(n, 0) }

// allocPkt does so for a packet that has its number already, 0 for a new one.
func (sk *Sock) allocPkt(n int, pkt uint32) *core.SKB {
	b := sk.NS.AllocSKB(maxHeader, n, pkt)
	b.Cloned = pkt != 0
	b.IPSummed = core.ChecksumPartial
	b.Truesize = core.AllocTruesize(0) + n
	if sk.af != nil {
		b.Protocol = sk.af.etherType()
	}
	return b
}

// initNondata is tcp_init_nondata_skb: a segment without payload. SYN and FIN
// take a sequence number each (RFC 9293 §3.4).
func initNondata(b *core.SKB, seq uint32, flags uint16) {
	b.IPSummed = core.ChecksumPartial
	b.CB.TCPFlags, b.CB.TSO = flags, 1
	b.CB.Seq, b.CB.EndSeq = seq, seq
	if flags&(fSyn|fFin) != 0 {
		b.CB.EndSeq++
	}
}

// setTSOSegs is tcp_set_skb_tso_segs: how many segments the packet stands for.
func setTSOSegs(b *core.SKB, mss int) int {
	if b.Len() <= mss {
		b.CB.TSO, b.GSOSize = 1, 0
		return 1
	}
	b.GSOSize = mss
	b.CB.TSO = (b.Len() + mss - 1) / mss
	return b.CB.TSO
}

// transmit is __tcp_transmit_skb: write the header and hand the segment to IP.
// With clone the packet stays in its queue and a copy goes.
func (sk *Sock) transmit(b *core.SKB, clone bool, rcvNxt uint32) core.Errno {
	defer sk.NS.In(step.TcpTransmitSkb, b).Out()
	ns := sk.NS
	sk.mstampRefresh()
	cb := &b.CB
	prior := sk.wstamp
	sk.wstamp = max(sk.wstamp, sk.clockCache)
	b.Tstamp = sk.wstamp
	var orig *core.SKB
	if clone {
		orig = b
		if cb.Sacked&cbEverRetrans != 0 {
			b = orig.Copy() // an earlier copy may still be under way
		} else {
			b = orig.Clone()
		}
		b.Tstamp = orig.Tstamp
	}
	flags := cb.TCPFlags
	var o outOptions
	var n int
	if flags&fSyn != 0 {
		n = sk.synOptions(&o)
	} else {
		n = sk.establishedOptions(&o)
		// A packet of several segments is pushed, so that the receiver's GRO
		// lets it go at once. The packet in the queue does not keep the bit.
		if cb.TSO > 1 {
			flags |= fPsh
		}
	}
	payload := b.Len()
	h := wire.TCP(b.Push(wire.TCPMinLen + n))
	b.ResetTransport()
	b.GSOSegs = cb.TSO
	if cb.TSO > 1 {
		b.GSOType = sk.af.gsoType()
	} else {
		b.GSOSize, b.GSOType, b.GSOSegs = 0, 0, 0
	}
	h.SetSrcPort(sk.inetSport())
	h.SetDstPort(sk.Dport)
	h.SetSeq(cb.Seq)
	h.SetAck(rcvNxt)
	if flags&fAck == 0 {
		h.SetAck(0)
	}
	h[12] = 0
	h.SetDataOff(wire.TCPMinLen + n)
	h.SetUrg(0)
	if flags&fSyn != 0 {
		// RFC 7323 §2.2: the window of a SYN is never scaled.
		h.SetWindow(uint16(min(sk.rcvWnd, 65535)))
	} else {
		h.SetWindow(sk.selectWindow())
		flags |= sk.ecnSend(b, cb.Seq, payload, flags)
	}
	h.SetFlags(wire.TCPFlags(flags))
	sk.urgHeader(h, cb.Seq)
	o.write(h[wire.TCPMinLen : wire.TCPMinLen+n])
	if o.sacks > 0 {
		sk.rx.dsack = false // a D-SACK is said once
	}
	if o.acc {
		sk.accSent()
	}
	sk.finishHeader(b, h)
	if flags&fAck != 0 {
		sk.eventAckSent(rcvNxt)
	}
	if payload > 0 {
		sk.eventDataSent()
		sk.dataSegsOut += uint32(cb.TSO)
	}
	sk.segsOut(payload, max(cb.TSO, 1))
	if after(cb.EndSeq, sk.sndNxt) || cb.Seq == cb.EndSeq {
		ns.Add(step.TcpOutSegs, uint64(cb.TSO))
	}
	if ns.Listening() {
		why := step.WhyTransmit
		if flags&fAck == 0 {
			why = step.WhyTransmitSyn
		} else if cb.Seq == cb.EndSeq && flags&fRst == 0 {
			why = step.WhyTransmitAck
		}
		ns.Why(why, uint64(flags), uint64(cb.Seq), uint64(payload), uint64(rcvNxt), uint64(h.Window()))
	}
	seq := cb.Seq
	b.CB = core.CB{}
	b.SetOwnerW(&sk.Sock)
	if sk.T.Follow && !b.Captured {
		sk.expect(ExpectSegment, flags, seq, rcvNxt, payload)
		ns.Free(b)
		return 0
	}
	if e := sk.af.queueXmit(sk, b); e != 0 {
		if e == step.ENOBUFS {
			sk.enterCWR() // NET_XMIT_DROP: this host's own queue is full
		}
		return e
	}
	if orig != nil {
		sk.updateAfterSend(orig.Len(), prior)
		sk.rateSKBSent(orig)
	}
	return 0
}

// finishHeader sets what the checksum needs (__tcp_v4_send_check): the sum of
// the pseudo header is in place, the device adds the rest.
func (sk *Sock) finishHeader(b *core.SKB, h wire.TCP) {
	b.IPSummed = core.ChecksumPartial
	b.CsumStart, b.CsumOff = b.Transport, 16
	h.SetChecksum(^wire.Fold(sk.af.pseudo(sk.Saddr, sk.Daddr, b.Len())))
}

// transmitClone is tcp_transmit_skb with clone_it.
func (sk *Sock) transmitClone(b *core.SKB) core.Errno { return sk.transmit(b, true, sk.rcvNxt) }

// eventAckSent is tcp_event_ack_sent: what was owed is paid.
func (sk *Sock) eventAckSent(rcvNxt uint32) {
	if sk.compressedAck > 0 {
		sk.NS.Add(step.TcpExtTCPAckCompressed, uint64(sk.compressedAck))
		sk.compressedAck = 0
		sk.NS.Clock.Stop(sk.compTimer)
	}
	if rcvNxt != sk.rcvNxt {
		return // a keepalive probe's old number
	}
	sk.decQuickack()
	sk.clearDelack()
}

// decQuickack is tcp_dec_quickack_mode.
func (sk *Sock) decQuickack() {
	if sk.ack.quick == 0 {
		return
	}
	n := uint8(b2i(sk.ackScheduled()))
	if n >= sk.ack.quick {
		sk.ack.quick, sk.ack.ato = 0, atoMin
	} else {
		sk.ack.quick -= n
	}
}

// clearDelack is inet_csk_clear_xmit_timer(ICSK_TIME_DACK). The timer itself
// may still run and find nothing to do.
func (sk *Sock) clearDelack() { sk.ack.pending, sk.ack.retry = 0, 0 }

// eventDataSent is tcp_event_data_sent: data right after data received makes
// the exchange interactive (pingpong).
func (sk *Sock) eventDataSent() {
	now := sk.jiffies()
	if sk.packetsInFlight() == 0 {
		sk.ca.cwndEvent(sk, caEventTxStart)
	}
	sk.lsndtime = now
	if sim.Time(int32(now-sk.ack.lrcvtime))*sim.Jiffy < sk.ack.ato {
		if sk.ack.pingpong < 255 {
			sk.ack.pingpong++
		}
	}
}

// eventNewDataSent is tcp_event_new_data_sent: the packet moves from the write
// queue to the retransmission queue.
func (sk *Sock) eventNewDataSent(b *core.SKB) {
	defer sk.NS.In(step.TcpEventNewDataSent, &sk.Sock).Out()
	prior := int(sk.packetsOut)
	sk.sndNxt = b.CB.EndSeq
	sk.write.Remove(b)
	sk.rtx.PushBack(b)
	if sk.highestSack == nil {
		sk.highestSack = b
	}
	sk.packetsOut += int32(b.CB.TSO)
	sk.NS.Why(step.WhyInFlight, uint64(sk.packetsOut))
	if prior == 0 || sk.pending == timeLossProbe {
		sk.rearmRTO()
	}
	sk.NS.Add(step.TcpExtTCPOrigDataSent, uint64(b.CB.TSO))
	sk.checkSpace()
}

// adjustPcount is tcp_adjust_pcount: a packet in flight stands for n segments fewer.
func (sk *Sock) adjustPcount(b *core.SKB, n int) {
	sk.packetsOut -= int32(n)
	if b.CB.Sacked&cbSacked != 0 {
		sk.sackedOut -= int32(n)
	}
	if b.CB.Sacked&cbRetrans != 0 {
		sk.retransOut -= int32(n)
	}
	if b.CB.Sacked&cbLost != 0 {
		sk.lostOut -= int32(n)
	}
	if sk.isReno() && n > 0 {
		sk.sackedOut -= int32(min(int(sk.sackedOut), n))
	}
}

// fragment is tcp_fragment (and tso_fragment): cut the packet in two at n
// bytes. PSH and FIN stay with the second part.
func (sk *Sock) fragment(q *core.SKBList, b *core.SKB, n, mss int) *core.SKB {
	defer sk.NS.In(step.TcpFragment, b).Out()
	ns := sk.NS
	ns.Why(step.WhyFragment, uint64(b.Len()), uint64(n))
	rest := b.Len() - n
	c := ns.AllocSKB(maxHeader, rest, 0)
	c.IPSummed, c.Protocol = core.ChecksumPartial, b.Protocol
	b.CopyBits(n, c.Put(rest))
	c.Truesize = core.AllocTruesize(0) + rest
	b.Trim(n)
	old := b.CB.TSO
	c.CB = b.CB
	c.CB.Seq = b.CB.Seq + uint32(n)
	b.CB.EndSeq = c.CB.Seq
	b.CB.TCPFlags &^= fFin | fPsh
	b.CB.EOR = false // tcp_skb_fragment_eor: the end stays at the end
	c.SetUarg(b.Uarg())
	b.MoveTxTstamp(c, c.CB.Seq)
	c.Tstamp = b.Tstamp
	b.Truesize -= rest
	sk.WmemQueued += int32(c.Truesize - rest)
	setTSOSegs(b, mss)
	setTSOSegs(c, mss)
	if q == &sk.rtx && !before(sk.sndNxt, c.CB.EndSeq) {
		if d := old - b.CB.TSO - c.CB.TSO; d != 0 {
			sk.adjustPcount(b, d)
		}
	}
	q.InsertAfter(b, c)
	return c
}

// queueSKB is tcp_queue_skb.
func (sk *Sock) queueSKB(b *core.SKB) {
	sk.writeSeq = b.CB.EndSeq
	sk.write.PushBack(b)
	if b == sk.write.Front() {
		sk.chronoStart(chronoBusy)
	}
	sk.WmemQueued += int32(b.Truesize)
}

// freeSKB takes a sent or purged packet's memory off the socket
// (tcp_wmem_free_skb).
func (sk *Sock) freeSKB(b *core.SKB) {
	sk.WmemQueued -= int32(b.Truesize)
	sk.NS.Free(b)
}

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
