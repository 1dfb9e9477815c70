package drill

import (
	"fmt"

	"github.com/packetwalk/packetwalk/stack/sim"
)

// A lateError is an event that could not happen when it should.
type lateError struct{ error }

// usecs is the time of the script, in microseconds.
func (r *Runner) usecs() int64 { return r.scriptTime(r.World.Clock.Now()) }

func (r *Runner) scriptTime(t sim.Time) int64 { return int64(t-r.start) / int64(sim.Microsecond) }

func (r *Runner) liveTime(usecs int64) sim.Time { return r.start + sim.Time(usecs)*sim.Microsecond }

// absolute reports whether a time does not depend on when the last event was.
func (w When) absolute() bool { return w.Kind == Absolute || w.Kind == AbsoluteRange }

// lastTime is last_event_time_usecs, -1: there is none.
func (r *Runner) lastTime() int64 {
	if r.last == nil {
		return -1
	}
	return r.last.from
}

// anchor makes a relative time absolute (adjust_relative_event_times): it
// counts from now; packets that come in one behind the other count from the
// last one's time.
func (r *Runner) anchor() {
	m := r.now
	if m.When.absolute() {
		return
	}
	in := func(m *moment) bool { return m != nil && m.Packet != nil && m.Packet.In }
	m.offset = r.usecs()
	if in(r.last) && in(m) {
		m.offset = r.last.from
	}
	m.from += m.offset
	if m.When.Kind == RelativeRange {
		m.to += m.offset
	}
}

// until lets the world go on until a time, until stop reports true, or until a
// call that sleeps has failed. It returns what stop reports.
func (r *Runner) until(t sim.Time, stop func() bool) bool {
	for {
		r.reap()
		if r.fatal != nil || stop != nil && stop() {
			return r.fatal == nil
		}
		at, ok := r.World.Clock.Next()
		last := !ok || at > t
		if last {
			at = t
		}
		r.World.Run(max(at, r.World.Clock.Now()))
		r.pass()
		if last {
			r.reap()
			return r.fatal == nil && stop != nil && stop()
		}
	}
}

// limit is when a script is stopped, whatever it waits for.
func (r *Runner) limit() sim.Time { return r.start + r.cfg.MaxTime }

// packetdrill runs on a machine where nothing happens at once: it sleeps until
// shortly before an event and spins the rest, and then the call or the packet
// has a way to go. These are the medians of what comes behind the script's time
// on an Linux 6.18. They keep a round trip of the script from being a whole
// number of milliseconds, on which the kernel never has to decide.
const (
	packetLate = 40 * sim.Microsecond // a packet is in tun0
	callLate   = 60 * sim.Microsecond // a system call is in the kernel
	nextLate   = 15 * sim.Microsecond // and what is due already, behind what was before
)

// wait lets time pass until the event is due (wait_for_event), and checks that
// it is not too late.
func (r *Runner) wait() error {
	t := r.liveTime(r.now.from)
	if now := r.World.Clock.Now(); t <= now {
		t = now + nextLate
	} else if r.now.Packet != nil {
		t += packetLate
	} else {
		t += callLate
	}
	if t > r.limit() {
		return fmt.Errorf("stopped after %d seconds of virtual time (--max-time)", r.cfg.MaxTime/sim.Second)
	}
	r.until(t, nil)
	if r.fatal != nil {
		return r.fatal
	}
	if r.played == 0 {
		return nil
	}
	if err := r.checkTime(r.now.When.Kind, r.now.from, r.now.to, r.usecs(), r.lastTime(), r.now.describe()); err != nil {
		return lateError{err}
	}
	return nil
}

// describe is event_description.
func (e *Event) describe() string {
	switch {
	case e.Packet != nil && e.Packet.In:
		return "inbound packet"
	case e.Packet != nil:
		return "outbound packet"
	case e.Call != nil:
		return "system call start"
	case e.Command != nil:
		return "command"
	}
	return "data collection for code"
}

// checkTime is verify_time: has something happened at the time of the script?
// What is between it and the last event allows for some deviation.
func (r *Runner) checkTime(kind TimeKind, from, to, at, last int64, what string) error {
	if kind == AnyTime {
		return nil
	}
	tol := r.cfg.ToleranceUsecs
	if last != -1 {
		tol = max(tol, int64(r.cfg.TolerancePercent/100*float64(from-last)))
	}
	sec := func(us int64) float64 { return float64(us) / 1e6 }
	switch {
	case kind == Absolute || kind == Relative:
		if at < from-tol || at > from+tol {
			return fmt.Errorf("timing error: expected %s at %.6f sec but happened at %.6f sec; tolerance %.6f sec", what, sec(from), sec(at), sec(tol))
		}
	case at >= from-tol && at <= to+tol:
	case kind == AbsoluteRange:
		return fmt.Errorf("timing error: expected %s in time range %.6f~%.6f sec but happened at %.6f sec", what, sec(from), sec(to), sec(at))
	default:
		o := r.now.offset
		return fmt.Errorf("timing error: expected %s in relative time range +%.6f~+%.6f sec but happened at %+.6f sec", what, sec(from-o), sec(to-o), sec(at-o))
	}
	return nil
}
