package tui

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	xansi "github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// scribble changes some of a screen.
func scribble(g *Grid, rng *rand.Rand, signs []rune) {
	for range rng.IntN(12) {
		y, x, st := rng.IntN(g.H), rng.IntN(g.W), Style(rng.IntN(int(numStyles)))
		switch n := 1 + rng.IntN(g.W); rng.IntN(4) {
		case 0:
			for i := range n {
				g.Set(x+i, y, ' ', StylePlain)
			}
		case 1:
			g.Fill(Rect{x, y, n, 1 + rng.IntN(3)}, st)
		default:
			for i := range n {
				g.Set(x+i, y, signs[rng.IntN(len(signs))], st)
			}
		}
	}
}

// shows compares what two terminals show, cell by cell.
func shows(t *testing.T, when string, got, want *vt.Emulator, w, h int) {
	t.Helper()
	for y := range h {
		for x := range w {
			a, b := got.CellAt(x, y), want.CellAt(x, y)
			if a.Content != b.Content || !a.Style.Equal(&b.Style) {
				t.Fatalf("%s: cell %d,%d is %q %v, not %q %v\n%s\n%s", when, x, y, a.Content, a.Style, b.Content, b.Style, got.String(), want.String())
			}
		}
	}
}

// TestPainter lets the painter follow a screen that changes at random, in a
// terminal, beside one that gets every screen whole.
func TestPainter(t *testing.T) {
	for name, signs := range map[string]string{"narrow": "abc  ─│═┼…→•é", "wide": "ab  漢─"} {
		for _, atOnce := range []bool{false, true} {
			rng := rand.New(rand.NewPCG(1, 2))
			g, w, h := &Grid{}, 60, 12
			p := painterOn(&output{})
			p.atOnce = atOnce
			term := vt.NewEmulator(w, h)
			g.Reset(w, h)
			theme := darkTheme
			for n := range 300 {
				when, anew := fmt.Sprintf("%s, frame %d", name, n), n == 0
				switch rng.IntN(40) {
				case 0: // somebody else wipes the terminal
					term.Write([]byte("\x1b[2J\x1b[Hx")) //nolint:errcheck // it takes everything
					anew = true
				case 1:
					w, h = 40+rng.IntN(40), 5+rng.IntN(10)
					term.Resize(w, h)
					g.Reset(w, h)
				case 2:
					theme = []*Theme{darkTheme, lightTheme, plainTheme, dark16Theme}[rng.IntN(4)]
				}
				if name == "wide" { // a row that is too long is cut by the painter only
					scribble(&Grid{W: w / 2, H: h, cells: g.cells[:w/2*h], clip: Rect{0, 0, w / 2, h}}, rng, []rune(" "))
					for y := range h {
						for x := range w / 2 {
							if rng.IntN(20) == 0 {
								g.Set(x, y, []rune(signs)[rng.IntN(len([]rune(signs)))], Style(rng.IntN(int(numStyles))))
							}
						}
					}
					g.Fill(Rect{w / 2, 0, w, h}, StylePlain)
					for y := range h {
						for x := w / 2; x < w; x++ {
							g.Set(x, y, ' ', StylePlain)
						}
					}
				} else {
					scribble(g, rng, []rune(signs))
				}
				p.show(g, theme)
				p.want = p.next
				term.Write(p.update(anew)) //nolint:errcheck // it takes everything
				if b := p.update(false); len(b) > 0 {
					t.Fatalf("%s: nothing is new, and %q is written", when, b)
				}
				whole := vt.NewEmulator(w, h)
				whole.Write([]byte(strings.ReplaceAll(g.String(theme), "\n", "\r\n"))) //nolint:errcheck // it takes everything
				shows(t, when, term, whole, w, h)
				whole.Close()
			}
			term.Close()
		}
	}
}

// TestPainterWaits checks that nothing is painted but on the alternate screen,
// and that everything is painted anew when it has been wiped.
func TestPainterWaits(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	told := 0
	o := &output{File: w, wiped: func() { told++ }}
	paint := func() (called, anew bool) {
		o.paint(func(a bool) []byte { called, anew = true, a; return nil })
		return called, anew
	}
	for _, s := range []struct {
		write        string
		paints, anew bool
	}{
		{"", false, false},
		{"query", false, false},
		{"a" + xansi.SetModeAltScreenSaveCursor + "b", true, true},
		{"title", true, false},
		{xansi.EraseEntireScreen, true, true},
		{"", true, false},
		{xansi.ResetModeAltScreenSaveCursor, false, false},
		{xansi.SetModeAltScreenSaveCursor + "x" + xansi.ResetModeAltScreenSaveCursor, false, false},
		{xansi.SetModeAltScreenSaveCursor, true, true},
	} {
		o.Write([]byte(s.write)) //nolint:errcheck // a pipe with room
		if called, anew := paint(); called != s.paints || anew != s.anew {
			t.Errorf("after %q: painted %v, anew %v", s.write, called, anew)
		}
	}
	if told != 4 {
		t.Errorf("told %d times that the screen was wiped", told)
	}
}

// TestFewColours checks that themes are shown with what the terminal has.
func TestFewColours(t *testing.T) {
	for _, c := range []struct {
		profile colorprofile.Profile
		want    string
	}{{colorprofile.TrueColor, darkTheme[StyleHere]}, {colorprofile.ANSI256, darkTheme[StyleHere]}, {colorprofile.NoTTY, ""}} {
		if got := darkTheme.in(c.profile); got[StyleHere] != c.want || got[StylePlain] != "" {
			t.Errorf("%v: %q", c.profile, got)
		}
	}
	if got := darkTheme.in(colorprofile.ANSI)[StyleHere]; strings.Contains(got, "38;5") || !strings.HasPrefix(got, "\x1b[") {
		t.Errorf("16 colours: %q", got)
	}
}
