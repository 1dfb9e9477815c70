package socket_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

var update = flag.Bool("update", false, "write testdata/calls.txt from what this machine's kernel says")

// A teller makes calls and writes down what came of them.
type teller struct {
	s system
	b bytes.Buffer
	k kind
}

// call makes one, and tells.
func (t *teller) call(what string, c socket.Call) *socket.Call {
	t.s.do(&c)
	fmt.Fprintf(&t.b, "%s: ", what)
	switch {
	case c.Err != 0:
		fmt.Fprint(&t.b, c.Err)
	case c.Op == socket.OpSocket || c.Op == socket.OpAccept || c.Op == socket.OpEpollCreate || c.Op == socket.OpPipe:
		fmt.Fprint(&t.b, "ok")
	default:
		fmt.Fprint(&t.b, c.Ret)
	}
	if c.Op == socket.OpIoctl && c.Err == 0 {
		fmt.Fprintf(&t.b, " (%d)", c.Ret2)
	}
	if c.Op == socket.OpRecvMsg && c.Err == 0 {
		fmt.Fprintf(&t.b, " flags %#x", c.MsgFlags&^core.MsgDontWait)
		for _, m := range c.Ctl {
			fmt.Fprintf(&t.b, " cmsg %d/%d", m.Level, m.Type)
			if m.Level == core.SolSocket { // times
				fmt.Fprintf(&t.b, " %d bytes", len(m.Data))
			} else {
				fmt.Fprintf(&t.b, " % x", m.Data)
			}
		}
	}
	if c.Op == socket.OpEpollWait {
		for _, e := range c.Ev {
			fmt.Fprintf(&t.b, " {%#x %d}", e.Events, e.Data)
		}
	}
	t.b.WriteByte('\n')
	return &c
}

func (t *teller) socket() int {
	return t.call("socket", socket.Call{Op: socket.OpSocket, Fam: t.k.fam, Kind: t.k.typ, N: t.k.proto}).Ret
}

func (t *teller) poll(what string, fd int) {
	c := &socket.Call{Op: socket.OpPoll, Fds: []socket.PollFD{{FD: fd, Events: 0xffff}}}
	t.s.do(c)
	fmt.Fprintf(&t.b, "%s: poll %d %#x\n", what, c.Ret, c.Fds[0].Revents)
}

func (t *teller) bind(fd int, port uint16) {
	t.call(fmt.Sprint("bind ", port), socket.Call{Op: socket.OpBind, FD: fd, Fam: t.k.fam, Addr: own(t.k.fam), Port: port})
}

func (t *teller) connect(fd int, port uint16) core.Errno {
	return t.call(fmt.Sprint("connect ", port), socket.Call{Op: socket.OpConnect, FD: fd, Fam: t.k.fam, Addr: own(t.k.fam), Port: port}).Err
}

func (t *teller) nonblock(fd int) {
	t.call("O_NONBLOCK", socket.Call{Op: socket.OpFcntl, FD: fd, Cmd: socket.FSetfl, N: socket.ONonblock})
}

func (t *teller) opt(fd, level, name, v int) {
	t.call(fmt.Sprintf("setsockopt %d/%d=%d", level, name, v), socket.Call{Op: socket.OpSetSockOpt, FD: fd, Level: level, Name: name, Data: core.Int32(v)})
}

func (t *teller) send(fd, n, flags int) {
	t.call(fmt.Sprintf("send %d %#x", n, flags), socket.Call{Op: socket.OpSend, FD: fd, Data: make([]byte, n), Flags: flags})
	t.s.wait()
}

func (t *teller) recv(fd, n, flags int) {
	t.call(fmt.Sprintf("recv %d %#x", n, flags), socket.Call{Op: socket.OpRecv, FD: fd, Data: make([]byte, n), Flags: flags})
}

func (t *teller) recvmsg(fd, n, flags int) {
	t.call(fmt.Sprintf("recvmsg %d %#x", n, flags), socket.Call{Op: socket.OpRecvMsg, FD: fd, Iov: [][]byte{make([]byte, n)}, CtlLen: 512, Flags: flags})
}

func (t *teller) ioctl(fd, cmd int) {
	t.call(fmt.Sprintf("ioctl %#x", cmd), socket.Call{Op: socket.OpIoctl, FD: fd, Cmd: cmd})
}

func (t *teller) close(fd int) {
	t.call("close", socket.Call{Op: socket.OpClose, FD: fd})
	t.s.wait()
}

// pair is a TCP connection: the listener, the client, the server.
func (t *teller) pair(port uint16) (l, c, s int) {
	l, c = t.socket(), t.socket()
	t.opt(l, 1, 2, 1)
	t.bind(l, port)
	t.call("listen", socket.Call{Op: socket.OpListen, FD: l, N: 5})
	t.nonblock(l)
	t.nonblock(c)
	t.connect(c, port)
	t.s.wait()
	t.poll("listener", l)
	s = t.call("accept", socket.Call{Op: socket.OpAccept, FD: l}).Ret
	t.nonblock(s)
	return l, c, s
}

// plays are the sequences of calls that model and kernel make alike.
var plays = []struct {
	name string
	kind int
	play func(t *teller)
}{
	{"fresh", 0, playFresh}, {"fresh", 1, playFresh}, {"fresh", 2, playFresh}, {"fresh", 3, playFresh},
	{"addresses", 0, playAddresses}, {"addresses", 1, playAddresses}, {"addresses", 2, playAddresses}, {"addresses", 3, playAddresses},
	{"connect", 0, playConnect}, {"connect", 1, playConnect},
	{"refused", 0, playRefused}, {"refused", 1, playRefused},
	{"read", 0, playRead}, {"read", 1, playRead},
	{"oob", 0, playOOB}, {"inline", 0, playInline},
	{"shutdown", 0, playShutdown}, {"shutdown", 1, playShutdown}, {"reset", 0, playReset},
	{"datagrams", 2, playDatagrams}, {"datagrams", 3, playDatagrams},
	{"udp errors", 2, playUDPErrors}, {"udp errors", 3, playUDPErrors},
	{"cmsgs", 2, playCmsgs4}, {"cmsgs", 3, playCmsgs6}, {"segments", 2, playSegments}, {"segments", 3, playSegments},
	{"epoll", 0, playEpoll}, {"epoll", 2, playEpoll}, {"epoll edge", 0, playEpollEdge}, {"epoll errors", 0, playEpollErrors},
	{"splice", 0, playSplice}, {"zerocopy", 0, playZerocopy}, {"zerocopy", 2, playZerocopyUDP},
	{"timestamps", 0, playTimestamps}, {"timestamps", 2, playTimestampsUDP}, {"full", 0, playFull}, {"bad fds", 0, playBadFDs},
}

