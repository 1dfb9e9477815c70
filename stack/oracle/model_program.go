package oracle

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// agent is the program on the host: it makes the recorded calls, one after the
// other.
type agent struct {
	m      *model
	name   string
	fds    map[int]int    // recorded descriptor: the model's
	devs   map[int]bool   // those descriptors of the model that are tun devices
	inject map[string]int // packet sockets, by device
	todo   []Call
	call   *socket.Call // the one that it is in
	waits  bool         // for a connection that it does not block on
	remote string       // other end of the call that is running
}

// Run makes the calls that can be made.
func (a *agent) Run(p *socket.Program) {
	for len(a.todo) > 0 {
		if !a.step(p, &a.todo[0]) {
			return
		}
		a.todo, a.call, a.remote = a.todo[1:], nil, ""
	}
}

// sysNames are the system calls as the recordings name them.
var sysNames = map[string]string{"send": "sendto", "inject": "sendto", "recv": "recvfrom", "recverr": "recvmsg", "accept": "accept4"}

// by is the program that makes a call.
func (a *agent) by(c *Call) string {
	if c.By != "" {
		return c.By
	}
	return a.name
}

// step begins a call or goes on with it, and reports whether it is done.
func (a *agent) step(p *socket.Program, c *Call) bool {
	if c.Op == "recv" && c.Timeout > 0 {
		p.SetNonBlock(a.fds[c.FD], true)
	}
	if c.Op == "recv" && c.Timeout > 0 && a.call == nil && p.Poll(a.fds[c.FD])&(socket.PollIn|socket.PollErr) == 0 {
		if end := a.m.epoch + sim.Time(c.T+c.Timeout); p.NS.Clock.Now() < end {
			p.Alarm(end)
			return false
		}
		a.result(Result{Call: c.N, Errno: "EAGAIN"})
		return true
	}
	if o, ok := memberships[c.Opt]; ok {
		a.membership(p, c, o)
		return true
	}
	if o, ok := options[c.Opt]; ok && (c.Op == "setsockopt" || c.Op == "getsockopt") {
		a.option(p, c, o)
		return true
	}
	if a.call == nil {
		a.remote = c.Addr
		if a.call = a.prepare(p, c); a.call == nil {
			a.m.missing("the call " + c.Op + " " + c.Opt)
			return true
		}
	}
	name := sysNames[c.Op]
	if name == "" {
		name = c.Op
	}
	if c.Op == "connect" && c.Timeout > 0 && a.waits {
		return a.connecting(p, c)
	}
	if c.Op == "connect" && c.Timeout > 0 {
		p.SetNonBlock(a.fds[c.FD], true)
	}
	a.m.begin("syscall " + name + " by " + a.by(c))
	done := p.Do(a.call)
	a.m.Leave()
	if done && c.Op == "connect" && c.Timeout > 0 && a.call.Err == step.EINPROGRESS {
		a.waits = true
		return a.connecting(p, c)
	}
	if done {
		a.done(p, c)
	}
	return done
}

// memberships are options that take a group and a device.
var memberships = map[string]socket.Opt{"IP_ADD_MEMBERSHIP": socket.IPAddMembership, "IP_DROP_MEMBERSHIP": socket.IPDropMembership}

// membership joins a group or leaves it.
func (a *agent) membership(p *socket.Program, c *Call, o socket.Opt) {
	group, _, err := endpoint(c.Addr)
	if err != nil {
		a.m.missing("the group " + c.Addr)
		return
	}
	a.m.begin("syscall setsockopt by " + a.name)
	e := p.SetGroup(a.fds[c.FD], o, group, int(c.Value))
	a.m.Leave()
	r := Result{Call: c.N}
	if e != 0 {
		r.Errno, r.Ret = e.String(), -1
	}
	a.result(r)
}

// option sets or reads an option of a socket.
func (a *agent) option(p *socket.Program, c *Call, o socket.Opt) {
	fd, r := a.fds[c.FD], Result{Call: c.N}
	var e core.Errno
	a.m.begin("syscall " + c.Op + " by " + a.by(c))
	switch {
	case c.Op == "setsockopt":
		e = p.SetSockOpt(fd, o, int(c.Value))
	case c.Opt == "TCP_INFO":
		r.Info = tcpInfo(p, fd)
	default:
		var v int
		v, e = p.GetSockOpt(fd, o)
		r.Value = int64(v)
	}
	a.m.Leave()
	if e != 0 {
		r.Errno, r.Ret = e.String(), -1
	}
	a.result(r)
}

