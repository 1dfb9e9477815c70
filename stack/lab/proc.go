package lab

import (
	"fmt"
	"iter"
	"sort"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
)

// A Proc is a simulated process: a coroutine of the lab. Shells and text tools
// live in it alone; a network tool also has a socket.Program in the world.
type Proc struct {
	lab    *Lab
	pid    int
	parent *Proc
	kids   []*Proc // not waited for
	host   *stack.Host
	name   string
	cwd    string
	env    map[string]string
	fds    map[int]*desc
	sh     *shell // the shell that it runs, innermost
	app    *socket.Program
	depth  int
	cpus   core.CPUMask // that it may run on; 0: all

	next    func() (struct{}, bool)
	yield   func(struct{}) bool
	ready   func() bool // nil: it can go on
	wakeAt  sim.Time    // 0: not by time
	exited  bool
	status  int
	killed  int   // signal that ends it
	relay   *Proc // timeout hands signals on to it; or it stands for this process (execs)
	execs   bool
	relayed bool // and has done so
	noticed bool // its end was seen by a shell that waited for another
	tidy    bool // it ended itself because of the signal: no shell tells of it
	died    int  // signal that ended the program that it ran last, 0: none
	waits   bool
}

// died unwinds a process that is killed.
type died struct{}

// fork makes a child process that runs f; it starts when its parent waits.
func (p *Proc) fork(name string, f func(*Proc) int) *Proc {
	l := p.lab
	alive := 0
	for _, q := range l.procs {
		if !q.exited {
			alive++
		}
	}
	if alive >= l.Limits.Procs {
		l.halt(p, fmt.Sprintf("after %d processes at one time", l.Limits.Procs))
		panic(died{})
	}
	c := l.newProc(p.host, name, f)
	c.parent, c.cwd, c.depth, c.cpus = p, p.cwd, p.depth, p.cpus
	for k, v := range p.env {
		c.env[k] = v
	}
	for n, d := range p.fds {
		d.refs++
		c.fds[n] = d
	}
	p.kids = append(p.kids, c)
	return c
}

func (l *Lab) newProc(h *stack.Host, name string, f func(*Proc) int) *Proc {
	l.lastPID++
	p := &Proc{lab: l, pid: l.lastPID, host: h, name: name, cwd: "/root", env: map[string]string{}, fds: map[int]*desc{}}
	l.procs = append(l.procs, p)
	l.all[p.pid] = p
	l.settled = false
	p.next, _ = iter.Pull(func(yield func(struct{}) bool) {
		p.yield = yield
		defer p.end()
		defer func() {
			if r := recover(); r != nil {
				if _, ok := r.(died); !ok {
					panic(r)
				}
				if p.status == 0 {
					p.status = 128 + p.killed
				}
			}
		}()
		p.check()
		p.status = f(p)
	})
	return p
}

// end is do_exit: sockets and files are closed, children are left alone.
func (p *Proc) end() {
	if p.app != nil {
		p.app.Exit()
		p.app = nil
	}
	for _, n := range p.openFDs() {
		p.close(n)
	}
	p.exited = true
}

func (p *Proc) openFDs() []int {
	var l []int
	for n := range p.fds {
		l = append(l, n)
	}
	sort.Ints(l)
	return l
}

// check ends the process if a signal or a limit says so.
func (p *Proc) check() {
	if p.killed != 0 || p.lab.stop != nil {
		panic(died{})
	}
}

// block lets others run until cond holds.
func (p *Proc) block(cond func() bool) {
	p.check()
	for !cond() {
		if p.lab.instant {
			p.errf("not modelled: %s waits, and in a set-up no time passes\n", p.name)
			p.status = 1
			panic(died{})
		}
		p.ready = cond
		p.yield(struct{}{})
		p.ready = nil
		p.check()
	}
}

// sleep lets virtual time pass.
func (p *Proc) sleep(d sim.Time) {
	at := p.lab.now() + d
	p.wakeAt = at
	p.block(func() bool { return p.lab.now() >= at })
	p.wakeAt = 0
}

// until waits for a condition, but no longer than to a time (0: for ever).
func (p *Proc) until(at sim.Time, cond func() bool) {
	p.wakeAt = at
	p.block(func() bool { return cond() || at > 0 && p.lab.now() >= at })
	p.wakeAt = 0
}

// wait waits for the end of a child and forgets it.
func (p *Proc) wait(c *Proc) int {
	p.block(func() bool { return c.exited })
	p.notice()
	p.reap(c)
	return c.status
}

// notice takes note of what ended while a shell waited for something else.
func (p *Proc) notice() {
	for _, k := range p.kids {
		k.noticed = k.noticed || k.exited
	}
}

