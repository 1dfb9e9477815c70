package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// sysSocket is __sys_socket.
func (p *Program) sysSocket(c *Call) {
	ep, e := create(p, c.Fam, c.Kind, c.N)
	if e != 0 {
		c.fail(e)
		return
	}
	c.done(p.install(ep), 0)
	p.opened(ep.Base(), c.Ret)
}

// opened is the part of __sys_socket that has a socket to show.
func (p *Program) opened(sk *core.Sock, fd int) {
	defer p.NS.In(step.SysSocket, sk).Out()
	p.NS.Why(step.WhySysFD, uint64(fd))
}

// sysBind is __sys_bind.
func (p *Program) sysBind(f *File, c *Call) {
	defer p.NS.In(step.SysBind, f.ep.Base()).Out()
	if s := &p.NS.Sysctl; c.Port != 0 && int(c.Port) < s.IPUnprivPort && !p.Root {
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
	if f.ep.Base().Type == core.SockStream {
		p.streamConnect(f, c)
	} else {
		p.dgramConnect(f, c)
	}
	c.why(p.NS)
}

// dgramConnect is inet_dgram_connect; without address and port it forgets the
// other side (AF_UNSPEC).
func (p *Program) dgramConnect(f *File, c *Call) {
	defer p.NS.In(step.InetDgramConnect, f.ep.Base()).Out()
	c.done(0, f.ep.connect(c.Addr, c.Port))
}

// streamConnect is inet_stream_connect: send a SYN, and sleep until the answer
// is here. A program that will not sleep gets EINPROGRESS, then EALREADY.
func (p *Program) streamConnect(f *File, c *Call) {
	defer p.NS.In(step.InetStreamConnect, f.ep.Base()).Out()
	sk := f.ep.Base()
	switch sk.State {
	case core.TCPClose:
		if c.started {
			connectFailed(f, c)
			return
		}
		if e := f.ep.connect(c.Addr, c.Port); e != 0 && e != step.EINPROGRESS {
			c.fail(e)
			return
		}
		c.started = true
		if f.NonBlock { // whatever came while the socket was locked: it has not been looked at
			c.fail(step.EINPROGRESS)
			return
		}
	case core.TCPSynSent, core.TCPSynRecv:
		if !c.started {
			c.fail(step.EALREADY)
			return
		}
	default:
		if !c.started {
			c.fail(step.EISCONN)
			return
		}
	}
	if sk.State == core.TCPSynSent || sk.State == core.TCPSynRecv {
		c.sleep(p, f, step.EINPROGRESS)
		return
	}
	if sk.State == core.TCPClose {
		connectFailed(f, c)
		return
	}
	c.done(0, 0)
}

// connectFailed is the end of inet_stream_connect when there is no connection:
// the program gets the error, and may use the socket again.
func connectFailed(f *File, c *Call) {
	e := f.ep.Base().SockError()
	if e == 0 {
		e = step.ECONNABORTED
	}
	if t, ok := f.ep.(*tcpOps); ok {
		t.Disconnect()
	}
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
	c.done(0, f.ep.listen(backlog))
}

// sysAccept is __sys_accept4.
func (p *Program) sysAccept(f *File, c *Call) {
	defer p.NS.In(step.SysAccept, f.ep.Base()).Out()
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
		c.sleep(p, f, step.EAGAIN)
		return
	}
	c.From, c.FromPort = ep.Base().Daddr, ep.Base().Dport
	c.done(p.install(ep), 0)
}

// sysSendto is __sys_sendto. A datagram goes whole or not at all; of a stream
// the rest waits until there is room.
func (p *Program) sysSendto(f *File, c *Call) {
	defer p.NS.In(step.SysSendto, f.ep.Base()).Out()
	sk := f.ep.Base()
	n, e := f.ep.send(c.Data[c.off:], c.Addr, c.Port, c.Flags)
	c.off += n
	switch {
	case e == step.EAGAIN && sk.Type == core.SockStream && c.off > 0 && (f.NonBlock || c.Flags&core.MsgDontWait != 0):
		c.done(c.off, 0)
	case e == step.EAGAIN:
		if c.sleep(p, f, e) {
			return
		}
	case e == 0 && sk.Type == core.SockStream && c.off < len(c.Data):
		if f.NonBlock || c.Flags&core.MsgDontWait != 0 {
			c.done(c.off, 0)
		} else {
			c.sleep(p, f, step.EAGAIN)
			return
		}
	case e != 0 && c.off > 0:
		c.done(c.off, 0) // the error comes with the next call
	default:
		c.done(c.off, e)
	}
	p.length(step.SockSendLength, sk, c)
	c.why(p.NS)
	if end, ok := sk.InCall(); ok {
		p.NS.Why(step.WhySysHeld, uint64(c.Ret), uint64(end-p.NS.Clock.Now()))
	}
}

