package view

import (
	"fmt"
	"sync"

	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A Session is one reader's place in a walk. It may be used from several
// goroutines: one mutex guards it and the walk.
type Session struct {
	mu    sync.Mutex
	k     Walk
	names report.Names
	title string

	done   bool // the index is complete
	frame  int  // from 0
	pos    int  // index of stops
	chunk  Chunk
	story  []int     // of the frame: indices of the chunk's events
	stops  []int     // indices of story where a step ends
	stages []StageID // of each event of the story

	flt    *filter.Filter
	look   string
	notice string
	jumps  []Cursor // where jumps began
	lines  map[int]string

	kinds   map[uint32]step.Kind // of the objects of the chunk with kindLog
	kindLog *trace.Log
	kindLen int
}

// New returns a Session at the first packet of a walk. title names the capture.
func New(k Walk, title string) *Session {
	s := &Session{k: k, names: k.Names(), title: Clean(title), lines: map[int]string{}}
	if err := s.load(0); err != nil {
		s.notice = Clean(err.Error())
	}
	return s
}

// Advance indexes up to n more frames of the capture; done says that the index
// is complete.
func (s *Session) Advance(n int) (done bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.done {
		return true, nil
	}
	none := s.k.Indexed() == 0
	s.done, err = s.k.Advance(n)
	if err == nil && none && s.k.Indexed() > 0 {
		err = s.load(0)
	}
	return s.done, err
}

// Progress is how much of the capture is indexed.
func (s *Session) Progress() (indexed, packets int, done bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.k.Indexed(), s.k.Len(), s.done
}

// load takes the story of a frame.
func (s *Session) load(frame int) error {
	s.frame, s.pos = frame, 0
	s.chunk, s.story, s.stops, s.stages = nil, nil, nil, nil
	if frame < 0 || frame >= s.k.Indexed() {
		return nil
	}
	c, err := s.k.Chunk(frame)
	if err != nil {
		return err
	}
	s.chunk, s.story = c, c.Story(frame)
	log := c.Events()
	for i, e := range s.story {
		switch log.Events[e].Kind {
		case trace.Point, trace.Tried:
		default:
			s.stops = append(s.stops, i)
		}
	}
	s.stages = stagesOf(log, s.story, s.k.Packet(frame).Landmarks&MarkOut != 0)
	return nil
}

// cursor is the place as the walk counts: the last event that belongs to the
// step when looking on, its first when looking back.
func (s *Session) cursor(back bool) Cursor {
	c := Cursor{Frame: s.frame}
	if len(s.stops) == 0 {
		return c
	}
	c.Step = s.stops[s.pos]
	if !back {
		c.Step = len(s.story) - 1
		if s.pos+1 < len(s.stops) {
			c.Step = s.stops[s.pos+1] - 1
		}
	}
	return c
}

// here is the first event of the step.
func (s *Session) here() Cursor { return s.cursor(true) }

// place goes to the step that holds an event of a story.
func (s *Session) place(c Cursor) error {
	if c.Frame != s.frame || s.chunk == nil {
		if err := s.load(c.Frame); err != nil {
			return err
		}
	}
	s.pos = 0
	for s.pos+1 < len(s.stops) && s.stops[s.pos+1] <= c.Step {
		s.pos++
	}
	return nil
}

func (s *Session) jump(c Cursor) error {
	if len(s.jumps) >= 64 {
		s.jumps = append(s.jumps[:0], s.jumps[1:]...)
	}
	s.jumps = append(s.jumps, s.here())
	return s.place(c)
}

// A NotFoundError says that there is no such place.
type NotFoundError string

func (e NotFoundError) Error() string { return string(e) }

// Do carries out a Command. An error tells why the place is still the same; it
// is in the Scene's Notice too.
func (s *Session) Do(c Command) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.notice = ""
	err := s.do(c)
	if err != nil {
		s.notice = Clean(err.Error())
	}
	return err
}

func (s *Session) do(c Command) error {
	if s.k.Indexed() == 0 && c.Verb != Filter && c.Verb != Look {
		return s.none("there is no packet")
	}
	switch c.Verb {
	case Forward, Back, NextPacket, PrevPacket, NextDrop, PrevDrop:
		return s.repeat(c)
	case NextMark, PrevMark:
		m, ok := Marks[c.Expr]
		if !ok {
			return fmt.Errorf("no such mark: %q", c.Expr)
		}
		return s.mark(m, c.Expr, c.Verb == PrevMark)
	case Seek:
		return s.seek(c.N)
	case First:
		return s.jump(Cursor{})
	case Last:
		return s.jump(Cursor{Frame: max(0, s.k.Indexed()-1)})
	case Over:
		return s.over()
	case Until:
		return s.until(c.Expr)
	case Filter:
		return s.filter(c.Expr)
	case Look:
		return s.lookAt(c.Expr)
	case WhyValue:
		return s.whyValue(c.Expr)
	case Return:
		if len(s.jumps) == 0 {
			return NotFoundError("no jump to return from")
		}
		at := s.jumps[len(s.jumps)-1]
		s.jumps = s.jumps[:len(s.jumps)-1]
		return s.place(at)
	}
	return fmt.Errorf("no such command: %q", string(c.Verb))
}
