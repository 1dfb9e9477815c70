package shot

import "math"

// A pen draws a sign around the middle of a cell; one unit is half its width.
type pen struct {
	c    point
	u, t float64 // unit, and how broad a line is, in pixels
	out  []poly
}

func (p *pen) at(x, y float64) point { return point{p.c.x + x*p.u, p.c.y + y*p.u} }

// fill draws an outline given as x, y, x, y …
func (p *pen) fill(xy ...float64) { p.out = append(p.out, clockwise(p.outline(xy))) }

func (p *pen) outline(xy []float64) poly {
	q := make(poly, 0, len(xy)/2)
	for i := 0; i+1 < len(xy); i += 2 {
		q = append(q, p.at(xy[i], xy[i+1]))
	}
	return q
}

// line draws from point to point.
func (p *pen) line(xy ...float64) {
	q := p.outline(xy)
	for i := 1; i < len(q); i++ {
		p.out = append(p.out, stroke(q[i-1], q[i], p.t, true))
	}
}

// ring draws an outline as a line, dot a disc, circle a circle.
func (p *pen) ring(xy ...float64) { p.line(append(xy, xy[0], xy[1])...) }

func (p *pen) dot(x, y, r float64) {
	p.out = append(p.out, circle(p.at(x, y), math.Max(r*p.u, 0.7)))
}

func (p *pen) circle(x, y, r float64) {
	out := r * p.u
	p.out = append(p.out, circle(p.at(x, y), out), back(circle(p.at(x, y), math.Max(out-p.t, 0))))
}

// stroke is a line t broad, its ends longer by half of it if square.
func stroke(a, b point, t float64, square bool) poly {
	d := math.Hypot(b.x-a.x, b.y-a.y)
	if d == 0 {
		return nil
	}
	x, y := (b.x-a.x)/d*t/2, (b.y-a.y)/d*t/2
	if square {
		a, b = point{a.x - x, a.y - y}, point{b.x + x, b.y + y}
	}
	return clockwise(poly{{a.x - y, a.y + x}, {b.x - y, b.y + x}, {b.x + y, b.y - x}, {a.x + y, a.y - x}})
}

