package main

import "github.com/spf13/cobra"

func tourCommand() *cobra.Command {
	plain := false
	c := &cobra.Command{
		Use:   "tour",
		Short: "Ten steps that explain the screen by using it",
		Long: `Ten steps that explain the screen by using it, on the bundled capture of a ping.
Leave it at any time with esc; take it again whenever you like.`,
		Example: "  packetwalk tour",
		Args:    noArgs,
		RunE:    func(c *cobra.Command, _ []string) error { return takeLesson(c, "tour", plain) },
	}
	c.Flags().BoolVar(&plain, "plain", false, "lines of text in the normal scrollback instead of the screen")
	(&screenFlags{}).flags(c)
	return c
}
