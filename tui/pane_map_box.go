package tui

import (
	"github.com/packetwalk/packetwalk/stack/view"
)

func drawStage(g *Grid, r Rect, m geometry, id view.StageID, why string, s *view.Scene, l *local) {
	st := stage(s, id)
	at, _ := stageRect(r, id)
	if m.form == formBoxes {
		drawBox(g, at, st, why, s, l)
		drawArrow(g, at, m, st, s)
		return
	}
	sign, style := look(st, '│')
	if sign == '●' && l.token.moving() { // it is still on its way
		sign = '┃'
	}
	g.Set(at.X, at.Y, sign, signStyle(st, style))
	name := " " + st.Name + " "
	if st.Dropped {
		name = " " + st.Name + " DROP "
	}
	if l.stage == id && l.focus == PaneMap {
		g.Set(at.X+1, at.Y, '▸', StyleFocus)
		name = "▸" + name[1:]
		if style == StyleDim {
			style = StyleFocus
		}
	}
	room := at.W - 1
	if m.form == formPlain {
		room = 22
	}
	g.Text(at.X+1, at.Y, room, name, style)
	if m.form != formAir {
		return
	}
	last := id == view.UpWire || id == view.DownWire
	if !last {
		line, ls := '│', StyleRule
		if st.Visited && roadOn(s, id) {
			line, ls = '┃', StyleVisited
		}
		g.Set(at.X, at.Y+1, line, ls)
	}
	text, ts := happened(st, s)
	if !st.Visited {
		text = why
	}
	g.Text(at.X+2, at.Y+1, at.W-2, text, ts)
}

// roadOn reports whether the road goes on from a stage to the one drawn below.
func roadOn(s *view.Scene, id view.StageID) bool {
	rows := upRows[:]
	if id.Down() {
		rows = downRows[:]
	}
	for i, other := range rows {
		if other != id {
			continue
		}
		for _, below := range rows[i+1:] {
			if below != view.NoStage {
				return stage(s, below).Visited
			}
		}
	}
	return false
}

// drawBox is a stage as a box: its name in the frame, what happened inside.
func drawBox(g *Grid, at Rect, st *view.Stage, why string, s *view.Scene, l *local) {
	signs, frame := thinFrame, StyleRule
	_, name := look(st, '│')
	switch {
	case st.Dropped:
		signs, frame = doubleFrame, StyleWarn
	case st.Lit:
		signs, frame = doubleFrame, StyleToken
	case st.Visited:
		signs, frame = heavyFrame, StyleVisited
	}
	cursor := l.stage == st.ID && l.focus == PaneMap
	if cursor {
		frame = StyleFocus
	}
	g.frame(Rect{at.X, at.Y, at.W, 3}, signs, frame)
	title := " " + st.Name + " "
	if cursor {
		title = " ▸ " + st.Name + " "
	}
	g.Text(at.X+2, at.Y, at.W-4, title, name)
	if st.Dropped {
		box := " ✗ DROP "
		g.Text(at.X+at.W-2-width(box), at.Y, width(box), box, StyleDrop)
	}
	text, ts := happened(st, s)
	if !st.Visited {
		text = why
	}
	x := at.X + 2
	switch {
	case st.Dropped:
		g.Set(x, at.Y+1, '✗', StyleDrop)
		x += 2
	case st.Lit && l.token.moving():
		x += 2
	case st.Lit:
		g.Text(x, at.Y+1, 2, "● ", StyleToken)
		x += 2
	}
	g.Text(x, at.Y+1, at.X+at.W-2-x, text, ts)
}

// drawArrow is the way from a box to the next, where the packet took it.
func drawArrow(g *Grid, at Rect, m geometry, st *view.Stage, s *view.Scene) {
	if !st.Visited || !roadOn(s, st.ID) {
		return
	}
	sign := '▲'
	if st.ID.Down() {
		sign = '▼'
	}
	x := at.X + at.W/2
	g.Set(x, at.Y+2, sign, StyleVisited)
	for y := at.Y + 3; y < at.Y+m.pitch; y++ {
		g.Set(x, y, '┃', StyleVisited)
	}
}

