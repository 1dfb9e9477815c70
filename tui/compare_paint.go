package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/packetwalk/packetwalk/stack/view"
)

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
