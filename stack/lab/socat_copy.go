package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
)

// loop copies until all transfers are over; a listener takes new ones.
func (c *socatCmd) loop(listen bool) int {
	fork := c.specs[0].has("fork")
	for {
		c.p.until(c.alarm(), c.busy)
		for c.lfd >= 0 && (fork || len(c.pending) == 0) && len(c.pending) < 500 {
			fd, e := c.n.prog.Accept(c.lfd)
			if e != 0 {
				break
			}
			c.n.prog.SetNonBlock(fd, true)
			bad := c.sockopts(c.specs[0], fd, false)
			var o *socatEnd
			if bad == "" {
				o, bad = c.open(c.specs[1])
			}
			if bad != "" {
				st := c.err("%s", bad)
				c.n.prog.Close(fd)
				if !fork {
					return st
				}
				continue
			}
			c.pending = append(c.pending, &socatPair{end: [2]*socatEnd{{fd: fd, rfd: -1, wfd: -1}, o}, last: c.n.now()})
			if !fork {
				c.n.prog.Close(c.lfd)
				c.lfd = -1
			}
		}
		live := c.pending[:0]
		for _, t := range c.pending {
			if c.work(t) {
				live = append(live, t)
			} else {
				c.end(t)
			}
		}
		c.pending = live
		if len(c.pending) == 0 && c.lfd < 0 {
			return c.status
		}
	}
}

func (c *socatCmd) alarm() (at sim.Time) {
	for _, t := range c.pending {
		for _, x := range []sim.Time{t.until, c.idleEnd(t)} {
			if x > 0 && (at == 0 || x < at) {
				at = x
			}
		}
	}
	return at
}

func (c *socatCmd) idleEnd(t *socatPair) sim.Time {
	if c.idle > 0 {
		return t.last + c.idle
	}
	return 0
}

func (c *socatCmd) busy() bool {
	if c.lfd >= 0 && c.n.prog.Poll(c.lfd)&socket.PollIn != 0 && (c.specs[0].has("fork") || len(c.pending) == 0) {
		return true
	}
	for _, t := range c.pending {
		for i, e := range t.end {
			if c.reads(i) && !e.eof && c.ready(e) && c.room(t.end[1-i]) {
				return true
			}
		}
	}
	return false
}

// reads reports whether an end is read: -u and -U stop one.
func (c *socatCmd) reads(i int) bool { return !(i == 1 && c.left || i == 0 && c.right) }

func (c *socatCmd) ready(e *socatEnd) bool {
	switch {
	case e.pkt != nil:
		return e.pkt.RcvQueue.Front() != nil
	case e.fd >= 0:
		return c.n.prog.Poll(e.fd)&(socket.PollIn|socket.PollErr|socket.PollHup) != 0
	case e.rfd >= 0:
		return c.p.readable(e.rfd)
	}
	return false
}

// room reports whether something can be written.
func (c *socatCmd) room(e *socatEnd) bool {
	switch {
	case e.fd >= 0:
		return c.n.prog.Poll(e.fd)&(socket.PollOut|socket.PollErr|socket.PollHup) != 0
	case e.wfd >= 0:
		d := c.p.fds[e.wfd]
		return d == nil || d.pipe == nil || len(d.pipe.buf) < pipeSize || d.pipe.readers == 0
	}
	return true
}

// work moves what is there; false when the transfer is over.
func (c *socatCmd) work(t *socatPair) bool {
	now := c.n.now()
	for i, e := range t.end {
		for c.reads(i) && !e.eof && c.ready(e) && c.room(t.end[1-i]) {
			b, eof, bad := c.read(e)
			if bad != 0 {
				c.status = c.err("read(5, ..., %d): %s", c.block, errnoWords(bad))
				return false
			}
			if len(b) > 0 {
				t.last = now
				if !c.write(t.end[1-i], b) {
					return false
				}
			}
			if eof {
				e.eof = true
				c.shut(t.end[1-i])
				t.until = now + c.linger
			}
			if len(b) == 0 {
				break
			}
		}
	}
	a, b := t.end[0].eof || !c.reads(0), t.end[1].eof || !c.reads(1)
	return !(a && b || t.until > 0 && now >= t.until || c.idle > 0 && now >= t.last+c.idle)
}

