package stack

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/raw"
	"github.com/packetwalk/packetwalk/stack/sim"
	"github.com/packetwalk/packetwalk/stack/udp"
)

// A reader stands for the programs of a captured host that own its datagram
// sockets: it reads whatever comes, a moment after it is woken. What they did
// with it, the capture's own frames tell.
type reader struct {
	ns    *core.Netns
	ready []*core.Sock
	buf   []byte
	timer sim.Timer
	late  []*lateReader // programs that the set-up tells of
}

// wakeup is how long a woken program waits for the CPU.
const wakeup = 2 * sim.Microsecond

// Readable is sk_data_ready's wake-up.
func (r *reader) Readable(sk *core.Sock) {
	if len(r.late) > 0 && r.asleep(sk) {
		return
	}
	if len(r.ready) > 0 && r.ready[len(r.ready)-1] == sk {
		return
	}
	r.ready = append(r.ready, sk)
	if !r.timer.Pending() {
		r.ns.Clock.Mod(&r.timer, r.ns.Clock.Now()+wakeup, r)
	}
}

// Writable, Error, StateChange and Returned: see core.Waker.
func (r *reader) Writable(*core.Sock)    {}
func (r *reader) StateChange(*core.Sock) {}
func (r *reader) Returned(*core.Sock)    {}

// Error takes the error, as a program's next call would.
func (r *reader) Error(sk *core.Sock) { r.Readable(sk) }

// Run reads everything from the sockets that are ready.
func (r *reader) Run() {
	list := r.ready
	r.ready = nil
	for _, sk := range list {
		for sk.RcvQueue.Len() > 0 || sk.Err != 0 {
			if !r.read(sk) {
				break
			}
		}
	}
	clear(list)
	if r.ready == nil {
		r.ready = list[:0]
	}
}

// read makes one system call; false if the socket is of no kind that we read.
func (r *reader) read(sk *core.Sock) bool {
	switch s := sk.Prot.(type) {
	case *udp.Sock:
		s.Recv(r.buf, core.MsgDontWait)
	case *raw.Sock:
		s.Recv(r.buf, core.MsgDontWait)
	default:
		return false
	}
	return true
}
