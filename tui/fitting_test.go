package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// TestFitting tells packets in as many words as there is room for.
func TestFitting(t *testing.T) {
	data := "IP 10.0.0.1.35372 > 10.0.0.2.80: Flags [P.], seq 5:66, ack 9, win 502, options [nop,nop,TS val 1 ecr 2], length 61: HTTP"
	ack := "IP 10.0.0.1.35372 > 10.0.0.2.80: Flags [.], ack 9, win 502, options [nop,nop,TS val 1 ecr 2], length 0"
	for _, c := range []struct {
		line string
		room int
		want string
	}{
		{data, 200, data},
		{data, 100, "35372>80 Flags [P.], seq 5:66, ack 9, win 502, options [nop,nop,TS val 1 ecr 2], length 61: HTTP"},
		{data, 70, "35372>80 Flags [P.], seq 5:66, ack 9, win 502, length 61: HTTP"},
		{data, 40, "35372>80 [P.] seq 5, 61 bytes"},
		{data, 26, "35372>80 [P.] 61 bytes"},
		{ack, 26, "35372>80 [.] ack 9"},
		{ack, 14, "35372>80 [.]"},
		{"IP6 fd00::1.7 > fd00::2.9: Flags [S], seq 5, win 1, length 0", 20, "7>9 [S]"},
		{"ARP, Request who-has 10.0.0.1 tell 10.0.0.2, length 28", 40, "ARP who-has 10.0.0.1 tell 10.0.0.2"},
		{"IP 10.0.0.2 > 10.0.0.1: ICMP 10.0.0.2 udp port 9999 unreachable, length 51", 34, "ICMP udp port 9999 unreachable"},
		{"IP 10.0.0.2 > 10.0.0.1: ICMP echo request, id 7, seq 2, length 64", 20, "echo request, seq 2"},
		{"IP 10.0.0.2 > 10.0.0.1: ICMP echo request, id 7, seq 2, length 64", 16, "echo request 2"},
		{"ARP, Request who-has 10.0.0.1 tell 10.0.0.2, length 28", 22, "ARP who-has 10.0.0.1"},
		{"IP 10.0.0.1.53 > 10.0.0.2.9: UDP, length 15", 10, "53>9 UDP"},
		{"Flags [", 3, "Flags ["},
		{"", 0, ""},
	} {
		if got := fitting(c.line, c.room); got != c.want {
			t.Errorf("%q in %d cells: %q, want %q", c.line, c.room, got, c.want)
		}
	}
}

// TestPaste takes what is pasted as one line of text, and only for a prompt.
func TestPaste(t *testing.T) {
	m := model(view.Scene{}, 80, 24)
	m.pasted("q")
	if m.local.input != "" {
		t.Errorf("without a prompt %q was typed", m.local.input)
	}
	m.local.prompt = PromptFilter
	next, _ := m.Update(tea.PasteMsg{Content: "tcp\nport 80\x1b[31m"})
	*m = next.(Model)
	if want := "tcp port 80\x1b[31m"; m.local.input != want {
		t.Errorf("typed is %q, want %q", m.local.input, want)
	}
	m.paint()
	if g := m.grid.Lines(); len(g) == 0 || containsControl(g) {
		t.Errorf("the screen holds a control character:\n%q", g)
	}
	for range 100 {
		m.pasted("0123456789")
	}
	if n := len(m.local.input); n != maxInput {
		t.Errorf("%d characters were typed, want %d", n, maxInput)
	}
}

func containsControl(s string) bool {
	for _, r := range s {
		if r < ' ' && r != '\n' || r == 0x7f {
			return true
		}
	}
	return false
}

// TestFooterKeys keeps the keys that everybody needs on a small screen.
func TestFooterKeys(t *testing.T) {
	for _, w := range []int{60, 62, 100, 200} {
		need, tab := 0, false
		for _, k := range footerKeys(defaultKeys, w) {
			need += keyWidth(k) + 2
			tab = tab || k.Action == Focus
		}
		if need > w || !tab {
			t.Errorf("%d cells: %d are needed, tab is there: %v", w, need, tab)
		}
	}
}

// TestEmptyCapture says in words that there is nothing to see.
func TestEmptyCapture(t *testing.T) {
	s := view.Scene{Title: "x", Who: "no packets", Line: "the capture is empty", Whole: true}
	for _, w := range []int{80, 120, 200} {
		m := model(s, w, 50)
		m.paint()
		if g := m.grid.Lines(); !strings.Contains(g, "The capture is empty: there is nothing to walk.") {
			t.Errorf("%d cells wide:\n%s", w, g)
		}
	}
}
