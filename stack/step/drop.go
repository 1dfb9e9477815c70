package step

// A DropReason is the kernel's enum skb_drop_reason (include/net/dropreason-core.h
// of Linux 6.18): why a packet was freed.
type DropReason uint8

// The reasons, with the kernel's numbers.
const (
	NotDropped                DropReason = 0   // SKB_NOT_DROPPED_YET
	DropConsumed              DropReason = 1   // SKB_CONSUMED: freed, and no loss
	DropNotSpecified          DropReason = 2   // SKB_DROP_REASON_NOT_SPECIFIED
	DropNoSocket              DropReason = 3   // SKB_DROP_REASON_NO_SOCKET
	DropSocketClose           DropReason = 4   // SKB_DROP_REASON_SOCKET_CLOSE
	DropSocketFilter          DropReason = 5   // SKB_DROP_REASON_SOCKET_FILTER
	DropSocketRcvbuff         DropReason = 6   // SKB_DROP_REASON_SOCKET_RCVBUFF
	DropUnixDisconnect        DropReason = 7   // SKB_DROP_REASON_UNIX_DISCONNECT
	DropUnixSkipOob           DropReason = 8   // SKB_DROP_REASON_UNIX_SKIP_OOB
	DropPktTooSmall           DropReason = 9   // SKB_DROP_REASON_PKT_TOO_SMALL
	DropTCPCSUM               DropReason = 10  // SKB_DROP_REASON_TCP_CSUM
	DropUDPCSUM               DropReason = 11  // SKB_DROP_REASON_UDP_CSUM
	DropNetfilterDrop         DropReason = 12  // SKB_DROP_REASON_NETFILTER_DROP
	DropOtherhost             DropReason = 13  // SKB_DROP_REASON_OTHERHOST
	DropIPCSUM                DropReason = 14  // SKB_DROP_REASON_IP_CSUM
	DropIPInhdr               DropReason = 15  // SKB_DROP_REASON_IP_INHDR
	DropIPRpfilter            DropReason = 16  // SKB_DROP_REASON_IP_RPFILTER
	DropUnicastInL2Multicast  DropReason = 17  // SKB_DROP_REASON_UNICAST_IN_L2_MULTICAST
	DropXFRMPolicy            DropReason = 18  // SKB_DROP_REASON_XFRM_POLICY
	DropIPNoproto             DropReason = 19  // SKB_DROP_REASON_IP_NOPROTO
	DropProtoMem              DropReason = 20  // SKB_DROP_REASON_PROTO_MEM
	DropTCPAuthHdr            DropReason = 21  // SKB_DROP_REASON_TCP_AUTH_HDR
	DropTCPMd5notfound        DropReason = 22  // SKB_DROP_REASON_TCP_MD5NOTFOUND
	DropTCPMd5unexpected      DropReason = 23  // SKB_DROP_REASON_TCP_MD5UNEXPECTED
	DropTCPMd5failure         DropReason = 24  // SKB_DROP_REASON_TCP_MD5FAILURE
	DropTCPAonotfound         DropReason = 25  // SKB_DROP_REASON_TCP_AONOTFOUND
	DropTCPAounexpected       DropReason = 26  // SKB_DROP_REASON_TCP_AOUNEXPECTED
	DropTCPAokeynotfound      DropReason = 27  // SKB_DROP_REASON_TCP_AOKEYNOTFOUND
	DropTCPAofailure          DropReason = 28  // SKB_DROP_REASON_TCP_AOFAILURE
	DropSocketBacklog         DropReason = 29  // SKB_DROP_REASON_SOCKET_BACKLOG
	DropTCPFlags              DropReason = 30  // SKB_DROP_REASON_TCP_FLAGS
	DropTCPAbortOnData        DropReason = 31  // SKB_DROP_REASON_TCP_ABORT_ON_DATA
	DropTCPZerowindow         DropReason = 32  // SKB_DROP_REASON_TCP_ZEROWINDOW
	DropTCPOldData            DropReason = 33  // SKB_DROP_REASON_TCP_OLD_DATA
	DropTCPOverwindow         DropReason = 34  // SKB_DROP_REASON_TCP_OVERWINDOW
	DropTCPOfomerge           DropReason = 35  // SKB_DROP_REASON_TCP_OFOMERGE
	DropTCPRfc7323PAWS        DropReason = 36  // SKB_DROP_REASON_TCP_RFC7323_PAWS
	DropTCPRfc7323PAWSACK     DropReason = 37  // SKB_DROP_REASON_TCP_RFC7323_PAWS_ACK
	DropTCPRfc7323TwPAWS      DropReason = 38  // SKB_DROP_REASON_TCP_RFC7323_TW_PAWS
	DropTCPRfc7323Tsecr       DropReason = 39  // SKB_DROP_REASON_TCP_RFC7323_TSECR
	DropTCPListenOverflow     DropReason = 40  // SKB_DROP_REASON_TCP_LISTEN_OVERFLOW
	DropTCPOldSequence        DropReason = 41  // SKB_DROP_REASON_TCP_OLD_SEQUENCE
	DropTCPInvalidSequence    DropReason = 42  // SKB_DROP_REASON_TCP_INVALID_SEQUENCE
	DropTCPInvalidEndSequence DropReason = 43  // SKB_DROP_REASON_TCP_INVALID_END_SEQUENCE
	DropTCPInvalidACKSequence DropReason = 44  // SKB_DROP_REASON_TCP_INVALID_ACK_SEQUENCE
	DropTCPReset              DropReason = 45  // SKB_DROP_REASON_TCP_RESET
	DropTCPInvalidSYN         DropReason = 46  // SKB_DROP_REASON_TCP_INVALID_SYN
	DropTCPClose              DropReason = 47  // SKB_DROP_REASON_TCP_CLOSE
	DropTCPFastopen           DropReason = 48  // SKB_DROP_REASON_TCP_FASTOPEN
	DropTCPOldACK             DropReason = 49  // SKB_DROP_REASON_TCP_OLD_ACK
	DropTCPTooOldACK          DropReason = 50  // SKB_DROP_REASON_TCP_TOO_OLD_ACK
	DropTCPACKUnsentData      DropReason = 51  // SKB_DROP_REASON_TCP_ACK_UNSENT_DATA
	DropTCPOfoQueuePrune      DropReason = 52  // SKB_DROP_REASON_TCP_OFO_QUEUE_PRUNE
	DropTCPOfoDrop            DropReason = 53  // SKB_DROP_REASON_TCP_OFO_DROP
	DropIPOutnoroutes         DropReason = 54  // SKB_DROP_REASON_IP_OUTNOROUTES
	DropBPFCgroupEgress       DropReason = 55  // SKB_DROP_REASON_BPF_CGROUP_EGRESS
	DropIpv6disabled          DropReason = 56  // SKB_DROP_REASON_IPV6DISABLED
	DropNeighCreatefail       DropReason = 57  // SKB_DROP_REASON_NEIGH_CREATEFAIL
	DropNeighFailed           DropReason = 58  // SKB_DROP_REASON_NEIGH_FAILED
	DropNeighQueuefull        DropReason = 59  // SKB_DROP_REASON_NEIGH_QUEUEFULL
	DropNeighDead             DropReason = 60  // SKB_DROP_REASON_NEIGH_DEAD
	DropNeighHhFillfail       DropReason = 61  // SKB_DROP_REASON_NEIGH_HH_FILLFAIL
	DropTCEgress              DropReason = 62  // SKB_DROP_REASON_TC_EGRESS
	DropSecurityHook          DropReason = 63  // SKB_DROP_REASON_SECURITY_HOOK
	DropQdiscDrop             DropReason = 64  // SKB_DROP_REASON_QDISC_DROP
	DropQdiscOverlimit        DropReason = 65  // SKB_DROP_REASON_QDISC_OVERLIMIT
	DropQdiscCongested        DropReason = 66  // SKB_DROP_REASON_QDISC_CONGESTED
	DropCakeFlood             DropReason = 67  // SKB_DROP_REASON_CAKE_FLOOD
	DropFqBandLimit           DropReason = 68  // SKB_DROP_REASON_FQ_BAND_LIMIT
	DropFqHorizonLimit        DropReason = 69  // SKB_DROP_REASON_FQ_HORIZON_LIMIT
	DropFqFlowLimit           DropReason = 70  // SKB_DROP_REASON_FQ_FLOW_LIMIT
	DropCPUBacklog            DropReason = 71  // SKB_DROP_REASON_CPU_BACKLOG
	DropXDP                   DropReason = 72  // SKB_DROP_REASON_XDP
	DropTCIngress             DropReason = 73  // SKB_DROP_REASON_TC_INGRESS
	DropUnhandledProto        DropReason = 74  // SKB_DROP_REASON_UNHANDLED_PROTO
	DropSKBCSUM               DropReason = 75  // SKB_DROP_REASON_SKB_CSUM
	DropSKBGsoSeg             DropReason = 76  // SKB_DROP_REASON_SKB_GSO_SEG
	DropSKBUcopyFault         DropReason = 77  // SKB_DROP_REASON_SKB_UCOPY_FAULT
	DropDevHdr                DropReason = 78  // SKB_DROP_REASON_DEV_HDR
	DropDevReady              DropReason = 79  // SKB_DROP_REASON_DEV_READY
	DropFullRing              DropReason = 80  // SKB_DROP_REASON_FULL_RING
	DropNomem                 DropReason = 81  // SKB_DROP_REASON_NOMEM
	DropHdrTrunc              DropReason = 82  // SKB_DROP_REASON_HDR_TRUNC
	DropTAPFilter             DropReason = 83  // SKB_DROP_REASON_TAP_FILTER
	DropTAPTxfilter           DropReason = 84  // SKB_DROP_REASON_TAP_TXFILTER
	DropICMPCSUM              DropReason = 85  // SKB_DROP_REASON_ICMP_CSUM
	DropInvalidProto          DropReason = 86  // SKB_DROP_REASON_INVALID_PROTO
	DropIPInaddrerrors        DropReason = 87  // SKB_DROP_REASON_IP_INADDRERRORS
	DropIPInnoroutes          DropReason = 88  // SKB_DROP_REASON_IP_INNOROUTES
	DropIPLocalSource         DropReason = 89  // SKB_DROP_REASON_IP_LOCAL_SOURCE
	DropIPInvalidSource       DropReason = 90  // SKB_DROP_REASON_IP_INVALID_SOURCE
	DropIPLocalnet            DropReason = 91  // SKB_DROP_REASON_IP_LOCALNET
	DropIPInvalidDest         DropReason = 92  // SKB_DROP_REASON_IP_INVALID_DEST
	DropPktTooBig             DropReason = 93  // SKB_DROP_REASON_PKT_TOO_BIG
	DropDupFrag               DropReason = 94  // SKB_DROP_REASON_DUP_FRAG
	DropFragReasmTimeout      DropReason = 95  // SKB_DROP_REASON_FRAG_REASM_TIMEOUT
	DropFragTooFar            DropReason = 96  // SKB_DROP_REASON_FRAG_TOO_FAR
	DropTCPMinttl             DropReason = 97  // SKB_DROP_REASON_TCP_MINTTL
	DropIPV6BadExthdr         DropReason = 98  // SKB_DROP_REASON_IPV6_BAD_EXTHDR
	DropIPV6NdiscFrag         DropReason = 99  // SKB_DROP_REASON_IPV6_NDISC_FRAG
	DropIPV6NdiscHopLimit     DropReason = 100 // SKB_DROP_REASON_IPV6_NDISC_HOP_LIMIT
	DropIPV6NdiscBadCode      DropReason = 101 // SKB_DROP_REASON_IPV6_NDISC_BAD_CODE
	DropIPV6NdiscBadOptions   DropReason = 102 // SKB_DROP_REASON_IPV6_NDISC_BAD_OPTIONS
	DropIPV6NdiscNsOtherhost  DropReason = 103 // SKB_DROP_REASON_IPV6_NDISC_NS_OTHERHOST
	DropQueuePurge            DropReason = 104 // SKB_DROP_REASON_QUEUE_PURGE
	DropTCCookieError         DropReason = 105 // SKB_DROP_REASON_TC_COOKIE_ERROR
	DropPacketSockError       DropReason = 106 // SKB_DROP_REASON_PACKET_SOCK_ERROR
	DropTCChainNotfound       DropReason = 107 // SKB_DROP_REASON_TC_CHAIN_NOTFOUND
	DropTCReclassifyLoop      DropReason = 108 // SKB_DROP_REASON_TC_RECLASSIFY_LOOP
	DropVxlanInvalidHdr       DropReason = 109 // SKB_DROP_REASON_VXLAN_INVALID_HDR
	DropVxlanVniNotFound      DropReason = 110 // SKB_DROP_REASON_VXLAN_VNI_NOT_FOUND
	DropMACInvalidSource      DropReason = 111 // SKB_DROP_REASON_MAC_INVALID_SOURCE
	DropVxlanEntryExists      DropReason = 112 // SKB_DROP_REASON_VXLAN_ENTRY_EXISTS
	DropNoTxTarget            DropReason = 113 // SKB_DROP_REASON_NO_TX_TARGET
	DropIPTunnelEcn           DropReason = 114 // SKB_DROP_REASON_IP_TUNNEL_ECN
	DropTunnelTxinfo          DropReason = 115 // SKB_DROP_REASON_TUNNEL_TXINFO
	DropLocalMAC              DropReason = 116 // SKB_DROP_REASON_LOCAL_MAC
	DropArpPvlanDisable       DropReason = 117 // SKB_DROP_REASON_ARP_PVLAN_DISABLE
	DropMACIeeeMACControl     DropReason = 118 // SKB_DROP_REASON_MAC_IEEE_MAC_CONTROL
	DropBridgeIngressSTPState DropReason = 119 // SKB_DROP_REASON_BRIDGE_INGRESS_STP_STATE
	DropCanRxInvalidFrame     DropReason = 120 // SKB_DROP_REASON_CAN_RX_INVALID_FRAME
	DropCanfdRxInvalidFrame   DropReason = 121 // SKB_DROP_REASON_CANFD_RX_INVALID_FRAME
	DropCanxlRxInvalidFrame   DropReason = 122 // SKB_DROP_REASON_CANXL_RX_INVALID_FRAME
	DropPfmemalloc            DropReason = 123 // SKB_DROP_REASON_PFMEMALLOC
	DropDualpi2StepDrop       DropReason = 124 // SKB_DROP_REASON_DUALPI2_STEP_DROP
	DropPspInput              DropReason = 125 // SKB_DROP_REASON_PSP_INPUT
	DropPspOutput             DropReason = 126 // SKB_DROP_REASON_PSP_OUTPUT
	DropRecursionLimit        DropReason = 127 // SKB_DROP_REASON_RECURSION_LIMIT
	DropMax                   DropReason = 128 // SKB_DROP_REASON_MAX
)

