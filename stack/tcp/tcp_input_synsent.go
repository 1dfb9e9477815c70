package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// rcvSynSent is tcp_rcv_synsent_state_process (RFC 9293 §3.10.7.3).
func (sk *Sock) rcvSynSent(b *core.SKB, h wire.TCP) core.DropReason {
	defer sk.NS.In(step.TcpRcvSynsent, &sk.Sock).Out()
	ns := sk.NS
	cb := &b.CB
	f := h.Flags()
	at := step.TcpRcvStateProcess
	o := &sk.T.opt
	wire.ParseTCPOptions(h.Options(), o)
	saved := sk.rx.mssClamp
	sk.rxSynOptions(o, f)
	if f.Has(wire.TCPAck) {
		if !after(cb.AckSeq, sk.sndUna) || after(cb.AckSeq, sk.sndNxt) {
			ns.Why(step.WhyAckUnsent, uint64(cb.AckSeq), uint64(sk.sndNxt))
			if sk.retransmits == 0 {
				sk.resetTimer(timeRetrans, 2*sim.Jiffy)
			}
			sk.clearOptions(saved)
			return step.DropTCPInvalidACKSequence
		}
		if sk.rx.sawTstamp && sk.rx.rcvTsecr != 0 && !between(sk.rx.rcvTsecr, sk.retransStampTS(), sk.tsNow()) {
			ns.Inc(step.TcpExtPAWSActive)
			sk.clearOptions(saved)
			return step.DropTCPRfc7323PAWS
		}
		if f.Has(wire.TCPRst) {
			sk.reset()
			ns.Free(b) // the kernel's tcp_reset consumes it
			return 0
		}
		if !f.Has(wire.TCPSyn) {
			ns.Why(step.WhyNoSyn)
			sk.clearOptions(saved)
			ns.Drop(b, step.DropTCPFlags, at)
			return 0
		}
		ns.Why(step.WhySynAnswered)
		sk.synSentAck(b, h, cookieOf(o), o.MSS)
		return 0
	}
	why := step.DropTCPFlags
	switch {
	case f.Has(wire.TCPRst):
		why = step.DropTCPReset
	case sk.rx.tsRecentStamp != 0 && sk.rx.sawTstamp && !sk.pawsCheck(0):
		why = step.DropTCPRfc7323PAWS
	case f.Has(wire.TCPSyn):
		sk.simultaneousOpen(b, h)
		return 0
	}
	sk.clearOptions(saved)
	ns.Drop(b, why, at)
	return 0
}

// clearOptions is tcp_clear_options: what a segment said that was refused does
// not count.
func (sk *Sock) clearOptions(mssClamp uint16) {
	sk.rx.tstampOK, sk.rx.sackOK, sk.rx.wscaleOK, sk.rx.sndWscale = false, false, false, 0
	sk.rx.mssClamp = mssClamp
}

// retransStampTS is when the first SYN went, on the timestamp clock.
func (sk *Sock) retransStampTS() uint32 { return sk.retransStamp + sk.tsoffset }

// rxSynOptions takes what a SYN or SYN-ACK offers (tcp_parse_options).
func (sk *Sock) rxSynOptions(o *wire.TCPOptions, f wire.TCPFlags) {
	sy := sk.sysctl()
	sk.rx.sawTstamp = false
	if o.HasTS && sy.TCPTimestamps != 0 {
		sk.rx.sawTstamp = true
		sk.rx.rcvTsval, sk.rx.rcvTsecr = o.TSVal, o.TSEcr
	}
	if !f.Has(wire.TCPSyn) {
		return
	}
	if o.MSS != 0 {
		m := o.MSS
		if u := sk.rx.userMss; u != 0 && u < m {
			m = u
		}
		sk.rx.mssClamp = m
	}
	sk.rx.wscaleOK = o.HasWScale && sy.TCPWindowScaling != 0
	sk.rx.sndWscale = 0
	if sk.rx.wscaleOK {
		sk.rx.sndWscale = o.WScale
	}
	sk.rx.sackSeen = o.SACKPerm && sy.TCPSack != 0
	sk.rx.sackOK = sk.rx.sackSeen
}

