package live

import (
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

var anyAddr wire.Addr

// chargen is RFC 864's server: over TCP it sends lines of 72 characters for as
// long as somebody reads, over UDP one line for each datagram.
type chargen struct {
	tcp   bool
	fd    int
	conns []stream
	next  int // the line that comes next, of UDP
	buf   [2048]byte
}

// A stream is one connection of chargen.
type stream struct {
	fd, line int
	rest     []byte
}

const (
	chargenWidth = 72
	chargenFirst = ' '
	chargenChars = 95
)

// chargenLine is line n, with its end.
func chargenLine(n int) []byte {
	b := make([]byte, 0, chargenWidth+2)
	for i := range chargenWidth {
		b = append(b, byte(chargenFirst+(n+i)%chargenChars))
	}
	return append(b, '\r', '\n')
}

// Run serves what there is.
func (s *chargen) Run(p *socket.Program) {
	if s.fd == 0 {
		fd, ok := listen(p, s.tcp, portChargen)
		if !ok {
			p.Exit()
			return
		}
		s.fd = fd
	}
	if !s.tcp {
		for p.Poll(s.fd)&socket.PollIn != 0 {
			c := p.RecvFrom(s.fd, s.buf[:], 0)
			if c.Err != 0 {
				return
			}
			p.SendTo(s.fd, chargenLine(s.next), c.From, c.FromPort, 0)
			s.next++
		}
		return
	}
	for {
		fd, e := p.Accept(s.fd)
		if e != 0 {
			break
		}
		s.conns = append(s.conns, stream{fd: fd})
	}
	live := s.conns[:0]
	for i := range s.conns {
		if c := s.conns[i]; c.talk(p, s.buf[:]) {
			live = append(live, c)
		} else {
			p.Close(c.fd)
		}
	}
	s.conns = live
}

// talk sends what the socket takes and reports whether the other side is there.
func (c *stream) talk(p *socket.Program, buf []byte) bool {
	for p.Poll(c.fd)&socket.PollIn != 0 {
		n, e := p.Recv(c.fd, buf, 0)
		if e == step.EAGAIN {
			break
		}
		if e != 0 || n == 0 {
			return false
		}
	}
	for {
		if len(c.rest) == 0 {
			for range 64 {
				c.rest = append(c.rest, chargenLine(c.line)...)
				c.line = (c.line + 1) % chargenChars
			}
		}
		n, e := p.Send(c.fd, c.rest, 0)
		switch {
		case e == step.EAGAIN:
			return true
		case e != 0:
			return false
		}
		c.rest = c.rest[n:]
	}
}
