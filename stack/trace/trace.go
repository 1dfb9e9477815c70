// Package trace records what the kernel did: the calls, the tracepoints, the
// alternatives that lost, what became of each packet, and every change of
// state, worked out by observing the subject of a call before and after.
package trace

import (
	"math/bits"

	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
)

// A Subject is kernel state that a learner can look at: a packet, a socket, a
// neighbour.
type Subject interface {
	Kind() step.Kind
	TraceID() uint32            // unique in a world, whatever the kind
	TracePkt() (pkt, id uint32) // the packet's number and the buffer's; 0, 0 if this is no packet
	Observe(o *Obs)             // the one place that lists its fields
}

// An Obs is one look at a Subject: a value at each index of its kind's fields
// (step.Fields).
type Obs [step.MaxFields]uint64

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

// Mode says how much a Tracer keeps.
type Mode uint8

const (
	Silent Mode = iota // nothing: the tracer is there, and that is all
	Count              // how many steps, a hash of them, ends and landmarks
	Record             // every Event
	Watch              // as Count, and a Watcher is told of sockets
)

// An EndRec is what Count and Record keep of each packet's end.
type EndRec struct {
	Pkt     uint32
	Path    uint32 // hash of the steps that the packet took
	Outcome Outcome
	Reason  step.DropReason
	Fn      step.Step
}

// A Listener is told of what is recorded at the moment when it happens, while
// the subject is as the kernel has it then: its bytes are not in the Log.
type Listener interface {
	Enter(s step.Step, on Subject)
	Leave()
	Point(tp step.TP, on Subject, args []uint64) // on may be nil
	Why(w step.Why, args []uint64)
}

// A Tracer is the stack's one instrument.
type Tracer struct {
	Mode  Mode
	Clock *sim.Clock
	Epoch sim.Time // times in events count from here
	Host  uint8
	CPU   uint8

	Steps     uint64 // how many calls so far
	Hash      uint64 // over all that happened, to prove that a replay took the same path; it may be set
	Landmarks uint64 // a bit for each step.TP that fired since somebody cleared it
	Ends      []EndRec
	Log       Log
	Listener  Listener // with Record: nil for none
	Watcher   Watcher  // with Watch
	Watched   uint32   // with Watch: the socket's TraceID; 0: all of them

	pkt    uint32 // the packet that is being worked on
	skb    uint32
	path   [pathSlots]uint32
	parent [pathSlots]uint32
	open   []call
	snaps  map[uint32]*snap
	free   []*snap
	now    Obs

	watched []watchedCall // with Watch: the calls that are open
}

// pathSlots is how many packets may be under way at a time with their path's
// hash kept apart.
const pathSlots = 1 << 12

type call struct {
	event uint32
	on    Subject
	snap  *snap
	up    *snap // the enclosing call's packet
	upOn  Subject
}

type snap struct {
	id     uint32
	kind   step.Kind
	fields Obs
}

// A Span is a function call in progress.
type Span struct {
	t        *Tracer
	pkt, skb uint32
}

// Out marks the return from the function.
func (s Span) Out() {
	t := s.t
	if t == nil {
		return
	}
	if t.Mode >= Record {
		t.leave()
	}
	t.pkt, t.skb = s.pkt, s.skb
}

const prime = 1099511628211

// half is how many fields every kind but sockets has at most.
const half = step.SmallFields

// In marks the entry into a kernel function on behalf of a subject:
//
//	defer ns.In(step.IPRcv, b).Out()
func (t *Tracer) In(s step.Step, on Subject) Span {
	if t.Mode == Silent {
		return Span{}
	}
	sp := Span{t, t.pkt, t.skb}
	if p, id := on.TracePkt(); p != 0 {
		t.pkt, t.skb = p, id
	}
	t.Steps++
	t.Hash = (t.Hash ^ uint64(s) ^ uint64(t.pkt)<<16) * prime
	h := &t.path[t.pkt%pathSlots]
	*h = (*h ^ uint32(s)) * 16777619
	if t.Mode >= Record {
		t.enter(s, on)
	}
	return sp
}

