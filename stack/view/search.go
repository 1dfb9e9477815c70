package view

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// search goes to the next step of this packet whose text holds the words, or
// else to the next packet whose line does; with back to the one before. Without
// words it looks for the last ones again. It does not begin anew at the end.
func (s *Session) search(words string, back bool) error {
	if words == "" {
		words = s.sought
	}
	if words == "" {
		return NotFoundError("nothing was searched for yet: type what to look for")
	}
	s.sought = words
	low := strings.ToLower(words)
	d := 1
	if back {
		d = -1
	}
	for i := s.pos + d; i >= 0 && i < len(s.stops); i += d {
		if s.stepHolds(i, low) {
			return s.jump(Cursor{Frame: s.frame, Step: s.stops[i]})
		}
	}
	from := s.frame + d
	if back && s.pos > 0 {
		from = s.frame
	}
	for n, i := 1, from; i >= s.oldest() && i < s.k.Indexed(); n, i = n+1, i+d {
		if n%lookEvery == 0 {
			if err := s.work.look(lookEvery); err != nil {
				return err
			}
		}
		if ok, err := s.lineHolds(i, low); err != nil {
			return err
		} else if !ok {
			continue
		}
		if ok, err := s.shows(i); err != nil {
			return err
		} else if ok {
			return s.jump(Cursor{Frame: i})
		}
	}
	where := "later steps of this packet, nor in the lines of later packets"
	if back {
		where = "earlier steps of this packet, nor in the lines of earlier packets"
	}
	return s.none(`"` + words + `" was not found in the ` + where)
}

// stepHolds reports whether a step's text holds the words, in small letters:
// the function's name, what it is for, its sentence and what it changed.
func (s *Session) stepHolds(i int, low string) bool {
	log := s.chunk.Events()
	e := &log.Events[s.story[s.stops[i]]]
	if holds(report.Line(log, e, s.names), low) {
		return true
	}
	if e.Kind == trace.Call {
		return e.Why == 0 && holds(step.Step(e.Code).Info().What, low)
	}
	return false
}

// lineHolds reports whether a packet's line holds the words.
func (s *Session) lineHolds(i int, low string) (bool, error) {
	if l, ok := s.lines[i]; ok {
		return holds(l, low), nil
	}
	f, err := s.k.Frame(i)
	if err != nil {
		return false, err
	}
	return holds(fragmentLine(Clean(wire.Summary(f.Data, wire.LinkKind(f.Link), f.OrigLen))), low), nil
}

func holds(text, low string) bool { return strings.Contains(strings.ToLower(text), low) }
