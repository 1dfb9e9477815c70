// Package ipv4 is net/ipv4 below the transport protocols: packets in
// (ip_input.go), on (ip_forward.go) and out (ip_output*.go), options, fragments,
// routing tables, rules and routes (fib_*.go, route*.go, fnhe.go), addresses
// (devinet.go), ARP, ICMP and IGMP.
//
//	ip_rcv ─ ip_rcv_core ─ PRE_ROUTING ─ ip_rcv_finish ─ route?
//	                                                      │
//	        ip_local_deliver ─ LOCAL_IN ─ protocol  ◄─────┼─────►  ip_forward ─ FORWARD
//	                                                      ▼                      │
//	                                                  ip_error                   ▼
//	protocol ─ ip_local_out ─ LOCAL_OUT ───────────────────────────────────► ip_output
//	                                             neighbour ◄─ ip_finish_output2 ◄─ POST_ROUTING
//
// A route (core.Dst) is made once and kept at its next hop, so that the second
// packet finds it: nothing is allocated per packet.
//
// Read RFC 791, RFC 792, RFC 826, RFC 1122 §3, RFC 1812 §5 and RFC 1191 first.
//
// Left out: multicast routing, IPsec, tunnels and next-hop objects, VRFs, CIPSO,
// source routes that lead on through this host, router alert sockets, source
// filters of groups, PROBE (RFC 8335).
package ipv4
