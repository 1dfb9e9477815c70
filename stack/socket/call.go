package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// An Op is a system call.
type Op uint8

// The system calls. OpSend is sendto and OpRecv recvfrom.
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
	OpSendMsg
	OpRecvMsg
	OpRead
	OpReadv
	OpWrite
	OpWritev
	OpFcntl
	OpIoctl
	OpPoll
	OpEpollCreate
	OpEpollCtl
	OpEpollWait
	OpPipe
	OpSplice
	OpSendfile
	OpOpen
	OpGetsockname
	OpGetpeername
	OpDup
	OpSendMmsg
	OpRecvMmsg
	numOps
)

// Directions for OpShutdown (SHUT_*).
const (
	ShutRd = iota
	ShutWr
	ShutRdWr
)

// Pointers of a call that lead nowhere (EFAULT).
const (
	BadBuf  = 1 << iota // the bytes, or optval
	BadAddr             // the address, or its length
	BadLen              // *optlen
	BadIov              // the iovec, or what it points to
	BadCtl              // the control messages
	BadMsg              // struct msghdr itself, the events, the file descriptors
)

// Flags of socket and accept4, in Call.SockFlags.
const (
	SockNonblock = 0x800
	SockCloexec  = 0x80000
)

// A Call is one system call in progress: what it was given, how far it is, and
// what it returned. Numbers are Linux's, memory is little endian. Zero Addr and
// Port mean "none".
type Call struct {
	Op        Op
	FD        int
	FD2       int // OpSplice: where to; OpSendfile: the file; OpEpollCtl: what to watch; OpDup: -1 or the number wanted
	Addr      wire.Addr
	Port      uint16
	AddrLen   int      // of the address, as given; 0: as long as it should be
	Unspec    bool     // the address is of no family (AF_UNSPEC)
	Data      []byte   // what to send, or where to put it; the value of a socket option
	Iov       [][]byte // OpReadv, OpWritev, OpSendMsg, OpRecvMsg: the same in pieces
	Bad       uint8    // Bad*
	Flags     int      // core.Msg*; OpSplice: SPLICE_F_*; OpOpen, OpPipe: O_*
	N         int      // OpListen: backlog; OpShutdown: Shut*; OpSocket: protocol; OpFcntl, OpIoctl: argument; OpPoll, OpEpollWait: milliseconds, below 0 for ever; OpEpollCreate: flags
	N2        int      // OpSplice, OpSendfile: bytes; OpEpollWait: events at most
	Kind      uint8    // OpSocket: core.Sock*
	SockFlags int      // OpSocket, OpAccept: Sock*
	Fam       uint16   // OpSocket: core.AF*; OpBind, OpConnect, OpSend: of the address, 0: the socket's
	Opt       Opt      // OpSetSockOpt, OpGetSockOpt; 0: Level and Name say it
	Level     int      // of an option, by number (SOL_*)
	Name      int
	Cmd       int // OpFcntl: F_*; OpIoctl: the request; OpEpollCtl: EpollCtl*
	Ctl       []core.Cmsg
	CtlLen    int          // OpRecvMsg: room for control messages in bytes, below 0 without limit
	Off       *int64       // OpSendfile, OpSplice: the offset to read from, which moves; nil: the file's own
	Fds       []PollFD     // OpPoll
	Ev        []EpollEvent // OpEpollCtl: one; OpEpollWait: those that the call returned
	Msgs      []*Call      // OpSendMmsg, OpRecvMmsg: each as for OpSendMsg and OpRecvMsg

	Done     bool
	Ret      int // as the system call returns it, if Err is 0
	Err      core.Errno
	Ret2     int       // OpIoctl: the number that came back; OpPipe: the writing end
	OptLen   int       // OpGetSockOpt: *optlen; the bytes are in Data
	MsgFlags int       // OpRecvMsg: msg_flags
	From     wire.Addr // OpRecv, OpAccept, OpGetsockname, OpGetpeername
	FromPort uint16
	Cut      bool        // OpRecv: MSG_TRUNC
	Ext      core.ExtErr // OpRecv with core.MsgErrQueue
	Offender wire.Addr   // and who sent the ICMP error
	TTL      uint8       // OpRecv of a raw socket: TTL or hop limit of the packet
	// NotModelled says that the model does not have what was asked for, though
	// Linux does. Err is core.NotModelled then.
	NotModelled bool

	msg     *core.Msghdr
	at      int // OpSendMmsg, OpRecvMmsg: the message that is next
	asleep  bool
	since   sim.Time // when it fell asleep
	until   sim.Time // when it gives up; 0: never
	zz      *sleeper
	started bool  // OpConnect: under way
	closing *File // OpClose: the file, which has no number any more
}

