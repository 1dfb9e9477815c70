// Package rules compares what rule sets do to packets in the real kernel and in
// the model: random rule sets in the languages of nft and iptables (package gen),
// frames into a router, and then what came out of it, byte for byte, and all
// counters.
//
//	rules.go         a case, the two routers, how many cases agree
//	compare.go       what counts as the same
//	model.go         the router in the model
//	real_linux.go    the router in namespaces of the real kernel
//	shrink.go        the smallest rules and packets that still differ
//
// The router has eth0 (10.0.0.1/24, 2001:db8::1/64, and the way to everywhere) and
// eth1 (10.9.0.1/16, 2001:db8:9::1/64). Its neighbours are known, so that it asks
// for nobody.
package rules
