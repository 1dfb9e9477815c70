package tui

import (
	"os"
	"os/signal"
	"syscall"

	tea "charm.land/bubbletea/v2"
)

// run runs a program on the terminal until the reader leaves, or the system asks
// it to end. Signals are taken from before the terminal is: at no moment one of
// them leaves it as it must not be.
func run(m tea.Model, options ...tea.ProgramOption) (tea.Model, error) {
	c := make(chan os.Signal, 1)
	signal.Notify(c, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(c)
	p := tea.NewProgram(m, append(options, tea.WithoutSignalHandler())...)
	done := make(chan struct{})
	defer close(done)
	go func() {
		for {
			select {
			case <-c:
				p.Quit()
			case <-done:
				return
			}
		}
	}()
	defer handleStop(p)()
	return p.Run()
}
