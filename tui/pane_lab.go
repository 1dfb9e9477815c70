package tui

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

// drawScript is the script of a lab: the line that runs, and what it has printed.
func drawScript(g *Grid, r Rect, s *view.Scene, l *local) {
	focus := l.focus == PaneScript
	in := g.Title(r, "the lab's script", focus)
	in.X, in.W = in.X+1, in.W-2
	p := s.Script
	if p == nil {
		g.Para(in, in.Y, "This is a capture: no script runs. A lab has one: packetwalk walk LAB.sh, or the name of a bundled lab.", 0, StyleDim)
		return
	}
	top := in
	out := outputLines(p, in.W)
	if n := min(len(out), max(in.H/2, in.H-len(p.Lines)-1)); n > 0 && in.H >= 4 {
		top.H = in.H - n - 1
		y := in.Y + top.H
		head := "── printed so far "
		if p.More > 0 {
			head += fmt.Sprintf("(%d lines before) ", p.More)
		}
		g.Text(in.X, y, in.W, padTo(head, in.W, "─"), StyleRule)
		from := max(0, len(out)-n)
		if focus {
			from = max(0, min(from, from-l.scroll))
		}
		g.draw(Rect{in.X, y + 1, in.W, n}, out[from:], 0)
	}
	here := 0
	for i := range p.Lines {
		if p.Lines[i].Here {
			here = i
		}
	}
	var ls []line
	for i := range p.Lines {
		ls = append(ls, scriptLine(&p.Lines[i]))
	}
	g.draw(top, ls, firstOf(here, top.H, len(ls)))
}

// padTo fills a text up to a width.
func padTo(s string, w int, with string) string {
	return s + strings.Repeat(with, max(0, w-width(s)))
}

func scriptLine(x *view.ScriptLine) line {
	sign, st := "  ", StyleDim
	if x.Here {
		sign, st = "▶ ", StyleHere
	}
	return line{{sign, StyleToken}, {padLeft(itoa(x.N), 3) + " ", StyleDim}, {x.Text, st}}
}

func outputLines(p *view.ScriptPage, w int) (ls []line) {
	for i := range p.Output {
		st := StylePlain
		if p.Output[i].Err {
			st = StyleWarn
		}
		ls = append(ls, line{{cut(p.Output[i].Text, w), st}})
	}
	return ls
}

// scriptHeight is how far the output can be scrolled.
func scriptHeight(s *view.Scene, l *local, w, h int) int {
	if s.Script == nil {
		return 0
	}
	return h + max(0, len(s.Script.Output)-h/2)
}

// hostsText is the way of a packet through the hosts of a lab: "h1 → [r] → h2".
func hostsText(s *view.Scene) (ls line) {
	for i := range s.Hosts {
		h := &s.Hosts[i]
		if i > 0 {
			st := StyleDim
			if h.Been {
				st = StyleVisited
			}
			ls = append(ls, seg{" → ", st})
		}
		switch {
		case h.Here:
			ls = append(ls, seg{"[" + h.Name + "]", StyleHere})
		case h.Been:
			ls = append(ls, seg{h.Name, StyleVisited})
		default:
			ls = append(ls, seg{h.Name, StyleDim})
		}
	}
	return ls
}

// drawRules is netfilter: the hooks with what stands there, and the rules of the
// chain that the packet is at.
func drawRules(g *Grid, r Rect, s *view.Scene, l *local) {
	focus := l.focus == PaneRules
	in := g.Title(r, "netfilter", focus)
	in.X, in.W = in.X+1, in.W-2
	if s.Netfilter == nil {
		g.Para(in, in.Y, "No firewall: nothing is registered at any hook of this host, and the packet has met no filter of tc here.", 0, StyleDim)
		return
	}
	ls, here := rulesLines(s, in.W)
	scroll := firstOf(here, in.H, len(ls))
	if focus {
		scroll = max(0, min(scroll+l.scroll, len(ls)-in.H))
	}
	g.more(r, g.draw(in, ls, scroll), focus)
}

func rulesHeight(s *view.Scene, l *local, w, h int) int {
	if s.Netfilter == nil {
		return 0
	}
	ls, _ := rulesLines(s, w-2)
	return len(ls)
}

// rulesLines are all lines of the pane, and which of them to keep in view.
func rulesLines(s *view.Scene, w int) (ls []line, here int) {
	n := s.Netfilter
	if n.Run != nil {
		ls, here = runLines(n.Run, w)
		ls = append(ls, nil)
	}
	if n.TC != nil {
		more, at := runLines(n.TC, w)
		if n.Run == nil {
			here = len(ls) + at
		}
		ls = append(append(ls, more...), nil)
	}
	if n.NAT != nil {
		ls = append(append(ls, natLines(n.NAT, w)...), nil)
	}
	head := "Hooks"
	if n.Host != "" {
		head += " of " + n.Host
	}
	if len(n.Hooks) > 0 {
		ls = append(ls, line{{head, StyleTitle}})
	}
	for i := range n.Hooks {
		h := &n.Hooks[i]
		if h.Here && n.Run == nil && n.TC == nil {
			here = len(ls)
		}
		ls = append(ls, hookLines(h)...)
	}
	if n.Words != "" && s.Depth != "" {
		if len(n.Hooks) > 0 {
			ls = append(ls, nil)
		}
		ls = append(ls, para(n.Words, w, 0, StyleDim)...)
	}
	return ls, here
}

