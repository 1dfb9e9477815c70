package view

import (
	"fmt"
	"slices"
	"strings"

	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// A WhatIf is a walk, and the same walk with one command more: what becomes of
// it.
type WhatIf struct {
	A, B    *Session
	Command string
	Host    string
	Place   string   // "before packet 17", "after step 4 of packet 17"
	Out     []string // what the command printed
	Err     []string
	Status  int

	First   int // index of Effects: the first packet that differs, -1 if none does
	Effects []Effect
	More    int     // effects that are not listed
	Counts  []Delta // counters that end with other values: From as it is, To with the command
	Told    Sums
	From    int    // item of A from which on it is compared, from 0
	Until   string // how far it is compared, if not to the end

	pairs [][2]int // items from the fork on, from 0; -1: that side has none
}

// Sums counts the differences of a what-if.
type Sums struct{ Lost, Saved, Otherwise, Bytes, Gone, New, Steps int }

// An Effect is one packet, call or line that is not the same on both sides.
type Effect struct {
	A    int    `json:"a,omitempty"` // number in A, from 1; 0: not there
	B    int    `json:"b,omitempty"`
	Kind string `json:"kind"` // lost, saved, ends otherwise, other bytes, gone, new, other steps
	Line string `json:"line"` // the packet in one line
	Text string `json:"text"` // "was read by a program; is dropped: NETFILTER_DROP in nft_do_chain"
}

// maxEffects is how many effects are listed.
const maxEffects = 500

// whatIf runs the walk once more with a command at the place, and compares.
// before: before anything of the packet at hand has happened.
func (s *Session) whatIf(line string, before bool) error { return s.whatIfOn("", line, before) }

func (s *Session) whatIfOn(host, line string, before bool) error {
	k, ok := s.k.(momenter)
	if !ok || s.chunk == nil || len(s.stops) == 0 {
		return errNoConsole
	}
	if s.lab != nil {
		for !s.done { // the whole lab is compared
			whole, err := s.k.Advance(1 << 12)
			if err != nil {
				return err
			}
			s.done = s.all.advance(s, whole, 1<<12)
		}
		if err := s.reload(true); err != nil {
			return err
		}
	}
	if host == "" && s.lab != nil {
		host = s.names.HostName(s.hostNow())
	}
	if s.lab != nil && !slices.Contains(s.lab.Hosts(), host) {
		return fmt.Errorf("there is no host %q here: there are %s", Clean(host), Clean(strings.Join(s.lab.Hosts(), ", ")))
	}
	b, err := k.branch(s, host, line, before)
	if err != nil {
		return err
	}
	w := &WhatIf{A: s, B: b, Command: Clean(line), First: -1, From: s.frame}
	w.Place = fmt.Sprintf("after step %d of %s", s.pos+1, s.who(s.frame))
	if before {
		w.Place = "before " + s.who(s.frame)
	}
	if s.lab != nil {
		w.Host = Clean(host)
	}
	for most := s.k.Indexed()*2 + 1000; b.k.Indexed() < most; {
		done, err := b.k.Advance(256)
		if err != nil {
			return err
		}
		if done {
			b.done = b.all.advance(b, true, 1<<20)
			break
		}
	}
	if err := b.load(min(s.frame, max(0, b.k.Indexed()-1))); err != nil {
		return err
	}
	ch := b.k.(momenter).changes()
	for _, c := range ch {
		if c.Command == line && c.Said != nil {
			w.Out, _ = saidLines(c.Said.Out)
			w.Err, _ = saidLines(c.Said.Err)
			w.Status = c.Said.Status
		}
	}
	if !s.done {
		w.Until = fmt.Sprintf("as far as the capture has been read: packet %d", s.k.Indexed())
	}
	if err := w.compare(); err != nil {
		return err
	}
	s.said(line, lab.Said{Out: strings.Join(append(slices.Clone(w.Out), w.Summary()...), "\n"), Err: strings.Join(w.Err, "\n"), Status: w.Status}, true)
	s.whatifs = append(s.whatifs, w)
	if len(s.whatifs) > 8 {
		s.whatifs = s.whatifs[1:]
	}
	return nil
}

func (k whole) branch(s *Session, host, line string, before bool) (*Session, error) {
	c := walk.Change{Command: line, Frame: s.frame}
	if !before {
		e := s.chunk.Events().Events[s.story[s.stops[s.pos]]]
		if at := e.At; at > 0 && s.pos > 0 {
			c.At = at
		}
		if c.At > 0 { // the frame that had come last by then
			for c.Frame+1 < s.k.Indexed() && sim.Time(s.k.Packet(c.Frame+1).At) <= c.At {
				c.Frame++
			}
			for c.Frame > 0 && sim.Time(s.k.Packet(c.Frame).At) > c.At {
				c.Frame--
			}
		}
	}
	b, err := k.Walk.Branch(c)
	if err != nil {
		return nil, err
	}
	t := newSession(whole{b}, s.title)
	t.mu = s.mu
	return t, nil
}

func (k wholeLab) branch(s *Session, host, line string, before bool) (*Session, error) {
	w, ok := s.chunk.(chunk)
	if !ok {
		return nil, errNoConsole
	}
	at := s.story[s.stops[s.pos]]
	if before {
		at = s.story[0]
	}
	c := k.Lab.When(w.Chunk, at, before)
	c.Command = line
	c.Host = host
	b, err := k.Lab.Branch(c)
	if err != nil {
		return nil, err
	}
	t := newSession(wholeLab{b}, s.title)
	t.lab, t.mu = b, s.mu
	return t, nil
}

// Summary tells a what-if in a few lines.
func (w *WhatIf) Summary() (list []string) {
	t := &w.Told
	var parts []string
	add := func(n int, what string) {
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, what))
		}
	}
	add(t.Lost, "lost")
	add(t.Saved, "no longer lost")
	add(t.Otherwise, "end otherwise")
	add(t.Bytes, "with other bytes")
	add(t.Steps, "go other steps")
	add(t.Gone, "do not happen")
	add(t.New, "are new")
	head := "What if: " + w.line() + ", " + w.Place + "."
	if len(parts) == 0 {
		head += " Nothing differs from there on."
	} else {
		head += " From there on: " + strings.Join(parts, ", ") + "."
	}
	if w.Until != "" {
		head += " Compared: " + w.Until + "."
	}
	list = append(list, head)
	if w.First >= 0 {
		e := w.Effects[w.First]
		list = append(list, "First: "+e.Said())
	}
	return list
}

