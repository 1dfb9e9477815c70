package stack

import "github.com/packetwalk/packetwalk/pcaps"

// A reading follows the windows that a connection of this host offers: they
// tell whether its program reads. While it does, all that is unread when an
// ACK leaves is what the ACK is for; the window is smaller by no more than
// that. A window that closes further shows that the program reads nothing,
// since when is not known: since it read last, or from the beginning.
type reading struct {
	scale uint
	known bool // the scale is
	have  bool
	max   int // the largest window offered, in bytes
	win   int // the last one
	ack   uint32
	mss   int
	came  int // segments since the last ACK left
	last  int64
	base  uint32 // what was acknowledged then
	// paused: the program reads nothing since then.
	paused bool
	dipAt  int64 // when a window showed it last
}

func newReading(at int64) reading { return reading{last: at} }

// arrived counts a segment for this host.
func (r *reading) arrived(p *packet, mss int) {
	r.mss = max(mss, leastMSS)
	if p.payload > 0 {
		r.came += (p.payload + r.mss - 1) / r.mss
	}
}

// window looks at the window that a segment of this host offers.
func (s *Script) window(f *pcaps.Frame, p *packet, fl Flow, r *reading) {
	if !r.known {
		return
	}
	t := p.tcp
	win, came := int(t.Window())<<r.scale, r.came
	r.came = 0
	if !r.have {
		r.have, r.max, r.win, r.ack = true, win, win, t.Ack()
		if r.base == 0 {
			r.base = t.Ack()
		}
		return
	}
	update := t.Ack() == r.ack && win > r.win
	r.win, r.ack = win, t.Ack()
	if p.opts.sack {
		r.came = came // they wait for the gap to be filled
		return
	}
	room := (came+1)*max(r.mss, 1448) + 1<<r.scale
	switch {
	case r.paused && (update || win >= r.max-room):
		at := r.dipAt + 1000
		if update {
			at = f.At
		}
		s.add(Act{At: at, Kind: ActResume, Flow: fl})
		r.paused, r.last, r.base = false, at, t.Ack()
	case r.paused:
		r.dipAt = f.At
		if unread := int(t.Ack() - r.base); unread > r.max+r.max/4+r.mss {
			s.merges = true
		}
	case win < r.max-room:
		s.add(Act{At: r.last + 1, Kind: ActPause, Flow: fl})
		r.paused, r.dipAt = true, f.At
	}
	r.max = max(r.max, win)
}

// receiveBuffer guesses the SO_RCVBUF of a program whose SYN offered a window
// of win bytes with segments of mss bytes; 0 is the default. Half the buffer is
// offered, in whole segments (tcp_select_initial_window); of the sizes that
// come to this, programs use the roundest.
func receiveBuffer(win, mss, rmem int) int {
	if win <= 0 || mss <= 0 || win+mss > min(rmem/2, 65535) {
		return 0
	}
	for unit := 1 << 16; unit > 0; unit >>= 1 {
		if v := (win + unit - 1) / unit * unit; v < win+mss {
			return v
		}
	}
	return win
}

// paged reports whether the captured host took more, with nobody reading, than
// the largest window that it ever offered: what waited had been merged and
// counted less memory than it came in. Then frames come in page fragments,
// which merge (tcp_try_coalesce).
func (s *Script) paged() bool { return s != nil && s.merges }
