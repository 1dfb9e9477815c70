package step

const baseNftables = int(areaNftables) << 8

// nftables.
const (
	NftDoChainIPv4 Step = Step(baseNftables + 1 + iota)
	NftDoChainIPv6
	NftDoChainInet
	NftDoChainARP
	NftDoChainBridge
	NftDoChainNetdev
	NftDoChain
	NftLookupEval
	NftDynsetEval
	NftRejectIPv4Eval
	NftRejectIPv6Eval
	NftRejectInetEval
	NftRejectBridgeEval
	NftRejectNetdevEval
	NftLogEval
	NftPayloadSetEval
	NftExthdrTCPSetEval
	NftExthdrTCPStripEval
	NftNotrackEval
	NftCTSetEval
	NftCTSetZoneEval
	NftNatEval
	NftMasqEval
	NftRedirEval
	NftFib4Eval
	NftFib6Eval
	NftFwdNetdevEval
	NftDupNetdevEval
	NftDupIPv4Eval
	NftDupIPv6Eval
	NftFwdNeighEval
	NftMatchEval
	NftTargetEvalXt
	NftNatDoChain
	NfRouteTableHook4
	NfRouteTableHook6
	NfSendReset
	NfSendReset6
	NfSendUnreach
	NfSendUnreach6
	NftSocketEval
	NftTproxyEvalV4
	NftTproxyEvalV6
	NftSynproxyEval
	NftFlowOffloadEval
	NfFlowOffloadInetHook
	NfFlowOffloadIPHook
	NfFlowOffloadIPv6Hook
	FlowOffloadAdd
	FlowOffloadTeardown
	NfFlowOffloadWorkGC
	endNftables
)

