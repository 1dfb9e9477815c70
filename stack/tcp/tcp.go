package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// newSock is inet_create with tcp_init_sock: a closed socket.
func (t *TCP) newSock(family uint16) *Sock {
	ns := t.NS
	sk := &Sock{T: t}
	ns.InitSock(&sk.Sock, sk, family, core.SockStream, 6)
	sk.af = t.v4
	if family == core.AFInet6 {
		sk.af = t.v6
	} else {
		sk.Saddr, sk.Daddr = v4Any, v4Any
	}
	sy := &ns.Sysctl
	sk.node.Owner = sk
	sk.tasks.write().sk = sk
	sk.RcvBuf, sk.SndBuf = int32(sy.TCPRmem[1]), int32(sy.TCPWmem[1])
	sk.scalingRatio = defaultRatio
	sk.rx.mssClamp = mssDefault
	sk.pacingRate = noRate
	sk.assignCongestion()
	sk.initXmitTimers()
	sk.initXfer0()
	return sk
}

// v4Any is 0.0.0.0 in mapped form.
var v4Any = anyV4()

// initXmitTimers is tcp_init_xmit_timers with the values of a new connection.
func (sk *Sock) initXmitTimers() {
	sk.rto = timeoutInit
	sk.mdevUs = uint32(timeoutInit / sim.Microsecond)
	sk.minRtt.reset(sk.jiffies(), ^uint32(0))
	sk.srttUs, sk.rttvarUs, sk.mdevMaxUs = 0, 0, 0
}

// initXfer0 sets congestion control's beginning (tcp_init_sock).
func (sk *Sock) initXfer0() {
	sk.sndCwnd = initCwnd
	sk.sndSsthresh = infiniteSsthresh
	sk.sndCwndClamp = 1<<31 - 1
	sk.mssCache = mssDefault
	sk.reordering = int32(sk.sysctl().TCPReordering)
	sk.rack.reoSteps = 1
	sk.isCwndLimited = false
}

// NewSock is socket(family, SOCK_STREAM, 0).
func NewSock(ns *core.Netns, family uint16) *Sock { return Of(ns).newSock(family) }

// NewSock is the same for who has the TCP at hand.
func (t *TCP) NewSock(family uint16) *Sock { return t.newSock(family) }

// setState is tcp_set_state.
func (sk *Sock) setState(s uint8) {
	ns := sk.NS
	old := sk.State
	switch s {
	case core.TCPEstablished:
		if old != core.TCPEstablished {
			ns.Inc(step.TcpCurrEstab)
		}
	case core.TCPCloseWait:
		if old == core.TCPSynRecv {
			ns.Inc(step.TcpCurrEstab)
		}
	case core.TCPClose:
		if old == core.TCPCloseWait || old == core.TCPEstablished {
			ns.Inc(step.TcpEstabResets)
		}
		sk.unhash()
		if sk.bound && !sk.portLocked {
			sk.putPort()
		}
		if old == core.TCPEstablished || old == core.TCPCloseWait {
			ns.Dec(step.TcpCurrEstab)
		}
	default:
		if old == core.TCPEstablished || old == core.TCPCloseWait {
			if s != core.TCPCloseWait || old == core.TCPCloseWait {
				ns.Dec(step.TcpCurrEstab)
			}
		}
	}
	sk.SetState(ns, s)
}

// unhash is inet_unhash: packets do not find the socket any more.
func (sk *Sock) unhash() {
	if sk.listening {
		sk.T.Hash.Unlisten(&sk.Sock)
		sk.listening = false
	}
	sk.T.Hash.Remove(&sk.node)
}

// putPort is inet_put_port. Tracepoints after it print port 0.
func (sk *Sock) putPort() {
	sk.T.Hash.Unbind(&sk.Sock, sk.bindBucket)
	sk.bound = false
	sk.Sport = 0
}

// inetSport is inet_sport: the port that segments leave from, also when the
// port is given back already (a reset after close).
func (sk *Sock) inetSport() uint16 {
	if sk.Sport == 0 {
		return sk.bindBucket
	}
	return sk.Sport
}

