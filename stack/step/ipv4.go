package step

const baseIPv4 = int(areaIPv4) << 8

// IPv4: addresses, routes, packets in and out, ARP, ICMP, IGMP.
const (
	IPRcv Step = Step(baseIPv4 + 1 + iota)
	IPRcvCore
	IPRcvFinish
	IPRcvFinishCore
	IPRcvOptions
	IPLocalDeliver
	IPLocalDeliverFinish
	IPProtocolDeliverRcu
	IPOptionsCompile
	IPOptionsBuild
	IPOptionsEcho
	IPOptionsRcvSrr
	IPForwardOptions
	IPForward
	IPForwardFinish
	IPLocalOut
	IPLocalOutHook
	IPOutput
	IPMcOutput
	IPMcFinishOutput
	IPFinishOutput
	IPFinishOutputGSO
	IPFinishOutput2
	IPQueueXmit
	IPBuildAndSendPkt
	IPSendUnicastReply
	IPMakeSkb
	IPAppendData
	IPMakeSkbHeader
	IPSendSkb
	IPPushPendingFrames
	IPFragment
	IPDoFragment
	IPLocalError
	IPDefrag
	IPFragQueue
	IPFragReasm
	IPExpire
	IPRouteInputNoref
	IPRouteInputSlow
	IPRouteInputMC
	IPMkrouteInput
	IPRouteOutputFlow
	IPRouteOutputKeyHash
	IPRouteOutputKeyHashRcu
	IPErrorStep
	IPRtSendRedirect
	IPRtUpdatePmtu
	IPDoRedirect
	UpdateOrCreateFnhe
	IPv4LinkFailure
	IPRtBug
	IPRouteMeHarder
	FibTableLookupStep
	FibTableInsert
	FibCheckNhV4Gw
	IPRtGetSource
	FibTableDelete
	FibRulesLookup
	FibRuleAdd
	FibSelectMultipath
	InetDevAddrType
	IPDevFind
	FibValidateSource
	FibValidateSourceFull
	FibComputeSpecDst
	InetSelectAddr
	InetInsertIfa
	InetDelIfa
	ArpRcv
	ArpProcess
	PneighEnqueue
	NeighProxyProcess
	ArpSolicit
	ArpSendDst
	ArpXmit
	ArpConstructor
	ArpErrorReport
	IcmpRcv
	IcmpEcho
	IcmpTimestamp
	IcmpDiscard
	IcmpUnreach
	IcmpRedirect
	IcmpSocketDeliver
	IcmpErr
	IcmpReply
	IcmpPushReply
	IcmpSendStep
	IcmpRouteLookup
	IPCheckMcRcu
	IPMcJoinGroup
	IPMcLeaveGroup
	IgmpGroupAdded
	IgmpGroupDropped
	IgmpRcv
	IgmpHeardQuery
	IgmpSendReport
	IgmpIfcTimerExpire
	IgmpGqTimerExpire
	IgmpTimerExpire
	IPRouteUseHint
	endIPv4
)

