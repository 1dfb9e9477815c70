package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Memory of the receive queues. A segment of one byte may take two thousand:
// when the buffer is full, pack what is there closer together, then throw away
// what lies behind holes. The host's limit for all of TCP (tcp_mem) is not
// modelled: there is always memory.

// canIngest is tcp_can_ingest: is there room for one more?
func (sk *Sock) canIngest() bool { return sk.RmemAlloc <= sk.RcvBuf }

// tryRmemSchedule is tcp_try_rmem_schedule: is there room for the segment?
// When the buffer is full, room is made.
func (sk *Sock) tryRmemSchedule(b *core.SKB) bool {
	if sk.T.Follow && sk.RcvQueue.Len() > 0 {
		sk.RcvBuf = max(sk.RcvBuf, sk.RmemAlloc) // the captured host has the memory for the window that it offers
	}
	return sk.canIngest() || sk.pruneQueue(b)
}

// clampWindow is tcp_clamp_window: the socket hit its memory bounds.
func (sk *Sock) clampWindow() {
	defer sk.NS.In(step.TcpClampWindow, &sk.Sock).Out()
	sk.ack.quick = 0
	if r2 := sk.sysctl().TCPRmem[2]; int(sk.RcvBuf) < r2 && !sk.RcvBufLocked {
		sk.RcvBuf = int32(min(int(sk.RmemAlloc), r2))
	}
	if sk.RmemAlloc > sk.RcvBuf {
		sk.rcvSsthresh = int32(min(int(sk.windowClamp), 2*int(sk.advmss)))
	}
	sk.NS.Why(step.WhyClamped, uint64(sk.RmemAlloc), uint64(sk.RcvBuf), uint64(sk.rcvSsthresh))
}