// hookLines are a hook and who stands there.
func hookLines(h *view.NFHook) []line {
	sign, st := "│ ", StyleDim
	switch {
	case h.Here:
		sign, st = "● ", StyleHere
	case h.Been:
		sign, st = "┃ ", StyleVisited
	}
	ls := []line{{{sign, StyleToken}, {h.Name, st}, {"  " + h.Fam, StyleDim}}}
	for i := range h.Lines {
		x := &h.Lines[i]
		mark, ns := "   ", StylePlain
		if x.Here {
			mark, ns = " ▶ ", StyleHere
		}
		l := line{{mark, StyleToken}, {padRight(x.Priority, 15) + " ", StyleDim}}
		if x.Chain != "" {
			l = append(l, seg{x.Chain, ns}, seg{fmt.Sprintf("  %d %s", x.Rules, word(x.Rules, "rule", "rules")), StyleDim})
			if x.Policy != "" {
				l = append(l, seg{", policy " + x.Policy, policyStyle(x.Policy)})
			}
		} else {
			l = append(l, seg{x.Func, StyleFunc})
		}
		ls = append(ls, l)
	}
	return ls
}

func word(n int, one, more string) string {
	if n == 1 {
		return one
	}
	return more
}

func policyStyle(p string) Style {
	if strings.EqualFold(p, "drop") {
		return StyleWarn
	}
	return StyleDim
}

// chainHead is a chain's name with the word before it; filters of tc hang in none.
func chainHead(name string) string {
	if strings.HasPrefix(name, "tc ") {
		return name
	}
	return "chain " + name
}

// runLines are the rules of a chain, with what became of them.
func runLines(run *view.NFRun, w int) (ls []line, here int) {
	head := line{{chainHead(run.Chain), StyleStrong}}
	if run.Policy != "" {
		head = append(head, seg{"  policy " + run.Policy, policyStyle(run.Policy)})
	}
	ls = append(ls, head)
	for i := range run.Rules {
		x := &run.Rules[i]
		if x.Here {
			here = len(ls)
		}
		in := strings.Repeat("   ", x.Depth)
		if x.Chain != "" {
			ls = append(ls, line{{"  " + in + "chain " + x.Chain, StyleStrong}})
		}
		ls = append(ls, ruleLines(x, in, w)...)
	}
	if run.More > 0 {
		ls = append(ls, line{{fmt.Sprintf("  … and %d more rules", run.More), StyleDim}})
	}
	if run.Verdict != "" {
		ls = append(ls, para("= "+run.Verdict, w, 2, StyleStrong)...)
	}
	return ls, here
}

// ruleLines are one rule: its sign, its text with the operand that failed marked,
// its verdict, what it has counted.
func ruleLines(x *view.NFRule, in string, w int) []line {
	sign, ss, st := "·", StyleDim, StyleDim
	switch x.State {
	case view.NFMatched:
		sign, ss, st = "✓", StyleGood, StyleStrong
	case view.NFFailed:
		sign, ss, st = "✗", StyleWarn, StylePlain
	}
	if x.Here {
		sign = "▶" + sign
	} else {
		sign = " " + sign
	}
	l := line{{sign + " ", ss}, {in, StylePlain}}
	for _, p := range x.Parts {
		if p.Failed {
			l = append(l, seg{"[" + p.Text + "]", StyleDrop})
		} else {
			l = append(l, seg{p.Text, st})
		}
	}
	ls := wrapRule(l, w, 5+width(in))
	note := func(text string, st Style) {
		last := &ls[len(ls)-1]
		n := 0
		for _, s := range *last {
			n += width(s.text)
		}
		if n+2+width(text) <= w {
			*last = append(*last, seg{"  " + text, st})
			return
		}
		for _, t := range Wrap(text, w-6-width(in), 0) {
			ls = append(ls, line{{strings.Repeat(" ", 5+width(in)) + t, st}})
		}
	}
	if x.Verdict != "" {
		note("→ "+x.Verdict, StyleGood)
	}
	if x.Because != "" {
		note(x.Because, StyleWarn)
	}
	if x.After != "" {
		note(x.Before+" → "+strings.TrimPrefix(x.After, "packets "), StyleNew)
	}
	return ls
}

// wrapRule breaks a line of pieces into lines of w cells; those behind the first
// are indented.
func wrapRule(l line, w, indent int) []line {
	var ls []line
	var cur line
	n := 0
	for _, s := range l {
		for _, piece := range strings.SplitAfter(s.text, " ") {
			if piece == "" {
				continue
			}
			if n+width(strings.TrimRight(piece, " ")) > w && n > indent {
				ls = append(ls, cur)
				cur, n = line{{strings.Repeat(" ", indent), StylePlain}}, indent
			}
			cur = append(cur, seg{piece, s.style})
			n += width(piece)
		}
	}
	return append(ls, cur)
}

// natLines are the fields of a connection before NAT and after it.
func natLines(n *view.NFNat, w int) (ls []line) {
	ls = append(ls, line{{"NAT of this connection", StyleTitle}, {"  as it comes → as it goes on", StyleDim}})
	for i := range n.Rows {
		x := &n.Rows[i]
		l := line{{"  " + padRight(x.Field, 17), StyleDim}, {x.Before, StylePlain}}
		if x.Manip != "" {
			l = append(l, seg{" → ", StyleDim}, seg{x.After, StyleNew}, seg{"  " + x.Manip, StyleGood})
		}
		ls = append(ls, l)
	}
	for _, t := range n.Why {
		ls = append(ls, para("  "+t, w, 4, StylePlain)...)
	}
	return ls
}