var dropNames = [...]string{
	NotDropped:                "",
	DropConsumed:              "CONSUMED",
	DropNotSpecified:          "NOT_SPECIFIED",
	DropNoSocket:              "NO_SOCKET",
	DropSocketClose:           "SOCKET_CLOSE",
	DropSocketFilter:          "SOCKET_FILTER",
	DropSocketRcvbuff:         "SOCKET_RCVBUFF",
	DropUnixDisconnect:        "UNIX_DISCONNECT",
	DropUnixSkipOob:           "UNIX_SKIP_OOB",
	DropPktTooSmall:           "PKT_TOO_SMALL",
	DropTCPCSUM:               "TCP_CSUM",
	DropUDPCSUM:               "UDP_CSUM",
	DropNetfilterDrop:         "NETFILTER_DROP",
	DropOtherhost:             "OTHERHOST",
	DropIPCSUM:                "IP_CSUM",
	DropIPInhdr:               "IP_INHDR",
	DropIPRpfilter:            "IP_RPFILTER",
	DropUnicastInL2Multicast:  "UNICAST_IN_L2_MULTICAST",
	DropXFRMPolicy:            "XFRM_POLICY",
	DropIPNoproto:             "IP_NOPROTO",
	DropProtoMem:              "PROTO_MEM",
	DropTCPAuthHdr:            "TCP_AUTH_HDR",
	DropTCPMd5notfound:        "TCP_MD5NOTFOUND",
	DropTCPMd5unexpected:      "TCP_MD5UNEXPECTED",
	DropTCPMd5failure:         "TCP_MD5FAILURE",
	DropTCPAonotfound:         "TCP_AONOTFOUND",
	DropTCPAounexpected:       "TCP_AOUNEXPECTED",
	DropTCPAokeynotfound:      "TCP_AOKEYNOTFOUND",
	DropTCPAofailure:          "TCP_AOFAILURE",
	DropSocketBacklog:         "SOCKET_BACKLOG",
	DropTCPFlags:              "TCP_FLAGS",
	DropTCPAbortOnData:        "TCP_ABORT_ON_DATA",
	DropTCPZerowindow:         "TCP_ZEROWINDOW",
	DropTCPOldData:            "TCP_OLD_DATA",
	DropTCPOverwindow:         "TCP_OVERWINDOW",
	DropTCPOfomerge:           "TCP_OFOMERGE",
	DropTCPRfc7323PAWS:        "TCP_RFC7323_PAWS",
	DropTCPRfc7323PAWSACK:     "TCP_RFC7323_PAWS_ACK",
	DropTCPRfc7323TwPAWS:      "TCP_RFC7323_TW_PAWS",
	DropTCPRfc7323Tsecr:       "TCP_RFC7323_TSECR",
	DropTCPListenOverflow:     "TCP_LISTEN_OVERFLOW",
	DropTCPOldSequence:        "TCP_OLD_SEQUENCE",
	DropTCPInvalidSequence:    "TCP_INVALID_SEQUENCE",
	DropTCPInvalidEndSequence: "TCP_INVALID_END_SEQUENCE",
	DropTCPInvalidACKSequence: "TCP_INVALID_ACK_SEQUENCE",
	DropTCPReset:              "TCP_RESET",
	DropTCPInvalidSYN:         "TCP_INVALID_SYN",
	DropTCPClose:              "TCP_CLOSE",
	DropTCPFastopen:           "TCP_FASTOPEN",
	DropTCPOldACK:             "TCP_OLD_ACK",
	DropTCPTooOldACK:          "TCP_TOO_OLD_ACK",
	DropTCPACKUnsentData:      "TCP_ACK_UNSENT_DATA",
	DropTCPOfoQueuePrune:      "TCP_OFO_QUEUE_PRUNE",
	DropTCPOfoDrop:            "TCP_OFO_DROP",
	DropIPOutnoroutes:         "IP_OUTNOROUTES",
	DropBPFCgroupEgress:       "BPF_CGROUP_EGRESS",
	DropIpv6disabled:          "IPV6DISABLED",
	DropNeighCreatefail:       "NEIGH_CREATEFAIL",
	DropNeighFailed:           "NEIGH_FAILED",
	DropNeighQueuefull:        "NEIGH_QUEUEFULL",
	DropNeighDead:             "NEIGH_DEAD",
	DropNeighHhFillfail:       "NEIGH_HH_FILLFAIL",
	DropTCEgress:              "TC_EGRESS",
	DropSecurityHook:          "SECURITY_HOOK",
	DropQdiscDrop:             "QDISC_DROP",
	DropQdiscOverlimit:        "QDISC_OVERLIMIT",
	DropQdiscCongested:        "QDISC_CONGESTED",
	DropCakeFlood:             "CAKE_FLOOD",
	DropFqBandLimit:           "FQ_BAND_LIMIT",
	DropFqHorizonLimit:        "FQ_HORIZON_LIMIT",
	DropFqFlowLimit:           "FQ_FLOW_LIMIT",
	DropCPUBacklog:            "CPU_BACKLOG",
	DropXDP:                   "XDP",
	DropTCIngress:             "TC_INGRESS",
	DropUnhandledProto:        "UNHANDLED_PROTO",
	DropSKBCSUM:               "SKB_CSUM",
	DropSKBGsoSeg:             "SKB_GSO_SEG",
	DropSKBUcopyFault:         "SKB_UCOPY_FAULT",
	DropDevHdr:                "DEV_HDR",
	DropDevReady:              "DEV_READY",
	DropFullRing:              "FULL_RING",
	DropNomem:                 "NOMEM",
	DropHdrTrunc:              "HDR_TRUNC",
	DropTAPFilter:             "TAP_FILTER",
	DropTAPTxfilter:           "TAP_TXFILTER",
	DropICMPCSUM:              "ICMP_CSUM",
	DropInvalidProto:          "INVALID_PROTO",
	DropIPInaddrerrors:        "IP_INADDRERRORS",
	DropIPInnoroutes:          "IP_INNOROUTES",
	DropIPLocalSource:         "IP_LOCAL_SOURCE",
	DropIPInvalidSource:       "IP_INVALID_SOURCE",
	DropIPLocalnet:            "IP_LOCALNET",
	DropIPInvalidDest:         "IP_INVALID_DEST",
	DropPktTooBig:             "PKT_TOO_BIG",
	DropDupFrag:               "DUP_FRAG",
	DropFragReasmTimeout:      "FRAG_REASM_TIMEOUT",
	DropFragTooFar:            "FRAG_TOO_FAR",
	DropTCPMinttl:             "TCP_MINTTL",
	DropIPV6BadExthdr:         "IPV6_BAD_EXTHDR",
	DropIPV6NdiscFrag:         "IPV6_NDISC_FRAG",
	DropIPV6NdiscHopLimit:     "IPV6_NDISC_HOP_LIMIT",
	DropIPV6NdiscBadCode:      "IPV6_NDISC_BAD_CODE",
	DropIPV6NdiscBadOptions:   "IPV6_NDISC_BAD_OPTIONS",
	DropIPV6NdiscNsOtherhost:  "IPV6_NDISC_NS_OTHERHOST",
	DropQueuePurge:            "QUEUE_PURGE",
	DropTCCookieError:         "TC_COOKIE_ERROR",
	DropPacketSockError:       "PACKET_SOCK_ERROR",
	DropTCChainNotfound:       "TC_CHAIN_NOTFOUND",
	DropTCReclassifyLoop:      "TC_RECLASSIFY_LOOP",
	DropVxlanInvalidHdr:       "VXLAN_INVALID_HDR",
	DropVxlanVniNotFound:      "VXLAN_VNI_NOT_FOUND",
	DropMACInvalidSource:      "MAC_INVALID_SOURCE",
	DropVxlanEntryExists:      "VXLAN_ENTRY_EXISTS",
	DropNoTxTarget:            "NO_TX_TARGET",
	DropIPTunnelEcn:           "IP_TUNNEL_ECN",
	DropTunnelTxinfo:          "TUNNEL_TXINFO",
	DropLocalMAC:              "LOCAL_MAC",
	DropArpPvlanDisable:       "ARP_PVLAN_DISABLE",
	DropMACIeeeMACControl:     "MAC_IEEE_MAC_CONTROL",
	DropBridgeIngressSTPState: "BRIDGE_INGRESS_STP_STATE",
	DropCanRxInvalidFrame:     "CAN_RX_INVALID_FRAME",
	DropCanfdRxInvalidFrame:   "CANFD_RX_INVALID_FRAME",
	DropCanxlRxInvalidFrame:   "CANXL_RX_INVALID_FRAME",
	DropPfmemalloc:            "PFMEMALLOC",
	DropDualpi2StepDrop:       "DUALPI2_STEP_DROP",
	DropPspInput:              "PSP_INPUT",
	DropPspOutput:             "PSP_OUTPUT",
	DropRecursionLimit:        "RECURSION_LIMIT",
	DropMax:                   "MAX",
}

// String returns the kernel's name without SKB_DROP_REASON_.
func (r DropReason) String() string {
	if int(r) < len(dropNames) {
		return dropNames[r]
	}
	return "reason " + itoa(int(r))
}
