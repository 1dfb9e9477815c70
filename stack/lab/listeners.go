package lab

import (
	"strconv"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

func wordNum(n int) string { return strconv.Itoa(n) }

// A tracerTap is one program that listens to the world's tracer, and what was
// there before it.
type tracerTap struct {
	trace.Listener
	next trace.Listener // also told
	made bool           // the tracer is there for taps only
	gone bool
}

// Enter, Leave, Point and Why tell both.

// Enter is told to both.
func (t *tracerTap) Enter(s step.Step, on trace.Subject) {
	if !t.gone {
		t.Listener.Enter(s, on)
	}
	if t.next != nil {
		t.next.Enter(s, on)
	}
}

// Leave is told to both.
func (t *tracerTap) Leave() {
	if !t.gone {
		t.Listener.Leave()
	}
	if t.next != nil {
		t.next.Leave()
	}
}

// Point is told to both.
func (t *tracerTap) Point(tp step.TP, on trace.Subject, args []uint64) {
	if !t.gone {
		t.Listener.Point(tp, on, args)
	}
	if t.next != nil {
		t.next.Point(tp, on, args)
	}
}

// Why is told to both.
func (t *tracerTap) Why(w step.Why, args []uint64) {
	if !t.gone {
		t.Listener.Why(w, args)
	}
	if t.next != nil {
		t.next.Why(w, args)
	}
}

// tap has x told of what the kernel does from now on.
func (l *Lab) tap(x trace.Listener) *tracerTap {
	t := &tracerTap{Listener: x}
	tr := l.World.Trace
	if tr == nil {
		tr = &trace.Tracer{Mode: trace.Record}
		l.World.SetTracer(tr)
		for _, s := range l.spaces {
			s.host.NS.Trace = tr
		}
		l.Root.NS.Trace = tr
		t.made = true
	}
	t.next = tr.Listener
	if o, ok := t.next.(*tracerTap); ok {
		t.made = o.made
	}
	tr.Listener = t
	return t
}

// untap takes it off. The tracer that was made for it goes with the last one.
func (l *Lab) untap(t *tracerTap) {
	tr := l.World.Trace
	if t.gone || tr == nil {
		return
	}
	t.gone = true
	for { // those on top that are gone
		top, ok := tr.Listener.(*tracerTap)
		if !ok || !top.gone {
			break
		}
		tr.Listener = top.next
	}
	if t.made && tr.Listener == nil {
		l.World.SetTracer(nil)
		for _, s := range l.spaces {
			s.host.NS.Trace = nil
		}
		l.Root.NS.Trace = nil
	}
}

// trim empties the log of a tracer that only taps listen to.
func (l *Lab) trim() {
	tr := l.World.Trace
	if tr == nil || len(tr.Log.Events) < 1<<12 || !tr.Idle() {
		return
	}
	if t, ok := tr.Listener.(*tracerTap); ok && t.made {
		tr.Log.Reset()
	}
}

// runs is whom the kernel works for at this moment: the name and number of the
// program that made the system call, or the idle task when a timer or an
// interrupt did it.
func (l *Lab) runs() (comm string, pid int) {
	if p := l.current; p != nil {
		if p.app != nil {
			return comm15(p.app.Name), p.pid
		}
		return comm15(p.name), p.pid
	}
	for _, p := range l.procs {
		if p.app != nil && p.app.Running() {
			return comm15(p.app.Name), p.pid
		}
	}
	cpu := 0
	if l.World.Trace != nil {
		cpu = int(l.World.Trace.CPU)
	}
	return "swapper/" + strconv.Itoa(cpu), 0
}

// comm15 is a name as the kernel keeps it.
func comm15(s string) string { return s[:min(len(s), 15)] }

// sending is how many bytes the system call that runs was given to send.
func (l *Lab) sending() int {
	for _, p := range l.procs {
		if p.app != nil {
			if n := p.app.Sending(); n > 0 {
				return n
			}
		}
	}
	return 0
}

// A listening program waits for what others do and ends by a signal only.
type listening interface{ listens() }

func (l *tdLive) listens()   {}
func (e *ctEvents) listens() {}

// idle reports whether all that is left waits for listening programs: nobody is
// there who could press Ctrl-C.
func (l *Lab) idle() bool {
	n := 0
	for _, p := range l.procs {
		switch {
		case p.exited:
		case p.app != nil:
			if _, ok := p.app.App.(listening); ok {
				n++
				continue
			}
			if _, ok := p.app.App.(*sleeper); !ok || p.wakeAt > 0 {
				return false
			}
		case p.ready == nil || p.wakeAt > 0:
			return false
		}
	}
	return n > 0
}

// interrupt is the Ctrl-C that nobody presses: when only listening programs are
// left, the world gets a second more, and then they get SIGINT. now is true when
// nothing else would ever happen.
func (l *Lab) interrupt(root *Proc, now bool) bool {
	if root.ready == nil || !now && !l.idle() {
		l.lull = 0
		return false
	}
	if l.lull == 0 {
		l.lull = l.now() + sim.Second
	}
	if l.now() < l.lull && !now {
		return false
	}
	l.lull = 0
	any := false
	for _, p := range l.procs {
		if !p.exited && p.app != nil {
			if _, ok := p.app.App.(listening); ok {
				p.signal(2)
				any = true
			}
		}
	}
	return any
}
