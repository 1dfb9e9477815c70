package drill

import (
	"errors"
	"fmt"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// family is the sockets' (socket_domain).
func (c *Config) family() int {
	if c.Version == IPv4 {
		return core.AFInet
	}
	return core.AFInet6
}

// sysSocket is syscall_socket.
func sysSocket(r *Runner, a *arguments) (*sysCall, error) {
	a.count(3)
	fam := r.cfg.family()
	if a.at(0).Kind != ExEllipsis {
		fam = a.int(0)
	}
	kind, proto := a.int(1), a.int(2)
	s := &sysCall{fd: true, Call: socket.Call{Op: socket.OpSocket, FD: -1, Fam: uint16(fam), Kind: uint8(kind & 15), SockFlags: kind &^ 15, N: proto}}
	s.then = func() error {
		if s.Err != 0 {
			return nil
		}
		want, err := plainInt(r.current().Result)
		if err != nil {
			return err
		}
		if want < 0 {
			return fmt.Errorf("invalid socket fd %d in script", want)
		}
		k := &conn{state: connNew, family: fam, kind: kind, proto: proto, tsVals: map[uint32]uint32{}}
		r.under = k
		return r.newFD(want, s.Ret, k)
	}
	return s, nil
}

// current is the script's call that is made, or has returned now.
func (r *Runner) current() *Call { return r.calling }

// sysBind is syscall_bind: to the local address and the port of --bind_port.
func sysBind(r *Runner, a *arguments) (*sysCall, error) {
	a.count(3)
	fd := r.live(a, 0)
	a.ellipsis(1)
	a.ellipsis(2)
	return &sysCall{Call: socket.Call{Op: socket.OpBind, FD: fd, Fam: uint16(r.cfg.family()), Addr: wire.FromNetip(r.cfg.LocalIP), Port: r.cfg.BindPort}}, nil
}

// sysListen is syscall_listen.
func sysListen(r *Runner, a *arguments) (*sysCall, error) {
	a.count(2)
	fd, n := r.live(a, 0), a.int(1)
	script := a.int(0)
	s := &sysCall{Call: socket.Call{Op: socket.OpListen, FD: fd, N: n}}
	s.then = func() error {
		f := r.scriptFD(script)
		if f == nil || f.conn == nil {
			return fmt.Errorf("unable to find socket with script fd %d", script)
		}
		f.conn.state = connListening
		return nil
	}
	return s, nil
}

// sysAccept is syscall_accept: the connection whose handshake is over gets the
// script's number.
func sysAccept(r *Runner, a *arguments) (*sysCall, error) {
	a.count(3)
	fd := r.live(a, 0)
	a.ellipsis(1)
	a.ellipsis(2)
	s := &sysCall{fd: true, Call: socket.Call{Op: socket.OpAccept, FD: fd}}
	s.then = func() error {
		if s.Err != 0 {
			return nil
		}
		want, err := plainInt(r.current().Result)
		if err != nil {
			return err
		}
		for i := len(r.fds) - 1; i >= 0; i-- {
			k := r.fds[i].conn
			if k == nil || k.state != connSynackSent && k.state != connSynackAcked {
				continue
			}
			if from := (endpoint{s.From, s.FromPort}); from != k.live.remote {
				return fmt.Errorf("accept returned a connection with %v port %d, not with %v port %d", from.ip, from.port, k.live.remote.ip, k.live.remote.port)
			}
			k.fd.script, k.fd.live = want, s.Ret
			return nil
		}
		return errors.New("unable to find socket matching accept() call")
	}
	return s, nil
}

// connecting is run_syscall_connect: the socket's next packets are those of a
// connection that begins. It fills in the address. family is -1 for "...".
func (r *Runner) connecting(script int, c *socket.Call, family int) error {
	if family == -1 {
		c.Fam, c.Addr, c.Port = uint16(r.cfg.family()), wire.FromNetip(r.cfg.RemoteIP), r.cfg.ConnectPort
	} else if c.Fam = uint16(family); family == 0 {
		c.Unspec = true
	}
	f := r.scriptFD(script)
	if f == nil || f.conn == nil {
		return fmt.Errorf("unable to find socket with script fd %d", script)
	}
	k := f.conn
	switch {
	case c.Unspec:
		k.state = connNew
	case k.state == connNew:
		k.state = connConnecting
		k.script.remote, k.script.local = endpoint{}, endpoint{}
		k.live.remote = endpoint{wire.FromNetip(r.cfg.RemoteIP), r.cfg.ConnectPort}
	}
	return nil
}

// sysConnect is syscall_connect.
func sysConnect(r *Runner, a *arguments) (*sysCall, error) {
	a.count(3)
	fd := r.live(a, 0)
	fam := -1
	if a.at(1).Kind != ExEllipsis {
		fam = a.int(1)
	}
	a.ellipsis(2)
	s := &sysCall{Call: socket.Call{Op: socket.OpConnect, FD: fd}}
	if a.err != nil {
		return s, nil
	}
	return s, r.connecting(a.int(0), &s.Call, fam)
}

// sysShutdown is syscall_shutdown.
func sysShutdown(r *Runner, a *arguments) (*sysCall, error) {
	a.count(2)
	return &sysCall{Call: socket.Call{Op: socket.OpShutdown, FD: r.live(a, 0), N: a.int(1)}}, nil
}

// sysClose is syscall_close.
func sysClose(r *Runner, a *arguments) (*sysCall, error) {
	a.count(1)
	script, live := 0, r.live(a, 0)
	if a.err == nil {
		script = a.int(0)
	}
	s := &sysCall{Call: socket.Call{Op: socket.OpClose, FD: live}}
	s.then = func() error {
		f := r.scriptFD(script)
		if f == nil || f.live != live {
			return fmt.Errorf("unable to find fd with script fd %d and live fd %d", script, live)
		}
		f.closed = true
		return nil
	}
	return s, nil
}

// sysFcntl is syscall_fcntl.
func sysFcntl(r *Runner, a *arguments) (*sysCall, error) {
	if n := len(a.list); n != 2 && n != 3 {
		return nil, fmt.Errorf("fcntl expected 2-3 args but got %d", n)
	}
	s := &sysCall{Call: socket.Call{Op: socket.OpFcntl, FD: r.live(a, 0), Cmd: a.int(1)}}
	if len(a.list) == 3 {
		s.N = a.int(2)
	}
	return s, nil
}

// sysIoctl is syscall_ioctl: [N] is what shall come back.
func sysIoctl(r *Runner, a *arguments) (*sysCall, error) {
	if n := len(a.list); n != 2 && n != 3 {
		return nil, fmt.Errorf("ioctl expected 2-3 args but got %d", n)
	}
	s := &sysCall{Call: socket.Call{Op: socket.OpIoctl, FD: r.live(a, 0), Cmd: a.int(1)}}
	if len(a.list) == 3 {
		want := a.bracketedInt(2)
		s.then = func() error {
			if got := int(int32(s.Ret2)); got != want {
				return fmt.Errorf("Bad ioctl optval: expected: %d actual: %d", want, got)
			}
			return nil
		}
	}
	return s, nil
}

// failed is a call that the kernel refuses before any protocol sees it.
func failed(e core.Errno) *sysCall {
	return &sysCall{Call: socket.Call{FD: -1, Done: true, Err: e}}
}

// sysCapSet is cap_set: the program gives up a capability, or takes it back.
func sysCapSet(r *Runner, a *arguments) (*sysCall, error) {
	a.count(3)
	flag, capability, value := a.int(0), a.int(1), a.int(2)
	const effective, netAdmin, netRaw, bindService = 0, 12, 13, 10
	if flag != effective || capability != netAdmin && capability != netRaw && capability != bindService {
		return nil, notModelled{fmt.Sprintf("cap_set of flag %d, capability %d", flag, capability)}
	}
	r.prog.Root = value != 0
	return &sysCall{Call: socket.Call{FD: -1, Done: true}}, nil
}
