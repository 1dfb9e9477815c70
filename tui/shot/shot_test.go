package shot

import (
	"bytes"
	"encoding/xml"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var (
	grey  = color.RGBA{0xd0, 0xd0, 0xd0, 0xff}
	black = color.RGBA{0x12, 0x12, 0x12, 0xff}
	gold  = color.RGBA{0xff, 0xd7, 0x87, 0xff}
)

// put writes text into a screen, a rune a cell.
func put(s *Screen, x, y int, text string, like Cell) {
	for _, r := range text {
		if x >= s.W || y >= s.H {
			return
		}
		like.Text = string(r)
		s.Cells[y*s.W+x] = like
		x++
	}
}

func screenOf(w, h int, rows ...string) *Screen {
	s := NewScreen(w, h, grey, black)
	for y, r := range rows {
		put(s, 0, y, r, Cell{})
	}
	return s
}

func canvasOf(t *testing.T, s *Screen, o Options, n int) *canvas {
	t.Helper()
	m, err := check(s, o)
	if err != nil {
		t.Fatal(err)
	}
	v := newCanvas(newDrawer(m), n)
	v.paint(s, o)
	return v
}

// TestLinesReachTheEdge looks at every box-drawing character in every size
// that has room for double ones: an arm is there at its edge, with the weight it is to have, in the same place as
// the neighbour's; where there is no arm the edge is empty.
func TestLinesReachTheEdge(t *testing.T) {
	for size := 12; size <= 64; size++ {
		m, err := Options{Size: size}.measure(1, 1)
		if err != nil {
			t.Fatal(err)
		}
		d := newDrawer(m)
		edges := map[[2]int]string{} // axis and weight: the pixels of the edge
		for r := rune(0x2500); r < 0x2571 || r >= 0x2574 && r < 0x2580; r++ {
			if dashes(r) > 0 {
				continue
			}
			px := d.mask(look{text: string(r), cols: 1})
			for e, weight := range armsOf(r) {
				var b strings.Builder
				n := m.h
				if e == up || e == down {
					n = m.w
				}
				for i := range n {
					x, y := 0, i
					switch e {
					case up:
						x, y = i, 0
					case right:
						x = m.w - 1
					case down:
						x, y = i, m.h-1
					}
					b.WriteByte(" #"[px.a[y*m.w+x]/128])
				}
				line := b.String()
				key := [2]int{e & 1, weight}
				switch was, ok := edges[key]; {
				case !ok:
					edges[key] = line
				case was != line:
					t.Errorf("size %d %U %c edge %d:\n%q, others have\n%q", size, r, r, e, line, was)
				}
			}
		}
		for axis := range 2 {
			if strings.TrimSpace(edges[[2]int{axis, none}]) != "" {
				t.Errorf("size %d: something at an edge without a line", size)
			}
			count := func(w int) int { return strings.Count(edges[[2]int{axis, w}], "#") }
			if count(light) < 1 || count(heavy) <= count(light) {
				t.Errorf("size %d: light %d pixels, heavy %d", size, count(light), count(heavy))
			}
			if len(strings.Fields(edges[[2]int{axis, double}])) != 2 {
				t.Errorf("size %d: double is %q", size, edges[[2]int{axis, double}])
			}
		}
	}
}

// pieces counts the parts of ink that do not touch; slanted ones may touch at
// their corners.
func pieces(px []uint8, w int, slanted bool) (n int) {
	seen := make([]bool, len(px))
	for i := range px {
		if px[i] < 100 || seen[i] {
			continue
		}
		n++
		todo := []int{i}
		seen[i] = true
		for len(todo) > 0 {
			k := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			for d := range 9 {
				x, y := k%w+d%3-1, k/w+d/3-1
				if slanted || d%2 == 1 {
					if j := y*w + x; x >= 0 && x < w && y >= 0 && j < len(px) && !seen[j] && px[j] >= 100 {
						seen[j] = true
						todo = append(todo, j)
					}
				}
			}
		}
	}
	return n
}

// TestLinesMeet: light and heavy lines of one character hang together; doubles
// are as many pieces as they have strands.
func TestLinesMeet(t *testing.T) {
	want := map[rune]int{'═': 2, '║': 2, '╔': 2, '╗': 2, '╚': 2, '╝': 2, '╬': 4, '╠': 3, '╣': 3, '╦': 3, '╩': 3, '╪': 1, '╫': 1, '╞': 1, '╡': 1, '╥': 1, '╨': 1,
		'╒': 1, '╕': 1, '╘': 1, '╛': 1, '╓': 1, '╖': 1, '╙': 1, '╜': 1, '╤': 2, '╧': 2, '╢': 2, '╟': 2}
	for _, size := range []int{8, 10, 14, 16, 20, 24, 32, 48} {
		m, _ := Options{Size: size}.measure(1, 1)
		d := newDrawer(m)
		for r := rune(0x2500); r < 0x2580; r++ {
			n, a := want[r], armsOf(r)
			if n == 0 {
				n = 1
				if dashes(r) > 0 || a[left] == double || a[up] == double || a[right] == double || a[down] == double || r >= 0x256d && r <= 0x2573 && size < 14 {
					continue
				}
			}
			if got := pieces(d.mask(look{text: string(r), cols: 1}).a, m.w, r >= 0x256d && r <= 0x2573); got != n {
				t.Errorf("size %d: %c is in %d pieces, want %d", size, r, got, n)
			}
		}
	}
}

func TestBoxIsClosed(t *testing.T) {
	for _, box := range [][3]string{{"┌──┐", "│  │", "└──┘"}, {"╭──╮", "│  │", "╰──╯"}, {"┏━━┓", "┃  ┃", "┗━━┛"}} {
		v := canvasOf(t, screenOf(6, 5, "", " "+box[0], " "+box[1], " "+box[2]), Options{}, levels)
		bg := pack(black)
		px := make([]uint8, len(v.pix))
		ink := make([]uint8, len(v.pix))
		for i, c := range v.pix {
			if c == bg {
				px[i] = 255
			} else {
				ink[i] = 255
			}
		}
		if in, lines := pieces(px, v.m.pw, false), pieces(ink, v.m.pw, true); in != 2 || lines != 1 {
			t.Errorf("%s: the background is in %d pieces, want inside and outside; the line in %d", box[0], in, lines)
		}
	}
}

func TestEverySignDrawn(t *testing.T) {
	m, _ := Options{}.measure(1, 1)
	d := newDrawer(m)
	seen := map[string]rune{}
	one := func(r rune) {
		a := d.mask(look{text: string(r), cols: 1}).a
		sum := 0
		for _, v := range a {
			sum += int(v)
		}
		if sum == 0 && r != 0x2800 {
			t.Errorf("%U %c is blank", r, r)
		}
		if other, ok := seen[string(a)]; ok && r >= 0x2580 {
			t.Errorf("%c looks like %c", r, other)
		}
		seen[string(a)] = r
	}
	for r := rune(0x2500); r < 0x25a0; r++ {
		one(r)
	}
	for r := rune(0x2800); r < 0x2900; r++ {
		one(r)
	}
	for _, r := range "▲▼◀▶◆●○◉✓✗⚠·…←→↑↓⇒⋯" {
		one(r)
	}
}

func TestLettersDiffer(t *testing.T) {
	m, _ := Options{}.measure(1, 1)
	d := newDrawer(m)
	seen := map[string]string{}
	for c := '!'; c <= '~'; c++ {
		for _, k := range []look{{text: string(c), cols: 1}, {text: string(c), cols: 1, bold: true}} {
			a := string(d.mask(k).a)
			if other, ok := seen[a]; ok || a == "" {
				t.Errorf("%+v looks like %q", k, other)
			}
			seen[a] = k.text
		}
	}
	if d.mask(look{text: " ", cols: 1}).a != nil {
		t.Error("a blank is not blank")
	}
}

// TestAttributes: what a cell says can be seen.
func TestAttributes(t *testing.T) {
	base := canvasOf(t, screenOf(3, 1, "M"), Options{}, levels)
	for name, c := range map[string]Cell{
		"bold": {Bold: true}, "dim": {Dim: true}, "italic": {Italic: true}, "underline": {Underline: true}, "reverse": {Reverse: true},
		"fg": {FG: gold}, "bg": {BG: gold},
	} {
		s := NewScreen(3, 1, grey, black)
		put(s, 0, 0, "M", c)
		v := canvasOf(t, s, Options{}, levels)
		if equal(v.pix, base.pix) {
			t.Errorf("%s cannot be seen", name)
		}
		if name == "reverse" && v.pix[0] != pack(grey) {
			t.Errorf("reverse: the background is %s", v.pix[0])
		}
	}
}

func equal(a, b []rgb) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return len(a) == len(b)
}

