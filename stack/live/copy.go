package live

import (
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// Rests reports whether the machine can be copied as it is: no command runs in
// it, and no request is being watched.
func (m *Machine) Rests() bool { return m.begun && !m.watch.on && m.Trace.Idle() && m.Lab.Rests() }

// Copy is another machine in the same state. It must rest.
func (m *Machine) Copy() *Machine {
	c, _ := sim.Fork(m)
	return c.wake()
}

// Image is the machine's state in little memory. It must rest.
func (m *Machine) Image() *sim.Image { return sim.Take(m) }

// FromImage is a machine in the state that an image holds.
func FromImage(im *sim.Image) *Machine { return sim.Restore[Machine](im).wake() }

// wake gives a copy what is not copied.
func (m *Machine) wake() *Machine {
	m.Trace = &trace.Tracer{Mode: trace.Count, Epoch: Boot}
	m.watch.lent = false
	m.Lab.Wake()
	m.Lab.World.SetTracer(m.Trace)
	return m
}
