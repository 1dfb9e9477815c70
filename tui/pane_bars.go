package tui

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

func itoa(n int) string { return strconv.Itoa(n) }

// title is the capture's name without the folders that it is in.
func title(s *view.Scene) string { return s.Title[strings.LastIndexByte(s.Title, '/')+1:] }

// drawHeader is the top line: which capture, which packet, which step, when; on
// the right what is not as usual.
func drawHeader(g *Grid, r Rect, s *view.Scene, l *local) {
	g.Fill(r, StyleBar)
	name := title(s)
	if room := max(12, r.W/4); width(name) > room {
		name = string([]rune(name)[:room-1]) + "…"
	}
	left := fmt.Sprintf(" packetwalk  %s  packet %d/%d", name, s.Packet, s.Packets)
	if s.Script != nil && s.Script.Line == 0 {
		left = fmt.Sprintf(" packetwalk  %s  %d/%d", name, s.Packet, s.Packets)
	} else if s.Script != nil {
		left = fmt.Sprintf(" packetwalk  %s  %d/%d  line %d", name, s.Packet, s.Packets, s.Script.Line)
	}
	switch {
	case s.Packet == 0:
		left = " packetwalk  " + name + "  no packet"
	case s.Screen == view.ScreenOverview:
		left = fmt.Sprintf(" packetwalk  %s  %d packets", name, s.Packets)
	default:
		if s.Steps > 0 {
			left += fmt.Sprintf("  step %d/%d", s.Step, s.Steps)
		}
		left += "  " + s.Clock + " s"
	}
	right := state(s, l)
	rt := strings.Join(right, "  ")
	for len(right) > 1 && width(rt) > r.W-width(left)-3 { // the first are the least
		right = right[1:]
		rt = strings.Join(right, "  ")
	}
	room := r.W - width(rt) - 2
	if rt != "" && room < 50 {
		rt = cutWords(rt, r.W-50)
		room = r.W - width(rt) - 2
	}
	g.Text(r.X, r.Y, room, left, StyleBar)
	st := StyleBar
	if l.busy > 0 || l.playing {
		st = StyleHere
	}
	g.Text(r.X+r.W-width(rt)-1, r.Y, width(rt), rt, st)
}

// state is what the header tells on the right, what matters most last.
func state(s *view.Scene, l *local) (list []string) {
	if s.Depth != "" && s.Depth != view.DepthFirst {
		list = append(list, "words for: "+string(s.Depth))
	}
	if s.Grain != "" && s.Grain != "function" {
		list = append(list, "by "+s.Grain)
	}
	if s.Follow != "" && s.Follow != "family" {
		list = append(list, "follows "+s.Follow)
	}
	if s.Group != "" {
		list = append(list, "only "+s.Group)
	}
	if s.Filter != "" {
		list = append(list, "only "+s.Filter)
	}
	if l.playing {
		list = append(list, "PLAYING "+speeds[l.speed].name)
	}
	if s.Live != "" {
		list = append(list, s.Live)
	}
	if !s.Whole && s.Live == "" {
		list = append(list, "indexing "+bar(s.Percent(), 10)+fmt.Sprintf(" %2d%%", s.Percent()))
	}
	if l.busy > 0 {
		text := "working"
		if l.doing != "" {
			text = l.doing
		}
		list = append(list, fmt.Sprintf("%s %.1f s: esc cancels", text, l.busy.Seconds()))
	}
	return list
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
	if way := hostsText(s); len(way) > 0 {
		n := 0
		for _, p := range way {
			n += width(p.text)
		}
		if room > n+24 {
			room -= n + 2
			g.draw(Rect{x + room + 1, r.Y, n, 1}, []line{way}, 0)
		}
	}
	g.Text(x, r.Y, room, wholeLine(s.Line, room), StyleStrong)
}

// wholeLine is a packet in one line, with less of TCP's numbers where there is
// no room for all: both ends stay.
func wholeLine(s string, room int) string {
	for _, less := range [...]func(string) string{withoutOptions, withoutWindow, tcpInShort, withoutLength} {
		if width(s) <= room {
			break
		}
		s = less(s)
	}
	return s
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
	PromptFilter: "show only (tcpdump filter): ", PromptSeek: ": ", PromptUntil: "until the function: ",
	PromptWhy: "who wrote (field): ", PromptLook: "look at (skb, sk, neigh, ring, napi …): ", PromptBreak: "stop at (function, drop, field, if filter): ",
	PromptSearch: "search for: ", PromptGloss: "explain: ",
}

