package walk

import (
	"github.com/packetwalk/packetwalk/stack"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// Watch runs the world again over the frames from (counted from 0) up to to, to
// excluded, and tells w of an object that is looked at on the way. It keeps
// nothing. tell is asked after each frame whether to go on; it may be nil.
func (k *Walk) Watch(obj uint32, from, to int, w trace.Watcher, tell func(frame int) bool) error {
	from, to = max(0, from), min(to, k.packets.n)
	if from >= to {
		return nil
	}
	j := len(k.marks) - 1
	for k.marks[j].at > from {
		j--
	}
	r := sim.Restore[stack.Replay](k.marks[j].im)
	tr := &trace.Tracer{Mode: trace.Silent, Watcher: w, Watched: obj}
	r.SetTracer(tr)
	if t, ok := w.(interface{ Clock(*trace.Tracer) }); ok {
		t.Clock(tr)
	}
	for i := k.marks[j].at; i < to; i++ {
		f, err := k.src.Frame(i)
		if err != nil {
			return err
		}
		if i == from {
			tr.Mode = trace.Watch
		}
		k.advance(r, i, &f)
		r.Deliver(&f)
		tr.Ends = tr.Ends[:0]
		if tell != nil && !tell(i) {
			return nil
		}
	}
	if to == k.packets.n && k.done {
		r.Finish()
	}
	return nil
}

// Watch runs the lab again from its beginning (or from where what is kept begins) to its end, and tells w of its
// sockets: of one, or of all with obj 0.
func (k *Lab) Watch(obj uint32, w trace.Watcher) error {
	r, err := k.again(k.past.ticks)
	if err != nil {
		return err
	}
	defer r.close()
	r.mode(trace.Watch)
	r.t.Watcher, r.t.Watched = w, obj
	if t, ok := w.(interface{ Clock(*trace.Tracer) }); ok {
		t.Clock(r.t)
	}
	for ended := false; !ended; {
		ended = r.tick()
		r.t.Ends = r.t.Ends[:0]
		if r.n >= k.tickLen() && k.tickLen() > 0 {
			break
		}
	}
	return nil
}
