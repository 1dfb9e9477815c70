package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A sleeper is a call that waits (struct wait_queue_entry of a sleeping task):
// for what, and until when.
type sleeper struct {
	f     *File    // nil: for any of several
	until sim.Time // 0: for ever
	order uint64   // in which programs fell asleep on a socket that they share
	woken bool
	excl  bool // only one is woken at a time (prepare_to_wait_exclusive)
}

// ready reports whether the call may go on.
func (z *sleeper) ready(now sim.Time) bool { return z.woken || z.until != 0 && now >= z.until }

// sleep puts the program to sleep in the call, unless it may not, or has slept
// long enough: then the call fails with e. timeo is SO_RCVTIMEO or SO_SNDTIMEO,
// 0 for ever.
func (c *Call) sleep(p *Program, f *File, e core.Errno, timeo sim.Time, excl bool) bool {
	now := p.NS.Clock.Now()
	if !c.asleep {
		if c.nonblock(f) || timeo < 0 {
			c.fail(e)
			return false
		}
		c.asleep, c.since = true, now
		if timeo > 0 { // schedule_timeout counts ticks
			c.until = (now/sim.Jiffy + (timeo+sim.Jiffy-1)/sim.Jiffy + 1) * sim.Jiffy
		}
	}
	if c.until != 0 && now >= c.until {
		c.fail(e)
		return false
	}
	c.wait(p, f, excl)
	p.NS.Why(step.WhySysSleep)
	return true
}

// wait makes the call wait for f (nil: for any wake-up of the program).
func (c *Call) wait(p *Program, f *File, excl bool) {
	p.sleeps++
	c.zz = &sleeper{f: f, until: c.until, order: p.sleeps, excl: excl}
	if f != nil {
		f.sleeps++
		c.zz.order = f.sleeps
	}
	p.asleep = append(p.asleep, c.zz)
	p.armTimeout(c.zz)
}

// rise takes a call out of those that wait.
func (p *Program) rise(z *sleeper) {
	for i, o := range p.asleep {
		if o == z {
			p.asleep = append(p.asleep[:i:i], p.asleep[i+1:]...)
			return
		}
	}
}

// armTimeout sees to it that the program runs when a call has waited enough.
func (p *Program) armTimeout(z *sleeper) {
	if z.until == 0 || p.timeo.Pending() && p.timeo.At <= z.until {
		return
	}
	p.NS.Clock.Mod(&p.timeo, max(z.until, p.NS.Clock.Now()), &p.task)
}

// stir marks the calls that wait for a socket, or for any, as woken; of those
// that wait exclusively only the first, unless all are meant.
func (p *Program) stir(sk *core.Sock, all bool) {
	gone := false
	for _, z := range p.asleep {
		if z.f != nil && (z.f.ep == nil || z.f.ep.Base() != sk) {
			continue
		}
		if z.excl && !all {
			if gone {
				continue
			}
			gone = true
		}
		z.woken = true
	}
}

// stirFile does so for a file that is no socket.
func (p *Program) stirFile(f *File) {
	for _, z := range p.asleep {
		if z.f == nil || z.f == f {
			z.woken = true
		}
	}
}

// exclusive is the first call of the program that waits for f exclusively, nil
// if none does.
func (p *Program) exclusive(f *File) *sleeper {
	for _, z := range p.asleep {
		if z.f == f && z.excl && !z.woken {
			return z
		}
	}
	return nil
}

// Interrupt is what a signal does to a program that sleeps in a call: it
// returns EINTR, or what it has done so far (sock_intr_errno; handlers do not
// restart calls here).
func (p *Program) Interrupt(c *Call) {
	if c.zz == nil || c.Done {
		return
	}
	p.rise(c.zz)
	c.zz = nil
	if c.closing != nil { // close() has no error for that
		c.until = 0
		p.closeEnd(c.closing, c)
		return
	}
	if f := p.file(c.FD); f != nil && f.ep != nil && (c.Op == OpRecv || c.Op == OpRecvMsg) {
		p.interrupted(f, c)
		return
	}
	if c.msg != nil && c.msg.Off > 0 {
		c.Flags |= core.MsgDontWait
		p.Do(c)
		return
	}
	c.fail(step.EINTR)
}

// interrupted is the end of __sys_recvfrom for Interrupt.
func (p *Program) interrupted(f *File, c *Call) {
	defer p.NS.In(step.SysRecvfrom, f.ep.Base()).Out()
	if m := c.msg; m != nil && m.Off > 0 && f.ep.Base().Type == core.SockStream {
		c.done(m.Off, 0)
	} else {
		c.fail(step.EINTR)
	}
	p.length(step.SockRecvLength, f.ep.Base(), c)
	c.why(p.NS)
}
