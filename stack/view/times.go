package view

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// spentState is what a Session keeps for the times: those of one packet, and
// where in a stretch nothing is running.
type spentState struct {
	of    spentKey
	list  []Spent
	idle  []int32 // of each event of the log: the last one at or before it at which no call was open
	log   *trace.Log
	known int
}

type spentKey struct {
	log   *trace.Log
	n     int
	frame int
	pkt   uint32
}

// times fills sc.Times: where the time of the packet at hand went, from its
// first event to its last.
func (b *builder) times() {
	pkt := b.pkt(b.n)
	if pkt == 0 {
		pkt = uint32(b.frame + 1)
	}
	k := spentKey{b.log, len(b.log.Events), b.frame, pkt}
	st := &b.spent
	if st.of != k || st.list == nil {
		sum := b.Session.spent1(b.log, b.story, b.Session.stages, pkt)
		st.of, st.list = k, sum.list()
	}
	b.sc.Times = slices.Clone(st.list)
	self := selves(b.log, b.story, pkt)
	for i := range b.sc.Times {
		t := &b.sc.Times[i]
		t.Step = 1 + slices.IndexFunc(b.stops, func(n int) bool {
			return b.Session.stages[n] == t.Stage && self[b.log.Events[b.story[n]].Pkt]
		})
	}
}

// timesOfAll is where the time of all packets of the capture's first stretch
// went, the most first, and which packets those are.
func (b *builder) timesOfAll() ([]Spent, string) {
	g := &b.glance
	indexed := b.k.Indexed()
	if indexed == 0 || indexed < settled && !b.done {
		return nil, "" // its stories are not whole
	}
	c, err := b.k.Chunk(0)
	if err != nil {
		return nil, ""
	}
	n := indexed
	if st, ok := c.(stretch); ok {
		_, n = st.Frames()
	}
	if g.timesOf != n {
		var sum spentSum
		for i := range n {
			story := c.Story(i)
			stages := stagesOf(c.Events(), story, b.k.Packet(i).Landmarks&MarkOut != 0)
			sum.join(b.Session.spent1(c.Events(), story, stages, uint32(i+1)))
		}
		g.times, g.timesOf = sum.list(), n
		slices.SortStableFunc(g.times, func(x, y Spent) int { return cmp.Compare(y.Ns, x.Ns) })
		g.scope = fmt.Sprintf("packets 1 to %d", n)
		if n == 1 {
			g.scope = "packet 1"
		}
	}
	return slices.Clone(g.times), g.scope
}

// A spentSum adds times up by place, in order of the first visit.
type spentSum struct{ spans []Spent }

func (t *spentSum) add(id StageID, name string, ns int64, waiting bool) {
	if ns <= 0 {
		return
	}
	for i := range t.spans {
		if s := &t.spans[i]; s.Stage == id && s.Name == name && s.Waiting == waiting {
			s.Ns += ns
			return
		}
	}
	t.spans = append(t.spans, Spent{Stage: id, Name: name, Ns: ns, Waiting: waiting})
}

func (t *spentSum) join(o spentSum) {
	for _, s := range o.spans {
		t.add(s.Stage, s.Name, s.Ns, s.Waiting)
	}
}

// list works out the percentages: they add up to 100.
func (t *spentSum) list() []Spent {
	total := int64(0)
	for _, s := range t.spans {
		total += s.Ns
	}
	list := append([]Spent{}, t.spans...)
	given := 0
	for i := range list {
		list[i].Percent = int(percent(list[i].Ns, total))
		given += list[i].Percent
	}
	for ; total > 0 && given < 100; given++ {
		best := 0 // who lost most by rounding down
		for i := range list {
			if lost(list[i], total) > lost(list[best], total) {
				best = i
			}
		}
		list[best].Percent++
	}
	return list
}

func percent(ns, total int64) int64 { return int64(float64(ns) / float64(max(total, 1)) * 100) }

func lost(s Spent, total int64) float64 {
	return float64(s.Ns)/float64(total)*100 - float64(s.Percent)
}

