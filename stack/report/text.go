package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// Text prints the trace for people: one line an event, indented by depth.
type Text struct {
	W     io.Writer
	Names Names
	Color bool // the writer is a terminal

	last uint32
	sums map[uint32]string
}

// Head says what is walked and by whom.
func (p *Text) Head(h *Head) error {
	_, err := fmt.Fprintf(p.W, "%s, replayed in %s mode through a model of Linux %s\n", strings.Map(harmless, h.Input), h.Mode, step.Kernel)
	for _, x := range h.Hosts {
		if err == nil {
			_, err = fmt.Fprintf(p.W, "%s: %s on %s\n", x.Name, strings.Join(x.Addrs, ", "), strings.Join(x.Devs, ", "))
		}
	}
	return err
}

// harmless replaces what could steer a terminal.
func harmless(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return '?'
}

// Take prints the events.
func (p *Text) Take(l *trace.Log) error {
	w := bufio.NewWriter(p.W)
	for i := range l.Events {
		p.event(w, l, &l.Events[i])
	}
	return w.Flush()
}

func (p *Text) event(w *bufio.Writer, l *trace.Log, e *trace.Event) {
	if e.Kind == trace.Frame {
		if p.sums == nil || len(p.sums) > 4096 {
			p.sums = map[uint32]string{}
		}
		p.sums[e.Pkt] = summary(l.Bytes(e))
	}
	if e.Pkt != p.last && e.Pkt != 0 {
		p.last = e.Pkt
		fmt.Fprintf(w, "\n%s %s\n", PacketName(e.Pkt), p.sums[e.Pkt])
	}
	line := Line(l, e, p.Names)
	if line == "" {
		return
	}
	if p.Color && e.Lost() {
		line = "\x1b[1;31m" + line + "\x1b[0m"
	}
	fmt.Fprintf(w, "%12s %s%s\n", At(int64(e.At)), strings.Repeat("  ", int(e.Depth)), line)
}

// PacketName is how a packet's number reads: frames of the capture by their
// number, the model's own with a plus.
func PacketName(pkt uint32) string {
	n, made := Made(pkt)
	if made {
		return fmt.Sprintf("packet +%d (made by the model)", n)
	}
	return fmt.Sprintf("packet %d", n)
}

// At is how a time reads: seconds with microseconds.
func At(ns int64) string { return fmt.Sprintf("%d.%06d", ns/1e9, ns%1e9/1e3) }

// Line is one event as a line of text, without time and indentation.
func Line(l *trace.Log, e *trace.Event, r Names) string {
	switch e.Kind {
	case trace.Call:
		var b strings.Builder
		b.WriteString(step.Step(e.Code).String())
		if e.Why != 0 {
			b.WriteString(": " + Why(l, e, r))
		}
		if s := Set(l, e, r); s != "" {
			b.WriteString("  [" + s + "]")
		}
		return b.String()
	case trace.Point:
		return "@ " + Point(l, e, r)
	case trace.Tried:
		t := step.Try(e.Code).Info()
		a, r := l.Args(e), on(r, e)
		return "not " + t.What + " " + step.Render(t.Candidate, a, r) + ": " + step.Render(t.Because, a, r)
	case trace.Frame:
		return direction(e) + " " + on(r, e).DevName(int(e.Dev)) + " " + summary(l.Bytes(e))
	case trace.End:
		s := strings.ToUpper(trace.Outcome(e.Code).String())
		if trace.Outcome(e.Code) != trace.Dropped && trace.Outcome(e.Code) != trace.NotModelled {
			s = strings.ToLower(s)
		}
		if e.Reason != 0 {
			s += " " + e.Reason.String()
		}
		if e.Fn != 0 {
			s += " at " + e.Fn.String()
		}
		if trace.Outcome(e.Code) == trace.Dropped && !e.Lost() {
			s = strings.Replace(s, "DROPPED", "dropped (no loss)", 1)
		}
		if e.Why != 0 {
			s += ": " + Why(l, e, r)
		}
		return s
	case trace.Note:
		return "note: " + Why(l, e, r)
	}
	return ""
}

// Point renders a tracepoint as the kernel's trace file does: name and fields.
func Point(l *trace.Log, e *trace.Event, r step.Resolver) string {
	i, r := step.TP(e.Code).Info(), on(r, e)
	_, name, _ := strings.Cut(i.Name, ":")
	var b strings.Builder
	b.WriteString(name)
	a := l.Args(e)
	for _, arg := range i.Args {
		n := 1
		if arg.Fmt == step.IP {
			n = 2
		}
		if len(a) < n {
			break
		}
		hi := uint64(0)
		if n == 2 {
			hi = a[0]
		}
		b.WriteString(" " + arg.Name + "=" + arg.Fmt.Format(hi, a[n-1], r))
		a = a[n:]
	}
	return b.String()
}

// Set renders what a call changed: "skb.transport_header 0 → 34".
func Set(l *trace.Log, e *trace.Event, r step.Resolver) string {
	var parts []string
	r = on(r, e)
	l.Set(e, func(c *trace.Change) {
		if f := c.Key.Field(); f.Name != "" && f.Fmt != step.IP {
			parts = append(parts, f.Name+" "+f.Fmt.Format(0, c.Old, r)+" → "+f.Fmt.Format(0, c.New, r))
		}
	})
	return strings.Join(parts, ", ")
}

// End prints the summary.
func (p *Text) End(t *Totals) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%d packets, %d events:", t.Packets, t.Events)
	sep := " "
	for o := trace.Delivered; int(o) < len(t.Outcomes); o++ {
		if t.Outcomes[o] > 0 {
			fmt.Fprintf(&b, "%s%d %s", sep, t.Outcomes[o], o)
			sep = ", "
		}
	}
	b.WriteString("\n")
	for _, q := range t.Paths {
		fmt.Fprintf(&b, "%6d took %s\n", q.Packets, q.Path)
	}
	for _, m := range t.Counters() {
		fmt.Fprintf(&b, "%-28s %d\n", m.String(), t.MIB[m])
	}
	if t.React != nil {
		fmt.Fprintf(&b, "react: %d of %d frames of the captured host were sent by the model too\n", t.React.Agree, t.React.Frames)
		differences(&b, t.React)
	}
	fmt.Fprintf(&b, "hash %s\n", hash(t.Hash))
	_, err := io.WriteString(p.W, b.String())
	return err
}

// differences lists, in one line each, the frames that only one side sent.
func differences(b *strings.Builder, r *React) {
	for i := range r.Diffs {
		d := &r.Diffs[i]
		if d.Frame != 0 {
			fmt.Fprintf(b, "%6d captured: %s\n", d.Frame, wire.Summary(d.Captured, wire.LinkEthernet, d.CapturedLen))
		}
		if d.Pkt != 0 {
			fmt.Fprintf(b, "%6s model:    %s", "", wire.Summary(d.Model, wire.LinkEthernet, d.ModelLen))
			if d.Frame != 0 {
				fmt.Fprintf(b, " (byte %d differs)", d.At)
			}
			b.WriteString("\n")
		}
	}
	if r.More > 0 {
		fmt.Fprintf(b, "%6d more differences are not listed\n", r.More)
	}
}
