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
	RtnlUnlock
	PfifoFastReset
	QdiscWatchdog
	TbfEnqueue
	TbfSegment
	TbfDequeue
	FqEnqueue
	FqDequeue
	NetemEnqueue
	NetemDequeue
	PrioEnqueue
	PrioDequeue
	HtbEnqueue
	HtbDequeue
	HtbDequeueTree
	CodelEnqueue
	CodelDequeue
	FqCodelEnqueue
	FqCodelDequeue
	FqCodelDrop
	endSched
)

var schedSteps = [int(endSched) - baseSched]Info{
	PfifoFastEnqueue & 255: {"pfifo_fast_enqueue", Core, "net/sched/sch_generic.c", "Put the packet into the band that its priority names."},
	PfifoFastDequeue & 255: {"pfifo_fast_dequeue", Core, "net/sched/sch_generic.c", "Take the first packet of the first band that has one."},
	PfifoEnqueue & 255:     {"pfifo_enqueue", Core, "net/sched/sch_fifo.c", "Queue the packet, if fewer than the limit wait."},
	BfifoEnqueue & 255:     {"bfifo_enqueue", Core, "net/sched/sch_fifo.c", "Queue the packet, if its bytes still fit."},
	PfifoTailEnqueue & 255: {"pfifo_tail_enqueue", Core, "net/sched/sch_fifo.c", "Queue the packet; the oldest one goes if the limit is reached."},
	QdiscReset & 255:       {"qdisc_reset", Core, "net/sched/sch_generic.c", "The discipline goes: drop all that waits in it."},
	RtnlUnlock & 255:       {"__rtnl_unlock", Core, "net/core/rtnetlink.c", "The lock of the configuration is given back: what was thrown away under it is freed."},
	PfifoFastReset & 255:   {"pfifo_fast_reset", Core, "net/sched/sch_generic.c", "Drop what waits in the three bands."},
	QdiscWatchdog & 255:    {"qdisc_watchdog", Core, "net/sched/sch_api.c", "The time has come that the discipline waited for: run the queue."},
	TbfEnqueue & 255:       {"tbf_enqueue", Core, "net/sched/sch_tbf.c", "Can the packet ever fit into the bucket? Then queue it."},
	TbfSegment & 255:       {"tbf_segment", Core, "net/sched/sch_tbf.c", "Cut a packet of many that is larger than the bucket."},
	TbfDequeue & 255:       {"tbf_dequeue", Core, "net/sched/sch_tbf.c", "Are there tokens for the first packet? Else wait until there are."},
	FqEnqueue & 255:        {"fq_enqueue", Core, "net/sched/sch_fq.c", "Queue the packet behind those of its flow."},
	FqDequeue & 255:        {"fq_dequeue", Core, "net/sched/sch_fq.c", "Take a packet of the flow whose turn it is, if its time has come."},
	NetemEnqueue & 255:     {"netem_enqueue", Core, "net/sched/sch_netem.c", "Throw the dice: lose, double or spoil the packet; then say when it may leave."},
	NetemDequeue & 255:     {"netem_dequeue", Core, "net/sched/sch_netem.c", "Take the first packet whose delay is over."},
	PrioEnqueue & 255:      {"prio_enqueue", Core, "net/sched/sch_prio.c", "Which band does the packet belong to? Put it into that one's queue."},
	PrioDequeue & 255:      {"prio_dequeue", Core, "net/sched/sch_prio.c", "Take a packet of the first band that has one."},
	HtbEnqueue & 255:       {"htb_enqueue", Core, "net/sched/sch_htb.c", "Which class does the packet belong to? Put it into that one's queue."},
	HtbDequeue & 255:       {"htb_dequeue", Core, "net/sched/sch_htb.c", "Is there a class that may send now? Else wait until one may."},
	HtbDequeueTree & 255:   {"htb_dequeue_tree", Core, "net/sched/sch_htb.c", "Find the leaf whose turn it is, and have it and its parents pay."},
	CodelEnqueue & 255:     {"codel_qdisc_enqueue", Core, "net/sched/sch_codel.c", "Note the time at which the packet came, and queue it."},
	CodelDequeue & 255:     {"codel_qdisc_dequeue", Core, "net/sched/sch_codel.c", "How long has the packet waited? If it has been too long for a while, drop it."},
	FqCodelEnqueue & 255:   {"fq_codel_enqueue", Core, "net/sched/sch_fq_codel.c", "Queue the packet behind those of its flow."},
	FqCodelDequeue & 255:   {"fq_codel_dequeue", Core, "net/sched/sch_fq_codel.c", "Take a packet of the flow whose turn it is, if it has not waited too long."},
	FqCodelDrop & 255:      {"fq_codel_drop", Core, "net/sched/sch_fq_codel.c", "The queue is full: take packets from the flow that has most waiting."},
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
	WhyPrioMap
	WhyPrioClass
	WhyHtbDirect
	WhyHtbPriority
	WhyHtbFilter
	WhyHtbNoDefault
	WhyHtbDefault
	WhyHtbDirectOut
	WhyHtbSend
	WhyHtbBorrow
	WhyHtbWaitCeil
	WhyHtbWaitRate
	WhyHtbWait
	WhyCodelFine
	WhyCodelShort
	WhyCodelAbove
	WhyCodelWait
	WhyCodelFirst
	WhyCodelNext
	WhyCodelMark
	WhyCodelCE
	WhyFqCodelFlow
	WhyFqCodelTurn
	WhyFqCodelFull
	WhyFqCodelMemory
	WhyFqCodelFat
	WhyNetemModel
	WhyNetemSlot
	endSchedWhy
)

