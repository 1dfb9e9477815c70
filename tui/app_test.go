package tui

import (
	"io"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/view"
)

// toy is a walk of n frames with six steps each; every third is dropped.
type toy struct {
	n, indexed int
	log        trace.Log
	story      map[int][]int
	calls      int // of Advance and Find
}

type toySKB struct{ pkt uint32 }

func (b *toySKB) Kind() step.Kind            { return step.KindSKB }
func (b *toySKB) TraceID() uint32            { return b.pkt }
func (b *toySKB) TracePkt() (uint32, uint32) { return b.pkt, b.pkt }
func (b *toySKB) Observe(o *trace.Obs)       { o[step.SKBLen] = 60 }

func newToy(n int) *toy {
	k := &toy{n: n, story: map[int][]int{}}
	clock := &sim.Clock{}
	t := &trace.Tracer{Mode: trace.Record, Clock: clock}
	for i := range n {
		clock.RunUntil(sim.Time(i) * 1e6)
		first := len(t.Log.Events)
		b := &toySKB{uint32(i + 1)}
		t.Root(b.pkt)
		t.Frame(0, b, 2, make([]byte, 60))
		func() {
			defer t.In(step.NetRxAction, b).Out()
			func() { defer t.In(step.EthTypeTrans, b).Out() }()
			func() {
				defer t.In(step.NetifReceiveSkbCore, b).Out()
				if i%3 == 2 {
					t.End(b, trace.Dropped, step.DropOtherhost, step.NetifReceiveSkbCore, 0)
				} else {
					t.End(b, trace.Consumed, 0, step.NetifReceiveSkbCore, 0)
				}
			}()
		}()
		for e := first; e < len(t.Log.Events); e++ {
			k.story[i] = append(k.story[i], e)
		}
	}
	k.log = t.Log
	return k
}

func (k *toy) Events() *trace.Log           { return &k.log }
func (k *toy) Story(frame int) []int        { return k.story[frame] }
func (k *toy) StateAt(event int) view.State { return view.State{} }
func (k *toy) Advance(n int) (bool, error) {
	k.calls++
	k.indexed = min(k.indexed+n, k.n)
	return k.indexed == k.n, nil
}
func (k *toy) Len() int     { return k.n }
func (k *toy) Indexed() int { return k.indexed }
func (k *toy) Packet(i int) view.Summary {
	s := view.Summary{At: int64(i) * 1e6, Outcome: trace.Consumed}
	if i%3 == 2 {
		s.Outcome, s.Reason, s.Landmarks = trace.Dropped, step.DropOtherhost, view.MarkDrop
	}
	return s
}
func (k *toy) Frame(i int) (pcaps.Frame, error) {
	if i >= k.n {
		return pcaps.Frame{}, io.EOF
	}
	return pcaps.Frame{N: i + 1, Data: make([]byte, 60), OrigLen: 60, Link: pcaps.LinkEthernet}, nil
}
func (k *toy) Findings() []string              { return nil }
func (k *toy) Chunk(i int) (view.Chunk, error) { return k, nil }
func (k *toy) Names() view.Names               { return k }
func (k *toy) DevName(int) string              { return "eth0" }
func (k *toy) Text(uint64) string              { return "" }
func (k *toy) HostName(uint8) string           { return "host" }
func (k *toy) LastWrite(at view.Cursor, _ view.StateKey) (view.Cursor, bool, error) {
	return at, false, nil
}
func (k *toy) Find(from view.Cursor, back bool, m view.Match) (view.Cursor, bool, error) {
	k.calls++
	for f := from.Frame + 1; f < k.indexed; f++ {
		if m.Landmarks&view.MarkDrop != 0 && f%3 == 2 {
			return view.Cursor{Frame: f, Step: 4}, true, nil
		}
	}
	return from, false, nil
}

// driver runs a Model without a terminal: messages in order, commands at once.
// Ticks are kept apart, to be counted.
type driver struct {
	t     *testing.T
	m     tea.Model
	ticks []tea.Msg
}

func newDriver(t *testing.T, n int) *driver {
	m := NewModel(view.New(newToy(n), "toy"), true)
	d := &driver{t: t, m: m}
	d.run(m.index())
	d.msg(tea.WindowSizeMsg{Width: 120, Height: 40})
	return d
}

func (d *driver) model() Model { return d.m.(Model) }

func (d *driver) msg(msg tea.Msg) {
	m, cmd := d.m.Update(msg)
	d.m = m
	d.run(cmd)
}

func (d *driver) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case nil:
	case tea.BatchMsg:
		for _, c := range msg {
			d.run(c)
		}
	case tickMsg, playMsg:
		d.ticks = append(d.ticks, msg)
	default:
		d.msg(msg)
	}
}