func sample() *Screen {
	s := screenOf(40, 8, "ip_rcv_core <a&b> \"q\"", "┌─ box ─┐ ▲▼◀▶●", "│ a  b  │ ⣿⡇▁▂▃", "└───────┘ ░▒▓█╔═╗", "", "two  blanks   here")
	put(s, 0, 4, "gold on grey", Cell{FG: gold, BG: color.RGBA{0x30, 0x30, 0x30, 0xff}, Bold: true})
	put(s, 20, 4, "under", Cell{Underline: true})
	s.Cells[6*40] = Cell{Text: "漢", Wide: true}
	s.Cells[6*40+2] = Cell{Text: "e\u0301"}
	s.Cells[6*40+3] = Cell{Text: "ש"}
	s.Cells[6*40+4] = Cell{Text: "👩\u200d🚀", Wide: true}
	s.Cells[7*40+39] = Cell{Text: "漢", Wide: true}
	return s
}

func TestPNG(t *testing.T) {
	var a, b bytes.Buffer
	o := Options{Margin: 5, Title: "a title", Scale: 2}
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := PNG(w, sample(), o); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("not the same bytes twice")
	}
	p, err := png.Decode(&a)
	if err != nil {
		t.Fatal(err)
	}
	v := canvasOf(t, sample(), o, levels)
	if p.Bounds() != image.Rect(0, 0, v.m.pw, v.m.ph) {
		t.Fatal(p.Bounds())
	}
	for i, c := range v.pix {
		r, g, b, _ := p.At(i%v.m.pw, i/v.m.pw).RGBA()
		if rgb(r>>8<<16|g>>8<<8|b>>8) != c {
			t.Fatalf("pixel %d differs", i)
		}
	}
}

