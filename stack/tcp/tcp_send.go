package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/ipv4/tcp.c (tcp_sendmsg_locked, tcp_push),
// net/core/stream.c.
//
// Left out: TCP_REPAIR, device memory, and that what is copied lies in pages
// of 32 KiB.

// Send is send(2) without control messages. It takes as much as the send buffer
// has room for and returns how much; EAGAIN when there is none.
func (sk *Sock) Send(data []byte, flags int) (int, core.Errno) {
	m := core.Msghdr{Data: data, Flags: flags | core.MsgDontWait}
	e := sk.SendMsg(&m)
	return m.Off, e
}

// SendMsg is tcp_sendmsg. It moves m.Off on. EAGAIN without MsgDontWait: the
// caller sleeps until Waker.Writable, and calls again with the same m; with
// MsgDontWait, as any other error, it means that nothing was sent.
func (sk *Sock) SendMsg(m *core.Msghdr) core.Errno {
	sk.Lock()
	began := sk.now()
	if sk.NS.Machine.CallTime {
		sk.NS.Spend(core.CostCall)
	}
	before := m.Off
	e := sk.sendmsg(m)
	if m.Off == before {
		sk.Release(sk.NS)
	} else {
		sk.LetGo(sk.NS, began)
	}
	return e
}

// sendmsg is tcp_sendmsg_locked.
func (sk *Sock) sendmsg(m *core.Msghdr) core.Errno {
	defer sk.NS.In(step.TcpSendmsgLocked, &sk.Sock).Out()
	sk.slept(m)
	if !m.Begun {
		m.Begun = true
		if e := sk.sendBegin(m); e != 0 {
			return sk.sendFailed(m, e)
		}
		sk.rateCheckAppLimited()
	}
	wait := m.Flags&core.MsgDontWait == 0
	if m.Fast {
		if e, over := sk.fastopenWait(m, wait); over {
			return e
		}
	}
	if !sk.stateIn(stConnected) && sk.fastopenRsk() == nil {
		switch e := sk.streamConnecting(); {
		case e == step.EAGAIN && wait:
			sk.setRare().writePending++
			m.Asleep = true
			return e
		case e != 0:
			return sk.sendError(m, e, 0, 0)
		}
	}
	if m.CtlErr != 0 {
		return sk.sendFailed(m, m.CtlErr)
	}
	mss, goal := sk.sendGoal(m.Flags)
	if sk.Err != 0 || sk.Sock.Shutdown&core.SendShutdown != 0 {
		return sk.sendError(m, step.EPIPE, mss, goal)
	}
	for {
		e, room := sk.sendSome(m, &mss, &goal)
		if room {
			if e != 0 {
				return sk.sendError(m, e, mss, goal)
			}
			return sk.sendDone(m, mss, goal)
		}
		// wait_for_space
		sk.NoSpace = true
		sk.removeEmptySKB()
		if m.Off > m.Syn {
			sk.push(m.Flags&^core.MsgMore, mss, naglePush, goal)
		}
		switch {
		case sk.Err != 0 || sk.Sock.Shutdown&core.SendShutdown != 0:
			return sk.sendError(m, step.EPIPE, mss, goal)
		case !wait:
			return sk.sendError(m, step.EAGAIN, mss, goal)
		case !sk.streamMemoryFree(0):
			return step.EAGAIN // sk_stream_wait_memory
		}
		mss, goal = sk.sendGoal(m.Flags)
	}
}

// slept takes back that the call waits for the connection.
func (sk *Sock) slept(m *core.Msghdr) {
	if m.Asleep {
		m.Asleep = false
		sk.setRare().writePending--
	}
}

