package tui

// A Pane is a part of the screen with one purpose.
type Pane int

// The panes.
const (
	PaneHeader   Pane = iota // capture, packet, step, time
	PaneLine                 // the packet at hand in one line
	PaneMap                  // the map of the stack
	PaneCalls                // the tree of calls
	PaneWhy                  // what happens here and why
	PaneState                // sockets, neighbours, rings
	PaneBytes                // headers and bytes
	PaneList                 // the packets
	PaneFooter               // keys, notices, what is typed
	PaneTimeline             // the whole capture in one row
	PaneTables               // state as Linux's tools show it
	PanePlots                // values over time
	PaneTimes                // where the time went
	PaneFamily               // what became of a packet, and what it caused
	PaneBreaks               // breakpoints
	PaneOverview             // the capture at a glance
	PaneGloss                // a term explained, over the rest
	PaneLesson               // a page of a lesson
	PaneScript               // the script of a lab, and what it has printed
	PaneRules                // netfilter: chains and rules at the place
	PaneConsole              // what the machine was asked at a step
	PaneTCP                  // a connection: its queues, its timers, what limits it
	PaneNet                  // the machines of a lab side by side
	PaneHelp                 // the keys
	numPanes
)

var paneNames = [numPanes]string{"header", "line", "map", "calls", "why", "state", "bytes", "list", "footer", "timeline",
	"tables", "plots", "time", "family", "breaks", "overview", "glossary", "lesson", "script", "rules", "console", "tcp", "machines", "help"}

func (p Pane) String() string { return paneNames[p] }

// The smallest screen that everything fits in.
const (
	MinW = 80
	MinH = 24
)

// What the forms of the map need, their heading and legend included.
const (
	stripRows = 4  // two strips, FORWARD between, and where it is
	plainRows = 13 // two columns, a row a stage
	plainW    = 51
	airRows   = 25 // two rows a stage
	airW      = 58
	boxRows   = 35 // a box of three rows a stage
	boxW      = 74
)

// headRows are the header, the packet's line and the timeline.
const headRows = 3

// How wide a lesson's page is beside the rest.
const (
	lessonW    = 46
	lessonMinW = 38
)

// Layout says where each pane is on a screen of w by h cells; nil if it is too
// small. A pane that is missing has no room. On a narrow screen one detail
// (why, state or bytes) is shown at a time. PaneState is the slot of all tabs.
func Layout(w, h int, detail Pane) map[Pane]Rect { return arrange(w, h, detail, false) }

// arrange is Layout with or without a lesson's page.
func arrange(w, h int, detail Pane, lesson bool) map[Pane]Rect {
	if w < MinW || h < MinH {
		return nil
	}
	l := map[Pane]Rect{PaneHeader: {0, 0, w, 1}, PaneLine: {0, 1, w, 1}, PaneTimeline: {0, 2, w, 1}, PaneFooter: {0, h - 1, w, 1}}
	body := Rect{0, headRows, w, h - headRows - 1}
	if lesson {
		if lw := min(lessonW, w-MinW-1); lw >= lessonMinW {
			l[PaneLesson] = Rect{w - lw, body.Y, lw, body.H}
			body.W -= lw + 1
		} else {
			n := body.H * 11 / 20
			l[PaneLesson] = Rect{0, body.Y + body.H - n, w, n}
			body.H -= n
		}
	}
	switch {
	case body.W >= 150 && body.H >= boxRows+6:
		wide(l, body)
	case body.W >= 110 && body.H >= airRows+6:
		medium(l, body)
	case body.W >= 98 && body.H >= 23:
		small(l, body)
	default:
		narrow(l, body, detail)
	}
	return l
}

// narrow stacks: map, calls, one detail, packets. What has no room is left out.
func narrow(l map[Pane]Rect, b Rect, detail Pane) {
	y, left := b.Y, b.H
	m := stripRows
	if left >= 34 && b.W > plainW {
		m = plainRows
	}
	l[PaneMap] = Rect{b.X, y, b.W, m}
	y, left = y+m, left-m
	list := 4 + max(0, (left-16)/4)
	calls := 4 + max(0, (left-16)/3)
	if left-list < 11 {
		list = 0
	}
	if left-list-calls < 6 {
		calls = 0
	}
	if calls > 0 {
		l[PaneCalls] = Rect{b.X, y, b.W, calls}
	}
	l[detail] = Rect{b.X, y + calls, b.W, left - calls - list}
	if list > 0 {
		l[PaneList] = Rect{b.X, y + left - list, b.W, list}
	}
}

// small has the map and the calls side by side, then one detail beside another.
func small(l map[Pane]Rect, b Rect) {
	lw := plainW
	x, rw := b.X+lw+1, b.W-lw-1
	l[PaneMap] = Rect{b.X, b.Y, lw, plainRows}
	below := b.H - plainRows
	list := below
	if below >= 18 {
		list = below / 2
		l[PaneBytes] = Rect{b.X, b.Y + plainRows + list, lw, below - list}
	}
	l[PaneList] = Rect{b.X, b.Y + plainRows, lw, list}
	why := max(9, b.H*2/5)
	calls := max(5, (b.H-why)/2)
	l[PaneWhy] = Rect{x, b.Y, rw, why}
	l[PaneCalls] = Rect{x, b.Y + why, rw, calls}
	l[PaneState] = Rect{x, b.Y + why + calls, rw, b.H - why - calls}
}

// medium has two columns: map and packets left; why, calls and state right; the
// bytes below when there is room.
func medium(l map[Pane]Rect, b Rect) {
	lw := min(airW+(b.W-110)/2, 74)
	x, rw := b.X+lw+1, b.W-lw-1
	list := b.H - airRows
	if list >= 15 {
		list -= 6
		l[PaneBytes] = Rect{b.X, b.Y + b.H - 6, lw, 6}
	}
	l[PaneMap] = Rect{b.X, b.Y, lw, airRows}
	l[PaneList] = Rect{b.X, b.Y + airRows, lw, list}
	h := b.H
	if _, ok := l[PaneBytes]; !ok {
		h -= 8
		l[PaneBytes] = Rect{x, b.Y + h, rw, 8}
	}
	why := max(10, h*2/5)
	calls := max(6, (h-why)/2)
	l[PaneWhy] = Rect{x, b.Y, rw, why}
	l[PaneCalls] = Rect{x, b.Y + why, rw, calls}
	l[PaneState] = Rect{x, b.Y + why + calls, rw, h - why - calls}
}

// wide has the map in boxes on the left, and all the rest on the right and
// below.
func wide(l map[Pane]Rect, b Rect) {
	lw := min(boxW+max(0, b.W-150)*2/5, 100)
	x, rw := b.X+lw+1, b.W-lw-1
	top := boxRows
	below := b.H - top
	if below > 14 {
		top += below - 14
		below = 14
	}
	l[PaneMap] = Rect{b.X, b.Y, lw, top}
	l[PaneList] = Rect{b.X, b.Y + top, lw, below}
	l[PaneBytes] = Rect{x, b.Y + top, rw, below}
	why := top * 2 / 5
	calls := (top - why) / 2
	l[PaneWhy] = Rect{x, b.Y, rw, why}
	l[PaneCalls] = Rect{x, b.Y + why, rw, calls}
	l[PaneState] = Rect{x, b.Y + why + calls, rw, top - why - calls}
}
