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

// A stream is one connection of chargen: at is where in its text it is.
type stream struct{ fd, at int }

const (
	chargenWidth = 72
	chargenFirst = ' '
	chargenChars = 95
)

// chargenLineLen is how long a line is, with its end.
const chargenLineLen = chargenWidth + 2

// chargenText is all that chargen ever says, once: each line begins one character
// later than the one before, until the first comes again.
var chargenText = func() []byte {
	var b []byte
	for n := range chargenChars {
		for i := range chargenWidth {
			b = append(b, byte(chargenFirst+(n+i)%chargenChars))
		}
		b = append(b, '\r', '\n')
	}
	return b
}()

// chargenLine is line n, with its end.
func chargenLine(n int) []byte {
	n = n % chargenChars * chargenLineLen
	return chargenText[n : n+chargenLineLen]
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
