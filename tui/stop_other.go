//go:build !unix

package tui

import tea "charm.land/bubbletea/v2"

func handleStop(*tea.Program) (end func()) { return func() {} }

// A stopMsg is never sent where processes are not stopped.
type stopMsg struct{}

func suspend() tea.Msg { return nil }

func (stopMsg) stop() tea.Cmd { return nil }
