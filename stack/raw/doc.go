// Package raw is net/ipv4/raw.c, net/ipv6/raw.c, net/ipv4/ping.c and
// net/packet/af_packet.c: the sockets that see packets rather than data.
//
//	raw socket     every packet of one IP protocol, as a copy, before the protocol gets it
//	ping socket    echo requests and replies without privilege; the kernel keeps the identifiers
//	packet socket  every frame, both ways: how tcpdump sees
//
// An ordinary ping has a raw socket: it gets its copy of the echo reply in
// raw_local_deliver, and the reply itself ends in ping_rcv with reason
// NO_SOCKET, which is no loss.
//
// Not modelled: socket filters, IP options of a socket, IP_CHECKSUM at an
// offset of the program's choice (IPv6; ICMPv6's own is), packet rings and fanout.
package raw
