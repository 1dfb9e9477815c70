package tcp

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// The round-trip time, and the timeout that follows from it (RFC 6298).

// rttTsopt is tcp_rtt_tsopt_us: how old the echoed timestamp is, in µs; -1 if
// that makes no sense. Less than a tick of the clock counts as least ticks.
func (sk *Sock) rttTsopt(least uint32) int64 {
	d := sk.tsNow() - sk.rx.rcvTsecr
	if d >= 1<<31/1000 {
		return -1
	}
	if d == 0 {
		d = least
	}
	return int64(d) * 1000
}

// ackUpdateRTT is tcp_ack_update_rtt (RFC 6298 §3: never from a segment that
// was sent twice, unless timestamps tell which one was answered). ca is the
// round trip of the last segment, which congestion control sees.
func (sk *Sock) ackUpdateRTT(flag int, seq, sack, ca int64, rs *rateSample) bool {
	if seq < 0 {
		seq = sack
	}
	if seq < 0 && sk.rx.sawTstamp && sk.rx.rcvTsecr != 0 && flag&flagAcked != 0 {
		seq = sk.rttTsopt(1)
		ca = seq
	}
	rs.rttUs = ca
	if seq < 0 {
		return false
	}
	sk.updateRttMin(ca, flag)
	sk.rttEstimator(seq)
	sk.setRTO()
	sk.backoff = 0 // RFC 6298: only a valid measurement ends the backoff
	return true
}

// updateRttMin is tcp_update_rtt_min: the shortest of the last
// tcp_min_rtt_wlen seconds. ACKs that were probably delayed do not lengthen it.
func (sk *Sock) updateRttMin(rtt int64, flag int) {
	v := uint32(rtt)
	if flag&flagMaybeDelayed != 0 && v > sk.minRtt.get() {
		return
	}
	if v == 0 {
		v = uint32(sim.Jiffy / sim.Microsecond)
	}
	sk.minRtt.min(uint32(sk.sysctl().TCPMinRttWlen)*sim.HZ, sk.jiffies(), v)
}

// rttEstimator is tcp_rtt_estimator: Jacobson's smoothing, with the variance
// kept over a whole flight (RFC 6298 §2; srtt is times 8, mdev times 4).
func (sk *Sock) rttEstimator(rtt int64) {
	defer sk.NS.In(step.TcpRttEstimator, &sk.Sock).Out()
	m := rtt
	srtt := int64(sk.srttUs)
	if srtt != 0 {
		m -= srtt >> 3
		srtt += m
		if m < 0 {
			// A shorter round trip does not raise the deviation as much (Eifel).
			m = -m
			m -= int64(sk.mdevUs >> 2)
			if m > 0 {
				m >>= 3
			}
		} else {
			m -= int64(sk.mdevUs >> 2)
		}
		sk.mdevUs = uint32(int64(sk.mdevUs) + m)
		if sk.mdevUs > sk.mdevMaxUs {
			sk.mdevMaxUs = sk.mdevUs
			if sk.mdevMaxUs > sk.rttvarUs {
				sk.rttvarUs = sk.mdevMaxUs
			}
		}
		if after(sk.sndUna, sk.rttSeq) {
			if sk.mdevMaxUs < sk.rttvarUs {
				sk.rttvarUs -= (sk.rttvarUs - sk.mdevMaxUs) >> 2
			}
			sk.rttSeq = sk.sndNxt
			sk.mdevMaxUs = sk.rtoMinUs()
		}
	} else {
		srtt = m << 3
		sk.mdevUs = uint32(m << 1)
		sk.rttvarUs = max(sk.mdevUs, sk.rtoMinUs())
		sk.mdevMaxUs = sk.rttvarUs
		sk.rttSeq = sk.sndNxt
	}
	sk.srttUs = uint32(max(1, srtt))
	sk.NS.Why(step.WhyRtt, uint64(rtt)*1000, uint64(sk.srttUs>>3)*1000, uint64(sk.rttvarUs)*1000)
}

// rtoMinUs is tcp_rto_min_us.
func (sk *Sock) rtoMinUs() uint32 { return uint32(sk.rtoMinNow() / sim.Microsecond) }

// rtoMinNow is tcp_rto_min: the route's, the program's or the host's.
func (sk *Sock) rtoMinNow() sim.Time {
	if d := sk.DstCache; d != nil && d.RtoMin != 0 {
		return d.RtoMin
	}
	if t := sk.rare().rtoMin; t != 0 {
		return t
	}
	return toJiffies(sk.sysctlRtoMin())
}

// rtoFromRTT is __tcp_set_rto: srtt plus four times the deviation.
func (sk *Sock) rtoFromRTT() sim.Time {
	return toJiffies(sim.Time(sk.srttUs>>3+sk.rttvarUs) * sim.Microsecond)
}

// setRTO is tcp_set_rto with tcp_bound_rto.
func (sk *Sock) setRTO() { sk.rto = min(sk.rtoFromRTT(), sk.rtoMaxNow()) }
