package view

import (
	"errors"
	"fmt"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// lessonState is the lesson that is taken, and the places in those that were
// left.
type lessonState struct {
	*lessonRun
	left map[string]*lessonRun
	own  *lessons.Lesson   // one that is not of the course, for its author
	keys map[string]string // what Commands are called where the reader sits
	done func(slug string)
}

// A lessonRun is how far a reader is in a lesson.
type lessonRun struct {
	l     *lessons.Lesson
	part  int // from 0
	parts []partRun
	done  bool
	check *lessonCheck // set when an author's checker takes the lesson
}

// A partRun is what a reader has of one part.
type partRun struct {
	entered bool
	at      Cursor // where the part begins
	moved   bool   // its block has moved the walk
	after   Cursor // to here
	text    []LessonPara
	ask     string
	answers []string
	says    []string // to each answer, filled when the walk has moved
	chosen  int      // from 1
	tried   []bool
	pressed int // of what the reader is to press, by now
	times   int // that he has pressed the next
	look    string
	show    string
}

// An OtherCaptureError says that a lesson walks another capture: the front end
// opens that one and takes the lesson there (NewLessonSession).
type OtherCaptureError struct{ Slug, Capture string }

func (e OtherCaptureError) Error() string {
	return fmt.Sprintf("the lesson %q walks the capture %q: take it with packetwalk lesson %s", e.Slug, e.Capture, e.Slug)
}

// NewLessonSession returns a Session at the beginning of a lesson. k walks the
// lesson's capture, which is indexed here.
func NewLessonSession(l *lessons.Lesson, k *walk.Walk) (*Session, error) {
	s := NewSession(k, l.Capture)
	for {
		done, err := s.Advance(1 << 12)
		if err != nil {
			return nil, err
		}
		if done {
			break
		}
	}
	s.les.own = l
	if err := s.Do(Command{Verb: StartLesson, Expr: l.Slug}); err != nil {
		return nil, err
	}
	return s, nil
}

// UseKeys tells what the reader presses for a Command, so that lessons can say
// it: by the Command as a line of words ("forward", "next-mark state"). Without
// it lessons say those words.
func (s *Session) UseKeys(keys map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.les.keys = keys
	r := s.les.lessonRun
	if r == nil {
		return
	}
	p, here := &r.parts[r.part], s.here()
	if s.place(p.at) == nil {
		tried := p.tried
		p.text, p.answers = nil, nil
		s.fillPart(p, &r.l.Parts[r.part])
		if tried != nil {
			p.tried = tried
		}
	}
	if err := s.place(here); err != nil {
		s.notice = Clean(err.Error())
	}
}

// OnLessonDone has f called when a lesson is done, in the middle of Do: f must
// not use the Session.
func (s *Session) OnLessonDone(f func(slug string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.les.done = f
}

// lessonDo carries out StartLesson, AnswerN, NextPart and PrevPart.
func (s *Session) lessonDo(c Command) error {
	if c.Verb == StartLesson {
		if c.Expr == "" {
			s.leaveLesson()
			return nil
		}
		return s.startLesson(c.Expr)
	}
	if s.les.lessonRun == nil {
		return errors.New("no lesson is taken: packetwalk lesson lists them")
	}
	switch c.Verb {
	case AnswerN:
		return s.answer(c.N)
	case NextPart:
		return s.nextPart()
	}
	return s.prevPart()
}

// leaveLesson puts the lesson away; the place in the walk and that in the
// lesson are kept.
func (s *Session) leaveLesson() {
	r := s.les.lessonRun
	if r == nil {
		return
	}
	if s.les.left == nil {
		s.les.left = map[string]*lessonRun{}
	}
	s.les.left[r.l.Slug] = r
	if r.done {
		delete(s.les.left, r.l.Slug)
	}
	s.les.lessonRun = nil
	s.look = ""
}

// startLesson takes a lesson: where it was left, or from its beginning, always
// so if it is the one that is being taken.
func (s *Session) startLesson(slug string) error {
	l := s.les.own
	if l == nil || l.Slug != slug {
		var ok bool
		if l, ok = lessons.Lookup(slug); !ok {
			return fmt.Errorf("there is no lesson %q", slug)
		}
	}
	if l.Capture != s.title {
		return OtherCaptureError{l.Slug, l.Capture}
	}
	if s.k.Indexed() == 0 || len(l.Parts) == 0 {
		return s.none("there is no packet yet to take the lesson with")
	}
	again := s.les.lessonRun != nil && s.les.l.Slug == slug
	s.leaveLesson()
	s.plainView()
	if r := s.les.left[slug]; r != nil && !again {
		s.les.lessonRun = r
		return s.enter(r.part)
	}
	if err := s.place(Cursor{}); err != nil {
		return err
	}
	s.les.lessonRun = &lessonRun{l: l, parts: make([]partRun, len(l.Parts))}
	return s.enter(0)
}

// plainView lets all packets and steps be seen: a lesson counts on it.
func (s *Session) plainView() {
	s.flt, s.group, s.look = nil, nil, ""
	s.screen, s.grain, s.follow = ScreenWalk, grainFunction, followFamily
	s.regrid()
}

// enter goes to part i: where it begins, or where its block has led to.
func (s *Session) enter(i int) error {
	r := s.les.lessonRun
	p := &r.parts[i]
	switch {
	case !p.entered:
		p.at = s.here()
	case p.moved && p.chosen > 0:
		if err := s.place(p.after); err != nil {
			return err
		}
	default:
		if err := s.place(p.at); err != nil {
			return err
		}
	}
	s.look = p.look
	r.part = i
	if !p.entered {
		p.entered = true
		s.fillPart(p, &r.l.Parts[i])
	}
	s.lessonOver()
	return nil
}

// open says what keeps the reader from going on: nothing if it is empty.
func (s *Session) open(p *partRun, part *lessons.Part) string {
	switch {
	case part.Ask() != nil && p.chosen == 0:
		return fmt.Sprintf("first answer the question: 1 to %d", len(p.answers))
	case s.awaited(p, part) != nil:
		return s.doWords(p, part)
	}
	return ""
}

func (s *Session) nextPart() error {
	r := s.les.lessonRun
	p, part := &r.parts[r.part], &r.l.Parts[r.part]
	if what := s.open(p, part); what != "" {
		return errors.New(what)
	}
	if r.part == len(r.parts)-1 {
		s.leaveLesson()
		s.notice = fmt.Sprintf("that was the lesson %q", r.l.Title)
		return nil
	}
	if len(part.Press()) == 0 || !p.moved {
		if err := s.movePart(p, part); err != nil {
			return err
		}
	}
	p = &r.parts[r.part+1]
	return s.enter(r.part + 1)
}

func (s *Session) prevPart() error {
	r := s.les.lessonRun
	if r.part == 0 {
		return NotFoundError("this is the lesson's first part")
	}
	return s.enter(r.part - 1)
}

// answer gives answer n, from 1. With the first one the walk moves, so that it
// can be seen who is right; another may be given after that.
func (s *Session) answer(n int) error {
	r := s.les.lessonRun
	p, part := &r.parts[r.part], &r.l.Parts[r.part]
	if part.Ask() == nil {
		return errors.New("nothing is asked here")
	}
	if n < 1 || n > len(p.answers) {
		return fmt.Errorf("there is no answer %d: choose 1 to %d", n, len(p.answers))
	}
	if err := s.movePart(p, part); err != nil {
		return err
	}
	if p.says == nil {
		s.fillSays(p, part.Ask())
	}
	p.chosen, p.tried[n-1] = n, true
	s.lessonOver()
	return nil
}

// movePart carries out what the part's block moves and shows; if it has done so
// before, it goes there again.
func (s *Session) movePart(p *partRun, part *lessons.Part) error {
	if p.moved {
		return s.place(p.after)
	}
	if len(part.Press()) == 0 {
		if err := s.place(p.at); err != nil {
			return err
		}
	}
	next := &partRun{}
	if i := s.les.part + 1; i < len(s.les.parts) {
		next = &s.les.parts[i]
	}
	back := s.here()
	if err := s.orders(p, next, part.Rest()); err != nil {
		return errors.Join(err, s.place(back))
	}
	p.moved, p.after = true, s.here()
	s.look = next.look
	return nil
}

// orders carries out lines of a block.
func (s *Session) orders(p, next *partRun, list []lessons.Order) error {
	before := p.at
	for i := range list {
		o := &list[i]
		if o.Moves() {
			before = s.here()
		}
		var err error
		switch o.Kind {
		case lessons.Until:
			err = s.lessonUntil(o)
		case lessons.Packet:
			if o.N > s.k.Indexed() {
				err = fmt.Errorf("there is no packet %d", o.N)
			} else {
				err = s.place(Cursor{Frame: o.N - 1})
			}
		case lessons.Drop:
			err = s.lessonFind(Match{Landmarks: MarkDrop}, "no packet is dropped after this place")
		case lessons.Look:
			next.look = o.Word
		case lessons.Show:
			next.show = o.Word
		case lessons.Expect:
			err = s.expect(o, before)
		}
		if err != nil {
			s.les.check.fault(o.Line, err)
			return err
		}
	}
	return nil
}

func (s *Session) lessonFind(m Match, none string) error {
	c, ok, err := s.k.Find(s.cursor(false), false, m)
	if err != nil {
		return err
	}
	if !ok {
		return NotFoundError(none)
	}
	return s.place(c)
}

// maxTries is how many calls of a function are looked at for a condition.
const maxTries = 5000

func (s *Session) lessonUntil(o *lessons.Order) error {
	none := "no call of " + o.Step.String() + " after this place"
	for range maxTries {
		if err := s.lessonFind(Match{Step: o.Step}, none); err != nil {
			return err
		}
		if o.Where == nil || o.Where.Holds(s.values()) {
			return nil
		}
		none = "no call of " + o.Step.String() + " after this place where " + o.Where.String()
	}
	return NotFoundError(none)
}

// expect checks what a lesson counts on: that it holds here. An author is told
// too if it held already before the walk moved.
func (s *Session) expect(o *lessons.Order, before Cursor) error {
	v := s.values()
	if !o.Where.Holds(v) {
		if m := o.Where.Missing(v); m != "" {
			return fmt.Errorf("there is no %s here", m)
		}
		return fmt.Errorf("this does not hold here: %s", o.Where)
	}
	if s.les.check == nil {
		return nil
	}
	here := s.here()
	if err := s.place(before); err != nil {
		return err
	}
	if o.Where.Holds(s.values()) {
		s.les.check.fault(o.Line, fmt.Errorf("this held already before the walk moved: %s", o.Where))
	}
	return s.place(here)
}

// lessonOver tells that the lesson is done: on its last page, when nothing is
// left to answer or to press.
func (s *Session) lessonOver() {
	r := s.les.lessonRun
	if r.done || r.part != len(r.parts)-1 || s.open(&r.parts[r.part], &r.l.Parts[r.part]) != "" {
		return
	}
	r.done = true
	if s.les.done != nil && r.check == nil {
		s.les.done(r.l.Slug)
	}
}