// drawForward is the way across, from routing to POST_ROUTING.
func drawForward(g *Grid, r Rect, m geometry, s *view.Scene, l *local) {
	st := stage(s, view.Forwarding)
	at, _ := stageRect(r, view.Forwarding)
	line, bend, corner, ls := '─', '┐', '└', StyleRule
	if m.form != formBoxes {
		ls = StyleDim
	}
	if st.Visited {
		line, bend, corner, ls = '━', '┓', '┗', StyleVisited
	}
	y := at.Y
	from, bendX, end := m.mid, m.down-3, m.down-1
	switch m.form {
	case formPlain:
		if stage(s, view.UpRoute).Dropped { // the word DROP stands there
			from += 6
		}
		bendX, end = m.down-2, m.down-1
	case formAir:
		from = m.up + width(" routing ") + 2
		if stage(s, view.UpRoute).Dropped {
			from += 5
		}
	default:
		y++
	}
	below := m.top + (forwardRow+1)*m.pitch
	if m.form == formBoxes {
		below++
	}
	for x := from; x < bendX; x++ {
		g.Set(x, y, line, ls)
	}
	g.Set(bendX, y, bend, ls)
	for b := y + 1; b < below; b++ {
		g.Set(bendX, b, map[bool]rune{false: '│', true: '┃'}[st.Visited], ls)
	}
	g.Set(bendX, below, corner, ls)
	for x := bendX + 1; x < end; x++ {
		g.Set(x, below, line, ls)
	}
	g.Set(end, below, '▶', ls)
	if m.form == formBoxes {
		for x := at.X + 1; x < at.X+at.W-1; x++ {
			g.Set(x, y, ' ', StylePlain)
		}
		drawBox(g, at, st, "", s, l)
		return
	}
	sign, style := look(st, line)
	name := " FORWARD "
	if st.Dropped {
		name = " FWD DROP "
	}
	x := at.X
	if l.stage == view.Forwarding && l.focus == PaneMap {
		style = StyleFocus
	}
	g.Set(x-1, y, sign, signStyle(st, style))
	g.Text(x, y, width(name), name, style)
}

// drawAnswer is the way over the top, where a packet that came in made the
// kernel itself send one.
func drawAnswer(g *Grid, m geometry, s *view.Scene) {
	if m.form == formPlain || !stage(s, view.UpTransport).Visited || !stage(s, view.DownTransport).Visited || stage(s, view.DownSocket).Visited {
		return
	}
	y := m.top + 2*m.pitch
	if m.form == formBoxes {
		y++
	}
	from := m.mid
	if m.form == formAir {
		from = m.up + width(" transport ") + 2
		if stage(s, view.UpTransport).Dropped {
			from += len("DROP ")
		}
	}
	for x := from; x < m.down-1; x++ {
		g.Set(x, y, '━', StyleVisited)
	}
	g.Set(m.down-1, y, '▶', StyleVisited)
	text := " answers "
	if m.down-from < len(text)+4 {
		return
	}
	g.centre((from+m.down)/2, y, len(text), text, StyleVisited)
}

// drawReason tells in the free middle of the map why the road at the cursor, or
// the one across, is not taken.
func drawReason(g *Grid, r Rect, m geometry, s *view.Scene, l *local) {
	id, head := view.Forwarding, "not across:"
	if l.stage != view.NoStage && l.focus == PaneMap {
		id = l.stage
		head = id.Name() + ":"
	}
	st := stage(s, id)
	text := st.Not
	if id == l.stage && st.Visited {
		text = st.Func + " ran here"
	} else if id == l.stage && text == "" {
		text = "nothing yet"
	}
	if m.form != formBoxes {
		return
	}
	if up := stage(s, view.UpApp); id == view.Forwarding && up.Not != "" && up.Not != text && !up.Visited {
		y := m.top + m.pitch
		room := Rect{m.mid + 1, y, m.midW - 2, m.top + forwardRow*m.pitch - 1 - y}
		if room.W >= 10 {
			y = g.Para(room, y, "not up:", 0, StyleTitle)
			g.Para(room, y, up.Not, 0, StyleDim)
		}
	}
	y := m.top + (forwardRow+2)*m.pitch + 1
	room := Rect{m.mid + 1, y, m.midW - 2, m.top + 9*m.pitch - y}
	if text == "" || room.W < 10 {
		return
	}
	y = g.Para(room, y, head, 0, StyleTitle)
	g.Para(room, y, text, 0, StyleDim)
}
