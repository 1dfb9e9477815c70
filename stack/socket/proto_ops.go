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
	disconnect()
	deferConnect() bool // TCP_FASTOPEN_CONNECT: the SYN waits for data
	listen(backlog int) core.Errno
	accept() endpoint // nil: none waits
	// sendmsg moves m.Off on. EAGAIN: there is no room for the rest.
	sendmsg(m *core.Msghdr) core.Errno
	// recvmsg returns what the call returns. EAGAIN: nothing is there.
	recvmsg(m *core.Msghdr) (int, core.Errno)
	spliceRead(m *core.Msghdr) (int, core.Errno)
	shutdown(how uint8) core.Errno
	poll() uint16
	ioctl(cmd int) (int, core.Errno)
	setsockopt(o Opt, v *optval) core.Errno
	getsockopt(o Opt, n int) ([]byte, core.Errno)
	keepalive(on bool)
	urgInline(on bool)
	setRcvLowat(n int)
	tsKey(written bool) uint32 // what SOF_TIMESTAMPING_OPT_ID counts from
	writeSpace()
	paceAtMost(rate uint64)
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
	case kind == 0 || kind > 10:
		return nil, step.EINVAL
	case family == core.AFPacket && !p.Root:
		return nil, step.EPERM
	case family == core.AFPacket:
		return &packetOps{Packet: raw.NewPacket(ns, uint16(proto), 0, kind == core.SockDgram)}, 0
	case family == 1 || family == 16 || family == 40: // AF_UNIX, AF_NETLINK, AF_VSOCK
		return nil, step.NotModelled
	case family != core.AFInet && family != core.AFInet6:
		return nil, step.EAFNOSUPPORT
	case proto < 0 || proto >= 263: // IPPROTO_MAX
		return nil, step.EINVAL
	case kind == core.SockStream && (proto == 262 || proto == 132), kind == 5, kind == core.SockDgram && proto == 136:
		return nil, step.NotModelled // MPTCP, SCTP, UDP-Lite
	case kind == core.SockStream && (proto == 0 || proto == int(wire.ProtoTCP)):
		return &tcpOps{tcp.NewSock(ns, family)}, 0
	case kind == core.SockDgram && (proto == 0 || proto == int(wire.ProtoUDP)):
		return &udpOps{Sock: udp.NewSock(ns, family)}, 0
	case kind == core.SockDgram && proto == icmp:
		sk, e := raw.NewPing(ns, family, p.GID)
		if e != 0 {
			return nil, e
		}
		sk.Reuse = true // INET_PROTOSW_REUSE
		return &pingOps{Ping: sk}, 0
	case kind == core.SockRaw && !p.Root:
		return nil, step.EPERM
	case kind == core.SockRaw && proto > 0 && proto < 256:
		sk := raw.NewSock(ns, family, uint8(proto))
		sk.Reuse = true // INET_PROTOSW_REUSE
		return &rawOps{Sock: sk}, 0
	case kind != core.SockStream && kind != core.SockDgram && kind != core.SockRaw:
		return nil, step.ESOCKTNOSUPPORT
	}
	return nil, step.EPROTONOSUPPORT
}

// noStream is what a socket without connections answers.
type noStream struct{}

func (noStream) listen(int) core.Errno { return step.EOPNOTSUPP }
func (noStream) accept() endpoint      { return nil }
func (noStream) disconnect()           {}
func (noStream) deferConnect() bool    { return false }
func (noStream) keepalive(bool)        {}
func (noStream) urgInline(bool)        {}
func (noStream) tsKey(bool) uint32     { return 0 }
func (noStream) paceAtMost(uint64)     {}

// setLowat is sk_setsockopt's SO_RCVLOWAT without an operation of its own.
func setLowat(sk *core.Sock, n int) { sk.SetRare().RcvLowat = int32(max(n, 1)) }

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

// copySplice is copy_splice_read: a datagram goes into the pipe as read does it.
func copySplice(ep endpoint, m *core.Msghdr) (int, core.Errno) { return ep.recvmsg(m) }

// took is how a datagram's send call ends.
func took(m *core.Msghdr, n int, e core.Errno) core.Errno {
	m.Off = n
	return e
}

// udpOps is inet_dgram_ops.
type udpOps struct {
	*udp.Sock
	noStream
}

func (o *udpOps) bind(addr wire.Addr, port uint16) core.Errno { return o.Bind(addr, port) }

func (o *udpOps) connect(addr wire.Addr, port uint16) core.Errno {
	if addr == zero && port == 0 {
		return o.Disconnect()
	}
	return o.Connect(addr, port)
}

func (o *udpOps) sendmsg(m *core.Msghdr) core.Errno              { return o.SendMsg(m) }
func (o *udpOps) recvmsg(m *core.Msghdr) (int, core.Errno)       { return o.RecvMsg(m) }
func (o *udpOps) spliceRead(m *core.Msghdr) (int, core.Errno)    { return copySplice(o, m) }
func (o *udpOps) shutdown(how uint8) core.Errno                  { return o.ShutdownHow(how) }
func (o *udpOps) close()                                         { o.Close() }
func (o *udpOps) poll() uint16                                   { return dgramPoll(o.Base()) }
func (o *udpOps) setRcvLowat(n int)                              { setLowat(o.Base(), n) }
func (o *udpOps) writeSpace()                                    { o.WriteSpace(o.NS) }
func (o *udpOps) setsockopt(opt Opt, v *optval) core.Errno       { return setUDPOpt(o.Sock, opt, v) }
func (o *udpOps) getsockopt(opt Opt, n int) ([]byte, core.Errno) { return getUDPOpt(o.Sock, opt, n) }