// done is tcp_done: the connection is closed.
func (sk *Sock) done() {
	defer sk.NS.In(step.TcpDone, &sk.Sock).Out()
	ns := sk.NS
	if sk.State == core.TCPSynSent || sk.State == core.TCPSynRecv {
		ns.Inc(step.TcpAttemptFails)
	}
	sk.setState(core.TCPClose)
	sk.stopTimers()
	sk.reqskRemove(false)
	if sk.T.Follow {
		sk.followRest(step.WhyFollowReadEnd)
	}
	sk.Sock.Shutdown = core.RcvShutdown | core.SendShutdown
	if !sk.Dead && !sk.T.Follow {
		sk.StateChange(ns)
		return
	}
	sk.destroy()
}

// doneWithError is tcp_done_with_error: the connection ends, and the program
// hears why.
func (sk *Sock) doneWithError(e core.Errno) {
	dead := sk.Dead
	sk.Err = e
	sk.purgeWrite()
	sk.done()
	if !dead {
		sk.ErrorReport(sk.NS)
	}
}

// destroy is inet_csk_destroy_sock.
func (sk *Sock) destroy() {
	defer sk.NS.In(step.InetCskDestroySock, &sk.Sock).Out()
	if sk.destroyed {
		return
	}
	ns := sk.NS
	sk.destroyed = true
	ns.TP(step.TcpDestroySock, &sk.Sock, uint64(sk.ID), uint64(sk.Family), uint64(sk.Sport), uint64(sk.Dport),
		sk.Saddr.Hi, sk.Saddr.Lo, sk.Daddr.Hi, sk.Daddr.Lo)
	if sk.orphaned {
		sk.T.Orphans--
		sk.orphaned = false
	}
	sk.free()
}

// free is tcp_v4_destroy_sock and sk_stream_kill_queues: give all memory back.
func (sk *Sock) free() {
	ns := sk.NS
	sk.fastopenOfoCheck()
	sk.stopTimers()
	sk.ForgetCall()
	sk.unhash()
	if sk.bound {
		sk.putPort()
	}
	sk.purgeWrite()
	for b := sk.ooo.PopFront(); b != nil; b = sk.ooo.PopFront() {
		ns.Free(b)
	}
	sk.killQueues()
	sk.RxDst, sk.DstCache = nil, nil
	if ns.Trace != nil && !sk.OwnedByUser {
		ns.Trace.Forget(sk.ID)
	}
}

// killQueues is sk_stream_kill_queues: free what nobody has read.
func (sk *Sock) killQueues() {
	defer sk.NS.In(step.SkStreamKillQueues, &sk.Sock).Out()
	ns := sk.NS
	for b := sk.RcvQueue.PopFront(); b != nil; b = sk.RcvQueue.PopFront() {
		ns.Drop(b, step.DropQueuePurge, step.SkStreamKillQueues)
	}
	sk.purgeErrors()
}

// purgeErrors is skb_queue_purge_reason of the error queue.
func (sk *Sock) purgeErrors() {
	defer sk.NS.In(step.SkbQueuePurgeReason, &sk.Sock).Out()
	sk.PurgeErr(sk.NS, step.SkbQueuePurgeReason)
}

// purgeWrite is tcp_write_queue_purge.
func (sk *Sock) purgeWrite() {
	for b := sk.write.PopFront(); b != nil; b = sk.write.PopFront() {
		sk.freeSKB(b)
	}
	for b := sk.rtx.PopFront(); b != nil; b = sk.rtx.PopFront() {
		sk.freeSKB(b)
	}
	sk.highestSack, sk.retransHint, sk.lostHint = nil, nil, nil
	sk.packetsOut = 0
	sk.backoff = 0
	sk.clearRetrans()
}

// clearRetrans is tcp_clear_retrans.
func (sk *Sock) clearRetrans() {
	sk.retransOut, sk.lostOut, sk.sackedOut = 0, 0, 0
	sk.undoMarker, sk.undoRetrans = 0, -1
}

