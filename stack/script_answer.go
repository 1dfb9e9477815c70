package stack

import (
	"sort"

	"github.com/packetwalk/packetwalk/pcaps"
)

// When the other end of a link is on the same machine (a veth pair, a
// container, a bridge), the frame that a program sends is received, and the
// answer is back, in the softirq that runs before the program's system call
// returns: the socket is still the program's, and the answer waits in its
// backlog. It can be seen in a capture. Over a real link an answer takes two
// interrupts and two times the way, tens of microseconds; on one machine it
// takes but a few.

const (
	// near is how long, in ns, the quickest answer of a peer on the same machine
	// takes at most.
	near = 10e3
	// atOnce is within which time, in ns, an answer of such a peer is one that
	// came before the call that sent what it answers was over.
	atOnce = 100e3
)

// An answer is an acknowledgement that came at once, without data.
type answer struct {
	at  int64
	ack uint32
}

// answers are those of one flow.
type answers struct {
	list  []answer
	have  bool  // data was sent
	sent  int64 // when it was sent last
	seq   uint32
	quick bool // one of them came so quickly that the peer is near
}

// sentData notes that new data left, up to seq.
func (w *answers) sentData(f *pcaps.Frame, seq uint32) { w.have, w.sent, w.seq = true, f.At, seq }

// ackOnly notes an acknowledgement without data.
func (w *answers) ackOnly(f *pcaps.Frame, ack uint32) {
	n := len(w.list)
	since := w.sent
	if n > 0 {
		since = max(since, w.list[n-1].at)
	}
	if !w.have || f.At-since > atOnce || n > 0 && int32(ack-w.list[n-1].ack) <= 0 {
		return
	}
	w.quick = w.quick || ack == w.seq && f.At-w.sent < near
	w.list = append(w.list, answer{f.At, ack})
}

// answersOf makes room for a flow's.
func (s *Script) answersOf(fl Flow) *answers {
	w := s.answers[fl]
	if w == nil {
		w = &answers{}
		s.answers[fl] = w
	}
	return w
}

// answered is when the last answer at once to what was sent up to seq came,
// -1 if there was none or the peer is not near.
func (s *Script) answered(fl Flow, seq uint32) int64 {
	if s == nil {
		return -1
	}
	w := s.answers[fl]
	if w == nil || !w.quick {
		return -1
	}
	i := sort.Search(len(w.list), func(i int) bool { return int32(w.list[i].ack-seq) > 0 })
	if i == 0 {
		return -1
	}
	return w.list[i-1].at
}
