package step

const baseIptables = int(areaIptables) << 8

// iptables (x_tables).
const (
	IptDoTable Step = Step(baseIptables + 1 + iota)
	Ip6tDoTable
	IptableMangleHook
	Ip6tableMangleHook
	RejectTg
	RejectTg6
	LogTg
	NflogTg
	MarkTg
	ConnmarkTg
	XtCtTarget
	NotrackTg
	XtSnatTarget
	XtDnatTarget
	MasqueradeTg
	RedirectTg4
	RedirectTg6
	NetmapTg4
	NetmapTg6
	TproxyTg4
	TproxyTg6
	TcpmssTg4
	TcpmssTg6
	TcpoptstripTg
	DscpTg
	TosTg
	TtlTg
	HlTg6
	TeeTg4
	TeeTg6
	NfDupIPv4
	NfDupIPv6
	ClassifyTg
	TraceTg
	ChecksumTg
	EcnTg
	SetTarget
	SynproxyTg4
	SynproxyTg6
	SynproxySendClientSynack
	SynproxySendClientSynack6
	SynproxyRecvClientAck
	SynproxyRecvClientAck6
	SynproxySendServerSyn
	SynproxySendServerAck
	SynproxySendClientAck
	Ipv4SynproxyHook
	Ipv6SynproxyHook
	endIptables
)