// connecting waits for a connection as a program with a time limit does: it
// polls, and then asks for the error (getsockopt SO_ERROR).
func (a *agent) connecting(p *socket.Program, c *Call) bool {
	fd, end := a.fds[c.FD], a.m.epoch+sim.Time(c.T+c.Timeout)
	ready := p.Poll(fd)&(socket.PollOut|socket.PollErr|socket.PollHup) != 0
	if !ready && p.NS.Clock.Now() < end {
		p.Alarm(end)
		return false
	}
	a.waits = false
	p.SetNonBlock(fd, false)
	r := Result{Call: c.N, Errno: "EAGAIN", Ret: -1}
	if ready {
		e, _ := p.GetSockOpt(fd, socket.SOError)
		if r.Errno, r.Ret = "", 0; e != 0 {
			r.Errno, r.Ret = core.Errno(e).String(), -1
		}
	}
	a.result(r)
	return true
}

// prepare turns a recorded call into one of the model.
func (a *agent) prepare(p *socket.Program, c *Call) *socket.Call {
	if c.Nonblock {
		p.SetNonBlock(a.fds[c.FD], true)
	}
	s := &socket.Call{FD: a.fds[c.FD], Data: c.Data}
	var err error
	if c.Addr != "" {
		if s.Addr, s.Port, err = endpoint(c.Addr); err != nil {
			return nil
		}
	}
	if a.devs[s.FD] && c.Op != "close" {
		s.Op = socket.OpWrite
		if c.Op == "read" {
			s.Op, s.Data = socket.OpRead, make([]byte, max(c.Size, 1))
		}
		return s
	}
	switch c.Op {
	case "socket":
		s.Op, s.N = socket.OpSocket, c.Proto
		s.Fam = map[string]uint16{"inet": core.AFInet, "inet6": core.AFInet6}[c.Family]
		s.Kind = map[string]uint8{"stream": core.SockStream, "dgram": core.SockDgram, "raw": core.SockRaw}[c.Type]
	case "bind":
		s.Op = socket.OpBind
	case "connect":
		s.Op = socket.OpConnect
	case "listen":
		s.Op, s.N = socket.OpListen, c.Backlog
	case "accept":
		s.Op = socket.OpAccept
	case "send", "sendto", "write":
		s.Op = socket.OpSend
	case "recv", "recvfrom", "read":
		s.Op, s.Data = socket.OpRecv, make([]byte, max(c.Size, 1))
	case "recverr":
		s.Op, s.Data, s.Flags = socket.OpRecv, make([]byte, 2048), core.MsgErrQueue
	case "shutdown":
		s.Op, s.N = socket.OpShutdown, c.Size
	case "close":
		s.Op = socket.OpClose
	case "getsockname":
		s.Op, s.Opt = socket.OpGetSockOpt, socket.SOType // the address is read from the socket
	case "inject":
		fd, ok := a.inject[c.Dev]
		if !ok {
			d := p.NS.DevByName(c.Dev)
			if d == nil {
				return nil
			}
			fd, _ = p.Socket(core.AFPacket, core.SockRaw, 0)
			p.Bind(fd, wire.Addr{}, uint16(d.Index))
			a.inject[c.Dev] = fd
		}
		s.Op, s.FD, s.Data, s.Port = socket.OpSend, fd, c.Frame, uint16(p.NS.DevByName(c.Dev).Index)
	default:
		return nil
	}
	return s
}

var options = map[string]socket.Opt{"SO_REUSEADDR": socket.SOReuseAddr, "SO_RCVBUF": socket.SORcvBuf, "SO_SNDBUF": socket.SOSndBuf, "SO_MARK": socket.SOMark, "SO_ERROR": socket.SOError,
	"SO_BROADCAST": socket.SOBroadcast, "SO_LINGER": socket.SOLinger, "SO_REUSEPORT": socket.SOReusePort, "IP_TOS": socket.IPTOS, "IP_TTL": socket.IPTTL,
	"IP_MTU_DISCOVER": socket.IPMTUDiscover, "IP_RECVERR": socket.IPRecvErr, "IP_MTU": socket.IPMTU, "TCP_NODELAY": socket.TCPNoDelay, "TCP_CORK": socket.TCPCork,
	"SO_KEEPALIVE": socket.SOKeepAlive, "TCP_KEEPIDLE": socket.TCPKeepIdle, "TCP_KEEPINTVL": socket.TCPKeepIntvl, "TCP_KEEPCNT": socket.TCPKeepCnt,
	"TCP_INFO": socket.SOType} // TCP_INFO is read from the socket

