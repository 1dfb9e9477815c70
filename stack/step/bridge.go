package step

const baseBridge = int(areaBridge) << 8

// The Ethernet bridge: net/bridge.
const (
	BrHandleFrame Step = Step(baseBridge + 1 + iota)
	BrHandleFrameFinish
	BrPassFrameUp
	BrFdbUpdateStep
	BrFlood
	BrForward
	BrForwardPort
	BrForwardFinish
	BrDevQueuePushXmit
	BrDevXmit
	BrMaybeDeliver
	BrMulticastRcv
	BrNfPreRouting
	BrNfPreRoutingIPv6
	BrNfPreRoutingFinish
	BrNfPreRoutingFinishIPv6
	BrNfPreRoutingFinishBridge
	BrNfHookThresh
	BrNfLocalIn
	BrNfForward
	BrNfForwardFinish
	BrNfPostRouting
	BrNfDevQueueXmit
	BrNfPushFragXmit
	IPSabotageIn
	BrFdbCleanup
	BrAllowedIngress
	BrHandleVlan
	BrMulticastFlood
	BrMulticastExpired
	BrMulticastQueryExpired
	BrMulticastSendQuery
	BrSetState
	BrPortStateSelection
	BrRootSelection
	BrTopologyChangeDetection
	BrTransmitConfig
	BrTransmitTcn
	BrSendBpdu
	BrStpRcv
	BrReceivedConfigBpdu
	BrReceivedTcnBpdu
	BrHelloTimerExpired
	BrMessageAgeTimerExpired
	BrForwardDelayTimerExpired
	BrTcnTimerExpired
	BrTopologyChangeTimerExpired
	BrHoldTimerExpired
	LlcRcv
	StpPduRcv
	endBridge
)