var ipv4Steps = [int(endIPv4) - baseIPv4]Info{
	IPRcv & 255:                   {"ip_rcv", Network, "net/ipv4/ip_input.c", "IPv4 entry point."},
	IPRcvCore & 255:               {"ip_rcv_core", Network, "net/ipv4/ip_input.c", "Check version, lengths and header checksum."},
	IPRcvFinish & 255:             {"ip_rcv_finish", Network, "net/ipv4/ip_input.c", "Find the route, then follow it."},
	IPRcvFinishCore & 255:         {"ip_rcv_finish_core", Network, "net/ipv4/ip_input.c", "A known socket, or the routing tables, say where the packet goes."},
	IPRcvOptions & 255:            {"ip_rcv_options", Network, "net/ipv4/ip_input.c", "The header has options: read them."},
	IPLocalDeliver & 255:          {"ip_local_deliver", Network, "net/ipv4/ip_input.c", "The packet is for this host: put fragments together, ask INPUT."},
	IPLocalDeliverFinish & 255:    {"ip_local_deliver_finish", Network, "net/ipv4/ip_input.c", "Move the data pointer behind the IP header."},
	IPProtocolDeliverRcu & 255:    {"ip_protocol_deliver_rcu", Network, "net/ipv4/ip_input.c", "Give it to raw sockets and to the transport protocol."},
	IPOptionsCompile & 255:        {"ip_options_compile", Network, "net/ipv4/ip_options.c", "Find the options, and record our address and the time in them."},
	IPOptionsBuild & 255:          {"ip_options_build", Network, "net/ipv4/ip_options.c", "Write options behind a header of ours."},
	IPOptionsEcho & 255:           {"__ip_options_echo", Network, "net/ipv4/ip_options.c", "Make the options of an answer out of those of the packet."},
	IPOptionsRcvSrr & 255:         {"ip_options_rcv_srr", Network, "net/ipv4/ip_options.c", "A source route: does it end here?"},
	IPForwardOptions & 255:        {"ip_forward_options", Network, "net/ipv4/ip_options.c", "Record the address by which the packet leaves."},
	IPForward & 255:               {"ip_forward", Network, "net/ipv4/ip_forward.c", "A router: check hops and size, take one hop off, ask FORWARD."},
	IPForwardFinish & 255:         {"ip_forward_finish", Network, "net/ipv4/ip_forward.c", "Fill in the options, then send it on."},
	IPLocalOut & 255:              {"ip_local_out", Network, "net/ipv4/ip_output.c", "A packet of this host goes out by its route."},
	IPLocalOutHook & 255:          {"__ip_local_out", Network, "net/ipv4/ip_output.c", "Write length and checksum, count it, ask OUTPUT."},
	IPOutput & 255:                {"ip_output", Network, "net/ipv4/ip_output.c", "The device is known: ask POSTROUTING."},
	IPMcOutput & 255:              {"ip_mc_output", Network, "net/ipv4/ip_output.c", "A packet for many: this host's own programs get a copy."},
	IPMcFinishOutput & 255:        {"ip_mc_finish_output", Network, "net/ipv4/ip_output.c", "The copy comes in again by loopback."},
	IPFinishOutput & 255:          {"ip_finish_output", Network, "net/ipv4/ip_output.c", "Does it fit the path, or must it be cut up?"},
	IPFinishOutputGSO & 255:       {"ip_finish_output_gso", Network, "net/ipv4/ip_output.c", "It stands for several packets: do they fit?"},
	IPFinishOutput2 & 255:         {"ip_finish_output2", Network, "net/ipv4/ip_output.c", "Count it, and hand it to the neighbour."},
	IPQueueXmit & 255:             {"__ip_queue_xmit", Network, "net/ipv4/ip_output.c", "Route a segment of a connection and write its IP header."},
	IPBuildAndSendPkt & 255:       {"ip_build_and_send_pkt", Network, "net/ipv4/ip_output.c", "Write the IP header of a SYN-ACK and send it."},
	IPSendUnicastReply & 255:      {"ip_send_unicast_reply", Network, "net/ipv4/ip_output.c", "Answer a packet that has no socket."},
	IPMakeSkb & 255:               {"ip_make_skb", Network, "net/ipv4/ip_output.c", "Make a datagram out of a program's data."},
	IPAppendData & 255:            {"ip_append_data", Network, "net/ipv4/ip_output.c", "Copy the data, cut where the path's MTU asks for it."},
	IPMakeSkbHeader & 255:         {"__ip_make_skb", Network, "net/ipv4/ip_output.c", "Write the IP header: TTL, DF, identification."},
	IPSendSkb & 255:               {"ip_send_skb", Network, "net/ipv4/ip_output.c", "Send a datagram, and count it if nobody takes it."},
	IPPushPendingFrames & 255:     {"ip_push_pending_frames", Network, "net/ipv4/ip_output.c", "Send what was put together for a kernel socket."},
	IPFragment & 255:              {"ip_fragment", Network, "net/ipv4/ip_output.c", "Too big: may it be cut up?"},
	IPDoFragment & 255:            {"ip_do_fragment", Network, "net/ipv4/ip_output.c", "Cut the packet into pieces that fit."},
	IPLocalError & 255:            {"ip_local_error", Network, "net/ipv4/ip_sockglue.c", "Tell the program which size would have fitted."},
	IPDefrag & 255:                {"ip_defrag", Network, "net/ipv4/ip_fragment.c", "Put a fragment to the others of its packet."},
	IPFragQueue & 255:             {"ip_frag_queue", Network, "net/ipv4/ip_fragment.c", "Where does the fragment belong, and is the packet whole now?"},
	IPFragReasm & 255:             {"ip_frag_reasm", Network, "net/ipv4/ip_fragment.c", "All fragments are here: make one packet of them."},
	IPExpire & 255:                {"ip_expire", Network, "net/ipv4/ip_fragment.c", "Not all fragments came in time."},
	IPRouteInputNoref & 255:       {"ip_route_input_noref", Network, "net/ipv4/route.c", "Where does a packet go that came in?"},
	IPRouteInputSlow & 255:        {"ip_route_input_slow", Network, "net/ipv4/route.c", "Refuse impossible addresses, then ask the routing tables."},
	IPRouteInputMC & 255:          {"ip_route_input_mc", Network, "net/ipv4/route.c", "A packet for a group that was joined here."},
	IPMkrouteInput & 255:          {"__mkroute_input", Network, "net/ipv4/route.c", "Make a route that forwards, and keep it for the next packet."},
	IPRouteOutputFlow & 255:       {"ip_route_output_flow", Network, "net/ipv4/route.c", "The route for a packet of this host."},
	IPRouteOutputKeyHash & 255:    {"ip_route_output_key_hash", Network, "net/ipv4/route.c", "Look up a route for this host's packet."},
	IPRouteOutputKeyHashRcu & 255: {"ip_route_output_key_hash_rcu", Network, "net/ipv4/route.c", "Check the source, ask the tables, choose a source address."},
	IPErrorStep & 255:             {"ip_error", Network, "net/ipv4/route.c", "No usable route: tell the sender, not too often, and drop."},
	IPRtSendRedirect & 255:        {"ip_rt_send_redirect", Network, "net/ipv4/route.c", "The sender could have used the next hop itself: tell it."},
	IPRtUpdatePmtu & 255:          {"__ip_rt_update_pmtu", Network, "net/ipv4/route.c", "The path takes smaller packets only: remember it."},
	IPDoRedirect & 255:            {"__ip_do_redirect", Network, "net/ipv4/route.c", "A router names a better one: may we believe it?"},
	UpdateOrCreateFnhe & 255:      {"update_or_create_fnhe", Network, "net/ipv4/route.c", "Write down what was learned about one destination."},
	IPv4LinkFailure & 255:         {"ipv4_link_failure", Network, "net/ipv4/route.c", "The neighbour does not answer: tell the sender."},
	IPRtBug & 255:                 {"ip_rt_bug", Network, "net/ipv4/route.c", "A packet that came in is sent by an input route: a mistake."},
	IPRouteMeHarder & 255:         {"ip_route_me_harder", Network, "net/ipv4/netfilter.c", "A hook changed the packet: route it again."},
	FibTableLookupStep & 255:      {"fib_table_lookup", Network, "net/ipv4/fib_trie.c", "The longest prefix in one table that fits the packet."},
	IPRtGetSource & 255:           {"ip_rt_get_source", Network, "net/ipv4/route.c", "Which address of ours stands for the way that a packet takes?"},
	FibCheckNhV4Gw & 255:          {"fib_check_nh_v4_gw", Network, "net/ipv4/fib_semantics.c", "Can this gateway be reached without another one?"},
	FibTableInsert & 255:          {"fib_table_insert", Network, "net/ipv4/fib_trie.c", "Add a route to a table."},
	FibTableDelete & 255:          {"fib_table_delete", Network, "net/ipv4/fib_trie.c", "Take a route out of a table."},
	FibRulesLookup & 255:          {"__fib_lookup", Network, "net/ipv4/fib_rules.c", "Ask the tables in the order of the rules."},
	FibRuleAdd & 255:              {"fib_nl_newrule", Network, "net/core/fib_rules.c", "Add a rule."},
	FibSelectMultipath & 255:      {"fib_select_multipath", Network, "net/ipv4/fib_semantics.c", "Several ways: the flow's hash chooses one."},
	IPDevFind & 255:               {"__ip_dev_find", Network, "net/ipv4/devinet.c", "Which device has this address?"},
	InetDevAddrType & 255:         {"__inet_dev_addr_type", Network, "net/ipv4/fib_frontend.c", "What is this address to this host?"},
	FibValidateSource & 255:       {"fib_validate_source", Network, "net/ipv4/fib_frontend.c", "May a packet from this source come in by this device?"},
	FibComputeSpecDst & 255:       {"fib_compute_spec_dst", Network, "net/ipv4/fib_frontend.c", "Our address by which the sender of a packet is to be answered."},
	FibValidateSourceFull & 255:   {"__fib_validate_source", Network, "net/ipv4/fib_frontend.c", "Look up the way back to the source."},
	InetSelectAddr & 255:          {"inet_select_addr", Network, "net/ipv4/devinet.c", "Choose a source address of a device."},
	InetInsertIfa & 255:           {"__inet_insert_ifa", Network, "net/ipv4/devinet.c", "Give a device an address, with the routes that come with it."},
	InetDelIfa & 255:              {"__inet_del_ifa", Network, "net/ipv4/devinet.c", "Take an address from a device."},
	ArpRcv & 255:                  {"arp_rcv", Network, "net/ipv4/arp.c", "An ARP packet comes in."},
	PneighEnqueue & 255:           {"pneigh_enqueue", Network, "net/core/neighbour.c", "A proxy waits a little before it answers."},
	NeighProxyProcess & 255:       {"neigh_proxy_process", Network, "net/core/neighbour.c", "The proxy has waited: it answers."},
	ArpProcess & 255:              {"arp_process", Network, "net/ipv4/arp.c", "Answer a question about our address, learn from an answer."},
	ArpSolicit & 255:              {"arp_solicit", Network, "net/ipv4/arp.c", "Ask who has an address."},
	ArpSendDst & 255:              {"arp_send_dst", Network, "net/ipv4/arp.c", "Make an ARP packet."},
	ArpXmit & 255:                 {"arp_xmit", Network, "net/ipv4/arp.c", "Send an ARP packet through the ARP hooks."},
	ArpConstructor & 255:          {"arp_constructor", Network, "net/ipv4/arp.c", "A new neighbour: does it need to be asked for?"},
	ArpErrorReport & 255:          {"arp_error_report", Network, "net/ipv4/arp.c", "The neighbour did not answer: its packets are lost."},
	IcmpRcv & 255:                 {"icmp_rcv", Network, "net/ipv4/icmp.c", "A control message comes in: check it, then do as its type says."},
	IcmpEcho & 255:                {"icmp_echo", Network, "net/ipv4/icmp.c", "A ping: answer with the same bytes."},
	IcmpTimestamp & 255:           {"icmp_timestamp", Network, "net/ipv4/icmp.c", "Answer with the time."},
	IcmpDiscard & 255:             {"icmp_discard", Network, "net/ipv4/icmp.c", "A message that this host ignores."},
	IcmpUnreach & 255:             {"icmp_unreach", Network, "net/ipv4/icmp.c", "An error about a packet of ours: whose packet was it?"},
	IcmpRedirect & 255:            {"icmp_redirect", Network, "net/ipv4/icmp.c", "A router names a better one for a packet of ours."},
	IcmpSocketDeliver & 255:       {"icmp_socket_deliver", Network, "net/ipv4/icmp.c", "Tell the raw sockets and the protocol of the quoted packet."},
	IcmpErr & 255:                 {"icmp_err", Network, "net/ipv4/icmp.c", "An error about an ICMP message of ours."},
	IcmpReply & 255:               {"icmp_reply", Network, "net/ipv4/icmp.c", "Route an answer and send it."},
	IcmpPushReply & 255:           {"icmp_push_reply", Network, "net/ipv4/icmp.c", "Put an ICMP message together and send it."},
	IcmpSendStep & 255:            {"__icmp_send", Network, "net/ipv4/icmp.c", "Tell a sender what was wrong with its packet, if that is allowed."},
	IcmpRouteLookup & 255:         {"icmp_route_lookup", Network, "net/ipv4/icmp.c", "The route back to the sender."},
	IPCheckMcRcu & 255:            {"ip_check_mc_rcu", Network, "net/ipv4/igmp.c", "Has this device joined the group?"},
	IPMcJoinGroup & 255:           {"ip_mc_join_group", Network, "net/ipv4/igmp.c", "A program wants a group's packets."},
	IPMcLeaveGroup & 255:          {"ip_mc_leave_group", Network, "net/ipv4/igmp.c", "A program does not want a group's packets any more."},
	IgmpGroupAdded & 255:          {"igmp_group_added", Network, "net/ipv4/igmp.c", "The first member of a group: let its frames in, tell routers."},
	IgmpGroupDropped & 255:        {"igmp_group_dropped", Network, "net/ipv4/igmp.c", "The last member of a group is gone."},
	IgmpRcv & 255:                 {"igmp_rcv", Network, "net/ipv4/igmp.c", "A message about groups comes in."},
	IgmpHeardQuery & 255:          {"igmp_heard_query", Network, "net/ipv4/igmp.c", "A router asks who is in which group."},
	IgmpSendReport & 255:          {"igmp_send_report", Network, "net/ipv4/igmp.c", "Tell routers which groups are joined here."},
	IgmpIfcTimerExpire & 255:      {"igmp_ifc_timer_expire", Network, "net/ipv4/igmp.c", "Report what changed, again to be sure."},
	IgmpGqTimerExpire & 255:       {"igmp_gq_timer_expire", Network, "net/ipv4/igmp.c", "Answer a general query, after a random time."},
	IgmpTimerExpire & 255:         {"igmp_timer_expire", Network, "net/ipv4/igmp.c", "Report one group."},
	IPRouteUseHint & 255:          {"ip_route_use_hint", Network, "net/ipv4/route.c", "The packet before it in the batch has the route already."},
}