// spent1 shares the time between the first and the last event of a packet among
// the stages. Between two of its events it was worked on where the first
// happened, if the calls around it never all returned; else it waited there.
func (s *Session) spent1(log *trace.Log, story []int, stages []StageID, pkt uint32) (sum spentSum) {
	self := selves(log, story, pkt)
	last, at, latest := -1, NoStage, int64(0) // what another card sees may be told late
	for n, i := range story {
		if !self[log.Events[i].Pkt] {
			continue
		}
		if last >= 0 {
			s.between(&sum, log, last, i, latest, at, self)
		}
		last, latest = i, max(latest, int64(log.Events[i].At))
		if stages[n] != NoStage {
			at = stages[n]
		}
	}
	return sum
}

// selves are the numbers that stand for a packet: its own, and the one that it
// had before it turned out to be a frame of the capture.
func selves(log *trace.Log, story []int, pkt uint32) map[uint32]bool {
	self := map[uint32]bool{pkt: true}
	for _, i := range story {
		if frame, old, ok := adopted(log, &log.Events[i]); ok && (frame == pkt || old == pkt) {
			self[old], self[frame] = true, true
		}
	}
	return self
}

// between adds the time from one event of a packet, or from the latest before
// it, to its next.
func (s *Session) between(sum *spentSum, log *trace.Log, from, to int, latest int64, at StageID, self map[uint32]bool) {
	a, b := &log.Events[from], &log.Events[to]
	ns := int64(b.At) - latest
	if ns <= 0 {
		return
	}
	if b.Depth > 0 && int(s.idleAt(log, to-1)) <= from {
		sum.add(at, workName(at), ns, false)
		return
	}
	if a.Kind != trace.Frame || a.Code != 0 {
		sum.add(at, waitName(at), ns, true)
		return
	}
	// A frame that came in waits for the interrupt, then for the softirq's work.
	irq, others := to, false
	for i := from + 1; i < to; i++ {
		e := &log.Events[i]
		if e.Kind == trace.Call && irq == to && stageOf(step.Step(e.Code)).up == UpIRQ {
			irq = i
		}
		others = others || irq < to && e.Pkt != 0 && !self[e.Pkt]
	}
	wait := max(0, int64(log.Events[irq].At)-latest)
	sum.add(UpRing, waitName(UpWire), wait, true)
	if others {
		sum.add(UpIRQ, "waiting while the softirq takes other packets", ns-wait, true)
		return
	}
	sum.add(UpIRQ, workName(UpIRQ), ns-wait, false)
}

// idleAt is the last event at or before i at which no call was open; -1 if there
// is none.
func (s *Session) idleAt(log *trace.Log, i int) int32 {
	st := &s.spent
	if st.log != log || st.known != len(log.Events) {
		st.log, st.known = log, len(log.Events)
		st.idle = slices.Grow(st.idle[:0], st.known)[:st.known]
		last := int32(-1)
		for n := range log.Events {
			if log.Events[n].Depth == 0 {
				last = int32(n)
			}
			st.idle[n] = last
		}
	}
	return st.idle[i]
}

// waitNames say what a packet waits for at a stage.
var waitNames = [NumStages]string{
	UpWire:        "waiting in the ring for the interrupt",
	UpRing:        "waiting for its turn in the softirq",
	UpIRQ:         "waiting for its turn in the softirq",
	UpGRO:         "held by GRO for more of the same",
	UpLocalIn:     "waiting for the other fragments",
	UpTransport:   "waiting in the socket's queue for the program",
	UpSocket:      "waiting in the socket's queue for the program",
	UpApp:         "waiting for the program",
	DownApp:       "waiting for the program",
	DownSocket:    "waiting in the socket's queue to go out",
	DownTransport: "waiting in the socket's queue to go out",
	DownNeigh:     "waiting for the neighbour's link address",
	DownQdisc:     "waiting in the queue of the device",
	DownRing:      "waiting in the ring to be sent",
	DownWire:      "sent; waiting to be freed",
}

func waitName(id StageID) string {
	if n := waitNames[id]; n != "" {
		return n
	}
	return "waiting"
}

// workName is what is done at a stage.
func workName(id StageID) string {
	switch {
	case id == NoStage:
		return "work"
	case id == UpIRQ:
		return "interrupt and softirq"
	case id == UpTaps: // the model counts the time of all protocols there
		return "protocols, up to the socket"
	case id.Down():
		return id.Name() + ", on the way out"
	}
	return id.Name()
}
