package tui

import (
	tea "charm.land/bubbletea/v2"
	"github.com/packetwalk/packetwalk/stack/view"
)

// whoWrote goes back to who wrote the chosen value.
func (m *Model) whoWrote(at cursor) tea.Cmd {
	if at.row < 0 {
		return nil
	}
	c := cellAt(&m.scene, at)
	if c.Field == "" { // the line below says so
		return nil
	}
	name := c.Field
	if c.Obj != 0 {
		name = itoa(int(c.Obj)) + " " + name
	}
	return m.send(view.Command{Verb: view.WhyValue, Expr: name})
}

func keyTables(m *Model, r Rect, key string) (tea.Cmd, bool) {
	s, l := &m.scene, &m.local
	at := tableCursor(s, l)
	if at.row < 0 {
		return nil, false
	}
	switch key {
	case "up":
		at = moveRow(s, at, -1)
	case "down":
		at = moveRow(s, at, 1)
	case "left":
		at.col = max(0, at.col-1)
	case "right":
		at.col = max(0, min(at.col+1, len(s.Tables[at.table].Rows[at.row].Cells)-1))
	case "home":
		at.col = 0
	case "end":
		at.col = max(0, len(s.Tables[at.table].Rows[at.row].Cells)-1)
	case "enter", "w":
		l.table, l.row, l.col, l.moved = at.table, at.row, at.col, true
		return m.whoWrote(at), true
	default:
		return nil, false
	}
	l.table, l.row, l.col, l.moved = at.table, at.row, at.col, true
	return nil, true
}

// moveRow goes a row up or down, over the ends of tables.
func moveRow(s *view.Scene, at cursor, by int) cursor {
	next := at
	next.row += by
	for next.row < 0 || next.row >= len(s.Tables[next.table].Rows) {
		next.table += by
		if next.table < 0 || next.table >= len(s.Tables) {
			return at
		}
		next.row = 0
		if by < 0 {
			next.row = len(s.Tables[next.table].Rows) - 1
		}
	}
	next.col = max(0, min(next.col, len(s.Tables[next.table].Rows[next.row].Cells)-1))
	return next
}

func clickTables(m *Model, r Rect, x, y int) (tea.Cmd, bool) {
	s, l := &m.scene, &m.local
	at := tableCursor(s, l)
	in, _ := tablesIn(r)
	rows := tableRows(s.Tables, in.W, at)
	i := y - in.Y + firstOf(tablesHere(rows, at), in.H, len(rows))
	if y < in.Y || y >= in.Y+in.H || i < 0 || i >= len(rows) || rows[i].row < 0 {
		return nil, false
	}
	col := 0
	for c, from := range rows[i].at {
		if from >= 0 && x-in.X >= from {
			col = c
		}
	}
	hit := cursor{rows[i].table, rows[i].row, min(col, len(s.Tables[rows[i].table].Rows[rows[i].row].Cells)-1)}
	if hit.col < 0 {
		return nil, false
	}
	again := l.moved && hit == at
	l.table, l.row, l.col, l.moved = hit.table, hit.row, hit.col, true
	if again {
		return m.whoWrote(at), true
	}
	return nil, true
}
