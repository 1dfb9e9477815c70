package step

const baseNetfilter = int(areaNetfilter) << 8

// Netfilter.
const (
	NFHookSlow Step = Step(baseNetfilter + 1 + iota)
	endNetfilter
)

var netfilterSteps = [int(endNetfilter) - baseNetfilter]Info{
	NFHookSlow & 255: {"nf_hook_slow", Netfilter, "net/netfilter/core.c", "Run every function that is registered at this hook, in order of priority."},
}

// Why netfilter decided.
const (
	WhyHookDrop Why = Why(baseNetfilter + 1 + iota)
	WhyHookQueue
	WhyHookStolen
	WhyHookPassed
	endNetfilterWhy
)

var netfilterWhys = [int(endNetfilterWhy) - baseNetfilter]string{
	WhyHookDrop & 255:   "A function at {0:hook} said DROP.",
	WhyHookQueue & 255:  "A rule at {0:hook} hands the packet to a program (NFQUEUE), which is not modelled.",
	WhyHookStolen & 255: "A function at {0:hook} has taken the packet.",
	WhyHookPassed & 255: "{0} {0?function is|functions are} registered at {1:hook}: {0?it lets|all let} the packet go on.",
}

var netfilterTries = [...]Tried{}
