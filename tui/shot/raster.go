package shot

import "image/color"

// levels is how many steps lie between background and text at most: few
// enough for small files, enough for smooth letters.
const levels = 16

// A rgb is an opaque colour, 0xrrggbb.
type rgb uint32

func pack(c color.RGBA) rgb { return rgb(c.R)<<16 | rgb(c.G)<<8 | rgb(c.B) }

func (c rgb) rgba() color.RGBA { return color.RGBA{uint8(c >> 16), uint8(c >> 8), uint8(c), 0xff} }

type pair struct{ fg, bg color.RGBA }

// A canvas is the picture.
type canvas struct {
	*drawer
	n     int // levels
	pix   []rgb
	ramps map[pair]*[256]rgb
}

func newCanvas(d *drawer, n int) *canvas {
	return &canvas{drawer: d, n: n, pix: make([]rgb, d.m.pw*d.m.ph), ramps: map[pair]*[256]rgb{}}
}

// level is what a coverage counts for, 0 to n-1.
func level(a uint8, n int) int { return (int(a)*(n-1) + 127) / 255 }

// ramp is a colour for each coverage.
func (v *canvas) ramp(p pair) *[256]rgb {
	r := v.ramps[p]
	if r == nil {
		r = &[256]rgb{}
		for a := range r {
			r[a] = pack(blend(p.fg, p.bg, level(uint8(a), v.n), v.n-1))
		}
		v.ramps[p] = r
	}
	return r
}

// fill paints a rectangle.
func (v *canvas) fill(r rect, c color.RGBA) {
	k := pack(c)
	for y := max(r.y0, 0); y < min(r.y1, v.m.ph); y++ {
		row := v.pix[y*v.m.pw : (y+1)*v.m.pw]
		for x := max(r.x0, 0); x < min(r.x1, v.m.pw); x++ {
			row[x] = k
		}
	}
}

// put paints a character at a pixel; what sticks out of the picture is cut.
func (v *canvas) put(x0, y0 int, m *mask, p pair) {
	if m.a == nil {
		v.fill(rect{x0, y0, x0 + m.w, y0 + v.m.h}, p.bg)
		return
	}
	ramp := v.ramp(p)
	for y := max(0, -y0); y < min(v.m.h, v.m.ph-y0); y++ {
		row := v.pix[(y0+y)*v.m.pw:]
		for x := max(0, -x0); x < min(m.w, v.m.pw-x0); x++ {
			row[x0+x] = ramp[m.a[y*m.w+x]]
		}
	}
}

// cell paints the character of a cell.
func (v *canvas) cell(s *Screen, x, y int) {
	n, ok := s.columns(x, y)
	if !ok {
		return
	}
	c := &s.Cells[y*s.W+x]
	fg, bg := s.colours(c)
	v.put(v.m.margin+x*v.m.w, v.m.top()+y*v.m.h, v.mask(lookOf(c, n)), pair{fg, bg})
}

// top is where the screen begins.
func (m *measure) top() int { return m.margin + m.bar }

// paint draws a whole screen.
func (v *canvas) paint(s *Screen, o Options) {
	bg := s.BG
	bg.A = 0xff
	v.fill(rect{0, 0, v.m.pw, v.m.ph}, bg)
	if v.m.bar > 0 {
		v.title(s, o.Title)
	}
	for y := range s.H {
		for x := range s.W {
			v.cell(s, x, y)
		}
	}
}

// lights are the three dots of the title bar.
var lights = [3]color.RGBA{{0xff, 0x5f, 0x57, 0xff}, {0xfe, 0xbc, 0x2e, 0xff}, {0x28, 0xc8, 0x40, 0xff}}

// barColours are the title bar's.
func (s *Screen) barColours() pair {
	return pair{blend(s.FG, s.BG, 7, 10), blend(s.FG, s.BG, 1, 10)}
}

// titleCells is as much of a title as the bar has room for, and where it
// begins.
func (m *measure) titleCells(title string) (cells []string, x int) {
	room := (m.pw - 12*m.w) / m.w
	for _, r := range title {
		if len(cells) >= room {
			break
		}
		cells = append(cells, string(r))
	}
	return cells, (m.pw - len(cells)*m.w) / 2
}

// dots are where the lights are, r is their radius.
func (m *measure) dots() (at [3]point, r float64) {
	for i := range at {
		at[i] = point{float64(m.h) * (0.8 + 0.9*float64(i)), float64(m.bar) / 2}
	}
	return at, float64(m.h) * 0.29
}

func (v *canvas) title(s *Screen, title string) {
	p := s.barColours()
	v.fill(rect{0, 0, v.m.pw, v.m.bar}, p.bg)
	at, r := v.m.dots()
	for i, c := range at {
		m := &mask{w: v.m.h}
		x, y := int(c.x)-v.m.h/2, int(c.y)-v.m.h/2
		v.stamp(m, &ink{polys: []poly{circle(point{c.x - float64(x), c.y - float64(y)}, r)}})
		v.put(x, y, m, pair{lights[i], p.bg})
	}
	cells, x := v.m.titleCells(title)
	for i, t := range cells {
		v.put(x+i*v.m.w, (v.m.bar-v.m.h)/2, v.mask(look{text: t, cols: 1}), p)
	}
}
