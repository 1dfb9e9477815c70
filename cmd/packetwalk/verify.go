package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/lessons"
	"github.com/packetwalk/packetwalk/stack/oracle"
	"github.com/packetwalk/packetwalk/stack/oracle/real"
	"github.com/packetwalk/packetwalk/stack/view"
)

// verifyFlags are the options of `packetwalk verify`.
type verifyFlags struct {
	record   bool
	recorded bool
	facts    bool
	noTrace  bool
	quiet    bool
	dir      string
	timeout  time.Duration
	most     int
	runs     int
	score    bool
	update   bool
	rules    ruleFlags
	routes   int
}

// verifyCommand is `packetwalk verify`: one script, two kernels.
func verifyCommand() *cobra.Command {
	var f verifyFlags
	c := &cobra.Command{
		Use:   "verify LAB.sh...",
		Short: "Run a lab on the real kernel and in the model, and compare",
		Long: `Runs each lab script on the real kernel (Linux, as root), in namespaces that are
made for it and go away with it, and records what the kernel did: the frames on
every device, tracepoints with the functions that led to them, the trace of
nftables, events of connection tracking, counters and tables. Then it runs the
same script in the model and compares, family by family. Ports, sequence numbers,
addresses of devices, ids and times that a kernel draws at random are made
relative first; all else that differs is told. Exit status 0 only if all agrees.
A kernel does not do everything twice in the same way: where the first run differs
the lab is run again, --runs times at most, and a family agrees if it does with one
of the runs (--runs 1 asks once).

A lab is a file, or the name of a bundled lab.

With --record the facts of the kernel's first run are kept as NAME.facts.json; with --recorded they
are compared with the model later, without root. --score tells which functions,
drop reasons and counters the recordings show.`,
		Example: `  packetwalk verify lab.sh                as root: the script on both kernels
  packetwalk verify --record -o lessons/labs lessons/labs/*.sh
  packetwalk verify --recorded lessons/labs/*.sh
  packetwalk verify --score
  packetwalk verify --rules 2000 --kind nft,iptables
  packetwalk verify --routes 500`,
		RunE: func(c *cobra.Command, args []string) error { return verify(c, args, &f) },
	}
	fl := c.Flags()
	fl.BoolVar(&f.record, "record", false, "keep the kernel's facts as NAME.facts.json")
	fl.StringVarP(&f.dir, "output", "o", "", "the folder of the recordings (default: that of the lab)")
	fl.BoolVar(&f.recorded, "recorded", false, "compare with the recording instead of the real kernel: no root is needed")
	fl.BoolVar(&f.recorded, "model", false, "the same as --recorded")
	fl.BoolVar(&f.facts, "facts", false, "print all facts of both")
	fl.BoolVar(&f.noTrace, "no-trace", false, "put no table inet pwtrace in: it has every packet traced through nftables")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "one line a lab")
	fl.DurationVar(&f.timeout, "timeout", time.Minute, "how long a script may take on the real kernel")
	fl.IntVar(&f.most, "most", 5, "how many differences of a family are printed, 0 for all")
	fl.IntVar(&f.runs, "runs", 3, "how often to ask the real kernel before a difference is the model's")
	fl.BoolVar(&f.score, "score", false, "tell what the recordings show of the model, and what they do not")
	fl.BoolVar(&f.update, "update", false, "with --score: write the table of the catalogue anew (in a checkout)")
	f.rules.add(fl)
	fl.IntVar(&f.routes, "routes", 0, "compare that many random set-ups of routing policy instead of a lab: ip rule, route, nexthop, and route get")
	return c
}

