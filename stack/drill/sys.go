package drill

import (
	"errors"
	"fmt"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
	"github.com/packetwalk/packetwalk/stack/step"
)

// proc is the program that makes the script's system calls.
type proc struct{ calls []*socket.Call }

// Run makes the calls that have not returned, or goes on with them.
func (a *proc) Run(p *socket.Program) {
	for _, c := range a.calls {
		p.Do(c)
	}
	left := a.calls[:0]
	for _, c := range a.calls {
		if !c.Done {
			left = append(left, c)
		}
	}
	a.calls = left
}

// A pending is a blocking system call that the script goes on beside.
type pending struct {
	m    *moment
	call *Call
	sys  *sysCall
}

// A sysCall is a system call that is made: what it was given, and what is left
// to do when it has returned.
type sysCall struct {
	socket.Call
	fd   bool // the result is a file descriptor: any will do
	zero bool // the system call returns 0, whatever Ret is
	// then looks at what came back; it runs if the result is as expected.
	then func() error
}

// A handler makes the call of a script.
type handler func(r *Runner, a *arguments) (*sysCall, error)

// handlers are the system calls (system_call_table).
var handlers map[string]handler

func init() {
	handlers = map[string]handler{
		"socket": sysSocket, "bind": sysBind, "listen": sysListen, "accept": sysAccept, "connect": sysConnect, "shutdown": sysShutdown, "close": sysClose,
		"read": sysRead, "readv": sysReadv, "recv": sysRecv, "recvfrom": sysRecvfrom, "recvmsg": sysRecvmsg,
		"write": sysWrite, "writev": sysWritev, "send": sysSend, "sendto": sysSendto, "sendmsg": sysSendmsg,
		"fcntl": sysFcntl, "ioctl": sysIoctl, "getsockopt": sysGetsockopt, "setsockopt": sysSetsockopt, "poll": sysPoll,
		"epoll_create": sysEpollCreate, "epoll_ctl": sysEpollCtl, "epoll_wait": sysEpollWait,
		"open": sysOpen, "sendfile": sysSendfile, "pipe": sysPipe, "splice": sysSplice, "cap_set": sysCapSet,
	}
}

// call plays a system call (run_system_call_event).
func (r *Runner) call(c *Call) error {
	// A call waits a second for one that sleeps.
	idle := r.asleep == nil || r.until(r.World.Clock.Now()+sim.Second, func() bool { return r.asleep == nil })
	if r.fatal != nil {
		return r.fatal
	}
	if c.Blocks && !idle {
		return errors.New("blocking system call while another blocking system call is already in progress")
	}
	if err := r.wait(); err != nil {
		return err
	}
	s, err := r.prepare(c)
	if err != nil {
		return err
	}
	if c.Blocks {
		return r.sleepIn(c, s)
	}
	r.make(s)
	if r.fatal != nil {
		return r.fatal
	}
	if !s.Done {
		return fmt.Errorf("stopped after %d seconds of virtual time (--max-time): the call does not return", r.cfg.MaxTime/sim.Second)
	}
	return r.finish(c, s)
}

// prepare evaluates the arguments of a call (invoke_system_call).
func (r *Runner) prepare(c *Call) (*sysCall, error) {
	h := handlers[c.Name]
	if h == nil {
		if c.Name == "psp_rx_assoc" || c.Name == "psp_tx_assoc" {
			return nil, notModelled{"PSP"}
		}
		return nil, fmt.Errorf("Unknown system call: '%s'", c.Name)
	}
	a := &arguments{}
	for _, x := range c.Args {
		v, err := evaluate(x)
		if err != nil {
			return nil, err
		}
		a.list = append(a.list, v)
	}
	s, err := h(r, a)
	if a.err != nil {
		return nil, a.err
	}
	return s, err
}

// make lets the program make a call, until it returns.
func (r *Runner) make(s *sysCall) {
	if s.Done {
		return
	}
	r.proc.calls = append(r.proc.calls, &s.Call)
	r.prog.Start(r.World.Clock.Now())
	r.until(r.limit(), func() bool { return r.fatal != nil || s.Done && !r.prog.InCall(s.FD) })
}