var nftablesSteps = [int(endNftables) - baseNftables]Info{
	NftDoChainIPv4 & 255:        {"nft_do_chain_ipv4", Netfilter, "net/netfilter/nft_chain_filter.c", "Hand an IPv4 packet to a base chain of a table ip."},
	NftDoChainIPv6 & 255:        {"nft_do_chain_ipv6", Netfilter, "net/netfilter/nft_chain_filter.c", "Hand an IPv6 packet to a base chain of a table ip6."},
	NftDoChainInet & 255:        {"nft_do_chain_inet", Netfilter, "net/netfilter/nft_chain_filter.c", "Hand a packet of IPv4 or IPv6 to a base chain of a table inet."},
	NftDoChainARP & 255:         {"nft_do_chain_arp", Netfilter, "net/netfilter/nft_chain_filter.c", "Hand an ARP packet to a base chain of a table arp."},
	NftDoChainBridge & 255:      {"nft_do_chain_bridge", Netfilter, "net/netfilter/nft_chain_filter.c", "Hand a bridged frame to a base chain of a table bridge."},
	NftDoChainNetdev & 255:      {"nft_do_chain_netdev", Netfilter, "net/netfilter/nft_chain_filter.c", "Hand a device's packet to a base chain of a table netdev."},
	NftDoChain & 255:            {"nft_do_chain", Netfilter, "net/netfilter/nf_tables_core.c", "Try the rules in order until one decides; then the policy does."},
	NftLookupEval & 255:         {"nft_lookup_eval", Netfilter, "net/netfilter/nft_lookup.c", "Look a value up in a set or a map."},
	NftDynsetEval & 255:         {"nft_dynset_eval", Netfilter, "net/netfilter/nft_dynset.c", "Put a value of the packet into a set, or take it out."},
	NftRejectIPv4Eval & 255:     {"nft_reject_ipv4_eval", Netfilter, "net/ipv4/netfilter/nft_reject_ipv4.c", "Tell the sender that the packet is refused, and drop it."},
	NftRejectIPv6Eval & 255:     {"nft_reject_ipv6_eval", Netfilter, "net/ipv6/netfilter/nft_reject_ipv6.c", "Tell the sender that the packet is refused, and drop it."},
	NftRejectInetEval & 255:     {"nft_reject_inet_eval", Netfilter, "net/netfilter/nft_reject_inet.c", "Tell the sender that the packet is refused, and drop it."},
	NftRejectBridgeEval & 255:   {"nft_reject_bridge_eval", Netfilter, "net/bridge/netfilter/nft_reject_bridge.c", "Tell the sender that the frame is refused, and drop it."},
	NftRejectNetdevEval & 255:   {"nft_reject_netdev_eval", Netfilter, "net/netfilter/nft_reject_netdev.c", "Tell the sender that the packet is refused, and drop it."},
	NftLogEval & 255:            {"nft_log_eval", Netfilter, "net/netfilter/nft_log.c", "Write a line about the packet into the kernel's log."},
	NftPayloadSetEval & 255:     {"nft_payload_set_eval", Netfilter, "net/netfilter/nft_payload.c", "Write into a header, and correct the checksums."},
	NftExthdrTCPSetEval & 255:   {"nft_exthdr_tcp_set_eval", Netfilter, "net/netfilter/nft_exthdr.c", "Change a TCP option, and correct the checksum."},
	NftExthdrTCPStripEval & 255: {"nft_exthdr_tcp_strip_eval", Netfilter, "net/netfilter/nft_exthdr.c", "Overwrite a TCP option with NOPs, and correct the checksum."},
	NftNotrackEval & 255:        {"nft_notrack_eval", Netfilter, "net/netfilter/nft_ct.c", "Keep connection tracking off this packet."},
	NftCTSetEval & 255:          {"nft_ct_set_eval", Netfilter, "net/netfilter/nft_ct.c", "Write into the packet's connection: mark, label, helper."},
	NftCTSetZoneEval & 255:      {"nft_ct_set_zone_eval", Netfilter, "net/netfilter/nft_ct.c", "Choose the zone in which the packet will be tracked."},
	NftNatEval & 255:            {"nft_nat_eval", Netfilter, "net/netfilter/nft_nat.c", "Decide what the addresses of this connection become (snat, dnat)."},
	NftMasqEval & 255:           {"nft_masq_eval", Netfilter, "net/netfilter/nft_masq.c", "Give the connection the address of the outgoing device as its source."},
	NftRedirEval & 255:          {"nft_redir_eval", Netfilter, "net/netfilter/nft_redir.c", "Turn the connection to this host itself."},
	NftFib4Eval & 255:           {"nft_fib4_eval", Netfilter, "net/ipv4/netfilter/nft_fib_ipv4.c", "Ask the routing tables about an address of the packet."},
	NftFib6Eval & 255:           {"nft_fib6_eval", Netfilter, "net/ipv6/netfilter/nft_fib_ipv6.c", "Ask the routing tables about an address of the packet."},
	NftFwdNetdevEval & 255:      {"nft_fwd_netdev_eval", Netfilter, "net/netfilter/nft_fwd_netdev.c", "Send the packet out of another device, past the stack."},
	NftMatchEval & 255:          {"nft_match_eval", Netfilter, "net/netfilter/nft_compat.c", "Ask a match of iptables."},
	NftTargetEvalXt & 255:       {"nft_target_eval_xt", Netfilter, "net/netfilter/nft_compat.c", "Have a target of iptables act."},
	NftDupNetdevEval & 255:      {"nft_dup_netdev_eval", Netfilter, "net/netfilter/nft_dup_netdev.c", "Send a copy of the packet out of another device."},
	NftDupIPv4Eval & 255:        {"nft_dup_ipv4_eval", Netfilter, "net/ipv4/netfilter/nft_dup_ipv4.c", "Send a copy of the packet to another host."},
	NftDupIPv6Eval & 255:        {"nft_dup_ipv6_eval", Netfilter, "net/ipv6/netfilter/nft_dup_ipv6.c", "Send a copy of the packet to another host."},
	NftFwdNeighEval & 255:       {"nft_fwd_neigh_eval", Netfilter, "net/netfilter/nft_fwd_netdev.c", "Send the packet to a neighbour of another device, with one hop less."},
	NftNatDoChain & 255:         {"nft_nat_do_chain", Netfilter, "net/netfilter/nft_chain_nat.c", "Ask a chain of type nat about the first packet of a connection."},
	NfRouteTableHook4 & 255:     {"nf_route_table_hook4", Netfilter, "net/netfilter/nft_chain_route.c", "Try the rules; if they changed mark, TOS or address, route the packet again."},
	NfRouteTableHook6 & 255:     {"nf_route_table_hook6", Netfilter, "net/netfilter/nft_chain_route.c", "Try the rules; if they changed mark or address, route the packet again."},
	NfSendReset & 255:           {"nf_send_reset", Netfilter, "net/ipv4/netfilter/nf_reject_ipv4.c", "Answer a refused segment with a RST."},
	NfSendReset6 & 255:          {"nf_send_reset6", Netfilter, "net/ipv6/netfilter/nf_reject_ipv6.c", "Answer a refused segment with a RST."},
	NfSendUnreach & 255:         {"nf_send_unreach", Netfilter, "net/ipv4/netfilter/nf_reject_ipv4.c", "Answer a refused packet with ICMP destination unreachable."},
	NfSendUnreach6 & 255:        {"nf_send_unreach6", Netfilter, "net/ipv6/netfilter/nf_reject_ipv6.c", "Answer a refused packet with ICMPv6 destination unreachable."},
	NftSocketEval & 255:         {"nft_socket_eval", Netfilter, "net/netfilter/nft_socket.c", "Ask about the socket that the packet belongs to."},
	NftTproxyEvalV4 & 255:       {"nft_tproxy_eval_v4", Netfilter, "net/netfilter/nft_tproxy.c", "Give the packet to a local socket without changing it."},
	NftTproxyEvalV6 & 255:       {"nft_tproxy_eval_v6", Netfilter, "net/netfilter/nft_tproxy.c", "Give the packet to a local socket without changing it."},
	NftSynproxyEval & 255:       {"nft_synproxy_do_eval", Netfilter, "net/netfilter/nft_synproxy.c", "Shake hands with the client in the server's stead."},
	NftFlowOffloadEval & 255:    {"nft_flow_offload_eval", Netfilter, "net/netfilter/nft_flow_offload.c", "Put the packet's connection into a flow table: what follows takes the short way."},
	NfFlowOffloadInetHook & 255: {"nf_flow_offload_inet_hook", Netfilter, "net/netfilter/nf_flow_table_inet.c", "Ask a flow table of IPv4 and IPv6 at a device's ingress."},
	NfFlowOffloadIPHook & 255:   {"nf_flow_offload_ip_hook", Netfilter, "net/netfilter/nf_flow_table_ip.c", "Send a packet whose flow the flow table knows at once, past routing and hooks."},
	NfFlowOffloadIPv6Hook & 255: {"nf_flow_offload_ipv6_hook", Netfilter, "net/netfilter/nf_flow_table_ip.c", "Send a packet whose flow the flow table knows at once, past routing and hooks."},
	FlowOffloadAdd & 255:        {"flow_offload_add", Netfilter, "net/netfilter/nf_flow_table_core.c", "Enter both directions of a connection into the flow table."},
	FlowOffloadTeardown & 255:   {"flow_offload_teardown", Netfilter, "net/netfilter/nf_flow_table_core.c", "Give a connection back to connection tracking."},
	NfFlowOffloadWorkGC & 255:   {"nf_flow_offload_work_gc", Netfilter, "net/netfilter/nf_flow_table_core.c", "Every second: take out of the flow table what is over."},
}

