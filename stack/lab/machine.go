package lab

import (
	"fmt"
	"io"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Lab is a simulated machine with a shell: network namespaces, files,
// processes. The world is inside it; shells, pipes and files are not part of
// the world. One process runs at a time, in the order of the virtual time and
// the process numbers, so the same script gives the same output always.
type Lab struct {
	World  *stack.World
	Root   *stack.Host // the namespace that the machine begins with
	Limits Limits
	Stdout io.Writer `fork:"zero"`
	Stderr io.Writer `fork:"zero"`
	// Begun is told of each command that a shell begins: the name of its script,
	// and the line. nil: nobody is told.
	Begun func(script string, line int) `fork:"zero"`
	// Watch is told of namespaces that come and go, and of tools that have run.
	// nil: nobody is told.
	Watch Watcher `fork:"zero"`
	// Preempt are the numbers, from 0, of those system calls that send after which
	// the program waits a moment, so that others go on first. Else it runs until it
	// sleeps. On a real machine the scheduler decides.
	Preempt map[int]bool `fork:"share"`
	Sends   int          // how many such calls there have been

	spaces   []*space
	files    *node
	procs    []*Proc       `fork:"zero"` // alive, by number
	all      map[int]*Proc `fork:"zero"`
	lastPID  int
	steps    int
	events   int
	printed  int
	memory   int
	line     int // of the script, the last one begun
	begin    sim.Time
	instant  bool // a set-up: no time may pass
	settled  bool // nothing has happened since the processes were last asked (Step)
	stop     *Stopped
	tools    map[string]tool   `fork:"zero"`
	settings map[string]string // sysctls that nothing in the model obeys
	lastConn map[string]int
	current  *Proc    `fork:"zero"` // that runs now, nil between two
	lull     sim.Time // when listening programs are interrupted, see interrupt
	conf     map[*core.Device]*devState
}

// A Watcher looks on while a lab runs.
type Watcher interface {
	Made(h *stack.Host)             // a namespace was made
	Going(h *stack.Host)            // it has lost its name, or is about to be taken away
	Ran(h *stack.Host, tool string) // a tool has ended
}

// A space is a named network namespace.
type space struct {
	name string
	host *stack.Host
}

// devState is what the tools show of a device and the model does not need.
type devState struct {
	kind      string
	alias     string
	alts      []string // other names
	addrgen   string   // how IPv6 makes addresses, "" is eui64
	protodown bool
	uc        []wire.MAC        // more addresses that it lets in (dev->uc)
	mc        []wire.MAC        // groups that were added by hand
	opts      map[string]uint64 // of a bridge, what the model has no use for
	random    bool              // its address was drawn
	feat      map[string]bool   // features that the user has switched, by their names
	ring      [2]int
	coal      [2]int
	queues    int
}

// A tool is a program: it returns its exit status.
type tool func(p *Proc, args []string) int

// Stopped tells why a run was ended by a limit.
type Stopped struct {
	File string
	Line int
	What string
}

// Error is one line: file, line, reason.
func (s *Stopped) Error() string { return fmt.Sprintf("%s:%d: stopped %s", s.File, s.Line, s.What) }

// NewLab makes a machine around a host of a world. Output goes nowhere until
// Stdout and Stderr are set.
func NewLab(w *stack.World, h *stack.Host) *Lab {
	l := &Lab{World: w, Root: h, Limits: DefaultLimits, Stdout: io.Discard, Stderr: io.Discard, all: map[int]*Proc{}, lastPID: 1000, settings: map[string]string{},
		conf: map[*core.Device]*devState{}}
	l.begin = w.Clock.Now()
	l.tools = programs()
	l.mkfs()
	return l
}

func (l *Lab) now() sim.Time { return l.World.Clock.Now() }

// halt stops the run: a limit was reached.
func (l *Lab) halt(p *Proc, what string) {
	if l.stop == nil {
		name := "lab"
		if p != nil && p.sh != nil {
			name = p.sh.name
		}
		l.stop = &Stopped{name, l.line, what}
	}
}

// run lets processes and the world go on until root has ended.
func (l *Lab) run(root *Proc) {
	for !root.exited {
		l.round()
		if root.exited || l.stop != nil {
			break
		}
		l.advance(root)
	}
	if l.stop != nil {
		for !root.exited {
			root.killed = 9
			l.round()
		}
	}
}

// round runs every process that can run, by number, until none can.
func (l *Lab) round() {
	for again := true; again; {
		again = false
		for i := 0; i < len(l.procs); i++ {
			p := l.procs[i]
			if p.exited || p.killed == 0 && l.stop == nil && p.ready != nil && !p.ready() {
				continue
			}
			l.current = p
			p.next()
			l.current = nil
			again = true
		}
		live := l.procs[:0]
		for _, p := range l.procs {
			if !p.exited {
				live = append(live, p)
			}
		}
		l.procs = live
	}
}

// advance moves the world's clock to the next thing that happens.
func (l *Lab) advance(root *Proc) {
	if l.interrupt(root, false) {
		return
	}
	at, ok := l.World.Clock.Next()
	for _, p := range l.procs {
		if p.wakeAt > 0 && (!ok || p.wakeAt < at) {
			at, ok = p.wakeAt, true
		}
	}
	switch {
	case !ok && l.interrupt(root, true):
	case !ok:
		l.halt(root, "because every process waits for something that will not happen")
	case l.Limits.Events > 0 && l.events >= l.Limits.Events:
		l.halt(root, fmt.Sprintf("after %d events of the simulated world", l.Limits.Events))
	case at > l.begin+l.Limits.Virtual:
		l.halt(root, fmt.Sprintf("after %d seconds of virtual time", l.Limits.Virtual/sim.Second))
	default:
		l.events++
		l.World.Run(max(at, l.now()))
	}
}

// space finds a named namespace, nil if there is none.
func (l *Lab) space(name string) *space {
	for _, s := range l.spaces {
		if s.name == name {
			return s
		}
	}
	return nil
}

// spaceOf is the name of a host's namespace, "" for the first.
func (l *Lab) spaceOf(ns *core.Netns) string {
	for _, s := range l.spaces {
		if s.host.NS == ns {
			return s.name
		}
	}
	return ""
}

// hostOf is the Host of a namespace.
func (l *Lab) hostOf(ns *core.Netns) *stack.Host {
	for _, s := range l.spaces {
		if s.host.NS == ns {
			return s.host
		}
	}
	return l.Root
}

func (l *Lab) dev(d *core.Device) *devState {
	s := l.conf[d]
	if s == nil {
		s = &devState{}
		l.conf[d] = s
	}
	return s
}
