package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func benchCommand() *cobra.Command {
	return &cobra.Command{Use: "bench", Short: "Measure how fast packetwalk is on this machine", RunE: func(*cobra.Command, []string) error {
		return fmt.Errorf("not there yet")
	}}
}
