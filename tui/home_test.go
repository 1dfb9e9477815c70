package tui

import (
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

func homeOptions() HomeOptions {
	o := HomeOptions{Version: "0.1, Linux 6.18", Help: []string{"packetwalk walk INPUT", "  walk through a capture"}, Entries: []HomeEntry{
		{Kind: HomeTour, Name: "tour", Shows: "ten steps with a ping that explain the screen"},
		{Kind: HomeHelp, Name: "help", Shows: "the commands, and how to walk a capture of your own"},
		{Kind: HomeLesson, Name: "One ping up the stack", Arg: "ping", Shows: "where a frame goes after the wire", Mark: "done"},
		{Kind: HomeLesson, Name: "Who has that address", Arg: "arp", Shows: "ARP, asked before it is shown", Mark: "2 of 6"},
		{Kind: HomeRecent, Name: "office.pcapng", Arg: "/home/me/captures/my office.pcapng", Shows: "/home/me/captures"},
	}}
	o.Facts = func(e HomeEntry) []view.Fact {
		if e.Kind != HomeRecent && e.Kind != HomeCapture {
			return nil
		}
		return []view.Fact{{Name: "packets", Value: "117"}, {Name: "host", Value: "10.0.0.2"}}
	}
	for i := range 22 {
		o.Entries = append(o.Entries, HomeEntry{Kind: HomeCapture, Name: fmt.Sprintf("capture-%02d", i), Arg: fmt.Sprintf("capture-%02d", i),
			Shows: "A host asks another for its name, waits, asks again, and gives up: what can be seen here is told in a sentence."})
	}
	o.Entries = append(o.Entries, HomeEntry{Kind: HomeCapture, Name: "zero-window", Arg: "zero-window", Shows: "A slow program: its buffer fills and the peer has to wait."})
	return o
}

func noEnv(string) string { return "" }

// homeKeys gives a home screen of w by h cells keys, as bubbletea names them.
func homeKeys(o HomeOptions, w, h int, keys string) (m HomeModel, quit bool) {
	var next tea.Model = NewHome(o, noEnv)
	next, _ = next.Update(tea.WindowSizeMsg{Width: w, Height: h})
	for _, k := range strings.Fields(keys) {
		var cmd tea.Cmd
		next, cmd = next.Update(homeKey(k))
		if cmd != nil {
			_, quit = cmd().(tea.QuitMsg)
		}
	}
	return next.(HomeModel), quit
}

// homeKey is the message of a key.
func homeKey(k string) tea.KeyPressMsg {
	codes := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "up": tea.KeyUp, "down": tea.KeyDown, "home": tea.KeyHome, "end": tea.KeyEnd,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "backspace": tea.KeyBackspace, "tab": tea.KeyTab, "left": tea.KeyLeft, "right": tea.KeyRight}
	if c, ok := codes[k]; ok {
		return tea.KeyPressMsg{Code: c}
	}
	if r, ok := strings.CutPrefix(k, "ctrl+"); ok {
		return tea.KeyPressMsg{Code: rune(r[0]), Mod: tea.ModCtrl}
	}
	return tea.KeyPressMsg{Code: []rune(k)[0], Text: k}
}

func TestHomeScreens(t *testing.T) {
	for _, z := range sizes {
		for _, c := range []struct{ name, keys string }{
			{"start", ""}, {"end", "end"}, {"recent", "down down down down"}, {"find", "z e r"}, {"none", "x x x x"}, {"help", "?"},
		} {
			m, _ := homeKeys(homeOptions(), z[0], z[1], c.keys)
			m.paint()
			golden(t, fmt.Sprintf("home_%s_%dx%d.txt", c.name, z[0], z[1]), m.grid.Lines())
		}
		o := homeOptions()
		o.First = true
		m, _ := homeKeys(o, z[0], z[1], "")
		m.paint()
		golden(t, fmt.Sprintf("home_first_%dx%d.txt", z[0], z[1]), m.grid.Lines())
	}
	o := homeOptions()
	o.Notice = "office.pcapng: it is no capture\x1b[31m"
	m, _ := homeKeys(o, 80, 24, "")
	if out := m.View().Content; steers(out) || !strings.Contains(out, "it is no capture") {
		t.Errorf("%q", out)
	}
	m, _ = homeKeys(o, 40, 10, "")
	m.paint()
	if !strings.Contains(m.grid.Lines(), "needs 80 by 24") {
		t.Error(m.grid.Lines())
	}
}

