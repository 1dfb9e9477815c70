package lab

import (
	"fmt"
	"io"

	"github.com/packetwalk/packetwalk/stack/sim"
)

// Begin starts a script beside what runs; RunTo carries it on. done reports
// whether it has ended, and how.
func (l *Lab) Begin(name, text string, args ...string) (done func() (bool, int)) {
	r := l.Start(name, text, args...)
	return func() (bool, int) { return r.p.exited, r.p.status & 255 }
}

// NextAt is when something happens next by itself: a timer of the world, or a
// process that sleeps. It reports false if nothing does.
func (l *Lab) NextAt() (at sim.Time, ok bool) {
	at, ok = l.World.Clock.Next()
	for _, p := range l.procs {
		if p.wakeAt > 0 && (!ok || p.wakeAt < at) {
			at, ok = p.wakeAt, true
		}
	}
	return at, ok
}

// Step lets every process run that can, and then the next thing happen, if it
// happens no later than to. It reports whether something did.
func (l *Lab) Step(to sim.Time) bool {
	if l.stop != nil {
		l.recover()
	}
	if !l.settled { // a process that asks whether it may go on leaves steps behind: poll
		l.round()
		l.settled = true
	}
	at, ok := l.NextAt()
	if !ok || at > to {
		return false
	}
	l.World.Run(max(at, l.now()))
	l.settled = false
	return true
}

// RunTo lets the machine run until a time of its clock. The moments at which it
// is called make no difference to what happens, nor does the number of calls.
func (l *Lab) RunTo(to sim.Time) {
	for l.Step(to) {
	}
	if to > l.now() {
		l.World.Run(to)
	}
}

// Rests reports whether no process of the shell is under way: then the machine
// can be copied as it is.
func (l *Lab) Rests() bool { return len(l.procs) == 0 && l.current == nil && l.stop == nil }

// Wake makes a copy of a machine, as sim.Fork leaves it, one that can run.
func (l *Lab) Wake() {
	l.all, l.tools = map[int]*Proc{}, programs()
	l.Stdout, l.Stderr = io.Discard, io.Discard
}

// End ends every process.
func (l *Lab) End() { l.killAll() }

// recover goes on after a limit has stopped the machine: every process is
// ended, and whoever reads the output hears why.
func (l *Lab) recover() {
	fmt.Fprintln(l.Stderr, l.stop)
	l.killAll()
	l.stop, l.steps, l.memory, l.printed = nil, 0, 0, 0
}
