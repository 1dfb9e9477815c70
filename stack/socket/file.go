package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Flags of open(2) and of a file (O_*, x86_64).
const (
	ORdonly   = 0
	OWronly   = 1
	ORdwr     = 2
	oAccmode  = 3
	ONonblock = 0x800
	OCloexec  = 0x80000
	oSetfl    = ONonblock | 0x400 | 0x2000 | 0x4000 | 0x40000 // what F_SETFL changes: O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME too
	oLarge    = 0x8000
)

// A File is a file as programs have it open (struct file): a socket, or one of
// the few other kinds that calls about sockets need.
type File struct {
	ep    endpoint   // struct socket
	epoll *eventPoll // an epoll instance
	pipe  *pipe      // one end of a pipe
	plain *plain     // a file with bytes in it
	dev   Dev        // a device

	NonBlock bool // O_NONBLOCK
	flags    int  // O_RDONLY, O_WRONLY or O_RDWR, and the rest of O_*
	refs     int  // file descriptors, of all programs
	progs    []*Program
	sleeps   uint64
	watched  []*epItem // f_ep
}

// sock is the socket behind the file, nil if it is none.
func (f *File) sock() *core.Sock {
	if f.ep == nil {
		return nil
	}
	return f.ep.Base()
}

// install gives a file the lowest free file descriptor (fd_install).
func (p *Program) install(f *File) int {
	if sk := f.sock(); sk != nil && len(f.progs) == 0 {
		sk.Waker = p
	}
	f.refs++
	f.join(p)
	for i := range p.files {
		if p.files[i] == nil {
			p.files[i], p.cloexec[i] = f, false
			return i + FirstFD
		}
	}
	p.files = append(p.files, f)
	p.cloexec = append(p.cloexec, false)
	return len(p.files) - 1 + FirstFD
}

// installSock is sock_map_fd.
func (p *Program) installSock(ep endpoint, flags int) int {
	fd := p.install(&File{ep: ep, flags: ORdwr, NonBlock: flags&SockNonblock != 0})
	p.cloexec[fd-FirstFD] = flags&SockCloexec != 0
	return fd
}

// join notes that a program has the file open. A second one makes the socket's
// wake-ups go to both.
func (f *File) join(p *Program) {
	for _, o := range f.progs {
		if o == p {
			return
		}
	}
	f.progs = append(f.progs, p)
	if sk := f.sock(); sk != nil && len(f.progs) == 2 {
		sk.Waker = &sharers{f}
	}
}

// leave notes that a program has it open no more.
func (f *File) leave(p *Program) {
	for _, o := range p.files {
		if o == f {
			return
		}
	}
	for i, o := range f.progs {
		if o == p {
			f.progs = append(f.progs[:i:i], f.progs[i+1:]...)
			break
		}
	}
	if sk := f.sock(); sk != nil && len(f.progs) == 1 {
		sk.Waker = f.progs[0]
	}
}

// Share gives another program a file descriptor for the same file, as fork
// does, and returns it; -1 if there is no such file.
func (p *Program) Share(fd int, q *Program) int {
	f := p.file(fd)
	if f == nil {
		return -1
	}
	return q.install(f)
}

// sharers are programs that have the same socket open (its wait queue).
type sharers struct{ f *File }

// wake wakes all that do not wait exclusively, and of those that do the one
// that waits longest; with all every one.
func (s *sharers) wake(sk *core.Sock, all bool) {
	var first *Program
	var order uint64
	for _, p := range s.f.progs {
		z := p.exclusive(s.f)
		if z == nil || all {
			p.stir(sk, all)
			p.wake()
			continue
		}
		if first == nil || z.order < order {
			first, order = p, z.order
		}
	}
	if first != nil {
		first.stir(sk, false)
		first.wake()
	}
}

// Readable, Writable, Error, StateChange and Returned: see core.Waker.

// Readable is sk_data_ready's wake-up.
func (s *sharers) Readable(sk *core.Sock) { s.wake(sk, false) }

// Writable is sk_write_space's.
func (s *sharers) Writable(sk *core.Sock) { s.wake(sk, false) }

// Error is sk_error_report's.
func (s *sharers) Error(sk *core.Sock) { s.wake(sk, false) }

// StateChange is sk_state_change's.
func (s *sharers) StateChange(sk *core.Sock) { s.wake(sk, true) }

// Returned runs the programs that wait for the end of a call.
func (s *sharers) Returned(sk *core.Sock) {
	for _, p := range s.f.progs {
		p.Returned(sk)
	}
}

// file is fdget: nil is EBADF.
func (p *Program) file(fd int) *File {
	if i := fd - FirstFD; i >= 0 && i < len(p.files) {
		return p.files[i]
	}
	return nil
}

// sysClose is close(2): the file goes with its last file descriptor.
func (p *Program) sysClose(f *File, c *Call) {
	p.files[c.FD-FirstFD] = nil
	f.leave(p)
	if f.refs--; f.refs > 0 {
		c.done(0, 0)
		return
	}
	for len(f.watched) > 0 { // eventpoll_release
		f.watched[0].remove()
	}
	if f.ep != nil {
		p.sockClose(f, c)
		return
	}
	c.done(0, 0)
	switch {
	case f.epoll != nil:
		f.epoll.release()
	case f.pipe != nil:
		f.pipe.release(f)
	case f.dev != nil:
		f.dev.Close()
	}
}

// sysDup is dup(2), and dup2(2) when FD2 is a number.
func (p *Program) sysDup(f *File, c *Call) {
	if c.FD2 <= 0 {
		c.done(p.install(f), 0)
		return
	}
	if c.FD2 < FirstFD || c.FD2 >= FirstFD+1024 {
		c.fail(step.EBADF)
		return
	}
	if c.FD2 != c.FD {
		p.Close(c.FD2)
		for len(p.files) <= c.FD2-FirstFD {
			p.files, p.cloexec = append(p.files, nil), append(p.cloexec, false)
		}
		p.files[c.FD2-FirstFD], p.cloexec[c.FD2-FirstFD] = f, false
		f.refs++
		f.join(p)
	}
	c.done(c.FD2, 0)
}

// poll is vfs_poll: what a file is ready for (core.Poll*).
func (p *Program) poll(f *File) uint16 {
	switch {
	case f.ep != nil:
		return p.sockPoll(f)
	case f.epoll != nil:
		return f.epoll.poll(p)
	case f.pipe != nil:
		return f.pipe.poll(f)
	case f.dev != nil:
		return f.dev.Poll()
	}
	return core.PollIn | core.PollOut | core.PollRdNorm | core.PollWrNorm // DEFAULT_POLLMASK
}

// queue is the wait queue that poll_wait names, nil for a file that never
// changes.
func (f *File) queue() *core.WaitQueue {
	switch {
	case f.ep != nil:
		return f.ep.Base().Queue()
	case f.epoll != nil:
		return &f.epoll.queue
	case f.pipe != nil:
		return &f.pipe.queue
	case f.dev != nil:
		return f.dev.Base().Queue()
	}
	return nil
}