var bridgeSteps = [int(endBridge) - baseBridge]Info{
	BrHandleFrame & 255:                {"br_handle_frame", Driver, "net/bridge/br_input.c", "A bridge port got a frame: may the bridge have it?"},
	BrHandleFrameFinish & 255:          {"br_handle_frame_finish", Driver, "net/bridge/br_input.c", "Learn the sender's port, then decide: up, to one port, or to all."},
	BrAllowedIngress & 255:             {"br_allowed_ingress", Driver, "net/bridge/br_vlan.c", "VLAN filtering: which VLAN is the frame in, and may that come in here?"},
	BrHandleVlan & 255:                 {"br_handle_vlan", Driver, "net/bridge/br_vlan.c", "VLAN filtering: does the frame leave with its tag or without?"},
	BrMulticastFlood & 255:             {"br_multicast_flood", Driver, "net/bridge/br_forward.c", "Out of the ports behind which members or multicast routers are."},
	BrMulticastSendQuery & 255:         {"__br_multicast_send_query", Driver, "net/bridge/br_multicast.c", "Make a query and send it by a port, or to this host."},
	BrMulticastExpired & 255:           {"br_multicast_port_group_expired", Driver, "net/bridge/br_multicast.c", "A member has not reported for too long: forget it."},
	BrMulticastQueryExpired & 255:      {"br_multicast_query_expired", Driver, "net/bridge/br_multicast.c", "The bridge is the querier: time to ask who is a member of what."},
	BrPassFrameUp & 255:                {"br_pass_frame_up", Driver, "net/bridge/br_input.c", "The frame is for this host: it comes in by the bridge's own device."},
	BrFdbUpdateStep & 255:              {"br_fdb_update", Driver, "net/bridge/br_fdb.c", "Remember behind which port the sender's address is."},
	BrFlood & 255:                      {"br_flood", Driver, "net/bridge/br_forward.c", "Nobody knows where the address is: out of every port."},
	BrForward & 255:                    {"br_forward", Driver, "net/bridge/br_forward.c", "Out of the one port behind which the address is."},
	BrForwardPort & 255:                {"__br_forward", Driver, "net/bridge/br_forward.c", "Hand the frame to a port, by the bridge's hooks."},
	BrForwardFinish & 255:              {"br_forward_finish", Driver, "net/bridge/br_forward.c", "The last of the bridge's hooks before the port."},
	BrDevQueuePushXmit & 255:           {"br_dev_queue_push_xmit", Driver, "net/bridge/br_forward.c", "Put the link header back in front and queue the frame at the port."},
	BrDevXmit & 255:                    {"br_dev_xmit", Driver, "net/bridge/br_device.c", "This host sends by the bridge: choose the ports."},
	BrMaybeDeliver & 255:               {"maybe_deliver", Driver, "net/bridge/br_forward.c", "May the frame leave by this port? The one before gets a copy."},
	BrMulticastRcv & 255:               {"br_multicast_rcv", Driver, "net/bridge/br_multicast.c", "IGMP and MLD snooping: look for group membership in the frame."},
	BrNfPreRouting & 255:               {"br_nf_pre_routing", Netfilter, "net/bridge/br_netfilter_hooks.c", "br_netfilter: show a bridged IP packet to IP's own PRE_ROUTING hooks."},
	BrNfPreRoutingIPv6 & 255:           {"br_nf_pre_routing_ipv6", Netfilter, "net/bridge/br_netfilter_ipv6.c", "br_netfilter: show a bridged IPv6 packet to IPv6's PRE_ROUTING hooks."},
	BrNfPreRoutingFinish & 255:         {"br_nf_pre_routing_finish", Netfilter, "net/bridge/br_netfilter_hooks.c", "Did the rules change the destination? Then the link address must change too."},
	BrNfPreRoutingFinishIPv6 & 255:     {"br_nf_pre_routing_finish_ipv6", Netfilter, "net/bridge/br_netfilter_ipv6.c", "Did the rules change the destination? Then the link address must change too."},
	BrNfPreRoutingFinishBridge & 255:   {"br_nf_pre_routing_finish_bridge", Netfilter, "net/bridge/br_netfilter_hooks.c", "Behind the same bridge: ask the neighbour table for the link address."},
	BrNfHookThresh & 255:               {"br_nf_hook_thresh", Netfilter, "net/bridge/br_netfilter_hooks.c", "Go on with the bridge hooks behind br_netfilter's own."},
	BrNfLocalIn & 255:                  {"br_nf_local_in", Netfilter, "net/bridge/br_netfilter_hooks.c", "br_netfilter: confirm the connection before the frame goes up."},
	BrNfForward & 255:                  {"br_nf_forward", Netfilter, "net/bridge/br_netfilter_hooks.c", "br_netfilter: show a bridged packet to IP's or ARP's FORWARD hooks."},
	BrNfForwardFinish & 255:            {"br_nf_forward_finish", Netfilter, "net/bridge/br_netfilter_hooks.c", "FORWARD let the packet pass: it is the bridge's again."},
	BrNfPostRouting & 255:              {"br_nf_post_routing", Netfilter, "net/bridge/br_netfilter_hooks.c", "br_netfilter: show a bridged packet to IP's POST_ROUTING hooks."},
	BrNfDevQueueXmit & 255:             {"br_nf_dev_queue_xmit", Netfilter, "net/bridge/br_netfilter_hooks.c", "Does the packet fit the port? Else cut it up."},
	BrNfPushFragXmit & 255:             {"br_nf_push_frag_xmit", Netfilter, "net/bridge/br_netfilter_hooks.c", "Give a fragment the link header of the whole."},
	IPSabotageIn & 255:                 {"ip_sabotage_in", Netfilter, "net/bridge/br_netfilter_hooks.c", "br_netfilter has shown the packet to these hooks: skip the rest of them."},
	BrSetState & 255:                   {"br_set_state", Driver, "net/bridge/br_stp.c", "A port gets another state."},
	BrPortStateSelection & 255:         {"br_port_state_selection", Driver, "net/bridge/br_stp.c", "Root and designated ports may forward, the others block."},
	BrRootSelection & 255:              {"br_root_selection", Driver, "net/bridge/br_stp.c", "Spanning tree: by which port is the root nearest?"},
	BrTopologyChangeDetection & 255:    {"br_topology_change_detection", Driver, "net/bridge/br_stp.c", "Spanning tree: addresses may be elsewhere now; tell the root, or everybody."},
	BrTransmitConfig & 255:             {"br_transmit_config", Driver, "net/bridge/br_stp.c", "Spanning tree: say by a port who the root is, and how far away."},
	BrTransmitTcn & 255:                {"br_transmit_tcn", Driver, "net/bridge/br_stp.c", "Spanning tree: tell the root that something has changed."},
	BrSendBpdu & 255:                   {"br_send_bpdu", Driver, "net/bridge/br_stp_bpdu.c", "Make a frame for the other bridges at a link, and send it."},
	BrStpRcv & 255:                     {"br_stp_rcv", Driver, "net/bridge/br_stp_bpdu.c", "A bridge protocol data unit has come: is it for this bridge?"},
	BrReceivedConfigBpdu & 255:         {"br_received_config_bpdu", Driver, "net/bridge/br_stp.c", "Spanning tree: is this a better way to the root?"},
	BrReceivedTcnBpdu & 255:            {"br_received_tcn_bpdu", Driver, "net/bridge/br_stp.c", "Spanning tree: another bridge has seen a change."},
	BrHelloTimerExpired & 255:          {"br_hello_timer_expired", Driver, "net/bridge/br_stp_timer.c", "Spanning tree: the root says that it is there."},
	BrMessageAgeTimerExpired & 255:     {"br_message_age_timer_expired", Driver, "net/bridge/br_stp_timer.c", "Spanning tree: the bridge behind this port is silent."},
	BrForwardDelayTimerExpired & 255:   {"br_forward_delay_timer_expired", Driver, "net/bridge/br_stp_timer.c", "Spanning tree: from listening to learning, from learning to forwarding."},
	BrTcnTimerExpired & 255:            {"br_tcn_timer_expired", Driver, "net/bridge/br_stp_timer.c", "Spanning tree: nobody has acknowledged the notice of a change: say it again."},
	BrTopologyChangeTimerExpired & 255: {"br_topology_change_timer_expired", Driver, "net/bridge/br_stp_timer.c", "Spanning tree: the change is over, addresses age as usual."},
	BrHoldTimerExpired & 255:           {"br_hold_timer_expired", Driver, "net/bridge/br_stp_timer.c", "Spanning tree: what had to wait may be sent."},
	LlcRcv & 255:                       {"llc_rcv", Core, "net/llc/llc_input.c", "A frame with a length in place of a type (IEEE 802.2): whose is it?"},
	StpPduRcv & 255:                    {"stp_pdu_rcv", Core, "net/802/stp.c", "A frame for the spanning tree, or one of its relatives?"},
	BrFdbCleanup & 255:                 {"br_fdb_cleanup", Driver, "net/bridge/br_fdb.c", "Forget addresses that have been silent for too long."},
}

