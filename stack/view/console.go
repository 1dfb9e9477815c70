package view

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/packetwalk/packetwalk/stack/lab"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// A ConsolePage is what the console of the simulated machine has answered.
type ConsolePage struct {
	Host    string         `json:"host"` // where commands run
	Entries []ConsoleEntry `json:"entries"`
}

// A ConsoleEntry is one command line and its answer.
type ConsoleEntry struct {
	Host   string   `json:"host,omitempty"`
	Place  string   `json:"place"` // "packet 17, step 4"
	Line   string   `json:"line"`
	Out    []string `json:"out,omitempty"`
	Err    []string `json:"err,omitempty"`
	Status int      `json:"status,omitempty"`
	More   int      `json:"more,omitempty"` // lines that are not shown
	WhatIf bool     `json:"whatif,omitempty"`

	live *liveAnswer // it goes on
}

// Bounds of the console.
const (
	maxEntries   = 20
	maxSaidLines = 400
)

// A momenter is a Walk that shows the machine at a moment, and can run on with a
// command more.
type momenter interface {
	moment(c Chunk, event int, f func(*walk.Moment)) error
	branch(s *Session, host, line string, before bool) (*Session, error)
	changes() []walk.Change
	storyOf(i int) (Chunk, []int, error)
	counters() []walk.HostCounters
}

func (k whole) moment(c Chunk, event int, f func(*walk.Moment)) error {
	w, ok := c.(chunk)
	if !ok {
		return errNoConsole
	}
	return k.Walk.At(w.Chunk, event, f)
}

func (k wholeLab) moment(c Chunk, event int, f func(*walk.Moment)) error {
	w, ok := c.(chunk)
	if !ok {
		return errNoConsole
	}
	return k.Lab.At(w.Chunk, event, f)
}

func (k whole) changes() []walk.Change           { return k.Walk.Changes() }
func (k wholeLab) changes() []walk.Change        { return k.Lab.Changes() }
func (k whole) counters() []walk.HostCounters    { return k.Walk.Counters() }
func (k wholeLab) counters() []walk.HostCounters { return k.Lab.Counters() }

func (k whole) storyOf(i int) (Chunk, []int, error) {
	c, err := k.Chunk(i)
	if err != nil {
		return nil, nil, err
	}
	return c, c.Story(i), nil
}

func (k wholeLab) storyOf(i int) (Chunk, []int, error) {
	c, err := k.Chunk(i)
	if err != nil {
		return nil, nil, err
	}
	return c, c.Story(i), nil
}

var errNoConsole = errors.New("there is no machine here that could be asked")

// ask carries out the verb Ask: a command line of the machine's shell, at the
// place. One that may change something becomes a what-if.
func (s *Session) ask(line string) error {
	line = strings.TrimSpace(line)
	if line == "" {
		s.con.show = !s.con.show
		return nil
	}
	if s.typesLive() && !lab.Reads(line) {
		return s.typeLive(line)
	}
	k, ok := s.k.(momenter)
	if !ok || s.chunk == nil || len(s.stops) == 0 {
		return errNoConsole
	}
	if !lab.Reads(line) {
		return s.whatIf(line, false)
	}
	var said lab.Said
	if err := k.moment(s.chunk, s.story[s.stops[s.pos]], func(m *walk.Moment) { said = m.Ask(line) }); err != nil {
		return err
	}
	s.said(line, said, false)
	return nil
}

// consoleState is what a Session keeps of its console.
type consoleState struct {
	show    bool
	entries []ConsoleEntry
	printed atomic.Int64 // how often a running machine has printed something
}

// said keeps an answer.
func (s *Session) said(line string, a lab.Said, whatIf bool) {
	e := ConsoleEntry{Place: fmt.Sprintf("%s, step %d", s.who(s.frame), s.pos+1), Line: Clean(line), Status: a.Status, WhatIf: whatIf}
	if s.lab != nil {
		e.Host = s.hostName(s.hostNow())
	}
	e.Out, e.More = saidLines(a.Out)
	more := 0
	e.Err, more = saidLines(a.Err)
	e.More += more
	s.con.show = true
	s.con.entries = append(s.con.entries, e)
	if n := len(s.con.entries) - maxEntries; n > 0 {
		s.con.entries = append([]ConsoleEntry(nil), s.con.entries[n:]...)
	}
}

func saidLines(text string) (list []string, more int) {
	text = strings.TrimRight(text, "\n")
	if text == "" {
		return nil, 0
	}
	for l := range strings.SplitSeq(text, "\n") {
		if len(list) == maxSaidLines {
			more++
			continue
		}
		list = append(list, Clean(expandTabs(l)))
	}
	return list, more
}

// expandTabs puts spaces for tabs, as a terminal does.
func expandTabs(s string) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if r != '\t' {
			b.WriteRune(r)
			n++
			continue
		}
		for ok := true; ok; ok = n%8 != 0 {
			b.WriteByte(' ')
			n++
		}
	}
	return b.String()
}

// console fills sc.Console.
func (b *builder) console() {
	if !b.con.show {
		return
	}
	p := &ConsolePage{Host: "host", Entries: b.con.entries}
	for i := range p.Entries {
		if a := p.Entries[i].live; a != nil {
			p.Entries[i].Out, p.Entries[i].More = a.lines()
		}
	}
	p.Entries = slices.Clone(p.Entries)
	if b.lab != nil && b.chunk != nil && len(b.stops) > 0 {
		p.Host = b.hostName(b.hostNow())
	}
	b.sc.Console = p
}

// Completions are the words that may stand at the end of a console line at the
// place, and where in the line the last word begins.
func (s *Session) Completions(line string) (from int, words []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n lab.Names
	if c := s.config(); c != nil {
		for _, d := range c.Devices {
			n.Devices = append(n.Devices, Clean(d.Name))
		}
	}
	if s.lab != nil {
		for _, h := range s.lab.Hosts() {
			if h != "host" {
				n.Spaces = append(n.Spaces, Clean(h))
			}
		}
	}
	if r, ok := s.k.(ruler); ok && s.chunk != nil && len(s.stops) > 0 {
		now := 0
		if s.lab != nil {
			now = s.eventNow()
		}
		if set := r.Rules(s.hostNow(), now); set != nil {
			for i := range set.Chains {
				c := Clean(set.Chains[i].Name)
				n.Chains = append(n.Chains, c)
				if t := c[:max(0, strings.LastIndexByte(c, ' '))]; !slices.Contains(n.Tables, t) {
					n.Tables = append(n.Tables, t)
				}
			}
		}
	}
	return lab.Complete(line, n)
}