// length fires sock:sock_send_length or sock:sock_recv_length.
func (p *Program) length(tp step.TP, sk *core.Sock, c *Call) {
	ret := uint64(c.Ret)
	if c.Err != 0 {
		ret = -uint64(c.Err)
	}
	p.NS.TP(tp, sk, uint64(sk.ID), uint64(sk.Family), uint64(sk.Protocol), ret, uint64(c.Flags))
}

// sysRecvfrom is __sys_recvfrom.
func (p *Program) sysRecvfrom(f *File, c *Call) {
	defer p.NS.In(step.SysRecvfrom, f.ep.Base()).Out()
	p.recvmsg(f, c)
	c.why(p.NS)
}

// recvmsg is sock_recvmsg: sleep until something is there.
func (p *Program) recvmsg(f *File, c *Call) {
	defer p.NS.In(step.SockRecvmsg, f.ep.Base()).Out()
	sk := f.ep.Base()
	flags := c.Flags
	if f.NonBlock {
		flags |= core.MsgDontWait
	}
	f.ep.recv(c, flags)
	if c.Err == step.EAGAIN {
		c.Done, c.Err = false, 0
		if c.sleep(p, f, step.EAGAIN) {
			return
		}
	}
	p.length(step.SockRecvLength, sk, c)
}

// sysShutdown is __sys_shutdown.
func (p *Program) sysShutdown(f *File, c *Call) {
	defer p.NS.In(step.SysShutdown, f.ep.Base()).Out()
	if c.N < ShutRd || c.N > ShutRdWr {
		c.fail(step.EINVAL)
		return
	}
	// SHUT_RD, SHUT_WR and SHUT_RDWR are 0, 1 and 2; one more is the bit mask of
	// directions (inet_shutdown).
	c.done(0, f.ep.shutdown(uint8(c.N+1)))
	c.why(p.NS)
}

// sockClose is sock_close: the last file descriptor of a socket is closed.
func (p *Program) sockClose(f *File, c *Call) {
	defer p.NS.In(step.SockClose, f.ep.Base()).Out()
	p.files[c.FD-FirstFD] = nil
	p.release(f)
	c.done(0, 0)
}

// release is inet_release.
func (p *Program) release(f *File) {
	defer p.NS.In(step.InetRelease, f.ep.Base()).Out()
	f.ep.Base().Waker = nil
	f.ep.close()
}

// Readiness (EPOLL*).
const (
	PollIn  = 0x01
	PollOut = 0x04
	PollErr = 0x08
	PollHup = 0x10
)

// Poll is sock_poll: what a socket is ready for. It never sleeps: a program
// that waits is run again when something changes.
func (p *Program) Poll(fd int) int {
	f := p.file(fd)
	if f == nil {
		return PollErr
	}
	return p.poll(f)
}

func (p *Program) poll(f *File) int {
	defer p.NS.In(step.SockPoll, f.ep.Base()).Out()
	sk := f.ep.Base()
	m := 0
	if sk.Err != 0 || sk.Rare().ErrQueue.Len() > 0 {
		m |= PollErr
	}
	if sk.Shutdown == core.RcvShutdown|core.SendShutdown {
		m |= PollHup
	}
	m |= f.ep.poll()
	if u, ok := f.ep.(*udpOps); ok && m&PollIn != 0 && !f.NonBlock && sk.Shutdown&core.RcvShutdown == 0 && u.NextLen() < 0 {
		m &^= PollIn // udp_poll: a datagram with a wrong checksum does not count for who would sleep over it
	}
	p.NS.Why(step.WhySysReady, uint64(m))
	return m
}

// zero is "no address".
var zero wire.Addr
