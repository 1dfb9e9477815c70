package step

const baseConntrack = int(areaConntrack) << 8

// Connection tracking.
const (
	Ipv4ConntrackDefrag Step = Step(baseConntrack + 1 + iota)
	Ipv6Defrag
	Ipv4ConntrackIn
	Ipv4ConntrackLocal
	Ipv6ConntrackIn
	Ipv6ConntrackLocal
	NfConfirm
	NfConntrackIn
	ResolveNormalCT
	InitConntrack
	NfConntrackAlloc
	CtnetlinkCreateConntrack
	EarlyDrop
	NfConntrackConfirm
	NfCTResolveClash
	NfConntrackTupleTaken
	NfCTDestroy
	GcWorker
	NfConntrackTCPPacket
	CTTCPNew
	CTTCPInWindow
	NfConntrackUDPPacket
	NfConntrackSCTPPacket
	NfConntrackICMPPacket
	NfConntrackICMPv4Error
	NfConntrackInetError
	NfConntrackICMPv6Packet
	NfConntrackICMPv6Error
	GenericPacket
	NfCTFindExpectation
	NfCTExpectRelated
	NfCTFtpHelp
	NfCTSeqAdjust
	endConntrack
)

var conntrackSteps = [int(endConntrack) - baseConntrack]Info{
	Ipv4ConntrackDefrag & 255:      {"ipv4_conntrack_defrag", Netfilter, "net/ipv4/netfilter/nf_defrag_ipv4.c", "Put fragments together first: only one of them has the ports."},
	Ipv6Defrag & 255:               {"ipv6_defrag", Netfilter, "net/ipv6/netfilter/nf_defrag_ipv6_hooks.c", "Put IPv6 fragments together first."},
	Ipv4ConntrackIn & 255:          {"ipv4_conntrack_in", Netfilter, "net/netfilter/nf_conntrack_proto.c", "Track an IPv4 packet that came in."},
	Ipv4ConntrackLocal & 255:       {"ipv4_conntrack_local", Netfilter, "net/netfilter/nf_conntrack_proto.c", "Track an IPv4 packet that this host made."},
	Ipv6ConntrackIn & 255:          {"ipv6_conntrack_in", Netfilter, "net/netfilter/nf_conntrack_proto.c", "Track an IPv6 packet that came in."},
	Ipv6ConntrackLocal & 255:       {"ipv6_conntrack_local", Netfilter, "net/netfilter/nf_conntrack_proto.c", "Track an IPv6 packet that this host made."},
	NfConfirm & 255:                {"nf_confirm", Netfilter, "net/netfilter/nf_conntrack_proto.c", "The packet has come through: keep its connection, if it is new."},
	NfConntrackIn & 255:            {"nf_conntrack_in", Netfilter, "net/netfilter/nf_conntrack_core.c", "To which connection does the packet belong, and what is it there?"},
	ResolveNormalCT & 255:          {"resolve_normal_ct", Netfilter, "net/netfilter/nf_conntrack_core.c", "Look the packet's addresses and ports up in the connection table."},
	InitConntrack & 255:            {"init_conntrack", Netfilter, "net/netfilter/nf_conntrack_core.c", "Nobody has this tuple: begin a connection."},
	NfConntrackAlloc & 255:         {"__nf_conntrack_alloc", Netfilter, "net/netfilter/nf_conntrack_core.c", "Make a connection, if the table has room."},
	CtnetlinkCreateConntrack & 255: {"ctnetlink_create_conntrack", Netfilter, "net/netfilter/nf_conntrack_netlink.c", "A program puts a connection into the table."},
	EarlyDrop & 255:                {"early_drop", Netfilter, "net/netfilter/nf_conntrack_core.c", "The table is full: throw a connection away that is not ASSURED."},
	NfConntrackConfirm & 255:       {"__nf_conntrack_confirm", Netfilter, "net/netfilter/nf_conntrack_core.c", "Put the connection into the table, under both of its tuples."},
	NfCTResolveClash & 255:         {"nf_ct_resolve_clash", Netfilter, "net/netfilter/nf_conntrack_core.c", "Another packet has put the same tuple into the table in between."},
	NfConntrackTupleTaken & 255:    {"nf_conntrack_tuple_taken", Netfilter, "net/netfilter/nf_conntrack_core.c", "Has another connection this tuple already?"},
	NfCTDestroy & 255:              {"nf_ct_destroy", Netfilter, "net/netfilter/nf_conntrack_core.c", "Nobody refers to the connection any more: free it."},
	GcWorker & 255:                 {"gc_worker", Netfilter, "net/netfilter/nf_conntrack_core.c", "Throw away the connections whose time is over."},
	NfConntrackTCPPacket & 255:     {"nf_conntrack_tcp_packet", Netfilter, "net/netfilter/nf_conntrack_proto_tcp.c", "Can the connection have this segment now, and what state follows?"},
	CTTCPNew & 255:                 {"tcp_new", Netfilter, "net/netfilter/nf_conntrack_proto_tcp.c", "May a connection begin with this segment?"},
	CTTCPInWindow & 255:            {"tcp_in_window", Netfilter, "net/netfilter/nf_conntrack_proto_tcp.c", "Are the segment's numbers inside of what the other end can want?"},
	NfConntrackSCTPPacket & 255:    {"nf_conntrack_sctp_packet", Netfilter, "net/netfilter/nf_conntrack_proto_sctp.c", "Are the tags right, and what state follows from the chunks?"},
	NfConntrackUDPPacket & 255:     {"nf_conntrack_udp_packet", Netfilter, "net/netfilter/nf_conntrack_proto_udp.c", "UDP has no connections: time decides."},
	NfConntrackICMPPacket & 255:    {"nf_conntrack_icmp_packet", Netfilter, "net/netfilter/nf_conntrack_proto_icmp.c", "A request begins something, its answer belongs to it."},
	NfConntrackICMPv4Error & 255:   {"nf_conntrack_icmpv4_error", Netfilter, "net/netfilter/nf_conntrack_proto_icmp.c", "Is the ICMP message broken, or an error about a connection?"},
	NfConntrackInetError & 255:     {"nf_conntrack_inet_error", Netfilter, "net/netfilter/nf_conntrack_proto_icmp.c", "Look up the packet that an ICMP error quotes."},
	NfConntrackICMPv6Packet & 255:  {"nf_conntrack_icmpv6_packet", Netfilter, "net/netfilter/nf_conntrack_proto_icmpv6.c", "A request begins something, its answer belongs to it."},
	NfConntrackICMPv6Error & 255:   {"nf_conntrack_icmpv6_error", Netfilter, "net/netfilter/nf_conntrack_proto_icmpv6.c", "Is the ICMPv6 message broken, or an error about a connection?"},
	GenericPacket & 255:            {"generic_packet", Netfilter, "net/netfilter/nf_conntrack_core.c", "A protocol without a tracker: only addresses and time count."},
	NfCTFindExpectation & 255:      {"nf_ct_find_expectation", Netfilter, "net/netfilter/nf_conntrack_expect.c", "Has another connection announced this one?"},
	NfCTExpectRelated & 255:        {"nf_ct_expect_related_report", Netfilter, "net/netfilter/nf_conntrack_expect.c", "Expect a connection that this one has announced."},
	NfCTFtpHelp & 255:              {"help", Netfilter, "net/netfilter/nf_conntrack_ftp.c", "Read the FTP control connection for announced data connections."},
	NfCTSeqAdjust & 255:            {"nf_ct_seq_adjust", Netfilter, "net/netfilter/nf_conntrack_seqadj.c", "Correct TCP numbers after text of another length was written."},
}