// Why the bridge decided.
const (
	WhyBrSource Why = Why(baseBridge + 1 + iota)
	WhyBrLinkLocal
	WhyBrPause
	WhyBrState
	WhyBrDevDown
	WhyBrLearned
	WhyBrMoved
	WhyBrSeen
	WhyBrNoLearn
	WhyBrLocalSource
	WhyBrLocked
	WhyBrUp
	WhyBrUpAll
	WhyBrUpPromisc
	WhyBrKnown
	WhyBrUnknown
	WhyBrGroup
	WhyBrBroadcast
	WhyBrNoPort
	WhyBrNoPVID
	WhyBrPVID
	WhyBrVlanNotHere
	WhyBrVlanIn
	WhyBrVlanUntagged
	WhyBrVlanKept
	WhyBrTooBig
	WhyBrPortDown
	WhyBrPush
	WhyBrExpired
	WhyBrSnoopBad
	WhyBrMdbJoin
	WhyBrMdbLeave
	WhyBrMdbExpired
	WhyBrQuerier
	WhyBrMembers
	WhyBrNoLinkLocal
	WhyBrNfOff
	WhyBrNfNotIP
	WhyBrNfIP
	WhyBrNfInvalid
	WhyBrNfSame
	WhyBrNfDNATBridge
	WhyBrNfDNATRoute
	WhyBrNfDNATDead
	WhyBrNfSabotage
	WhyBrNfFragment
	WhyBrNfNoInfo
	WhyBrTableFull
	WhyBrVlanTagged
	WhyBrNfFrag6
	WhyBrStateSet
	WhyBrRootSelf
	WhyBrRootPort
	WhyBrBlocks
	WhyBrChangeRoot
	WhyBrChangeTold
	WhyBrNeighbourLost
	WhyBrHold
	WhyBrTooOld
	WhyBrConfig
	WhyBrNoBPDU
	WhyBrGuard
	WhyBrBetter
	WhyBrWorse
	WhyBrTCN
	WhyBrBPDU
	WhyLlcOther
	WhyLlcShort
	WhyLlcSap
	endBridgeWhy
)

