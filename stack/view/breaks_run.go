package view

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/trace"
)

// run goes on to the n-th next breakpoint, or back.
func (s *Session) run(n int, back bool) error {
	if len(s.breaks) == 0 {
		return NotFoundError("there is no breakpoint: set one with break")
	}
	for range min(max(n, 1), maxRepeat) {
		b, c, err := s.nextBreak(back)
		if err != nil {
			return err
		}
		if b == nil {
			if back {
				return NotFoundError("no breakpoint before this step" + s.among())
			}
			return s.none("no breakpoint after this step" + s.among())
		}
		if err := s.jump(c); err != nil {
			return err
		}
		b.hits++
		s.notice = Clean("stopped at breakpoint: " + b.expr)
		if s.grain == grainField && b.field != "" && len(s.stops) > 0 {
			log := s.chunk.Events()
			s.sub = max(0, b.change(s, log, &log.Events[s.story[s.stops[s.pos]]]))
		}
	}
	return nil
}

// nextBreak is the nearest place where a breakpoint stops a run.
func (s *Session) nextBreak(back bool) (*breakpoint, Cursor, error) {
	from, d := s.cursor(back), 1
	if back {
		d = -1
	}
	live := make([]*breakpoint, 0, len(s.breaks))
	far := ahead{back: back, hit: func(l *trace.Log, e *trace.Event) bool {
		return slices.ContainsFunc(s.breaks, func(b *breakpoint) bool { return b.event(s, l, e) })
	}}
	for n, i := 1, from.Frame; i >= s.oldest() && i < s.k.Indexed(); n, i = n+1, i+d {
		if n%lookEvery == 0 {
			if err := s.work.look(lookEvery); err != nil {
				return nil, from, err
			}
		}
		if ok, err := s.shows(i); err != nil {
			return nil, from, err
		} else if !ok && i != from.Frame {
			continue
		}
		live = live[:0]
		var whole *breakpoint // stops at the frame's first step
		for _, b := range s.breaks {
			if !b.may(s, i) {
				continue
			}
			if b.flt != nil {
				if ok, err := s.matches(b.flt, i); err != nil {
					return nil, from, err
				} else if !ok {
					continue
				}
			}
			if !b.frameOnly() {
				live = append(live, b)
			} else if whole == nil && (i != from.Frame || back && s.pos > s.first()) {
				whole = b
			}
		}
		if whole != nil && !back {
			return whole, Cursor{Frame: i}, nil
		}
		if len(live) > 0 {
			if events, err := far.may(s, i); err != nil {
				return nil, from, err
			} else if !events {
				live = live[:0]
			}
		}
		if len(live) > 0 {
			b, j, err := s.breakIn(i, from, back, live)
			if err != nil || b != nil {
				return b, Cursor{Frame: i, Step: j}, err
			}
		}
		if whole != nil {
			return whole, Cursor{Frame: i}, nil
		}
	}
	return nil, from, nil
}

// breakIn is the first breakpoint, or the last, that stops a run in a frame's
// story.
func (s *Session) breakIn(i int, from Cursor, back bool, live []*breakpoint) (*breakpoint, int, error) {
	c, err := s.k.Chunk(i)
	if err != nil {
		return nil, 0, err
	}
	log, story := c.Events(), c.Story(i)
	j, end, d := 0, len(story), 1
	if i == from.Frame && !back {
		j = from.Step + 1
	}
	if back {
		j, end, d = len(story)-1, -1, -1
		if i == from.Frame {
			j = from.Step - 1
		}
	}
	for ; j != end && j >= 0 && j < len(story); j += d {
		for _, b := range live {
			if b.event(s, log, &log.Events[story[j]]) {
				return b, j, nil
			}
		}
	}
	return nil, 0, nil
}

// breakpoints fills sc.Breaks.
func (b *builder) breakpoints() {
	for i, p := range b.breaks {
		b.sc.Breaks = append(b.sc.Breaks, Break{N: i + 1, Expr: Clean(p.expr), Hits: p.hits, Here: b.breaksHere(p)})
	}
}

// breaksHere reports whether a breakpoint stops a run at this place.
func (b *builder) breaksHere(p *breakpoint) bool {
	if b.e == nil {
		return false
	}
	if p.flt != nil {
		if ok, err := b.matches(p.flt, b.frame); err != nil || !ok {
			return false
		}
	}
	if p.frameOnly() {
		return b.pos == b.first()
	}
	end := len(b.story)
	if b.pos+1 < len(b.stops) {
		end = b.stops[b.pos+1]
	}
	for n := b.n; n < end; n++ {
		if p.event(b.Session, b.log, b.event(n)) {
			return true
		}
	}
	return false
}
