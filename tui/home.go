package tui

import (
	"os"
	"strings"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// A HomeKind is what an entry of the home screen opens.
type HomeKind int

// The kinds.
const (
	HomeNone    HomeKind = iota // the reader leaves
	HomeTour                    // ten steps that explain the screen
	HomeLesson                  // Arg is its slug
	HomeRecent                  // Arg is the file's path
	HomeCapture                 // Arg is the bundled capture's name
	HomeHelp                    // how the program is used, shown by the screen itself
)

var homeGroups = [...]string{"", "Begin", "Lessons", "Recent files", "Captures that come with packetwalk", "Begin"}

// A HomeEntry is one line of the home screen.
type HomeEntry struct {
	Kind  HomeKind
	Name  string
	Arg   string
	Shows string // what can be seen there, in a sentence
	Mark  string // "3 of 8 done"
}

// HomeOptions say what the home screen offers.
type HomeOptions struct {
	Entries []HomeEntry // in their order, entries of one group together
	Help    []string    // the lines of the help
	Version string
	Notice  string                      // what went wrong before
	First   bool                        // the first start ever: the tour is offered
	At      HomeEntry                   // chosen at first
	Facts   func(HomeEntry) []view.Fact // about a capture; asked for when it is chosen
	Options                             // of the screen: how it looks
}

// A HomeModel is the home screen's state.
type HomeModel struct {
	o      HomeOptions
	w, h   int
	dark   bool
	look   Look
	offer  bool // of the tour
	help   bool
	scroll int
	typed  string
	at     int // of shown
	top    int // the first row of the list that is drawn
	chosen HomeEntry
	notice string
	grid   *Grid
	facts  map[HomeEntry][]view.Fact // that were asked for
}

// NewHome returns the home screen.
func NewHome(o HomeOptions, getenv func(string) string) HomeModel {
	m := HomeModel{o: o, w: MinW, h: MinH, offer: o.First, notice: o.Notice, grid: &Grid{}, facts: map[HomeEntry][]view.Fact{}}
	m.look, m.dark = o.lookOf(getenv)
	m.grid.ASCII = o.isASCII(getenv)
	for i, e := range o.Entries {
		if e.Kind == o.At.Kind && e.Arg == o.At.Arg {
			m.at = i
		}
	}
	m.fit()
	return m
}

// lookOf is how a screen looks, and whether its background is dark as far as is
// known before the terminal has said so.
func (o *Options) lookOf(getenv func(string) string) (k Look, dark bool) {
	k.NoColor = getenv("NO_COLOR") != "" || getenv("TERM") == "dumb"
	if o.Theme != "auto" {
		k.Theme = o.Theme
	}
	return k, o.Theme != "light"
}

// isASCII reports whether a screen is drawn in ASCII.
func (o *Options) isASCII(getenv func(string) string) bool {
	return o.ASCII || !o.UTF8 && !hasUTF8(getenv)
}

// Chosen is what the reader opened; HomeNone when left.
func (m HomeModel) Chosen() HomeEntry { return m.chosen }

// Init asks for the terminal's background.
func (m HomeModel) Init() tea.Cmd { return tea.RequestBackgroundColor }

// shown are the entries that what is typed leaves: those whose names begin with
// it, then those that hold it, then those that tell of it.
func (m *HomeModel) shown() []HomeEntry {
	if m.typed == "" {
		return m.o.Entries
	}
	typed := strings.ToLower(m.typed)
	var lists [3][]HomeEntry
	for _, e := range m.o.Entries {
		switch name := strings.ToLower(e.Name); {
		case strings.HasPrefix(name, typed):
			lists[0] = append(lists[0], e)
		case strings.Contains(name, typed):
			lists[1] = append(lists[1], e)
		case strings.Contains(strings.ToLower(e.Shows+" "+e.Arg), typed):
			lists[2] = append(lists[2], e)
		}
	}
	return append(append(lists[0], lists[1]...), lists[2]...)
}

// Update takes a message.
func (m HomeModel) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	next, cmd := m.update(msg)
	next.fit()
	return next, cmd
}

// fit scrolls the list so that the chosen entry is in it, and no further.
func (m *HomeModel) fit() {
	rows := m.rows()
	list, _ := m.parts()
	here := m.rowOf(rows)
	if here == 1 { // with its heading
		here = 0
	}
	m.top = max(0, min(max(min(m.top, here), m.rowOf(rows)-list.H+1), len(rows)-list.H))
}

