package walk

import (
	"errors"
	"maps"
	"slices"

	"github.com/packetwalk/packetwalk/stack/live"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// ErrForgotten tells that a walk of a run that goes on holds a packet no more: only
// the most recent ones are kept.
var ErrForgotten = errors.New("this packet is kept no more: of a run that goes on, a walk holds what is recent (--write keeps all of it in a file)")

// A past is what a walk of a run that goes on has forgotten, and from where what it
// has not can be run again.
type past struct {
	items, ticks, events int // forgotten
	marks                []labMark
	lim                  *liveLimits
}

// A labMark is the machine as it was before a tick.
type labMark struct {
	tick, item, event int
	next, line        int // inputs, and lines that were typed
	taken             int // bytes of inputs
	im                *sim.Image
}

// liveLimits bound what is kept of a run that goes on.
type liveLimits struct {
	items, events int
	marks         int // so many are kept, about
	stretch       int // events that are recorded in full at a time
}

// recentLimits are those that are used: many minutes of somebody's own traffic,
// some seconds of a flood.
var recentLimits = liveLimits{items: 1 << 17, events: 6e6, marks: 8, stretch: recentEvents}

// recent reports whether what is old is forgotten.
func (k *Lab) recent() bool { return k.script.Live != nil && k.script.Live.Recent }

// stretchLen is how many events are recorded in full at a time.
func (k *Lab) stretchLen() int {
	if k.past.lim == nil {
		return recentEvents
	}
	return k.past.lim.stretch
}

// maxStretch is how many bytes are recorded in full at a time, of a run that goes
// on.
const maxStretch = 24 << 20

// heavy reports whether what is recorded takes too much memory.
func (k *Lab) heavy(log *trace.Log) bool { return k.recent() && log.Weight() > maxStretch }

// First is the first item that is kept.
func (k *Lab) First() int { return k.past.items }

// item is item i; of one that is forgotten nothing is known.
func (k *Lab) item(i int) *item {
	if i < k.past.items {
		return &item{kind: ItemWork, brief: brief{outcome: trace.Consumed}}
	}
	return k.items[i-k.past.items]
}

// tickLen is how many ticks there have been.
func (k *Lab) tickLen() int { return k.past.ticks + len(k.ticks) }

// began is how many events there were when a tick began.
func (k *Lab) began(tick int) int { return k.ticks[tick-k.past.ticks] }

// keepRecent bounds what is kept, before a tick.
func (k *Lab) keepRecent() {
	in, p := k.script.Live, &k.past
	if p.lim == nil {
		p.lim = &recentLimits
	}
	if m, first := in.jumped(); m != nil {
		k.jump(m, first)
	}
	l := p.lim
	last := labMark{}
	if n := len(p.marks); n > 0 {
		last = p.marks[n-1]
	}
	taken, kept, room := in.kept()
	if (k.Len()-last.item > l.items/l.marks || k.total()-last.event > l.events/l.marks || taken-last.taken > room/2/l.marks) && k.now.live.Rests() {
		k.mark(taken)
	}
	if len(k.items) > l.items || len(k.whose) > l.events || kept > room/2 {
		k.forget()
	}
}

// mark keeps the machine as it is.
func (k *Lab) mark(taken int) {
	r := k.now
	k.past.marks = append(k.past.marks, labMark{k.tickLen(), k.Len(), k.total(), r.next, r.line, taken, r.live.Image()})
}

// fromMark runs the machine again from the last mark that is no later than a tick,
// nil if there is none.
func (k *Lab) fromMark(tick int) *labRun {
	for _, m := range slices.Backward(k.past.marks) {
		if m.tick <= tick {
			r := liveRun(&k.script, live.FromImage(m.im))
			r.next, r.line, r.n = m.next, m.line, m.tick
			return r
		}
	}
	return nil
}

// canRecord reports whether item i can be run again.
func (k *Lab) canRecord(i int) bool {
	if k.past.ticks == 0 {
		return true
	}
	return i >= k.past.items && len(k.past.marks) > 0 && k.past.marks[0].tick <= k.item(i).first
}

// forget drops about half of what is kept: all before a mark, or, where there is
// none, all but what is recorded in full.
func (k *Lab) forget() {
	p := &k.past
	if k.late == nil {
		if k.now.gone == 0 { // all is in the whole one
			k.now.gone = len(k.now.t.Log.Events)
			k.now.t.Log = trace.Log{}
		}
		k.begin()
	}
	marks := p.marks
	for len(marks) > 0 && marks[len(marks)-1].event > k.late.base {
		marks = marks[:len(marks)-1]
	}
	if n := len(marks); n > 0 && marks[n-1].item > p.items {
		at := n / 2
		for at < n-1 && marks[at].item == p.items {
			at++
		}
		m := marks[at]
		p.marks = slices.Clone(p.marks[at:])
		k.drop(m.item, m.tick, m.event, m.next)
		return
	}
	s := k.early
	if s == nil || s.From <= p.items {
		s = k.late
	}
	if s.From <= p.items {
		return
	}
	p.marks = slices.DeleteFunc(p.marks, func(m labMark) bool { return m.event < s.base })
	next := k.now.next
	if len(p.marks) > 0 {
		next = p.marks[0].next
	}
	k.drop(s.From, s.first, s.base, next)
}

// drop forgets all before an item, a tick, an event and an input.
func (k *Lab) drop(item, tick, event, input int) {
	p := &k.past
	for _, it := range k.items[:item-p.items] {
		k.held -= len(it.bytes)
	}
	k.items = slices.Clone(k.items[item-p.items:])
	k.ticks = slices.Clone(k.ticks[tick-p.ticks:])
	k.rounds = slices.Clone(k.rounds[tick-p.ticks:])
	k.whose = slices.Clone(k.whose[event-p.events:])
	p.items, p.ticks, p.events = item, tick, event
	of := make(map[uint32]int, len(k.items))
	maps.Copy(of, k.of)
	maps.DeleteFunc(of, func(_ uint32, n int) bool { return n < item })
	k.of = of
	for len(k.out) > 0 && k.out[0].Event < event {
		k.now.printed -= len(k.out[0].Text)
		k.out = k.out[1:]
	}
	k.cache = slices.DeleteFunc(k.cache, func(c *Chunk) bool {
		if c.From < item {
			delete(k.bases, c)
		}
		return c.From < item
	})
	k.whole, k.kept = &Chunk{story: map[int][]int{}, state: State{}}, 0
	if k.early != nil && k.early.base < event {
		delete(k.bases, &k.early.Chunk)
		k.early = nil
	}
	k.script.Live.forget(input)
}

// jump goes on with another machine: what was between is skipped, and what was
// before is forgotten.
func (k *Lab) jump(m *live.Machine, first int) {
	old, total := k.now, k.total()
	k.drop(k.Len(), k.tickLen(), total, first)
	old.close()
	r := liveRun(&k.script, m)
	r.next, r.line, r.n, r.gone, r.printed = first, old.line, old.n, total, old.printed
	k.now, k.confAt, k.past.marks = r, -1, nil
	r.mode(trace.Record)
	k.early, k.late = nil, nil
	clear(k.bases)
	k.begin()
	taken, _, _ := k.script.Live.kept()
	k.mark(taken)
}
