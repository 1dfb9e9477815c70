// Package shot draws a terminal's screen as a picture: PNG, SVG or an animated
// GIF, without a terminal. It knows cells and colours only. The same screen
// gives the same bytes.
package shot

import (
	"fmt"
	"image/color"
	"strings"
	"time"
)

// A Cell is one place of the screen. The second place of a wide character has
// no Text. A colour whose A is 0 is the terminal's own.
type Cell struct {
	Text                                  string // one grapheme
	Wide                                  bool   // takes the next cell too
	FG, BG                                color.RGBA
	Bold, Dim, Italic, Underline, Reverse bool
}

// A Screen is what a terminal shows. FG and BG are its own colours.
type Screen struct {
	W, H   int
	Cells  []Cell // row by row, W*H of them
	FG, BG color.RGBA
}

// NewScreen returns an empty screen of w by h cells.
func NewScreen(w, h int, fg, bg color.RGBA) *Screen {
	return &Screen{W: w, H: h, Cells: make([]Cell, w*h), FG: fg, BG: bg}
}

// A Frame is a screen of a film and how long it is shown.
type Frame struct {
	Screen *Screen
	Delay  time.Duration
}

// Options say how a screen is drawn. The zero value is usual.
type Options struct {
	Size   int    // the font's, in pixels, 6 to 64; 0: 16
	Scale  int    // of everything, 1 to 4; 0: 1
	Margin int    // around the screen, in pixels before scaling, 0 to 200
	Title  string // in a bar with three dots above the screen; empty: no bar
	Desc   string // SVG: the title for who cannot see the picture; empty: Title
}

// MaxPixels is how large a picture may be.
const MaxPixels = 1 << 26

// A measure is where things are in a picture, in pixels.
type measure struct {
	w, h   int // of a cell
	em     float64
	base   int // of the text, below the cell's upper edge
	thin   int // a line
	margin int
	bar    int // height of the title bar
	pw, ph int // of the picture
}

// Check says what is wrong with options for a screen of w by h cells, if
// anything.
func Check(w, h int, o Options) error {
	_, err := o.measure(w, h)
	return err
}

// check looks whether a screen can be drawn, and measures the picture.
func check(s *Screen, o Options) (m measure, err error) {
	if s == nil || len(s.Cells) != s.W*s.H {
		return m, fmt.Errorf("the screen has no cells")
	}
	return o.measure(s.W, s.H)
}

func (o Options) measure(w, h int) (m measure, err error) {
	if o.Size == 0 {
		o.Size = 16
	}
	if o.Scale == 0 {
		o.Scale = 1
	}
	switch {
	case w <= 0 || h <= 0 || w > 1<<14 || h > 1<<14:
		return m, fmt.Errorf("there is no screen of %d by %d cells", w, h)
	case o.Size < 6 || o.Size > 64:
		return m, fmt.Errorf("the font's size is 6 to 64 pixels, not %d", o.Size)
	case o.Scale < 1 || o.Scale > 4:
		return m, fmt.Errorf("the scale is 1 to 4, not %d", o.Scale)
	case o.Margin < 0 || o.Margin > 200:
		return m, fmt.Errorf("the margin is 0 to 200 pixels, not %d", o.Margin)
	}
	size := o.Size * o.Scale
	m.w = (size*6 + 5) / 10
	m.h = 2 * m.w
	m.em = float64(m.w) / advance
	m.base = int((float64(m.h)+(ascent-descent)*m.em)/2 + 0.5)
	m.thin = max(1, (m.w+6)/12)
	m.margin = o.Margin * o.Scale
	if o.Title != "" {
		m.bar = m.h + m.h/2
	}
	m.pw, m.ph = w*m.w+2*m.margin, h*m.h+2*m.margin+m.bar
	if m.pw*m.ph > MaxPixels {
		return m, fmt.Errorf("%d by %d pixels are too many: take fewer cells or a smaller scale", m.pw, m.ph)
	}
	return m, nil
}

// colours are what a cell is drawn in, all its attributes applied.
func (s *Screen) colours(c *Cell) (fg, bg color.RGBA) {
	fg, bg = c.FG, c.BG
	if fg.A == 0 {
		fg = s.FG
	}
	if bg.A == 0 {
		bg = s.BG
	}
	if c.Reverse {
		fg, bg = bg, fg
	}
	if c.Dim {
		fg = blend(fg, bg, 3, 5)
	}
	fg.A, bg.A = 0xff, 0xff
	return fg, bg
}

// blend mixes n parts of a with of-n parts of b.
func blend(a, b color.RGBA, n, of int) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8((int(a)*n + int(b)*(of-n) + of/2) / of) }
	return color.RGBA{mix(a.R, b.R), mix(a.G, b.G), mix(a.B, b.B), 0xff}
}

// columns is how many cells the character at x takes, and whether there is one.
func (s *Screen) columns(x, y int) (n int, ok bool) {
	c := &s.Cells[y*s.W+x]
	if x > 0 && c.Text == "" && s.Cells[y*s.W+x-1].Wide {
		return 0, false
	}
	if c.Wide && x+1 < s.W {
		return 2, true
	}
	return 1, true
}

// colour is a colour of the terminal's own, opaque.
func (s *Screen) colour(c color.RGBA) color.RGBA {
	c.A = 0xff
	return c
}

// Text is what the screen says, row by row, without blanks at the ends.
func (s *Screen) Text() string {
	var b strings.Builder
	for y := range s.H {
		var row strings.Builder
		for x := range s.W {
			if _, ok := s.columns(x, y); !ok {
				continue
			}
			if t := s.Cells[y*s.W+x].Text; t != "" {
				row.WriteString(t)
			} else {
				row.WriteByte(' ')
			}
		}
		b.WriteString(strings.TrimRight(row.String(), " "))
		b.WriteByte('\n')
	}
	return b.String()
}