func playFresh(t *teller) {
	fd := t.socket()
	t.poll("fresh", fd)
	t.recv(fd, 10, 0)
	t.send(fd, 10, core.MsgNoSignal)
	t.send(fd, 0, core.MsgNoSignal)
	for _, cmd := range []int{socket.SIOCINQ, socket.SIOCOUTQ, socket.SIOCOUTQNSD, socket.SIOCATMARK, 0x1234} {
		t.ioctl(fd, cmd)
	}
	t.call("accept", socket.Call{Op: socket.OpAccept, FD: fd})
	t.call("accept, flags", socket.Call{Op: socket.OpAccept, FD: fd, SockFlags: 1})
	for how := range 4 {
		t.call(fmt.Sprint("shutdown ", how), socket.Call{Op: socket.OpShutdown, FD: fd, N: how})
		t.poll("then", fd)
	}
	t.call("F_GETFL", socket.Call{Op: socket.OpFcntl, FD: fd, Cmd: socket.FGetfl})
	t.nonblock(fd)
	t.call("F_GETFL", socket.Call{Op: socket.OpFcntl, FD: fd, Cmd: socket.FGetfl})
	t.call("F_GETFD", socket.Call{Op: socket.OpFcntl, FD: fd, Cmd: socket.FGetfd})
	t.call("F_SETFD", socket.Call{Op: socket.OpFcntl, FD: fd, Cmd: socket.FSetfd, N: 1})
	t.call("F_GETFD", socket.Call{Op: socket.OpFcntl, FD: fd, Cmd: socket.FGetfd})
	t.call("fcntl 77", socket.Call{Op: socket.OpFcntl, FD: fd, Cmd: 77})
	t.call("read nothing", socket.Call{Op: socket.OpRead, FD: fd})
	if t.k.typ == core.SockStream {
		t.call("listen", socket.Call{Op: socket.OpListen, FD: fd, N: 1})
		t.poll("listens", fd)
		t.recv(fd, 10, 0)
		t.send(fd, 10, core.MsgNoSignal)
		t.ioctl(fd, socket.SIOCINQ)
		t.ioctl(fd, socket.SIOCATMARK)
		t.connect(fd, 9)
		t.call("shutdown 1", socket.Call{Op: socket.OpShutdown, FD: fd, N: 1})
		t.call("shutdown 0", socket.Call{Op: socket.OpShutdown, FD: fd, N: 0})
		t.poll("then", fd)
	}
	t.close(fd)
	t.close(fd)
}

func playAddresses(t *teller) {
	other := uint16(core.AFInet + core.AFInet6 - t.k.fam)
	try := func(what string, op socket.Op, c socket.Call) {
		fd := t.socket()
		c.Op, c.FD = op, fd
		if c.Data == nil && op == socket.OpSend {
			c.Data = make([]byte, 4)
			c.Flags = core.MsgNoSignal
		}
		t.call(what, c)
		t.close(fd)
	}
	own := own(t.k.fam)
	for _, op := range []socket.Op{socket.OpBind, socket.OpConnect, socket.OpSend} {
		name := []string{"bind", "connect", "sendto"}[map[socket.Op]int{socket.OpBind: 0, socket.OpConnect: 1, socket.OpSend: 2}[op]]
		if op == socket.OpSend && t.k.typ == core.SockStream {
			continue
		}
		for _, n := range []int{1, 2, 7, 8, 15, 16, 20, 23, 24, 27, 28, 128, 129, -1} {
			try(fmt.Sprint(name, " addrlen ", n), op, socket.Call{Fam: t.k.fam, Addr: own, Port: 4444, AddrLen: n})
		}
		try(name+" of the other family", op, socket.Call{Fam: other, Addr: lo, Port: 4444})
		try(name+" from nowhere", op, socket.Call{Fam: t.k.fam, Addr: own, Port: 4444, Bad: socket.BadAddr})
		if op != socket.OpSend {
			try(name+" unspec", op, socket.Call{Fam: t.k.fam, Unspec: true, Addr: wire.IP4(0).Addr()})
		}
		try(name+" port 0", op, socket.Call{Fam: t.k.fam, Addr: own})
	}
	try("bind foreign", socket.OpBind, socket.Call{Fam: t.k.fam, Addr: foreign(t.k.fam), Port: 4444})
	fd := t.socket()
	t.bind(fd, 4444)
	t.bind(fd, 4445)
	g := t.socket()
	t.bind(g, 4444)
	t.call("listen", socket.Call{Op: socket.OpListen, FD: g, N: 1})
	t.close(fd)
	t.close(g)
}

func foreign(fam uint16) wire.Addr {
	if fam == core.AFInet6 {
		return wire.Addr{Hi: 0x20010db8 << 32, Lo: 9}
	}
	return wire.IP4(0xc0000209).Addr()
}

func playConnect(t *teller) {
	l, c, s := t.pair(4001)
	t.poll("client", c)
	t.poll("server", s)
	t.connect(c, 4001)
	t.connect(c, 4001)
	t.connect(l, 4001)
	t.call("listen", socket.Call{Op: socket.OpListen, FD: c, N: 1})
	t.call("accept", socket.Call{Op: socket.OpAccept, FD: l})
	t.call("accept of a client", socket.Call{Op: socket.OpAccept, FD: c})
	t.call("connect to none", socket.Call{Op: socket.OpConnect, FD: c, Fam: t.k.fam, Unspec: true})
	t.poll("client", c)
	t.s.wait()
	t.poll("server", s)
	t.recv(s, 5, 0)
	t.recv(s, 5, 0)
	t.connect(c, 4001)
	t.close(s)
	t.close(c)
	t.close(l)
}

