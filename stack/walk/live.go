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

	mu      sync.Mutex
	list    []live.Record
	bytes   int
	horizon sim.Time // nothing more comes before
	end     bool
	skipped int // records that came when there was no more room
}

// MaxInputs is how many bytes of inputs are kept to be walked; what comes
// after that is not.
const MaxInputs = 256 << 20

// Add notes a record. What the machine sent tells only how late it is: the walk
// has a machine of its own. Data is copied.
func (in *Inputs) Add(r live.Record) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if in.end {
		if r.Kind == live.In || r.Kind == live.Line {
			in.skipped++
		}
		return
	}
	in.horizon = max(in.horizon, r.At)
	switch r.Kind {
	case live.Out:
		return
	case live.End:
		in.end = true
		return
	}
	if in.bytes += len(r.Data) + 64; in.bytes > MaxInputs {
		in.end = true
		in.skipped++
		return
	}
	r.Data = append([]byte(nil), r.Data...)
	in.list = append(in.list, r)
}

// Until tells that nothing more comes before a time.
func (in *Inputs) Until(at sim.Time) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if !in.end {
		in.horizon = max(in.horizon, at)
	}
}

// Skipped is how many records came when there was no more room for them.
func (in *Inputs) Skipped() int {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.skipped
}

// get is input i. ok: it is there; else over tells that none will come, and
// horizon up to when.
func (in *Inputs) get(i int) (r live.Record, ok bool, horizon sim.Time, over bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if i < len(in.list) {
		return in.list[i], true, in.list[i].At, false
	}
	return r, false, in.horizon, in.end
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

// newLiveRun makes the machine anew.
func newLiveRun(s *Script) (*labRun, error) {
	m, err := live.New(s.Live.Config)
	if err != nil {
		return nil, err
	}
	r := &labRun{lab: m.Lab, t: m.Trace, live: m, script: s, do: s.Do}
	r.lab.Stdout, r.lab.Stderr = &printer{r, false}, &printer{r, true}
	return r, nil
}

// stuck reports whether the run waits for inputs that have not come yet.
func (r *labRun) stuck() bool {
	if r.live == nil {
		return false
	}
	_, ok, horizon, over := r.script.Live.get(r.next)
	if ok || over {
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
