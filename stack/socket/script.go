package socket

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
)

// A Step is one system call of a Script.
type Step struct {
	At sim.Time // not before this time
	// Slot is where the file descriptor is kept: OpSocket writes it there, and
	// OpAccept writes that of the new connection to To; the others use it.
	Slot, To int
	Call     Call // FD is filled in from Slot
	Fill     int  // OpRecv: how many bytes to read before going on (0: one call)
}

// A Script is a program that makes system calls one after the other, each not
// before its time and not before the last has returned: what a captured
// program did.
type Script struct {
	Steps   []Step
	Slots   []int        // file descriptors
	Results []core.Errno // of the calls that have returned
	Read    []byte       // what it has read, all of it
	Keep    bool         // keep what is read in Read

	at  int
	got int
	buf []byte
}

// Run makes the calls that are due.
func (s *Script) Run(p *Program) {
	for s.at < len(s.Steps) {
		st := &s.Steps[s.at]
		if st.At > p.NS.Clock.Now() {
			p.Alarm(st.At)
			return
		}
		if !s.step(p, st) {
			return
		}
		s.at++
	}
}

// Done reports whether every call has returned.
func (s *Script) Done() bool { return s.at >= len(s.Steps) }

// Doing is the call that the program is in, or the next one; nil at the end.
func (s *Script) Doing() *Step {
	if s.Done() {
		return nil
	}
	return &s.Steps[s.at]
}

// step makes one call, and reports whether it has returned.
func (s *Script) step(p *Program, st *Step) bool {
	c := &st.Call
	if c.Op != OpSocket && !c.started && !c.asleep {
		c.FD = s.slot(st.Slot)
	}
	if c.Op == OpRecv {
		return s.read(p, st)
	}
	if !p.Do(c) {
		return false
	}
	s.Results = append(s.Results, c.Err)
	if c.Err == 0 && c.Op == OpSocket {
		s.set(st.Slot, c.Ret)
	}
	if c.Err == 0 && c.Op == OpAccept {
		s.set(st.To, c.Ret)
	}
	return true
}

// read reads until Fill bytes, the end or an error.
func (s *Script) read(p *Program, st *Step) bool {
	c := &st.Call
	if s.buf == nil {
		s.buf = make([]byte, bufSize)
	}
	for {
		n := len(s.buf)
		if st.Fill > 0 {
			n = min(n, st.Fill-s.got)
		}
		c.Data = s.buf[:n]
		if !p.Do(c) {
			return false
		}
		if c.Err == 0 {
			s.got += c.Ret
			if s.Keep {
				s.Read = append(s.Read, s.buf[:min(c.Ret, n)]...)
			}
		}
		if c.Err != 0 || c.Ret == 0 || s.got >= st.Fill {
			s.got = 0
			s.Results = append(s.Results, c.Err)
			return true
		}
		*c = Call{Op: c.Op, FD: c.FD, Flags: c.Flags}
	}
}

func (s *Script) slot(i int) int {
	if i >= 0 && i < len(s.Slots) {
		return s.Slots[i]
	}
	return -1
}

func (s *Script) set(i, fd int) {
	for len(s.Slots) <= i {
		s.Slots = append(s.Slots, -1)
	}
	s.Slots[i] = fd
}