// closeState is tcp_close_state: the next state of a close. It reports whether
// a FIN goes (RFC 9293 §3.10.4).
func (sk *Sock) closeState() bool {
	next, fin := uint8(core.TCPClose), false
	switch sk.State {
	case core.TCPEstablished, core.TCPSynRecv:
		next, fin = core.TCPFinWait1, true
	case core.TCPCloseWait:
		next, fin = core.TCPLastAck, true
	case core.TCPFinWait1, core.TCPFinWait2, core.TCPLastAck, core.TCPClosing:
		next = sk.State
	}
	if next != sk.State {
		sk.setState(next)
	}
	return fin
}

// shutdownSend is tcp_shutdown: no more data from this side.
func (sk *Sock) shutdownSend() {
	defer sk.NS.In(step.TcpShutdown, &sk.Sock).Out()
	if !sk.stateIn(1<<core.TCPEstablished | 1<<core.TCPSynSent | 1<<core.TCPCloseWait) {
		return
	}
	if sk.closeState() {
		sk.sendFin()
	}
}

// Shutdown is shutdown(2) (inet_shutdown). how is core.RcvShutdown,
// core.SendShutdown or both.
func (sk *Sock) Shutdown(how uint8) core.Errno {
	defer sk.NS.In(step.InetShutdown, &sk.Sock).Out()
	ns := sk.NS
	bits := how
	if how == 0 || how > 3 {
		return step.EINVAL
	}
	sk.Lock()
	defer sk.Release(ns)
	var e core.Errno
	switch sk.State {
	case core.TCPClose:
		sk.Sock.Shutdown |= bits // who polls is told, although it is an error
		e = step.ENOTCONN
	case core.TCPListen:
		if bits&core.RcvShutdown != 0 {
			sk.disconnect()
		}
	case core.TCPSynSent:
		sk.disconnect()
	default:
		sk.Sock.Shutdown |= bits
		if bits&core.SendShutdown != 0 {
			sk.shutdownSend()
		}
	}
	sk.StateChange(ns)
	return e
}

// Close is close(2): tcp_close. The program lets go; the connection ends in
// its own time (RFC 9293 §3.10.4).
func (sk *Sock) Close() {
	defer sk.NS.In(step.TcpClose, &sk.Sock).Out()
	ns := sk.NS
	sk.Lock()
	sk.close()
	if sk.destroyed {
		sk.OwnedByUser = false
		for b := sk.Backlog.PopFront(); b != nil; b = sk.Backlog.PopFront() {
			sk.BacklogRcv(ns, b)
		}
		return
	}
	sk.Release(ns)
	sk.afterRelease()
}

// CloseStart is Close of a socket with SO_LINGER up to where the program sleeps
// (__tcp_close, sk_stream_wait_close). It returns how long it may sleep, as long
// as Lingers reports true; 0 is not at all. CloseEnd must follow.
func (sk *Sock) CloseStart() sim.Time {
	defer sk.NS.In(step.TcpClose, &sk.Sock).Out()
	ns := sk.NS
	sk.Lock()
	sk.closeQueues()
	sk.Release(ns)
	if !sk.Linger {
		return 0
	}
	return sk.Rare().LingerTime
}

// Lingers reports whether data or the FIN of a closing socket is not yet
// acknowledged (sk_stream_closing).
func (sk *Sock) Lingers() bool {
	return sk.stateIn(1<<core.TCPFinWait1 | 1<<core.TCPClosing | 1<<core.TCPLastAck)
}

// CloseEnd is the rest of __tcp_close after CloseStart.
func (sk *Sock) CloseEnd() {
	defer sk.NS.In(step.TcpClose, &sk.Sock).Out()
	sk.Lock()
	sk.Waker = nil
	sk.orphan()
	sk.Release(sk.NS)
	sk.afterRelease()
}

