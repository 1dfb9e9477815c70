package step

const baseUDP = int(areaUDP) << 8

// UDP, raw sockets, ping sockets and packet sockets.
const (
	UdpRcv Step = Step(baseUDP + 1 + iota)
	UdpliteRcv
	Udplitev6Rcv
	Udp4LibRcv
	UdpV4EarlyDemux
	Udp4LibLookup
	Udp4LibLookup2
	Udp4LibLookup1
	Udp4LibMcastDeliver
	UdpUnicastRcvSkb
	UdpQueueRcvOneSkb
	UdpEnqueueScheduleSkb
	UdpErr
	Udp4LibErr
	IpIcmpError
	UdpSendmsg
	UdpSendSkb
	UdpPushPendingFrames
	UdpRecvmsg
	SkbRecvUdp
	FirstPacketLength
	UdpConnect
	Ip4DatagramConnect
	UdpDisconnect
	UdpLibGetPort
	UdpLibUnhash
	UdpDestroySock
	InetBindStep
	InetAutobind
	Udpv6Rcv
	Udp6LibRcv
	UdpV6EarlyDemux
	Udp6LibLookup
	Udp6LibLookup2
	Udp6LibMcastDeliver
	Udp6UnicastRcvSkb
	Udpv6QueueRcvOneSkb
	Udpv6Err
	Udp6LibErr
	Ipv6IcmpError
	Udpv6Sendmsg
	UdpV6SendSkb
	Udpv6Recvmsg
	Udpv6Connect
	Ip6DatagramConnect
	Inet6BindStep
	RawLocalDeliver
	RawRcv
	SockQueueRcvSkbReason
	RawSendmsg
	RawSendHdrinc
	RawRecvmsg
	RawIcmpError
	RawBind
	Raw6LocalDeliver
	Rawv6Rcv
	Rawv6Sendmsg
	Rawv6Recvmsg
	Raw6IcmpError
	PingRcv
	PingLookup
	PingErr
	PingBind
	PingGetPort
	PingV4Sendmsg
	PingV6Sendmsg
	PingRecvmsg
	PacketSendmsg
	PacketRecvmsg
	PacketRelease
	SockQueueErrSkb
	IpRecvError
	Ipv6RecvError
	InetSockDestruct
	UdpDestructCommon
	SockAllocSendPskb
	Udp4LibLookupSkb
	Udp6LibLookupSkb
	UdpQueueRcvSkb
	Udpv6QueueRcvSkb
	endUDP
)

