package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/stack/bench"
	"github.com/packetwalk/packetwalk/stack/oracle/rules"
)

func benchCommand() *cobra.Command {
	var o bench.Options
	asJSON := false
	rulePackets := 0
	c := &cobra.Command{
		Use:   "bench [CAPTURE]",
		Short: "Measure how fast packetwalk is, beside gopacket and tshark",
		Long: `Measure how fast packetwalk is on this machine, in one run on one core, beside
gopacket's decoder and (if it is installed) tshark. Without a capture it makes
one of a million frames in the folder for temporary files, and removes it.`,
		Example: `  packetwalk bench
  packetwalk bench --frames 100000 --json
  packetwalk bench --netstack stack/bench/netstack   with gVisor's stack beside it`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) == 1 {
				o.Capture = args[0]
			}
			if rulePackets > 0 {
				l, err := rules.Measure(rulePackets)
				if err == nil {
					rules.PrintCosts(c.OutOrStdout(), rulePackets, l)
				}
				return err
			}
			o.Progress = os.Stderr
			o.UI = measureUI
			r, err := bench.Run(c.Context(), o)
			if err != nil {
				return err
			}
			if asJSON {
				b, err := json.MarshalIndent(r, "", "  ")
				if err != nil {
					return err
				}
				fmt.Fprintf(c.OutOrStdout(), "%s\n", b)
			} else {
				r.Print(c.OutOrStdout())
			}
			if len(r.Problems) > 0 {
				return errors.New("not everything could be measured: see above")
			}
			return nil
		},
	}
	f := c.Flags()
	f.BoolVar(&asJSON, "json", false, "print the figures as JSON")
	f.IntVar(&rulePackets, "rules", 0, "measure that many packets through rule sets instead: an empty chain, a map of 1,000,000, 1,000 rules of iptables")
	f.IntVar(&o.Frames, "frames", 1_000_000, "how many frames the made capture has")
	f.IntVar(&o.Flows, "flows", 0, "how many conversations (one for 100 frames, 10,000 at most)")
	f.IntVar(&o.Runs, "runs", 3, "how often the short measurements are made: the median counts")
	f.IntVar(&o.Seeks, "seeks", 300, "how many random packets are sought")
	f.StringVar(&o.Netstack, "netstack", "", "the `FOLDER` of the gVisor comparison's module, or its program")
	f.BoolVar(&o.NoTshark, "no-tshark", false, "leave tshark out, though it is installed")
	return c
}