// Do makes a system call, or goes on with it, and reports whether it has
// returned. If not, the program sleeps in it: call Do again with the same Call
// when the program runs next. A program may sleep in several calls at once, as
// one with threads does.
func (p *Program) Do(c *Call) bool {
	if c.Done {
		return true
	}
	if c.zz != nil {
		if !c.zz.ready(p.NS.Clock.Now()) {
			p.armTimeout(c.zz)
			return false
		}
		p.rise(c.zz)
		c.zz = nil
	}
	if c.closing != nil {
		p.closeEnd(c.closing, c)
		return c.Done
	}
	switch c.Op {
	case OpSocket:
		p.sysSocket(c)
		return true
	case OpPoll:
		p.sysPoll(c)
		return p.over(c)
	case OpEpollCreate:
		p.sysEpollCreate(c)
		return true
	case OpPipe:
		p.sysPipe(c)
		return true
	case OpOpen:
		p.sysOpen(c)
		return true
	}
	f := p.file(c.FD)
	if f == nil {
		return c.fail(step.EBADF)
	}
	if !p.doFile(f, c) {
		if f.ep == nil {
			return c.fail(step.ENOTSOCK)
		}
		p.doSocket(f, c)
	}
	return p.over(c)
}

// over ends a call that has returned.
func (p *Program) over(c *Call) bool {
	if c.Done && c.Err == step.NotModelled {
		c.NotModelled = true
		p.notModelled(c)
	}
	return c.Done
}

// doFile makes the calls that any file has, and reports whether it was one.
func (p *Program) doFile(f *File, c *Call) bool {
	switch c.Op {
	case OpRead, OpReadv:
		p.sysRead(f, c)
	case OpWrite, OpWritev:
		p.sysWrite(f, c)
	case OpFcntl:
		p.sysFcntl(f, c)
	case OpIoctl:
		p.sysIoctl(f, c)
	case OpClose:
		p.sysClose(f, c)
	case OpDup:
		p.sysDup(f, c)
	case OpEpollCtl:
		p.sysEpollCtl(f, c)
	case OpEpollWait:
		p.sysEpollWait(f, c)
	case OpSplice:
		p.sysSplice(f, c)
	case OpSendfile:
		p.sysSendfile(f, c)
	default:
		return false
	}
	return true
}

// doSocket makes the calls that only a socket has.
func (p *Program) doSocket(f *File, c *Call) {
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
		p.sysSendto(f, c)
	case OpSendMsg:
		p.sysSendmsg(f, c)
	case OpSendMmsg:
		p.sysSendmmsg(f, c)
	case OpRecv:
		p.sysRecvfrom(f, c)
	case OpRecvMsg:
		p.sysRecvmsg(f, c)
	case OpRecvMmsg:
		p.sysRecvmmsg(f, c)
	case OpShutdown:
		p.sysShutdown(f, c)
	case OpSetSockOpt:
		p.sysSetsockopt(f, c)
	case OpGetSockOpt:
		p.sysGetsockopt(f, c)
	case OpGetsockname:
		p.sysGetsockname(f, c, false)
	case OpGetpeername:
		p.sysGetsockname(f, c, true)
	default:
		c.fail(step.ENOSYS)
	}
}

func (c *Call) fail(e core.Errno) bool {
	c.Done, c.Err = true, e
	return true
}

func (c *Call) done(ret int, e core.Errno) {
	c.Done, c.Ret, c.Err = true, ret, e
}

// nonblock reports whether the call may not sleep.
func (c *Call) nonblock(f *File) bool {
	return f.NonBlock || c.Flags&core.MsgDontWait != 0
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

// notModelled says so where the reader looks.
func (p *Program) notModelled(c *Call) {
	var sk *core.Sock
	if f := p.file(c.FD); f != nil && f.ep != nil {
		sk = f.ep.Base()
	}
	if sk == nil {
		return
	}
	if c.Op == OpSetSockOpt || c.Op == OpGetSockOpt {
		p.NS.Note(sk, step.WhySockOptNotModelled, uint64(c.Opt.level()), uint64(c.Opt.name()))
		return
	}
	p.NS.Note(sk, step.WhyCallNotModelled, uint64(c.Op), uint64(c.Flags), uint64(c.Cmd))
}