var udpSteps = [int(endUDP) - baseUDP]Info{
	UdpliteRcv & 255:            {"udplite_rcv", Transport, "net/ipv4/udplite.c", "UDP-Lite entry point."},
	Udplitev6Rcv & 255:          {"udplitev6_rcv", Transport, "net/ipv6/udplite.c", "UDP-Lite entry point over IPv6."},
	UdpRcv & 255:                {"udp_rcv", Transport, "net/ipv4/udp.c", "UDP entry point."},
	Udp4LibRcv & 255:            {"__udp4_lib_rcv", Transport, "net/ipv4/udp.c", "Check lengths and checksum, then find the socket."},
	UdpV4EarlyDemux & 255:       {"udp_v4_early_demux", Transport, "net/ipv4/udp.c", "Is it for a connected socket? Then the route is known already."},
	Udp4LibLookup & 255:         {"__udp4_lib_lookup", Transport, "net/ipv4/udp.c", "Which socket is bound to this address and port?"},
	Udp4LibLookup2 & 255:        {"udp4_lib_lookup2", Transport, "net/ipv4/udp.c", "Score the sockets of one address and port; the best one wins."},
	Udp4LibLookup1 & 255:        {"udp4_lib_lookup1", Transport, "net/ipv4/udp.c", "Last resort: score every socket of the port."},
	Udp4LibMcastDeliver & 255:   {"__udp4_lib_mcast_deliver", Transport, "net/ipv4/udp.c", "Broadcast or multicast: every matching socket gets a copy."},
	UdpUnicastRcvSkb & 255:      {"udp_unicast_rcv_skb", Transport, "net/ipv4/udp.c", "The socket is found: queue the datagram there."},
	UdpQueueRcvOneSkb & 255:     {"udp_queue_rcv_one_skb", Transport, "net/ipv4/udp.c", "Filter the datagram, take the header off, and queue it."},
	UdpEnqueueScheduleSkb & 255: {"__udp_enqueue_schedule_skb", Transport, "net/ipv4/udp.c", "Is there room in the receive buffer? Queue it and wake the reader."},
	Udp4LibLookupSkb & 255:      {"udp4_lib_lookup_skb", Transport, "net/ipv4/udp.c", "GRO asks for the socket: does it take merged datagrams?"},
	Udp6LibLookupSkb & 255:      {"udp6_lib_lookup_skb", Transport, "net/ipv6/udp.c", "GRO asks for the socket: does it take merged datagrams?"},
	UdpQueueRcvSkb & 255:        {"udp_queue_rcv_skb", Transport, "net/ipv4/udp.c", "A packet that stands for several datagrams is cut for its socket."},
	Udpv6QueueRcvSkb & 255:      {"udpv6_queue_rcv_skb", Transport, "net/ipv6/udp.c", "A packet that stands for several datagrams is cut for its socket."},
	UdpErr & 255:                {"udp_err", Transport, "net/ipv4/udp.c", "An ICMP error about a datagram of ours."},
	Udp4LibErr & 255:            {"__udp4_lib_err", Transport, "net/ipv4/udp.c", "Which socket sent it, and must its program know?"},
	IpIcmpError & 255:           {"ip_icmp_error", Socket, "net/ipv4/ip_sockglue.c", "Queue the whole ICMP error for a program that asked for it."},
	UdpSendmsg & 255:            {"udp_sendmsg", Transport, "net/ipv4/udp.c", "A program sends a datagram: destination, route, then a buffer."},
	UdpSendSkb & 255:            {"udp_send_skb", Transport, "net/ipv4/udp.c", "Write the UDP header and its checksum."},
	UdpPushPendingFrames & 255:  {"udp_push_pending_frames", Transport, "net/ipv4/udp.c", "The last piece of a corked datagram is there: send it."},
	UdpRecvmsg & 255:            {"udp_recvmsg", Transport, "net/ipv4/udp.c", "A program reads a datagram; long ones get their checksum checked now."},
	SkbRecvUdp & 255:            {"__skb_recv_udp", Transport, "net/ipv4/udp.c", "Take the first datagram out of the queue."},
	FirstPacketLength & 255:     {"__first_packet_length", Transport, "net/ipv4/udp.c", "How long is the datagram that waits? One with a wrong checksum is dropped first."},
	UdpConnect & 255:            {"udp_connect", Transport, "net/ipv4/udp.c", "Fix the other side of a UDP socket; nothing is sent."},
	Ip4DatagramConnect & 255:    {"__ip4_datagram_connect", Transport, "net/ipv4/datagram.c", "Find the route and the source address, and remember both."},
	UdpDisconnect & 255:         {"__udp_disconnect", Transport, "net/ipv4/udp.c", "Forget the other side."},
	UdpLibGetPort & 255:         {"udp_lib_get_port", Transport, "net/ipv4/udp.c", "Take a port: the one asked for, or a free one by chance."},
	UdpLibUnhash & 255:          {"udp_lib_unhash", Transport, "net/ipv4/udp.c", "Take the socket out of the tables: its port is free again."},
	UdpDestroySock & 255:        {"udp_destroy_sock", Transport, "net/ipv4/udp.c", "The socket goes; what was queued is freed."},
	InetBindStep & 255:          {"__inet_bind", Socket, "net/ipv4/af_inet.c", "Is the address ours and the port free?"},
	InetAutobind & 255:          {"inet_autobind", Socket, "net/ipv4/af_inet.c", "The program named no port: choose one."},
	Udpv6Rcv & 255:              {"udpv6_rcv", Transport, "net/ipv6/udp.c", "UDP entry point of IPv6."},
	Udp6LibRcv & 255:            {"__udp6_lib_rcv", Transport, "net/ipv6/udp.c", "Check lengths and checksum, then find the socket."},
	UdpV6EarlyDemux & 255:       {"udp_v6_early_demux", Transport, "net/ipv6/udp.c", "Is it for a connected socket? Then the route is known already."},
	Udp6LibLookup & 255:         {"__udp6_lib_lookup", Transport, "net/ipv6/udp.c", "Which socket is bound to this address and port?"},
	Udp6LibLookup2 & 255:        {"udp6_lib_lookup2", Transport, "net/ipv6/udp.c", "Score the sockets of one address and port; the best one wins."},
	Udp6LibMcastDeliver & 255:   {"__udp6_lib_mcast_deliver", Transport, "net/ipv6/udp.c", "Multicast: every matching socket gets a copy."},
	Udp6UnicastRcvSkb & 255:     {"udp6_unicast_rcv_skb", Transport, "net/ipv6/udp.c", "The socket is found: queue the datagram there."},
	Udpv6QueueRcvOneSkb & 255:   {"udpv6_queue_rcv_one_skb", Transport, "net/ipv6/udp.c", "Filter the datagram, take the header off, and queue it."},
	Udpv6Err & 255:              {"udpv6_err", Transport, "net/ipv6/udp.c", "An ICMPv6 error about a datagram of ours."},
	Udp6LibErr & 255:            {"__udp6_lib_err", Transport, "net/ipv6/udp.c", "Which socket sent it, and must its program know?"},
	Ipv6IcmpError & 255:         {"ipv6_icmp_error", Socket, "net/ipv6/datagram.c", "Queue the whole ICMPv6 error for a program that asked for it."},
	Udpv6Sendmsg & 255:          {"udpv6_sendmsg", Transport, "net/ipv6/udp.c", "A program sends a datagram: destination, route, then a buffer."},
	UdpV6SendSkb & 255:          {"udp_v6_send_skb", Transport, "net/ipv6/udp.c", "Write the UDP header and its checksum."},
	Udpv6Recvmsg & 255:          {"udpv6_recvmsg", Transport, "net/ipv6/udp.c", "A program reads a datagram; long ones get their checksum checked now."},
	Udpv6Connect & 255:          {"udpv6_connect", Transport, "net/ipv6/udp.c", "Fix the other side of a UDP socket; nothing is sent."},
	Ip6DatagramConnect & 255:    {"__ip6_datagram_connect", Transport, "net/ipv6/datagram.c", "Find the route and the source address, and remember both."},
	Inet6BindStep & 255:         {"__inet6_bind", Socket, "net/ipv6/af_inet6.c", "Is the address ours and the port free?"},
	RawLocalDeliver & 255:       {"raw_local_deliver", Transport, "net/ipv4/raw.c", "Every raw socket of this protocol gets a copy, before the protocol."},
	RawRcv & 255:                {"raw_rcv", Transport, "net/ipv4/raw.c", "A raw socket gets its copy, IP header included."},
	SockQueueRcvSkbReason & 255: {"sock_queue_rcv_skb_reason", Socket, "net/core/sock.c", "Run the socket's filter, then queue the packet."},
	RawSendmsg & 255:            {"raw_sendmsg", Transport, "net/ipv4/raw.c", "A program sends a packet of a protocol that it builds itself."},
	RawSendHdrinc & 255:         {"raw_send_hdrinc", Transport, "net/ipv4/raw.c", "The program wrote the IP header too (IP_HDRINCL)."},
	RawRecvmsg & 255:            {"raw_recvmsg", Transport, "net/ipv4/raw.c", "A program reads a packet, IP header included."},
	RawIcmpError & 255:          {"raw_icmp_error", Transport, "net/ipv4/raw.c", "Tell the raw sockets of an ICMP error."},
	RawBind & 255:               {"raw_bind", Transport, "net/ipv4/raw.c", "Is the address ours? A raw socket has no port."},
	Raw6LocalDeliver & 255:      {"raw6_local_deliver", Transport, "net/ipv6/raw.c", "Every raw socket of this protocol gets a copy, before the protocol."},
	Rawv6Rcv & 255:              {"rawv6_rcv", Transport, "net/ipv6/raw.c", "A raw socket gets its copy, without the IPv6 header."},
	Rawv6Sendmsg & 255:          {"rawv6_sendmsg", Transport, "net/ipv6/raw.c", "A program sends a packet of a protocol that it builds itself."},
	Rawv6Recvmsg & 255:          {"rawv6_recvmsg", Transport, "net/ipv6/raw.c", "A program reads a packet."},
	Raw6IcmpError & 255:         {"raw6_icmp_error", Transport, "net/ipv6/raw.c", "Tell the raw sockets of an ICMPv6 error."},
	PingRcv & 255:               {"ping_rcv", Transport, "net/ipv4/ping.c", "An echo reply: does a ping socket wait for this identifier?"},
	PingLookup & 255:            {"ping_lookup", Transport, "net/ipv4/ping.c", "Look for the ping socket of an identifier."},
	PingErr & 255:               {"ping_err", Transport, "net/ipv4/ping.c", "An ICMP error about an echo request of a ping socket."},
	PingBind & 255:              {"ping_bind", Transport, "net/ipv4/ping.c", "Is the address ours and the identifier free?"},
	PingGetPort & 255:           {"ping_get_port", Transport, "net/ipv4/ping.c", "Take an identifier for echo requests."},
	PingV4Sendmsg & 255:         {"ping_v4_sendmsg", Transport, "net/ipv4/ping.c", "Send an echo request; the kernel writes identifier and checksum."},
	PingV6Sendmsg & 255:         {"ping_v6_sendmsg", Transport, "net/ipv6/ping.c", "Send an echo request; the kernel writes identifier and checksum."},
	PingRecvmsg & 255:           {"ping_recvmsg", Transport, "net/ipv4/ping.c", "A program reads an echo reply, without the IP header."},
	PacketSendmsg & 255:         {"packet_sendmsg", Socket, "net/packet/af_packet.c", "A program sends a whole frame, past IP."},
	PacketRecvmsg & 255:         {"packet_recvmsg", Socket, "net/packet/af_packet.c", "A program (tcpdump) reads a frame."},
	PacketRelease & 255:         {"packet_release", Socket, "net/packet/af_packet.c", "A tap is closed: free the frames that nobody read."},
	SockQueueErrSkb & 255:       {"sock_queue_err_skb", Socket, "net/core/skbuff.c", "Put it into the socket's error queue, if there is room."},
	IpRecvError & 255:           {"ip_recv_error", Socket, "net/ipv4/ip_sockglue.c", "A program reads its error queue (MSG_ERRQUEUE)."},
	Ipv6RecvError & 255:         {"ipv6_recv_error", Socket, "net/ipv6/datagram.c", "A program reads its error queue (MSG_ERRQUEUE)."},
	InetSockDestruct & 255:      {"inet_sock_destruct", Socket, "net/ipv4/af_inet.c", "The socket is gone: free what nobody read."},
	UdpDestructCommon & 255:     {"udp_destruct_common", Transport, "net/ipv4/udp.c", "Free the datagrams that nobody read, and their memory."},
	SockAllocSendPskb & 255:     {"sock_alloc_send_pskb", Socket, "net/core/sock.c", "May the program send now? Then make a buffer."},
}

