package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Run goes on as far as it can.
func (n *netcat) Run(p *socket.Program) {
	for {
		switch n.state {
		case ncStart:
			if !n.start(p) {
				return
			}
		case ncAccept:
			if !n.accept(p) {
				return
			}
		case ncConnect:
			if !n.connecting(p) {
				return
			}
		case ncProbe:
			if !n.probe(p) {
				return
			}
		case ncPeer:
			if !n.peer(p) {
				return
			}
		case ncTalk:
			if !n.readwrite(p) {
				return
			}
		case ncQuit:
			if p.NS.Clock.Now() < n.end {
				p.Alarm(n.end)
				return
			}
			n.exit(p, 0)
		}
		if p.Exited {
			return
		}
	}
}

// start makes the socket of the next port.
func (n *netcat) start(p *socket.Program) bool {
	if n.port >= len(n.Ports) {
		st := 0
		if n.failed {
			st = 1
		}
		n.exit(p, st)
		return false
	}
	port := n.Ports[n.port]
	fd, e := p.Socket(n.family(), n.kind(), 0)
	if e != 0 {
		n.errf("nc: socket: %s\n", errnoWords(e))
		n.exit(p, 1)
		return false
	}
	n.options(p, fd)
	if n.Listen {
		p.SetSockOpt(fd, socket.SOReuseAddr, 1)
		p.SetSockOpt(fd, socket.SOReusePort, 1)
		addr := n.Addr
		if e := p.Bind(fd, addr, port); e != 0 {
			n.errf("nc: %s\n", errnoWords(e))
			n.exit(p, 1)
			return false
		}
		if n.Verbose {
			if addr.IsZero() && !n.Six {
				addr = wire.IP4(0).Addr()
			}
			word := "Listening"
			if n.UDP {
				word = "Bound"
			}
			if at := n.nameOf(addr); at != "" {
				n.errf("%s on %s %d\n", word, at, port)
			}
		}
		n.lfd = fd
		if n.UDP {
			n.fd, n.state = fd, ncPeer
			if n.Keep {
				n.begin(p)
			}
			return true
		}
		p.Listen(fd, 1)
		n.state = ncAccept
		return true
	}
	n.fd = fd
	if n.SrcPort != 0 || !n.Src.IsZero() {
		p.SetSockOpt(fd, socket.SOReuseAddr, 1)
		if e := p.Bind(fd, n.Src, n.SrcPort); e != 0 {
			n.errf("nc: bind failed: %s\n", errnoWords(e))
			n.exit(p, 1)
			return false
		}
	}
	n.asked = false
	if n.end = 0; n.Wait >= 0 {
		n.end = p.NS.Clock.Now() + n.Wait
		p.Alarm(n.end)
	}
	n.state = ncConnect
	return true
}

// connecting is timeout_connect: connect() without sleep, then select() until
// the socket is writable or has an error, which SO_ERROR tells.
func (n *netcat) connecting(p *socket.Program) bool {
	port := n.Ports[n.port]
	e := core.Errno(0)
	if !n.asked {
		n.asked = true
		p.SetNonBlock(n.fd, true)
		e = p.Connect(n.fd, n.Addr, port)
		if e == step.EINPROGRESS { // poll is another call
			p.Yield()
			return false
		}
	} else {
		e = step.EINPROGRESS
	}
	if e == step.EINPROGRESS {
		if p.Poll(n.fd)&(socket.PollOut|socket.PollErr) == 0 {
			if n.end == 0 || p.NS.Clock.Now() < n.end {
				if n.end > 0 {
					p.Alarm(n.end)
				}
				return false
			}
			if n.Verbose {
				n.errf("nc: connect to %s port %d (%s) timed out: Operation now in progress\n", n.Host, port, n.proto())
			}
			return n.next(p, true)
		}
		v, _ := p.GetSockOpt(n.fd, socket.SOError)
		e = core.Errno(v)
	}
	if e != 0 {
		if n.Verbose {
			n.errf("nc: connect to %s port %d (%s) failed: %s\n", n.Host, port, n.proto(), errnoWords(e))
		}
		return n.next(p, true)
	}
	if n.UDP && (n.Verbose || n.Zap) {
		n.state, n.probes, n.end = ncProbe, 0, 0
		return true
	}
	return n.connected(p)
}