// TestManyColours: more than a palette holds.
func TestManyColours(t *testing.T) {
	s := NewScreen(60, 20, grey, black)
	for i := range s.Cells {
		s.Cells[i] = Cell{Text: "x", FG: color.RGBA{uint8(i), uint8(i / 3), uint8(255 - i/5), 255}, BG: color.RGBA{uint8(i / 7), uint8(i), 9, 255}}
	}
	var b bytes.Buffer
	if err := PNG(&b, s, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(&b); err != nil {
		t.Fatal(err)
	}
	b.Reset()
	if err := GIF(&b, []Frame{{s, time.Second}}, Options{}); err != nil {
		t.Fatal(err)
	}
	if _, err := gif.DecodeAll(&b); err != nil {
		t.Fatal(err)
	}
}

// parsed is an SVG's elements and texts.
func parsed(t testing.TB, b []byte) (names map[string]int, texts []string) {
	t.Helper()
	names = map[string]int{}
	d := xml.NewDecoder(bytes.NewReader(b))
	in := ""
	for {
		k, err := d.Token()
		if err == io.EOF {
			return names, texts
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, b)
		}
		switch k := k.(type) {
		case xml.StartElement:
			in = k.Name.Local
			names[in]++
		case xml.EndElement:
			in = ""
		case xml.CharData:
			if in == "text" {
				texts = append(texts, string(k))
			}
		}
	}
}