// afterRelease does what __tcp_close does when the backlog is worked off.
func (sk *Sock) afterRelease() {
	ns := sk.NS
	if sk.destroyed {
		return
	}
	if sk.State == core.TCPFinWait2 {
		switch t := sk.finTime(); {
		case sk.rare().linger2 < 0:
			sk.setState(core.TCPClose)
			sk.sendActiveReset(resetAbortOnLinger)
			ns.Inc(step.TcpExtTCPAbortOnLinger)
		case t > timewaitLen:
			sk.resetKeepalive(t - timewaitLen)
		default:
			sk.timeWait(core.TCPFinWait2, t)
			return
		}
	}
	if sk.State != core.TCPClose && sk.T.Orphans > sk.sysctl().TCPMaxOrphans {
		ns.Why(step.WhyOrphans, uint64(sk.T.Orphans), uint64(sk.sysctl().TCPMaxOrphans))
		sk.setState(core.TCPClose)
		sk.sendActiveReset(resetAbortOnMemory)
		ns.Inc(step.TcpExtTCPAbortOnMemory)
	}
	if sk.State == core.TCPClose {
		sk.reqskRemove(false)
		sk.destroy()
	}
}

// close is the first half of __tcp_close: up to sock_orphan.
func (sk *Sock) close() {
	sk.Waker = nil
	sk.closeQueues()
	sk.orphan()
}

// closeQueues is its beginning: the connection is told.
func (sk *Sock) closeQueues() {
	ns := sk.NS
	sk.Sock.Shutdown = core.RcvShutdown | core.SendShutdown
	if sk.State == core.TCPListen {
		sk.setState(core.TCPClose)
		sk.listenStop()
		return
	}
	unread := uint32(0)
	for b := sk.RcvQueue.PopFront(); b != nil; b = sk.RcvQueue.PopFront() {
		end := b.CB.EndSeq
		if b.CB.TCPFlags&fFin != 0 {
			end--
		}
		if after(end, sk.copiedSeq) {
			unread += end - sk.copiedSeq
			sk.copiedSeq = end
		}
		ns.Free(b)
	}
	switch {
	case sk.State == core.TCPClose:
	case unread > 0:
		// RFC 2525 §2.17: data was lost, and the peer is told so.
		ns.Why(step.WhyCloseUnread, uint64(unread))
		ns.Inc(step.TcpExtTCPAbortOnClose)
		sk.setState(core.TCPClose)
		sk.sendActiveReset(resetAbortOnClose)
	case sk.Linger && sk.Rare().LingerTime == 0:
		ns.Why(step.WhyLinger0)
		sk.disconnect()
		ns.Inc(step.TcpExtTCPAbortOnData)
	case sk.closeState():
		sk.sendFin()
	}
}

// orphan is sock_orphan.
func (sk *Sock) orphan() {
	sk.Dead = true
	if !sk.orphaned && !sk.destroyed {
		sk.orphaned = true
		sk.T.Orphans++
	}
}

// Disconnect is what inet_stream_connect does when connecting has failed: the
// socket may be used again.
func (sk *Sock) Disconnect() { sk.disconnect() }

