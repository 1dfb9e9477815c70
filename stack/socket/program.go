package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// FirstFD is the first file descriptor that a socket gets: 0, 1 and 2 are the
// terminal.
const FirstFD = 3

// An App is what a program does: it is asked to go on when the program starts,
// when one of its sockets wakes it, and when its alarm rings.
type App interface{ Run(p *Program) }

// A Program is a simulated process.
type Program struct {
	Name   string
	NS     *core.Netns
	App    App
	GID    int      // group, for ping_group_range
	Root   bool     // may open raw sockets and ports below 1024
	Wakeup sim.Time // from the wake-up until it runs

	files   []*File
	cloexec []bool     // of each file descriptor (FD_CLOEXEC)
	asleep  []*sleeper // calls that wait
	sleeps  uint64
	timeo   sim.Timer // when the first of them has waited enough
	sched   sim.Timer // it was woken
	alarm   sim.Timer // it asked to be called at a time
	task    runTask
	running bool
	again   bool // woken while it ran
	waits   bool // for the end of a call
	sending int  // bytes that the send call in progress was given
	Exited  bool
	Stopped bool // by SIGSTOP: what wakes it waits for Continue
}

// Stop is SIGSTOP: the program does not run.
func (p *Program) Stop() { p.Stopped = true }

// Continue is SIGCONT: it goes on, at a time of the clock.
func (p *Program) Continue(at sim.Time) {
	p.Stopped = false
	if p.again {
		p.again = false
		p.Start(at)
	}
}

// runTask runs a Program.
type runTask struct{ p *Program }

// Run is the scheduler's switch to the program.
func (t *runTask) Run() { t.p.run() }

// NewProgram makes a program; Start runs it.
func NewProgram(ns *core.Netns, name string, app App) *Program {
	p := &Program{Name: name, NS: ns, App: app, Root: true}
	p.task.p = p
	return p
}

// Start lets the program run for the first time at a time of the clock.
func (p *Program) Start(at sim.Time) { p.NS.Clock.Mod(&p.sched, at, &p.task) }

// Alarm lets it run at a time of the clock, whatever happens (timerfd). A
// second alarm replaces the first.
func (p *Program) Alarm(at sim.Time) { p.NS.Clock.Mod(&p.alarm, at, &p.task) }

func (p *Program) run() {
	if p.Exited || p.running {
		return
	}
	if p.Stopped {
		p.again = true
		return
	}
	p.running = true
	p.again = false
	p.App.Run(p)
	p.running = false
	for _, z := range p.asleep {
		p.armTimeout(z)
	}
	if p.again && !p.Exited {
		p.wake()
	}
}

// wake makes the program runnable: it runs when the interrupt that woke it is
// done.
func (p *Program) wake() {
	if p.running {
		p.again = true
		return
	}
	if !p.Exited && !p.sched.Pending() {
		p.NS.Clock.Mod(&p.sched, p.NS.Clock.Now()+p.Wakeup, &p.task)
	}
}

// Yield lets those run first whom the call that the program just made has woken:
// one who slept is owed time, and takes the CPU when the call returns
// (check_preempt_wakeup_fair, TIF_NEED_RESCHED). The App shall return from Run
// and is run again behind them.
func (p *Program) Yield() { p.again = true }

// Readable, Writable, Error, StateChange and Returned: see core.Waker.

// Readable is sk_data_ready's wake-up.
func (p *Program) Readable(sk *core.Sock) {
	p.stir(sk, false)
	p.wake()
}

// Writable is sk_write_space's.
func (p *Program) Writable(sk *core.Sock) {
	p.stir(sk, false)
	p.wake()
}

// Error is sk_error_report's.
func (p *Program) Error(sk *core.Sock) {
	p.stir(sk, false)
	p.wake()
}

// StateChange is sk_state_change's.
func (p *Program) StateChange(sk *core.Sock) {
	p.stir(sk, true)
	p.wake()
}

// Returned runs the program when it waits for the end of a call (InCall).
func (p *Program) Returned(sk *core.Sock) {
	p.stir(sk, true)
	if p.waits {
		p.waits = false
		p.wake()
	}
}

// InCall reports whether the last call with a socket is not over yet. The
// program does not run then: it shall return from Run, and is run again when
// the call is over. One that goes on is taken to have waited.
func (p *Program) InCall(fd int) bool {
	if sk := p.Sock(fd); sk != nil {
		if _, ok := sk.InCall(); ok {
			p.waits = true
			return true
		}
	}
	return false
}

// Exit ends the program: the kernel closes what it has open.
func (p *Program) Exit() {
	for fd := range p.files {
		if p.files[fd] != nil {
			p.Close(fd + FirstFD)
		}
	}
	p.Exited = true
	p.NS.Clock.Stop(&p.sched)
	p.NS.Clock.Stop(&p.alarm)
	p.NS.Clock.Stop(&p.timeo)
	p.asleep = nil
}

// Sock is the socket behind a file descriptor, nil if there is none.
func (p *Program) Sock(fd int) *core.Sock {
	if f := p.file(fd); f != nil {
		return f.sock()
	}
	return nil
}

// Running reports whether its App runs at this moment.
func (p *Program) Running() bool { return p.running }

// Sending is how many bytes the send call that the kernel works on was given.
func (p *Program) Sending() int { return p.sending }
