package view

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/lessons"
)

var paraKinds = map[lessons.ParaKind]string{lessons.Text: "text", lessons.Head: "head", lessons.Item: "item", lessons.Pre: "pre"}

var spanStyles = map[lessons.Style]string{lessons.Emph: "em", lessons.Strong: "strong", lessons.Code: "code", lessons.Link: "link", lessons.Value: "value"}

// fillPart fills the values of a part's text, from the place where it begins.
func (s *Session) fillPart(p *partRun, part *lessons.Part) {
	v := s.values()
	for _, t := range part.Text {
		p.text = append(p.text, LessonPara{paraKinds[t.Kind], t.Mark, s.fill(v, t.Spans)})
	}
	ask := part.Ask()
	if ask == nil {
		return
	}
	p.ask = flat(s.fill(v, ask.Text))
	for _, a := range ask.Answers {
		p.answers = append(p.answers, flat(s.fill(v, a.Text)))
	}
	p.tried = make([]bool, len(p.answers))
}

// fillSays fills what is said to each answer, from the place that the block
// has led to. To an answer that has nothing said to it the walk speaks: why it
// lost, or the sentence of the step.
func (s *Session) fillSays(p *partRun, ask *lessons.Order) {
	v := s.values()
	for i, a := range ask.Answers {
		says := flat(s.fill(v, a.Says))
		if says == "" {
			says = v.answers(p.answers[i], a.Right)
		}
		if says == "" {
			s.les.check.fault(a.Line, fmt.Errorf("nothing is said to this answer"))
		}
		p.says = append(p.says, says)
	}
}

// answers is what the walk itself says to an answer.
func (v *placeValues) answers(text string, right bool) string {
	sc := v.scene()
	if !right {
		for _, l := range sc.Lost {
			if strings.Contains(text, l.Candidate) {
				return fmt.Sprintf("%s%s %s lost: %s.", strings.ToUpper(l.What[:min(1, len(l.What))]), l.What[min(1, len(l.What)):], l.Candidate, strings.TrimSuffix(l.Because, "."))
			}
		}
	}
	return sc.Says
}

func flat(list []LessonSpan) string {
	var b strings.Builder
	for _, s := range list {
		b.WriteString(s.Text)
	}
	return b.String()
}

// fill makes spans of a Scene out of those of a lesson.
func (s *Session) fill(v *placeValues, list []lessons.Span) []LessonSpan {
	var out []LessonSpan
	for _, sp := range list {
		o := LessonSpan{Style: spanStyles[sp.Style], Text: Clean(sp.Text)}
		switch sp.Style {
		case lessons.Value:
			t, ok := s.valueWords(v, sp.Text)
			if !ok {
				s.les.check.fault(sp.Line, fmt.Errorf("there is no {%s} here", sp.Text))
				t = "(no " + sp.Text + " here)"
			}
			o.Text = Clean(t)
		case lessons.Link:
			o.Do, o.Href = linkTo(sp.To)
		}
		out = append(out, o)
	}
	return out
}

// valueWords is how a {value} reads.
func (s *Session) valueWords(v *placeValues, name string) (string, bool) {
	word, rest, _ := strings.Cut(name, " ")
	switch {
	case word == "key" && rest != "":
		return s.keyFor(rest), true
	case word == "lost" && rest != "":
		for _, l := range v.scene().Lost {
			if strings.Contains(l.Candidate, rest) {
				return l.Because, true
			}
		}
		return "", false
	case word == "was" && rest != "":
		x, ok := v.Value(rest, true)
		return x.Text, ok
	}
	x, ok := v.Value(name, false)
	return x.Text, ok
}

// linkTo is where a lesson's link leads.
func linkTo(to string) (*Command, string) {
	kind, name, _ := strings.Cut(to, ":")
	switch kind {
	case "step":
		return &Command{Verb: Until, Expr: Clean(name)}, ""
	case "field":
		return &Command{Verb: WhyValue, Expr: Clean(name)}, ""
	case "term":
		return &Command{Verb: Explain, Expr: Clean(name)}, ""
	case "lesson":
		return &Command{Verb: StartLesson, Expr: Clean(name)}, ""
	case "https":
		return nil, Clean(to)
	}
	return nil, ""
}
