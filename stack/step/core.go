package step

const baseCore = int(areaCore) << 8

// net/core and what lies around it.
const (
	NetRxAction Step = Step(baseCore + 1 + iota)
	NapiPollStep
	NapiSchedule
	ProcessBacklog
	NapiGroReceive
	DevGroReceive
	NapiGroComplete
	NapiGroFlush
	NetifRxStep
	NetifRxInternal
	EnqueueToBacklog
	NetifReceiveSkbCore
	NetifReceiveSkbOneCore
	NetifReceiveSkbListCore
	SkbVlanUntag
	PacketRcv
	SkbDrop
	ConsumeSkbStep
	DevQueueXmit
	ValidateXmitSkb
	SkbGsoSegment
	DevHardStartXmit
	SchDirectXmit
	NetTxAction
	NeighCreateStep
	NeighForcedGC
	NeighResolveOutput
	NeighXmit
	NeighEventSend
	NeighUpdateStep
	NeighTimerHandlerStep
	NeighInvalidate
	NeighProbe
	NeighHhOutput
	NeighDirectOutput
	SockQueueRcvSkb
	SockDefReadable
	SockWfree
	SockRfree
	SkStreamKillQueues
	SkbQueuePurgeReason
	RcuCore
	ReleaseSock
	SkBacklogRcv
	AddBacklog
	SkbChecksumHelp
	SkbClone
	RunKsoftirqd
	InetGroReceive
	Ipv6GroReceive
	Tcp4GroReceive
	Tcp6GroReceive
	Udp4GroReceive
	Udp6GroReceive
	NeighEventNS
	NapiGroMerge
	SkbReleaseData
	NetifReceiveSkbStep
	NeighDestroy
	SkbTstampTx
	MsgZerocopyCallback
	GetRPSCPU
	NetRPSSendIPI
	RPSTriggerSoftirq
	FlushBacklog
	NetdevPickTx
	UdpGroReceive
	SkbGroReceiveList
	endCore
)

