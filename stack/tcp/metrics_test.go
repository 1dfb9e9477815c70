package tcp

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// A second connection to the same host begins with the RTO that the round trips
// of the first suggest; with tcp_no_metrics_save it does not.
func TestMetrics(t *testing.T) {
	for _, off := range []int{0, 1} {
		b := newBench(t)
		b.ns.Sysctl.TCPNoMetricsSave = off
		b.established()
		sk := b.sk
		sk.srttUs, sk.mdevUs, sk.reordering = 8*400000, 1000, 7
		sk.caState, sk.sndSsthresh = CADisorder, 5
		sk.updateMetrics()
		n := b.tcp.newSock(core.AFInet)
		n.Saddr, n.Daddr, n.DstCache = sk.Saddr, sk.Daddr, sk.DstCache
		n.srttUs, n.rto = 8*100000, 300*sim.Millisecond
		n.initMetrics()
		rto, reordering := 1200*sim.Millisecond, 7
		if off == 1 {
			rto, reordering = 300*sim.Millisecond, 3
		}
		if n.rto != rto || int(n.reordering) != reordering || n.srttUs != 8*100000 || n.sndSsthresh != infiniteSsthresh {
			t.Errorf("no_metrics_save %d: rto %d, reordering %d, srtt %d, ssthresh %d", off, n.rto, int(n.reordering), n.srttUs, int(n.sndSsthresh))
		}
	}
}

// The longest round trip is kept, and fades; one that failed is forgotten, and
// so is what is older than an hour. ssthresh is kept on request only.
func TestMetricsKept(t *testing.T) {
	b := newBench(t)
	b.established()
	sk := b.sk
	for _, c := range []struct{ srtt, want uint32 }{{8000, 8000}, {800, 8000 - 7200>>3}, {16000, 16000}, {0, 0}} {
		sk.srttUs = c.srtt
		sk.updateMetrics()
		if m := sk.getMetrics(false); m == nil || m.rtt != c.want {
			t.Fatalf("srtt %d: kept %+v, want rtt %d", c.srtt, m, c.want)
		}
	}
	b.ns.Sysctl.TCPNoSSThreshMetricsSave = 0
	sk.srttUs, sk.sndCwnd, sk.sndSsthresh, sk.caState = 8000, 40, 10, CAOpen
	sk.updateMetrics()
	if m := sk.getMetrics(false); m.ssthresh != 20 {
		t.Errorf("ssthresh %d", m.ssthresh)
	}
	sk.initMetrics()
	if sk.sndSsthresh != 20 {
		t.Errorf("ssthresh of the next connection is %d", int(sk.sndSsthresh))
	}
	b.run(2 * 3600 * sim.Second)
	if m := sk.getMetrics(false); m.rtt != 0 || m.ssthresh != 0 {
		t.Errorf("after two hours: %+v", m)
	}
	for i := range maxMetrics + 10 {
		sk.Daddr.Lo += uint64(i + 1)
		sk.getMetrics(true)
	}
	if len(b.tcp.metrics) != maxMetrics {
		t.Errorf("%d are kept", len(b.tcp.metrics))
	}
}
