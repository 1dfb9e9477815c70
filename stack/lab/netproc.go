package lab

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A netProc is a process that makes system calls one after the other and
// sleeps in them, as most programs do. Its sockets are the world's; its own
// state is the process's.
type netProc struct {
	p    *Proc
	prog *socket.Program
	old  *socket.Program
	// files says that the program uses read and write, not recv and send.
	files bool
	dig   bool // sendmsg, and options of its own
	only6 bool // a listening socket of IPv6 is of IPv6 only
}

// sleeper is the App of a netProc: the process itself goes on when something
// has changed.
type sleeper struct{ term }

// Run does nothing: see Proc.block.
func (*sleeper) Run(*socket.Program) {}

// network begins to use sockets. close ends it.
func (p *Proc) network(name string) *netProc {
	n := &netProc{p: p, old: p.app, prog: socket.NewProgram(p.host.NS, name, &sleeper{})}
	n.dig = name == "dig"
	n.files = name == "socat" || name == "iperf3"
	p.app = n.prog
	n.prog.Start(p.lab.now())
	return n
}

func (n *netProc) close() {
	n.prog.Exit()
	n.p.app = n.old
}

func (n *netProc) now() sim.Time { return n.p.lab.now() }

// wait sleeps until a socket is ready for one of events, or until a time (0: for
// ever). It reports false when the time came first.
func (n *netProc) wait(fd, events int, end sim.Time) bool {
	ready := func() bool { return n.prog.Poll(fd)&(events|socket.PollErr|socket.PollHup) != 0 }
	n.p.until(end, ready)
	return ready()
}

// A dialing says how to connect.
type dialing struct {
	kind    uint8
	addr    wire.Addr
	port    uint16
	src     wire.Addr
	srcPort uint16
	dev     int
	end     sim.Time
	set     func(fd int) core.Errno
	bound   *bool // told that bind went well; what fails then is connect
}

func familyOf(a wire.Addr) uint16 {
	if a.Is4() {
		return core.AFInet
	}
	return core.AFInet6
}

// dial makes a socket and connects it: ETIMEDOUT when the time is over.
func (n *netProc) dial(d dialing) (fd int, e core.Errno) {
	if d.kind == 0 {
		d.kind = core.SockStream
	}
	if fd, e = n.prog.Socket(familyOf(d.addr), d.kind, 0); e != 0 {
		return -1, e
	}
	if d.dev != 0 {
		n.prog.SetSockOpt(fd, socket.SOBindToIfindex, d.dev)
	}
	if d.set != nil {
		if e = d.set(fd); e != 0 {
			n.prog.Close(fd)
			return -1, e
		}
	}
	if !d.src.IsZero() || d.srcPort != 0 {
		n.prog.SetSockOpt(fd, socket.SOReuseAddr, 1)
		if e = n.prog.Bind(fd, d.src, d.srcPort); e != 0 {
			n.prog.Close(fd)
			return -1, e
		}
	}
	if d.bound != nil {
		*d.bound = true
	}
	n.prog.SetNonBlock(fd, true)
	e = n.prog.Connect(fd, d.addr, d.port)
	if e == step.EINPROGRESS {
		e = 0
		if !n.wait(fd, socket.PollOut, d.end) {
			e = step.ETIMEDOUT
		} else if v, _ := n.prog.GetSockOpt(fd, socket.SOError); v != 0 {
			e = core.Errno(v)
		}
	}
	if e != 0 {
		n.prog.Close(fd)
		return -1, e
	}
	return fd, 0
}

// writeTo is write(2) to a socket, without sleep.
func writeTo(p *socket.Program, fd int, b []byte) (int, core.Errno) {
	c := &socket.Call{Op: socket.OpWrite, FD: fd, Data: b, Flags: core.MsgDontWait}
	p.Do(c)
	return c.Ret, c.Err
}

