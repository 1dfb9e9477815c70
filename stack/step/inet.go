package step

const baseInet = int(areaInet) << 8

// What IPv4 and IPv6 share: fragments.
const (
	InetFragFind Step = Step(baseInet + 1 + iota)
	InetFragQueueInsert
	InetFragReasmPrepare
	InetFragDestroy
	InetFragRbtreePurge
	endInet
)

var inetSteps = [int(endInet) - baseInet]Info{
	InetFragFind & 255:         {"inet_frag_find", Network, "net/ipv4/inet_fragment.c", "Find the incomplete packet that a fragment belongs to."},
	InetFragQueueInsert & 255:  {"inet_frag_queue_insert", Network, "net/ipv4/inet_fragment.c", "Put a fragment where it belongs, and refuse overlaps."},
	InetFragReasmPrepare & 255: {"inet_frag_reasm_prepare", Network, "net/ipv4/inet_fragment.c", "Make one buffer out of all fragments."},
	InetFragDestroy & 255:      {"inet_frag_destroy", Network, "net/ipv4/inet_fragment.c", "An incomplete packet is given up or done: free its fragments."},
	InetFragRbtreePurge & 255:  {"inet_frag_rbtree_purge", Network, "net/ipv4/inet_fragment.c", "Free the fragments of a packet that is not put together."},
}

// Why the shared part decided.
const (
	WhyFragMemory Why = Why(baseInet + 1 + iota)
	WhyFragQueueFound
	WhyFragQueueNew
	WhyFragOverlap
	WhyFragDuplicate
	WhyFragAppended
	WhyFragGap
	WhyFragReassembled
	endInetWhy
)

var inetWhys = [int(endInetWhy) - baseInet]string{
	WhyFragMemory & 255:      "Fragments take {0} bytes already, more than ipfrag_high_thresh {1}: no new ones are taken.",
	WhyFragQueueFound & 255:  "{0} bytes of the packet with identification {1} are here already.",
	WhyFragQueueNew & 255:    "This is the first fragment seen of the packet with identification {0}: the others have {1:dur} to come.",
	WhyFragOverlap & 255:     "Bytes {0} to {1} overlap {2} to {3}, which are here: the whole packet is thrown away (RFC 5722).",
	WhyFragDuplicate & 255:   "Bytes {0} to {1} lie within {2} to {3}, which are here: the fragment came twice.",
	WhyFragAppended & 255:    "Bytes {0} to {1} go behind all that are here.",
	WhyFragGap & 255:         "Bytes {0} to {1} go before or between those that are here.",
	WhyFragReassembled & 255: "{0} fragments make one packet with {1} bytes of payload.",
}

var inetTries = [...]Tried{}