// Why UDP and raw sockets decided.
const (
	WhyUDPNoRoom Why = Why(baseUDP + 1 + iota)
	WhyUDPShort
	WhyUDPCsumOff
	WhyUDPCsumNow
	WhyUDPCsumLater
	WhyUDPCsumBad
	WhyUDPCsumDone
	WhyUDPSocket
	WhyUDPNoSocket
	WhyUDPWildcard
	WhyUDPReuseport
	WhyUDPEarly
	WhyUDPNoEarly
	WhyUDPMcast
	WhyUDPMcastNone
	WhyUDPQueueFull
	WhyUDPQueueRoom
	WhyUDPMem
	WhyUDPErrNoSocket
	WhyUDPErrSet
	WhyUDPErrSoft
	WhyUDPErrQueued
	WhyUDPErrPMTU
	WhyUDPErrIgnored
	WhyUDPSendErr
	WhyUDPRouteKept
	WhyUDPBroadcast
	WhyUDPTooLong
	WhyUDPNoDest
	WhyUDPOffload
	WhyUDPFilled
	WhyUDPNoCheck
	WhyUDPCork
	WhyUDPRead
	WhyUDPEmpty
	WhyUDPPortInUse
	WhyUDPPort
	WhyUDPNoPort
	WhyUDPAddr
	WhyUDPPrivPort
	WhyUDPConnect
	WhyUDPFollow
	WhyUDPFollowNoRoute
	WhyUDPZeroCsum6
	WhyRawClone
	WhyRawNone
	WhyRawFull
	WhyRawFiltered
	WhyRawHdrincl
	WhyPingNone
	WhyPingSocket
	WhyPingIdent
	WhyPacketFull
	WhyUDPGSO
	WhyUDPCsumCut
	WhyUDPGROCmsg
	WhyErrQueueFull
	WhySndbufFull
	WhySendPending
	WhyRawRead
	WhyUDPSlotNone
	endUDPWhy
)

