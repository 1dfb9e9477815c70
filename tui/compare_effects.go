package tui

import (
	"fmt"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// effectStyles are how the kinds of effects look.
var effectStyles = map[string]Style{"lost": StyleDrop, "saved": StyleGood, "new": StyleNew, "gone": StyleWarn, "other bytes": StyleNew, "other way": StyleNew, "ends otherwise": StyleWarn, "other steps": StyleDim}

// effectSigns tell the kinds where there are no colours.
var effectSigns = map[string]string{"lost": "✗", "saved": "✓", "new": "+", "gone": "-", "other bytes": "≠", "other way": "≠", "ends otherwise": "≠", "other steps": "~"}

// paintEffects lists all that follows from a what-if.
func (m *CompareModel) paintEffects() {
	g, w := m.grid, m.what()
	g.Fill(Rect{0, 0, m.w, 1}, StyleBar)
	g.Text(0, 0, m.w, " packetwalk  what if  "+m.scene.A.Title, StyleBar)
	y := 1
	for _, l := range w.Summary() {
		y = g.Para(Rect{1, y, m.w - 2, m.h - y}, y, l, 2, StyleStrong)
	}
	for i, l := range append(append([]string{}, w.Out...), w.Err...) {
		if i >= 4 {
			break
		}
		g.Text(3, y, m.w-4, l, StyleDim)
		y++
	}
	for x := range m.w {
		g.Set(x, y, '─', StyleRule)
	}
	g.Text(2, y, m.w, " what follows, in order ", StyleTitle)
	y++
	rows := m.h - y - 1
	counts := 0
	if len(w.Counts) > 0 {
		counts = min(len(w.Counts)+1, max(rows/3, rows-len(w.Effects)))
	}
	m.list = Rect{0, y, m.w, max(1, rows-counts)}
	from := firstOf(m.effect, m.list.H, len(w.Effects))
	for i := 0; i < m.list.H && from+i < len(w.Effects); i++ {
		m.paintEffect(Rect{0, y + i, m.w, 1}, &w.Effects[from+i], from+i == m.effect)
	}
	if len(w.Effects) == 0 {
		g.Text(3, y, m.w-4, "Nothing: both go on alike.", StyleGood)
	}
	y += m.list.H
	if counts > 0 {
		for x := range m.w {
			g.Set(x, y, '─', StyleRule)
		}
		head := " counters at the end: as it is → with the command "
		if n := len(w.Counts) - (counts-1)*m.countColumns(); n > 0 {
			head += fmt.Sprintf("(%d more) ", n)
		}
		g.Text(2, y, m.w, head, StyleTitle)
		m.paintCounts(Rect{1, y + 1, m.w - 2, counts - 1})
	}
	x := 1
	for _, k := range [...][2]string{{"↑ ↓", "choose"}, {"enter", "step by step"}, {"q", "back to the walk"}} {
		x += g.Text(x, m.h-1, m.w-x, k[0], StyleKey) + 1
		x += g.Text(x, m.h-1, m.w-x, k[1], StyleDim) + 3
	}
}

func (m *CompareModel) countColumns() int { return max(1, (m.w-2)/52) }

func (m *CompareModel) paintCounts(r Rect) {
	n := m.countColumns()
	cw := r.W / n
	for i, d := range m.what().Counts {
		x, y := r.X+i%n*cw, r.Y+i/n
		if y >= r.Y+r.H {
			return
		}
		m.grid.draw(Rect{x, y, cw - 1, 1}, []line{{{d.Name + " ", StylePlain}, {d.From + " → ", StyleDim}, {d.To, StyleNew}}}, 0)
	}
}

func (m *CompareModel) paintEffect(r Rect, e *view.Effect, here bool) {
	g := m.grid
	sign, st := "  ", StylePlain
	if here {
		sign, st = "▶ ", StyleHere
	}
	x := r.X + g.Text(r.X, r.Y, 2, sign, StyleToken)
	x += g.Text(x, r.Y, 17, padRight(effectSigns[e.Kind]+" "+e.Kind, 17), effectStyles[e.Kind])
	n := e.A
	if n == 0 {
		n = e.B
	}
	x += g.Text(x, r.Y, 6, padLeft(itoa(n), 5)+" ", StyleDim)
	room := r.X + r.W - x - 1
	text := min(width(e.Text), room/2)
	if e.Text == "does not happen any more" {
		text = 0
	}
	g.Text(x, r.Y, room-text-1, fitting(e.Line, room-text-1), st)
	if text > 0 {
		g.Text(r.X+r.W-text-1, r.Y, text, cut(e.Text, text), StyleTitle)
	}
}

// choose chooses an effect.
func (m *CompareModel) choose(i int) {
	m.effect = max(0, min(i, len(m.what().Effects)-1))
}

// effectKey takes a key of the list of effects, or the one that shows it.
func (m *CompareModel) effectKey(name string) (tea.Cmd, bool) {
	if m.what() == nil {
		return nil, false
	}
	if !m.effects {
		if name == "e" || name == "esc" && m.inner {
			m.effects, m.inner = true, false
			return nil, true
		}
		return nil, false
	}
	page := max(1, m.list.H-1)
	switch name {
	case "down", "j":
		m.choose(m.effect + 1)
	case "up", "k":
		m.choose(m.effect - 1)
	case "pgdown", "space", "ctrl+d":
		m.choose(m.effect + page)
	case "pgup", "ctrl+u":
		m.choose(m.effect - page)
	case "home", "g":
		m.choose(0)
	case "end", "G":
		m.choose(len(m.what().Effects) - 1)
	case "enter", "right", "l", "e":
		if len(m.what().Effects) == 0 {
			return nil, true
		}
		m.effects, m.inner, m.busy = false, true, true
		p, i := m.p, m.effect
		return func() tea.Msg {
			p.ToEffect(i)
			return pairMsg{p.Scene()}
		}, true
	default:
		return nil, false
	}
	return nil, true
}

// what is the what-if that is shown, nil if it is none.
func (m *CompareModel) what() *view.WhatIf {
	if m.p == nil {
		return nil
	}
	return m.p.What
}
