package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// branches are the lines of a tree before each of its members.
func branches(list []view.Kin) []string {
	out := make([]string, len(list))
	var open [64]bool // depths that have another member further down
	for i := len(list) - 1; i >= 0; i-- {
		d := max(0, min(list[i].Depth, len(open)-1))
		var b strings.Builder
		for k := 1; k < d; k++ {
			if open[k] {
				b.WriteString("│  ")
			} else {
				b.WriteString("   ")
			}
		}
		if d > 0 {
			if open[d] {
				b.WriteString("├─ ")
			} else {
				b.WriteString("└─ ")
			}
		}
		open[d] = true
		for k := d + 1; k < len(open); k++ {
			open[k] = false
		}
		out[i] = b.String()
	}
	return out
}

// kinLine is one member in one line.
func kinLine(k *view.Kin, branch string, w int, chosen bool) line {
	sign := "  "
	if chosen {
		sign = "▶ "
	}
	who := StyleStrong
	if k.Here {
		who = StyleHere
	}
	l := line{{sign, StyleToken}, {branch, StyleRule}, {k.Who, who}, {"  " + k.How, StyleTitle}}
	used := 2 + width(branch) + width(k.Who) + 2 + width(k.How)
	ended, es := k.Outcome, StyleGood
	if k.Lost {
		ended, es = " "+shout(k.Outcome)+" ", StyleDrop
	}
	room := w - used
	if ended != "" {
		room -= width(ended) + 2
	}
	if room > 14 {
		t := fitting(k.Line, room-2)
		l = append(l, seg{"  " + cut(t, room-2), StylePlain})
		room -= 2 + width(cut(t, room-2))
	}
	if ended != "" {
		l = append(l, seg{strings.Repeat(" ", max(1, room+2)), StylePlain}, seg{ended, es})
	}
	return l
}

// familyHere is the chosen member: until one is chosen, the one at hand.
func familyHere(s *view.Scene, l *local) int {
	if n := l.sel[PaneFamily]; n > 0 {
		return min(n, len(s.Family)) - 1
	}
	for i := range s.Family {
		if s.Family[i].Here {
			return i
		}
	}
	return 0
}

func drawFamily(g *Grid, r Rect, s *view.Scene, l *local) {
	focus := l.focus == PaneFamily
	in := g.Title(r, "family: what it became, what it caused", focus)
	in.X, in.W = in.X+1, in.W-2
	if len(s.Family) == 0 {
		g.Para(in, in.Y, "This packet stands alone.", 0, StyleDim)
		return
	}
	here := familyHere(s, l)
	var ls []line
	for i, b := range branches(s.Family) {
		ls = append(ls, kinLine(&s.Family[i], b, in.W, focus && i == here))
	}
	g.more(r, g.draw(in, ls, firstOf(here, in.H, len(ls))), focus)
}

// toKin goes to a member: to its packet, or to where it begins in this story.
func (m *Model) toKin(i int) tea.Cmd {
	if i < 0 || i >= len(m.scene.Family) {
		return nil
	}
	switch k := &m.scene.Family[i]; {
	case k.Step > m.scene.Step:
		return m.send(view.Command{Verb: view.Forward, N: k.Step - m.scene.Step})
	case k.Step > 0 && k.Step < m.scene.Step:
		return m.send(view.Command{Verb: view.Back, N: m.scene.Step - k.Step})
	case k.Step == 0 && k.Packet > 0:
		return m.send(view.Command{Verb: view.Seek, N: k.Packet})
	}
	return nil
}

func keyFamily(m *Model, r Rect, key string) (tea.Cmd, bool) {
	s, l := &m.scene, &m.local
	n := len(s.Family)
	here := familyHere(s, l)
	switch key {
	case "enter":
		l.sel[PaneFamily] = 0
		return m.toKin(here), true
	case "up":
		here--
	case "down":
		here++
	case "home":
		here = 0
	case "end":
		here = n
	default:
		return nil, false
	}
	l.sel[PaneFamily] = max(0, min(here, n-1)) + 1
	return nil, true
}

func clickFamily(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	s, l := &m.scene, &m.local
	i := y - r.Y - 1 + firstOf(familyHere(s, l), r.H-1, len(s.Family))
	if y <= r.Y || i < 0 || i >= len(s.Family) {
		return nil, false
	}
	if l.sel[PaneFamily] == i+1 {
		l.sel[PaneFamily] = 0
		return m.toKin(i), true
	}
	l.sel[PaneFamily] = i + 1
	return nil, true
}