// Why IPv4 decided.
const (
	WhyOtherHost Why = Why(baseIPv4 + 1 + iota)
	WhyIPShort
	WhyIPVersion
	WhyIPChecksum
	WhyIPTruncated
	WhyIPTotalLen
	WhyIPPadding
	WhyIPGood
	WhyEarlyDemux
	WhySourceRoute
	WhyNotModelledSRR
	WhyOptionBad
	WhyUnicastInL2
	WhyProto
	WhyNoProto
	WhyForwardPktType
	WhyTTL
	WhyStrictRoute
	WhyForwardTooBig
	WhyForwarded
	WhyMcLoop
	WhyMcTTL0
	WhyGSOTooBig
	WhyNeighGateway
	WhyNeighGateway6
	WhyNeighDirect
	WhyQueueNoRoute
	WhyRouteRenewed
	WhyReplyNoRoute
	WhyTooBig
	WhyAppendFragments
	WhyHeaderMade
	WhyFragmentDF
	WhyFragList
	WhyFragCopy
	WhyFragLast
	WhyFragEmpty
	WhyFragWait
	WhyFragTooFar
	WhyFragECN
	WhyFragOversize
	WhyFragTimeout
	WhyRouteReject
	WhyRouteNone
	WhyRouteLocal
	WhyRouteBroadcast
	WhyRouteLink
	WhyRouteGateway
	WhyRouteAdded
	WhyRule
	WhyMultipath
	WhyAddrType
	WhySourceOurs
	WhySourceNoFilter
	WhySourceType
	WhySourceBack
	WhySourceLoose
	WhyRpFilterStrict
	WhyRpFilterNone
	WhyNoIPHere
	WhyMartianSource
	WhyMartianDest
	WhyMartianLocalnet
	WhyInputLocal
	WhyInputBroadcast
	WhyInputUnreachable
	WhyNotForwarding
	WhyForward
	WhyGroupNotJoined
	WhyGroupJoined
	WhyNotARouter
	WhyBlackhole
	WhyErrorSent
	WhyErrorLimited
	WhyRedirect
	WhyRedirectIgnored
	WhyRedirectWait
	WhyPMTUBigger
	WhyPMTUKnown
	WhyPMTU
	WhyException
	WhyRedirectNotGateway
	WhyRedirectRefused
	WhyRedirectResolve
	WhyRedirectTaken
	WhyRerouted
	WhySourceInvalid
	WhySourceForeign
	WhyOutDevDown
	WhyOutDevice
	WhyOutAnyLocal
	WhyOutNoRoute
	WhyOutLocal
	WhyOutRoute
	WhyLoopbackSource
	WhySourcePrefsrc
	WhySourceNet
	WhySourceFirst
	WhySourceOtherDev
	WhySourceNone
	WhyArpNotForUs
	WhyArpBad
	WhyArpBadTarget
	WhyArpGratuitous
	WhyArpProbe
	WhyArpIgnore
	WhyArpFilter
	WhyArpAnswer
	WhyArpProxy
	WhyPneighLater
	WhyPneighFull
	WhyArpUnknown
	WhyArpLearn
	WhyArpNotNeeded
	WhyArpUnicast
	WhyArpBroadcast
	WhyIcmpChecksum
	WhyIcmpShort
	WhyIcmpUnknown
	WhyIcmpBroadcast
	WhyIcmpIgnored
	WhyEchoIgnored
	WhyIcmpError
	WhyIcmpQuoteShort
	WhyIcmpReply
	WhyIcmpSent
	WhyIcmpNested
	WhyIcmpNotL2
	WhyIcmpNotGroup
	WhyIcmpNotFragment
	WhyIcmpNotError
	WhyIcmpGlobalLimit
	WhyIcmpHostLimit
	WhyIgmpJoin
	WhyIgmpLeave
	WhyIgmpIgnored
	WhyIgmpOldQuerier
	WhyIgmpGeneralQuery
	WhyIgmpReport
	WhyNoDemux
	WhyFragmentIn
	WhyHeaderDone
	WhyRouteKept
	WhyFitsMTU
	WhyNotFitsMTU
	WhyGSOFits
	WhyNeighLoopback
	WhyOutOnLink
	WhyForwardOnLink
	WhyExceptionMTU
	WhyAddrLocal
	WhyAddrOther
	WhyFragWaitLast
	WhyIcmpIn
	WhyIcmpQuote
	WhyArpNeeded
	WhyArpLoopback
	WhyToLocal
	WhyToForward
	WhyToError
	WhyProtoModule
	WhyRouteHint
	endIPv4Why
)

