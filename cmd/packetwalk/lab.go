package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/lessons"
)

// labCommand is `packetwalk lab`: the bundled lab scripts.
func labCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "lab",
		Short: "The lab scripts that come with packetwalk",
		Long: `The lab scripts that come with packetwalk: networks in a few lines of shell, with
questions to them. The same file runs here (packetwalk sh NAME) and as root on a
real Linux (packetwalk lab show NAME > lab.sh; unshare -n -m sh lab.sh).`,
		Example: `  packetwalk lab list
  packetwalk lab show two-hosts
  packetwalk sh two-hosts`,
		Args: noArgs,
		RunE: func(c *cobra.Command, _ []string) error { return listLabs(c) },
	}
	list := &cobra.Command{
		Use: "list", Short: "List the labs: name, title", Args: noArgs,
		Example: "  packetwalk lab list",
		RunE:    func(c *cobra.Command, _ []string) error { return listLabs(c) },
	}
	show := &cobra.Command{
		Use: "show NAME", Short: "Print a lab's script",
		Example:           "  packetwalk lab show two-hosts",
		ValidArgsFunction: labNames,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError{fmt.Errorf("lab show takes one name, not %d", len(args))}
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error {
			text, ok := lessons.Lab(args[0])
			if !ok {
				return fmt.Errorf("there is no lab %q: packetwalk lab list lists them", args[0])
			}
			_, err := fmt.Fprint(c.OutOrStdout(), text)
			return err
		},
	}
	c.AddCommand(list, show)
	return c
}

func listLabs(c *cobra.Command) error {
	for _, l := range lessons.Labs() {
		if _, err := fmt.Fprintf(c.OutOrStdout(), "%-22s %s\n", l.Name, l.Title); err != nil {
			return err
		}
	}
	return nil
}

func labNames(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, l := range lessons.Labs() {
		names = append(names, l.Name+"\t"+strings.TrimSpace(l.Title))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
