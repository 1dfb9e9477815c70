package view

import (
	"fmt"
	"strings"
)

// maxRepeat is how often a Command is repeated at most.
const maxRepeat = 100000

func (s *Session) repeat(c Command) error {
	for range min(max(c.N, 1), maxRepeat) {
		var err error
		switch c.Verb {
		case Forward:
			err = s.forward()
		case Back:
			err = s.back()
		case NextPacket:
			err = s.packet(false)
		case PrevPacket:
			err = s.packet(true)
		case NextDrop, PrevDrop:
			err = s.mark(MarkDrop, "drop", c.Verb == PrevDrop)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Session) forward() error {
	if s.pos+1 < len(s.stops) {
		s.pos++
		return nil
	}
	f, ok, err := s.neighbour(false)
	if err != nil {
		return err
	}
	if !ok {
		return s.none("that was the last step" + s.cutShort())
	}
	return s.load(f)
}

func (s *Session) back() error {
	if s.pos > 0 {
		s.pos--
		return nil
	}
	f, ok, err := s.neighbour(true)
	if err != nil {
		return err
	}
	if !ok {
		return NotFoundError("this is the first step")
	}
	if err := s.load(f); err != nil {
		return err
	}
	s.pos = max(0, len(s.stops)-1)
	return nil
}

func (s *Session) packet(back bool) error {
	if back && s.pos > 0 {
		s.pos = 0
		return nil
	}
	f, ok, err := s.neighbour(back)
	switch {
	case err != nil:
		return err
	case !ok && back:
		return NotFoundError("this is the first packet")
	case !ok:
		return s.none("this is the last packet" + s.cutShort())
	}
	return s.load(f)
}

// markNone says that there is no such mark.
func markNone(what string) string {
	switch what {
	case "drop":
		return "no packet is dropped"
	case "state":
		return "no socket changes its state"
	case "retransmit":
		return "nothing is sent again"
	case "neigh":
		return "there is no news of a neighbour"
	case "reset":
		return "no connection is reset"
	case "not-modelled":
		return "nothing is beyond the model"
	}
	return "there is no " + what
}

// cutShort says that the capture breaks off, if it does.
func (s *Session) cutShort() string {
	for _, f := range s.k.Findings() {
		if s.done && strings.HasPrefix(f, breaksOff) {
			return "; the file breaks off here (see ?)"
		}
	}
	return ""
}

// none says that there is nothing more, as far as the index goes.
func (s *Session) none(what string) error {
	if !s.done {
		what += fmt.Sprintf(" (%d packets are read so far)", s.k.Indexed())
	}
	return NotFoundError(what)
}

// neighbour is the next frame, or the one before, that the filter lets through.
func (s *Session) neighbour(back bool) (int, bool, error) {
	if s.flt == nil {
		f := s.frame + 1
		if back {
			f = s.frame - 1
		}
		return f, f >= 0 && f < s.k.Indexed(), nil
	}
	c, ok, err := s.k.Find(s.cursor(back), back, Match{Filter: s.flt})
	return c.Frame, ok, err
}

func (s *Session) mark(m uint32, what string, back bool) error {
	c, ok, err := s.k.Find(s.cursor(back), back, Match{Landmarks: m, Filter: s.flt})
	if err != nil {
		return err
	}
	if !ok {
		if back {
			return NotFoundError("before this step, " + markNone(what))
		}
		return s.none("after this step, " + markNone(what))
	}
	return s.jump(c)
}

func (s *Session) seek(n int) error {
	if n < 1 || n > s.k.Indexed() {
		if n > s.k.Indexed() && !s.done {
			return s.none(fmt.Sprintf("packet %d is not read yet", n))
		}
		return NotFoundError(fmt.Sprintf("no packet %d: there are %d", n, s.k.Indexed()))
	}
	return s.jump(Cursor{Frame: n - 1})
}

// over goes on until the call at hand has returned: to the next step that is
// not deeper.
func (s *Session) over() error {
	if len(s.stops) == 0 {
		return s.forward()
	}
	log := s.chunk.Events()
	depth := log.Events[s.story[s.stops[s.pos]]].Depth
	for i := s.pos + 1; i < len(s.stops); i++ {
		if log.Events[s.story[s.stops[i]]].Depth <= depth {
			s.pos = i
			return nil
		}
	}
	f, ok, err := s.neighbour(false)
	if err != nil {
		return err
	}
	if !ok {
		return s.none("that was the last step")
	}
	return s.load(f)
}
