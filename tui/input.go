package tui

import (
	"slices"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// key takes a key: for what is typed, for the help, for the pane that has the
// keys, then for the table.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	name := msg.String()
	if name == "ctrl+c" {
		return tea.Quit
	}
	if _, typing := prompts[m.local.prompt]; typing {
		return m.typed(name, msg.Text)
	}
	k := m.local.keymap().lookup(name)
	m.local.knows = m.local.over != ""
	if m.help {
		return m.helpKey(k)
	}
	if p := m.top(); panes[p].key != nil && !m.rect(p).Empty() {
		if cmd, took := panes[p].key(m, m.rect(p), name); took {
			m.scene.Notice = ""
			return cmd
		}
	}
	if m.scene.Lesson != nil && panes[PaneLesson].key != nil && !m.rect(PaneLesson).Empty() {
		if cmd, took := panes[PaneLesson].key(m, m.rect(PaneLesson), name); took {
			m.scene.Notice = ""
			return cmd
		}
	}
	if k == nil {
		return nil
	}
	m.scene.Notice = ""
	return m.act(k)
}

// helpKey takes a key while the help is shown.
func (m *Model) helpKey(k *Key) tea.Cmd {
	if k == nil {
		return nil
	}
	switch {
	case k.Action == ScrollDown || k.Cmd.Verb == view.Forward:
		m.scroll(1)
	case k.Action == ScrollUp || k.Cmd.Verb == view.Back:
		m.scroll(-1)
	case k.Action == PageDown || k.Cmd.Verb == view.NextPacket:
		m.scroll(max(1, m.h/2))
	case k.Action == PageUp || k.Cmd.Verb == view.PrevPacket:
		m.scroll(-max(1, m.h/2))
	case k.Action == Quit:
		return tea.Quit
	case k.Action == Suspend:
		return suspend
	default:
		m.help, m.local.scroll = false, 0
	}
	return nil
}

// scroll scrolls the pane that has the keys.
func (m *Model) scroll(by int) {
	least, most := m.scrollRange()
	m.local.scroll = max(least, min(m.local.scroll+by, most))
}

func (m *Model) act(k *Key) tea.Cmd {
	switch k.Action {
	case DoCommand:
		return m.send(k.Cmd)
	case PlayPause:
		return m.play(!m.local.playing)
	case Faster:
		m.local.speed = min(m.local.speed+1, len(speeds)-1)
		return m.play(m.local.playing)
	case Slower:
		m.local.speed = max(m.local.speed-1, 0)
		return m.play(m.local.playing)
	case Focus:
		m.nextFocus(1)
	case FocusBack:
		m.nextFocus(-1)
	case ShowTab:
		return m.openTab(k.Cmd.N)
	case Zoom:
		if m.scene.Screen != view.ScreenOverview {
			m.local.zoom = !m.local.zoom
			m.local.scroll = 0
		}
	case NextGrain:
		return m.send(view.Command{Verb: view.Grain, Expr: after(m.scene.Grain, "function", "field", "hook")})
	case NextFollow:
		return m.send(view.Command{Verb: view.Follow, Expr: after(m.scene.Follow, "packet", "family", "flow", "all")})
	case Tenth:
		return m.send(view.Command{Verb: view.Seek, N: m.tenth(k.Cmd.N)})
	case ScrollDown:
		m.scrollOrStage(1)
	case ScrollUp:
		m.scrollOrStage(-1)
	case PageDown:
		m.scroll(max(1, m.rect(m.top()).H/2))
	case PageUp:
		m.scroll(-max(1, m.rect(m.top()).H/2))
	case ToggleHelp:
		m.help, m.local.scroll = true, 0
		return m.play(false)
	case ToggleMouse:
		m.noMouse, m.local.drag = !m.noMouse, false
		m.scene.Notice = "mouse on"
		if m.noMouse {
			m.scene.Notice = "mouse off: the terminal selects text; " + m.local.keymap().keyOf("mouse") + " turns it on"
		}
	case ToggleTheme:
		m.dark = !m.dark
		m.look.Theme = ""
		m.theme = m.look.theme(m.dark)
	case ClearAll:
		return m.escape()
	case Redraw:
		return tea.ClearScreen
	case Suspend:
		return suspend
	case Quit:
		return tea.Quit
	default: // a prompt
		m.local.prompt, m.local.input = k.Action, ""
		if more := m.offers(k.Action); len(more) > 0 && (k.Action == PromptBreak || k.Action == PromptGloss) {
			m.local.input = more[0]
		}
		return m.play(false)
	}
	return nil
}

