package tui

import (
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

// A netBox is where a machine is on the picture.
type netBox struct {
	Rect
	rows []string
}

// A netLane is a wire on the picture: down from a at column ax, along row y, and up
// to b at bx.
type netLane struct {
	w      *view.NetWire
	ax, bx int
	y      int
}

// A netPicture is the machines side by side, with the wires below them.
type netPicture struct {
	p     *view.NetPage
	boxes []netBox
	lanes []netLane
	w, h  int
}

// How far apart the machines are.
const (
	netGap     = 3
	netGapMost = 14
)

// layNet lays a picture out for a pane of w cells: with addresses if they fit.
func layNet(p *view.NetPage, w int) *netPicture {
	n := &netPicture{p: p}
	for _, full := range [...]bool{true, false} {
		n.lay(full, netGap)
		if n.w <= w {
			if k := len(n.boxes) - 1; k > 0 {
				n.lay(full, min(netGap+(w-n.w)/k, netGapMost))
			}
			break
		}
	}
	n.wire()
	return n
}

// lay places the machines.
func (n *netPicture) lay(full bool, gap int) {
	n.boxes, n.w, n.h = nil, 0, 0
	for i := range n.p.Hosts {
		h := &n.p.Hosts[i]
		b := netBox{}
		b.W = width(h.Name) + 6
		for j := range h.Devs {
			row := devRow(&h.Devs[j], full)
			b.rows = append(b.rows, row)
			b.W = max(b.W, width(row)+4)
		}
		ends := 0
		for _, w := range n.p.Wires {
			for _, e := range [...]view.NetPlace{w.A, w.B} {
				if e.Host == i {
					ends++
				}
			}
		}
		b.W = max(b.W, 2*ends+3)
		b.X, b.H = n.w, len(b.rows)+2
		n.h = max(n.h, b.H)
		n.w += b.W + gap
		n.boxes = append(n.boxes, b)
	}
	n.w -= gap
	for i := range n.boxes {
		n.boxes[i].H = n.h
	}
}

// devRow is a device in one line.
func devRow(d *view.NetDev, full bool) string {
	s := strings.Repeat("  ", d.Depth) + string(kindSign(d.Kind)) + " " + d.Name
	if d.Note != "" {
		s += " " + d.Note
	}
	if d.Down {
		s += " (down)"
	}
	if full {
		for _, a := range d.Addrs {
			if !strings.HasPrefix(a, "fe80:") { // every device has one of those
				return s + "  " + a
			}
		}
	}
	return s
}

// wire gives each wire its columns and its row.
func (n *netPicture) wire() {
	type end struct{ lane, other int }
	ends := make([][]end, len(n.boxes))
	n.lanes = make([]netLane, len(n.p.Wires))
	for i := range n.p.Wires {
		w := &n.p.Wires[i]
		n.lanes[i].w = w
		ends[w.A.Host] = append(ends[w.A.Host], end{i, w.B.Host})
		if w.B.Host != w.A.Host {
			ends[w.B.Host] = append(ends[w.B.Host], end{i, w.A.Host})
		}
	}
	for h, list := range ends {
		slices.SortStableFunc(list, func(a, b end) int { return a.other - b.other })
		total, k := 0, 0
		for _, e := range list {
			total++
			if e.other == h {
				total++
			}
		}
		col := func() int {
			b := &n.boxes[h]
			k++
			return b.X + k*(b.W-1)/(total+1)
		}
		for _, e := range list {
			l := &n.lanes[e.lane]
			if l.w.A.Host == h {
				l.ax = col()
			}
			if l.w.B.Host == h {
				l.bx = col()
			}
		}
	}
	order := make([]int, len(n.lanes))
	for i := range order {
		order[i] = i
	}
	span := func(l *netLane) int { return max(l.ax, l.bx) - min(l.ax, l.bx) }
	slices.SortStableFunc(order, func(a, b int) int { return span(&n.lanes[a]) - span(&n.lanes[b]) })
	var rows [][]int // lanes in each row
	top := n.h
	for _, i := range order {
		l := &n.lanes[i]
		y := 0
		for ; y < len(rows); y++ {
			free := true
			for _, j := range rows[y] {
				o := &n.lanes[j]
				free = free && (max(l.ax, l.bx)+1 < min(o.ax, o.bx) || max(o.ax, o.bx)+1 < min(l.ax, l.bx))
			}
			if free {
				break
			}
		}
		if y == len(rows) {
			rows = append(rows, nil)
		}
		rows[y] = append(rows[y], i)
		l.y = top + y
	}
	n.h += len(rows)
}

// draw paints the picture, and tells where the packet is on it.
func (n *netPicture) draw() (g *Grid, x, y int) {
	g = NewGrid(n.w, n.h)
	for i := range n.boxes {
		n.box(g, i)
	}
	for _, late := range [...]bool{false, true} { // what the packet took is on top
		for i := range n.lanes {
			if n.lanes[i].w.Been == late {
				n.lane(g, &n.lanes[i])
			}
		}
	}
	for i := range n.lanes {
		n.names(g, &n.lanes[i])
	}
	x, y = n.token()
	switch {
	case x < 0:
		return g, 0, 0
	case n.p.Lost:
		g.Set(x, y, '✗', StyleDrop)
	default:
		g.Set(x, y, '●', StyleToken)
	}
	return g, x, y
}

// box paints a machine.
func (n *netPicture) box(g *Grid, i int) {
	b, h := &n.boxes[i], &n.p.Hosts[i]
	line, name := StyleRule, StyleStrong
	here := h.Here
	for j := range h.Devs {
		here = here || h.Devs[j].Here
	}
	switch {
	case here:
		line, name = StyleToken, StyleHere
	case h.Been:
		line, name = StyleVisited, StyleVisited
	}
	g.frame(b.Rect, "┌─┐│└┘", line)
	g.Text(b.X+2, b.Y, b.W-4, " "+h.Name+" ", name)
	for j, row := range b.rows {
		d := &h.Devs[j]
		st := StylePlain
		switch {
		case d.Here:
			st = StyleHere
		case d.Been:
			st = StyleVisited
		case d.Down:
			st = StyleDim
		}
		g.Text(b.X+2, b.Y+1+j, b.W-3, row, st)
	}
}

// lane paints a wire.
func (n *netPicture) lane(g *Grid, l *netLane) {
	st, h, v, corners := StyleRule, '─', '│', [2]rune{'└', '┘'}
	switch {
	case l.w.Here:
		st, h, v, corners = StyleToken, '━', '┃', [2]rune{'┗', '┛'}
	case l.w.Been:
		st, h, v, corners = StyleVisited, '━', '┃', [2]rune{'┗', '┛'}
	}
	left, right, a, b := l.ax, l.bx, l.w.A, l.w.B
	if left > right {
		left, right, a, b = right, left, b, a
	}
	for x := left + 1; x < right; x++ {
		r := h
		if c := g.At(x, l.y); c == '│' || c == '┃' {
			r = '┼'
		}
		g.Set(x, l.y, r, st)
	}
	for _, x := range [...]int{left, right} {
		bottom := n.boxes[a.Host].Y + n.boxes[a.Host].H - 1
		g.Set(x, bottom, '┬', st)
		for y := bottom + 1; y < l.y; y++ {
			r := v
			if c := g.At(x, y); c == '─' || c == '━' {
				r = '┼'
			}
			g.Set(x, y, r, st)
		}
	}
	g.Set(left, l.y, corners[0], st)
	g.Set(right, l.y, corners[1], st)
}

// names writes the names of its ends on a wire.
func (n *netPicture) names(g *Grid, l *netLane) {
	st := StyleDim
	switch {
	case l.w.Here:
		st = StyleToken
	case l.w.Been:
		st = StyleVisited
	}
	left, right, a, b := l.ax, l.bx, l.w.A, l.w.B
	if left > right {
		left, right, a, b = right, left, b, a
	}
	ln, rn := n.devName(a), n.devName(b)
	if room := right - left - 1; room >= width(ln)+width(rn)+5 {
		g.label(left+1, l.y, " "+ln+" ", st)
		g.label(right-width(rn)-2, l.y, " "+rn+" ", st)
	}
}

// label writes a name on a wire, unless another one crosses it there.
func (g *Grid) label(x, y int, s string, st Style) {
	for i := range width(s) {
		if c := g.At(x+i, y); c != '─' && c != '━' {
			return
		}
	}
	g.Text(x, y, width(s), s, st)
}

func (n *netPicture) devName(p view.NetPlace) string { return n.p.Hosts[p.Host].Devs[p.Dev].Name }

// token is where the packet is; negative if it is nowhere.
func (n *netPicture) token() (x, y int) {
	for i := range n.lanes {
		if l := &n.lanes[i]; l.w.Here {
			return (l.ax + l.bx) / 2, l.y
		}
	}
	for i := range n.p.Hosts {
		h := &n.p.Hosts[i]
		for j := range h.Devs {
			if h.Devs[j].Here {
				return n.boxes[i].X + n.boxes[i].W - 2, n.boxes[i].Y + 1 + j
			}
		}
	}
	for i := range n.p.Hosts {
		if n.p.Hosts[i].Here {
			return n.boxes[i].X + n.boxes[i].W - 2, n.boxes[i].Y
		}
	}
	return -1, -1
}
