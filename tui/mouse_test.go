package tui

import (
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// realDriver runs the Model on a real walk.
func realDriver(t *testing.T, name string, w, h int) *driver {
	m := NewModel(bundled(t, name), true)
	m.scene.Whole = true
	d := &driver{t: t, m: m}
	d.run(m.index())
	d.msg(tea.WindowSizeMsg{Width: w, Height: h})
	return d
}

func (d *driver) rect(p Pane) Rect {
	m := d.model()
	return m.rect(p)
}

func (d *driver) click(x, y int) {
	d.msg(tea.MouseClickMsg{X: x, Y: y, Button: tea.MouseLeft})
	d.msg(tea.MouseReleaseMsg{X: x, Y: y, Button: tea.MouseLeft})
}

// find is the cell where a text begins in a pane.
func (d *driver) find(p Pane, text string) (x, y int) {
	d.t.Helper()
	m := d.model()
	m.paint()
	r := m.rect(p)
	rows := strings.Split(m.grid.Lines(), "\n")
	for y := r.Y; y < r.Y+r.H; y++ {
		row := []rune(rows[y])
		from, to := min(r.X, len(row)), min(r.X+r.W, len(row))
		if i := strings.Index(string(row[from:to]), text); i >= 0 {
			return r.X + len([]rune(string(row[from:to])[:i])), y
		}
	}
	d.t.Fatalf("%s does not show %q:\n%s", p, text, m.grid.Lines())
	return 0, 0
}

// TestMouse clicks on what is there.
func TestMouse(t *testing.T) {
	for _, z := range sizes {
		d := realDriver(t, "ping", z[0], z[1])
		x, y := d.find(PaneList, " 3  0.0")
		d.click(x+20, y)
		d.at(3, 1)
		row := d.model().scene.Tree[2]
		if row.N != 3 {
			t.Fatal(row)
		}
		x, y = d.find(PaneCalls, "  3 ")
		d.click(x+8, y)
		d.at(3, 3)
		if f := d.model().local.focus; f != PaneCalls {
			t.Errorf("%v: the keys are at %s", z, f)
		}
		m := d.model()
		at, ok := stageRect(m.rect(PaneMap), view.UpRoute)
		if !ok {
			t.Fatal("no routing")
		}
		d.click(at.X+1, at.Y)
		if got := d.model().local.stage; got != view.UpRoute {
			t.Errorf("%v: the cursor is at %v", z, got)
		}
		x, y = d.find(PaneFooter, "l step")
		d.click(x, y)
		d.at(3, 4)
		x, y = d.find(PaneFooter, "? help")
		d.click(x, y)
		if !d.model().help {
			t.Errorf("%v: no help", z)
		}
		d.click(3, 3)
		if d.model().help {
			t.Errorf("%v: help stays", z)
		}
		d.msg(tea.MouseClickMsg{X: 2, Y: 3, Button: tea.MouseRight})
		d.at(1, 1) // back from the jump
	}
}

// TestTabs: the tabs of the state are clicked, or chosen by number.
func TestTabs(t *testing.T) {
	d := realDriver(t, "http", 120, 40)
	for i, p := range tabs {
		d.keys(itoa((i + 1) % 10))
		m := d.model()
		if m.local.slot() != p || m.local.focus != p || m.rect(p).Empty() {
			t.Errorf("key %d shows %s", i+1, m.local.slot())
		}
	}
	m := d.model()
	r := m.rect(m.local.slot())
	d.click(tabPlaces(r, &m.local)[3]+1, r.Y)
	m = d.model()
	if got := m.local.slot(); got != tabs[3] {
		t.Errorf("a click shows %s", got)
	}
	d.keys("Z")
	m = d.model()
	if r := m.rect(tabs[3]); r.W != 120 || r.H != 36 || !m.rect(PaneMap).Empty() {
		t.Errorf("zoomed it is %v", r)
	}
	d.keys("esc")
	if m := d.model(); m.local.zoom {
		t.Error("it stays zoomed")
	}
	d.msg(tea.WindowSizeMsg{Width: 80, Height: 24})
	d.keys("2")
	if m := d.model(); m.rect(PaneTables).Empty() || !m.rect(PaneWhy).Empty() {
		t.Error("on a small screen the tab does not take the detail's place")
	}
}

// TestValueClick: a click on a value goes back to who wrote it.
func TestValueClick(t *testing.T) {
	d := realDriver(t, "http", 160, 45)
	d.keys(":", "6", "enter")
	for range 30 {
		d.keys("l")
	}
	before := d.model().scene
	x, y := d.find(PaneState, "sk.state ESTABLISHED")
	d.click(x+11, y)
	after := d.model().scene
	if after.Packet >= before.Packet {
		t.Errorf("from packet %d to %d step %d: %q", before.Packet, after.Packet, after.Step, after.Notice)
	}
	d.keys("backspace")
	d.at(before.Packet, before.Step)
}

// TestScrub drags on the timeline.
func TestScrub(t *testing.T) {
	d := realDriver(t, "http", 120, 40)
	r := d.rect(PaneTimeline)
	d.msg(tea.MouseClickMsg{X: r.W / 2, Y: r.Y, Button: tea.MouseLeft})
	half := d.model().scene.Packet
	if half < 20 || half > 32 {
		t.Errorf("in the middle is packet %d of 52", half)
	}
	d.msg(tea.MouseMotionMsg{X: r.W - 2, Y: r.Y + 9, Button: tea.MouseLeft})
	if p := d.model().scene.Packet; p < 50 {
		t.Errorf("dragged to the end: packet %d", p)
	}
	d.msg(tea.MouseMotionMsg{X: 0, Y: r.Y, Button: tea.MouseLeft})
	d.at(1, 1)
	d.msg(tea.MouseReleaseMsg{X: 0, Y: r.Y})
	d.msg(tea.MouseMotionMsg{X: 50, Y: r.Y, Button: tea.MouseLeft})
	d.at(1, 1)
	d.keys("]")
	d.at(6, 1)
	d.keys("]", "[")
	d.at(6, 1)
	d.keys("[", "[", "[")
	d.at(1, 1)
}

// TestWheel scrolls what is below, and gives it the keys.
func TestWheel(t *testing.T) {
	d := realDriver(t, "http", 80, 24)
	r := d.rect(PaneList)
	d.msg(tea.MouseWheelMsg{X: 5, Y: r.Y + 1, Button: tea.MouseWheelDown})
	if m := d.model(); m.local.focus != PaneList || m.local.scroll != 3 {
		t.Errorf("%s scrolled by %d", m.local.focus, m.local.scroll)
	}
	r = d.rect(PaneMap)
	d.msg(tea.MouseWheelMsg{X: 5, Y: r.Y, Button: tea.MouseWheelDown})
	d.at(1, 2)
	d.msg(tea.MouseWheelMsg{X: 5, Y: r.Y, Button: tea.MouseWheelUp})
	d.at(1, 1)
	d.keys("M")
	d.msg(tea.MouseWheelMsg{X: 5, Y: r.Y, Button: tea.MouseWheelDown})
	d.at(1, 1)
}
