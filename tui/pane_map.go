package tui

import (
	"github.com/packetwalk/packetwalk/stack/view"
)

// The map as columns: rows from the top.
var upRows = [...]view.StageID{view.UpApp, view.UpSocket, view.UpTransport, view.UpLocalIn, view.UpRoute, view.UpPre, view.UpTaps, view.UpGRO, view.UpIRQ, view.UpRing, view.UpWire}
var downRows = [...]view.StageID{view.DownApp, view.DownSocket, view.DownTransport, view.DownRoute, view.DownLocalOut, view.DownPost, view.DownNeigh, view.DownQdisc, view.NoStage, view.DownRing, view.DownWire}

// The map as two strips: from the wire on.
var upStrip = [...]strip{{view.UpWire, "wire"}, {view.UpRing, "ring"}, {view.UpIRQ, "irq"}, {view.UpGRO, "GRO"}, {view.UpTaps, "taps"}, {view.UpPre, "PRE_ROUTING"}, {view.UpRoute, "routing"},
	{view.UpLocalIn, "LOCAL_IN"}, {view.UpTransport, "transport"}, {view.UpSocket, "socket"}, {view.UpApp, "app"}}
var downStrip = [...]strip{{view.DownWire, "wire"}, {view.DownRing, "ring"}, {view.DownQdisc, "qdisc"}, {view.DownNeigh, "neigh"}, {view.DownPost, "POST_ROUTING"}, {view.DownLocalOut, "LOCAL_OUT"},
	{view.DownRoute, "routing"}, {view.DownTransport, "transport"}, {view.DownSocket, "socket"}, {view.DownApp, "app"}}

type strip struct {
	id   view.StageID
	name string
}

// Columns of the map, from its left edge.
const (
	colUp      = 1
	colForward = 12
	colBend    = 29
	colDown    = 31
)

// isStrip reports whether the map has room for its strips only.
func isStrip(r Rect) bool { return r.H < mapRows-1 || r.W < mapW-1 }

// stagePos is the cell of a stage's sign.
func stagePos(r Rect, id view.StageID) (x, y int, ok bool) {
	if isStrip(r) {
		x := r.X + 2
		for _, s := range upStrip {
			if s.id == id {
				return x, r.Y, true
			}
			x += width(s.name) + 1
		}
		x = r.X + 2
		for _, s := range downStrip {
			if s.id == id {
				return x, r.Y + 2, true
			}
			x += width(s.name) + 1
		}
		return r.X + 41, r.Y + 1, id == view.Forwarding
	}
	for i := range upRows {
		if upRows[i] == id {
			return r.X + colUp, r.Y + 1 + i, true
		}
		if downRows[i] == id && id != view.NoStage {
			return r.X + colDown, r.Y + 1 + i, true
		}
	}
	return r.X + 19, r.Y + 5, id == view.Forwarding
}

// drawMap is the map of the stack: up on the left, down on the right.
func drawMap(g *Grid, r Rect, s *view.Scene, l *local) {
	if isStrip(r) {
		drawStrips(g, r, s)
	} else {
		drawColumns(g, r, s, l)
	}
	if x, y, ok := l.token.at(r); ok {
		g.Set(x, y, '●', StyleToken)
	}
}

// look is how a stage looks: its sign and the style of its name.
func look(st *view.Stage, line rune) (sign rune, name Style) {
	switch {
	case st.Dropped:
		return 'X', StyleDrop
	case st.Lit:
		return '●', StyleHere
	case st.Visited && line == '─':
		return '━', StyleVisited
	case st.Visited:
		return '┃', StyleVisited
	}
	return line, StyleDim
}

