package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/packetwalk/packetwalk/pcaps"
)

// A stream is a capture that is walked while it comes: standard input, or an
// interface.
type stream struct{ r *pcaps.Reader }

// How much of a stream is waited for, to tell from it whose it is.
const (
	streamFrames = 64
	streamTime   = time.Second
)

// wait waits for the beginning of the stream.
func (s *stream) wait() {
	for begin := time.Now(); time.Since(begin) < streamTime; time.Sleep(10 * time.Millisecond) {
		for s.r.Len() < streamFrames {
			_, err := s.r.Next()
			if errors.Is(err, pcaps.ErrLater) {
				break
			}
			if err != nil {
				s.r.Rewind()
				return
			}
		}
		if s.r.Len() >= streamFrames {
			break
		}
	}
	s.r.Rewind()
}

// Do does nothing: nobody listens.
func (s *stream) Do(string, io.Writer) {}

// Status tells how many frames there are.
func (s *stream) Status() (string, bool) {
	if s.r.Complete() {
		return fmt.Sprintf("%d frames came", s.r.Len()), false
	}
	return fmt.Sprintf("LIVE %d frames", s.r.Len()), true
}
