package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// drawState shows the objects that the step is about.
func drawState(g *Grid, r Rect, s *view.Scene, l *local) {
	in := g.Title(r, "state", l.focus == PaneState)
	in.X, in.W = in.X+1, in.W-2
	scroll := 0
	if l.focus == PaneState {
		scroll = l.scroll
	}
	g.more(r, g.draw(in, stateLines(s, in.W, in.H), scroll), l.focus == PaneState)
}

// tabNames are what the tabs are called on the screen.
var tabNames = [len(tabs)]string{"state", "tables", "plots", "time", "family", "breaks", "rules", "script", "tcp", "net"}

// drawTabs writes the tabs over the heading of their slot: with their numbers,
// the one that is shown in brackets. Where there is no room for all, the names
// of the others go.
func drawTabs(g *Grid, r Rect, l *local) {
	for i, at := range tabPlaces(r, l) {
		text, st := tabText(r, i, l), StyleDim
		if tabs[i] == l.slot() {
			st = StyleTitle
			if l.focus == tabs[i] {
				st = StyleFocus
			}
		}
		g.Text(at, r.Y, width(text), text, st)
	}
}

func tabText(r Rect, i int, l *local) string {
	n, name := itoa((i+1)%10), tabNames[i]
	if tabs[i] == PaneFamily && r.W < 92 {
		name = "kin"
	}
	switch {
	case tabs[i] == l.slot():
		if r.W >= 80 && r.W < 92 {
			return "[" + n + " " + name + "] "
		}
		return "[" + n + " " + name + "]"
	case r.W >= 92:
		return " " + n + " " + name + " "
	case r.W >= 80:
		return n + " " + name + " "
	}
	return " " + n + " "
}

// tabPlaces are the columns where the tabs begin.
func tabPlaces(r Rect, l *local) (list [len(tabs)]int) {
	x := r.X + 1
	for i := range tabs {
		list[i] = x
		x += width(tabText(r, i, l))
	}
	return list
}

// tabAt is the tab at a column of the heading, from 1; 0 if there is none.
func tabAt(r Rect, x int, l *local) int {
	for i, at := range tabPlaces(r, l) {
		if x >= at && x < at+width(tabText(r, i, l)) {
			return i + 1
		}
	}
	return 0
}

// stateLines lays the objects out for w by h cells: with what each field means
// if there is room for that.
func stateLines(s *view.Scene, w, h int) (ls []line) {
	if len(s.Panels) == 0 {
		return []line{{{"Nothing to see at this step.", StyleDim}}}
	}
	if ls = glossed(s.Panels, w, 0); len(ls) <= h {
		return glossed(s.Panels, w, h-len(ls))
	}
	ls = nil
	for _, p := range s.Panels {
		ls = append(ls, line{{p.Title, StyleTitle}})
		ls = append(ls, values(p.Values, w)...)
	}
	return ls
}

// glossed has a field on each line, and what it means; on lines of its own where
// that is long, as far as there are spare ones.
func glossed(ps []view.Panel, w, spare int) (ls []line) {
	for _, p := range ps {
		ls = append(ls, line{{p.Title, StyleTitle}})
		for _, v := range p.Values {
			l := value(v)
			if v.What != "" && width(v.What) <= w-valueWidth(v)-2 {
				ls = append(ls, append(l, seg{"  " + v.What, StyleDim}))
				continue
			}
			ls = append(ls, l)
			below := Wrap(v.What, w-2, 0)
			if len(below) > spare {
				continue
			}
			spare -= len(below)
			for _, t := range below {
				ls = append(ls, line{{"  " + t, StyleDim}})
			}
		}
	}
	return ls
}

// clickState goes back to who wrote the value that is clicked.
func clickState(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	s := &m.scene
	ls := stateLines(s, r.W-2, r.H-1)
	scroll := max(0, min(m.local.scroll, len(ls)-(r.H-1)))
	i := scroll + y - r.Y - 1
	if y <= r.Y || i < 0 || i >= len(ls) {
		return nil, false
	}
	at := r.X + 1
	for n, sg := range ls[i] {
		end := at + width(sg.text)
		if n+1 < len(ls[i]) { // a name and its value
			end += width(ls[i][n+1].text)
		}
		name := strings.TrimSpace(sg.text)
		if x >= at && x < end && isValue(s, name) {
			return m.send(view.Command{Verb: view.WhyValue, Expr: name}), true
		}
		at += width(sg.text)
	}
	return nil, false
}

func isValue(s *view.Scene, name string) bool {
	for _, p := range s.Panels {
		for _, v := range p.Values {
			if v.Name == name {
				return true
			}
		}
	}
	return false
}

func value(v view.Value) line {
	if v.To != "" {
		return line{{v.Name + " ", StylePlain}, {v.Value + " → ", StyleDim}, {v.To, StyleNew}}
	}
	return line{{v.Name + " ", StylePlain}, {v.Value, StyleStrong}}
}

// values lays fields out in columns of one width; those that change come first.
func values(vs []view.Value, w int) (ls []line) {
	ordered := make([]view.Value, 0, len(vs))
	for _, v := range vs {
		if v.To != "" {
			ordered = append(ordered, v)
		}
	}
	for _, v := range vs {
		if v.To == "" {
			ordered = append(ordered, v)
		}
	}
	col := 0
	for _, v := range ordered {
		if n := valueWidth(v); n <= w/2 {
			col = max(col, n)
		}
	}
	col = max(col+2, 16)
	per := max(1, w/col)
	var l line
	used, gap := 0, 0
	for _, v := range ordered {
		n := valueWidth(v)
		cells := (n + 2 + col - 1) / col
		if used > 0 && used+cells > per {
			ls, l, used, gap = append(ls, l), nil, 0, 0
		}
		if gap > 0 {
			l = append(l, seg{strings.Repeat(" ", gap), StylePlain})
		}
		l = append(l, value(v)...)
		gap = max(0, cells*col-n)
		used += cells
	}
	if used > 0 {
		ls = append(ls, l)
	}
	return ls
}

func valueWidth(v view.Value) int {
	n := width(v.Name) + 1 + width(v.Value)
	if v.To != "" {
		n += 3 + width(v.To)
	}
	return n
}
