package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// drawCalls is the tree of calls around the place: what has run, where the
// reader is, what comes.
func drawCalls(g *Grid, r Rect, s *view.Scene, l *local) {
	in := g.Title(r, "calls of the kernel", l.focus == PaneCalls)
	from, here := callsFrom(s, in.H, l)
	base := 255
	rows := s.Tree[from:min(len(s.Tree), from+in.H)]
	for _, t := range rows {
		base = min(base, t.Depth)
	}
	if len(s.Tree) == 0 {
		g.Text(in.X+1, in.Y, in.W-2, "No function of the kernel runs here.", StyleDim)
	}
	for i, t := range rows {
		drawCall(g, Rect{in.X, in.Y + i, in.W, 1}, &t, base, from+i > here)
	}
}

// callsFrom is the first row of the tree that is shown.
func callsFrom(s *view.Scene, h int, l *local) (from, here int) {
	for i := range s.Tree {
		if s.Tree[i].Here {
			here = i
		}
	}
	from = max(0, min(here-h*3/5, len(s.Tree)-h))
	if l.focus == PaneCalls {
		from = max(0, min(from+l.scroll, len(s.Tree)-h))
	}
	return from, here
}

// clickCalls goes to the call that is clicked.
func clickCalls(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	from, here := callsFrom(&m.scene, r.H-1, &m.local)
	i := from + y - r.Y - 1
	if y <= r.Y || i < 0 || i >= len(m.scene.Tree) || i == here {
		return nil, false
	}
	if i > here {
		return m.send(view.Command{Verb: view.Forward, N: m.scene.Tree[i].N - m.scene.Step}), true
	}
	return m.send(view.Command{Verb: view.Back, N: m.scene.Step - m.scene.Tree[i].N}), true
}

func drawCall(g *Grid, r Rect, t *view.Row, base int, later bool) {
	st := StyleFunc
	switch {
	case t.Drop:
		st = StyleDrop
	case t.Here:
		st = StyleHere
	case later:
		st = StyleDim
	case t.Kind != "call":
		st = StylePlain
	}
	sign := "  "
	if t.Here {
		sign = "▶ "
	}
	g.Text(r.X, r.Y, 2, sign, StyleToken)
	g.Text(r.X+2, r.Y, 4, fmt.Sprintf("%3d", t.N), StyleDim)
	room := r.W - 6
	if t.Who != "" && r.W >= 50 {
		who := strings.TrimSuffix(t.Who, " (made by the model)")
		g.Text(r.X+r.W-width(who)-1, r.Y, width(who), who, StyleDim)
		room -= width(who) + 2
	}
	in := min(2*(t.Depth-base), max(0, room/2))
	if t.Drop { // to be read, wherever it is
		in = max(0, min(in, room-width(t.Text)))
	}
	g.Text(r.X+6+in, r.Y, room-in, t.Text, st)
}

// goStep goes to step n of the story.
func (m *Model) goStep(n int) tea.Cmd {
	if d := n - m.scene.Step; d < 0 {
		return m.send(view.Command{Verb: view.Back, N: -d})
	} else if d > 0 {
		return m.send(view.Command{Verb: view.Forward, N: d})
	}
	return nil
}
