package view

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// How much around the place a Scene carries.
const (
	treeRows = 60 // steps before and behind
	listRows = 40 // packets before and behind
)

// Scene tells everything that can be seen from the place.
func (s *Session) Scene() Scene {
	s.mu.Lock()
	defer s.mu.Unlock()
	sc := Scene{Title: s.title, Live: s.liveText(), Screen: ScreenWalk, Depth: DepthOperator, Grain: string(s.grain), Follow: string(s.follow), Packets: s.k.Len(), Indexed: s.k.Indexed(), Whole: s.done, Notice: s.notice, Findings: s.k.Findings()}
	for i := range sc.Findings {
		sc.Findings[i] = Clean(sc.Findings[i])
	}
	if s.flt != nil {
		sc.Filter = Clean(s.flt.String())
	}
	sc.Stages = make([]Stage, NumStages)
	for i := range sc.Stages {
		sc.Stages[i] = Stage{ID: StageID(i), Name: StageID(i).Name()}
	}
	if s.frame >= s.k.Indexed() {
		sc.Clock = report.At(0)
		sc.Who, sc.Line = "no packet yet", "the capture is being read"
		if s.done {
			sc.Who, sc.Line = "no packets", "the capture is empty"
		}
		(&builder{Session: s, sc: &sc}).anywhere()
		return sc
	}
	p := s.k.Packet(s.frame)
	sc.Packet, sc.At = s.frame+1, p.At
	sc.List = s.list()
	sc.Who, sc.Line = s.who(s.frame), s.line(s.frame)
	f, err := s.k.Frame(s.frame)
	if err != nil {
		sc.Notice = Clean(err.Error())
	}
	if len(s.stops) == 0 {
		sc.Clock = report.At(max(0, sc.At))
		s.bytes(&sc, &f, nil)
		(&builder{Session: s, sc: &sc}).anywhere()
		return sc
	}
	b := &builder{Session: s, sc: &sc, log: s.chunk.Events(), n: s.stops[s.pos]}
	b.e = &b.log.Events[s.story[b.n]]
	s.onHost(b.e.Host)
	b.build(&f)
	b.anywhere()
	return sc
}

// A builder makes a Scene from the place of a Session.
type builder struct {
	*Session
	sc  *Scene
	log *trace.Log
	n   int // index of the story
	e   *trace.Event
}

func (b *builder) event(n int) *trace.Event { return &b.log.Events[b.story[n]] }

func (b *builder) build(f *pcaps.Frame) {
	sc := b.sc
	sc.Step, sc.Steps = b.pos+1, len(b.stops)
	sc.At, sc.Clock = int64(b.e.At), report.At(int64(b.e.At))
	sc.Kind = b.e.Kind.String()
	b.packet(f)
	b.hosts()
	b.function()
	b.calls()
	b.details()
	b.tree()
	b.stages()
	b.verdict()
	sc.Panels = b.panels()
	b.times()
	b.family()
	b.tables()
	b.netfilter()
	b.plots()
	b.not()
	b.machines()
}

// anywhere tells what there is to tell even where there is no step.
func (b *builder) anywhere() {
	b.overview()
	b.timeline()
	b.breakpoints()
	b.depth()
	b.lesson()
	b.glossary()
	b.script()
	b.console()
}

// packet tells which packet is at hand: it may be one that the frame caused.
func (b *builder) packet(f *pcaps.Frame) {
	pkt := b.pkt(b.n)
	if pkt != 0 {
		b.sc.Who = b.who(int(pkt) - 1)
	}
	if b.lab == nil && (pkt == 0 || int(pkt) == b.frame+1) || pkt == 0 {
		b.bytes(b.sc, f, nil)
		return
	}
	fr := b.frameEvent(pkt)
	if fr == nil && b.lab != nil {
		b.bytes(b.sc, f, nil)
		return
	}
	if fr == nil {
		if _, made := report.Made(pkt); made {
			b.sc.Line = "not on the wire yet"
			b.sc.Headers, b.sc.Bytes, b.sc.Length = nil, nil, 0
			return
		}
		if other, err := b.k.Frame(int(pkt) - 1); err == nil {
			b.sc.Line = b.line(int(pkt) - 1)
			b.bytes(b.sc, &other, nil)
		}
		return
	}
	raw := b.log.Bytes(fr)
	b.sc.Line = Clean(wire.Summary(raw, wire.LinkOf(raw), len(raw)))
	b.bytes(b.sc, nil, raw)
}

// pkt is the packet that step n of the story is about: its own, or that of the
// calls around it.
func (b *builder) pkt(n int) uint32 {
	depth := 256
	for ; n >= 0; n-- {
		e := b.event(n)
		if int(e.Depth) >= depth {
			continue
		}
		if e.Pkt != 0 {
			return e.Pkt
		}
		depth = int(e.Depth)
		if depth == 0 {
			break
		}
	}
	return 0
}