// sleepIn begins a call that shall sleep; the script goes on.
func (r *Runner) sleepIn(c *Call, s *sysCall) error {
	p := &pending{m: r.now, call: c, sys: s}
	if r.now.When.Kind == Relative {
		c.endsAt = c.Until + r.now.offset
	} else {
		c.endsAt = c.Until
	}
	r.asleep = p
	r.proc.calls = append(r.proc.calls, &s.Call)
	now := r.World.Clock.Now()
	r.prog.Start(now)
	r.until(now, nil)
	return r.fatal
}

// reap looks whether the call that sleeps has returned, and how
// (system_call_thread).
func (r *Runner) reap() {
	p := r.asleep
	if p == nil || !p.sys.Done || r.prog.InCall(p.sys.FD) {
		return
	}
	r.asleep = nil
	at := r.usecs()
	err := r.finish(p.call, p.sys)
	if err == nil {
		if err = r.checkTime(p.m.When.Kind, p.call.endsAt, 0, at, p.m.from, "system call return"); err != nil {
			err = lateError{err}
		}
	}
	if err != nil {
		r.fatal = r.failure(p.m.Event, err)
	}
}

// idle waits for the call that sleeps, at the end (syscalls_free).
func (r *Runner) idle() error {
	p := r.asleep
	if p == nil || r.until(r.World.Clock.Now()+sim.Second, func() bool { return r.asleep == nil }) {
		return r.fatal
	}
	return &Failure{File: r.script.File, Line: p.m.Line, What: "runtime error: exiting while a blocking system call is in progress"}
}

// finish compares what a call returned with the script (end_syscall).
func (r *Runner) finish(c *Call, s *sysCall) error {
	r.calling = c
	if s.NotModelled || s.Err == step.NotModelled {
		return notModelled{describeCall(c, s)}
	}
	ret := s.Ret
	if s.Err != 0 {
		ret, r.errno = -1, int(s.Err)
	} else if s.zero {
		ret = 0
	}
	want, err := plainInt(c.Result)
	if err != nil {
		return err
	}
	got := fmt.Sprintf("%d", ret)
	if ret < 0 {
		got = fmt.Sprintf("%d with errno %d (%s)", ret, r.errno, strerror(r.errno))
	}
	switch {
	case s.fd && want >= 0:
		if ret < 0 {
			return fmt.Errorf("Expected non-negative result but got %s", got)
		}
	case ret != want:
		return fmt.Errorf("Expected result %d but got %s", want, got)
	}
	if c.Errno != "" {
		e, err := symbol(c.Errno)
		if err != nil {
			return err
		}
		if int(e) != r.errno {
			return fmt.Errorf("Expected errno %d (%s) but got %d (%s)", e, strerror(int(e)), r.errno, strerror(r.errno))
		}
	}
	if s.then != nil {
		return s.then()
	}
	return nil
}

// plainInt is the number of a result: it is not evaluated.
func plainInt(x *Expr) (int, error) {
	y := *x
	if y.Kind == ExHex {
		y.Kind = ExInt
	}
	return y.int32()
}

// describeCall names a call that the model does not have.
func describeCall(c *Call, s *sysCall) string {
	switch c.Name {
	case "setsockopt", "getsockopt":
		if len(c.Args) > 2 {
			return fmt.Sprintf("%s of %s, %s", c.Name, c.Args[1], c.Args[2])
		}
	case "fcntl", "ioctl":
		if len(c.Args) > 1 {
			return fmt.Sprintf("%s of %s", c.Name, c.Args[1])
		}
	}
	return "what " + c.Name + " asks for"
}

// live is to_live_fd.
func (r *Runner) live(a *arguments, i int) int {
	n := a.int(i)
	f := r.scriptFD(n)
	if f == nil {
		a.fail(fmt.Errorf("unable to find fd with script fd %d", n))
		return -1
	}
	return f.live
}

// newFD notes a file descriptor of the script (check_duplicate_fd).
func (r *Runner) newFD(script, live int, k *conn) error {
	if r.scriptFD(script) != nil {
		return fmt.Errorf("duplicate fd %d in script", script)
	}
	f := &fd{script: script, live: live, conn: k}
	if k != nil {
		k.fd = f
	}
	r.fds = append(r.fds, f)
	return nil
}
