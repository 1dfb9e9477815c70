package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An Op is a system call.
type Op uint8

// The system calls.
const (
	OpSocket Op = iota
	OpBind
	OpConnect
	OpListen
	OpAccept
	OpSend
	OpRecv
	OpShutdown
	OpClose
	OpSetSockOpt
	OpGetSockOpt
)

// Directions for OpShutdown (SHUT_*).
const (
	ShutRd = iota
	ShutWr
	ShutRdWr
)

// A Call is one system call in progress: what it was given, how far it is, and
// what it returned. Zero Addr and Port mean "none".
type Call struct {
	Op    Op
	FD    int
	Addr  wire.Addr
	Port  uint16
	Data  []byte // OpSend: what to send; OpRecv: where to put it
	Flags int    // core.Msg*
	N     int    // OpListen: backlog; OpShutdown: Shut*; OpSocket: protocol; OpSetSockOpt: value
	Kind  uint8  // OpSocket: core.Sock*
	Fam   uint16 // OpSocket: core.AF*
	Opt   Opt    // OpSetSockOpt, OpGetSockOpt

	Done     bool
	Ret      int // as the system call returns it, if Err is 0
	Err      core.Errno
	From     wire.Addr // OpRecv, OpAccept: the other side
	FromPort uint16
	Cut      bool        // OpRecv: MSG_TRUNC
	Ext      core.ExtErr // OpRecv with core.MsgErrQueue
	Offender wire.Addr   // and who sent the ICMP error
	TTL      uint8       // OpRecv of a raw socket: TTL or hop limit of the packet

	off     int // OpSend: bytes that are taken already
	asleep  bool
	since   sim.Time // when it fell asleep
	started bool     // OpConnect: under way
}

// Do makes a system call, or goes on with it, and reports whether it has
// returned. If not, the program sleeps in it: call Do again with the same Call
// when the program runs next.
func (p *Program) Do(c *Call) bool {
	if c.Done {
		return true
	}
	if c.Op == OpSocket {
		p.sysSocket(c)
		return true
	}
	f := p.file(c.FD)
	if f == nil {
		return c.fail(step.EBADF)
	}
	switch c.Op {
	case OpBind:
		p.sysBind(f, c)
	case OpConnect:
		p.sysConnect(f, c)
	case OpListen:
		p.sysListen(f, c)
	case OpAccept:
		p.sysAccept(f, c)
	case OpSend:
		p.sending = len(c.Data)
		p.sysSendto(f, c)
		p.sending = 0
	case OpRecv:
		p.sysRecvfrom(f, c)
	case OpShutdown:
		p.sysShutdown(f, c)
	case OpClose:
		p.sockClose(f, c)
	case OpSetSockOpt:
		p.sysSetsockopt(f, c)
	case OpGetSockOpt:
		p.sysGetsockopt(f, c)
	default:
		c.fail(step.EINVAL)
	}
	return c.Done
}

// Interrupt is what a signal does to a program that sleeps in recv: the call
// returns EINTR (sock_intr_errno, with a timeout set).
func (p *Program) Interrupt(c *Call) {
	if f := p.file(c.FD); f != nil && c.Op == OpRecv && c.asleep && !c.Done {
		p.interrupted(f, c)
	}
}

// interrupted is the end of __sys_recvfrom for Interrupt.
func (p *Program) interrupted(f *File, c *Call) {
	defer p.NS.In(step.SysRecvfrom, f.ep.Base()).Out()
	c.fail(step.EINTR)
	p.length(step.SockRecvLength, f.ep.Base(), c)
	c.why(p.NS)
}

func (c *Call) fail(e core.Errno) bool {
	c.Done, c.Err = true, e
	return true
}

func (c *Call) done(ret int, e core.Errno) {
	c.Done, c.Ret, c.Err = true, ret, e
}

// sleep puts the program to sleep in the call, unless it may not: then the
// call fails with e.
func (c *Call) sleep(p *Program, f *File, e core.Errno) bool {
	if f.NonBlock || c.Flags&core.MsgDontWait != 0 {
		c.fail(e)
		return false
	}
	if !c.asleep {
		c.asleep, c.since = true, p.NS.Clock.Now()
	}
	p.NS.Why(step.WhySysSleep)
	return true
}

