package live

import (
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

var anyAddr wire.Addr

// chargen is RFC 864's server over UDP: a line for each datagram. Over TCP it is a
// streamServer.
type chargen struct {
	fd   int
	next int // the line that comes next
	buf  [2048]byte
}

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

// Run answers what there is.
func (s *chargen) Run(p *socket.Program) {
	if s.fd == 0 {
		fd, ok := listen(p, false, portChargen)
		if !ok {
			p.Exit()
			return
		}
		s.fd = fd
	}
	for p.Poll(s.fd)&socket.PollIn != 0 {
		c := p.RecvFrom(s.fd, s.buf[:], 0)
		if c.Err != 0 {
			return
		}
		p.SendTo(s.fd, chargenLine(s.next), c.From, c.FromPort, 0)
		s.next++
	}
}
