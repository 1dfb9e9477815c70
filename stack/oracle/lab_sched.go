package oracle

import "maps"

// most is how many points of a lab are tried at which a scheduler may go elsewhere.
const most = 40

// RunAgainst runs a lab in the model and compares it with what the kernel did.
//
// Which of two programs goes on first, when both could, is the scheduler's affair and
// no fact of the network: a web server that has sent its answer and is about to close,
// and a client that has it and closes, too. A run of the kernel is one of the orders
// that are possible. So the model agrees if it does the same in one of them: first
// every program runs until it sleeps; where that differs, others go on first after one
// system call that sends, or after several, as long as that brings the two kernels
// nearer to each other. Everything else is compared as always, all from that one run.
func RunAgainst(name, text string, want *LabFacts) (*LabFacts, []Family, error) {
	opt := want.Options()
	got, err := RunModel(name, text, opt)
	if err != nil {
		return nil, nil, err
	}
	fs := CompareLab(want, got)
	least := differences(fs)
	for i := 0; i < got.sends && got.sends <= most && least > 0; i++ {
		try := opt
		try.Preempt = maps.Clone(opt.Preempt)
		if try.Preempt == nil {
			try.Preempt = map[int]bool{}
		}
		try.Preempt[i] = true
		other, err := RunModel(name, text, try)
		if err != nil {
			continue
		}
		if o := CompareLab(want, other); differences(o) < least {
			opt, got, fs, least = try, other, o, differences(o)
		}
	}
	return got, fs, nil
}

func differences(fs []Family) (n int) {
	for _, f := range fs {
		n += len(f.Diff)
	}
	return n
}
