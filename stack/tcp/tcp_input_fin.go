package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// fin is tcp_fin: the peer has no more data (RFC 9293 §3.10.7.4, eighth).
func (sk *Sock) fin() {
	defer sk.NS.In(step.TcpFin, &sk.Sock).Out()
	ns := sk.NS
	sk.scheduleAck()
	sk.Sock.Shutdown |= core.RcvShutdown
	sk.SockDone = true
	switch sk.State {
	case core.TCPSynRecv, core.TCPEstablished:
		ns.Why(step.WhyPassiveClose)
		sk.setState(core.TCPCloseWait)
		sk.enterPingpong()
	case core.TCPCloseWait, core.TCPClosing, core.TCPLastAck:
		// A retransmission of the FIN.
	case core.TCPFinWait1:
		// Simultaneous close: our FIN is not acknowledged yet.
		ns.Why(step.WhySimulClose)
		sk.sendAck()
		sk.setState(core.TCPClosing)
	case core.TCPFinWait2:
		ns.Why(step.WhyLastFin)
		sk.sendAck()
		sk.timeWait(core.TCPTimeWait, 0)
	}
	// Nothing may come after a FIN.
	for b := sk.ooo.PopFront(); b != nil; b = sk.ooo.PopFront() {
		ns.Free(b)
	}
	if !sk.isReno() {
		sk.resetSack()
	}
	if !sk.Dead {
		sk.StateChange(ns)
	}
}

// reset is tcp_reset: an acceptable RST (RFC 9293 §3.10.7.4, second).
func (sk *Sock) reset() {
	defer sk.NS.In(step.TcpResetStep, &sk.Sock).Out()
	ns := sk.NS
	ns.TP(step.TcpReceiveReset, &sk.Sock, uint64(sk.ID), uint64(sk.Family), uint64(sk.Sport), uint64(sk.Dport),
		sk.Saddr.Hi, sk.Saddr.Lo, sk.Daddr.Hi, sk.Daddr.Lo)
	switch sk.State {
	case core.TCPSynSent:
		sk.Err = step.ECONNREFUSED
	case core.TCPCloseWait:
		sk.Err = step.EPIPE
	case core.TCPClose:
		return
	default:
		sk.Err = step.ECONNRESET
	}
	ns.Why(step.WhyReset, uint64(sk.Err))
	sk.purgeWrite()
	sk.done()
	if !sk.Dead {
		sk.ErrorReport(ns)
	}
}
