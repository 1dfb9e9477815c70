// Package ipt is iptables(8), ip6tables(8), their -save and -restore forms, and
// ipset(8): it reads rules in their language into the tables of a simulated host,
// and prints them as the programs do.
//
// There are two variants, as on a real machine. iptables-nft (plain "iptables" on
// Debian) keeps its rules in tables of nf_tables (package nftables), made of native
// expressions where it can and of nft_compat's match and target otherwise, and reads
// them back from there. iptables-legacy has the tables of ip_tables (package
// netfilter/iptables). Each sees its own rules only.
//
// A command line is read by getopt.go and parse.go, options of matches and targets
// by option.go and the match*.go and target*.go files. nft.go and legacy.go carry
// commands out; list.go prints.
//
// The reference is iptables 1.8.9 (Debian 12): its manual for the language, and the
// program itself for what it prints.
package ipt