// disconnect is tcp_disconnect.
func (sk *Sock) disconnect() {
	defer sk.NS.In(step.TcpDisconnect, &sk.Sock).Out()
	ns := sk.NS
	old := sk.State
	if old != core.TCPClose {
		sk.setState(core.TCPClose)
	}
	switch {
	case old == core.TCPListen:
		sk.listenStop()
	case stateBit(old)&(1<<core.TCPEstablished|1<<core.TCPCloseWait|1<<core.TCPFinWait1|1<<core.TCPFinWait2|1<<core.TCPSynRecv) != 0:
		sk.sendActiveReset(resetState)
		sk.Err = step.ECONNRESET
	case sk.sndNxt != sk.writeSeq && stateBit(old)&(1<<core.TCPClosing|1<<core.TCPLastAck) != 0:
		sk.sendActiveReset(resetDisconnectWithData)
		sk.Err = step.ECONNRESET
	case old == core.TCPSynSent:
		sk.Err = step.ECONNRESET
	}
	sk.stopTimers()
	for b := sk.RcvQueue.PopFront(); b != nil; b = sk.RcvQueue.PopFront() {
		ns.Free(b)
	}
	sk.fastopenOfoCheck()
	for b := sk.ooo.PopFront(); b != nil; b = sk.ooo.PopFront() {
		ns.Free(b)
	}
	sk.purgeWrite()
	sk.Sock.Shutdown, sk.SockDone = 0, false
	sk.copiedSeq, sk.urgData = sk.rcvNxt, 0
	sk.srttUs, sk.retransmits, sk.probesOut, sk.backoff, sk.probesTstamp = 0, 0, 0, 0, 0
	sk.disconnectRest()
	sk.rx = rxOptions{mssClamp: mssDefault, userMss: sk.rx.userMss}
	sk.initXmitTimers()
	sk.initXfer0()
	sk.caInitialized = false
	sk.setCAState(CAOpen)
	sk.RxDst, sk.DstCache = nil, nil
	sk.predFlags = 0
	sk.Dport = 0
	if !sk.addrLocked { // inet_reset_saddr
		sk.RcvSaddr, sk.Saddr = wire.Addr{}, v4AnyFor(sk)
	}
	sk.ErrorReport(ns)
}

// Base, BacklogRcv, ReleaseCB and WriteSpace are struct proto's parts that
// net/core calls.

// Base is the embedded struct sock.
func (sk *Sock) Base() *core.Sock { return &sk.Sock }

// BacklogRcv is sk_backlog_rcv: tcp_v4_do_rcv.
func (sk *Sock) BacklogRcv(ns *core.Netns, b *core.SKB) { sk.doRcv(b) }

// ReleaseCB is tcp_release_cb: what timers and the device left undone.
func (sk *Sock) ReleaseCB(ns *core.Netns) {
	f := sk.deferred
	if f == 0 {
		return
	}
	sk.deferred = 0
	if f&deferTSQ != 0 {
		sk.tsqWrite()
	}
	if f&deferWrite != 0 {
		sk.writeTimerHandler()
	}
	if f&deferDelack != 0 {
		sk.delackTimerHandler()
	}
	if f&deferMTU != 0 {
		sk.mtuReducedNow(sk.rare().mtuInfo)
	}
	if f&deferAck != 0 && sk.ackScheduled() {
		sk.sendAck()
	}
}

// CallUntil is when all that was sent had been answered, if the answers came
// before the call that sent it was over (core.LongCaller).
func (sk *Sock) CallUntil() sim.Time {
	if sk.T.Answers == nil {
		return 0
	}
	return sk.T.Answers.Answered(sk.tuple(), sk.sndNxt)
}

// WriteSpace is tcp_wfree: the device has given back memory of this socket.
func (sk *Sock) WriteSpace(ns *core.Netns) {
	if !sk.throttled || sk.destroyed {
		return
	}
	sk.throttled = false
	if !sk.tsqTimer.Pending() {
		ns.Clock.Mod(rareTimer(&sk.tsqTimer), ns.Clock.Now(), sk.tasks.tsq())
	}
}

// tsqHandler is tcp_tsq_handler.
func (sk *Sock) tsqHandler() {
	if sk.OwnedByUser {
		sk.deferred |= deferTSQ
		return
	}
	sk.tsqWrite()
}

// tsqWrite is tcp_tsq_write.
func (sk *Sock) tsqWrite() {
	defer sk.NS.In(step.TcpTsqWrite, &sk.Sock).Out()
	if !sk.stateIn(1<<core.TCPEstablished | 1<<core.TCPFinWait1 | 1<<core.TCPClosing | 1<<core.TCPCloseWait | 1<<core.TCPLastAck) {
		return
	}
	if sk.lostOut > sk.retransOut && int(sk.sndCwnd) > sk.packetsInFlight() {
		sk.mstampRefresh()
		sk.xmitRetransmitQueue()
	}
	sk.writeXmit(sk.currentMSS(), sk.nonagle, 0)
}
