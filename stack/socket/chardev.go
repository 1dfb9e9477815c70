package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A Dev is a character device that a program has open: /dev/net/tun. Its socket
// (Base) tells when there is something to read.
type Dev interface {
	Base() *core.Sock
	Read(p []byte) (int, core.Errno)  // EAGAIN: nothing is there
	Write(p []byte) (int, core.Errno) // one packet
	Poll() uint16                     // core.Poll*
	Close()
}

// OpenDev gives a device the lowest free file descriptor: open(2) of its node.
func (p *Program) OpenDev(d Dev) int {
	f := &File{dev: d, flags: ORdwr | oLarge}
	d.Base().Waker = &devReaders{f}
	return p.install(f)
}

// devReaders are the programs that have a device open.
type devReaders struct{ f *File }

// Readable, Writable, Error, StateChange and Returned: see core.Waker.

// Readable wakes those that wait for a packet.
func (r *devReaders) Readable(*core.Sock) {
	for _, p := range r.f.progs {
		p.stirFile(r.f)
		p.wake()
	}
}

// Writable is never called.
func (r *devReaders) Writable(*core.Sock) {}

// Error is never called.
func (r *devReaders) Error(*core.Sock) {}

// StateChange is never called.
func (r *devReaders) StateChange(*core.Sock) {}

// Returned is never called.
func (r *devReaders) Returned(*core.Sock) {}

// devRead is read(2) of a device: one packet, or sleep until there is one.
func (p *Program) devRead(f *File, c *Call) {
	b := make([]byte, c.total())
	n, e := f.dev.Read(b)
	switch {
	case e == step.EAGAIN:
		c.sleep(p, f, e, 0, false)
	case e != 0:
		c.fail(e)
	default:
		c.fill(b[:n])
		c.done(n, 0)
	}
}

// devWrite is write(2) of a device.
func (f *File) devWrite(c *Call) {
	if e := c.message(); e != 0 {
		c.fail(e)
		return
	}
	if n, e := f.dev.Write(c.msg.Data); e != 0 {
		c.fail(e)
	} else {
		c.done(n, 0)
	}
}
