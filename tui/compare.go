package tui

import (
	"fmt"
	"io"
	"os"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// difference is the Command to the next or the previous difference.
func difference(v view.Verb) view.Command { return view.Command{Verb: v, Expr: view.Difference} }

// maxTold is how many differences PlainPair explains.
const maxTold = 200

// PlainPair writes a comparison as lines of text, and reports whether both
// packets go the same way.
func PlainPair(w io.Writer, p *view.Pair) (same bool, err error) {
	sc := p.Scene()
	var b strings.Builder
	for i, s := range []*view.Scene{&sc.A, &sc.B} {
		fmt.Fprintf(&b, "%c: %s, packet %d: %s\n", 'A'+i, s.Title, s.Packet, s.Line)
	}
	fmt.Fprintf(&b, "%s\n", sc.Line)
	fmt.Fprintln(&b, "= both, ~ both but not alike, A only the left, B only the right")
	fmt.Fprintln(&b)
	told := map[int][2]string{}
	if sc.Here > 0 {
		p.Do(view.Command{Verb: view.Back, N: sc.Here}) //nolint:errcheck // the first row is there
	}
	for i, d := range sc.Diffs {
		if i >= maxTold {
			break
		}
		if i > 0 || d > 0 {
			if p.Do(difference(view.NextMark)) != nil {
				break
			}
		}
		at := p.Scene()
		told[at.Here] = [2]string{at.A.Says, at.B.Says}
	}
	for i := range sc.Rows {
		r := &sc.Rows[i]
		if i == sc.First {
			fmt.Fprintln(&b, "--- here they part ---")
		}
		sign, _ := rowSign(r)
		row := r.Left
		if row.N == 0 {
			row = r.Right
		}
		fmt.Fprintf(&b, "%s %s%s\n", sign, strings.Repeat("  ", min(row.Depth, 12)), row.Text)
		says := told[i]
		if sign == "~" && says[0] != says[1] {
			fmt.Fprintf(&b, "    A: %s\n    B: %s\n", says[0], says[1])
		} else if text := strings.TrimSpace(says[0] + says[1]); sign != "=" && sign != "~" && text != "" {
			if text = says[0]; sign == "B" {
				text = says[1]
			}
			if text != "" && text != row.Text {
				fmt.Fprintf(&b, "    %s: %s\n", sign, text)
			}
		}
	}
	_, err = io.WriteString(w, b.String())
	return sc.First < 0, err
}

// A CompareModel is the screen of a comparison.
type CompareModel struct {
	p       *view.Pair
	scene   view.PairScene
	w, h    int
	top     int
	dark    bool
	look    Look
	grid    *Grid
	noMouse bool
	busy    bool
	queue   []view.Command

	back    bool // q leads back to a walk
	effects bool // of a what-if: the list of all that follows is shown
	inner   bool // esc leads back to that list
	effect  int  // the chosen one
	list    Rect
}

// NewCompare returns the screen, at the first difference.
func NewCompare(p *view.Pair, o Options, getenv func(string) string) CompareModel {
	look, dark := o.lookOf(getenv)
	m := newCompare(p, look, dark, o.NoMouse, o.isASCII(getenv))
	m.effects = m.what() != nil
	return m
}

// newCompare returns the screen with what it looks like.
func newCompare(p *view.Pair, look Look, dark, noMouse, ascii bool) CompareModel {
	m := CompareModel{p: p, scene: p.Scene(), w: MinW, h: MinH, grid: &Grid{}, noMouse: noMouse, look: look, dark: dark}
	if w := m.what(); w != nil {
		m.effect = max(0, w.First)
	}
	if c, ok := m.toRow(m.scene.First); ok && m.scene.First >= 0 {
		p.Do(c) //nolint:errcheck // the row is there
		m.scene = p.Scene()
	}
	m.grid.ASCII = ascii
	m.fit()
	return m
}

// Init asks for the terminal's background.
func (m CompareModel) Init() tea.Cmd { return tea.RequestBackgroundColor }

// pairMsg is what a Command led to.
type pairMsg struct{ scene view.PairScene }

// Update takes a message.
func (m CompareModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = max(0, msg.Width), max(0, msg.Height)
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
	case tea.ColorProfileMsg:
		m.look.profile(msg.Profile)
	case stopMsg:
		cmd = msg.stop()
	case tea.KeyPressMsg:
		cmd = m.key(msg.String())
	case tea.MouseWheelMsg:
		if m.effects {
			by := 3
			if msg.Mouse().Button == tea.MouseWheelUp {
				by = -3
			}
			m.choose(m.effect + by)
			break
		}
		switch msg.Mouse().Button {
		case tea.MouseWheelUp:
			cmd = m.send(view.Command{Verb: view.Back, N: min(3, m.scene.Here)})
		case tea.MouseWheelDown:
			cmd = m.send(view.Command{Verb: view.Forward, N: min(3, len(m.scene.Rows)-1-m.scene.Here)})
		}
	case tea.MouseClickMsg:
		if m.effects {
			if at := msg.Mouse(); at.Y >= m.list.Y && at.Y < m.list.Y+m.list.H {
				m.choose(firstOf(m.effect, m.list.H, len(m.what().Effects)) + at.Y - m.list.Y)
				cmd, _ = m.effectKey("enter")
			}
			break
		}
		list, _ := m.parts()
		at := msg.Mouse()
		if i := at.Y - list.Y + m.top; at.Button == tea.MouseLeft && at.Y >= list.Y && at.Y < list.Y+list.H && i < len(m.scene.Rows) {
			if c, ok := m.toRow(i); ok {
				cmd = m.send(c)
			}
		}
	case pairMsg:
		m.busy = false
		if m.scene.A.Packet != msg.scene.A.Packet || m.scene.B.Packet != msg.scene.B.Packet {
			m.top = 0
		}
		m.scene = msg.scene
		if len(m.queue) > 0 {
			c := m.queue[0]
			m.queue = append([]view.Command(nil), m.queue[1:]...)
			cmd = m.send(c)
		}
	}
	m.fit()
	return m, cmd
}