var iptablesSteps = [int(endIptables) - baseIptables]Info{
	IptDoTable & 255:                {"ipt_do_table", Netfilter, "net/ipv4/netfilter/ip_tables.c", "Try the rules of an iptables table in order until one decides; then the policy does."},
	Ip6tDoTable & 255:               {"ip6t_do_table", Netfilter, "net/ipv6/netfilter/ip6_tables.c", "Try the rules of an ip6tables table in order until one decides; then the policy does."},
	IptableMangleHook & 255:         {"iptable_mangle_hook", Netfilter, "net/ipv4/netfilter/iptable_mangle.c", "Try the rules of mangle; what this host sends is routed again if they changed it."},
	Ip6tableMangleHook & 255:        {"ip6table_mangle_hook", Netfilter, "net/ipv6/netfilter/ip6table_mangle.c", "Try the rules of mangle; what this host sends is routed again if they changed it."},
	RejectTg & 255:                  {"reject_tg", Netfilter, "net/ipv4/netfilter/ipt_REJECT.c", "Tell the sender that the packet is refused, and drop it."},
	RejectTg6 & 255:                 {"reject_tg6", Netfilter, "net/ipv6/netfilter/ip6t_REJECT.c", "Tell the sender that the packet is refused, and drop it."},
	LogTg & 255:                     {"log_tg", Netfilter, "net/netfilter/xt_LOG.c", "Write a line about the packet into the kernel's log."},
	NflogTg & 255:                   {"nflog_tg", Netfilter, "net/netfilter/xt_NFLOG.c", "Hand a copy of the packet to a program that listens."},
	MarkTg & 255:                    {"mark_tg", Netfilter, "net/netfilter/xt_mark.c", "Change the packet's mark."},
	ConnmarkTg & 255:                {"connmark_tg_shift", Netfilter, "net/netfilter/xt_connmark.c", "Change the connection's mark, or copy it from or to the packet's."},
	XtCtTarget & 255:                {"xt_ct_target", Netfilter, "net/netfilter/xt_CT.c", "Say how connection tracking shall look at the packet."},
	NotrackTg & 255:                 {"notrack_tg", Netfilter, "net/netfilter/xt_CT.c", "Keep connection tracking off this packet."},
	XtSnatTarget & 255:              {"xt_snat_target_v2", Netfilter, "net/netfilter/xt_nat.c", "Decide what the source of this connection becomes."},
	XtDnatTarget & 255:              {"xt_dnat_target_v2", Netfilter, "net/netfilter/xt_nat.c", "Decide what the destination of this connection becomes."},
	MasqueradeTg & 255:              {"masquerade_tg", Netfilter, "net/netfilter/xt_MASQUERADE.c", "Give the connection the address of the outgoing device as its source."},
	RedirectTg4 & 255:               {"redirect_tg4", Netfilter, "net/netfilter/xt_REDIRECT.c", "Turn the connection to this host itself."},
	RedirectTg6 & 255:               {"redirect_tg6", Netfilter, "net/netfilter/xt_REDIRECT.c", "Turn the connection to this host itself."},
	NetmapTg4 & 255:                 {"netmap_tg4", Netfilter, "net/netfilter/xt_NETMAP.c", "Change the network part of the address, keep the host part."},
	NetmapTg6 & 255:                 {"netmap_tg6", Netfilter, "net/netfilter/xt_NETMAP.c", "Change the network part of the address, keep the host part."},
	TproxyTg4 & 255:                 {"tproxy_tg4", Netfilter, "net/netfilter/xt_TPROXY.c", "Give the packet to a local socket without changing it."},
	TproxyTg6 & 255:                 {"tproxy_tg6_v1", Netfilter, "net/netfilter/xt_TPROXY.c", "Give the packet to a local socket without changing it."},
	TcpmssTg4 & 255:                 {"tcpmss_tg4", Netfilter, "net/netfilter/xt_TCPMSS.c", "Make the largest segment that a SYN announces smaller."},
	TcpmssTg6 & 255:                 {"tcpmss_tg6", Netfilter, "net/netfilter/xt_TCPMSS.c", "Make the largest segment that a SYN announces smaller."},
	TcpoptstripTg & 255:             {"tcpoptstrip_mangle_packet", Netfilter, "net/netfilter/xt_TCPOPTSTRIP.c", "Overwrite TCP options with no-operations."},
	DscpTg & 255:                    {"dscp_tg", Netfilter, "net/netfilter/xt_DSCP.c", "Change the DSCP, the class of service in the IP header."},
	TosTg & 255:                     {"tos_tg", Netfilter, "net/netfilter/xt_DSCP.c", "Change the TOS byte of the IP header."},
	TtlTg & 255:                     {"ttl_tg", Netfilter, "net/netfilter/xt_HL.c", "Change the TTL."},
	HlTg6 & 255:                     {"hl_tg6", Netfilter, "net/netfilter/xt_HL.c", "Change the hop limit."},
	TeeTg4 & 255:                    {"tee_tg4", Netfilter, "net/netfilter/xt_TEE.c", "Send a copy of the packet to another host."},
	TeeTg6 & 255:                    {"tee_tg6", Netfilter, "net/netfilter/xt_TEE.c", "Send a copy of the packet to another host."},
	NfDupIPv4 & 255:                 {"nf_dup_ipv4", Netfilter, "net/ipv4/netfilter/nf_dup_ipv4.c", "Copy the packet and route the copy to the given gateway."},
	NfDupIPv6 & 255:                 {"nf_dup_ipv6", Netfilter, "net/ipv6/netfilter/nf_dup_ipv6.c", "Copy the packet and route the copy to the given gateway."},
	ClassifyTg & 255:                {"classify_tg", Netfilter, "net/netfilter/xt_CLASSIFY.c", "Choose the class of traffic control in which the packet waits."},
	TraceTg & 255:                   {"trace_tg", Netfilter, "net/netfilter/xt_TRACE.c", "Have all rules tell of this packet from now on."},
	ChecksumTg & 255:                {"checksum_tg", Netfilter, "net/netfilter/xt_CHECKSUM.c", "Fill in the checksum that was left to the card."},
	EcnTg & 255:                     {"ecn_tg", Netfilter, "net/ipv4/netfilter/ipt_ECN.c", "Remove the bits by which congestion is announced."},
	SynproxyTg4 & 255:               {"synproxy_tg4", Netfilter, "net/ipv4/netfilter/ipt_SYNPROXY.c", "Shake hands with the client in the server's stead."},
	SynproxyTg6 & 255:               {"synproxy_tg6", Netfilter, "net/ipv6/netfilter/ip6t_SYNPROXY.c", "Shake hands with the client in the server's stead."},
	SynproxySendClientSynack & 255:  {"synproxy_send_client_synack", Netfilter, "net/netfilter/nf_synproxy_core.c", "Answer a SYN with a cookie, and remember nothing."},
	SynproxySendClientSynack6 & 255: {"synproxy_send_client_synack_ipv6", Netfilter, "net/netfilter/nf_synproxy_core.c", "Answer a SYN with a cookie, and remember nothing."},
	SynproxyRecvClientAck & 255:     {"synproxy_recv_client_ack", Netfilter, "net/netfilter/nf_synproxy_core.c", "Is the ACK the answer to a cookie? Then the server is asked."},
	SynproxyRecvClientAck6 & 255:    {"synproxy_recv_client_ack_ipv6", Netfilter, "net/netfilter/nf_synproxy_core.c", "Is the ACK the answer to a cookie? Then the server is asked."},
	SynproxySendServerSyn & 255:     {"synproxy_send_server_syn", Netfilter, "net/netfilter/nf_synproxy_core.c", "Send the server the client's SYN, made anew."},
	SynproxySendServerAck & 255:     {"synproxy_send_server_ack", Netfilter, "net/netfilter/nf_synproxy_core.c", "Answer the server's SYN-ACK in the client's stead."},
	SynproxySendClientAck & 255:     {"synproxy_send_client_ack", Netfilter, "net/netfilter/nf_synproxy_core.c", "Tell the client the server's window: now it may send."},
	Ipv4SynproxyHook & 255:          {"ipv4_synproxy_hook", Netfilter, "net/netfilter/nf_synproxy_core.c", "Join the two handshakes, and shift what differs."},
	Ipv6SynproxyHook & 255:          {"ipv6_synproxy_hook", Netfilter, "net/netfilter/nf_synproxy_core.c", "Join the two handshakes, and shift what differs."},
	SetTarget & 255:                 {"set_target_v3", Netfilter, "net/netfilter/xt_set.c", "Put an address of the packet into a set, or take it out."},
}

