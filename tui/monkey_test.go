package tui

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// A monkey presses keys, clicks, and pulls at the window's corners. What a
// Command leads to comes late at times, as with a slow capture.
type monkey struct {
	t       *testing.T
	rnd     *rand.Rand
	m       tea.Model
	pending []tea.Cmd
	done    []view.Command
	keys    []string
}

func newMonkey(t *testing.T, s *view.Session, seed uint64) *monkey {
	k := &monkey{t: t, rnd: rand.New(rand.NewPCG(seed, 1))}
	m := NewModel(s, seed%2 == 0)
	m.patient, m.cancel, m.doing = seed%3 == 0, s.Cancel, s.Working
	m.tell = func(c view.Command) { k.done = append(k.done, c) }
	k.m = m
	for _, row := range Keys {
		if row.Action != Quit && row.Action != Suspend {
			k.keys = append(k.keys, row.Keys...)
		}
	}
	k.keys = append(k.keys, "x", "y", "0", "7", ".", "(", "#", "up", "down", "delete", "f9", "enter", "esc", "enter", "backspace")
	return k
}

// monkeyTexts are what is typed and pasted.
var monkeyTexts = []string{"tcp", "icmp or arp", "12", "99999999999999999999", "-5", "forward 3", "until ip_rcv", "drop", "state", "port 80", "\x1b[2J\x1b[<0;9;9M", "日本語", "\x00\xff",
	"break tcp_v4_rcv", "look sk", "why-value sk.state", "choose 2", "open", "depth kernel", "explain qdisc", "explain", "grain field", "follow flow", "search ack", "lesson", strings.Repeat("a", 900)}

func (k *monkey) send(msg tea.Msg) {
	var cmd tea.Cmd
	k.m, cmd = k.m.Update(msg)
	if cmd != nil {
		k.pending = append(k.pending, cmd)
	}
}

// settle carries out what is pending; clocks do not tick by themselves.
func (k *monkey) settle() {
	for len(k.pending) > 0 {
		c := k.pending[0]
		k.pending = k.pending[1:]
		if c == nil {
			continue
		}
		switch msg := c().(type) {
		case nil, tea.QuitMsg, stopMsg, indexMsg:
		case tickMsg, playMsg, waitMsg:
		case tea.BatchMsg:
			k.pending = append(k.pending, msg...)
		default:
			k.send(msg)
		}
	}
}

func (k *monkey) do() {
	r := k.rnd
	m := k.m.(Model)
	switch n := r.IntN(100); {
	case n < 66:
		name := k.keys[r.IntN(len(k.keys))]
		k.send(keyMsg(name))
	case n < 72:
		for _, c := range monkeyTexts[r.IntN(len(monkeyTexts))] {
			k.send(tea.KeyPressMsg{Code: c, Text: string(c)})
		}
		k.send(keyMsg("enter"))
	case n < 75:
		k.send(tea.PasteMsg{Content: monkeyTexts[r.IntN(len(monkeyTexts))]})
	case n < 84:
		k.send(tea.MouseClickMsg{X: r.IntN(m.w+20) - 10, Y: r.IntN(m.h+20) - 10, Button: tea.MouseButton(r.IntN(12))})
	case n < 88:
		k.send(tea.MouseMotionMsg{X: r.IntN(m.w+20) - 10, Y: r.IntN(m.h+20) - 10, Button: tea.MouseLeft})
	case n < 90:
		k.send(tea.MouseReleaseMsg{X: r.IntN(m.w + 1), Y: r.IntN(m.h + 1)})
	case n < 94:
		k.send(tea.MouseWheelMsg{X: r.IntN(m.w + 1), Y: r.IntN(m.h + 1), Button: tea.MouseWheelUp + tea.MouseButton(r.IntN(4))})
	case n < 96:
		k.send(tickMsg{})
		k.send(playMsg{m.run})
	default:
		z := [][2]int{{80, 24}, {100, 30}, {120, 40}, {160, 45}, {200, 50}, {20, 5}, {0, 0}, {500, 200}, {79, 24}, {1, 300}, {r.IntN(240), r.IntN(80)}, {110 + r.IntN(90), 30 + r.IntN(30)}}[r.IntN(12)]
		k.send(tea.WindowSizeMsg{Width: z[0], Height: z[1]})
	}
	if r.IntN(3) > 0 {
		k.settle()
	}
}

