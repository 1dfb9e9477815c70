package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Read before editing: fs/pipe.c.

// Sizes of a pipe (PIPE_DEF_BUFFERS pages).
const (
	pipeBufs = 16
	pageSize = 4096
)

// A pipe is struct pipe_inode_info: pages that one program fills and another
// empties.
type pipe struct {
	bufs             [][]byte
	readers, writers int
	rd, wr           *File
	queue            core.WaitQueue
}

// sysPipe is do_pipe2: Ret is the end to read from, Ret2 the one to write to.
func (p *Program) sysPipe(c *Call) {
	if c.Flags&^(core.MsgDontWait|ONonblock|OCloexec|0x4000) != 0 {
		c.fail(step.EINVAL)
		return
	}
	if c.Flags&0x4000 != 0 { // O_DIRECT: packets
		c.fail(step.NotModelled)
		p.over(c)
		return
	}
	if c.Bad&BadMsg != 0 {
		c.fail(step.EFAULT)
		return
	}
	q := &pipe{readers: 1, writers: 1}
	nb := c.Flags&ONonblock != 0
	q.rd = &File{pipe: q, flags: ORdonly, NonBlock: nb}
	q.wr = &File{pipe: q, flags: OWronly, NonBlock: nb}
	c.done(p.install(q.rd), 0)
	c.Ret2 = p.install(q.wr)
}

func (q *pipe) bytes() (n int) {
	for _, b := range q.bufs {
		n += len(b)
	}
	return n
}

// room is how many bytes fit in.
func (q *pipe) room() int {
	n := (pipeBufs - len(q.bufs)) * pageSize
	if k := len(q.bufs); k > 0 {
		n += max(pageSize-len(q.bufs[k-1]), 0)
	}
	return max(n, 0)
}

// put adds bytes; the caller knows that there is room.
func (q *pipe) put(b []byte) {
	if k := len(q.bufs); k > 0 && len(q.bufs[k-1])+len(b) <= pageSize {
		q.bufs[k-1] = append(q.bufs[k-1], b...)
		return
	}
	for len(b) > 0 {
		n := min(len(b), pageSize)
		q.bufs = append(q.bufs, append([]byte(nil), b[:n]...))
		b = b[n:]
	}
}

// take removes up to n bytes.
func (q *pipe) take(n int) (b []byte) {
	for n > 0 && len(q.bufs) > 0 {
		k := min(n, len(q.bufs[0]))
		b = append(b, q.bufs[0][:k]...)
		n -= k
		if q.bufs[0] = q.bufs[0][k:]; len(q.bufs[0]) == 0 {
			q.bufs = q.bufs[1:]
		}
	}
	return b
}

// wake tells both ends that something has changed.
func (q *pipe) wake(key uint16) {
	for _, f := range []*File{q.rd, q.wr} {
		for _, p := range f.progs {
			p.stirFile(f)
			p.wake()
		}
	}
	q.queue.Wake(key, false)
}

// poll is pipe_poll.
func (q *pipe) poll(f *File) (m uint16) {
	if f == q.rd {
		if len(q.bufs) > 0 {
			m |= PollIn | PollRdNorm
		}
		if q.writers == 0 {
			m |= PollHup
		}
		return m
	}
	if len(q.bufs) < pipeBufs {
		m |= PollOut | PollWrNorm
	}
	if q.readers == 0 {
		m |= PollErr
	}
	return m
}

// read is pipe_read.
func (q *pipe) read(p *Program, f *File, c *Call) {
	n := c.total()
	switch {
	case n == 0:
		c.done(0, 0)
	case len(q.bufs) > 0 && c.Bad&(BadBuf|BadIov) != 0:
		c.fail(step.EFAULT)
	case len(q.bufs) > 0:
		b := q.take(n)
		c.fill(b)
		c.done(len(b), 0)
		q.wake(PollOut | PollWrNorm)
	case q.writers == 0:
		c.done(0, 0)
	default:
		c.sleep(p, f, step.EAGAIN, 0, false)
	}
}

// write is pipe_write.
func (q *pipe) write(p *Program, f *File, c *Call) {
	if e := c.message(); e != 0 {
		c.fail(e)
		return
	}
	m := c.msg
	switch {
	case len(m.Data) == 0:
		c.done(0, 0)
	case q.readers == 0:
		c.fail(step.EPIPE)
	case m.Fault:
		c.fail(step.EFAULT)
	default:
		if n := min(q.room(), len(m.Data)-m.Off); n > 0 {
			q.put(m.Data[m.Off : m.Off+n])
			m.Off += n
			q.wake(PollIn | PollRdNorm)
		}
		switch {
		case m.Off == len(m.Data) || m.Off > 0 && c.nonblock(f):
			c.done(m.Off, 0)
		default:
			c.sleep(p, f, step.EAGAIN, 0, false)
		}
	}
}

// release is pipe_release.
func (q *pipe) release(f *File) {
	if f == q.rd {
		q.readers--
	} else {
		q.writers--
	}
	q.wake(PollIn | PollOut | PollRdNorm | PollWrNorm | PollErr | PollHup)
}