// done notes the outcome of a call.
func (a *agent) done(p *socket.Program, c *Call) {
	s := a.call
	r := Result{Call: c.N, Ret: int64(s.Ret)}
	if s.Err != 0 {
		r.Errno, r.Ret = s.Err.String(), -1
		a.result(r)
		return
	}
	switch c.Op {
	case "socket":
		a.fds[c.FD] = s.Ret
	case "accept":
		a.fds[c.NewFD] = s.Ret
	case "recv", "recvfrom", "read":
		r.Data = append([]byte(nil), s.Data[:min(s.Ret, len(s.Data))]...)
	case "recverr":
		e := s.Ext
		r.Err = []string{itoa(int(e.Errno)), "origin " + itoa(int(e.Origin)), itoa(int(e.Typ)), itoa(int(e.Code)), itoa(int(e.Info))}
	case "getsockname":
		if sk := p.Sock(s.FD); sk != nil {
			r.Addr, _ = cutPort(end(sk.Saddr, 0))
		}
	}
	a.result(r)
}

func (a *agent) result(r Result) { a.m.facts.Calls = append(a.m.facts.Calls, r) }

// tcpInfo are the members of TCP_INFO that the recordings have.
func tcpInfo(p *socket.Program, fd int) map[string]int64 {
	sk := p.Sock(fd)
	if sk == nil {
		return nil
	}
	t, ok := sk.Prot.(*tcp.Sock)
	if !ok {
		return nil
	}
	i := t.Info()
	return map[string]int64{"state": int64(i.State), "ca_state": int64(i.CAState), "retransmits": int64(i.Retransmits), "probes": int64(i.Probes), "backoff": int64(i.Backoff),
		"snd_mss": int64(i.SndMSS), "rcv_mss": int64(i.RcvMSS), "advmss": int64(i.AdvMSS), "pmtu": int64(i.PMTU), "unacked": int64(i.Unacked), "sacked": int64(i.Sacked),
		"lost": int64(i.Lost), "retrans": int64(i.Retrans), "snd_cwnd": int64(i.SndCwnd), "snd_ssthresh": int64(i.SndSsthresh), "total_retrans": int64(i.TotalRetrans)}
}

// pinger is ping of iputils, as the recordings show it.
type pinger struct {
	m     *model
	c     Call
	addr  wire.Addr
	fd    int
	buf   []byte
	sent  int64
	got   int64
	errs  int64
	next  sim.Time     // when the next request goes out
	end   sim.Time     // when it no longer waits; 0: it has not sent all
	recv  *socket.Call // it sleeps in it
	begun bool
}

// ping starts the program.
func (m *model) ping(c Call) {
	a, err := address(c.Addr)
	if err != nil {
		m.missing(c.Command)
		return
	}
	g := &pinger{m: m, c: c, addr: a, buf: make([]byte, 4096)}
	socket.NewProgram(m.host.NS, "ping", g).Start(m.world.Clock.Now())
}

// sys makes a system call in a row of its own; false: it sleeps.
func (g *pinger) sys(p *socket.Program, name string, c *socket.Call) bool {
	g.m.begin("syscall " + name + " by ping")
	done := p.Do(c)
	g.m.Leave()
	return done
}

// Run goes on with it.
func (g *pinger) Run(p *socket.Program) {
	if !g.begun {
		g.begun = true
		if !g.start(p) {
			g.exit(p, 2)
			return
		}
		g.next = p.NS.Clock.Now()
	}
	for {
		if g.sent < int64(g.c.Count) && p.NS.Clock.Now() >= g.next {
			g.send(p)
		}
		for g.read(p) {
		}
		now := p.NS.Clock.Now()
		switch {
		case g.got+g.errs >= int64(g.c.Count), g.sent >= int64(g.c.Count) && now >= g.end:
			if g.recv != nil { // SIGALRM: it has waited long enough
				g.m.begin("syscall recvmsg by ping")
				p.Interrupt(g.recv)
				g.m.Leave()
			}
			rc := int64(0)
			if g.got == 0 {
				rc = 1
			}
			g.exit(p, rc)
			return
		case g.sent >= int64(g.c.Count):
			p.Alarm(g.end)
			if g.recv == nil {
				g.recv = &socket.Call{Op: socket.OpRecv, FD: g.fd, Data: g.buf}
				g.sys(p, "recvmsg", g.recv)
			}
			return
		case now < g.next:
			p.Alarm(g.next)
			return
		}
	}
}