func TestHomeKeys(t *testing.T) {
	for _, c := range []struct {
		keys string
		kind HomeKind
		arg  string
		quit bool
	}{
		{"enter", HomeTour, "", true},
		{"down enter", HomeNone, "", false}, // the help is a page of this screen
		{"down enter esc down enter", HomeLesson, "ping", true},
		{"down down down down enter", HomeRecent, "/home/me/captures/my office.pcapng", true},
		{"end enter", HomeCapture, "zero-window", true},
		{"end home up enter", HomeTour, "", true},
		{"z e r enter", HomeCapture, "zero-window", true},
		{"0 7 enter", HomeCapture, "capture-07", true},
		{"s l o w enter", HomeCapture, "zero-window", true}, // by what it shows
		{"x x x x enter", HomeNone, "", false},
		{"x esc", HomeNone, "", false},
		{"x esc enter", HomeTour, "", true},
		{"z e r x backspace enter", HomeCapture, "zero-window", true},
		{"z ctrl+u enter", HomeTour, "", true},
		{"esc", HomeNone, "", true},
		{"q", HomeNone, "", true},
		{"z q", HomeNone, "", false},
		{"ctrl+c", HomeNone, "", true},
		{"pgdown pgdown pgdown pgdown enter", HomeCapture, "zero-window", true},
	} {
		m, quit := homeKeys(homeOptions(), 80, 24, c.keys)
		if e := m.Chosen(); e.Kind != c.kind || e.Arg != c.arg || quit != c.quit {
			t.Errorf("%s: %+v, leaves %v", c.keys, e, quit)
		}
	}
	o := homeOptions()
	o.First = true
	if m, quit := homeKeys(o, 80, 24, "enter"); m.Chosen().Kind != HomeTour || !quit {
		t.Error("enter does not take the tour")
	}
	if m, quit := homeKeys(o, 80, 24, "x"); m.Chosen().Kind != HomeNone || quit || m.typed != "" || m.offer {
		t.Error("another key does not skip the tour")
	}
}

// TestHomeClick: a click chooses what is below it, a second one opens it.
func TestHomeClick(t *testing.T) {
	for _, z := range sizes {
		m, _ := homeKeys(homeOptions(), z[0], z[1], "")
		m.paint()
		y := -1
		for i, l := range strings.Split(m.grid.Lines(), "\n") {
			if strings.Contains(l, "office.pcapng") {
				y = i
			}
		}
		for range 2 {
			next, _ := m.Update(tea.MouseClickMsg{X: 5, Y: y, Button: tea.MouseLeft})
			m = next.(HomeModel)
		}
		if m.Chosen().Kind != HomeRecent {
			t.Errorf("%v: %+v", z, m.Chosen())
		}
	}
}

// FuzzHome: whatever is typed, pasted or clicked, nothing panics and nothing
// steers the terminal.
func FuzzHome(f *testing.F) {
	f.Add("zer\x1b[31m", 80, 24, 10, 10)
	f.Fuzz(func(t *testing.T, text string, w, h, x, y int) {
		if w > 300 || h > 100 {
			return
		}
		o := homeOptions()
		o.Entries[4].Name, o.Entries[4].Arg = text, text
		var m tea.Model = NewHome(o, noEnv)
		for _, msg := range []tea.Msg{tea.WindowSizeMsg{Width: w, Height: h}, tea.PasteMsg{Content: text}, tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft}, tea.KeyPressMsg{Code: 'x', Text: text},
			tea.MouseWheelMsg{X: x, Y: y, Button: tea.MouseWheelDown}, homeKey("esc"), homeKey("end")} {
			m, _ = m.Update(msg)
			if out := m.View().Content; steers(out) {
				t.Fatalf("%q", out)
			}
		}
	})
}
