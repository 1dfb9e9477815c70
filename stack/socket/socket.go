package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// sysSocket is __sys_socket.
func (p *Program) sysSocket(c *Call) {
	if c.SockFlags&^(SockNonblock|SockCloexec) != 0 {
		c.fail(step.EINVAL)
		return
	}
	ep, e := create(p, c.Fam, c.Kind, c.N)
	if e != 0 {
		c.fail(e)
		p.over(c)
		return
	}
	c.done(p.installSock(ep, c.SockFlags), 0)
	p.opened(ep.Base(), c.Ret)
}

// opened is the part of __sys_socket that has a socket to show.
func (p *Program) opened(sk *core.Sock, fd int) {
	defer p.NS.In(step.SysSocket, sk).Out()
	p.NS.Why(step.WhySysFD, uint64(fd))
}

// Lengths of addresses in bytes (struct sockaddr_in, sockaddr_in6,
// SIN6_LEN_RFC2133, sockaddr_storage).
const (
	lenFamily  = 2
	lenIn      = 16
	lenIn6     = 28
	lenIn6Old  = 24
	lenStorage = 128
)

// addrLen is the length of the address: as it was given, or that of its family,
// 0 if it has none of its own.
func (c *Call) addrLen() int {
	switch {
	case c.AddrLen != 0:
		return c.AddrLen
	case c.Unspec || c.Fam == core.AFInet:
		return lenIn
	case c.Fam == core.AFInet6:
		return lenIn6
	}
	return 0
}

// sockaddr is move_addr_to_kernel, and what bind and connect check first of an
// address: its length, and its family.
func (c *Call) sockaddr(sk *core.Sock) core.Errno {
	n := c.addrLen()
	least := lenIn
	if sk.Family == core.AFInet6 {
		least = lenIn6Old
	}
	switch {
	case n < 0 || n > lenStorage:
		return step.EINVAL
	case c.Bad&BadAddr != 0:
		return step.EFAULT
	case sk.Family == core.AFPacket:
		return 0
	case n != 0 && n < least:
		return step.EINVAL
	case c.Unspec || c.Fam == 0 || c.Fam == sk.Family:
		return 0
	}
	return step.EAFNOSUPPORT
}

// sysBind is __sys_bind.
func (p *Program) sysBind(f *File, c *Call) {
	defer p.NS.In(step.SysBind, f.ep.Base()).Out()
	sk := f.ep.Base()
	e := c.sockaddr(sk)
	if e == 0 && c.Unspec && (sk.Family != core.AFInet || !c.Addr.IsZero() && c.Addr.IP4() != 0) {
		e = step.EAFNOSUPPORT // __inet_bind lets AF_UNSPEC with INADDR_ANY pass
	}
	if e != 0 {
		c.fail(e)
		c.why(p.NS)
		return
	}
	if s := &p.NS.Sysctl; c.Port != 0 && int(c.Port) < s.IPUnprivPort && !p.Root && sk.Family != core.AFPacket {
		p.NS.Why(step.WhyUDPPrivPort, uint64(c.Port), uint64(s.IPUnprivPort))
		c.fail(step.EACCES)
		return
	}
	c.done(0, f.ep.bind(c.Addr, c.Port))
	c.why(p.NS)
}

// sysConnect is __sys_connect.
func (p *Program) sysConnect(f *File, c *Call) {
	defer p.NS.In(step.SysConnect, f.ep.Base()).Out()
	switch {
	case c.AddrLen < 0 || c.AddrLen > lenStorage || c.AddrLen != 0 && c.AddrLen < lenFamily:
		c.fail(step.EINVAL)
	case c.Bad&BadAddr != 0:
		c.fail(step.EFAULT)
	case f.ep.Base().Type == core.SockStream:
		p.streamConnect(f, c)
	default:
		p.dgramConnect(f, c)
	}
	c.why(p.NS)
}

// dgramConnect is inet_dgram_connect; an address of no family makes it forget
// the other side, as no address and port does here.
func (p *Program) dgramConnect(f *File, c *Call) {
	defer p.NS.In(step.InetDgramConnect, f.ep.Base()).Out()
	if c.Unspec {
		c.done(0, f.ep.connect(zero, 0))
		return
	}
	// An IPv6 socket takes an IPv4 address (__ip6_datagram_connect).
	if sk := f.ep.Base(); sk.Family != core.AFInet6 || c.Fam != core.AFInet || c.addrLen() < lenIn {
		if e := c.sockaddr(sk); e != 0 {
			c.fail(e)
			return
		}
	}
	c.done(0, f.ep.connect(c.Addr, c.Port))
}