func playRefused(t *teller) {
	c := t.socket()
	t.nonblock(c)
	t.connect(c, 4999)
	t.s.wait()
	t.poll("refused", c)
	t.send(c, 3, core.MsgNoSignal)
	t.send(c, 3, core.MsgNoSignal)
	t.recv(c, 3, 0)
	t.connect(c, 4999)
	t.s.wait()
	t.call("SO_ERROR", socket.Call{Op: socket.OpGetSockOpt, FD: c, Level: 1, Name: 4, Data: make([]byte, 4)})
	t.poll("then", c)
	t.connect(c, 4999)
	t.connect(c, 4999)
	t.close(c)
}

func playRead(t *teller) {
	l, c, s := t.pair(4002)
	t.recv(s, 10, 0)
	t.send(c, 100, 0)
	t.poll("server", s)
	t.ioctl(s, socket.SIOCINQ)
	t.ioctl(c, socket.SIOCOUTQ)
	t.recv(s, 10, core.MsgPeek)
	t.recv(s, 10, core.MsgTrunc)
	t.ioctl(s, socket.SIOCINQ)
	t.recv(s, 0, 0)
	t.recv(s, 200, core.MsgPeek|core.MsgWaitAll)
	t.opt(s, 1, 18, 200) // SO_RCVLOWAT
	t.poll("too little", s)
	t.recv(s, 10, 0)
	t.opt(s, 1, 18, 1)
	t.poll("enough", s)
	t.opt(s, 1, 42, 5) // SO_PEEK_OFF
	t.recv(s, 10, core.MsgPeek)
	t.recv(s, 10, core.MsgPeek)
	t.recv(s, 100, core.MsgPeek)
	t.recv(s, 100, core.MsgPeek)
	t.recv(s, 20, 0)
	t.recv(s, 100, core.MsgPeek)
	t.opt(s, 1, 42, -1)
	t.opt(s, 6, 36, 1) // TCP_INQ
	t.recvmsg(s, 20, 0)
	t.recvmsg(s, 0, 0)
	t.call("recvmsg, no room", socket.Call{Op: socket.OpRecvMsg, FD: s, Iov: [][]byte{make([]byte, 1)}, CtlLen: 10})
	t.call("recv to nowhere", socket.Call{Op: socket.OpRecv, FD: s, Data: make([]byte, 10), Bad: socket.BadBuf})
	t.call("send from nowhere", socket.Call{Op: socket.OpSend, FD: c, Data: make([]byte, 10), Bad: socket.BadBuf})
	t.recvmsg(s, 1000, 0)
	t.recvmsg(s, 1000, 0)
	t.recv(s, 1, core.MsgErrQueue)
	t.send(c, 10, core.MsgMore)
	t.recv(s, 10, 0)
	t.send(c, 10, 0)
	t.recv(s, 100, 0)
	t.send(c, 50, core.MsgEOR)
	t.close(c)
	t.recvmsg(s, 100, 0)
	t.recvmsg(s, 100, 0)
	t.ioctl(s, socket.SIOCINQ)
	t.poll("ended", s)
	t.close(s)
	t.close(l)
}

func playOOB(t *teller) {
	l, c, s := t.pair(4003)
	t.recv(s, 1, core.MsgOOB)
	t.send(c, 5, 0)
	t.send(c, 4, core.MsgOOB)
	t.send(c, 5, 0)
	t.poll("urgent", s)
	t.ioctl(s, socket.SIOCATMARK)
	t.ioctl(s, socket.SIOCINQ)
	t.recv(s, 100, core.MsgPeek)
	t.recv(s, 1, core.MsgOOB|core.MsgPeek)
	t.recv(s, 0, core.MsgOOB|core.MsgPeek)
	t.recv(s, 100, 0)
	t.ioctl(s, socket.SIOCATMARK)
	t.ioctl(s, socket.SIOCINQ)
	t.poll("at the mark", s)
	t.recv(s, 1, core.MsgOOB)
	t.recv(s, 1, core.MsgOOB)
	t.poll("read", s)
	t.recv(s, 100, 0)
	t.ioctl(s, socket.SIOCATMARK)
	t.poll("all read", s)
	t.recv(s, 1, core.MsgOOB)
	t.send(c, 1, core.MsgOOB)
	t.poll("one more", s)
	t.recv(s, 10, 0)
	t.close(c)
	t.recv(s, 1, core.MsgOOB)
	t.close(s)
	t.close(l)
}

func playInline(t *teller) {
	l, c, s := t.pair(4004)
	t.opt(s, 1, 10, 1)
	t.send(c, 5, 0)
	t.send(c, 4, core.MsgOOB)
	t.send(c, 5, 0)
	t.recv(s, 1, core.MsgOOB)
	t.recv(s, 100, 0)
	t.ioctl(s, socket.SIOCATMARK)
	t.poll("at the mark", s)
	t.recv(s, 100, 0)
	t.ioctl(s, socket.SIOCATMARK)
	t.close(c)
	t.close(s)
	t.close(l)
}

func playShutdown(t *teller) {
	l, c, s := t.pair(4005)
	t.call("shutdown 1", socket.Call{Op: socket.OpShutdown, FD: c, N: 1})
	t.s.wait()
	t.poll("client", c)
	t.poll("server", s)
	t.send(c, 5, core.MsgNoSignal)
	t.recv(s, 5, 0)
	t.recv(s, 5, 0)
	t.send(s, 5, 0)
	t.recv(c, 3, 0)
	t.call("shutdown 0", socket.Call{Op: socket.OpShutdown, FD: c, N: 0})
	t.poll("client", c)
	t.recv(c, 5, 0)
	t.recv(c, 5, 0)
	t.send(s, 5, core.MsgNoSignal)
	t.call("shutdown 2", socket.Call{Op: socket.OpShutdown, FD: s, N: 2})
	t.s.wait()
	t.poll("server", s)
	t.poll("client", c)
	t.recv(c, 5, 0)
	t.send(s, 5, core.MsgNoSignal)
	t.recv(s, 5, 0)
	t.ioctl(s, socket.SIOCINQ)
	t.call("shutdown 2", socket.Call{Op: socket.OpShutdown, FD: s, N: 2})
	t.close(c)
	t.poll("server", s)
	t.close(s)
	t.close(l)
}

