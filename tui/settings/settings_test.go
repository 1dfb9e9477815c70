package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

var actions = []string{"next-drop", "quit", "play-pause", "step"}

func env(pairs ...string) func(string) string {
	m := map[string]string{}
	for i := 0; i < len(pairs); i += 2 {
		m[pairs[i]] = pairs[i+1]
	}
	return func(k string) string { return m[k] }
}

// load is Load with a file of this text.
func load(t *testing.T, text string, pairs ...string) *Settings {
	t.Helper()
	dir := t.TempDir()
	if text != "" {
		if err := os.MkdirAll(filepath.Join(dir, "packetwalk"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "packetwalk", "config"), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return Load(env(append(pairs, "XDG_CONFIG_HOME", dir)...), actions)
}

// TestFile: what a file makes of the settings, and what is said about it.
func TestFile(t *testing.T) {
	for _, c := range []struct{ name, text, want, said string }{
		{"none", "", "theme=auto", ""},
		{"all", Example, "theme=auto depth=first speed=2 motion=full mouse=true ascii=auto", ""},
		{"others", "theme = \"light\"\ndepth='kernel'\nspeed = 0.5\nmotion = \"reduced\"\nmouse = false\nascii = true\n",
			"theme=light depth=kernel speed=0.5 motion=reduced mouse=false ascii=true", ""},
		{"words for yes", "mouse = \"off\"\nascii = \"yes\"\nspeed = 2.0\n", "mouse=false ascii=true speed=2", ""},
		{"bad value", "# colours\n\ntheme = \"blue\"\nspeed = 4\n", "theme=auto speed=4", `config:3: theme: "blue" is none of dark, light, none, auto`},
		{"unknown", "speed = 4\ntheem = \"dark\"\n", "theme=auto speed=4", `config:2: "theem" is no setting; did you mean theme?`},
		{"unknown, none near", "window = 3\n", "theme=auto", `config:1: "window" is no setting; there are keys, theme, depth, speed, motion, mouse, ascii`},
		{"two", "theme = 3\nspeed = 3\n", "theme=auto", `config:1: theme: "3" is none of dark, light, none, auto (and 1 more: packetwalk settings)`},
		{"no quotes", "speed = 4\ntheme = dark\n", "theme=auto speed=2", `config:2: theme: a text is written in quotes: theme = "dark"`},
		{"twice", "speed = 4\nspeed = 8\n", "speed=2", "config:2: "},
		{"no TOML", "\x7fELF", "theme=auto", "config:1: "},
		{"no UTF-8", "theme = \"dark\"\n# \xff\n", "theme=auto", "config:2: "},
		{"array", "theme = [\"dark\"]\n", "theme=auto", "config:1: theme: it takes one of dark, light, none, auto"},
		{"table", "\n[theme]\nname = \"dark\"\n", "theme=auto", "config:3: theme: it takes one of dark, light, none, auto"},
		{"empty table", "\n\n[theme]\n", "theme=auto", "config:3: theme: it takes one of dark, light, none, auto"},
		{"array of tables", "[[theme]]\nname = \"dark\"\n", "theme=auto", "config:1: theme: it takes one of dark, light, none, auto"},
		{"date", "speed = 1979-05-27\n", "speed=2", "config:1: speed: it takes one of 0.5, 1, 2, 4, 8, 16, 30"},
		{"speed", "speed = 3\n", "speed=2", `config:1: speed: "3" is none of 0.5, 1, 2, 4, 8, 16, 30`},
		{"BOM, CRLF", "\ufefftheme = \"dark\"\r\nspeed = 4\r\n", "theme=dark speed=4", ""},
		{"keys", "[keys]\nnext-drop = \"x\"\nquit = [\"Q\", \"ctrl+q\"]\n", "keys.next-drop=x keys.quit=Q,ctrl+q", ""},
		{"keys dotted", "keys.next-drop = \" \"\n", "keys.next-drop=space", ""},
		{"keys inline", "keys = {next-drop = \"x\",\nquit=\"y\"}\n", "keys.next-drop=x keys.quit=y", ""},
		{"no action", "[keys]\nnext-drop = \"x\"\nnext-dorp = \"y\"\n", "keys.next-drop=x", `config:3: keys: "next-dorp" is no action; did you mean next-drop?`},
		{"key taken", "[keys]\nnext-drop = \"x\"\nquit = \"x\"\n", "keys.next-drop=x", `config:3: keys.quit: "x" is the key of next-drop already`},
		{"no key", "[keys]\nquit = \"\"\n", "", `config:2: keys.quit: "" is no key; a key is like "x", "space" or "ctrl+d"`},
		{"key with escape", "[keys]\nquit = \"\\u001b[A\"\n", "", `config:2: keys.quit: "\x1b[A" is no key; a key is like "x", "space" or "ctrl+d"`},
		{"key of number", "[keys]\nquit = 3\n", "", `config:2: keys.quit: a key is a text in quotes, like "x" or "ctrl+d"`},
		{"keys of none", "[keys]\nquit = []\n", "", "config:2: keys.quit: it needs a key"},
		{"keys no table", "keys = \"x\"\n", "", `config:1: keys: it is a table: keys.ACTION = "KEY"`},
		{"long", "#" + strings.Repeat("x", maxFile), "theme=auto", "the settings cannot be read: "},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := load(t, c.text)
			for _, w := range strings.Fields(c.want) {
				name, value, _ := strings.Cut(w, "=")
				got := s.Get(name)
				if a, ok := strings.CutPrefix(name, "keys."); ok {
					got = strings.Join(s.Keys()[a], ",")
				}
				if got != value {
					t.Errorf("%s is %q, want %q", name, got, value)
				}
			}
			if said := s.Said(); said != c.said && !(c.said != "" && strings.HasSuffix(c.said, ": ") && strings.HasPrefix(said, c.said)) {
				t.Errorf("said\n%s\nwant\n%s", said, c.said)
			}
			if strings.ContainsAny(s.Said(), "\n\x1b") {
				t.Errorf("not one line: %q", s.Said())
			}
		})
	}
}

