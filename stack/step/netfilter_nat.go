package step

const baseNAT = int(areaNAT) << 8

// Network address translation.
const (
	NfNatIpv4PreRouting Step = Step(baseNAT + 1 + iota)
	NfNatIpv4Out
	NfNatIpv4LocalFn
	NfNatIpv4LocalIn
	NfNatIpv6In
	NfNatIpv6Out
	NfNatIpv6LocalFn
	NfNatIpv6LocalIn
	NfNatInetFn
	NfNatSetupInfo
	GetUniqueTuple
	FindAppropriateSrc
	NfNatL4protoUniqueTuple
	NfNatAllocNullBinding
	NfNatPacket
	NfNatManipPkt
	NfNatIcmpReplyTranslation
	NfNatIcmpv6ReplyTranslation
	NfNatMasqueradeIPv4
	NfNatMasqueradeIPv6
	NfNatRedirectIPv4
	NfNatRedirectIPv6
	NfNatFtp
	NatMasqCleanup
	IP6RouteMeHarder
	NfCTFrag6Gather
	endNat
)

var natSteps = [int(endNat) - baseNAT]Info{
	NfNatIpv4PreRouting & 255:         {"nf_nat_ipv4_pre_routing", Netfilter, "net/netfilter/nf_nat_proto.c", "Change the destination of a packet that came in, before routing."},
	NfNatIpv4Out & 255:                {"nf_nat_ipv4_out", Netfilter, "net/netfilter/nf_nat_proto.c", "Change the source of a packet that leaves, after all filters."},
	NfNatIpv4LocalFn & 255:            {"nf_nat_ipv4_local_fn", Netfilter, "net/netfilter/nf_nat_proto.c", "Change the destination of a packet that this host made."},
	NfNatIpv4LocalIn & 255:            {"nf_nat_ipv4_local_in", Netfilter, "net/netfilter/nf_nat_proto.c", "Change the source of a packet for this host."},
	NfNatIpv6In & 255:                 {"nf_nat_ipv6_in", Netfilter, "net/netfilter/nf_nat_proto.c", "Change the destination of an IPv6 packet that came in, before routing."},
	NfNatIpv6Out & 255:                {"nf_nat_ipv6_out", Netfilter, "net/netfilter/nf_nat_proto.c", "Change the source of an IPv6 packet that leaves."},
	NfNatIpv6LocalFn & 255:            {"nf_nat_ipv6_local_fn", Netfilter, "net/netfilter/nf_nat_proto.c", "Change the destination of an IPv6 packet that this host made."},
	NfNatIpv6LocalIn & 255:            {"nf_nat_ipv6_local_in", Netfilter, "net/netfilter/nf_nat_proto.c", "Change the source of an IPv6 packet for this host."},
	NfNatInetFn & 255:                 {"nf_nat_inet_fn", Netfilter, "net/netfilter/nf_nat_core.c", "Only the first packet asks the NAT rules; all others do as it did."},
	NfNatSetupInfo & 255:              {"nf_nat_setup_info", Netfilter, "net/netfilter/nf_nat_core.c", "Choose the new address and port, and what answers will look like."},
	GetUniqueTuple & 255:              {"get_unique_tuple", Netfilter, "net/netfilter/nf_nat_core.c", "Find an address and a port in the range that no other connection has."},
	FindAppropriateSrc & 255:          {"find_appropriate_src", Netfilter, "net/netfilter/nf_nat_core.c", "Has this source been mapped before? Then the same way again."},
	NfNatL4protoUniqueTuple & 255:     {"nf_nat_l4proto_unique_tuple", Netfilter, "net/netfilter/nf_nat_core.c", "Try ports until one is free."},
	NfNatAllocNullBinding & 255:       {"nf_nat_alloc_null_binding", Netfilter, "net/netfilter/nf_nat_core.c", "No rule wants NAT: keep the address, and do not ask again."},
	NfNatPacket & 255:                 {"nf_nat_packet", Netfilter, "net/netfilter/nf_nat_core.c", "Does this direction need a change here?"},
	NfNatManipPkt & 255:               {"nf_nat_manip_pkt", Netfilter, "net/netfilter/nf_nat_proto.c", "Write the new address and port, and correct the checksums."},
	NfNatIcmpReplyTranslation & 255:   {"nf_nat_icmp_reply_translation", Netfilter, "net/netfilter/nf_nat_proto.c", "Change the packet inside an ICMP error back, and then the error itself."},
	NfNatIcmpv6ReplyTranslation & 255: {"nf_nat_icmpv6_reply_translation", Netfilter, "net/netfilter/nf_nat_proto.c", "Change the packet inside an ICMPv6 error back, and then the error itself."},
	NfNatMasqueradeIPv4 & 255:         {"nf_nat_masquerade_ipv4", Netfilter, "net/netfilter/nf_nat_masquerade.c", "Take the address of the device that the packet leaves by."},
	NfNatMasqueradeIPv6 & 255:         {"nf_nat_masquerade_ipv6", Netfilter, "net/netfilter/nf_nat_masquerade.c", "Take the address of the device that the packet leaves by."},
	NfNatRedirectIPv4 & 255:           {"nf_nat_redirect_ipv4", Netfilter, "net/netfilter/nf_nat_redirect.c", "Send the packet to this host itself."},
	NfNatRedirectIPv6 & 255:           {"nf_nat_redirect_ipv6", Netfilter, "net/netfilter/nf_nat_redirect.c", "Send the packet to this host itself."},
	NfNatFtp & 255:                    {"nf_nat_ftp", Netfilter, "net/netfilter/nf_nat_ftp.c", "Write the changed address into the FTP line that announces a connection."},
	IP6RouteMeHarder & 255:            {"ip6_route_me_harder", Network, "net/ipv6/netfilter.c", "A hook changed the packet: route it again."},
	NfCTFrag6Gather & 255:             {"nf_ct_frag6_gather", Netfilter, "net/ipv6/netfilter/nf_conntrack_reasm.c", "Put the fragments of an IPv6 packet together for conntrack."},
	NatMasqCleanup & 255:              {"iterate_cleanup_work", Netfilter, "net/netfilter/nf_nat_masquerade.c", "A device or address is gone: forget what was masqueraded behind it."},
}

