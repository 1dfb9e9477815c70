package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// rcvStateProcess is tcp_rcv_state_process: a segment in any state but
// ESTABLISHED and TIME_WAIT, in the order of RFC 9293 §3.10.7. It takes the
// packet, unless it returns a reason: then the caller answers with a RST and
// drops it for that.
func (sk *Sock) rcvStateProcess(b *core.SKB) core.DropReason {
	defer sk.NS.In(step.TcpRcvStateProcess, &sk.Sock).Out()
	ns := sk.NS
	h := wire.TCP(b.Data())
	f := h.Flags()
	at := step.TcpRcvStateProcess
	ns.Why(step.WhyState, uint64(sk.State))
	switch sk.State {
	case core.TCPClose:
		ns.Drop(b, step.DropTCPClose, at)
		return 0
	case core.TCPListen:
		return sk.rcvListen(b, f)
	case core.TCPSynSent:
		sk.rx.sawTstamp = false
		sk.mstampRefresh()
		return sk.rcvSynSent(b, h)
	}
	sk.mstampRefresh()
	sk.rx.sawTstamp = false
	if r := sk.fastopenRsk(); r != nil {
		if c, why := sk.checkReq(b, r, true); c == nil {
			if why == step.NotDropped {
				why = step.DropTCPFastopen
			}
			ns.Drop(b, why, at)
			return 0
		}
	}
	if f&(wire.TCPAck|wire.TCPRst|wire.TCPSyn) == 0 {
		ns.Why(step.WhyNoFlags)
		ns.Drop(b, step.DropTCPFlags, at)
		return 0
	}
	if !sk.validateIncoming(b, h, false) {
		return 0
	}
	// Fifth: the ACK.
	r := sk.ackRcv(b, flagSlowpath|flagUpdateTSRecent|flagNoChallenge)
	if r <= 0 {
		if sk.State == core.TCPSynRecv {
			if r == 0 {
				return step.DropTCPOldACK
			}
			return core.DropReason(-r)
		}
		if r < 0 {
			sk.sendChallengeAck()
			ns.Drop(b, core.DropReason(-r), at)
			return 0
		}
	}
	if done, why := sk.ackInState(b, h); done {
		return why
	}
	sk.urg(b, h)
	// Seventh: the text.
	queued := false
	switch sk.State {
	case core.TCPCloseWait, core.TCPClosing, core.TCPLastAck, core.TCPFinWait1, core.TCPFinWait2:
		if !sk.stateIn(1<<core.TCPFinWait1|1<<core.TCPFinWait2) && !before(b.CB.Seq, sk.rcvNxt) {
			break
		}
		// RFC 9293 §3.10.7.4 would queue data here; RFC 1122 §4.2.2.13 says:
		// nobody will read it, so tell the peer by a RST.
		if sk.Sock.Shutdown&core.RcvShutdown != 0 && b.CB.EndSeq != b.CB.Seq && after(b.CB.EndSeq-uint32(b2i(f.Has(wire.TCPFin))), sk.rcvNxt) {
			ns.Inc(step.TcpExtTCPAbortOnData)
			ns.Why(step.WhyAbortOnData)
			sk.reset()
			return step.DropTCPAbortOnData
		}
		queued = true
		sk.dataQueue(b, at)
	case core.TCPEstablished:
		queued = true
		sk.dataQueue(b, at)
	}
	if sk.State != core.TCPClose {
		sk.dataSndCheck()
		sk.ackSndCheck()
	}
	if !queued {
		ns.Drop(b, step.DropNotSpecified, at)
	}
	return 0
}

// rcvListen is its part for LISTEN (RFC 9293 §3.10.7.2).
func (sk *Sock) rcvListen(b *core.SKB, f wire.TCPFlags) core.DropReason {
	ns := sk.NS
	at := step.TcpRcvStateProcess
	switch {
	case f.Has(wire.TCPAck):
		ns.Why(step.WhyListenAck)
		return step.DropTCPFlags
	case f.Has(wire.TCPRst):
		ns.Why(step.WhyListenRst)
		ns.Drop(b, step.DropTCPReset, at)
		return 0
	case f.Has(wire.TCPSyn):
		if f.Has(wire.TCPFin) {
			ns.Why(step.WhySynFin)
			ns.Drop(b, step.DropTCPFlags, at)
			return 0
		}
		sk.connRequest(b, 0)
		ns.Consume(b, at)
		return 0
	}
	ns.Why(step.WhyNoFlags)
	ns.Drop(b, step.DropTCPFlags, at)
	return 0
}

