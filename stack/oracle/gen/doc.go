// Package gen makes random rule sets for nft and iptables, and frames for a
// router that they meet. The same seed makes the same.
//
//	nft.go        rule sets in nft's language
//	nft_more.go   what only makes sense before packets: translation, sets that packets fill
//	ipt.go        tables for iptables-restore
//	flow.go       frames: conversations through the router and with it
//	frame.go      their headers
//
// What chance or the clock decides is left out: statistic in random mode, random
// port choice, limits that refill while packets pass, timeouts.
package gen
