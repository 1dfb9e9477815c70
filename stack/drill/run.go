package drill

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/device"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/socket"
)

// A Runner is a script that is played on a machine of its own (struct state).
type Runner struct {
	World *stack.World
	Lab   *lab.Lab
	Out   io.Writer                 // what commands and code print, and -v
	Ready func()                    // called when the network is there and the script begins; nil: nobody is told
	Begun func(e *Event)            // of each event
	Ended func(e *Event, err error) // and how it went

	cfg    Config
	script *Script
	host   *stack.Host
	tun    *device.Tun
	prog   *socket.Program
	proc   *proc
	tap    *sniffer
	start  sim.Time // when the script's time is 0

	now     *moment  // the event that is played
	last    *moment  // the one before
	got     *segment // what went out last, in the script's numbers
	played  int
	fds     []*fd
	under   *conn // the socket that packets belong to
	ports   uint16
	code    code
	asleep  *pending // the blocking call
	calling *Call    // that is made, or has returned now
	errno   int      // of the program, as the last call that failed left it
	fatal   error    // what went wrong beside the script's own events
	pass    func()   // called when the world has gone on
}

// A moment is an event with the time that it has in this run, in microseconds.
type moment struct {
	*Event
	from, to, offset int64
}

// A Failure is a script that did not pass: the line, and what happened in
// packetdrill's words.
type Failure struct {
	File        string
	Line        int
	What        string
	NotModelled bool // the model lacks something that the script needs
}

// Error is file, line and what.
func (f *Failure) Error() string {
	if f.Line == 0 {
		return f.File + ": " + f.What
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.What)
}

// A notModelled is something that Linux has and the model has not.
type notModelled struct{ what string }

func (e notModelled) Error() string { return "not modelled: " + e.what }

// New reads a script and makes the machine that it runs on. The error is a
// *SyntaxError or a *ConfigError.
func New(file, text string, cfg Config) (*Runner, error) {
	s, err := Parse(file, text, cfg.preset(), cfg.defines())
	if err != nil {
		return nil, err
	}
	if err := cfg.finalize(s); err != nil {
		return nil, err
	}
	r := &Runner{cfg: cfg, script: s, Out: io.Discard, pass: func() {}}
	for _, e := range s.Events {
		if e.Packet == nil {
			continue
		}
		if _, err := r.cfg.build(e.Packet); err != nil {
			return nil, &SyntaxError{file, e.Line, e.Col, err.Error()}
		}
	}
	r.World = stack.NewWorld(1)
	r.host = r.World.AddHost("host")
	r.Lab = lab.NewLab(r.World, r.host)
	r.proc = &proc{}
	r.prog = socket.NewProgram(r.host.NS, "packetdrill", r.proc)
	return r, nil
}

// Script is what was read.
func (r *Runner) Script() *Script { return r.script }

// Host is the machine under test.
func (r *Runner) Host() *stack.Host { return r.host }

// Run plays the script. The error is a *Failure.
func (r *Runner) Run() error {
	if r.cfg.DryRun {
		return nil
	}
	if err := r.setup(); err != nil {
		return &Failure{File: r.script.File, What: err.Error(), NotModelled: isNotModelled(err)}
	}
	err := r.play()
	if r.script.Cleanup != nil {
		if e := r.command(r.script.Cleanup.Text); e != nil && err == nil {
			err = &Failure{File: r.script.File, What: "error executing cleanup command: " + e.Error(), NotModelled: isNotModelled(e)}
		}
	}
	if err == nil {
		err = r.code.run(r)
	}
	if err == nil {
		err = r.idle()
	}
	return err
}

func isNotModelled(err error) bool {
	var n notModelled
	return errors.As(err, &n)
}

// play plays the events one after the other (run_script).
func (r *Runner) play() error {
	if c := r.script.Init; c != nil {
		if err := r.command(c.Text); err != nil {
			return &Failure{File: r.script.File, What: "error executing init command: " + err.Error(), NotModelled: isNotModelled(err)}
		}
	}
	r.begin()
	if r.Ready != nil {
		r.Ready()
	}
	for i, e := range r.script.Events {
		if i == 0 && e.When.From != 0 {
			return &Failure{File: r.script.File, Line: e.Line, What: "first event should be at time 0"}
		}
		if err := r.event(e); err != nil {
			return err
		}
	}
	return nil
}

