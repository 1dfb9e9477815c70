package tui

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
)

// xterm is a colour of the palette of 256, from 16 on.
func xterm(n int) (rgb [3]float64) {
	if n >= 232 {
		v := float64(8 + 10*(n-232))
		return [3]float64{v, v, v}
	}
	n -= 16
	for i, v := range [3]int{n / 36, n / 6 % 6, n % 6} {
		if v > 0 {
			rgb[i] = float64(55 + 40*v)
		}
	}
	return rgb
}

// contrast is the ratio of two colours by WCAG 2.
func contrast(a, b [3]float64) float64 {
	la, lb := luminance(a), luminance(b)
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

func luminance(rgb [3]float64) (l float64) {
	for i, w := range [3]float64{0.2126, 0.7152, 0.0722} {
		c := rgb[i] / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		l += w * c
	}
	return l
}

var (
	fgRE = regexp.MustCompile(`38;5;(\d+)`)
	bgRE = regexp.MustCompile(`48;5;(\d+)`)
)

// TestContrast: every style of text has a contrast of 4.5 at least on what is
// usual for dark and light terminals.
func TestContrast(t *testing.T) {
	if c := contrast([3]float64{0, 0, 0}, [3]float64{255, 255, 255}); math.Abs(c-21) > 0.01 {
		t.Fatalf("black on white has %.2f", c)
	}
	for _, c := range []struct {
		name  string
		theme *Theme
		backs [][3]float64
		text  [3]float64
	}{
		{"dark", darkTheme, [][3]float64{{0, 0, 0}, {0x1c, 0x1c, 0x1c}}, [3]float64{0xd0, 0xd0, 0xd0}},
		{"light", lightTheme, [][3]float64{{255, 255, 255}, {250, 250, 250}}, [3]float64{0x1c, 0x1c, 0x1c}},
	} {
		for s := range c.theme {
			if Style(s) == StyleRule { // lines, no text
				continue
			}
			fg := c.text
			if m := fgRE.FindStringSubmatch(c.theme[s]); m != nil {
				n, _ := strconv.Atoi(m[1])
				fg = xterm(n)
			}
			backs := c.backs
			if m := bgRE.FindStringSubmatch(c.theme[s]); m != nil {
				n, _ := strconv.Atoi(m[1])
				backs = [][3]float64{xterm(n)}
			}
			for _, bg := range backs {
				if r := contrast(fg, bg); r < 4.5 {
					t.Errorf("%s: style %d has a contrast of %.1f on %v", c.name, s, r, bg)
				}
			}
		}
	}
}

// TestProfiles: each terminal gets a theme that it can show.
func TestProfiles(t *testing.T) {
	for _, c := range []struct {
		profile colorprofile.Profile
		dark    bool
		want    *Theme
	}{
		{colorprofile.TrueColor, true, darkTheme}, {colorprofile.ANSI256, false, lightTheme},
		{colorprofile.ANSI, true, dark16Theme}, {colorprofile.ANSI, false, light16Theme},
		{colorprofile.ASCII, true, plainTheme}, {colorprofile.NoTTY, false, plainTheme},
	} {
		var k Look
		k.profile(c.profile)
		if k.theme(c.dark) != c.want {
			t.Errorf("%v, dark %v: another theme", c.profile, c.dark)
		}
	}
	for _, th := range []*Theme{dark16Theme, light16Theme} {
		for s, seq := range th {
			if strings.Contains(seq, ";5;") {
				t.Errorf("style %d of 16 colours has one of 256: %q", s, seq)
			}
		}
	}
	if (Look{Theme: "light"}).theme(true) != lightTheme || (Look{Theme: "dark"}).theme(false) != darkTheme || (Look{Theme: "none"}).theme(true) != plainTheme ||
		(Look{Theme: "dark", NoColor: true}).theme(true) != plainTheme {
		t.Error("a chosen theme is not taken")
	}
	m := model(scene(t, "drop"), 80, 24)
	next, _ := m.Update(tea.ColorProfileMsg{Profile: colorprofile.ANSI})
	if next.(Model).theme != light16Theme && next.(Model).theme != dark16Theme {
		t.Error("the program does not take the terminal's colours")
	}
}

// TestWithoutColour: what matters differs by more than colour: the signs on the
// map, and a look of its own without any colour.
func TestWithoutColour(t *testing.T) {
	for _, z := range sizes {
		m := model(scene(t, "drop"), z[0], z[1])
		m.paint()
		text := m.grid.Lines()
		for _, w := range []string{"✗", "DROP"} {
			if !strings.Contains(text, w) {
				t.Errorf("%v lacks %q", z, w)
			}
		}
		if out := m.grid.String(plainTheme); strings.Contains(out, "38;") || strings.Contains(out, "48;") {
			t.Errorf("%v has colours", z)
		}
	}
}

// TestASCII: where the locale is not UTF-8 every cell is ASCII, nothing is lost,
// and the signs that matter stay apart.
func TestASCII(t *testing.T) {
	for _, z := range sizes {
		for _, name := range sceneNames {
			m := model(scene(t, name), z[0], z[1])
			m.paint()
			want := []rune(m.grid.Lines())
			m.grid.ASCII = true
			m.paint()
			text := m.grid.Lines()
			got := []rune(text)
			if len(got) != len(want) {
				t.Fatalf("%s at %v has another shape", name, z)
			}
			for i, r := range got {
				if r > '~' {
					t.Fatalf("%s at %v: %q", name, z, r)
				}
				if r == '?' && want[i] != '?' {
					t.Fatalf("%s at %v: no sign for %q", name, z, want[i])
				}
			}
			if name == "drop" {
				golden(t, fmt.Sprintf("ascii_%dx%d.txt", z[0], z[1]), text)
			}
		}
	}
	signs := map[rune]rune{}
	for _, r := range "│┃●✗" {
		a := inASCII(r)
		if o, taken := signs[a]; taken {
			t.Errorf("%q and %q are both %q", r, o, a)
		}
		signs[a] = r
	}
}

// TestLocale decides whether the terminal has UTF-8.
func TestLocale(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, true}, {map[string]string{"LANG": "C"}, false}, {map[string]string{"LANG": "en_US.UTF-8"}, true}, {map[string]string{"LANG": "C.utf8"}, true},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_ALL": "C"}, false}, {map[string]string{"LANG": "C", "LC_CTYPE": "C.UTF-8"}, true},
		{map[string]string{"LANG": "en_US.UTF-8", "LC_CTYPE": "POSIX"}, false}, {map[string]string{"LANG": "de_DE.ISO-8859-1"}, false},
	} {
		if got := hasUTF8(func(k string) string { return c.env[k] }); got != c.want {
			t.Errorf("%v: %v", c.env, got)
		}
	}
}

