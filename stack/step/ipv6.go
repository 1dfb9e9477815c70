package step

const baseIPv6 = int(areaIPv6) << 8

// net/ipv6.
const (
	IPv6Rcv Step = Step(baseIPv6 + 1 + iota)
	IP6RcvCore
	IP6RcvFinish
	IP6Input
	IP6InputFinish
	IP6ProtocolDeliver
	IP6McInput
	IPv6ParseHopopts
	IPv6DestoptRcv
	IP6ParseTLV
	IP6TlvoptUnknown
	IPv6HopRA
	IPv6HopJumbo
	IPv6RthdrRcv
	IPv6FragRcv
	IP6FragQueue
	IP6FragReasm
	IP6FragExpire
	IP6RouteInput
	IP6RouteOutputFlags
	Fib6RuleLookup
	IP6PolRoute
	IP6NhLookupTable
	Fib6Lookup
	Inet6RtmGetroute
	Fib6TableLookupStep
	IP6DstLookupTail
	IPv6DevGetSaddr
	IP6PktDiscard
	IP6PktDiscardOut
	IP6PktProhibit
	IP6PktProhibitOut
	IP6PktDrop
	IP6DstDiscard
	IP6UpdatePMTU
	IP6RtUpdatePMTU
	IP6LinkFailure
	RT6DoRedirect
	IP6Forward
	IP6ForwardFinish
	IP6Output
	IP6FinishOutput
	IP6FinishOutput2
	IP6Fragment
	IP6LocalOut
	IP6SendSkb
	IP6Xmit
	Inet6CskXmit
	IP6MakeSkb
	IP6AppendData
	IPv6LocalError
	ICMPv6Rcv
	ICMPv6Notify
	ICMPv6Err
	ICMPv6EchoReply
	ICMP6Send
	ICMPv6XrlimAllow
	ICMPv6RouteLookup
	ICMPv6PushPending
	NDISCRcv
	NDISCRecvNS
	NDISCRecvNA
	NDISCRecvRS
	NDISCRouterDiscovery
	NDISCRedirectRcv
	NDISCSolicit
	NDISCErrorReport
	NDISCSendNS
	NDISCSendNA
	NDISCSendRS
	NDISCSendRedirect
	NDISCSendSkb
	AddrconfNotify
	Inet6AddrAdd
	AddrconfDADBegin
	AddrconfDADWork
	AddrconfDADCompleted
	AddrconfJoinAnycast
	AddrconfDADFailure
	AddrconfPrefixRcv
	MLDSendpack
	MLDQueryWork
	MLDReportWork
	endIPv6
)

