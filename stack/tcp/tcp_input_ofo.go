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
		old := before(cb.Seq, sk.rcvNxt)
		if old {
			ns.Why(step.WhyPartOld, uint64(sk.rcvNxt-cb.Seq))
			sk.dsackSet(cb.Seq, sk.rcvNxt)
		} else {
			ns.Why(step.WhyInOrder)
		}
		// A bare FIN is let in also without a window.
		if win == 0 && (old || b.Len() > 0 || cb.TCPFlags&fFin == 0) {
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
	sk.dropReason(b, why, place)
}

// queueAndOut takes a segment that begins at or before rcv_nxt, and what
// waited behind it.
func (sk *Sock) queueAndOut(b *core.SKB, place step.Step) {
	ns := sk.NS
	if !sk.tryRmemSchedule(b) {
		sk.ack.pending |= ackNomem | ackNow
		sk.scheduleAck()
		sk.DataReady(ns)
		if sk.RcvQueue.Len() > 0 && b.Len() > 0 {
			ns.Why(step.WhyNoMemory, uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
			ns.Inc(step.TcpExtTCPRcvQDrop)
			sk.dropReason(b, step.DropProtoMem, place)
			return
		}
	}
	fin := b.CB.TCPFlags&fFin != 0
	into := sk.queueRcv(b)
	if b.Len() > 0 {
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
	sk.freePartial(b, into)
	if !sk.Dead {
		sk.dataReady()
	}
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
	sk.ecnCheckCe(b)
	if !sk.tryRmemSchedule(b) {
		ns.Why(step.WhyNoMemory, uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
		ns.Inc(step.TcpExtTCPOFODrop)
		sk.DataReady(ns)
		sk.dropReason(b, step.DropProtoMem, step.TcpDataQueue)
		return
	}
	sk.measureRcvMSS(b)
	sk.predFlags = 0
	sk.scheduleAck()
	sk.st.rcvOoopack += uint32(max(1, b.GSOSegs))
	ns.Inc(step.TcpExtTCPOFOQueue)
	ns.Why(step.WhyOfo, uint64(b.CB.Seq-sk.rcvNxt), uint64(sk.ooo.Len()))
	seq, end := b.CB.Seq, b.CB.EndSeq
	if sk.ooo.Len() == 0 {
		if !sk.isReno() {
			sk.rx.numSacks = 1
			sk.selAcks[0] = wire.SACKBlock{Start: seq, End: end}
		}
		sk.ooo.PushBack(b)
	} else if b = sk.insertOfo(b); !sk.isReno() {
		sk.sackNewOfo(seq, end)
	}
	if b != nil {
		// Without SACK the window does not grow, so that the ACKs are duplicates.
		if !sk.isReno() {
			sk.growWindow(b, false)
		}
		b.Dev = nil
		sk.own(b)
	}
	if !sk.Dead && sk.parent == nil { // a program has it
		sk.rcvbufGrow(int(sk.rcvq.space))
	}
}

// insertOfo puts a segment where it belongs among those that wait. It returns
// nil if it is part of another one now, or was not needed.
func (sk *Sock) insertOfo(b *core.SKB) *core.SKB {
	ns := sk.NS
	seq, end := b.CB.Seq, b.CB.EndSeq
	at := sk.ooo.Back()
	if !sk.ofoTryCoalesce(at, b) {
		for ; at != nil && before(seq, at.CB.Seq); at = at.Prev() {
		}
		switch {
		case at == nil:
		case !before(seq, at.CB.EndSeq):
			if at == sk.ooo.Back() || !sk.ofoTryCoalesce(at, b) {
				break
			}
			return sk.ofoCoalesced(at, b)
		case !after(end, at.CB.EndSeq):
			ns.Inc(step.TcpExtTCPOFOMerge)
			ns.Why(step.WhyOfoMerged)
			sk.dropReason(b, step.DropTCPOfomerge, step.TcpDataQueue)
			sk.dsackSet(seq, end)
			return nil
		case after(seq, at.CB.Seq):
			sk.dsackSet(seq, at.CB.EndSeq)
		default:
			prev := at.Prev()
			sk.dsackExtend(at.CB.Seq, at.CB.EndSeq)
			sk.dropCovered(at)
			at = prev
		}
		sk.ooo.InsertAfter(at, b)
		sk.mergeRight(b)
		return b
	}
	return sk.ofoCoalesced(at, b)
}

// ofoCoalesced is what is left to do when b became part of at.
func (sk *Sock) ofoCoalesced(at, b *core.SKB) *core.SKB {
	if !sk.isReno() {
		sk.growWindow(b, true)
	}
	sk.NS.Why(step.WhyOfoCoalesced, uint64(at.ID))
	sk.freePartial(b, at)
	return nil
}

// mergeRight drops what waits behind b and is part of it.
func (sk *Sock) mergeRight(b *core.SKB) {
	end := b.CB.EndSeq
	for n := b.Next(); n != nil && after(end, n.CB.Seq); n = b.Next() {
		if before(end, n.CB.EndSeq) {
			sk.dsackExtend(n.CB.Seq, end)
			break
		}
		sk.dsackExtend(n.CB.Seq, n.CB.EndSeq)
		sk.dropCovered(n)
	}
}

// dropCovered drops a packet of the queue whose bytes a later one holds.
func (sk *Sock) dropCovered(b *core.SKB) {
	sk.ooo.Remove(b)
	sk.NS.Inc(step.TcpExtTCPOFOMerge)
	sk.NS.Why(step.WhyOfoCovered)
	sk.uncharge(b.Truesize)
	sk.dropReason(b, step.DropTCPOfomerge, step.TcpDataQueue)
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
				d = b.CB.EndSeq
			}
			sk.dsackExtend(b.CB.Seq, d)
		}
		sk.ooo.Remove(b)
		if !after(b.CB.EndSeq, sk.rcvNxt) {
			sk.uncharge(b.Truesize)
			sk.dropReason(b, step.DropTCPOfoDrop, step.TcpDataQueue)
			continue
		}
		ns.Why(step.WhyOfoMoved, uint64(b.CB.EndSeq-first))
		fin := b.CB.TCPFlags&fFin != 0
		tail := sk.RcvQueue.Back()
		eaten := tail != nil && sk.tryCoalesce(tail, b)
		sk.rcvNxtUpdate(b.CB.EndSeq)
		if eaten {
			sk.uncharge(b.Truesize)
			sk.freePartial(b, tail)
		} else {
			sk.RcvQueue.PushBack(b)
		}
		if fin {
			sk.fin()
			break
		}
	}
}
