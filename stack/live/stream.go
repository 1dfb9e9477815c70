package live

import (
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A streamServer is what echo, discard and chargen are over TCP (RFC 862 to 864).
// It waits by epoll for those that have something to say, or room for more: who is
// silent costs nothing, however many there are.
type streamServer struct {
	kind  streamKind
	fd    int
	epoll int
	wait  socket.Call
	conns map[int]*stream
	buf   [65536]byte
}

// A streamKind is what a server does with what it reads.
type streamKind uint8

const (
	streamEcho streamKind = iota
	streamDiscard
	streamChargen
)

// port is where a kind is served.
func (k streamKind) port() uint16 {
	return [...]uint16{portEcho, portDiscard, portChargen}[k]
}

// A stream is one connection.
type stream struct {
	fd     int
	back   []byte // echo: read, and not yet sent
	room   []byte // where back is kept while it waits
	at     int    // chargen: where in its text it is
	events uint32 // what is waited for
	gone   bool   // the other side sends no more
}

// epollCall is epoll_wait, for ever.
func epollCall(fd int) socket.Call {
	return socket.Call{Op: socket.OpEpollWait, FD: fd, N: -1, N2: 64}
}

// epollCtl tells what is waited for.
func epollCtl(p *socket.Program, epoll, fd, how int, events uint32) {
	p.Do(&socket.Call{Op: socket.OpEpollCtl, FD: epoll, FD2: fd, Cmd: how, Ev: []socket.EpollEvent{{Events: events, Data: uint64(fd)}}})
}

// Run serves those that are ready.
func (s *streamServer) Run(p *socket.Program) {
	if s.fd == 0 && !s.start(p) {
		p.Exit()
		return
	}
	for {
		w := &s.wait
		if !p.Do(w) {
			return // asleep
		}
		if w.Err != 0 {
			p.Exit()
			return
		}
		ready := w.Ev[:w.Ret]
		*w = epollCall(s.epoll)
		for _, e := range ready {
			fd := int(e.Data)
			if fd == s.fd {
				s.accept(p)
			} else if c := s.conns[fd]; c != nil {
				s.talk(p, c)
			}
		}
	}
}

// start listens.
func (s *streamServer) start(p *socket.Program) (ok bool) {
	e := socket.Call{Op: socket.OpEpollCreate}
	if p.Do(&e); e.Err != 0 {
		return false
	}
	s.epoll, s.conns = e.Ret, map[int]*stream{}
	s.wait = epollCall(s.epoll)
	if s.fd, ok = listen(p, true, s.kind.port()); ok {
		epollCtl(p, s.epoll, s.fd, socket.EpollCtlAdd, socket.PollIn)
	}
	return ok
}

// accept takes the connections that have come.
func (s *streamServer) accept(p *socket.Program) {
	for {
		fd, e := p.Accept(s.fd)
		if e != 0 {
			return
		}
		c := &stream{fd: fd, events: socket.PollIn}
		if s.kind == streamChargen {
			c.events |= socket.PollOut
		}
		s.conns[fd] = c
		epollCtl(p, s.epoll, fd, socket.EpollCtlAdd, c.events)
	}
}

// talk goes on with one connection, and closes it when it is over.
func (s *streamServer) talk(p *socket.Program, c *stream) {
	var lives bool
	switch s.kind {
	case streamEcho:
		lives = c.echo(p, s.buf[:])
	case streamDiscard:
		lives = c.discard(p, s.buf[:])
	default:
		lives = c.discard(p, s.buf[:]) && c.generate(p)
	}
	if !lives {
		delete(s.conns, c.fd)
		p.Close(c.fd)
		return
	}
	if s.kind != streamEcho {
		return
	}
	events := uint32(socket.PollIn)
	if len(c.back) > 0 {
		events = socket.PollOut
	}
	if events != c.events {
		c.events = events
		epollCtl(p, s.epoll, c.fd, socket.EpollCtlMod, events)
	}
}

// echo sends back what comes, and reports whether the connection lives.
func (c *stream) echo(p *socket.Program, buf []byte) bool {
	for {
		for len(c.back) > 0 {
			n, e := p.Send(c.fd, c.back, 0)
			if e == step.EAGAIN {
				return c.keep()
			}
			if e != 0 {
				return false
			}
			c.back = c.back[n:]
		}
		if c.gone {
			return false
		}
		n, e := p.Recv(c.fd, buf, 0)
		switch {
		case e == step.EAGAIN:
			return true
		case e != 0:
			return false
		case n == 0:
			c.gone = true
		}
		c.back = buf[:n]
	}
}

// keep moves what waits to a place of the connection's own; the server's buffer is
// the next one's.
func (c *stream) keep() bool {
	c.room = append(c.room[:0], c.back...)
	c.back = c.room
	return true
}

// discard reads what comes, and reports whether the other side is still there.
func (c *stream) discard(p *socket.Program, buf []byte) bool {
	for {
		n, e := p.Recv(c.fd, buf, 0)
		switch {
		case e == step.EAGAIN:
			return true
		case e != 0 || n == 0:
			return false
		}
	}
}

// generate sends what the socket takes of chargen's text, and reports whether the
// other side is there.
func (c *stream) generate(p *socket.Program) bool {
	for {
		n, e := p.Send(c.fd, chargenText[c.at:], 0)
		switch {
		case e == step.EAGAIN:
			return true
		case e != 0:
			return false
		}
		c.at = (c.at + n) % len(chargenText)
	}
}
