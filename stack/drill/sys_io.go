package drill

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/socket"
)

// maxBuffer is the largest buffer that a script can ask for, in bytes.
const maxBuffer = 1 << 30

// data is a buffer of a call: "..." or NULL, and its length.
func (a *arguments) data(s *sysCall, buf, count int) {
	null, n := a.buffer(buf), a.int(count)
	switch {
	case n < 0 || n > maxBuffer:
		a.fail(fmt.Errorf("a buffer of %d bytes is too large", n))
	case null:
		s.Bad |= socket.BadBuf
		s.Data = zeros(n)
	default:
		s.Data = zeros(n)
	}
}

func zeros(n int) []byte { return make([]byte, n) }

// iovec is iovec_new: the buffers of a list.
func (a *arguments) iovec(x *Expr) (list [][]byte) {
	if err := x.want(ExList); err != nil {
		a.fail(err)
		return nil
	}
	list = [][]byte{}
	for _, v := range x.Sub {
		if err := v.want(ExIovec); err != nil {
			a.fail(err)
			return nil
		}
		if v.N < 0 || v.N > maxBuffer {
			a.fail(fmt.Errorf("a buffer of %d bytes is too large", v.N))
			return nil
		}
		list = append(list, zeros(int(v.N)))
	}
	return list
}

func sysRead(r *Runner, a *arguments) (*sysCall, error) {
	a.count(3)
	s := &sysCall{Call: socket.Call{Op: socket.OpRead, FD: r.live(a, 0)}}
	a.data(s, 1, 2)
	return s, nil
}

func sysWrite(r *Runner, a *arguments) (*sysCall, error) {
	s, err := sysRead(r, a)
	s.Op = socket.OpWrite
	return s, err
}

// vector is syscall_readv and syscall_writev.
func (r *Runner) vector(a *arguments, op socket.Op) (*sysCall, error) {
	a.count(3)
	s := &sysCall{Call: socket.Call{Op: op, FD: r.live(a, 0)}}
	s.Iov = a.iovec(a.at(1))
	if n := a.int(2); n != len(s.Iov) {
		a.fail(fmt.Errorf("iov_count %d does not match %d-element iovec array", n, len(s.Iov)))
	}
	return s, nil
}

func sysReadv(r *Runner, a *arguments) (*sysCall, error)  { return r.vector(a, socket.OpReadv) }
func sysWritev(r *Runner, a *arguments) (*sysCall, error) { return r.vector(a, socket.OpWritev) }

func sysRecv(r *Runner, a *arguments) (*sysCall, error) {
	a.count(4)
	s := &sysCall{Call: socket.Call{Op: socket.OpRecv, FD: r.live(a, 0)}}
	a.data(s, 1, 2)
	s.Flags = a.int(3)
	return s, nil
}

func sysSend(r *Runner, a *arguments) (*sysCall, error) {
	s, err := sysRecv(r, a)
	s.Op = socket.OpSend
	return s, err
}

func sysRecvfrom(r *Runner, a *arguments) (*sysCall, error) {
	a.count(6)
	s := &sysCall{Call: socket.Call{Op: socket.OpRecv, FD: r.live(a, 0)}}
	a.data(s, 1, 2)
	s.Flags = a.int(3)
	a.ellipsis(4)
	a.ellipsis(5)
	return s, nil
}

// sysSendto is syscall_sendto. What a ping socket sends begins with the header
// of an echo request.
func sysSendto(r *Runner, a *arguments) (*sysCall, error) {
	a.count(6)
	s := &sysCall{Call: socket.Call{Op: socket.OpSend, FD: r.live(a, 0)}}
	a.data(s, 1, 2)
	s.Flags = a.int(3)
	fam := -1
	if a.at(4).Kind != ExEllipsis {
		fam = a.int(4)
	}
	a.ellipsis(5)
	if a.err != nil {
		return s, nil
	}
	if f := r.scriptFD(a.int(0)); f.conn != nil && f.conn.kind&15 == 2 && len(s.Data) >= 8 {
		switch f.conn.proto {
		case 1:
			s.Data[0] = 8
		case 58:
			s.Data[0] = 128
		}
	}
	return s, r.connecting(a.int(0), &s.Call, fam)
}

// sysPipe is syscall_pipe: [R, W] are the script's numbers.
func sysPipe(r *Runner, a *arguments) (*sysCall, error) {
	a.count(1)
	x := a.at(0)
	if err := x.want(ExList); err != nil {
		return nil, err
	}
	if len(x.Sub) != 2 {
		return nil, fmt.Errorf("%d pipe file descriptors instead of 2", len(x.Sub))
	}
	for _, v := range x.Sub {
		if _, err := v.int32(); err != nil {
			return nil, err
		}
	}
	s := &sysCall{zero: true, Call: socket.Call{Op: socket.OpPipe, FD: -1}}
	s.then = func() error {
		if s.Err != 0 {
			return nil
		}
		if err := r.newFD(int(x.Sub[0].N), s.Ret, nil); err != nil {
			return err
		}
		return r.newFD(int(x.Sub[1].N), s.Ret2, nil)
	}
	return s, nil
}

// sysSplice is syscall_splice.
func sysSplice(r *Runner, a *arguments) (*sysCall, error) {
	a.count(6)
	s := &sysCall{Call: socket.Call{Op: socket.OpSplice, FD: r.live(a, 0), FD2: r.live(a, 2), N2: a.int(4), Flags: a.int(5)}}
	for _, i := range [...]int{1, 3} {
		x := a.at(i)
		if err := x.want(ExInt); err != nil {
			a.fail(err)
		} else if x.N != 0 {
			return nil, notModelled{"splice with an offset"}
		}
	}
	return s, nil
}

// sysOpen is syscall_open: the machine's files are those of the shell.
func sysOpen(r *Runner, a *arguments) (*sysCall, error) {
	a.count(2)
	x := a.at(0)
	if err := x.want(ExString); err != nil {
		return nil, err
	}
	s := &sysCall{fd: true, Call: socket.Call{Op: socket.OpOpen, FD: -1, Flags: a.int(1)}}
	if err := r.openFile(x.S, s); err != nil {
		return nil, err
	}
	s.then = func() error {
		if s.Err != 0 {
			return nil
		}
		want, err := plainInt(r.current().Result)
		if err != nil {
			return err
		}
		return r.newFD(want, s.Ret, nil)
	}
	return s, nil
}

// sysSendfile is syscall_sendfile.
func sysSendfile(r *Runner, a *arguments) (*sysCall, error) {
	a.count(4)
	s := &sysCall{Call: socket.Call{Op: socket.OpSendfile, FD: r.live(a, 0), FD2: r.live(a, 1)}}
	x := a.bracketed(2)
	if err := x.want(ExInt); err != nil {
		a.fail(err)
	}
	off := x.N
	s.Off, s.N2 = &off, a.int(3)
	return s, nil
}
