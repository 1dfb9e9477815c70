package tui

import (
	"github.com/packetwalk/packetwalk/stack/view"
)

// The map as two strips: from the wire on.
var upStrip = [...]strip{{view.UpWire, "wire"}, {view.UpRing, "ring"}, {view.UpIRQ, "irq"}, {view.UpGRO, "GRO"}, {view.UpTaps, "taps"}, {view.UpPre, "PRE_ROUTING"}, {view.UpRoute, "routing"},
	{view.UpLocalIn, "LOCAL_IN"}, {view.UpTransport, "transport"}, {view.UpSocket, "socket"}, {view.UpApp, "app"}}
var downStrip = [...]strip{{view.DownWire, "wire"}, {view.DownRing, "ring"}, {view.DownQdisc, "qdisc"}, {view.DownNeigh, "neigh"}, {view.DownPost, "POST_ROUTING"}, {view.DownLocalOut, "LOCAL_OUT"},
	{view.DownRoute, "routing"}, {view.DownTransport, "transport"}, {view.DownSocket, "socket"}, {view.DownApp, "app"}}

type strip struct {
	id   view.StageID
	name string
}

// stripRect is where a stage is on the strips.
func stripRect(r Rect, id view.StageID) (Rect, bool) {
	for n, list := range [...][]strip{upStrip[:], downStrip[:]} {
		x := r.X + 2
		for _, s := range list {
			if s.id == id {
				return Rect{x, r.Y + 2*n, width(s.name) + 1, 1}, true
			}
			x += width(s.name) + 1
		}
	}
	return Rect{r.X + 41, r.Y + 1, 9, 1}, id == view.Forwarding
}

func drawStrips(g *Grid, r Rect, s *view.Scene, l *local) {
	g.Text(r.X, r.Y, 2, "▲ ", StyleDim)
	g.Text(r.X, r.Y+2, 2, "▼ ", StyleDim)
	drawStrip(g, r, s, l, upStrip[:])
	drawStrip(g, r, s, l, downStrip[:])
	fw := stage(s, view.Forwarding)
	sign, style := look(fw, '└')
	if fw.Visited && !fw.Lit && !fw.Dropped {
		sign = '┗'
	}
	g.Set(r.X+41, r.Y+1, sign, signStyle(fw, style))
	name := "FORWARD "
	if fw.Dropped {
		name = "FORWARD DROP "
	}
	g.Text(r.X+42, r.Y+1, 16, name, style)
	text, st := stripText(s, l)
	g.Text(r.X+2, r.Y+3, r.W-2, text, st)
}

// stripText tells where the packet is, or about the stage at the cursor.
func stripText(s *view.Scene, l *local) (string, Style) {
	if text, st := cursorText(s, l); text != "" {
		return text, st
	}
	if stage(s, s.Lit).Dropped {
		text := "✗ DROPPED at " + s.Lit.Name() + wayText(s.Lit)
		if s.Verdict.Reason != "" {
			text += ": " + s.Verdict.Reason
		}
		return text, StyleDrop
	}
	if s.Lit == view.NoStage {
		return "nothing runs", StyleDim
	}
	text := "● " + s.Lit.Name() + wayText(s.Lit)
	if s.Func != "" {
		text += ": " + s.Func
	}
	return text, StyleToken
}

// cursorText is about the stage at the cursor; empty without one.
func cursorText(s *view.Scene, l *local) (string, Style) {
	if l.stage == view.NoStage || l.focus != PaneMap {
		return "", StylePlain
	}
	st := stage(s, l.stage)
	text, style := happened(st, s)
	if text == "" {
		text = "nothing yet"
	}
	return "▸ " + st.Name + wayText(st.ID) + ": " + text, style
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

func drawStrip(g *Grid, r Rect, s *view.Scene, l *local, list []strip) {
	for _, n := range list {
		at, _ := stripRect(r, n.id)
		st := stage(s, n.id)
		sign, style := look(st, '─')
		if sign == '●' && l.token.moving() { // it is still on its way
			sign = '━'
		}
		if l.stage == n.id && l.focus == PaneMap {
			sign, style = '▸', StyleFocus
		}
		g.Set(at.X, at.Y, sign, signStyle(st, style))
		g.Text(at.X+1, at.Y, at.W-1, n.name, style)
	}
}
