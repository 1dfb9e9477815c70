package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// SACK at the sender (RFC 2018 §5, RFC 6675, RFC 2883): which of the segments
// in flight the other side has.

// highestSackSeq is tcp_highest_sack_seq: above it nothing is sacked.
func (sk *Sock) highestSackSeq() uint32 {
	if sk.sackedOut == 0 {
		return sk.sndUna
	}
	if sk.highestSack == nil {
		return sk.sndNxt
	}
	return sk.highestSack.CB.Seq
}

// sacktagWriteQueue is tcp_sacktag_write_queue: mark what the blocks of an ACK
// say. CB.Sacked of a received segment counts its blocks.
func (sk *Sock) sacktagWriteQueue(ackb *core.SKB, priorUna uint32, st *sackState) int {
	defer sk.NS.In(step.TcpSacktagWriteQueue, &sk.Sock).Out()
	ns := sk.NS
	o := &sk.T.opt
	n := int(o.NumSACK)
	if n == 0 || sk.isReno() {
		return 0
	}
	st.reord = sk.sndNxt
	if sk.sackedOut == 0 {
		sk.highestSack = sk.rtx.Front()
	}
	dup := sk.checkDsack(o, priorUna, st)
	if before(ackb.CB.AckSeq, priorUna-sk.maxWindow) {
		return 0
	}
	if sk.packetsOut == 0 {
		return st.flag
	}
	var blocks [wire.TCPMaxSACKs]wire.SACKBlock
	used := 0
	for i := 0; i < n; i++ {
		isDup := dup && i == 0
		s := o.SACK[i]
		if !sk.sackBlockValid(isDup, s.Start, s.End) {
			switch {
			case isDup && sk.undoMarker == 0:
				ns.Inc(step.TcpExtTCPDSACKIgnoredNoUndo)
			case isDup:
				ns.Inc(step.TcpExtTCPDSACKIgnoredOld)
			case s.Start != s.End && !after(s.End, sk.sndUna):
				// an old block
			default:
				ns.Inc(step.TcpExtTCPSACKDiscard)
			}
			continue
		}
		if !after(s.End, priorUna) {
			continue
		}
		blocks[used] = s
		used++
	}
	// In order of sequence, so that one walk over the queue does.
	for i := 1; i < used; i++ {
		for j := i; j > 0 && before(blocks[j].Start, blocks[j-1].Start); j-- {
			blocks[j], blocks[j-1] = blocks[j-1], blocks[j]
		}
	}
	mss := sk.currentMSS()
	for _, s := range blocks[:used] {
		for b := sk.rtx.Front(); b != nil; b = b.Next() {
			if !before(b.CB.Seq, s.End) {
				break
			}
			if !after(b.CB.EndSeq, s.Start) {
				continue
			}
			if !sk.matchSack(b, s.Start, s.End, mss) {
				continue
			}
			sk.sacktagOne(b, st)
		}
	}
	if sk.caState != CALoss || sk.undoMarker != 0 {
		sk.checkSackReordering(st.reord, false)
	}
	ns.Why(step.WhySack, uint64(used), uint64(sk.sackedOut), uint64(sk.lostOut))
	return st.flag
}

// checkDsack is tcp_check_dsack: the first block reports a duplicate (RFC 2883 §4).
func (sk *Sock) checkDsack(o *wire.TCPOptions, priorUna uint32, st *sackState) bool {
	ns := sk.NS
	s0 := o.SACK[0]
	ack := sk.sndUna
	switch {
	case before(s0.Start, ack):
		ns.Inc(step.TcpExtTCPDSACKRecv)
	case o.NumSACK > 1 && !after(s0.End, o.SACK[1].End) && !before(s0.Start, o.SACK[1].Start):
		ns.Inc(step.TcpExtTCPDSACKOfoRecv)
	default:
		return false
	}
	st.flag |= flagDsackingAck
	n := max(1, int(s0.End-s0.Start)/int(max(sk.mssCache, 1)))
	ns.Add(step.TcpExtTCPDSACKRecvSegs, uint64(n))
	sk.rack.dsackSeen = true
	if sk.tlpHighSeq != 0 && sk.tlpRetrans && s0.End == sk.tlpHighSeq {
		st.flag |= flagDsackTLP
	}
	// Our retransmission was not needed: a candidate for undo.
	if sk.undoMarker != 0 && sk.undoRetrans > 0 && !after(s0.End, priorUna) && after(s0.End, sk.undoMarker) {
		sk.undoRetrans = int32(max(0, int(sk.undoRetrans)-n))
	}
	return true
}

// sackBlockValid is tcp_is_sackblock_valid.
func (sk *Sock) sackBlockValid(dup bool, start, end uint32) bool {
	if after(end, sk.sndNxt) || !before(start, end) || !before(start, sk.sndNxt) {
		return false
	}
	if after(start, sk.sndUna) {
		return true
	}
	if !dup || sk.undoMarker == 0 {
		return false
	}
	if after(end, sk.sndUna) {
		return false
	}
	if !before(start, sk.undoMarker) {
		return true
	}
	if !after(end, sk.undoMarker) {
		return false
	}
	return !before(start, end-sk.maxWindow)
}