func playReset(t *teller) {
	l, c, s := t.pair(4006)
	t.send(c, 5, 0)
	t.send(s, 5, 0)
	t.call("linger", socket.Call{Op: socket.OpSetSockOpt, FD: c, Level: 1, Name: 13, Data: append(core.Int32(1), core.Int32(0)...)})
	t.close(c)
	t.poll("reset", s)
	t.recv(s, 2, 0)
	t.recv(s, 10, 0)
	t.recv(s, 10, 0)
	t.send(s, 5, core.MsgNoSignal)
	t.poll("then", s)
	t.connect(s, 4006)
	t.call("shutdown 2", socket.Call{Op: socket.OpShutdown, FD: s, N: 2})
	t.close(s)
	t.close(l)
}

func playDatagrams(t *teller) {
	a, b := t.socket(), t.socket()
	t.bind(a, 5001)
	t.connect(b, 5001)
	t.nonblock(a)
	t.recv(a, 10, 0)
	t.send(b, 100, 0)
	t.send(b, 0, 0)
	t.send(b, 7, core.MsgMore)
	t.send(b, 3, 0)
	t.poll("receiver", a)
	t.poll("sender", b)
	t.ioctl(a, socket.SIOCINQ)
	t.ioctl(b, socket.SIOCOUTQ)
	t.ioctl(b, socket.SIOCOUTQNSD)
	t.ioctl(b, socket.SIOCATMARK)
	t.recvmsg(a, 10, core.MsgPeek)
	t.recvmsg(a, 10, core.MsgPeek|core.MsgTrunc)
	t.opt(a, 1, 42, 0)
	t.recv(a, 60, core.MsgPeek)
	t.recv(a, 60, core.MsgPeek)
	t.recv(a, 60, core.MsgPeek)
	t.opt(a, 1, 42, -1)
	t.recvmsg(a, 10, core.MsgTrunc)
	t.recvmsg(a, 10, 0)
	t.recvmsg(a, 5, 0)
	t.recvmsg(a, 5, 0)
	t.send(b, 5, 0)
	t.call("recv to nowhere", socket.Call{Op: socket.OpRecv, FD: a, Data: make([]byte, 10), Bad: socket.BadBuf})
	t.recv(a, 5, 0)
	t.call("send from nowhere", socket.Call{Op: socket.OpSend, FD: b, Data: make([]byte, 10), Bad: socket.BadBuf})
	t.send(b, 65535, 0)
	t.send(b, 70000, 0)
	t.send(b, 5, core.MsgOOB)
	t.send(a, 5, 0)
	t.connect(a, 0)
	t.call("shutdown 0", socket.Call{Op: socket.OpShutdown, FD: b, N: 0})
	t.poll("shut", b)
	t.recv(b, 5, 0)
	t.call("shutdown 1", socket.Call{Op: socket.OpShutdown, FD: b, N: 1})
	t.poll("shut both", b)
	t.send(b, 5, core.MsgNoSignal)
	t.call("connect to none", socket.Call{Op: socket.OpConnect, FD: b, Fam: t.k.fam, Unspec: true})
	t.send(b, 5, core.MsgNoSignal)
	t.close(a)
	t.close(b)
}

func playUDPErrors(t *teller) {
	level, name := 0, 11
	if t.k.fam == core.AFInet6 {
		level, name = 41, 25
	}
	b := t.socket()
	t.connect(b, 5999)
	t.send(b, 5, 0)
	t.poll("refused", b)
	t.recv(b, 5, 0)
	t.recv(b, 5, core.MsgDontWait)
	t.poll("told", b)
	t.opt(b, level, name, 1)
	t.opt(b, 1, 45, 1) // SO_SELECT_ERR_QUEUE
	t.send(b, 5, 0)
	t.poll("queued", b)
	t.recvmsg(b, 3, core.MsgErrQueue)
	t.poll("read", b)
	t.recvmsg(b, 3, core.MsgErrQueue)
	t.send(b, 5, 0)
	t.send(b, 5, 0)
	t.send(b, 5, 0)
	t.recvmsg(b, 30, core.MsgErrQueue)
	t.opt(b, level, name, 0)
	t.poll("purged", b)
	t.close(b)
}

func playCmsgs4(t *teller) {
	a, b := t.socket(), t.socket()
	t.bind(a, 5002)
	for _, o := range []int{8, 12, 13, 20} {
		t.opt(a, 0, o, 1)
	}
	t.opt(a, 1, 75, 1)
	t.connect(b, 5002)
	t.opt(b, 0, 1, 0x28)
	t.opt(b, 0, 2, 9)
	t.send(b, 4, 0)
	t.recvmsg(a, 10, 0)
	msg := func(what string, c ...core.Cmsg) {
		t.call(what, socket.Call{Op: socket.OpSendMsg, FD: b, Iov: [][]byte{make([]byte, 4)}, Ctl: c})
		t.s.wait()
		t.recvmsg(a, 10, 0)
	}
	msg("TTL", core.Cmsg{Level: 0, Type: 2, Data: core.Int32(33)})
	msg("TTL 0", core.Cmsg{Level: 0, Type: 2, Data: core.Int32(0)})
	msg("TTL too short", core.Cmsg{Level: 0, Type: 2, Data: []byte{33}})
	msg("TOS", core.Cmsg{Level: 0, Type: 1, Data: core.Int32(0x10)})
	msg("TOS byte", core.Cmsg{Level: 0, Type: 1, Data: []byte{0x20}})
	msg("TOS and TTL", core.Cmsg{Level: 0, Type: 1, Data: []byte{0x20}}, core.Cmsg{Level: 0, Type: 2, Data: core.Int32(44)})
	msg("TOS 256", core.Cmsg{Level: 0, Type: 1, Data: core.Int32(256)})
	msg("PKTINFO too short", core.Cmsg{Level: 0, Type: 8, Data: core.Int32(1)})
	msg("unknown", core.Cmsg{Level: 0, Type: 99, Data: core.Int32(1)})
	msg("another level", core.Cmsg{Level: 41, Type: 67, Data: core.Int32(1)})
	msg("mark", core.Cmsg{Level: 1, Type: 36, Data: core.Int32(7)})
	msg("socket unknown", core.Cmsg{Level: 1, Type: 99, Data: core.Int32(7)})
	msg("UDP_SEGMENT too long", core.Cmsg{Level: 17, Type: 103, Data: core.Int32(2)})
	msg("UDP unknown", core.Cmsg{Level: 17, Type: 1, Data: core.Int32(2)})
	t.close(a)
	t.close(b)
}

