package routes

import (
	"context"
	"fmt"
	"io"
	"sort"
	"strings"
	"time"
)

// A Case is commands, one a line, which each family's kernel carries out in turn.
type Case struct {
	Seed  int64
	Lines []string
}

// An Answer is what a command printed, errors among it, and its exit status.
type Answer struct {
	Text   string
	Status string
}

// script has all commands print where they begin and how they end.
func (c *Case) script() string {
	var b strings.Builder
	b.WriteString("exec 2>&1\n")
	for _, l := range c.Lines {
		fmt.Fprintf(&b, "%s\necho \"%s$?\"\n", l, mark)
	}
	return b.String()
}

// mark begins the line behind a command's output.
const mark = "-=status "

// answers takes apart what a script printed.
func (c *Case) answers(out string) []Answer {
	var l []Answer
	for _, part := range strings.SplitAfter(out, "\n") {
		if len(l) == 0 || l[len(l)-1].Status != "" {
			l = append(l, Answer{})
		}
		a := &l[len(l)-1]
		if text, status, ok := strings.Cut(part, mark); ok {
			a.Text += text
			a.Status = strings.TrimSpace(status)
			continue
		}
		a.Text += part
	}
	for len(l) < len(c.Lines) {
		l = append(l, Answer{})
	}
	return l[:len(c.Lines)]
}

// differs is the first command whose answers differ, -1 if none does. Commands that
// the model says it does not model are told in without.
func (c *Case) differs(real, ours []Answer) (at int, without string) {
	for i := range c.Lines {
		if real[i] == ours[i] {
			continue
		}
		if k := strings.Index(ours[i].Text, "not modelled"); k >= 0 {
			what, _, _ := strings.Cut(ours[i].Text[k:], "\n")
			return -1, what
		}
		return i, ""
	}
	return -1, ""
}

// Options choose the cases.
type Options struct {
	N     int   // how many
	Seed  int64 // of the first
	Most  int   // so many that differ are made small and printed; then it stops. 0: 3
	Whole bool  // print those that differ as they are
}

// A Report is how the cases went.
type Report struct {
	Cases    int // compared to the end
	Commands int // in them
	Refused  int // of those, by both in the same words
	Differ   int
	Unsteady int            // the real kernel did not do it twice in the same way
	Without  int            // cases with a command that is not modelled
	Why      map[string]int // which
	Took     time.Duration
}

// Run compares. Differences are written to out.
func Run(ctx context.Context, o Options, out io.Writer) (rep Report, err error) {
	if o.Most == 0 {
		o.Most = 3
	}
	rep.Why = map[string]int{}
	start := time.Now()
	defer func() { rep.Took = time.Since(start) }()
	k, err := openKernel()
	if err != nil {
		return rep, err
	}
	defer k.close()
	for n := range o.N {
		c := Make(o.Seed + int64(n))
		real, err := k.run(ctx, &c)
		if err != nil {
			return rep, err
		}
		ours, err := runModel(&c)
		if err != nil {
			return rep, fmt.Errorf("seed %d: %w", c.Seed, err)
		}
		at, without := c.differs(real, ours)
		if without != "" {
			rep.Without++
			rep.Why[without]++
			continue
		}
		if at < 0 {
			rep.count(real)
			continue
		}
		if again, err := k.run(ctx, &c); err == nil && again[at] != real[at] {
			rep.Unsteady++
			continue
		}
		rep.Differ++
		k.report(ctx, &c, at, o.Whole, out)
		if rep.Differ >= o.Most {
			fmt.Fprintf(out, "stopped after %d cases that differ\n", rep.Differ)
			break
		}
	}
	return rep, nil
}

func (rep *Report) count(l []Answer) {
	rep.Cases++
	rep.Commands += len(l)
	for _, a := range l {
		if a.Status != "0" {
			rep.Refused++
		}
	}
}

// report prints a case that differs, as small as it can be made.
func (k *kernel) report(ctx context.Context, c *Case, at int, whole bool, out io.Writer) {
	seed := c.Seed
	if small := *c; !whole {
		small.Lines = append([]string(nil), c.Lines[:at+1]...)
		c = k.shrink(ctx, &small)
	}
	real, err := k.run(ctx, c)
	if err != nil {
		fmt.Fprintln(out, err)
		return
	}
	ours, _ := runModel(c)
	fmt.Fprintf(out, "seed %d: differs\n", seed)
	last, _ := c.differs(real, ours)
	for i, l := range c.Lines {
		fmt.Fprintf(out, "  %s\n", l)
		if i == last {
			fmt.Fprintf(out, "    real: status %s\n%s    ours: status %s\n%s", real[i].Status, indent(real[i].Text, ours[i].Text), ours[i].Status, indent(ours[i].Text, real[i].Text))
			break
		}
	}
}

// indent are the lines of a text that another has not.
func indent(s, other string) string {
	has := map[string]bool{}
	for _, l := range strings.Split(other, "\n") {
		has[l] = true
	}
	var b strings.Builder
	n := 0
	for _, l := range strings.Split(strings.TrimSuffix(s, "\n"), "\n") {
		if has[l] && sorted(s) != sorted(other) {
			continue
		}
		if n++; n < 12 {
			fmt.Fprintf(&b, "      %s\n", l)
		}
	}
	return b.String()
}

func sorted(s string) string {
	l := strings.Split(s, "\n")
	sort.Strings(l)
	return strings.Join(l, "\n")
}