func TestSVG(t *testing.T) {
	var a, b bytes.Buffer
	o := Options{Title: `t<i>&"`, Desc: "what it is"}
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := SVG(w, sample(), o); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("not the same bytes twice")
	}
	names, texts := parsed(t, a.Bytes())
	all := strings.Join(texts, "\n")
	for _, want := range []string{`ip_rcv_core <a&b> "q"`, "box", "gold on grey", "two", "blanks", "here", "漢", "e\u0301", "ש", "under", `t<i>&"`} {
		if !strings.Contains("\n"+all+"\n", "\n"+want+"\n") {
			t.Errorf("no text %q in %q", want, texts)
		}
	}
	if names["title"] != 1 || names["desc"] != 1 || names["circle"] != 3 || names["path"] < 3 || names["script"]+names["image"] > 0 {
		t.Errorf("elements %v", names)
	}
	if strings.Contains(a.String(), "─") && strings.Contains(all, "─") {
		t.Error("a line is text")
	}
}

// composed plays a GIF and returns the picture after each frame.
func composed(t *testing.T, b []byte) (pics [][]rgb, g *gif.GIF) {
	t.Helper()
	g, err := gif.DecodeAll(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	now := make([]rgb, g.Config.Width*g.Config.Height)
	for i, m := range g.Image {
		if g.Disposal[i] != gif.DisposalNone {
			t.Fatal("disposal", g.Disposal[i])
		}
		for y := m.Rect.Min.Y; y < m.Rect.Max.Y; y++ {
			for x := m.Rect.Min.X; x < m.Rect.Max.X; x++ {
				if c := m.At(x, y).(color.RGBA); c.A != 0 {
					now[y*g.Config.Width+x] = pack(c)
				}
			}
		}
		pics = append(pics, append([]rgb(nil), now...))
	}
	return pics, g
}

func TestGIF(t *testing.T) {
	o := Options{Title: "film", Margin: 3}
	second, third := sample(), sample()
	put(second, 5, 5, "漢字 other words", Cell{FG: gold})
	second.Cells[6*40] = Cell{Text: "n"} // was wide
	second.Cells[6*40+1] = Cell{Text: "o"}
	put(third, 0, 7, "●", Cell{Reverse: true})
	third.Cells[2] = Cell{Text: "字", Wide: true} // was narrow
	third.Cells[3] = Cell{}
	frames := []Frame{{sample(), time.Second}, {second, 25 * time.Millisecond}, {second, 25 * time.Millisecond}, {third, 35 * time.Millisecond}, {sample(), 0}}
	var a, b bytes.Buffer
	for _, w := range []*bytes.Buffer{&a, &b} {
		if err := GIF(w, frames, o); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("not the same bytes twice")
	}
	pics, g := composed(t, a.Bytes())
	if len(pics) != 4 || g.LoopCount != 0 {
		t.Fatalf("%d pictures, loop %d", len(pics), g.LoopCount)
	}
	if d := g.Delay; d[0] != 100 || d[1] != 5 || d[2] != 3 || d[3] != 2 {
		t.Errorf("delays %v", d)
	}
	for i, s := range []*Screen{sample(), second, third, sample()} {
		// The same pixels as a picture with as many levels …
		if want := canvasOf(t, s, o, filmLevels); !equal(pics[i], want.pix) {
			t.Errorf("frame %d differs from the screen", i)
		}
		// … and nearly those of the PNG.
		want := canvasOf(t, s, o, levels)
		for k, c := range pics[i] {
			for _, sh := range []int{0, 8, 16} {
				if d := int(c>>sh&255) - int(want.pix[k]>>sh&255); d > 40 || d < -40 {
					t.Fatalf("frame %d pixel %d: %s, in the PNG %s", i, k, c, want.pix[k])
				}
			}
		}
	}
	if r := g.Image[1].Rect; r == g.Image[0].Rect {
		t.Error("the second frame holds the whole picture")
	}
}

func TestRefused(t *testing.T) {
	ok := screenOf(4, 2, "x")
	for name, f := range map[string]func(w io.Writer) error{
		"no screen":   func(w io.Writer) error { return PNG(w, nil, Options{}) },
		"no cells":    func(w io.Writer) error { return PNG(w, &Screen{W: 3, H: 3}, Options{}) },
		"negative":    func(w io.Writer) error { return SVG(w, &Screen{W: -1, H: -1, Cells: make([]Cell, 1)}, Options{}) },
		"tiny font":   func(w io.Writer) error { return PNG(w, ok, Options{Size: 5}) },
		"huge scale":  func(w io.Writer) error { return PNG(w, ok, Options{Scale: 5}) },
		"margin":      func(w io.Writer) error { return PNG(w, ok, Options{Margin: -1}) },
		"many pixels": func(w io.Writer) error { return PNG(w, NewScreen(5000, 2000, grey, black), Options{}) },
		"no frame":    func(w io.Writer) error { return GIF(w, nil, Options{}) },
		"other size":  func(w io.Writer) error { return GIF(w, []Frame{{ok, 1}, {screenOf(3, 2), 1}}, Options{}) },
	} {
		var b bytes.Buffer
		if err := f(&b); err == nil || b.Len() > 0 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, %d bytes", name, err, b.Len())
		}
	}
}

