package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// dataQueue is tcp_data_queue: the payload of a segment that was let in
// (RFC 9293 §3.10.7.4, seventh and eighth). It takes the packet; place is the
// function that a drop is seen at.
func (sk *Sock) dataQueue(b *core.SKB, place step.Step) {
	defer sk.NS.In(step.TcpDataQueue, &sk.Sock).Out()
	ns := sk.NS
	cb := &b.CB
	if cb.Seq == cb.EndSeq {
		ns.Why(step.WhyNoData)
		ns.Free(b)
		return
	}
	b.Pull(header(b).DataOff())
	sk.rx.dsack = false
	win := sk.receiveWindow()
	if cb.Seq == sk.rcvNxt || after(cb.EndSeq, sk.rcvNxt) && before(cb.Seq, sk.rcvNxt) {
		if before(cb.Seq, sk.rcvNxt) {
			ns.Why(step.WhyPartOld, uint64(sk.rcvNxt-cb.Seq))
			sk.dsackSet(cb.Seq, sk.rcvNxt)
		} else {
			ns.Why(step.WhyInOrder)
		}
		if win == 0 && !(b.Len() == 0 && cb.TCPFlags&fFin != 0) {
			ns.Inc(step.TcpExtTCPZeroWindowDrop)
			ns.Why(step.WhyZeroWindow)
			sk.outOfWindow(b, step.DropTCPZerowindow, place)
			return
		}
		sk.queueAndOut(b, place)
		return
	}
	if !after(cb.EndSeq, sk.rcvNxt) {
		// All of it is old: a retransmission that was not needed.
		ns.Why(step.WhyOldData, uint64(cb.EndSeq), uint64(sk.rcvNxt))
		ns.Inc(step.TcpExtDelayedACKLost)
		sk.dsackSet(cb.Seq, cb.EndSeq)
		sk.outOfWindow(b, step.DropTCPOldData, place)
		return
	}
	if !before(cb.Seq, sk.rcvNxt+win) {
		ns.Why(step.WhyOverWindow, uint64(cb.Seq), uint64(sk.rcvNxt+win))
		sk.outOfWindow(b, step.DropTCPOverwindow, place)
		return
	}
	sk.dataQueueOfo(b)
}

// outOfWindow drops a segment and sees to it that the peer is told at once.
func (sk *Sock) outOfWindow(b *core.SKB, why core.DropReason, place step.Step) {
	sk.enterQuickack(maxQuickAcks)
	sk.scheduleAck()
	sk.NS.Drop(b, why, place)
}

// queueAndOut takes a segment that begins at or before rcv_nxt, and what
// waited behind it.
func (sk *Sock) queueAndOut(b *core.SKB, place step.Step) {
	ns := sk.NS
	if !sk.tryRmemSchedule() {
		sk.ack.pending |= ackNomem | ackNow
		sk.scheduleAck()
		sk.DataReady(ns)
		if sk.RcvQueue.Len() > 0 && b.Len() > 0 {
			ns.Inc(step.TcpExtTCPRcvQDrop)
			ns.Drop(b, step.DropProtoMem, place)
			return
		}
	}
	n, fin := b.Len(), b.CB.TCPFlags&fFin != 0
	sk.queueRcv(b)
	if n > 0 {
		sk.eventDataRecv(b)
	}
	if fin {
		sk.fin()
	}
	if sk.ooo.Len() > 0 {
		sk.ofoQueue()
		if sk.ooo.Len() == 0 {
			sk.ack.pending |= ackNow // RFC 5681 §4.2: the hole is filled
		}
	}
	if sk.rx.numSacks > 0 {
		sk.sackRemove()
	}
	sk.fastPathCheck()
	if !sk.Dead {
		sk.dataReady()
	}
}

