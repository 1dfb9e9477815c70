package tui

import (
	"fmt"
	"io"
	"os"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// Home lists the captures that come with packetwalk, one a line.
func Home(w io.Writer) {
	fmt.Fprintln(w, "Captures that come with packetwalk. Walk one: packetwalk walk ping")
	fmt.Fprintln(w)
	long := 0
	list := pcaps.Bundled()
	for _, e := range list {
		long = max(long, len(e.Name))
	}
	for _, e := range list {
		fmt.Fprintf(w, "  %-*s  %s\n", long, e.Name, e.Shows)
	}
	fmt.Fprintln(w, "\nYour own: packetwalk walk FILE.pcapng. More: packetwalk --help")
}

// Options say what Run shows, and how.
type Options struct {
	Session *view.Session // the place; nil: Walk's beginning
	Walk    *walk.Walk
	Name    string            // of the capture
	Script  bool              // it begins with the page of the script
	Still   bool              // nothing moves between steps
	NoMouse bool              // the terminal keeps the mouse
	Theme   string            // dark, light, none; empty: as the terminal's background is
	ASCII   bool              // signs of ASCII only, whatever the locale says
	UTF8    bool              // all signs, whatever the locale says
	Speed   int               // of playing, from 1 (slow) to 7; 0: as usual
	Keys    map[string]string // other keys: ApplyKeys
}

// envStill is the variable that stops all motion between steps.
const envStill = "PACKETWALK_STILL"

// newModel returns the program for options and the variables of the environment.
func newModel(o Options, getenv func(string) string) (Model, error) {
	s := o.Session
	if s == nil {
		s = view.NewSession(o.Walk, o.Name)
	}
	m := NewModel(s, getenv("NO_COLOR") != "" || getenv("TERM") == "dumb")
	keys, err := ApplyKeys(o.Keys)
	if err != nil {
		return m, err
	}
	m.local.keys = keys
	s.UseKeys(keys.words())
	switch o.Theme {
	case "", "auto":
	case "dark", "light", "none":
		m.look.Theme = o.Theme
		m.dark = o.Theme != "light"
	default:
		return m, fmt.Errorf("theme %q: it is dark, light, none or auto", o.Theme)
	}
	m.theme = m.look.theme(m.dark)
	if o.Script {
		m.local.tab = PaneScript
	}
	m.grid.ASCII = o.isASCII(getenv)
	m.hist = loadHistory(getenv)
	m.still = o.Still || getenv(envStill) != ""
	m.noMouse = o.NoMouse
	m.cancel, m.doing = s.Cancel, s.Working
	if o.Speed > 0 && o.Speed <= len(speeds) {
		m.local.speed = o.Speed - 1
	}
	return m, nil
}

// Run shows a walk on the terminal until the reader leaves.
func Run(o Options) error {
	m, err := newModel(o, os.Getenv)
	if err != nil {
		return err
	}
	m.patient = true
	out, done := &output{File: os.Stdout}, make(chan struct{})
	defer close(done)
	m.outBusy, m.painter = out.busy, newPainter(out, done)
	_, err = run(m, tea.WithOutput(out))
	return err
}
