package tui

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/view"
)

// drawBytes shows the frame: bytes on the left, the fields of the header that
// the step is about on the right.
func drawBytes(g *Grid, r Rect, s *view.Scene, l *local) {
	title := "bytes"
	if s.Length > 0 {
		title = fmt.Sprintf("bytes, %d", s.Length)
	}
	in := g.Title(r, title, l.focus == PaneBytes)
	if len(s.Bytes) == 0 {
		g.Text(in.X+1, in.Y, in.W-2, "None to show: no frame of this packet is on a wire here.", StyleDim)
		return
	}
	lit := view.Header{Name: "?"}
	for _, h := range s.Headers {
		if h.Lit {
			lit = h
		}
	}
	hexW := hexTight
	switch {
	case in.W >= 130:
		hexW = hexText
	case in.W >= 100:
		hexW = hexLoose
	}
	rows := (len(s.Bytes) + 15) / 16
	fieldsAt := Rect{in.X + hexW + 1, in.Y, in.W - hexW - 2, in.H}
	if in.W < 80 { // the fields below the bytes
		h := min(max(1, in.H*2/5, in.H-1-len(values(fieldValues(lit), in.W-2))), rows)
		fieldsAt = Rect{in.X + 1, in.Y + h, in.W - 2, in.H - h}
		in.H = h
		if in.W >= hexLoose {
			hexW = hexLoose
		}
	}
	from := 0
	if last := (lit.To - 1) / 16; last >= in.H {
		from = lit.From / 16
	}
	for _, h := range s.Headers {
		for _, f := range h.Fields {
			if row := (h.From + f.From/8) / 16; f.Lit && (row < from || row >= from+in.H) {
				from = row
			}
		}
	}
	from = max(0, min(from, rows-in.H))
	if l.focus == PaneBytes {
		from = max(0, min(from+l.scroll, rows-in.H))
	}
	for y := 0; y < in.H && from+y < rows; y++ {
		drawHex(g, in.X+1, in.Y+y, s, (from+y)*16, hexW)
	}
	drawFields(g, fieldsAt, s, lit)
}

// How wide the bytes are: four together, one by one, with their text.
const (
	hexTight = 5 + 2*16 + 3 + 1
	hexLoose = 6 + 3*16 + 1
	hexText  = hexLoose + 18
)

func drawHex(g *Grid, x, y int, s *view.Scene, at, w int) {
	g.Text(x, y, 5, fmt.Sprintf("%04x", at), StyleDim)
	for i := at; i < min(at+16, len(s.Bytes)); i++ {
		n := i - at
		cx := x + 5 + 3*n + n/8
		if w == hexTight {
			cx = x + 5 + 2*n + n/4
		}
		st := headerStyle(s, i)
		g.Text(cx, y, 2, fmt.Sprintf("%02x", s.Bytes[i]), st)
		if w == hexText {
			c := rune(s.Bytes[i])
			if c < ' ' || c > '~' {
				c = '.'
			}
			g.Set(x+5+50+n, y, c, st)
		}
	}
}

// headerStyle is how byte i looks: fields that the step reads or writes stand
// out, then the header that it is about.
func headerStyle(s *view.Scene, i int) Style {
	for n, h := range s.Headers {
		if i >= h.From && i < h.To {
			for _, f := range h.Fields {
				if f.Lit && i >= h.From+f.From/8 && i < h.From+(f.To+7)/8 {
					return StyleHere
				}
			}
			switch {
			case h.Lit:
				return StyleLit
			case h.Name == "Payload" || h.Name == "Trailer":
				return StyleDim
			case n%2 == 0:
				return StyleHeader0
			}
			return StyleHeader1
		}
	}
	return StyleDim
}

// drawFields lists the headers in a line, then the fields of the lit one: first
// those that the step is about, with their bits where they are no whole bytes.
func drawFields(g *Grid, r Rect, s *view.Scene, lit view.Header) {
	if r.W < 12 {
		return
	}
	x, y := r.X, r.Y
	for n, h := range s.Headers {
		name := h.Name
		st := StyleHeader0
		if n%2 == 1 {
			st = StyleHeader1
		}
		if h.Lit {
			name, st = "["+h.Name+"]", StyleLit
		}
		if x > r.X && x+width(name) > r.X+r.W {
			x, y = r.X, y+1
		}
		x += 1 + g.Text(x, y, r.X+r.W-x, name, st)
	}
	y++
	for _, h := range s.Headers {
		for _, f := range h.Fields {
			if f.Lit && y < r.Y+r.H {
				y = drawLitField(g, Rect{r.X, y, r.W, 1}, s, h, f)
			}
		}
	}
	vs := fieldValues(lit)
	if r.Y+r.H > y {
		g.draw(Rect{r.X, y, r.W, r.Y + r.H - y}, values(vs, r.W), 0)
	}
}

// fieldValues are the fields of a header that no line of their own tells.
func fieldValues(lit view.Header) (vs []view.Value) {
	for _, f := range lit.Fields {
		if f.To-f.From == 1 && f.Value == "0" || f.Lit {
			continue // a flag that is not set
		}
		vs = append(vs, view.Value{Name: f.Name, Value: f.Value})
	}
	if len(vs) == 0 && len(lit.Fields) == 0 {
		vs = append(vs, view.Value{Name: lit.Name, Value: fmt.Sprintf("bytes %d to %d", lit.From, lit.To-1)})
	}
	if lit.Cut {
		vs = append(vs, view.Value{Name: "CUT", Value: "the capture ends inside"})
	}
	return vs
}

// drawLitField is a field that the step reads or writes, before and after, and
// its bits.
func drawLitField(g *Grid, r Rect, s *view.Scene, h view.Header, f view.Field) int {
	x := r.X
	put := func(text string, st Style) { x += g.Text(x, r.Y, r.X+r.W-x, text, st) }
	put(" "+f.Name+" ", StyleHere)
	put(" ", StylePlain)
	if f.Was != "" && f.Was != f.Value {
		put(f.Was+" → ", StyleDim)
		put(f.Value, StyleNew)
	} else {
		put(f.Value, StyleStrong)
	}
	if f.From%8 == 0 && f.To%8 == 0 || f.To-f.From > 16 {
		return r.Y + 1
	}
	put("  ", StylePlain)
	for bit := f.From / 8 * 8; bit < (f.To+7)/8*8; bit++ {
		at := h.From + bit/8
		if at >= len(s.Bytes) || x >= r.X+r.W {
			break
		}
		st := StyleDim
		if bit >= f.From && bit < f.To {
			st = StyleHere
		}
		put(string('0'+rune(s.Bytes[at]>>(7-bit%8)&1)), st)
		if bit%4 == 3 {
			put(" ", StylePlain)
		}
	}
	return r.Y + 1
}