// readFrom is read(2) from a socket, without sleep.
func readFrom(p *socket.Program, fd int, b []byte) (int, core.Errno) {
	c := &socket.Call{Op: socket.OpRead, FD: fd, Data: b, Flags: core.MsgDontWait}
	p.Do(c)
	return c.Ret, c.Err
}

// put is write or send, as the program does it.
func (n *netProc) put(fd int, b []byte) (int, core.Errno) {
	defer n.p.preempted()
	switch {
	case n.files:
		return writeTo(n.prog, fd, b)
	case n.dig:
		c := &socket.Call{Op: socket.OpSendMsg, FD: fd, Iov: [][]byte{b}, Flags: core.MsgDontWait}
		n.prog.Do(c)
		return c.Ret, c.Err
	}
	return n.prog.Send(fd, b, 0)
}

// moment is longer than another program needs to read what came and to close.
const moment = 200 * sim.Microsecond

// preempted lets others go on, if the scheduler is one that does (Lab.Preempt).
func (p *Proc) preempted() {
	l := p.lab
	l.Sends++
	if l.Preempt[l.Sends-1] && !l.instant {
		p.sleep(moment)
	}
}

// get is read or recv.
func (n *netProc) get(fd int, b []byte) (int, core.Errno) {
	if n.files {
		return readFrom(n.prog, fd, b)
	}
	return n.prog.Recv(fd, b, core.MsgDontWait)
}

// send sends all, and sleeps while the buffer is full.
func (n *netProc) send(fd int, b []byte, end sim.Time) core.Errno {
	for len(b) > 0 {
		k, e := n.put(fd, b[:min(len(b), 1<<16)])
		switch {
		case e == step.EAGAIN:
			if !n.wait(fd, socket.PollOut, end) {
				return step.ETIMEDOUT
			}
		case e != 0:
			return e
		default:
			b = b[k:]
		}
	}
	return 0
}

// recv reads what there is, and sleeps until there is something. No bytes and
// no error is the end.
func (n *netProc) recv(fd int, b []byte, end sim.Time) (int, core.Errno) {
	for {
		k, e := n.get(fd, b)
		if e != step.EAGAIN {
			return k, e
		}
		if !n.wait(fd, socket.PollIn, end) {
			return 0, step.ETIMEDOUT
		}
	}
}

// listen makes a listening socket.
func (n *netProc) listen(addr wire.Addr, port uint16, six bool, backlog int) (int, core.Errno) {
	fam := uint16(core.AFInet)
	if six || !addr.IsZero() && !addr.Is4() {
		fam = core.AFInet6
	}
	fd, e := n.prog.Socket(fam, core.SockStream, 0)
	if e != 0 {
		return -1, e
	}
	n.prog.SetSockOpt(fd, socket.SOReuseAddr, 1)
	if n.only6 && fam == core.AFInet6 {
		n.prog.SetSockOpt(fd, socket.IPv6V6Only, 1)
	}
	n.prog.SetNonBlock(fd, true)
	if e = n.prog.Bind(fd, addr, port); e == 0 {
		e = n.prog.Listen(fd, backlog)
	}
	if e != 0 {
		n.prog.Close(fd)
		return -1, e
	}
	return fd, 0
}

// peer is the other end of a connection.
func (n *netProc) peer(fd int) (wire.Addr, uint16) {
	if sk := n.prog.Sock(fd); sk != nil {
		return sk.Daddr, sk.Dport
	}
	return wire.Addr{}, 0
}

// own is this end of a connection.
func (n *netProc) own(fd int) (wire.Addr, uint16) {
	if sk := n.prog.Sock(fd); sk != nil {
		return sk.Saddr, sk.Sport
	}
	return wire.Addr{}, 0
}

// terminal reports whether a descriptor is the lab's own output: a program that
// asks isatty gets a yes.
func (p *Proc) terminal(fd int) bool {
	d := p.fds[fd]
	return d != nil && d.out != 0
}
