package step

const baseSched = int(areaSched) << 8

// Queueing disciplines.
const (
	PfifoFastEnqueue Step = Step(baseSched + 1 + iota)
	PfifoFastDequeue
	PfifoEnqueue
	BfifoEnqueue
	endSched
)

var schedSteps = [int(endSched) - baseSched]Info{
	PfifoFastEnqueue & 255: {"pfifo_fast_enqueue", Core, "net/sched/sch_generic.c", "Put the packet into the band that its priority names."},
	PfifoFastDequeue & 255: {"pfifo_fast_dequeue", Core, "net/sched/sch_generic.c", "Take the first packet of the first band that has one."},
	PfifoEnqueue & 255:     {"pfifo_enqueue", Core, "net/sched/sch_fifo.c", "Queue the packet, if fewer than the limit wait."},
	BfifoEnqueue & 255:     {"bfifo_enqueue", Core, "net/sched/sch_fifo.c", "Queue the packet, if its bytes still fit."},
}

// Why a queueing discipline decided.
const (
	WhyBand Why = Why(baseSched + 1 + iota)
	WhyBandFull
	WhyBandFirst
	WhyFifoFull
	WhyBfifoFull
	endSchedWhy
)

var schedWhys = [int(endSchedWhy) - baseSched]string{
	WhyBand & 255:      "Priority {0} is band {1}; {2} packets wait before it.",
	WhyBandFull & 255:  "Band {0} holds {1} packets already, which is the device's txqueuelen.",
	WhyBandFirst & 255: "Band {0} is the first that has a packet; {1} are left.",
	WhyFifoFull & 255:  "{0} packets wait; the limit is {1}.",
	WhyBfifoFull & 255: "{0} bytes wait and this packet has {1}; the limit is {2}.",
}

var schedTries = [...]Tried{}