// Why a table decided. The first six values name the chain: table and name as
// letters; see Chars. Then comes the rule's number.
const (
	WhyXtPolicyAccept Why = Why(baseIptables + 1 + iota)
	WhyXtPolicyDrop
	WhyXtVerdict
	WhyXtRule
	WhyXtHotDrop
	WhyXtTrace
	WhyXtLog
	WhyXtNFLog
	WhyXtNotModelled
	WhyXtMark
	WhyXtConnMark
	WhyXtNoConn
	WhyXtPriority
	WhyXtNotrack
	WhyXtTemplate
	WhyXtTOS
	WhyXtTTL
	WhyXtMSS
	WhyXtStrip
	WhyXtTee
	WhyXtProxy
	WhyXtNoProxy
	WhyXtSetAdded
	WhyXtSetDeleted
	WhyXtSetFull
	WhySynproxyCookie
	WhySynproxyBad
	WhySynproxyGood
	WhySynproxyServer
	WhySynproxyNoRoute
	WhySynproxyWaits
	WhySynproxyJoined
	WhySynproxyStamp
	WhySynproxyNot
	endIptablesWhy
)

const (
	xtChain = "{0:chars}{1:chars}{2:chars}{3:chars}{4:chars}{5:chars}"
	xtText  = "{8:chars}{9:chars}{10:chars}{11:chars}{12:chars}{13:chars}{14:chars}{15:chars}{16:chars}{17:chars}{18:chars}{19:chars}"
	xtLine  = "{0:chars}{1:chars}{2:chars}{3:chars}{4:chars}{5:chars}{6:chars}{7:chars}{8:chars}{9:chars}{10:chars}{11:chars}{12:chars}{13:chars}{14:chars}{15:chars}" +
		"{16:chars}{17:chars}{18:chars}{19:chars}{20:chars}{21:chars}{22:chars}{23:chars}{24:chars}{25:chars}{26:chars}{27:chars}{28:chars}{29:chars}{30:chars}{31:chars}" +
		"{32:chars}{33:chars}{34:chars}{35:chars}{36:chars}{37:chars}{38:chars}{39:chars}{40:chars}{41:chars}{42:chars}{43:chars}{44:chars}{45:chars}{46:chars}{47:chars}" +
		"{48:chars}{49:chars}{50:chars}{51:chars}{52:chars}{53:chars}{54:chars}{55:chars}{56:chars}{57:chars}{58:chars}{59:chars}{60:chars}{61:chars}{62:chars}{63:chars}"
)

