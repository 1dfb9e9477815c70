package tui

import (
	"slices"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// lessonText is what there is to read.
func lessonText(p *view.LessonPage, w int) (ls []line) {
	for i := range p.Page {
		d := &p.Page[i]
		if i > 0 && (d.Kind != p.Page[i-1].Kind || d.Kind == "text") {
			ls = append(ls, nil)
		}
		ls = append(ls, blockLines(d, w)...)
	}
	if len(p.Page) > 0 {
		return ls
	}
	for i, t := range p.Text {
		if i > 0 {
			ls = append(ls, nil)
		}
		ls = append(ls, para(t, w, 0, StylePlain)...)
	}
	return ls
}

// blockLines is one block of a lesson's text in its styles.
func blockLines(d *view.LessonPara, w int) []line {
	base, indent := StylePlain, 0
	var segs []seg
	switch d.Kind {
	case "head":
		base = StyleTitle
	case "item":
		segs = append(segs, seg{d.Mark + " ", StyleKey})
		indent = width(d.Mark) + 1
	case "pre":
		base, indent = StyleFunc, 2
	}
	for _, p := range d.Spans {
		st := base
		switch p.Style {
		case "strong", "em":
			st = StyleStrong
		case "code":
			st = StyleFunc
		case "link":
			st = StyleTitle
		case "value":
			st = StyleNew
		}
		segs = append(segs, seg{p.Text, st})
	}
	if d.Kind == "pre" { // as it is
		l := line{{"  ", StylePlain}}
		return []line{append(l, segs...)}
	}
	return wrapSegs(segs, w, indent)
}

// wrapSegs breaks pieces in different styles into lines of w cells, as Wrap does
// with one style.
func wrapSegs(segs []seg, w, indent int) (ls []line) {
	var text strings.Builder
	var styles []Style // of each rune that is no space
	for _, s := range segs {
		for _, r := range s.text {
			if r != ' ' && r != '\n' && r != '\t' {
				styles = append(styles, s.style)
			}
		}
		text.WriteString(s.text)
	}
	n := 0
	for _, t := range Wrap(text.String(), w, indent) {
		var l line
		for _, r := range t {
			st := StylePlain
			if r != ' ' && n < len(styles) {
				st = styles[n]
				n++
			}
			if k := len(l) - 1; k >= 0 && (l[k].style == st || r == ' ') {
				l[k].text += string(r)
			} else {
				l = append(l, seg{string(r), st})
			}
		}
		ls = append(ls, l)
	}
	return ls
}

// lessonTask is what there is to do: the question with its answers, what is
// said to the chosen one, what to press now. In short: without the answers that
// were not chosen, once one was.
func lessonTask(p *view.LessonPage, w int, short bool) (ls []line) {
	if p.Ask != "" {
		ls = append(ls, para(p.Ask, w, 0, StyleStrong)...)
		for i := range p.Answers {
			if short && p.Chosen > 0 && p.Chosen != i+1 && !p.Answers[i].Right {
				continue
			}
			ls = append(ls, answerLines(&p.Answers[i], i+1, p.Chosen, w)...)
		}
		if p.Chosen == 0 && len(p.Answers) > 0 {
			ls = append(ls, line{{"Press its number.", StyleDim}})
		}
	}
	if p.Says != "" {
		ls = append(ls, para(p.Says, w, 0, StyleGood)...)
	}
	if p.Do != "" {
		ls = append(ls, line{{"Now: ", StyleToken}})
		ls[len(ls)-1] = append(ls[len(ls)-1], seg{cutFirst(p.Do, w-5), StyleStrong})
		ls = append(ls, para(strings.TrimSpace(p.Do[len(cutFirst(p.Do, w-5)):]), w, 5, StyleStrong)...)
	}
	switch {
	case p.Done:
		ls = append(ls, line{{"This lesson is done. ", StyleGood}, {"> ", StyleKey}, {"leaves it.", StyleDim}})
	case p.Next:
		ls = append(ls, line{{"> ", StyleKey}, {"goes on", StyleDim}})
	}
	return ls
}

// cutFirst is the first line of s in w cells.
func cutFirst(s string, w int) string {
	if ls := Wrap(s, w, 0); len(ls) > 0 && strings.HasPrefix(s, ls[0]) {
		return ls[0]
	}
	return ""
}

// answerLines is one answer: its number, and once one is chosen, whether it is
// right, in a sign and a word too.
func answerLines(a *view.Answer, n, chosen, w int) (ls []line) {
	sign, ss, st, end := "  ", StyleToken, StylePlain, ""
	if n == chosen {
		sign, st = "▶ ", StyleStrong
	}
	switch {
	case a.Right:
		st, end = StyleGood, " (right)"
	case a.Wrong:
		ss, st, end = StyleWarn, StyleWarn, " (not so)"
	}
	for i, t := range Wrap(a.Text+end, w-5, 0) {
		if i == 0 {
			ls = append(ls, line{{sign, ss}, {itoa(n) + "  ", StyleKey}, {t, st}})
			continue
		}
		ls = append(ls, line{{"     ", StylePlain}, {t, st}})
	}
	return ls
}

// lessonParts divides the page: what there is to read scrolls, what there is to
// do stays.
func lessonParts(p *view.LessonPage, r Rect) (text, task Rect, short bool) {
	in := Rect{r.X + 1, r.Y + 2, r.W - 2, r.H - 2}
	n := len(lessonTask(p, in.W, false))
	if short = n > in.H*2/3; short {
		n = min(len(lessonTask(p, in.W, true)), in.H-3)
	}
	if n <= 0 {
		return in, Rect{}, false
	}
	h := min(len(lessonText(p, in.W)), in.H-n-1)
	return Rect{in.X, in.Y, in.W, h}, Rect{in.X, in.Y + h + 1, in.W, in.H - h - 1}, short
}

func drawLesson(g *Grid, r Rect, s *view.Scene, l *local) {
	p := s.Lesson
	focus := l.focus == PaneLesson
	if p == nil {
		g.Title(r, "lesson", focus)
		return
	}
	g.Title(r, "lesson: "+p.Title, focus)
	part := "part " + itoa(p.Part) + " of " + itoa(p.Parts) + " "
	x := r.X + 1 + g.Text(r.X+1, r.Y+1, r.W-2, part, StyleDim)
	if n := min(r.X+r.W-1-x, 2*max(p.Parts, 1)); n > 3 && p.Parts > 0 {
		on, off := filled(100*p.Part/p.Parts, n, "█", "░")
		x += g.Text(x, r.Y+1, n, on, StyleGood)
		g.Text(x, r.Y+1, n, off, StyleRule)
	}
	text, task, short := lessonParts(p, r)
	hidden := g.draw(text, lessonText(p, text.W), lessonRead(p, l))
	if hidden > 0 {
		t := " " + itoa(hidden) + " more lines: enter "
		g.Text(r.X+r.W-width(t)-1, text.Y+text.H, width(t), t, StyleKey)
	}
	if task.H > 0 {
		g.draw(task, lessonTask(p, task.W, short), 0)
	}
}

// lessonRead is how many lines of a page are scrolled away.
func lessonRead(p *view.LessonPage, l *local) int {
	if l.reads != lessonPlace(p) {
		return 0
	}
	return l.read
}

func lessonPlace(p *view.LessonPage) string { return p.Slug + " " + itoa(p.Part) }

// lessonShows gives the keys to the pane that a new page of a lesson wants to be
// looked at.
func (m *Model) lessonShows() {
	p := m.scene.Lesson
	if p == nil {
		m.local.shows = ""
		return
	}
	place := lessonPlace(p) + " " + p.Show
	if place == m.local.shows {
		return
	}
	m.local.shows = place
	for i, name := range paneNames {
		if q := Pane(i); name == p.Show && (isTab(q) || slices.Contains(focusOrder[:], q)) {
			m.giveKeys(q)
		}
	}
}

// readOn scrolls the page; false if it is at its end already.
func (m *Model) readOn(r Rect, pages int) bool {
	p, l := m.scene.Lesson, &m.local
	text, _, _ := lessonParts(p, r)
	most := max(0, len(lessonText(p, text.W))-text.H)
	now := min(lessonRead(p, l), most)
	next := max(0, min(now+pages*max(1, text.H-1), most))
	l.read, l.reads = next, lessonPlace(p)
	return next != now
}

func keyLesson(m *Model, r Rect, key string) (tea.Cmd, bool) {
	p := m.scene.Lesson
	if p == nil {
		return nil, false
	}
	if len(key) == 1 && key[0] >= '1' && key[0] <= '9' && int(key[0]-'0') <= len(p.Answers) {
		return m.send(view.Command{Verb: view.AnswerN, N: int(key[0] - '0')}), true
	}
	switch key {
	case "enter":
		switch {
		case m.readOn(r, 1):
			return nil, true
		case p.Next || p.Done:
			return m.send(view.Command{Verb: view.NextPart}), true
		}
	case "ctrl+d":
		return nil, m.readOn(r, 1)
	case "ctrl+u":
		return nil, m.readOn(r, -1)
	}
	return nil, false
}

func clickLesson(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	p := m.scene.Lesson
	if p == nil {
		return nil, false
	}
	_, task, short := lessonParts(p, r)
	at := task.Y + len(Wrap(p.Ask, task.W, 0))
	for i := range p.Answers {
		if short && p.Chosen > 0 && p.Chosen != i+1 && !p.Answers[i].Right {
			continue
		}
		n := len(answerLines(&p.Answers[i], i+1, p.Chosen, task.W))
		if y >= at && y < min(at+n, task.Y+task.H) {
			return m.send(view.Command{Verb: view.AnswerN, N: i + 1}), true
		}
		at += n
	}
	return nil, false
}
