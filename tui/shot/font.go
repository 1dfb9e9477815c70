package shot

import (
	"image"
	"math"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Go Mono's measures in parts of its size.
const (
	advance = 0.6001
	ascent  = 0.9394
	descent = 0.2095
)

// slant is how far an italic letter leans.
const slant = 0.2

// maxRunes is how many runes of a grapheme are drawn.
const maxRunes = 6

var (
	regular = sync.OnceValue(func() *opentype.Font { return parse(gomono.TTF) })
	bold    = sync.OnceValue(func() *opentype.Font { return parse(gomonobold.TTF) })
)

// parse reads a font that comes with the program.
func parse(b []byte) *opentype.Font {
	f, err := opentype.Parse(b)
	if err != nil {
		panic(err)
	}
	return f
}

// A look is what decides about a cell's drawing but not its colours.
type look struct {
	text                    string
	cols                    int
	bold, italic, underline bool
}

// A mask says how much of each pixel of a character is covered, row by row.
type mask struct {
	w    int
	a    []uint8 // nil: nothing is
	seen [256 / 64]uint64
}

// A drawer makes masks, and keeps them.
type drawer struct {
	m     measure
	buf   sfnt.Buffer
	masks map[look]*mask
}

func newDrawer(m measure) *drawer { return &drawer{m: m, masks: map[look]*mask{}} }

// lookOf is how the character of a cell looks.
func lookOf(c *Cell, cols int) look {
	k := look{c.Text, cols, c.Bold, c.Italic, c.Underline}
	if k.text == "" {
		k.text = " "
	}
	if k.text == " " {
		k.bold, k.italic = false, false
	}
	return k
}

func (d *drawer) mask(k look) *mask {
	if m := d.masks[k]; m != nil {
		return m
	}
	m := d.make(k)
	for _, a := range m.a {
		m.seen[a/64] |= 1 << (a % 64)
	}
	d.masks[k] = m
	return m
}

// make draws a character.
func (d *drawer) make(k look) *mask {
	m := &mask{w: d.m.w * k.cols}
	n := 0
	for _, r := range k.text {
		if n++; n > maxRunes {
			break
		}
		if n == 1 && r == ' ' || hidden(r) {
			continue
		}
		if ink, ok := d.m.draw(r, m.w); ok {
			d.stamp(m, &ink)
			continue
		}
		if !d.letter(m, r, k) && (n == 1 || !unicode.Is(unicode.M, r)) {
			ink := d.m.unknown(r, m.w)
			d.stamp(m, &ink)
		}
	}
	if k.underline {
		y := d.m.base + max(1, d.m.h/10)
		d.stamp(m, &ink{rects: []rect{{0, y, m.w, y + d.m.thin}}, alpha: 255})
	}
	return m
}

// hidden runes steer the direction or the shape of text: they have no look of
// their own.
func hidden(r rune) bool {
	return unicode.Is(unicode.Cf, r) || r >= 0xfe00 && r <= 0xfe0f
}

func (d *drawer) pixels(m *mask) []uint8 {
	if m.a == nil {
		m.a = make([]uint8, m.w*d.m.h)
	}
	return m.a
}

// stamp adds a drawing to a mask.
func (d *drawer) stamp(m *mask, k *ink) {
	if k.empty() {
		return
	}
	px := d.pixels(m)
	for _, r := range k.rects {
		for y := max(r.y0, 0); y < min(r.y1, d.m.h); y++ {
			for x := max(r.x0, 0); x < min(r.x1, m.w); x++ {
				px[y*m.w+x] = max(px[y*m.w+x], k.alpha)
			}
		}
	}
	if len(k.polys) == 0 {
		return
	}
	z := vector.NewRasterizer(m.w, d.m.h)
	for _, p := range k.polys {
		for i, q := range p {
			if i == 0 {
				z.MoveTo(float32(q.x), float32(q.y))
			} else {
				z.LineTo(float32(q.x), float32(q.y))
			}
		}
		z.ClosePath()
	}
	d.cover(z, m)
}

// cover adds what a rasterizer has to a mask.
func (d *drawer) cover(z *vector.Rasterizer, m *mask) {
	px := d.pixels(m)
	a := image.NewAlpha(image.Rect(0, 0, m.w, d.m.h))
	z.Draw(a, a.Rect, image.Opaque, image.Point{})
	for i, v := range a.Pix {
		px[i] = max(px[i], v)
	}
}

// letter draws a rune with the font; not every rune is in it.
func (d *drawer) letter(m *mask, r rune, k look) bool {
	f := regular()
	if k.bold {
		f = bold()
	}
	g, err := f.GlyphIndex(&d.buf, r)
	if err != nil || g == 0 {
		return false
	}
	ppem := fixed.Int26_6(math.Round(d.m.em * 64))
	segs, err := f.LoadGlyph(&d.buf, g, ppem, nil)
	if err != nil {
		return false
	}
	adv := float64(d.m.w)
	if a, err := f.GlyphAdvance(&d.buf, g, ppem, font.HintingNone); err == nil {
		adv = float64(a) / 64
	}
	x0 := (float64(m.w) - adv) / 2
	z := vector.NewRasterizer(m.w, d.m.h)
	at := func(p fixed.Point26_6) (float32, float32) {
		x, y := float64(p.X)/64+x0, float64(p.Y)/64
		if k.italic {
			x -= slant * (y + 0.3*d.m.em)
		}
		return float32(x), float32(y + float64(d.m.base))
	}
	for _, s := range segs {
		ax, ay := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			z.ClosePath()
			z.MoveTo(ax, ay)
		case sfnt.SegmentOpLineTo:
			z.LineTo(ax, ay)
		case sfnt.SegmentOpQuadTo:
			bx, by := at(s.Args[1])
			z.QuadTo(ax, ay, bx, by)
		case sfnt.SegmentOpCubeTo:
			bx, by := at(s.Args[1])
			cx, cy := at(s.Args[2])
			z.CubeTo(ax, ay, bx, by, cx, cy)
		}
	}
	z.ClosePath()
	d.cover(z, m)
	return true
}

