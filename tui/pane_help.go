package tui

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

// drawHelp is the ? screen, made from the table of keys.
func drawHelp(g *Grid, r Rect, s *view.Scene, scroll int) {
	in := g.Title(r, "keys", true)
	in.X, in.W = in.X+2, in.W-4
	ls := helpLines(in.W)
	if len(s.Findings) > 0 {
		ls = append(ls, nil, line{{"About this capture", StyleTitle}})
		for _, f := range s.Findings {
			ls = append(ls, para(f, in.W, 2, StylePlain)...)
		}
	}
	hidden := g.draw(Rect{in.X, in.Y, in.W, in.H - 1}, ls, scroll)
	if hidden > 0 {
		text := " " + itoa(hidden) + " more: j "
		g.Text(r.X+r.W-width(text)-1, r.Y, width(text), text, StyleDim)
	}
	g.Text(in.X, in.Y+in.H-1, in.W, "? or esc closes this; j and k scroll. Lines of text instead: --plain.", StyleDim)
}

func helpLines(w int) []line {
	var left, right []line
	group := ""
	to := &left
	for i := range Keys {
		k := &Keys[i]
		if k.Group != group {
			group = k.Group
			if group == "Jumps" {
				to = &right
			}
			if len(*to) > 0 {
				*to = append(*to, nil)
			}
			*to = append(*to, line{{group, StyleTitle}})
		}
		names := make([]string, len(k.Keys))
		for j, n := range k.Keys {
			names[j] = keyLabel(n)
		}
		label := strings.Join(names, " ")
		pad := strings.Repeat(" ", max(1, 17-width(label)))
		*to = append(*to, line{{label, StyleKey}, {pad, StylePlain}, {k.Help, StylePlain}})
	}
	half := w / 2
	if w < 150 {
		return append(append(left, nil), right...)
	}
	var ls []line
	for i := range max(len(left), len(right)) {
		var l line
		n := 0
		if i < len(left) {
			l = append(l, left[i]...)
			for _, s := range left[i] {
				n += width(s.text)
			}
		}
		l = append(l, seg{strings.Repeat(" ", max(1, half-n)), StylePlain})
		if i < len(right) {
			l = append(l, right[i]...)
		}
		ls = append(ls, l)
	}
	return ls
}

// drawSmall says that the screen is too small.
func drawSmall(g *Grid) {
	y := g.Para(Rect{0, 0, g.W, g.H}, 0, "packetwalk needs "+itoa(MinW)+" by "+itoa(MinH)+" cells; this window has "+itoa(g.W)+" by "+itoa(g.H)+".", 0, StyleStrong)
	g.Para(Rect{0, 0, g.W, g.H}, y, "Make it larger, or leave with q and use --plain.", 0, StylePlain)
}
