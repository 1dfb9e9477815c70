package tui

import (
	"os"
	"slices"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/view"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// FrameTime draws n frames of a walk, one step each, on a screen of w by h
// cells, as the program and its painter do, and returns the time that 99 of
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
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	walker := NewModel(s, false)
	p := painterOn(&output{File: null, up: true})
	walker.painter = p
	var m tea.Model = walker
	m, _ = m.Update(tea.WindowSizeMsg{Width: w, Height: h})
	times := make([]time.Duration, n)
	for i := range times {
		start := time.Now()
		if err := s.Do(view.Command{Verb: view.Forward}); err != nil {
			return 0, err
		}
		m, _ = m.Update(sceneMsg{scene: s.Scene()})
		m.View()
		p.paint()
		times[i] = time.Since(start)
	}
	slices.Sort(times)
	return times[n*99/100], nil
}
