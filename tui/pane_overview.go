package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// extra is what the reader did to the panes of this file and its neighbours.
type extra struct {
	table, row, col int    // the cursor in the tables
	moved           bool   // it was: else it is on what the step is about
	plot            int    // the first plot that is drawn
	near            int    // how often the plots' time was halved
	term            string // typed to find a term
	read            int    // lines of the lesson's page that are scrolled away
	reads           string // the page that read counts for
	shows           string // the page that has had its pane shown
	unknown         int    // ways that were not known when they were last asked for
}

// roadNames are the stages as they stand in a road: short.
var roadNames = [view.NumStages]string{
	view.UpWire: "wire", view.UpRing: "ring", view.UpIRQ: "irq", view.UpGRO: "GRO", view.UpTaps: "taps", view.UpPre: "PRE_ROUTING",
	view.UpRoute: "routing", view.UpLocalIn: "LOCAL_IN", view.UpTransport: "transport", view.UpSocket: "socket", view.UpApp: "application",
	view.Forwarding: "FORWARD", view.DownApp: "application", view.DownSocket: "socket", view.DownTransport: "transport",
	view.DownRoute: "routing", view.DownLocalOut: "LOCAL_OUT", view.DownPost: "POST_ROUTING", view.DownNeigh: "neighbour",
	view.DownQdisc: "qdisc", view.DownRing: "ring", view.DownWire: "wire",
}

// spare tells which stages a road can do without: 1 goes first.
func spare(id view.StageID) int {
	switch id {
	case view.UpTaps, view.UpIRQ:
		return 1
	case view.UpPre, view.UpLocalIn, view.DownLocalOut, view.DownPost:
		return 2
	case view.UpGRO, view.DownNeigh, view.DownQdisc:
		return 3
	case view.UpRing, view.DownRing:
		return 4
	}
	return 9
}

// road is a way as words with signs between, in w cells at most; stages that
// matter less are left out first, but never the ends.
func road(way []view.StageID, w int) []string {
	var list []view.StageID
	for _, id := range way {
		if id != view.NoStage && id < view.NumStages {
			list = append(list, id)
		}
	}
	for less := 1; ; less++ {
		need := 0
		for _, id := range list {
			need += width(roadNames[id]) + 3
		}
		if need-3 <= w || less > 4 {
			break
		}
		var keep []view.StageID
		for i, id := range list {
			if i == 0 || i == len(list)-1 || spare(id) > less {
				keep = append(keep, id)
			}
		}
		list = keep
	}
	names := make([]string, len(list))
	for i, id := range list {
		names[i] = roadNames[id]
	}
	return names
}

// roadLine is a way as a small road; where a packet was lost it ends in an X.
func roadLine(gr *view.Group, w int) line {
	names := road(gr.Way, w)
	if len(names) == 0 {
		return line{{"its way is not known yet", StyleDim}}
	}
	var l line
	for i, n := range names {
		if i > 0 {
			l = append(l, seg{" ▸ ", StyleRule})
		}
		st := StyleVisited
		if gr.Lost && i == len(names)-1 {
			n, st = "✗ "+n, StyleDrop
		}
		l = append(l, seg{n, st})
	}
	return l
}

// filled is a bar of n cells, filled to a per cent; what is not nothing has a
// cell at least.
func filled(percent, n int, full, empty string) (on, off string) {
	n = max(n, 0)
	k := (max(0, min(percent, 100))*n + 50) / 100
	if percent > 0 && k == 0 && n > 0 {
		k = 1
	}
	return strings.Repeat(full, k), strings.Repeat(empty, n-k)
}

// overviewParts divides the pane: the ways, and what else there is to know
// beside them or below.
func overviewParts(r Rect, o *view.Overview) (head, ways, more Rect) {
	head = Rect{r.X + 2, r.Y + 1, r.W - 4, 2}
	y, left := r.Y+3, r.H-3
	if r.W >= 110 {
		side := max(40, r.W*3/10)
		return head, Rect{r.X + 2, y, r.W - side - 6, left}, Rect{r.X + r.W - side - 2, y, side, left}
	}
	need := 1 + 3*len(o.Groups)
	below := min(max(left-need, left/3), left-4)
	return head, Rect{r.X + 2, y, r.W - 4, left - below - 1}, Rect{r.X + 2, y + left - below, r.W - 4, below}
}

// perWay is how many rows a way takes: how many packets and how they ended, and
// its road; where there is room its first packet and a row of air too.
func perWay(r Rect, o *view.Overview) int {
	for n := 4; n > 2; n-- {
		if n*len(o.Groups) <= r.H {
			return n
		}
	}
	return 2
}

