package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Requests of ioctl(2) on sockets (include/uapi/linux/sockios.h, asm-generic/ioctls.h).
const (
	SIOCOUTQ    = 0x5411
	SIOCINQ     = 0x541b // FIONREAD too
	FIONBIO     = 0x5421
	FIONCLEX    = 0x5450
	FIOCLEX     = 0x5451
	FIOASYNC    = 0x5452
	SIOCATMARK  = 0x8905
	SIOCOUTQNSD = 0x894b
)

// sysIoctl is ioctl(2): what any file has, then sock_ioctl.
func (p *Program) sysIoctl(f *File, c *Call) {
	switch c.Cmd {
	case FIOCLEX, FIONCLEX:
		p.cloexec[c.FD-FirstFD] = c.Cmd == FIOCLEX
		c.done(0, 0)
		return
	case FIONBIO:
		if c.Bad&BadBuf != 0 {
			c.fail(step.EFAULT)
			return
		}
		f.NonBlock = c.N != 0
		c.done(0, 0)
		return
	case FIOASYNC:
		c.fail(step.NotModelled)
		return
	}
	switch {
	case f.ep != nil:
		p.sockIoctl(f, c)
	case c.Cmd != SIOCINQ || f.epoll != nil:
		c.fail(step.ENOTTY)
	case f.pipe != nil:
		c.answer(f.pipe.bytes())
	default:
		c.answer(int(f.plain.size - f.plain.pos))
	}
}

// answer gives back a number through the pointer.
func (c *Call) answer(n int) {
	if c.Bad&BadBuf != 0 {
		c.fail(step.EFAULT)
		return
	}
	c.Ret2 = n
	c.done(0, 0)
}

// sockIoctl is sock_ioctl.
func (p *Program) sockIoctl(f *File, c *Call) {
	defer p.NS.In(step.SockIoctl, f.ep.Base()).Out()
	switch {
	case c.Cmd == SIOCINQ || c.Cmd == SIOCOUTQ || c.Cmd == SIOCOUTQNSD || c.Cmd == SIOCATMARK:
		n, e := f.ep.ioctl(c.Cmd)
		if e != 0 {
			c.fail(e)
		} else {
			c.answer(n)
		}
	case c.Cmd>>8 == 0x89: // routes, devices, addresses, bridges: rtnetlink does that here
		c.fail(step.NotModelled)
	default:
		c.fail(step.ENOTTY)
	}
	c.why(p.NS)
}

// dgramIoctl is udp_ioctl, raw_ioctl and packet_ioctl; first is the length of
// the first datagram.
func dgramIoctl(sk *core.Sock, cmd, first int) (int, core.Errno) {
	switch cmd {
	case SIOCOUTQ:
		return int(sk.WmemAlloc) - 1, 0
	case SIOCINQ:
		return max(first, 0), 0
	}
	return 0, step.ENOTTY
}

// firstLen is the length of the first packet that waits, -1 if there is none.
func firstLen(sk *core.Sock) int {
	if b := sk.RcvQueue.Front(); b != nil {
		return b.Len()
	}
	return -1
}
