package step

// The fields of an sk_buff.
const (
	SKBLen = iota
	SKBDataLen
	SKBData
	SKBNetworkHeader
	SKBTransportHeader
	SKBProtocol
	SKBPktType
	SKBDev
	SKBIif
	SKBIPSummed
	SKBMark
	SKBDst
	SKBDstDev
	SKBSock
	SKBTruesize
	SKBVlan
	SKBGSOSize
	SKBGSOSegs
	SKBTTL
	SKBSaddr // two places
	_
	SKBDaddr // two places
	_
	SKBUsers
	SKBQueue
	SKBNFCT
	SKBCTInfo
	numSKBFields
)

var skbFields = [numSKBFields]Field{
	SKBLen:             {"skb.len", Dec, "Bytes from the place of the current layer to the end."},
	SKBDataLen:         {"skb.data_len", Dec, "How many of them lie outside the first piece of memory."},
	SKBData:            {"skb.data", Dec, "Where the current layer's bytes begin, counted from the start of the frame."},
	SKBNetworkHeader:   {"skb.network_header", Dec, "Where the IP header begins."},
	SKBTransportHeader: {"skb.transport_header", Dec, "Where the TCP, UDP or ICMP header begins."},
	SKBProtocol:        {"skb.protocol", Ether, "The EtherType: which protocol handler gets it."},
	SKBPktType:         {"skb.pkt_type", Pkt, "Whom the link address names: this host, everyone, a group, another host."},
	SKBDev:             {"skb.dev", Dev, "The device that it came in by, or goes out by."},
	SKBIif:             {"skb.skb_iif", Dev, "The device that it came in by."},
	SKBIPSummed:        {"skb.ip_summed", Csum, "What is known about the transport checksum."},
	SKBMark:            {"skb.mark", Hex, "The firewall mark."},
	SKBDst:             {"skb.dst", Route, "What routing decided."},
	SKBDstDev:          {"skb.dst_dev", Dev, "The device that the route leads to."},
	SKBSock:            {"skb.sk", SK, "The socket that owns it."},
	SKBTruesize:        {"skb.truesize", Dec, "Memory that it takes, overhead included; what socket buffers count."},
	SKBVlan:            {"skb.vlan_tci", Vlan, "The VLAN tag that was taken out of the frame, or that the card will put in."},
	SKBGSOSize:         {"skb.gso_size", Dec, "Payload of each segment, when it stands for several."},
	SKBGSOSegs:         {"skb.gso_segs", Dec, "How many segments it stands for."},
	SKBTTL:             {"ip.ttl", Dec, "Hops that it may still make."},
	SKBSaddr:           {"ip.saddr", IP, "Source address."},
	SKBDaddr:           {"ip.daddr", IP, "Destination address."},
	SKBUsers:           {"skb.users", Dec, "How many parts of the kernel hold this buffer."},
	SKBNFCT:            {"skb.nfct", Dec, "The connection that it belongs to (conntrack)."},
	SKBCTInfo:          {"skb.ctinfo", CTInfoFmt, "What it is there: NEW, ESTABLISHED, RELATED, UNTRACKED."},
	SKBQueue:           {"skb.queue_mapping", Dec, "The queue of the card that it came in by, or leaves by."},
}

// The fields of a neighbour.
const (
	NeighState = iota
	NeighLladdr
	NeighQueueLen
	NeighProbes
	NeighKey // two places
	_
	NeighDev
	NeighConfirmed
	numNeighFields
)

var neighFields = [numNeighFields]Field{
	NeighState:     {"neigh.nud_state", Nud, "How sure we are of the link address."},
	NeighLladdr:    {"neigh.lladdr", Mac, "The link address."},
	NeighQueueLen:  {"neigh.arp_queue", Dec, "Packets that wait for it."},
	NeighProbes:    {"neigh.probes", Dec, "Requests without an answer; those to everybody are counted from ucast_solicit (3) on."},
	NeighKey:       {"neigh.primary_key", IP, "The address that is being resolved."},
	NeighDev:       {"neigh.dev", Dev, "The device."},
	NeighConfirmed: {"neigh.confirmed", Time, "When it was last known to be right."},
}