var schedWhys = [int(endSchedWhy) - baseSched]string{
	WhyBand & 255:          "Priority {0} is band {1}; {2} packets wait before it.",
	WhyBandFull & 255:      "Band {0} holds {1} packets already, which is the device's txqueuelen.",
	WhyBandFirst & 255:     "Band {0} is the first that has a packet; {1} are left.",
	WhyFifoFull & 255:      "{0} packets wait; the limit is {1}.",
	WhyBfifoFull & 255:     "{0} bytes wait and this packet has {1}; the limit is {2}.",
	WhyHeadDrop & 255:      "{0} packets wait, and the limit is {1}: the oldest one is dropped for this one.",
	WhyWatchdog & 255:      "The watchdog rings: {0} {0?packet waits|packets wait}.",
	WhyTbfSegment & 255:    "Its {0} bytes are more than the bucket's {1}, but each of its parts fits: it is cut.",
	WhyTbfTooLong & 255:    "Its {0} bytes never fit into the bucket of {1} bytes.",
	WhyTbfSend & 255:       "{0} bytes take {1:dur} at the rate, and the bucket holds {2:dur}: it goes.",
	WhyTbfWait & 255:       "{0} bytes take {1:dur} at the rate, and the bucket holds {2:dur}: it waits {3:dur}.",
	WhyFqBandFull & 255:    "Band {0} holds {1} packets already, which is the limit.",
	WhyFqHorizon & 255:     "It is to leave in {0:dur}, which is beyond the horizon of {1:dur}.",
	WhyFqFlowFull & 255:    "Its flow has {0} packets waiting; the limit of a flow is {1}.",
	WhyFqFlow & 255:        "{0} {0?packet|packets} of its flow wait now, this one among them; it may leave in {1:dur}.",
	WhyFqFast & 255:        "No other flow is ready to send ({0} packets wait for their times): it needs no queue of its own.",
	WhyFqWait & 255:        "{0} {0?flow waits for its|flows wait for their} time; the first one comes in {1:dur}.",
	WhyFqPace & 255:        "{0} bytes at {1} bytes a second: the flow's next packet may leave in {2:dur}.",
	WhyNetemLoss & 255:     "The dice say that it is lost: the chance is {0} in 4294967296.",
	WhyNetemDup & 255:      "The dice say that it is doubled: the chance is {0} in 4294967296.",
	WhyNetemCorrupt & 255:  "The dice say that it is spoilt: bit {1} of byte {0} is flipped.",
	WhyNetemReorder & 255:  "The dice say that it overtakes the {0} {0?packet|packets} before it.",
	WhyNetemDelay & 255:    "It may leave in {0:dur}.",
	WhyNetemWait & 255:     "{0} {0?packet waits|packets wait}; the first one may leave in {1:dur}.",
	WhyPrioMap & 255:       "Priority {0} is band {1}; {2} {2?packet waits|packets wait} in it.",
	WhyPrioClass & 255:     "It belongs to class {0:classid}, which is band {1}; {2} {2?packet waits|packets wait} in it.",
	WhyHtbDirect & 255:     "Its class is {0:classid}, the discipline itself: no class holds it back.",
	WhyHtbPriority & 255:   "Its priority names the class {0:classid}.",
	WhyHtbFilter & 255:     "A filter puts it into the class {0:classid}.",
	WhyHtbNoDefault & 255:  "No filter knows it, and there is no leaf of the default's number {0:hex}: no class holds it back.",
	WhyHtbDefault & 255:    "No filter knows it: it goes into the default class {0:classid}.",
	WhyHtbDirectOut & 255:  "Packets without a class go first; {0} {0?is|are} left.",
	WhyHtbSend & 255:       "Its {0} bytes leave at the cost of its own class {1:classid}, which is within its rate; priority {2}.",
	WhyHtbBorrow & 255:     "The class {1:classid} is over its rate: it borrows for these {0} bytes from {2:classid}; priority {3}.",
	WhyHtbWaitCeil & 255:   "The class {0:classid} is over its ceil by {1:dur} of tokens, so that it may not even borrow: something may leave in {2:dur}.",
	WhyHtbWaitRate & 255:   "The class {0:classid} is over its rate by {1:dur} of tokens, and nobody lends: something may leave in {2:dur}.",
	WhyHtbWait & 255:       "No class may send; the next look is in {0:dur}.",
	WhyCodelFine & 255:     "It waited {0:dur}, which is below the target of {1:dur}.",
	WhyCodelShort & 255:    "It waited {0:dur}, but only {1} bytes are left behind it, no more than a packet of {2}: that is no standing queue.",
	WhyCodelAbove & 255:    "It waited {0:dur}, more than the target of {1:dur}. If that lasts for {2:dur}, packets are dropped.",
	WhyCodelWait & 255:     "It waited {0:dur}, more than the target of {1:dur}; the next one is dropped in {2:dur}.",
	WhyCodelFirst & 255:    "It waited {0:dur}, and all packets of the last interval of {1:dur} waited longer than the target: it is dropped, to slow its sender down. The next one goes in {2:dur}.",
	WhyCodelNext & 255:     "It waited {0:dur}, and dropping did not help yet: it is dropped, too, as number {1} in a row.",
	WhyCodelMark & 255:     "It waited {0:dur}, too long. Its sender understands ECN: it is marked instead of dropped.",
	WhyCodelCE & 255:       "It waited {0:dur}, more than the ce_threshold of {1:dur}: it is marked.",
	WhyFqCodelFlow & 255:   "It belongs to flow {0}, of which {1} bytes wait; {2} packets wait in all.",
	WhyFqCodelTurn & 255:   "It is the turn of flow {0}, which may send {1} bytes more.",
	WhyFqCodelFull & 255:   "{0} packets wait; the limit is {1}.",
	WhyFqCodelMemory & 255: "The packets that wait take {0} bytes of memory; the limit is {1}.",
	WhyFqCodelFat & 255:    "Flow {0} has most waiting, {1} bytes: {2} {2?packet|packets} of it {2?is|are} dropped.",
	WhyNetemModel & 255:    "The model of losses is in state {0}: it is lost.",
	WhyNetemSlot & 255:     "{0} {0?packet waits|packets wait}; the next slot opens in {1:dur}.",
}

var schedTries = [...]Tried{}