// Why it decided.
const (
	WhyCTSeen Why = Why(baseConntrack + 1 + iota)
	WhyCTNoL4
	WhyCTNoTuple
	WhyCTShortL4
	WhyCTInvalid
	WhyCTNew
	WhyCTStillNew
	WhyCTExpected
	WhyCTEstablished
	WhyCTReply
	WhyCTFound
	WhyCTNoInverse
	WhyCTWasExpected
	WhyCTBegins
	WhyCTTaken
	WhyCTFree
	WhyCTFull
	WhyCTFullLog
	WhyCTMadeRoom
	WhyCTEarlyDrop
	WhyCTNoEarlyDrop
	WhyCTDying
	WhyCTChain
	WhyCTConfirmed
	WhyCTKnown
	WhyCTNothing
	WhyCTClash
	WhyCTClashMerge
	WhyCTClashReply
	WhyCTGC
	WhyCTNewEvent
	WhyCTUpdate
	WhyCTDestroy
	WhyCTChecksum
	WhyCTUDPLength
	WhyCTUDPUnreplied
	WhyCTUDPReplied
	WhyCTUDPStream
	WhyCTICMP
	WhyCTICMPNew
	WhyCTICMP6New
	WhyCTICMPType
	WhyCTNoTrackICMP6
	WhyCTRedirect6
	WhyCTQuoteShort
	WhyCTQuoteUnknown
	WhyCTQuoteElsewhere
	WhyCTRelated
	WhyCTGeneric
	WhyCTTCPTruncated
	WhyCTTCPFlags
	WhyCTTCPNoStart
	WhyCTTCPNotLoose
	WhyCTTCPSyn
	WhyCTTCPLoose
	WhyCTTCPIgnored
	WhyCTTCPState
	WhyCTTCPKeepAlive
	WhyCTTCPReopen
	WhyCTTCPResync
	WhyCTTCPChallenge
	WhyCTTCPRst
	WhyCTTCPRefused
	WhyCTTCPSynAgain
	WhyCTTCPChange
	WhyCTTCPStays
	WhyCTWindowOvershot
	WhyCTWindowSeqOver
	WhyCTWindowAckOver
	WhyCTWindowSeqUnder
	WhyCTWindowAckUnder
	WhyCTLocalFragment
	WhyCTFragment
	WhyCTExpectBusy
	WhyCTExpectFull
	WhyCTExpect
	WhyCTFtpMiddle
	WhyCTFtpPartial
	WhyCTFtpOther
	WhyCTSeqAdjust
	WhyCTSCTPChunks
	WhyCTSCTPNoStart
	WhyCTSCTPTag
	WhyCTSCTPState
	WhyCTSCTPIgnored
	WhyCTSCTP
	endConntrackWhy
)

