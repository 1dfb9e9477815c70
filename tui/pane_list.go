package tui

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

// drawList is the packets around the place.
func drawList(g *Grid, r Rect, s *view.Scene, l *local) {
	title := "packets"
	if s.Filter != "" {
		title = "packets that match the filter"
	}
	in := g.Title(r, title, l.focus == PaneList)
	here := 0
	for i := range s.List {
		if s.List[i].Here {
			here = i
		}
	}
	from := max(0, min(here-in.H/2, len(s.List)-in.H))
	if l.focus == PaneList {
		from = max(0, min(from+l.scroll, len(s.List)-in.H))
	}
	num := width(itoa(max(s.Packets, 1)))
	for y := 0; y < in.H && from+y < len(s.List); y++ {
		drawItem(g, Rect{in.X, in.Y + y, in.W, 1}, &s.List[from+y], num)
	}
	if len(s.List) == 0 {
		g.Text(in.X+1, in.Y, in.W-2, "No packets yet.", StyleDim)
	}
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
	x := r.X
	x += g.Text(x, r.Y, 2, sign, StyleToken)
	x += 1 + g.Text(x, r.Y, num, fmt.Sprintf("%*d", num, it.N), StyleDim)
	x += 1 + g.Text(x, r.Y, 12, fmt.Sprintf("%9s", it.At), StyleDim)
	x += 1 + g.Text(x, r.Y, 3, way, ws)
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
	text := shorten(it.Line, r.W)
	if i := strings.LastIndex(text, ", length "); i > 0 && width(text) > room {
		text = text[:i]
	}
	g.Text(x, r.Y, room, text, st)
}

// shorten leaves the addresses out where there is no room: which way the packet
// goes is said before, and the addresses of the packet at hand above. Ports
// stay.
func shorten(s string, w int) string {
	if w >= 100 {
		return s
	}
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
