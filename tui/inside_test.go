package tui

import (
	"testing"

	"github.com/packetwalk/packetwalk/stack/view"
)

// TestInside: no pane draws a cell that is not its own, at any size, and whole
// screens leave no attempt to.
func TestInside(t *testing.T) {
	for _, name := range sceneNames {
		s := scene(t, name)
		for _, z := range sizes {
			for p := range numPanes {
				for _, tab := range tabs {
					m := model(s, z[0], z[1])
					m.local.focus, m.local.tab, m.detail = p, tab, PaneState
					m.local.stage = view.UpRoute
					m.help = p == PaneHelp
					m.paint()
					if m.grid.lost > 0 {
						t.Errorf("%s at %v with the keys at %s, tab %s: %d cells outside", name, z, p, tab, m.grid.lost)
					}
				}
			}
		}
		for w := MinW; w < 230; w += 13 {
			for h := MinH; h < 80; h += 7 {
				m := model(s, w, h)
				m.local.stage, m.local.focus = view.Forwarding, PaneMap
				m.paint()
				if m.grid.lost > 0 {
					t.Errorf("%s at %dx%d: %d cells outside", name, w, h, m.grid.lost)
				}
			}
		}
	}
}