// sendBegin is what tcp_sendmsg_locked does before the first byte: control
// messages, MSG_ZEROCOPY, Fast Open.
func (sk *Sock) sendBegin(m *core.Msghdr) core.Errno {
	ck := sk.Cookie()
	for i := range m.Ctl {
		if c := &m.Ctl[i]; c.Level == core.SolSocket && m.CtlErr == 0 {
			m.CtlErr = sk.CmsgSend(&ck, c, true)
		}
	}
	m.TsWant = ck.TsFlags
	if m.Flags&core.MsgZerocopy != 0 && len(m.Data) > 0 && sk.Rare().Zerocopy {
		var old *core.Ubuf
		if b := sk.write.Back(); b != nil {
			old = b.Uarg()
		}
		m.Uarg = sk.ZerocopyAlloc(len(m.Data), old)
		if !sk.routeSG() {
			m.Uarg.Zerocopy = false
		}
	}
	if m.Flags&core.MsgFastOpen == 0 && !sk.DeferConnect() {
		return 0
	}
	return sk.sendFastopen(m)
}

// routeSG is sk_route_caps & NETIF_F_SG: the device takes packets that are not
// in one piece.
func (sk *Sock) routeSG() bool {
	d := sk.DstCache
	return d != nil && d.Dev != nil && d.Dev.Features&core.FeatureSG != 0
}

// sendGoal is tcp_send_mss: with urgent data, packets are small.
func (sk *Sock) sendGoal(flags int) (mss, goal int) {
	if flags&core.MsgOOB != 0 {
		mss = sk.currentMSS()
		return mss, mss
	}
	return sk.sendMSS()
}

// sendSome is the loop of tcp_sendmsg_locked, until all is taken, an error
// (true), or until there is no room (false).
func (sk *Sock) sendSome(m *core.Msghdr, mss, goal *int) (core.Errno, bool) {
	fresh := false // the last packet of the queue may not grow
	for m.Off < len(m.Data) {
		b := sk.write.Back()
		room := 0
		if b != nil && !fresh {
			room = *goal - b.Len()
		}
		if room <= 0 || b.CB.EOR || b.CB.TCPFlags&fFin != 0 {
			if !sk.streamMemoryFree(0) {
				return 0, false
			}
			b = sk.entail(min(*goal, len(m.Data)-m.Off))
			room = *goal
		}
		fresh = false
		n, e := sk.sendCopy(b, m, min(room, len(m.Data)-m.Off))
		if e != 0 {
			return e, true
		}
		if n == 0 { // it has as many fragments as it can have
			sk.markPush(b)
			fresh = true
			continue
		}
		if m.Off == m.Syn {
			b.CB.TCPFlags &^= fPsh
		}
		sk.writeSeq += uint32(n)
		b.CB.EndSeq += uint32(n)
		b.CB.TSO = 0
		if m.Off += n; m.Off == len(m.Data) {
			b.CB.EOR = m.Flags&core.MsgEOR != 0
			return 0, true
		}
		if b.Len() < *goal || m.Flags&core.MsgOOB != 0 {
			continue
		}
		if sk.forcedPush() {
			sk.markPush(b)
			sk.pushPending(*mss, naglePush)
		} else if b == sk.write.Front() {
			sk.pushOne(*mss)
		}
	}
	return 0, true
}

// sendCopy puts the next n bytes of m into b, or, with MSG_ZEROCOPY, makes b
// point to them. It returns how many; 0 when b can take no more.
func (sk *Sock) sendCopy(b *core.SKB, m *core.Msghdr, n int) (int, core.Errno) {
	if m.Fault {
		return 0, step.EFAULT
	}
	if m.Uarg != nil && sk.routeSG() {
		if u := b.Uarg(); u != nil && u != m.Uarg {
			return 0, 0
		}
		size := b.Truesize
		n = b.FillZerocopy(m, n)
		sk.WmemQueued += int32(b.Truesize - size)
		if n > 0 {
			b.SetUarg(m.Uarg)
		}
		return n, 0
	}
	copy(b.Put(n), m.Data[m.Off:m.Off+n])
	if sk.NS.Machine.CallTime {
		sk.NS.Spend(core.CostCopy(n))
	}
	b.Truesize += n
	sk.WmemQueued += int32(n)
	return n, 0
}

