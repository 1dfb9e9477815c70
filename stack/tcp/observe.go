package tcp

import (
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
}
