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

// Numbers of include/net/tcp.h.
const (
	rackStaticReoWnd   = 2    // TCP_RACK_STATIC_REO_WND of tcp_recovery
	rackNoDupthresh    = 4    // TCP_RACK_NO_DUPTHRESH
	rackRecoveryThresh = 16   // TCP_RACK_RECOVERY_THRESH
	timeoutMinUs       = 2000 // TCP_TIMEOUT_MIN_US
)

// rackSentAfter is tcp_skb_sent_after.
func rackSentAfter(t1, t2 int64, s1, s2 uint32) bool { return t1 > t2 || t1 == t2 && after(s1, s2) }

// rackReoWnd is tcp_rack_reo_wnd: how long to wait for a reordered segment, in
// µs.
func (sk *Sock) rackReoWnd() int64 {
	if sk.reordSeen == 0 {
		if sk.caState >= CARecovery {
			return 0
		}
		if sk.sackedOut >= sk.reordering && sk.sysctl().TCPRecovery&rackNoDupthresh == 0 {
			return 0
		}
	}
	return min(int64(sk.minRtt.get()>>2)*int64(sk.rack.reoSteps), int64(sk.srttUs>>3))
}

// rackTimeout is tcp_rack_skb_timeout: in how many µs the packet counts as lost.
func (sk *Sock) rackTimeout(b *core.SKB, reoWnd int64) int64 {
	return sk.rack.rttUs + reoWnd - (sk.mstamp - skbStamp(b))
}

// rackDetectLoss is tcp_rack_detect_loss. It returns how long until the last
// segment that was overtaken would be found lost, in µs. (The kernel has a list
// of what is in flight in order of sending, and leaves what counts as lost or
// has arrived off it: cbOffList.)
func (sk *Sock) rackDetectLoss() int64 {
	var timeout int64
	wnd := sk.rackReoWnd()
	for b := sk.rtx.Front(); b != nil; b = b.Next() {
		cb := &b.CB
		if cb.Sacked&cbOffList != 0 || cb.Sacked&cbLost != 0 && cb.Sacked&cbRetrans == 0 {
			continue
		}
		if !rackSentAfter(sk.rack.mstamp, skbStamp(b), sk.rack.endSeq, cb.EndSeq) {
			continue
		}
		left := sk.rackTimeout(b, wnd)
		if left > 0 {
			timeout = max(timeout, left)
			continue
		}
		if sk.NS.Listening() {
			switch {
			case cb.Seq == sk.sndUna:
				sk.NS.Why(step.WhyRackFirst)
			case wnd == 0:
				sk.NS.Why(step.WhyRackLostNow, uint64(cb.Seq-sk.sndUna))
			default:
				sk.NS.Why(step.WhyRackLost, uint64(cb.Seq-sk.sndUna), uint64(wnd)*1000)
			}
		}
		sk.markLost(b)
		cb.Sacked |= cbOffList
	}
	return timeout
}

// rackMarkLost is tcp_rack_mark_lost. It reports whether a timer runs for what
// may still come.
func (sk *Sock) rackMarkLost() bool {
	defer sk.NS.In(step.TcpRackMarkLost, &sk.Sock).Out()
	sk.NS.Why(step.WhyRackNone)
	if !sk.rack.advanced {
		return false
	}
	sk.rack.advanced = false
	t := sk.rackDetectLoss()
	if t == 0 {
		return false
	}
	d := min(toJiffies(sim.Time(t+timeoutMinUs)*sim.Microsecond), sk.rto)
	sk.NS.Why(step.WhyReoTimer, uint64(d))
	sk.resetTimer(timeReo, d)
	return true
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
	prior, lost := sk.packetsInFlight(), sk.lost
	sk.rackDetectLoss()
	if prior != sk.packetsInFlight() {
		if sk.caState != CARecovery {
			sk.enterRecovery(false)
			if !sk.caHasControl() {
				sk.cwndReduction(1, int(sk.lost-lost), 0)
			}
		}
		sk.xmitRetransmitQueue()
	}
	if sk.pending != timeRetrans {
		sk.rearmRTO()
	}
}

// rackUpdateReoWnd is tcp_rack_update_reo_wnd: a D-SACK says that the wait was
// too short; it grows by a quarter of the shortest round trip, at most once a
// round trip, and stays so for 16 recoveries.
func (sk *Sock) rackUpdateReoWnd(rs *rateSample) {
	if sk.sysctl().TCPRecovery&rackStaticReoWnd != 0 || rs.priorDelivered == 0 {
		return
	}
	if before(rs.priorDelivered, uint32(sk.rack.lastDeliv)) {
		sk.rack.dsackSeen = false
	}
	if sk.rack.dsackSeen {
		sk.rack.reoSteps = min(0xff, sk.rack.reoSteps+1)
		sk.rack.dsackSeen = false
		sk.rack.lastDeliv = sk.delivered
		sk.rack.reoPersist = rackRecoveryThresh
		sk.NS.Why(step.WhyReoSteps, uint64(sk.rack.reoSteps))
	} else if sk.rack.reoPersist == 0 {
		sk.rack.reoSteps = 1
	}
}

// newrenoMarkLost is tcp_newreno_mark_lost: without SACK, three duplicate ACKs
// or a partial ACK mean that the first segment is lost (RFC 6582).
func (sk *Sock) newrenoMarkLost(sndUnaAdvanced bool) {
	defer sk.NS.In(step.TcpNewrenoMarkLost, &sk.Sock).Out()
	if (sk.caState >= CARecovery || sk.sackedOut < sk.reordering) && (sk.caState != CARecovery || !sndUnaAdvanced) {
		sk.NS.Why(step.WhyRenoNotYet, uint64(sk.sackedOut), uint64(sk.reordering))
		return
	}
	b := sk.rtx.Front()
	if b == nil || b.CB.Sacked&cbLost != 0 {
		return
	}
	if mss := b.GSOSize; b.CB.TSO > 1 && b.Len() > mss {
		sk.fragment(&sk.rtx, b, mss, mss)
	}
	sk.NS.Why(step.WhyRenoLost, uint64(sk.sackedOut))
	sk.markLost(b)
}

// markLost is tcp_mark_skb_lost.
func (sk *Sock) markLost(b *core.SKB) {
	cb := &b.CB
	n := int32(cb.TSO)
	if cb.Sacked&cbSacked != 0 {
		return
	}
	// tcp_verify_retransmit_hint: where sending again begins.
	if h := sk.retransHint; h == nil && sk.retransOut >= sk.lostOut || h != nil && before(cb.Seq, h.CB.Seq) {
		sk.retransHint = b
	}
	if cb.Sacked&cbLost == 0 {
		sk.lostOut += n
		sk.lost += n
		cb.Sacked |= cbLost
	} else if cb.Sacked&cbRetrans != 0 {
		// The copy is lost too.
		cb.Sacked &^= cbRetrans
		sk.retransOut -= n
		sk.NS.Add(step.TcpExtTCPLostRetransmit, uint64(n))
		sk.lost += n
	}
}