var coreSteps = [int(endCore) - baseCore]Info{
	NetRxAction & 255:             {"net_rx_action", Core, "net/core/dev.c", "The receive softirq: poll every NAPI that has work."},
	NapiPollStep & 255:            {"__napi_poll", Core, "net/core/dev.c", "Let one driver take up to 64 frames."},
	NapiSchedule & 255:            {"__napi_schedule", Core, "net/core/dev.c", "Ask for the softirq, and switch this queue's interrupt off."},
	ProcessBacklog & 255:          {"process_backlog", Core, "net/core/dev.c", "Take frames from this CPU's backlog."},
	NapiGroReceive & 255:          {"gro_receive_skb", Core, "net/core/gro.c", "May this segment be merged with one that is held?"},
	DevGroReceive & 255:           {"dev_gro_receive", Core, "net/core/gro.c", "Compare it with the held packets of its flow."},
	NapiGroComplete & 255:         {"napi_gro_complete", Core, "net/core/gro.c", "A merged packet is finished and goes up."},
	NapiGroFlush & 255:            {"napi_gro_flush", Core, "net/core/gro.c", "Nothing more is coming: let the held packets go."},
	NetifRxStep & 255:             {"__netif_rx", Core, "net/core/dev.c", "A packet that was turned around in software comes in."},
	NetifRxInternal & 255:         {"netif_rx_internal", Core, "net/core/dev.c", "Choose the CPU whose backlog takes it."},
	EnqueueToBacklog & 255:        {"enqueue_to_backlog", Core, "net/core/dev.c", "Put it into the backlog, if there is room."},
	NetifReceiveSkbCore & 255:     {"__netif_receive_skb_core", Core, "net/core/dev.c", "Give the packet to every tap, then to its protocol."},
	NetifReceiveSkbOneCore & 255:  {"__netif_receive_skb_one_core", Core, "net/core/dev.c", "Find the protocol handler and call it."},
	NetifReceiveSkbListCore & 255: {"__netif_receive_skb_list_core", Core, "net/core/dev.c", "The same for several packets at once."},
	SkbVlanUntag & 255:            {"skb_vlan_untag", Core, "net/core/skbuff.c", "Take the VLAN tag out of the frame and remember it."},
	PacketRcv & 255:               {"packet_rcv", Socket, "net/packet/af_packet.c", "A tap (tcpdump) gets a copy."},
	SkbDrop & 255:                 {"sk_skb_reason_drop", Core, "net/core/skbuff.c", "The packet is freed, and the kernel says why."},
	ConsumeSkbStep & 255:          {"consume_skb", Core, "net/core/skbuff.c", "The packet has done its work and is freed."},
	DevQueueXmit & 255:            {"__dev_queue_xmit", Core, "net/core/dev.c", "Give the packet to the device's queue."},
	ValidateXmitSkb & 255:         {"validate_xmit_skb", Core, "net/core/dev.c", "Do in software what the card cannot: checksum, segments, tag."},
	SkbGsoSegment & 255:           {"__skb_gso_segment", Core, "net/core/gso.c", "Cut a packet that stands for many into real ones."},
	DevHardStartXmit & 255:        {"dev_hard_start_xmit", Core, "net/core/dev.c", "Show it to the taps, then call the driver."},
	SchDirectXmit & 255:           {"sch_direct_xmit", Core, "net/sched/sch_generic.c", "Send what the queue gave, under the queue's lock."},
	NetTxAction & 255:             {"net_tx_action", Core, "net/core/dev.c", "The transmit softirq: free what was sent, run stopped queues."},
	NeighForcedGC & 255:           {"neigh_forced_gc", Network, "net/core/neighbour.c", "Too many neighbours: old ones that nobody waits for go."},
	NeighCreateStep & 255:         {"___neigh_create", Network, "net/core/neighbour.c", "Make an entry for a neighbour not yet known."},
	NeighXmit & 255:               {"neigh_xmit", Network, "net/core/neighbour.c", "Send to a neighbour that no route was asked for."},
	NeighResolveOutput & 255:      {"neigh_resolve_output", Network, "net/core/neighbour.c", "Send if the link address is known, else queue and ask."},
	NeighEventSend & 255:          {"__neigh_event_send", Network, "net/core/neighbour.c", "What does this neighbour's state allow?"},
	NeighUpdateStep & 255:         {"__neigh_update", Network, "net/core/neighbour.c", "News about a neighbour: set state and link address."},
	NeighTimerHandlerStep & 255:   {"neigh_timer_handler", Network, "net/core/neighbour.c", "A neighbour's time ran out."},
	NeighInvalidate & 255:         {"neigh_invalidate", Network, "net/core/neighbour.c", "Nobody answered: give up and tell the senders."},
	NeighProbe & 255:              {"neigh_probe", Network, "net/core/neighbour.c", "Ask (again) for the link address."},
	NeighHhOutput & 255:           {"neigh_hh_output", Network, "include/net/neighbour.h", "Copy the cached link header in front and send."},
	NeighDirectOutput & 255:       {"neigh_direct_output", Network, "net/core/neighbour.c", "No link address is needed here: send."},
	SockQueueRcvSkb & 255:         {"__sock_queue_rcv_skb", Socket, "net/core/sock.c", "Put it into the socket's receive queue, if there is room."},
	SockDefReadable & 255:         {"sock_def_readable", Socket, "net/core/sock.c", "Wake whoever waits to read."},
	SockWfree & 255:               {"sock_wfree", Socket, "net/core/sock.c", "A sent packet is freed: give its memory back to the sender."},
	SockRfree & 255:               {"sock_rfree", Socket, "net/core/sock.c", "A read packet is freed: give its memory back to the reader."},
	RcuCore & 255:                 {"rcu_core", Core, "kernel/rcu/tree.c", "Free what no CPU can be looking at any more."},
	SkbQueuePurgeReason & 255:     {"skb_queue_purge_reason", Core, "net/core/skbuff.c", "Free every packet of a queue."},
	SkStreamKillQueues & 255:      {"sk_stream_kill_queues", Socket, "net/core/stream.c", "The socket goes: free what lies in its queues."},
	ReleaseSock & 255:             {"release_sock", Socket, "net/core/sock.c", "The program lets go of the socket: work off its backlog."},
	SkBacklogRcv & 255:            {"__release_sock", Socket, "net/core/sock.c", "Packets that waited for the program to let go."},
	AddBacklog & 255:              {"tcp_add_backlog", Transport, "net/ipv4/tcp_ipv4.c", "A program holds the socket: the packet must wait."},
	SkbChecksumHelp & 255:         {"skb_checksum_help", Core, "net/core/dev.c", "Compute the checksum that the card would have."},
	SkbReleaseData & 255:          {"skb_release_data", Core, "net/core/skbuff.c", "Give a packet's bytes back, and free the pieces that hang on it."},
	SkbClone & 255:                {"skb_clone", Core, "net/core/skbuff.c", "A second sk_buff for the same bytes."},
	SkbTstampTx & 255:             {"__skb_tstamp_tx", Socket, "net/core/skbuff.c", "Tell the program, by its error queue, when its packet got here."},
	MsgZerocopyCallback & 255:     {"__msg_zerocopy_callback", Socket, "net/core/skbuff.c", "No packet points to the program's memory any more: tell the program by its error queue."},
	RunKsoftirqd & 255:            {"run_ksoftirqd", Core, "kernel/softirq.c", "Too much work for the softirq: a thread goes on with it."},
	InetGroReceive & 255:          {"inet_gro_receive", Network, "net/ipv4/af_inet.c", "GRO looks at the IPv4 header."},
	Ipv6GroReceive & 255:          {"ipv6_gro_receive", Network, "net/ipv6/ip6_offload.c", "GRO looks at the IPv6 header."},
	Tcp4GroReceive & 255:          {"tcp4_gro_receive", Transport, "net/ipv4/tcp_offload.c", "GRO looks at the TCP header."},
	Tcp6GroReceive & 255:          {"tcp6_gro_receive", Transport, "net/ipv6/tcpv6_offload.c", "GRO looks at the TCP header."},
	Udp4GroReceive & 255:          {"udp4_gro_receive", Transport, "net/ipv4/udp_offload.c", "GRO looks at the UDP header."},
	Udp6GroReceive & 255:          {"udp6_gro_receive", Transport, "net/ipv6/udp_offload.c", "GRO looks at the UDP header."},
	NeighEventNS & 255:            {"neigh_event_ns", Network, "net/core/neighbour.c", "Somebody asked for our address: learn theirs."},
	NetifReceiveSkbStep & 255:     {"netif_receive_skb", Core, "net/core/dev.c", "A packet that another device had comes in by this one."},
	NapiGroMerge & 255:            {"skb_gro_receive", Core, "net/core/gro.c", "Hang the payload behind the held packet."},
	GetRPSCPU & 255:               {"get_rps_cpu", Core, "net/core/dev.c", "Which CPU shall go on with the packet?"},
	NetRPSSendIPI & 255:           {"net_rps_send_ipi", Core, "net/core/dev.c", "Interrupt the CPUs that packets were given to."},
	RPSTriggerSoftirq & 255:       {"rps_trigger_softirq", Core, "net/core/dev.c", "Another CPU gave us packets: poll the backlog."},
	FlushBacklog & 255:            {"flush_backlog", Core, "net/core/dev.c", "A device goes, and the packets that came in by it and still wait."},
	UdpGroReceive & 255:           {"udp_gro_receive", Transport, "net/ipv4/udp_offload.c", "May datagrams be merged for whom this one is for?"},
	SkbGroReceiveList & 255:       {"skb_gro_receive_list", Core, "net/core/gro.c", "Hang the packet behind the held one as it is."},
	NetdevPickTx & 255:            {"netdev_pick_tx", Core, "net/core/dev.c", "Choose one of the device's transmit queues."},
	NeighDestroy & 255:            {"neigh_destroy", Network, "net/core/neighbour.c", "Nobody holds the entry any more: what waited for it goes too."},
}