func (c *socatCmd) read(e *socatEnd) (b []byte, eof bool, bad core.Errno) {
	buf := make([]byte, c.block)
	switch {
	case e.pkt != nil:
		out := e.pkt.RcvQueue.Front().PktType == core.PacketOutgoing
		m, er := e.pkt.Recv(buf, core.MsgDontWait)
		if er != 0 || out {
			return nil, false, 0
		}
		return buf[:m.N], false, 0
	case e.fd >= 0:
		op := socket.OpRecv
		if !e.dgram {
			op = socket.OpRead
		}
		r := &socket.Call{Op: op, FD: e.fd, Data: buf, Flags: core.MsgDontWait}
		c.n.prog.Do(r)
		switch {
		case r.Err == step.EAGAIN:
			return nil, false, 0
		case r.Err != 0:
			return nil, true, r.Err
		case r.Ret == 0 && !e.dgram && e.toPort == 0:
			return nil, true, 0
		}
		if e.once {
			e.to, e.toPort = r.From, r.FromPort
		}
		return buf[:r.Ret], e.once, 0
	}
	b, eof = c.p.read(e.rfd, c.block)
	return b, eof, 0
}

func (c *socatCmd) write(e *socatEnd, b []byte) bool {
	switch {
	case e.pkt != nil:
		if _, er := socket.SendFrame(e.pkt, b, int(e.pkt.BoundDev)); er != 0 {
			c.status = c.err("write(5, ..., %d): %s", len(b), errnoWords(er))
			return false
		}
		return true
	case e.fd >= 0 && e.toPort != 0:
		if _, er := c.n.prog.SendTo(e.fd, b, e.to, e.toPort, core.MsgDontWait); er != 0 && er != step.EAGAIN {
			c.status = c.err("sendto(5, ..., %d, 0, %s): %s", len(b), sockaddrText(e.to, e.toPort), errnoWords(er))
			return false
		}
		return true
	case e.tun:
		if r := (&socket.Call{Op: socket.OpWrite, FD: e.fd, Data: b}); c.n.prog.Do(r) && r.Err != 0 {
			c.status = c.err("write(5, ..., %d): %s", len(b), errnoWords(r.Err))
			return false
		}
		return true
	case e.fd >= 0:
		if er := c.n.send(e.fd, b, 0); er != 0 {
			c.status = c.err("write(5, ..., %d): %s", len(b), errnoWords(er))
			return false
		}
		return true
	case e.wfd >= 0:
		return c.p.write(e.wfd, b) == ""
	}
	return true
}

// shut tells the other end that no more comes.
func (c *socatCmd) shut(e *socatEnd) {
	if e.shut {
		return
	}
	e.shut = true
	switch {
	case e.fd >= 0 && !e.dgram && !e.tun && e.toPort == 0:
		c.n.prog.Shutdown(e.fd, socket.ShutWr)
	case e.kid != nil:
		c.p.close(e.wfd)
		e.wfd = -1
	}
}

func (c *socatCmd) end(t *socatPair) {
	for _, e := range t.end {
		switch {
		case e.pkt != nil:
			e.pkt.Close()
		case e.fd >= 0:
			if sk := c.n.prog.Sock(e.fd); sk != nil && sk.Type == core.SockStream { // xioclose, END_SHUTDOWN
				c.n.prog.Shutdown(e.fd, socket.ShutRdWr)
			}
			c.n.prog.Close(e.fd)
		default:
			for _, fd := range []int{e.rfd, e.wfd} {
				if fd >= 30 {
					c.p.close(fd)
				}
			}
		}
	}
}