var iptablesWhys = [int(endIptablesWhy) - baseIptables]string{
	WhyXtPolicyAccept & 255:  "No rule of " + xtChain + " decided: its policy is ACCEPT.",
	WhyXtPolicyDrop & 255:    "No rule of " + xtChain + " decided: its policy is DROP.",
	WhyXtVerdict & 255:       "Rule " + xtChain + " {6} decides: {7:xtverdict}.",
	WhyXtRule & 255:          "rule " + xtChain + " {6} matches: " + xtText + " ({7:xtverdict})",
	WhyXtHotDrop & 255:       "A rule of " + xtChain + " cannot read what it must compare: the packet is broken, and dropped.",
	WhyXtTrace & 255:         "kernel log: " + xtLine,
	WhyXtLog & 255:           "kernel log: " + xtLine,
	WhyXtNFLog & 255:         "A copy goes to programs that listen to a log group: " + xtLine,
	WhyXtNotModelled & 255:   "The rule needs {0:chars}{1:chars}{2:chars}{3:chars}, which is not modelled.",
	WhyXtMark & 255:          "The packet's mark becomes {0:hex}.",
	WhyXtConnMark & 255:      "The connection's mark becomes {0:hex}.",
	WhyXtNoConn & 255:        "The packet belongs to no connection: nothing changes.",
	WhyXtPriority & 255:      "The packet's class becomes {0:hex}.",
	WhyXtNotrack & 255:       "The packet will not be tracked.",
	WhyXtTemplate & 255:      "The packet will be tracked as the rule says, in zone {0}.",
	WhyXtTOS & 255:           "The TOS byte was {0:hex}, it becomes {1:hex}.",
	WhyXtTTL & 255:           "It had {0} {0?hop|hops} left, it has {1} now.",
	WhyXtMSS & 255:           "The largest segment was {0} (0: not said), it becomes {1}.",
	WhyXtStrip & 255:         "TCP option {0} is overwritten.",
	WhyXtTee & 255:           "A copy goes to {0:ip} by {2:dev}.",
	WhyXtProxy & 255:         "A socket at {0:ip} port {2} takes it; its mark becomes {3:hex}.",
	WhyXtNoProxy & 255:       "No transparent socket waits at {0:ip} port {2}: it is dropped.",
	WhyXtSetAdded & 255:      "The value goes into the set {0:chars}{1:chars}{2:chars}{3:chars}, which has {4} {4?element|elements} now.",
	WhyXtSetDeleted & 255:    "The value is taken out of the set {0:chars}{1:chars}{2:chars}{3:chars}.",
	WhySynproxyCookie & 255:  "The SYN is answered with cookie {0}: what it offered is in the number (segment size {1}) and in the timestamp. Its window is 0, so that the client does not send yet.",
	WhySynproxyBad & 255:     "What it acknowledges is no cookie of the last two minutes.",
	WhySynproxyGood & 255:    "What it acknowledges is a cookie: the client is really there, and wants segments of up to {0} bytes.",
	WhySynproxyServer & 255:  "The server gets the client's SYN with number {0}; its ACK field carries {1}, the number that the proxy chose.",
	WhySynproxyNoRoute & 255: "There is no route for it.",
	WhySynproxyWaits & 255:   "The connection waits for the server. The client knows the number {0}.",
	WhySynproxyJoined & 255:  "The server's number is {0}, the client knows {1}: from now on all numbers move by the difference.",
	WhySynproxyStamp & 255:   "The server's timestamps move by {0}.",
	WhySynproxyNot & 255:     "Neither a first SYN nor an ACK: the next rule follows.",
	WhyXtSetFull & 255:       "The set {0:chars}{1:chars}{2:chars}{3:chars} is full: nothing can be added.",
}