// start is what ping does before the first request: a socket for the messages,
// and a connected UDP socket to learn its own address.
func (g *pinger) start(p *socket.Program) bool {
	family, proto := uint16(core.AFInet), int(wire.ProtoICMP)
	if !g.addr.Is4() {
		family, proto = core.AFInet6, int(wire.ProtoICMPv6)
	}
	g.fd, _ = p.Socket(family, core.SockRaw, proto)
	probe, _ := p.Socket(family, core.SockDgram, 0)
	if g.c.TOS != 0 {
		p.SetSockOpt(probe, socket.IPTOS, g.c.TOS)
		p.SetSockOpt(g.fd, socket.IPTOS, g.c.TOS)
	}
	c := &socket.Call{Op: socket.OpConnect, FD: probe, Addr: g.addr, Port: 1025, Flags: core.MsgDontWait}
	g.sys(p, "connect", c)
	g.sys(p, "close", &socket.Call{Op: socket.OpClose, FD: probe})
	if c.Err != 0 {
		return false
	}
	p.SetSockOpt(g.fd, socket.IPRecvErr, 1)
	if r, ok := p.Sock(g.fd).Prot.(*raw.Sock); ok && family == core.AFInet6 {
		for i := range r.Filter6 { // ICMP6_FILTER: echo replies only
			r.Filter6[i] = ^uint32(0)
		}
		r.Filter6[wire.ICMPv6EchoReply>>5] &^= 1 << (wire.ICMPv6EchoReply & 31)
	}
	if family == core.AFInet {
		p.SetSockOpt(g.fd, socket.ICMPFilter, int(^uint32(1<<0|1<<3|1<<4|1<<5|1<<11|1<<12)))
	}
	if g.c.TTL > 0 {
		if family == core.AFInet {
			p.SetSockOpt(g.fd, socket.IPTTL, g.c.TTL)
		} else {
			p.SetSockOpt(g.fd, socket.IPv6UnicastHops, g.c.TTL)
		}
	}
	return true
}

func (g *pinger) send(p *socket.Program) {
	size := g.c.Size
	if size == 0 {
		size = 56
	}
	now := p.NS.Clock.Now()
	g.sent++
	b := make([]byte, wire.ICMPLen+size)
	for i := 16; i < size; i++ {
		b[wire.ICMPLen+i] = byte(i)
	}
	h := wire.ICMP(b)
	h.SetID(uint16(max(g.c.ID, 1)))
	h.SetSeq(uint16(g.sent))
	if g.addr.Is4() {
		h.SetType(wire.ICMPEcho)
		h.ComputeChecksum()
	} else {
		h[0] = uint8(wire.ICMPv6Echo)
	}
	c := &socket.Call{Op: socket.OpSend, FD: g.fd, Data: b, Addr: g.addr, Flags: core.MsgDontWait}
	g.sys(p, "sendto", c)
	g.next = now + sim.Time(g.c.Interval)
	g.end = now + sim.Time(g.c.Wait)
	if c.Err != 0 && c.Err != step.EAGAIN {
		g.readError(p)
	}
}

// read reads one message if there is one.
func (g *pinger) read(p *socket.Program) bool {
	if p.Poll(g.fd)&(socket.PollIn|socket.PollErr) == 0 || g.got+g.errs >= int64(g.c.Count) {
		return false
	}
	c := g.recv
	if g.recv = nil; c == nil {
		c = &socket.Call{Op: socket.OpRecv, FD: g.fd, Data: g.buf, Flags: core.MsgDontWait}
	}
	if !g.sys(p, "recvmsg", c) {
		g.recv = c
		return false
	}
	if c.Err != 0 {
		g.readError(p)
		return c.Err != step.EAGAIN
	}
	m := g.buf[:min(c.Ret, len(g.buf))]
	want := uint8(wire.ICMPEchoReply)
	if g.addr.Is4() {
		q := wire.IPv4(m)
		if !q.Valid() {
			return true
		}
		m = m[min(q.IHL(), len(m)):]
	} else {
		want = uint8(wire.ICMPv6EchoReply)
	}
	if len(m) >= wire.ICMPLen && m[0] == want && int(wire.ICMP(m).ID()) == max(g.c.ID, 1) {
		g.got++
	}
	return true
}

// readError is receive_error_msg: what the network said about a request.
func (g *pinger) readError(p *socket.Program) {
	c := &socket.Call{Op: socket.OpRecv, FD: g.fd, Data: make([]byte, 8), Flags: core.MsgErrQueue | core.MsgDontWait}
	g.sys(p, "recvmsg", c)
	if c.Err == 0 && (c.Ext.Origin == core.ErrOriginICMP || c.Ext.Origin == core.ErrOriginICMP6) {
		g.errs++
	}
}

func (g *pinger) exit(p *socket.Program, rc int64) {
	g.m.agent.result(Result{Call: g.c.N, RC: rc, Sent: g.sent, Received: g.got})
	g.m.begin("syscall exit_group by ping")
	p.Exit()
	g.m.Leave()
}
