package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
)

type flowFlags struct {
	input
	format string
	flow   int
	queues bool
}

func flowCommand() *cobra.Command {
	var t flowFlags
	c := &cobra.Command{
		Use:   "flow INPUT",
		Short: "Print what the TCP connections do: windows, queues, timers, what limits them",
		Long: `Print what the TCP connections of the host do: congestion window, sequence
numbers, round-trip times, timers, and what limits each of them. INPUT is a
capture, the name of a bundled one, or a lab. Without --flow and --format the
connections are listed, with what limited them for how long.

With --format ndjson, one JSON object a line. First the head. Then, for each
change, "ev":"state" with all values after it: numbers of bytes and of segments
as in ss -ti, times in the unit that the name says, timers as the moment when
they fire; "fn" is the kernel function that made the change; t is in virtual
nanoseconds from the first input. And "ev":"segment" for each segment on a wire
and each SACK block: "of" is the direction of the bytes. Last, "summary" for each
connection, with the nanoseconds that each thing was the limit.

Where a capture is followed, what is sent is the capture's; cwnd, ssthresh and
timers are what the model reckons ("inferred":true).

Exit status: 0 done, 1 the input is bad, 2 the command line is.`,
		Example: `  packetwalk flow loss
  packetwalk flow loss --flow 1
  packetwalk flow loss --format ndjson | jq 'select(.ev=="state") | [.t,.cwnd]'
  packetwalk flow my.sh --format ndjson --queues`,
		Args: oneInput,
		RunE: func(c *cobra.Command, args []string) error { return t.run(c, args[0]) },
	}
	t.flags(c)
	f := c.Flags()
	f.StringVar(&t.format, "format", "", "text or ndjson: a line for each change")
	f.IntVar(&t.flow, "flow", 0, "only connection `N`, as listed")
	f.BoolVar(&t.queues, "queues", false, "ndjson: with the packets of the queues and what is known of each (the SACK scoreboard)")
	return c
}

func (t *flowFlags) run(c *cobra.Command, name string) error {
	switch t.format {
	case "", "text", "ndjson":
	default:
		return usageError{fmt.Errorf("--format is text or ndjson, not %q", t.format)}
	}
	if t.flow < 0 {
		return usageError{fmt.Errorf("--flow takes a number from 1, not %d", t.flow)}
	}
	if t.queues && t.format != "ndjson" {
		return usageError{errors.New("--queues needs --format ndjson")}
	}
	if err := t.open(name); err != nil {
		return err
	}
	out := bufio.NewWriterSize(c.OutOrStdout(), 1<<16)
	w := &view.Flows{W: out, JSON: t.format == "ndjson", Only: t.flow, List: t.format == "" && t.flow == 0, Queues: t.queues}
	broken, err := t.watch(w)
	if err != nil {
		return err
	}
	err = w.Finish()
	if err == nil {
		err = out.Flush()
	}
	switch {
	case err != nil && (errors.Is(err, io.ErrClosedPipe) || strings.Contains(err.Error(), "broken pipe")):
		return nil
	case err != nil:
		return fmt.Errorf("the flows cannot be written: %w", err)
	case broken != nil:
		return broken
	case t.flow > w.Flows():
		return fmt.Errorf("there is no flow %d: %s has %d TCP connections", t.flow, t.name, w.Flows())
	case w.Flows() == 0:
		fmt.Fprintln(c.ErrOrStderr(), "no TCP connection is in it")
	}
	return nil
}

// watch runs the input once. broken says why it breaks off, if it does.
func (t *flowFlags) watch(w *view.Flows) (broken, err error) {
	head := func(mode string) {
		if w.JSON {
			_, w.Error = fmt.Fprintf(w.W, "{\"packetwalk\":1,\"kernel\":\"6.18\",\"input\":%q,\"mode\":%q,\"flows\":1}\n", t.name, mode)
		}
	}
	if k := t.labWalk; k != nil {
		for done := false; !done; {
			if done, err = k.Advance(1 << 12); err != nil {
				return nil, err
			}
		}
		head("lab")
		w.Names = k.Names().HostName
		if err := k.Watch(0, w); err != nil {
			return nil, err
		}
		return t.broken(nil), nil
	}
	defer t.reader.Close()
	p, err := walk.Diagnose(t.reader, t.opt)
	if err != nil {
		return nil, err
	}
	r, err := stack.NewReplay(t.opt, p)
	if err != nil {
		return nil, err
	}
	head(t.mode)
	tr := &trace.Tracer{Mode: trace.Watch, Watcher: w}
	r.SetTracer(tr)
	w.Clock(tr)
	t.reader.Rewind()
	for {
		f, err := t.reader.Next()
		if err != nil {
			if !errors.Is(err, io.EOF) {
				broken = err
			}
			break
		}
		w.Packet = f.N
		r.Inject(&f)
		tr.Ends = tr.Ends[:0]
		if w.Error != nil {
			return nil, nil
		}
	}
	w.Packet = 0
	r.Finish()
	return broken, nil
}
