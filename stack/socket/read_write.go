package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A plain is a file with bytes in it. The model has no file system: whoever
// opens one says what it holds.
type plain struct {
	data []byte `fork:"share"`
	size int64  // bytes; those beyond data are zero
	pos  int64
}

// read copies from an offset on.
func (f *plain) read(b []byte, off int64) int {
	if off < 0 || off >= f.size {
		return 0
	}
	n := int(min(int64(len(b)), f.size-off))
	clear(b[:n])
	if off < int64(len(f.data)) {
		copy(b[:n], f.data[off:])
	}
	return n
}

// sysOpen is open(2) of a file that holds Data, made longer by zeros to N bytes.
func (p *Program) sysOpen(c *Call) {
	if c.N < 0 {
		c.fail(step.ENOENT)
		return
	}
	f := &File{plain: &plain{data: c.Data, size: max(int64(c.N), int64(len(c.Data)))}, flags: c.Flags &^ OCloexec, NonBlock: c.Flags&ONonblock != 0}
	c.done(p.install(f), 0)
	p.cloexec[c.Ret-FirstFD] = c.Flags&OCloexec != 0
}

// iovOK is import_iovec's check of readv and writev.
func (c *Call) iovOK() bool {
	if (c.Op == OpReadv || c.Op == OpWritev) && len(c.Iov) > iovMax {
		c.fail(step.EINVAL)
		return false
	}
	return true
}

// total is how many bytes the call is about.
func (c *Call) total() int {
	if c.Iov == nil {
		return len(c.Data)
	}
	n := 0
	for _, b := range c.Iov {
		n += len(b)
	}
	return n
}

// sysRead is ksys_read and do_readv.
func (p *Program) sysRead(f *File, c *Call) {
	switch {
	case !c.iovOK():
	case f.flags&oAccmode == OWronly:
		c.fail(step.EBADF)
	case f.ep != nil:
		p.sockReadIter(f, c)
	case f.pipe != nil:
		f.pipe.read(p, f, c)
	case f.dev != nil:
		p.devRead(f, c)
	case f.plain != nil:
		b := make([]byte, c.total())
		n := f.plain.read(b, f.plain.pos)
		if n > 0 && c.Bad&(BadBuf|BadIov) != 0 {
			c.fail(step.EFAULT)
			return
		}
		f.plain.pos += int64(n)
		c.fill(b[:n])
		c.done(n, 0)
	default:
		c.fail(step.EINVAL)
	}
}

// fill puts what was read where the program wants it.
func (c *Call) fill(b []byte) {
	if c.Iov == nil {
		copy(c.Data, b)
		return
	}
	for _, d := range c.Iov {
		b = b[copy(d, b):]
	}
}

// sockReadIter is sock_read_iter.
func (p *Program) sockReadIter(f *File, c *Call) {
	defer p.NS.In(step.SockReadIter, f.ep.Base()).Out()
	if c.total() == 0 { // as System V has it
		c.done(0, 0)
	} else {
		p.recvmsg(f, c)
	}
	c.why(p.NS)
}

// sysWrite is ksys_write and do_writev.
func (p *Program) sysWrite(f *File, c *Call) {
	switch {
	case !c.iovOK():
	case f.flags&oAccmode == ORdonly:
		c.fail(step.EBADF)
	case f.ep != nil:
		p.sockWriteIter(f, c)
	case f.pipe != nil:
		f.pipe.write(p, f, c)
	case f.dev != nil:
		f.devWrite(c)
	default:
		c.fail(step.NotModelled) // a program's files outside of the network
	}
}

// sockWriteIter is sock_write_iter.
func (p *Program) sockWriteIter(f *File, c *Call) {
	defer p.NS.In(step.SockWriteIter, f.ep.Base()).Out()
	p.sendmsg(f, c)
}

// Commands of fcntl(2).
const (
	FDupfd        = 0
	FGetfd        = 1
	FSetfd        = 2
	FGetfl        = 3
	FSetfl        = 4
	FSetown       = 8
	FGetown       = 9
	FDupfdCloexec = 1030
)

// sysFcntl is do_fcntl.
func (p *Program) sysFcntl(f *File, c *Call) {
	i := c.FD - FirstFD
	switch c.Cmd {
	case FDupfd, FDupfdCloexec:
		fd := p.install(f)
		p.cloexec[fd-FirstFD] = c.Cmd == FDupfdCloexec
		c.done(fd, 0)
	case FGetfd:
		c.done(num(p.cloexec[i]), 0)
	case FSetfd:
		p.cloexec[i] = c.N&1 != 0
		c.done(0, 0)
	case FGetfl:
		n := f.flags
		if f.NonBlock {
			n |= ONonblock
		}
		if f.plain != nil {
			n |= oLarge
		}
		c.done(n, 0)
	case FSetfl:
		f.flags = f.flags&^oSetfl | c.N&oSetfl&^ONonblock
		f.NonBlock = c.N&ONonblock != 0
		c.done(0, 0)
	case FSetown, FGetown, 10, 11, 15, 16, 1024, 1025, 1031, 1032: // signals, leases, pipe sizes
		c.fail(step.NotModelled)
	default:
		c.fail(step.EINVAL)
	}
}

// SetNonBlock is fcntl(F_SETFL) of O_NONBLOCK.
func (p *Program) SetNonBlock(fd int, on bool) core.Errno {
	f := p.file(fd)
	if f == nil {
		return step.EBADF
	}
	f.NonBlock = on
	return 0
}
