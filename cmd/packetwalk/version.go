package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/stack/step"
)

// version is which packetwalk this is, and which Linux it models.
func version() string {
	v := "(devel)"
	if i, ok := debug.ReadBuildInfo(); ok && i.Main.Version != "" {
		v = i.Main.Version
	}
	return v + ", Linux " + step.Kernel
}

// versionLines are all that is known about the build.
func versionLines() string {
	var b strings.Builder
	fmt.Fprintf(&b, "packetwalk %s\n", version())
	if i, ok := debug.ReadBuildInfo(); ok {
		set := map[string]string{}
		for _, s := range i.Settings {
			set[s.Key] = s.Value
		}
		if r := set["vcs.revision"]; r != "" {
			fmt.Fprintf(&b, "commit %s", r)
			if set["vcs.modified"] == "true" {
				b.WriteString(" and changes that are not in it")
			}
			if t := set["vcs.time"]; t != "" {
				fmt.Fprintf(&b, ", %s", t)
			}
			b.WriteByte('\n')
		}
	}
	fmt.Fprintf(&b, "%s %s/%s\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return b.String()
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print which packetwalk this is, and which Linux it models",
		Example: "  packetwalk version",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			_, err := fmt.Fprint(c.OutOrStdout(), versionLines())
			return err
		},
	}
}