// Why a chain decided. The first eight values name the chain: family, table
// and name as letters; see Chars.
const (
	WhyNftPolicyAccept Why = Why(baseNftables + 1 + iota)
	WhyNftPolicyDrop
	WhyNftVerdict
	WhyNftRule
	WhyNftRuleGoesOn
	WhyNftTraceRule
	WhyNftTraceReturn
	WhyNftTracePolicy
	WhyNftLog
	WhyNftFound
	WhyNftNotFound
	WhyNftSetFull
	WhyNftSetAdded
	WhyNftSetUpdated
	WhyNftSetDeleted
	WhyNftRejectUnreach
	WhyNftRejectReset
	WhyNftRejectNone
	WhyNftPayloadSet
	WhyNftNotrack
	WhyNftCTMark
	WhyNftCTLabel
	WhyNftCTZone
	WhyNftNat
	WhyNftFibDev
	WhyNftFibType
	WhyNftFwd
	WhyNftDup
	WhyNftOption
	WhyNftOptionGone
	WhyNftNotModelled
	WhyNftQueue
	WhyNftSocket
	WhyNftHalfSocket
	WhyNftNoSocket
	WhyNftNoProxy
	WhyNftProxy
	WhyFlowNoCT
	WhyFlowOptions
	WhyFlowProto
	WhyFlowNotYet
	WhyFlowHelper
	WhyFlowIn
	WhyFlowNoRoute
	WhyFlowAdded
	WhyFlowMiss
	WhyFlowUnfit
	WhyFlowTooBig
	WhyFlowReopened
	WhyFlowStale
	WhyFlowSent
	WhyFlowClosing
	WhyFlowBack
	WhyFlowGC
	endNftablesWhy
)

const nftChain = "{0:chars}{1:chars}{2:chars}{3:chars}{4:chars}{5:chars}{6:chars}{7:chars}"

