package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Read before editing: net/ipv4/tcp.c (tcp_poll, tcp_ioctl, tcp_set_rcvlowat),
// net/ipv4/tcp_input.c (tcp_check_space), net/core/stream.c
// (sk_stream_write_space).

// Poll is tcp_poll: what the socket is ready for (core.Poll*).
func (sk *Sock) Poll() uint16 {
	if sk.State == core.TCPListen { // inet_csk_listen_poll
		if len(sk.rare().acceptQueue) > 0 {
			return core.PollIn | core.PollRdNorm
		}
		return 0
	}
	m := uint16(0)
	sd := sk.Sock.Shutdown
	if sd == core.RcvShutdown|core.SendShutdown || sk.State == core.TCPClose {
		m |= core.PollHup
	}
	if sd&core.RcvShutdown != 0 {
		m |= core.PollIn | core.PollRdNorm | core.PollRdHup
	}
	switch {
	case sk.State != core.TCPSynSent && (sk.State != core.TCPSynRecv || sk.fastopenRsk() != nil):
		m |= sk.pollData(sd)
	case sk.State == core.TCPSynSent && sk.DeferConnect():
		m |= core.PollOut | core.PollWrNorm
	}
	if sk.Err != 0 || sk.Rare().ErrQueue.Len() > 0 {
		m |= core.PollErr
	}
	return m
}

// pollData is the part of tcp_poll for a connection.
func (sk *Sock) pollData(sd uint8) (m uint16) {
	target := max(sk.lowat(), 1)
	if sk.urgData != 0 && sk.urgSeq == sk.copiedSeq && !sk.Rare().OOBInline {
		target++
	}
	if sk.epollinReady(target) {
		m |= core.PollIn | core.PollRdNorm
	}
	if sd&core.SendShutdown != 0 || sk.streamWriteable() {
		m |= core.PollOut | core.PollWrNorm
	} else {
		sk.NoSpace = true // it shall be woken when there is room
	}
	if sk.urgData&urgValid != 0 {
		m |= core.PollPri
	}
	return m
}

// streamWriteable is __sk_stream_is_writeable(sk, 1): a third of the send buffer
// is free (sk_stream_wspace, sk_stream_min_wspace).
func (sk *Sock) streamWriteable() bool {
	return sk.SndBuf-sk.WmemQueued >= sk.WmemQueued>>1 && sk.streamMemoryFree(1)
}

// StreamWriteSpace is sk_stream_write_space: wake who waits for room, if there
// is enough of it.
func (sk *Sock) StreamWriteSpace() {
	if sk.Dead || !sk.streamWriteable() {
		return
	}
	sk.NoSpace = false
	sk.WakeWriters(sk.NS)
}

// checkSpace is tcp_check_space: room in the send buffer, and somebody waits for
// it.
func (sk *Sock) checkSpace() {
	if !sk.NoSpace || sk.Dead {
		return
	}
	sk.newSpace()
	if !sk.NoSpace {
		sk.chronoStop(chronoSndbuf)
	}
}

// newSpace is tcp_new_space.
func (sk *Sock) newSpace() {
	if sk.shouldExpandSndbuf() {
		sk.sndbufExpand()
		sk.sndCwndStamp = sk.jiffies()
	}
	sk.StreamWriteSpace()
}

// shouldExpandSndbuf is tcp_should_expand_sndbuf.
func (sk *Sock) shouldExpandSndbuf() bool {
	if sk.SndBufLocked {
		return false
	}
	if n := sk.packetsInFlight(); n > 0 && n >= int(sk.sndCwnd) {
		return false
	}
	return true
}

// SetRcvLowat is tcp_set_rcvlowat: a program that wants much at once gets a
// buffer that is large enough.
func (sk *Sock) SetRcvLowat(n int) {
	limit := sk.sysctl().TCPRmem[2] >> 1
	if sk.RcvBufLocked {
		limit = int(sk.RcvBuf) >> 1
	}
	n = min(n, limit)
	sk.SetRare().RcvLowat = int32(max(n, 1))
	sk.dataReady()
	if sk.RcvBufLocked {
		return
	}
	if space := sk.spaceFromWin(n); space > int(sk.RcvBuf) {
		sk.RcvBuf = int32(space)
		if sk.windowClamp != 0 && int(sk.windowClamp) < n {
			sk.windowClamp = int32(n)
		}
	}
}

// An Ioctl says what tcp_ioctl is asked.
type Ioctl uint8

// The requests of tcp_ioctl.
const (
	IoctlInq     Ioctl = iota // SIOCINQ: bytes to read
	IoctlOutq                 // SIOCOUTQ: bytes that are not acknowledged
	IoctlOutqNsd              // SIOCOUTQNSD: bytes that are not sent
	IoctlAtmark               // SIOCATMARK: the urgent byte is next
)

// Ioctl is tcp_ioctl.
func (sk *Sock) Ioctl(cmd Ioctl) (int, core.Errno) {
	defer sk.NS.In(step.TcpIoctl, &sk.Sock).Out()
	early := sk.stateIn(1<<core.TCPSynSent | 1<<core.TCPSynRecv)
	switch {
	case cmd == IoctlAtmark:
		return int(b2i(sk.urgData != 0 && sk.urgSeq == sk.copiedSeq)), 0
	case sk.State == core.TCPListen:
		return 0, step.EINVAL
	case cmd == IoctlInq:
		return sk.Unread(), 0
	case early:
		return 0, 0
	case cmd == IoctlOutq:
		return int(int32(sk.writeSeq - sk.sndUna)), 0
	}
	return int(int32(sk.writeSeq - sk.sndNxt)), 0
}

// Unread is tcp_inq: bytes that wait to be read, up to the urgent one.
func (sk *Sock) Unread() int {
	if sk.stateIn(1<<core.TCPSynSent | 1<<core.TCPSynRecv) {
		return 0
	}
	if sk.Rare().OOBInline || sk.urgData == 0 || before(sk.urgSeq, sk.copiedSeq) || !before(sk.urgSeq, sk.rcvNxt) {
		n := int(int32(sk.rcvNxt - sk.copiedSeq))
		if n > 0 && sk.SockDone {
			n-- // the FIN
		}
		return n
	}
	return int(int32(sk.urgSeq - sk.copiedSeq))
}

// SetKeepalive is SO_KEEPALIVE (tcp_set_keepalive).
func (sk *Sock) SetKeepalive(on bool) {
	sk.setKeepalive(on)
	sk.KeepOpen = on
}

// PaceAtMost is SO_MAX_PACING_RATE, bytes a second.
func (sk *Sock) PaceAtMost(rate uint64) { sk.SetMaxPacingRate(rate) }

func anyV4() wire.Addr { return wire.IP4(0).Addr() }
