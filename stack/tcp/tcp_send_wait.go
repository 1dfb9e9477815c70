package tcp

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// How a send call begins a connection, and waits for one. Read before editing:
// net/ipv4/tcp.c (tcp_sendmsg_fastopen), net/ipv4/af_inet.c
// (__inet_stream_connect), net/core/stream.c (sk_stream_wait_connect).

// streamConnecting is sk_stream_wait_connect: EAGAIN while the connection is
// being made.
func (sk *Sock) streamConnecting() core.Errno {
	if e := sk.SockError(); e != 0 {
		return e
	}
	if !sk.stateIn(1<<core.TCPSynSent | 1<<core.TCPSynRecv) {
		return step.EPIPE
	}
	return step.EAGAIN
}

// sendFastopen is tcp_sendmsg_fastopen with what __inet_stream_connect says of a
// socket that was connected, or began to be, before.
func (sk *Sock) sendFastopen(m *core.Msghdr) core.Errno {
	if !sk.DeferConnect() && sk.SockState == core.SSConnecting && !sk.stateIn(1<<core.TCPSynSent|1<<core.TCPSynRecv|1<<core.TCPClose) {
		sk.SockState = core.SSConnected
		return 0
	}
	data := m.Data
	if m.Fault {
		data = nil // the SYN goes without
	}
	n, e := sk.sendmsgFastopen(data, m.Addr, m.Port, m.Named, m.Unspec)
	m.Off, m.Syn = n, n
	if e != step.EINPROGRESS {
		return e
	}
	sk.SockState = core.SSConnecting
	switch {
	case m.Flags&core.MsgDontWait == 0:
		m.Fast = true
		return 0
	case n > 0:
		return 0
	}
	return e
}

// fastopenWait is inet_wait_for_connect of a send call that has begun the
// connection. It reports whether the call is over, or sleeps.
func (sk *Sock) fastopenWait(m *core.Msghdr, wait bool) (core.Errno, bool) {
	switch {
	case sk.stateIn(1<<core.TCPSynSent | 1<<core.TCPSynRecv):
		if !wait && m.Off > 0 {
			return sk.sendDone(m, 0, 0), true
		}
		if !wait {
			return sk.sendFailed(m, step.EINPROGRESS), true
		}
		if m.Off < len(m.Data) { // more data than the SYN took: the ACK may wait for it
			sk.setRare().writePending++
			m.Asleep = true
		}
		return step.EAGAIN, true
	case sk.State == core.TCPClose:
		e := sk.SockError()
		if e == 0 {
			e = step.ECONNABORTED
		}
		sk.disconnect()
		sk.SockState = core.SSUnconnected
		m.Off, m.Syn = 0, 0
		return sk.sendFailed(m, e), true
	}
	m.Fast = false
	sk.SockState = core.SSConnected
	return 0, false
}
