package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// ObserveOwn lists what a learner sees of a TCP socket beyond struct sock.
func (sk *Sock) ObserveOwn(o *trace.Obs) {
	o[step.TCPRcvNxt], o[step.TCPCopiedSeq] = uint64(sk.rcvNxt), uint64(sk.copiedSeq)
	o[step.TCPRcvWup], o[step.TCPRcvWnd] = uint64(sk.rcvWup), uint64(sk.rcvWnd)
	o[step.TCPSndUna], o[step.TCPSndNxt] = uint64(sk.sndUna), uint64(sk.sndNxt)
	o[step.TCPWriteSeq], o[step.TCPSndWnd] = uint64(sk.writeSeq), uint64(sk.sndWnd)
	o[step.TCPSndCwnd], o[step.TCPSsthresh] = uint64(sk.sndCwnd), uint64(sk.sndSsthresh)
	o[step.TCPPacketsOut], o[step.TCPSackedOut] = uint64(sk.packetsOut), uint64(sk.sackedOut)
	o[step.TCPLostOut], o[step.TCPRetransOut] = uint64(sk.lostOut), uint64(sk.retransOut)
	o[step.TCPSrttUs], o[step.TCPRttvarUs] = uint64(sk.srttUs), uint64(sk.rttvarUs)
	o[step.TCPRto], o[step.TCPCaState] = uint64(sk.rto), uint64(sk.caState)
	o[step.TCPMss], o[step.TCPRcvMss] = uint64(sk.mssCache), uint64(sk.ack.rcvMss)
	o[step.TCPOooLen], o[step.TCPBackoff] = uint64(sk.ooo.Len()), uint64(sk.backoff)
	o[step.TCPRetransmits] = uint64(sk.retransmits)
	o[step.TCPTimer] = uint64(sk.pending)
	if sk.pending != 0 {
		o[step.TCPTimerAt] = uint64(sk.timeout)
	}
	o[step.TCPAckPending], o[step.TCPPingpong] = uint64(sk.ack.pending), uint64(sk.ack.pingpong)
	o[step.TCPQuick], o[step.TCPAto] = uint64(sk.ack.quick), uint64(sk.ack.ato)
	o[step.TCPRcvSsthresh], o[step.TCPWindowClamp] = uint64(sk.rcvSsthresh), uint64(sk.windowClamp)
	o[step.TCPTsRecent], o[step.TCPSndWl1] = uint64(sk.rx.tsRecent), uint64(sk.sndWl1)
	o[step.TCPHighSeq], o[step.TCPPmtuCookie] = uint64(sk.highSeq), uint64(sk.pmtuCookie)
	o[step.TCPSndWscale], o[step.TCPRcvWscale] = uint64(sk.rx.sndWscale), uint64(sk.rx.rcvWscale)
	o[step.TCPReordering], o[step.TCPTotalRetrans] = uint64(sk.reordering), uint64(sk.totalRetrans)
	sk.observeTimers(o)
	o[step.TCPRtxQueue], o[step.TCPWriteQueue] = uint64(sk.rtx.Len()), uint64(sk.write.Len())
	o[step.TCPRttUs], o[step.TCPMinRttUs] = uint64(sk.rack.rttUs), uint64(sk.minRtt.get())
	if sk.minRtt.get() == ^uint32(0) {
		o[step.TCPMinRttUs] = 0 // none yet
	}
	o[step.TCPReoWndUs], o[step.TCPPacingRate] = uint64(sk.rackReoWnd()), sk.pacingRate
	o[step.TCPCwndLimited], o[step.TCPThrottled] = b2i(sk.isCwndLimited), b2i(sk.throttled)
	o[step.TCPDelivered], o[step.TCPLost] = uint64(sk.delivered), uint64(sk.lost)
	o[step.TCPTLPHighSeq], o[step.TCPUndoMarker] = uint64(sk.tlpHighSeq), uint64(sk.undoMarker)
	o[step.TCPPriorCwnd], o[step.TCPNonagle] = uint64(sk.priorCwnd), uint64(sk.nonagle)
	o[step.TCPNoSpace], o[step.TCPAppLimited] = b2i(sk.NoSpace), uint64(sk.appLimited)
	o[step.TCPChrono], o[step.TCPSndSml] = uint64(sk.st.chrono.typ), uint64(sk.sndSml)
	o[step.TCPProbesOut], o[step.TCPFollowed] = uint64(sk.probesOut), b2i(sk.T != nil && sk.T.Follow)
}

// observeTimers lists when the timers beside the write timer fire.
func (sk *Sock) observeTimers(o *trace.Obs) {
	if sk.ack.pending&ackTimer != 0 && sk.delackTimer.Pending() {
		o[step.TCPDelackAt] = uint64(sk.ack.timeout)
	}
	if sk.keepTimer != nil && sk.keepTimer.Pending() {
		o[step.TCPKeepAt] = uint64(sk.keepTimer.At)
	}
	if sk.tsqTimer != nil && sk.tsqTimer.Pending() {
		o[step.TCPTSQAt] = uint64(sk.tsqTimer.At)
	}
	if sk.pacingTimer != nil && sk.pacingTimer.Pending() {
		o[step.TCPPaceAt] = uint64(sk.pacingTimer.At)
	}
	if sk.compTimer != nil && sk.compTimer.Pending() {
		o[step.TCPCompressedAt] = uint64(sk.compTimer.At)
	}
}

// ListQueues lists what waits in the socket's queues, each in order of
// sequence: sent, written, received and unread, received behind a hole.
func (sk *Sock) ListQueues(list []trace.Piece) []trace.Piece {
	for i, q := range [...]*core.SKBList{trace.QueueSent: &sk.rtx, trace.QueueUnsent: &sk.write, trace.QueueUnread: &sk.RcvQueue, trace.QueueOfo: &sk.ooo} {
		n := 0
		for b := q.Front(); b != nil; b = b.Next() {
			if n++; n > trace.MaxPieces {
				rest := &list[len(list)-1]
				rest.Packs++
				rest.End = b.CB.EndSeq
				continue
			}
			list = append(list, trace.Piece{Queue: uint8(i), Marks: b.CB.Sacked, Segs: uint16(min(b.CB.TSO, 65535)), Seq: b.CB.Seq, End: b.CB.EndSeq, Packs: 1, Sent: int64(b.Tstamp)})
		}
	}
	return list
}
