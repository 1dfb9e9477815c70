package oracle

import "github.com/packetwalk/packetwalk/stack/sim"

// The timer wheel rounds up: what is due in a quarter of a second or more runs
// when jiffies is a multiple of 8 (LVL_GRAN). Where in that the recording began
// is a matter of when the machine was started, like a first sequence number.

// round is that step: 8 jiffies of 4 ms. late is how late a timer's function
// may be seen to begin.
const (
	round = 32 * sim.Millisecond
	late  = 1500 * sim.Microsecond
)

// wheelTimers are those that are armed for so long as a rule.
var wheelTimers = map[string]bool{"timer tcp_write_timer": true, "timer tcp_keepalive_timer": true, "timer reqsk_timer_handler": true, "timer neigh_timer_handler": true}

// tick is when, after the recording began, jiffies was first such a multiple: the
// moment on which at least two of the recorded timers agree, or else 0.
func tick(rows []Row) sim.Time {
	best, most := sim.Time(0), 1
	for _, r := range rows {
		if !wheelTimers[r.By] || r.T < 0 {
			continue
		}
		n := 0
		for _, o := range rows {
			if d := sim.Time(o.T-r.T) % round; wheelTimers[o.By] && (d+round)%round < late {
				n++
			}
		}
		if n > most {
			best, most = sim.Time(r.T)%round, n
		}
	}
	return best
}