func (t *Tracer) leave() {
	if t.Mode == Watch {
		t.watchOut()
		return
	}
	if len(t.open) > 0 {
		t.settle()
		t.open = t.open[:len(t.open)-1]
		if t.Listener != nil {
			t.Listener.Leave()
		}
	}
}

func (t *Tracer) enter(s step.Step, on Subject) {
	if t.Mode == Watch {
		t.watchIn(s, on)
		return
	}
	t.settle()
	e := t.event(Call, uint16(s), on)
	c := call{event: e, on: on}
	if n := len(t.open); n > 0 {
		top := &t.open[n-1]
		if top.on == on {
			c.snap, c.up, c.upOn = top.snap, top.up, top.upOn
		} else {
			c.up, c.upOn = top.snap, top.on
			if k := top.on.Kind(); k != step.KindSKB {
				c.up, c.upOn = top.up, top.upOn
			}
		}
	}
	if c.snap == nil {
		c.snap = t.look(on)
	}
	t.open = append(t.open, c)
	if t.Listener != nil {
		t.Listener.Enter(s, on)
	}
}

// look finds or makes the last observation of a subject.
func (t *Tracer) look(on Subject) *snap {
	id := on.TraceID()
	if s := t.snaps[id]; s != nil {
		t.diff(on, s, ^uint32(0))
		return s
	}
	var s *snap
	if n := len(t.free); n > 0 {
		s, t.free = t.free[n-1], t.free[:n-1]
		clear(s.fields[:])
	} else {
		s = new(snap)
	}
	s.id, s.kind = id, on.Kind()
	if t.snaps == nil {
		t.snaps = map[uint32]*snap{}
	}
	t.snaps[id] = s
	t.now = Obs{}
	on.Observe(&t.now)
	n := len(step.Fields(s.kind))
	for i := 0; i < n; i++ {
		if v := t.now[i]; v != 0 {
			t.Log.Changes = append(t.Log.Changes, Change{Obj: id, Key: step.KeyOf(s.kind, i), First: true, Event: ^uint32(0), When: uint32(len(t.Log.Events)), New: v})
		}
	}
	if s.kind == step.KindSock {
		t.queues(on, &s.fields, &t.now, ^uint32(0))
	}
	s.fields = t.now
	return s
}

// Forget is told that a subject is gone: its number will not come again.
func (t *Tracer) Forget(id uint32) {
	if s := t.snaps[id]; s != nil {
		if t.Mode == Record && s.kind != step.KindSKB {
			t.Log.Gone = append(t.Log.Gone, Gone{id, uint32(len(t.Log.Events))})
		}
		delete(t.snaps, id)
		s.id = 0
		t.free = append(t.free, s)
	}
}

// Anew forgets what has been observed: each subject is observed as a whole again
// when it is met next. So a Log that is begun now can be read without the ones
// before it. Nothing may be under way.
func (t *Tracer) Anew() {
	for id, s := range t.snaps {
		delete(t.snaps, id)
		s.id = 0
		t.free = append(t.free, s)
	}
}

// settle credits what changed since the last look to the call that is running.
func (t *Tracer) settle() {
	n := len(t.open)
	if n == 0 {
		return
	}
	c := &t.open[n-1]
	t.diff(c.on, c.snap, c.event)
	if c.up != nil && c.upOn != nil {
		t.diff(c.upOn, c.up, c.event)
	}
}

func (t *Tracer) diff(on Subject, s *snap, event uint32) {
	if s.id != on.TraceID() {
		return // freed inside the call
	}
	// Most looks find nothing new: all is compared at once.
	if s.kind == step.KindSock {
		t.now = Obs{}
		on.Observe(&t.now)
		if t.now == s.fields {
			return
		}
		t.queues(on, &s.fields, &t.now, event)
	} else {
		now, old := (*[half]uint64)(t.now[:]), (*[half]uint64)(s.fields[:])
		*now = [half]uint64{}
		on.Observe(&t.now)
		if *now == *old {
			return
		}
	}
	n := len(step.Fields(s.kind))
	for i := 0; i < n; i++ {
		if t.now[i] != s.fields[i] {
			t.change(Change{Obj: s.id, Key: step.KeyOf(s.kind, i), Event: event, Old: s.fields[i], New: t.now[i]})
			s.fields[i] = t.now[i]
		}
	}
}

