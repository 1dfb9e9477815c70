package tui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// A spanLook is how a kind of bytes is drawn: the same with and without colours.
type spanLook struct {
	sign string
	st   Style
	what string
}

// spanLooks are by the kind of a view.ByteSpan or a view.BoardBar.
var spanLooks = map[string]spanLook{
	"flight": {"█", StyleDown, "in flight"},
	"sacked": {"S", StyleGood, "SACKed: it has arrived"},
	"lost":   {"L", StyleDrop, "believed lost"},
	"again":  {"R", StyleWarn, "sent again"},
	"unsent": {"▒", StyleHeader0, "written, not sent"},
	"unread": {"█", StyleUp, "to be read"},
	"hole":   {"_", StyleDrop, "a hole: missing"},
	"ofo":    {"▓", StyleWarn, "behind the hole"},
	"room":   {"·", StyleDim, "the window allows"},
}

// limitSigns stand for the limits in the bar of their shares.
var limitSigns = map[string]spanLook{
	"not sending": {" ", StyleDim, ""}, "the handshake": {"h", StyleDim, ""}, "congestion window": {"C", StyleWarn, ""}, "receive window": {"W", StyleDrop, ""},
	"Nagle": {"N", StyleHeader1, ""}, "TCP_CORK": {"K", StyleHeader1, ""}, "queues below": {"Q", StyleHeader1, ""}, "pacing": {"P", StyleHeader0, ""}, "send buffer": {"B", StyleUp, ""},
	"the program": {"a", StyleDim, ""}, "nothing": {">", StyleGood, ""},
}

func utoa(n uint64) string { return strconv.FormatUint(n, 10) }

// shareOut divides n cells by weight; who weighs anything has one at least, as
// far as they go.
func shareOut(weights []int64, n int) []int {
	out := make([]int, len(weights))
	total, some := int64(0), 0
	for _, w := range weights {
		total += w
		if w > 0 {
			some++
		}
	}
	if total == 0 || n <= 0 {
		return out
	}
	left, before := n, int64(0)
	for i, w := range weights {
		if w <= 0 {
			continue
		}
		some--
		k := int((float64(before+w)/float64(total))*float64(n)+0.5) - (n - left)
		before += w
		out[i] = max(0, min(max(1, k), left-some))
		left -= out[i]
	}
	return out
}

// spanCells is how many cells each stretch of a queue has in a bar of w. An
// empty window takes a third at most, where there is anything else.
func spanCells(q *view.ByteQueue, w int) []int {
	weights := make([]int64, len(q.Spans))
	other := int64(0)
	for i, s := range q.Spans {
		weights[i] = s.To - s.From
		if s.Kind != "room" {
			other += weights[i]
		}
	}
	for i, s := range q.Spans {
		if s.Kind == "room" && other > 0 {
			weights[i] = min(weights[i], max(1, other/2))
		}
	}
	return shareOut(weights, w)
}

// queueLines draw a queue: its bar, the names below their places, and what the
// signs mean.
func queueLines(title string, q *view.ByteQueue, w int) (ls []line) {
	ls = append(ls, line{{title, StyleTitle}, {"  " + q.Says, StylePlain}})
	if width(title)+2+width(q.Says) > w {
		ls[0] = line{{title, StyleTitle}}
		ls = append(ls, para(q.Says, w, 0, StylePlain)...)
	}
	if len(q.Spans) == 0 {
		return ls
	}
	cells := spanCells(q, w)
	bar := line{}
	at := map[int64]int{} // the column where a byte is
	x := 0
	for i, s := range q.Spans {
		at[s.From] = x
		look := spanLooks[s.Kind]
		bar = append(bar, seg{strings.Repeat(look.sign, cells[i]), look.st})
		x += cells[i]
		at[s.To] = x
	}
	ls = append(ls, bar)
	row, taken := []rune(strings.Repeat(" ", max(0, w))), 0
	for i, e := range q.Edges {
		col, ok := at[e.At]
		if !ok {
			continue
		}
		text := "^" + e.Name
		if i > 0 {
			text += " +" + countText(uint64(e.At))
		} else {
			text += " " + utoa(uint64(q.Base))
		}
		if col+width(text) > w { // against the right edge
			text = strings.TrimPrefix(text, "^") + "^"
			col = min(col, w-1) - width(text) + 1
		}
		if col < taken || col < 0 {
			continue
		}
		copy(row[col:], []rune(text))
		taken = col + width(text) + 1
	}
	ls = append(ls, line{{strings.TrimRight(string(row), " "), StyleDim}})
	kinds := []string{}
	for _, s := range q.Spans {
		kinds = append(kinds, s.Kind)
	}
	return append(ls, spanLegend(kinds, w)...)
}

