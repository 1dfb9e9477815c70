package step

const baseSched = int(areaSched) << 8

// Queueing disciplines.
const (
	PfifoFastEnqueue Step = Step(baseSched + 1 + iota)
	PfifoFastDequeue
	PfifoEnqueue
	BfifoEnqueue
	PfifoTailEnqueue
	QdiscReset
	QdiscWatchdog
	TbfEnqueue
	TbfSegment
	TbfDequeue
	FqEnqueue
	FqDequeue
	NetemEnqueue
	NetemDequeue
	endSched
)

var schedSteps = [int(endSched) - baseSched]Info{
	PfifoFastEnqueue & 255: {"pfifo_fast_enqueue", Core, "net/sched/sch_generic.c", "Put the packet into the band that its priority names."},
	PfifoFastDequeue & 255: {"pfifo_fast_dequeue", Core, "net/sched/sch_generic.c", "Take the first packet of the first band that has one."},
	PfifoEnqueue & 255:     {"pfifo_enqueue", Core, "net/sched/sch_fifo.c", "Queue the packet, if fewer than the limit wait."},
	BfifoEnqueue & 255:     {"bfifo_enqueue", Core, "net/sched/sch_fifo.c", "Queue the packet, if its bytes still fit."},
	PfifoTailEnqueue & 255: {"pfifo_tail_enqueue", Core, "net/sched/sch_fifo.c", "Queue the packet; the oldest one goes if the limit is reached."},
	QdiscReset & 255:       {"qdisc_reset", Core, "net/sched/sch_generic.c", "The discipline goes: drop all that waits in it."},
	QdiscWatchdog & 255:    {"qdisc_watchdog", Core, "net/sched/sch_api.c", "The time has come that the discipline waited for: run the queue."},
	TbfEnqueue & 255:       {"tbf_enqueue", Core, "net/sched/sch_tbf.c", "Can the packet ever fit into the bucket? Then queue it."},
	TbfSegment & 255:       {"tbf_segment", Core, "net/sched/sch_tbf.c", "Cut a packet of many that is larger than the bucket."},
	TbfDequeue & 255:       {"tbf_dequeue", Core, "net/sched/sch_tbf.c", "Are there tokens for the first packet? Else wait until there are."},
	FqEnqueue & 255:        {"fq_enqueue", Core, "net/sched/sch_fq.c", "Queue the packet behind those of its flow."},
	FqDequeue & 255:        {"fq_dequeue", Core, "net/sched/sch_fq.c", "Take a packet of the flow whose turn it is, if its time has come."},
	NetemEnqueue & 255:     {"netem_enqueue", Core, "net/sched/sch_netem.c", "Throw the dice: lose, double or spoil the packet; then say when it may leave."},
	NetemDequeue & 255:     {"netem_dequeue", Core, "net/sched/sch_netem.c", "Take the first packet whose delay is over."},
}

// Why a queueing discipline decided.
const (
	WhyBand Why = Why(baseSched + 1 + iota)
	WhyBandFull
	WhyBandFirst
	WhyFifoFull
	WhyBfifoFull
	WhyHeadDrop
	WhyWatchdog
	WhyTbfSegment
	WhyTbfTooLong
	WhyTbfSend
	WhyTbfWait
	WhyFqBandFull
	WhyFqHorizon
	WhyFqFlowFull
	WhyFqFlow
	WhyFqFast
	WhyFqWait
	WhyFqPace
	WhyNetemLoss
	WhyNetemDup
	WhyNetemCorrupt
	WhyNetemReorder
	WhyNetemDelay
	WhyNetemWait
	endSchedWhy
)

var schedWhys = [int(endSchedWhy) - baseSched]string{
	WhyBand & 255:         "Priority {0} is band {1}; {2} packets wait before it.",
	WhyBandFull & 255:     "Band {0} holds {1} packets already, which is the device's txqueuelen.",
	WhyBandFirst & 255:    "Band {0} is the first that has a packet; {1} are left.",
	WhyFifoFull & 255:     "{0} packets wait; the limit is {1}.",
	WhyBfifoFull & 255:    "{0} bytes wait and this packet has {1}; the limit is {2}.",
	WhyHeadDrop & 255:     "{0} packets wait, and the limit is {1}: the oldest one is dropped for this one.",
	WhyWatchdog & 255:     "The watchdog rings: {0} {0?packet waits|packets wait}.",
	WhyTbfSegment & 255:   "Its {0} bytes are more than the bucket's {1}, but each of its parts fits: it is cut.",
	WhyTbfTooLong & 255:   "Its {0} bytes never fit into the bucket of {1} bytes.",
	WhyTbfSend & 255:      "{0} bytes take {1:dur} at the rate, and the bucket holds {2:dur}: it goes.",
	WhyTbfWait & 255:      "{0} bytes take {1:dur} at the rate, and the bucket holds {2:dur}: it waits {3:dur}.",
	WhyFqBandFull & 255:   "Band {0} holds {1} packets already, which is the limit.",
	WhyFqHorizon & 255:    "It is to leave in {0:dur}, which is beyond the horizon of {1:dur}.",
	WhyFqFlowFull & 255:   "Its flow has {0} packets waiting; the limit of a flow is {1}.",
	WhyFqFlow & 255:       "{0} {0?packet|packets} of its flow wait now, this one among them; it may leave in {1:dur}.",
	WhyFqFast & 255:       "No other flow is ready to send ({0} packets wait for their times): it needs no queue of its own.",
	WhyFqWait & 255:       "{0} {0?flow waits for its|flows wait for their} time; the first one comes in {1:dur}.",
	WhyFqPace & 255:       "{0} bytes at {1} bytes a second: the flow's next packet may leave in {2:dur}.",
	WhyNetemLoss & 255:    "The dice say that it is lost: the chance is {0} in 4294967296.",
	WhyNetemDup & 255:     "The dice say that it is doubled: the chance is {0} in 4294967296.",
	WhyNetemCorrupt & 255: "The dice say that it is spoilt: bit {1} of byte {0} is flipped.",
	WhyNetemReorder & 255: "The dice say that it overtakes the {0} {0?packet|packets} before it.",
	WhyNetemDelay & 255:   "It may leave in {0:dur}.",
	WhyNetemWait & 255:    "{0} {0?packet waits|packets wait}; the first one may leave in {1:dur}.",
}

var schedTries = [...]Tried{}
