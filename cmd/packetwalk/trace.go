package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/charmbracelet/x/term"
	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/oracle"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

type traceFlags struct {
	input
	format, out, packets, expr string
	summary, bytes             bool
}

func traceCommand() *cobra.Command {
	var t traceFlags
	c := &cobra.Command{
		Use:   "trace INPUT",
		Short: "Print everything that happens to the packets of a capture",
		Long: `Print everything that happens to the packets of a capture. INPUT is a pcap or
pcapng file (gzip or not), the name of a bundled capture, or - for standard input.

Exit status: 0 done, 1 the input is bad, 2 the command line is.`,
		Example: `  packetwalk trace ping
  packetwalk trace http --format ndjson -o http.ndjson
  packetwalk trace big.pcapng --packets 100-120
  packetwalk trace big.pcapng -f 'tcp port 80' --summary`,
		Args: oneInput,
		RunE: func(c *cobra.Command, args []string) error { return t.run(c, args[0]) },
	}
	t.flags(c)
	f := c.Flags()
	f.StringVar(&t.format, "format", "text", "text, ndjson, pcapng, perfetto or facts")
	f.StringVarP(&t.out, "output", "o", "", "write to this `FILE` instead of standard output")
	f.StringVar(&t.packets, "packets", "", "print only frames `A-B` (all are replayed)")
	f.StringVarP(&t.expr, "filter", "f", "", "print only frames that match this tcpdump `EXPR`ession (all are replayed)")
	f.BoolVar(&t.summary, "summary", false, "print only the head and the summary")
	f.BoolVar(&t.bytes, "bytes", false, "ndjson: frames with their bytes in hex")
	return c
}

func (t *traceFlags) run(c *cobra.Command, name string) error {
	if err := t.known(); err != nil {
		return err
	}
	sel, err := t.selection()
	if err != nil {
		return err
	}
	if err := t.open(name); err != nil {
		return err
	}
	if t.labWalk != nil {
		return t.runLab(c, name, sel)
	}
	defer t.reader.Close()
	p, err := walk.Diagnose(t.reader, t.opt)
	if err != nil {
		return err
	}
	r, err := stack.NewReplay(t.opt, p)
	if err != nil {
		return err
	}
	w, done, err := t.writer(c, name)
	if err != nil {
		return err
	}
	sink := t.sink(w, r)
	tr := &tracing{replay: r, sink: sink, sel: sel, totals: report.NewTotals(r), summary: t.summary}
	broken, err := tr.all(t.reader, &report.Head{Input: t.name, Mode: t.mode, Hosts: hosts(r)}, p)
	if err == nil {
		err = done()
	}
	if err != nil {
		if errors.Is(err, io.ErrClosedPipe) || strings.Contains(err.Error(), "broken pipe") {
			return nil
		}
		return fmt.Errorf("the trace cannot be written: %w", err)
	}
	return broken
}

// writer opens the output, which must not be the input. done flushes it and
// closes it.
func (t *traceFlags) writer(c *cobra.Command, input string) (io.Writer, func() error, error) {
	var f io.Writer = c.OutOrStdout()
	closeFile := func() error { return nil }
	if t.out != "" {
		a, err1 := os.Stat(input)
		b, err2 := os.Stat(t.out)
		if err1 == nil && err2 == nil && os.SameFile(a, b) {
			return nil, nil, usageError{fmt.Errorf("-o %s is the capture itself: name another file", t.out)}
		}
		o, err := os.Create(t.out)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: cannot be written: %w", t.out, err)
		}
		f, closeFile = o, o.Close
	}
	b := bufio.NewWriterSize(f, 1<<16)
	return b, func() error { return errors.Join(b.Flush(), closeFile()) }, nil
}

// known checks the name of the format.
func (t *traceFlags) known() error {
	switch t.format {
	case "text", "ndjson", "pcapng", "perfetto", "facts":
		return nil
	}
	return usageError{fmt.Errorf("--format is text, ndjson, pcapng, perfetto or facts, not %q", t.format)}
}

func (t *traceFlags) sink(w io.Writer, r *stack.Replay) report.Sink {
	switch t.format {
	case "ndjson":
		return &report.NDJSON{W: w, Names: r, Bytes: t.bytes}
	case "pcapng":
		return &report.PcapNG{W: w, Names: r, Start: t.reader.Start()}
	case "perfetto":
		return &report.Perfetto{W: w, Names: r}
	case "facts":
		return oracle.NewFactsSink(w, r.World)
	}
	f, ok := os.Stdout, t.out == ""
	return &report.Text{W: w, Names: r, Color: ok && term.IsTerminal(f.Fd()) && os.Getenv("NO_COLOR") == ""}
}

// A selection says which frames are printed.
type selection struct {
	from, to int // frame numbers, to 0: no end
	f        map[wire.LinkKind]*filter.Filter
	expr     string
}