var nftablesWhys = [int(endNftablesWhy) - baseNftables]string{
	WhyNftPolicyAccept & 255:  "No rule of " + nftChain + " decided: its policy is accept.",
	WhyNftPolicyDrop & 255:    "No rule of " + nftChain + " decided: its policy is drop.",
	WhyNftVerdict & 255:       "Rule " + nftChain + " handle {8} decides: {9:nftverdict}.",
	WhyNftRule & 255:          "rule " + nftChain + " handle {8} matches: {9:nftverdict}",
	WhyNftRuleGoesOn & 255:    "rule " + nftChain + " handle {8} matches: it says nothing about the packet, the next rule follows",
	WhyNftTraceRule & 255:     "nft trace: " + nftChain + " rule handle {8} (verdict {9:nftverdict})",
	WhyNftTraceReturn & 255:   "nft trace: " + nftChain + " (verdict {9:nftverdict})",
	WhyNftTracePolicy & 255:   "nft trace: " + nftChain + " (policy {9:nftverdict})",
	WhyNftLog & 255:           "kernel log: {0:chars}{1:chars}{2:chars}{3:chars}{4:chars}{5:chars}{6:chars}{7:chars}IN={8:dev} OUT={9:dev} LEN={10}",
	WhyNftFound & 255:         "The set {0:chars}{1:chars}{2:chars}{3:chars} of {4} {4?element|elements} has this value.",
	WhyNftNotFound & 255:      "The set {0:chars}{1:chars}{2:chars}{3:chars} of {4} {4?element|elements} does not have this value.",
	WhyNftSetFull & 255:       "The set {0:chars}{1:chars}{2:chars}{3:chars} is full ({4}): nothing can be added.",
	WhyNftSetAdded & 255:      "The value goes into the set {0:chars}{1:chars}{2:chars}{3:chars}, which has {4} {4?element|elements} now.",
	WhyNftSetUpdated & 255:    "The set {0:chars}{1:chars}{2:chars}{3:chars} has the value already.",
	WhyNftSetDeleted & 255:    "The value is taken out of the set {0:chars}{1:chars}{2:chars}{3:chars}.",
	WhyNftRejectUnreach & 255: "The sender gets an ICMP error, type {0} code {1}.",
	WhyNftRejectReset & 255:   "The sender gets a TCP RST.",
	WhyNftRejectNone & 255:    "Nothing can be answered: the packet is only dropped.",
	WhyNftPayloadSet & 255:    "{1} {1?byte|bytes} at {0} of the header change; the checksums are corrected.",
	WhyNftNotrack & 255:       "The packet will not be tracked.",
	WhyNftCTMark & 255:        "The connection's mark becomes {0:hex}.",
	WhyNftCTLabel & 255:       "The connection gets labels.",
	WhyNftCTZone & 255:        "The packet will be tracked in zone {0}.",
	WhyNftNat & 255:           "The connection's address becomes {0:ip}, its port {2} to {3} (0: as it is).",
	WhyNftFibDev & 255:        "The route for {0:ip} goes out of {2:dev}.",
	WhyNftFibType & 255:       "{0:ip} is an address of type {2:route}.",
	WhyNftFwd & 255:           "The packet goes out of {0:dev}.",
	WhyNftDup & 255:           "A copy goes out of {0:dev}.",
	WhyNftOption & 255:        "TCP option {0} becomes {1}.",
	WhyNftOptionGone & 255:    "TCP option {0} is overwritten: {1} {1?byte|bytes} of NOP.",
	WhyNftNotModelled & 255:   "The rule needs {0:chars}{1:chars}{2:chars}{3:chars}, which is not modelled.",
	WhyNftSocket & 255:        "The packet belongs to a socket: its mark is {0:hex}, it is {1?transparent|not transparent} and bound to {2?any address|one address}.",
	WhyNftHalfSocket & 255:    "The packet belongs to a connection that is opening or in TIME_WAIT: {0?transparent|not transparent}, and without a mark.",
	WhyNftNoSocket & 255:      "No socket waits for the packet.",
	WhyNftNoProxy & 255:       "No transparent socket waits at {0:ip} port {2}: the rule does not match.",
	WhyNftProxy & 255:         "A transparent socket takes the packet as it is: that of its connection, or one that waits at {0:ip} port {2}.",
	WhyFlowNoCT & 255:         "The packet has no confirmed connection: the rule does not match.",
	WhyFlowOptions & 255:      "The packet has IP options: its connection stays on the long way.",
	WhyFlowProto & 255:        "Flow tables are for TCP and UDP, not for {0:proto}.",
	WhyFlowNotYet & 255:       "The TCP connection is not established and assured, or is closing: it stays on the long way.",
	WhyFlowHelper & 255:       "A helper, or changed TCP numbers, must see every packet: the connection stays on the long way.",
	WhyFlowIn & 255:           "Connection {0} is in a flow table already.",
	WhyFlowNoRoute & 255:      "There is no route for the answers: the connection stays on the long way.",
	WhyFlowAdded & 255:        "Connection {0} is in the flow table from now on: its packets leave by {1:dev}, the answers by {2:dev}, past routing and hooks.",
	WhyFlowMiss & 255:         "The flow table does not know this flow: the long way.",
	WhyFlowUnfit & 255:        "No packet for a flow table (neither TCP nor UDP, a fragment, IP options, or a TTL of 1): the long way.",
	WhyFlowTooBig & 255:       "{0} bytes do not fit into the route's {1}: the long way, which can cut it up or complain.",
	WhyFlowReopened & 255:     "A SYN in a flow that is closing: the connection goes back to connection tracking.",
	WhyFlowStale & 255:        "The flow's route is no longer valid: the connection goes back to connection tracking.",
	WhyFlowSent & 255:         "The flow table knows connection {0}: TTL {1} to {2}, out of {3:dev}. No routing, no hooks, no connection tracking.",
	WhyFlowClosing & 255:      "A FIN or RST: the flow is closing. It stays in the table until it is quiet.",
	WhyFlowBack & 255:         "Connection {0} goes back to connection tracking, with {1:dur} left.",
	WhyFlowGC & 255:           "{0} {0?flow|flows} looked at, {1} taken out.",
	WhyNftQueue & 255:         "The rule hands the packet to a program (queue), which is not modelled.",
}