func (m HomeModel) update(msg tea.Msg) (HomeModel, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = max(0, msg.Width), max(0, msg.Height)
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
	case tea.ColorProfileMsg:
		m.look.profile(msg.Profile)
	case tea.PasteMsg:
		m.find(strings.Join(strings.Fields(msg.Content), " "))
	case stopMsg:
		return m, msg.stop()
	case tea.KeyPressMsg:
		return m.key(msg.String(), msg.Text)
	case tea.MouseClickMsg:
		return m.click(msg.Mouse())
	case tea.MouseWheelMsg:
		switch msg.Mouse().Button {
		case tea.MouseWheelUp:
			m.move(-1)
		case tea.MouseWheelDown:
			m.move(1)
		}
	}
	return m, nil
}

// find adds to what is typed.
func (m *HomeModel) find(text string) {
	if m.offer || m.help {
		return
	}
	if rs := []rune(m.typed + text); len(rs) <= 60 {
		m.typed, m.at = string(rs), 0
	}
}

func (m *HomeModel) move(by int) {
	if m.help {
		m.scroll = max(0, min(m.scroll+by, len(m.o.Help)-1))
		return
	}
	m.at = max(0, min(m.at+by, len(m.shown())-1))
}

func (m HomeModel) key(name, text string) (HomeModel, tea.Cmd) {
	m.notice = ""
	switch {
	case name == "ctrl+c":
		return m, tea.Quit
	case name == "ctrl+z":
		return m, suspend
	case m.offer:
		m.offer = false
		if name == "enter" {
			return m.open(HomeEntry{Kind: HomeTour})
		}
		return m, nil
	case m.help && (name == "esc" || name == "q" || name == "?" || name == "enter"):
		m.help, m.scroll = false, 0
		return m, nil
	}
	switch name {
	case "up", "ctrl+p":
		m.move(-1)
	case "down", "ctrl+n", "tab":
		m.move(1)
	case "pgup":
		m.move(-max(1, m.h-12))
	case "pgdown":
		m.move(max(1, m.h-12))
	case "home":
		m.move(-1 << 20)
	case "end":
		m.move(1 << 20)
	case "enter":
		if list := m.shown(); m.at < len(list) {
			return m.open(list[m.at])
		}
	case "esc":
		if m.typed == "" {
			return m, tea.Quit
		}
		m.typed, m.at = "", 0
	case "backspace":
		if rs := []rune(m.typed); len(rs) > 0 {
			m.typed, m.at = string(rs[:len(rs)-1]), 0
		}
	case "ctrl+u":
		m.typed, m.at = "", 0
	default:
		switch {
		case m.help:
		case name == "q" && m.typed == "":
			return m, tea.Quit
		case name == "?" && m.typed == "":
			m.help = true
		case utf8.RuneCountInString(text) == 1:
			m.find(text)
		}
	}
	return m, nil
}

// open opens an entry: the screen ends, unless it is the help.
func (m HomeModel) open(e HomeEntry) (HomeModel, tea.Cmd) {
	if e.Kind == HomeHelp {
		m.help = true
		return m, nil
	}
	m.chosen = e
	return m, tea.Quit
}

func (m HomeModel) click(at tea.Mouse) (HomeModel, tea.Cmd) {
	if at.Button != tea.MouseLeft || m.o.NoMouse {
		return m, nil
	}
	switch {
	case m.offer:
		m.offer = false
		return m, nil
	case m.help:
		m.help, m.scroll = false, 0
		return m, nil
	}
	in, _ := m.parts()
	rows := m.rows()
	i := at.Y - in.Y + m.top
	if at.X < in.X || at.X >= in.X+in.W || at.Y < in.Y || at.Y >= in.Y+in.H || i < 0 || i >= len(rows) || rows[i].entry < 0 {
		return m, nil
	}
	if rows[i].entry == m.at {
		return m.open(m.shown()[m.at])
	}
	m.at = rows[i].entry
	return m, nil
}

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

// RunHome shows the home screen until the reader opens something or leaves.
func RunHome(o HomeOptions) (HomeEntry, error) {
	end, err := run(NewHome(o, os.Getenv))
	if m, ok := end.(HomeModel); ok && err == nil {
		return m.chosen, nil
	}
	return HomeEntry{}, err
}