// Which rules were passed over, and by which operand. The first six values name
// the chain, then come the rule's number, the option (twelve) and the packet's
// value.
const (
	TryXtOther Try = Try(baseIptables + 1 + iota)
	TryXtSrc
	TryXtDst
	TryXtIn
	TryXtOut
	TryXtProto
	TryXtNoProto
	TryXtFrag
	TryXtLater
	TryXtShort
	TryXtSport
	TryXtDport
	TryXtPorts
	TryXtFlags
	TryXtOption
	TryXtICMP
	TryXtICMP6
	TryXtCTNone
	TryXtCTState
	TryXtCTDir
	TryXtCTAddr
	TryXtCTPort
	TryXtCTStatus
	TryXtCTExpires
	TryXtMark
	TryXtValue
	TryXtHex
	TryXtLength
	TryXtTTL
	TryXtTOS
	TryXtDSCP
	TryXtMAC
	TryXtNoMAC
	TryXtPktType
	TryXtSrcType
	TryXtDstType
	TryXtReverse
	TryXtNoHeader
	TryXtNoSocket
	TryXtSocket
	TryXtOwner
	TryXtNoBridge
	TryXtLimit
	TryXtRate
	TryXtFull
	TryXtQuota
	TryXtChance
	TryXtNth
	TryXtTime
	TryXtString
	TryXtConns
	TryXtSeen
	TryXtNotSeen
	TryXtSet
	endIptablesTry
)

const (
	xtRule = "rule " + xtChain + " {6}"
	xtOpt  = "{7:chars}{8:chars}{9:chars}{10:chars}{11:chars}{12:chars}{13:chars}{14:chars}{15:chars}{16:chars}{17:chars}{18:chars}: "
)

