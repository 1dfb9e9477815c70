package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/packetwalk/packetwalk/lessons"
	drills "github.com/packetwalk/packetwalk/lessons/drill"
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/drill"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/tui/settings"
)

var errNotDrill = errors.New("--ip_version is for packetdrill scripts")

// isDrill reports whether an input is a packetdrill script: it ends in .pkt, or
// it is the name of a bundled script that is no file, no bundled capture and no
// bundled lab.
func isDrill(name string) bool {
	if strings.HasSuffix(name, ".pkt") {
		return true
	}
	if _, err := os.Stat(name); err == nil {
		return false
	}
	if _, ok := pcaps.Lookup(name); ok {
		return false
	}
	if _, ok := lessons.Lab(name); ok {
		return false
	}
	_, ok := drills.Find(name)
	return ok
}

// drillText is a packetdrill script with the name that errors shall tell: of a
// file, or of the bundled script of that name.
func drillText(name string) (file, text string, err error) {
	text, err = readScript(name)
	if err == nil || !os.IsNotExist(err) {
		return name, text, err
	}
	if s, ok := drills.Find(name); ok {
		return s.Name + ".pkt", s.Text, nil
	}
	if strings.ContainsRune(name, os.PathSeparator) {
		return name, "", err
	}
	var all []string
	for _, s := range drills.Scripts() {
		all = append(all, s.Name)
	}
	if n := settings.Nearest(strings.TrimSuffix(name, ".pkt"), all); n != "" {
		err = fmt.Errorf("%w, and no bundled script has this name; did you mean %s?", err, n)
	}
	return name, "", err
}

// listDrills prints the bundled scripts' names, each with what it shows.
func listDrills(w io.Writer) {
	wide := 0
	for _, s := range drills.Scripts() {
		wide = max(wide, len(s.Name))
	}
	for _, s := range drills.Scripts() {
		fmt.Fprintf(w, "%-*s  %s\n", wide, s.Name, s.Title)
	}
}

// drillFlags are the flags for a packetdrill script.
func (in *input) drillFlags(c *cobra.Command) {
	c.Flags().Var((*ipVersion)(in), "ip_version", "a packetdrill script's packets and sockets: ipv4, ipv6 or ipv4-mapped-ipv6")
	c.Flags().SetNormalizeFunc(drillNames)
}

// drillNames lets packetdrill's options be written with hyphens too.
func drillNames(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	n := strings.ReplaceAll(name, "-", "_")
	if _, ok := drill.IsOption(n); ok {
		name = n
	}
	return pflag.NormalizedName(name)
}

// An ipVersion is the flag --ip_version of an input.
type ipVersion input

func (v *ipVersion) String() string { return "" }
func (v *ipVersion) Type() string   { return "MODE" }
func (v *ipVersion) Set(s string) error {
	v.drill = append(v.drill, drill.Setting{Name: "ip_version", Value: s})
	return nil
}

// isDrill reports whether a packetdrill script is walked.
func (in *input) isDrill() bool { return in.labWalk != nil && in.labWalk.Script().Drill != nil }

// openDrill opens a packetdrill script to be walked.
func (in *input) openDrill(name string) error {
	if in.lab != "" || in.local != "" || in.mode == "react" {
		return usageError{errors.New("a packetdrill script is walked as it is: --lab, --local and --mode are for captures")}
	}
	file, text, err := drillText(name)
	if err != nil {
		return err
	}
	in.name = file
	in.labWalk, err = walk.OpenLab(walk.Script{Name: file, Text: text, Seed: 1, Drill: &drill.Config{Given: in.drill}})
	return err
}

// scripts completes the arguments of drill: the bundled scripts' names, and
// files.
func scripts(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var list []cobra.Completion
	for _, s := range drills.Scripts() {
		list = append(list, cobra.CompletionWithDesc(s.Name, s.Title))
	}
	return list, cobra.ShellCompDirectiveDefault
}
