package tcp

import "github.com/packetwalk/packetwalk/stack/sim"

// What a connection's time is spent on (enum tcp_chrono). A higher one counts
// in place of the lower ones.
const (
	chronoBusy   = 1 + iota // data is being sent, or waits to be
	chronoRwnd              // the other side's window is full
	chronoSndbuf            // the send buffer is too small
)

// chronoState is the part of struct tcp_sock that says what limited a
// connection, and for how long. Times are ticks.
type chronoState struct {
	stat  [3]uint32
	start uint32
	typ   uint8
}

// chronoSet is tcp_chrono_set.
func (sk *Sock) chronoSet(typ uint8) {
	c := &sk.st.chrono
	now := sk.jiffies()
	if c.typ > 0 {
		c.stat[c.typ-1] += now - c.start
	}
	c.start, c.typ = now, typ
}

// chronoStart is tcp_chrono_start.
func (sk *Sock) chronoStart(typ uint8) {
	if typ > sk.st.chrono.typ {
		sk.chronoSet(typ)
	}
}

// chronoStop is tcp_chrono_stop.
func (sk *Sock) chronoStop(typ uint8) {
	if sk.rtx.Front() == nil && sk.write.Front() == nil {
		sk.chronoSet(0)
	} else if typ == sk.st.chrono.typ {
		sk.chronoSet(chronoBusy)
	}
}

// chronoTimes is tcp_get_info_chrono_stats: in µs, all of the busy time first.
func (sk *Sock) chronoTimes() (busy, rwnd, sndbuf uint64) {
	c := &sk.st.chrono
	var t [3]uint64
	for i := range t {
		n := c.stat[i]
		if int(c.typ) == i+1 {
			n += sk.jiffies() - c.start
		}
		t[i] = uint64(sim.Time(n) * sim.Jiffy / sim.Microsecond)
		busy += t[i]
	}
	return busy, t[1], t[2]
}
