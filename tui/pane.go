package tui

import (
	"unicode/utf8"

	"github.com/packetwalk/packetwalk/stack/view"
)

// A local is what a pane knows besides the Scene: what the reader did to the
// screen itself.
type local struct {
	focus   Pane
	scroll  int // lines
	token   token
	playing bool
	speed   int // index of speeds
	prompt  Action
	input   string
	busy    bool
}

// A seg is a piece of a line in one style.
type seg struct {
	text  string
	style Style
}

type line []seg

func width(s string) int { return utf8.RuneCountInString(s) }

// para turns a sentence into lines.
func para(s string, w, indent int, st Style) []line {
	var ls []line
	for _, l := range Wrap(s, w, indent) {
		ls = append(ls, line{{l, st}})
	}
	return ls
}

// draw writes lines from the scrolled one on, and says how many are hidden
// below.
func (g *Grid) draw(r Rect, ls []line, scroll int) (hidden int) {
	scroll = max(0, min(scroll, len(ls)-r.H))
	for i := 0; i < r.H && scroll+i < len(ls); i++ {
		x := r.X
		for _, s := range ls[scroll+i] {
			x += g.Text(x, r.Y+i, r.X+r.W-x, s.text, s.style)
		}
	}
	return max(0, len(ls)-scroll-r.H)
}

// more tells in the heading how many lines are hidden below.
// The key that shows them is J where the keys go, else tab.
func (g *Grid) more(r Rect, hidden int, focus bool) {
	if hidden > 0 {
		key := "tab"
		if focus {
			key = "J"
		}
		s := " " + itoa(hidden) + " more: " + key + " "
		g.Text(r.X+r.W-width(s)-1, r.Y, width(s), s, StyleDim)
	}
}

// panes draw themselves.
var panes = [numPanes]func(g *Grid, r Rect, s *view.Scene, l *local){
	PaneHeader: drawHeader, PaneLine: drawLine, PaneMap: drawMap, PaneCalls: drawCalls, PaneWhy: drawWhy, PaneState: drawState,
	PaneBytes: drawBytes, PaneList: drawList, PaneFooter: drawFooter,
}

// scrollRange is how far the pane that has the keys can be scrolled; lists are
// scrolled from the place on, up and down.
func (m *Model) scrollRange() (least, most int) {
	r, s := Layout(m.w, m.h, m.detail)[m.local.focus], &m.scene
	switch m.local.focus {
	case PaneWhy:
		most = len(whyLines(s, r.W-2)) - r.H + 1
	case PaneState:
		most = len(stateLines(s, r.W-2, r.H-1)) - r.H + 1
	case PaneBytes:
		rows := (len(s.Bytes) + 15) / 16
		least, most = -rows, rows-r.H+1
	case PaneList:
		least, most = -len(s.List), len(s.List)
	case PaneCalls:
		least, most = -len(s.Tree), len(s.Tree)
	}
	return least, max(most, 0)
}
