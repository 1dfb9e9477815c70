package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/tui"
	"github.com/packetwalk/packetwalk/tui/settings"
)

// screenFlags are the settings of the screen as flags: what is given so is above
// the environment and the file.
type screenFlags struct{}

// A choice is a flag's value; its help lists what it takes.
type choice struct{ value, takes string }

func (v *choice) String() string     { return v.value }
func (v *choice) Set(s string) error { v.value = s; return nil }
func (v *choice) Type() string       { return v.takes }

func (f *screenFlags) flags(c *cobra.Command) {
	for _, p := range settings.Specs {
		c.Flags().Var(&choice{takes: strings.Join(p.Values, "|")}, p.Name, p.What)
		if slices.Contains(p.Values, "true") {
			c.Flags().Lookup(p.Name).NoOptDefVal = "true"
		}
		c.RegisterFlagCompletionFunc(p.Name, cobra.FixedCompletions(p.Values, cobra.ShellCompDirectiveNoFileComp)) //nolint:errcheck // the flag is there
	}
}

// given are the flags again, for another command.
func (f *screenFlags) given(c *cobra.Command) (args []string) {
	for _, p := range settings.Specs {
		if c.Flags().Changed(p.Name) {
			args = append(args, "--"+p.Name+"="+c.Flags().Lookup(p.Name).Value.String())
		}
	}
	return args
}

// load reads the settings. Only a bad flag is an error: a bad file or variable
// is told about, and the defaults hold.
func (f *screenFlags) load(c *cobra.Command) (*settings.Settings, error) {
	s := settings.Load(os.Getenv, tui.KeyNames())
	for _, p := range settings.Specs {
		if c.Flags().Changed(p.Name) {
			if err := s.Set(p.Name, c.Flags().Lookup(p.Name).Value.String(), "--"+p.Name); err != nil {
				return s, usageError{fmt.Errorf("--%w", err)}
			}
		}
	}
	if _, err := tui.ApplyKeys(keysOf(s)); err != nil {
		s.Problems = append(s.Problems, settings.Problem{Text: err.Error()})
		clear(s.Keys())
	}
	return s, nil
}

// keysOf are the chosen keys as the screen takes them.
func keysOf(s *settings.Settings) map[string]string {
	m := map[string]string{}
	for action, list := range s.Keys() {
		m[action] = strings.Join(list, " ")
	}
	return m
}

// say tells what is wrong with the settings, in one line.
func say(s *settings.Settings) {
	if text := s.Said(); text != "" {
		fmt.Fprintf(os.Stderr, "packetwalk: %s\n", view.Clean(text))
	}
}

// screenOptions are the settings as the screen takes them.
func screenOptions(s *settings.Settings) tui.Options {
	theme := s.Get("theme")
	if theme != "none" && theme != "auto" && s.Given("theme") {
		os.Unsetenv("NO_COLOR") // a theme was asked for by name
	}
	o := tui.Options{Theme: theme, Still: s.Get("motion") == "reduced", NoMouse: s.Get("mouse") == "false",
		ASCII: s.Get("ascii") == "true", UTF8: s.Get("ascii") == "false", Keys: keysOf(s)}
	for _, p := range settings.Specs {
		if p.Name == "speed" {
			o.Speed = slices.Index(p.Values, s.Get("speed")) + 1
		}
	}
	return o
}

// screenFor makes ready for showing a Session on the screen as the settings want
// it.
func screenFor(c *cobra.Command, v *view.Session) (tui.Options, error) {
	var f screenFlags
	s, err := f.load(c)
	if err != nil {
		return tui.Options{}, err
	}
	say(s)
	o := screenOptions(s)
	o.Session = v
	return o, begin(v, s)
}

// begin puts a Session where the settings want it.
func begin(v *view.Session, s *settings.Settings) error {
	if !s.Given("depth") {
		return nil
	}
	return v.Do(view.Command{Verb: view.SetDepth, Expr: s.Get("depth")})
}

// remember keeps a capture among the recent files, if it is a file.
func remember(name string) {
	if _, bundled := pcaps.Lookup(name); name == "-" || bundled && !isFile(name) {
		return
	}
	settings.Remember(os.Getenv, name) //nolint:errcheck // a list for comfort: a full disk must not stop a walk
}

func isFile(name string) bool {
	i, err := os.Stat(name)
	return err == nil && i.Mode().IsRegular()
}

func settingsCommand() *cobra.Command {
	var f screenFlags
	example := false
	c := &cobra.Command{
		Use:   "settings",
		Short: "Print the settings in force, and where each comes from",
		Long: `Print the settings in force, and where each comes from. A flag is above the
environment (PACKETWALK_THEME, PACKETWALK_DEPTH …; NO_COLOR), that is above the
file $XDG_CONFIG_HOME/packetwalk/config, and for the rest the defaults hold. What
is wrong in the file is told here in full; it never keeps packetwalk from starting.`,
		Example: `  packetwalk settings
  packetwalk settings --example > ~/.config/packetwalk/config
  packetwalk settings --theme light     what would hold with this flag`,
		Annotations: map[string]string{exitStatus: "0 all is well, 1 something is wrong with what was given, 2 the command line is."},
		Args:        noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			w := c.OutOrStdout()
			if example {
				fmt.Fprint(w, settings.Example)
				fmt.Fprintf(w, "# The actions: %s\n", strings.Join(tui.KeyNames(), " "))
				return nil
			}
			s, err := f.load(c)
			if err != nil {
				return err
			}
			return printSettings(c, s)
		},
	}
	f.flags(c)
	c.Flags().BoolVar(&example, "example", false, "print a file with every setting instead")
	return c
}

func printSettings(c *cobra.Command, s *settings.Settings) error {
	w := c.OutOrStdout()
	path, is := s.Path, "(it is read)"
	switch {
	case path == "":
		path, is = "nowhere: neither XDG_CONFIG_HOME nor HOME is set", ""
	case !s.Found:
		is = "(there is none)"
	}
	fmt.Fprintf(w, "%s\n\n", strings.TrimSpace("file   "+view.Clean(path)+" "+is))
	name, value := 0, 0
	for _, v := range s.All() {
		name, value = max(name, len(v.Name)), max(value, len(v.Value))
	}
	for _, v := range s.All() {
		fmt.Fprintf(w, "%-*s  %-*s  %s\n", name, view.Clean(v.Name), value, view.Clean(v.Value), v.From)
	}
	for _, p := range s.Problems {
		fmt.Fprintf(os.Stderr, "packetwalk: %s\n", view.Clean(p.Error()))
	}
	if len(s.Problems) > 0 {
		return errSaid
	}
	return nil
}