// why says how the call ended, unless the protocol below has said it better.
func (c *Call) why(ns *core.Netns) {
	switch {
	case !c.Done:
	case c.Err != 0:
		ns.Why(step.WhySysErr, uint64(c.Err))
	case c.asleep:
		ns.Why(step.WhySysWoke, uint64(ns.Clock.Now()-c.since))
	default:
		ns.Why(step.WhySysDone, uint64(c.Ret))
	}
}

// The calls that never sleep, each in one line.

// Socket is socket(family, kind, protocol): a new file descriptor.
func (p *Program) Socket(family uint16, kind uint8, proto int) (int, core.Errno) {
	c := Call{Op: OpSocket, Fam: family, Kind: kind, N: proto}
	p.Do(&c)
	return c.Ret, c.Err
}

// Bind is bind(); a zero addr is any address, port 0 any free port.
func (p *Program) Bind(fd int, addr wire.Addr, port uint16) core.Errno {
	return p.now(&Call{Op: OpBind, FD: fd, Addr: addr, Port: port}).Err
}

// Connect is connect() of a socket that does not make it wait: a datagram
// socket, or a stream one, which returns EINPROGRESS.
func (p *Program) Connect(fd int, addr wire.Addr, port uint16) core.Errno {
	return p.now(&Call{Op: OpConnect, FD: fd, Addr: addr, Port: port}).Err
}

// Listen is listen().
func (p *Program) Listen(fd, backlog int) core.Errno {
	return p.now(&Call{Op: OpListen, FD: fd, N: backlog}).Err
}

// Accept is accept() without sleep: EAGAIN if no connection waits.
func (p *Program) Accept(fd int) (int, core.Errno) {
	c := p.now(&Call{Op: OpAccept, FD: fd})
	return c.Ret, c.Err
}

// Send is send() without sleep.
func (p *Program) Send(fd int, data []byte, flags int) (int, core.Errno) {
	return p.SendTo(fd, data, wire.Addr{}, 0, flags)
}

// SendTo is sendto() without sleep.
func (p *Program) SendTo(fd int, data []byte, addr wire.Addr, port uint16, flags int) (int, core.Errno) {
	c := p.now(&Call{Op: OpSend, FD: fd, Data: data, Addr: addr, Port: port, Flags: flags})
	return c.Ret, c.Err
}

// Recv is recv() without sleep.
func (p *Program) Recv(fd int, buf []byte, flags int) (int, core.Errno) {
	c := p.RecvFrom(fd, buf, flags)
	return c.Ret, c.Err
}

// RecvFrom is recvfrom() without sleep; the Call tells from whom.
func (p *Program) RecvFrom(fd int, buf []byte, flags int) *Call {
	return p.now(&Call{Op: OpRecv, FD: fd, Data: buf, Flags: flags})
}

// Shutdown is shutdown(); how is Shut*.
func (p *Program) Shutdown(fd, how int) core.Errno {
	return p.now(&Call{Op: OpShutdown, FD: fd, N: how}).Err
}

// Close is close().
func (p *Program) Close(fd int) core.Errno { return p.now(&Call{Op: OpClose, FD: fd}).Err }

// SetSockOpt is setsockopt() of an option with a number.
func (p *Program) SetSockOpt(fd int, o Opt, v int) core.Errno {
	return p.now(&Call{Op: OpSetSockOpt, FD: fd, Opt: o, N: v}).Err
}

// SetGroup is setsockopt() of IPAddMembership and IPDropMembership; dev is an
// ifindex.
func (p *Program) SetGroup(fd int, o Opt, group wire.Addr, dev int) core.Errno {
	return p.now(&Call{Op: OpSetSockOpt, FD: fd, Opt: o, Addr: group, N: dev}).Err
}

// GetSockOpt is getsockopt() of an option with a number.
func (p *Program) GetSockOpt(fd int, o Opt) (int, core.Errno) {
	c := p.now(&Call{Op: OpGetSockOpt, FD: fd, Opt: o})
	return c.Ret, c.Err
}

func (p *Program) now(c *Call) *Call {
	c.Flags |= core.MsgDontWait
	p.Do(c)
	return c
}
