package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// tryCoalesce is tcp_try_coalesce: a segment that goes on where the one before
// it in the queue ends becomes part of it, if that saves memory. The caller
// frees from then.
func (sk *Sock) tryCoalesce(to, from *core.SKB) bool {
	if from.CB.Seq != to.CB.EndSeq {
		return false
	}
	delta, ok := to.TryCoalesce(from)
	if !ok {
		return false
	}
	sk.RmemAlloc += int32(delta)
	sk.charge(delta)
	sk.NS.Inc(step.TcpExtTCPRcvCoalesce)
	to.CB.EndSeq, to.CB.AckSeq = from.CB.EndSeq, from.CB.AckSeq
	to.CB.TCPFlags |= from.CB.TCPFlags
	to.Tstamp = from.Tstamp
	sk.NS.Why(step.WhyCoalesced, uint64(from.Len()), uint64(to.ID), uint64(to.Truesize))
	return true
}

// ofoTryCoalesce is tcp_ooo_try_coalesce.
func (sk *Sock) ofoTryCoalesce(to, from *core.SKB) bool {
	if !sk.tryCoalesce(to, from) {
		return false
	}
	to.GSOSegs = min(max(1, to.GSOSegs)+max(1, from.GSOSegs), 0xffff)
	return true
}

// freePartial is kfree_skb_partial: b is part of into now, nil if it is not.
func (sk *Sock) freePartial(b, into *core.SKB) {
	if into != nil {
		sk.NS.FreeInto(b, step.TcpQueueRcv, step.WhyCoalescedInto, uint64(into.ID))
	}
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

// forwardAlloc is sk_forward_alloc: what is left of the pages that the socket has
// been charged for, by what it received and by what it is to send.
func (sk *Sock) forwardAlloc() int { return (int(sk.ForwardAlloc) - int(sk.WmemQueued)) & 4095 }

// own is skb_set_owner_r: the packet's memory counts for this socket.
func (sk *Sock) own(b *core.SKB) {
	sk.charge(b.Truesize)
	b.SetOwnerR(&sk.Sock)
}

// queueRcv is tcp_queue_rcv: append to the receive queue. It returns the packet
// that the segment became a part of, nil if it stays one of its own.
func (sk *Sock) queueRcv(b *core.SKB) *core.SKB {
	defer sk.NS.In(step.TcpQueueRcv, &sk.Sock).Out()
	if b.Len() > 0 {
		sk.NS.Why(step.WhyQueued, uint64(b.Len()), uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
	} else {
		sk.NS.Why(step.WhyQueuedFin)
	}
	b.Dev = nil
	tail := sk.RcvQueue.Back()
	if tail == nil || !sk.tryCoalesce(tail, b) {
		tail = nil
	}
	sk.rcvNxtUpdate(b.CB.EndSeq)
	if tail == nil {
		sk.RcvQueue.PushBack(b)
		sk.own(b)
	}
	return tail
}

// dataReady is tcp_data_ready: wake the program, if it waits for no more than
// what is there.
func (sk *Sock) dataReady() {
	if sk.T.Follow && sk.follow.lenient {
		sk.followDrain()
		return
	}
	if sk.epollinReady(sk.lowat()) || sk.Sock.Shutdown&core.RcvShutdown != 0 {
		sk.DataReady(sk.NS)
	}
}

// epollinReady is tcp_epollin_ready: at least n bytes wait, or no more will
// come because there is no room.
func (sk *Sock) epollinReady(n int) bool {
	avail := int(int32(sk.rcvNxt - sk.copiedSeq))
	if avail <= 0 {
		return false
	}
	full := int(sk.RmemAlloc) > int(sk.RcvBuf)-int(sk.RcvBuf)>>3 // tcp_rmem_pressure
	return avail >= n || full || int(sk.receiveWindow()) <= int(sk.ack.rcvMss)
}
