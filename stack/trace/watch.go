package trace

import "github.com/packetwalk/packetwalk/stack/step"

// A Watcher is told of sockets, and of frames on devices, while a World runs in
// mode Watch.
type Watcher interface {
	// Saw is told of a socket when a call on it begins and when it returns. It
	// looks at what it wants. What is new since then was done in the function in
	// (0: outside of all).
	Saw(on Subject, in step.Step)
	// Frame is told of a frame on a device: tx 0 is received, 1 is sent. b is
	// only lent.
	Frame(tx uint16, dev int, b []byte)
}

// A watched call is one that is open in mode Watch.
type watchedCall struct {
	on Subject
	fn step.Step
}

// watches reports whether the Watcher is to be told of a subject.
func (t *Tracer) watches(on Subject) bool {
	if t.Watcher == nil || t.Watched != 0 {
		return t.Watcher != nil && t.Watched == on.TraceID()
	}
	return on.Kind() == step.KindSock
}

// watchIn is enter in mode Watch.
func (t *Tracer) watchIn(s step.Step, on Subject) {
	if t.watches(on) {
		in := step.Step(0)
		if n := len(t.watched); n > 0 {
			in = t.watched[n-1].fn
		}
		t.Watcher.Saw(on, in)
	}
	t.watched = append(t.watched, watchedCall{on, s})
}

// watchOut is leave in mode Watch.
func (t *Tracer) watchOut() {
	n := len(t.watched)
	if n == 0 {
		return
	}
	c := t.watched[n-1]
	t.watched[n-1] = watchedCall{}
	t.watched = t.watched[:n-1]
	if t.watches(c.on) {
		t.Watcher.Saw(c.on, c.fn)
	}
}
