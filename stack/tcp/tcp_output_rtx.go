package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// retransmitSKB is tcp_retransmit_skb: send a packet of the retransmission
// queue again, at most segs segments of it.
func (sk *Sock) retransmitSKB(b *core.SKB, segs int) core.Errno {
	e := sk.doRetransmit(b, segs)
	if e == 0 {
		b.CB.Sacked |= cbRetransMask
		sk.retransOut += int32(b.CB.TSO)
	}
	if sk.retransStamp == 0 {
		sk.retransStamp = uint32(skbStamp(b) / 1000)
	}
	if sk.undoRetrans < 0 {
		sk.undoRetrans = 0
	}
	sk.undoRetrans += int32(b.CB.TSO)
	return e
}

// doRetransmit is __tcp_retransmit_skb.
func (sk *Sock) doRetransmit(b *core.SKB, segs int) core.Errno {
	defer sk.NS.In(step.TcpRetransmitSkbStep, &sk.Sock).Out()
	e := sk.resend(b, segs)
	s, d := sk.Saddr, sk.Daddr
	sk.NS.TP(step.TcpRetransmitSkb, &sk.Sock, uint64(b.ID), uint64(sk.ID), uint64(sk.State), uint64(sk.Sport), uint64(sk.Dport), uint64(sk.Family),
		s.Hi, s.Lo, d.Hi, d.Lo, uint64(e))
	return e
}

// resend is its body.
func (sk *Sock) resend(b *core.SKB, segs int) core.Errno {
	ns := sk.NS
	cb := &b.CB
	if sk.mtup != nil {
		sk.mtup.probeSize = 0 // the probe says nothing any more
	}
	if before(cb.Seq, sk.sndUna) && cb.TCPFlags&fSyn != 0 {
		cb.TCPFlags &^= fSyn
		cb.Seq++
	}
	if before(cb.Seq, sk.sndUna) && !sk.trimHead(b, int(sk.sndUna-cb.Seq)) {
		return step.EINVAL
	}
	if e := sk.rebuildHeader(); e != 0 {
		return e
	}
	mss := sk.currentMSS()
	avail := int(int32(sk.wndEnd() - cb.Seq))
	// A retransmission must not go beyond a window that the peer has shrunk,
	// unless it probes it.
	if avail <= 0 {
		if cb.Seq != sk.sndUna {
			ns.Why(step.WhyRtxShrunk)
			return step.EAGAIN
		}
		avail = mss
	}
	n := mss * segs
	if n > avail {
		if n = avail / mss * mss; n == 0 {
			n = avail
		}
	}
	if b.Len() > n {
		if sk.fragment(&sk.rtx, b, n, mss) == nil {
			return step.ENOMEM
		}
	} else {
		b.Unshare() // skb_unclone_keeptruesize
		old := cb.TSO
		if d := old - setTSOSegs(b, mss); d != 0 {
			sk.adjustPcount(b, d)
		}
		if avail = min(avail, mss); b.Len() < avail {
			sk.retransTryCollapse(b, avail)
		}
	}
	if cb.TCPFlags&(fSyn|fEce|fCwr) == fSyn|fEce|fCwr {
		sk.ecnClearSyn(b)
	}
	k := cb.TSO
	ns.Add(step.TcpRetransSegs, uint64(k))
	if cb.TCPFlags&fSyn != 0 {
		ns.Inc(step.TcpExtTCPSynRetrans)
	}
	sk.totalRetrans += int32(k)
	sk.st.bytesRetrans += uint64(b.Len())
	why := step.WhyRetransmit
	if cb.Seq == sk.sndUna {
		why = step.WhyRetransmitFirst
	}
	ns.Why(why, uint64(b.Len()), uint64(cb.Seq-sk.sndUna), uint64(sk.retransmits))
	// Whatever comes of it: its answer tells nothing of the round trip. And the
	// copy that goes must be one of its own.
	cb.Sacked |= cbEverRetrans
	e := sk.transmit(b, true, sk.rcvNxt)
	if e != 0 {
		ns.Add(step.TcpExtTCPRetransFail, uint64(k))
	} else {
		cb.Sacked &^= cbOffList
	}
	return e
}

// trimHead is tcp_trim_head: n bytes at the front are acknowledged.
func (sk *Sock) trimHead(b *core.SKB, n int) bool {
	if n > b.Len() {
		return false
	}
	b.CB.Seq += uint32(n)
	b.Pull(n)
	b.Truesize -= n
	sk.WmemQueued -= int32(n)
	if b.CB.TSO > 1 {
		setTSOSegs(b, b.GSOSize)
	}
	return true
}