// signs are drawn by us: what the font lacks, and what is to touch a line.
var signs = map[rune]func(p *pen){
	'▲': func(p *pen) { p.fill(0, -1, 1, 0.8, -1, 0.8) },
	'△': func(p *pen) { p.ring(0, -0.8, 0.8, 0.7, -0.8, 0.7) },
	'▼': func(p *pen) { p.fill(0, 1, 1, -0.8, -1, -0.8) },
	'▽': func(p *pen) { p.ring(0, 0.8, 0.8, -0.7, -0.8, -0.7) },
	'▶': func(p *pen) { p.fill(-1, -1, 1, 0, -1, 1) },
	'►': func(p *pen) { p.fill(-1, -0.8, 1, 0, -1, 0.8) },
	'▷': func(p *pen) { p.ring(-0.8, -0.8, 0.7, 0, -0.8, 0.8) },
	'◀': func(p *pen) { p.fill(1, -1, -1, 0, 1, 1) },
	'◄': func(p *pen) { p.fill(1, -0.8, -1, 0, 1, 0.8) },
	'◁': func(p *pen) { p.ring(0.8, -0.8, -0.7, 0, 0.8, 0.8) },
	'▴': func(p *pen) { p.fill(0, -0.5, 0.6, 0.5, -0.6, 0.5) },
	'▾': func(p *pen) { p.fill(0, 0.5, 0.6, -0.5, -0.6, -0.5) },
	'▸': func(p *pen) { p.fill(-0.5, -0.6, 0.6, 0, -0.5, 0.6) },
	'◂': func(p *pen) { p.fill(0.5, -0.6, -0.6, 0, 0.5, 0.6) },
	'⏵': func(p *pen) { p.fill(-0.8, -0.9, 0.9, 0, -0.8, 0.9) },
	'⏴': func(p *pen) { p.fill(0.8, -0.9, -0.9, 0, 0.8, 0.9) },
	'⏸': func(p *pen) {
		p.fill(-0.7, -0.9, -0.2, -0.9, -0.2, 0.9, -0.7, 0.9)
		p.fill(0.2, -0.9, 0.7, -0.9, 0.7, 0.9, 0.2, 0.9)
	},
	'⏹': func(p *pen) { p.fill(-0.8, -0.8, 0.8, -0.8, 0.8, 0.8, -0.8, 0.8) },
	'■': func(p *pen) { p.fill(-0.9, -0.9, 0.9, -0.9, 0.9, 0.9, -0.9, 0.9) },
	'□': func(p *pen) { p.ring(-0.75, -0.75, 0.75, -0.75, 0.75, 0.75, -0.75, 0.75) },
	'▪': func(p *pen) { p.fill(-0.5, -0.5, 0.5, -0.5, 0.5, 0.5, -0.5, 0.5) },
	'▫': func(p *pen) { p.ring(-0.4, -0.4, 0.4, -0.4, 0.4, 0.4, -0.4, 0.4) },
	'◆': func(p *pen) { p.fill(0, -1.2, 1, 0, 0, 1.2, -1, 0) },
	'◇': func(p *pen) { p.ring(0, -1, 0.8, 0, 0, 1, -0.8, 0) },
	'●': func(p *pen) { p.dot(0, 0, 0.85) },
	'○': func(p *pen) { p.circle(0, 0, 0.85) },
	'◉': func(p *pen) { p.circle(0, 0, 0.98); p.dot(0, 0, 0.5) },
	'◎': func(p *pen) { p.circle(0, 0, 0.98); p.circle(0, 0, 0.55) },
	'◌': func(p *pen) { dotted(p) },
	'◐': func(p *pen) { p.circle(0, 0, 0.9); p.fill(0, -0.85, 0, 0.85, -0.6, 0.6, -0.85, 0, -0.6, -0.6) },
	'◑': func(p *pen) { p.circle(0, 0, 0.9); p.fill(0, -0.85, 0, 0.85, 0.6, 0.6, 0.85, 0, 0.6, -0.6) },
	'✓': func(p *pen) { p.line(-0.75, 0.15, -0.2, 0.8, 0.8, -0.9) },
	'✔': func(p *pen) { p.t *= 1.7; p.line(-0.7, 0.15, -0.2, 0.75, 0.75, -0.8) },
	'✗': func(p *pen) { p.line(-0.7, -0.8, 0.7, 0.8); p.line(0.7, -0.8, -0.7, 0.8) },
	'✕': func(p *pen) { p.line(-0.7, -0.7, 0.7, 0.7); p.line(0.7, -0.7, -0.7, 0.7) },
	'✘': func(p *pen) { p.t *= 1.7; p.line(-0.65, -0.75, 0.65, 0.75); p.line(0.65, -0.75, -0.65, 0.75) },
	'✖': func(p *pen) { p.t *= 1.7; p.line(-0.65, -0.65, 0.65, 0.65); p.line(0.65, -0.65, -0.65, 0.65) },
	'⚠': func(p *pen) {
		p.ring(0, -1.05, 0.85, 0.75, -0.85, 0.75)
		p.line(0, -0.3, 0, 0.15)
		p.dot(0, 0.47, 0.13)
	},
	'★': func(p *pen) { p.fill(star(1.1)...) },
	'☆': func(p *pen) { p.t *= 0.8; p.ring(star(0.95)...) },
	'⋯': func(p *pen) { p.dot(-0.65, 0, 0.16); p.dot(0, 0, 0.16); p.dot(0.65, 0, 0.16) },
	'⋮': func(p *pen) { p.dot(0, -0.8, 0.18); p.dot(0, 0, 0.18); p.dot(0, 0.8, 0.18) },
	'→': func(p *pen) { arrow(p, 1, 0) },
	'←': func(p *pen) { arrow(p, -1, 0) },
	'↓': func(p *pen) { arrow(p, 0, 1) },
	'↑': func(p *pen) { arrow(p, 0, -1) },
	'↔': func(p *pen) { arrow(p, 1, 0); arrow(p, -1, 0) },
	'↕': func(p *pen) { arrow(p, 0, 1); arrow(p, 0, -1) },
	'⇒': func(p *pen) { thickArrow(p, 1, 0) },
	'⇐': func(p *pen) { thickArrow(p, -1, 0) },
	'⇓': func(p *pen) { thickArrow(p, 0, 1) },
	'⇑': func(p *pen) { thickArrow(p, 0, -1) },
	'⟶': func(p *pen) { p.line(-1, 0, 0.9, 0); p.line(0.3, -0.5, 0.9, 0, 0.3, 0.5) },
	'⟵': func(p *pen) { p.line(1, 0, -0.9, 0); p.line(-0.3, -0.5, -0.9, 0, -0.3, 0.5) },
	'↳': func(p *pen) { p.line(-0.7, -1, -0.7, 0.3, 0.8, 0.3); p.line(0.3, -0.2, 0.8, 0.3, 0.3, 0.8) },
	'↲': func(p *pen) { p.line(0.7, -1, 0.7, 0.3, -0.8, 0.3); p.line(-0.3, -0.2, -0.8, 0.3, -0.3, 0.8) },
	'↵': func(p *pen) { p.line(0.7, -0.9, 0.7, 0.3, -0.8, 0.3); p.line(-0.3, -0.2, -0.8, 0.3, -0.3, 0.8) },
	'⏎': func(p *pen) { p.line(0.7, -0.9, 0.7, 0.3, -0.8, 0.3); p.line(-0.3, -0.2, -0.8, 0.3, -0.3, 0.8) },
	'↺': func(p *pen) { turn(p, -1) },
	'↻': func(p *pen) { turn(p, 1) },
	'❯': func(p *pen) { p.t *= 1.3; p.line(-0.4, -0.9, 0.4, 0, -0.4, 0.9) },
	'❮': func(p *pen) { p.t *= 1.3; p.line(0.4, -0.9, -0.4, 0, 0.4, 0.9) },
}