// frameEvent is where the packet is on a device: nearest to the place.
func (b *builder) frameEvent(pkt uint32) *trace.Event {
	if b.lab != nil { // as it came into the host where control is
		for n := b.n; n >= 0; n-- {
			if e := b.event(n); e.Kind == trace.Frame && e.Pkt == pkt && e.Host == b.e.Host {
				return e
			}
		}
	}
	for n := b.n; n < len(b.story); n++ {
		if e := b.event(n); e.Kind == trace.Frame && e.Pkt == pkt {
			return e
		}
	}
	for n := b.n; n >= 0; n-- {
		if e := b.event(n); e.Kind == trace.Frame && e.Pkt == pkt {
			return e
		}
	}
	return nil
}

// function tells what runs, what it is for, and why it decided as it did.
func (b *builder) function() {
	fn := b.e.Fn
	if b.e.Kind == trace.Call {
		fn = step.Step(b.e.Code)
	}
	if fn != 0 {
		i := fn.Info()
		b.sc.Func, b.sc.Layer, b.sc.File, b.sc.What = i.Func, i.Layer.String(), i.File, i.What
		how, where := step.Checked(fn)
		b.sc.Checked = &Check{how.String(), where}
	}
	switch b.e.Kind {
	case trace.Call:
		if b.e.Why != 0 {
			b.sc.Says = Clean(report.Why(b.log, b.e, b.names))
		}
	case trace.End:
		b.sc.Says = b.ended()
	case trace.Frame:
		b.sc.Says = b.passes()
	default:
		b.sc.Says = Clean(report.Line(b.log, b.e, b.names))
	}
}

// ended is the sentence of a packet's end, and the one of the function that
// ended it.
func (b *builder) ended() string {
	s := b.event1(b.e)
	if _, _, ok := adopted(b.log, b.e); ok {
		return s
	}
	why := b.because(b.n, b.e)
	head, reason, _ := strings.Cut(s, ": ")
	switch {
	case why == Clean(report.Why(b.log, b.e, b.names)):
		return s
	case likeStart(reason, why): // the same, with less
		return head + ": " + why
	case strings.HasSuffix(s, "."):
		return s + " " + why
	}
	return s + ": " + why
}

// likeStart reports whether two sentences begin with the same two words.
func likeStart(a, b string) bool {
	x, y := strings.Fields(a), strings.Fields(b)
	return len(x) > 1 && len(y) > 1 && x[0] == y[0] && x[1] == y[1]
}

// event1 is an event that is no call in one line.
func (b *builder) event1(e *trace.Event) string {
	if frame, _, ok := adopted(b.log, e); ok {
		return fmt.Sprintf("From here on it is packet %d of the capture.", frame)
	}
	return Clean(report.Line(b.log, e, b.names))
}

// passes is the sentence of a frame that passes a device.
func (b *builder) passes() string {
	bytes, dev := len(b.log.Bytes(b.e)), Clean(b.names.DevName(int(b.e.Dev)))
	if b.e.Code != 0 {
		return fmt.Sprintf("The frame leaves by %s: its %d bytes are on the wire.", dev, bytes)
	}
	return fmt.Sprintf("A frame of %d bytes comes in from the wire at %s.", bytes, dev)
}

// calls is the stack of calls that are open.
func (b *builder) calls() {
	depth := int(b.e.Depth)
	var up []Call
	if b.e.Kind == trace.Call {
		up = append(up, callOf(b.e))
	}
	for n := b.n - 1; n >= 0 && depth > 0; n-- {
		e := b.event(n)
		if e.Kind == trace.Call && int(e.Depth) < depth {
			up = append(up, callOf(e))
			depth = int(e.Depth)
		}
	}
	for i := len(up) - 1; i >= 0; i-- {
		b.sc.Calls = append(b.sc.Calls, up[i])
	}
}

func callOf(e *trace.Event) Call {
	i := step.Step(e.Code).Info()
	return Call{i.Func, i.Layer.String(), int(e.Depth)}
}

