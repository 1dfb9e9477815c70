package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Send is send(2): tcp_sendmsg. It takes as much as the send buffer has room
// for and returns how much; EAGAIN when there is none (the caller sleeps until
// Waker.Writable).
func (sk *Sock) Send(data []byte, flags int) (int, core.Errno) {
	sk.Lock()
	began := sk.now()
	if sk.NS.Machine.CallTime {
		sk.NS.Spend(core.CostCall)
	}
	n, e := sk.sendmsg(data, flags)
	if n == 0 {
		sk.Release(sk.NS)
	} else {
		sk.LetGo(sk.NS, began)
	}
	return n, e
}

// sendmsg is tcp_sendmsg_locked.
func (sk *Sock) sendmsg(data []byte, flags int) (int, core.Errno) {
	defer sk.NS.In(step.TcpSendmsgLocked, &sk.Sock).Out()
	ns := sk.NS
	if flags&(core.MsgOOB|core.MsgFastOpen) != 0 {
		ns.Note(&sk.Sock, step.WhyUrgNotModelled)
		return 0, step.EOPNOTSUPP
	}
	if sk.stateIn(1<<core.TCPSynSent | 1<<core.TCPSynRecv) {
		return 0, step.EAGAIN // sk_stream_wait_connect
	}
	if sk.Err != 0 {
		return 0, sk.SockError()
	}
	if sk.Sock.Shutdown&core.SendShutdown != 0 || !sk.stateIn(stConnected) {
		return 0, step.EPIPE
	}
	copied := 0
	mss, goal := sk.sendMSS()
	for len(data) > 0 {
		b := sk.write.Back()
		room := 0
		if b != nil {
			room = goal - b.Len()
		}
		if room <= 0 || b.CB.TCPFlags&fFin != 0 {
			if sk.WmemQueued >= sk.SndBuf {
				break // sk_stream_memory_free: wait_for_space
			}
			b = sk.entail(min(goal, len(data)))
			room = goal
		}
		n := min(room, len(data))
		copy(b.Put(n), data[:n])
		if ns.Machine.CallTime {
			ns.Spend(core.CostCopy(n))
		}
		b.Truesize += n
		sk.WmemQueued += int32(n)
		sk.writeSeq += uint32(n)
		b.CB.EndSeq += uint32(n)
		b.CB.TSO = 0
		if copied == 0 {
			b.CB.TCPFlags &^= fPsh
		}
		copied += n
		data = data[n:]
		if len(data) == 0 {
			break
		}
		if b.Len() < goal {
			continue
		}
		if sk.forcedPush() {
			sk.markPush(b)
			sk.pushPending(mss, naglePush)
		} else if b == sk.write.Front() {
			sk.pushOne(mss)
		}
		if sk.WmemQueued >= sk.SndBuf {
			break
		}
		mss, goal = sk.sendMSS()
	}
	if copied > 0 {
		ns.Why(step.WhySendmsg, uint64(copied), uint64(sk.writeSeq-sk.sndNxt), uint64(mss))
		sk.push(flags, mss, sk.nonagle, goal)
		return copied, 0
	}
	if len(data) > 0 {
		sk.push(flags&^core.MsgMore, mss, naglePush, goal)
		return 0, step.EAGAIN
	}
	return 0, 0
}

