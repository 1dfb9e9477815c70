package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// A Model is the program's state: the Scene that is shown, and what the reader
// did to the screen.
type Model struct {
	s      *view.Session
	scene  view.Scene
	w, h   int
	detail Pane // on a narrow screen: why, state or bytes
	local  local
	help   bool

	look                 Look
	dark, still, noMouse bool
	theme                *Theme
	grid                 *Grid
	cancel               func() // ends the Command under way
	doing                func() string
	painter              *painter           // nil: the program's library paints
	kept                 bool               // the screen is as it was painted last
	outBusy              func() bool        // the last frame is still being written
	tell                 func(view.Command) // for tests: what is carried out

	busy    bool           // a Command is under way
	sent    int            // Commands so far
	patient bool           // say so when a Command takes long
	queue   []view.Command // behind it
	unknown int            // ways of the overview that were not known last
	slice   int            // frames to index at a time
	ticking bool
	run     int // of playing
	hist    *history
	sub     *CompareModel // a what-if, side by side, over all the rest
	asked   bool          // a console's command is under way
	live    bool          // the walk is of a run that goes on
	away    bool          // the reader has left the end of a live run
	printed int64         // how often its machine had printed something when the Scene was made
	moved   time.Time     // when the place went on with it last
	err     error
}

// NewModel returns the program for a Session.
func NewModel(s *view.Session, noColor bool) Model {
	m := Model{s: s, scene: s.Scene(), w: MinW, h: MinH, detail: PaneWhy, dark: true, grid: &Grid{}, slice: 64}
	m.local.focus, m.local.speed, m.local.tab = PaneWhy, startSpeed, PaneState
	m.live = s.Live()
	m.look.NoColor = noColor
	m.theme = m.look.theme(m.dark)
	m.local.token.to = m.scene.Lit
	return m
}

// sceneMsg is what a Command led to.
type sceneMsg struct {
	scene view.Scene
	err   error
}

// indexMsg is how far the index has come.
type indexMsg struct {
	indexed, packets, slice int
	done                    bool
	idle                    bool // it waits for what has not happened yet
	live                    string
	over                    string // why the run is over, empty while it goes on
	newest                  int
	printed                 int64 // changes when the running machine prints something
	err                     error
}

// Init asks for the terminal's background and begins to index.
func (m Model) Init() tea.Cmd { return tea.Batch(tea.RequestBackgroundColor, m.index()) }

// The index is made in slices, so that the Session is free in between.
const (
	sliceTime = 8 * time.Millisecond
	turnTime  = 32 * time.Millisecond
)

// index indexes a few slices.
func (m Model) index() tea.Cmd {
	s, n, live := m.s, m.slice, m.live
	return func() tea.Msg {
		var r indexMsg
		had, _, _ := s.Progress()
		for begin := time.Now(); time.Since(begin) < turnTime && !r.done && r.err == nil && !r.idle; {
			t := time.Now()
			r.done, r.err = s.Advance(n)
			now, _, _ := s.Progress()
			r.idle, had = live && now == had, now
			switch d := time.Since(t); {
			case d > sliceTime:
				n = max(1, n/2)
			case d < sliceTime/4:
				n = min(n*2, 1<<14)
			}
		}
		if live {
			r.live, r.over, r.newest = s.LiveText(), s.LiveOver(), s.Newest()
			r.printed = s.Printed()
		}
		r.slice = n
		r.indexed, r.packets, _ = s.Progress()
		return r
	}
}

