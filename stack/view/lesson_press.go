package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/lessons"
)

// localKeys are what a front end does by itself: no Session hears of it, so a
// lesson does not wait for it.
var localKeys = []string{"?", "tab", "space", "esc", "enter"}

// CanPress reports whether a lesson may ask for a Command, as a line of words,
// or for a key.
func CanPress(word string) bool {
	if slices.Contains(localKeys, word) {
		return true
	}
	c, err := Parse(word)
	switch c.Verb {
	case StartLesson, AnswerN, NextPart, PrevPart:
		return false
	}
	return err == nil && word != ""
}

// awaited is what the reader is to press next, if the lesson waits for it.
func (s *Session) awaited(p *partRun, part *lessons.Part) *lessons.Order {
	list := part.Press()
	if p.pressed >= len(list) || slices.Contains(localKeys, list[p.pressed].Word) {
		return nil
	}
	return &list[p.pressed]
}

// lessonSaw is told of every Command that was carried out.
func (s *Session) lessonSaw(c Command) {
	r := s.les.lessonRun
	if r == nil {
		return
	}
	p, part := &r.parts[r.part], &r.l.Parts[r.part]
	o := s.awaited(p, part)
	if o == nil {
		return
	}
	want, err := Parse(o.Word)
	if err != nil || c.Verb != want.Verb || want.Expr != "" && c.Expr != want.Expr {
		return
	}
	need, got := max(1, want.N), max(1, c.N)
	if want.Verb == Seek || want.Verb == Choose || want.Verb == Open {
		if want.N > 0 && c.N != want.N {
			return
		}
		need, got = 1, 1
	}
	if p.times += got; p.times < need {
		return
	}
	p.pressed, p.times = p.pressed+1, 0
	if s.open(p, part) != "" {
		return
	}
	s.lessonOver()
	if r.part == len(r.parts)-1 {
		return
	}
	if p.pressed < len(part.Press()) {
		return // a key is left that is not waited for
	}
	if err := s.nextPart(); err != nil {
		s.notice = Clean(err.Error())
	}
}

// keyFor is what the reader presses for a Command: a key if the front end has
// said so, else the Command as a line of words.
func (s *Session) keyFor(word string) string {
	if slices.Contains(localKeys, word) {
		return word
	}
	verb, _, _ := strings.Cut(word, " ")
	for _, w := range [2]string{word, verb} {
		if k := s.les.keys[w]; k != "" {
			return Clean(k)
		}
	}
	return Clean(word)
}

// doWords is what the reader is to do now.
func (s *Session) doWords(p *partRun, part *lessons.Part) string {
	list := part.Press()
	if p.pressed >= len(list) {
		return ""
	}
	word := list[p.pressed].Word
	key := s.keyFor(word)
	c, err := Parse(word)
	if err != nil || slices.Contains(localKeys, word) {
		return "Press " + key + "."
	}
	say := "Press "
	if s.les.keys == nil || key == Clean(word) {
		say = "Type "
		key = string(c.Verb)
		if c.Expr != "" && s.les.keys == nil {
			key += " " + Clean(c.Expr)
		}
	}
	say += key
	if n := c.N - p.times; c.N > 1 && c.Verb != Seek && c.Verb != Choose && c.Verb != Open && n > 1 {
		say += fmt.Sprintf(" %d times", n)
	}
	verb, _, _ := strings.Cut(word, " ")
	if s.les.keys[word] == "" && s.les.keys[verb] != "" {
		if c.Expr != "" {
			say += ", then type " + Clean(c.Expr)
		} else if c.Verb == Seek {
			say += fmt.Sprintf(", then type %d", c.N)
		}
	}
	return say + whatFor(list[p.pressed], c.Verb) + "."
}

// whatFor says what a Command does: in the lesson's words, or the verb's.
func whatFor(o lessons.Order, verb Verb) string {
	what := ""
	for _, sp := range o.Text {
		what += Clean(sp.Text)
	}
	for _, v := range Verbs {
		if v.Verb == verb && what == "" {
			what, _, _ = strings.Cut(v.What, ":")
			what, _, _ = strings.Cut(what, ";")
		}
	}
	return " (" + what + ")"
}
