package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/inet"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// tcpOps is inet_stream_ops.
type tcpOps struct{ *tcp.Sock }

func (o *tcpOps) bind(addr wire.Addr, port uint16) core.Errno    { return o.Bind(addr, port) }
func (o *tcpOps) connect(addr wire.Addr, port uint16) core.Errno { return o.Connect(addr, port) }
func (o *tcpOps) disconnect()                                    { o.Disconnect() }
func (o *tcpOps) deferConnect() bool                             { return o.DeferConnect() }
func (o *tcpOps) listen(backlog int) core.Errno                  { return o.Listen(backlog) }
func (o *tcpOps) shutdown(how uint8) core.Errno                  { return o.Shutdown(how) }
func (o *tcpOps) close()                                         { o.Close() }

func (o *tcpOps) accept() endpoint {
	if sk := o.Accept(); sk != nil {
		return &tcpOps{sk}
	}
	return nil
}

func (o *tcpOps) sendmsg(m *core.Msghdr) core.Errno { return o.SendMsg(m) }

func (o *tcpOps) recvmsg(m *core.Msghdr) (int, core.Errno) {
	if m.Flags&core.MsgErrQueue != 0 { // inet_recv_error
		return inet.RecvError(o.Base(), m)
	}
	n, e := o.RecvMsg(m)
	m.Addr, m.Port = o.Base().Daddr, o.Base().Dport
	return n, e
}

func (o *tcpOps) spliceRead(m *core.Msghdr) (int, core.Errno) { return o.SpliceRead(m) }
func (o *tcpOps) poll() uint16                                { return o.Poll() }

func (o *tcpOps) ioctl(cmd int) (int, core.Errno) {
	switch cmd {
	case SIOCINQ:
		return o.Ioctl(tcp.IoctlInq)
	case SIOCOUTQ:
		return o.Ioctl(tcp.IoctlOutq)
	case SIOCOUTQNSD:
		return o.Ioctl(tcp.IoctlOutqNsd)
	case SIOCATMARK:
		return o.Ioctl(tcp.IoctlAtmark)
	}
	return 0, step.ENOTTY
}

// setsockopt is tcp_setsockopt.
func (o *tcpOps) setsockopt(opt Opt, v *optval) core.Errno {
	if opt.level() != core.SolTCP {
		return step.NotModelled // IPV6_DONTFRAG
	}
	return o.SetSockOpt(opt.name(), v.b, v.fault)
}

// getsockopt is tcp_getsockopt.
func (o *tcpOps) getsockopt(opt Opt, n int) ([]byte, core.Errno) {
	if opt.level() != core.SolTCP {
		return nil, step.NotModelled
	}
	return o.GetSockOpt(opt.name(), n)
}

func (o *tcpOps) keepalive(on bool)         { o.SetKeepalive(on) }
func (o *tcpOps) urgInline(bool)            {}
func (o *tcpOps) setRcvLowat(n int)         { o.SetRcvLowat(n) }
func (o *tcpOps) tsKey(written bool) uint32 { return o.TsKey(written) }
func (o *tcpOps) writeSpace()               { o.StreamWriteSpace() }
func (o *tcpOps) paceAtMost(rate uint64)    { o.PaceAtMost(rate) }
