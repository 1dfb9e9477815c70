package tui

import (
	"strings"
	"unicode/utf8"
)

// A Rect is a part of the screen, in cells.
type Rect struct{ X, Y, W, H int }

// Empty reports whether nothing fits in.
func (r Rect) Empty() bool { return r.W <= 0 || r.H <= 0 }

type cell struct {
	r rune
	s Style
}

// A Grid is a screen of cells. Drawing outside of it does nothing.
type Grid struct {
	W, H  int
	ASCII bool // only ASCII is drawn
	cells []cell
	clip  Rect // what is drawn outside of it is lost
	lost  int  // how often that was tried
}

// NewGrid returns an empty screen.
func NewGrid(w, h int) *Grid {
	g := &Grid{}
	g.Reset(w, h)
	return g
}

// Reset empties the screen and gives it a size.
func (g *Grid) Reset(w, h int) {
	g.W, g.H, g.lost = max(w, 0), max(h, 0), 0
	g.clip = Rect{0, 0, g.W, g.H}
	if n := g.W * g.H; cap(g.cells) < n {
		g.cells = make([]cell, n)
	} else {
		g.cells = g.cells[:n]
	}
	for i := range g.cells {
		g.cells[i] = cell{r: ' '}
	}
}

// Set puts one rune. What could steer a terminal becomes a question mark.
func (g *Grid) Set(x, y int, r rune, s Style) {
	if !g.in(x, y) {
		g.lost++
		return
	}
	if r < ' ' || r >= 0x7f && r < 0xa1 || r == utf8.RuneError {
		r = '?'
	}
	if g.ASCII && r > '~' {
		r = inASCII(r)
	}
	g.cells[y*g.W+x] = cell{r, s}
}

// in reports whether a cell may be drawn.
func (g *Grid) in(x, y int) bool {
	return x >= 0 && y >= 0 && x < g.W && y < g.H && x >= g.clip.X && y >= g.clip.Y && x < g.clip.X+g.clip.W && y < g.clip.Y+g.clip.H
}

// At is the rune at a cell.
func (g *Grid) At(x, y int) rune {
	if x < 0 || y < 0 || x >= g.W || y >= g.H {
		return 0
	}
	return g.cells[y*g.W+x].r
}

// Text writes s from x on, at most w cells; what does not fit ends in "…". It
// returns how many cells it took.
func (g *Grid) Text(x, y, w int, s string, st Style) int {
	if w <= 0 {
		return 0
	}
	n := utf8.RuneCountInString(s)
	i := 0
	for _, r := range s {
		if i == w-1 && n > w {
			g.Set(x+i, y, '…', st)
			return w
		}
		g.Set(x+i, y, r, st)
		i++
	}
	return i
}

// Fill gives a style to cells as they are.
func (g *Grid) Fill(r Rect, s Style) {
	for y := max(r.Y, 0); y < min(r.Y+r.H, g.H); y++ {
		for x := max(r.X, 0); x < min(r.X+r.W, g.W); x++ {
			if g.in(x, y) {
				g.cells[y*g.W+x].s = s
			}
		}
	}
}

// Wrap breaks s into lines of at most w cells, between words where it can; the
// lines after the first are indented.
func Wrap(s string, w, indent int) []string {
	if w <= 0 {
		return nil
	}
	indent = min(indent, w-1)
	var lines []string
	line, n := "", 0
	for _, word := range words(s) {
		k := utf8.RuneCountInString(word)
		for {
			switch {
			case n == 0 && k <= w:
				line, n = line+word, k
			case n > 0 && strings.TrimSpace(line) == "" && n+k <= w:
				line, n = line+word, n+k
			case n > 0 && strings.TrimSpace(line) != "" && n+1+k <= w:
				line, n = line+" "+word, n+1+k
			case strings.TrimSpace(line) == "": // longer than a line: cut it
				room := w - n
				rs := []rune(word)
				lines = append(lines, line+string(rs[:room]))
				word, k = string(rs[room:]), k-room
				line, n = strings.Repeat(" ", indent), indent
				continue
			default:
				lines = append(lines, line)
				line, n = strings.Repeat(" ", indent), indent
				continue
			}
			break
		}
	}
	if strings.TrimSpace(line) != "" {
		lines = append(lines, line)
	}
	return lines
}

// words splits at spaces, but keeps a number and its unit together.
func words(s string) []string {
	list := strings.Fields(s)
	n := 0
	for i, w := range list {
		if i > 0 && isUnit(w) && list[n-1] != "" && list[n-1][len(list[n-1])-1]-'0' <= 9 {
			list[n-1] += " " + w
			continue
		}
		list[n] = w
		n++
	}
	return list[:n]
}

func isUnit(w string) bool {
	switch strings.TrimRight(w, ".,:;)") {
	case "s", "ms", "µs", "ns":
		return true
	}
	return false
}

// Para writes s as a paragraph in the rectangle from row y on, and returns the
// row after it. What has no room ends in "…".
func (g *Grid) Para(r Rect, y int, s string, indent int, st Style) int {
	lines := Wrap(s, r.W, indent)
	for i, l := range lines {
		if y >= r.Y+r.H {
			break
		}
		if y == r.Y+r.H-1 && i < len(lines)-1 {
			l = cutWords(l, r.W-2) + " …"
		}
		g.Text(r.X, y, r.W, l, st)
		y++
	}
	return y
}

// cutWords shortens s to w cells, at a space if there is one.
func cutWords(s string, w int) string {
	rs := []rune(s)
	if len(rs) <= w {
		return s
	}
	if w <= 0 {
		return ""
	}
	s = string(rs[:w])
	if i := strings.LastIndexByte(s, ' '); i > 0 {
		s = s[:i]
	}
	return strings.TrimRight(s, " ")
}

// Title draws a pane's heading over the width of the rectangle and returns what
// is left below.
func (g *Grid) Title(r Rect, title string, focus bool) Rect {
	if r.Empty() {
		return r
	}
	st, line := StyleRule, '─'
	if focus {
		line = '═'
	}
	for x := r.X; x < r.X+r.W; x++ {
		g.Set(x, r.Y, line, st)
	}
	if focus {
		st = StyleFocus
	} else {
		st = StyleTitle
	}
	g.Text(r.X+1, r.Y, r.W-2, " "+title+" ", st)
	return Rect{r.X, r.Y + 1, r.W, r.H - 1}
}

// Lines are the rows as text without styles, trailing blanks cut off.
func (g *Grid) Lines() string {
	var b strings.Builder
	for y := range g.H {
		row := make([]rune, g.W)
		for x := range g.W {
			row[x] = g.cells[y*g.W+x].r
		}
		b.WriteString(strings.TrimRight(string(row), " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// String is the screen for a terminal, in the colours of a theme.
func (g *Grid) String(t *Theme) string {
	var b strings.Builder
	b.Grow(len(g.cells) + 2048)
	for y := range g.H {
		row := g.cells[y*g.W : (y+1)*g.W]
		last := Style(0)
		end := len(row)
		for end > 0 && row[end-1].r == ' ' && t[row[end-1].s] == "" {
			end--
		}
		for _, c := range row[:end] {
			if c.s != last {
				if t[last] != "" {
					b.WriteString("\x1b[m")
				}
				b.WriteString(t[c.s])
				last = c.s
			}
			b.WriteRune(c.r)
		}
		if t[last] != "" {
			b.WriteString("\x1b[m")
		}
		if y < g.H-1 {
			b.WriteByte('\n')
		}
	}
	return b.String()
}
