package core

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/sim"
)

// Carriers come and go in a moment, and what hangs on them is told later: a link
// that flaps shall not shake the routes each time. Read net/core/link_watch.c.

// A LinkWatch is the queue of net/core/link_watch.c: devices whose carrier changed and
// which nobody has been told of.
type LinkWatch struct {
	Handler LinkHandler
	clock   *sim.Clock
	list    []*Device
	next    sim.Time // linkwatch_nextevent: until then only what is urgent
	timer   sim.Timer
}

// A LinkHandler tells the protocols (linkwatch_do_dev).
type LinkHandler interface{ LinkEvent(d *Device) }

// Fire is linkwatch_fire_event: d.NoCarrier has changed. What is urgent is told at
// once, all else a second after the last round, or at once if that is past.
func (w *LinkWatch) Fire(c *sim.Clock, d *Device, urgent bool) {
	w.clock = c
	if !slices.Contains(w.list, d) {
		w.list = append(w.list, d)
	}
	now := c.Now()
	switch {
	case now >= w.next:
		w.Run()
	case urgent:
		w.Sync(d)
	default:
		c.Mod(&w.timer, w.next, w)
	}
}

// Round notes that a round took place: a device was made without a carrier.
func (w *LinkWatch) Round(now sim.Time) {
	if now >= w.next {
		w.next = now + sim.Second
	}
}

// Run is linkwatch_event: all that wait.
func (w *LinkWatch) Run() {
	w.next = w.clock.Now() + sim.Second
	for len(w.list) > 0 {
		w.Sync(w.list[0])
	}
}

// Sync is linkwatch_sync_dev: who asks for a device is told what holds
// (rtnl_getlink).
func (w *LinkWatch) Sync(d *Device) {
	if i := slices.Index(w.list, d); i >= 0 {
		w.list = slices.Delete(w.list, i, i+1)
		if d.NS != nil {
			w.Handler.LinkEvent(d)
		}
	}
}
