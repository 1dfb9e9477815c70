package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/udp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An endpoint is struct proto_ops: what a system call asks of a protocol's
// socket.
type endpoint interface {
	Base() *core.Sock
	bind(addr wire.Addr, port uint16) core.Errno
	connect(addr wire.Addr, port uint16) core.Errno
	listen(backlog int) core.Errno
	accept() endpoint // nil: none waits
	send(data []byte, addr wire.Addr, port uint16, flags int) (int, core.Errno)
	recv(c *Call, flags int) // sets the result; EAGAIN: nothing is there
	shutdown(how uint8) core.Errno
	poll() int
	close()
}

// create is inet_create, inet6_create and packet_create.
func create(p *Program, family uint16, kind uint8, proto int) (endpoint, core.Errno) {
	ns := p.NS
	icmp := int(wire.ProtoICMP)
	if family == core.AFInet6 {
		icmp = int(wire.ProtoICMPv6)
	}
	switch {
	case family == core.AFPacket && !p.Root:
		return nil, step.EPERM
	case family == core.AFPacket:
		return &packetOps{raw.NewPacket(ns, uint16(proto), 0, kind == core.SockDgram)}, 0
	case family != core.AFInet && family != core.AFInet6:
		return nil, step.EAFNOSUPPORT
	case kind == core.SockStream && (proto == 0 || proto == int(wire.ProtoTCP)):
		return &tcpOps{tcp.NewSock(ns, family)}, 0
	case kind == core.SockDgram && (proto == 0 || proto == int(wire.ProtoUDP)):
		return &udpOps{udp.NewSock(ns, family)}, 0
	case kind == core.SockDgram && proto == icmp:
		sk, e := raw.NewPing(ns, family, p.GID)
		if e != 0 {
			return nil, e
		}
		return &pingOps{sk}, 0
	case kind == core.SockRaw && !p.Root:
		return nil, step.EPERM
	case kind == core.SockRaw && proto > 0 && proto < 256:
		return &rawOps{raw.NewSock(ns, family, uint8(proto))}, 0
	}
	return nil, step.EPROTONOSUPPORT
}

// dgramPoll is datagram_poll.
func dgramPoll(sk *core.Sock) int {
	m := 0
	if sk.RcvQueue.Len() > 0 || sk.Shutdown&core.RcvShutdown != 0 {
		m |= PollIn
	}
	if int(sk.WmemAlloc)<<1 <= int(sk.SndBuf) {
		m |= PollOut
	}
	return m
}

// dgramShutdown is inet_shutdown of a socket without connections.
func dgramShutdown(sk *core.Sock, how uint8) core.Errno {
	connected := sk.State == core.TCPEstablished
	sk.Shutdown |= how
	sk.StateChange(sk.NS)
	if !connected {
		return step.ENOTCONN
	}
	return 0
}

// udpOps is inet_dgram_ops.
type udpOps struct{ *udp.Sock }

func (udpOps) listen(int) core.Errno { return step.EOPNOTSUPP }
func (udpOps) accept() endpoint      { return nil }

func (o *udpOps) bind(addr wire.Addr, port uint16) core.Errno { return o.Bind(addr, port) }

func (o *udpOps) connect(addr wire.Addr, port uint16) core.Errno {
	if addr == zero && port == 0 {
		return o.Disconnect()
	}
	return o.Connect(addr, port)
}

func (o *udpOps) send(data []byte, addr wire.Addr, port uint16, flags int) (int, core.Errno) {
	return o.SendTo(data, addr, port, flags)
}

func (o *udpOps) recv(c *Call, flags int) {
	m, e := o.Recv(c.Data, flags)
	c.From, c.FromPort, c.Cut, c.Ext, c.Offender = m.Addr, m.Port, m.Cut, m.Err, m.Offender
	c.done(m.N, e)
}

func (o *udpOps) shutdown(how uint8) core.Errno { return o.ShutdownHow(how) }

func (o *udpOps) close() { o.Close() }

func (o *udpOps) poll() int { return dgramPoll(o.Base()) }

// rawOps is inet_sockraw_ops.
type rawOps struct{ *raw.Sock }

func (rawOps) listen(int) core.Errno { return step.EOPNOTSUPP }
func (rawOps) accept() endpoint      { return nil }

func (o *rawOps) bind(addr wire.Addr, _ uint16) core.Errno    { return o.Bind(addr) }
func (o *rawOps) connect(addr wire.Addr, _ uint16) core.Errno { return o.Connect(addr) }
func (o *rawOps) send(data []byte, addr wire.Addr, _ uint16, flags int) (int, core.Errno) {
	return o.SendTo(data, addr, flags)
}
func (o *rawOps) recv(c *Call, flags int) {
	m, e := o.Recv(c.Data, flags)
	rawResult(c, m, e)
}
func (o *rawOps) shutdown(how uint8) core.Errno { return dgramShutdown(o.Base(), how) }
func (o *rawOps) poll() int                     { return dgramPoll(o.Base()) }
func (o *rawOps) close()                        { o.Close() }

// rawResult takes over what a raw, ping or packet socket returned.
func rawResult(c *Call, m raw.Msg, e core.Errno) {
	c.From, c.FromPort, c.Cut, c.Ext, c.Offender = m.Addr, 0, m.Cut, m.Err, m.Offender
	c.TTL = m.TTL
	c.done(m.N, e)
}

// pingOps is inet_dgram_ops of a ping socket.
type pingOps struct{ *raw.Ping }

func (pingOps) listen(int) core.Errno { return step.EOPNOTSUPP }
func (pingOps) accept() endpoint      { return nil }

func (o *pingOps) bind(addr wire.Addr, port uint16) core.Errno { return o.Bind(addr, port) }
func (o *pingOps) connect(addr wire.Addr, _ uint16) core.Errno { return o.Connect(addr) }
func (o *pingOps) send(data []byte, addr wire.Addr, _ uint16, flags int) (int, core.Errno) {
	return o.SendTo(data, addr, flags)
}
func (o *pingOps) recv(c *Call, flags int) {
	m, e := o.Recv(c.Data, flags)
	rawResult(c, m, e)
}
func (o *pingOps) shutdown(how uint8) core.Errno { return dgramShutdown(o.Base(), how) }
func (o *pingOps) poll() int                     { return dgramPoll(o.Base()) }
func (o *pingOps) close()                        { o.Close() }

// packetOps is packet_ops. A port number stands for the ifindex.
type packetOps struct{ *raw.Packet }

func (packetOps) listen(int) core.Errno                { return step.EOPNOTSUPP }
func (packetOps) accept() endpoint                     { return nil }
func (packetOps) connect(wire.Addr, uint16) core.Errno { return step.EOPNOTSUPP }
func (packetOps) shutdown(uint8) core.Errno            { return step.EOPNOTSUPP }
func (o *packetOps) bind(_ wire.Addr, dev uint16) core.Errno {
	o.Base().BoundDev = int32(dev)
	return 0
}
func (o *packetOps) send(data []byte, _ wire.Addr, dev uint16, _ int) (int, core.Errno) {
	return o.SendTo(data, int(dev))
}
func (o *packetOps) recv(c *Call, flags int) {
	m, e := o.Recv(c.Data, flags)
	rawResult(c, m, e)
}
func (o *packetOps) poll() int { return dgramPoll(o.Base()) }
func (o *packetOps) close()    { o.Close() }