func (t *Tracer) change(c Change) {
	c.When = uint32(len(t.Log.Events))
	t.Log.Changes = append(t.Log.Changes, c)
	if c.Event == ^uint32(0) {
		return
	}
	e, i := &t.Log.Events[c.Event], uint32(len(t.Log.Changes))
	if e.changes == 0 {
		e.changes = i
	} else {
		t.Log.Changes[e.last-1].next = i
	}
	e.last = i
}

// event appends an Event and returns its index.
func (t *Tracer) event(k EventKind, code uint16, on Subject) uint32 {
	e := Event{At: t.Clock.Now() - t.Epoch, Pkt: t.pkt, SKB: t.skb, Kind: k, Code: code, Depth: uint8(min(len(t.open), 255)), Host: t.Host, CPU: t.CPU}
	if on != nil {
		e.Subject = on.TraceID()
		if p, id := on.TracePkt(); p != 0 {
			e.Pkt, e.SKB = p, id
		}
	}
	if e.Pkt != 0 {
		e.Parent = t.parent[e.Pkt%pathSlots]
	}
	if n := len(t.open); n > 0 {
		e.Fn = step.Step(t.Log.Events[t.open[n-1].event].Code)
	}
	t.Log.Events = append(t.Log.Events, e)
	return uint32(len(t.Log.Events) - 1)
}

func (t *Tracer) values(e uint32, args []uint64) {
	ev := &t.Log.Events[e]
	ev.args, ev.nargs = uint32(len(t.Log.args)), uint8(len(args))
	t.Log.args = append(t.Log.args, args...)
}

// Why says on which values the running function decided.
func (t *Tracer) Why(w step.Why, args ...uint64) {
	if t.Mode != Record || len(t.open) == 0 {
		return
	}
	e := &t.Log.Events[t.open[len(t.open)-1].event]
	e.Why, e.why, e.nwhy = w, uint32(len(t.Log.args)), uint8(len(args))
	t.Log.args = append(t.Log.args, args...)
	if t.Listener != nil {
		t.Listener.Why(w, t.Log.WhyArgs(e)) // the Log's copy: args shall stay on the caller's stack
	}
}

// Explained reports whether the running function has a sentence already.
func (t *Tracer) Explained() bool {
	n := len(t.open)
	return n > 0 && t.Log.Events[t.open[n-1].event].Why != 0
}

// Point records a tracepoint. on may be nil.
func (t *Tracer) Point(tp step.TP, on Subject, args ...uint64) {
	if t.Mode == Silent {
		return
	}
	t.Landmarks |= 1 << tp
	h := t.Hash ^ uint64(tp)
	for _, a := range args {
		h = bits.RotateLeft64(h, 13) ^ a // one multiplication for all of them is enough
	}
	t.Hash = h * prime
	if t.Mode == Record {
		t.settle()
		t.values(t.event(Point, uint16(tp), on), args)
		if t.Listener != nil {
			t.Listener.Point(tp, on, t.Log.Args(&t.Log.Events[len(t.Log.Events)-1]))
		}
	}
}

// Tried records an alternative that lost, with the operand that ruled it out.
func (t *Tracer) Tried(w step.Try, args ...uint64) {
	if t.Mode == Record {
		t.values(t.event(Tried, uint16(w), nil), args)
	}
}

// Frame records a frame on a device: tx 0 is received, 1 is sent.
func (t *Tracer) Frame(tx uint16, on Subject, dev int, b []byte) {
	if t.Mode == Watch && t.Watcher != nil {
		t.Watcher.Frame(tx, dev, b)
	}
	if t.Mode != Record {
		return
	}
	e := &t.Log.Events[t.event(Frame, tx, on)]
	e.Dev = uint16(dev)
	e.bytes, e.nbytes = uint32(len(t.Log.bytes)), uint32(len(b))
	t.Log.bytes = append(t.Log.bytes, b...)
}

