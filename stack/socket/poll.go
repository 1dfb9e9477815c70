package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// What a file may be ready for.
const (
	PollIn     = core.PollIn
	PollPri    = core.PollPri
	PollOut    = core.PollOut
	PollErr    = core.PollErr
	PollHup    = core.PollHup
	PollNval   = core.PollNval
	PollRdNorm = core.PollRdNorm
	PollWrNorm = core.PollWrNorm
	PollRdHup  = core.PollRdHup
)

// A PollFD is struct pollfd.
type PollFD struct {
	FD              int
	Events, Revents uint16
}

// fileMax is RLIMIT_NOFILE.
const fileMax = 1024

// sysPoll is do_sys_poll: sleep until one of the files is ready.
func (p *Program) sysPoll(c *Call) {
	switch {
	case len(c.Fds) > fileMax:
		c.fail(step.EINVAL)
		return
	case c.Bad&BadMsg != 0:
		c.fail(step.EFAULT)
		return
	}
	n := 0
	for i := range c.Fds {
		if p.doPollfd(&c.Fds[i]) {
			n++
		}
	}
	now := p.NS.Clock.Now()
	switch {
	case n > 0 || c.N == 0 || c.until != 0 && now >= c.until:
		c.done(n, 0)
	default:
		c.pause(p, nil)
	}
}

// pause sleeps until a wake-up, or until c.N milliseconds have passed since it
// first did (schedule_hrtimeout_range: not in ticks).
func (c *Call) pause(p *Program, f *File) {
	if !c.asleep {
		c.asleep, c.since = true, p.NS.Clock.Now()
		if c.N > 0 {
			c.until = c.since + sim.Time(c.N)*sim.Millisecond
		}
	}
	c.wait(p, f, f != nil)
}

// doPollfd is do_pollfd: it reports whether there is something to tell.
func (p *Program) doPollfd(x *PollFD) bool {
	x.Revents = 0
	if x.FD < 0 {
		return false
	}
	f := p.file(x.FD)
	if f == nil {
		x.Revents = PollNval
	} else {
		x.Revents = p.poll(f) & (x.Events | PollErr | PollHup)
	}
	return x.Revents != 0
}

// Poll is what a file is ready for. It never sleeps: a program that waits is
// run again when something changes.
func (p *Program) Poll(fd int) int {
	f := p.file(fd)
	if f == nil {
		return PollErr
	}
	return int(p.poll(f))
}

// sockPoll is sock_poll.
func (p *Program) sockPoll(f *File) uint16 {
	defer p.NS.In(step.SockPoll, f.ep.Base()).Out()
	sk := f.ep.Base()
	m := f.ep.poll()
	if u, ok := f.ep.(*udpOps); ok && m&PollRdNorm != 0 && !f.NonBlock && sk.Shutdown&core.RcvShutdown == 0 && u.NextLen() < 0 {
		m &^= PollIn | PollRdNorm // udp_poll: a datagram with a wrong checksum does not count for who would sleep over it
	}
	p.NS.Why(step.WhySysReady, uint64(m))
	return m
}

// dgramPoll is datagram_poll.
func dgramPoll(sk *core.Sock) uint16 {
	m := uint16(0)
	if sk.Err != 0 || sk.Rare().ErrQueue.Len() > 0 {
		m |= PollErr
		if sk.Rare().SelectErr {
			m |= PollPri
		}
	}
	if sk.Shutdown&core.RcvShutdown != 0 {
		m |= PollRdHup | PollIn | PollRdNorm
	}
	if sk.Shutdown == core.RcvShutdown|core.SendShutdown {
		m |= PollHup
	}
	if sk.RcvQueue.Len() > 0 {
		m |= PollIn | PollRdNorm
	}
	if int(sk.WmemAlloc) < int(sk.SndBuf)>>1 { // sock_writeable
		m |= PollOut | PollWrNorm | core.PollWrBand
	}
	return m
}
