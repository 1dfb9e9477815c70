package shot

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// fonts are asked for in this order; columns are exact with any.
const fonts = `ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Liberation Mono', monospace`

// SVG writes a screen as an SVG file. Letters stay text; lines and signs are
// paths.
func SVG(w io.Writer, s *Screen, o Options) error {
	m, err := check(s, o)
	if err != nil {
		return err
	}
	v := &sheet{m: m, s: s, areas: layer[rgb, rect]{}, marks: layer[rgb, rect]{}, shapes: layer[rgb, poly]{}, texts: layer[writing, run]{}}
	for y := range s.H {
		v.row(y)
	}
	b := bufio.NewWriter(w)
	v.write(b, o)
	return b.Flush()
}

// A layer groups things by a key, in the order of their coming.
type layer[K comparable, V any] map[K]*group[K, V]

type group[K comparable, V any] struct {
	n    int
	key  K
	list []V
}

func (l layer[K, V]) add(k K, v ...V) {
	g := l[k]
	if g == nil {
		g = &group[K, V]{n: len(l), key: k}
		l[k] = g
	}
	g.list = append(g.list, v...)
}

func (l layer[K, V]) groups() []*group[K, V] {
	list := make([]*group[K, V], len(l))
	for _, g := range l {
		list[g.n] = g
	}
	return list
}

// writing is how text looks.
type writing struct {
	fg           rgb
	bold, italic bool
}

// A run is text in neighbouring cells.
type run struct {
	x, y, cols int // pixels; cells
	text       string
	odd        bool // one character that is not plain
}

// A sheet is an SVG picture in the making.
type sheet struct {
	m      measure
	s      *Screen
	areas  layer[rgb, rect] // backgrounds
	marks  layer[rgb, rect] // whole pixels of lines
	shapes layer[rgb, poly]
	texts  layer[writing, run]
}

// row takes a row of cells apart.
func (v *sheet) row(y int) {
	var cur run
	var how writing
	flush := func() {
		if t := strings.TrimRight(cur.text, " "); t != "" {
			cur.cols -= len(cur.text) - len(t)
			cur.text = t
			v.texts.add(how, cur)
		}
		cur = run{}
	}
	for x := range v.s.W {
		n, ok := v.s.columns(x, y)
		if !ok {
			continue
		}
		c := &v.s.Cells[y*v.s.W+x]
		fg, bg := v.s.colours(c)
		px, py, w := v.m.margin+x*v.m.w, v.m.top()+y*v.m.h, n*v.m.w
		if bg != v.s.colour(v.s.BG) {
			v.areas.add(pack(bg), rect{px, py, px + w, py + v.m.h})
		}
		if c.Underline {
			u := py + v.m.base + max(1, v.m.h/10)
			v.marks.add(pack(fg), rect{px, u, px + w, u + v.m.thin})
		}
		text := legal(c.Text)
		if r, size := utf8.DecodeRuneInString(text); size == len(text) && size > 0 {
			if k, ok := v.m.draw(r, w); ok {
				flush()
				v.drawn(&k, px, py, pack(fg), pack(blend(fg, bg, int(k.alpha), 255)))
				continue
			}
		}
		now := writing{pack(fg), c.Bold, c.Italic}
		switch {
		case text == " ":
			if strings.HasSuffix(cur.text, " ") {
				flush()
			}
			if cur.text != "" {
				cur.text += text
				cur.cols++
			}
		case n > 1 || !plain(text):
			flush()
			v.texts.add(now, run{px, py + v.m.base, n, text, true})
		default:
			if cur.text != "" && now != how {
				flush()
			}
			if cur.text == "" {
				cur, how = run{x: px, y: py + v.m.base}, now
			}
			cur.text += text
			cur.cols++
		}
	}
	flush()
}

// drawn adds our own drawing of a character.
func (v *sheet) drawn(k *ink, x, y int, fg, rects rgb) {
	for _, r := range k.rects {
		v.marks.add(rects, rect{r.x0 + x, r.y0 + y, r.x1 + x, r.y1 + y})
	}
	for _, p := range k.polys {
		q := make(poly, len(p))
		for i := range p {
			q[i] = point{p[i].x + float64(x), p[i].y + float64(y)}
		}
		v.shapes.add(fg, q)
	}
}

// plain text may stand in one run: one rune a cell, left to right.
func plain(s string) bool {
	r, size := utf8.DecodeRuneInString(s)
	return size == len(s) && (r < 0x590 && !unicode.Is(unicode.M, r) || r >= 0x2010 && r < 0x2800)
}

// legal is a cell's text without what XML forbids or what steers the direction
// of text; never empty.
func legal(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > maxRunes {
			break
		}
		switch {
		case hidden(r):
		case r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff || r == utf8.RuneError:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	if b.Len() == 0 {
		return " "
	}
	return b.String()
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// escape is any text as XML.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case hidden(r):
		case r < ' ' && r != '\n' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff:
			b.WriteByte('?')
		default:
			b.WriteRune(r)
		}
	}
	return escaper.Replace(b.String())
}

func (c rgb) String() string { return fmt.Sprintf("#%06x", uint32(c)) }