// completes reports whether tab completes what a prompt asks for.
func completes(a Action) bool { return a != PromptFilter && a != PromptSearch }

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
		hint := "enter does it, esc closes"
		if completes(l.prompt) {
			hint = "tab completes, " + hint
		}
		if x+width(hint)+4 < r.X+r.W {
			g.Text(r.X+r.W-width(hint)-1, r.Y, width(hint), hint, StyleDim)
		}
		return
	}
	if s.Notice != "" {
		g.Text(r.X+1, r.Y, r.W-1, "! "+s.Notice, StyleWarn)
		return
	}
	if l.over != "" && !l.knows {
		drawOver(g, r, l)
		return
	}
	for _, k := range footerLine(r, s, l) {
		drawKey(g, k, r.Y)
	}
}

// drawOver is the footer once a live run is over, until the next key: why, and
// what can be done now.
func drawOver(g *Grid, r Rect, l *local) {
	m := l.keymap()
	tail := fmt.Sprintf(" Still to walk: %s %s; %s leaves.", m.keyOf("back"), m.keyOf("forward"), m.keyOf("quit"))
	room := r.W - 4 - width(tail)
	text := l.over
	if width(text) > room {
		text = cutWords(text, room-2) + " …"
	}
	x := r.X + 1 + g.Text(r.X+1, r.Y, r.W-1, "! "+text, StyleWarn)
	g.Text(x, r.Y, r.X+r.W-x, tail, StyleStrong)
}

// A footerKey is a key's place in the footer.
type footerKey struct {
	x            int
	key          *Key
	label, short string
}

func (k footerKey) width() int { return width(k.label) + 1 + width(k.short) }

// glanceKeys are the keys of the overview: rows of the table, and what they do
// there.
var glanceKeys = [...]struct{ name, short string }{{"forward", "down"}, {"back", "up"}, {"zoom", "open"}, {"overview", "walk on"}, {"filter", "filter"}, {"next-drop", "drop"}, {"command", "command"}}

// footerLine is the keys of the footer: those that everybody needs on the left,
// help and quit on the right.
func footerLine(r Rect, s *view.Scene, l *local) (list []footerKey) {
	m := l.keymap()
	end := r.X + r.W - 1
	for i := len(m.Keys) - 1; i >= 0; i-- { // those that always help
		if k := &m.Keys[i]; k.Action == Quit || k.Action == ToggleHelp {
			end -= keyWidth(k)
			list = append(list, footerKey{end, k, keyLabel(k.Keys[0]), k.Short})
			end -= 2
		}
	}
	x := r.X + 1
	if s.Screen == view.ScreenOverview {
		for _, g := range glanceKeys {
			k := m.named(g.name)
			f := footerKey{x, k, keyLabel(k.Keys[0]), g.short}
			if g.name != "overview" && g.name != "filter" { // the arrows and enter are what lists have
				f.label = keyLabel(k.Keys[len(k.Keys)-1])
			}
			if x+f.width() > end {
				break
			}
			list = append(list, f)
			x += f.width() + 2
		}
		return list
	}
	for _, k := range footerKeys(m, end-x) {
		list = append(list, footerKey{x, k, keyLabel(k.Keys[0]), k.Short})
		x += keyWidth(k) + 2
	}
	return list
}

// footerKeyAt is the key at a cell of the footer.
func footerKeyAt(r Rect, x int, s *view.Scene, l *local) *Key {
	if _, typing := prompts[l.prompt]; typing || s.Notice != "" || l.over != "" && !l.knows {
		return nil
	}
	for _, k := range footerLine(r, s, l) {
		if x >= k.x && x < k.x+k.width() {
			return k.key
		}
	}
	return nil
}

// footerKeys are the keys that the footer has room for; the extra ones go first,
// the last of them at first.
func footerKeys(m *Keymap, room int) []*Key {
	var list []*Key
	need := 0
	for i := range m.Keys {
		if k := &m.Keys[i]; k.Short != "" && k.Action != Quit && k.Action != ToggleHelp {
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

func drawKey(g *Grid, k footerKey, y int) {
	x := k.x + 1 + g.Text(k.x, y, 12, k.label, StyleKey)
	g.Text(x, y, 20, k.short, StyleDim)
}
