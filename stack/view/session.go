package view

import (
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
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
		return s.none("that was the last step")
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
		return s.none("this is the last packet")
	}
	return s.load(f)
}

// none says that there is nothing more, as far as the index goes.
func (s *Session) none(what string) error {
	if !s.done {
		what += fmt.Sprintf(" of the %d packets indexed so far", s.k.Indexed())
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
			return NotFoundError("no " + what + " before this step")
		}
		return s.none("no " + what + " after this step")
	}
	return s.jump(c)
}

func (s *Session) seek(n int) error {
	if n < 1 || n > s.k.Indexed() {
		if n > s.k.Indexed() && !s.done {
			return s.none(fmt.Sprintf("packet %d is not", n))
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

func (s *Session) until(fn string) error {
	st := step.ByName(strings.TrimSuffix(fn, "()"))
	if st == 0 {
		return fmt.Errorf("no kernel function %q in the model%s", fn, similar(fn))
	}
	c, ok, err := s.k.Find(s.cursor(false), false, Match{Step: st, Filter: s.flt})
	if err != nil {
		return err
	}
	if !ok {
		return s.none("no call of " + fn + " after this step")
	}
	return s.jump(c)
}

// similar names up to four functions whose names hold the word.
func similar(fn string) string {
	var like []string
	step.Each(func(_ step.Step, i *step.Info) {
		if fn != "" && len(like) < 4 && strings.Contains(i.Func, fn) {
			like = append(like, i.Func)
		}
	})
	if like == nil {
		return ""
	}
	return "; there is " + strings.Join(like, ", ")
}

// filter goes to the first packet from here on that matches; the place stays
// if this one does.
func (s *Session) filter(expr string) error {
	if strings.TrimSpace(expr) == "" {
		s.flt = nil
		return nil
	}
	link := wire.LinkEthernet
	if s.k.Indexed() > 0 {
		f, err := s.k.Frame(s.frame)
		if err != nil {
			return err
		}
		link = wire.LinkKind(f.Link)
	}
	flt, err := filter.Compile(expr, link)
	if err != nil {
		return err
	}
	if s.k.Indexed() == 0 {
		s.flt = flt
		return nil
	}
	ok, err := s.matches(flt, s.frame)
	if err != nil {
		return err
	}
	if ok {
		s.flt = flt
		return nil
	}
	for _, back := range [2]bool{false, true} {
		c, ok, err := s.k.Find(s.cursor(back), back, Match{Filter: flt})
		if err != nil {
			return err
		}
		if ok {
			s.flt = flt
			return s.jump(c)
		}
	}
	return s.none("no packet matches " + flt.String())
}

func (s *Session) matches(flt *filter.Filter, frame int) (bool, error) {
	f, err := s.k.Frame(frame)
	if err != nil {
		return false, err
	}
	return flt.Match(f.Data, f.OrigLen), nil
}

func (s *Session) lookAt(kind string) error {
	if kind != "" && kindByName(kind) == step.KindNone {
		return fmt.Errorf("nothing is called %q here: skb, sk, neigh, ring, napi, qdisc, frag, req, tw", kind)
	}
	s.look = kind
	return nil
}

var errNoValue = errors.New("no such value here: name one of the panels' fields")

func (s *Session) whyValue(name string) error {
	key, ok := s.valueNamed(name)
	if !ok {
		return errNoValue
	}
	c, ok, err := s.k.LastWrite(s.cursor(false), key)
	if err != nil {
		return err
	}
	if !ok {
		return NotFoundError(key.Key.Name() + " has had this value since before the part of the capture that was looked at")
	}
	at := s.here()
	if err := s.jump(c); err != nil {
		return err
	}
	if s.here() == at {
		s.jumps = s.jumps[:len(s.jumps)-1]
	}
	s.notice = Clean(key.Key.Name() + " got its value in this step")
	return nil
}
