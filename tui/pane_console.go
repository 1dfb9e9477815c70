package tui

import (
	"fmt"
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// consoleRect is where the console is: the lower part of the screen.
func consoleRect(w, h int) Rect {
	n := max(10, (h-2)*3/5)
	return Rect{0, h - 1 - n, w, n}
}

// drawConsole is what the machine was asked, and what it answered; the last
// answer at the bottom.
func drawConsole(g *Grid, r Rect, s *view.Scene, l *local) {
	in := g.Title(r, "console of "+s.Console.Host+", at this step", true)
	in.X, in.W = in.X+1, in.W-2
	in.H--
	ls := consoleLines(s, in.W)
	from := max(0, len(ls)-in.H)
	from = max(0, min(from, from-l.scroll))
	g.draw(in, ls, from)
	if from > 0 {
		text := " " + itoa(from) + " above: K "
		g.Text(r.X+r.W-width(text)-1, r.Y, width(text), text, StyleDim)
	}
	x, y := in.X, in.Y+in.H
	whatIf := slices.ContainsFunc(s.Console.Entries, func(e view.ConsoleEntry) bool { return e.WhatIf })
	for _, k := range [...][2]string{{":", "another command"}, {"J K", "scroll"}, {"esc", "puts it away"}, {"enter", "side by side"}} {
		if k[0] == "enter" && !whatIf {
			continue
		}
		x += g.Text(x, y, in.W, k[0], StyleKey) + 1
		x += g.Text(x, y, in.W, k[1], StyleDim) + 3
	}
}

func consoleLines(s *view.Scene, w int) (ls []line) {
	for i := range s.Console.Entries {
		e := &s.Console.Entries[i]
		if i > 0 {
			ls = append(ls, nil)
		}
		prompt := "# "
		if e.Host != "" {
			prompt = e.Host + "# "
		}
		ls = append(ls, line{{prompt, StyleTitle}, {e.Line, StyleStrong}, {"   " + e.Place, StyleDim}})
		for _, t := range e.Out {
			st := StylePlain
			if e.WhatIf {
				ls = append(ls, para(t, w, 2, StyleNew)...)
				continue
			}
			ls = append(ls, line{{t, st}})
		}
		for _, t := range e.Err {
			ls = append(ls, line{{t, StyleWarn}})
		}
		if e.More > 0 {
			ls = append(ls, line{{fmt.Sprintf("… and %d more lines", e.More), StyleDim}})
		}
		if e.Status != 0 {
			ls = append(ls, line{{fmt.Sprintf("exit status %d", e.Status), StyleWarn}})
		}
	}
	if len(s.Console.Entries) == 0 {
		ls = append(ls, para("Nothing was asked yet. : and a command of the machine asks it at this step: ip route get 10.0.0.1, ss -tan, nft list ruleset, cat /proc/net/snmp. A command that changes something runs in a second walk, and both are compared.", w, 0, StyleDim)...)
	}
	return ls
}

func consoleHeight(s *view.Scene, l *local, w, h int) int {
	if s.Console == nil {
		return 0
	}
	return len(consoleLines(s, w-2)) + 1
}

// keyConsole takes a key while the console is open.
func keyConsole(m *Model, r Rect, key string) (tea.Cmd, bool) {
	switch key {
	case "esc":
		return m.send(view.Command{Verb: view.Ask}), true
	case "K", "pgup", "ctrl+u":
		m.scroll(1)
		return nil, true
	case "J", "pgdown", "ctrl+d":
		m.scroll(-1)
		return nil, true
	case "enter":
		return m.openWhatIf(), true
	}
	return nil, false
}

// openWhatIf shows the what-if that was made last, side by side.
func (m *Model) openWhatIf() tea.Cmd {
	w := m.s.LastWhatIf()
	if w == nil {
		m.scene.Notice = "no command has changed anything yet"
		return nil
	}
	c := newCompare(w.Pair(), m.look, m.dark, m.noMouse, m.grid.ASCII)
	c.w, c.h, c.back = m.w, m.h, true
	c.effects = true
	c.fit()
	m.sub = &c
	return nil
}

// inSub hands a message to the comparison that is shown; false: there is none.
func (m *Model) inSub(msg tea.Msg) (tea.Cmd, bool) {
	if m.sub == nil {
		return nil, false
	}
	switch msg := msg.(type) {
	case tea.KeyPressMsg:
		if k := msg.String(); k == "ctrl+c" {
			return tea.Quit, true
		} else if (k == "q" || k == "esc") && !(m.sub.inner && k == "esc") {
			m.sub = nil
			return m.send(view.Command{}), true
		}
	case tea.WindowSizeMsg:
		m.w, m.h = max(0, msg.Width), max(0, msg.Height)
	case tea.MouseMsg, pairMsg, stopMsg:
	default:
		return nil, false
	}
	next, cmd := m.sub.Update(msg)
	c := next.(CompareModel)
	m.sub = &c
	return cmd, true
}
