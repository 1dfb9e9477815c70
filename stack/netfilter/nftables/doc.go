// Package nftables is the rule engine that nft(8) programs:
// net/netfilter/nf_tables_core.c, nf_tables_api.c and the nft_*.c expressions.
//
// A rule is a short program. Each expression either loads something of the
// packet into registers, compares registers, or acts; the first that does not
// match ends the rule. A chain is a list of rules; a base chain stands at a hook
// and has a policy for packets that no rule decides on.
//
// Registers hold all values with the most significant byte first, also those
// that the kernel keeps in its own byte order (marks, interface numbers): so no
// byteorder expression is needed, and a comparison of bytes compares numbers.
//
// The text form of rules is read and written by stack/lab/nft.
//
// Read before editing: nf_tables_core.c (nft_do_chain), nf_tables_api.c, and
// nft(8).
//
// Left out: osf, xfrm, tunnel, secmark, bridges' own keys, queues to programs
// (NFQUEUE). A rule that needs one cannot be added.
package nftables
