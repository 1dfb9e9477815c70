package lab

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// run opens the first address, then the second, and copies. With fork every
// connection gets a second address of its own.
func (c *socatCmd) run() int {
	first := c.specs[0]
	if strings.Contains(first.typ, "LISTEN") || strings.HasSuffix(first.typ, "-L") || strings.HasSuffix(first.typ, "RECVFROM") && first.has("fork") {
		if strings.HasPrefix(first.typ, "TCP") {
			return c.serveTCP(first)
		}
		return c.serveUDP(first)
	}
	a, bad := c.open(first)
	if bad != "" {
		return c.err("%s", bad)
	}
	b, bad := c.open(c.specs[1])
	if bad != "" {
		return c.err("%s", bad)
	}
	c.pending = []*socatPair{{end: [2]*socatEnd{a, b}, last: c.n.now()}}
	return c.loop(false)
}

// bindTo is the address and port that options name.
func (s *socatSpec) bindTo() (a wire.Addr, port uint16) {
	if v := s.opts["bind"]; v != "" {
		w := splitColons(v)
		a, _ = parseAddr(w[0])
		if len(w) > 1 {
			x, _ := portNumber(w[1])
			port = uint16(x)
		}
	}
	for _, k := range []string{"sourceport", "sp"} {
		if v, ok := s.opts[k]; ok {
			x, _ := portNumber(v)
			port = uint16(x)
		}
	}
	return a, port
}

func (s *socatSpec) fam() int {
	switch {
	case strings.Contains(s.typ, "6"):
		return 6
	case strings.Contains(s.typ, "4"), s.opts["pf"] == "ip4":
		return 4
	}
	return 0
}

// open opens any address that does not listen.
func (c *socatCmd) open(s *socatSpec) (*socatEnd, string) {
	e := &socatEnd{fd: -1, rfd: -1, wfd: -1}
	p := c.p
	switch s.typ {
	case "STDIO":
		e.rfd, e.wfd = 0, 1
	case "STDIN":
		e.rfd = 0
	case "STDOUT":
		e.wfd = 1
	case "STDERR":
		e.wfd = 2
	case "EXEC", "SYSTEM", "SHELL":
		c.exec(e, s.params[0])
	case "OPEN", "FILE", "GOPEN", "CREATE", "CREAT":
		return e, c.file(s, e)
	case "TUN":
		return e, c.openTun(s, e)
	case "INTERFACE", "IF":
		d := p.host.NS.DevByName(s.params[0])
		if d == nil {
			return nil, fmt.Sprintf("unknown interface \"%s\"", s.params[0])
		}
		e.pkt = raw.NewPacket(p.host.NS, 3, d.Index, false)
		e.pkt.Waker = c.n.prog
	default:
		if strings.HasPrefix(s.typ, "TCP") && len(s.params) == 2 || strings.HasPrefix(s.typ, "UDP") && len(s.params) == 2 {
			if bad := c.connect(s, e); bad != "" {
				return e, bad
			}
			if bad := c.sockopts(s, e.fd, true); bad != "" {
				return e, bad
			}
			return e, c.sockopts(s, e.fd, false)
		}
		return e, c.receive(s, e)
	}
	return e, ""
}

