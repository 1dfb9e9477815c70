// Package udp is net/ipv4/udp.c and net/ipv6/udp.c: datagrams between ports
// (RFC 768, RFC 8200 §8.1), and what bind() and connect() mean for them.
//
//	udp_rcv ─ __udp4_lib_rcv ─┬─ early-demuxed socket ───────┐
//	                          ├─ broadcast, multicast: all ──┤
//	                          └─ __udp4_lib_lookup: one ─────┴─ udp_queue_rcv_one_skb ─ queue ─ udp_recvmsg
//
//	udp_sendmsg ─ route ─ buffer ─ udp_send_skb ─ ip_send_skb
//
// Two surprises are the kernel's own: a checksum of a long datagram is checked
// only when a program reads it, and UdpInDatagrams counts then, too.
//
// Not modelled: encapsulation of IPsec and over IPv6, UDP-Lite, socket filters,
// SO_INCOMING_CPU, multicast source filters, l3mdev.
package udp
