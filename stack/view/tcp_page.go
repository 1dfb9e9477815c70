package view

import (
	"slices"
	"sort"
	"strconv"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/wire"
)

// A TCPPage is one TCP connection at the step: what limits it, its queues, its
// timers.
type TCPPage struct {
	Obj   uint32     `json:"obj"`
	Ends  string     `json:"ends"`  // "10.0.0.2:5000 > 10.0.0.1:80", this host first
	State string     `json:"state"` // as ss has it
	Cong  string     `json:"cong,omitempty"`
	Note  string     `json:"note,omitempty"` // what is inferred
	Limit Limit      `json:"limit"`
	Recv  string     `json:"recv,omitempty"` // what holds the other direction, in words
	Send  ByteQueue  `json:"send"`
	Got   ByteQueue  `json:"got"`
	Board []BoardBar `json:"board,omitempty"` // the retransmission queue, packet by packet
	Said  string     `json:"said,omitempty"`  // the scoreboard in words
	Time  []TCPTimer `json:"timers"`
	Since string     `json:"since,omitempty"` // what part of the capture the shares of Limit are of
	More  bool       `json:"more,omitempty"`  // the plots and shares may be of a part only: WatchFlow has all
}

// A ByteQueue is a direction's bytes in order of sequence.
type ByteQueue struct {
	Base  uint32     `json:"base"` // the sequence number of the first byte
	Bytes int64      `json:"bytes"`
	Spans []ByteSpan `json:"spans,omitempty"`
	Edges []ByteEdge `json:"edges,omitempty"`
	Says  string     `json:"says"`
}

// A ByteSpan is a stretch of bytes: From and To count from the queue's Base.
// Kind is: flight, sacked, lost, again (sent again), unsent, unread, hole, ofo
// (behind a hole), room (the window allows it).
type ByteSpan struct {
	Kind  string `json:"kind"`
	From  int64  `json:"from"`
	To    int64  `json:"to"`
	Packs int    `json:"packs,omitempty"`
}

// A ByteEdge is a place with a name: snd_nxt, rcv_nxt, the end of the window.
type ByteEdge struct {
	Name string `json:"name"`
	At   int64  `json:"at"`
}

// A BoardBar is a packet of the retransmission queue.
type BoardBar struct {
	Kind  string `json:"kind"` // flight, sacked, lost, again
	Seq   uint32 `json:"seq"`
	From  int64  `json:"from"` // bytes after snd_una
	To    int64  `json:"to"`
	Segs  int    `json:"segs"`
	Packs int    `json:"packs,omitempty"` // above 1: the rest of a long queue
	Age   int64  `json:"age"`             // ns since it was sent last
	Rtx   bool   `json:"rtx,omitempty"`   // it was sent again at some time
}

// A TCPTimer is one of the timers of a connection.
type TCPTimer struct {
	Name  string `json:"name"`
	What  string `json:"what"` // what happens when it fires
	Armed bool   `json:"armed,omitempty"`
	Left  int64  `json:"left,omitempty"` // ns
	Full  int64  `json:"full,omitempty"` // ns from when it was set
}

// tcpPage fills sc.TCP: the connection that the step is about, or that of its
// packet.
func (b *builder) tcpPage(t *tabler) {
	id := t.flowSock()
	if id == 0 {
		b.timeWaitPage(t)
		return
	}
	v := t.valsOf(id)
	st := ssState(v[step.SockState])
	list := b.log.Queues(id, b.story[b.n])
	p := &TCPPage{Obj: id, State: st,
		Ends: endpoint(t.addr(id, step.KindSock, step.SockSaddr), v[step.SockSport]) + " > " + endpoint(t.addr(id, step.KindSock, step.SockDaddr), v[step.SockDport])}
	p.Cong = b.format(step.Fields(step.KindSock)[step.TCPCaState].Fmt, v[step.TCPCaState])
	l := limitOf(&v)
	p.Limit = Limit{What: limitNames[l], Says: limitSays(l, &v, st)}
	if v[step.TCPFollowed] != 0 {
		p.Limit.Guess = true
		p.Note = "The capture says what this host sent; cwnd, ssthresh and the timers are what the model reckons."
	}
	p.Recv = receiving(&v, list)
	p.Send, p.Got = sendQueue(&v, list), recvQueue(&v, list)
	p.Board, p.Said = board(&v, list, int64(b.e.At)+step.Start(b.names))
	if tr := b.trackOf(id); tr != nil {
		p.Limit.Share = shares(tr.limits(int64(b.e.At)))
		p.Since = tr.scope
		_, can := b.k.(watchable)
		p.More = can && tr.log != nil && tr.scope != "the whole capture"
		p.Time = b.timers(&v, tr)
	}
	b.sc.TCP = p
}

// ssState is a state as ss has it.
func ssState(s uint64) string {
	if s < uint64(len(ssStates)) {
		return ssStates[s]
	}
	return strconv.FormatUint(s, 10)
}