func (d *driver) keys(keys ...string) {
	for _, k := range keys {
		d.msg(press(k))
	}
}

func press(k string) tea.KeyPressMsg {
	named := map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "backspace": tea.KeyBackspace, "tab": tea.KeyTab, "left": tea.KeyLeft, "right": tea.KeyRight}
	if c, ok := named[k]; ok {
		return tea.KeyPressMsg{Code: c}
	}
	if k == "space" {
		return tea.KeyPressMsg{Code: tea.KeySpace, Text: " "}
	}
	return tea.KeyPressMsg{Code: rune(k[0]), Text: k}
}

func (d *driver) at(packet, step int) {
	d.t.Helper()
	if s := d.model().scene; s.Packet != packet || s.Step != step {
		d.t.Errorf("at packet %d step %d, want %d, %d", s.Packet, s.Step, packet, step)
	}
}

func TestKeysMove(t *testing.T) {
	d := newDriver(t, 9)
	d.at(1, 1)
	d.keys("l", "right")
	d.at(1, 3)
	d.keys("h")
	d.at(1, 2)
	d.keys("n", "n", "p")
	d.at(2, 1)
	d.keys("d")
	d.at(3, 5)
	d.keys(":", "7", "enter")
	d.at(7, 1)
	d.keys("G")
	d.at(9, 1)
	d.keys("g")
	d.at(1, 1)
	d.keys("backspace")
	d.at(9, 1)
	d.keys("u", "x", "y", "enter")
	d.at(9, 1)
	if n := d.model().scene.Notice; !strings.Contains(n, "xy") {
		t.Errorf("notice %q", n)
	}
	d.keys("u", "x", "esc", "g")
	d.at(1, 1)
	d.keys("?")
	if !d.model().help {
		t.Error("no help")
	}
	d.keys("l", "?")
	if d.model().help {
		t.Error("help stays")
	}
	d.at(1, 1)
	if _, cmd := d.m.Update(press("q")); cmd == nil || reflect.TypeOf(cmd()) != reflect.TypeOf(tea.Quit()) {
		t.Error("q does not quit")
	}
}

// TestFold: keys that come while a command is under way are folded, and none
// is lost.
func TestFold(t *testing.T) {
	d := newDriver(t, 9)
	m := d.model()
	var first tea.Cmd
	for i := range 13 {
		next, cmd := m.Update(press("l"))
		m = next.(Model)
		if i == 0 {
			first = cmd
		} else if cmd != nil {
			t.Fatal("two commands at a time")
		}
	}
	if len(m.queue) != 1 || m.queue[0].N != 12 {
		t.Fatalf("queue %+v", m.queue)
	}
	d.m = m
	d.run(first)
	d.at(3, 4)
}

// TestIdle: nothing ticks when nothing moves; a step's ticks end; playing ends
// at the end of the capture.
func TestIdle(t *testing.T) {
	d := newDriver(t, 2)
	if len(d.ticks) != 0 {
		t.Fatalf("ticks at the start: %v", d.ticks)
	}
	d.keys("l")
	n := 0
	for ; len(d.ticks) > 0 && n < 100; n++ {
		msg := d.ticks[0]
		d.ticks = d.ticks[1:]
		d.msg(msg)
	}
	if n == 0 || n > frames+1 {
		t.Errorf("a step took %d ticks", n)
	}
	if d := time.Duration(n) * tick; d > 250*time.Millisecond {
		t.Errorf("the token takes %v", d)
	}
	for range 20 {
		d.keys("+")
	}
	d.keys("space")
	for n = 0; len(d.ticks) > 0 && n < 500; n++ {
		msg := d.ticks[0]
		d.ticks = d.ticks[1:]
		d.msg(msg)
	}
	if n == 500 {
		t.Fatal("it ticks for ever")
	}
	d.at(2, 5)
	if d.model().local.playing {
		t.Error("still playing")
	}
}

// TestBackground: a large capture is indexed in slices, and keys work meanwhile.
func TestBackground(t *testing.T) {
	k := newToy(300)
	m := NewModel(view.New(k, "toy"), true)
	m.slice = 1
	s := m.s
	s.Advance(10)
	next, _ := m.Update(sceneMsg{s.Scene(), nil})
	m = next.(Model)
	m.paint()
	if !strings.Contains(m.grid.Lines(), "indexing [") {
		t.Error("no progress bar")
	}
	next, cmd := m.Update(press("G"))
	m = next.(Model)
	next, _ = m.Update(cmd())
	if p := next.(Model).scene.Packet; p != 10 {
		t.Errorf("the last packet is %d while ten are indexed", p)
	}
}

