package tcp

import "github.com/packetwalk/packetwalk/stack/step"

// Vegas (net/ipv4/tcp_vegas.c, Brakmo and Peterson 1995): a round trip that
// grows means that packets queue; keep two to four of them there.

const (
	vegasAlpha = 2
	vegasBeta  = 4
	vegasGamma = 1
	vegasNever = 0x7fffffff
)

// vegasState is struct vegas.
type vegasState struct {
	begSndNxt       uint32
	doingNow        bool
	cntRTT          uint16
	minRTT, baseRTT uint32 // µs
}

type vegas struct{ caDefaults }

func (vegas) id() congID            { return congVegas }
func (vegas) ssthresh(sk *Sock) int { return reno{}.ssthresh(sk) }
func (vegas) undoCwnd(sk *Sock) int { return reno{}.undoCwnd(sk) }

// init is tcp_vegas_init.
func (vegas) init(sk *Sock) {
	sk.setPriv()
	sk.caPriv.vegas.baseRTT = vegasNever
	sk.vegasEnable()
}

// vegasEnable is vegas_enable.
func (sk *Sock) vegasEnable() {
	v := &sk.caPriv.vegas
	v.doingNow = true
	v.begSndNxt = sk.sndNxt
	v.cntRTT, v.minRTT = 0, vegasNever
}

// pktsAcked is tcp_vegas_pkts_acked.
func (vegas) pktsAcked(sk *Sock, _ int, rttUs int64) {
	if rttUs < 0 || sk.caPriv == nil {
		return
	}
	v := &sk.caPriv.vegas
	rtt := uint32(rttUs) + 1
	v.baseRTT = min(v.baseRTT, rtt)
	v.minRTT = min(v.minRTT, rtt)
	v.cntRTT++
}

// setState is tcp_vegas_state.
func (vegas) setState(sk *Sock, s uint8) {
	sk.setPriv()
	if s == CAOpen {
		sk.vegasEnable()
	} else {
		sk.caPriv.vegas.doingNow = false
	}
}

// cwndEvent is tcp_vegas_cwnd_event.
func (c vegas) cwndEvent(sk *Sock, ev int) {
	if ev == caEventCwndRestart || ev == caEventTxStart {
		c.init(sk)
	}
}

// congAvoid is tcp_vegas_cong_avoid.
func (vegas) congAvoid(sk *Sock, ack uint32, acked int) {
	defer sk.NS.In(step.TcpVegasCongAvoid, &sk.Sock).Out()
	v := &sk.priv().vegas
	if !v.doingNow {
		sk.renoCongAvoid(acked)
		return
	}
	if !after(ack, v.begSndNxt) {
		if sk.inSlowStart() {
			sk.slowStart(acked)
		}
		return
	}
	v.begSndNxt = sk.sndNxt
	if v.cntRTT <= 2 {
		sk.NS.Why(step.WhyVegasReno, uint64(v.cntRTT))
		sk.renoCongAvoid(acked)
	} else {
		sk.vegasRound(v, acked)
	}
	v.cntRTT, v.minRTT = 0, vegasNever
}

// vegasRound is the judgement at the end of a round trip.
func (sk *Sock) vegasRound(v *vegasState, acked int) {
	cwnd, rtt := uint32(sk.sndCwnd), v.minRTT
	target := uint32(uint64(cwnd) * uint64(v.baseRTT) / uint64(rtt))
	diff := cwnd * (rtt - v.baseRTT) / v.baseRTT
	why := step.WhyVegasStay
	switch {
	case diff > vegasGamma && sk.inSlowStart():
		sk.setCwnd(int(min(cwnd, target+1)))
		sk.sndSsthresh = min(sk.sndSsthresh, sk.sndCwnd)
		why = step.WhyVegasSlow
	case sk.inSlowStart():
		sk.slowStart(acked)
		why = 0
	case diff > vegasBeta:
		sk.setCwnd(int(cwnd) - 1)
		sk.sndSsthresh = min(sk.sndSsthresh, sk.sndCwnd)
		why = step.WhyVegasDown
	case diff < vegasAlpha:
		sk.setCwnd(int(cwnd) + 1)
		why = step.WhyVegasUp
	}
	if sk.sndCwnd < 2 {
		sk.setCwnd(2)
	} else if sk.sndCwnd > sk.sndCwndClamp {
		sk.setCwnd(int(sk.sndCwndClamp))
	}
	sk.sndSsthresh = int32(sk.currentSsthresh())
	if why != 0 {
		sk.NS.Why(why, uint64(rtt)*1000, uint64(v.baseRTT)*1000, uint64(diff), uint64(sk.sndCwnd))
	}
}

// ccInfo is tcp_vegas_get_info.
func (vegas) ccInfo(sk *Sock) CCInfo {
	v := sk.priv().vegas
	return CCInfo{Kind: CCVegas, VegasEnabled: uint32(b2i(v.doingNow)), VegasRTTCnt: uint32(v.cntRTT), VegasRTT: v.baseRTT, VegasMinRTT: v.minRTT}
}
