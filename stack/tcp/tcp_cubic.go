package tcp

import (
	"math/bits"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// CUBIC (RFC 9438) with HyStart, in the integers of tcp_cubic.c: the window
// grows along a cubic curve around the size at which the last loss came.

const (
	cubicBetaScale = 1024
	cubicHZ        = 10 // BICTCP_HZ: 2^10 is a second
	cubeRTTScale   = 410
	cubicBetaTCP   = 8 * (cubicBetaScale + 717) / 3 / (cubicBetaScale - 717) // beta_scale, made when the module is loaded

	hystartMinSamples = 8
	hystartDelayMin   = 4000
	hystartDelayMax   = 16000
	hystartAckTrain   = 1
	hystartDelay      = 2
)

// cubeFactor is 2^40/410.
const cubeFactor = uint64(1) << (10 + 3*cubicHZ) / cubeRTTScale

// cubicState is struct bictcp.
type cubicState struct {
	cnt, lastMaxCwnd, lastCwnd uint32
	lastTime                   uint32
	originPoint, k             uint32
	delayMin                   uint32
	epochStart                 uint32
	ackCnt, tcpCwnd            uint32
	sampleCnt, found           uint8
	roundStart, endSeq         uint32
	lastAck, currRtt           uint32
}

type cubic struct{ caDefaults }

func (cubic) id() congID { return congCubic }

// init is cubictcp_init.
func (cubic) init(sk *Sock) {
	sk.cubic = cubicState{}
	sk.cubicReset()
	if p := sk.cubicParams(); p.Hystart != 0 {
		sk.hystartReset()
	} else if p.InitialSsthresh != 0 {
		sk.sndSsthresh = int32(p.InitialSsthresh)
	}
}

// cubicParams are the module's parameters.
func (sk *Sock) cubicParams() *core.CubicParams { return sk.NS.Machine.Cubic() }

func (sk *Sock) cubicReset() {
	found := sk.cubic
	sk.cubic = cubicState{roundStart: found.roundStart, endSeq: found.endSeq, lastAck: found.lastAck, currRtt: found.currRtt, sampleCnt: found.sampleCnt}
}

// hystartReset is bictcp_hystart_reset: a new round of measurement.
func (sk *Sock) hystartReset() {
	c := &sk.cubic
	c.roundStart = uint32(sk.mstamp)
	c.lastAck = c.roundStart
	c.endSeq = sk.sndNxt
	c.currRtt = ^uint32(0)
	c.sampleCnt = 0
}

// ssthresh is cubictcp_recalc_ssthresh: 0.7 of the window, and a little less
// as the next origin when the losses come sooner (fast convergence).
func (cubic) ssthresh(sk *Sock) int {
	c := &sk.cubic
	cwnd := uint32(sk.sndCwnd)
	c.epochStart = 0
	beta := uint32(sk.cubicParams().Beta)
	if cwnd < c.lastMaxCwnd && sk.cubicParams().FastConvergence != 0 {
		c.lastMaxCwnd = cwnd * (cubicBetaScale + beta) / (2 * cubicBetaScale)
	} else {
		c.lastMaxCwnd = cwnd
	}
	t := max(int(cwnd*beta/cubicBetaScale), 2)
	sk.NS.Why(step.WhyCubicCut, uint64(cwnd), uint64(t), uint64(c.lastMaxCwnd))
	return t
}

func (cubic) setState(sk *Sock, s uint8) {
	if s == CALoss {
		sk.cubicReset()
		sk.hystartReset()
	}
}

// cwndEvent is cubictcp_cwnd_event: after an idle time the epoch moves on.
func (cubic) cwndEvent(sk *Sock, ev int) {
	if ev != caEventTxStart {
		return
	}
	now := sk.jiffies()
	d := int32(now - sk.lsndtime)
	if c := &sk.cubic; c.epochStart != 0 && d > 0 {
		c.epochStart += uint32(d)
		if after(c.epochStart, now) {
			c.epochStart = now
		}
	}
}

func (cubic) undoCwnd(sk *Sock) int { return int(max(sk.sndCwnd, sk.priorCwnd)) }

// congAvoid is cubictcp_cong_avoid.
func (cubic) congAvoid(sk *Sock, ack uint32, acked int) {
	defer sk.NS.In(step.CubictcpCongAvoid, &sk.Sock).Out()
	if !sk.cwndLimited() {
		sk.NS.Why(step.WhyCwndUnused, uint64(sk.sndCwnd))
		return
	}
	if sk.inSlowStart() {
		if acked = sk.slowStart(acked); acked == 0 {
			return
		}
	}
	sk.cubicUpdate(uint32(sk.sndCwnd), uint32(acked))
	sk.congAvoidAI(int(sk.cubic.cnt), acked)
}

// cubicUpdate is bictcp_update: how many ACKs make the window grow by one, so
// that it follows the curve.
func (sk *Sock) cubicUpdate(cwnd, acked uint32) {
	c := &sk.cubic
	now := sk.jiffies()
	c.ackCnt += acked
	if c.lastCwnd == cwnd && int32(now-c.lastTime) <= sim.HZ/32 {
		return
	}
	if !(c.epochStart != 0 && now == c.lastTime) {
		c.lastCwnd, c.lastTime = cwnd, now
		if c.epochStart == 0 {
			c.epochStart = now
			c.ackCnt, c.tcpCwnd = acked, cwnd
			if c.lastMaxCwnd <= cwnd {
				c.k, c.originPoint = 0, cwnd
			} else {
				c.k = cubicRoot(cubeFactor * uint64(c.lastMaxCwnd-cwnd))
				c.originPoint = c.lastMaxCwnd
			}
		}
		t := uint64(int32(now - c.epochStart))
		t += uint64(toJiffies(sim.Time(c.delayMin)*sim.Microsecond) / sim.Jiffy)
		t = t << cubicHZ / sim.HZ
		var offs uint64
		if t < uint64(c.k) {
			offs = uint64(c.k) - t
		} else {
			offs = t - uint64(c.k)
		}
		delta := uint32(cubeRTTScale * offs * offs * offs >> (10 + 3*cubicHZ))
		target := c.originPoint + delta
		if t < uint64(c.k) {
			target = c.originPoint - delta
		}
		if target > cwnd {
			c.cnt = cwnd / (target - cwnd)
		} else {
			c.cnt = 100 * cwnd
		}
		if c.lastMaxCwnd == 0 && c.cnt > 20 {
			c.cnt = 20
		}
	}
	// Never slower than Reno would be (the TCP-friendly region).
	if delta := cwnd * cubicBetaTCP >> 3; delta > 0 && sk.cubicParams().TCPFriendliness != 0 {
		for c.ackCnt > delta {
			c.ackCnt -= delta
			c.tcpCwnd++
		}
	}
	if c.tcpCwnd > cwnd && sk.cubicParams().TCPFriendliness != 0 {
		if m := cwnd / (c.tcpCwnd - cwnd); c.cnt > m {
			c.cnt = m
		}
	}
	c.cnt = max(c.cnt, 2)
}

// cubicRoots is the table of cubic_root: 64 times the cube root of 0 to 63, as
// the kernel has it.
var cubicRoots = [64]uint8{
	0, 54, 54, 54, 118, 118, 118, 118, 123, 129, 134, 138, 143, 147, 151, 156,
	157, 161, 164, 168, 170, 173, 176, 179, 181, 185, 187, 190, 192, 194, 197, 199,
	200, 202, 204, 206, 209, 211, 213, 215, 217, 219, 221, 222, 224, 225, 227, 229,
	231, 232, 234, 236, 237, 239, 240, 242, 244, 245, 246, 248, 250, 251, 252, 254,
}

// cubicRoot is cubic_root: the cube root by a table and one step of Newton's,
// wrong by 0.2 % on average, as the kernel's is.
func cubicRoot(a uint64) uint32 {
	b := uint(bits.Len64(a))
	if b < 7 {
		return (uint32(cubicRoots[a]) + 35) >> 6
	}
	b = b*84>>8 - 1
	x := (uint32(cubicRoots[a>>(b*3)&63]) + 10) << b >> 6
	x = 2*x + uint32(a/(uint64(x)*uint64(x-1)))
	return x * 341 >> 10
}

// pktsAcked is cubictcp_acked: HyStart ends slow start before a loss does.
func (cubic) pktsAcked(sk *Sock, _ int, rttUs int64) {
	if rttUs < 0 {
		return
	}
	c := &sk.cubic
	if c.epochStart != 0 && int32(sk.jiffies()-c.epochStart) < sim.HZ {
		return // the first second after a loss is noise
	}
	d := uint32(max(rttUs, 1))
	if c.delayMin == 0 || c.delayMin > d {
		c.delayMin = d
	}
	if c.found == 0 && sk.inSlowStart() && sk.cubicParams().Hystart != 0 {
		sk.hystartUpdate(d)
	}
}

// hystartUpdate is hystart_update: a train of ACKs as long as half the round
// trip, or a growing round trip, means that the path is full.
func (sk *Sock) hystartUpdate(delay uint32) {
	ns := sk.NS
	c := &sk.cubic
	if after(sk.sndUna, c.endSeq) {
		sk.hystartReset()
	}
	p := sk.cubicParams()
	if int(sk.sndCwnd) < p.HystartLowWindow {
		return
	}
	now := uint32(sk.mstamp)
	if p.HystartDetect&hystartAckTrain != 0 && int(int32(now-c.lastAck)) <= p.HystartAckDeltaUs {
		c.lastAck = now
		threshold := c.delayMin + sk.hystartAckDelay()
		if sk.pacingStatus == pacingNone {
			threshold >>= 1 // pacing may spread a round over half a round trip more
		}
		if int32(now-c.roundStart) > int32(threshold) {
			c.found = hystartAckTrain
			ns.Inc(step.TcpExtTCPHystartTrainDetect)
			ns.Add(step.TcpExtTCPHystartTrainCwnd, uint64(sk.sndCwnd))
			sk.sndSsthresh = sk.sndCwnd
			ns.Why(step.WhyHystartTrain, uint64(now-c.roundStart)*1000, uint64(threshold)*1000, uint64(sk.sndCwnd))
		}
	}
	if p.HystartDetect&hystartDelay == 0 {
		return
	}
	c.currRtt = min(c.currRtt, delay)
	if c.sampleCnt < hystartMinSamples {
		c.sampleCnt++
	} else if c.currRtt > c.delayMin+min(max(c.delayMin>>3, hystartDelayMin), hystartDelayMax) {
		c.found = hystartDelay
		ns.Inc(step.TcpExtTCPHystartDelayDetect)
		ns.Add(step.TcpExtTCPHystartDelayCwnd, uint64(sk.sndCwnd))
		sk.sndSsthresh = sk.sndCwnd
		ns.Why(step.WhyHystartDelay, uint64(c.currRtt)*1000, uint64(c.delayMin)*1000, uint64(sk.sndCwnd))
	}
}

// hystartAckDelay is hystart_ack_delay: what segmentation offload may add.
func (sk *Sock) hystartAckDelay() uint32 {
	if sk.pacingRate == 0 {
		return 0
	}
	return uint32(min(1000, uint64(gsoMaxSize)*4*1000000/sk.pacingRate))
}
