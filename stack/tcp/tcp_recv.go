package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: net/ipv4/tcp.c (tcp_recvmsg_locked, tcp_recv_urg,
// tcp_read_sock).

// Recv is recv(2) without control messages. It copies into p what is there and
// returns how much; 0 at the end of the stream, EAGAIN when nothing is there
// yet.
func (sk *Sock) Recv(p []byte, flags int) (int, core.Errno) {
	m := core.Msghdr{Data: p, Flags: flags | core.MsgDontWait}
	return sk.RecvMsg(&m)
}

// cmInq is TCP_CM_INQ.
const cmInq = 36

// RecvMsg is tcp_recvmsg. It returns what the call returns. EAGAIN without
// MsgDontWait: the caller sleeps until Waker.Readable, and calls again with the
// same m, which knows what was read so far (m.Off).
func (sk *Sock) RecvMsg(m *core.Msghdr) (int, core.Errno) {
	sk.Lock()
	var stamp sim.Time
	n, e := sk.recvmsg(m, &stamp)
	sk.Release(sk.NS)
	if e != 0 {
		return n, e
	}
	if stamp != 0 {
		sk.PutTimestamp(m, stamp, false)
	}
	if sk.rare().inq && sk.State != core.TCPListen {
		m.PutInt(core.SolTCP, cmInq, sk.inqHint())
	}
	return n, e
}

// inqHint is tcp_inq_hint: what is left to read; 1 when only the end is.
func (sk *Sock) inqHint() int {
	n := int(int32(sk.rcvNxt - sk.copiedSeq))
	if n == 0 && sk.SockDone {
		n = 1
	}
	return n
}

// lowat is SO_RCVLOWAT.
func (sk *Sock) lowat() int { return int(sk.Rare().RcvLowat) }

// A reading is a receive call in progress: how many bytes it wants at least,
// and the number of the byte that comes next.
type reading struct {
	m      *core.Msghdr
	target int
	seq    uint32
	stamp  *sim.Time
	peek   bool
}

// recvmsg is tcp_recvmsg_locked.
func (sk *Sock) recvmsg(m *core.Msghdr, stamp *sim.Time) (int, core.Errno) {
	defer sk.NS.In(step.TcpRecvmsgLocked, &sk.Sock).Out()
	ns := sk.NS
	switch {
	case sk.State == core.TCPListen:
		return 0, step.ENOTCONN
	case m.Flags&core.MsgOOB != 0:
		return sk.recvUrg(m)
	}
	r := reading{m: m, seq: sk.copiedSeq, stamp: stamp, peek: m.Flags&core.MsgPeek != 0}
	if r.peek {
		m.Off = 0
		r.seq += uint32(max(sk.Rare().PeekOff, 0))
	}
	r.target = min(sk.lowat(), len(m.Data)) // sock_rcvlowat
	if m.Flags&core.MsgWaitAll != 0 {
		r.target = len(m.Data)
	}
	r.target = max(r.target, 1)
	e, sleep := sk.recvLoop(&r)
	if !sleep || m.Off > 0 {
		ns.Why(step.WhyRecvmsg, uint64(m.Off), uint64(sk.rcvNxt-sk.copiedSeq))
	}
	copied := m.Off
	if e != 0 {
		copied = 0
	}
	sk.cleanupRbuf(copied)
	switch {
	case sleep:
		return 0, step.EAGAIN
	case e != 0:
		return 0, e
	}
	return m.Off, 0
}

// recvLoop takes what is there. It reports whether the call has to wait for
// more.
func (sk *Sock) recvLoop(r *reading) (e core.Errno, sleep bool) {
	m := r.m
	for {
		if sk.urgData != 0 && sk.urgSeq == r.seq && m.Off > 0 {
			return 0, false // not past the urgent byte in one go
		}
		b := sk.recvSKB(r.seq)
		if b == nil {
			return sk.recvEmpty(r)
		}
		end, fault := sk.recvFrom(r, b)
		switch {
		case fault && m.Off == 0:
			return step.EFAULT, false
		case fault || end || m.Off >= len(m.Data):
			return 0, false
		}
	}
}

// recvSKB is tcp_recv_skb: the packet that has the byte with this number, or
// the end of the stream behind it; nil if it has not come.
func (sk *Sock) recvSKB(seq uint32) *core.SKB {
	for b := sk.RcvQueue.Front(); b != nil; b = b.Next() {
		off := seq - b.CB.Seq
		if b.CB.TCPFlags&fSyn != 0 {
			off--
		}
		if int32(off) >= 0 && int(off) < b.Len() || b.CB.TCPFlags&fFin != 0 && before(seq, b.CB.EndSeq) {
			return b
		}
	}
	return nil
}

// recvFrom reads from b. It reports the end of the stream, and that the
// program's memory is none.
func (sk *Sock) recvFrom(r *reading, b *core.SKB) (end, fault bool) {
	ns, m := sk.NS, r.m
	off := int(r.seq - b.CB.Seq)
	if b.CB.TCPFlags&fSyn != 0 {
		off--
	}
	if off < b.Len() {
		n := min(b.Len()-off, len(m.Data)-m.Off)
		hole := 0
		if sk.urgData != 0 {
			n, hole = sk.recvHole(r, n)
			off += hole
		}
		if n > 0 {
			if m.Fault && m.Flags&core.MsgTrunc == 0 {
				return false, true
			}
			if m.Flags&core.MsgTrunc == 0 {
				b.CopyBits(off, m.Data[m.Off:m.Off+n])
				ns.TP(step.SkbCopyDatagramIovec, b, uint64(b.ID), uint64(n))
			}
			sk.recvTook(r, n)
		}
		if !r.peek && sk.urgData != 0 && after(sk.copiedSeq, sk.urgSeq) {
			sk.urgData = 0
			sk.fastPathCheck()
		}
		if b.Tstamp != 0 {
			*r.stamp = b.Tstamp
		}
		if off+n < b.Len() {
			return false, false
		}
	}
	if b.CB.TCPFlags&fFin != 0 {
		r.seq++
		end = true
	}
	if !r.peek {
		sk.copiedSeq = r.seq
		sk.eat(b)
	}
	return end, false
}

// recvHole is what tcp_recvmsg_locked does about the urgent byte: reading stops
// in front of it, or passes over it. It returns how many bytes may be read, and
// how many are passed over first.
func (sk *Sock) recvHole(r *reading, n int) (left, hole int) {
	at := int(int32(sk.urgSeq - r.seq))
	switch {
	case at < 0 || at >= n:
		return n, 0
	case at > 0:
		return at, 0
	case sk.Rare().OOBInline:
		return n, 0
	}
	r.seq++
	if !r.peek {
		sk.copiedSeq = r.seq
	}
	return n - 1, 1
}

// recvTook counts n bytes that the program has.
func (sk *Sock) recvTook(r *reading, n int) {
	r.m.Off += n
	r.seq += uint32(n)
	if p := sk.Rare().PeekOff; p >= 0 && (r.peek || p > 0) {
		if r.peek {
			sk.SetRare().PeekOff += int32(n)
		} else {
			sk.SetRare().PeekOff = max(p-int32(n), 0)
		}
	}
	if !r.peek {
		sk.copiedSeq = r.seq
		sk.rcvSpaceAdjust()
	}
}

// eat is tcp_eat_recv_skb: the program has the packet's bytes.
func (sk *Sock) eat(b *core.SKB) {
	sk.RcvQueue.Remove(b)
	sk.uncharge(b.Truesize)
	sk.NS.Deliver(b, step.TcpRecvmsgLocked, false)
}

// recvEmpty tells why there is nothing more to read, or that the call waits.
func (sk *Sock) recvEmpty(r *reading) (e core.Errno, sleep bool) {
	m := r.m
	shut := sk.Sock.Shutdown&core.RcvShutdown != 0
	wait := m.Flags&core.MsgDontWait == 0
	if len(m.Data) == 0 || m.Off >= r.target {
		return 0, false
	}
	if m.Off > 0 {
		if !wait || sk.Err != 0 || sk.State == core.TCPClose || shut {
			return 0, false
		}
		return 0, true
	}
	switch {
	case sk.SockDone:
		return 0, false
	case sk.Err != 0:
		return sk.SockError(), false
	case shut:
		return 0, false
	case sk.State == core.TCPClose:
		return step.ENOTCONN, false
	case !wait:
		return step.EAGAIN, false
	}
	return 0, true
}

// recvUrg is tcp_recv_urg: the urgent byte, out of line.
func (sk *Sock) recvUrg(m *core.Msghdr) (int, core.Errno) {
	switch {
	case sk.Rare().OOBInline || sk.urgData == 0 || sk.urgData == urgRead:
		return 0, step.EINVAL
	case sk.State == core.TCPClose && !sk.SockDone:
		return 0, step.ENOTCONN
	case sk.urgData&urgValid != 0:
		c := byte(sk.urgData)
		if m.Flags&core.MsgPeek == 0 {
			sk.urgData = urgRead
		}
		m.Out |= core.MsgOOB
		if len(m.Data) == 0 {
			m.Out |= core.MsgTrunc
			return 0, 0
		}
		if m.Flags&core.MsgTrunc == 0 {
			if m.Fault {
				return 0, step.EFAULT
			}
			m.Data[0] = c
		}
		return 1, 0
	case sk.State == core.TCPClose || sk.Sock.Shutdown&core.RcvShutdown != 0:
		return 0, 0
	}
	return 0, step.EAGAIN
}

// SpliceRead is tcp_splice_read: what is there goes into m.Data, as into the
// pages of a pipe. It does not sleep: EAGAIN means that the caller may.
func (sk *Sock) SpliceRead(m *core.Msghdr) (int, core.Errno) {
	defer sk.NS.In(step.TcpSpliceRead, &sk.Sock).Out()
	sk.Lock()
	defer sk.Release(sk.NS)
	n, e := sk.readSock(m)
	switch {
	case n > 0 || e != 0:
		return n, e
	case sk.SockDone:
		return 0, 0
	case sk.Err != 0:
		return 0, sk.SockError()
	case sk.Sock.Shutdown&core.RcvShutdown != 0:
		return 0, 0
	case sk.State == core.TCPClose:
		return 0, step.ENOTCONN
	case sk.RcvQueue.Len() > 0: // only an urgent byte: nobody waits for that
		return 0, 0
	}
	return 0, step.EAGAIN
}

// readSock is tcp_read_sock.
func (sk *Sock) readSock(m *core.Msghdr) (int, core.Errno) {
	if sk.State == core.TCPListen {
		return 0, step.ENOTCONN
	}
	seq, copied := sk.copiedSeq, 0
	for b := sk.recvSKB(seq); b != nil && copied < len(m.Data); b = sk.recvSKB(seq) {
		off := int(seq - b.CB.Seq)
		if off < b.Len() {
			n := b.Len() - off
			if sk.urgData != 0 { // up to the urgent byte, and never past it
				if u := sk.urgSeq - seq; int(u) < n {
					n = int(u)
				}
			}
			if n = min(n, len(m.Data)-copied); n <= 0 {
				break
			}
			b.CopyBits(off, m.Data[copied:copied+n])
			copied += n
			seq += uint32(n)
			if off+n < b.Len() {
				continue
			}
		}
		fin := b.CB.TCPFlags&fFin != 0
		if fin {
			seq++
		}
		sk.eat(b)
		sk.copiedSeq = seq
		if fin {
			break
		}
	}
	sk.copiedSeq = seq
	sk.rcvSpaceAdjust()
	if copied > 0 {
		sk.cleanupRbuf(copied)
	}
	return copied, 0
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