// streamConnect is inet_stream_connect: send a SYN, and sleep until the answer
// is here. A program that will not sleep gets EINPROGRESS, then EALREADY.
func (p *Program) streamConnect(f *File, c *Call) {
	defer p.NS.In(step.InetStreamConnect, f.ep.Base()).Out()
	sk := f.ep.Base()
	if c.Unspec && !c.started {
		f.ep.disconnect()
		sk.SockState = core.SSUnconnected
		c.done(0, 0)
		return
	}
	late := step.EINPROGRESS
	if !c.started {
		switch sk.SockState {
		case core.SSConnected:
			c.fail(step.EISCONN)
			return
		case core.SSDisconnecting:
			c.fail(step.EINVAL)
			return
		case core.SSConnecting:
			if f.ep.deferConnect() {
				c.fail(step.EISCONN)
				return
			}
			late = step.EALREADY
		default:
			if !p.startConnect(f, c) {
				return
			}
			if f.NonBlock { // whatever came while the socket was locked: it has not been looked at
				c.fail(step.EINPROGRESS)
				return
			}
		}
		c.started = true
	}
	if sk.State == core.TCPSynSent || sk.State == core.TCPSynRecv {
		c.sleep(p, f, late, sk.Rare().SndTimeo, false)
		return
	}
	if sk.State == core.TCPClose {
		connectFailed(f, c)
		return
	}
	sk.SockState = core.SSConnected
	c.done(0, 0)
}

// startConnect sends the SYN, and reports whether there is something to wait
// for.
func (p *Program) startConnect(f *File, c *Call) bool {
	sk := f.ep.Base()
	if sk.State != core.TCPClose {
		c.fail(step.EISCONN)
		return false
	}
	e := c.sockaddr(sk)
	if e == 0 {
		e = f.ep.connect(c.Addr, c.Port)
	}
	if e != 0 && e != step.EINPROGRESS {
		c.fail(e)
		return false
	}
	sk.SockState = core.SSConnecting
	if f.ep.deferConnect() { // the SYN goes with the first data
		c.done(0, 0)
		return false
	}
	return true
}

// connectFailed is the end of inet_stream_connect when there is no connection:
// the program gets the error, and may use the socket again.
func connectFailed(f *File, c *Call) {
	sk := f.ep.Base()
	e := sk.SockError()
	if e == 0 {
		e = step.ECONNABORTED
	}
	f.ep.disconnect()
	sk.SockState = core.SSUnconnected
	c.fail(e)
}

// sysListen is __sys_listen: the backlog is cut to somaxconn.
func (p *Program) sysListen(f *File, c *Call) {
	defer p.NS.In(step.SysListen, f.ep.Base()).Out()
	n := c.N
	if most := p.NS.Sysctl.Somaxconn; uint(n) > uint(most) {
		n = most
	}
	p.inetListen(f, c, n)
	c.why(p.NS)
}

// inetListen is inet_listen.
func (p *Program) inetListen(f *File, c *Call, backlog int) {
	defer p.NS.In(step.InetListen, f.ep.Base()).Out()
	sk := f.ep.Base()
	if sk.Type == core.SockStream && (sk.SockState != core.SSUnconnected || sk.State != core.TCPClose && sk.State != core.TCPListen) {
		c.fail(step.EINVAL)
		return
	}
	c.done(0, f.ep.listen(backlog))
}

// sysAccept is __sys_accept4.
func (p *Program) sysAccept(f *File, c *Call) {
	defer p.NS.In(step.SysAccept, f.ep.Base()).Out()
	if c.SockFlags&^(SockNonblock|SockCloexec) != 0 {
		c.fail(step.EINVAL)
		return
	}
	p.inetAccept(f, c)
	c.why(p.NS)
}

