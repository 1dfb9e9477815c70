package view

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/packetwalk/packetwalk/pcaps"
)

func do(t testing.TB, s *Session, lines ...string) {
	t.Helper()
	for _, l := range lines {
		c, err := Parse(l)
		if err == nil {
			err = s.Do(c)
		}
		if err != nil {
			t.Fatalf("%s: %v", l, err)
		}
	}
}

// overviewOf is the overview with all its ways.
func overviewOf(t testing.TB, s *Session) *Overview {
	t.Helper()
	do(t, s, "overview")
	for range 100 {
		whole := true
		sc := s.Scene()
		for _, g := range sc.Overview.Groups {
			whole = whole && g.Way != nil
		}
		if whole {
			return sc.Overview
		}
	}
	t.Error("the ways never became known")
	return s.Scene().Overview
}

func wayText(way []StageID) string {
	var w []string
	for _, id := range way {
		n := id.Name()
		if id.Down() {
			n = "v" + n
		}
		w = append(w, n)
	}
	return strings.Join(w, " > ")
}

func spentText(w *bytes.Buffer, list []Spent) {
	for _, t := range list {
		mark := ""
		if t.Waiting {
			mark = " (waiting)"
		}
		fmt.Fprintf(w, "  %3d%% %9d ns %s: %s%s\n", t.Percent, t.Ns, t.Stage.Name(), t.Name, mark)
	}
}

// TestOverviews: what the bundled captures look like at a glance.
func TestOverviews(t *testing.T) {
	var out bytes.Buffer
	for _, e := range pcaps.Bundled() {
		s := bundled(t, e.Name)
		o := overviewOf(t, s)
		fmt.Fprintf(&out, "== %s: %s\n", e.Name, o.Line)
		for _, f := range o.Facts {
			fmt.Fprintf(&out, "%s: %s\n", f.Name, f.Value)
		}
		n := 0
		for _, g := range o.Groups {
			lost := ""
			if g.Lost {
				lost = "LOST "
			}
			dir := "in"
			if g.Out {
				dir = "out"
			}
			fmt.Fprintf(&out, "%d. %s%d (%d%%) %s, first %d, %s\n   %s\n   %s\n", g.N, lost, g.Count, g.Percent, dir, g.First, g.Ended, g.Line, wayText(g.Way))
			n += g.Count
		}
		if sc := s.Scene(); n != sc.Packets {
			t.Errorf("%s: the groups have %d packets, the capture %d", e.Name, n, sc.Packets)
		}
		fmt.Fprintf(&out, "time of %s:\n", o.Scope)
		spentText(&out, o.Times)
	}
	golden(t, "overviews.txt", out.Bytes())
}
