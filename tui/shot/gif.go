package shot

import (
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"io"
	"slices"
	"time"
)

// maxColours is how many colours a film has; one more place is for what stays
// as it was.
const maxColours = 255

// filmLevels is like levels: files get a quarter smaller by so few.
const filmLevels = 6

// GIF writes a film that begins again at its end. Each frame holds only what
// has changed; all have the same colours. If they are too many, letters get
// fewer shades, then colours become the nearest ones.
func GIF(w io.Writer, frames []Frame, o Options) error {
	if len(frames) == 0 {
		return fmt.Errorf("a film needs a frame")
	}
	m, err := check(frames[0].Screen, o)
	if err != nil {
		return err
	}
	for i, f := range frames {
		if s := f.Screen; s == nil || s.W != frames[0].Screen.W || s.H != frames[0].Screen.H || len(s.Cells) != s.W*s.H {
			return fmt.Errorf("frame %d of the film has another size", i+1)
		}
	}
	d := newDrawer(m)
	n, list := d.colours(frames, o)
	f := &film{canvas: newCanvas(d, n), list: list, index: map[rgb]uint8{}, fresh: make([]bool, m.pw*m.ph)}
	for i, c := range list {
		f.index[c] = uint8(i)
	}
	f.out.Config = image.Config{Width: m.pw, Height: m.ph, ColorModel: f.palette()}
	for i := range frames {
		f.add(frames, i, o)
	}
	return gif.EncodeAll(w, &f.out)
}

// A film is a GIF in the making.
type film struct {
	*canvas
	list  []rgb
	index map[rgb]uint8
	fresh []bool // pixels of cells that changed
	out   gif.GIF
	spent time.Duration // shown so far, and said in the file
	said  int           // in hundredths of a second
}

// colours finds with how many levels a film's colours fit into a palette, and
// lists them.
func (d *drawer) colours(frames []Frame, o Options) (n int, list []rgb) {
	seen := map[pair]*[256 / 64]uint64{}
	note := func(p pair, m *mask) {
		b := seen[p]
		if b == nil {
			b = &[256 / 64]uint64{1} // the background
			seen[p] = b
		}
		for i := range b {
			b[i] |= m.seen[i]
		}
	}
	for _, f := range frames {
		d.noteFrame(f.Screen, o, note)
	}
	for _, k := range []int{filmLevels, 5, 4, 3, 2} {
		n, list = k, list[:0]
		have := map[rgb]bool{}
		for p, b := range seen {
			for a := range 256 {
				if b[a/64]>>(a%64)&1 != 0 {
					have[pack(blend(p.fg, p.bg, level(uint8(a), n), n-1))] = true
				}
			}
		}
		for c := range have {
			list = append(list, c)
		}
		if len(list) <= maxColours {
			break
		}
	}
	slices.Sort(list)
	return n, list[:min(len(list), maxColours)]
}

// noteFrame tells which characters are drawn in which colours.
func (d *drawer) noteFrame(s *Screen, o Options, note func(pair, *mask)) {
	bg := s.BG
	bg.A = 0xff
	note(pair{bg, bg}, &mask{})
	if d.m.bar > 0 {
		all := &mask{}
		for i := range all.seen {
			all.seen[i] = 1<<64 - 1
		}
		p := s.barColours()
		note(p, all)
		for _, c := range lights {
			note(pair{c, p.bg}, all)
		}
	}
	for y := range s.H {
		for x := range s.W {
			if n, ok := s.columns(x, y); ok {
				c := &s.Cells[y*s.W+x]
				fg, bg := s.colours(c)
				note(pair{fg, bg}, d.mask(lookOf(c, n)))
			}
		}
	}
}

// palette is the colours and a transparent one.
func (f *film) palette() color.Palette {
	p := make(color.Palette, 0, len(f.list)+1)
	for _, c := range f.list {
		p = append(p, c.rgba())
	}
	return append(p, color.RGBA{})
}

// place is a colour's place in the palette, or that of the nearest one.
func (f *film) place(c rgb) uint8 {
	if i, ok := f.index[c]; ok {
		return i
	}
	best, at := 1<<30, 0
	for i, k := range f.list {
		sq := func(sh uint) int { d := int(c>>sh&255) - int(k>>sh&255); return d * d }
		if d := sq(16) + sq(8) + sq(0); d < best {
			best, at = d, i
		}
	}
	f.index[c] = uint8(at)
	return uint8(at)
}

// add draws a frame and takes what it changes.
func (f *film) add(frames []Frame, i int, o Options) {
	s, r := frames[i].Screen, image.Rect(0, 0, f.m.pw, f.m.ph)
	if i == 0 {
		f.paint(s, o)
	} else {
		r = f.change(frames[i-1].Screen, s, o)
	}
	f.spent += frames[i].Delay
	if r.Empty() {
		f.delay()
		return
	}
	p := image.NewPaletted(r, f.out.Config.ColorModel.(color.Palette))
	same, at := uint8(len(f.list)), 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			k := y*f.m.pw + x
			if i > 0 && !f.fresh[k] {
				p.Pix[at] = same
			} else {
				p.Pix[at] = f.place(f.pix[k])
			}
			at++
		}
	}
	f.out.Image = append(f.out.Image, p)
	f.out.Disposal = append(f.out.Disposal, gif.DisposalNone)
	f.out.Delay = append(f.out.Delay, 0)
	f.delay()
}

// delay gives the last frame the time that is not yet said. Viewers take less
// than two hundredths for a mistake.
func (f *film) delay() {
	last := &f.out.Delay[len(f.out.Delay)-1]
	more := max(int(f.spent/(10*time.Millisecond))-f.said, 2-*last, 0)
	more = min(more, 1<<16-1-*last)
	*last += more
	f.said += more
}

// change draws the cells that differ and returns where they are.
func (f *film) change(old, s *Screen, o Options) (r image.Rectangle) {
	clear(f.fresh)
	if old.FG != s.FG || old.BG != s.BG {
		f.paint(s, o)
		return f.renew(rect{0, 0, f.m.pw, f.m.ph})
	}
	for y := range s.H {
		for x := range s.W {
			was, wasOK := old.columns(x, y)
			n, ok := s.columns(x, y)
			if !ok || wasOK && was == n && old.Cells[y*s.W+x] == s.Cells[y*s.W+x] {
				continue
			}
			f.cell(s, x, y)
			px, py := f.m.margin+x*f.m.w, f.m.top()+y*f.m.h
			r = r.Union(f.renew(rect{px, py, px + n*f.m.w, py + f.m.h}))
		}
	}
	return r
}

// renew notes that pixels have changed. All pixels of a cell are written again:
// whole letters repeat, and make smaller files than what differs of them.
func (f *film) renew(r rect) image.Rectangle {
	for y := r.y0; y < r.y1; y++ {
		row := f.fresh[y*f.m.pw : (y+1)*f.m.pw]
		for x := r.x0; x < r.x1; x++ {
			row[x] = true
		}
	}
	return image.Rect(r.x0, r.y0, r.x1, r.y1)
}