// inetAccept is inet_accept: the first connection of the accept queue gets a
// file descriptor of its own.
func (p *Program) inetAccept(f *File, c *Call) {
	defer p.NS.In(step.InetAccept, f.ep.Base()).Out()
	sk := f.ep.Base()
	switch {
	case sk.Type != core.SockStream:
		c.fail(step.EOPNOTSUPP)
		return
	case sk.State != core.TCPListen:
		c.fail(step.EINVAL)
		return
	}
	ep := f.ep.accept()
	if ep == nil {
		c.sleep(p, f, step.EAGAIN, sk.Rare().RcvTimeo, true)
		return
	}
	ep.Base().SockState = core.SSConnected
	c.From, c.FromPort = ep.Base().Daddr, ep.Base().Dport
	if c.Bad&BadAddr != 0 { // do_accept: the connection is gone
		ep.close()
		c.fail(step.EFAULT)
		return
	}
	c.done(p.installSock(ep, c.SockFlags), 0)
}

// sysGetsockname is __sys_getsockname and, for the other side, __sys_getpeername.
func (p *Program) sysGetsockname(f *File, c *Call, peer bool) {
	sk := f.ep.Base()
	c.From, c.FromPort = sk.RcvSaddr, sk.Sport
	if c.From.IsZero() {
		c.From = sk.Saddr
	}
	if sk.Family == core.AFInet && c.From.IsZero() {
		c.From = wire.IP4(0).Addr()
	}
	if peer {
		if sk.Dport == 0 || sk.State == core.TCPClose || sk.State == core.TCPSynSent {
			c.fail(step.ENOTCONN)
			return
		}
		c.From, c.FromPort = sk.Daddr, sk.Dport
	}
	if c.Bad&BadAddr != 0 {
		c.fail(step.EFAULT)
		return
	}
	c.done(0, 0)
}

// sysShutdown is __sys_shutdown.
func (p *Program) sysShutdown(f *File, c *Call) {
	defer p.NS.In(step.SysShutdown, f.ep.Base()).Out()
	if c.N < ShutRd || c.N > ShutRdWr {
		c.fail(step.EINVAL)
		return
	}
	sk := f.ep.Base()
	if sk.SockState == core.SSConnecting { // inet_shutdown
		sk.SockState = core.SSConnected
		if sk.State == core.TCPSynSent || sk.State == core.TCPSynRecv || sk.State == core.TCPClose {
			sk.SockState = core.SSDisconnecting
		}
	}
	gone := sk.State == core.TCPSynSent || sk.State == core.TCPListen && c.N != ShutWr
	// SHUT_RD, SHUT_WR and SHUT_RDWR are 0, 1 and 2; one more is the bit mask of
	// directions (inet_shutdown).
	c.done(0, f.ep.shutdown(uint8(c.N+1)))
	if gone {
		sk.SockState = core.SSUnconnected
	}
	c.why(p.NS)
}

// sockClose is sock_close: the last file descriptor of a socket is closed.
func (p *Program) sockClose(f *File, c *Call) {
	defer p.NS.In(step.SockClose, f.ep.Base()).Out()
	p.release(f, c)
}

// release is inet_release. With SO_LINGER the program sleeps until what it has
// sent is acknowledged, whatever O_NONBLOCK says; not so when it ends, or closes
// by a call that never sleeps.
func (p *Program) release(f *File, c *Call) {
	defer p.NS.In(step.InetRelease, f.ep.Base()).Out()
	sk := f.ep.Base()
	t, ok := f.ep.(*tcpOps)
	if !ok || !sk.Linger || sk.Rare().LingerTime == 0 || sk.State == core.TCPListen || c.Flags&core.MsgDontWait != 0 {
		sk.Waker = nil
		f.ep.close()
		c.done(0, 0)
		return
	}
	c.asleep, c.since = true, p.NS.Clock.Now()
	if d := t.CloseStart(); d > 0 {
		c.until = c.since/sim.Jiffy*sim.Jiffy + d + sim.Jiffy
	}
	p.closeWait(f, c)
}

// closeEnd goes on with a close that has slept.
func (p *Program) closeEnd(f *File, c *Call) {
	defer p.NS.In(step.SockClose, f.ep.Base()).Out()
	p.closeWait(f, c)
}

// closeWait is sk_stream_wait_close, and the rest of __tcp_close.
func (p *Program) closeWait(f *File, c *Call) {
	t := f.ep.(*tcpOps)
	if t.Lingers() && p.NS.Clock.Now() < c.until {
		c.closing = f
		c.wait(p, f, false)
		p.NS.Why(step.WhySysSleep)
		return
	}
	c.closing = nil
	t.CloseEnd()
	c.done(0, 0)
	c.why(p.NS)
}

// zero is "no address".
var zero wire.Addr
