package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

func itoa(n int) string { return strconv.Itoa(n) }

// drawHeader is the top line: which capture, which packet, which step, when.
func drawHeader(g *Grid, r Rect, s *view.Scene, l *local) {
	g.Fill(r, StyleBar)
	left := fmt.Sprintf(" packetwalk  %s  packet %d/%d", s.Title, s.Packet, s.Packets)
	if s.Packet == 0 {
		left = " packetwalk  " + s.Title + "  no packet"
	}
	if s.Steps > 0 {
		left += fmt.Sprintf("  step %d/%d", s.Step, s.Steps)
	}
	left += "  " + s.Clock + " s"
	var right []string
	if s.Filter != "" {
		right = append(right, "only "+s.Filter)
	}
	if l.playing {
		right = append(right, "PLAYING "+speeds[l.speed].name)
	}
	if !s.Whole {
		right = append(right, "indexing "+bar(s.Percent(), 10)+fmt.Sprintf(" %2d%%", s.Percent()))
	}
	rt := strings.Join(right, "  ")
	room := r.W - width(rt) - 2
	if rt != "" && room < 50 {
		rt = cutWords(rt, r.W-50)
		room = r.W - width(rt) - 2
	}
	g.Text(r.X, r.Y, room, left, StyleBar)
	g.Text(r.X+r.W-width(rt)-1, r.Y, width(rt), rt, StyleBar)
}

// bar is a progress bar of n cells.
func bar(percent, n int) string {
	k := percent * n / 100
	return "[" + strings.Repeat("#", k) + strings.Repeat(".", n-k) + "]"
}

// drawLine is the packet at hand.
func drawLine(g *Grid, r Rect, s *view.Scene, l *local) {
	x := r.X + 1
	x += g.Text(x, r.Y, r.W-1, s.Who+": ", StyleTitle)
	verdict, st := verdictText(s)
	room := r.X + r.W - x
	if verdict != "" && room > width(verdict)+20 {
		room -= width(verdict) + 2
		g.Text(r.X+r.W-width(verdict)-1, r.Y, width(verdict), verdict, st)
	}
	g.Text(x, r.Y, room, s.Line, StyleStrong)
}

// verdictText is what became of the packet, once the reader is there.
func verdictText(s *view.Scene) (string, Style) {
	v := &s.Verdict
	if !v.Reached {
		return "", StylePlain
	}
	switch v.Outcome {
	case "dropped":
		return " DROPPED " + v.Reason + " ", StyleDrop
	case "not-modelled":
		return "NOT MODELLED", StyleWarn
	}
	return v.Outcome, StyleGood
}

// prompts are the words before what is typed.
var prompts = map[Action]string{
	PromptFilter: "show only (tcpdump filter): ", PromptSeek: "packet number or command: ", PromptUntil: "until the function: ",
	PromptWhy: "who set (field): ", PromptLook: "look at (skb, sk, neigh, ring, napi …): ",
}

// drawFooter is the last line: what is typed, what there is to say, or the keys.
func drawFooter(g *Grid, r Rect, s *view.Scene, l *local) {
	if p, ok := prompts[l.prompt]; ok {
		x := r.X + 1
		x += g.Text(x, r.Y, r.W-1, p, StyleTitle)
		in := []rune(view.Clean(l.input))
		if room := r.X + r.W - x - 2; len(in) > room {
			in = in[len(in)-room:]
		}
		x += g.Text(x, r.Y, r.W, string(in), StyleStrong)
		g.Set(x, r.Y, '_', StyleToken)
		return
	}
	if s.Notice != "" {
		g.Text(r.X+1, r.Y, r.W-1, "! "+s.Notice, StyleWarn)
		return
	}
	end := r.X + r.W - 1
	for i := len(Keys) - 1; i >= 0; i-- { // those that always help
		if k := &Keys[i]; k.Action == Quit || k.Action == ToggleHelp {
			end -= keyWidth(k)
			drawKey(g, end, r.Y, k)
			end -= 2
		}
	}
	x := r.X + 1
	for _, k := range footerKeys(end - x) {
		drawKey(g, x, r.Y, k)
		x += keyWidth(k) + 2
	}
}

// footerKeys are the keys that the footer has room for; the extra ones go first,
// the last of them at first.
func footerKeys(room int) []*Key {
	var list []*Key
	need := 0
	for i := range Keys {
		if k := &Keys[i]; k.Short != "" && k.Action != Quit && k.Action != ToggleHelp {
			list = append(list, k)
			need += keyWidth(k) + 2
		}
	}
	for _, extra := range [...]bool{true, false} {
		for i := len(list) - 1; i >= 0 && need > room; i-- {
			if list[i].Extra == extra {
				need -= keyWidth(list[i]) + 2
				list = slices.Delete(list, i, i+1)
			}
		}
	}
	return list
}

func keyWidth(k *Key) int { return width(keyLabel(k.Keys[0])) + 1 + width(k.Short) }

func drawKey(g *Grid, x, y int, k *Key) {
	x += 1 + g.Text(x, y, 10, keyLabel(k.Keys[0]), StyleKey)
	g.Text(x, y, 20, k.Short, StyleDim)
}
