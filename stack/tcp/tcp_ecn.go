package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Explicit congestion notification (RFC 3168; include/net/tcp_ecn.h): routers
// mark packets that may be marked (ECT) instead of dropping them (CE). The
// receiver echoes the mark (ECE) until the sender says that it has reacted
// (CWR). For Accurate ECN see tcp_accecn.go.

// Bits of ecnFlags (TCP_ECN_*).
const (
	ecnRFC3168   = 1 // TCP_ECN_MODE_RFC3168
	ecnQueueCwr  = 2
	ecnDemandCwr = 4
	ecnSeen      = 8
)

// The two ECN bits of the TOS byte (INET_ECN_*).
const (
	inetNotECT  = 0
	inetECT1    = 1
	inetECT0    = 2
	inetCE      = 3
	inetECNMask = 3
)

// Control bits of ECN, to keep in CB.TCPFlags.
const (
	fEce = uint16(wire.TCPEce)
	fCwr = uint16(wire.TCPCwr)
)

// ecnMode is tcp_ecn_mode_*: did both sides agree?
func (sk *Sock) ecnMode(m uint8) bool { return sk.ecnFlags&m != 0 }

// ecnXmit is INET_ECN_xmit: what leaves may be marked.
func (sk *Sock) ecnXmit() { sk.TOS |= inetECT0 }

// ecnDontxmit is INET_ECN_dontxmit.
func (sk *Sock) ecnDontxmit() { sk.TOS &^= inetECNMask }

// ecnSendSyn is tcp_ecn_send_syn: offer ECN in the SYN (RFC 3168 §6.1.1).
func (sk *Sock) ecnSendSyn(b *core.SKB) {
	defer sk.NS.In(step.TcpEcnSendSyn, &sk.Sock).Out()
	n := sk.sysctl().TCPEcn
	use := n == 1 || sk.caNeedsECN()
	sk.ecnFlags, sk.acc = 0, nil
	if !use {
		sk.NS.Why(step.WhyEcnNotOffered, uint64(n))
		return
	}
	b.CB.TCPFlags |= fEce | fCwr
	sk.ecnFlags = ecnRFC3168
	if sk.caNeedsECN() {
		sk.ecnXmit()
	}
	sk.NS.Why(step.WhyEcnOffered, uint64(n))
}

// ecnClearSyn is tcp_ecn_clear_syn: a SYN that was not answered goes again
// without ECN, in case something on the way drops it for the bits
// (tcp_ecn_fallback, RFC 3168 §6.1.1.1).
func (sk *Sock) ecnClearSyn(b *core.SKB) {
	if sk.sysctl().TCPEcnFallback != 0 {
		b.CB.TCPFlags &^= fEce | fCwr
	}
}

// ecnSendSynack is tcp_ecn_send_synack, for a SYN-ACK of a simultaneous open.
func (sk *Sock) ecnSendSynack(b *core.SKB) {
	b.CB.TCPFlags &^= fCwr
	if !sk.ecnMode(ecnRFC3168) {
		b.CB.TCPFlags &^= fEce
	} else if sk.caNeedsECN() {
		sk.ecnXmit()
	}
}

// ecnCreateRequest is tcp_ecn_create_request: does this side take the SYN's
// offer? A SYN that is marked ECT itself is not by RFC 3168; such a host is
// believed only if a congestion control asks for it.
func (l *Sock) ecnCreateRequest(h wire.TCP, tos uint8) bool {
	f := h.Flags()
	return f.Has(wire.TCPEce) && f.Has(wire.TCPCwr) && l.ecnTake(h, tos)
}

// ecnTake is the decision, for a SYN that offers ECN.
func (l *Sock) ecnTake(h wire.TCP, tos uint8) bool {
	defer l.NS.In(step.TcpEcnCreateRequest, &l.Sock).Out()
	n := l.sysctl().TCPEcn
	ect := tos&inetECNMask != inetNotECT
	reserved := h[12]&0xf != 0 // th->res1 || th->ae
	ok := (!ect || reserved) && n != 0 || l.caNeedsECN()
	if ok {
		l.NS.Why(step.WhyEcnTaken, uint64(n))
	} else {
		l.NS.Why(step.WhyEcnRefused, uint64(n), uint64(tos&inetECNMask))
	}
	return ok
}

// ecnRcvSynack is tcp_ecn_rcv_synack: the SYN-ACK agrees with ECE alone. Other
// bits than that mean Accurate ECN, and Linux takes it so even though it did
// not ask.
func (sk *Sock) ecnRcvSynack(b *core.SKB, f wire.TCPFlags) {
	if sk.ecnMode(ecnRFC3168) {
		sk.ecnAgree(b, f)
	}
}

