package view

import (
	"context"
	"fmt"
	"sync/atomic"
)

// A work is the command that is being carried out: how far it is, and whether
// somebody wants it to stop. Other goroutines look at it and stop it.
type work struct {
	busy, stop atomic.Bool
	looked, of atomic.Int64 // packets
}

// A StoppedError says that a command was cancelled before its end. The place is
// the same as before.
type StoppedError struct{ Looked, Of int }

func (e StoppedError) Error() string {
	return fmt.Sprintf("stopped after a look through %d of %d packets", e.Looked, e.Of)
}

// Is makes it a context.Canceled too.
func (e StoppedError) Is(err error) bool { return err == context.Canceled }

func (w *work) begin(of int) {
	w.stop.Store(false)
	w.looked.Store(0)
	w.of.Store(int64(of))
	w.busy.Store(true)
}

func (w *work) end() { w.busy.Store(false) }

// look counts n more packets, and fails if the command shall stop.
func (w *work) look(n int) error {
	looked := w.looked.Add(int64(n))
	if w.stop.Load() {
		return StoppedError{int(looked), int(w.of.Load())}
	}
	return nil
}

// Cancel stops the command that is being carried out, if there is one: its Do
// returns a StoppedError soon. It may be called by any goroutine.
func (s *Session) Cancel() { s.work.stop.Store(true) }

// Working tells how far the command is that is being carried out: "looked
// through 1200 of 50000 packets"; empty if there is none. It does not wait.
func (s *Session) Working() string {
	if !s.work.busy.Load() {
		return ""
	}
	return fmt.Sprintf("looked through %d of %d packets", s.work.looked.Load(), s.work.of.Load())
}

// DoContext is Do; the command stops when ctx is done.
func (s *Session) DoContext(ctx context.Context, c Command) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.work.begin(s.k.Indexed())
	defer s.work.end()
	defer context.AfterFunc(ctx, s.Cancel)()
	return s.doNow(c)
}

// nearEnd is how many frames before the end of a stretch the next is prepared.
const nearEnd = 48

// Prepare records the stretch of the capture that the next steps lead into, if
// the place is near it: for whoever has time while nothing is asked, so that the
// step into it does not take as long as that takes (some ten milliseconds).
func (s *Session) Prepare() {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.chunk.(stretch)
	if !ok {
		return
	}
	switch from, to := c.Frames(); {
	case s.frame >= to-nearEnd && to+nearEnd < s.k.Indexed():
		s.k.Chunk(to) //nolint:errcheck // whoever goes there is told
	case s.frame < from+nearEnd && from > s.oldest():
		s.k.Chunk(from - 1) //nolint:errcheck // likewise
	}
}
