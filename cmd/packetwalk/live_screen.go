package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"github.com/packetwalk/packetwalk/stack/live"
	"github.com/packetwalk/packetwalk/stack/live/tap"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/tui"
)

// screen shows the run while it goes on. The walk has a machine of its own, fed
// from what the run notes: whatever the reader does, the traffic goes on.
func (f *liveFlags) screen(ctx context.Context, r *tap.Run) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	debug.SetGCPercent(50) // half of what is recorded, not as much again, may be garbage
	debug.SetMemoryLimit(softMemory)
	runtime.GOMAXPROCS(runtime.NumCPU() + moreThreads)
	in := &walk.Inputs{Name: "live", Config: r.Config, Recent: true}
	r.Ready = func(m *live.Machine) {
		in.Copy = func() *live.Machine {
			if !m.Rests() {
				return nil
			}
			return m.Copy()
		}
	}
	k, err := walk.OpenLab(walk.Script{Live: in})
	if err != nil {
		return err
	}
	v := view.NewLabSession(k, strings.Join(f.taps, " "))
	run := &liveRun{r: r, in: in, over: make(chan struct{}), long: f.long}
	v.GoLive(run)
	r.Watch = run.note
	r.Tick = run.tick
	var broke error
	go func() {
		broke = r.Go(ctx)
		switch {
		case broke != nil:
			run.why = view.Clean(broke.Error())
		case errors.Is(ctx.Err(), context.DeadlineExceeded):
			run.timed = true
		}
		in.Add(live.Record{Kind: live.End, At: r.Stats.End})
		close(run.over)
	}()
	o := screenOptions(f.set)
	o.Session, o.Name = v, "live"
	err = tui.Run(o)
	stop()
	<-run.over
	return errors.Join(broke, err)
}

// softMemory is how much memory the program takes before it prefers to spend time
// on taking less, in bytes.
const softMemory = 700 << 20

// moreThreads is how many threads run Go code besides one for each CPU: the walk keeps
// its thread busy, and the traffic must not wait for Go to take that thread away from it,
// which takes 10 ms. The kernel, who knows that the traffic's thread has slept, does it
// at once.
const moreThreads = 3

// A liveRun is what the screen knows of the run.
type liveRun struct {
	r    *tap.Run
	in   *walk.Inputs
	over chan struct{}
	long time.Duration // how long it was to go on, 0: no end was set

	why   string // it broke off; not before it is over
	timed bool   // its time has passed; not before it is over

	ins  atomic.Int64
	outs atomic.Int64
}

func (l *liveRun) note(x live.Record) {
	switch x.Kind {
	case live.In:
		l.ins.Add(1)
	case live.Out:
		l.outs.Add(1)
	}
	l.in.Add(x)
}

func (l *liveRun) tick(at sim.Time) { l.in.Until(at) }

// manyBehind is how many inputs that wait to be walked are worth a word.
const manyBehind = 1000

// Do types a line into the machine.
func (l *liveRun) Do(line string, out io.Writer) {
	select {
	case l.r.Commands <- tap.Command{Line: line, Out: out}:
	case <-l.over:
	}
}

// statusHook is called when the screen asks how it goes; for tests.
var statusHook = func() {}

// Status tells how it goes.
func (l *liveRun) Status() (string, bool) {
	statusHook()
	on := true
	word := "LIVE"
	select {
	case <-l.over:
		on, word = false, "the run is over:"
		if l.why != "" {
			word = "the run broke off:"
		}
	default:
	}
	text := fmt.Sprintf("%s %d in, %d out", word, l.ins.Load(), l.outs.Load())
	if n := l.in.Behind(); n > manyBehind {
		text += fmt.Sprintf(", the walk is %d behind", n)
	}
	if n := l.in.Skipped(); n > 0 {
		text += fmt.Sprintf(", %d skipped", n)
	}
	return text, on
}

// Over is why the run is over.
func (l *liveRun) Over() string {
	select {
	case <-l.over:
	default:
		return ""
	}
	switch {
	case l.why != "":
		return "The run broke off: " + l.why + "."
	case l.timed:
		return fmt.Sprintf("The run is over: its %s have passed.", l.long)
	}
	return "The run is over: it was asked to end."
}
