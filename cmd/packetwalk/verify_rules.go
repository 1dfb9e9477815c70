package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/packetwalk/packetwalk/stack/oracle/rules"
	"github.com/packetwalk/packetwalk/stack/view"
)

// ruleFlags are the options of `packetwalk verify --rules`.
type ruleFlags struct {
	n       int
	seed    int64
	kinds   []string
	packets int
	whole   bool
}

// add puts the options in.
func (f *ruleFlags) add(fl *pflag.FlagSet) {
	fl.IntVar(&f.n, "rules", 0, "compare that many random rule sets instead of a lab: packets through a router in namespaces, and in the model")
	fl.Int64Var(&f.seed, "seed", 1, "with --rules, --routes: the first one's number")
	fl.StringSliceVar(&f.kinds, "kind", nil, "with --rules: of these kinds, in turn ("+strings.Join(rules.Kinds, ",")+")")
	fl.IntVar(&f.packets, "packets", 25, "with --rules: packets for each rule set")
	fl.BoolVar(&f.whole, "whole", false, "with --rules, --routes: print what differs as it is, not made small")
}

// verifyRules compares random rule sets with the real kernel.
func verifyRules(ctx context.Context, out io.Writer, f *ruleFlags, most int) error {
	for _, k := range f.kinds {
		if !slices.Contains(rules.Kinds, k) {
			return usageError{fmt.Errorf("unknown kind %q: %s", k, strings.Join(rules.Kinds, ", "))}
		}
	}
	if f.n < 0 || f.packets < 1 || f.packets > 1000 {
		return usageError{errors.New("--rules and --packets are numbers above 0, --packets not above 1000")}
	}
	b := &strings.Builder{}
	rep, err := rules.Run(ctx, rules.Options{N: f.n, Seed: f.seed, Kinds: f.kinds, Packets: f.packets, Most: most, Whole: f.whole}, b)
	fmt.Fprint(out, cleanLines(b.String()))
	if err != nil {
		return err
	}
	verdict := "all agree"
	if rep.Differ > 0 {
		verdict = fmt.Sprintf("%d DIFFER", rep.Differ)
	}
	fmt.Fprintf(out, "%d rule sets, %d packets in and %d out: %s (%s)\n", rep.Sets, rep.Packets, rep.Out, verdict, rep.Took.Round(time.Second))
	var kinds []string
	for k, n := range rep.ByKind {
		kinds = append(kinds, fmt.Sprintf("%s %d", k, n))
	}
	sort.Strings(kinds)
	fmt.Fprintf(out, "  %s\n  compared: verdicts, every byte of what came out, all counters, what packets put into sets\n", strings.Join(kinds, ", "))
	if rep.Refused > 0 {
		fmt.Fprintf(out, "  %d more were refused by both, %d of them in other words\n", rep.Refused, rep.Words)
	}
	if rep.Text > 0 {
		fmt.Fprintf(out, "  %d of those that agree have a rule that nft lists in another form\n", rep.Text)
	}
	for _, w := range rep.Forms {
		fmt.Fprint(out, cleanLines(w))
	}
	if rep.Unsteady > 0 {
		fmt.Fprintf(out, "  %d agree only with a later run of the kernel, which does not do them twice in the same way\n", rep.Unsteady)
	}
	for _, w := range sortedWhy(rep.Why) {
		fmt.Fprintf(out, "  not compared, %d: %s\n", rep.Why[w], view.Clean(w))
	}
	if rep.Differ > 0 {
		return statusError{errSaid, 1}
	}
	return nil
}

func sortedWhy(m map[string]int) (l []string) {
	for k := range m {
		l = append(l, k)
	}
	sort.Strings(l)
	return l
}