// TestOrder: flags are above the environment, that above the file, that above
// the defaults; each tells where it comes from.
func TestOrder(t *testing.T) {
	text := "theme = \"light\"\ndepth = \"kernel\"\nspeed = 8\n"
	s := load(t, text, "PACKETWALK_DEPTH", "first", "PACKETWALK_MOUSE", "maybe")
	if err := s.Set("speed", "30", "--speed"); err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, v := range s.All() {
		got += fmt.Sprintf("%s=%s from %s; ", v.Name, v.Value, v.From)
	}
	want := "theme=light from config:1; depth=first from $PACKETWALK_DEPTH; speed=30 from --speed; motion=full from default; mouse=true from default; ascii=auto from default; "
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if w := `$PACKETWALK_MOUSE: mouse: "maybe" is none of true, false`; s.Said() != w {
		t.Errorf("said %s, want %s", s.Said(), w)
	}
	if s.Set("speed", "900", "--speed") == nil || s.Get("speed") != "30" || s.Speed() != 30 {
		t.Error("a bad flag changed the speed")
	}
	if s.Set("sped", "1", "--x") == nil {
		t.Error("an unknown setting was taken")
	}
	if s := load(t, text, "NO_COLOR", "1"); s.Get("theme") != "none" {
		t.Error("NO_COLOR is not above the file")
	}
	if s := load(t, "", "NO_COLOR", "1", "PACKETWALK_THEME", "dark"); s.Get("theme") != "dark" || !s.Given("theme") {
		t.Error("PACKETWALK_THEME is not above NO_COLOR")
	}
}

// TestPlaces: where the files are, and what is no file.
func TestPlaces(t *testing.T) {
	if p := Path(env("XDG_CONFIG_HOME", "/c")); p != "/c/packetwalk/config" {
		t.Error(p)
	}
	if p := StateDir(env("XDG_STATE_HOME", "/s", "HOME", "/h")); p != "/s/packetwalk" {
		t.Error(p)
	}
	if p := StateDir(env("XDG_STATE_HOME", "s", "HOME", "/h")); p != "/h/.local/state/packetwalk" {
		t.Errorf("a relative XDG_STATE_HOME counts: %s", p)
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "packetwalk", "config"), 0o777); err != nil {
		t.Fatal(err)
	}
	s := Load(env("XDG_CONFIG_HOME", dir), actions)
	if !strings.Contains(s.Said(), "is a folder") || s.Get("theme") != "auto" {
		t.Errorf("said %q", s.Said())
	}
}

