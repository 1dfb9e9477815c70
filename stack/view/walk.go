package view

import (
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/filter"
	"github.com/packetwalk/packetwalk/stack/report"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// LOCAL COPIES until stack/walk lands.

// A Summary is what the index keeps of one frame.
type Summary struct {
	At        int64
	Hash      uint32
	Path      uint32
	Flow      uint32
	Len       uint32
	Landmarks uint32
	Outcome   trace.Outcome
	Reason    step.DropReason
	Fn        step.Step
}

const (
	MarkDrop = 1 << iota
	MarkState
	MarkRetransmit
	MarkOut
	MarkNeigh
	MarkReset
	MarkCong
	MarkNotModelled
	MarkNote
)

// A Cursor is a place: a frame and an event of its story, both from 0.
type Cursor struct{ Frame, Step int }

type State map[StateKey]uint64

type StateKey struct {
	Obj uint32
	Key step.Key
}

type Match struct {
	Landmarks uint32
	Flow      uint32
	Step      step.Step
	Filter    *filter.Filter
}

// A Chunk is a stretch of the capture, recorded in full.
type Chunk interface {
	Events() *trace.Log
	Story(frame int) []int
	StateAt(event int) State
}

// A Walk is what a Session needs of walk.Walk.
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

// Names resolves numbers of the simulated hosts to names.
type Names = report.Names
