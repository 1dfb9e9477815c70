package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// SACK at the sender (RFC 2018 §5, RFC 2883): which of the segments in flight
// the other side has. Marks of a segment: sacked, retransmitted, lost; see the
// long comment before tcp_is_sackblock_valid in tcp_input.c.

// sackState is struct tcp_sacktag_state: what the SACK blocks of one ACK told.
type sackState struct {
	firstSack, lastSack int64  // µs, when the first and last of them were sent
	reord               uint32 // the lowest that came later than one above it
	delivered           int    // segments that are known to have arrived now
	bytes               int    // bytes
	marked              int    // of them marked CE, by AccECN
	flag                int
	rate                *rateSample
}

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

// highestSackReplace is tcp_highest_sack_replace: old leaves the queue.
func (sk *Sock) highestSackReplace(old, to *core.SKB) {
	if sk.highestSack == old {
		sk.highestSack = to
	}
}

// sackedBlocks is what tcp_sacktag_write_queue sorts out of an ACK's blocks.
type sackedBlocks struct {
	b      [wire.TCPMaxSACKs]wire.SACKBlock
	n      int
	first  int // where the ACK's first block went, -1: it is none of them
	dup    bool
	blocks int
}

// sacktagWriteQueue is tcp_sacktag_write_queue: mark what the blocks of an ACK
// say, in one walk over what is in flight. What the last ACK said already is
// not looked at again.
func (sk *Sock) sacktagWriteQueue(ackb *core.SKB, priorUna uint32, st *sackState) int {
	defer sk.NS.In(step.TcpSacktagWriteQueue, &sk.Sock).Out()
	ns := sk.NS
	st.flag, st.reord = 0, sk.sndNxt
	if sk.sackedOut == 0 {
		sk.highestSack = sk.rtx.Front()
	}
	var s sackedBlocks
	s.dup = sk.checkDsack(ackb, priorUna, st)
	if before(ackb.CB.AckSeq, priorUna-sk.maxWindow) {
		return 0
	}
	if sk.packetsOut == 0 {
		return st.flag
	}
	sk.sortSack(ackb, priorUna, &s)
	sk.sacktagBlocks(&s, st)
	cache := &sk.setRare().sackCache
	*cache = [wire.TCPMaxSACKs]wire.SACKBlock{}
	copy(cache[len(cache)-s.n:], s.b[:s.n])
	if sk.caState != CALoss || sk.undoMarker != 0 {
		sk.checkSackReordering(st.reord, false)
	}
	ns.Why(step.WhySack, uint64(s.n), uint64(sk.sackedOut), uint64(sk.lostOut))
	return st.flag
}

// sortSack takes the blocks that mean something, in order of sequence.
func (sk *Sock) sortSack(ackb *core.SKB, priorUna uint32, s *sackedBlocks) {
	ns := sk.NS
	o := &sk.T.opt
	for i, b := range o.SACK[:o.NumSACK] {
		dup := s.dup && i == 0
		if !sk.sackBlockValid(dup, b.Start, b.End) {
			switch {
			case dup && sk.undoMarker == 0:
				ns.Inc(step.TcpExtTCPDSACKIgnoredNoUndo)
			case dup:
				ns.Inc(step.TcpExtTCPDSACKIgnoredOld)
			case ackb.CB.AckSeq != sk.sndUna && !after(b.End, sk.sndUna):
				continue // old ones, of ACKs that were overtaken
			default:
				ns.Inc(step.TcpExtTCPSACKDiscard)
			}
			if i == 0 {
				s.first = -1
			}
			continue
		}
		if !after(b.End, priorUna) {
			if i == 0 {
				s.first = -1
			}
			continue
		}
		s.b[s.n] = b
		s.n++
	}
	for i := s.n - 1; i > 0; i-- {
		for j := range i {
			if after(s.b[j].Start, s.b[j+1].Start) {
				s.b[j], s.b[j+1] = s.b[j+1], s.b[j]
				if j == s.first {
					s.first = j + 1
				}
			}
		}
	}
}

// sacktagBlocks is its walk: each block is compared with those of the ACK
// before (recv_sack_cache), and only what is new in it is looked at.
func (sk *Sock) sacktagBlocks(s *sackedBlocks, st *sackState) {
	cache := sk.rare().sackCache[:]
	if sk.sackedOut == 0 {
		cache = nil
	}
	for len(cache) > 0 && cache[0] == (wire.SACKBlock{}) {
		cache = cache[1:]
	}
	var b *core.SKB
	for i := 0; i < s.n; {
		start, end := s.b[i].Start, s.b[i].End
		dup := s.dup && i == s.first
		var next *wire.SACKBlock
		if s.dup && i+1 == s.first {
			next = &s.b[i+1]
		}
		for len(cache) > 0 && !before(start, cache[0].End) {
			cache = cache[1:]
		}
		if len(cache) > 0 && !dup && after(end, cache[0].Start) {
			c := cache[0]
			if before(start, c.Start) {
				b = sk.sacktagSkip(b, start)
				b = sk.sacktagWalk(b, next, st, start, c.Start, dup)
			}
			if !after(end, c.End) {
				i++
				continue
			}
			if next != nil && before(next.Start, c.End) { // tcp_maybe_skipping_dsack
				b = sk.sacktagSkip(b, next.Start)
				b = sk.sacktagWalk(b, nil, st, next.Start, next.End, true)
			}
			cache = cache[1:]
			if sk.highestSackSeq() != c.End {
				b = sk.sacktagSkip(b, c.End)
				continue
			}
			if b = sk.highestSack; b == nil {
				return
			}
		} else {
			if !before(start, sk.highestSackSeq()) {
				if b = sk.highestSack; b == nil {
					return
				}
			}
			b = sk.sacktagSkip(b, start)
		}
		b = sk.sacktagWalk(b, next, st, start, end, dup)
		i++
	}
}

