package tui

import (
	"fmt"
	"image/color"
	"io"
	"reflect"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/tui/shot"
)

// shotOf is a session of a capture that comes with the program.
func shotOf(t testing.TB, name string) *view.Session {
	t.Helper()
	e, _ := pcaps.Lookup(name)
	src, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { src.Close() })
	k, err := walk.Open(src, stack.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return view.NewSession(k, name)
}

func TestParsePlaceAndSize(t *testing.T) {
	for s, want := range map[string]Place{"3": {Packet: 3, Step: 1}, "3.14": {Packet: 3, Step: 14}, "drop": {Drop: true}} {
		if p, err := ParsePlace(s); err != nil || p != want {
			t.Errorf("%q: %+v, %v", s, p, err)
		}
	}
	for _, s := range []string{"", "0", "-1", "3.", "3.0", ".5", "3.1.2", "x", "99999999999999999999", "3 "} {
		if p, err := ParsePlace(s); err == nil {
			t.Errorf("%q: %+v", s, p)
		}
	}
	if w, h, err := ParseSize("120x40"); w != 120 || h != 40 || err != nil {
		t.Error(w, h, err)
	}
	for _, s := range []string{"", "120", "x", "19x40", "120x4", "501x40", "120x201", "-80x24", "80x24x1"} {
		if w, h, err := ParseSize(s); err == nil {
			t.Errorf("%q: %d, %d", s, w, h)
		}
	}
}

// TestShotShowsThePlace compares the picture's cells with the Scene of the
// place.
func TestShotShowsThePlace(t *testing.T) {
	for _, size := range [][2]int{{80, 24}, {120, 40}, {200, 50}} {
		s := shotOf(t, "http")
		p, err := Shot(s, ShotOptions{W: size[0], H: size[1], At: Place{Packet: 4, Step: 12}})
		if err != nil {
			t.Fatal(err)
		}
		sc := s.Scene()
		if sc.Packet != 4 || sc.Step != 12 || sc.Func == "" {
			t.Fatal(sc.Place(), sc.Func)
		}
		if p.W != size[0] || p.H != size[1] || !strings.Contains(p.Text(), sc.Func) {
			t.Errorf("%dx%d: %s is not on the screen:\n%s", p.W, p.H, sc.Func, p.Text())
		}
		again, err := Shot(shotOf(t, "http"), ShotOptions{W: size[0], H: size[1], At: Place{Packet: 4, Step: 12}})
		if err != nil || !reflect.DeepEqual(p, again) {
			t.Errorf("not the same twice: %v", err)
		}
	}
}

func TestShotThemes(t *testing.T) {
	seen := map[string]string{}
	for _, theme := range []string{"dark", "light", "none"} {
		for _, n := range []int{0, 256, 16} {
			p, err := Shot(shotOf(t, "ping"), ShotOptions{W: 100, H: 30, Theme: theme, Colours: n})
			if err != nil {
				t.Fatal(err)
			}
			set := map[color.RGBA]bool{}
			for _, c := range p.Cells {
				set[c.FG], set[c.BG] = true, true
			}
			if theme == "none" && len(set) != 1 || theme != "none" && len(set) < 5 {
				t.Errorf("%s: %d colours", theme, len(set))
			}
			key := fmt.Sprint(p.BG, n == 16 && theme != "none", p.Cells)
			if other, ok := seen[key]; ok && theme != strings.Fields(other)[0] {
				t.Errorf("%s %d looks like %s", theme, n, other)
			}
			seen[key] = theme + " " + fmt.Sprint(n)
			if theme != "none" && n == 16 && len(set) > 17 {
				t.Errorf("%s: %d colours of 16", theme, len(set))
			}
		}
	}
}

func TestShotKeys(t *testing.T) {
	shoot := func(keys string) string {
		p, err := Shot(shotOf(t, "ping"), ShotOptions{W: 100, H: 30, Keys: ShotKeys(keys)})
		if err != nil {
			t.Fatalf("%s: %v", keys, err)
		}
		return p.Text()
	}
	plain := shoot("")
	for _, keys := range []string{"?", "l", "n n", "tab", ": 3 enter", "u arp_rcv", "space"} {
		if shoot(keys) == plain {
			t.Errorf("%q does nothing", keys)
		}
	}
	if a, b := shoot("l h"), shoot(""); a != b {
		t.Errorf("there and back:\n%s\n%s", a, b)
	}
	if got := ShotKeys(" d tab  ctrl+d u ip_rcv enter + shift+tab"); !reflect.DeepEqual(got, strings.Split("d tab ctrl+d u i p _ r c v enter + shift+tab", " ")) {
		t.Errorf("%q", got)
	}
	for _, name := range []string{"d", "G", "?", "/", "+", "tab", "shift+tab", "ctrl+d", "space", "pgdown", "f1", "esc", "backspace", "ä"} {
		if k, err := keyNamed(name); err != nil || k.String() != name {
			t.Errorf("%q is %q, %v", name, k.String(), err)
		}
	}
	for _, keys := range []string{"q", "ctrl+c"} {
		if _, err := Shot(shotOf(t, "ping"), ShotOptions{W: 80, H: 24, Keys: ShotKeys(keys)}); err == nil {
			t.Errorf("%s: a picture of a program that was left", keys)
		}
	}
}

