package tui

import (
	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// mouse takes a click, a drag or the wheel. Anything else, and whatever lies
// outside of the screen, does nothing.
func (m *Model) mouse(msg tea.MouseMsg) tea.Cmd {
	at := msg.Mouse()
	if m.noMouse || m.w < MinW || m.h < MinH || at.X < 0 || at.Y < 0 || at.X >= m.w || at.Y >= m.h {
		return nil
	}
	if _, typing := prompts[m.local.prompt]; typing {
		if _, click := msg.(tea.MouseClickMsg); click {
			m.local.prompt = DoCommand
		}
		return nil
	}
	switch msg.(type) {
	case tea.MouseWheelMsg:
		return m.wheel(at)
	case tea.MouseMotionMsg:
		if m.local.drag && at.Button == tea.MouseLeft {
			return m.scrub(at.X)
		}
	case tea.MouseReleaseMsg:
		m.local.drag = false
	case tea.MouseClickMsg:
		m.local.drag = false
		switch at.Button {
		case tea.MouseLeft:
			return m.click(at.X, at.Y)
		case tea.MouseRight, tea.MouseBackward:
			return m.send(view.Command{Verb: view.Return})
		}
	}
	return nil
}

// under is the pane at a cell.
func (m *Model) under(x, y int) (Pane, Rect, bool) {
	for i := len(painted) - 1; i >= 0; i-- {
		p := painted[i]
		if r := m.rect(p); x >= r.X && y >= r.Y && x < r.X+r.W && y < r.Y+r.H {
			return p, r, true
		}
	}
	return 0, Rect{}, false
}

// wheel scrolls the pane below; it gets the keys, so that what is scrolled and
// what the keys move are the same.
func (m *Model) wheel(at tea.Mouse) tea.Cmd {
	p, _, ok := m.under(at.X, at.Y)
	by := 0
	switch at.Button {
	case tea.MouseWheelUp:
		by = -1
	case tea.MouseWheelDown:
		by = 1
	}
	if !ok || by == 0 {
		return nil
	}
	switch p {
	case PaneHeader, PaneLine, PaneFooter:
		return nil
	case PaneTimeline:
		v := view.NextPacket
		if by < 0 {
			v = view.PrevPacket
		}
		return m.send(view.Command{Verb: v})
	case PaneMap:
		v := view.Forward
		if by < 0 {
			v = view.Back
		}
		return m.send(view.Command{Verb: v})
	case PaneHelp, PaneGloss, PaneOverview, PaneLesson:
	default:
		if p != m.local.focus {
			m.giveKeys(p)
		}
	}
	if p == m.top() {
		m.scroll(3 * by)
	}
	return nil
}

// click takes a left click.
func (m *Model) click(x, y int) tea.Cmd {
	p, r, ok := m.under(x, y)
	if !ok {
		return nil
	}
	m.scene.Notice = ""
	if p != PaneGloss && m.scene.Gloss != nil && !m.help {
		return m.send(view.Command{Verb: view.Explain}) // beside the pop-up: close it
	}
	switch p {
	case PaneHelp:
		m.help, m.local.scroll = false, 0
		return nil
	case PaneTimeline:
		m.local.drag = true
		return m.scrub(x)
	case PaneFooter:
		if k := footerKeyAt(r, x, &m.scene, &m.local); k != nil {
			return m.act(k)
		}
		return nil
	case PaneHeader, PaneLine:
		return nil
	case PaneOverview, PaneGloss, PaneLesson:
	default:
		if isTab(p) && y == r.Y {
			if n := tabAt(r, x, &m.local); n > 0 {
				return m.openTab(n)
			}
		}
		m.giveKeys(p)
	}
	if panes[p].click != nil {
		cmd, _ := panes[p].click(m, r, x, y)
		return cmd
	}
	return nil
}

// scrub goes to the packet that a cell of the timeline stands for.
func (m *Model) scrub(x int) tea.Cmd {
	n := timelineAt(m.rect(PaneTimeline), x, &m.scene)
	if n == 0 || n == m.scene.Packet {
		return nil
	}
	if m.busy { // only the last place counts
		m.queue = []view.Command{{Verb: view.Seek, N: n}}
		return nil
	}
	return m.send(view.Command{Verb: view.Seek, N: n})
}