// keyMsg is a key by its name, as the program's messages have it.
func keyMsg(name string) tea.KeyPressMsg {
	msg, err := keyNamed(name)
	if err != nil {
		return press(name)
	}
	return msg
}

func (k *monkey) check(i int) {
	k.t.Helper()
	m := k.m.(Model)
	m.paint()
	if m.grid.W != max(0, m.w) || m.grid.H != max(0, m.h) {
		k.t.Fatalf("event %d: the screen has %dx%d cells, not %dx%d", i, m.grid.W, m.grid.H, m.w, m.h)
	}
	if m.grid.lost > 0 {
		k.t.Fatalf("event %d: %d cells drawn outside of a pane, at %dx%d", i, m.grid.lost, m.w, m.h)
	}
	if i%16 == 0 {
		out := m.grid.String(m.theme)
		if steers(out) {
			k.t.Fatalf("event %d: a control character on the screen", i)
		}
		if rows := strings.Count(out, "\n") + 1; rows != max(m.h, 1) {
			k.t.Fatalf("event %d: %d rows of %d", i, rows, m.h)
		}
	}
}

// TestMonkey: ten thousand random keys, mouse events and resizes on each capture. Nothing
// panics, nothing is drawn outside of its pane, and the walk ends where the same
// commands end without a screen.
func TestMonkey(t *testing.T) {
	n := 10000
	if testing.Short() {
		n = 2500
	}
	timer = func(_ time.Duration, f func(time.Time) tea.Msg) tea.Cmd {
		return func() tea.Msg { return f(time.Time{}) }
	}
	defer func() { timer = tea.Tick }()
	captures := []string{"ping", "http", "closed-ports", "loss"}
	for i, name := range captures {
		t.Run(name, func(t *testing.T) {
			s := bundled(t, name)
			k := newMonkey(t, s, uint64(i+1))
			for i := range n {
				k.do()
				k.check(i)
			}
			k.settle()
			other := bundled(t, name)
			for _, c := range k.done {
				other.Do(c)
			}
			for range 20 { // each Scene of the overview finds out some more ways
				s.Scene()
				other.Scene()
			}
			got, _ := json.Marshal(s.Scene())
			want, _ := json.Marshal(other.Scene())
			if string(got) != string(want) {
				t.Errorf("after %d commands the screen is at %s, without it it is %s\n%s", len(k.done), place1(s), place1(other), differ(got, want))
			}
			k.send(sceneMsg{scene: s.Scene()})
			k.settle()
			shown := k.m.(Model).scene
			now := s.Scene()
			shown.Notice, now.Notice = "", ""
			got, _ = json.Marshal(shown)
			want, _ = json.Marshal(now)
			if string(got) != string(want) {
				t.Errorf("the screen shows packet %d step %d, the walk is at %s\n%s", shown.Packet, shown.Step, place1(s), differ(got, want))
			}
			t.Logf("%d events, %d commands, ends at %s", n, len(k.done), place1(s))
			if len(k.done) < n/6 {
				t.Errorf("only %d commands were carried out", len(k.done))
			}
		})
	}
}

func place1(s *view.Session) string {
	sc := s.Scene()
	return sc.Place()
}

// differ is where two texts begin to differ.
func differ(a, b []byte) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	from := max(0, i-60)
	return "… " + string(a[from:min(len(a), i+80)]) + "\n… " + string(b[from:min(len(b), i+80)])
}
