package tui

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// pairAt are two bundled captures at packets.
func pairAt(t testing.TB, a string, n int, b string, k int) *view.Pair {
	t.Helper()
	x := bundled(t, a)
	var y *view.Session
	if a == b {
		y = x.Twin()
	} else {
		y = bundled(t, b)
	}
	for i, s := range []*view.Session{x, y} {
		if err := s.Do(view.Command{Verb: view.Seek, N: []int{n, k}[i]}); err != nil {
			t.Fatal(err)
		}
	}
	return view.NewPair(x, y)
}

// compareKeys gives the screen keys, and lets each do its work.
func compareKeys(t testing.TB, p *view.Pair, w, h int, keys string) (m CompareModel, quit bool) {
	t.Helper()
	var next tea.Model = NewCompare(p, Options{}, noEnv)
	next, _ = next.Update(tea.WindowSizeMsg{Width: w, Height: h})
	for _, k := range strings.Fields(keys) {
		var cmd tea.Cmd
		next, cmd = next.Update(homeKey(k))
		for cmd != nil {
			msg := cmd()
			if _, quit = msg.(tea.QuitMsg); quit {
				break
			}
			next, cmd = next.Update(msg)
		}
	}
	return next.(CompareModel), quit
}

// twoScenes are two packets that part in tcp_v4_rcv.
func twoScenes(here int) view.PairScene {
	row := func(n, depth int, text string) view.Row {
		return view.Row{N: n, Depth: depth, Kind: "call", Text: text}
	}
	both := func(n, depth int, text string, same bool) view.PairRow {
		return view.PairRow{Left: row(n, depth, text), Right: row(n, depth, text), Same: same}
	}
	p := view.PairScene{Linked: true, Here: here, First: 22,
		Line: "They part at step 23, in tcp_v4_rcv. Left: nobody listens on port 9999. Right: a socket listens on port 80. Then the left goes through tcp_v4_send_reset, the right through tcp_v4_do_rcv."}
	for i := range 22 {
		p.Rows = append(p.Rows, both(i+1, 1+i%5, fmt.Sprintf("function_%d", i), true))
	}
	p.Rows = append(p.Rows, both(23, 4, "tcp_v4_rcv", false), view.PairRow{Left: row(24, 5, "tcp_v4_send_reset")})
	p.Rows = append(p.Rows, view.PairRow{Left: view.Row{N: 25, Depth: 5, Kind: "end", Text: "DROPPED NO_SOCKET at tcp_v4_rcv", Drop: true}})
	for i := range 12 {
		p.Rows = append(p.Rows, view.PairRow{Right: row(24+i, 5+i%3, fmt.Sprintf("tcp_function_%d", i))})
	}
	for i := 22; i < len(p.Rows); i++ {
		p.Diffs = append(p.Diffs, i)
	}
	p.A = view.Scene{Title: "closed-ports", Packet: 5, Step: 23, Steps: 25, Lit: view.UpTransport, Kind: "call", Func: "tcp_v4_rcv", Layer: "transport", File: "net/ipv4/tcp_ipv4.c",
		Line: "IP 10.0.0.1.54958 > 10.0.0.2.9999: Flags [S], seq 627894215, win 64240, options [mss 1460], length 0", Says: "No connection has these addresses and ports, and nobody listens on port 9999.",
		Changes: []view.Delta{{Name: "skb.ip_summed", From: "NONE", To: "UNNECESSARY"}}, Verdict: view.Verdict{Outcome: "dropped", Reason: "NO_SOCKET", Reached: true}}
	p.B = view.Scene{Title: "http", Packet: 3, Step: 23, Steps: 35, Lit: view.UpTransport, Kind: "call", Func: "tcp_v4_rcv", Layer: "transport", File: "net/ipv4/tcp_ipv4.c",
		Line: "IP 10.0.0.1.35372 > 10.0.0.2.80: Flags [S], seq 595509195, win 64240, options [mss 1460], length 0", Says: "No connection with 10.0.0.1 port 35372; a socket listens on port 80."}
	return p
}

func TestCompareScreens(t *testing.T) {
	for _, z := range sizes {
		for name, p := range map[string]view.PairScene{"part": twoScenes(22), "only": twoScenes(23), "start": twoScenes(0), "end": twoScenes(36)} {
			m := CompareModel{scene: p, w: z[0], h: z[1], grid: &Grid{}, dark: true}
			m.fit()
			m.paint()
			golden(t, fmt.Sprintf("compare_%s_%dx%d.txt", name, z[0], z[1]), m.grid.Lines())
			if out := m.View().Content; steers(out) {
				t.Errorf("%q", out)
			}
		}
	}
	p := twoScenes(22)
	p.Linked, p.Focus, p.Notice = false, 1, "from here on, they do not differ"
	m := CompareModel{scene: p, w: 80, h: 24, grid: &Grid{}}
	m.paint()
	golden(t, "compare_loose_80x24.txt", m.grid.Lines())
	m.w = 50
	if m.paint(); !strings.Contains(m.grid.Lines(), "needs 80 by 24") {
		t.Error(m.grid.Lines())
	}
}

