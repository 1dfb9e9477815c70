package tui

import (
	"strings"

	"github.com/packetwalk/packetwalk/stack/view"
)

// A tableRow is one drawn line of the tables: which table, which of its rows
// (-1: its heading or its columns).
type tableRow struct {
	table, row int
	line       line
	at         []int // where each column begins
}

// barCells is how long a buffer's bar is.
const barCells = 6

// cellText is a cell with its bar; its text has w cells, so that bars stand
// below each other.
func cellText(c *view.TCell, w int) string {
	if c.Bar <= 0 {
		return c.Text
	}
	on, off := filled(c.Bar-1, barCells, "█", "░")
	if w == 0 {
		return on + off
	}
	return padRight(c.Text, w) + " " + on + off
}

// texts is how wide the texts before the bars are, by column.
func texts(t *view.Table) []int {
	ws := make([]int, len(t.Columns))
	for _, r := range t.Rows {
		for i := range min(len(r.Cells), len(ws)) {
			if r.Cells[i].Bar > 0 {
				ws[i] = max(ws[i], width(r.Cells[i].Text))
			}
		}
	}
	return ws
}

// columns is how wide each column of a table is.
func columns(t *view.Table) []int {
	ws, before := make([]int, len(t.Columns)), texts(t)
	for i, c := range t.Columns {
		ws[i] = width(c)
	}
	for _, r := range t.Rows {
		for i := range min(len(r.Cells), len(ws)) {
			ws[i] = max(ws[i], width(cellText(&r.Cells[i], before[i])))
		}
	}
	return ws
}

// isNumber reports whether a text is right-aligned: digits, and what goes with
// them.
func isNumber(s string) bool {
	return strings.Trim(s, "0123456789,.+-") == "" && strings.ContainsAny(s, "0123456789") && strings.Count(s, ".") < 2
}

// numeric reports for each column whether all its values are numbers.
func numeric(t *view.Table) []bool {
	out := make([]bool, len(t.Columns))
	for i := range out {
		n := 0
		for _, r := range t.Rows {
			if i < len(r.Cells) && r.Cells[i].Text != "" {
				if t := r.Cells[i].Text; t == "-" {
					continue
				}
				if !isNumber(r.Cells[i].Text) || r.Cells[i].Bar > 0 {
					n = -1
					break
				}
				n++
			}
		}
		out[i] = n > 0
	}
	return out
}

// A cursor is a place in the tables; row -1 is none.
type cursor struct{ table, row, col int }

// tableRows lays the tables out. Columns before from[table] are left out, so
// that the cursor's column has room in w cells.
func tableRows(ts []view.Table, w int, at cursor) (rows []tableRow) {
	for i := range ts {
		t := &ts[i]
		if i > 0 {
			rows = append(rows, tableRow{table: i, row: -1})
		}
		head := line{{t.Title, StyleTitle}}
		if t.Tool != "" && width(t.Title)+width(t.Tool)+4 <= w {
			head = append(head, seg{"  " + t.Tool, StyleDim})
		}
		rows = append(rows, tableRow{table: i, row: -1, line: head})
		if len(t.Rows) == 0 {
			text := t.Empty
			if text == "" {
				text = "none"
			}
			for _, l := range para("  "+text, w, 2, StyleDim) {
				rows = append(rows, tableRow{table: i, row: -1, line: l})
			}
			continue
		}
		ws, num := columns(t), numeric(t)
		first := firstColumn(ws, w-4, at.col, at.table == i && at.row >= 0)
		last := lastColumn(ws, w-2, first)
		rows = append(rows, columnHeads(t, i, ws, num, first, last))
		for k := range t.Rows {
			rows = append(rows, tableLine(t, i, k, ws, num, first, last, at))
		}
	}
	return rows
}

// firstColumn is the first column that is drawn beside column 0, which always
// is.
func firstColumn(ws []int, w, col int, chosen bool) int {
	first := 1
	if !chosen {
		return first
	}
	for first < col {
		need := 0
		for i, n := range ws[:col+1] {
			if i == 0 || i >= first {
				need += n + 2
			}
		}
		if need-2 <= w {
			break
		}
		first++
	}
	return first
}

// lastColumn is the last column that is drawn whole in w cells; the first ones
// are drawn in any case.
func lastColumn(ws []int, w, first int) int {
	need, last := 0, 0
	for c, n := range ws {
		if c > 0 && c < first {
			continue
		}
		need += n
		room := w
		if c < len(ws)-1 {
			room -= 2 // for the sign that there are more
		}
		if c > first && need > room {
			break
		}
		last = c
		need += 2
	}
	return last
}

func columnHeads(t *view.Table, i int, ws []int, num []bool, first, last int) tableRow {
	r := tableRow{table: i, row: -1, line: line{{"  ", StylePlain}}}
	for c, name := range t.Columns[:last+1] {
		if c > 0 && c < first {
			continue
		}
		r.line = append(r.line, seg{align(name, ws[c], num[c]), StyleDim}, seg{gapAfter(c, len(ws), first), StylePlain})
	}
	if last < len(ws)-1 {
		r.line = append(r.line, seg{"→", StyleDim})
	}
	return r
}

// gapAfter is what stands between two columns; it tells that some are left out.
func gapAfter(c, n, first int) string {
	switch {
	case c == n-1:
		return ""
	case c == 0 && first > 1:
		return " …"
	}
	return "  "
}

