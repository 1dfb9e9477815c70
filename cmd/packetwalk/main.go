// Command packetwalk shows what Linux does with a packet: it replays a capture
// through a model of the Linux network stack, step by step, forwards and
// backwards.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/view"
)

// usageError is a mistake on the command line: exit status 2.
type usageError struct{ error }

// memory is how much the collector lets the program take before it works
// harder: the index of a very large capture stays within it. Below that it may
// take twice what is live, and works less.
const memory = 900 << 20

func main() {
	debug.SetMemoryLimit(memory)
	debug.SetGCPercent(200)
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	root := command()
	root.SetArgs(args)
	err := root.ExecuteContext(context.Background())
	var u usageError
	var st statusError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &st):
		if !errors.Is(err, errSaid) {
			fmt.Fprintf(os.Stderr, "packetwalk: %s\n", view.Clean(err.Error()))
		}
		return st.status
	case errors.Is(err, errSaid):
		return 1
	case errors.As(err, &u):
		fmt.Fprintf(os.Stderr, "packetwalk: %s\nTry: packetwalk --help\n", view.Clean(u.Error()))
		return 2
	}
	fmt.Fprintf(os.Stderr, "packetwalk: %s\n", view.Clean(err.Error()))
	return 1
}

// statusError is an error with an exit status of its own.
type statusError struct {
	error
	status int
}

func (e statusError) Unwrap() error { return e.error }

// errSaid is returned when what is wrong has been said already.
var errSaid = errors.New("said")

func command() *cobra.Command {
	var screen screenFlags
	root := &cobra.Command{
		Use:   "packetwalk",
		Short: "See what Linux does with a packet",
		Long: `packetwalk replays a capture through a model of the Linux ` + step.Kernel + ` network stack
and shows each packet's way: which functions it passes, what they change, what
they decide and why. You can go forwards and backwards.

Alone on a terminal it opens a home screen: the captures that come with it,
recent files, a tour. Elsewhere it lists those captures.`,
		Example: `  packetwalk                            the home screen
  packetwalk walk ping                  walk a bundled capture on the screen
  packetwalk walk my.pcapng --plain     the same as lines of text
  packetwalk trace http --format ndjson one JSON object an event
  packetwalk trace - < my.pcap          from standard input`,
		Args:          noArgs,
		SilenceErrors: true,
		SilenceUsage:  true,
		Version:       version(),
		RunE:          func(c *cobra.Command, _ []string) error { return home(c, &screen) },
	}
	screen.flags(root)
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(walkCommand(), lessonCommand(), tourCommand(), webCommand(), shCommand(), labCommand(), shotCommand(), traceCommand(), flowCommand(), pcapsCommand(), stepsCommand(), benchCommand(), compareCommand(), verifyCommand(), drillCommand(), liveCommand(), settingsCommand(), versionCommand(), manCommand())
	root.InitDefaultCompletionCmd("")
	completions(root)
	tellStatuses(root)
	return root
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("there is no command %q", args[0])}
	}
	return nil
}

func oneInput(c *cobra.Command, args []string) error {
	switch len(args) {
	case 1:
		return nil
	case 0:
		return usageError{fmt.Errorf("%s needs a capture: a file, the name of a bundled one, or - for standard input", c.Name())}
	}
	return usageError{fmt.Errorf("%s takes one capture, not %d", c.Name(), len(args))}
}

func pcapsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "pcaps",
		Example: "  packetwalk pcaps",
		Short:   "List the captures that come with packetwalk",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, e := range pcaps.Bundled() {
				fmt.Fprintf(c.OutOrStdout(), "%-14s %s\n", e.Name, e.Shows)
			}
			return nil
		},
	}
}

func stepsCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "steps",
		Example: "  packetwalk steps | grep tcp_",
		Short:   "List the kernel functions that are modelled",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			step.Each(func(_ step.Step, i *step.Info) {
				fmt.Fprintf(c.OutOrStdout(), "%-32s %-9s %-46s %s\n", i.Func, i.Layer, i.File, i.What)
			})
			return nil
		},
	}
}
