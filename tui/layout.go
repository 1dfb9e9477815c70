package tui

// A Pane is a part of the screen with one purpose.
type Pane int

// The panes.
const (
	PaneHeader Pane = iota // capture, packet, step, time
	PaneLine               // the packet at hand in one line
	PaneMap                // the map of the stack
	PaneCalls              // the tree of calls
	PaneWhy                // what happens here and why
	PaneState              // sockets, neighbours, rings
	PaneBytes              // headers and bytes
	PaneList               // the packets
	PaneFooter             // keys, notices, what is typed
	numPanes
)

var paneNames = [numPanes]string{"header", "line", "map", "calls", "why", "state", "bytes", "list", "footer"}

func (p Pane) String() string { return paneNames[p] }

// The smallest screen that everything fits in.
const (
	MinW = 80
	MinH = 24
)

// mapRows is how many rows the whole map takes, its heading included;
// stripRows what the strip takes.
const (
	mapRows   = 13
	stripRows = 4
	mapW      = 51
)

// Layout says where each pane is on a screen of w by h cells; nil if it is too
// small. A pane that is missing has no room. On a narrow screen one detail
// (why, state or bytes) is shown at a time.
func Layout(w, h int, detail Pane) map[Pane]Rect {
	switch {
	case w < MinW || h < MinH:
		return nil
	case w >= 170 && h >= 36:
		return wide(w, h)
	case w >= 110:
		return medium(w, h)
	}
	return narrow(w, h, detail)
}

func frame(w, h int) map[Pane]Rect {
	return map[Pane]Rect{PaneHeader: {0, 0, w, 1}, PaneLine: {0, 1, w, 1}, PaneFooter: {0, h - 1, w, 1}}
}

// narrow stacks: map, calls, one detail, packets.
func narrow(w, h int, detail Pane) map[Pane]Rect {
	l := frame(w, h)
	y, left := 2, h-3
	m := stripRows
	if h >= 38 {
		m = mapRows
	}
	l[PaneMap] = Rect{0, y, w, m}
	y, left = y+m, left-m
	list := 5 + max(0, (left-17)/4)
	calls := 5 + max(0, (left-17)/3)
	l[PaneCalls] = Rect{0, y, w, calls}
	l[detail] = Rect{0, y + calls, w, left - calls - list}
	l[PaneList] = Rect{0, h - 1 - list, w, list}
	return l
}

// medium has two columns: map and packets left, calls and details right; bytes
// below when there is room.
func medium(w, h int) map[Pane]Rect {
	l := frame(w, h)
	y, left := 2, h-3
	if left >= 32 {
		b := 7
		l[PaneBytes] = Rect{0, h - 1 - b, w, b}
		left -= b
	}
	lw := mapW
	l[PaneMap] = Rect{0, y, lw, mapRows}
	l[PaneList] = Rect{0, y + mapRows, lw, left - mapRows}
	x, rw := lw+1, w-lw-1
	state := max(5, left*4/15)
	why := max(7, (left-state)*9/20)
	calls := left - state - why
	l[PaneCalls] = Rect{x, y, rw, calls}
	l[PaneWhy] = Rect{x, y + calls, rw, why}
	l[PaneState] = Rect{x, y + calls + why, rw, state}
	return l
}

// wide has three columns, and the bytes below.
func wide(w, h int) map[Pane]Rect {
	l := frame(w, h)
	y, left := 2, h-3
	b := 9
	l[PaneBytes] = Rect{0, h - 1 - b, w, b}
	left -= b
	lw, mw := w*3/10, mapW
	l[PaneList] = Rect{0, y, lw, left}
	x := lw + 1
	l[PaneMap] = Rect{x, y, mw, mapRows}
	l[PaneState] = Rect{x, y + mapRows, mw, left - mapRows}
	x += mw + 1
	rw := w - x
	why := max(10, left*2/5)
	l[PaneCalls] = Rect{x, y, rw, left - why}
	l[PaneWhy] = Rect{x, y + left - why, rw, why}
	return l
}
