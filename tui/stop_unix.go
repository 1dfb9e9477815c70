//go:build unix

package tui

import (
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	tea "charm.land/bubbletea/v2"
)

// handleStop takes a SIGTSTP from outside, so that the terminal is given back
// before the program stops. The function it returns ends this.
func handleStop(p *tea.Program) (end func()) {
	c, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(c, syscall.SIGTSTP)
	go func() {
		for {
			select {
			case <-c:
				p.Send(stopMsg{syscall.Getpid()})
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(c)
		close(done)
	}
}

// A stopMsg asks to stop a process, or with 0 the whole job.
type stopMsg struct{ who int }

// suspend stops the job, as ctrl+z does elsewhere.
func suspend() tea.Msg { return stopMsg{} }

// stop gives the terminal back, stops, and takes it again when it goes on.
func (s stopMsg) stop() tea.Cmd {
	return tea.Exec(stopper(s), func(error) tea.Msg { return tea.ResumeMsg{} })
}

// A stopper is what runs while the terminal is given back. It stops by SIGSTOP:
// once Go has a handler for SIGTSTP, that one does not stop any more.
type stopper stopMsg

// Run stops. The renderer's goroutine stops its ticker when it ends: it has to
// come to that before, else it stops the ticker of the next one. SIGSTOP may
// take a moment to reach this thread, which must not take the terminal again in
// the meantime: only SIGCONT tells that the stop is over. Who cannot be stopped
// (the first process of a container) goes on after stopTime.
func (s stopper) Run() error {
	time.Sleep(20 * time.Millisecond)
	goes := make(chan os.Signal, 1)
	signal.Notify(goes, syscall.SIGCONT)
	defer signal.Stop(goes)
	if err := syscall.Kill(s.who, syscall.SIGSTOP); err != nil {
		return err
	}
	select {
	case <-goes:
	case <-time.After(stopTime):
	}
	return nil
}

// stopTime is how long a stop may take to begin.
const stopTime = 2 * time.Second

func (s stopper) SetStdin(io.Reader)  {}
func (s stopper) SetStdout(io.Writer) {}
func (s stopper) SetStderr(io.Writer) {}