var conntrackWhys = [int(endConntrackWhy) - baseConntrack]string{
	WhyCTSeen & 255:           "It is known already what this packet is ({0:ctinfo}): it passed here before (loopback), or shall not be tracked.",
	WhyCTNoL4 & 255:           "No transport header can be found (a fragment, or a broken header): the packet is INVALID.",
	WhyCTNoTuple & 255:        "The packet has no tuple that answers could match: it is INVALID.",
	WhyCTShortL4 & 255:        "The transport header is not all there: the packet is INVALID.",
	WhyCTInvalid & 255:        "The tracker of its protocol refuses it: the packet is INVALID. It goes on, without a connection; a rule may drop it.",
	WhyCTNew & 255:            "Nobody has this tuple: the packet is NEW. Its connection is in no table before the packet has passed all rules.",
	WhyCTStillNew & 255:       "The packet belongs to connection {0}, which has not been answered yet: it is NEW still.",
	WhyCTExpected & 255:       "Another connection announced it: the packet is RELATED.",
	WhyCTEstablished & 255:    "The packet goes in the original direction of connection {0}: ESTABLISHED. {2:dur} are left.",
	WhyCTReply & 255:          "The packet is an answer in connection {0}: ESTABLISHED. {2:dur} are left.",
	WhyCTFound & 255:          "The table has this tuple: it is the {1:ctdir} tuple of connection {0}.",
	WhyCTNoInverse & 255:      "ICMP type {0} is no request and no answer: nothing can be tracked.",
	WhyCTWasExpected & 255:    "Connection {0} announced it: the packet is RELATED, and takes over its mark.",
	WhyCTBegins & 255:         "A connection begins: {0:proto} {1:ip} {3} > {4:ip} {6}. Answers will have it the other way round.",
	WhyCTTaken & 255:          "Connection {0} has it: this choice cannot be told apart.",
	WhyCTFree & 255:           "Nobody has it.",
	WhyCTFull & 255:           "{0} connections are tracked, which is nf_conntrack_max: there is no room.",
	WhyCTFullLog & 255:        "kernel log: nf_conntrack: table full, dropping packet",
	WhyCTMadeRoom & 255:       "{0} connections are tracked, which is nf_conntrack_max: one that was not ASSURED had to go.",
	WhyCTEarlyDrop & 255:      "Connection {0} is not ASSURED: it goes.",
	WhyCTNoEarlyDrop & 255:    "None of the eight buckets where it would lie has a connection that may go.",
	WhyCTDying & 255:          "The connection was deleted before its first packet came through.",
	WhyCTChain & 255:          "More than {0} connections lie in one bucket of the table.",
	WhyCTConfirmed & 255:      "Connection {0} is in the table now, for {1:dur} unless packets prolong it.",
	WhyCTKnown & 255:          "Connection {0} is in the table already.",
	WhyCTNothing & 255:        "The packet belongs to no connection.",
	WhyCTClash & 255:          "Connection {0} has taken the tuple in between, and the protocol keeps state: the packet is dropped.",
	WhyCTClashMerge & 255:     "Connection {0} is the same: the packet changes over to it.",
	WhyCTClashReply & 255:     "The tuple of the original direction is taken, that of the answers is not: it is kept for a second, for answers only.",
	WhyCTGC & 255:             "{0} connections were looked at, {1} were over.",
	WhyCTNewEvent & 255:       "event NEW: {0:proto} {1:ip} {3} > {4:ip} {6}, {7:ctst}, {8:dur}",
	WhyCTUpdate & 255:         "event UPDATE: {0:proto} {1:ip} {3} > {4:ip} {6}, {7:ctst}, {8:dur}",
	WhyCTDestroy & 255:        "event DESTROY: {0:proto} {1:ip} {3} > {4:ip} {6}, {7:ctst}",
	WhyCTChecksum & 255:       "The transport checksum is wrong: the packet is INVALID (nf_conntrack_checksum is 1).",
	WhyCTUDPLength & 255:      "The UDP length {0} does not fit the {1} bytes that are there: the packet is INVALID.",
	WhyCTUDPUnreplied & 255:   "No answer has come yet: {0} s from now (nf_conntrack_udp_timeout).",
	WhyCTUDPReplied & 255:     "Packets went both ways, but for less than 2 s: {0} s from now.",
	WhyCTUDPStream & 255:      "Packets go both ways for more than 2 s: a stream, ASSURED, {0} s from now (nf_conntrack_udp_timeout_stream).",
	WhyCTICMP & 255:           "A request or its answer: {0} s from now.",
	WhyCTICMPNew & 255:        "{0:icmp} is no request: nothing can begin with it. The packet is INVALID.",
	WhyCTICMP6New & 255:       "{0:icmp6} is no request: nothing can begin with it. The packet is INVALID.",
	WhyCTICMPType & 255:       "ICMP type {0} is above 18: nobody knows it. The packet is INVALID.",
	WhyCTNoTrackICMP6 & 255:   "{0:icmp6} belongs to the link: it is not tracked (UNTRACKED).",
	WhyCTRedirect6 & 255:      "The redirect does not come from a neighbour, or quotes nothing: the packet is INVALID.",
	WhyCTQuoteShort & 255:     "What the error quotes is too short or no packet that could have been tracked: INVALID.",
	WhyCTQuoteUnknown & 255:   "The error quotes {0:proto} {1:ip} {3} > {4:ip} {6}, and no connection has such packets: INVALID.",
	WhyCTQuoteElsewhere & 255: "The error goes to {0:ip}, but packets of the quoted connection come from {2:ip}: INVALID.",
	WhyCTRelated & 255:        "The error quotes a packet of connection {0}: it is RELATED.",
	WhyCTGeneric & 255:        "{0:proto} has no tracker: {1} s from now (nf_conntrack_generic_timeout).",
	WhyCTTCPTruncated & 255:   "The header says {0} bytes, {1} are there: the packet is INVALID.",
	WhyCTTCPFlags & 255:       "No sender sets {0:tcpbits} together: the packet is INVALID.",
	WhyCTTCPNoStart & 255:     "No connection begins with {0:tcpbits}, and none is known: INVALID.",
	WhyCTTCPNotLoose & 255:    "Its connection is not known, and nf_conntrack_tcp_loose is 0: INVALID.",
	WhyCTTCPSyn & 255:         "A SYN: a connection begins.",
	WhyCTTCPLoose & 255:       "Not a SYN, but nf_conntrack_tcp_loose is 1: a connection is taken up in its middle, its windows are not checked.",
	WhyCTTCPIgnored & 255:     "{0:tcpbits} in state {1:ctst} may be right or wrong; the other end knows. It passes, and nothing is concluded.",
	WhyCTTCPKeepAlive & 255:   "The client of a SYN proxy asks whether the other end is there: its connection, which still waits for the server.",
	WhyCTTCPState & 255:       "{0:tcpbits} in the {1:ctdir} direction cannot be in state {2:ctst}: INVALID.",
	WhyCTTCPReopen & 255:      "A SYN after the end ({0:ctst}): the old connection is forgotten, a new one begins.",
	WhyCTTCPResync & 255:      "A SYN-ACK to a SYN that was ignored: the ends agree, so this is a new connection.",
	WhyCTTCPChallenge & 255:   "A challenge ACK (RFC 5961) to a SYN in LAST_ACK: it does not acknowledge the FIN.",
	WhyCTTCPRst & 255:         "The RST has number {0}, before {1}, which the other end has acknowledged already: INVALID (nf_conntrack_tcp_ignore_invalid_rst is 0).",
	WhyCTTCPRefused & 255:     "A RST is the only answer: there is no connection, it is deleted at once.",
	WhyCTTCPSynAgain & 255:    "The SYN came again, without an answer: it does not prolong anything.",
	WhyCTTCPChange & 255:      "{0:tcpbits}: {1:ctst} becomes {2:ctst}, {3} s from now.",
	WhyCTTCPStays & 255:       "{0:tcpbits}: the state stays {1:ctst}, {2} s from now.",
	WhyCTWindowOvershot & 255: "The segment reaches {0} bytes beyond the receiver's window: it passes, but nothing is concluded from it.",
	WhyCTWindowSeqOver & 255:  "seq {0} is above {1}, up to which the receiver takes data: INVALID.",
	WhyCTWindowAckOver & 255:  "ack {0} is not below {1}: it acknowledges data that was never sent. INVALID.",
	WhyCTWindowSeqUnder & 255: "The segment ends at {0}, not above {1}: all of it was acknowledged long ago. It passes, but nothing is concluded from it.",
	WhyCTWindowAckUnder & 255: "ack {0} is not above {1}: it is far too old. It passes, but nothing is concluded from it.",
	WhyCTLocalFragment & 255:  "A program made this fragment itself (IP_NODEFRAG): it is not tracked.",
	WhyCTFragment & 255:       "A fragment: it waits for the others, and netfilter sees the whole packet.",
	WhyCTExpectBusy & 255:     "Connection {0} expects one that could not be told apart.",
	WhyCTExpectFull & 255:     "{0} connections are expected, which is nf_conntrack_expect_max.",
	WhyCTExpect & 255:         "Expected: {0:proto} {1:ip} > {3:ip} port {5}, for {6} s. Its first packet will be RELATED.",
	WhyCTFtpMiddle & 255:      "The segment does not begin a line of the FTP control connection.",
	WhyCTFtpPartial & 255:     "A line that announces a data connection is cut: the packet is dropped, so that it comes again whole.",
	WhyCTFtpOther & 255:       "The line names {0:ip}, which is not the sender: nothing is expected.",
	WhyCTSCTPChunks & 255:     "The chunks cannot stand together in one packet: it is INVALID.",
	WhyCTSCTPNoStart & 255:    "No association begins with these chunks: the packet is INVALID.",
	WhyCTSCTPTag & 255:        "The verification tag is {0:hex}, that of this direction {1:hex}: the packet is INVALID.",
	WhyCTSCTPState & 255:      "Chunk type {0} in the {1:ctdir} direction cannot be in state {2:sctpst}, or its tag is wrong: the packet is INVALID.",
	WhyCTSCTPIgnored & 255:    "The packet passes, but prolongs nothing.",
	WhyCTSCTP & 255:           "State {0:sctpst} becomes {1:sctpst}, {2} s from now.",
	WhyCTSeqAdjust & 255:      "The text before had another length: the numbers move by {0:int}.",
}

// What was passed over.
const (
	TryCTSrc Try = Try(baseConntrack + 1 + iota)
	TryCTDst
	TryCTProto
	TryCTSport
	TryCTDport
	TryCTZone
	endConntrackTry
)

var conntrackTries = [int(endConntrackTry) - baseConntrack]Tried{
	TryCTSrc & 255:   {"connection", "connection {0}", "its source is {1:ip}, the packet's {3:ip}"},
	TryCTDst & 255:   {"connection", "connection {0}", "its destination is {1:ip}, the packet's {3:ip}"},
	TryCTProto & 255: {"connection", "connection {0}", "its protocol is {1:proto}, the packet's {2:proto}"},
	TryCTSport & 255: {"connection", "connection {0}", "its source port is {1}, the packet's {2}"},
	TryCTDport & 255: {"connection", "connection {0}", "its destination port is {1}, the packet's {2}"},
	TryCTZone & 255:  {"connection", "connection {0}", "its zone is {1}, the packet's {2}"},
}