// playSegments sends buffers that stand for several datagrams, to a socket that takes
// such and to one that does not.
func playSegments(t *teller) {
	a, b := t.socket(), t.socket()
	t.bind(a, 5006)
	t.connect(b, 5006)
	t.nonblock(a)
	get := func(fd, name int) {
		c := t.call(fmt.Sprint("getsockopt ", name), socket.Call{Op: socket.OpGetSockOpt, FD: fd, Level: 17, Name: name, N: 4})
		fmt.Fprintf(&t.b, "% x\n", c.Data)
	}
	all := func() {
		for range 6 {
			t.recvmsg(a, 4000, 0)
		}
	}
	for _, n := range []int{-1, 65536, 70000, 65535, 0, 1000} {
		t.opt(b, 17, 103, n)
		get(b, 103)
	}
	t.send(b, 2500, 0)
	all()
	t.send(b, 1000, 0)
	t.send(b, 3000, 0)
	all()
	get(a, 104)
	t.opt(a, 17, 104, 7)
	get(a, 104)
	t.send(b, 2500, 0)
	t.recvmsg(a, 4000, core.MsgPeek)
	t.recvmsg(a, 4000, 0)
	t.send(b, 2500, 0)
	t.recvmsg(a, 1200, 0)
	t.recvmsg(a, 1200, 0)
	t.send(b, 900, 0)
	t.recvmsg(a, 4000, 0)
	seg := func(n int, v ...byte) {
		t.call(fmt.Sprintf("sendmsg %d UDP_SEGMENT % x", n, v), socket.Call{Op: socket.OpSendMsg, FD: b, Iov: [][]byte{make([]byte, n)}, Ctl: []core.Cmsg{{Level: 17, Type: 103, Data: v}}})
		t.s.wait()
		t.recvmsg(a, 4000, 0)
	}
	seg(500, 200, 0)
	seg(500, 0, 0)
	seg(500, 200)
	seg(128*10, 10, 0)
	seg(128*10+1, 10, 0)
	t.send(b, 65507, 0)
	t.recvmsg(a, 4000, core.MsgTrunc)
	t.opt(b, 1, 11, 1) // SO_NO_CHECK
	t.send(b, 2500, 0)
	t.send(b, 900, 0)
	t.recvmsg(a, 4000, 0)
	t.opt(b, 1, 11, 0)
	t.opt(b, 17, 1, 1) // UDP_CORK
	t.send(b, 700, 0)
	t.send(b, 700, 0)
	t.opt(b, 17, 1, 0)
	t.s.wait()
	t.recvmsg(a, 4000, 0)
	t.opt(a, 17, 104, 0)
	t.send(b, 2500, 0)
	all()
	t.close(a)
	t.close(b)
}

func playCmsgs6(t *teller) {
	a, b := t.socket(), t.socket()
	t.bind(a, 5003)
	for _, o := range []int{49, 51, 66, 74} {
		t.opt(a, 41, o, 1)
	}
	t.connect(b, 5003)
	t.opt(b, 41, 67, 0x28)
	t.opt(b, 41, 16, 9)
	t.send(b, 4, 0)
	t.recvmsg(a, 10, 0)
	msg := func(what string, c ...core.Cmsg) {
		t.call(what, socket.Call{Op: socket.OpSendMsg, FD: b, Iov: [][]byte{make([]byte, 4)}, Ctl: c})
		t.s.wait()
		t.recvmsg(a, 10, 0)
	}
	msg("HOPLIMIT", core.Cmsg{Level: 41, Type: 52, Data: core.Int32(33)})
	msg("HOPLIMIT 256", core.Cmsg{Level: 41, Type: 52, Data: core.Int32(256)})
	msg("TCLASS", core.Cmsg{Level: 41, Type: 67, Data: core.Int32(0x20)})
	msg("TCLASS too short", core.Cmsg{Level: 41, Type: 67, Data: []byte{1}})
	msg("DONTFRAG", core.Cmsg{Level: 41, Type: 62, Data: core.Int32(1)})
	msg("unknown", core.Cmsg{Level: 41, Type: 99, Data: core.Int32(1)})
	msg("another level", core.Cmsg{Level: 0, Type: 2, Data: core.Int32(1)})
	t.close(a)
	t.close(b)
}

func (t *teller) ctl(ep, cmd, fd int, ev uint32, data uint64) {
	t.call(fmt.Sprintf("epoll_ctl %d %#x", cmd, ev), socket.Call{Op: socket.OpEpollCtl, FD: ep, FD2: fd, Cmd: cmd, Ev: []socket.EpollEvent{{Events: ev, Data: data}}})
}

func (t *teller) epollWait(ep, most int) {
	t.call("epoll_wait", socket.Call{Op: socket.OpEpollWait, FD: ep, N2: most})
}

const epollAll = core.PollIn | core.PollOut | core.PollRdHup | core.PollPri

func playEpoll(t *teller) {
	ep := t.call("epoll_create1", socket.Call{Op: socket.OpEpollCreate}).Ret
	var c, s, l int
	if t.k.typ == core.SockStream {
		l, c, s = t.pair(4007)
	} else {
		c, s = t.socket(), t.socket()
		t.bind(s, 4007)
		t.connect(c, 4007)
	}
	t.epollWait(ep, 5)
	t.ctl(ep, socket.EpollCtlAdd, c, epollAll, 1)
	t.ctl(ep, socket.EpollCtlAdd, s, epollAll, 2)
	t.epollWait(ep, 5)
	t.epollWait(ep, 1)
	t.epollWait(ep, 1)
	t.send(c, 5, 0)
	t.epollWait(ep, 5)
	t.ctl(ep, socket.EpollCtlMod, c, core.PollIn, 3)
	t.ctl(ep, socket.EpollCtlMod, s, core.PollIn|socket.EpollOneshot, 4)
	t.epollWait(ep, 5)
	t.epollWait(ep, 5)
	t.send(c, 5, 0)
	t.epollWait(ep, 5)
	t.ctl(ep, socket.EpollCtlMod, s, core.PollIn|core.PollRdNorm, 5)
	t.epollWait(ep, 5)
	t.recv(s, 100, 0)
	t.recv(s, 100, core.MsgDontWait)
	t.epollWait(ep, 5)
	t.close(c)
	t.epollWait(ep, 5)
	t.ctl(ep, socket.EpollCtlDel, s, 0, 0)
	t.epollWait(ep, 5)
	t.close(s)
	if l != 0 {
		t.close(l)
	}
	t.close(ep)
}