// Which rules were passed over, and by which operand. The first eight values
// name the chain, then come the handle, the left side of the comparison (four),
// the right side (four) and the packet's value.
const (
	TryNftDec Try = Try(baseNftables + 1 + iota)
	TryNftHex
	TryNftIP
	TryNftMac
	TryNftDev
	TryNftProto
	TryNftState
	TryNftTCP
	TryNftStatus
	TryNftText
	TryNftName
	TryNftMissing
	TryNftLimit
	TryNftQuota
	TryNftOther
	endNftablesTry
)

const (
	nftRule  = "rule {0:chars}{1:chars}{2:chars}{3:chars}{4:chars}{5:chars}{6:chars}{7:chars} handle {8}"
	nftField = "{9:chars}{10:chars}{11:chars}{12:chars}"
	nftWant  = ", the rule wants {13:chars}{14:chars}{15:chars}{16:chars}"
)

var nftablesTries = [int(endNftablesTry) - baseNftables]Tried{
	TryNftDec & 255:     {"rule", nftRule, nftField + " is {17}" + nftWant},
	TryNftHex & 255:     {"rule", nftRule, nftField + " is {17:hex}" + nftWant},
	TryNftIP & 255:      {"rule", nftRule, nftField + " is {17:ip}" + nftWant},
	TryNftMac & 255:     {"rule", nftRule, nftField + " is {17:mac}" + nftWant},
	TryNftDev & 255:     {"rule", nftRule, nftField + " is {17:dev}" + nftWant},
	TryNftProto & 255:   {"rule", nftRule, nftField + " is {17:proto}" + nftWant},
	TryNftState & 255:   {"rule", nftRule, nftField + " is {17:ctset}" + nftWant},
	TryNftTCP & 255:     {"rule", nftRule, nftField + " is {17:tcpbits}" + nftWant},
	TryNftStatus & 255:  {"rule", nftRule, nftField + " is {17:ctstatus}" + nftWant},
	TryNftText & 255:    {"rule", nftRule, nftField + " is {17:chars}{18:chars}{19:chars}{20:chars}{21:chars}" + nftWant},
	TryNftName & 255:    {"rule", nftRule, nftField + " is {17:chars}{18:chars}" + nftWant},
	TryNftMissing & 255: {"rule", nftRule, "the packet has no " + nftField},
	TryNftLimit & 255:   {"rule", nftRule, "the limit's tokens do not allow it"},
	TryNftQuota & 255:   {"rule", nftRule, "the quota does not allow it"},
	TryNftOther & 255:   {"rule", nftRule, nftField + " does not match"},
}

var ctSetNames = [...]string{"invalid", "established", "related", "new", "", "", "untracked"}

// appendCTSet names the bits that `ct state` compares.
func appendCTSet(b []byte, v uint64) []byte {
	some := false
	for i, s := range ctSetNames {
		if v>>i&1 == 0 || s == "" {
			continue
		}
		if some {
			b = append(b, ',')
		}
		b, some = append(b, s...), true
	}
	if !some {
		return append(b, "none"...)
	}
	return b
}

var nftVerdictNames = [...]string{"continue", "break", "jump", "goto", "return", "accept", "drop", "stolen", "queue"}

// appendVerdict names a verdict of nftables.
func appendVerdict(b []byte, v uint64) []byte {
	if v < uint64(len(nftVerdictNames)) {
		return append(b, nftVerdictNames[v]...)
	}
	return append(b, '?')
}