// connect is TCP:host:port, UDP:host:port and their like.
func (c *socatCmd) connect(s *socatSpec, e *socatEnd) string {
	a, bad := c.p.resolve(s.params[0], s.fam())
	if bad != "" {
		return fmt.Sprintf("getaddrinfo(\"%s\", \"NULL\", {1,%d,1,6}, {}): %s", s.params[0], 0, bad)
	}
	port, ok := portNumber(s.params[1])
	if !ok {
		return "getaddrinfo(\"" + s.params[0] + "\", \"" + s.params[1] + "\", {}): Servname not supported for ai_socktype"
	}
	d := dialing{addr: a, port: uint16(port), set: func(fd int) core.Errno { return c.options(s, fd) }}
	d.src, d.srcPort = s.bindTo()
	if e.dgram = strings.HasPrefix(s.typ, "UDP"); e.dgram {
		d.kind = core.SockDgram
	}
	if strings.Contains(s.typ, "SENDTO") || strings.Contains(s.typ, "DATAGRAM") {
		fd, er := c.n.prog.Socket(familyOf(a), core.SockDgram, 0)
		if er == 0 {
			er = c.options(s, fd)
		}
		if er == 0 && (!d.src.IsZero() || d.srcPort != 0) {
			er = c.n.prog.Bind(fd, d.src, d.srcPort)
		}
		if er != 0 {
			return "bind(5, ...): " + errnoWords(er)
		}
		e.fd, e.to, e.toPort = fd, a, uint16(port)
		return ""
	}
	if f, err := strconv.ParseFloat(s.opts["connect-timeout"], 64); err == nil {
		d.end = c.n.now() + sim.Time(f*1e9)
	}
	tries := 1
	if n, err := strconv.Atoi(s.opts["retry"]); err == nil {
		tries += max(0, min(1000, n))
	}
	var er core.Errno
	var bound bool
	d.bound = &bound
	for i := range tries {
		if e.fd, er = c.n.dial(d); er == 0 {
			return ""
		}
		if !bound && (!d.src.IsZero() || d.srcPort != 0) {
			if d.src.IsZero() && a.Is4() {
				d.src = wire.IP4(0).Addr()
			}
			at, n, _ := strings.Cut(sockaddrText(d.src, d.srcPort), ", ")
			return fmt.Sprintf("bind(5, {%s}, %s): %s", at, n, errnoWords(er))
		}
		if i+1 < tries {
			gap := 1.0
			if f, err := strconv.ParseFloat(s.opts["interval"], 64); err == nil {
				gap = f
			}
			c.p.sleep(sim.Time(gap * 1e9))
		}
	}
	af, n := 2, 16
	at := a.String()
	if !a.Is4() {
		af, n, at = 10, 28, "["+at+"]"
	}
	return fmt.Sprintf("connect(5, AF=%d %s:%d, %d): %s", af, at, port, n, errnoWords(er))
}

// receive is UDP-RECV and UDP-RECVFROM.
func (c *socatCmd) receive(s *socatSpec, e *socatEnd) string {
	fd, bad := c.bound(s)
	if bad != "" {
		return bad
	}
	e.fd, e.dgram = fd, true
	e.once = strings.HasSuffix(s.typ, "RECVFROM")
	return ""
}

// sockaddrText is an address as socat's complaints write it (sockaddr_info), and its
// length: "AF=2 10.0.0.1:80, 16".
func sockaddrText(a wire.Addr, port uint16) string {
	if a.Is4() {
		return fmt.Sprintf("AF=%d %s:%d, 16", core.AFInet, a, port)
	}
	b := a.Netip().As16()
	at := ""
	for i := 0; i < 16; i += 2 {
		at += fmt.Sprintf("%02x%02x:", b[i], b[i+1])
	}
	return fmt.Sprintf("AF=%d [%s]:%d, 28", core.AFInet6, at[:len(at)-1], port)
}

// bound is a UDP socket on the port that an address names.
func (c *socatCmd) bound(s *socatSpec) (int, string) {
	port, ok := portNumber(s.params[0])
	if !ok {
		return -1, "service \"" + s.params[0] + "\" unknown"
	}
	fam := uint16(core.AFInet)
	if s.fam() == 6 {
		fam = core.AFInet6
	}
	fd, e := c.n.prog.Socket(fam, core.SockDgram, 0)
	a, _ := s.bindTo()
	if e == 0 {
		e = c.options(s, fd)
	}
	if e == 0 {
		e = c.n.prog.Bind(fd, a, uint16(port))
	}
	if e != 0 {
		if a.IsZero() && fam == core.AFInet {
			a = wire.IP4(0).Addr()
		}
		at, n, _ := strings.Cut(sockaddrText(a, uint16(port)), ", ")
		return -1, fmt.Sprintf("bind(5, {%s}, %s): %s", at, n, errnoWords(e))
	}
	if bad := c.sockopts(s, fd, true); bad != "" {
		return fd, bad
	}
	if !strings.HasSuffix(s.typ, "RECVFROM") {
		return fd, s.unused()
	}
	return fd, c.sockopts(s, fd, false)
}