// spanLegend tells what signs mean, each once.
func spanLegend(kinds []string, w int) []line {
	seen, l, n := map[string]bool{}, line{}, 0
	var ls []line
	for _, k := range kinds {
		look, ok := spanLooks[k]
		if seen[k] || !ok {
			continue
		}
		seen[k] = true
		need := 3 + width(look.what)
		if n > 0 && n+need+3 > w {
			ls, l, n = append(ls, l), line{}, 0
		}
		if n > 0 {
			l = append(l, seg{"   ", StylePlain})
			n += 3
		}
		l = append(l, seg{look.sign, look.st}, seg{" " + look.what, StyleDim})
		n += need
	}
	return append(ls, l)
}

// boardRows is how many packets of the scoreboard have a row of their own.
const boardRows = 40

// boardLines draw the scoreboard: a sign for each packet, then a row for each,
// the bar where its bytes are.
func boardLines(p *view.TCPPage, w int) (ls []line) {
	ls = append(ls, line{{"scoreboard ", StyleTitle}})
	ls = append(ls, para(p.Said, w, 0, StylePlain)...)
	if len(p.Board) == 0 {
		return ls
	}
	strip, n := line{}, 0
	kinds := []string{}
	for _, b := range p.Board {
		if n >= w {
			ls, strip, n = append(ls, strip), line{}, 0
		}
		strip = append(strip, seg{spanLooks[b.Kind].sign, spanLooks[b.Kind].st})
		kinds = append(kinds, b.Kind)
		n++
	}
	ls = append(ls, strip)
	ls = append(ls, spanLegend(kinds, w)...)
	total := max(1, p.Board[len(p.Board)-1].To)
	bars := max(8, min(w-46, 80))
	for i, b := range p.Board {
		if i == boardRows {
			ls = append(ls, line{{"… " + itoa(len(p.Board)-i) + " more", StyleDim}})
			break
		}
		look := spanLooks[b.Kind]
		from := int(b.From * int64(bars) / total)
		to := max(from+1, int(b.To*int64(bars)/total))
		from = max(0, min(from, bars-1))
		to = max(from+1, min(to, bars))
		text := itoa(b.Segs) + " seg"
		if b.Packs > 1 {
			text = itoa(b.Packs) + " packets"
		}
		text += ", " + itoa(int(b.To-b.From)) + " B, " + look.what
		if b.Kind == "sacked" {
			text = strings.TrimSuffix(text, ": it has arrived")
		}
		if b.Age > 0 {
			text += ", " + nsText(b.Age) + " ago"
		}
		if b.Rtx && b.Kind != "again" {
			text += ", was sent again"
		}
		ls = append(ls, line{{padLeft("+"+countText(uint64(max(0, b.From))), 7) + " ", StyleDim},
			{strings.Repeat(" ", from), StylePlain}, {strings.Repeat(look.sign, to-from), look.st}, {strings.Repeat(" ", bars-to), StylePlain}, {" " + text, StylePlain}})
	}
	return ls
}

// timerLines draw the timers as they count down; those that are off stand in
// one line.
func timerLines(list []view.TCPTimer, w int) (ls []line) {
	ls = append(ls, line{{"timers", StyleTitle}})
	off, name := []string{}, 0
	for _, t := range list {
		if t.Armed {
			name = max(name, width(t.Name))
		} else {
			off = append(off, t.Name)
		}
	}
	for _, t := range list {
		if !t.Armed {
			continue
		}
		percent := 0
		if t.Full > 0 {
			percent = int(t.Left * 100 / t.Full)
		}
		bars := max(6, min(24, w-name-30))
		on, rest := filled(percent, bars, "█", "░")
		l := line{{padRight(t.Name, name) + " ", StyleStrong}, {on, StyleNew}, {rest, StyleRule}, {" in " + padRight(nsText(t.Left), 8), StyleStrong}}
		n := name + 1 + bars + 12
		if t.Full > t.Left {
			text := " of " + nsText(t.Full)
			l = append(l, seg{text, StyleDim})
			n += width(text)
		}
		if n+4+width(t.What) <= w {
			l = append(l, seg{"  " + t.What, StyleDim})
			ls = append(ls, l)
			continue
		}
		ls = append(ls, l)
		ls = append(ls, para("  "+t.What, w, 2, StyleDim)...)
	}
	if len(off) > 0 {
		ls = append(ls, para("off: "+strings.Join(off, ", "), w, 5, StyleDim)...)
	}
	return ls
}