func playEpollEdge(t *teller) {
	ep := t.call("epoll_create1", socket.Call{Op: socket.OpEpollCreate}).Ret
	l, c, s := t.pair(4008)
	t.ctl(ep, socket.EpollCtlAdd, s, epollAll|socket.EpollET, 1)
	t.ctl(ep, socket.EpollCtlAdd, l, core.PollIn|socket.EpollET|socket.EpollExclusive, 2)
	t.epollWait(ep, 5)
	t.epollWait(ep, 5)
	t.send(c, 5, 0)
	t.epollWait(ep, 5)
	t.epollWait(ep, 5)
	t.send(c, 5, 0)
	t.epollWait(ep, 5)
	t.recv(s, 3, 0)
	t.epollWait(ep, 5)
	t.recv(s, 100, 0)
	t.recv(s, 100, 0)
	t.epollWait(ep, 5)
	t.send(c, 1, core.MsgOOB)
	t.epollWait(ep, 5)
	d := t.socket()
	t.nonblock(d)
	t.connect(d, 4008)
	t.s.wait()
	t.epollWait(ep, 5)
	t.epollWait(ep, 5)
	t.call("shutdown 1", socket.Call{Op: socket.OpShutdown, FD: c, N: 1})
	t.s.wait()
	t.epollWait(ep, 5)
	t.epollWait(ep, 5)
	t.call("shutdown 2", socket.Call{Op: socket.OpShutdown, FD: s, N: 2})
	t.s.wait()
	t.epollWait(ep, 5)
	t.epollWait(ep, 5)
	t.ctl(ep, socket.EpollCtlMod, s, epollAll|socket.EpollET, 6)
	t.epollWait(ep, 5)
	// An instance that watches an instance.
	e2 := t.call("epoll_create1", socket.Call{Op: socket.OpEpollCreate}).Ret
	t.ctl(e2, socket.EpollCtlAdd, ep, core.PollIn, 7)
	t.epollWait(e2, 5)
	t.poll("instance", ep)
	t.ctl(ep, socket.EpollCtlMod, s, epollAll, 8)
	t.epollWait(e2, 5)
	t.poll("instance", ep)
	t.ctl(ep, socket.EpollCtlAdd, e2, core.PollIn, 9)
	for _, fd := range []int{c, d, s, l, e2, ep} {
		t.close(fd)
	}
}

func playEpollErrors(t *teller) {
	ep := t.call("epoll_create1", socket.Call{Op: socket.OpEpollCreate}).Ret
	t.call("epoll_create1 1", socket.Call{Op: socket.OpEpollCreate, N: 1})
	fd := t.socket()
	t.ctl(ep, socket.EpollCtlMod, fd, core.PollIn, 1)
	t.ctl(ep, socket.EpollCtlDel, fd, core.PollIn, 1)
	t.ctl(ep, socket.EpollCtlAdd, fd, core.PollIn, 1)
	t.ctl(ep, socket.EpollCtlAdd, fd, core.PollIn, 1)
	t.ctl(ep, 4, fd, core.PollIn, 1)
	t.ctl(ep, socket.EpollCtlAdd, ep, core.PollIn, 1)
	t.ctl(ep, socket.EpollCtlAdd, 900, core.PollIn, 1)
	t.ctl(900, socket.EpollCtlAdd, fd, core.PollIn, 1)
	t.ctl(fd, socket.EpollCtlAdd, ep, core.PollIn, 1)
	t.ctl(ep, socket.EpollCtlMod, fd, core.PollIn|socket.EpollExclusive, 1)
	g := t.socket()
	t.ctl(ep, socket.EpollCtlAdd, g, core.PollIn|core.PollRdHup|socket.EpollExclusive, 1)
	t.ctl(ep, socket.EpollCtlAdd, g, core.PollIn|socket.EpollExclusive|socket.EpollOneshot, 1)
	t.ctl(ep, socket.EpollCtlAdd, g, core.PollIn|socket.EpollExclusive, 1)
	t.ctl(ep, socket.EpollCtlMod, g, core.PollIn, 1)
	t.call("event from nowhere", socket.Call{Op: socket.OpEpollCtl, FD: ep, FD2: fd, Cmd: socket.EpollCtlMod, Bad: socket.BadMsg})
	t.epollWait(ep, 0)
	t.epollWait(ep, -1)
	t.epollWait(fd, 1)
	t.epollWait(900, 1)
	t.epollWait(ep, 3)
	t.close(fd)
	t.epollWait(ep, 3)
	t.close(g)
	t.epollWait(ep, 3)
	t.close(ep)
}

func playSplice(t *teller) {
	l, c, s := t.pair(4009)
	p := t.call("pipe", socket.Call{Op: socket.OpPipe, Flags: socket.ONonblock})
	rd, wr := p.Ret, p.Ret2
	splice := func(in, out, n, flags int) {
		t.call(fmt.Sprintf("splice %d %d", n, flags), socket.Call{Op: socket.OpSplice, FD: in, FD2: out, N2: n, Flags: flags})
		t.s.wait()
	}
	splice(s, wr, 10, 0)
	t.send(c, 100, 0)
	splice(s, wr, 0, 0)
	splice(s, wr, 10, 64)
	splice(s, rd, 10, 0)
	splice(s, c, 10, 0)
	splice(s, wr, 10, 0)
	t.poll("pipe", rd)
	t.poll("pipe's end", wr)
	t.ioctl(rd, socket.SIOCINQ)
	splice(s, wr, 1000, 0)
	splice(s, wr, 1000, 0)
	splice(rd, s, 30, 0)
	t.recv(c, 100, 0)
	t.call("read", socket.Call{Op: socket.OpRead, FD: rd, Data: make([]byte, 50)})
	splice(rd, s, 1000, 0)
	splice(rd, s, 1000, 2)
	t.call("write", socket.Call{Op: socket.OpWrite, FD: wr, Data: make([]byte, 70000)})
	t.poll("pipe's end", wr)
	t.call("write", socket.Call{Op: socket.OpWrite, FD: wr, Data: make([]byte, 1)})
	t.call("write to the wrong end", socket.Call{Op: socket.OpWrite, FD: rd, Data: make([]byte, 1)})
	t.call("read from the wrong end", socket.Call{Op: socket.OpRead, FD: wr, Data: make([]byte, 1)})
	t.close(wr)
	t.poll("pipe", rd)
	t.close(c)
	t.close(rd)
	t.close(s)
	t.close(l)
}