// after is the word behind now, the first when now is the last or none of them.
func after(now string, list ...string) string {
	return list[(slices.Index(list, now)+1)%len(list)]
}

// escape closes what is open, ends what is under way, and else goes up to the
// overview.
func (m *Model) escape() tea.Cmd {
	switch {
	case m.local.busy > 0 && m.cancel != nil:
		m.queue = nil
		m.cancel()
		return nil
	case m.busy || len(m.queue) > 0:
		m.queue = nil
		return m.play(false)
	case m.local.playing:
		return m.play(false)
	case m.scene.Gloss != nil:
		return m.send(view.Command{Verb: view.Explain})
	case m.local.zoom:
		m.local.zoom, m.local.scroll = false, 0
	case m.scene.Lesson != nil:
		return m.send(view.Command{Verb: view.StartLesson})
	case m.scene.Screen == view.ScreenWalk && m.scene.Packet > 0:
		return m.send(view.Command{Verb: view.ShowOverview})
	}
	return nil
}

// tenth is the packet n tenths of the capture away.
func (m *Model) tenth(n int) int {
	s := &m.scene
	return max(1, min(s.Packet+n*max(1, s.Packets/10), max(1, s.Packets)))
}

// showTab shows a tab of the state, from 1, and gives it the keys.
func (m *Model) showTab(n int) {
	if n < 1 || n > len(tabs) || m.scene.Screen == view.ScreenOverview {
		return
	}
	p := tabs[n-1]
	m.local.tab, m.local.focus, m.local.scroll = p, p, 0
	m.detail = PaneState
}

// openTab is showTab; the tabs that show what a connection did over its whole
// life have that looked up, if it is not known.
func (m *Model) openTab(n int) tea.Cmd {
	m.showTab(n)
	if p := m.scene.TCP; p != nil && p.More && m.scene.Screen != view.ScreenOverview && n >= 1 && n <= len(tabs) && (tabs[n-1] == PanePlots || tabs[n-1] == PaneTCP) {
		return m.send(view.Command{Verb: view.WatchFlow})
	}
	return nil
}

// focusOrder is how tab goes through the panes.
var focusOrder = [...]Pane{PaneWhy, PaneState, PaneBytes, PaneList, PaneCalls, PaneMap}

// nextFocus gives the keys to the next pane; on a narrow screen the details
// take turns.
func (m *Model) nextFocus(by int) {
	m.local.scroll = 0
	now := m.local.focus
	if isTab(now) {
		now = PaneState
	}
	i := slices.Index(focusOrder[:], now)
	p := focusOrder[(i+by+len(focusOrder))%len(focusOrder)]
	m.giveKeys(p)
}

// giveKeys gives the keys to a pane, and shows it on a narrow screen.
func (m *Model) giveKeys(p Pane) {
	switch p {
	case PaneWhy, PaneState, PaneBytes:
		m.detail = p
	}
	if p == PaneState {
		p = m.local.slot()
	} else if isTab(p) {
		m.local.tab, m.detail = p, PaneState
	}
	if p != m.local.focus {
		m.local.scroll = 0
	}
	m.local.focus = p
}

// scrollOrStage scrolls; on the map it moves the cursor.
func (m *Model) scrollOrStage(by int) {
	if m.top() == PaneMap {
		m.local.stage = nextStage(&m.scene, m.local.stage, by)
		return
	}
	m.scroll(by)
}
