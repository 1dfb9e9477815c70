package tui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// nsText is a stretch of time: "870 ns", "12.3 µs", "1.25 s".
func nsText(ns int64) string {
	f, unit := float64(ns), "ns"
	for _, u := range [...]string{"µs", "ms", "s"} {
		if f < 1000 && f > -1000 {
			break
		}
		f, unit = f/1000, u
	}
	switch {
	case unit == "ns":
		return strconv.FormatInt(ns, 10) + " ns"
	case f < 10:
		return strconv.FormatFloat(f, 'f', 2, 64) + " " + unit
	case f < 100:
		return strconv.FormatFloat(f, 'f', 1, 64) + " " + unit
	}
	return strconv.FormatFloat(f, 'f', 0, 64) + " " + unit
}

// timeLines has a bar for each stage, beside its name or below it; hatched where
// nothing worked on it. here is the chosen one, -1 for none.
func timeLines(list []view.Spent, w, here int) (ls []line) {
	name := 0
	for _, t := range list {
		name = max(name, width(t.Name))
	}
	below := w < name+26
	bars := min(w-name-18, 60)
	if below {
		bars = w - 17
	}
	waits := false
	for i, t := range list {
		sign, ns, full, bs := "  ", StylePlain, "█", StyleVisited
		if i == here {
			sign, ns = "▶ ", StyleStrong
		}
		if t.Waiting {
			full, bs, waits = "▒", StyleWarn, true
		}
		l := line{{sign, StyleToken}, {cut(t.Name, w-2), ns}}
		if below {
			ls = append(ls, l)
			l = line{{"  ", StylePlain}}
		} else {
			l = append(l, seg{strings.Repeat(" ", max(1, name+1-width(t.Name))), StylePlain})
		}
		on, off := filled(t.Percent, bars, full, "·")
		ls = append(ls, append(l, seg{on, bs}, seg{off, StyleRule}, seg{padLeft(itoa(t.Percent)+"%", 5), StylePlain}, seg{padLeft(nsText(t.Ns), 9), StyleStrong}))
	}
	if waits {
		ls = append(ls, line{{"  ▒ waiting: nothing worked on it", StyleDim}})
	}
	return ls
}

func drawTimes(g *Grid, r Rect, s *view.Scene, l *local) {
	in := g.Title(r, "where the time went", l.focus == PaneTimes)
	in.X, in.W = in.X+1, in.W-2
	if len(s.Times) == 0 {
		g.Para(in, in.Y, "No time has passed at this packet yet.", 0, StyleDim)
		return
	}
	var all int64
	for _, t := range s.Times {
		all += t.Ns
	}
	ls := []line{{{"from end to end ", StyleDim}, {nsText(all), StyleStrong}}}
	if l.focus == PaneTimes {
		ls[0] = append(ls[0], seg{"   enter: to where that begins", StyleDim})
	}
	here := -1
	if l.focus == PaneTimes {
		here = min(l.sel[PaneTimes], len(s.Times)-1)
	}
	ls = append(ls, timeLines(s.Times, in.W, here)...)
	g.more(r, g.draw(in, ls, firstOf(here+1, in.H, len(ls))), l.focus == PaneTimes)
}

// firstOf is the first of n lines that is drawn in h rows so that line here is
// in view.
func firstOf(here, h, n int) int { return max(0, min(here-h/2, n-h)) }

// chooseLine moves the choice of a pane that has n lines.
func (m *Model) chooseLine(p Pane, key string, n int) bool {
	at := &m.local.sel[p]
	*at = max(0, min(*at, n-1))
	switch key {
	case "up", "k":
		*at = max(0, *at-1)
	case "down", "j":
		*at = max(0, min(*at+1, n-1))
	case "home", "g":
		*at = 0
	case "end", "G":
		*at = max(0, n-1)
	default:
		return false
	}
	return true
}

func keyTimes(m *Model, r Rect, key string) (tea.Cmd, bool) {
	if key == "j" || key == "k" || key == "g" || key == "G" { // these walk
		return nil, false
	}
	if i := min(m.local.sel[PaneTimes], len(m.scene.Times)-1); key == "enter" && i >= 0 && m.scene.Times[i].Step > 0 {
		return m.goStep(m.scene.Times[i].Step), true
	}
	return nil, m.chooseLine(PaneTimes, key, len(m.scene.Times))
}

func clickTimes(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	n := len(m.scene.Times)
	i := y - r.Y - 2
	if len(timeLines(m.scene.Times, r.W-2, -1)) > n+1 { // a bar below each
		i /= 2
	}
	if n+2 > r.H-1 { // it may be scrolled: the pane only gets the keys
		return nil, false
	}
	if i < 0 || i >= n {
		return nil, false
	}
	m.local.sel[PaneTimes] = i
	return nil, true
}
