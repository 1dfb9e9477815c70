package tui

import (
	"strconv"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// A Model is the program's state: the Scene that is shown, and what the reader
// did to the screen.
type Model struct {
	s      *view.Session
	scene  view.Scene
	w, h   int
	detail Pane // on a narrow screen: why, state or bytes
	local  local
	help   bool

	noColor, dark, still bool
	theme                *Theme
	grid                 *Grid

	busy    bool           // a Command is under way
	queue   []view.Command // behind it
	slice   int            // frames to index at a time
	ticking bool
	run     int // of playing
	err     error
}

// NewModel returns the program for a Session.
func NewModel(s *view.Session, noColor bool) Model {
	m := Model{s: s, scene: s.Scene(), w: MinW, h: MinH, detail: PaneWhy, noColor: noColor, dark: true, grid: &Grid{}, slice: 64}
	m.local.focus, m.local.speed = PaneWhy, startSpeed
	m.theme = themeFor(noColor, m.dark)
	m.local.token.to = m.scene.Lit
	return m
}

// sceneMsg is what a Command led to.
type sceneMsg struct {
	scene view.Scene
	err   error
}

// indexMsg is how far the index has come.
type indexMsg struct {
	indexed, packets, slice int
	done                    bool
	err                     error
}

// Init asks for the terminal's background and begins to index.
func (m Model) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, m.index()) }

// The index is made in slices, so that the Session is free in between.
const (
	sliceTime = 8 * time.Millisecond
	turnTime  = 32 * time.Millisecond
)

// index indexes a few slices.
func (m Model) index() tea.Cmd {
	s, n := m.s, m.slice
	return func() tea.Msg {
		var r indexMsg
		for begin := time.Now(); time.Since(begin) < turnTime && !r.done && r.err == nil; {
			t := time.Now()
			r.done, r.err = s.Advance(n)
			switch d := time.Since(t); {
			case d > sliceTime:
				n = max(1, n/2)
			case d < sliceTime/4:
				n = min(n*2, 1<<14)
			}
		}
		r.slice = n
		r.indexed, r.packets, _ = s.Progress()
		return r
	}
}

// send carries out a Command, or queues it: one is under way at a time, and
// repeated ones are folded.
func (m *Model) send(c view.Command) tea.Cmd {
	if m.busy {
		if n := len(m.queue); n > 0 && m.queue[n-1].Verb == c.Verb && m.queue[n-1].Expr == c.Expr && c.Verb != view.Seek {
			m.queue[n-1].N = max(1, m.queue[n-1].N) + max(1, c.N)
		} else if n < 8 {
			m.queue = append(m.queue, c)
		}
		return nil
	}
	m.busy = true
	s := m.s
	return func() tea.Msg {
		var err error
		if c.Verb != "" {
			err = s.Do(c)
		}
		return sceneMsg{s.Scene(), err}
	}
}

// Update takes a message.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = msg.Width, msg.Height
		return m, nil
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.theme = themeFor(m.noColor, m.dark)
		return m, nil
	case tea.PasteMsg:
		m.pasted(msg.Content)
		return m, nil
	case tea.KeyPressMsg:
		cmd := m.key(msg)
		return m, cmd
	case sceneMsg:
		cmd := m.shown(msg)
		return m, cmd
	case indexMsg:
		cmd := m.indexed(msg)
		return m, cmd
	case tickMsg:
		cmd := m.ticked()
		return m, cmd
	case playMsg:
		if !m.local.playing || msg.run != m.run {
			return m, nil
		}
		next := nextPlay(m.run, m.local.speed)
		if m.busy { // the step before is still under way
			return m, next
		}
		return m, tea.Batch(m.send(view.Command{Verb: view.Forward}), next)
	}
	return m, nil
}

// shown takes a new Scene.
func (m *Model) shown(msg sceneMsg) tea.Cmd {
	m.busy = false
	if m.scene.Packet != msg.scene.Packet || m.scene.Step != msg.scene.Step {
		m.local.scroll = 0
	}
	m.scene = msg.scene
	cmds := []tea.Cmd{m.move(m.scene.Lit)}
	if msg.err != nil {
		m.local.playing = false
		m.queue = nil
	}
	if len(m.queue) > 0 {
		c := m.queue[0]
		m.queue = append([]view.Command(nil), m.queue[1:]...)
		cmds = append(cmds, m.send(c))
	}
	return tea.Batch(cmds...)
}

// indexed takes the index's progress. The Scene is made anew when there was
// none, and at the end.
func (m *Model) indexed(msg indexMsg) tea.Cmd {
	m.slice, m.err = msg.slice, msg.err
	fresh := m.scene.Packet == 0 || msg.done || len(m.scene.List) < 20
	m.scene.Indexed, m.scene.Packets = msg.indexed, max(m.scene.Packets, msg.packets)
	if msg.err != nil {
		m.scene.Notice = view.Clean(msg.err.Error())
		return nil
	}
	var cmds []tea.Cmd
	if fresh && !m.busy {
		cmds = append(cmds, m.send(view.Command{}))
	} else if msg.done {
		m.scene.Whole = true
		m.queue = append(m.queue, view.Command{})
	}
	if !msg.done {
		cmds = append(cmds, m.index())
	}
	return tea.Batch(cmds...)
}

