package tui

import (
	"time"
	"unicode/utf8"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/stack/view"
)

// A local is what a pane knows besides the Scene: what the reader did to the
// screen itself.
type local struct {
	focus   Pane
	scroll  int // lines
	token   token
	playing bool
	speed   int // index of speeds
	prompt  Action
	input   string
	tab     Pane          // what the slot of the state shows: one of tabs
	zoom    bool          // the pane with the keys has the whole body
	sel     [numPanes]int // the chosen line of the panes that have one
	stage   view.StageID  // where the cursor on the map is; NoStage: where control is
	keys    *Keymap       // nil: the table as it is
	busy    time.Duration // how long a Command is under way, once that is long
	doing   string        // what it does, in words
	drag    bool          // the mouse holds the timeline
	over    string        // why the live run is over, empty while it goes on
	knows   bool          // the reader has gone on since it was over
	extra                 // of the panes in pane_overview.go to pane_breaks.go
}

// A seg is a piece of a line in one style.
type seg struct {
	text  string
	style Style
}

type line []seg

func width(s string) int { return utf8.RuneCountInString(s) }

// para turns a sentence into lines.
func para(s string, w, indent int, st Style) []line {
	var ls []line
	for _, l := range Wrap(s, w, indent) {
		ls = append(ls, line{{l, st}})
	}
	return ls
}

// draw writes lines from the scrolled one on, and says how many are hidden
// below.
func (g *Grid) draw(r Rect, ls []line, scroll int) (hidden int) {
	scroll = max(0, min(scroll, len(ls)-r.H))
	for i := 0; i < r.H && scroll+i < len(ls); i++ {
		x := r.X
		for _, s := range ls[scroll+i] {
			x += g.Text(x, r.Y+i, r.X+r.W-x, s.text, s.style)
		}
	}
	return max(0, len(ls)-scroll-r.H)
}

// more tells in the heading how many lines are hidden below.
// The key that shows them is J where the keys go, else tab.
func (g *Grid) more(r Rect, hidden int, focus bool) {
	if hidden > 0 {
		key := "tab"
		if focus {
			key = "J"
		}
		s := " " + itoa(hidden) + " more: " + key + " "
		if r.W < 66 {
			s = "+" + itoa(hidden) + "↓"
		}
		g.Text(r.X+r.W-width(s)-1, r.Y, width(s), s, StyleDim)
	}
}

// A paneDef is what a pane can do. Only draw is needed.
//
// draw paints the pane into r, its heading included (g.Title); what it paints
// outside of r is cut off. In the slot of the state the tabs are written over
// the heading afterwards.
//
// key takes a key (as bubbletea names it) while the pane has the keys, or while
// it covers the body (overview, glossary, lesson). It returns false for keys
// that it does not know: they then do what they do everywhere. Send Commands
// with m.send.
//
// click takes a left click on a cell of r; false: the pane only gets the keys.
//
// lines is how many lines it has for w by h cells (heading not counted), for
// panes that are scrolled by l.scroll; others leave it nil.
type paneDef struct {
	draw  func(g *Grid, r Rect, s *view.Scene, l *local)
	key   func(m *Model, r Rect, key string) (cmd tea.Cmd, took bool)
	click func(m *Model, r Rect, x, y int) (cmd tea.Cmd, took bool)
	lines func(s *view.Scene, l *local, w, h int) int
}

// panes is the table of panes; filled by init, since keys lead back to it.
var panes [numPanes]paneDef

func init() {
	panes = [numPanes]paneDef{
		PaneHeader:   {draw: drawHeader},
		PaneLine:     {draw: drawLine},
		PaneMap:      {draw: drawMap, click: clickMap},
		PaneCalls:    {draw: drawCalls, click: clickCalls},
		PaneWhy:      {draw: drawWhy},
		PaneState:    {draw: drawState, click: clickState},
		PaneBytes:    {draw: drawBytes},
		PaneList:     {draw: drawList, click: clickList},
		PaneFooter:   {draw: drawFooter},
		PaneTimeline: {draw: drawTimeline},
		PaneTables:   {draw: drawTables, key: keyTables, click: clickTables},
		PanePlots:    {draw: drawPlots, key: keyPlots},
		PaneTimes:    {draw: drawTimes, key: keyTimes, click: clickTimes},
		PaneFamily:   {draw: drawFamily, key: keyFamily, click: clickFamily},
		PaneBreaks:   {draw: drawBreaks, key: keyBreaks, click: clickBreaks},
		PaneOverview: {draw: drawOverview, key: keyOverview, click: clickOverview, lines: linesOverview},
		PaneGloss:    {draw: drawGloss, key: keyGloss, click: clickGloss, lines: linesGloss},
		PaneLesson:   {draw: drawLesson, key: keyLesson, click: clickLesson},
		PaneScript:   {draw: drawScript, lines: scriptHeight},
		PaneRules:    {draw: drawRules, lines: rulesHeight},
		PaneConsole:  {draw: drawConsole, key: keyConsole, lines: consoleHeight},
		PaneTCP:      {draw: drawTCP, key: keyTCP, lines: linesTCP},
		PaneNet:      {draw: drawNet, lines: netHeight},
		PaneHelp:     {draw: drawHelpPane},
	}
}

// tabs are the panes that share the slot of the state, chosen by 1 to 9 and 0.
var tabs = [...]Pane{PaneState, PaneTables, PanePlots, PaneTimes, PaneFamily, PaneBreaks, PaneRules, PaneScript, PaneTCP, PaneNet}

// slot is the pane in the slot of the state.
func (l *local) slot() Pane {
	for _, p := range tabs {
		if p == l.tab {
			return p
		}
	}
	return PaneState
}

// isTab reports whether a pane lives in the slot of the state.
func isTab(p Pane) bool {
	for _, t := range tabs {
		if p == t {
			return true
		}
	}
	return false
}

// scrollRange is how far the pane that has the keys can be scrolled; lists are
// scrolled from the place on, up and down.
func (m *Model) scrollRange() (least, most int) {
	p := m.top()
	r, s := m.rect(p), &m.scene
	if r.Empty() {
		return 0, 0
	}
	if f := panes[p].lines; f != nil {
		return 0, max(0, f(s, &m.local, r.W, r.H-1)-r.H+1)
	}
	switch p {
	case PaneWhy:
		most = len(whyLines(s, r.W-2)) - whyRoom(r.H-1)
	case PaneState:
		most = len(stateLines(s, r.W-2, r.H-1)) - r.H + 1
	case PaneBytes:
		rows := (len(s.Bytes) + 15) / 16
		least, most = -rows, rows-r.H+1
	case PaneList:
		least, most = -len(s.List), len(s.List)
	case PaneCalls:
		least, most = -len(s.Tree), len(s.Tree)
	case PaneHelp:
		most = helpHeight(r.W, s, &m.local) - r.H + 2
	}
	return least, max(most, 0)
}