// Why net/core decided.
const (
	WhyNoHandler Why = Why(baseCore + 1 + iota)
	WhyHandler
	WhyBacklogFull
	WhySqueeze
	WhyNapiDone
	WhyNapiMore
	WhyDropReason
	WhyQdiscNone
	WhyQdiscDrop
	WhyLinkDown
	WhyTapCopy
	WhyVlanTag
	WhyVlanUnknown
	WhyRcvbufFull
	WhyRcvbufRoom
	WhyGSOSplit
	WhyKsoftirqd
	WhySoftirqPause
	WhyDevDown
	WhyVlanShort
	WhyGROHeld
	WhyGROMerged
	WhyGROInto
	WhyGROFull
	WhyGROFlush
	WhyGROComplete
	WhyTxBusy
	WhyTxStopped
	WhyCsumHelp
	WhyGSOBad
	WhyGSOTunnel
	WhyNeighQueued
	WhyNeighQueueFull
	WhyNeighStaleUse
	WhyNeighFailed
	WhyNeighProbe
	WhyNeighConfirmed
	WhyNeighSuspect
	WhyNeighUnused
	WhyNeighMoved
	WhyNeighKept
	WhyNeighFixed
	WhyNeighNoAddr
	WhyNeighNew
	WhyNeighValid
	WhyNeighDead
	WhyHeld
	WhyPartOf
	WhyNapiNone
	WhyNapiPoll
	WhyRxAction
	WhyNapiSchedule
	WhyNapiBacklog
	WhyBatchUp
	WhyRxCPU
	WhyBacklogRoom
	WhyBacklogDone
	WhyQdiscBypass
	WhyQdiscQueued
	WhyXmitNow
	WhyXmitReady
	WhyXmitCsum
	WhyXmitTSO
	WhyNoTap
	WhyGROOff
	WhyGRONotIP
	WhyGROIs
	WhyGROProto
	WhyGROHeader
	WhyGROUDP
	WhyGRONoData
	WhyGROEnds
	WhyGROShort
	WhyWfree
	WhyRfree
	WhyWakeReader
	WhyNoReader
	WhyNeighCreate
	WhyNeighOverflow
	WhyNeighCollected
	WhyNeighAsk
	WhyNeighRetry
	WhyNeighLost
	WhyNeighHH
	WhyHookNone
	WhyNeighNoLink
	WhyCallBacklog
	WhyCallOver
	WhyTstamp
	WhyZerocopyDone
	WhyBacklogOther
	WhyRPS
	WhyRPSNone
	WhyRPSQueue
	WhyRPSIPI
	WhyRPSTrigger
	WhyFlushBacklog
	WhyXPS
	WhyXPSNone
	WhyTxQueueRx
	WhyTxQueueHash
	WhyGROUDPSum
	WhyGROTunnel
	WhyGROList
	WhyGROSocket
	WhyGROSocketNo
	WhyGROForward
	WhyGROUDPOdd
	WhyGROListed
	WhyGSORcv
	endCoreWhy
)