func (o *udpOps) ioctl(cmd int) (int, core.Errno) {
	first := -1
	if cmd == SIOCINQ {
		first = o.NextLen()
	}
	return dgramIoctl(o.Base(), cmd, first)
}

// rawOps is inet_sockraw_ops.
type rawOps struct {
	*raw.Sock
	noStream
}

func (o *rawOps) bind(addr wire.Addr, _ uint16) core.Errno    { return o.Bind(addr) }
func (o *rawOps) connect(addr wire.Addr, _ uint16) core.Errno { return o.Connect(addr) }
func (o *rawOps) sendmsg(m *core.Msghdr) core.Errno {
	if m.Fault {
		return step.EFAULT
	}
	if len(m.Ctl) > 0 {
		return step.NotModelled
	}
	n, e := o.SendTo(m.Data, m.Addr, m.Flags)
	return took(m, n, e)
}
func (o *rawOps) recvmsg(m *core.Msghdr) (int, core.Errno)    { return o.RecvMsg(m) }
func (o *rawOps) spliceRead(m *core.Msghdr) (int, core.Errno) { return copySplice(o, m) }
func (o *rawOps) shutdown(how uint8) core.Errno               { return dgramShutdown(o.Base(), how) }
func (o *rawOps) poll() uint16                                { return dgramPoll(o.Base()) }
func (o *rawOps) close()                                      { o.Close() }
func (o *rawOps) setRcvLowat(n int)                           { setLowat(o.Base(), n) }
func (o *rawOps) writeSpace()                                 { o.WriteSpace(o.NS) }
func (o *rawOps) ioctl(cmd int) (int, core.Errno) {
	return dgramIoctl(o.Base(), cmd, firstLen(o.Base()))
}
func (o *rawOps) setsockopt(opt Opt, v *optval) core.Errno       { return setRawOpt(o.Sock, opt, v) }
func (o *rawOps) getsockopt(opt Opt, n int) ([]byte, core.Errno) { return getRawOpt(o.Sock, opt, n) }

// pingOps is inet_dgram_ops of a ping socket.
type pingOps struct {
	*raw.Ping
	noStream
}

func (o *pingOps) bind(addr wire.Addr, port uint16) core.Errno { return o.Bind(addr, port) }
func (o *pingOps) connect(addr wire.Addr, _ uint16) core.Errno { return o.Connect(addr) }
func (o *pingOps) sendmsg(m *core.Msghdr) core.Errno {
	if m.Fault {
		return step.EFAULT
	}
	if len(m.Ctl) > 0 {
		return step.NotModelled
	}
	n, e := o.SendTo(m.Data, m.Addr, m.Flags)
	return took(m, n, e)
}
func (o *pingOps) recvmsg(m *core.Msghdr) (int, core.Errno)    { return o.RecvMsg(m) }
func (o *pingOps) spliceRead(m *core.Msghdr) (int, core.Errno) { return copySplice(o, m) }
func (o *pingOps) shutdown(how uint8) core.Errno               { return dgramShutdown(o.Base(), how) }
func (o *pingOps) poll() uint16                                { return dgramPoll(o.Base()) }
func (o *pingOps) close()                                      { o.Close() }
func (o *pingOps) setRcvLowat(n int)                           { setLowat(o.Base(), n) }
func (o *pingOps) writeSpace()                                 { o.WriteSpace(o.NS) }
func (o *pingOps) ioctl(int) (int, core.Errno)                 { return 0, step.ENOTTY }
func (o *pingOps) setsockopt(opt Opt, v *optval) core.Errno {
	n, e := v.int()
	if e != 0 {
		return e
	}
	switch opt {
	case IPv6UnicastHops:
		o.V6.HopLimit = n
	case IPv6TClass:
		o.V6.TClass = n
	case IPv6DontFrag:
		return step.NotModelled
	default:
		return step.ENOPROTOOPT
	}
	return 0
}
func (o *pingOps) getsockopt(opt Opt, n int) ([]byte, core.Errno) {
	return get6(o.Base(), opt, n, o.V6.HopLimit, o.V6.TClass)
}

// packetOps is packet_ops. A port number stands for the ifindex.
type packetOps struct {
	*raw.Packet
	noStream
}

func (packetOps) connect(wire.Addr, uint16) core.Errno { return step.EOPNOTSUPP }
func (packetOps) shutdown(uint8) core.Errno            { return step.EOPNOTSUPP }
func (o *packetOps) bind(_ wire.Addr, dev uint16) core.Errno {
	o.Base().BoundDev = int32(dev)
	return 0
}
func (o *packetOps) sendmsg(m *core.Msghdr) core.Errno {
	if m.Fault {
		return step.EFAULT
	}
	n, e := o.SendTo(m.Data, int(m.Port))
	return took(m, n, e)
}
func (o *packetOps) recvmsg(m *core.Msghdr) (int, core.Errno)    { return o.RecvMsg(m) }
func (o *packetOps) spliceRead(m *core.Msghdr) (int, core.Errno) { return copySplice(o, m) }
func (o *packetOps) poll() uint16                                { return dgramPoll(o.Base()) }
func (o *packetOps) close()                                      { o.Close() }
func (o *packetOps) setRcvLowat(n int)                           { setLowat(o.Base(), n) }
func (o *packetOps) writeSpace()                                 {}
func (o *packetOps) ioctl(cmd int) (int, core.Errno) {
	return dgramIoctl(o.Base(), cmd, firstLen(o.Base()))
}
func (o *packetOps) setsockopt(Opt, *optval) core.Errno       { return step.NotModelled }
func (o *packetOps) getsockopt(Opt, int) ([]byte, core.Errno) { return nil, step.NotModelled }
