package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/tui"
)

func lessonCommand() *cobra.Command {
	plain := false
	c := &cobra.Command{
		Use:   "lesson [NAME]",
		Short: "Take a lesson: a walk that asks before it shows",
		Long: `Take a lesson: a walk through a bundled capture that asks before it shows. Without
NAME the lessons are listed, and which of them are done. NAME may be a file of
your own that ends in .md (lessons/README.md tells how to write one).

Which lessons are done is remembered in $XDG_STATE_HOME/packetwalk/done.`,
		Example: `  packetwalk lesson
  packetwalk lesson ping
  packetwalk lesson ping --plain     as lines of text, for a screen reader
  packetwalk lesson check my.md      what is wrong with a lesson of your own`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("lesson takes one name, not %d", len(args))}
			}
			return nil
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
			list, _ := lessons.Course()
			for _, l := range list {
				names = append(names, l.Slug+"\t"+l.Title)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listLessons(c.OutOrStdout())
			}
			return takeLesson(c, args[0], plain)
		},
	}
	c.Flags().BoolVar(&plain, "plain", false, "lines of text in the normal scrollback instead of the screen")
	(&screenFlags{}).flags(c)
	c.AddCommand(checkCommand())
	return c
}

// listLessons lists the course, and what of it is done.
func listLessons(w io.Writer) error {
	list, _ := lessons.Course()
	done := lessons.Own().Done()
	n := 0
	fmt.Fprintln(w, "Lessons. Take one: packetwalk lesson ping")
	fmt.Fprintln(w)
	for _, l := range list {
		mark := "    "
		if slices.Contains(done, l.Slug) {
			mark = "done"
			n++
		}
		fmt.Fprintf(w, "  %s  %-10s  %s (%d minutes)\n", mark, l.Slug, l.Title, l.Minutes)
		for _, line := range wrap(l.About, 60) {
			fmt.Fprintf(w, "  %s  %-10s  %s\n", "    ", "", line)
		}
	}
	fmt.Fprintf(w, "\n%d of %d done.\n", n, len(list))
	return nil
}

// takeLesson takes a lesson: of the course by its name, or of a file.
func takeLesson(c *cobra.Command, name string, plain bool) error {
	l, ok := lessons.Lookup(name)
	if !ok && strings.HasSuffix(name, ".md") {
		var faults []lessons.Fault
		if l, faults = readLesson(name); len(faults) == 0 {
			faults = lessons.Check([]*lessons.Lesson{alone(l)}, view.LessonWorld())
		}
		if len(faults) > 0 {
			return faults[0]
		}
		ok = true
	}
	if !ok {
		return fmt.Errorf("there is no lesson %q: packetwalk lesson lists them", name)
	}
	if list, faults := lessons.Course(); len(faults) > 0 && slices.Contains(list, l) {
		return faults[0]
	}
	s, err := lessonSession(l)
	if err != nil {
		return err
	}
	if !strings.HasSuffix(name, ".md") {
		s.OnLessonDone(func(slug string) { _ = lessons.Own().Add(slug) }) // it is only a tick in a list
	}
	if plain || !term.IsTerminal(os.Stdout.Fd()) || !term.IsTerminal(os.Stdin.Fd()) {
		return plainLesson(c.InOrStdin(), c.OutOrStdout(), s, !term.IsTerminal(os.Stdin.Fd()))
	}
	o, err := screenFor(c, s)
	if err != nil {
		return err
	}
	o.Name = l.Capture
	return tui.Run(o)
}

// alone is the lesson without what comes before it and what it links to: for
// taking it, these need not be there.
func alone(l *lessons.Lesson) *lessons.Lesson {
	c := *l
	c.Needs = nil
	return &c
}

// lessonSession opens the walk of a lesson's capture, at its beginning.
func lessonSession(l *lessons.Lesson) (*view.Session, error) {
	k, err := openWalk(l.Capture)
	if err != nil {
		return nil, err
	}
	return view.NewLessonSession(l, k)
}

// openWalk opens the walk of a bundled capture.
func openWalk(capture string) (*walk.Walk, error) {
	in := input{mode: "follow"}
	if err := in.open(capture); err != nil {
		return nil, err
	}
	return walk.Open(in.reader, in.opt)
}

// maxLesson is more than a lesson's file may have.
const maxLesson = 1 << 20

func readLesson(name string) (*lessons.Lesson, []lessons.Fault) {
	f, err := os.Open(name)
	if err != nil {
		return &lessons.Lesson{File: name}, []lessons.Fault{{File: name, What: "it cannot be read", Do: err.Error()}}
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxLesson))
	if err != nil {
		return &lessons.Lesson{File: name}, []lessons.Fault{{File: name, What: "it cannot be read", Do: err.Error()}}
	}
	return lessons.Parse(name, b)
}

func checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check [FILE.md…]",
		Short: "Check lessons: each name, place, value, question and link of them",
		Long: `Check lessons for their authors, those of the course or the files named: a line
for each fault, with its place and what to do. A file is checked as if it stood
at the end of the course, or in the place of the lesson of its name.`,
		Example: "  packetwalk lesson check lessons/ping.md",
		Args:    cobra.ArbitraryArgs,
		RunE: func(c *cobra.Command, args []string) error {
			return checkLessons(c.OutOrStdout(), args)
		},
	}
}

func checkLessons(w io.Writer, names []string) error {
	course, faults := lessons.Course()
	list := slices.Clone(course)
	if len(names) > 0 {
		course, faults = slices.Clone(course), nil
		list = nil
	}
	for _, n := range names {
		l, bad := readLesson(n)
		faults = append(faults, bad...)
		if len(bad) > 0 {
			continue
		}
		if slices.ContainsFunc(list, func(o *lessons.Lesson) bool { return o.Slug == l.Slug }) {
			course = append(course, l) // the check tells
			continue
		}
		list = append(list, l)
		if i := slices.IndexFunc(course, func(o *lessons.Lesson) bool { return o.Slug == l.Slug }); i >= 0 {
			course[i] = l
		} else {
			course = append(course, l)
		}
	}
	for _, f := range lessons.Check(course, view.LessonWorld()) {
		if len(names) == 0 || slices.ContainsFunc(names, func(n string) bool { return filepath.Clean(n) == filepath.Clean(f.File) }) {
			faults = append(faults, f)
		}
	}
	for _, l := range list {
		k, err := openWalk(l.Capture)
		if err != nil {
			continue // said by Check
		}
		faults = append(faults, view.CheckLesson(view.NewSession(k, l.Capture), l)...)
	}
	for _, f := range faults {
		fmt.Fprintln(w, view.Clean(f.Error()))
	}
	if len(faults) > 0 {
		return errSaid
	}
	if len(list) == 1 {
		fmt.Fprintln(w, "1 lesson, no faults")
	} else {
		fmt.Fprintf(w, "%d lessons, no faults\n", len(list))
	}
	return nil
}