// TestRecent: the last file comes first, none twice, at most 20, and only
// those that are there.
func TestRecent(t *testing.T) {
	dir := t.TempDir()
	e := env("XDG_STATE_HOME", filepath.Join(dir, "state"))
	if got := Recent(e); got != nil {
		t.Errorf("recent files at the first start: %q", got)
	}
	if !FirstStart(e) {
		t.Error("not the first start")
	}
	if err := Started(e); err != nil || FirstStart(e) {
		t.Errorf("the first start again (%v)", err)
	}
	var paths []string
	for i := range 30 {
		p := filepath.Join(dir, fmt.Sprintf("a\n%d.pcap", i))
		if err := os.WriteFile(p, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if err := Remember(e, p); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, p)
	}
	if err := Remember(e, paths[20]); err != nil {
		t.Fatal(err)
	}
	got := Recent(e)
	if len(got) != maxRecent || got[0] != paths[20] || got[1] != paths[29] || strings.Count(strings.Join(got, "|"), "20.pcap") != 1 {
		t.Errorf("%q", got)
	}
	if err := os.Remove(paths[29]); err != nil {
		t.Fatal(err)
	}
	if got := Recent(e); len(got) != maxRecent-1 || got[1] != paths[28] {
		t.Errorf("a file that is gone is shown: %q", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "state", "packetwalk", "recent"), []byte("{[\x00"), 0o666); err != nil {
		t.Fatal(err)
	}
	if got := Recent(e); got != nil {
		t.Errorf("from a broken file: %q", got)
	}
	if Remember(env("HOME", ""), "x") == nil && StateDir(env("HOME", "")) == "" {
		t.Error("remembered nowhere")
	}
}

// TestRecentAtomic: while several write, a reader finds a whole list.
func TestRecentAtomic(t *testing.T) {
	dir := t.TempDir()
	e := env("XDG_STATE_HOME", dir)
	p := filepath.Join(dir, "x.pcap")
	if err := os.WriteFile(p, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := Remember(e, p); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				if err := Remember(e, p); err != nil {
					t.Error(err)
				}
				if got := Recent(e); len(got) != 1 {
					t.Errorf("a reader found %q", got)
				}
			}
		})
	}
	wg.Wait()
	left, _ := filepath.Glob(filepath.Join(dir, "packetwalk", "*"))
	if len(left) != 1 {
		t.Errorf("left behind: %q", left)
	}
}

func TestNearest(t *testing.T) {
	for _, c := range [][2]string{{"theem", "theme"}, {"Depth", "depth"}, {"colour", ""}, {"", ""}, {"mous", "mouse"}, {strings.Repeat("x", 1000), ""}} {
		if got := Nearest(c[0], names()); got != c[1] {
			t.Errorf("Nearest(%q) = %q, want %q", c[0], got, c[1])
		}
	}
}

var named = regexp.MustCompile(`^config:([0-9]+): .`)

// FuzzFile: whatever the file holds, nothing panics, every value is one that
// its setting takes, and each problem names a line that there is.
func FuzzFile(f *testing.F) {
	f.Add(Example)
	f.Add("theme = \"blue\"\n[keys]\nquit = [\"x\", 3]\n[[a.b]]\nc = {d = 1}")
	f.Add("\"\" = 1\n[\"a.b\".'c']\nx=1979-05-27T07:32:00Z\n")
	f.Fuzz(func(t *testing.T, text string) {
		s := Default()
		s.file([]byte(text), actions)
		for _, p := range Specs {
			if canonical(&p, s.Get(p.Name)) != s.Get(p.Name) {
				t.Errorf("%s is %q", p.Name, s.Get(p.Name))
			}
		}
		for _, p := range s.Problems {
			m := named.FindStringSubmatch(p.Error())
			if m == nil {
				t.Fatalf("%q names no line", p.Error())
			}
			if strings.ContainsAny(p.Error(), "\n\r\x1b") {
				t.Errorf("not one line: %q", p.Error())
			}
			var n int
			fmt.Sscan(m[1], &n)
			if n < 1 || n > strings.Count(text, "\n")+1 {
				t.Errorf("%q: there are %d lines", p.Error(), strings.Count(text, "\n")+1)
			}
		}
	})
}