var bridgeWhys = [int(endBridgeWhy) - baseBridge]string{
	WhyBrSource & 255:       "The sender's address {0:mac} is no address of one device: the bridge does not take the frame.",
	WhyBrLinkLocal & 255:    "{0:mac} is reserved for the link itself (IEEE 802.1D): the bridge does not forward it, the port's own protocols may have it.",
	WhyBrPause & 255:        "{0:mac} carries pause frames between two cards: a bridge never forwards those.",
	WhyBrState & 255:        "Port {0:dev} is in state {1}: it takes frames in state 3 (forwarding) only.",
	WhyBrDevDown & 255:      "The port's bridge is gone.",
	WhyBrLearned & 255:      "{0:mac} is new: it is behind {1:dev} from now on.",
	WhyBrMoved & 255:        "{0:mac} was behind {1:dev}, and is behind {2:dev} now.",
	WhyBrSeen & 255:         "{0:mac} is behind {1:dev}, as is known; its time begins anew.",
	WhyBrNoLearn & 255:      "{0:dev} does not learn (learning off).",
	WhyBrLocalSource & 255:  "{0:mac} is an address of this bridge, and comes in by {1:dev}: a loop?",
	WhyBrLocked & 255:       "{0:dev} is locked, and {1:mac} is not known to be behind it.",
	WhyBrUp & 255:           "{0:mac} is an address of this bridge: the frame goes up.",
	WhyBrUpAll & 255:        "The frame is for many, this host among them: it goes up as well.",
	WhyBrUpPromisc & 255:    "{0:dev} hears everything (promisc): a copy goes up.",
	WhyBrKnown & 255:        "{0:mac} is behind {1:dev}.",
	WhyBrUnknown & 255:      "Nobody knows behind which port {0:mac} is: to all of them.",
	WhyBrGroup & 255:        "The destination {0:mac} is a group, and no querier is known: to all ports.",
	WhyBrBroadcast & 255:    "The frame is for everybody: to all ports.",
	WhyBrNoPort & 255:       "No port may have it.",
	WhyBrNoPVID & 255:       "It has no tag, and {0:dev} has no PVID: frames without a tag belong to no VLAN there.",
	WhyBrPVID & 255:         "It has no VLAN of its own: the PVID of {1:dev} says VLAN {0}.",
	WhyBrVlanNotHere & 255:  "{1:dev} is not in VLAN {0}.",
	WhyBrVlanIn & 255:       "Its tag says VLAN {0}, and {1:dev} is in that.",
	WhyBrVlanUntagged & 255: "VLAN {0} is untagged at {1:dev}: the tag comes off.",
	WhyBrVlanKept & 255:     "VLAN {0} is tagged at {1:dev}: the tag stays on.",
	WhyBrTooBig & 255:       "{0} bytes are more than {1:dev} takes: its MTU {2}, link header and a VLAN tag make {3}.",
	WhyBrPortDown & 255:     "{0:dev} is down.",
	WhyBrPush & 255:         "{0} bytes go to the queue of {1:dev}.",
	WhyBrExpired & 255:      "{0} {0?address was|addresses were} not heard for {1:dur}: forgotten.",
	WhyBrSnoopBad & 255:     "The IGMP or MLD message is damaged: the bridge drops it.",
	WhyBrMdbJoin & 255:      "{0:ip} has a member behind {2:dev}: the bridge remembers it for {3:dur}.",
	WhyBrMdbLeave & 255:     "Somebody behind this port needs {0:ip} no more.",
	WhyBrMdbExpired & 255:   "Nobody has reported for {0:ip} for as long as a member counts.",
	WhyBrQuerier & 255:      "Somebody asks who is a member of what: for {0:dur} groups go to their members and to routers only.",
	WhyBrNoLinkLocal & 255:  "{0:dev} has no link-local IPv6 address: the bridge cannot ask about IPv6 groups.",
	WhyBrMembers & 255:      "There is a querier on the link: group {0:mac} goes only where members or routers are.",
	WhyBrNfOff & 255:        "net.bridge.bridge-nf-call-ip{0?|6}tables is 0: IP's hooks do not see bridged packets.",
	WhyBrNfNotIP & 255:      "EtherType {0:ether} is not IP: br_netfilter lets it pass.",
	WhyBrNfIP & 255:         "net.bridge.bridge-nf-call-iptables is 1: IP's hooks see this bridged packet as if it had come in by {0:dev}.",
	WhyBrNfInvalid & 255:    "The IP header is damaged: br_netfilter cannot show it to IP's hooks.",
	WhyBrNfSame & 255:       "The destination address is as it was: the frame goes on by its link address.",
	WhyBrNfDNATBridge & 255: "The destination is {0:ip} now, which is behind {1:dev} as well: bridged on, with a new link address.",
	WhyBrNfDNATRoute & 255:  "The destination is {0:ip} now, which is not behind {1:dev}: the packet goes up, to be routed.",
	WhyBrNfDNATDead & 255:   "The destination is {0:ip} now, and no route leads there.",
	WhyBrNfSabotage & 255:   "br_netfilter has run these hooks already, at {0:dev}.",
	WhyBrNfFragment & 255:   "{0} bytes do not fit {1:dev} (MTU {2}): the bridge cuts up what was put together for the rules.",
	WhyBrNfNoInfo & 255:     "The packet has not come in by br_netfilter.",
	WhyBrTableFull & 255:    "The table of addresses is full ({0}): {1:mac} is not learned.",
	WhyBrVlanTagged & 255:   "The frame carries a VLAN tag: without vlan_filtering the bridge does not look at it.",
	WhyBrNfFrag6 & 255:      "An IPv6 packet of {0} bytes must be cut up again for {1:dev}: not modelled.",
}