// synSentAck: our SYN is answered by SYN and ACK: the connection stands.
func (sk *Sock) synSentAck(b *core.SKB, h wire.TCP, c foCookie, mss uint16) {
	ns := sk.NS
	cb := &b.CB
	cb.Sacked = 0
	sk.ecnRcvSynack(b, h.Flags())
	sk.updateWL(cb.Seq)
	sk.undoSpuriousSyn()
	sk.ackRcv(b, flagSlowpath)
	sk.rcvNxt = cb.Seq + 1
	sk.rcvWup = cb.Seq + 1
	// RFC 7323 §2.2: the window of a SYN is not scaled.
	sk.sndWnd = uint32(h.Window())
	sk.rcvSynWindow()
	sk.syncMSS(int(sk.pmtuCookie))
	sk.initRcvMSS()
	sk.copiedSeq = sk.rcvNxt
	sk.finishConnect(b)
	failed := (sk.rare().fo.synFastopen || sk.synData) && sk.rcvFastopenSynack(b, c, mss)
	if !sk.Dead {
		sk.StateChange(ns)
		sk.WakeWriters(ns) // sk_wake_async
	}
	// The ACK may wait for the program's first data.
	if !failed && (sk.writePending() || sk.rare().deferAccept > 0 || sk.pingpongMode()) {
		sk.scheduleAck()
		sk.enterQuickack(maxQuickAcks)
		sk.armDelack(delackMax)
		ns.Free(b)
		return
	}
	if !failed {
		sk.sendAckReflect()
	}
	// Step 6 of RFC 9293 §3.10.7.4 onward.
	sk.urg(b, h)
	ns.Free(b)
	sk.dataSndCheck()
}

// writePending is sk_write_pending: a program sleeps in a send.
func (sk *Sock) writePending() bool { return sk.rare().writePending > 0 }

// armDelack is inet_csk_reset_xmit_timer(ICSK_TIME_DACK).
func (sk *Sock) armDelack(d sim.Time) {
	sk.ack.pending |= ackTimer
	sk.ack.timeout = sk.tick() + d
	sk.modTimer(&sk.delackTimer, sk.ack.timeout, sk.tasks.delack())
}

// rcvSynWindow applies what both SYNs agreed.
func (sk *Sock) rcvSynWindow() {
	if !sk.rx.wscaleOK {
		sk.rx.sndWscale, sk.rx.rcvWscale = 0, 0
		sk.windowClamp = min(sk.windowClamp, 65535)
	}
	if sk.rx.sawTstamp {
		sk.rx.tstampOK = true
		sk.headerLen = wire.TCPMinLen + 12
		sk.advmss -= 12
		sk.storeTSRecent()
	} else {
		sk.headerLen = wire.TCPMinLen
	}
}

// finishConnect is tcp_finish_connect.
func (sk *Sock) finishConnect(b *core.SKB) {
	defer sk.NS.In(step.TcpFinishConnect, &sk.Sock).Out()
	sk.setState(core.TCPEstablished)
	sk.ack.lrcvtime = sk.jiffies()
	if b != nil {
		sk.rxDstSet(b)
	}
	sk.initTransfer()
	sk.lsndtime = sk.jiffies()
	if sk.KeepOpen {
		sk.resetKeepalive(sk.keepIdleTime())
	}
	if sk.rx.sndWscale == 0 {
		sk.fastPathOn(sk.sndWnd)
	} else {
		sk.predFlags = 0
	}
}

// simultaneousOpen: both sides sent a SYN (RFC 9293 §3.5, figure 8).
func (sk *Sock) simultaneousOpen(b *core.SKB, h wire.TCP) {
	ns := sk.NS
	cb := &b.CB
	sk.setState(core.TCPSynRecv)
	if sk.rx.sawTstamp {
		sk.rx.tstampOK = true
		sk.storeTSRecent()
		sk.headerLen = wire.TCPMinLen + 12
	} else {
		sk.headerLen = wire.TCPMinLen
	}
	sk.rcvNxt = cb.Seq + 1
	sk.copiedSeq = sk.rcvNxt
	sk.rcvWup = cb.Seq + 1
	sk.sndWnd = uint32(h.Window())
	sk.updateWL(cb.Seq)
	sk.maxWindow = sk.sndWnd
	ns.Why(step.WhySimulOpen)
	sk.ecnRcvSyn(h.Flags())
	sk.mtupInit()
	sk.syncMSS(int(sk.pmtuCookie))
	sk.initRcvMSS()
	sk.sendSynack()
	ns.Free(b)
}
