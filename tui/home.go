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

// RunHome shows the home screen until the reader opens something or leaves.
func RunHome(o HomeOptions) (HomeEntry, error) {
	end, err := run(NewHome(o, os.Getenv))
	if m, ok := end.(HomeModel); ok && err == nil {
		return m.chosen, nil
	}
	return HomeEntry{}, err
}
