package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

func breakLine(b *view.Break, w int, chosen bool) line {
	sign, st := "  ", StylePlain
	if chosen {
		sign = "▶ "
	}
	hits := "not hit yet"
	if b.Hits > 0 {
		hits = "hit " + itoa(b.Hits) + " times"
		if b.Hits == 1 {
			hits = "hit once"
		}
	}
	switch {
	case b.Here && b.Hits > 0:
		st, hits = StyleHere, hits+", STOPPED HERE"
	case b.Here:
		st, hits = StyleHere, "HERE"
	}
	name := w - 8 - width(hits)
	return line{{sign, StyleToken}, {padLeft(itoa(b.N), 2) + " ", StyleDim}, {padRight(cut(b.Expr, name), name), st}, {"  " + hits, StyleDim}}
}

func drawBreaks(g *Grid, r Rect, s *view.Scene, l *local) {
	focus := l.focus == PaneBreaks
	in := g.Title(r, "breakpoints", focus)
	in.X, in.W = in.X+1, in.W-2
	if len(s.Breaks) == 0 {
		g.Para(in, in.Y, "None. A breakpoint stops a run: at a function (tcp_v4_rcv), at a drop, at a state, where a field changes, where an expression holds.", 0, StyleDim)
		return
	}
	here := min(l.sel[PaneBreaks], len(s.Breaks)-1)
	var ls []line
	for i := range s.Breaks {
		ls = append(ls, breakLine(&s.Breaks[i], in.W, focus && i == here))
	}
	if focus && len(ls)+2 <= in.H {
		ls = append(ls, nil, line{{"  d ", StyleKey}, {"deletes it, ", StyleDim}, {"enter ", StyleKey}, {"runs on to the next one", StyleDim}})
	}
	g.more(r, g.draw(in, ls, firstOf(here, in.H, len(ls))), focus)
}

func keyBreaks(m *Model, r Rect, key string) (tea.Cmd, bool) {
	n := len(m.scene.Breaks)
	if n == 0 {
		return nil, false
	}
	switch key {
	case "up", "down", "home", "end":
		return nil, m.chooseLine(PaneBreaks, key, n)
	case "d", "delete", "x":
		i := min(m.local.sel[PaneBreaks], n-1)
		return m.send(view.Command{Verb: view.SetBreak, Expr: m.scene.Breaks[i].Expr}), true
	case "enter":
		return m.send(view.Command{Verb: view.Run}), true
	}
	return nil, false
}

func clickBreaks(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	n := len(m.scene.Breaks)
	i := y - r.Y - 1 + firstOf(min(m.local.sel[PaneBreaks], n-1), r.H-1, n)
	if y <= r.Y || i < 0 || i >= n {
		return nil, false
	}
	m.local.sel[PaneBreaks] = i
	return nil, true
}