// probe is udptest: it sends an X twice and then one a second, three times or
// as -w says, and looks whether the port is closed.
func (n *netcat) probe(p *socket.Program) bool {
	times := 2 + 3
	if n.Wait >= 0 {
		times = 2 + int(n.Wait/sim.Second)
	}
	for n.probes < times {
		if n.probes >= 2 {
			if n.end == 0 {
				n.end = p.NS.Clock.Now() + sim.Second
			}
			if p.NS.Clock.Now() < n.end {
				p.Alarm(n.end)
				return false
			}
			n.end = 0
		}
		n.probes++
		if _, e := writeTo(p, n.fd, []byte{'X'}); e == step.ECONNREFUSED || e != 0 && n.probes == 1 {
			return n.next(p, true)
		}
	}
	return n.connected(p)
}

// connected tells of the connection.
func (n *netcat) connected(p *socket.Program) bool {
	port := n.Ports[n.port]
	if n.Verbose {
		host := n.Host
		ip := ""
		if n.Numeric || host == n.Addr.String() {
			ip = n.Addr.String()
		} else {
			ip = n.Addr.String()
		}
		if ip == host {
			n.errf("Connection to %s %d port [%s/%s] succeeded!\n", host, port, n.proto(), n.service(port))
		} else {
			n.errf("Connection to %s (%s) %d port [%s/%s] succeeded!\n", host, ip, port, n.proto(), n.service(port))
		}
	}
	if n.Zap {
		return n.next(p, false)
	}
	n.begin(p)
	return true
}

// next goes to the next port of the list.
func (n *netcat) next(p *socket.Program, failed bool) bool {
	p.Close(n.fd)
	n.failed = failed
	n.port++
	n.state = ncStart
	return true
}

func (n *netcat) accept(p *socket.Program) bool {
	fd, e := p.Accept(n.lfd)
	if e != 0 {
		return false
	}
	n.fd = fd
	p.SetNonBlock(fd, true)
	n.options(p, fd)
	n.received(p)
	n.begin(p)
	return true
}

// received tells who has come.
func (n *netcat) received(p *socket.Program) {
	if sk := p.Sock(n.fd); sk != nil && n.Verbose {
		if name := n.nameOf(sk.Daddr); name != "" {
			n.errf("Connection received on %s %d\n", name, sk.Dport)
		}
	}
}

// peer waits for the first datagram and connects to who sent it.
func (n *netcat) peer(p *socket.Program) bool {
	if p.Poll(n.fd)&(socket.PollIn|socket.PollErr) == 0 {
		return false
	}
	c := p.RecvFrom(n.fd, make([]byte, 2048), core.MsgPeek|core.MsgDontWait)
	switch {
	case c.Err == step.EAGAIN:
		return false
	case c.Err != 0:
		n.errf("nc: recvfrom: %s\n", errnoWords(c.Err))
		n.exit(p, 1)
		return false
	}
	if e := p.Connect(n.fd, c.From, c.FromPort); e != 0 {
		n.errf("nc: connect: %s\n", errnoWords(e))
		n.exit(p, 1)
		return false
	}
	n.received(p)
	n.begin(p)
	return true
}

// options is set_common_sockopts.
func (n *netcat) options(p *socket.Program, fd int) {
	if n.Bcast {
		p.SetSockOpt(fd, socket.SOBroadcast, 1)
	}
	if n.TOS >= 0 {
		p.SetSockOpt(fd, socket.IPTOS, n.TOS)
	}
	if n.RcvBuf > 0 {
		p.SetSockOpt(fd, socket.SORcvBuf, n.RcvBuf)
	}
	if n.SndBuf > 0 {
		p.SetSockOpt(fd, socket.SOSndBuf, n.SndBuf)
	}
	if n.TTL >= 0 {
		p.SetSockOpt(fd, socket.IPTTL, n.TTL)
	}
}
