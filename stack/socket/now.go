package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/wire"
)

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

// SetSockOpt is setsockopt() of an option with a number. An option of IP that
// IPv6 has too is set for the socket's own family, as programs do.
func (p *Program) SetSockOpt(fd int, o Opt, v int) core.Errno {
	return p.now(&Call{Op: OpSetSockOpt, FD: fd, Opt: p.ofFamily(fd, o), Data: o.value(v)}).Err
}

// SetGroup is setsockopt() of IPAddMembership and IPDropMembership; dev is an
// ifindex.
func (p *Program) SetGroup(fd int, o Opt, group wire.Addr, dev int) core.Errno {
	if !group.Is4() {
		if o == IPAddMembership {
			o = IPv6AddMembership
		} else {
			o = IPv6DropMembership
		}
		var a [16]byte
		group.Put16(a[:])
		return p.now(&Call{Op: OpSetSockOpt, FD: fd, Opt: o, Data: append(a[:], core.Int32(dev)...)}).Err
	}
	a := uint32(group.IP4())
	d := []byte{byte(a >> 24), byte(a >> 16), byte(a >> 8), byte(a), 0, 0, 0, 0}
	return p.now(&Call{Op: OpSetSockOpt, FD: fd, Opt: o, Data: append(d, core.Int32(dev)...)}).Err
}

// GetSockOpt is getsockopt() of an option with a number.
func (p *Program) GetSockOpt(fd int, o Opt) (int, core.Errno) {
	c := p.now(&Call{Op: OpGetSockOpt, FD: fd, Opt: p.ofFamily(fd, o), Data: make([]byte, 8)})
	v, _ := core.GetInt32(c.Data)
	if c.OptLen == 1 {
		v = int(c.Data[0])
	}
	return v, c.Err
}

func (p *Program) now(c *Call) *Call {
	c.Flags |= core.MsgDontWait
	p.Do(c)
	return c
}
