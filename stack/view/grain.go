package view

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A grain says how far a step goes.
type grain string

const (
	grainHook     grain = "hook"     // to the next stage of the map
	grainFunction grain = "function" // to the next call
	grainField    grain = "field"    // to the next value that changes
)

var grains = []grain{grainHook, grainFunction, grainField}

// setGrain changes the grain; without a name to the next one.
func (s *Session) setGrain(name string) error {
	g, ok := oneOf(grains, s.grain, grain(name))
	if !ok {
		return fmt.Errorf("no such grain: %q; there are hook, function and field", name)
	}
	s.grain = g
	s.regrid()
	return nil
}

// oneOf is the named one of a list; the one after now if there is no name.
func oneOf[T ~string](list []T, now, name T) (T, bool) {
	for i, x := range list {
		if name == "" && x == now {
			return list[(i+1)%len(list)], true
		}
		if x == name {
			return x, true
		}
	}
	return now, false
}

// regrid works out anew where steps end, and goes to the one at or before the
// place.
func (s *Session) regrid() {
	s.landed = Cursor{Frame: -1}
	s.sub = 0
	s.walkable()
	at := s.first()
	for i := s.pos; i >= 0 && i < len(s.on); i-- {
		if s.on[i] {
			at = i
			break
		}
	}
	s.pos = at
	s.land()
}

// walkable works out where the steps of this grain and this following end.
func (s *Session) walkable() {
	if len(s.on) != len(s.stops) {
		s.on = make([]bool, len(s.stops))
	}
	own := s.own()
	s.mine = own
	any, last := false, NoStage
	for i, n := range s.stops {
		ok := own == nil || own[n]
		if ok && s.grain == grainHook {
			id := s.stages[n]
			ok = !any || id != NoStage && id != last || s.ends(n)
			if id != NoStage {
				last = id
			}
		}
		s.on[i] = ok
		any = any || ok
	}
	if s.landed.Frame == s.frame && s.landed.Step < len(s.on) {
		s.on[s.landed.Step] = true
		any = true
	}
	if !any {
		for i := range s.on {
			s.on[i] = true
		}
	}
}

// ends reports whether a packet is lost at an event of the story.
func (s *Session) ends(n int) bool {
	e := &s.chunk.Events().Events[s.story[n]]
	return e.Lost() || e.Kind == trace.End && trace.Outcome(e.Code) == trace.NotModelled
}

// first is the first step of the story.
func (s *Session) first() int {
	for i, ok := range s.on {
		if ok {
			return i
		}
	}
	return 0
}

// turn is the next step of the story after the place, or the one before.
func (s *Session) turn(back bool) (int, bool) {
	d := 1
	if back {
		d = -1
	}
	for i := s.pos + d; i >= 0 && i < len(s.on); i += d {
		if s.on[i] {
			return i, true
		}
	}
	return s.pos, false
}

// inside goes to the step's next change, or the one before, if the grain is so
// fine and there is one.
func (s *Session) inside(back bool) bool {
	if s.grain != grainField {
		return false
	}
	if back {
		if s.sub > 0 {
			s.sub--
			return true
		}
		return false
	}
	if s.sub+1 < s.changesAt(s.pos) {
		s.sub++
		return true
	}
	return false
}

// goTo goes to a step of the story; coming from behind, to its last change.
func (s *Session) goTo(pos int, back bool) {
	s.pos, s.sub = pos, 0
	if back && s.grain == grainField {
		s.sub = max(0, s.changesAt(pos)-1)
	}
}

// shown reports whether a change is one that a Scene shows: one of the two
// halves of an address is not.
func shown(k step.Key) bool {
	f := k.Field()
	return f.Name != "" && f.Fmt != step.IP
}

// changesAt counts the changes that a step itself made.
func (s *Session) changesAt(pos int) (n int) {
	if pos >= len(s.stops) {
		return 0
	}
	log := s.chunk.Events()
	log.Set(&log.Events[s.story[s.stops[pos]]], func(c *trace.Change) {
		if shown(c.Key) {
			n++
		}
	})
	return n
}