func drawOverview(g *Grid, r Rect, s *view.Scene, l *local) {
	g.Title(r, s.Title+" at a glance", l.focus == PaneOverview)
	o := s.Overview
	if o == nil {
		g.Para(Rect{r.X + 2, r.Y + 2, r.W - 4, r.H - 2}, r.Y+2, "The capture is being read.", 0, StyleStrong)
		return
	}
	head, ways, more := overviewParts(r, o)
	g.Para(head, head.Y, o.Line, 0, StyleStrong)
	if !s.Whole {
		text := "so far " + itoa(s.Percent()) + "%"
		g.Text(r.X+r.W-width(text)-2, r.Y+1, width(text), text, StyleWarn)
	}
	drawWays(g, ways, o)
	drawMore(g, more, s, o, l)
}

// drawWays lists the groups, the chosen one in view.
func drawWays(g *Grid, r Rect, o *view.Overview) {
	g.Text(r.X, r.Y, r.W, "Which ways its packets took", StyleTitle)
	from, per := firstWay(r, o), perWay(r, o)
	y := r.Y + 1
	i := from
	for ; i < len(o.Groups) && y+1 < r.Y+r.H; i++ {
		drawWay(g, Rect{r.X, y, r.W, per}, &o.Groups[i], i == o.Here)
		y += per
	}
	if len(o.Groups) == 0 {
		g.Text(r.X, y, r.W, "No packet has gone anywhere yet.", StyleDim)
	}
	if hidden := len(o.Groups) - i + from; hidden > 0 {
		text := itoa(hidden) + " more: ↑ ↓"
		g.Text(r.X+r.W-width(text), r.Y, width(text), text, StyleDim)
	}
}

// firstWay is the first group that is drawn.
func firstWay(r Rect, o *view.Overview) int {
	fit := waysFit(r, o)
	return max(0, min(o.Here-fit+1, len(o.Groups)-fit))
}

// waysFit is how many groups have room.
func waysFit(r Rect, o *view.Overview) int { return max(1, (r.H-1+perWay(r, o)-2)/perWay(r, o)) }

// drawWay draws a group in 2 rows, 3 (the last one is air) or 4 (with its first
// packet).
func drawWay(g *Grid, r Rect, gr *view.Group, here bool) {
	sign, count := "  ", StylePlain
	if here {
		sign, count = "▶ ", StyleStrong
	}
	x := r.X + g.Text(r.X, r.Y, 2, sign, StyleToken)
	on, off := filled(gr.Percent, 8, "█", "░")
	barStyle := StyleGood
	if gr.Lost {
		barStyle = StyleWarn
	}
	x += g.Text(x, r.Y, 10, on, barStyle)
	x += g.Text(x, r.Y, 10, off, StyleRule)
	text := padLeft(itoa(gr.Percent)+"%", 5) + padLeft(itoa(gr.Count), 5) + " " + plural(gr.Count)
	if here {
		count = StyleHere
	}
	x += 2 + g.Text(x, r.Y, width(text), text, count)
	way, ws := "in", StyleUp
	if gr.Out {
		way, ws = "out", StyleDown
	}
	if gr.Lab {
		way, ws = "", StyleVisited
	}
	x += g.Text(x, r.Y, 12, padRight(strings.TrimSpace(gr.Proto+" "+way)+" ", 9), ws)
	ended, es := gr.Ended, StyleGood
	if i := strings.LastIndex(ended, " in "); i > 0 && width(ended)+2 > r.X+r.W-x {
		ended = ended[:i] // without the function
	}
	if gr.Lost {
		ended, es = " "+shout(ended)+" ", StyleDrop
	}
	g.Text(x, r.Y, r.X+r.W-x, ended, es)
	in := Rect{r.X + 4, r.Y + 1, r.W - 4, 1}
	if !gr.Aside {
		g.draw(in, []line{roadLine(gr, in.W-2)}, 0)
	}
	if r.H >= 4 {
		x := in.X + 2 + g.Text(in.X, r.Y+2, in.W, "packet "+itoa(gr.First), StyleDim)
		g.Text(x, r.Y+2, in.X+in.W-x, fitting(gr.Line, in.X+in.W-x), StyleDim)
	}
}

func padLeft(s string, w int) string { return strings.Repeat(" ", max(0, w-width(s))) + s }

func padRight(s string, w int) string { return s + strings.Repeat(" ", max(0, w-width(s))) }

func plural(n int) string {
	if n == 1 {
		return "packet "
	}
	return "packets"
}

// shout writes a drop so that it cannot be missed.
func shout(ended string) string {
	if rest, ok := strings.CutPrefix(ended, "dropped"); ok {
		return "DROPPED" + rest
	}
	return ended
}

// drawMore is the facts, the findings and where the time went.
func drawMore(g *Grid, r Rect, s *view.Scene, o *view.Overview, l *local) {
	g.more(Rect{r.X, r.Y, r.W + 1, 1}, g.draw(r, moreLines(s, o, r.W), l.scroll), true)
}

