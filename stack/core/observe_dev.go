package core

import (
	"github.com/packetwalk/packetwalk/stack/step"
	"github.com/packetwalk/packetwalk/stack/trace"
)

// Observe lists what a learner sees of a CPU's receive side.
func (s *Softnet) Observe(o *trace.Obs) {
	n := len(s.pollList)
	if s.run.inRx || s.polling {
		n += len(s.list) + len(s.repoll)
	}
	o[step.NAPIScheduled] = uint64(n)
	o[step.NAPIBudget] = uint64(max(0, s.run.budget))
	o[step.NAPIWork] = uint64(s.work)
	o[step.NAPIProcessed] = s.Processed
	o[step.NAPISqueeze] = s.TimeSqueeze
	o[step.NAPIDropped] = s.Dropped
	o[step.NAPIBacklog] = uint64(s.inputQueue.Len() + s.processQueue.Len())
	o[step.NAPIHeld] = uint64(s.held)
	o[step.NAPIKsoftirqd] = flag(s.thread)
}
