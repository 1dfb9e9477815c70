package lab

import (
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

func init() { extra["nc"], extra["netcat"], extra["nc.openbsd"] = ncTool, ncTool, ncTool }

// A netcat is nc(1) of OpenBSD as Debian has it.
type netcat struct {
	term
	Host, Port       string
	Addr, Src        wire.Addr
	Ports            []uint16
	SrcPort          uint16
	Listen, UDP, Zap bool // -l, -u, -z
	Verbose, Keep    bool
	NoIn, Shut       bool // -d, -N
	Wait, Quit       sim.Time
	Numeric          bool
	TOS              int
	Six              bool

	state   int
	lfd, fd int
	port    int // index into Ports
	conn    *socket.Call
	end     sim.Time // of the wait
	eofAt   sim.Time
	inDone  bool
	outDone bool
	known   bool // UDP: the peer is known
	buf     []byte
	failed  bool
	sentAny bool
}

const (
	ncStart = iota
	ncAccept
	ncConnect
	ncTalk
)

func ncTool(p *Proc, a []string) int {
	n := &netcat{Quit: -1}
	fam := 0
	badNum := ""
	rest, badOpt := flags(a[1:], "46CDdFhklNnrStUuvZzI:i:M:m:O:P:p:q:s:T:V:W:w:X:x:b:", func(c byte, v string) {
		num := func() int {
			x, err := strconv.Atoi(v)
			if err != nil {
				badNum = v
			}
			return x
		}
		switch c {
		case '4':
			fam = 4
		case '6':
			fam = 6
		case 'l':
			n.Listen = true
		case 'u':
			n.UDP = true
		case 'z':
			n.Zap = true
		case 'v':
			n.Verbose = true
		case 'k':
			n.Keep = true
		case 'd':
			n.NoIn = true
		case 'N':
			n.Shut = true
		case 'n':
			n.Numeric = true
		case 'w':
			n.Wait = sim.Time(num()) * sim.Second
		case 'q':
			n.Quit = sim.Time(num()) * sim.Second
		case 'p':
			n.SrcPort = uint16(num())
		case 's':
			if s, e := p.resolve(v, 0); e == "" {
				n.Src = s
			}
		case 'T':
			x, _ := strconv.ParseUint(v, 0, 8)
			n.TOS = int(x)
		}
	})
	if badOpt != "" {
		p.errf("nc: invalid option -- '%s'\nusage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n", strings.TrimLeft(badOpt, "-"))
		return 1
	}
	if badNum != "" {
		p.errf("nc: invalid number: %s\n", badNum)
		return 1
	}
	switch {
	case n.Listen && len(rest) == 0:
		n.Port = strconv.Itoa(int(n.SrcPort))
	case n.Listen && len(rest) == 1:
		n.Port = rest[0]
	case len(rest) == 2:
		n.Host, n.Port = rest[0], rest[1]
	default:
		p.errf("usage: nc [-46CDdFhklNnrStUuvZz] [-I length] [-i interval] [-M ttl]\n\t  [-m minttl] [-O length] [-P proxy_username] [-p source_port]\n\t  [-q seconds] [-s sourceaddr] [-T keyword] [-V rtable] [-W recvlimit]\n\t  [-w timeout] [-X proxy_protocol] [-x proxy_address[:port]]\n\t  [destination] [port]\n")
		return 1
	}
	lo, hi, span := strings.Cut(n.Port, "-")
	x, ok1 := portNumber(lo)
	y := x
	if span {
		var ok bool
		if y, ok = portNumber(hi); !ok {
			x = 0
		}
	}
	if !ok1 || x == 0 && !n.Listen || y < x {
		p.errf("nc: port number invalid: %s\n", n.Port)
		return 1
	}
	for k := x; k <= y; k++ {
		n.Ports = append(n.Ports, uint16(k))
	}
	if n.Host != "" {
		ad, e := p.resolve(n.Host, fam)
		if e != "" {
			p.errf("nc: getaddrinfo for host \"%s\" port %s: %s\n", n.Host, n.Port, e)
			return 1
		}
		n.Addr = ad
	}
	n.Six = fam == 6 || !n.Addr.IsZero() && !n.Addr.Is4()
	n.WantIn = !n.NoIn && !n.Zap
	return p.runProgram("nc", n)
}

func portNumber(s string) (int, bool) {
	if n, err := strconv.Atoi(s); err == nil {
		return n, n >= 0 && n < 65536
	}
	n := servicePort(s)
	return max(n, 0), n > 0
}

func (n *netcat) family() uint16 {
	if n.Six {
		return core.AFInet6
	}
	return core.AFInet
}

// Run goes on as far as it can.
func (n *netcat) Run(p *socket.Program) {
	if n.buf == nil {
		n.buf = make([]byte, 16384)
	}
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
		case ncTalk:
			if !n.talk(p) {
				return
			}
		}
		if p.Exited {
			return
		}
	}
}

func (n *netcat) kind() uint8 {
	if n.UDP {
		return core.SockDgram
	}
	return core.SockStream
}

func (n *netcat) service(port uint16) string {
	if n.Numeric {
		return "*"
	}
	if s := services[int(port)]; s != "" {
		return s
	}
	return "*"
}

