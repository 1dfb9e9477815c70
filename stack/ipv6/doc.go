// Package ipv6 is the kernel's net/ipv6 below the transport protocols: input,
// output, forwarding, extension headers, fragments, routes, addresses,
// neighbour discovery, ICMPv6 and multicast listener discovery.
//
// Read in this order: ip6_input.go, exthdrs.go, route.go and ip6_fib.go,
// ip6_output.go, ndisc.go, addrconf.go, icmp.go.
//
// The life of a packet:
//
//	ipv6_rcv          checks of the fixed header, hop-by-hop options
//	  PRE_ROUTING
//	ip6_rcv_finish    the route: tables local (255), then main (254)
//	  ip6_input       LOCAL_IN, extension headers, the protocol
//	  ip6_mc_input    the same, if the group is joined
//	  ip6_forward     hop limit, size, FORWARD, then ip6_output
//	ip6_xmit          TCP's way out
//	ip6_make_skb      everybody else's
//	  LOCAL_OUT
//	ip6_output        POST_ROUTING, fragments, the neighbour
//
// RFCs: 8200 (IPv6), 4291 (addresses), 4443 (ICMPv6), 4861 (neighbour
// discovery), 4862 (autoconfiguration), 6724 (source address), 3810 (MLDv2),
// 8201 (path MTU), 5722 and 7112 (fragments), 6437 (flow label).
//
// Not modelled, and said so where a packet needs it: jumbograms, MLDv1 routers
// and source filters, temporary and stable-privacy addresses. Left out without
// a trace: policy rules, next-hop objects, VRFs, proxies, tunnels,
// IPsec, multicast routing, segment routing. Neighbour parameters that a
// router advertises hold for all devices, not for one.
package ipv6
