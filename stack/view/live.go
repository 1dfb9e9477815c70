package view

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// A Live is a run that goes on while it is walked.
type Live interface {
	// Do types a line into the running machine. What it prints goes to out, while it
	// runs.
	Do(line string, out io.Writer)
	// Status is what to say of the run, and whether it still goes on.
	Status() (text string, on bool)
}

// An Ending is a Live that tells why its run is over.
type Ending interface {
	// Over is a sentence; empty while the run goes on.
	Over() string
}

// GoLive tells that the walk is of a run that goes on.
func (s *Session) GoLive(l Live) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live = l
}

// Live reports whether the walk is of a run that goes on, or went on.
func (s *Session) Live() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.live != nil
}

// LiveText is what to say of a run that goes on, empty for any other walk.
func (s *Session) LiveText() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.liveText()
}

// LiveOver is why a run that went on is over, a sentence; empty while it goes on,
// and for any other walk.
func (s *Session) LiveOver() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, ok := s.live.(Ending); ok {
		return Clean(e.Over())
	}
	return ""
}

func (s *Session) liveText() string {
	if s.live == nil {
		return ""
	}
	text, _ := s.live.Status()
	if n := s.oldest(); n > 0 {
		text += fmt.Sprintf(", packets %d to %d can be walked", n+1, s.k.Indexed())
	}
	return Clean(text)
}

// oldest is the first packet that is kept, from 0: of a run that goes on only what
// is recent is.
func (s *Session) oldest() int {
	if s.lab == nil {
		return 0
	}
	return s.lab.First()
}

// Newest is the last packet of a run that goes on, from 1; 0 if there is none.
func (s *Session) Newest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.k.Indexed()
	if s.lab == nil {
		return max(min(n, 1), n-1) // of the last one only the beginning is known
	}
	for i := n - 1; i >= max(s.oldest(), n-newest); i-- {
		if s.lab.Item(i).Kind == walk.ItemPacket {
			return i + 1
		}
	}
	return n
}

// newest is how far back a packet is looked for.
const newest = 4096

// typesLive reports whether a line that changes something goes to the running
// machine: it does where there is one.
func (s *Session) typesLive() bool { return s.live != nil && s.lab != nil }

// typeLive types a line into the running machine.
func (s *Session) typeLive(line string) error {
	if _, on := s.live.Status(); !on {
		return s.none("the run is over: nothing can be typed into it any more")
	}
	a := &liveAnswer{count: &s.con.printed}
	s.said(line, lab.Said{}, false)
	s.con.entries[len(s.con.entries)-1].live = a
	s.live.Do(line, a)
	return nil
}

// A liveAnswer is what a line that was typed into the running machine has printed so
// far. The machine writes while somebody reads.
type liveAnswer struct {
	count *atomic.Int64 // of all that was printed

	mu   sync.Mutex
	text []byte
	more int // lines that were left out
}

// maxAnswer is how many bytes of an answer are kept.
const maxAnswer = 64 << 10

// Write takes what is printed; it never fails, and nobody waits.
func (a *liveAnswer) Write(b []byte) (int, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := min(len(b), maxAnswer-len(a.text)); n < len(b) {
		a.more += bytes.Count(b[n:], []byte{'\n'})
		a.text = append(a.text, b[:n]...)
	} else {
		a.text = append(a.text, b...)
	}
	a.count.Add(1)
	return len(b), nil
}

// lines are what was printed so far.
func (a *liveAnswer) lines() (list []string, more int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	list, more = saidLines(string(a.text))
	return list, more + a.more
}

// Printed changes when a line that was typed into a running machine prints something.
func (s *Session) Printed() int64 { return s.con.printed.Load() }
