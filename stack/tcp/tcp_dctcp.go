package tcp

import "github.com/packetwalk/packetwalk/stack/step"

// DCTCP (net/ipv4/tcp_dctcp.c, RFC 8257): routers mark early and often, and the
// window shrinks in proportion to the share of packets that were marked.

const (
	dctcpMaxAlpha = 1024
	dctcpShiftG   = 4 // g = 1/16
)

// dctcpState is struct dctcp.
type dctcpState struct {
	oldDelivered, oldDeliveredCE uint32
	priorRcvNxt                  uint32
	alpha                        uint32 // of 1024
	nextSeq                      uint32
	ceState                      uint32
	lossCwnd                     uint32
	reno                         bool // the other side does not mark: dctcp_reno
}

type dctcp struct{ caDefaults }

func (dctcp) id() congID   { return congDCTCP }
func (dctcp) flags() uint8 { return caNeedsECN }

// init is dctcp_init. Without ECN the kernel puts another table in place,
// dctcp-reno; it has the same name and does as Reno does.
func (dctcp) init(sk *Sock) {
	defer sk.NS.In(step.DctcpInit, &sk.Sock).Out()
	if !sk.ecnMode(ecnRFC3168) {
		sk.NS.Why(step.WhyDctcpNoEcn)
		sk.ca = dctcpReno{}
		sk.ecnDontxmit()
		return
	}
	sk.setPriv()
	d := &sk.caPriv.dctcp
	*d = dctcpState{priorRcvNxt: sk.rcvNxt, alpha: dctcpMaxAlpha}
	sk.dctcpReset(d)
	sk.NS.Why(step.WhyDctcpBegin, uint64(d.alpha))
}

// dctcpReset is dctcp_reset: a round trip begins.
func (sk *Sock) dctcpReset(d *dctcpState) {
	d.nextSeq = sk.sndNxt
	d.oldDelivered, d.oldDeliveredCE = uint32(sk.delivered), sk.deliveredCE
}

// ssthresh is dctcp_ssthresh: cwnd * (1 - alpha/2).
func (dctcp) ssthresh(sk *Sock) int {
	d := &sk.priv().dctcp
	c := uint32(sk.sndCwnd)
	d.lossCwnd = c
	t := max(c-c*d.alpha>>11, 2)
	sk.NS.Why(step.WhyDctcpCut, uint64(d.alpha), uint64(c), uint64(t))
	return int(t)
}

// inAckEvent is dctcp_update_alpha.
func (dctcp) inAckEvent(sk *Sock, _ int) {
	if sk.caPriv == nil || before(sk.sndUna, sk.caPriv.dctcp.nextSeq) {
		return
	}
	sk.dctcpUpdateAlpha()
}

func (sk *Sock) dctcpUpdateAlpha() {
	defer sk.NS.In(step.DctcpUpdateAlpha, &sk.Sock).Out()
	d := &sk.caPriv.dctcp
	delivered, ce := uint32(sk.delivered)-d.oldDelivered, sk.deliveredCE-d.oldDeliveredCE
	a := d.alpha
	if less := a >> dctcpShiftG; less != 0 {
		a -= less
	} else {
		a = 0 // min_not_zero(alpha, alpha >> g)
	}
	marked := ce
	if ce != 0 {
		ce <<= 10 - dctcpShiftG
		ce /= max(1, delivered)
		a = min(a+ce, dctcpMaxAlpha)
	}
	d.alpha = a
	sk.NS.Why(step.WhyDctcpAlpha, uint64(marked), uint64(delivered), uint64(a))
	sk.dctcpReset(d)
}

// dctcpReactToLoss is dctcp_react_to_loss.
func (sk *Sock) dctcpReactToLoss() {
	defer sk.NS.In(step.DctcpReactToLoss, &sk.Sock).Out()
	c := uint32(sk.sndCwnd)
	sk.priv().dctcp.lossCwnd = c
	sk.sndSsthresh = int32(max(c>>1, 2))
	sk.NS.Why(step.WhyDctcpLoss, uint64(c), uint64(sk.sndSsthresh))
}

// setState is dctcp_state.
func (dctcp) setState(sk *Sock, s uint8) {
	if s == CARecovery && s != sk.caState {
		sk.dctcpReactToLoss()
	}
}

// cwndEvent is dctcp_cwnd_event.
func (dctcp) cwndEvent(sk *Sock, ev int) {
	switch ev {
	case caEventEcnIsCE, caEventEcnNoCE:
		sk.dctcpEceAckUpdate(ev)
	case caEventLoss:
		sk.dctcpReactToLoss()
	}
}

// undoCwnd is dctcp_cwnd_undo.
func (dctcp) undoCwnd(sk *Sock) int { return max(int(sk.sndCwnd), int(sk.priv().dctcp.lossCwnd)) }

// congAvoid is tcp_reno_cong_avoid.
func (dctcp) congAvoid(sk *Sock, _ uint32, acked int) { sk.renoCongAvoid(acked) }

// dctcpEceAckUpdate is dctcp_ece_ack_update: each change between marked and
// not marked is acknowledged at once, so that the sender can count (RFC 8257
// §3.2).
func (sk *Sock) dctcpEceAckUpdate(ev int) {
	defer sk.NS.In(step.DctcpEceAckUpdate, &sk.Sock).Out()
	sk.setPriv()
	d := &sk.caPriv.dctcp
	ce := uint32(0)
	if ev == caEventEcnIsCE {
		ce = 1
	}
	if d.ceState != ce {
		sk.NS.Why(step.WhyDctcpEcho, uint64(ce))
		if sk.ack.pending&ackTimer != 0 {
			sk.dctcpDemandCwr(d.ceState)
			sk.sendAckSeq(d.priorRcvNxt, 0)
		}
		sk.ack.pending |= ackNow
	}
	d.priorRcvNxt, d.ceState = sk.rcvNxt, ce
	sk.dctcpDemandCwr(ce)
}

// dctcpDemandCwr is dctcp_ece_ack_cwr.
func (sk *Sock) dctcpDemandCwr(ce uint32) {
	if ce == 1 {
		sk.ecnFlags |= ecnDemandCwr
	} else {
		sk.ecnFlags &^= ecnDemandCwr
	}
}

// ccInfo is dctcp_get_info.
func (dctcp) ccInfo(sk *Sock) CCInfo {
	d := &sk.priv().dctcp
	mss := uint32(sk.mssCache)
	return CCInfo{Kind: CCDCTCP, DCTCPEnabled: 1, DCTCPCEState: uint16(d.ceState), DCTCPAlpha: d.alpha,
		DCTCPAbECN: mss * (sk.deliveredCE - d.oldDeliveredCE), DCTCPTot: mss * (uint32(sk.delivered) - d.oldDelivered)}
}

// dctcpReno is dctcp_reno.
type dctcpReno struct{ reno }

func (dctcpReno) id() congID          { return congDCTCP }
func (dctcpReno) ccInfo(*Sock) CCInfo { return CCInfo{Kind: CCDCTCP} }
