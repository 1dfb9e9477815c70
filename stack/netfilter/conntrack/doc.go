// Package conntrack is connection tracking: net/netfilter/nf_conntrack_core.c
// and its trackers.
//
// It remembers every connection that passes a host, in a table with two keys a
// connection: the tuple of the first packet's direction, and the tuple that
// answers will have. A packet that matches either belongs to the connection;
// what the packet is in its life (new, established, related, invalid) is what
// firewalls ask, and what NAT changes is remembered in the second tuple.
//
// Nothing of it runs until a rule needs it: then Enable registers the hooks.
//
// Read before editing: nf_conntrack_core.c, nf_conntrack_proto_tcp.c, and
// "Real Stateful TCP Packet Filtering in IP Filter" (van Rooij, 2000), which the
// TCP tracker follows.
//
// Left out: all helpers but FTP.
package conntrack
