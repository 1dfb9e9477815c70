package stack

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/udp"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A Program is what a set-up says of a program of the captured host, because no
// frame tells it: how large its socket's receive buffer is, and when it reads.
type Program struct {
	Local  Service  // its UDP socket; a zero address is any
	RcvBuf int      // SO_RCVBUF in bytes, 0: the default
	Delay  sim.Time // it begins to read so long after the first datagram
}

// ParsePrograms reads the programs of a set-up. They stand in comments, so that
// a shell passes over them:
//
//	#: program udp 10.0.0.2:5000 rcvbuf 8192 reads 2s after the first datagram
//
// "rcvbuf N" and "reads DURATION after the first datagram" may be left out. The
// error says what is wrong with line, counted from 1; other lines that begin
// with "#:" are wrong too.
func ParsePrograms(text string) (list []Program, line int, err error) {
	for i, l := range strings.Split(text, "\n") {
		d, ok := strings.CutPrefix(strings.TrimSpace(l), "#:")
		if !ok {
			continue
		}
		p, err := parseProgram(strings.Fields(d))
		if err != nil {
			return nil, i + 1, err
		}
		list = append(list, p)
	}
	return list, 0, nil
}

func parseProgram(w []string) (p Program, err error) {
	if len(w) < 3 || w[0] != "program" || w[1] != "udp" {
		return p, fmt.Errorf("it should be: #: program udp ADDRESS:PORT [rcvbuf BYTES] [reads DURATION after the first datagram]")
	}
	at, err := netip.ParseAddrPort(w[2])
	if err != nil {
		return p, fmt.Errorf("%s is no address and port like 10.0.0.2:5000", w[2])
	}
	p.Local.Port = at.Port()
	if !at.Addr().IsUnspecified() {
		p.Local.Addr = wire.FromNetip(at.Addr())
	}
	for w = w[3:]; len(w) >= 2; {
		switch {
		case w[0] == "rcvbuf":
			if p.RcvBuf, err = strconv.Atoi(w[1]); err != nil || p.RcvBuf <= 0 || p.RcvBuf > 1<<30 {
				return p, fmt.Errorf("rcvbuf takes a number of bytes, not %s", w[1])
			}
			w = w[2:]
		case w[0] == "reads" && len(w) >= 6 && strings.Join(w[2:6], " ") == "after the first datagram":
			d, err := time.ParseDuration(w[1])
			if err != nil || d < 0 || d > time.Hour {
				return p, fmt.Errorf("reads takes a time like 2s, not %s", w[1])
			}
			p.Delay = sim.Time(d)
			w = w[6:]
		default:
			return p, fmt.Errorf("%s is not known; there are rcvbuf BYTES, and reads DURATION after the first datagram", w[0])
		}
	}
	if len(w) > 0 {
		return p, fmt.Errorf("%s is not known, or something is missing after it", w[0])
	}
	return p, nil
}

// program finds the one that owns a UDP port.
func (h *Host) program(addr wire.Addr, port uint16) *Program {
	for i := range h.Programs {
		p := &h.Programs[i]
		if p.Local.Port == port && (p.Local.Addr == addr || p.Local.Addr == (wire.Addr{})) {
			return p
		}
	}
	return nil
}

// runPrograms opens the sockets of the host's programs, while a capture is
// followed.
func (r *reader) runPrograms(h *Host) {
	for _, p := range h.Programs {
		sk := h.UDP.EnsureSocket(p.Local.Addr, p.Local.Port)
		if p.RcvBuf > 0 {
			sk.SetRcvBuf(p.RcvBuf)
		}
		if p.Delay > 0 {
			r.late = append(r.late, &lateReader{r: r, sk: sk, delay: p.Delay})
		}
	}
}

// A lateReader is a program that begins to read some time after the first
// datagram.
type lateReader struct {
	r     *reader
	sk    *udp.Sock
	delay sim.Time
	woken bool // it has been told of the first one
	reads bool
	timer sim.Timer
}

// waits reports whether the program does not read yet; the first time it is
// told of a datagram its clock begins.
func (l *lateReader) waits() bool {
	if !l.woken {
		l.woken = true
		l.r.ns.Note(l.sk, step.WhyProgramSleeps, uint64(l.delay))
		l.r.ns.Clock.Mod(&l.timer, l.r.ns.Clock.Now()+l.delay, l)
	}
	return !l.reads
}

// Run is the end of its sleep.
func (l *lateReader) Run() {
	l.reads = true
	l.r.Readable(&l.sk.Sock)
}

// asleep reports whether the program that owns a socket does not read yet.
func (r *reader) asleep(sk *core.Sock) bool {
	for _, l := range r.late {
		if &l.sk.Sock == sk {
			return l.waits()
		}
	}
	return false
}