// star is a star of five points.
func star(r float64) (xy []float64) {
	for i := range 10 {
		k := r
		if i%2 == 1 {
			k = r * 0.42
		}
		s, c := math.Sincos(math.Pi * float64(i) / 5)
		xy = append(xy, k*s, -k*c)
	}
	return xy
}

// dotted is a circle of eight dots.
func dotted(p *pen) {
	for i := range 8 {
		s, c := math.Sincos(math.Pi * float64(i) / 4)
		p.dot(0.8*s, 0.8*c, 0.14)
	}
}

// arrow is an arrow to where x, y points.
func arrow(p *pen, x, y float64) {
	p.line(-0.85*x, -0.85*y, 0.8*x, 0.8*y)
	p.line(0.3*x-0.5*y, 0.3*y+0.5*x, 0.8*x, 0.8*y, 0.3*x+0.5*y, 0.3*y-0.5*x)
}

// thickArrow is an arrow of two lines, to where x, y points.
func thickArrow(p *pen, x, y float64) {
	for _, k := range []float64{-0.25, 0.25} {
		p.line(-x-k*y, -y+k*x, 0.6*x-k*y, 0.6*y+k*x)
	}
	p.line(0.35*x-0.7*y, 0.35*y+0.7*x, 0.95*x, 0.95*y, 0.35*x+0.7*y, 0.35*y-0.7*x)
}

// turn is an open circle with an arrow's head, dir 1 clockwise.
func turn(p *pen, dir float64) {
	var xy []float64
	for i := 2; i <= 14; i++ {
		s, c := math.Sincos(2 * math.Pi * float64(i) / 16)
		xy = append(xy, dir*0.75*s, -0.75*c)
	}
	p.line(xy...)
	x, y := xy[len(xy)-2], xy[len(xy)-1]
	p.line(x-dir*0.1, y+0.55, x, y, x-dir*0.55, y+0.05)
}
