package walk

import (
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/packetwalk/packetwalk/stack/live"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// Inputs are what a machine with a way out was given: they may grow while it is
// walked. One writes, others read.
type Inputs struct {
	Name   string
	Config live.Config
	// Recent: they grow for as long as the machine runs, and so what is old is
	// forgotten.
	Recent bool
	// Copy is a copy of the machine that is given them, as it is now, or nil if
	// there can be none. A walk that is too late goes on with it.
	Copy func() *live.Machine

	mu      sync.Mutex
	list    []live.Record
	base    int // so many came before the first of the list
	used    int // so many have been taken
	bytes   int
	taken   int      // bytes of inputs that have ever been taken
	gone    int      // and of those that were then forgotten
	horizon sim.Time // nothing more comes before
	end     bool
	skipped int           // that came when there was no more room
	gap     bool          // what comes is skipped until there is a copy
	jump    *live.Machine // the walk goes on with this one
	most    int           // bytes, in place of MaxInputs; for tests
}

// MaxInputs is how many bytes of inputs are kept of a run that goes on, MaxFile of a
// file. maxBehind is how many inputs may wait to be walked, maxLate how long if they are
// more than a few. What comes after that is not walked.
const (
	MaxInputs = 64 << 20
	MaxFile   = 256 << 20
	maxBehind = 200_000
	fewBehind = 2000
	maxLate   = 10 * sim.Second
)

// inputBytes is what an input takes besides its bytes.
const inputBytes = 64

// Add notes a record, before the machine is given it. What the machine sent tells
// only how late it is: the walk has a machine of its own. Data is copied.
func (in *Inputs) Add(r live.Record) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.end {
		if r.Kind == live.In || r.Kind == live.Line {
			in.skipped++
		}
		return
	}
	switch r.Kind {
	case live.Out:
		if !in.gap {
			in.horizon = max(in.horizon, r.At)
		}
		return
	case live.End:
		if !in.gap {
			in.horizon = max(in.horizon, r.At)
		}
		in.end = true
		return
	}
	if in.bytes+len(r.Data)+inputBytes > in.room() || in.gap || in.Recent && in.late(r.At) {
		if !in.Recent {
			in.end = true
			in.skipped++
			return
		}
		if !in.skip() {
			in.skipped++
			return
		}
	}
	in.horizon = max(in.horizon, r.At)
	in.bytes += len(r.Data) + inputBytes
	r.Data = append([]byte(nil), r.Data...)
	in.list = append(in.list, r)
}

// late reports whether the walk is too late for what comes now.
func (in *Inputs) late(now sim.Time) bool {
	n := in.base + len(in.list) - max(in.used, in.base)
	return n > maxBehind || n > fewBehind && now-in.list[len(in.list)-n].At > maxLate
}

func (in *Inputs) room() int {
	switch {
	case in.most > 0:
		return in.most
	case !in.Recent:
		return MaxFile
	}
	return MaxInputs
}

// skip lets the walk go on with a copy of the machine as it is now, if there can
// be one.
func (in *Inputs) skip() bool {
	in.gap = true
	if in.Copy == nil {
		return false
	}
	m := in.Copy()
	if m == nil {
		return false
	}
	in.gap, in.jump = false, m
	in.skipped += in.base + len(in.list) - max(in.used, in.base)
	in.gone = in.taken
	in.base += len(in.list)
	in.list, in.bytes, in.used = nil, 0, in.base
	return true
}

// jumped is the machine that the walk goes on with, nil if with the one it has;
// and the number of its first input.
func (in *Inputs) jumped() (*live.Machine, int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	m := in.jump
	in.jump = nil
	return m, in.base
}

// jumps reports whether the walk is to go on with another machine.
func (in *Inputs) jumps() bool {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.jump != nil
}

// forget drops the inputs before input n.
func (in *Inputs) forget(n int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	n = min(n-in.base, len(in.list))
	if n <= 0 {
		return
	}
	for _, r := range in.list[:n] {
		in.bytes -= len(r.Data) + inputBytes
		in.gone += len(r.Data) + inputBytes
	}
	in.list = append([]live.Record(nil), in.list[n:]...)
	in.base += n
}

