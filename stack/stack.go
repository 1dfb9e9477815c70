package stack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// A World is every simulated machine and the time that they share.
type World struct {
	Clock *sim.Clock
	Rand  *sim.Rand
	IDs   *core.IDs
	Hosts []*Host
	Trace *trace.Tracer `fork:"zero"`
}

// NewWorld returns an empty world at time 0. The same seed gives the same
// random numbers, and so the same trace.
func NewWorld(seed uint64) *World {
	return &World{Clock: &sim.Clock{}, Rand: sim.NewRand(seed), IDs: &core.IDs{}}
}

// SetTracer lets t listen to every host; nil ends listening.
func (w *World) SetTracer(t *trace.Tracer) {
	w.Trace = t
	if t != nil {
		t.Clock = w.Clock
	}
	for _, h := range w.Hosts {
		for _, ns := range h.Machine.NS {
			ns.Trace = t
		}
	}
}

// Run lets the world go on until a time.
func (w *World) Run(until sim.Time) { w.Clock.RunUntil(until) }

// Live is how many buffers are allocated and not freed, in all hosts: those
// that wait somewhere.
func (w *World) Live() (n uint64) {
	for _, h := range w.Hosts {
		n += h.Machine.Allocated - h.Machine.Freed
	}
	return n
}

// Fingerprint sums up which path the world took until now: the time, what is
// random, the numbers given out, the timers armed, the buffers allocated, and
// every counter. Two runs that went apart do not share it.
func (w *World) Fingerprint() uint64 {
	h := uint64(14695981039346656037)
	mix := func(v uint64) { h = (h ^ v) * 1099511628211 }
	mix(uint64(w.Clock.Now()))
	mix(w.Clock.Armed())
	mix(w.Rand.State())
	objects, packets := w.IDs.Given()
	mix(uint64(objects)<<32 | uint64(packets))
	for _, host := range w.Hosts {
		mix(host.Machine.Allocated)
		mix(host.Machine.Freed)
		for _, ns := range host.Machine.NS {
			for _, v := range ns.MIB {
				mix(v)
			}
		}
	}
	return h
}

// Fork copies the world; the copy has no tracer. It also returns how many
// objects were copied.
func (w *World) Fork() (*World, int) { return sim.Fork(w) }
