package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: fs/splice.c (do_splice, splice_direct_to_actor,
// splice_to_socket).

// Flags of splice(2).
const (
	SpliceMove     = 1
	SpliceNonblock = 2
	SpliceMore     = 4
	SpliceGift     = 8
	spliceAll      = 15
)

// sysSplice is __do_splice: bytes from a pipe to a file, or from a file to a
// pipe.
func (p *Program) sysSplice(f *File, c *Call) {
	t := p.file(c.FD2)
	switch {
	case c.N2 == 0:
		c.done(0, 0)
	case c.Flags&^spliceAll != 0 || c.N2 < 0:
		c.fail(step.EINVAL)
	case t == nil || f.flags&oAccmode == OWronly || t.flags&oAccmode == ORdonly:
		c.fail(step.EBADF)
	case c.Off != nil && f.plain == nil:
		c.fail(step.ESPIPE)
	case f.pipe != nil && t.pipe != nil:
		p.splicePipes(f, t, c)
	case f.pipe != nil && t.ep != nil:
		p.spliceToSocket(f, t, c)
	case t.pipe != nil && f.ep != nil:
		p.spliceRead(f, t, c)
	case t.pipe != nil && f.plain != nil:
		p.spliceFile(f, t, c)
	default:
		c.fail(step.EINVAL)
	}
}

// splicePipes is splice_pipe_to_pipe.
func (p *Program) splicePipes(f, t *File, c *Call) {
	switch n := min(c.N2, f.pipe.bytes(), t.pipe.room()); {
	case f.pipe == t.pipe:
		c.fail(step.EINVAL)
	case t.pipe.readers == 0:
		c.fail(step.EPIPE)
	case n > 0:
		t.pipe.put(f.pipe.take(n))
		f.pipe.wake(PollOut | PollWrNorm)
		t.pipe.wake(PollIn | PollRdNorm)
		c.done(n, 0)
	case f.pipe.bytes() == 0 && f.pipe.writers == 0:
		c.done(0, 0)
	default:
		c.spliceWait(p, f)
	}
}

// spliceWait sleeps, unless SPLICE_F_NONBLOCK says not to.
func (c *Call) spliceWait(p *Program, f *File) {
	if c.Flags&SpliceNonblock != 0 || f.NonBlock {
		c.fail(step.EAGAIN)
		return
	}
	c.sleep(p, f, step.EAGAIN, 0, false)
}

// spliceFile is filemap_splice_read.
func (p *Program) spliceFile(f, t *File, c *Call) {
	off := &f.plain.pos
	if c.Off != nil {
		off = c.Off
	}
	room := t.pipe.room()
	if room == 0 {
		c.spliceWait(p, t)
		return
	}
	b := make([]byte, min(c.N2, room))
	n := f.plain.read(b, *off)
	*off += int64(n)
	if n > 0 {
		t.pipe.put(b[:n])
		t.pipe.wake(PollIn | PollRdNorm)
	}
	c.done(n, 0)
}

// spliceRead is sock_splice_read: what the socket has goes into the pipe.
func (p *Program) spliceRead(f, t *File, c *Call) {
	defer p.NS.In(step.SockSpliceRead, f.ep.Base()).Out()
	room := min(t.pipe.room(), c.N2)
	switch {
	case t.pipe.readers == 0:
		c.fail(step.EPIPE)
		return
	case room == 0:
		c.spliceWait(p, t)
		return
	}
	m := &core.Msghdr{Data: make([]byte, room), Flags: core.MsgDontWait}
	n, e := f.ep.spliceRead(m)
	if e == step.EAGAIN && !f.NonBlock {
		c.sleep(p, f, e, f.ep.Base().Rare().RcvTimeo, false)
		return
	}
	if e != 0 {
		c.fail(e)
	} else {
		if n > 0 {
			t.pipe.put(m.Data[:n])
			t.pipe.wake(PollIn | PollRdNorm)
		}
		c.done(n, 0)
	}
	c.why(p.NS)
}

// spliceToSocket is splice_to_socket: pages of the pipe go out.
func (p *Program) spliceToSocket(f, t *File, c *Call) {
	defer p.NS.In(step.SpliceToSocket, t.ep.Base()).Out()
	if c.msg == nil {
		n := min(c.N2, f.pipe.bytes())
		if n == 0 {
			if f.pipe.writers == 0 {
				c.done(0, 0)
			} else {
				c.spliceWait(p, f)
			}
			return
		}
		c.msg = &core.Msghdr{Data: f.pipe.take(n)}
		f.pipe.wake(PollOut | PollWrNorm)
	}
	p.pushPages(t, c, c.Flags&SpliceMore != 0)
	c.why(p.NS)
}

// pushPages sends c.msg, and sleeps when there is no room.
func (p *Program) pushPages(t *File, c *Call, more bool) {
	m, sk := c.msg, t.ep.Base()
	m.Flags = 0
	if more {
		m.Flags = core.MsgMore
	}
	wait := !t.NonBlock && (c.until == 0 || p.NS.Clock.Now() < c.until)
	if !wait {
		m.Flags |= core.MsgDontWait
	}
	e := t.ep.sendmsg(m)
	switch {
	case e == step.EAGAIN && wait:
		c.sleep(p, t, e, sk.Rare().SndTimeo, false)
	case e != 0 && m.Off == 0:
		c.fail(e)
	default:
		c.done(m.Off, 0)
	}
}

// sysSendfile is do_sendfile: bytes of a file go into a socket or a pipe.
func (p *Program) sysSendfile(f *File, c *Call) {
	in := p.file(c.FD2)
	switch {
	case in == nil || in.flags&oAccmode == OWronly || f.flags&oAccmode == ORdonly:
		c.fail(step.EBADF)
		return
	case in.pipe != nil || in.ep != nil || in.epoll != nil:
		if c.Off != nil {
			c.fail(step.ESPIPE)
		} else {
			c.fail(step.EINVAL)
		}
		return
	case f.ep == nil:
		c.fail(step.NotModelled)
		return
	}
	p.sendfile(f, in, c)
}

// sendfile is splice_direct_to_actor.
func (p *Program) sendfile(f, in *File, c *Call) {
	defer p.NS.In(step.DoSendfile, f.ep.Base()).Out()
	off := &in.plain.pos
	if c.Off != nil {
		off = c.Off
	}
	if c.msg == nil {
		n := min(int64(max(c.N2, 0)), max(in.plain.size-*off, 0))
		if n > 1<<31-pageSize { // MAX_RW_COUNT
			n = 1<<31 - pageSize
		}
		b := make([]byte, n)
		in.plain.read(b, *off)
		c.msg = &core.Msghdr{Data: b}
	}
	if len(c.msg.Data) == 0 {
		c.done(0, 0)
		return
	}
	p.pushPages(f, c, int64(c.N2) > int64(len(c.msg.Data)))
	if c.Done && c.Err == 0 {
		*off += int64(c.Ret)
	}
	c.why(p.NS)
}