func drawColumns(g *Grid, r Rect, s *view.Scene, l *local) {
	in := g.Title(r, "the way through the stack", l.focus == PaneMap)
	for i := range upRows {
		y := in.Y + i
		drawStage(g, r.X+colUp, y, stage(s, upRows[i]))
		if downRows[i] == view.NoStage {
			sign, st := '│', StyleDim
			if stage(s, view.DownRing).Visited && stage(s, view.DownQdisc).Visited {
				sign, st = '┃', StyleVisited
			}
			g.Set(r.X+colDown, y, sign, st)
			continue
		}
		drawStage(g, r.X+colDown, y, stage(s, downRows[i]))
	}
	drawForward(g, r.X, in.Y+4, stage(s, view.Forwarding), stage(s, view.UpRoute).Dropped)
	if y := in.Y + len(upRows); y < r.Y+r.H {
		g.Text(r.X+colUp, y, 20, "▲ comes in", StyleDim)
		g.Text(r.X+colDown, y, 20, "▼ goes out", StyleDim)
	}
}

func stage(s *view.Scene, id view.StageID) *view.Stage {
	if int(id) < len(s.Stages) {
		return &s.Stages[id]
	}
	return &view.Stage{ID: id, Name: id.Name()}
}

func drawStage(g *Grid, x, y int, st *view.Stage) {
	sign, style := look(st, '│')
	g.Set(x, y, sign, signStyle(st, style))
	name := " " + st.Name + " "
	if st.Dropped {
		name = " " + st.Name + " DROP"
	}
	g.Text(x+1, y, 22, name, style)
}

func signStyle(st *view.Stage, name Style) Style {
	if st.Lit && !st.Dropped {
		return StyleToken
	}
	return name
}

// drawForward is the way across, from routing to POST_ROUTING.
func drawForward(g *Grid, x, y int, st *view.Stage, short bool) {
	sign, style := look(st, '─')
	from := x + colForward
	if short { // the word DROP stands there
		from = x + 18
	}
	for c := from; c < x+colBend; c++ {
		r, ls := '─', StyleDim
		if st.Visited {
			r, ls = '━', StyleVisited
		}
		g.Set(c, y, r, ls)
	}
	bend, down, end := '┐', '└', '▶'
	ls := StyleDim
	if st.Visited {
		bend, down, ls = '┓', '┗', StyleVisited
	}
	g.Set(x+colBend, y, bend, ls)
	g.Set(x+colBend, y+1, down, ls)
	g.Set(x+colBend+1, y+1, end, ls)
	name := " FORWARD "
	if st.Dropped {
		name = " FWD DROP "
	}
	if st.Lit || st.Dropped {
		g.Set(x+19, y, sign, signStyle(st, style))
	}
	g.Text(x+20, y, 10, name, style)
}

func drawStrips(g *Grid, r Rect, s *view.Scene) {
	g.Text(r.X, r.Y, 2, "▲ ", StyleDim)
	g.Text(r.X, r.Y+2, 2, "▼ ", StyleDim)
	drawStrip(g, r.X+2, r.Y, s, upStrip[:])
	drawStrip(g, r.X+2, r.Y+2, s, downStrip[:])
	fw := stage(s, view.Forwarding)
	sign, style := look(fw, '└')
	if fw.Visited && !fw.Lit && !fw.Dropped {
		sign = '┗'
	}
	g.Set(r.X+41, r.Y+1, sign, signStyle(fw, style))
	g.Text(r.X+42, r.Y+1, 16, " FORWARD ", style)
	text, st := "nothing runs", StyleDim
	if s.Lit != view.NoStage {
		text, st = "● "+s.Lit.Name()+wayText(s.Lit), StyleToken
		if s.Func != "" {
			text += ": " + s.Func
		}
	}
	if stage(s, s.Lit).Dropped {
		text, st = "X "+s.Lit.Name()+wayText(s.Lit)+": DROPPED", StyleDrop
		if s.Verdict.Reason != "" {
			text += " " + s.Verdict.Reason
		}
	}
	g.Text(r.X+2, r.Y+3, r.W-2, text, st)
}

func wayText(id view.StageID) string {
	switch {
	case id.Up():
		return " (coming in)"
	case id.Down():
		return " (going out)"
	}
	return ""
}

func drawStrip(g *Grid, x, y int, s *view.Scene, list []strip) {
	for _, n := range list {
		st := stage(s, n.id)
		sign, style := look(st, '─')
		g.Set(x, y, sign, signStyle(st, style))
		x += 1 + g.Text(x+1, y, 20, n.name, style)
	}
}