// ecnAgree is its part for a SYN that has offered ECN.
func (sk *Sock) ecnAgree(b *core.SKB, f wire.TCPFlags) {
	defer sk.NS.In(step.TcpEcnRcvSynack, &sk.Sock).Out()
	switch ace(f) {
	case 0, 7:
		sk.ecnFlags &^= ecnRFC3168
		sk.NS.Why(step.WhyEcnDenied)
	case 1, 5:
		sk.NS.Why(step.WhyEcnAgreed)
	default:
		sk.accRcvSynack(b, f)
	}
}

// ecnRcvSyn is tcp_ecn_rcv_syn, for a simultaneous open.
func (sk *Sock) ecnRcvSyn(f wire.TCPFlags) {
	if sk.ecnMode(ecnRFC3168) && (!f.Has(wire.TCPEce) || !f.Has(wire.TCPCwr)) {
		sk.ecnFlags &^= ecnRFC3168
	}
}

// ecnSend is tcp_ecn_send: new data may be marked, and carries CWR if the
// window has come down; acknowledgements and retransmissions may not be marked
// (RFC 3168 §6.1.4, §6.1.5). It returns the flags to add to the header.
func (sk *Sock) ecnSend(b *core.SKB, seq uint32, payload int, flags uint16) (f uint16) {
	if sk.acc != nil {
		return sk.accSend(b, flags)
	}
	if !sk.ecnMode(ecnRFC3168) {
		return 0
	}
	if payload > 0 && !before(seq, sk.sndNxt) {
		sk.ecnXmit()
		if sk.ecnFlags&ecnQueueCwr != 0 {
			sk.ecnFlags &^= ecnQueueCwr
			f |= fCwr
			b.GSOType |= core.GSOTCPECN
		}
	} else if !sk.caNeedsECN() {
		sk.ecnDontxmit()
	}
	if sk.ecnFlags&ecnDemandCwr != 0 {
		f |= fEce
	}
	return f
}

// ecnQueueCwrFlag is tcp_ecn_queue_cwr: the next new data says that the window
// has come down.
func (sk *Sock) ecnQueueCwrFlag() {
	if sk.ecnMode(ecnRFC3168) {
		sk.ecnFlags |= ecnQueueCwr
	}
}

// ecnWithdrawCwr is tcp_ecn_withdraw_cwr.
func (sk *Sock) ecnWithdrawCwr() { sk.ecnFlags &^= ecnQueueCwr }

// ecnAcceptCwr is tcp_ecn_accept_cwr: the sender has reacted; the echo ends.
func (sk *Sock) ecnAcceptCwr(b *core.SKB, f wire.TCPFlags) {
	if !f.Has(wire.TCPCwr) || !sk.ecnMode(ecnRFC3168) {
		return
	}
	sk.ecnFlags &^= ecnDemandCwr
	if b.CB.Seq != b.CB.EndSeq {
		// The sender's window may be tiny now: do not make it wait.
		sk.ack.pending |= ackNow
	}
}

// ecnRcvEcho is tcp_ecn_rcv_ecn_echo.
func (sk *Sock) ecnRcvEcho(f wire.TCPFlags) bool {
	return f.Has(wire.TCPEce) && !f.Has(wire.TCPSyn) && sk.ecnMode(ecnRFC3168)
}

// ecnCheckCe is tcp_ecn_check_ce (tcp_data_ecn_check of later kernels): has a
// router marked the segment?
func (sk *Sock) ecnCheckCe(b *core.SKB) {
	if sk.ecnMode(ecnRFC3168) {
		sk.ecnCheckMark(dsfield(b))
	}
}

// ecnCheckMark is __tcp_ecn_check_ce; tos is the segment's TOS byte.
func (sk *Sock) ecnCheckMark(tos uint8) {
	defer sk.NS.In(step.TcpEcnCheckCe, &sk.Sock).Out()
	switch tos & inetECNMask {
	case inetNotECT:
		if sk.ecnFlags&ecnSeen != 0 {
			sk.NS.Why(step.WhyEcnNotEct)
			sk.enterQuickack(2)
		}
	case inetCE:
		sk.NS.Why(step.WhyEcnCe)
		if sk.caNeedsECN() {
			sk.ca.cwndEvent(sk, caEventEcnIsCE)
		}
		if sk.ecnFlags&ecnDemandCwr == 0 {
			sk.enterQuickack(2)
			sk.ecnFlags |= ecnDemandCwr
		}
		sk.ecnFlags |= ecnSeen
	default:
		sk.NS.Why(step.WhyEcnEct)
		if sk.caNeedsECN() {
			sk.ca.cwndEvent(sk, caEventEcnNoCE)
		}
		sk.ecnFlags |= ecnSeen
	}
}

// countDelivered is tcp_count_delivered: n segments more have arrived, marked
// ones if the ACK says ECE.
func (sk *Sock) countDelivered(n int, ece bool) {
	sk.delivered += int32(n)
	if ece && sk.ecnMode(ecnRFC3168) {
		sk.deliveredCE += uint32(n)
	}
}
