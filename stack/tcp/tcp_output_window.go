package tcp

import (
	"math/bits"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// initialWindow is tcp_select_initial_window: the first window to offer and
// the scale that the largest one will need (RFC 7323 §2.3).
func initialWindow(sy *core.Sysctl, space, mss int, clamp *int, wscaleOK bool, initRwnd int) (wnd uint32, wscale uint8) {
	space = max(space, 0)
	c := *clamp
	if c == 0 {
		c = 65535 << maxWscale
	}
	space = min(c, space)
	if space > mss {
		space = space / mss * mss
	}
	w := space
	if sy.TCPWorkaroundWindows != 0 {
		w = min(w, maxWindow)
	}
	if initRwnd > 0 {
		w = min(w, initRwnd*mss)
	}
	if wscaleOK {
		space = max(space, sy.TCPRmem[2], sy.RmemMax)
		space = min(space, c)
		wscale = uint8(min(max(bits.Len(uint(space))-1-15, 0), maxWscale))
	}
	*clamp = min(65535<<wscale, c)
	return uint32(w), wscale
}

// selectWindow is tcp_select_window: the window field of the segment to send.
// A window once offered is never taken back (RFC 9293 §3.8.6).
func (sk *Sock) selectWindow() uint16 {
	ns := sk.NS
	old := sk.rcvWnd
	if sk.ack.pending&ackNomem != 0 {
		sk.predFlags, sk.rcvWnd, sk.rcvWup = 0, 0, sk.rcvNxt
		return 0
	}
	cur := sk.receiveWindow()
	w := uint32(sk.newWindow())
	if w < cur && (sk.sysctl().TCPShrinkWindow == 0 || sk.rx.rcvWscale == 0) {
		if w == 0 {
			ns.Inc(step.TcpExtTCPWantZeroWindowAdv)
		}
		w = alignUp(cur, sk.rx.rcvWscale)
	}
	sk.rcvWnd, sk.rcvWup = w, sk.rcvNxt
	most := uint32(65535) << sk.rx.rcvWscale
	if sk.rx.rcvWscale == 0 && sk.sysctl().TCPWorkaroundWindows != 0 {
		most = maxWindow
	}
	w = min(w, most) >> sk.rx.rcvWscale
	if w == 0 {
		sk.predFlags = 0
		if old != 0 {
			ns.Inc(step.TcpExtTCPToZeroWindowAdv)
		}
	} else if old == 0 {
		ns.Inc(step.TcpExtTCPFromZeroWindowAdv)
	}
	return uint16(w)
}

func alignUp(v uint32, shift uint8) uint32 {
	m := uint32(1)<<shift - 1
	return (v + m) &^ m
}

// newWindow is __tcp_select_window: the window that memory, the clamp and
// silly window avoidance allow (RFC 1122 §4.2.3.3).
func (sk *Sock) newWindow() int {
	defer sk.NS.In(step.TcpSelectWindow, &sk.Sock).Out()
	mss := int(sk.ack.rcvMss)
	free, allowed := sk.space(), sk.fullSpace()
	full := min(int(sk.windowClamp), allowed)
	if mss > full {
		if mss = full; mss <= 0 {
			return 0
		}
	}
	if sk.sysctl().TCPShrinkWindow != 0 && sk.rx.rcvWscale != 0 {
		return sk.shrinkWindow(mss, free, allowed, full)
	}
	if free < full>>1 {
		sk.ack.quick = 0
		free = free >> sk.rx.rcvWscale << sk.rx.rcvWscale
		if free < allowed>>4 || free < mss {
			sk.NS.Why(step.WhyWindowZero, uint64(max(free, 0)), uint64(allowed), uint64(mss))
			return 0
		}
	}
	free = min(free, int(sk.rcvSsthresh))
	sk.NS.Why(step.WhyWindow, uint64(free), uint64(sk.rcvSsthresh), uint64(sk.RmemAlloc), uint64(sk.RcvBuf))
	if sk.rx.rcvWscale != 0 {
		return int(alignUp(uint32(free), sk.rx.rcvWscale))
	}
	w := int(sk.rcvWnd)
	if w <= free-mss || w > free {
		return free / mss * mss
	}
	if mss == full && free > w+full>>1 {
		return free
	}
	return w
}

// shrinkWindow is its part for tcp_shrink_window=1.
func (sk *Sock) shrinkWindow(mss, free, allowed, full int) int {
	s := sk.rx.rcvWscale
	free = free >> s << s
	if free < full>>1 {
		sk.ack.quick = 0
		if free < allowed>>4 || free < mss || free < 1<<s {
			return 0
		}
	}
	if free > int(sk.rcvSsthresh) {
		free = int(alignUp(uint32(sk.rcvSsthresh), s))
	}
	return free
}