// ackInState is step 5 of RFC 9293 §3.10.7.4: what an acceptable ACK means in
// each state. done says that the packet is gone, or is to be answered by a RST
// for the reason.
func (sk *Sock) ackInState(b *core.SKB, h wire.TCP) (done bool, why core.DropReason) {
	ns := sk.NS
	switch sk.State {
	case core.TCPSynRecv:
		ns.Why(step.WhyEstablished)
		sk.delivered++
		if sk.srttUs == 0 {
			sk.synackRTT()
		}
		if sk.rx.tstampOK {
			sk.advmss -= 12
		}
		if sk.fastopenRsk() != nil {
			sk.synrecvFastopen()
		} else {
			sk.undoSpuriousSyn()
			sk.retransStamp = 0
			sk.initTransfer()
			sk.copiedSeq = sk.rcvNxt
		}
		sk.setState(core.TCPEstablished)
		sk.StateChange(ns)
		if sk.parent == nil {
			sk.WakeWriters(ns) // sk_wake_async: a simultaneous open
		}
		sk.sndUna = b.CB.AckSeq
		sk.sndWnd = uint32(h.Window()) << sk.rx.sndWscale
		sk.updateWL(b.CB.Seq)
		if !sk.caHasControl() {
			sk.updatePacingRate()
		}
		sk.lsndtime = sk.jiffies()
		sk.initRcvMSS()
		sk.fastPathOn(sk.sndWnd >> sk.rx.sndWscale)
		if sk.Sock.Shutdown&core.SendShutdown != 0 {
			sk.shutdownSend()
		}
	case core.TCPFinWait1:
		if sk.fastopenRsk() != nil {
			sk.synrecvFastopen()
		}
		if sk.sndUna != sk.writeSeq {
			break
		}
		ns.Why(step.WhyFinWait2)
		sk.setState(core.TCPFinWait2)
		sk.Sock.Shutdown |= core.SendShutdown
		if !sk.Dead {
			sk.StateChange(ns)
			break
		}
		return sk.finWait2Orphan(b, h)
	case core.TCPClosing:
		if sk.sndUna == sk.writeSeq {
			ns.Why(step.WhyBothClosed)
			sk.timeWait(core.TCPTimeWait, 0)
			ns.Free(b)
			return true, 0
		}
	case core.TCPLastAck:
		if sk.sndUna == sk.writeSeq {
			ns.Why(step.WhyBothClosed)
			sk.updateMetrics()
			sk.done()
			ns.Free(b)
			return true, 0
		}
	}
	return false, 0
}

// finWait2Orphan is its part for a socket that no program holds any more.
func (sk *Sock) finWait2Orphan(b *core.SKB, h wire.TCP) (bool, core.DropReason) {
	ns := sk.NS
	if sk.rare().linger2 < 0 {
		sk.done()
		ns.Inc(step.TcpExtTCPAbortOnData)
		return true, step.DropTCPAbortOnData
	}
	cb := &b.CB
	if cb.EndSeq != cb.Seq && after(cb.EndSeq-uint32(b2i(h.Flags().Has(wire.TCPFin))), sk.rcvNxt) {
		// Data for a socket that nobody will ever read.
		if sk.rare().fo.synFastopen && h.Flags().Has(wire.TCPFin) {
			sk.fastopenActiveDisable()
		}
		sk.done()
		ns.Inc(step.TcpExtTCPAbortOnData)
		ns.Why(step.WhyAbortOnData)
		return true, step.DropTCPAbortOnData
	}
	t := sk.finTime()
	switch {
	case t > timewaitLen:
		sk.resetKeepalive(t - timewaitLen)
	case h.Flags().Has(wire.TCPFin) || sk.OwnedByUser:
		sk.resetKeepalive(t)
	default:
		sk.timeWait(core.TCPFinWait2, t)
		ns.Free(b)
		return true, 0
	}
	return false, 0
}

// synackRTT is tcp_synack_rtt_meas: the handshake is the first sample, unless
// the SYN-ACK went more than once; then a timestamp may tell.
func (sk *Sock) synackRTT() {
	rtt := int64(-1)
	n := int(sk.totalRetrans)
	if r := sk.fastopenRsk(); r != nil {
		n = r.numRetrans
	}
	if n == 0 && sk.synAckRtt != 0 {
		rtt = sk.mstamp - sk.synAckRtt
	}
	var rs rateSample
	sk.ackUpdateRTT(flagSynAcked, rtt, -1, rtt, &rs)
}

// undoSpuriousSyn is tcp_try_undo_spurious_syn: a timestamp tells that the
// first SYN, or SYN-ACK, was answered: the timeout was for nothing.
func (sk *Sock) undoSpuriousSyn() {
	if sk.undoMarker != 0 && sk.retransStamp != 0 && sk.rx.sawTstamp && sk.retransStamp == sk.rx.rcvTsecr-sk.tsoffset {
		sk.undoMarker = 0
	}
}

// initTransfer is tcp_init_transfer.
func (sk *Sock) initTransfer() {
	defer sk.NS.In(step.TcpInitTransfer, &sk.Sock).Out()
	sk.mtupInit()
	sk.rebuildHeader()
	sk.initMetrics()
	if sk.totalRetrans > 1 && sk.undoMarker != 0 {
		sk.sndCwnd = 1
	} else {
		sk.setCwnd(sk.initCwndOf())
	}
	sk.sndCwndStamp = sk.jiffies()
	if !sk.caInitialized {
		sk.initCongestion()
	}
	sk.initBufferSpace()
	sk.NS.Why(step.WhyStartCwnd, uint64(sk.sndCwnd), uint64(sk.RcvBuf))
}
