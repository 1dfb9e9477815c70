package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// matchSack is tcp_match_skb_to_sack: 1 if the block covers the packet, 0 if
// not, -1 if it cannot be said. Whole segments only: a packet that the block
// cuts is cut there.
func (sk *Sock) matchSack(b *core.SKB, start, end uint32) int {
	cb := &b.CB
	if !after(start, cb.Seq) && !before(end, cb.EndSeq) {
		return 1
	}
	if cb.TSO <= 1 || !after(cb.EndSeq, start) {
		return 0
	}
	mss, n := max(b.GSOSize, 1), 0
	in := !after(start, cb.Seq)
	if in {
		if n = int(end - cb.Seq); n < mss {
			return -1
		}
	} else {
		n = max(int(start-cb.Seq), mss)
	}
	if n > mss {
		k := n / mss * mss
		if !in && k < n {
			k += mss
		}
		n = k
	}
	if n >= b.Len() && !in {
		return 0
	}
	if n > b.Len() || sk.fragment(&sk.rtx, b, n, mss) == nil {
		return -1
	}
	if in {
		return 1
	}
	return 0
}

// sacktagOne is tcp_sacktag_one: a segment, or the part of a packet that goes
// from start to end, is at the other side. It returns the packet's new marks.
func (sk *Sock) sacktagOne(st *sackState, sacked uint8, start, end uint32, dup bool, n, plen int, xmit int64) uint8 {
	if dup && sacked&cbRetransMask != 0 {
		if sk.undoMarker != 0 && sk.undoRetrans > 0 && after(end, sk.undoMarker) {
			sk.undoRetrans = max(0, sk.undoRetrans-int32(n))
		}
		if sacked&cbSacked != 0 && before(start, st.reord) {
			st.reord = start
		}
	}
	if !after(end, sk.sndUna) {
		return sacked
	}
	if sacked&cbSacked == 0 {
		sk.rackAdvance(sacked, end, xmit)
		switch {
		case sacked&cbRetrans != 0:
			// Unless it counts as lost, the copy is believed to be under way still.
			if sacked&cbLost != 0 {
				sacked &^= cbLost | cbRetrans
				sk.lostOut -= int32(n)
				sk.retransOut -= int32(n)
			}
		default:
			if sacked&cbRetransMask == 0 {
				if before(start, sk.highestSackSeq()) && before(start, st.reord) {
					st.reord = start
				}
				if !after(end, sk.highSeq) {
					st.flag |= flagOrigSackAcked
				}
				if st.firstSack == 0 {
					st.firstSack = xmit
				}
				st.lastSack = xmit
			}
			if sacked&cbLost != 0 {
				sacked &^= cbLost
				sk.lostOut -= int32(n)
			}
		}
		sacked |= cbSacked
		st.flag |= flagDataSacked
		sk.sackedOut += int32(n)
		st.delivered += n
		st.bytes += plen
	}
	if dup && sacked&cbRetrans != 0 {
		sacked &^= cbRetrans
		sk.retransOut -= int32(n)
	}
	return sacked
}

// checkSackReordering is tcp_check_sack_reordering: a segment that was never
// sent again arrives after one above it: the network reorders. How far, in
// segments, is remembered.
func (sk *Sock) checkSackReordering(low uint32, ts bool) {
	fack := sk.highestSackSeq()
	if !before(low, fack) {
		return
	}
	metric, mss := fack-low, uint32(max(sk.mssCache, 0))
	if mss != 0 && metric > uint32(sk.reordering)*mss {
		sk.reordering = int32(min(int((metric+mss-1)/mss), sk.sysctl().TCPMaxReordering))
	}
	sk.reordSeen++
	sk.NS.Why(step.WhyReordering, uint64(metric), uint64(sk.reordering))
	if ts {
		sk.NS.Inc(step.TcpExtTCPTSReorder)
	} else {
		sk.NS.Inc(step.TcpExtTCPSACKReorder)
	}
}
