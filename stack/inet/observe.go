package inet

import (
	"github.com/packetwalk/packetwalk/stack/core"
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// Observe lists what a learner sees of a reassembly queue.
func (q *FragQueue) Observe(o *trace.Obs) {
	n := 0
	for i := range q.runs {
		n += q.runs[i].skbs.Len()
	}
	o[step.FragMeat], o[step.FragLen], o[step.FragCount] = uint64(q.Meat), uint64(q.Len), uint64(n)
	o[step.FragMem], o[step.FragFlags] = uint64(q.dir.Mem), uint64(q.Flags)
}

// A Subject lets a function be recorded that is about no packet, socket or
// neighbour, only about the namespace: a route lookup before there is a packet.
type Subject struct{ NS *core.Netns }

// Kind, TraceID, TracePkt, Observe: see trace.Subject.
func (s Subject) Kind() step.Kind            { return step.KindNS }
func (s Subject) TraceID() uint32            { return s.NS.ID }
func (s Subject) TracePkt() (pkt, id uint32) { return 0, 0 }
func (s Subject) Observe(*trace.Obs)         {}