func (t *traceFlags) selection() (*selection, error) {
	s := &selection{from: 1}
	if t.packets != "" {
		a, b, both := strings.Cut(t.packets, "-")
		var err error
		if s.from, err = strconv.Atoi(a); err != nil || s.from < 1 {
			return nil, usageError{fmt.Errorf("--packets takes A-B, frame numbers from 1, not %q", t.packets)}
		}
		s.to = s.from
		if both {
			if s.to, err = strconv.Atoi(b); err != nil || s.to < s.from {
				return nil, usageError{fmt.Errorf("--packets takes A-B, frame numbers from 1, not %q", t.packets)}
			}
		}
	}
	if t.expr != "" {
		f, err := filter.Compile(t.expr, wire.LinkEthernet)
		if err != nil {
			return nil, usageError{fmt.Errorf("-f: %w", err)}
		}
		s.f, s.expr = map[wire.LinkKind]*filter.Filter{wire.LinkEthernet: f}, t.expr
	}
	return s, nil
}

func (s *selection) all() bool { return s.from == 1 && s.to == 0 && s.f == nil }

func (s *selection) has(f *pcaps.Frame) bool {
	return f.N >= s.from && (s.to == 0 || f.N <= s.to) && (s.f == nil || s.match(f))
}

// match applies the expression to a frame, as its link type has it. What an
// expression asks of a link that does not have it does not match.
func (s *selection) match(f *pcaps.Frame) bool {
	link := wire.LinkKind(f.Link)
	m, ok := s.f[link]
	if !ok {
		m, _ = filter.Compile(s.expr, link)
		s.f[link] = m
	}
	return m != nil && m.Match(f.Data, f.OrigLen)
}

// tracing prints a replay while it runs.
type tracing struct {
	replay  *stack.Replay
	sink    report.Sink
	sel     *selection
	totals  *report.Totals
	summary bool
	shown   map[uint32]bool
	t       *trace.Tracer
}

// all replays the capture. broken says why it breaks off, if it does.
func (tr *tracing) all(src *pcaps.Reader, h *report.Head, p *stack.Profile) (broken, err error) {
	tr.t = &trace.Tracer{Mode: trace.Record}
	tr.replay.SetTracer(tr.t)
	if !tr.sel.all() {
		tr.shown = map[uint32]bool{}
	}
	if err := tr.sink.Head(h); err != nil {
		return nil, err
	}
	tr.replay.Report(p)
	src.Rewind()
	for {
		f, e := src.Next()
		if e != nil {
			if !errors.Is(e, io.EOF) {
				broken = e
			}
			break
		}
		if tr.shown != nil && tr.sel.has(&f) {
			tr.shown[uint32(f.N)] = true
		}
		tr.replay.Inject(&f)
		if err := tr.flush(); err != nil {
			return broken, err
		}
	}
	tr.replay.Finish()
	if err := tr.flush(); err != nil {
		return broken, err
	}
	if n, a, ok := tr.replay.Agreement(); ok {
		tr.totals.React = &report.React{Frames: n, Agree: a}
		tr.totals.React.Diffs, tr.totals.React.More = tr.replay.Differences()
	}
	tr.totals.Finish()
	return broken, tr.sink.End(tr.totals)
}

// flush prints what has happened and forgets it.
func (tr *tracing) flush() error {
	l := &tr.t.Log
	tr.totals.Take(l)
	var err error
	if !tr.summary {
		if tr.shown != nil {
			l.Keep(tr.selected)
		}
		err = tr.sink.Take(l)
	}
	l.Reset()
	tr.t.Ends = tr.t.Ends[:0]
	return err
}

// selected reports whether an event belongs to a frame that is printed, or to
// a packet that such a frame caused.
func (tr *tracing) selected(e *trace.Event) bool {
	if e.Pkt == 0 {
		return false
	}
	if tr.shown[e.Pkt] {
		return true
	}
	if e.Parent != 0 && tr.shown[e.Parent] {
		tr.shown[e.Pkt] = true
		return true
	}
	return false
}

// hosts describes the simulated hosts for a trace's head.
func hosts(r *stack.Replay) (list []report.Host) {
	for _, h := range r.World.Hosts {
		x := report.Host{Name: h.Name, Addrs: []string{}, Devs: []string{}}
		for _, d := range h.NS.Devices {
			if d == nil {
				continue
			}
			x.Devs = append(x.Devs, d.Name)
			if d == h.NS.Loopback {
				continue
			}
			for _, a := range h.IPv4.Addrs(d) {
				x.Addrs = append(x.Addrs, fmt.Sprintf("%s/%d", a.Local, a.Plen))
			}
			for _, a := range h.IPv6.Addrs(d) {
				x.Addrs = append(x.Addrs, fmt.Sprintf("%s/%d", a.Addr, a.Plen))
			}
		}
		list = append(list, x)
	}
	return list
}