// send carries out a Command, or queues it: one is under way at a time, and
// repeated ones are folded.
func (m *Model) send(c view.Command) tea.Cmd {
	if m.busy {
		if n := len(m.queue); n > 0 && m.queue[n-1].Verb == c.Verb && m.queue[n-1].Expr == c.Expr && counts[c.Verb] {
			m.queue[n-1].N = max(1, m.queue[n-1].N) + max(1, c.N)
		} else if n < 8 {
			m.queue = append(m.queue, c)
		}
		return nil
	}
	m.busy = true
	m.sent++
	if away, known := leaves[c.Verb]; known {
		m.away = away
	}
	if m.tell != nil && c.Verb != "" {
		m.tell(c)
	}
	s, n := m.s, m.sent
	do := func() tea.Msg {
		var err error
		if c.Verb != "" {
			err = s.Do(c)
		}
		return sceneMsg{s.Scene(), err}
	}
	if !m.patient || !slow[c.Verb] {
		return do
	}
	return tea.Batch(do, timer(patience, func(time.Time) tea.Msg { return waitMsg{n, patience} }))
}

// counts are the Commands whose N says how often: repeated ones are folded.
var counts = map[view.Verb]bool{view.Forward: true, view.Back: true, view.NextPacket: true, view.PrevPacket: true, view.NextDrop: true, view.PrevDrop: true,
	view.Run: true, view.RunBack: true}

// leaves are the Commands that leave the end of a live run, and the one that
// goes there.
var leaves = map[view.Verb]bool{view.Forward: true, view.Back: true, view.NextPacket: true, view.PrevPacket: true, view.NextDrop: true, view.PrevDrop: true,
	view.NextMark: true, view.PrevMark: true, view.Until: true, view.Run: true, view.RunBack: true, view.Search: true, view.SearchBack: true, view.Seek: true,
	view.First: true, view.WhyValue: true, view.Last: false}

// slow are the Commands that may have to look through a whole capture.
var slow = map[view.Verb]bool{view.NextDrop: true, view.PrevDrop: true, view.NextMark: true, view.PrevMark: true, view.Until: true, view.Filter: true,
	view.Run: true, view.RunBack: true, view.Search: true, view.SearchBack: true, view.WhyValue: true, view.ShowOverview: true, view.Open: true,
	view.Ask: true, view.WatchFlow: true, view.NextPacket: true, view.PrevPacket: true, view.Seek: true, view.First: true, view.Last: true}

// patience is how long nothing need be said.
const patience = 200 * time.Millisecond

// waitMsg tells how long Command n is under way, if it still is.
type waitMsg struct {
	n    int
	time time.Duration
}

// waits tells of a Command that takes long.
func (m *Model) waits(msg waitMsg) tea.Cmd {
	if !m.busy || msg.n != m.sent {
		return nil
	}
	m.local.busy, m.local.doing = msg.time, ""
	if m.doing != nil {
		m.local.doing = m.doing()
	}
	return timer(patience, func(time.Time) tea.Msg { return waitMsg{msg.n, msg.time + patience} })
}

// Update takes a message.
func (m Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	m.kept = false
	if cmd, took := m.inSub(msg); took {
		return m, cmd
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.w, m.h = max(0, msg.Width), max(0, msg.Height)
	case tea.BackgroundColorMsg:
		m.dark = msg.IsDark()
		m.theme = m.look.theme(m.dark)
	case tea.ColorProfileMsg:
		m.look.profile(msg.Profile)
		m.painter.can(msg.Profile)
		m.theme = m.look.theme(m.dark)
	case tea.ModeReportMsg:
		m.painter.reported(msg)
	case tea.PasteMsg:
		m.pasted(msg.Content)
	case tea.KeyPressMsg:
		cmd = m.key(msg)
	case tea.MouseMsg:
		cmd = m.mouse(msg)
	case sceneMsg:
		cmd = m.shown(msg)
	case waitMsg:
		cmd = m.waits(msg)
	case indexMsg:
		cmd = m.indexed(msg)
	case againMsg:
		cmd = m.index()
	case stopMsg:
		cmd = msg.stop()
	case tickMsg:
		cmd = m.ticked()
	case playMsg:
		cmd = m.played(msg)
	}
	return m, cmd
}

