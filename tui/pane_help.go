package tui

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

func drawHelpPane(g *Grid, r Rect, s *view.Scene, l *local) { drawHelp(g, r, s, l) }

// drawHelp is the ? screen, made from the table of keys: groups in as many
// columns as there is room for, then what the signs mean, then the capture.
func drawHelp(g *Grid, r Rect, s *view.Scene, l *local) {
	in := g.Title(r, "keys", true)
	in.X, in.W = in.X+2, in.W-4
	hidden := g.draw(Rect{in.X, in.Y, in.W, in.H - 1}, helpLines(in.W, s, l), l.scroll)
	if hidden > 0 {
		text := " " + itoa(hidden) + " more: j "
		g.Text(r.X+r.W-width(text)-1, r.Y, width(text), text, StyleDim)
	}
	g.Text(in.X, in.Y+in.H-1, in.W, "? or esc closes this; j and k scroll. Mouse: click anything, wheel scrolls. Lines of text: --plain.", StyleDim)
}

func helpHeight(w int, s *view.Scene, l *local) int { return len(helpLines(w-4, s, l)) }

// legend explains signs and abbreviations.
var legend = []struct{ sign, what string }{
	{"● ┃ │", "the packet is here, was here, not here"},
	{"✗ DROP", "a packet was dropped here"},
	{"▁ ▃ ▅ ✗ ◆", "timeline: new state, sent again, drop"},
	{"a → b", "a value before and after this step"},
	{"not …", "an alternative that lost, and why"},
	{"@ …", "a tracepoint that fires here"},
	{"[S] [S.]", "TCP: SYN opens, SYN+ACK answers"},
	{"[.] [P.]", "TCP: ACK alone, data to hand over"},
	{"[F.] [R]", "TCP: no more data; refused or broken"},
	{"80>4711", "ports, from > to"},
	{"in, out", "this host got the frame, or sent it"},
}

// helpColumn is how wide a column of the help is.
const helpColumn = 58

func helpLines(w int, s *view.Scene, l *local) []line {
	var blocks [][]line
	group := ""
	m := l.keymap()
	for i := range m.Keys {
		k := &m.Keys[i]
		if k.Group != group {
			group = k.Group
			blocks = append(blocks, []line{{{group, StyleTitle}}})
		}
		names := make([]string, len(k.Keys))
		for j, n := range k.Keys {
			names[j] = keyLabel(n)
		}
		at := &blocks[len(blocks)-1]
		*at = append(*at, helpLine(strings.Join(names, " "), k.Help))
	}
	signs := []line{{{"Signs", StyleTitle}}}
	for _, s := range legend {
		signs = append(signs, helpLine(s.sign, s.what))
	}
	blocks = append(blocks, signs)
	how := []line{{{"How a step was checked", StyleTitle}}}
	for _, c := range checkedWords {
		how = append(how, helpLine(c.sign, c.what))
	}
	blocks = append(blocks, how)
	ls := helpColumns(blocks, w, max(1, (w+2)/helpColumn))
	if len(s.Findings) > 0 {
		ls = append(ls, nil, line{{"About this capture", StyleTitle}})
		for _, f := range s.Findings {
			ls = append(ls, para(f, w, 2, StylePlain)...)
		}
	}
	return ls
}

func helpLine(label, what string) line {
	return line{{label, StyleKey}, {strings.Repeat(" ", max(1, 17-width(label))), StylePlain}, {what, StylePlain}}
}

// helpColumns sets blocks in n columns, in order, about equally high.
func helpColumns(blocks [][]line, w, n int) []line {
	rows := 0
	for _, b := range blocks {
		rows += len(b) + 1
	}
	cols := make([][]line, n)
	at := 0
	for _, b := range blocks {
		if at < n-1 && len(cols[at]) > 0 && len(cols[at])+len(b)/2 > rows/n {
			at++
		}
		if len(cols[at]) > 0 {
			cols[at] = append(cols[at], nil)
		}
		cols[at] = append(cols[at], b...)
	}
	var ls []line
	for y := 0; ; y++ {
		var l line
		some, used := false, 0
		for c := range cols {
			if gap := c*w/n - used; c > 0 {
				l = append(l, seg{strings.Repeat(" ", max(1, gap)), StylePlain})
				used += max(1, gap)
			}
			if y >= len(cols[c]) {
				continue
			}
			some = true
			end := (c+1)*w/n - 2
			for _, s := range cols[c][y] {
				s.text = cut(s.text, end-used)
				l = append(l, s)
				used += width(s.text)
			}
		}
		if !some {
			return ls
		}
		ls = append(ls, l)
	}
}

// drawSmall says that the screen is too small.
func drawSmall(g *Grid) {
	r := Rect{0, 0, g.W, g.H}
	y := g.Para(r, 0, "packetwalk needs "+itoa(MinW)+" by "+itoa(MinH)+" cells; this window has "+itoa(g.W)+" by "+itoa(g.H)+".", 0, StyleStrong)
	g.Para(r, y, "Make it larger; q leaves.", 0, StylePlain)
}