func (n *netcat) proto() string {
	if n.UDP {
		return "udp"
	}
	return "tcp"
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
	if n.TOS != 0 {
		p.SetSockOpt(fd, socket.IPTOS, n.TOS)
	}
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
			at := "0.0.0.0"
			if !addr.IsZero() {
				at = addr.String()
			}
			word := "Listening"
			if n.UDP {
				word = "Bound"
			}
			n.errf("%s on %s %d\n", word, at, port)
		}
		n.lfd = fd
		if n.UDP {
			n.fd, n.state = fd, ncTalk
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
	p.SetNonBlock(fd, false)
	n.conn = &socket.Call{Op: socket.OpConnect, FD: fd, Addr: n.Addr, Port: port}
	if n.end = 0; n.Wait > 0 {
		n.end = p.NS.Clock.Now() + n.Wait
		p.Alarm(n.end)
	}
	n.state = ncConnect
	return true
}

// connecting waits for connect() to return.
func (n *netcat) connecting(p *socket.Program) bool {
	port := n.Ports[n.port]
	if !p.Do(n.conn) {
		if n.end == 0 || p.NS.Clock.Now() < n.end {
			if n.end > 0 {
				p.Alarm(n.end)
			}
			return false
		}
		n.conn.Err = step.ETIMEDOUT
		n.conn.Done = true
		if n.Verbose {
			n.errf("nc: connect to %s port %d (%s) timed out: Operation now in progress\n", n.Host, port, n.proto())
		}
		return n.next(p, true)
	}
	if e := n.conn.Err; e != 0 {
		if n.Verbose {
			n.errf("nc: connect to %s port %d (%s) failed: %s\n", n.Host, port, n.proto(), errnoWords(e))
		}
		return n.next(p, true)
	}
	if n.UDP && n.Zap && n.Verbose && !n.sentAny {
		// udptest: send four bytes, and see whether an error comes back
		n.sentAny = true
		p.Send(n.fd, []byte{'X'}, 0)
		n.end = p.NS.Clock.Now() + sim.Second
		p.Alarm(n.end)
		return false
	}
	if n.UDP && n.Zap && n.sentAny {
		if p.NS.Clock.Now() < n.end {
			p.Alarm(n.end)
			return false
		}
		n.sentAny = false
		if e, _ := p.GetSockOpt(n.fd, socket.SOError); e != 0 {
			return n.next(p, true)
		}
	}
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
	n.state = ncTalk
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
	if n.Verbose {
		if sk := p.Sock(fd); sk != nil {
			n.errf("Connection received on %s %d\n", sk.Daddr, sk.Dport)
		}
	}
	n.state = ncTalk
	return true
}

// talk copies both ways.
func (n *netcat) talk(p *socket.Program) bool {
	now := p.NS.Clock.Now()
	for len(n.In) > 0 && (!n.UDP || !n.Listen || n.known) {
		chunk := n.In[:min(len(n.In), 16384)]
		k, e := p.Send(n.fd, chunk, 0)
		if e == step.EAGAIN {
			break
		}
		if e != 0 {
			n.In = nil
			if n.UDP {
				n.exit(p, 1)
				return false
			}
			break
		}
		n.In = n.In[k:]
		n.sentAny = true
	}
	if n.InEOF && len(n.In) == 0 && !n.inDone {
		n.inDone = true
		if n.Shut && !n.UDP {
			p.Shutdown(n.fd, socket.ShutWr)
		}
		if n.Quit >= 0 {
			n.eofAt = now + n.Quit
		}
	}
	for {
		if p.Poll(n.fd)&(socket.PollIn|socket.PollErr|socket.PollHup) == 0 {
			break
		}
		c := p.RecvFrom(n.fd, n.buf, 0)
		if c.Err == step.EAGAIN {
			break
		}
		if c.Err != 0 {
			if n.UDP && n.Listen {
				break
			}
			if c.Err != step.ECONNRESET {
				n.errf("nc: read failed (0/3): %s\n", errnoWords(c.Err))
			}
			return n.hangUp(p, 1)
		}
		if n.UDP && n.Listen && !n.known {
			n.known = true
			p.Connect(n.fd, c.From, c.FromPort)
			if n.Verbose {
				n.errf("Connection received on %s %d\n", c.From, c.FromPort)
			}
		}
		if c.Ret == 0 && !n.UDP {
			n.outDone = true
			break
		}
		n.Out = append(n.Out, n.buf[:c.Ret]...)
		if n.Wait > 0 {
			n.end = now + n.Wait
		}
		if len(n.Out) > 1<<20 {
			return false
		}
	}
	switch {
	case n.outDone:
		return n.hangUp(p, 0)
	case n.eofAt > 0 && now >= n.eofAt:
		return n.hangUp(p, 0)
	case n.Wait > 0 && n.end > 0 && now >= n.end:
		return n.hangUp(p, 0)
	}
	if n.Wait > 0 && n.end == 0 {
		n.end = now + n.Wait
	}
	at := n.eofAt
	if n.end > 0 && n.Wait > 0 && (at == 0 || n.end < at) {
		at = n.end
	}
	if at > 0 {
		p.Alarm(at)
	}
	return false
}

// hangUp ends a connection; with -k the next one is waited for.
func (n *netcat) hangUp(p *socket.Program, st int) bool {
	p.Close(n.fd)
	if n.Listen && n.Keep && !n.UDP {
		n.outDone, n.state = false, ncAccept
		return true
	}
	n.exit(p, st)
	return false
}
