package tui

import (
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"
	uv "github.com/charmbracelet/ultraviolet"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// FrameTime draws n frames of a walk, one step each, on a screen of w by h
// cells, as the program and its renderer do, and returns the time that 99 of
// 100 take at most.
func FrameTime(w, h, n int) (p99 time.Duration, err error) {
	e, _ := pcaps.Lookup("http")
	src, err := e.Open()
	if err != nil {
		return 0, err
	}
	defer src.Close()
	k, err := walk.Open(src, stack.Options{})
	if err != nil {
		return 0, err
	}
	s := view.NewSession(k, "http")
	for done := false; !done; {
		if done, err = s.Advance(1000); err != nil {
			return 0, err
		}
	}
	var m tea.Model = NewModel(s, false)
	m, _ = m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	screen := uv.NewScreenBuffer(w, h)
	times := make([]time.Duration, n)
	for i := range times {
		start := time.Now()
		if err := s.Do(view.Command{Verb: view.Forward}); err != nil {
			return 0, err
		}
		m, _ = m.Update(sceneMsg{scene: s.Scene()})
		uv.NewStyledString(m.View().Content).Draw(screen, screen.Bounds())
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times[n*99/100], nil
}
