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

// Fork copies the world; the copy has no tracer. It also returns how many
// objects were copied.
func (w *World) Fork() (*World, int) { return sim.Fork(w) }
