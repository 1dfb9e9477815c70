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