// sacktagSkip is tcp_sacktag_skip with tcp_sacktag_bsearch: the segment that
// holds seq, nil if none does.
func (sk *Sock) sacktagSkip(b *core.SKB, seq uint32) *core.SKB {
	if b != nil && after(b.CB.Seq, seq) {
		return b
	}
	if b == nil {
		b = sk.rtx.Front()
	}
	for ; b != nil && !before(seq, b.CB.EndSeq); b = b.Next() {
	}
	if b != nil && before(seq, b.CB.Seq) {
		return nil
	}
	return b
}

// sacktagWalk is tcp_sacktag_walk: mark the segments of one block, from b on.
func (sk *Sock) sacktagWalk(b *core.SKB, next *wire.SACKBlock, st *sackState, start, end uint32, dupIn bool) *core.SKB {
	for ; b != nil && before(b.CB.Seq, end); b = b.Next() {
		in, dup := 0, dupIn
		if next != nil && before(b.CB.Seq, next.End) {
			if in = sk.matchSack(b, next.Start, next.End); in > 0 {
				dup = true
			}
		}
		if in <= 0 {
			to := sk.shiftData(b, st, start, end, dup)
			if to != nil && to != b {
				b = to
				continue
			}
			in = 0
			if to == nil {
				in = sk.matchSack(b, start, end)
			}
		}
		if in < 0 {
			break
		}
		if in == 0 {
			continue
		}
		cb := &b.CB
		cb.Sacked = sk.sacktagOne(st, cb.Sacked, cb.Seq, cb.EndSeq, dup, cb.TSO, b.Len(), skbStamp(b))
		sk.rateSKBDelivered(b, st.rate)
		if cb.Sacked&cbSacked != 0 {
			cb.Sacked |= cbOffList
		}
		if !before(cb.Seq, sk.highestSackSeq()) {
			sk.highestSack = b.Next() // tcp_advance_highest_sack
		}
	}
	return b
}

// checkDsack is tcp_check_dsack with tcp_dsack_seen: does the first block
// report a duplicate (RFC 2883 §4)?
func (sk *Sock) checkDsack(ackb *core.SKB, priorUna uint32, st *sackState) bool {
	defer sk.NS.In(step.TcpCheckDsack, &sk.Sock).Out()
	ns := sk.NS
	o := &sk.T.opt
	s0 := o.SACK[0]
	switch {
	case before(s0.Start, ackb.CB.AckSeq):
		ns.Inc(step.TcpExtTCPDSACKRecv)
	case o.NumSACK > 1 && !after(s0.End, o.SACK[1].End) && !before(s0.Start, o.SACK[1].Start):
		ns.Inc(step.TcpExtTCPDSACKOfoRecv)
	default:
		return false
	}
	n := sk.dsackSeen(s0.Start, s0.End, st)
	if n == 0 {
		ns.Why(step.WhyDsackDubious, uint64(s0.Start), uint64(s0.End))
		ns.Inc(step.TcpExtTCPDSACKIgnoredDubious)
		return false
	}
	ns.Add(step.TcpExtTCPDSACKRecvSegs, uint64(n))
	if sk.undoMarker != 0 && sk.undoRetrans > 0 && !after(s0.End, priorUna) && after(s0.End, sk.undoMarker) {
		sk.undoRetrans = max(0, sk.undoRetrans-int32(n))
	}
	ns.Why(step.WhyDsack, uint64(s0.Start), uint64(s0.End), uint64(n), uint64(max(0, sk.undoRetrans)))
	return true
}

// dsackSeen is tcp_dsack_seen: how many segments came twice, 0 if that cannot
// be of our doing.
func (sk *Sock) dsackSeen(start, end uint32, st *sackState) int {
	if !before(start, end) || end-start > sk.maxWindow {
		return 0
	}
	n, mss := 1, max(sk.mssCache, 1)
	if end-start > uint32(mss) {
		n = int((end - start + uint32(mss) - 1) / uint32(mss))
	} else if sk.tlpHighSeq != 0 && sk.tlpHighSeq == end {
		st.flag |= flagDsackTLP
	}
	sk.st.dsackDups += uint32(n)
	if sk.st.dsackDups > uint32(sk.totalRetrans) {
		return 0
	}
	sk.rx.sackSeen = true
	if sk.reordSeen != 0 && st.flag&flagDsackTLP == 0 {
		sk.rack.dsackSeen = true
	}
	st.flag |= flagDsackingAck
	st.delivered += n
	return n
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