// TestResize: any size at any time; nothing panics, and the screen has its size.
func TestResize(t *testing.T) {
	d := newDriver(t, 9)
	for w := 0; w < 220; w += 11 {
		for h := 0; h < 70; h += 3 {
			d.msg(tea.WindowSizeMsg{Width: w, Height: h})
			d.keys("l", "tab", "J")
			out := d.m.View().Content
			if n := strings.Count(out, "\n") + 1; n != max(h, 1) {
				t.Fatalf("%dx%d: %d rows", w, h, n)
			}
			if steers(out) {
				t.Fatalf("%dx%d: control characters", w, h)
			}
		}
	}
}

// TestColours: NO_COLOR has none; the themes give every style that a reader
// must not miss a look.
func TestColours(t *testing.T) {
	for s, seq := range plainTheme {
		if strings.Contains(seq, "38;") || strings.Contains(seq, "48;") {
			t.Errorf("style %d has a colour without colours", s)
		}
	}
	for _, th := range []*Theme{darkTheme, lightTheme, plainTheme} {
		for _, s := range []Style{StyleDrop, StyleHere, StyleStrong, StyleWarn, StyleToken, StyleKey} {
			if th[s] == "" {
				t.Errorf("style %d looks like nothing", s)
			}
		}
	}
	if themeFor(true, true) != plainTheme || themeFor(false, true) != darkTheme || themeFor(false, false) != lightTheme {
		t.Error("wrong theme")
	}
}

func TestHome(t *testing.T) {
	var b strings.Builder
	Home(&b)
	for _, e := range pcaps.Bundled() {
		if !strings.Contains(b.String(), "  "+e.Name+" ") || !strings.Contains(b.String(), e.Shows) {
			t.Errorf("%s is not listed", e.Name)
		}
	}
}

// TestPatience: a Command that takes long says so, and esc cancels it.
func TestPatience(t *testing.T) {
	d := newDriver(t, 9)
	m := d.model()
	cancelled := false
	m.patient, m.cancel, m.doing = true, func() { cancelled = true }, func() string { return "looked through 3 of 9 packets" }
	next, cmd := m.Update(press("d"))
	m = next.(Model)
	if cmd == nil || !m.busy {
		t.Fatal("nothing is under way")
	}
	next, cmd = m.Update(waitMsg{m.sent, patience})
	m = next.(Model)
	m.paint()
	if g := m.grid.Lines(); !strings.Contains(g, "looked through 3 of 9 packets 0.2 s: esc cancels") {
		t.Errorf("no progress:\n%s", g)
	}
	if cmd == nil {
		t.Error("the progress does not go on")
	}
	next, _ = m.Update(press("esc"))
	m = next.(Model)
	if !cancelled {
		t.Error("esc does not cancel")
	}
	next, _ = m.Update(sceneMsg{m.s.Scene(), nil})
	m = next.(Model)
	next, cmd = m.Update(waitMsg{m.sent, 2 * patience})
	if m = next.(Model); m.local.busy != 0 || cmd != nil {
		t.Error("the progress stays")
	}
}

// TestSlowTerminal: while a frame is still being written no step is taken, and
// the token is where it is by the clock.
func TestSlowTerminal(t *testing.T) {
	d := newDriver(t, 9)
	m := d.model()
	full := true
	m.outBusy = func() bool { return full }
	m.play(true)
	next, _ := m.Update(playMsg{m.run})
	if m = next.(Model); m.busy {
		t.Error("a step while the frame before is being written")
	}
	full = false
	next, _ = m.Update(playMsg{m.run})
	if m = next.(Model); !m.busy {
		t.Error("no step although the frame is written")
	}
	m.patient = true
	m.local.token = token{from: view.UpWire, to: view.UpApp, start: time.Now().Add(-time.Second)}
	m.ticking = true
	next, cmd := m.Update(tickMsg{})
	if m = next.(Model); m.local.token.moving() || cmd != nil {
		t.Error("the token is late")
	}
}

// TestOutput knows when it is being written to.
func TestOutput(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	o := &output{File: w}
	if o.busy() {
		t.Error("busy from the start")
	}
	done := make(chan bool)
	go func() {
		o.Write(make([]byte, 1<<20)) // more than a pipe holds
		close(done)
	}()
	for end := time.Now().Add(5 * time.Second); !o.busy() && time.Now().Before(end); time.Sleep(time.Millisecond) {
	}
	if !o.busy() {
		t.Error("not busy while the reader is slow")
	}
	io.CopyN(io.Discard, r, 1<<20)
	<-done
	if o.busy() {
		t.Error("busy for ever")
	}
}
