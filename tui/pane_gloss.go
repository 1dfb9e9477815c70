package tui

import (
	"slices"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// terms are what can be looked up next: what the explained term refers to, then
// the terms of this Scene, then all others; with something typed, those that hold it, those that
// begin with it first.
func terms(s *view.Scene, typed string) []string {
	var all []string
	add := func(list []string) {
		for _, t := range list {
			if !slices.Contains(all, t) && (s.Gloss == nil || t != s.Gloss.Term) {
				all = append(all, t)
			}
		}
	}
	if s.Gloss != nil {
		add(s.Gloss.See)
	}
	add(s.Terms)
	if s.Gloss != nil {
		add(s.Gloss.All)
	}
	if typed == "" {
		return all
	}
	typed = strings.ToLower(typed)
	var begin, hold []string
	for _, t := range all {
		switch low := strings.ToLower(t); {
		case strings.HasPrefix(low, typed):
			begin = append(begin, t)
		case strings.Contains(low, typed):
			hold = append(hold, t)
		}
	}
	return append(begin, hold...)
}

// inFrame is what a frame around r leaves.
func inFrame(r Rect) Rect { return Rect{r.X + 1, r.Y + 1, r.W - 2, r.H - 2} }

// glossParts divides the popup within its frame: a heading, the words, the list
// of terms beside or below them, and a line on the keys.
func glossParts(r Rect) (words, list Rect) {
	in := Rect{r.X + 1, r.Y + 2, r.W - 2, r.H - 3}
	if in.W >= 56 {
		side := min(26, in.W*2/5)
		return Rect{in.X, in.Y, in.W - side - 3, in.H}, Rect{in.X + in.W - side, in.Y, side, in.H}
	}
	below := max(3, in.H/3)
	return Rect{in.X, in.Y, in.W, in.H - below}, Rect{in.X, in.Y + in.H - below, in.W, below}
}

func glossLines(s *view.Scene, w int) (ls []line) {
	if s.Gloss == nil {
		return []line{{{"Choose a term, or type one.", StyleDim}}}
	}
	ls = append(ls, para(s.Gloss.Words, w, 0, StyleStrong)...)
	if s.Gloss.More != "" {
		ls = append(append(ls, nil), para(s.Gloss.More, w, 0, StylePlain)...)
	}
	if s.Gloss.From != "" {
		ls = append(append(ls, nil), para("from: "+s.Gloss.From, w, 2, StyleDim)...)
	}
	return ls
}

// linesGloss is how far the words can be scrolled.
func linesGloss(s *view.Scene, l *local, w, h int) int {
	words, _ := glossParts(inFrame(Rect{0, 0, w, h + 1}))
	return len(glossLines(s, words.W)) + h - words.H
}

func drawGloss(g *Grid, r Rect, s *view.Scene, l *local) {
	title := "glossary"
	if s.Gloss != nil {
		title = s.Gloss.Term
	}
	g.Title(r, title, true)
	words, list := glossParts(r)
	foot := "enter explain   type to find   esc close"
	if hidden := g.draw(words, glossLines(s, words.W), l.scroll); hidden > 0 {
		foot = itoa(hidden) + " more: ctrl+d   " + foot
	}
	g.Text(r.X+1, r.Y+r.H-1, r.W-2, foot, StyleDim)
	head := "terms, this place's first"
	if l.term != "" {
		head = "find: " + view.Clean(l.term) + "_"
	}
	g.Text(list.X, list.Y, list.W, head, StyleTitle)
	list.Y, list.H = list.Y+1, list.H-1
	found := terms(s, l.term)
	here := min(l.sel[PaneGloss], len(found)-1)
	for i, from := 0, firstOf(here, list.H, len(found)); i < list.H && from+i < len(found); i++ {
		sign, st := "  ", StylePlain
		if from+i == here {
			sign, st = "▶ ", StyleHere
		}
		x := list.X + g.Text(list.X, list.Y+i, 2, sign, StyleToken)
		g.Text(x, list.Y+i, list.W-2, found[from+i], st)
	}
	if len(found) == 0 {
		text := "no other term here"
		if l.term != "" {
			text = "none here; enter asks for it"
		}
		g.Text(list.X, list.Y, list.W, text, StyleDim)
	}
}

// ask asks for a term.
func (m *Model) ask(term string) tea.Cmd {
	m.local.term, m.local.sel[PaneGloss], m.local.scroll = "", 0, 0
	return m.send(view.Command{Verb: view.Explain, Expr: term})
}

func keyGloss(m *Model, r Rect, key string) (tea.Cmd, bool) {
	l := &m.local
	found := terms(&m.scene, l.term)
	switch key {
	case "up", "down", "home", "end":
		return nil, m.chooseLine(PaneGloss, key, len(found))
	case "enter":
		switch i := min(l.sel[PaneGloss], len(found)-1); {
		case i >= 0:
			return m.ask(found[i]), true
		case l.term != "":
			return m.ask(l.term), true
		}
		return nil, true
	case "esc":
		if l.term == "" {
			l.sel[PaneGloss], l.scroll = 0, 0
			return m.send(view.Command{Verb: view.Explain}), true
		}
		l.term, l.sel[PaneGloss] = "", 0
		return nil, true
	case "backspace":
		if rs := []rune(l.term); len(rs) > 0 {
			l.term, l.sel[PaneGloss] = string(rs[:len(rs)-1]), 0
		}
		return nil, true
	case "space":
		key = " "
	}
	if utf8.RuneCountInString(key) != 1 || key == "?" {
		return nil, false
	}
	if len(l.term) < 60 {
		l.term, l.sel[PaneGloss] = l.term+key, 0
	}
	return nil, true
}

func clickGloss(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	_, list := glossParts(inFrame(r))
	found := terms(&m.scene, m.local.term)
	here := min(m.local.sel[PaneGloss], len(found)-1)
	i := y - list.Y - 1 + firstOf(here, list.H-1, len(found))
	if x < list.X || x >= list.X+list.W || y <= list.Y || y >= list.Y+list.H || i < 0 || i >= len(found) {
		return nil, true // a click beside it does not reach what is below
	}
	return m.ask(found[i]), true
}
