package walk

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// recentEvents is about how many events of the end of a run are kept at least,
// while it goes on: whoever follows it need not have it run again.
const recentEvents = 100000

// A stretch is a part of a run that is recorded while the index is made.
type stretch struct {
	Chunk
	first int // tick
	end   int // tick behind the last; of the newest one, 0
	base  int // events of the run before
	taken int // changes that were looked at
	known map[StateKey]bool
}

// begin starts a new stretch with the next tick.
func (k *Lab) begin() {
	r := k.now
	r.drained = 0
	r.t.Anew()
	if k.early != nil {
		delete(k.bases, &k.early.Chunk)
	}
	if k.early = k.late; k.early != nil {
		k.early.end = k.tickLen()
	}
	k.late = &stretch{first: k.tickLen(), base: k.past.events + len(k.whose), known: map[StateKey]bool{}}
	k.late.From, k.late.story, k.late.state = k.Len(), map[int][]int{}, State{}
	k.bases[&k.late.Chunk] = k.late.base
}

// follow takes the events of a tick, which belong to the items whose.
func (s *stretch) follow(k *Lab, whose []int32, log *trace.Log) {
	at := len(log.Events) - len(whose)
	for i, n := range whose {
		s.story[int(n)] = append(s.story[int(n)], at+i)
	}
	s.To, s.Log, s.frameOf = k.Len(), *log, k.whose[s.base-k.past.events:]
	for ; s.taken < len(log.Changes); s.taken++ {
		ch := &log.Changes[s.taken]
		if id := (StateKey{ch.Obj, ch.Key}); ch.Key.Kind() == step.KindNS && !s.known[id] {
			s.known[id] = true
			if s.taken >= s.applied {
				s.state.set(ch, ch.Old)
			}
		}
	}
}

// latest is the stretch that holds all of item i, nil if none does.
func (k *Lab) latest(i int) *Chunk {
	it := k.item(i)
	for _, s := range [...]*stretch{k.late, k.early} {
		if s != nil && it.first >= s.first && (s.end == 0 || it.last < s.end) && len(s.story[i]) > 0 {
			return &s.Chunk
		}
	}
	return nil
}