// End records what became of a packet; fn is the function that ended it.
func (t *Tracer) End(on Subject, o Outcome, r step.DropReason, fn step.Step, why step.Why, args ...uint64) {
	if t.Mode == Silent {
		return
	}
	pkt, _ := on.TracePkt()
	t.Hash = (t.Hash ^ uint64(o)<<8 ^ uint64(r) ^ uint64(pkt)<<16) * prime
	t.Ends = append(t.Ends, EndRec{pkt, t.path[pkt%pathSlots], o, r, fn})
	if t.Mode == Record {
		t.settle()
		e := &t.Log.Events[t.event(End, uint16(o), on)]
		e.Reason, e.Why, e.why, e.nwhy = r, why, uint32(len(t.Log.args)), uint8(len(args))
		if fn != 0 {
			e.Fn = fn
		}
		t.Log.args = append(t.Log.args, args...)
	}
}

// Begin tells that the number pkt stands for a new packet from now on; the
// packet that is being worked on is its parent.
func (t *Tracer) Begin(pkt uint32) {
	t.path[pkt%pathSlots] = 2166136261
	t.parent[pkt%pathSlots] = t.pkt
}

// Root tells that a packet comes from outside: it has no parent.
func (t *Tracer) Root(pkt uint32) {
	t.path[pkt%pathSlots] = 2166136261
	t.parent[pkt%pathSlots] = 0
}

// Adopt tells that what was called old is the packet pkt, which has been seen
// to leave: its parent is old's, and old comes to its end by that.
func (t *Tracer) Adopt(on Subject, pkt, old uint32, why step.Why) {
	t.End(on, Consumed, 0, 0, why, uint64(pkt))
	t.path[pkt%pathSlots] = t.path[old%pathSlots]
	t.parent[pkt%pathSlots] = t.parent[old%pathSlots]
}

// Pass tells that the packet old, which came from another host, goes on towards
// a third as the packet pkt, and that it comes to its end by that.
func (t *Tracer) Pass(on Subject, pkt, old uint32, fn step.Step, why step.Why) {
	t.End(on, Forwarded, 0, fn, why, uint64(pkt))
	t.path[pkt%pathSlots] = t.path[old%pathSlots]
	t.parent[pkt%pathSlots] = old
}

// Note records something that a reader should know and no packet did.
func (t *Tracer) Note(on Subject, w step.Why, args ...uint64) {
	if t.Mode != Record {
		return
	}
	e := &t.Log.Events[t.event(Note, 0, on)]
	e.Why, e.why, e.nwhy = w, uint32(len(t.Log.args)), uint8(len(args))
	t.Log.args = append(t.Log.args, args...)
}

// Look credits what has changed in an object that is no subject of a running
// function to that function.
func (t *Tracer) Look(on Subject) {
	if t.Mode != Record || len(t.open) == 0 {
		return
	}
	t.settle()
	if s := t.snaps[on.TraceID()]; s != nil {
		t.diff(on, s, t.open[len(t.open)-1].event)
	} else {
		t.look(on)
	}
}

// Counter records that a counter of a namespace went from old to old+n.
func (t *Tracer) Counter(ns uint32, m step.MIB, old, n uint64) {
	if t.Mode != Record {
		return
	}
	event := ^uint32(0)
	if k := len(t.open); k > 0 {
		event = t.open[k-1].event
	}
	t.change(Change{Obj: ns, Key: step.KeyOf(step.KindNS, int(m)), Event: event, Old: old, New: old + n})
}

// Running is the innermost function that is running, if events are recorded.
func (t *Tracer) Running() step.Step {
	if n := len(t.open); n > 0 {
		return step.Step(t.Log.Events[t.open[n-1].event].Code)
	}
	return 0
}

// Idle reports whether no call is open, so that the Log may be taken.
func (t *Tracer) Idle() bool { return len(t.open) == 0 && len(t.watched) == 0 }