// The fields of a descriptor ring.
const (
	RingNextToClean = iota
	RingNextToUse
	RingPending
	RingDropped
	RingPackets
	numRingFields
)

var ringFields = [numRingFields]Field{
	RingNextToClean: {"ring.next_to_clean", Dec, "The descriptor that the driver takes next."},
	RingNextToUse:   {"ring.next_to_use", Dec, "The descriptor that is filled next."},
	RingPending:     {"ring.pending", Dec, "Frames that wait in the ring."},
	RingDropped:     {"ring.dropped", Dec, "Frames lost because no descriptor was free."},
	RingPackets:     {"ring.packets", Dec, "Frames taken so far."},
}

// The fields of a CPU's receive side (softnet_data, napi_struct).
const (
	NAPIScheduled = iota
	NAPIBudget
	NAPIWork
	NAPIProcessed
	NAPISqueeze
	NAPIDropped
	NAPIBacklog
	NAPIHeld
	NAPIKsoftirqd
	numNAPIFields
)

var napiFields = [numNAPIFields]Field{
	NAPIScheduled: {"softnet.poll_list", Dec, "Receive queues that wait to be polled (NAPI)."},
	NAPIBudget:    {"softnet.budget", Dec, "Frames that this softirq may still take (it begins with netdev_budget)."},
	NAPIWork:      {"napi.work", Dec, "Frames taken in this poll (weight 64)."},
	NAPIProcessed: {"softnet.processed", Dec, "Frames processed by this CPU."},
	NAPISqueeze:   {"softnet.time_squeeze", Dec, "Times that the softirq stopped with work left."},
	NAPIDropped:   {"softnet.dropped", Dec, "Frames that the backlog refused."},
	NAPIBacklog:   {"softnet.input_pkt_queue", Dec, "Frames in this CPU's backlog."},
	NAPIHeld:      {"napi.gro_held", Dec, "Packets that GRO holds for merging."},
	NAPIKsoftirqd: {"softnet.ksoftirqd", Bool, "The softirq was handed to the ksoftirqd thread."},
}

// The fields of a reassembly queue.
const (
	FragMeat = iota
	FragLen
	FragCount
	FragMem
	FragFlags
	numFragFields
)

var fragFields = [numFragFields]Field{
	FragMeat:  {"frag.meat", Dec, "Bytes of the datagram that are here."},
	FragLen:   {"frag.len", Dec, "Bytes that it will have, as far as the fragments tell."},
	FragCount: {"frag.count", Dec, "Fragments held."},
	FragMem:   {"frag.mem", Dec, "Memory that all waiting fragments of this host take."},
	FragFlags: {"frag.flags", Hex, "1 complete, 2 the first is here, 4 the last is here."},
}

// The fields of a route exception.
const (
	ExcDaddr = iota // two places
	_
	ExcPMTU
	ExcGw // two places
	_
	ExcExpires
	numExcFields
)

var exceptionFields = [numExcFields]Field{
	ExcDaddr:   {"exception.daddr", IP, "The destination that it is about."},
	ExcPMTU:    {"exception.pmtu", Dec, "The path MTU that was learned."},
	ExcGw:      {"exception.gw", IP, "The gateway that a redirect named."},
	ExcExpires: {"exception.expires", Time, "When it is forgotten."},
}

// The fields of a queueing discipline.
const (
	QdiscLen = iota
	QdiscBacklog
	QdiscDrops
	numQdiscFields
)

var qdiscFields = [numQdiscFields]Field{
	QdiscLen:     {"qdisc.qlen", Dec, "Packets that wait."},
	QdiscBacklog: {"qdisc.backlog", Dec, "Bytes that wait."},
	QdiscDrops:   {"qdisc.drops", Dec, "Packets that it refused."},
}