// FuzzHostile puts any text into cells: pictures are made, and the SVG is
// well-formed and says nothing that steers.
func FuzzHostile(f *testing.F) {
	for _, s := range []string{"", "\x1b[31mred\x1b]0;t\x07", "<script>&\"'</text>", "e\u0301\u0301\u0301", "\u202eevil\u202c", "漢字👩\u200d🚀", "\xff\xfe\x00", "\ufffe\uffff]]>", "ﷺ\u0bb9\u0bbf"} {
		f.Add(s, true, uint8(1))
	}
	f.Fuzz(func(t *testing.T, text string, wide bool, step uint8) {
		s := NewScreen(12, 3, grey, black)
		n, i := int(step%4)+1, 0
		for len(text) > 0 && i < len(s.Cells) {
			k := 0
			for range n {
				_, size := utf8.DecodeRuneInString(text[k:])
				k += size
			}
			s.Cells[i] = Cell{Text: text[:k], Wide: wide && i%3 == 0, Reverse: i%5 == 0, Dim: i%7 == 0, Underline: i%4 == 0, Italic: i%6 == 0, Bold: i%2 == 0}
			text = text[k:]
			i++
		}
		o := Options{Size: 6 + int(step)%20, Title: text, Desc: text}
		var b bytes.Buffer
		if err := SVG(&b, s, o); err != nil {
			t.Fatal(err)
		}
		if !utf8.Valid(b.Bytes()) {
			t.Fatalf("not UTF-8: %q", b.String())
		}
		for _, r := range b.String() {
			if r != '\n' && (r < ' ' || hidden(r)) {
				t.Fatalf("%U in %q", r, b.String())
			}
		}
		names, _ := parsed(t, b.Bytes())
		for k := range names {
			if !strings.Contains(" svg title desc rect g path text circle ", " "+k+" ") {
				t.Fatalf("element %s", k)
			}
		}
		if err := PNG(io.Discard, s, o); err != nil {
			t.Fatal(err)
		}
		if err := GIF(io.Discard, []Frame{{s, 0}, {NewScreen(12, 3, grey, black), 0}}, o); err != nil {
			t.Fatal(err)
		}
	})
}
