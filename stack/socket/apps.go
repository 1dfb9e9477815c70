package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// bufSize is what the programs here read at once, in bytes.
const bufSize = 65536

// An EchoServer sends back what it gets: over UDP each datagram, over TCP what
// comes on each connection, until the other side closes.
type EchoServer struct {
	Family uint16
	TCP    bool
	Addr   wire.Addr // zero: any
	Port   uint16
	Err    core.Errno // why it could not start

	fd    int
	conns []echoConn
	buf   []byte
}

type echoConn struct {
	fd   int
	back []byte // read and not yet written
	eof  bool
}

// Run serves what is there.
func (s *EchoServer) Run(p *Program) {
	if s.fd == 0 && !s.start(p) {
		p.Exit()
		return
	}
	if !s.TCP {
		s.datagrams(p)
		return
	}
	for {
		fd, e := p.Accept(s.fd)
		if e != 0 {
			break
		}
		s.conns = append(s.conns, echoConn{fd: fd})
	}
	live := s.conns[:0]
	for i := range s.conns {
		if c := s.conns[i]; c.serve(p, s.buf) {
			live = append(live, c)
		}
	}
	s.conns = live
}

func (s *EchoServer) start(p *Program) bool {
	s.buf = make([]byte, bufSize)
	kind := uint8(core.SockDgram)
	if s.TCP {
		kind = core.SockStream
	}
	if s.fd, s.Err = p.Socket(s.Family, kind, 0); s.Err != 0 {
		return false
	}
	p.SetSockOpt(s.fd, SOReuseAddr, 1)
	if s.Err = p.Bind(s.fd, s.Addr, s.Port); s.Err == 0 && s.TCP {
		s.Err = p.Listen(s.fd, 128)
	}
	return s.Err == 0
}

func (s *EchoServer) datagrams(p *Program) {
	for p.Poll(s.fd)&PollIn != 0 {
		c := p.RecvFrom(s.fd, s.buf, 0)
		if c.Err != 0 {
			return
		}
		p.SendTo(s.fd, s.buf[:c.Ret], c.From, c.FromPort, 0)
	}
}

// serve goes on with one connection and reports whether it still lives.
func (c *echoConn) serve(p *Program, buf []byte) bool {
	for {
		for len(c.back) > 0 {
			n, e := p.Send(c.fd, c.back, 0)
			if e == step.EAGAIN {
				return true
			}
			if e != 0 {
				p.Close(c.fd)
				return false
			}
			c.back = c.back[n:]
		}
		if c.eof {
			p.Close(c.fd)
			return false
		}
		n, e := p.Recv(c.fd, buf, 0)
		switch {
		case e == step.EAGAIN:
			return true
		case e != 0:
			p.Close(c.fd)
			return false
		case n == 0:
			c.eof = true
		default:
			c.back = append(c.back[:0], buf[:n]...)
		}
	}
}

// A Sink reads at once whatever arrives, and drops it.
type Sink struct {
	Family  uint16
	TCP     bool
	Addr    wire.Addr
	Port    uint16
	Rate    int // bytes a second that it reads at most, 0: no limit
	StopAt  int // it reads no more after so many bytes, 0: never
	Err     core.Errno
	Got     int // bytes read
	Packets int // datagrams, or reads

	fd    int
	conns []int
	buf   []byte
	next  sim.Time // with a Rate: when it may read again
}

// Run reads what is there.
func (s *Sink) Run(p *Program) {
	if s.fd == 0 {
		e := EchoServer{Family: s.Family, TCP: s.TCP, Addr: s.Addr, Port: s.Port}
		if !e.start(p) {
			s.Err = e.Err
			p.Exit()
			return
		}
		s.fd, s.buf = e.fd, e.buf
		if !s.TCP {
			s.conns = []int{s.fd}
		}
	}
	if s.TCP {
		for {
			fd, e := p.Accept(s.fd)
			if e != 0 {
				break
			}
			s.conns = append(s.conns, fd)
		}
	}
	live := s.conns[:0]
	for _, fd := range s.conns {
		if s.read(p, fd) {
			live = append(live, fd)
		} else {
			p.Close(fd)
		}
	}
	s.conns = live
}

// read empties one socket, and reports whether it stays open.
func (s *Sink) read(p *Program, fd int) bool {
	for s.StopAt == 0 || s.Got < s.StopAt {
		if now := p.NS.Clock.Now(); s.Rate > 0 && now < s.next {
			p.Alarm(s.next)
			return true
		}
		n, e := p.Recv(fd, s.buf, 0)
		switch {
		case e == step.EAGAIN:
			return true
		case e != 0:
			return !s.TCP
		case n == 0 && s.TCP:
			return false
		}
		s.Got += n
		s.Packets++
		if s.Rate > 0 {
			s.next = p.NS.Clock.Now() + sim.Time(int64(n)*int64(sim.Second)/int64(s.Rate))
		}
	}
	return true
}

// A Responder answers each datagram with the next of its answers, after a
// delay: what the replay knows of a server from the capture.
type Responder struct {
	Family  uint16
	Addr    wire.Addr
	Port    uint16
	Answers [][]byte `fork:"share"`
	Delay   sim.Time
	Err     core.Errno

	fd, next int
	waiting  []answer
	buf      []byte
}

type answer struct {
	at   sim.Time
	to   wire.Addr
	port uint16
	data []byte
}

// Run reads requests and sends the answers that are due.
func (s *Responder) Run(p *Program) {
	if s.fd == 0 {
		e := EchoServer{Family: s.Family, Addr: s.Addr, Port: s.Port}
		if !e.start(p) {
			s.Err = e.Err
			p.Exit()
			return
		}
		s.fd, s.buf = e.fd, e.buf
	}
	now := p.NS.Clock.Now()
	for p.Poll(s.fd)&PollIn != 0 {
		c := p.RecvFrom(s.fd, s.buf, 0)
		if c.Err != 0 {
			break
		}
		if s.next < len(s.Answers) {
			s.waiting = append(s.waiting, answer{now + s.Delay, c.From, c.FromPort, s.Answers[s.next]})
			s.next++
		}
	}
	for len(s.waiting) > 0 {
		a := &s.waiting[0]
		if a.at > now {
			p.Alarm(a.at)
			return
		}
		p.SendTo(s.fd, a.data, a.to, a.port, 0)
		s.waiting = s.waiting[1:]
	}
}