// pruneQueue is tcp_prune_queue: make room. It reports whether there is some.
func (sk *Sock) pruneQueue(in *core.SKB) bool {
	defer sk.NS.In(step.TcpPruneQueue, &sk.Sock).Out()
	ns := sk.NS
	if sk.RmemAlloc == 0 {
		return false
	}
	ns.Inc(step.TcpExtPruneCalled)
	if !sk.canIngest() {
		sk.clampWindow()
	}
	if sk.canIngest() {
		return true
	}
	sk.collapseOfoQueue()
	if b := sk.RcvQueue.Front(); b != nil {
		sk.collapse(&sk.RcvQueue, b, nil, sk.copiedSeq, sk.rcvNxt)
	}
	if sk.canIngest() {
		ns.Why(step.WhyPruneCollapsed, uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
		return true
	}
	sk.pruneOfoQueue(in)
	if sk.canIngest() {
		return true
	}
	ns.Inc(step.TcpExtRcvPruned)
	ns.Why(step.WhyPruneFull, uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
	sk.predFlags = 0
	return false
}

// pruneOfoQueue is tcp_prune_ofo_queue: throw away what lies furthest behind the
// hole, at least an eighth of the buffer, but nothing before the segment that
// comes in. It reports whether something went.
func (sk *Sock) pruneOfoQueue(in *core.SKB) bool {
	defer sk.NS.In(step.TcpPruneOfoQueue, &sk.Sock).Out()
	ns := sk.NS
	n, goal := 0, int(sk.RcvBuf)>>3
	for b := sk.ooo.Back(); b != nil && !after(in.CB.Seq, b.CB.Seq); b = sk.ooo.Back() {
		n++
		goal -= b.Truesize
		sk.ooo.Remove(b)
		sk.uncharge(b.Truesize)
		sk.dropReason(b, step.DropTCPOfoQueuePrune, step.TcpPruneOfoQueue)
		if sk.ooo.Len() == 0 || goal <= 0 {
			if sk.canIngest() {
				break
			}
			goal = int(sk.RcvBuf) >> 3
		}
	}
	if n == 0 {
		return false
	}
	ns.Inc(step.TcpExtOfoPruned)
	ns.Why(step.WhyPruned, uint64(n), uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
	if !sk.isReno() {
		sk.resetSack() // what was reported is not there any more
	}
	return true
}

// collapseOfoQueue is tcp_collapse_ofo_queue: each run of segments without a
// hole between them is packed.
func (sk *Sock) collapseOfoQueue() {
	defer sk.NS.In(step.TcpCollapseOfoQueue, &sk.Sock).Out()
	tiny := 0
	for head := sk.ooo.Front(); head != nil; {
		start, end, mem := head.CB.Seq, head.CB.EndSeq, head.Truesize
		b := head.Next()
		for ; b != nil && !after(b.CB.Seq, end) && !before(b.CB.EndSeq, start); b = b.Next() {
			mem += b.Truesize
			if after(b.CB.EndSeq, end) {
				end = b.CB.EndSeq
			}
		}
		if mem != head.Truesize || end-start >= collapseMax {
			sk.collapse(&sk.ooo, head, b, start, end)
		} else if tiny += mem; tiny > int(sk.RcvBuf)>>3 {
			return
		}
		head = b
	}
}

// collapseMax is SKB_MAX_ORDER(0, 0): how much data one page takes.
const collapseMax = 4096 - sizeofShinfo

// bloated says that a packet takes more memory than its data is worth.
func (sk *Sock) bloated(b *core.SKB) bool { return sk.winFromSpace(b.Truesize) > b.Len() }

// collapse is tcp_collapse: copy the data of the packets from head up to (not
// including) tail, numbers start to end, into as few pages as they need.
// Packets with SYN or FIN are left alone.
func (sk *Sock) collapse(q *core.SKBList, head, tail *core.SKB, start, end uint32) {
	defer sk.NS.In(step.TcpCollapse, &sk.Sock).Out()
	ns := sk.NS
	b := sk.collapseFrom(q, head, tail, &start)
	if b == nil {
		ns.Why(step.WhyCollapseNothing)
		return
	}
	from, was, made, took, bytes := 0, 0, 0, 0, uint32(0)
	for b != nil && before(start, end) {
		room := int(min(collapseMax, end-start))
		n := ns.AllocSKB(0, room, b.Pkt)
		n.CB, n.Protocol, n.Tstamp, n.IPSummed = b.CB, b.Protocol, b.Tstamp, b.IPSummed
		n.CB.Seq, n.CB.EndSeq = start, start
		q.InsertAfter(b.Prev(), n)
		sk.own(n)
		made, took = made+1, took+n.Truesize
		for room > 0 {
			off, size := int(start-b.CB.Seq), min(room, int(b.CB.EndSeq-start))
			if size > 0 {
				b.CopyBits(off, n.Put(size))
				n.CB.EndSeq += uint32(size)
				room -= size
				start += uint32(size)
				bytes += uint32(size)
			}
			if before(start, b.CB.EndSeq) {
				continue
			}
			from, was = from+1, was+b.Truesize
			next := b.Next()
			sk.collapseOne(q, b, n)
			if b = next; b == nil || b == tail || b.CB.TCPFlags&(fSyn|fFin) != 0 {
				b = nil
				break
			}
		}
	}
	ns.Why(step.WhyCollapsed, uint64(from), uint64(made), uint64(bytes), uint64(was), uint64(took))
}

// collapseFrom is its first part: where packing begins to be worth it, nil:
// nowhere. start moves there.
func (sk *Sock) collapseFrom(q *core.SKBList, b, tail *core.SKB, start *uint32) *core.SKB {
	for b != nil && b != tail {
		next := b.Next()
		switch {
		case !before(*start, b.CB.EndSeq): // nothing new in it
			sk.collapseOne(q, b, nil)
		case b.CB.TCPFlags&(fSyn|fFin) == 0 && (sk.bloated(b) || before(b.CB.Seq, *start)):
			return b
		case next != nil && next != tail && b.CB.EndSeq != next.CB.Seq:
			if b.CB.TCPFlags&(fSyn|fFin) != 0 {
				return nil
			}
			return b
		default:
			*start = b.CB.EndSeq
		}
		b = next
	}
	return nil
}

// collapseOne is tcp_collapse_one: a packet's bytes are in another one now.
func (sk *Sock) collapseOne(q *core.SKBList, b, into *core.SKB) {
	q.Remove(b)
	sk.uncharge(b.Truesize)
	sk.NS.Inc(step.TcpExtTCPRcvCollapsed)
	if into != nil {
		sk.NS.FreeInto(b, step.TcpCollapse, step.WhyCollapsedInto, uint64(into.ID))
	} else {
		sk.NS.FreeInto(b, step.TcpCollapse, step.WhyOfoCovered)
	}
}