// tryCoalesce is tcp_try_coalesce: a packet whose payload lies in page fragments
// hands them to the packet before it, and counts no more than they do. (Other
// packets do not merge here: skb_try_coalesce with a linear head is not
// modelled. The two stay apart in the queue; only their memory is one.)
func (sk *Sock) tryCoalesce(b *core.SKB) {
	tail := sk.RcvQueue.Back()
	if !b.Paged || tail == nil || !tail.Paged || tail.CB.EndSeq != b.CB.Seq || b.Len() == 0 {
		return
	}
	b.Truesize = min(b.Truesize, b.Len())
	sk.NS.Inc(step.TcpExtTCPRcvCoalesce)
}

// queueRcv is tcp_queue_rcv: append to the receive queue.
func (sk *Sock) queueRcv(b *core.SKB) {
	defer sk.NS.In(step.TcpQueueRcv, &sk.Sock).Out()
	if b.Len() > 0 {
		sk.NS.Why(step.WhyQueued, uint64(b.Len()), uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
	} else {
		sk.NS.Why(step.WhyQueuedFin)
	}
	sk.rcvNxtUpdate(b.CB.EndSeq)
	b.Dev = nil
	sk.tryCoalesce(b)
	sk.charge(b.Truesize)
	b.SetOwnerR(&sk.Sock)
	sk.RcvQueue.PushBack(b)
}

// charge is sk_rmem_schedule with sk_mem_charge: memory comes in pages.
func (sk *Sock) charge(n int) {
	if n > int(sk.ForwardAlloc) {
		sk.ForwardAlloc += int32((n - int(sk.ForwardAlloc) + 4095) &^ 4095)
	}
	sk.ForwardAlloc -= int32(n)
}

// uncharge is sk_mem_uncharge: whole pages go back.
func (sk *Sock) uncharge(n int) { sk.ForwardAlloc = int32((int(sk.ForwardAlloc) + n) & 4095) }

// dataReady is tcp_data_ready.
func (sk *Sock) dataReady() {
	if sk.T.Follow && sk.follow.lenient {
		sk.followDrain()
		return
	}
	sk.DataReady(sk.NS)
}

// dsackSet is tcp_dsack_set: the next ACK reports the duplicate (RFC 2883 §4).
func (sk *Sock) dsackSet(seq, end uint32) {
	if sk.isReno() || sk.sysctl().TCPDsack == 0 {
		return
	}
	if before(seq, sk.rcvNxt) {
		sk.NS.Inc(step.TcpExtTCPDSACKOldSent)
	} else {
		sk.NS.Inc(step.TcpExtTCPDSACKOfoSent)
	}
	sk.rx.dsack = true
	sk.dsackBlk = wire.SACKBlock{Start: seq, End: end}
}

// dsackExtend is tcp_dsack_extend.
func (sk *Sock) dsackExtend(seq, end uint32) {
	if !sk.rx.dsack {
		sk.dsackSet(seq, end)
		return
	}
	sackExtend(&sk.dsackBlk, seq, end)
}

// sackExtend is tcp_sack_extend.
func sackExtend(s *wire.SACKBlock, seq, end uint32) bool {
	if after(seq, s.End) || after(s.Start, end) {
		return false
	}
	if before(seq, s.Start) {
		s.Start = seq
	}
	if after(end, s.End) {
		s.End = end
	}
	return true
}

// dataQueueOfo is tcp_data_queue_ofo: the segment lies behind a hole. Keep it,
// in order, and tell the sender by a SACK block, the newest first (RFC 2018 §4).
func (sk *Sock) dataQueueOfo(b *core.SKB) {
	defer sk.NS.In(step.TcpDataQueueOfo, &sk.Sock).Out()
	ns := sk.NS
	if !sk.tryRmemSchedule() {
		ns.Inc(step.TcpExtTCPOFODrop)
		sk.DataReady(ns)
		ns.Drop(b, step.DropProtoMem, step.TcpDataQueue)
		return
	}
	sk.measureRcvMSS(b)
	sk.predFlags = 0
	sk.scheduleAck()
	ns.Inc(step.TcpExtTCPOFOQueue)
	seq, end := b.CB.Seq, b.CB.EndSeq
	ns.Why(step.WhyOfo, uint64(seq-sk.rcvNxt), uint64(sk.ooo.Len()))
	// Where does it belong?
	var at *core.SKB
	for at = sk.ooo.Back(); at != nil && before(seq, at.CB.Seq); at = at.Prev() {
	}
	if at != nil && before(seq, at.CB.EndSeq) {
		if !after(end, at.CB.EndSeq) {
			ns.Inc(step.TcpExtTCPOFOMerge)
			sk.dsackSet(seq, end)
			ns.Drop(b, step.DropTCPOfomerge, step.TcpDataQueue)
			sk.sackNewOfo(seq, end)
			return
		}
		if after(seq, at.CB.Seq) {
			sk.dsackSet(seq, at.CB.EndSeq)
		} else {
			prev := at.Prev()
			sk.dsackExtend(at.CB.Seq, at.CB.EndSeq)
			ns.Inc(step.TcpExtTCPOFOMerge)
			sk.ooo.Remove(at)
			ns.Drop(at, step.DropTCPOfomerge, step.TcpDataQueue)
			at = prev
		}
	}
	sk.ooo.InsertAfter(at, b)
	for n := b.Next(); n != nil && after(end, n.CB.Seq); n = b.Next() {
		if before(end, n.CB.EndSeq) {
			sk.dsackExtend(n.CB.Seq, end)
			break
		}
		sk.ooo.Remove(n)
		sk.dsackExtend(n.CB.Seq, n.CB.EndSeq)
		ns.Inc(step.TcpExtTCPOFOMerge)
		ns.Drop(n, step.DropTCPOfomerge, step.TcpDataQueue)
	}
	sk.sackNewOfo(seq, end)
	if !sk.isReno() {
		sk.growWindow(b)
	}
	b.Dev = nil
	sk.charge(b.Truesize)
	b.SetOwnerR(&sk.Sock)
}

// sackNewOfo is tcp_sack_new_ofo_skb: extend a block, or begin one; it comes
// first.
func (sk *Sock) sackNewOfo(seq, end uint32) {
	if sk.isReno() {
		return
	}
	n := int(sk.rx.numSacks)
	for i := 0; i < n; i++ {
		if !sackExtend(&sk.selAcks[i], seq, end) {
			continue
		}
		if i >= sackBlocksExpected {
			sk.sackCompressSendAck()
		}
		for ; i > 0; i-- {
			sk.selAcks[i], sk.selAcks[i-1] = sk.selAcks[i-1], sk.selAcks[i]
		}
		if n > 1 {
			sk.sackCoalesce()
		}
		return
	}
	if n >= sackBlocksExpected {
		sk.sackCompressSendAck()
	}
	if n >= numSacks {
		n--
		sk.rx.numSacks--
	}
	copy(sk.selAcks[1:n+1], sk.selAcks[:n])
	sk.selAcks[0] = wire.SACKBlock{Start: seq, End: end}
	sk.rx.numSacks++
}

// sackBlocksExpected is TCP_SACK_BLOCKS_EXPECTED: what fits into an ACK for
// sure. A third block does not wait for a compressed ACK.
const sackBlocksExpected = 2

// sackCoalesce is tcp_sack_maybe_coalesce.
func (sk *Sock) sackCoalesce() {
	for i := 1; i < int(sk.rx.numSacks); {
		if !sackExtend(&sk.selAcks[0], sk.selAcks[i].Start, sk.selAcks[i].End) {
			i++
			continue
		}
		sk.rx.numSacks--
		copy(sk.selAcks[i:sk.rx.numSacks], sk.selAcks[i+1:sk.rx.numSacks+1])
	}
}

// sackRemove is tcp_sack_remove: blocks that rcv_nxt has passed.
func (sk *Sock) sackRemove() {
	if sk.ooo.Len() == 0 {
		sk.rx.numSacks = 0
		return
	}
	for i := 0; i < int(sk.rx.numSacks); {
		if !before(sk.rcvNxt, sk.selAcks[i].Start) {
			copy(sk.selAcks[i:], sk.selAcks[i+1:sk.rx.numSacks])
			sk.rx.numSacks--
			continue
		}
		i++
	}
}

// ofoQueue is tcp_ofo_queue: the hole is filled; move what waited.
func (sk *Sock) ofoQueue() {
	defer sk.NS.In(step.TcpOfoQueue, &sk.Sock).Out()
	ns := sk.NS
	first, high := sk.rcvNxt, sk.rcvNxt
	for b := sk.ooo.Front(); b != nil; b = sk.ooo.Front() {
		if after(b.CB.Seq, sk.rcvNxt) {
			break
		}
		if before(b.CB.Seq, high) {
			d := high
			if before(b.CB.EndSeq, high) {
				high, d = b.CB.EndSeq, b.CB.EndSeq
			}
			sk.dsackExtend(b.CB.Seq, d)
		}
		sk.ooo.Remove(b)
		if !after(b.CB.EndSeq, sk.rcvNxt) {
			ns.Drop(b, step.DropTCPOfoDrop, step.TcpDataQueue)
			continue
		}
		ns.Why(step.WhyOfoMoved, uint64(b.CB.EndSeq-first))
		sk.rcvNxtUpdate(b.CB.EndSeq)
		fin := b.CB.TCPFlags&fFin != 0
		sk.RcvQueue.PushBack(b)
		if fin {
			sk.fin()
			break
		}
	}
}

// fin is tcp_fin: the peer has no more data (RFC 9293 §3.10.7.4, eighth).
func (sk *Sock) fin() {
	defer sk.NS.In(step.TcpFin, &sk.Sock).Out()
	ns := sk.NS
	sk.scheduleAck()
	sk.Sock.Shutdown |= core.RcvShutdown
	switch sk.State {
	case core.TCPSynRecv, core.TCPEstablished:
		ns.Why(step.WhyPassiveClose)
		sk.setState(core.TCPCloseWait)
		sk.enterPingpong()
	case core.TCPCloseWait, core.TCPClosing, core.TCPLastAck:
		// A retransmission of the FIN.
	case core.TCPFinWait1:
		// Simultaneous close: our FIN is not acknowledged yet.
		ns.Why(step.WhySimulClose)
		sk.sendAck()
		sk.setState(core.TCPClosing)
	case core.TCPFinWait2:
		ns.Why(step.WhyLastFin)
		sk.sendAck()
		sk.timeWait(core.TCPTimeWait, 0)
	}
	// Nothing may come after a FIN.
	for b := sk.ooo.PopFront(); b != nil; b = sk.ooo.PopFront() {
		ns.Free(b)
	}
	if !sk.isReno() {
		sk.resetSack()
	}
	if !sk.Dead {
		sk.StateChange(ns)
	}
}

// reset is tcp_reset: an acceptable RST (RFC 9293 §3.10.7.4, second).
func (sk *Sock) reset() {
	defer sk.NS.In(step.TcpResetStep, &sk.Sock).Out()
	ns := sk.NS
	ns.TP(step.TcpReceiveReset, &sk.Sock, uint64(sk.ID), uint64(sk.Family), uint64(sk.Sport), uint64(sk.Dport),
		sk.Saddr.Hi, sk.Saddr.Lo, sk.Daddr.Hi, sk.Daddr.Lo)
	switch sk.State {
	case core.TCPSynSent:
		sk.Err = step.ECONNREFUSED
	case core.TCPCloseWait:
		sk.Err = step.EPIPE
	case core.TCPClose:
		return
	default:
		sk.Err = step.ECONNRESET
	}
	ns.Why(step.WhyReset, uint64(sk.Err))
	sk.purgeWrite()
	sk.done()
	if !sk.Dead {
		sk.ErrorReport(ns)
	}
}