// retransTryCollapse is tcp_retrans_try_collapse: small packets that go again
// anyway go as one, as long as they fit into space bytes.
func (sk *Sock) retransTryCollapse(to *core.SKB, space int) {
	if sk.sysctl().TCPRetransCollapse == 0 || to.CB.TCPFlags&fSyn != 0 {
		return
	}
	if sk.rtxCanCollapse(to) && canCollapse(to, to) && to.Next() != nil {
		sk.retransCollapse(to, space-to.Len())
	}
}

// retransCollapse is its walk.
func (sk *Sock) retransCollapse(to *core.SKB, space int) {
	defer sk.NS.In(step.TcpRetransTryCollapse, to).Out()
	sk.NS.Why(step.WhyRtxNoCollapse)
	for b := to.Next(); b != nil && sk.rtxCanCollapse(b) && canCollapse(to, b); b = to.Next() {
		space -= b.Len()
		if space < 0 || after(b.CB.EndSeq, sk.wndEnd()) || !sk.collapseRetrans(to, b) {
			return
		}
	}
}

// rtxCanCollapse is tcp_can_collapse: one segment, not under way below, and not
// known to have arrived.
func (sk *Sock) rtxCanCollapse(b *core.SKB) bool {
	return b.CB.TSO <= 1 && b.Own() && b.CB.Sacked&cbSacked == 0
}

// collapseRetrans is tcp_collapse_retrans: b's payload goes behind that of the
// packet before it.
func (sk *Sock) collapseRetrans(to, b *core.SKB) bool {
	n := b.Len()
	if n > 0 && !skbShift(to, b, 1, n) {
		return false
	}
	sk.highestSackReplace(b, to)
	to.CB.EndSeq = b.CB.EndSeq
	to.CB.TCPFlags |= b.CB.TCPFlags
	to.CB.Sacked |= b.CB.Sacked & cbEverRetrans
	to.CB.EOR = b.CB.EOR
	if b == sk.retransHint {
		sk.retransHint = to
	}
	sk.adjustPcount(b, b.CB.TSO)
	to.TakeTxTstamp(b)
	to.CB.TstampAck = to.CB.TstampAck || b.CB.TstampAck
	sk.rtx.Remove(b)
	sk.freeSKB(b)
	sk.NS.Why(step.WhyRtxCollapsed, uint64(n))
	return true
}

// xmitRetransmitQueue is tcp_xmit_retransmit_queue: send again what is marked
// lost, as far as the congestion window allows. retransHint is where to begin:
// before it everything that is lost has been sent again.
func (sk *Sock) xmitRetransmitQueue() {
	defer sk.NS.In(step.TcpXmitRetransmitQueue, &sk.Sock).Out()
	if sk.packetsOut == 0 {
		return
	}
	ns := sk.NS
	if ns.Listening() {
		ns.Why(step.WhyRtxQueue, uint64(sk.lostOut), uint64(max(0, int(sk.sndCwnd)-sk.packetsInFlight())))
	}
	rearm, hole, sent := false, false, 0
	head := sk.rtx.Front()
	b := sk.retransHint
	if b == nil {
		b = head
	}
	maxSegs := sk.tsoSegs(sk.currentMSS())
	for ; b != nil; b = b.Next() {
		if sk.pacingCheck() {
			break
		}
		if !hole {
			sk.retransHint = b
		}
		segs := int(sk.sndCwnd) - sk.packetsInFlight()
		if segs <= 0 || sk.retransOut >= sk.lostOut {
			break
		}
		m := b.CB.Sacked
		if m&cbLost == 0 {
			if m&(cbRetrans|cbSacked) == 0 {
				hole = true
			}
			continue
		}
		if m&(cbSacked|cbRetrans) != 0 {
			continue
		}
		mib := step.TcpExtTCPSlowStartRetrans
		if sk.caState != CALoss {
			mib = step.TcpExtTCPFastRetrans
		}
		if sk.smallQueueCheck(b, 1) || sk.retransmitSKB(b, min(segs, maxSegs)) != 0 {
			break
		}
		ns.Add(mib, uint64(b.CB.TSO))
		sent += b.CB.TSO
		if sk.inCwndReduction() {
			sk.prrOut += int32(b.CB.TSO)
		}
		if b == head && sk.pending != timeReo {
			rearm = true
		}
	}
	if sent > 0 && ns.Listening() {
		ns.Why(step.WhyRtxDone, uint64(sent), uint64(sk.packetsInFlight()), uint64(sk.sndCwnd))
	}
	if rearm {
		sk.resetTimer(timeRetrans, sk.rto+sk.pacingDelay())
	}
}