// played takes the next step of playing. While the step before, or the frame
// before, is still under way this one is left out.
func (m *Model) played(msg playMsg) tea.Cmd {
	if !m.local.playing || msg.run != m.run {
		return nil
	}
	m.kept = true
	next := nextPlay(m.run, m.local.speed)
	if m.busy || m.outBusy != nil && m.outBusy() {
		return next
	}
	return tea.Batch(m.send(view.Command{Verb: view.Forward}), next)
}

// shown takes a new Scene.
func (m *Model) shown(msg sceneMsg) tea.Cmd {
	m.busy, m.local.busy = false, 0
	if m.scene.Packet != msg.scene.Packet || m.scene.Step != msg.scene.Step || m.scene.Screen != msg.scene.Screen {
		m.local.scroll = 0
		m.local.stage = view.NoStage
	}
	m.scene = msg.scene
	m.lessonShows()
	cmds := []tea.Cmd{m.move(m.scene.Lit), m.wanting()}
	if m.asked && msg.err == nil && m.scene.Console != nil {
		if n := len(m.scene.Console.Entries); n > 0 && m.scene.Console.Entries[n-1].WhatIf {
			cmds = append(cmds, m.openWhatIf())
		}
		m.local.scroll = 0
	}
	m.asked = false
	if msg.err != nil {
		m.local.playing = false
		m.queue = nil
	}
	if len(m.queue) > 0 {
		c := m.queue[0]
		m.queue = append([]view.Command(nil), m.queue[1:]...)
		cmds = append(cmds, m.send(c))
	}
	if unknown := unknownWays(&m.scene); unknown > 0 && (unknown < m.unknown || m.unknown == 0) && !m.busy {
		cmds = append(cmds, m.send(view.Command{})) // each Scene finds out some more
		m.unknown = unknown
	} else if unknown == 0 {
		m.unknown = 0
	}
	return tea.Batch(cmds...)
}

// unknownWays is how many groups of the overview have no way yet.
func unknownWays(s *view.Scene) (n int) {
	if s.Screen != view.ScreenOverview || s.Overview == nil {
		return 0
	}
	for i := range s.Overview.Groups {
		if len(s.Overview.Groups[i].Way) == 0 {
			n++
		}
	}
	return n
}

// indexed takes the index's progress. The Scene is made anew when there was
// none, and at the end.
func (m *Model) indexed(msg indexMsg) tea.Cmd {
	m.slice, m.err = msg.slice, msg.err
	fresh := m.scene.Packet == 0 || msg.done || len(m.scene.List) < 20
	if msg.printed != m.printed && !m.busy {
		m.printed, fresh = msg.printed, true
	}
	m.scene.Indexed, m.scene.Packets = msg.indexed, max(m.scene.Packets, msg.packets)
	m.scene.Live = msg.live
	m.local.over = msg.over
	if msg.err != nil {
		m.scene.Notice = view.Clean(msg.err.Error())
		return nil
	}
	var cmds []tea.Cmd
	if fresh && !m.busy {
		cmds = append(cmds, m.send(view.Command{}))
	} else if msg.done {
		m.scene.Whole = true
		m.queue = append(m.queue, view.Command{})
	}
	if c := m.tail(msg.newest); c != nil {
		cmds = append(cmds, c)
	}
	switch {
	case msg.idle:
		cmds = append(cmds, tea.Tick(idleTime, func(time.Time) tea.Msg { return againMsg{} }))
	case !msg.done:
		cmds = append(cmds, m.index())
	}
	return tea.Batch(cmds...)
}

// idleTime is how long the index waits for a live run to go on.
const idleTime = 30 * time.Millisecond

// againMsg tells that the index may look again.
type againMsg struct{}

// tailTime is how often the place moves on with a live run.
const tailTime = 250 * time.Millisecond

// tail goes to the newest packet of a live run, unless the reader has left it.
func (m *Model) tail(newest int) tea.Cmd {
	if !m.live || m.busy || m.away || time.Since(m.moved) < tailTime || newest <= m.scene.Packet {
		return nil
	}
	m.moved = time.Now()
	c := m.send(view.Command{Verb: view.Seek, N: newest})
	m.away = false
	return c
}