var ipv6Steps = [int(endIPv6) - baseIPv6]Info{
	IPv6Rcv & 255:              {"ipv6_rcv", Network, "net/ipv6/ip6_input.c", "An IPv6 packet comes in."},
	IP6RcvCore & 255:           {"ip6_rcv_core", Network, "net/ipv6/ip6_input.c", "Check version, length and addresses of the header."},
	IP6RcvFinish & 255:         {"ip6_rcv_finish", Network, "net/ipv6/ip6_input.c", "Find the route, and follow it."},
	IP6Input & 255:             {"ip6_input", Network, "net/ipv6/ip6_input.c", "It is for this host: LOCAL_IN, then the protocol."},
	IP6InputFinish & 255:       {"ip6_input_finish", Network, "net/ipv6/ip6_input.c", "The firewall let it through."},
	IP6ProtocolDeliver & 255:   {"ip6_protocol_deliver_rcu", Network, "net/ipv6/ip6_input.c", "Walk over the extension headers to the protocol."},
	IP6McInput & 255:           {"ip6_mc_input", Network, "net/ipv6/ip6_input.c", "A packet to a group: has this host joined it?"},
	IPv6ParseHopopts & 255:     {"ipv6_parse_hopopts", Network, "net/ipv6/exthdrs.c", "The options that every node on the way must look at."},
	IPv6DestoptRcv & 255:       {"ipv6_destopt_rcv", Network, "net/ipv6/exthdrs.c", "The options for the destination."},
	IP6ParseTLV & 255:          {"ip6_parse_tlv", Network, "net/ipv6/exthdrs.c", "Go through the options one by one."},
	IP6TlvoptUnknown & 255:     {"ip6_tlvopt_unknown", Network, "net/ipv6/exthdrs.c", "An unknown option: its type says what to do."},
	IPv6HopRA & 255:            {"ipv6_hop_ra", Network, "net/ipv6/exthdrs.c", "Router alert: routers shall look at this packet."},
	IPv6HopJumbo & 255:         {"ipv6_hop_jumbo", Network, "net/ipv6/exthdrs.c", "A packet of more than 65535 bytes."},
	IPv6RthdrRcv & 255:         {"ipv6_rthdr_rcv", Network, "net/ipv6/exthdrs.c", "A routing header: places that the packet shall visit."},
	IPv6FragRcv & 255:          {"ipv6_frag_rcv", Network, "net/ipv6/reassembly.c", "A fragment: keep it until the others are here."},
	IP6FragQueue & 255:         {"ip6_frag_queue", Network, "net/ipv6/reassembly.c", "Put the fragment where it belongs."},
	IP6FragReasm & 255:         {"ip6_frag_reasm", Network, "net/ipv6/reassembly.c", "All fragments are here: make one packet of them."},
	IP6FragExpire & 255:        {"ip6_frag_expire", Network, "net/ipv6/reassembly.c", "The missing fragments did not come in time."},
	IP6RouteInput & 255:        {"ip6_route_input", Network, "net/ipv6/route.c", "Where does a packet that came in go?"},
	IP6RouteOutputFlags & 255:  {"ip6_route_output_flags", Network, "net/ipv6/route.c", "Where does a packet of this host go?"},
	Fib6RuleLookup & 255:       {"fib6_rule_lookup", Network, "net/ipv6/fib6_rules.c", "Ask the tables in order: local, then main."},
	IP6PolRoute & 255:          {"ip6_pol_route", Network, "net/ipv6/route.c", "Look into one table, then at its exceptions."},
	IP6NhLookupTable & 255:     {"ip6_nh_lookup_table", Network, "net/ipv6/route.c", "Can this gateway be reached by the route's own table?"},
	Fib6Lookup & 255:           {"fib6_lookup", Network, "net/ipv6/fib6_rules.c", "Ask the tables for a gateway, local before main."},
	Inet6RtmGetroute & 255:     {"inet6_rtm_getroute", Network, "net/ipv6/route.c", "Which way would such a packet take?"},
	Fib6TableLookupStep & 255:  {"fib6_table_lookup", Network, "net/ipv6/route.c", "The longest prefix with a usable route."},
	IP6DstLookupTail & 255:     {"ip6_dst_lookup_tail", Network, "net/ipv6/ip6_output.c", "Find the route and the source address."},
	IPv6DevGetSaddr & 255:      {"ipv6_dev_get_saddr", Network, "net/ipv6/addrconf.c", "Choose the source address (RFC 6724)."},
	IP6PktDiscard & 255:        {"ip6_pkt_discard", Network, "net/ipv6/route.c", "No route leads there."},
	IP6PktDiscardOut & 255:     {"ip6_pkt_discard_out", Network, "net/ipv6/route.c", "No route leads there, for a packet of this host."},
	IP6PktProhibit & 255:       {"ip6_pkt_prohibit", Network, "net/ipv6/route.c", "The route forbids it."},
	IP6PktProhibitOut & 255:    {"ip6_pkt_prohibit_out", Network, "net/ipv6/route.c", "The route forbids it, for a packet of this host."},
	IP6PktDrop & 255:           {"ip6_pkt_drop", Network, "net/ipv6/route.c", "Tell the sender that there is no way, and drop."},
	IP6DstDiscard & 255:        {"dst_discard_out", Core, "net/core/dst.c", "Drop without a word."},
	IP6UpdatePMTU & 255:        {"ip6_update_pmtu", Network, "net/ipv6/route.c", "A router told what the path can carry."},
	IP6RtUpdatePMTU & 255:      {"__ip6_rt_update_pmtu", Network, "net/ipv6/route.c", "Remember the path's MTU for this destination."},
	IP6LinkFailure & 255:       {"ip6_link_failure", Network, "net/ipv6/route.c", "The next hop does not answer: tell the sender."},
	RT6DoRedirect & 255:        {"rt6_do_redirect", Network, "net/ipv6/route.c", "A router named a better first hop: may it?"},
	IP6Forward & 255:           {"ip6_forward", Network, "net/ipv6/ip6_output.c", "A packet for somebody else: may it go on?"},
	IP6ForwardFinish & 255:     {"ip6_forward_finish", Network, "net/ipv6/ip6_output.c", "Nothing speaks against it: the packet goes on towards its next hop."},
	IP6Output & 255:            {"ip6_output", Network, "net/ipv6/ip6_output.c", "The route is known: POST_ROUTING."},
	IP6FinishOutput & 255:      {"ip6_finish_output", Network, "net/ipv6/ip6_output.c", "Does it fit the link, or must it be cut?"},
	IP6FinishOutput2 & 255:     {"ip6_finish_output2", Network, "net/ipv6/ip6_output.c", "Find the neighbour that takes it."},
	IP6Fragment & 255:          {"ip6_fragment", Network, "net/ipv6/ip6_output.c", "Cut a packet of this host into fragments."},
	IP6LocalOut & 255:          {"ip6_local_out", Network, "net/ipv6/output_core.c", "A packet of this host is ready: LOCAL_OUT."},
	IP6SendSkb & 255:           {"ip6_send_skb", Network, "net/ipv6/ip6_output.c", "Send a datagram."},
	IP6Xmit & 255:              {"ip6_xmit", Network, "net/ipv6/ip6_output.c", "Write the IPv6 header in front of a segment."},
	Inet6CskXmit & 255:         {"inet6_csk_xmit", Network, "net/ipv6/inet6_connection_sock.c", "Find the connection's route."},
	IP6MakeSkb & 255:           {"ip6_make_skb", Network, "net/ipv6/ip6_output.c", "Make a datagram of what a program sends."},
	IPv6LocalError & 255:       {"ipv6_local_error", Network, "net/ipv6/datagram.c", "Tell the program which size would have fitted."},
	IP6AppendData & 255:        {"ip6_append_data", Network, "net/ipv6/ip6_output.c", "Copy the data, cut where the link will need it."},
	ICMPv6Rcv & 255:            {"icmpv6_rcv", Transport, "net/ipv6/icmp.c", "An ICMPv6 message: check it, and do what it says."},
	ICMPv6Notify & 255:         {"icmpv6_notify", Transport, "net/ipv6/icmp.c", "An error: tell the protocol whose packet is quoted."},
	ICMPv6Err & 255:            {"icmpv6_err", Transport, "net/ipv6/icmp.c", "An error about an ICMPv6 message of this host."},
	ICMPv6EchoReply & 255:      {"icmpv6_echo_reply", Transport, "net/ipv6/icmp.c", "Answer a ping."},
	ICMP6Send & 255:            {"icmp6_send", Transport, "net/ipv6/icmp.c", "Tell a packet's sender what was wrong with it."},
	ICMPv6XrlimAllow & 255:     {"icmpv6_xrlim_allow", Transport, "net/ipv6/icmp.c", "Not too many errors to one destination."},
	ICMPv6RouteLookup & 255:    {"icmpv6_route_lookup", Transport, "net/ipv6/icmp.c", "The way back to the sender."},
	ICMPv6PushPending & 255:    {"icmpv6_push_pending_frames", Transport, "net/ipv6/icmp.c", "Write header and checksum, and send."},
	NDISCRcv & 255:             {"ndisc_rcv", Network, "net/ipv6/ndisc.c", "A message of neighbour discovery: did it come from the link?"},
	NDISCRecvNS & 255:          {"ndisc_recv_ns", Network, "net/ipv6/ndisc.c", "Somebody asks for the owner of an address."},
	NDISCRecvNA & 255:          {"ndisc_recv_na", Network, "net/ipv6/ndisc.c", "Somebody tells the link address of an address."},
	NDISCRecvRS & 255:          {"ndisc_recv_rs", Network, "net/ipv6/ndisc.c", "Somebody looks for a router."},
	NDISCRouterDiscovery & 255: {"ndisc_router_discovery", Network, "net/ipv6/ndisc.c", "A router tells of itself and of the link."},
	NDISCRedirectRcv & 255:     {"ndisc_redirect_rcv", Network, "net/ipv6/ndisc.c", "A router tells of a better first hop."},
	NDISCSolicit & 255:         {"ndisc_solicit", Network, "net/ipv6/ndisc.c", "Ask for a neighbour's link address."},
	NDISCErrorReport & 255:     {"ndisc_error_report", Network, "net/ipv6/ndisc.c", "The neighbour does not answer: tell the sender."},
	NDISCSendNS & 255:          {"ndisc_send_ns", Network, "net/ipv6/ndisc.c", "Send a neighbour solicitation."},
	NDISCSendNA & 255:          {"ndisc_send_na", Network, "net/ipv6/ndisc.c", "Send a neighbour advertisement."},
	NDISCSendRS & 255:          {"ndisc_send_rs", Network, "net/ipv6/ndisc.c", "Send a router solicitation."},
	NDISCSendRedirect & 255:    {"ndisc_send_redirect", Network, "net/ipv6/ndisc.c", "Tell a neighbour of a better first hop."},
	NDISCSendSkb & 255:         {"ndisc_send_skb", Network, "net/ipv6/ndisc.c", "Write the headers, hop limit 255, and send."},
	AddrconfNotify & 255:       {"addrconf_notify", Network, "net/ipv6/addrconf.c", "A device goes up or down: its addresses follow."},
	Inet6AddrAdd & 255:         {"inet6_addr_add", Network, "net/ipv6/addrconf.c", "Give a device an address."},
	AddrconfDADBegin & 255:     {"addrconf_dad_begin", Network, "net/ipv6/addrconf.c", "Must somebody be asked whether the address is free?"},
	AddrconfDADWork & 255:      {"addrconf_dad_work", Network, "net/ipv6/addrconf.c", "Ask (again) whether the address is free, or be done."},
	AddrconfDADCompleted & 255: {"addrconf_dad_completed", Network, "net/ipv6/addrconf.c", "The address is this host's."},
	AddrconfJoinAnycast & 255:  {"addrconf_join_anycast", Network, "net/ipv6/addrconf.c", "A router answers to the lowest address of the prefix too."},
	AddrconfDADFailure & 255:   {"addrconf_dad_failure", Network, "net/ipv6/addrconf.c", "Somebody else has the address."},
	AddrconfPrefixRcv & 255:    {"addrconf_prefix_rcv", Network, "net/ipv6/addrconf.c", "A prefix from a router: a route, and an address."},
	MLDSendpack & 255:          {"mld_sendpack", Network, "net/ipv6/mcast.c", "Tell the routers which groups have a listener."},
	MLDQueryWork & 255:         {"__mld_query_work", Network, "net/ipv6/mcast.c", "A router asks which groups have listeners."},
	MLDReportWork & 255:        {"__mld_report_work", Network, "net/ipv6/mcast.c", "Another host reports a group."},
}

