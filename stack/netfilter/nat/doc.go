// Package nat is network address translation: nf_nat_core.c, nf_nat_proto.c and
// the targets that need more than a range (masquerade, redirect, netmap).
//
// NAT is a property of a connection. Rules are asked for its first packet only;
// what they choose (Setup) is written into the tuple of the answers, and from
// then on every packet is rewritten from the two tuples: forth in one
// direction, back in the other. A connection for which no rule chose anything
// gets a null binding, so that nobody asks again.
//
// Read before editing: nf_nat_core.c (get_unique_tuple), nf_nat_proto.c,
// nf_nat_masquerade.c, RFC 4787 for what the Internet expects of such boxes.
package nat