// TestOptions: options and variables of the environment.
func TestOptions(t *testing.T) {
	none := func(string) string { return "" }
	s := bundled(t, "ping")
	m, err := newModel(Options{Session: s, Theme: "light", ASCII: true, Still: true, NoMouse: true, Speed: 7}, none)
	if err != nil || m.theme != lightTheme || !m.grid.ASCII || !m.still || !m.noMouse || m.local.speed != 6 {
		t.Errorf("%v: options are not taken", err)
	}
	if m.View().MouseMode != tea.MouseModeNone {
		t.Error("the mouse is taken")
	}
	env := map[string]string{"NO_COLOR": "1", "LANG": "C", envStill: "1"}
	m, err = newModel(Options{Session: s, Theme: "dark"}, func(k string) string { return env[k] })
	if err != nil || m.theme != plainTheme || !m.grid.ASCII || !m.still || m.View().MouseMode == tea.MouseModeNone {
		t.Errorf("%v: variables are not taken", err)
	}
	if _, err := newModel(Options{Session: s, Theme: "pink"}, none); err == nil {
		t.Error("no error for a theme that is none")
	}
	if _, err := newModel(Options{Session: s, Keys: map[string]string{"x": "y"}}, none); err == nil {
		t.Error("no error for a key that is none")
	}
}