// Why it decided.
const (
	WhyNatNoConn Why = Why(baseNAT + 1 + iota)
	WhyNatAsk
	WhyNatKnown
	WhyNatOifChanged
	WhyNatNull
	WhyNatChose
	WhyNatSame
	WhyNatConfirmed
	WhyNatKeepsPort
	WhyNatSrcFound
	WhyNatAddrOnly
	WhyNatPortFixed
	WhyNatFound
	WhyNatNoPort
	WhyNatFixedProto
	WhyNatWrote
	WhyNatNotHere
	WhyNatIcmp
	WhyNatIcmpNotHere
	WhyNatIcmpBad
	WhyNatMasq
	WhyNatNoAddr
	WhyNatRedirect
	WhyNatReroute
	WhyNatDropDst
	WhyNatOrphan
	WhyNatFtp
	WhyNatCleanup
	WhyRerouted6
	WhyGather6Wait
	WhyGather6Whole
	WhyGather6Bad
	endNatWhy
)

var natWhys = [int(endNatWhy) - baseNAT]string{
	WhyNatNoConn & 255:      "The packet belongs to no connection: NAT leaves it alone.",
	WhyNatAsk & 255:         "The first packet of connection {0}: the NAT rules are asked.",
	WhyNatKnown & 255:       "It is decided how connection {0} is changed ({1:ctstatus}).",
	WhyNatOifChanged & 255:  "Masquerading hides it behind {0:dev}, but it leaves by {1:dev} now: the connection is deleted, the packet dropped.",
	WhyNatNull & 255:        "No rule changes the {0:natmanip} address: it stays {1:ip}.",
	WhyNatChose & 255:       "The {0:natmanip} {1:ip} {3} becomes {4:ip} {6}.",
	WhyNatSame & 255:        "The {0:natmanip} {1:ip} {3} stays as it is.",
	WhyNatConfirmed & 255:   "The connection is in the table: it cannot be changed any more.",
	WhyNatKeepsPort & 255:   "It is in the range and free as it is: nothing needs to change.",
	WhyNatSrcFound & 255:    "This source was mapped before: the same mapping is free for this destination, too.",
	WhyNatAddrOnly & 255:    "{0:ip} with port {2} is free: the port stays.",
	WhyNatPortFixed & 255:   "The rule names one port: {0}.",
	WhyNatFound & 255:       "Port {0} is free, after {1} {1?try|tries}.",
	WhyNatNoPort & 255:      "No free port was found in {0} tries: the last one is kept, and will clash.",
	WhyNatFixedProto & 255:  "{0:proto} has no ports that could be changed.",
	WhyNatWrote & 255:       "{0:ip} {2} > {3:ip} {5} becomes {6:ip} {8} > {9:ip} {11}.",
	WhyNatNotHere & 255:     "In this direction nothing changes at this hook.",
	WhyNatIcmp & 255:        "The ICMP error is about connection {0}: the packet inside it becomes {1:ip} {3} > {4:ip} {6} again, as its sender knows it.",
	WhyNatIcmpNotHere & 255: "The ICMP error is about connection {0}, of which nothing changes at this hook.",
	WhyNatIcmpBad & 255:     "The ICMP error is broken, or a redirect about a connection with NAT: it is dropped.",
	WhyNatMasq & 255:        "Masquerade: the address of {0:dev} for {1:ip} is {3:ip}.",
	WhyNatNoAddr & 255:      "{0:dev} has no address: the packet is dropped.",
	WhyNatRedirect & 255:    "Redirect: the destination becomes {0:ip}, this host.",
	WhyNatReroute & 255:     "The destination changed, so the route is asked for again.",
	WhyNatDropDst & 255:     "The destination changed: what routing had decided does not hold.",
	WhyNatOrphan & 255:      "The socket was found by the address before NAT: it is the wrong one.",
	WhyNatFtp & 255:         "The line names port {0}; behind NAT it has to be {1:ip} port {3}.",
	WhyRerouted6 & 255:      "The route to {0:ip} is asked for again: it leads to {2:dev}.",
	WhyGather6Wait & 255:    "Bytes {0} to {1} of the packet are here, {2} in all: the others are waited for.",
	WhyGather6Whole & 255:   "All fragments are here: one packet of {0} bytes behind its headers.",
	WhyGather6Bad & 255:     "The fragment does not fit the others: it is dropped.",
	WhyNatCleanup & 255:     "{0} connections were masqueraded behind {1:dev}: they are deleted.",
}

// What NAT passed over.
const (
	TryNatRange Try = Try(baseNAT + 1 + iota)
	endNatTry
)

var natTries = [int(endNatTry) - baseNAT]Tried{
	TryNatRange & 255: {"port", "{0}", "ports {1} to {2}: all that were tried belong to other connections"},
}
