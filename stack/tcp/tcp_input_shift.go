package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Packets that have arrived behind a hole are kept as one: the queue of what is
// in flight may be long, and every ACK walks over it.

// cbTags is TCPCB_TAGBITS.
const cbTags = cbSacked | cbRetrans | cbLost

// skbSeglen is tcp_skb_seglen: how long the segments of a packet are.
func skbSeglen(b *core.SKB) int {
	if b.CB.TSO == 1 {
		return b.Len()
	}
	return b.GSOSize
}

// shiftData is tcp_shift_skb_data: if what the block says has arrived goes on
// where something lies that has arrived before, both become one. It returns the
// packet that holds it, b itself if nothing is to be done, nil if b must be
// marked by itself.
func (sk *Sock) shiftData(b *core.SKB, st *sackState, start, end uint32, dup bool) *core.SKB {
	defer sk.NS.In(step.TcpShiftSkbData, b).Out()
	cb := &b.CB
	prev := b.Prev()
	switch {
	case !dup && cb.Sacked&(cbLost|cbRetrans) == cbRetrans, b.Len() == 0, !after(cb.EndSeq, sk.sndUna), prev == nil,
		prev != nil && (prev.CB.Sacked&cbTags != cbSacked || !canCollapse(prev, b)):
		return sk.shiftFallback()
	}
	var n, count, mss int
	if !after(start, cb.Seq) && !before(end, cb.EndSeq) {
		n, count, mss = b.Len(), cb.TSO, skbSeglen(b)
		if mss != skbSeglen(prev) {
			return sk.shiftFallback()
		}
	} else {
		if !after(cb.EndSeq, start) || cb.TSO <= 1 {
			return b
		}
		if after(start, cb.Seq) {
			return sk.shiftFallback()
		}
		n, mss = int(end-cb.Seq), max(b.GSOSize, 1)
		if mss != skbSeglen(prev) {
			return sk.shiftFallback()
		}
		if n < mss {
			return b
		}
		count = n / mss
		n = count * mss
	}
	if !after(cb.Seq+uint32(n), sk.sndUna) || !skbShift(prev, b, count, n) {
		return sk.shiftFallback()
	}
	if !sk.shifted(prev, b, st, count, n, mss, dup) {
		return prev
	}
	// The hole between two is gone: the one behind it may join too.
	if b = prev.Next(); b != nil && b.Len() > 0 && b.CB.Sacked&cbTags == cbSacked && mss == skbSeglen(b) && canCollapse(prev, b) {
		n, count = b.Len(), b.CB.TSO
		if skbShift(prev, b, count, n) {
			sk.shifted(prev, b, st, count, n, mss, false)
		}
	}
	return prev
}

func (sk *Sock) shiftFallback() *core.SKB {
	sk.NS.Inc(step.TcpExtTCPSackShiftFallback)
	sk.NS.Why(step.WhyShiftNot)
	return nil
}

// skbShift is tcp_skb_shift with skb_shift: move n bytes from the beginning of
// one packet to the end of the one before it.
func skbShift(to, from *core.SKB, count, n int) bool {
	if to.Len()+n >= 65535*8 || to.CB.TSO+count > 65535 || n > from.HeadLen() || to.HeadLen() != to.Len() {
		return false
	}
	to.Unshare()
	from.CopyBits(0, to.Put(n))
	from.Pull(n)
	to.Truesize += n
	from.Truesize -= n
	return true
}

// shifted is tcp_shifted_skb: the marks and counts of bytes that have moved
// from b to prev. It reports whether nothing of b is left.
func (sk *Sock) shifted(prev, b *core.SKB, st *sackState, count, n, mss int, dup bool) bool {
	ns := sk.NS
	start := b.CB.Seq
	sk.sacktagOne(st, b.CB.Sacked, start, start+uint32(n), dup, count, b.Len(), skbStamp(b))
	sk.rateSKBDelivered(b, st.rate)
	prev.CB.EndSeq += uint32(n)
	b.CB.Seq += uint32(n)
	prev.CB.TSO += count
	b.CB.TSO -= count
	if prev.GSOSize == 0 {
		prev.GSOSize = mss
	}
	if b.CB.TSO <= 1 {
		b.GSOSize = 0
	}
	prev.CB.Sacked |= b.CB.Sacked & cbEverRetrans
	if b.Len() > 0 {
		ns.Inc(step.TcpExtTCPSackShifted)
		ns.Why(step.WhyShifted, uint64(n))
		return false
	}
	if b == sk.retransHint {
		sk.retransHint = prev
	}
	prev.CB.TCPFlags |= b.CB.TCPFlags
	prev.CB.EOR = b.CB.EOR
	if b.CB.TCPFlags&fFin != 0 {
		prev.CB.EndSeq++
	}
	if b == sk.highestSack {
		sk.highestSack = b.Next()
	}
	prev.TakeTxTstamp(b)
	prev.CB.TstampAck = prev.CB.TstampAck || b.CB.TstampAck
	sk.rtx.Remove(b)
	sk.freeSKB(b)
	ns.Inc(step.TcpExtTCPSackMerged)
	ns.Why(step.WhyShiftedMerged, uint64(n))
	return true
}
