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