// Why net/ipv6 decided.
const (
	WhyIP6OtherHost Why = Why(baseIPv6 + 1 + iota)
	WhyIP6Disabled
	WhyIP6Short
	WhyIP6Version
	WhyIP6Truncated
	WhyIP6LoopbackOutside
	WhyIP6InterfaceScope
	WhyIP6ScopeZero
	WhyIP6SrcMulticast
	WhyIP6HeaderOK
	WhyIP6Deliver
	WhyIP6NoProto
	WhyIP6NoNext
	WhyIP6NotJoined
	WhyIP6RouteHint
	WhyIP6Joined
	WhyExtTruncated
	WhyExtBadOptions
	WhyExtUnknown
	WhyExtOptionLength
	WhyExtRouterAlert
	WhyExtJumboShort
	WhyExtJumboBoth
	WhyNo6Jumbo
	WhyRthdr
	WhyRthdrSegments
	WhyFrag6Atomic
	WhyFrag6Truncated
	WhyFrag6Header
	WhyFrag6TooLong
	WhyFrag6Not8
	WhyFrag6Ends
	WhyFrag6ECN
	WhyFrag6Waits
	WhyFrag6Whole
	WhyFrag6Timeout
	WhyFib6None
	WhyFib6Found
	WhyFib6Multipath
	WhyFib6Exception
	WhyIP6Route
	WhyIP6OutRoute
	WhyIP6OutNoRoute
	WhyIP6Unreachable
	WhyIP6Blackhole
	WhyPMTU6Ignored
	WhyPMTU6Learned
	WhyIP6ForwardOff
	WhyIP6ForwardType
	WhyIP6ForwardSource
	WhyIP6HopLimit
	WhyIP6Forward
	WhyIP6TooBig
	WhyIP6MustFragment
	WhyIP6Fragments
	WhyIP6Cut
	WhyIP6Nexthop
	WhyIP6McLoop
	WhyICMP6Csum
	WhyICMP6Short
	WhyICMP6Done
	WhyICMP6Ignored
	WhyICMP6EchoIgnored
	WhyICMP6NoPing
	WhyICMP6Quote
	WhyICMP6Notify
	WhyICMP6Echo
	WhyICMP6NotToGroup
	WhyICMP6BadSource
	WhyICMP6NotAboutError
	WhyICMP6GlobalLimit
	WhyICMP6RateLimit
	WhyICMP6Send
	WhyICMP6Nested
	WhyNDFragmented
	WhyNDHopLimit
	WhyNDCode
	WhyNDShort
	WhyNDOptions
	WhyNDOptionLen
	WhyNDTargetMulticast
	WhyNDDADDest
	WhyNDDADOption
	WhyNDNotMine
	WhyNDAnycast
	WhyNDLoop
	WhyNDTentative
	WhyNDDefend
	WhyNDNoSource
	WhyNDAnswer
	WhyNDSolicitedGroup
	WhyNDUnsolicited
	WhyNDOwnAddress
	WhyNDUnasked
	WhyNDFailedEntry
	WhyNDLearned
	WhyNDNoRouter
	WhyNDUnicastProbe
	WhyNDSolicit
	WhyNDUnreachable
	WhyNDNoLinkLocal
	WhyNDNotLinkLocal
	WhyNDRAOff
	WhyNDRouter
	WhyNDRouterGone
	WhyNDRedirect
	WhyNDRedirectTarget
	WhyNDRedirectFar
	WhyNDRedirectOff
	WhyNDRedirectStranger
	WhyNDRedirected
	WhyRAPrefixBad
	WhyRAPrefixLength
	WhyRAOnLink
	WhyRAAddress
	WhyNo6TempAddr
	WhyDADNoNeighbours
	WhyDADOff
	WhyDADNotReady
	WhyDADProbe
	WhyDADSilence
	WhyDADCompleted
	WhyDADDuplicate
	WhySaddr6
	WhySaddr6None
	WhyMLDReport
	WhyMLDQuery
	WhyMLDBadQuery
	WhyNo6MLDv1
	WhyNo6MLDSources
	WhyIP6Local
	WhyFib6Redirect
	WhyIP6Fits
	WhyIP6GSO
	WhyIP6RouteKept
	endIPv6Why
)