var udpWhys = [int(endUDPWhy) - baseUDP]string{
	WhyUDPNoRoom & 255:        "{0} bytes cannot hold a UDP header of 8.",
	WhyUDPShort & 255:         "The UDP length says {0} bytes and {1} came: the datagram is cut or damaged.",
	WhyUDPCsumOff & 255:       "The sender wrote checksum 0: there is none to check.",
	WhyUDPCsumNow & 255:       "{0} bytes are few (76 or less), so the checksum is checked now, not when the program reads.",
	WhyUDPCsumLater & 255:     "{0} bytes are many (above 76): the checksum is checked while a program copies them.",
	WhyUDPCsumBad & 255:       "The checksum {0:hex} is wrong: the datagram is dropped silently.",
	WhyUDPCsumDone & 255:      "The card or the sender's kernel vouches for the checksum.",
	WhyUDPSocket & 255:        "The socket on {2:any} port {4} ({0:sk}) fits best. Its score is {1}: the more addresses, ports and devices it insists on, the higher.",
	WhyUDPNoSocket & 255:      "No socket takes datagrams for {0:ip} port {2}.",
	WhyUDPWildcard & 255:      "No socket is bound to {0:ip} port {2}: look among those bound to any address.",
	WhyUDPReuseport & 255:     "{1} sockets share the port (SO_REUSEPORT): the hash {2:hex} of the flow chooses {0:sk}.",
	WhyUDPEarly & 255:         "A connected socket ({0:sk}) has exactly these addresses and ports.",
	WhyUDPNoEarly & 255:       "No connected socket has these addresses and ports: the route is looked up.",
	WhyUDPMcast & 255:         "{0} {0?socket wants it|sockets want it: each gets a copy}.",
	WhyUDPMcastNone & 255:     "It was sent to a group or to all, and no socket here wants it: no error is sent for that.",
	WhyUDPQueueFull & 255:     "Datagrams that wait to be read use {0} bytes of memory; {1} more would be above SO_RCVBUF, {2}.",
	WhyUDPQueueRoom & 255:     "Datagrams that wait to be read use {0} of {2} bytes of memory (SO_RCVBUF); this one takes {1}, overhead included.",
	WhyUDPMem & 255:           "All UDP sockets together hold {0} pages, more than udp_mem allows, {1}.",
	WhyUDPErrNoSocket & 255:   "No socket of ours sent from port {0} to {1:ip} port {3}: the error is counted, and that is all.",
	WhyUDPErrSet & 255:        "\"{0:icmp}\" becomes {1:err}: the program's next call fails with it.",
	WhyUDPErrSoft & 255:       "For \"{0:icmp}\" the program could get {1:err}. But only a connected socket hears of errors, and only of lasting ones: nothing is told.",
	WhyUDPErrQueued & 255:     "IP_RECVERR is set: \"{0:icmp}\" goes into the error queue as {1:err}.",
	WhyUDPErrPMTU & 255:       "A router cannot pass more than {0} bytes; the route remembers that.",
	WhyUDPErrIgnored & 255:    "\"{0:icmp}\" is ignored.",
	WhyUDPSendErr & 255:       "The call fails with {0:err}.",
	WhyUDPRouteKept & 255:     "The socket is connected and its route still holds: no lookup.",
	WhyUDPBroadcast & 255:     "{0:ip} is a broadcast address and SO_BROADCAST is not set: {2:err}.",
	WhyUDPTooLong & 255:       "{0} bytes do not fit a datagram of 65535: EMSGSIZE.",
	WhyUDPNoDest & 255:        "No destination was given and the socket is not connected: EDESTADDRREQ.",
	WhyUDPOffload & 255:       "{0:dev} computes checksums: only the pseudo header's sum is filled in.",
	WhyUDPFilled & 255:        "The checksum over {0} bytes is {1:hex}.",
	WhyUDPNoCheck & 255:       "SO_NO_CHECK is set: the checksum stays 0.",
	WhyUDPCork & 255:          "More is to come (MSG_MORE or UDP_CORK): {0} bytes wait.",
	WhyUDPRead & 255:          "The program gets {0} of {1} bytes from {2:ip} port {4}.",
	WhyUDPEmpty & 255:         "Nothing waits to be read.",
	WhyUDPPortInUse & 255:     "Socket {0:sk} holds port {1} already: EADDRINUSE.",
	WhyUDPPort & 255:          "Port {0} of {1} to {2} is free.",
	WhyUDPNoPort & 255:        "No port of {0} to {1} is free.",
	WhyUDPAddr & 255:          "{0:ip} is no address of this host: EADDRNOTAVAIL.",
	WhyUDPPrivPort & 255:      "Ports below {1} are for privileged programs: port {0} is refused.",
	WhyUDPConnect & 255:       "From {0:ip} port {2} to {3:ip} port {5}.",
	WhyUDPFollow & 255:        "The capture shows this packet: its bytes go down as they are.",
	WhyUDPFollowNoRoute & 255: "The model has no route to {0:ip} ({2:err}), but the capture shows that the host sent it.",
	WhyUDPZeroCsum6 & 255:     "Over IPv6 a datagram needs a checksum, and this one has none.",
	WhyRawClone & 255:         "A raw socket ({0:sk}) wants {1:proto}: it gets a copy.",
	WhyRawNone & 255:          "No raw socket wants {0:proto}.",
	WhyRawFull & 255:          "Raw socket {0:sk} has {1} of {2} bytes waiting: it gets no copy.",
	WhyRawFiltered & 255:      "Raw socket {0:sk} filters ICMP type {1} out.",
	WhyRawHdrincl & 255:       "The program wrote {0} bytes of IP header; length, checksum, and an empty source or identifier are filled in.",
	WhyPingNone & 255:         "No ping socket has identifier {0}. A program with a raw socket has its copy already, so this is no loss.",
	WhyPingSocket & 255:       "Ping socket {0:sk} waits for identifier {1}.",
	WhyPingIdent & 255:        "Identifier {0} is free.",
	WhyPacketFull & 255:       "The tap {0:sk} has {1} of {2} bytes waiting: it loses this frame.",
	WhyUDPGSO & 255:           "{0} bytes are one buffer with {1} segments of {2} (UDP_SEGMENT).",
	WhyUDPCsumCut & 255:       "The capture kept only a part of the datagram, so its checksum cannot be known: taken as right.",
	WhyUDPGROCmsg & 255:       "The {0} bytes are several datagrams of {1} bytes (the last may be shorter): a control message says so (UDP_GRO).",
	WhyErrQueueFull & 255:     "The error queue is full: {0} and {1} bytes, {2} are allowed.",
	WhySndbufFull & 255:       "{0} bytes are on their way down, SO_SNDBUF allows {1}: the program must wait.",
	WhySendPending & 255:      "The socket has an error to tell: {0:err}. Nothing is sent, and the error is told.",
	WhyRawRead & 255:          "The program gets {0} of {1} bytes of a packet from {2:ip}.",
	WhyUDPSlotNone & 255:      "No socket of port {2} is bound to {0:any}.",
}