var ipv4Whys = [int(endIPv4Why) - baseIPv4]string{
	WhyOtherHost & 255:          "The frame was for another host's link address: IP does not look at it.",
	WhyIPShort & 255:            "{0} {0?byte is|bytes are} there, fewer than the IP header has.",
	WhyIPVersion & 255:          "The version is {0} and the header length {1}: it must be 4, and 20 at least.",
	WhyIPChecksum & 255:         "The header checksum {0:hex} is wrong: a host must drop such a packet without a word (RFC 1122).",
	WhyIPTruncated & 255:        "The header says {0} bytes, but only {1} came.",
	WhyIPTotalLen & 255:         "The total length {0} is less than the header's {1} bytes.",
	WhyIPPadding & 255:          "The link padded the frame: {0} {0?byte|bytes} behind the packet's {1} are cut off.",
	WhyIPGood & 255:             "The header is sound: version 4, {0} bytes in all, {1} of them header, and the header checksum is right.",
	WhyEarlyDemux & 255:         "A connection has exactly these addresses and ports, and with it comes the route: no lookup is needed.",
	WhySourceRoute & 255:        "The packet brings a source route, and accept_source_route is off on {0:dev}.",
	WhyNotModelledSRR & 255:     "A source route leads on from here: packetwalk does not follow source routes.",
	WhyOptionBad & 255:          "The option byte at offset {0} makes no sense.",
	WhyUnicastInL2 & 255:        "The link address was a group ({0:pkt}), but {1:ip4} is a single host: drop_unicast_in_l2_multicast is set.",
	WhyProto & 255:              "The protocol is {0:proto}: its handler gets the packet.",
	WhyNoProto & 255:            "Nobody here speaks {0:proto}, and no raw socket wants it: the sender is told so.",
	WhyForwardPktType & 255:     "The link address was not this host's own ({0:pkt}): such a packet is never passed on.",
	WhyTTL & 255:                "The time to live is {0}: this hop was the last one that it may make.",
	WhyStrictRoute & 255:        "A strict source route allows no gateway, but the route has one.",
	WhyForwardTooBig & 255:      "{0} bytes do not fit {2:dev}'s {1}, and the packet must not be cut up (DF): the sender is told the size.",
	WhyForwarded & 255:          "The time to live (hops that are left) goes from {0} to {1}; out by {2:dev}.",
	WhyMcLoop & 255:             "{0:ip4} is for this host too: a copy comes in again.",
	WhyMcTTL0 & 255:             "The time to live is 0: the packet must not leave this host.",
	WhyGSOTooBig & 255:          "It stands for segments of {0} bytes of payload, which do not fit the MTU {1}: they are cut here.",
	WhyNeighGateway & 255:       "The next hop is the gateway {0:ip4} on {1:dev}.",
	WhyNeighGateway6 & 255:      "The next hop is the IPv6 gateway {0:ip} on {2:dev}.",
	WhyNeighDirect & 255:        "{0:ip4} is on {1:dev}'s own link: no gateway is needed.",
	WhyQueueNoRoute & 255:       "There is no route to {0:ip4} now.",
	WhyRouteRenewed & 255:       "The kept route is out of date; {0:ip4} is reached by {1:dev}.",
	WhyReplyNoRoute & 255:       "There is no route back to {0:ip4}: {1:err}.",
	WhyTooBig & 255:             "{0} bytes are more than the {1} that one datagram may have (MTU {2}).",
	WhyAppendFragments & 255:    "{0} bytes do not fit one packet: pieces of {1} for the MTU {2}.",
	WhyHeaderMade & 255:         "TTL {0}, don't fragment: {1:bool}, id {2}.",
	WhyFragmentDF & 255:         "{0} bytes do not fit the {1} that the path takes, and the packet says \"don't fragment\" (DF): it is refused.",
	WhyFragList & 255:           "{0} bytes lie in {1} pieces already that fit {2}: each gets a header.",
	WhyFragCopy & 255:           "{0} bytes are copied into pieces of at most {1}.",
	WhyFragLast & 255:           "The end at {0} contradicts the end at {1}: the packet is corrupt.",
	WhyFragEmpty & 255:          "The fragment carries no bytes.",
	WhyFragWait & 255:           "{0} of {1} bytes are here (this one brought {2} to {3}): wait for the rest.",
	WhyFragTooFar & 255:         "{0} other fragments came from this host in between, more than ipfrag_max_dist {1}: the id may mean another packet now.",
	WhyFragECN & 255:            "The fragments' ECN bits contradict each other (RFC 3168).",
	WhyFragOversize & 255:       "The whole packet would have {0} bytes, more than 65535.",
	WhyFragTimeout & 255:        "Only {0} of {1} bytes came within {2:dur}.",
	WhyRouteReject & 255:        "{0:ip4} matches {1:ip4}/{2} in table {4:table}, a route of type {3:route}: refused.",
	WhyRouteNone & 255:          "No prefix of table {1:table} fits {0:ip4}.",
	WhyRouteLocal & 255:         "{0:ip4} matches {1:ip4}/{2} in table {3:table}: an address of this host (on {4:dev}).",
	WhyRouteBroadcast & 255:     "{0:ip4} matches {1:ip4}/{2} in table {3:table}: the broadcast address of {4:dev}.",
	WhyRouteLink & 255:          "{0:ip4} matches {1:ip4}/{2} in table {3:table}: on the link of {4:dev}.",
	WhyRouteGateway & 255:       "{0:ip4} matches {1:ip4}/{2} in table {3:table}: by gateway {5:ip4} on {4:dev}.",
	WhyRouteAdded & 255:         "{0:ip4}/{1} is in table {2:table} now.",
	WhyRule & 255:               "Rule {0} decides (action {1}, table {2:table}): {3:err}.",
	WhyMultipath & 255:          "One of {1} equally good ways: the flow's hash {0:hex} chooses {2:ip4} on {3:dev}.",
	WhyAddrType & 255:           "{0:ip4} counts as {1:route}.",
	WhySourceOurs & 255:         "The source {0:ip4} is an address of this host: nobody else may use it.",
	WhySourceNoFilter & 255:     "No filter on sources (rp_filter is 0): {0:ip4} is believed, because it is none of our addresses.",
	WhySourceType & 255:         "The way back to {0:ip4} is of type {1:route}, not unicast.",
	WhySourceBack & 255:         "The way back to {0:ip4} is {1:dev}, by which it came.",
	WhySourceLoose & 255:        "The way back to {0:ip4} is not {1:dev}, but rp_filter {2} does not mind.",
	WhyRpFilterStrict & 255:     "The way back to {0:ip4} is {1:dev}, but the packet came by {2:dev}: rp_filter is strict (RFC 3704).",
	WhyRpFilterNone & 255:       "There is no way back to {0:ip4}, which came by {1:dev}: rp_filter drops it.",
	WhyNoIPHere & 255:           "{0:dev} has no IPv4.",
	WhyMartianSource & 255:      "{0:ip4} cannot be a source (RFC 1812).",
	WhyMartianDest & 255:        "{0:ip4} cannot be a destination.",
	WhyMartianLocalnet & 255:    "A loopback address ({0:ip4} to {1:ip4}) came in by {2:dev}: that is only allowed with route_localnet.",
	WhyInputLocal & 255:         "{0:ip4} is an address of this host: the packet is for us.",
	WhyInputBroadcast & 255:     "{0:ip4} is for everybody on the link, so for this host too.",
	WhyInputUnreachable & 255:   "There is no route to {0:ip4} ({1:err}): the sender is told.",
	WhyNotForwarding & 255:      "{0:ip4} is not this host, and {1:dev} does not forward.",
	WhyForward & 255:            "{0:ip4} is passed on to {1:dev}, to the gateway {2:ip4}.",
	WhyGroupNotJoined & 255:     "Nobody here has joined {0:ip4} on {1:dev}.",
	WhyGroupJoined & 255:        "{0:ip4} is joined on {1:dev}.",
	WhyNotARouter & 255:         "This host does not forward: the packet for {0:ip4} is dropped without a word.",
	WhyBlackhole & 255:          "The route to {0:ip4} is a blackhole: dropped without a word.",
	WhyErrorSent & 255:          "No way to {0:ip4}: the sender gets {1:icmp}; {2:dur} are left in its bucket.",
	WhyErrorLimited & 255:       "{0:ip4} had too many errors already: {1:dur} are in its bucket, one costs {2:dur}.",
	WhyRedirect & 255:           "{0:ip4} could have sent to {1:ip4} itself, which is on the same link, to reach {2:ip4}.",
	WhyRedirectIgnored & 255:    "{0:ip4} has ignored {1} redirects: it gets no more.",
	WhyRedirectWait & 255:       "{0:ip4} got redirect {1} a short time ago: wait.",
	WhyPMTUBigger & 255:         "{0} bytes are no news: the path takes {1}.",
	WhyPMTUKnown & 255:          "That the path takes {0} bytes at most is known already.",
	WhyPMTU & 255:               "The path to {0:ip4} takes packets of {1} bytes, not {2}: remembered for {3:dur}.",
	WhyException & 255:          "Remembered about {0:ip4}: it is reached by {2:ip4} (until {3:time}).",
	WhyRedirectNotGateway & 255: "{0:ip4} is not the gateway {1:ip4} of that route: not believed.",
	WhyRedirectRefused & 255:    "{0:ip4} is no gateway that this host accepts.",
	WhyRedirectResolve & 255:    "Whether {0:ip4} is there must be asked first.",
	WhyRedirectTaken & 255:      "{0:ip4} is reached by {1:ip4} from now on, not by {2:ip4}.",
	WhyRerouted & 255:           "{0:ip4} goes out by {1:dev} now (mark {2:hex}).",
	WhySourceInvalid & 255:      "{0:ip4} cannot be a source.",
	WhySourceForeign & 255:      "{0:ip4} is no address of this host.",
	WhyOutDevDown & 255:         "{0:dev} is down.",
	WhyOutDevice & 255:          "{0:ip4} is taken to be on {1:dev}, which was asked for.",
	WhyOutAnyLocal & 255:        "No destination means this host: {0:ip4}.",
	WhyOutNoRoute & 255:         "There is no route to {0:ip4}: {1:err}.",
	WhyOutLocal & 255:           "{0:ip4} is an address of this host (on {1:dev}): the packet goes by the loopback device.",
	WhyOutRoute & 255:           "{0:ip4} goes out by {1:dev}, to the gateway {2:ip4}; its source address is {3:ip4}.",
	WhyLoopbackSource & 255:     "{0:ip4} must not leave this host by {1:dev}.",
	WhySourcePrefsrc & 255:      "The route says that the source is {0:ip4}.",
	WhySourceNet & 255:          "{0:ip4} is {1:dev}'s address in the network of {2:ip4}.",
	WhySourceFirst & 255:        "{0:ip4} is the first address of {1:dev}.",
	WhySourceOtherDev & 255:     "{2:dev} has no address that fits; {0:ip4} of {1:dev} is taken.",
	WhySourceNone & 255:         "{0:dev} has no address, and no other device has one that fits.",
	WhyArpNotForUs & 255:        "Not for this host ({0:pkt}), or a link without ARP: done, and no loss.",
	WhyArpBad & 255:             "This is no ARP packet for IPv4 over Ethernet that can be understood.",
	WhyArpBadTarget & 255:       "Nobody may ask for {0:ip4}.",
	WhyArpGratuitous & 255:      "{0:ip4} is announced to nobody in particular; drop_gratuitous_arp has that dropped.",
	WhyArpProbe & 255:           "Somebody asks whether {0:ip4} is in use: it is, here (RFC 5227).",
	WhyArpIgnore & 255:          "{0:ip4} is ours, but arp_ignore {1} forbids an answer here.",
	WhyArpFilter & 255:          "Packets to {0:ip4} would not leave by {1:dev}: arp_filter forbids an answer.",
	WhyArpAnswer & 255:          "{0:ip4} is ours: answer, and remember {1:ip4} at {2:mac}.",
	WhyArpProxy & 255:           "{0:ip4} is behind {1:dev}: proxy_arp answers for it.",
	WhyPneighLater & 255:        "The host itself may be here: a proxy waits for {1:dur}, a random part of proxy_delay {0:dur}.",
	WhyPneighFull & 255:         "{0} questions wait already, more than proxy_qlen {1}: this one is dropped.",
	WhyArpUnknown & 255:         "{0:ip4} is no neighbour that we know: nothing is learned (arp_accept).",
	WhyArpLearn & 255:           "{0:ip4} is at {1:mac}: the entry becomes {2:nud}.",
	WhyArpNotNeeded & 255:       "{0:ip4} on {1:dev} needs no question: its link address follows from the address itself, or there is none.",
	WhyArpUnicast & 255:         "Is {0:ip4} still at {1:mac}? Question {2}, to it alone.",
	WhyArpBroadcast & 255:       "Who has {0:ip4}? Question {2} to everybody on the link; {1:ip4} asks.",
	WhyIcmpChecksum & 255:       "The sum over the message is wrong.",
	WhyIcmpShort & 255:          "{0} bytes are no ICMP message.",
	WhyIcmpUnknown & 255:        "Type {0} is unknown: dropped without a word (RFC 1122).",
	WhyIcmpBroadcast & 255:      "A {0:icmp} to a group or to everybody is not answered.",
	WhyIcmpIgnored & 255:        "This host does nothing about a {0:icmp}.",
	WhyEchoIgnored & 255:        "icmp_echo_ignore_all is set: no answer.",
	WhyIcmpError & 255:          "\"{0:icmp}\": that happened to a {3:proto} packet from {1:ip4} to {2:ip4}.",
	WhyIcmpQuoteShort & 255:     "{0} bytes of the packet are quoted, too few to know whose it was.",
	WhyIcmpReply & 255:          "\"{0:icmp}\" from {1:ip4} to {2:ip4}.",
	WhyIcmpNested & 255:         "Another ICMP message is being sent at this moment: none is made about it.",
	WhyIcmpSent & 255:           "The sender {1:ip4} is told \"{0:icmp}\", from {2:ip4}, with the first {3} bytes of its packet.",
	WhyIcmpNotL2 & 255:          "The frame was for many ({0:pkt}): no error is sent about it (RFC 1122).",
	WhyIcmpNotGroup & 255:       "{0:ip4} stands for many hosts: no error is sent about it (RFC 1122).",
	WhyIcmpNotFragment & 255:    "This is the fragment at {0}: errors are sent about the first one only.",
	WhyIcmpNotError & 255:       "The packet is itself an error ({0:icmp}): no error is sent about it.",
	WhyIcmpGlobalLimit & 255:    "This host has sent its {0} errors a second (burst {1}): none is sent.",
	WhyIcmpHostLimit & 255:      "{0:ip4} gets one error in {1} ms, and has {2:dur} in its bucket: none is sent.",
	WhyIgmpJoin & 255:           "{0:ip4} is joined on {1:dev}: routers are told {2} times.",
	WhyIgmpLeave & 255:          "{0:ip4} is left on {1:dev}: routers are told.",
	WhyIgmpIgnored & 255:        "This host does nothing about that message.",
	WhyIgmpOldQuerier & 255:     "The router speaks IGMP version {0}: so does this host for a while.",
	WhyIgmpGeneralQuery & 255:   "Which groups? An answer goes within {0:dur}.",
	WhyIgmpReport & 255:         "To {0:ip4} by {1:dev}.",
	WhyRouteHint & 255:          "The packet before it in this batch is for {0:ip4} too: this one takes the same route, unasked.",
	WhyNoDemux & 255:            "No connection brings a route: the routing tables decide.",
	WhyFragmentIn & 255:         "It is a fragment of a larger packet, which is not whole yet.",
	WhyHeaderDone & 255:         "The {0} bytes of IP header have done their work; {1} bytes are left for {2:proto}.",
	WhyRouteKept & 255:          "The route kept by the connection is still good: out by {0:dev}.",
	WhyFitsMTU & 255:            "{0} bytes fit the {1} that this path takes (MTU).",
	WhyNotFitsMTU & 255:         "{0} bytes do not fit the {1} that this path takes (MTU).",
	WhyGSOFits & 255:            "It stands for segments of {0} bytes of payload, which fit the MTU {1}: it goes on whole.",
	WhyNeighLoopback & 255:      "{0:ip4} is this host itself: the loopback device takes the packet.",
	WhyOutOnLink & 255:          "{0:ip4} is on {1:dev}'s own link; the source address is {3:ip4}.",
	WhyForwardOnLink & 255:      "{0:ip4} is on {1:dev}'s own link: the packet is passed on to it directly.",
	WhyExceptionMTU & 255:       "Remembered about {0:ip4}: the path takes packets of {1} bytes (until {3:time}).",
	WhyAddrLocal & 255:          "{0:ip4} is an address of this host.",
	WhyAddrOther & 255:          "{0:ip4} is no address of this host: an ordinary (unicast) address of somebody else.",
	WhyFragWaitLast & 255:       "{0} bytes are here so far (this one brought {2} to {3}). The last fragment is not among them, so nobody knows how many there will be: wait.",
	WhyIcmpIn & 255:             "\"{0:icmp}\", with {1} bytes behind the 8 of its header.",
	WhyIcmpQuote & 255:          "The message quotes a {0:proto} packet: that protocol is told.",
	WhyArpNeeded & 255:          "Only {0:ip4} itself knows its link address on {1:dev}: it must be asked.",
	WhyArpLoopback & 255:        "{0:dev} is the loopback device: no link address is needed.",
	WhyToLocal & 255:            "The route says that it is for this host.",
	WhyToForward & 255:          "The route leads on by {1:dev}: this host is a router for it.",
	WhyToError & 255:            "The route (type {0:route}) leads nowhere: the packet ends here.",
	WhyProtoModule & 255:        "Not modelled: {0:proto}. A kernel with that module loaded might take the packet; this one does not know the protocol.",
}