// details are what the call at hand itself did: values and counters changed,
// alternatives passed over, tracepoints fired.
func (b *builder) details() {
	n := -1
	b.log.Set(b.e, func(c *trace.Change) {
		if !shown(c.Key) {
			return
		}
		n++
		f, here := c.Key.Field(), b.grain == grainField && n == b.sub
		if c.Key.Kind() == step.KindNS {
			b.sc.Counts = append(b.sc.Counts, Delta{Here: here, Name: f.Name, From: step.Dec.Format(0, c.Old, nil), To: step.Dec.Format(0, c.New, nil)})
			return
		}
		b.sc.Changes = append(b.sc.Changes, Delta{Here: here, Name: f.Name, From: b.format(f.Fmt, c.Old), To: b.format(f.Fmt, c.New), What: f.What})
	})
	if b.grain == grainField && n >= 0 {
		b.sc.Change, b.sc.Of = b.sub+1, n+1
	}
	own := b.e.Depth + 1
	if b.e.Kind != trace.Call {
		own = b.e.Depth
	}
	for n := b.n + 1; n < len(b.story); n++ {
		e := b.event(n)
		if e.Depth < own {
			return
		}
		if e.Depth > own {
			continue
		}
		switch e.Kind {
		case trace.Tried:
			t, a := step.Try(e.Code).Info(), b.log.Args(e)
			b.sc.Lost = append(b.sc.Lost, Lost{Clean(t.What), strings.TrimPrefix(Clean(step.Render(t.Candidate, a, b.names)), t.What+" "), Clean(step.Render(t.Because, a, b.names))})
		case trace.Point:
			b.sc.Points = append(b.sc.Points, Clean(report.Point(b.log, e, b.names)))
		default:
			if b.e.Kind != trace.Call {
				return
			}
		}
	}
}

// unlimited is the kernel's largest int, where it stands for no limit (the slow
// start threshold before the first loss, TCP_INFINITE_SSTHRESH).
const unlimited = 1<<31 - 1

func (b *builder) format(f step.Fmt, v uint64) string {
	if f == step.Dec && v == unlimited {
		return "unlimited"
	}
	return Clean(f.Format(0, v, b.names))
}

// tree is the steps around the place.
func (b *builder) tree() {
	var before uint32
	from := max(0, b.pos-treeRows)
	if from > 0 {
		before = b.event(b.stops[from-1]).Pkt
	}
	for i := from; i < min(len(b.stops), b.pos+treeRows+1); i++ {
		if b.mine != nil && !b.mine[b.stops[i]] && i != b.pos {
			continue
		}
		e := b.event(b.stops[i])
		r := Row{N: i + 1, Depth: int(e.Depth), Kind: e.Kind.String(), Here: i == b.pos, Stage: b.Session.stages[b.stops[i]]}
		if e.Kind == trace.Call {
			r.Text = step.Step(e.Code).String()
		} else {
			r.Text = b.event1(e)
			r.Drop = e.Lost() || e.Kind == trace.End && trace.Outcome(e.Code) == trace.NotModelled
		}
		if e.Pkt != 0 && e.Pkt != before {
			r.Who, before = b.who(int(e.Pkt)-1), e.Pkt
		}
		b.sc.Tree = append(b.sc.Tree, r)
	}
}

// stages lights the map.
func (b *builder) stages() {
	st := b.sc.Stages
	for n := 0; n <= b.n; n++ {
		id := b.Session.stages[n]
		if id == NoStage || b.elsewhere(n) {
			continue
		}
		st[id].Visited = true
		switch e := b.event(n); e.Kind {
		case trace.Call:
			st[id].Func = step.Step(e.Code).String()
		case trace.End:
			st[id].Dropped = st[id].Dropped || e.Lost()
		}
	}
	if id := b.Session.stages[b.n]; id != NoStage {
		st[id].Lit = true
		b.sc.Lit = id
	}
}

// verdict is the end of the packet at hand, if it lies in this story.
func (b *builder) verdict() {
	pkt := b.pkt(b.n)
	for n := len(b.story) - 1; n >= 0 && pkt != 0; n-- {
		e := b.event(n)
		if e.Kind != trace.End || e.Pkt != pkt {
			continue
		}
		v := &b.sc.Verdict
		v.Outcome, v.Reached = trace.Outcome(e.Code).String(), n <= b.n
		if trace.Outcome(e.Code) == trace.Dropped && !e.Lost() {
			v.Outcome = "dropped (no loss)"
		}
		if e.Reason != 0 {
			v.Reason = e.Reason.String()
		}
		if e.Fn != 0 {
			v.Func = e.Fn.String()
		}
		v.Why = b.because(n, e)
		return
	}
}

// because is why the packet ended: the sentence of the function that ended it,
// if it gave one; else the end's own.
func (b *builder) because(n int, e *trace.Event) string {
	depth := int(e.Depth)
	for n--; n >= 0 && depth > 0 && e.Fn != 0; n-- {
		c := b.event(n)
		if c.Kind != trace.Call || int(c.Depth) >= depth {
			continue
		}
		depth = int(c.Depth)
		if step.Step(c.Code) == e.Fn && c.Why != 0 {
			return Clean(report.Why(b.log, b.decisive(n), b.names))
		}
	}
	return Clean(report.Why(b.log, e, b.names))
}
