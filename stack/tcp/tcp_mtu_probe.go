package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Path MTU discovery without ICMP (RFC 4821): a larger segment is sent as a
// probe now and then; whether it arrives tells what the path takes.
// tcp_mtu_probing is 0: never, 1: after timeouts in a row, 2: always.

// mtuProbe is icsk_mtup with tp->mtu_probe.
type mtuProbe struct {
	enabled              bool
	searchHigh           int32  // an MTU that is known or believed too large, plus one
	searchLow            int32  // an MTU that works
	probeSize            int32  // the MTU of the probe that is under way, 0: none
	probeStamp           uint32 // jiffies: when the search began
	probeStart, probeEnd uint32 // the probe's sequence numbers
}

// noMtup is that of a socket without.
var noMtup mtuProbe

// mtupLook is icsk_mtup, to look at.
func (sk *Sock) mtupLook() *mtuProbe {
	if sk.mtup == nil {
		return &noMtup
	}
	return sk.mtup
}

// mssToMTU is tcp_mss_to_mtu.
func (sk *Sock) mssToMTU(mss int) int {
	return mss + int(sk.headerLen) + sk.af.hdrLen()
}

// mtupInit is tcp_mtup_init.
func (sk *Sock) mtupInit() {
	sk.mtup = nil
	if sk.sysctl().TCPMtuProbing != 0 {
		sk.mtupBegin()
	}
}

// mtupBegin is mtupInit where probing may be used.
func (sk *Sock) mtupBegin() {
	defer sk.NS.In(step.TcpMtupInit, &sk.Sock).Out()
	sy := sk.sysctl()
	m := &mtuProbe{enabled: sy.TCPMtuProbing > 1}
	m.searchHigh = int32(int(sk.rx.mssClamp) + wire.TCPMinLen + sk.af.hdrLen())
	m.searchLow = int32(sk.mssToMTU(sy.TCPBaseMSS))
	if m.enabled {
		m.probeStamp = sk.jiffies()
	}
	sk.mtup = m
	sk.NS.Why(step.WhyMtupRange, uint64(m.searchLow), uint64(m.searchHigh))
}

// mtupSync is what tcp_sync_mss does for the search: mss is the segment size
// that the path MTU pmtu gives.
func (sk *Sock) mtupSync(pmtu, mss int) int {
	m := sk.mtup
	if m == nil {
		return mss
	}
	m.searchHigh = min(m.searchHigh, int32(pmtu))
	if m.enabled {
		mss = min(mss, sk.mtuToMSS(int(m.searchLow)))
	}
	return mss
}

// mtuCheckReprobe is tcp_mtu_check_reprobe.
func (sk *Sock) mtuCheckReprobe() {
	if int64(int32(sk.jiffies()-sk.mtup.probeStamp)) >= int64(sk.sysctl().TCPProbeInterval)*int64(sim.HZ) {
		sk.mtuReprobe()
	}
}

// mtuReprobe begins the search again.
func (sk *Sock) mtuReprobe() {
	defer sk.NS.In(step.TcpMtuCheckReprobe, &sk.Sock).Out()
	m := sk.mtup
	mss := sk.currentMSS()
	m.probeSize = 0
	m.searchHigh = int32(int(sk.rx.mssClamp) + wire.TCPMinLen + sk.af.hdrLen())
	m.searchLow = int32(sk.mssToMTU(mss))
	m.probeStamp = sk.jiffies()
	sk.NS.Why(step.WhyMtupAgain, uint64(m.searchLow), uint64(m.searchHigh))
}

// What mtuProbe says (the results of tcp_mtu_probe).
const (
	mtupWait = 0  // a probe must wait for the window: send nothing else
	mtupSent = 1  // a probe went
	mtupNone = -1 // no probe now
)

// mtuProbe is tcp_mtu_probe: not while another probe is under way, in loss
// repair, with a small window, or with SACK blocks in the header.
func (sk *Sock) mtuProbe() int {
	m := sk.mtup
	if m == nil || !m.enabled || m.probeSize != 0 || sk.caState != CAOpen || sk.sndCwnd < 11 || sk.rx.numSacks != 0 || sk.rx.dsack {
		return mtupNone
	}
	return sk.mtuProbeNow()
}

// mtuProbeNow is the rest of tcp_mtu_probe.
func (sk *Sock) mtuProbeNow() int {
	defer sk.NS.In(step.TcpMtuProbe, &sk.Sock).Out()
	ns, sy, m := sk.NS, sk.sysctl(), sk.mtup
	mss := sk.currentMSS()
	size := sk.mtuToMSS(int(m.searchHigh+m.searchLow) >> 1)
	need := size + (int(sk.reordering)+1)*int(sk.mssCache)
	if size > sk.mtuToMSS(int(m.searchHigh)) || int(m.searchHigh-m.searchLow) < sy.TCPProbeThreshold {
		sk.mtuCheckReprobe()
		return mtupNone
	}
	if have := int(sk.writeSeq - sk.sndNxt); have < need {
		ns.Why(step.WhyMtupTooFew, uint64(need), uint64(have))
		return mtupNone
	}
	if int64(sk.sndWnd) < int64(need) {
		return mtupNone
	}
	if after(sk.sndNxt+uint32(need), sk.wndEnd()) {
		ns.Why(step.WhyMtupWait, uint64(sk.mssToMTU(size)))
		return mtupWait
	}
	if f := sk.packetsInFlight(); f+2 > int(sk.sndCwnd) {
		if f == 0 {
			return mtupNone
		}
		ns.Why(step.WhyMtupWait, uint64(sk.mssToMTU(size)))
		return mtupWait
	}
	if !sk.canCoalesceHead(size) {
		return mtupNone
	}
	b := sk.buildProbe(size, mss)
	if sk.transmitClone(b) != 0 {
		return mtupNone // writeXmit cuts it into ordinary segments
	}
	sk.setCwnd(int(sk.sndCwnd) - 1) // it stands for two packets
	sk.eventNewDataSent(b)
	m.probeSize = int32(sk.mssToMTU(b.Len()))
	m.probeStart, m.probeEnd = b.CB.Seq, b.CB.EndSeq
	ns.Why(step.WhyMtupSent, uint64(m.probeSize), uint64(m.searchLow), uint64(m.searchHigh))
	return mtupSent
}