// simpleRetransmit is tcp_simple_retransmit: segments that are too large for
// the path are lost, but not by congestion (path MTU discovery).
func (sk *Sock) simpleRetransmit() {
	defer sk.NS.In(step.TcpSimpleRetransmit, &sk.Sock).Out()
	mss := sk.currentMSS()
	if sk.synData && sk.State == core.TCPSynSent {
		mss = -1
	}
	for b := sk.rtx.Front(); b != nil; b = b.Next() {
		if skbSeglen(b) > mss {
			sk.markLost(b)
		}
	}
	sk.NS.Why(step.WhyTooLarge, uint64(sk.lostOut), uint64(max(mss, 0)))
	if sk.lostOut == 0 {
		return
	}
	if sk.isReno() {
		sk.limitRenoSacked()
	}
	sk.nonCongestionLossRetransmit()
}

// nonCongestionLossRetransmit is tcp_non_congestion_loss_retransmit: the window
// stays, but the state is Loss until all of it is acknowledged.
func (sk *Sock) nonCongestionLossRetransmit() {
	if sk.caState != CALoss {
		sk.highSeq = sk.sndNxt
		sk.sndSsthresh = int32(sk.currentSsthresh())
		sk.priorSsthresh = 0
		sk.undoMarker = 0
		sk.setCAState(CALoss)
	}
	sk.xmitRetransmitQueue()
}

// scheduleLossProbe is tcp_schedule_loss_probe (RFC 8985 §7.2): after two round
// trips without an ACK the tail may be lost, long before the RTO would tell.
func (sk *Sock) scheduleLossProbe(advancing bool) bool {
	defer sk.NS.In(step.TcpScheduleLossProbe, &sk.Sock).Out()
	ns := sk.NS
	er := sk.sysctl().TCPEarlyRetrans
	if sk.fastopenRsk() != nil {
		ns.Why(step.WhyNoProbeNow)
		return false
	}
	if sk.packetsOut == 0 {
		ns.Why(step.WhyNoProbe)
	} else {
		ns.Why(step.WhyNoProbeNow)
	}
	if er != 3 && er != 4 || sk.packetsOut == 0 || sk.isReno() || sk.caState != CAOpen && sk.caState != CACWR {
		return false
	}
	t := timeoutInit
	if sk.srttUs != 0 {
		t = sim.Time(sk.srttUs>>2) * sim.Microsecond
		if sk.packetsOut == 1 {
			t += sk.rtoMinNow()
		} else {
			t += 2 * sim.Millisecond
		}
		t = toJiffies(t)
	}
	d := sk.rto
	if !advancing {
		d = sk.rtoDelta()
	}
	if d > 0 {
		t = min(t, toJiffies(d))
	}
	ns.Why(step.WhyLossProbe, uint64(t), uint64(sk.srttUs>>3)*1000, uint64(sk.packetsOut))
	sk.resetTimer(timeLossProbe, t+sk.pacingDelay())
	return true
}

// rtoDelta is tcp_rto_delta_us: how far in the future the RTO of the oldest
// segment is.
func (sk *Sock) rtoDelta() sim.Time {
	b := sk.rtx.Front()
	if b == nil {
		return sk.rto
	}
	return b.Tstamp/1000*1000 + sk.rto - sim.Time(sk.mstamp)*sim.Microsecond
}

// toJiffies rounds a time up to the tick (usecs_to_jiffies).
func toJiffies(t sim.Time) sim.Time { return (t + sim.Jiffy - 1) / sim.Jiffy * sim.Jiffy }

// sendLossProbe is tcp_send_loss_probe: new data if there is some, else the
// last segment again.
func (sk *Sock) sendLossProbe() {
	defer sk.NS.In(step.TcpSendLossProbe, &sk.Sock).Out()
	ns := sk.NS
	mss := sk.currentMSS()
	if sk.tlpHighSeq != 0 {
		ns.Why(step.WhyTlpOnce)
		sk.rearmRTO()
		return
	}
	sk.tlpRetrans = false
	if b := sk.write.Front(); b != nil && sk.sndWndTest(b, mss) {
		n := int(sk.packetsOut)
		sk.writeXmit(mss, nagleOff, 2)
		if int(sk.packetsOut) <= n {
			sk.rearmRTO()
			return
		}
	} else {
		b := sk.rtx.Back()
		if b == nil {
			sk.pending = 0
			return
		}
		if n := b.CB.TSO; n > 1 && b.Len() > (n-1)*mss {
			b = sk.fragment(&sk.rtx, b, (n-1)*mss, mss)
		}
		if sk.doRetransmit(b, 1) != 0 {
			sk.rearmRTO()
			return
		}
		sk.tlpRetrans = true
	}
	sk.tlpHighSeq = sk.sndNxt
	ns.Inc(step.TcpExtTCPLossProbes)
	sk.pending = 0
	sk.rearmRTO()
}
