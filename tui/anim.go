package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// The token takes flight to get from stage to stage, in frames of one tick.
const (
	tick   = 33 * time.Millisecond
	frames = 6
)

// A token is the packet on its way between two stages of the map.
type token struct {
	from, to view.StageID
	n        int // frames shown; frames and more: it is there
	start    time.Time
}

// moving reports whether the token is between stages.
func (t token) moving() bool { return t.from != t.to && t.n < frames && t.to != view.NoStage }

// at is the token's cell while it moves.
func (t token) at(r Rect) (x, y int, ok bool) {
	if !t.moving() {
		return 0, 0, false
	}
	way := tokenRoad(r, t.from, t.to)
	if len(way) == 0 {
		return 0, 0, false
	}
	whole := 0
	for i := 1; i < len(way); i++ {
		whole += way[i].to(way[i-1])
	}
	gone := whole * t.n / frames
	for i := 1; i < len(way); i++ {
		a, b := way[i-1], way[i]
		n := b.to(a)
		if gone <= n && n > 0 {
			return a.x + (b.x-a.x)*gone/n, a.y + (b.y-a.y)*gone/n, true
		}
		gone -= n
	}
	end := way[len(way)-1]
	return end.x, end.y, true
}

// A point is a cell of the map.
type point struct{ x, y int }

// to is how far it is to another, along rows and columns.
func (p point) to(o point) int { return max(p.x-o.x, o.x-p.x) + max(p.y-o.y, o.y-p.y) }

// tokenRoad is the way between two stages: along a column, or across where the map
// has its roads; empty if a stage is not on the map.
func tokenRoad(r Rect, from, to view.StageID) []point {
	x0, y0, ok0 := stagePos(r, from)
	x1, y1, ok1 := stagePos(r, to)
	if !ok0 || !ok1 {
		return nil
	}
	a, b := point{x0, y0}, point{x1, y1}
	if formOf(r) == formStrips || x0 == x1 || y0 == y1 {
		return []point{a, b}
	}
	m := geometryOf(r)
	bend := m.down - 3
	if m.form == formPlain {
		bend = m.down - 2
	}
	if to == view.Forwarding { // to the row of the road across
		return []point{a, {a.x, b.y}, b}
	}
	return []point{a, {bend, a.y}, {bend, b.y}, b}
}

// A speed is how fast a walk plays.
type speed struct {
	name string
	each time.Duration
}

var speeds = [...]speed{
	{"1 step in 2 s", 2 * time.Second}, {"1 step/s", time.Second}, {"2 steps/s", time.Second / 2}, {"4 steps/s", time.Second / 4},
	{"8 steps/s", time.Second / 8}, {"16 steps/s", time.Second / 16}, {"30 steps/s", time.Second / 30},
}

const startSpeed = 2

type tickMsg struct{}

// playMsg is the time for the next step; run tells plays apart.
type playMsg struct{ run int }

// timer is tea.Tick; tests let no time pass.
var timer = tea.Tick

func nextTick() tea.Cmd { return timer(tick, func(time.Time) tea.Msg { return tickMsg{} }) }

func nextPlay(run, speed int) tea.Cmd {
	return timer(speeds[speed].each, func(time.Time) tea.Msg { return playMsg{run} })
}

// move starts the token's way to the stage that is lit now.
func (m *Model) move(to view.StageID) tea.Cmd {
	from := m.local.token.to
	m.local.token = token{from: from, to: to, start: time.Now()}
	hurry := m.local.playing && speeds[m.local.speed].each < frames*tick // it would never arrive
	if m.still || hurry || from == to || from == view.NoStage || to == view.NoStage {
		m.local.token.n = frames
		return nil
	}
	if m.ticking {
		return nil
	}
	m.ticking = true
	return nextTick()
}

// ticked moves the token on: to where it is by now, so that a slow terminal
// gets fewer frames, not a slower token. Without a token under way the ticks end.
func (m *Model) ticked() tea.Cmd {
	m.local.token.n++
	if m.patient {
		m.local.token.n = max(m.local.token.n, int(time.Since(m.local.token.start)/tick))
	}
	if !m.local.token.moving() {
		m.ticking = false
		return nil
	}
	return nextTick()
}

// play begins or ends playing.
func (m *Model) play(on bool) tea.Cmd {
	m.local.playing = on
	m.run++
	if !on {
		return nil
	}
	return nextPlay(m.run, m.local.speed)
}
