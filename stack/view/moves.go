package view

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/trace"
)

// maxRepeat is how often a Command is repeated at most.
const maxRepeat = 100000

func (s *Session) repeat(c Command) error {
	for n := range min(max(c.N, 1), maxRepeat) {
		var err error
		if n%lookEvery == lookEvery-1 {
			if err := s.work.look(0); err != nil {
				return err
			}
		}
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
	ok, err := s.step(false)
	if err == nil && !ok {
		return s.none("that was the last step" + s.narrow() + s.cutShort())
	}
	return err
}

func (s *Session) back() error {
	ok, err := s.step(true)
	if err == nil && !ok {
		return NotFoundError("this is the first step" + s.narrow())
	}
	return err
}

// narrow says why there may be more packets than are shown.
func (s *Session) narrow() string {
	switch {
	case s.group != nil:
		return " of this way"
	case s.flt != nil:
		return " that the filter shows"
	case s.follow == followFlow:
		return " of this conversation"
	}
	return ""
}

func (s *Session) packet(back bool) error {
	if back && (s.pos > s.first() || s.sub > 0) {
		s.goTo(s.first(), false)
		return nil
	}
	f, ok, err := s.neighbour(back)
	switch {
	case err != nil:
		return err
	case !ok && back:
		return NotFoundError("this is the first packet" + s.narrow())
	case !ok:
		return s.none("this is the last packet" + s.narrow() + s.cutShort())
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

func (s *Session) mark(m uint32, what string, back bool) error {
	mt := Match{Landmarks: m}
	c, ok, err := s.find(back, func(i int) bool { return s.k.Packet(i).Landmarks&m != 0 }, func(_ *trace.Log, e *trace.Event) bool { return mt.Event(e) })
	if err != nil {
		return err
	}
	if !ok {
		if back {
			return NotFoundError("before this step, " + markNone(what) + s.among())
		}
		return s.none("after this step, " + markNone(what) + s.among())
	}
	return s.jump(c)
}

// among says which packets were looked through.
func (s *Session) among() string {
	if w := s.narrow(); w != "" {
		return " among the packets" + w
	}
	return ""
}

// find looks for the next event of a step after the place, or before it, that
// hit accepts, in the packets that are shown and that may holds of: may is
// quick, and asks the index.
func (s *Session) find(back bool, may func(frame int) bool, hit func(*trace.Log, *trace.Event) bool) (Cursor, bool, error) {
	from, d := s.cursor(back), 1
	if back {
		d = -1
	}
	far := ahead{back: back, hit: hit}
	for n, i := 1, from.Frame; i >= s.oldest() && i < s.k.Indexed(); n, i = n+1, i+d {
		if n%lookEvery == 0 {
			if err := s.work.look(lookEvery); err != nil {
				return from, false, err
			}
		}
		if !may(i) {
			continue
		}
		if ok, err := s.shows(i); err != nil {
			return from, false, err
		} else if !ok && i != from.Frame {
			continue
		}
		if ok, err := far.may(s, i); err != nil {
			return from, false, err
		} else if !ok {
			continue
		}
		c, err := s.k.Chunk(i)
		if err != nil {
			return from, false, err
		}
		log, story := c.Events(), c.Story(i)
		j, end := 0, len(story)
		if i == from.Frame && !back {
			j = from.Step + 1
		}
		if back {
			j, end = len(story)-1, -1
			if i == from.Frame {
				j = from.Step - 1
			}
		}
		for ; j != end && j >= 0 && j < len(story); j += d {
			if hit(log, &log.Events[story[j]]) {
				return Cursor{Frame: i, Step: j}, true, nil
			}
		}
	}
	return from, false, nil
}

// toEnd goes to the first packet that is shown, or the last.
func (s *Session) toEnd(last bool) error {
	at, d := s.oldest(), 1
	if last {
		at, d = s.k.Indexed()-1, -1
	}
	for n, i := 1, at; i >= s.oldest() && i < s.k.Indexed(); n, i = n+1, i+d {
		if ok, err := s.shows(i); err != nil {
			return err
		} else if ok {
			at = i
			break
		}
		if n%lookEvery == 0 {
			if err := s.work.look(lookEvery); err != nil {
				return err
			}
		}
	}
	return s.jump(Cursor{Frame: at})
}

func (s *Session) seek(n int) error {
	if n < 1 || n > s.k.Indexed() {
		if n > s.k.Indexed() && !s.done {
			return s.none(fmt.Sprintf("packet %d is not read yet", n))
		}
		return NotFoundError(fmt.Sprintf("no packet %d: there are %d", n, s.k.Indexed()))
	}
	if n <= s.oldest() {
		return s.none(fmt.Sprintf("packet %d is kept no more: packets %d to %d can be walked", n, s.oldest()+1, s.k.Indexed()))
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
		if s.on[i] && log.Events[s.story[s.stops[i]]].Depth <= depth {
			s.goTo(i, false)
			return nil
		}
	}
	f, ok, err := s.neighbour(false)
	if err != nil {
		return err
	}
	if !ok {
		return s.none("that was the last step" + s.narrow())
	}
	return s.load(f)
}
