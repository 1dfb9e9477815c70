package stack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/ipv6"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A player is the program that does on the simulated host what the captured
// host's programs did: it plays a Script. It is one process with all sockets.
type player struct {
	r     *Replay
	acts  []Act `fork:"share"`
	next  int
	conns []*conn
	flows map[Flow]*conn
	dgram map[Service]int // file descriptors of UDP sockets
	group map[wire.Addr]int
	ping  map[wire.Proto]int
	lsn   []int // listening
	buf   []byte
	// asleep says how long a socket's program sleeps from the first datagram on;
	// then, below zero, until when.
	asleep map[int]sim.Time
}

// A conn is one TCP connection of the player.
type conn struct {
	flow   Flow
	fd     int
	todo   []Act  // what is to be done with it, in order
	rest   []byte // of a write that did not fit
	paused bool
	closed bool
}

// play starts the program.
func (r *Replay) play(s *Script) {
	p := &player{r: r, acts: s.Acts, flows: map[Flow]*conn{}, dgram: map[Service]int{}, group: map[wire.Addr]int{}, ping: map[wire.Proto]int{}, asleep: map[int]sim.Time{}, buf: make([]byte, 1<<16)}
	prog := socket.NewProgram(r.Host.NS, "app", p)
	prog.Start(r.start - sim.Millisecond)
}

// Run goes on with whatever can be gone on with.
func (a *player) Run(p *socket.Program) {
	now := p.NS.Clock.Now()
	for a.next < len(a.acts) {
		act := &a.acts[a.next]
		if at := a.r.start + sim.Time(act.At); at > now && act.At >= 0 {
			p.Alarm(at)
			break
		}
		a.next++
		a.begin(p, act)
	}
	for _, fd := range a.lsn {
		a.accept(p, fd)
	}
	live := a.conns[:0]
	for _, c := range a.conns {
		a.serve(p, c)
		if !c.closed {
			live = append(live, c)
		} else if a.flows[c.flow] == c {
			delete(a.flows, c.flow)
		}
	}
	a.conns = live
	a.drain(p)
}

func family(addr wire.Addr) uint16 {
	if addr.Is4() {
		return core.AFInet
	}
	return core.AFInet6
}

// begin does one act, or hands it to its connection.
func (a *player) begin(p *socket.Program, act *Act) {
	switch act.Kind {
	case ActListen:
		fd, _ := p.Socket(family(act.Flow.Local), core.SockStream, 0)
		p.SetSockOpt(fd, socket.SOReuseAddr, 1)
		a.buffer(p, fd, act)
		p.Bind(fd, act.Flow.Local, act.Flow.Lport)
		p.Listen(fd, 128)
		a.lsn = append(a.lsn, fd)
	case ActConnect:
		fd, _ := p.Socket(family(act.Flow.Local), core.SockStream, 0)
		p.SetNonBlock(fd, true)
		p.SetSockOpt(fd, socket.SOReuseAddr, 1)
		p.SetSockOpt(fd, socket.IPTOS, int(act.TOS))
		a.buffer(p, fd, act)
		p.Bind(fd, act.Flow.Local, act.Flow.Lport)
		c := a.open(act.Flow)
		c.fd = fd
		if !act.FastOpen {
			p.Connect(fd, act.Flow.Remote, act.Flow.Rport)
			break
		}
		n, _ := p.SendTo(fd, act.Data, act.Flow.Remote, act.Flow.Rport, core.MsgFastOpen)
		if n = max(0, n); n < len(act.Data) { // a call that waits would send the rest
			c.todo = append(c.todo, Act{Kind: ActWrite, Flow: act.Flow, Data: act.Data[n:]})
		}
	case ActWrite, ActShutdown, ActClose, ActAbort, ActPause, ActResume, ActKeepAlive:
		c := a.flows[act.Flow]
		if c == nil {
			c = a.open(act.Flow)
		}
		c.todo = append(c.todo, *act)
	case ActOpen:
		a.socket(p, act.Flow.Local, act.Flow.Lport)
	case ActSendTo:
		a.sendTo(p, act)
	case ActPing:
		a.echo(p, act)
	case ActJoin, ActLeave:
		a.member(p, act)
	}
}

// buffer sets the receive buffer that the captured SYN tells of.
func (a *player) buffer(p *socket.Program, fd int, act *Act) {
	if n := receiveBuffer(act.Window, act.MSS, p.NS.Sysctl.TCPRmem[1]); n > 0 {
		p.SetSockOpt(fd, socket.SORcvBuf, n)
	}
}

