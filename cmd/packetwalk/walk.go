package main

import (
	"os"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/tui"
)

func walkCommand() *cobra.Command {
	var in input
	plain := false
	c := &cobra.Command{
		Use:   "walk INPUT",
		Short: "Walk through a capture on the screen, forwards and backwards",
		Long: `Walk through a capture on the screen, forwards and backwards. INPUT is a pcap or
pcapng file (gzip or not), the name of a bundled capture, or - for standard input.
Press ? for the keys, q to leave.`,
		Example: `  packetwalk walk ping
  packetwalk walk my.pcapng --local 192.168.1.10
  packetwalk walk ping --plain | less`,
		Args: oneInput,
		RunE: func(c *cobra.Command, args []string) error {
			if err := in.open(args[0]); err != nil {
				return err
			}
			defer in.reader.Close()
			k, err := walk.Open(in.reader, in.opt)
			if err != nil {
				return err
			}
			if plain || !term.IsTerminal(os.Stdout.Fd()) || !term.IsTerminal(os.Stdin.Fd()) && args[0] != "-" {
				if err := view.Plain(c.OutOrStdout(), view.NewSession(k, in.name)); err != nil {
					return err
				}
				return k.Err()
			}
			return tui.Run(tui.Options{Walk: k, Name: in.name})
		},
	}
	in.flags(c)
	c.Flags().BoolVar(&plain, "plain", false, "lines of text in the normal scrollback instead of the screen")
	return c
}
