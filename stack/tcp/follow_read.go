package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read first: RFC 9293 §3.8.6, and __tcp_select_window in tcp_output_window.go.
//
// When does the program of a captured host read? No frame says so, but each
// segment that the host sends offers a window: the free part of its receive
// buffer. Its right edge (what is acknowledged plus the window) never goes back,
// and goes on as far as memory becomes free:
//
//   - it stands still although data came: what waits has not been read;
//   - it goes on, or the window opens: the program has read.
//
// What came is left in the receive queue until a window, an answer or the end of
// the connection tells that it was read. Memory also becomes free when segments
// are merged (tcp_try_coalesce): a host that reads nothing may offer the same
// window twice, but it does not open it. Windows come in units of 1 << scale
// bytes; less than that tells nothing.

// A followReading is what the windows told of a followed socket's program.
type followReading struct {
	have   bool
	paused bool   // it is not reading
	told   bool   // and the reader of the trace knows
	win    uint32 // the window when the host spoke last, in bytes
	edge   uint32 // the right edge of it
	seen   uint32 // what it had acknowledged then
	max    uint32 // the largest window
}

// followWindow learns from the window of a segment that the captured host sends
// what its program has read before. n is how much new data the segment carries.
func (sk *Sock) followWindow(h wire.TCP, n int) {
	r := &sk.follow.read
	f := h.Flags()
	if sk.follow.lenient || !f.Has(wire.TCPAck) || f&(wire.TCPSyn|wire.TCPRst) != 0 {
		return
	}
	ack, win, grain := h.Ack(), uint32(h.Window())<<sk.rx.rcvWscale, uint32(1)<<sk.rx.rcvWscale
	if !r.have {
		*r = followReading{have: true, win: win, edge: ack + win, seen: ack, max: win}
	}
	came, opened := ack-r.seen, int32(ack+win-r.edge)
	old := uint32(0) // unread, and acknowledged before
	if after(r.seen, sk.copiedSeq) {
		old = r.seen - sk.copiedSeq
	}
	if before(ack, r.seen) {
		return // an old segment again
	}
	waits := min(old+came, sk.rcvNxt-sk.copiedSeq) // the capture may have gaps
	switch opens := win > r.win && win-r.win >= grain; {
	case waits == 0:
	case opens && (r.paused || came == 0):
		// As wide as ever: all has been read. Else as much as it opened by.
		least := uint32(max(opened, 0))
		if win+came >= r.max {
			least = waits
		}
		r.paused = least < waits
		sk.followRead(min(least, waits), step.WhyFollowReadWindow, win)
	case r.paused && int(waits+win) > int(sk.RcvBuf):
		sk.followRead(waits, step.WhyFollowReadWindow, win)
		r.paused = false
	case r.paused:
		if win < r.max/2 && !r.told {
			r.told = true
			sk.NS.Note(&sk.Sock, step.WhyFollowUnread, uint64(waits), uint64(win))
		}
	case came >= grain && opened < int32(grain):
		r.paused, r.told = true, false
	case n > 0:
		sk.followRead(waits, step.WhyFollowReadAnswer, win)
	case came >= grain && win >= r.max:
		sk.followRead(old, step.WhyFollowReadWindow, win)
	case came >= grain:
		sk.followRead(min(old, uint32(opened)), step.WhyFollowReadWindow, win)
	default:
		return // too little to be seen in the window: more will tell
	}
	r.win, r.edge, r.seen = win, ack+win, ack
	r.max = max(r.max, win)
}

// followRead lets the program read n bytes, and what is left of the last
// segment of them.
func (sk *Sock) followRead(n uint32, why step.Why, win uint32) {
	if n == 0 || sk.RcvQueue.Len() == 0 {
		return
	}
	to := sk.copiedSeq + n
	for b := sk.RcvQueue.Front(); b != nil; b = b.Next() {
		if !before(b.CB.EndSeq, to) {
			to = b.CB.EndSeq
			break
		}
	}
	sk.followCalls(to, why, win)
}

// followRest lets the program read all that waits.
func (sk *Sock) followRest(why step.Why) {
	if b := sk.RcvQueue.Back(); b != nil {
		sk.followCalls(b.CB.EndSeq, why, 0)
	}
}

// followCalls is tcp_recvmsg, called by the program of the captured host until it
// has all up to number to.
func (sk *Sock) followCalls(to uint32, why step.Why, win uint32) {
	defer sk.NS.In(step.TcpRecvmsg, &sk.Sock).Out()
	t := sk.T
	if t.scratch == nil {
		t.scratch = make([]byte, 1<<16)
	}
	n := to - sk.copiedSeq
	if b := sk.RcvQueue.Back(); b.CB.TCPFlags&fFin != 0 && b.CB.EndSeq == to {
		n-- // a FIN has a number, and no byte
	}
	if n > 0 {
		sk.NS.Why(why, uint64(n), uint64(win), uint64(sk.rcvNxt-to))
	} else {
		sk.NS.Why(step.WhyFollowReadEOF)
	}
	want := sk.follow.want
	for before(sk.copiedSeq, to) && sk.RcvQueue.Len() > 0 {
		at := sk.copiedSeq
		sk.Recv(t.scratch[:min(int(to-at), len(t.scratch))], core.MsgDontWait)
		if sk.copiedSeq == at {
			break
		}
	}
	sk.follow.want = want
}

// followUnread ends what waits when the captured host breaks the connection off
// (close with data unread, tcp_close): nobody has read it.
func (sk *Sock) followUnread() {
	ns, n := sk.NS, uint64(sk.rcvNxt-sk.copiedSeq)
	for b := sk.RcvQueue.PopFront(); b != nil; b = sk.RcvQueue.PopFront() {
		sk.copiedSeq = b.CB.EndSeq
		sk.uncharge(b.Truesize)
		ns.FreeInto(b, step.TcpClose, step.WhyCloseUnread, n)
	}
}

// FollowEnd tells that the capture is over: what waits has been read, as far as
// the windows do not say that it has not.
func (t *TCP) FollowEnd() {
	t.Hash.Each(func(n *inet.Node) {
		if sk, ok := n.Owner.(*Sock); ok && !sk.follow.read.paused {
			sk.followRest(step.WhyFollowReadLast)
		}
	})
}
