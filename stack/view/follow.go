package view

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A follow says what the steps go through.
type follow string

const (
	followPacket follow = "packet" // what happens to the frames themselves
	followFamily follow = "family" // and to all that they cause, frame by frame
	followFlow   follow = "flow"   // the same, within one conversation
	followAll    follow = "all"    // everything, in the order in which it happened
)

var follows = []follow{followPacket, followFamily, followFlow, followAll}

func (s *Session) setFollow(name string) error {
	f, ok := oneOf(follows, s.follow, follow(name))
	if !ok {
		return fmt.Errorf("no such thing to follow: %q; there are packet, family, flow and all", name)
	}
	if f == followFlow && s.k.Packet(s.frame).Flow == 0 {
		if name != "" {
			return fmt.Errorf("packet %d is of no conversation: it has no addresses and ports", s.frame+1)
		}
		f = followAll
	}
	s.follow = f
	s.regrid()
	return nil
}

// own says which events of the story are the frame's own, if only those are
// followed; nil if all are, or none is.
func (s *Session) own() []bool {
	if s.follow != followPacket || s.chunk == nil {
		return nil
	}
	log, own, any := s.chunk.Events(), make([]bool, len(s.story)), false
	self := map[uint32]bool{uint32(s.frame + 1): true}
	for _, at := range s.story {
		if pkt, old, ok := adopted(log, &log.Events[at]); ok && int(pkt) == s.frame+1 {
			self[old] = true
		}
	}
	type call struct {
		depth uint8
		pkt   uint32
	}
	var open []call
	for n, at := range s.story {
		e := &log.Events[at]
		for len(open) > 0 && open[len(open)-1].depth >= e.Depth {
			open = open[:len(open)-1]
		}
		pkt := e.Pkt
		if pkt == 0 && len(open) > 0 {
			pkt = open[len(open)-1].pkt
		}
		if e.Kind == trace.Call {
			open = append(open, call{e.Depth, pkt})
		}
		own[n] = self[pkt]
		any = any || own[n]
	}
	if !any {
		return nil
	}
	return own
}

// shows reports whether a frame is one that the reader wants to see: of the
// group, the conversation and the filter.
func (s *Session) shows(i int) (bool, error) {
	if s.group != nil || s.follow == followFlow {
		p := s.k.Packet(i)
		if s.group != nil && s.all.key(s, i, &p) != *s.group {
			return false, nil
		}
		if s.follow == followFlow && p.Flow != s.k.Packet(s.frame).Flow {
			return false, nil
		}
	}
	if s.flt != nil {
		return s.matches(s.flt, i)
	}
	return true, nil
}

// lookEvery is how many packets are looked at between two looks at whether the
// command shall stop.
const lookEvery = 256

// neighbour is the next frame that is shown, or the one before.
func (s *Session) neighbour(back bool) (int, bool, error) {
	d := 1
	if back {
		d = -1
	}
	for n, i := 1, s.frame+d; i >= s.oldest() && i < s.k.Indexed(); n, i = n+1, i+d {
		if ok, err := s.visits(i); ok || err != nil {
			return i, ok, err
		}
		if n%lookEvery == 0 {
			if err := s.work.look(lookEvery); err != nil {
				return i, false, err
			}
		}
	}
	return s.frame, false, nil
}

// visits reports whether steps lead to a frame: it is shown, or the last jump
// led there.
func (s *Session) visits(i int) (bool, error) {
	if i == s.landed.Frame {
		return true, nil
	}
	return s.shows(i)
}

// A stretch is a Chunk that tells which frames it holds and whose story each
// event belongs to.
type stretch interface {
	Chunk
	Frames() (from, to int) // to excluded
	FrameOf(event int) int
}

// step is the next step, or the one before, wherever it is.
func (s *Session) step(back bool) (bool, error) {
	if s.inside(back) {
		return true, nil
	}
	if c, ok := s.chunk.(stretch); ok && s.follow == followAll {
		return s.inTime(c, back)
	}
	if i, ok := s.turn(back); ok {
		s.goTo(i, back)
		return true, nil
	}
	f, ok, err := s.neighbour(back)
	if err != nil || !ok {
		return false, err
	}
	if err := s.load(f); err != nil {
		return false, err
	}
	if back {
		s.goTo(s.lastOn(), true)
	}
	return true, nil
}

func (s *Session) lastOn() int {
	for i := len(s.on) - 1; i > 0; i-- {
		if s.on[i] {
			return i
		}
	}
	return 0
}

// inTime goes to what happened next, or before, whichever frame's story it is.
func (s *Session) inTime(c stretch, back bool) (bool, error) {
	frame, pos, sub := s.frame, s.pos, s.sub
	undo := func() { // the place is still the same
		if s.frame != frame {
			if s.load(frame) != nil {
				return
			}
		}
		s.pos, s.sub = pos, sub
	}
	d := 1
	if back {
		d = -1
	}
	at := -1
	if len(s.stops) > 0 {
		at = s.story[s.stops[s.pos]]
	}
	for {
		from, to := c.Frames()
		log := c.Events()
		for i := at + d; i >= 0 && i < len(log.Events); i += d {
			f := c.FrameOf(i)
			if f < from || f >= to || f >= s.k.Indexed() || !stops(&log.Events[i]) {
				continue
			}
			if ok, err := s.visits(f); err != nil || !ok {
				if err != nil {
					undo()
					return false, err
				}
				continue
			}
			if f != s.frame {
				if err := s.load(f); err != nil {
					undo()
					return false, err
				}
			}
			if n := s.posOf(i); n >= 0 && s.on[n] {
				s.goTo(n, back)
				return true, nil
			}
		}
		next := to
		if back {
			next = from - 1
		}
		if next < s.oldest() || next >= s.k.Indexed() {
			undo()
			return false, nil
		}
		if err := s.work.look(to - from); err != nil {
			undo()
			return false, err
		}
		ch, err := s.k.Chunk(next)
		if err != nil {
			undo()
			return false, err
		}
		c = ch.(stretch)
		at = -1
		if back {
			at = len(c.Events().Events)
		}
	}
}

// posOf is the step that begins with an event of the chunk; -1 if none does.
func (s *Session) posOf(event int) int {
	lo, hi := 0, len(s.stops)
	for lo < hi {
		m := (lo + hi) / 2
		if s.story[s.stops[m]] < event {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < len(s.stops) && s.story[s.stops[lo]] == event {
		return lo
	}
	return -1
}

// adopted tells, if the event is where a packet of the model turns out to be a
// frame of the capture, which frame's number takes the place of which.
func adopted(l *trace.Log, e *trace.Event) (frame, old uint32, ok bool) {
	if e.Kind != trace.End || e.Why != step.WhyAdopted {
		return 0, 0, false
	}
	a := l.WhyArgs(e)
	if len(a) == 0 {
		return 0, 0, false
	}
	return uint32(a[0]), e.Pkt, true
}
