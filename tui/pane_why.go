package tui

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

// drawWhy tells what happens here, why, and what it changes; in its last rows
// where control came from and where it goes.
func drawWhy(g *Grid, r Rect, s *view.Scene, l *local) {
	in := g.Title(r, "what happens here, and why", l.focus == PaneWhy)
	in.X, in.W = in.X+1, in.W-2
	scroll := 0
	if l.focus == PaneWhy {
		scroll = l.scroll
	}
	top := Rect{in.X, in.Y, in.W, whyRoom(in.H)}
	g.more(r, g.draw(top, whyLines(s, in.W), scroll), l.focus == PaneWhy)
	y := in.Y + top.H
	if in.H-top.H > 1 {
		drawNear(g, Rect{in.X, y, in.W, 1}, "◀ from ", cameFrom(s))
		y++
	}
	if in.H > top.H {
		drawNear(g, Rect{in.X, y, in.W, 1}, "▶ next ", comesNext(s))
	}
}

// whyRoom is how many of the pane's rows the text has.
func whyRoom(h int) int {
	switch {
	case h >= 8:
		return h - 2
	case h >= 4:
		return h - 1
	}
	return h
}

func drawNear(g *Grid, r Rect, head, text string) {
	if text == "" {
		return
	}
	x := r.X + g.Text(r.X, r.Y, r.W, head, StyleTitle)
	g.Text(x, r.Y, r.X+r.W-x, text, StylePlain)
}

// near finds the row of the step, the one before and the one after.
func near(s *view.Scene) (before, here, after *view.Row) {
	for i := range s.Tree {
		if !s.Tree[i].Here {
			continue
		}
		if i > 0 {
			before = &s.Tree[i-1]
		}
		if i+1 < len(s.Tree) {
			after = &s.Tree[i+1]
		}
		return before, &s.Tree[i], after
	}
	return nil, nil, nil
}

// cameFrom is how control came to the step.
func cameFrom(s *view.Scene) string {
	before, here, _ := near(s)
	switch {
	case here == nil:
		return ""
	case before == nil && s.Packet > 1 && s.Step <= 1:
		return fmt.Sprintf("packet %d, which is done", s.Packet-1)
	case before == nil:
		return "the beginning of the capture"
	case before.Kind != "call" || here.Kind != "call":
		return before.Text
	case before.Depth < here.Depth:
		return before.Text + ", which calls it"
	case len(s.Calls) > 1 && here.Kind == "call":
		return s.Calls[len(s.Calls)-2].Func + ", after " + before.Text
	}
	return before.Text
}

// comesNext is where control goes from the step.
func comesNext(s *view.Scene) string {
	_, here, next := near(s)
	switch {
	case here == nil:
		return ""
	case next == nil && s.Packet >= s.Packets:
		return "the capture ends here"
	case next == nil:
		return fmt.Sprintf("done with this packet; then packet %d", s.Packet+1)
	}
	text := next.Text
	if next.Kind == "call" {
		switch {
		case next.Depth > here.Depth:
			text = "calls " + text
		case next.Depth < here.Depth:
			text = "returns; " + text
		}
	}
	if next.Stage != s.Lit && next.Stage != view.NoStage && next.Kind == "call" {
		text += ", at " + next.Stage.Name()
	}
	if next.Who != "" && next.Kind == "call" {
		who, _, _ := strings.Cut(next.Who, " (")
		text += " (" + who + ")"
	}
	return text
}

func whyLines(s *view.Scene, w int) (ls []line) {
	if s.Packet == 0 {
		text := "The capture is being read; its first packet will be here at once."
		if s.Whole {
			text = "The capture is empty: there is nothing to walk. q leaves."
		}
		return append(para(text, w, 0, StyleStrong), findings(s, w)...)
	}
	// What a function is for is told once: a first course has its own words.
	words, purpose := StylePlain, s.What != "" && (s.Plain == "" || s.Depth != view.DepthFirst)
	switch {
	case s.Says != "":
		ls = append(ls, para(s.Says, w, 0, saysStyle(s))...)
	case purpose:
		ls = append(ls, para(s.What, w, 0, StyleStrong)...)
	default:
		words = StyleStrong
	}
	if s.Plain != "" {
		ls = append(ls, para(s.Plain, w, 0, words)...)
	}
	for _, d := range s.Changes {
		ls = append(ls, delta(d, w)...)
	}
	for _, d := range s.Counts {
		ls = append(ls, delta(d, w)...)
	}
	for _, x := range s.Lost {
		ls = append(ls, para("not "+x.What+" "+x.Candidate+": "+x.Because, w, 4, StylePlain)...)
	}
	if s.Func != "" {
		head := line{{"in ", StyleDim}, {s.Func, StyleFunc}}
		if rest := "  " + s.Layer + ", " + s.File; width(s.Func)+width(rest)+3 <= w && s.Depth != view.DepthFirst {
			head = append(head, seg{rest, StyleDim})
		}
		ls = append(ls, head)
		ls = append(ls, checkedLines(s, w)...)
	}
	if purpose && s.Kind == "call" && s.Says != "" {
		ls = append(ls, para(s.What, w, 0, StyleDim)...)
	}
	if s.Depth != view.DepthFirst {
		for _, p := range s.Points {
			ls = append(ls, para("@ "+p, w, 4, StyleDim)...)
		}
	}
	if s.Packet == 1 && s.Step <= 1 && len(s.Findings) > 0 {
		ls = append(ls, line{{"About this capture", StyleTitle}})
		ls = append(ls, findings(s, w)...)
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

// delta is a value before and after, and what it means: in the line if there is
// room, else below.
func delta(d view.Delta, w int) []line {
	l := line{{d.Name + " ", StylePlain}, {d.From + " → ", StyleDim}, {d.To, StyleNew}}
	if d.Here {
		l[0] = seg{"▶ " + d.Name + " ", StyleHere}
		w -= 2
	}
	n := width(d.Name) + width(d.From) + width(d.To) + 4
	if d.What == "" {
		return []line{l}
	}
	if n+3+width(d.What) <= w {
		return []line{append(l, seg{"   " + d.What, StyleDim})}
	}
	ls := []line{l}
	for _, t := range Wrap(d.What, w-4, 0) {
		ls = append(ls, line{{"    " + t, StyleDim}})
	}
	return ls
}

// checkedWords say what the badges mean.
var checkedWords = []struct{ how, sign, what string }{
	{"kernel", "✓ kernel", "ran in a recording that agrees with Linux 6.18"},
	{"packetdrill", "✓ packetdrill", "checked against the kernel's own packetdrill scripts"},
	{"RFC", "✓ RFC", "checked against the text of a standard"},
	{"simplified", "≈ simplified", "does less than the kernel, on purpose"},
	{"unchecked", "? unchecked", "checked by the model's own tests only"},
}

// checkedLines is the badge of the step: how it was checked, and where if there
// is room.
func checkedLines(s *view.Scene, w int) []line {
	if s.Checked == nil {
		return nil
	}
	for _, c := range checkedWords {
		if c.how != s.Checked.How {
			continue
		}
		st := StyleGood
		switch c.how {
		case "simplified":
			st = StyleWarn
		case "unchecked":
			st = StyleDim
		}
		l := line{{c.sign, st}}
		if where := s.Checked.Where; where != "" && width(c.sign)+2+width(where) <= w {
			l = append(l, seg{"  " + where, StyleDim})
		} else if where != "" && c.how == "simplified" {
			return append([]line{l}, para(where, w, 2, StyleDim)...)
		}
		return []line{l}
	}
	return nil
}
