// Package iptables is x_tables, the older rule engine, which iptables-legacy(8)
// programs: net/netfilter/x_tables.c, net/ipv4/netfilter/ip_tables.c,
// net/ipv6/netfilter/ip6_tables.c, and the matches and targets xt_*.c, ipt_*.c and
// ip6t_*.c.
//
// A table has built-in chains, each of which stands at a hook and has a policy,
// and chains of the user's, which rules jump to. A rule compares the IP header,
// then asks its matches in order; the first that says no ends it. If all say yes
// the rule counts the packet, and its target acts.
//
// Matches and targets also work in nftables' rules (nft_compat.c), which is how
// iptables-nft runs what nftables has no expression for.
//
// The text form of rules is read and written by stack/lab/ipt.
//
// Read before editing: ip_tables.c (ipt_do_table), x_tables.c, and
// iptables-extensions(8).
//
// Left out: the matches bpf, cgroup by path, nfacct, osf, policy, rateest, l2tp, and
// the targets AUDIT, CONNSECMARK, HMARK, IDLETIMER, LED, NFQUEUE, RATEEST, SECMARK.
// A rule with one of them can be there (NotModelledMatch,
// NotModelledTarget); a packet that comes to it ends, loudly.
package iptables
