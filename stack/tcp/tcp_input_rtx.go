package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// cleaned is what tcp_clean_rtx_queue finds out on its way.
type cleaned struct {
	firstAck, lastAck int64  // µs: when the first and last segment were sent that only went once
	reord             uint32 // the lowest that was acknowledged, never sacked and sent once
	pkts, flag        int
	fully             bool // no packet was cut
}

// cleanRtxQueue is tcp_clean_rtx_queue: take what is acknowledged off the
// retransmission queue, and measure the round trip.
func (sk *Sock) cleanRtxQueue(ackb *core.SKB, priorFack, priorUna uint32, sack *sackState, ece bool) int {
	defer sk.NS.In(step.TcpCleanRtxQueue, &sk.Sock).Out()
	priorSacked := sk.sackedOut
	c := cleaned{reord: sk.sndNxt, fully: true}
	sk.cleanAcked(ackb, priorUna, sack, ece, &c)
	if c.pkts > 0 {
		sk.NS.Why(step.WhyClean, uint64(c.pkts), uint64(sk.packetsOut))
	} else {
		sk.NS.Why(step.WhyCleanNone, uint64(sk.packetsOut))
	}
	head := sk.rtx.Front()
	if head == nil {
		sk.chronoStop(chronoBusy)
	}
	if between(sk.sndUp, priorUna, sk.sndUna) {
		sk.sndUp = sk.sndUna
	}
	if head != nil {
		sk.ackTstamp(head, ackb, priorUna)
		if head.CB.Sacked&cbSacked != 0 {
			c.flag |= flagSackReneging
		}
	}
	caRtt, seqRtt, sackRtt := int64(-1), int64(-1), int64(-1)
	if c.firstAck != 0 && c.flag&flagRetransAcked == 0 {
		seqRtt = sk.mstamp - c.firstAck
		caRtt = sk.mstamp - c.lastAck
		if c.pkts == 1 && c.fully && priorSacked == 0 && sk.sndUna-priorUna < uint32(sk.mssCache) &&
			sack.rate.priorDelivered+1 == uint32(sk.delivered) && c.flag&(flagCAAlert|flagSynAcked) == 0 {
			// A lone small segment a round trip: its ACK was probably delayed.
			c.flag |= flagMaybeDelayed
		}
	}
	if sack.firstSack != 0 {
		sackRtt = sk.mstamp - sack.firstSack
		caRtt = sk.mstamp - sack.lastSack
	}
	updated := sk.ackUpdateRTT(c.flag, seqRtt, sackRtt, caRtt, sack.rate)
	if c.flag&flagAcked != 0 {
		sk.cleanedAcked(&c, priorFack, ece)
		sack.bytes = int(sk.sndUna - priorUna)
		if head != nil {
			sack.bytes = int(head.CB.Seq - priorUna)
		}
	} else if head != nil && updated && sackRtt >= 0 && sackRtt > sk.mstamp-skbStamp(head) {
		// A SACK of something sent later than the head: the timer starts anew.
		c.flag |= flagSetXmitTimer
	}
	sk.ca.pktsAcked(sk, c.pkts, sack.rate.rttUs)
	return c.flag
}

// cleanAcked is its walk over what is acknowledged.
func (sk *Sock) cleanAcked(ackb *core.SKB, priorUna uint32, sack *sackState, ece bool, c *cleaned) {
	for b := sk.rtx.Front(); b != nil; b = sk.rtx.Front() {
		cb := &b.CB
		start, sacked, n := cb.Seq, cb.Sacked, cb.TSO
		if after(cb.EndSeq, sk.sndUna) {
			if n == 1 || !after(sk.sndUna, cb.Seq) {
				break
			}
			if n = sk.tsoAcked(b); n == 0 {
				break
			}
			c.fully = false
		}
		if sacked&cbRetransMask != 0 {
			if sacked&cbRetrans != 0 {
				sk.retransOut -= int32(n)
			}
			c.flag |= flagRetransAcked
		} else if sacked&cbSacked == 0 {
			c.lastAck = skbStamp(b)
			if c.firstAck == 0 {
				c.firstAck = c.lastAck
			}
			if before(start, c.reord) {
				c.reord = start
			}
			if !after(cb.EndSeq, sk.highSeq) {
				c.flag |= flagOrigSackAcked
			}
		}
		if sacked&cbSacked != 0 {
			sk.sackedOut -= int32(n)
			sack.bytes -= b.Len()
		} else if !sk.isReno() {
			sk.countDelivered(n, ece)
			if !sk.spuriousRetrans(b) {
				sk.rackAdvance(sacked, cb.EndSeq, skbStamp(b))
			}
		}
		if sacked&cbLost != 0 {
			sk.lostOut -= int32(n)
		}
		sk.packetsOut -= int32(n)
		c.pkts += n
		sk.rateSKBDelivered(b, sack.rate)
		if cb.TCPFlags&fSyn == 0 {
			c.flag |= flagDataAcked
		} else {
			c.flag |= flagSynAcked
			sk.retransStamp = 0
		}
		if !c.fully {
			break
		}
		sk.ackTstamp(b, ackb, priorUna)
		if b == sk.retransHint {
			sk.retransHint = nil
		}
		sk.highestSackReplace(b, b.Next())
		sk.rtx.Remove(b)
		sk.freeSKB(b)
	}
}

// cleanedAcked is its end when the ACK was for something new.
func (sk *Sock) cleanedAcked(c *cleaned, priorFack uint32, ece bool) {
	c.flag |= flagSetXmitTimer
	sk.mtupAcked()
	if !sk.isReno() {
		// A hole was filled by what had never been sent again: reordering.
		if before(c.reord, priorFack) {
			sk.checkSackReordering(c.reord, false)
		}
		return
	}
	sk.removeRenoSacks(c.pkts, ece)
	if c.flag&flagRetransAcked != 0 {
		c.flag &^= flagOrigSackAcked // without SACK nobody knows which copy it was
	}
}

// tsoAcked is tcp_tso_acked: the front of a packet of several segments is
// acknowledged. It returns how many segments.
func (sk *Sock) tsoAcked(b *core.SKB) int {
	n := b.CB.TSO
	if !sk.trimHead(b, int(sk.sndUna-b.CB.Seq)) {
		return 0
	}
	return n - b.CB.TSO
}
