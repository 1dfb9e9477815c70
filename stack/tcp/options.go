package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// An Option is a socket option of setsockopt(2) that TCP knows.
type Option uint8

// The options. Values are the kernel's: flags 0 or 1, times in seconds, sizes
// in bytes.
const (
	OptNoDelay Option = iota
	OptCork
	OptMaxSeg
	OptKeepAlive
	OptKeepIdle
	OptKeepIntvl
	OptKeepCnt
	OptSynCnt
	OptLinger // seconds; below 0 switches it off
	OptLinger2
	OptDeferAccept
	OptWindowClamp
	OptQuickAck
	OptUserTimeout // ms
	OptReuseAddr
	OptReusePort
	OptRcvBuf
	OptSndBuf
)

// SetOption is setsockopt(2) (do_tcp_setsockopt, sk_setsockopt).
func (sk *Sock) SetOption(o Option, v int) core.Errno {
	sk.Lock()
	defer sk.Release(sk.NS)
	sy := sk.sysctl()
	switch o {
	case OptNoDelay:
		sk.setNoDelay(v != 0)
	case OptCork:
		sk.setCork(v != 0)
	case OptMaxSeg:
		if v != 0 && (v < minMSS || v > 32767) {
			return step.EINVAL
		}
		sk.rx.userMss = uint16(v)
	case OptKeepAlive:
		sk.setKeepalive(v != 0)
		sk.KeepOpen = v != 0
	case OptKeepIdle:
		if v < 1 || v > 32767 {
			return step.EINVAL
		}
		sk.setRare().keepIdle = sim.Time(v) * sim.Second
		if sk.KeepOpen && !sk.stateIn(1<<core.TCPClose|1<<core.TCPListen) {
			sk.resetKeepalive(max(sk.rare().keepIdle-sk.elapsedKeepalive(), 0))
		}
	case OptKeepIntvl:
		if v < 1 || v > 32767 {
			return step.EINVAL
		}
		sk.setRare().keepIntvl = sim.Time(v) * sim.Second
	case OptKeepCnt:
		if v < 1 || v > 127 {
			return step.EINVAL
		}
		sk.setRare().keepProbes = v
	case OptSynCnt:
		if v < 1 || v > 127 {
			return step.EINVAL
		}
		sk.setRare().synRetries = uint8(v)
	case OptLinger:
		sk.Linger, sk.SetRare().LingerTime = v >= 0, sim.Time(max(v, 0))*sim.Second
	case OptLinger2:
		sk.setRare().linger2 = sim.Time(v) * sim.Second
	case OptDeferAccept:
		sk.setRare().deferAccept = v
	case OptWindowClamp:
		sk.windowClamp = int32(v)
	case OptQuickAck:
		if v == 0 {
			sk.enterPingpong()
		} else {
			sk.exitPingpong()
			if sk.stateIn(stConnected) && sk.ackScheduled() {
				sk.ack.pending |= ackPushed
				sk.cleanupRbuf(1)
			}
		}
	case OptUserTimeout:
		sk.setRare().userTimeout = sim.Time(v) * sim.Millisecond
	case OptReuseAddr:
		sk.Reuse = v != 0
	case OptReusePort:
		sk.ReusePort = v != 0
	case OptRcvBuf:
		sk.RcvBuf, sk.RcvBufLocked = int32(max(2*min(v, sy.RmemMax, 1<<30-1), 2304)), true
	case OptSndBuf:
		sk.SndBuf, sk.SndBufLocked = int32(max(2*min(v, sy.WmemMax, 1<<30-1), 4608)), true
	default:
		return step.ENOPROTOOPT
	}
	return 0
}

// setNoDelay is __tcp_sock_set_nodelay.
func (sk *Sock) setNoDelay(on bool) {
	if !on {
		sk.nonagle &^= nagleOff
		return
	}
	sk.nonagle |= nagleOff | naglePush
	sk.pushFrames()
}

// setCork is __tcp_sock_set_cork.
func (sk *Sock) setCork(on bool) {
	if on {
		sk.nonagle |= nagleCork
		return
	}
	sk.nonagle &^= nagleCork
	if sk.nonagle&nagleOff != 0 {
		sk.nonagle |= naglePush
	}
	sk.pushFrames()
}