// digits are 0 to F, three pixels wide and five high, a row each three bits.
const digits = "75557 26227 71747 71717 55711 74717 74757 71222 75757 75717 75755 65656 74447 65556 74747 74744"

// unknown is a box with the number of a rune that cannot be drawn.
func (m *measure) unknown(r rune, w int) ink {
	k := ink{alpha: 255}
	pad := max(1, m.h/10)
	k.frame(rect{0, pad, w, m.h - pad}, m.thin)
	hex := hexOf(r)
	dot, cols, rows := 3*m.thin, 0, 0
	for cols*rows < len(hex) {
		if dot--; dot == 0 {
			return k
		}
		cols = min((w-2*m.thin)/(4*dot), (len(hex)+1)/2)
		rows = (m.h - 2*pad - 2*m.thin) / (6 * dot)
	}
	rows = (len(hex) + cols - 1) / cols
	x0, y0 := (w-(4*cols-1)*dot)/2, (m.h-(6*rows-1)*dot)/2
	for i, h := range hex {
		for row := range 5 {
			bits := digits[h*6+row] - '0'
			for col := range 3 {
				if bits>>(2-col)&1 != 0 {
					x, y := x0+(i%cols*4+col)*dot, y0+(i/cols*6+row)*dot
					k.rects = append(k.rects, rect{x, y, x + dot, y + dot})
				}
			}
		}
	}
	return k
}

// frame adds the edges of a box.
func (k *ink) frame(r rect, t int) {
	k.rects = append(k.rects, rect{r.x0, r.y0, r.x1, r.y0 + t}, rect{r.x0, r.y1 - t, r.x1, r.y1},
		rect{r.x0, r.y0 + t, r.x0 + t, r.y1 - t}, rect{r.x1 - t, r.y0 + t, r.x1, r.y1 - t})
}

// hexOf is a rune as four digits, or as many as it takes.
func hexOf(r rune) (h []int) {
	for n := 4; r > 0 || n > 0; n-- {
		h = append([]int{int(r & 15)}, h...)
		r >>= 4
	}
	return h
}

// Drawable reports whether a rune is drawn as what it is; others are a box
// with their number.
func Drawable(r rune) bool {
	m, _ := Options{}.measure(1, 1)
	if _, ok := m.draw(r, m.w); ok || r == ' ' || hidden(r) {
		return true
	}
	var b sfnt.Buffer
	g, err := regular().GlyphIndex(&b, r)
	return err == nil && g != 0
}
