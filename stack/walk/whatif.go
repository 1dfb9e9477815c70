package walk

import (
	"errors"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A Change is a console command of a what-if. In a lab it runs at a
// tick; in a capture before a frame, or at a time between that frame and
// the next. A command is a process: it does not run while a softirq is at work,
// but when that has ended.
type Change struct {
	Host    string // of a lab: "host", or the name of a namespace
	Command string
	Tick    int      // of a lab: twice the tick, plus 1 for when processes have run in it
	Frame   int      // of a capture: before this one, from 0
	At      sim.Time // of a capture: behind that frame's delivery, at this time since the first frame; 0: before it
	Said    *lab.Said
}

// A Moment is the machine as it is at a place of a walk. It is for looking
// only, once: what is done to it is lost.
type Moment struct {
	Lab  *lab.Lab
	Host *stack.Host
}

// Ask carries out a command line at this moment; no time passes.
func (m *Moment) Ask(line string) lab.Said { return m.Lab.At(m.Host, line) }

// errNoMoment says that a moment cannot be had.
var errNoMoment = errors.New("the run did not come to this moment again")

// A stopper does something at the first event that is told of after so many.
type stopper struct {
	t    *trace.Tracer
	want int // events
	f    func()
}

func (s *stopper) look() {
	if s.f != nil && len(s.t.Log.Events) > s.want {
		f := s.f
		s.f = nil
		s.t.Mode = trace.Silent
		f()
	}
}

// Enter, Leave, Point, Why: see trace.Listener.
func (s *stopper) Enter(stepOf, trace.Subject)         { s.look() }
func (s *stopper) Leave()                              { s.look() }
func (s *stopper) Point(tpOf, trace.Subject, []uint64) { s.look() }
func (s *stopper) Why(whyOf, []uint64)                 {}

// At shows the machine as it is right after an event of a chunk; host is that
// of the event.
func (k *Lab) At(c *Chunk, event int, f func(*Moment)) error {
	if event < 0 || event >= len(c.Log.Events) {
		return errNoMoment
	}
	global := k.bases[c] + event
	tick := k.tickOf(global)
	host := c.Log.Events[event].Host
	r, err := k.again(tick)
	if err != nil {
		return err
	}
	defer r.close()
	r.mode(trace.Silent)
	for r.n < tick {
		if r.tick() {
			return errNoMoment
		}
	}
	show := func() { f(&Moment{r.lab, hostNumbered(r.lab, host)}) }
	st := &stopper{t: r.t, want: global - k.began(tick), f: show}
	r.mode(trace.Record)
	r.t.Listener = st
	r.tick()
	r.t.Listener = nil
	if st.f != nil {
		st.f()
	}
	return nil
}

// hostNumbered is the host with a number in traces; the first if it is gone.
func hostNumbered(l *lab.Lab, n uint8) *stack.Host {
	hosts, _ := l.Hosts()
	for _, h := range hosts {
		if h.NS.Host == n {
			return h
		}
	}
	return hosts[0]
}

// tickOf is the tick in which an event happened.
func (k *Lab) tickOf(event int) int {
	i, ok := slices.BinarySearch(k.ticks, event)
	if !ok {
		i--
	}
	for i+1 < len(k.ticks) && k.ticks[i+1] == event { // ticks without events
		i++
	}
	return k.past.ticks + max(0, min(i, len(k.ticks)-1))
}

// When is the Change that a command makes at an event of a chunk: as soon as
// what runs then has ended. before: as soon as what runs before that tick has.
func (k *Lab) When(c *Chunk, event int, before bool) Change {
	global := k.bases[c] + event
	t := 2 * k.tickOf(global)
	inRound := global < k.rounds[t/2-k.past.ticks]
	e := &c.Log.Events[event]
	switch {
	case inRound && (!before || e.Kind == trace.Note): // a line's command begins when its process runs next
		t++
	case !inRound && before:
		t++
	case !inRound:
		t += 2
	}
	return Change{Tick: t, Host: k.names.HostName(e.Host)}
}

// Branch is the same lab with one more command. It runs from the beginning:
// up to the command both are the same.
func (k *Lab) Branch(c Change) (*Lab, error) {
	s := k.script
	c.Said = &lab.Said{}
	s.Do = append(slices.Clone(s.Do), c)
	slices.SortStableFunc(s.Do, func(a, b Change) int { return a.Tick - b.Tick })
	return OpenLab(s)
}

// Hosts are the names of the hosts of a lab so far.
func (k *Lab) Hosts() (names []string) {
	for i := range 256 {
		if n := k.names.hosts[uint8(i)]; n != "" {
			names = append(names, n)
		}
	}
	return names
}

// change carries out what is due in a tick: before processes run (phase 0), or
// behind (1).
func (r *labRun) change(phase int) {
	for len(r.do) > 0 && r.do[0].Tick <= 2*r.n+phase {
		c := r.do[0]
		r.do = r.do[1:]
		hosts, names := r.lab.Hosts()
		h := hosts[0]
		for i := range names {
			if names[i] == c.Host {
				h = hosts[i]
			}
		}
		if lab.Waits(c.Command) {
			w := &saidWriter{c.Said}
			r.lab.Spawn(h, c.Command, w)
			continue
		}
		said := r.lab.At(h, c.Command)
		if c.Said != nil {
			*c.Said = said
		}
	}
}

// A saidWriter keeps what a command prints that takes its time.
type saidWriter struct{ said *lab.Said }

// Write keeps a piece, as far as there is room.
func (w *saidWriter) Write(b []byte) (int, error) {
	if w.said != nil && len(w.said.Out) < 1<<20 {
		w.said.Out += string(b)
	}
	return len(b), nil
}

// Changes are the what-ifs of a lab, with what they answered.
func (k *Lab) Changes() []Change { return k.script.Do }

// At shows the host as it is right after an event of a chunk of a capture.
func (k *Walk) At(c *Chunk, event int, f func(*Moment)) error {
	if event < 0 || event >= len(c.Log.Events) {
		return errNoMoment
	}
	found := false
	err := k.rerun(c, event, func(r *stack.Replay) {
		found = true
		l := lab.NewLab(r.World, r.Host)
		f(&Moment{l, r.Host})
	})
	if err == nil && !found {
		err = errNoMoment
	}
	return err
}

// rerun runs a chunk again as record does, up to an event.
func (k *Walk) rerun(c *Chunk, event int, f func(*stack.Replay)) error {
	j := len(k.marks) - 1
	for k.marks[j].at > c.From {
		j--
	}
	r := sim.Restore[stack.Replay](k.marks[j].im)
	tr := &trace.Tracer{Mode: trace.Silent}
	r.SetTracer(tr)
	st := &stopper{t: tr, want: event, f: func() { f(r) }}
	for i := k.marks[j].at; i < min(c.To+tailFrames, k.packets.n) && st.f != nil; i++ {
		fr, err := k.src.Frame(i)
		if err != nil {
			return err
		}
		if i == c.From-leadFrames {
			tr.Mode = trace.Count
		}
		if i == c.From {
			tr.Mode = trace.Count
			k.advance(r, i, &fr)
			tr.Mode, tr.Listener = trace.Record, st
		} else {
			k.advance(r, i, &fr)
		}
		if st.f != nil {
			r.Deliver(&fr)
		}
		st.look()
	}
	if st.f != nil && k.done && c.To+tailFrames >= k.packets.n {
		r.Finish()
		st.look()
	}
	return nil
}

// advance lets time pass up to frame i, and carries out the commands of a what-if
// on the way.
func (k *Walk) advance(r *stack.Replay, i int, f *frame) {
	for n := range k.do {
		c := &k.do[n]
		if c.Frame == i-1 && c.At > 0 || c.Frame == i && c.At == 0 {
			if c.At > 0 {
				r.Pass(c.At)
			} else {
				r.Advance(f)
			}
			said := lab.NewLab(r.World, r.Host).At(r.Host, c.Command)
			if c.Said != nil {
				*c.Said = said
			}
		}
	}
	r.Advance(f)
}

// Branch is the same capture with one more command: a copy of the walk as it
// was at the checkpoint before, which goes on by itself. It goes as far as the
// capture has been read.
func (k *Walk) Branch(c Change) (*Walk, error) {
	b := &Walk{opt: k.opt, profile: k.profile, paths: map[uint32]uint16{}, tr: &trace.Tracer{Mode: trace.Count}}
	b.src = &again{Source: k.src, n: k.packets.n}
	c.Said = &lab.Said{}
	b.do = append(slices.Clone(k.do), c)
	slices.SortStableFunc(b.do, func(x, y Change) int {
		if x.Frame != y.Frame {
			return x.Frame - y.Frame
		}
		return int(min(1, max(-1, x.At-y.At)))
	})
	j := len(k.marks) - 1
	for j > 0 && k.marks[j].at > c.Frame {
		j--
	}
	from := k.marks[j].at
	b.marks = slices.Clone(k.marks[:j+1])
	b.now = sim.Restore[stack.Replay](k.marks[j].im)
	b.now.SetTracer(b.tr)
	b.due = from + 1
	for i := range from {
		b.packets.add(*k.packets.at(i))
	}
	b.hashes = slices.Clone(k.hashes[:from/chunkFrames])
	for h, id := range k.paths {
		b.paths[h] = id
	}
	for _, p := range k.pathN {
		x := *p
		b.pathN = append(b.pathN, &x)
	}
	b.src.(*again).at = from
	return b, nil
}

// Changes are the what-ifs of a capture.
func (k *Walk) Changes() []Change { return k.do }

// Counters are the host's counters as far as the index has come.
func (k *Walk) Counters() []HostCounters {
	return []HostCounters{{Host: k.now.Host.NS.Host, Name: k.now.Host.Name, MIB: k.now.Host.NS.MIB}}
}

// Line tells in one line what a change is.
func (c *Change) Line() string {
	s := strings.TrimSpace(c.Command)
	if c.Host != "" {
		s = c.Host + "# " + s
	}
	return s
}
