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
	endNetfilterWhy
)

var netfilterWhys = [int(endNetfilterWhy) - baseNetfilter]string{
	WhyHookDrop & 255: "A function at {0:hook} said DROP.",
}

var netfilterTries = [...]Tried{}