// entail is tcp_skb_entail: a new packet at the end of the write queue.
func (sk *Sock) entail(n int) *core.SKB {
	b := sk.allocSKB(n)
	b.Truesize -= n
	b.CB.Seq, b.CB.EndSeq = sk.writeSeq, sk.writeSeq
	b.CB.TCPFlags = fAck
	sk.write.PushBack(b)
	sk.WmemQueued += int32(b.Truesize)
	if sk.nonagle&naglePush != 0 {
		sk.nonagle &^= naglePush
	}
	sk.slowStartAfterIdleCheck()
	return b
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
	if sk.shouldAutocork(b, goal) {
		sk.throttled = true
		sk.NS.Inc(step.TcpExtTCPAutoCorking)
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
	return b.Len() < goal && sk.sysctl().TCPAutocorking != 0 && sk.rtx.Len() > 0 && int(sk.WmemAlloc) > b.Truesize && sk.WmemAlloc > 1 && sk.caState == CAOpen && sk.wmemBusy()
}

// wmemBusy reports whether packets of this socket are still below.
func (sk *Sock) wmemBusy() bool { return sk.WmemAlloc > 1 }

// Recv is recv(2): tcp_recvmsg. It copies into p what is there and returns how
// much; 0 at the end of the stream, EAGAIN when nothing is there yet.
func (sk *Sock) Recv(p []byte, flags int) (int, core.Errno) {
	sk.Lock()
	n, e := sk.recvmsg(p, flags)
	sk.Release(sk.NS)
	return n, e
}

// recvmsg is tcp_recvmsg_locked.
func (sk *Sock) recvmsg(p []byte, flags int) (int, core.Errno) {
	defer sk.NS.In(step.TcpRecvmsgLocked, &sk.Sock).Out()
	ns := sk.NS
	if sk.State == core.TCPListen {
		return 0, step.ENOTCONN
	}
	copied := 0
	seq := sk.copiedSeq
	for b := sk.RcvQueue.Front(); b != nil && copied < len(p); {
		next := b.Next()
		off := int(seq - b.CB.Seq)
		if b.CB.TCPFlags&fSyn != 0 {
			off--
		}
		if off < b.Len() {
			n := b.CopyBits(off, p[copied:])
			ns.TP(step.SkbCopyDatagramIovec, b, uint64(b.ID), uint64(n))
			copied += n
			seq += uint32(n)
			if flags&core.MsgPeek == 0 {
				sk.copiedSeq = seq
				sk.rcvSpaceAdjust()
			}
			if off+n < b.Len() {
				break
			}
		}
		if b.CB.TCPFlags&fFin != 0 {
			if flags&core.MsgPeek == 0 {
				sk.copiedSeq = seq + 1
				sk.eat(b)
			}
			break
		}
		if flags&core.MsgPeek == 0 {
			sk.eat(b)
		}
		b = next
	}
	if copied == 0 && len(p) > 0 {
		n, e := sk.recvEmpty()
		sk.cleanupRbuf(0)
		return n, e
	}
	ns.Why(step.WhyRecvmsg, uint64(copied), uint64(sk.rcvNxt-sk.copiedSeq))
	sk.cleanupRbuf(copied)
	return copied, 0
}

// eat is tcp_eat_recv_skb: the program has the packet's bytes.
func (sk *Sock) eat(b *core.SKB) {
	sk.RcvQueue.Remove(b)
	sk.uncharge(b.Truesize)
	sk.NS.Deliver(b, step.TcpRecvmsgLocked, false)
}

// recvEmpty tells why there is nothing to read.
func (sk *Sock) recvEmpty() (int, core.Errno) {
	switch {
	case sk.RcvQueue.Len() > 0 && sk.Sock.Shutdown&core.RcvShutdown != 0:
		return 0, 0
	case sk.Err != 0:
		return 0, sk.SockError()
	case sk.Sock.Shutdown&core.RcvShutdown != 0 && sk.State != core.TCPClose:
		return 0, 0
	case sk.State == core.TCPClose:
		if sk.Sock.Shutdown&core.RcvShutdown != 0 {
			return 0, 0
		}
		return 0, step.ENOTCONN
	}
	return 0, step.EAGAIN
}

// cleanupRbuf is __tcp_cleanup_rbuf: a reader has made room. An ACK that only
// waited for that goes now, and one that opens the window.
func (sk *Sock) cleanupRbuf(copied int) {
	defer sk.NS.In(step.TcpCleanupRbuf, &sk.Sock).Out()
	if sk.State == core.TCPListen || sk.State == core.TCPClose {
		return
	}
	ns := sk.NS
	now := false
	if sk.ackScheduled() {
		if sk.rcvNxt-sk.rcvWup > uint32(sk.ack.rcvMss) ||
			copied > 0 && (sk.ack.pending&ackPushed2 != 0 || sk.ack.pending&ackPushed != 0 && !sk.pingpongMode()) && sk.RmemAlloc == 0 {
			now = true
			ns.Why(step.WhyReaderAck)
		}
	}
	if copied > 0 && !now && sk.Sock.Shutdown&core.RcvShutdown == 0 {
		win := sk.receiveWindow()
		if 2*int(win) <= int(sk.windowClamp) {
			w := sk.newWindow()
			if w != 0 && w >= 2*int(win) {
				now = true
				ns.Why(step.WhyWindowOpens, uint64(win), uint64(w))
			}
		}
	}
	if now {
		sk.mstampRefresh()
		sk.sendAck()
	}
}

// Bits of Poll (POLL*).
const (
	PollIn    = 0x001
	PollOut   = 0x004
	PollErr   = 0x008
	PollHup   = 0x010
	PollRdHup = 0x2000
)

// Poll is tcp_poll.
func (sk *Sock) Poll() int {
	if sk.State == core.TCPListen {
		if len(sk.rare().acceptQueue) > 0 {
			return PollIn
		}
		return 0
	}
	m := 0
	sd := sk.Sock.Shutdown
	if sd == core.RcvShutdown|core.SendShutdown || sk.State == core.TCPClose {
		m |= PollHup
	}
	if sd&core.RcvShutdown != 0 {
		m |= PollIn | PollRdHup
	}
	if sk.State != core.TCPSynSent && sk.State != core.TCPSynRecv {
		if sk.rcvNxt != sk.copiedSeq && sk.RcvQueue.Len() > 0 {
			m |= PollIn
		}
		if sd&core.SendShutdown != 0 || sk.WmemQueued < sk.SndBuf {
			m |= PollOut
		}
	}
	if sk.Err != 0 || sk.Rare().ErrQueue.Len() > 0 {
		m |= PollErr
	}
	return m
}

// Unread is SIOCINQ: bytes that wait to be read.
func (sk *Sock) Unread() int {
	n := int(int32(sk.rcvNxt - sk.copiedSeq))
	if n > 0 && sk.Sock.Shutdown&core.RcvShutdown != 0 && sk.RcvQueue.Back() != nil && sk.RcvQueue.Back().CB.TCPFlags&fFin != 0 {
		n--
	}
	return n
}

func anyV4() wire.Addr { return wire.IP4(0).Addr() }
