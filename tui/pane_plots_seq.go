package tui

import "github.com/packetwalk/packetwalk/stack/view"

// A markLook is how the segments of a sequence plot are drawn. A letter stands
// for what is rare, with colours and without.
type markLook struct {
	kind   string
	letter rune // 0: a line as long as the segment
	st     Style
	what   string
}

// markLooks are in order of drawing: what comes later covers.
var markLooks = [...]markLook{
	{"data", 0, StyleStrong, "data"}, {"sack", 's', StyleGood, "SACK"}, {"fin", 'F', StyleStrong, "FIN"},
	{"syn", 'S', StyleStrong, "SYN"}, {"again", 'R', StyleWarn, "again"}, {"rst", 'X', StyleDrop, "RST"},
}

// marks draws the segments of a sequence plot.
func (c *canvas) marks(list []view.PlotMark, from, to int64, low, high float64) {
	w, h := c.w*c.dx, c.h*c.dy
	y := func(v uint64) int { return int((float64(v)-low)/(high-low)*float64(h-1) + 0.5) }
	for k, look := range markLooks {
		for i := range list {
			m := &list[i]
			if m.Kind != look.kind || m.At < from || m.At > to || float64(m.To) < low || float64(m.From) > high {
				continue
			}
			x := int(float64(m.At-from) / float64(max(1, to-from)) * float64(w-1))
			lo, hi := max(0, y(m.From)), min(h-1, y(m.To))
			for v := lo; v <= hi; v++ {
				c.dot(x, v, len(plotStyles)+k)
				if look.letter != 0 {
					c.letter[(h-1-v)/c.dy*c.w+x/c.dx] = look.letter
				} else {
					c.letter[(h-1-v)/c.dy*c.w+x/c.dx] = 0
				}
			}
		}
	}
}

// markLegend tells the signs of a sequence plot apart, at the right end of its
// heading; it returns where it begins.
func markLegend(g *Grid, r Rect, p *view.Plot, from int) int {
	has := map[string]bool{}
	for i := range p.Marks {
		has[p.Marks[i].Kind] = true
	}
	n, list := 0, []markLook{}
	for _, look := range markLooks {
		if has[look.kind] {
			list = append(list, look)
			n += width(look.what) + 4
		}
	}
	for n > r.X+r.W-from && len(list) > 0 { // the first is the plainest
		n -= width(list[0].what) + 4
		list = list[1:]
	}
	x := r.X + r.W - n + 2
	begins := x - 2
	for _, look := range list {
		sign := look.letter
		if sign == 0 {
			sign = '│'
		}
		g.Set(x, r.Y, sign, look.st)
		x += 2 + g.Text(x+2, r.Y, width(look.what), look.what, StylePlain) + 2
	}
	return begins
}

// plotValue is how a plot's values read.
func plotValue(p *view.Plot) func(uint64) string {
	if p.Time {
		return func(v uint64) string { return nsText(int64(min(v, 1<<62))) }
	}
	return countText
}

// plotSays is the sentence below a plot, as long as there is room for it.
func plotSays(p *view.Plot, r Rect) []string {
	most := min(3, (r.H-plotRows+2)/2)
	if p.Says == "" || most <= 0 {
		return nil
	}
	list := Wrap(p.Says, r.W, 0)
	if len(list) > most {
		list = list[:most]
		list[most-1] = cut(list[most-1]+" …", r.W)
	}
	return list
}
