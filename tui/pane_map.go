package tui

import (
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// The map as columns: rows from the top.
var upRows = [...]view.StageID{view.UpApp, view.UpSocket, view.UpTransport, view.UpLocalIn, view.UpRoute, view.UpPre, view.UpTaps, view.UpGRO, view.UpIRQ, view.UpRing, view.UpWire}
var downRows = [...]view.StageID{view.DownApp, view.DownSocket, view.DownTransport, view.DownRoute, view.DownLocalOut, view.DownPost, view.DownNeigh, view.DownQdisc, view.NoStage, view.DownRing, view.DownWire}

// forwardRow is the row of FORWARD: from routing across to POST_ROUTING, one
// below.
const forwardRow = 4

// stageOrder is how the cursor on the map goes: up on the left, down on the right.
var stageOrder = func() (list []view.StageID) {
	for id := view.UpWire; id < view.NumStages; id++ {
		list = append(list, id)
	}
	return list
}()

// nextStage is the stage that the cursor on the map goes to.
func nextStage(s *view.Scene, now view.StageID, by int) view.StageID {
	if now == view.NoStage {
		now = s.Lit
		if now == view.NoStage {
			return stageOrder[0]
		}
	}
	i := int(now-view.UpWire) + by
	return stageOrder[max(0, min(i, len(stageOrder)-1))]
}

// The forms of the map, by the room there is.
type mapForm int

const (
	formStrips mapForm = iota // two lines
	formPlain                 // a row a stage
	formAir                   // two rows a stage: its name, and what happened there
	formBoxes                 // a box of three rows a stage
)

func formOf(r Rect) mapForm {
	switch {
	case r.H < plainRows-1 || r.W < plainW-1:
		return formStrips
	case r.H < airRows-1 || r.W < airW-2:
		return formPlain
	case r.H < boxRows || r.W < boxW-2:
		return formAir
	}
	return formBoxes
}

// A geometry says where things are on a map of columns.
type geometry struct {
	form      mapForm
	top       int // the first row of the first stage
	pitch     int // rows from stage to stage
	rows      int // rows of a stage
	colW      int // width of a column
	downW     int // of the right one
	up, down  int // where the columns begin
	mid, midW int // the middle, where FORWARD is
}

func geometryOf(r Rect) (g geometry) {
	g = geometry{form: formOf(r), top: r.Y + 1}
	defer func() {
		if g.downW == 0 {
			g.downW = g.colW
		}
	}()
	switch g.form {
	case formPlain:
		g.pitch, g.rows = 1, 1
		g.up, g.down = r.X+1, r.X+r.W-20
		g.colW = 18
		g.mid = g.up + 11
		g.midW = g.down - g.mid
	case formAir:
		g.pitch, g.rows = 2, 2
		g.up, g.down = r.X+1, r.X+max(31, r.W/2+1)
		g.colW, g.downW = g.down-4-g.up, r.X+r.W-g.down-1
		g.mid = g.up + 11
		g.midW = g.down - g.mid
	default:
		g.pitch, g.rows = 3, 3
		if r.H >= 11*4+2 {
			g.pitch = 4
		}
		g.midW = 18 + (r.W-boxW)/7
		g.colW = (r.W - 2 - g.midW) / 2
		g.up = r.X + 1
		g.mid = g.up + g.colW
		g.down = g.mid + g.midW
	}
	return g
}

// stageRect is where a stage is on the map.
func stageRect(r Rect, id view.StageID) (Rect, bool) {
	if id == view.NoStage || id >= view.NumStages {
		return Rect{}, false
	}
	if formOf(r) == formStrips {
		return stripRect(r, id)
	}
	g := geometryOf(r)
	for i := range upRows {
		y := g.top + i*g.pitch
		if upRows[i] == id {
			return Rect{g.up, y, g.colW, g.rows}, true
		}
		if downRows[i] == id {
			return Rect{g.down, y, g.downW, g.rows}, true
		}
	}
	switch g.form { // FORWARD
	case formBoxes:
		return Rect{g.mid + 1, g.top + forwardRow*g.pitch, g.midW - 5, 3}, true
	case formAir:
		return Rect{g.down - 14, g.top + forwardRow*g.pitch, 10, 1}, true
	}
	return Rect{g.mid + 7, g.top + forwardRow, 9, 1}, true
}

// stagePos is the cell of a stage's sign.
func stagePos(r Rect, id view.StageID) (x, y int, ok bool) {
	s, ok := stageRect(r, id)
	if formOf(r) == formBoxes {
		return s.X + 2, s.Y + 1, ok
	}
	return s.X, s.Y, ok
}

// stageAt is the stage at a cell of the map.
func stageAt(r Rect, x, y int) view.StageID {
	for id := view.UpWire; id < view.NumStages; id++ {
		if s, ok := stageRect(r, id); ok && x >= s.X && y >= s.Y && x < s.X+s.W && y < s.Y+s.H {
			return id
		}
	}
	return view.NoStage
}

// drawMap is the map of the stack: up on the left, down on the right.
func drawMap(g *Grid, r Rect, s *view.Scene, l *local) {
	if formOf(r) == formStrips {
		drawStrips(g, r, s, l)
	} else {
		drawColumns(g, r, s, l)
	}
	if x, y, ok := l.token.at(r); ok {
		g.Set(x, y, '●', StyleToken)
	}
}

// clickMap puts the cursor on the stage that is clicked.
func clickMap(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	m.local.stage = stageAt(r, x, y)
	return nil, m.local.stage != view.NoStage
}

func stage(s *view.Scene, id view.StageID) *view.Stage {
	if int(id) < len(s.Stages) {
		return &s.Stages[id]
	}
	return &view.Stage{ID: id, Name: id.Name()}
}

// look is how a stage looks: its sign and the style of its name.
func look(st *view.Stage, line rune) (sign rune, name Style) {
	switch {
	case st.Dropped:
		return '✗', StyleDrop
	case st.Lit:
		return '●', StyleHere
	case st.Visited && line == '─':
		return '━', StyleVisited
	case st.Visited:
		return '┃', StyleVisited
	}
	return line, StyleDim
}

func signStyle(st *view.Stage, name Style) Style {
	if st.Lit && !st.Dropped {
		return StyleToken
	}
	return name
}

// reasons are the lines that tell, stage by stage, why the packet does not come
// there. One reason in a column is told once, at the first stage that it is of:
// as far as a line of w has room, or its first clause if that fits.
func reasons(s *view.Scene, w int, lists ...[]view.StageID) (lines [view.NumStages]string) {
	for _, list := range lists {
		told := map[string]bool{}
		for i := 0; i < len(list); {
			var run []view.StageID
			text := stage(s, list[i]).Not
			for ; i < len(list); i++ {
				st := stage(s, list[i])
				if list[i] == view.NoStage {
					continue
				}
				if st.Not != text || st.Visited {
					break
				}
				run = append(run, list[i])
			}
			if len(run) == 0 {
				i++
				continue
			}
			if told[text] {
				continue
			}
			told[text] = true
			if first, _, ok := strings.Cut(text, ": "); ok && width(text) > w && width(first) <= w {
				text = first
			}
			lines[run[0]] = cut(text, w)
		}
	}
	return lines
}

// happened is what to tell about a stage in one line.
func happened(st *view.Stage, s *view.Scene) (text string, style Style) {
	switch {
	case st.Dropped && s.Verdict.Reached && s.Verdict.Reason != "":
		if s.Verdict.Func != "" {
			return s.Verdict.Reason + " in " + s.Verdict.Func, StyleWarn
		}
		return s.Verdict.Reason, StyleWarn
	case st.Lit && s.Func != "":
		return s.Func, StyleStrong
	case st.Visited:
		return st.Func, StyleFunc
	}
	return st.Not, StyleDim
}

func drawColumns(g *Grid, r Rect, s *view.Scene, l *local) {
	name := "the way through the stack"
	if s.Host != "" {
		name += " of " + s.Host
	}
	g.Title(r, name, l.focus == PaneMap)
	m := geometryOf(r)
	var why [view.NumStages]string
	switch m.form {
	case formBoxes:
		why = reasons(s, m.colW-4, upRows[:], downRows[:])
	case formAir:
		why = reasons(s, m.colW-2, upRows[:])
		for id, text := range reasons(s, m.downW-2, downRows[:]) {
			if text != "" {
				why[id] = text
			}
		}
	}
	for i := range upRows {
		drawStage(g, r, m, upRows[i], why[upRows[i]], s, l)
		if downRows[i] != view.NoStage {
			drawStage(g, r, m, downRows[i], why[downRows[i]], s, l)
			continue
		}
		through := stage(s, view.DownRing).Visited && stage(s, view.DownQdisc).Visited
		drawGap(g, m, i, through)
	}
	drawForward(g, r, m, s, l)
	drawAnswer(g, m, s)
	y := m.top + len(upRows)*m.pitch
	switch m.form {
	case formPlain:
		if text, st := cursorText(s, l); text != "" {
			g.Text(m.up, y, r.W-2, text, st)
			break
		}
		g.Text(m.up, y, 20, "▲ comes in", StyleDim)
		g.Text(m.down, y, 20, "▼ goes out", StyleDim)
	case formAir:
		ways := " ▲ comes in  ▼ goes out "
		g.Text(r.X+r.W-width(ways)-2, r.Y, width(ways), ways, StyleDim)
		if text, st := cursorText(s, l); text != "" {
			g.Para(Rect{m.up, y, r.W - 2, r.Y + r.H - y}, y, text, 2, st)
			break
		}
		if not := stage(s, view.Forwarding).Not; not != "" {
			g.Para(Rect{m.up, y, r.W - 2, r.Y + r.H - y}, y, "not across: "+not, 0, StyleDim)
		}
	default:
		c := m.mid + m.midW/2
		g.centre(c, m.top+1, m.midW-2, "this host", StyleTitle)
		ways := "comes in ▲ ▼ goes out"
		if m.midW < 23 {
			ways = "▲ in    out ▼"
		}
		g.centre(c, m.top+9*m.pitch+1, m.midW-2, ways, StyleDim)
		g.centre(c, m.top+10*m.pitch+1, m.midW-2, "the network", StyleTitle)
	}
	drawReason(g, r, m, s, l)
}

// centre writes a text around a column.
func (g *Grid) centre(x, y, w int, s string, st Style) {
	n := min(width(s), w)
	g.Text(x-n/2, y, n, s, st)
}

// drawGap is the piece of road on the right where no stage is.
func drawGap(g *Grid, m geometry, row int, through bool) {
	sign, st := '│', StyleRule
	if through {
		sign, st = '┃', StyleVisited
	}
	x := m.down
	if m.form == formBoxes {
		x += m.colW / 2
	}
	for y := range m.pitch {
		g.Set(x, m.top+row*m.pitch+y, sign, st)
	}
}

// How the frames of boxes are drawn.
const (
	thinFrame   = "┌─┐│└┘"
	heavyFrame  = "┏━┓┃┗┛"
	doubleFrame = "╔═╗║╚╝"
)