func align(s string, w int, right bool) string {
	if right {
		return padLeft(s, w)
	}
	return padRight(s, w)
}

func tableLine(t *view.Table, i, k int, ws []int, num []bool, first, last int, at cursor) tableRow {
	row := &t.Rows[k]
	sign := "  "
	if row.Here {
		sign = "▶ "
	}
	before := texts(t)
	r := tableRow{table: i, row: k, line: line{{sign, StyleToken}}, at: make([]int, len(ws))}
	x := 2
	for c := range ws {
		if c > 0 && c < first || c > last {
			r.at[c] = -1
			continue
		}
		r.at[c] = x
		x += ws[c] + 2
		if c >= len(row.Cells) {
			r.line = append(r.line, seg{strings.Repeat(" ", ws[c]), StylePlain}, seg{gapAfter(c, len(ws), first), StylePlain})
			continue
		}
		cell := &row.Cells[c]
		st := StylePlain
		switch {
		case at == cursor{i, k, c}:
			st = StyleHere
		case cell.New:
			st = StyleNew
		case row.Here:
			st = StyleStrong
		}
		text := cellText(cell, before[c])
		pad := strings.Repeat(" ", max(0, ws[c]-width(text)))
		if num[c] {
			r.line = append(r.line, seg{pad, StylePlain}, seg{text, st})
		} else {
			r.line = append(r.line, seg{text, st}, seg{pad, StylePlain})
		}
		r.line = append(r.line, seg{gapAfter(c, len(ws), first), StylePlain})
	}
	return r
}

// tableCursor is the cursor, put where there is a cell; until it is moved it is
// on what the step is about.
func tableCursor(s *view.Scene, l *local) cursor {
	at := cursor{l.table, l.row, l.col}
	if !l.moved {
		at = cursorHere(s)
	}
	if at.table < 0 || at.table >= len(s.Tables) || len(s.Tables[at.table].Rows) == 0 {
		at = cursor{-1, -1, 0}
		for i := range s.Tables {
			if len(s.Tables[i].Rows) > 0 {
				at = cursor{i, 0, 0}
				break
			}
		}
		if at.table < 0 {
			return at
		}
	}
	t := &s.Tables[at.table]
	at.row = max(0, min(at.row, len(t.Rows)-1))
	at.col = max(0, min(at.col, len(t.Rows[at.row].Cells)-1))
	return at
}

// cursorHere is what the step is about: a value that it made if there is one.
func cursorHere(s *view.Scene) (at cursor) {
	at = cursor{-1, -1, 0}
	best := 0
	for i := range s.Tables {
		for k := range s.Tables[i].Rows {
			r := &s.Tables[i].Rows[k]
			for c := range r.Cells {
				n := 0
				switch x := &r.Cells[c]; {
				case !r.Here:
				case x.New && x.Field != "":
					n = 3
				case x.Field != "":
					n = 2
				default:
					n = 1
				}
				if n > best {
					at, best = cursor{i, k, c}, n
				}
			}
		}
	}
	return at
}

// tablesHere is the line of the cursor, to keep in view.
func tablesHere(rows []tableRow, at cursor) int {
	for i, r := range rows {
		if r.row >= 0 && r.table == at.table && r.row == at.row {
			return i
		}
	}
	return 0
}

// tablesIn is where the tables are drawn; below them there is a line on what
// can be done.
func tablesIn(r Rect) (in Rect, foot bool) {
	in = Rect{r.X + 1, r.Y + 1, r.W - 2, r.H - 1}
	if in.H > 5 {
		in.H--
		foot = true
	}
	return in, foot
}

func drawTables(g *Grid, r Rect, s *view.Scene, l *local) {
	focus := l.focus == PaneTables
	g.Title(r, "tables", focus)
	in, foot := tablesIn(r)
	if len(s.Tables) == 0 {
		g.Para(in, in.Y, "There is no state to show here.", 0, StyleDim)
		return
	}
	at := tableCursor(s, l)
	shown := at
	if !focus {
		shown.row = -1
	}
	rows := tableRows(s.Tables, in.W, shown)
	ls := make([]line, len(rows))
	for i := range rows {
		ls[i] = rows[i].line
	}
	g.more(r, g.draw(in, ls, firstOf(tablesHere(rows, at), in.H, len(ls))), focus)
	if foot && focus && at.row >= 0 {
		g.Text(in.X, in.Y+in.H, in.W, tableFoot(s, at), StyleDim)
	}
}

// cellAt is the cell of the cursor; an empty one where a row has none.
func cellAt(s *view.Scene, at cursor) *view.TCell {
	if at.table >= 0 && at.table < len(s.Tables) && at.row >= 0 && at.row < len(s.Tables[at.table].Rows) {
		if cells := s.Tables[at.table].Rows[at.row].Cells; at.col >= 0 && at.col < len(cells) {
			return &cells[at.col]
		}
	}
	return &view.TCell{}
}

// tableFoot says what can be done with the chosen cell.
func tableFoot(s *view.Scene, at cursor) string {
	c := cellAt(s, at)
	if c.Field == "" {
		return "nobody is known to have written this value; ↑ ↓ ← → choose another"
	}
	return "enter: who made " + c.Field + " " + c.Text + "?"
}