func playZerocopy(t *teller) {
	l, c, s := t.pair(4010)
	t.send(c, 100, core.MsgZerocopy)
	t.poll("client", c)
	t.recvmsg(c, 10, core.MsgErrQueue)
	t.opt(c, 1, 60, 1)
	t.send(c, 100, core.MsgZerocopy)
	t.recv(s, 1000, 0)
	t.s.wait()
	t.poll("client", c)
	t.recvmsg(c, 10, core.MsgErrQueue)
	t.poll("client", c)
	t.send(c, 100, core.MsgZerocopy)
	t.send(c, 0, core.MsgZerocopy)
	t.send(c, 100, core.MsgZerocopy)
	t.send(c, 100, 0)
	t.recv(s, 1000, 0)
	t.s.wait()
	t.recvmsg(c, 10, core.MsgErrQueue)
	t.recvmsg(c, 10, core.MsgErrQueue)
	t.call("send from nowhere", socket.Call{Op: socket.OpSend, FD: c, Data: make([]byte, 10), Bad: socket.BadBuf, Flags: core.MsgZerocopy})
	t.send(c, 7, core.MsgZerocopy)
	t.recv(s, 1000, 0)
	t.s.wait()
	t.recvmsg(c, 10, core.MsgErrQueue)
	t.close(c)
	t.close(s)
	t.close(l)
}

func playZerocopyUDP(t *teller) {
	a, b := t.socket(), t.socket()
	t.bind(a, 5004)
	t.connect(b, 5004)
	t.opt(b, 1, 60, 2)
	t.opt(b, 1, 60, 1)
	t.send(b, 100, core.MsgZerocopy)
	t.poll("sender", b)
	t.recv(a, 100, core.MsgDontWait)
	t.s.wait()
	t.recvmsg(b, 10, core.MsgErrQueue)
	t.send(b, 100, core.MsgZerocopy)
	t.send(b, 100, core.MsgZerocopy)
	t.recv(a, 100, core.MsgDontWait)
	t.recv(a, 100, core.MsgDontWait)
	t.s.wait()
	t.recvmsg(b, 10, core.MsgErrQueue)
	t.send(b, 70000, core.MsgZerocopy)
	t.recvmsg(b, 10, core.MsgErrQueue)
	t.close(a)
	t.close(b)
}

func playTimestamps(t *teller) {
	l, c, s := t.pair(4011)
	t.opt(l, 1, 37, 1<<7)
	t.opt(c, 1, 37, 1<<1|1<<4|1<<7|1<<8|1<<9)
	t.send(c, 100, 0)
	t.recv(s, 100, 0)
	t.s.wait()
	for range 4 {
		t.recvmsg(c, 0, core.MsgErrQueue)
	}
	t.opt(c, 1, 37, 1<<1|1<<4|1<<7|1<<8|1<<9|1<<11)
	t.send(c, 50, 0)
	t.recv(s, 100, 0)
	t.s.wait()
	for range 4 {
		t.recvmsg(c, 0, core.MsgErrQueue)
	}
	t.opt(c, 1, 37, 1<<12)
	t.opt(c, 1, 37, 1<<16)
	t.opt(c, 1, 37, 1<<20)
	t.opt(c, 1, 37, 1<<4)
	t.call("one by control message", socket.Call{Op: socket.OpSendMsg, FD: c, Iov: [][]byte{make([]byte, 4)}, Ctl: []core.Cmsg{{Level: 1, Type: 37, Data: core.Int32(1 << 9)}}})
	t.s.wait()
	t.recvmsg(c, 0, core.MsgErrQueue)
	t.call("wrong control message", socket.Call{Op: socket.OpSendMsg, FD: c, Iov: [][]byte{make([]byte, 4)}, Ctl: []core.Cmsg{{Level: 1, Type: 37, Data: core.Int32(1 << 4)}}})
	t.recv(s, 100, 0)
	t.opt(s, 1, 37, 1<<3|1<<4)
	t.s.wait()
	t.send(c, 5, 0)
	t.recvmsg(s, 10, 0)
	t.opt(s, 1, 35, 1)
	t.send(c, 5, 0)
	t.recvmsg(s, 10, 0)
	t.close(c)
	t.close(s)
	t.close(l)
}

func playTimestampsUDP(t *teller) {
	a, b := t.socket(), t.socket()
	t.bind(a, 5005)
	t.connect(b, 5005)
	t.opt(b, 1, 37, 1<<1|1<<4|1<<7|1<<8)
	t.send(b, 10, 0)
	t.send(b, 10, 0)
	for range 5 {
		t.recvmsg(b, 100, core.MsgErrQueue)
	}
	t.opt(b, 1, 37, 1<<1|1<<4|1<<7|1<<8|1<<11)
	t.send(b, 10, 0)
	for range 3 {
		t.recvmsg(b, 100, core.MsgErrQueue)
	}
	for _, o := range []int{29, 35, 63, 64} {
		t.opt(a, 1, o, 1)
		t.s.wait()
		t.send(b, 1, 0)
		t.recvmsg(a, 10, 0)
	}
	t.opt(a, 1, 35, 0)
	t.opt(a, 1, 37, 1<<3|1<<4)
	t.s.wait()
	t.send(b, 1, 0)
	for range 5 {
		t.recvmsg(a, 10, 0)
	}
	t.close(a)
	t.close(b)
}

