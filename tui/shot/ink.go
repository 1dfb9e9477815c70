package shot

import "math"

// A rect is whole pixels, x1 and y1 excluded.
type rect struct{ x0, y0, x1, y1 int }

type point struct{ x, y float64 }

// A poly is a closed outline. Outlines that turn the other way cut holes.
type poly []point

// An ink is a drawing in a cell.
type ink struct {
	rects []rect
	polys []poly
	alpha uint8 // of the rects, 255: opaque
}

func (k *ink) empty() bool { return len(k.rects)+len(k.polys) == 0 }

// draw is our own drawing of a character that fills its cell, so that lines
// meet, and of signs that the font lacks.
func (m *measure) draw(r rune, w int) (ink, bool) {
	switch {
	case r >= 0x2500 && r < 0x2580:
		return m.box(r, w), true
	case r >= 0x2580 && r < 0x25a0:
		return m.block(r, w), true
	case r >= 0x2800 && r < 0x2900:
		return m.braille(r, w), true
	}
	if f, ok := signs[r]; ok {
		p := pen{c: point{float64(w) / 2, float64(m.h) / 2}, u: float64(m.w) / 2, t: math.Max(1, float64(m.w)/8)}
		f(&p)
		return ink{polys: p.out, alpha: 255}, true
	}
	return ink{}, false
}

// block draws U+2580 to U+259F: parts of the cell, and shades.
func (m *measure) block(r rune, w int) ink {
	h := m.h
	eighth := func(n, of int) int { return (n*of + 4) / 8 }
	one := func(x0, y0, x1, y1 int) ink { return ink{rects: []rect{{x0, y0, x1, y1}}, alpha: 255} }
	switch n := int(r - 0x2580); {
	case n == 0:
		return one(0, 0, w, eighth(4, h))
	case n <= 8: // lower eighths
		return one(0, h-eighth(n, h), w, h)
	case n <= 15: // left seven eighths to one
		return one(0, 0, max(1, eighth(16-n, w)), h)
	case n == 16:
		return one(eighth(4, w), 0, w, h)
	case n <= 19: // shades
		return ink{rects: []rect{{0, 0, w, h}}, alpha: uint8(64 * (n - 16))}
	case n == 20:
		return one(0, 0, w, eighth(1, h))
	case n == 21:
		return one(w-max(1, eighth(1, w)), 0, w, h)
	}
	// Quadrants, a bit each: upper left, upper right, lower left, lower right.
	bits := [...]uint8{4, 8, 1, 13, 9, 7, 11, 2, 6, 14}[r-0x2596]
	k := ink{alpha: 255}
	mx, my := eighth(4, w), eighth(4, h)
	for i, q := range [4]rect{{0, 0, mx, my}, {mx, 0, w, my}, {0, my, mx, h}, {mx, my, w, h}} {
		if bits>>i&1 != 0 {
			k.rects = append(k.rects, q)
		}
	}
	return k
}

// braille draws U+2800 to U+28FF: eight dots.
func (m *measure) braille(r rune, w int) ink {
	k := ink{alpha: 255}
	rad := math.Max(0.8, float64(min(w/2, m.h/4))*0.34)
	for bit := range 8 {
		if r>>bit&1 == 0 {
			continue
		}
		x, y := bit/3, bit%3 // dots 1 to 3 left, 4 to 6 right
		if bit >= 6 {
			x, y = bit-6, 3
		}
		c := point{float64(w) * float64(2*x+1) / 4, float64(m.h) * float64(2*y+1) / 8}
		k.polys = append(k.polys, circle(c, rad))
	}
	return k
}

// circle is a ring of points, clockwise on the screen.
func circle(c point, r float64) poly {
	const n = 32
	p := make(poly, n)
	for i := range p {
		s, q := math.Sincos(2 * math.Pi * float64(i) / n)
		p[i] = point{c.x + r*q, c.y + r*s}
	}
	return p
}

// back turns an outline round, to cut a hole.
func back(p poly) poly {
	q := make(poly, len(p))
	for i := range p {
		q[len(p)-1-i] = p[i]
	}
	return q
}

// clockwise turns an outline so that it fills.
func clockwise(p poly) poly {
	area := 0.0
	for i, a := range p {
		b := p[(i+1)%len(p)]
		area += a.x*b.y - b.x*a.y
	}
	if area < 0 {
		return back(p)
	}
	return p
}