func (w *WhatIf) line() string {
	if w.Host != "" {
		return w.Host + "# " + w.Command
	}
	return w.Command
}

// Said is an effect in one line.
func (e *Effect) Said() string {
	n := ""
	switch {
	case e.A > 0:
		n = fmt.Sprintf("packet %d", e.A)
		if e.B > 0 && e.B != e.A {
			n += fmt.Sprintf(" (%d with the command)", e.B)
		}
	default:
		n = fmt.Sprintf("packet %d with the command", e.B)
	}
	return n + " [" + e.Line + "] " + e.Text
}

// Pair is the what-if as two walks side by side, at the first packet that
// differs.
func (w *WhatIf) Pair() *Pair {
	p := NewPair(w.A.Twin(), w.B.Twin())
	p.What = w
	if w.First >= 0 {
		p.goTo(&w.Effects[w.First])
	}
	return p
}

// goTo goes to an effect on both sides, as far as they have it.
func (p *Pair) goTo(e *Effect) {
	if e.A > 0 {
		p.A.Do(Command{Verb: Seek, N: e.A}) //nolint:errcheck // it is there
	}
	if e.B > 0 {
		p.B.Do(Command{Verb: Seek, N: e.B}) //nolint:errcheck // it is there
	}
	p.row = 0
}

// ToEffect goes to an effect of a what-if, by its index.
func (p *Pair) ToEffect(i int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.What != nil && i >= 0 && i < len(p.What.Effects) {
		p.goTo(&p.What.Effects[i])
		al := p.align()
		p.row = max(0, al.first)
		if al.first >= 0 {
			p.put(al)
		}
	}
}

// mate is the packet of the other side that belongs to one: with a what-if the
// numbers may differ. side: 0 is A.
func (w *WhatIf) mate(side, i int) (int, bool) {
	for _, p := range w.pairs {
		if p[side] == i {
			return p[1-side], p[1-side] >= 0
		}
	}
	return i, i < w.From
}

// LastWhatIf is the what-if that was made last, nil if there is none.
func (s *Session) LastWhatIf() *WhatIf {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.whatifs) == 0 {
		return nil
	}
	return s.whatifs[len(s.whatifs)-1]
}

// WhatIf runs the walk once more with a command at the place, and compares.
// before: before anything of the packet at hand has happened.
func (s *Session) WhatIf(line string, before bool) (*WhatIf, error) {
	return s.WhatIfOn("", line, before)
}

// WhatIfOn is WhatIf with the name of the host of a lab where the command runs;
// empty is that of the place.
func (s *Session) WhatIfOn(host, line string, before bool) (*WhatIf, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.whatIfOn(host, line, before); err != nil {
		return nil, err
	}
	return s.whatifs[len(s.whatifs)-1], nil
}

// Compare compares a walk with the last of several what-ifs that were made one
// upon the other, beginning with it.
func Compare(first *Session, last *WhatIf) (*WhatIf, error) {
	first.mu.Lock()
	defer first.mu.Unlock()
	w := &WhatIf{A: first, B: last.B, Host: last.Host, Place: last.Place, Out: last.Out, Err: last.Err, Status: last.Status, First: -1, From: last.From, Until: last.Until}
	var all []string
	for _, c := range last.B.k.(momenter).changes() {
		all = append(all, c.Command)
	}
	w.Command = Clean(strings.Join(all, "; "))
	if len(first.whatifs) > 0 {
		w.From = first.whatifs[0].From
	}
	return w, w.compare()
}