// event plays one event, and tells of it.
func (r *Runner) event(e *Event) (err error) {
	r.last, r.now = r.now, &moment{Event: e, from: e.When.From, to: e.When.To}
	if l := r.last; l != nil && l.When.absolute() && e.When.absolute() && e.When.From < l.from {
		return &Failure{File: r.script.File, Line: e.Line, What: fmt.Sprintf("time goes backward in script from %d usec to %d usec", l.from, e.When.From)}
	}
	if r.Begun != nil {
		r.Begun(e)
		r.pass()
	}
	r.anchor()
	err = r.act(e)
	if r.Ended != nil {
		r.Ended(e, err)
	}
	if err != nil {
		return r.failure(e, err)
	}
	r.played++
	r.pass()
	return r.fatal
}

// failure says where an event went wrong.
func (r *Runner) failure(e *Event, err error) error {
	var f *Failure
	if errors.As(err, &f) {
		return f
	}
	f = &Failure{File: r.script.File, Line: e.Line, What: err.Error(), NotModelled: isNotModelled(err)}
	var late lateError
	switch {
	case errors.As(err, &late):
	case e.Packet != nil:
		f.What = "error handling packet: " + f.What
	case e.Call != nil:
		f.What = fmt.Sprintf("runtime error in %s call: %s", e.Call.Name, f.What)
	case e.Command != nil:
		f.What = fmt.Sprintf("error executing `%s` command: %s", e.Command.Text, f.What)
	case e.Code != nil:
		f.What = "runtime error in code: " + f.What
	}
	return f
}

// act is what an event does, at its time.
func (r *Runner) act(e *Event) error {
	switch {
	case e.Packet != nil:
		return r.packet(e.Packet)
	case e.Call != nil:
		return r.call(e.Call)
	case e.Command != nil:
		if err := r.wait(); err != nil {
			return err
		}
		return r.command(e.Command.Text)
	}
	if err := r.wait(); err != nil {
		return err
	}
	return r.collect(e.Code)
}

// packet is run_packet_event.
func (r *Runner) packet(p *Packet) error {
	if len(p.Encap) > 0 {
		return notModelled{"packets within " + p.Encap[0].Kind}
	}
	if p.PSP {
		return notModelled{"PSP"}
	}
	s, err := r.cfg.build(p)
	if err != nil {
		return err
	}
	k, err := r.connFor(s, p.In)
	if err != nil {
		return err
	}
	if !p.In {
		err = r.outbound(s, k)
		var w softError
		if r.cfg.NonFatalPacket && errors.As(err, &w) {
			fmt.Fprintf(r.Out, "%s:%d: warning handling packet: %s\n", r.script.File, r.now.Line, err)
			return nil
		}
		return err
	}
	if err := r.wait(); err != nil {
		return err
	}
	return r.inbound(s, k)
}

// verbose is verbose_packet_dump, for -v.
func (r *Runner) verbose(what string, p live) {
	if r.cfg.Verbose {
		fmt.Fprintf(r.Out, "%s packet: %9.6f %s\n", what, float64(p.at)/1e6, p.seg)
	}
}

// Actual is the packet that the last outbound event met, as the script would
// write it; "" if there was none.
func (r *Runner) Actual() string {
	if r.got == nil {
		return ""
	}
	return strings.TrimSpace(r.got.String())
}

// Mode is which packets and which sockets the script runs with.
func (r *Runner) Mode() IPVersion { return r.cfg.Version }

// Seconds is how much virtual time the script has taken, in seconds.
func (r *Runner) Seconds() float64 {
	if r.start == 0 {
		return 0
	}
	return float64(r.World.Clock.Now()-r.start) / float64(sim.Second)
}

// Steps plays the script piece by piece: each call of next lets the world go on
// to the next thing that happens, and reports whether the script is over. result
// is then what Run would have returned. stop ends it before.
func (r *Runner) Steps() (next func() bool, result func() error, stop func()) {
	var err error
	pull, stop := iter.Pull(func(yield func(struct{}) bool) {
		defer func() {
			if x := recover(); x != nil && x != errStopped {
				panic(x)
			}
		}()
		r.pass = func() {
			if !yield(struct{}{}) {
				panic(errStopped)
			}
		}
		err = r.Run()
	})
	next = func() bool {
		_, more := pull()
		return !more
	}
	return next, func() error { return err }, stop
}

// errStopped unwinds a script that is played no further.
var errStopped = errors.New("stopped")
