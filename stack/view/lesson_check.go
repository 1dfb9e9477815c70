package view

import (
	"fmt"
	"slices"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/pcaps"
)

// A lessonCheck collects what an author is to be told about a lesson.
type lessonCheck struct {
	l      *lessons.Lesson
	faults []lessons.Fault
}

// fault notes what is wrong with a line; without a checker, nothing.
func (c *lessonCheck) fault(line int, err error) {
	if c == nil {
		return
	}
	f := lessons.Fault{File: c.l.File, Line: line, What: err.Error()}
	if !slices.Contains(c.faults, f) {
		c.faults = append(c.faults, f)
	}
}

// CheckLesson takes a lesson from beginning to end, pressing what the reader is
// to press and giving every answer, the wrong ones too, and tells what is wrong:
// an until that is not reached, an expect that does not hold or did before, a
// value that is not there. s walks the lesson's capture; it is indexed here.
func CheckLesson(s *Session, l *lessons.Lesson) []lessons.Fault {
	c := &lessonCheck{l: l}
	for done := false; !done; {
		var err error
		if done, err = s.Advance(1 << 12); err != nil {
			c.fault(0, err)
			return c.faults
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.les = lessonState{own: l}
	s.title = Clean(l.Capture)
	if err := s.startLesson(l.Slug); err != nil {
		c.fault(0, err)
		return c.faults
	}
	r := s.les.lessonRun
	r.check = c
	r.parts[0] = partRun{at: r.parts[0].at}
	if err := s.enter(0); err != nil {
		c.fault(0, err)
	}
	for i := range l.Parts {
		if !s.takePart(c, i) {
			c.fault(l.Parts[i].Line, fmt.Errorf("the lesson cannot be taken beyond this part"))
			break
		}
	}
	s.leaveLesson()
	return c.faults
}

// takePart does what is to be done in a part; false if it cannot be finished.
func (s *Session) takePart(c *lessonCheck, i int) bool {
	r := s.les.lessonRun
	part := &r.l.Parts[i]
	if ask := part.Ask(); ask != nil {
		if s.nextPart() == nil {
			c.fault(ask.Line, fmt.Errorf("the walk goes on without an answer"))
			return false
		}
		for n := range ask.Answers {
			if s.answer(n+1) != nil {
				return false
			}
		}
	}
	for _, o := range part.Press() {
		if slices.Contains(localKeys, o.Word) {
			continue
		}
		cmd, err := Parse(o.Word)
		if err == nil {
			err = s.doNow(cmd)
		}
		if err != nil {
			c.fault(o.Line, err)
			return false
		}
	}
	if i == len(r.parts)-1 {
		if !r.done {
			c.fault(part.Line, fmt.Errorf("the last part does not end the lesson"))
		}
		return true
	}
	if r.part == i && s.nextPart() != nil {
		return false
	}
	return r.part == i+1
}

// LessonWorld is what lessons are checked against.
func LessonWorld() lessons.World {
	return lessons.World{
		Capture: func(name string) bool { e, ok := pcaps.Lookup(name); return ok && e.Name == name },
		Verb:    CanPress,
		Term:    func(name string) bool { _, _, ok := LookUp(name); return ok },
	}
}