// matchSack is tcp_match_skb_to_sack: whole segments only; a packet that the
// block cuts is cut there.
func (sk *Sock) matchSack(b *core.SKB, start, end uint32, mss int) bool {
	cb := &b.CB
	if !after(start, cb.Seq) && !before(end, cb.EndSeq) {
		return true
	}
	if cb.TSO <= 1 {
		return false
	}
	inSack := !after(start, cb.Seq)
	var n int
	if inSack {
		n = int(end - cb.Seq)
	} else {
		n = int(start - cb.Seq)
	}
	if n > mss {
		k := n / mss * mss
		if k < n && !inSack {
			k += mss
		}
		n = k
	} else if !inSack {
		n = mss
	} else if n < mss {
		return false
	}
	if n >= b.Len() {
		return inSack
	}
	sk.fragment(&sk.rtx, b, n, mss)
	return inSack
}

// sacktagOne is tcp_sacktag_one: one segment is at the other side.
func (sk *Sock) sacktagOne(b *core.SKB, st *sackState) {
	cb := &b.CB
	n := cb.TSO
	if !after(cb.EndSeq, sk.sndUna) || cb.Sacked&cbSacked != 0 {
		return
	}
	sk.rackAdvance(cb.Sacked, cb.EndSeq, skbStamp(b))
	if cb.Sacked&cbRetrans != 0 {
		if cb.Sacked&cbLost != 0 {
			cb.Sacked &^= cbLost | cbRetrans
			sk.lostOut -= int32(n)
			sk.retransOut -= int32(n)
		}
	} else {
		if before(cb.Seq, sk.highestSackSeq()) && before(cb.Seq, st.reord) && cb.Sacked&cbEverRetrans == 0 {
			st.reord = cb.Seq
		}
		if !after(cb.EndSeq, sk.highSeq) {
			st.flag |= flagOrigSackAcked
		}
		if st.firstSack == 0 {
			st.firstSack = skbStamp(b)
		}
		st.lastSack = skbStamp(b)
		if cb.Sacked&cbLost != 0 {
			cb.Sacked &^= cbLost
			sk.lostOut -= int32(n)
		}
	}
	cb.Sacked |= cbSacked
	st.flag |= flagDataSacked
	sk.sackedOut += int32(n)
	sk.delivered += int32(n)
	if cb.Sacked&cbRetrans != 0 {
		cb.Sacked &^= cbRetrans
		sk.retransOut -= int32(n)
	}
	// tcp_advance_highest_sack
	if !before(cb.Seq, sk.highestSackSeqRaw()) {
		sk.highestSack = b.Next()
	}
}

func (sk *Sock) highestSackSeqRaw() uint32 {
	if sk.highestSack == nil {
		return sk.sndNxt
	}
	return sk.highestSack.CB.Seq
}

// checkSackReordering is tcp_check_sack_reordering: a segment below one that
// was sacked earlier has arrived after all: the network reorders (RFC 4653 in
// spirit).
func (sk *Sock) checkSackReordering(low uint32, ts bool) {
	if sk.isReno() {
		return
	}
	fack := sk.highestSackSeq()
	if !before(low, fack) {
		return
	}
	metric := int(fack - low)
	mss := int(max(sk.mssCache, 1))
	if metric > int(sk.reordering)*mss {
		sk.reordering = int32(min((metric+mss-1)/mss, sk.sysctl().TCPMaxReordering))
	}
	sk.reordSeen++
	if ts {
		sk.NS.Inc(step.TcpExtTCPTSReorder)
	} else {
		sk.NS.Inc(step.TcpExtTCPSACKReorder)
	}
}

// addRenoSack is tcp_add_reno_sack: without SACK every duplicate ACK means
// that one segment has left the network.
func (sk *Sock) addRenoSack(n int) {
	if n == 0 {
		return
	}
	prior := int(sk.sackedOut)
	sk.sackedOut += int32(n)
	sk.checkRenoReordering(0)
	if d := int(sk.sackedOut) - prior; d > 0 {
		sk.delivered += int32(d)
	}
}

// removeRenoSacks is tcp_remove_reno_sacks.
func (sk *Sock) removeRenoSacks(acked int, ece bool) {
	if acked > 0 {
		sk.delivered += int32(max(acked-int(sk.sackedOut), 1))
		if acked-1 >= int(sk.sackedOut) {
			sk.sackedOut = 0
		} else {
			sk.sackedOut -= int32(acked - 1)
		}
	}
	sk.checkRenoReordering(acked)
}

func (sk *Sock) resetRenoSack() { sk.sackedOut = 0 }

// limitRenoSacked is tcp_limit_reno_sacked.
func (sk *Sock) limitRenoSacked() bool {
	h := int(max(sk.lostOut, 1))
	h = min(h, int(sk.packetsOut))
	if int(sk.sackedOut)+h > int(sk.packetsOut) {
		sk.sackedOut = int32(int(sk.packetsOut) - h)
		return true
	}
	return false
}

// checkRenoReordering is tcp_check_reno_reordering.
func (sk *Sock) checkRenoReordering(addend int) {
	if !sk.limitRenoSacked() {
		return
	}
	sk.reordering = int32(min(int(sk.packetsOut)+addend, sk.sysctl().TCPMaxReordering))
	sk.reordSeen++
	sk.NS.Inc(step.TcpExtTCPRenoReorder)
}
