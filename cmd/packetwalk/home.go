package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/tui"
	"github.com/packetwalk/packetwalk/tui/settings"
)

// onScreen reports whether a person sits at a terminal.
func onScreen() bool { return term.IsTerminal(os.Stdout.Fd()) && term.IsTerminal(os.Stdin.Fd()) }

// home shows the home screen, and opens what is chosen, until the reader leaves.
func home(c *cobra.Command, f *screenFlags) error {
	s, err := f.load(c)
	if err != nil {
		return err
	}
	if !onScreen() {
		say(s)
		tui.Home(c.OutOrStdout())
		return nil
	}
	o := screenOptions(s)
	h := tui.HomeOptions{Version: version(), Help: helpLines(c.Root()), Options: o, Notice: s.Said(), First: settings.FirstStart(os.Getenv), Facts: homeFacts}
	settings.Started(os.Getenv) //nolint:errcheck // the tour is offered once more then
	for {
		h.Entries = homeEntries(c.Root())
		e, err := tui.RunHome(h)
		if err != nil || e.Kind == tui.HomeNone {
			return err
		}
		h.First, h.Notice, h.At = false, "", e
		if err := homeOpen(c, f, e); err != nil && !errors.Is(err, errSaid) {
			h.Notice = err.Error()
		}
	}
}

// homeOpen runs the command that an entry stands for.
func homeOpen(c *cobra.Command, f *screenFlags, e tui.HomeEntry) error {
	args := f.given(c)
	switch e.Kind {
	case tui.HomeTour:
		args = append([]string{"tour"}, args...)
	case tui.HomeLesson:
		args = append([]string{"lesson"}, append(args, "--", e.Arg)...)
	default:
		args = append([]string{"walk"}, append(args, "--", e.Arg)...)
	}
	root := command()
	root.SetArgs(args)
	return root.ExecuteContext(c.Context())
}

// homeEntries are what the home screen offers.
func homeEntries(root *cobra.Command) (list []tui.HomeEntry) {
	has := func(name string) bool {
		c, _, err := root.Find([]string{name})
		return err == nil && c != root
	}
	if has("tour") {
		list = append(list, tui.HomeEntry{Kind: tui.HomeTour, Name: "tour", Shows: "ten steps with a ping that explain the screen"})
	}
	list = append(list, tui.HomeEntry{Kind: tui.HomeHelp, Name: "help", Shows: "the commands, and how to walk a capture of your own"})
	if has("lesson") {
		list = append(list, lessonEntries()...)
	}
	for _, p := range settings.Recent(os.Getenv) {
		list = append(list, tui.HomeEntry{Kind: tui.HomeRecent, Name: view.Clean(filepath.Base(p)), Arg: p, Shows: "in " + view.Clean(filepath.Dir(p))})
	}
	for _, e := range pcaps.Bundled() {
		list = append(list, tui.HomeEntry{Kind: tui.HomeCapture, Name: e.Name, Arg: e.Name, Shows: e.Shows})
	}
	for _, l := range lessons.Labs() {
		list = append(list, tui.HomeEntry{Kind: tui.HomeCapture, Name: l.Name, Arg: l.Name, Shows: "lab: " + l.Title})
	}
	return list
}

// lessonEntries are the lessons, and how far the reader is.
func lessonEntries() (list []tui.HomeEntry) {
	done := map[string]bool{}
	for _, slug := range lessons.Own().Done() {
		done[slug] = true
	}
	course, _ := lessons.Course()
	for _, l := range course {
		if l.Slug == "tour" {
			continue
		}
		e := tui.HomeEntry{Kind: tui.HomeLesson, Name: l.Title, Arg: l.Slug, Shows: l.About}
		if done[l.Slug] {
			e.Mark = "done"
		}
		list = append(list, e)
	}
	return list
}

// helpLines are the commands with their examples, as lines: what is used most
// comes first.
func helpLines(root *cobra.Command) (ls []string) {
	ls = append(ls, "Walk a capture of your own: packetwalk walk FILE.pcapng", "")
	first := []string{"walk", "tour", "lesson", "compare", "shot", "web", "trace", "settings"}
	list := root.Commands()
	slices.SortStableFunc(list, func(a, b *cobra.Command) int { return place(first, a) - place(first, b) })
	for _, c := range list {
		if !c.IsAvailableCommand() || c.Name() == "help" {
			continue
		}
		ls = append(ls, "packetwalk "+c.Use, "    "+c.Short)
		for line := range strings.Lines(c.Example) {
			ls = append(ls, "    "+strings.TrimRight(line, "\n"))
		}
		ls = append(ls, "")
	}
	return append(ls, "packetwalk COMMAND --help says more; so does man packetwalk, made by packetwalk man.")
}

func place(list []string, c *cobra.Command) int {
	if i := slices.Index(list, c.Name()); i >= 0 {
		return i
	}
	return len(list)
}

// homeFacts are what can be told about a capture before it is walked: of a
// bundled one what it holds, of a file its size and age.
func homeFacts(e tui.HomeEntry) (list []view.Fact) {
	fact := func(name, format string, args ...any) {
		list = append(list, view.Fact{Name: name, Value: fmt.Sprintf(format, args...)})
	}
	switch e.Kind {
	case tui.HomeRecent:
		if i, err := os.Stat(e.Arg); err == nil {
			fact("size", "%d bytes", i.Size())
			fact("written", "%s", i.ModTime().Format("2 January 2006, 15:04"))
		}
	case tui.HomeCapture:
		b, ok := pcaps.Lookup(e.Arg)
		if !ok {
			return nil
		}
		r, err := b.Open()
		if err != nil {
			return nil
		}
		defer r.Close()
		n, bytes, last := 0, 0, int64(0)
		for {
			f, err := r.Next()
			if err != nil {
				break
			}
			n, bytes, last = n+1, bytes+f.OrigLen, max(last, f.At)
		}
		fact("host", "%s", b.Local)
		fact("packets", "%d", n)
		fact("bytes", "%d", bytes)
		fact("time", "%.6f s", float64(last)/1e9)
	}
	return list
}