// TestCompareKeys: the cursor is one for both sides.
func TestCompareKeys(t *testing.T) {
	first := pairAt(t, "closed-ports", 5, "http", 3).Scene().First
	if first <= 0 {
		t.Fatalf("a refused SYN goes the way of a taken one: %d", first)
	}
	rows := len(pairAt(t, "closed-ports", 5, "http", 3).Scene().Rows)
	for _, c := range []struct {
		keys string
		here int
		quit bool
	}{
		{"", first, false}, {"d", first + 1, false}, {"d D", first, false}, {"g", 0, false}, {"G", rows - 1, false},
		{"g f", first, false}, {"g down down k", 1, false}, {"g pgdown pgup", 0, false}, {"q", first, true}, {"esc", first, true}, {"ctrl+c", first, true},
	} {
		m, quit := compareKeys(t, pairAt(t, "closed-ports", 5, "http", 3), 120, 40, c.keys)
		if m.scene.Here != c.here || quit != c.quit {
			t.Errorf("%q: row %d, leaves %v; want %d, %v", c.keys, m.scene.Here, quit, c.here, c.quit)
		}
	}
	m, _ := compareKeys(t, pairAt(t, "closed-ports", 5, "http", 3), 120, 40, "n")
	if m.scene.A.Packet != 6 || m.scene.B.Packet != 4 {
		t.Errorf("n leads to packets %d and %d", m.scene.A.Packet, m.scene.B.Packet)
	}
	m, _ = compareKeys(t, pairAt(t, "ping", 4, "ping", 6), 120, 40, "f")
	if m.scene.Notice != "they do not part" {
		t.Errorf("notice %q", m.scene.Notice)
	}
}

// TestCompareClick: a click goes to the row below it.
func TestCompareClick(t *testing.T) {
	m, _ := compareKeys(t, pairAt(t, "closed-ports", 5, "http", 3), 120, 40, "")
	list, _ := m.parts()
	want := m.top + 2
	next, cmd := m.Update(tea.MouseClickMsg{X: 9, Y: list.Y + 2, Button: tea.MouseLeft})
	if cmd == nil {
		t.Fatal("nothing happens")
	}
	next, _ = next.Update(cmd())
	if m = next.(CompareModel); m.scene.Here != want {
		t.Errorf("row %d, want %d", m.scene.Here, want)
	}
}

func TestPlainPair(t *testing.T) {
	for _, c := range []struct {
		a    string
		n    int
		b    string
		k    int
		same bool
		want []string
	}{
		{"closed-ports", 5, "http", 3, false, []string{"They part at step ", "--- here they part ---\n~ ", "\nA  ", "tcp_v4_send_reset", "DROPPED NO_SOCKET", "    A: No connection has these addresses", "    B: No connection with 10.0.0.1"}},
		{"ping", 4, "ping", 6, true, []string{"Both go the same way", "=             ip_rcv"}},
	} {
		var b bytes.Buffer
		same, err := PlainPair(&b, pairAt(t, c.a, c.n, c.b, c.k))
		if err != nil || same != c.same {
			t.Errorf("%s, %s: the same: %v (%v)", c.a, c.b, same, err)
		}
		for _, w := range c.want {
			if !strings.Contains(b.String(), w) {
				t.Errorf("%s, %s: no %q in\n%s", c.a, c.b, w, b.String())
			}
		}
		if c.same && strings.Contains(b.String(), "part ---") {
			t.Errorf("%s: they part", c.a)
		}
	}
}

// FuzzCompare: whatever the Scene and the size, nothing panics, nothing steers
// the terminal.
func FuzzCompare(f *testing.F) {
	f.Add("a\x1b[2J", 3, 80, 24)
	f.Fuzz(func(t *testing.T, text string, n, w, h int) {
		if w > 300 || h > 100 {
			return
		}
		s := view.Scene{Title: text, Line: text, Says: text, Func: text, Packet: n, Steps: n}
		row := view.Row{N: n, Depth: n, Text: text, Kind: "call", Drop: n%2 == 0}
		m := CompareModel{scene: view.PairScene{A: s, B: s, Rows: []view.PairRow{{Left: row}, {Right: row}, {Left: row, Right: row}, {Left: row, Right: row, Same: true}}, Here: n & 3, First: n & 1, Line: text, Notice: text, Linked: n&4 > 0}, grid: &Grid{}}
		var next tea.Model = m
		next, _ = next.Update(tea.WindowSizeMsg{Width: w, Height: h})
		if out := next.View().Content; steers(out) {
			t.Errorf("%q", out)
		}
	})
}
