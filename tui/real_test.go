package tui

import (
	"net/netip"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// bundled opens a bundled capture as a walk that is indexed.
func bundled(t testing.TB, name string) *view.Session {
	t.Helper()
	e, ok := pcaps.Lookup(name)
	if !ok {
		t.Fatal("no capture " + name)
	}
	r, err := e.Open()
	if err != nil {
		t.Fatal(err)
	}
	host, err := lab.Parse(e.Name+".host", e.Host())
	if err != nil {
		t.Fatal(err)
	}
	local, err := netip.ParseAddr(e.Local)
	if err != nil {
		t.Fatal(err)
	}
	k, err := walk.Open(r, stack.Options{Setup: host.Setup, Local: wire.FromNetip(local), Because: "it recorded the capture"})
	if err != nil {
		t.Fatal(err)
	}
	s := view.NewSession(k, name)
	for {
		done, err := s.Advance(1 << 12)
		if err != nil {
			t.Fatal(err)
		}
		if done {
			return s
		}
	}
}

// TestRealWalks draws every step of the bundled captures' beginnings at each
// size: nothing panics, nothing steers the terminal.
func TestRealWalks(t *testing.T) {
	for _, e := range pcaps.Bundled() {
		t.Run(e.Name, func(t *testing.T) {
			m := NewModel(bundled(t, e.Name), false)
			for i := range 150 {
				z := sizes[i%len(sizes)]
				next, _ := m.Update(tea.WindowSizeMsg{Width: z[0], Height: z[1]})
				m = next.(Model)
				if out := m.View().Content; steers(out) {
					t.Fatalf("step %d: %q", i, out)
				}
				if m.s.Do(view.Command{Verb: view.Forward, N: 1 + i/10}) != nil {
					break
				}
				m.scene = m.s.Scene()
			}
		})
	}
}

// BenchmarkStep is a key's whole way: the command, the Scene, the frame.
func BenchmarkStep(b *testing.B) {
	m := NewModel(bundled(b, "http"), false)
	m.w, m.h = 200, 50
	b.ReportAllocs()
	for b.Loop() {
		if m.s.Do(view.Command{Verb: view.Forward}) != nil {
			m.s.Do(view.Command{Verb: view.First})
		}
		m.scene = m.s.Scene()
		m.paint()
		_ = m.grid.String(darkTheme)
	}
}
