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

// rowSign tells how the sides of a row differ: "=" not at all, "~" both come
// here but decide in different ways, "A" or "B" only one of them comes here.
func rowSign(r *view.PairRow) (sign string, st Style) {
	switch {
	case r.Left.N == 0:
		return "B", StyleDown
	case r.Right.N == 0:
		return "A", StyleUp
	case !r.Same:
		return "~", StyleWarn
	}
	return "=", StyleDim
}

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

// View draws the screen.
func (m CompareModel) View() tea.View {
	m.paint()
	v := tea.NewView(m.grid.String(m.look.theme(m.dark)))
	v.AltScreen = true
	v.WindowTitle = "packetwalk compare"
	if !m.noMouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// sideW is from which width on the packets stand side by side.
const sideW = 110

// parts are the list of steps, and what is told of the step at hand.
func (m *CompareModel) parts() (list, about Rect) {
	body := Rect{0, 6, m.w, m.h - 7}
	n := max(8, body.H*9/20)
	return Rect{body.X, body.Y, body.W, body.H - n}, Rect{body.X, body.Y + body.H - n, body.W, n}
}

func (m *CompareModel) paint() {
	g := m.grid
	g.Reset(m.w, m.h)
	if m.w < MinW || m.h < MinH {
		drawSmall(g)
		return
	}
	if m.effects {
		m.paintEffects()
		return
	}
	g.Fill(Rect{0, 0, m.w, 1}, StyleBar)
	text := " packetwalk  compare  " + m.scene.A.Title + " and " + m.scene.B.Title
	if w := m.what(); w != nil {
		text = " packetwalk  what if  A as it is, B with: " + w.Command
	} else if m.scene.A.Title == m.scene.B.Title {
		text = " packetwalk  compare  two packets of " + m.scene.A.Title
	}
	g.Text(0, 0, m.w, text, StyleBar)
	if n := len(m.scene.Rows); n > 0 {
		text := "step " + itoa(m.scene.Here+1) + "/" + itoa(n)
		g.Text(m.w-width(text)-1, 0, width(text), text, StyleBar)
	}
	m.paintHead()
	list, about := m.parts()
	for i := range list.H {
		if k := m.top + i; k < len(m.scene.Rows) {
			m.paintRow(Rect{list.X, list.Y + i, list.W, 1}, k)
		}
	}
	m.paintAbout(about)
	m.paintFoot()
}

// paintHead tells which packets, and whether their ways differ.
func (m *CompareModel) paintHead() {
	g := m.grid
	for i, s := range []*view.Scene{&m.scene.A, &m.scene.B} {
		y := 1 + i
		st := StyleTitle
		if !m.scene.Linked && m.scene.Focus == i {
			st = StyleFocus
		}
		x := 1 + g.Text(1, y, m.w, sideName(i)+"  packet "+itoa(s.Packet)+": ", st)
		ended, es := verdictText(s)
		room := m.w - x - 1
		if ended != "" {
			room -= width(ended) + 2
			g.Text(m.w-width(ended)-1, y, width(ended), ended, es)
		}
		g.Text(x, y, room, fitting(s.Line, room), StylePlain)
	}
	st := StyleWarn
	if m.scene.First < 0 {
		st = StyleGood
	}
	g.Para(Rect{1, 3, m.w - 2, 2}, 3, m.scene.Line, 0, st)
	for x := range m.w {
		g.Set(x, 5, '─', StyleRule)
	}
	legend := " = both   ~ both, not alike   A B only one "
	if m.w >= sideW {
		g.Text(2, 5, m.w, " A ", StyleTitle)
		g.Text(m.w/2+2, 5, m.w, " B ", StyleTitle)
		g.Text(m.w-width(legend)-1, 5, m.w, legend, StyleDim)
		return
	}
	g.Text(1, 5, m.w, legend, StyleDim)
}

// sideName is how a side is called: the sentences say left and right.
func sideName(i int) string { return [...]string{"A (left)", "B (right)"}[i&1] }

// paintRow draws one row: in two columns, or in one with a sign.
func (m *CompareModel) paintRow(r Rect, k int) {
	g, row := m.grid, &m.scene.Rows[k]
	here := k == m.scene.Here
	sign, ss := rowSign(row)
	if k == m.scene.First {
		ss = StyleDrop
	}
	if r.W < sideW {
		cur := "  "
		if here {
			cur = "▶ "
		}
		x := r.X + g.Text(r.X, r.Y, 2, cur, StyleToken)
		g.Text(x, r.Y, 3, " "+sign+" ", ss)
		t := &row.Left
		if t.N == 0 {
			t = &row.Right
		}
		room := r.W - 6
		if k == m.scene.First {
			room -= 11
			g.Text(r.X+r.W-11, r.Y, 11, "they part", StyleWarn)
		}
		g.draw(Rect{x + 3, r.Y, room, 1}, []line{pairLine(t, sign, ss, here)}, 0)
		return
	}
	mid := r.W / 2
	g.Text(r.X+mid-3, r.Y, 3, " "+sign+" ", ss)
	for i, t := range [...]*view.Row{&row.Left, &row.Right} {
		x := r.X + i*mid
		if here {
			g.Text(x, r.Y, 2, "▶ ", StyleToken)
		}
		if t.N == 0 {
			g.Text(x+2, r.Y, 3, "···", StyleRule)
			continue
		}
		g.draw(Rect{x + 2, r.Y, mid - 6, 1}, []line{pairLine(t, sign, ss, here)}, 0)
	}
	if k == m.scene.First {
		g.Text(r.X+r.W-11, r.Y, 11, "they part", StyleWarn)
	}
}

// pairLine is one side's step.
func pairLine(t *view.Row, sign string, ss Style, here bool) line {
	st := StylePlain
	switch {
	case here:
		st = StyleHere
	case t.Drop:
		st = StyleDrop
	case sign != "=" && ss != StyleDrop:
		st = ss
	case sign != "=":
		st = StyleStrong
	case t.Kind == "call":
		st = StyleFunc
	}
	return line{{strings.Repeat("  ", min(max(t.Depth-1, 0), 10)), StylePlain}, {t.Text, st}}
}

// paintAbout tells of both sides of the step at hand.
func (m *CompareModel) paintAbout(r Rect) {
	g := m.grid
	parts := [2]Rect{{r.X, r.Y, r.W, r.H / 2}, {r.X, r.Y + r.H/2, r.W, r.H - r.H/2}}
	if r.W >= sideW {
		parts = [2]Rect{{r.X, r.Y, r.W/2 - 1, r.H}, {r.X + r.W/2, r.Y, r.W - r.W/2, r.H}}
	}
	row := &view.PairRow{}
	if m.scene.Here < len(m.scene.Rows) {
		row = &m.scene.Rows[m.scene.Here]
	}
	for i, s := range []*view.Scene{&m.scene.A, &m.scene.B} {
		n := [...]int{row.Left.N, row.Right.N}[i]
		title := sideName(i) + ": what happens here, and why"
		if parts[i].W < 80 {
			title = sideName(i)
		}
		in := g.Title(parts[i], title, !m.scene.Linked && m.scene.Focus == i)
		in.X, in.W = in.X+1, in.W-2
		if n == 0 && m.scene.Linked {
			g.Para(in, in.Y, "This packet does not come here.", 0, StyleDim)
			continue
		}
		if where := s.Lit.Name(); where != "" {
			text := " step " + itoa(s.Step) + ", " + where + wayText(s.Lit) + " "
			g.Text(parts[i].X+parts[i].W-width(text)-1, parts[i].Y, width(text), text, StyleDim)
		}
		if r.W >= sideW && in.W >= 80 && in.H >= 14 { // where on the map
			drawStrips(g, Rect{in.X, in.Y, in.W, stripRows}, s, &local{})
			in.Y, in.H = in.Y+stripRows+1, in.H-stripRows-1
		}
		if hidden := g.draw(in, whyLines(s, in.W), 0); hidden > 0 {
			g.Set(in.X+in.W-1, in.Y+in.H-1, '…', StyleDim)
		}
	}
	if r.W >= sideW {
		for y := range r.H {
			g.Set(r.X+r.W/2-1, r.Y+y, '│', StyleRule)
		}
	}
}

func (m *CompareModel) paintFoot() {
	g, y := m.grid, m.h-1
	if m.scene.Notice != "" {
		g.Text(1, y, m.w-2, "! "+m.scene.Notice, StyleWarn)
		return
	}
	x := 1
	if m.what() != nil {
		x += g.Text(x, y, m.w-x, "e", StyleKey) + 1
		x += g.Text(x, y, m.w-x, "all effects", StyleDim) + 3
	}
	for _, k := range [...][2]string{{"↑ ↓", "step"}, {"d D", "difference"}, {"f", "parting"}, {"n p", "packets"}, {"u", "unlink"}, {"q", "leave"}} {
		if k[0] == "u" && !m.scene.Linked {
			k = [2]string{"tab u", "side, link"}
		}
		x += g.Text(x, y, m.w-x, k[0], StyleKey) + 1
		x += g.Text(x, y, m.w-x, k[1], StyleDim) + 3
	}
}

// RunCompare shows a comparison on the terminal until the reader leaves.
func RunCompare(p *view.Pair, o Options) error {
	_, err := run(NewCompare(p, o, os.Getenv))
	return err
}