func (a *player) open(f Flow) *conn {
	c := &conn{flow: f, fd: -1}
	a.flows[f] = c
	a.conns = append(a.conns, c)
	return c
}

// accept takes every connection that waits.
func (a *player) accept(p *socket.Program, fd int) {
	for {
		n, e := p.Accept(fd)
		if e != 0 {
			return
		}
		p.SetNonBlock(n, true)
		sk := p.Sock(n)
		f := Flow{sk.RcvSaddr, sk.Daddr, sk.Sport, sk.Dport, wire.ProtoTCP}
		c := a.flows[f]
		if c == nil || c.fd >= 0 {
			c = a.open(f)
		}
		c.fd = n
	}
}

// serve reads what has come, unless the program is not reading, and goes on
// with what it has to do.
func (a *player) serve(p *socket.Program, c *conn) {
	if c.fd < 0 || c.closed {
		return
	}
	for !p.InCall(c.fd) {
		if !c.paused {
			a.read(p, c)
		}
		if !a.act(p, c) {
			return
		}
	}
}

// read takes what has come. A program closes a connection that has failed.
func (a *player) read(p *socket.Program, c *conn) {
	for {
		n, e := p.Recv(c.fd, a.buf, 0)
		switch {
		case e != 0 && !wait(e):
			p.Close(c.fd)
			c.closed = true
			return
		case e != 0 || n == 0:
			return
		}
	}
}

// act does the connection's next act and reports whether it is done.
func (a *player) act(p *socket.Program, c *conn) bool {
	if len(c.todo) == 0 || c.closed {
		return false
	}
	t := &c.todo[0]
	switch t.Kind {
	case ActWrite:
		if c.rest == nil {
			c.rest = t.Data
		}
		flags := 0
		if t.Urgent {
			flags = core.MsgOOB
		}
		n, e := p.Send(c.fd, c.rest, flags)
		if e == 0 {
			c.rest = c.rest[n:]
		}
		if len(c.rest) > 0 && (e == 0 || wait(e)) {
			return false
		}
		c.rest = nil
	case ActShutdown:
		p.Shutdown(c.fd, socket.ShutWr)
	case ActClose:
		p.Close(c.fd)
		c.closed = true
	case ActAbort:
		p.SetSockOpt(c.fd, socket.SOLinger, 0)
		p.Close(c.fd)
		c.closed = true
	case ActKeepAlive:
		p.SetSockOpt(c.fd, socket.TCPKeepIdle, t.Idle)
		p.SetSockOpt(c.fd, socket.TCPKeepIntvl, t.Interval)
		p.SetSockOpt(c.fd, socket.SOKeepAlive, 1)
	case ActPause:
		c.paused = true
	case ActResume:
		c.paused = false
	}
	c.todo = c.todo[1:]
	return true
}

// socket is the UDP socket of a port, opened if need be.
func (a *player) socket(p *socket.Program, addr wire.Addr, port uint16) int {
	k := Service{addr, port}
	fd, ok := a.dgram[k]
	if !ok {
		fd, _ = p.Socket(family(addr), core.SockDgram, 0)
		p.SetNonBlock(fd, true)
		p.SetSockOpt(fd, socket.SOReuseAddr, 1)
		p.SetSockOpt(fd, socket.SOBroadcast, 1)
		if prog := a.r.Host.program(addr, port); prog != nil {
			if prog.RcvBuf > 0 {
				p.SetSockOpt(fd, socket.SORcvBuf, prog.RcvBuf)
			}
			if prog.Delay > 0 {
				a.asleep[fd] = prog.Delay
			}
		}
		p.Bind(fd, addr, port)
		a.dgram[k] = fd
	}
	return fd
}

func (a *player) sendTo(p *socket.Program, act *Act) {
	fd := a.socket(p, act.Flow.Local, act.Flow.Lport)
	a.header(p, fd, act)
	p.SendTo(fd, act.Data, act.Flow.Remote, act.Flow.Rport, 0)
}

// header sets what the captured packet's IP header shows.
func (a *player) header(p *socket.Program, fd int, act *Act) {
	if !act.Flow.Local.Is4() {
		p.SetSockOpt(fd, socket.IPv6UnicastHops, act.TTL)
		return
	}
	ttl := act.TTL
	if act.Flow.Remote.IP4().IsMulticast() {
		p.SetSockOpt(fd, socket.IPMulticastTTL, ttl)
	} else {
		p.SetSockOpt(fd, socket.IPTTL, ttl)
	}
	p.SetSockOpt(fd, socket.IPTOS, int(act.TOS))
}