// write writes the file.
func (v *sheet) write(b *bufio.Writer, o Options) {
	m := &v.m
	fmt.Fprintf(b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" role="img">`+"\n", m.pw, m.ph)
	desc := o.Desc
	if desc == "" {
		desc = o.Title
	}
	if desc == "" {
		desc = "A terminal's screen"
	}
	fmt.Fprintf(b, "<title>%s</title>\n<desc>%s</desc>\n", escape(desc), escape(v.s.Text()))
	fmt.Fprintf(b, `<rect width="%d" height="%d" fill="%s"/>`+"\n", m.pw, m.ph, pack(v.s.BG))
	if m.bar > 0 {
		v.title(b, o.Title)
	}
	b.WriteString(`<g shape-rendering="crispEdges">` + "\n")
	for _, l := range []layer[rgb, rect]{v.areas, v.marks} {
		for _, g := range l.groups() {
			fmt.Fprintf(b, `<path fill="%s" d="`, g.key)
			for _, r := range join(g.list) {
				fmt.Fprintf(b, "M%d %dh%dv%dh%dz", r.x0, r.y0, r.x1-r.x0, r.y1-r.y0, r.x0-r.x1)
			}
			b.WriteString("\"/>\n")
		}
	}
	b.WriteString("</g>\n")
	for _, g := range v.shapes.groups() {
		fmt.Fprintf(b, `<path fill="%s" d="`, g.key)
		for _, p := range g.list {
			outline(b, p)
		}
		b.WriteString("\"/>\n")
	}
	fmt.Fprintf(b, `<g font-family="%s" font-size="%s" style="white-space:pre" xml:space="preserve">`+"\n", fonts, short(m.em))
	for _, g := range v.texts.groups() {
		fmt.Fprintf(b, `<g fill="%s"`, g.key.fg)
		if g.key.bold {
			b.WriteString(` font-weight="bold"`)
		}
		if g.key.italic {
			b.WriteString(` font-style="italic"`)
		}
		b.WriteString(">\n")
		for _, r := range g.list {
			v.text(b, r)
		}
		b.WriteString("</g>\n")
	}
	b.WriteString("</g>\n</svg>\n")
}

// text writes a run; it takes exactly its columns, whatever the font.
func (v *sheet) text(b *bufio.Writer, r run) {
	fmt.Fprintf(b, `<text x="%d" y="%d"`, r.x, r.y)
	switch {
	case r.odd:
		fmt.Fprintf(b, ` textLength="%d" lengthAdjust="spacingAndGlyphs"`, r.cols*v.m.w)
	case r.cols > 1:
		fmt.Fprintf(b, ` textLength="%d"`, r.cols*v.m.w)
	}
	fmt.Fprintf(b, ">%s</text>\n", escaper.Replace(r.text))
}

func (v *sheet) title(b *bufio.Writer, title string) {
	m, p := &v.m, v.s.barColours()
	fmt.Fprintf(b, `<rect width="%d" height="%d" fill="%s"/>`+"\n", m.pw, m.bar, pack(p.bg))
	at, r := m.dots()
	for i, c := range at {
		fmt.Fprintf(b, `<circle cx="%s" cy="%s" r="%s" fill="%s"/>`+"\n", short(c.x), short(c.y), short(r), pack(lights[i]))
	}
	cells, _ := m.titleCells(title)
	fmt.Fprintf(b, `<text x="%d" y="%d" text-anchor="middle" font-family="%s" font-size="%s" fill="%s">%s</text>`+"\n",
		m.pw/2, (m.bar-m.h)/2+m.base, fonts, short(m.em), pack(p.fg), escape(strings.Join(cells, "")))
}

// outline writes a closed path, from its second point on as differences.
func outline(b *bufio.Writer, p poly) {
	for i, q := range p {
		switch i {
		case 0:
			fmt.Fprintf(b, "M%s %s", short(q.x), short(q.y))
		default:
			fmt.Fprintf(b, "L%s %s", short(q.x), short(q.y))
		}
	}
	if len(p) > 0 {
		b.WriteByte('z')
	}
}

// short is a number with as many digits as can be seen.
func short(f float64) string {
	s := strconv.FormatFloat(f, 'f', 2, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// join makes fewer rectangles of those that touch, first along rows, then
// along columns.
func join(list []rect) []rect {
	list = slices.Clone(list)
	slices.SortFunc(list, func(a, b rect) int {
		return cmp.Or(cmp.Compare(a.y0, b.y0), cmp.Compare(a.y1, b.y1), cmp.Compare(a.x0, b.x0))
	})
	n := 0
	for _, r := range list {
		if n > 0 && list[n-1].y0 == r.y0 && list[n-1].y1 == r.y1 && list[n-1].x1 >= r.x0 {
			list[n-1].x1 = max(list[n-1].x1, r.x1)
			continue
		}
		list[n] = r
		n++
	}
	list = list[:n]
	slices.SortFunc(list, func(a, b rect) int {
		return cmp.Or(cmp.Compare(a.x0, b.x0), cmp.Compare(a.x1, b.x1), cmp.Compare(a.y0, b.y0))
	})
	n = 0
	for _, r := range list {
		if n > 0 && list[n-1].x0 == r.x0 && list[n-1].x1 == r.x1 && list[n-1].y1 >= r.y0 {
			list[n-1].y1 = max(list[n-1].y1, r.y1)
			continue
		}
		list[n] = r
		n++
	}
	return list[:n]
}