// limitLines tell what limits the flow, now and so far.
func limitLines(p *view.TCPPage, w int) (ls []line) {
	head := line{{"sending is limited by ", StyleTitle}, {p.Limit.What, StyleHere}}
	if p.Limit.Guess {
		head = append(head, seg{"  (reckoned: see below)", StyleDim})
	}
	ls = append(ls, head)
	ls = append(ls, para(p.Limit.Says, w, 0, StyleStrong)...)
	if len(p.Limit.Share) > 0 {
		weights, bar, words, more := []int64{}, line{}, line{}, []line(nil)
		for _, s := range p.Limit.Share {
			weights = append(weights, s.Ns)
		}
		n := 0
		for i, c := range shareOut(weights, w) {
			s := p.Limit.Share[i]
			look := limitSigns[s.What]
			bar = append(bar, seg{strings.Repeat(look.sign, c), look.st})
			text := look.sign + " " + s.What + " " + itoa(s.Percent) + "% " + nsText(s.Ns)
			if n > 0 && n+width(text) > w {
				more, words, n = append(more, words), line{}, 0
			}
			n += width(text) + 3
			words = append(words, seg{text + "   ", StyleDim})
		}
		ls = append(append(append(ls, bar), more...), words)
	}
	if p.Recv != "" {
		ls = append(ls, para("Receiving: "+p.Recv, w, 0, StylePlain)...)
	}
	return ls
}

// tcpLines lay the connection out for w cells. With little room the queues are
// below what limits the flow, and the rest below those.
func tcpLines(s *view.Scene, w int) (ls []line) {
	p := s.TCP
	if p == nil {
		return para("This step is about no TCP connection. Where one is at hand, its queues, its timers and what limits it are shown here.", w, 0, StyleDim)
	}
	head := line{{p.Ends + " ", StyleStrong}, {p.State, StyleNew}}
	if p.Cong != "" {
		head = append(head, seg{"  congestion state " + p.Cong, StyleDim})
	}
	ls = append(ls, head)
	ls = append(ls, limitLines(p, w)...)
	if len(p.Send.Spans)+len(p.Got.Spans) > 0 {
		ls = append(ls, queueLines("send queue", &p.Send, w)...)
		ls = append(ls, queueLines("receive queue", &p.Got, w)...)
	}
	ls = append(ls, timerLines(p.Time, w)...)
	if p.Said != "" {
		ls = append(ls, boardLines(p, w)...)
	}
	if p.Note != "" {
		ls = append(ls, para(p.Note, w, 0, StyleDim)...)
	}
	return ls
}

// keyTCP scrolls with the arrows.
func keyTCP(m *Model, r Rect, key string) (tea.Cmd, bool) {
	most := max(0, linesTCP(&m.scene, &m.local, r.W, r.H)-r.H+1)
	switch key {
	case "up":
		m.local.scroll = max(0, m.local.scroll-1)
	case "down":
		m.local.scroll = min(m.local.scroll+1, most)
	default:
		return nil, false
	}
	return nil, true
}

func linesTCP(s *view.Scene, l *local, w, h int) int { return len(tcpLines(s, w-2)) }

func drawTCP(g *Grid, r Rect, s *view.Scene, l *local) {
	focus := l.focus == PaneTCP
	in := g.Title(r, "tcp", focus)
	in.X, in.W = in.X+1, in.W-2
	scroll := 0
	if focus {
		scroll = l.scroll
	}
	hidden := g.draw(in, tcpLines(s, in.W), scroll)
	if r.W >= 66 && r.W < 92 && hidden > 0 { // the tabs need their room
		text := "+" + itoa(hidden)
		g.Text(r.X+r.W-width(text), r.Y, width(text), text, StyleDim)
		return
	}
	g.more(r, hidden, focus)
}
