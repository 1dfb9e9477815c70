package walk

import (
	"github.com/packetwalk/packetwalk/pcaps"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A Source is a capture that can be read at any frame: pcaps.Reader is one.
type Source interface {
	Name() string
	Next() (pcaps.Frame, error)
	Rewind()
	Index() error
	Len() int
	Complete() bool
	Frame(i int) (pcaps.Frame, error)
}

// chunkFrames is how many frames are recorded in full at once.
const chunkFrames = 256

// A Summary is what the index keeps of one frame of the capture.
type Summary struct {
	At        int64  // ns since the first frame
	Path      uint32 // of the functions that it took; equal paths are equal numbers
	Flow      uint32 // of its addresses and ports, the same both ways; 0 if it has none
	Len       uint32 // bytes on the wire
	Landmarks uint32 // Landmark bits
	Outcome   trace.Outcome
	Reason    step.DropReason
	Fn        step.Step // where it ended
}

// A brief is a Summary as the index keeps it: 24 bytes for each frame.
type brief struct {
	at        int64
	flow, len uint32
	path      uint16
	landmarks uint16
	fn        step.Step
	outcome   trace.Outcome
	reason    step.DropReason
}

func (b *brief) summary() Summary {
	return Summary{At: b.at, Path: uint32(b.path), Flow: b.flow, Len: b.len, Landmarks: uint32(b.landmarks), Outcome: b.outcome, Reason: b.reason, Fn: b.fn}
}

// briefs are kept in blocks, so that a long index is never copied to grow.
type briefs struct {
	blocks [][]brief
	n      int
}

const blockBits = 12

func (l *briefs) at(i int) *brief { return &l.blocks[i>>blockBits][i&(1<<blockBits-1)] }

func (l *briefs) add(s brief) {
	if l.n>>blockBits == len(l.blocks) {
		l.blocks = append(l.blocks, make([]brief, 1<<blockBits))
	}
	*l.at(l.n) = s
	l.n++
}

// Landmark bits of a Summary.
const (
	MarkDrop        = 1 << iota // a packet was dropped while this frame was handled
	MarkState                   // a socket changed its state
	MarkRetransmit              // something was sent again
	MarkOut                     // this host sent it
	MarkNeigh                   // a neighbour entry changed
	MarkReset                   // a connection was reset
	MarkCong                    // a congestion state changed
	MarkNotModelled             // something is not modelled
	MarkNote                    // the reader should know something
)

// A Cursor is a place in a walk: a frame (from 0) and an event of its story
// (from 0).
type Cursor struct{ Frame, Step int }

// A State is the observed world at one moment: the value of each field of each
// object that has been seen.
type State map[StateKey]uint64

// A StateKey names one field of one object.
type StateKey struct {
	Obj uint32
	Key step.Key
}

// A Chunk is a stretch of the capture, recorded in full.
type Chunk struct {
	From, To int // frames, To excluded
	Log      trace.Log
	story    map[int][]int // frame → indices of Log.Events
	frameOf  []int32       // of each event
	state    State         // with the first applied changes
	applied  int           // changes applied to state
	spans    []span
	seen     int  // frames that were in the index when it was recorded
	whole    bool // more of them would not change it
}

// Story lists the events that belong to a frame, in order: its own, those of
// the packets that it caused, and what the machine did meanwhile. The numbers
// are indices of Log.Events.
func (c *Chunk) Story(frame int) []int { return c.story[frame] }
