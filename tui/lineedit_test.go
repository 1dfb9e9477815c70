package tui

import (
	"bufio"
	"strings"
	"testing"
)

// TestEditor types lines, with all that moves and deletes.
func TestEditor(t *testing.T) {
	for _, c := range []struct {
		keys, text string
		at         int
	}{
		{"ip a", "ip a", 4},
		{"ip\x1b[D\x1b[Dx", "xip", 1},
		{"ip link\x17route", "ip route", 8},
		{"abc\x01\x0b", "", 0},
		{"abc\x1b[D\x15", "c", 0},
		{"a b c\x1bb\x1bbX", "a Xb c", 3},
		{"ab\x7f\x7f\x7fz", "z", 1},
		{"äöü\x1b[D\x7f", "äü", 1},
		{"abc\x1b[H\x1b[3~\x1b[F!", "bc!", 3},
		{"a\x1b[99;99;99;99Zb", "ab", 2},
		{"a\x00\x1fb", "ab", 2},
	} {
		var e editor
		r := bufio.NewReader(strings.NewReader(c.keys))
		r.Peek(1) //nolint:errcheck // fills the buffer
		for {
			k, err := readKey(r)
			if err != nil {
				break
			}
			e.key(k)
		}
		if string(e.text) != c.text || e.at != c.at {
			t.Errorf("%q: %q, cursor %d; want %q, %d", c.keys, string(e.text), e.at, c.text, c.at)
		}
	}
}

// TestEditorDraws scrolls a line that is longer than the screen, so that the
// cursor is always seen.
func TestEditorDraws(t *testing.T) {
	var e editor
	e.set(strings.Repeat("x", 100) + "end")
	if s := e.draw("# ", 40); !strings.HasSuffix(s, "end\x1b[K") || strings.Count(s, "x") > 40 {
		t.Errorf("at the end: %q", s)
	}
	e.at = 0
	if s := e.draw("# ", 40); !strings.HasPrefix(s, "\r# xxx") || !strings.HasSuffix(s, "\x1b[37D") {
		t.Errorf("at the beginning: %q", s)
	}
}

func FuzzEditor(f *testing.F) {
	f.Add("ip a\x1b[D\x17")
	f.Add("\x1b[1;5Cä\x7f\x0b")
	f.Fuzz(func(t *testing.T, keys string) {
		var e editor
		r := bufio.NewReader(strings.NewReader(keys))
		for range len(keys) {
			k, err := readKey(r)
			if err != nil {
				break
			}
			e.key(k)
			if e.at < 0 || e.at > len(e.text) {
				t.Fatalf("cursor %d of %d", e.at, len(e.text))
			}
			e.draw("# ", 20)
		}
	})
}

// TestHistory goes back and forth in what was typed, and finds it again.
func TestHistory(t *testing.T) {
	dir := t.TempDir()
	env := func(k string) string {
		if k == "XDG_STATE_HOME" {
			return dir
		}
		return ""
	}
	h := loadHistory(env)
	for _, l := range []string{"ip a", "ip r", "ip r", " "} {
		h.add(l)
	}
	if got := h.move(-1, "new"); got != "ip r" {
		t.Errorf("one back: %q", got)
	}
	if got := h.move(-1, "ip r"); got != "ip a" {
		t.Errorf("two back: %q", got)
	}
	if got := h.move(-1, "ip a"); got != "ip a" {
		t.Errorf("before the first: %q", got)
	}
	h.move(1, "")
	if got := h.move(1, ""); got != "new" {
		t.Errorf("forth to what was typed: %q", got)
	}
	if again := loadHistory(env); len(again.lines) != 2 || again.lines[1] != "ip r" {
		t.Errorf("kept: %q", again.lines)
	}
}