// Ports and addresses that lost.
const (
	TryBrPortSame Try = Try(baseBridge + 1 + iota)
	TryBrPortState
	TryBrPortIsolated
	TryBrPortVlan
	TryBrPortNoMember
	TryBrPortNoFlood
	TryBrPortNoMcast
	TryBrPortNoBcast
	TryBrRootBlock
	endBridgeTry
)

var bridgeTries = [int(endBridgeTry) - baseBridge]Tried{
	TryBrPortSame & 255:     {"port", "{0:dev}", "the frame came in there, and hairpin is off"},
	TryBrPortState & 255:    {"port", "{0:dev}", "its state is {1}, not 3 (forwarding)"},
	TryBrPortNoMember & 255: {"port", "{0:dev}", "nobody behind it has joined the group, and no router is there"},
	TryBrPortVlan & 255:     {"port", "{0:dev}", "it is not in VLAN {1}"},
	TryBrPortIsolated & 255: {"port", "{0:dev}", "it is isolated, and so is the port that the frame came in by"},
	TryBrRootBlock & 255:    {"root port", "{0:dev}", "root_block forbids that it leads to the root"},
	TryBrPortNoFlood & 255:  {"port", "{0:dev}", "unknown addresses are not flooded there (flood off)"},
	TryBrPortNoMcast & 255:  {"port", "{0:dev}", "groups are not flooded there (mcast_flood off)"},
	TryBrPortNoBcast & 255:  {"port", "{0:dev}", "broadcasts are not flooded there (bcast_flood off)"},
}
