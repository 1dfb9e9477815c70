package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/tcp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// tcpOps is inet_stream_ops.
type tcpOps struct{ *tcp.Sock }

func (o *tcpOps) bind(addr wire.Addr, port uint16) core.Errno    { return o.Bind(addr, port) }
func (o *tcpOps) connect(addr wire.Addr, port uint16) core.Errno { return o.Connect(addr, port) }
func (o *tcpOps) listen(backlog int) core.Errno                  { return o.Listen(backlog) }
func (o *tcpOps) shutdown(how uint8) core.Errno                  { return o.Shutdown(how) }
func (o *tcpOps) close()                                         { o.Close() }

func (o *tcpOps) accept() endpoint {
	if sk := o.Accept(); sk != nil {
		return &tcpOps{sk}
	}
	return nil
}

func (o *tcpOps) send(data []byte, _ wire.Addr, _ uint16, flags int) (int, core.Errno) {
	return o.Send(data, flags)
}

func (o *tcpOps) recv(c *Call, flags int) {
	n, e := o.Recv(c.Data, flags)
	c.From, c.FromPort = o.Base().Daddr, o.Base().Dport
	c.done(n, e)
}

func (o *tcpOps) poll() int { return o.Poll() & (PollIn | PollOut | PollErr | PollHup) }
