package main

import (
	"errors"
	"os"
	"path/filepath"
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
	h := tui.HomeOptions{Version: version(), Help: helpLines(c.Root()), Options: o, Notice: s.Said(), First: settings.FirstStart(os.Getenv)}
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

// helpLines are the commands with their examples, as lines.
func helpLines(root *cobra.Command) (ls []string) {
	for _, c := range root.Commands() {
		if !c.IsAvailableCommand() {
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
