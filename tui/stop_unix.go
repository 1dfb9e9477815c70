//go:build unix

package tui

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	tea "charm.land/bubbletea/v2"
)

// stops is where the stop signal of another process arrives.
var stops atomic.Pointer[chan os.Signal]

// handleStop gives the terminal back before a SIGTSTP from outside stops the
// program (ctrl+z is a key and arrives as one). The function it returns ends
// this.
func handleStop(p *tea.Program) (end func()) {
	c := make(chan os.Signal, 1)
	done := make(chan struct{})
	stops.Store(&c)
	signal.Notify(c, syscall.SIGTSTP)
	go func() {
		for {
			select {
			case <-c:
				signal.Reset(syscall.SIGTSTP) // so that the program's own one stops it
				p.Send(tea.SuspendMsg{})
			case <-done:
				return
			}
		}
	}()
	return func() {
		stops.Store(nil)
		signal.Stop(c)
		close(done)
	}
}

// suspend stops the program, as ctrl+z does elsewhere.
func suspend() tea.Msg {
	signal.Reset(syscall.SIGTSTP)
	return tea.SuspendMsg{}
}

// resumed listens for the stop signal again.
func resumed() {
	if c := stops.Load(); c != nil {
		signal.Notify(*c, syscall.SIGTSTP)
	}
}
