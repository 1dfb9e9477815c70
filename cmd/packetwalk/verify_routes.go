package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/packetwalk/packetwalk/stack/oracle/routes"
	"github.com/packetwalk/packetwalk/stack/view"
)

// verifyRoutes compares random routing policy with the real kernel.
func verifyRoutes(ctx context.Context, out io.Writer, n int, f *ruleFlags, most int) error {
	if n < 0 {
		return usageError{errors.New("--routes is a number above 0")}
	}
	b := &strings.Builder{}
	rep, err := routes.Run(ctx, routes.Options{N: n, Seed: f.seed, Most: most, Whole: f.whole}, b)
	fmt.Fprint(out, cleanLines(b.String()))
	if err != nil {
		return err
	}
	verdict := "all agree"
	if rep.Differ > 0 {
		verdict = fmt.Sprintf("%d DIFFER", rep.Differ)
	}
	fmt.Fprintf(out, "%d cases, %d commands, of which both refuse %d: %s (%s)\n", rep.Cases, rep.Commands, rep.Refused, verdict, rep.Took.Round(time.Second))
	fmt.Fprintln(out, "  compared: every byte that ip prints, and its exit status")
	if rep.Unsteady > 0 {
		fmt.Fprintf(out, "  %d not compared: the kernel does not do them twice in the same way\n", rep.Unsteady)
	}
	for _, w := range sortedWhy(rep.Why) {
		fmt.Fprintf(out, "  not compared, %d: %s\n", rep.Why[w], view.Clean(w))
	}
	if rep.Differ > 0 {
		return statusError{errSaid, 1}
	}
	return nil
}