// toRow is the Command that leads to a row; false if the place is there.
func (m *CompareModel) toRow(i int) (view.Command, bool) {
	i = max(0, min(i, len(m.scene.Rows)-1))
	switch d := i - m.scene.Here; {
	case d > 0:
		return view.Command{Verb: view.Forward, N: d}, true
	case d < 0:
		return view.Command{Verb: view.Back, N: -d}, true
	}
	return view.Command{}, false
}

// send carries out a Command, or queues it: one is under way at a time.
func (m *CompareModel) send(c view.Command) tea.Cmd {
	if (c.Verb == view.Forward || c.Verb == view.Back) && c.N == 0 {
		return nil
	}
	if m.busy {
		if len(m.queue) < 8 {
			m.queue = append(m.queue, c)
		}
		return nil
	}
	m.busy = true
	p := m.p
	return func() tea.Msg {
		p.Do(c) //nolint:errcheck // the Scene's notice tells it
		return pairMsg{p.Scene()}
	}
}

// fit scrolls so that the place is in view, with a little around it.
func (m *CompareModel) fit() {
	list, _ := m.parts()
	if list.H <= 0 {
		return
	}
	margin := min(3, list.H/4)
	m.top = min(m.top, max(0, m.scene.Here-margin))
	m.top = max(m.top, m.scene.Here-list.H+1+margin)
	m.top = max(0, min(m.top, len(m.scene.Rows)-list.H))
}

func (m *CompareModel) key(name string) tea.Cmd {
	m.scene.Notice = ""
	if cmd, took := m.effectKey(name); took {
		return cmd
	}
	list, _ := m.parts()
	row := func(i int) tea.Cmd {
		if c, ok := m.toRow(i); ok {
			return m.send(c)
		}
		return nil
	}
	switch name {
	case "q", "esc", "ctrl+c":
		return tea.Quit
	case "ctrl+z":
		return suspend
	case "down", "j", "l", "right":
		return m.send(view.Command{Verb: view.Forward, N: 1})
	case "up", "k", "h", "left":
		return m.send(view.Command{Verb: view.Back, N: 1})
	case "pgdown", "space", "ctrl+d":
		return row(m.scene.Here + max(1, list.H-2))
	case "pgup", "ctrl+u":
		return row(m.scene.Here - max(1, list.H-2))
	case "home", "g":
		return row(0)
	case "end", "G":
		return row(len(m.scene.Rows) - 1)
	case "d":
		return m.send(difference(view.NextMark))
	case "D":
		return m.send(difference(view.PrevMark))
	case "f":
		if m.scene.First < 0 {
			m.scene.Notice = "they do not part"
			return nil
		}
		return row(m.scene.First)
	case "n", "N":
		return m.send(view.Command{Verb: view.NextPacket})
	case "p", "P":
		return m.send(view.Command{Verb: view.PrevPacket})
	case "tab":
		m.p.Focus(1 - m.scene.Focus)
		m.scene = m.p.Scene()
	case "u":
		m.p.Link(!m.scene.Linked)
		m.scene = m.p.Scene()
		m.scene.Notice = "linked: both move together"
		if !m.scene.Linked {
			m.scene.Notice = "not linked: keys move one side, tab changes it, u links them again"
		}
	}
	return nil
}

// RunCompare shows a comparison on the terminal until the reader leaves.
func RunCompare(p *view.Pair, o Options) error {
	_, err := run(NewCompare(p, o, os.Getenv))
	return err
}