// sendDone is the end of tcp_sendmsg_locked: send what may go.
func (sk *Sock) sendDone(m *core.Msghdr, mss, goal int) core.Errno {
	if n := m.Off - m.Syn; n > 0 {
		sk.txTimestamp(m.TsWant)
		sk.NS.Why(step.WhySendmsg, uint64(n), uint64(sk.writeSeq-sk.sndNxt), uint64(mss))
		sk.push(m.Flags, mss, sk.nonagle, goal)
	}
	if m.Uarg != nil {
		m.Uarg.Put()
		m.Uarg = nil
	}
	return 0
}

// sendError is its label do_error: what was taken before counts.
func (sk *Sock) sendError(m *core.Msghdr, e core.Errno, mss, goal int) core.Errno {
	sk.removeEmptySKB()
	if m.Off > 0 {
		return sk.sendDone(m, mss, goal)
	}
	return sk.sendFailed(m, e)
}

// sendFailed is its label out_err, with sk_stream_error.
func (sk *Sock) sendFailed(m *core.Msghdr, e core.Errno) core.Errno {
	if m.Uarg != nil {
		m.Uarg.Abort()
		m.Uarg = nil
	}
	if e == step.EPIPE {
		if p := sk.SockError(); p != 0 {
			e = p
		}
	}
	if e == step.EAGAIN && sk.write.Len() == 0 && sk.rtx.Len() == 0 {
		sk.StreamWriteSpace() // wake who waits for an edge
		sk.chronoStop(chronoSndbuf)
	}
	return e
}

// entail is tcp_skb_entail: a new packet at the end of the write queue.
func (sk *Sock) entail(n int) *core.SKB {
	b := sk.allocSKB(n)
	b.Truesize -= n
	b.CB.Seq, b.CB.EndSeq = sk.writeSeq, sk.writeSeq
	b.CB.TCPFlags = fAck
	sk.write.PushBack(b)
	if sk.write.Front() == b {
		sk.chronoStart(chronoBusy)
	}
	sk.WmemQueued += int32(b.Truesize)
	if sk.nonagle&naglePush != 0 {
		sk.nonagle &^= naglePush
	}
	sk.slowStartAfterIdleCheck()
	return b
}

// removeEmptySKB is tcp_remove_empty_skb.
func (sk *Sock) removeEmptySKB() {
	b := sk.write.Back()
	if b == nil || b.CB.Seq != b.CB.EndSeq {
		return
	}
	sk.write.Remove(b)
	if sk.write.Len() == 0 {
		sk.chronoStop(chronoBusy)
	}
	sk.freeSKB(b)
}

// forcedPush is forced_push: half a window without a PSH.
func (sk *Sock) forcedPush() bool { return after(sk.writeSeq, sk.pushedSeq+sk.maxWindow>>1) }

// markPush is tcp_mark_push.
func (sk *Sock) markPush(b *core.SKB) {
	b.CB.TCPFlags |= fPsh
	sk.pushedSeq = sk.writeSeq
}

// push is tcp_push: the call is over; send what may go.
func (sk *Sock) push(flags, mss int, nonagle uint8, goal int) {
	b := sk.write.Back()
	if b == nil {
		return
	}
	if flags&core.MsgMore == 0 || sk.forcedPush() {
		sk.markPush(b)
	}
	sk.markUrg(flags)
	if sk.shouldAutocork(b, goal) {
		if !sk.throttled {
			sk.throttled = true
			sk.NS.Inc(step.TcpExtTCPAutoCorking)
		}
		return
	}
	if flags&core.MsgMore != 0 {
		nonagle = nagleCork
	}
	sk.pushPending(mss, nonagle)
}

// shouldAutocork is tcp_should_autocork: a small packet waits while earlier
// ones are still in the device's queue.
func (sk *Sock) shouldAutocork(b *core.SKB, goal int) bool {
	return b.Len() < goal && sk.sysctl().TCPAutocorking != 0 && sk.rtx.Len() > 0 && int(sk.WmemAlloc) > b.Truesize && !b.CB.EOR
}
