package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/packetwalk/packetwalk/stack/view"
)

// View draws the screen.
func (m HomeModel) View() tea.View {
	m.paint()
	v := tea.NewView(m.grid.String(m.look.theme(m.dark)))
	v.AltScreen = true
	v.WindowTitle = "packetwalk"
	if !m.o.NoMouse {
		v.MouseMode = tea.MouseModeCellMotion
	}
	return v
}

// A homeRow is a row of the list: a heading (entry -1), air, or an entry.
type homeRow struct {
	head  string
	entry int
}

// rows are the rows of the list.
func (m *HomeModel) rows() (rows []homeRow) {
	last := ""
	for i, e := range m.shown() {
		if group := homeGroups[e.Kind]; group != last && m.typed == "" {
			if last != "" {
				rows = append(rows, homeRow{entry: -1})
			}
			rows = append(rows, homeRow{head: group, entry: -1})
			last = group
		}
		rows = append(rows, homeRow{entry: i})
	}
	return rows
}

// rowOf is the row of the chosen entry.
func (m *HomeModel) rowOf(rows []homeRow) int {
	for i, r := range rows {
		if r.entry == m.at {
			return i
		}
	}
	return 0
}

// parts are the list, and where the chosen entry is told of.
func (m *HomeModel) parts() (list, about Rect) {
	body := Rect{1, 4, m.w - 2, m.h - 6}
	if m.w >= 110 {
		side := min(m.w*2/5, 60)
		return Rect{body.X, body.Y, body.W - side - 3, body.H}, Rect{body.X + body.W - side, body.Y, side, body.H}
	}
	return Rect{body.X, body.Y, body.W, body.H - 4}, Rect{body.X, body.Y + body.H - 3, body.W, 3}
}

func (m *HomeModel) paint() {
	g := m.grid
	g.Reset(m.w, m.h)
	if m.w < MinW || m.h < MinH {
		drawSmall(g)
		return
	}
	g.Fill(Rect{0, 0, m.w, 1}, StyleBar)
	g.Text(0, 0, m.w, " packetwalk", StyleBar)
	g.Text(m.w-width(m.o.Version)-1, 0, width(m.o.Version), m.o.Version, StyleBar)
	switch {
	case m.offer:
		m.paintOffer()
	case m.help:
		m.paintHelp()
	default:
		m.paintList()
	}
}

// paintOffer offers the tour.
func (m *HomeModel) paintOffer() {
	g := m.grid
	w := min(62, m.w-8)
	r := Rect{(m.w - w) / 2, (m.h - 12) / 2, w, 12}
	g.box(r)
	g.Text(r.X+2, r.Y, r.W-4, " welcome ", StyleFocus)
	in := Rect{r.X + 3, r.Y + 2, r.W - 6, r.H - 3}
	y := g.Para(in, in.Y, "packetwalk shows what Linux does with a packet: which way it takes through the kernel, what is decided on it, and why.", 0, StylePlain)
	y = g.Para(in, y+1, "A tour of ten steps explains the screen with a ping.", 0, StyleStrong)
	x := in.X + g.Text(in.X, y+1, in.W, "Enter", StyleKey)
	g.Text(x, y+1, in.W, ": a tour of ten steps", StylePlain)
	x = in.X + g.Text(in.X, y+2, in.W, "any other key", StyleKey)
	g.Text(x, y+2, in.W, ": skip", StylePlain)
}

func (m *HomeModel) paintHelp() {
	g := m.grid
	in := g.Title(Rect{0, 2, m.w, m.h - 3}, "how packetwalk is used", true)
	in.X, in.W = in.X+2, in.W-4
	var ls []line
	for _, t := range m.o.Help {
		ls = append(ls, line{{t, StylePlain}})
	}
	hidden := g.draw(in, ls, m.scroll)
	text := " esc back"
	if hidden > 0 {
		text += "   ↓ " + itoa(hidden) + " more lines"
	}
	g.Text(1, m.h-1, m.w-2, text, StyleDim)
}

