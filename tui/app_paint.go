package tui

import (
	tea "charm.land/bubbletea/v2"
	"github.com/packetwalk/packetwalk/stack/view"
)

// rect is where a pane is now; empty if it is not shown.
func (m *Model) rect(p Pane) Rect {
	whole := Rect{0, 1, m.w, m.h - 1}
	body := Rect{0, 1, m.w, m.h - 2}
	switch {
	case m.w < MinW || m.h < MinH:
		return Rect{}
	case m.help:
		if p == PaneHelp {
			return whole
		}
		return Rect{}
	case p == PaneHelp:
		return Rect{}
	case p == PaneConsole:
		if m.scene.Console == nil || m.scene.Screen == view.ScreenOverview {
			return Rect{}
		}
		return consoleRect(m.w, m.h)
	case p == PaneGloss:
		if m.scene.Gloss == nil {
			return Rect{}
		}
		return popup(m.w, m.h)
	case m.scene.Screen == view.ScreenOverview:
		switch p {
		case PaneOverview:
			return body
		case PaneHeader:
			return Rect{0, 0, m.w, 1}
		case PaneFooter:
			return Rect{0, m.h - 1, m.w, 1}
		}
		return Rect{}
	}
	l := m.layout()
	if m.local.zoom {
		switch p {
		case PaneHeader, PaneLine, PaneTimeline, PaneFooter:
			return l[p]
		case m.local.focus:
			return Rect{0, headRows, m.w, m.h - headRows - 1}
		}
		return Rect{}
	}
	if isTab(p) {
		if p != m.local.slot() {
			return Rect{}
		}
		p = PaneState
	}
	return l[p]
}

// popup is where a term is explained.
func popup(w, h int) Rect {
	pw, ph := min(76, w-6), min(16, h-6)
	return Rect{(w - pw) / 2, (h - ph) / 2, pw, ph}
}

func (m *Model) layout() map[Pane]Rect {
	return arrange(m.w, m.h, m.detail, m.scene.Lesson != nil)
}

// top is the pane that keys go to.
func (m *Model) top() Pane {
	switch {
	case m.help:
		return PaneHelp
	case m.scene.Gloss != nil:
		return PaneGloss
	case m.scene.Console != nil && m.scene.Screen != view.ScreenOverview:
		return PaneConsole
	case m.scene.Screen == view.ScreenOverview:
		return PaneOverview
	}
	return m.local.focus
}

// View draws the screen.
func (m Model) View() tea.View {
	if !m.kept || m.grid.W != m.w || m.grid.H != m.h {
		m.paint()
	}
	v := tea.NewView(" ")
	if m.painter != nil {
		m.painter.show(m.grid, m.theme)
	} else {
		v.SetContent(m.grid.String(m.theme))
	}
	v.AltScreen = true
	v.WindowTitle = "packetwalk " + title(&m.scene)
	if !m.noMouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// order of painting: what covers comes last.
var painted = [...]Pane{PaneHeader, PaneLine, PaneTimeline, PaneMap, PaneCalls, PaneWhy, PaneBytes, PaneList, PaneState, PaneTables, PanePlots, PaneTimes, PaneFamily,
	PaneBreaks, PaneRules, PaneScript, PaneTCP, PaneNet, PaneOverview, PaneLesson, PaneFooter, PaneConsole, PaneHelp, PaneGloss}

// paint draws every pane into the grid.
func (m *Model) paint() {
	if m.sub != nil {
		m.sub.grid, m.sub.w, m.sub.h = m.grid, m.w, m.h
		m.sub.paint()
		return
	}
	g := m.grid
	g.Reset(m.w, m.h)
	if m.w < MinW || m.h < MinH {
		drawSmall(g)
		return
	}
	if m.help {
		drawHeader(g, Rect{0, 0, m.w, 1}, &m.scene, &m.local)
	}
	for _, p := range painted {
		r := m.rect(p)
		if r.Empty() {
			continue
		}
		if p == PaneConsole {
			for y := r.Y; y < r.Y+r.H; y++ {
				for x := r.X; x < r.X+r.W; x++ {
					g.Set(x, y, ' ', StylePlain)
				}
			}
		}
		if p == PaneGloss {
			if !m.help && m.scene.Screen != view.ScreenOverview && !m.local.zoom {
				separators(g, m.layout())
			}
			g.box(r)
			r = Rect{r.X + 1, r.Y + 1, r.W - 2, r.H - 2}
		}
		g.clip = r
		panes[p].draw(g, r, &m.scene, &m.local)
		if isTab(p) {
			drawTabs(g, r, &m.local)
		}
		g.clip = Rect{0, 0, m.w, m.h}
	}
	if !m.help && m.scene.Gloss == nil && m.scene.Console == nil && m.scene.Screen != view.ScreenOverview && !m.local.zoom {
		separators(g, m.layout())
	}
	if _, typing := prompts[m.local.prompt]; typing {
		drawOffers(g, m.w, m.h, m.local.prompt, m.offers(m.local.prompt), m.local.input)
	}
}

// box empties a rectangle and draws a frame around it.
func (g *Grid) box(r Rect) {
	for y := r.Y; y < r.Y+r.H; y++ {
		for x := r.X; x < r.X+r.W; x++ {
			g.Set(x, y, ' ', StylePlain)
		}
	}
	g.frame(r, "┌─┐│└┘", StyleFocus)
}

// frame draws a frame: corner, line, corner, side, corner, corner.
func (g *Grid) frame(r Rect, signs string, st Style) {
	s := []rune(signs)
	x1, y1 := r.X+r.W-1, r.Y+r.H-1
	for x := r.X + 1; x < x1; x++ {
		g.Set(x, r.Y, s[1], st)
		g.Set(x, y1, s[1], st)
	}
	for y := r.Y + 1; y < y1; y++ {
		g.Set(r.X, y, s[3], st)
		g.Set(x1, y, s[3], st)
	}
	g.Set(r.X, r.Y, s[0], st)
	g.Set(x1, r.Y, s[2], st)
	g.Set(r.X, y1, s[4], st)
	g.Set(x1, y1, s[5], st)
}

// separators draws the lines between columns.
func separators(g *Grid, l map[Pane]Rect) {
	for p := range numPanes {
		r, ok := l[p]
		if !ok || r.X == 0 || r.Y < headRows || p == PaneFooter {
			continue
		}
		for y := r.Y; y < r.Y+r.H; y++ {
			rule := func(x int) bool { c := g.At(x, y); return c == '─' || c == '═' }
			sign := '│'
			switch left, right := rule(r.X-2), y == r.Y; {
			case left && right && y == headRows:
				sign = '┬'
			case left && right:
				sign = '┼'
			case left:
				sign = '┤'
			case right:
				sign = '├'
			}
			g.Set(r.X-1, y, sign, StyleRule)
		}
	}
}