// canCoalesceHead is tcp_can_coalesce_send_queue_head: may the first n bytes
// of the write queue go in one packet?
func (sk *Sock) canCoalesceHead(n int) bool {
	for b := sk.write.Front(); b != nil; b = b.Next() {
		if n <= b.Len() {
			break
		}
		if !canCollapse(b, b.Next()) {
			return false
		}
		n -= b.Len()
	}
	return true
}

// buildProbe is the middle of tcp_mtu_probe: the first size bytes of the write
// queue in one packet, in front of the rest.
func (sk *Sock) buildProbe(size, mss int) *core.SKB {
	n := sk.allocSKB(size)
	head := sk.write.Front()
	n.CB.Seq, n.CB.EndSeq = head.CB.Seq, head.CB.Seq+uint32(size)
	n.CB.TCPFlags = fAck
	sk.WmemQueued += int32(n.Truesize)
	sk.write.PushFront(n)
	for copied := 0; copied < size; {
		b := n.Next()
		k := min(b.Len(), size-copied)
		b.CopyBits(0, n.Put(k))
		if b.Len() <= k {
			sk.eatOne(n, b)
		} else {
			n.CB.TCPFlags |= b.CB.TCPFlags &^ (fFin | fPsh)
			b.Pull(k)
			b.Truesize -= k
			sk.WmemQueued -= int32(k)
			setTSOSegs(b, mss)
			b.CB.Seq += uint32(k)
		}
		copied += k
	}
	setTSOSegs(n, n.Len())
	return n
}

// mtupAcked looks whether an ACK covers the probe.
func (sk *Sock) mtupAcked() {
	if m := sk.mtup; m != nil && m.probeSize != 0 && !after(m.probeEnd, sk.sndUna) {
		sk.mtupProbeSuccess()
	}
}

// mtupProbeSuccess is tcp_mtup_probe_success.
func (sk *Sock) mtupProbeSuccess() {
	defer sk.NS.In(step.TcpMtupProbeSuccess, &sk.Sock).Out()
	m := sk.mtup
	sk.priorSsthresh = int32(sk.currentSsthresh())
	old := sk.sndCwnd
	sk.setCwnd(max(1, int(uint64(uint32(old))*uint64(sk.mssToMTU(int(sk.mssCache)))/uint64(m.probeSize))))
	sk.sndCwndCnt = 0
	sk.sndCwndStamp = sk.jiffies()
	sk.sndSsthresh = int32(sk.currentSsthresh())
	sk.NS.Why(step.WhyMtupFound, uint64(m.probeSize), uint64(old), uint64(sk.sndCwnd))
	m.searchLow, m.probeSize = m.probeSize, 0
	sk.syncMSS(int(sk.pmtuCookie))
	sk.NS.Inc(step.TcpExtTCPMTUPSuccess)
}

// mtupProbeLost is the part of tcp_fastretrans_alert for a probe that was lost:
// only it goes again, in pieces, and the window stays. It reports whether it
// was so.
func (sk *Sock) mtupProbeLost() bool {
	m := sk.mtup
	if m == nil || sk.caState >= CACWR || m.probeSize == 0 || sk.sndUna != m.probeStart {
		return false
	}
	sk.mtupProbeFailed()
	sk.setCwnd(int(sk.sndCwnd) + 1)
	sk.simpleRetransmit()
	return true
}

// mtupProbeFailed is tcp_mtup_probe_failed.
func (sk *Sock) mtupProbeFailed() {
	defer sk.NS.In(step.TcpMtupProbeFailed, &sk.Sock).Out()
	m := sk.mtup
	sk.NS.Why(step.WhyMtupLost, uint64(m.probeSize), uint64(sk.sndCwnd+1))
	m.searchHigh, m.probeSize = m.probeSize-1, 0
	sk.NS.Inc(step.TcpExtTCPMTUPFail)
}

// mtuProbing is tcp_mtu_probing: timeouts in a row may mean that large packets
// vanish and nobody says so. First the search is switched on, then the segments
// are halved each time.
func (sk *Sock) mtuProbing() {
	if sk.sysctl().TCPMtuProbing != 0 {
		sk.mtuBlackHole()
	}
}

func (sk *Sock) mtuBlackHole() {
	defer sk.NS.In(step.TcpMtuProbing, &sk.Sock).Out()
	sy := sk.sysctl()
	if sk.mtup == nil {
		sk.mtupInit()
	}
	m := sk.mtup
	if !m.enabled {
		m.enabled = true
		m.probeStamp = sk.jiffies()
		sk.NS.Why(step.WhyMtupOn, uint64(m.searchLow), uint64(m.searchHigh))
	} else {
		mss := sk.mtuToMSS(int(m.searchLow)) >> 1
		mss = max(min(sy.TCPBaseMSS, mss), sy.TCPMtuProbeFloor, sy.TCPMinSndMSS)
		m.searchLow = int32(sk.mssToMTU(mss))
		sk.NS.Why(step.WhyMtupBlackHole, uint64(mss))
	}
	sk.syncMSS(int(sk.pmtuCookie))
}
