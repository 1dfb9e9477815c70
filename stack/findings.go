package stack

import "github.com/packetwalk/packetwalk/stack/step"

// Report tells the listener what the profile found out about the capture, as
// notes before the first frame.
func (r *Replay) Report(p *Profile) {
	ns := r.Host.NS
	for _, f := range p.Findings {
		ns.Note(nil, findingNotes[f.What], uint64(f.Count), uint64(f.Frame))
	}
}

var findingNotes = [...]step.Why{
	MidFlow: step.WhyMidFlow, SuperFrame: step.WhySuperFrame, PartialSum: step.WhyPartialSum, CutFrame: step.WhyCutFrame,
	TimeBack: step.WhyTimeBack, NoDirection: step.WhyNoDirection, NoTime: step.WhyNoTime, Foreign: step.WhyForeign,
	Unscripted: step.WhyUnscripted,
}

// String says it in words.
func (f Finding) String() string {
	return step.Render(findingNotes[f.What].Text(), []uint64{uint64(f.Count), uint64(f.Frame)}, nil)
}