func (c *socatCmd) file(s *socatSpec, e *socatEnd) string {
	name := strings.Join(s.params, ":")
	mode := byte('+')
	switch {
	case s.has("rdonly"):
		mode = 'r'
	case s.typ[:2] == "CR" || s.has("trunc"):
		mode = 'w'
	case s.has("append") || s.typ == "GOPEN":
		mode = 'a'
	}
	if st, bad := c.p.stat(name); bad != "" && mode == '+' && !s.has("creat") && !s.has("create") {
		return fmt.Sprintf("open(\"%s\", 02, 0666): %s", name, bad)
	} else if st.dir {
		return fmt.Sprintf("open(\"%s\", 02, 0666): %s", name, isDir)
	}
	d, bad := c.p.open(name, mode)
	if bad != "" {
		return fmt.Sprintf("open(\"%s\", 02, 0666): %s", name, bad)
	}
	if mode == 'a' && s.typ == "GOPEN" {
		d.r = true
	}
	e.rfd = c.put(d)
	e.wfd = e.rfd
	return ""
}

// put keeps an open file under a free number.
func (c *socatCmd) put(d *desc) int {
	fd := 30
	for c.p.fds[fd] != nil {
		fd++
	}
	c.p.set(fd, d)
	return fd
}

// exec starts a command with pipes to its input and output.
func (c *socatCmd) exec(e *socatEnd, cmd string) {
	r1, w1 := pipePair()
	r2, w2 := pipePair()
	e.kid = c.p.fork("sh", func(q *Proc) int {
		sh := newShell(q, "sh", nil)
		q.sh = sh
		sh.source("sh", cmd, 1)
		sh.finish()
		return sh.status
	})
	for _, fd := range e.kid.openFDs() {
		if fd > 2 {
			e.kid.close(fd)
		}
	}
	e.kid.set(0, r1)
	e.kid.set(1, w2)
	e.wfd, e.rfd = c.put(w1), c.put(r2)
}

// serveTCP is TCP-LISTEN.
func (c *socatCmd) serveTCP(s *socatSpec) int {
	port, ok := portNumber(s.params[0])
	if !ok {
		return c.err("service \"%s\" unknown", s.params[0])
	}
	a, _ := s.bindTo()
	fd, e := c.n.listen(a, uint16(port), s.fam() == 6, 5)
	if e != 0 {
		at := "0.0.0.0"
		if !a.IsZero() {
			at = a.String()
		}
		return c.err("bind(5, {AF=2 %s:%d}, 16): %s", at, port, errnoWords(e))
	}
	c.options(s, fd)
	if bad := c.sockopts(s, fd, true); bad != "" {
		return c.err("%s", bad)
	}
	c.lfd = fd
	return c.loop(true)
}

// serveUDP is UDP-LISTEN and UDP-RECVFROM with fork: the first datagram of a
// sender opens a transfer with it. RECVFROM keeps its socket, which is never
// connected, and answers the sender of each datagram.
func (c *socatCmd) serveUDP(s *socatSpec) int {
	fd, once := -1, strings.HasSuffix(s.typ, "RECVFROM")
	buf := make([]byte, 65536)
	for {
		bad := ""
		if fd < 0 {
			fd, bad = c.bound(s)
		}
		if bad != "" {
			return c.err("%s", bad)
		}
		c.n.wait(fd, socket.PollIn, 0)
		r := c.n.prog.RecvFrom(fd, buf, core.MsgDontWait)
		if r.Err != 0 {
			c.n.prog.Close(fd)
			fd = -1
			continue
		}
		e := &socatEnd{fd: fd, rfd: -1, wfd: -1, dgram: true, once: once}
		if once {
			e.to, e.toPort = r.From, r.FromPort
		} else {
			c.n.prog.Connect(fd, r.From, r.FromPort)
		}
		o, bad := c.open(c.specs[1])
		if bad != "" {
			return c.err("%s", bad)
		}
		c.pending = []*socatPair{{end: [2]*socatEnd{e, o}, last: c.n.now()}}
		if !c.right {
			c.write(o, buf[:r.Ret])
		}
		if e.once {
			e.eof = true
			c.shut(o)
			c.pending[0].until = c.n.now() + c.linger
			if c.left && s.has("fork") { // the child waits, and nobody waits for it
				c.pending[0].until = c.n.now()
			}
		}
		st := c.loop(false)
		if !once {
			c.n.prog.Close(fd)
			fd = -1
		}
		if !s.has("fork") {
			return st
		}
	}
}
