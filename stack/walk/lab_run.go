package walk

import (
	"errors"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/drill"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/live"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A labRun is one run of a lab.
type labRun struct {
	lab     *lab.Lab
	run     *lab.Run
	t       *trace.Tracer
	script  *Script
	line    int // of the script, begun last
	prints  []Output
	printed int
	drained int // events of the log that have been taken
	rounded int // events of the log when processes had run
	gone    int // events that the log holds no more
	do      []Change
	told    bool
	n       int // ticks
	live    *live.Machine
	next    int // of its inputs
	drill   *drill.Runner
	next1   func() bool // lets it go on
	result  func() error
	stop    func()
	failed  bool // an event was not as the script says
}

// newLabRun makes the machine anew.
func newLabRun(s *Script) (*labRun, error) {
	if s.Live != nil {
		return newLiveRun(s)
	}
	if s.Drill != nil {
		return newDrillRun(s)
	}
	w := stack.NewWorld(s.Seed)
	r := &labRun{lab: lab.NewLab(w, w.AddHost("host")), t: &trace.Tracer{}, script: s, do: s.Do}
	w.SetTracer(r.t)
	r.lab.Stdout, r.lab.Stderr = &printer{r, false}, &printer{r, true}
	r.lab.Begun = r.begun
	r.run = r.lab.Start(s.Name, s.Text, s.Args...)
	return r, nil
}

// again makes the machine anew that has been made before, as it was at a tick or
// before that. The error is ErrForgotten.
func (k *Lab) again(tick int) (*labRun, error) {
	if r := k.fromMark(tick); r != nil {
		return r, nil
	}
	if k.past.ticks > 0 {
		return nil, ErrForgotten
	}
	r, err := newLabRun(&k.script)
	if err != nil && !errors.Is(err, ErrForgotten) {
		panic(err) // it could be made the first time
	}
	return r, err
}

// mode sets how much is recorded from now on.
func (r *labRun) mode(m trace.Mode) {
	if r.live != nil {
		r.live.Own(m)
		return
	}
	r.t.Mode = m
}

// begun is told of a command that the shell begins.
func (r *labRun) begun(name string, line int) {
	if name != r.script.Name || line == r.line {
		return
	}
	r.line = line
	r.t.Host = 0
	if r.t.Idle() {
		r.t.Note(nil, step.WhyScriptLine, uint64(line))
	}
}

// tick lets processes run, then the world. It reports whether the script has
// ended.
func (r *labRun) tick() (ended bool) {
	r.change(0)
	defer func() { r.n++ }()
	if r.live != nil {
		return r.tickLive()
	}
	if r.drill != nil {
		return r.tickDrill()
	}
	if r.run.Round() {
		r.rounded = len(r.t.Log.Events)
		if !r.told {
			r.told = true
			st, _ := r.run.Status()
			r.t.Host = 0
			r.t.Note(nil, step.WhyScriptEnds, uint64(st))
			r.lab.World.TellHeld()
		}
		return true
	}
	r.rounded = len(r.t.Log.Events)
	r.change(1)
	r.run.Pass()
	return false
}

func (r *labRun) close() {
	if r.live != nil {
		r.live.Close()
		return
	}
	if r.drill != nil {
		r.lab.World.SetTracer(nil)
		r.stop()
		return
	}
	r.lab.World.SetTracer(nil)
	r.run.Close()
}

// A printer takes what the script prints.
type printer struct {
	r   *labRun
	err bool
}

// Write keeps a piece of output.
func (p *printer) Write(b []byte) (int, error) {
	r := p.r
	if r.printed += len(b); r.printed < maxPrinted {
		r.prints = append(r.prints, Output{r.gone + len(r.t.Log.Events), string(b), p.err})
	}
	return len(b), nil
}
