// Package gen makes random rule sets for nft and iptables, and frames for a
// router that they meet. The same seed makes the same.
//
//	nft.go        rule sets in nft's language
//	nft_more.go   what only makes sense before packets: translation, sets that packets fill
//	nft_wide.go   rule sets from a list of forms: any family, any hook, bridges
//	nft_forms.go  the forms: every key and statement of the language
//	nft_wide_set.go  the sets, maps and objects that forms name; translation
//	ipt.go        tables for iptables-restore
//	flow.go       frames: conversations through the router and with it
//	frame.go      their headers
//	frame_special.go  options, extension headers, seldom protocols, ARP, tags, bridges
//
// What chance or the clock decides is left out: statistic in random mode, random
// port choice, limits that refill while packets pass, timeouts.
package gen
