package tui

import (
	"github.com/packetwalk/packetwalk/stack/view"
)

// drawWhy tells what happens here, why, and what it changes.
func drawWhy(g *Grid, r Rect, s *view.Scene, l *local) {
	title := "what happens here, and why"
	in := g.Title(r, title, l.focus == PaneWhy)
	in.X, in.W = in.X+1, in.W-2
	scroll := 0
	if l.focus == PaneWhy {
		scroll = l.scroll
	}
	g.more(r, g.draw(in, whyLines(s, in.W), scroll), l.focus == PaneWhy)
}

func whyLines(s *view.Scene, w int) (ls []line) {
	if s.Packet == 0 {
		text := "The capture is being read; its first packet will be here at once."
		if s.Whole {
			text = "The capture is empty: there is nothing to walk. q leaves."
		}
		return append(para(text, w, 0, StyleStrong), findings(s, w)...)
	}
	if s.Packet == 1 && s.Step <= 1 && len(s.Findings) > 0 {
		ls = append(ls, line{{"About this capture", StyleTitle}})
		ls = append(ls, findings(s, w)...)
	}
	if s.Func != "" {
		head := line{{s.Func, StyleFunc}}
		if rest := "  " + s.Layer + ", " + s.File; width(s.Func)+width(rest) <= w {
			head = append(head, seg{rest, StyleDim})
		}
		ls = append(ls, head)
	}
	if s.Says != "" {
		ls = append(ls, para(s.Says, w, 0, saysStyle(s))...)
	}
	if s.What != "" && s.Kind == "call" {
		ls = append(ls, para(s.What, w, 0, StyleDim)...)
	}
	for _, d := range s.Changes {
		ls = append(ls, delta(d, w))
	}
	for _, d := range s.Counts {
		ls = append(ls, delta(d, w))
	}
	for _, x := range s.Lost {
		ls = append(ls, para("not "+x.What+" "+x.Candidate+": "+x.Because, w, 4, StylePlain)...)
	}
	for _, p := range s.Points {
		ls = append(ls, para("@ "+p, w, 4, StyleDim)...)
	}
	return ls
}

func findings(s *view.Scene, w int) (ls []line) {
	for _, f := range s.Findings {
		ls = append(ls, para(f, w, 2, StylePlain)...)
	}
	return ls
}

func saysStyle(s *view.Scene) Style {
	if s.Kind == "end" {
		switch {
		case s.Verdict.Outcome == "dropped" && s.Verdict.Reached:
			return StyleDrop
		case s.Verdict.Outcome == "not-modelled":
			return StyleWarn
		}
	}
	return StyleStrong
}

func delta(d view.Delta, w int) line {
	l := line{{d.Name + " ", StylePlain}, {d.From + " → ", StyleDim}, {d.To, StyleNew}}
	n := width(d.Name) + width(d.From) + width(d.To) + 4
	if d.What != "" && n+3+width(d.What) <= w {
		l = append(l, seg{"   " + d.What, StyleDim})
	}
	return l
}
