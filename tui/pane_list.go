package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// drawList is the packets around the place.
func drawList(g *Grid, r Rect, s *view.Scene, l *local) {
	title := "packets"
	if s.Script != nil {
		title = "what happens, in order"
	}
	if s.Filter != "" {
		title = "packets that match the filter"
	}
	in := g.Title(r, title, l.focus == PaneList)
	from := listFrom(s, in.H, l)
	num := width(itoa(max(s.Packets, 1)))
	for y := 0; y < in.H && from+y < len(s.List); y++ {
		drawItem(g, Rect{in.X, in.Y + y, in.W, 1}, &s.List[from+y], num)
	}
	if len(s.List) == 0 {
		text := "No packets yet."
		if s.Whole {
			text = "None."
		}
		g.Text(in.X+1, in.Y, in.W-2, text, StyleDim)
	}
}

// listFrom is the first packet of the list that is shown.
func listFrom(s *view.Scene, h int, l *local) int {
	here := 0
	for i := range s.List {
		if s.List[i].Here {
			here = i
		}
	}
	from := max(0, min(here-h/2, len(s.List)-h))
	if l.focus == PaneList {
		from = max(0, min(from+l.scroll, len(s.List)-h))
	}
	return from
}

// clickList goes to the packet that is clicked.
func clickList(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	i := listFrom(&m.scene, r.H-1, &m.local) + y - r.Y - 1
	if y <= r.Y || i < 0 || i >= len(m.scene.List) {
		return nil, false
	}
	return m.send(view.Command{Verb: view.Seek, N: m.scene.List[i].N}), true
}

func drawItem(g *Grid, r Rect, it *view.Item, num int) {
	st := StylePlain
	sign := "  "
	if it.Here {
		st, sign = StyleHere, "▶ "
	}
	way, ws := "in ", StyleUp
	if it.Out {
		way, ws = "out", StyleDown
	}
	if it.Host != "" {
		way, ws = padRight(cut(it.Host, 5), 5), StyleDown
		if it.Script {
			way, ws, st = "     ", StyleDim, StyleFunc
			if it.Here {
				st = StyleHere
			}
		}
	}
	x := r.X
	x += g.Text(x, r.Y, 2, sign, StyleToken)
	x += 1 + g.Text(x, r.Y, num, fmt.Sprintf("%*d", num, it.N), StyleDim)
	x += 1 + g.Text(x, r.Y, 12, fmt.Sprintf("%9s", it.At), StyleDim)
	x += 1 + g.Text(x, r.Y, width(way), way, ws)
	room := r.X + r.W - x - 1
	if it.Mark != "" {
		ms := StyleTitle
		switch it.Mark {
		case "again", "reset", "congestion", "not modelled", "a DROP":
			ms = StyleWarn
		}
		mark := it.Mark
		if strings.HasPrefix(mark, "DROP") {
			ms, mark = StyleDrop, " "+mark+" "
		}
		n := min(width(mark), room-6)
		g.Text(r.X+r.W-n-1, r.Y, n, mark, ms)
		room -= n + 1
	}
	g.Text(x, r.Y, room, fitting(it.Line, room), st)
}

// fitting is the longest way to tell a packet that has room: whole; without
// addresses (which way the packet goes is said before, and the addresses of the
// packet at hand above); then without what matters less. Ports stay.
func fitting(s string, room int) string {
	if width(s) <= room {
		return s
	}
	s = withoutHosts(s)
	for _, less := range [...]func(string) string{withoutOptions, withoutLength} {
		if width(s) <= room {
			return s
		}
		s = less(s)
	}
	for _, short := range [...]string{s, tcpNumber(s), tcpInShort(s), arpInShort(s), icmpInShort(s)} {
		if width(short) <= room {
			return short
		}
	}
	s = icmpInShort(arpInShort(tcpInShort(s)))
	s, _, _ = strings.Cut(s, " tell ")
	return strings.Replace(s, ", seq ", " ", 1) // the shortest there is
}

// withoutOptions leaves TCP's options out.
func withoutOptions(s string) string {
	head, rest, ok := strings.Cut(s, ", options [")
	if _, tail, end := strings.Cut(rest, "]"); ok && end {
		return head + tail
	}
	return s
}

// withoutWindow leaves TCP's window out.
func withoutWindow(s string) string {
	head, rest, ok := strings.Cut(s, ", win ")
	if i := strings.IndexByte(rest, ','); ok && i >= 0 {
		return head + rest[i:]
	}
	return s
}

func withoutLength(s string) string {
	if i := strings.LastIndex(s, ", length "); i > 0 && !strings.Contains(s, " Flags [") {
		return s[:i]
	}
	return s
}

// tcpNumber is a segment with the one number that matters most: where its data
// begins, or what it acknowledges.
func tcpNumber(s string) string {
	short := tcpInShort(s)
	_, rest, ok := strings.Cut(s, "Flags [")
	if !ok {
		return s
	}
	ends, bytes, data := strings.Cut(short, "] ")
	name := "ack"
	if data {
		name = "seq"
	}
	_, n, ok := strings.Cut(rest, ", "+name+" ")
	if i := strings.IndexAny(n, ":,"); ok && i > 0 {
		short = strings.TrimSuffix(ends, "]") + "] " + name + " " + n[:i]
		if data {
			short += ", " + bytes
		}
	}
	if short == tcpInShort(s) {
		return s
	}
	return short
}

// tcpInShort is a segment's ports, flags and length: "35372>80 [P.] 80 bytes".
func tcpInShort(s string) string {
	ends, rest, ok := strings.Cut(s, "Flags [")
	flags, rest, end := strings.Cut(rest, "]")
	if !ok || !end {
		return s
	}
	s = ends + "[" + flags + "]"
	if i := strings.LastIndex(rest, ", length "); i >= 0 {
		n, _, _ := strings.Cut(rest[i+len(", length "):], ":")
		if n != "0" {
			s += " " + n + " bytes"
		}
	}
	return s
}

func arpInShort(s string) string {
	for _, word := range [...]string{"Request ", "Reply "} {
		if rest, ok := strings.CutPrefix(s, "ARP, "+word); ok {
			return "ARP " + rest
		}
	}
	return s
}

// icmpInShort leaves out whom an error is about, and which program's an echo is:
// "ICMP udp port 9999 unreachable", "echo request, seq 2".
func icmpInShort(s string) string {
	for _, proto := range [...]string{"ICMP ", "ICMP6, "} {
		rest, ok := strings.CutPrefix(s, proto)
		if !ok {
			continue
		}
		if host, what, two := strings.Cut(rest, " "); two && strings.Count(host, ".") == 3 {
			return "ICMP " + what
		}
		what, id, _ := strings.Cut(rest, ", id ")
		if _, seq, echo := strings.Cut(id, ", "); echo {
			return what + ", " + seq
		}
	}
	return s
}

// withoutHosts leaves the addresses out.
func withoutHosts(s string) string {
	ends, rest, ok := strings.Cut(s, ": ")
	_, ends, _ = strings.Cut(ends, " ")
	from, to, arrow := strings.Cut(ends, " > ")
	if !ok || !arrow {
		return s
	}
	if p, q := port(from), port(to); p != "" && q != "" {
		return p + ">" + q + " " + rest
	}
	return rest
}

// port is the port of an address as tcpdump writes it, if there is one.
func port(a string) string {
	i := strings.LastIndexByte(a, '.')
	if i < 0 || strings.Count(a, ".") == 3 && !strings.Contains(a, ":") {
		return ""
	}
	return a[i+1:]
}
