package view

import (
	"strings"
)

// lesson fills sc.Lesson. b.e is nil where there is no step.
func (b *builder) lesson() {
	r := b.les.lessonRun
	if r == nil {
		return
	}
	p, part := &r.parts[r.part], &r.l.Parts[r.part]
	lp := &LessonPage{Slug: r.l.Slug, Title: Clean(r.l.Title), Part: r.part + 1, Parts: len(r.parts), Ask: p.ask, Page: p.text, Show: p.show, Done: r.done, Chosen: p.chosen}
	for _, t := range p.text {
		lp.Text = append(lp.Text, t.String())
	}
	ask := part.Ask()
	for i, t := range p.answers {
		a := Answer{Text: t}
		if p.tried[i] {
			a.Right, a.Wrong = ask.Answers[i].Right, !ask.Answers[i].Right
		}
		lp.Answers = append(lp.Answers, a)
	}
	if p.chosen > 0 && p.chosen <= len(p.says) {
		lp.Says = p.says[p.chosen-1]
	}
	lp.Do = b.doWords(p, part)
	if o := b.awaited(p, part); o != nil {
		c, _ := Parse(o.Word)
		lp.DoCmd = &c
	}
	lp.Next = b.open(p, part) == ""
	b.sc.Lesson = lp
	if ask != nil && p.chosen == 0 {
		b.hush()
	}
}

// hush keeps what comes out of the Scene while a question about it is open: the
// steps behind the place (one row of the kind hidden stands for them), the packets
// behind this one, and what becomes of it.
func (b *builder) hush() {
	sc := b.sc
	for i := range sc.Tree {
		if sc.Tree[i].Here && i+1 < len(sc.Tree) {
			sc.Tree = append(sc.Tree[:i+1:i+1], Row{N: sc.Tree[i+1].N, Depth: sc.Tree[i].Depth, Kind: "hidden", Text: "(answer the question first)"})
			break
		}
	}
	for i := range sc.List {
		if sc.List[i].Here {
			sc.List = append([]Item(nil), sc.List[:i+1]...)
			if !sc.Verdict.Reached {
				sc.List[i].Mark = ""
			}
			break
		}
	}
	if !sc.Verdict.Reached {
		sc.Verdict = Verdict{}
	}
}

// String is the paragraph without styles.
func (p LessonPara) String() string {
	var b strings.Builder
	switch p.Kind {
	case "item":
		b.WriteString(p.Mark + " ")
	case "pre":
		b.WriteString("    ")
	}
	for _, s := range p.Spans {
		b.WriteString(s.Text)
	}
	return b.String()
}
