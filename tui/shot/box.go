package shot

import "math"

// Weights of a line from the middle of the cell to an edge.
const (
	none = iota
	light
	heavy
	double
)

// Edges.
const (
	left = iota
	up
	right
	down
)

// arms are the weights of U+2500 to U+257F: left, up, right, down. Dashes are
// as the lines, curved corners as the square ones; diagonals have none.
const arms = "" +
	"1010 2020 0101 0202 1010 2020 0101 0202 1010 2020 0101 0202 0011 0021 0012 0022 " +
	"1001 2001 1002 2002 0110 0120 0210 0220 1100 2100 1200 2200 0111 0121 0211 0112 " +
	"0212 0221 0122 0222 1101 2101 1201 1102 1202 2201 2102 2202 1011 2011 1021 2021 " +
	"1012 2012 1022 2022 1110 2110 1120 2120 1210 2210 1220 2220 1111 2111 1121 2121 " +
	"1211 1112 1212 2211 1221 2112 1122 2221 2122 2212 1222 2222 1010 2020 0101 0202 " +
	"3030 0303 0031 0013 0033 3001 1003 3003 0130 0310 0330 3100 1300 3300 0131 0313 " +
	"0333 3101 1303 3303 3031 1013 3033 3130 1310 3330 3131 1313 3333 0011 1001 1100 " +
	"0110 0000 0000 0000 1000 0100 0010 0001 2000 0200 0020 0002 1020 0102 2010 0201 "

// armsOf takes apart a line of the table.
func armsOf(r rune) (a [4]int) {
	for i := range a {
		a[i] = int(arms[int(r-0x2500)*5+i] - '0')
	}
	return a
}

// dashes says in how many pieces a line is, 0 for whole ones.
func dashes(r rune) int {
	switch {
	case r >= 0x2504 && r <= 0x2507:
		return 3
	case r >= 0x2508 && r <= 0x250b:
		return 4
	case r >= 0x254c && r <= 0x254f:
		return 2
	}
	return 0
}

// box draws U+2500 to U+257F.
func (m *measure) box(r rune, w int) ink {
	switch {
	case r >= 0x256d && r <= 0x2570:
		return m.arc(r, w)
	case r >= 0x2571 && r <= 0x2573:
		return m.diagonal(r, w)
	}
	b := &bits{w: w, h: m.h, on: make([]bool, w*m.h)}
	a := armsOf(r)
	// A double line is a broad one with a gap; at crossings the gaps meet.
	for i, wt := range a {
		if wt == double {
			b.fill(m.arm(a, i, w, m.broad()), true)
		}
	}
	for i, wt := range a {
		if wt == double {
			b.fill(m.arm(a, i, w, m.gap()), false)
		}
	}
	for i, wt := range a {
		if wt == light || wt == heavy {
			b.fill(m.arm(a, i, w, m.thick(wt)), true)
		}
	}
	if n := dashes(r); n > 0 {
		b.dash(n, a[left] != none)
	}
	return ink{rects: b.rects(), alpha: 255}
}

// gap is the room in a double line, broad the whole of it. All differ by even
// numbers, so that they have the same middle.
func (m *measure) gap() int   { return m.thin + 2*max(1, (m.w-4)/8) }
func (m *measure) broad() int { return m.gap() + 2*m.thin }

// thick is how broad a line of a weight is.
func (m *measure) thick(weight int) int {
	switch weight {
	case light:
		return m.thin
	case heavy:
		return m.thin + 2*max(1, m.thin/2)
	case double:
		return m.broad()
	}
	return 0
}

// arm is the line to edge i, t broad: over the middle so far that corners
// close, and only as far as a double line that it ends at.
func (m *measure) arm(a [4]int, i, w, t int) rect {
	x, y := a[(i+1)%4], a[(i+3)%4] // across
	past := t
	if most := max(x, y); most != none {
		past = m.thick(most)
	}
	switch across := max(x, y); {
	case a[i] == double && across == double:
		past = t
	case a[i] == double && across != none:
		past = m.thin
	case across == double && x == y && a[(i+2)%4] == none:
		past = -m.gap() // ends at the near line
	case across == double && x == y:
		past = m.thin
	}
	mid := func(size, t int) (from, to int) { return (size - t) / 2, (size-t)/2 + t }
	fx, tx := mid(w, t)
	fy, ty := mid(m.h, t)
	px, qx := mid(w, abs(past))
	py, qy := mid(m.h, abs(past))
	if past < 0 {
		px, qx, py, qy = qx, px, qy, py
	}
	switch i {
	case left:
		return rect{0, fy, qx, ty}
	case right:
		return rect{px, fy, w, ty}
	case up:
		return rect{fx, 0, tx, qy}
	}
	return rect{fx, py, tx, m.h}
}