var ipv6Whys = [int(endIPv6Why) - baseIPv6]string{
	WhyIP6OtherHost & 255:       "The frame on {0:dev} was for another link address: promiscuous mode only made it visible.",
	WhyIP6Disabled & 255:        "IPv6 is off on {0:dev}: disable_ipv6 is set, or the device has no IPv6.",
	WhyIP6Short & 255:           "{0} bytes are fewer than the 40 of an IPv6 header.",
	WhyIP6Version & 255:         "The version field says {0}, not 6.",
	WhyIP6Truncated & 255:       "The header promises {0} bytes, only {1} are there.",
	WhyIP6LoopbackOutside & 255: "::1 never leaves a host, and this packet came in by {0:dev} (RFC 4291 2.5.3).",
	WhyIP6InterfaceScope & 255:  "{0:ip} has interface-local scope: such packets stay inside a host.",
	WhyIP6ScopeZero & 255:       "{0:ip} has scope 0, which is reserved: drop in silence (RFC 4291 2.7).",
	WhyIP6SrcMulticast & 255:    "{0:ip} is a group, and a group cannot be a source (RFC 4291 2.7).",
	WhyIP6HeaderOK & 255:        "The header is sound: from {0:ip} to {2:ip}, {4} bytes behind it.",
	WhyIP6Deliver & 255:         "The protocol is {0:proto}, {1} bytes behind the start of the IPv6 header.",
	WhyIP6NoProto & 255:         "Nobody handles protocol {0:proto}: parameter problem, code 1.",
	WhyIP6NoNext & 255:          "The header says that nothing follows: there is nothing to do.",
	WhyIP6RouteHint & 255:       "The packet before it in this batch is for {0:ip} too: this one takes the same route, unasked.",
	WhyIP6NotJoined & 255:       "Nobody on this host has joined {0:ip} on {2:dev}.",
	WhyIP6Joined & 255:          "This host listens to {0:ip} on {2:dev}.",
	WhyExtTruncated & 255:       "The {0:proto} header does not fit into the packet.",
	WhyExtBadOptions & 255:      "The options are malformed at byte {0}: bad length, too many, or padding that is not zero.",
	WhyExtUnknown & 255:         "Option {0:hex} at byte {1} is unknown. Its upper bits {2} say: 0 skip, 1 drop, 2 drop and tell, 3 tell unless to a group.",
	WhyExtOptionLength & 255:    "Option {0:hex} has length {1}, which it must not have.",
	WhyExtRouterAlert & 255:     "Router alert, value {0}.",
	WhyExtJumboShort & 255:      "A jumbo length of {0} bytes would fit a normal header: refused (RFC 2675).",
	WhyExtJumboBoth & 255:       "A jumbo option and a payload length of {0} contradict each other (RFC 2675).",
	WhyNo6Jumbo & 255:           "not modelled: a jumbogram of {0} bytes",
	WhyRthdr & 255:              "Routing header of type {0}, {1} segments left.",
	WhyRthdrSegments & 255:      "Routing headers of type {0} are off (seg6_enabled, rpl_seg_enabled).",
	WhyFrag6Atomic & 255:        "Fragment {0:hex} has offset 0 and is the last: it is whole by itself (RFC 6946).",
	WhyFrag6Truncated & 255:     "The first fragment does not hold all headers, up to the transport header (RFC 7112).",
	WhyFrag6Header & 255:        "The fragment header is broken, or there is a second one.",
	WhyFrag6TooLong & 255:       "The packet would end at byte {0}, beyond 65535.",
	WhyFrag6Not8 & 255:          "A fragment of {0} bytes that is not the last must be a multiple of 8.",
	WhyFrag6Ends & 255:          "Bytes {0} to {1} contradict what is known: the packet has {2} bytes.",
	WhyFrag6ECN & 255:           "Fragments with and without ECN do not belong together (RFC 3168 5.3).",
	WhyFrag6Waits & 255:         "Bytes {0} to {1} are kept: {2} of {3} known bytes are here.",
	WhyFrag6Whole & 255:         "All {0} bytes are here.",
	WhyFrag6Timeout & 255:       "{0} of {1} bytes came within {2} s (ip6frag_time).",
	WhyFib6None & 255:           "Table {0:table} has nothing for {1:ip}.",
	WhyFib6Found & 255:          "In table {0:table}, {1:ip} matches {3:ip}/{5}, type {6:route}.",
	WhyFib6Multipath & 255:      "{0} routes share the flows; the hash {1:hex} of this one takes the way by {2:any} on {4:dev}.",
	WhyFib6Exception & 255:      "Something better is known about {0:ip}: packets may have {2} bytes.",
	WhyIP6Route & 255:           "{0:ip} has a route of type {2:route}, by {3:dev}.",
	WhyIP6OutRoute & 255:        "{0:ip} is reached by {2:dev}; the source address is {3:ip}.",
	WhyIP6OutNoRoute & 255:      "There is no way to {0:ip}: {2:err}.",
	WhyIP6Unreachable & 255:     "{0:ip} has the route type {2:route}: the sender is told {3:icmp6}.",
	WhyIP6Blackhole & 255:       "A blackhole route: the packet vanishes and nobody is told.",
	WhyPMTU6Ignored & 255:       "An MTU of {0} is not below the known {1}, or below 1280: ignored.",
	WhyPMTU6Learned & 255:       "Packets to {0:ip} may have {2} bytes from now on, for {3:dur}.",
	WhyIP6ForwardOff & 255:      "net.ipv6.conf.all.forwarding is 0: this host is no router.",
	WhyIP6ForwardType & 255:     "A frame of type {0:pkt} is not forwarded.",
	WhyIP6ForwardSource & 255:   "{0:ip} must not cross a router: it means something on its link only.",
	WhyIP6HopLimit & 255:        "Hop limit {0}: one hop more would make it 0.",
	WhyIP6Forward & 255:         "On to {0:dev} with hop limit {1}.",
	WhyIP6TooBig & 255:          "{0} bytes do not fit the {1} that the path takes.",
	WhyIP6MustFragment & 255:    "{0} bytes do not fit the MTU of {1}: the sender itself must cut.",
	WhyIP6Fragments & 255:       "{0} fragments with number {1:hex}, {2} bytes of payload each.",
	WhyIP6Cut & 255:             "{0} bytes are prepared in pieces of {1} for an MTU of {2}.",
	WhyIP6Nexthop & 255:         "The next hop is {0:ip} on {2:dev}, whose neighbour entry is {3:nud}.",
	WhyIP6McLoop & 255:          "This host listens to {0:ip} itself: it gets a copy.",
	WhyICMP6Csum & 255:          "The ICMPv6 checksum is wrong.",
	WhyICMP6Short & 255:         "{0} bytes are too few for this message.",
	WhyICMP6Done & 255:          "\"{0:icmp6}\" is done with.",
	WhyICMP6Ignored & 255:       "{0:icmp6} is nothing that the kernel acts on.",
	WhyICMP6EchoIgnored & 255:   "net.ipv6.icmp.echo_ignore_all is set: pings are not answered.",
	WhyICMP6NoPing & 255:        "An echo reply, and no ping socket waits for one.",
	WhyICMP6Quote & 255:         "The quoted packet is cut or broken: {0} bytes of it are here.",
	WhyICMP6Notify & 255:        "{0:icmp6}, about a {1:proto} packet to {2:ip}.",
	WhyICMP6Echo & 255:          "{0:ip} gets its {2} bytes back.",
	WhyICMP6NotToGroup & 255:    "No errors about a packet to a group ({1:ip}, frame type {0:pkt}) (RFC 4443 2.4 e).",
	WhyICMP6BadSource & 255:     "{0:ip} names no single host: no error can be sent to it.",
	WhyICMP6NotAboutError & 255: "No error about an ICMPv6 error, or there would be no end (RFC 4443 2.4 e).",
	WhyICMP6GlobalLimit & 255:   "This host sends no more than {0} ICMP messages a second (icmp_msgs_per_sec).",
	WhyICMP6RateLimit & 255:     "{0:ip} has had enough: one message in {2} ms (icmp.ratelimit), less for wide prefixes.",
	WhyICMP6Nested & 255:        "Another ICMPv6 message is being sent at this moment: none is made about it.",
	WhyICMP6Send & 255:          "{0:icmp6} to {1:ip}, value {3}.",
	WhyNDFragmented & 255:       "Neighbour discovery in fragments is refused (RFC 6980).",
	WhyNDHopLimit & 255:         "Hop limit {0} instead of 255: it may have passed a router, so it cannot be trusted.",
	WhyNDCode & 255:             "Code {0} instead of 0.",
	WhyNDShort & 255:            "{0} bytes are too few for this message.",
	WhyNDOptions & 255:          "An option has length 0 or does not fit.",
	WhyNDOptionLen & 255:        "The link address option does not have this link's length.",
	WhyNDTargetMulticast & 255:  "{0:ip} is a group: nobody owns it.",
	WhyNDDADDest & 255:          "A probe from :: must go to the solicited-node group, not to {0:ip}.",
	WhyNDDADOption & 255:        "A probe from :: must not tell a link address.",
	WhyNDNotMine & 255:          "{0:ip} is not an address of this host on {2:dev}.",
	WhyNDAnycast & 255:          "{0:ip} is an anycast address of this router: others may have it too, so the answer waits a random time and overrides nothing.",
	WhyNDLoop & 255:             "This is our own probe, come back: its number is ours (RFC 7527).",
	WhyNDTentative & 255:        "{0:ip} is not yet this host's (tentative): no answer.",
	WhyNDDefend & 255:           "Somebody tries {0:ip}, which is this host's: all nodes are told.",
	WhyNDNoSource & 255:         "The sender gave no link address, and is not known.",
	WhyNDAnswer & 255:           "{0:ip} is this host's: {2:ip} gets the link address.",
	WhyNDSolicitedGroup & 255:   "An answer to a question cannot go to a group.",
	WhyNDUnsolicited & 255:      "Unasked advertisements are refused (drop_unsolicited_na).",
	WhyNDOwnAddress & 255:       "Somebody else says that {0:ip} is theirs; it is this host's.",
	WhyNDUnasked & 255:          "Nobody here asked for {0:ip}: an advertisement makes no entry.",
	WhyNDFailedEntry & 255:      "The entry for {0:ip} has failed already.",
	WhyNDLearned & 255:          "{0:ip} says that it is at {2:mac}; the entry becomes {3:nud}.",
	WhyNDNoRouter & 255:         "This host is no router, or the sender has no address yet.",
	WhyNDUnicastProbe & 255:     "Is {0:ip} still there? Question {2} of {3}, to it alone.",
	WhyNDSolicit & 255:          "Who has {0:ip}? The question goes to the group {2:ip}: only hosts whose address ends like it listen there.",
	WhyNDUnreachable & 255:      "{0:ip} did not answer.",
	WhyNDNoLinkLocal & 255:      "{0:dev} has no link-local address to send from.",
	WhyNDNotLinkLocal & 255:     "{0:ip} is not link-local: only a neighbour may send this.",
	WhyNDRAOff & 255:            "Router advertisements are not accepted on {0:dev}: accept_ra is 0, or this host is a router.",
	WhyNDRouter & 255:           "{0:ip} is a default router for {2} s.",
	WhyNDRouterGone & 255:       "{0:ip} is no default router any more: lifetime 0.",
	WhyNDRedirect & 255:         "{0:ip} should send what is for {2:ip} to {4:ip}.",
	WhyNDRedirectTarget & 255:   "{0:ip} cannot be a first hop: not link-local, or the message is broken.",
	WhyNDRedirectFar & 255:      "{0:ip} is not a neighbour: it cannot be redirected.",
	WhyNDRedirectOff & 255:      "Redirects are not accepted on {0:dev}: accept_redirects is 0, or this host is a router.",
	WhyNDRedirectStranger & 255: "{0:ip} is not the first hop that this host uses: not believed (RFC 4861 8.1).",
	WhyNDRedirected & 255:       "Packets to {0:ip} go by {2:ip} from now on.",
	WhyRAPrefixBad & 255:        "{0:ip}/{2} cannot be used: group, link-local, or lifetimes that contradict.",
	WhyRAPrefixLength & 255:     "A prefix of {0} bits does not leave 64 for the interface: no address.",
	WhyRAOnLink & 255:           "{0:ip}/{2} is on the link of {3:dev}.",
	WhyRAAddress & 255:          "The address {0:ip} is made of {2:ip}/{4} and the link address.",
	WhyNo6TempAddr & 255:        "not modelled: temporary and stable-privacy addresses on {0:dev}; the address is made of the link address",
	WhyDADNoNeighbours & 255:    "{0:dev} has no neighbours who could have the address.",
	WhyDADOff & 255:             "Nobody is asked about {0:ip}: nodad, or accept_dad is 0.",
	WhyDADNotReady & 255:        "{0:dev} has no link yet: the address stays tentative.",
	WhyDADProbe & 255:           "Does anybody have {0:ip}?",
	WhyDADSilence & 255:         "Nobody objected to {0:ip}.",
	WhyDADCompleted & 255:       "{0:ip} on {2:dev} is this host's from now on.",
	WhyDADDuplicate & 255:       "Somebody else has {0:ip}: it is not used here.",
	WhySaddr6 & 255:             "{0:ip} is the best source for {2:ip}.",
	WhySaddr6None & 255:         "This host has no source address for {0:ip}.",
	WhyMLDReport & 255:          "{0} {0?group has|groups have} a listener here, the first is {1:ip}: routers on {3:dev} are told.",
	WhyMLDQuery & 255:           "Who listens to {0:ip} (:: is any)? Answer within {2} ms.",
	WhyMLDBadQuery & 255:        "A query must come from a link-local address with hop limit 1 (here {0}) and a router alert.",
	WhyNo6MLDv1 & 255:           "not modelled: an MLDv1 router on the link",
	WhyNo6MLDSources & 255:      "not modelled: a query about {0} sources of a group",
	WhyIP6Local & 255:           "{0:ip} is an address of this host: the packet is for us.",
	WhyFib6Redirect & 255:       "Something better is known about {0:ip}: a redirect named the gateway {3:ip}.",
	WhyIP6Fits & 255:            "{0} bytes fit the {1} that this path takes (MTU).",
	WhyIP6GSO & 255:             "It stands for several segments, which the device or the next step will cut: it goes on whole.",
	WhyIP6RouteKept & 255:       "The route kept by the connection is still good: out by {0:dev}.",
}