// shares are the parts of a time, the largest first.
func shares(sum [numLimits]int64) (list []Share) {
	total := int64(0)
	for _, n := range sum {
		total += n
	}
	for i, n := range sum {
		if n > 0 {
			list = append(list, Share{limitNames[i], n, int((n*100 + total/2) / total)})
		}
	}
	slices.SortStableFunc(list, func(a, b Share) int { return int(min(1, max(-1, b.Ns-a.Ns))) })
	return list
}

// valsOf are all values of a socket, as this step leaves it.
func (t *tabler) valsOf(id uint32) (v vals) {
	for i := range step.Fields(step.KindSock) {
		v[i] = t.val(id, step.KindSock, i)
	}
	return v
}

// isFlow reports whether an object is a TCP connection.
func (t *tabler) isFlow(id uint32) bool {
	st := t.val(id, step.KindSock, step.SockState)
	return t.val(id, step.KindSock, step.SockProto) == protoTCP && st != tcpListen && st != 0
}

// flowSock is the TCP connection that the step is about; else that of the
// packet at hand; or, where there is no packet, the one that changed last.
func (t *tabler) flowSock() uint32 {
	if id := t.first(step.KindSock); id != 0 {
		if t.isFlow(id) {
			return id
		}
		if t.val(id, step.KindSock, step.SockProto) != protoTCP {
			return 0
		}
	}
	want, ok := t.packetTuple()
	if !ok {
		return t.lastFlow()
	}
	found := uint32(0)
	t.alive(step.KindSock, func(o *object) {
		if found == 0 && want.proto == protoTCP && t.isFlow(o.id) && t.sockTuple(o.id) == want {
			found = o.id
		}
	})
	return found
}

// maxFlowLook is how many changes lastFlow looks at.
const maxFlowLook = 4096

// lastFlow is the TCP connection that changed last before the place.
func (t *tabler) lastFlow() uint32 {
	here, list := t.story[t.n], t.log.Changes
	i := sort.Search(len(list), func(i int) bool { return int(list[i].When) > here+1 })
	none := map[uint32]bool{}
	for n := 0; i > 0 && n < maxFlowLook; n++ {
		i--
		ch := &list[i]
		if ch.Key.Kind() != step.KindSock || none[ch.Obj] {
			continue
		}
		if t.exists(ch.Obj) && t.isFlow(ch.Obj) {
			return ch.Obj
		}
		none[ch.Obj] = true
	}
	return 0
}

// sockTuple is the two ends of a socket.
func (t *tabler) sockTuple(id uint32) tuple {
	const k = step.KindSock
	return tuple{t.addr(id, k, step.SockSaddr), t.addr(id, k, step.SockDaddr), uint16(t.val(id, k, step.SockSport)), uint16(t.val(id, k, step.SockDport)), uint8(t.val(id, k, step.SockProto))}
}

// packetTuple is the two ends of the packet at hand, seen from the host where
// control is.
func (t *tabler) packetTuple() (x tuple, ok bool) {
	if len(t.sc.Bytes) == 0 {
		return x, false
	}
	x = tupleOf(t.sc.Bytes, wire.LinkOf(t.sc.Bytes))
	if f, err := t.k.Frame(t.frame); x.proto == 0 && err == nil {
		x = tupleOf(t.sc.Bytes, wire.LinkKind(f.Link))
	}
	if x.proto == 0 {
		return x, false
	}
	mine := false
	t.alive(step.KindSock, func(o *object) { mine = mine || t.isFlow(o.id) && t.sockTuple(o.id) == x })
	if !mine {
		x.local, x.peer, x.lport, x.pport = x.peer, x.local, x.pport, x.lport
	}
	return x, true
}

// timeWaitPage is the page of a connection of which only TIME_WAIT is left.
func (b *builder) timeWaitPage(t *tabler) {
	id := t.first(step.KindTW)
	if id == 0 {
		want, ok := t.packetTuple()
		if !ok || want.proto != protoTCP {
			return
		}
		t.alive(step.KindTW, func(o *object) {
			e := t.ends(o)
			if x := *e; x == want || x == (tuple{want.peer, want.local, want.pport, want.lport, want.proto}) {
				id = o.id
			}
		})
	}
	if id == 0 {
		return
	}
	o := b.objectsOf(b.log).byID[id]
	p := &TCPPage{Obj: id, State: ssState(t.val(id, step.KindTW, step.TWSubstate)), Limit: Limit{What: limitNames[limitNone], Says: "The connection is over. What is left of it answers segments that come late."}}
	if o != nil {
		if e := t.ends(o); e.lport != 0 {
			p.Ends = endpoint(e.local, uint64(e.lport)) + " > " + endpoint(e.peer, uint64(e.pport))
		}
	}
	left := int64(t.val(id, step.KindTW, step.TWExpires)) - step.Start(b.names) - int64(b.e.At)
	p.Time = []TCPTimer{{Name: "TIME_WAIT", What: "the rest of the connection goes away", Armed: left > 0, Left: max(0, left), Full: 60e9}}
	b.sc.TCP = p
}
