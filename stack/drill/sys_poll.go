package drill

import (
	"errors"
	"fmt"

	"github.com/packetwalk/packetwalk/stack/socket"
)

// sysPoll is syscall_poll: the events that came back are compared.
func sysPoll(r *Runner, a *arguments) (*sysCall, error) {
	a.count(3)
	x := a.at(0)
	if err := x.want(ExList); err != nil {
		return nil, err
	}
	s := &sysCall{Call: socket.Call{Op: socket.OpPoll, FD: -1, N: a.int(2)}}
	var want []int64
	for _, p := range x.Sub {
		if err := p.want(ExPollfd); err != nil {
			return nil, err
		}
		in := arguments{list: p.Sub}
		f := socket.PollFD{FD: r.live(&in, 0), Events: uint16(in.int(1))}
		rev := int64(0)
		if len(p.Sub) > 2 {
			rev = int64(in.int(2))
		}
		if in.err != nil {
			return nil, in.err
		}
		s.Fds = append(s.Fds, f)
		want = append(want, rev)
	}
	if n := a.int(1); n != len(s.Fds) {
		a.fail(fmt.Errorf("nfds %d does not match %d-element pollfd array", n, len(s.Fds)))
	}
	s.then = func() error {
		for i, f := range s.Fds {
			if got := int64(f.Revents); got != want[i] {
				return fmt.Errorf("Expected revents of %s but got %s for pollfd %d", flagNames(want[i]), flagNames(got), i)
			}
		}
		return nil
	}
	return s, nil
}

// sysEpollCreate is syscall_epoll_create.
func sysEpollCreate(r *Runner, a *arguments) (*sysCall, error) {
	a.count(1)
	s := &sysCall{fd: true, Call: socket.Call{Op: socket.OpEpollCreate, FD: -1, Cmd: 1, N: a.int(0)}}
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

// epollEvent is get_epoll_event_from_expr. script is the file descriptor that
// the call is about, -1: none.
func (r *Runner) epollEvent(x *Expr, script int) (ev socket.EpollEvent, err error) {
	if err := x.want(ExEpoll); err != nil {
		return ev, err
	}
	in := arguments{list: x.Sub}
	if err := x.Sub[0].want(ExInt); err != nil {
		return ev, err
	}
	if err := x.Sub[1].want(ExInt); err != nil {
		return ev, err
	}
	ev.Events = uint32(x.Sub[0].N)
	switch n := x.Sub[1].N; {
	case x.S == "fd" && script != -1 && n != int64(script):
		return ev, errors.New("wrong fd specified in epoll_event")
	case x.S == "fd":
		ev.Data = uint64(uint32(r.live(&in, 1)))
	case x.S == "u32":
		ev.Data = uint64(uint32(n))
	default:
		ev.Data = uint64(n)
	}
	return ev, in.err
}

// sysEpollCtl is syscall_epoll_ctl.
func sysEpollCtl(r *Runner, a *arguments) (*sysCall, error) {
	a.count(4)
	s := &sysCall{Call: socket.Call{Op: socket.OpEpollCtl, FD: r.live(a, 0), Cmd: a.int(1), FD2: r.live(a, 2)}}
	if a.err != nil {
		return s, nil
	}
	ev, err := r.epollEvent(a.at(3), a.int(2))
	s.Ev = []socket.EpollEvent{ev}
	return s, err
}

// sysEpollWait is syscall_epoll_wait: the first event that came back is
// compared.
func sysEpollWait(r *Runner, a *arguments) (*sysCall, error) {
	a.count(4)
	s := &sysCall{Call: socket.Call{Op: socket.OpEpollWait, FD: r.live(a, 0), N2: a.int(2), N: a.int(3)}}
	x := a.at(1)
	if a.err != nil {
		return s, nil
	}
	want, err := r.epollEvent(x, -1)
	s.then = func() error {
		var got socket.EpollEvent
		if s.Err == 0 && len(s.Ev) > 0 {
			got = s.Ev[0]
		}
		if got.Events != want.Events {
			return fmt.Errorf("epoll_event->events does not match script: expected: 0x%x actual: 0x%x", want.Events, got.Events)
		}
		w, g := want.Data, got.Data
		if x.S == "fd" || x.S == "u32" {
			w, g = uint64(uint32(w)), uint64(uint32(g))
		}
		if w != g {
			return fmt.Errorf("epoll_event->data does not match script: expected: %d actual: %d", w, g)
		}
		return nil
	}
	return s, err
}