// What lost in net/ipv6.
const (
	TryRoute6Metric Try = Try(baseIPv6 + 1 + iota)
	TryRoute6Preference
	TryRoute6Expired
	TryRoute6Down
	TryRoute6Dev
	TryRoute6Neigh
	TryRoute6Suppress
	TryRoute6SuppressGroup
	TryRoute6Hash
	TryRoute6Linkdown
	TryRoute6Shorter
	TrySaddr6Tentative
	TrySaddr6Tie
	TrySaddr6Local
	TrySaddr6Scope
	TrySaddr6Preferred
	TrySaddr6Home
	TrySaddr6OIF
	TrySaddr6Label
	TrySaddr6Privacy
	TrySaddr6Orchid
	TrySaddr6Prefix
	TrySaddr6Optimistic
	endIPv6Try
)

var ipv6Tries = [int(endIPv6Try) - baseIPv6]Tried{
	TryRoute6Metric & 255:        {"route", "{0:ip}/{2}", "its metric {3} is above {4}"},
	TryRoute6Preference & 255:    {"route", "{0:ip}/{2}", "its preference {3} is not above {4}"},
	TryRoute6Expired & 255:       {"route", "{0:ip}/{2}", "its lifetime ended at {3:dur}"},
	TryRoute6Down & 255:          {"route", "{0:ip}/{2}", "{3:dev} is down"},
	TryRoute6Dev & 255:           {"route", "{0:ip}/{2}", "it leads by {3:dev}, and {4:dev} is asked for"},
	TryRoute6Neigh & 255:         {"route", "{0:ip}/{2}", "its gateway {3:ip} does not answer"},
	TryRoute6Suppress & 255:      {"route", "{0:ip}/{2}", "rule {4} does not take prefixes of {3} bits or less"},
	TryRoute6SuppressGroup & 255: {"route", "{0:ip}/{2}", "rule {4} does not take routes by the group of {3:dev}"},
	TryRoute6Hash & 255:          {"route", "{0:ip} on {2:dev}", "the flow's hash {3:hex} is not below {4:hex}"},
	TryRoute6Linkdown & 255:      {"route", "{0:ip}/{2}", "{3:dev} has no carrier, and ignore_routes_with_linkdown is set"},
	TryRoute6Shorter & 255:       {"route", "{0:ip}/{2}", "it matches too, but {3:ip}/{5} is longer"},
	TrySaddr6Tentative & 255:     {"address", "{0:ip} on {2:dev}", "it is tentative: not yet this host's"},
	TrySaddr6Tie & 255:           {"address", "{0:ip} on {2:dev}", "{3:ip} is as good, and comes first"},
	TrySaddr6Local & 255:         {"address", "{0:ip} on {2:dev}", "rule 1: {3:ip} is the destination itself"},
	TrySaddr6Scope & 255:         {"address", "{0:ip} on {2:dev}", "rule 2: the scope of {3:ip} fits better"},
	TrySaddr6Preferred & 255:     {"address", "{0:ip} on {2:dev}", "rule 3: it is deprecated or optimistic, {3:ip} is not"},
	TrySaddr6Home & 255:          {"address", "{0:ip} on {2:dev}", "rule 4: {3:ip} is a home address"},
	TrySaddr6OIF & 255:           {"address", "{0:ip} on {2:dev}", "rule 5: {3:ip} is on the outgoing device"},
	TrySaddr6Label & 255:         {"address", "{0:ip} on {2:dev}", "rule 6: {3:ip} has the destination's label"},
	TrySaddr6Privacy & 255:       {"address", "{0:ip} on {2:dev}", "rule 7: use_tempaddr prefers {3:ip}"},
	TrySaddr6Orchid & 255:        {"address", "{0:ip} on {2:dev}", "{3:ip} is of the destination's kind (ORCHID)"},
	TrySaddr6Prefix & 255:        {"address", "{0:ip} on {2:dev}", "rule 8: {3:ip} shares more leading bits with the destination"},
	TrySaddr6Optimistic & 255:    {"address", "{0:ip} on {2:dev}", "it is optimistic, {3:ip} is not"},
}