func (m *HomeModel) paintList() {
	g := m.grid
	g.Text(2, 2, m.w-4, "What does Linux do with a packet? Choose a capture and walk with it.", StyleStrong)
	list, about := m.parts()
	rows := m.rows()
	entries := m.shown()
	from := m.top
	name := 0
	for _, e := range entries {
		name = max(name, width(e.Name))
	}
	name = min(name, list.W/3)
	for i := 0; i < list.H && from+i < len(rows); i++ {
		y, row := list.Y+i, rows[from+i]
		if row.entry < 0 {
			g.Text(list.X, y, list.W, row.head, StyleTitle)
			continue
		}
		m.paintEntry(Rect{list.X, y, list.W, 1}, &entries[row.entry], name, row.entry == m.at)
	}
	if len(entries) == 0 {
		g.Text(list.X, list.Y, list.W, "Nothing here is called so, or tells of it. esc shows all.", StyleDim)
	}
	if from+list.H < len(rows) {
		text := "↓ more"
		g.Text(list.X+list.W-width(text), list.Y+list.H-1, width(text), text, StyleKey)
	}
	if from > 0 {
		text := "↑ more"
		g.Text(list.X+list.W-width(text), list.Y, width(text), text, StyleKey)
	}
	if m.at < len(entries) {
		m.paintAbout(about, &entries[m.at])
	}
	m.paintFooter()
}

func (m *HomeModel) paintEntry(r Rect, e *HomeEntry, name int, here bool) {
	g := m.grid
	sign, st := "  ", StylePlain
	if here {
		sign, st = "▶ ", StyleHere
	}
	x := r.X + g.Text(r.X, r.Y, 2, sign, StyleToken)
	g.Text(x, r.Y, name, view.Clean(e.Name), st)
	x += name + 2
	room := r.X + r.W - x - 7 // "↓ more" has its place
	if e.Mark != "" {
		n := width(e.Mark)
		g.Text(r.X+r.W-n-7, r.Y, n, e.Mark, StyleGood)
		room -= n + 1
	}
	g.Text(x, r.Y, room, e.Shows, StyleDim)
}

// paintAbout tells of the chosen entry: what it shows, and how to open it
// without this screen.
func (m *HomeModel) paintAbout(r Rect, e *HomeEntry) {
	g := m.grid
	cmd := ""
	switch e.Kind {
	case HomeTour:
		cmd = "packetwalk tour"
	case HomeLesson:
		cmd = "packetwalk lesson " + e.Arg
	case HomeRecent, HomeCapture:
		cmd = "packetwalk walk " + view.Clean(quoteArg(e.Arg))
	case HomeHelp:
		cmd = "packetwalk --help"
	}
	if r.H > 6 { // beside the list
		for y := range r.H {
			g.Set(r.X-2, r.Y+y, '│', StyleRule)
		}
		g.Text(r.X, r.Y, r.W, view.Clean(e.Name), StyleTitle)
		y := g.Para(r, r.Y+2, e.Shows, 0, StylePlain)
		if e.Mark != "" {
			y = g.Para(r, y+1, e.Mark, 0, StyleGood)
		}
		if facts := m.factsOf(*e); len(facts) > 0 {
			ls := factLines(facts, r.W)
			g.draw(Rect{r.X, y + 1, r.W, max(0, r.Y+r.H-y-5)}, ls, 0)
			y = min(y+1+len(ls), r.Y+r.H-4)
		}
		y = g.Para(r, y+1, "The same from the shell:", 0, StyleDim)
		g.Para(r, y, cmd, 2, StyleFunc)
		return
	}
	for x := range r.W {
		g.Set(r.X+x, r.Y-1, '─', StyleRule)
	}
	y := g.Para(Rect{r.X, r.Y, r.W, 2}, r.Y, e.Shows, 0, StylePlain)
	g.Text(r.X, y, r.W, cmd, StyleFunc)
}

// factsOf are the facts about an entry, asked for once.
func (m *HomeModel) factsOf(e HomeEntry) []view.Fact {
	if m.o.Facts == nil {
		return nil
	}
	f, known := m.facts[e]
	if !known {
		f = m.o.Facts(e)
		m.facts[e] = f
	}
	return f
}

// quoteArg writes an argument as a shell takes it.
func quoteArg(s string) string {
	if s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./+,@%") == "" {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

func (m *HomeModel) paintFooter() {
	g := m.grid
	y := m.h - 1
	if m.notice != "" {
		g.Text(1, y, m.w-2, "! "+view.Clean(m.notice), StyleWarn)
		return
	}
	x := 1
	if m.typed != "" {
		x += g.Text(x, y, 40, "find: "+view.Clean(m.typed)+"_", StyleStrong) + 3
	}
	for _, k := range [...][2]string{{"↑ ↓", "choose"}, {"enter", "open"}, {"type", "find"}, {"?", "help"}, {"esc", "leave"}} {
		if m.typed != "" {
			switch k[0] {
			case "esc":
				k[1] = "show all"
			case "?":
				continue
			}
		}
		x += g.Text(x, y, m.w-x, k[0], StyleKey) + 1
		x += g.Text(x, y, m.w-x, k[1], StyleDim) + 3
	}
}
