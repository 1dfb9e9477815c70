//go:build !unix

package tui

import tea "charm.land/bubbletea/v2"

func handleStop(*tea.Program) (end func()) { return func() {} }

func resumed() {}

func suspend() tea.Msg { return nil }