// key takes a key.
func (m *Model) key(msg tea.KeyPressMsg) tea.Cmd {
	name := msg.String()
	if name == "ctrl+c" {
		return tea.Quit
	}
	if _, typing := prompts[m.local.prompt]; typing {
		return m.typed(name, msg.Text)
	}
	k := keyIndex[name]
	if k == nil {
		return nil
	}
	if m.help {
		switch {
		case k.Action == ScrollDown || k.Cmd.Verb == view.Forward:
			m.local.scroll = min(m.local.scroll+1, 2*len(Keys))
		case k.Action == ScrollUp || k.Cmd.Verb == view.Back:
			m.local.scroll = max(m.local.scroll-1, 0)
		case k.Action == Quit:
			return tea.Quit
		default:
			m.help, m.local.scroll = false, 0
		}
		return nil
	}
	m.scene.Notice = ""
	return m.act(k)
}

func (m *Model) act(k *Key) tea.Cmd {
	switch k.Action {
	case DoCommand:
		return m.send(k.Cmd)
	case PlayPause:
		return m.play(!m.local.playing)
	case Faster:
		m.local.speed = min(m.local.speed+1, len(speeds)-1)
	case Slower:
		m.local.speed = max(m.local.speed-1, 0)
	case Focus:
		m.nextFocus()
	case ScrollDown:
		_, most := m.scrollRange()
		m.local.scroll = min(m.local.scroll+1, most)
	case ScrollUp:
		least, _ := m.scrollRange()
		m.local.scroll = max(m.local.scroll-1, least)
	case ToggleHelp:
		m.help, m.local.scroll = true, 0
	case ClearAll:
		m.queue = nil
		return m.play(false)
	case Quit:
		return tea.Quit
	default: // a prompt
		m.local.prompt, m.local.input = k.Action, ""
		return m.play(false)
	}
	return nil
}

// order is how tab goes through the panes.
var order = []Pane{PaneWhy, PaneState, PaneBytes, PaneList, PaneCalls}

// nextFocus gives the keys to the next pane; on a narrow screen the details
// take turns.
func (m *Model) nextFocus() {
	m.local.scroll = 0
	for i, p := range order {
		if p == m.local.focus {
			m.local.focus = order[(i+1)%len(order)]
			break
		}
	}
	switch p := m.local.focus; p {
	case PaneWhy, PaneState, PaneBytes:
		m.detail = p
	}
}

// maxInput is how many characters can be typed.
const maxInput = 400

// pasted adds what was pasted to what is typed, as one line; without a prompt
// it is ignored, so that no text is taken for keys.
func (m *Model) pasted(text string) {
	if _, typing := prompts[m.local.prompt]; !typing {
		return
	}
	rs := []rune(m.local.input + strings.Join(strings.Fields(text), " "))
	m.local.input = string(rs[:min(len(rs), maxInput)])
}

// typed takes a key while something is typed.
func (m *Model) typed(name, text string) tea.Cmd {
	in := []rune(m.local.input)
	switch name {
	case "esc":
		m.local.prompt = DoCommand
	case "enter":
		return m.entered()
	case "backspace":
		if len(in) == 0 {
			m.local.prompt = DoCommand
			return nil
		}
		m.local.input = string(in[:len(in)-1])
	case "ctrl+u":
		m.local.input = ""
	default:
		if len(in)+len(text) < maxInput {
			m.local.input += text
		}
	}
	return nil
}

// entered carries out what was typed.
func (m *Model) entered() tea.Cmd {
	what, text := m.local.prompt, strings.TrimSpace(m.local.input)
	m.local.prompt = DoCommand
	m.scene.Notice = ""
	var c view.Command
	switch what {
	case PromptFilter:
		c = view.Command{Verb: view.Filter, Expr: text}
	case PromptUntil:
		c = view.Command{Verb: view.Until, Expr: text}
	case PromptWhy:
		c = view.Command{Verb: view.WhyValue, Expr: text}
	case PromptLook:
		c = view.Command{Verb: view.Look, Expr: text}
		m.local.focus, m.detail = PaneState, PaneState
	default:
		if text == "q" || text == "quit" {
			return tea.Quit
		}
		if n, err := strconv.Atoi(text); err == nil {
			c = view.Command{Verb: view.Seek, N: n}
			break
		}
		var err error
		if c, err = view.Parse(text); err != nil {
			m.scene.Notice = view.Clean(err.Error())
			return nil
		}
	}
	if text == "" && what != PromptFilter && what != PromptLook {
		return nil
	}
	return m.send(c)
}

// View draws the screen.
func (m Model) View() tea.View {
	m.paint()
	v := tea.NewView(m.grid.String(m.theme))
	v.AltScreen = true
	v.WindowTitle = "packetwalk " + m.scene.Title
	return v
}

// paint draws every pane into the grid.
func (m *Model) paint() {
	m.grid.Reset(m.w, m.h)
	l := Layout(m.w, m.h, m.detail)
	if l == nil {
		drawSmall(m.grid)
		return
	}
	if m.help {
		drawHeader(m.grid, l[PaneHeader], &m.scene, &m.local)
		drawHelp(m.grid, Rect{0, 1, m.w, m.h - 1}, &m.scene, m.local.scroll)
		return
	}
	for p := range numPanes {
		r, ok := l[p]
		if ok && !r.Empty() {
			panes[p](m.grid, r, &m.scene, &m.local)
		}
	}
	separators(m.grid, l)
}

// separators draws the lines between columns.
func separators(g *Grid, l map[Pane]Rect) {
	for p := PaneMap; p < PaneFooter; p++ {
		r, ok := l[p]
		if !ok || r.X == 0 {
			continue
		}
		for y := r.Y; y < r.Y+r.H; y++ {
			rule := func(x int) bool { c := g.At(x, y); return c == '─' || c == '═' }
			sign := '│'
			switch left, right := rule(r.X-2), y == r.Y; {
			case left && right && y == l[PaneLine].Y+1:
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
