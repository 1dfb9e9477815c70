package shot

import (
	"image"
	"image/color"
	"image/png"
	"io"
)

// PNG writes a screen as a PNG file.
func PNG(w io.Writer, s *Screen, o Options) error {
	m, err := check(s, o)
	if err != nil {
		return err
	}
	v := newCanvas(newDrawer(m), levels)
	v.paint(s, o)
	e := png.Encoder{CompressionLevel: png.BestCompression}
	return e.Encode(w, v.image())
}

// image is the picture, with a palette if its colours fit into one.
func (v *canvas) image() image.Image {
	r := image.Rect(0, 0, v.m.pw, v.m.ph)
	p := &image.Paletted{Pix: make([]uint8, len(v.pix)), Stride: v.m.pw, Rect: r}
	index := map[rgb]uint8{}
	last, at := rgb(1<<32-1), uint8(0)
	for i, c := range v.pix {
		if c != last {
			n, ok := index[c]
			if !ok {
				if len(index) == 256 {
					return v.full()
				}
				n = uint8(len(index))
				index[c] = n
				p.Palette = append(p.Palette, color.Color(c.rgba()))
			}
			last, at = c, n
		}
		p.Pix[i] = at
	}
	return p
}

// full is the picture with all its colours.
func (v *canvas) full() image.Image {
	p := image.NewNRGBA(image.Rect(0, 0, v.m.pw, v.m.ph))
	for i, c := range v.pix {
		p.Pix[4*i], p.Pix[4*i+1], p.Pix[4*i+2], p.Pix[4*i+3] = uint8(c>>16), uint8(c>>8), uint8(c), 0xff
	}
	return p
}