func playFull(t *teller) {
	l, c, s := t.pair(4012)
	n := 0
	for range 10000 {
		x := &socket.Call{Op: socket.OpSend, FD: c, Data: make([]byte, 65536)}
		t.s.do(x)
		if x.Err != 0 {
			fmt.Fprintln(&t.b, "send:", x.Err)
			break
		}
		n += x.Ret
		t.s.wait()
	}
	t.poll("full", c)
	t.poll("server", s)
	for n > 0 {
		x := &socket.Call{Op: socket.OpRecv, FD: s, Data: make([]byte, 65536)}
		t.s.do(x)
		if x.Err == step.EAGAIN {
			t.s.wait()
			continue
		}
		if x.Err != 0 {
			fmt.Fprintln(&t.b, "recv:", x.Err)
			break
		}
		n -= x.Ret
	}
	t.s.wait()
	t.poll("empty", c)
	t.ioctl(c, socket.SIOCOUTQ)
	t.close(c)
	t.close(s)
	t.close(l)
}

func playBadFDs(t *teller) {
	for _, op := range []socket.Op{socket.OpBind, socket.OpConnect, socket.OpListen, socket.OpAccept, socket.OpSend, socket.OpRecv, socket.OpShutdown,
		socket.OpSetSockOpt, socket.OpGetSockOpt, socket.OpSendMsg, socket.OpRecvMsg, socket.OpRead, socket.OpWrite, socket.OpFcntl, socket.OpIoctl} {
		c := socket.Call{Op: op, FD: 900, Fam: core.AFInet, Addr: lo, Port: 1, Data: make([]byte, 4), Cmd: socket.FGetfl, Iov: [][]byte{{1}}, CtlLen: 16}
		t.call(fmt.Sprint("no file, call ", op), c)
	}
	p := t.call("pipe", socket.Call{Op: socket.OpPipe})
	for _, op := range []socket.Op{socket.OpBind, socket.OpConnect, socket.OpListen, socket.OpAccept, socket.OpSend, socket.OpRecv, socket.OpShutdown,
		socket.OpSetSockOpt, socket.OpGetSockOpt, socket.OpSendMsg, socket.OpRecvMsg} {
		c := socket.Call{Op: op, FD: p.Ret, Fam: core.AFInet, Addr: lo, Port: 1, Data: make([]byte, 4), Iov: [][]byte{{1}}, CtlLen: 16}
		t.call(fmt.Sprint("a pipe, call ", op), c)
	}
	c := &socket.Call{Op: socket.OpPoll, Fds: []socket.PollFD{{FD: 900, Events: 1}, {FD: -1, Events: 1}, {FD: p.Ret2, Events: 4}}}
	t.s.do(c)
	fmt.Fprintf(&t.b, "poll: %d %#x %#x %#x\n", c.Ret, c.Fds[0].Revents, c.Fds[1].Revents, c.Fds[2].Revents)
	for _, k := range []kind{{fam: 2, typ: 1, proto: 17}, {fam: 2, typ: 2, proto: 6}, {fam: 2, typ: 9}, {fam: 2, typ: 11}, {fam: 99, typ: 1}, {fam: 2, typ: 3}, {fam: 2, typ: 1, proto: -1}, {fam: 2, typ: 1, proto: 300}, {fam: 10, typ: 2, proto: 58}} {
		t.call(fmt.Sprint("socket ", k.fam, k.typ, k.proto), socket.Call{Op: socket.OpSocket, Fam: k.fam, Kind: k.typ, N: k.proto})
	}
	t.close(p.Ret)
	t.close(p.Ret2)
}

// play makes the calls of one play on a system.
func play(i int, s system) string {
	t := &teller{s: s, k: kinds[plays[i].kind]}
	fmt.Fprintf(&t.b, "== %s %s\n", plays[i].name, t.k.name)
	plays[i].play(t)
	return t.b.String()
}

// A modelled is the model's program on a machine with a loopback device.
type modelled struct {
	w *world
	p *socket.Program
}

// A system makes system calls: the model, or the kernel that runs the test.
type system interface {
	do(c *socket.Call) *socket.Call
	wait() // until all packets are where they go
}

func newModelled(t testing.TB) *modelled {
	w := newWorld(t)
	w.run(sim.Second)
	return &modelled{w, socket.NewProgram(w.NS, "p", idle{})}
}

func (m *modelled) do(c *socket.Call) *socket.Call {
	c.Flags |= noSleep(c)
	m.p.Do(c)
	return c
}

func (m *modelled) wait() { m.w.run(m.w.NS.Clock.Now() + 60*sim.Millisecond) }

func noSleep(c *socket.Call) int {
	switch c.Op {
	case socket.OpSend, socket.OpRecv, socket.OpSendMsg, socket.OpRecvMsg:
		return core.MsgDontWait
	}
	return 0
}

// A kind is a sort of socket.
type kind struct {
	name  string
	fam   uint16
	typ   uint8
	proto int
}

var kinds = []kind{
	{"tcp4", core.AFInet, core.SockStream, 0}, {"tcp6", core.AFInet6, core.SockStream, 0},
	{"udp4", core.AFInet, core.SockDgram, 0}, {"udp6", core.AFInet6, core.SockDgram, 0},
	{"icmp4", core.AFInet, core.SockRaw, 1}, {"icmp6", core.AFInet6, core.SockRaw, 58},
	{"raw4", core.AFInet, core.SockRaw, 200},
}

// own is the loopback address of a family.
func own(fam uint16) wire.Addr {
	if fam == core.AFInet6 {
		return wire.Addr{Lo: 1}
	}
	return lo
}

// TestCalls makes the plays in the model, and compares with what Linux 6.18
// answered (testdata/calls.txt).
func TestCalls(t *testing.T) {
	b, err := os.ReadFile("testdata/calls.txt")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{}
	for _, x := range strings.Split("\n"+string(b), "\n== ")[1:] {
		name, _, _ := strings.Cut(x, "\n")
		want[name] = strings.TrimRight("== "+x, "\n")
	}
	for i := range plays {
		got := strings.TrimRight(play(i, newModelled(t)), "\n")
		name := plays[i].name + " " + kinds[plays[i].kind].name
		difference(t, name, got, want[name])
	}
}

// difference tells where two accounts of a play part.
func difference(t *testing.T, name, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b {
			t.Errorf("%s, line %d:\n  model  %s\n  kernel %s", name, i, a, b)
		}
	}
}
