package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// RACK (RFC 8985): a segment is lost when one sent later has arrived, and
// a little time for reordering has passed.

// rackState is tp->rack.
type rackState struct {
	mstamp     int64 // µs: when the newest delivered segment was sent
	rttUs      int64
	endSeq     uint32
	lastDeliv  int32
	reoSteps   int32
	reoPersist int32
	dsackSeen  bool
	advanced   bool
}

// rackSentAfter is tcp_skb_sent_after.
func rackSentAfter(t1, t2 int64, s1, s2 uint32) bool { return t1 > t2 || t1 == t2 && after(s1, s2) }

// rackReoWnd is tcp_rack_reo_wnd: how long to wait for a reordered segment.
func (sk *Sock) rackReoWnd() int64 {
	if sk.reordSeen == 0 {
		if sk.caState >= CARecovery {
			return 0
		}
		if sk.sackedOut >= sk.reordering && sk.sysctl().TCPRecovery&4 == 0 {
			return 0
		}
	}
	return min(int64(sk.minRtt.get()>>2)*int64(sk.rack.reoSteps), int64(sk.srttUs>>3))
}

// rackDetectLoss is tcp_rack_detect_loss. It returns how long until the next
// segment would be found lost, in µs.
func (sk *Sock) rackDetectLoss() int64 {
	var timeout int64
	wnd := sk.rackReoWnd()
	for b := sk.rtx.Front(); b != nil; b = b.Next() {
		cb := &b.CB
		if cb.Sacked&cbSacked != 0 || cb.Sacked&cbLost != 0 && cb.Sacked&cbRetrans == 0 {
			continue
		}
		if !rackSentAfter(sk.rack.mstamp, skbStamp(b), sk.rack.endSeq, cb.EndSeq) {
			continue
		}
		left := sk.rack.rttUs + wnd - (sk.mstamp - skbStamp(b))
		if left <= 0 {
			if cb.Seq == sk.sndUna {
				sk.NS.Why(step.WhyRackFirst)
			} else if wnd == 0 {
				sk.NS.Why(step.WhyRackLostNow, uint64(cb.Seq-sk.sndUna))
			} else {
				sk.NS.Why(step.WhyRackLost, uint64(cb.Seq-sk.sndUna), uint64(wnd)*1000)
			}
			sk.markLost(b)
		} else {
			timeout = max(timeout, left)
		}
	}
	return timeout
}

// rackMarkLost is tcp_rack_mark_lost.
func (sk *Sock) rackMarkLost() bool {
	defer sk.NS.In(step.TcpRackMarkLost, &sk.Sock).Out()
	sk.NS.Why(step.WhyRackNone)
	if !sk.rack.advanced {
		return false
	}
	sk.rack.advanced = false
	if t := sk.rackDetectLoss(); t != 0 {
		d := toJiffies(sim.Time(t+2000) * sim.Microsecond) // TCP_TIMEOUT_MIN_US
		sk.resetTimer(timeReo, d)
		return true
	}
	return false
}

// rackAdvance is tcp_rack_advance: a segment is delivered.
func (sk *Sock) rackAdvance(sacked uint8, end uint32, xmit int64) {
	rtt := sk.mstamp - xmit
	if rtt < int64(sk.minRtt.get()) && sacked&cbRetransMask != 0 {
		return // the answer is to the first copy
	}
	sk.rack.advanced = true
	sk.rack.rttUs = rtt
	if rackSentAfter(xmit, sk.rack.mstamp, end, sk.rack.endSeq) {
		sk.rack.mstamp, sk.rack.endSeq = xmit, end
	}
}

// rackReoTimeout is tcp_rack_reo_timeout.
func (sk *Sock) rackReoTimeout() {
	defer sk.NS.In(step.TcpRackReoTimeout, &sk.Sock).Out()
	prior := sk.packetsInFlight()
	lost := int(sk.lost)
	sk.rackDetectLoss()
	if prior != sk.packetsInFlight() {
		if sk.caState != CARecovery {
			sk.enterRecovery(false)
			sk.cwndReduction(1, int(sk.lost)-lost, 0)
		}
		sk.xmitRetransmitQueue()
	}
	if sk.pending != timeRetrans {
		sk.rearmRTO()
	}
}

// rackUpdateReoWnd is tcp_rack_update_reo_wnd: D-SACKs make the waiting
// longer, recoveries without them shorter again.
func (sk *Sock) rackUpdateReoWnd(rs *rateSample) {
	if sk.sysctl().TCPRecovery&2 != 0 {
		return
	}
	if sk.rack.lastDeliv > sk.delivered {
		sk.rack.dsackSeen = false
	}
	if sk.rack.dsackSeen {
		sk.rack.reoSteps = min(0xff, sk.rack.reoSteps+1)
		sk.rack.dsackSeen = false
		sk.rack.lastDeliv = sk.delivered
		sk.rack.reoPersist = 16
	} else if sk.rack.reoPersist == 0 {
		sk.rack.reoSteps = 1
	}
}

// newrenoMarkLost is tcp_newreno_mark_lost: without SACK, three duplicate ACKs
// or a partial ACK mean that the first segment is lost (RFC 6582).
func (sk *Sock) newrenoMarkLost(sndUnaAdvanced bool) {
	if sk.caState < CARecovery && sk.sackedOut >= sk.reordering || sk.caState == CARecovery && sndUnaAdvanced {
		b := sk.rtx.Front()
		if b == nil || b.CB.Sacked&cbLost != 0 {
			return
		}
		mss := int(sk.mssCache)
		if b.CB.TSO > 1 && b.Len() > mss {
			sk.fragment(&sk.rtx, b, mss, mss)
		}
		sk.markLost(b)
	}
}

// markLost is tcp_mark_skb_lost.
func (sk *Sock) markLost(b *core.SKB) {
	cb := &b.CB
	n := cb.TSO
	if cb.Sacked&cbSacked != 0 {
		return
	}
	if cb.Sacked&cbLost != 0 {
		if cb.Sacked&cbRetrans != 0 {
			// The copy is lost too.
			cb.Sacked &^= cbRetrans
			sk.retransOut -= int32(n)
			sk.NS.Add(step.TcpExtTCPLostRetransmit, uint64(n))
			sk.lost += int32(n)
		}
		return
	}
	if cb.Sacked&cbRetrans != 0 {
		cb.Sacked &^= cbRetrans
		sk.retransOut -= int32(n)
		sk.NS.Add(step.TcpExtTCPLostRetransmit, uint64(n))
	}
	sk.lostOut += int32(n)
	sk.lost += int32(n)
	cb.Sacked |= cbLost
}
