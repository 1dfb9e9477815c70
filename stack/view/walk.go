package view

import (
	"fmt"
	"strings"

	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/trace"
	"github.com/packetwalk/packetwalk/stack/walk"
)

// What a walk.Walk is made of.
type (
	Summary  = walk.Summary
	Cursor   = walk.Cursor
	State    = walk.State
	StateKey = walk.StateKey
	Match    = walk.Match
	Names    = report.Names
)

// The bits of Summary.Landmarks.
const (
	MarkDrop        = walk.MarkDrop
	MarkState       = walk.MarkState
	MarkRetransmit  = walk.MarkRetransmit
	MarkOut         = walk.MarkOut
	MarkNeigh       = walk.MarkNeigh
	MarkReset       = walk.MarkReset
	MarkCong        = walk.MarkCong
	MarkNotModelled = walk.MarkNotModelled
	MarkNote        = walk.MarkNote
)

// A Chunk is a stretch of the capture, recorded in full.
type Chunk interface {
	Events() *trace.Log
	Story(frame int) []int
	StateAt(event int) State
}

// A Walk is what a Session needs of a walk.Walk. Nothing of it is called by two
// goroutines at a time.
type Walk interface {
	Advance(frames int) (done bool, err error)
	Len() int
	Indexed() int
	Packet(i int) Summary
	Frame(i int) (pcaps.Frame, error)
	Findings() []string // of the diagnosis, in words
	Chunk(i int) (Chunk, error)
	Find(from Cursor, back bool, m Match) (Cursor, bool, error)
	LastWrite(at Cursor, key StateKey) (Cursor, bool, error)
	Names() Names
}

// NewSession returns a Session at the first packet of a walk. title names the
// capture.
func NewSession(k *walk.Walk, title string) *Session { return New(whole{k}, title) }

// whole is a walk.Walk.
type whole struct{ *walk.Walk }

// chunk is a walk.Chunk.
type chunk struct{ *walk.Chunk }

func (c chunk) Events() *trace.Log     { return &c.Log }
func (c chunk) Frames() (from, to int) { return c.From, c.To }

func (k whole) Chunk(i int) (Chunk, error) {
	c, err := k.Walk.Chunk(i)
	if err != nil {
		return nil, err
	}
	return chunk{c}, nil
}

func (k whole) Stretch(from, to int) (Chunk, error) {
	c, err := k.Walk.Stretch(from, to)
	if err != nil {
		return nil, err
	}
	return chunk{c}, nil
}

func (k whole) Names() Names { return k.Walk.Names() }

// breaksOff begins the finding that a capture could not be read to its end.
const breaksOff = "Reading stopped here: "

// Findings tells who the host is, how that is known, and what is odd about the
// capture.
func (k whole) Findings() []string {
	p := k.Profile()
	var list []string
	if len(p.Addrs) > 0 {
		s := "The host that is walked is " + p.Addrs[0].Addr.String()
		for _, a := range p.Addrs[1:min(len(p.Addrs), 4)] {
			s += ", " + a.Addr.String()
		}
		if p.Because != "" {
			s += ": " + p.Because
		}
		list = append(list, s+".")
	}
	for _, f := range p.Findings {
		list = append(list, fmt.Sprint(f))
	}
	if err := k.Err(); err != nil {
		list = append(list, breaksOff+err.Error())
	}
	return list
}

// Rules is what is set up at the hooks of the host.
func (k whole) Rules(uint8, int) *walk.RuleSet { return k.Walk.Rules() }

// Host is the host that is walked, by its addresses.
func (k whole) Host() string {
	var list []string
	for i, a := range k.Profile().Addrs {
		if i == 4 {
			list = append(list, "…")
			break
		}
		list = append(list, a.Addr.String())
	}
	return strings.Join(list, ", ")
}