func verify(c *cobra.Command, args []string, f *verifyFlags) error {
	if f.score {
		return score(c.OutOrStdout(), args, f)
	}
	if f.rules.n != 0 {
		ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return verifyRules(ctx, c.OutOrStdout(), &f.rules, f.most)
	}
	if f.routes != 0 {
		ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		return verifyRoutes(ctx, c.OutOrStdout(), f.routes, &f.rules, f.most)
	}
	if len(args) == 0 {
		return usageError{errors.New("verify needs a lab: a script, or the name of a bundled one")}
	}
	if f.record && f.recorded {
		return usageError{errors.New("--record asks the real kernel and --recorded does not: one of them")}
	}
	ctx, stop := signal.NotifyContext(c.Context(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	agree := true
	for _, a := range args {
		ok, err := verifyLab(ctx, c.OutOrStdout(), a, f)
		if ctx.Err() != nil {
			return fmt.Errorf("%s: interrupted; nothing of the lab is left", a)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "packetwalk: %s: %s\n", a, view.Clean(err.Error()))
		}
		agree = agree && ok && err == nil
	}
	if !agree {
		return statusError{errSaid, 1}
	}
	return nil
}

// labText is a lab by its file or its name, and where its recording is kept.
func labText(arg, dir string) (name, text, facts string, err error) {
	if t, ok := lessons.Lab(arg); ok {
		if _, err := os.Stat(arg); err != nil {
			return arg + ".sh", t, filepath.Join(dir, arg+".facts.json"), nil
		}
	}
	if text, err = readScript(arg); err != nil {
		return "", "", "", err
	}
	name = filepath.Base(arg)
	if dir == "" {
		dir = filepath.Dir(arg)
	}
	return name, text, filepath.Join(dir, strings.TrimSuffix(name, ".sh")+".facts.json"), nil
}

// traced reports whether packets shall be traced through nftables: where a
// script has to do with rules.
func traced(text string, f *verifyFlags) bool {
	return !f.noTrace && (strings.Contains(text, "nft") || strings.Contains(text, "iptables") || strings.Contains(text, "ip6tables"))
}

func verifyLab(ctx context.Context, out io.Writer, arg string, f *verifyFlags) (bool, error) {
	name, text, file, err := labText(arg, f.dir)
	if err != nil {
		return false, err
	}
	var want, got *oracle.LabFacts
	var runs [][]oracle.Family
	var first *oracle.LabFacts // what is kept must not be chosen by what the model does
	for n := 0; n < max(1, f.runs); n++ {
		if want, err = kernelFacts(ctx, name, text, file, f); err != nil {
			return false, err
		}
		var fs []oracle.Family
		if got, fs, err = oracle.RunAgainst(name, text, want); err != nil {
			return false, err
		}
		runs = append(runs, fs)
		if first == nil {
			first = want
		}
		if f.recorded || oracle.Agree(oracle.Best(runs)) {
			break
		}
	}
	fs := oracle.Best(runs)
	if f.record {
		if err := keep(file, first); err != nil {
			return false, err
		}
	}
	if f.facts {
		fmt.Fprintf(out, "# the kernel's facts\n%s# the model's facts\n%s", cleanLines(want.Print()), cleanLines(got.Print()))
	}
	reportLab(out, name, want, got, fs, f)
	return oracle.Agree(fs), nil
}

// cleanLines is view.Clean of each line.
func cleanLines(s string) string {
	l := strings.Split(s, "\n")
	for i := range l {
		l[i] = view.Clean(l[i])
	}
	return strings.Join(l, "\n")
}

// kernelFacts are what the real kernel did, or what a recording says that it did.
func kernelFacts(ctx context.Context, name, text, file string, f *verifyFlags) (*oracle.LabFacts, error) {
	if f.recorded {
		return oracle.ReadLab(file)
	}
	r, err := real.Record(ctx, real.Lab{Name: name, Text: text, Timeout: f.timeout, Trace: traced(text, f), Tables: oracle.LabTables, Settle: time.Duration(oracle.Settle)})
	if err != nil {
		return nil, err
	}
	facts := oracle.FromReal(name, text, r)
	facts.Traced = traced(text, f)
	return facts, nil
}

// keep writes a recording: of several runs that with which the model agrees
// best, for what the kernel does not do twice in the same way is not to be held
// against it.
func keep(file string, facts *oracle.LabFacts) error {
	b, err := json.Marshal(facts)
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o644)
}

// reportLab prints how the two kernels agree.
func reportLab(out io.Writer, name string, want, got *oracle.LabFacts, fs []oracle.Family, f *verifyFlags) {
	same, differ := 0, 0
	for _, x := range fs {
		same += x.Same
		differ += len(x.Diff)
	}
	verdict := "agrees"
	if differ > 0 {
		verdict = fmt.Sprintf("DIFFERS in %d", differ)
	}
	fmt.Fprintf(out, "%s: %s, %d facts agree (kernel %s)\n", name, verdict, same, want.Kernel)
	if f.quiet {
		return
	}
	for _, x := range fs {
		where := x.Name
		if x.Host != "" {
			where = x.Host + " " + x.Name
		}
		switch {
		case x.Skip != "":
			fmt.Fprintf(out, "  %-34s not compared: %s\n", where, view.Clean(x.Skip))
		case len(x.Diff) == 0 && x.Runs > 0:
			fmt.Fprintf(out, "  %-34s %5d agree with run %d of the kernel, which does not do this twice in the same way\n", where, x.Same, x.Runs)
		case len(x.Diff) == 0:
			fmt.Fprintf(out, "  %-34s %5d agree\n", where, x.Same)
		default:
			fmt.Fprintf(out, "  %-34s %5d agree, %d differ\n", where, x.Same, len(x.Diff))
			for i, d := range x.Diff {
				if f.most > 0 && i == f.most {
					fmt.Fprintf(out, "      … and %d more\n", len(x.Diff)-i)
					break
				}
				fmt.Fprintf(out, "      %s\n", view.Clean(d))
			}
		}
	}
	for _, l := range want.Without {
		fmt.Fprintf(out, "  not recorded: %s\n", view.Clean(l))
	}
	for _, l := range got.Without {
		fmt.Fprintf(out, "  not modelled: %s\n", view.Clean(l))
	}
	for _, l := range got.NotModelled {
		fmt.Fprintf(out, "  not modelled: %s\n", view.Clean(l))
	}
}
