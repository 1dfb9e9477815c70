package bench

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// replay walks the whole capture with a tracer, or none, and returns frames/s.
// each is called after each frame; it may be nil.
func (r *runner) replay(tr *trace.Tracer, each func(*stack.Replay)) (Figure, error) {
	o := stack.Options{}
	p, err := walk.Diagnose(r.src, o)
	if err != nil {
		return missing, err
	}
	host, err := stack.NewReplay(o, p)
	if err != nil {
		return missing, err
	}
	host.SetTracer(tr)
	runtime.GC()
	w := begin()
	n, err := forEach(r.src, func(f *pcaps.Frame) {
		host.Inject(f)
		if each != nil {
			each(host)
		}
	})
	if err != nil {
		return missing, err
	}
	host.Finish()
	if each != nil {
		each(host)
	}
	if n == 0 {
		return missing, errNothing
	}
	return Figure(perSecond(n, w.took())), nil
}

// stack measures the stack without a listener and with a silent one, by turns,
// so that both meet the same machine.
func (r *runner) stack() error {
	var none, silent []Figure
	for range r.Runs {
		f, err := r.replay(nil, nil)
		if err != nil {
			return err
		}
		none = append(none, f)
		if f, err = r.replay(&trace.Tracer{Mode: trace.Silent}, nil); err != nil {
			return err
		}
		silent = append(silent, f)
	}
	r.StackFPS, r.SilentFPS = median(none), median(silent)
	return nil
}

// record measures the stack with every event and every change of state taken,
// and thrown away as soon as no call is open.
func (r *runner) record() error {
	tr := &trace.Tracer{Mode: trace.Record}
	events := 0
	outcomes := map[string]int{}
	f, err := r.replay(tr, func(*stack.Replay) {
		if tr.Idle() {
			events += len(tr.Log.Events)
			for _, e := range tr.Ends {
				outcomes[e.Outcome.String()]++
			}
			tr.Log.Reset()
			tr.Ends = tr.Ends[:0]
		}
	})
	if err != nil {
		return err
	}
	r.RecordFPS, r.Outcomes = f, outcomes
	if n := outcomes[trace.Dropped.String()] + outcomes[trace.NotModelled.String()]; r.Capture == "" && n > r.Result.Frames/100 {
		r.Problems = append(r.Problems, fmt.Sprintf("%d packets of a capture that loses none came to a bad end in the model: the rates above are of less work than they should be", n))
	}
	r.EventsFrame = Figure(float64(events) / float64(max(r.Result.Frames, 1)))
	return nil
}

// ndjson measures the export: every event as a line, to nowhere.
func (r *runner) ndjson() error {
	tr := &trace.Tracer{Mode: trace.Record}
	var (
		totals *report.Totals
		sink   *report.NDJSON
		fail   error
	)
	f, err := r.replay(tr, func(host *stack.Replay) {
		if sink == nil {
			totals = report.NewTotals(host)
			sink = &report.NDJSON{W: io.Discard, Names: host}
			fail = sink.Head(&report.Head{Input: r.path, Mode: "follow"})
		}
		if tr.Idle() {
			totals.Take(&tr.Log)
			fail = errors.Join(fail, sink.Take(&tr.Log))
			tr.Log.Reset()
			tr.Ends = tr.Ends[:0]
		}
	})
	if err = errors.Join(err, fail); err != nil {
		return err
	}
	totals.Finish()
	if err := sink.End(totals); err != nil {
		return err
	}
	r.NDJSONFPS = f
	return nil
}

// heap is how much memory is in use after a collection, in MiB.
func heap() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / (1 << 20)
}

// index measures the making of the index by turns with tshark, so that both
// meet the same machine: the median of each counts. The first turn also tells
// what the index weighs, the first screen's share of it, seeks, and steps back.
func (r *runner) index() error {
	var index, phs []Figure
	for i := range r.Runs {
		f, err := r.indexed(i == 0)
		if err != nil {
			return err
		}
		index = append(index, f)
		r.IndexFPS = median(index)
		if r.Result.Tshark == "" {
			continue
		}
		fps, err := Tshark(r.ctx, r.path, r.Result.Frames)
		if err != nil {
			r.Result.Tshark = ""
			r.Problems = append(r.Problems, "tshark: "+err.Error())
			continue
		}
		phs = append(phs, Figure(fps))
	}
	if r.Result.Tshark != "" {
		r.TsharkFPS = median(phs)
	}
	return nil
}

// indexed makes the index once and returns frames/s; with all it measures the
// rest too.
func (r *runner) indexed(all bool) (Figure, error) {
	resetPeak()
	before := heap()
	w, wall := begin(), time.Now()
	k, err := walk.Open(r.src, stack.Options{})
	if err != nil {
		return missing, err
	}
	const screenful = 512
	done, err := k.Advance(screenful)
	if err != nil {
		return missing, err
	}
	if k.Indexed() == 0 {
		return missing, errNothing
	}
	if _, err := k.Chunk(0); err != nil {
		return missing, err
	}
	first := since(wall)
	for !done {
		if done, err = k.Advance(1 << 14); err != nil {
			return missing, err
		}
		if err := r.ctx.Err(); err != nil {
			return missing, err
		}
	}
	fps := Figure(perSecond(k.Indexed(), w.took()))
	if !all {
		return fps, nil
	}
	r.FirstScreen = first
	r.IndexMiB = Figure(heap() - before)
	r.Checkpoints, _ = k.Checkpoints()
	err = r.seeks(k)
	if m, ok := peak(); ok {
		r.IndexRSS = Figure(m)
	}
	runtime.KeepAlive(k)
	return fps, err
}

// cached is how many chunks a walk may keep: a seek into one of them would
// cost nothing, so it is not measured.
const cached = 6

// seeks measures seeks to random packets, and steps back from there.
func (r *runner) seeks(k *walk.Walk) error {
	rand := sim.NewRand(r.Seed)
	var seek, back []time.Duration
	var recent [cached][2]int
	fresh := func(i int) bool {
		for _, c := range recent {
			if i >= c[0] && i < c[1] {
				return false
			}
		}
		return true
	}
	for n, tries := 0, 0; n < r.Seeks && tries < 100*r.Seeks; tries++ {
		i := int(rand.Below(uint32(k.Indexed())))
		if !fresh(i) {
			continue
		}
		start := time.Now()
		c, err := k.Chunk(i)
		if err != nil {
			return err
		}
		at := 0
		if s := c.Story(i); len(s) > 0 {
			at = s[0]
		}
		c.StateAt(at)
		seek = append(seek, time.Since(start))
		recent[n%cached] = [2]int{c.From, c.To}
		n++
		if n%10 == 0 {
			back = append(back, stepBack(c)...)
		}
	}
	r.SeekP50, r.SeekP99 = percentile(seek, 50), percentile(seek, 99)
	r.StepBack = percentile(back, 99)
	return nil
}

// stepBack measures steps back from the middle of a chunk, one event each.
func stepBack(c *walk.Chunk) (d []time.Duration) {
	at := len(c.Log.Events) / 2
	c.StateAt(at)
	for range 100 {
		if at--; at < 0 {
			break
		}
		start := time.Now()
		c.StateAt(at)
		d = append(d, time.Since(start))
	}
	return d
}
