package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// iovMax is UIO_MAXIOV.
const iovMax = 1024

// message makes the struct msghdr of a call (copy_msghdr_from_user,
// import_iovec).
func (c *Call) message() core.Errno {
	if c.msg != nil {
		return 0
	}
	if c.Bad&BadMsg != 0 || c.Bad&BadIov != 0 {
		return step.EFAULT
	}
	m := &core.Msghdr{Data: c.Data, Addr: c.Addr, Port: c.Port, CtlLen: c.CtlLen, Ctl: c.Ctl, Unspec: c.Unspec, Fault: c.Bad&BadBuf != 0}
	m.Named = c.Unspec || !c.Addr.IsZero() || c.Port != 0
	if c.Iov != nil {
		if len(c.Iov) > iovMax {
			return step.EMSGSIZE
		}
		n := 0
		for _, b := range c.Iov {
			n += len(b)
			m.Iov = append(m.Iov, len(b))
		}
		m.Data = make([]byte, 0, n)
		for _, b := range c.Iov {
			m.Data = append(m.Data, b...)
		}
	}
	c.msg = m
	return 0
}

// mayWait reports whether the call may sleep (again), by its flags and the
// socket's timeout.
func (c *Call) mayWait(p *Program, f *File, sending bool) bool {
	r := f.ep.Base().Rare()
	t := r.RcvTimeo
	if sending {
		t = r.SndTimeo
	}
	return !c.nonblock(f) && t >= 0 && (c.until == 0 || p.NS.Clock.Now() < c.until)
}

// sysSendto is __sys_sendto.
func (p *Program) sysSendto(f *File, c *Call) {
	defer p.NS.In(step.SysSendto, f.ep.Base()).Out()
	p.sendmsg(f, c)
}

// sysSendmsg is __sys_sendmsg.
func (p *Program) sysSendmsg(f *File, c *Call) {
	defer p.NS.In(step.SysSendmsg, f.ep.Base()).Out()
	p.sendmsg(f, c)
}

// sendmsg is sock_sendmsg. A datagram goes whole or not at all; of a stream the
// rest waits until there is room.
func (p *Program) sendmsg(f *File, c *Call) {
	sk := f.ep.Base()
	e := c.sendName(sk)
	if e == 0 {
		e = c.message()
	}
	if e != 0 {
		c.fail(e)
		c.why(p.NS)
		return
	}
	m := c.msg
	m.Flags = c.Flags
	wait := c.mayWait(p, f, true)
	if !wait {
		m.Flags |= core.MsgDontWait
	}
	p.sending = len(m.Data)
	e = f.ep.sendmsg(m)
	p.sending = 0
	if e == step.EAGAIN && wait {
		c.sleep(p, f, e, sk.Rare().SndTimeo, false)
		return
	}
	if e == 0 || sk.Type == core.SockStream && m.Off > 0 {
		c.done(m.Off, 0) // an error comes with the next call
	} else {
		c.fail(e)
	}
	p.length(step.SockSendLength, sk, c)
	c.why(p.NS)
	if end, ok := sk.InCall(); ok {
		p.NS.Why(step.WhySysHeld, uint64(c.Ret), uint64(end-p.NS.Clock.Now()))
	}
}

// sendName checks the address of a send call.
func (c *Call) sendName(sk *core.Sock) core.Errno {
	switch {
	case c.AddrLen < 0 || c.AddrLen > lenStorage:
		return step.EINVAL
	case c.Bad&BadAddr != 0:
		return step.EFAULT
	case sk.Type == core.SockStream || sk.Family == core.AFPacket:
		return 0
	case c.AddrLen != 0 && sk.Family == core.AFInet && c.AddrLen < lenIn,
		c.AddrLen != 0 && sk.Family == core.AFInet6 && c.AddrLen < lenIn6Old:
		return step.EINVAL
	case c.Fam != 0 && !c.Unspec && c.Fam != sk.Family && (sk.Family == core.AFInet || c.Fam != core.AFInet):
		if sk.Family == core.AFInet6 {
			return step.EINVAL
		}
		return step.EAFNOSUPPORT
	}
	return 0
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

// sysRecvmsg is __sys_recvmsg.
func (p *Program) sysRecvmsg(f *File, c *Call) {
	defer p.NS.In(step.SysRecvmsg, f.ep.Base()).Out()
	p.recvmsg(f, c)
	c.why(p.NS)
}

// recvmsg is sock_recvmsg: sleep until something is there.
func (p *Program) recvmsg(f *File, c *Call) {
	defer p.NS.In(step.SockRecvmsg, f.ep.Base()).Out()
	sk := f.ep.Base()
	if e := c.message(); e != 0 {
		c.fail(e)
		return
	}
	m := c.msg
	m.Flags = c.Flags
	wait := c.mayWait(p, f, false)
	if !wait {
		m.Flags |= core.MsgDontWait
	}
	n, e := f.ep.recvmsg(m)
	if e == step.EAGAIN && wait && c.Flags&core.MsgErrQueue == 0 {
		c.sleep(p, f, e, sk.Rare().RcvTimeo, sk.Type != core.SockStream)
		return
	}
	c.received(m, n, e)
	p.length(step.SockRecvLength, sk, c)
}

// received takes over what a receive call returned.
func (c *Call) received(m *core.Msghdr, n int, e core.Errno) {
	c.From, c.FromPort, c.Ext, c.Offender, c.TTL = m.Addr, m.Port, m.Err, m.Offender, m.TTL
	c.MsgFlags, c.Ctl = m.Out, m.Ctl
	c.Cut = m.Out&core.MsgTrunc != 0
	if e != 0 {
		c.fail(e)
		return
	}
	if c.Bad&(BadCtl|BadAddr) != 0 && c.Op == OpRecvMsg {
		c.fail(step.EFAULT)
		return
	}
	if c.Iov != nil {
		rest := m.Data
		for _, b := range c.Iov {
			rest = rest[copy(b, rest):]
		}
	}
	c.done(n, 0)
}

// sysSendmmsg is __sys_sendmmsg: message after message, until one fails.
func (p *Program) sysSendmmsg(f *File, c *Call) { p.mmsg(f, c, OpSendMsg) }

// sysRecvmmsg is do_recvmmsg. Its timeout is not modelled.
func (p *Program) sysRecvmmsg(f *File, c *Call) { p.mmsg(f, c, OpRecvMsg) }

func (p *Program) mmsg(f *File, c *Call, op Op) {
	for c.at < len(c.Msgs) && c.at < iovMax {
		m := c.Msgs[c.at]
		m.Op, m.FD, m.Flags = op, c.FD, m.Flags|c.Flags&^core.MsgWaitOne
		if c.at > 0 && c.Flags&core.MsgWaitOne != 0 {
			m.Flags |= core.MsgDontWait
		}
		if !p.Do(m) {
			return
		}
		if m.Err != 0 {
			if c.at == 0 {
				c.fail(m.Err)
				return
			}
			if m.Err != step.EAGAIN && op == OpRecvMsg {
				f.ep.Base().Err = m.Err // it comes with the next call
			}
			break
		}
		c.at++
	}
	c.done(c.at, 0)
}
