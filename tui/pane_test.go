package tui

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/packetwalk/packetwalk/stack/view"
)

var update = flag.Bool("update", false, "write the golden files again")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the diff\n%s", name, got)
	}
}

// sceneNames are Scenes that the tests of view keep.
var sceneNames = []string{"first", "protocol", "neighbour", "drop", "sent", "filtered", "wrong"}

func scene(t testing.TB, name string) view.Scene {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("..", "stack", "view", "testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var s view.Scene
	if err := json.Unmarshal(b, &s); err != nil {
		t.Fatal(err)
	}
	return s
}

func model(s view.Scene, w, h int) *Model {
	m := &Model{scene: s, w: w, h: h, detail: PaneWhy, theme: plainTheme, grid: &Grid{}}
	m.local.tab = PaneState
	m.local.focus, m.local.speed = PaneWhy, startSpeed
	m.local.token = token{to: s.Lit, from: s.Lit}
	return m
}

var sizes = [][2]int{{80, 24}, {100, 30}, {120, 40}, {160, 45}, {200, 50}}

func TestScreens(t *testing.T) {
	for _, z := range sizes {
		for _, name := range sceneNames {
			m := model(scene(t, name), z[0], z[1])
			m.paint()
			golden(t, fmt.Sprintf("%s_%dx%d.txt", name, z[0], z[1]), m.grid.Lines())
		}
	}
	for _, d := range []Pane{PaneState, PaneBytes} {
		m := model(scene(t, "neighbour"), 80, 24)
		m.detail, m.local.focus = d, d
		m.paint()
		golden(t, fmt.Sprintf("detail_%s.txt", d), m.grid.Lines())
	}
	m := model(scene(t, "drop"), 80, 24)
	m.local.prompt, m.local.input = PromptFilter, "tcp port 80"
	m.paint()
	if !strings.Contains(m.grid.Lines(), "show only (tcpdump filter): tcp port 80_") {
		t.Error("no prompt")
	}
	m = model(scene(t, "drop"), 60, 20)
	m.paint()
	golden(t, "small.txt", m.grid.Lines())
	for _, z := range sizes {
		m := model(scene(t, "drop"), z[0], z[1])
		m.help = true
		m.paint()
		golden(t, fmt.Sprintf("help_%dx%d.txt", z[0], z[1]), m.grid.Lines())
	}
}

// TestDropInWords: without a colour a drop is still told, wherever it is shown.
func TestDropInWords(t *testing.T) {
	for _, z := range sizes {
		m := model(scene(t, "drop"), z[0], z[1])
		m.paint()
		s := m.grid.Lines()
		if strings.Count(s, "DROPPED IP_CSUM") < 2 || !strings.Contains(s, "DROP IP_CSUM") {
			t.Errorf("%dx%d does not shout:\n%s", z[0], z[1], s)
		}
	}
}

// TestLayout: the panes cover the screen without overlap; drawings.
func TestLayout(t *testing.T) {
	for w := MinW; w <= 240; w += 7 {
		for h := MinH; h <= 70; h += 3 {
			checkLayout(t, w, h, false)
			checkLayout(t, w, h, true)
		}
	}
	for _, z := range sizes {
		checkLayout(t, z[0], z[1], false)
		golden(t, fmt.Sprintf("layout_%dx%d.txt", z[0], z[1]), drawing(z[0], z[1]))
	}
	if Layout(79, 24, PaneWhy) != nil || Layout(80, 23, PaneWhy) != nil {
		t.Error("a screen that is too small has a layout")
	}
}

func checkLayout(t *testing.T, w, h int, lesson bool) {
	t.Helper()
	owner := map[[2]int]Pane{}
	l := arrange(w, h, PaneWhy, lesson)
	for p := range numPanes {
		r, ok := l[p]
		if !ok {
			continue
		}
		if r.X < 0 || r.Y < 0 || r.X+r.W > w || r.Y+r.H > h || r.W < 20 || r.H < 1 {
			t.Errorf("%dx%d: %s is %+v", w, h, p, r)
		}
		if r.Y >= headRows && p != PaneFooter && r.H < 4 {
			t.Errorf("%dx%d: %s has %d rows", w, h, p, r.H)
		}
		for y := r.Y; y < r.Y+r.H; y++ {
			for x := r.X; x < r.X+r.W; x++ {
				if o, taken := owner[[2]int{x, y}]; taken {
					t.Fatalf("%dx%d: %s and %s overlap", w, h, o, p)
				}
				owner[[2]int{x, y}] = p
			}
		}
	}
	for y := range h {
		free := 0
		for x := range w {
			if _, ok := owner[[2]int{x, y}]; !ok {
				free++
			}
		}
		if free > 2 {
			t.Errorf("%dx%d: %d free cells in row %d", w, h, free, y)
		}
	}
}

func drawing(w, h int) string {
	g := NewGrid(w, h)
	l := Layout(w, h, PaneWhy)
	for p := range numPanes {
		r, ok := l[p]
		if !ok {
			continue
		}
		for y := r.Y; y < r.Y+r.H; y++ {
			for x := r.X; x < r.X+r.W; x++ {
				g.Set(x, y, rune('a'+p), 0)
			}
		}
		g.Text(r.X, r.Y, r.W, p.String(), 0)
	}
	return g.Lines()
}

// TestKeys: no key twice, all have help, every verb can be reached.
func TestKeys(t *testing.T) {
	seen := map[string]bool{}
	verbs := map[view.Verb]bool{}
	for _, k := range Keys {
		if k.Help == "" || k.Group == "" || len(k.Keys) == 0 {
			t.Errorf("%v: no help, no group or no key", k.Keys)
		}
		verbs[k.Cmd.Verb] = true
		for _, n := range k.Keys {
			if seen[n] {
				t.Errorf("key %q twice", n)
			}
			seen[n] = true
		}
		if _, prompt := prompts[k.Action]; !prompt && k.Action != NextGrain && k.Action != NextFollow && (k.Action == DoCommand) != (k.Cmd.Verb != "") {
			t.Errorf("%v: neither command nor prompt", k.Keys)
		}
	}
	for _, v := range view.Verbs {
		if _, err := view.Parse(string(v.Verb) + " 1"); err != nil && !verbs[v.Verb] {
			if _, err := view.Parse(string(v.Verb)); err != nil {
				t.Errorf("neither a key nor a command for %s: %v", v.Verb, err)
			}
		}
	}
	for _, w := range []string{"l", "h", "left", "right", "space", "n", "p", "d", "D", "s", "S", "r", "/", "g", "G", ":", "?", "+", "-", "tab", "q"} {
		if !seen[w] {
			t.Errorf("no key %q", w)
		}
	}
	help := NewGrid(200, 60)
	drawHelp(help, Rect{0, 0, 200, 60}, &view.Scene{}, &local{})
	text := help.Lines()
	for _, k := range Keys {
		if !strings.Contains(text, k.Help) {
			t.Errorf("help lacks %q", k.Help)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		s         string
		w, indent int
		want      string
	}{
		{"", 10, 0, ""},
		{"one two three", 7, 0, "one two|three"},
		{"one two three", 7, 2, "one two|  three"},
		{"abcdefghijkl", 5, 0, "abcde|fghij|kl"},
		{"abcdefghijkl", 5, 1, "abcde| fghi| jkl"},
		{"a bcdefghijkl m", 5, 0, "a|bcdef|ghijk|l m"},
	} {
		if got := strings.Join(Wrap(c.s, c.w, c.indent), "|"); got != c.want {
			t.Errorf("Wrap(%q, %d, %d) = %q, want %q", c.s, c.w, c.indent, got, c.want)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("one two three", 7, 2)
	f.Fuzz(func(t *testing.T, s string, w, indent int) {
		if w < 1 || w > 300 || indent < 0 || indent > 20 || len(s) > 2000 {
			return
		}
		lines := Wrap(s, w, indent)
		for _, l := range lines {
			if n := utf8.RuneCountInString(l); n > w {
				t.Errorf("%q has %d cells, more than %d", l, n, w)
			}
		}
		strip := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if a, b := strip(s), strip(strings.Join(lines, "")); a != b && utf8.ValidString(s) {
			t.Errorf("%q became %q", a, b)
		}
	})
}

// steers reports whether a frame holds a control character that is none of
// our own colours.
func steers(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == 0x1b {
			j := i + 1
			if j < len(s) && s[j] == '[' {
				for j++; j < len(s) && (s[j] >= '0' && s[j] <= '9' || s[j] == ';'); j++ {
				}
				if j < len(s) && s[j] == 'm' {
					i = j
					continue
				}
			}
			return true
		}
		if c < ' ' && c != '\n' || c == 0x7f {
			return true
		}
	}
	return bytes.ContainsRune([]byte(s), 0x9b)
}

// FuzzView: whatever a Scene holds, the screen holds no control characters but
// our own colours, and has its size.
func FuzzView(f *testing.F) {
	f.Add("a\x1b[2Jb", "\x9b5m", 120, 40, []byte{1, 2, 3})
	f.Fuzz(func(t *testing.T, a, b string, w, h int, raw []byte) {
		if w < 0 || h < 0 || w > 300 || h > 120 {
			return
		}
		s := view.Scene{Title: a, Line: b, Who: a, Notice: b, Says: a + b, Func: a, What: b, Filter: a, Packet: 1, Packets: 2, Kind: "call", Bytes: raw, Length: len(raw),
			Findings: []string{a, b}, Changes: []view.Delta{{Name: a, From: b, To: a, What: b}}, Lost: []view.Lost{{What: a, Candidate: b, Because: a}},
			Tree:    []view.Row{{N: 1, Text: a, Who: b, Here: true, Depth: len(raw)}},
			List:    []view.Item{{N: 1, At: a, Line: b, Mark: a}},
			Panels:  []view.Panel{{Title: a, Values: []view.Value{{Name: b, Value: a, To: b}}}},
			Headers: []view.Header{{Name: a, To: len(raw), Lit: true, Fields: []view.Field{{Name: b, Value: a}}}}}
		m := model(s, w, h)
		m.theme = darkTheme
		m.local.prompt, m.local.input = PromptFilter, a
		if len(raw)%2 == 0 {
			m.local.prompt = DoCommand
		}
		m.paint()
		out := m.grid.String(m.theme)
		if steers(out) {
			t.Errorf("%q", out)
		}
		if n := strings.Count(out, "\n") + 1; n != max(h, 1) {
			t.Errorf("%d rows, want %d", n, h)
		}
	})
}

func BenchmarkFrame(b *testing.B) {
	m := model(scene(b, "neighbour"), 200, 50)
	m.theme = darkTheme
	b.ReportAllocs()
	for b.Loop() {
		m.paint()
		_ = m.grid.String(m.theme)
	}
}