// Until tells that nothing more comes before a time.
func (in *Inputs) Until(at sim.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.end && !in.gap {
		in.horizon = max(in.horizon, at)
	}
}

// Skipped is how many records came when there was no more room for them.
func (in *Inputs) Skipped() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.skipped
}

// Behind is how many inputs wait to be walked.
func (in *Inputs) Behind() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.base + len(in.list) - max(in.used, in.base)
}

// get is input i. ok: it is there; else over tells that none will come, and
// horizon up to when.
func (in *Inputs) get(i int) (r live.Record, ok bool, horizon sim.Time, over bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if i < in.base {
		return r, false, 0, in.jump == nil // it is forgotten
	}
	for ; in.used < i && in.used-in.base < len(in.list); in.used++ {
		in.taken += len(in.list[in.used-in.base].Data) + inputBytes
	}
	if i -= in.base; i < len(in.list) {
		return in.list[i], true, in.list[i].At, false
	}
	return r, false, in.horizon, in.end
}

// first is the number of the first input that is kept.
func (in *Inputs) first() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.base
}

// kept is how many bytes of inputs have ever been taken, how many of those are kept,
// and how many there is room for.
func (in *Inputs) kept() (taken, kept, room int) {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.taken, in.taken - in.gone, in.room()
}

// ReadInputs reads all inputs of a log.
func ReadInputs(r *live.Reader, name string) (*Inputs, error) {
	in := &Inputs{Name: name, Config: r.Config}
	for {
		x, err := r.Next()
		if errors.Is(err, io.EOF) {
			in.Add(live.Record{Kind: live.End})
			return in, nil
		}
		if err != nil {
			return nil, err
		}
		in.Add(x)
	}
}

// newLiveRun makes the machine anew. The error is ErrForgotten if its first inputs
// are kept no more.
func newLiveRun(s *Script) (*labRun, error) {
	if s.Live.first() > 0 {
		return nil, ErrForgotten
	}
	m, err := live.New(s.Live.Config)
	if err != nil {
		return nil, err
	}
	return liveRun(s, m), nil
}

// liveRun runs a machine.
func liveRun(s *Script, m *live.Machine) *labRun {
	m.Mute()
	r := &labRun{lab: m.Lab, t: m.Trace, live: m, script: s, do: s.Do}
	r.lab.Stdout, r.lab.Stderr = &printer{r, false}, &printer{r, true}
	return r
}

// stuck reports whether the run waits for inputs that have not come yet.
func (r *labRun) stuck() bool {
	if r.live == nil {
		return false
	}
	_, ok, horizon, over := r.script.Live.get(r.next)
	if ok || over || r.script.Live.jumps() {
		return false
	}
	at, some := r.live.Next()
	return !some || at > horizon
}

// tickLive does the next thing: what happens by itself, or an input. It reports
// whether all is over.
func (r *labRun) tickLive() (over bool) {
	r.rounded = len(r.t.Log.Events)
	x, ok, horizon, over := r.script.Live.get(r.next)
	if r.live.Step(horizon) {
		return false
	}
	if !ok {
		if over && !r.told {
			r.told = true
			r.live.RunTo(horizon)
			r.lab.World.TellHeld()
		}
		return over
	}
	r.next++
	switch x.Kind {
	case live.In:
		r.live.Frame(x.At, x.Port, x.Data)
	case live.Line:
		r.live.RunTo(x.At)
		r.line++
		r.t.Host = 0
		if r.t.Idle() {
			r.t.Note(nil, step.WhyScriptLine, uint64(r.line))
		}
		r.live.Do(x.At, string(x.Data), &printer{r, false})
	}
	return false
}

// text is what was typed, a line each: the script of a machine with a way out.
func (in *Inputs) text() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	var b strings.Builder
	for _, r := range in.list {
		if r.Kind == live.Line {
			b.Write(r.Data)
			b.WriteByte('\n')
		}
	}
	return b.String()
}
