package trace

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A Change is a field that got a new value. Old is what it was before.
type Change struct {
	Obj   uint32 // TraceID
	Key   step.Key
	First bool   // nothing changed: the object is seen for the first time
	Event uint32 // index of the Event whose own doing it is
	When  uint32 // how many Events there were when it was noticed
	next  uint32 // index+1 of the next Change of the same Event
	Old   uint64
	New   uint64
}

// EventKind says what an Event is.
type EventKind uint8

// The kinds of events; their names are TRACE's `ev` values.
const (
	Call  EventKind = iota // a kernel function is entered
	Point                  // a tracepoint fires
	Tried                  // an alternative lost
	Frame                  // a frame is on a device
	End                    // a packet's end
	Note                   // something that no packet did
)

var kindNames = [...]string{"call", "trace", "tried", "frame", "end", "note"}

func (k EventKind) String() string { return kindNames[k] }

// An Outcome is what became of a packet.
type Outcome uint8

// The outcomes, by TRACE's names.
const (
	NoOutcome   Outcome = iota
	Delivered           // a program has it
	Dropped             // freed with a reason
	Forwarded           // sent on towards somebody else
	Sent                // this host made it, and it is on the wire
	Consumed            // it has done its work inside the kernel
	Queued              // it still waits somewhere
	NotModelled         // it needs something that packetwalk does not model
)

var outcomeNames = [...]string{"", "delivered", "dropped", "forwarded", "sent", "consumed", "queued", "not-modelled"}

func (o Outcome) String() string { return outcomeNames[o] }

// Outranks reports whether an outcome says more about a packet than another
// one of its buffers' did: a clone that a program got counts, though the
// original was freed.
func Outranks(a, b Outcome) bool { return outcomeRank[a] > outcomeRank[b] }

var outcomeRank = [...]uint8{NoOutcome: 0, Queued: 1, Consumed: 2, Dropped: 3, Sent: 4, Forwarded: 5, Delivered: 6, NotModelled: 7}

// An Event is one thing that happened. What its Code is depends on its Kind: a
// step.Step, a step.TP, a step.Try, a direction (Frame: 0 rx, 1 tx), an
// Outcome, or 0.
type Event struct {
	At      sim.Time
	Subject uint32 // TraceID, 0 if none
	Pkt     uint32 // the packet's number, 0 if none
	SKB     uint32 // the buffer's, 0 if none
	Parent  uint32 // the packet that caused this one
	args    uint32 // where its values begin
	why     uint32
	changes uint32 // index+1 of its first Change
	last    uint32
	Code    uint16
	Why     step.Why
	Dev     uint16
	Kind    EventKind
	Depth   uint8
	Host    uint8
	CPU     uint8
	nargs   uint8
	nwhy    uint8
	Reason  step.DropReason // End
	Fn      step.Step       // the function that it happened in
	bytes   uint32          // Frame: where its bytes begin in the Log
	nbytes  uint32
}

// Lost reports whether the event is a packet's end by a drop that is a loss:
// the kernel also drops packets whose work is done (step.DropReason.NoLoss).
func (e *Event) Lost() bool {
	return e.Kind == End && Outcome(e.Code) == Dropped && !e.Reason.NoLoss(e.Fn)
}

// A Log is the record of a stretch of time.
type Log struct {
	Events  []Event
	Changes []Change
	Gone    []Gone // in order of time
	args    []uint64
	bytes   []byte
	queues  []queueRec
	pieces  []Piece
}

// A Gone says that an object (no packet) is no more: Forget has been told.
type Gone struct {
	Obj  uint32
	When uint32 // how many Events there were
}

// Args returns the values of a tracepoint or an alternative, in the order of
// the catalogue.
func (l *Log) Args(e *Event) []uint64 { return l.args[e.args : e.args+uint32(e.nargs)] }

// WhyArgs returns the values of the event's sentence.
func (l *Log) WhyArgs(e *Event) []uint64 { return l.args[e.why : e.why+uint32(e.nwhy)] }

// Bytes returns the bytes of a Frame event.
func (l *Log) Bytes(e *Event) []byte { return l.bytes[e.bytes : e.bytes+e.nbytes] }

// Set calls f for each change that the event itself made, in order.
func (l *Log) Set(e *Event, f func(*Change)) {
	for i := e.changes; i != 0; i = l.Changes[i-1].next {
		f(&l.Changes[i-1])
	}
}

// Keep drops the events for which keep is false. Changes stay; those of a
// dropped event are no longer any event's.
func (l *Log) Keep(keep func(*Event) bool) {
	n := 0
	for i := range l.Events {
		if keep(&l.Events[i]) {
			l.Events[n] = l.Events[i]
			n++
		}
	}
	l.Events = l.Events[:n]
}

// Room makes room in an empty Log for a bit more than another one holds, so
// that it need not grow step by step.
func (l *Log) Room(o *Log) {
	more := func(n int) int { return n + n/8 }
	l.Events = make([]Event, 0, more(len(o.Events)))
	l.Changes = make([]Change, 0, more(len(o.Changes)))
	l.args = make([]uint64, 0, more(len(o.args)))
	l.bytes = make([]byte, 0, more(len(o.bytes)))
	l.queues = make([]queueRec, 0, more(len(o.queues)))
	l.pieces = make([]Piece, 0, more(len(o.pieces)))
}

// Reset empties the Log and keeps its memory.
func (l *Log) Reset() {
	l.Events, l.Changes, l.Gone, l.args, l.bytes = l.Events[:0], l.Changes[:0], l.Gone[:0], l.args[:0], l.bytes[:0]
	l.queues, l.pieces = l.queues[:0], l.pieces[:0]
}
