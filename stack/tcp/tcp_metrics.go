package tcp

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/ipv4/tcp_metrics.c.
//
// Left out: metrics that a route locks, the congestion window (it is kept, but
// nothing reads it unless a route locks it), netlink.

// metrics is struct tcp_metrics_block: what a connection leaves for the next
// one between the same two addresses.
type metrics struct {
	saddr, daddr wire.Addr
	stamp        sim.Time
	rtt, rttvar  uint32 // µs, in eighths and quarters as in the socket
	ssthresh     int
	reordering   int
	fo           *foMetrics // Fast Open: nil if nothing is known
}

const (
	// maxMetrics is how many are kept; the one that was used longest ago goes.
	// (The kernel has a hash table with chains of up to five.)
	maxMetrics = 256
	// metricsTimeout is TCP_METRICS_TIMEOUT: older ones say nothing.
	metricsTimeout = 3600 * sim.Second
	// timeoutFallback is TCP_TIMEOUT_FALLBACK (RFC 6298 §5.7).
	timeoutFallback = 3 * sim.Second
)

// getMetrics is tcp_get_metrics: nil if there are none and none shall be made.
func (sk *Sock) getMetrics(create bool) *metrics {
	t := sk.T
	var old *metrics
	for i := range t.metrics {
		m := &t.metrics[i]
		if m.daddr == sk.Daddr && m.saddr == sk.Saddr {
			if sk.now() > m.stamp+metricsTimeout {
				*m = metrics{saddr: m.saddr, daddr: m.daddr, stamp: sk.now(), fo: m.fo}
			}
			return m
		}
		if old == nil || m.stamp < old.stamp {
			old = m
		}
	}
	switch {
	case !create:
		return nil
	case len(t.metrics) < maxMetrics:
		t.metrics = append(t.metrics, metrics{})
		old = &t.metrics[len(t.metrics)-1]
	}
	*old = metrics{saddr: sk.Saddr, daddr: sk.Daddr, stamp: sk.now()}
	return old
}

// updateMetrics is tcp_update_metrics: at its end a connection leaves what it
// has learnt of the path.
func (sk *Sock) updateMetrics() {
	defer sk.NS.In(step.TcpUpdateMetrics, &sk.Sock).Out()
	sy := sk.sysctl()
	if sy.TCPNoMetricsSave != 0 || sk.DstCache == nil {
		return
	}
	if sk.backoff != 0 || sk.srttUs == 0 {
		if m := sk.getMetrics(false); m != nil {
			m.rtt = 0 // this time nothing came back in time
		}
		return
	}
	m := sk.getMetrics(true)
	d := int32(m.rtt - sk.srttUs)
	if d <= 0 {
		m.rtt = sk.srttUs // too long does less harm than too short
	} else {
		m.rtt -= uint32(d >> 3)
	}
	if d < 0 {
		d = -d
	}
	v := max(uint32(d>>1), sk.mdevUs)
	if v >= m.rttvar {
		m.rttvar = v
	} else {
		m.rttvar -= (m.rttvar - v) >> 2
	}
	sk.updateWindowMetrics(m, sy.TCPNoSSThreshMetricsSave == 0)
	m.stamp = sk.now()
	sk.NS.Why(step.WhyMetricsKept, uint64(m.rtt>>3)*uint64(sim.Microsecond))
}

// updateWindowMetrics is the part of tcp_update_metrics about ssthresh, which
// by default is not kept, and reordering.
func (sk *Sock) updateWindowMetrics(m *metrics, save bool) {
	switch {
	case sk.sndSsthresh >= infiniteSsthresh: // the first slow start did not end
		if save && m.ssthresh != 0 && int(sk.sndCwnd)>>1 > m.ssthresh {
			m.ssthresh = int(sk.sndCwnd) >> 1
		}
	case !sk.inSlowStart() && sk.caState == CAOpen:
		if save {
			m.ssthresh = max(int(sk.sndCwnd)>>1, int(sk.sndSsthresh))
		}
	default:
		if save && m.ssthresh != 0 && int(sk.sndSsthresh) > m.ssthresh {
			m.ssthresh = int(sk.sndSsthresh)
		}
		if m.reordering < int(sk.reordering) && int(sk.reordering) != sk.sysctl().TCPReordering {
			m.reordering = int(sk.reordering)
		}
	}
}

// initMetrics is tcp_init_metrics: a new connection begins with what the last
// one between the two addresses has left. A round-trip time that was longer
// than that of the handshake, whose packets are small, sets the first RTO; with
// none at all it is three seconds (RFC 6298 §5.7).
func (sk *Sock) initMetrics() {
	defer sk.NS.In(step.TcpInitMetrics, &sk.Sock).Out()
	sk.sndSsthresh = infiniteSsthresh
	var rtt uint32
	if m := sk.getMetrics(false); m != nil && sk.DstCache != nil {
		if m.ssthresh != 0 && sk.sysctl().TCPNoSSThreshMetricsSave == 0 {
			sk.sndSsthresh = int32(min(m.ssthresh, int(sk.sndCwndClamp)))
		}
		if m.reordering != 0 {
			sk.reordering = int32(m.reordering)
		}
		rtt = m.rtt
	}
	switch {
	case rtt > sk.srttUs:
		r := sim.Time(rtt>>3) * sim.Microsecond / sim.Jiffy * sim.Jiffy
		sk.rto = r + max(2*r, sk.rtoMinNow())
		sk.NS.Why(step.WhyMetricsRTO, uint64(rtt>>3)*uint64(sim.Microsecond), uint64(sk.srttUs>>3)*uint64(sim.Microsecond), uint64(sk.rto))
	case sk.srttUs == 0:
		sk.rttvarUs = uint32(timeoutFallback / sim.Microsecond)
		sk.mdevUs, sk.mdevMaxUs = sk.rttvarUs, sk.rttvarUs
		sk.rto = timeoutFallback
	}
}
