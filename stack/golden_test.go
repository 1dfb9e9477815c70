package stack_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

var update = flag.Bool("update", false, "rewrite the traces in testdata/*.walk")

// TestGolden replays the captures that testdata/*.walk name, and compares the
// calls, what each changed, and the ends of the packets with the trace there.
// A file is one behaviour: its comment says which, and what rules it.
//
//	-- capture --
//	a bundled capture's name, and "react" if the model answers by itself
//	-- trace --
//	packet 1 rx eth0 ARP, Request …
//	  arp_rcv
//	    arp_process  IpInReceives 0 → 1
//	  consumed at arp_process
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.walk")
	check(t, err)
	if len(files) < 7 {
		t.Errorf("%d files in testdata", len(files))
	}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".walk"), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			check(t, err)
			if len(a.Files) != 2 || a.Files[0].Name != "capture" || a.Files[1].Name != "trace" || len(a.Comment) == 0 {
				t.Fatalf("%s is not a comment, a capture and a trace", name)
			}
			capture, mode, _ := strings.Cut(strings.TrimSpace(string(a.Files[0].Data)), " ")
			e, ok := pcaps.Lookup(capture)
			if !ok {
				t.Fatalf("%s: there is no capture %s", name, capture)
			}
			m := stack.Follow
			if mode == "react" {
				m = stack.React
			}
			g := &golden{}
			r, o := bundled(t, e, m)
			traceAll(t, r, o, func(r *stack.Replay) report.Sink { g.names = r; return g })
			got, want := g.String(), string(a.Files[1].Data)
			if got == want {
				return
			}
			if *update {
				a.Files[1].Data = []byte(got)
				check(t, os.WriteFile(name, txtar.Format(a), 0o644))
				return
			}
			t.Errorf("%s\nto accept: go test ./stack -run TestGolden -update, then read the diff", firstDifference(want, got))
		})
	}
}

// firstDifference shows where two traces part, with what stands before it.
func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	i := 0
	for i < len(w) && i < len(g) && w[i] == g[i] {
		i++
	}
	at := func(l []string) string { return strings.Join(l[min(i, len(l)):min(i+6, len(l))], "\n") }
	return fmt.Sprintf("line %d, after\n%s\nwant\n%s\ngot\n%s", i+1, strings.Join(w[max(0, i-4):i], "\n"), at(w), at(g))
}

// golden prints a trace without times and sentences.
type golden struct {
	strings.Builder
	names report.Names
	pkt   uint32
}

func (g *golden) Head(*report.Head) error  { return nil }
func (g *golden) End(*report.Totals) error { return nil }
func (g *golden) Take(l *trace.Log) error {
	for i := range l.Events {
		e := &l.Events[i]
		if e.Kind != trace.Frame && e.Pkt != g.pkt && e.Pkt != 0 && (e.Kind == trace.Call || e.Kind == trace.End) {
			fmt.Fprintf(g, "%s\n", report.PacketName(e.Pkt))
			g.pkt = e.Pkt
		}
		indent := strings.Repeat("  ", int(e.Depth)+1)
		switch e.Kind {
		case trace.Frame:
			g.pkt = e.Pkt
			fmt.Fprintf(g, "%s %s\n", report.PacketName(e.Pkt), report.Line(l, e, g.names))
		case trace.Call:
			line := step.Step(e.Code).String()
			if s := report.Set(l, e, g.names); s != "" {
				line += "  " + s
			}
			fmt.Fprintf(g, "%s%s\n", indent, line)
		case trace.End:
			c := *e
			c.Why = 0
			fmt.Fprintf(g, "%s%s\n", indent, report.Line(l, &c, g.names))
		case trace.Note:
			fmt.Fprintf(g, "%s%s\n", indent, report.Line(l, e, g.names))
		}
	}
	return nil
}