func abs(n int) int { return max(n, -n) }

// arc draws a curved corner.
func (m *measure) arc(r rune, w int) ink {
	t := float64(m.thin)
	c := point{float64((w-m.thin)/2) + t/2, float64((m.h-m.thin)/2) + t/2}
	a := armsOf(r)
	rad, sx := float64(w)-c.x, 1.0
	if a[left] != none {
		rad, sx = c.x, -1
	}
	sy := 1.0
	if a[up] != none {
		sy = -1
	}
	rad = math.Min(rad, math.Min(c.y, float64(m.h)-c.y))
	mid := point{c.x + sx*rad, c.y + sy*rad}
	const n = 16
	p := make(poly, 0, 2*n+2)
	for _, rr := range []float64{rad + t/2, rad - t/2} {
		for i := 0; i <= n; i++ {
			k := i
			if rr < rad {
				k = n - i
			}
			s, q := math.Sincos(math.Pi / 2 * float64(k) / n)
			p = append(p, point{mid.x - sx*rr*q, mid.y - sy*rr*s})
		}
	}
	x := (w - m.thin) / 2
	end := int(mid.y + 0.5)
	line := rect{x, end, x + m.thin, m.h}
	if sy < 0 {
		line.y0, line.y1 = 0, end
	}
	k := ink{polys: []poly{clockwise(p)}, rects: []rect{line}, alpha: 255}
	if y := (m.h - m.thin) / 2; sx > 0 && int(mid.x+0.5) < w {
		k.rects = append(k.rects, rect{int(mid.x + 0.5), y, w, y + m.thin})
	} else if sx < 0 && int(mid.x) > 0 {
		k.rects = append(k.rects, rect{0, y, int(mid.x), y + m.thin})
	}
	return k
}

// diagonal draws from corner to corner.
func (m *measure) diagonal(r rune, w int) ink {
	k := ink{alpha: 255}
	fw, fh, t := float64(w), float64(m.h), float64(m.thin)
	if r != 0x2572 {
		k.polys = append(k.polys, stroke(point{fw, 0}, point{0, fh}, t, false))
	}
	if r != 0x2571 {
		k.polys = append(k.polys, stroke(point{0, 0}, point{fw, fh}, t, false))
	}
	return k
}

// bits is a cell of pixels that are on or off.
type bits struct {
	w, h int
	on   []bool
}

func (b *bits) fill(r rect, on bool) {
	for y := max(r.y0, 0); y < min(r.y1, b.h); y++ {
		for x := max(r.x0, 0); x < min(r.x1, b.w); x++ {
			b.on[y*b.w+x] = on
		}
	}
}

// dash cuts a line into n pieces, half of each gap at either edge.
func (b *bits) dash(n int, across bool) {
	size := b.h
	if across {
		size = b.w
	}
	for i := range n {
		from, to := i*size/n, (i+1)*size/n
		gap := max(1, (to-from)/3)
		r := rect{to - gap, 0, to, b.h}
		if !across {
			r = rect{0, to - gap, b.w, to}
		}
		b.fill(r, false)
	}
}

// rects are the pixels as rectangles: runs of a row, joined with equal ones
// above.
func (b *bits) rects() (list []rect) {
	for y := range b.h {
		for x := 0; x < b.w; x++ {
			if !b.on[y*b.w+x] {
				continue
			}
			from := x
			for x < b.w && b.on[y*b.w+x] {
				x++
			}
			joined := false
			for i := range list {
				if p := &list[i]; p.y1 == y && p.x0 == from && p.x1 == x {
					p.y1, joined = y+1, true
					break
				}
			}
			if !joined {
				list = append(list, rect{from, y, x, y + 1})
			}
		}
	}
	return list
}
