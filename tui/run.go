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

// Options say what Run shows.
type Options struct {
	Session *view.Session // the place; nil: Walk's beginning
	Walk    *walk.Walk
	Name    string // of the capture
	Still   bool   // nothing moves between steps
}

// Run shows a walk on the terminal until the reader leaves.
func Run(o Options) error {
	s := o.Session
	if s == nil {
		s = view.NewSession(o.Walk, o.Name)
	}
	m := NewModel(s, os.Getenv("NO_COLOR") != "")
	m.still = o.Still
	_, err := tea.NewProgram(m).Run()
	return err
}
