// Package filter reads capture filters in the language of tcpdump
// (pcap-filter(7)): "tcp port 80 and not host 10.0.0.1".
//
// [Parse] turns a text into a tree ([Node]); [Compile] lowers the tree for one
// kind of link into tests on bytes. A [Filter] can then be asked directly
// ([Filter.Match], without allocation) or be written as a classic BPF program
// ([Filter.Program]), which is what tcpdump hands to a kernel. Both come from
// the same tests, and both follow the rule of BPF machines: a test that looks
// behind the end of the frame makes the whole filter say no.
//
// Two things differ from libpcap on purpose. The name of a service ("port
// http") is its number for TCP, UDP and SCTP alike. And bytes of a protocol on
// the right side of an operator ("len + ip[1] > 2") are only read from frames
// of that protocol, as the manual says; libpcap forgets to ask.
//
// Not in the language here: names that need a lookup (host www.example.org),
// "gateway", "protochain", "ip broadcast" (it needs a netmask), the link layers
// other than wire.LinkKind's, and the words for DECnet, ISO, MPLS, PPPoE,
// Geneve, wireless LANs and packet filters' logs. They are refused with an
// [Error] that says where.
package filter