// What lost in UDP and raw sockets.
const (
	TryUDPAddr Try = Try(baseUDP + 1 + iota)
	TryUDPPeer
	TryUDPPeerPort
	TryUDPDev
	TryUDPV6Only
	TryUDPScore
	TryUDPMcast
	TryUDPFamily
	TryUDPPort
	TryRawAddr
	TryRawPeer
	TryRawDev
	TryPingIdent
	endUDPTry
)

var udpTries = [int(endUDPTry) - baseUDP]Tried{
	TryUDPAddr & 255:     {"socket", "{0:sk}, bound to {1:ip}", "the datagram is for {3:ip}"},
	TryUDPPeer & 255:     {"socket", "{0:sk}, connected to {1:ip}", "the datagram comes from {3:ip}"},
	TryUDPPeerPort & 255: {"socket", "{0:sk}, connected to port {1}", "the datagram comes from port {2}"},
	TryUDPDev & 255:      {"socket", "{0:sk}, bound to device {1:dev}", "the datagram came in by {2:dev}"},
	TryUDPV6Only & 255:   {"socket", "{0:sk}, for IPv6 only", "the datagram is IPv4"},
	TryUDPScore & 255:    {"socket", "{0:sk} with score {1}", "socket {2:sk} has score {3}"},
	TryUDPMcast & 255:    {"socket", "{0:sk}", "it has not joined {1:ip} on {3:dev}, and takes only what it joined"},
	TryUDPFamily & 255:   {"socket", "{0:sk}, for IPv4 only", "the datagram is IPv6"},
	TryUDPPort & 255:     {"port", "port {0}", "socket {1:sk} holds it"},
	TryRawAddr & 255:     {"socket", "{0:sk}, a raw socket bound to {1:ip}", "the packet is for {3:ip}"},
	TryRawPeer & 255:     {"socket", "{0:sk}, a raw socket connected to {1:ip}", "the packet comes from {3:ip}"},
	TryRawDev & 255:      {"socket", "{0:sk}, a raw socket bound to device {1:dev}", "the packet came in by {2:dev}"},
	TryPingIdent & 255:   {"socket", "{0:sk}, a ping socket with identifier {1}", "the reply carries {2}"},
}
