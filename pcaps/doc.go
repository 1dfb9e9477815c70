// Package pcaps reads and writes captures, and holds a few of its own.
//
// A capture is a file with frames and the time each was seen. Two formats are
// read: pcap (draft-ietf-opsawg-pcap) and pcapng (draft-ietf-opsawg-pcapng),
// both byte orders, gzip or not, from a file, from a pipe or from the captures
// built into the program.
//
// The records are decoded by gopacket's pcapgo. What is ours is the part in
// front of it: a window over the file that finds where each record begins and
// ends. So every error can name a byte offset, any frame can be fetched again
// by its number, and no length field of the file is believed before it is
// checked.
//
//	file.go    Open and New, and what a file is by its first bytes
//	source.go  bytes by offset, from a file or from a stream
//	window.go  the part of the source at hand
//	reader.go  Next, Frame, Index: the frames by order and by number
//	pcap.go    records of pcap
//	pcapng.go  blocks of pcapng
//	options.go the options of a block
//	stamp.go   times
//	link.go    link types and their names
//	writer.go  pcapng out
//	bundle.go  the captures built in; record.py makes them again
//
// Nothing here keeps a whole capture in memory: a sparse index remembers the
// place of every 64th frame, and a stream too large for memory goes to a
// temporary file.
package pcaps