// echo sends an echo request from a raw socket, as ping does.
func (a *player) echo(p *socket.Program, act *Act) {
	fd, ok := a.ping[act.Flow.Proto]
	if !ok {
		fd, _ = p.Socket(family(act.Flow.Local), core.SockRaw, int(act.Flow.Proto))
		p.SetNonBlock(fd, true)
		a.ping[act.Flow.Proto] = fd
	}
	p.Bind(fd, act.Flow.Local, 0)
	a.header(p, fd, act)
	p.SendTo(fd, act.Data, act.Flow.Remote, 0, 0)
}

func (a *player) member(p *socket.Program, act *Act) {
	fd, ok := a.group[act.Flow.Remote]
	if act.Kind == ActJoin && !ok {
		fd, _ = p.Socket(core.AFInet, core.SockDgram, 0)
		p.SetNonBlock(fd, true)
		a.group[act.Flow.Remote] = fd
		p.SetGroup(fd, socket.IPAddMembership, act.Flow.Remote, a.r.NIC.Dev.Index)
	}
	if act.Kind == ActLeave && ok {
		p.SetGroup(fd, socket.IPDropMembership, act.Flow.Remote, a.r.NIC.Dev.Index)
	}
}

// drain reads what has come to datagram and raw sockets.
func (a *player) drain(p *socket.Program) {
	for i := range a.fds() {
		fd := socket.FirstFD + i
		sk := p.Sock(fd)
		if sk == nil || sk.Type == core.SockStream || a.asleep[fd] != 0 && sk.RcvQueue.Len() > 0 && a.sleeps(p, fd) {
			continue
		}
		for sk.RcvQueue.Len() > 0 || sk.Err != 0 {
			if c := p.RecvFrom(fd, a.buf, 0); c.Err == 11 {
				break
			}
		}
	}
}

// sleeps reports whether the program of a socket to which datagrams have come
// still sleeps (Program.Delay), and sees to it that it wakes.
func (a *player) sleeps(p *socket.Program, fd int) bool {
	now := p.NS.Clock.Now()
	if d := a.asleep[fd]; d > 0 {
		a.asleep[fd] = -(now + d)
	}
	at := -a.asleep[fd]
	if now >= at {
		delete(a.asleep, fd)
		return false
	}
	if a.next < len(a.acts) {
		at = min(at, a.r.start+sim.Time(a.acts[a.next].At))
	}
	p.Alarm(at)
	return true
}

// fds is how many file descriptors may be open.
func (a *player) fds() int {
	return len(a.dgram) + len(a.group) + len(a.ping) + len(a.lsn) + len(a.conns) + 8
}

// wait reports whether an error means "later".
func wait(e core.Errno) bool { return e == 11 || e == 115 || e == 107 }

// sources hands the captured host's random choices to the model.
type sources struct {
	p     *Profile `fork:"share"`
	start sim.Time
}

func (s *sources) facts(k inet.Tuple) *FlowFacts {
	return s.p.Flows[Flow{k.Laddr, k.Faddr, k.Lport, k.Fport, wire.ProtoTCP}]
}

// FlowLabel is the label that the captured host gave to the flow's packets.
func (s *sources) FlowLabel(ns *core.Netns, sk *core.Sock, b *core.SKB, fl *ipv6.Flow6) (uint32, bool) {
	if s.p.Script == nil {
		return 0, false
	}
	k := Flow{fl.Saddr, fl.Daddr, fl.Sport, fl.Dport, wire.Proto(fl.Proto)}
	if k.Proto == wire.ProtoICMPv6 {
		k.Lport, k.Rport = 0, 0
	}
	return s.p.Script.labelAt(k, int64(ns.Clock.Now()-s.start+sim.Millisecond))
}

// ISN is the initial sequence number that the captured host chose.
func (s *sources) ISN(k inet.Tuple) (uint32, bool) {
	f := s.facts(k)
	if f == nil || !f.HaveISN {
		return 0, false
	}
	return f.ISN, true
}

// Answered is when the captured host had worked off the answer to all up to
// seq, if it came at once.
func (s *sources) Answered(k inet.Tuple, seq uint32) sim.Time {
	at := s.p.Script.answered(Flow{k.Laddr, k.Faddr, k.Lport, k.Fport, wire.ProtoTCP}, seq)
	if at < 0 {
		return 0
	}
	return s.start + sim.Time(at) + core.CostReceive
}

// TSOffset makes the timestamp clock show what the captured host's did.
func (s *sources) TSOffset(k inet.Tuple) (uint32, bool) {
	f := s.facts(k)
	if f == nil || !f.HaveTS {
		return 0, false
	}
	return f.TSval - uint32((s.start+sim.Time(f.TSAt))/sim.Millisecond), true
}
