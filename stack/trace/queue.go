package trace

import (
	"slices"

	"github.com/packetwalk/packetwalk/stack/step"
)

// The queues of a TCP socket.
const (
	QueueSent   = iota // tcp_rtx_queue: sent, not acknowledged
	QueueUnsent        // sk_write_queue: written, not sent
	QueueUnread        // sk_receive_queue: in order, not read
	QueueOfo           // out_of_order_queue: received behind a hole
	NumQueues
)

// The marks of a Piece: the kernel's TCPCB_ bits.
const (
	PieceSacked  = 1   // TCPCB_SACKED_ACKED: the other side has said that it has it
	PieceAgain   = 2   // TCPCB_SACKED_RETRANS: sent again, and that one is under way
	PieceLost    = 4   // TCPCB_LOST: believed lost
	PieceEverRtx = 128 // TCPCB_EVER_RETRANS: sent again at some time
)

// MaxPieces is how many packets of a queue are told one by one; the rest of a
// longer queue is one Piece.
const MaxPieces = 160

// A Piece is one packet (sk_buff) of a socket's queue: the bytes from Seq up to
// End.
type Piece struct {
	Queue    uint8
	Marks    uint8
	Segs     uint16 // that it stands for on the wire (tcp_skb_pcount)
	Seq, End uint32
	Packs    uint32 // packets; above 1 the rest of a long queue
	Sent     int64  // when it was sent last, ns; 0: not yet
}

// A Lister is a Subject whose queues can be looked at.
type Lister interface {
	ObserveQueues(list []Piece) []Piece
}

// A queueRec says what was in an object's queues from a moment on.
type queueRec struct {
	obj, when, event uint32
	from, n          uint32
}

// queued are the fields of a socket that tell that its queues have changed.
var queued = [...]int{
	step.TCPSndUna, step.TCPSndNxt, step.TCPWriteSeq, step.TCPPacketsOut, step.TCPSackedOut, step.TCPLostOut, step.TCPRetransOut, step.TCPTotalRetrans,
	step.TCPRcvNxt, step.TCPCopiedSeq, step.TCPOooLen, step.TCPRtxQueue, step.TCPWriteQueue, step.SockRcvQueue,
}

// queues looks at the queues of a socket if they may have changed.
func (t *Tracer) queues(on Subject, old, now *Obs, event uint32) {
	q, ok := on.(Lister)
	if !ok {
		return
	}
	same := true
	for _, i := range queued {
		same = same && old[i] == now[i]
	}
	if same {
		return
	}
	l := &t.Log
	from := len(l.pieces)
	l.pieces = q.ObserveQueues(l.pieces)
	if n := len(l.queues); n > 0 && event != ^uint32(0) { // as they were: the same pieces
		if o := &l.queues[n-1]; o.obj == on.TraceID() && slices.Equal(l.pieces[from:], l.pieces[o.from:o.from+o.n]) {
			l.pieces = l.pieces[:from]
			l.queues = append(l.queues, queueRec{o.obj, uint32(len(l.Events)), event, o.from, o.n})
			return
		}
	}
	l.queues = append(l.queues, queueRec{on.TraceID(), uint32(len(l.Events)), event, uint32(from), uint32(len(l.pieces) - from)})
}

// Queues returns what was in an object's queues after an event, as far as this
// event itself had a hand in it. It is the Log's own.
func (l *Log) Queues(obj uint32, event int) []Piece {
	lo, hi := 0, len(l.queues)
	for lo < hi { // the first that was noticed later
		if m := (lo + hi) / 2; int(l.queues[m].when) <= event+1 {
			lo = m + 1
		} else {
			hi = m
		}
	}
	at := -1
	for i := lo - 1; i >= 0 && at < 0; i-- {
		if l.queues[i].obj == obj {
			at = i
		}
	}
	own := lo
	for e := &l.Events[max(0, event)]; own < len(l.queues) && int(l.queues[own].when) <= l.ends(event, e); own++ {
		if r := &l.queues[own]; r.obj == obj && int(r.event) == event {
			at = own
		}
	}
	if at < 0 {
		return nil
	}
	r := &l.queues[at]
	return l.pieces[r.from : r.from+r.n]
}

// ends is how many events there were when a call had returned; looked for not
// too far.
func (l *Log) ends(event int, e *Event) int {
	if e.Kind != Call {
		return event + 1
	}
	i := event + 1
	for ; i < len(l.Events) && i < event+4096 && l.Events[i].Depth > e.Depth; i++ {
	}
	return i
}
