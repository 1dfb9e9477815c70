package tui

import (
	"strconv"
	"strings"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// plotStyles and plotSigns tell the series of a plot apart, with colours and
// without.
var plotStyles = [...]Style{StyleNew, StyleUp, StyleDown, StyleDim}
var plotSigns = [...]rune{'*', 'o', '+', 'x'}

// dashes is which dots of a series are drawn: all of them, two of three, every
// second, every third.
var dashes = [...]func(i int) bool{
	func(int) bool { return true }, func(i int) bool { return i%3 != 2 }, func(i int) bool { return i%2 == 0 }, func(i int) bool { return i%3 == 0 },
}

// A canvas is a plot's field. A cell has 2 by 4 dots in braille, 1 by 1 in
// ASCII.
type canvas struct {
	w, h   int // cells
	dx, dy int // dots a cell
	bits   []uint8
	series []int8 // the last one drawn in a cell, from 1; behind the curves the marks
	letter []rune // in a cell instead of dots
}

func newCanvas(w, h int, ascii bool) *canvas {
	c := &canvas{w: w, h: h, dx: 2, dy: 4, bits: make([]uint8, w*h), series: make([]int8, w*h), letter: make([]rune, w*h)}
	if ascii {
		c.dx, c.dy = 1, 1
	}
	return c
}

// brailleDots are the bits of a braille cell's dots by column and row.
var brailleDots = [2][4]uint8{{0x01, 0x02, 0x04, 0x40}, {0x08, 0x10, 0x20, 0x80}}

// dot sets a dot; y counts from the bottom.
func (c *canvas) dot(x, y, series int) {
	y = c.h*c.dy - 1 - y
	if x < 0 || y < 0 || x >= c.w*c.dx || y >= c.h*c.dy {
		return
	}
	i := y/c.dy*c.w + x/c.dx
	c.bits[i] |= brailleDots[x%c.dx][y%c.dy]
	c.series[i] = int8(series + 1)
}

// steps draws a series: each value holds until the next point.
func (c *canvas) steps(s *view.Series, n int, from, to int64, low, high float64) {
	w, h := c.w*c.dx, c.h*c.dy
	on := dashes[n%len(dashes)]
	y := func(v uint64) int {
		if high <= low {
			return 0
		}
		return int((float64(v)-low)/(high-low)*float64(h-1) + 0.5)
	}
	last, k := -1, 0
	for x := range w {
		end := from
		if w > 1 {
			end = from + int64(float64(to-from)*float64(x)/float64(w-1))
		}
		lo, hi := last, last
		for k < len(s.Points) && s.Points[k].At <= end {
			v := y(s.Points[k].V)
			if lo < 0 {
				lo, hi = v, v
			}
			lo, hi, last = min(lo, v), max(hi, v), v
			k++
		}
		if last < 0 {
			continue
		}
		for v := lo; v <= hi; v++ {
			if on(x) || lo != hi {
				c.dot(x, v, n)
			}
		}
	}
}

// draw paints the canvas.
func (c *canvas) draw(g *Grid, x, y int) {
	for i, b := range c.bits {
		if b == 0 {
			continue
		}
		n := int(c.series[i] - 1)
		r := rune(0x2800) + rune(b)
		st := StylePlain
		if n < len(plotStyles) {
			st = plotStyles[n]
			if c.dx == 1 {
				r = plotSigns[n]
			}
		} else {
			st = markLooks[n-len(plotStyles)].st
			switch {
			case c.letter[i] != 0:
				r = c.letter[i]
			case c.dx == 1:
				r = '|'
			}
		}
		g.Set(x+i%c.w, y+i/c.w, r, st)
	}
}

// plotSpan is the values that a plot shows: from 0 on if that costs little.
func plotSpan(p *view.Plot) (low, high uint64) {
	first := true
	take := func(v uint64) {
		if first {
			low, high, first = v, v, false
		}
		low, high = min(low, v), max(high, v)
	}
	for i := range p.Marks {
		if m := &p.Marks[i]; m.At >= p.From && m.At <= p.To {
			take(m.From)
			take(m.To)
		}
	}
	for _, loose := range [...]bool{false, true} {
		most, before := high+(high-low)/2, first
		for _, s := range p.Series {
			if s.Loose != loose {
				continue
			}
			for i, v := range s.Points {
				if v.At > p.To || i+1 < len(s.Points) && s.Points[i+1].At < p.From {
					continue // it is not in view
				}
				if !loose || before || v.V <= most {
					take(v.V)
				}
			}
		}
	}
	if low <= high/2 {
		low = 0
	}
	if high == low {
		high = low + 1
	}
	return low, high
}

// short number: "18", "1.2k", "65.5k", "4.29G".
func countText(n uint64) string {
	if n < 10000 {
		return strconv.FormatUint(n, 10)
	}
	f := float64(n)
	for _, u := range [...]string{"k", "M", "G", "T", "P", "E"} {
		if f /= 1000; f < 999.5 {
			prec := 0
			switch {
			case f < 10:
				prec = 2
			case f < 100:
				prec = 1
			}
			return strconv.FormatFloat(f, 'f', prec, 64) + u
		}
	}
	return strconv.FormatUint(n, 10)
}

// valueAt is what a series is at a time.
func valueAt(s *view.Series, at int64) (v uint64, ok bool) {
	if s.Now != nil {
		return *s.Now, true
	}
	for _, p := range s.Points {
		if p.At > at {
			break
		}
		v, ok = p.V, true
	}
	return v, ok
}

// plotRows is how many rows a plot needs at least, its heading, its time axis
// and its legend included.
const plotRows = 7

// plotRoom is how many rows a plot with words below it needs.
const plotRoom = 11

func drawPlots(g *Grid, r Rect, s *view.Scene, l *local) {
	focus := l.focus == PanePlots
	in := g.Title(r, "plots", focus)
	in.X, in.W = in.X+1, in.W-2
	if len(s.Plots) == 0 {
		g.Para(in, in.Y, "Nothing here has values over time. Plots are drawn for a TCP connection: its sequence numbers, its congestion window, its round-trip times.", 0, StyleDim)
		return
	}
	from := max(0, min(l.plot, len(s.Plots)-1))
	n := max(1, min(len(s.Plots), in.H/plotRows))
	if s.Plots[from].Says != "" && in.H/n < plotRoom { // they have words, and shall have room for them
		n = max(1, min(n, in.H/plotRoom))
	}
	from = min(from, len(s.Plots)-n)
	for i := range n {
		y := in.Y + i*in.H/n
		p := nearer(s.Plots[from+i], l.near)
		drawPlot(g, Rect{in.X, y, in.W, in.Y + (i+1)*in.H/n - y}, &p, g.ASCII)
	}
	if n == len(s.Plots) {
		text := " ← → time "
		g.Text(r.X+r.W-width(text)-1, r.Y, width(text), text, StyleDim)
	} else {
		text := " " + itoa(from+1) + "/" + itoa(len(s.Plots)) + " ↑ ↓  ← → "
		if r.W < 92 { // the tabs need their room
			text = itoa(from+1) + "/" + itoa(len(s.Plots))
		}
		g.Text(r.X+r.W-width(text)-1, r.Y, width(text), text, StyleDim)
	}
}

// nearer is a plot of less time around the place: a half, a quarter …
func nearer(p view.Plot, n int) view.Plot {
	if n <= 0 || p.To <= p.From {
		return p
	}
	d := max(1, (p.To-p.From)>>n)
	from := max(p.From, min(p.Here-d/2, p.To-d))
	p.From, p.To = from, from+d
	p.Scope = "1/" + itoa(1<<n) + " of the time"
	return p
}

// mostNear is how often the time can be halved.
const mostNear = 16

// drawPlot draws one plot: a heading, the field with its axes, the times, and
// what the signs mean.
func drawPlot(g *Grid, r Rect, p *view.Plot, ascii bool) {
	head := p.Title
	if p.Unit != "" && !strings.Contains(p.Title, p.Unit) {
		head += ", " + p.Unit
	}
	x := r.X + g.Text(r.X, r.Y, r.W, head, StyleTitle)
	right := r.X + r.W
	if len(p.Marks) > 0 {
		right = markLegend(g, r, p, x+2)
	}
	if room := right - x - 2; p.Scope != "" && room > 10 {
		text := p.Scope
		if p.Left != "" {
			text += "; " + p.Left
		}
		g.Text(x+2, r.Y, room, text, StyleDim)
	}
	low, high := plotSpan(p)
	valueText := plotValue(p)
	top, bottom := valueText(high), valueText(low)
	if top == bottom { // far from nothing, near to each other: by how much more
		top = "+" + valueText(high-low)
	}
	axis := max(width(top), width(bottom)) + 1
	says := plotSays(p, r)
	for i, text := range says {
		g.Text(r.X, r.Y+r.H-len(says)+i, r.W, text, StyleStrong)
	}
	r.H -= len(says)
	field := Rect{r.X + axis + 1, r.Y + 1, r.W - axis - 1, r.H - 3}
	if field.W < 8 || field.H < 1 {
		return
	}
	g.Text(r.X, field.Y, axis, padLeft(top, axis-1), StyleDim)
	g.Text(r.X, field.Y+field.H-1, axis, padLeft(bottom, axis-1), StyleDim)
	if field.H >= 7 {
		if mid := valueText(low + (high-low)/2); mid != top && mid != bottom && top[0] != '+' {
			g.Text(r.X, field.Y+(field.H-1)/2, axis, padLeft(mid, axis-1), StyleDim)
		}
	}
	for y := range field.H {
		g.Set(field.X-1, field.Y+y, '│', StyleRule)
	}
	g.Set(field.X-1, field.Y+field.H, '└', StyleRule)
	for i := range field.W {
		g.Set(field.X+i, field.Y+field.H, '─', StyleRule)
	}
	c := newCanvas(field.W, field.H, ascii)
	for i := len(p.Series) - 1; i >= 0; i-- { // the first, on top
		c.steps(&p.Series[i], i, p.From, p.To, float64(low), float64(high))
	}
	c.marks(p.Marks, p.From, p.To, float64(low), float64(high))
	here := -1
	if p.To > p.From && p.Here >= p.From && p.Here <= p.To {
		here = int(float64(p.Here-p.From) / float64(p.To-p.From) * float64(field.W-1))
		for y := range field.H {
			g.Set(field.X+here, field.Y+y, '│', StyleToken)
		}
	}
	c.draw(g, field.X, field.Y)
	if here >= 0 {
		g.Set(field.X+here, field.Y+field.H, '▲', StyleToken)
	}
	plotTimes(g, field, p, here)
	plotLegend(g, r, p, axis, high)
}

// plotTimes writes the times on the axis itself: its ends, and here.
func plotTimes(g *Grid, field Rect, p *view.Plot, here int) {
	y := field.Y + field.H
	first, last := secondsText(p.From, p.To-p.From), secondsText(p.To, p.To-p.From)+" s"
	if width(first)+width(last)+6 > field.W {
		return
	}
	put := func(x int, s string, st Style) {
		if here < 0 || here < x-1 || here > x+width(s) {
			g.Text(x, y, width(s), s, st)
		}
	}
	put(field.X+1, " "+first+" ", StyleDim)
	put(field.X+field.W-width(last)-1, " "+last, StyleDim)
}

// secondsText is a time in seconds, as exact as an axis of that length needs.
func secondsText(ns, length int64) string {
	digits := 3
	for unit := int64(100_000_000); digits < 9 && length < unit; unit /= 10 {
		digits++
	}
	s := strconv.FormatFloat(float64(ns)/1e9, 'f', digits, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// plotLegend tells the series apart, and their values here: ↑ where that is
// above the plot.
func plotLegend(g *Grid, r Rect, p *view.Plot, axis int, high uint64) {
	x, y := r.X+axis+1, r.Y+r.H-1
	for i := range p.Series {
		st := plotStyles[i%len(plotStyles)]
		text := p.Series[i].Name
		if v, ok := valueAt(&p.Series[i], p.Here); ok {
			if v > high {
				text += " ↑"
			}
			if p.Time {
				text += " " + plotValue(p)(v)
			} else {
				text += " " + strconv.FormatUint(v, 10)
			}
		}
		if room := r.X + r.W - x; width(text)+3 > room {
			return
		}
		g.Text(x, y, 2, plotKey(i, g.ASCII), st)
		x += 3 + g.Text(x+3, y, width(text), text, StylePlain) + 3
	}
}

// plotKey is how the line of a series looks.
func plotKey(i int, ascii bool) string {
	if ascii {
		return strings.Repeat(string(plotSigns[i%len(plotSigns)]), 2)
	}
	return [...]string{"⠒⠒", "⠒⠂", "⠐⠐", "⠐ "}[i%4]
}

func keyPlots(m *Model, r Rect, key string) (tea.Cmd, bool) {
	n := len(m.scene.Plots)
	switch key {
	case "up":
		m.local.plot = max(0, min(m.local.plot, n-1)-1)
	case "down":
		m.local.plot = max(0, min(m.local.plot+1, n-1))
	case "right":
		m.local.near = min(m.local.near+1, mostNear)
	case "left":
		m.local.near = max(0, m.local.near-1)
	default:
		return nil, false
	}
	return nil, true
}
