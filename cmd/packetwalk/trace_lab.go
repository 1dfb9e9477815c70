package main

import (
	"errors"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// lab writes the trace of a lab: it runs once to know its hosts and packets, and
// once more to be written.
func (t *traceFlags) runLab(c *cobra.Command, name string, sel *selection) error {
	k := t.labWalk
	for done := false; !done; {
		var err error
		if done, err = k.Advance(1 << 12); err != nil {
			return err
		}
	}
	w, done, err := t.writer(c, name)
	if err != nil {
		return err
	}
	names := k.Names()
	tr := &tracing{sink: t.labSink(w, names), sel: sel, totals: report.NewTotals(names), summary: t.summary}
	if !sel.all() {
		tr.shown = map[uint32]bool{}
		for i := range k.Len() {
			if f, err := k.Frame(i); err == nil && len(f.Data) > 0 && sel.has(&f) {
				tr.shown[uint32(i+1)] = true
			}
		}
	}
	h := &report.Head{Input: t.name, Mode: "lab"}
	for _, x := range k.HostList() {
		h.Hosts = append(h.Hosts, report.Host{Name: x.Name, Addrs: []string{}, Devs: x.Devs})
	}
	if err = tr.sink.Head(h); err == nil {
		err = k.Replay(func(t *trace.Tracer) error {
			tr.t = t
			return tr.flush()
		})
	}
	if err == nil {
		tr.totals.Finish()
		err = tr.sink.End(tr.totals)
	}
	if err == nil {
		err = done()
	}
	if err != nil && (errors.Is(err, io.ErrClosedPipe) || strings.Contains(err.Error(), "broken pipe")) {
		return nil
	}
	if err != nil {
		return err
	}
	return t.broken(nil)
}

// labSink is the sink of the chosen format.
func (t *traceFlags) labSink(w io.Writer, names report.Names) report.Sink {
	switch t.format {
	case "ndjson":
		return &report.NDJSON{W: w, Names: names, Bytes: t.bytes}
	case "pcapng":
		return &report.PcapNG{W: w, Names: names}
	case "perfetto":
		return &report.Perfetto{W: w, Names: names}
	}
	return &report.Text{W: w, Names: names}
}