var iptablesTries = [int(endIptablesTry) - baseIptables]Tried{
	TryXtOther & 255:     {"rule", xtRule, xtOpt + "it does not match"},
	TryXtSrc & 255:       {"rule", xtRule, xtOpt + "the source is {19:ip}"},
	TryXtDst & 255:       {"rule", xtRule, xtOpt + "the destination is {19:ip}"},
	TryXtIn & 255:        {"rule", xtRule, xtOpt + "it came in by {19:dev}"},
	TryXtOut & 255:       {"rule", xtRule, xtOpt + "it goes out by {19:dev}"},
	TryXtProto & 255:     {"rule", xtRule, xtOpt + "the protocol is {19:proto}"},
	TryXtNoProto & 255:   {"rule", xtRule, xtOpt + "its headers do not lead to a protocol"},
	TryXtFrag & 255:      {"rule", xtRule, xtOpt + "the fragment's offset is {19}"},
	TryXtLater & 255:     {"rule", xtRule, xtOpt + "it is a later fragment, without that header"},
	TryXtShort & 255:     {"rule", xtRule, xtOpt + "the packet is too short for it"},
	TryXtSport & 255:     {"rule", xtRule, xtOpt + "the source port is {19}"},
	TryXtDport & 255:     {"rule", xtRule, xtOpt + "the destination port is {19}"},
	TryXtPorts & 255:     {"rule", xtRule, xtOpt + "the ports are {19} and {20}"},
	TryXtFlags & 255:     {"rule", xtRule, xtOpt + "the flags are {19:tcpbits}"},
	TryXtOption & 255:    {"rule", xtRule, xtOpt + "TCP option {19} decides"},
	TryXtICMP & 255:      {"rule", xtRule, xtOpt + "it is {19:icmp}"},
	TryXtICMP6 & 255:     {"rule", xtRule, xtOpt + "it is {19:icmp6}"},
	TryXtCTNone & 255:    {"rule", xtRule, xtOpt + "nothing of the kind is known of its connection"},
	TryXtCTState & 255:   {"rule", xtRule, xtOpt + "the state is {19:ctset}"},
	TryXtCTDir & 255:     {"rule", xtRule, xtOpt + "the direction is {19:ctdir}"},
	TryXtCTAddr & 255:    {"rule", xtRule, xtOpt + "the connection has {19:ip}"},
	TryXtCTPort & 255:    {"rule", xtRule, xtOpt + "the connection has port {19}"},
	TryXtCTStatus & 255:  {"rule", xtRule, xtOpt + "the status is {19:ctstatus}"},
	TryXtCTExpires & 255: {"rule", xtRule, xtOpt + "the connection ends in {19} s"},
	TryXtMark & 255:      {"rule", xtRule, xtOpt + "the mark is {19:hex}"},
	TryXtValue & 255:     {"rule", xtRule, xtOpt + "it is {19}"},
	TryXtHex & 255:       {"rule", xtRule, xtOpt + "it is {19:hex}"},
	TryXtLength & 255:    {"rule", xtRule, xtOpt + "the packet has {19} {19?byte|bytes}"},
	TryXtTTL & 255:       {"rule", xtRule, xtOpt + "it has {19} {19?hop|hops} left"},
	TryXtTOS & 255:       {"rule", xtRule, xtOpt + "the TOS byte is {19:hex}"},
	TryXtDSCP & 255:      {"rule", xtRule, xtOpt + "the DSCP is {19:hex}"},
	TryXtMAC & 255:       {"rule", xtRule, xtOpt + "the link address is {19:mac}"},
	TryXtNoMAC & 255:     {"rule", xtRule, xtOpt + "it has no link header"},
	TryXtPktType & 255:   {"rule", xtRule, xtOpt + "it is {19:pkt}"},
	TryXtSrcType & 255:   {"rule", xtRule, xtOpt + "the source {19:ip} is {21:route}"},
	TryXtDstType & 255:   {"rule", xtRule, xtOpt + "the destination {19:ip} is {21:route}"},
	TryXtReverse & 255:   {"rule", xtRule, xtOpt + "so is the way back to {19:ip} with {21:dev}"},
	TryXtNoHeader & 255:  {"rule", xtRule, xtOpt + "it has no header of kind {19}"},
	TryXtNoSocket & 255:  {"rule", xtRule, xtOpt + "no socket is known"},
	TryXtSocket & 255:    {"rule", xtRule, xtOpt + "its socket is not of the kind"},
	TryXtOwner & 255:     {"rule", xtRule, xtOpt + "the sender's number is {19}"},
	TryXtNoBridge & 255:  {"rule", xtRule, xtOpt + "the ports of the bridge decide"},
	TryXtLimit & 255:     {"rule", xtRule, xtOpt + "{19} of {20} credits are there"},
	TryXtRate & 255:      {"rule", xtRule, xtOpt + "{19} in this interval, {20} are allowed"},
	TryXtFull & 255:      {"rule", xtRule, xtOpt + "the table is full ({19})"},
	TryXtQuota & 255:     {"rule", xtRule, xtOpt + "{19} {19?byte is|bytes are} left"},
	TryXtChance & 255:    {"rule", xtRule, xtOpt + "chance gave {19} of 1000000"},
	TryXtNth & 255:       {"rule", xtRule, xtOpt + "the count is {19}"},
	TryXtTime & 255:      {"rule", xtRule, xtOpt + "it is day {19} of the week, {20:dur} after midnight UTC"},
	TryXtString & 255:    {"rule", xtRule, xtOpt + "the text decides"},
	TryXtConns & 255:     {"rule", xtRule, xtOpt + "there are {19}"},
	TryXtSeen & 255:      {"rule", xtRule, xtOpt + "the address was seen, {19} {19?time|times} in the time that counts"},
	TryXtNotSeen & 255:   {"rule", xtRule, xtOpt + "the address is not in the list"},
	TryXtSet & 255:       {"rule", xtRule, xtOpt + "the set decides"},
}

var xtVerdictNames = [...]string{"DROP", "ACCEPT", "STOLEN", "QUEUE", "RETURN", "the next rule follows", "its chain follows"}

// appendXtVerdict names a verdict of iptables.
func appendXtVerdict(b []byte, v uint64) []byte {
	if v < uint64(len(xtVerdictNames)) {
		return append(b, xtVerdictNames[v]...)
	}
	return append(b, '?')
}
