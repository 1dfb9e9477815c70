package main

import (
	"slices"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/step"
)

// captures completes the INPUT of a command: the bundled captures' names, those
// of labs and packetdrill scripts if it walks them, and files. n is how many inputs the command takes.
func captures(n int) cobra.CompletionFunc {
	return func(c *cobra.Command, args []string, _ string) (list []cobra.Completion, d cobra.ShellCompDirective) {
		if len(args) >= n {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		for _, e := range pcaps.Bundled() {
			list = append(list, cobra.CompletionWithDesc(e.Name, e.Shows))
		}
		if c.Flags().Lookup("ip_version") != nil {
			for _, l := range lessons.Labs() {
				list = append(list, cobra.CompletionWithDesc(l.Name, l.Title))
			}
			s, _ := scripts(c, args, "")
			list = append(list, s...)
		}
		return list, cobra.ShellCompDirectiveDefault
	}
}

// functions completes the name of a kernel function.
func functions(*cobra.Command, []string, string) (list []cobra.Completion, d cobra.ShellCompDirective) {
	step.Each(func(_ step.Step, i *step.Info) { list = append(list, cobra.CompletionWithDesc(i.Func, i.What)) })
	slices.Sort(list)
	return slices.Compact(list), cobra.ShellCompDirectiveNoFileComp
}

// completions tells the commands what their arguments and flags take, for the
// shell's completion.
func completions(root *cobra.Command) {
	if c, _, err := root.Find([]string{"completion"}); err == nil && c != root {
		c.Use, c.Short = "completion SHELL", "Print the completion script for bash, zsh, fish or powershell"
		c.Long = c.Short + `.
packetwalk completion SHELL --help tells where the script belongs.`
		c.Example = `  packetwalk completion bash > ~/.local/share/bash-completion/completions/packetwalk
  packetwalk completion zsh > "${fpath[1]}/_packetwalk"
  packetwalk completion fish > ~/.config/fish/completions/packetwalk.fish`
	}
	flags := map[string]cobra.CompletionFunc{
		"until":      functions,
		"mode":       cobra.FixedCompletions([]cobra.Completion{"follow", "react"}, cobra.ShellCompDirectiveNoFileComp),
		"format":     cobra.FixedCompletions([]cobra.Completion{"text", "ndjson", "pcapng", "perfetto"}, cobra.ShellCompDirectiveNoFileComp),
		"ip_version": cobra.FixedCompletions([]cobra.Completion{"ipv4", "ipv6", "ipv4-mapped-ipv6"}, cobra.ShellCompDirectiveNoFileComp),
		"lab":        cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
		"output":     cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault),
	}
	inputs := map[string]int{"walk": 1, "trace": 1, "flow": 1, "shot": 1, "web": 1, "bench": 1, "compare": 2}
	for _, c := range root.Commands() {
		if n := inputs[c.Name()]; n > 0 && c.ValidArgsFunction == nil {
			c.ValidArgsFunction = captures(n)
		}
		for name, f := range flags {
			if _, known := c.GetFlagCompletionFunc(name); c.Flags().Lookup(name) != nil && !known {
				c.RegisterFlagCompletionFunc(name, f) //nolint:errcheck // the flag is there
			}
		}
	}
}
