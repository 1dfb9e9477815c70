// Package wire reads and writes the headers of packets.
//
// A header is a slice of bytes with names for its fields: [IPv4] is a []byte
// whose method Src reads bytes 12 to 15. Nothing is copied, nothing is kept,
// nothing is allocated. A slice may be longer than its header: what follows is
// the payload.
//
// Bounds are the caller's duty. Every type has a constant with its smallest
// length (IPv4MinLen) and a method Valid, which is true when every accessor of
// the type is safe to call. An accessor on a slice that is too short panics.
//
// Numbers come out in host order: ports, addresses and lengths can be compared
// and added. IPv4 addresses are [IP4], IPv6 addresses [Addr], Ethernet
// addresses [MAC]. Lengths are in bytes, whatever unit the field counts in.
//
// Checksums follow the kernel's two steps: [Checksum] adds bytes to a running
// sum (csum_partial) and [Fold] closes it (csum_fold).
//
// For people there are [Fields] (bit diagrams), [Layout] (which bytes of a
// frame belong to which header) and [Summary] (one line in the words of
// tcpdump -n).
package wire