func (p *Proc) reap(c *Proc) {
	for i, k := range p.kids {
		if k == c {
			p.kids = append(p.kids[:i], p.kids[i+1:]...)
			break
		}
	}
	delete(p.lab.all, c.pid)
}

// step counts one command.
func (p *Proc) step() {
	l := p.lab
	if l.steps++; l.steps > l.Limits.Steps {
		l.halt(p, fmt.Sprintf("after %d commands", l.Limits.Steps))
	}
	p.check()
}

// grow counts memory.
func (p *Proc) grow(n int) {
	l := p.lab
	if l.memory += n; l.memory > l.Limits.Memory {
		l.halt(p, fmt.Sprintf("after %d bytes of memory", l.Limits.Memory))
		p.check()
	}
}

// signals by name and number.
var signals = map[string]int{"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11, "USR2": 12, "PIPE": 13,
	"ALRM": 14, "TERM": 15, "CHLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21, "TTOU": 22, "URG": 23, "WINCH": 28, "IO": 29, "PWR": 30, "SYS": 31}

// A signaled program does something at a signal itself.
type signaled interface{ Signal(n int) bool }

// signal is kill(2).
func (p *Proc) signal(n int) {
	if p.exited || n == 0 {
		return
	}
	if r := p.relay; r != nil && !r.exited && (p.execs || n == 1 || n == 2 || n == 3 || n == 15) {
		p.relayed = true
		r.signal(n)
		return
	}
	if p.app != nil && n != 9 {
		if s, ok := p.app.App.(signaled); ok && s.Signal(n) {
			p.app.Start(p.lab.now())
			return
		}
	}
	if p.sh != nil && p.app == nil && n != 9 {
		if act, ok := p.sh.traps[n]; ok {
			if act != "" {
				p.sh.pending = append(p.sh.pending, n)
			}
			return
		}
	}
	switch n {
	case 18:
		if p.app != nil {
			p.app.Continue(p.lab.now())
		}
		return
	case 17, 23, 28:
		return
	case 19, 20, 21, 22: // a shell or text tool goes on
		if p.app != nil {
			p.app.Stop()
		}
		return
	}
	p.tidy = p.name == "socat" && (n == 1 || n == 2 || n == 3 || n == 15) // socat_signal: it ends with 128+n
	p.killed = n
}

// runProgram runs a network tool: an App in the world. What it prints comes
// out as it prints it; it ends with the App's status.
func (p *Proc) runProgram(name string, app program) int {
	l := p.lab
	t := app.base()
	old := p.app
	prog := socket.NewProgram(p.host.NS, name, app)
	p.app = prog
	prog.Start(l.now())
	for {
		p.block(func() bool {
			return prog.Exited || len(t.Out) > 0 || len(t.Err) > 0 || len(t.said) > 0 || t.WantIn && !t.InEOF && len(t.In) < 1<<16 && p.readable(0)
		})
		for said := t.said; len(said) > 0; said = said[1:] {
			p.write(said[0].FD, said[0].Text)
		}
		t.said = nil
		if len(t.Out) > 0 {
			n := len(t.Out) // it stays there until it is written: the program may sleep over it
			p.write(1, t.Out)
			t.Out = append([]byte(nil), t.Out[n:]...)
			if w, ok := app.(interface{ wrote() bool }); ok && w.wrote() && !prog.Exited {
				prog.Start(l.now())
			}
		}
		if len(t.Err) > 0 {
			b := t.Err
			t.Err = nil
			p.write(2, b)
		}
		if prog.Exited {
			break
		}
		if t.WantIn && !t.InEOF && len(t.In) < 1<<16 && p.readable(0) {
			b, eof := p.read(0, 1<<15)
			t.In = append(t.In, b...)
			t.InEOF = eof
			prog.Start(l.now())
		}
	}
	p.app = old
	return t.Status
}

// A program is an App that prints.
type program interface {
	socket.App
	base() *term
}

// A term is the terminal side of a program in the world: plain data, so that
// the world can be forked with the program in it.
type term struct {
	Out, Err []byte
	said     []saying // before Out, in order
	In       []byte
	InEOF    bool
	WantIn   bool
	Status   int
}

func (t *term) base() *term { return t }

func (t *term) printf(f string, a ...any) { t.Out = fmt.Appendf(t.Out, f, a...) }

// errf prints on standard error, behind what has been printed.
func (t *term) errf(f string, a ...any) {
	if len(t.Out) > 0 {
		t.said = append(t.said, saying{1, t.Out})
		t.Out = nil
	}
	t.said = append(t.said, saying{2, fmt.Appendf(nil, f, a...)})
}

// A saying is what was written to standard output or standard error.
type saying struct {
	FD   int
	Text []byte
}

func (t *term) exit(p *socket.Program, status int) {
	t.Status = status
	p.Exit()
}