var coreWhys = [int(endCoreWhy) - baseCore]string{
	WhyHeld & 255:           "Linux sends this now; it waits until the capture shows it, and goes down then, with the captured bytes.",
	WhyPartOf & 255:         "Its bytes are a part of another packet, which ends here.",
	WhyNoHandler & 255:      "Nobody on this host handles EtherType {0:hex} ({0:ether}).",
	WhyHandler & 255:        "EtherType {0:hex} stands for {0:ether}: that protocol gets the packet.",
	WhyBacklogFull & 255:    "{0} frames wait already, more than netdev_max_backlog {1}.",
	WhySqueeze & 255:        "{0} frames are taken (netdev_budget {1}), {2:dur} are used: the softirq stops with work left, and counts a time_squeeze.",
	WhyNapiDone & 255:       "{0} {0?frame|frames} came in, fewer than the {1} that one poll may take: the ring is empty, and its interrupt is switched on again.",
	WhyNapiMore & 255:       "{0} frames were taken, all that one poll may take ({1}): there may be more, so this queue is polled again.",
	WhyDropReason & 255:     "It is freed, and the reason given is {0:reason}.",
	WhyQdiscNone & 255:      "{0:dev} has no queue (noqueue): its driver gets the packet at once.",
	WhyQdiscDrop & 255:      "The queue of {0:dev} refused it: {1} packets wait, {2} are allowed.",
	WhyLinkDown & 255:       "{0:dev} has no carrier: its queue is noop, which drops everything.",
	WhyTapCopy & 255:        "A tap is open on {0:dev}: it gets a copy.",
	WhyVlanTag & 255:        "VLAN tag {0} is taken out; the inner protocol is {1:ether}.",
	WhyVlanUnknown & 255:    "VLAN {0} has no device here: the packet is for another host.",
	WhyRcvbufFull & 255:     "{0} bytes of memory are used by packets that wait to be read, and SO_RCVBUF allows {2}: there is no room for {1} more.",
	WhyRcvbufRoom & 255:     "Packets that wait to be read use {0} of {2} bytes of memory (SO_RCVBUF); this one takes {1}, overhead included.",
	WhyGSOSplit & 255:       "{0:dev} cannot segment: {1} {1?segment|segments} of {2} bytes are cut in software.",
	WhyKsoftirqd & 255:      "The softirq ran too long or too often: ksoftirqd takes over.",
	WhySoftirqPause & 255:   "Something else happens at this moment (a frame arrives, a timer runs out). The softirq goes on after it, with {0} frames of its budget left.",
	WhyDevDown & 255:        "{0:dev} is down.",
	WhyVlanShort & 255:      "{0} bytes are too few for a VLAN tag and a type.",
	WhyGROHeld & 255:        "It begins a flow that may be merged: it is held until more comes or the poll ends.",
	WhyGROMerged & 255:      "It goes on where packet {0:skb} ends: it is merged into that one, which now stands for {1} segments.",
	WhyGROInto & 255:        "Its bytes went on in packet {0:skb}, which it was merged into.",
	WhyGROFull & 255:        "{0} flows are held in this bucket, the most there may be: the oldest goes up, and this one is held.",
	WhyGROFlush & 255:       "It is not held: it goes up alone.",
	WhyGROComplete & 255:    "{0} segments of {1} bytes were merged: one packet of {2} bytes goes up.",
	WhyTxBusy & 255:         "The driver of {0:dev} is busy: the packet goes back to the queue.",
	WhyTxStopped & 255:      "The transmit ring of {0:dev} is full: {1} {1?packet waits|packets wait} in the queue.",
	WhyCsumHelp & 255:       "{0:dev} cannot checksum: {1} bytes are summed in software.",
	WhyGSOTunnel & 255:      "It is inside a datagram: every segment gets the headers around it too.",
	WhyGSOBad & 255:         "It cannot be cut into segments: its headers do not fit its length.",
	WhyNeighQueued & 255:    "The link address is not known yet: {0} {0?packet waits|packets wait} for it ({1} of at most {2} bytes).",
	WhyNeighQueueFull & 255: "{0} bytes wait and this packet takes {1}: more than unres_qlen_bytes {2}, so the oldest goes.",
	WhyNeighStaleUse & 255:  "The address is old (STALE) but good enough: the packet goes at once. If nothing proves the neighbour alive within {0:dur}, it is asked.",
	WhyNeighFailed & 255:    "{0} {0?request|requests} got no answer: the neighbour counts as unreachable (FAILED).",
	WhyNeighProbe & 255:     "Request {0} of {1}. If nobody answers, the next step follows in {2:dur}.",
	WhyNeighConfirmed & 255: "It proved alive {0:dur} ago, less than {1:dur}: it stays REACHABLE.",
	WhyNeighSuspect & 255:   "It last proved alive {0:dur} ago, and was used {1:dur} ago: it is in doubt now.",
	WhyNeighUnused & 255:    "Nobody used it for {0:dur}: it becomes STALE, and nothing is asked.",
	WhyNeighMoved & 255:     "The link address changes from {0:mac} to {1:mac}; the state from {2:nud} to {3:nud}.",
	WhyNeighKept & 255:      "The new address {1:mac} may not replace {0:mac}: the news does not override.",
	WhyNeighFixed & 255:     "The entry is {0:nud}: only the administrator may change it.",
	WhyNeighNoAddr & 255:    "The news names no link address, and none is known.",
	WhyNeighNew & 255:       "The state goes from {0:nud} to {1:nud}; {2} {2?packet waits|packets wait} for this.",
	WhyNeighValid & 255:     "The link address {1:mac} is known (state {0:nud}): the packet may go.",
	WhyNeighDead & 255:      "The entry has been removed meanwhile.",
	WhyNapiNone & 255:       "No frame came in, so this was about sent ones: the interrupt is switched on again.",
	WhyNapiPoll & 255:       "The driver may take up to {0} frames; the softirq may take {1} in all before others get the CPU.",
	WhyRxAction & 255:       "{0} {0?queue waits|queues wait} to be polled; {1} frames may be taken in this round (netdev_budget).",
	WhyNapiSchedule & 255:   "The queue is put on the list of those to poll. Its interrupt stays off until it is empty.",
	WhyNapiBacklog & 255:    "The CPU's backlog was empty: it is put on the list of queues to poll.",
	WhyBatchUp & 255:        "{0} {0?packet goes|packets go} up.",
	WhyRxCPU & 255:          "It stays on this CPU ({0}): no receive packet steering (RPS) is set up.",
	WhyBacklogRoom & 255:    "{0} {0?packet waits|packets wait} in this CPU's backlog, and {1} may (netdev_max_backlog): there is room.",
	WhyBacklogDone & 255:    "{0} {0?packet was|packets were} taken: the backlog is empty.",
	WhyQdiscBypass & 255:    "Nothing waits in the queue of {0:dev}: the packet passes it by.",
	WhyQdiscQueued & 255:    "{1} {1?packet waits|packets wait} in the queue of {0:dev} now, this one among them.",
	WhyXmitNow & 255:        "The driver of {0:dev} can take packets: it gets this one now.",
	WhyXmitReady & 255:      "Nothing is left to do: no checksum to fill in, nothing to cut.",
	WhyXmitCsum & 255:       "The checksum is still open; {0:dev} will fill it in.",
	WhyXmitTSO & 255:        "It stands for {1} {1?segment|segments}; {0:dev} will cut it itself.",
	WhyNoTap & 255:          "No tap (tcpdump) is open: only the driver of {0:dev} gets it.",
	WhyGROOff & 255:         "GRO is off on {0:dev}: the packet goes up alone.",
	WhyGRONotIP & 255:       "GRO merges IP packets only, and this is {0:ether}: it goes up alone.",
	WhyGROIs & 255:          "Its bytes are in packet {0:skb} now.",
	WhyGROProto & 255:       "GRO merges TCP (and UDP on request), and this is {0:proto}: it goes up alone.",
	WhyGROHeader & 255:      "The IP header has options, is a fragment's, or is damaged: it goes up alone.",
	WhyGROUDP & 255:         "No socket asked for merged datagrams (UDP_GRO): it goes up alone.",
	WhyGRONoData & 255:      "It carries no data: there is nothing to merge.",
	WhyGROEnds & 255:        "Its flags ({0:tcpbits}) end what can be merged: it does not wait.",
	WhyGROShort & 255:       "{0} bytes are less than a full segment of {1}: it does not wait for more.",
	WhyWfree & 255:          "{0} bytes of memory are given back to the socket that sent it; {1} are still on their way.",
	WhyTstamp & 255:         "The time of {0} (0 sent, 1 queued, 2 acknowledged) goes into the error queue, with the number {1}.",
	WhyZerocopyDone & 255:   "Sends {0} to {1} of this socket are through: their memory is the program's again ({2}: 1 it was used as it was, 0 it had to be copied).",
	WhyRfree & 255:          "{0} bytes of memory are given back; packets that wait to be read use {1} of {2} (SO_RCVBUF).",
	WhyWakeReader & 255:     "A program waits on this socket: it is woken.",
	WhyNoReader & 255:       "No program sleeps on this socket: it will find the data when it asks.",
	WhyNeighOverflow & 255:  "There are {0} neighbours, {1} are allowed (gc_thresh3), and none is old enough to go.",
	WhyNeighCollected & 255: "{0} old neighbours are forgotten.",
	WhyNeighCreate & 255:    "Nothing is known about {0:ip} on {2:dev}: it gets an entry.",
	WhyNeighAsk & 255:       "The link address of {0:ip} is not known: it must be asked for, up to {2} times, {3:dur} apart.",
	WhyNeighRetry & 255:     "No answer came within {0:dur}: ask again.",
	WhyNeighLost & 255:      "{0} {0?packet|packets} waited for the answer: their senders are told.",
	WhyNeighHH & 255:        "The link header to {0:mac} is kept ready (state {1:nud}): it is copied in front.",
	WhyHookNone & 255:       "No function is registered at {0:hook} (no firewall): the packet goes on.",
	WhyCallBacklog & 255:    "The program's call has lasted {0:dur}; meanwhile {1} {1?packet|packets} came and waited in the backlog. They are worked off now.",
	WhyCallOver & 255:       "The program's call is over after {0:dur}, and nothing waits: the socket is free.",
	WhyBacklogOther & 255:   "{0} {0?packet waits|packets wait} in the backlog of CPU {2}, and {1} may (netdev_max_backlog): there is room.",
	WhyRPS & 255:            "rps_cpus of {1:dev}, receive queue {2}, names {3} {3?CPU|CPUs}. The flow's hash {0:hex}, scaled to that number, is {4}: CPU {5} goes on with it.",
	WhyRPSNone & 255:        "rps_cpus of {0:dev}, receive queue {1}, names no CPU: no steering.",
	WhyRPSQueue & 255:       "It came by receive queue {0}, and {1:dev} uses {2}: no steering.",
	WhyRPSIPI & 255:         "CPU {0} has packets in its backlog and does not know yet: it is interrupted.",
	WhyRPSTrigger & 255:     "Another CPU put {1} {1?packet|packets} into the backlog of CPU {0}: it is put on the list of queues to poll.",
	WhyFlushBacklog & 255:   "{0:dev} is taken away: what came in by it is dropped.",
	WhyXPS & 255:            "CPU {0} sends by {2} of the transmit {2?queue|queues} of {1:dev} (xps_cpus): it takes queue {3}.",
	WhyXPSNone & 255:        "No queue of {1:dev} has CPU {0} in its xps_cpus.",
	WhyTxQueueRx & 255:      "It came in by receive queue {0}: it leaves by the transmit queue of that number, of the {2} of {1:dev}.",
	WhyTxQueueHash & 255:    "{1:dev} uses {2} transmit queues. The flow's hash {0:hex}, scaled to that number, is queue {3}.",
	WhyGROUDPSum & 255:      "Its UDP checksum is wrong: it goes up alone, and is dropped there.",
	WhyGROTunnel & 255:      "It is for a tunnel: what GRO does inside of tunnels is not modelled. It goes up alone.",
	WhyGROList & 255:        "rx-gro-list is on for {0:dev}: datagrams of one flow are hung behind each other, unchanged.",
	WhyGROSocket & 255:      "Its socket takes merged datagrams (UDP_GRO).",
	WhyGROSocketNo & 255:    "Its socket did not ask for merged datagrams (UDP_GRO): it goes up alone.",
	WhyGROForward & 255:     "No socket is known for it, and rx-udp-gro-forwarding is on for {0:dev}: it may be merged.",
	WhyGROUDPOdd & 255:      "Its checksum is {0:hex}, and it says that it has {1} bytes, of {2}: such a datagram is not merged.",
	WhyGROListed & 255:      "It hangs behind packet {0:skb}, which is a list of {1} now.",
	WhyGSORcv & 255:         "The socket takes single datagrams: {0} {0?datagram|datagrams} of {1} bytes (the last may be shorter) are made of it.",
	WhyNeighNoLink & 255:    "This link has no addresses (state {1:nud}): an empty link header goes in front.",
}

// What lost in net/core.
const (
	TryGRO Try = Try(baseCore + 1 + iota)
	endCoreTry
)

var coreTries = [int(endCoreTry) - baseCore]Tried{
	TryGRO & 255: {"merge", "the held packet {0:skb}", "the two differ: {1:gro}"},
}