// What lost in IPv4.
const (
	TryRouteTOS Try = Try(baseIPv4 + 1 + iota)
	TryRouteScope
	TryRouteDead
	TryRouteLinkdown
	TryRouteOIF
	TryRouteShorter
	TryRouteSuppress
	TryRouteMetric
	TryNexthopHash
	TryNexthopDead
	TryNexthopNeigh
	TryGatewayDead
	TryExceptionOld
	TryRuleIIF
	TryRuleOIF
	TryRuleMark
	TryRuleFrom
	TryRuleTo
	TryRuleTOS
	TryRuleProto
	TryRuleSport
	TryRuleDport
	TryRuleNot
	TryRuleUID
	TryRuleL3mdev
	TryRouteSuppressGroup
	TryAddrSecondary
	TryAddrScope
	TryAddrNet
	endIPv4Try
)

var ipv4Tries = [int(endIPv4Try) - baseIPv4]Tried{
	TryRouteTOS & 255:           {"route", "{0:ip4}/{1}", "the route is for TOS {2:hex}, the packet has {3:hex}"},
	TryRouteScope & 255:         {"route", "{0:ip4}/{1}", "its scope is {2}, at least {3} is asked for"},
	TryRouteDead & 255:          {"route", "{0:ip4}/{1}", "its device is down"},
	TryRouteLinkdown & 255:      {"route", "{0:ip4}/{1}", "{2:dev} has no carrier, and ignore_routes_with_linkdown is set"},
	TryRouteOIF & 255:           {"route", "{0:ip4}/{1}", "it leads to {2:dev}, but {3:dev} is asked for"},
	TryRouteShorter & 255:       {"route", "{0:ip4}/{1}", "it matches too, but {2:ip4}/{3} is longer"},
	TryRouteSuppress & 255:      {"route", "{0:ip4}/{1}", "rule {3} does not take prefixes of {2} bits or less"},
	TryRouteMetric & 255:        {"route", "{0:ip4}/{1}", "its metric {2} is not below {3}, or it comes later"},
	TryNexthopHash & 255:        {"route", "{0:ip4} on {1:dev}", "the flow's hash {2:hex} is not below {3:hex}"},
	TryNexthopDead & 255:        {"route", "{0:ip4} on {1:dev}", "its device is down, or has no carrier"},
	TryNexthopNeigh & 255:       {"route", "{0:ip4} on {1:dev}", "the gateway does not answer"},
	TryGatewayDead & 255:        {"route", "default by {0:ip4}", "the gateway is not known to answer"},
	TryExceptionOld & 255:       {"route", "the exception for {0:ip4} (MTU {1}, gateway {2:ip4})", "its time is over"},
	TryRuleIIF & 255:            {"rule", "rule {0}", "it is for packets from {1:dev}, this one is from {2:dev}"},
	TryRuleOIF & 255:            {"rule", "rule {0}", "it is for packets to {1:dev}, this one is to {2:dev}"},
	TryRuleMark & 255:           {"rule", "rule {0}", "it is for mark {1:hex}, this packet has {2:hex}"},
	TryRuleFrom & 255:           {"rule", "rule {0}", "it is for packets from {1:any}, this one is from {3:any}"},
	TryRuleTo & 255:             {"rule", "rule {0}", "it is for packets to {1:any}, this one is to {3:any}"},
	TryRuleTOS & 255:            {"rule", "rule {0}", "it is for TOS {1:hex}, this packet has {2:hex}"},
	TryRuleProto & 255:          {"rule", "rule {0}", "it is for {1:proto}, this packet is {2:proto}"},
	TryRuleSport & 255:          {"rule", "rule {0}", "it is for source port {1}, this packet has {2}"},
	TryRuleDport & 255:          {"rule", "rule {0}", "it is for destination port {1}, this packet has {2}"},
	TryRuleNot & 255:            {"rule", "rule {0}", "it is for packets that do not match, and this one does"},
	TryRuleUID & 255:            {"rule", "rule {0}", "it is for the users {1} to {2}, this is user {3}"},
	TryRuleL3mdev & 255:         {"rule", "rule {0}", "it is for packets of a VRF, and there is none here"},
	TryRouteSuppressGroup & 255: {"route", "{0:ip4}/{1}", "rule {3} does not take routes by the group of {2:dev}"},
	TryAddrSecondary & 255:      {"address", "{0:ip4}", "it is a secondary address"},
	TryAddrScope & 255:          {"address", "{0:ip4}", "its scope {1} is wider than {2}"},
	TryAddrNet & 255:            {"address", "{0:ip4}/{1}", "{2:ip4} is not in its network"},
}