// linesOverview is how far the facts can be scrolled.
func linesOverview(s *view.Scene, l *local, w, h int) int {
	if s.Overview == nil {
		return 0
	}
	_, _, more := overviewParts(Rect{0, 0, w, h + 1}, s.Overview)
	return len(moreLines(s, s.Overview, more.W)) + h - more.H
}

func moreLines(s *view.Scene, o *view.Overview, w int) (ls []line) {
	if len(o.Facts) > 0 {
		ls = append(ls, line{{"The capture", StyleTitle}})
		ls = append(ls, factLines(o.Facts, w)...)
	}
	if len(s.Findings) > 0 {
		ls = append(ls, nil, line{{"What to know about it", StyleTitle}})
		ls = append(ls, findings(s, w)...)
	}
	if len(o.Times) > 0 {
		ls = append(ls, nil, line{{"Where the time went", StyleTitle}})
		ls = append(ls, para(o.Scope, w, 0, StyleDim)...)
		n := 0
		for n < len(o.Times) && (o.Times[n].Percent > 0 || n < 3) {
			n++
		}
		ls = append(ls, timeLines(o.Times[:n], w, -1)...)
		if less := len(o.Times) - n; less > 0 {
			ls = append(ls, line{{"  " + itoa(less) + " more, less than 1% each", StyleDim}})
		}
	}
	if len(ls) > 0 && ls[0] == nil {
		ls = ls[1:]
	}
	return ls
}

// factLines has names in one column and values in the next.
func factLines(list []view.Fact, w int) (ls []line) {
	col := 0
	for _, f := range list {
		col = max(col, min(width(f.Name), w/3))
	}
	for _, f := range list {
		for i, t := range Wrap(f.Value, w-col-2, 0) {
			name := ""
			if i == 0 {
				name = f.Name
			}
			ls = append(ls, line{{padRight(cut(name, col), col) + "  ", StyleDim}, {t, StylePlain}})
		}
	}
	return ls
}

// cut shortens s to w cells.
func cut(s string, w int) string {
	rs := []rune(s)
	switch {
	case len(rs) <= w:
		return s
	case w <= 0:
		return ""
	}
	return string(rs[:w-1]) + "…"
}

// wanting asks for the ways that are not known yet: a Scene finds a few at a
// time.
func (m *Model) wanting() tea.Cmd {
	n := 0
	if o := m.scene.Overview; o != nil && m.scene.Screen == view.ScreenOverview {
		for i := range o.Groups {
			if len(o.Groups[i].Way) == 0 {
				n++
			}
		}
	}
	if n == m.local.unknown || m.busy || len(m.queue) > 0 {
		return nil
	}
	if m.local.unknown = n; n == 0 {
		return nil
	}
	return m.send(view.Command{})
}

// choose chooses a group, on the screen at once.
func (m *Model) choose(i int) tea.Cmd {
	o := m.scene.Overview
	i = max(0, min(i, len(o.Groups)-1))
	if i == o.Here || i < 0 {
		return nil
	}
	chosen := *o
	chosen.Here = i
	m.scene.Overview = &chosen
	return m.send(view.Command{Verb: view.Choose, N: o.Groups[i].N})
}

func keyOverview(m *Model, r Rect, key string) (tea.Cmd, bool) {
	o := m.scene.Overview
	if o == nil {
		return nil, false
	}
	_, ways, _ := overviewParts(r, o)
	switch key {
	case "up", "k":
		return m.choose(o.Here - 1), true
	case "down", "j":
		return m.choose(o.Here + 1), true
	case "home", "g":
		return m.choose(0), true
	case "end", "G":
		return m.choose(len(o.Groups) - 1), true
	case "pgup":
		return m.choose(o.Here - waysFit(ways, o)), true
	case "pgdown":
		return m.choose(o.Here + waysFit(ways, o)), true
	case "enter", "right", "l":
		return m.openGroup(), true
	}
	return nil, false
}

// openGroup walks the chosen group.
func (m *Model) openGroup() tea.Cmd {
	o := m.scene.Overview
	if o.Here < 0 || o.Here >= len(o.Groups) {
		return nil
	}
	return m.send(view.Command{Verb: view.Open, N: o.Groups[o.Here].N})
}

func clickOverview(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	o := m.scene.Overview
	if o == nil {
		return nil, false
	}
	_, ways, _ := overviewParts(r, o)
	if x < ways.X || x >= ways.X+ways.W || y <= ways.Y || y >= ways.Y+ways.H {
		return nil, false
	}
	per := perWay(ways, o)
	i := firstWay(ways, o) + (y-ways.Y-1)/per
	switch {
	case i >= len(o.Groups) || per > 2 && (y-ways.Y-1)%per == per-1:
		return nil, false
	case i == o.Here:
		return m.openGroup(), true
	}
	return m.choose(i), true
}