func TestShotRefused(t *testing.T) {
	for name, c := range map[string]struct {
		capture, says string
		o             ShotOptions
	}{
		"packet":  {"ping", "no packet 99", ShotOptions{At: Place{Packet: 99}}},
		"step":    {"ping", "no step 9999", ShotOptions{At: Place{Packet: 1, Step: 9999}}},
		"no drop": {"ping", "dropped", ShotOptions{At: Place{Drop: true}}},
		"theme":   {"ping", "theme", ShotOptions{Theme: "pink"}},
		"colours": {"ping", "colours", ShotOptions{Colours: 3}},
		"key":     {"ping", "key", ShotOptions{Keys: []string{"no such"}}},
	} {
		c.o.W, c.o.H = 80, 24
		if _, err := Shot(shotOf(t, c.capture), c.o); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := shotOf(t, "closed-ports")
	if _, err := Shot(s, ShotOptions{W: 80, H: 24, At: Place{Drop: true}}); err != nil {
		t.Error(err)
	} else if sc := s.Scene(); sc.Verdict.Reason == "" {
		t.Errorf("%s: no drop", sc.Place())
	}
}

func TestFilm(t *testing.T) {
	o := ShotOptions{W: 120, H: 40, At: Place{Packet: 4, Step: 1}, Steps: 12}
	frames, err := Film(shotOf(t, "http"), o)
	if err != nil {
		t.Fatal(err)
	}
	long := 0
	for i, f := range frames {
		if f.Delay >= 500e6 {
			long++
		}
		if i > 0 && reflect.DeepEqual(f.Screen, frames[i-1].Screen) {
			t.Errorf("frame %d is like the one before", i)
		}
	}
	if long != 13 || len(frames) <= 13 {
		t.Errorf("%d steps in %d frames", long-1, len(frames))
	}
	s := shotOf(t, "http")
	o.At.Step = 13
	last, err := Shot(s, o)
	if err != nil {
		t.Fatal(err)
	}
	if frames[len(frames)-1].Screen.Text() != last.Text() {
		t.Errorf("the film ends with\n%s\nnot\n%s", frames[len(frames)-1].Screen.Text(), last.Text())
	}
	o = ShotOptions{W: 80, H: 24, At: Place{Packet: 8}, Steps: MaxShotSteps}
	if frames, err = Film(shotOf(t, "ping"), o); err != nil || len(frames) < 2 || len(frames) > 900 {
		t.Errorf("to the end: %d frames, %v", len(frames), err)
	}
}

// text is a program that shows a text.
type text string

func (text) Init() tea.Cmd                         { return nil }
func (m text) Update(tea.Msg) (tea.Model, tea.Cmd) { return m, nil }
func (m text) View() tea.View                      { return tea.NewView(string(m)) }

func photo(content string, w, h int) *shot.Screen {
	c := &camera{m: text(content), w: w, h: h, profile: colorprofile.TrueColor}
	return c.screen()
}

// TestPalette: the colours of the 256-colour palette are xterm's.
func TestPalette(t *testing.T) {
	var b strings.Builder
	for i := range 256 {
		fmt.Fprintf(&b, "\x1b[38;5;%d;48;5;%dmx", i, 255-i)
	}
	p := photo(b.String(), 256, 1)
	steps := [...]uint8{0, 0x5f, 0x87, 0xaf, 0xd7, 0xff}
	for i := 16; i < 256; i++ {
		want := color.RGBA{A: 255}
		if n := i - 16; n < 216 {
			want.R, want.G, want.B = steps[n/36], steps[n/6%6], steps[n%6]
		} else {
			v := uint8(8 + 10*(n-216))
			want.R, want.G, want.B = v, v, v
		}
		if got := p.Cells[i].FG; got != want {
			t.Errorf("colour %d is %v, want %v", i, got, want)
		}
		if got := p.Cells[255-i].BG; got != want {
			t.Errorf("background %d is %v, want %v", i, got, want)
		}
	}
}

func TestAttributesSeen(t *testing.T) {
	p := photo("a\x1b[1mb\x1b[0;2mc\x1b[0;3md\x1b[0;4me\x1b[0;7mf\x1b[0;38;2;1;2;3mg\x1b[m漢e\u0301h", 12, 1)
	want := []shot.Cell{
		{Text: "a"}, {Text: "b", Bold: true}, {Text: "c", Dim: true}, {Text: "d", Italic: true}, {Text: "e", Underline: true},
		{Text: "f", Reverse: true}, {Text: "g", FG: color.RGBA{1, 2, 3, 255}}, {Text: "漢", Wide: true}, {}, {Text: "e\u0301"}, {Text: "h"}, {},
	}
	if !reflect.DeepEqual(p.Cells, want) {
		t.Errorf("%+v", p.Cells)
	}
}

// FuzzShotContent takes pictures of screens with anything on them.
func FuzzShotContent(f *testing.F) {
	for _, s := range []string{"plain", "\x1b[38;5;999m\x1b[48;2;1;2mx", "\x1b[1;", "漢\n字\r\nx\ty", "\x1b]8;;http://x\x07a\x1b]8;;\x07", "\u202e<&>\x00\x9b31m", "\xff\xfe"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p := photo(s, 30, 4)
		for _, draw := range []func(io.Writer, *shot.Screen, shot.Options) error{shot.PNG, shot.SVG} {
			if err := draw(io.Discard, p, shot.Options{Size: 8}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestAllDrawable: no sign of the screen is one that pictures do not have.
func TestAllDrawable(t *testing.T) {
	for _, keys := range []string{"", "?", "n", "tab", "tab tab", "O", "1", "2", "3", "4", "5", "6", "n n n n 3", "n n n n Z"} {
		p, err := Shot(shotOf(t, "http"), ShotOptions{W: 160, H: 50, At: Place{Packet: 9, Step: 3}, Keys: ShotKeys(keys)})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range p.Text() {
			if r != '\n' && !shot.Drawable(r) {
				t.Errorf("keys %q: %U %c", keys, r, r)
			}
		}
	}
}
