package view

import (
	"fmt"
	"slices"
	"sync"

	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// A Session is one reader's place in a walk. It may be used from several
// goroutines: one mutex guards it and the walk.
type Session struct {
	mu    *sync.Mutex // a twin's is the same
	k     Walk
	names report.Names
	title string
	lab   *walk.Lab // that is walked; nil: a capture
	labs  labState
	con   consoleState

	whatifs []*WhatIf

	done   bool // the index is complete, and the tally of it
	frame  int  // from 0
	pos    int  // index of stops
	sub    int  // at the grain field: index of the step's changes
	chunk  Chunk
	story  []int     // of the frame: indices of the chunk's events
	stops  []int     // indices of story where a step ends
	stages []StageID // of each event of the story
	mine   []bool    // of each event of the story, if only the frame's own are followed: it is one
	on     []bool    // of each stop: a step of this grain and this following ends there
	partly bool      // more of the story may come with the index

	screen Screen
	grain  grain
	follow follow
	landed Cursor // where the last jump came to, with pos as Step: a stop, whatever the grain
	flt    *filter.Filter
	group  *groupKey // only its packets
	look   string
	notice string
	jumps  []Cursor // where jumps began
	lines  map[int]string
	work   work

	all    tally // of the whole index
	glance glanceState
	breaks []*breakpoint
	sought string // searched for last
	spent  spentState
	kin    familyState

	tab  tablesState
	plo  plotsState
	dep  depthState
	glo  glossaryState
	nots notState
	net  netState
	les  lessonState
	live Live // nil: a capture, or a lab

	kinds   map[uint32]step.Kind // of the objects of the chunk with kindLog
	kindLog *trace.Log
	kindLen int
}

// New returns a Session at the first packet of a walk. title names the capture.
func New(k Walk, title string) *Session {
	s := newSession(k, title)
	if err := s.load(0); err != nil {
		s.notice = Clean(err.Error())
	}
	return s
}

func newSession(k Walk, title string) *Session {
	s := &Session{mu: new(sync.Mutex), k: k, names: k.Names(), title: Clean(title), lines: map[int]string{}, screen: ScreenWalk, grain: grainFunction, follow: followFamily, landed: Cursor{Frame: -1}}
	s.all.take(s, k.Indexed())
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
	whole := false
	if s.all.again == nil {
		whole, err = s.k.Advance(n)
	} else {
		whole = true
	}
	s.done = s.all.advance(s, whole, n)
	switch {
	case err != nil:
	case none && s.k.Indexed() > 0:
		err = s.load(0)
	case s.partly:
		err = s.reload(whole)
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
	var c Chunk
	if frame >= 0 && frame < s.k.Indexed() {
		var err error
		if c, err = s.k.Chunk(frame); err != nil {
			return err // the place is still the same
		}
	}
	s.frame, s.pos, s.sub, s.chunk = frame, 0, 0, c
	s.story, s.stops, s.stages, s.on, s.mine = nil, nil, nil, nil, nil
	if c == nil {
		return nil
	}
	s.story = c.Story(frame)
	log := c.Events()
	for i, e := range s.story {
		if stops(&log.Events[e]) {
			s.stops = append(s.stops, i)
		}
	}
	s.stages = stagesOf(log, s.story, s.k.Packet(frame).Landmarks&MarkOut != 0)
	s.partly = !s.done && s.k.Indexed() < frame+settled
	s.walkable()
	s.pos = s.first()
	return nil
}

// settled is how many frames after a frame its story is whole, as far as it is
// ever recorded.
const settled = 512

// stops reports whether a step ends at an event: tracepoints and alternatives
// belong to the step that they happen in.
func stops(e *trace.Event) bool { return e.Kind != trace.Point && e.Kind != trace.Tried }

// reload takes the story again when enough of the index has come.
func (s *Session) reload(whole bool) error {
	if !whole && s.k.Indexed() < s.frame+settled {
		return nil
	}
	pos, sub := s.pos, s.sub
	if err := s.load(s.frame); err != nil {
		return err
	}
	s.partly = false
	s.pos, s.sub = min(pos, max(0, len(s.stops)-1)), sub
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

// place goes to the step that holds an event of a story; to the first step if
// that is the story's first event.
func (s *Session) place(c Cursor) error {
	if c.Frame != s.frame || s.chunk == nil {
		if err := s.load(c.Frame); err != nil {
			return err
		}
	}
	s.landed = Cursor{Frame: -1}
	s.pos, s.sub = s.first(), 0
	if c.Step > 0 {
		s.pos = s.stopOf(c.Step)
	}
	s.land()
	return nil
}

// stopOf is the step that holds an event of the story.
func (s *Session) stopOf(event int) int {
	i, ok := slices.BinarySearch(s.stops, event)
	if !ok {
		i--
	}
	return max(0, i)
}

// land makes the place one where steps end, whatever the grain and the filter,
// and no other: so that a step on and a step back lead here again.
func (s *Session) land() {
	s.landed = Cursor{Frame: s.frame, Step: s.pos}
	s.walkable()
}

func (s *Session) jump(c Cursor) error {
	from := s.here()
	if err := s.place(c); err != nil {
		return err
	}
	if len(s.jumps) >= 64 {
		s.jumps = append(s.jumps[:0], s.jumps[1:]...)
	}
	s.jumps = append(s.jumps, from)
	return nil
}

// A NotFoundError says that there is no such place.
type NotFoundError string

func (e NotFoundError) Error() string { return string(e) }

// Do carries out a Command. An error tells why the place is still the same; it
// is in the Scene's Notice too.
func (s *Session) Do(c Command) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work.begin(s.k.Indexed())
	defer s.work.end()
	return s.doNow(c)
}

func (s *Session) doNow(c Command) error {
	s.notice = ""
	err := s.do(c)
	if err != nil {
		s.notice = Clean(err.Error())
	} else {
		s.lessonSaw(c)
	}
	return err
}

func (s *Session) do(c Command) error {
	switch c.Verb {
	case SetDepth:
		return s.setDepth(c.Expr)
	case Explain:
		return s.explain(c.Expr)
	case StartLesson, AnswerN, NextPart, PrevPart:
		return s.lessonDo(c)
	case ShowOverview:
		return s.showOverview()
	}
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
	case First, Last:
		return s.toEnd(c.Verb == Last)
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
	case Choose:
		return s.choose(c.N)
	case Open:
		return s.openGroup(c.N)
	case WatchFlow:
		return s.watchFlow()
	case Ask:
		return s.ask(c.Expr)
	case Follow:
		return s.setFollow(c.Expr)
	case Grain:
		return s.setGrain(c.Expr)
	case SetBreak:
		return s.setBreak(c.Expr)
	case Run, RunBack:
		return s.run(c.N, c.Verb == RunBack)
	case Search, SearchBack:
		return s.search(c.Expr, c.Verb == SearchBack)
	case Return:
		if len(s.jumps) == 0 {
			return NotFoundError("no jump to return from")
		}
		at := s.jumps[len(s.jumps)-1]
		if err := s.place(at); err != nil {
			return err
		}
		s.jumps = s.jumps[:len(s.jumps)-1]
		return nil
	}
	return fmt.Errorf("no such command: %q", string(c.Verb))
}
