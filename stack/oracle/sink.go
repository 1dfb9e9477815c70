package oracle

import (
	"fmt"
	"io"

	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// FactsSink prints a trace as facts, one a line, in the order in which they
// happen: the same lines that are compared with the real kernel's. The counters
// come at the end.
type FactsSink struct {
	w     io.Writer
	world *stack.World
	m     *labModel
	told  []int // of each namespace, how many steps are printed
}

// NewFactsSink makes a sink for the replay of a world, whose tracer must have
// been set when the head is printed.
func NewFactsSink(w io.Writer, world *stack.World) *FactsSink {
	m := &labModel{world: world, at: map[*core.Netns]int{}, byNum: map[uint8]*core.Netns{}, gone: map[*core.Netns]bool{}}
	m.listener.lab = m
	return &FactsSink{w: w, world: world, m: m}
}

// Head names the input and begins to listen.
func (s *FactsSink) Head(h *report.Head) error {
	for _, h := range s.world.Hosts {
		s.m.at[h.NS], s.m.byNum[h.NS.Host] = len(s.m.hosts), h.NS
		s.m.hosts = append(s.m.hosts, h)
		s.m.facts.Hosts = append(s.m.facts.Hosts, HostFacts{Name: h.NS.Name})
		s.told = append(s.told, 0)
	}
	s.world.Trace.Listener = &s.m.listener
	_, err := fmt.Fprintf(s.w, "# facts of %s, %s\n", h.Input, h.Mode)
	return err
}

// familyOf is the family of a kind of step.
func familyOf(kind string) string {
	for _, fam := range stepFamilies {
		for _, k := range kindsOf[fam].kinds {
			if k == kind {
				return fam
			}
		}
	}
	return kind
}

// Take prints what has happened since the last time: tracepoints, then frames.
func (s *FactsSink) Take(l *trace.Log) error {
	for i := range s.m.facts.Hosts {
		h := &s.m.facts.Hosts[i]
		for _, st := range h.Steps[s.told[i]:] {
			if _, err := fmt.Fprintf(s.w, "%s %s: %s\n", h.Name, familyOf(st.Kind), st.Step); err != nil {
				return err
			}
		}
		h.Steps, s.told[i] = h.Steps[:0], 0
	}
	for i := range l.Events {
		e := &l.Events[i]
		if e.Kind != trace.Frame {
			continue
		}
		name, dev := "host", fmt.Sprint("if", e.Dev)
		if ns := s.m.byNum[e.Host]; ns != nil {
			name = ns.Name
			if d := ns.DevByIndex(int(e.Dev)); d != nil {
				dev = d.Name
			}
		}
		dir := "in"
		if e.Code == 1 {
			dir = "out"
		}
		if _, err := fmt.Fprintf(s.w, "%s wire %s: %s %s\n", name, dev, dir, FrameLine(l.Bytes(e))); err != nil {
			return err
		}
	}
	return nil
}

// End prints the counters.
func (s *FactsSink) End(*report.Totals) error {
	for _, h := range s.m.hosts {
		for k, v := range h.NS.MIB {
			if v == 0 {
				continue
			}
			if _, err := fmt.Fprintf(s.w, "%s mib: %s %d\n", h.NS.Name, step.MIB(k), v); err != nil {
				return err
			}
		}
	}
	return nil
}
